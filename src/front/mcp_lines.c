/*
 * mcp_lines.c - messages as lines: cutting them out of input, queueing them for output.
 *
 * Knows bytes and descriptors.  Must not know JSON or MCP.
 */
#include "front/mcp_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

enum {
	/* Read at once: a pipe holds no more. */
	CHUNK = 64 << 10,
	/* A pipe that poll calls writable takes this much without blocking (PIPE_BUF of Linux). */
	PIPE_SAFE = 4096,
	/* Memory of an empty queue that is worth giving back. */
	LARGE = 1 << 20,
};

/* ---- input ---- */

void lines_in_init(struct lines_in *in)
{
	*in = (struct lines_in){ 0 };
	buf_init(&in->buf, LIMIT_LINE + 2 * CHUNK);
}

void lines_in_release(struct lines_in *in)
{
	buf_free_wiped(&in->buf);
}

/* Forgets the messages that were handed out. */
static void compact(struct lines_in *in)
{
	if (in->start == in->buf.n && in->buf.cap > LARGE) {
		buf_free(&in->buf);
		buf_init(&in->buf, LIMIT_LINE + 2 * CHUNK);
	} else if (in->start) {
		buf_drop(&in->buf, in->start);
	}
	in->looked -= in->start;
	in->start = 0;
}

char *lines_in_room(struct lines_in *in, size_t *room)
{
	char *p;

	compact(in);
	p = buf_room(&in->buf, CHUNK);
	*room = p ? CHUNK : 0;
	return p;
}

void lines_in_added(struct lines_in *in, size_t n)
{
	in->buf.n += n;
}

static bool blank(struct str s)
{
	return str_trim(s).n == 0;
}

enum line lines_in_next(struct lines_in *in, struct str *message)
{
	while (in->looked < in->buf.n) {
		char *from = in->buf.p + in->looked;
		char *end = memchr(from, '\n', in->buf.n - in->looked);
		struct str line;
		bool skipped = in->skipping;

		if (!end) {
			in->looked = in->buf.n;
			if (in->buf.n - in->start <= LIMIT_LINE)
				break;
			in->skipping = true;
			in->start = in->buf.n;
			break;
		}
		line = str_n(in->buf.p + in->start, (size_t)(end - in->buf.p) - in->start);
		in->start = in->looked = (size_t)(end - in->buf.p) + 1;
		in->skipping = false;
		if (skipped || line.n > LIMIT_LINE)
			return LINE_TOO_LONG;
		if (blank(line))
			continue;
		*message = line;
		return LINE_MESSAGE;
	}
	if (in->skipping)
		in->start = in->buf.n;
	return LINE_NONE;
}

enum line lines_in_rest(struct lines_in *in, struct str *message)
{
	struct str rest = str_n(in->buf.p + in->start, in->buf.n - in->start);
	bool skipped = in->skipping;

	in->start = in->looked = in->buf.n;
	in->skipping = false;
	if (skipped)
		return LINE_TOO_LONG;
	if (!rest.n || blank(rest))
		return LINE_NONE;
	*message = rest;
	return LINE_MESSAGE;
}

/* ---- output ---- */

void lines_out_init(struct lines_out *out)
{
	*out = (struct lines_out){ 0 };
	buf_init(&out->queue, LIMIT_OUT_QUEUE);
}

void lines_out_release(struct lines_out *out)
{
	buf_free_wiped(&out->queue);
}

size_t lines_out_waiting(const struct lines_out *out)
{
	return out->queue.n - out->sent;
}

bool lines_out_add(struct lines_out *out, struct str message, bool urgent)
{
	size_t most = LIMIT_OUT_QUEUE - (urgent ? 0 : LIMIT_OUT_RESERVE);
	size_t waiting = lines_out_waiting(out), from;

	if (message.n >= most || waiting > most - message.n - 1)
		return false;
	if (out->queue.n > most - message.n - 1) {
		buf_drop(&out->queue, out->sent);
		out->sent = 0;
	}
	from = out->queue.n;
	buf_adds(&out->queue, message);
	buf_addc(&out->queue, '\n');
	if (!buf_ok(&out->queue)) {
		out->sent = 0;
		return false;
	}
	/* A raw newline can only be white space between tokens, but it would end the message. */
	for (char *p = out->queue.p + from, *end = p + message.n;
	     (p = memchr(p, '\n', (size_t)(end - p))); p++)
		*p = ' ';
	return true;
}

/* How much a descriptor that is no socket takes at once without blocking; 0: nothing now.
 * It is not made non-blocking, for it may be shared with other processes and our own stderr. */
static size_t room_of(int fd, bool pipe)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int unread = 1, size = 0;

	/* Nothing unread means that every page of the pipe is free. */
	if (pipe && ioctl(fd, FIONREAD, &unread) == 0 && unread == 0)
		size = fcntl(fd, F_GETPIPE_SZ);
	if (size > PIPE_SAFE)
		return (size_t)size;
	if (poll(&ready, 1, 0) < 0 || !ready.revents)
		return 0;
	return PIPE_SAFE;
}

static ssize_t write_some(int fd, mode_t kind, const char *p, size_t n)
{
	size_t room = n;

	if (kind == S_IFSOCK)
		return send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (kind != S_IFREG)
		room = room_of(fd, kind == S_IFIFO);
	if (!room) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, p, n < room ? n : room);
}

enum sent lines_out_send(struct lines_out *out, int fd)
{
	struct stat st = { 0 };

	/* Memory ran out and the queue is lost: going on would leave requests unanswered. */
	if (!buf_ok(&out->queue))
		return SENT_GONE;
	if (lines_out_waiting(out) && fstat(fd, &st))
		return SENT_GONE;
	while (lines_out_waiting(out)) {
		ssize_t n = write_some(fd, st.st_mode & S_IFMT, out->queue.p + out->sent,
				       lines_out_waiting(out));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return SENT_SOME;
		if (n < 0)
			return SENT_GONE;
		out->sent += (size_t)n;
	}
	out->sent = 0;
	if (out->queue.cap > LARGE) {
		buf_free(&out->queue);
		buf_init(&out->queue, LIMIT_OUT_QUEUE);
	} else {
		buf_clear(&out->queue);
	}
	return SENT_ALL;
}
