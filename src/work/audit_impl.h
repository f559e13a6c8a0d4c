/*
 * audit_impl.h - the open usage log; inside of work/audit*.c.
 *
 * All functions below are for the holder of the lock.  They return false after having said
 * why (audit_message).
 */
#ifndef WORK_AUDIT_IMPL_H
#define WORK_AUDIT_IMPL_H

#include "work/audit.h"
#include "work/audit_file.h"

struct audit {
	char *dir;
	struct store *store;
	int days;
	int64_t (*now)(void *arg);
	void *now_arg;
	void (*anchor)(void *arg, const char *line);
	void *anchor_arg;

	int lock_fd, head_fd;
	int seg_fd;      /* the segment that is written, or -1 */
	int64_t seg_day; /* its day */
	struct audit_keys *keys;
	struct audit_head head;           /* the end of the log, as long as the lock is held */
	unsigned char proved[AUDIT_SLOT]; /* the head's slot that `head` came from */
	uint64_t host;
	char run[9];
	int64_t t_found; /* time of the last record before this append */
	bool dirty;      /* the segment holds bytes of ours that were not synced */
	bool doubt;      /* a sync failed: what the file holds must be looked at again */
	int64_t swept;   /* the day for which old segments were dropped */
	struct buf line; /* the record that is being made */
	char message[384];
};

/* Says why something failed; always false. */
bool audit_say(struct audit *a, const char *fmt, ...) __attribute__((__format__(__printf__, 2, 3)));

/* ---- audit_write.c: records and files ---- */

/* Is the open file still the one of that name in the log's directory? */
bool audit_is_named(struct audit *a, int fd, const char *name);
/* Opens the segment of `day` as the one that is written.  With `make`, makes it when it is
 * missing; without, errno ENOENT and no message says that it is. */
bool audit_segment_open(struct audit *a, int64_t day, bool make);
void audit_segment_close(struct audit *a);
bool audit_segment_size(struct audit *a, uint64_t *size);
/* Starts a record in a->line.  audit_put finishes it, where `from` is its first byte. */
void audit_begin(struct audit *a, const char *event);
bool audit_put(struct audit *a, size_t from);
bool audit_sync(struct audit *a);
void audit_head_write(struct audit *a);
/* Puts the end of the log where root alone can change it. */
void audit_anchor(struct audit *a, const char *what);
bool audit_write_open(struct audit *a);

/* ---- audit_recover.c: the end of the log ---- */

/* Finds the end of the log in a->head; repairs what a crash left behind. */
bool audit_find_end(struct audit *a);
/* Marks everything behind the end of the log, in the open segment. */
bool audit_write_torn(struct audit *a, const char *why, uint64_t claimed);

/* ---- audit_days.c: the change of days, and what is kept ---- */

/* Reads the keys, or makes the first ones. */
bool audit_keys_ready(struct audit *a);
/* Seals the segment and opens that of a new day, when there is one. */
bool audit_change_day(struct audit *a);
/* Drops whole segments of days before `before`; *count of them. */
bool audit_drop(struct audit *a, int64_t before, const char *why, unsigned *count);

#endif
