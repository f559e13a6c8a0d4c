/*
 * fuzz_scan.c - the scanner says the same wherever the input is cut, and the projector keeps to
 * its budget.
 *
 * The first byte chooses options, the second where to cut, the rest is the input.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "text/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct record {
	struct buf text;
	enum scan_event last;
	bool inside;
};

static bool on_event(void *arg, enum scan_event ev, struct str text, bool last)
{
	struct record *r = arg;

	if (!str_is_utf8(text) || (r->inside && ev != SCAN_STRING_PART))
		abort();
	/* Where a string is divided into parts may differ: only its end is marked. */
	buf_adds(&r->text, text);
	if (ev != SCAN_STRING_PART || last)
		buf_addc(&r->text, (char)('A' + (int)ev));
	r->inside = ev == SCAN_STRING_PART && !last;
	return true;
}

static struct json_error feed(struct str text, size_t piece, struct scan_options o)
{
	struct scan *s = scan_new(&o);
	struct json_error e;
	bool good = s != NULL;

	for (size_t i = 0; good && i < text.n; i += piece)
		good = scan_feed(s, str_first(str_from_at(text, i), piece));
	good = good && scan_end(s);
	e = scan_error(s);
	if (good != !e.message || e.offset > text.n)
		abort();
	scan_free(s);
	return e;
}

static void check_scan(struct str text, unsigned options, size_t piece)
{
	struct record whole = { 0 }, parts = { 0 };
	struct scan_options o = {
		.allow_nul = options & 1,
		.allow_bom = options & 2,
		.allow_duplicates = options & 4,
		.nodes = options & 8 ? 10 : 0,
		.depth = options & 16 ? 3 : 0,
	};
	struct json_error silent = feed(text, text.n + 1, o), one, two;

	buf_init(&whole.text, 4 << 20);
	buf_init(&parts.text, 4 << 20);
	o.on_event = on_event;
	o.arg = &whole;
	one = feed(text, text.n + 1, o);
	o.arg = &parts;
	two = feed(text, piece, o);
	if (one.message != two.message || one.offset != two.offset ||
	    one.message != silent.message || one.offset != silent.offset)
		abort();
	if (!one.message && !str_eq(buf_str(&whole.text), buf_str(&parts.text)))
		abort();
	buf_free(&whole.text);
	buf_free(&parts.text);
}

static void check_project(struct str text, unsigned options, size_t piece)
{
	static const struct str pointers[] = {
		STR_INIT("/a"), STR_INIT("/b/0"), STR_INIT("/a/b"), STR_INIT("/1/a"), STR_INIT("//~1"),
	};
	struct project_options o = {
		.budget = (size_t)64 << options % 6,
		.longest_string = options & 64 ? 7 : 0,
		.longest_array = options & 128 ? 3 : 0,
		.digest_files = options & 16,
		.pointers = pointers,
		.pointer_count = options & 32 ? 5 : 0,
	};
	struct project_result r;
	struct project *p;
	struct arena a;

	arena_init(&a, 16 << 20);
	p = project_new(&a, &o);
	for (size_t i = 0; p && i < text.n; i += piece)
		if (project_feed(p, str_first(str_from_at(text, i), piece)) == PROJECT_FULL &&
		    options & 8)
			break;
	r = project_end(p);
	project_free(p);
	if (r.value) {
		struct str out = json_text(&a, r.value);

		if (out.n > o.budget || !json_parse(&a, out, JSON_STRICT, NULL))
			abort();
	}
	for (size_t i = 0; i < r.cut_count; i++) {
		const struct project_cut *c = &r.cuts[i];
		const struct json *v = json_at_n(r.value, c->pointer);

		if (!str_is_utf8(c->pointer) || (c->of && c->kept > c->of))
			abort();
		/* What is listed is there, unless it was left out as a whole. */
		if (v && c->items ? json_count(v) != c->kept : v && json_str(v).n != c->kept)
			abort();
	}
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;

	if (size < 2)
		return 0;
	text = str_n((const char *)data + 2, size - 2);
	check_scan(text, data[0], 1 + data[1] % 16);
	check_project(text, data[0], 1 + data[1] % 16);
	return 0;
}
