/*
 * cmd_run.c - `flowlatch run`: runs a flow in a file, with connectors that answer out of a script.
 *
 * Needs no account, no configuration and no network; nothing outside is touched.
 */
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "wdl/eval.h"
#include "wdl/run.h"
#include "work/package.h"

const struct cli_option cmd_run_options[] = {
	{ "trigger", "JSON|@FILE", "what the trigger receives: a body, or {\"headers\",\"body\"}" },
	{ "connectors", "FILE", "what connectors, HTTP and child flows answer, as JSON" },
	{ "at", "TIME", "when the run starts, as ISO 8601; now otherwise" },
	{ NULL },
};

struct running {
	struct cli *cli;
	const struct json *script;
	struct json *payload;
	struct json *counts; /* calls made, by name: for lists of answers */
	struct json *shown;  /* --json: the runs */
	struct wdl_record *record;
	struct arena *a;
	int64_t start;
	int code;
	size_t flows;
};

/* ---- the script ---- */

/* The row of an action: by its name, by the operation it calls, or the one for all others. */
static const struct json *row_of(const struct running *run, const struct wdl_request *r)
{
	struct str operation = json_str(json_at(r->inputs, "/host/operationId"));
	const struct json *row = json_get_nocase(run->script, r->name);

	if (!row && operation.n)
		row = json_get_nocase(run->script, operation);
	return row ? row : json_get(run->script, "*");
}

/* A list has one answer per call; the last one stands for all that follow. */
static const struct json *pick(struct running *run, const struct wdl_request *r,
			       const struct json *row)
{
	int64_t n = json_int(json_get_n(run->counts, r->name), 0);

	json_set_n(run->a, run->counts, r->name, json_new_int(run->a, n + 1));
	if (!json_is(row, JSON_ARRAY))
		return row;
	for (const struct json *v = json_first(row);; v = json_next(v))
		if (!json_next(v) || n-- == 0)
			return v;
}

static bool is_answer(const struct json *v)
{
	static const char *const members[] = { "status", "statusCode", "headers", "body", "after",
					       "never", "error" };
	size_t known = 0;

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		known += json_get(v, members[i]) != NULL;
	return known && known == json_count(v);
}

static struct json *outputs_of(struct arena *a, const struct json *v)
{
	const struct json *status = json_get(v, "status");
	struct json *out = json_new_object(a);

	if (!status)
		status = json_get(v, "statusCode");
	json_set(a, out, "statusCode", status ? json_copy(a, status) : json_new_int(a, 200));
	if (json_get(v, "headers"))
		json_set(a, out, "headers", json_copy(a, json_get(v, "headers")));
	if (json_get(v, "body"))
		json_set(a, out, "body", json_copy(a, json_get(v, "body")));
	return out;
}

static bool answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct running *run = arg;
	const struct json *row = row_of(run, r), *v = row ? pick(run, r, row) : NULL, *error;

	if (!v)
		return false;
	if (!is_answer(v)) {
		out->outputs = json_new_object(a);
		json_set_int(a, out->outputs, "statusCode", 200);
		json_set(a, out->outputs, "body", json_copy(a, v));
		return true;
	}
	error = json_get(v, "error");
	out->never = json_is_true(json_get(v, "never"));
	if (!wdl_iso_duration(json_get_str(v, "after"), &out->duration))
		out->duration = 0;
	if (!error || json_get(v, "status") || json_get(v, "statusCode"))
		out->outputs = outputs_of(a, v);
	if (error) {
		struct str code = json_get_str(error, "code");

		out->code = code.n ? code : S("BadRequest");
		out->message = json_get_str(error, "message");
	}
	return true;
}

static void report(void *arg, const struct wdl_report *r)
{
	struct running *run = arg;

	wdl_record_report(run->record, r);
}

/* ---- showing ---- */

static const char *took(struct running *run, const struct json *p)
{
	int64_t start, end;

	if (!os_parse_time(json_get_str(p, "startTime"), &start) ||
	    !os_parse_time(json_get_str(p, "endTime"), &end))
		return "";
	return cli_duration(run->cli, end - start);
}

static void show_error(struct running *run, unsigned depth, const struct json *p)
{
	struct str code = json_str(json_at(p, "/error/code"));
	struct str message = json_str(json_at(p, "/error/message"));

	if (!code.n && !message.n)
		return;
	cli_out("%*s%s%s%s\n", (int)(depth * 2 + 4), "", cli_safe(run->cli, code, 0),
		code.n && message.n ? ": " : "", cli_safe(run->cli, message, 0));
}

/* The repetitions that failed, the first few of them. */
static void show_failed(struct running *run, unsigned depth, const struct json *p)
{
	unsigned shown = 0;

	JSON_EACH(r, json_get(p, "repetitions")) {
		const struct json *of = json_get(r, "properties");

		if (!str_eq(json_get_str(of, "status"), S("Failed")))
			continue;
		if (shown++ == 3)
			break;
		cli_out("%*sin repetition %s\n", (int)(depth * 2 + 4), "",
			cli_safe(run->cli, json_get_str(r, "name"), 0));
		show_error(run, depth + 1, of);
	}
}

static void show_line(struct running *run, unsigned depth, struct str name, const struct json *p)
{
	struct str status = json_get_str(p, "status"), code = json_get_str(p, "code");
	int64_t times = json_int(json_get(p, "repetitionCount"), 0);
	int width = 44 - (int)(depth * 2);
	bool plain = str_eq(code, S("OK")) || str_eq(code, S("NotSpecified")) ||
		     str_eq(code, S("ActionSkipped"));
	struct str rest = plain ? S("") : code;

	if (times > 1)
		rest = str_fmt(run->a, "%lld times %.*s", (long long)times, STR_ARG(rest));
	rest = str_trim(str_fmt(run->a, "%-10.*s %9s  %s", STR_ARG(status), took(run, p),
				cli_safe(run->cli, rest, 0)));
	cli_out("%*s%-*s %.*s\n", (int)(depth * 2), "", width < 8 ? 8 : width,
		cli_safe(run->cli, name, 0), STR_ARG(rest));
	if (json_is(json_get(p, "repetitions"), JSON_ARRAY) &&
	    !str_eq(status, S("Skipped")))
		show_failed(run, depth, p);
	else
		show_error(run, depth, p);
}

static void show_actions(struct running *run, const struct json *actions, const struct json *all,
			 unsigned depth)
{
	if (depth > LIMIT_RUN_DEPTH)
		return;
	JSON_EACH(v, actions) {
		const struct json *p = json_get_n(all, json_name(v));

		if (p)
			show_line(run, depth, json_name(v), p);
		show_actions(run, json_get(v, "actions"), all, depth + 1);
		show_actions(run, json_get(json_get(v, "else"), "actions"), all, depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			show_actions(run, json_get(c, "actions"), all, depth + 1);
		show_actions(run, json_get(json_get(v, "default"), "actions"), all, depth + 1);
	}
}

static void show(struct running *run, const struct json *definition, const struct json *record,
		 const struct wdl_run *r)
{
	const struct json *p = json_get(record, "properties"), *t = json_get(p, "trigger");

	cli_out("%-44s %s\n", cli_safe(run->cli, json_get_str(t, "name"), 0), "Succeeded");
	show_actions(run, json_get(definition, "actions"), json_get(p, "actions"), 0);
	if (r->response.n)
		cli_out("answered with %.*s\n", STR_ARG(json_text(run->a, r->response_outputs)));
	cli_out("%s", wdl_status_name(r->status));
	if (r->end != INT64_MAX)
		cli_out(" in %s", took(run, p));
	cli_out(" of virtual time, %llu steps\n", (unsigned long long)r->steps);
	show_error(run, 0, p);
}

/* ---- running ---- */

static void one_run(struct running *run, const struct json *definition,
		    const struct wdl_run_options *o)
{
	struct wdl_host host = { .arg = run, .call = answer, .report = report };
	struct json *record;
	struct wdl_run r;

	run->record = wdl_record_new(run->a);
	run->counts = json_new_object(run->a);
	r = wdl_run(run->a, definition, &host, o);
	if (!r.ok) {
		run->code = cli_fail(EXIT_USAGE, "flowlatch lint tells more", "it cannot be run: %s",
				     r.why);
		return;
	}
	if (r.status != WDL_ST_SUCCEEDED && run->code == EXIT_FINE)
		run->code = EXIT_FOUND;
	record = wdl_record_json(run->record, definition, &r, o);
	if (run->cli->json)
		json_push(run->shown, json_copy(run->cli->arena, record));
	else
		show(run, definition, record, &r);
}

static void not_fired(struct running *run, const struct wdl_trigger *t)
{
	struct json *out = json_new_object(run->cli->arena), *p;

	if (t->status == WDL_ST_FAILED)
		run->code = EXIT_FOUND;
	p = json_set(run->cli->arena, out, "trigger", json_new_object(run->cli->arena));
	json_set_str(run->cli->arena, p, "name", t->name);
	json_set_z(run->cli->arena, p, "status", wdl_status_name(t->status));
	json_set_str(run->cli->arena, p, "code", t->code);
	if (t->error)
		json_set(run->cli->arena, p, "error", json_copy(run->cli->arena, t->error));
	if (run->cli->json) {
		json_push(run->shown, out);
		return;
	}
	show_line(run, 0, t->name, p);
	cli_out("no run starts\n");
}

static const struct json *definition_in(struct arena *a, const struct json *document)
{
	const struct json *inner = json_get(document, "clientdata"), *d;

	if (json_is(inner, JSON_STRING))
		document = json_parse(a, json_str(inner), JSON_ANSWER, NULL);
	d = json_at(document, "/properties/definition");
	if (!d)
		d = json_get(document, "definition");
	return json_is(d, JSON_OBJECT) ? d : document;
}

static struct json *workflow_of(struct running *run, const struct package_flow *f)
{
	struct json *w = json_new_object(run->a), *r = json_new_object(run->a);
	struct json *tags = json_new_object(run->a);

	json_set_str(run->a, w, "name", f->name);
	json_set_str(run->a, tags, "flowDisplayName", f->name);
	json_set(run->a, w, "tags", tags);
	json_set_z(run->a, r, "name", "local");
	json_set(run->a, w, "run", r);
	return w;
}

/* parameters('$connections') for each reference a definition might look at. */
static struct json *connections_of(struct running *run, const struct json *document)
{
	const struct json *refs = json_at(document, "/properties/connectionReferences");
	struct json *all = json_new_object(run->a), *out = json_new_object(run->a);

	JSON_EACH(ref, refs ? refs : json_get(document, "connectionReferences")) {
		struct json *c = json_new_object(run->a);

		json_set_str(run->a, c, "connectionId", json_name(ref));
		json_set_str(run->a, c, "connectionName", json_name(ref));
		json_set_n(run->a, all, json_name(ref), c);
	}
	json_set(run->a, out, "$connections", all);
	return out;
}

/* A button that is pressed without inputs sends an empty object. */
static const struct json *payload_of(struct running *run, struct arena *a,
				     const struct json *definition)
{
	const struct json *t = json_first(json_get(definition, "triggers"));

	if (run->payload || !str_eq_nocase(json_get_str(t, "type"), S("Request")))
		return run->payload;
	return json_new_object(a);
}

static void flow(void *arg, struct arena *a, const struct package_flow *f)
{
	struct running *run = arg;
	const struct json *definition = definition_in(a, f->document);
	struct wdl_run_options o = { .start = run->start, .run_name = S("local") };
	struct wdl_host host = { 0 };
	struct wdl_trigger t;
	struct json *outputs;

	if (run->flows++) {
		run->code = cli_fail(EXIT_USAGE, "run one of them: unzip it, or name its file",
				     "there is more than one flow");
		return;
	}
	run->a = a;
	o.workflow = workflow_of(run, f);
	o.parameters = connections_of(run, f->document);
	outputs = wdl_trigger_outputs_of(a, payload_of(run, a, definition));
	t = wdl_trigger_fire(a, definition, outputs, &host, &o);
	if (!t.fired)
		not_fired(run, &t);
	o.trigger_inputs = t.inputs;
	for (size_t i = 0; t.fired && i < t.count; i++) {
		o.trigger = t.outputs[i];
		one_run(run, definition, &o);
	}
}

static void unusable(void *arg, struct str path, struct str why)
{
	struct running *run = arg;

	run->code = cli_fail(EXIT_USAGE, NULL, "%s: %s", cli_safe(run->cli, path, 0),
			     cli_safe(run->cli, why, 0));
}

static bool read_json(struct cli *cli, const char *what, struct str text, struct json **out)
{
	struct json_error e = { 0 };

	*out = json_parse(cli->arena, text, JSON_ANSWER, &e);
	if (!*out)
		cli_fail(EXIT_USAGE, NULL, "%s: not JSON at byte %zu: %s", what, e.offset, e.message);
	return *out != NULL;
}

/* JSON itself, or @FILE. */
static bool read_option(struct cli *cli, const char *name, bool always_file, struct json **out)
{
	const char *value = cli_option(cli, name);
	const char *file = value && (always_file || value[0] == '@') ? value + !always_file : NULL;
	struct buf b;
	int err;

	if (!value)
		return true;
	if (!file)
		return read_json(cli, arena_printf(cli->arena, "--%s", name), str_from(value), out);
	buf_init_in(&b, cli->arena, LIMIT_ANSWER_FLOW);
	err = os_read_file(file, &b);
	if (err) {
		cli_fail(EXIT_USAGE, NULL, "%s: %s", cli_safe(cli, str_from(file), 0),
			 strerror(err));
		return false;
	}
	return read_json(cli, cli_safe(cli, str_from(file), 0), buf_str(&b), out);
}

int cmd_run(struct cli *cli)
{
	const char *at = cli_option(cli, "at");
	struct running run = { .cli = cli, .shown = json_new_array(cli->arena) };
	struct package_sink sink = { &run, flow, unusable };
	struct json *script = NULL;
	int64_t ms = os_wall_ms();
	int code = cli_operands(cli, 1, 1);

	if (code != EXIT_FINE)
		return code;
	if (at && !os_parse_time(str_from(at), &ms))
		return cli_fail(EXIT_USAGE, NULL, "--at is a time such as 2026-07-16T17:34:32Z");
	if (!read_option(cli, "trigger", false, &run.payload) ||
	    !read_option(cli, "connectors", true, &script))
		return EXIT_USAGE;
	if (script && !json_is(script, JSON_OBJECT))
		return cli_fail(EXIT_USAGE, "{\"Name of an action\": {\"status\": 200, \"body\": {}}}",
				"--connectors: not an object");
	run.script = script;
	run.start = wdl_ticks_of_ms(ms);
	package_read(cli->argv[0], &sink);
	if (cli->json && json_first(run.shown)) {
		const struct json *only = json_first(run.shown);

		cli_out_json(cli, json_next(only) ? run.shown : only);
	}
	return run.code;
}
