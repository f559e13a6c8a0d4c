/*
 * approvals_api.c - approvals on the flow host: what was received and sent, and answers to it.
 *
 * No recording is public; paths, queries and members are those of Microsoft's PowerShell module,
 * and of clients that were published.
 */
#include "tenant/approvals.h"
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

enum { A_PAGE = 50, AT_MOST = 250 };

static const char *const status_names[] = { [APPROVAL_PENDING] = "Pending",
					    [APPROVAL_COMPLETED] = "Completed",
					    [APPROVAL_CANCELED] = "Canceled" };

/* ---- shapes ---- */

static struct str path_of(struct request *q, const struct approval *x)
{
	return str_fmt(&q->mem, "/providers/Microsoft.ProcessSimple/environments/%s/approvals/%s",
		       x->env->id, x->id);
}

static struct json *approval_shape(struct request *q, const struct approval *x)
{
	struct arena *a = &q->mem;
	struct json *out = emit_json(a,
				     "{'name':'%s','id':'%S','type':'/providers/Microsoft.ProcessSimple/"
				     "environments/approvals','properties':{'title':'%s','details':'%s',"
				     "'status':'%s','creationDate':'%t','approvalType':'%s',"
				     "'responseOptions':[],'requestSummary':{'approvers':[]}}}",
				     x->id, path_of(q, x), x->title, x->details,
				     status_names[approval_status(q->tenant, x)], x->created,
				     x->type);
	struct json *p = json_get(out, "properties");

	json_set(a, p, "owner", person(a, x->owner));
	for (unsigned i = 0; i < x->option_count; i++)
		json_push(json_get(p, "responseOptions"), json_new_z(a, x->options[i]));
	for (unsigned i = 0; i < x->count; i++)
		json_push(json_at(p, "/requestSummary/approvers"), person(a, x->to[i].user));
	if (x->completed) {
		json_set_z(a, p, "result", x->outcome);
		json_set(a, p, "completionDate", emit_json(a, "'%t'", x->completed));
	}
	return out;
}

static const char *request_status(struct request *q, const struct approval *x,
				  const struct approver *to)
{
	return to->response ? "Committed" : status_names[approval_status(q->tenant, x)];
}

static struct json *request_shape(struct request *q, const struct approval *x,
				  const struct approver *to)
{
	struct json *out = emit_json(&q->mem,
				     "{'name':'%s','id':'%S/approvalRequests/%s','type':'/providers/"
				     "Microsoft.ProcessSimple/environments/approvals/approvalRequests',"
				     "'properties':{'status':'%s','creationDate':'%t'}}",
				     to->request, path_of(q, x), to->request,
				     request_status(q, x, to), x->created);
	struct json *p = json_get(out, "properties");

	json_set(&q->mem, p, "assignedTo", person(&q->mem, to->user));
	json_set(&q->mem, p, "approval", approval_shape(q, x));
	return out;
}

static struct json *response_shape(struct request *q, const struct approval *x,
				   const struct approver *to)
{
	struct json *out = emit_json(&q->mem,
				     "{'name':'%s','id':'%S/approvalResponses/%s','type':'/providers/"
				     "Microsoft.ProcessSimple/environments/approvals/approvalResponses',"
				     "'properties':{'stage':'Basic','status':'Committed','creationDate':"
				     "'%t','response':'%s','comments':'%s'}}",
				     to->request, path_of(q, x), to->request, to->at, to->response,
				     to->comments);

	json_set(&q->mem, json_get(out, "properties"), "owner", person(&q->mem, to->user));
	return out;
}

/* ---- lists ---- */

enum list_kind { LIST_REQUESTS, LIST_APPROVALS, LIST_VIEWS };

struct row {
	struct request *q;
	const struct approval *x;
	const struct approver *to; /* of a request, or NULL */
};

static struct str field(void *arg, struct str name)
{
	struct row *row = arg;
	bool mine = row->x->owner == row->q->caller.user;

	if (str_starts_nocase(name, S("properties/")))
		name = str_from_at(name, 11);
	if (str_eq_nocase(name, S("assignedTo/id")) && row->to)
		return str_from(row->to->user->id);
	if (str_eq_nocase(name, S("owner/id")))
		return str_from(row->x->owner->id);
	if (str_eq_nocase(name, S("status")))
		return row->to ? str_from(request_status(row->q, row->x, row->to)) :
				 str_from(status_names[approval_status(row->q->tenant, row->x)]);
	if (str_eq_nocase(name, S("userRole")))
		return row->to ? S("Approver") : mine ? S("Owner") : S("");
	if (str_eq_nocase(name, S("isActive")))
		return !strcmp(row->to ? request_status(row->q, row->x, row->to) :
					 status_names[approval_status(row->q->tenant, row->x)],
			       "Pending") ?
			       S("true") :
			       S("false");
	if (str_eq_nocase(name, S("isDescending")))
		return S("true");
	return (struct str){ NULL, 0 };
}

struct listing {
	struct request *q;
	struct filter *filter;
	struct paging page;
	uint64_t seen;
	struct json *value;
};

static void add(struct listing *l, const struct approval *x, const struct approver *to,
		bool request)
{
	struct filter_row row = { field, NULL, &(struct row){ l->q, x, to } };

	if (!filter_matches(l->filter, &row) || l->seen++ < l->page.from ||
	    l->seen > l->page.from + l->page.size)
		return;
	json_push(l->value, request ? request_shape(l->q, x, to) : approval_shape(l->q, x));
}

/* Everybody sees what they asked for and what they were asked. */
static void list(struct request *q, enum list_kind kind)
{
	struct environment *e = need_environment(q, 0);
	struct str text = request_query(q, "$filter");
	struct json *out = json_new_object(&q->mem);
	struct listing l = { .q = q, .page = paging_of(q, A_PAGE, AT_MOST) };
	bool ok;

	if (!e)
		return;
	l.filter = filter_parse(&q->mem, text, &ok);
	if (!ok) {
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
		return;
	}
	approvals_collect(&q->mem, q->tenant, e);
	l.value = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; approval_at(i); i++) {
		const struct approval *x = approval_at(i);

		if (x->env != e)
			continue;
		if (kind != LIST_REQUESTS && x->owner == q->caller.user)
			add(&l, x, NULL, false);
		for (unsigned k = 0; kind != LIST_APPROVALS && k < x->count; k++)
			if (x->to[k].user == q->caller.user)
				add(&l, x, &x->to[k], kind == LIST_REQUESTS);
	}
	if (l.seen > l.page.from + l.page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, l.page.from + l.page.size));
	answer_json(q, 200, out);
}

static void requests_list(struct request *q)
{
	list(q, LIST_REQUESTS);
}

static void approvals_list(struct request *q)
{
	list(q, LIST_APPROVALS);
}

static void views_list(struct request *q)
{
	list(q, LIST_VIEWS);
}

/* ---- one ---- */

static struct approver *my_request(struct request *q, struct approval *x)
{
	for (unsigned i = 0; i < x->count; i++)
		if (x->to[i].user == q->caller.user)
			return &x->to[i];
	return NULL;
}

static struct approval *need_approval(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct approval *x;

	if (!e)
		return NULL;
	approvals_collect(&q->mem, q->tenant, e);
	x = approval_find(e, q->capture[1]);
	if (x && (x->owner == q->caller.user || my_request(q, x)))
		return x;
	answer_error(q, SE_APPROVAL_NOT_FOUND, str_c(&q->mem, q->capture[1]), NULL, NULL);
	return NULL;
}

static void approval_get(struct request *q)
{
	struct approval *x = need_approval(q);

	if (x)
		answer_json(q, 200, approval_shape(q, x));
}

static void responses_list(struct request *q)
{
	struct approval *x = need_approval(q);
	struct json *out = json_new_object(&q->mem), *value;

	if (!x)
		return;
	value = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < x->count; i++)
		if (x->to[i].response)
			json_push(value, response_shape(q, x, &x->to[i]));
	answer_json(q, 200, out);
}

static void respond(struct request *q)
{
	struct approval *x = need_approval(q);
	const struct json *p = x ? need_properties(q) : NULL;
	const char *why;

	if (!p)
		return;
	if (approval_status(q->tenant, x) == APPROVAL_CANCELED)
		why = "The approval was canceled.";
	else
		approval_respond(x, q->caller.user, json_get_str(p, "response"),
				 json_get_str(p, "comments"), &why);
	if (why) {
		answer_error(q, SE_APPROVAL_REFUSED, why, NULL, NULL);
		return;
	}
	/* Runs that wait for it were played without an answer. */
	play_forget();
	answer_json(q, 201, response_shape(q, x, my_request(q, x)));
}

static void reassign(struct request *q)
{
	struct approval *x = need_approval(q);
	struct user *to = x ? tenant_user(q->tenant, json_get_str(request_json(q), "assignedTo")) : NULL;

	if (!x)
		return;
	if (!to || !my_request(q, x) || my_request(q, x)->response) {
		answer_error(q, SE_APPROVAL_REFUSED,
			     to ? "The caller has no pending request of this approval." :
				  "The person could not be found.",
			     NULL, NULL);
		return;
	}
	approval_reassign(x, q->caller.user, to);
	answer_empty(q, 200);
}

/* ---- the control plane ---- */

/* {"environment", "owner", "assignedTo", "title", "details", "approvalType", "responseOptions"}:
 * an approval that somebody else's flow asks for; or {"approval", "user", "response"}: an answer
 * of somebody else. */
static void practice_approval(struct request *q)
{
	const struct json *v = request_json(q);
	struct environment *e = tenant_environment(q->tenant, NULL, json_get_str(v, "environment"));
	struct user *owner = tenant_user(q->tenant, json_get(v, "owner") ? json_get_str(v, "owner") :
									   S("piet"));
	struct user *who = tenant_user(q->tenant, json_get_str(v, "user"));
	struct approval *x = e ? approval_find(e, json_get_str(v, "approval")) : NULL;
	const char *why = NULL;

	if (!control_allowed(q))
		return;
	if (!e || !owner || (json_get(v, "approval") && (!x || !who))) {
		control_refuse(q, "no such environment, person or approval");
		return;
	}
	if (x) {
		approval_respond(x, who, json_get_str(v, "response"), json_get_str(v, "comments"),
				 &why);
		play_forget();
		if (why)
			control_refuse(q, why);
		else
			control_done(q);
		return;
	}
	x = approval_new(q->tenant, e, owner, v);
	emit(answer_begin(q, 200), "{'ok':true,'approval':'%s'}", x->id);
}

#define SIMPLE "/providers/Microsoft.ProcessSimple/environments/{E}"

static const struct route rows[] = {
	{ FACE_FLOW, "GET", SIMPLE "/approvalRequests", requests_list, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/approvals", approvals_list, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/approvalViews", views_list, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/approvals/{A}", approval_get, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/approvals/{A}/approvalResponses", responses_list, 0 },
	{ FACE_FLOW, "POST", SIMPLE "/approvals/{A}/approvalResponses", respond, 0 },
	{ FACE_FLOW, "POST", SIMPLE "/approvals/{A}/reassign", reassign, 0 },
	{ FACE_CONTROL, "POST", "/__practice/approval", practice_approval, ROUTE_OPEN },
};

const struct route_table approval_routes = { rows, sizeof(rows) / sizeof(*rows) };
