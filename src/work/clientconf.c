/*
 * clientconf.c - the same work for each format, and what their editors share.
 *
 * Knows no grammar; an edit is only handed out when the result reads back as it should.
 */
#include "work/clientconf_int.h"

#include "base/limits.h"

struct str clientconf_splice(struct arena *a, struct str text, size_t from, size_t to,
			     struct str with)
{
	size_t n = from + with.n + (text.n - to);
	char *out = arena_array(a, n + 1, 1);

	memcpy(out, text.p, from);
	if (with.n)
		memcpy(out + from, with.p, with.n);
	memcpy(out + from + with.n, text.p + to, text.n - to);
	return str_n(out, n);
}

struct str clientconf_eol(struct str text)
{
	ptrdiff_t at = str_find_char(text, '\n');

	return at > 0 && text.p[at - 1] == '\r' ? S("\r\n") : S("\n");
}

size_t clientconf_line_start(struct str text, size_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

size_t clientconf_line_end(struct str text, size_t at)
{
	while (at < text.n && text.p[at] != '\n')
		at++;
	return at < text.n ? at + 1 : at;
}

bool clientconf_blank(struct str text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!strchr(" \t\r\n", text.p[from]) || !text.p[from])
			return false;
	return true;
}

static void find_line(struct str text, struct clientconf_error *e)
{
	e->line = 1;
	for (size_t i = 0; i < e->offset && i < text.n; i++)
		e->line += text.p[i] == '\n';
}

struct json *clientconf_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
				struct clientconf_error *e)
{
	struct json *v;

	*e = (struct clientconf_error){ 0 };
	v = s->format == CLIENTCONF_TOML ? toml_servers(a, s, text, e) :
					   jsonc_servers(a, s, text, e);
	if (!v)
		find_line(text, e);
	return v;
}

/* What was written must read back: a mistake here must not break a person's file. */
static bool reads_back(struct arena *a, const struct clientconf_spot *s, struct str text,
		       const struct json *entry, struct clientconf_error *e)
{
	struct json *servers = clientconf_servers(a, s, text, e), *now = json_get(servers, s->name);

	JSON_EACH(member, entry)
		if (!json_equal(json_get_n(now, json_name(member)), member))
			servers = NULL;
	if (!servers && !e->message)
		e->message = "the change cannot be made in this text; make it by hand";
	return servers != NULL;
}

bool clientconf_set(struct arena *a, const struct clientconf_spot *s, struct str text,
		    const struct json *entry, struct buf *out, struct clientconf_error *e)
{
	struct str result = S("");
	bool good;

	*e = (struct clientconf_error){ 0 };
	good = s->format == CLIENTCONF_TOML ? toml_set(a, s, text, entry, &result, e) :
					      jsonc_set(a, s, text, entry, &result, e);
	if (!good) {
		find_line(text, e);
		return false;
	}
	if (!reads_back(a, s, result, entry, e))
		return false;
	buf_adds(out, result);
	return true;
}

bool clientconf_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
			struct str old, struct buf *out, bool *nothing,
			struct clientconf_error *e)
{
	struct str result = S("");
	bool good;

	*e = (struct clientconf_error){ 0 };
	good = s->format == CLIENTCONF_TOML ? toml_restore(a, s, text, old, &result, nothing, e) :
					      jsonc_restore(a, s, text, old, &result, nothing, e);
	if (!good) {
		find_line(text, e);
		return false;
	}
	if (!*nothing && !reads_back(a, s, result, NULL, e))
		return false;
	buf_adds(out, result);
	return true;
}

struct str clientconf_sample(struct arena *a, const struct clientconf_spot *s,
			     const struct json *entry)
{
	struct clientconf_error e;
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	(void)clientconf_set(a, s, S(""), entry, &b, &e);
	return buf_str(&b);
}
