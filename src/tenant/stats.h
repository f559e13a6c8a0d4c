/*
 * stats.h - what the tenant saw: the ground truth for tests.
 */
#ifndef TENANT_STATS_H
#define TENANT_STATS_H

#include "tenant/control.h"
#include "tenant/request.h"

void stats_connection(bool opened);
/* The first request on a connection: its handshake is done. */
void stats_handshake(void);
void stats_request_begin(void);
/* When the answer is set.  `effect`: the handler ran. */
void stats_request(struct request *q, const char *pattern, bool effect);
void stats_request_end(void);
void stats_grant(const char *grant, enum knob_audience audience, bool refused);
void stats_bearer_on_content(void);
void stats_print(struct buf *b);
void stats_reset(void);

#endif
