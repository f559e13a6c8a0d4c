/*
 * args_guard.c - what a model was shown in place of the real thing must not be written back.
 *
 * A mask stands for a secret, a cut mark for what did not fit.  Saved into a flow, either would
 * destroy what it stands for.
 */
#include "work/call_priv.h"

/* Members that results carry beside what they could not show whole. */
static const struct str cut_marks[] = { STR_INIT("definitionCut"), STR_INIT("inputsCut"),
					STR_INIT("outputsCut"), STR_INIT("valueCut"),
					STR_INIT("stepsCut") };

/* {"$content": {"bytes", "sha256"}}: a result shows files like this. */
static bool is_digest(const struct json *v)
{
	return str_eq(json_name(v), S("$content")) && json_get(v, "sha256");
}

/* Where in `v` a stand-in is; *what says which kind.  Depth is bounded by the parser. */
static bool find(const struct json *v, struct buf *pointer, const char **what)
{
	size_t n = pointer->n, number = 0;

	if (json_type(v) == JSON_STRING && redact_is_mask(json_str(v))) {
		*what = "a mask, which stands for a secret that was not shown";
		return true;
	}
	JSON_EACH(item, v)
	{
		if (json_type(v) == JSON_OBJECT)
			json_pointer_add(pointer, json_name(item));
		else
			buf_addf(pointer, "/%zu", number++);
		if (redact_is_mask(json_name(item))) {
			*what = "a mask, which stands for a secret that was not shown";
			return true;
		}
		for (size_t i = 0; i < sizeof(cut_marks) / sizeof(*cut_marks); i++)
			if (str_eq(json_name(item), cut_marks[i])) {
				*what = "a mark of something that was cut";
				return true;
			}
		if (is_digest(item)) {
			*what = "a file's size and digest in place of the file";
			return true;
		}
		if (find(item, pointer, what))
			return true;
		pointer->n = n;
	}
	return false;
}

bool args_guard(struct call *c)
{
	const char *what = NULL;
	struct buf pointer;

	if (c->tool->read_only)
		return true;
	buf_init_in(&pointer, c->arena, LIMIT_LINE);
	if (!find(c->args, &pointer, &what))
		return true;
	fail(c, ERR_INVALID_ARGUMENT, "%s holds %s", buf_c(&pointer), what);
	hint(c, "Leave it out and change only what is meant to change; what is there stays as it is.");
	return false;
}
