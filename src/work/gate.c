/*
 * gate.c - may this call go on?  A pure function of the tool's class and the profile.
 *
 * Read-only calls pass.  Everything else needs a person's recorded decision, and as long as
 * there is no way to ask for one, it is refused: with no channel to ask, fail closed.
 */
#include "work/call_priv.h"

struct gate_output gate_decide(const struct gate_input *in)
{
	if (in->klass == CLASS_READ_ONLY)
		return (struct gate_output){ .verdict = GATE_ALLOW };
	if (in->read_only_profile)
		return (struct gate_output){
			.verdict = GATE_REFUSE,
			.err = ERR_REFUSED_BY_POLICY,
			.why = "this profile is read-only",
		};
	return (struct gate_output){
		.verdict = GATE_REFUSE,
		.err = ERR_APPROVAL_UNAVAILABLE,
		.why = "a change needs a person's approval, and there is no way to ask for one here",
	};
}
