/*
 * resolve_state.h - all inputs of one operation while they are being resolved, as a value.
 *
 * A round is what can be looked up at the same time: everything whose parents are known.  After
 * each round more is known, and fields of a body become inputs of their own.  Pure: the tool
 * replays the rounds that have arrived, then asks for the next one.
 */
#ifndef TOOLS_RESOLVE_STATE_H
#define TOOLS_RESOLVE_STATE_H

#include "tools/lookup.h"

enum resolve_status {
	RESOLVE_OPEN,   /* not looked at yet */
	RESOLVE_GIVEN,
	RESOLVE_DEFAULT,
	RESOLVE_FREE,   /* a person types it */
	RESOLVE_CHOICE, /* one of what is listed */
	RESOLVE_MATCHED,
	RESOLVE_NO_MATCH,
	RESOLVE_AMBIGUOUS,
	RESOLVE_NEEDS,  /* a parent is not known */
	RESOLVE_FIELDS, /* a body whose fields are inputs of their own */
	RESOLVE_FAILED,
};

enum resolve_kind { RESOLVE_PLAIN, RESOLVE_VALUES, RESOLVE_TREE, RESOLVE_PROPERTIES };

struct resolve_input {
	struct str name;
	const struct json *row;      /* as swagger.h has it */
	const struct json *metadata; /* of its kind, or NULL */
	enum resolve_kind kind;
	enum resolve_status status;
	const struct json *value;    /* known; or what was matched */
	struct str wanted;           /* a display name to find; "" none */
	struct str rest;             /* of a tree: the part of a path that is still to be found */
	struct str folder;           /* of a tree: the folder that is looked into; "" the top */
	bool people;
	const struct json *rows;     /* what the lookup gave */
	size_t matches;
	const struct answer *failure;
};

struct resolve {
	struct call *c;
	const struct json *operation;
	struct resolve_input *inputs; /* LIMIT_SWAGGER_FIELDS */
	size_t count;
	struct json *known;           /* values by name */
	struct str only;              /* resolve this one and what it needs; "" all */
};


/* `given`: values; `match`: display names; `browse`: {field, id} or NULL. */
struct resolve *resolve_begin(struct call *c, const struct json *operation,
			      const struct json *given, const struct json *match,
			      const struct json *browse, struct str only);
/* The inputs to look up next, as indexes; at most `most`. */
size_t resolve_round(struct resolve *r, size_t *inputs, size_t most);
/* The answer for one of them. */
void resolve_take(struct resolve *r, size_t input, const struct answer *a);
/* No connection of Office 365 Users: inputs about people are typed. */
void resolve_no_people(struct resolve *r);
/* Nothing more can be asked: what is still open needs something. */
void resolve_end(struct resolve *r);
/* "given", "matched", ... */
const char *resolve_status_name(enum resolve_status s);

#endif
