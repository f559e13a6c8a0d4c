/*
 * find.c - find_live_flow_runs: runs by status, time, what failed in them, and text in what started
 * them.
 *
 * The service filters by status and time only; the rest is looked for here, batch by batch, newest
 * first, until there are enough, the time is up or the list ends.  A cursor goes on from there.
 */
#include "base/limits.h"
#include "base/os.h"
#include "tools/reason.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/table.h"

enum {
	BATCH = 50,              /* runs looked at together */
	BUDGET_MS = 45000,       /* some hosts give up after 60 s */
	LAST_STAGE = LIMIT_STAGES - 2,
	CONTENT_BYTES = 96 << 10, /* kept of one trigger's outputs: longer texts are cut */
	VALUE_SHOWN = 160,
	MOST_SIGNATURES = 20,
};

static const struct project_options searched = { .budget = CONTENT_BYTES,
						 .longest_string = CONTENT_BYTES / 2 };

struct find {
	struct call *c;
	struct str text, error;
	const struct json *state; /* of the cursor, or NULL */
	struct json *found, *signatures;
	size_t looked, cut, unread;
	struct str last_time; /* start of the last run that was looked at */
	bool ended;           /* there are no more runs */
};

/* ---- the list ---- */

static struct json *keep_run(struct call *c, const struct json *item)
{
	struct json *v;

	if (!json_get_str(item, "name").n ||
	    (arg_str(c, "status").n &&
	     !str_eq_nocase(arg_str(c, "status"), at_str(item, "/properties/status"))))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "name", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "endTime", item, "/properties/endTime");
	put_found(c, v, "code", item, "/properties/error/code");
	put_found(c, v, "link", item, "/properties/trigger/outputsLink");
	return v;
}

/* A time one millisecond later: runs of the same moment are looked at again, and left out by
 * name, rather than lost. */
static const char *after(struct call *c, struct str time)
{
	char text[25];
	int64_t ms;

	if (!os_parse_time(time, &ms))
		return "";
	os_format_time(ms + 1, text);
	return arena_printf(call_arena(c), "%s", text);
}

static enum verdict fetch_batch(struct find *f, struct str before)
{
	static const struct paging batch = { .keep = keep_run, .most = BATCH };

	const char *end = before.n ? after(f->c, before) : utc_arg(f->c, "endTime");

	return fetch_one(f->c, run_list_fetch(f->c, arg_z(f->c, "status"),
					      utc_arg(f->c, "startTime"), end, &batch));
}

/* ---- what is read of each run ---- */

static bool went_wrong(const struct json *run)
{
	return run_went_wrong(json_get_str(run, "status"));
}

static struct json *keep_failed(struct call *c, const struct json *item)
{
	struct json *v;

	if (!run_went_wrong(at_str(item, "/properties/status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "actionName", item, "/name");
	put_found(c, v, "code", item, "/properties/code");
	put_found(c, v, "error", item, "/properties/error");
	put_found(c, v, "startTime", item, "/properties/startTime");
	return v;
}

static struct fetch failed_fetch(struct find *f, const struct json *run)
{
	static const struct paging all = { .keep = keep_failed };

	return run_actions_fetch(f->c, json_get_z(run, "name"), &all);
}

static bool reads_trigger(const struct find *f, const struct json *run)
{
	return f->text.n && json_get_str(json_get(run, "link"), "uri").n;
}

static bool reads_actions(const struct find *f, const struct json *run)
{
	return f->error.n && went_wrong(run);
}

static enum verdict fetch_details(struct find *f, const struct json *runs)
{
	struct fetch *all = arena_array(call_arena(f->c), 2 * BATCH + 1, sizeof(*all));
	size_t n = 0;

	JSON_EACH (run, runs) {
		if (reads_trigger(f, run))
			all[n++] = (struct fetch){
				.url = url_content(f->c, at_str(run, "/link/uri")),
				.flags = FETCH_TOLERATE,
				.project = &searched,
			};
		if (reads_actions(f, run))
			all[n++] = failed_fetch(f, run);
	}
	return fetch_each(f->c, all, n);
}

/* ---- matching ---- */

/* Where the text stands in a value; NULL: nowhere.  Numbers count as they are written. */
static const struct json *find_text(const struct json *v, struct str text, struct buf *at,
				    unsigned depth)
{
	struct str own = json_is(v, JSON_NUMBER) ? json_number_text(v) : json_str(v);
	size_t i = 0;

	if (own.n && str_contains_nocase(own, text))
		return v;
	if (depth == 0 || (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY)))
		return NULL;
	JSON_EACH (x, v) {
		const struct json *found;
		size_t before = at->n;

		if (json_is(v, JSON_OBJECT))
			json_pointer_add(at, json_name(x));
		else
			buf_addf(at, "/%zu", i++);
		found = find_text(x, text, at, depth - 1);
		if (found)
			return found;
		at->n = before;
	}
	return NULL;
}

/* The innermost action that failed is the one that began last. */
static const struct json *culprit(const struct json *failed)
{
	const struct json *best = NULL;

	JSON_EACH (v, failed)
		if (!best || str_cmp(json_get_str(v, "startTime"),
				     json_get_str(best, "startTime")) >= 0)
			best = v;
	return best;
}

static struct json *signature_of(struct find *f, const struct json *action)
{
	struct arena *a = call_arena(f->c);
	struct reason r = reason_of_error(a, json_get(action, "error"));
	struct str code = r.code.n ? r.code : json_get_str(action, "code");
	struct json *out = json_new_object(a);

	json_set_str(a, out, "signature",
		     str_fmt(a, "%.*s: %.*s", STR_ARG(json_get_str(action, "actionName")),
			     STR_ARG(code)));
	if (r.message.n)
		json_set_str(a, out, "message", str_first_utf8(r.message, 2 * VALUE_SHOWN));
	return out;
}

static bool match_text(struct find *f, struct json *out, const struct answer *a)
{
	struct arena *mem = call_arena(f->c);
	const struct json *value;
	struct json *matched;
	struct buf at;

	if (a->err != ERR_OK) {
		f->unread++;
		return false;
	}
	buf_init_in(&at, mem, LIMIT_LINE);
	f->cut += a->projected.cut_count > 0;
	value = find_text(a->json, f->text, &at, LIMIT_JSON_DEPTH);
	if (!value)
		return false;
	matched = json_set(mem, out, "matched", json_new_object(mem));
	json_set_str(mem, matched, "pointer", buf_str(&at));
	json_set_str(mem, matched, "value",
		     str_first_utf8(json_is(value, JSON_NUMBER) ? json_number_text(value)
							       : json_str(value),
				    VALUE_SHOWN));
	return true;
}

static bool match_error(struct find *f, struct json *out, const struct answer *a)
{
	struct json *found;

	if (a->err != ERR_OK) {
		f->unread++;
		return false;
	}
	found = culprit(a->json) ? signature_of(f, culprit(a->json)) : NULL;
	if (!found || (!str_contains_nocase(json_get_str(found, "signature"), f->error) &&
		       !str_contains_nocase(json_get_str(found, "message"), f->error) &&
		       !str_eq(f->error, S("*"))))
		return false;
	JSON_EACH (v, found)
		json_set_n(call_arena(f->c), out, json_name(v),
			   json_copy(call_arena(f->c), v));
	return true;
}

static void count_signature(struct find *f, struct str signature)
{
	struct json *n = json_get_n(f->signatures, signature);

	if (signature.n && (n || json_count(f->signatures) < MOST_SIGNATURES))
		json_set_n(call_arena(f->c), f->signatures, signature,
			   json_new_int(call_arena(f->c), json_int(n, 0) + 1));
}

/* The last cursor's own: runs of its moment that were looked at already. */
static bool seen_before(const struct find *f, const struct json *run)
{
	JSON_EACH (v, json_get(f->state, "seen"))
		if (str_eq(json_str(v), json_get_str(run, "name")))
			return true;
	return false;
}

/* False: there are enough. */
static bool take_run(struct find *f, const struct json *run, int stage, size_t *at)
{
	static const char *const shown[] = { "name", "status", "startTime", "endTime", "code" };
	struct json *out = json_new_object(call_arena(f->c));
	bool trigger = reads_trigger(f, run), actions = reads_actions(f, run);
	bool fits = trigger == (f->text.n > 0) && actions == (f->error.n > 0);

	if (json_count(f->found) >= (size_t)arg_int(f->c, "top"))
		return false;
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (json_get(run, shown[i]))
			json_set(call_arena(f->c), out, shown[i],
				 json_copy(call_arena(f->c), json_get(run, shown[i])));
	if (trigger)
		fits = match_text(f, out, got(f->c, stage, (*at)++)) && fits;
	if (actions)
		fits = match_error(f, out, got(f->c, stage, (*at)++)) && fits;
	f->last_time = json_get_str(run, "startTime");
	f->looked++;
	if (!fits)
		return true;
	count_signature(f, json_get_str(out, "signature"));
	json_push(f->found, out);
	return true;
}

/* ---- the batches so far ---- */

/* Stages come in pairs: a list, and what is read of its runs.  True: enough was looked at. */
static bool gather(struct find *f, int *pairs)
{
	const struct json *before = NULL;

	f->found = json_new_array(call_arena(f->c));
	f->signatures = json_new_object(call_arena(f->c));
	for (*pairs = 0; *pairs * 2 + 1 < call_stage(f->c); ++*pairs) {
		const struct answer *list = got(f->c, *pairs * 2, 0);
		size_t at = 0;

		JSON_EACH (run, list->json) {
			size_t details = (size_t)reads_trigger(f, run) + reads_actions(f, run);

			/* A batch and the one before it both have the runs of one moment. */
			if (seen_before(f, run) || run_listed(before, json_get_str(run, "name"))) {
				at += details;
				continue;
			}
			if (!take_run(f, run, *pairs * 2 + 1, &at))
				return true;
		}
		before = list->json;
		f->ended = !list->more || !json_count(list->json);
	}
	return f->ended;
}

/* ---- the end ---- */

static struct str query_of(struct find *f)
{
	struct buf b;

	buf_init_in(&b, call_arena(f->c), 64 << 10);
	buf_addf(&b, "%s\n%s\n%s\n%s\n", arg_z(f->c, "flowName"), arg_z(f->c, "status"),
		 arg_z(f->c, "startTime"), arg_z(f->c, "endTime"));
	buf_adds(&b, f->text);
	buf_addc(&b, '\n');
	buf_adds(&b, f->error);
	return buf_str(&b);
}

static void put_cursor(struct find *f)
{
	struct arena *a = call_arena(f->c);
	struct json *state = json_new_object(a), *seen = json_new_array(a);
	struct str upto = str_from(after(f->c, f->last_time));

	/* All runs of the last moment that were looked at. */
	for (int i = 0; i < call_stage(f->c); i += 2)
		JSON_EACH (run, got(f->c, i, 0)->json)
			if (str_eq(str_from(after(f->c, json_get_str(run, "startTime"))), upto) &&
			    str_cmp(json_get_str(run, "startTime"), f->last_time) >= 0)
				json_push(seen, json_new_str(a, json_get_str(run, "name")));
	json_set_str(a, state, "before", f->last_time);
	json_set_str(a, state, "query", query_of(f));
	json_set(a, state, "seen", seen);
	note(f->c, "cursor", json_new_str(a, seal(f->c, "runs", state)));
}

static void suggest(struct find *f)
{
	const struct json *first = json_first(f->found);

	if (first && went_wrong(first))
		run_suggest_diagnosis(f->c, json_get_str(first, "name"));
}

static enum verdict answer(struct find *f)
{
	struct arena *a = call_arena(f->c);
	struct json *out = json_new_object(a), *list = json_new_array(a);

	put_ids(f->c, out);
	json_set(a, out, "runs", f->found);
	json_set_int(a, out, "looked", (int64_t)f->looked);
	json_set_bool(a, out, "complete", f->ended);
	JSON_EACH (v, f->signatures) {
		struct json *one = json_push(list, json_new_object(a));

		json_set_str(a, one, "signature", json_name(v));
		json_set(a, one, "count", json_copy(a, v));
	}
	if (f->error.n)
		json_set(a, out, "signatures", list);
	if (f->cut)
		note(f->c, "searchedInPart", json_new_int(a, (int64_t)f->cut));
	if (f->unread)
		note(f->c, "couldNotBeRead", json_new_int(a, (int64_t)f->unread));
	if (!f->ended && f->last_time.n)
		put_cursor(f);
	suggest(f);
	return done(f->c, out);
}

static bool open_cursor(struct find *f)
{
	if (!arg_given(f->c, "cursor"))
		return true;
	f->state = unseal(f->c, "runs", arg_str(f->c, "cursor"));
	if (f->state && str_eq(json_get_str(f->state, "query"), query_of(f)))
		return true;
	fail(f->c, ERR_INVALID_ARGUMENT, "this cursor was not made for this search, or is older "
					 "than a day");
	hint(f->c, "Search again without it, or with the same arguments as before.");
	return false;
}

static enum verdict step(struct call *c)
{
	struct find f = { .c = c, .text = arg_str(c, "text"), .error = arg_str(c, "error") };
	const struct answer *list;
	int pairs;

	if (!open_cursor(&f))
		return FAIL;
	if (call_stage(c) == 0)
		return fetch_batch(&f, json_get_str(f.state, "before"));
	if (got(c, 0, 0)->err != ERR_OK)
		return fail_read(c, got(c, 0, 0));
	list = got(c, call_stage(c) - 1, 0);
	if (call_stage(c) % 2 == 1) {
		if (list->err == ERR_OK)
			return fetch_details(&f, list->json);
		/* A later batch that cannot be read ends the search; the cursor goes on there. */
		gather(&f, &pairs);
		f.ended = false;
		return answer(&f);
	}
	if (gather(&f, &pairs) || call_stage(c) > LAST_STAGE ||
	    LIMIT_CALL_MS - call_time_left(c) > BUDGET_MS)
		return answer(&f);
	progress(c, (double)f.looked, 0, "%zu runs looked at, %zu found", f.looked,
		 json_count(f.found));
	return fetch_batch(&f, f.last_time);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_WHICH_RUNS,
	{ "text", JSON_STRING, 0, "Text in the outputs of the trigger, such as an order number.",
	  .min = 0, .max = 500 },
	{ "error", JSON_STRING, 0,
	  "Text in \"Action: code\" or the message of the failure; * for any.", .max = 500 },
	{ "top", JSON_NUMBER, 0, "Most runs to find.", .min = 1, .max = 200, .otherwise = "20" },
	{ "cursor", JSON_STRING, 0, "Where an earlier search with the same arguments stopped.",
	  .max = 65536 },
	{ 0 },
};

const struct tool tool_find_live_flow_runs = {
	.name = "find_live_flow_runs",
	.title = "Find runs by content",
	.description =
		"Finds runs of a flow by status, time, text in what started them (an order number) "
		"or by the action and code that failed, newest first; counts equal failures. Use "
		"get_live_flow_runs just to list them.",
	.toolset = "run",
	.bundles = "debug-flow monitor-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.columns = "/looked /complete",
	.step = step,
};
