/*
 * log_faults.c - every system call of the usage log and of the store fails once.
 *
 *	log_faults DIR
 *
 * The system calls that product code makes go through the functions below, which replace those
 * of the C library in this program alone.  The same story (first records, a change of day,
 * retention, a new secret) is told again and again; the first time its first call fails, the
 * second time its second, and so on until a story has no such call any more.
 * After each, with everything working again, the log must take a record and verify, no record
 * that was reported as written may be missing, and a secret is the old or the new one.
 * Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "work/audit.h"
#include "work/audit_key.h"
#include "work/audit_verify.h"
#include "work/conf.h"
#include "work/store.h"

/* ---- the calls that fail ---- */

enum how { FAIL_EIO, FAIL_ENOSPC, FAIL_SHORT, HOWS };
static const char *const how_names[HOWS] = { "EIO", "ENOSPC", "a short write" };

static bool counting;
static unsigned long calls, failing;
static enum how how;
static const char *failed_call;

/* True when this is the call to fail. */
static bool fails(const char *name)
{
	if (!counting || ++calls != failing)
		return false;
	failed_call = name;
	errno = how == FAIL_EIO ? EIO : ENOSPC;
	return true;
}

/* The names of the C library, kept from its headers' inline wrappers. */
#define REPLACES(name) __asm__(name)
ssize_t fault_write(int fd, const void *p, size_t n) REPLACES("write");
ssize_t fault_pwrite(int fd, const void *p, size_t n, off_t at) REPLACES("pwrite");
ssize_t fault_read(int fd, void *p, size_t n) REPLACES("read");
ssize_t fault_pread(int fd, void *p, size_t n, off_t at) REPLACES("pread");
int fault_open(const char *path, int flags, ...) REPLACES("open");
int fault_fdatasync(int fd) REPLACES("fdatasync");
int fault_fsync(int fd) REPLACES("fsync");
int fault_flock(int fd, int op) REPLACES("flock");
int fault_rename(const char *from, const char *to) REPLACES("rename");
int fault_unlink(const char *path) REPLACES("unlink");
int fault_mkdir(const char *path, mode_t mode) REPLACES("mkdir");

ssize_t fault_write(int fd, const void *p, size_t n)
{
	if (fails("write")) {
		if (how != FAIL_SHORT || n < 2)
			return -1;
		n /= 2;
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t fault_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fails("pwrite")) {
		if (how != FAIL_SHORT || n < 2)
			return -1;
		n /= 2;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t fault_read(int fd, void *p, size_t n)
{
	return fails("read") ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t fault_pread(int fd, void *p, size_t n, off_t at)
{
	return fails("pread") ? -1 : syscall(SYS_pread64, fd, p, n, at);
}

int fault_open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int fault_fdatasync(int fd)
{
	return fails("fdatasync") ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fault_fsync(int fd)
{
	return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int fault_flock(int fd, int op)
{
	return fails("flock") ? -1 : (int)syscall(SYS_flock, fd, op);
}

int fault_rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fault_unlink(const char *path)
{
	return fails("unlink") ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int fault_mkdir(const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

/* ---- the story ---- */

static int64_t clock_ms;
static struct arena arena;
static struct conf conf;

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

static struct audit *open_audit(struct store *s, const char *dir)
{
	struct audit *a = audit_new(&(struct audit_options){
		.dir = dir,
		.store = s,
		.days = 30,
		.now = now,
		.anchor = no_anchor,
	});

	if (!a)
		exit(2);
	return a;
}

static bool add(struct audit *a, enum audit_sync sync, uint64_t *last)
{
	struct audit_record r = {
		.event = AUDIT_IN,
		.sync = sync,
		.tool = S("update_live_flow"),
		.klass = 'D',
		.who = S("who"),
	};

	return audit_append(a, &r, last) == AUDIT_DONE;
}

static void put(struct store *s, const char *value)
{
	struct secret *v = secret_new(str_from(value));

	(void)store_put(s, "refresh_token", v);
	secret_free(v);
}

/* Returns the number of the last record that was reported as written. */
static uint64_t tell(struct store *s, const char *dir)
{
	struct audit *a = open_audit(s, dir);
	uint64_t last = 0;

	add(a, AUDIT_LAZY, &last);
	add(a, AUDIT_SYNC, &last);
	clock_ms += AUDIT_DAY_MS;
	add(a, AUDIT_SYNC, &last);
	put(s, "new");
	clock_ms += 31 * AUDIT_DAY_MS;
	add(a, AUDIT_LAZY, &last);
	add(a, AUDIT_SYNC, &last);
	(void)audit_flush(a);
	audit_free(a);
	return last;
}

static bool is_whole(struct store *s, const char *dir, uint64_t last, const char **why)
{
	struct audit *a = open_audit(s, dir);
	struct audit_report *r = malloc(sizeof(*r));
	struct secret *v = NULL;
	bool ok;

	*why = "the log takes no record any more";
	ok = r && add(a, AUDIT_SYNC, NULL);
	if (ok) {
		audit_verify(&(struct audit_verify_options){ .dir = dir, .store = s }, r);
		ok = r->verdict == AUDIT_INTACT;
		*why = r->count ? arena_printf(&arena, "%s", r->findings[0].text) : r->message;
	}
	if (ok) {
		ok = r->last > last;
		*why = "a record is missing";
	}
	if (ok) {
		*why = "the secret is neither the old nor the new one";
		ok = store_get(s, "refresh_token", &v) == STORE_OK &&
		     (str_eq(secret_bytes(v), S("old")) || str_eq(secret_bytes(v), S("new")));
	}
	secret_free(v);
	free(r);
	audit_free(a);
	return ok;
}

static void remove_all(const char *dir)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

/* One story with one fault; false when there was nothing left to fail. */
static bool one(const char *base, unsigned long *bad)
{
	struct store *s;
	const char *dir, *why = "";
	uint64_t last;

	arena_release(&arena);
	conf.state_dir = arena_printf(&arena, "%s/%d-%lu", base, (int)how, failing);
	clock_ms = INT64_C(1795284312345);
	s = store_new(&conf);
	if (!s)
		exit(2);
	put(s, "old");
	dir = audit_dir(&arena, s);
	calls = 0;
	failed_call = NULL;
	counting = true;
	last = tell(s, dir);
	counting = false;
	if (!is_whole(s, dir, last, &why)) {
		printf("# %s at call %lu (%s): %s\n", how_names[how], failing,
		       failed_call ? failed_call : "none", why);
		++*bad;
	}
	store_free(s);
	remove_all(conf.state_dir);
	return failed_call != NULL;
}

int main(int argc, char **argv)
{
	unsigned long bad_in_all = 0;

	if (argc != 2)
		return 2;
	umask(077);
	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&arena, 1u << 20);
	conf = (struct conf){ .profile = "faults", .cloud = "practice" };
	printf("1..%d\n", HOWS);
	for (how = 0; how < HOWS; how++) {
		unsigned long bad = 0;

		for (failing = 1; one(argv[1], &bad); failing++)
			;
		/* A story without a call that can fail would prove nothing. */
		if (failing < 50)
			bad++;
		printf("%sok %d - %s at each of %lu calls\n", bad ? "not " : "", how + 1,
		       how_names[how], failing - 1);
		bad_in_all += bad;
	}
	return bad_in_all != 0;
}
