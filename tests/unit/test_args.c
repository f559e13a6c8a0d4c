/*
 * test_args.c - arguments against a row, results cut to size: work/args.c, shape.c, describe.c,
 * seal.c.
 */
#include "unit.h"

#include "work/call_priv.h"

static enum verdict never(struct call *c)
{
	return done(c, NULL);
}

static const struct param params[] = {
	{ "environmentName", JSON_STRING, P_ENVIRONMENT, "Which environment.", .max = 64 },
	{ "name", JSON_STRING, P_REQUIRED, "A name.", .alias = "oldName", .max = 8 },
	{ "mode", JSON_STRING, 0, "A mode.", .choices = "owner admin" },
	{ "top", JSON_NUMBER, 0, "How many.", .min = 1, .max = 100, .otherwise = "30" },
	{ "deep", JSON_BOOL, 0, "Whether." },
	{ "since", JSON_STRING, P_TIME, "From when." },
	{ "parts", JSON_ARRAY, 0, "Parts.", .max = 2, .items = JSON_NUMBER },
	{ "body", JSON_OBJECT, 0, "A body." },
	{ "hidden", JSON_STRING, P_UNLISTED, "An old spelling." },
	{ 0 },
};

static const struct tool tool = {
	.name = "a_tool", .title = "A tool", .description = "Does it.", .toolset = "meta",
	.read_only = true, .local = true, .params = params, .list = "items", .step = never,
};

struct fixture {
	struct conf conf;
	struct work work;
	struct call *call;
};

static struct call *make_call(struct arena *a, const struct tool *t, const char *arguments)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->conf = (struct conf){ .profile = "default", .cloud = "public" };
	f->work = (struct work){ .conf = &f->conf, .seal_key_ready = true };
	f->call = arena_alloc(a, sizeof(*f->call));
	f->call->work = &f->work;
	f->call->tool = t;
	f->call->arena = a;
	f->call->args = json_parse(a, str_from(arguments), JSON_STRICT, NULL);
	return f->call;
}

static void test_arguments(void **state)
{
	static const struct {
		const char *in;
		const char *out;   /* what the tool sees, or NULL */
		const char *error; /* part of the message */
		const char *hint;  /* part of the hint */
	} rows[] = {
		{ "{\"name\":\"x\"}", "{\"name\":\"x\"}", NULL, NULL },
		{ "{\"oldName\":\"x\"}", "{\"name\":\"x\"}", NULL, NULL },
		{ "{\"oldName\":\"x\",\"name\":\"y\"}", NULL, "given twice", NULL },
		{ "{}", NULL, "\"name\" is missing", "A name." },
		{ "{\"name\":null}", NULL, "\"name\" is missing", NULL },
		{ "{\"name\":\"\"}", NULL, "is empty", NULL },
		{ "{\"name\":\"123456789\"}", NULL, "longer than 8 bytes", NULL },
		{ "{\"name\":5}", NULL, "must be a string, not number", NULL },
		{ "{\"name\":\"x\",\"nmae\":\"y\"}", NULL, "no argument \"nmae\"", "\"name\"?" },
		{ "{\"name\":\"x\",\"Name\":\"y\"}", NULL, "no argument \"Name\"", "\"name\"?" },
		{ "{\"name\":\"x\",\"zzzzzzzzzzzz\":1}", NULL, "no argument", "It takes: " },
		{ "{\"name\":\"x\",\"mode\":\"ADMIN\"}", "{\"name\":\"x\",\"mode\":\"admin\"}", NULL, NULL },
		{ "{\"name\":\"x\",\"mode\":\"boss\"}", NULL, "cannot be \"boss\"", "owner admin" },
		{ "{\"name\":\"x\",\"top\":7}", "{\"name\":\"x\",\"top\":7}", NULL, NULL },
		{ "{\"name\":\"x\",\"top\":\"7\"}", "{\"name\":\"x\",\"top\":7}", NULL, NULL },
		{ "{\"name\":\"x\",\"top\":0}", NULL, "between 1 and 100", NULL },
		{ "{\"name\":\"x\",\"top\":101}", NULL, "between 1 and 100", NULL },
		{ "{\"name\":\"x\",\"top\":1.5}", NULL, "whole number", NULL },
		{ "{\"name\":\"x\",\"top\":1e99}", NULL, "whole number", NULL },
		{ "{\"name\":\"x\",\"top\":\"many\"}", NULL, "must be a number", NULL },
		{ "{\"name\":\"x\",\"deep\":\"true\"}", "{\"name\":\"x\",\"deep\":true}", NULL, NULL },
		{ "{\"name\":\"x\",\"deep\":1}", NULL, "must be a boolean", NULL },
		{ "{\"name\":\"x\",\"since\":\"2026-11-21T18:00:00Z\"}",
		  "{\"name\":\"x\",\"since\":\"2026-11-21T18:00:00Z\"}", NULL, NULL },
		{ "{\"name\":\"x\",\"since\":\"yesterday\"}", NULL, "is not a time", NULL },
		{ "{\"name\":\"x\",\"parts\":[1,2,3]}", NULL, "more than 2 items", NULL },
		{ "{\"name\":\"x\",\"parts\":\"[1]\"}", "{\"name\":\"x\",\"parts\":[1]}", NULL, NULL },
		{ "{\"name\":\"x\",\"parts\":[\"1\"]}", NULL, "item of another type", NULL },
		{ "{\"name\":\"x\",\"fields\":[1]}", NULL, "item of another type", NULL },
		{ "{\"name\":\"x\",\"body\":[]}", NULL, "must be an object, not array", NULL },
		{ "{\"name\":\"x\",\"environmentName\":\"a\\u0007b\"}", NULL, "control character", NULL },
		{ "{\"name\":\"x\",\"hidden\":\"h\"}", "{\"name\":\"x\",\"hidden\":\"h\"}", NULL, NULL },
		{ "{\"name\":\"x\",\"fields\":[\"a\"],\"cursor\":\"c\"}",
		  "{\"name\":\"x\",\"fields\":[\"a\"],\"cursor\":\"c\"}", NULL, NULL },
		{ "[]", NULL, "must be an object", NULL },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call *c = make_call(a, &tool, rows[i].in);
		bool fine = args_check(c);

		if (fine != (rows[i].out != NULL))
			fail_msg("%s: %s", rows[i].in, fine ? "accepted" : c->failure.message);
		if (fine) {
			assert_str(json_text(a, c->args), rows[i].out);
			continue;
		}
		assert_int_equal(c->failure.err, ERR_INVALID_ARGUMENT);
		if (!strstr(c->failure.message, rows[i].error))
			fail_msg("%s: %s", rows[i].in, c->failure.message);
		if (rows[i].hint && !strstr(c->failure.hint, rows[i].hint))
			fail_msg("%s: hint %s", rows[i].in, c->failure.hint);
	}
}

static void test_defaults(void **state)
{
	struct call *c = make_call(*state, &tool, "{\"name\":\"x\"}");

	assert_true(args_check(c));
	assert_int_equal(arg_int(c, "top"), 30);
	assert_false(arg_bool(c, "deep"));
	assert_str(arg_str(c, "mode"), "");
	assert_false(arg_given(c, "top"));
	assert_true(arg_given(c, "name"));
}

static void test_schema(void **state)
{
	struct arena *a = *state;
	struct json *v = tool_describe(a, &tool);
	static const char *const hints[] = { "readOnlyHint", "destructiveHint", "idempotentHint",
					     "openWorldHint" };

	for (size_t i = 0; i < COUNT(hints); i++)
		assert_int_equal(json_type(json_get(json_get(v, "annotations"), hints[i])), JSON_BOOL);
	assert_str(json_text(a, json_at(v, "/inputSchema/required")), "[\"name\"]");
	assert_str(json_text(a, json_at(v, "/inputSchema/properties/top")),
		   "{\"type\":\"integer\",\"description\":\"How many.\",\"minimum\":1,"
		   "\"maximum\":100,\"default\":30}");
	assert_str(json_text(a, json_at(v, "/inputSchema/properties/mode/enum")),
		   "[\"owner\",\"admin\"]");
	assert_str(json_text(a, json_at(v, "/inputSchema/properties/parts/items")),
		   "{\"type\":\"number\"}");
	assert_str(json_text(a, json_at(v, "/inputSchema/properties/fields/items")),
		   "{\"type\":\"string\"}");
	assert_null(json_at(v, "/inputSchema/properties/hidden"));
	assert_non_null(json_at(v, "/inputSchema/properties/cursor"));
	assert_null(json_get(v, "outputSchema"));
	JSON_EACH(p, json_at(v, "/inputSchema/properties"))
	assert_true(json_get_str(p, "type").n > 0);
}

/* A document with `n` items of about `size` bytes. */
static struct json *long_list(struct arena *a, size_t n, size_t size)
{
	struct json *doc = json_new_object(a), *items = json_new_array(a);
	char *filler = arena_alloc(a, size + 1);

	memset(filler, 'x', size);
	for (size_t i = 0; i < n; i++) {
		struct json *item = json_new_object(a);

		json_set_int(a, item, "id", (int64_t)i);
		json_set_z(a, item, "text", filler);
		json_push(items, item);
	}
	json_set_int(a, doc, "totalCount", (int64_t)n);
	json_set(a, doc, "items", items);
	return doc;
}

/* Following the cursors yields every item once, in order, and each answer fits. */
static void test_cursors(void **state)
{
	struct arena *a = *state;
	const char *arguments = "{\"name\":\"x\"}";
	size_t seen = 0, rounds = 0;

	for (;;) {
		struct call *c = make_call(a, &tool, arguments);
		struct json *doc;

		assert_true(args_check(c));
		doc = shape_document(c, long_list(a, 1000, 700));
		assert_false(c->failure.set);
		assert_true(json_text(a, doc).n <= LIMIT_RESULT + 1000);
		JSON_EACH(item, json_get(doc, "items"))
		assert_int_equal(json_int(json_get(item, "id"), -1), (int64_t)seen++);
		rounds++;
		if (!json_get(c->notes, "cursor")) {
			assert_int_equal(seen, 1000);
			break;
		}
		assert_int_equal(json_int(json_get(c->notes, "more"), -1), (int64_t)(1000 - seen));
		arguments = arena_printf(a, "{\"name\":\"x\",\"cursor\":\"%s\"}",
					 json_get_z(c->notes, "cursor"));
	}
	assert_true(rounds > 5);
}

static void test_cursor_is_bound(void **state)
{
	struct arena *a = *state;
	struct call *c = make_call(a, &tool, "{\"name\":\"x\"}"), *d;
	static struct tool other;
	char *cursor;

	assert_true(args_check(c));
	shape_document(c, long_list(a, 1000, 700));
	cursor = arena_copy(a, json_get_z(c->notes, "cursor"), json_get_str(c->notes, "cursor").n);
	/* Another environment, another tool, a changed byte: none is accepted. */
	for (size_t i = 0; i < 3; i++) {
		other = tool;
		if (i == 1)
			other.name = "another_tool";
		if (i == 2)
			cursor[10] = cursor[10] == 'A' ? 'B' : 'A';
		d = make_call(a, &other, arena_printf(a, "{\"name\":\"x\",%s\"cursor\":\"%s\"}",
						      i == 0 ? "\"environmentName\":\"e\"," : "",
						      cursor));
		assert_true(args_check(d));
		shape_document(d, long_list(a, 1000, 700));
		assert_int_equal(d->failure.err, ERR_INVALID_ARGUMENT);
	}
}

static void test_fields(void **state)
{
	struct arena *a = *state;
	struct call *c = make_call(a, &tool, "{\"name\":\"x\",\"fields\":[\"id\",\"none\"]}");

	assert_true(args_check(c));
	assert_str(json_text(a, shape_document(c, long_list(a, 2, 5))),
		   "{\"totalCount\":2,\"items\":[{\"id\":0},{\"id\":1}]}");
}

/* What was shown in place of the real thing is not written back; reading may name it. */
static void test_guard(void **state)
{
	static const struct {
		const char *in, *error; /* NULL: fine */
	} rows[] = {
		{ "{\"name\":\"x\",\"body\":{\"a\":[1,\"plain\"]}}", NULL },
		{ "{\"name\":\"x\",\"body\":{\"a\":[1,\"u?sig=[REDACTED:sas_sig_param:0123abcd]\"]}}",
		  "/body/a/1 holds a mask" },
		{ "{\"name\":\"x\",\"body\":{\"a/b\":{\"[redacted:jwt:00000000]\":1}}}",
		  "/body/a~1b/[redacted:jwt:00000000] holds a mask" },
		{ "{\"name\":\"x\",\"body\":{\"x\":{\"inputsCut\":{}}}}",
		  "/body/x/inputsCut holds a mark of something that was cut" },
		{ "{\"name\":\"x\",\"body\":{\"f\":{\"$content\":{\"bytes\":9,\"sha256\":\"00\"}}}}",
		  "/body/f/$content holds a file's size and digest" },
		{ "{\"name\":\"x\",\"body\":{\"f\":{\"$content\":\"aGVsbG8=\"}}}", NULL },
		{ "{\"name\":\"x\",\"body\":{\"note\":\"[redacted by the author]\"}}", NULL },
	};
	struct arena *a = *state;
	struct tool writes = tool;

	writes.read_only = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call *c = make_call(a, &writes, rows[i].in);

		assert_int_equal(args_check(c), rows[i].error == NULL);
		if (rows[i].error)
			assert_non_null(strstr(c->failure.message, rows[i].error));
		assert_true(args_check(make_call(a, &tool, rows[i].in)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_arguments), UNIT(test_guard), UNIT(test_defaults),	  UNIT(test_schema),
		UNIT(test_cursors),   UNIT(test_cursor_is_bound), UNIT(test_fields),
	};

	return UNIT_RUN(tests);
}
