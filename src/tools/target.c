/*
 * target.c - the flow that a change is aimed at.
 *
 * Knows where the service tells what the gate asks about a flow; nothing of single tools.
 */
#include "tools/target.h"

#define FLOW "/environments/%s/flows/%s"

struct fetch look_at(const struct url *u, unsigned flags)
{
	return (struct fetch){ .method = HTTP_GET, .url = u, .flags = FETCH_TOLERATE | flags };
}

struct fetch look_at_flow(struct call *c)
{
	return look_at(url(c, HOST_FLOW, FLOW, arg_z(c, "environmentName"), arg_z(c, "flowName")),
		       FETCH_LARGE);
}

void target_looks(struct call *c, struct fetch *f)
{
	const char *environment = arg_z(c, "environmentName");

	f[LOOK_FLOW] = look_at_flow(c);
	f[LOOK_ENVIRONMENT] = look_at(url(c, HOST_FLOW, "/environments/%s", environment), 0);
	f[LOOK_PEOPLE] = look_at(url(c, HOST_FLOW, FLOW "/permissions", environment,
				     arg_z(c, "flowName")),
				 0);
}

bool is_shared(const struct answer *people)
{
	const struct json *list = json_get(people->json, "value");

	return people->err != ERR_OK || !json_is(list, JSON_ARRAY) || json_count(list) != 1;
}

struct target target_of(struct call *c, int stage)
{
	const struct json *flow = got(c, stage, LOOK_FLOW)->json;
	const struct answer *environment = got(c, stage, LOOK_ENVIRONMENT);
	struct str state = at_str(flow, "/properties/state");

	return (struct target){
		.name = at_str(flow, "/properties/displayName"),
		.id = arg_str(c, "flowName"),
		.version = str_fmt(call_arena(c), "%.*s %.*s", STR_ARG(state),
				   STR_ARG(at_str(flow, "/properties/lastModifiedTime"))),
		.environment = environment->err == ERR_OK ? environment->json : NULL,
		.on = str_eq(state, S("Started")),
		.shared = is_shared(got(c, stage, LOOK_PEOPLE)),
		.objects = 1,
	};
}
