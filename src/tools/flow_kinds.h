/*
 * flow_kinds.h - kinds of flows, and those that only the organisation (Dataverse) knows.
 */
#ifndef TOOLS_FLOW_KINDS_H
#define TOOLS_FLOW_KINDS_H

#include <flowlatch/tool.h>

enum { CLOUD = 1, AGENT = 2, DESKTOP = 4, BPF = 8, CLASSIC = 16, ALL_KINDS = 31 };

const char *flow_kind_name(unsigned bit);
/* The argument "kinds" as bits; cloud and agent when it is left out, 0 when a word is no kind. */
unsigned flow_kinds_wanted(struct call *c);
/* Of an item of the flow service, as far as it says. */
unsigned flow_kind_of(const struct json *item);
void flow_put_owner_type(struct call *c, struct json *out, struct str type);

/* Asks the organisation for the flows that the flow service does not serve, and for agents'
 * flows, which it does not tell from others.  `agents_only`: not worth waiting for. */
enum verdict flow_rows_fetch(struct call *c, struct str organisation, bool agents_only);
/* Marks agents' flows among `flows`, drops what is not wanted, and adds the other kinds, unless
 * they were `given` in an earlier answer. */
struct json *flow_rows_merge(struct call *c, struct json *flows, const struct json *rows,
			     bool given);

#endif
