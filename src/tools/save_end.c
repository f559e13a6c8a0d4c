/*
 * save_end.c - how a save that did not end well is told, and kept for a person.
 *
 * Knows what each ending means for the flow; not how it came to it.
 */
#include "tools/save_priv.h"

static const struct {
	enum err err; /* ERR_OK: that of the answer */
	const char *what, *hint;
} endings[] = {
	[END_REFUSED] = { ERR_OK, "", NULL },
	[END_UNKNOWN] = { ERR_OUTCOME_UNKNOWN,
			  "no answer came to the save, and the flow is as it was some seconds later",
			  "Read the flow again before you save again." },
	[END_NOT_KEPT] = { ERR_UPSTREAM,
			   "the service accepted the save and did not keep it: the flow is as it was",
			   "Try again later, or save it in the designer once." },
	[END_MENDED] = { ERR_UPSTREAM,
			 "the service kept something else than was sent; the flow was put back as it "
			 "was",
			 "\"differs\" says where the first difference was; \"foundSnapshot\" is what was "
			 "there, should it be somebody else's work." },
	[END_STUCK] = { ERR_UPSTREAM,
			"the service kept something else than was sent, and it could not be put back",
			"\"differs\" says where the first difference is. restore_live_flow brings the "
			"flow back from the snapshot." },
	[END_FOREIGN] = { ERR_CONFLICT, "somebody else saved the flow at the same time",
			  "Read the flow again; nothing of theirs was overwritten." },
	[END_UNREAD] = { ERR_OUTCOME_UNKNOWN,
			 "the save was sent, but the flow could not be read afterwards",
			 "Read the flow with get_live_flow before you save again." },
};

static const char *const ending_names[] = {
	[END_VERIFIED] = "verified", [END_REFUSED] = "refused",   [END_UNKNOWN] = "no answer",
	[END_NOT_KEPT] = "not kept", [END_MENDED] = "put back",   [END_STUCK] = "something else stays",
	[END_FOREIGN] = "saved by another", [END_UNREAD] = "not readable",
};

/* For `flowlatch bug-report`: what was sent, how it was refused, what is there now. */
static void keep_failure(struct course *k)
{
	struct save *s = k->s;
	struct json *out = json_new_object(s->a);
	struct str name;

	json_set_z(s->a, out, "flowlatch", FLOWLATCH_VERSION);
	json_set_z(s->a, out, "tool", call_tool(s->c)->name);
	json_set_z(s->a, out, "ending", ending_names[k->ending]);
	json_set_str(s->a, out, "environmentName", s->w->environment);
	json_set_str(s->a, out, "flowName", k->id);
	json_set_bool(s->a, out, "create", s->creating);
	json_set_bool(s->a, out, "inSolution", s->solution);
	json_set_z(s->a, out, "lastWay", save_way_names[k->way]);
	json_set_str(s->a, out, "differs", k->where);
	if (k->refusal) {
		json_set_int(s->a, out, "status", k->refusal->status);
		json_set_z(s->a, out, "code", k->refusal->service_code);
		json_set_z(s->a, out, "message", k->refusal->message);
		json_set_z(s->a, out, "correlation", k->refusal->correlation);
	}
	if (!snapshot_off(s->c)) {
		json_set(s->a, out, "sent", json_copy(s->a, s->ways[k->way].send.body));
		json_set(s->a, out, "found", k->now.definition ? json_copy(s->a, k->now.definition)
							     : NULL);
		json_set(s->a, out, "foundReferences",
			 k->now.references ? json_copy(s->a, k->now.references) : NULL);
	}
	name = failure_keep(s->c, out);
	if (name.n)
		fail_data(s->c, "bugReport", json_new_str(s->a, name));
}

enum verdict save_fail(struct course *k)
{
	struct save *s = k->s;
	struct answer said;

	if (k->refusal && (k->ending == END_REFUSED ||
			   (k->ending == END_MENDED && k->refused_wrong))) {
		said = *k->refusal;
		/* On a save the code speaks of a connection, not of the flow. */
		if (said.err == ERR_NOT_OWNER)
			said.err = ERR_CONNECTION_FORBIDDEN;
		fail_answer(s->c, &said);
		if (said.err == ERR_CONNECTION_FORBIDDEN)
			hint(s->c, "The flow is as it was. Put the reference on a connection of your "
				   "own (connectionReferences), or have that one shared with you.");
		else if (k->refused_wrong)
			hint(s->c, "The refused save had changed the flow; it was put back as it was.");
	} else {
		fail(s->c, endings[k->ending].err, "%s", endings[k->ending].what);
		hint(s->c, "%s", endings[k->ending].hint);
	}
	if (k->ending == END_MENDED || k->ending == END_STUCK)
		fail_data(s->c, "differs", json_new_str(s->a, k->where));
	keep_failure(k);
	if (k->snapshot.n)
		fail_data(s->c, "snapshot", json_new_str(s->a, k->snapshot));
	if (k->found.n)
		fail_data(s->c, "foundSnapshot", json_new_str(s->a, k->found));
	fail_data(s->c, "flowName", json_new_str(s->a, k->id));
	fail_data(s->c, "asItWas", json_new_bool(s->a, k->ending != END_STUCK &&
							      k->ending != END_FOREIGN &&
							      k->ending != END_UNREAD));
	return FAIL;
}
