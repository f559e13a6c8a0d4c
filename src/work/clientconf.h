/*
 * clientconf.h - our entry in the configuration file of an MCP host.
 *
 * Knows which hosts there are, where their files lie, and how an entry is put into JSON, JSON
 * with comments and TOML: as an edit of the text, so that comments, order, indentation and line
 * ends of everything else stay as people and programs wrote them.
 * Knows nothing of terminals, and nothing of what flowlatch does with its arguments.
 */
#ifndef WORK_CLIENTCONF_H
#define WORK_CLIENTCONF_H

#include "text/json.h"

struct conf;

enum clientconf_format {
	CLIENTCONF_JSON,
	CLIENTCONF_JSONC, /* with comments and trailing commas */
	CLIENTCONF_TOML,
};

/* Where and why a text is not what it should be. */
struct clientconf_error {
	size_t offset;
	unsigned line; /* from 1 */
	const char *message;
};

/* Where an entry stands in a text. */
struct clientconf_spot {
	enum clientconf_format format;
	const char *container; /* "mcpServers": the member that holds the servers */
	const char *name;      /* "flowlatch" */
};

/* ---- texts ---- */

/* All servers of a file, as one object {name: {command, args, ...}}; an empty one when there are
 * none.  NULL and *e when the text is broken or the container is no table. */
struct json *clientconf_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
				struct clientconf_error *e);
/* Adds to `out` the text with the members of `entry` set in the entry; further members that
 * somebody gave it stay.  An entry that starts no program is replaced whole.
 * false and *e when the text is broken. */
bool clientconf_set(struct arena *a, const struct clientconf_spot *s, struct str text,
		    const struct json *entry, struct buf *out, struct clientconf_error *e);
/* Adds to `out` the text with the entry as it is in `old` (removed where `old` has none).
 * *nothing: what is left holds no setting at all. */
bool clientconf_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
			struct str old, struct buf *out, bool *nothing,
			struct clientconf_error *e);
/* The entry alone, as a text to be copied into an empty file. */
struct str clientconf_sample(struct arena *a, const struct clientconf_spot *s,
			     const struct json *entry);

/* ---- files ---- */

enum clientconf_result {
	CLIENTCONF_SAME,    /* there was nothing to change */
	CLIENTCONF_CHANGED,
	CLIENTCONF_BROKEN,  /* *message says file, line and why; nothing was written */
	CLIENTCONF_FAILED,  /* *message says file and errno's text; nothing was written */
};

struct clientconf_file {
	const char *path;   /* the file itself where a link was given */
	const char *backup; /* FILE.NAME-backup */
	struct str text;    /* "" when there is none */
	bool exists, has_backup;
};

/* Reads a host's file; a missing one is an empty one. */
enum clientconf_result clientconf_load(struct arena *a, const char *path, const char *name,
				       struct clientconf_file *out, const char **message);
/* Sets the entry: a backup of what was there, then the new file in the place of the old one, with
 * its mode.  Links stay, and what another program wrote meanwhile is read again. */
enum clientconf_result clientconf_write(struct arena *a, const char *path,
					const struct clientconf_spot *s, const struct json *entry,
					const char **message);
/* Takes our entry out again, or puts back the one that was there before; other changes made since
 * stay.  A file that nobody else uses goes. */
enum clientconf_result clientconf_undo(struct arena *a, const char *path,
				       const struct clientconf_spot *s, const char **message);

/* ---- hosts ---- */

enum client_shape {
	CLIENT_SHAPE_PLAIN, /* {"command": "...", "args": [...]} */
	CLIENT_SHAPE_STDIO, /* the same with "type": "stdio" */
	CLIENT_SHAPE_LOCAL, /* {"type": "local", "command": [...], "enabled": true} */
};

struct client_host {
	const char *name;  /* "claude-code" */
	const char *title; /* "Claude Code" */
	enum clientconf_format format;
	const char *container;
	enum client_shape shape;
	bool windows;       /* a program with windows: under WSL it runs on the Windows side */
	const char *reload; /* what a person does so that the entry counts */
};

extern const struct client_host client_hosts[];
extern const size_t client_host_count;

const struct client_host *client_host_find(struct str name);

enum client_scope { CLIENT_USER, CLIENT_PROJECT };

/* What the places depend on. */
struct client_machine {
	const char *home;
	const char *windows_home; /* "/mnt/c/Users/ada", or NULL when hosts run on this side */
	const char *distribution; /* of WSL, or NULL */
};

/* Finds out; `windows_home` is the person's word or NULL.
 * false: under WSL it cannot be told whose Windows account is meant; *message. */
bool client_machine_look(struct arena *a, const char *windows_home, struct client_machine *out,
			 const char **message);

/* The file of a host; NULL when it has none of that kind. */
const char *client_file(struct arena *a, const struct client_host *h, enum client_scope scope,
			const struct client_machine *m);
/* The entry that makes the host run `argv` (argv[0]: an absolute path). */
struct json *client_entry(struct arena *a, const struct client_host *h,
			  const struct client_machine *m, const char *const *argv, size_t argc);
/* What a host's command line must name because variables that hosts do not pass on have moved it:
 * "--config FILE", "--state-dir DIR", "--profile NAME".  How many words. */
enum { CLIENT_MOVED = 6 };
size_t client_moved(struct arena *a, const struct conf *conf, const char *words[CLIENT_MOVED]);
/* The command line of an entry, as an array of strings; without what starts WSL.
 * NULL when it starts no program. */
struct json *client_argv(struct arena *a, const struct json *entry);

#endif
