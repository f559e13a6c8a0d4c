/*
 * test_timeline.c - tools/timeline_make.c: when things ran and what made a run long;
 * tools/compare_runs.c: how two runs differ.
 */
#include "unit.h"

#include "tools/compare_runs.h"
#include "tools/timeline_make.h"

static struct json *parsed(struct arena *a, const char *text)
{
	struct json_error e = { 0 };
	struct json *v = json_parse(a, str_from(text), JSON_STRICT, &e);

	if (!v)
		fail_msg("byte %zu: %s in %s", e.offset, e.message, text);
	return v;
}

#define AT(from, to)                                                                          \
	"\"startTime\":\"2026-11-21T10:00:" from "Z\",\"endTime\":\"2026-11-21T10:00:" to "Z\""

/* A fast and a slow branch, joined; then a container with a delay in it. */
static const char definition[] =
	"{\"triggers\":{\"manual\":{\"type\":\"Request\"}},\"actions\":{"
	"\"Fast\":{\"type\":\"Compose\",\"runAfter\":{}},"
	"\"Slow\":{\"type\":\"Http\",\"runAfter\":{}},"
	"\"Join\":{\"type\":\"Compose\",\"runAfter\":{\"Fast\":[\"Succeeded\"],\"Slow\":[\"Succeeded\"]}},"
	"\"Box\":{\"type\":\"Scope\",\"runAfter\":{\"Join\":[\"Succeeded\"]},\"actions\":{"
	"\"Rest\":{\"type\":\"Wait\",\"runAfter\":{}},\"Aside\":{\"type\":\"Compose\",\"runAfter\":{}}}},"
	"\"Never\":{\"type\":\"Compose\",\"runAfter\":{\"Box\":[\"Failed\"]}}}}";
static const char run[] =
	"{\"status\":\"Succeeded\"," AT("00", "50") ",\"trigger\":{\"name\":\"manual\",\"status\":"
	"\"Succeeded\"," AT("00", "00") "},\"actions\":{"
	"\"Fast\":{\"status\":\"Succeeded\",\"code\":\"OK\"," AT("00", "01") "},"
	"\"Slow\":{\"status\":\"Succeeded\"," AT("00", "20") ",\"retryHistory\":[{" AT("01", "05") "},{"
	AT("08", "12") "}]},"
	"\"Join\":{\"status\":\"Succeeded\"," AT("22", "23") "},"
	"\"Box\":{\"status\":\"Succeeded\"," AT("23", "50") "},"
	"\"Rest\":{\"status\":\"Succeeded\"," AT("23", "49") "},"
	"\"Aside\":{\"status\":\"Succeeded\"," AT("23", "24") "},"
	"\"Never\":{\"status\":\"Skipped\",\"code\":\"ActionSkipped\"},"
	"\"Past\":{\"status\":\"Succeeded\"," AT("02", "03") "}}}";

static struct json *timeline(struct arena *a, const char *of)
{
	struct json *d = parsed(a, definition);
	struct steps steps = steps_of(a, d);

	return timeline_make(a, &steps, d, parsed(a, of));
}

static void test_times(void **state)
{
	static const struct {
		const char *pointer, *want;
	} rows[] = {
		{ "/durationMs", "50000" },
		{ "/trigger", "{\"name\":\"manual\",\"type\":\"Request\",\"status\":\"Succeeded\","
			      "\"durationMs\":0}" },
		{ "/criticalPath", "[\"Slow\",\"Join\",\"Box\",\"Rest\"]" },
		{ "/waitingMs", "26000" },
		{ "/steps/0", "{\"name\":\"Fast\",\"type\":\"Compose\",\"parent\":-1,\"status\":"
			      "\"Succeeded\",\"code\":\"OK\",\"startMs\":0,\"durationMs\":1000,\"share\":2}" },
		{ "/steps/1/retries", "2" },
		{ "/steps/1/retryMs", "11000" },
		{ "/steps/1/share", "40" },
		{ "/steps/2/waitMs", "2000" },
		{ "/steps/2/after", "[{\"name\":\"Fast\",\"on\":[\"Succeeded\"]},{\"name\":\"Slow\","
				    "\"on\":[\"Succeeded\"]}]" },
		{ "/steps/4", "{\"name\":\"Rest\",\"type\":\"Wait\",\"parent\":3,\"status\":"
			      "\"Succeeded\",\"startMs\":23000,\"durationMs\":26000,\"share\":52,"
			      "\"waitsFor\":\"a delay\",\"critical\":true}" },
		{ "/steps/6", "{\"name\":\"Never\",\"type\":\"Compose\",\"parent\":-1,\"after\":[{"
			      "\"name\":\"Box\",\"on\":[\"Failed\"]}],\"status\":\"Skipped\"}" },
		{ "/steps/7", "{\"name\":\"Past\",\"type\":\"\",\"parent\":-1,\"gone\":true,\"status\":"
			      "\"Succeeded\",\"startMs\":2000,\"durationMs\":1000}" },
	};
	struct json *v = timeline(*state, run);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(json_text(*state, json_at(v, rows[i].pointer)), rows[i].want);
	assert_int_equal(json_count(json_get(v, "steps")), 8);
}

static void test_tree(void **state)
{
	assert_str(timeline_tree(*state, timeline(*state, run), 6),
		   "Succeeded after 50.0 s\n"
		   "ok   +0 ms     1.0 s      Fast\n"
		   "ok   +0 ms     20.0 s    *Slow 40% retried 2 (11.0 s)\n"
		   "ok   +22.0 s   1.0 s     *Join waited 2.0 s before\n"
		   "ok   +23.0 s   27.0 s    *Box 54%\n"
		   "ok   +23.0 s   26.0 s    *  Rest 52% waits for a delay\n"
		   "ok   +23.0 s   1.0 s        Aside\n"
		   "... and 2 more\n"
		   "(* critical path)\n");
}

/* Answers are strangers': nothing of it may be missing, wrong or turned round in time. */
static void test_odd(void **state)
{
	static const char *const runs[] = {
		"{}",
		"{\"status\":7,\"startTime\":\"yesterday\",\"actions\":[]}",
		"{\"actions\":{\"Fast\":{},\"Slow\":null,\"Box\":\"x\"}}",
		"{\"status\":\"Running\",\"startTime\":\"2026-11-21T10:00:00Z\",\"actions\":{\"Slow\":"
		"{\"status\":\"Running\",\"startTime\":\"2026-11-21T10:00:01Z\"}}}",
		"{\"status\":\"Succeeded\"," AT("50", "00") ",\"actions\":{\"Fast\":{\"status\":"
		"\"Succeeded\"," AT("20", "10") "}}}",
	};
	/* Steps that wait for each other. */
	static const char circle[] =
		"{\"actions\":{\"A\":{\"type\":\"Compose\",\"runAfter\":{\"B\":[\"Succeeded\"]}},"
		"\"B\":{\"type\":\"Compose\",\"runAfter\":{\"A\":[\"Succeeded\"]}}}}";
	static const char both[] = "{\"status\":\"Succeeded\"," AT("00", "09") ",\"actions\":{"
				   "\"A\":{\"status\":\"Succeeded\"," AT("01", "02") "},"
				   "\"B\":{\"status\":\"Succeeded\"," AT("01", "02") "}}}";
	struct arena *a = *state;
	struct json *d = parsed(a, circle), *v;
	struct steps steps = steps_of(a, d);

	for (size_t i = 0; i < COUNT(runs); i++) {
		v = timeline(a, runs[i]);
		assert_true(timeline_tree(a, v, 100).n > 0);
		JSON_EACH (s, json_get(v, "steps"))
			assert_true(json_int(json_get(s, "durationMs"), 0) >= 0);
	}
	v = timeline(a, runs[3]);
	assert_str(json_str(json_at(v, "/steps/1/waitsFor")), "an HTTP answer");
	v = timeline_make(a, &steps, d, parsed(a, both));
	assert_int_equal(json_count(json_get(v, "criticalPath")), 2);
	v = timeline_make(a, &(struct steps){ 0 }, NULL, parsed(a, both));
	assert_int_equal(json_count(json_get(v, "steps")), 2);
}

/* ---- two runs ---- */

static const char flow[] =
	"{\"actions\":{\"Get\":{\"type\":\"OpenApiConnection\",\"runAfter\":{}},"
	"\"If\":{\"type\":\"If\",\"runAfter\":{\"Get\":[\"Succeeded\"]},\"actions\":{\"Yes\":{\"type\":"
	"\"Compose\"}},\"else\":{\"actions\":{\"No\":{\"type\":\"Compose\"}}}},"
	"\"Each\":{\"type\":\"Foreach\",\"runAfter\":{\"If\":[\"Succeeded\"]},\"actions\":{\"Send\":{"
	"\"type\":\"Http\"}}}}}";
static const char good[] =
	"{\"status\":\"Succeeded\"," AT("00", "09") ",\"trigger\":{\"outputs\":{\"body\":{\"n\":1,"
	"\"t\":\"x\"}}},\"actions\":{"
	"\"Get\":{\"status\":\"Succeeded\"," AT("01", "02") ",\"outputs\":{\"statusCode\":200,"
	"\"headers\":{\"Date\":1},\"body\":{\"list\":[1,2]}}},"
	"\"If\":{\"status\":\"Succeeded\"," AT("02", "03") "},"
	"\"Yes\":{\"status\":\"Succeeded\"," AT("02", "03") "},\"No\":{\"status\":\"Skipped\"},"
	"\"Each\":{\"status\":\"Succeeded\"," AT("03", "08") "},"
	"\"Send\":{\"status\":\"Succeeded\"," AT("03", "08") "},"
	"\"Gone\":{\"status\":\"Succeeded\"," AT("08", "09") "}}}";
static const char bad[] =
	"{\"status\":\"Failed\"," AT("30", "59") ",\"trigger\":{\"outputs\":{\"body\":{\"n\":2,"
	"\"t\":null}}},\"actions\":{"
	"\"Get\":{\"status\":\"Succeeded\"," AT("31", "32") ",\"outputs\":{\"statusCode\":200,"
	"\"headers\":{\"Date\":2},\"body\":{\"list\":[]}}},"
	"\"If\":{\"status\":\"Succeeded\"," AT("32", "33") "},"
	"\"No\":{\"status\":\"Succeeded\"," AT("32", "33") "},\"Yes\":{\"status\":\"Skipped\"},"
	"\"Each\":{\"status\":\"Failed\"," AT("33", "58") "},"
	"\"Send\":{\"status\":\"Failed\"," AT("33", "58") ",\"repetitions\":{"
	"\"000000\":{\"status\":\"Succeeded\",\"inputs\":{\"to\":\"a\"}},"
	"\"000001\":{\"status\":\"Failed\",\"inputs\":{\"to\":null},\"error\":{\"code\":\"E\"}}}}}}";

static void test_compare(void **state)
{
	static const struct {
		const char *pointer, *want;
	} rows[] = {
		/* What is missing comes before what is merely another value. */
		{ "/trigger/outputs", "[{\"pointer\":\"/body/t\",\"was\":\"x\",\"now\":null},"
				      "{\"pointer\":\"/body/n\",\"was\":1,\"now\":2}]" },
		{ "/branches", "[{\"actionName\":\"If\",\"other\":\"actions\",\"this\":\"else\"}]" },
		{ "/firstDivergence/actionName", "\"No\"" },
		{ "/values", "[{\"actionName\":\"Get\",\"outputs\":[{\"pointer\":\"/body/list\","
			     "\"wasItems\":2,\"nowItems\":0}]}]" },
		{ "/durations", "[{\"actionName\":\"Each\",\"otherMs\":5000,\"thisMs\":25000},"
				"{\"actionName\":\"Send\",\"otherMs\":5000,\"thisMs\":25000}]" },
		{ "/onlyInOther", "[\"Gone\"]" },
		{ "/steps/1", "{\"actionName\":\"Yes\",\"type\":\"Compose\",\"other\":\"Succeeded\","
			      "\"this\":\"Skipped\"}" },
	};
	struct arena *a = *state;
	struct steps steps = steps_of(a, parsed(a, flow));
	struct json *out = json_new_object(a);

	compare_runs(a, parsed(a, good), parsed(a, bad), &steps, out);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(json_text(a, json_at(out, rows[i].pointer)), rows[i].want);
	assert_int_equal(json_count(json_get(out, "steps")), 5);
}

static void test_compare_pass(void **state)
{
	struct arena *a = *state;
	struct steps steps = steps_of(a, parsed(a, flow));
	struct json *x = parsed(a, bad), *y = parsed(a, bad), *out = json_new_object(a);

	json_set_z(a, json_at(x, "/actions/Send"), "status", "Succeeded");
	json_set_z(a, json_at(x, "/actions/Each"), "status", "Succeeded");
	compare_runs(a, x, y, &steps, out);
	assert_str(json_text(a, json_at(out, "/firstDivergence/pass")),
		   "{\"repetition\":\"000001\",\"against\":\"000000\",\"error\":{\"code\":\"E\"},"
		   "\"inputs\":[{\"pointer\":\"/to\",\"was\":\"a\",\"now\":null}]}");
	out = json_new_object(a);
	compare_runs(a, parsed(a, "{}"), parsed(a, "{\"actions\":7}"), &steps, out);
	assert_null(json_get(out, "firstDivergence"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_times), UNIT(test_tree),	   UNIT(test_odd),
		UNIT(test_compare), UNIT(test_compare_pass),
	};

	return UNIT_RUN(tests);
}
