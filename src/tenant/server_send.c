/*
 * server_send.c - answers on their way out: compressed, generated, slow, or spoilt on demand.
 *
 * Must not know what an answer means.
 */
#include "tenant/server_parts.h"

#include <zlib.h>

#include "tenant/clock.h"
#include "text/crypt.h"

enum { SMALLEST_GZIP = 860 };

static bool wants_gzip(struct exchange *x)
{
	struct str accepts = request_header(&x->q, "Accept-Encoding");

	return accepts.p && str_find(accepts, S("gzip")) >= 0;
}

/* Compresses the body in place; leaves it alone when that fails. */
static bool gzip_body(struct buf *body)
{
	z_stream z = { 0 };
	struct buf out;
	size_t room;
	char *to;

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	room = deflateBound(&z, (uLong)body->n);
	buf_init(&out, room + 1);
	to = buf_room(&out, room);
	if (!to) {
		deflateEnd(&z);
		return false;
	}
	z.next_in = (Bytef *)(void *)body->p;
	z.avail_in = (uInt)body->n;
	z.next_out = (Bytef *)(void *)to;
	z.avail_out = (uInt)room;
	deflate(&z, Z_FINISH);
	out.n = z.total_out;
	deflateEnd(&z);
	buf_free(body);
	*body = out;
	return true;
}

static ssize_t fill_generated(void *arg, uint64_t at, char *out, size_t room)
{
	struct exchange *x = arg;

	return (ssize_t)x->q.answer.fill(at, out, room, x->q.answer.total);
}

/* The whole body, some bytes a second: sends a piece, then sleeps for as long as it is worth. */
static ssize_t fill_slowly(void *arg, uint64_t at, char *out, size_t room)
{
	struct exchange *x = arg;
	const struct buf *body = &x->q.answer.body;
	size_t piece = (size_t)(x->hit.rate > 10 ? x->hit.rate / 10 : 1);

	if (x->sent == at && at) {
		x->sent++; /* slept already for this position after the resume */
		exchange_wait(x, 100);
		return 0;
	}
	if (piece > room)
		piece = room;
	if (piece > body->n - at)
		piece = body->n - (size_t)at;
	memcpy(out, body->p + at, piece);
	x->sent = at + piece;
	return (ssize_t)piece;
}

/* Half of what was announced. */
static ssize_t fill_half(void *arg, uint64_t at, char *out, size_t room)
{
	struct exchange *x = arg;
	size_t half = x->q.answer.body.n / 2;

	if (at >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (room > half - at)
		room = half - (size_t)at;
	memcpy(out, x->q.answer.body.p + at, room);
	return (ssize_t)room;
}

static struct MHD_Response *make_response(struct exchange *x)
{
	struct answer *an = &x->q.answer;

	if (x->hit.kind == FAULT_SLOW && an->body.n)
		return MHD_create_response_from_callback(an->body.n, 4096, fill_slowly, x, NULL);
	if (x->hit.kind == FAULT_TRUNCATE && an->body.n > 1)
		return MHD_create_response_from_callback(an->body.n, 4096, fill_half, x, NULL);
	if (an->fill)
		return MHD_create_response_from_callback(an->total, TENANT_PIECE, fill_generated, x,
							 NULL);
	return MHD_create_response_from_buffer(an->body.n, an->body.p ? an->body.p : (char *)"",
					       MHD_RESPMEM_PERSISTENT);
}

static bool has_header(const struct answer *an, const char *name)
{
	for (unsigned i = 0; i < an->header_count; i++)
		if (str_eq_nocase(an->headers[i].name, str_from(name)))
			return true;
	return false;
}

static void add_headers(struct exchange *x, struct MHD_Response *r)
{
	struct answer *an = &x->q.answer;
	char date[CLOCK_TEXT];

	clock_text_http(clock_now(), date);
	MHD_add_response_header(r, "Date", date);
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (!has_header(an, "Cache-Control"))
		MHD_add_response_header(r, "Cache-Control", "no-cache, no-store");
	for (unsigned i = 0; i < an->header_count; i++)
		MHD_add_response_header(r, str_c(&x->q.mem, an->headers[i].name),
					str_c(&x->q.mem, an->headers[i].value));
	JSON_EACH(h, x->hit.headers)
		MHD_add_response_header(r, str_c(&x->q.mem, json_name(h)),
					json_is(h, JSON_STRING) ?
						json_z(h) :
						str_c(&x->q.mem, json_text(&x->q.mem, h)));
}

enum MHD_Result exchange_send(struct exchange *x)
{
	struct answer *an = &x->q.answer;
	struct MHD_Response *r;
	enum MHD_Result ok;
	bool zip;

	if (!buf_ok(&an->body)) {
		/* The answer grew beyond its ceiling. */
		buf_free(&an->body);
		buf_init(&an->body, TENANT_ANSWER);
		an->status = 500;
	}
	zip = !an->fill && an->body.n >= SMALLEST_GZIP && x->hit.kind != FAULT_TRUNCATE &&
		   x->hit.kind != FAULT_SLOW && !has_header(an, "Content-Encoding") &&
		   wants_gzip(x);
	if (zip && gzip_body(&an->body)) {
		answer_header(&x->q, "Content-Encoding", S("gzip"));
		answer_header(&x->q, "Vary", S("Accept-Encoding"));
	}
	r = make_response(x);
	if (!r)
		return MHD_NO;
	add_headers(x, r);
	ok = MHD_queue_response(x->mhd, an->status ? an->status : 500, r);
	MHD_destroy_response(r);
	return ok;
}

/* ---- faults ---- */

static void garbage(struct buf *body)
{
	char junk[700];

	crypt_random(junk, sizeof(junk));
	buf_clear(body);
	buf_addz(body, "{\"value\":[{\"name\":\"");
	buf_add(body, junk, sizeof(junk));
}

static void bomb(struct exchange *x)
{
	struct buf *body = &x->q.answer.body;
	z_stream z = { 0 };
	static char spaces[65536];
	uint64_t left = x->hit.bytes;
	char *to = NULL;

	memset(spaces, ' ', sizeof(spaces));
	buf_clear(body);
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	while (left || !z.total_out || to) {
		uInt piece = (uInt)(left < sizeof(spaces) ? left : sizeof(spaces));
		size_t before = body->n;

		to = buf_room(body, 4096);
		if (!to)
			break;
		z.next_in = (Bytef *)(void *)spaces;
		z.avail_in = piece;
		z.next_out = (Bytef *)(void *)to;
		z.avail_out = 4096;
		if (deflate(&z, left ? Z_NO_FLUSH : Z_FINISH) == Z_STREAM_END)
			to = NULL;
		body->n += 4096 - z.avail_out;
		left -= piece - z.avail_in;
		if (!to && body->n >= before)
			break;
	}
	deflateEnd(&z);
	answer_header(&x->q, "Content-Encoding", S("gzip"));
}

bool exchange_strike(struct exchange *x)
{
	struct answer *an = &x->q.answer;

	switch (x->hit.kind) {
	case FAULT_CLOSE:
	case FAULT_HANG:
		return false;
	case FAULT_STATUS:
		an->header_count = 0;
		an->fill = NULL;
		answer_text(&x->q, x->hit.status,
			    str_starts(x->hit.body, S("<")) ? "text/html" :
							      "application/json; charset=utf-8",
			    x->hit.body);
		break;
	case FAULT_GARBAGE:
		an->fill = NULL;
		garbage(&an->body);
		break;
	case FAULT_BOMB:
		an->fill = NULL;
		bomb(x);
		break;
	default:
		break;
	}
	return true;
}
