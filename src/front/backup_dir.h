/*
 * backup_dir.h - a folder with one readable file for each flow, and a commit of it.
 *
 * Files are for reading and comparing: members sorted, two spaces a level, nothing that changes
 * by itself, and secrets masked, because such folders are pushed and shared.  What brings a flow
 * back are the sealed versions.
 * flows.json in each environment's folder says which file is whose: nothing else is ever removed.
 */
#ifndef FRONT_BACKUP_DIR_H
#define FRONT_BACKUP_DIR_H

#include "front/kept.h"

struct backup_dir {
	const char *path;
	struct str environment;
	bool whole;          /* all flows of the environment: files of others go */
	/* Filled in. */
	int64_t written, removed, masked;
	bool no_git, nothing; /* no git on this machine; nothing to commit */
	const char *commit;   /* its short id, or NULL */
};

/* Writes the files of `flows` ([{flowName, displayName, version}]).  An exit code; errors are
 * told. */
int backup_dir_write(struct kept *k, struct backup_dir *d, const struct json *flows);
/* Makes the folder a repository unless it is in one, and commits this environment's files. */
int backup_dir_commit(struct cli *cli, struct backup_dir *d);

#endif
