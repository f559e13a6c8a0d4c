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

/* Every code that the reference names, and whose turn it is. */
static void test_classes(void **state)
{
	static const struct {
		enum aadsts_class class;
		unsigned codes[32];
	} rows[] = {
		{ AADSTS_WAIT, { 70016 } },
		{ AADSTS_LOGIN,
		  { 70018, 70019, 70020, 90119, 90120, 50134, 65004, 70043, 70044, 70008, 700082, 50089,
		    70000, 50173, 50132, 50133, 50055, 50144, 50020, 50034, 16000, 51004, 90072, 50199,
		    54005, 501481 } },
		{ AADSTS_CLAIMS, { 50076, 50074, 50078, 50072, 50079, 50158, 50161, 65001 } },
		{ AADSTS_ADMIN, { 53011, 53004, 50053, 530034, 90094, 90095, 90008, 50057, 50105 } },
		{ AADSTS_POLICY,
		  { 50097, 53000, 53001, 53002, 50005, 50187, 53003, 530032, 530035, 530036, 500021,
		    500022, 500212, 500213, 50002 } },
		{ AADSTS_SETUP,
		  { 65002, 65005, 650052, 650056, 650057, 500011, 50001, 50011, 7000218, 700016, 70001,
		    7000112, 700025, 7000215, 7000222, 700027, 50194, 9001023, 90124, 90130, 90002, 50059,
		    50049, 90038, 1000104, 900382, 70011, 28002, 28003, 28000, 700022, 70005 } },
		{ AADSTS_SETUP, { 901002, 9010010, 50128, 90014 } },
		{ AADSTS_TRANSIENT,
		  { 50196, 50033, 50087, 50088, 90006, 90012, 90024, 90033, 90055 } },
	};
	static const unsigned consent[] = { 65001, 90008, 90094, 90095 };
	size_t n, seen = 0, consents = 0;
	const struct aadsts *all = aadsts_rows(&n);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(rows[i].codes) && rows[i].codes[k]; k++, seen++) {
			const struct aadsts *row = aadsts_find(rows[i].codes[k]);

			if (!row || row->class != rows[i].class)
				fail_msg("%u", rows[i].codes[k]);
		}
	assert_int_equal(seen, n);
	for (size_t i = 0; i < COUNT(consent); i++)
		assert_true(aadsts_find(consent[i])->consent);
	for (size_t i = 0; i < n; i++)
		consents += all[i].consent;
	assert_int_equal(consents, COUNT(consent));
}

static void test_sentence(void **state)
{
	static const struct {
		unsigned code;
		const char *text, *want;
	} rows[] = {
		{ 70043, "the maximum allowed lifetime for this request is 43200.", "12 hours" },
		{ 70043, "the maximum allowed lifetime for this request is 14400.", "4 hours" },
		{ 70044, "the maximum allowed lifetime for this request is 3600.", "60 minutes" },
		{ 70043, "issued on 2026-11-21 and nothing else", "limits how long" },
		{ 50076, "the maximum allowed lifetime for this request is 43200.", "second factor" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = aadsts_sentence(a, aadsts_find(rows[i].code), str_from(rows[i].text));

		if (!strstr(got, rows[i].want))
			fail_msg("row %zu: %s", i, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT(test_table), UNIT(test_code), UNIT(test_classes),
					    UNIT(test_sentence) };

	return UNIT_RUN(tests);
}
