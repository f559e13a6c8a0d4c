/*
 * keys.c - keys and lines from standard input while the loop runs.
 */
#include "front/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "wire/loop.h"

struct keys {
	struct keys_options o;
	struct loop_watch *watch;
	struct termios before;
	bool terminal;
	struct buf line;
};

static void end_line(struct keys *k)
{
	struct str line = str_trim(buf_str(&k->line));
	char copy[1];

	/* A line that did not fit was none of ours. */
	k->o.on_line(k->o.arg, buf_ok(&k->line) ? line : str_n(copy, 0));
	buf_free_wiped(&k->line);
	buf_init(&k->line, LIMIT_BROWSER_REQUEST);
}

static void take(struct keys *k, char c)
{
	if (c == '\n' || c == '\r') {
		end_line(k);
	} else if (c == 0x7f || c == '\b') {
		if (k->line.n)
			k->line.n--;
	} else if ((unsigned char)c >= ' ') {
		/* Only where single keys can be pressed; "a" and Enter work elsewhere. */
		if (k->terminal && !k->line.n && k->o.on_key(k->o.arg, c))
			return;
		buf_addc(&k->line, c);
	}
}

static void on_input(void *arg, short revents)
{
	struct keys *k = arg;
	char bytes[1024];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	(void)revents;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		loop_unwatch(k->watch);
		k->watch = NULL;
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		take(k, bytes[i]);
}

/* A process in the background would be stopped for touching the terminal. */
static bool in_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static bool set_terminal(struct keys *k)
{
	struct termios now;

	if (!in_foreground() || tcgetattr(STDIN_FILENO, &k->before))
		return false;
	now = k->before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &now) == 0;
}

struct keys *keys_open(const struct keys_options *o)
{
	struct keys *k = calloc(1, sizeof(*k));
	bool tty = isatty(STDIN_FILENO);

	if (!k)
		return NULL;
	k->o = *o;
	k->terminal = tty && set_terminal(k);
	buf_init(&k->line, LIMIT_BROWSER_REQUEST);
	if (tty == k->terminal)
		k->watch = loop_watch(o->loop, STDIN_FILENO, POLLIN, on_input, k);
	if (!k->watch) {
		keys_close(k);
		return NULL;
	}
	return k;
}

void keys_close(struct keys *k)
{
	if (!k)
		return;
	loop_unwatch(k->watch);
	if (k->terminal && in_foreground())
		tcsetattr(STDIN_FILENO, TCSADRAIN, &k->before);
	buf_free_wiped(&k->line);
	free(k);
}

bool keys_at_terminal(const struct keys *k)
{
	return k && k->terminal;
}
