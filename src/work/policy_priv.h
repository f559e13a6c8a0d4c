/*
 * policy_priv.h - the inside of policies, for src/work/policy*.c only.
 */
#ifndef WORK_POLICY_PRIV_H
#define WORK_POLICY_PRIV_H

#include "work/policy.h"

enum { LAYER_SYSTEM, LAYER_USER, LAYERS };

enum policy_type {
	KEY_WORD, /* one of `words`; its number, the strictest first */
	KEY_SET,  /* several of `words`: bits */
	KEY_BOOL,
	KEY_INT,  /* `min` to `max` */
	KEY_LIST, /* names */
};

struct policy_key_row {
	const char *name;
	enum policy_type type;
	const char *words;
	int64_t min, max, otherwise;
	bool more_is_stricter;
	const char *help;
};
extern const struct policy_key_row policy_keys[POLICY__KEYS];
extern const char *const policy_actions[]; /* by enum policy_action, ends with NULL */
extern const char *const policy_classes[]; /* by enum klass, ends with NULL */

struct policy_value {
	const char *where; /* "file:line"; NULL: not set */
	int64_t number;
	struct str text;   /* lists, blank separated */
};

enum section_kind {
	SECTION_TOOL,
	SECTION_ENVIRONMENT,
	SECTION_CLASS,
	SECTION_HOST,
	SECTION_KINDS,
};
enum section_key { SECTION_ACTION, SECTION_FLOOR, SECTION_CHANNELS, SECTION_KEYS };

struct policy_section {
	struct policy_section *next;
	enum section_kind kind;
	struct str name;
	const char *begins; /* "file:line" */
	int value[SECTION_KEYS];
	const char *where[SECTION_KEYS]; /* NULL: not set */
};

struct policy_layer {
	bool present;
	struct policy_value values[POLICY__KEYS];
	struct policy_section *sections;
};

struct policy_stamp {
	bool there;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct policy {
	struct arena arena;
	char *paths[LAYERS]; /* or NULL */
	struct policy_stamp stamps[LAYERS];
	struct policy_layer layers[LAYERS];
	unsigned char digest[32];
};

/* Reads the text of one file; `file` is its name for messages.
 * false: *message (in `a`) says file, line and what would do. */
bool policy_text_read(struct arena *a, const char *file, struct str text, struct policy_layer *out,
		      const char **message);

#endif
