/*
 * conf_text.c - the text of a configuration file, read line by line.
 *
 * A comment has a line of its own, beginning with '#' or ';'.
 * Knows the shape of lines and sections; conf_value.c knows the values.
 */
#include "work/conf_text.h"

#include "base/limits.h"

static struct conf_line wrong(const char *why)
{
	return (struct conf_line){ .kind = CONF_LINE_WRONG, .why = why };
}

static struct conf_line read_section(struct str s)
{
	struct conf_line l = { .kind = CONF_LINE_SECTION };

	if (!str_ends(s, S("]")))
		return wrong("a section begins with [profile NAME] on a line of its own");
	s = str_trim(str_n(s.p + 1, s.n - 2));
	if (!str_starts(s, S("profile ")) && !str_starts(s, S("profile\t")))
		return wrong("sections are written [profile NAME]");
	l.name = str_trim(str_from_at(s, 7));
	if (!conf_name_ok(l.name))
		return wrong("the name of a profile is a letter or digit, then at most 63 letters, "
			     "digits, '.', '_' or '-'");
	return l;
}

struct conf_line conf_line_read(struct str line)
{
	struct str s = str_trim(line);
	struct conf_line l = { .kind = CONF_LINE_KEY };
	ptrdiff_t at;

	if (line.n > LIMIT_CONF_LINE)
		return wrong("the line is too long");
	if (!s.n || s.p[0] == '#' || s.p[0] == ';')
		return (struct conf_line){ .kind = CONF_LINE_NOTHING };
	if (!str_is_utf8(s))
		return wrong("the line is not UTF-8");
	if (s.p[0] == '[')
		return read_section(s);
	at = str_find_char(s, '=');
	if (at <= 0)
		return wrong("expected key = value, [profile NAME] or a comment");
	l.name = str_trim(str_first(s, (size_t)at));
	l.value = str_trim(str_from_at(s, (size_t)at + 1));
	if (str_find(l.value, S(" #")) >= 0 || str_find(l.value, S(" ;")) >= 0 ||
	    str_find(l.value, S("\t#")) >= 0 || str_find(l.value, S("\t;")) >= 0)
		return wrong("a comment needs a line of its own");
	if (l.value.n >= 2 && (l.value.p[0] == '"' || l.value.p[0] == '\'') &&
	    l.value.p[l.value.n - 1] == l.value.p[0])
		return wrong("values are written without quotes");
	return l;
}

bool conf_say(struct arena *a, const char *where, const char **message, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, a, LIMIT_CONF_FILE);
	buf_addf(&b, "%s: ", where);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	*message = buf_c(&b);
	return false;
}

struct reader {
	struct arena *a;
	const char *where; /* "file:line" */
	const char *profile;
	struct conf_text *out;
	const char **message;
};

/* What is wrong with the line that a reader is at. */
#define say(r, ...) conf_say((r)->a, (r)->where, (r)->message, __VA_ARGS__)

static bool open_section(struct reader *r, struct str name)
{
	for (size_t i = 0; i < r->out->profile_count; i++)
		if (str_eq(str_from(r->out->profiles[i]), name))
			return say(r, "[profile %s] is there twice", r->out->profiles[i]);
	if (r->out->profile_count == LIMIT_PROFILES)
		return say(r, "there are too many profiles");
	r->profile = str_c(r->a, name);
	r->out->profiles[r->out->profile_count++] = r->profile;
	return true;
}

static bool is_twice(const struct reader *r, const struct conf_key *k)
{
	for (const struct conf_entry *e = r->out->first; e; e = e->next)
		if (e->key == k && e->profile == r->profile)
			return true;
	return false;
}

static bool add_entry(struct reader *r, struct str name, struct str value)
{
	const struct conf_key *k = conf_key_find(name);
	struct conf_entry *e;
	const char *why, *text = NULL;

	if (!k && conf_secret_name(name))
		return say(r,
			   "'%s' would be a secret in a file; secrets are never written into "
			   "settings: name a protected file in refresh_token_file or key_file, "
			   "or sign in",
			   conf_quote(r->a, name));
	if (!k)
		return say(r, "unknown key '%s'%s", conf_quote(r->a, name),
			   conf_did_you_mean(r->a, name));
	if (k->global && r->profile)
		return say(r,
			   "%s holds for all profiles; write it above the first "
			   "[profile ...] line",
			   k->name);
	if (is_twice(r, k))
		return say(r, "%s is there twice", k->name);
	why = conf_check(r->a, k, value, &text);
	if (why)
		return say(r, "%s %s", k->name, why);
	e = arena_alloc(r->a, sizeof(*e));
	*e = (struct conf_entry){
		.profile = r->profile,
		.key = k,
		.value = text,
		.where = r->where,
	};
	*r->out->last = e;
	r->out->last = &e->next;
	return true;
}

static bool read_line(struct reader *r, struct str line)
{
	struct conf_line l = conf_line_read(line);

	switch (l.kind) {
	case CONF_LINE_SECTION:
		return open_section(r, l.name);
	case CONF_LINE_KEY:
		return add_entry(r, l.name, l.value);
	case CONF_LINE_WRONG:
		return say(r, "%s", l.why);
	case CONF_LINE_NOTHING:
		break;
	}
	return true;
}

bool conf_text_read(struct arena *a, const char *file, struct str text, struct conf_text *out,
		    const char **message)
{
	struct reader r = { .a = a, .out = out, .message = message };
	struct str line;

	*out = (struct conf_text){ .last = &out->first };
	out->profiles = arena_array(a, LIMIT_PROFILES, sizeof(*out->profiles));
	/* Editors on Windows put a byte order mark in front. */
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from_at(text, 3);
	for (unsigned n = 1; str_cut(&text, '\n', &line); n++) {
		r.where = arena_printf(a, "%s:%u", file, n);
		if (!read_line(&r, line))
			return false;
	}
	return true;
}
