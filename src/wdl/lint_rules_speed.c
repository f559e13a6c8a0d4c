/*
 * lint_rules_speed.c - rules about flows that do more than they need to.
 */
#include "wdl/functions.h"
#include "wdl/lint_fold.h"

enum { POLLS = 60, POLL_SECONDS = 3600, BULK = 1000 };

static bool is_loop(const struct lint_step *s)
{
	return lint_is(s, "Foreach") || lint_is(s, "Until");
}

static struct lint_step *outer_foreach(const struct lint_step *s)
{
	for (struct lint_step *p = lint_parent(s); p; p = lint_parent(p))
		if (lint_is(p, "Foreach"))
			return p;
	return NULL;
}

static bool in_list(const struct lint_step *s, const struct wdl_place *p)
{
	return str_eq(str_from_at(p->pointer, s->pointer.n), S("/foreach"));
}

/* The list of the inner loop has to do with the item of an outer one. */
static bool depends_on(const struct lint_step *inner, const struct lint_step *outer)
{
	for (const struct lint_spot *spot = inner->spots; spot; spot = spot->next_of_step)
		for (const struct wdl_part *p = spot->place->template->first; p; p = p->next)
			for (const struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				if (wdl_is_call(n, "item") || wdl_is_call(n, "items") ||
				    wdl_is_call(n, "variables"))
					return true;
	for (const struct lint_ref *ref = inner->refs; ref; ref = ref->next_of_step)
		if (in_list(inner, ref->place) && ref->target && lint_encloses(outer, ref->target))
			return true;
	return false;
}

static void nested(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_step *outer = lint_is(s, "Foreach") ? outer_foreach(s) : NULL;

		if (!outer)
			continue;
		if (depends_on(s, outer))
			lint_add(l, r, s->pointer,
				 "inside %.*s it runs one item after the other, once for each of its items",
				 STR_ARG(outer->name))
				->severity = LINT_INFO;
		else
			lint_add(l, r, s->pointer,
				 "the same list is gone through again for each item of %.*s: filter it "
				 "instead", STR_ARG(outer->name));
	}
}

/* ---- what stands inside a loop ---- */

struct body {
	size_t actions, connectors, writes, loops, delays;
	const struct lint_step *append;
};

static void look(const struct lint_step *loop, struct body *b)
{
	for (const struct lint_scope *in = loop->scopes; in; in = in->next_of_owner) {
		for (const struct lint_step *k = in->first; k; k = k->sibling) {
			b->actions += !lint_is_container(k);
			b->connectors += k->connector || lint_is(k, "Http");
			b->writes += lint_writes(k);
			b->loops += is_loop(k);
			b->delays += lint_is(k, "Wait");
			if (str_starts_nocase(k->type, S("AppendTo")))
				b->append = k;
			look(k, b);
		}
	}
}

static void one_by_one(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct body b = { 0 };

		if (!lint_is(s, "Foreach") || outer_foreach(s) ||
		    json_at(s->value, "/runtimeConfiguration/concurrency") ||
		    json_get(s->value, "operationOptions"))
			continue;
		look(s, &b);
		if (b.connectors && !b.writes && !b.loops && !b.delays)
			lint_add(l, r, s->pointer,
				 "its items do not depend on each other and run one after the other: "
				 "concurrency would let up to 50 run at once");
	}
}

/* The step that the list of a Foreach comes from says that it may be long. */
static struct lint_step *long_list(const struct lint_step *s)
{
	static const char pages[] = "/runtimeConfiguration/paginationPolicy/minimumItemCount";
	struct lint_ref *ref = s->refs;

	while (ref && !(in_list(s, ref->place) && ref->target))
		ref = ref->next_of_step;
	if (!ref || (json_int(lint_argument(ref->target, "$top"), 0) <= BULK &&
		     json_int(json_at(ref->target->value, pages), 0) <= BULK))
		return NULL;
	return ref->target;
}

static void appends(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct body b = { 0 };

		if (!lint_is(s, "Foreach"))
			continue;
		look(s, &b);
		if (b.append && b.actions == 1)
			lint_add(l, r, s->pointer,
				 "a loop that only appends to %.*s: Select%s does it at once",
				 STR_ARG(lint_written(b.append)),
				 lint_is(b.append, "AppendToStringVariable") ? " and Join" : "")
				->severity = long_list(s) ? LINT_WARNING : LINT_INFO;
	}
}

static void polling(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct body b = { 0 };
		int64_t count, seconds = 0;

		if (lint_is(s, "Wait") && outer_foreach(s) && !lint_is(lint_parent(s), "Until"))
			lint_add(l, r, s->pointer, "each item of %.*s waits",
				 STR_ARG(outer_foreach(s)->name))
				->severity = LINT_INFO;
		if (!lint_is(s, "Until"))
			continue;
		look(s, &b);
		count = json_int(json_at(s->value, "/limit/count"), POLLS);
		if (!lint_duration(json_str(json_at(s->value, "/limit/timeout")), &seconds))
			seconds = POLL_SECONDS;
		if (b.connectors && b.delays && (count > POLLS || seconds > POLL_SECONDS))
			lint_add(l, r, s->pointer,
				 "it asks again and again, %lld times or %lld minutes long: a trigger or a "
				 "webhook would be told",
				 (long long)count, (long long)(seconds / 60))
				->severity = count * (int64_t)b.connectors > BULK ? LINT_WARNING
										  : LINT_INFO;
	}
}

/* ---- lists ---- */

/* Operations that list rows and can filter them. */
static bool lists_rows(const struct lint_step *s)
{
	static const struct {
		const char *api, *operation;
	} rows[] = {
		{ "shared_sharepointonline", "GetItems" },
		{ "shared_sharepointonline", "GetFileItems" },
		{ "shared_commondataserviceforapps", "ListRecords" },
		{ "shared_commondataservice", "GetItems_V2" },
		{ "shared_sql", "GetItems" },
		{ "shared_sql", "GetItems_V2" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (str_eq_nocase(s->operation, str_from(rows[i].operation)) &&
		    str_eq_nocase(s->api, str_from(rows[i].api)))
			return true;
	return false;
}

static bool is_filtered(const struct lint_step *s)
{
	static const char *const names[] = { "$filter", "fetchXml", "viewName", "folderPath" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_str(lint_argument(s, names[i])).n)
			return true;
	return false;
}

/* Fetched once and looked into for each item of a loop: better than a request per item. */
static bool is_lookup(const struct lint_step *query, const struct lint_step *list)
{
	for (const struct lint_step *p = lint_parent(query); p; p = lint_parent(p))
		if (is_loop(p) && !lint_encloses(p, list))
			return true;
	return false;
}

static void unfiltered(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_ref *ref = lint_is(s, "Query") ? s->refs : NULL;

		while (ref && !(str_ends(ref->place->pointer, S("/inputs/from")) && ref->target &&
				lists_rows(ref->target) && !is_filtered(ref->target) &&
				!is_lookup(s, ref->target)))
			ref = ref->next_of_step;
		if (ref) {
			ref->target->tested = true;
			lint_add(l, r, ref->target->pointer,
				 "all rows are fetched and %.*s throws most away: let $filter choose",
				 STR_ARG(s->name));
		}
	}
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger && lists_rows(s) && !is_filtered(s) && !lint_argument(s, "$top") &&
		    !json_at(s->value, "/runtimeConfiguration/paginationPolicy"))
			lint_add(l, r, s->pointer,
				 "neither $filter, $top nor pagination: it gives the first rows of any "
				 "number, and no word that there are more")
				->severity = LINT_INFO;
}

/* The call that the list of a Foreach is, through members such as ?['body/value']. */
static const struct wdl_node *list_of(const struct lint_step *s, const struct wdl_node **whole)
{
	for (const struct lint_spot *spot = s->spots; spot; spot = spot->next_of_step) {
		const struct wdl_part *p = spot->place->template->first;
		const struct wdl_node *n = p ? p->node : NULL;

		if (!in_list(s, spot->place) || !n)
			continue;
		*whole = n;
		while (n->kind == WDL_MEMBER)
			n = wdl_target(n);
		return n;
	}
	return NULL;
}

static void single(struct lint *l, const struct lint_rule *r)
{
	static const char *const ones[] = { "GetItem", "GetItem_V2", "GetFileItem", "GetRecord",
					    "MyProfile_V2", "UserProfile_V2", NULL };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		const struct wdl_node *whole = NULL;
		const struct wdl_node *n = lint_is(s, "Foreach") ? list_of(s, &whole) : NULL;
		const struct lint_step *t = NULL;

		if (!n)
			continue;
		if (n->first && n->first->kind == WDL_STRING)
			t = lint_find(l, n->first->text);
		if ((wdl_is_call(n, "first") && n == whole) || wdl_is_call(n, "array") ||
		    (wdl_is_call(n, "createArray") && n->count == 1))
			lint_add(l, r, s->pointer, "there is one item: no loop is needed");
		else if (wdl_is_call(n, "createArray") == false && t && t->connector &&
			 lint_among(t->operation, ones) &&
			 (n == whole || (whole->kind == WDL_MEMBER &&
					 str_eq(wdl_key(whole)->text, S("body")))))
			lint_add(l, r, s->pointer, "%.*s gives one record: no loop is needed",
				 STR_ARG(t->name));
	}
}

static bool is_write(const struct lint_step *s)
{
	static const char *const writes[] = { "CreateRecord", "UpdateRecord", "UpdateOnlyRecord",
					      "PostItem",     "PatchItem",    "PostItem_V2",
					      "PatchItem_V2", "DeleteItem",   "DeleteRecord",
					      NULL };

	return s->connector && s->api.n && lint_among(s->operation, writes);
}

static bool contains_write(const struct lint_step *loop)
{
	for (const struct lint_scope *in = loop->scopes; in; in = in->next_of_owner)
		for (const struct lint_step *k = in->first; k; k = k->sibling)
			if (is_write(k) || contains_write(k))
				return true;
	return false;
}

static void row_by_row(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_step *from = lint_is(s, "Foreach") ? long_list(s) : NULL;

		if (from && contains_write(s))
			lint_add(l, r, s->pointer,
				 "it writes row by row what %.*s gives, more than %d: use a batch",
				 STR_ARG(from->name), BULK);
	}
}

#define C(name, inputs) "`" name "`:{`type`:`Compose`,`inputs`:`" inputs "`}"
#define EACH(name, list, actions) \
	"`" name "`:{`type`:`Foreach`,`foreach`:`" list "`,`actions`:{" actions "}}"
#define GET \
	"`G`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`}}"
#define INIT \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`x`,`type`:`array`," \
	"`value`:[]}]}}"
#define APPEND \
	"`P`:{`type`:`AppendToArrayVariable`,`inputs`:{`name`:`x`,`value`:`@item()`}}"
#define APPENDING(top, actions) \
	DOC(INIT "," LIST("`$filter`:`a eq 1`,`$top`:" top) ",`L`:{`type`:`Foreach`,`foreach`:" \
	    "`@outputs('G')?['body/value']`,`actions`:{" actions "},`runAfter`:{" \
	    "`I`:[`Succeeded`],`G`:[`Succeeded`]}}")
#define UNTIL(count, actions) \
	"`U`:{`type`:`Until`,`expression`:`@equals(outputs('G')?['statusCode'],200)`,`limit`:{" \
	"`count`:" count ",`timeout`:`PT1H`},`actions`:{" actions "}}"
#define PAUSE "`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:1,`unit`:`Minute`}}}"
#define DOC(actions) \
	"{" EXAMPLE_HEAD ",`parameters`:{`$connections`:{`type`:`Object`},`$authentication`:{`type`:" \
	"`SecureObject`}},`triggers`:{`t`:{`type`:`Request`,`kind`:`Button`}},`actions`:{" actions "}}"
#define API(name, operation, parameters) \
	"`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`c`,`apiId`:`/providers/" \
	"Microsoft.PowerApps/apis/shared_" name "`,`operationId`:`" operation "`},`parameters`:{" \
	parameters "}}"
#define LIST(parameters) "`G`:{" API("sharepointonline", "GetItems", parameters) "}"
#define QUERY \
	"`Q`:{`type`:`Query`,`inputs`:{`from`:`@outputs('G')?['body/value']`,`where`:" \
	"`@equals(item()?['Title'],'a')`},`runAfter`:{`G`:[`Succeeded`]}}"
#define BATCH(top) \
	DOC(LIST("`$top`:" top) ",`L`:{`type`:`Foreach`,`foreach`:`@outputs('G')?['body/value']`," \
	    "`actions`:{`P`:{" API("sharepointonline", "PatchItem", "`id`:`@item()?['ID']`") \
	    "}},`runAfter`:{`G`:[`Succeeded`]}}")

const struct lint_rule lint_rules_speed[] = {
	{ "PRF01", LINT_WARNING, "no list is gone through again for each item of another", nested,
	  EACH("L", "@triggerBody()?['a']", EACH("M", "@triggerBody()?['b']", C("A", "1"))),
	  EACH("L", "@triggerBody()?['a']", C("A", "1")), .source = SOURCE_PATTERNS "; " SOURCE_LOOPS },
	{ "PRF02", LINT_INFO, "loops over independent items run in parallel", one_by_one,
	  EACH("L", "@triggerBody()", GET), EACH("L", "@triggerBody()", C("A", "1")),
	  .source = SOURCE_PATTERNS "; " SOURCE_GUIDELINES },
	{ "PRF03", LINT_WARNING, "lists are filtered where they come from", unfiltered,
	  DOC(LIST("`table`:`a`") "," QUERY), DOC(LIST("`$filter`:`Title eq 'a'`")),
	  .source = SOURCE_GUIDELINES "; " SOURCE_PATTERNS },
	{ "PRF04", LINT_WARNING, "lists are made by Select, not by a loop that appends", appends,
	  APPENDING("5000", APPEND), APPENDING("5000", APPEND "," C("A", "1")),
	  .source = SOURCE_ERRORS },
	{ "PRF05", LINT_WARNING, "a flow does not ask again and again for long", polling,
	  UNTIL("2000", GET "," PAUSE), UNTIL("20", GET "," PAUSE), .source = SOURCE_GUIDELINES },
	{ "PRF06", LINT_INFO, "no loop goes over a single item", single,
	  EACH("L", "@first(triggerBody())", C("A", "1")), EACH("L", "@triggerBody()", C("A", "1")),
	  .source = SOURCE_PRACTICE },
	{ "PRF07", LINT_WARNING, "large lists are written in batches", row_by_row, BATCH("5000"),
	  BATCH("100"), .source = SOURCE_PATTERNS },
	{ 0 },
};
