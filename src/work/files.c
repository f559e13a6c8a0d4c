/*
 * files.c - the person's folder for packages: tools make new files in it and read those in it.
 *
 * Names come from models and strangers, so they are names and no paths: nothing below or above
 * the folder can be reached, links are not followed, and nothing is ever replaced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "text/crypt.h"
#include "work/call_priv.h"
#include "work/package.h"

/* Letters, digits and a few signs that no shell and no file system gives a meaning. */
static bool is_plain(struct str name)
{
	if (!name.n || name.n > LIMIT_FILE_NAME || name.p[0] == '.' || name.p[0] == '-' ||
	    name.p[0] == ' ' || name.p[name.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char ch = (unsigned char)name.p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || ch == ' ' || ch == '.' || ch == '-' ||
		      ch == '_' || ch == '(' || ch == ')' || ch == ','))
			return false;
	}
	return true;
}

static int refuse_name(struct call *c)
{
	fail(c, ERR_INVALID_ARGUMENT, "this is no name of a file");
	hint(c, "Give a plain name such as orders.zip: letters, digits, blanks and . - _ ( ) ,");
	return -1;
}

/* The folder, opened; -1 after fail(). */
static int open_folder(struct call *c, struct str name)
{
	const char *path = c->work->conf->files;
	struct stat st;
	int fd;

	if (!is_plain(name))
		return refuse_name(c);
	if (!path || !path[0]) {
		fail(c, ERR_NOT_AVAILABLE, "no folder is open to tools");
		hint(c, "The person names one in flowlatch.conf, such as files = "
			"~/Documents/flows, and makes it with mkdir.");
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fail(c, ERR_NOT_AVAILABLE, "the folder %s cannot be opened: %s", path,
		     strerror(errno));
		return -1;
	}
	/* Where others may write, a name of ours can be theirs a moment later. */
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		fail(c, ERR_NOT_AVAILABLE, "the folder %s is not the person's own, or others may "
					   "write to it", path);
		hint(c, "`chmod go-w %s` makes it theirs alone.", path);
		close(fd);
		return -1;
	}
	return fd;
}

static const char *path_of(struct call *c, struct str name)
{
	return arena_printf(c->arena, "%s/%.*s", c->work->conf->files, STR_ARG(name));
}

bool file_can_save(struct call *c, struct str name)
{
	struct stat st;
	int dir = open_folder(c, name);
	bool there;

	if (dir < 0)
		return false;
	there = fstatat(dir, str_c(c->arena, name), &st, AT_SYMLINK_NOFOLLOW) == 0;
	close(dir);
	if (!there)
		return true;
	fail(c, ERR_CONFLICT, "%s is there already", path_of(c, name));
	hint(c, "Files are never replaced: give another name.");
	return false;
}

static bool write_whole(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = str_from_at(bytes, (size_t)n);
	}
	return fsync(fd) == 0;
}

struct str file_save(struct call *c, struct str name, struct str bytes)
{
	int dir = open_folder(c, name), fd;
	const char *file = str_c(c->arena, name);
	int error;

	if (dir < 0)
		return S("");
	fd = openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	error = errno;
	if (fd >= 0 && !write_whole(fd, bytes)) {
		error = errno;
		unlinkat(dir, file, 0);
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		close(dir);
		fail(c, error == EEXIST ? ERR_CONFLICT : ERR_NOT_AVAILABLE,
		     "%s cannot be written: %s", path_of(c, name), strerror(error));
		hint(c, "Files are never replaced: give another name, or have the person look.");
		return S("");
	}
	close(fd);
	fsync(dir);
	close(dir);
	return str_from(path_of(c, name));
}

/* ---- values that are too large for an answer ---- */

/* "flowlatch-value-" of ours, when it was made (ms), chance. */
#define SPILL "flowlatch-value-"
enum { SPILL_TIME = 13, SPILL_CHANCE = 8 };

/* When a file of ours was made; -1 when it is none. */
static int64_t spilled_at(struct str name)
{
	int64_t at;

	if (!str_starts(name, S(SPILL)) || !str_ends(name, S(".json")) ||
	    name.n != sizeof(SPILL) - 1 + SPILL_TIME + 1 + SPILL_CHANCE + 5 ||
	    !str_to_i64(str_first(str_from_at(name, sizeof(SPILL) - 1), SPILL_TIME), &at))
		return -1;
	return at;
}

static void remove_old(int dir)
{
	int64_t before = os_wall_ms() - LIMIT_SPILL_MS;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		int64_t at = spilled_at(str_from(e->d_name));

		if (at >= 0 && at < before)
			unlinkat(dir, e->d_name, 0);
	}
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
}

static struct str spill_name(struct call *c)
{
	uint32_t chance;

	crypt_random(&chance, sizeof(chance));
	return str_fmt(c->arena, SPILL "%0*lld-%0*x.json", SPILL_TIME, (long long)os_wall_ms(),
		       SPILL_CHANCE, chance);
}

bool file_can_spill(struct call *c)
{
	int dir = open_folder(c, S(SPILL));

	if (dir < 0)
		return false;
	remove_old(dir);
	close(dir);
	return true;
}

struct str file_spill(struct call *c, const struct json *value)
{
	struct str text = json_text(c->arena, value), masked;
	unsigned escaped = 0;

	if (!redact_text(c->arena, text, &masked, &c->redacted)) {
		fail(c, ERR_TOO_LARGE, "the value could not be looked through for secrets");
		return S("");
	}
	return file_save(c, spill_name(c), redact_steering(c->arena, masked, &escaped));
}

/* ---- reading ---- */

struct taker {
	struct call *c;
	struct json *flows;
	size_t bytes;
	const char *why;
};

static void take_flow(void *arg, struct arena *a, const struct package_flow *f)
{
	struct taker *t = arg;
	struct arena *mine = t->c->arena;
	const struct json *p = json_get(f->document, "properties");
	const struct json *definition;
	struct json *v;

	(void)a;
	/* The call's memory may not run out in here: what the reader holds would be lost. */
	t->bytes += f->text.n;
	if (t->bytes > LIMIT_ANSWER_FLOW) {
		t->why = "it holds more than a call can take";
		return;
	}
	if (!p)
		p = f->document;
	definition = json_get(p, "definition") ? json_get(p, "definition") : p;
	v = json_new_object(mine);
	json_set_str(mine, v, "name", str_dup(mine, f->name));
	json_set_str(mine, v, "member", str_dup(mine, f->member));
	json_set(mine, v, "definition", json_copy(mine, definition));
	json_set(mine, v, "connectionReferences",
		 json_copy(mine, json_get(p, "connectionReferences")));
	json_push(t->flows, v);
}

static void take_why(void *arg, struct str path, struct str why)
{
	struct taker *t = arg;

	(void)path;
	if (!t->why)
		t->why = arena_printf(t->c->arena, "%.*s", STR_ARG(why));
}

struct json *file_flows(struct call *c, struct str name)
{
	const struct package_sink sink = { .arg = &(struct taker){ .c = c },
					   .flow = take_flow, .unusable = take_why };
	struct taker *t = sink.arg;
	int dir = open_folder(c, name), fd, error;
	struct stat st;
	struct buf b;

	if (dir < 0)
		return NULL;
	fd = openat(dir, str_c(c->arena, name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	error = errno;
	close(dir);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fail(c, error == ENOENT ? ERR_NOT_FOUND : ERR_NOT_AVAILABLE,
		     "%s cannot be read: %s", path_of(c, name),
		     fd < 0 ? strerror(error) : "it is no plain file");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	buf_init(&b, LIMIT_PACKAGE_FILE);
	error = os_read_fd(fd, &b);
	close(fd);
	t->flows = json_new_array(c->arena);
	if (!error)
		package_read_bytes(name, buf_str(&b), &sink);
	buf_free(&b);
	if (error || !json_count(t->flows)) {
		fail(c, ERR_INVALID_ARGUMENT, "%s holds no flow: %s", path_of(c, name),
		     error ? strerror(error) : t->why ? t->why : "there is none in it");
		return NULL;
	}
	return t->flows;
}
