/*
 * conf_write.c - changing one setting in a file that people wrote.
 *
 * Every other byte stays: comments, order, blank lines, the line ends of Windows.
 */
#include "work/conf_text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

struct change {
	struct arena *a;
	struct str profile; /* empty: the global part */
	struct str key;
	const char *value; /* NULL: remove */
	struct str text;   /* the file as it is */
	struct str eol;
	size_t line, line_end; /* the key's line, end exclusive, when there is one */
	size_t insert;         /* where a new line goes in the section */
	bool has_line, has_section;
};

/* Finds the key's line, else the end of what its section says. */
static void find_place(struct change *c)
{
	struct str left = c->text, line;
	bool here = c->profile.n == 0;

	c->has_section = here;
	while (left.n && str_cut(&left, '\n', &line)) {
		size_t at = (size_t)(line.p - c->text.p);
		size_t end = left.p ? (size_t)(left.p - c->text.p) : c->text.n;
		struct conf_line l = conf_line_read(line);

		if (l.kind == CONF_LINE_SECTION) {
			here = str_eq(l.name, c->profile);
			c->has_section |= here;
		}
		if (here && l.kind != CONF_LINE_NOTHING)
			c->insert = end;
		if (here && l.kind == CONF_LINE_KEY && str_eq(l.name, c->key)) {
			c->line = at;
			c->line_end = end;
			c->has_line = true;
		}
	}
}

static void add_line(struct change *c, struct buf *b)
{
	buf_addf(b, "%.*s = %s", STR_ARG(c->key), c->value);
	buf_adds(b, c->eol);
}

/* Ends the last line when its newline is missing. */
static void end_line(struct change *c, struct buf *b)
{
	if (b->n && b->p[b->n - 1] != '\n')
		buf_adds(b, c->eol);
}

static void change_text(struct change *c, struct buf *b)
{
	if (c->has_line) {
		buf_adds(b, str_first(c->text, c->line));
		if (c->value)
			add_line(c, b);
		buf_adds(b, str_from_at(c->text, c->line_end));
		return;
	}
	if (!c->value) {
		buf_adds(b, c->text);
		return;
	}
	if (c->has_section) {
		buf_adds(b, str_first(c->text, c->insert));
		end_line(c, b);
		add_line(c, b);
		buf_adds(b, str_from_at(c->text, c->insert));
		return;
	}
	buf_adds(b, c->text);
	end_line(c, b);
	if (b->n)
		buf_adds(b, c->eol);
	buf_addf(b, "[profile %.*s]", STR_ARG(c->profile));
	buf_adds(b, c->eol);
	add_line(c, b);
}

/* A value must be one that conf_load takes back. */
static int check(struct arena *a, const char *profile, const char *key, const char *value)
{
	const struct conf_key *k = conf_key_find(str_from(key));
	const char *normal;

	if (!k || (profile && (k->global || !conf_name_ok(str_from(profile)))))
		return EINVAL;
	if (!value)
		return 0;
	if (str_find_char(str_from(value), '\n') >= 0 ||
	    conf_line_read(str_fmt(a, "k = %s", value)).kind != CONF_LINE_KEY)
		return EINVAL;
	return conf_check(a, k, str_from(value), &normal) ? EINVAL : 0;
}

/* The file itself where `file` is a link, so that the link stays. */
static const char *resolve(struct arena *a, const char *file)
{
	char *real = realpath(file, NULL);
	const char *out = file;

	if (real) {
		out = arena_copy(a, real, strlen(real));
		free(real);
	}
	return out;
}

int conf_write(struct arena *a, const char *file, const char *profile, const char *key,
	       const char *value)
{
	struct change c = {
		.a = a,
		.profile = str_from(profile),
		.key = str_from(key),
		.value = value,
		.eol = S("\n"),
	};
	struct conf_text parsed;
	const char *message;
	struct buf old, b;
	int err = check(a, profile, key, value);

	if (err)
		return err;
	file = resolve(a, file);
	buf_init_in(&old, a, LIMIT_CONF_FILE);
	err = os_read_file(file, &old);
	if (err && err != ENOENT)
		return err;
	c.text = buf_str(&old);
	if (str_starts(c.text, S("\xef\xbb\xbf")))
		c.text = str_from_at(c.text, 3);
	if (!conf_text_read(a, file, c.text, &parsed, &message))
		return EINVAL;
	if (str_find(c.text, S("\r\n")) >= 0)
		c.eol = S("\r\n");
	find_place(&c);
	buf_init_in(&b, a, LIMIT_CONF_FILE);
	change_text(&c, &b);
	if (!buf_ok(&b))
		return EFBIG;
	/* The bound on profiles holds for the new text too. */
	if (!conf_text_read(a, file, buf_str(&b), &parsed, &message))
		return EINVAL;
	err = os_mkdirs_for(file);
	return err ? err : os_write_atomic(file, buf_str(&b));
}
