/*
 * fault.h - answers that go wrong on demand.
 *
 * A rule matches method, face and path, lets some requests pass, then strikes a number of times.
 */
#ifndef TENANT_FAULT_H
#define TENANT_FAULT_H

#include "tenant/request.h"

enum fault_kind {
	FAULT_STATUS,   /* status, headers and body as the rule says */
	FAULT_DELAY,    /* the true answer, later */
	FAULT_CLOSE,    /* the connection ends without an answer */
	FAULT_HANG,     /* nothing for delay_ms, then the connection ends */
	FAULT_TRUNCATE, /* the true length is announced, half is sent */
	FAULT_GARBAGE,  /* the true status, bytes that are not JSON */
	FAULT_SLOW,     /* the true answer at `rate` bytes per second */
	FAULT_BOMB,     /* gzip that expands to `bytes` */
	FAULT_HEADERS,  /* the true answer with more headers */
};

struct fault {
	struct list node;
	char method[16];   /* "" : any */
	char path[512];    /* glob over path and query, decoded: "*" "?" */
	int face;          /* -1: any */
	enum fault_kind kind;
	unsigned status;
	int64_t skip, count; /* count -1: for ever */
	int64_t delay_ms, rate;
	uint64_t bytes;
	bool effect;       /* the request is carried out before the fault strikes */
	struct arena mem;
	struct json *headers; /* {"Retry-After": "1"} */
	struct str body;
	uint64_t struck;
};

/* What happens to this request, or a kind of -1. */
struct fault_hit {
	int kind; /* enum fault_kind, or -1 */
	unsigned status;
	int64_t delay_ms, rate;
	uint64_t bytes;
	bool effect;
	const struct json *headers; /* in the request's arena */
	struct str body;
};

struct fault_hit fault_take(struct request *q);
/* Adds a rule out of its JSON form; false and *why when it is not understood. */
bool fault_add(const struct json *rule, const char **why);
void fault_clear(void);
void fault_list(struct buf *b);
/* "*" and "?" wildcards, without regard to ASCII case. */
bool fault_glob(struct str pattern, struct str text);

#endif
