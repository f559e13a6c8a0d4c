/*
 * test_gate.c - the truth tables of the gate: classes, promotions, decisions.
 */
#include "unit.h"

#include "work/gate.h"

/* ---- classes ---- */

static void test_effects(void **state)
{
	static const struct {
		enum effect effect;
		enum klass klass;
	} rows[] = {
		{ EFFECT_READ, CLASS_READ_ONLY },    { EFFECT_PREVIEW, CLASS_READ_ONLY },
		{ EFFECT_CREATE, CLASS_MODERATE },   { EFFECT_RENAME, CLASS_MODERATE },
		{ EFFECT_EDIT, CLASS_MODERATE },     { EFFECT_REPLACE, CLASS_MODERATE },
		{ EFFECT_ON, CLASS_DANGEROUS },	     { EFFECT_OFF, CLASS_MODERATE },
		{ EFFECT_CANCEL, CLASS_MODERATE },   { EFFECT_ADD, CLASS_MODERATE },
		{ EFFECT_RUN, CLASS_DANGEROUS },     { EFFECT_DELETE, CLASS_DANGEROUS },
		{ EFFECT_SHARE, CLASS_DANGEROUS },   { EFFECT_CONNECTIONS, CLASS_DANGEROUS },
		{ EFFECT_ANSWER, CLASS_DANGEROUS },  { EFFECT_FORCE, CLASS_UNKNOWN },
		{ EFFECT_UNKNOWN, CLASS_UNKNOWN },
		{ EFFECT__MAX, CLASS_UNKNOWN },
	};

	(void)state;
	assert_int_equal(COUNT(rows), EFFECT__MAX + 1);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(gate_classify(CLASS_READ_ONLY, rows[i].effect, 0, CLASS_READ_ONLY,
					       NULL)
					 .klass,
				 rows[i].klass);
	/* An everyday repair of a flow that is on stays Moderate; state, delete, replace do not. */
	for (size_t i = 0; i < EFFECT__MAX; i++) {
		bool up = i == EFFECT_OFF || i == EFFECT_REPLACE || rows[i].klass == CLASS_DANGEROUS;
		struct gate_class k = gate_classify(CLASS_READ_ONLY, (enum effect)i, FACT_ON,
						    CLASS_READ_ONLY, NULL);

		assert_int_equal(k.klass, up ? CLASS_DANGEROUS : rows[i].klass);
	}
}

/* Every fact with every effect: upward only, and never for what only reads. */
static void test_promotions(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 2048; bits++)
		for (size_t e = 0; e < EFFECT__MAX; e++) {
			enum klass base = gate_effects[e].klass;
			struct gate_class k = gate_classify(CLASS_READ_ONLY, (enum effect)e, bits,
							    CLASS_READ_ONLY, NULL);
			unsigned raise = bits & (FACT_LISTED | FACT_PRODUCTION | FACT_SHARED |
						 FACT_NO_ENVIRONMENT | FACT_MANY | FACT_CHANGED);

			assert_true(k.klass >= base);
			assert_non_null(k.rule);
			if (base == CLASS_READ_ONLY)
				assert_int_equal(k.klass, CLASS_READ_ONLY);
			else if (raise && base < CLASS_DANGEROUS)
				assert_int_equal(k.klass, CLASS_DANGEROUS);
			if (!(bits & ~(unsigned)FACTS_VOID))
				assert_int_equal(k.klass, base);
		}
	assert_int_equal(gate_classify(CLASS_READ_ONLY, EFFECT_REPLACE, FACT_HALF, CLASS_READ_ONLY,
				       NULL)
				 .klass,
			 CLASS_DANGEROUS);
	assert_int_equal(gate_classify(CLASS_READ_ONLY, EFFECT_RENAME, FACT_HALF, CLASS_READ_ONLY,
				       NULL)
				 .klass,
			 CLASS_MODERATE);
}

static void test_floors(void **state)
{
	struct gate_class k;

	(void)state;
	for (enum klass row = 0; row <= CLASS_UNKNOWN; row++)
		for (enum klass floor = 0; floor <= CLASS_UNKNOWN; floor++) {
			k = gate_classify(row, EFFECT_RENAME, 0, floor, "policy");
			assert_true(k.klass >= row && k.klass >= floor && k.klass >= CLASS_MODERATE);
			/* A preview changes nothing, whoever asks. */
			k = gate_classify(row, EFFECT_PREVIEW, 2047, floor, "policy");
			assert_int_equal(k.klass, CLASS_READ_ONLY);
		}
	k = gate_classify(CLASS_MODERATE, EFFECT_RENAME, 0, CLASS_DANGEROUS, "policy");
	assert_string_equal(k.rule, "policy");
	k = gate_classify(CLASS_MODERATE, EFFECT_RENAME, FACT_PRODUCTION, CLASS_READ_ONLY, NULL);
	assert_string_equal(k.rule, "production");
}

/* ---- decisions ---- */

/* One letter for each trust level, class, policy and channel, written down by hand:
 * r runs, a asks, d denied by policy, n no way to ask. */
static const char *const truth[TRUST__MAX][4] = {
	/* policy:             allow    ask     deny     each: without, then with a channel */
	[TRUST_MANUAL] = { "na" "na" "dd", "na" "na" "dd", "na" "na" "dd", "na" "na" "dd" },
	[TRUST_SUPERVISED] = { "rr" "na" "dd", "na" "na" "dd", "na" "na" "dd", "na" "na" "dd" },
	[TRUST_AUTONOMOUS] = { "rr" "na" "dd", "na" "na" "dd", "na" "na" "dd", "na" "na" "dd" },
};

static char letter(struct gate_output g)
{
	if (g.verdict == GATE_ALLOW)
		return 'r';
	if (g.verdict == GATE_ASK)
		return 'a';
	assert_non_null(g.why);
	return g.err == ERR_REFUSED_BY_POLICY ? 'd' : 'n';
}

/* 3 trust levels, 4 classes, 3 policies, with and without a channel: 72 cells, for each
 * channel that a protocol era may bring (a form in both eras is one channel here; the
 * conversations in tests/talk go through both). */
static void test_cells(void **state)
{
	static const unsigned channels[] = { CHANNEL_FORM, CHANNEL_TERMINAL,
					     CHANNEL_FORM | CHANNEL_TERMINAL };
	unsigned cells = 0;

	(void)state;
	for (enum trust t = 0; t < TRUST__MAX; t++)
		for (enum klass k = 0; k <= CLASS_UNKNOWN; k++)
			for (int p = 0; p < 3; p++)
				for (int with = 0; with < 2; with++, cells++)
					for (size_t c = 0; c < COUNT(channels); c++) {
						struct gate_output g = gate_decide(
							&(struct gate_input){
								.klass = k, .trust = t,
								.policy = (enum policy_action)p,
								.channels = with ? channels[c]
										 : 0 });

						assert_int_equal(letter(g), truth[t][k][2 * p + with]);
					}
	assert_int_equal(cells, 72);
}

static void test_grants(void **state)
{
	static const struct {
		enum trust trust;
		enum klass klass;
		unsigned grants, facts;
		bool dangerous;
		char what;
		const char *decision;
	} rows[] = {
		{ TRUST_MANUAL, CLASS_READ_ONLY, GRANT_PROMPT, 0, false, 'r', "grant" },
		{ TRUST_MANUAL, CLASS_MODERATE, GRANT_PROMPT, 0, false, 'a', NULL },
		{ TRUST_MANUAL, CLASS_MODERATE, GRANT_SCOPE | GRANT_NAMED, 0, true, 'a', NULL },
		{ TRUST_SUPERVISED, CLASS_MODERATE, GRANT_PROMPT, 0, false, 'r', "grant" },
		{ TRUST_SUPERVISED, CLASS_MODERATE, GRANT_SCOPE | GRANT_NAMED, 0, true, 'a', NULL },
		{ TRUST_SUPERVISED, CLASS_DANGEROUS, 7, 0, true, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_MODERATE, GRANT_SCOPE, 0, false, 'r', "scope" },
		{ TRUST_AUTONOMOUS, CLASS_MODERATE, 0, 0, false, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_DANGEROUS, GRANT_SCOPE, 0, true, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_DANGEROUS, GRANT_NAMED, 0, false, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_DANGEROUS, GRANT_NAMED, 0, true, 'r', "scope" },
		{ TRUST_AUTONOMOUS, CLASS_DANGEROUS, GRANT_PROMPT, 0, true, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_UNKNOWN, 7, 0, true, 'a', NULL },
		/* Taint, the default environment and first use void grants. */
		{ TRUST_AUTONOMOUS, CLASS_MODERATE, 7, FACT_TAINT, true, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_MODERATE, 7, FACT_DEFAULT, true, 'a', NULL },
		{ TRUST_AUTONOMOUS, CLASS_DANGEROUS, 7, FACT_FIRST, true, 'a', NULL },
		{ TRUST_SUPERVISED, CLASS_MODERATE, 7, FACT_TAINT, true, 'a', NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gate_output g = gate_decide(&(struct gate_input){
			.klass = rows[i].klass, .trust = rows[i].trust, .grants = rows[i].grants,
			.facts = rows[i].facts, .scope_dangerous = rows[i].dangerous,
			.channels = CHANNEL_FORM });

		assert_int_equal(letter(g), rows[i].what);
		if (rows[i].decision)
			assert_string_equal(g.decision, rows[i].decision);
	}
}

/* The settings that win over everything, and those that let something through. */
static void test_wins(void **state)
{
	struct gate_input in = { .trust = TRUST_AUTONOMOUS, .grants = 7, .scope_dangerous = true,
				 .host_prompt = true, .channels = 7 };

	(void)state;
	for (enum klass k = CLASS_MODERATE; k <= CLASS_UNKNOWN; k++) {
		in.klass = k;
		in.read_only = true;
		assert_int_equal(letter(gate_decide(&in)), 'd');
		in.read_only = false;
		in.policy = POLICY_DENY;
		assert_int_equal(letter(gate_decide(&in)), 'd');
		/* A policy that says "ask" is not satisfied by a grant. */
		in.policy = POLICY_ASK;
		assert_int_equal(letter(gate_decide(&in)), 'a');
		in.policy = POLICY_ALLOW;
	}
	in = (struct gate_input){ .klass = CLASS_READ_ONLY, .local = true, .trust = TRUST_MANUAL };
	assert_int_equal(letter(gate_decide(&in)), 'r');
	in.read_only = true;
	assert_int_equal(letter(gate_decide(&in)), 'r');
	in.policy = POLICY_DENY;
	assert_int_equal(letter(gate_decide(&in)), 'd');
	for (enum trust t = 0; t < TRUST__MAX; t++)
		for (enum klass k = 0; k <= CLASS_UNKNOWN; k++) {
			struct gate_output g = gate_decide(&(struct gate_input){
				.klass = k, .trust = t, .host_prompt = true });
			bool host = k == CLASS_MODERATE && t != TRUST_MANUAL;

			assert_int_equal(g.verdict == GATE_ALLOW && g.decision[0] == 'h', host);
			/* A model's word: Moderate calls, and only when nothing better is open. */
			g = gate_decide(&(struct gate_input){ .klass = k, .trust = t,
							      .channels = CHANNEL_ATTESTED });
			assert_int_equal(g.verdict == GATE_ASK, k == CLASS_MODERATE);
			g = gate_decide(&(struct gate_input){ .klass = k, .trust = t,
							      .channels = 7 });
			if (g.verdict == GATE_ASK)
				assert_int_equal(g.channel, CHANNEL_FORM);
		}
	/* What is not a class or a trust level is refused. */
	assert_int_equal(letter(gate_decide(&(struct gate_input){ .klass = (enum klass)9,
								  .channels = 7 })),
			 'n');
	assert_int_equal(letter(gate_decide(&(struct gate_input){ .trust = TRUST__MAX,
								  .channels = 7 })),
			 'n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_effects), UNIT(test_promotions), UNIT(test_floors),
		UNIT(test_cells),   UNIT(test_grants),	   UNIT(test_wins),
	};

	return UNIT_RUN(tests);
}
