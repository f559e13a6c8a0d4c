/*
 * refactor_uses.c - every place where a name stands that means one thing of a definition.
 *
 * Knows where the service keeps names: keys, fields, runAfter, and the arguments of functions;
 * changes nothing.
 */
#include "wdl/functions.h"
#include "wdl/index.h"
#include "wdl/print.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

struct finder {
	struct arena *a;
	const struct refactor_flow *f;
	struct lint *l;
	enum refactor_kind kind;
	struct str name;
	struct wdl_index *many; /* or several, by their upper case */
	size_t which;           /* that one of them which was found last */
	struct refactor_uses out;
	struct refactor_use **tail;
};

static const char *const kinds[] = {
	[REFACTOR_ACTION] = "action",
	[REFACTOR_VARIABLE] = "variable",
	[REFACTOR_PARAMETER] = "parameter",
	[REFACTOR_CONNECTION] = "connection",
};

static const char *const use_kinds[] = {
	[REFACTOR_DECLARED] = "declared", [REFACTOR_RUN_AFTER] = "runAfter",
	[REFACTOR_FIELD] = "field",	  [REFACTOR_EXPRESSION] = "expression",
	[REFACTOR_COMPUTED] = "computed",
};

const char *refactor_kind_name(enum refactor_kind k)
{
	return kinds[k];
}

enum refactor_kind refactor_kind_from(struct str name)
{
	unsigned i = 0;

	while (i < REFACTOR__KINDS && !str_eq(name, str_from(kinds[i])))
		i++;
	return (enum refactor_kind)i;
}

size_t refactor_column(struct str s, size_t at)
{
	size_t n = 0, step = 1;

	for (size_t i = 0; i < at && i < s.n; i += step, n++)
		wdl_point(s.p + i, s.n - i, &step);
	return n;
}

/* ---- collecting ---- */

static bool means(struct finder *x, struct str name)
{
	const struct json *found;

	if (!x->many)
		return wdl_same_nocase(name, x->name);
	found = wdl_index_get(x->many, wdl_upper(x->a, name));
	x->which = (size_t)json_int(found, 0);
	return found != NULL;
}

static struct refactor_use *add(struct finder *x, enum refactor_use_kind kind, struct str pointer,
				struct json *value)
{
	struct refactor_use *u = arena_alloc(x->a, sizeof(*u));

	u->kind = kind;
	u->which = x->which;
	u->pointer = pointer;
	u->value = value;
	*x->tail = u;
	x->tail = &u->next;
	x->out.count += kind != REFACTOR_COMPUTED;
	x->out.declared += kind == REFACTOR_DECLARED;
	x->out.computed += kind == REFACTOR_COMPUTED;
	return u;
}

static void add_key(struct finder *x, enum refactor_use_kind kind, struct str pointer,
		    struct json *member, struct str step)
{
	struct refactor_use *u = add(x, kind, pointer, member);

	u->is_key = true;
	u->text = json_name(member);
	u->step = step;
}

static void add_field(struct finder *x, enum refactor_use_kind kind, struct str pointer,
		      struct json *value, struct str step)
{
	struct refactor_use *u = add(x, kind, pointer, value);

	u->text = json_str(value);
	u->step = step;
}

static void add_expression(struct finder *x, const struct wdl_place *p,
			   const struct wdl_node *shown, struct wdl_node *name, bool computed)
{
	struct refactor_use *u = add(x, computed ? REFACTOR_COMPUTED : REFACTOR_EXPRESSION,
				     p->pointer, p->value);
	struct buf b;

	buf_init_in(&b, x->a, p->template->source.n + 1);
	wdl_print_node(&b, p->template, shown);
	u->is_key = p->is_key;
	u->has_offset = true;
	u->offset = refactor_column(p->template->source, shown->start);
	u->text = buf_str(&b);
	u->step = p->step;
	u->place = p;
	u->node = name;
}

/* A name in quotes that stands in the source just as it would be written: only such a one can be
 * changed and changed back. */
static bool is_plain(const struct finder *x, const struct wdl_place *p, const struct wdl_node *n)
{
	struct str source = p->template->source;
	struct buf b;

	if (n->kind != WDL_STRING)
		return false;
	buf_init_in(&b, x->a, 2 * n->text.n + 3);
	wdl_print_quoted(&b, n->text);
	return str_eq(buf_str(&b), str_n(source.p + n->start, n->end - n->start));
}

static bool refers(enum refactor_kind kind, enum wdl_refers r)
{
	switch (kind) {
	case REFACTOR_ACTION:
		return r == WDL_REF_ACTION || r == WDL_REF_LOOP || r == WDL_REF_UNTIL ||
		       r == WDL_REF_SCOPE;
	case REFACTOR_VARIABLE:
		return r == WDL_REF_VARIABLE;
	case REFACTOR_PARAMETER:
		return r == WDL_REF_PARAMETER;
	default:
		return false;
	}
}

static void look_at_call(struct finder *x, const struct wdl_place *p, const struct wdl_node *n)
{
	struct wdl_node *name = n->first;

	if (!n->function || !name || !refers(x->kind, n->function->refers))
		return;
	if (is_plain(x, p, name)) {
		if (means(x, name->text))
			add_expression(x, p, n, name, false);
	} else if (name->kind != WDL_STRING || means(x, name->text)) {
		add_expression(x, p, n, name, true);
	}
}

/* parameters('$connections')['key'], or ...['$connections']['key']. */
static bool is_connections(const struct wdl_node *n)
{
	const struct wdl_node *key = wdl_is_call(n, "parameters") ? n->first :
				     n->kind == WDL_MEMBER	  ? wdl_key(n) :
								    NULL;

	return key && key->kind == WDL_STRING && str_eq_nocase(key->text, S("$connections"));
}

static void look_at_member(struct finder *x, const struct wdl_place *p, const struct wdl_node *n)
{
	struct wdl_node *key = wdl_key(n);

	if (!is_connections(wdl_target(n)))
		return;
	if (key->kind != WDL_STRING)
		add_expression(x, p, n, key, true);
	else if (means(x, key->text))
		add_expression(x, p, n, key, !n->dot && !is_plain(x, p, key));
}

static void look_at_places(struct finder *x)
{
	for (const struct wdl_place *p = x->l->places.first; p; p = p->next)
		for (struct wdl_part *part = p->template->first; part; part = part->next)
			for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n)) {
				if (n->kind == WDL_CALL)
					look_at_call(x, p, n);
				else if (n->kind == WDL_MEMBER && x->kind == REFACTOR_CONNECTION)
					look_at_member(x, p, n);
			}
}

static void look_at_keys(struct finder *x, struct json *object, struct str at,
			 enum refactor_use_kind kind)
{
	if (!json_is(object, JSON_OBJECT))
		return;
	JSON_EACH(member, object)
		if (means(x, json_name(member)))
			add_key(x, kind, lint_at_n(x->l, at, json_name(member)), member, S(""));
}

/* ---- the kinds ---- */

static void look_at_actions(struct finder *x)
{
	for (struct lint_step *s = x->l->steps; s; s = s->next) {
		if (!s->trigger && means(x, s->name))
			add_key(x, REFACTOR_DECLARED, s->pointer, s->value, s->name);
		for (struct lint_edge *e = s->after; e; e = e->next)
			if (means(x, json_name(e->member)))
				add_key(x, REFACTOR_RUN_AFTER, e->pointer, e->member, s->name);
	}
}

bool refactor_writes(const struct lint_step *s)
{
	static const char *const types[] = { "SetVariable", "AppendToArrayVariable",
					     "AppendToStringVariable", "IncrementVariable",
					     "DecrementVariable" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (lint_is(s, types[i]))
			return true;
	return false;
}

static void look_at_variables(struct finder *x)
{
	for (struct lint_variable *v = x->l->variables; v; v = v->next)
		if (json_is(json_get(v->row, "name"), JSON_STRING) && means(x, v->name))
			add_field(x, REFACTOR_DECLARED, lint_at(x->l, v->pointer, "name"),
				  json_get(v->row, "name"), v->step->name);
	for (struct lint_step *s = x->l->steps; s; s = s->next) {
		struct json *name = json_get(s->inputs, "name");

		if (refactor_writes(s) && json_is(name, JSON_STRING) && means(x, json_str(name)))
			add_field(x, REFACTOR_FIELD,
				  lint_at(x->l, lint_at(x->l, s->pointer, "inputs"), "name"), name,
				  s->name);
	}
}

static void look_at_parameters(struct finder *x)
{
	look_at_keys(x, json_get(x->f->definition, "parameters"),
		     lint_at(x->l, x->f->prefix, "parameters"), REFACTOR_DECLARED);
	look_at_keys(x, x->f->values, x->f->values_at, REFACTOR_FIELD);
}

/* The values of $connections, by key. */
static void look_at_values(struct finder *x, struct json *parameters, struct str at,
			   const char *member)
{
	struct str inner = lint_at(x->l, lint_at(x->l, at, "$connections"), member);

	look_at_keys(x, json_get(json_get(parameters, "$connections"), member), inner,
		     REFACTOR_FIELD);
}

static void look_at_host(struct finder *x, const struct lint_step *s)
{
	/* host.connection.referenceName: managed connections of newer definitions. */
	static const char *const paths[][2] = { { "connectionName", NULL },
						{ "connectionReferenceName", NULL },
						{ "connection", "referenceName" } };
	struct json *host = json_get(s->inputs, "host");
	struct str at = lint_at(x->l, lint_at(x->l, s->pointer, "inputs"), "host");

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct json *v = json_get(host, paths[i][0]);
		struct str here = lint_at(x->l, at, paths[i][0]);

		if (paths[i][1]) {
			v = json_get(v, paths[i][1]);
			here = lint_at(x->l, here, paths[i][1]);
		}
		if (json_is(v, JSON_STRING) && means(x, json_str(v)))
			add_field(x, REFACTOR_FIELD, here, v, s->name);
	}
}

static void look_at_connections(struct finder *x)
{
	look_at_keys(x, x->f->references, x->f->references_at, REFACTOR_DECLARED);
	look_at_values(x, json_get(x->f->definition, "parameters"),
		       lint_at(x->l, x->f->prefix, "parameters"), "defaultValue");
	look_at_values(x, x->f->values, x->f->values_at, "value");
	for (struct lint_step *s = x->l->steps; s; s = s->next)
		look_at_host(x, s);
}

static struct refactor_uses find(struct arena *a, const struct refactor_flow *f,
				 enum refactor_kind kind, struct str name, struct wdl_index *many)
{
	static void (*const looks[])(struct finder *) = {
		[REFACTOR_ACTION] = look_at_actions,
		[REFACTOR_VARIABLE] = look_at_variables,
		[REFACTOR_PARAMETER] = look_at_parameters,
		[REFACTOR_CONNECTION] = look_at_connections,
	};
	struct finder x = { .a = a, .f = f, .kind = kind, .name = name, .many = many };

	x.l = refactor_model(a, f);
	x.tail = &x.out.first;
	looks[kind](&x);
	look_at_places(&x);
	x.out.name = name;
	for (const struct refactor_use *u = x.out.first; u; u = u->next)
		if (u->kind == REFACTOR_DECLARED)
			x.out.name = u->text;
	return x.out;
}

struct refactor_uses refactor_find(struct arena *a, const struct refactor_flow *f,
				   enum refactor_kind kind, struct str name)
{
	return find(a, f, kind, name, NULL);
}

struct refactor_uses refactor_find_all(struct arena *a, const struct refactor_flow *f,
				       enum refactor_kind kind, const struct refactor_pair *pairs,
				       size_t count)
{
	struct wdl_index many = { .object = json_new_object(a) };

	for (size_t i = 0; i < count; i++)
		wdl_index_put(a, &many, wdl_upper(a, pairs[i].from), json_new_int(a, (int64_t)i));
	return find(a, f, kind, S(""), &many);
}

struct json *refactor_uses_json(struct arena *a, const struct refactor_uses *u)
{
	struct json *out = json_new_array(a);

	for (const struct refactor_use *x = u->first; x; x = x->next) {
		struct json *one = json_push(out, json_new_object(a));

		json_set_z(a, one, "kind", use_kinds[x->kind]);
		json_set_str(a, one, "pointer", x->pointer);
		if (x->is_key)
			json_set_bool(a, one, "key", true);
		if (x->has_offset)
			json_set_int(a, one, "offset", (int64_t)x->offset);
		json_set_str(a, one, "text", x->text);
		if (x->step.n)
			json_set_str(a, one, "action", x->step);
	}
	return out;
}
