/*
 * fn_uri.c - percent escapes, and the parts of a URI as System.Uri gives them.
 */
#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/percent.h"
#include "wdl/text.h"

static struct str none(void)
{
	return str_from("");
}

struct str wdl_unpercent(struct arena *a, struct str text, bool plus)
{
	struct str s = str_unpercent(a, text, plus);

	return str_is_utf8(s) ? s : json_str(json_new_str(a, s));
}

/* Several arguments are joined as text first. */
static bool f_uri_component(struct wdl_call *c, struct wdl_value *out)
{
	struct buf b;

	buf_init_in(&b, c->a, (size_t)-1 / 2);
	for (unsigned i = 0; i < c->count; i++)
		buf_add_percent(&b, wdl_to_text(c->a, &c->args[i]));
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static bool component(struct wdl_call *c, struct str *out)
{
	if (c->args[0].type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_ITS_STRING, &c->args[0]);
	*out = wdl_unpercent(c->a, c->args[0].s, true);
	return true;
}

static bool f_uri_component_to_string(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!component(c, &text))
		return false;
	*out = wdl_string(text);
	return true;
}

static bool f_uri_component_to_binary(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!component(c, &text))
		return false;
	*out = wdl_content(c->a, S("application/octet-stream"), text);
	return true;
}

/* ---- parts ---- */

struct uri {
	struct str scheme, host, path, query;
	int port;
};

static const struct {
	struct str scheme;
	int port;
} ports[] = {
	{ STR_INIT("http"), 80 },   { STR_INIT("https"), 443 },  { STR_INIT("ftp"), 21 },
	{ STR_INIT("ws"), 80 },	    { STR_INIT("wss"), 443 },	 { STR_INIT("gopher"), 70 },
	{ STR_INIT("nntp"), 119 },  { STR_INIT("telnet"), 23 },  { STR_INIT("ldap"), 389 },
	{ STR_INIT("mailto"), 25 }, { STR_INIT("net.tcp"), 808 },
};

static bool scheme_char(char c)
{
	return wdl_is_letter(c) || wdl_is_digit(c) || c == '+' || c == '-' || c == '.';
}

/* Escapes what a URI may not hold, leaving its own punctuation and escapes. */
static struct str escaped(struct arena *a, struct str text)
{
	struct buf b;

	buf_init_in(&b, a, text.n * 3 + 1);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
			buf_addf(&b, "%%%02X", c);
		else
			buf_addc(&b, (char)c);
	}
	return buf_str(&b);
}

static bool authority(struct uri *u, struct str text)
{
	ptrdiff_t at = str_find_char(text, '@'), colon;
	uint64_t port;

	if (at >= 0)
		text = str_from_at(text, (size_t)at + 1);
	if (str_starts(text, S("["))) {
		at = str_find_char(text, ']');
		if (at < 0)
			return false;
		u->host = str_first(text, (size_t)at + 1);
		text = str_from_at(text, (size_t)at + 1);
		colon = text.n ? 0 : -1;
	} else {
		colon = str_find_char(text, ':');
		u->host = colon < 0 ? text : str_first(text, (size_t)colon);
	}
	if (colon < 0 || (size_t)colon + 1 >= text.n)
		return u->host.n > 0;
	if (text.p[colon] != ':' || !str_to_u64(str_from_at(text, (size_t)colon + 1), &port) ||
	    port > 65535)
		return false;
	u->port = (int)port;
	return u->host.n > 0;
}

static bool read_uri(struct arena *a, struct str text, struct uri *u)
{
	size_t n = 0, cut;
	struct str rest;

	text = wdl_trim(text);
	while (n < text.n && scheme_char(text.p[n]))
		n++;
	if (n < 2 || n >= text.n || text.p[n] != ':' || (text.p[0] >= '0' && text.p[0] <= '9'))
		return false;
	*u = (struct uri){ .scheme = str_lower(a, str_first(text, n)), .port = -1 };
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (str_eq(u->scheme, ports[i].scheme))
			u->port = ports[i].port;
	rest = str_from_at(text, n + 1);
	rest = str_first(rest, strcspn(str_c(a, rest), "#"));
	if (str_starts(rest, S("//"))) {
		rest = str_from_at(rest, 2);
		cut = strcspn(str_c(a, rest), "/?\\");
		if (!authority(u, str_first(rest, cut)) && !str_eq(u->scheme, S("file")))
			return false;
		rest = str_from_at(rest, cut);
	} else if (u->port >= 0 && !str_eq(u->scheme, S("mailto"))) {
		return false; /* http:x is no absolute URI */
	}
	cut = strcspn(str_c(a, rest), "?");
	u->path = escaped(a, str_first(rest, cut));
	u->query = escaped(a, str_from_at(rest, cut));
	if (u->path.n == 0)
		u->path = S("/");
	if (str_eq(u->query, S("?")))
		u->query = str_from("?");
	u->host = wdl_lower(a, u->host);
	return true;
}

static bool uri_argument(struct wdl_call *c, struct uri *u)
{
	if (c->args[0].type != WDL_T_STRING)
		return wdl_fail0(c, WDL_M_NOT_VALID);
	return read_uri(c->a, c->args[0].s, u) ||
	       wdl_fail(c, WDL_M_URI, c->args[0].s, none(), none());
}

static bool f_host(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_string(u.host);
	return true;
}

static bool f_path(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_string(u.path);
	return true;
}

static bool f_path_and_query(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_string(str_fmt(c->a, "%.*s%.*s", STR_ARG(u.path), STR_ARG(u.query)));
	return true;
}

static bool f_port(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_int(u.port);
	return true;
}

static bool f_query(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_string(u.query);
	return true;
}

static bool f_scheme(struct wdl_call *c, struct wdl_value *out)
{
	struct uri u;

	if (!uri_argument(c, &u))
		return false;
	*out = wdl_string(u.scheme);
	return true;
}

const struct wdl_body wdl_uri_functions[] = {
	{ "uriComponent", f_uri_component },
	{ "encodeUriComponent", f_uri_component },
	{ "uriComponentToString", f_uri_component_to_string },
	{ "decodeUriComponent", f_uri_component_to_string },
	{ "uriComponentToBinary", f_uri_component_to_binary },
	{ "uriHost", f_host },
	{ "uriPath", f_path },
	{ "uriPathAndQuery", f_path_and_query },
	{ "uriPort", f_port },
	{ "uriQuery", f_query },
	{ "uriScheme", f_scheme },
	{ NULL, NULL },
};
