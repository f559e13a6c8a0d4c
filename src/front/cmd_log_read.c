/*
 * cmd_log_read.c - `flowlatch log show`, `stats` and `export`: the records for people and
 * programs.
 *
 * Knows the members of a record and what makes one a failure; nothing of chains and keys.
 */
#include "front/cmd_log.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/audit_read.h"

/* ---- filters ---- */

bool log_time_read(struct str s, int64_t now, int64_t *out)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 },
		      { 'm', 60000 },
		      { 'h', 3600000 },
		      { 'd', AUDIT_DAY_MS },
		      { 'w', 7 * AUDIT_DAY_MS } };
	int64_t n, day;

	if (os_parse_time(s, out))
		return true;
	if (audit_day_parse(s, &day)) {
		*out = day * AUDIT_DAY_MS;
		return true;
	}
	if (s.n < 2 || s.n > 6 || !str_to_i64(str_first(s, s.n - 1), &n) || n < 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (s.p[s.n - 1] == units[i].unit) {
			*out = now - n * units[i].ms;
			return true;
		}
	return false;
}

int log_filter_read(struct cli *cli, struct log_filter *out)
{
	const char *since = cli_option(cli, "since");

	*out = (struct log_filter){
		.since = INT64_MIN,
		.tool = cli_option(cli, "tool"),
		.failed = cli_option(cli, "failed") != NULL,
	};
	if (since && !log_time_read(str_from(since), os_wall_ms(), &out->since))
		return cli_fail(EXIT_USAGE, "such as 2h, 3d, 2026-11-21 or 2026-11-21T18:00:00Z",
				"--since: '%s' is no time", since);
	return EXIT_FINE;
}

/* The log's own records: nobody called anything. */
static bool is_own(const struct audit_line *l)
{
	static const char *const names[] = { "open", "seal", "torn", "drop" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq(l->event, str_from(names[i])))
			return true;
	return false;
}

static bool is_failure(const struct audit_line *l)
{
	struct str st = audit_line_get(l, "st");

	return str_eq(l->event, S("deny")) || audit_line_get(l, "err").n ||
	       (str_eq(l->event, S("out")) && !str_eq(st, S("ok")));
}

static bool passes(const struct log_filter *f, const struct audit_line *l)
{
	return (!f->tool || str_eq(audit_line_get(l, "tool"), str_from(f->tool))) &&
	       (!f->failed || is_failure(l));
}

static int read_records(struct cli *cli, const char *dir, const struct log_filter *f,
			void (*fn)(void *arg, const struct audit_line *l, struct str text),
			void *arg)
{
	uint64_t skipped;
	int err = audit_read(dir, f->since, fn, arg, &skipped);

	if (err == ENOENT)
		return cli_fail(EXIT_FOUND, "it begins with the first call of a tool",
				"there is no usage log in %s yet", cli_safe(cli, str_from(dir), 0));
	if (err)
		return cli_fail(EXIT_FOUND, NULL, "%s: %s", cli_safe(cli, str_from(dir), 0),
				strerror(err));
	if (skipped)
		cli_fail(EXIT_FINE, "flowlatch log verify tells more", "%llu line%s of the log %s",
			 (unsigned long long)skipped, skipped == 1 ? "" : "s",
			 skipped == 1 ? "is no record" : "are no records");
	return EXIT_FINE;
}

/* ---- show ---- */

/* The newest records, in a ring. */
struct ring {
	struct cli *cli;
	struct log_filter filter;
	bool own;
	char (*lines)[LIMIT_LOG_RECORD];
	size_t *lengths;
	size_t room, next, count;
};

static void ring_add(void *arg, const struct audit_line *l, struct str text)
{
	struct ring *r = arg;

	if ((is_own(l) && !r->own) || !passes(&r->filter, l))
		return;
	memcpy(r->lines[r->next], text.p, text.n);
	r->lengths[r->next] = text.n;
	r->next = (r->next + 1) % r->room;
	r->count += r->count < r->room;
}

/* Record `i`, the oldest first. */
static struct str ring_at(const struct ring *r, size_t i)
{
	size_t at = (r->next + r->room - r->count + i) % r->room;

	return str_n(r->lines[at], r->lengths[at]);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The numbers that other records of the ring refer to, in order. */
static uint64_t *references(const struct ring *r)
{
	uint64_t *refs = arena_array(r->cli->arena, r->count + 1, sizeof(*refs));
	struct audit_line l;

	for (size_t i = 0; i < r->count; i++)
		if (audit_line_read(ring_at(r, i), &l))
			refs[i] = audit_line_get_number(&l, "ref");
	qsort(refs, r->count, sizeof(*refs), by_number);
	return refs;
}

static const char *text_of(struct cli *cli, const struct audit_line *l, const char *name)
{
	return str_c(cli->arena, audit_line_get(l, name));
}

static const char *number_of(struct cli *cli, const struct audit_line *l, const char *name)
{
	uint64_t n = audit_line_get_number(l, name);

	return n ? arena_printf(cli->arena, "%llu", (unsigned long long)n) : "";
}

static const char *class_name(struct str cls)
{
	static const char *const names[][2] = {
		{ "R", "read" }, { "M", "moderate" }, { "D", "dangerous" }, { "U", "unknown" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq(cls, str_from(names[i][0])))
			return names[i][1];
	return "";
}

static void show_row(struct cli *cli, struct cli_table *t, const struct audit_line *l)
{
	int64_t ms = (int64_t)audit_line_get_number(l, "ms");
	const char *err = text_of(cli, l, "err");

	cli_table_row(t, (const char *const[]){
				 number_of(cli, l, "seq"),
				 cli_when(cli, l->t),
				 str_c(cli->arena, l->event),
				 text_of(cli, l, "tool"),
				 class_name(audit_line_get(l, "cls")),
				 text_of(cli, l, "dec"),
				 err[0] ? err : text_of(cli, l, "st"),
				 number_of(cli, l, "http"),
				 ms ? cli_duration(cli, ms) : "",
			 });
}

static void show_table(struct cli *cli, const struct ring *r)
{
	static const char *const titles[] = { "#",        "when",   "event", "tool", "class",
					      "decision", "result", "http",  "took" };
	struct cli_table *t = cli_table_new(cli, 9, titles);
	uint64_t *refs = references(r);
	struct audit_line l;

	cli_table_numbers(t, 0);
	cli_table_numbers(t, 7);
	cli_table_numbers(t, 8);
	for (size_t i = 0; i < r->count; i++) {
		if (!audit_line_read(ring_at(r, i), &l))
			continue;
		/* An intent whose outcome is listed tells nothing new. */
		if (str_eq(l.event, S("in")) && !r->own &&
		    bsearch(&l.seq, refs, r->count, sizeof(*refs), by_number))
			continue;
		show_row(cli, t, &l);
	}
	cli_table_print(t);
}

static void show_json(struct cli *cli, const struct ring *r)
{
	struct json *all = json_new_array(cli->arena);

	for (size_t i = 0; i < r->count; i++)
		json_push(all, json_parse(cli->arena, ring_at(r, i), JSON_STRICT, NULL));
	cli_out_json(cli, all);
}

int log_show(struct cli *cli, const char *dir)
{
	struct ring r = { .cli = cli, .own = cli_option(cli, "all") != NULL };
	const char *last = cli_option(cli, "last");
	uint64_t n = 20;
	int code = log_filter_read(cli, &r.filter);

	if (code != EXIT_FINE)
		return code;
	if (last && (!str_to_u64(str_from(last), &n) || n < 1 || n > LIMIT_LOG_SHOW))
		return cli_fail(EXIT_USAGE, "flowlatch log export has no such limit",
				"--last is a number from 1 to %d", LIMIT_LOG_SHOW);
	r.room = (size_t)n;
	r.lines = arena_array(cli->arena, r.room, sizeof(*r.lines));
	r.lengths = arena_array(cli->arena, r.room, sizeof(*r.lengths));
	code = read_records(cli, dir, &r.filter, ring_add, &r);
	if (code != EXIT_FINE)
		return code;
	if (cli->json)
		show_json(cli, &r);
	else if (r.count)
		show_table(cli, &r);
	else
		cli_out("No records.\n");
	return EXIT_FINE;
}

/* ---- stats ---- */

/* Times are counted in classes that are an eighth of a power of two wide. */
enum { EIGHTHS = 8, TIME_CLASSES = 40 * EIGHTHS };

struct sums {
	const char *tool;
	const char *klass;
	uint64_t calls, ok, failed, refused;
	uint32_t times[TIME_CLASSES];
	uint64_t timed;
};

struct stats {
	struct cli *cli;
	struct log_filter filter;
	struct sums *rows;
	size_t count, room;
};

static size_t time_class(uint64_t ms)
{
	size_t power = 0;

	if (ms < EIGHTHS)
		return (size_t)ms;
	while (ms >> (power + 4))
		power++;
	/* Now 8 <= ms >> power < 16. */
	power = (power + 1) * EIGHTHS + (size_t)(ms >> power) - EIGHTHS;
	return power < TIME_CLASSES ? power : TIME_CLASSES - 1;
}

/* The largest time of a class. */
static int64_t class_end(size_t c)
{
	if (c < EIGHTHS)
		return (int64_t)c;
	return (int64_t)((c % EIGHTHS + EIGHTHS + 1) << (c / EIGHTHS - 1)) - 1;
}

static int64_t percentile(const struct sums *s, unsigned percent)
{
	uint64_t seen = 0, want = (s->timed * percent + 99) / 100;

	for (size_t i = 0; i < TIME_CLASSES; i++) {
		seen += s->times[i];
		if (seen >= want && seen)
			return class_end(i);
	}
	return 0;
}

static struct sums *sums_of(struct stats *s, struct str tool, struct str cls)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(str_from(s->rows[i].tool), tool))
			return &s->rows[i];
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 32;

		s->rows = arena_grow(s->cli->arena, s->rows, s->room * sizeof(*s->rows),
				     room * sizeof(*s->rows));
		s->room = room;
	}
	s->rows[s->count] = (struct sums){
		.tool = str_c(s->cli->arena, tool),
		.klass = class_name(cls),
	};
	return &s->rows[s->count++];
}

static void stats_add(void *arg, const struct audit_line *l, struct str text)
{
	struct stats *s = arg;
	struct sums *row;

	(void)text;
	/* One line a call: its outcome, or that it was refused before it began. */
	if ((!str_eq(l->event, S("out")) && !str_eq(l->event, S("deny"))) || !passes(&s->filter, l))
		return;
	row = sums_of(s, audit_line_get(l, "tool"), audit_line_get(l, "cls"));
	row->calls++;
	if (str_eq(l->event, S("deny"))) {
		row->refused++;
		return;
	}
	*(is_failure(l) ? &row->failed : &row->ok) += 1;
	row->times[time_class(audit_line_get_number(l, "ms"))]++;
	row->timed++;
}

static int by_calls(const void *a, const void *b)
{
	const struct sums *x = a, *y = b;

	if (x->calls != y->calls)
		return x->calls < y->calls ? 1 : -1;
	return strcmp(x->tool, y->tool);
}

static void stats_table(struct cli *cli, const struct stats *s)
{
	static const char *const titles[] = { "tool",    "class", "calls", "ok", "failed",
					      "refused", "p50",   "p90",   "p99" };
	struct cli_table *t = cli_table_new(cli, 9, titles);

	for (size_t c = 2; c < 9; c++)
		cli_table_numbers(t, c);
	for (size_t i = 0; i < s->count; i++) {
		const struct sums *r = &s->rows[i];
		const char *cells[9] = { r->tool, r->klass };
		uint64_t numbers[4] = { r->calls, r->ok, r->failed, r->refused };

		for (size_t k = 0; k < 4; k++)
			cells[2 + k] =
				arena_printf(cli->arena, "%llu", (unsigned long long)numbers[k]);
		cells[6] = r->timed ? cli_duration(cli, percentile(r, 50)) : "";
		cells[7] = r->timed ? cli_duration(cli, percentile(r, 90)) : "";
		cells[8] = r->timed ? cli_duration(cli, percentile(r, 99)) : "";
		cli_table_row(t, cells);
	}
	cli_table_print(t);
}

static void stats_json(struct cli *cli, const struct stats *s)
{
	struct json *all = json_new_array(cli->arena);

	for (size_t i = 0; i < s->count; i++) {
		const struct sums *r = &s->rows[i];
		struct json *o = json_new_object(cli->arena);

		json_set_z(cli->arena, o, "tool", r->tool);
		json_set_z(cli->arena, o, "class", r->klass);
		json_set_int(cli->arena, o, "calls", (int64_t)r->calls);
		json_set_int(cli->arena, o, "ok", (int64_t)r->ok);
		json_set_int(cli->arena, o, "failed", (int64_t)r->failed);
		json_set_int(cli->arena, o, "refused", (int64_t)r->refused);
		if (r->timed) {
			json_set_int(cli->arena, o, "p50", percentile(r, 50));
			json_set_int(cli->arena, o, "p90", percentile(r, 90));
			json_set_int(cli->arena, o, "p99", percentile(r, 99));
		}
		json_push(all, o);
	}
	cli_out_json(cli, all);
}

int log_stats(struct cli *cli, const char *dir)
{
	struct stats s = { .cli = cli };
	int code = log_filter_read(cli, &s.filter);

	if (code == EXIT_FINE)
		code = read_records(cli, dir, &s.filter, stats_add, &s);
	if (code != EXIT_FINE)
		return code;
	if (s.count)
		qsort(s.rows, s.count, sizeof(*s.rows), by_calls);
	if (cli->json)
		stats_json(cli, &s);
	else if (s.count)
		stats_table(cli, &s);
	else
		cli_out("No calls.\n");
	return EXIT_FINE;
}

/* ---- export ---- */

static const char *const columns[] = {
	"v",   "seq", "t",   "run",  "ev",   "ref",   "tool", "api",  "cls", "tl",
	"ch",  "dec", "pln", "who",  "ten",  "env",   "args", "an",   "st",  "http",
	"ms",  "red", "err", "cor",  "back", "day",   "host", "pseq", "pm",  "why",
	"off", "len", "sha", "hseq", "seg",  "first", "last", "lm",   "m",
};

enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

struct export
{
	struct log_filter filter;
	bool csv;
};

static void export_one(void *arg, const struct audit_line *l, struct str text)
{
	struct export *e = arg;

	if (!passes(&e->filter, l))
		return;
	if (!e->csv) {
		cli_out_str(text);
		cli_out_str(S("\n"));
		return;
	}
	/* "v" and "m" stand outside of what audit_line_get sees. */
	cli_out_str(S("1"));
	for (size_t i = 1; i < COLUMNS; i++) {
		struct str value = audit_line_get(l, columns[i]);
		char hex[65];

		cli_out_str(S(","));
		if (!strcmp(columns[i], "seq")) {
			cli_out("%llu", (unsigned long long)l->seq);
		} else if (!strcmp(columns[i], "m")) {
			audit_hex(l->m, CRYPT_HASH, hex);
			cli_out_str(str_from(hex));
		} else if (value.p) {
			/* No value of a record holds a comma or a quote. */
			cli_out_str(value);
		}
	}
	cli_out_str(S("\n"));
}

int log_export(struct cli *cli, const char *dir)
{
	const char *format = cli_option(cli, "format");
	struct export e = { .csv = format && !strcmp(format, "csv") };
	int code = log_filter_read(cli, &e.filter);

	if (code != EXIT_FINE)
		return code;
	if (format && !e.csv && strcmp(format, "jsonl") != 0)
		return cli_fail(EXIT_USAGE, NULL, "--format is jsonl or csv, not '%s'", format);
	for (size_t i = 0; e.csv && i < COLUMNS; i++)
		cli_out("%s%s", i ? "," : "", columns[i]);
	if (e.csv)
		cli_out("\n");
	return read_records(cli, dir, &e.filter, export_one, &e);
}
