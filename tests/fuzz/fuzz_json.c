/*
 * fuzz_json.c - what is read is printed exactly, and scanner, parser, printer, comparison, copy and
 * projection agree with each other.
 *
 * The first byte chooses the mode and the budget, the rest is the input.
 */
#include <limits.h>
#include <stdlib.h>

#include "base/limits.h"
#include "text/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static void check_verdict(struct str text, unsigned flags, const struct json *v,
			  struct json_error e)
{
	struct scan *s = scan_new(&(struct scan_options){
		.allow_nul = flags & JSON_ANSWER,
		.allow_bom = flags & JSON_ANSWER,
		.nodes = flags & JSON_ANSWER ? LIMIT_JSON_NODES_ANSWER : 0,
	});

	must(s != NULL);
	must((scan_feed(s, text) && scan_end(s)) == (v != NULL));
	must(v || (scan_error(s).message == e.message && scan_error(s).offset == e.offset));
	scan_free(s);
}

static void check_print(struct arena *a, const struct json *v)
{
	struct str once = json_text(a, v), pretty, canonical;
	struct json *again = json_parse(a, once, JSON_ANSWER, NULL);
	struct buf b;

	must(json_identical(v, again) && json_equal(v, again));
	must(str_eq(json_text(a, again), once));
	buf_init_in(&b, a, 64 << 20);
	json_print_pretty(&b, v);
	pretty = buf_str(&b);
	must(json_identical(v, json_parse(a, pretty, JSON_ANSWER, NULL)));
	buf_init_in(&b, a, 64 << 20);
	json_print_canonical(&b, v);
	canonical = buf_str(&b);
	again = json_parse(a, canonical, JSON_ANSWER, NULL);
	must(canonical.n == once.n && json_equal(v, again) && json_equal(again, v));
	must(json_identical(v, json_copy(a, v)));
}

static bool same_cuts(struct project_result x, struct project_result y)
{
	if (x.cut_count != y.cut_count || x.cuts_not_listed != y.cuts_not_listed)
		return false;
	for (size_t i = 0; i < x.cut_count; i++)
		if (!str_eq(x.cuts[i].pointer, y.cuts[i].pointer) ||
		    x.cuts[i].kept != y.cuts[i].kept || x.cuts[i].of != y.cuts[i].of ||
		    x.cuts[i].items != y.cuts[i].items)
			return false;
	return true;
}

/* A projection of the tree is the projection of its text. */
static void check_project(struct arena *a, struct str text, const struct json *v, unsigned options)
{
	static const struct str pointers[] = { STR_INIT("/a"), STR_INIT("/0/b"), STR_INIT("/a/1/b") };
	struct project_options o = {
		.budget = (size_t)64 << options % 8,
		.longest_string = options & 8 ? 5 : 0,
		.longest_array = options & 16 ? 2 : 0,
		.pointers = pointers,
		.pointer_count = options & 32 ? 3 : 0,
	};
	struct project *p = project_new(a, &o);
	struct project_result x, y;

	must(p != NULL);
	project_feed(p, text);
	x = project_end(p);
	project_free(p);
	y = project_tree(a, v, &o);
	must(x.complete && json_text(a, x.value).n <= o.budget);
	must(!x.value == !y.value && (!x.value || json_identical(x.value, y.value)));
	must(same_cuts(x, y));
	if (!o.pointer_count && !x.cut_count)
		must(json_identical(x.value, v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_error e = { 0 };
	struct arena a;
	struct str text;
	struct json *v;

	if (!size)
		return 0;
	arena_init(&a, 512u << 20);
	text = str_n((const char *)data + 1, size - 1);
	v = json_parse(&a, text, data[0] & JSON_ANSWER, &e);
	check_verdict(text, data[0], v, e);
	if (v) {
		check_print(&a, v);
		check_project(&a, text, v, data[0] >> 1);
	}
	arena_release(&a);
	return 0;
}
