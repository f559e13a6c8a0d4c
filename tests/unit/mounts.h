/*
 * mounts.h - a child process with mounts of its own, for tests of files at fixed places.
 */
#ifndef TESTS_MOUNTS_H
#define TESTS_MOUNTS_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static inline bool mounts_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Gives the calling process an empty directory at `where`.  Without root, it needs user
 * namespaces; false where there are none. */
static inline bool mounts_empty(const char *where)
{
	unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	if (uid == 0 ? unshare(CLONE_NEWNS)
		     : unshare(CLONE_NEWUSER | CLONE_NEWNS) ||
			       !mounts_write("/proc/self/setgroups", "deny") ||
			       !mounts_write("/proc/self/uid_map", uids) ||
			       !mounts_write("/proc/self/gid_map", gids))
		return false;
	return !mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", where, "tmpfs", 0, NULL);
}

#endif
