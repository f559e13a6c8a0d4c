/*
 * histories.c - see histories.h.
 */
#include "tools/histories.h"

struct histories histories_count(const struct json *list)
{
	struct histories n = { 0 };

	JSON_EACH (v, list) {
		struct str status = json_get_str(v, "status");

		n.all++;
		n.fired += json_is_true(json_get(v, "fired"));
		n.skipped += str_eq_nocase(status, S("Skipped"));
		n.unmet += str_eq(json_get_str(v, "code"), S("TriggerConditionNotMet"));
		if (str_eq_nocase(status, S("Failed"))) {
			n.failed++;
			n.last_failed = n.last_failed ? n.last_failed : v;
		}
	}
	return n;
}
