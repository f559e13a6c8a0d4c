/*
 * hello_tool.c - a tool in one file: its row, its step function, and a server that offers it.
 *
 *	build/examples/hello_tool --practice	(an MCP server with one tool, count_flows)
 *
 * A tool of flowlatch itself needs only the first half, in src/tools/, and a line in
 * src/tools/table.c; see HACKING.md.
 */
#include <flowlatch/tool.h>

/* ---- the tool ---- */

/* One page at a time, so that ten thousand flows need little memory: keep the state only. */
static struct json *keep_state(struct call *c, const struct json *flow)
{
	return json_new_str(call_arena(c), json_str(json_at(flow, "/properties/state")));
}

/* Called again each time something it asked for has arrived; call_stage() counts them. */
static enum verdict count_flows(struct call *c)
{
	static const struct paging pages = { .keep = keep_state };
	struct json *out;

	if (call_stage(c) == 0)
		return fetch_all(c, url(c, HOST_FLOW, "/environments/%s/flows",
					arg_z(c, "environmentName")), &pages);

	out = json_new_object(call_arena(c));
	JSON_EACH(state, res(c)) {
		const char *name = json_z(state);

		json_set_int(call_arena(c), out, name, json_int(json_get(out, name), 0) + 1);
	}
	return done(c, out);
}

static const struct tool tool_count_flows = {
	.name = "count_flows",
	.title = "Count flows",
	.description = "Counts your flows in an environment by their state. For the flows "
		       "themselves use list_live_flows.",
	.toolset = "flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = (const struct param[]){
		{ .name = "environmentName", .type = JSON_STRING, .flags = P_REQUIRED | P_ENVIRONMENT,
		  .help = "Environment id, exact name or portal link.", .max = 2048 },
		{ .name = NULL },
	},
	.step = count_flows,
};

/* ---- the server ---- */

#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "front/mcp.h"
#include "front/practice.h"
#include "wire/loop.h"
#include "work/call.h"

int main(int argc, char **argv)
{
	static const struct tool *const tools[] = { &tool_count_flows };
	static const struct mcp_offer offer = {
		.name = "hello", .title = "Hello", .version = FLOWLATCH_VERSION,
		.description = "one tool", .instructions = "Call count_flows.",
	};
	bool practising = argc > 1 && str_eq(str_from(argv[1]), S("--practice"));
	struct practice *practice = NULL;
	struct work *work = NULL;
	const char *message = "";
	struct arena arena;
	struct loop *loop;
	struct conf conf;
	int code = 2;

	os_harden();
	arena_init(&arena, LIMIT_CLI_ARENA);
	loop = loop_new();
	if (!conf_load(&arena, &(struct conf_request){ .options_only = practising }, &conf,
		       &message))
		goto out;
	if (practising)
		practice = practice_start(&arena, loop, &conf, &message);
	if (practice || !practising)
		work = work_new(&arena,
				&(struct work_options){ .loop = loop, .conf = &conf, .tools = tools,
							.tool_count = 1, .front = "mcp" },
				&message);
	if (!work)
		goto out;
	if (practice)
		practice_attach(practice, work);
	code = mcp_run(&(struct mcp_options){ .loop = loop, .work = work, .offer = &offer,
					      .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO,
					      .drain = true });
out:
	if (code == 2)
		log_error("%s", message);
	work_free(work);
	practice_stop(practice);
	loop_free(loop);
	arena_release(&arena);
	return code;
}
