/*
 * run_tell.c - what the host is told, sums over repetitions, and what is skipped.
 *
 * Must not know what sets off what.
 */
#include "wdl/run_priv.h"

struct wdl_loop_index *wrun_loops(struct arena *a, const struct wrun_frame *f)
{
	struct wdl_loop_index *out = arena_array(a, f->depth + 1, sizeof(*out));

	for (; f->up; f = f->up)
		out[f->depth - 1] =
			(struct wdl_loop_index){ f->owner->node->name, f->index };
	return out;
}

struct wdl_request wrun_request(struct wrun *r, const struct wrun_step *s)
{
	return (struct wdl_request){
		.name = s->node->name,
		.type = s->node->type,
		.definition = s->node->def,
		.inputs = s->inputs,
		.loops = wrun_loops(&r->scratch, s->frame),
		.loop_count = s->frame->depth,
		.attempt = s->attempt,
		.now = r->now,
	};
}

int64_t wrun_duration(struct wrun *r, const struct wrun_step *s)
{
	struct wdl_request q = wrun_request(r, s);
	int64_t ticks = r->host->duration ? r->host->duration(r->host->arg, &q) : 10 * WRUN_MS;

	return ticks < 0 ? 0 : ticks > WDL_TICKS_DAY * 31 ? WDL_TICKS_DAY * 31 : ticks;
}

/* Which of two repetitions says more about what went wrong. */
static int weight(enum wdl_status s)
{
	if (s == WDL_ST_FAILED || s == WDL_ST_TIMED_OUT)
		return 3;
	return s == WDL_ST_CANCELLED ? 2 : s == WDL_ST_SKIPPED ? 0 : 1;
}

static void keep_error(struct wrun *r, struct wrun_sum *sum, const struct wrun_step *s)
{
	if (sum->all > 1 && weight(s->status) <= weight(sum->error_of))
		return;
	sum->error_of = s->status;
	sum->code = str_dup(&r->mem, s->code);
	sum->error = s->error ? json_copy(&r->mem, s->error) : NULL;
}

static void add_sum(struct wrun *r, const struct wrun_step *s)
{
	struct wrun_sum *sum = &r->nodes[wrun_number(r, s->node)].sum;

	if (sum->never)
		*sum = (struct wrun_sum){ 0 };
	if (!sum->all || s->start < sum->start)
		sum->start = s->start;
	if (!sum->all || s->end > sum->end)
		sum->end = s->end;
	sum->all++;
	sum->counts[s->status]++;
	keep_error(r, sum, s);
}

void wrun_report(struct wrun *r, const struct wrun_step *s)
{
	const struct wrun_node *n = s->node;
	struct wdl_report out = {
		.kind = s->frame->up ? WDL_REPORT_REPETITION : WDL_REPORT_ACTION,
		.name = n->name,
		.type = n->type,
		.definition = n->def,
		.status = s->status,
		.code = s->code,
		.error = s->error,
		.start = s->start,
		.end = s->end,
		.inputs = s->hide_inputs ? NULL : s->inputs,
		.outputs = s->hide_outputs ? NULL : s->outputs,
		.secure_inputs = s->hide_inputs && s->inputs,
		.secure_outputs = s->hide_outputs && s->outputs,
		.tracked = s->tracked,
		.retries = s->retries,
		.count = wrun_is_loop(n) ? s->ended : 0,
	};

	r->result.steps++;
	if (s->frame->up)
		add_sum(r, s);
	if (!r->host->report)
		return;
	for (const struct wrun_frame *f = s->frame; f && !out.item; f = f->up)
		out.item = f->item;
	out.loops = wrun_loops(&r->scratch, s->frame);
	out.loop_count = s->frame->depth;
	r->host->report(r->host->arg, &out);
}

/* An action whose loop was never entered has a summary all the same. */
static void skip_sum(struct wrun *r, struct wrun_node *n, int64_t at, struct json *error)
{
	struct wrun_sum *sum = &n->sum;

	if (sum->all)
		return;
	sum->never = true;
	sum->start = sum->end = at;
	sum->counts[WDL_ST_SKIPPED]++;
	sum->all++;
	sum->error_of = WDL_ST_SKIPPED;
	sum->code = S("ActionSkipped");
	sum->error = json_copy(&r->mem, error);
}

void wrun_report_sums(struct wrun *r)
{
	for (unsigned i = 0; i < r->node_count && r->host->report; i++) {
		const struct wrun_node *n = &r->nodes[i];
		const struct wrun_sum *sum = &n->sum;
		static const enum wdl_status worst[] = {
			WDL_ST_RUNNING,   WDL_ST_CANCELLED, WDL_ST_FAILED,
			WDL_ST_TIMED_OUT, WDL_ST_SUCCEEDED, WDL_ST_SKIPPED,
		};
		size_t k = 0;

		if (n->loop < 0 || !sum->all)
			continue;
		while (k + 1 < sizeof(worst) / sizeof(*worst) && !sum->counts[worst[k]])
			k++;
		r->host->report(r->host->arg, &(struct wdl_report){
			.kind = WDL_REPORT_SUMMARY, .name = n->name, .type = n->type,
			.definition = n->def, .status = worst[k], .code = sum->code,
			.error = sum->error, .start = sum->start, .end = sum->end,
			.count = sum->never ? 0 : sum->all });
	}
}

/* ---- ends ---- */

struct json *wrun_error(struct arena *a, struct str code, struct str message)
{
	struct json *e = json_new_object(a);

	json_set_str(a, e, "code", code);
	json_set_str(a, e, "message", message);
	return e;
}

void wrun_set_skip(struct wrun_step *s, int64_t at, const char *error_code, enum wdl_message m,
		   const struct str *values)
{
	struct arena *a = &s->frame->mem;

	s->status = WDL_ST_SKIPPED;
	s->code = S("ActionSkipped");
	s->error = wrun_error(a, str_from(error_code),
			      wdl_message_fill(a, wdl_message(m)->text, values));
	s->start = s->end = at;
}

void wrun_settle(struct wrun *r, struct wrun_step *s)
{
	s->state = WRUN_DONE;
	wrun_report(r, s);
}

/* ---- skipping ---- */

static void skip_one(struct wrun *r, struct wrun_frame *f, unsigned number, int64_t at,
		     const char *code, enum wdl_message m, const struct str *values)
{
	struct wrun_step *s = wrun_step_of(f, &r->nodes[number]);

	s->node = &r->nodes[number];
	s->frame = f;
	wrun_set_skip(s, at, code, m, values);
	wrun_settle(r, s);
	wrun_count(r, 1);
}

void wrun_skip_below(struct wrun *r, const struct wrun_step *container, int64_t at)
{
	unsigned number = wrun_number(r, container->node);
	struct wrun_frame *f = container->frame;

	for (unsigned i = number + 1; i < container->node->after; i++) {
		struct wrun_node *n = &r->nodes[i];
		const struct wrun_node *up = &r->nodes[n->parent];
		bool direct = up == container->node;
		struct str values[4] = {
			n->name, up->name,
			str_from(wdl_status_name(direct ? container->status : WDL_ST_SKIPPED)),
			direct && container->code.n ? container->code : S("ActionSkipped") };

		if (n->loop == container->node->loop) {
			skip_one(r, f, i, at, "ActionDependencyFailed", WDL_M_RUN_DEPENDENCY,
				 values);
		} else {
			struct str text = wdl_message_fill(
				&r->scratch, wdl_message(WDL_M_RUN_DEPENDENCY)->text, values);

			skip_sum(r, n, at,
				 wrun_error(&r->scratch, S("ActionDependencyFailed"), text));
		}
	}
}

/* The body of a loop that had nothing to repeat. */
void wrun_skip_body(struct wrun *r, const struct wrun_step *loop, int64_t at)
{
	for (unsigned i = wrun_number(r, loop->node) + 1; i < loop->node->after; i++) {
		struct wrun_node *n = &r->nodes[i];
		struct str text = wdl_message_fill(&r->scratch,
						   wdl_message(WDL_M_RUN_NO_ITEMS)->text, &n->name);

		skip_sum(r, n, at, wrun_error(&r->scratch, S("ActionSkipped"), text));
	}
}

void wrun_skip_branch(struct wrun *r, struct wrun_step *container, unsigned branch, int64_t at)
{
	unsigned number = wrun_number(r, container->node);
	struct wrun_frame *f = container->frame;

	for (unsigned i = number + 1; i < container->node->after; i = r->nodes[i].after) {
		if (r->nodes[i].branch != branch)
			continue;
		skip_one(r, f, i, at, "ActionBranchingConditionNotSatisfied", WDL_M_RUN_BRANCH,
			 &r->nodes[i].name);
		if (wrun_is_container(&r->nodes[i]))
			wrun_skip_below(r, wrun_step_of(f, &r->nodes[i]), at);
	}
}
