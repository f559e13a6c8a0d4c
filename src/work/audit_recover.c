/*
 * audit_recover.c - finding the end of the usage log, also after crashes and tampering.
 *
 * The rule: a line counts when it continues the chain; whatever follows the last such line is
 * left where it is, and a "torn" record says where it lies, how long it is and its hash.
 * Nothing is ever truncated, so that what somebody did to the file stays visible.
 */
#include "work/audit_impl.h"

#include <errno.h>
#include <unistd.h>

/* What has to be told in a torn record. */
struct trouble {
	const char *why;  /* tail, cut, head or gone; NULL: nothing */
	uint64_t claimed; /* the number of the last record as the head has it */
};

/* Reads on from a->head.offset and takes every line that continues the chain. */
static bool scan(struct audit *a)
{
	struct audit_reader r;
	struct audit_line l;
	struct str line;
	uint64_t at;
	bool whole;

	audit_reader_init(&r, a->seg_fd, a->head.offset);
	while (!a->head.sealed && audit_reader_next(&r, &line, &at, &whole)) {
		if (!audit_line_read(line, &l) || l.seq != a->head.end.seq + 1 ||
		    audit_line_check(&l, a->keys, a->head.day, a->head.end.m) != AUDIT_PROVED)
			break;
		/* A write can be cut short by its last byte alone. */
		if (!whole && write(a->seg_fd, "\n", 1) != 1)
			return audit_say(a, "the usage log %s cannot be written: %s", a->dir,
					 strerror(errno));
		a->head.end.seq = l.seq;
		memcpy(a->head.end.m, l.m, CRYPT_HASH);
		a->head.offset = at + line.n + 1;
		if (l.t > a->head.t)
			a->head.t = l.t;
		a->head.sealed = str_eq(l.event, S("seal"));
	}
	if (r.error)
		return audit_say(a, "the usage log cannot be read: %s", strerror(r.error));
	return true;
}

/* The hash of all bytes from `from` to `to`, and the last of them. */
static bool hash_span(struct audit *a, uint64_t from, uint64_t to, unsigned char out[CRYPT_HASH],
		      char *last)
{
	struct crypt_hash *h = crypt_hash_new();
	char chunk[4096];

	while (from < to) {
		size_t want = to - from < sizeof(chunk) ? (size_t)(to - from) : sizeof(chunk);
		ssize_t n = pread(a->seg_fd, chunk, want, (off_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			crypt_hash_end(h, out);
			return audit_say(a, "the usage log cannot be read: %s",
					 n < 0 ? strerror(errno) : "it became shorter");
		}
		crypt_hash_add(h, str_n(chunk, (size_t)n));
		*last = chunk[n - 1];
		from += (uint64_t)n;
	}
	crypt_hash_end(h, out);
	return true;
}

bool audit_write_torn(struct audit *a, const char *why, uint64_t claimed)
{
	uint64_t size, from = a->head.offset;
	unsigned char sha[CRYPT_HASH];
	char last = '\n';
	size_t begin;

	if (!audit_segment_size(a, &size) || !hash_span(a, from, size, sha, &last))
		return false;
	buf_clear(&a->line);
	if (last != '\n')
		buf_addc(&a->line, '\n');
	begin = a->line.n;
	a->head.offset = size;
	audit_begin(a, "torn");
	audit_line_code(&a->line, "why", str_from(why), 8);
	audit_line_number(&a->line, "off", from);
	audit_line_number(&a->line, "len", size - from);
	audit_line_hash(&a->line, "sha", sha);
	audit_line_number(&a->line, "hseq", claimed);
	audit_line_hash(&a->line, "pm", a->head.end.m);
	return audit_put(a, begin);
}

/* A record that names what it continues, so that it proves itself. */
static bool is_start(struct audit *a, struct str line, unsigned char before[CRYPT_HASH],
		     uint64_t *seq)
{
	struct audit_line l;

	if (!audit_line_read(line, &l) || !l.seq || !audit_line_get_hash(&l, "pm", before) ||
	    audit_line_check(&l, a->keys, a->head.day, before) != AUDIT_PROVED)
		return false;
	*seq = l.seq - 1;
	return true;
}

/* Goes to the first record of a segment.  What a crash left in front of it is marked by it. */
static void begin_segment(struct audit *a, int64_t day)
{
	struct audit_reader r;
	unsigned char before[CRYPT_HASH];
	struct str line;
	uint64_t at, seq;
	bool whole;

	a->head.day = day;
	a->head.offset = 0;
	a->head.sealed = false;
	a->head.end = audit_keys_end(a->keys);
	audit_reader_init(&r, a->seg_fd, 0);
	while (audit_reader_next(&r, &line, &at, &whole)) {
		if (!is_start(a, line, before, &seq))
			continue;
		a->head.end.seq = seq;
		memcpy(a->head.end.m, before, CRYPT_HASH);
		a->head.offset = at;
		return;
	}
}

/* A file of a day that has not come is none of ours. */
static bool has_come(const struct audit *a, int64_t day)
{
	return day <= audit_keys_day(a->keys) || day <= audit_day_of(a->now(a->now_arg));
}

/* Takes what comes behind the last sealed segment: its `open` may be there already. */
static bool follow_seal(struct audit *a)
{
	struct audit_segments all;
	uint64_t size;
	int err;

	while (a->head.sealed) {
		size_t i = 0;

		err = audit_segments_read(a->dir, &all);
		if (err)
			return audit_say(a, "the usage log %s: %s", a->dir, strerror(err));
		while (i < all.count && all.days[i] <= a->head.day)
			i++;
		if (i == all.count || !has_come(a, all.days[i]))
			return true;
		if (!audit_segment_open(a, all.days[i], true) || !audit_segment_size(a, &size))
			return false;
		if (!size)
			return true;
		a->head.day = all.days[i];
		a->head.offset = 0;
		a->head.sealed = false;
		if (!scan(a))
			return false;
		/* Without an `open` of its own, the segment gets one from us. */
		if (!a->head.offset)
			a->head.host = 0;
		if (a->head.offset < size && !a->head.sealed)
			return audit_write_torn(a, "tail", 0);
	}
	return true;
}

/* There is no segment at all: a new log, or one that was removed. */
static bool begin_log(struct audit *a, struct trouble *t)
{
	a->head.day = audit_keys_day(a->keys) - 1;
	a->head.sealed = true;
	a->head.end = audit_keys_end(a->keys);
	if (!a->head.end.seq && !t->claimed) {
		t->why = NULL;
		return true;
	}
	if (t->claimed > a->head.end.seq)
		a->head.end.seq = t->claimed;
	t->why = "gone";
	return true;
}

/* Finds the end from the newest segment alone, because the head is lost or wrong. */
static bool rebuild(struct audit *a, struct trouble *t)
{
	struct audit_segments all;
	uint64_t counter = a->head.counter, size;
	int err = audit_segments_read(a->dir, &all);
	int64_t day;

	if (err)
		return audit_say(a, "the usage log %s: %s", a->dir, strerror(err));
	a->head = (struct audit_head){ .counter = counter };
	while (all.count && !has_come(a, all.days[all.count - 1]))
		all.count--;
	if (!all.count)
		return begin_log(a, t);
	day = all.days[all.count - 1];
	if (day < audit_keys_first_day(a->keys)) {
		/* Its key is gone, so it was sealed, and the keys say with which record. */
		a->head.day = day;
		a->head.end = audit_keys_end(a->keys);
		a->head.sealed = true;
		t->why = "gone";
		return true;
	}
	if (!audit_segment_open(a, day, true))
		return false;
	begin_segment(a, day);
	if (!scan(a) || !audit_segment_size(a, &size))
		return false;
	/* Numbers that were given out are not given out again. */
	if (!a->head.offset && t->claimed > a->head.end.seq)
		a->head.end.seq = t->claimed;
	return true;
}

/* Is the file that the head speaks of still the one that it knew? */
static bool is_cut(struct audit *a, bool *cut)
{
	uint64_t size;

	*cut = false;
	if (!audit_segment_open(a, a->head.day, false)) {
		*cut = errno == ENOENT && !a->message[0];
		return *cut;
	}
	if (!audit_segment_size(a, &size))
		return false;
	*cut = size < a->head.offset;
	return true;
}

/* After a failed sync: does the file still hold what the head says? */
static bool look_again(struct audit *a, bool *cut)
{
	struct audit_head known = a->head;

	begin_segment(a, known.day);
	if (!scan(a))
		return false;
	*cut = a->head.end.seq < known.end.seq;
	return true;
}

static bool follow_head(struct audit *a, struct trouble *t)
{
	uint64_t size;
	bool cut = false;

	if (a->head.sealed)
		return follow_seal(a);
	a->message[0] = '\0';
	if (!is_cut(a, &cut))
		return false;
	if (!cut && a->doubt && !look_again(a, &cut))
		return false;
	if (cut) {
		t->why = "cut";
		return rebuild(a, t);
	}
	if (!audit_segment_size(a, &size))
		return false;
	if (size == a->head.offset)
		return true;
	if (!scan(a))
		return false;
	if (a->head.sealed)
		return follow_seal(a);
	if (a->head.offset < size)
		t->why = "tail";
	return true;
}

enum found { FOUND, FOUND_NOTHING, FOUND_ERROR };

/* A head whose key is gone is good when it stands exactly where the last seal was made. */
static bool is_last_seal(struct audit *a, const struct audit_head *h)
{
	struct audit_end end = audit_keys_end(a->keys);

	return h->day < audit_keys_day(a->keys) && h->end.seq == end.seq &&
	       crypt_equal(h->end.m, end.m, CRYPT_HASH);
}

/* Was the slot written with our key? */
static bool is_ours(struct audit *a, const unsigned char *slot, struct audit_head *h)
{
	enum audit_proof proof;

	/* Mostly nobody wrote since we did. */
	if (!memcmp(slot, a->proved, AUDIT_SLOT))
		return true;
	proof = audit_head_check(slot, a->keys);
	if (proof == AUDIT_NO_KEY && is_last_seal(a, h)) {
		h->sealed = true;
		return true;
	}
	return proof == AUDIT_PROVED;
}

/* Takes the newest slot that is ours.  *claimed is the highest number that any slot has. */
static enum found read_head(struct audit *a, uint64_t *claimed)
{
	unsigned char bytes[AUDIT_HEAD] = { 0 };
	struct audit_head h[2] = { { .counter = 0 }, { .counter = 0 } };
	bool whole[2];
	ssize_t n;

	do
		n = pread(a->head_fd, bytes, sizeof(bytes), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		audit_say(a, "the usage log's head cannot be read: %s", strerror(errno));
		return FOUND_ERROR;
	}
	for (size_t i = 0; i < 2; i++) {
		whole[i] = audit_head_unpack(bytes + i * AUDIT_SLOT, &h[i]) == AUDIT_SLOT_WHOLE;
		/* Anybody can claim a number; one that leaves no room for others is ignored. */
		if (whole[i] && h[i].end.seq > *claimed && h[i].end.seq < UINT64_C(1) << 53)
			*claimed = h[i].end.seq;
	}
	for (size_t k = 0; k < 2; k++) {
		size_t i = (h[1].counter > h[0].counter) ^ k;

		if (!whole[i] || !is_ours(a, bytes + i * AUDIT_SLOT, &h[i]))
			continue;
		a->head = h[i];
		return FOUND;
	}
	a->head = (struct audit_head){ 0 };
	return FOUND_NOTHING;
}

bool audit_find_end(struct audit *a)
{
	struct trouble t = { 0 };
	enum found found = read_head(a, &t.claimed);

	if (found == FOUND_NOTHING && a->keys) {
		/* Another process may have been given new keys. */
		audit_keys_free(a->keys);
		a->keys = NULL;
		if (!audit_keys_ready(a))
			return false;
		t.claimed = 0;
		found = read_head(a, &t.claimed);
	}
	if (found == FOUND_ERROR)
		return false;
	t.why = "head";
	if (found == FOUND)
		t.why = NULL;
	if (found == FOUND ? !follow_head(a, &t) : !rebuild(a, &t))
		return false;
	a->t_found = a->head.t;
	if (!t.why)
		return true;
	/* Where there is no open segment, the record goes into the next one. */
	if (a->head.sealed && !audit_change_day(a))
		return false;
	if (!audit_write_torn(a, t.why, t.claimed))
		return false;
	audit_head_write(a);
	return true;
}
