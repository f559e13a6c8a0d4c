/*
 * clientconf_toml.h - the statements of a TOML text; for work/clientconf_toml*.c alone.
 */
#ifndef WORK_CLIENTCONF_TOML_H
#define WORK_CLIENTCONF_TOML_H

#include "work/clientconf_int.h"

enum { TOML_PARTS = 16 };

struct toml_key {
	struct str parts[TOML_PARTS];
	size_t n;
};

enum toml_kind { TOML_TABLE, TOML_TABLES, TOML_PAIR };

/* One statement. */
struct toml_item {
	enum toml_kind kind;
	struct toml_key path;      /* of a pair: below its table */
	size_t own;           /* parts of `path` that the table gave */
	size_t start, end;    /* whole lines */
	size_t value, value_end;
	struct json *v;       /* of a pair */
};

struct toml_reader {
	struct arena *a;
	struct str t;
	size_t at;
	unsigned depth;
	struct clientconf_error *e;
	struct toml_key table;
};

struct toml_reader toml_reader_of(struct arena *a, struct str text, struct clientconf_error *e);
/* The next statement; false at the end (e->message NULL) or when the text is wrong. */
bool toml_next(struct toml_reader *r, struct toml_item *it);
/* Notes what is wrong at the reader's place; false. */
bool toml_wrong(struct toml_reader *r, const char *why);
/* Puts a value below a path of names; false when something else stands there. */
bool toml_put(struct arena *a, struct json *root, const struct toml_key *k, size_t n,
	      struct json *v);
/* A character of a name without quotes. */
bool toml_is_bare(int c);

#endif
