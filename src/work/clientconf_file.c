/*
 * clientconf_file.c - changing a host's file so that nobody loses anything.
 *
 * A backup of what was there, then an atomic replacement of the file itself: links stay, the mode
 * stays, and what the host wrote in between is read again instead of being overwritten.
 */
#include "work/clientconf_int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

/* What tells one state of a file from the next. */
struct state {
	bool exists;
	struct stat st;
};

static struct state look(const char *path)
{
	struct state s = { .exists = false };

	s.exists = stat(path, &s.st) == 0;
	return s;
}

static bool same_state(const struct state *a, const struct state *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->st.st_ino == b->st.st_ino && a->st.st_size == b->st.st_size &&
	       a->st.st_mtim.tv_sec == b->st.st_mtim.tv_sec &&
	       a->st.st_mtim.tv_nsec == b->st.st_mtim.tv_nsec;
}

static enum clientconf_result fail(struct arena *a, const char *path, const char *why,
				   const char **message)
{
	*message = arena_printf(a, "%s: %s", path, why);
	return CLIENTCONF_FAILED;
}

static enum clientconf_result broken(struct arena *a, const char *path,
				     const struct clientconf_error *e, const char **message)
{
	*message = arena_printf(a, "%s:%u: %s", path, e->line, e->message);
	return CLIENTCONF_BROKEN;
}

/* The file itself where `path` is a link; a link to nothing yet is followed as far as it goes. */
static const char *resolve(struct arena *a, const char *path)
{
	for (int i = 0; i < 8; i++) {
		char *real = realpath(path, NULL), target[4096];
		const char *out, *slash = strrchr(path, '/');
		ssize_t n;

		if (real) {
			out = arena_copy(a, real, strlen(real));
			free(real);
			return out;
		}
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			return path;
		target[n] = '\0';
		path = target[0] == '/' || !slash ?
			       arena_copy(a, target, (size_t)n) :
			       arena_printf(a, "%.*s/%s", (int)(slash - path), path, target);
	}
	return path;
}

static int read_whole(struct arena *a, const char *path, struct str *out)
{
	struct stat st;
	struct buf b;
	int err;

	*out = S("");
	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (st.st_size > LIMIT_CLIENT_FILE)
		return EFBIG;
	/* All the memory at once, before the file is open (see arena.h); it may still grow. */
	buf_init_in(&b, a, (size_t)st.st_size + 4096);
	buf_room(&b, (size_t)st.st_size + 4096);
	err = os_read_file(path, &b);
	if (!err)
		*out = buf_str(&b);
	return err;
}

enum clientconf_result clientconf_load(struct arena *a, const char *path, const char *name,
				       struct clientconf_file *out, const char **message)
{
	struct stat st;
	int err;

	*out = (struct clientconf_file){ .path = resolve(a, path) };
	out->backup = arena_printf(a, "%s.%s-backup", out->path, name);
	out->has_backup = lstat(out->backup, &st) == 0 && S_ISREG(st.st_mode);
	err = read_whole(a, out->path, &out->text);
	out->exists = err == 0;
	if (err && err != ENOENT && err != ENOTDIR)
		return fail(a, path, err == EINVAL ? "is not a regular file" : strerror(err),
			    message);
	return CLIENTCONF_SAME;
}

static unsigned mode_of(const struct state *s)
{
	return s->exists ? s->st.st_mode & 0777 : 0600;
}

/* What the work is to do with a text. */
struct job {
	const struct clientconf_spot *spot;
	const struct json *entry; /* NULL: undo */
	const char **message;
	struct arena *told; /* for the message */
};

/* A backup from before the first time our entry was put in is the one to keep. */
static int keep_backup(const struct clientconf_file *f, const struct json *servers,
		       const struct clientconf_spot *s, unsigned mode)
{
	if (!f->exists || (f->has_backup && json_get(servers, s->name)))
		return 0;
	return os_write_atomic_mode(f->backup, f->text, mode);
}

static enum clientconf_result write_once(struct arena *a, const char *path, const struct job *j,
					 bool *again)
{
	struct state before = look(path), now;
	struct clientconf_error e;
	struct clientconf_file f;
	enum clientconf_result r = clientconf_load(a, path, j->spot->name, &f, j->message);
	struct json *servers;
	struct buf b;
	int err;

	if (r != CLIENTCONF_SAME)
		return r;
	servers = clientconf_servers(a, j->spot, f.text, &e);
	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	if (!servers || !clientconf_set(a, j->spot, f.text, j->entry, &b, &e))
		return broken(j->told, f.path, &e, j->message);
	if (!buf_ok(&b))
		return fail(j->told, f.path, strerror(EFBIG), j->message);
	if (f.exists && str_eq(buf_str(&b), f.text))
		return CLIENTCONF_SAME;
	err = os_mkdirs_for(f.path);
	if (!err)
		err = keep_backup(&f, servers, j->spot, mode_of(&before));
	now = look(path);
	*again = !err && !same_state(&before, &now);
	if (!err && !*again)
		err = os_write_atomic_mode(f.path, buf_str(&b), mode_of(&before));
	return err ? fail(j->told, f.path, strerror(err), j->message) : CLIENTCONF_CHANGED;
}

/* The backup byte for byte, when nothing but our entry has changed since. */
static bool is_ours_alone(struct arena *a, const struct clientconf_spot *s, struct str text,
			  struct str old)
{
	struct clientconf_error e;
	struct json *servers = clientconf_servers(a, s, text, &e);
	struct json *entry = json_get(servers, s->name);
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	return entry && clientconf_set(a, s, old, entry, &b, &e) && buf_ok(&b) &&
	       str_eq(buf_str(&b), text);
}

static enum clientconf_result undo_once(struct arena *a, const char *path, const struct job *j,
					bool *again)
{
	struct state before = look(path), now;
	struct clientconf_error e;
	struct clientconf_file f;
	enum clientconf_result r = clientconf_load(a, path, j->spot->name, &f, j->message);
	struct str old = S(""), result;
	bool nothing = false;
	struct buf b;
	int err = 0;

	if (r != CLIENTCONF_SAME || !f.exists)
		return r;
	if (f.has_backup)
		err = read_whole(a, f.backup, &old);
	if (err)
		return fail(j->told, f.backup, strerror(err), j->message);
	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	if (!clientconf_restore(a, j->spot, f.text, old, &b, &nothing, &e))
		return broken(j->told, f.path, &e, j->message);
	result = f.has_backup && is_ours_alone(a, j->spot, f.text, old) ? old : buf_str(&b);
	if (str_eq(result, f.text))
		return CLIENTCONF_SAME;
	now = look(path);
	*again = !same_state(&before, &now);
	if (*again)
		return CLIENTCONF_CHANGED;
	if (nothing && !f.has_backup)
		err = unlink(f.path) ? errno : 0;
	else
		err = os_write_atomic_mode(f.path, result, mode_of(&before));
	if (!err && f.has_backup)
		(void)unlink(f.backup);
	return err ? fail(j->told, f.path, strerror(err), j->message) : CLIENTCONF_CHANGED;
}

static enum clientconf_result work(struct arena *a, const char *path, const struct job *j)
{
	enum clientconf_result r = CLIENTCONF_FAILED;

	for (int i = 0; i < LIMIT_CLIENT_RETRIES; i++) {
		bool again = false;
		struct arena own;

		arena_init(&own, LIMIT_CLIENT_ARENA);
		r = j->entry ? write_once(&own, path, j, &again) : undo_once(&own, path, j, &again);
		/* The message may lie in the arena that goes. */
		if (r == CLIENTCONF_BROKEN || r == CLIENTCONF_FAILED)
			*j->message = arena_copy(a, *j->message, strlen(*j->message));
		arena_release(&own);
		if (!again)
			return r;
	}
	return fail(a, path, "another program keeps writing it; close that and try again",
		    j->message);
}

enum clientconf_result clientconf_write(struct arena *a, const char *path,
					const struct clientconf_spot *s, const struct json *entry,
					const char **message)
{
	return work(a, path, &(struct job){ s, entry, message, a });
}

enum clientconf_result clientconf_undo(struct arena *a, const char *path,
				       const struct clientconf_spot *s, const char **message)
{
	return work(a, path, &(struct job){ s, NULL, message, a });
}
