/*
 * run_waits.c - what actions wait for.
 */
#include "tools/run_waits.h"

/* Webhooks of these connectors are answered by people; the rows before others win. */
static const struct {
	const char *type, *api; /* the end of the type; part of the connector's id, or NULL */
	struct run_waits waits;
} waits[] = {
	{ "Webhook", "shared_approvals", { "a person's approval", true } },
	{ "Webhook", "shared_teams", { "a person's answer in Teams", true } },
	{ "Webhook", "shared_office365", { "a person's answer to a mail", true } },
	{ "Webhook", "shared_outlook", { "a person's answer to a mail", true } },
	{ "Webhook", "shared_gmail", { "a person's answer to a mail", true } },
	{ "Webhook", NULL, { "a call back from outside", false } },
	{ "Wait", NULL, { "a delay", false } },
	{ "Workflow", NULL, { "a child flow", false } },
	{ "Connection", "shared_uiflow", { "a desktop flow", false } },
	{ "Connection", NULL, { "a connector's answer", false } },
	{ "Http", NULL, { "an HTTP answer", false } },
	{ "Until", NULL, { "the condition of the loop", false } },
};

struct run_waits run_waits_for(const struct json *step)
{
	struct str type = json_get_str(step, "type");
	struct str api = json_str(json_at(step, "/inputs/host/apiId"));

	/* Flows of the older form name the connection only, in an expression. */
	if (!api.n)
		api = json_str(json_at(step, "/inputs/host/connection/name"));
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++)
		if (str_ends(type, str_from(waits[i].type)) &&
		    (!waits[i].api || str_find(api, str_from(waits[i].api)) >= 0))
			return waits[i].waits;
	return (struct run_waits){ "its own work", false };
}
