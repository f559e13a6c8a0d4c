/*
 * fuzz_wdl_edit.c - any operations on any definition: nothing that was given is changed, a
 * refusal says why, what comes out is printed and read again the same, and doing it again gives
 * the same.
 *
 * The text is a definition, then on the next line a list of operations.
 */
#include <stdlib.h>

#include "text/json.h"
#include "wdl/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A macro, so that the trace names the line. */
#define must(x) ((x) ? (void)0 : abort())

/* Inserting an action and removing it again: only what waits for nothing may get an empty
 * runAfter. */
static void check_back(struct arena *a, const struct json *was)
{
	static const char there[] = "[{\"op\":\"insert_after\",\"action\":\"A\",\"name\":\"Zz\",\"value\":{}}]";
	static const char back[] = "[{\"op\":\"remove_action\",\"action\":\"Zz\"}]";
	struct wdl_edit_error e;
	struct json *out, *again;

	out = wdl_edit(a, was, json_parse(a, str_from(there), JSON_STRICT, NULL), &e);
	if (!out)
		return;
	again = wdl_edit(a, out, json_parse(a, str_from(back), JSON_STRICT, NULL), &e);
	must(again && !json_at(again, "/actions/Zz"));
	/* Statuses may be written twice or be none at all in what was given. */
	if (json_at(was, "/actions/A/runAfter"))
		must(json_count(json_get(again, "actions")) == json_count(json_get(was, "actions")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_n((const char *)data, size), text;
	struct json *was, *ops, *kept_was, *kept_ops, *out, *again;
	struct wdl_edit_error e;
	struct arena a;

	if (size > 20000 || !str_cut(&rest, '\n', &text) || !rest.p)
		return 0;
	arena_init(&a, (size_t)512 << 20);
	was = json_parse(&a, text, JSON_STRICT, NULL);
	ops = json_parse(&a, rest, JSON_STRICT, NULL);
	if (was && ops) {
		kept_was = json_copy(&a, was);
		kept_ops = json_copy(&a, ops);
		(void)wdl_edit_reach(ops, NULL);
		out = wdl_edit(&a, was, ops, &e);
		must(json_identical(was, kept_was) && json_identical(ops, kept_ops));
		if (out) {
			again = json_parse(&a, json_text(&a, out), JSON_STRICT, NULL);
			must(again && json_identical(again, out));
			must(json_identical(wdl_edit(&a, was, ops, &e), out));
		} else {
			must(e.message.n && str_is_utf8(e.message) && str_is_utf8(e.hint));
		}
		check_back(&a, was);
	}
	arena_release(&a);
	return 0;
}
