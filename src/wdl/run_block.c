/*
 * run_block.c - containers: Scope, If, Switch, Foreach, Until.
 */
#include "wdl/parse.h"
#include "wdl/run_priv.h"
#include "wdl/value.h"

/* ---- conditions ---- */

static const struct {
	const char *name;
	unsigned operands;
} operators[] = {
	{ "equals", 2 },          { "greater", 2 },    { "greaterOrEquals", 2 },
	{ "less", 2 },            { "lessOrEquals", 2 }, { "contains", 2 },
	{ "startsWith", 2 },      { "endsWith", 2 },   { "empty", 1 },
};

static struct wdl_fault own_fault(struct str message)
{
	return (struct wdl_fault){ .code = S("InvalidTemplate"), .message = message };
}

/* {"equals": [a, b]}: the operands are evaluated, then handed to the function of that name. */
static struct json *apply(struct wrun *r, struct wrun_frame *f, size_t row,
			  const struct json *operands, struct wdl_fault *fault)
{
	struct json *list = json_new_array(&r->scratch), *out;
	struct str text = str_fmt(&r->scratch, "@%s(item()[0]%s)", operators[row].name,
				  operators[row].operands == 2 ? ", item()[1]" : "");

	for (const struct json *o = json_is(operands, JSON_ARRAY) ? json_first(operands) : operands;
	     o; o = json_is(operands, JSON_ARRAY) ? json_next(o) : NULL) {
		struct json *v = wrun_evaluate(r, f, o, fault);

		if (!v)
			return NULL;
		json_push(list, v);
	}
	if (json_count(list) != operators[row].operands) {
		struct str name = str_from(operators[row].name);

		*fault = own_fault(wdl_message_fill(
			&r->scratch, wdl_message(WDL_M_RUN_OPERATOR)->text, &name));
		return NULL;
	}
	r->item = list;
	r->has_item = true;
	out = wrun_evaluate(r, f, json_new_str(&r->scratch, text), fault);
	r->has_item = false;
	return out;
}

static bool decide(struct wrun *r, struct wrun_frame *f, const struct json *e, unsigned depth,
		   struct json **out, struct wdl_fault *fault);

/* {"and": [...]}, {"or": [...]}: the first deciding one ends it. */
static bool decide_list(struct wrun *r, struct wrun_frame *f, const struct json *list, bool decides,
			unsigned depth, struct json **out, struct wdl_fault *fault)
{
	*out = json_new_bool(&r->scratch, !decides);
	JSON_EACH(e, list) {
		if (!decide(r, f, e, depth - 1, out, fault))
			return false;
		if (!json_is(*out, JSON_BOOL) || json_is_true(*out) == decides)
			break;
	}
	return true;
}

static bool decide(struct wrun *r, struct wrun_frame *f, const struct json *e, unsigned depth,
		   struct json **out, struct wdl_fault *fault)
{
	const struct json *op = json_is(e, JSON_OBJECT) ? json_first(e) : NULL;
	struct str name = json_name(op);

	if (!op || !depth) {
		*out = wrun_evaluate(r, f, e, fault);
		return *out != NULL;
	}
	if (str_eq_nocase(name, S("and")) || str_eq_nocase(name, S("or")))
		return decide_list(r, f, op, str_eq_nocase(name, S("or")), depth, out, fault);
	if (str_eq_nocase(name, S("not"))) {
		const struct json *inner = json_is(op, JSON_ARRAY) ? json_first(op) : op;

		if (!decide(r, f, inner, depth - 1, out, fault))
			return false;
		if (json_is(*out, JSON_BOOL))
			*out = json_new_bool(&r->scratch, !json_is_true(*out));
		return true;
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (!str_eq_nocase(name, str_from(operators[i].name)))
			continue;
		*out = apply(r, f, i, op, fault);
		return *out != NULL;
	}
	*fault = own_fault(
		wdl_message_fill(&r->scratch, wdl_message(WDL_M_RUN_OPERATOR)->text, &name));
	return false;
}

static struct str as_text(struct wrun *r, const struct json *e)
{
	return json_is(e, JSON_STRING) ? json_str(e) : json_text(&r->scratch, e);
}

static void fail_expression(struct wrun *r, struct wrun_step *s, const struct wdl_fault *fault)
{
	struct str values[2] = { s->node->name, fault->message };

	wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_EXPRESSION, values);
}

static void fail_value(struct wrun *r, struct wrun_step *s, const struct json *e,
		       const struct json *value, const char *wanted)
{
	struct str values[4] = { s->node->name, as_text(r, e), str_from(wrun_type(value)),
				 str_from(wanted) };

	wrun_fail(r, s, r->now, "ExpressionEvaluationFailed", "ExpressionEvaluationFailed",
		  WDL_M_RUN_SCOPE_VALUE, values);
}

bool wrun_condition(struct wrun *r, struct wrun_step *s, struct wrun_frame *f,
		    const struct json *expression, bool *out)
{
	struct wdl_fault fault = { 0 };
	struct json *v;

	if (!decide(r, f, expression, LIMIT_RUN_DEPTH, &v, &fault)) {
		fail_expression(r, s, &fault);
		return false;
	}
	if (!json_is(v, JSON_BOOL)) {
		fail_value(r, s, expression, v, "Boolean");
		return false;
	}
	*out = json_is_true(v);
	return true;
}

static void show_result(struct wrun_step *s, const struct json *v)
{
	struct arena *a = &s->frame->mem;

	s->inputs = json_new_object(a);
	json_set(a, s->inputs, "expressionResult", json_copy(a, v));
}

/* ---- branches ---- */

/* The container failed before it ran anything. */
static void failed_early(struct wrun *r, struct wrun_step *s)
{
	wrun_skip_below(r, s, r->now);
}

static void take(struct wrun *r, struct wrun_step *s, unsigned branch)
{
	unsigned last = WRUN_CASES + (unsigned)json_count(json_get(s->node->def, "cases"));

	s->branch = branch;
	for (unsigned b = 0; b < last; b++)
		if (b != branch)
			wrun_skip_branch(r, s, b, r->now);
	s->left = wrun_begin(r, s->frame, (int)wrun_number(r, s->node), branch, r->now);
	if (!s->left)
		wrun_push(r, WRUN_CHILDREN, r->now, s, NULL);
}

static void start_if(struct wrun *r, struct wrun_step *s)
{
	bool yes;

	if (!wrun_condition(r, s, s->frame, json_get(s->node->def, "expression"), &yes)) {
		failed_early(r, s);
		return;
	}
	show_result(s, json_new_bool(&r->scratch, yes));
	take(r, s, yes ? WRUN_MAIN : WRUN_ELSE);
}

/* A case of another type makes every action of every branch fail. */
static void fail_cases(struct wrun *r, struct wrun_step *s, const struct json *value,
		       const struct json *other)
{
	unsigned number = wrun_number(r, s->node);

	for (unsigned i = number + 1; i < s->node->after; i = r->nodes[i].after) {
		struct wrun_step *child = wrun_step_of(s->frame, &r->nodes[i]);
		struct str values[3] = { r->nodes[i].name, str_from(wrun_type(value)),
					 str_from(wrun_type(other)) };

		*child = (struct wrun_step){ .node = &r->nodes[i], .frame = s->frame,
					     .state = WRUN_STARTED, .start = r->now };
		s->left++;
		wrun_fail(r, child, r->now, "InternalServerError", "ActionConditionFailed",
			  WDL_M_RUN_CASE, values);
		if (wrun_is_container(&r->nodes[i]))
			failed_early(r, child);
	}
	s->branch = UINT32_MAX;
	if (!s->left)
		wrun_push(r, WRUN_CHILDREN, r->now, s, NULL);
}

static void start_switch(struct wrun *r, struct wrun_step *s)
{
	const struct json *e = json_get(s->node->def, "expression");
	struct wdl_fault fault = { 0 };
	struct json *v = wrun_evaluate(r, s->frame, e, &fault);
	unsigned branch = WRUN_CASES, taken = WRUN_ELSE;
	const char *type = wrun_type(v);

	if (!v) {
		fail_expression(r, s, &fault);
		failed_early(r, s);
		return;
	}
	if (strcmp(type, "String") != 0 && strcmp(type, "Integer") != 0) {
		fail_value(r, s, e, v, "String, Integer");
		failed_early(r, s);
		return;
	}
	show_result(s, v);
	JSON_EACH(c, json_get(s->node->def, "cases")) {
		struct json *wanted = wrun_evaluate(r, s->frame, json_get(c, "case"), &fault);

		if (strcmp(wrun_type(wanted), type) != 0) {
			fail_cases(r, s, v, wanted);
			return;
		}
		if (taken == WRUN_ELSE && json_equal(wanted, v))
			taken = branch;
		branch++;
	}
	take(r, s, taken);
}

void wrun_children(struct wrun *r, struct wrun_step *s)
{
	enum wdl_status status = WDL_ST_FAILED;

	if (s->branch != UINT32_MAX)
		status = wrun_group_status(r, s->frame, (int)wrun_number(r, s->node), s->branch);
	if (status == WDL_ST_FAILED) {
		wrun_fail(r, s, r->now, "ActionFailed", "ActionFailed", WDL_M_RUN_FAILED, NULL);
		return;
	}
	s->code = S("NotSpecified");
	wrun_end(r, s, status, r->now);
}

/* ---- loops ---- */

static void iterate(struct wrun *r, struct wrun_step *s, const struct json *item, int64_t at)
{
	struct wrun_frame *f = wrun_frame_new(r, s->frame, s);

	f->item = item;
	f->index = s->index++;
	f->start = at;
	s->active++;
	f->left = wrun_begin(r, f, (int)wrun_number(r, s->node), WRUN_MAIN, at);
	if (!f->left)
		wrun_push(r, WRUN_ITERATION, at, NULL, f);
}

/* Whether the host wants the next iteration, and when it starts. */
static bool wanted(struct wrun *r, const struct wrun_step *s, int64_t *at)
{
	unsigned n = s->frame->depth;
	struct wdl_loop_index *loops = arena_array(&r->scratch, n + 1, sizeof(*loops));

	*at = r->now;
	if (!r->host->wanted)
		return true;
	memcpy(loops, wrun_loops(&r->scratch, s->frame), n * sizeof(*loops));
	loops[n] = (struct wdl_loop_index){ s->node->name, s->index };
	if (!r->host->wanted(r->host->arg, loops, n + 1, at))
		return false;
	if (*at < r->now)
		*at = r->now;
	return true;
}

/* As many iterations of a Foreach as may run beside each other. */
static void launch(struct wrun *r, struct wrun_step *s)
{
	while (s->item && s->active < s->limit) {
		const struct json *item = s->item;
		int64_t at;

		s->item = json_next(item);
		if (wanted(r, s, &at))
			iterate(r, s, item, at);
		else
			s->index++;
	}
}

static unsigned parallel_of(const struct wrun *r, const struct wrun_step *s)
{
	const struct json *n =
		json_at(s->node->def, "/runtimeConfiguration/concurrency/repetitions");
	const struct json *c = json_at(s->node->def, "/runtimeConfiguration/concurrency");
	int64_t degree = json_int(n, c ? 20 : 1);

	if (str_contains_nocase(json_get_str(s->node->def, "operationOptions"), S("Sequential")))
		return 1;
	/* A loop inside a loop runs one item after the other whatever it says. */
	for (const struct wrun_frame *f = s->frame; f->up; f = f->up)
		if (f->owner->node->kind == WRUN_FOREACH)
			return 1;
	(void)r;
	return degree < 1 ? 1 : degree > LIMIT_RUN_PARALLEL ? LIMIT_RUN_PARALLEL :
							      (unsigned)degree;
}

static void start_foreach(struct wrun *r, struct wrun_step *s)
{
	const struct json *e = json_get(s->node->def, "foreach");
	struct wdl_fault fault = { 0 };
	struct json *list = wrun_list(r, s->frame, e, &fault);

	if (!list) {
		fail_expression(r, s, &fault);
		failed_early(r, s);
		return;
	}
	if (!json_is(list, JSON_ARRAY)) {
		struct str values[3] = { s->node->name, as_text(r, e), str_from(wrun_type(list)) };

		wrun_fail(r, s, r->now, "ExpressionEvaluationFailed", "ExpressionEvaluationFailed",
			  WDL_M_RUN_FOREACH, values);
		failed_early(r, s);
		return;
	}
	s->count = json_count(list);
	s->item = json_first(list);
	s->limit = parallel_of(r, s);
	if (s->node->keep)
		s->results = json_new_object(&s->frame->mem);
	if (!s->item)
		wrun_skip_body(r, s, r->now);
	launch(r, s);
	if (!s->active) {
		s->code = S("NotSpecified");
		wrun_end(r, s, WDL_ST_SUCCEEDED, r->now);
	}
}

bool wdl_iso_duration(struct str text, int64_t *ticks)
{
	static const struct {
		char letter;
		bool time;
		int64_t seconds;
	} units[] = { { 'Y', false, 31536000 }, { 'M', false, 2592000 }, { 'W', false, 604800 },
		      { 'D', false, 86400 },    { 'H', true, 3600 },     { 'M', true, 60 },
		      { 'S', true, 1 } };
	size_t i = 1, next = 0;
	bool time = false;
	double sum = 0;

	if (text.n < 2 || (text.p[0] | 32) != 'p')
		return false;
	while (i < text.n) {
		double value = 0, scale = 0;
		size_t k = next, digits = 0;

		if (!time && (text.p[i] | 32) == 't') {
			time = true;
			i++;
			continue;
		}
		for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '.');
		     i++) {
			if (text.p[i] == '.') {
				scale = scale > 0 ? scale : 1;
				continue;
			}
			value = value * 10 + (text.p[i] - '0');
			scale *= 10;
			if (++digits > 12)
				return false;
		}
		while (k < 7 && (i >= text.n || units[k].time != time ||
				 (text.p[i] | 32) != (units[k].letter | 32)))
			k++;
		if (!digits || k == 7)
			return false;
		sum += (scale > 0 ? value / scale : value) * (double)units[k].seconds;
		next = k + 1;
		i++;
	}
	if (!next || sum > 31536000.0 * 1000)
		return false;
	*ticks = (int64_t)(sum * (double)WDL_TICKS_SECOND);
	return true;
}

static void start_until(struct wrun *r, struct wrun_step *s)
{
	const struct json *limit = json_get(s->node->def, "limit");
	struct wdl_fault fault = { 0 };
	const struct json *v = limit ? wrun_evaluate(r, s->frame, limit, &fault) : NULL;
	int64_t count = json_int(json_get(v, "count"), 60), span;

	if (!wdl_iso_duration(json_get_str(v, "timeout"), &span))
		span = 3600 * WDL_TICKS_SECOND;
	s->count = count < 1 ? 1 : count > LIMIT_RUN_UNTIL ? LIMIT_RUN_UNTIL : (uint64_t)count;
	s->deadline = r->now + span;
	iterate(r, s, NULL, r->now);
}

static void keep_results(struct wrun *r, struct wrun_step *s, struct wrun_frame *f)
{
	unsigned number = wrun_number(r, s->node);
	struct arena *a = &s->frame->mem;

	for (unsigned i = number + 1; i < s->node->after; i = r->nodes[i].after) {
		struct json *list = json_get_n(s->results, r->nodes[i].name);

		if (!list)
			list = json_add_n(a, s->results, r->nodes[i].name, json_new_array(a));
		json_push(list, json_copy(a, wrun_json(r, wrun_step_of(f, &r->nodes[i]))));
	}
}

static void report_iteration(struct wrun *r, struct wrun_frame *f, enum wdl_status status)
{
	const struct wrun_node *n = f->owner->node;
	struct wdl_report out = { .kind = WDL_REPORT_ITERATION, .name = n->name, .type = n->type,
				  .definition = n->def, .status = status, .start = f->start,
				  .end = r->now };

	if (!r->host->report)
		return;
	out.code = status == WDL_ST_FAILED ? S("ActionFailed") : S("NotSpecified");
	out.loops = wrun_loops(&r->scratch, f);
	out.loop_count = f->depth;
	r->host->report(r->host->arg, &out);
}

static void end_loop(struct wrun *r, struct wrun_step *s, bool failed)
{
	if (failed) {
		wrun_fail(r, s, r->now, "ActionFailed", "ActionFailed", WDL_M_RUN_FAILED, NULL);
		return;
	}
	s->code = S("NotSpecified");
	wrun_end(r, s, WDL_ST_SUCCEEDED, r->now);
}

static void foreach_iteration(struct wrun *r, struct wrun_step *s, struct wrun_frame *f)
{
	if (s->results)
		keep_results(r, s, f);
	wrun_frame_end(f);
	launch(r, s);
	if (!s->active)
		end_loop(r, s, s->failed > 0);
}

static void until_iteration(struct wrun *r, struct wrun_step *s, struct wrun_frame *f, bool failed)
{
	bool limit = s->index >= s->count || r->now >= s->deadline, done;
	struct str values[2] = { s->node->name, S("count or timeout") };

	s->last = f;
	if (!wrun_condition(r, s, f, json_get(s->node->def, "expression"), &done))
		return;
	if (done || (limit && !str_contains_nocase(json_get_str(s->node->def, "operationOptions"),
						   S("FailWhenLimitsReached")))) {
		end_loop(r, s, failed);
	} else if (limit) {
		wrun_fail(r, s, r->now, "ActionFailed", "UntilLoopLimitsExceeded", WDL_M_RUN_UNTIL, values);
	} else {
		s->last = NULL;
		wrun_frame_end(f);
		iterate(r, s, NULL, r->now);
	}
}

void wrun_iteration(struct wrun *r, struct wrun_frame *f)
{
	struct wrun_step *s = f->owner;
	enum wdl_status status =
		wrun_group_status(r, f, (int)wrun_number(r, s->node), WRUN_MAIN);

	report_iteration(r, f, status);
	s->active--;
	s->ended++;
	s->failed += status == WDL_ST_FAILED;
	wrun_count(r, 1);
	if (s->node->kind == WRUN_UNTIL)
		until_iteration(r, s, f, status == WDL_ST_FAILED);
	else
		foreach_iteration(r, s, f);
}

void wrun_block(struct wrun *r, struct wrun_step *s)
{
	switch (s->node->kind) {
	case WRUN_IF:
		start_if(r, s);
		break;
	case WRUN_SWITCH:
		start_switch(r, s);
		break;
	case WRUN_FOREACH:
		start_foreach(r, s);
		break;
	case WRUN_UNTIL:
		start_until(r, s);
		break;
	default:
		take(r, s, WRUN_MAIN);
		break;
	}
}
