/*
 * target.c - the flow that a change is aimed at.
 *
 * Knows where the service tells what the gate asks about a flow; nothing of single tools.
 */
#include "tools/target.h"

#include "base/limits.h"

#define FLOW "/environments/%s/flows/%s"

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

struct target environment_target(struct call *c, const struct answer *environment)
{
	const struct json *e = environment->err == ERR_OK ? environment->json : NULL;

	return (struct target){
		.name = at_str(e, "/properties/displayName"),
		.id = arg_str(c, "environmentName"),
		.environment = e,
		.objects = 1,
	};
}

/* ---- sending ---- */

struct fetch *requests(struct call *c, size_t count)
{
	return arena_array(call_arena(c), count, sizeof(struct fetch));
}

struct fetch *write_one(struct call *c, enum http_method m, const struct url *u, struct json *body)
{
	struct fetch *f = requests(c, 1);

	*f = (struct fetch){ .method = m, .url = u, .body = body, .flags = FETCH_TOLERATE };
	return f;
}

enum verdict carry_out(struct call *c, const struct change *ch)
{
	return agreed(c, ch) ? fetch_each(c, ch->writes, ch->write_count) : ASK;
}

bool was_refused(const struct answer *write)
{
	return write->err != ERR_OK && write->err != ERR_OUTCOME_UNKNOWN;
}

enum verdict fail_unseen(struct call *c, const struct answer *write, const char *what)
{
	if (write->err != ERR_OK)
		return fail_answer(c, write);
	fail(c, ERR_OUTCOME_UNKNOWN, "the service accepted the change, but %s", what);
	hint(c, "Look again in a minute before anything is tried again.");
	return FAIL;
}

/* ---- the organisation ---- */

struct str organisation_needed(struct call *c, int stage, size_t at)
{
	bool known;
	struct str where = organisation_of(got(c, stage, at), got(c, stage, at + 1), &known);

	if (where.n)
		return where;
	if (!known) {
		fail_answer(c, got(c, stage, at + 1));
		return where;
	}
	fail(c, ERR_NOT_AVAILABLE, "this environment has no Dataverse database");
	hint(c, "Solutions, connection references and environment variables exist only with one. "
		"list_live_environments shows the environments.");
	return where;
}

enum verdict organisation_rows(struct call *c,
			       enum verdict (*rows)(struct call *c, struct str organisation),
			       struct str *where)
{
	struct str organisation;
	struct fetch *f;

	if (call_stage(c) == 0) {
		f = requests(c, LOOK_ORGANISATION);
		organisation_fetches(c, f);
		return fetch_each(c, f, LOOK_ORGANISATION);
	}
	organisation = organisation_needed(c, 0, 0);
	if (!organisation.n)
		return FAIL;
	if (call_stage(c) == 1)
		return rows(c, organisation);
	if (got(c, 1, 0)->err != ERR_OK)
		return fail_answer(c, got(c, 1, 0));
	if (where)
		*where = organisation;
	return DONE;
}

struct fetch table_rows(struct call *c, const struct url *u,
			struct json *(*keep)(struct call *c, const struct json *row))
{
	struct paging *p = arena_alloc(call_arena(c), sizeof(*p));

	*p = (struct paging){ .keep = keep };
	return (struct fetch){ .url = u, .flags = FETCH_TOLERATE | FETCH_LARGE, .paging = p,
			       .prefer = "odata.maxpagesize=500" };
}

struct fetch flow_rows(struct call *c, struct str organisation,
		       struct json *(*keep)(struct call *c, const struct json *row))
{
	struct fetch f = table_rows(
		c,
		url_of(c, HOST_DATAVERSE, organisation,
		       "/workflows?$select=workflowid,resourceid,name,statecode,clientdata"
		       "&$filter=category%%20eq%%205%%20and%%20type%%20eq%%201"),
		keep);

	/* clientdata is most of a row: few of them make a page. */
	f.prefer = "odata.maxpagesize=50";
	return f;
}

struct json *flow_row_shape(struct call *c, const struct json *row)
{
	struct json *v = json_new_object(call_arena(c));
	struct str id = json_get_str(row, "resourceid");

	put_str(c, v, "id", id.n ? id : json_get_str(row, "workflowid"));
	put_str(c, v, "displayName", json_get_str(row, "name"));
	json_set_bool(call_arena(c), v, "on", json_int(json_get(row, "statecode"), 0) == 1);
	return v;
}

const char *flow_row_lines(struct call *c, const struct json *flows)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), LIMIT_RESULT);
	JSON_EACH (v, flows)
		buf_addf(&b, "%s%s %s", b.n ? "\n" : "",
			 json_is_true(json_get(v, "on")) ? "on: " : "off:",
			 quoted(c, json_get_str(v, "displayName")));
	return b.n ? buf_c(&b) : NULL;
}
