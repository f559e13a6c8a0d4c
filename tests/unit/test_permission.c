/*
 * test_permission.c - what is asked of each API, in each cloud: work/permission.c.
 */
#include "unit.h"

#include "work/conf.h"
#include "work/permission.h"

static struct hosts *hosts_of(struct arena *a, const char *cloud)
{
	struct conf conf = { .cloud = cloud };
	const char *message = "";
	struct hosts *h = hosts_new(a, &conf, &message);

	assert_non_null(h);
	return h;
}

/* Authority, and the scopes of the flow service and of Power Apps, by cloud. */
static void test_clouds(void **state)
{
	static const struct {
		const char *cloud, *authority, *flow, *powerapps, *powerplatform;
	} rows[] = {
		{ "public", "https://login.microsoftonline.com", "https://service.flow.microsoft.com/",
		  "https://service.powerapps.com/", "https://api.powerplatform.com" },
		{ "gcc", "https://login.microsoftonline.com", "https://gov.service.flow.microsoft.us/",
		  "https://gov.service.powerapps.us/", "https://api.gov.powerplatform.microsoft.us" },
		{ "gcchigh", "https://login.microsoftonline.us", "https://high.service.flow.microsoft.us/",
		  "https://high.service.powerapps.us/", "https://api.high.powerplatform.microsoft.us" },
		{ "dod", "https://login.microsoftonline.us", "https://service.flow.appsplatform.us/",
		  "https://service.apps.appsplatform.us/", "https://api.appsplatform.us" },
		{ "china", "https://login.partner.microsoftonline.cn", "https://service.powerautomate.cn/",
		  "https://service.powerapps.cn/",
		  "https://api.powerplatform.partner.microsoftonline.cn" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hosts *h = hosts_of(a, rows[i].cloud);

		assert_str(host_authority(h), rows[i].authority);
		assert_str(permission_resource(h, a, AUD_FLOW, S("")), rows[i].flow);
		assert_str(permission_scope(h, a, AUD_FLOW, S(""), false),
			   arena_printf(a, "%s/.default", rows[i].flow));
		assert_str(permission_scope(h, a, AUD_FLOW, S(""), true),
			   arena_printf(a, "%s/Flows.Read.All %s/Activity.Read.All", rows[i].flow,
					rows[i].flow));
		assert_str(permission_scope(h, a, AUD_POWERAPPS, S(""), true),
			   arena_printf(a, "%s/User", rows[i].powerapps));
		assert_str(permission_resource(h, a, AUD_POWERPLATFORM, S("")), rows[i].powerplatform);
	}
}

/* Read-only token requests never say .default, whatever the service. */
static void test_read_only(void **state)
{
	struct arena *a = *state;
	struct hosts *h = hosts_of(a, "public");
	struct str org = S("https://contoso.crm4.dynamics.com");
	size_t n;
	const struct api *apis = permission_apis(&n);

	assert_int_equal(n, AUD__MAX - 1);
	for (size_t i = 0; i < n; i++) {
		struct str scope = permission_scope(h, a, apis[i].audience, org, true);

		assert_ptr_equal(permission_api(apis[i].audience), &apis[i]);
		assert_true(scope.n > 0);
		assert_true(str_find(scope, S(".default")) < 0);
		assert_true(str_find(scope, S(".Manage")) < 0 && str_find(scope, S("Write")) < 0);
		assert_true(str_ends(permission_scope(h, a, apis[i].audience, org, false),
				     S("/.default")));
		/* Every permission has a reason that a letter can give, none is for mail or files. */
		for (const struct permission *p = apis[i].permissions; p->scope; p++) {
			assert_true(strlen(p->why) > 5);
			assert_true(strstr(p->scope, "Mail") == NULL && strstr(p->scope, "Files") == NULL &&
				    strstr(p->scope, "Sites") == NULL &&
				    strstr(p->scope, "Calendars") == NULL);
		}
	}
	assert_str(permission_scope(h, a, AUD_DATAVERSE, org, true),
		   "https://contoso.crm4.dynamics.com/user_impersonation");
	assert_null(permission_scope(h, a, AUD_DATAVERSE, S("https://evil.example"), true).p);
	assert_null(permission_scope(h, a, AUD_NONE, S(""), true).p);
}

static void test_enforcer(void **state)
{
	static const struct {
		enum audience aud;
		const char *granted, *who;
	} rows[] = {
		{ AUD_FLOW, "https://service.flow.microsoft.com//Flows.Read.All", "microsoft" },
		{ AUD_FLOW, "openid https://x//Flows.Read.All  https://x//Activity.Read.All profile",
		  "microsoft" },
		{ AUD_FLOW, "Flows.Read.All", "microsoft" },
		{ AUD_FLOW, "https://x//Flows.Read.All https://x//Flows.Manage.All", "flowlatch" },
		{ AUD_FLOW, "https://x//Flows.Read.All https://x//User", "flowlatch" },
		{ AUD_FLOW, "https://x//NotFlows.Read.All", "flowlatch" },
		{ AUD_FLOW, "", "flowlatch" },
		{ AUD_FLOW, "openid profile", "flowlatch" },
		{ AUD_POWERAPPS, "https://service.powerapps.com//User", "flowlatch" },
		{ AUD_DATAVERSE, "https://o.crm.dynamics.com/user_impersonation", "flowlatch" },
		{ AUD_NONE, "https://x//Flows.Read.All", "flowlatch" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(permission_enforcer(rows[i].aud, str_from(rows[i].granted)), rows[i].who) != 0)
			fail_msg("row %zu: %s", i, rows[i].granted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_clouds),
		UNIT(test_read_only),
		UNIT(test_enforcer),
	};

	return UNIT_RUN(tests);
}
