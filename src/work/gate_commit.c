/*
 * gate_commit.c - between a decision and the first byte of a write.
 *
 * In this order: the request is one that was agreed to; the proof is spent, or the grant
 * counted down; the records are in the log and on the disk.  Only then does a request leave.
 * Locks of other processes are tried, never waited for: the call goes on the timer list.
 */
#include "work/gate_call.h"

#include "base/os.h"

enum commit { COMMIT_DONE, COMMIT_WAIT, COMMIT_FAILED };

/* ---- records ---- */

void gate_record(struct call *c, enum audit_event event, const char *decision,
		 const char *channel)
{
	if (c->record_count < CALL_RECORDS)
		c->records[c->record_count++] = (struct call_record){
			.event = event,
			.decision = decision,
			.channel = channel,
		};
}

enum audit_result gate_write_records(struct call *c)
{
	struct audit *audit = work_audit(c->work);

	while (audit && c->records_written < c->record_count) {
		const struct call_record *one = &c->records[c->records_written];
		struct audit_record r = call_record_of(c, one->event);
		enum audit_result result;

		r.decision = str_from(one->decision);
		r.channel = str_from(one->channel);
		r.status = S("");
		result = audit_append(audit, &r, NULL);
		if (result != AUDIT_DONE)
			return result;
		work_log_written(c->work);
		c->records_written++;
	}
	return audit ? AUDIT_DONE : AUDIT_FAILED;
}

/* ---- the steps ---- */

static enum commit stop(struct call *c, enum err err, const char *why)
{
	gate_refused(c, err, why);
	return COMMIT_FAILED;
}

static enum commit after(struct call *c, enum approval_result result, enum err err,
			 const char *why)
{
	switch (result) {
	case APPROVAL_DONE:
		return COMMIT_DONE;
	case APPROVAL_BUSY:
		return COMMIT_WAIT;
	case APPROVAL_BEFORE:
		return stop(c, err, why);
	case APPROVAL_FAILED:
		break;
	}
	return stop(c, ERR_LOG, arena_printf(c->arena, "the approval cannot be recorded: %s", why));
}

static enum commit spend(struct call *c)
{
	struct ticket *t = &c->ticket;
	const unsigned char *key = gate_key(c->work);
	const char *why = "", *dir = gate_dir(c, t->grant ? "grants" : "approvals");
	struct grant_query q = gate_grant_query(c);

	if (!t->proof && !t->grant)
		return COMMIT_DONE;
	if (!dir || !key)
		return stop(c, ERR_LOG, store_message(c->work->store));
	if (t->grant)
		return after(c, grant_use(c->arena, dir, key, &q, t->grant, &why),
			     ERR_APPROVAL_REQUIRED, "the grant that covered this is used up");
	if (t->approval.expires < os_wall_ms())
		return stop(c, ERR_APPROVAL_REQUIRED, "the approval has expired: ask again");
	return after(c, approval_spend(c->arena, dir, &t->approval, os_wall_ms(), &why),
		     ERR_APPROVAL_REQUIRED, why[0] ? why : "this approval was used already");
}

static enum commit write_record(struct call *c, enum audit_result result)
{
	struct audit *audit;

	if (result == AUDIT_DONE)
		return COMMIT_DONE;
	if (result == AUDIT_BUSY)
		return COMMIT_WAIT;
	work_log_failed(c->work);
	audit = work_audit(c->work);
	return stop(c, ERR_LOG,
		    arena_printf(c->arena, "nothing was sent, because it cannot be logged: %s",
				 audit ? audit_message(audit) : store_message(c->work->store)));
}

static enum commit intent(struct call *c)
{
	struct audit_record r = call_record_of(c, AUDIT_IN);
	struct audit *audit = work_audit(c->work);

	r.sync = AUDIT_SYNC;
	r.ref = 0;
	r.decision = str_from(c->ticket.decision);
	r.channel = str_from(c->ticket.channel);
	r.status = S("");
	return write_record(c, audit ? audit_append(audit, &r, &c->intent) : AUDIT_FAILED);
}

/* What may fail without harm, because the proof is spent and the record is there. */
static void settle(struct call *c)
{
	struct ticket *t = &c->ticket;
	const char *dir = gate_dir(c, "approvals"), *grants = gate_dir(c, "grants"), *why;
	struct grant g = {
		.prompt = true,
		.tools = str_from(c->tool->name),
		.environments = call_environment(c),
		.flows = json_get_str(c->args, "flowName"),
		.max_calls = policy_value(c->work->policy, POLICY_SCOPE_CALLS),
		.expires = os_wall_ms() + LIMIT_PROMPT_GRANT_MS,
	};

	if (dir)
		approval_mark_used(c->arena, dir, str_from(c->tool->name));
	if (dir && strcmp(t->channel, "terminal") == 0)
		approval_forget(c->arena, dir, t->approval.plan);
	if (dir && c->is_edited)
		approval_forget(c->arena, dir, c->edited_plan);
	if (!g.flows.n)
		g.flows = S("*");
	if (!g.environments.n)
		g.environments = S("*");
	if (t->quarter && grants &&
	    grant_make(c->arena, grants, gate_key(c->work), &g, os_wall_ms(), &why))
		gate_record(c, AUDIT_POLICY, "grant_15m", t->channel);
}

static enum commit commit(struct call *c)
{
	static enum commit (*const steps[])(struct call *c) = { spend, NULL, intent };
	struct ticket *t = &c->ticket;
	enum commit result = COMMIT_DONE;

	for (; t->step < sizeof(steps) / sizeof(*steps); t->step++) {
		result = steps[t->step] ? steps[t->step](c)
					: write_record(c, gate_write_records(c));
		if (result != COMMIT_DONE)
			break;
	}
	if (result == COMMIT_DONE) {
		if (!t->committed)
			settle(c);
		t->committed = true;
		t->since = 0;
		return COMMIT_DONE;
	}
	if (!t->since)
		t->since = os_now_ms();
	if (result == COMMIT_WAIT && os_now_ms() - t->since > LIMIT_LOG_LOCK_MS)
		return stop(c, ERR_LOG, "another process holds the log or the approvals too long");
	return result;
}

/* ---- sending ---- */

static struct str body_text(struct call *c, const struct json *body)
{
	return body ? json_text(c->arena, body) : S("");
}

static bool same_request(struct call *c, const struct fetch *x, const struct fetch *y)
{
	return x->method == y->method && x->url->row == y->url->row &&
	       x->url->kind == y->url->kind && str_eq(x->url->of, y->url->of) &&
	       x->url->bearer == y->url->bearer &&
	       /* A callback is agreed to by its trigger, and named by the service afterwards. */
	       (x->url->kind == LINK_CALLBACK || str_eq(x->url->text, y->url->text)) &&
	       str_eq(body_text(c, x->body), body_text(c, y->body));
}

/* POSTs that ask and change nothing, by the end of their paths. */
static const struct {
	enum host_row row;
	struct str end;
} reading[] = {
	{ HOST_FLOW, STR_INIT("/listCallbackUrl") },
	{ HOST_FLOW, STR_INIT("/listExpressionTraces") },
	{ HOST_FLOW, STR_INIT("/checkFlowErrors") },
	{ HOST_FLOW, STR_INIT("/checkFlowWarnings") },
	{ HOST_BAP, STR_INIT("/listPackageResources") },
	{ HOST_BAP, STR_INIT("/exportPackage") },
	{ HOST_ENVIRONMENT, STR_INIT("/listCallbackUrl") },
	{ HOST_ENVIRONMENT, STR_INIT("/listExpressionTraces") },
	{ HOST_ENVIRONMENT, STR_INIT("/checkFlowErrors") },
	{ HOST_ENVIRONMENT, STR_INIT("/checkFlowWarnings") },
	{ HOST_FLOW, STR_INIT("/operations") },
	{ HOST_ENVIRONMENT, STR_INIT("/listEnum") },
	{ HOST_ENVIRONMENT, STR_INIT("/listDynamicProperties") },
};

bool gate_is_write(const struct fetch *f)
{
	struct str path = f->url->text, rest = path;

	/* Whatever its method, it starts a run. */
	if (f->url->kind == LINK_CALLBACK)
		return true;
	if (f->method == HTTP_GET || f->method == HTTP_HEAD)
		return false;
	str_cut(&rest, '?', &path);
	for (size_t i = 0; i < sizeof(reading) / sizeof(*reading); i++)
		if (f->method == HTTP_POST && f->url->kind == LINK_OWN &&
		    f->url->row == reading[i].row && str_ends(path, reading[i].end))
			return false;
	return true;
}

static bool is_agreed(struct call *c, const struct fetch *f)
{
	const struct change *ch = c->ticket.change;

	if (!c->ticket.given || !ch || c->ticket.klass.klass == CLASS_READ_ONLY)
		return false;
	for (size_t i = 0; i < ch->write_count; i++)
		if (same_request(c, f, &ch->writes[i]))
			return true;
	return false;
}

static bool within_rate(struct call *c)
{
	struct work *w = c->work;

	if (w->policy &&
	    ++w->minute_writes <= policy_value(w->policy, POLICY_WRITES_PER_MINUTE))
		return true;
	return gate_refused(c, ERR_THROTTLED, "policy allows no more changes in this minute");
}

static void send_again(void *arg)
{
	struct call *c = arg;
	volatile enum commit result = COMMIT_FAILED;
	jmp_buf out;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
	} else {
		result = commit(c);
		if (result == COMMIT_DONE)
			fetch_go(c);
	}
	c->arena->out = NULL;
	if (result == COMMIT_WAIT)
		loop_timer_set(c->work->loop, &c->timer, 5, send_again, c);
	else if (result == COMMIT_FAILED)
		call_fail(c);
}

enum verdict gate_send(struct call *c, const struct fetch *f, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!gate_is_write(&f[i]) || is_agreed(c, &f[i]))
			continue;
		gate_refused(c, ERR_INTERNAL,
			     arena_printf(c->arena, "%s wants to send something that nobody agreed "
						    "to; it was not sent", c->tool->name));
		return FAIL;
	}
	if (!within_rate(c))
		return FAIL;
	/* Each stage of writes has a record of its own. */
	if (c->ticket.committed)
		c->ticket.step = 1;
	switch (commit(c)) {
	case COMMIT_DONE:
		fetch_go(c);
		return FETCH;
	case COMMIT_WAIT:
		loop_timer_set(c->work->loop, &c->timer, 5, send_again, c);
		return FETCH;
	case COMMIT_FAILED:
		break;
	}
	return FAIL;
}

enum verdict gate_read_commit(struct call *c)
{
	if (c->ticket.committed || (!c->ticket.proof && !c->ticket.grant))
		return DONE;
	switch (commit(c)) {
	case COMMIT_DONE:
		return DONE;
	case COMMIT_WAIT:
		call_wake_in(c, 5);
		return FETCH;
	case COMMIT_FAILED:
		break;
	}
	return FAIL;
}
