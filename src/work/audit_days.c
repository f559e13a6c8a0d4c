/*
 * audit_days.c - keys, the change of days, and how long segments are kept.
 *
 * Knows the order that makes a crash harmless: seal, head, keys, new segment.
 */
#include "work/audit_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"

/* What tells this machine from another one that holds a copy of the files. */
static uint64_t host_of(const struct audit_keys *k)
{
	char id[256] = "", hex[33];
	struct buf b;
	uint64_t v = 0;

	buf_init(&b, 128);
	if (os_read_file("/etc/machine-id", &b) != 0 || !b.n) {
		gethostname(id, sizeof(id) - 1);
		buf_clear(&b);
		buf_addz(&b, id);
	}
	audit_keys_pseudonym(k, S("host"), b.n ? str_trim(buf_str(&b)) : S("unknown"), 8, hex);
	buf_free(&b);
	for (size_t i = 0; i < 16; i++)
		v = v << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
	/* 0 stands for "not known". */
	return v ? v : 1;
}

bool audit_keys_ready(struct audit *a)
{
	enum store_result r;
	bool damaged;

	if (a->keys)
		return true;
	r = audit_keys_load(a->store, &a->keys, &damaged);
	if (r == STORE_ABSENT) {
		a->keys = audit_keys_new(audit_day_of(a->now(a->now_arg)));
		if (!a->keys)
			return audit_say(a, "memory is out");
		r = audit_keys_save(a->store, a->keys);
		if (r != STORE_OK) {
			audit_keys_free(a->keys);
			a->keys = NULL;
		}
	}
	if (r != STORE_OK)
		return damaged ? audit_say(a,
					   "the usage log's key is damaged; see flowlatch-log(7)")
			       : audit_say(a, "the usage log has no key: %s",
					   store_message(a->store));
	a->host = host_of(a->keys);
	return true;
}

static bool write_seal(struct audit *a)
{
	char date[11];

	audit_day_text(a->head.day, date);
	buf_clear(&a->line);
	audit_begin(a, "seal");
	audit_line_code(&a->line, "day", str_from(date), 10);
	if (!audit_put(a, 0) || !audit_sync(a))
		return false;
	a->head.sealed = true;
	audit_head_write(a);
	(void)fdatasync(a->head_fd);
	audit_anchor(a, "sealed");
	return true;
}

/* Moves the keys on and stores them; the old day's key is overwritten.  What is stored is read
 * first: another process may have handed out the verification key. */
static bool advance_keys(struct audit *a, int64_t day)
{
	audit_keys_free(a->keys);
	a->keys = NULL;
	if (!audit_keys_ready(a))
		return false;
	if (audit_keys_day(a->keys) >= day && audit_keys_end(a->keys).seq >= a->head.end.seq)
		return true;
	audit_keys_set_end(a->keys, a->head.end);
	audit_keys_advance(a->keys, day, day - a->days + 1);
	if (audit_keys_save(a->store, a->keys) == STORE_OK)
		return true;
	audit_keys_free(a->keys);
	a->keys = NULL;
	return audit_say(a, "the usage log's key cannot be stored: %s", store_message(a->store));
}

bool audit_change_day(struct audit *a)
{
	int64_t day = audit_day_of(a->now(a->now_arg));
	char path[4096];
	uint64_t size;

	if (day < a->head.day + a->head.sealed)
		day = a->head.day + a->head.sealed;
	if (day < audit_keys_day(a->keys) && a->head.sealed)
		day = audit_keys_day(a->keys);
	if (day == a->head.day)
		return true;
	if (!a->head.sealed && !write_seal(a))
		return false;
	if (!advance_keys(a, day))
		return false;
	a->head.day = day;
	a->head.offset = 0;
	a->head.sealed = false;
	if (!audit_segment_open(a, day, true) || !audit_segment_size(a, &size))
		return false;
	/* Nothing of ours can be in there. */
	if (size && !audit_write_torn(a, "tail", 0))
		return false;
	if (!audit_write_open(a) || !audit_sync(a))
		return false;
	if (audit_segment_path(a->dir, day, path))
		(void)os_sync_parent(path);
	audit_head_write(a);
	return true;
}

/* ---- what is kept ---- */

struct ends {
	uint64_t first, last;
	unsigned char m[CRYPT_HASH];
};

/* The first and the last record of a segment, as far as they can be read.  An errno, or 0. */
static int read_ends(int fd, struct ends *out)
{
	struct audit_reader r;
	struct audit_line l;
	struct str line;
	off_t size = lseek(fd, 0, SEEK_END);
	uint64_t at;
	bool whole;
	int err;

	audit_reader_init(&r, fd, 0);
	if (audit_reader_next(&r, &line, &at, &whole) && audit_line_read(line, &l))
		out->first = l.seq;
	err = r.error;
	audit_reader_init(&r, fd, size > 4096 ? (uint64_t)size - 4096 : 0);
	while (audit_reader_next(&r, &line, &at, &whole))
		if (audit_line_read(line, &l)) {
			out->last = l.seq;
			memcpy(out->m, l.m, CRYPT_HASH);
		}
	return size < 0 ? errno : err ? err : r.error;
}

enum drop { DROP_NOTED, DROP_NOT_NOW, DROP_FAILED };

static enum drop write_drop(struct audit *a, int64_t day, const char *why)
{
	char path[4096], date[11];
	const char *unsafe = NULL;
	struct ends e = { 0 };
	int fd = -1, err;

	audit_day_text(day, date);
	if (audit_segment_path(a->dir, day, path))
		fd = os_open_private(path, O_RDONLY, &unsafe);
	err = fd < 0 ? errno : read_ends(fd, &e);
	if (fd >= 0)
		close(fd);
	/* Without its last record the chain would have no beginning, so the file has to wait. */
	if (err) {
		log_warn("the usage log of %s cannot be dropped: %s", date,
			 unsafe ? unsafe : strerror(err));
		return DROP_NOT_NOW;
	}
	buf_clear(&a->line);
	audit_begin(a, "drop");
	audit_line_code(&a->line, "why", str_from(why), 8);
	audit_line_code(&a->line, "seg", str_from(date), 10);
	audit_line_number(&a->line, "first", e.first);
	audit_line_number(&a->line, "last", e.last);
	audit_line_hash(&a->line, "lm", e.m);
	return audit_put(a, 0) ? DROP_NOTED : DROP_FAILED;
}

bool audit_drop(struct audit *a, int64_t before, const char *why, unsigned *count)
{
	struct audit_segments all;
	int err = audit_segments_read(a->dir, &all);
	char path[4096];
	size_t n = 0;

	*count = 0;
	if (err)
		return audit_say(a, "the usage log %s: %s", a->dir, strerror(err));
	while (n < all.count && all.days[n] < before && all.days[n] < a->head.day) {
		enum drop d = write_drop(a, all.days[n], why);

		if (d == DROP_FAILED)
			return false;
		if (d == DROP_NOT_NOW)
			break;
		n++;
	}
	if (!n)
		return true;
	if (!audit_sync(a))
		return false;
	audit_head_write(a);
	for (size_t i = 0; i < n; i++) {
		if (!audit_segment_path(a->dir, all.days[i], path) || unlink(path))
			log_warn("%s cannot be removed: %s", path, strerror(errno));
		else
			++*count;
	}
	(void)os_sync_parent(path);
	return true;
}
