/*
 * save_look.c - what is there before a save: the flow, its draft, its row, its surroundings.
 *
 * Knows where the services tell it; not what is meant to change.
 */
#include "tools/save_priv.h"
#include "tools/target.h"

#include "base/limits.h"
#include "text/crypt.h"

#define FLOW "/environments/%s/flows/%s"

const struct answer *save_got(const struct save *s, int stage, size_t i)
{
	return got(s->c, s->w->first + stage, i);
}

static const char *environment_z(const struct save *s)
{
	return str_c(s->a, s->w->environment);
}

/* ---- ids of new flows ---- */

/* The same in every step and in the call that brings the answer to the question, which is bound
 * to the request's address; so it is made of what is asked for.  A second flow just like the
 * first gets the next number. */
static struct str new_id(struct save *s, unsigned number)
{
	const struct save_wish *w = s->w;
	struct str text = str_fmt(s->a, "%u\n%.*s\n%.*s\n%.*s\n%.*s", number,
				  STR_ARG(w->environment), STR_ARG(w->display_name),
				  STR_ARG(json_text(s->a, w->definition)),
				  STR_ARG(json_text(s->a, w->references)));
	unsigned char h[CRYPT_HASH];

	crypt_sha256(text, h);
	return str_fmt(s->a,
		       "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		       h[0], h[1], h[2], h[3], h[4], h[5], h[6] & 15u, h[7],
		       (h[8] & 0x3fu) | 0x80u, h[9], h[10], h[11], h[12], h[13], h[14], h[15]);
}

static size_t place_of(unsigned number)
{
	return number ? SEE_SPARE + number - 1 : SEE_FLOW;
}

static bool find_free_id(struct save *s)
{
	for (unsigned i = 0; i < 1 + SEE__COUNT - SEE_SPARE; i++) {
		const struct answer *a = save_got(s, SAVE_LOOK, place_of(i));

		if (a->err == ERR_NOT_FOUND) {
			s->id = new_id(s, i);
			if (i)
				save_say(s, s->warnings,
					 "A flow like this was created this way before.");
			return true;
		}
		if (a->err != ERR_OK && !is_refused(a)) {
			fail_answer(s->c, a);
			return false;
		}
	}
	fail(s->c, ERR_CONFLICT, "several flows like this were created already");
	hint(s->c, "list_live_flows with search shows them. Change one with flowName.");
	return false;
}

/* ---- looking ---- */

static const struct url *flow_url(struct save *s, struct str id)
{
	return url(s->c, HOST_FLOW, FLOW, environment_z(s), str_c(s->a, id));
}

enum verdict save_look(struct save *s)
{
	struct fetch *f = arena_array(s->a, SEE__COUNT, sizeof(*f));
	const char *environment = environment_z(s), *flow = str_c(s->a, s->w->flow);
	size_t n = SEE_SPARE;

	f[SEE_FLOW] = look_at(flow_url(s, s->creating ? new_id(s, 0) : s->w->flow), FETCH_LARGE);
	f[SEE_ENVIRONMENT] = look_at(url(s->c, HOST_FLOW, "/environments/%s", environment), 0);
	f[SEE_PEOPLE] = look_at(url(s->c, HOST_FLOW, FLOW "/permissions", environment,
				    s->creating ? "none" : flow),
				0);
	f[SEE_BAP] = look_at(url(s->c, HOST_BAP,
				 "/environments/%s?$select=name,"
				 "properties.linkedEnvironmentMetadata.instanceUrl,"
				 "properties.linkedEnvironmentMetadata.instanceApiUrl,"
				 "properties.governanceConfiguration.protectionLevel",
				 environment),
			     FETCH_OPTIONAL);
	f[SEE_CONNECTIONS] = look_at(connections_url(s->c, environment),
				     FETCH_OPTIONAL | FETCH_LARGE);
	f[SEE_POLICIES] = look_at(url(s->c, HOST_BAP,
				      "/providers/PowerPlatform.Governance/v1/policies?$top=50"),
				  FETCH_OPTIONAL | FETCH_LARGE);
	f[SEE_CONNECTIONS].paging = f[SEE_POLICIES].paging =
		arena_alloc(s->a, sizeof(struct paging));
	if (s->creating) {
		/* There are no people and no draft yet: those places look at nothing new. */
		f[SEE_PEOPLE] = f[SEE_DRAFT] = f[SEE_ENVIRONMENT];
		while (n < SEE__COUNT) {
			f[n] = look_at(flow_url(s, new_id(s, (unsigned)(n - SEE_SPARE + 1))), 0);
			n++;
		}
	} else {
		f[SEE_DRAFT] = look_at(url(s->c, HOST_FLOW, FLOW "?draftFlow=true", environment,
					   flow),
				       FETCH_OPTIONAL | FETCH_LARGE);
	}
	return fetch_each(s->c, f, n);
}

/* ---- the row and the children ---- */

struct children {
	struct save *s;
	struct fetch *f;
	size_t count, most;
	struct json *seen;
};

/* A child is named by its workflowid. */
static void add_child(struct children *k, struct str id)
{
	if (id.n != 36 || k->count == k->most || json_get_n(k->seen, id))
		return;
	json_set_n(k->s->a, k->seen, id, json_new_null(k->s->a));
	k->f[k->count++] = look_at(flow_url(k->s, id), FETCH_OPTIONAL | FETCH_LARGE);
}

/* In a definition, and in the values of operations. */
static void see_children(struct children *k, const struct json *v, unsigned depth)
{
	JSON_EACH (m, depth < LIMIT_JSON_DEPTH ? v : NULL) {
		if (str_eq(json_name(m), S("workflowReferenceName")))
			add_child(k, json_str(m));
		else
			see_children(k, m, depth + 1);
	}
}

/* An operation may also set nothing but the name. */
static void see_operations(struct children *k, const struct json *operations)
{
	JSON_EACH (op, operations) {
		const struct json *path = json_get(op, "path");
		size_t keys = json_count(path);

		if (keys && str_eq(json_str(json_item(path, keys - 1)), S("workflowReferenceName")))
			add_child(k, json_get_str(op, "value"));
		see_children(k, op, 0);
	}
}

static struct str organisation(struct save *s)
{
	bool known;

	return organisation_of(save_got(s, SAVE_LOOK, SEE_ENVIRONMENT),
			       save_got(s, SAVE_LOOK, SEE_BAP), &known);
}

void save_draft_looks(struct call *c, struct str organisation, struct str workflow,
		      struct fetch *f)
{
	const char *id = str_c(call_arena(c), workflow);

	f[0] = look_at(url_of(c, HOST_DATAVERSE, organisation,
			      "/workflows(%s)?$select=workflowid,name,clientdata,modifiedon,"
			      "_modifiedby_value,ismanaged,statecode,componentstate",
			      id),
		       FETCH_OPTIONAL | FETCH_LARGE);
	f[1] = look_at(url_of(c, HOST_DATAVERSE, organisation,
			      "/workflows(%s)/Microsoft.Dynamics.CRM.RetrieveUnpublished()?$select="
			      "workflowid,modifiedon,_modifiedby_value,componentstate",
			      id),
		       FETCH_OPTIONAL);
	f[1].prefer = "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"";
	f[2] = look_at(url_of(c, HOST_DATAVERSE, organisation, "/WhoAmI"), FETCH_OPTIONAL);
}

enum verdict save_look_more(struct save *s)
{
	const struct json *flow = s->creating ? NULL : save_got(s, SAVE_LOOK, SEE_FLOW)->json;
	struct fetch *f = arena_array(s->a, MORE__COUNT, sizeof(*f));
	struct children k = { s, f, MORE_CHILDREN, MORE__COUNT, json_new_object(s->a) };
	const struct json *meant = s->w->definition ? s->w->definition
						    : json_at(flow, "/properties/definition");
	struct str workflow = at_str(flow, "/properties/workflowEntityId");

	s->organisation = organisation(s);
	/* Children have places of their own behind those of the row. */
	if (workflow.n && s->organisation.n) {
		save_draft_looks(s->c, s->organisation, workflow, f);
		f[MORE_REFERENCES] = look_at(url_of(s->c, HOST_DATAVERSE, s->organisation,
						    "/connectionreferences?$select="
						    "connectionreferencelogicalname,connectionid,"
						    "connectorid"),
					     FETCH_OPTIONAL | FETCH_LARGE);
		f[MORE_REFERENCES].paging = arena_alloc(s->a, sizeof(struct paging));
	} else {
		k.count = 0;
	}
	if (k.count) {
		see_children(&k, meant, 0);
		see_operations(&k, s->w->operations);
	}
	return fetch_each(s->c, f, k.count);
}

/* ---- reading what came ---- */

static const struct json *clientdata_of(struct save *s, const struct json *row)
{
	return json_parse(s->a, json_get_str(row, "clientdata"), JSON_ANSWER, NULL);
}

static void see_connector(void *arg, struct json *step, bool trigger)
{
	bool *any = arg;

	(void)trigger;
	*any |= wdl_design_is_connector(step) && wdl_design_host_key(step).n;
}

void save_drop_stamps(struct save *s, struct json *references)
{
	if (!s->solution)
		JSON_EACH (r, references)
			if (json_get_str(r, "connectionName").n)
				json_take(r, "connectionReferenceLogicalName");
}

struct save_form save_form_of(struct save *s, const struct json *flow, const struct json *row)
{
	const struct json *definition = json_at(flow, "/properties/definition");
	const struct json *references = json_at(flow, "/properties/connectionReferences");
	bool used = false;
	struct save_form f = { .flow = flow, .name = at_str(flow, "/properties/displayName") };

	wdl_design_each(definition, see_connector, &used);
	/* Reads of solution flows may show none although the flow has them. */
	if (used && !json_count(references) && row)
		references = json_at(clientdata_of(s, row), "/properties/connectionReferences");
	f.known = !used || json_count(references) > 0;
	f.definition = wdl_design_form(s->a, definition);
	f.references = wdl_design_references(s->a, references);
	save_drop_stamps(s, f.references);
	return f;
}

static bool refuse_managed(struct save *s)
{
	fail(s->c, ERR_NOT_AVAILABLE,
	     "the flow belongs to a managed solution: it is changed where the solution is made, and "
	     "comes here with its next version");
	hint(s->c, "copy_live_flow makes a copy that can be changed.");
	return false;
}

bool save_by_another(const struct save *s, const struct json *row)
{
	struct str me = json_get_str(save_got(s, SAVE_MORE, MORE_ME)->json, "UserId");
	struct str by = json_get_str(row, "_modifiedby_value");

	return me.n && by.n && !str_eq_nocase(me, by);
}

/* What is in the draft and not in what runs; Dataverse alone has drafts. */
static void read_draft(struct save *s)
{
	const struct answer *a = save_got(s, SAVE_LOOK, SEE_DRAFT);
	const struct json *row = save_got(s, SAVE_MORE, MORE_UNPUBLISHED)->json;
	struct save_form draft;
	struct str where;

	if (!s->solution || a->err != ERR_OK)
		return;
	draft = save_form_of(s, a->json, s->row);
	if (!json_count(draft.references) && json_count(s->before.references))
		draft.references = s->before.references;
	draft.known |= s->before.known;
	s->draft_there = !save_is(s, &draft, &s->before, &where);
	/* Who cannot be told is somebody else. */
	s->draft_mine = json_get_str(row, "_modifiedby_value").n && !save_by_another(s, row) &&
			save_got(s, SAVE_MORE, MORE_ME)->err == ERR_OK;
	if (s->draft_there)
		s->base = draft;
}

struct json *save_draft_json(struct call *c, const struct json *draft, const struct json *row)
{
	struct json *out = json_new_object(call_arena(c));

	put(c, out, "lastModifiedTime", draft, "/properties/lastModifiedTime");
	put(c, out, "by", row, "/_modifiedby_value@OData.Community.Display.V1.FormattedValue");
	return out;
}

/* Somebody's work that this save would publish or throw away unseen. */
static bool draft_was_read(struct save *s)
{
	struct str at = at_str(s->base.flow, "/properties/lastModifiedTime");

	if (!s->draft_there || s->draft_mine || s->any_draft || s->w->judge ||
	    str_eq(s->w->read_at, at))
		return true;
	fail(s->c, ERR_CONFLICT, "there is a draft of this flow by somebody else, saved %s",
	     quoted(s->c, at));
	fail_data(s->c, "draft",
		  save_draft_json(s->c, s->base.flow,
				  save_got(s, SAVE_MORE, MORE_UNPUBLISHED)->json));
	hint(s->c,
	     "Read it with get_live_flow (version draft); then save with basedOn set to its "
	     "lastModifiedTime. Nothing was changed.");
	return false;
}

static bool still_as_read(struct save *s)
{
	struct str at = at_str(s->before.flow, "/properties/lastModifiedTime");

	if (!s->w->read_at.n || str_eq(s->w->read_at, at) ||
	    (s->draft_there &&
	     str_eq(s->w->read_at, at_str(s->base.flow, "/properties/lastModifiedTime"))))
		return true;
	fail(s->c, ERR_CONFLICT, "the flow was changed since it was read: it was last saved %s",
	     quoted(s->c, at));
	hint(s->c, "Read it again with get_live_flow. Nothing was changed.");
	return false;
}

bool save_read(struct save *s)
{
	const struct answer *flow = save_got(s, SAVE_LOOK, SEE_FLOW);

	s->organisation = organisation(s);
	if (s->creating)
		return find_free_id(s);
	if (flow->err != ERR_OK) {
		fail_read(s->c, flow);
		return false;
	}
	s->id = json_get_str(flow->json, "name").n ? json_get_str(flow->json, "name") : s->w->flow;
	s->workflow = at_str(flow->json, "/properties/workflowEntityId");
	s->solution = s->workflow.n > 0;
	if (save_got(s, SAVE_MORE, MORE_ROW)->err == ERR_OK)
		s->row = save_got(s, SAVE_MORE, MORE_ROW)->json;
	s->before = s->base = save_form_of(s, flow->json, s->row);
	if (!json_is(s->before.definition, JSON_OBJECT)) {
		fail(s->c, ERR_NOT_AVAILABLE, "the service did not show the flow's definition");
		return false;
	}
	read_draft(s);
	/* Names and descriptions of managed flows are the solution's, too. */
	if (json_is_true(json_at(flow->json, "/properties/isManaged")) ||
	    json_is_true(json_get(s->row, "ismanaged")))
		return s->w->judge || refuse_managed(s);
	return still_as_read(s) && draft_was_read(s);
}

struct str save_digest(struct save *s, const struct save_form *f)
{
	unsigned char hash[CRYPT_HASH];
	struct buf text, hex;

	if (!f->definition)
		return S("");
	buf_init_in(&text, s->a, LIMIT_CALL_ARENA);
	json_print_canonical(&text, f->definition);
	json_print_canonical(&text, f->references);
	buf_adds(&text, f->name);
	crypt_sha256(buf_str(&text), hash);
	buf_init_in(&hex, s->a, 128);
	crypt_hex(&hex, str_bytes(hash, sizeof(hash)));
	return buf_str(&hex);
}

struct target save_target(struct save *s)
{
	const struct answer *environment = save_got(s, SAVE_LOOK, SEE_ENVIRONMENT);
	const struct json *flow = s->before.flow;
	struct str state = at_str(flow, "/properties/state");

	return (struct target){
		.name = s->creating ? s->w->display_name : s->before.name,
		.id = s->id,
		.version = s->creating ? S("new")
				       : str_fmt(s->a, "%.*s %.*s %.*s %.*s", STR_ARG(state),
						 STR_ARG(at_str(flow, "/properties/lastModifiedTime")),
						 STR_ARG(save_digest(s, &s->before)),
						 STR_ARG(save_digest(s, &s->base))),
		.environment = environment->err == ERR_OK ? environment->json : NULL,
		.on = str_eq(state, S("Started")),
		.shared = !s->creating && is_shared(save_got(s, SAVE_LOOK, SEE_PEOPLE)),
		.objects = 1,
		.dropped = s->creating ? 0
				       : wdl_design_dropped(s->a, s->before.definition,
							    s->wanted.definition),
		.rebinds = s->rebinds,
	};
}
