/*
 * test_reason.c - tools/reason.c: which action is the cause, and what its real message is.
 */
#include "unit.h"

#include "tools/outline.h"
#include "tools/reason.h"

static struct json *parse(struct arena *a, const char *text)
{
	struct json *v = json_parse(a, str_from(text), JSON_STRICT, NULL);

	if (!v)
		fail_msg("not JSON: %s", text);
	return v;
}

static void test_outputs(void **state)
{
	/* Shapes seen in answers of connectors and gateways. */
	static const struct {
		const char *outputs, *status, *code, *message;
	} rows[] = {
		{ "{\"statusCode\":404,\"body\":{\"error\":{\"code\":\"ItemNotFound\",\"message\":"
		  "\"gone\"}}}",
		  "404", "ItemNotFound", "gone" },
		{ "{\"statusCode\":\"400\",\"body\":{\"status\":400,\"message\":\"Column "
		  "missing\"}}",
		  "400", "", "Column missing" },
		{ "{\"statusCode\":400,\"body\":{\"error\":{\"code\":\"Bad\",\"message\":\"outer\","
		  "\"innerError\":{\"code\":\"Inner\",\"message\":\"inner\"}}}}",
		  "400", "Inner", "inner" },
		{ "{\"statusCode\":400,\"body\":{\"error\":{\"code\":\"Bad\",\"message\":\"outer\","
		  "\"innerError\":{\"date\":\"x\"}}}}",
		  "400", "Bad", "outer" },
		{ "{\"statusCode\":400,\"body\":{\"error\":{\"code\":\"Wrap\",\"message\":"
		  "\"{\\\"error\\\":{\\\"code\\\":\\\"Deep\\\",\\\"message\\\":\\\"deep\\\"}}\"}}}",
		  "400", "Deep", "deep" },
		{ "{\"statusCode\":500,\"body\":\"plain words\"}", "500", "", "plain words" },
		{ "{\"statusCode\":502,\"body\":\"{\\\"message\\\":\\\"from JSON text\\\"}\"}",
		  "502", "", "from JSON text" },
		{ "{\"statusCode\":400,\"body\":{\"odata.error\":{\"code\":\"-1\",\"message\":"
		  "{\"lang\":\"en-US\",\"value\":\"old OData\"}}}}",
		  "400", "-1", "old OData" },
		{ "{\"statusCode\":401,\"body\":{\"error\":\"invalid_grant\",\"error_description\":"
		  "\"AADSTS50173\"}}",
		  "401", "invalid_grant", "AADSTS50173" },
		{ "{\"statusCode\":400,\"body\":{\"error\":\"only words\"}}", "400", "",
		  "only words" },
		{ "{\"statusCode\":429,\"body\":{\"errors\":[{\"code\":\"Rate\",\"message\":"
		  "\"slow\"}]}}",
		  "429", "Rate", "slow" },
		{ "{\"error\":{\"code\":\"X\",\"message\":\"no body\"}}", "", "X", "no body" },
		{ "{\"statusCode\":401,\"body\":{\"error\":{\"code\":401,\"message\":\"not JSON\","
		  "\"innerError\":\"Failed to refresh access token\"}}}",
		  "401", "", "Failed to refresh access token" },
		{ "{\"statusCode\":502,\"body\":\"<html><head><title>502 Bad Gateway</title></head>"
		  "</html>\"}",
		  "502", "", "502 Bad Gateway" },
		{ "{\"statusCode\":204}", "204", "", "" },
		{ "7", "", "", "" },
		{ "{\"statusCode\":418,\"body\":[1,2]}", "418", "", "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reason r = reason_of_outputs(a, parse(a, rows[i].outputs));

		if (!str_eq(r.message, str_from(rows[i].message)))
			fail_msg("%s: message %.*s", rows[i].outputs, STR_ARG(r.message));
		assert_str(r.status, rows[i].status);
		assert_str(r.code, rows[i].code);
	}
}

static void test_error(void **state)
{
	struct arena *a = *state;
	struct reason r;

	r = reason_of_error(a,
			    parse(a, "{\"code\":\"InvalidTemplate\",\"message\":\"split null\"}"));
	assert_str(r.message, "split null");
	assert_false(reason_is_generic(&r));
	r = reason_of_error(
		a, parse(a, "{\"code\":\"ActionFailed\",\"message\":\"An action failed.\"}"));
	assert_true(reason_is_generic(&r));
	r = reason_of_error(a, NULL);
	assert_true(reason_is_generic(&r));
}

/* Try (a scope) holds Call and Loop with Step; Catch runs after Try failed, then Stop. */
static const char definition[] =
	"{\"actions\":{"
	"\"Try\":{\"type\":\"Scope\",\"actions\":{"
	"\"Call\":{\"type\":\"Http\"},"
	"\"Loop\":{\"type\":\"Foreach\",\"runAfter\":{\"Call\":[\"Succeeded\"]},\"actions\":{"
	"\"Step\":{\"type\":\"Compose\"}}}}},"
	"\"Catch\":{\"type\":\"Compose\",\"runAfter\":{\"Try\":[\"Failed\",\"TimedOut\"]}},"
	"\"Stop\":{\"type\":\"Terminate\",\"runAfter\":{\"Catch\":[\"Succeeded\"]}}}}";

#define A(name, status, from, to, code)                                                 \
	"{\"actionName\":\"" name "\",\"status\":\"" status "\",\"startTime\":\"T" from \
	"\",\"endTime\":\"T" to "\",\"code\":\"" code "\"}"

static void check(struct arena *a, const char *actions, bool with_index, bool succeeded,
		  const char *order, const char *root)
{
	struct json *index = with_index ? outline_index(a, parse(a, definition)) : NULL;
	struct failures f = reason_failures(a, parse(a, actions), index, succeeded);
	struct buf b;

	buf_init_in(&b, a, 1000);
	for (size_t i = 0; i < f.count; i++)
		buf_addf(&b, "%s%s%s", i ? " " : "", json_get_z(f.at[i], "actionName"),
			 f.handled[i] ? "*" : "");
	assert_str(buf_str(&b), order);
	assert_str(f.root ? json_get_str(f.root, "actionName") : S(""), root);
}

static void test_failures(void **state)
{
	struct arena *a = *state;
	const char *caught = "[" A("Call", "Failed", "2", "3", "BadRequest") "," A(
		"Try", "Failed", "1", "4",
		"ActionFailed") "," A("Loop", "Skipped", "3", "3",
				      "ActionSkipped") "," A("Catch", "Succeeded", "5", "6",
							     "OK") "," A("Stop", "Succeeded", "7",
									 "7", "Terminated") "]";
	const char *open_one = "[" A("Try", "Failed", "1", "4", "ActionFailed") "," A(
		"Call", "Succeeded", "2", "3",
		"OK") "," A("Loop", "Failed", "3", "4",
			    "ActionFailed") "," A("Step", "Failed", "3", "4",
						  "InvalidTemplate") "," A("Catch", "Skipped", "5",
									   "5",
									   "ActionSkipped") "]";
	const char *later = "[" A("Call", "Failed", "2", "3", "BadRequest") "," A(
		"Try", "Failed", "1", "4", "ActionFailed") "," A("Catch", "Failed", "5", "6",
								 "InvalidTemplate") "]";

	/* The handler stopped the run: the caught failure is the cause, and marked as handled. */
	check(a, caught, true, false, "Try* Call*", "Call");
	/* The handler saved the run: there is no cause to report. */
	check(a, caught, true, true, "Try* Call*", "");
	/* Containers first, the action in the loop last. */
	check(a, open_one, true, false, "Try Loop Step", "Step");
	/* The handler itself failed: nobody caught that. */
	check(a, later, true, false, "Try* Call* Catch", "Catch");
	/* Without the definition, the generic code tells containers. */
	check(a, open_one, false, false, "Try Loop Step", "Step");
	check(a, "[]", true, false, "", "");
	check(a, "[" A("Call", "Succeeded", "1", "2", "OK") "]", true, false, "", "");
	/* Of two failures that nobody caught, the first one. */
	check(a, "[" A("B", "Failed", "3", "4", "X") "," A("A", "TimedOut", "1", "2", "Y") "]",
	      false, false, "B A", "A");
}

static void test_loop(void **state)
{
	struct arena *a = *state;
	struct json *index = outline_index(a, parse(a, definition));

	assert_true(reason_failures(a, parse(a, "[" A("Step", "Failed", "1", "2", "X") "]"), index,
				    false)
			    .root_in_loop);
	assert_false(reason_failures(a, parse(a, "[" A("Call", "Failed", "1", "2", "X") "]"), index,
				     false)
			     .root_in_loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_outputs),
		UNIT(test_error),
		UNIT(test_failures),
		UNIT(test_loop),
	};

	return UNIT_RUN(tests);
}
