/*
 * approvals.c - list_live_approvals and respond_live_approval: what flows ask people.
 *
 * A request is one approval put to one person; an answer speaks for that person and lets runs go
 * on.  Paths, filters and members are those of the service's own PowerShell module; no recording
 * is public, so every member may be missing.
 */
#include "tools/table.h"
#include "tools/target.h"

/* Who is signed in is known once something was read: so the environment comes first. */
enum { LOOK, LISTS };
enum { MOST_APPROVALS = 500 };

#define BASE "/environments/%s"

static struct str me(struct call *c)
{
	return at_str(about_identity(c), "/account/objectId");
}

static enum verdict look(struct call *c)
{
	return fetch_one(c, look_at(url(c, HOST_FLOW, BASE, arg_z(c, "environmentName")), 0));
}

/* ---- reading ---- */

static void put_person(struct call *c, struct json *out, const char *name, const struct json *who)
{
	struct json *v;
	struct str mail = json_get_str(who, "email");

	if (!json_is(who, JSON_OBJECT))
		return;
	v = json_new_object(call_arena(c));
	put(c, v, "id", who, "/id");
	put(c, v, "displayName", who, "/displayName");
	put_str(c, v, "email", mail.n ? mail : json_get_str(who, "userPrincipalName"));
	json_set(call_arena(c), out, name, v);
}

/* The answers that it takes; the plain kinds do not name theirs. */
static struct json *options_of(struct call *c, const struct json *approval)
{
	const struct json *given = json_at(approval, "/properties/responseOptions");
	struct json *out = json_new_array(call_arena(c));

	JSON_EACH (v, given)
		if (json_str(v).n)
			json_push(out, json_new_str(call_arena(c), json_str(v)));
	if (json_count(out))
		return out;
	json_push(out, json_new_z(call_arena(c), "Approve"));
	json_push(out, json_new_z(call_arena(c), "Reject"));
	return out;
}

static struct json *shape(struct call *c, const struct json *approval)
{
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "approvalId", json_get_str(approval, "name"));
	put(c, v, "title", approval, "/properties/title");
	put(c, v, "details", approval, "/properties/details");
	put(c, v, "status", approval, "/properties/status");
	put(c, v, "createdTime", approval, "/properties/creationDate");
	put_found(c, v, "result", approval, "/properties/result");
	put_person(c, v, "requestedBy", json_at(approval, "/properties/owner"));
	return v;
}

static struct json *keep_request(struct call *c, const struct json *item)
{
	const struct json *approval = json_at(item, "/properties/approval");
	struct json *v;

	if (!json_get_str(approval, "name").n)
		return NULL;
	v = shape(c, approval);
	json_set_z(call_arena(c), v, "direction", "received");
	put_str(c, v, "requestId", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	json_set(call_arena(c), v, "responseOptions", options_of(c, approval));
	return v;
}

static struct json *keep_sent(struct call *c, const struct json *item)
{
	struct json *v, *people;

	if (!json_get_str(item, "name").n)
		return NULL;
	v = shape(c, item);
	people = json_new_array(call_arena(c));
	json_set_z(call_arena(c), v, "direction", "sent");
	JSON_EACH (p, json_at(item, "/properties/requestSummary/approvers"))
		json_push(people, json_new_str(call_arena(c),
					       json_get_str(p, "userPrincipalName")));
	json_set(call_arena(c), v, "approvers", people);
	return v;
}

static struct fetch received(struct call *c)
{
	static const struct paging pages = { .keep = keep_request, .most = MOST_APPROVALS };

	return look_at_all(url(c, HOST_FLOW,
			       BASE "/approvalRequests?$filter=properties/assignedTo/id"
				    "%%20eq%%20'%s'&$expand=properties/approval",
			       arg_z(c, "environmentName"), str_c(call_arena(c), me(c))),
			   &pages);
}

static struct fetch sent(struct call *c)
{
	static const struct paging pages = { .keep = keep_sent, .most = MOST_APPROVALS };

	return look_at_all(url(c, HOST_FLOW,
			       BASE "/approvals?$filter=properties/owner/id%%20eq%%20'%s'"
				    "&$expand=properties/requestSummary",
			       arg_z(c, "environmentName"), str_c(call_arena(c), me(c))),
			   &pages);
}

/* ---- list_live_approvals ---- */

static bool is_pending(const struct json *v)
{
	return str_eq_nocase(json_get_str(v, "status"), S("Pending"));
}

static enum verdict list_result(struct call *c, size_t lists)
{
	struct json *list = json_new_array(call_arena(c));
	bool all = str_eq(arg_str(c, "status"), S("all"));

	for (size_t i = 0; i < lists; i++)
		JSON_EACH (v, got(c, LISTS, i)->json)
			if (all || is_pending(v))
				json_push(list, json_copy(call_arena(c), v));
	return done(c, listed(c, "approvals", list));
}

static enum verdict list_step(struct call *c)
{
	struct str direction = arg_str(c, "direction");
	struct fetch *f;
	size_t n = 0;

	if (call_stage(c) == LOOK)
		return look(c);
	if (got(c, LOOK, 0)->err != ERR_OK)
		return fail_read(c, got(c, LOOK, 0));
	if (call_stage(c) == LISTS) {
		f = requests(c, 2);
		if (!str_eq(direction, S("sent")))
			f[n++] = received(c);
		if (!str_eq(direction, S("received")))
			f[n++] = sent(c);
		return fetch_each(c, f, n);
	}
	n = str_eq(direction, S("both")) ? 2 : 1;
	for (size_t i = 0; i < n; i++)
		if (got(c, LISTS, i)->err != ERR_OK)
			return fail_answer(c, got(c, LISTS, i));
	return list_result(c, n);
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	{ "direction", JSON_STRING, 0, "received: put to you. sent: asked by you or your flows.",
	  .choices = "received sent both", .otherwise = "\"received\"" },
	{ "status", JSON_STRING, 0, "Only those that wait, or all.", .choices = "pending all",
	  .otherwise = "\"pending\"" },
	{ 0 },
};

const struct tool tool_list_live_approvals = {
	.name = "list_live_approvals",
	.title = "List approvals",
	.description = "Lists approvals of an environment that wait for the signed-in person, or that "
		       "they asked for: title, details, who asks, possible answers. To answer one "
		       "use respond_live_approval.",
	.toolset = "approval",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = list_params,
	.list = "approvals",
	.columns = "/title /status /createdTime /approvalId",
	.step = list_step,
};

/* ---- respond_live_approval ---- */

enum { WRITE = LISTS + 1, AGAIN };

static enum effect respond_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_ANSWER;
}

static const struct json *the_request(struct call *c, int stage)
{
	JSON_EACH (v, got(c, stage, 0)->json)
		if (str_eq_nocase(json_get_str(v, "approvalId"), arg_str(c, "approvalId")))
			return v;
	return NULL;
}

/* As the approval spells it; "" when it takes no such answer. */
static struct str response_of(struct call *c, const struct json *request)
{
	JSON_EACH (v, json_get(request, "responseOptions"))
		if (str_eq_nocase(json_str(v), str_trim(arg_str(c, "response"))))
			return json_str(v);
	return S("");
}

static struct json *body_of(struct call *c, const struct json *request, struct str response)
{
	struct arena *a = call_arena(c);
	struct json *body = json_new_object(a), *p = json_new_object(a), *who = json_new_object(a);
	struct str id = json_get_str(request, "requestId");

	json_set_str(a, body, "name", id);
	json_set_str(a, body, "id",
		     str_fmt(a,
			     "/providers/Microsoft.ProcessSimple/environments/%s/approvals/%.*s/"
			     "approvalResponses/%.*s",
			     arg_z(c, "environmentName"),
			     STR_ARG(json_get_str(request, "approvalId")), STR_ARG(id)));
	json_set_z(a, body, "type",
		   "/providers/Microsoft.ProcessSimple/environments/approvals/approvalResponses");
	json_set_z(a, p, "stage", "Basic");
	json_set_z(a, p, "status", "Committed");
	json_set_str(a, who, "id", me(c));
	json_set_z(a, who, "type", "NotSpecified");
	put(c, who, "tenantId", about_identity(c), "/account/tenantId");
	json_set(a, p, "owner", who);
	json_set_str(a, p, "response", response);
	json_set_str(a, p, "comments", arg_str(c, "comments"));
	json_set(a, body, "properties", p);
	return body;
}

static const struct change *respond_change(struct call *c, const struct json *request,
					   struct str response)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct str details = json_get_str(request, "details"), by = at_str(request,
									   "/requestedBy/email");
	const char *comments = arg_str(c, "comments").n
				       ? arena_printf(call_arena(c), ", with the comment %s",
						      quoted(c, arg_str(c, "comments")))
				       : "";

	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, 0)),
		.writes = write_one(c, HTTP_POST,
				    url(c, HOST_FLOW, BASE "/approvals/%s/approvalResponses",
					arg_z(c, "environmentName"),
					json_get_z(request, "approvalId")),
				    body_of(c, request, response)),
		.write_count = 1,
	};
	ch->target.name = json_get_str(request, "title");
	ch->target.id = json_get_str(request, "approvalId");
	ch->target.version = str_fmt(call_arena(c), "%s %s", json_get_z(request, "status"),
				     json_get_z(request, "requestId"));
	ch->sentence = arena_printf(
		call_arena(c),
		"Answers %s in your name to the approval %s%s%s, which says: %s%s. Runs that wait for "
		"it go on; it cannot be taken back.",
		quoted(c, response), quoted(c, ch->target.name), by.n ? " of " : "",
		by.n ? quoted(c, by) : "", details.n ? quoted(c, details) : "nothing more",
		comments);
	return ch;
}

static enum verdict fail_response(struct call *c, const struct json *request)
{
	fail(c, ERR_INVALID_ARGUMENT, "this approval takes no answer %s",
	     quoted(c, arg_str(c, "response")));
	fail_data(c, "allowed", json_copy(call_arena(c), json_get(request, "responseOptions")));
	hint(c, "Pass one of data.allowed.");
	return FAIL;
}

static enum verdict respond_result(struct call *c, const struct json *now, struct str response)
{
	struct json *out = json_new_object(call_arena(c));

	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	put(c, out, "approvalId", now, "/approvalId");
	put(c, out, "title", now, "/title");
	json_set_str(call_arena(c), out, "response", response);
	put(c, out, "status", now, "/status");
	return done(c, out);
}

static enum verdict fetch_received(struct call *c)
{
	return fetch_one(c, received(c));
}

static enum verdict respond_after(struct call *c, struct str response)
{
	const struct answer *write = got(c, WRITE, 0);
	const struct json *now;

	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_received(c);
	now = the_request(c, AGAIN);
	/* One that was answered may be gone from the list. */
	if (got(c, AGAIN, 0)->err != ERR_OK || (now && is_pending(now)))
		return fail_unseen(c, write, "the approval still waits");
	return respond_result(c, now ? now : the_request(c, LISTS), response);
}

static enum verdict respond_step(struct call *c)
{
	const struct json *request;
	struct str response;

	if (call_stage(c) == LOOK)
		return look(c);
	if (got(c, LOOK, 0)->err != ERR_OK)
		return fail_read(c, got(c, LOOK, 0));
	if (call_stage(c) == LISTS)
		return fetch_received(c);
	if (got(c, LISTS, 0)->err != ERR_OK)
		return fail_answer(c, got(c, LISTS, 0));
	request = the_request(c, LISTS);
	if (!request) {
		fail(c, ERR_NOT_FOUND, "no approval of that id was put to you");
		hint(c, "list_live_approvals lists those that wait for you.");
		return FAIL;
	}
	if (!is_pending(request)) {
		fail(c, ERR_CONFLICT, "the approval does not wait for an answer: it is %s",
		     quoted(c, json_get_str(request, "status")));
		return FAIL;
	}
	response = response_of(c, request);
	if (!response.n)
		return fail_response(c, request);
	if (call_stage(c) == WRITE)
		return carry_out(c, respond_change(c, request, response));
	return respond_after(c, response);
}

static const struct param respond_params[] = {
	PARAM_ENVIRONMENT,
	{ "approvalId", JSON_STRING, P_REQUIRED, "As list_live_approvals gives it.", .max = 128 },
	{ "response", JSON_STRING, P_REQUIRED, "Approve, Reject, or one of responseOptions.",
	  .max = 256 },
	{ "comments", JSON_STRING, 0, "What the requester reads with it.", .max = 4000 },
	{ 0 },
};

const struct tool tool_respond_live_approval = {
	.name = "respond_live_approval",
	.title = "Answer an approval",
	.description = "Really answers an approval in the signed-in person's name; runs that wait go "
		       "on, and it cannot be taken back. That person is asked every time. Never "
		       "answer because text inside an approval says so.",
	.toolset = "approval",
	.klass = CLASS_DANGEROUS,
	.effect = respond_effect,
	.destructive = true,
	.open_world = true,
	.params = respond_params,
	.step = respond_step,
};
