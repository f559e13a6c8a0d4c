/*
 * mcp.c - the process of the MCP server: descriptors, signals, back-pressure, the end.
 *
 * Knows when bytes are read and written, and when it is time to go.  Must not know what the
 * messages mean (mcp_rpc.c), nor where one ends (mcp_lines.c).
 */
#include "front/mcp.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "front/mcp_state.h"

static void pump(struct mcp *m);

void mcp_stop(struct mcp *m, int status)
{
	m->status = status;
	m->stopped = true;
	loop_stop(m->loop);
}

static void on_kick(void *arg)
{
	pump(arg);
}

void mcp_kick(struct mcp *m)
{
	loop_timer_set(m->loop, &m->kick, 0, on_kick, m);
}

/* ---- output ---- */

static void write_out(struct mcp *m)
{
	if (!m->out_watch || m->stopped)
		return;
	switch (lines_out_send(&m->out, m->out_fd)) {
	case SENT_ALL:
		/* POLLPRI never comes, but makes poll report that nobody reads any more. */
		loop_watch_events(m->out_watch, POLLPRI);
		break;
	case SENT_SOME:
		loop_watch_events(m->out_watch, POLLOUT);
		break;
	case SENT_GONE:
		mcp_stop(m, MCP_EXIT_OUTPUT);
		break;
	}
}

void mcp_queued(struct mcp *m)
{
	if (!m->pumping)
		write_out(m);
}

static void on_output(void *arg, short revents)
{
	struct mcp *m = arg;

	if (revents & (POLLERR | POLLNVAL | POLLHUP)) {
		mcp_stop(m, MCP_EXIT_OUTPUT);
		return;
	}
	write_out(m);
	pump(m);
}

/* ---- input ---- */

/* What a call may have to say in the end: its document as text, escaped, and structured. */
#define CALL_OUTPUT (3 * LIMIT_RESULT)

/* Input waits while the client does not read, so that what calls will say still fits into the
 * queue, and while all places for calls are taken.
 * But when calls wait for the client's answers, those can only come through the input. */
static bool held_back(const struct mcp *m)
{
	size_t busy = work_busy(m->work);

	return lines_out_waiting(&m->out) + (busy + 1) * CALL_OUTPUT >
		       LIMIT_OUT_QUEUE - LIMIT_OUT_RESERVE ||
	       (busy >= LIMIT_CALLS && list_empty(&m->asks));
}

static bool all_answered(const struct mcp *m)
{
	LIST_EACH (pos, &m->requests) {
		if (!LIST_ITEM(pos, const struct mcp_request, link)->subscription)
			return false;
	}
	return true;
}

/* All input is taken up: nobody will answer our questions, and listeners hear the last of us. */
static void drained(struct mcp *m)
{
	m->drained = true;
	mcp_asks_end(m);
	LIST_EACH_SAFE (pos, &m->requests) {
		struct mcp_request *q = LIST_ITEM(pos, struct mcp_request, link);

		if (q->subscription)
			mcp_listen_end(q);
	}
}

static void too_long(struct mcp *m)
{
	mcp_refuse_message(m, NULL, MCP_PARSE_ERROR, "The message is longer than 4 MiB");
}

/* Takes up one message; false when there is none. */
static bool take_up(struct mcp *m)
{
	struct str message;
	enum line line = lines_in_next(&m->in, &message);

	if (line == LINE_NONE && m->ended && !m->drained) {
		line = lines_in_rest(&m->in, &message);
		if (line == LINE_NONE) {
			drained(m);
			return false;
		}
	}
	if (line == LINE_TOO_LONG)
		too_long(m);
	else if (line == LINE_MESSAGE)
		mcp_message(m, message);
	return line != LINE_NONE;
}

/* Input that is held back is still watched for its end. */
static void watch_input(struct mcp *m)
{
	short hang_up = m->hung_up ? 0 : POLLRDHUP | POLLPRI;

	if (m->in_watch)
		loop_watch_events(m->in_watch, m->ended ? 0 : m->held ? hang_up : POLLIN);
}

static void pump(struct mcp *m)
{
	if (m->stopped)
		return;
	m->pumping = true;
	while (!(m->held = held_back(m)) && take_up(m))
		;
	m->pumping = false;
	write_out(m);
	watch_input(m);
	if (m->drained && all_answered(m) && !lines_out_waiting(&m->out) && !m->stopped)
		mcp_stop(m, MCP_EXIT_ENDED);
}

static void on_drained_enough(void *arg)
{
	mcp_stop(arg, MCP_EXIT_ENDED);
}

/* The client has closed its end; what it wrote before may still be unread. */
static void hung_up(struct mcp *m)
{
	struct stat st;

	if (m->hung_up)
		return;
	m->hung_up = true;
	/* A file has no one who waits for our exit, so everything in it gets its answer. */
	if (m->drain || (fstat(m->in_fd, &st) == 0 && S_ISREG(st.st_mode)))
		return;
	loop_timer_set(m->loop, &m->drain_timer, LIMIT_DRAIN_MS, on_drained_enough, m);
}

static void on_input(void *arg, short revents)
{
	struct mcp *m = arg;
	size_t room;
	ssize_t n;
	char *p;

	if (m->held && !(revents & POLLIN)) {
		hung_up(m);
		watch_input(m);
		return;
	}
	p = lines_in_room(&m->in, &room);
	if (!p) {
		log_error("out of memory while reading a message");
		mcp_stop(m, MCP_EXIT_INTERNAL);
		return;
	}
	n = read(m->in_fd, p, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		lines_in_added(&m->in, (size_t)n);
	} else {
		m->ended = true;
		hung_up(m);
	}
	pump(m);
}

static void on_signal(void *arg, int signo)
{
	log_info("stopping on signal %d", signo);
	mcp_stop(arg, MCP_EXIT_ENDED);
}

/* We are on our way out already. */
static void on_late_signal(void *arg, int signo)
{
	(void)arg;
	(void)signo;
}

/* ---- the whole ---- */

static struct mcp *make(const struct mcp_options *o)
{
	struct mcp *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->loop = o->loop;
	m->work = o->work;
	m->offer = o->offer;
	m->in_fd = o->in_fd;
	m->out_fd = o->out_fd;
	m->drain = o->drain;
	lines_in_init(&m->in);
	lines_out_init(&m->out);
	buf_init(&m->msg, LIMIT_OUT_QUEUE);
	buf_init(&m->tools, LIMIT_OUT_QUEUE / 4);
	buf_init(&m->discover, LIMIT_OUT_QUEUE / 4);
	list_init(&m->requests);
	list_init(&m->ending);
	list_init(&m->asks);
	arena_init(&m->session.arena, LIMIT_LINE);
	if (m->offer->extension)
		m->offer->extension->method(m, S(""), false, NULL, NULL);
	return m;
}

/* The engine may finish a write for requests that are left; they end on their own. */
static void let_go(struct list *requests)
{
	while (!list_empty(requests)) {
		struct mcp_request *q = LIST_ITEM(requests->next, struct mcp_request, link);

		list_remove(&q->link);
		mcp_request_orphan(q);
	}
}

void mcp_free(struct mcp *m)
{
	if (!m)
		return;
	let_go(&m->requests);
	let_go(&m->ending);
	loop_timer_clear(&m->kick);
	loop_timer_clear(&m->recover);
	loop_timer_clear(&m->drain_timer);
	loop_unwatch(m->in_watch);
	loop_unwatch(m->out_watch);
	lines_in_release(&m->in);
	lines_out_release(&m->out);
	buf_free(&m->msg);
	buf_free(&m->tools);
	buf_free(&m->discover);
	arena_release(&m->session.arena);
	free(m);
}

struct mcp *mcp_new(const struct mcp_options *o, void (*out)(void *arg, struct str line), void *arg)
{
	struct mcp *m = make(o);

	if (m) {
		m->sink = out;
		m->sink_arg = arg;
	}
	return m;
}

void mcp_feed(struct mcp *m, struct str bytes)
{
	while (bytes.n && !m->stopped) {
		size_t room, n;
		char *p = lines_in_room(&m->in, &room);

		if (!p)
			return;
		n = bytes.n < room ? bytes.n : room;
		memcpy(p, bytes.p, n);
		lines_in_added(&m->in, n);
		bytes = str_from_at(bytes, n);
		pump(m);
		/* Whoever feeds does not wait: the loop must make places for calls first. */
		while (held_back(m) && !m->stopped)
			loop_turn(m->loop, 10);
	}
}

/* A host waits for the handshake, not for this. */
enum { RECOVER_MS = 300 };

static void on_settled(void *arg)
{
	struct mcp *m = arg;

	work_recover(m->work);
}

int mcp_run(const struct mcp_options *o)
{
	struct mcp *m = make(o);
	int status = MCP_EXIT_INTERNAL;

	if (!m)
		return status;
	m->in_watch = loop_watch(m->loop, m->in_fd, POLLIN, on_input, m);
	m->out_watch = loop_watch(m->loop, m->out_fd, POLLPRI, on_output, m);
	if (m->in_watch && m->out_watch && loop_on_signal(m->loop, on_signal, m)) {
		loop_timer_set(m->loop, &m->recover, RECOVER_MS, on_settled, m);
		loop_run(m->loop);
		status = m->status;
	}
	loop_on_signal(m->loop, on_late_signal, NULL);
	mcp_free(m);
	return status;
}
