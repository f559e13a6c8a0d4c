/*
 * run_record.c - reads runs whole: first the lists, then passes of loops, then contents.
 *
 * Everything of one stage is asked for at once.  The order of the requests is the order in which
 * the answers are found again, so each stage is walked the same way twice.
 */
#include "tools/run_record.h"

#include "tools/run_read.h"
#include "tools/shared.h"

enum { LISTS, PASSES, CONTENTS };
enum { RUN, ACTIONS, PER_RUN };

struct reading {
	struct call *c;
	int from;
	const struct record_wants *w;
	struct record *out;
	struct fetch *f; /* NULL: answers are taken */
	size_t n;
	int64_t bytes;
};

static const struct answer *list_of(const struct reading *r, size_t run, size_t which)
{
	return got(r->c, r->from + LISTS, run * PER_RUN + which);
}

/* ---- items ---- */

static const char *const plain[] = { "status", "code", "error", "startTime", "endTime",
				     "retryHistory", "repetitionCount" };

/* The links go along under "inputs" and "outputs" until the contents are there. */
static struct json *keep(struct call *c, const struct json *item)
{
	const struct json *p = json_get(item, "properties");
	struct json *v;

	if (!json_get_str(item, "name").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "name", item, "/name");
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (json_get(p, plain[i]))
			json_set(call_arena(c), v, plain[i],
				 json_copy(call_arena(c), json_get(p, plain[i])));
	put_found(c, v, "inputsLink", p, "/inputsLink");
	put_found(c, v, "outputsLink", p, "/outputsLink");
	put_found(c, v, "inputs", p, "/inputs");
	put_found(c, v, "outputs", p, "/outputs");
	return v;
}

/* ---- stage LISTS ---- */

static enum verdict fetch_lists(struct reading *r)
{
	static const struct paging all = { .keep = keep };
	struct fetch *f = arena_array(call_arena(r->c), 2 * PER_RUN + 1, sizeof(*f));
	size_t n = 0;

	for (size_t i = 0; i < r->w->run_count; i++) {
		f[n++] = run_fetch(r->c, r->w->runs[i]);
		f[n++] = run_actions_fetch(r->c, r->w->runs[i], &all);
	}
	f[n++] = run_flow_fetch(r->c);
	return fetch_each(r->c, f, n);
}

/* ---- stage PASSES ---- */

static bool ran(const struct json *action)
{
	return !str_eq_nocase(json_get_str(action, "status"), S("Skipped"));
}

static const struct step *step_of(const struct reading *r, const struct json *action)
{
	int i = steps_find(&r->out->steps, json_get_str(action, "name"));

	return i < 0 ? NULL : &r->out->steps.at[i];
}

static bool wants(const struct reading *r, const struct json *action, bool inputs)
{
	return ran(action) &&
	       (!r->w->wanted || r->w->wanted(step_of(r, action), action, inputs));
}

static bool has_passes(const struct reading *r, const struct json *action)
{
	const struct step *s = step_of(r, action);

	return r->w->repetitions && s && s->levels && !s->container &&
	       (wants(r, action, true) || wants(r, action, false));
}

static struct fetch passes_fetch(const struct reading *r, size_t run, const struct json *action,
				 bool failed)
{
	struct paging *p = arena_alloc(call_arena(r->c), sizeof(*p));
	const char *e = arg_z(r->c, "environmentName"), *flow = arg_z(r->c, "flowName");

	*p = (struct paging){ .keep = keep, .most = r->w->repetitions, .budget_ms = 20000 };
	return (struct fetch){
		.url = url(r->c, HOST_FLOW,
			   failed ? "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions"
				    "?$filter=Status%%20eq%%20'Failed'"
				  : "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions",
			   e, flow, r->w->runs[run], json_get_z(action, "name")),
		.flags = FETCH_TOLERATE,
		.paging = p,
	};
}

/* The first passes, and of an action that failed also those that did. */
static void each_passes(struct reading *r, void (*each)(struct reading *r, size_t run,
							struct json *action, bool failed))
{
	for (size_t run = 0; run < r->w->run_count; run++)
		JSON_EACH (action, list_of(r, run, ACTIONS)->json) {
			if (!has_passes(r, action))
				continue;
			each(r, run, action, false);
			if (run_went_wrong(json_get_str(action, "status")))
				each(r, run, action, true);
		}
}

static void count_passes(struct reading *r, size_t run, struct json *action, bool failed)
{
	(void)run;
	(void)action;
	(void)failed;
	r->n++;
}

static void ask_passes(struct reading *r, size_t run, struct json *action, bool failed)
{
	r->f[r->n++] = passes_fetch(r, run, action, failed);
}

static enum verdict fetch_passes(struct reading *r)
{
	r->n = 0;
	each_passes(r, count_passes);
	r->f = arena_array(call_arena(r->c), r->n + 1, sizeof(*r->f));
	r->n = 0;
	each_passes(r, ask_passes);
	return fetch_each(r->c, r->f, r->n);
}

static void take_passes(struct reading *r, size_t run, struct json *action, bool failed)
{
	const struct answer *a = got(r->c, r->from + PASSES, r->n++);
	struct json *all = json_get(action, "repetitions");

	(void)run;
	/* Whether the service filters by status is not documented for flows. */
	if (failed && a->err != ERR_OK)
		return;
	if (!all)
		all = json_set(call_arena(r->c), action, "repetitions",
			       json_new_object(call_arena(r->c)));
	JSON_EACH (pass, a->json)
		if (!json_get_n(all, json_get_str(pass, "name")))
			json_set_n(call_arena(r->c), all, json_get_str(pass, "name"),
				   json_copy(call_arena(r->c), pass));
	if (!failed && (a->more || a->err != ERR_OK))
		json_set_bool(call_arena(r->c), action, "repetitionsLeftOut", true);
}

/* Passes that were taken stay where they are: the actions live as long as the call. */
static void put_passes(struct reading *r)
{
	for (size_t run = 0; run < r->w->run_count; run++)
		JSON_EACH (action, list_of(r, run, ACTIONS)->json)
			if (json_get(action, "repetitions"))
				return;
	r->n = 0;
	each_passes(r, take_passes);
}

/* ---- stage CONTENTS ---- */

static const char *const sides[2][4] = {
	{ "inputs", "inputsLink", "inputsMissing", "inputsCut" },
	{ "outputs", "outputsLink", "outputsMissing", "outputsCut" },
};

/* Why the content of a link is not asked for; NULL: it is. */
static const char *why_not(struct reading *r, const struct json *link)
{
	int64_t size = json_int(json_get(link, "contentSize"), 0);

	if (json_get(link, "secureData"))
		return "secured";
	if (!json_get_str(link, "uri").n)
		return "not kept by the service";
	if (r->w->largest && size > r->w->largest)
		return "too large";
	if (r->n >= r->w->contents || (r->w->total && r->bytes + size > r->w->total))
		return "left out";
	r->bytes += size;
	return NULL;
}

static void take_content(struct reading *r, struct json *v, size_t side)
{
	const struct answer *a = got(r->c, r->from + CONTENTS, r->n);
	struct arena *mem = call_arena(r->c);

	if (a->err != ERR_OK) {
		json_set_z(mem, v, sides[side][2], a->message[0] ? a->message : err_name(a->err));
		return;
	}
	/* It is moved, not copied: whole contents are large. */
	json_set(mem, v, sides[side][0], a->json ? a->json : json_new_null(mem));
	if (r->w->project && (a->projected.cut_count || a->projected.cuts_not_listed))
		json_set_bool(mem, v, sides[side][3], true);
}

static void one_content(struct reading *r, struct json *v, size_t side)
{
	const struct json *link = json_get(v, sides[side][1]);
	const char *why = link ? why_not(r, link) : NULL;

	if (!link)
		return;
	if (why && !r->f) {
		json_set_z(call_arena(r->c), v, sides[side][2], why);
		r->out->left_out += why[0] != 's';
	}
	if (!why && !r->f)
		take_content(r, v, side);
	if (!why && r->f)
		r->f[r->n] = (struct fetch){
			.url = url_content(r->c, json_get_str(link, "uri")),
			.flags = FETCH_TOLERATE | (r->w->project ? 0u : FETCH_LARGE),
			.project = r->w->project,
		};
	r->n += !why;
	if (!r->f)
		json_take(v, sides[side][1]);
}

static void contents_of(struct reading *r, const struct json *action, struct json *v)
{
	for (size_t side = 0; side < 2; side++)
		if (wants(r, action, side == 0))
			one_content(r, v, side);
}

/* What failed comes before what is only looked at, when there is too much. */
static void each_content(struct reading *r)
{
	r->n = 0;
	r->bytes = 0;
	for (size_t run = 0; run < r->w->run_count; run++) {
		struct json *trigger = json_at(list_of(r, run, RUN)->json, "/properties/trigger");

		for (size_t side = 0; trigger && side < 2; side++)
			one_content(r, trigger, side);
	}
	for (int well = 0; well < 2; well++)
		for (size_t run = 0; run < r->w->run_count; run++)
			JSON_EACH (action, list_of(r, run, ACTIONS)->json) {
				if (run_went_wrong(json_get_str(action, "status")) == (well == 0))
					contents_of(r, action, action);
				JSON_EACH (pass, json_get(action, "repetitions"))
					if (run_went_wrong(json_get_str(pass, "status")) ==
						    (well == 0) &&
					    ran(pass))
						contents_of(r, action, pass);
			}
}

static enum verdict fetch_contents(struct reading *r)
{
	r->f = arena_array(call_arena(r->c), r->w->contents + 1, sizeof(*r->f));
	each_content(r);
	return fetch_each(r->c, r->f, r->n);
}

/* ---- the value ---- */

/* Made once, out of the answers themselves, and kept with them. */
static const char made[] = "\x01record";

static struct json *value_of(struct reading *r, size_t run)
{
	struct arena *a = call_arena(r->c);
	struct json *answer = list_of(r, run, RUN)->json, *list = list_of(r, run, ACTIONS)->json;
	struct json *p = json_get(answer, "properties"), *out = json_get(answer, made), *actions;

	if (out)
		return out;
	out = json_new_object(a);
	actions = json_new_object(a);
	json_set_z(a, out, "name", r->w->runs[run]);
	for (size_t i = 0; i < 5; i++)
		if (json_get(p, plain[i]))
			json_set(a, out, plain[i], json_copy(a, json_get(p, plain[i])));
	json_set(a, out, "trigger", json_take(p, "trigger"));
	json_take(json_get(out, "trigger"), "correlation");
	for (struct json *v = json_first(list); v; v = json_first(list)) {
		json_detach(list, v);
		if (!json_get_n(actions, json_get_str(v, "name")))
			json_add_n(a, actions, str_dup(a, json_get_str(v, "name")), v);
	}
	json_set(a, out, "actions", actions);
	return json_set(a, answer, made, out);
}

static enum verdict refuse(struct reading *r, size_t run)
{
	const struct answer *of_run = list_of(r, run, RUN);

	return fail_read(r->c, of_run->err != ERR_OK ? of_run : list_of(r, run, ACTIONS));
}

enum verdict record_read(struct call *c, int from, const struct record_wants *w,
			 struct record *out)
{
	struct reading r = { .c = c, .from = from, .w = w, .out = out };
	const struct answer *flow;
	int stage = call_stage(c) - from;

	*out = (struct record){ 0 };
	if (stage == LISTS)
		return fetch_lists(&r);
	for (size_t i = 0; i < w->run_count; i++)
		if (list_of(&r, i, RUN)->err != ERR_OK || list_of(&r, i, ACTIONS)->err != ERR_OK)
			return refuse(&r, i);
	flow = got(c, from + LISTS, w->run_count * PER_RUN);
	out->flow = flow->err == ERR_OK ? flow->json : NULL;
	out->definition = json_at(out->flow, "/properties/definition");
	out->steps = steps_of(call_arena(c), out->definition);
	if (stage == PASSES)
		return fetch_passes(&r);
	if (stage == CONTENTS || !json_get(list_of(&r, 0, RUN)->json, made))
		put_passes(&r);
	if (stage == CONTENTS)
		return fetch_contents(&r);
	r.f = NULL;
	if (!json_get(list_of(&r, 0, RUN)->json, made))
		each_content(&r);
	for (size_t i = 0; i < w->run_count; i++) {
		out->runs[i].value = value_of(&r, i);
		out->runs[i].complete = !list_of(&r, i, ACTIONS)->more;
	}
	return DONE;
}

const struct json *record_action(const struct json *run, struct str name, struct str repetition)
{
	const struct json *v = json_get_nocase(json_get(run, "actions"), name);

	return repetition.n ? json_get_n(json_get(v, "repetitions"), repetition) : v;
}
