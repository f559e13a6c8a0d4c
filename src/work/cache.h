/*
 * cache.h - what was read of the service and may be read again from disk: a directory of small
 * files that anybody may delete at any time.
 *
 * A file is named by the SHA-256 of its key and carries its end and a SHA-256 over key, end and
 * content, so one that is damaged, cut off, renamed or put there by somebody else counts as not
 * there and is removed.  Files are written aside and renamed; nothing is synced, because what a
 * crash leaves is seen by the digest.  Knows nothing of JSON, calls or the service.
 */
#ifndef WORK_CACHE_H
#define WORK_CACHE_H

#include "base/buf.h"

struct cache {
	const char *dir; /* made (0700) when something is first kept */
	size_t total;    /* bytes over all files; the oldest go first */
	size_t entry;    /* bytes of one content */
	size_t files;
};

/* Joins parts so that no other parts give the same key. */
struct str cache_key(struct arena *a, const struct str *parts, size_t count);
/* Appends the content kept for `key` to `out`; false when there is none or its time is over. */
bool cache_read(const struct cache *k, struct arena *a, struct str key, struct buf *out);
/* Keeps `content` for `ms` milliseconds (at most LIMIT_CACHE_MS), in place of an earlier one.
 * Failing is of no consequence: 0 or an errno, EFBIG for a content over its ceiling. */
int cache_write(const struct cache *k, struct arena *a, struct str key, struct str content,
		int64_t ms);
/* Removes what is kept for `key`. */
void cache_drop(const struct cache *k, struct arena *a, struct str key);
/* Removes all of it, and the directory when nothing else is there. */
void cache_clear(const char *dir);

struct conf;
/* Where a profile's cache is: with its state, when that was put somewhere on purpose (`store` is
 * its directory there), else below $XDG_CACHE_HOME.  NULL when there is no home. */
const char *cache_directory(struct arena *a, const struct conf *conf, const char *store);

#endif
