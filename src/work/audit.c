/*
 * audit.c - the usage log as its users see it: append, flush, purge, hand out the key.
 *
 * Knows the steps of one append and who holds the lock; how records are written, found again
 * and dropped is in the other audit_*.c files.
 */
#include "work/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "work/audit_impl.h"

static int64_t wall(void *arg)
{
	(void)arg;
	return os_wall_ms();
}

char *audit_dir(struct arena *a, struct store *s)
{
	const char *dir = store_dir(s);

	return dir ? arena_printf(a, "%s/log", dir) : NULL;
}

struct audit *audit_new(const struct audit_options *o)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->dir = strdup(o->dir);
	if (!a->dir) {
		free(a);
		return NULL;
	}
	a->store = o->store;
	a->days = o->days >= 1 && o->days <= LIMIT_LOG_DAYS ? o->days : LIMIT_LOG_DAYS;
	a->now = o->now ? o->now : wall;
	a->now_arg = o->now_arg;
	a->anchor = o->anchor;
	a->anchor_arg = o->anchor_arg;
	a->lock_fd = a->head_fd = a->seg_fd = -1;
	a->swept = INT64_MIN;
	/* A newline may stand before a record. */
	buf_init(&a->line, LIMIT_LOG_RECORD + 1);
	return a;
}

static void close_files(struct audit *a)
{
	audit_segment_close(a);
	if (a->head_fd >= 0)
		close(a->head_fd);
	if (a->lock_fd >= 0)
		close(a->lock_fd);
	a->head_fd = a->lock_fd = -1;
}

void audit_free(struct audit *a)
{
	if (!a)
		return;
	close_files(a);
	audit_keys_free(a->keys);
	buf_free(&a->line);
	free(a->dir);
	free(a);
}

const char *audit_message(const struct audit *a)
{
	return a->message;
}

/* ---- the lock ---- */

static bool check_dir(struct audit *a)
{
	int fd = open(a->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool ok = false;

	if (fd < 0)
		return audit_say(a, "the usage log %s: %s", a->dir, strerror(errno));
	if (fstat(fd, &st))
		audit_say(a, "the usage log %s: %s", a->dir, strerror(errno));
	else if (st.st_uid != geteuid())
		audit_say(a, "the usage log %s belongs to somebody else", a->dir);
	else if (st.st_mode & 077)
		audit_say(a, "the usage log %s can be used by others; run chmod 0700 on it",
			  a->dir);
	else if (os_is_remote(fd))
		audit_say(a,
			  "the usage log %s lies on a network file system, where locks cannot be "
			  "trusted; set state_dir to a local one",
			  a->dir);
	else
		ok = true;
	close(fd);
	return ok;
}

static bool open_file(struct audit *a, const char *name, int *fd)
{
	char path[4096];
	const char *why = NULL;

	if (!audit_file_path(a->dir, name, path))
		return audit_say(a, "the usage log's path is too long");
	*fd = os_open_private(path, O_RDWR | O_CREAT, &why);
	if (*fd >= 0)
		return true;
	return audit_say(a, "the usage log %s %s", path, why ? why : strerror(errno));
}

static bool open_files(struct audit *a)
{
	unsigned char id[4];
	int err = os_mkdirs(a->dir);

	if (err)
		return audit_say(a, "the usage log %s cannot be made: %s", a->dir, strerror(err));
	if (!check_dir(a) || !open_file(a, AUDIT_LOCK_FILE, &a->lock_fd) ||
	    !open_file(a, AUDIT_HEAD_FILE, &a->head_fd))
		return false;
	if (!a->run[0]) {
		crypt_random(id, sizeof(id));
		audit_hex(id, sizeof(id), a->run);
	}
	return true;
}

static enum audit_result lock(struct audit *a)
{
	for (int tries = 0; tries < 3; tries++) {
		if (a->lock_fd < 0 && !open_files(a)) {
			close_files(a);
			return AUDIT_FAILED;
		}
		while (flock(a->lock_fd, LOCK_EX | LOCK_NB)) {
			if (errno == EINTR)
				continue;
			if (errno == EWOULDBLOCK) {
				audit_say(a, "another process holds the usage log's lock");
				return AUDIT_BUSY;
			}
			audit_say(a, "the usage log cannot be locked: %s", strerror(errno));
			return AUDIT_FAILED;
		}
		/* A lock on a file that was removed or replaced keeps nobody out. */
		if (audit_is_named(a, a->lock_fd, AUDIT_LOCK_FILE) &&
		    audit_is_named(a, a->head_fd, AUDIT_HEAD_FILE))
			return AUDIT_DONE;
		close_files(a);
	}
	audit_say(a, "the usage log %s is replaced again and again", a->dir);
	return AUDIT_FAILED;
}

static void unlock(struct audit *a)
{
	if (a->lock_fd >= 0)
		(void)flock(a->lock_fd, LOCK_UN);
}

/* Everything before a record can be added: keys, end, day, machine, retention. */
static bool ready(struct audit *a)
{
	unsigned dropped;

	if (!audit_keys_ready(a) || !audit_find_end(a) || !audit_change_day(a))
		return false;
	if (a->head.host != a->host && !audit_write_open(a))
		return false;
	if (a->swept == a->head.day)
		return true;
	if (!audit_drop(a, a->head.day - a->days + 1, "age", &dropped))
		return false;
	a->swept = a->head.day;
	return true;
}

/* ---- one record ---- */

static const char *const event_names[] = {
	[AUDIT_IN] = "in",     [AUDIT_OUT] = "out",     [AUDIT_ASK] = "ask",
	[AUDIT_DENY] = "deny", [AUDIT_LOGIN] = "login", [AUDIT_POLICY] = "policy",
	[AUDIT_DECIDE] = "decide",
};

/* "u:1a2b3c4d5e6f7081": the same for the same value, and of no use without the key. */
static void add_pseudonym(struct audit *a, const char *name, const char *prefix, struct str value,
			  size_t bytes)
{
	char hex[33], text[40];

	audit_keys_pseudonym(a->keys, str_from(name), value, bytes, hex);
	text[0] = '\0';
	if (hex[0]) {
		memcpy(text, prefix, strlen(prefix) + 1);
		memcpy(text + strlen(prefix), hex, strlen(hex) + 1);
	}
	audit_line_code(&a->line, name, str_from(text), sizeof(text));
}

static void add_letter(struct audit *a, const char *name, char c, const char *known)
{
	bool ok = c && strchr(known, c);

	audit_line_code(&a->line, name, str_n(ok ? &c : "", ok), 1);
}

static void add_record(struct audit *a, const struct audit_record *r)
{
	struct buf *b = &a->line;

	buf_clear(b);
	audit_begin(a, event_names[r->event]);
	audit_line_number(b, "ref", r->ref);
	audit_line_code(b, "tool", r->tool, 40);
	audit_line_code(b, "api", r->api, 16);
	add_letter(a, "cls", r->klass, "RMDU");
	add_letter(a, "tl", r->trust, "MSA");
	audit_line_code(b, "ch", r->channel, 16);
	audit_line_code(b, "dec", r->decision, 24);
	audit_line_code(b, "pln", r->plan, 8);
	add_pseudonym(a, "who", "u:", r->who, 8);
	add_pseudonym(a, "ten", "t:", r->tenant, 8);
	add_pseudonym(a, "env", "e:", r->environment, 4);
	add_pseudonym(a, "args", "", r->arguments, 8);
	audit_line_number(b, "an", r->argument_count);
	audit_line_code(b, "st", r->status, 16);
	audit_line_number(b, "http", r->http > 0 && r->http < 1000 ? (uint64_t)r->http : 0);
	audit_line_number(b, "ms", r->ms > 0 ? (uint64_t)r->ms : 0);
	audit_line_number(b, "red", r->redacted);
	audit_line_code(b, "err", r->err == ERR_OK ? S("") : str_from(err_name(r->err)), 32);
	audit_line_code(b, "cor", r->correlation, 8);
}

static enum audit_result append(struct audit *a, const struct audit_record *r, uint64_t *seq)
{
	bool synced;

	if (!ready(a))
		return AUDIT_FAILED;
	if (a->head.offset >= LIMIT_LOG_SEGMENT) {
		audit_say(a, "the usage log of this day is full (%u MiB)", LIMIT_LOG_SEGMENT >> 20);
		return AUDIT_FAILED;
	}
	add_record(a, r);
	if (!audit_put(a, 0))
		return AUDIT_FAILED;
	synced = r->sync != AUDIT_SYNC || audit_sync(a);
	audit_head_write(a);
	if (a->t_found / 3600000 != a->head.t / 3600000)
		audit_anchor(a, "at");
	if (!synced)
		return AUDIT_FAILED;
	if (seq)
		*seq = a->head.end.seq;
	return AUDIT_DONE;
}

enum audit_result audit_append(struct audit *a, const struct audit_record *r, uint64_t *seq)
{
	enum audit_result result = lock(a);

	if (result != AUDIT_DONE)
		return result;
	result = append(a, r, seq);
	unlock(a);
	return result;
}

bool audit_flush(struct audit *a)
{
	return !a->dirty || audit_sync(a);
}

/* ---- for `flowlatch log` ---- */

enum audit_result audit_begin_log(struct audit *a, struct buf *key)
{
	enum audit_result result = lock(a);

	if (result != AUDIT_DONE)
		return result;
	if (!ready(a)) {
		result = AUDIT_FAILED;
	} else if (key && !audit_keys_export(a->keys, key)) {
		audit_say(a, "the verification key was shown before; it is not kept here any more");
		result = AUDIT_FAILED;
	} else if (key && audit_keys_save(a->store, a->keys) != STORE_OK) {
		audit_say(a, "the usage log's key cannot be stored: %s", store_message(a->store));
		audit_keys_free(a->keys);
		a->keys = NULL;
		buf_clear(key);
		result = AUDIT_FAILED;
	} else {
		audit_head_write(a);
	}
	unlock(a);
	return result;
}

enum audit_result audit_purge(struct audit *a, int64_t before, unsigned *count)
{
	enum audit_result result = lock(a);

	if (result != AUDIT_DONE)
		return result;
	*count = 0;
	if (!ready(a) || !audit_drop(a, before, "purge", count))
		result = AUDIT_FAILED;
	unlock(a);
	return result;
}
