/*
 * log_torture.c - the usage log among many processes that die at any moment.
 *
 *	log_torture kill DIR WRITERS KILLS   KILLS times SIGKILL to one of WRITERS processes
 *	log_torture load DIR WRITERS N       every process appends N records
 *	log_torture days DIR WRITERS DAYS    the date changes again and again while they append,
 *	                                     and one of them is killed each time
 *	log_torture stop DIR                 the holder of the lock is stopped
 *	log_torture flips DIR RECORDS        every bit of a log, one after the other, is changed
 *
 * Each ends with a verification of the log in DIR and prints one line; exit 0 when it held.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "work/audit.h"
#include "work/audit_file.h"
#include "work/audit_verify.h"
#include "work/conf.h"
#include "work/store.h"

enum { MOST_WRITERS = 64 };

/* Shared by all processes. */
struct shared {
	_Atomic int64_t ahead; /* ms that the clock is ahead of the real one */
	_Atomic uint64_t records;
	_Atomic bool stop;
	_Atomic uint64_t failures;
	char failure[256];
};

static struct shared *shared;
static struct arena arena;
static struct conf conf;
static bool stop_inside; /* stop in the middle of an append, while holding the lock */

static void die(const char *what)
{
	dprintf(2, "log_torture: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now(void *arg)
{
	(void)arg;
	if (stop_inside) {
		stop_inside = false;
		raise(SIGSTOP);
	}
	return os_wall_ms() + atomic_load(&shared->ahead);
}

static void no_anchor(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

struct opened {
	struct store *store;
	struct audit *audit;
	const char *dir;
};

static struct opened open_log(void)
{
	struct opened o = { .store = store_new(&conf) };

	o.dir = o.store ? audit_dir(&arena, o.store) : NULL;
	if (!o.dir)
		die("store");
	o.audit = audit_new(&(struct audit_options){
		.dir = o.dir,
		.store = o.store,
		.days = 30,
		.now = now,
		.anchor = no_anchor,
	});
	if (!o.audit)
		die("log");
	return o;
}

static void close_log(struct opened *o)
{
	audit_free(o->audit);
	store_free(o->store);
}

static void nap(long us)
{
	nanosleep(&(struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 },
		  NULL);
}

static const struct audit_record sample = {
	.event = AUDIT_OUT,
	.tool = STR_INIT("get_live_flow"),
	.api = STR_INIT("flow"),
	.klass = 'R',
	.trust = 'S',
	.who = STR_INIT("who"),
	.tenant = STR_INIT("tenant"),
	.environment = STR_INIT("environment"),
	.arguments = STR_INIT("{}"),
	.status = STR_INIT("ok"),
	.http = 200,
	.ms = 12,
};

/* Appends `n` records (0: without end); every hundredth is synced. */
static void write_records(uint64_t n)
{
	struct opened o = open_log();

	for (uint64_t i = 0; (!n || i < n) && !atomic_load(&shared->stop);) {
		struct audit_record r = sample;
		enum audit_result result;

		r.sync = i % 100 == 99 ? AUDIT_SYNC : AUDIT_LAZY;
		result = audit_append(o.audit, &r, NULL);
		if (result == AUDIT_BUSY) {
			nap(50);
			continue;
		}
		if (result == AUDIT_FAILED) {
			if (atomic_fetch_add(&shared->failures, 1) == 0)
				snprintf(shared->failure, sizeof(shared->failure), "%s",
					 audit_message(o.audit));
			break;
		}
		atomic_fetch_add(&shared->records, 1);
		i++;
	}
	close_log(&o);
}

static pid_t start_writer(uint64_t n)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		write_records(n);
		_exit(0);
	}
	return pid;
}

/* Verifies; 0 when the log is whole. */
static int verdict(const char *mode)
{
	struct opened o = open_log();
	struct audit_verify_options v = { .dir = o.dir, .store = o.store };
	struct audit_report *r = malloc(sizeof(*r));
	unsigned long torn = 0;
	int rc;

	if (!r)
		die("malloc");
	audit_verify(&v, r);
	for (size_t i = 0; i < r->count; i++) {
		torn += strstr(r->findings[i].text, "unfinished") != NULL;
		if (r->findings[i].problem)
			dprintf(2, "%s line %llu seq %llu: %s\n", r->findings[i].segment,
				(unsigned long long)r->findings[i].line,
				(unsigned long long)r->findings[i].seq, r->findings[i].text);
	}
	rc = r->verdict != AUDIT_INTACT || atomic_load(&shared->failures);
	dprintf(1, "%s: %llu records told, %llu verified in %zu days, %lu torn tails%s%s\n", mode,
		(unsigned long long)atomic_load(&shared->records), (unsigned long long)r->records,
		r->segments, torn + r->not_listed, rc ? ", NOT WHOLE " : "", shared->failure);
	/* What was told to be in the log is there. */
	if (r->records < atomic_load(&shared->records)) {
		dprintf(2, "records are missing\n");
		rc = 1;
	}
	free(r);
	close_log(&o);
	return rc;
}

static int run_kill(int writers, long kills)
{
	pid_t pid[MOST_WRITERS];
	unsigned seed = (unsigned)getpid();
	struct opened o;

	for (int i = 0; i < writers; i++)
		pid[i] = start_writer(0);
	for (long k = 0; k < kills; k++) {
		int i = rand_r(&seed) % writers;

		nap(200 + rand_r(&seed) % 8000);
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
		pid[i] = start_writer(0);
	}
	for (int i = 0; i < writers; i++)
		kill(pid[i], SIGKILL);
	for (int i = 0; i < writers; i++)
		waitpid(pid[i], NULL, 0);
	if (verdict("after the last kill"))
		return 1;
	/* And once more with the next record in it. */
	o = open_log();
	if (audit_append(o.audit, &sample, NULL) != AUDIT_DONE)
		return 1;
	close_log(&o);
	return verdict("kill");
}

static int run_load(int writers, long n)
{
	int64_t begun = os_now_ms(), took;
	int rc;

	for (int i = 0; i < writers; i++)
		start_writer((uint64_t)n);
	while (wait(NULL) > 0)
		;
	took = os_now_ms() - begun;
	rc = verdict("load") || atomic_load(&shared->records) != (uint64_t)writers * (uint64_t)n;
	dprintf(1, "load: %lld us a record\n",
		(long long)(took * 1000 / ((int64_t)writers * (int64_t)n)));
	return rc;
}

static int run_days(int writers, long days)
{
	unsigned seed = (unsigned)getpid();
	pid_t pid[MOST_WRITERS];

	for (int i = 0; i < writers; i++)
		pid[i] = start_writer(0);
	for (long d = 0; d < days; d++) {
		int i = rand_r(&seed) % writers;

		nap(20000);
		atomic_fetch_add(&shared->ahead, AUDIT_DAY_MS);
		/* Somebody dies at about that time, too. */
		nap(rand_r(&seed) % 3000);
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
		pid[i] = start_writer(0);
	}
	atomic_store(&shared->stop, true);
	while (wait(NULL) > 0)
		;
	/* Old days are gone, so only that the rest is whole can be asked. */
	atomic_store(&shared->records, 0);
	return verdict("days");
}

static int run_stop(void)
{
	struct opened o = open_log();
	int64_t before;
	int status = 0;
	pid_t pid;

	if (audit_append(o.audit, &sample, NULL) != AUDIT_DONE)
		return 1;
	pid = fork();
	if (pid == 0) {
		struct opened own = open_log();

		stop_inside = true;
		_exit(audit_append(own.audit, &sample, NULL) != AUDIT_DONE);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 1;
	before = os_now_ms();
	for (int i = 0; i < 10; i++)
		if (audit_append(o.audit, &sample, NULL) != AUDIT_BUSY) {
			dprintf(2, "the lock of a stopped process was taken\n");
			return 1;
		}
	if (os_now_ms() - before > 1000) {
		dprintf(2, "an append waited for a stopped process\n");
		return 1;
	}
	kill(pid, SIGCONT);
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	if (audit_append(o.audit, &sample, NULL) != AUDIT_DONE)
		return 1;
	close_log(&o);
	return verdict("stop");
}

static void flip(int fd, off_t byte, int bit)
{
	unsigned char c = 0;

	if (pread(fd, &c, 1, byte) != 1)
		die("read");
	c ^= (unsigned char)(1u << bit);
	if (pwrite(fd, &c, 1, byte) != 1)
		die("write");
}

static int run_flips(long records)
{
	struct opened o = open_log();
	struct audit_verify_options v = { .dir = o.dir, .store = o.store };
	struct audit_report *r = malloc(sizeof(*r));
	unsigned long flips = 0, missed = 0;
	char path[4096];
	struct stat st;
	int fd;

	for (long i = 0; i < records - 1; i++)
		if (audit_append(o.audit, &sample, NULL) != AUDIT_DONE)
			return 1;
	if (!r || !audit_segment_path(o.dir, audit_day_of(now(NULL)), path))
		return 1;
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		die(path);
	for (off_t byte = 0; byte < st.st_size; byte++)
		for (int bit = 0; bit < 8; bit++, flips++) {
			flip(fd, byte, bit);
			if (audit_verify(&v, r) != AUDIT_BROKEN) {
				dprintf(2, "missed: byte %lld bit %d\n", (long long)byte, bit);
				missed++;
			}
			flip(fd, byte, bit);
		}
	dprintf(1, "flips: %lu of %lu changes of one bit found\n", flips - missed, flips);
	close(fd);
	free(r);
	close_log(&o);
	return missed ? 1 : verdict("flips");
}

static long number(int argc, char **argv, int i, long most)
{
	uint64_t n;

	if (i >= argc || !str_to_u64(str_from(argv[i]), &n) || n < 1 || n > (uint64_t)most) {
		dprintf(2, "log_torture: see the head of log_torture.c\n");
		exit(2);
	}
	return (long)n;
}

int main(int argc, char **argv)
{
	struct str mode = str_from(argc > 1 ? argv[1] : "");

	if (argc < 3)
		number(0, argv, 1, 1);
	umask(077);
	arena_init(&arena, 1u << 20);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("mmap");
	conf = (struct conf){ .profile = "torture", .cloud = "practice", .state_dir = argv[2] };
	if (str_eq(mode, S("stop")))
		return run_stop();
	if (str_eq(mode, S("flips")))
		return run_flips(number(argc, argv, 3, 100000));
	if (str_eq(mode, S("kill")))
		return run_kill((int)number(argc, argv, 3, MOST_WRITERS),
				number(argc, argv, 4, 1000000));
	if (str_eq(mode, S("load")))
		return run_load((int)number(argc, argv, 3, MOST_WRITERS),
				number(argc, argv, 4, 1000000));
	if (str_eq(mode, S("days")))
		return run_days((int)number(argc, argv, 3, MOST_WRITERS),
				number(argc, argv, 4, 10000));
	return (int)number(0, argv, 1, 1);
}
