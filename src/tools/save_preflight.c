/*
 * save_preflight.c - what may go wrong after a save: connections, child flows, data policies,
 * licences.
 *
 * Stops nothing: what is found stands on the card and in the result, and what this sign-in cannot
 * read is said, not passed over.
 */
#include "tools/policies.h"
#include "tools/save_priv.h"

static const struct json *connection_named(struct save *s, struct str name)
{
	JSON_EACH (c, save_got(s, SAVE_LOOK, SEE_CONNECTIONS)->json)
		if (str_eq_nocase(json_get_str(c, "name"), name))
			return c;
	return NULL;
}

static const char *broken_status(const struct json *connection)
{
	JSON_EACH (status, json_at(connection, "/properties/statuses"))
		if (!str_eq_nocase(json_get_str(status, "status"), S("Connected")))
			return json_get_z(status, "status");
	return NULL;
}

static void look_at_connections(struct save *s)
{
	bool listed = save_got(s, SAVE_LOOK, SEE_CONNECTIONS)->err == ERR_OK;

	if (!listed && json_count(s->wanted.references))
		save_say(s, s->unchecked, "whether the connections work: they could not be listed");
	JSON_EACH (r, listed ? s->wanted.references : NULL) {
		struct str name = json_get_str(r, "connectionName");
		const struct json *have = name.n ? connection_named(s, name) : NULL;
		const char *status = broken_status(have);

		if (!name.n)
			continue;
		if (status)
			save_say(s, s->warnings,
				 "connection reference %s: its connection is not connected (%s); runs "
				 "will fail there",
				 quoted(s->c, json_name(r)), quoted(s->c, str_from(status)));
		else if (!have && !wdl_design_reference_equal(
					  r, json_get_n(s->before.references, json_name(r))))
			save_say(s, s->warnings,
				 "connection reference %s names a connection that is not in your list",
				 quoted(s->c, json_name(r)));
	}
}

static void look_at_children(struct save *s)
{
	for (size_t i = MORE_CHILDREN; i < MORE__COUNT; i++) {
		const struct answer *a = save_got(s, SAVE_MORE, i);

		if (a->err != ERR_OK)
			continue;
		JSON_EACH (r, json_at(a->json, "/properties/connectionReferences"))
			if (str_eq_nocase(json_get_str(r, "source"), S("Invoker")))
				save_say(s, s->warnings,
					 "child flow %s wants connections of whoever runs it "
					 "(reference %s): called by a flow, it fails",
					 quoted(s->c, at_str(a->json, "/properties/displayName")),
					 quoted(s->c, json_name(r)));
	}
}

/* ---- data policies ---- */

static bool has_group(struct save *s, const struct json *policy, struct str group)
{
	JSON_EACH (r, s->wanted.references)
		if (str_eq_nocase(policy_group_of(policy, wdl_design_api(r)), group))
			return true;
	return false;
}

static void look_at_policy(struct save *s, const struct json *policy)
{
	struct str name = json_get_str(policy, "displayName");

	JSON_EACH (r, s->wanted.references)
		if (str_eq_nocase(policy_group_of(policy, wdl_design_api(r)), S("Blocked")))
			save_say(s, s->warnings,
				 "data policy %s blocks connector %s: the service suspends the flow",
				 quoted(s->c, name), quoted(s->c, wdl_design_api(r)));
	/* Confidential is business data, General everything else; one flow may use one of them. */
	if (has_group(s, policy, S("Confidential")) && has_group(s, policy, S("General")))
		save_say(s, s->warnings,
			 "data policy %s forbids to mix the connectors of this flow: the service "
			 "suspends it",
			 quoted(s->c, name));
}

static void look_at_policies(struct save *s)
{
	const struct answer *a = save_got(s, SAVE_LOOK, SEE_POLICIES);

	if (!json_count(s->wanted.references))
		return;
	if (a->err != ERR_OK)
		save_say(s, s->unchecked, "data policies: they cannot be read with this sign-in");
	JSON_EACH (policy, a->err == ERR_OK ? a->json : NULL)
		if (policy_applies(policy, s->w->environment))
			look_at_policy(s, policy);
}

/* What the owner is licensed for is not shown to other programs. */
static void look_at_licences(struct save *s)
{
	for (const struct lint_finding *f = s->lint.first; f; f = f->next)
		if (strcmp(f->rule->id, "CON16") == 0)
			save_say(s, s->unchecked,
				 "whether the licence of the owner covers premium connectors");
}

/* Managed Environments have rules of their own (sharing, solution checker), which are not shown. */
static void look_at_environment(struct save *s)
{
	const struct json *e = save_got(s, SAVE_LOOK, SEE_BAP)->json;
	struct str level = at_str(e, "/properties/governanceConfiguration/protectionLevel");

	if (level.n && !str_eq_nocase(level, S("Basic")))
		save_say(s, s->unchecked, "the rules of this managed environment");
}

void save_preflight(struct save *s)
{
	look_at_connections(s);
	look_at_children(s);
	look_at_policies(s);
	look_at_licences(s);
	look_at_environment(s);
}
