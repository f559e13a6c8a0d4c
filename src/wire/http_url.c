/*
 * http_url.c - the parts of a URL, as the parser sees them that will send it.
 *
 * Two parsers that disagree about a URL are how checks are walked around, so curl's own
 * parser decides, and what it would silently repair is refused before it is asked.
 */
#include "base/limits.h"
#include "wire/http.h"
#include "wire/http_lib.h"

/* RFC 3986 allows no other bytes; "\" and "#" are legal nowhere we need them. */
static bool plain(struct str url)
{
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#' || c == '"' || c == '<' ||
		    c == '>')
			return false;
	}
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "host", "host:port" or "[address]:port" without user info, escapes or empty parts. */
static bool plain_authority(struct str authority)
{
	bool bracket = str_starts(authority, S("["));

	/* A trailing dot names the same machine under another name. */
	if (!authority.n || authority.p[0] == '.' || str_find(authority, S("..")) >= 0 ||
	    str_find(authority, S(".:")) >= 0 || strchr(".:", authority.p[authority.n - 1]))
		return false;
	for (size_t i = 0; i < authority.n; i++) {
		char c = authority.p[i];

		if (!is_alnum(c) && c != '.' && c != '-' && c != ':' && c != '[' && c != ']')
			return false;
		if ((c == '[' || c == ']') && !bracket)
			return false;
		if (c == ':' && !bracket && str_find_char(str_from_at(authority, i + 1), ':') >= 0)
			return false;
	}
	return true;
}

/* The authority of "scheme://authority/...": exactly two slashes, unlike what curl accepts. */
static bool split_authority(struct str url, struct str *scheme, struct str *authority)
{
	ptrdiff_t at = str_find(url, S("://"));
	struct str rest;
	size_t n = 0;

	if (at <= 0)
		return false;
	*scheme = str_first(url, (size_t)at);
	for (size_t i = 0; i < scheme->n; i++)
		if (!is_alnum(scheme->p[i]))
			return false;
	rest = str_from_at(url, (size_t)at + 3);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	*authority = str_first(rest, n);
	return plain_authority(*authority);
}

/* Room for copies of the parts, taken before curl holds anything: an arena may jump away. */
struct room {
	char *p;
	size_t left;
};

static bool keep(struct room *room, struct str s, struct str *out)
{
	if (s.n > room->left)
		return false;
	memcpy(room->p, s.p, s.n);
	*out = str_n(room->p, s.n);
	room->p += s.n;
	room->left -= s.n;
	return true;
}

/* A copy of one part, "" when the URL has none of it. */
static bool part(const struct http_lib *curl, struct room *room, CURLU *u, CURLUPart what,
		 unsigned flags, struct str *out)
{
	char *text = NULL;
	CURLUcode e = curl->url_get(u, what, &text, flags);
	bool ok = !e && keep(room, str_from(text), out);

	curl->free(text);
	if (e == CURLUE_NO_QUERY) {
		*out = S("");
		return true;
	}
	return ok;
}

static void lower(struct str s, char *p)
{
	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] | 0x20);
}

static bool parse_port(struct str text, unsigned *out)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v < 1 || v > 65535)
		return false;
	*out = (unsigned)v;
	return true;
}

/* The URL says what curl understood: no other host, and a port written the plain way. */
static bool same_authority(struct str authority, const struct http_url *u)
{
	struct str host, port;
	size_t end;

	if (str_starts(authority, S("["))) {
		ptrdiff_t at = str_find_char(authority, ']');

		if (at < 0)
			return false;
		end = (size_t)at + 1;
		host = str_n(authority.p + 1, (size_t)at - 1);
	} else {
		ptrdiff_t at = str_find_char(authority, ':');

		end = at < 0 ? authority.n : (size_t)at;
		host = str_first(authority, end);
	}
	port = str_from_at(authority, end);
	if (port.n) {
		unsigned number;

		if (port.p[0] != ':' || port.n < 2 || port.p[1] == '0' ||
		    !parse_port(str_from_at(port, 1), &number) || number != u->port)
			return false;
	}
	return str_eq_nocase(host, u->host);
}

bool http_url_parse(struct arena *a, struct str url, struct http_url *out)
{
	const struct http_lib *curl = http_lib(NULL);
	struct str scheme, authority, port;
	struct http_url u = { 0 };
	struct room room;
	const char *text;
	CURLU *handle;
	char *start;
	bool ok;

	if (!curl || url.n > LIMIT_URL || !plain(url) ||
	    !split_authority(url, &scheme, &authority))
		return false;
	text = str_c(a, url);
	/* The parts are no longer than the whole, but for a default port and a path of "/". */
	room = (struct room){ .left = url.n + 8 };
	room.p = start = arena_alloc(a, room.left);
	handle = curl->url();
	if (!handle)
		return false;
	ok = curl->url_set(handle, CURLUPART_URL, text,
			   CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) == CURLUE_OK &&
	     part(curl, &room, handle, CURLUPART_SCHEME, 0, &u.scheme) &&
	     part(curl, &room, handle, CURLUPART_HOST, 0, &u.host);
	lower(str_n(start, u.scheme.n + u.host.n), start);
	ok = ok && part(curl, &room, handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port) &&
	     part(curl, &room, handle, CURLUPART_PATH, 0, &u.path) &&
	     part(curl, &room, handle, CURLUPART_QUERY, 0, &u.query);
	curl->url_cleanup(handle);
	if (!ok || !parse_port(port, &u.port) || !str_eq_nocase(scheme, u.scheme))
		return false;
	/* curl keeps the brackets of an IPv6 address. */
	if (str_starts(u.host, S("[")) && str_ends(u.host, S("]")))
		u.host = str_n(u.host.p + 1, u.host.n - 2);
	if (!u.host.n || !same_authority(authority, &u))
		return false;
	*out = u;
	return true;
}
