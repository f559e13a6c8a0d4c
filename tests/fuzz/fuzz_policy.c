/*
 * fuzz_policy.c - the text of a policy file.
 *
 * What is refused is refused with file and line.  What is accepted has every number in its
 * range, and rulings that only name places in the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "work/policy_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

static void look_at_message(struct str m)
{
	must(str_starts(m, S("F:")) && m.n < 6000);
	for (size_t i = 0; i < m.n; i++)
		must((unsigned char)m.p[i] >= 0x20 && m.p[i] != 0x7f);
}

static void look_at(struct policy *p)
{
	static const char *const tools[] = { "a", "whoami", "set_live_flow_state" };

	for (enum policy_key k = 0; k < POLICY__KEYS; k++) {
		int64_t v = policy_value(p, k);

		if (policy_keys[k].type == KEY_INT)
			must(v >= policy_keys[k].min && v <= policy_keys[k].max);
		must(v >= 0 && policy_value_text(&p->arena, p, k));
	}
	for (size_t t = 0; t < sizeof(tools) / sizeof(*tools); t++)
		for (enum klass k = 0; k <= CLASS_UNKNOWN; k++) {
			struct policy_ruling r = policy_rule(
				p, &(struct policy_query){ .tool = str_from(tools[t]),
							   .klass = k, .klass_known = true,
							   .environment = S("e"),
							   .environment_type = S("Production"),
							   .environment_default = k & 1 });

			must(r.action <= POLICY_DENY && r.floor <= CLASS_UNKNOWN);
			must(!(r.channels & ~7u));
			must(!strncmp(r.action_where, "F:", 2) || !strcmp(r.action_where, "default"));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *message = NULL;
	struct policy p = { 0 };
	int layer = size && (data[0] & 1);

	arena_init(&p.arena, 64u << 20);
	if (policy_text_read(&p.arena, "F", str_n((const char *)data, size), &p.layers[layer],
			     &message))
		look_at(&p);
	else
		look_at_message(str_from(message));
	arena_release(&p.arena);
	return 0;
}
