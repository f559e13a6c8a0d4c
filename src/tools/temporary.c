/*
 * temporary.c - the trigger that a test puts in the place of a flow's own for a moment.
 */
#include "tools/temporary.h"

#include "wdl/design.h"

/* By this it is known again, also by the person who sees it in the designer. */
#define MARK "Temporary trigger of a test by flowlatch: the flow's own trigger comes back by itself."

struct json *temporary_trigger(struct arena *a)
{
	struct json *t = json_new_object(a), *inputs = json_new_object(a);

	json_set_z(a, t, "type", "Request");
	json_set_z(a, t, "kind", "Http");
	json_set_z(a, t, "description", MARK);
	json_set(a, inputs, "schema", json_new_object(a));
	json_set(a, t, "inputs", inputs);
	return t;
}

bool temporary_is(const struct json *trigger)
{
	return str_eq(json_get_str(trigger, "description"), S(MARK));
}

struct json *temporary_operations(struct arena *a, const char *name, const struct json *trigger)
{
	struct json *list = json_new_array(a), *set = json_new_object(a), *path = json_new_array(a);

	json_set_z(a, set, "op", "set");
	json_push(path, json_new_z(a, "triggers"));
	json_push(path, json_new_z(a, name));
	json_set(a, set, "path", path);
	json_set(a, set, "value", json_copy(a, trigger));
	json_push(list, set);
	return list;
}

struct json *temporary_references(struct arena *a, const struct json *flow,
				  const struct json *trigger)
{
	struct json *out = json_new_object(a);
	struct str key = wdl_design_host_key(trigger);
	const struct json *one =
		key.n ? json_get_n(json_at(flow, "/properties/connectionReferences"), key) : NULL;

	if (one)
		json_set_n(a, out, key, json_copy(a, one));
	return out;
}
