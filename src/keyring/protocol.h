/*
 * protocol.h - what flowlatch-keyring is asked and what it answers: lines of "key=value".
 *
 * Like git's credential helpers: the operation is the only argument, everything else comes over
 * standard input, the last line is empty.  A request that is cut off is none.
 * Knows nothing of the keyring.
 */
#ifndef KEYRING_PROTOCOL_H
#define KEYRING_PROTOCOL_H

#include "base/buf.h"

enum keyring_verb {
	KEYRING_GET,    /* the secrets of one or more items, without ever asking anybody */
	KEYRING_STORE,  /* writes or replaces one item */
	KEYRING_ERASE,  /* removes the items named, or all of the profile */
	KEYRING_CHECK,  /* the state of the keyring alone */
	KEYRING_UNLOCK, /* asks the person to unlock it, or to make one */
};

enum { KEYRING_ITEMS = 8 };

struct keyring_request {
	enum keyring_verb verb;
	bool session;     /* the collection that lives in memory, else the default one */
	bool interactive; /* the service may open a window */
	struct str profile, place;
	struct str items[KEYRING_ITEMS];
	size_t item_count;
	struct str secret;
};

/* What became of it; the words of the "status" line. */
enum keyring_status {
	KEYRING_OK,
	KEYRING_ABSENT,
	KEYRING_LOCKED,
	KEYRING_DISMISSED,     /* the person closed the window, or there is nothing to open one */
	KEYRING_NO_BUS,
	KEYRING_NO_SERVICE,
	KEYRING_NO_COLLECTION, /* the service has no default collection */
	KEYRING_SLOW,          /* the service did not answer */
	KEYRING_FAILED,
	KEYRING_BAD_REQUEST,
	KEYRING__STATUSES,
};

const char *keyring_status_word(enum keyring_status s);

/* True when `text` ends a request: nothing more has to be read. */
bool keyring_request_ends(struct str text);
/* Reads a whole request; its strings point into `text`.  False and *why (static) when it is
 * none. */
bool keyring_request_read(const char *verb, struct str text, struct keyring_request *out,
			  const char **why);

/* Adds the lines of one item; false when the secret cannot stand on a line. */
bool keyring_answer_item(struct buf *b, struct str item, struct str secret);
/* Adds the status, what the service said (control characters become blanks; may be empty) and
 * the empty line. */
void keyring_answer_end(struct buf *b, enum keyring_status s, struct str detail);

#endif
