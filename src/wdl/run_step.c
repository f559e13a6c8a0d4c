/*
 * run_step.c - starting an action: its inputs, and the types that need nothing else.
 */
#include "wdl/culture.h"
#include "wdl/run_priv.h"
#include "wdl/value.h"

/* ---- inputs ---- */

/* What is not a value of its own: it is injected, says how to call, or is evaluated per item. */
static bool left_out(const struct wrun_node *n, struct str name)
{
	static const struct {
		enum wrun_kind kind;
		const char *name;
	} rows[] = {
		{ WRUN_CALL, "authentication" }, { WRUN_CALL, "retryPolicy" },
		{ WRUN_QUERY, "where" },         { WRUN_SELECT, "select" },
		{ WRUN_TABLE, "columns" },       { WRUN_RESPONSE, "schema" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].kind == n->kind && str_eq(name, str_from(rows[i].name)))
			return true;
	return false;
}

void wrun_fault(struct wrun *r, struct wrun_step *s, const struct wdl_fault *f)
{
	struct str values[2] = { s->node->name, f->message };

	s->inputs = s->outputs = NULL;
	wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_INPUTS, values);
}

bool wrun_inputs(struct wrun *r, struct wrun_step *s)
{
	const struct json *in = json_get(s->node->def, "inputs");
	struct wdl_fault fault = { 0 };

	r->secure_seen = false;
	if (!json_is(in, JSON_OBJECT)) {
		s->inputs = in ? wrun_value(r, s->frame, in, &fault) : NULL;
		if (in && !s->inputs) {
			wrun_fault(r, s, &fault);
			return false;
		}
	} else {
		s->inputs = json_new_object(&s->frame->mem);
		JSON_EACH(member, in) {
			struct json *v;

			if (left_out(s->node, json_name(member)))
				continue;
			v = wrun_value(r, s->frame, member, &fault);
			if (!v) {
				wrun_fault(r, s, &fault);
				return false;
			}
			json_add_n(&s->frame->mem, s->inputs, json_name(member), v);
		}
	}
	/* What looks at a hidden value hides what it saw. */
	s->hide_inputs = s->hide_inputs || r->secure_seen;
	return true;
}

/* ---- simple types ---- */

static void finish(struct wrun *r, struct wrun_step *s)
{
	wrun_end(r, s, WDL_ST_SUCCEEDED, r->now + wrun_duration(r, s));
}

void wrun_body(struct wrun *r, struct wrun_step *s, struct json *value)
{
	if (value) {
		s->outputs = json_new_object(&s->frame->mem);
		json_set(&s->frame->mem, s->outputs, "body", value);
	}
	finish(r, s);
}

static void compose(struct wrun *r, struct wrun_step *s)
{
	s->outputs = s->inputs ? json_copy(&s->frame->mem, s->inputs) : NULL;
	finish(r, s);
}

/* ---- time ---- */

static const struct {
	const char *name;
	int64_t seconds; /* 0: months or years */
	int months;
} units[] = {
	{ "Second", 1, 0 },    { "Minute", 60, 0 },   { "Hour", 3600, 0 }, { "Day", 86400, 0 },
	{ "Week", 604800, 0 }, { "Month", 0, 1 },     { "Year", 0, 12 },
};

static bool add_months(int64_t *ticks, int64_t months)
{
	struct wdl_civil c = wdl_civil(*ticks);
	int64_t m = c.year * 12ll + c.month - 1 + months;

	if (m < 12 || m > 9999 * 12)
		return false;
	c.year = (int)(m / 12);
	c.month = (int)(m % 12) + 1;
	if (c.day > wdl_days_in_month(c.year, c.month))
		c.day = wdl_days_in_month(c.year, c.month);
	return wdl_ticks(&c, ticks);
}

static bool interval(const struct json *i, int64_t *ticks)
{
	struct str unit = json_get_str(i, "unit");
	int64_t count = json_int(json_get(i, "count"), -1), add;

	if (count < 0 && !str_to_i64(json_get_str(i, "count"), &count))
		return false;
	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++) {
		if (!str_eq_nocase(unit, str_from(units[k].name)))
			continue;
		if (count < 0)
			return false;
		if (units[k].months)
			return count < 120000 && add_months(ticks, count * units[k].months);
		return !__builtin_mul_overflow(count, units[k].seconds * WDL_TICKS_SECOND, &add) &&
		       !__builtin_add_overflow(*ticks, add, ticks) && *ticks <= WDL_TICKS_MAX;
	}
	return false;
}

static void wait_for(struct wrun *r, struct wrun_step *s)
{
	const struct json *until = json_get(s->inputs, "until");
	const struct json *i = json_get(s->inputs, "interval");
	struct str text = json_is(until, JSON_STRING) ? json_str(until) :
							json_get_str(until, "timestamp");
	int64_t at = r->now;
	struct wdl_date d;
	bool ok;

	if (until) {
		ok = wdl_date_parse(text, &wdl_invariant, r->now, &d);
		at = ok && d.ticks > r->now ? d.ticks : r->now;
	} else {
		ok = interval(i, &at);
	}
	if (!ok) {
		struct str values[2] = { s->node->name,
					 until ? text : i ? json_text(&r->scratch, i) : S("") };

		wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_WAIT, values);
		return;
	}
	wrun_end(r, s, WDL_ST_SUCCEEDED, at + WRUN_MS);
}

/* ---- Expression: the date actions ---- */

static const struct {
	const char *kind, *expression;
} date_kinds[] = {
	{ "CurrentTime", "@utcNow()" },
	{ "AddToTime",
	  "@addToTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])" },
	{ "SubtractFromTime",
	  "@subtractFromTime(item()?['baseTime'], item()?['interval'], item()?['timeUnit'])" },
	{ "GetFutureTime", "@getFutureTime(item()?['interval'], item()?['timeUnit'])" },
	{ "GetPastTime", "@getPastTime(item()?['interval'], item()?['timeUnit'])" },
	{ "ConvertTimeZone",
	  "@convertTimeZone(item()?['baseTime'], item()?['sourceTimeZone'], "
	  "item()?['destinationTimeZone'], coalesce(item()?['formatString'], 'o'))" },
};

static void expression(struct wrun *r, struct wrun_step *s)
{
	struct str kind = json_get_str(s->node->def, "kind");
	struct wdl_fault fault = { 0 };
	struct json *v = NULL;

	for (size_t i = 0; i < sizeof(date_kinds) / sizeof(*date_kinds); i++) {
		if (!str_eq_nocase(kind, str_from(date_kinds[i].kind)))
			continue;
		r->item = s->inputs;
		r->has_item = true;
		v = wrun_value(r, s->frame, json_new_z(&r->scratch, date_kinds[i].expression),
			       &fault);
		r->has_item = false;
		if (v)
			wrun_body(r, s, v);
		else
			wrun_fault(r, s, &fault);
		return;
	}
	wrun_call(r, s);
}

/* ---- Response ---- */

static void respond(struct wrun *r, struct wrun_step *s)
{
	const struct json *t = json_first(json_get(r->definition, "triggers"));
	struct json *status = json_get(s->inputs, "statusCode");
	struct arena *a = &s->frame->mem;

	if (r->options->no_caller || r->result.response.n ||
	    !str_eq_nocase(json_get_str(t, "type"), S("Request"))) {
		s->code = S("ActionSkipped");
		s->error = wrun_error(a, S("ActionResponseSkipped"),
				      wdl_message_fill(a, wdl_message(WDL_M_RUN_RESPONSE)->text,
						       &s->node->name));
		wrun_end(r, s, WDL_ST_SKIPPED, r->now);
		return;
	}
	s->outputs = s->inputs ? json_copy(a, s->inputs) : json_new_object(a);
	/* The history shows the status as text. */
	if (json_is(status, JSON_NUMBER))
		json_set_str(a, s->outputs, "statusCode", json_number_text(status));
	r->result.response = s->node->name;
	r->result.response_outputs = json_copy(r->out, s->outputs);
	finish(r, s);
	r->result.response_end = r->now + WRUN_MS;
}

static void terminate(struct wrun *r, struct wrun_step *s)
{
	s->code = S("NotSpecified");
	finish(r, s);
}

void wrun_start(struct wrun *r, struct wrun_step *s)
{
	enum wrun_kind kind = s->node->kind;

	if (wrun_is_container(s->node)) {
		wrun_block(r, s);
		return;
	}
	if (!wrun_inputs(r, s))
		return;
	switch (kind) {
	case WRUN_COMPOSE:
		compose(r, s);
		break;
	case WRUN_PARSE_JSON:
	case WRUN_QUERY:
	case WRUN_SELECT:
	case WRUN_JOIN:
	case WRUN_TABLE:
		wrun_data(r, s);
		break;
	case WRUN_EXPRESSION:
		expression(r, s);
		break;
	case WRUN_WAIT:
		wait_for(r, s);
		break;
	case WRUN_TERMINATE:
		terminate(r, s);
		break;
	case WRUN_RESPONSE:
		respond(r, s);
		break;
	case WRUN_CALL:
		wrun_call(r, s);
		break;
	default:
		wrun_variable(r, s);
		break;
	}
}
