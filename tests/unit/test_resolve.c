/*
 * test_resolve.c - work/resolve.c: exact matches and nearest names (the requests around them
 * are in tests/talk/resolve.talk).
 */
#include "unit.h"

#include "work/resolve.h"

static struct json *list(struct arena *a)
{
	static const char *const names[] = {
		"Invoice approval",	 "invoice APPROVAL ",  "Invoice archive",
		"Daily digest",		 "Order intake",       "\xc3\x85rsrapport",
		"Invoice approval (old)", "",
	};
	struct json *out = json_new_array(a);

	for (size_t i = 0; i < COUNT(names); i++) {
		struct json *v = json_new_object(a);

		json_set_int(a, v, "id", (int64_t)i);
		json_set_z(a, v, "displayName", names[i]);
		json_push(out, v);
	}
	/* What a service may also send. */
	json_push(out, json_new_null(a));
	json_push(out, json_new_object(a));
	return out;
}

static struct str ids(struct arena *a, const struct json *found)
{
	struct buf b;

	buf_init_in(&b, a, 1000);
	JSON_EACH (v, found)
		buf_addf(&b, "%s%lld", b.n ? " " : "",
			 (long long)json_int(json_get(v, "id"), -1));
	return buf_str(&b);
}

static void test_match(void **state)
{
	/* Whole names, without regard to case and blanks around them; never a part. */
	static const struct {
		const char *name, *ids;
	} rows[] = {
		{ "Invoice approval", "0 1" },	{ "INVOICE APPROVAL", "0 1" },
		{ " invoice approval ", "0 1" }, { "Invoice", "" },
		{ "Invoice approva", "" },	{ "order intake", "4" },
		{ "\xc3\x85rsrapport", "5" },	{ "Invoice approval (old)", "6" },
		{ "Invoice_approval", "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(ids(a, resolve_match(a, list(a), str_from(rows[i].name))), rows[i].ids);
}

static void test_nearest(void **state)
{
	struct arena *a = *state;

	/* A part of a name comes before a name with a typing error. */
	assert_str(ids(a, resolve_nearest(a, list(a), S("Invoice"))), "0 1 2 6");
	assert_str(ids(a, resolve_nearest(a, list(a), S("Ordr intake"))), "4");
	assert_str(ids(a, resolve_nearest(a, list(a), S("Invoice aproval"))), "0 1 2 6");
	assert_str(ids(a, resolve_nearest(a, list(a), S("zzzzzz"))), "");
	assert_str(ids(a, resolve_nearest(a, json_new_array(a), S("x"))), "");
}

/* Never more than the few that help. */
static void test_nearest_few(void **state)
{
	struct arena *a = *state;
	struct json *many = json_new_array(a);

	for (int i = 0; i < 500; i++) {
		struct json *v = json_new_object(a);

		json_set_int(a, v, "id", i);
		json_set_str(a, v, "displayName", str_fmt(a, "Report %d", i));
		json_push(many, v);
	}
	assert_int_equal(json_count(resolve_nearest(a, many, S("Report"))), RESOLVE_NEAREST);
	assert_str(ids(a, resolve_match(a, many, S("report 7"))), "7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_match),
		UNIT(test_nearest),
		UNIT(test_nearest_few),
	};

	return UNIT_RUN(tests);
}
