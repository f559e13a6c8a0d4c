/*
 * approvals.c - approvals that runs wait for.
 *
 * The members of the outcome are those of the connector's documentation.
 */
#include "tenant/approvals.h"

#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/limits.h"
#include "tenant/prng.h"

enum { RUNS_LOOKED_AT = 50, TEXT = 1 << 20 };

static struct approval all[TENANT_APPROVALS];
static unsigned count, next_at;

void approvals_forget(void)
{
	for (unsigned i = 0; i < count; i++)
		arena_release(&all[i].mem);
	count = next_at = 0;
}

struct approval *approval_at(unsigned i)
{
	return i < count ? &all[(next_at + TENANT_APPROVALS - 1 - i) % TENANT_APPROVALS] : NULL;
}

struct approval *approval_find(const struct environment *e, struct str id)
{
	for (unsigned i = 0; i < count; i++)
		if (all[i].env == e && str_eq_nocase(id, str_from(all[i].id)))
			return &all[i];
	return NULL;
}

/* ---- making ---- */

static struct approval *take_room(void)
{
	struct approval *x = &all[next_at];

	if (count == TENANT_APPROVALS)
		arena_release(&x->mem);
	else
		count++;
	next_at = (next_at + 1) % TENANT_APPROVALS;
	*x = (struct approval){ .created = 0 };
	arena_init(&x->mem, TEXT);
	return x;
}

/* "title" of {"WebhookApprovalCreationInput/title": ...}, whatever the connector's prefix. */
static const struct json *member(const struct json *wanted, const char *name)
{
	JSON_EACH(m, wanted)
		if (str_eq(json_name(m), str_from(name)) ||
		    (str_ends(json_name(m), str_from(name)) &&
		     json_name(m).p[json_name(m).n - strlen(name) - 1] == '/'))
			return m;
	return NULL;
}

static const char *text_of(struct approval *x, const struct json *wanted, const char *name)
{
	return str_c(&x->mem, json_str(member(wanted, name)));
}

static void ask(struct tenant *t, struct approval *x, struct str people)
{
	struct str one;

	while (people.n && x->count < APPROVERS && str_cut(&people, ';', &one)) {
		struct user *u = tenant_user(t, str_trim(one));

		if (!u)
			continue;
		x->to[x->count].user = u;
		prng_guid(prng_mix(prng_hash(str_from(x->id)), x->count + 1),
			  x->to[x->count].request);
		x->count++;
	}
}

struct approval *approval_new(struct tenant *t, struct environment *e, struct user *owner,
			      const struct json *wanted)
{
	static const char *const basic[] = { "Approve", "Reject" };
	struct approval *x = take_room();

	x->env = e;
	x->owner = owner;
	x->created = clock_now();
	prng_guid(prng_mix(prng_hash(S("approval")), ++t->counter), x->id);
	x->type = text_of(x, wanted, "approvalType");
	x->title = text_of(x, wanted, "title");
	x->details = text_of(x, wanted, "details");
	if (!*x->type)
		x->type = "Basic";
	JSON_EACH(o, member(wanted, "responseOptions"))
		if (x->option_count < APPROVAL_OPTIONS)
			x->options[x->option_count++] = str_c(&x->mem, json_str(o));
	for (unsigned i = 0; i < 2 && !str_starts(str_from(x->type), S("Custom")); i++)
		x->options[x->option_count++] = basic[i];
	ask(t, x, json_str(member(wanted, "assignedTo")));
	return x;
}

/* ---- answering ---- */

static bool everybody(const struct approval *x)
{
	return str_ends(str_from(x->type), S("AwaitAll"));
}

/* First to respond, or everybody: then one refusal is enough, and own options are joined. */
static void settle(struct approval *x)
{
	bool custom = str_starts(str_from(x->type), S("Custom")), open = false;
	const char *outcome = NULL;
	struct buf joined;

	buf_init_in(&joined, &x->mem, TEXT / 4);
	for (unsigned i = 0; i < x->count; i++) {
		const char *r = x->to[i].response;

		if (!r) {
			open = true;
			continue;
		}
		buf_addf(&joined, "%s%s", joined.n ? ", " : "", r);
		if (!everybody(x) || (!custom && !strcmp(r, "Reject")))
			outcome = r;
	}
	if (!outcome && !open)
		outcome = custom ? buf_c(&joined) : "Approve";
	if (!outcome)
		return;
	x->outcome = outcome;
	x->completed = clock_now();
}

void approval_respond(struct approval *x, struct user *u, struct str response, struct str comments,
		      const char **why)
{
	const char *option = NULL;

	*why = NULL;
	for (unsigned i = 0; i < x->option_count; i++)
		if (str_eq(response, str_from(x->options[i])))
			option = x->options[i];
	if (x->completed) {
		*why = "The approval is already completed.";
		return;
	}
	for (unsigned i = 0; i < x->count; i++) {
		if (x->to[i].user != u || x->to[i].response)
			continue;
		if (!option) {
			*why = "The response is not one of the options of the approval.";
			return;
		}
		x->to[i].response = option;
		x->to[i].comments = str_c(&x->mem, comments);
		x->to[i].at = clock_now();
		settle(x);
		return;
	}
	*why = "The caller has no pending request of this approval.";
}

void approval_reassign(struct approval *x, struct user *from, struct user *to)
{
	for (unsigned i = 0; i < x->count; i++)
		if (x->to[i].user == from && !x->to[i].response)
			x->to[i].user = to;
}

/* ---- the action that waits ---- */

static struct json *person_of(struct arena *a, const struct user *u)
{
	return emit_json(a,
			 "{'id':'%s','displayName':'%s','email':'%s','tenantId':'%s',"
			 "'userPrincipalName':'%s'}",
			 u->id, u->name, u->upn, u->home->id, u->upn);
}

static struct json *outputs_of(struct arena *a, const struct approval *x)
{
	struct json *out = emit_json(a,
				     "{'statusCode':200,'headers':{'Content-Type':'application/json'},"
				     "'body':{'responses':[],'responseSummary':'','completionDate':'%t',"
				     "'outcome':'%s','name':'%s','title':'%s','details':'%s','status':"
				     "'Completed','priority':'Medium','requestDate':'%t'}}",
				     x->completed, x->outcome, x->id, x->title, x->details,
				     x->created);
	struct json *body = json_get(out, "body");
	struct buf summary;

	buf_init_in(&summary, a, TEXT);
	for (unsigned i = 0; i < x->count; i++) {
		const struct approver *to = &x->to[i];
		struct json *one;

		if (!to->response)
			continue;
		one = emit_json(a,
				"{'requestDate':'%t','responseDate':'%t','approverResponse':'%s',"
				"'comments':'%s'}",
				x->created, to->at, to->response, to->comments);
		json_set(a, one, "responder", person_of(a, to->user));
		json_push(json_get(body, "responses"), one);
		buf_addf(&summary, "%sApprover: %s, %s\r\nResponse: %s",
			 summary.n ? "\r\n\r\n" : "", to->user->name, to->user->upn, to->response);
	}
	json_set_str(a, body, "responseSummary", buf_str(&summary));
	return out;
}

static uint64_t key_of(const struct played *p, const struct wdl_request *r)
{
	uint64_t key = prng_mix(prng_hash(str_from(p->run->name)), prng_hash(r->name));

	for (unsigned i = 0; i < r->loop_count; i++)
		key = prng_mix(key, r->loops[i].index + 1);
	return key | 1;
}

static struct approval *of_run(struct played *p, const struct wdl_request *r)
{
	uint64_t key = key_of(p, r);
	struct approval *x;

	for (unsigned i = 0; i < count; i++)
		if (all[i].key == key)
			return &all[i];
	if (r->now - TICKS_UNIX > clock_now())
		return NULL; /* it has not begun */
	x = approval_new(p->flow->tenant, p->flow->env, p->flow->owner,
			 json_get(r->inputs, "parameters"));
	x->key = key;
	x->created = r->now - TICKS_UNIX;
	snprintf(x->run, sizeof(x->run), "%s", p->run->name);
	snprintf(x->flow, sizeof(x->flow), "%s", p->flow->id);
	return x;
}

bool approval_answer(struct played *p, struct arena *a, const struct wdl_request *r, bool forever,
		     struct wdl_answer *out)
{
	struct str operation = json_str(json_at(r->inputs, "/host/operationId"));
	bool waits = str_eq(operation, S("StartAndWaitForAnApproval"));
	struct approval *x;

	if ((!waits && !str_eq(operation, S("CreateAnApproval"))) || !(p->run->live || forever))
		return false;
	x = of_run(p, r);
	if (!waits && x) {
		out->outputs = emit_json(a, "{'statusCode':201,'headers':{},'body':{'name':'%s'}}", x->id);
		return true;
	}
	out->never = !x || !x->completed;
	if (out->never)
		return true;
	out->outputs = outputs_of(a, x);
	out->duration = x->completed + TICKS_UNIX - r->now;
	if (out->duration < 1)
		out->duration = 1;
	return true;
}

/* ---- finding them ---- */

static bool uses_approvals(struct flow *f)
{
	JSON_EACH(r, flow_current(f)->references)
		if (str_ends(json_get_str(r, "id"), S("/shared_approvals")))
			return true;
	return false;
}

void approvals_collect(struct arena *a, struct tenant *t, struct environment *e)
{
	LIST_EACH(node, &t->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || f->deleted || f->kind > FLOW_AGENT || !uses_approvals(f))
			continue;
		flow_make_runs(f);
		for (unsigned i = 0; i < f->run_count && i < RUNS_LOOKED_AT; i++) {
			struct arena work;

			if (f->runs[i].known)
				continue;
			arena_init(&work, TENANT_REQUEST);
			work.out = a->out;
			play_status(&work, f, &f->runs[i]);
			arena_release(&work);
		}
	}
}

enum approval_status approval_status(struct tenant *t, const struct approval *x)
{
	struct flow *f = x->key ? tenant_flow(t, x->env, str_from(x->flow)) : NULL;
	struct run *r = f ? flow_run(f, str_from(x->run)) : NULL;

	if (x->completed)
		return APPROVAL_COMPLETED;
	/* Nobody waits for it any more. */
	if (x->key && (!r || r->cancelled || r->known))
		return APPROVAL_CANCELED;
	return APPROVAL_PENDING;
}
