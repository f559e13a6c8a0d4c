/*
 * fuzz_audit.c - finding the end of a usage log whose files hold anything.
 *
 * The first bytes of the input say where a whole log is cut, which file is changed, and what the
 * clock does; the rest is put there.  Whatever the files hold, the log must take records again,
 * verification must end, and the new records must be found by it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "work/audit.h"
#include "work/audit_file.h"
#include "work/audit_read.h"
#include "work/audit_verify.h"
#include "work/conf.h"
#include "work/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEEP = 16384 };

/* A file of the whole log. */
struct file {
	char path[4096];
	char bytes[KEEP];
	size_t n;
};

static struct arena arena;
static struct conf conf;
static struct store *store;
static const char *dir;
static char base[] = "/dev/shm/flowlatch-fuzz-XXXXXX";
static int64_t clock_ms;
static struct file today, yesterday, head, key;

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

static int64_t now(void *arg)
{
	(void)arg;
	return clock_ms;
}

static void no_anchor(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static struct audit *open_audit(void)
{
	struct audit *a = audit_new(&(struct audit_options){
		.dir = dir, .store = store, .days = 30, .now = now, .anchor = no_anchor });

	must(a != NULL);
	return a;
}

static enum audit_result add(struct audit *a, uint64_t *seq)
{
	return audit_append(a, &(struct audit_record){ .tool = S("tool"), .klass = 'R' }, seq);
}

static void keep(struct file *f)
{
	struct buf b;

	buf_init(&b, KEEP);
	must(os_read_file(f->path, &b) == 0);
	memcpy(f->bytes, b.p, b.n);
	f->n = b.n;
	buf_free(&b);
}

static void put(const char *path, struct str a, struct str b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd >= 0);
	must(write(fd, a.p, a.n) == (ssize_t)a.n && write(fd, b.p, b.n) == (ssize_t)b.n);
	close(fd);
}

static void put_back(const struct file *f)
{
	put(f->path, str_n(f->bytes, f->n), S(""));
}

static void remove_segments(void)
{
	struct audit_segments all;
	char path[4096];

	must(audit_segments_read(dir, &all) == 0);
	for (size_t i = 0; i < all.count; i++)
		if (audit_segment_path(dir, all.days[i], path))
			unlink(path);
}

static void clean(void)
{
	remove_segments();
	unlink(head.path);
	unlink(key.path);
	unlink(arena_printf(&arena, "%s/usage.lock", dir));
	rmdir(dir);
	rmdir(store_dir(store));
	rmdir(arena_printf(&arena, "%s/profiles", base));
	rmdir(base);
}

#define NOON INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */

static void make_log(void)
{
	struct audit *a;

	umask(077);
	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&arena, 1u << 20);
	must(mkdtemp(base) != NULL);
	conf = (struct conf){ .profile = "fuzz", .cloud = "practice", .state_dir = base };
	store = store_new(&conf);
	must(store != NULL);
	dir = audit_dir(&arena, store);
	must(dir != NULL);
	clock_ms = NOON - AUDIT_DAY_MS;
	a = open_audit();
	for (int i = 0; i < 3; i++)
		must(add(a, NULL) == AUDIT_DONE);
	clock_ms = NOON;
	for (int i = 0; i < 3; i++)
		must(add(a, NULL) == AUDIT_DONE);
	audit_free(a);
	must(audit_segment_path(dir, audit_day_of(NOON - AUDIT_DAY_MS), yesterday.path));
	must(audit_segment_path(dir, audit_day_of(NOON), today.path));
	snprintf(head.path, sizeof(head.path), "%s/%s", dir, AUDIT_HEAD_FILE);
	snprintf(key.path, sizeof(key.path), "%s/log_key", store_dir(store));
	keep(&yesterday);
	keep(&today);
	keep(&head);
	keep(&key);
	atexit(clean);
}

/* Cuts the file at one of its bytes and puts the input behind. */
static void change(const struct file *f, unsigned at, struct str input)
{
	put(f->path, str_n(f->bytes, at % (f->n + 1)), input);
}

/* Lays the input over the file. */
static void lay_over(const struct file *f, unsigned at, struct str input)
{
	static char bytes[KEEP];

	at %= (unsigned)f->n;
	memcpy(bytes, f->bytes, f->n);
	memcpy(bytes + at, input.p, input.n < f->n - at ? input.n : f->n - at);
	put(f->path, str_n(bytes, f->n), S(""));
}

static void count_one(void *arg, const struct audit_line *l, struct str text)
{
	(void)l;
	(void)text;
	++*(uint64_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	static struct audit_report r;
	uint64_t seq = 0, read = 0, skipped;
	struct audit *a;
	struct str input;
	unsigned at;

	if (!made)
		make_log();
	made = true;
	if (size < 3 || size > 4096)
		return 0;
	input = str_n((const char *)data + 3, size - 3);
	at = (unsigned)data[1] | (unsigned)data[2] << 8;
	remove_segments();
	put_back(&yesterday);
	put_back(&today);
	put_back(&head);
	put_back(&key);
	if (data[0] & 1)
		change(&today, at, input);
	if (data[0] & 2)
		lay_over(&head, at, input);
	if (data[0] & 4)
		unlink(head.path);
	if (data[0] & 8)
		change(&yesterday, at, input);
	if (data[0] & 16)
		lay_over(&today, at, input);
	if (data[0] & 32)
		unlink(today.path);
	clock_ms =
		NOON + (data[0] & 64 ? AUDIT_DAY_MS : 0) - (data[0] & 128 ? 3 * AUDIT_DAY_MS : 0);
	a = open_audit();
	must(add(a, NULL) == AUDIT_DONE);
	must(add(a, &seq) == AUDIT_DONE);
	audit_free(a);
	audit_verify(&(struct audit_verify_options){ .dir = dir, .store = store }, &r);
	must(!r.message[0]);
	/* Where the code of the record before ours was overwritten, nothing leads to ours. */
	must(r.last == seq || ((data[0] & 17) && r.verdict == AUDIT_BROKEN));
	/* A log that was not touched stays whole. */
	must(input.n || (data[0] & 0x3f) || r.verdict == AUDIT_INTACT);
	must(audit_read(dir, INT64_MIN, count_one, &read, &skipped) == 0 && read >= 2);
	return 0;
}
