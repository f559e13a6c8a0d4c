/*
 * table.c - aligned tables that fit the terminal.
 *
 * Knows columns and widths; what is in the cells is the caller's business.
 */
#include "base/limits.h"
#include "front/term.h"

enum { GAP = 2, NARROWEST = 8 };

struct cli_table {
	struct cli *cli;
	size_t columns, rows, room;
	const char *const *titles;
	const char **cells; /* rows * columns, safe text */
	bool *number, *prose; /* of a column: numbers; some cell has a blank */
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
	t->width = arena_array(cli->arena, columns, sizeof(*t->width));
	for (size_t c = 0; c < columns; c++)
		t->width[c] = cli_width(str_from(titles[c]));
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
		if (width > t->width[c])
			t->width[c] = width;
	}
	t->rows++;
}

/* The widest column that can give up room, or `columns`.  Ids and codes are worth nothing when they
 * are cut, so sentences and names go first. */
static size_t widest(const struct cli_table *t, bool prose)
{
	size_t found = t->columns;

	for (size_t c = 0; c < t->columns; c++)
		if (!t->number[c] && t->prose[c] == prose && t->width[c] > NARROWEST &&
		    (found == t->columns || t->width[c] > t->width[found]))
			found = c;
	return found;
}

/* Takes columns off the widest text columns until a row fits, or nothing can give any more. */
static void fit(struct cli_table *t)
{
	size_t total = GAP * (t->columns - 1), c;

	for (c = 0; c < t->columns; c++)
		total += t->width[c];
	for (; t->cli->columns && total > t->cli->columns; total--) {
		c = widest(t, true);
		if (c == t->columns)
			c = widest(t, false);
		if (c == t->columns)
			return;
		t->width[c]--;
	}
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

static void print_row(struct cli_table *t, const char *const *cells, const char *code)
{
	struct buf b;

	buf_init_in(&b, t->cli->arena, LIMIT_OUT_QUEUE);
	for (size_t c = 0; c < t->columns; c++) {
		const char *text = cli_cut(t->cli, cells[c], t->width[c]);
		size_t used = cli_width(str_from(text));
		int pad = used < t->width[c] ? (int)(t->width[c] - used) : 0;
		const char *color = t->cli->color ? code ? code : tone(cells[c]) : NULL;

		if (t->number[c])
			buf_addf(&b, "%*s", pad, "");
		if (color)
			buf_addf(&b, "\033[%sm%s\033[0m", color, text);
		else
			buf_addz(&b, text);
		if (c + 1 < t->columns)
			buf_addf(&b, "%*s", GAP + (t->number[c] ? 0 : pad), "");
	}
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
}
