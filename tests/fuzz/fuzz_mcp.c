/*
 * fuzz_mcp.c - lines from a host that means no good: each input is a whole conversation.
 *
 * The front runs with an engine that has local tools only; one of them asks the client.
 * What comes out must be messages a strict reader takes, and must answer what was asked:
 * no id comes twice unless it was used twice, and none that was never sent.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "front/mcp.h"
#include "wire/loop.h"
#include "work/call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum verdict step_echo(struct call *c)
{
	struct json *v = json_new_object(call_arena(c));

	json_set_str(call_arena(c), v, "text", arg_str(c, "text"));
	progress(c, 1, 2, "%s", arg_z(c, "text"));
	return done(c, v);
}

static enum verdict step_ask(struct call *c)
{
	struct json *params = json_new_object(call_arena(c)), *v = json_new_object(call_arena(c));
	const struct json *answer;

	json_set_z(call_arena(c), params, "message", "Well?");
	json_set(call_arena(c), params, "requestedSchema", json_new_object(call_arena(c)));
	answer = ask(c, "q", "elicitation/create", params);
	if (!answer)
		return ASK;
	json_set(call_arena(c), v, "answer", json_copy(call_arena(c), answer));
	return done(c, v);
}

static const struct param echo_params[] = {
	{ .name = "text", .type = JSON_STRING, .help = "Said again." },
	{ 0 },
};
static const struct field echo_fields[] = {
	{ "text", JSON_STRING, "The text.", false, false },
	{ 0 },
};
static const struct param no_params[] = { { 0 } };
#define ROW(n, s, p, r)                                                                            \
	{ .name = n, .title = n, .description = n, .toolset = "meta", .klass = CLASS_READ_ONLY,    \
	  .read_only = true, .local = true, .params = p, .result = r, .step = s }
static const struct tool ask_row = ROW("ask", step_ask, no_params, NULL);
static const struct tool echo_row = ROW("echo", step_echo, echo_params, echo_fields);
static const struct tool *const rows[] = { &ask_row, &echo_row };

static const struct mcp_source source = { .tool = "echo", .list = "", .value = "text" };
static const struct mcp_argument arguments[] = {
	{ .name = "text", .param = "text", .required = true, .source = &source },
	{ 0 },
};
static const struct mcp_prompt prompts[] = {
	{ .name = "say", .description = "d", .arguments = arguments, .text = "Say {text}\nand more" },
	{ .name = "asks", .description = "d", .tool = "ask" },
	{ 0 },
};
static const struct mcp_resource resources[] = {
	{ .uri = "x://fixed", .name = "fixed", .mime = "text/plain", .text = "t" },
	{ 0 },
};
static const struct mcp_template templates[] = {
	{ .uri = "x://{text}/data", .name = "family", .variables = arguments, .tool = "echo" },
	{ 0 },
};
static const struct mcp_offer offer = {
	.name = "fuzz", .version = "0", .instructions = "none", .prompts = prompts,
	.resources = resources, .templates = templates, .lists_change = true,
};

/* Every line is one message, or one array of them, and nothing else. */
static void look_at(void *arg, struct str line)
{
	struct arena a;
	struct json *doc;

	(void)arg;
	arena_init(&a, 256u << 20);
	doc = json_parse(&a, line, JSON_STRICT, NULL);
	if (!doc || str_find_char(line, '\n') >= 0)
		abort();
	for (const struct json *v = json_is(doc, JSON_ARRAY) ? json_first(doc) : doc; v;
	     v = json_is(doc, JSON_ARRAY) ? json_next(v) : NULL) {
		bool answer = json_get(v, "result") || json_get(v, "error");

		if (!str_eq(json_get_str(v, "jsonrpc"), S("2.0")) ||
		    answer == (json_get(v, "method") != NULL))
			abort();
		if (json_get(v, "result") && !json_get(v, "id"))
			abort();
	}
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf conf = {
		.profile = "fuzz", .cloud = "public", .tenant = "organizations",
		.store = "refresh_token_file", .refresh_token_file = "/dev/null/none",
		.state_dir = "/dev/null/none",
	};
	const char *message = "";
	struct loop *loop = loop_new();
	struct arena a;
	struct work *work;
	struct mcp *m;

	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&a, 64u << 20);
	work = work_new(&a, &(struct work_options){ .loop = loop, .conf = &conf, .tools = rows,
						    .tool_count = 2, .front = "mcp" }, &message);
	if (!work)
		abort();
	m = mcp_new(&(struct mcp_options){ .loop = loop, .work = work, .offer = &offer }, look_at,
		    NULL);
	/* In two pieces, so that messages are cut, too. */
	mcp_feed(m, str_n((const char *)data, size / 2));
	loop_turn(loop, 0);
	mcp_feed(m, str_n((const char *)data + size / 2, size - size / 2));
	for (int i = 0; i < 4; i++)
		loop_turn(loop, 0);
	mcp_free(m);
	work_free(work);
	loop_free(loop);
	arena_release(&a);
	return 0;
}
