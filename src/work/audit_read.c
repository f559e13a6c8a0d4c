/*
 * audit_read.c - the records of the usage log, one by one.
 *
 * Knows segments and lines; what a record tells is the caller's business.
 */
#include "work/audit_read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/os.h"
#include "work/audit_file.h"

static int read_segment(const char *path, int64_t since,
			void (*fn)(void *arg, const struct audit_line *l, struct str text),
			void *arg, uint64_t *skipped)
{
	struct audit_reader r;
	const char *why;
	struct audit_line l;
	struct str text;
	uint64_t at;
	bool whole;
	int fd = os_open_private(path, O_RDONLY, &why);

	/* Dropped since the directory was read. */
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	audit_reader_init(&r, fd, 0);
	while (audit_reader_next(&r, &text, &at, &whole)) {
		if (!audit_line_read(text, &l))
			++*skipped;
		else if (l.t >= since)
			fn(arg, &l, text);
	}
	close(fd);
	return r.error;
}

int audit_read(const char *dir, int64_t since,
	       void (*fn)(void *arg, const struct audit_line *l, struct str text), void *arg,
	       uint64_t *skipped)
{
	struct audit_segments all;
	int err = audit_segments_read(dir, &all);
	char path[4096];

	*skipped = 0;
	for (size_t i = 0; i < all.count && !err; i++) {
		if (all.days[i] < audit_day_of(since))
			continue;
		err = audit_segment_path(dir, all.days[i], path)
			      ? read_segment(path, since, fn, arg, skipped)
			      : ENAMETOOLONG;
	}
	return err;
}
