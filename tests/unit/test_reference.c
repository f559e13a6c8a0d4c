/*
 * test_reference.c - work/reference.c: what a person may paste where an id is wanted.
 */
#include "unit.h"

#include "work/reference.h"

#define E   "11111111-2222-3333-4444-555555555555"
#define D   "Default-99999999-8888-7777-6666-555555555555"
#define F   "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define R   "08584173836133456324137110841CU04"
#define SOL "9486d209-c82c-ed11-9db2-000d3a0871cb"

struct row {
	enum reference_want want;
	const char *text;
	enum reference_kind kind;
	const char *environment, *flow, *run;
};

/* Addresses as the portals of the years show them. */
static const struct row rows[] = {
	{ WANT_ENVIRONMENT, E, REFERENCE_ID, E, NULL, NULL },
	{ WANT_ENVIRONMENT, D, REFERENCE_ID, D, NULL, NULL },
	{ WANT_ENVIRONMENT, "~default", REFERENCE_ID, "~default", NULL, NULL },
	{ WANT_ENVIRONMENT, "  " E "\n", REFERENCE_ID, E, NULL, NULL },
	{ WANT_ENVIRONMENT, "Contoso (default)", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_ENVIRONMENT, "Default-", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_ENVIRONMENT, "-" E, REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_ENVIRONMENT, "A1-" E, REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_ENVIRONMENT, "11111111-2222-3333-4444-55555555555g", REFERENCE_NAME, NULL, NULL,
	  NULL },
	{ WANT_ENVIRONMENT, E "." F, REFERENCE_KEY, E, F, NULL },
	{ WANT_ENVIRONMENT, "https://make.powerautomate.com/environments/" E "/home",
	  REFERENCE_LINK, E, NULL, NULL },
	{ WANT_ENVIRONMENT,
	  "https://admin.powerplatform.microsoft.com/environments/environment/" E "/hub",
	  REFERENCE_LINK, E, NULL, NULL },
	{ WANT_ENVIRONMENT, "https://make.powerautomate.com/home", REFERENCE_EMPTY, NULL, NULL,
	  NULL },

	{ WANT_FLOW, F, REFERENCE_ID, NULL, F, NULL },
	{ WANT_FLOW, "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE", REFERENCE_ID, NULL,
	  "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE", NULL },
	{ WANT_FLOW, D "." F, REFERENCE_KEY, D, F, NULL },
	{ WANT_FLOW, "Release v1.2 - notify", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_FLOW, "a/b: flows/x", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_FLOW, "HTTP -> https", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/flows/" F "/details",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/flows/" F, REFERENCE_LINK,
	  E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/flows/" F "?v3=true#x",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/flows/shared/" F "/details",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/solutions/" SOL "/flows/" F,
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW,
	  "https://make.powerautomate.com/environments/" E "/solutions/~preferred/flows/" F
	  "/details",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW,
	  "https://make.powerapps.com/environments/" E "/solutions/" SOL "/objects/cloudflows/" F
	  "/view",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/manage/environments/" E "/flows/" F "/details",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW,
	  "https://emea.flow.microsoft.com/manage/environments/" D "/flows/" F "/details",
	  REFERENCE_LINK, D, F, NULL },
	{ WANT_FLOW, "https://flow.microsoft.com/en-us/manage/environments/" D "/flows/" F,
	  REFERENCE_LINK, D, F, NULL },
	{ WANT_FLOW, "https://make.gov.powerautomate.us/environments/" E "/flows/" F "/details",
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.appsplatform.us/environments/" E "/flows/" F,
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.cn/environments/" E "/flows/" F, REFERENCE_LINK, E,
	  F, NULL },
	{ WANT_FLOW, "make.powerautomate.com/environments/" E "/flows/" F, REFERENCE_LINK, E, F,
	  NULL },
	{ WANT_FLOW, "HTTPS://MAKE.POWERAUTOMATE.COM:443/environments/" E "/flows/" F,
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW,
	  "https://make.powerautomate.com/environments/Default%2D99999999-8888-7777-6666-"
	  "555555555555/flows/" F,
	  REFERENCE_LINK, D, F, NULL },
	{ WANT_FLOW, "/providers/Microsoft.ProcessSimple/environments/" E "/flows/" F,
	  REFERENCE_LINK, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/flows/new", REFERENCE_EMPTY,
	  E, NULL, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com/environments/" E "/connections",
	  REFERENCE_EMPTY, E, NULL, NULL },
	{ WANT_FLOW, "https://contoso.sharepoint.com/environments/" E "/flows/" F,
	  REFERENCE_FOREIGN, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com.evil.example/environments/" E "/flows/" F,
	  REFERENCE_FOREIGN, E, F, NULL },
	{ WANT_FLOW, "https://make.powerautomate.com@evil.example/environments/" E "/flows/" F,
	  REFERENCE_FOREIGN, E, F, NULL },
	{ WANT_FLOW, "https://evilflow.microsoft.com.example/", REFERENCE_FOREIGN, NULL, NULL,
	  NULL },

	{ WANT_RUN, R, REFERENCE_ID, NULL, NULL, R },
	{ WANT_RUN, "not a run", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_RUN, "../../x", REFERENCE_NAME, NULL, NULL, NULL },
	{ WANT_RUN, "https://make.powerautomate.com/environments/" E "/flows/" F "/runs/" R,
	  REFERENCE_LINK, E, F, R },
	{ WANT_RUN,
	  "https://make.powerautomate.com/environments/" E "/solutions/" SOL "/flows/" F "/runs/" R
	  "?v3=false",
	  REFERENCE_LINK, E, F, R },
	{ WANT_RUN, "https://us.flow.microsoft.com/manage/environments/" D "/flows/" F "/runs/" R,
	  REFERENCE_LINK, D, F, R },
	{ WANT_RUN, "https://make.powerautomate.com/environments/" E "/flows/" F "/runs",
	  REFERENCE_EMPTY, E, F, NULL },
};

static void same(struct str have, const char *want, const char *text, const char *what)
{
	if (want ? !str_eq(have, str_from(want)) : have.p != NULL)
		fail_msg("%s: %s is %.*s, wanted %s", text, what, STR_ARG(have),
			 want ? want : "nothing");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reference r = reference_read(*state, str_from(rows[i].text), rows[i].want);

		if (r.kind != rows[i].kind)
			fail_msg("%s: kind %d, wanted %d", rows[i].text, r.kind, rows[i].kind);
		same(r.environment, rows[i].environment, rows[i].text, "environment");
		same(r.flow, rows[i].flow, rows[i].text, "flow");
		same(r.run, rows[i].run, rows[i].text, "run");
	}
}

/* Every cut of every row is read without reading past its end (for the sanitizers). */
static void test_prefixes(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 0; n <= strlen(rows[i].text); n++) {
			char *copy = malloc(n ? n : 1);

			assert_non_null(copy);
			memcpy(copy, rows[i].text, n);
			for (int want = 0; want <= WANT_RUN; want++)
				(void)reference_read(*state, str_n(copy, n),
						     (enum reference_want)want);
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_rows),
		UNIT(test_prefixes),
	};

	return UNIT_RUN(tests);
}
