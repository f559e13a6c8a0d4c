/*
 * cmd_log.c - `flowlatch log`: begin, verify and shorten the usage log.
 *
 * Knows how findings are told to people; what they mean is work/audit_verify.c.
 */
#include "front/cmd_log.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "work/audit.h"
#include "work/audit_key.h"
#include "work/audit_verify.h"
#include "work/store.h"

const struct cli_option cmd_log_options[] = {
	{ "since", "WHEN",
	  "show, stats, export: only records since then: 2h, 3d, a date or a time" },
	{ "tool", "NAME", "show, stats, export: only records of this tool" },
	{ "failed", NULL, "show, stats, export: only what failed or was refused" },
	{ "last", "N", "show: how many records (20)" },
	{ "all", NULL, "show: also the log's own records" },
	{ "format", "FORMAT", "export: jsonl or csv (jsonl)" },
	{ "key-file", "FILE",
	  "verify: the verification key that init printed; - for standard input" },
	{ "before", "DATE", "purge: drop the days before this one" },
	{ "print-verification-key", NULL, "init: show the key once, and keep it here no longer" },
	{ .name = NULL },
};

/* The open log of a command. */
struct opened {
	struct store *store;
	struct audit *audit;
	const char *dir;
};

/* ---- begin and shorten ---- */

static bool wait_a_little(int64_t since)
{
	if (os_now_ms() - since >= LIMIT_LOG_LOCK_MS)
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	return true;
}

static int told(struct opened *o, enum audit_result r)
{
	if (r == AUDIT_DONE)
		return EXIT_FINE;
	return cli_fail(r == AUDIT_BUSY ? EXIT_TEMPORARY : EXIT_FOUND, NULL, "%s",
			audit_message(o->audit));
}

static int open_audit(struct cli *cli, struct opened *o)
{
	o->audit = audit_new(&(struct audit_options){
		.dir = o->dir,
		.store = o->store,
		.days = (int)cli->conf.log_days,
	});
	return o->audit ? EXIT_FINE : cli_fail(EXIT_INTERNAL, NULL, "memory is out");
}

static int log_init(struct cli *cli, struct opened *o)
{
	struct audit_record shown = {
		.event = AUDIT_POLICY,
		.sync = AUDIT_SYNC,
		.tool = S("log_init"),
		.decision = S("key_shown"),
		.status = S("ok"),
	};
	bool print = cli_option(cli, "print-verification-key") != NULL;
	int64_t since = os_now_ms();
	enum audit_result r;
	struct buf key;
	int code = open_audit(cli, o);

	if (code != EXIT_FINE)
		return code;
	buf_init_in(&key, cli->arena, 256);
	do
		r = audit_begin_log(o->audit, print ? &key : NULL);
	while (r == AUDIT_BUSY && wait_a_little(since));
	code = told(o, r);
	if (code != EXIT_FINE)
		return code;
	if (!print) {
		cli_out("The usage log is in %s\n", cli_safe(cli, str_from(o->dir), 0));
		return EXIT_FINE;
	}
	cli_out("%s\n", buf_c(&key));
	if (cli->tty_out)
		cli_out("\nKeep this line on another machine: it is not kept here any more.\n"
			"It verifies the log with: flowlatch log verify --key-file FILE\n");
	if (audit_append(o->audit, &shown, NULL) == AUDIT_FAILED)
		return told(o, AUDIT_FAILED);
	return EXIT_FINE;
}

static int log_purge(struct cli *cli, struct opened *o)
{
	const char *before = cli_option(cli, "before");
	int64_t since = os_now_ms(), day;
	enum audit_result r;
	unsigned count;
	int code;

	if (!before || !audit_day_parse(str_from(before), &day))
		return cli_fail(EXIT_USAGE, "flowlatch log purge --before 2026-11-01",
				"purge needs --before with a date");
	code = open_audit(cli, o);
	if (code != EXIT_FINE)
		return code;
	do
		r = audit_purge(o->audit, day, &count);
	while (r == AUDIT_BUSY && wait_a_little(since));
	code = told(o, r);
	if (code == EXIT_FINE && !count)
		cli_out("Nothing is kept from before %s, but for today.\n", before);
	else if (code == EXIT_FINE)
		cli_out("%u day%s dropped; the log keeps a record of that.\n", count,
			count == 1 ? "" : "s");
	return code;
}

/* ---- verify ---- */

static const char *const verdict_names[] = {
	[AUDIT_INTACT] = "intact",
	[AUDIT_BROKEN] = "broken",
	[AUDIT_UNKNOWN] = "unknown",
};

static const int verdict_codes[] = {
	[AUDIT_INTACT] = EXIT_FINE,
	[AUDIT_BROKEN] = EXIT_FOUND,
	[AUDIT_UNKNOWN] = EXIT_USAGE,
};

static void finding_json(struct cli *cli, struct json *list, const struct audit_finding *f)
{
	struct json *o = json_new_object(cli->arena);

	json_set_bool(cli->arena, o, "problem", f->problem);
	if (f->segment[0])
		json_set_z(cli->arena, o, "day", f->segment);
	if (f->line)
		json_set_int(cli->arena, o, "line", (int64_t)f->line);
	if (f->seq)
		json_set_int(cli->arena, o, "seq", (int64_t)f->seq);
	json_set_z(cli->arena, o, "text", f->text);
	json_push(list, o);
}

static void report_json(struct cli *cli, const struct audit_report *r)
{
	struct arena *a = cli->arena;
	struct json *o = json_new_object(a), *list = json_new_array(a);

	json_set_z(a, o, "verdict", verdict_names[r->verdict]);
	if (r->message[0])
		json_set_z(a, o, "message", r->message);
	json_set_int(a, o, "records", (int64_t)r->records);
	json_set_int(a, o, "unproved", (int64_t)r->unproved);
	json_set_int(a, o, "first", (int64_t)r->first);
	json_set_int(a, o, "last", (int64_t)r->last);
	json_set_int(a, o, "days", (int64_t)r->segments);
	json_set_z(a, o, "from", r->from);
	json_set_z(a, o, "to", r->to);
	json_set_z(a, o, "keyFrom", r->key_from);
	for (size_t i = 0; i < r->count; i++)
		finding_json(cli, list, &r->findings[i]);
	json_set(a, o, "findings", list);
	json_set_int(a, o, "notListed", (int64_t)r->not_listed);
	cli_out_json(cli, o);
}

static void report_text(struct cli *cli, const struct audit_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct audit_finding *f = &r->findings[i];

		cli_out("%s: ", f->problem ? "problem" : "note");
		if (f->segment[0])
			cli_out("%s", f->segment);
		if (f->line)
			cli_out(" line %llu", (unsigned long long)f->line);
		if (f->seq && f->line)
			cli_out(", record %llu", (unsigned long long)f->seq);
		cli_out("%s%s\n", f->segment[0] ? ": " : "", cli_safe(cli, str_from(f->text), 0));
	}
	if (r->not_listed)
		cli_out("... and %zu more\n", r->not_listed);
	if (r->segments)
		cli_out("%llu records of %zu day%s, %s to %s\n", (unsigned long long)r->records,
			r->segments, r->segments == 1 ? "" : "s", r->from, r->to);
	if (r->unproved)
		cli_out("%llu of them are from days before %s, whose key is not here; "
			"verify them with --key-file\n",
			(unsigned long long)r->unproved, r->key_from);
	if (r->message[0])
		cli_out("cannot verify: %s\n", cli_safe(cli, str_from(r->message), 0));
	else
		cli_out("%s\n", r->verdict == AUDIT_INTACT   ? "The log is intact."
				: r->verdict == AUDIT_BROKEN ? "The log is BROKEN."
							     : "Nothing wrong was found.");
}

/* Reads the verification key; never from the command line, where others can see it. */
static int read_key(struct cli *cli, const char *file, struct str *out)
{
	struct buf b;
	int err;

	buf_init_in(&b, cli->arena, 4096);
	err = str_eq(str_from(file), S("-")) ? os_read_fd(STDIN_FILENO, &b)
					     : os_read_file(file, &b);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: %s", file, strerror(err));
	*out = buf_str(&b);
	return EXIT_FINE;
}

static int log_verify(struct cli *cli, struct opened *o)
{
	struct audit_verify_options v = { .dir = o->dir, .store = o->store };
	const char *file = cli_option(cli, "key-file");
	struct audit_report *r = arena_alloc(cli->arena, sizeof(*r));
	int code = file ? read_key(cli, file, &v.key) : EXIT_FINE;

	if (code != EXIT_FINE)
		return code;
	audit_verify(&v, r);
	if (cli->json)
		report_json(cli, r);
	else
		report_text(cli, r);
	return verdict_codes[r->verdict];
}

/* ---- the verbs ---- */

static int log_show_opened(struct cli *cli, struct opened *o)
{
	return log_show(cli, o->dir);
}

static int log_stats_opened(struct cli *cli, struct opened *o)
{
	return log_stats(cli, o->dir);
}

static int log_export_opened(struct cli *cli, struct opened *o)
{
	return log_export(cli, o->dir);
}

static const struct verb {
	const char *name;
	int (*run)(struct cli *cli, struct opened *o);
} verbs[] = {
	{ "show", log_show_opened },     { "verify", log_verify }, { "stats", log_stats_opened },
	{ "export", log_export_opened }, { "purge", log_purge },   { "init", log_init },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

int cmd_log(struct cli *cli)
{
	int code = cli_operands(cli, 0, 1);
	const struct verb *v = find_verb(cli->argc ? cli->argv[0] : "show");
	struct opened o = { 0 };

	if (code != EXIT_FINE)
		return code;
	if (!v)
		return cli_fail(EXIT_USAGE, "flowlatch log show|verify|stats|export|purge|init",
				"log: there is no '%s'", cli->argv[0]);
	o.store = store_new(&cli->conf);
	if (!o.store)
		return cli_fail(EXIT_INTERNAL, NULL, "memory is out");
	o.dir = audit_dir(cli->arena, o.store);
	code = o.dir ? v->run(cli, &o) : cli_fail(EXIT_USAGE, NULL, "%s", store_message(o.store));
	audit_free(o.audit);
	store_free(o.store);
	return code;
}
