/*
 * snapshot.h - what flows were like, on disk: the time machine's files.
 *
 * A content (definition and connection references) lies once under objects/, named by a keyed
 * hash of it; each time a flow was kept is a small record that names its content.  Both are
 * sealed (AES-256-GCM) and bound to their names; names tell nobody anything but times.
 * There is no index: what is there is what the directory lists.  The content is on the disk
 * before its record, so a crash leaves nothing but an object that no record names, which is
 * removed later.  Writers share a lock that removing needs alone.
 *
 * Knows nothing of calls (snapshot_call.c), policies and of what a definition is.
 */
#ifndef WORK_SNAPSHOT_H
#define WORK_SNAPSHOT_H

#include "text/crypt.h"
#include "text/json.h"

/* Digits of an id: when it was kept (milliseconds), then chance; later ones sort later. */
enum { SNAPSHOT_ID = 16 };

struct snapshots {
	const char *dir; /* made when missing */
	unsigned char key[CRYPT_KEY];
};

struct snapshot_head {
	struct str environment, flow;
	const struct json *about; /* an object that is kept with it, or NULL */
	int64_t now;              /* wall ms */
};

/* Keeps a content, synced.  When the flow's last record of the last day has the same content,
 * that one stands: its id is given.  False: nothing that counts was written, and *why says why
 * (in `a` or static). */
bool snapshot_write(const struct snapshots *s, struct arena *a, const struct snapshot_head *h,
		    const struct json *content, char id[SNAPSHOT_ID + 1], const char **why);

/* {id, kept, environmentName, flowName, bytes, about, content}, or NULL with *why and, when there
 * is no such record, *absent. */
struct json *snapshot_read(const struct snapshots *s, struct arena *a, struct str id, bool *absent,
			   const char **why);

/* The `most` newest records of a flow, or of all ("" for both), newest first, without their
 * contents: [{id, kept, environmentName, flowName, bytes, about, same}].  `same`: the next older
 * one of the flow has the same content.  One that cannot be opened is {id, kept, damaged: why}. */
struct json *snapshot_index(const struct snapshots *s, struct arena *a, struct str environment,
			    struct str flow, size_t most);

/* True when anything was ever kept there; needs no key. */
bool snapshot_any(const char *dir);

/* Files in the directories that are none of ours: [{file, why}]. */
struct json *snapshot_foreign(const struct snapshots *s, struct arena *a);

/* Removes what is older than `days`, of every flow all but the newest `count`, and what a killed
 * process left.  Does nothing while somebody writes.  Returns how many records were removed. */
size_t snapshot_prune(const struct snapshots *s, int64_t now, int64_t days, int64_t count);

/* Removes every record of a flow (both "": all of them), and contents that nothing names.
 * False: somebody is writing. */
bool snapshot_purge(const struct snapshots *s, struct arena *a, struct str environment,
		    struct str flow, size_t *removed);

#endif
