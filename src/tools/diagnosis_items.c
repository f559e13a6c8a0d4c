/*
 * diagnosis_items.c - the loops around a step, and the items they were at.
 *
 * The list of a loop may be large: its failed items are then taken out of it on the way in.
 */
#include "base/limits.h"
#include "tools/diagnosis_int.h"

enum {
	PER_LEVEL = 7,       /* "000003-" */
	SMALL_LIST = 262144, /* bytes: a list that is read whole, so that items can be compared */
};

/* ---- the loops around a step ---- */

static struct str parent_of(const struct diag *d, struct str name)
{
	return json_get_str(json_get_n(d->index, name), "container");
}

struct loops diag_loops(struct diag *d, struct str action)
{
	struct loops in = { .count = 0 }, out = { .count = 0 };

	for (unsigned i = 0; i < LIMIT_JSON_DEPTH && in.count < LIMIT_RUN_DEPTH; i++) {
		struct str type;

		action = parent_of(d, action);
		if (!action.n)
			break;
		type = json_get_str(json_get_n(d->index, action), "type");
		if (diag_is_loop(type))
			in.name[in.count++] = action;
	}
	for (size_t i = in.count; i-- > 0;) {
		out.name[out.count] = in.name[i];
		out.step[out.count++] = wdl_find_step(d->a, d->definition, in.name[i], NULL);
	}
	return out;
}

uint64_t diag_index_at(struct str repetition, size_t level)
{
	uint64_t i = 0;

	str_to_u64(str_first(str_from_at(repetition, level * PER_LEVEL), PER_LEVEL - 1), &i);
	return i;
}

struct str diag_prefix(struct str repetition, size_t levels)
{
	return levels ? str_first(repetition, levels * PER_LEVEL - 1) : S("");
}

/* ---- lists of loops ---- */

static const struct json *source_record(struct diag *d, struct str name, struct str *where)
{
	*where = name.n ? diag_where(d->a, name, S("")) : S("trigger");
	return name.n ? diag_action(d, name) : json_at(d->run, "/properties/trigger");
}

/* The list is a plain part of one large content: its items are taken out on the way in. */
bool diag_is_large_list(struct diag *d, const struct json *loop, struct str *name,
			struct str *pointer)
{
	const struct json *record;
	struct str where;

	if (!wdl_static_place(d->a, json_get_str(loop, "foreach"), name, pointer))
		return false;
	record = source_record(d, *name, &where);
	return json_get_str(json_get(record, "outputsLink"), "uri").n &&
	       json_int(json_at(record, "/outputsLink/contentSize"), 0) > SMALL_LIST;
}

/* Pointers of the items of all failed iterations at that level. */
static size_t item_pointers(struct diag *d, size_t level, struct str list, struct str own,
			    struct str *out)
{
	const struct json *all = json_get_n(json_get(d->evidence, "repetitions"), d->f->action);
	size_t n = 0;

	out[n++] = str_fmt(d->a, "%.*s/%llu", STR_ARG(list),
			   (unsigned long long)diag_index_at(own, level));
	JSON_EACH(v, json_get(all, "items")) {
		uint64_t index = diag_index_at(json_get_str(v, "name"), level);
		struct str p = str_fmt(d->a, "%.*s/%llu", STR_ARG(list), (unsigned long long)index);
		bool seen = false;

		for (size_t i = 0; i < n; i++)
			seen |= str_eq(out[i], p);
		if (!seen && n < DIAGNOSIS_ITEMS)
			out[n++] = p;
	}
	return n;
}

static const struct json *large_item(struct diag *d, struct str loop, size_t level,
				     struct str source, struct str list, struct str repetition)
{
	struct str *pointers = arena_array(d->a, DIAGNOSIS_ITEMS + 1, sizeof(*pointers)), where;
	const struct json *record = source_record(d, source, &where), *v;
	struct want w = { .kind = WANT_ITEMS, .key = loop, .pointers = pointers };

	w.pointer_count = item_pointers(d, level, list, repetition, pointers);
	w.link = json_get_str(json_get(record, "outputsLink"), "uri");
	v = diag_entry(d, &w);
	if (json_get(v, "error"))
		diag_missing(d, "the items of %.*s could not be read: %.*s",
			     STR_ARG(str_first_utf8(loop, 80)),
			     STR_ARG(str_first_utf8(json_get_str(v, "error"), 120)));
	return json_at_n(json_get(v, "value"), pointers[0]);
}

const struct json *diag_item_of(struct diag *d, const struct loops *l, size_t level,
				  struct str repetition, const struct json *context)
{
	struct str name, pointer;
	struct wdl_context c;
	struct wdl_result r;

	if (!str_eq_nocase(json_get_str(l->step[level], "type"), S("Foreach")))
		return NULL;
	if (diag_is_large_list(d, l->step[level], &name, &pointer))
		return large_item(d, l->name[level], level, name, pointer, repetition);
	wdl_context_json(&c, context);
	r = wdl_evaluate_value(d->a, json_get(l->step[level], "foreach"), &c);
	return r.ok ? json_item(r.value, (size_t)diag_index_at(repetition, level)) : NULL;
}

/* Of a list that is a plain part of what was read, without looking at the rest. */
static bool plain_item(struct diag *d, const struct loops *l, struct str repetition,
		       const struct json **out)
{
	size_t level = l->count - 1;
	struct str name, pointer, where;
	const struct json *record, *list;
	bool cut;

	if (!wdl_static_place(d->a, json_get_str(l->step[level], "foreach"), &name, &pointer))
		return false;
	if (diag_is_large_list(d, l->step[level], &name, &pointer)) {
		*out = large_item(d, l->name[level], level, name, pointer, repetition);
		return true;
	}
	record = source_record(d, name, &where);
	if (name.n && diag_loops(d, name).count)
		return false;
	list = diag_content(d, record, where, false, &cut);
	*out = json_item(json_at_n(list, pointer), (size_t)diag_index_at(repetition, level));
	return true;
}

const struct json *diag_item(struct diag *d, struct str action, struct str repetition)
{
	struct loops l = diag_loops(d, action);
	const struct json *item = NULL;
	struct values v;

	if (!l.count || plain_item(d, &l, repetition, &item))
		return item;
	/* Of a step that reads nothing, so that nothing else is fetched for it. */
	v = diag_values(d, json_new_object(d->a), repetition);
	return json_get(v.context, "item");
}
