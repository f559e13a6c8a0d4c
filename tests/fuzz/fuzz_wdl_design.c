/*
 * fuzz_wdl_design.c - the design form of any two values, and of references in any form: nothing
 * that is given changes, the form of a form is the form, everything equals itself and its form,
 * equality has no sides, and a difference is somewhere.
 *
 * The text is a definition, on the next line another one or references.
 */
#include <stdlib.h>

#include "text/json.h"
#include "wdl/design.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A macro, so that the trace names the line. */
#define must(x) ((x) ? (void)0 : abort())

static void check_one(struct arena *a, const struct json *v)
{
	struct json *kept = json_copy(a, v), *form = wdl_design_form(a, v);

	must(json_identical(v, kept));
	must(json_identical(wdl_design_form(a, form), form));
	must(wdl_design_equal(a, v, v) && wdl_design_equal(a, v, form));
	must(wdl_design_dropped(a, v, v) == 0 && wdl_design_dropped(a, v, form) == 0);
	must(wdl_design_count(v) == wdl_design_count(form));
}

static void check_references(struct arena *a, const struct json *v)
{
	struct json *saved, *data;

	if (!json_is(v, JSON_OBJECT))
		return;
	saved = wdl_design_references(a, v);
	must(json_identical(wdl_design_references(a, saved), saved));
	must(wdl_design_references_equal(saved, saved));
	data = wdl_design_clientdata_references(a, saved, v);
	must(json_count(data) == json_count(saved));
}

static void check_hosts(struct arena *a, const struct json *v, const struct json *references)
{
	struct json *one = json_copy(a, v), *two = json_copy(a, v), *again;

	wdl_design_set_hosts(a, one, references, WDL_HOST_REFERENCE);
	wdl_design_set_hosts(a, two, references, WDL_HOST_CONNECTION);
	must(wdl_design_host_form(one) != WDL_HOST_CONNECTION &&
	     wdl_design_host_form(one) != WDL_HOST_MIXED);
	must(wdl_design_host_form(two) != WDL_HOST_REFERENCE &&
	     wdl_design_host_form(two) != WDL_HOST_MIXED);
	/* Both forms are the same flow. */
	must(wdl_design_equal(a, one, two));
	again = json_copy(a, one);
	wdl_design_set_hosts(a, again, references, WDL_HOST_REFERENCE);
	must(json_identical(again, one));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_n((const char *)data, size), text, at = S("none");
	struct json *x, *y;
	struct arena a;
	bool differ;

	if (size > 20000 || !str_cut(&rest, '\n', &text) || !rest.p)
		return 0;
	arena_init(&a, (size_t)512 << 20);
	x = json_parse(&a, text, JSON_STRICT, NULL);
	y = json_parse(&a, rest, JSON_STRICT, NULL);
	if (x && y) {
		check_one(&a, x);
		check_one(&a, y);
		check_references(&a, y);
		check_hosts(&a, x, y);
		differ = wdl_design_differs(&a, x, y, &at);
		must(differ == wdl_design_differs(&a, y, x, &at));
		must(!differ || str_is_utf8(at));
		/* What is the same to the letter is the same flow. */
		must(!differ || !json_identical(x, y));
		(void)wdl_design_start(x);
	}
	arena_release(&a);
	return 0;
}
