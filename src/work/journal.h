/*
 * journal.h - changes of several steps that are under way, on disk.
 *
 * One small file for each: written and synced before the change it announces is sent, removed
 * when all of it is done or undone.  A lock beside the file is held as long as the call lives
 * that makes the change; the kernel frees it with the process, however that ends.  So an entry
 * whose lock can be had is one that nobody will finish: whoever gets it takes it over.
 * Locks are tried, never waited for.
 *
 * Kind, environment, flow, account and time stand in the clear, for people; the state is sealed
 * with a key of the profile's store, because it may hold parts of a flow, and because what it
 * says is done without asking again: it must be ours.
 * Knows nothing of calls (journal_call.c) and of what the states mean.
 */
#ifndef WORK_JOURNAL_H
#define WORK_JOURNAL_H

#include "text/crypt.h"
#include "text/json.h"

struct journal;

enum { JOURNAL_ID = 32 }; /* lower case hex digits */

struct journal_head {
	struct str kind;        /* [a-z-]+ */
	struct str environment, flow;
	struct str account;     /* object id */
};

/* Touches nothing before the first entry.  `dir` is copied.  NULL when memory is out. */
struct journal *journal_new(const char *dir);
/* Frees the locks; entries that are open stay. */
void journal_free(struct journal *j);

/* Opens an entry for `owner` (any pointer, compared only) and puts its id into `id`.  It is on
 * the disk when this returns true.  False: nothing was written, and *why says why (in the arena
 * or static). */
bool journal_add(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
		 const struct journal_head *head, const struct json *state, const void *owner,
		 char id[JOURNAL_ID + 1], const char **why);
/* Replaces the state of an entry that is held here.  A crash leaves the old or the new one.
 * False: the old one stands, and *why says why. */
bool journal_change(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
		    struct str id, const struct json *state, const char **why);
/* Removes an entry that is held here, and lets go of it. */
void journal_drop(struct journal *j, struct str id);
/* Lets go of everything an owner holds: what is open then waits for somebody to take it over. */
void journal_release(struct journal *j, const void *owner);
/* The id of the first entry of that kind ("": any) that `owner` holds, or "". */
struct str journal_mine(const struct journal *j, const void *owner, struct str kind);

/* Takes over the entries that nobody holds and that are like `like` (what is "" there fits any).
 * Gives all such that `owner` now holds, oldest first: [{id, kind, environmentName, flowName,
 * account, opened, state}]; state is null where it cannot be opened (another key, or changed by
 * somebody). */
struct json *journal_take(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
			  const struct journal_head *like, const void *owner);

/* What lies in a journal's directory, oldest first, without its states: [{id, kind,
 * environmentName, flowName, account, opened, pid, live}]; live: somebody holds it.
 * Needs no key; a directory that is not there is empty. */
struct json *journal_list(struct arena *a, const char *dir);
/* True when one of them is held by nobody.  Cheap where there is none. */
bool journal_waits(const char *dir);

#endif
