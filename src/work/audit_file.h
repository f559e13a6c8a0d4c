/*
 * audit_file.h - the files of the usage log.
 *
 * usage-YYYY-MM-DD.jsonl   one segment a UTC day
 * usage.lock               never rotated, only locked
 * usage.head               two slots of 128 bytes, written in turn: where the log ends
 */
#ifndef WORK_AUDIT_FILE_H
#define WORK_AUDIT_FILE_H

#include "base/limits.h"
#include "work/audit_line.h"

#define AUDIT_LOCK_FILE "usage.lock"
#define AUDIT_HEAD_FILE "usage.head"

/* "DIR/usage-2026-11-21.jsonl"; false when it does not fit. */
bool audit_segment_path(const char *dir, int64_t day, char out[4096]);
bool audit_file_path(const char *dir, const char *name, char out[4096]);

/* The days of all segments, in order.  0 or an errno. */
struct audit_segments {
	int64_t days[LIMIT_LOG_SEGMENTS];
	size_t count;
};
int audit_segments_read(const char *dir, struct audit_segments *out);

/* ---- the head ---- */

struct audit_head {
	uint64_t counter; /* the slot with the higher one is the newer */
	int64_t day;      /* of the segment that is written */
	uint64_t offset;  /* its size */
	int64_t t;        /* time of the last record */
	uint64_t host;    /* pseudonym of the machine that wrote it */
	struct audit_end end;
	bool sealed; /* the last record was the segment's seal */
};

enum { AUDIT_SLOT = 128, AUDIT_HEAD = 2 * AUDIT_SLOT };

enum audit_slot_state {
	AUDIT_SLOT_EMPTY, /* never written */
	AUDIT_SLOT_DAMAGED,
	AUDIT_SLOT_WHOLE, /* the check sum is right: nothing about who wrote it */
};

/* False when the day's key is gone. */
bool audit_head_pack(const struct audit_head *h, struct audit_keys *k,
		     unsigned char out[AUDIT_SLOT]);
enum audit_slot_state audit_head_unpack(const unsigned char slot[AUDIT_SLOT],
					struct audit_head *out);
/* Was the slot written by someone who had the day's key? */
enum audit_proof audit_head_check(const unsigned char slot[AUDIT_SLOT], struct audit_keys *k);

/* ---- lines ---- */

struct audit_reader {
	int fd;
	uint64_t at;   /* file offset of buf[0] */
	size_t n, pos; /* bytes in buf; where the next line begins */
	int error;     /* errno of a read that failed */
	char buf[16384];
};

void audit_reader_init(struct audit_reader *r, int fd, uint64_t from);
/* The next line without its newline, at file offset *at.  A line longer than the buffer comes
 * in pieces.  *whole is false for a piece and for a last line without newline.
 * False at the end and on errors. */
bool audit_reader_next(struct audit_reader *r, struct str *line, uint64_t *at, bool *whole);

#endif
