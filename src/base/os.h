/*
 * os.h - the operating system: time, files, locks, the start of the process.
 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Milliseconds of CLOCK_BOOTTIME: goes on during suspend, never steps. */
int64_t os_now_ms(void);
/* Milliseconds since 1970-01-01 UTC. */
int64_t os_wall_ms(void);
/* "2026-11-21T18:05:12.345Z" of a wall time; `out` has 25 bytes or more. */
void os_format_time(int64_t wall_ms, char out[25]);
/* Reads RFC 3339 with 0 to 9 fraction digits and Z or an offset. */
bool os_parse_time(struct str s, int64_t *wall_ms);

/* Reads a whole file of at most `b->max` bytes.  0 or an errno. */
int os_read_file(const char *path, struct buf *b);
/* The same from a descriptor, up to its end. */
int os_read_fd(int fd, struct buf *b);
/* Writes a file of mode 0600 so that a crash leaves the old or the new one, never a part:
 * temporary file in the same directory, fsync, rename, fsync of the directory.  What a killed
 * process left of writing it a minute ago or more is removed.  0 or an errno. */
int os_write_atomic(const char *path, struct str data);
/* The same with another mode, where the file system has modes. */
int os_write_atomic_mode(const char *path, struct str data, unsigned mode);
/* Makes the name of a new or renamed file survive a crash.  0 or an errno. */
int os_sync_parent(const char *path);
/* Opens (with O_CREAT: makes, 0600) a file that is ours alone: a regular file, no link, our
 * user's, mode 0600 or less.  -1 with errno; *why is then what is unsafe (static, to follow
 * the file's name), or NULL when errno says it all. */
int os_open_private(const char *path, int flags, const char **why);
/* True when the file lies on a network or user-space file system, where locks and appends
 * cannot be trusted. */
bool os_is_remote(int fd);
/* Hands one line to the system log, without ever waiting; lost when nobody listens. */
void os_syslog(int priority, const char *text);
/* Makes a directory of mode 0700 and its parents.  0 or an errno. */
int os_mkdirs(const char *path);
/* The same of the directory that the file `path` lies in. */
int os_mkdirs_for(const char *path);
/* Opens (creating it, 0600) and tries to lock a file exclusively.
 * Returns a descriptor, or -1 with *err EWOULDBLOCK when another holds it.  os_unlock closes it. */
int os_try_lock(const char *path, int *err);
void os_unlock(int fd);

/* $HOME, or what the password database says; NULL when there is none. */
char *os_home(struct arena *a);
/* $XDG_CONFIG_HOME/flowlatch, $XDG_STATE_HOME/flowlatch, $XDG_RUNTIME_DIR/flowlatch,
 * or their fallbacks below $HOME (or the password database).  NULL when there is no home. */
char *os_config_dir(struct arena *a);
char *os_state_dir(struct arena *a);
char *os_runtime_dir(struct arena *a);
/* $XDG_CACHE_HOME/flowlatch, the same way. */
char *os_cache_dir(struct arena *a);
/* The directory of the running executable, for its sibling programs; NULL when unknown. */
char *os_self_dir(struct arena *a);

/* Zeroes memory in a way the compiler keeps. */
void os_wipe(void *p, size_t n);

/* Security of the process: umask 077, no core, not dumpable, no new privileges, SIGPIPE and
 * SIGXFSZ ignored, stray descriptors closed, dangerous environment variables removed. */
void os_harden(void);

#endif
