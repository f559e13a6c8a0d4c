/*
 * test_audit.c - the usage log: what is written, what is found, what survives.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/limits.h"
#include "mounts.h"
#include "unit.h"
#include "work/audit.h"
#include "work/audit_file.h"
#include "work/audit_verify.h"
#include "work/conf.h"
#include "work/store.h"

#define MINUTE (60 * INT64_C(1000))
#define DAY    AUDIT_DAY_MS

/* 2026-11-21T18:05:12.345Z */
#define START INT64_C(1795284312345)

/* One profile with its log, in a directory of its own. */
struct place {
	struct arena *a;
	char base[64];
	struct conf conf;
	struct store *store;
	const char *dir;
	struct audit *log;
	int64_t clock;
	int anchors;
	char anchor[512];
};

static int64_t place_now(void *arg)
{
	return ((struct place *)arg)->clock;
}

static void place_anchor(void *arg, const char *line)
{
	struct place *p = arg;

	p->anchors++;
	snprintf(p->anchor, sizeof(p->anchor), "%s", line);
}

static void open_log(struct place *p, int days)
{
	struct audit_options o = {
		.dir = p->dir,
		.store = p->store,
		.days = days,
		.now = place_now,
		.now_arg = p,
		.anchor = place_anchor,
		.anchor_arg = p,
	};

	p->log = audit_new(&o);
	assert_non_null(p->log);
}

static struct place *place_new(void **state)
{
	struct place *p = arena_alloc(*state, sizeof(*p));

	p->a = *state;
	snprintf(p->base, sizeof(p->base), "/tmp/flowlatch-audit-XXXXXX");
	assert_non_null(mkdtemp(p->base));
	p->conf = (struct conf){
		.arena = p->a,
		.profile = "p",
		.cloud = "practice",
		.state_dir = arena_printf(p->a, "%s/state", p->base),
	};
	p->store = store_new(&p->conf);
	p->dir = audit_dir(p->a, p->store);
	assert_non_null(p->dir);
	p->clock = START;
	open_log(p, 30);
	return p;
}

static void place_free(struct place *p)
{
	char command[128];

	audit_free(p->log);
	store_free(p->store);
	snprintf(command, sizeof(command), "/bin/rm");
	if (fork() == 0) {
		execl(command, "rm", "-rf", p->base, (char *)NULL);
		_exit(127);
	}
	wait(NULL);
}

static const char *path_in(struct place *p, const char *name)
{
	return arena_printf(p->a, "%s/%s", p->dir, name);
}

static const char *segment(struct place *p, int64_t when)
{
	char path[4096];

	assert_true(audit_segment_path(p->dir, audit_day_of(when), path));
	return arena_copy(p->a, path, strlen(path));
}

static const struct audit_record sample = {
	.event = AUDIT_OUT,
	.ref = 0,
	.tool = STR_INIT("update_flow"),
	.api = STR_INIT("flow"),
	.klass = 'D',
	.trust = 'S',
	.channel = STR_INIT("mrtr"),
	.decision = STR_INIT("approved"),
	.plan = STR_INIT("5be1c0aa"),
	.who = STR_INIT("ada-object-id"),
	.tenant = STR_INIT("tenant-id"),
	.environment = STR_INIT("Default-tenant-id"),
	.arguments = STR_INIT("{\"flowName\":\"secret-flow\"}"),
	.argument_count = 1,
	.status = STR_INIT("ok"),
	.http = 200,
	.ms = 812,
	.redacted = 3,
	.correlation = STR_INIT("a1b2c3d4e5f6"),
};

static uint64_t add(struct place *p)
{
	uint64_t seq = 0;

	if (audit_append(p->log, &sample, &seq) != AUDIT_DONE)
		fail_msg("append: %s", audit_message(p->log));
	return seq;
}

static struct audit_report verify(struct place *p)
{
	struct audit_verify_options o = { .dir = p->dir, .store = p->store };
	struct audit_report r;

	audit_verify(&o, &r);
	return r;
}

static void show(const struct audit_report *r)
{
	print_error("verdict %d, %llu records, %s\n", r->verdict, (unsigned long long)r->records,
		    r->message);
	for (size_t i = 0; i < r->count; i++)
		print_error("  %s %s:%llu seq %llu %s\n", r->findings[i].problem ? "!" : "-",
			    r->findings[i].segment, (unsigned long long)r->findings[i].line,
			    (unsigned long long)r->findings[i].seq, r->findings[i].text);
}

static void expect(struct place *p, enum audit_verdict want, const char *text)
{
	struct audit_report r = verify(p);
	bool found = text == NULL;

	for (size_t i = 0; i < r.count; i++)
		found |= text && strstr(r.findings[i].text, text) != NULL;
	if (r.verdict == want && found)
		return;
	show(&r);
	fail_msg("wanted verdict %d with '%s'", want, text ? text : "");
}

static void expect_silent(struct place *p)
{
	struct audit_report r = verify(p);

	if (r.verdict != AUDIT_INTACT || r.count) {
		show(&r);
		fail_msg("wanted an intact log with nothing to tell");
	}
}

static struct str read_all(struct place *p, const char *path)
{
	struct buf b;

	buf_init_in(&b, p->a, 64 << 20);
	assert_int_equal(os_read_file(path, &b), 0);
	buf_c(&b);
	return buf_str(&b);
}

static void write_all(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

static void append_raw(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

/* ---- what is written ---- */

static void test_record(void **state)
{
	struct place *p = place_new(state);
	struct str text, line;
	struct stat st;

	assert_int_equal(access(p->dir, F_OK), -1);
	assert_int_equal(add(p), 2);
	text = read_all(p, segment(p, START));
	assert_true(str_cut(&text, '\n', &line));
	assert_true(str_starts(
		line, S("{\"v\":1,\"seq\":1,\"t\":\"2026-11-21T18:05:12.345Z\",\"run\":\"")));
	assert_true(str_find(line, S("\"ev\":\"open\",\"day\":\"2026-11-21\",\"host\":\"h:")) > 0);
	assert_true(str_cut(&text, '\n', &line));
	assert_true(str_starts(
		line, S("{\"v\":1,\"seq\":2,\"t\":\"2026-11-21T18:05:12.345Z\",\"run\":\"")));
	assert_true(
		str_find(line,
			 S("\",\"ev\":\"out\",\"ref\":0,\"tool\":\"update_flow\",\"api\":\"flow\","
			   "\"cls\":\"D\",\"tl\":\"S\",\"ch\":\"mrtr\",\"dec\":\"approved\","
			   "\"pln\":\"5be1c0aa\",\"who\":\"u:")) > 0);
	assert_true(str_find(line, S("\"an\":1,\"st\":\"ok\",\"http\":200,\"ms\":812,\"red\":3,"
				     "\"err\":\"\",\"cor\":\"a1b2c3d4\",\"m\":\"")) > 0);
	assert_true(line.n < 600);
	/* Values that identify are there only as pseudonyms. */
	assert_int_equal(str_find(line, S("ada-object")), -1);
	assert_int_equal(str_find(line, S("Default")), -1);
	assert_int_equal(str_find(line, S("secret-flow")), -1);
	assert_int_equal(stat(p->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(segment(p, START), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect_silent(p);
	place_free(p);
}

/* Whatever a caller passes, a line stays ASCII JSON of at most 1,024 bytes. */
static void test_hostile_values(void **state)
{
	struct place *p = place_new(state);
	struct audit_record r = sample;
	char *junk = arena_alloc(p->a, 5000);
	struct str text, line;
	uint64_t seq;

	for (size_t i = 0; i < 4999; i++)
		junk[i] = (char)(i % 3 ? '"' : (char)(1 + i % 255));
	r.tool = r.api = r.channel = r.decision = r.plan = r.who = r.tenant = r.environment =
		r.arguments = r.status = r.correlation = str_n(junk, 4999);
	r.klass = '"';
	r.trust = '\n';
	r.http = -5;
	r.ms = INT64_MIN;
	r.argument_count = r.redacted = UINT32_MAX;
	r.ref = 1;
	r.err = ERR_OUTCOME_UNKNOWN;
	assert_int_equal(audit_append(p->log, &r, &seq), AUDIT_DONE);
	text = read_all(p, segment(p, START));
	while (str_cut(&text, '\n', &line)) {
		struct audit_line l;

		if (line.n)
			assert_true(audit_line_read(line, &l));
	}
	expect_silent(p);
	place_free(p);
}

static void test_pseudonyms(void **state)
{
	struct place *p = place_new(state), *q = place_new(state);
	struct str a, b, line;
	struct audit_line one, two, other;

	add(p);
	add(p);
	add(q);
	a = read_all(p, segment(p, START));
	b = read_all(q, segment(q, START));
	assert_true(str_cut(&a, '\n', &line) && str_cut(&a, '\n', &line) &&
		    audit_line_read(line, &one));
	assert_true(str_cut(&a, '\n', &line) && audit_line_read(line, &two));
	assert_true(str_cut(&b, '\n', &line) && str_cut(&b, '\n', &line) &&
		    audit_line_read(line, &other));
	/* The same within a log, another one elsewhere. */
	assert_true(str_eq(audit_line_get(&one, "who"), audit_line_get(&two, "who")));
	assert_false(str_eq(audit_line_get(&one, "who"), audit_line_get(&other, "who")));
	assert_int_equal(audit_line_get(&one, "who").n, 18);
	assert_int_equal(audit_line_get(&one, "ten").n, 18);
	assert_int_equal(audit_line_get(&one, "env").n, 10);
	assert_int_equal(audit_line_get(&one, "args").n, 16);
	place_free(p);
	place_free(q);
}

/* ---- days ---- */

static void test_ninety_days(void **state)
{
	struct place *p = place_new(state);
	struct audit_segments all;

	for (int day = 0; day < 90; day++) {
		for (int i = 0; i < 3; i++) {
			p->clock += 7 * MINUTE;
			add(p);
		}
		p->clock += DAY - 21 * MINUTE;
		/* Some days nobody works, and sometimes the process is another one. */
		if (day % 7 == 5)
			p->clock += 2 * DAY;
		if (day % 5 == 4) {
			audit_free(p->log);
			open_log(p, 30);
		}
		if (day % 10 == 0)
			expect_silent(p);
		assert_int_equal(audit_segments_read(p->dir, &all), 0);
		assert_true(all.count <= 30);
		assert_true(all.days[0] > all.days[all.count - 1] - 30);
	}
	expect_silent(p);
	assert_true(all.count > 20);
	assert_true(p->anchors > 90);
	assert_non_null(strstr(p->anchor, "record "));
	place_free(p);
}

static void test_shorter_retention(void **state)
{
	struct place *p = place_new(state);
	struct audit_segments all;

	for (int day = 0; day < 10; day++, p->clock += DAY)
		add(p);
	audit_free(p->log);
	open_log(p, 3);
	add(p);
	assert_int_equal(audit_segments_read(p->dir, &all), 0);
	assert_int_equal(all.count, 3);
	expect_silent(p);
	/* A long pause: nothing old is left, and the chain still begins where the last one ended.
	 */
	p->clock += 100 * DAY;
	add(p);
	assert_int_equal(audit_segments_read(p->dir, &all), 0);
	assert_int_equal(all.count, 1);
	expect_silent(p);
	place_free(p);
}

static void test_clock_goes_back(void **state)
{
	struct place *p = place_new(state);
	struct audit_segments all;

	add(p);
	p->clock -= 500;
	add(p);
	expect_silent(p);
	p->clock -= 10 * MINUTE;
	add(p);
	expect(p, AUDIT_INTACT, "the clock had gone back by 600 s");
	p->clock -= 5 * DAY;
	add(p);
	p->clock += 5 * DAY + 20 * MINUTE;
	add(p);
	p->clock += DAY;
	add(p);
	p->clock -= 3 * DAY;
	add(p);
	expect(p, AUDIT_INTACT, "the clock had gone back by");
	assert_int_equal(audit_segments_read(p->dir, &all), 0);
	assert_int_equal(all.count, 2);
	place_free(p);
}

static void test_clock_before_first_day(void **state)
{
	struct place *p = place_new(state);

	p->clock = 0;
	add(p);
	p->clock = START;
	add(p);
	p->clock = 1000;
	audit_free(p->log);
	open_log(p, 30);
	add(p);
	expect(p, AUDIT_INTACT, "the clock had gone back");
	place_free(p);
}

/* The key of a day that is over is nowhere any more once the verification key was handed out. */
static void test_verification_key(void **state)
{
	struct place *p = place_new(state);
	struct audit_verify_options o = { .dir = p->dir };
	struct audit_report r;
	struct buf key;

	for (int day = 0; day < 3; day++, p->clock += DAY)
		add(p);
	buf_init_in(&key, p->a, 256);
	assert_int_equal(audit_begin_log(p->log, &key), AUDIT_DONE);
	assert_true(str_starts(buf_str(&key), S("flowlatch-log-key-1:2026-11-21:")));
	assert_int_equal(key.n, sizeof("flowlatch-log-key-1:2026-11-21:") - 1 + 64);
	assert_int_equal(audit_begin_log(p->log, &key), AUDIT_FAILED);
	assert_non_null(strstr(audit_message(p->log), "shown before"));
	add(p);
	r = verify(p);
	assert_int_equal(r.verdict, AUDIT_UNKNOWN);
	assert_true(r.unproved > 0 && r.unproved < r.records);
	o.key = buf_str(&key);
	assert_int_equal(audit_verify(&o, &r), AUDIT_INTACT);
	assert_int_equal(r.unproved, 0);
	p->clock += DAY;
	add(p);
	assert_int_equal(audit_verify(&o, &r), AUDIT_INTACT);
	o.key = S("flowlatch-log-key-1:2026-11-21:"
		  "0000000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(audit_verify(&o, &r), AUDIT_BROKEN);
	o.key = S("hello");
	assert_int_equal(audit_verify(&o, &r), AUDIT_UNKNOWN);
	assert_non_null(strstr(r.message, "not a verification key"));
	place_free(p);
}

static struct str stored_key(struct place *p)
{
	return read_all(p, arena_printf(p->a, "%s/state/profiles/p/log_key", p->base));
}

static void test_stored_keys(void **state)
{
	struct place *p = place_new(state), *q = place_new(state);
	struct str before, after;
	struct buf key;

	add(p);
	before = stored_key(p);
	assert_true(str_find(before, S("\nfirst 2026-11-21 ")) > 0);
	p->clock += DAY;
	add(p);
	after = stored_key(p);
	assert_true(str_find(after, S("\ntoday 2026-11-22 ")) > 0);
	assert_true(str_find(after, S("\nfirst 2026-11-21 ")) > 0);
	p->clock += 40 * DAY;
	add(p);
	after = stored_key(p);
	assert_true(str_find(after, S("\ntoday 2027-01-01 ")) > 0);
	assert_true(str_find(after, S("\nfirst 2026-12-03 ")) > 0);
	/* Another server that still has the window's key in memory must not bring it back. */
	buf_init_in(&key, p->a, 256);
	add(q);
	q->log = (audit_free(q->log), NULL);
	audit_free(p->log);
	open_log(p, 30);
	add(p);
	q->log = p->log;
	open_log(p, 30);
	assert_int_equal(audit_begin_log(p->log, &key), AUDIT_DONE);
	assert_int_equal(str_find(stored_key(p), S("\nfirst ")), -1);
	p->clock += DAY;
	assert_int_equal(audit_append(q->log, &sample, NULL), AUDIT_DONE);
	assert_int_equal(str_find(stored_key(p), S("\nfirst ")), -1);
	place_free(p);
	place_free(q);
}

static void test_purge(void **state)
{
	struct place *p = place_new(state);
	struct audit_segments all;
	unsigned count;

	for (int day = 0; day < 5; day++, p->clock += DAY)
		add(p);
	assert_int_equal(audit_purge(p->log, audit_day_of(START) + 2, &count), AUDIT_DONE);
	assert_int_equal(count, 2);
	expect_silent(p);
	assert_int_equal(audit_purge(p->log, audit_day_of(START) + 2, &count), AUDIT_DONE);
	assert_int_equal(count, 0);
	/* Never today's. */
	assert_int_equal(audit_purge(p->log, audit_day_of(START) + 1000, &count), AUDIT_DONE);
	assert_int_equal(audit_segments_read(p->dir, &all), 0);
	assert_int_equal(all.count, 1);
	expect_silent(p);
	add(p);
	expect_silent(p);
	place_free(p);
}

/* ---- tampering ---- */

/* A log of `n` records on one day. */
static struct place *filled(void **state, int n)
{
	struct place *p = place_new(state);

	for (int i = 0; i < n; i++) {
		p->clock += 1000;
		add(p);
	}
	expect_silent(p);
	return p;
}

static void flip(const char *path, size_t byte, int bit)
{
	unsigned char c;
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, (off_t)byte), 1);
	c ^= (unsigned char)(1u << bit);
	assert_int_equal(pwrite(fd, &c, 1, (off_t)byte), 1);
	close(fd);
}

static bool is_found(struct place *p)
{
	return verify(p).verdict == AUDIT_BROKEN;
}

/* Every bit of a short log; of one of 200 records, bits all over it.  (tests/torture does all.) */
static void test_bit_flips(void **state)
{
	struct place *p = filled(state, 4);
	const char *path = segment(p, START);
	size_t n = read_all(p, path).n;

	for (size_t i = 0; i < n * 8; i++) {
		flip(path, i / 8, (int)(i % 8));
		if (!is_found(p))
			fail_msg("bit %zu of byte %zu", i % 8, i / 8);
		flip(path, i / 8, (int)(i % 8));
	}
	path = path_in(p, AUDIT_HEAD_FILE);
	for (size_t i = 0; i < (size_t)AUDIT_HEAD * 8; i++) {
		flip(path, i / 8, (int)(i % 8));
		if (!is_found(p))
			fail_msg("head: bit %zu of byte %zu", i % 8, i / 8);
		flip(path, i / 8, (int)(i % 8));
	}
	expect_silent(p);
	place_free(p);
	p = filled(state, 200);
	path = segment(p, START);
	n = read_all(p, path).n;
	for (size_t i = 0; i < n; i += 251) {
		flip(path, i, (int)(i % 8));
		if (!is_found(p))
			fail_msg("bit %zu of byte %zu", i % 8, i);
		flip(path, i, (int)(i % 8));
	}
	expect_silent(p);
	place_free(p);
}

struct lines {
	struct str line[256]; /* with their newlines */
	size_t count;
};

static struct lines lines_of(struct str text)
{
	struct lines out = { .count = 0 };

	while (text.n) {
		size_t n = (size_t)str_find_char(text, '\n') + 1;

		out.line[out.count++] = str_first(text, n);
		text = str_from_at(text, n);
	}
	return out;
}

static void write_lines(struct place *p, const char *path, const struct lines *l)
{
	struct buf b;

	buf_init_in(&b, p->a, 1 << 20);
	for (size_t i = 0; i < l->count; i++)
		buf_adds(&b, l->line[i]);
	write_all(path, buf_str(&b));
}

static struct lines without(const struct lines *all, size_t i)
{
	struct lines l = *all;

	l.count--;
	for (size_t k = i; k < l.count; k++)
		l.line[k] = all->line[k + 1];
	return l;
}

static void test_delete_swap_duplicate(void **state)
{
	struct place *p = filled(state, 199);
	const char *path = segment(p, START);
	struct str text = read_all(p, path);
	struct lines all = lines_of(text), l;

	assert_int_equal(all.count, 200);
	for (size_t i = 0; i < 200; i++) {
		l = without(&all, i);
		write_lines(p, path, &l);
		if (!is_found(p))
			fail_msg("line %zu deleted", i);
		l = all;
		l.count++;
		for (size_t k = i + 1; k <= 200; k++)
			l.line[k] = all.line[k - 1];
		write_lines(p, path, &l);
		if (!is_found(p))
			fail_msg("line %zu doubled", i);
		if (i == 199)
			continue;
		l = all;
		l.line[i] = all.line[i + 1];
		l.line[i + 1] = all.line[i];
		write_lines(p, path, &l);
		if (!is_found(p))
			fail_msg("lines %zu and the next swapped", i);
	}
	for (size_t i = 0; i < 200; i++) {
		l = all;
		l.count = i;
		write_lines(p, path, &l);
		if (!is_found(p))
			fail_msg("cut to %zu lines", i);
	}
	write_all(path, text);
	expect_silent(p);
	place_free(p);
}

static void test_findings_say_where(void **state)
{
	struct place *p = filled(state, 20);
	const char *path = segment(p, START);
	struct str text = read_all(p, path);
	struct lines all = lines_of(text), l = without(&all, 10);
	struct audit_report r;

	write_lines(p, path, &l);
	r = verify(p);
	assert_int_equal(r.count, 1);
	assert_string_equal(r.findings[0].segment, "2026-11-21");
	assert_int_equal(r.findings[0].line, 11);
	assert_int_equal(r.findings[0].seq, 12);
	assert_string_equal(r.findings[0].text, "record 11 is missing before it");
	write_all(path, text);
	flip(path, (size_t)(all.line[5].p - text.p) + 60, 1);
	r = verify(p);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.findings[0].line, 6);
	assert_int_equal(r.findings[0].seq, 6);
	assert_string_equal(r.findings[0].text, "the record was changed");
	place_free(p);
}

/* Whole segments, the head, everything. */
static void test_files_removed(void **state)
{
	struct place *p = place_new(state);
	struct str key;

	for (int day = 0; day < 4; day++, p->clock += DAY)
		add(p);
	p->clock -= DAY;
	expect_silent(p);
	assert_int_equal(rename(segment(p, START + DAY), path_in(p, "away")), 0);
	expect(p, AUDIT_BROKEN, "are missing before this segment");
	assert_int_equal(rename(path_in(p, "away"), segment(p, START + DAY)), 0);
	assert_int_equal(rename(segment(p, START), path_in(p, "away")), 0);
	expect(p, AUDIT_BROKEN, "no record says that they were dropped");
	assert_int_equal(rename(path_in(p, "away"), segment(p, START)), 0);
	assert_int_equal(rename(segment(p, START + 3 * DAY), path_in(p, "away")), 0);
	expect(p, AUDIT_BROKEN, "the last 2 records are missing");
	assert_int_equal(rename(path_in(p, "away"), segment(p, START + 3 * DAY)), 0);
	expect_silent(p);
	assert_int_equal(rename(path_in(p, AUDIT_HEAD_FILE), path_in(p, "away")), 0);
	expect(p, AUDIT_BROKEN, "usage.head is missing");
	/* The next append goes on, and says what it found. */
	add(p);
	expect(p, AUDIT_BROKEN, "usage.head was missing or wrong");
	key = stored_key(p);
	assert_true(key.n > 0);
	place_free(p);
}

static void test_everything_removed(void **state)
{
	struct place *p = place_new(state);

	for (int day = 0; day < 3; day++, p->clock += DAY)
		add(p);
	audit_free(p->log);
	unlink(segment(p, START));
	unlink(segment(p, START + DAY));
	unlink(segment(p, START + 2 * DAY));
	unlink(path_in(p, AUDIT_HEAD_FILE));
	expect(p, AUDIT_BROKEN, "put back to an earlier state");
	open_log(p, 30);
	assert_true(add(p) > 5);
	expect(p, AUDIT_BROKEN, "no record says that they were dropped");
	expect(p, AUDIT_BROKEN, "the files were missing");
	place_free(p);
}

static void copy_file(struct place *p, const char *from, const char *to)
{
	write_all(to, read_all(p, from));
}

/* Log and head together from yesterday's backup: the store knows better. */
static void test_roll_back(void **state)
{
	struct place *p = place_new(state);

	add(p);
	copy_file(p, segment(p, START), path_in(p, "old-segment"));
	copy_file(p, path_in(p, AUDIT_HEAD_FILE), path_in(p, "old-head"));
	p->clock += DAY;
	add(p);
	unlink(segment(p, START + DAY));
	copy_file(p, path_in(p, "old-segment"), segment(p, START));
	copy_file(p, path_in(p, "old-head"), path_in(p, AUDIT_HEAD_FILE));
	expect(p, AUDIT_BROKEN, "put back to an earlier state");
	place_free(p);
}

/* A record from the seal of another day must not pass: the lesson of CVE-2023-31439. */
static void test_record_of_another_day(void **state)
{
	struct place *p = place_new(state);
	struct lines a, b;

	add(p);
	p->clock += DAY;
	add(p);
	a = lines_of(read_all(p, segment(p, START)));
	b = lines_of(read_all(p, segment(p, START + DAY)));
	b.line[b.count++] = a.line[1];
	write_lines(p, segment(p, START + DAY), &b);
	assert_true(is_found(p));
	place_free(p);
}

/* A file of a day to come takes nobody there, not even when the head is lost. */
static void test_day_to_come(void **state)
{
	struct place *p = filled(state, 3);
	struct audit_segments all;

	write_all(segment(p, START + 1000 * DAY), S("{\"v\":1,\n"));
	add(p);
	unlink(path_in(p, AUDIT_HEAD_FILE));
	add(p);
	p->clock += DAY;
	add(p);
	assert_int_equal(audit_segments_read(p->dir, &all), 0);
	assert_int_equal(all.count, 3);
	assert_true(is_found(p));
	unlink(segment(p, START + 1000 * DAY));
	expect(p, AUDIT_BROKEN, "usage.head was missing");
	place_free(p);
}

/* Someone with the file but without the key, who knows the format and fixes the check sums. */
static void test_forged_head(void **state)
{
	struct place *p = filled(state, 10);
	const char *path = segment(p, START);
	struct str text = read_all(p, path);
	struct lines l = lines_of(text);
	struct audit_keys *other = audit_keys_new(audit_day_of(START));
	struct audit_head h = { .counter = 1000, .day = audit_day_of(START) };
	unsigned char slots[AUDIT_HEAD];
	struct audit_line last;

	l.count -= 3;
	write_lines(p, path, &l);
	assert_true(
		audit_line_read(str_first(l.line[l.count - 1], l.line[l.count - 1].n - 1), &last));
	h.end.seq = last.seq;
	memcpy(h.end.m, last.m, CRYPT_HASH);
	h.offset = read_all(p, path).n;
	assert_true(audit_head_pack(&h, other, slots));
	h.counter++;
	assert_true(audit_head_pack(&h, other, slots + AUDIT_SLOT));
	write_all(path_in(p, AUDIT_HEAD_FILE), str_n((const char *)slots, sizeof(slots)));
	expect(p, AUDIT_BROKEN, "not written with this log's key");
	audit_keys_free(other);
	place_free(p);
}

/* ---- crashes ---- */

/* A tail of any length is marked, and the log goes on. */
static void test_torn_tail(void **state)
{
	struct place *p = filled(state, 3);
	const char *path = segment(p, START), *head = path_in(p, AUDIT_HEAD_FILE);
	struct str before = read_all(p, path), old_head = read_all(p, head), line;
	size_t n;

	add(p);
	line = str_from_at(read_all(p, path), before.n);
	n = line.n;
	for (size_t cut = 1; cut <= n; cut++) {
		struct audit_report r;

		/* The kill came in the middle of the write, or between record and head. */
		write_all(path, before);
		write_all(head, old_head);
		append_raw(path, str_first(line, cut));
		r = verify(p);
		if (r.verdict != AUDIT_INTACT) {
			show(&r);
			fail_msg("cut at %zu, before repair", cut);
		}
		add(p);
		add(p);
		r = verify(p);
		if (r.verdict != AUDIT_INTACT) {
			show(&r);
			fail_msg("cut at %zu", cut);
		}
		/* One byte short is only the newline. */
		assert_int_equal(r.count, cut < n - 1);
	}
	place_free(p);
}

/* Torn while the mark of a torn tail was written, and zeroes after a loss of power. */
static void test_torn_twice(void **state)
{
	struct place *p = filled(state, 3);
	const char *path = segment(p, START);

	append_raw(path, S("{\"v\":1,\"seq\":5,\"t\":\"20\n{\"v\":1,\"se"));
	add(p);
	expect(p, AUDIT_INTACT, "bytes of an unfinished record");
	append_raw(path, S("\n"));
	add(p);
	expect(p, AUDIT_INTACT, "bytes of an unfinished record");
	append_raw(path, str_n("\0\0\0\0\0\0\0\0", 8));
	add(p);
	expect(p, AUDIT_INTACT, "8 bytes of an unfinished record");
	place_free(p);
}

/* What no crash leaves behind is a problem also after it was marked. */
static void test_foreign_tail(void **state)
{
	struct place *p = filled(state, 3);
	const char *path = segment(p, START);

	append_raw(path, S("hello\n"));
	expect(p, AUDIT_BROKEN, "are no records");
	add(p);
	expect(p, AUDIT_BROKEN, "no record's beginning");
	place_free(p);
	p = filled(state, 3);
	/* The last record spoilt so that it looks like a torn one. */
	path = segment(p, START);
	append_raw(path, S("{\"v\":1,\"seq\":99,\"x\":1}\n"));
	add(p);
	assert_int_equal(verify(p).verdict, AUDIT_INTACT);
	place_free(p);
	p = filled(state, 3);
	path = segment(p, START);
	flip(path, read_all(p, path).n - 10, 0);
	add(p);
	assert_true(is_found(p));
	place_free(p);
}

static void test_cut_then_append(void **state)
{
	struct place *p = filled(state, 10);
	const char *path = segment(p, START);
	struct lines l = lines_of(read_all(p, path));

	l.count -= 4;
	write_lines(p, path, &l);
	add(p);
	expect(p, AUDIT_BROKEN, "the end of the file was missing");
	expect(p, AUDIT_BROKEN, "records up to 11 were lost");
	/* Removed altogether. */
	unlink(path);
	add(p);
	add(p);
	assert_true(is_found(p));
	place_free(p);
}

/* The steps of a day's change, interrupted after each. */
static void test_day_change_interrupted(void **state)
{
	const char *seg, *next, *head, *key;
	struct str seg_sealed, next_open, head_before, head_after, key_before, key_after,
		seg_before;
	struct place *p = place_new(state);
	struct lines l;

	add(p);
	seg = segment(p, START);
	next = segment(p, START + DAY);
	head = path_in(p, AUDIT_HEAD_FILE);
	key = arena_printf(p->a, "%s/state/profiles/p/log_key", p->base);
	seg_before = read_all(p, seg);
	head_before = read_all(p, head);
	key_before = read_all(p, key);
	p->clock += DAY;
	add(p);
	seg_sealed = read_all(p, seg);
	l = lines_of(read_all(p, next));
	next_open = l.line[0];
	key_after = read_all(p, key);
	head_after = read_all(p, head);
	for (int step = 0; step < 6; step++) {
		audit_free(p->log);
		write_all(seg, step >= 1 ? seg_sealed : seg_before);
		write_all(key, step >= 2 ? key_after : key_before);
		unlink(next);
		if (step >= 3)
			write_all(next, step == 3   ? S("")
					: step == 4 ? str_first(next_open, 20)
						    : next_open);
		write_all(head, head_before);
		open_log(p, 30);
		add(p);
		add(p);
		if (verify(p).verdict != AUDIT_INTACT) {
			struct audit_report r = verify(p);

			show(&r);
			fail_msg("step %d", step);
		}
		/* And with the verification key gone, as after `log init`. */
	}
	assert_true(head_after.n == AUDIT_HEAD);
	place_free(p);
}

static void test_other_machine(void **state)
{
	struct place *p = filled(state, 3);
	const char *head = path_in(p, AUDIT_HEAD_FILE);
	struct str bytes = read_all(p, head);
	enum store_result r;
	struct audit_keys *k;
	struct audit_head h[2];
	unsigned char slots[AUDIT_HEAD];
	bool damaged;

	/* The head as another machine would have written it. */
	r = audit_keys_load(p->store, &k, &damaged);
	assert_int_equal(r, STORE_OK);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			audit_head_unpack((const unsigned char *)bytes.p + i * AUDIT_SLOT, &h[i]),
			AUDIT_SLOT_WHOLE);
		h[i].host = 42;
		assert_true(audit_head_pack(&h[i], k, slots + i * AUDIT_SLOT));
	}
	write_all(head, str_n((const char *)slots, sizeof(slots)));
	audit_keys_free(k);
	add(p);
	expect(p, AUDIT_INTACT, NULL);
	/* A second open record stands where the machine changed. */
	assert_int_equal(lines_of(read_all(p, segment(p, START))).count, 6);
	place_free(p);
}

/* ---- refusals ---- */

static void test_unsafe_places(void **state)
{
	struct place *p = filled(state, 1);
	const char *path = segment(p, START);
	struct audit_report r;

	audit_free(p->log);
	open_log(p, 30);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_FAILED);
	assert_non_null(strstr(audit_message(p->log), "can be used by others"));
	r = verify(p);
	assert_int_equal(r.verdict, AUDIT_BROKEN);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(link(path, path_in(p, "second")), 0);
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_FAILED);
	unlink(path_in(p, "second"));
	add(p);
	audit_free(p->log);
	assert_int_equal(chmod(p->dir, 0755), 0);
	open_log(p, 30);
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_FAILED);
	assert_non_null(strstr(audit_message(p->log), "chmod 0700"));
	assert_int_equal(chmod(p->dir, 0700), 0);
	add(p);
	expect_silent(p);
	audit_free(p->log);
	unlink(path_in(p, AUDIT_LOCK_FILE));
	assert_int_equal(symlink("/dev/null", path_in(p, AUDIT_LOCK_FILE)), 0);
	open_log(p, 30);
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_FAILED);
	assert_non_null(strstr(audit_message(p->log), "symbolic link"));
	place_free(p);
}

static void test_no_key(void **state)
{
	struct place *p = filled(state, 2);
	const char *key = arena_printf(p->a, "%s/state/profiles/p/log_key", p->base);

	audit_free(p->log);
	open_log(p, 30);
	write_all(key, S("nonsense"));
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_FAILED);
	assert_non_null(strstr(audit_message(p->log), "key is damaged"));
	assert_int_equal(verify(p).verdict, AUDIT_UNKNOWN);
	/* Without a key there is a new one, and the old records are not passed off as proved. */
	unlink(key);
	assert_int_equal(verify(p).verdict, AUDIT_UNKNOWN);
	add(p);
	add(p);
	assert_true(is_found(p));
	p->clock += 31 * DAY;
	add(p);
	place_free(p);
}

static void test_busy(void **state)
{
	struct place *p = filled(state, 1);
	int err, fd = os_try_lock(path_in(p, AUDIT_LOCK_FILE), &err);
	int64_t before = os_now_ms();

	assert_true(fd >= 0);
	assert_int_equal(audit_append(p->log, &sample, NULL), AUDIT_BUSY);
	assert_true(os_now_ms() - before < 500);
	os_unlock(fd);
	add(p);
	/* A lock on a file that was removed keeps nobody out. */
	fd = os_try_lock(path_in(p, AUDIT_LOCK_FILE), &err);
	unlink(path_in(p, AUDIT_LOCK_FILE));
	audit_free(p->log);
	open_log(p, 30);
	add(p);
	os_unlock(fd);
	expect_silent(p);
	place_free(p);
}

/* What the kernel says of the file system; 0: the truth. */
static unsigned long pretended;

/* Replaces the C library's, in this program alone. */
int test_fstatfs(int fd, struct statfs *out) __asm__("fstatfs");
int test_fstatfs(int fd, struct statfs *out)
{
	int rc = (int)syscall(SYS_fstatfs, fd, out);

	if (pretended)
		out->f_type = (__typeof__(out->f_type))pretended;
	return rc;
}

static void test_network_file_systems(void **state)
{
	/* nfs, cifs, smb2, fuse, 9p */
	static const unsigned long remote[] = { 0x6969, 0xff534d42, 0xfe534d42, 0x65735546,
						0x01021997 };
	/* ext4, btrfs, xfs, tmpfs, overlayfs, zfs */
	static const unsigned long local[] = { 0xef53,     0x9123683e, 0x58465342,
					       0x01021994, 0x794c7630, 0x2fc12fc1 };

	for (size_t i = 0; i < COUNT(remote) + COUNT(local); i++) {
		struct place *p = place_new(state);
		bool is_remote = i < COUNT(remote);
		enum audit_result r;

		pretended = is_remote ? remote[i] : local[i - COUNT(remote)];
		r = audit_append(p->log, &sample, NULL);
		pretended = 0;
		assert_int_equal(r, is_remote ? AUDIT_FAILED : AUDIT_DONE);
		if (is_remote)
			assert_non_null(strstr(audit_message(p->log), "network file system"));
		place_free(p);
	}
}

/* ---- the system log ---- */

/* In a child with a /dev of its own: anchors arrive, and nobody is waited for. */
static int syslog_child(struct place *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int64_t before = os_now_ms();
	char line[2048];
	ssize_t n;

	/* Nobody listens. */
	os_syslog(LOG_AUTHPRIV | LOG_NOTICE, "lost");
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return 2;
	audit_free(p->log);
	p->log = audit_new(&(struct audit_options){
		.dir = p->dir, .store = p->store, .days = 30, .now = place_now, .now_arg = p });
	if (audit_append(p->log, &sample, NULL) != AUDIT_DONE)
		return 3;
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n <= 0)
		return 4;
	line[n] = '\0';
	/* authpriv is 10, notice 5. */
	if (strncmp(line, "<85>", 4) != 0 || !strstr(line, "flowlatch[") ||
	    !strstr(line, "at 2026-11-21, record 2, m "))
		return 5;
	p->clock += DAY;
	if (audit_append(p->log, &sample, NULL) != AUDIT_DONE)
		return 6;
	n = recv(fd, line, sizeof(line) - 1, 0);
	line[n > 0 ? n : 0] = '\0';
	if (!strstr(line, "sealed 2026-11-21, record 3, m "))
		return 7;
	/* Somebody listens and never reads. */
	for (int i = 0; i < 2000; i++)
		os_syslog(LOG_AUTHPRIV | LOG_NOTICE, "too many");
	return os_now_ms() - before < 20000 ? 0 : 8;
}

static void test_system_log(void **state)
{
	struct place *p = place_new(state);
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (!mounts_empty("/dev"))
			_exit(77);
		_exit(syslog_child(p));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	place_free(p);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- full disks ---- */

static void set_file_limit(rlim_t n)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = n;
	setrlimit(RLIMIT_FSIZE, &l);
}

/* The file may grow by 0, 1, 2 ... more bytes: each time the append fails and says so, and
 * with room again the log goes on and verifies. */
static void test_no_room(void **state)
{
	struct place *p = filled(state, 3);
	const char *path = segment(p, START);
	size_t record;

	record = lines_of(read_all(p, path)).line[3].n;
	signal(SIGXFSZ, SIG_IGN);
	for (size_t more = 0; more < record; more += 7) {
		size_t size = read_all(p, path).n;
		enum audit_result r;

		set_file_limit(size + more);
		r = audit_append(p->log, &sample, NULL);
		set_file_limit(RLIM_INFINITY);
		if (r != AUDIT_FAILED || !strstr(audit_message(p->log), "cannot be written"))
			fail_msg("%zu bytes of room: %d %s", more, r, audit_message(p->log));
		add(p);
		if (verify(p).verdict != AUDIT_INTACT) {
			struct audit_report report = verify(p);

			show(&report);
			fail_msg("%zu bytes of room", more);
		}
	}
	place_free(p);
}

static void test_no_room_at_day_change(void **state)
{
	struct place *p = filled(state, 3);

	signal(SIGXFSZ, SIG_IGN);
	for (size_t room = 0; room < 3000; room += 101) {
		p->clock += DAY;
		set_file_limit(room);
		(void)audit_append(p->log, &sample, NULL);
		set_file_limit(RLIM_INFINITY);
		add(p);
		if (verify(p).verdict != AUDIT_INTACT) {
			struct audit_report report = verify(p);

			show(&report);
			fail_msg("%zu bytes of room", room);
		}
	}
	place_free(p);
}

/* As a user who is not root, because nothing is read-only for root. */
static int read_only_child(void **state)
{
	struct place *p;

	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return 1;
	p = filled(state, 1);
	audit_free(p->log);
	open_log(p, 30);
	if (chmod(p->dir, 0500))
		return 2;
	p->clock += DAY;
	if (audit_append(p->log, &sample, NULL) != AUDIT_FAILED)
		return 3;
	if (chmod(p->dir, 0700) || audit_append(p->log, &sample, NULL) != AUDIT_DONE)
		return 4;
	if (verify(p).verdict != AUDIT_INTACT)
		return 5;
	place_free(p);
	return 0;
}

static void test_read_only_directory(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(read_only_child(state));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_flush(void **state)
{
	struct place *p = filled(state, 1);
	struct audit_record r = sample;

	assert_true(audit_flush(p->log));
	assert_true(audit_flush(p->log));
	r.sync = AUDIT_SYNC;
	assert_int_equal(audit_append(p->log, &r, NULL), AUDIT_DONE);
	place_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_record),
		UNIT(test_hostile_values),
		UNIT(test_pseudonyms),
		UNIT(test_ninety_days),
		UNIT(test_shorter_retention),
		UNIT(test_clock_goes_back),
		UNIT(test_clock_before_first_day),
		UNIT(test_verification_key),
		UNIT(test_stored_keys),
		UNIT(test_purge),
		UNIT(test_bit_flips),
		UNIT(test_delete_swap_duplicate),
		UNIT(test_findings_say_where),
		UNIT(test_files_removed),
		UNIT(test_everything_removed),
		UNIT(test_roll_back),
		UNIT(test_record_of_another_day),
		UNIT(test_day_to_come),
		UNIT(test_forged_head),
		UNIT(test_torn_tail),
		UNIT(test_torn_twice),
		UNIT(test_foreign_tail),
		UNIT(test_cut_then_append),
		UNIT(test_day_change_interrupted),
		UNIT(test_other_machine),
		UNIT(test_unsafe_places),
		UNIT(test_no_key),
		UNIT(test_busy),
		UNIT(test_network_file_systems),
		UNIT(test_system_log),
		UNIT(test_no_room),
		UNIT(test_no_room_at_day_change),
		UNIT(test_read_only_directory),
		UNIT(test_flush),
	};

	return UNIT_RUN(tests);
}
