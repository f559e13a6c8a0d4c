/*
 * run_data.c - actions that make one value out of another: ParseJson, Query, Select, Join, Table.
 */
#include "wdl/newton.h"
#include "wdl/run_priv.h"
#include "wdl/run_schema.h"
#include "wdl/value.h"

static void bad_request(struct wrun *r, struct wrun_step *s, enum wdl_message m,
			const struct str *values)
{
	wrun_fail(r, s, r->now, "BadRequest", "BadRequest", m, values);
}

/* ---- ParseJson ---- */

static void parse_json(struct wrun *r, struct wrun_step *s)
{
	const struct json *schema = json_get(s->inputs, "schema");
	struct json *content = json_get(s->inputs, "content"), *value, *errors;
	struct arena *a = &s->frame->mem;
	struct str message = { 0 };

	if (!content || json_is(content, JSON_NULL) ||
	    (json_is(content, JSON_STRING) && !json_str(content).n)) {
		struct str values[2] = { s->node->name,
					 str_from(wdl_message(WDL_M_RUN_CONTENT)->text) };

		wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_INPUTS, values);
		return;
	}
	if (wdl_schema_unsupported(schema)) {
		wrun_fail(r, s, r->now, "ActionSchemaNotSupported", "ActionSchemaNotSupported",
			  WDL_M_RUN_KEYWORD, NULL);
		return;
	}
	if (wdl_is_content(content)) {
		struct str type = wdl_content_type(content);

		bad_request(r, s, WDL_M_RUN_BINARY, &type);
		return;
	}
	value = json_is(content, JSON_STRING) ? wdl_read_json(a, json_str(content), &message) :
						json_copy(a, content);
	if (!value && message.n) {
		wrun_fail(r, s, r->now, "InvalidJSON", "InvalidJSON", WDL_M_RUN_JSON, &message);
		return;
	}
	if (!value)
		value = json_new_null(a);
	errors = wdl_schema_errors(a, value, schema);
	if (json_first(errors)) {
		s->outputs = json_new_object(a);
		json_set(a, s->outputs, "errors", errors);
		wrun_fail(r, s, r->now, "ValidationFailed", "ValidationFailed", WDL_M_RUN_SCHEMA,
			  NULL);
		return;
	}
	wrun_body(r, s, value);
}

/* ---- per item ---- */

static bool list_of(struct wrun *r, struct wrun_step *s, const char *kind, const struct json **out)
{
	struct str values[2] = { str_from(kind),
				 str_from(wrun_type(json_get(s->inputs, "from"))) };

	*out = json_get(s->inputs, "from");
	if (json_is(*out, JSON_ARRAY))
		return true;
	bad_request(r, s, WDL_M_RUN_FROM, values);
	return false;
}

/* One evaluation with item(); the value is copied into the frame.  The scratch memory is given
 * back each time: lists are long. */
static struct json *per_item(struct wrun *r, struct wrun_step *s, const struct json *v,
			     const struct json *item, struct wdl_fault *fault)
{
	struct json *out;

	arena_release(&r->scratch);
	wrun_count(r, 1);
	r->item = item;
	r->has_item = true;
	out = wrun_value(r, s->frame, v, fault);
	r->has_item = false;
	return out;
}

static void fail_item(struct wrun *r, struct wrun_step *s, const char *action, const char *member,
		      const struct wdl_fault *fault)
{
	const struct json *e = json_get(json_get(s->node->def, "inputs"), member);
	struct str text = json_is(e, JSON_STRING) ? json_str(e) : json_text(&r->scratch, e);
	struct str values[5] = { s->node->name, str_from(action), str_from(member), text,
				 fault->message };

	s->outputs = NULL;
	wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_ITEM, values);
}

static void query(struct wrun *r, struct wrun_step *s)
{
	const struct json *where = json_at(s->node->def, "/inputs/where"), *list;
	struct json *out = json_new_array(&s->frame->mem);
	struct wdl_fault fault = { 0 };

	if (!list_of(r, s, "query", &list))
		return;
	JSON_EACH(item, list) {
		struct json *yes = per_item(r, s, where, item, &fault);
		struct str values[2] = { s->node->name, str_from(wrun_type(yes)) };

		if (!yes) {
			fail_item(r, s, "query", "where", &fault);
			return;
		}
		if (!json_is(yes, JSON_BOOL)) {
			wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate",
				  WDL_M_RUN_WHERE, values);
			return;
		}
		if (json_is_true(yes))
			json_push(out, json_copy(&s->frame->mem, item));
	}
	wrun_body(r, s, out);
}

static void select_items(struct wrun *r, struct wrun_step *s)
{
	const struct json *map = json_at(s->node->def, "/inputs/select"), *list;
	struct json *out = json_new_array(&s->frame->mem);
	struct wdl_fault fault = { 0 };

	if (!list_of(r, s, "select", &list))
		return;
	JSON_EACH(item, list) {
		struct json *v = per_item(r, s, map, item, &fault);

		if (!v) {
			fail_item(r, s, "select", "select", &fault);
			return;
		}
		json_push(out, v);
	}
	wrun_body(r, s, out);
}

static void join(struct wrun *r, struct wrun_step *s)
{
	struct str with = json_get_str(s->inputs, "joinWith");
	const struct json *list;
	bool first = true;
	struct buf b;

	if (!list_of(r, s, "join", &list))
		return;
	buf_init_in(&b, &r->scratch, LIMIT_WDL_TEXT);
	JSON_EACH(item, list) {
		struct wdl_value v = wdl_of_json(item);

		if (!first)
			buf_adds(&b, with);
		buf_adds(&b, wdl_to_text(&r->scratch, &v));
		first = false;
	}
	if (!buf_ok(&b))
		wrun_stop(r, "a text is too large");
	wrun_body(r, s, json_new_str(&s->frame->mem, buf_str(&b)));
}

/* ---- Table ---- */

/* [{header, value}] per row, as objects whose names may repeat. */
static struct json *table_rows(struct wrun *r, struct wrun_step *s, const struct json *columns,
			       const struct json *list, struct wdl_fault *fault)
{
	struct json *rows = json_new_array(&s->frame->mem);
	struct json *heads = json_push(rows, json_new_array(&s->frame->mem));

	JSON_EACH(c, columns) {
		struct json *h = wrun_value(r, s->frame, json_get(c, "header"), fault);

		if (!h)
			return NULL;
		json_push(heads, h);
	}
	JSON_EACH(item, list) {
		struct json *row = json_push(rows, json_new_array(&s->frame->mem));

		JSON_EACH(c, columns) {
			struct json *v = per_item(r, s, json_get(c, "value"), item, fault);

			if (!v)
				return NULL;
			json_push(row, v);
		}
	}
	return rows;
}

/* Every member of every row, in order of first appearance. */
static struct json *plain_rows(struct arena *a, const struct json *list)
{
	struct json *rows = json_new_array(a), *heads = json_push(rows, json_new_array(a));
	struct json *names = json_new_object(a);

	JSON_EACH(item, list)
		JSON_EACH(m, item)
			if (!json_get_n(names, json_name(m)))
				json_add_n(a, names, json_name(m), json_new_null(a));
	JSON_EACH(n, names)
		json_push(heads, json_new_str(a, json_name(n)));
	JSON_EACH(item, list) {
		struct json *row = json_push(rows, json_new_array(a));

		JSON_EACH(n, names) {
			const struct json *v = json_get_n(item, json_name(n));

			json_push(row, v ? json_copy(a, v) : json_new_null(a));
		}
	}
	return rows;
}

static void table(struct wrun *r, struct wrun_step *s)
{
	const struct json *list = json_get(s->inputs, "from");
	const struct json *columns = json_at(s->node->def, "/inputs/columns");
	struct str type = str_from(wrun_type(list));
	struct wdl_fault fault = { 0 };
	struct json *rows;
	struct str text;

	if (!json_is(list, JSON_ARRAY)) {
		bad_request(r, s, WDL_M_RUN_TABLE_FROM, &type);
		return;
	}
	JSON_EACH(item, list) {
		if (!columns && !json_is(item, JSON_OBJECT)) {
			bad_request(r, s, WDL_M_RUN_TABLE_COLUMNS, NULL);
			return;
		}
	}
	wrun_count(r, json_count(list));
	rows = columns ? table_rows(r, s, columns, list, &fault) :
			 plain_rows(&s->frame->mem, list);
	if (!rows) {
		fail_item(r, s, "table", "columns", &fault);
		return;
	}
	text = str_eq_nocase(json_get_str(s->inputs, "format"), S("CSV")) ?
		       wrun_csv(&r->scratch, rows) :
		       wrun_html(&r->scratch, rows);
	wrun_body(r, s, json_new_str(&s->frame->mem, text));
}

void wrun_data(struct wrun *r, struct wrun_step *s)
{
	switch (s->node->kind) {
	case WRUN_PARSE_JSON:
		parse_json(r, s);
		break;
	case WRUN_QUERY:
		query(r, s);
		break;
	case WRUN_SELECT:
		select_items(r, s);
		break;
	case WRUN_JOIN:
		join(r, s);
		break;
	default:
		table(r, s);
		break;
	}
}
