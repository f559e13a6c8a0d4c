/*
 * test_outline.c - tools/outline.c: the steps of a definition.
 */
#include "unit.h"

#include "tools/outline.h"

static const char definition[] =
	"{\"triggers\":{\"When_a_row\":{\"type\":\"OpenApiConnection\",\"recurrence\":{"
	"\"interval\":3},"
	"\"conditions\":[{\"expression\":\"@true\"}],\"inputs\":{\"host\":{\"apiId\":"
	"\"/providers/Microsoft.PowerApps/apis/shared_sql\",\"connectionName\":\"shared_sql_1\","
	"\"operationId\":\"OnNewItems\"}}}},"
	"\"actions\":{"
	"\"First\":{\"type\":\"Compose\",\"runAfter\":{},\"inputs\":1},"
	"\"Check\":{\"type\":\"If\",\"runAfter\":{\"First\":[\"Succeeded\"]},"
	"\"actions\":{\"Yes\":{\"type\":\"Compose\"}},"
	"\"else\":{\"actions\":{\"No\":{\"type\":\"Http\",\"inputs\":{\"method\":\"GET\"}}}}},"
	"\"Pick one\":{\"type\":\"Switch\",\"runAfter\":{\"Check\":[\"Failed\",\"TimedOut\"]},"
	"\"cases\":{\"A/1\":{\"case\":1,\"actions\":{\"In_A\":{\"type\":\"Compose\"}}}},"
	"\"default\":{\"actions\":{\"Loop\":{\"type\":\"Foreach\",\"actions\":"
	"{\"Deep\":{\"type\":\"Compose\"}}}}}}}}";

static const struct json *parsed(struct arena *a)
{
	struct json *v = json_parse(a, str_from(definition), JSON_STRICT, NULL);

	assert_non_null(v);
	return v;
}

static void test_outline(void **state)
{
	struct arena *a = *state;

	assert_str(
		json_text(a, outline_make(a, parsed(a))),
		"[{\"name\":\"When_a_row\",\"trigger\":true,\"type\":\"OpenApiConnection\","
		"\"operation\":\"shared_sql/OnNewItems\",\"connection\":\"shared_sql_1\","
		"\"recurrence\":{\"interval\":3},\"conditions\":[{\"expression\":\"@true\"}]},"
		"{\"name\":\"First\",\"type\":\"Compose\"},"
		"{\"name\":\"Check\",\"type\":\"If\",\"runAfter\":[\"First\"],\"steps\":2},"
		"{\"name\":\"Yes\",\"type\":\"Compose\",\"in\":\"Check\"},"
		"{\"name\":\"No\",\"type\":\"Http\",\"in\":\"Check/else\",\"method\":\"GET\"},"
		"{\"name\":\"Pick one\",\"type\":\"Switch\",\"runAfter\":[\"Check: Failed, "
		"TimedOut\"],"
		"\"steps\":3},"
		"{\"name\":\"Loop\",\"type\":\"Foreach\",\"in\":\"Pick one/default\",\"steps\":1},"
		"{\"name\":\"Deep\",\"type\":\"Compose\",\"in\":\"Loop\"},"
		"{\"name\":\"In_A\",\"type\":\"Compose\",\"in\":\"Pick one/case A/1\"}]");
}

static void test_find(void **state)
{
	static const struct {
		const char *name, *pointer, *in;
	} rows[] = {
		{ "When_a_row", "/triggers/When_a_row", "" },
		{ "first", "/actions/First", "" },
		{ "No", "/actions/Check/else/actions/No", "Check/else" },
		{ "Pick_one", "/actions/Pick one", "" },
		{ "in a", "/actions/Pick one/cases/A~11/actions/In_A", "Pick one/case A/1" },
		{ "Deep", "/actions/Pick one/default/actions/Loop/actions/Deep", "Loop" },
	};
	struct arena *a = *state;
	const struct json *d = parsed(a);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outline_step s = outline_find(a, d, str_from(rows[i].name));

		assert_non_null(s.value);
		assert_str(s.pointer, rows[i].pointer);
		assert_str(s.in, rows[i].in);
		assert_true(json_identical(s.value, json_at_n(d, s.pointer)));
	}
	assert_null(outline_find(a, d, S("Nothing")).value);
}

static void test_index(void **state)
{
	struct arena *a = *state;
	struct json *index = outline_index(a, parsed(a));

	assert_str(json_get_str(json_get(index, "Deep"), "container"), "Loop");
	assert_str(json_get_str(json_get(index, "Loop"), "container"), "Pick one");
	assert_str(json_get_str(json_get(index, "In_A"), "container"), "Pick one");
	assert_str(json_get_str(json_get(index, "First"), "container"), "");
	assert_int_equal(json_count(index), 8);
}

/* Shapes that no service sends must neither crash nor be taken for steps. */
static void test_odd(void **state)
{
	static const char *const rows[] = {
		"null",
		"[]",
		"{}",
		"{\"actions\":[]}",
		"{\"actions\":{\"a\":null}}",
		"{\"actions\":{\"a\":{\"else\":1,\"cases\":[],\"default\":\"x\"}}}",
		"{\"triggers\":7,\"actions\":{\"a\":\"b\"}}",
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = json_parse(a, str_from(rows[i]), JSON_STRICT, NULL);

		assert_non_null(v);
		assert_true(json_count(outline_make(a, v)) <= 1);
		(void)outline_index(a, v);
		(void)outline_find(a, v, S("a"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_outline),
		UNIT(test_find),
		UNIT(test_index),
		UNIT(test_odd),
	};

	return UNIT_RUN(tests);
}
