/*
 * lint_model.h - a definition as the rules see it.  Internal to the linter.
 *
 * Every step with its scope, what it waits for, and every name that an expression refers to.
 */
#ifndef WDL_LINT_MODEL_H
#define WDL_LINT_MODEL_H

#include "wdl/lint.h"
#include "wdl/walk.h"

struct lint_step;

/* One `actions` object. */
struct lint_scope {
	struct lint_scope *next;
	struct lint_step *owner; /* NULL at the top */
	struct lint_step *first, **tail;
	size_t count;
	unsigned depth; /* 0 at the top */
	struct str pointer;
};

/* One entry of runAfter. */
struct lint_edge {
	struct lint_edge *next;
	struct lint_step *step; /* NULL when it names no step of the scope */
	struct json *member;
	struct str pointer;
};

struct lint_step {
	struct lint_step *next;      /* all steps, in order of the document; triggers first */
	struct lint_step *sibling;   /* in the scope */
	struct lint_step *same_hash;
	struct lint_scope *scope;    /* NULL for a trigger */
	struct lint_edge *after, *cursor;
	struct str name, pointer, type;
	struct json *value, *inputs;
	bool trigger;
	bool cyclic;    /* on or behind a cycle of runAfter */
	unsigned rank;  /* longest way from a root of the scope */
	unsigned mark;
};

struct lint_variable {
	struct lint_variable *next, *same_hash;
	struct str name, type, pointer;
	struct json *row;
	struct lint_step *step;
	bool used;
};

/* A call whose first argument is a name in quotes. */
struct lint_ref {
	struct lint_ref *next;
	const struct wdl_place *place;
	const struct wdl_node *node; /* the call */
	const struct wdl_function *function;
	struct str name;
	struct lint_step *user;   /* the step it stands in, or NULL */
	struct lint_step *target; /* of functions that name a step, or NULL */
};

enum { LINT_BUCKETS = 1024 };

struct lint {
	struct arena *a;
	struct json *definition, *references; /* references: NULL when not in the document */
	struct str prefix; /* pointer of the definition */
	struct lint_step *steps;
	size_t actions, triggers;
	struct lint_scope *scopes;
	struct lint_variable *variables, *buckets[LINT_BUCKETS];
	struct lint_ref *refs;
	struct wdl_places places;
	struct lint_step **hash;
	size_t hash_size;
	struct lint_step **stack; /* room for every action */
	unsigned mark;
	struct lint_finding *findings;
	size_t count, dropped;
};

void lint_model_build(struct lint *l);

/* Adds a finding; the caller may make it milder or add to it. */
struct lint_finding *lint_add(struct lint *l, const struct lint_rule *r, struct str pointer,
			      const char *fmt, ...) __attribute__((__format__(__printf__, 4, 5)));
/* The same at an expression's node. */
struct lint_finding *lint_add_at(struct lint *l, const struct lint_rule *r,
				 const struct wdl_place *p, size_t byte, const char *fmt, ...)
	__attribute__((__format__(__printf__, 5, 6)));
void lint_fix(struct lint *l, struct lint_finding *f, const char *op, struct str path,
	      struct json *value);
void lint_fix_move(struct lint *l, struct lint_finding *f, struct str from, struct str path);

/* base + "/" + token, escaped. */
struct str lint_at(const struct lint *l, struct str base, const char *token);
struct str lint_at_n(const struct lint *l, struct str base, struct str token);

bool lint_is(const struct lint_step *s, const char *type);
/* Foreach, Until, Scope, If, Switch. */
bool lint_is_container(const struct lint_step *s);
/* An OpenApiConnection..., ApiConnection... step. */
bool lint_is_connector(const struct lint_step *s);
/* The step that contains it, or NULL at the top. */
struct lint_step *lint_parent(const struct lint_step *s);
bool lint_encloses(const struct lint_step *outer, const struct lint_step *inner);
/* The action or trigger of that name in any case (an exact match first), or NULL. */
struct lint_step *lint_find(const struct lint *l, struct str name);
struct lint_variable *lint_variable(const struct lint *l, struct str name);
/* Whether `target` has surely ended, or was skipped, when `user` begins: it or a container of
 * it stands before `user` or a container of `user`. */
bool lint_before(struct lint *l, struct lint_step *target, struct lint_step *user);

/* A value is an expression as a whole: "@..." that is not literal. */
bool lint_is_expression(const struct json *v);
bool lint_is_interpolated(const struct json *v);

/* The groups of rules, each ended by a row without id. */
extern const struct lint_rule lint_rules_shape[], lint_rules_graph[], lint_rules_names[],
	lint_rules_expressions[], lint_rules_triggers[], lint_rules_connections[],
	lint_rules_limits[];

#endif
