/*
 * snapshot_files.h - the names of snapshots' files, for src/work/snapshot*.c only.
 *
 * A record is called FLOW.ID.CONTENT, a content CONTENT, all in hexadecimal digits.
 */
#ifndef WORK_SNAPSHOT_FILES_H
#define WORK_SNAPSHOT_FILES_H

#include "work/snapshot.h"

#define SNAPSHOT_OBJECTS "objects"

enum {
	SNAPSHOT_FLOW = 16,
	SNAPSHOT_CONTENT = 32,
	SNAPSHOT_NAME = SNAPSHOT_FLOW + 1 + SNAPSHOT_ID + 1 + SNAPSHOT_CONTENT,
};

struct snapshot_name {
	char flow[SNAPSHOT_FLOW + 1], id[SNAPSHOT_ID + 1], content[SNAPSHOT_CONTENT + 1];
};

/* The records of a directory, at most `most`, in no order; `out` NULL: only counts them.  Takes
 * no memory. */
size_t snapshot_names(const char *dir, struct snapshot_name *out, size_t most);
/* The same in an arena, newest first. */
size_t snapshot_names_in(struct arena *a, const char *dir, struct snapshot_name **out);
/* The wall time that an id was made at. */
int64_t snapshot_id_time(const char *id);
void snapshot_flow_tag(const struct snapshots *s, struct arena *a, struct str environment,
		       struct str flow, char out[SNAPSHOT_FLOW + 1]);

#endif
