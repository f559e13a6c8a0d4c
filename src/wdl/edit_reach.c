/*
 * edit_reach.c - what a list of operations can do at most, without the definition.
 *
 * The gate decides by it before anything was read, so every doubt counts as much.
 */
#include "wdl/edit.h"
#include "wdl/lint_map.h"
#include "wdl/text.h"

/* Where a path leads. */
enum part {
	PART_ROOT,    /* the definition */
	PART_MAP,     /* an `actions` or `triggers` object */
	PART_STEP,    /* an action or trigger as a whole */
	PART_BRANCH,  /* else, default, one case */
	PART_CASES,
	PART_INSIDE,  /* a member of a step that is no container */
	PART_WORDS,   /* a description */
	PART_OTHER,
};

static enum part next_part(enum part at, struct str key, bool trigger)
{
	switch (at) {
	case PART_ROOT:
		return str_eq(key, S("actions")) || str_eq(key, S("triggers")) ? PART_MAP :
		       str_eq(key, S("description")) ? PART_WORDS : PART_OTHER;
	case PART_MAP:
		return PART_STEP;
	case PART_STEP:
		if (str_eq(key, S("description")))
			return PART_WORDS;
		if (trigger)
			return PART_INSIDE;
		return str_eq(key, S("actions")) ? PART_MAP :
		       str_eq(key, S("else")) || str_eq(key, S("default")) ? PART_BRANCH :
		       str_eq(key, S("cases")) ? PART_CASES : PART_INSIDE;
	case PART_BRANCH:
		return str_eq(key, S("actions")) ? PART_MAP : PART_OTHER;
	case PART_CASES:
		return PART_BRANCH;
	default:
		return at;
	}
}

/* A step that contains others, or may. */
static bool contains(const struct json *step)
{
	static const char *const members[] = { "actions", "else", "cases", "default" };

	for (size_t i = 0; i < 4; i++)
		if (json_get(step, members[i]))
			return true;
	return !json_is(step, JSON_OBJECT);
}

static enum wdl_reach of_path(const struct json *op, struct str *step)
{
	struct str what = json_get_str(op, "op");
	enum part at = PART_ROOT;
	bool trigger = false;

	JSON_EACH(key, json_get(op, "path")) {
		if (at == PART_ROOT)
			trigger = str_eq(json_str(key), S("triggers"));
		at = next_part(at, json_str(key), trigger);
		if (at == PART_STEP)
			*step = json_str(key);
	}
	if (at == PART_WORDS)
		return WDL_REACH_NAMES;
	if (at == PART_INSIDE)
		return WDL_REACH_ONE;
	/* A new one, or members of one that are its own. */
	if (at == PART_STEP && step->n && (str_eq(what, S("add")) || str_eq(what, S("merge"))) &&
	    !contains(json_get(op, "value")))
		return WDL_REACH_ONE;
	return WDL_REACH_MANY;
}

static enum wdl_reach of_name(const struct json *op, struct str *step)
{
	struct str what = json_get_str(op, "op");

	*step = json_get_str(op, "action");
	if (str_eq(what, S("rename_action")))
		return WDL_REACH_NAMES;
	if (str_eq(what, S("set_parameter")) && step->n)
		return WDL_REACH_ONE;
	if (!str_starts(what, S("insert_")) || contains(json_get(op, "value")))
		return WDL_REACH_MANY;
	*step = json_get_str(op, "name");
	return WDL_REACH_ONE;
}

enum wdl_reach wdl_edit_reach(const struct json *operations, size_t *actions)
{
	enum wdl_reach all = WDL_REACH_NOTHING;
	size_t count = 0;
	struct str one = S("");

	JSON_EACH(op, operations) {
		struct str step = S("");
		enum wdl_reach r = json_get(op, "path") ? of_path(op, &step) : of_name(op, &step);

		all = r > all ? r : all;
		if (!step.n || (count == 1 && wdl_same_nocase(step, one)))
			continue;
		one = step;
		count++;
	}
	if (actions)
		*actions = count;
	return all == WDL_REACH_ONE && count > 1 ? WDL_REACH_MANY : all;
}
