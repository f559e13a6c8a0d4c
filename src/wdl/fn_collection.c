/*
 * fn_collection.c - functions of arrays, and of texts and objects as collections.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/text.h"

static bool f_contains(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0], *w = &c->args[1];
	const struct json *wanted;

	*out = wdl_bool(false);
	switch (v->type) {
	case WDL_T_STRING:
		*out = wdl_bool(str_find(v->s, wdl_to_text(c->a, w)) >= 0);
		return true;
	case WDL_T_OBJECT:
		*out = wdl_bool(wdl_member(v->json, wdl_to_text(c->a, w)) != NULL);
		return true;
	case WDL_T_ARRAY:
		wanted = w->json ? w->json : wdl_to_json(c->a, w);
		JSON_EACH(item, v->json) {
			if (wdl_json_equal(item, wanted)) {
				*out = wdl_bool(true);
				break;
			}
		}
		return true;
	default:
		return wdl_fail_type(c, WDL_M_CONTAINS, v);
	}
}

static bool f_empty(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];

	switch (v->type) {
	case WDL_T_NULL:
		*out = wdl_bool(true);
		return true;
	case WDL_T_STRING:
		*out = wdl_bool(v->s.n == 0);
		return true;
	case WDL_T_ARRAY:
	case WDL_T_OBJECT:
		*out = wdl_bool(json_count(v->json) == 0);
		return true;
	default:
		return wdl_fail_type(c, WDL_M_EMPTY, v);
	}
}

static bool end_item(struct wdl_call *c, bool last, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	const struct json *found = NULL;
	size_t units;

	if (v->type == WDL_T_STRING) {
		units = wdl_units(v->s);
		*out = wdl_string(wdl_units_slice(c->a, v->s, last && units ? units - 1 : 0, 1));
		return true;
	}
	if (v->type != WDL_T_ARRAY)
		return wdl_fail_type(c, WDL_M_BE_ARRAY_OR_STRING, v);
	JSON_EACH(item, v->json) {
		found = item;
		if (!last)
			break;
	}
	*out = wdl_of_json(found);
	return true;
}

static bool f_first(struct wdl_call *c, struct wdl_value *out)
{
	return end_item(c, false, out);
}

static bool f_last(struct wdl_call *c, struct wdl_value *out)
{
	return end_item(c, true, out);
}

/* Items from..to of an array. */
static struct json *part_of(struct arena *a, const struct json *array, uint64_t from, uint64_t to)
{
	struct json *list = json_new_array(a);
	uint64_t i = 0;

	JSON_EACH(item, array) {
		if (i >= to)
			break;
		if (i++ >= from)
			json_push(list, json_copy(a, item));
	}
	return list;
}

static bool skip_or_take(struct wdl_call *c, bool skip, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str none = str_from("");
	int64_t count;

	if (v->type != WDL_T_ARRAY && v->type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_COLLECTION, v);
	if (!wdl_arg_int(c, 1, &count))
		return false;
	if (count < 0)
		return wdl_fail(c, WDL_M_COUNT, str_fmt(c->a, "%lld", (long long)count), none, none);
	if (v->type == WDL_T_STRING)
		*out = wdl_string(skip ? wdl_units_slice(c->a, v->s, (size_t)count, (size_t)-1 / 4)
				       : wdl_units_slice(c->a, v->s, 0, (size_t)count));
	else
		*out = wdl_of_json(part_of(c->a, v->json, skip ? (uint64_t)count : 0,
					   skip ? UINT64_MAX : (uint64_t)count));
	return true;
}

static bool f_skip(struct wdl_call *c, struct wdl_value *out)
{
	return skip_or_take(c, true, out);
}

static bool f_take(struct wdl_call *c, struct wdl_value *out)
{
	return skip_or_take(c, false, out);
}

static bool f_join(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str mark;
	struct buf b;
	bool first = true;

	if (v->type != WDL_T_ARRAY)
		return wdl_fail_type(c, WDL_M_JOIN_ARRAY, v);
	if (!wdl_arg_text(c, 1, &mark))
		return false;
	buf_init_in(&b, c->a, (size_t)-1 / 2);
	JSON_EACH(item, v->json) {
		struct wdl_value one = wdl_of_json(item);

		if (!first)
			buf_adds(&b, mark);
		first = false;
		buf_adds(&b, wdl_to_text(c->a, &one));
	}
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static bool f_reverse(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	const struct json **items;
	struct json *list;
	size_t n = 0;

	if (v->type != WDL_T_ARRAY)
		return wdl_fail_type(c, WDL_M_FIRST_ARRAY, v);
	items = arena_array(c->a, json_count(v->json) + 1, sizeof(*items));
	JSON_EACH(item, v->json)
		items[n++] = item;
	list = json_new_array(c->a);
	while (n > 0)
		json_push(list, json_copy(c->a, items[--n]));
	*out = wdl_of_json(list);
	return true;
}

/* ---- sort ---- */

struct entry {
	const struct json *item, *key;
	size_t at;
};

/* Nothing, booleans, numbers, texts (by their bytes), arrays and objects as they stood. */
static int rank(const struct wdl_value *v)
{
	return v->type == WDL_T_NULL ? 0 : v->type == WDL_T_BOOL ? 1 : wdl_is_number(v) ? 2
	       : v->type == WDL_T_STRING ? 3 : 4;
}

static int by_key(const void *x, const void *y)
{
	const struct entry *p = x, *q = y;
	struct wdl_value v = wdl_of_json(p->key), w = wdl_of_json(q->key);
	int order = rank(&v) - rank(&w);

	if (order == 0 && v.type == WDL_T_BOOL)
		order = v.b - w.b;
	else if (order == 0 && v.type == WDL_T_INT && w.type == WDL_T_INT)
		order = (v.i > w.i) - (v.i < w.i);
	else if (order == 0 && wdl_is_number(&v))
		order = (wdl_number(&v) > wdl_number(&w)) - (wdl_number(&v) < wdl_number(&w));
	else if (order == 0 && v.type == WDL_T_STRING)
		order = str_cmp(v.s, w.s);
	return order ? order : (p->at > q->at) - (p->at < q->at);
}

static bool f_sort(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str key = { 0 };
	struct entry *entries;
	struct json *list;
	size_t n = 0;

	if (v->type != WDL_T_ARRAY)
		return wdl_fail_type(c, WDL_M_FIRST_ARRAY, v);
	if (c->count == 2 && !wdl_arg_text(c, 1, &key))
		return false;
	entries = arena_array(c->a, json_count(v->json) + 1, sizeof(*entries));
	JSON_EACH(item, v->json) {
		entries[n].item = item;
		entries[n].key = c->count == 2 ? wdl_member(item, key) : item;
		entries[n].at = n;
		n++;
	}
	qsort(entries, n, sizeof(*entries), by_key);
	list = json_new_array(c->a);
	for (size_t i = 0; i < n; i++)
		json_push(list, json_copy(c->a, entries[i].item));
	*out = wdl_of_json(list);
	return true;
}

/* ---- sets: hashed, so that large arrays stay linear ---- */

struct set {
	const struct json **slots;
	size_t mask;
};

static struct set set_new(struct arena *a, size_t items)
{
	size_t size = 16;

	while (size < items * 2)
		size *= 2;
	return (struct set){ arena_array(a, size, sizeof(const struct json *)), size - 1 };
}

/* The slot that holds an equal value, or the empty one where it belongs. */
static const struct json **set_slot(struct set *s, const struct json *j)
{
	size_t i = (size_t)wdl_json_hash(j) & s->mask;

	while (s->slots[i] && !wdl_json_equal(s->slots[i], j))
		i = (i + 1) & s->mask;
	return &s->slots[i];
}

static bool set_add(struct set *s, const struct json *j)
{
	const struct json **slot = set_slot(s, j);

	if (*slot)
		return false;
	*slot = j;
	return true;
}

static struct set set_of(struct arena *a, const struct json *array)
{
	struct set s = set_new(a, json_count(array));

	JSON_EACH(item, array)
		set_add(&s, item);
	return s;
}

/* All arrays or all objects. */
static bool one_kind(struct wdl_call *c, enum wdl_type *kind)
{
	struct buf names;
	unsigned seen = 0;

	buf_init_in(&names, c->a, 256);
	for (unsigned i = 0; i < c->count; i++) {
		enum wdl_type t = c->args[i].type;

		if (!(seen & 1u << t))
			buf_addf(&names, "%s%s", names.n ? "," : "", wdl_type_name(t));
		seen |= 1u << t;
	}
	*kind = c->args[0].type;
	if (seen == 1u << WDL_T_ARRAY || seen == 1u << WDL_T_OBJECT)
		return true;
	return wdl_fail(c, WDL_M_SAME_TYPE, buf_str(&names), str_from(""), str_from(""));
}

static struct json *union_of_arrays(struct wdl_call *c)
{
	struct json *list = json_new_array(c->a);
	struct set seen;
	size_t total = 0;

	for (unsigned i = 0; i < c->count; i++)
		total += json_count(c->args[i].json);
	seen = set_new(c->a, total);
	for (unsigned i = 0; i < c->count; i++)
		JSON_EACH(item, c->args[i].json)
			if (set_add(&seen, item))
				json_push(list, json_copy(c->a, item));
	return list;
}

static struct json *union_of_objects(struct wdl_call *c)
{
	struct json *object = json_copy(c->a, c->args[0].json);

	for (unsigned i = 1; i < c->count; i++)
		JSON_EACH(member, c->args[i].json)
			json_set_n(c->a, object, json_name(member), json_copy(c->a, member));
	return object;
}

static bool f_union(struct wdl_call *c, struct wdl_value *out)
{
	enum wdl_type kind;

	if (!one_kind(c, &kind))
		return false;
	*out = wdl_of_json(kind == WDL_T_ARRAY ? union_of_arrays(c) : union_of_objects(c));
	return true;
}

static struct json *common_items(struct wdl_call *c)
{
	struct json *list = json_new_array(c->a);
	struct set *others = arena_array(c->a, c->count, sizeof(*others));
	struct set seen = set_new(c->a, json_count(c->args[0].json));

	for (unsigned i = 1; i < c->count; i++)
		others[i] = set_of(c->a, c->args[i].json);
	JSON_EACH(item, c->args[0].json) {
		bool in_all = set_add(&seen, item);

		for (unsigned i = 1; in_all && i < c->count; i++)
			in_all = *set_slot(&others[i], item) != NULL;
		if (in_all)
			json_push(list, json_copy(c->a, item));
	}
	return list;
}

static struct json *common_members(struct wdl_call *c)
{
	struct json *object = json_new_object(c->a);

	JSON_EACH(member, c->args[0].json) {
		bool in_all = true;

		for (unsigned i = 1; in_all && i < c->count; i++) {
			const struct json *other = json_get_n(c->args[i].json, json_name(member));

			in_all = other && wdl_json_equal(other, member);
		}
		if (in_all)
			json_add_n(c->a, object, json_name(member), json_copy(c->a, member));
	}
	return object;
}

static bool f_intersection(struct wdl_call *c, struct wdl_value *out)
{
	enum wdl_type kind;

	if (!one_kind(c, &kind))
		return false;
	*out = wdl_of_json(kind == WDL_T_ARRAY ? common_items(c) : common_members(c));
	return true;
}

const struct wdl_body wdl_collection_functions[] = {
	{ "contains", f_contains },
	{ "empty", f_empty },
	{ "first", f_first },
	{ "last", f_last },
	{ "skip", f_skip },
	{ "take", f_take },
	{ "join", f_join },
	{ "reverse", f_reverse },
	{ "sort", f_sort },
	{ "union", f_union },
	{ "intersection", f_intersection },
	{ NULL, NULL },
};
