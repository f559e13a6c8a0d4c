/*
 * snapshot_files.c - which files there are, and removing them.
 *
 * Decides by names alone: it never opens one.
 */
#include "work/snapshot_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

/* A file that is being written, or was when its process was killed: NAME.tmp-XXXXXX. */
#define ASIDE ".tmp-"
enum { ASIDE_S = 3600 };

/* ---- names ---- */

static bool take_hex(const char **p, size_t n, char *out)
{
	if (strspn(*p, "0123456789abcdef") < n)
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n;
	return true;
}

static bool take_dot(const char **p)
{
	return *(*p)++ == '.';
}

/* True for a record's name; *end is then what follows it. */
static bool record_name(const char *p, struct snapshot_name *out, const char **end)
{
	if (!take_hex(&p, SNAPSHOT_FLOW, out->flow) || *p != '.' || !take_dot(&p) ||
	    !take_hex(&p, SNAPSHOT_ID, out->id) || *p != '.' || !take_dot(&p) ||
	    !take_hex(&p, SNAPSHOT_CONTENT, out->content))
		return false;
	*end = p;
	return true;
}

static bool object_name(const char *p, const char **end)
{
	char content[SNAPSHOT_CONTENT + 1];

	if (!take_hex(&p, SNAPSHOT_CONTENT, content))
		return false;
	*end = p;
	return true;
}

static bool is_aside(const char *end)
{
	return strncmp(end, ASIDE, sizeof(ASIDE) - 1) == 0 && strlen(end) == sizeof(ASIDE) - 1 + 6;
}

size_t snapshot_names(const char *dir, struct snapshot_name *out, size_t most)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	struct snapshot_name one;
	const char *end;
	size_t n = 0;

	while (d && n < most && (e = readdir(d)) != NULL) {
		if (!record_name(e->d_name, &one, &end) || *end)
			continue;
		if (out)
			out[n] = one;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

static int newest_first(const void *x, const void *y)
{
	const struct snapshot_name *a = x, *b = y;

	return strcmp(b->id, a->id);
}

size_t snapshot_names_in(struct arena *a, const char *dir, struct snapshot_name **out)
{
	/* Some may come between counting and reading. */
	size_t most = snapshot_names(dir, NULL, LIMIT_SNAPSHOTS) + 16, n;

	*out = arena_array(a, most, sizeof(**out));
	n = snapshot_names(dir, *out, most);
	qsort(*out, n, sizeof(**out), newest_first);
	return n;
}

bool snapshot_any(const char *dir)
{
	return snapshot_names(dir, NULL, 1) == 1;
}

int64_t snapshot_id_time(const char *id)
{
	int64_t ms = 0;

	for (size_t i = 0; i < 11; i++)
		ms = ms << 4 | (id[i] >= 'a' ? id[i] - 'a' + 10 : id[i] - '0');
	return ms;
}

/* ---- foreign ones ---- */

static void add_foreign(struct arena *a, struct json *list, const char *dir, const char *name)
{
	struct json *v = json_push(list, json_new_object(a));

	json_set_z(a, v, "file", arena_printf(a, "%s/%s", dir, name));
	json_set_z(a, v, "why", "it is none of ours and was left alone");
}

/* The n-th foreign name of a directory, copied, so that nothing is open while memory is taken. */
static bool nth_foreign(const char *dir, bool objects, size_t nth, char name[256])
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	struct snapshot_name one;
	bool found = false;

	while (d && !found && (e = readdir(d)) != NULL) {
		const char *end = "";
		bool ours = objects ? object_name(e->d_name, &end)
				    : record_name(e->d_name, &one, &end);

		ours = (ours && (!*end || is_aside(end))) || e->d_name[0] == '.' ||
		       (!objects && (!strcmp(e->d_name, SNAPSHOT_OBJECTS) ||
				     !strcmp(e->d_name, "lock")));
		if (ours || nth--)
			continue;
		snprintf(name, 256, "%s", e->d_name);
		found = true;
	}
	if (d)
		closedir(d);
	return found;
}

struct json *snapshot_foreign(const struct snapshots *s, struct arena *a)
{
	const char *objects = arena_printf(a, "%s/" SNAPSHOT_OBJECTS, s->dir);
	struct json *list = json_new_array(a);
	char name[256];

	for (size_t i = 0; i < LIMIT_SNAPSHOT_FOREIGN && nth_foreign(s->dir, false, i, name); i++)
		add_foreign(a, list, s->dir, name);
	for (size_t i = 0; i < LIMIT_SNAPSHOT_FOREIGN && nth_foreign(objects, true, i, name); i++)
		add_foreign(a, list, objects, name);
	return list;
}

/* ---- removing ---- */

struct removing {
	struct snapshot_name *names; /* newest first */
	size_t count, removed;
	int dir, objects, lock;
};

/* Alone, or not at all. */
static bool removing_begin(const char *dir, struct removing *r)
{
	size_t most;

	*r = (struct removing){ .objects = -1, .lock = -1 };
	r->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return false;
	r->objects = openat(r->dir, SNAPSHOT_OBJECTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->lock = openat(r->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->objects < 0 || r->lock < 0 || flock(r->lock, LOCK_EX | LOCK_NB))
		return false;
	most = snapshot_names(dir, NULL, SIZE_MAX);
	r->names = calloc(most + 1, sizeof(*r->names));
	if (!r->names)
		return false;
	r->count = snapshot_names(dir, r->names, most);
	qsort(r->names, r->count, sizeof(*r->names), newest_first);
	return true;
}

static void removing_end(struct removing *r)
{
	int fds[] = { r->dir, r->objects, r->lock };

	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(r->names);
}

/* Removes a record; it is then no longer among the names. */
static void remove_record(struct removing *r, struct snapshot_name *n)
{
	char name[SNAPSHOT_NAME + 1];

	snprintf(name, sizeof(name), "%s.%s.%s", n->flow, n->id, n->content);
	if (unlinkat(r->dir, name, 0) && errno != ENOENT)
		return;
	r->removed++;
	n->id[0] = '\0';
}

static int by_content(const void *x, const void *y)
{
	const struct snapshot_name *a = x, *b = y;

	return strcmp(a->content, b->content);
}

/* What a killed process left of writing, and contents that no record names any more. */
static void sweep(struct removing *r, int dir, bool objects)
{
	int fd = dup(dir);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (!d && fd >= 0)
		close(fd);
	if (d)
		rewinddir(d);
	while (d && (e = readdir(d)) != NULL) {
		struct snapshot_name one = { .id = "" };
		const char *end = "";
		struct stat st;
		bool ours = objects ? object_name(e->d_name, &end)
				    : record_name(e->d_name, &one, &end);

		if (!ours)
			continue;
		if (is_aside(end)) {
			if (!fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
			    st.st_mtime < time(NULL) - ASIDE_S)
				(void)unlinkat(dir, e->d_name, 0);
		} else if (objects && !*end) {
			memcpy(one.content, e->d_name, SNAPSHOT_CONTENT + 1);
			if (!bsearch(&one, r->names, r->count, sizeof(one), by_content))
				(void)unlinkat(dir, e->d_name, 0);
		}
	}
	if (d)
		closedir(d);
}

/* Forgets removed names, and looks at what is left over. */
static void finish(struct removing *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->names[i].id[0])
			r->names[n++] = r->names[i];
	r->count = n;
	qsort(r->names, r->count, sizeof(*r->names), by_content);
	sweep(r, r->objects, true);
	sweep(r, r->dir, false);
}

static int by_flow(const void *x, const void *y)
{
	const struct snapshot_name *a = x, *b = y;
	int c = strcmp(a->flow, b->flow);

	return c ? c : strcmp(b->id, a->id);
}

size_t snapshot_prune(const struct snapshots *s, int64_t now, int64_t days, int64_t count)
{
	int64_t oldest = now - days * INT64_C(86400000), of_flow = 0;
	struct removing r;

	if (removing_begin(s->dir, &r)) {
		qsort(r.names, r.count, sizeof(*r.names), by_flow);
		for (size_t i = 0; i < r.count; i++) {
			bool next = !i || strcmp(r.names[i].flow, r.names[i - 1].flow) != 0;

			of_flow = next ? 1 : of_flow + 1;
			if (of_flow > count || snapshot_id_time(r.names[i].id) < oldest)
				remove_record(&r, &r.names[i]);
		}
		finish(&r);
	}
	removing_end(&r);
	return r.removed;
}

bool snapshot_purge(const struct snapshots *s, struct arena *a, struct str environment,
		    struct str flow, size_t *removed)
{
	char mine[SNAPSHOT_FLOW + 1];
	struct removing r;
	bool ok;

	*removed = 0;
	snapshot_flow_tag(s, a, environment, flow, mine);
	if (access(s->dir, F_OK))
		return true;
	ok = removing_begin(s->dir, &r);
	if (ok) {
		for (size_t i = 0; i < r.count; i++)
			if (!flow.n || strcmp(r.names[i].flow, mine) == 0)
				remove_record(&r, &r.names[i]);
		finish(&r);
	}
	*removed = r.removed;
	removing_end(&r);
	return ok;
}
