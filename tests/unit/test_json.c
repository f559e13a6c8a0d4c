/*
 * test_json.c - text/json*.c: strict reading, exact printing, trees.
 */
#include "unit.h"

#include "base/limits.h"
#include "text/json.h"

static struct json *parse(struct arena *a, const char *text)
{
	struct json_error e = { 0 };
	struct json *v = json_parse(a, str_from(text), JSON_STRICT, &e);

	if (!v)
		fail_msg("%s: %s at %zu", text, e.message, e.offset);
	return v;
}

static void test_round_trip(void **state)
{
	/* Text that must come back byte for byte. */
	static const char *const rows[] = {
		"null", "true", "false", "0", "-0", "1.0", "1e3", "1E+3", "-1.50e-07",
		"12345678901234567890", "9007199254740991", "9007199254740993", "0.1", "1e-400",
		"1.7976931348623157e308", "0e999999999999999999999", "100000000000000000000000.5",
		"\"\"", "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
		"\"\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80\"", "[]", "{}", "[[],{},[{}]]",
		"{\"z\":1,\"a\":2,\"Z\":3,\"\":4,\"a/b\":5,\"m~n\":6}",
		"[1,\"x\",null,true,false,{\"a\":[1.10,2.0e0]}]",
		"[123456789012345678901234567890123456789012345678901234567890123456789012345678901,"
		"\"not 1234567890123456789012345678901234567890123456789012345678901234567890\",2]",
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = parse(a, rows[i]);

		assert_str(json_text(a, v), rows[i]);
		assert_true(json_identical(v, parse(a, rows[i])));
		assert_true(json_identical(v, json_copy(a, v)));
		assert_true(json_equal(v, json_copy(a, v)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_round_trip),
	};

	return UNIT_RUN(tests);
}
