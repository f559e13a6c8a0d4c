/*
 * mcp_lines.h - framing: where one message ends and the next begins.
 *
 * One message per line, UTF-8, ended by "\n" (MCP, transports/stdio).  Everything that would
 * change with another framing is in mcp_lines.c.
 */
#ifndef FRONT_MCP_LINES_H
#define FRONT_MCP_LINES_H

#include "base/buf.h"

/* ---- messages cut out of the bytes that arrive ---- */

struct lines_in {
	struct buf buf;
	size_t start;  /* of the message that is not complete yet */
	size_t looked; /* no end of line before this */
	bool skipping; /* inside a message that is too long */
};

enum line {
	LINE_NONE,     /* more bytes are needed */
	LINE_MESSAGE,
	LINE_TOO_LONG, /* a message beyond LIMIT_LINE was dropped whole */
};

void lines_in_init(struct lines_in *in);
void lines_in_release(struct lines_in *in);
/* Where the next bytes go, and how many fit; NULL when memory is out. */
char *lines_in_room(struct lines_in *in, size_t *room);
void lines_in_added(struct lines_in *in, size_t n);
/* The next complete message, which is valid until lines_in_room.  Blank lines are passed over,
 * and a carriage return before the end of line is white space of JSON. */
enum line lines_in_next(struct lines_in *in, struct str *message);
/* After the end of input: what stands there without an end of line. */
enum line lines_in_rest(struct lines_in *in, struct str *message);

/* ---- messages that wait to be written ---- */

struct lines_out {
	struct buf queue;
	size_t sent; /* bytes at its start that are out already */
};

enum sent {
	SENT_ALL,
	SENT_SOME, /* call again when the descriptor can be written */
	SENT_GONE, /* nobody reads */
};

void lines_out_init(struct lines_out *out);
void lines_out_release(struct lines_out *out);
/* Bytes not yet written. */
size_t lines_out_waiting(const struct lines_out *out);
/* Adds one message.  `urgent` may use the reserve.  False when it does not fit: not added. */
bool lines_out_add(struct lines_out *out, struct str message, bool urgent);
/* Writes what fits without blocking, whatever kind of descriptor it is. */
enum sent lines_out_send(struct lines_out *out, int fd);

#endif
