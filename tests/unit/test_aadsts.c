/*
 * test_aadsts.c - Entra's error codes: work/aadsts.c.
 */
#include "unit.h"

#include "work/aadsts.h"

static void test_table(void **state)
{
	size_t n;
	const struct aadsts *rows = aadsts_rows(&n);

	(void)state;
	assert_true(n > 90);
	for (size_t i = 0; i < n; i++) {
		if (i && rows[i - 1].code >= rows[i].code)
			fail_msg("%u is out of order", rows[i].code);
		assert_ptr_equal(aadsts_find(rows[i].code), &rows[i]);
		assert_true(str_ends(str_from(rows[i].sentence), S(".")));
		assert_true(rows[i].class == AADSTS_WAIT || str_ends(str_from(rows[i].next), S(".")));
	}
	assert_null(aadsts_find(0));
	assert_null(aadsts_find(1));
	assert_null(aadsts_find(99999999));
}

static void test_code(void **state)
{
	static const struct {
		const char *text;
		unsigned code;
	} rows[] = {
		{ "AADSTS50076: Due to a configuration change", 50076 },
		{ "error AADSTS7000218: The request body must", 7000218 },
		{ "AADSTS: none", 0 }, { "AADSTS", 0 }, { "", 0 }, { "AADSTS999999999999", 99999999 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(aadsts_code(str_from(rows[i].text)), rows[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT(test_table), UNIT(test_code) };

	return UNIT_RUN(tests);
}
