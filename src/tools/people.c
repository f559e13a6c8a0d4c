/*
 * people.c - who owns a flow with others, and who may only run it.
 *
 * Owners are the flow's permissions, run-only users a list of their own; both are changed by one
 * request that adds and removes.  Names and addresses of people come from the organisation where
 * the environment has one: the flow service often tells ids alone.  Sources: recorded lists, the
 * service's swagger and the published command line client for the changes.
 */
#include "base/limits.h"
#include "tools/table.h"
#include "tools/target.h"

#define FLOW "/environments/%s/flows/%s"

enum { LOOK, NAMES };
enum { LOOK_LIST = LOOK_OWN, LOOK_WHERE, LOOKS = LOOK_WHERE + LOOK_ORGANISATION };
enum { MOST_PEOPLE = 20 };

/* What differs between the two lists. */
struct side {
	const char *list, *modify, *member, *role;
	const char *what;    /* for the card */
	const char *warning;
};

static const struct side owners = {
	.list = "permissions", .modify = "modifyPermissions", .member = "owners",
	.role = "CanEdit", .what = "co-owner",
	.warning = "A co-owner reads the inputs and outputs of all runs, changes the flow and uses "
		   "its connections.",
};
static const struct side runners = {
	.list = "users", .modify = "modifyUsers", .member = "users", .what = "run-only user",
	.warning = "Who may run a flow makes its connections act, unless they bring their own.",
};

static const struct side *side_of(struct call *c)
{
	return strstr(call_tool(c)->name, "run_only") ? &runners : &owners;
}

static struct fetch look_at_list(struct call *c)
{
	return look_at(url(c, HOST_FLOW, FLOW "/%s", arg_z(c, "environmentName"),
			   arg_z(c, "flowName"), side_of(c)->list),
		       0);
}

static enum verdict look(struct call *c)
{
	struct fetch *f = requests(c, LOOKS);

	target_looks(c, f);
	f[LOOK_LIST] = look_at_list(c);
	organisation_fetches(c, f + LOOK_WHERE);
	return fetch_each(c, f, LOOKS);
}

/* ---- people ---- */

static struct str id_of(const struct json *permission)
{
	struct str id = at_str(permission, "/properties/principal/id");

	return id.n ? id : json_get_str(permission, "name");
}

/* Owners are those who own or edit; who can only view stands in the other list. */
static bool belongs(const struct side *s, const struct json *permission)
{
	struct str role = at_str(permission, "/properties/roleName");

	if (s == &runners)
		return true;
	return str_eq(role, S("Owner")) || str_eq(role, S("CanEdit"));
}

static struct str organisation(struct call *c)
{
	bool known;

	return organisation_of(got(c, LOOK, LOOK_WHERE), got(c, LOOK, LOOK_WHERE + 1), &known);
}

/* Whom to look up: those who are named, or those of the list. */
static struct json *whom(struct call *c)
{
	struct json *out = json_new_array(call_arena(c));

	JSON_EACH (v, arg_json(c, "add"))
		json_push(out, json_new_str(call_arena(c), str_trim(json_str(v))));
	JSON_EACH (v, arg_json(c, "remove"))
		json_push(out, json_new_str(call_arena(c), str_trim(json_str(v))));
	if (call_tool(c)->klass != CLASS_READ_ONLY)
		return out;
	JSON_EACH (v, json_get(got(c, LOOK, LOOK_LIST)->json, "value"))
		if (belongs(side_of(c), v) && json_count(out) < MOST_PEOPLE)
			json_push(out, json_new_str(call_arena(c), id_of(v)));
	return out;
}

static bool can_look_up(struct call *c)
{
	return organisation(c).n && json_count(whom(c));
}

static const struct url *person_url(struct call *c, struct str where, struct str who)
{
	static const char select[] =
		"azureactivedirectoryobjectid,fullname,internalemailaddress,domainname,isdisabled";

	if (str_is_guid(who))
		return url_of(c, HOST_DATAVERSE, where,
			      "/systemusers?$select=%s&$filter=azureactivedirectoryobjectid"
			      "%%20eq%%20%s",
			      select, str_c(call_arena(c), who));
	return url_of(c, HOST_DATAVERSE, where,
		      "/systemusers?$select=%s&$filter=internalemailaddress%%20eq%%20'%s'"
		      "%%20or%%20domainname%%20eq%%20'%s'",
		      select, odata_text(c, who), odata_text(c, who));
}

static enum verdict look_up(struct call *c)
{
	const struct json *people = whom(c);
	struct fetch *f = requests(c, json_count(people));
	size_t n = 0;

	JSON_EACH (v, people)
		f[n++] = (struct fetch){ .url = person_url(c, organisation(c), json_str(v)),
					 .flags = FETCH_OPTIONAL };
	return fetch_each(c, f, n);
}

/* What the organisation knows of number `i` of whom(); NULL when nothing. */
static const struct json *person_at(struct call *c, size_t i)
{
	const struct answer *a;

	if (!can_look_up(c))
		return NULL;
	a = got(c, NAMES, i);
	return a->err == ERR_OK ? json_at(a->json, "/value/0") : NULL;
}

/* The row with that id among those looked up. */
static const struct json *person_of(struct call *c, struct str id)
{
	size_t n = json_count(whom(c));

	for (size_t i = 0; i < n; i++) {
		const struct json *row = person_at(c, i);

		if (str_eq_nocase(json_get_str(row, "azureactivedirectoryobjectid"), id))
			return row;
	}
	return NULL;
}

static struct json *person_shape(struct call *c, const struct json *permission)
{
	const struct json *row = person_of(c, id_of(permission));
	const struct json *principal = json_at(permission, "/properties/principal");
	struct json *v = json_new_object(call_arena(c));
	struct str name = json_get_str(principal, "displayName"),
		   mail = json_get_str(principal, "email");

	put_str(c, v, "id", id_of(permission));
	put(c, v, "type", principal, "/type");
	put(c, v, "role", permission, "/properties/roleName");
	put_str(c, v, "displayName", name.n ? name : json_get_str(row, "fullname"));
	put_str(c, v, "email", mail.n ? mail : json_get_str(row, "internalemailaddress"));
	if (json_is_true(json_get(row, "isdisabled")))
		json_set_bool(call_arena(c), v, "disabled", true);
	return v;
}

static struct json *shapes(struct call *c, const struct json *list)
{
	struct json *out = json_new_array(call_arena(c));

	JSON_EACH (v, json_get(list, "value"))
		if (belongs(side_of(c), v))
			json_push(out, person_shape(c, v));
	return out;
}

/* The opening of all four: DONE when the list is there, and the names as far as they can be
 * looked up; FETCH or FAIL until then. */
static enum verdict read_people(struct call *c)
{
	const struct answer *flow = got(c, LOOK, LOOK_FLOW), *list = got(c, LOOK, LOOK_LIST);

	if (call_stage(c) == LOOK)
		return look(c);
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (list->err != ERR_OK)
		return fail_read(c, list);
	return call_stage(c) == NAMES && can_look_up(c) ? look_up(c) : DONE;
}

/* ---- listing ---- */

static enum verdict list_step(struct call *c)
{
	enum verdict v = read_people(c);
	struct json *out;

	if (v != DONE)
		return v;
	out = ids_of(c);
	json_set(call_arena(c), out, side_of(c)->member,
		 shapes(c, got(c, LOOK, LOOK_LIST)->json));
	return done(c, out);
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

/* What the two lists have in common as tools. */
#define LIST_ROW                                                                              \
	.toolset = "sharing", .klass = CLASS_READ_ONLY, .read_only = true, .idempotent = true, \
	.open_world = true, .params = list_params,                                            \
	.columns = "/displayName /email /role /id", .step = list_step

const struct tool tool_list_live_flow_owners = {
	.name = "list_live_flow_owners",
	.title = "List a flow's owners",
	.description = "Lists who owns one flow: its owner and co-owners with id, name, role. For "
		       "those who may only run it use list_live_flow_run_only_users.",
	.bundles = "governance",
	.list = "owners",
	LIST_ROW,
};

const struct tool tool_list_live_flow_run_only_users = {
	.name = "list_live_flow_run_only_users",
	.title = "List who may run a flow",
	.description = "Lists who may run one flow without owning it (run-only users). For owners "
		       "use list_live_flow_owners.",
	.list = "users",
	LIST_ROW,
};

/* ---- changing ---- */

static enum effect share_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_SHARE;
}

static const struct json *entry_of(const struct json *list, struct str id)
{
	JSON_EACH (v, json_get(list, "value"))
		if (str_eq_nocase(id_of(v), id))
			return v;
	return NULL;
}

/* One who is to be added or removed. */
struct one {
	struct str id;
	const struct json *row; /* or NULL */
	bool add, needed;
};

struct plan {
	struct one *all;
	size_t count, needed;
};

static bool has_it(struct call *c, struct str id)
{
	const struct json *entry = entry_of(got(c, LOOK, LOOK_LIST)->json, id);

	return entry && belongs(side_of(c), entry);
}

static enum verdict fail_person(struct call *c, struct str who)
{
	fail(c, ERR_NOT_FOUND, "nobody here is known as %s", quoted(c, who));
	hint(c, organisation(c).n ? "Pass the object id of the account (a GUID) instead."
				  : "This environment has no Dataverse to look addresses up in: pass "
				    "the object id of the account (a GUID).");
	return FAIL;
}

/* False after fail(). */
static bool plan_make(struct call *c, struct plan *p)
{
	const struct json *people = whom(c);
	size_t added = json_count(arg_json(c, "add"));

	*p = (struct plan){ .all = arena_array(call_arena(c), json_count(people) + 1,
					       sizeof(struct one)) };
	JSON_EACH (v, people) {
		struct one *o = &p->all[p->count];

		o->row = person_at(c, p->count);
		o->add = p->count < added;
		o->id = str_is_guid(json_str(v))
				? json_str(v)
				: json_get_str(o->row, "azureactivedirectoryobjectid");
		if (!o->id.n) {
			fail_person(c, json_str(v));
			return false;
		}
		o->needed = has_it(c, o->id) != o->add;
		p->needed += o->needed;
		p->count++;
		if (!o->add && str_eq(at_str(entry_of(got(c, LOOK, LOOK_LIST)->json, o->id),
					     "/properties/roleName"),
				      S("Owner"))) {
			fail(c, ERR_INVALID_ARGUMENT, "the flow's owner cannot be removed");
			hint(c, "Only co-owners can; a flow of a solution can get another owner in "
				"Dataverse.");
			return false;
		}
	}
	return true;
}

static struct json *principal_of(struct call *c, const struct one *o)
{
	struct json *v = json_new_object(call_arena(c)), *p = json_new_object(call_arena(c)),
		    *who = json_new_object(call_arena(c));

	json_set_str(call_arena(c), who, "id", o->id);
	json_set_str(call_arena(c), who, "type", arg_str(c, "principalType"));
	json_set(call_arena(c), p, "principal", who);
	if (o->add && side_of(c)->role)
		json_set_z(call_arena(c), p, "roleName", side_of(c)->role);
	json_set(call_arena(c), v, "properties", p);
	return v;
}

static struct json *body_of(struct call *c, const struct plan *p)
{
	struct json *body = json_new_object(call_arena(c)), *gone;
	struct json *put_list = json_new_array(call_arena(c)),
		    *delete_list = json_new_array(call_arena(c));

	for (size_t i = 0; i < p->count; i++) {
		const struct one *o = &p->all[i];

		if (!o->needed)
			continue;
		if (o->add) {
			json_push(put_list, principal_of(c, o));
		} else if (side_of(c) == &owners) {
			gone = json_push(delete_list, json_new_object(call_arena(c)));
			json_set_str(call_arena(c), gone, "id", o->id);
		} else {
			json_push(delete_list, principal_of(c, o));
		}
	}
	if (json_count(put_list))
		json_set(call_arena(c), body, "put", put_list);
	if (json_count(delete_list))
		json_set(call_arena(c), body, "delete", delete_list);
	return body;
}

/* "Ada <ada@x>" or the id; what people see before they say yes. */
static const char *person_text(struct call *c, const struct one *o)
{
	struct str name = json_get_str(o->row, "fullname"),
		   mail = json_get_str(o->row, "internalemailaddress");

	if (!name.n)
		return arena_printf(call_arena(c), "the account %s", quoted(c, o->id));
	return arena_printf(call_arena(c), "%s (%s)%s", quoted(c, name), quoted(c, mail),
			    json_is_true(json_get(o->row, "isdisabled"))
				    ? ", whose account is disabled" : "");
}

static const char *share_sentence(struct call *c, const struct plan *p, struct str flow)
{
	const struct side *s = side_of(c);
	struct buf b;

	buf_init_in(&b, call_arena(c), LIMIT_RESULT);
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].needed)
			buf_addf(&b, "%s%s %s as %s of flow %s.", b.n ? " " : "",
				 p->all[i].add ? "Adds" : "Removes", person_text(c, &p->all[i]),
				 s->what, quoted(c, flow));
	return buf_c(&b);
}

static const struct change *share_change(struct call *c, const struct plan *p)
{
	const char **warnings = arena_array(call_arena(c), 2, sizeof(*warnings));
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));

	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].needed && p->all[i].add)
			warnings[0] = side_of(c)->warning;
	*ch = (struct change){
		.target = target_of(c, LOOK),
		.warnings = warnings,
		.writes = write_one(c, HTTP_POST,
				    url(c, HOST_FLOW, FLOW "/%s", arg_z(c, "environmentName"),
					arg_z(c, "flowName"), side_of(c)->modify),
				    body_of(c, p)),
		.write_count = 1,
	};
	ch->target.objects = p->needed;
	/* Sharing does not change the flow: the list is what may have changed meanwhile. */
	ch->target.version = str_fmt(call_arena(c), "%zu",
				     json_count(json_get(got(c, LOOK, LOOK_LIST)->json, "value")));
	ch->sentence = share_sentence(c, p, ch->target.name);
	return ch;
}

static enum verdict share_result(struct call *c, const struct plan *p, const struct json *list)
{
	struct json *out = ids_of(c), *added = json_new_array(call_arena(c)),
		    *removed = json_new_array(call_arena(c));

	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].needed)
			json_push(p->all[i].add ? added : removed,
				  json_new_str(call_arena(c), p->all[i].id));
	json_set(call_arena(c), out, "added", added);
	json_set(call_arena(c), out, "removed", removed);
	json_set(call_arena(c), out, side_of(c)->member, shapes(c, list));
	return done(c, out);
}

static bool all_done(struct call *c, const struct plan *p, const struct json *list)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct json *entry = entry_of(list, p->all[i].id);

		if ((entry && belongs(side_of(c), entry)) != p->all[i].add)
			return false;
	}
	return true;
}

static enum verdict share_after(struct call *c, const struct plan *p, int stage)
{
	const struct answer *write = got(c, stage, 0), *again = got(c, stage + 1, 0);

	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == stage + 1)
		return fetch_one(c, look_at_list(c));
	if (again->err != ERR_OK || !all_done(c, p, again->json))
		return fail_unseen(c, write, "the list does not show it yet");
	return share_result(c, p, again->json);
}

static enum verdict share_step(struct call *c)
{
	enum verdict v;
	struct plan p;
	int stage;

	if (!json_count(whom(c)))
		return fail(c, ERR_INVALID_ARGUMENT, "nobody is named in \"add\" or \"remove\"");
	v = read_people(c);
	if (v != DONE)
		return v;
	stage = NAMES + can_look_up(c);
	if (!plan_make(c, &p))
		return FAIL;
	if (!p.needed)
		return share_result(c, &p, got(c, LOOK, LOOK_LIST)->json);
	if (call_stage(c) == stage)
		return carry_out(c, share_change(c, &p));
	return share_after(c, &p, stage);
}

static const struct param share_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "add", JSON_ARRAY, 0, "Accounts to add: object ids or sign-in addresses.",
	  .max = MOST_PEOPLE },
	{ "remove", JSON_ARRAY, 0, "Accounts to take off.", .max = MOST_PEOPLE },
	{ "principalType", JSON_STRING, 0, "What the ids are of.", .choices = "User Group",
	  .otherwise = "\"User\"" },
	{ 0 },
};

/* What the two changes have in common as tools. */
#define SHARE_ROW                                                                   \
	.toolset = "sharing", .klass = CLASS_DANGEROUS, .effect = share_effect,     \
	.destructive = true, .idempotent = true, .open_world = true,                \
	.params = share_params, .step = share_step

const struct tool tool_set_live_flow_owners = {
	.name = "set_live_flow_owners",
	.title = "Share a flow with co-owners",
	.description = "Really adds and removes co-owners of one flow; they read its runs and use "
		       "its connections. A person is asked first.",
	SHARE_ROW,
};

const struct tool tool_set_live_flow_run_only_users = {
	.name = "set_live_flow_run_only_users",
	.title = "Let others run a flow",
	.description = "Really adds and removes those who may run one flow without owning it. A "
		       "person is asked first. For co-owners use set_live_flow_owners.",
	SHARE_ROW,
};
