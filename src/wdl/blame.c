/*
 * blame.c - the first expression of a step that fails, and the value that makes it fail.
 */
#include "wdl/blame.h"

#include "base/limits.h"
#include "wdl/blame_int.h"
#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/text.h"
#include "wdl/value.h"

struct look {
	struct arena *a;
	const struct json *context, *definition;
	struct wdl_context c;
	const struct blame_text *at;
	const struct wdl_template *t;
	struct wdl_blame *out;
};

static const char *type_of(const struct json *v)
{
	struct wdl_value x = wdl_of_json(v);

	return wdl_type_name(x.type);
}

/* ---- the node that failed, and its bad part ---- */

static const struct wdl_node *node_at(const struct wdl_template *t, size_t start, size_t end)
{
	const struct wdl_node *best = NULL;

	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
			if (n->start <= start && n->end >= end &&
			    (!best || n->end - n->start <= best->end - best->start) &&
			    (n->kind == WDL_CALL || n->kind == WDL_MEMBER))
				best = n;
	return best;
}

static const struct json *value_of(struct look *l, const struct wdl_node *n)
{
	struct wdl_result r = wdl_evaluate_node(l->a, l->t, n, &l->c);

	return r.ok ? r.value : NULL;
}

static bool is_literal(const struct wdl_node *n)
{
	return n->kind != WDL_CALL && n->kind != WDL_MEMBER;
}

bool wdl_reads_text(const struct wdl_function *f)
{
	static const char *const names[] = {
		"int", "float", "decimal", "json", "xml", "base64ToBinary", "base64ToString", "base64",
		"decodeBase64", "dataUriToBinary", "dataUriToString", "decodeDataUri", "uriHost",
		"uriPath", "uriPathAndQuery", "uriPort", "uriQuery", "uriScheme", "formatNumber",
		"bool", "substring", "range", "div", "mod", "xpath", "slice", "chunk", "rand",
	};

	if (f->category == WDL_CAT_DATE)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq_nocase(str_from(f->name), str_from(names[i])))
			return true;
	return false;
}

/* What the place of an argument takes, by the letters of functions.h: false when surely not. */
static bool fits(const struct wdl_node *call, size_t i, const struct json *v)
{
	size_t last = call->function && call->function->types ? strlen(call->function->types) : 0;

	if (!last || !v)
		return true;
	switch (call->function->types[i < last ? i : last - 1]) {
	case 's':
	case 'd':
		return json_is(v, JSON_STRING);
	case 'n':
	case 'i':
		return json_is(v, JSON_NUMBER);
	case 'b':
		return json_is(v, JSON_BOOL);
	case 'a':
		return json_is(v, JSON_ARRAY);
	case 'o':
		return json_is(v, JSON_OBJECT);
	case 'c':
		return json_is(v, JSON_ARRAY) || json_is(v, JSON_STRING);
	default:
		return true;
	}
}

/* The argument with nothing in it, else the first that does not fit, else the first that reads. */
static const struct wdl_node *bad_argument(struct look *l, const struct wdl_node *call,
					   const struct json **value)
{
	const struct wdl_node *best = NULL;
	bool unfit = false;
	size_t i = 0;

	*value = NULL;
	for (const struct wdl_node *n = call->first; n; n = n->next, i++) {
		const struct json *v = is_literal(n) ? NULL : value_of(l, n);

		if (json_is(v, JSON_NULL)) {
			*value = v;
			return n;
		}
		if (is_literal(n) || (best && (unfit || fits(call, i, v))))
			continue;
		unfit = !fits(call, i, v);
		best = n;
		*value = v;
	}
	return best;
}

static bool is_text_argument(const struct wdl_function *f, const struct wdl_node *call,
			     const struct wdl_node *arg)
{
	size_t i = 0, last = f->types ? strlen(f->types) : 0;

	for (const struct wdl_node *n = call->first; n && n != arg; n = n->next)
		i++;
	return last && strchr("sd", f->types[i < last ? i : last - 1]);
}

static enum wdl_fault_kind call_kind(const struct wdl_node *n, const struct wdl_node *arg,
				     const struct json *value)
{
	const struct wdl_function *f = n->function;

	if (!f || f->refers != WDL_REF_NONE || !arg)
		return WDL_FAULT_DESIGN;
	if (!value || json_is(value, JSON_NULL))
		return WDL_FAULT_NULL;
	if (wdl_reads_text(f) && (json_is(value, JSON_STRING) ||
			      (json_is(value, JSON_NUMBER) && !is_text_argument(f, n, arg))))
		return WDL_FAULT_DATA;
	return WDL_FAULT_TYPE;
}

static enum wdl_fault_kind member_kind(struct look *l, const struct wdl_node *n,
				       const struct json *value)
{
	const struct json *key = value_of(l, wdl_key(n));

	if (!value || json_is(value, JSON_NULL) ||
	    (json_is(value, JSON_OBJECT) && !json_first(value)))
		return WDL_FAULT_NULL;
	if (json_is(value, JSON_OBJECT))
		return json_is(key, JSON_STRING) ? WDL_FAULT_PATH : WDL_FAULT_TYPE;
	/* Nothing at that index. */
	if (json_is(value, JSON_ARRAY) && json_is(key, JSON_NUMBER))
		return WDL_FAULT_NULL;
	return WDL_FAULT_TYPE;
}

/* ---- telling it ---- */

static struct str span(const struct look *l, size_t start, size_t end)
{
	return str_n(l->t->source.p + start, end - start);
}

/* Bytes of a text that was made of a condition, as bytes of the leaf they are in. */
static bool in_leaf(const struct look *l, size_t start, size_t end, const struct blame_leaf **leaf)
{
	for (const struct blame_leaf *x = l->at->leaves; x; x = x->next)
		if (start >= x->start && end <= x->end) {
			*leaf = x;
			return true;
		}
	return false;
}

static void place(struct look *l, const struct wdl_node *fail, const struct wdl_node *bad)
{
	struct wdl_blame *b = l->out;
	const struct blame_leaf *leaf = NULL, *other = NULL;

	b->pointer = l->at->pointer;
	b->text = l->at->source;
	b->is_key = l->at->is_key;
	b->failing = fail ? span(l, fail->start, fail->end) : S("");
	b->bad = bad ? span(l, bad->start, bad->end) : S("");
	if (!l->at->leaves) {
		b->fail_start = fail ? fail->start : 0;
		b->fail_end = fail ? fail->end : 0;
		b->bad_start = bad ? bad->start : 0;
		b->bad_end = bad ? bad->end : 0;
		return;
	}
	if (bad && in_leaf(l, bad->start, bad->end, &leaf)) {
		b->bad_start = bad->start - leaf->start + 1;
		b->bad_end = bad->end - leaf->start + 1;
	}
	if (fail && in_leaf(l, fail->start, fail->end, &other) && (!leaf || leaf == other)) {
		leaf = other;
		b->fail_start = fail->start - leaf->start + 1;
		b->fail_end = fail->end - leaf->start + 1;
	}
	if (leaf) {
		b->pointer = leaf->pointer;
		b->text = leaf->source;
	}
}

/* A value that is not there because its name is written otherwise is a wrong path. */
static void judge_origin(struct wdl_blame *b)
{
	for (const struct wdl_origin *o = b->origin; o; o = o->next)
		if (o->lacks.n && o->near.n && !o->in_list) {
			b->kind = b->kind == WDL_FAULT_NULL ? WDL_FAULT_PATH : b->kind;
			return;
		}
}

static void tell_fault(struct look *l, const struct wdl_fault *f)
{
	struct wdl_blame *b = l->out;
	const struct wdl_node *n = node_at(l->t, f->offset, f->end), *bad = NULL;
	const struct json *value = NULL;

	b->found = true;
	b->message = f->message;
	b->kind = WDL_FAULT_DESIGN;
	b->type = "";
	if (n && n->kind == WDL_MEMBER) {
		bad = wdl_target(n);
		value = value_of(l, bad);
		b->kind = member_kind(l, n, value);
	} else if (n) {
		bad = bad_argument(l, n, &value);
		b->kind = call_kind(n, bad, value);
	}
	place(l, n, b->kind == WDL_FAULT_DESIGN ? NULL : bad);
	if (b->kind == WDL_FAULT_DESIGN)
		return;
	b->value = value;
	b->type = value ? type_of(value) : "Null";
	/* Of a member that is not there: the origin of the access itself. */
	b->origin = blame_origin(l->a, l->t, b->kind == WDL_FAULT_PATH ? n : bad, &l->c, l->context,
				 l->definition);
	if (b->kind == WDL_FAULT_PATH && b->origin && b->origin->in_list && !b->origin->near.n)
		b->kind = WDL_FAULT_NULL;
	judge_origin(b);
}

/* ---- per item ---- */

struct with_item {
	const struct wdl_context *c;
	const struct json *item;
};

#define PASS(name)                                                                            \
	static bool pass_##name(void *arg, struct str s, const struct json **out)             \
	{                                                                                     \
		const struct with_item *w = arg;                                              \
		return w->c->name && w->c->name(w->c->arg, s, out);                           \
	}
#define PASS0(name)                                                                           \
	static bool pass_##name(void *arg, const struct json **out)                           \
	{                                                                                     \
		const struct with_item *w = arg;                                              \
		return w->c->name && w->c->name(w->c->arg, out);                              \
	}
PASS(action)
PASS(variable)
PASS(parameter)
PASS(items)
PASS(iteration)
PASS(result)
PASS0(trigger)
PASS0(workflow)
PASS0(current)

static bool pass_item(void *arg, const struct json **out)
{
	const struct with_item *w = arg;

	*out = w->item;
	return true;
}

static struct wdl_context item_context(struct with_item *w)
{
	return (struct wdl_context){
		.arg = w, .action = pass_action, .trigger = pass_trigger,
		.variable = pass_variable, .parameter = pass_parameter, .item = pass_item,
		.items = pass_items, .iteration = pass_iteration, .result = pass_result,
		.workflow = pass_workflow, .current = pass_current,
		.seed = w->c->seed, .now = w->c->now,
	};
}

/* The garbage of one evaluation, given back after each item: lists are long. */
static bool evaluates(const struct look *l, const struct wdl_context *c)
{
	struct arena scratch;
	jmp_buf out;
	bool ok = true;

	arena_init(&scratch, l->a->max);
	if (arena_guard(&scratch, &out))
		ok = true;
	else
		ok = wdl_evaluate(&scratch, l->t, c).ok;
	arena_release(&scratch);
	return ok;
}

/* The list a step looks at; its `from` was evaluated before. */
static const struct json *list_of(struct look *l, const struct json *alone)
{
	struct wdl_result r = wdl_evaluate_value(l->a, json_at(alone, "/inputs/from"), &l->c);

	return r.ok && json_is(r.value, JSON_ARRAY) ? r.value : NULL;
}

static bool look_at_items(struct look *l, const struct json *alone)
{
	const struct json *list = list_of(l, alone);
	struct wdl_context plain = l->c;
	struct with_item w = { &plain, NULL };
	struct wdl_blame *b = l->out;
	const struct json *first = NULL;
	size_t i = 0;

	l->c = item_context(&w);
	JSON_EACH(item, list) {
		w.item = item;
		if (!evaluates(l, &l->c)) {
			b->item = first ? b->item : i;
			first = first ? first : item;
			b->bad_items++;
		}
		i++;
	}
	if (first) {
		struct wdl_result r;

		w.item = first;
		r = wdl_evaluate(l->a, l->t, &l->c);
		b->per_item = true;
		b->items = i;
		tell_fault(l, &r.fault);
	}
	l->c = plain;
	return first != NULL;
}

/* ---- the step ---- */

static bool look_at(struct look *l, const struct json *alone)
{
	struct wdl_result r;

	l->t = wdl_parse(l->a, l->at->source);
	if (!l->at->is_key && wdl_is_per_item(alone, l->at->pointer))
		return look_at_items(l, alone);
	r = wdl_evaluate(l->a, l->t, &l->c);
	if (r.ok)
		return false;
	tell_fault(l, &r.fault);
	return true;
}

struct wdl_blame wdl_blame_step(struct arena *a, const struct json *step,
				const struct json *context, const struct json *definition)
{
	struct wdl_blame out = { .type = "" };
	struct look l = { .a = a, .context = context, .definition = definition, .out = &out };
	struct json *alone = wdl_step_alone(a, step);

	wdl_context_json(&l.c, context);
	for (l.at = blame_texts(a, alone); l.at; l.at = l.at->next)
		if (look_at(&l, alone))
			return out;
	blame_value(a, alone, &l.c, context, definition, &out);
	judge_origin(&out);
	return out;
}
