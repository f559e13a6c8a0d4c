/*
 * fn_form.c - form data and multipart bodies in outputs.
 *
 * The service stores a form post as content with $formdata ([{key, value}]) and a multipart body
 * with $multipart ([{headers, body}]); which of them it is, the Content-Type header says.
 */
#include "wdl/fn_workflow.h"

static struct str none(void)
{
	return str_from("");
}

static struct str type_of(const struct json *outputs)
{
	const struct json *headers = NULL, *type = NULL;

	if (json_is(outputs, JSON_OBJECT))
		headers = wdl_member(outputs, S("headers"));
	if (json_is(headers, JSON_OBJECT))
		type = wdl_member(headers, S("Content-Type"));

	return json_is(type, JSON_STRING) ? json_str(type) : S("<null>");
}

/* The name in Content-Disposition: form-data; name="x". */
static struct str part_name(const struct json *part)
{
	const struct json *headers = json_get(part, "headers");
	struct str text = json_str(json_is(headers, JSON_OBJECT)
					   ? wdl_member(headers, S("Content-Disposition"))
					   : NULL);
	ptrdiff_t at = str_find(text, S(" name=")), end;

	if (at < 0)
		at = str_find(text, S(";name=")); /* without the space */
	if (at < 0)
		return none();
	text = str_from_at(text, (size_t)at + 6);
	if (str_starts(text, S("\""))) {
		text = str_from_at(text, 1);
		end = str_find_char(text, '"');
	} else {
		end = str_find_char(text, ';');
	}
	return end < 0 ? text : str_first(text, (size_t)end);
}

/* All values of a field. */
static bool fields(struct wdl_call *c, const struct json *outputs, struct str key,
		   struct json **out)
{
	struct str type = type_of(outputs);
	const struct json *body = wdl_body_of(outputs), *list;
	struct json *values;

	if (!str_starts_nocase(type, S("multipart/form-data")) &&
	    !str_starts_nocase(type, S("application/x-www-form-urlencoded")))
		return wdl_fail(c, WDL_M_FORM_TYPE, type, none(), none());
	values = json_new_array(c->a);
	list = json_get(body, "$formdata");
	JSON_EACH(field, list)
		if (str_eq(json_get_str(field, "key"), key))
			json_push(values, json_copy(c->a, json_get(field, "value")));
	if (!list)
		JSON_EACH(part, json_get(body, "$multipart"))
			if (str_eq(part_name(part), key))
				json_push(values, json_copy(c->a, json_get(part, "body")));
	*out = values;
	return true;
}

static bool one_value(struct wdl_call *c, const struct json *outputs, struct str key,
		      struct wdl_value *out)
{
	struct json *values;

	if (!fields(c, outputs, key, &values))
		return false;
	if (json_count(values) > 1)
		return wdl_fail(c, WDL_M_FORM_MANY, key, none(), none());
	*out = wdl_of_json(json_first(values));
	return true;
}

static bool all_values(struct wdl_call *c, const struct json *outputs, struct str key,
		       struct wdl_value *out)
{
	struct json *values;

	if (!fields(c, outputs, key, &values))
		return false;
	*out = wdl_of_json(values);
	return true;
}

static bool part_body(struct wdl_call *c, const struct json *outputs, unsigned i,
		      struct wdl_value *out)
{
	struct str type = type_of(outputs);
	const struct json *parts = json_get(wdl_body_of(outputs), "$multipart");
	int64_t index;

	if (!wdl_arg_int(c, i, &index))
		return false;
	if (!str_starts_nocase(type, S("multipart/")))
		return wdl_fail(c, WDL_M_MULTIPART_TYPE, type, none(), none());
	if (index < 0 || (uint64_t)index >= json_count(parts))
		return wdl_fail(c, WDL_M_MULTIPART_INDEX, str_fmt(c->a, "%lld", (long long)index),
				str_fmt(c->a, "%zu", json_count(parts)), none());
	*out = wdl_of_json(json_get(json_item(parts, (size_t)index), "body"));
	return true;
}

static bool f_form_value(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;
	struct str key;

	return wdl_action_outputs(c, &outputs) && wdl_arg_text(c, 1, &key) &&
	       one_value(c, outputs, key, out);
}

static bool f_form_values(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;
	struct str key;

	return wdl_action_outputs(c, &outputs) && wdl_arg_text(c, 1, &key) &&
	       all_values(c, outputs, key, out);
}

static bool f_multipart_body(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;

	return wdl_action_outputs(c, &outputs) && part_body(c, outputs, 1, out);
}

static bool f_trigger_form_value(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;
	struct str key;

	return wdl_arg_text(c, 0, &key) && wdl_trigger_outputs(c, &outputs) &&
	       one_value(c, outputs, key, out);
}

static bool f_trigger_form_values(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;
	struct str key;

	return wdl_arg_text(c, 0, &key) && wdl_trigger_outputs(c, &outputs) &&
	       all_values(c, outputs, key, out);
}

static bool f_trigger_multipart_body(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *outputs;

	return wdl_trigger_outputs(c, &outputs) && part_body(c, outputs, 0, out);
}

const struct wdl_body wdl_form_functions[] = {
	{ "formDataValue", f_form_value },
	{ "formDataMultiValues", f_form_values },
	{ "multipartBody", f_multipart_body },
	{ "triggerFormDataValue", f_trigger_form_value },
	{ "triggerFormDataMultiValues", f_trigger_form_values },
	{ "triggerMultipartBody", f_trigger_multipart_body },
	{ NULL, NULL },
};
