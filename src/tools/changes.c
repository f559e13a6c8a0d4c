/*
 * changes.c - where two values differ.
 */
#include "tools/changes.h"

#include "base/limits.h"
#include "text/scan.h"

struct comparing {
	struct arena *a;
	const struct changes_options *o;
	struct json *out;
	struct buf at;
	size_t total;
	enum { EVERY, SHAPES, VALUES } which;
};

enum { LEAST = 64 }; /* of a projection */

struct json *changes_short(struct arena *a, const struct json *v, size_t longest)
{
	struct project_options o = { .budget = longest < LEAST ? LEAST : longest,
				     .longest_string = longest };

	if (json_is(v, JSON_STRING)) {
		struct str s = json_str(v), cut = str_first_utf8(s, longest);

		if (cut.n < s.n)
			return json_new_str(a, str_fmt(a, "%.*s... (%zu bytes)", STR_ARG(cut), s.n));
	}
	if (json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY))
		return project_tree(a, v, &o).value;
	return v ? json_copy(a, v) : NULL;
}

static bool is_empty(const struct json *v)
{
	return json_is(v, JSON_NULL) || (json_is(v, JSON_STRING) && !json_str(v).n);
}

/* Places of the other kind are another round's. */
static struct json *place(struct comparing *c, bool shape)
{
	struct json *one;

	if (c->which == (shape ? VALUES : SHAPES) || c->total++ >= c->o->most)
		return NULL;
	one = json_push(c->out, json_new_object(c->a));
	json_set_str(c->a, one, "pointer", str_dup(c->a, buf_str(&c->at)));
	return one;
}

static void tell(struct comparing *c, const struct json *was, const struct json *now)
{
	bool shape = json_type(was) != json_type(now) || is_empty(was) != is_empty(now);
	struct json *one = place(c, shape);

	if (one && was)
		json_set(c->a, one, "was", changes_short(c->a, was, c->o->longest));
	if (one && now)
		json_set(c->a, one, "now", changes_short(c->a, now, c->o->longest));
}

static void tell_lengths(struct comparing *c, size_t was, size_t now)
{
	struct json *one = place(c, !was || !now);

	if (!one)
		return;
	json_set_int(c->a, one, "wasItems", (int64_t)was);
	json_set_int(c->a, one, "nowItems", (int64_t)now);
}

static void compare(struct comparing *c, const struct json *was, const struct json *now,
		    unsigned depth);

static void compare_member(struct comparing *c, struct str name, const struct json *was,
			   const struct json *now, unsigned depth)
{
	size_t before = c->at.n;

	json_pointer_add(&c->at, name);
	compare(c, was, now, depth - 1);
	c->at.n = before;
}

static void compare_objects(struct comparing *c, const struct json *was, const struct json *now,
			    unsigned depth)
{
	bool top = c->at.n == 0 && !c->o->envelope;

	JSON_EACH (v, was)
		if (!top || !str_eq(json_name(v), S("headers")))
			compare_member(c, json_name(v), v, json_get_n(now, json_name(v)), depth);
	JSON_EACH (v, now)
		if ((!top || !str_eq(json_name(v), S("headers"))) &&
		    !json_get_n(was, json_name(v)))
			compare_member(c, json_name(v), NULL, v, depth);
}

static void compare_arrays(struct comparing *c, const struct json *was, const struct json *now,
			   unsigned depth)
{
	const struct json *x = json_first(was), *y = json_first(now);
	size_t i = 0;

	if (json_count(was) != json_count(now))
		tell_lengths(c, json_count(was), json_count(now));
	for (; x && y; x = json_next(x), y = json_next(y))
		compare_member(c, str_fmt(c->a, "%zu", i++), x, y, depth);
}

static void compare(struct comparing *c, const struct json *was, const struct json *now,
		    unsigned depth)
{
	if (!was && !now)
		return;
	if (depth == 0 || !buf_ok(&c->at) || json_type(was) != json_type(now)) {
		tell(c, was, now);
		return;
	}
	if (json_is(was, JSON_OBJECT))
		compare_objects(c, was, now, depth);
	else if (json_is(was, JSON_ARRAY))
		compare_arrays(c, was, now, depth);
	else if (!json_equal(was, now))
		tell(c, was, now);
}

struct json *changes_of(struct arena *a, const struct json *was, const struct json *now,
			const struct changes_options *o, size_t *total)
{
	struct comparing c = { .a = a, .o = o, .out = json_new_array(a),
			       .which = o->shape_first ? SHAPES : EVERY };

	buf_init_in(&c.at, a, LIMIT_LINE);
	compare(&c, was, now, LIMIT_JSON_DEPTH);
	if (o->shape_first) {
		c.which = VALUES;
		compare(&c, was, now, LIMIT_JSON_DEPTH);
	}
	*total = c.total;
	return c.out;
}
