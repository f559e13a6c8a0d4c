/*
 * journal.c - entries of the journal as files: ID.json, and ID.lock beside it.
 *
 * The lock has a file of its own because the entry is replaced by renaming.
 */
#include "work/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/os.h"

struct held {
	struct list link;
	const void *owner;
	int fd;
	char id[JOURNAL_ID + 1];
	char kind[]; /* of the entry */
};

struct journal {
	struct list held;
	char dir[];
};

/* What is left of a writer that was killed, after this time. */
enum { LEFTOVER_S = 3600 };

struct journal *journal_new(const char *dir)
{
	size_t n = strlen(dir) + 1;
	struct journal *j = malloc(sizeof(*j) + n);

	if (!j)
		return NULL;
	memcpy(j->dir, dir, n);
	list_init(&j->held);
	return j;
}

/* ---- who holds what ---- */

static void let_go(struct held *h)
{
	list_remove(&h->link);
	os_unlock(h->fd);
	free(h);
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	LIST_EACH_SAFE (pos, &j->held)
		let_go(LIST_ITEM(pos, struct held, link));
	free(j);
}

static struct held *find_held(const struct journal *j, struct str id)
{
	LIST_EACH (pos, &j->held) {
		struct held *h = LIST_ITEM(pos, struct held, link);

		if (str_eq(str_from(h->id), id))
			return h;
	}
	return NULL;
}

void journal_release(struct journal *j, const void *owner)
{
	LIST_EACH_SAFE (pos, &j->held) {
		struct held *h = LIST_ITEM(pos, struct held, link);

		if (h->owner == owner)
			let_go(h);
	}
}

struct str journal_mine(const struct journal *j, const void *owner, struct str kind)
{
	LIST_EACH (pos, &j->held) {
		const struct held *h = LIST_ITEM(pos, struct held, link);

		if (h->owner == owner && (!kind.n || str_eq(str_from(h->kind), kind)))
			return str_from(h->id);
	}
	return S("");
}

/* Holds an entry: the descriptor is the list's from here on. */
static struct held *hold(struct journal *j, const char *id, struct str kind, int fd,
			 const void *owner)
{
	struct held *h = calloc(1, sizeof(*h) + kind.n + 1);

	if (!h) {
		os_unlock(fd);
		return NULL;
	}
	h->owner = owner;
	h->fd = fd;
	memcpy(h->id, id, JOURNAL_ID);
	memcpy(h->kind, kind.p, kind.n);
	list_append(&j->held, &h->link);
	return h;
}

/* ---- files ---- */

static char *path_of(struct arena *a, const char *dir, const char *id, const char *end)
{
	return arena_printf(a, "%s/%.*s%s", dir, JOURNAL_ID, id, end);
}

static bool is_id(const char *name)
{
	return strspn(name, "0123456789abcdef") == JOURNAL_ID;
}

/* Text that the sealed state is bound to: the head cannot be put on another state. */
static struct str binding(struct arena *a, const struct json *head)
{
	struct json *bare = json_copy(a, head);
	struct buf b;

	json_take(bare, "state");
	buf_init_in(&b, a, LIMIT_JOURNAL_ENTRY);
	json_print_canonical(&b, bare);
	return buf_str(&b);
}

/* Puts the sealed state into the head, and gives the file's text; "" when it is too large. */
static struct str entry_text(struct arena *a, const unsigned char key[CRYPT_KEY],
			     struct json *head, const struct json *state)
{
	struct buf sealed, text;

	buf_init_in(&sealed, a, LIMIT_JOURNAL_ENTRY);
	buf_init_in(&text, a, LIMIT_JOURNAL_ENTRY);
	json_take(head, "state");
	crypt_seal(key, binding(a, head), json_text(a, state), &sealed);
	crypt_b64url(&text, buf_str(&sealed));
	if (!buf_ok(&sealed) || !buf_ok(&text))
		return S("");
	json_set_str(a, head, "state", buf_str(&text));
	return json_text(a, head);
}

static struct json *read_entry(struct arena *a, const char *path)
{
	struct json *v;
	struct buf b;

	buf_init_in(&b, a, LIMIT_JOURNAL_ENTRY + 4096);
	if (os_read_file(path, &b))
		return NULL;
	v = json_parse(a, buf_str(&b), JSON_STRICT, NULL);
	return json_is(v, JSON_OBJECT) ? v : NULL;
}

static struct json *open_state(struct arena *a, const unsigned char key[CRYPT_KEY],
			       const struct json *entry)
{
	struct buf raw, plain;

	buf_init_in(&raw, a, LIMIT_JOURNAL_ENTRY);
	buf_init_in(&plain, a, LIMIT_JOURNAL_ENTRY);
	if (!crypt_unb64(&raw, json_get_str(entry, "state")) ||
	    !crypt_open(key, binding(a, entry), buf_str(&raw), &plain))
		return NULL;
	return json_parse(a, buf_str(&plain), JSON_STRICT, NULL);
}

static bool write_entry(struct arena *a, const char *path, struct str text, const char **why)
{
	int err = text.n ? os_write_atomic(path, text) : EFBIG;

	if (err)
		*why = arena_printf(a, "the journal cannot be written (%s): %s", path,
				    strerror(err));
	return err == 0;
}

/* ---- opening, changing, closing ---- */

static struct json *new_head(struct arena *a, const char *id, const struct journal_head *head)
{
	struct json *v = json_new_object(a);
	char now[25];

	os_format_time(os_wall_ms(), now);
	json_set_int(a, v, "version", 1);
	json_set_z(a, v, "id", id);
	json_set_str(a, v, "kind", head->kind);
	json_set_str(a, v, "environmentName", head->environment);
	json_set_str(a, v, "flowName", head->flow);
	json_set_str(a, v, "account", head->account);
	json_set_z(a, v, "opened", now);
	json_set_int(a, v, "pid", getpid());
	return v;
}

bool journal_add(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
		 const struct journal_head *head, const struct json *state, const void *owner,
		 char id[JOURNAL_ID + 1], const char **why)
{
	unsigned char noise[JOURNAL_ID / 2];
	const char *name, *lock;
	struct str text;
	struct held *h;
	struct buf b;
	int fd, err;

	crypt_random(noise, sizeof(noise));
	buf_init_in(&b, a, 2 * sizeof(noise) + 1);
	crypt_hex(&b, str_bytes(noise, sizeof(noise)));
	memcpy(id, buf_c(&b), JOURNAL_ID + 1);
	/* Everything that needs memory comes before the lock. */
	name = path_of(a, j->dir, id, ".json");
	lock = path_of(a, j->dir, id, ".lock");
	text = entry_text(a, key, new_head(a, id, head), state);
	err = os_mkdirs(j->dir);
	fd = err ? -1 : os_try_lock(lock, &err);
	h = fd < 0 ? NULL : hold(j, id, head->kind, fd, owner);
	if (!h) {
		*why = arena_printf(a, "the journal cannot be written (%s): %s", j->dir,
				    strerror(err ? err : ENOMEM));
		return false;
	}
	if (write_entry(a, name, text, why))
		return true;
	/* It may be there although its name is not known to be safe. */
	(void)unlink(name);
	(void)unlink(lock);
	let_go(h);
	return false;
}

bool journal_change(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
		    struct str id, const struct json *state, const char **why)
{
	const struct held *h = find_held(j, id);
	const char *path;
	struct json *entry;

	*why = "the journal's entry is not this call's";
	if (!h)
		return false;
	path = path_of(a, j->dir, h->id, ".json");
	entry = read_entry(a, path);
	*why = arena_printf(a, "the journal cannot be read (%s)", path);
	return entry && write_entry(a, path, entry_text(a, key, entry, state), why);
}

void journal_drop(struct journal *j, struct str id)
{
	struct held *h = find_held(j, id);
	struct arena a;

	if (!h)
		return;
	arena_init(&a, 1u << 16);
	/* The entry first: a lock alone means nothing.  What a crash brings back is looked at
	 * again, and there is nothing left to do. */
	(void)unlink(path_of(&a, j->dir, h->id, ".json"));
	(void)unlink(path_of(&a, j->dir, h->id, ".lock"));
	arena_release(&a);
	let_go(h);
}

/* ---- looking ---- */

/* A lock without its entry, or a file that was never finished. */
static void clean(int dir, const char *name)
{
	struct stat st;

	if (strlen(name) < JOURNAL_ID + 5 || !is_id(name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
	    st.st_mtime > time(NULL) - LEFTOVER_S)
		return;
	(void)unlinkat(dir, name, 0);
}

/* Calls `each` with the id of every entry; a false ends it. */
static void each_entry(const char *dir, bool (*each)(void *arg, const char *id), void *arg)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char entry[JOURNAL_ID + 6];
	size_t seen = 0;

	while (d && seen < LIMIT_JOURNAL_ENTRIES && (e = readdir(d)) != NULL) {
		if (!is_id(e->d_name))
			continue;
		memcpy(entry, e->d_name, JOURNAL_ID);
		memcpy(entry + JOURNAL_ID, ".json", 6);
		if (strcmp(e->d_name, entry) != 0) {
			if (faccessat(dirfd(d), entry, F_OK, 0))
				clean(dirfd(d), e->d_name);
			continue;
		}
		entry[JOURNAL_ID] = '\0';
		seen++;
		if (!each(arg, entry))
			break;
	}
	if (d)
		closedir(d);
}

/* Descriptor of the lock, or -1 while somebody holds it. */
static int try_entry(const char *dir, const char *id)
{
	char path[4096];
	int err, n = snprintf(path, sizeof(path), "%s/%s.lock", dir, id);

	return n > 0 && (size_t)n < sizeof(path) ? os_try_lock(path, &err) : -1;
}

struct looking {
	struct journal *j;
	struct arena *a;
	const char *dir;
	const struct journal_head *like;
	const void *owner;
	struct json *found;
	bool waits;
};

static bool waits(void *arg, const char *id)
{
	struct looking *l = arg;
	int fd = try_entry(l->dir, id);

	l->waits = fd >= 0;
	os_unlock(fd);
	return !l->waits;
}

bool journal_waits(const char *dir)
{
	struct looking l = { .dir = dir };

	each_entry(dir, waits, &l);
	return l.waits;
}

/* A list of entries, oldest first. */
static void add_sorted(struct json *list, struct json *entry)
{
	size_t at = 0;

	JSON_EACH (v, list) {
		if (str_cmp(json_get_str(v, "opened"), json_get_str(entry, "opened")) > 0)
			break;
		at++;
	}
	json_insert(list, at, entry);
}

static bool show(void *arg, const char *id)
{
	struct looking *l = arg;
	struct json *entry = read_entry(l->a, path_of(l->a, l->dir, id, ".json"));
	int fd;

	if (!entry)
		return true;
	json_take(entry, "state");
	json_take(entry, "version");
	fd = try_entry(l->dir, id);
	os_unlock(fd);
	json_set_bool(l->a, entry, "live", fd < 0);
	add_sorted(l->found, entry);
	return true;
}

struct json *journal_list(struct arena *a, const char *dir)
{
	struct looking l = { .a = a, .dir = dir, .found = json_new_array(a) };

	each_entry(dir, show, &l);
	return l.found;
}

static bool fits(const struct json *entry, const char *name, struct str wanted)
{
	return !wanted.n || str_eq(json_get_str(entry, name), wanted);
}

static bool is_like(const struct json *entry, const struct journal_head *like)
{
	return fits(entry, "kind", like->kind) &&
	       fits(entry, "environmentName", like->environment) &&
	       fits(entry, "flowName", like->flow) && fits(entry, "account", like->account);
}

static bool take(void *arg, const char *id)
{
	struct looking *l = arg;
	const char *path = path_of(l->a, l->dir, id, ".json");
	struct json *entry = read_entry(l->a, path);
	struct held *h;
	int fd;

	if (!entry || !is_like(entry, l->like))
		return true;
	fd = try_entry(l->dir, id);
	h = fd < 0 ? NULL : hold(l->j, id, json_get_str(entry, "kind"), fd, l->owner);
	/* Whoever held it may have closed it meanwhile. */
	if (h && access(path, F_OK)) {
		(void)unlink(path_of(l->a, l->dir, id, ".lock"));
		let_go(h);
	}
	return true;
}

struct json *journal_take(struct journal *j, struct arena *a, const unsigned char key[CRYPT_KEY],
			  const struct journal_head *like, const void *owner)
{
	struct looking l = { .j = j, .a = a, .dir = j->dir, .like = like, .owner = owner };
	struct json *list = json_new_array(a), *entry, *state;

	each_entry(j->dir, take, &l);
	LIST_EACH (pos, &j->held) {
		struct held *h = LIST_ITEM(pos, struct held, link);

		if (h->owner != owner)
			continue;
		/* Read again under the lock. */
		entry = read_entry(a, path_of(a, j->dir, h->id, ".json"));
		if (!entry || !is_like(entry, like))
			continue;
		state = open_state(a, key, entry);
		json_take(entry, "version");
		json_take(entry, "pid");
		json_set(a, entry, "state", state ? state : json_new_null(a));
		add_sorted(list, entry);
	}
	return list;
}
