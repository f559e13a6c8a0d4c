/*
 * access.c - .name and [key]: members of objects, items of arrays, ?, paths.
 */
#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/print.h"

const struct json *wdl_member(const struct json *object, struct str key)
{
	const struct json *found = json_get_n(object, key);

	return found ? found : json_get_nocase(object, key);
}

static bool no_select(struct wdl_eval *ev, const struct wdl_node *n, enum wdl_message m,
		      struct str key, struct str extra)
{
	struct buf b;
	struct str values[3];

	buf_init_in(&b, ev->a, ev->t->source.n + 1);
	wdl_print_node(&b, ev->t, n);
	values[0] = buf_str(&b);
	values[1] = key;
	values[2] = extra;
	return wdl_fault(ev, n, m, values);
}

static struct str names_of(struct arena *a, const struct json *object)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_RESULT);
	JSON_EACH(member, object) {
		if (b.n + json_name(member).n + 2 > LIMIT_RESULT)
			break;
		buf_addz(&b, b.n ? ", " : "");
		buf_adds(&b, json_name(member));
	}
	return buf_str(&b);
}

/* ['body/value'] names a path where there is no member of that whole name. */
static const struct json *by_path(const struct json *object, struct str path)
{
	struct str part;

	if (str_find_char(path, '/') < 0)
		return NULL;
	while (object && str_cut(&path, '/', &part)) {
		uint64_t i;

		if (json_is(object, JSON_ARRAY))
			object = str_to_u64(part, &i) ? json_item(object, (size_t)i) : NULL;
		else
			object = wdl_member(object, part);
	}
	return object;
}

static bool of_object(struct wdl_eval *ev, const struct wdl_node *n, const struct json *object,
		      const struct wdl_value *key, struct wdl_value *out)
{
	struct str name = wdl_to_text(ev->a, key);
	const struct json *found;

	found = wdl_member(object, name);
	if (!found)
		found = by_path(object, name);
	*out = wdl_of_json(found);
	if (found || n->safe)
		return true;
	return no_select(ev, n, WDL_M_NO_PROPERTY, name, names_of(ev->a, object));
}

static bool of_array(struct wdl_eval *ev, const struct wdl_node *n, const struct json *array,
		     const struct wdl_value *key, struct wdl_value *out)
{
	struct str name = wdl_to_text(ev->a, key);
	size_t count = json_count(array);
	int64_t i;

	if (key->type == WDL_T_INT)
		i = key->i;
	else if (key->type != WDL_T_STRING || !str_to_i64(name, &i))
		return no_select(ev, n, WDL_M_NO_SELECT_INDEX, name, str_from(""));
	*out = wdl_null();
	if (i >= 0 && (uint64_t)i < count) {
		*out = wdl_of_json(json_item(array, (size_t)i));
		return true;
	}
	if (n->safe)
		return true;
	return no_select(ev, n, WDL_M_OUT_OF_BOUNDS, name,
			 str_fmt(ev->a, "%lld", (long long)count - 1));
}

bool wdl_access(struct wdl_eval *ev, const struct wdl_node *n, const struct wdl_value *value,
		const struct wdl_value *key, struct wdl_value *out)
{
	switch (value->type) {
	case WDL_T_OBJECT:
		return of_object(ev, n, value->json, key, out);
	case WDL_T_ARRAY:
		return of_array(ev, n, value->json, key, out);
	case WDL_T_NULL:
		*out = wdl_null();
		return n->safe || no_select(ev, n, WDL_M_NO_SELECT, wdl_to_text(ev->a, key),
					    str_from(""));
	default:
		return no_select(ev, n, WDL_M_NO_SELECT_TYPE, wdl_to_text(ev->a, key),
				 str_from(wdl_type_name(value->type)));
	}
}
