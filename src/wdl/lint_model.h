/*
 * lint_model.h - a definition as the rules see it.  Internal to the linter.
 *
 * Every step with its scope, what it waits for, and every name that an expression refers to.
 */
#ifndef WDL_LINT_MODEL_H
#define WDL_LINT_MODEL_H

#include "wdl/lint.h"
#include "wdl/lint_map.h"
#include "wdl/walk.h"

struct lint_step;

/* One `actions` object. */
struct lint_scope {
	struct lint_scope *next, *next_of_owner;
	struct lint_step *owner; /* NULL at the top */
	struct lint_step *first, **tail;
	size_t count;
	unsigned depth; /* 0 at the top */
	struct str pointer;
};

/* What runAfter may ask for, as bits. */
enum lint_status {
	LINT_SUCCEEDED = 1,
	LINT_FAILED = 2,
	LINT_SKIPPED = 4,
	LINT_TIMED_OUT = 8,
	LINT_OTHER = 16, /* legal by the schema: Aborted, Cancelled, ... */
	LINT_FAILURES = LINT_FAILED | LINT_TIMED_OUT,
	LINT_ANY = 31,
};

/* One entry of runAfter. */
struct lint_edge {
	struct lint_edge *next;
	struct lint_edge *next_follower; /* of `step` */
	struct lint_step *of;   /* the step that waits */
	struct lint_step *step; /* what it waits for; NULL when it names no step of the scope */
	struct json *member;
	struct str pointer;
	unsigned statuses; /* enum lint_status */
};

/* A string or key with expressions, and the step it stands in. */
struct lint_spot {
	struct lint_spot *next, *next_of_step;
	struct wdl_place *place;
	struct lint_step *step; /* or NULL */
	bool injected; /* in the authentication of a connector, which the service puts in */
};

struct lint_step {
	struct lint_step *next;      /* all steps, in order of the document; triggers first */
	struct lint_step *sibling;   /* in the scope */
	struct lint_scope *scope;    /* NULL for a trigger */
	struct lint_scope *scopes;   /* what it contains, the last one first; next_of_owner */
	struct lint_edge *after, *cursor, *followers;
	struct lint_spot *spots;
	struct lint_ref *refs;       /* what its expressions name */
	struct str name, pointer, type;
	/* Of connectors: "shared_sql", of the host or of its reference; and "GetItems".  Else "". */
	struct str api, operation;
	struct json *value, *inputs;
	struct lint_step *main; /* of those it waits for the one of the highest rank */
	size_t from, to;        /* what waits for it by way of `main` has numbers in [from, to) */
	bool trigger;
	bool connector; /* an OpenApiConnection..., ApiConnection... step */
	bool cyclic;    /* on or behind a cycle of runAfter */
	bool read;      /* an expression reads its result */
	bool tested;    /* a condition does */
	bool lenient;   /* asked for while it may be skipped; see lint_rules_paths.c */
	unsigned demanded; /* the statuses left to it there */
	unsigned rank;  /* longest way from a root of the scope */
	unsigned mark;
};

struct lint_variable {
	struct lint_variable *next;
	struct str name, type, pointer;
	struct json *row;
	struct lint_step *step;
	bool used, tested;
};

/* A call whose first argument is a name in quotes. */
struct lint_ref {
	struct lint_ref *next, *next_of_step;
	const struct wdl_place *place;
	const struct wdl_node *node; /* the call */
	const struct wdl_function *function;
	struct str name;
	struct lint_step *user;   /* the step it stands in, or NULL */
	struct lint_step *target; /* of functions that name a step, or NULL */
};

struct lint {
	struct arena *a;
	struct json *definition, *references; /* references: NULL when not in the document */
	struct json *flow; /* what holds the definition beside displayName, or NULL */
	struct str prefix; /* pointer of the definition */
	struct lint_step *steps;
	size_t actions, triggers;
	struct lint_scope *scopes;
	struct lint_variable *variables;
	struct lint_ref *refs;
	struct wdl_places places;
	struct lint_spot *spots;
	struct lint_map exact, folded;    /* steps by name */
	struct lint_map in_scope, values; /* steps by scope and name, and by their value */
	struct lint_map variable_names, parameter_names, reference_names, connection_names;
	struct lint_step **stack; /* room for every action */
	unsigned mark;
	size_t effort; /* spent on following runAfter; see LIMIT_LINT_EFFORT */
	struct lint_string *strings; /* lint_strings.h */
	bool strings_collected;
	const struct lint_rule *told; /* the last rule that says its thing once per flow */
	struct lint_finding *findings;
	size_t count, dropped;
};

void lint_model_build(struct lint *l);
/* The part of it that is about runAfter: edges, cycles, ranks. */
void lint_order_build(struct lint *l);

/* Adds a finding; the caller may make it milder or add to it. */
struct lint_finding *lint_add(struct lint *l, const struct lint_rule *r, struct str pointer,
			      const char *fmt, ...) __attribute__((__format__(__printf__, 4, 5)));
/* The same at an expression's node. */
struct lint_finding *lint_add_at(struct lint *l, const struct lint_rule *r,
				 const struct wdl_place *p, size_t byte, const char *fmt, ...)
	__attribute__((__format__(__printf__, 5, 6)));
/* Add an operation to the finding's fix; pointers are into the document.  What does not lie in
 * the definition cannot be fixed by them: nothing is added then. */
void lint_fix_set(struct lint *l, struct lint_finding *f, struct str pointer, struct json *value);
void lint_fix_add(struct lint *l, struct lint_finding *f, struct str pointer, struct json *value);
void lint_fix_remove(struct lint *l, struct lint_finding *f, struct str pointer);
void lint_fix_move(struct lint *l, struct lint_finding *f, struct str from, struct str to,
		   struct json *value);

/* base + "/" + token, escaped. */
struct str lint_at(const struct lint *l, struct str base, const char *token);
struct str lint_at_n(const struct lint *l, struct str base, struct str token);
struct str lint_at_i(const struct lint *l, struct str base, size_t index);
/* Pointer of a place inside the step, such as "/inputs/host". */
struct str lint_in(const struct lint *l, const struct lint_step *s, const char *below);

static inline bool lint_is(const struct lint_step *s, const char *type)
{
	return s && s->type.n == strlen(type) && str_eq_nocase(s->type, str_n(type, s->type.n));
}
/* Foreach, Until, Scope, If, Switch. */
bool lint_is_container(const struct lint_step *s);
struct str lint_last_part(struct str path);
/* A parameter of a connector step, wherever the step has it: of its operation, body or query. */
struct json *lint_argument(const struct lint_step *s, const char *name);
/* A member such as "getitems" of the path of an older step, without regard to case. */
bool lint_path_ends(const struct lint_step *s, const char *end);
/* A request that anybody may make who knows the address. */
bool lint_is_anonymous(const struct lint_step *trigger);
/* Fills in `watched` and `changes`. */
void lint_changes(struct lint *l, struct lint_report *out);
/* Whether "accounts" is the set of "account", "opportunities" that of "opportunity". */
bool lint_is_plural(struct str set, struct str name);
/* What cannot fail for reasons outside of the flow: variables, data operations. */
bool lint_is_local(const struct lint_step *s);
/* SetVariable, AppendToArrayVariable and the like; and the name of the variable. */
bool lint_writes(const struct lint_step *s);
struct str lint_written(const struct lint_step *s);
/* The step that contains it, or NULL at the top. */
struct lint_step *lint_parent(const struct lint_step *s);
bool lint_encloses(const struct lint_step *outer, const struct lint_step *inner);
/* The action or trigger of that name in any case (an exact match first), or NULL. */
struct lint_step *lint_find(const struct lint *l, struct str name);
/* The first action of that name in any case. */
struct lint_step *lint_first(const struct lint *l, struct str name);
struct lint_variable *lint_variable(const struct lint *l, struct str name);
struct json *lint_parameter(const struct lint *l, struct str name);
/* The connection reference of that key or logical name, or NULL. */
struct json *lint_reference(const struct lint *l, struct str name);
/* Whether `target` has surely ended, or was skipped, when `user` begins: it or a container of
 * it stands before `user` or a container of `user`. */
bool lint_before(struct lint *l, struct lint_step *target, struct lint_step *user);

/* A value is an expression as a whole: "@..." that is not literal. */
bool lint_is_expression(const struct json *v);
bool lint_is_interpolated(const struct json *v);
/* Some of it is decided when the flow runs. */
bool lint_is_dynamic(const struct json *v);
/* Among names that end with NULL, in any case. */
bool lint_among(struct str s, const char *const *names);

/* Who says so. */
#define SOURCE_LIMITS "Microsoft: Limits of automated, scheduled, and instant flows"
#define SOURCE_ERRORS "Microsoft: Power Automate error code reference"
#define SOURCE_SCHEMA "Microsoft: JSON schema 2016-06-01 of workflow definitions"
#define SOURCE_FUNCTIONS "Microsoft: Reference guide to workflow expression functions"
#define SOURCE_LOOPS "Microsoft: Create loops in workflows (Azure Logic Apps)"
#define SOURCE_VARIABLES "Microsoft: Store and manage values with variables (Azure Logic Apps)"
#define SOURCE_ACTIONS "Microsoft: Schema reference for trigger and action types (Azure Logic Apps)"
#define SOURCE_GUIDELINES "Microsoft: Coding guidelines for Power Automate cloud flows"
#define SOURCE_PATTERNS "Microsoft: Avoid anti-patterns (cloud flow guidelines)"
#define SOURCE_CONNECTORS "Microsoft: Connector reference"
#define SOURCE_PRACTICE "practice: what the service refuses or runs, seen in public flows and tools"

/* The head of a definition in an example. */
#define EXAMPLE_HEAD                                                                               \
	"`$schema`:`https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"        \
	"2016-06-01/workflowdefinition.json#`,`contentVersion`:`1.0.0.0`"

/* The groups of rules, each ended by a row without id. */
extern const struct lint_rule lint_rules_shape[], lint_rules_members[], lint_rules_graph[],
	lint_rules_paths[],
	lint_rules_names[], lint_rules_uses[], lint_rules_values[],
	lint_rules_expressions[], lint_rules_triggers[], lint_rules_starts[],
	lint_rules_connections[], lint_rules_parameters[],
	lint_rules_limits[], lint_rules_speed[], lint_rules_quality[],
	lint_rules_secrets[];

#endif
