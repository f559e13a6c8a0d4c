/*
 * stats.c - counters of requests, connections, grants and writes.
 *
 * Holds digests of written bodies, never the bodies.
 */
#include "tenant/stats.h"

#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "text/crypt.h"

enum { ROUTES = 512, GRANTS = 64 };

struct write {
	char method[8], path[256], digest[17];
	enum face face;
	unsigned status;
	uint64_t bytes;
	int64_t time;
	bool effect;
};

static struct {
	uint64_t opened, open, open_most, handshakes;
	uint64_t requests, running, running_most;
	uint64_t by_face[FACE__MAX];
	uint64_t statuses[6];
	uint64_t bearer_on_content;
	struct {
		enum face face;
		char method[8];
		const char *pattern;
		uint64_t count;
	} routes[ROUTES];
	unsigned route_count;
	struct {
		char grant[24];
		enum knob_audience audience;
		uint64_t count, refused;
	} grants[GRANTS];
	unsigned grant_count;
	struct write *writes;
	unsigned write_count;
	uint64_t writes_all;
} seen;

void stats_connection(bool opened)
{
	if (!opened) {
		seen.open--;
		return;
	}
	seen.opened++;
	if (++seen.open > seen.open_most)
		seen.open_most = seen.open;
}

void stats_handshake(void)
{
	seen.handshakes++;
}

void stats_request_begin(void)
{
	if (++seen.running > seen.running_most)
		seen.running_most = seen.running;
}

void stats_request_end(void)
{
	seen.running--;
}

static void copy_text(char *out, size_t room, struct str s)
{
	s = str_first(s, room - 1);
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

static void count_route(struct request *q, const char *pattern)
{
	unsigned i = 0;

	while (i < seen.route_count &&
	       !(seen.routes[i].face == q->face && seen.routes[i].pattern == pattern &&
		 str_eq(q->method, str_from(seen.routes[i].method))))
		i++;
	if (i == ROUTES)
		return;
	if (i == seen.route_count) {
		seen.route_count++;
		seen.routes[i].face = q->face;
		seen.routes[i].pattern = pattern;
		copy_text(seen.routes[i].method, sizeof(seen.routes[i].method), q->method);
	}
	seen.routes[i].count++;
}

static void record_write(struct request *q, bool effect)
{
	unsigned char hash[CRYPT_HASH];
	struct buf hex;
	struct write *w;

	seen.writes_all++;
	if (!seen.writes)
		seen.writes = calloc(TENANT_WRITES, sizeof(*seen.writes));
	if (!seen.writes || seen.write_count == TENANT_WRITES)
		return;
	w = &seen.writes[seen.write_count++];
	copy_text(w->method, sizeof(w->method), q->method);
	copy_text(w->path, sizeof(w->path), q->path);
	crypt_sha256(q->body, hash);
	buf_init(&hex, 64);
	crypt_hex(&hex, str_bytes(hash, 8));
	copy_text(w->digest, sizeof(w->digest), buf_str(&hex));
	buf_free(&hex);
	w->face = q->face;
	w->status = q->answer.status;
	w->bytes = q->body.n;
	w->time = clock_now();
	w->effect = effect;
}

/* POSTs that only ask. */
static const struct str asking[] = {
	STR_INIT("/listCallbackUrl"), STR_INIT("/listExpressionTraces"),
	STR_INIT("/checkFlowErrors"), STR_INIT("/checkFlowWarnings"),
	STR_INIT("/listEnum"),	      STR_INIT("/listDynamicValues"),
	STR_INIT("/listDynamicProperties"), STR_INIT("/powerautomate/operations"),
};

static bool only_asks(const struct request *q)
{
	for (size_t i = 0; i < sizeof(asking) / sizeof(*asking); i++)
		if (str_ends(q->path, asking[i]))
			return true;
	return str_eq(q->method, S("GET")) || str_eq(q->method, S("HEAD"));
}

void stats_request(struct request *q, const char *pattern, bool effect)
{
	if (q->face == FACE_CONTROL)
		return;
	seen.requests++;
	seen.by_face[q->face]++;
	seen.statuses[q->answer.status / 100 % 6]++;
	count_route(q, pattern);
	if (!only_asks(q) && q->face != FACE_LOGIN)
		record_write(q, effect);
}

void stats_grant(const char *grant, enum knob_audience audience, bool refused)
{
	unsigned i = 0;

	while (i < seen.grant_count && !(seen.grants[i].audience == audience &&
					 !strcmp(seen.grants[i].grant, grant)))
		i++;
	if (i == GRANTS)
		return;
	if (i == seen.grant_count) {
		seen.grant_count++;
		copy_text(seen.grants[i].grant, sizeof(seen.grants[i].grant), str_from(grant));
		seen.grants[i].audience = audience;
	}
	if (refused)
		seen.grants[i].refused++;
	else
		seen.grants[i].count++;
}

void stats_bearer_on_content(void)
{
	seen.bearer_on_content++;
}

static void print_writes(struct buf *b)
{
	emit(b, "'writesCount':%l,'writes':[", (int64_t)seen.writes_all);
	for (unsigned i = 0; i < seen.write_count; i++) {
		const struct write *w = &seen.writes[i];

		emit_comma(b);
		emit(b,
		     "{'time':'%t','face':'%s','method':'%s','path':'%s','status':%d,'bytes':%l,"
		     "'digest':'%s','effect':%b}",
		     w->time, face_name(w->face), w->method, w->path, (int)w->status,
		     (int64_t)w->bytes, w->digest, (int)w->effect);
	}
	buf_addc(b, ']');
}

void stats_print(struct buf *b)
{
	emit(b,
	     "{'connections':{'opened':%l,'open':%l,'mostOpen':%l,'handshakes':%l},"
	     "'requests':%l,'mostRunning':%l,'bearerOnContent':%l,'faces':{",
	     (int64_t)seen.opened, (int64_t)seen.open, (int64_t)seen.open_most,
	     (int64_t)seen.handshakes, (int64_t)seen.requests, (int64_t)seen.running_most,
	     (int64_t)seen.bearer_on_content);
	for (int i = 1; i < FACE__MAX; i++) {
		emit_comma(b);
		emit(b, "'%s':%l", face_name((enum face)i), (int64_t)seen.by_face[i]);
	}
	emit(b, "},'statuses':{'2xx':%l,'3xx':%l,'4xx':%l,'5xx':%l},'routes':[",
	     (int64_t)seen.statuses[2], (int64_t)seen.statuses[3], (int64_t)seen.statuses[4],
	     (int64_t)seen.statuses[5]);
	for (unsigned i = 0; i < seen.route_count; i++) {
		emit_comma(b);
		emit(b, "{'face':'%s','method':'%s','path':'%s','count':%l}",
		     face_name(seen.routes[i].face), seen.routes[i].method, seen.routes[i].pattern,
		     (int64_t)seen.routes[i].count);
	}
	emit(b, "],'grants':[");
	for (unsigned i = 0; i < seen.grant_count; i++) {
		emit_comma(b);
		emit(b, "{'grant':'%s','audience':'%s','count':%l,'refused':%l}",
		     seen.grants[i].grant, knob_audience_name(seen.grants[i].audience),
		     (int64_t)seen.grants[i].count, (int64_t)seen.grants[i].refused);
	}
	emit(b, "],");
	print_writes(b);
	buf_addc(b, '}');
}

void stats_reset(void)
{
	uint64_t open = seen.open, running = seen.running;

	free(seen.writes);
	memset(&seen, 0, sizeof(seen));
	seen.open = seen.open_most = open;
	seen.running = seen.running_most = running;
}
