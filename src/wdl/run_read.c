/*
 * run_read.c - a definition as a list of actions with what waits for what.
 *
 * Knows containers and branches; must not know how anything runs.
 */
#include "wdl/run_priv.h"
#include "wdl/text.h"

static const struct {
	const char *type;
	enum wrun_kind kind;
} kinds[] = {
	{ "Compose", WRUN_COMPOSE },
	{ "ParseJson", WRUN_PARSE_JSON },
	{ "Query", WRUN_QUERY },
	{ "Select", WRUN_SELECT },
	{ "Join", WRUN_JOIN },
	{ "Table", WRUN_TABLE },
	{ "Expression", WRUN_EXPRESSION },
	{ "InitializeVariable", WRUN_INITIALIZE },
	{ "SetVariable", WRUN_SET },
	{ "IncrementVariable", WRUN_INCREMENT },
	{ "DecrementVariable", WRUN_DECREMENT },
	{ "AppendToArrayVariable", WRUN_APPEND_ARRAY },
	{ "AppendToStringVariable", WRUN_APPEND_STRING },
	{ "Wait", WRUN_WAIT },
	{ "Terminate", WRUN_TERMINATE },
	{ "Response", WRUN_RESPONSE },
	{ "Scope", WRUN_SCOPE },
	{ "If", WRUN_IF },
	{ "Switch", WRUN_SWITCH },
	{ "Foreach", WRUN_FOREACH },
	{ "Until", WRUN_UNTIL },
};

static enum wrun_kind kind_of(struct str type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_eq_nocase(type, str_from(kinds[i].type)))
			return kinds[i].kind;
	return WRUN_CALL;
}

/* ---- counting and listing ---- */

static unsigned count(struct wrun *r, const struct json *actions, unsigned depth)
{
	unsigned n = 0;

	if (depth > LIMIT_RUN_DEPTH)
		wrun_stop(r, "containers are nested too deeply");
	JSON_EACH(v, actions) {
		n += 1 + count(r, json_get(v, "actions"), depth + 1) +
		     count(r, json_get(json_get(v, "else"), "actions"), depth + 1) +
		     count(r, json_get(json_get(v, "default"), "actions"), depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			n += count(r, json_get(c, "actions"), depth + 1);
		if (n > LIMIT_RUN_ACTIONS)
			wrun_stop(r, "the definition has too many actions");
	}
	return n;
}

static uint64_t fold_hash(struct str s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		h = (h ^ (c >= 'A' && c <= 'Z' ? c | 32u : c)) * 1099511628211u;
	}
	return h;
}

struct wrun_node *wrun_find(const struct wrun *r, struct str name)
{
	for (uint64_t at = fold_hash(name); r->slots[at % r->slot_count]; at++) {
		struct wrun_node *n = &r->nodes[r->slots[at % r->slot_count] - 1];

		if (str_eq_nocase(n->name, name))
			return n;
	}
	return NULL;
}

static void remember(struct wrun *r, unsigned number)
{
	uint64_t at = fold_hash(r->nodes[number].name);

	while (r->slots[at % r->slot_count])
		at++;
	r->slots[at % r->slot_count] = number + 1;
}

static bool lists(const struct json *secure, struct str what)
{
	JSON_EACH(v, secure)
		if (str_eq_nocase(json_str(v), what))
			return true;
	return false;
}

/* Compose, ParseJson and Response have one setting, which hides both. */
static void read_secure(struct wrun_node *n)
{
	const struct json *secure = json_at(n->def, "/runtimeConfiguration/secureData/properties");

	n->secure_inputs = lists(secure, S("inputs"));
	n->secure_outputs = lists(secure, S("outputs"));
	if (n->secure_inputs && (n->kind == WRUN_COMPOSE || n->kind == WRUN_PARSE_JSON ||
				 n->kind == WRUN_RESPONSE))
		n->secure_outputs = true;
}

static void collect(struct wrun *r, const struct json *actions, int parent, unsigned branch,
		    unsigned depth)
{
	JSON_EACH(v, actions) {
		unsigned number = r->node_count++, cases = WRUN_CASES;
		struct wrun_node *n = &r->nodes[number];

		*n = (struct wrun_node){ .name = json_name(v), .type = json_get_str(v, "type"),
					 .def = v, .parent = parent, .branch = branch,
					 .loop = -1, .depth = depth };
		n->kind = kind_of(n->type);
		if (!json_is(v, JSON_OBJECT))
			wrun_stop(r, "an action is not an object");
		if (wrun_find(r, n->name))
			wrun_stop(r, "two actions have the same name");
		if (parent >= 0)
			n->loop = wrun_is_loop(&r->nodes[parent]) ? parent : r->nodes[parent].loop;
		n->slot = n->loop >= 0 ? r->nodes[n->loop].body++ : r->top_body++;
		read_secure(n);
		remember(r, number);
		collect(r, json_get(v, "actions"), (int)number, WRUN_MAIN, depth + 1);
		collect(r, json_get(json_get(v, "else"), "actions"), (int)number, WRUN_ELSE,
			depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			collect(r, json_get(c, "actions"), (int)number, cases++, depth + 1);
		collect(r, json_get(json_get(v, "default"), "actions"), (int)number, WRUN_ELSE,
			depth + 1);
		r->nodes[number].after = r->node_count;
	}
}

/* ---- runAfter ---- */

static unsigned mask_of(const struct json *wanted)
{
	unsigned mask = 0;

	JSON_EACH(s, wanted) {
		enum wdl_status status = wdl_status_from(json_str(s));

		if (status != WDL_ST__MAX)
			mask |= 1u << status;
	}
	return mask;
}

static void add_next(struct wrun *r, struct wrun_node *before, unsigned number)
{
	if (before->next_count == before->next_room) {
		unsigned room = before->next_room ? before->next_room * 2 : 2;

		before->next = arena_grow(&r->mem, before->next,
					  before->next_room * sizeof(*before->next),
					  room * sizeof(*before->next));
		before->next_room = room;
	}
	before->next[before->next_count++] = number;
}

static void link_node(struct wrun *r, unsigned number)
{
	struct wrun_node *n = &r->nodes[number];
	const struct json *after = json_get(n->def, "runAfter");

	n->edges = arena_array(&r->mem, json_count(after) + 1, sizeof(*n->edges));
	JSON_EACH(a, after) {
		struct wrun_node *before = wrun_find(r, json_name(a));

		if (!before || before->parent != n->parent || before->branch != n->branch ||
		    before == n)
			wrun_stop(r, "a runAfter names no other action of its scope");
		n->edges[n->edge_count++] = (struct wrun_edge){
			.before = wrun_number(r, before), .statuses = mask_of(a), .wanted = a };
		add_next(r, before, number);
	}
}

/* Takes away what has nothing left to wait for; what remains stands on a cycle or behind one. */
static void refuse_cycles(struct wrun *r)
{
	unsigned *left = arena_array(&r->mem, r->node_count + 1, sizeof(*left));
	unsigned *ready = arena_array(&r->mem, r->node_count + 1, sizeof(*ready));
	unsigned n = 0, done = 0;

	for (unsigned i = 0; i < r->node_count; i++) {
		left[i] = r->nodes[i].edge_count;
		if (!left[i])
			ready[n++] = i;
	}
	while (done < n) {
		const struct wrun_node *x = &r->nodes[ready[done++]];

		for (unsigned i = 0; i < x->next_count; i++)
			if (--left[x->next[i]] == 0)
				ready[n++] = x->next[i];
	}
	if (n != r->node_count)
		wrun_stop(r, "the runAfter of some actions form a circle");
}

/* ---- result() ---- */

/* Which loops result() is asked about: their bodies are then kept.  A loop whose name is written
 * with an apostrophe or an expression is taken to be meant. */
static void mark_kept(struct wrun *r, const struct json *v)
{
	if (json_is(v, JSON_STRING)) {
		if (!str_contains_nocase(json_str(v), S("result(")))
			return;
		for (unsigned i = 0; i < r->node_count; i++)
			if (r->nodes[i].kind == WRUN_FOREACH &&
			    (str_find_char(r->nodes[i].name, '\'') >= 0 ||
			     str_contains_nocase(json_str(v), r->nodes[i].name)))
				r->nodes[i].keep = true;
		return;
	}
	JSON_EACH(child, v)
		mark_kept(r, child);
}

void wrun_read(struct wrun *r)
{
	const struct json *actions = json_get(r->definition, "actions");
	unsigned n;

	if (!json_is(actions, JSON_OBJECT))
		wrun_stop(r, "there are no actions");
	n = count(r, actions, 0);
	r->nodes = arena_array(&r->mem, n + 1, sizeof(*r->nodes));
	r->slot_count = n * 2 + 1;
	r->slots = arena_array(&r->mem, r->slot_count, sizeof(*r->slots));
	collect(r, actions, -1, WRUN_MAIN, 0);
	for (unsigned i = 0; i < r->node_count; i++)
		link_node(r, i);
	refuse_cycles(r);
	mark_kept(r, r->definition);
	r->result.actions = r->node_count;
}
