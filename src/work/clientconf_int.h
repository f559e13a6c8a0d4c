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
