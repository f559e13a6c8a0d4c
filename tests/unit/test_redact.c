/*
 * test_redact.c - what must never leave: work/redact*.c.
 *
 * The table of rules, with a positive and a near miss each, is tests/data/redaction-rules.csv.
 */
#include <dirent.h>

#include "unit.h"

#include "base/secret.h"
#include "text/crypt.h"
#include "work/call_priv.h"
#include "work/redact_rules.h"
#include "work/redact_scan.h"

#define MASK "[REDACTED:"

static struct str redacted(struct arena *a, struct str in)
{
	struct redact_count count = { 0 };
	struct str out;

	assert_true(redact_text(a, in, &out, &count));
	assert_int_equal(count.masked > 0, !str_eq(in, out));
	return out;
}

/* ---- the table ---- */

enum { NAME, TIER, KIND, KEYWORDS, RULE, VALIDATOR, POSITIVE, NEGATIVE, NOTE, COLUMNS };

struct row {
	struct str cell[COLUMNS];
};

/* One record of RFC 4180. */
static bool next_row(struct arena *a, struct str text, size_t *at, struct row *out)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		bool quoted = *at < text.n && text.p[*at] == '"';
		struct buf b;

		if (*at >= text.n)
			return false;
		buf_init_in(&b, a, 1 << 16);
		for (*at += quoted; *at < text.n; ++*at) {
			char c = text.p[*at];

			if (quoted && c == '"') {
				if (*at + 1 >= text.n || text.p[*at + 1] != '"')
					break;
				++*at;
			} else if (!quoted && (c == ',' || c == '\n')) {
				break;
			}
			buf_addc(&b, c);
		}
		*at += quoted;
		*at += *at < text.n && text.p[*at] == '\r';
		++*at;
		out->cell[i] = buf_str(&b);
	}
	return true;
}

static struct row *rows(struct arena *a, size_t *n)
{
	struct row *all = arena_array(a, 100, sizeof(*all));
	struct str text = unit_file(a, "tests/data/redaction-rules.csv");
	size_t at = 0;

	*n = 0;
	assert_true(next_row(a, text, &at, &all[0]));
	while (*n < 100 && next_row(a, text, &at, &all[*n]))
		++*n;
	assert_int_equal(*n, 58);
	return all;
}

static bool is(struct str s, const char *z)
{
	return str_eq(s, str_from(z));
}

/* What is masked in `in`: the first span. */
static struct str first_secret(struct arena *a, struct str in)
{
	struct str out = redacted(a, in);
	ptrdiff_t from = str_find(out, S(MASK));
	size_t end;

	if (from < 0)
		return S("");
	end = (size_t)from + (size_t)str_find_char(str_from_at(out, (size_t)from), ']') + 1;
	/* The text behind the mask is found again in the input, up to the next mask. */
	for (size_t n = (size_t)from; n <= in.n; n++) {
		struct str tail = str_from_at(out, end);
		ptrdiff_t more = str_find(tail, S(MASK));

		if (more >= 0)
			tail = str_first(tail, (size_t)more);
		if (n > (size_t)from && str_starts(str_from_at(in, n), tail) &&
		    (more >= 0 || in.n - n == tail.n))
			return str_n(in.p + from, n - (size_t)from);
	}
	return S("");
}

static void test_table(void **state)
{
	struct arena *a = *state;
	size_t n, patterns = 0;
	struct row *all = rows(a, &n);

	for (size_t i = 0; i < n; i++) {
		const struct str *cell = all[i].cell;
		bool pattern = is(cell[KIND], "regex");
		struct str got = redacted(a, cell[POSITIVE]);

		if (!pattern && !is(cell[KIND], "json"))
			continue;
		if (pattern && patterns < redact_rule_count) {
			const struct redact_rule *rule = &redact_rules[patterns++];

			assert_str(cell[NAME], rule->name);
			assert_int_equal(cell[TIER].p[0], rule->tier);
			/* The published one stops after 4,000 bytes. */
			if (!is(cell[NAME], "pem_private_key"))
				assert_str(cell[RULE], rule->pattern);
		}
		if (is(cell[TIER], "C"))
			assert_str(got, str_c(a, cell[POSITIVE]));
		else if (str_find(got, S(MASK)) < 0)
			fail_msg("%s misses its positive: %s", str_c(a, cell[NAME]),
				 str_c(a, cell[POSITIVE]));
		/* Another rule may know better: a header's name says more than its scheme. */
		got = redacted(a, cell[NEGATIVE]);
		if (str_find(got, str_fmt(a, MASK "%.*s:", STR_ARG(cell[NAME]))) >= 0)
			fail_msg("%s masks its near miss: %s", str_c(a, cell[NAME]), str_c(a, got));
	}
	assert_int_equal(patterns, redact_rule_count);
}

/* What is not masked is counted: tier C always, tier B where policy says so. */
static void test_counted(void **state)
{
	struct arena *a = *state;
	size_t n, seen = 0;
	struct row *all = rows(a, &n);

	for (size_t i = 0; i < n; i++) {
		const struct str *cell = all[i].cell;
		struct redact_count count = { 0 }, sure = { 0 };
		struct str out;

		if (is(cell[TIER], "A") || !is(cell[KIND], "regex"))
			continue;
		seen++;
		assert_true(redact_text(a, cell[POSITIVE], &out, &sure));
		redact_mask_likely(false);
		assert_true(redact_text(a, cell[POSITIVE], &out, &count));
		redact_mask_likely(true);
		assert_str(out, str_c(a, cell[POSITIVE]));
		assert_int_equal(count.masked, 0);
		assert_true(count.left > 0);
		assert_int_equal(sure.masked > 0, is(cell[TIER], "B"));
	}
	assert_true(seen >= 6);
}

/* ---- written in other ways ---- */

static struct str in_json(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_addz(&b, "{\"body\":");
	json_print_str(&b, s);
	buf_addz(&b, ",\"n\":1}");
	return buf_str(&b);
}

static struct str in_json_twice(struct arena *a, struct str s)
{
	return in_json(a, in_json(a, s));
}

static struct str in_json_thrice(struct arena *a, struct str s)
{
	return in_json(a, in_json_twice(a, s));
}

static struct str percent(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_add_percent(&b, s);
	return buf_str(&b);
}

static struct str percent_in_json(struct arena *a, struct str s)
{
	return in_json(a, str_fmt(a, "https://h.example/?q=%.*s", STR_ARG(percent(a, s))));
}

static struct str json_in_percent(struct arena *a, struct str s)
{
	return percent(a, in_json(a, s));
}

static struct str html(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&':
			buf_addz(&b, "&amp;");
			break;
		case '<':
			buf_addz(&b, "&lt;");
			break;
		case '"':
			buf_addz(&b, "&quot;");
			break;
		case '=':
			buf_addz(&b, "&#61;");
			break;
		case '/':
			buf_addz(&b, "&#x2f;");
			break;
		default:
			buf_addc(&b, s.p[i]);
			break;
		}
	}
	return buf_str(&b);
}

static struct str html_in_json(struct arena *a, struct str s)
{
	return in_json(a, html(a, s));
}

/* As the service writes JSON: & < > ' + as \u00XX. */
static struct str unicode(struct arena *a, struct str s)
{
	struct str plain = in_json(a, s);
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t i = 0; i < plain.n; i++) {
		if (plain.p[i] && strchr("&<>'+", plain.p[i]))
			buf_addf(&b, "\\u00%02x", (unsigned char)plain.p[i]);
		else
			buf_addc(&b, plain.p[i]);
	}
	return buf_str(&b);
}

static struct str base64(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	crypt_b64(&b, s);
	return buf_str(&b);
}

static struct str base64_in_json(struct arena *a, struct str s)
{
	return in_json(a, base64(a, s));
}

static struct str base64url_in_path(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_addz(&b, "/some/path/");
	crypt_b64url(&b, in_json(a, s));
	buf_addz(&b, "/more");
	return buf_str(&b);
}

static struct str as_name(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_addz(&b, "{");
	json_print_str(&b, s);
	buf_addz(&b, ":[1,true,null]}");
	return buf_str(&b);
}

static struct str far_inside(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t i = 0; i < 65000; i++)
		buf_addc(&b, i % 80 ? 'x' : '\n');
	buf_addc(&b, '\n');
	buf_adds(&b, s);
	buf_addz(&b, "\n...");
	return buf_str(&b);
}

static struct str itself(struct arena *a, struct str s)
{
	(void)a;
	return s;
}

static const struct {
	const char *name;
	struct str (*wrap)(struct arena *a, struct str s);
	bool json;
} forms[] = {
	{ "itself", itself, false },
	{ "in a JSON string", in_json, true },
	{ "in JSON in JSON", in_json_twice, true },
	{ "in JSON in JSON in JSON", in_json_thrice, true },
	{ "percent-encoded", percent, false },
	{ "percent-encoded in JSON", percent_in_json, true },
	{ "JSON, percent-encoded", json_in_percent, false },
	{ "in HTML", html, false },
	{ "HTML in JSON", html_in_json, true },
	{ "with \\u0026", unicode, true },
	{ "in base64", base64, false },
	{ "base64 in JSON", base64_in_json, true },
	{ "base64url of JSON in a path", base64url_in_path, false },
	{ "as the name of a member", as_name, true },
	{ "behind 64 KiB", far_inside, false },
};

static void check_form(struct arena *a, const struct row *row, size_t f)
{
	struct str secret = first_secret(a, row->cell[POSITIVE]), in, out, written;
	const char *name = str_c(a, row->cell[NAME]);

	if (is(row->cell[NAME], "secure_data_action"))
		secret = S("https://x.example/i"); /* in an object that is masked whole */
	if (!secret.n)
		fail_msg("%s: which part is secret?", name);
	in = forms[f].wrap(a, row->cell[POSITIVE]);
	out = redacted(a, in);
	if (str_find(out, S(MASK)) < 0)
		fail_msg("%s, %s: missed: %s", name, forms[f].name, str_c(a, str_first(in, 900)));
	/* Not the secret as it was, nor as it is written in this form. */
	written = forms[f].wrap(a, secret);
	if (secret.n >= 8 && (str_find(out, secret) >= 0 ||
			      (f != 0 && written.n > 8 && str_find(out, written) >= 0)))
		fail_msg("%s, %s: still there: %s", name, forms[f].name,
			 str_c(a, str_first(out, 900)));
	if (forms[f].json && !json_parse(a, out, JSON_STRICT, NULL))
		fail_msg("%s, %s: no JSON any more: %s", name, forms[f].name, str_c(a, out));
	if (!str_eq(redacted(a, out), out))
		fail_msg("%s, %s: not the same when done again: %s", name, forms[f].name,
			 str_c(a, redacted(a, out)));
}

static void test_wrapped(void **state)
{
	struct arena *a = *state;
	size_t n;
	struct row *all = rows(a, &n);

	for (size_t i = 0; i < n; i++) {
		bool json = is(all[i].cell[KIND], "json");

		if ((!json && !is(all[i].cell[KIND], "regex")) || is(all[i].cell[TIER], "C"))
			continue;
		for (size_t f = 0; f < COUNT(forms); f++)
			check_form(a, &all[i], f);
	}
}

/* ---- what good data looks like comes out as it went in ---- */

static unsigned check_folder(struct arena *a, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	unsigned files = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		struct str in, out;
		struct buf b;

		/* Tokens and cookies are what they say. */
		if (!str_ends(str_from(e->d_name), S(".json")) ||
		    str_starts(str_from(e->d_name), S("entra-token-")) ||
		    str_starts(str_from(e->d_name), S("http-headers-")))
			continue;
		in = unit_file(a, arena_printf(a, "%s/%s", path, e->d_name));
		/* The recordings' own mask stands where a signature stood. */
		buf_init_in(&b, a, 1 << 24);
		for (size_t at = 0; at < in.n;) {
			struct str sas = S("REDACTED_SAS_SIG");

			if (str_starts(str_from_at(in, at), sas)) {
				at += sas.n;
			} else {
				buf_addc(&b, in.p[at++]);
			}
		}
		out = redacted(a, buf_str(&b));
		if (!str_eq(out, buf_str(&b))) {
			ptrdiff_t at = str_find(out, S(MASK));

			fail_msg("%s: %s", e->d_name,
				 str_c(a, str_first(str_from_at(out, at > 80 ? (size_t)at - 80 : 0),
						    300)));
		}
		files++;
	}
	closedir(d);
	return files;
}

static void test_good_data(void **state)
{
	assert_int_equal(check_folder(*state, "tests/data/flows"), 10);
	assert_true(check_folder(*state, "tests/data/samples") >= 40);
}

/* ---- single cases ---- */

static void test_cases(void **state)
{
	static const struct {
		const char *in, *out; /* a mask is written [*] */
	} table[] = {
		{ "https://h/p?api-version=1&sp=%2Fx&sv=1.0&sig=AbCdEf0123456789-_x end",
		  "https://h/p?api-version=1&sp=%2Fx&sv=1.0&sig=[*] end" },
		{ "{\"password\":1234,\"user\":\"x\"}", "{\"password\":\"[*]\",\"user\":\"x\"}" },
		{ "{\"password\":true,\"pwd\":null,\"pin\":\"\"}", "{\"password\":true,\"pwd\":null,\"pin\":\"\"}" },
		{ "{\"s\":\"{\\\"pin\\\":1234}\"}", "{\"s\":\"{\\\"pin\\\":\\\"[*]\\\"}\"}" },
		{ "{\"otp\":[\"a1\",\"b2\",3]}", "{\"otp\":[\"[*]\",\"[*]\",3]}" },
		{ "{\"triggerUrl\":\"https://h.example/a?x=1&sig=AAAAAAAAAAAAAAAAAAAA\"}",
		  "{\"triggerUrl\":\"https://h.example/a?[*]\"}" },
		{ "{\"session_token\": 123456789012345}", "{\"session_token\": \"[*]\"}" },
		{ "{\"primaryKey\":\"id\"}", "{\"primaryKey\":\"id\"}" },
		{ "{\"a\":\"-----BEGIN " "PRIVATE KEY-----\\nMIIE\",\"b\":\"c\"}",
		  "{\"a\":\"[*]\",\"b\":\"c\"}" },
		{ "{\"a\":\"-----BEGIN " "PRIVATE KEY-----MIIE\",\"b\":\"-----BEGIN " "PRIVATE KEY-----M-----END "
		  "PRIVATE KEY-----\"}",
		  "{\"a\":\"[*]\",\"b\":\"[*]\"}" },
		{ "{\"authentication\":{\"type\":\"Raw\",\"value\":{\"k\":\"secret words\"}}}",
		  "{\"authentication\":{\"type\":\"Raw\",\"value\":\"[*]\"}}" },
		{ "{\"type\":\"Http\",\"runAfter\":{},\"runtimeConfiguration\":{\"secureData\":{\"properties\":"
		  "[\"inputs\"]}},\"inputs\":\"@body('x')\"}",
		  "{\"type\":\"Http\",\"runAfter\":{},\"runtimeConfiguration\":{\"secureData\":{\"properties\":"
		  "[\"inputs\"]}},\"inputs\":\"@body('x')\"}" },
		{ "cut: {\"a\":{\"clientSecret\":\"abc def", "cut: {\"a\":{\"clientSecret\":\"[*]" },
		{ "sig=AbCdEf0123456789", "sig=[*]" },
		{ "design=modern-looking-value", "design=modern-looking-value" },
		{ "sig=short", "sig=short" },
		{ "AKIAEXAMPLE0EXAMPLE0 AKIAEXAMPLE0EXAMPLE1", "[*] [*]" },
		{ "", "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(table); i++) {
		struct str got = redacted(a, str_from(table[i].in));
		struct buf b;

		buf_init_in(&b, a, 1 << 16);
		for (size_t at = 0; at < got.n; at++) {
			struct str rest = str_from_at(got, at);

			if (str_starts(rest, S(MASK))) {
				buf_addz(&b, "[*]");
				at += (size_t)str_find_char(rest, ']');
			} else {
				buf_addc(&b, got.p[at]);
			}
		}
		assert_str(buf_str(&b), table[i].out);
	}
}

/* Equal secrets get equal tags, however they are written. */
static void test_tags(void **state)
{
	struct str got = redacted(*state, S("{\"apiKey\":\"one secret\",\"x\":\"{\\\"apikey\\\":\\\"one secret"
					    "\\\"}\",\"pwd\":\"another\"}"));
	ptrdiff_t first = str_find(got, S(MASK));
	struct str mask = str_n(got.p + first, (size_t)str_find_char(str_from_at(got, (size_t)first), ']') + 1);
	struct str rest = str_from_at(got, (size_t)first + mask.n);

	assert_true(str_find(rest, mask) >= 0);
	assert_true(str_find(str_from_at(rest, (size_t)str_find(rest, mask) + 1), mask) < 0);
}

/* A living secret is masked in six encodings, and no longer when it is gone. */
static void test_living_secrets(void **state)
{
	struct arena *a = *state;
	struct str canary = S("canary+\"/secret value 0123456789");
	struct secret *s = secret_new(canary);
	struct buf form[9];

	for (size_t i = 0; i < COUNT(form); i++)
		buf_init_in(&form[i], a, 1024);
	buf_adds(&form[0], canary);
	buf_add_percent(&form[1], canary);
	json_print_str(&form[2], canary);
	crypt_b64(&form[3], canary);
	crypt_b64url(&form[4], canary);
	crypt_hex(&form[5], canary);
	for (size_t i = 6; i < 9; i++)
		crypt_b64(&form[i], str_fmt(a, "%.*s%.*s and more", (int)(i - 5), "\001\002\003",
					    STR_ARG(canary)));
	for (size_t i = 0; i < COUNT(form); i++) {
		struct str text = str_fmt(a, "before %.*s after", STR_ARG(buf_str(&form[i]))), got;

		got = redacted(a, text);
		assert_true(str_find(got, S(MASK "own_live_secret:")) >= 0);
		assert_true(str_starts(got, S("before ")) && str_ends(got, S(" after")));
		assert_true(str_find(got, str_n(form[i].p + 8, 12)) < 0);
	}
	secret_free(s);
	assert_str(redacted(a, canary), canary.p);
}

static void test_steering(void **state)
{
	struct arena *a = *state;
	unsigned count = 0;
	struct str in = S("{\"a\":\"x\xe2\x80\xae y \xf3\xa0\x81\x81 \xc3\xa9 \xe2\x80\x8b\"}");
	struct str out = redact_steering(a, in, &count);

	assert_str(out, "{\"a\":\"x\\u202e y \\udb40\\udc41 \xc3\xa9 \\u200b\"}");
	assert_int_equal(count, 3);
	/* Who parses it gets the same. */
	assert_true(json_equal(json_parse(a, in, JSON_STRICT, NULL),
			       json_parse(a, out, JSON_STRICT, NULL)));
}

static void test_masks(void **state)
{
	(void)state;
	assert_true(redact_is_mask(S("x[REDACTED:sas_sig_param:0123abcd]")));
	assert_false(redact_is_mask(S("[redacted by the author]")));
	assert_false(redact_is_mask(S("[[]")));
}

/* A keyword is found once and in its place, wherever stretches begin and end. */
static void test_prefilter(void **state)
{
	struct arena *a = *state;
	struct str word = S("Bearer ");
	/* Sizes of one stream, of four, of more than a block; about where a way ends. */
	static const size_t sizes[] = { 7, 40, 81, 700, 2047, 8191, 8192, 8193, 9000, 16500 };
	struct redact_hits *h = arena_alloc(a, sizeof(*h));

	for (size_t k = 0; k < COUNT(sizes); k++) {
		size_t n = sizes[k];
		char *text = arena_alloc(a, n + 1);

		memset(text, '.', n);
		for (size_t at = 0; at + word.n <= n; at++) {
			size_t hits = 0, end = 0, from = 0;

			memcpy(text + at, word.p, word.n);
			while (redact_keywords(str_n(text, n), &from, h))
				for (unsigned i = 0; i < REDACT_STREAMS; i++)
					for (size_t j = 0; j < h->count[i]; j++, hits++)
						end = h->of[i][j].end;
			memset(text + at, '.', word.n);
			assert_int_equal(hits, 1);
			assert_true(end > at && end <= at + word.n);
		}
	}
}

/* Text made of keywords and beginnings costs no more than its length. */
static void test_hostile(void **state)
{
	static const char *const parts[] = {
		"eyJ", "key", "sig=", "0.A", ("-----BEGIN " "PRIVATE KEY-----"), "+ASt", "password=", "://a:",
		"https://a.1.environment.api.powerplatform/powerautomate/", "server=;password", "Bearer ",
		"%25", "\\\\", "&amp;", "YWFh", "{\"a\":", "[", "\"authentication\":{", "\"parameterValues\":{",
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(parts); i++) {
		struct arena own;
		struct redact_count count = { 0 };
		struct str out;
		struct buf b;

		arena_init(&own, (size_t)1 << 30);
		buf_init_in(&b, &own, 1 << 20);
		while (b.n < 200000)
			buf_addz(&b, parts[i]);
		/* Looked through, or withheld: both will do. */
		(void)redact_text(&own, buf_str(&b), &out, &count);
		arena_release(&own);
	}
	(void)a;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_table), UNIT(test_counted),   UNIT(test_wrapped),        UNIT(test_good_data), UNIT(test_cases),
		UNIT(test_tags),    UNIT(test_living_secrets), UNIT(test_steering),  UNIT(test_masks),
		UNIT(test_prefilter), UNIT(test_hostile),
	};

	return UNIT_RUN(tests);
}
