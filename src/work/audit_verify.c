/*
 * audit_verify.c - is the usage log what was written?
 *
 * One pass over all segments in order.  Each record must continue the chain from the last
 * proved one.  After a line that does not, the chain is picked up again from what that line
 * itself states, so that one changed record is one finding and not thousands.
 * Knows the rules of the log; audit_line.c knows the form of a record.
 */
#include "work/audit_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "work/audit_file.h"

/* Lines in a row that do not continue the chain. */
struct span {
	uint64_t from, to;  /* file offsets; from == to: none */
	uint64_t line, seq; /* of the first; seq 0: unreadable */
	bool foreign;       /* holds something that no crash leaves behind */
};

struct drop {
	struct audit_end end; /* of the dropped segment */
};

struct check {
	struct audit_report *out;
	struct audit_keys *keys;
	const char *dir;
	int64_t day;
	int fd;

	struct audit_end good; /* the last record that continues the chain */
	struct audit_end said; /* what the last line states, right or wrong */
	bool said_ok;          /* it states a code ... */
	bool said_number;      /* ... and a number */
	struct span bad;
	bool begun;          /* a record was seen */
	bool opened, sealed; /* in this segment */
	bool has_key;        /* of this segment */
	int64_t t;
	uint64_t line;
	struct audit_end before; /* what the first segment continues */
	char host[24];
	struct drop drops[LIMIT_LOG_SEGMENTS];
	size_t drop_count;
};

__attribute__((__format__(__printf__, 5, 6))) static void
say(struct check *c, bool problem, uint64_t line, uint64_t seq, const char *fmt, ...)
{
	struct audit_report *r = c->out;
	struct audit_finding *f = &r->findings[r->count];
	va_list ap;

	if (problem)
		r->verdict = AUDIT_BROKEN;
	if (r->count == LIMIT_LOG_FINDINGS) {
		r->not_listed++;
		return;
	}
	r->count++;
	*f = (struct audit_finding){ .problem = problem, .line = line, .seq = seq };
	if (c->day != INT64_MIN)
		audit_day_text(c->day, f->segment);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

/* ---- bad lines ---- */

static void tell_bad(struct check *c)
{
	const struct span *b = &c->bad;
	uint64_t next = c->good.seq + 1;

	if (b->from == b->to)
		return;
	if (!b->seq)
		say(c, true, b->line, 0, "%llu bytes are no records",
		    (unsigned long long)(b->to - b->from));
	else if (b->seq == next)
		say(c, true, b->line, b->seq, "the record was changed");
	else if (b->seq == next + 1)
		say(c, true, b->line, b->seq, "record %llu is missing before it",
		    (unsigned long long)next);
	else if (b->seq > next)
		say(c, true, b->line, b->seq, "records %llu to %llu are missing before it",
		    (unsigned long long)next, (unsigned long long)(b->seq - 1));
	else
		say(c, true, b->line, b->seq, "the record is a copy, or out of order");
	c->bad = (struct span){ 0 };
}

static void add_bad(struct check *c, struct str text, uint64_t at, const struct audit_line *l)
{
	struct span *b = &c->bad;

	if (b->from == b->to)
		*b = (struct span){ .from = at, .line = c->line, .seq = l ? l->seq : 0 };
	b->to = at + text.n + 1;
	b->foreign |= text.n > 0 && !audit_line_is_start(text);
	c->said_ok = l || audit_line_tail(text, c->said.m);
	c->said_number = l != NULL;
	if (l) {
		c->said.seq = l->seq;
		memcpy(c->said.m, l->m, CRYPT_HASH);
	}
}

static bool hash_of(int fd, uint64_t from, uint64_t n, unsigned char out[CRYPT_HASH])
{
	struct crypt_hash *h = crypt_hash_new();
	char chunk[4096];
	ssize_t got = 1;

	while (n && got > 0) {
		got = pread(fd, chunk, n < sizeof(chunk) ? (size_t)n : sizeof(chunk), (off_t)from);
		if (got > 0) {
			crypt_hash_add(h, str_n(chunk, (size_t)got));
			from += (uint64_t)got;
			n -= (uint64_t)got;
		}
	}
	crypt_hash_end(h, out);
	return n == 0;
}

/* Does the torn record cover exactly the bad lines in front of it? */
static bool covers(struct check *c, const struct audit_line *l)
{
	uint64_t off = audit_line_get_number(l, "off"), n = audit_line_get_number(l, "len");
	unsigned char sha[CRYPT_HASH], want[CRYPT_HASH];
	const struct span *b = &c->bad;

	/* The newline that ends an unfinished line came with the torn record. */
	return off == b->from && (off + n == b->to || off + n + 1 == b->to) &&
	       audit_line_get_hash(l, "sha", want) && hash_of(c->fd, off, n, sha) &&
	       crypt_equal(sha, want, CRYPT_HASH);
}

static void on_torn(struct check *c, const struct audit_line *l)
{
	uint64_t n = audit_line_get_number(l, "len"), claimed = audit_line_get_number(l, "hseq");
	struct str why = audit_line_get(l, "why");

	if (c->bad.from != c->bad.to && covers(c, l)) {
		if (c->bad.foreign)
			say(c, true, c->bad.line, c->bad.seq,
			    "%llu bytes that are no record's beginning stand here, and record %llu "
			    "marks them",
			    (unsigned long long)n, (unsigned long long)l->seq);
		else
			say(c, false, c->bad.line, 0,
			    "%llu bytes of an unfinished record, marked by record %llu",
			    (unsigned long long)n, (unsigned long long)l->seq);
		c->bad = (struct span){ 0 };
	} else if (n && c->bad.from == c->bad.to) {
		say(c, true, c->line, l->seq, "the %llu bytes that this record marks were removed",
		    (unsigned long long)n);
	}
	if (str_eq(why, S("cut")) || str_eq(why, S("gone")))
		say(c, true, c->line, l->seq, "records up to %llu were lost before this one: %s",
		    (unsigned long long)claimed,
		    str_eq(why, S("cut")) ? "the end of the file was missing"
					  : "the files were missing");
	if (str_eq(why, S("head")))
		say(c, true, c->line, l->seq,
		    "usage.head was missing or wrong when this was written");
}

/* ---- good records ---- */

static void on_open(struct check *c, const struct audit_line *l)
{
	struct str host = audit_line_get(l, "host");
	char date[11];

	audit_day_text(c->day, date);
	if (!str_eq(audit_line_get(l, "day"), str_from(date)))
		say(c, true, c->line, l->seq, "the segment was opened for another day");
	c->opened = true;
	if (c->host[0] && !str_eq(host, str_from(c->host)))
		say(c, false, c->line, l->seq, "from here on another machine writes");
	memcpy(c->host, host.p ? host.p : "", host.n < sizeof(c->host) ? host.n : 0);
	c->host[host.n < sizeof(c->host) ? host.n : 0] = '\0';
}

static void on_drop(struct check *c, const struct audit_line *l)
{
	struct drop *d = &c->drops[c->drop_count];

	if (c->drop_count == LIMIT_LOG_SEGMENTS)
		return;
	d->end.seq = audit_line_get_number(l, "last");
	if (audit_line_get_hash(l, "lm", d->end.m))
		c->drop_count++;
}

static void check_time(struct check *c, const struct audit_line *l)
{
	uint64_t back = audit_line_get_number(l, "back");

	if (l->t < c->day * AUDIT_DAY_MS || l->t >= (c->day + 1) * AUDIT_DAY_MS)
		say(c, true, c->line, l->seq, "its time is not on the segment's day");
	else if (l->t < c->t)
		say(c, true, c->line, l->seq, "its time is before that of the record before it");
	else
		c->t = l->t;
	if (back)
		say(c, false, c->line, l->seq, "the clock had gone back by %llu s",
		    (unsigned long long)(back / 1000));
}

/* A record that continues the chain (or, without a key, could). */
static void accept(struct check *c, const struct audit_line *l)
{
	bool torn = str_eq(l->event, S("torn")), open = str_eq(l->event, S("open"));

	if (torn)
		on_torn(c, l);
	tell_bad(c);
	if (c->sealed)
		say(c, true, c->line, l->seq, "the record stands behind the seal of its day");
	if (!c->opened && !open && !torn)
		say(c, true, c->line, l->seq, "the segment does not begin with an open record");
	if (open)
		on_open(c, l);
	if (str_eq(l->event, S("drop")))
		on_drop(c, l);
	c->sealed = str_eq(l->event, S("seal"));
	check_time(c, l);
	if (audit_line_get_number(l, "ref") >= l->seq)
		say(c, true, c->line, l->seq, "it refers to a record that came later");
	c->good.seq = l->seq;
	memcpy(c->good.m, l->m, CRYPT_HASH);
	c->said = c->good;
	c->said_ok = true;
	c->out->last = l->seq;
	c->out->records++;
	c->out->unproved += !c->has_key;
}

/* The very first record, and the first of a segment whose predecessor is not here: it names
 * itself what it continues. */
static bool accept_start(struct check *c, const struct audit_line *l)
{
	struct audit_end before = { .seq = l->seq - 1 };

	if (!l->seq || !audit_line_get_hash(l, "pm", before.m) ||
	    (c->has_key && audit_line_check(l, c->keys, c->day, before.m) != AUDIT_PROVED))
		return false;
	if (!c->begun) {
		c->before = before;
		c->out->first = l->seq;
	} else {
		tell_bad(c);
		say(c, true, c->line, l->seq,
		    "records %llu to %llu are missing before this segment",
		    (unsigned long long)(c->good.seq + 1), (unsigned long long)before.seq);
	}
	c->good = before;
	accept(c, l);
	return true;
}

static bool proves(struct check *c, const struct audit_line *l, const struct audit_end *before)
{
	if (l->seq != before->seq + 1)
		return false;
	return !c->has_key || audit_line_check(l, c->keys, c->day, before->m) == AUDIT_PROVED;
}

/* Does the chain go on from a line that was bad itself? */
static bool resumes(struct check *c, const struct audit_line *l)
{
	if (c->bad.from == c->bad.to || !c->said_ok)
		return false;
	if (!c->has_key)
		return c->said_number && l->seq == c->said.seq + 1;
	/* Its number may be what was changed. */
	return audit_line_check(l, c->keys, c->day, c->said.m) == AUDIT_PROVED;
}

static void on_line(struct check *c, struct str text, uint64_t at)
{
	struct audit_line l;
	bool read = audit_line_read(text, &l);

	c->line++;
	if (!read) {
		add_bad(c, text, at, NULL);
	} else if (c->begun && proves(c, &l, &c->good)) {
		accept(c, &l);
	} else if (resumes(c, &l)) {
		tell_bad(c);
		accept(c, &l);
	} else if ((c->line == 1 || !c->begun) && accept_start(c, &l)) {
		/* told there */
	} else if (!c->begun && c->line > 1 && proves(c, &l, &c->good)) {
		accept(c, &l);
	} else {
		add_bad(c, text, at, &l);
		return;
	}
	c->begun |= read;
}

/* ---- segments ---- */

/* What stands behind the last good record of a segment. */
static void end_segment(struct check *c, bool newest, bool whole)
{
	if (c->bad.from != c->bad.to && newest && !whole && !c->bad.foreign) {
		say(c, false, c->bad.line, 0,
		    "an unfinished record: a writer was stopped, or is writing now");
		c->bad = (struct span){ 0 };
	}
	tell_bad(c);
	if (!newest && !c->sealed)
		say(c, true, 0, 0, "the day does not end with its seal");
}

static bool walk_segment(struct check *c, int64_t day, bool newest)
{
	struct audit_reader r;
	char path[4096];
	const char *why = NULL;
	struct str line;
	uint64_t at;
	bool whole = true;

	c->day = day;
	c->line = 0;
	c->bad = (struct span){ 0 };
	c->opened = c->sealed = false;
	c->t = day * AUDIT_DAY_MS;
	c->has_key = c->keys && day >= audit_keys_first_day(c->keys);
	c->fd = audit_segment_path(c->dir, day, path) ? os_open_private(path, O_RDONLY, &why) : -1;
	if (c->fd < 0 && !why && errno == ENOENT)
		return false;
	if (c->fd < 0) {
		say(c, true, 0, 0, "the file cannot be read: it %s", why ? why : strerror(errno));
		return true;
	}
	audit_reader_init(&r, c->fd, 0);
	while (audit_reader_next(&r, &line, &at, &whole))
		on_line(c, line, at);
	if (r.error)
		say(c, true, 0, 0, "the file cannot be read: %s", strerror(r.error));
	end_segment(c, newest, whole);
	close(c->fd);
	c->out->segments++;
	return true;
}

/* The first segment must be the log's very first, or follow one that was dropped. */
static void check_start(struct check *c)
{
	static const unsigned char nothing[CRYPT_HASH];

	c->day = INT64_MIN;
	if (!c->begun || (!c->before.seq && !memcmp(c->before.m, nothing, CRYPT_HASH)))
		return;
	for (size_t i = 0; i < c->drop_count; i++)
		if (c->drops[i].end.seq == c->before.seq &&
		    !memcmp(c->drops[i].end.m, c->before.m, CRYPT_HASH))
			return;
	say(c, true, 0, 0,
	    "records up to %llu are missing, and no record says that they were dropped",
	    (unsigned long long)c->before.seq);
}

/* ---- head and keys ---- */

struct ends {
	struct audit_head head;
	bool has_head;
	unsigned damaged, empty, forged;
};

static void read_head(struct check *c, struct ends *e)
{
	unsigned char bytes[AUDIT_HEAD] = { 0 };
	const char *why = NULL;
	struct audit_head h;
	char path[4096];
	int fd = -1;

	if (audit_file_path(c->dir, AUDIT_HEAD_FILE, path))
		fd = os_open_private(path, O_RDONLY, &why);
	if (fd >= 0) {
		(void)!pread(fd, bytes, sizeof(bytes), 0);
		close(fd);
	}
	for (size_t i = 0; i < 2; i++) {
		const unsigned char *slot = bytes + i * AUDIT_SLOT;
		enum audit_slot_state state = audit_head_unpack(slot, &h);

		e->empty += state == AUDIT_SLOT_EMPTY;
		e->damaged += state == AUDIT_SLOT_DAMAGED;
		if (state != AUDIT_SLOT_WHOLE)
			continue;
		/* Only the key says that a slot is ours; without it, the slot is believed. */
		if (c->keys && audit_head_check(slot, c->keys) == AUDIT_WRONG) {
			e->forged++;
			continue;
		}
		if (!e->has_head || h.counter > e->head.counter)
			e->head = h;
		e->has_head = true;
	}
}

static void check_end(struct check *c, const struct ends *e)
{
	uint64_t sealed = c->keys ? audit_keys_end(c->keys).seq : 0;

	c->day = INT64_MIN;
	if (e->damaged)
		say(c, true, 0, 0, "a slot of usage.head is damaged");
	if (e->forged)
		say(c, true, 0, 0, "a slot of usage.head was not written with this log's key");
	if (!e->has_head)
		say(c, true, 0, 0, "usage.head is missing, so a cut at the end cannot be seen");
	else if (e->head.end.seq > c->good.seq)
		say(c, true, 0, e->head.end.seq, "the last %llu records are missing",
		    (unsigned long long)(e->head.end.seq - c->good.seq));
	else if (e->head.end.seq == c->good.seq &&
		 memcmp(e->head.end.m, c->good.m, CRYPT_HASH) != 0)
		say(c, true, 0, e->head.end.seq, "the last record is not the one that was written");
	if (sealed > c->good.seq)
		say(c, true, 0, sealed,
		    "the log was put back to an earlier state: record %llu was "
		    "sealed",
		    (unsigned long long)sealed);
}

static enum audit_verdict give_up(struct audit_report *out, const char *what, const char *why)
{
	snprintf(out->message, sizeof(out->message), "%s%s%s", what, why ? ": " : "",
		 why ? why : "");
	return out->verdict = AUDIT_UNKNOWN;
}

/* The keys: from the text that was handed out, or the store's.  False: told. */
static bool get_keys(const struct audit_verify_options *o, struct check *c)
{
	enum store_result r;
	bool damaged = false;

	if (o->key.p) {
		if (audit_keys_import(o->key, &c->keys))
			return true;
		give_up(c->out, "that is not a verification key of a usage log", NULL);
		return false;
	}
	r = audit_keys_load(o->store, &c->keys, &damaged);
	if (r == STORE_OK)
		return true;
	give_up(c->out,
		damaged ? "the usage log's key is damaged" : "the usage log's key is not here",
		damaged ? NULL : store_message(o->store));
	return false;
}

/* False when a segment vanished in between (it was dropped): look again. */
static bool walk(struct check *c, const struct audit_segments *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!walk_segment(c, all->days[i], i + 1 == all->count))
			return false;
	return true;
}

static bool verify_once(struct check *c, const struct audit_segments *all)
{
	struct ends e = { 0 };
	struct audit_report *out = c->out;

	read_head(c, &e);
	if (!walk(c, all))
		return false;
	check_start(c);
	check_end(c, &e);
	if (all->count) {
		audit_day_text(all->days[0], out->from);
		audit_day_text(all->days[all->count - 1], out->to);
	}
	if (out->verdict == AUDIT_INTACT && out->unproved)
		out->verdict = AUDIT_UNKNOWN;
	return true;
}

enum audit_verdict audit_verify(const struct audit_verify_options *o, struct audit_report *out)
{
	struct audit_segments all;
	struct check *c = malloc(sizeof(*c));
	bool done = false;

	*out = (struct audit_report){ 0 };
	if (!c)
		return give_up(out, "memory is out", NULL);
	for (int tries = 0; tries < 3 && !done; tries++) {
		int err = audit_segments_read(o->dir, &all);

		*out = (struct audit_report){ 0 };
		*c = (struct check){ .out = out, .dir = o->dir, .day = INT64_MIN };
		if (err) {
			give_up(out, o->dir,
				err == ENOENT ? "there is no usage log yet" : strerror(err));
			break;
		}
		if (!get_keys(o, c))
			break;
		audit_day_text(audit_keys_first_day(c->keys), out->key_from);
		done = verify_once(c, &all);
		audit_keys_free(c->keys);
		if (!done && tries == 2)
			give_up(out, o->dir, "segments vanish while they are read");
	}
	free(c);
	return out->verdict;
}
