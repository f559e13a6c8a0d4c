/*
 * keys.h - what a person types while a command waits: single keys, and lines that are pasted.
 *
 * On a terminal nothing is echoed and keys come at once; Ctrl-C stays a signal.  The terminal is
 * put back as it was by keys_close, so call it on every way out.
 */
#ifndef FRONT_KEYS_H
#define FRONT_KEYS_H

#include "base/str.h"

struct keys;
struct loop;

struct keys_options {
	struct loop *loop;
	/* A key at the beginning of a line; true when it was meant for us and is no text. */
	bool (*on_key)(void *arg, char key);
	/* A whole line, trimmed; may be empty. */
	void (*on_line)(void *arg, struct str line);
	void *arg;
};

/* NULL when there is nothing to read from (a background process, memory). */
struct keys *keys_open(const struct keys_options *o);
void keys_close(struct keys *k);
/* True when a person can press a key and see what happens. */
bool keys_at_terminal(const struct keys *k);

#endif
