/*
 * content.c - links to inputs and outputs, and the host that serves them.
 *
 * A link carries its expiry and a signature; with a bearer token on top it is refused, as the
 * service does.  Must not know lists or flows' shapes.
 */
#include <gnutls/crypto.h>
#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/stats.h"
#include "text/crypt.h"

enum { MD5 = 16, ROW = 128 };

static unsigned char link_key[CRYPT_KEY];
static bool link_key_made;

struct str link_signature(struct arena *a, struct str path, struct str rights)
{
	struct str parts[2] = { path, rights };
	unsigned char mac[CRYPT_HASH];
	struct buf b;

	if (!link_key_made) {
		crypt_random(link_key, sizeof(link_key));
		link_key_made = true;
	}
	crypt_hmac(str_bytes(link_key, sizeof(link_key)), parts, 2, mac);
	buf_init_in(&b, a, 64);
	crypt_b64url(&b, str_bytes(mac, sizeof(mac)));
	return buf_str(&b);
}

void workflow_hex(const struct flow *f, char out[33])
{
	uint64_t s = prng_mix(f->seed, prng_hash(S("workflow")));

	snprintf(out, 33, "%016llx", (unsigned long long)prng_next(&s));
	snprintf(out + 16, 17, "%016llx", (unsigned long long)prng_next(&s));
}

/* ---- generated bodies ---- */

static const char head[] = "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"application/json; "
			   "charset=utf-8\"},\"body\":{\"value\":[";
static const char tail[] = "\"}]}}";

static void row_text(uint64_t number, char out[ROW + 1])
{
	int n = snprintf(out, ROW + 1, "{\"ID\":%llu,\"Title\":\"Reading %llu of the night shift\","
				       "\"Notes\":\"",
			 (unsigned long long)(number + 1), (unsigned long long)(number + 1));

	memset(out + n, 'n', (size_t)(ROW - n));
	memcpy(out + ROW - 3, "\"},", 3);
	out[ROW] = 0;
}

static size_t fill_rows(uint64_t at, char *out, size_t room, uint64_t total)
{
	const uint64_t first = sizeof(head) - 1;
	const char last_open[] = "{\"pad\":\"";
	uint64_t rows = (total - first - sizeof(last_open) - sizeof(tail) + 2) / ROW;
	uint64_t pad_from = first + rows * ROW;
	char text[ROW + 1];
	size_t n = 0;

	while (n < room && at + n < total) {
		uint64_t pos = at + n;
		const char *from;
		size_t have;

		if (pos < first) {
			from = head + pos;
			have = (size_t)(first - pos);
		} else if (pos < pad_from) {
			row_text((pos - first) / ROW, text);
			from = text + (pos - first) % ROW;
			have = ROW - (size_t)((pos - first) % ROW);
		} else if (pos < pad_from + sizeof(last_open) - 1) {
			from = last_open + (pos - pad_from);
			have = sizeof(last_open) - 1 - (size_t)(pos - pad_from);
		} else if (pos < total - (sizeof(tail) - 1)) {
			from = "x";
			have = 1;
		} else {
			from = tail + (pos - (total - (sizeof(tail) - 1)));
			have = (size_t)(total - pos);
		}
		if (have > room - n)
			have = room - n;
		memcpy(out + n, from, have);
		n += have;
	}
	return n;
}

static uint64_t at_least(uint64_t bytes)
{
	return bytes < 1024 ? 1024 : bytes;
}

static void md5_of_rows(uint64_t total, unsigned char out[MD5])
{
	static uint64_t known_total;
	static unsigned char known[MD5];
	char piece[16384];
	gnutls_hash_hd_t h;

	if (known_total != total && !gnutls_hash_init(&h, GNUTLS_DIG_MD5)) {
		for (uint64_t at = 0; at < total;) {
			size_t n = fill_rows(at, piece, sizeof(piece), total);

			gnutls_hash(h, piece, n);
			at += n;
		}
		gnutls_hash_deinit(h, known);
		known_total = total;
	}
	memcpy(out, known, MD5);
}

/* ---- links ---- */

static struct str expiry(struct arena *a)
{
	int64_t t = clock_now();
	char text[CLOCK_TEXT];

	if (knobs.link_seconds)
		t += knobs.link_seconds * TICKS_S;
	else
		t = (t / TICKS_H + 5) * TICKS_H; /* about four hours, rounded up to the hour */
	clock_text_s(t, text);
	return str_fmt(a, "%.19s.0000000Z", text);
}

static struct str link_uri(struct request *q, struct flow *f, struct run *r, struct str segment,
			   const char *name)
{
	char hex[33];
	struct str path, rights, se = expiry(&q->mem);
	struct buf b;

	workflow_hex(f, hex);
	rights = str_fmt(&q->mem, "/runs/%s/%.*s%scontents/%s/read", r->name, STR_ARG(segment),
			 segment.n ? "/" : "", name);
	path = str_fmt(&q->mem, "/powerautomate/automations/direct/workflows/%s/runs/%s/%.*s%s"
				"contents/%s",
		       hex, r->name, STR_ARG(segment), segment.n ? "/" : "", name);
	buf_init_in(&b, &q->mem, 16384);
	buf_adds(&b, face_origin(q, FACE_CONTENT));
	/* Names may hold what a path may not. */
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '/')
			buf_addc(&b, '/');
		else
			buf_add_percent(&b, str_n(path.p + i, 1));
	}
	buf_addz(&b, "?api-version=1&islandNumber=107&se=");
	buf_add_percent(&b, se);
	buf_addz(&b, "&sp=");
	buf_add_percent(&b, rights);
	buf_addf(&b, "&sv=1.0&sig=%.*s",
		 STR_ARG(link_signature(&q->mem, str_fmt(&q->mem, "%s%.*s", hex, STR_ARG(rights)),
					se)));
	return buf_str(&b);
}

struct json *content_link(struct request *q, struct flow *f, struct run *r, struct str segment,
			  enum content what, const char *name, struct json *value, uint64_t bytes)
{
	unsigned char md5[MD5];
	struct buf text, hash;

	if (!value && !bytes)
		return NULL;
	if (bytes) {
		bytes = at_least(bytes);
		md5_of_rows(bytes, md5);
	} else {
		buf_init_in(&text, &q->mem, TENANT_ANSWER);
		json_print(&text, value);
		bytes = text.n;
		gnutls_hash_fast(GNUTLS_DIG_MD5, text.p, text.n, md5);
	}
	(void)what;
	buf_init_in(&hash, &q->mem, 64);
	crypt_b64(&hash, str_bytes(md5, sizeof(md5)));
	return emit_json(&q->mem,
			 "{'uri':'%S','contentVersion':'%S','contentSize':%l,'contentHash':{"
			 "'algorithm':'md5','value':'%S'}}",
			 link_uri(q, f, r, segment, name), buf_str(&hash), (int64_t)bytes,
			 buf_str(&hash));
}

/* ---- the host ---- */

static struct flow *flow_of_hex(struct tenant *t, struct str hex)
{
	char have[33];

	LIST_EACH(node, &t->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		workflow_hex(f, have);
		if (str_eq_nocase(hex, str_from(have)))
			return f;
	}
	return NULL;
}

static bool link_good(struct request *q)
{
	struct str se = request_query(q, "se"), sp = request_query(q, "sp");
	struct str sig = request_query(q, "sig"), want;
	char now[CLOCK_TEXT];
	int64_t ends;

	if (request_header(q, "Authorization").p) {
		stats_bearer_on_content();
		answer_error(q, SE_SAS_AND_BEARER, NULL, NULL, NULL);
		return false;
	}
	if (!sig.p || !se.p || !sp.p) {
		answer_error(q, SE_SAS_REQUIRED, NULL, NULL, NULL);
		return false;
	}
	want = link_signature(&q->mem,
			      str_fmt(&q->mem, "%.*s%.*s", STR_ARG(q->capture[0]), STR_ARG(sp)), se);
	if (sig.n != want.n || !crypt_equal(sig.p, want.p, want.n) ||
	    !str_eq(str_fmt(&q->mem, "/runs/%.*s/read", STR_ARG(q->capture[1])), sp)) {
		answer_error(q, SE_SAS_INVALID, NULL, NULL, NULL);
		return false;
	}
	if (!clock_parse(se, &ends) || ends <= clock_now()) {
		clock_text(clock_now(), now);
		answer_error(q, SE_SAS_EXPIRED, str_c(&q->mem, se), now, NULL);
		return false;
	}
	return true;
}

static void send_value(struct request *q, const struct json *value, uint64_t bytes)
{
	answer_header(q, "x-ms-ratelimit-burst-remaining-workflow-reads", S("12499"));
	answer_header(q, "x-ms-ratelimit-time-remaining-directapirequests", S("37499747"));
	if (bytes) {
		answer_begin(q, 200);
		q->answer.fill = fill_rows;
		q->answer.total = at_least(bytes);
	} else if (value) {
		answer_json(q, 200, value);
	} else {
		answer_error(q, SE_ACTION_NOT_FOUND, "", "", "");
	}
}

static bool read_index(struct str text, uint64_t index[PLAYED_LOOPS])
{
	struct str one;
	unsigned i = 0;

	while (str_cut(&text, '-', &one))
		if (i == PLAYED_LOOPS || !str_to_u64(one, &index[i++]))
			return false;
	return true;
}

static const struct json *masked(struct request *q, const struct json *def, enum content what,
				 const struct json *v)
{
	return play_is_secure(def, what) ?
		       json_new_z(&q->mem, "Content not shown due to security configuration.") :
		       v;
}

static uint64_t bytes_of(struct played *p, const struct played_action *x, enum content what)
{
	uint64_t n = play_content_bytes(p, x, what);

	return n || what == CONTENT_INPUTS || x->sum.status == RUN_SKIPPED ?
		       n :
		       (uint64_t)knobs.output_bytes;
}

/* rest: "contents/TriggerInputs", "actions/X/contents/ActionInputs",
 * "actions/X/repetitions/000001/contents/ActionOutputs" */
static void serve_content(struct request *q, struct flow *f, struct run *r, struct str rest)
{
	struct played *p = play_run(&q->mem, f, r);
	struct played_action *x;
	uint64_t index[PLAYED_LOOPS] = { 0 };
	enum content what;
	struct str part, name, action;

	what = str_ends(rest, S("Inputs")) ? CONTENT_INPUTS : CONTENT_OUTPUTS;
	str_cut(&rest, '/', &part);
	if (str_eq(part, S("contents"))) {
		if (str_eq(rest, S("ResponseOutputs")) && p->response >= 0)
			send_value(q, play_content(p, &p->actions[p->response], NULL, what), 0);
		else
			send_value(q,
				   masked(q, json_first(json_get(p->definition, "triggers")), what,
					  play_trigger(p, what)),
				   0);
		return;
	}
	str_cut(&rest, '/', &action);
	str_cut(&rest, '/', &part);
	x = play_find(p, action);
	if (str_eq(part, S("repetitions"))) {
		str_cut(&rest, '/', &name);
		if (!read_index(name, index))
			x = NULL;
	}
	if (!x) {
		answer_error(q, SE_ACTION_NOT_FOUND, f->id, r->name, str_c(&q->mem, action));
		return;
	}
	send_value(q, masked(q, x->def, what, play_content(p, x, index, what)),
		   bytes_of(p, x, what));
}

static void content_get(struct request *q)
{
	struct flow *f;
	struct run *r;
	struct str rest, name;

	if (!link_good(q))
		return;
	rest = q->capture[1];
	str_cut(&rest, '/', &name);
	f = flow_of_hex(q->tenant, q->capture[0]);
	r = f ? flow_run(f, name) : NULL;
	if (!r)
		answer_error(q, SE_RUN_NOT_FOUND, str_c(&q->mem, q->capture[0]),
			     str_c(&q->mem, name), NULL);
	else
		serve_content(q, f, r, rest);
}

static const struct route rows[] = {
	{ FACE_CONTENT, "GET", "/powerautomate/automations/direct/workflows/{W}/runs/{R}",
	  content_get, ROUTE_OPEN | ROUTE_REST },
};

const struct route_table content_routes = { rows, sizeof(rows) / sizeof(*rows) };
