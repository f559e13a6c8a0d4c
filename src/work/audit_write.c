/*
 * audit_write.c - putting records and the head into the files of the usage log.
 *
 * Knows how a record reaches the disk; knows nothing of recovery or of the change of days.
 */
#include "work/audit_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"

bool audit_say(struct audit *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->message, sizeof(a->message), fmt, ap);
	va_end(ap);
	return false;
}

void audit_segment_close(struct audit *a)
{
	if (a->seg_fd < 0)
		return;
	if (a->dirty && fdatasync(a->seg_fd))
		a->doubt = true;
	a->dirty = false;
	close(a->seg_fd);
	a->seg_fd = -1;
}

static bool is_at(int fd, const char *path)
{
	struct stat open_one, named;

	return !fstat(fd, &open_one) && !lstat(path, &named) && open_one.st_dev == named.st_dev &&
	       open_one.st_ino == named.st_ino;
}

bool audit_is_named(struct audit *a, int fd, const char *name)
{
	char path[4096];

	return audit_file_path(a->dir, name, path) && is_at(fd, path);
}

bool audit_segment_open(struct audit *a, int64_t day, bool make)
{
	char path[4096];
	const char *why;

	if (!audit_segment_path(a->dir, day, path))
		return audit_say(a, "the usage log's path is too long");
	/* A file that was taken away behind our back must not be written any more. */
	if (a->seg_fd >= 0 && a->seg_day == day && is_at(a->seg_fd, path))
		return true;
	audit_segment_close(a);
	a->seg_fd = os_open_private(path, O_RDWR | O_APPEND | (make ? O_CREAT : 0), &why);
	if (a->seg_fd < 0 && why)
		return audit_say(a, "the usage log %s %s", path, why);
	if (a->seg_fd < 0) {
		if (make || errno != ENOENT)
			return audit_say(a, "the usage log %s: %s", path, strerror(errno));
		return false;
	}
	a->seg_day = day;
	return true;
}

bool audit_segment_size(struct audit *a, uint64_t *size)
{
	struct stat st;

	if (fstat(a->seg_fd, &st))
		return audit_say(a, "the usage log cannot be examined: %s", strerror(errno));
	*size = (uint64_t)st.st_size;
	return true;
}

void audit_begin(struct audit *a, const char *event)
{
	int64_t now = a->now(a->now_arg), t = now, start = a->head.day * AUDIT_DAY_MS;
	struct audit_stamp s = {
		.seq = a->head.end.seq + 1,
		.run = a->run,
		.event = event,
	};

	/* Time never runs backwards in the log, nor out of the segment's day. */
	if (t < a->head.t)
		t = a->head.t;
	if (t < start)
		t = start;
	if (t >= start + AUDIT_DAY_MS)
		t = start + AUDIT_DAY_MS - 1;
	/* Under a second, it is the clock being trimmed. */
	s.back = t - now >= 1000 ? t - now : 0;
	s.t = t;
	a->head.t = t;
	audit_line_begin(&a->line, &s);
}

bool audit_put(struct audit *a, size_t from)
{
	struct str text;
	ssize_t n;

	if (!audit_line_end(&a->line, from, a->keys, a->head.day, a->head.end.m, a->head.end.m))
		return audit_say(a, "the usage log has no key for this day");
	text = buf_str(&a->line);
	do
		n = write(a->seg_fd, text.p, text.n);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)text.n) {
		audit_say(a, "the usage log %s cannot be written: %s", a->dir,
			  n < 0 ? strerror(errno) : "the disk is full");
		/* What came through is found and marked by the next append. */
		audit_segment_close(a);
		return false;
	}
	a->head.end.seq++;
	a->head.offset += text.n;
	a->head.sealed = false;
	a->dirty = true;
	buf_clear(&a->line);
	return true;
}

bool audit_sync(struct audit *a)
{
	int err;

	if (a->seg_fd < 0)
		return !a->doubt;
	if (fdatasync(a->seg_fd) == 0) {
		a->dirty = a->doubt = false;
		return true;
	}
	err = errno;
	/* The kernel reports a failed write-back once; this descriptor's word is worth nothing
	 * from here on. */
	a->doubt = true;
	a->dirty = false;
	close(a->seg_fd);
	a->seg_fd = -1;
	return audit_say(a, "the usage log %s cannot be synced: %s", a->dir, strerror(err));
}

void audit_head_write(struct audit *a)
{
	unsigned char slot[AUDIT_SLOT];
	ssize_t n;

	a->head.counter++;
	if (!audit_head_pack(&a->head, a->keys, slot))
		return;
	do
		n = pwrite(a->head_fd, slot, AUDIT_SLOT,
			   (off_t)((a->head.counter & 1) * AUDIT_SLOT));
	while (n < 0 && errno == EINTR);
	/* The record is in the log; the next append finds it behind a head that is late. */
	if (n != AUDIT_SLOT)
		log_warn("the usage log's head cannot be written: %s",
			 n < 0 ? strerror(errno) : "the disk is full");
	else
		memcpy(a->proved, slot, AUDIT_SLOT);
}

void audit_anchor(struct audit *a, const char *what)
{
	char text[512], date[11], m[65];

	audit_day_text(a->head.day, date);
	audit_hex(a->head.end.m, CRYPT_HASH, m);
	snprintf(text, sizeof(text), "usage log %.300s: %s %s, record %llu, m %s", a->dir, what,
		 date, (unsigned long long)a->head.end.seq, m);
	if (a->anchor)
		a->anchor(a->anchor_arg, text);
	else
		os_syslog(LOG_AUTHPRIV | LOG_NOTICE, text);
}

bool audit_write_open(struct audit *a)
{
	uint64_t before = a->head.end.seq;
	char date[11], host[24];

	snprintf(host, sizeof(host), "h:%016llx", (unsigned long long)a->host);
	audit_day_text(a->head.day, date);
	buf_clear(&a->line);
	audit_begin(a, "open");
	audit_line_code(&a->line, "day", str_from(date), 10);
	audit_line_code(&a->line, "host", str_from(host), 18);
	audit_line_number(&a->line, "pseq", before);
	audit_line_hash(&a->line, "pm", a->head.end.m);
	a->head.host = a->host;
	return audit_put(a, 0);
}
