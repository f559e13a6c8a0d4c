/*
 * outline.c - walks the steps of a definition.
 *
 * Knows where actions stand (Workflow Definition Language: actions, else, cases, default);
 * must not know calls or the service.
 */
#include "tools/outline.h"

#include "base/limits.h"

struct walk {
	struct arena *a;
	void (*step)(struct walk *w, const struct json *step, struct str in, const struct buf *at,
		     bool trigger);
	struct json *out;
	struct str container; /* the step whose branches are being walked */
	struct str wanted;
	struct outline_step found;
	unsigned depth;
};

static void walk_actions(struct walk *w, const struct json *actions, struct str in,
			 struct buf *pointer, const char *const *path);

static struct str branch(struct walk *w, struct str step, const char *kind, struct str label)
{
	return label.n ? str_fmt(w->a, "%.*s/%s %.*s", STR_ARG(step), kind, STR_ARG(label))
		       : str_fmt(w->a, "%.*s/%s", STR_ARG(step), kind);
}

static void walk_below(struct walk *w, const struct json *step, struct buf *pointer)
{
	static const char *const direct[] = { "actions", NULL };
	struct str name = json_name(step), outer = w->container;
	size_t mark;

	w->container = name;
	walk_actions(w, step, name, pointer, direct);
	if (json_is(json_get(step, "else"), JSON_OBJECT)) {
		static const char *const path[] = { "else", "actions", NULL };

		walk_actions(w, step, branch(w, name, "else", S("")), pointer, path);
	}
	if (json_is(json_get(step, "default"), JSON_OBJECT)) {
		static const char *const path[] = { "default", "actions", NULL };

		walk_actions(w, step, branch(w, name, "default", S("")), pointer, path);
	}
	mark = pointer->n;
	JSON_EACH (one, json_get(step, "cases")) {
		buf_addz(pointer, "/cases");
		json_pointer_add(pointer, json_name(one));
		walk_actions(w, one, branch(w, name, "case", json_name(one)), pointer, direct);
		pointer->n = mark;
	}
	w->container = outer;
}

static void walk_actions(struct walk *w, const struct json *holder, struct str in,
			 struct buf *pointer, const char *const *path)
{
	size_t mark = pointer->n, each;
	const struct json *actions = holder;

	for (size_t i = 0; path[i]; i++) {
		actions = json_get(actions, path[i]);
		json_pointer_add(pointer, str_from(path[i]));
	}
	each = pointer->n;
	/* The engine allows eight levels; a value from outside may have more. */
	if (w->depth < LIMIT_JSON_DEPTH && json_is(actions, JSON_OBJECT)) {
		w->depth++;
		JSON_EACH (step, actions) {
			json_pointer_add(pointer, json_name(step));
			w->step(w, step, in, pointer, false);
			walk_below(w, step, pointer);
			pointer->n = each;
		}
		w->depth--;
	}
	pointer->n = mark;
}

static void walk(struct walk *w, const struct json *definition)
{
	static const char *const top[] = { "actions", NULL };
	struct buf pointer;

	buf_init_in(&pointer, w->a, LIMIT_CALL_ARENA);
	JSON_EACH (trigger, json_get(definition, "triggers")) {
		buf_addz(&pointer, "/triggers");
		json_pointer_add(&pointer, json_name(trigger));
		w->step(w, trigger, S(""), &pointer, true);
		buf_clear(&pointer);
	}
	walk_actions(w, definition, S(""), &pointer, top);
}

/* ---- the outline ---- */

/* "shared_office365/SendEmailV2", or the method and host of an HTTP action. */
static void put_operation(struct walk *w, struct json *v, const struct json *step)
{
	const struct json *host = json_at(step, "/inputs/host");
	struct str id = json_get_str(host, "operationId"), api = json_get_str(host, "apiId"),
		   key = json_get_str(host, "connectionName");
	ptrdiff_t slash = -1;

	if (!key.n)
		key = json_get_str(host, "connectionReferenceName");
	for (size_t i = 0; i < api.n; i++)
		if (api.p[i] == '/')
			slash = (ptrdiff_t)i;
	api = str_from_at(api, (size_t)(slash + 1));
	if (id.n)
		json_set_str(w->a, v, "operation",
			     api.n ? str_fmt(w->a, "%.*s/%.*s", STR_ARG(api), STR_ARG(id)) : id);
	if (key.n && !str_eq(key, api))
		json_set_str(w->a, v, "connection", key);
	if (json_is(json_at(step, "/inputs/method"), JSON_STRING))
		json_set_copy(w->a, v, "method", json_at(step, "/inputs/method"));
}

/* Predecessors; the statuses only where they are not plain success. */
static void put_run_after(struct walk *w, struct json *v, const struct json *step)
{
	struct json *out = json_new_array(w->a);

	JSON_EACH (after, json_get(step, "runAfter")) {
		struct buf b;
		bool plain = json_count(after) == 1 &&
			     str_eq_nocase(json_str(json_first(after)), S("Succeeded"));

		buf_init_in(&b, w->a, LIMIT_RESULT);
		buf_adds(&b, json_name(after));
		if (!plain)
			JSON_EACH (status, after)
				buf_addf(&b, "%s%.*s", status == json_first(after) ? ": " : ", ",
					 STR_ARG(json_str(status)));
		json_push(out, json_new_str(w->a, buf_str(&b)));
	}
	if (json_count(out))
		json_set(w->a, v, "runAfter", out);
}

static void outline_step(struct walk *w, const struct json *step, struct str in,
			 const struct buf *at, bool trigger)
{
	struct json *v = json_new_object(w->a);

	(void)at;
	json_set_str(w->a, v, "name", json_name(step));
	if (trigger)
		json_set_bool(w->a, v, "trigger", true);
	json_set_str(w->a, v, "type", json_get_str(step, "type"));
	if (json_get_str(step, "kind").n)
		json_set_str(w->a, v, "kind", json_get_str(step, "kind"));
	if (in.n)
		json_set_str(w->a, v, "in", in);
	put_operation(w, v, step);
	if (trigger) {
		json_set_copy(w->a, v, "recurrence", json_get(step, "recurrence"));
		json_set_copy(w->a, v, "conditions", json_get(step, "conditions"));
		json_set_copy(w->a, v, "splitOn", json_get(step, "splitOn"));
	}
	put_run_after(w, v, step);
	if (outline_count(step))
		json_set_int(w->a, v, "steps", (int64_t)outline_count(step));
	json_push(w->out, v);
}

struct json *outline_make(struct arena *a, const struct json *definition)
{
	struct walk w = { .a = a, .step = outline_step, .out = json_new_array(a) };

	walk(&w, definition);
	return w.out;
}

/* ---- one step ---- */

static bool same_name(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		char x = a.p[i] == ' ' ? '_' : a.p[i], y = b.p[i] == ' ' ? '_' : b.p[i];

		if (!str_eq_nocase(str_n(&x, 1), str_n(&y, 1)))
			return false;
	}
	return true;
}

static void find_step(struct walk *w, const struct json *step, struct str in, const struct buf *at,
		      bool trigger)
{
	if (w->found.value || !same_name(json_name(step), w->wanted))
		return;
	w->found = (struct outline_step){
		.value = json_copy(w->a, step),
		.name = json_name(step),
		.pointer = str_dup(w->a, buf_str(at)),
		.in = in,
		.trigger = trigger,
	};
}

struct outline_step outline_find(struct arena *a, const struct json *definition, struct str name)
{
	struct walk w = { .a = a, .step = find_step, .wanted = name };

	walk(&w, definition);
	return w.found;
}

/* ---- counting and parents ---- */

static size_t count_in(const struct json *actions, unsigned depth);

static size_t count_below(const struct json *step, unsigned depth)
{
	size_t n = count_in(json_get(step, "actions"), depth) +
		   count_in(json_at(step, "/else/actions"), depth) +
		   count_in(json_at(step, "/default/actions"), depth);

	JSON_EACH (one, json_get(step, "cases"))
		n += count_in(json_get(one, "actions"), depth);
	return n;
}

static size_t count_in(const struct json *actions, unsigned depth)
{
	size_t n = 0;

	if (depth == 0 || !json_is(actions, JSON_OBJECT))
		return 0;
	JSON_EACH (step, actions)
		n += 1 + count_below(step, depth - 1);
	return n;
}

size_t outline_count(const struct json *step)
{
	return count_below(step, LIMIT_JSON_DEPTH);
}

static void index_step(struct walk *w, const struct json *step, struct str in, const struct buf *at,
		       bool trigger)
{
	struct json *v = json_new_object(w->a);

	(void)in;
	(void)at;
	if (trigger)
		return;
	json_set_str(w->a, v, "container", w->container);
	json_set_str(w->a, v, "type", json_get_str(step, "type"));
	if (json_get(step, "runAfter"))
		json_set(w->a, v, "runAfter", json_copy(w->a, json_get(step, "runAfter")));
	json_add_n(w->a, w->out, json_name(step), v);
}

struct json *outline_index(struct arena *a, const struct json *definition)
{
	struct walk w = { .a = a, .step = index_step, .out = json_new_object(a) };

	w.container = S("");
	walk(&w, definition);
	return w.out;
}
