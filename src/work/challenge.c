/*
 * challenge.c - WWW-Authenticate headers (RFC 7235) and the payload of id tokens (RFC 7519).
 *
 * Reads what strangers send: pure, bounded, fuzzed.
 */
#include "work/auth.h"

#include "base/limits.h"
#include "text/crypt.h"

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip_space(struct str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_from_at(*s, 1);
}

static struct str take_token(struct str *s)
{
	size_t n = 0;
	struct str t;

	while (n < s->n && is_token_char(s->p[n]))
		n++;
	t = str_first(*s, n);
	*s = str_from_at(*s, n);
	return t;
}

/* A quoted string, or a bare value up to a comma: base64 is sent unquoted by some. */
static struct str take_value(struct arena *a, struct str *s)
{
	struct buf b;
	size_t n = 0;
	struct str v;

	if (!s->n || s->p[0] != '"') {
		while (n < s->n && s->p[n] != ',' && s->p[n] != ' ' && s->p[n] != '\t')
			n++;
		v = str_first(*s, n);
		*s = str_from_at(*s, n);
		return v;
	}
	buf_init_in(&b, a, LIMIT_HEADERS);
	for (n = 1; n < s->n && s->p[n] != '"'; n++) {
		if (s->p[n] == '\\' && n + 1 < s->n)
			n++;
		buf_addc(&b, s->p[n]);
	}
	*s = str_from_at(*s, n + 1);
	return buf_str(&b);
}

static void set_parameter(struct challenge *c, struct str name, struct str value)
{
	if (str_eq_nocase(name, S("error")))
		c->error = value;
	else if (str_eq_nocase(name, S("error_description")))
		c->error_description = value;
	else if (str_eq_nocase(name, S("claims")))
		c->claims = value;
	else if (str_eq_nocase(name, S("authorization_uri")))
		c->authorization_uri = value;
}

size_t challenge_parse(struct arena *a, struct str s, struct challenge *out, size_t max)
{
	struct challenge *now = NULL;
	size_t count = 0;

	s = str_first(s, LIMIT_HEADERS);
	while (s.n) {
		struct str word, before = s;

		while (s.n && (s.p[0] == ',' || s.p[0] == ' ' || s.p[0] == '\t'))
			s = str_from_at(s, 1);
		word = take_token(&s);
		skip_space(&s);
		if (word.n && s.n && s.p[0] == '=' && now) {
			s = str_from_at(s, 1);
			skip_space(&s);
			set_parameter(now, word, take_value(a, &s));
		} else if (word.n) {
			/* A token that no "=" follows starts the next challenge. */
			if (count == max)
				return count;
			now = &out[count++];
			*now = (struct challenge){ .scheme = word };
		}
		/* Neither a token nor a separator: step over it, so that the loop ends. */
		if (s.n == before.n)
			s = str_from_at(s, 1);
	}
	return count;
}

struct str challenge_claims(struct arena *a, struct str claims)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_HEADERS);
	if (!claims.n || !crypt_unb64(&b, claims) ||
	    json_type(json_parse(a, buf_str(&b), JSON_STRICT, NULL)) != JSON_OBJECT)
		return (struct str){ 0 };
	return buf_str(&b);
}

struct json *jwt_payload(struct arena *a, struct str token)
{
	struct str head, payload;
	struct json *v;
	struct buf b;

	if (!str_cut(&token, '.', &head) || !str_cut(&token, '.', &payload) || !token.p)
		return NULL;
	buf_init_in(&b, a, LIMIT_TOKEN_ANSWER);
	if (!crypt_unb64(&b, payload))
		return NULL;
	v = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	return json_type(v) == JSON_OBJECT ? v : NULL;
}
