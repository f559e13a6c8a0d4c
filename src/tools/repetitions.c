/*
 * repetitions.c - describe_live_flow_run_repetitions: an action in a loop over all its passes: how
 * they ended, and which values a field had how often.
 *
 * Of each content only what the pointers select is kept, so thousands of passes are small.
 */
#include "base/limits.h"
#include "tools/content.h"
#include "tools/reason.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/table.h"

enum {
	LIST,                 /* the first stage; contents follow in stages of CHUNK requests */
	CHUNK = 1500,
	MOST_PASSES = 10000,
	BUDGET_MS = 80000,
	DISTINCT = 500,       /* values of one field that are told apart */
	MOST_ERRORS = 10,
	VALUE_BYTES = 1024,   /* of one field of one pass */
	TEXT_BYTES = 200,     /* by which values are told apart and shown */
};

/* ---- reading ---- */

static struct json *keep(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put(c, v, "name", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put_found(c, v, "code", item, "/properties/code");
	put_found(c, v, "error", item, "/properties/error");
	put_found(c, v, "inputs", item, "/properties/inputsLink/uri");
	put_found(c, v, "outputs", item, "/properties/outputsLink/uri");
	return json_get_str(item, "name").n ? v : NULL;
}

static enum verdict fetch_list(struct call *c)
{
	static const struct paging all = { .keep = keep, .most = MOST_PASSES };

	return fetch_one(c, (struct fetch){
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), arg_z(c, "runName"),
			   arg_z(c, "actionName")),
		.flags = FETCH_TOLERATE,
		.paging = &all,
	});
}

static const struct project_options *selection(struct call *c, const struct content_wants *w,
					       bool inputs)
{
	struct project_options *o = arena_alloc(call_arena(c), sizeof(*o));

	o->pointers = inputs ? w->inputs : w->outputs;
	o->pointer_count = inputs ? w->input_count : w->output_count;
	o->budget = VALUE_BYTES * (o->pointer_count + 1);
	o->longest_string = VALUE_BYTES / 2;
	return o;
}

/* Walks the contents that are wanted, in the order of the requests. */
struct cursor {
	struct call *c;
	const struct content_wants *w;
	size_t n; /* of the requests, over all stages */
};

static bool wants(const struct cursor *k, const struct json *pass, bool inputs)
{
	return (inputs ? k->w->input_count : k->w->output_count) &&
	       json_get_str(pass, inputs ? "inputs" : "outputs").n;
}

static size_t count_wanted(const struct cursor *k, const struct json *list)
{
	size_t n = 0;

	JSON_EACH (pass, list)
		n += (size_t)wants(k, pass, true) + wants(k, pass, false);
	return n;
}

static enum verdict fetch_chunk(struct cursor *k, const struct json *list, size_t from)
{
	struct fetch *f = arena_array(call_arena(k->c), CHUNK + 1, sizeof(*f));
	const struct project_options *of[2] = { selection(k->c, k->w, true),
						selection(k->c, k->w, false) };
	size_t n = 0, at = 0;

	JSON_EACH (pass, list)
		for (int side = 0; side < 2; side++) {
			if (!wants(k, pass, side == 0) || at++ < from || n >= CHUNK)
				continue;
			f[n++] = (struct fetch){
				.url = url_content(k->c, json_get_str(pass, side ? "outputs"
										 : "inputs")),
				.flags = FETCH_TOLERATE,
				.project = of[side],
			};
		}
	return fetch_each(k->c, f, n);
}

/* The answer of the next content, or NULL: it was not asked for, or could not be read. */
static const struct answer *next_content(struct cursor *k, const struct json *pass, bool inputs)
{
	size_t n;
	const struct answer *a;

	if (!wants(k, pass, inputs))
		return NULL;
	n = k->n++;
	if (LIST + 1 + (int)(n / CHUNK) >= call_stage(k->c))
		return NULL;
	a = got(k->c, LIST + 1 + (int)(n / CHUNK), n % CHUNK);
	return a->err == ERR_OK ? a : NULL;
}

/* ---- counting ---- */

struct seen {
	struct str text, first;
	size_t count, failed;
};

struct counted {
	struct str pointer; /* as it was given */
	struct str inside;  /* of inputs or outputs */
	bool inputs;
	size_t read, missing, nulls, nulls_failed, empty;
	size_t types[JSON_OBJECT + 1];
	struct seen *values;
	size_t distinct;
	bool more;
};

static struct seen *find_seen(struct seen *all, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(all[i].text, text))
			return &all[i];
	return NULL;
}

static void count_value(struct call *c, struct counted *f, const struct json *pass,
			const struct json *v, bool failed)
{
	struct str text;
	struct seen *s;

	f->types[json_type(v)]++;
	if (json_is(v, JSON_NULL)) {
		f->nulls++;
		f->nulls_failed += failed;
		return;
	}
	f->empty += json_is(v, JSON_STRING) && !json_str(v).n;
	text = str_first_utf8(json_text(call_arena(c), v), TEXT_BYTES);
	s = find_seen(f->values, f->distinct, text);
	if (!s && f->distinct >= DISTINCT) {
		f->more = true;
		return;
	}
	if (!s) {
		s = &f->values[f->distinct++];
		*s = (struct seen){ .text = text, .first = json_get_str(pass, "name") };
	}
	s->count++;
	s->failed += failed;
}

static void count_pass(struct cursor *k, struct counted *fields, size_t count,
		       const struct json *pass)
{
	bool failed = run_went_wrong(json_get_str(pass, "status"));

	for (int side = 0; side < 2; side++) {
		const struct answer *a = next_content(k, pass, side == 0);

		for (size_t i = 0; a && i < count; i++) {
			const struct json *v;

			if (fields[i].inputs != (side == 0))
				continue;
			fields[i].read++;
			v = json_at_n(a->json, fields[i].inside);
			if (v)
				count_value(k->c, &fields[i], pass, v, failed);
			else
				fields[i].missing++;
		}
	}
}

/* ---- the result ---- */

static struct json *counts_of_statuses(struct call *c, const struct json *list)
{
	struct json *out = json_new_object(call_arena(c));

	JSON_EACH (pass, list) {
		struct str status = json_get_str(pass, "status");

		json_set_n(call_arena(c), out, status,
			   json_new_int(call_arena(c), json_int(json_get_n(out, status), 0) + 1));
	}
	return out;
}

static int largest(const struct seen *all, size_t count)
{
	int best = -1;

	for (size_t i = 0; i < count; i++)
		if (all[i].count && (best < 0 || all[i].count > all[best].count))
			best = (int)i;
	return best;
}

/* Failures that say the same, most frequent first. */
static struct json *errors_of(struct call *c, const struct json *list)
{
	struct arena *a = call_arena(c);
	struct seen *all = arena_array(a, DISTINCT, sizeof(*all));
	struct json *out = json_new_array(a);
	size_t count = 0;

	JSON_EACH (pass, list) {
		struct reason r = reason_of_error(a, json_get(pass, "error"));
		struct str code = r.code.n ? r.code : json_get_str(pass, "code"), text;
		struct seen *s;

		if (!run_went_wrong(json_get_str(pass, "status")))
			continue;
		text = str_fmt(a, "%.*s%s%.*s", STR_ARG(code), r.message.n ? ": " : "",
			       STR_ARG(str_first_utf8(r.message, TEXT_BYTES)));
		s = find_seen(all, count, text);
		if (!s && count < DISTINCT) {
			s = &all[count++];
			*s = (struct seen){ .text = text, .first = json_get_str(pass, "name") };
		}
		if (s)
			s->count++;
	}
	for (int i; json_count(out) < MOST_ERRORS && (i = largest(all, count)) >= 0;) {
		struct json *one = json_push(out, json_new_object(a));

		json_set_str(a, one, "error", all[i].text);
		json_set_int(a, one, "count", (int64_t)all[i].count);
		json_set_str(a, one, "first", all[i].first);
		all[i].count = 0;
	}
	return out;
}

static struct json *types_of(struct call *c, const struct counted *f)
{
	struct json *out = json_new_object(call_arena(c));

	for (int t = JSON_NULL; t <= JSON_OBJECT; t++)
		if (f->types[t])
			json_set_int(call_arena(c), out, json_type_name((enum json_type)t),
				     (int64_t)f->types[t]);
	return out;
}

static struct json *field_value(struct call *c, struct counted *f)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *values = json_new_array(a);
	size_t top = (size_t)arg_int(c, "top");

	json_set_str(a, out, "pointer", f->pointer);
	json_set_int(a, out, "read", (int64_t)f->read);
	json_set_int(a, out, "missing", (int64_t)f->missing);
	json_set_int(a, out, "null", (int64_t)f->nulls);
	if (f->nulls)
		json_set_int(a, out, "nullFailed", (int64_t)f->nulls_failed);
	if (f->read)
		json_set_int(a, out, "nullShare", (int64_t)((f->nulls + f->missing) * 100 / f->read));
	json_set_int(a, out, "empty", (int64_t)f->empty);
	json_set(a, out, "types", types_of(c, f));
	json_set_int(a, out, "distinct", (int64_t)f->distinct);
	if (f->more)
		json_set_bool(a, out, "distinctMore", true);
	for (int i; json_count(values) < top && (i = largest(f->values, f->distinct)) >= 0;) {
		struct json *one = json_push(values, json_new_object(a));
		struct json *v = json_parse(a, f->values[i].text, JSON_ANSWER, NULL);

		json_set(a, one, "value", v ? v : json_new_str(a, f->values[i].text));
		json_set_int(a, one, "count", (int64_t)f->values[i].count);
		if (f->values[i].failed)
			json_set_int(a, one, "failed", (int64_t)f->values[i].failed);
		json_set_str(a, one, "first", f->values[i].first);
		f->values[i].count = 0;
	}
	json_set(a, out, "values", values);
	return out;
}

/* The pointers as they were given; content_select has put them on their sides. */
static size_t make_fields(struct call *c, const struct content_wants *w, struct counted *out)
{
	size_t n = 0, in = 0, from = 0;

	JSON_EACH (v, arg_json(c, "select")) {
		struct counted *f = &out[n++];
		bool inputs = in < w->input_count && str_ends(json_str(v), w->inputs[in]) &&
			      str_starts(json_str(v), S("/inputs"));

		*f = (struct counted){ .pointer = json_str(v), .inputs = inputs };
		f->inside = inputs ? w->inputs[in++] : w->outputs[from++];
		f->values = arena_array(call_arena(c), DISTINCT, sizeof(*f->values));
	}
	return n;
}

static enum verdict answer(struct call *c, const struct content_wants *w, const struct answer *a)
{
	struct cursor k = { .c = c, .w = w };
	struct counted *fields = arena_array(call_arena(c), CONTENT_POINTERS + 1, sizeof(*fields));
	struct json *out = json_new_object(call_arena(c)), *list = json_new_array(call_arena(c));
	size_t count = w->all ? 0 : make_fields(c, w, fields);

	JSON_EACH (pass, a->json)
		count_pass(&k, fields, count, pass);
	put_ids(c, out);
	put_str(c, out, "actionName", arg_str(c, "actionName"));
	json_set_int(call_arena(c), out, "repetitions", (int64_t)json_count(a->json));
	if (a->more)
		json_set_bool(call_arena(c), out, "repetitionsLeftOut", true);
	json_set(call_arena(c), out, "statuses", counts_of_statuses(c, a->json));
	json_set(call_arena(c), out, "errors", errors_of(c, a->json));
	for (size_t i = 0; i < count; i++)
		json_push(list, field_value(c, &fields[i]));
	json_set(call_arena(c), out, "fields", list);
	return done(c, out);
}

static enum verdict no_passes(struct call *c, const struct answer *a)
{
	if (a->err != ERR_OK && a->err != ERR_NOT_FOUND)
		return fail_read(c, a);
	fail(c, ERR_NOT_FOUND, "\"%.*s\" has no passes in this run",
	     STR_ARG(str_first_utf8(arg_str(c, "actionName"), 120)));
	hint(c, "Name an action inside a loop, not the loop itself; a scope or condition has none of "
		"its own.");
	return FAIL;
}

static enum verdict step(struct call *c)
{
	struct content_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	struct cursor k = { .c = c, .w = w };
	const struct answer *list;
	size_t wanted, asked;

	if (!content_select(c, w))
		return FAIL;
	if (call_stage(c) == LIST)
		return fetch_list(c);
	list = got(c, LIST, 0);
	if (list->err != ERR_OK || !json_count(list->json))
		return no_passes(c, list);
	wanted = w->all ? 0 : count_wanted(&k, list->json);
	asked = (size_t)(call_stage(c) - LIST - 1) * CHUNK;
	if (asked < wanted && LIMIT_CALL_MS - call_time_left(c) < BUDGET_MS) {
		progress(c, (double)asked, (double)wanted, "%zu of %zu values read", asked, wanted);
		return fetch_chunk(&k, list->json, asked);
	}
	return answer(c, w, list);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ "actionName", JSON_STRING, P_REQUIRED, "An action inside a loop.", .max = 256 },
	{ "select", JSON_ARRAY, 0,
	  "JSON pointers of the values to count, such as /outputs/body/Title.",
	  .max = CONTENT_POINTERS },
	{ "top", JSON_NUMBER, 0, "Most values of each field.", .min = 1, .max = 100,
	  .otherwise = "10" },
	{ 0 },
};

const struct tool tool_describe_live_flow_run_repetitions = {
	.name = "describe_live_flow_run_repetitions",
	.title = "An action over all passes of its loop",
	.description =
		"Counts how all passes of an action in a loop ended, equal errors, and for chosen "
		"fields how often each value came, was null or missing. Use it to see what the "
		"passes that failed have in common.",
	.toolset = "run",
	.bundles = "debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.columns = "/actionName /repetitions",
	.step = step,
};
