/*
 * reason.c - finds the cause among failed actions, and its message among wrappings.
 */
#include "tools/reason.h"

#include <stdlib.h>

#include "base/limits.h"

/* ---- messages ---- */

static const struct str none;

/* Codes that say nothing of the cause.  Source: recorded runs and the error reference. */
static const char *const generic_codes[] = {
	"", "ActionFailed", "NotSpecified", "InternalServerError", "BadRequest", "Failed",
};

bool reason_is_generic(const struct reason *r)
{
	if (!r->message.n)
		return true;
	for (size_t i = 0; i < sizeof(generic_codes) / sizeof(*generic_codes); i++)
		if (str_eq(r->code, str_from(generic_codes[i])))
			return true;
	return false;
}

/* A string that holds JSON is read as JSON: services wrap each other's answers. */
static const struct json *opened(struct arena *a, const struct json *v)
{
	struct str s = str_trim(json_str(v));
	const struct json *inner;

	if (s.n < 2 || s.p[0] != '{')
		return v;
	inner = json_parse(a, s, JSON_ANSWER, NULL);
	return inner ? inner : v;
}

/* Members that may hold the next, more exact error, and those that hold a message. */
static const char *const deeper[] = { "innerError", "innererror", "error", "odata.error", NULL };
static const char *const messages[] = {
	"message", "error_description", "errorMessage", "Message", "detail", "title", NULL
};

static struct str message_in(const struct json *v)
{
	for (size_t i = 0; messages[i]; i++) {
		const struct json *m = json_get(v, messages[i]);

		if (json_str(m).n)
			return json_str(m);
		/* Old OData: {"message":{"lang","value"}}. */
		if (json_get_str(m, "value").n)
			return json_get_str(m, "value");
	}
	return none;
}

static bool is_word(struct arena *a, const struct json *v)
{
	return json_is(v, JSON_STRING) && opened(a, v) == v && str_find_char(json_str(v), ' ') < 0;
}

/* A page of a gateway says what it has to say in its title. */
static struct str without_page(struct str s)
{
	ptrdiff_t from, to;

	if (!str_starts(str_trim(s), S("<")))
		return s;
	from = str_find(s, S("<title>"));
	to = str_find(s, S("</title>"));
	return from >= 0 && to > from + 7 ? str_trim(str_n(s.p + from + 7, (size_t)(to - from - 7)))
					  : s;
}

static struct reason descend(struct arena *a, const struct json *v, unsigned depth)
{
	struct reason r = { 0 }, below;
	struct str word = none;

	v = opened(a, v);
	if (depth == 0 || !json_is(v, JSON_OBJECT)) {
		r.message = json_is(v, JSON_STRING) ? without_page(json_str(v)) : none;
		return r;
	}
	for (size_t i = 0; deeper[i]; i++) {
		const struct json *next = json_get(v, deeper[i]);

		if (!next)
			continue;
		/* {"error":"invalid_grant","error_description":...}: one word is a code. */
		if (is_word(a, next)) {
			word = json_str(next);
			continue;
		}
		below = descend(a, next, depth - 1);
		if (below.message.n) {
			r = below;
			break;
		}
	}
	if (!r.message.n) {
		const struct json *m = json_get(v, "message");

		/* The message itself may be another service's whole answer. */
		if (json_is(m, JSON_STRING) && opened(a, m) != m)
			r = descend(a, m, depth - 1);
	}
	if (!r.message.n)
		r.message = message_in(v);
	if (!r.message.n && json_is(json_get(v, "errors"), JSON_ARRAY))
		r = descend(a, json_first(json_get(v, "errors")), depth - 1);
	if (!r.message.n)
		r.message = word;
	if (!r.code.n)
		r.code = json_get_str(v, "code").n ? json_get_str(v, "code") : word;
	return r;
}

struct reason reason_of_error(struct arena *a, const struct json *error)
{
	struct reason r = descend(a, error, 6);

	r.message = r.message.n ? str_dup(a, r.message) : none;
	return r;
}

struct reason reason_of_outputs(struct arena *a, const struct json *outputs)
{
	struct reason r = { 0 };
	const struct json *status, *body;

	outputs = opened(a, outputs);
	body = json_get(outputs, "body");
	status = json_get(outputs, "statusCode");
	if (body)
		r = descend(a, body, 6);
	if (!r.message.n)
		r = descend(a, outputs, 6);
	/* A number, or a number in a string: both were recorded. */
	r.status = json_is(status, JSON_NUMBER) ? json_number_text(status)
		   : json_str(status).n         ? json_str(status)
						: none;
	if (r.message.n)
		r.message = str_dup(a, str_first_utf8(r.message, LIMIT_RESULT / 20));
	return r;
}

/* ---- which action ---- */

static bool is_failed(const struct json *action)
{
	struct str s = json_get_str(action, "status");

	return str_eq_nocase(s, S("Failed")) || str_eq_nocase(s, S("TimedOut"));
}

static struct str name_of(const struct json *action)
{
	return json_get_str(action, "actionName");
}

static struct str container_of(const struct json *index, struct str name)
{
	return json_get_str(json_get_n(index, name), "container");
}

/* True when `outer` is a container of `name`, at any distance. */
static bool is_inside(const struct json *index, struct str name, struct str outer)
{
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++) {
		name = container_of(index, name);
		if (!name.n)
			return false;
		if (str_eq(name, outer))
			return true;
	}
	return false;
}

static bool in_loop(const struct json *index, struct str name)
{
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++) {
		struct str type;

		name = container_of(index, name);
		if (!name.n)
			return false;
		type = json_get_str(json_get_n(index, name), "type");
		if (str_eq_nocase(type, S("Foreach")) || str_eq_nocase(type, S("Until")))
			return true;
	}
	return false;
}

static const struct json *action_named(const struct json *actions, struct str name)
{
	JSON_EACH (v, actions)
		if (str_eq(name_of(v), name))
			return v;
	return NULL;
}

static bool waits_for_failure(const struct json *statuses)
{
	JSON_EACH (s, statuses)
		if (str_eq_nocase(json_str(s), S("Failed")) ||
		    str_eq_nocase(json_str(s), S("TimedOut")))
			return true;
	return false;
}

/* A step beside it, or beside a container of it, that runs after a failure, did run. */
static bool is_handled(const struct json *actions, const struct json *index, struct str name)
{
	for (unsigned i = 0; name.n && i < LIMIT_JSON_DEPTH; i++) {
		JSON_EACH (other, index) {
			const struct json *ran;

			if (!waits_for_failure(json_get_n(json_get(other, "runAfter"), name)))
				continue;
			ran = action_named(actions, json_name(other));
			if (ran && !str_eq_nocase(json_get_str(ran, "status"), S("Skipped")))
				return true;
		}
		name = container_of(index, name);
	}
	return false;
}

/* Without the definition, only the wording tells a container from what failed in it. */
static bool is_container(const struct failures *f, const struct json *index,
			 const struct json *action)
{
	if (!json_count(index)) {
		struct str code = json_get_str(action, "code");

		return str_eq(code, S("ActionFailed")) ||
		       str_eq(json_get_str(json_get(action, "error"), "code"), S("ActionFailed"));
	}
	for (size_t i = 0; i < f->count; i++)
		if (f->at[i] != action && is_inside(index, name_of(f->at[i]), name_of(action)))
			return true;
	return false;
}

/* Outer before inner: what started earlier; at the same time, what ended later. */
static int by_time(const void *pa, const void *pb)
{
	const struct json *const *a = pa, *const *b = pb;
	int d = str_cmp(json_get_str(*a, "startTime"), json_get_str(*b, "startTime"));

	return d ? d : str_cmp(json_get_str(*b, "endTime"), json_get_str(*a, "endTime"));
}

/* Enough to find a cause; more failed actions than this are only listed. */
enum { MOST_LEAVES = 64 };

/* The first failure that nothing caught; when all were caught and the run failed nevertheless
 * (a Terminate in the handler), the last one. */
static const struct json *choose_root(const struct failures *f, const struct json *index,
				      bool run_succeeded)
{
	const struct json *open = NULL, *caught = NULL;

	for (size_t i = 0; i < f->count; i++) {
		const struct json *v = f->at[i];
		struct str end = json_get_str(v, "endTime");

		if (i < MOST_LEAVES && is_container(f, index, v))
			continue;
		if (f->handled[i]) {
			if (!caught || str_cmp(end, json_get_str(caught, "endTime")) >= 0)
				caught = v;
		} else if (!open || str_cmp(end, json_get_str(open, "endTime")) < 0) {
			open = v;
		}
	}
	if (run_succeeded)
		return NULL;
	return open ? open : caught;
}

/* Moves the containers of the cause, then the cause, to the end. */
static void root_last(struct arena *a, struct failures *f, const struct json *index)
{
	const struct json **at = arena_array(a, f->count, sizeof(*at));
	bool *handled = arena_array(a, f->count, sizeof(*handled));
	size_t n = 0;

	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < f->count; i++) {
			int group = f->at[i] == f->root                                     ? 2
				    : is_inside(index, name_of(f->root), name_of(f->at[i])) ? 1
											    : 0;

			if (group != pass)
				continue;
			at[n] = f->at[i];
			handled[n++] = f->handled[i];
		}
	f->at = at;
	f->handled = handled;
}

struct failures reason_failures(struct arena *a, const struct json *actions,
				const struct json *index, bool run_succeeded)
{
	struct failures f = { 0 };

	f.at = arena_array(a, json_count(actions) + 1, sizeof(*f.at));
	f.handled = arena_array(a, json_count(actions) + 1, sizeof(*f.handled));
	JSON_EACH (v, actions)
		if (is_failed(v))
			f.at[f.count++] = v;
	if (!f.count)
		return f;
	qsort(f.at, f.count, sizeof(*f.at), by_time);
	for (size_t i = 0; i < f.count && i < MOST_LEAVES; i++)
		f.handled[i] = is_handled(actions, index, name_of(f.at[i]));
	f.root = choose_root(&f, index, run_succeeded);
	if (f.root) {
		root_last(a, &f, index);
		f.root_in_loop = in_loop(index, name_of(f.root));
	}
	return f;
}
