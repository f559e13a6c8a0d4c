/*
 * server_parts.h - what the two files that know libmicrohttpd share.
 */
#ifndef TENANT_SERVER_PARTS_H
#define TENANT_SERVER_PARTS_H

#include <microhttpd.h>

#include "tenant/fault.h"

struct server {
	struct MHD_Daemon *tls, *plain;
	struct tenant *tenant;
	struct list waiting;    /* exchanges that are suspended */
	bool verbose;
};

struct peer { /* one connection */
	struct list exchanges;
	bool seen;
};

/* One request on its way through. */
struct exchange {
	struct request q;       /* q.node: of the peer's list */
	struct list wait;
	struct server *server;
	struct peer *peer;
	struct MHD_Connection *mhd;
	char *uri;
	struct buf body;
	struct fault_hit hit;
	int64_t due;            /* os_now_ms */
	bool begun, too_large, delayed, counted;
	uint64_t sent;          /* of a slow answer */
};

/* Suspends the exchange; the loop resumes it. */
void exchange_wait(struct exchange *x, int64_t ms);
/* What a rule puts in the place of the true answer.  False: the connection ends here. */
bool exchange_strike(struct exchange *x);
enum MHD_Result exchange_send(struct exchange *x);

#endif
