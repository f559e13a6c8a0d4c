/*
 * meta.c - tools about the program itself: who is signed in, and which tools there are.
 */
#include "tools/knowledge.h"
#include "tools/shared.h"
#include "tools/table.h"

/* ---- whoami ---- */

/* One cheap request, so that a missing sign-in is found out here and not in the next tool. */
static enum verdict whoami(struct call *c)
{
	struct json *out;
	const struct answer *a = got(c, 0, 0);

	if (call_stage(c) == 0)
		return fetch_one(c, (struct fetch){
			.url = url(c, HOST_FLOW, "/environments/~default"),
			.flags = FETCH_OPTIONAL,
		});
	out = about_identity(c);
	/* Any answer of the service means that it took the token. */
	json_set_bool(call_arena(c), out, "signedIn",
		      a->err != ERR_NOT_SIGNED_IN && a->err != ERR_REAUTH_REQUIRED &&
			      (a->status != 0 || a->err == ERR_OK));
	if (a->err != ERR_OK && a->err != ERR_NOT_FOUND && a->err != ERR_FORBIDDEN) {
		struct json *problem = json_new_object(call_arena(c));

		json_set_z(call_arena(c), problem, "code", err_name(a->err));
		json_set_z(call_arena(c), problem, "message", a->message);
		json_set(call_arena(c), out, "problem", problem);
	}
	return done(c, out);
}

static const struct param no_params[] = { { 0 } };

static const struct field whoami_result[] = {
	{ "profile", JSON_STRING, "Profile of the configuration", .optional = false },
	{ "cloud", JSON_STRING, "Microsoft cloud", .optional = false },
	{ "account", JSON_OBJECT, "Who is signed in", .optional = false },
	{ "signedIn", JSON_BOOL, "The service took the token", .optional = false },
	{ "readOnly", JSON_BOOL, "No tool of this profile changes anything", .optional = false },
	{ "version", JSON_STRING, "Of flowlatch", .optional = false },
	{ 0 },
};

const struct tool tool_whoami = {
	.name = "whoami",
	.title = "Who is signed in",
	.description =
		"Says which account, tenant, cloud and profile are in use, what was granted, and "
		"whether changes are allowed. Use it when lists are empty or access is refused: "
		"often it is the wrong account.",
	.toolset = "meta",
	.bundles = "discover",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = no_params,
	.result = whoami_result,
	.step = whoami,
};

/* ---- bundles ---- */

/* Names and order as published skills know them. */
static const struct {
	const char *name, *description;
} bundles[] = {
	{ "create-flow", "Make a new flow: environment, connections, connectors, then save." },
	{ "build-flow", "Read and change an existing flow." },
	{ "debug-flow", "Find out why a run failed or a flow did not start." },
	{ "monitor-flow", "Watch and control the runs of one flow." },
	{ "discover", "See which environments, flows and connections there are." },
	{ "governance", "Audit flows across environments." },
};

static bool in_bundle(const struct tool *t, struct str bundle)
{
	struct str rest = str_from(t->bundles), word;

	while (t->bundles && str_cut(&rest, ' ', &word))
		if (str_eq_nocase(word, bundle))
			return true;
	return false;
}

static struct json *names_in(struct call *c, struct str bundle)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);
	struct json *out = json_new_array(call_arena(c));

	for (size_t i = 0; i < n; i++)
		if (in_bundle(rows[i], bundle) && !tool_absent(c, rows[i]))
			json_push(out, json_new_z(call_arena(c), rows[i]->name));
	return out;
}

static enum verdict list_skills(struct call *c)
{
	struct json *out = json_new_array(call_arena(c)), *v;

	for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++) {
		v = json_new_object(call_arena(c));
		json_set_z(call_arena(c), v, "name", bundles[i].name);
		json_set_z(call_arena(c), v, "description", bundles[i].description);
		json_set(call_arena(c), v, "tools", names_in(c, str_from(bundles[i].name)));
		json_push(out, v);
	}
	return done(c, out);
}

const struct tool tool_list_skills = {
	.name = "list_skills",
	.title = "Bundles of tools",
	.description =
		"Lists bundles of tools by purpose (create, build, debug, monitor, discover, "
		"govern). Needs no sign-in. Then load one with tool_search \"skill:<name>\".",
	.toolset = "meta",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.local = true,
	.params = no_params,
	.list = "",
	.columns = "/name /description",
	.step = list_skills,
};

/* ---- tool_search ---- */

enum { MOST_MATCHES = 8, MOST_WORDS = 16 };

static const struct tool *row_named(struct call *c, struct str name)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);

	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(str_from(rows[i]->name), name))
			return rows[i];
	return NULL;
}

static enum verdict unknown_tool(struct call *c, struct str name)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);
	const char *near = NULL;
	unsigned best = 8;

	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(str_from(rows[i]->name), name, best);

		if (d < best) {
			best = d;
			near = rows[i]->name;
		}
	}
	fail(c, ERR_NOT_FOUND, "there is no tool \"%.*s\"", STR_ARG(str_first_utf8(name, 64)));
	if (near)
		hint(c, "Did you mean %s?", near);
	else
		hint(c, "Search with words, such as \"failed run\", or see list_skills.");
	return FAIL;
}

/* As tools/list shows it; with what to do where this server does not offer it. */
static struct json *found(struct call *c, const struct tool *t)
{
	struct json *v = tool_describe(call_arena(c), t);
	const char *absent = tool_absent(c, t);

	json_set_z(call_arena(c), v, "toolset", t->toolset);
	if (absent) {
		json_set_bool(call_arena(c), v, "offered", false);
		json_set_z(call_arena(c), v, "notOffered", absent);
	}
	return v;
}

/* One name that is not known does not keep the others from being told. */
static enum verdict by_names(struct call *c, struct str names)
{
	struct json *out = json_new_array(call_arena(c)), *unknown = json_new_array(call_arena(c));
	struct str name, first = S("");

	while (str_cut(&names, ',', &name)) {
		const struct tool *t;

		name = str_trim(name);
		if (!name.n)
			continue;
		t = row_named(c, name);
		if (t) {
			json_push(out, found(c, t));
			continue;
		}
		first = first.n ? first : name;
		json_push(unknown, json_new_str(call_arena(c), str_first_utf8(name, 64)));
	}
	if (first.n && !json_first(out))
		return unknown_tool(c, first);
	if (first.n)
		note(c, "unknown", unknown);
	return done(c, out);
}

static enum verdict by_bundle(struct call *c, struct str bundle)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);
	struct json *out = json_new_array(call_arena(c));
	bool known = false;

	for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++)
		known = known || str_eq_nocase(bundle, str_from(bundles[i].name));
	if (!known) {
		fail(c, ERR_NOT_FOUND, "there is no bundle \"%.*s\"",
		     STR_ARG(str_first_utf8(bundle, 64)));
		hint(c, "Bundles are: create-flow, build-flow, debug-flow, monitor-flow, discover, "
			"governance.");
		return FAIL;
	}
	for (size_t i = 0; i < n; i++)
		if (in_bundle(rows[i], bundle) && !tool_absent(c, rows[i]))
			json_push(out, found(c, rows[i]));
	return done(c, out);
}

static unsigned score_word(const struct tool *t, struct str word)
{
	unsigned score = 0;

	if (str_contains_nocase(str_from(t->name), word))
		score += 6;
	if (str_contains_nocase(str_from(t->title), word))
		score += 4;
	if (str_contains_nocase(str_from(t->description), word))
		score += 2;
	for (const struct param *p = t->params; p && p->name; p++)
		if (str_contains_nocase(str_from(p->name), word) ||
		    str_contains_nocase(str_from(p->help), word))
			return score + 1;
	return score;
}

/* Words match as parts, plural and singular alike. */
static unsigned score(const struct tool *t, struct str query)
{
	struct str word;
	unsigned sum = 0, words = 0;

	while (words < MOST_WORDS && str_cut(&query, ' ', &word)) {
		if (word.n < 2)
			continue;
		if (word.n > 3 && word.p[word.n - 1] == 's')
			word.n--;
		sum += score_word(t, word);
		words++;
	}
	return sum;
}

static enum verdict by_words(struct call *c, struct str query)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);
	const struct tool *best[MOST_MATCHES];
	unsigned how[MOST_MATCHES];
	size_t count = 0;
	struct json *out = json_new_array(call_arena(c));

	for (size_t i = 0; i < n; i++) {
		/* Of two that fit alike, the one that can be called comes first. */
		unsigned s = 2 * score(rows[i], query);
		size_t at = count;

		if (s && !tool_absent(c, rows[i]))
			s++;
		while (at > 0 && how[at - 1] < s)
			at--;
		if (!s || at >= MOST_MATCHES)
			continue;
		count = count < MOST_MATCHES ? count + 1 : count;
		for (size_t k = count - 1; k > at; k--) {
			best[k] = best[k - 1];
			how[k] = how[k - 1];
		}
		best[at] = rows[i];
		how[at] = s;
	}
	for (size_t i = 0; i < count; i++)
		json_push(out, found(c, best[i]));
	if (!count)
		note(c, "hint",
		     json_new_z(call_arena(c),
				"no tool matches; try other words, or see list_skills"));
	return done(c, out);
}

/* ---- what is shipped about the language and connectors ---- */

enum { MOST_PIECES = 8, PIECES_BESIDE = 3 };

static enum verdict by_help(struct call *c, struct str words)
{
	struct json *out = knowledge_search(call_arena(c), words, MOST_PIECES);

	if (!json_first(out))
		note(c, "hint",
		     json_new_z(call_arena(c), "nothing is known of all these words: try fewer"));
	return done(c, out);
}

/* Beside tools: the titles of pieces, so that they are found without being asked for. */
static void note_pieces(struct call *c, struct str words)
{
	struct json *list = knowledge_search(call_arena(c), words, PIECES_BESIDE);

	JSON_EACH (v, list) {
		json_take(v, "text");
		json_set_str(call_arena(c), v, "query",
			     str_fmt(call_arena(c), "help:%.*s",
				     STR_ARG(json_get_str(v, "title"))));
	}
	if (json_first(list))
		note(c, "knowledge", list);
}

static enum verdict tool_search(struct call *c)
{
	struct str query = str_trim(arg_str(c, "query"));

	if (str_starts_nocase(query, S("skill:")))
		return by_bundle(c, str_trim(str_from_at(query, 6)));
	if (str_starts_nocase(query, S("select:")))
		return by_names(c, str_from_at(query, 7));
	if (str_starts_nocase(query, S("help:")))
		return by_help(c, str_trim(str_from_at(query, 5)));
	if (row_named(c, query))
		return by_names(c, query);
	note_pieces(c, query);
	return by_words(c, query);
}

static const struct param search_params[] = {
	{ "query", JSON_STRING, P_REQUIRED,
	  "skill:<bundle>, select:<name>,<name>, an exact name, words, or help:<words>.",
	  .max = 512 },
	{ 0 },
};

const struct tool tool_tool_search = {
	.name = "tool_search",
	.title = "Find tools",
	.description =
		"Returns the schemas of tools: by bundle (skill:debug-flow), by name "
		"(select:get_live_flow,whoami), or by words (failed run). Also finds tools of "
		"toolsets that are not offered here, and says so. For flows by name use "
		"list_live_flows.",
	.toolset = "meta",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.local = true,
	.params = search_params,
	.list = "",
	.columns = "/name /title /description",
	.step = tool_search,
};
