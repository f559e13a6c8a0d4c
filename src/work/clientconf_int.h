/*
 * clientconf_int.h - what the editors of host files share; for work/clientconf*.c alone.
 */
#ifndef WORK_CLIENTCONF_INT_H
#define WORK_CLIENTCONF_INT_H

#include "work/clientconf.h"

/* Where a member stands; offsets into the text. */
struct jsonc_member {
	size_t name, value, value_end;
	size_t comma; /* of the comma behind it; 0: none */
};

/* What is to be known of an object to change it. */
struct jsonc_object {
	size_t open, close; /* of its braces */
	size_t count;
	struct jsonc_member first, last;
	struct jsonc_member found, before; /* the wanted member and the one before it */
	bool has, has_before, last_found;
};

/* Nothing but white space and a byte order mark. */
bool jsonc_is_empty(struct str text);
/* Checks the whole text and finds the container in its root. */
bool jsonc_read_root(struct arena *a, const struct clientconf_spot *s, struct str text,
		     struct jsonc_object *root, struct clientconf_error *e);
/* The object that is the value of `m`, and `wanted` in it. */
bool jsonc_read_inner(struct arena *a, const struct clientconf_spot *s, struct str text,
		      const struct jsonc_member *m, struct str wanted, struct jsonc_object *out,
		      struct clientconf_error *e);
/* The value in a part of a text that was read before; NULL when it is none for text/json.h. */
struct json *jsonc_parse_slice(struct arena *a, const struct clientconf_spot *s, struct str text,
			       size_t from, size_t to);

struct json *jsonc_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
			   struct clientconf_error *e);
bool jsonc_set(struct arena *a, const struct clientconf_spot *s, struct str text,
	       const struct json *entry, struct str *out, struct clientconf_error *e);
bool jsonc_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
		   struct str old, struct str *out, bool *nothing, struct clientconf_error *e);

struct json *toml_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
			  struct clientconf_error *e);
bool toml_set(struct arena *a, const struct clientconf_spot *s, struct str text,
	      const struct json *entry, struct str *out, struct clientconf_error *e);
bool toml_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
		  struct str old, struct str *out, bool *nothing, struct clientconf_error *e);

/* `text` with [from, to) replaced. */
struct str clientconf_splice(struct arena *a, struct str text, size_t from, size_t to,
			     struct str with);
/* "\r\n" where the text has it, else "\n". */
struct str clientconf_eol(struct str text);
/* Start of the line that `at` is in; and of the one after it. */
size_t clientconf_line_start(struct str text, size_t at);
size_t clientconf_line_end(struct str text, size_t at);
/* Only blanks from `from` up to `to`. */
bool clientconf_blank(struct str text, size_t from, size_t to);

#endif
