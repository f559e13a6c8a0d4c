/*
 * test_mcp.c - the MCP front without descriptors: tables of lines and what comes back.
 *
 * Conversations with a whole process are in tests/talk; here is what is easier to see from
 * inside: framing at every possible cut, envelopes, what is said when nothing may be said.
 */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "front/mcp.h"
#include "front/mcp_lines.h"
#include "wire/loop.h"
#include "work/call.h"

/* ---- a server with one tool that is done at once ---- */

static enum verdict step_echo(struct call *c)
{
	struct json *v = json_new_object(call_arena(c));

	json_set_str(call_arena(c), v, "text", arg_str(c, "text"));
	return done(c, v);
}

static const struct param echo_params[] = {
	{ .name = "text", .type = JSON_STRING, .help = "Said again." },
	{ 0 },
};
static const struct tool echo_row = {
	.name = "echo", .title = "Echo", .description = "Says it again.", .toolset = "meta",
	.klass = CLASS_READ_ONLY, .read_only = true, .idempotent = true, .local = true,
	.params = echo_params, .step = step_echo,
};
static const struct tool *const rows[] = { &echo_row };
static const struct mcp_offer offer = {
	.name = "test", .version = "0", .instructions = "none",
};

static struct server {
	struct arena arena;
	struct conf conf;
	struct loop *loop;
	struct work *work;
	struct mcp *mcp;
	struct buf out; /* lines, each with its end */
	unsigned lines;
} s;

static void on_line(void *arg, struct str line)
{
	(void)arg;
	assert_true(str_is_utf8(line));
	assert_int_equal(str_find_char(line, '\n'), -1);
	buf_adds(&s.out, line);
	buf_addc(&s.out, '\n');
	s.lines++;
}

static int setup(void **state)
{
	const char *message = "";

	(void)state;
	s = (struct server){ .loop = loop_new() };
	arena_init(&s.arena, 8u << 20);
	buf_init(&s.out, 64u << 20);
	s.conf = (struct conf){ .arena = &s.arena, .profile = "test", .cloud = "public",
				.tenant = "organizations", .store = "refresh_token_file",
				.refresh_token_file = "/dev/null/none",
				.state_dir = "/dev/null/none" };
	s.work = work_new(&s.arena, &(struct work_options){ .loop = s.loop, .conf = &s.conf,
							    .tools = rows, .tool_count = 1,
							    .front = "mcp" }, &message);
	assert_non_null(s.work);
	s.mcp = mcp_new(&(struct mcp_options){ .loop = s.loop, .work = s.work, .offer = &offer },
			on_line, NULL);
	assert_non_null(s.mcp);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mcp_free(s.mcp);
	work_free(s.work);
	loop_free(s.loop);
	buf_free(&s.out);
	arena_release(&s.arena);
	return 0;
}

static void finish_calls(void)
{
	for (int i = 0; work_busy(s.work) && i < 1000; i++)
		loop_turn(s.loop, 10);
	assert_int_equal(work_busy(s.work), 0);
}

/* What comes back for these bytes, all lines together. */
static const char *said(const char *bytes)
{
	buf_clear(&s.out);
	s.lines = 0;
	mcp_feed(s.mcp, str_from(bytes));
	finish_calls();
	return buf_c(&s.out);
}

/* ---- envelopes ---- */

#define META                                                                                       \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                   \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL(id, rest) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\"," rest "}\n"

static const struct {
	const char *line;
	const char *parts[4]; /* in this order; none: nothing may be said */
} envelopes[] = {
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n",
	  { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n" } },
	{ "{\"method\":\"ping\",\"id\":\"1\",\"jsonrpc\":\"2.0\"}\n", { "\"id\":\"1\"" } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":-0,\"method\":\"ping\"}\n", { "\"id\":-0," } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}\n", { "\"result\":{}" } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Ping\"}\n", { "-32601" } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}\n", { "-32601" } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}\n", { "-32602" } },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n", { 0 } },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n", { 0 } },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n", { 0 } },
	{ "\n\r\n \t\n", { 0 } },
	{ "[]\n", { "-32600" } },
	{ "[1]\n", { "-32600" } },
	{ "{\n", { "-32700" } },
	{ CALL("7", "\"params\":{\"name\":\"echo\",\"arguments\":{\"text\":\"a\\n\\\"b\"}}"),
	  { "\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\":",
	    "{\\\"text\\\":\\\"a\\\\n\\\\\\\"b\\\"}" } },
	{ CALL("7", "\"params\":{\"name\":\"ech\"}"), { "-32602", "did you mean echo?" } },
	{ CALL("7", "\"params\":{\"name\":\"echo\",\"arguments\":{\"txt\":1}}"),
	  { "isError\":true" } },
	/* From here on a modern client works here, and one without _meta has forgotten it. */
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" META "}}\n", { "-32601" } },
	{ CALL("7", "\"params\":{\"name\":\"echo\"," META "}"),
	  { "\"resultType\":\"complete\"", "serverInfo" } },
	{ CALL("7", "\"params\":{\"name\":\"echo\"}"), { "-32602", "protocolVersion" } },
};

static void envelopes_are_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(envelopes); i++) {
		const char *out = said(envelopes[i].line), *at = out;

		if (!envelopes[i].parts[0])
			assert_string_equal(out, "");
		else
			assert_int_equal(s.lines, 1);
		for (size_t j = 0; j < 4 && envelopes[i].parts[j]; j++) {
			at = strstr(at, envelopes[i].parts[j]);
			if (!at)
				print_error("%s gave %s", envelopes[i].line, out);
			assert_non_null(at);
		}
	}
}

/* ---- the list is built once and is the same every time ---- */

static void lists_are_the_same_every_time(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n";
	char *first = strdup(said(line));

	(void)state;
	assert_non_null(strstr(first, "\"tools\":[{\"name\":\"echo\""));
	assert_string_equal(said(line), first);
	free(first);
}

/* ---- framing ---- */

/* Three messages, a blank line and rubbish, cut at every place. */
static void messages_may_arrive_in_any_pieces(void **state)
{
	static const char bytes[] = "{\"a\":1}\n\r\n{\"b\":\"\xc3\xa4\"}\r\nrubbish\n{\"c\":3}\n";
	static const char *const want[] = { "{\"a\":1}", "{\"b\":\"\xc3\xa4\"}\r", "rubbish",
					    "{\"c\":3}" };

	(void)state;
	for (size_t cut = 0; cut < sizeof(bytes); cut++) {
		struct lines_in in;
		struct str message;
		size_t n = 0, from = 0;

		lines_in_init(&in);
		for (int part = 0; part < 2; part++) {
			size_t to = part ? sizeof(bytes) - 1 : cut < sizeof(bytes) - 1 ? cut : 0;
			size_t room;
			char *p = lines_in_room(&in, &room);

			memcpy(p, bytes + from, to - from);
			lines_in_added(&in, to - from);
			from = to;
			while (lines_in_next(&in, &message) == LINE_MESSAGE)
				assert_true(str_eq(message, str_from(want[n++])));
		}
		assert_int_equal(n, COUNT(want));
		assert_int_equal(lines_in_rest(&in, &message), LINE_NONE);
		lines_in_release(&in);
	}
}

static void add(struct lines_in *in, char c, size_t n)
{
	struct str message;

	while (n) {
		size_t room;
		char *p = lines_in_room(in, &room);

		assert_non_null(p);
		room = n < room ? n : room;
		memset(p, c, room);
		lines_in_added(in, room);
		n -= room;
		/* Takes nothing out: no line has ended. */
		if (n)
			assert_int_equal(lines_in_next(in, &message), LINE_NONE);
	}
}

static const struct {
	size_t length;
	enum line want;
} lengths[] = {
	{ LIMIT_LINE - 1, LINE_MESSAGE }, { LIMIT_LINE, LINE_MESSAGE },
	{ LIMIT_LINE + 1, LINE_TOO_LONG }, { 3 * LIMIT_LINE, LINE_TOO_LONG },
};

static void a_message_has_a_ceiling(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct lines_in in;
		struct str message = S("");

		lines_in_init(&in);
		add(&in, 'x', lengths[i].length);
		add(&in, '\n', 1);
		add(&in, 'y', 3);
		assert_int_equal(lines_in_next(&in, &message), lengths[i].want);
		if (lengths[i].want == LINE_MESSAGE)
			assert_int_equal(message.n, lengths[i].length);
		assert_int_equal(lines_in_next(&in, &message), LINE_NONE);
		assert_int_equal(lines_in_rest(&in, &message), LINE_MESSAGE);
		assert_true(str_eq(message, S("yyy")));
		lines_in_release(&in);
	}
}

/* ---- the queue ---- */

static void the_queue_has_a_ceiling_and_a_reserve(void **state)
{
	struct lines_out out;
	char *big = calloc(1, LIMIT_OUT_QUEUE);
	size_t half = LIMIT_OUT_QUEUE / 2;

	(void)state;
	memset(big, 'x', LIMIT_OUT_QUEUE);
	lines_out_init(&out);
	assert_true(lines_out_add(&out, str_n(big, half), false));
	assert_false(lines_out_add(&out, str_n(big, half - LIMIT_OUT_RESERVE - 1), false));
	assert_true(lines_out_add(&out, str_n(big, half - LIMIT_OUT_RESERVE - 2), false));
	assert_int_equal(lines_out_waiting(&out), LIMIT_OUT_QUEUE - LIMIT_OUT_RESERVE);
	assert_false(lines_out_add(&out, S("x"), false));
	assert_true(lines_out_add(&out, S("urgent"), true));
	assert_false(lines_out_add(&out, str_n(big, LIMIT_OUT_RESERVE - 7), true));
	lines_out_release(&out);
	free(big);
}

static void a_raw_end_of_line_never_splits_a_message(void **state)
{
	struct lines_out out;

	(void)state;
	lines_out_init(&out);
	assert_true(lines_out_add(&out, S("{\n\"a\":\n1}\n"), false));
	assert_true(str_eq(buf_str(&out.queue), S("{ \"a\": 1} \n")));
	lines_out_release(&out);
}

/* Everything through a pipe that is read in small pieces, without ever blocking. */
static void a_slow_reader_gets_every_byte(void **state)
{
	bool sockets = *state;
	size_t n = 300000, got = 0;
	struct lines_out out;
	int fds[2], again = 0;
	char *message = malloc(n), piece[1000];
	enum sent sent;

	memset(message, 'm', n);
	assert_int_equal(sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
	lines_out_init(&out);
	assert_true(lines_out_add(&out, str_n(message, n), false));
	do {
		sent = lines_out_send(&out, fds[1]);
		assert_int_not_equal(sent, SENT_GONE);
		again += sent == SENT_SOME;
		for (int i = 0; i < 20 && got <= n; i++) {
			struct pollfd ready = { .fd = fds[0], .events = POLLIN };
			ssize_t k = poll(&ready, 1, 0) == 1 ? read(fds[0], piece, sizeof(piece)) : 0;

			got += (size_t)(k > 0 ? k : 0);
		}
	} while (sent == SENT_SOME);
	while (got < n + 1)
		got += (size_t)read(fds[0], piece, sizeof(piece));
	assert_true(again > 1);
	close(fds[0]);
	assert_true(lines_out_add(&out, S("x"), false));
	assert_int_equal(lines_out_send(&out, fds[1]), SENT_GONE);
	close(fds[1]);
	lines_out_release(&out);
	free(message);
}

int main(void)
{
	static bool sockets = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(envelopes_are_taken_or_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_are_the_same_every_time, setup, teardown),
		cmocka_unit_test(messages_may_arrive_in_any_pieces),
		cmocka_unit_test(a_message_has_a_ceiling),
		cmocka_unit_test(the_queue_has_a_ceiling_and_a_reserve),
		cmocka_unit_test(a_raw_end_of_line_never_splits_a_message),
		cmocka_unit_test(a_slow_reader_gets_every_byte),
		cmocka_unit_test_prestate(a_slow_reader_gets_every_byte, &sockets),
	};

	signal(SIGPIPE, SIG_IGN);
	return UNIT_RUN(tests);
}
