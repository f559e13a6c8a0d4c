/*
 * run_view.c - what expressions see of a run, and evaluating them.
 */
#include "base/os.h"
#include "wdl/culture.h"
#include "wdl/parse.h"
#include "wdl/run_priv.h"
#include "wdl/value.h"

const char *wrun_type(const struct json *v)
{
	return wdl_type_name(wdl_of_json(v).type);
}

static char *digits(char *p, int64_t v, int width)
{
	for (int i = width; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + width;
}

struct str wdl_ticks_text(struct arena *a, int64_t ticks)
{
	char *text, *p;
	struct wdl_civil c;

	if (ticks < 0 || ticks > WDL_TICKS_MAX)
		return S("");
	c = wdl_civil(ticks);
	p = text = arena_alloc(a, 29);
	p = digits(p, c.year, 4);
	*p++ = '-';
	p = digits(p, c.month, 2);
	*p++ = '-';
	p = digits(p, c.day, 2);
	*p++ = 'T';
	p = digits(p, c.hour, 2);
	*p++ = ':';
	p = digits(p, c.minute, 2);
	*p++ = ':';
	p = digits(p, c.second, 2);
	*p++ = '.';
	p = digits(p, c.fraction, 7);
	*p = 'Z';
	return str_n(text, 28);
}

/* ---- finding ---- */

static struct wrun_frame *frame_of_loop(struct wrun *r, struct wrun_frame *at,
					struct wrun_frame *outer, unsigned loop)
{
	const struct wrun_node *n = &r->nodes[loop];

	for (struct wrun_frame *f = at; f; f = f->up)
		if (f->owner && f->owner->node == n && f->up == outer)
			return f;
	/* After an Until its last iteration is still seen. */
	return wrun_step_of(outer, n)->last;
}

struct wrun_step *wrun_seen(struct wrun *r, struct wrun_frame *f, const struct wrun_node *n)
{
	unsigned loops[LIMIT_RUN_DEPTH + 1], count = 0;
	struct wrun_frame *in = r->top;

	for (int l = n->loop; l >= 0; l = r->nodes[l].loop)
		loops[count++] = (unsigned)l;
	while (in && count)
		in = frame_of_loop(r, f, in, loops[--count]);
	return in ? wrun_step_of(in, n) : NULL;
}

/* ---- records ---- */

struct json *wrun_record(struct wrun *r, struct arena *a, const struct wrun_step *s)
{
	struct json *out = json_new_object(a);

	json_set_str(a, out, "name", s->node->name);
	json_set_copy(a, out, "inputs", s->inputs);
	json_set_copy(a, out, "outputs", s->outputs);
	json_set_str(a, out, "startTime", wdl_ticks_text(a, s->start));
	if (s->state == WRUN_DONE)
		json_set_str(a, out, "endTime", wdl_ticks_text(a, s->end));
	if (r->options->run_name.n)
		json_set_str(a, out, "clientTrackingId", r->options->run_name);
	if (s->code.n && !str_eq(s->code, S("NotSpecified")))
		json_set_str(a, out, "code", s->code);
	json_set_z(a, out, "status", wdl_status_name(s->status));
	json_set_copy(a, out, "error", s->error);
	json_set_copy(a, out, "trackedProperties", s->tracked);
	return out;
}

const struct json *wrun_json(struct wrun *r, struct wrun_step *s)
{
	/* What has not ended has no outputs yet. */
	if (s->state != WRUN_DONE)
		return wrun_record(r, &r->scratch, s);
	if (!s->json)
		s->json = wrun_record(r, &s->frame->mem, s);
	return s->json;
}

/* ---- the context ---- */

static bool give(const struct json **out, const struct json *v)
{
	*out = v;
	return v != NULL;
}

static bool see_action(void *arg, struct str name, const struct json **out)
{
	struct wrun *r = arg;
	const struct wrun_node *n = wrun_find(r, name);
	struct wrun_step *s = n ? wrun_seen(r, r->at, n) : NULL;

	if (!s || !s->node)
		return false;
	r->secure_seen = r->secure_seen || s->hide_outputs;
	return give(out, wrun_json(r, s));
}

static bool see_trigger(void *arg, const struct json **out)
{
	struct wrun *r = arg;
	const struct json *t = json_first(json_get(r->definition, "triggers"));

	JSON_EACH(v, json_at(t, "/runtimeConfiguration/secureData/properties"))
		r->secure_seen = r->secure_seen || str_eq_nocase(json_str(v), S("outputs"));
	return give(out, r->trigger);
}

static bool see_variable(void *arg, struct str name, const struct json **out)
{
	return give(out, wrun_variable_value(arg, name));
}

static bool see_parameter(void *arg, struct str name, const struct json **out)
{
	struct wrun *r = arg;
	const struct json *given = json_get_nocase(r->options->parameters, name), *p;

	if (given)
		return give(out, given);
	p = json_get_nocase(json_get(r->definition, "parameters"), name);
	if (!p)
		return false;
	if (json_get(p, "defaultValue"))
		return give(out, json_get(p, "defaultValue"));
	return give(out, json_new_null(&r->scratch));
}

static bool see_item(void *arg, const struct json **out)
{
	struct wrun *r = arg;

	if (r->has_item)
		return give(out, r->item);
	for (struct wrun_frame *f = r->at; f; f = f->up)
		if (f->item)
			return give(out, f->item);
	return false;
}

static struct wrun_frame *frame_named(struct wrun *r, struct str name)
{
	const struct wrun_node *n = wrun_find(r, name);

	for (struct wrun_frame *f = n ? r->at : NULL; f; f = f->up)
		if (f->owner && f->owner->node == n)
			return f;
	return NULL;
}

static bool see_items(void *arg, struct str loop, const struct json **out)
{
	const struct wrun_frame *f = frame_named(arg, loop);

	return f && give(out, f->item);
}

static bool see_iteration(void *arg, struct str loop, const struct json **out)
{
	struct wrun *r = arg;
	const struct wrun_frame *f = frame_named(r, loop);

	return f && give(out, json_new_int(&r->scratch, (int64_t)f->index));
}

static void add_records(struct wrun *r, struct json *out, struct wrun_frame *f, unsigned number,
			uint64_t repetitions)
{
	const struct wrun_node *x = &r->nodes[number];

	for (unsigned i = number + 1; i < x->after; i = r->nodes[i].after) {
		struct wrun_step *s = wrun_step_of(f, &r->nodes[i]);
		struct json *record;

		if (s->state != WRUN_DONE)
			continue;
		record = json_copy(&r->scratch, wrun_json(r, s));
		if (repetitions)
			json_set_int(&r->scratch, record, "repetitionCount", (int64_t)repetitions);
		json_push(out, record);
	}
}

/* One entry for each action of the loop, whose outputs are its records of all iterations. */
static void add_kept(struct wrun *r, struct json *out, const struct wrun_step *loop)
{
	JSON_EACH(kept, loop->results) {
		struct json *one = json_new_object(&r->scratch);
		struct str status = S("Skipped");

		JSON_EACH(record, kept) {
			struct str s = json_get_str(record, "status");

			if (str_eq(s, S("Failed")) || str_eq(s, S("TimedOut")))
				status = S("Failed");
			else if (str_eq(s, S("Succeeded")) && !str_eq(status, S("Failed")))
				status = s;
		}
		json_set_str(&r->scratch, one, "name", json_name(kept));
		json_set(&r->scratch, one, "outputs", json_copy(&r->scratch, kept));
		json_set_z(&r->scratch, one, "code", "NotSpecified");
		json_set_str(&r->scratch, one, "status", status);
		json_set_int(&r->scratch, one, "repetitionCount", (int64_t)json_count(kept));
		json_push(out, one);
	}
}

static bool see_result(void *arg, struct str name, const struct json **out)
{
	struct wrun *r = arg;
	const struct wrun_node *n = wrun_find(r, name);
	struct wrun_step *s = n ? wrun_seen(r, r->at, n) : NULL;
	struct json *all;

	if (!s || !wrun_is_container(n))
		return false;
	all = json_new_array(&r->scratch);
	if (n->kind == WRUN_FOREACH)
		add_kept(r, all, s);
	else if (n->kind == WRUN_UNTIL && s->last)
		add_records(r, all, s->last, wrun_number(r, n), s->ended);
	else if (n->kind != WRUN_UNTIL)
		add_records(r, all, s->frame, wrun_number(r, n), 0);
	return give(out, all);
}

static bool see_workflow(void *arg, const struct json **out)
{
	struct wrun *r = arg;

	return give(out, r->options->workflow);
}

static bool see_current(void *arg, const struct json **out)
{
	struct wrun *r = arg;

	return give(out, r->current);
}

/* Nobody listens there: what would call back is answered by the host. */
static bool see_callback(void *arg, const struct json **out)
{
	struct wrun *r = arg;

	return give(out, json_new_z(&r->scratch, "https://callback.invalid/"));
}

/* Templates live as long as the run; what of it is in a value or a fault was copied. */
static const struct wdl_template *parsed(void *arg, struct str text)
{
	struct wrun *r = arg;
	struct wdl_template *t = lint_map_get(&r->parsed, NULL, text);

	if (t || text.n > LIMIT_RUN_PARSED - r->parsed_bytes)
		return t;
	r->parsed_bytes += text.n;
	t = wdl_parse(&r->mem, str_dup(&r->mem, text));
	return lint_map_put(&r->mem, &r->parsed, NULL, t->source, t);
}

static uint64_t chance(void *arg)
{
	struct wrun *r = arg;
	const struct wrun_step *s = r->doing;
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; s && i < s->node->name.n; i++)
		h = (h ^ (unsigned char)s->node->name.p[i]) * 1099511628211u;
	for (const struct wrun_frame *f = s ? s->frame : NULL; f && f->up; f = f->up)
		h = (h ^ (f->index + 1)) * 1099511628211u;
	h = (h ^ r->chances++) * 1099511628211u;
	return r->host->random(r->host->arg, h);
}

void wrun_context(struct wrun *r)
{
	r->context = (struct wdl_context){
		.arg = r,
		.action = see_action,
		.trigger = see_trigger,
		.variable = see_variable,
		.parameter = see_parameter,
		.item = see_item,
		.items = see_items,
		.iteration = see_iteration,
		.result = see_result,
		.workflow = see_workflow,
		.current = see_current,
		.callback = see_callback,
		.parsed = parsed,
		.random = r->host->random ? chance : NULL,
	};
}

/* ---- evaluating ---- */

bool wrun_too_deep(const struct json *v, unsigned limit)
{
	if (!limit)
		return json_first(v) != NULL;
	JSON_EACH(child, v)
		if (wrun_too_deep(child, limit - 1))
			return true;
	return false;
}

static struct json *checked(const struct wdl_result *one, struct wdl_fault *fault)
{
	if (one->ok && !wrun_too_deep(one->value, LIMIT_RUN_VALUE_DEPTH))
		return one->value;
	*fault = one->fault;
	if (one->ok)
		*fault = (struct wdl_fault){ .code = S("InvalidTemplate"),
					     .message = S("the value is nested too deeply") };
	return NULL;
}

struct json *wrun_evaluate(struct wrun *r, struct wrun_frame *f, const struct json *v,
			   struct wdl_fault *fault)
{
	struct wdl_result one;

	r->at = f;
	r->context.now = r->now;
	one = wdl_evaluate_value(&r->scratch, v, &r->context);
	return checked(&one, fault);
}

/* Lists are long: not copied once more. */
struct json *wrun_list(struct wrun *r, struct wrun_frame *f, const struct json *v,
		       struct wdl_fault *fault)
{
	struct wdl_result one;

	r->at = f;
	r->context.now = r->now;
	one = wdl_evaluate_value(&f->mem, v, &r->context);
	return checked(&one, fault);
}

struct json *wrun_value(struct wrun *r, struct wrun_frame *f, const struct json *v,
			struct wdl_fault *fault)
{
	struct json *out = wrun_evaluate(r, f, v, fault);

	return out ? json_copy(&f->mem, out) : NULL;
}
