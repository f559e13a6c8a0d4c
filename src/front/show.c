/*
 * show.c - results of tools for people: a table where the row names one, else an outline.
 *
 * Knows JSON and the rows' `list` and `columns`; nothing of any one tool.
 * Everything shown comes from a tenant, so all of it goes through cli_safe.
 */
#include "front/show.h"

#include "base/limits.h"
#include "base/os.h"
#include "front/flags.h"
#include "front/term.h"

/* The text of a cell, and whether it is a number. */
static const char *cell_text(struct cli *cli, const struct json *v, bool relative, bool *number)
{
	int64_t ms;

	*number = false;
	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return "";
	case JSON_BOOL:
		return json_is_true(v) ? "yes" : "no";
	case JSON_NUMBER:
		*number = true;
		return str_c(cli->arena, json_number_text(v));
	case JSON_STRING:
		if (relative && os_parse_time(json_str(v), &ms))
			return cli_when(cli, ms);
		return json_z(v);
	default:
		return str_c(cli->arena, json_text(cli->arena, v));
	}
}

/* The unit that a member's name tells. */
static const char *with_unit(struct cli *cli, struct str name, const struct json *v,
			     const char *text)
{
	int64_t n = json_int(v, -1);

	if (n >= 0 && (str_ends_nocase(name, S("bytes")) || str_ends_nocase(name, S("size"))))
		return cli_size(cli, (uint64_t)n);
	if (n >= 0 && (str_ends(name, S("Ms")) || str_eq_nocase(name, S("ms"))))
		return cli_duration(cli, n);
	return text;
}

/* ---- tables ---- */

/* "/properties/displayName" -> "display name"; the table writes it in upper case.
 * `whole`: "properties display name". */
static const char *title_of(struct cli *cli, struct str pointer, bool whole)
{
	struct str name = pointer;
	struct buf b;

	for (size_t i = 0; i < pointer.n; i++)
		if (pointer.p[i] == '/' && (!whole || i == 0))
			name = str_from_at(pointer, i + 1);
	buf_init_in(&b, cli->arena, LIMIT_CONF_LINE);
	for (size_t i = 0; i < name.n; i++) {
		bool upper = name.p[i] >= 'A' && name.p[i] <= 'Z';

		if (upper && i && !(name.p[i - 1] >= 'A' && name.p[i - 1] <= 'Z'))
			buf_addc(&b, ' ');
		buf_addc(&b, upper		? (char)(name.p[i] - 'A' + 'a') :
			     name.p[i] == '/' ? ' ' :
						name.p[i]);
	}
	return buf_c(&b);
}

static const char **titles_of(struct cli *cli, const struct str *pointers, size_t n)
{
	const char **titles = arena_array(cli->arena, n, sizeof(*titles));

	for (size_t i = 0; i < n; i++) {
		titles[i] = title_of(cli, pointers[i], false);
		for (size_t k = 0; k < i; k++)
			if (str_eq(str_from(titles[i]), str_from(titles[k])))
				titles[i] = title_of(cli, pointers[i], true);
	}
	return titles;
}

static size_t cut_columns(struct cli *cli, const char *words, struct str **pointers)
{
	struct str rest = str_from(words), word;
	size_t n = 0;

	*pointers = arena_array(cli->arena, strlen(words) + 1, sizeof(**pointers));
	while (str_cut(&rest, ' ', &word))
		if (word.n)
			(*pointers)[n++] = word;
	return n;
}

static void show_table(struct cli *cli, const struct tool *t, const struct json *items)
{
	struct str *pointers;
	size_t n = cut_columns(cli, t->columns, &pointers);
	struct cli_table *table = cli_table_new(cli, n, titles_of(cli, pointers, n));
	const char **cells = arena_array(cli->arena, n, sizeof(*cells));

	JSON_EACH(item, items) {
		for (size_t i = 0; i < n; i++) {
			const struct json *v = json_at_n(item, pointers[i]);
			bool number;

			cells[i] = cell_text(cli, v, true, &number);
			cells[i] = with_unit(cli, pointers[i], v, cells[i]);
			if (number)
				cli_table_numbers(table, i);
		}
		cli_table_row(table, cells);
	}
	cli_table_print(table);
}

/* ---- outlines ---- */

static bool is_scalar(const struct json *v)
{
	return !json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY);
}

static bool all_short_scalars(const struct json *array)
{
	size_t length = 0;

	JSON_EACH(v, array) {
		length += json_str(v).n + 8;
		if (!is_scalar(v) || length > 120)
			return false;
	}
	return true;
}

static void add_indent(struct buf *b, int indent)
{
	for (int i = 0; i < indent; i++)
		buf_addz(b, "  ");
}

static void add_lines(struct cli *cli, struct buf *b, struct str text, int indent)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		buf_addc(b, '\n');
		add_indent(b, indent);
		buf_addz(b, cli_safe(cli, line, 0));
	}
}

static void add_scalar(struct cli *cli, struct buf *b, const struct json *v, struct str name,
		       int indent)
{
	bool number;
	int64_t ms;
	const char *text = cell_text(cli, v, false, &number);

	if (json_is(v, JSON_STRING) && str_find_char(json_str(v), '\n') >= 0) {
		add_lines(cli, b, json_str(v), indent + 1);
		return;
	}
	text = with_unit(cli, name, v, text);
	buf_addz(b, *text ? cli_safe(cli, str_from(text), 0) : "-");
	if (json_is(v, JSON_STRING) && os_parse_time(json_str(v), &ms))
		buf_addf(b, " (%s)", cli_when(cli, ms));
}

static void add_items(struct cli *cli, struct buf *b, const struct json *array, int indent)
{
	bool first = true;

	if (all_short_scalars(array)) {
		JSON_EACH(v, array) {
			buf_addz(b, first ? "" : ", ");
			add_scalar(cli, b, v, S(""), indent);
			first = false;
		}
		buf_addc(b, '\n');
		return;
	}
	buf_addz(b, indent ? "\n" : "");
	JSON_EACH(v, array) {
		size_t at;

		add_indent(b, indent);
		buf_addz(b, "- ");
		at = b->n;
		show_value(cli, b, v, indent + 1);
		/* The first member stands on the line of the dash. */
		if (json_is(v, JSON_OBJECT) && json_count(v) && buf_ok(b)) {
			size_t skip = 2 * (size_t)(indent + 1);

			memmove(b->p + at, b->p + at + skip, b->n - at - skip);
			b->n -= skip;
		}
	}
}

static void add_member(struct cli *cli, struct buf *b, const struct json *v, int indent)
{
	add_indent(b, indent);
	buf_addf(b, "%s:", cli_safe(cli, json_name(v), 0));
	if (json_is(v, JSON_OBJECT) && json_count(v)) {
		buf_addc(b, '\n');
		show_value(cli, b, v, indent + 1);
		return;
	}
	buf_addc(b, ' ');
	if (json_is(v, JSON_ARRAY) && json_count(v)) {
		if (!all_short_scalars(v))
			b->n--;
		add_items(cli, b, v, indent + 1);
		return;
	}
	if (is_scalar(v))
		add_scalar(cli, b, v, json_name(v), indent);
	else
		buf_addz(b, "none");
	buf_addc(b, '\n');
}

void show_value(struct cli *cli, struct buf *b, const struct json *v, int indent)
{
	if (json_is(v, JSON_OBJECT)) {
		JSON_EACH(member, v)
			add_member(cli, b, member, indent);
		if (!json_count(v))
			buf_addz(b, "none\n");
	} else if (json_is(v, JSON_ARRAY)) {
		add_items(cli, b, v, indent);
	} else {
		add_scalar(cli, b, v, S(""), indent);
		buf_addc(b, '\n');
	}
}

/* ---- results ---- */

static bool worth_showing(const struct json *v, const char *list)
{
	struct str name = json_name(v);

	return !str_eq(name, str_from(list)) && !json_is(v, JSON_NULL) &&
	       !str_eq(name, S("next")) && !str_eq(name, S("nextLink")) &&
	       !(json_is(v, JSON_ARRAY) && !json_count(v));
}

void show_result(struct cli *cli, const struct tool *t, const struct json *doc)
{
	const struct json *items = !t->list	 ? NULL :
				   t->list[0]	 ? json_get(doc, t->list) :
						   doc;
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_OUT_QUEUE);
	if (!json_is(items, JSON_ARRAY) || !t->columns) {
		show_value(cli, &b, doc, 0);
		cli_out_str(buf_str(&b));
		return;
	}
	if (json_count(items))
		show_table(cli, t, items);
	else
		cli_out("none\n");
	if (items == doc)
		return;
	JSON_EACH(v, doc)
		if (worth_showing(v, t->list))
		add_member(cli, &b, v, 0);
	if (b.n)
		cli_out("\n");
	cli_out_str(buf_str(&b));
}

/* ---- what stands beside a result ---- */

static void add_line(struct buf *b, const char *word, const char *text)
{
	if (text && *text)
		buf_addf(b, "%s: %s\n", word, text);
}

void show_error(struct cli *cli, const struct json *doc)
{
	const struct json *error = json_get(doc, "error"), *data = json_get(error, "data");
	const char *message = json_get_z(error, "message");
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_OUT_QUEUE);
	add_line(&b, "error",
		 arena_printf(cli->arena, "%s (%s)", cli_safe(cli, str_from(message), 0),
			      cli_safe(cli, json_get_str(error, "code"), 0)));
	if (json_is(data, JSON_OBJECT) && json_count(data))
		show_value(cli, &b, data, 1);
	add_line(&b, "hint", cli_safe(cli, json_get_str(doc, "hint"), 0));
	add_line(&b, "run", cli_safe(cli, json_get_str(error, "humanCommand"), 0));
	cli_err_str(buf_str(&b));
}

static const char *next_command(struct cli *cli, const struct json *next)
{
	const char *tool = json_get_z(next, "tool");

	return *tool ? cli_safe(cli, str_from(flags_command(cli, tool,
							     json_get(next, "arguments"))),
				0) :
		       NULL;
}

/* The same call again, for the items that did not come. */
static const char *more_command(struct cli *cli, const struct tool *t,
				const struct json *arguments, const char *param,
				const struct json *cursor)
{
	struct json *again = arguments ? json_copy(cli->arena, arguments) :
					 json_new_object(cli->arena);

	/* What a practice tenant has sealed nobody can open after its end. */
	if (cli->practice)
		return "ask for more at once, with --top";
	json_set(cli->arena, again, param, json_copy(cli->arena, cursor));
	return cli_safe(cli, str_from(flags_command(cli, t->name, again)), 0);
}

void show_note(struct cli *cli, const struct tool *t, const struct json *arguments,
	       const struct json *doc, struct str note)
{
	struct str line = { 0 };
	struct json *notes;
	const struct json *next;
	struct buf b;

	/* The note is one line of JSON, and perhaps a line of advice to models. */
	str_cut(&note, '\n', &line);
	notes = line.n && line.p[0] == '{' ? json_parse(cli->arena, line, JSON_STRICT, NULL) : NULL;
	next = json_is(doc, JSON_OBJECT) && json_get(doc, "next") ? json_get(doc, "next") :
								    json_get(notes, "next");
	buf_init_in(&b, cli->arena, LIMIT_OUT_QUEUE);
	JSON_EACH(v, notes) {
		struct str name = json_name(v);

		if (str_eq(name, S("next")) || str_eq(name, S("cursor")) || str_eq(name, S("more")))
			continue;
		buf_addz(&b, "note: ");
		add_member(cli, &b, v, 0);
	}
	if (json_get(notes, "cursor"))
		add_line(&b, arena_printf(cli->arena, "%lld more",
					  (long long)json_int(json_get(notes, "more"), 0)),
			 more_command(cli, t, arguments, "cursor", json_get(notes, "cursor")));
	if (json_is(json_get(doc, "nextLink"), JSON_STRING) && flag_find(t, S("continuationUrl")))
		add_line(&b, "more",
			 more_command(cli, t, arguments, "continuationUrl",
				      json_get(doc, "nextLink")));
	add_line(&b, "next", next_command(cli, next));
	cli_err_str(buf_str(&b));
}
