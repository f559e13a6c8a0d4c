/*
 * resolve_state.c - see resolve_state.h.
 */
#include "tools/resolve_state.h"

#include "base/limits.h"
#include "wdl/swagger.h"

const char *resolve_status_name(enum resolve_status s)
{
	static const char *const names[] = {
		[RESOLVE_OPEN] = "open",	 [RESOLVE_GIVEN] = "given",
		[RESOLVE_DEFAULT] = "default",	 [RESOLVE_FREE] = "free",
		[RESOLVE_CHOICE] = "choice",	 [RESOLVE_MATCHED] = "matched",
		[RESOLVE_NO_MATCH] = "nomatch",	 [RESOLVE_AMBIGUOUS] = "ambiguous",
		[RESOLVE_NEEDS] = "needs",	 [RESOLVE_FIELDS] = "fields",
		[RESOLVE_FAILED] = "failed",
	};

	return names[s];
}

/* ---- the beginning ---- */

static bool is_expression(const struct json *v)
{
	struct str s = json_str(v);

	return s.n > 1 && s.p[0] == '@' && s.p[1] != '@';
}

static void know(struct resolve *r, struct resolve_input *in, const struct json *value,
		 enum resolve_status status)
{
	in->status = status;
	in->value = value;
	/* What an expression gives is not known here, so nothing below it can be looked up. */
	if (!is_expression(value))
		json_set_n(call_arena(r->c), r->known, in->name,
			   json_copy(call_arena(r->c), value));
}

/* A name in a list of the row itself. */
static void match_enum(struct resolve *r, struct resolve_input *in)
{
	JSON_EACH (v, json_get(in->row, "enum"))
		if (str_eq_nocase(json_str(v), in->wanted)) {
			in->matches = 1;
			know(r, in, v, RESOLVE_MATCHED);
			return;
		}
	in->status = RESOLVE_NO_MATCH;
}

static void settle_plain(struct resolve *r, struct resolve_input *in)
{
	if (json_get(in->row, "enum") && in->wanted.n) {
		match_enum(r, in);
		return;
	}
	if (json_get(in->row, "default")) {
		know(r, in, json_get(in->row, "default"), RESOLVE_DEFAULT);
		return;
	}
	in->status = json_get(in->row, "enum") ? RESOLVE_CHOICE : RESOLVE_FREE;
}

static void set_metadata(struct resolve_input *in, const struct json *from)
{
	static const struct {
		const char *member;
		enum resolve_kind kind;
	} kinds[] = {
		{ "values", RESOLVE_VALUES },
		{ "trees", RESOLVE_TREE },
		{ "properties", RESOLVE_PROPERTIES },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !in->metadata; i++) {
		in->metadata = json_get_n(json_get(from, kinds[i].member), in->name);
		if (in->metadata)
			in->kind = kinds[i].kind;
	}
	in->people = in->kind == RESOLVE_VALUES && connector_is_people(in->metadata);
}

static void add_input(struct resolve *r, const struct json *row, const struct json *from,
		      const struct json *given, const struct json *match)
{
	struct resolve_input *in;
	const struct json *value;

	if (r->count >= LIMIT_SWAGGER_FIELDS)
		return;
	in = &r->inputs[r->count++];
	*in = (struct resolve_input){ .name = json_get_str(row, "name"), .row = row };
	in->wanted = in->rest = json_str(json_get_n(match, in->name));
	set_metadata(in, from);
	value = json_get_n(given, in->name);
	if (value && !str_eq(in->name, r->only))
		know(r, in, value, RESOLVE_GIVEN);
	else if (in->kind == RESOLVE_PLAIN)
		settle_plain(r, in);
}

struct resolve *resolve_begin(struct call *c, const struct json *operation,
			      const struct json *given, const struct json *match,
			      const struct json *browse, struct str only)
{
	struct resolve *r = arena_alloc(call_arena(c), sizeof(*r));
	struct str field = json_get_str(browse, "field");

	*r = (struct resolve){ .c = c, .operation = operation, .only = field.n ? field : only };
	r->inputs = arena_array(call_arena(c), LIMIT_SWAGGER_FIELDS, sizeof(*r->inputs));
	r->known = json_new_object(call_arena(c));
	/* Values of inputs that are not described (fields of a body) are parents, too. */
	JSON_EACH (v, given)
		if (!is_expression(v))
			json_set_n(call_arena(c), r->known, json_name(v),
				   json_copy(call_arena(c), v));
	JSON_EACH (row, json_get(operation, "inputs"))
		add_input(r, row, operation, given, match);
	for (size_t i = 0; i < r->count; i++)
		if (field.n && str_eq(r->inputs[i].name, field))
			r->inputs[i].folder = json_get_str(browse, "id");
	return r;
}

/* ---- rounds ---- */

static const struct json *question(const struct resolve_input *in)
{
	if (in->kind != RESOLVE_TREE)
		return in->metadata;
	return json_get(in->metadata,
			in->folder.n && json_get(in->metadata, "browse") ? "browse" : "open");
}

static struct resolve_input *named(struct resolve *r, struct str name)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(r->inputs[i].name, name))
			return &r->inputs[i];
	return NULL;
}

/* True when `in` is asked for, or is (through others) a parent of what is. */
static bool matters(struct resolve *r, const struct resolve_input *in, struct str of,
		    unsigned depth)
{
	const struct resolve_input *child = named(r, of);

	if (!r->only.n || str_eq(in->name, of))
		return true;
	/* A field of a body that is not looked up yet: any body may bring it. */
	if (!child)
		return in->kind == RESOLVE_PROPERTIES && str_starts(of, in->name);
	if (depth > LIMIT_SWAGGER_DEPTH)
		return false;
	JSON_EACH (p, json_get(question(child), "parameters")) {
		struct str parent = json_get_str(p, "parameterReference");

		if (parent.n && !str_eq(parent, of) && matters(r, in, parent, depth + 1))
			return true;
	}
	return false;
}

static bool is_ready(struct resolve *r, const struct resolve_input *in)
{
	return in->status == RESOLVE_OPEN && matters(r, in, r->only, 0) &&
	       (in->people || !lookup_needs(r->c, question(in), r->known));
}

size_t resolve_round(struct resolve *r, size_t *inputs, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count && n < most; i++)
		if (is_ready(r, &r->inputs[i]))
			inputs[n++] = i;
	return n;
}

/* ---- answers ---- */

/* One name of a path; a slash alone is none. */
static struct str next_name(const struct resolve_input *in, struct str *after)
{
	struct str rest = in->rest, head;

	if (in->kind != RESOLVE_TREE || !rest.n || rest.p[0] != '/') {
		*after = S("");
		return rest;
	}
	rest = str_from_at(rest, 1);
	str_cut(&rest, '/', &head);
	*after = rest.n ? str_n(rest.p - 1, rest.n + 1) : S("");
	return head;
}

/* The only record of that name or value; *matches says how many there are. */
static const struct json *find(const struct json *rows, struct str name, size_t *matches)
{
	const struct json *found = NULL;

	*matches = 0;
	JSON_EACH (row, rows) {
		if (!str_eq_nocase(lookup_title(row), name) &&
		    !str_eq(json_str(lookup_value(row)), name))
			continue;
		found = row;
		++*matches;
	}
	return *matches == 1 ? found : NULL;
}

static void take_rows(struct resolve *r, struct resolve_input *in)
{
	struct str after, name = next_name(in, &after);
	const struct json *row;

	if (!name.n) {
		in->status = RESOLVE_CHOICE;
		return;
	}
	row = find(in->rows, name, &in->matches);
	if (!row) {
		in->status = in->matches ? RESOLVE_AMBIGUOUS : RESOLVE_NO_MATCH;
	} else if (after.n && json_get(in->metadata, "browse")) {
		in->rest = after;
		in->folder = json_str(lookup_value(row));
	} else {
		know(r, in, lookup_value(row), RESOLVE_MATCHED);
	}
}

/* Their lookups name inputs by the end of the name. */
static void refer(struct resolve *r, size_t from)
{
	struct arena *a = call_arena(r->c);
	struct json *names = json_new_array(a);

	for (size_t i = 0; i < r->count; i++)
		json_push(names, json_copy(a, r->inputs[i].row));
	for (size_t i = from; i < r->count; i++) {
		struct json *m = json_copy(a, r->inputs[i].metadata);

		swagger_refer(a, m, names);
		r->inputs[i].metadata = m;
	}
}

/* Fields of a body: inputs from now on, with lookups of their own. */
static void take_fields(struct resolve *r, size_t input, const struct json *schema)
{
	const struct json *match = arg_json(r->c, "match");
	struct str name = r->inputs[input].name;
	const struct json *all = swagger_fields(call_arena(r->c), schema, name, false);
	size_t from = r->count;

	JSON_EACH (row, json_get(all, "fields")) {
		struct str field = json_get_str(row, "name");

		if (!str_eq(field, name) && !named(r, field))
			add_input(r, row, all, r->known, match);
	}
	refer(r, from);
	r->inputs[input].status = RESOLVE_FIELDS;
}

void resolve_take(struct resolve *r, size_t input, const struct answer *a)
{
	struct resolve_input *in = &r->inputs[input];

	if (a->err != ERR_OK) {
		in->failure = a;
		in->status = RESOLVE_FAILED;
	} else if (in->kind == RESOLVE_PROPERTIES) {
		take_fields(r, input, lookup_schema(a));
	} else {
		in->rows = lookup_rows(a);
		take_rows(r, in);
	}
}

void resolve_no_people(struct resolve *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->inputs[i].people && r->inputs[i].status == RESOLVE_OPEN)
			r->inputs[i].status = RESOLVE_FREE;
}

void resolve_end(struct resolve *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->inputs[i].status == RESOLVE_OPEN)
			r->inputs[i].status = RESOLVE_NEEDS;
}
