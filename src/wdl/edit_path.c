/*
 * edit_path.c - set, add, remove and merge: operations by path.
 */
#include "base/limits.h"
#include "wdl/edit_int.h"

/* Where the last key of a path points. */
struct spot {
	struct json *parent;
	struct json *old;    /* what is there, or NULL */
	struct str key;      /* of an object */
	size_t index;        /* of an array */
	struct str pointer;  /* of the parent; then of the place itself */
};

static struct str token_of(struct edit *x, const struct json *key)
{
	return json_is(key, JSON_NUMBER) ? str_dup(x->a, json_number_text(key)) : json_str(key);
}

static struct str below(struct edit *x, struct str pointer, struct str token)
{
	struct buf b;

	buf_init_in(&b, x->a, LIMIT_LINE);
	buf_adds(&b, pointer);
	json_pointer_add(&b, token);
	return buf_str(&b);
}

/* An index, a number or its digits; "-" is the end. */
static bool index_of(const struct json *key, const struct json *array, size_t *index)
{
	struct str text = json_is(key, JSON_NUMBER) ? json_number_text(key) : json_str(key);
	uint64_t n;

	if (str_eq(text, S("-"))) {
		*index = json_count(array);
		return true;
	}
	if (!str_to_u64(text, &n) || n > SIZE_MAX)
		return false;
	*index = (size_t)n;
	return true;
}

/* Goes into `at`; false when `at` cannot have such a key at all. */
static bool enter(struct edit *x, struct spot *s, const struct json *key)
{
	struct str token = token_of(x, key);

	s->old = NULL;
	if (json_is(s->parent, JSON_OBJECT)) {
		if (!json_is(key, JSON_STRING) && !json_get_n(s->parent, token))
			return edit_refuse(x, s->pointer, edit_hint(x, token, s->parent),
					   "an index was given where an object is");
		s->key = token;
		s->old = json_get_n(s->parent, token);
		return true;
	}
	if (json_is(s->parent, JSON_ARRAY)) {
		if (!index_of(key, s->parent, &s->index))
			return edit_refuse(x, s->pointer, S("items are counted from 0"),
					   "\"%.*s\" is no index of a list",
					   STR_ARG(str_first_utf8(token, 60)));
		s->old = json_item(s->parent, s->index);
		return true;
	}
	return edit_refuse(x, s->pointer, S(""), "there is %s here, which has no \"%.*s\"",
			   json_type_name(json_type(s->parent)),
			   STR_ARG(str_first_utf8(token, 60)));
}

static bool missing(struct edit *x, const struct spot *s, struct str token)
{
	const struct edit_step *elsewhere = edit_find(x, edit_name(x, token));
	struct str hint = S("");

	if (json_is(s->parent, JSON_ARRAY))
		return edit_refuse(x, s->pointer, S("items are counted from 0"),
				   "the list has %zu items, and none %.*s", json_count(s->parent),
				   STR_ARG(str_first_utf8(token, 60)));
	if (elsewhere && str_ends(s->pointer, S("/actions")) && elsewhere->map != s->parent)
		hint = str_fmt(x->a, "the action stands at %.*s",
			       STR_ARG(edit_pointer(x, elsewhere)));
	else
		hint = edit_hint(x, token, s->parent);
	return edit_refuse(x, below(x, s->pointer, token), hint, "there is no \"%.*s\"",
			   STR_ARG(str_first_utf8(token, 120)));
}

static bool follow(struct edit *x, struct spot *s)
{
	const struct json *path = json_get(x->op, "path");

	*s = (struct spot){ .parent = x->definition, .pointer = S("") };
	if (!json_first(path))
		return edit_refuse(x, S(""), S("give the new definition itself instead"),
				   "the path is empty");
	JSON_EACH(key, path) {
		if (!json_is(key, JSON_STRING) && !json_is(key, JSON_NUMBER))
			return edit_refuse(x, S(""), S(""), "a path holds %s: keys and indexes do",
					   json_type_name(json_type(key)));
		if (!enter(x, s, key))
			return false;
		if (!json_next(key)) {
			s->pointer = below(x, s->pointer, token_of(x, key));
			return true;
		}
		if (!s->old)
			return missing(x, s, token_of(x, key));
		s->pointer = below(x, s->pointer, token_of(x, key));
		s->parent = s->old;
	}
	return true;
}

static struct str last_token(struct edit *x)
{
	const struct json *last = NULL;

	JSON_EACH(key, json_get(x->op, "path"))
		last = key;
	return token_of(x, last);
}

/* The parent's pointer again, for what is said of a place that is not there. */
static bool nothing_there(struct edit *x, struct spot *s)
{
	struct str token = last_token(x);
	size_t n = s->pointer.n;

	while (n && s->pointer.p[n - 1] != '/')
		n--;
	s->pointer = str_first(s->pointer, n ? n - 1 : 0);
	return missing(x, s, token);
}

static struct json *value_of(struct edit *x)
{
	return json_copy(x->a, json_get(x->op, "value"));
}

bool edit_op_set(struct edit *x)
{
	struct spot s;

	if (!follow(x, &s))
		return false;
	if (json_is(s.parent, JSON_OBJECT))
		json_set_n(x->a, s.parent, s.key, value_of(x));
	else if (s.old)
		json_replace(s.parent, s.old, value_of(x));
	else
		return nothing_there(x, &s);
	return true;
}

bool edit_op_add(struct edit *x)
{
	struct spot s;

	if (!follow(x, &s))
		return false;
	if (json_is(s.parent, JSON_OBJECT)) {
		if (s.old)
			return edit_refuse(x, s.pointer, S("set replaces what is there"),
					   "there is a \"%.*s\" already",
					   STR_ARG(str_first_utf8(s.key, 120)));
		json_add_n(x->a, s.parent, str_dup(x->a, s.key), value_of(x));
		return true;
	}
	if (s.index > json_count(s.parent))
		return nothing_there(x, &s);
	json_insert(s.parent, s.index, value_of(x));
	return true;
}

bool edit_op_remove(struct edit *x)
{
	struct spot s;

	if (!follow(x, &s))
		return false;
	if (!s.old)
		return nothing_there(x, &s);
	json_detach(s.parent, s.old);
	return true;
}

static void merge(struct edit *x, struct json *into, const struct json *patch)
{
	JSON_EACH(member, patch) {
		struct str name = json_name(member);
		struct json *old = json_get_n(into, name), *made;

		if (json_is(member, JSON_NULL)) {
			json_take_n(into, name);
		} else if (!json_is(member, JSON_OBJECT)) {
			json_set_n(x->a, into, name, json_copy(x->a, member));
		} else if (json_is(old, JSON_OBJECT)) {
			merge(x, old, member);
		} else {
			/* Even into nothing: nulls of the patch are never kept. */
			made = json_new_object(x->a);
			json_set_n(x->a, into, name, made);
			merge(x, made, member);
		}
	}
}

bool edit_op_merge(struct edit *x)
{
	const struct json *value = json_get(x->op, "value");
	struct spot s;

	if (!follow(x, &s))
		return false;
	if (!s.old)
		return nothing_there(x, &s);
	if (!json_is(value, JSON_OBJECT) || !json_is(s.old, JSON_OBJECT))
		return edit_refuse(x, s.pointer, S("set replaces what is there"),
				   "merge puts an object into an object, not %s into %s",
				   json_type_name(json_type(value)),
				   json_type_name(json_type(s.old)));
	merge(x, s.old, value);
	return true;
}
