/*
 * args.c - a call's arguments against the row's parameters.
 *
 * What is unknown, missing, of the wrong type or too long becomes a tool error that names
 * the field and what would do.  Nothing is ever ignored.
 */
#include "work/call_priv.h"

#include "base/os.h"
#include "work/describe.h"

/* Parameters that the engine itself serves on every tool with a list. */
static const struct param list_params[] = {
	{ "fields", JSON_ARRAY, 0, "Only these members of items.", .max = 64 },
	{ "cursor", JSON_STRING, 0, "From the answer before.",
	  .max = 8192 },
	{ 0 },
};

const struct param *args_list_params(void)
{
	return list_params;
}

static const struct param *find_in(const struct param *rows, struct str name)
{
	for (const struct param *p = rows; p && p->name; p++)
		if (str_eq(str_from(p->name), name) ||
		    (p->alias && str_eq(str_from(p->alias), name)))
			return p;
	return NULL;
}

static const struct param *find(const struct tool *t, struct str name)
{
	const struct param *p = find_in(t->params, name);

	return !p && t->list ? find_in(list_params, name) : p;
}

static void closest(const struct param *rows, struct str name, unsigned *best, const char **out)
{
	for (const struct param *p = rows; p && p->name; p++) {
		unsigned d = str_distance(name, str_from(p->name), *best);

		if (d < *best) {
			*best = d;
			*out = p->name;
		}
	}
}

static bool unknown(struct call *c, struct str name)
{
	const char *near = NULL;
	unsigned best = 6;
	struct buf all;

	closest(c->tool->params, name, &best, &near);
	if (c->tool->list)
		closest(list_params, name, &best, &near);
	fail(c, ERR_INVALID_ARGUMENT, "%s has no argument \"%.*s\"", c->tool->name,
	     STR_ARG(str_first_utf8(name, 64)));
	if (near) {
		hint(c, "Did you mean \"%s\"?", near);
		return false;
	}
	buf_init_in(&all, c->arena, 4096);
	for (const struct param *p = c->tool->params; p && p->name; p++)
		if (!(p->flags & P_UNLISTED))
			buf_addf(&all, "%s%s", all.n ? ", " : "", p->name);
	if (all.n)
		hint(c, "It takes: %s.", buf_c(&all));
	else
		hint(c, "It takes no arguments.");
	return false;
}

static bool wrong(struct call *c, const struct param *p, const char *what)
{
	fail(c, ERR_INVALID_ARGUMENT, "\"%s\" %s", p->name, what);
	hint(c, "%s: %s", p->name, p->help);
	return false;
}

static bool allowed_choice(struct call *c, const struct param *p, struct json **v)
{
	struct str rest = str_from(p->choices), word, given = json_str(*v);

	while (str_cut(&rest, ' ', &word)) {
		if (!str_eq_nocase(word, given))
			continue;
		/* Case is forgiven, and the row's spelling is what the tool sees. */
		if (!str_eq(word, given))
			*v = json_new_str(c->arena, word);
		return true;
	}
	fail(c, ERR_INVALID_ARGUMENT, "\"%s\" cannot be \"%.*s\"", p->name,
	     STR_ARG(str_first_utf8(given, 64)));
	hint(c, "It is one of: %s.", p->choices);
	return false;
}

static bool check_string(struct call *c, const struct param *p, struct json **v)
{
	struct str s = json_str(*v);
	int64_t when;

	if (p->max && s.n > (size_t)p->max)
		return wrong(c, p, arena_printf(c->arena, "is longer than %lld bytes",
						(long long)p->max));
	if ((p->flags & P_REQUIRED) && s.n == 0)
		return wrong(c, p, "is empty");
	if ((p->flags & P_TIME) && s.n && !os_parse_time(s, &when))
		return wrong(c, p, "is not a time such as 2026-11-21T18:00:00Z");
	if (p->choices && s.n)
		return allowed_choice(c, p, v);
	for (size_t i = 0; (p->flags & (P_ENVIRONMENT | P_FLOW | P_RUN)) && i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20)
			return wrong(c, p, "contains a control character");
	return true;
}

static bool check_number(struct call *c, const struct param *p, const struct json *v)
{
	int64_t a = json_int(v, INT64_MIN), b = json_int(v, INT64_MAX);

	if (a != b)
		return wrong(c, p, "must be a whole number");
	if ((p->min || p->max) && (a < p->min || (p->max && a > p->max)))
		return wrong(c, p, p->max ? arena_printf(c->arena, "must be between %lld and %lld",
							 (long long)p->min, (long long)p->max)
					  : arena_printf(c->arena, "must be at least %lld",
							 (long long)p->min));
	return true;
}

/* Models send "5" for 5 and "true" for true often enough that refusing would only cost a turn. */
static struct json *lenient(struct call *c, const struct param *p, struct json *v)
{
	struct str s = json_str(v);
	struct json *parsed;

	if (json_type(v) != JSON_STRING || p->type == JSON_STRING)
		return v;
	parsed = s.n && s.n < LIMIT_RESULT ? json_parse(c->arena, s, JSON_STRICT, NULL) : NULL;
	return parsed && json_type(parsed) == p->type ? parsed : v;
}

static bool check_value(struct call *c, const struct param *p, struct json **v)
{
	*v = lenient(c, p, *v);
	if (json_type(*v) != p->type)
		return wrong(c, p, arena_printf(c->arena, "must be %s %s, not %s",
						p->type == JSON_ARRAY || p->type == JSON_OBJECT
							? "an"
							: "a",
						json_type_name(p->type),
						json_type_name(json_type(*v))));
	switch (p->type) {
	case JSON_STRING:
		return check_string(c, p, v);
	case JSON_NUMBER:
		return check_number(c, p, *v);
	case JSON_ARRAY:
		if (p->max && json_count(*v) > (size_t)p->max)
			return wrong(c, p, arena_printf(c->arena, "has more than %lld items",
							(long long)p->max));
		JSON_EACH(item, *v)
		{
			if (json_type(item) != (p->items ? p->items : JSON_STRING))
				return wrong(c, p, "has an item of another type");
		}
		return true;
	default:
		return true;
	}
}

bool args_check(struct call *c)
{
	struct json *clean = json_new_object(c->arena);

	if (c->args && json_type(c->args) != JSON_OBJECT) {
		fail(c, ERR_INVALID_ARGUMENT, "the arguments must be an object");
		return false;
	}
	JSON_EACH(v, c->args)
	{
		struct str name = json_name(v);
		const struct param *p = find(c->tool, name);
		struct json *value;

		if (!p)
			return unknown(c, name);
		/* Hosts send null for what the model left out. */
		if (json_type(v) == JSON_NULL)
			continue;
		if (json_get(clean, p->name)) {
			fail(c, ERR_INVALID_ARGUMENT, "\"%s\" is given twice, also as \"%.*s\"",
			     p->name, STR_ARG(name));
			return false;
		}
		value = json_copy(c->arena, v);
		if (!check_value(c, p, &value))
			return false;
		json_set(c->arena, clean, p->name, value);
	}
	for (const struct param *p = c->tool->params; p && p->name; p++) {
		/* The environment has other sources; work/resolve.c says when there is none. */
		if (!(p->flags & P_REQUIRED) || (p->flags & (P_ENVIRONMENT | P_FLOW | P_RUN)) ||
		    json_get(clean, p->name))
			continue;
		fail(c, ERR_INVALID_ARGUMENT, "\"%s\" is missing", p->name);
		hint(c, "%s: %s", p->name, p->help);
		return false;
	}
	c->args = clean;
	return args_guard(c);
}
