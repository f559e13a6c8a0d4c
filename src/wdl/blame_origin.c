/*
 * blame_origin.c - where a value is from: through references, back to what a connector or the
 * trigger gave.
 */
#include "base/limits.h"
#include "wdl/blame_int.h"
#include "wdl/call.h"
#include "wdl/parse.h"
#include "wdl/text.h"

enum { FURTHEST = 8 }; /* steps back: more help nobody */

/* ---- names that are nearly so ---- */

/* Without blanks, underscores and what SharePoint writes for a blank. */
static struct str bare(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, s.n + 1);
	while (s.n) {
		if (str_starts_nocase(s, S("_x0020_"))) {
			s = str_from_at(s, 7);
			continue;
		}
		if (s.p[0] != ' ' && s.p[0] != '_' && s.p[0] != '-')
			buf_addc(&b, s.p[0]);
		s = str_from_at(s, 1);
	}
	return str_lower(a, buf_str(&b));
}

struct str blame_near(struct arena *a, const struct json *object, struct str name)
{
	struct str wanted = bare(a, name), best = S("");
	unsigned least = name.n > 9 ? 3 : name.n > 4 ? 2 : 1, d;

	if (!json_is(object, JSON_OBJECT) || !wanted.n || name.n > 256)
		return best;
	JSON_EACH(m, object) {
		if (json_name(m).n > 256)
			continue;
		d = str_distance(wanted, bare(a, json_name(m)), least);
		if (d <= least && (d < least || !best.n) && (d == 0 || wanted.n > 2)) {
			best = json_name(m);
			least = d;
		}
	}
	return best;
}

/* ---- one reference ---- */

struct trace {
	struct arena *a;
	const struct wdl_template *t;
	const struct wdl_context *c;
	const struct json *context, *definition;
	unsigned left;
};

static const struct json *value_of(const struct trace *x, const struct wdl_node *n)
{
	struct wdl_result r = wdl_evaluate_node(x->a, x->t, n, x->c);

	return r.ok ? r.value : NULL;
}

static struct str text_of(const struct trace *x, const struct wdl_node *n)
{
	return str_n(x->t->source.p + n->start, n->end - n->start);
}

/* Follows one key; `key` may be a path. */
static const struct json *below(struct trace *x, struct wdl_origin *o, struct buf *at,
				const struct json *v, struct str key)
{
	struct str part;

	if (json_is(v, JSON_OBJECT) && wdl_member(v, key)) {
		json_pointer_add(at, key);
		return wdl_member(v, key);
	}
	while (str_cut(&key, '/', &part)) {
		const struct json *next;
		uint64_t i;

		if (json_is(v, JSON_ARRAY))
			next = str_to_u64(part, &i) ? json_item(v, (size_t)i) : NULL;
		else
			next = json_is(v, JSON_OBJECT) ? wdl_member(v, part) : NULL;
		if (!next) {
			o->lacks = part;
			o->near = blame_near(x->a, v, part);
			return NULL;
		}
		json_pointer_add(at, part);
		v = next;
	}
	return v;
}

static const struct json *follow(struct trace *x, struct wdl_origin *o, struct buf *at,
				 const struct wdl_node *n)
{
	const struct json *v, *key;

	if (n->kind != WDL_MEMBER)
		return value_of(x, n);
	v = follow(x, o, at, wdl_target(n));
	if (!v || o->lacks.n)
		return NULL;
	key = value_of(x, wdl_key(n));
	if (json_is(key, JSON_STRING))
		return below(x, o, at, v, json_str(key));
	return key ? below(x, o, at, v, json_number_text(key)) : NULL;
}

static const struct {
	const char *function, *where, *pointer;
} sources[] = {
	{ "outputs", "action", "" },          { "body", "action", "/body" },
	{ "actions", "action", "" },          { "triggerOutputs", "trigger", "" },
	{ "triggerBody", "trigger", "/body" }, { "trigger", "trigger", "" },
	{ "variables", "variable", "" },      { "parameters", "parameter", "" },
	{ "items", "loop", "" },              { "item", "item", "" },
	{ "iterationIndexes", "loop", "" },   { "result", "action", "" },
	{ "triggerFormDataValue", "trigger", "/body" },
};

static size_t source_of(const struct wdl_node *n)
{
	size_t i = 0;

	while (i < sizeof(sources) / sizeof(*sources) && !wdl_is_call(n, sources[i].function))
		i++;
	return i;
}

static struct wdl_origin *reference(struct trace *x, const struct wdl_node *n,
				    const struct wdl_node *base)
{
	struct wdl_origin *o = arena_alloc(x->a, sizeof(*o));
	size_t i = source_of(base);
	struct buf at;

	*o = (struct wdl_origin){ .text = text_of(x, n), .where = sources[i].where,
				  .name = S(""), .lacks = S(""), .near = S("") };
	if (base->first && base->first->kind == WDL_STRING)
		o->name = base->first->text;
	buf_init_in(&at, x->a, LIMIT_RESULT);
	buf_addz(&at, sources[i].pointer);
	o->value = follow(x, o, &at, n);
	o->pointer = buf_str(&at);
	if (json_is(o->value, JSON_NULL) && !o->lacks.n && n->kind == WDL_CALL)
		o->value = NULL;
	return o;
}

/* ---- one step further back ---- */

static struct wdl_origin *trace_node(struct trace *x, const struct wdl_node *n);

static struct wdl_origin *trace_text(struct trace *x, const struct json *source)
{
	struct trace inner = *x;
	const struct wdl_template *t;

	if (!json_is(source, JSON_STRING) || !x->left)
		return NULL;
	t = wdl_parse(x->a, json_str(source));
	if (t->broken || !t->first || !t->first->node)
		return NULL;
	inner.t = t;
	inner.left--;
	return trace_node(&inner, t->first->node);
}

/* Members of a list's items that others of them have. */
static bool others_have(const struct json *list, struct str name)
{
	JSON_EACH(v, list)
		if (json_is(v, JSON_OBJECT) && wdl_member(v, name) &&
		    !json_is(wdl_member(v, name), JSON_NULL))
			return true;
	return false;
}

static void trace_loop(struct trace *x, struct wdl_origin *o)
{
	const struct json *loop = wdl_find_step(x->a, x->definition, o->name, NULL);
	const struct json *index = json_get_nocase(json_get(x->context, "iterationIndexes"), o->name);
	struct wdl_origin *list = trace_text(x, json_get(loop, "foreach"));
	struct str name, place;

	if (!list)
		return;
	o->in_list = o->lacks.n && others_have(list->value, o->lacks);
	/* Of a list that was not read as a whole the place is known all the same. */
	if (wdl_static_place(x->a, json_get_str(loop, "foreach"), &name, &place))
		list->pointer = place;
	list->lacks = list->near = S("");
	list->pointer = str_fmt(x->a, "%.*s/%lld%.*s", STR_ARG(list->pointer),
				(long long)json_int(index, 0), STR_ARG(o->pointer));
	list->value = o->value;
	o->next = list;
}

static void trace_variable(struct trace *x, struct wdl_origin *o)
{
	/* Only of one that is set once: the value of others depends on the order of the run. */
	const struct json *set = NULL;

	JSON_EACH(v, json_at(x->context, "/variableSources"))
		if (wdl_same_nocase(json_name(v), o->name))
			set = v;
	if (set)
		o->next = trace_text(x, set);
	/* What gave a value did not lack one. */
	if (o->next && o->next->lacks.n && o->value && !json_is(o->value, JSON_NULL))
		o->next = NULL;
}

static void trace_back(struct trace *x, struct wdl_origin *o)
{
	const struct json *step;

	if (!x->definition || !x->left)
		return;
	if (strcmp(o->where, "loop") == 0) {
		trace_loop(x, o);
	} else if (strcmp(o->where, "variable") == 0) {
		trace_variable(x, o);
	} else if (strcmp(o->where, "action") == 0) {
		step = wdl_find_step(x->a, x->definition, o->name, NULL);
		if (str_eq_nocase(json_get_str(step, "type"), S("Compose")) && !o->pointer.n)
			o->next = trace_text(x, json_get(step, "inputs"));
		else if (str_eq_nocase(json_get_str(step, "type"), S("ParseJson")))
			o->next = trace_text(x, json_at(step, "/inputs/content"));
	}
}

/* Of a call, the argument that has nothing, else the first that reads something. */
static const struct wdl_node *telling(struct trace *x, const struct wdl_node *call)
{
	const struct wdl_node *first = NULL;

	for (const struct wdl_node *n = call->first; n; n = n->next) {
		const struct json *v;

		if (n->kind != WDL_CALL && n->kind != WDL_MEMBER)
			continue;
		v = value_of(x, n);
		if (!v || json_is(v, JSON_NULL))
			return n;
		first = first ? first : n;
	}
	return first;
}

static struct wdl_origin *trace_node(struct trace *x, const struct wdl_node *n)
{
	const struct wdl_node *base = n;
	struct wdl_origin *o;

	for (unsigned i = 0; n && i < LIMIT_JSON_DEPTH; i++) {
		for (base = n; base->kind == WDL_MEMBER;)
			base = wdl_target(base);
		if (base->kind != WDL_CALL)
			return NULL;
		if (source_of(base) < sizeof(sources) / sizeof(*sources)) {
			o = reference(x, n, base);
			trace_back(x, o);
			return o;
		}
		n = telling(x, base);
	}
	return NULL;
}

struct wdl_origin *blame_origin(struct arena *a, const struct wdl_template *t,
				const struct wdl_node *n, const struct wdl_context *c,
				const struct json *context, const struct json *definition)
{
	struct trace x = { a, t, c, context, definition, FURTHEST };

	return trace_node(&x, n);
}

struct wdl_origin *wdl_origin_of(struct arena *a, struct str source, const struct json *context,
				 const struct json *definition)
{
	const struct wdl_template *t = wdl_parse(a, source);
	struct wdl_context c;

	if (t->broken || !t->first)
		return NULL;
	wdl_context_json(&c, context);
	for (const struct wdl_part *p = t->first; p; p = p->next)
		if (p->node)
			return blame_origin(a, t, p->node, &c, context, definition);
	return NULL;
}
