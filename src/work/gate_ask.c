/*
 * gate_ask.c - the gate's questions: the form, the code for a terminal, and their answers.
 *
 * An answer counts for exactly the plan it was given for; everything else is asked again.
 */
#include "work/gate_call.h"

#include "base/os.h"
#include "work/card.h"

#define KEY "approve"

void gate_plan_text(const unsigned char plan[CRYPT_HASH], char out[9])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 4; i++) {
		out[2 * i] = digits[plan[i] >> 4];
		out[2 * i + 1] = digits[plan[i] & 15];
	}
	out[8] = '\0';
}

static const char *form_channel(const struct call *c)
{
	return c->req.client.modern ? "mrtr" : "elicit";
}

/* ---- the card ---- */

static const char *const *warnings_of(struct call *c, const struct gate_view *v)
{
	size_t own = 0, n = 0;
	const char **out;

	while (v->change->warnings && v->change->warnings[own])
		own++;
	out = arena_array(c->arena, own + gate_fact_count + 1, sizeof(*out));
	for (size_t i = 0; i < own; i++)
		out[n++] = v->change->warnings[i];
	for (size_t i = 0; i < gate_fact_count; i++)
		if (v->facts & gate_facts[i].fact)
			out[n++] = gate_facts[i].line;
	return out;
}

static struct card_request request_of(struct call *c, const struct fetch *f)
{
	static const char *const methods[] = {
		[HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	};
	struct str origin = f->url->kind == LINK_OWN
				    ? host_origin(c->work->hosts, c->arena, f->url->row, f->url->of)
				    : S("");
	struct str path = f->url->kind == LINK_CALLBACK ? f->url->of : f->url->text, query = path;

	/* Queries carry versions and, in links, signatures: nothing a person decides by. */
	str_cut(&query, '?', &path);
	return (struct card_request){
		.method = methods[f->method],
		.host = str_starts(origin, S("https://")) ? str_from_at(origin, 8) : origin,
		.path = path,
	};
}

static bool make_card(struct call *c, const struct gate_view *v, bool full, int minutes,
		      const char **text)
{
	const struct change *ch = v->change;
	const struct json *e = ch->target.environment;
	struct auth_identity who = auth_identity(c->work->auth);
	struct card_request *requests = arena_array(c->arena, ch->write_count + 1,
						    sizeof(*requests));
	struct card card = {
		.klass = v->klass.klass,
		.rule = v->klass.rule,
		.warnings = warnings_of(c, v),
		.sentence = ch->sentence,
		.tool = c->tool->name,
		.server = arena_printf(c->arena, "flowlatch " FLOWLATCH_VERSION ", profile %s",
				       c->work->conf->profile),
		.target = ch->target.name,
		.target_id = ch->target.id,
		.environment = json_str(json_at(e, "/properties/displayName")),
		.environment_id = call_environment(c),
		.environment_type = json_str(json_at(e, "/properties/environmentSku")),
		.account = str_from(who.username),
		.credential = str_fmt(c->arena, "credential %s/%s (delegated)",
				      c->work->conf->profile, store_name(c->work->store)),
		.requests = requests,
		.request_count = ch->write_count,
		.arguments = c->args,
		.diff = ch->diff,
		.plan = c->ticket.plan,
		.minutes = minutes,
	};
	struct str out;
	const char *why;

	for (size_t i = 0; i < ch->write_count; i++)
		requests[i] = request_of(c, &ch->writes[i]);
	if (!card_build(c->arena, &card, full, &out, &why))
		return gate_refused(c, ERR_APPROVAL_UNAVAILABLE,
				    arena_printf(c->arena, "a person cannot be asked: %s", why));
	if (!redact_text(c->arena, out, &out, &c->redacted))
		return gate_refused(c, ERR_APPROVAL_UNAVAILABLE,
				    "a person cannot be asked: what to show holds too much to look "
				    "through for secrets");
	*text = str_c(c->arena, out);
	return true;
}

/* What the person types before something that cannot be undone; "" when nothing. */
static const char *typed_name(struct call *c, const struct gate_view *v)
{
	const struct target *t = &v->change->target;
	struct str name = str_trim(card_plain(c->arena, t->name));

	if (!v->change->irreversible && t->objects <= LIMIT_GATE_OBJECTS)
		return "";
	return str_c(c->arena, name.n ? name : t->id);
}

/* ---- the form ---- */

static void add_choice(struct call *c, struct json *property, const char *value, const char *title)
{
	bool modern = c->req.client.modern;
	struct json *one;

	/* Titled enums: oneOf since 2025-11-25, enumNames in the revisions before it. */
	if (modern) {
		one = json_new_object(c->arena);
		json_set_z(c->arena, one, "const", value);
		json_set_z(c->arena, one, "title", title);
		json_push(json_get(property, "oneOf"), one);
	} else {
		json_push(json_get(property, "enum"), json_new_z(c->arena, value));
		json_push(json_get(property, "enumNames"), json_new_z(c->arena, title));
	}
}

static struct json *form_of(struct call *c, const char *message, bool quarter, const char *typed)
{
	struct arena *a = c->arena;
	struct json *params = json_new_object(a), *schema = json_new_object(a);
	struct json *properties = json_new_object(a), *decision = json_new_object(a);
	struct json *required = json_new_array(a), *name;

	json_set_z(a, decision, "type", "string");
	json_set_z(a, decision, "title", "Decision");
	if (c->req.client.modern) {
		json_set(a, decision, "oneOf", json_new_array(a));
	} else {
		json_set(a, decision, "enum", json_new_array(a));
		json_set(a, decision, "enumNames", json_new_array(a));
	}
	add_choice(c, decision, "reject", "Do not run");
	add_choice(c, decision, "approve_once", "Run this once");
	if (quarter)
		add_choice(c, decision, "approve_15m", "Allow this tool on this flow for 15 minutes");
	json_set_z(a, decision, "default", "reject");
	json_set(a, properties, "decision", decision);
	json_push(required, json_new_z(a, "decision"));
	if (typed[0]) {
		name = json_new_object(a);
		json_set_z(a, name, "type", "string");
		json_set_z(a, name, "title", "Type the name of the target");
		json_set(a, properties, "name", name);
		json_push(required, json_new_z(a, "name"));
	}
	json_set_z(a, schema, "type", "object");
	json_set(a, schema, "properties", properties);
	json_set(a, schema, "required", required);
	if (c->req.client.modern)
		json_set_z(a, params, "mode", "form");
	json_set_z(a, params, "message", message);
	json_set(a, params, "requestedSchema", schema);
	return params;
}

static bool may_quarter(struct call *c, const struct gate_view *v)
{
	enum trust trust = gate_trust(c->work);

	if ((v->facts & FACTS_VOID) || v->ruling.action != POLICY_ALLOW ||
	    !policy_value(c->work->policy, POLICY_SCOPES))
		return false;
	return v->klass.klass == CLASS_MODERATE ? trust != TRUST_MANUAL
						: v->klass.klass == CLASS_READ_ONLY;
}

static bool put_form(struct call *c, struct gate_view *v)
{
	const char *typed = typed_name(c, v), *message;
	bool changed = (v->facts & FACT_CHANGED) != 0, quarter = may_quarter(c, v);

	if (!make_card(c, v, false, LIMIT_APPROVAL_MS / 60000, &message))
		return false;
	approval_new(&c->asked, v->plan, v->target, os_wall_ms());
	c->asked.changed = changed;
	c->asked.quarter = quarter;
	c->asked_before = true;
	json_take(c->answers, KEY);
	ask(c, KEY, "elicitation/create", form_of(c, message, quarter, typed));
	gate_record(c, AUDIT_ASK, "asked", form_channel(c));
	return false;
}

/* ---- its answer ---- */

/* Marks the proof as used although nothing is sent, so that a "no" stays one. */
static void burn(struct call *c)
{
	const char *dir = gate_dir(c, "approvals"), *why;

	for (int tries = 0; dir && tries < 20; tries++)
		if (approval_spend(c->arena, dir, &c->asked, os_wall_ms(), &why) != APPROVAL_BUSY)
			return;
}

static bool declined(struct call *c, const char *decision, const char *message)
{
	burn(c);
	fail(c, ERR_DECLINED, "%s", message);
	hint(c, "Nothing was changed. Do not try again unless the person asks for it.");
	gate_record(c, AUDIT_DECIDE, decision, form_channel(c));
	return false;
}

static bool approve(struct call *c, const char *channel, const struct approval *p, bool quarter)
{
	c->ticket.given = true;
	c->ticket.decision = quarter ? "approved_15m" : "approved";
	c->ticket.channel = channel;
	c->ticket.approval = *p;
	c->ticket.proof = true;
	c->ticket.quarter = quarter;
	gate_record(c, AUDIT_DECIDE, c->ticket.decision, channel);
	return true;
}

/* Reads the answer to the form that is open; only called for the plan it was shown for. */
static bool take_answer(struct call *c, struct gate_view *v, const struct json *answer)
{
	struct str action = json_get_str(answer, "action");
	const struct json *content = json_get(answer, "content");
	struct str decision = json_get_str(content, "decision");
	const char *typed = typed_name(c, v);
	bool quarter = str_eq(decision, S("approve_15m"));

	if (!json_is(answer, JSON_OBJECT))
		return declined(c, "unanswered", "the question was not answered");
	if (str_eq(action, S("decline")))
		return declined(c, "declined", "the person declined");
	if (!str_eq(action, S("accept")))
		return declined(c, "cancelled", "the person closed the question without deciding");
	if (!str_eq(decision, S("approve_once")) && !(quarter && c->asked.quarter))
		return declined(c, "declined", "the person chose not to run this");
	if (typed[0] && !str_eq(str_trim(json_get_str(content, "name")), str_from(typed)))
		return declined(c, "declined", "the name that was typed is not the target's");
	return approve(c, form_channel(c), &c->asked, quarter);
}

/* ---- a model's word ---- */

/* One sentence for the host's own prompt, and a plan that can be applied and nothing else. */
static const char *summary_of(struct call *c, const struct gate_view *v)
{
	char *text = arena_printf(c->arena, "%s (plan %s)", v->change->sentence, c->ticket.plan);

	/* Easier to repeat byte for byte inside JSON. */
	for (char *p = text; *p; p++)
		if (*p == '"')
			*p = '\'';
	return text;
}

static void offer_plan(struct call *c, struct gate_view *v)
{
	struct json *state = json_new_object(c->arena), *arguments = json_new_object(c->arena);
	struct approval p;

	approval_new(&p, v->plan, v->target, os_wall_ms());
	json_set_z(c->arena, state, "tool", c->tool->name);
	json_set(c->arena, state, "arguments", json_copy(c->arena, c->args));
	json_set_z(c->arena, state, "summary", summary_of(c, v));
	json_set(c->arena, state, "approval", approval_write(c->arena, gate_key(c->work), &p));
	json_set_str(c->arena, arguments, "planId", seal(c, "plan", state));
	json_set_z(c->arena, arguments, "summary", summary_of(c, v));
	next_tool(c, "apply_plan", arguments);
}

static bool may_attest(const struct gate_view *v)
{
	return (v->ruling.channels & CHANNEL_ATTESTED) && v->klass.klass == CLASS_MODERATE;
}

static bool put_plan(struct call *c, struct gate_view *v)
{
	fail(c, ERR_APPROVAL_REQUIRED, "the person has to agree to this: %s", v->change->sentence);
	fail_data(c, "plan", json_new_z(c->arena, c->ticket.plan));
	offer_plan(c, v);
	hint(c, "Show the person the summary in \"next\"; when they agree, call apply_plan with it.");
	gate_record(c, AUDIT_ASK, "asked", "attested");
	return false;
}

/* apply_plan becomes the call that the plan is of, with the approval it carries. */
bool gate_redeem(struct call *c)
{
	struct json *state;
	const struct tool *t;

	if (strcmp(c->tool->name, "apply_plan") != 0)
		return true;
	state = unseal(c, "plan", json_get_str(c->args, "planId"));
	t = work_tool(c->work, json_get_str(state, "tool"));
	if (!state || !t || t == c->tool || !gate_key(c->work) ||
	    !approval_read(gate_key(c->work), json_get(state, "approval"), &c->asked))
		return gate_refused(c, ERR_INVALID_ARGUMENT, "planId is none of ours");
	if (!str_eq(json_get_str(state, "summary"), json_get_str(c->args, "summary")))
		return gate_refused(c, ERR_INVALID_ARGUMENT,
				    "summary is not the plan's, word for word");
	c->tool = t;
	c->args = json_copy(c->arena, json_get(state, "arguments"));
	c->asked_before = true;
	c->attested = true;
	return true;
}

/* ---- the terminal ---- */

static const char *approve_command(struct call *c, const char *code)
{
	const struct conf *conf = c->work->conf;

	if (strcmp(conf->cloud, "practice") == 0)
		return arena_printf(c->arena, "flowlatch approve --practice %s", code);
	if (strcmp(conf->profile, "default") == 0)
		return arena_printf(c->arena, "flowlatch approve %s", code);
	return arena_printf(c->arena, "flowlatch approve --profile %s %s", conf->profile, code);
}

static bool put_code(struct call *c, struct gate_view *v, const char *dir)
{
	static const char *const classes[] = { "read-only", "moderate", "dangerous", "unknown" };
	struct approval_code code = { .tool = c->tool->name,
				      .klass = classes[v->klass.klass],
				      .sentence = v->change->sentence,
				      .typed = typed_name(c, v) };
	struct str arguments = json_text(c->arena, c->args);
	const char *why = "", *command;

	if (!make_card(c, v, true, LIMIT_CODE_MS / 60000, &code.card))
		return false;
	if (arguments.n <= LIMIT_CODE_ARGUMENTS)
		code.arguments = c->args;
	approval_new(&code.approval, v->plan, v->target, os_wall_ms());
	if (!approval_put(c->arena, dir, gate_key(c->work), &code, os_wall_ms(), &why))
		return gate_refused(c, ERR_APPROVAL_UNAVAILABLE, why);
	command = approve_command(c, code.code);
	fail(c, ERR_APPROVAL_REQUIRED, "a person has to approve this: %s", v->change->sentence);
	fail_data(c, "code", json_new_z(c->arena, code.code));
	fail_data(c, "plan", json_new_z(c->arena, c->ticket.plan));
	fail_data(c, "class", json_new_z(c->arena, code.klass));
	fail_data(c, "rule", json_new_z(c->arena, v->klass.rule));
	fail_command(c, "%s", command);
	if (may_attest(v))
		offer_plan(c, v);
	hint(c,
	     "Ask the person to run `%s` in a terminal of their own within 10 minutes. Then call "
	     "again with the same arguments.",
	     command);
	gate_record(c, AUDIT_ASK, "asked", "terminal");
	return false;
}

/* The tool runs again from the top with what the person made of the arguments: checked, looked
 * up and classified like any call.  It is a plan of its own, with an approval of its own. */
static bool start_over(struct call *c, struct gate_view *v, struct json *edited)
{
	c->edited = edited;
	memcpy(c->edited_plan, v->plan, CRYPT_HASH);
	return false;
}

static void say_edited(struct call *c)
{
	c->ticket.decision = "approved_edited";
	c->records[c->record_count - 1].decision = "approved_edited";
	note(c, "editedByPerson", json_copy(c->arena, c->args));
}

static bool ask_terminal(struct call *c, struct gate_view *v)
{
	const char *dir = gate_dir(c, "approvals");
	struct json *edited;
	struct approval p;

	if (!dir)
		return gate_refused(c, ERR_APPROVAL_UNAVAILABLE, store_message(c->work->store));
	/* A person who looks at what they edited has decided nothing yet. */
	if (c->req.ask_only)
		return put_code(c, v, dir);
	switch (approval_find(c->arena, dir, gate_key(c->work), v->plan, os_wall_ms(), &p)) {
	case APPROVAL_YES:
		edited = c->is_edited ? NULL
				      : approval_edited(c->arena, dir, gate_key(c->work), v->plan);
		if (edited)
			return start_over(c, v, edited);
		approve(c, "terminal", &p, false);
		if (c->is_edited)
			say_edited(c);
		return true;
	case APPROVAL_NO:
		approval_forget(c->arena, dir, v->plan);
		fail(c, ERR_DECLINED, "the person declined in the terminal");
		hint(c, "Nothing was changed. Do not try again unless the person asks for it.");
		gate_record(c, AUDIT_DECIDE, "declined", "terminal");
		return false;
	case APPROVAL_NONE:
		break;
	}
	return put_code(c, v, dir);
}

bool gate_ask(struct call *c, struct gate_view *v, enum channel channel)
{
	const struct json *answer = json_get(c->answers, KEY);

	if (c->attested && may_attest(v) && crypt_equal(c->asked.plan, v->plan, CRYPT_HASH) &&
	    c->asked.expires >= os_wall_ms()) {
		approve(c, "attested", &c->asked, false);
		/* Never to be taken for a person's. */
		c->ticket.decision = "agent_attested";
		c->records[c->record_count - 1].decision = "agent_attested";
		return true;
	}
	c->attested = false;
	if (channel == CHANNEL_TERMINAL)
		return ask_terminal(c, v);
	if (channel == CHANNEL_ATTESTED)
		return put_plan(c, v);
	/* An answer to another plan, or a late one, is none. */
	if (answer && c->asked_before && crypt_equal(c->asked.plan, v->plan, CRYPT_HASH) &&
	    c->asked.expires >= os_wall_ms())
		return take_answer(c, v, answer);
	return put_form(c, v);
}
