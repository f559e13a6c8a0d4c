/*
 * table.c - aligned tables that fit the terminal.
 *
 * Knows columns and widths; what is in the cells is the caller's business.
 */
#include "base/limits.h"
#include "front/term.h"

enum { GAP = 2, NARROWEST = 8, READABLE = 20 };

struct cli_table {
	struct cli *cli;
	size_t columns, rows, room;
	const char *const *titles;
	const char **cells; /* rows * columns, safe text */
	/* Of a column: numbers; some cell has a blank; all cells are empty; not shown. */
	bool *number, *prose, *empty, *hidden;
	bool cut; /* a column with something in it is hidden */
	size_t *width;
};

struct cli_table *cli_table_new(struct cli *cli, size_t columns, const char *const *titles)
{
	struct cli_table *t = arena_alloc(cli->arena, sizeof(*t));

	t->cli = cli;
	t->columns = columns;
	t->titles = titles;
	t->number = arena_array(cli->arena, columns, sizeof(*t->number));
	t->prose = arena_array(cli->arena, columns, sizeof(*t->prose));
	t->empty = arena_array(cli->arena, columns, sizeof(*t->empty));
	t->hidden = arena_array(cli->arena, columns, sizeof(*t->hidden));
	t->width = arena_array(cli->arena, columns, sizeof(*t->width));
	for (size_t c = 0; c < columns; c++) {
		t->width[c] = cli_width(str_from(titles[c]));
		t->empty[c] = true;
	}
	return t;
}

void cli_table_numbers(struct cli_table *t, size_t column)
{
	t->number[column] = true;
}

void cli_table_row(struct cli_table *t, const char *const *cells)
{
	const size_t one = t->columns * sizeof(*t->cells);

	if (t->rows == t->room) {
		t->room = t->room ? t->room * 2 : 16;
		t->cells = arena_grow(t->cli->arena, t->cells, t->rows * one, t->room * one);
	}
	for (size_t c = 0; c < t->columns; c++) {
		const char *cell = cli_safe(t->cli, str_from(cells[c]), 0);
		size_t width = cli_width(str_from(cell));

		t->cells[t->rows * t->columns + c] = cell;
		t->prose[c] |= strchr(cell, ' ') != NULL;
		t->empty[c] &= !*cell;
		if (width > t->width[c])
			t->width[c] = width;
	}
	t->rows++;
}

static size_t shown_width(const struct cli_table *t)
{
	size_t total = 0;

	for (size_t c = 0; c < t->columns; c++)
		if (!t->hidden[c])
			total += t->width[c] + (total ? GAP : 0);
	return total;
}

/* Names and sentences give up room first, then words, then the id at the end of a row, because
 * half of one is worth nothing. */
enum kind { PROSE, WORD, ID };

static enum kind kind_of(const struct cli_table *t, size_t c)
{
	return t->prose[c] ? PROSE : c + 1 < t->columns ? WORD : ID;
}

/* Cuts columns of one kind, the widest first, down to `least`. */
static void cut_widest(struct cli_table *t, enum kind kind, size_t least)
{
	size_t total = shown_width(t);

	for (; total > t->cli->columns; total--) {
		size_t widest = t->columns;

		for (size_t c = 0; c < t->columns; c++)
			if (!t->hidden[c] && !t->number[c] && kind_of(t, c) == kind &&
			    t->width[c] > least &&
			    (widest == t->columns || t->width[c] > t->width[widest]))
				widest = c;
		if (widest == t->columns)
			return;
		t->width[widest]--;
	}
}

/* Hides columns, those before the last one first: a table begins with what a person looks for
 * and ends with the id that the next command takes. */
static void hide_columns(struct cli_table *t)
{
	for (size_t c = t->columns; c-- > 0;) {
		size_t spare = 0;

		if (c == 0 || c + 1 == t->columns || t->hidden[c])
			continue;
		for (size_t i = 0; i < t->columns; i++)
			if (!t->hidden[i] && kind_of(t, i) != ID && t->width[i] > READABLE)
				spare += t->width[i] - READABLE;
		if (shown_width(t) <= t->cli->columns + spare)
			return;
		t->hidden[c] = true;
		t->cut = true;
	}
}

/* Whole columns go before the rest becomes unreadable; then the reader is told. */
static void fit(struct cli_table *t)
{
	for (size_t c = 1; c < t->columns && t->rows; c++)
		t->hidden[c] = t->empty[c];
	if (!t->cli->columns)
		return;
	hide_columns(t);
	cut_widest(t, PROSE, READABLE);
	cut_widest(t, WORD, READABLE);
	cut_widest(t, PROSE, NARROWEST);
	cut_widest(t, WORD, NARROWEST);
	cut_widest(t, ID, NARROWEST);
}

static void tell_hidden(struct cli_table *t)
{
	struct buf b;
	bool first = true;

	buf_init_in(&b, t->cli->arena, LIMIT_CONF_LINE);
	for (size_t c = 0; c < t->columns; c++)
		if (t->hidden[c] && !t->empty[c]) {
			buf_addf(&b, "%s%s", first ? "hint: no room for " : ", ", t->titles[c]);
			first = false;
		}
	buf_addz(&b, "; a wider terminal or --json shows all\n");
	cli_err_str(buf_str(&b));
}

/* The colour of words that say how something went. */
static const char *tone(const char *cell)
{
	static const struct {
		const char *word, *code;
	} tones[] = {
		{ "Succeeded", "32" }, { "Started", "32" },   { "Connected", "32" },
		{ "Failed", "31" },    { "Error", "31" },     { "TimedOut", "31" },
		{ "Stopped", "33" },   { "Suspended", "33" }, { "Cancelled", "33" },
		{ "Running", "36" },   { "Waiting", "36" },
	};

	for (size_t i = 0; i < sizeof(tones) / sizeof(*tones); i++)
		if (str_eq(str_from(cell), str_from(tones[i].word)))
			return tones[i].code;
	return NULL;
}

static void add_cell(struct cli_table *t, struct buf *b, size_t c, const char *cell,
		     const char *code)
{
	const char *text = cli_cut(t->cli, cell, t->width[c]);
	size_t used = cli_width(str_from(text));
	int pad = used < t->width[c] ? (int)(t->width[c] - used) : 0;
	const char *color = t->cli->color ? code ? code : tone(cell) : NULL;

	if (t->number[c])
		buf_addf(b, "%*s", pad, "");
	if (color)
		buf_addf(b, "\033[%sm%s\033[0m", color, text);
	else
		buf_addz(b, text);
	buf_addf(b, "%*s", GAP + (t->number[c] ? 0 : pad), "");
}

static void print_row(struct cli_table *t, const char *const *cells, const char *code)
{
	struct buf b;

	buf_init_in(&b, t->cli->arena, LIMIT_OUT_QUEUE);
	for (size_t c = 0; c < t->columns; c++)
		if (!t->hidden[c])
			add_cell(t, &b, c, cells[c], code);
	while (b.n && b.p[b.n - 1] == ' ')
		b.n--;
	cli_out_str(buf_str(&b));
	cli_out("\n");
}

void cli_table_print(struct cli_table *t)
{
	const char **titles = arena_array(t->cli->arena, t->columns, sizeof(*titles));

	fit(t);
	for (size_t c = 0; c < t->columns; c++) {
		char *title = arena_copy(t->cli->arena, t->titles[c], strlen(t->titles[c]));

		for (char *p = title; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		titles[c] = title;
	}
	print_row(t, titles, "1");
	for (size_t r = 0; r < t->rows; r++)
		print_row(t, t->cells + r * t->columns, NULL);
	if (t->cut)
		tell_hidden(t);
}
