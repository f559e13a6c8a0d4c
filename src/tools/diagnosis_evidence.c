/*
 * diagnosis_evidence.c - looking things up in the evidence, and wanting what is not there.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "tools/diagnosis_int.h"

static const char *const sections[] = {
	[WANT_DETAIL] = "detail",           [WANT_CONTENT] = "content",
	[WANT_REPETITIONS] = "repetitions", [WANT_REPETITION] = "repetition",
	[WANT_ITEMS] = "items",             [WANT_RUNS] = "runs",
	[WANT_CHILD] = "child",
};

static bool is_wanted(const struct wants *all, const struct want *w)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].kind == w->kind && all->at[i].depth == w->depth &&
		    str_eq(all->at[i].key, w->key))
			return true;
	return false;
}

const struct json *diag_entry(struct diag *d, const struct want *w)
{
	const struct json *section = json_get(d->evidence, sections[w->kind]);
	const struct json *v = w->kind == WANT_CHILD ? section : json_get_n(section, w->key);

	/* What has no name cannot be asked for. */
	if (v || !w->key.n)
		return v;
	if (d->wants->count < DIAGNOSIS_WANTS && !is_wanted(d->wants, w)) {
		d->wants->at[d->wants->count] = *w;
		d->wants->at[d->wants->count++].depth = d->depth;
	}
	return NULL;
}

/* ---- lines ---- */

static void line(struct diag *d, struct json *list, const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 3, 0)));

static void line(struct diag *d, struct json *list, const char *fmt, va_list ap)
{
	char text[512];
	struct json *v;

	vsnprintf(text, sizeof(text), fmt, ap);
	v = json_new_str(d->a, str_first_utf8(str_from(text), sizeof(text) - 1));
	JSON_EACH(old, list)
		if (str_eq(json_str(old), json_str(v)))
			return;
	if (json_count(list) < 24)
		json_push(list, v);
}

void diag_missing(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(d, d->f->missing, fmt, ap);
	va_end(ap);
}

void diag_reason(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(d, d->f->reasons, fmt, ap);
	va_end(ap);
}

void diag_points(struct diag *d, struct str pointer, const char *says)
{
	struct json *v = json_new_object(d->a);

	json_set_str(d->a, v, "pointer", pointer);
	json_set_z(d->a, v, "says", says);
	json_push(d->f->evidence, v);
}

/* ---- executions ---- */

bool diag_is(const struct json *action, const char *status)
{
	return str_eq_nocase(json_get_str(action, "status"), str_from(status));
}

const struct json *diag_action(const struct diag *d, struct str name)
{
	JSON_EACH(v, d->actions)
		if (str_eq_nocase(json_get_str(v, "actionName"), name))
			return v;
	return NULL;
}

bool diag_is_loop(struct str type)
{
	return str_eq_nocase(type, S("Foreach")) || str_eq_nocase(type, S("Until"));
}

bool diag_is_container(struct str type)
{
	return diag_is_loop(type) || str_eq_nocase(type, S("If")) ||
	       str_eq_nocase(type, S("Scope")) || str_eq_nocase(type, S("Switch"));
}

struct str diag_where(struct arena *a, struct str name, struct str repetition)
{
	return repetition.n ? str_fmt(a, "actions/%.*s/%.*s", STR_ARG(name), STR_ARG(repetition)) :
			      str_fmt(a, "actions/%.*s", STR_ARG(name));
}

const struct json *diag_execution(struct diag *d, struct str name, struct str repetition,
				  bool container)
{
	struct want w = { .kind = WANT_REPETITION, .action = name, .name = repetition,
			  .scope = container };
	const struct json *v;

	if (!repetition.n)
		return diag_action(d, name);
	/* Those of the failed action came with their list. */
	JSON_EACH(one, json_get(json_get_n(json_get(d->evidence, "repetitions"), name), "items"))
		if (str_eq(json_get_str(one, "name"), repetition))
			return one;
	w.key = str_fmt(d->a, "%.*s/%.*s", STR_ARG(name), STR_ARG(repetition));
	v = diag_entry(d, &w);
	if (!json_get(v, "error") || json_get(v, "status"))
		return v;
	diag_missing(d, "repetition %.*s of %.*s could not be read", STR_ARG(repetition),
		     STR_ARG(str_first_utf8(name, 80)));
	return NULL;
}

const struct json *diag_content(struct diag *d, const struct json *properties, struct str where,
				bool inputs, bool *cut)
{
	const struct json *link = json_get(properties, inputs ? "inputsLink" : "outputsLink"), *v;
	const char *side = inputs ? "inputs" : "outputs";
	struct want w = { .kind = WANT_CONTENT, .link = json_get_str(link, "uri") };

	*cut = false;
	if (json_get(link, "secureData")) {
		diag_missing(d, "the %s of %.*s are secured", side,
			     STR_ARG(str_first_utf8(where, 120)));
		*cut = true;
		return NULL;
	}
	if (json_get(properties, side))
		return json_get(properties, side);
	if (!w.link.n)
		return NULL;
	w.key = str_fmt(d->a, "%.*s/%s", STR_ARG(where), side);
	v = diag_entry(d, &w);
	if (json_get(v, "error")) {
		diag_missing(d, "the %s of %.*s could not be read: %.*s", side,
			     STR_ARG(str_first_utf8(where, 120)),
			     STR_ARG(str_first_utf8(json_get_str(v, "error"), 120)));
		*cut = true;
		return NULL;
	}
	*cut = !v || json_is_true(json_get(v, "cut"));
	if (v && *cut)
		diag_missing(d, "the %s of %.*s are large: only a part was read", side,
			     STR_ARG(str_first_utf8(where, 120)));
	return json_get(v, "value");
}

const struct json *diag_cuts(struct diag *d, struct str where, bool inputs)
{
	struct str key = str_fmt(d->a, "%.*s/%s", STR_ARG(where), inputs ? "inputs" : "outputs");

	return json_get(json_get_n(json_get(d->evidence, "content"), key), "cuts");
}

/* ---- what an action of the run becomes ---- */

struct json *diagnosis_action(struct arena *a, struct str name, const struct json *properties)
{
	static const char *const kept[] = { "status", "code", "error", "startTime", "endTime",
					    "retryHistory", "repetitionCount", "repetitionIndexes",
					    "inputs", "outputs", "inputsLink", "outputsLink" };
	struct json *out = json_new_object(a);

	json_set_str(a, out, "actionName", name);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (json_get(properties, kept[i]))
			json_set(a, out, kept[i], json_copy(a, json_get(properties, kept[i])));
	return out;
}
