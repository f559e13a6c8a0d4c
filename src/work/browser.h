/*
 * browser.h - the end of a sign-in in a browser: the redirect to a port of this machine.
 *
 * One listener on 127.0.0.1 (and ::1), for the time of one sign-in.  It reads one request per
 * connection, bounded, answers with fixed pages, and hands on what the query holds.
 * Knows HTTP/1.1 as browsers speak it and the parameters of RFC 6749 4.1.2 and RFC 9207;
 * knows nothing of tokens.
 */
#ifndef WORK_BROWSER_H
#define WORK_BROWSER_H

#include "base/str.h"

struct loop;
struct browser;

/* What the authorization server sent back; "" where it sent nothing. */
struct browser_answer {
	struct str code, state, error, error_description, iss;
};

enum browser_read {
	BROWSER_MORE,      /* not a whole request yet */
	BROWSER_ANSWER,    /* *out is filled */
	BROWSER_BAD,       /* no HTTP request of a browser, or larger than LIMIT_BROWSER_REQUEST */
	BROWSER_METHOD,    /* not GET */
	BROWSER_ELSEWHERE, /* another path: an icon, or somebody trying doors */
	BROWSER_HOST,      /* for another host name (DNS rebinding) */
};

/* Reads one request of which `bytes` have come so far.  Pure. */
enum browser_read browser_read(struct arena *a, struct str bytes, unsigned port,
			       struct browser_answer *out);
/* Reads the address that the browser ended at, as a person pasted it.  False when it is none of
 * this port. */
bool browser_read_url(struct arena *a, struct str url, unsigned port, struct browser_answer *out);

struct browser_options {
	struct loop *loop;
	struct str state; /* an answer without it is somebody else's */
	/* Called at most once, from the loop; the strings die with it. */
	void (*on_answer)(void *arg, const struct browser_answer *answer);
	void *arg;
};

/* NULL when no port can be had.  It answers further requests until browser_free. */
struct browser *browser_new(const struct browser_options *o);
void browser_free(struct browser *b);
unsigned browser_port(const struct browser *b);
/* Takes the answer from a pasted address instead.  False when it is not this sign-in's. */
bool browser_paste(struct browser *b, struct str url);

#endif
