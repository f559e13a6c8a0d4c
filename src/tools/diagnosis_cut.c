/*
 * diagnosis_cut.c - whether what was cut off a large content is what an expression reads.
 */
#include "base/limits.h"
#include "tools/diagnosis_int.h"
#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/text.h"

static bool hits(const struct json *cuts, struct str pointer)
{
	JSON_EACH(cut, cuts)
		if (json_pointer_within(pointer, json_str(cut)) ||
		    json_pointer_within(json_str(cut), pointer))
			return true;
	return false;
}

/* The pointer of the chain that begins with `call`; false when a key is computed. */
static bool pointer_of(struct arena *a, const struct wdl_node *call, struct str *out)
{
	const struct wdl_node *n = call;
	struct buf b;

	buf_init_in(&b, a, LIMIT_RESULT);
	if (wdl_is_call(call, "body") || wdl_is_call(call, "triggerBody"))
		buf_addz(&b, "/body");
	else if (!wdl_is_call(call, "outputs") && !wdl_is_call(call, "triggerOutputs"))
		return false;
	while (n->parent && n->parent->kind == WDL_MEMBER && wdl_target(n->parent) == n) {
		const struct wdl_node *key = wdl_key(n->parent);
		struct str rest = key->text, part;

		if (key->kind != WDL_STRING && key->kind != WDL_INT)
			return false;
		while (str_cut(&rest, '/', &part))
			json_pointer_add(&b, part);
		n = n->parent;
	}
	*out = buf_str(&b);
	return true;
}

static bool names(const struct wdl_node *n, struct str action)
{
	if (n->kind != WDL_CALL || !n->function)
		return false;
	if (!action.n)
		return str_starts_nocase(n->text, S("trigger"));
	return n->function->refers == WDL_REF_ACTION && n->first && n->first->kind == WDL_STRING &&
	       wdl_same_nocase(n->first->text, action);
}

bool diag_reads_cut(struct arena *a, const struct wdl_template *t, struct str action,
		    const struct json *cuts)
{
	struct str pointer;

	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
			if (names(n, action) &&
			    (!pointer_of(a, n, &pointer) || hits(cuts, pointer)))
				return true;
	return false;
}
