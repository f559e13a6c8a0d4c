/*
 * mcp.h - the MCP face: JSON-RPC lines in, calls of the engine, JSON-RPC lines out.
 *
 * One process serves both eras of the protocol: 2026-07-28, where every request carries its
 * version and capabilities, and the handshake revisions 2024-11-05 to 2025-11-25.
 * What a server offers besides its tools (prompts, resources, instructions) is a table, so
 * that the conformance fixture of the tests links the same code with other tables.
 */
#ifndef FRONT_MCP_H
#define FRONT_MCP_H

#include "text/json.h"

struct loop;
struct mcp;
struct work;

/* Where the values offered for an argument come from: a tool row that lists them. */
struct mcp_source {
	const char *tool;   /* such as "list_live_flows" */
	const char *list;   /* member of its result with the items; "": the result itself */
	const char *value;  /* member of an item that is offered */
	const char *search; /* its parameter for the typed text, or NULL */
	const char *fixed;  /* JSON object: further arguments, or NULL */
	const char *needs;  /* argument of the prompt or template that must be known, or NULL */
	const char *param;  /* the parameter of `tool` it becomes */
};

struct mcp_argument {
	const char *name, *title, *description;
	bool required;
	const char *param;               /* templates: the parameter of the row it becomes */
	const struct mcp_source *source; /* completion, or NULL */
};

/* Argument lists end with name NULL. */
struct mcp_prompt {
	const char *name, *title, *description;
	const struct mcp_argument *arguments;
	/* One message of the user.  {name} is replaced by the argument; a line with an argument
	 * that was not given is left out. */
	const char *text;
	/* Instead of `text`: a row that is run with the arguments; done_content() has messages. */
	const char *tool;
};

struct mcp_resource {
	const char *uri, *name, *title, *description, *mime;
	const char *text; /* or */
	const char *blob; /* base64 */
	bool lists_tools; /* a line for each tool that is offered follows the text */
	const char *meta; /* its _meta, JSON with braces, or NULL */
};

/* A family of resources: a URI template (RFC 6570 level 1, whole path segments). */
struct mcp_template {
	const char *uri, *name, *title, *description, *mime;
	const struct mcp_argument *variables;
	const char *tool; /* the row that reads it; its document is the content */
};

/* What only a test fixture adds; flowlatch has none. */
struct mcp_extension {
	const char *capabilities; /* members added to the capabilities, JSON without braces */
	/* Answers a method the front does not know: true with the result's members in `result`
	 * (JSON without braces).  Also called with method "" once, when the front is ready. */
	bool (*method)(struct mcp *m, struct str method, bool modern, const struct json *params,
		       struct buf *result);
};

/* What a server says of itself; tables end with name NULL. */
struct mcp_offer {
	const char *name, *title, *version, *description;
	const char *instructions; /* useful in its first 512 characters */
	const struct mcp_prompt *prompts;
	const struct mcp_resource *resources;
	const struct mcp_template *templates;
	const char *extensions; /* that the server has, JSON with braces, or NULL */
	bool lists_change; /* mcp_changed() may be called */
	const struct mcp_extension *extension; /* or NULL */
};

/* The offer of flowlatch (offer.c). */
extern const struct mcp_offer flowlatch_offer;

struct mcp_options {
	struct loop *loop;
	struct work *work;
	const struct mcp_offer *offer;
	int in_fd, out_fd; /* not closed, and not made non-blocking */
	bool drain;        /* at the end of input answer everything, as for a regular file */
};

/* How a server process ends; documented in flowlatch(1). */
enum {
	MCP_EXIT_ENDED = 0, /* input ended, or SIGINT, SIGTERM, SIGHUP */
	MCP_EXIT_OUTPUT = 1, /* nobody reads the answers any more */
	MCP_EXIT_INTERNAL = 70, /* out of memory */
};

/*
 * Serves until the input ends, a signal says stop or the output is gone; returns one of the
 * above.  The caller frees `work` afterwards, which finishes and logs what is in flight.
 * Touches no file, no network and no keyring of its own accord.
 */
int mcp_run(const struct mcp_options *o);

/* ---- for fixtures and tests ---- */

enum mcp_list { MCP_TOOLS, MCP_PROMPTS, MCP_RESOURCES };

/* Tells every listener that a list has changed (both eras). */
void mcp_changed(struct mcp *m, enum mcp_list list);
/* Sends a notification; `params` is a JSON object in text form. */
void mcp_notify(struct mcp *m, const char *method, struct str params);

/* A front without descriptors: lines are fed, `out` sees every line it would write.
 * For unit tests and fuzzing; `in_fd` and `out_fd` are ignored. */
struct mcp *mcp_new(const struct mcp_options *o, void (*out)(void *arg, struct str line),
		    void *arg);
void mcp_feed(struct mcp *m, struct str bytes);
void mcp_free(struct mcp *m);

#endif
