/*
 * fn_object.c - functions of objects.  Names of members fold case.
 */
#include "wdl/call.h"

static struct str none(void)
{
	return str_from("");
}

static bool object_and_name(struct wdl_call *c, struct str *name)
{
	if (c->args[0].type != WDL_T_OBJECT)
		return wdl_fail_type(c, WDL_M_OBJECT, &c->args[0]);
	return wdl_arg_text(c, 1, name);
}

static bool f_add_property(struct wdl_call *c, struct wdl_value *out)
{
	struct json *object;
	struct buf b;
	struct str name;

	if (!object_and_name(c, &name))
		return false;
	if (wdl_member(c->args[0].json, name)) {
		buf_init_in(&b, c->a, (size_t)-1 / 2);
		json_print_pretty(&b, c->args[0].json);
		return wdl_fail(c, WDL_M_EXISTS, name, buf_str(&b), none());
	}
	object = json_copy(c->a, c->args[0].json);
	json_add_n(c->a, object, name, wdl_to_json(c->a, &c->args[2]));
	*out = wdl_of_json(object);
	return true;
}

static bool f_set_property(struct wdl_call *c, struct wdl_value *out)
{
	struct json *object, *old, *v;
	struct str name;

	if (!object_and_name(c, &name))
		return false;
	object = json_copy(c->a, c->args[0].json);
	old = (struct json *)(uintptr_t)wdl_member(object, name);
	v = wdl_to_json(c->a, &c->args[2]);
	if (old)
		json_replace(object, old, v);
	else
		json_add_n(c->a, object, name, v);
	*out = wdl_of_json(object);
	return true;
}

static bool f_remove_property(struct wdl_call *c, struct wdl_value *out)
{
	struct json *object;
	struct str name;

	if (!object_and_name(c, &name))
		return false;
	object = json_copy(c->a, c->args[0].json);
	json_detach(object, (struct json *)(uintptr_t)wdl_member(object, name));
	*out = wdl_of_json(object);
	return true;
}

/* Objects are merged at every level; anything else of the second wins.  Bounded by JSON depth. */
static void merge(struct arena *a, struct json *into, const struct json *from)
{
	JSON_EACH(member, from) {
		struct json *old = json_get_n(into, json_name(member));

		if (json_is(old, JSON_OBJECT) && json_is(member, JSON_OBJECT))
			merge(a, old, member);
		else
			json_set_n(a, into, json_name(member), json_copy(a, member));
	}
}

static bool f_merge_objects(struct wdl_call *c, struct wdl_value *out)
{
	struct json *object;

	for (unsigned i = 0; i < 2; i++)
		if (c->args[i].type != WDL_T_OBJECT)
			return wdl_fail_type(c, WDL_M_OBJECT, &c->args[i]);
	object = json_copy(c->a, c->args[0].json);
	merge(c->a, object, c->args[1].json);
	*out = wdl_of_json(object);
	return true;
}

const struct wdl_body wdl_object_functions[] = {
	{ "addProperty", f_add_property },
	{ "setProperty", f_set_property },
	{ "removeProperty", f_remove_property },
	{ "mergeObjects", f_merge_objects },
	{ NULL, NULL },
};
