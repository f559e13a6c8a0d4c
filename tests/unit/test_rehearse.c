/*
 * test_rehearse.c - tools/rehearse_run.c and rehearse_tell.c: an edited definition against a
 * recorded run; tools/changes.c: where two values differ; tools/steps.c.
 */
#include "unit.h"

#include "tools/changes.h"
#include "tools/rehearse_run.h"
#include "tools/steps.h"

static struct json *parsed(struct arena *a, const char *text)
{
	struct json_error e = { 0 };
	struct json *v = json_parse(a, str_from(text), JSON_STRICT, &e);

	if (!v)
		fail_msg("byte %zu: %s in %s", e.offset, e.message, text);
	return v;
}

/* ---- changes ---- */

static void test_changes(void **state)
{
	static const struct {
		const char *was, *now, *want;
		size_t total;
	} rows[] = {
		{ "{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2.0],\"a\":1}", "[]", 0 },
		{ "{\"a\":1}", "{\"a\":2}", "[{\"pointer\":\"/a\",\"was\":1,\"now\":2}]", 1 },
		{ "{\"a\":{\"x/y\":1}}", "{\"a\":{}}", "[{\"pointer\":\"/a/x~1y\",\"was\":1}]", 1 },
		{ "null", "\"x\"", "[{\"pointer\":\"\",\"was\":null,\"now\":\"x\"}]", 1 },
		{ "[1,2,3]", "[1,9]",
		  "[{\"pointer\":\"\",\"wasItems\":3,\"nowItems\":2},"
		  "{\"pointer\":\"/1\",\"was\":2,\"now\":9}]", 2 },
		{ "{\"headers\":{\"Date\":1},\"body\":{\"headers\":1}}",
		  "{\"headers\":{\"Date\":2},\"body\":{\"headers\":2}}",
		  "[{\"pointer\":\"/body/headers\",\"was\":1,\"now\":2}]", 1 },
		{ "[1,2,3,4]", "[5,6,7,8]",
		  "[{\"pointer\":\"/0\",\"was\":1,\"now\":5},{\"pointer\":\"/1\",\"was\":2,\"now\":6}]",
		  4 },
		{ "{\"a\":\"0123456789abcdef\"}", "{}",
		  "[{\"pointer\":\"/a\",\"was\":\"01234567... (16 bytes)\"}]", 1 },
	};
	struct changes_options o = { .most = 2, .longest = 8 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t total;
		struct json *v = changes_of(*state, parsed(*state, rows[i].was),
					    parsed(*state, rows[i].now), &o, &total);

		assert_str(json_text(*state, v), rows[i].want);
		assert_int_equal(total, rows[i].total);
	}
}

/* ---- steps ---- */

static void test_steps(void **state)
{
	struct steps s = steps_of(*state, parsed(*state,
		"{\"actions\":{\"A\":{\"type\":\"Foreach\",\"actions\":{\"B\":{\"type\":\"If\",\"else\":"
		"{\"actions\":{\"C\":{\"type\":\"Http\"}}}}}},\"D\":{\"type\":\"Switch\",\"cases\":"
		"{\"x\":{\"actions\":{\"E\":{\"type\":\"Compose\"}}}},\"default\":{\"actions\":{\"F\":"
		"{\"type\":\"Until\"}}}}}}"));
	static const struct {
		const char *name, *branch;
		int parent, loop;
		unsigned levels, depth;
		bool container, repeats, outside;
	} rows[] = {
		{ "A", "", -1, -1, 0, 0, true, true, false },
		{ "B", "", 0, 0, 1, 1, true, false, false },
		{ "C", "else", 1, 0, 1, 2, false, false, true },
		{ "D", "", -1, -1, 0, 0, true, false, false },
		{ "E", "case x", 3, -1, 0, 1, false, false, false },
		{ "F", "default", 3, -1, 0, 1, true, true, false },
	};

	assert_int_equal(s.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_str(s.at[i].name, rows[i].name);
		assert_str(s.at[i].branch, rows[i].branch);
		assert_int_equal(s.at[i].parent, rows[i].parent);
		assert_int_equal(s.at[i].loop, rows[i].loop);
		assert_int_equal(s.at[i].levels, rows[i].levels);
		assert_int_equal(s.at[i].depth, rows[i].depth);
		assert_int_equal(s.at[i].container, rows[i].container);
		assert_int_equal(s.at[i].repeats, rows[i].repeats);
		assert_int_equal(s.at[i].outside, rows[i].outside);
	}
	assert_int_equal(steps_find(&s, S("f")), 5);
	assert_int_equal(steps_find(&s, S("G")), -1);
	assert_int_equal(steps_of(*state, NULL).count, 0);
}

/* ---- rehearsals ---- */

#define TRIGGER "\"triggers\":{\"manual\":{\"type\":\"Request\",\"kind\":\"Button\"}}"
#define CALL(input, after)                                                             \
	"{\"type\":\"OpenApiConnection\",\"inputs\":{\"host\":{\"operationId\":\"Get\"," \
	"\"connectionName\":\"c\"},\"parameters\":{\"id\":\"" input "\"}},\"runAfter\":{" after "}}"
#define WAS(input)                                                                             \
	"\"inputs\":{\"host\":{\"operationId\":\"Get\",\"connectionReferenceName\":\"other\"}," \
	"\"parameters\":{\"id\":" input "}}"
#define TIMES "\"startTime\":\"2026-11-21T10:00:00Z\",\"endTime\":\"2026-11-21T10:00:01Z\","

/* A flow that splits null, then calls. */
static const char broken[] =
	"{" TRIGGER ",\"actions\":{\"Split\":{\"type\":\"Compose\",\"inputs\":"
	"\"@split(triggerBody()?['t'],';')\",\"runAfter\":{}},"
	"\"Get\":" CALL("@{triggerBody()?['id']}", "\"Split\":[\"Succeeded\"]") "}}";
static const char mended[] =
	"{" TRIGGER ",\"actions\":{\"Split\":{\"type\":\"Compose\",\"inputs\":"
	"\"@split(coalesce(triggerBody()?['t'],''),';')\",\"runAfter\":{}},"
	"\"Get\":" CALL("@{triggerBody()?['id']}", "\"Split\":[\"Succeeded\"]") "}}";
static const char failed_run[] =
	"{\"name\":\"r\",\"status\":\"Failed\",\"startTime\":\"2026-11-21T10:00:00Z\",\"trigger\":{"
	"\"outputs\":{\"body\":{\"t\":null,\"id\":\"7\"}}},\"actions\":{\"Split\":{\"status\":\"Failed\","
	"\"code\":\"BadRequest\"},\"Get\":{\"status\":\"Skipped\",\"code\":\"ActionSkipped\"}}}";

/* A call whose answer is used, recorded to the end. */
static const char calls[] =
	"{" TRIGGER ",\"actions\":{\"Get\":" CALL("@{triggerBody()?['id']}", "") ","
	"\"Use\":{\"type\":\"Compose\",\"inputs\":\"@body('Get')?['n']\",\"runAfter\":{\"Get\":"
	"[\"Succeeded\"]}},"
	"\"Plain\":{\"type\":\"Compose\",\"inputs\":1,\"runAfter\":{\"Use\":[\"Succeeded\"]}}}}";
static const char good_run[] =
	"{\"name\":\"r\",\"status\":\"Succeeded\",\"startTime\":\"2026-11-21T10:00:00Z\",\"trigger\":{"
	"\"outputs\":{\"body\":{\"id\":\"7\",\"x\":\"8\"}}},\"actions\":{"
	"\"Get\":{\"status\":\"Succeeded\"," TIMES WAS("\"7\"") ",\"outputs\":{\"statusCode\":200,"
	"\"headers\":{\"Date\":\"then\"},\"body\":{\"n\":41}}},"
	"\"Use\":{\"status\":\"Succeeded\",\"outputs\":41},"
	"\"Plain\":{\"status\":\"Succeeded\",\"outputs\":1}}}";

/* The same call with another name, argument or with chance in it. */
#define EDITED(name, input)                                                                       \
	"{" TRIGGER ",\"actions\":{\"" name "\":" CALL(input, "") ",\"Use\":{\"type\":\"Compose\","    \
	"\"inputs\":\"@body('" name "')?['n']\",\"runAfter\":{\"" name "\":[\"Succeeded\"]}},"          \
	"\"Plain\":{\"type\":\"Compose\",\"inputs\":1,\"runAfter\":{\"Use\":[\"Succeeded\"]}}}}"

/* A loop whose second pass failed at the far side. */
#define LOOP(body)                                                                               \
	"{" TRIGGER ",\"actions\":{\"Each\":{\"type\":\"Foreach\",\"foreach\":\"@triggerBody()\","      \
	"\"actions\":{\"Get\":" body "},\"runAfter\":{}}}}"
static const char loop_run[] =
	"{\"name\":\"r\",\"status\":\"Failed\",\"startTime\":\"2026-11-21T10:00:00Z\",\"trigger\":{"
	"\"outputs\":{\"body\":[\"a\",\"b\"]}},\"actions\":{\"Each\":{\"status\":\"Failed\"},"
	"\"Get\":{\"status\":\"Failed\",\"repetitions\":{"
	"\"000000\":{\"status\":\"Succeeded\"," WAS("\"a\"") ",\"outputs\":{\"statusCode\":200,\"body\":1}},"
	"\"000001\":{\"status\":\"Failed\"," WAS("\"b\"") ",\"outputs\":{\"statusCode\":404,\"body\":2}}}}}}";
/* Only its last pass was read. */
static const char partial_run[] =
	"{\"name\":\"r\",\"status\":\"Failed\",\"startTime\":\"2026-11-21T10:00:00Z\",\"trigger\":{"
	"\"outputs\":{\"body\":[\"a\",\"b\"]}},\"actions\":{\"Each\":{\"status\":\"Failed\"},"
	"\"Get\":{\"status\":\"Failed\",\"repetitionsLeftOut\":true,\"repetitions\":{"
	"\"000001\":{\"status\":\"Failed\"," WAS("\"b\"") ",\"outputs\":{\"statusCode\":404,\"body\":2}}}}}}";

static const struct {
	const char *title, *before, *now, *run, *answers, *same, *want;
} rehearsals[] = {
	{ "a mended expression: what follows is a call that was never made", broken, mended,
	  failed_run, NULL, NULL,
	  "{\"recordedStatus\":\"Failed\",\"status\":\"Succeeded\",\"certain\":false,"
	  "\"reproduces\":true,\"firstDivergence\":\"Split\",\"actions\":["
	  "{\"actionName\":\"Split\",\"was\":\"Failed\",\"now\":\"Succeeded\",\"what\":\"now succeeds\"},"
	  "{\"actionName\":\"Get\",\"was\":\"Skipped\",\"now\":\"Succeeded\",\"what\":\"assumed\","
	  "\"why\":\"the recorded run did not call it\"}],\"unchanged\":0,\"assumed\":[\"Get\"]}" },
	{ "the same, with an answer by hand that fails", broken, mended, failed_run,
	  "{\"get\":{\"statusCode\":404,\"body\":{}}}", NULL,
	  "{\"recordedStatus\":\"Failed\",\"status\":\"Failed\",\"error\":*,\"certain\":true,"
	  "\"reproduces\":true,\"firstDivergence\":\"Split\",\"actions\":["
	  "{\"actionName\":\"Split\",\"was\":\"Failed\",\"now\":\"Succeeded\",\"what\":\"now succeeds\"},"
	  "{\"actionName\":\"Get\",\"was\":\"Skipped\",\"now\":\"Failed\",\"what\":\"now runs and fails\","
	  "\"code\":\"NotFound\"}],\"unchanged\":0,\"assumed\":[]}" },
	{ "nothing was edited", calls, calls, good_run, NULL, NULL,
	  "{\"recordedStatus\":\"Succeeded\",\"status\":\"Succeeded\",\"certain\":true,"
	  "\"reproduces\":true,\"actions\":[],\"unchanged\":3,\"assumed\":[]}" },
	{ "other inputs: the answer is assumed, and what reads it is uncertain", calls,
	  EDITED("Get", "@{triggerBody()?['x']}"), good_run, NULL, NULL,
	  "{\"recordedStatus\":\"Succeeded\",\"status\":\"Succeeded\",\"certain\":false,"
	  "\"reproduces\":true,\"firstDivergence\":\"Get\",\"actions\":["
	  "{\"actionName\":\"Get\",\"was\":\"Succeeded\",\"now\":\"Succeeded\",\"what\":\"assumed\","
	  "\"why\":\"it would be called with other inputs\",\"inputs\":[{\"pointer\":\"/parameters/id\","
	  "\"was\":\"7\",\"now\":\"8\"}]},"
	  "{\"actionName\":\"Use\",\"was\":\"Succeeded\",\"now\":\"Succeeded\",\"what\":\"other value\","
	  "\"changes\":[{\"pointer\":\"\",\"was\":41,\"now\":null}],\"uncertain\":true}],"
	  "\"unchanged\":1,\"assumed\":[\"Get\"]}" },
	{ "other inputs, marked as the same call", calls, EDITED("Get", "@{triggerBody()?['x']}"),
	  good_run, NULL, "[\"get\"]",
	  "{\"recordedStatus\":\"Succeeded\",\"status\":\"Succeeded\",\"certain\":true,"
	  "\"reproduces\":true,\"actions\":[],\"unchanged\":3,\"assumed\":[]}" },
	{ "a renamed call is the same call", calls, EDITED("Fetch", "7"), good_run, NULL, NULL,
	  "{\"recordedStatus\":\"Succeeded\",\"status\":\"Succeeded\",\"certain\":true,"
	  "\"reproduces\":true,\"firstDivergence\":\"Fetch\",\"actions\":["
	  "{\"actionName\":\"Fetch\",\"was\":null,\"now\":\"Succeeded\",\"what\":\"now runs\"},"
	  "{\"actionName\":\"Get\",\"was\":\"Succeeded\",\"now\":null,\"what\":\"not reached\"}],"
	  "\"unchanged\":2,\"assumed\":[]}" },
	{ "chance in the inputs does not make another call", EDITED("Get", "@{guid()}"),
	  EDITED("Get", "@{guid()}"), good_run, NULL, NULL,
	  "{\"recordedStatus\":\"Succeeded\",\"status\":\"Succeeded\",\"certain\":true,"
	  "\"reproduces\":true,\"actions\":[],\"unchanged\":3,\"assumed\":[]}" },
	{ "a loop: the pass that failed calls what another one called",
	  LOOP(CALL("@{items('Each')}", "")),
	  LOOP(CALL("@{replace(items('Each'),'b','a')}", "")), loop_run,
	  "{\"Get\":{\"body\":1}}", NULL,
	  "{\"recordedStatus\":\"Failed\",\"status\":\"Succeeded\",\"certain\":true,"
	  "\"reproduces\":true,\"firstDivergence\":\"Get\",\"actions\":["
	  "{\"actionName\":\"Get\",\"was\":\"Failed\",\"now\":\"Succeeded\",\"passes\":{\"was\":"
	  "{\"Succeeded\":1,\"Failed\":1},\"now\":{\"Succeeded\":2},\"first\":{\"repetition\":\"000001\","
	  "\"what\":\"now succeeds\"}},\"what\":\"now succeeds\"},"
	  "{\"actionName\":\"Each\",\"was\":\"Failed\",\"now\":\"Succeeded\",\"what\":\"now succeeds\"}],"
	  "\"unchanged\":0,\"assumed\":[]}" },
	{ "a loop of which some passes were read is run for these",
	  LOOP(CALL("@{items('Each')}", "")), LOOP(CALL("@{items('Each')}", "")), partial_run, NULL,
	  NULL,
	  "{\"recordedStatus\":\"Failed\",\"status\":\"Failed\",\"error\":*,\"certain\":false,"
	  "\"reproduces\":true,\"actions\":[],\"unchanged\":2,\"assumed\":[],\"passesLeftOut\":true}" },
	{ "a record that cannot be replayed", mended, mended, failed_run, NULL, NULL,
	  "{\"recordedStatus\":\"Failed\",\"status\":\"Succeeded\",\"certain\":false,"
	  "\"reproduces\":false,\"reproducesNot\":["
	  "{\"actionName\":\"Split\",\"recorded\":\"Failed\",\"replayed\":\"Succeeded\"},"
	  "{\"actionName\":\"Get\",\"recorded\":\"Skipped\",\"replayed\":\"Succeeded\"}],"
	  "\"firstDivergence\":\"Split\",\"actions\":["
	  "{\"actionName\":\"Split\",\"was\":\"Failed\",\"now\":\"Succeeded\",\"what\":\"now succeeds\"},"
	  "{\"actionName\":\"Get\",\"was\":\"Skipped\",\"now\":\"Succeeded\",\"what\":\"assumed\","
	  "\"why\":\"the recorded run did not call it\"}],\"unchanged\":0,\"assumed\":[\"Get\"]}" },
};

/* The run's error is the engine's own text: left out of the comparison where "*" stands. */
static struct str without_error(struct arena *a, struct json *v, const char *want)
{
	if (strstr(want, "\"error\":*")) {
		assert_non_null(json_get(v, "error"));
		json_set_z(a, v, "error", "*");
	}
	return json_text(a, v);
}

static const char *starred(struct arena *a, const char *want)
{
	const char *at = strstr(want, "\"error\":*");

	return at ? arena_printf(a, "%.*s\"error\":\"*\"%s", (int)(at - want), want, at + 9) : want;
}

static void test_rehearse(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rehearsals); i++) {
		struct rehearsal r = {
			.before = parsed(a, rehearsals[i].before),
			.definition = parsed(a, rehearsals[i].now),
			.run = parsed(a, rehearsals[i].run),
			.answers = rehearsals[i].answers ? parsed(a, rehearsals[i].answers) : NULL,
			.same = rehearsals[i].same ? parsed(a, rehearsals[i].same) : NULL,
		};
		const char *why = NULL;
		struct json *v = rehearse(a, &r, &why);

		if (!v)
			fail_msg("%s: %s", rehearsals[i].title, why);
		print_message("# %s\n", rehearsals[i].title);
		assert_str(without_error(a, v, rehearsals[i].want), starred(a, rehearsals[i].want));
	}
}

static void test_edges(void **state)
{
	struct arena *a = *state;
	struct rehearsal r = {
		.before = parsed(a, calls),
		.definition = parsed(a, "{\"actions\":{\"A\":{\"type\":\"Compose\",\"runAfter\":{\"B\":[]}}}}"),
		.run = parsed(a, good_run),
	};
	const char *why = NULL;
	struct json *v;

	assert_null(rehearse(a, &r, &why));
	assert_string_equal(why, "a runAfter names no other action of its scope");
	/* An edited trigger that would not fire. */
	r.definition = json_copy(a, r.before);
	json_set(a, json_at(r.definition, "/triggers/manual"), "conditions",
		 parsed(a, "[{\"expression\":\"@equals(triggerBody()?['id'],'9')\"}]"));
	r.all = true;
	v = rehearse(a, &r, &why);
	assert_false(json_bool(json_at(v, "/trigger/fires"), true));
	assert_int_equal(json_count(json_get(v, "actions")), 3);
	assert_str(json_str(json_at(v, "/actions/0/what")), "same");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_changes),
		UNIT(test_steps),
		UNIT(test_rehearse),
		UNIT(test_edges),
	};

	return UNIT_RUN(tests);
}
