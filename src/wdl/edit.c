/*
 * edit.c - the list of operations: which there are, what each takes, one after the other.
 *
 * All work is done on copies, so that an operation may stop anywhere.
 */
#include "wdl/edit.h"

#include "base/limits.h"
#include "wdl/edit_int.h"

static const struct row {
	const char *name;
	bool (*run)(struct edit *x);
	const char *needs, *may; /* its members, blank separated */
} rows[] = {
	{ "add", edit_op_add, "path value", "" },
	{ "insert_after", edit_op_insert_after, "action name value", "" },
	{ "insert_before", edit_op_insert_before, "action name value", "" },
	{ "insert_into", edit_op_insert_into, "action name value", "branch" },
	{ "merge", edit_op_merge, "path value", "" },
	{ "move", edit_op_move, "action", "after before into branch" },
	{ "remove", edit_op_remove, "path", "" },
	{ "remove_action", edit_op_remove_action, "action", "" },
	{ "rename_action", edit_op_rename, "action name", "" },
	{ "replace_expression", edit_op_replace, "expression replacement", "action" },
	{ "set", edit_op_set, "path value", "" },
	{ "set_parameter", edit_op_parameter, "parameter value", "action" },
	{ "wrap_in_scope", edit_op_wrap, "actions name", "" },
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

const char *wdl_edit_ops(void)
{
	return "add insert_after insert_before insert_into merge move remove remove_action "
	       "rename_action replace_expression set set_parameter wrap_in_scope";
}

bool edit_refuse(struct edit *x, struct str pointer, struct str hint, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, x->a, LIMIT_LINE);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	x->e->pointer = pointer;
	x->e->message = buf_str(&b);
	x->e->hint = hint;
	return false;
}

/* ---- what an operation is made of ---- */

static const struct row *row_of(struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (str_eq(name, str_from(rows[i].name)))
			return &rows[i];
	return NULL;
}

static bool unknown_op(struct edit *x, struct str name)
{
	struct json *names = json_new_object(x->a);
	struct str near;

	for (size_t i = 0; i < ROWS; i++)
		json_set_null(x->a, names, rows[i].name);
	near = edit_nearest(x, name, names);
	if (!name.n)
		return edit_refuse(x, S(""), str_fmt(x->a, "one of: %s", wdl_edit_ops()),
				   "an operation has a member \"op\"");
	return edit_refuse(x, S(""),
			   near.n ? str_fmt(x->a, "did you mean \"%.*s\"?", STR_ARG(near)) :
				    str_fmt(x->a, "one of: %s", wdl_edit_ops()),
			   "there is no operation \"%.*s\"", STR_ARG(str_first_utf8(name, 60)));
}

static bool among(const char *words, struct str name)
{
	struct str rest = str_from(words), word;

	while (str_cut(&rest, ' ', &word))
		if (word.n && str_eq(word, name))
			return true;
	return false;
}

static struct str takes(struct edit *x, const struct row *r)
{
	return str_fmt(x->a, "%s takes: %s%s%s", r->name, r->needs,
		       *r->may ? ", and may take: " : "", r->may);
}

/* All members but "value", "path" and "actions" are names or expressions. */
static bool right_type(struct edit *x, const struct row *r, const struct json *member)
{
	struct str name = json_name(member);
	bool list = str_eq(name, S("path")) || str_eq(name, S("actions"));
	enum json_type want = list ? JSON_ARRAY : JSON_STRING;

	if (str_eq(name, S("value")) || json_is(member, want))
		return true;
	return edit_refuse(x, S(""),
			   str_eq(name, S("path")) ?
				   S("a list of keys from the definition on, such as "
				     "[\"actions\",\"Compose\",\"inputs\"]") :
				   S(""),
			   "\"%.*s\" of %s is %s, not %s", STR_ARG(name), r->name,
			   json_type_name(want), json_type_name(json_type(member)));
}

static bool members_fit(struct edit *x, const struct row *r)
{
	struct str rest = str_from(r->needs), word;

	JSON_EACH(member, x->op) {
		struct str name = json_name(member);

		if (str_eq(name, S("op")))
			continue;
		if (!among(r->needs, name) && !among(r->may, name))
			return edit_refuse(x, S(""), takes(x, r), "%s has no \"%.*s\"", r->name,
					   STR_ARG(str_first_utf8(name, 60)));
		if (!right_type(x, r, member))
			return false;
	}
	while (str_cut(&rest, ' ', &word))
		if (word.n && !json_get_n(x->op, word))
			return edit_refuse(x, S(""), takes(x, r), "%s needs \"%.*s\"", r->name,
					   STR_ARG(word));
	return true;
}

/* ---- the list ---- */

static unsigned depth_of(const struct json *v)
{
	unsigned most = 0;

	JSON_EACH(item, v) {
		unsigned d = depth_of(item);

		most = d > most ? d : most;
	}
	return most + (json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY));
}

static bool do_one(struct edit *x)
{
	const struct row *r = row_of(json_get_str(x->op, "op"));

	if (!json_is(x->op, JSON_OBJECT))
		return edit_refuse(x, S(""), S("such as {\"op\":\"set\",\"path\":[...],\"value\":1}"),
				   "an operation is an object, not %s",
				   json_type_name(json_type(x->op)));
	if (!r)
		return unknown_op(x, json_get_str(x->op, "op"));
	if (!members_fit(x, r))
		return false;
	edit_collect(x);
	if (!r->run(x))
		return false;
	/* A copy of it is read again by the service, and by us. */
	if (depth_of(x->definition) > LIMIT_JSON_DEPTH)
		return edit_refuse(x, S(""), S(""), "the definition would be nested too deeply");
	return true;
}

/* Each operation works on a copy in an arena of its own, and the copy before it is still there:
 * what looking for names costs is not kept for all of them. */
struct course {
	struct edit x;
	struct arena work[2];
	const struct json *now;
};

static void release(struct course *k)
{
	arena_release(&k->work[0]);
	arena_release(&k->work[1]);
}

static bool do_all(struct course *k, const struct json *operations)
{
	struct edit *x = &k->x;

	JSON_EACH(op, operations) {
		x->a = &k->work[x->e->index % 2];
		arena_release(x->a);
		x->definition = json_copy(x->a, k->now);
		x->op = op;
		if (!do_one(x))
			return false;
		k->now = x->definition;
		x->e->index++;
	}
	x->e->index = 0;
	return true;
}

/* NULL when an operation was refused, or memory for one is out. */
static const struct json *do_in_memory(struct course *k, const struct json *operations)
{
	jmp_buf out;

	if (arena_guard(&k->work[0], &out)) {
		k->x.e->pointer = k->x.e->hint = S("");
		k->x.e->message = S("there is no memory for so large a change");
		return NULL;
	}
	k->work[1].out = &out;
	return do_all(k, operations) ? k->now : NULL;
}

struct json *wdl_edit(struct arena *a, const struct json *definition,
		      const struct json *operations, struct wdl_edit_error *e)
{
	struct course k = { .x = { .a = a, .e = e }, .now = definition };
	jmp_buf mine, *outer = a->out;
	struct json *made;

	*e = (struct wdl_edit_error){ .pointer = S(""), .message = S(""), .hint = S("") };
	if (!json_is(definition, JSON_OBJECT) || !json_is(operations, JSON_ARRAY)) {
		edit_refuse(&k.x, S(""), S(""), "operations are a list, and are done to a definition");
		return NULL;
	}
	if (json_count(operations) > LIMIT_EDIT_OPERATIONS) {
		edit_refuse(&k.x, S(""), S("give the definition as a whole"),
			    "there are more than %d operations", LIMIT_EDIT_OPERATIONS);
		return NULL;
	}
	arena_init(&k.work[0], LIMIT_EDIT_MEMORY);
	arena_init(&k.work[1], LIMIT_EDIT_MEMORY);
	/* What is ours is freed before the caller's way out is gone. */
	if (arena_guard(a, &mine)) {
		release(&k);
		a->out = outer;
		return arena_alloc(a, SIZE_MAX);
	}
	made = json_copy(a, do_in_memory(&k, operations));
	e->pointer = str_dup(a, e->pointer);
	e->message = str_dup(a, e->message);
	e->hint = str_dup(a, e->hint);
	a->out = outer;
	release(&k);
	return made;
}
