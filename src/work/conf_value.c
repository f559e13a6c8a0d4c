/*
 * conf_value.c - what the value of a setting may look like, type by type.
 *
 * Knows the types and the marks of secrets; knows nothing of files, sections or precedence.
 * A refused value is never repeated in a message unless it is a short word: people paste
 * secrets into the wrong place.
 */
#include "work/conf_text.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/os.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_upper(c) || is_lower(c);
}

static bool all_in(struct str s, const char *extra)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr(extra, s.p[i])))
			return false;
	return true;
}

bool conf_name_ok(struct str s)
{
	return s.n >= 1 && s.n <= 64 && is_alnum(s.p[0]) && all_in(s, "._-");
}

const char *conf_quote(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 512);
	log_escape(&b, str_first_utf8(s, 40));
	if (s.n > 40)
		buf_addz(&b, "...");
	return buf_c(&b);
}

const struct conf_key *conf_key_find(struct str name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (str_eq(str_from(conf_keys[i].name), name))
			return &conf_keys[i];
	return NULL;
}

/* The nearest of the names, when it is near enough to have been meant. */
static const char *nearest(struct str name, const char *(*nth)(size_t i, const void *arg),
			   const void *arg, size_t count)
{
	unsigned best = name.n < 5 ? 2 : 3;
	const char *hit = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned d = str_distance(name, str_from(nth(i, arg)), best);

		if (d < best) {
			best = d;
			hit = nth(i, arg);
		}
	}
	return hit;
}

static const char *nth_key(size_t i, const void *arg)
{
	(void)arg;
	return conf_keys[i].name;
}

const char *conf_did_you_mean(struct arena *a, struct str name)
{
	const char *hit = nearest(name, nth_key, NULL, conf_key_count);

	return hit ? arena_printf(a, "; did you mean '%s'?", hit) : "";
}

bool conf_secret_name(struct str name)
{
	static const char *const words[] = {
		"password", "passwd",     "passphrase",  "secret",      "token",  "credential",
		"api_key",  "apikey",     "access_key",  "jwt",         "bearer", "cookie",
		"api-key",  "access-key", "private_key", "private-key",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_contains_nocase(name, str_from(words[i])))
			return true;
	return false;
}

/* RFC 7519: three base64url parts, the first of which begins with {" in base64. */
static bool has_jwt(struct str s)
{
	for (ptrdiff_t at; (at = str_find(s, S("eyJ"))) >= 0;) {
		size_t n = (size_t)at, dots = 0;

		for (; n < s.n && (all_in(str_n(s.p + n, 1), "_-=") || s.p[n] == '.'); n++)
			dots += s.p[n] == '.';
		if (dots >= 2 && n - (size_t)at > 30)
			return true;
		s = str_from_at(s, (size_t)at + 3);
	}
	return false;
}

/* Entra client secrets: three characters, a digit, "Q~", and 31 to 34 more. */
static bool has_client_secret(struct str s)
{
	for (ptrdiff_t at, from = 0; (at = str_find(str_from_at(s, (size_t)from), S("Q~"))) >= 0;) {
		size_t q = (size_t)(from + at), n = q + 2;

		while (n < s.n && all_in(str_n(s.p + n, 1), "_.~-"))
			n++;
		if (q >= 4 && is_digit(s.p[q - 1]) && n - q >= 30)
			return true;
		from = (ptrdiff_t)q + 2;
	}
	return false;
}

/* A run of token characters that is too long and too mixed for a name, host or path. */
static bool has_long_run(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		bool upper = false, lower = false, digit = false;

		for (; i < s.n && all_in(str_n(s.p + i, 1), "_-.~+="); i++) {
			upper |= is_upper(s.p[i]);
			lower |= is_lower(s.p[i]);
			digit |= is_digit(s.p[i]);
		}
		if (i - from >= 80 && upper && lower && digit)
			return true;
		i += i == from;
	}
	return false;
}

const char *conf_secret_value(struct str v)
{
	if (has_jwt(v))
		return "an access token";
	if (has_client_secret(v))
		return "a client secret";
	if (str_contains_nocase(v, S("-----BEGIN ")))
		return "a private key or certificate";
	if (str_starts_nocase(v, S("bearer ")))
		return "an access token";
	if (str_contains_nocase(v, S("&sig=")) || str_contains_nocase(v, S("?sig=")))
		return "a signed URL";
	if (has_long_run(v))
		return "a refresh token";
	return NULL;
}

static const char *check_uuid(struct arena *a, struct str v, const char **normal)
{
	if (!str_is_guid(v))
		return "must be a UUID, 8-4-4-4-12 hexadecimal digits";
	*normal = str_lower(a, v).p;
	return NULL;
}

/* Labels of letters, digits and hyphens with dots between (RFC 1123). */
static bool is_host(struct str v)
{
	struct str label;

	if (v.n == 0 || v.n > 253)
		return false;
	while (str_cut(&v, '.', &label))
		if (label.n == 0 || label.n > 63 || !all_in(label, "-") || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
	return true;
}

static const char *check_tenant(struct arena *a, struct str v, const char **normal)
{
	*normal = str_lower(a, v).p;
	if (str_eq_nocase(v, S("organizations")) || str_eq_nocase(v, S("common")) ||
	    !check_uuid(a, v, normal))
		return NULL;
	if (is_host(v) && str_find_char(v, '.') > 0)
		return NULL;
	return "must be a tenant id (UUID), a domain such as contoso.com, or organizations";
}

static bool read_bool(struct str v, bool *out)
{
	static const char *const words[][2] = {
		{ "no", "yes" },
		{ "false", "true" },
		{ "off", "on" },
		{ "0", "1" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (size_t k = 0; k < 2; k++)
			if (str_eq_nocase(v, str_from(words[i][k]))) {
				*out = k;
				return true;
			}
	return false;
}

static const char *check_bool(struct arena *a, struct str v, const char **normal)
{
	bool on;

	if (!read_bool(v, &on))
		return arena_printf(a, "is yes or no, not '%s'", conf_quote(a, v));
	*normal = on ? "yes" : "no";
	return NULL;
}

/* The blank separated words of a row, one by one. */
static const char *nth_choice(size_t i, const void *arg)
{
	const struct str *words = arg;

	return words[i].p;
}

static const char *check_choice(struct arena *a, const struct conf_key *k, struct str v,
				const char **normal)
{
	struct str left = str_from(k->choices), word, words[16];
	size_t n = 0;
	const char *hit;

	while (str_cut(&left, ' ', &word) && n < sizeof(words) / sizeof(*words)) {
		if (str_eq(word, v)) {
			*normal = str_c(a, word);
			return NULL;
		}
		words[n++] = str_dup(a, word);
	}
	hit = nearest(v, nth_choice, words, n);
	return arena_printf(a, "is one of %s, not '%s'%s", k->choices, conf_quote(a, v),
			    hit ? arena_printf(a, "; did you mean '%s'?", hit) : "");
}

static const char *check_path(struct arena *a, struct str v, const char **normal)
{
	if (str_starts(v, S("~/"))) {
		const char *home = os_home(a);

		if (!home)
			return "begins with ~/, but there is no home directory";
		*normal = arena_printf(a, "%s/%.*s", home, STR_ARG(str_from_at(v, 2)));
		return NULL;
	}
	if (v.p[0] != '/')
		return "must be an absolute path, or begin with ~/";
	*normal = str_c(a, v);
	return NULL;
}

/* Takes ":port" off the end of a host; false when the port is not 1 to 65535. */
static bool cut_port(struct str *host)
{
	ptrdiff_t at = str_find_char(*host, ':');
	uint64_t port;

	if (at < 0)
		return true;
	if (!str_to_u64(str_from_at(*host, (size_t)at + 1), &port) || port < 1 || port > 65535)
		return false;
	*host = str_first(*host, (size_t)at);
	return true;
}

/* host, host:port, [IPv6] or [IPv6]:port. */
static bool is_host_port(struct str v)
{
	if (v.n && v.p[0] == '[') {
		ptrdiff_t end = str_find_char(v, ']');
		struct str after;

		if (end < 3)
			return false;
		for (ptrdiff_t i = 1; i < end; i++)
			if (str_hex_digit(v.p[i]) < 0 && v.p[i] != ':' && v.p[i] != '.')
				return false;
		after = str_from_at(v, (size_t)end + 1);
		return after.n == 0 || (after.p[0] == ':' && cut_port(&after) && after.n == 0);
	}
	return cut_port(&v) && is_host(v);
}

static const char *check_url(struct arena *a, const struct conf_key *k, struct str v,
			     const char **normal)
{
	struct str host, mark = str_from(k->choices);
	ptrdiff_t at;

	if (!str_starts_nocase(v, S("https://")))
		return "must be an https origin, such as https://api.example.com";
	host = str_lower(a, str_from_at(v, 8));
	if (str_find_char(host, '@') >= 0)
		return "must not have a user or password in it";
	if (str_ends(host, S("/")))
		host.n--;
	*normal = str_fmt(a, "https://%.*s", STR_ARG(host)).p;
	at = mark.n ? str_find(host, mark) : -1;
	if (at >= 0)
		host = str_fmt(a, "%.*sx%.*s", (int)at, host.p,
			       STR_ARG(str_from_at(host, (size_t)at + mark.n)));
	if (!is_host_port(host))
		return "must be an origin: https://, a host name, and at most a port";
	return NULL;
}

static const char *check_proxy(struct arena *a, struct str v, const char **normal)
{
	struct str host;

	if (str_eq_nocase(v, S("none"))) {
		*normal = "";
		return NULL;
	}
	if (!str_starts_nocase(v, S("http://")) && !str_starts_nocase(v, S("https://")))
		return "must be http://host:port, https://host:port or none";
	host = str_from_at(v, v.p[4] == ':' ? 7 : 8);
	if (str_find_char(host, '@') >= 0)
		return "must not have a user or password in it";
	if (str_ends(host, S("/")))
		host.n--;
	if (!is_host_port(host))
		return "must be http://host:port, https://host:port or none";
	*normal = str_first(str_lower(a, v), (size_t)(host.p + host.n - v.p)).p;
	*normal = arena_copy(a, *normal, (size_t)(host.p + host.n - v.p));
	return NULL;
}

static const char *check_list(struct arena *a, const struct conf_key *k, struct str v,
			      const char **normal)
{
	struct buf b;
	size_t i = 0;

	buf_init_in(&b, a, v.n + 1);
	while (i < v.n) {
		size_t from = i;
		struct str item;

		while (i < v.n && v.p[i] != ',' && v.p[i] != ' ' && v.p[i] != '\t')
			i++;
		item = str_n(v.p + from, i - from);
		i += i < v.n;
		if (!item.n)
			continue;
		if (k->type == CONF_HOSTS ? !is_host_port(item) : !all_in(item, "._-:*/[]+"))
			return k->type == CONF_HOSTS ? "must be a list of host or host:port"
						     : "must be a list of names";
		if (b.n)
			buf_addc(&b, ',');
		buf_adds(&b, k->type == CONF_HOSTS ? str_lower(a, item) : item);
	}
	*normal = buf_c(&b);
	return b.n ? NULL : "must be a list, with commas or blanks between";
}

static const char *check_int(struct arena *a, const struct conf_key *k, struct str v,
			     const char **normal)
{
	int64_t n;

	*normal = str_c(a, v);
	if (str_to_i64(v, &n) && n >= k->min && n <= k->max)
		return NULL;
	return arena_printf(a, "is a number from %lld to %lld", (long long)k->min,
			    (long long)k->max);
}

static const char *check_text(struct arena *a, struct str v, const char **normal)
{
	*normal = str_c(a, v);
	return v.n <= 256 ? NULL : "is longer than 256 bytes";
}

const char *conf_check(struct arena *a, const struct conf_key *k, struct str v, const char **normal)
{
	const char *secret = conf_secret_value(v);

	if (secret)
		return arena_printf(a,
				    "holds what looks like %s; secrets are never written into "
				    "settings: name a protected file in refresh_token_file or "
				    "key_file, or sign in",
				    secret);
	if (!v.n)
		return "has no value; remove the line to get the default";
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return "has a control character in its value";
	if (!str_is_utf8(v))
		return "is not UTF-8";
	switch (k->type) {
	case CONF_TEXT:
		return check_text(a, v, normal);
	case CONF_NAME:
		*normal = str_c(a, v);
		return conf_name_ok(v) ? NULL
				       : "must be a name: a letter or digit, then at most "
					 "63 letters, digits, '.', '_' or '-'";
	case CONF_UUID:
		return check_uuid(a, v, normal);
	case CONF_TENANT:
		return check_tenant(a, v, normal);
	case CONF_BOOL:
		return check_bool(a, v, normal);
	case CONF_CHOICE:
		return check_choice(a, k, v, normal);
	case CONF_PATH:
		return check_path(a, v, normal);
	case CONF_URL:
		return check_url(a, k, v, normal);
	case CONF_PROXY:
		return check_proxy(a, v, normal);
	case CONF_LIST:
	case CONF_HOSTS:
		return check_list(a, k, v, normal);
	case CONF_INT:
		return check_int(a, k, v, normal);
	}
	return "has a type nobody knows";
}
