/*
 * gate_table.c - the gate's rows, and the pure functions that read them.
 *
 * Knows classes, trust levels and what they mean together; must not know calls, files or time.
 */
#include "work/gate.h"

/* ---- classes ---- */

const struct gate_effect gate_effects[EFFECT__MAX] = {
	[EFFECT_READ] = { "read", CLASS_READ_ONLY },
	[EFFECT_PREVIEW] = { "preview", CLASS_READ_ONLY },
	[EFFECT_CREATE] = { "create", CLASS_MODERATE },
	[EFFECT_RENAME] = { "rename", CLASS_MODERATE },
	[EFFECT_EDIT] = { "edit", CLASS_MODERATE },
	[EFFECT_REPLACE] = { "replace", CLASS_MODERATE },
	[EFFECT_ON] = { "switch-on", CLASS_DANGEROUS },
	[EFFECT_OFF] = { "switch-off", CLASS_MODERATE },
	[EFFECT_CANCEL] = { "cancel", CLASS_MODERATE },
	[EFFECT_ADD] = { "add-to-solution", CLASS_MODERATE },
	[EFFECT_RUN] = { "run", CLASS_DANGEROUS },
	[EFFECT_DELETE] = { "delete", CLASS_DANGEROUS },
	[EFFECT_SHARE] = { "share", CLASS_DANGEROUS },
	[EFFECT_CONNECTIONS] = { "connections", CLASS_DANGEROUS },
	[EFFECT_ANSWER] = { "answer-approval", CLASS_DANGEROUS },
	/* Of no class that a grant or a scope covers: a person is asked every time. */
	[EFFECT_FORCE] = { "force", CLASS_UNKNOWN },
	[EFFECT_UNKNOWN] = { "unknown", CLASS_UNKNOWN },
};

#define BIT(e) (1u << (e))
enum {
	EVERY = (1 << EFFECT__MAX) - 1,
	STATE = BIT(EFFECT_ON) | BIT(EFFECT_OFF),
};

/* An everyday repair of a flow that is switched on stays Moderate: renaming and operations on
 * one action are not raised by it. */
const struct gate_fact gate_facts[] = {
	{ FACT_NO_ENVIRONMENT, "no-environment",
	  "What kind of environment this is could not be found out.", EVERY },
	{ FACT_LISTED, "listed-environment", "Policy guards this environment.", EVERY },
	{ FACT_PRODUCTION, "production", "This is a production environment.", EVERY },
	{ FACT_CHANGED, "changed", "The target changed since you were asked about it.", EVERY },
	{ FACT_HALF, "drops-half", "More than half of the actions are dropped.",
	  BIT(EFFECT_REPLACE) },
	{ FACT_MANY, "many-objects", "Many things are changed at once.", EVERY },
	{ FACT_SHARED, "shared-flow", "Others use this flow too.", EVERY },
	{ FACT_ON, "switched-on", "The flow is switched on.",
	  STATE | BIT(EFFECT_DELETE) | BIT(EFFECT_REPLACE) },
	{ FACT_TAINT, "tainted", "The agent has read run data in the last 30 minutes.", 0 },
	{ FACT_DEFAULT, "default-environment", "This is the default environment.", 0 },
	{ FACT_FIRST, "first-use", "This tool was never used on this machine.", 0 },
};
const size_t gate_fact_count = sizeof(gate_facts) / sizeof(*gate_facts);

static struct gate_class raised(struct gate_class k, enum klass to, const char *rule)
{
	return to > k.klass ? (struct gate_class){ to, rule } : k;
}

struct gate_class gate_classify(enum klass row, enum effect effect, unsigned facts,
				enum klass floor, const char *floor_rule)
{
	struct gate_class k;

	if (effect >= EFFECT__MAX)
		effect = EFFECT_UNKNOWN;
	k = (struct gate_class){ gate_effects[effect].klass, gate_effects[effect].name };
	if (effect == EFFECT_PREVIEW)
		return k;
	k = raised(k, row, "tool");
	if (k.klass != CLASS_READ_ONLY)
		for (size_t i = 0; i < gate_fact_count; i++)
			if ((facts & gate_facts[i].fact) && (gate_facts[i].effects & BIT(effect)))
				k = raised(k, CLASS_DANGEROUS, gate_facts[i].rule);
	return raised(k, floor, floor_rule);
}

/* ---- decisions ---- */

enum cell {
	CELL_RUN,
	CELL_ASK,    /* each call */
	CELL_PROMPT, /* runs under a grant given on a card */
	CELL_SCOPE,  /* ... or inside a scope */
	CELL_NAMED,  /* runs inside a scope that names tool and flow, where policy permits */
};

/* Rows: trust levels; columns: Read-only, Moderate, Dangerous, Unknown. */
static const enum cell cells[TRUST__MAX][CLASS_UNKNOWN + 1] = {
	[TRUST_MANUAL] = { CELL_PROMPT, CELL_ASK, CELL_ASK, CELL_ASK },
	[TRUST_SUPERVISED] = { CELL_RUN, CELL_PROMPT, CELL_ASK, CELL_ASK },
	[TRUST_AUTONOMOUS] = { CELL_RUN, CELL_SCOPE, CELL_NAMED, CELL_ASK },
};

/* Which kinds of grants each cell honours. */
static unsigned honoured(enum cell cell, bool scope_dangerous)
{
	static const unsigned kinds[] = {
		[CELL_PROMPT] = GRANT_PROMPT,
		[CELL_SCOPE] = GRANT_PROMPT | GRANT_SCOPE | GRANT_NAMED,
		[CELL_NAMED] = GRANT_NAMED,
	};

	if (cell == CELL_NAMED && !scope_dangerous)
		return 0;
	return cell < sizeof(kinds) / sizeof(*kinds) ? kinds[cell] : 0;
}

static struct gate_output refuse(enum err err, const char *why)
{
	return (struct gate_output){ .verdict = GATE_REFUSE, .err = err, .why = why };
}

static struct gate_output allow(const char *decision, unsigned grant)
{
	return (struct gate_output){ .verdict = GATE_ALLOW, .decision = decision,
				     .grant = grant };
}

static struct gate_output put_question(const struct gate_input *in)
{
	static const enum channel best_first[] = { CHANNEL_FORM, CHANNEL_TERMINAL,
						   CHANNEL_ATTESTED };

	for (size_t i = 0; i < sizeof(best_first) / sizeof(*best_first); i++) {
		/* A model's word is good for Moderate calls at most. */
		if (!(in->channels & best_first[i]) ||
		    (best_first[i] == CHANNEL_ATTESTED && in->klass != CLASS_MODERATE))
			continue;
		return (struct gate_output){ .verdict = GATE_ASK, .channel = best_first[i] };
	}
	return refuse(ERR_APPROVAL_UNAVAILABLE,
		      "this needs a person's approval, and no way to ask for it is open here");
}

struct gate_output gate_decide(const struct gate_input *in)
{
	enum cell cell;
	unsigned grants;

	if (in->klass > CLASS_UNKNOWN || in->trust >= TRUST__MAX)
		return refuse(ERR_INTERNAL, "the gate was asked about something that is not");
	if (in->read_only && in->klass != CLASS_READ_ONLY)
		return refuse(ERR_REFUSED_BY_POLICY, "this profile is read-only");
	if (in->policy == POLICY_DENY)
		return refuse(ERR_REFUSED_BY_POLICY, "policy denies this call");
	if (in->local && in->klass == CLASS_READ_ONLY)
		return allow("allow", 0);
	if (in->policy == POLICY_ASK)
		return put_question(in);
	cell = cells[in->trust][in->klass];
	if (cell == CELL_RUN)
		return allow("allow", 0);
	grants = in->facts & FACTS_VOID ? 0 : in->grants & honoured(cell, in->scope_dangerous);
	if (grants & GRANT_PROMPT)
		return allow("grant", GRANT_PROMPT);
	if (grants)
		return allow("scope", grants & GRANT_NAMED ? GRANT_NAMED : GRANT_SCOPE);
	if (in->host_prompt && in->klass == CLASS_MODERATE && cell != CELL_ASK)
		return allow("host_prompt", 0);
	return put_question(in);
}
