/*
 * design_equal.c - when two definitions are the same flow.
 *
 * Knows which members only name things, and which hold a value that a run hands on.
 */
#include "wdl/design.h"

#include "base/limits.h"

struct compare {
	struct buf *at; /* or NULL: where is not asked */
};

static bool same_steps(struct compare *c, const struct json *x, const struct json *y);

static bool enter(struct compare *c, struct str name, bool (*same)(struct compare *c,
								   const struct json *x,
								   const struct json *y),
		  const struct json *x, const struct json *y)
{
	size_t mark = c->at ? c->at->n : 0;

	if (c->at)
		json_pointer_add(c->at, name);
	if (!same(c, x, y))
		return false;
	if (c->at)
		c->at->n = mark;
	return true;
}

/* Values that a run hands on: members have an order there, which tables and texts show. */
static bool same_value(struct compare *c, const struct json *x, const struct json *y)
{
	const struct json *v = json_first(x), *w = json_first(y);

	if (json_type(x) != json_type(y))
		return false;
	if (!json_is(x, JSON_OBJECT) && !json_is(x, JSON_ARRAY))
		return json_equal(x, y);
	for (; v && w; v = json_next(v), w = json_next(w))
		if (!str_eq(json_name(v), json_name(w)) ||
		    !enter(c, json_name(v), same_value, v, w))
			return false;
	return !v && !w;
}

static bool is_nothing(const struct json *v)
{
	return !v || json_is(v, JSON_NULL) || (json_is(v, JSON_OBJECT) && !json_count(v));
}

/* Rows of members that are compared in a way of their own; the last one is "*". */
struct member {
	const char *name; /* "*": any other */
	/* NULL: not compared. */
	bool (*same)(struct compare *c, const struct json *x, const struct json *y);
	bool optional;    /* empty is as good as none */
};

static const struct member *member_of(const struct member *rows, struct str name)
{
	while (strcmp(rows->name, "*") != 0 && !str_eq(name, str_from(rows->name)))
		rows++;
	return rows;
}

static bool differs_at(struct compare *c, struct str name)
{
	if (c->at)
		json_pointer_add(c->at, name);
	return false;
}

/* Objects whose members have no order. */
static bool same_members(struct compare *c, const struct json *x, const struct json *y,
			 const struct member *rows)
{
	const struct json *guess = json_first(y);

	if (!json_is(x, JSON_OBJECT) || !json_is(y, JSON_OBJECT))
		return same_value(c, x, y);
	JSON_EACH (v, x) {
		const struct member *m = member_of(rows, json_name(v));
		/* Mostly the order is the same, too. */
		const struct json *w = guess && str_eq(json_name(guess), json_name(v))
					       ? guess
					       : json_get_n(y, json_name(v));

		guess = w ? json_next(w) : guess;
		if (!m->same || (m->optional && is_nothing(v) && is_nothing(w)))
			continue;
		if (!w)
			return differs_at(c, json_name(v));
		if (!enter(c, json_name(v), m->same, v, w))
			return false;
	}
	guess = json_first(x);
	JSON_EACH (w, y) {
		const struct member *m = member_of(rows, json_name(w));
		const struct json *v = guess && str_eq(json_name(guess), json_name(w))
					       ? guess
					       : json_get_n(x, json_name(w));

		guess = v ? json_next(v) : guess;
		if (!v && m->same && !(m->optional && is_nothing(w)))
			return differs_at(c, json_name(w));
	}
	return true;
}

static bool same_names(struct compare *c, const struct json *x, const struct json *y);

static const struct member only_names[] = { { "*", same_names, false } };

/* Configuration: names count, order never does. */
static bool same_names(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, only_names);
}

static const struct member each_value[] = { { "*", same_value, false } };

/* Names without an order, with values that have one: parameters of a connector, headers. */
static bool same_table(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, each_value);
}

static const struct member host_members[] = {
	{ "connectionName", NULL, true },
	{ "connectionReferenceName", NULL, true },
	{ "*", same_names, false },
};

static struct str host_key(const struct json *host)
{
	struct str key = json_get_str(host, "connectionReferenceName");

	return key.n ? key : json_get_str(host, "connectionName");
}

/* The key of a reference has two names, and the service takes either in place of the other. */
static bool same_host(struct compare *c, const struct json *x, const struct json *y)
{
	if (!str_eq(host_key(x), host_key(y)))
		return differs_at(c, S("connectionName"));
	return same_members(c, x, y, host_members);
}

static const struct member inputs_members[] = {
	{ "authentication", same_names, false }, { "host", same_host, false },
	{ "headers", same_table, true },	 { "parameters", same_table, true },
	{ "queries", same_table, true },	 { "retryPolicy", same_names, false },
	{ "pathTemplate", same_names, false },	 { "*", same_value, false },
};

static bool same_inputs(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, inputs_members);
}

/* A set, whatever its order and the case of what is in it. */
static bool same_statuses(struct compare *c, const struct json *x, const struct json *y)
{
	if (json_type(x) != json_type(y) || json_count(x) != json_count(y))
		return same_value(c, x, y);
	JSON_EACH (v, x) {
		bool found = false;

		JSON_EACH (w, y)
			found |= str_eq_nocase(json_str(v), json_str(w));
		if (!found)
			return false;
	}
	return true;
}

static const struct member after_members[] = { { "*", same_statuses, false } };

static bool same_after(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, after_members);
}

static const struct member branch_members[] = {
	{ "actions", same_steps, true },
	{ "*", same_names, false },
};

static bool same_branch(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, branch_members);
}

static const struct member case_members[] = { { "*", same_branch, false } };

static bool same_cases(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, case_members);
}

static const struct member step_members[] = {
	{ "inputs", same_inputs, false },   { "runAfter", same_after, true },
	{ "actions", same_steps, true },    { "else", same_branch, true },
	{ "default", same_branch, true },   { "cases", same_cases, true },
	{ "metadata", same_names, true },   { "foreach", same_value, false },
	{ "expression", same_value, false }, { "*", same_names, false },
};

/* What Compose is given is its value; elsewhere inputs are members with names. */
static const struct member compose_members[] = {
	{ "inputs", same_value, false },
	{ "runAfter", same_after, true },
	{ "metadata", same_names, true },
	{ "*", same_names, false },
};

static bool same_step(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y,
			    str_eq_nocase(json_get_str(x, "type"), S("Compose")) ? compose_members
										 : step_members);
}

static const struct member each_step[] = { { "*", same_step, false } };

static bool same_steps(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, each_step);
}

/* The service puts the first two in by itself. */
static const struct member parameter_members[] = {
	{ "$connections", NULL, true },
	{ "$authentication", NULL, true },
	{ "*", same_names, false },
};

static bool same_parameters(struct compare *c, const struct json *x, const struct json *y)
{
	return same_members(c, x, y, parameter_members);
}

/* Who made the flow, when and where it was saved: the service writes it anew with each save. */
static const struct member definition_members[] = {
	{ "metadata", NULL, true },
	{ "triggers", same_steps, true },
	{ "actions", same_steps, true },
	{ "parameters", same_parameters, true },
	{ "outputs", same_names, true },
	{ "*", same_names, false },
};

bool wdl_design_differs(struct arena *a, const struct json *x, const struct json *y,
			struct str *pointer)
{
	struct buf at;
	struct compare c = { &at };

	buf_init_in(&at, a, LIMIT_JSON_NAME * 4);
	if (same_members(&c, wdl_design_form(a, x), wdl_design_form(a, y), definition_members))
		return false;
	*pointer = buf_str(&at);
	return true;
}

/* ---- references ---- */

bool wdl_design_reference_equal(const struct json *x, const struct json *y)
{
	struct str logical[2] = { json_get_str(x, "connectionReferenceLogicalName"),
				  json_get_str(y, "connectionReferenceLogicalName") };

	if (!str_eq_nocase(wdl_design_api(x), wdl_design_api(y)) ||
	    !str_eq_nocase(json_get_str(x, "source"), json_get_str(y, "source")))
		return false;
	if (logical[0].n && logical[1].n)
		return str_eq_nocase(logical[0], logical[1]);
	return (json_get(x, "connectionName") || !(logical[0].n || logical[1].n)) &&
	       str_eq_nocase(json_get_str(x, "connectionName"), json_get_str(y, "connectionName"));
}

bool wdl_design_references_equal(const struct json *x, const struct json *y)
{
	if (json_count(x) != json_count(y))
		return false;
	JSON_EACH (r, x) {
		const struct json *other = json_get_n(y, json_name(r));

		if (!other || !wdl_design_reference_equal(r, other))
			return false;
	}
	return true;
}
