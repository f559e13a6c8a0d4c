/*
 * gate.c - the gate in a call: facts of this call, the decision, and what follows from it.
 *
 * The decision itself is gate_table.c; asking is gate_ask.c; what happens between the decision
 * and the first byte of a write is gate_commit.c.
 */
#include "work/gate_call.h"

#include "base/limits.h"
#include "base/os.h"
#include "work/account.h"
#include "work/card.h"

/* ---- policy and trust ---- */

bool gate_policy_ready(struct work *w, const char **why)
{
	struct policy_files files;
	struct policy *fresh;
	struct arena a;
	const char *message;

	*why = "the policy cannot be read";
	if (w->policy && !policy_is_stale(w->policy))
		return true;
	arena_init(&a, 4u << 20);
	files = policy_files(&a);
	fresh = policy_load(&a, &files, &message);
	if (!fresh)
		*why = arena_printf(w->arena, "%s", message);
	arena_release(&a);
	policy_free(w->policy);
	w->policy = fresh;
	redact_mask_likely(!fresh || policy_value(fresh, POLICY_MASK_LIKELY));
	return fresh != NULL;
}

enum trust gate_trust(const struct work *w)
{
	return policy_trust(w->policy, w->conf->trust);
}

const unsigned char *gate_key(struct work *w)
{
	if (!w->approval_key_ready &&
	    store_key(w->store, S("approval"), w->approval_key) != STORE_OK)
		return NULL;
	w->approval_key_ready = true;
	return w->approval_key;
}

const char *gate_dir(struct call *c, const char *name)
{
	const char *dir = store_dir(c->work->store);

	return dir ? arena_printf(c->arena, "%s/%s", dir, name) : NULL;
}

/* ---- facts ---- */

static struct str environment_part(const struct json *e, const char *pointer)
{
	return json_str(json_at(e, pointer));
}

static unsigned environment_facts(struct call *c, const struct json *e)
{
	struct auth_identity who = auth_identity(c->work->auth);
	struct str type = environment_part(e, "/properties/environmentSku");
	struct str maker = environment_part(e, "/properties/createdBy/id");
	bool is_default = json_is_true(json_at(e, "/properties/isDefault"));
	unsigned facts = is_default ? FACT_DEFAULT : 0;

	/* A tool that needs none has none; otherwise what is not known counts as guarded. */
	if (!e)
		return FACT_NO_ENVIRONMENT;
	/* The default environment calls itself Default, and is everybody's. */
	if (str_eq_nocase(type, S("Production")) &&
	    !(maker.n && str_eq_nocase(maker, str_from(who.object_id))))
		facts |= FACT_PRODUCTION;
	return facts;
}

static unsigned facts_of(struct call *c, const struct change *ch, const unsigned char *target)
{
	const struct target *t = &ch->target;
	const char *dir = gate_dir(c, "approvals");
	unsigned facts = environment_facts(c, t->environment);

	if (t->on)
		facts |= FACT_ON;
	if (t->shared)
		facts |= FACT_SHARED;
	if (t->objects > LIMIT_GATE_OBJECTS)
		facts |= FACT_MANY;
	if (t->dropped > 50)
		facts |= FACT_HALF;
	if (c->work->tainted_until > os_now_ms())
		facts |= FACT_TAINT;
	if (!dir || !approval_used_before(c->arena, dir, str_from(c->tool->name)))
		facts |= FACT_FIRST;
	if (c->asked_before &&
	    (c->asked.changed || !crypt_equal(c->asked.target, target, CRYPT_HASH)))
		facts |= FACT_CHANGED;
	return facts;
}

/* ---- digests ---- */

static void hash_add(struct crypt_hash *h, struct str s)
{
	unsigned char n[8];

	/* With its length, so that no two different lists have the same digest. */
	for (int i = 0; i < 8; i++)
		n[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
	crypt_hash_add(h, str_bytes(n, sizeof(n)));
	crypt_hash_add(h, s);
}

static struct str canonical(struct call *c, const struct json *v)
{
	struct buf b;

	buf_init_in(&b, c->arena, LIMIT_CALL_ARENA);
	if (v)
		json_print_canonical(&b, v);
	return buf_str(&b);
}

static void target_digest(const struct target *t, unsigned char out[CRYPT_HASH])
{
	struct crypt_hash *h = crypt_hash_new();

	hash_add(h, t->id);
	hash_add(h, t->version);
	crypt_hash_end(h, out);
}

/* Everything that makes this call this call: change one thing, and it is another plan. */
static void plan_digest(struct call *c, const struct change *ch, struct gate_view *v)
{
	const struct gate_class *k = &v->klass;
	struct auth_identity who = auth_identity(c->work->auth);
	struct crypt_hash *h = crypt_hash_new();
	char klass = (char)('0' + k->klass);
	/* What the card said of the target; the rest passes with time. */
	unsigned facts = v->facts & ~(unsigned)(FACTS_VOID | FACT_CHANGED);

	hash_add(h, str_from(c->tool->name));
	hash_add(h, canonical(c, c->args));
	hash_add(h, str_bytes(v->target, CRYPT_HASH));
	hash_add(h, str_bytes(policy_digest(c->work->policy), CRYPT_HASH));
	hash_add(h, str_from(c->work->conf->profile));
	hash_add(h, str_from(c->work->conf->cloud));
	hash_add(h, str_n(&klass, 1));
	hash_add(h, str_fmt(c->arena, "%u", facts));
	hash_add(h, str_from(ch->sentence));
	/* Who is signed in is not known before the first read. */
	hash_add(h, k->klass == CLASS_READ_ONLY ? S("") : str_from(who.object_id));
	hash_add(h, k->klass == CLASS_READ_ONLY ? S("") : str_from(who.tenant_id));
	for (size_t i = 0; i < ch->write_count; i++) {
		const struct fetch *f = &ch->writes[i];
		char method = (char)('0' + f->method);

		hash_add(h, str_n(&method, 1));
		hash_add(h, str_from(host_row_name(f->url->row)));
		hash_add(h, f->url->of);
		hash_add(h, f->url->kind == LINK_CALLBACK ? S("") : f->url->text);
		hash_add(h, canonical(c, f->body));
	}
	crypt_hash_end(h, v->plan);
}

/* ---- the decision ---- */

static bool form_possible(const struct call *c)
{
	const struct json *can = json_get(c->req.client.capabilities, "elicitation");

	/* "elicitation":{} means forms (client/elicitation). */
	return json_is(can, JSON_OBJECT) && (!json_get(can, "url") || json_get(can, "form"));
}

struct policy_ruling gate_ruling(struct call *c, const struct json *environment,
				 const struct gate_class *k)
{
	return policy_rule(
		c->work->policy,
		&(struct policy_query){
			.tool = str_from(c->tool->name),
			.environment = call_environment(c),
			.environment_type =
				environment_part(environment, "/properties/environmentSku"),
			.environment_default =
				json_is_true(json_at(environment, "/properties/isDefault")),
			.klass_known = k != NULL,
			.klass = k ? k->klass : CLASS_UNKNOWN,
		});
}

struct grant_query gate_grant_query(const struct call *c)
{
	return (struct grant_query){
		.tool = str_from(c->tool->name),
		.environment = call_environment(c),
		.flow = json_get_str(c->args, "flowName"),
		.now = os_wall_ms(),
	};
}

static struct gate_output decide(struct call *c, struct gate_view *v)
{
	const struct policy *p = c->work->policy;
	const unsigned char *key;
	const char *dir = gate_dir(c, "grants");
	struct grant_query q = gate_grant_query(c);
	struct gate_input in = {
		.klass = v->klass.klass,
		.trust = gate_trust(c->work),
		.facts = v->facts,
		.local = c->tool->local,
		.read_only = c->work->conf->read_only,
		.policy = v->ruling.action,
		.host_prompt = policy_value(p, POLICY_HOST_PROMPT),
		.scope_dangerous = policy_value(p, POLICY_SCOPE_DANGEROUS),
		.channels = v->ruling.channels & (CHANNEL_TERMINAL | CHANNEL_ATTESTED),
	};

	if (form_possible(c))
		in.channels |= v->ruling.channels & CHANNEL_FORM;
	if (in.klass != CLASS_READ_ONLY || in.trust == TRUST_MANUAL) {
		/* Only now: a keyring may be slow to hand it out. */
		key = gate_key(c->work);
		if (key && dir && policy_value(p, POLICY_SCOPES))
			in.grants = grant_match(c->arena, dir, key, &q);
		/* Without a key nothing can be proved later. */
		if (!key)
			in.channels = 0;
	}
	return gate_decide(&in);
}

/* The class of the change: first by the target, then by what policy says of that class. */
static void classify(struct call *c, const struct change *ch, struct gate_view *v)
{
	enum effect effect =
		c->tool->effect ? c->tool->effect(c->args, &ch->target) : EFFECT_READ;
	struct policy_ruling first = gate_ruling(c, ch->target.environment, NULL);

	/* What makes a change worse says nothing of a read. */
	if (effect != EFFECT_READ || c->tool->klass != CLASS_READ_ONLY)
		v->facts = facts_of(c, ch, v->target);
	if (first.listed)
		v->facts |= FACT_LISTED;
	/* A fact that does not concern this effect has no place on the card either. */
	for (size_t i = 0; i < gate_fact_count; i++)
		if (gate_facts[i].effects && !(gate_facts[i].effects & (1u << effect)))
			v->facts &= ~(unsigned)gate_facts[i].fact;
	v->klass = gate_classify(c->tool->klass, effect, v->facts, first.floor, "policy");
	v->ruling = gate_ruling(c, ch->target.environment, &v->klass);
	if (v->ruling.floor > v->klass.klass && effect != EFFECT_PREVIEW)
		v->klass = (struct gate_class){ v->ruling.floor, "policy" };
}

bool gate_refused(struct call *c, enum err err, const char *why)
{
	fail(c, err, "%s", why);
	gate_record(c, AUDIT_DENY, "refused", "");
	return false;
}

const char *quoted(struct call *c, struct str text)
{
	return str_c(c->arena, card_quote(c->arena, text, 80));
}

/* What is taken from one environment into another one must be allowed in both. */
static bool source_denied(struct call *c)
{
	struct str source = json_get_str(c->args, "environmentName");
	struct policy_ruling r;

	if (str_eq(source, call_environment(c)))
		return false;
	r = policy_rule(c->work->policy, &(struct policy_query){ .tool = str_from(c->tool->name),
								 .environment = source });
	if (r.action != POLICY_DENY)
		return false;
	gate_refused(c, ERR_REFUSED_BY_POLICY,
		     arena_printf(c->arena, "policy denies this for the environment that it is "
					    "taken from (%s)", r.action_where));
	return true;
}

static bool in_the_way(struct call *c)
{
	gate_refused(c, ERR_CONFLICT, journal_in_the_way(c));
	hint(c, "Wait for the test to end; an interrupted one is undone by recover_live_flow.");
	return false;
}

/* What is finished or undone here was agreed to as part of the plan that was interrupted. */
static bool agreed_before(struct call *c, const struct change *ch, struct gate_view *v)
{
	if (!str_eq(str_from(auth_identity(c->work->auth).object_id), c->resumed))
		return gate_refused(c, ERR_FORBIDDEN, "another person's call was interrupted here: "
						      "they have to take it up");
	plan_digest(c, ch, v);
	gate_plan_text(v->plan, c->ticket.plan);
	c->ticket.given = true;
	c->ticket.decision = "agreed_before";
	c->ticket.channel = "journal";
	return true;
}

bool agreed(struct call *c, const struct change *ch)
{
	struct gate_view v = { .change = ch };
	struct gate_output g;
	struct change *copy;
	const char *why;

	if (c->ticket.given)
		return true;
	if (!gate_policy_ready(c->work, &why))
		return gate_refused(c, ERR_CONFIG, why);
	target_digest(&ch->target, v.target);
	if (source_denied(c))
		return false;
	classify(c, ch, &v);
	/* The tool's own is gone when its step function returns. */
	copy = arena_alloc(c->arena, sizeof(*copy));
	*copy = *ch;
	c->ticket = (struct ticket){ .klass = v.klass, .change = copy };
	if (v.klass.klass == CLASS_READ_ONLY && ch->write_count)
		return gate_refused(c, ERR_INTERNAL, "a call that only reads wants to write");
	if (v.klass.klass != CLASS_READ_ONLY && !auth_identity(c->work->auth).object_id[0])
		return gate_refused(c, ERR_REAUTH_REQUIRED, "who is signed in is not known");
	if (v.klass.klass != CLASS_READ_ONLY && !c->resumed.p && journal_in_the_way(c))
		return in_the_way(c);
	if (c->resumed.p)
		return agreed_before(c, ch, &v);
	g = decide(c, &v);
	/* Of a read that just runs there is no plan to speak of. */
	if (v.klass.klass != CLASS_READ_ONLY || g.verdict == GATE_ASK || c->req.ask_only) {
		plan_digest(c, ch, &v);
		gate_plan_text(v.plan, c->ticket.plan);
	}
	if (g.verdict == GATE_REFUSE) {
		gate_refused(c, g.err, g.why);
		if (g.err == ERR_REFUSED_BY_POLICY && v.ruling.action == POLICY_DENY)
			fail_data(c, "rule", json_new_z(c->arena, v.ruling.action_where));
		return false;
	}
	if (c->req.ask_only && c->tool->klass != CLASS_READ_ONLY)
		return gate_ask(c, &v, CHANNEL_TERMINAL);
	if (g.verdict == GATE_ASK)
		return gate_ask(c, &v, g.channel);
	c->ticket.given = true;
	c->ticket.decision = g.decision;
	c->ticket.channel = g.grant ? "grant" : strcmp(g.decision, "host_prompt") ? "" : "host";
	c->ticket.grant = g.grant;
	return true;
}

/* ---- the door: every call, before anything is asked of the service ---- */

static bool within_rate(struct call *c)
{
	struct work *w = c->work;
	int64_t now = os_now_ms();

	if (now - w->minute >= 60000 || !w->minute) {
		w->minute = now;
		w->minute_calls = w->minute_writes = 0;
	}
	if (++w->minute_calls <= policy_value(w->policy, POLICY_CALLS_PER_MINUTE))
		return true;
	gate_refused(c, ERR_THROTTLED, "policy allows no more calls in this minute");
	c->failure.retry_after_s = (60000 - (now - w->minute)) / 1000 + 1;
	return false;
}

/* The time of the sign-in stands beside the store; without it nobody knows. */
static bool young_enough(struct call *c)
{
	int64_t days = policy_value(c->work->policy, POLICY_CREDENTIAL_DAYS);
	const char *dir = store_dir(c->work->store);
	struct account who = { 0 };

	if (days == LIMIT_CREDENTIAL_DAYS || c->tool->local ||
	    strcmp(c->work->conf->cloud, "practice") == 0)
		return true;
	if (dir && account_read(c->arena, dir, &who) && who.signed_in &&
	    os_wall_ms() - who.signed_in <= days * 86400000)
		return true;
	gate_refused(c, ERR_REAUTH_REQUIRED,
		     arena_printf(c->arena,
				  "policy wants a sign-in that is at most %lld day%s old (%s)",
				  (long long)days, days == 1 ? "" : "s",
				  policy_where(c->work->policy, POLICY_CREDENTIAL_DAYS)));
	rest_explain_sign_in(c, NULL);
	return false;
}

static bool only_previews(struct call *c)
{
	static const struct target nothing;

	return c->tool->effect && c->tool->effect(c->args, &nothing) == EFFECT_PREVIEW;
}

bool gate_enter(struct call *c)
{
	struct work *w = c->work;
	struct policy_ruling r;
	const char *why, *where;

	c->ticket = (struct ticket){ .klass = { c->tool->klass, "tool" } };
	if (!gate_policy_ready(w, &why))
		return c->tool->local && c->tool->klass == CLASS_READ_ONLY ?
			       true :
			       gate_refused(c, ERR_CONFIG, why);
	if (!policy_lists(w->policy, POLICY_PROFILES, str_from(w->conf->profile), &where))
		return gate_refused(c, ERR_REFUSED_BY_POLICY,
				    arena_printf(c->arena, "policy does not allow profile %s (%s)",
						 w->conf->profile, where));
	if (!policy_lists(w->policy, POLICY_TOOLSETS, str_from(c->tool->toolset), &where))
		return gate_refused(c, ERR_REFUSED_BY_POLICY,
				    arena_printf(c->arena, "policy does not allow toolset %s (%s)",
						 c->tool->toolset, where));
	r = gate_ruling(c, NULL, NULL);
	if (r.action == POLICY_DENY)
		return gate_refused(c, ERR_REFUSED_BY_POLICY,
				    arena_printf(c->arena, "policy denies this call (%s)",
						 r.action_where));
	if (w->conf->read_only && c->tool->klass != CLASS_READ_ONLY && !only_previews(c))
		return gate_refused(c, ERR_REFUSED_BY_POLICY, "this profile is read-only");
	return young_enough(c) && within_rate(c);
}

/* Reads have no step of their own in which to ask: the engine does it for them. */
bool gate_read(struct call *c)
{
	struct change *ch;

	if (c->tool->klass != CLASS_READ_ONLY || c->tool->local || !c->work->policy)
		return true;
	ch = arena_alloc(c->arena, sizeof(*ch));
	*ch = (struct change){
		.target = { .id = json_get_str(c->args, "flowName") },
		.sentence = arena_printf(c->arena, "Reads: %s.", c->tool->title),
	};
	return agreed(c, ch);
}

bool gate_host_allowed(struct work *w, enum host_row row)
{
	return !w->policy ||
	       policy_rule(w->policy,
			   &(struct policy_query){ .host = str_from(host_row_name(row)) })
			       .action != POLICY_DENY;
}
