/*
 * test_host.c - where requests may go: every cloud's origins and scopes, and the links that are
 * refused, each from every place a link can come from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "work/conf.h"
#include "work/host.h"

static struct arena arena;

static struct hosts *cloud(const char *name)
{
	struct conf conf = { .cloud = name };
	const char *message = NULL;

	return hosts_new(&arena, &conf, &message);
}

static struct hosts *configured(const char *name)
{
	struct conf conf = {
		.cloud = name,
		.login_url = "https://login.practice.localhost:8443",
		.flow_url = "https://flow.practice.localhost:8443",
		.powerapps_url = "https://powerapps.practice.localhost:8443",
		.bap_url = "https://bap.practice.localhost:8443",
		.powerplatform_url = "https://powerplatform.practice.localhost:8443",
		.environment_url = "https://{environment}.environment.practice.localhost:8443",
		.dataverse_url = "https://{organization}.crm.practice.localhost:8443",
		.content_hosts = "content.practice.localhost:8443, [::1]:9443,plain.example",
	};
	const char *message = NULL;

	return hosts_new(&arena, &conf, &message);
}

static void assert_str(struct str got, const char *want)
{
	if (!want) {
		assert_null(got.p);
		return;
	}
	assert_non_null(got.p);
	assert_string_equal(str_c(&arena, got), want);
}

/* ---- origins and scopes ---- */

#define ENV "01234567-89AB-cdef-0123-456789abcdef"

static void origins(void **state)
{
	static const struct {
		const char *cloud;
		enum host_row row;
		const char *of, *origin;
	} t[] = {
		{ "public", HOST_LOGIN, "", "https://login.microsoftonline.com" },
		{ "public", HOST_FLOW, "", "https://api.flow.microsoft.com" },
		{ "public", HOST_POWERAPPS, "", "https://api.powerapps.com" },
		{ "public", HOST_BAP, "", "https://api.bap.microsoft.com" },
		{ "public", HOST_POWERPLATFORM, "", "https://api.powerplatform.com" },
		{ "public", HOST_APIHUB, "", NULL },
		{ "public", HOST_CONTENT, "", NULL },
		{ "public", HOST_ENVIRONMENT, ENV,
		  "https://0123456789abcdef0123456789abcd.ef.environment.api.powerplatform.com" },
		{ "public", HOST_ENVIRONMENT, "Default-" ENV,
		  "https://default0123456789abcdef0123456789abcd.ef.environment.api.powerplatform.com" },
		{ "gcc", HOST_ENVIRONMENT, ENV,
		  "https://0123456789abcdef0123456789abcde.f.environment.api.gov.powerplatform."
		  "microsoft.us" },
		{ "gcchigh", HOST_ENVIRONMENT, ENV,
		  "https://0123456789abcdef0123456789abcde.f.environment.api.high.powerplatform."
		  "microsoft.us" },
		{ "dod", HOST_ENVIRONMENT, ENV,
		  "https://0123456789abcdef0123456789abcde.f.environment.api.appsplatform.us" },
		{ "china", HOST_ENVIRONMENT, ENV,
		  "https://0123456789abcdef0123456789abcde.f.environment.api.powerplatform.partner."
		  "microsoftonline.cn" },
		{ "public", HOST_ENVIRONMENT, "", NULL },
		{ "public", HOST_ENVIRONMENT, "a/b", NULL },
		{ "public", HOST_ENVIRONMENT, "a.evil.example", NULL },
		{ "public", HOST_ENVIRONMENT, "a%2eb", NULL },
		{ "public", HOST_ENVIRONMENT, "ab", NULL },
		{ "public", HOST_ENVIRONMENT, "-", NULL },
		{ "public", HOST_DATAVERSE, "contoso.crm.dynamics.com",
		  "https://contoso.crm.dynamics.com" },
		{ "public", HOST_DATAVERSE, "https://Contoso.crm4.dynamics.com/",
		  "https://contoso.crm4.dynamics.com" },
		{ "public", HOST_DATAVERSE, "https://contoso.api.crm11.dynamics.com/",
		  "https://contoso.crm11.dynamics.com" },
		{ "public", HOST_DATAVERSE, "https://contoso.crm.dynamics.com:443/x",
		  "https://contoso.crm.dynamics.com" },
		{ "public", HOST_DATAVERSE, "contoso.crm.dynamics.com:444", NULL },
		{ "public", HOST_DATAVERSE, "http://contoso.crm.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "contoso.crm.dynamics.com.evil.example", NULL },
		{ "public", HOST_DATAVERSE, "contoso.evil.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "a.b.crm.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "contoso.crmx.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "contoso.crm123.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "crm.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "evil@contoso.crm.dynamics.com", NULL },
		{ "public", HOST_DATAVERSE, "contoso.crm.microsoftdynamics.us", NULL },
		{ "gcc", HOST_DATAVERSE, "contoso.crm9.dynamics.com",
		  "https://contoso.crm9.dynamics.com" },
		{ "gcc", HOST_DATAVERSE, "contoso.crm.dynamics.com", NULL },
		{ "gcchigh", HOST_DATAVERSE, "contoso.crm.microsoftdynamics.us",
		  "https://contoso.crm.microsoftdynamics.us" },
		{ "dod", HOST_DATAVERSE, "contoso.crm.appsplatform.us",
		  "https://contoso.crm.appsplatform.us" },
		{ "china", HOST_DATAVERSE, "contoso.crm.dynamics.cn",
		  "https://contoso.crm.dynamics.cn" },
		{ "gcc", HOST_LOGIN, "", "https://login.microsoftonline.com" },
		{ "gcchigh", HOST_LOGIN, "", "https://login.microsoftonline.us" },
		{ "dod", HOST_LOGIN, "", "https://login.microsoftonline.us" },
		{ "china", HOST_LOGIN, "", "https://login.partner.microsoftonline.cn" },
		{ "gcc", HOST_FLOW, "", "https://gov.api.flow.microsoft.us" },
		{ "gcchigh", HOST_FLOW, "", "https://high.api.flow.microsoft.us" },
		{ "dod", HOST_FLOW, "", "https://api.flow.appsplatform.us" },
		{ "china", HOST_FLOW, "", "https://api.powerautomate.cn" },
		{ "gcc", HOST_POWERAPPS, "", "https://gov.api.powerapps.us" },
		{ "gcchigh", HOST_POWERAPPS, "", "https://high.api.powerapps.us" },
		{ "dod", HOST_POWERAPPS, "", "https://api.apps.appsplatform.us" },
		{ "china", HOST_POWERAPPS, "", "https://api.powerapps.cn" },
		{ "gcc", HOST_BAP, "", "https://gov.api.bap.microsoft.us" },
		{ "gcchigh", HOST_BAP, "", "https://high.api.bap.microsoft.us" },
		{ "dod", HOST_BAP, "", "https://api.bap.appsplatform.us" },
		{ "china", HOST_BAP, "", "https://api.bap.partner.microsoftonline.cn" },
		{ "gcc", HOST_POWERPLATFORM, "", "https://api.gov.powerplatform.microsoft.us" },
		{ "gcchigh", HOST_POWERPLATFORM, "", "https://api.high.powerplatform.microsoft.us" },
		{ "dod", HOST_POWERPLATFORM, "", "https://api.appsplatform.us" },
		{ "china", HOST_POWERPLATFORM, "",
		  "https://api.powerplatform.partner.microsoftonline.cn" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_str(host_origin(cloud(t[i].cloud), &arena, t[i].row, str_from(t[i].of)),
			   t[i].origin);
}

static void origins_of_the_configuration(void **state)
{
	static const struct {
		enum host_row row;
		const char *of, *origin;
	} t[] = {
		{ HOST_LOGIN, "", "https://login.practice.localhost:8443" },
		{ HOST_FLOW, "", "https://flow.practice.localhost:8443" },
		{ HOST_ENVIRONMENT, "Default-" ENV,
		  "https://default-01234567-89ab-cdef-0123-456789abcdef.environment.practice."
		  "localhost:8443" },
		{ HOST_ENVIRONMENT, "x.evil", NULL },
		{ HOST_DATAVERSE, "https://contoso.crm.practice.localhost:8443/",
		  "https://contoso.crm.practice.localhost:8443" },
		{ HOST_DATAVERSE, "contoso.crm.practice.localhost", NULL },
		{ HOST_DATAVERSE, "a.b.crm.practice.localhost:8443", NULL },
		{ HOST_DATAVERSE, ".crm.practice.localhost:8443", NULL },
		{ HOST_DATAVERSE, "contoso.crm.dynamics.com", NULL },
	};
	struct hosts *h = configured("practice");
	struct conf bare = { .cloud = "custom", .login_url = "https://a.example" };
	const char *message = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_str(host_origin(h, &arena, t[i].row, str_from(t[i].of)), t[i].origin);
	assert_null(hosts_new(&arena, &bare, &message));
	assert_non_null(message);
	bare.flow_url = "https://b.example";
	assert_non_null(h = hosts_new(&arena, &bare, &message));
	assert_str(host_origin(h, &arena, HOST_ENVIRONMENT, S(ENV)), NULL);
	assert_str(host_origin(h, &arena, HOST_DATAVERSE, S("contoso.crm.dynamics.com")), NULL);
	assert_str(host_origin(h, &arena, HOST_BAP, S("")), NULL);
	bare.cloud = "moon";
	message = NULL;
	assert_null(hosts_new(&arena, &bare, &message));
	assert_non_null(message);
}

static void scopes(void **state)
{
	static const struct {
		const char *cloud;
		enum audience audience;
		const char *organisation, *scope;
	} t[] = {
		{ "public", AUD_FLOW, "", "https://service.flow.microsoft.com//.default" },
		{ "public", AUD_POWERAPPS, "", "https://service.powerapps.com//.default" },
		{ "public", AUD_POWERPLATFORM, "", "https://api.powerplatform.com/.default" },
		{ "public", AUD_APIHUB, "", "https://apihub.azure.com/.default" },
		{ "public", AUD_DATAVERSE, "https://contoso.crm4.dynamics.com",
		  "https://contoso.crm4.dynamics.com/.default" },
		{ "public", AUD_DATAVERSE, "https://evil.example", NULL },
		{ "public", AUD_DATAVERSE, "", NULL },
		{ "public", AUD_NONE, "", NULL },
		{ "gcc", AUD_FLOW, "", "https://gov.service.flow.microsoft.us//.default" },
		{ "gcchigh", AUD_FLOW, "", "https://high.service.flow.microsoft.us//.default" },
		{ "dod", AUD_FLOW, "", "https://service.flow.appsplatform.us//.default" },
		{ "china", AUD_FLOW, "", "https://service.powerautomate.cn//.default" },
		{ "china", AUD_POWERAPPS, "", "https://service.powerapps.cn//.default" },
		{ "dod", AUD_POWERPLATFORM, "", "https://api.appsplatform.us/.default" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_str(host_scope(cloud(t[i].cloud), &arena, t[i].audience,
				      str_from(t[i].organisation)),
			   t[i].scope);
	assert_str(host_scope(configured("custom"), &arena, AUD_FLOW, S("")),
		   "https://service.flow.microsoft.com//.default");
	assert_str(host_scope(configured("practice"), &arena, AUD_DATAVERSE,
			      S("https://contoso.crm.practice.localhost:8443")),
		   "https://contoso.crm.practice.localhost:8443/.default");
}

static void audiences(void **state)
{
	struct hosts *h = cloud("public");

	(void)state;
	assert_int_equal(host_audience(h, HOST_FLOW, S("/x")), AUD_FLOW);
	assert_int_equal(host_audience(h, HOST_BAP, S("/x")), AUD_POWERAPPS);
	assert_int_equal(host_audience(h, HOST_CONTENT, S("/x")), AUD_NONE);
	assert_int_equal(host_audience(h, HOST_TRIGGER, S("/x")), AUD_NONE);
	assert_int_equal(host_audience(h, HOST_LOGIN, S("/x")), AUD_NONE);
	assert_int_equal(host_audience(h, HOST_DATAVERSE, S("/x")), AUD_DATAVERSE);
	assert_int_equal(host_audience(h, HOST_ENVIRONMENT, S("/powerautomate/apis")), AUD_FLOW);
	assert_int_equal(host_audience(h, HOST_ENVIRONMENT, S("/powerautomatex/apis")),
			 AUD_POWERPLATFORM);
	assert_int_equal(host_audience(h, HOST_ENVIRONMENT, S("/connectivity/connections")),
			 AUD_POWERPLATFORM);
	assert_int_equal(host_audience(h, HOST_ENVIRONMENT,
				       S("https://a.b.environment.api.powerplatform.com/"
					 "powerautomate/x")),
			 AUD_FLOW);
	for (int i = 0; i < AUD__MAX; i++)
		assert_int_equal(audience_from_name(str_from(audience_name((enum audience)i))), i);
	assert_int_equal(audience_from_name(S("moon")), AUD__MAX);
	assert_string_equal(host_row_name(HOST_DATAVERSE), "dataverse");
	assert_true(host_public_only(h, HOST_CONTENT));
	assert_true(host_public_only(h, HOST_TRIGGER));
	assert_false(host_public_only(h, HOST_FLOW));
	assert_false(host_public_only(configured("practice"), HOST_CONTENT));
	assert_str(host_authority(h), "https://login.microsoftonline.com");
	assert_str(host_portal(h), "https://make.powerautomate.com");
	assert_str(host_portal(configured("custom")), NULL);
}

/* ---- links ---- */

/* The places a link can come from, each with a host that is right there. */
static const struct source {
	const char *name, *good;
	enum host_row row; /* of host_check_link, with a request to `request` */
	const char *request;
	enum { LINK, CONTENT, TRIGGER, ORGANISATION } kind;
} sources[] = {
	{ "nextLink", "api.flow.microsoft.com", HOST_FLOW,
	  "https://api.flow.microsoft.com/providers/Microsoft.ProcessSimple/environments", LINK },
	{ "Location", "api.bap.microsoft.com", HOST_BAP, "https://api.bap.microsoft.com/providers/x",
	  LINK },
	{ "environment link", "0123.ef.environment.api.powerplatform.com", HOST_ENVIRONMENT,
	  "https://0123.ef.environment.api.powerplatform.com/powerautomate/x", LINK },
	{ "@odata.nextLink", "contoso.crm4.dynamics.com", HOST_DATAVERSE,
	  "https://contoso.crm4.dynamics.com/api/data/v9.2/workflows", LINK },
	{ "runtime URL", "europe-001.azure-apim.net", HOST_APIHUB, "", LINK },
	{ "contentLink", "prod-07.westeurope.logic.azure.com", HOST_CONTENT, "", CONTENT },
	{ "callback URL", "0123.ef.environment.api.powerplatform.com", HOST_TRIGGER, "", TRIGGER },
};
#define SOURCES (sizeof(sources) / sizeof(*sources))

static enum err check(const struct hosts *h, const struct source *s, struct str link,
		      struct str *out, const char **why)
{
	switch (s->kind) {
	case CONTENT:
		return host_check_content(h, &arena, link, out, why);
	case TRIGGER:
		return host_check_trigger(h, &arena, link, out, why);
	default:
		return host_check_link(h, &arena, s->row, str_from(s->request), link, out, why);
	}
}

/* {H} is the host that would be right.  None of these may pass, wherever it comes from. */
static const char *const evil[] = {
	/* another scheme, or none */
	"http://{H}/x", "ftp://{H}/x", "wss://{H}/x", "gopher://{H}:443/x", "file:///etc/passwd",
	"javascript:alert(1)", "data:,x", "//{H}/x", "//evil.example/x", "{H}/x", "https", "", "https:",
	"https://", "https:{H}/x", "https:/{H}/x", "https:///{H}/x", "https:////{H}/x",
	"https:\\\\{H}\\x", "https://?{H}", "view-source:https://{H}/x",
	/* user info */
	"https://user@{H}/x", "https://user:pw@{H}/x", "https://@{H}/x", "https://:@{H}/x",
	"https://{H}@evil.example/x", "https://{H}:443@evil.example/x",
	"https://evil.example\\@{H}/x", "https://evil.example:443\\@{H}/x", "https://a@b@{H}/x",
	/* another host that looks like it */
	"https://evil.example/{H}", "https://evil.example?{H}", "https://evil.example#{H}",
	"https://{H}.evil.example/x", "https://evil{H}.example/x", "https://{H}\\.evil.example/x",
	"https://{H},evil.example/x", "https://{H};evil.example/x", "https://({H})/x",
	"https://{H}_evil.example/x", "https://{H}|evil.example/x", "https://evil.example/\\{H}/x",
	"https://microsoft.com/x", "https://flow.microsoft.com.evil.example/x",
	"https://management.azure.com.evil.example/x", "https://management.azure.com:444/x",
	"https://xn--pi-7kc.flow.microsoft.com.evil.example/x",
	"https://\xd0\xb0pi.flow.microsoft.com/x", ("https://{H}\xe3\x80\x82" "evil.example/x"),
	"https://\xef\xbc\xa1{H}/x", "https://{H}\xc2\xad/x",
	/* dots and ports */
	"https://{H}./x", "https://{H}../x", "https://.{H}/x", "https://{H}.:443/x", "https://{H}:0/x",
	"https://{H}:80/x", "https://{H}:444/x", "https://{H}:0443/x", "https://{H}:443x/x",
	"https://{H}:/x", "https://{H}:65979/x", "https://{H}:-443/x", "https://{H}:443:443/x",
	"https://{H}:+443/x", "https://{H}: 443/x",
	/* escapes, white space and control characters */
	"https://{H}%2eevil.example/x", "https://%61{H}/x", "https://{H}%00.evil.example/x",
	"https://{H}%09/x", "https://{H}%2f@evil.example/x", " https://{H}/x", "https://{H}/x ",
	"https://{H} /x", "https://{H}/x\n", "\thttps://{H}/x", "https://{H}/x\r\nX: y",
	"ht\ntps://{H}/x", "https://{H}\t.evil.example/x", "https://{H}/a b", "https://{H}/\x7f",
	/* fragments and dot segments */
	"https://{H}/x#y", "https://{H}#", "https://{H}/../x", "https://{H}/a/./x", "https://{H}/a/..",
	"https://{H}/a/%2e%2e/x", "https://{H}/a/.%2E/x", "https://{H}/a/..%2fx",
	"https://{H}/a%2f..%2fx", "https://{H}/a/%5c..%5cx", "https://{H}/a\\..\\x",
	/* addresses */
	"https://127.0.0.1/x", "https://0x7f.1/x", "https://017700000001/x", "https://2130706433/x",
	"https://127.1/x", "https://[::1]/x", "https://[::ffff:127.0.0.1]/x", "https://[::]/x",
	"https://[fe80::1%25eth0]/x", "https://169.254.169.254/latest/meta-data/",
	"https://localhost/x", "https://[{H}]/x", "https://0/x", "https://10.0.0.1/x",
};
#define EVIL (sizeof(evil) / sizeof(*evil))

static struct str put_host(const char *pattern, const char *host)
{
	struct str rest = str_from(pattern);
	struct buf b;
	ptrdiff_t at;

	buf_init_in(&b, &arena, 4096);
	while ((at = str_find(rest, S("{H}"))) >= 0) {
		buf_adds(&b, str_first(rest, (size_t)at));
		buf_addz(&b, host);
		rest = str_from_at(rest, (size_t)at + 3);
	}
	buf_adds(&b, rest);
	return str_dup(&arena, buf_str(&b));
}

static void evil_links_are_refused(void **state)
{
	struct hosts *h = cloud("public");
	unsigned refused = 0;

	(void)state;
	assert_true(EVIL >= 60);
	for (size_t s = 0; s < SOURCES; s++) {
		for (size_t i = 0; i < EVIL; i++) {
			struct str link = put_host(evil[i], sources[s].good), out = { 0 };
			const char *why = NULL;

			if (check(h, &sources[s], link, &out, &why) == ERR_OK)
				fail_msg("%s accepts %.*s", sources[s].name, STR_ARG(link));
			assert_null(out.p);
			assert_non_null(why);
			/* Refused by host only: nothing of a path or query, which may be signed. */
			assert_null(strchr(why, '/'));
			assert_null(strchr(why, '?'));
			refused++;
		}
	}
	assert_int_equal(refused, SOURCES * EVIL);
}

static void zero_bytes_and_great_length_are_refused(void **state)
{
	struct hosts *h = cloud("public");
	char big[LIMIT_URL + 64];

	(void)state;
	for (size_t s = 0; s < SOURCES; s++) {
		struct str out = { 0 }, link = str_fmt(&arena, "https://%s/x?y", sources[s].good);
		const char *why = NULL;
		size_t n = link.n;

		assert_int_equal(check(h, &sources[s], link, &out, &why), ERR_OK);
		((char *)(uintptr_t)link.p)[n - 2] = '\0';
		assert_int_equal(check(h, &sources[s], link, &out, &why), ERR_FOREIGN_LINK);
		memset(big, 'a', sizeof(big));
		memcpy(big, link.p, n - 2);
		assert_int_equal(check(h, &sources[s], str_n(big, LIMIT_URL), &out, &why), ERR_OK);
		assert_int_equal(check(h, &sources[s], str_n(big, LIMIT_URL + 1), &out, &why),
				 ERR_FOREIGN_LINK);
	}
}

static void good_links_pass(void **state)
{
	static const struct {
		const char *cloud;
		unsigned source;
		const char *link, *out; /* NULL: as it stands */
	} t[] = {
		{ "public", 0, "https://api.flow.microsoft.com/p?a=b&$skiptoken=%2Fx", NULL },
		{ "public", 0, "https://API.Flow.Microsoft.com:443/p?a=b",
		  "https://api.flow.microsoft.com/p?a=b" },
		{ "public", 0, "https://europe.api.flow.microsoft.com/p?a=b", NULL },
		{ "public", 0, "https://us.tip1.api.flow.microsoft.com/p", NULL },
		{ "public", 0, "https://management.azure.com/p?$skiptoken=x%3D&a=(b)",
		  "https://api.flow.microsoft.com/p?$skiptoken=x%3D&a=(b)" },
		{ "public", 0, "/p/q?a=b", "https://api.flow.microsoft.com/p/q?a=b" },
		{ "public", 0, "https://api.flow.microsoft.com", "https://api.flow.microsoft.com/" },
		{ "public", 0, "https://api.flow.microsoft.com/a..b/.c/...?x=..", NULL },
		{ "public", 1, "https://unitedstates.api.bap.microsoft.com/o/1", NULL },
		{ "public", 2, "https://0123.ef.environment.api.powerplatform.com/powerautomate/x",
		  NULL },
		{ "public", 3, "https://contoso.crm4.dynamics.com/api/data/v9.2/w?$skiptoken=%3C", NULL },
		{ "public", 4, "https://europe-001.azure-apim.net/apim/sharepointonline/c/datasets",
		  NULL },
		{ "public", 4, "https://x.azure-apihub.net/apim/y", NULL },
		{ "public", 5, "https://prod-07.westeurope.logic.azure.com:443/workflows/1?sig=x",
		  "https://prod-07.westeurope.logic.azure.com/workflows/1?sig=x" },
		{ "public", 5,
		  "https://0123.ef.environment.api.powerplatformusercontent.com/powerautomate/x?sig=y",
		  NULL },
		{ "public", 5, "https://store1.blob.core.windows.net/c/b?sig=y", NULL },
		{ "public", 6,
		  "https://0123.ef.environment.api.powerplatform.com:443/powerautomate/x?sig=y",
		  "https://0123.ef.environment.api.powerplatform.com/powerautomate/x?sig=y" },
		{ "public", 6, "https://prod-1.westus.logic.azure.com/workflows/1?sig=x", NULL },
		{ "gcc", 5, "https://prod-1.usgovtexas.logic.azure.us/workflows/1?sig=x", NULL },
		{ "gcc", 5, "https://0.f.environment.api.gov.powerplatformusercontent.microsoft.us/x",
		  NULL },
		{ "china", 5, "https://s.blob.core.chinacloudapi.cn/x", NULL },
		{ "dod", 6, "https://0.f.environment.api.appsplatform.us/x?sig=y", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct str out = { 0 };
		const char *why = "";

		if (check(cloud(t[i].cloud), &sources[t[i].source], str_from(t[i].link), &out,
			  &why) != ERR_OK)
			fail_msg("%s: %s is refused: %s", t[i].cloud, t[i].link, why);
		assert_str(out, t[i].out ? t[i].out : t[i].link);
	}
}

/* A link chooses a path in its own row, never a row. */
static void links_stay_in_their_row(void **state)
{
	struct hosts *h = cloud("public");
	static const char *const elsewhere =
		"https://contoso.crm.dynamics.com/x https://store1.blob.core.windows.net/x "
		"https://fabrikam.crm4.dynamics.com/x https://api.powerapps.com/x "
		"https://9999.ef.environment.api.powerplatform.com/x https://logic.azure.com/x "
		"https://login.microsoftonline.com/x https://make.powerautomate.com/x "
		"https://gov.api.flow.microsoft.us/x https://blob.core.windows.net/x "
		"https://azure-apim.net/x https://graph.microsoft.com/x "
		"https://evilapi.flow.microsoft.com/x https://evillogic.azure.com/x "
		"https://evilblob.core.windows.net/x https://evilazure-apim.net/x "
		"https://evil-api.bap.microsoft.com/x https://xcrm4.dynamics.com/x";
	static const struct {
		unsigned source;
		const char *link;
	} allowed[] = {
		{ 5, "https://store1.blob.core.windows.net/x" },
		{ 6, "https://9999.ef.environment.api.powerplatform.com/x" },
	};

	(void)state;
	for (size_t s = 0; s < SOURCES; s++) {
		struct str rest = str_from(elsewhere), link, out;
		const char *why;

		while (str_cut(&rest, ' ', &link)) {
			bool fine = false;

			for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
				fine |= allowed[i].source == s &&
					str_eq(link, str_from(allowed[i].link));
			if ((check(h, &sources[s], link, &out, &why) == ERR_OK) != fine)
				fail_msg("%s: %.*s", sources[s].name, STR_ARG(link));
		}
	}
	/* The environments' hosts lie below api.powerplatform.com, but are another row. */
	for (int i = 0; i < 2; i++) {
		struct str out, request = S("https://api.powerplatform.com/x");
		struct str link = i ? S("https://emea.api.powerplatform.com/x")
				    : S("https://0.f.environment.api.powerplatform.com/x");
		const char *why;

		assert_int_equal(host_check_link(h, &arena, HOST_POWERPLATFORM, request, link, &out,
						 &why),
				 i ? ERR_OK : ERR_FOREIGN_LINK);
	}
}

static void a_link_needs_a_request_of_its_row(void **state)
{
	struct hosts *h = cloud("public");
	struct str link = S("https://api.flow.microsoft.com/x"), out;
	const char *why;

	(void)state;
	assert_int_equal(host_check_link(h, &arena, HOST_FLOW, S("https://evil.example/"), link, &out,
					 &why),
			 ERR_FOREIGN_LINK);
	assert_int_equal(host_check_link(h, &arena, HOST_FLOW, S("https://evil.example/"),
					 S("https://management.azure.com/x"), &out, &why),
			 ERR_FOREIGN_LINK);
	assert_int_equal(host_check_link(h, &arena, HOST_FLOW, S(""), S("/x"), &out, &why),
			 ERR_FOREIGN_LINK);
	assert_int_equal(host_check_link(h, &arena, HOST_LOGIN,
					 S("https://login.microsoftonline.com/x"),
					 S("https://login.microsoftonline.com/y"), &out, &why),
			 ERR_FOREIGN_LINK);
	assert_int_equal(host_check_link(h, &arena, HOST_CONTENT,
					 S("https://a.logic.azure.com/x"),
					 S("https://a.logic.azure.com/y"), &out, &why),
			 ERR_FOREIGN_LINK);
}

static void links_of_the_configuration(void **state)
{
	static const struct {
		enum host_row row; /* HOST__MAX: content link, HOST_TRIGGER without request */
		const char *request, *link, *out;
	} t[] = {
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x",
		  "https://flow.practice.localhost:8443/y?z", "https://flow.practice.localhost:8443/y?z" },
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x",
		  "https://europe.flow.practice.localhost:8443/y",
		  "https://europe.flow.practice.localhost:8443/y" },
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x", "https://management.azure.com/y?z",
		  "https://flow.practice.localhost:8443/y?z" },
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x", "https://flow.practice.localhost/y",
		  NULL },
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x",
		  "https://bap.practice.localhost:8443/y", NULL },
		{ HOST_FLOW, "https://flow.practice.localhost:8443/x", "https://api.flow.microsoft.com/y",
		  NULL },
		{ HOST_ENVIRONMENT, "https://a.environment.practice.localhost:8443/x",
		  "https://a.environment.practice.localhost:8443/y",
		  "https://a.environment.practice.localhost:8443/y" },
		{ HOST_ENVIRONMENT, "https://a.environment.practice.localhost:8443/x",
		  "https://b.environment.practice.localhost:8443/y", NULL },
		{ HOST_DATAVERSE, "https://a.crm.practice.localhost:8443/x",
		  "https://a.crm.practice.localhost:8443/y", "https://a.crm.practice.localhost:8443/y" },
		{ HOST_DATAVERSE, "https://a.crm.practice.localhost:8443/x",
		  "https://b.crm.practice.localhost:8443/y", NULL },
		{ HOST__MAX, "", "https://content.practice.localhost:8443/y?sig=z",
		  "https://content.practice.localhost:8443/y?sig=z" },
		{ HOST__MAX, "", "https://x.content.practice.localhost:8443/y", NULL },
		{ HOST__MAX, "", "https://content.practice.localhost/y", NULL },
		{ HOST__MAX, "", "https://[::1]:9443/y", "https://[::1]:9443/y" },
		{ HOST__MAX, "", "https://plain.example/y", "https://plain.example/y" },
		{ HOST__MAX, "", "https://a.logic.azure.com/y", NULL },
		{ HOST_TRIGGER, "", "https://a.environment.practice.localhost:8443/y?sig=z",
		  "https://a.environment.practice.localhost:8443/y?sig=z" },
		{ HOST_TRIGGER, "", "https://flow.practice.localhost:8443/y?sig=z",
		  "https://flow.practice.localhost:8443/y?sig=z" },
		{ HOST_TRIGGER, "", "https://a.logic.azure.com/y", NULL },
	};
	struct hosts *h = configured("custom");

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct str link = str_from(t[i].link), out = { 0 };
		const char *why;
		enum err e;

		if (t[i].row == HOST__MAX)
			e = host_check_content(h, &arena, link, &out, &why);
		else if (t[i].row == HOST_TRIGGER)
			e = host_check_trigger(h, &arena, link, &out, &why);
		else
			e = host_check_link(h, &arena, t[i].row, str_from(t[i].request), link, &out,
					    &why);
		assert_int_equal(e, t[i].out ? ERR_OK : ERR_FOREIGN_LINK);
		assert_str(out, t[i].out);
	}
}

static void an_address_has_no_regions(void **state)
{
	struct conf conf = { .cloud = "custom", .login_url = "https://127.0.0.1:9",
			     .flow_url = "https://127.0.0.1:8443" };
	struct str out, request = S("https://127.0.0.1:8443/x");
	const char *why;
	struct hosts *h = hosts_new(&arena, &conf, &why);

	(void)state;
	assert_non_null(h);
	assert_int_equal(host_check_link(h, &arena, HOST_FLOW, request,
					 S("https://127.0.0.1:8443/y"), &out, &why),
			 ERR_OK);
	assert_int_equal(host_check_link(h, &arena, HOST_FLOW, request,
					 S("https://a.127.0.0.1:8443/y"), &out, &why),
			 ERR_FOREIGN_LINK);
}

static int empty_arena(void **state)
{
	(void)state;
	arena_release(&arena);
	arena_init(&arena, 64u << 20);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(origins, empty_arena),
		cmocka_unit_test_setup(origins_of_the_configuration, empty_arena),
		cmocka_unit_test_setup(scopes, empty_arena),
		cmocka_unit_test_setup(audiences, empty_arena),
		cmocka_unit_test_setup(evil_links_are_refused, empty_arena),
		cmocka_unit_test_setup(zero_bytes_and_great_length_are_refused, empty_arena),
		cmocka_unit_test_setup(good_links_pass, empty_arena),
		cmocka_unit_test_setup(links_stay_in_their_row, empty_arena),
		cmocka_unit_test_setup(a_link_needs_a_request_of_its_row, empty_arena),
		cmocka_unit_test_setup(links_of_the_configuration, empty_arena),
		cmocka_unit_test_setup_teardown(an_address_has_no_regions, empty_arena, empty_arena),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
