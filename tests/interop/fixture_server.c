/*
 * fixture_server.c - a server for the official conformance suite and for our own tests of the
 * protocol: flowlatch's MCP front and engine with other tables.
 *
 * Never installed.  Offers what fixture_rows.h lists, and a few tools that wait, count or answer
 * at length, so that conversations can test what no tool of flowlatch does on purpose.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "front/mcp.h"
#include "wire/loop.h"
#include "work/call_priv.h"

#include "fixture_rows.h"

static struct mcp *front;

/* ---- JSON written with ' for ", with $name for arguments and answers ---- */

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

static void add_value(struct call *c, struct buf *b, struct str name, bool as_text)
{
	const struct json *v = json_get_n(c->answers, name);

	if (!v)
		v = arg_json(c, str_c(call_arena(c), name));
	/* The one member of a form is said plainly. */
	if (as_text && json_count(json_get(v, "content")) == 1 &&
	    json_is(json_first(json_get(v, "content")), JSON_STRING))
		buf_adds(b, json_str(json_first(json_get(v, "content"))));
	else
		json_print(b, v);
}

static struct str fill(struct call *c, const char *text, bool as_text)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), LIMIT_LINE);
	for (const char *p = text; *p; p++) {
		struct str name = str_n(p + 1, 0);

		if (*p != '$') {
			buf_addc(&b, !as_text && *p == '\'' ? '"' : *p);
			continue;
		}
		while (name_char(name.p[name.n]))
			name.n++;
		add_value(c, &b, name, as_text);
		p += name.n;
	}
	return buf_str(&b);
}

static struct json *literal(struct call *c, const char *text)
{
	return json_parse(call_arena(c), fill(c, text, false), JSON_STRICT, NULL);
}

static enum verdict say(struct call *c, struct str text)
{
	bool prompt = str_starts(str_from(call_tool(c)->name), S("prompt_"));
	struct json *v = literal(c, prompt ? "[{'role':'user','content':{'type':'text','text':''}}]" :
					     "[{'type':'text','text':''}]");

	json_set_str(call_arena(c), prompt ? json_at(v, "/0/content") : json_item(v, 0), "text",
		     text);
	return done_content(c, v, false);
}

/* ---- steps ---- */

#define ROW_OF(table, c)                                                                           \
	for (size_t i = 0; i < sizeof(table) / sizeof(*(table)); i++)                              \
		if (strcmp((table)[i].row, call_tool(c)->name) == 0)

static enum verdict step_fixed(struct call *c)
{
	ROW_OF(fixed, c)
		return done_content(c, literal(c, fixed[i].content), fixed[i].is_error);
	return fail(c, ERR_INTERNAL, "no such row");
}

/* Only this one asks for less when the client can do less. */
static bool may_ask(struct call *c, const char *method)
{
	const char *can = strcmp(method, "elicitation/create") == 0 ? "elicitation" : "sampling";

	return strcmp(call_tool(c)->name, "test_input_required_result_capabilities") != 0 ||
	       json_get(call_client_capabilities(c), can);
}

static enum verdict step_ask(struct call *c)
{
	for (int round = 1; round <= 2; round++) {
		bool open = false;

		ROW_OF(asked, c)
			if (asked[i].round == round && may_ask(c, asked[i].method))
				open |= !ask(c, asked[i].key, asked[i].method,
					     literal(c, asked[i].params));
		if (open)
			return ASK;
	}
	ROW_OF(said, c)
		return say(c, fill(c, said[i].text, true));
	return fail(c, ERR_INTERNAL, "no such row");
}

static void stage_over(void *arg)
{
	call_stage_ended(arg);
}

/* A stage that only takes time; cancelling the call clears the timer. */
static enum verdict pause_for(struct call *c, int64_t ms)
{
	loop_timer_set(c->work->loop, &c->timer, ms, stage_over, c);
	return FETCH;
}

static enum verdict step_progress(struct call *c)
{
	int stage = call_stage(c);

	progress(c, stage * 50.0, 100, "step %d", stage);
	return stage < 2 ? pause_for(c, 50) : say(c, S("Three steps were taken."));
}

static enum verdict step_logging(struct call *c)
{
	static const char *const messages[] = { "Tool execution started", "Tool processing data",
						"Tool execution completed" };
	int stage = call_stage(c);
	struct str params = fill(c, arena_printf(call_arena(c), "{'level':'info','data':'%s'}",
						 messages[stage]), false);

	if (!c->req.client.modern)
		mcp_notify(front, "notifications/message", params);
	return stage < 2 ? pause_for(c, 50) : say(c, S("Three messages were logged."));
}

static enum verdict step_change(struct call *c)
{
	bool tools = strcmp(call_tool(c)->name, "test_trigger_tool_change") == 0;

	mcp_changed(front, tools ? MCP_TOOLS : MCP_PROMPTS);
	return say(c, S("The list was said to have changed."));
}

static enum verdict step_template(struct call *c)
{
	struct json *v = literal(c, "{'id':$id,'templateTest':true}");

	json_set_z(call_arena(c), v, "data",
		   arena_printf(call_arena(c), "Data for ID: %s", arg_z(c, "id")));
	if (str_eq(arg_str(c, "id"), S("missing")))
		return fail(c, ERR_NOT_FOUND, "there is no such thing");
	return done(c, v);
}

/* Our own: takes `ms` without holding anything up, and says when it began. */
static enum verdict step_wait(struct call *c)
{
	if (call_stage(c) == 0)
		return pause_for(c, arg_int(c, "ms"));
	return done(c, literal(c, "{'waited':$ms}"));
}

/* Our own: an answer of about `bytes`. */
static enum verdict step_long(struct call *c)
{
	size_t n = (size_t)arg_int(c, "bytes");
	char *text = arena_alloc(call_arena(c), n + 1);

	memset(text, 'x', n);
	return say(c, str_n(text, n));
}

/* Our own: an object that its schema describes, with text that hurts careless writers. */
static enum verdict step_hostile(struct call *c)
{
	return done(c, literal(c, "{'line':'a\\nb\\r\\u2028c','quote':'\\u0022\\\\','zero':0,"
				  "'big':12345678901234567890,'exact':1.0}"));
}

/* ---- rows ---- */

static const struct param none[] = { { 0 } };
static const struct param message_param[] = {
	{ .name = "message", .type = JSON_STRING, .flags = P_REQUIRED, .help = "What is asked." },
	{ 0 },
};
static const struct param prompt_param[] = {
	{ .name = "prompt", .type = JSON_STRING, .flags = P_REQUIRED, .help = "For the model." },
	{ 0 },
};
static const struct param uri_param[] = {
	{ .name = "resourceUri", .type = JSON_STRING, .flags = P_REQUIRED, .help = "A URI." },
	{ 0 },
};
static const struct param id_param[] = {
	{ .name = "id", .type = JSON_STRING, .flags = P_REQUIRED, .help = "Any text." },
	{ 0 },
};
static const struct param ms_param[] = {
	{ .name = "ms", .type = JSON_NUMBER, .flags = P_REQUIRED, .help = "Milliseconds.",
	  .max = 100000 },
	{ 0 },
};
static const struct param bytes_param[] = {
	{ .name = "bytes", .type = JSON_NUMBER, .flags = P_REQUIRED, .help = "Bytes.",
	  .max = 64 << 20 },
	{ 0 },
};
static const struct field hostile_fields[] = {
	{ "line", JSON_STRING, "Line separators.", false, false },
	{ "quote", JSON_STRING, "Quotes.", false, false },
	{ "zero", JSON_NUMBER, "Nothing.", false, false },
	{ "big", JSON_NUMBER, "More than a double can hold.", false, false },
	{ "exact", JSON_NUMBER, "With its zero.", false, false },
	{ 0 },
};

#define ROW(n, s, p, ...)                                                                          \
	&(const struct tool){ .name = n, .title = n, .description = "For tests: " n,               \
			      .toolset = "fixture", .klass = CLASS_READ_ONLY, .read_only = true,   \
			      .idempotent = true, .local = true, .params = p, .step = s, __VA_ARGS__ }
#define HIDDEN .unlisted = true

/* Sorted by name, as the engine wants it. */
static const struct tool *const tools[] = {
	ROW("hostile", step_hostile, none, .result = hostile_fields),
	ROW("long", step_long, bytes_param),
	ROW("prompt_with_embedded_resource", step_fixed, uri_param, HIDDEN),
	ROW("prompt_with_image", step_fixed, none, HIDDEN),
	ROW("prompt_with_input", step_ask, none, HIDDEN),
	ROW("read_template", step_template, id_param, HIDDEN),
	ROW("test_audio_content", step_fixed, none),
	ROW("test_elicitation", step_ask, message_param),
	ROW("test_elicitation_sep1034_defaults", step_ask, none),
	ROW("test_elicitation_sep1330_enums", step_ask, none),
	ROW("test_embedded_resource", step_fixed, none),
	ROW("test_error_handling", step_fixed, none),
	ROW("test_image_content", step_fixed, none),
	ROW("test_input_required_result_capabilities", step_ask, none),
	ROW("test_input_required_result_elicitation", step_ask, none),
	ROW("test_input_required_result_list_roots", step_ask, none),
	ROW("test_input_required_result_multi_round", step_ask, none),
	ROW("test_input_required_result_multiple_inputs", step_ask, none),
	ROW("test_input_required_result_request_state", step_ask, none),
	ROW("test_input_required_result_sampling", step_ask, none),
	ROW("test_input_required_result_tampered_state", step_ask, none),
	ROW("test_logging_tool", step_fixed, none),
	ROW("test_missing_capability", step_ask, none),
	ROW("test_multiple_content_types", step_fixed, none),
	ROW("test_sampling", step_ask, prompt_param),
	ROW("test_simple_text", step_fixed, none),
	ROW("test_streaming_elicitation", step_ask, none),
	ROW("test_tool_with_logging", step_logging, none),
	ROW("test_tool_with_progress", step_progress, none),
	ROW("test_trigger_prompt_change", step_change, none),
	ROW("test_trigger_tool_change", step_change, none),
	ROW("wait", step_wait, ms_param),
};

/* ---- methods that flowlatch does not have ---- */

static bool extra_method(struct mcp *m, struct str method, bool modern, const struct json *params,
			 struct buf *result)
{
	static const char *const known[] = { "logging/setLevel", "resources/subscribe",
					     "resources/unsubscribe" };

	(void)params;
	(void)result;
	front = m;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!modern && str_eq(method, str_from(known[i])))
			return true;
	return false;
}

static const struct mcp_extension extension = {
	.capabilities = "\"logging\":{}",
	.method = extra_method,
};

static const struct mcp_offer offer = {
	.name = "flowlatch-fixture",
	.title = "Fixture for protocol tests",
	.version = FLOWLATCH_VERSION,
	.instructions = "For tests only.",
	.prompts = prompts,
	.resources = resources,
	.templates = templates,
	.lists_change = true,
	.extension = &extension,
};

int main(int argc, char **argv)
{
	static struct arena arena;
	const char *message = "out of memory";
	struct conf conf;
	struct loop *loop;
	struct work *work;
	int status;

	os_harden();
	arena_init(&arena, LIMIT_CALL_ARENA);
	loop = loop_new();
	if (!loop || !conf_load(&arena, &(struct conf_request){ 0 }, &conf, &message))
		return log_error("%s", message), 70;
	/* Never signs in, but keeps the keys of log and seals in its state directory. */
	conf.store = "refresh_token_file";
	conf.refresh_token_file = arena_printf(&arena, "%s/none", os_state_dir(&arena));
	work = work_new(&arena,
			&(struct work_options){ .loop = loop, .conf = &conf, .tools = tools,
						.tool_count = sizeof(tools) / sizeof(*tools),
						.front = "mcp" },
			&message);
	if (!work)
		return log_error("%s", message), 70;
	status = mcp_run(&(struct mcp_options){
		.loop = loop,
		.work = work,
		.offer = &offer,
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.drain = argc > 1 && strcmp(argv[1], "--drain") == 0,
	});
	work_free(work);
	loop_free(loop);
	arena_release(&arena);
	return status;
}
