/*
 * audit_line.c - one record of the usage log as text.
 *
 * Knows the form of a line; knows nothing of files or of the order of events.
 */
#include "work/audit_line.h"

#include "base/limits.h"
#include "base/os.h"

#define HEAD "{\"v\":1,\"seq\":"
#define TAIL ",\"m\":\"" /* then 64 digits and "} */

enum { TAIL_BYTES = sizeof(TAIL) - 1 + 64 + 2 };

/* ---- writing ---- */

void audit_line_begin(struct buf *b, const struct audit_stamp *s)
{
	char t[25];

	os_format_time(s->t, t);
	buf_addf(b, HEAD "%llu,\"t\":\"%s\"", (unsigned long long)s->seq, t);
	if (s->back)
		audit_line_number(b, "back", (uint64_t)s->back);
	buf_addf(b, ",\"run\":\"%s\",\"ev\":\"%s\"", s->run, s->event);
}

static bool is_code(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == ':' || c == '-';
}

void audit_line_code(struct buf *b, const char *name, struct str value, size_t most)
{
	buf_addf(b, ",\"%s\":\"", name);
	for (size_t i = 0; i < value.n && i < most; i++)
		buf_addc(b, is_code(value.p[i]) ? value.p[i] : '_');
	buf_addc(b, '"');
}

void audit_line_number(struct buf *b, const char *name, uint64_t value)
{
	buf_addf(b, ",\"%s\":%llu", name, (unsigned long long)value);
}

void audit_line_hash(struct buf *b, const char *name, const unsigned char hash[CRYPT_HASH])
{
	char hex[65];

	audit_hex(hash, CRYPT_HASH, hex);
	buf_addf(b, ",\"%s\":\"%s\"", name, hex);
}

static bool compute(struct audit_keys *k, int64_t day, const unsigned char before[CRYPT_HASH],
		    struct str body, unsigned char m[CRYPT_HASH])
{
	struct str parts[2];
	char hex[65];

	audit_hex(before, CRYPT_HASH, hex);
	parts[0] = str_n(hex, 64);
	parts[1] = body;
	return audit_keys_mac(k, day, parts, 2, m);
}

bool audit_line_end(struct buf *b, size_t from, struct audit_keys *k, int64_t day,
		    const unsigned char before[CRYPT_HASH], unsigned char m[CRYPT_HASH])
{
	if (!buf_ok(b) || !compute(k, day, before, str_from_at(buf_str(b), from), m))
		return false;
	audit_line_hash(b, "m", m);
	buf_addz(b, "}\n");
	return buf_ok(b);
}

/* ---- reading ---- */

struct str audit_line_get(const struct audit_line *l, const char *name)
{
	struct str none = { 0 }, rest, value;
	char mark[32];
	ptrdiff_t at;
	size_t n = strlen(name);

	if (n > sizeof(mark) - 5)
		return none;
	mark[0] = ',';
	mark[1] = '"';
	memcpy(mark + 2, name, n);
	memcpy(mark + 2 + n, "\":", 3);
	at = str_find(l->body, str_from(mark));
	if (at < 0)
		return none;
	rest = str_from_at(l->body, (size_t)at + n + 4);
	if (rest.n && rest.p[0] == '"') {
		rest = str_from_at(rest, 1);
		at = str_find_char(rest, '"');
		return at < 0 ? none : str_first(rest, (size_t)at);
	}
	return str_cut(&rest, ',', &value) ? value : none;
}

uint64_t audit_line_get_number(const struct audit_line *l, const char *name)
{
	uint64_t v;

	return str_to_u64(audit_line_get(l, name), &v) ? v : 0;
}

bool audit_line_get_hash(const struct audit_line *l, const char *name,
			 unsigned char out[CRYPT_HASH])
{
	return audit_unhex(audit_line_get(l, name), out);
}

bool audit_line_tail(struct str line, unsigned char m[CRYPT_HASH])
{
	struct str tail = str_from_at(line, line.n < TAIL_BYTES ? 0 : line.n - TAIL_BYTES);

	return tail.n == TAIL_BYTES && str_starts(tail, S(TAIL)) && str_ends(tail, S("\"}")) &&
	       audit_unhex(str_n(tail.p + sizeof(TAIL) - 1, 64), m);
}

bool audit_line_read(struct str line, struct audit_line *out)
{
	struct audit_line l;
	struct str rest, seq;

	if (line.n > LIMIT_LOG_RECORD || line.n < sizeof(HEAD) + TAIL_BYTES ||
	    !str_starts(line, S(HEAD)))
		return false;
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 || (unsigned char)line.p[i] > 0x7e)
			return false;
	if (!audit_line_tail(line, l.m))
		return false;
	l.body = str_first(line, line.n - TAIL_BYTES);
	rest = str_from_at(l.body, sizeof(HEAD) - 1);
	if (!str_cut(&rest, ',', &seq) || !str_to_u64(seq, &l.seq) ||
	    !os_parse_time(audit_line_get(&l, "t"), &l.t))
		return false;
	l.event = audit_line_get(&l, "ev");
	l.run = audit_line_get(&l, "run");
	if (!l.event.n || !l.run.p)
		return false;
	*out = l;
	return true;
}

enum audit_proof audit_line_check(const struct audit_line *l, struct audit_keys *k, int64_t day,
				  const unsigned char before[CRYPT_HASH])
{
	unsigned char m[CRYPT_HASH];

	if (!compute(k, day, before, l->body, m))
		return AUDIT_NO_KEY;
	return crypt_equal(m, l->m, CRYPT_HASH) ? AUDIT_PROVED : AUDIT_WRONG;
}

bool audit_line_is_start(struct str bytes)
{
	struct str head = S(HEAD);
	struct audit_line l;

	/* A file system that lost power may leave zeroes where data was to come. */
	for (size_t i = 0; i < bytes.n && !bytes.p[i]; i++)
		if (i + 1 == bytes.n)
			return true;
	if (bytes.n >= LIMIT_LOG_RECORD || audit_line_read(bytes, &l))
		return false;
	return str_eq(str_first(bytes, head.n), str_first(head, bytes.n));
}
