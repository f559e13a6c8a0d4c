/*
 * test_redact.c - what must never leave: work/redact.c.
 */
#include "unit.h"

#include "base/secret.h"
#include "text/crypt.h"
#include "work/call_priv.h"

static void test_signatures(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "https://h/p?api-version=1&sp=%2Fx&sv=1.0&sig=AbCdEf0123456789-_x end",
		  "https://h/p?api-version=1&sp=%2Fx&sv=1.0&sig=[redacted] end" },
		{ "\"https://h/p?sig=AbCdEf0123456789%3D\"", "\"https://h/p?sig=[redacted]\"" },
		{ "a\\u0026sig=AbCdEf0123456789\\\"", "a\\u0026sig=[redacted]\\\"" },
		{ "x%26sig%3DAbCdEf0123456789&z=1", "x%26sig%3D[redacted]&z=1" },
		{ "sig=AbCdEf0123456789", "sig=[redacted]" },
		{ "two sig=AAAAAAAAAAAA and &sig=BBBBBBBBBBBB", "two sig=[redacted] and &sig=[redacted]" },
		/* Near misses. */
		{ "design=modern-looking-value", "design=modern-looking-value" },
		{ "sig=short", "sig=short" },
		{ "the signature is fine", "the signature is fine" },
		{ "", "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned count = 0;

		assert_str(redact_text(a, str_from(rows[i].in), &count), rows[i].out);
		assert_int_equal(count > 0, strcmp(rows[i].in, rows[i].out) != 0);
	}
}

/* A living secret is masked in six encodings, and no longer when it is gone. */
static void test_living_secrets(void **state)
{
	struct arena *a = *state;
	struct str canary = S("canary+\"/secret value 0123456789");
	struct secret *s = secret_new(canary);
	struct buf forms[6];

	for (size_t i = 0; i < COUNT(forms); i++)
		buf_init_in(&forms[i], a, 1024);
	buf_adds(&forms[0], canary);
	buf_add_percent(&forms[1], canary);
	json_print_str(&forms[2], canary);
	crypt_b64(&forms[3], canary);
	crypt_b64url(&forms[4], canary);
	crypt_hex(&forms[5], canary);
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct str text = str_fmt(a, "before %.*s after", STR_ARG(buf_str(&forms[i]))), got;
		unsigned count = 0;

		got = redact_text(a, text, &count);
		assert_int_equal(count, 1);
		assert_true(str_find(got, S("[redacted]")) >= 0);
		assert_true(str_starts(got, S("before ")) && str_ends(got, S(" after")));
		assert_true(str_find(got, str_n(forms[i].p + 4, 12)) < 0);
	}
	secret_free(s);
	unsigned none = 0;

	assert_str(redact_text(a, canary, &none), canary.p);
	assert_int_equal(none, 0);
}

static void test_overlaps(void **state)
{
	struct arena *a = *state;
	struct secret *s = secret_new(S("AbCdEf0123456789")), *t = secret_new(S("0123456789zz"));
	unsigned count = 0;

	assert_str(redact_text(a, S("sig=AbCdEf0123456789zz."), &count), "sig=[redacted].");
	assert_str(redact_text(a, S("x AbCdEf0123456789zz y"), &count), "x [redacted] y");
	secret_free(s);
	secret_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_signatures),
		UNIT(test_living_secrets),
		UNIT(test_overlaps),
	};

	return UNIT_RUN(tests);
}
