/*
 * explain.c - evaluations as data.
 */
#include "wdl/explain.h"

#include "wdl/parse.h"
#include "wdl/text.h"

struct wdl_template *wdl_parse_typed(struct arena *a, struct str source)
{
	struct wdl_template *t;

	if (str_starts(source, S("@")))
		return wdl_parse(a, source);
	t = wdl_parse_expression(a, source);
	return t->broken && str_find(source, S("@{")) >= 0 ? wdl_parse(a, source) : t;
}

static size_t characters_before(struct str s, size_t at)
{
	size_t n = 0, step = 1;

	for (size_t i = 0; i < at && i < s.n; i += step, n++)
		wdl_point(s.p + i, s.n - i, &step);
	return n;
}

struct json *wdl_steps_json(struct arena *a, const struct wdl_template *t,
			    const struct wdl_result *r, size_t longest, size_t most)
{
	struct json *out = json_new_array(a);
	size_t n = 0;

	for (const struct wdl_step *s = r->steps; s && n < most; s = s->next, n++) {
		struct json *one = json_push(out, json_new_object(a));
		size_t size = s->value ? json_text(a, s->value).n : 0;

		json_set_str(a, one, "expression", str_first_utf8(s->text, longest));
		json_set_int(a, one, "offset", (int64_t)characters_before(t->source, s->offset));
		if (!s->value)
			json_set_str(a, one, "error", s->fault);
		else if (size <= longest)
			json_set(a, one, "value", json_copy(a, s->value));
		else
			json_set_int(a, one, "valueBytes", (int64_t)size);
	}
	return out;
}

struct json *wdl_errors_json(struct arena *a, const struct wdl_template *t)
{
	struct json *out = json_new_array(a);

	for (const struct wdl_error *e = t->errors; e; e = e->next) {
		struct json *one;

		if (e->severity != WDL_SEV_ERROR)
			continue;
		one = json_push(out, json_new_object(a));
		json_set_int(a, one, "offset", (int64_t)e->column);
		json_set_str(a, one, "message", e->message);
		if (e->instead.n)
			json_set_str(a, one, "instead", e->instead);
	}
	return out;
}

struct str wdl_instead_words(struct arena *a, const struct wdl_template *t)
{
	for (const struct wdl_error *e = t->errors; e; e = e->next)
		if (e->severity == WDL_SEV_ERROR && e->instead.n)
			return str_fmt(a, "%s%.*s", e->mechanical ? "write " : "",
				       STR_ARG(e->instead));
	return S("");
}
