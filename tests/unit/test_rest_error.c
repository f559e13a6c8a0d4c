/*
 * test_rest_error.c - the service's error envelopes: work/rest_error.c, work/service_codes.c.
 */
#include "unit.h"

#include "work/call_priv.h"
#include "work/service_codes.h"

static void test_envelopes(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err err;
		const char *code, *inner, *message;
		int wait;
	} rows[] = {
		{ 404, "{\"error\":{\"code\":\"FlowNotFound\",\"message\":\"Could not find flow 'x'.\"}}",
		  ERR_NOT_FOUND, "FlowNotFound", "", "Could not find flow 'x'.", -1 },
		/* The code decides, whatever the status and the language. */
		{ 400, "{\"error\":{\"code\":\"FlowNotFound\",\"message\":\"Fant ikke flyten.\"}}",
		  ERR_NOT_FOUND, "FlowNotFound", "", "Fant ikke flyten.", -1 },
		{ 429, "{\"statusCode\":429,\"message\":\"Rate limit is exceeded. Try again in 2 seconds.\"}",
		  ERR_THROTTLED, "", "", "Rate limit is exceeded. Try again in 2 seconds.", 2 },
		{ 429, "{\"statusCode\":429,\"message\":\"Versuchen Sie es in 17 Sekunden erneut.\"}",
		  ERR_THROTTLED, "", "", "Versuchen Sie es in 17 Sekunden erneut.", 17 },
		{ 400, "{\"error\":{\"odata.error\":{\"code\":\"-1, InvalidOperationException\","
		       "\"message\":{\"lang\":\"en\",\"value\":\"Bad thing\"}}}}",
		  ERR_INVALID_ARGUMENT, "-1, InvalidOperationException", "", "Bad thing", -1 },
		{ 400, "{\"odata.error\":{\"code\":\"x\",\"message\":{\"value\":\"Bad\"}}}",
		  ERR_INVALID_ARGUMENT, "x", "", "Bad", -1 },
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS70043: no\"}",
		  ERR_INVALID_ARGUMENT, "invalid_grant", "", "AADSTS70043: no", -1 },
		{ 404, "{\"error\":{\"code\":\"AzureResourceManagerRequestFailed\",\"message\":\"Request to "
		       "Azure Resource Manager failed with error: '{\\\"error\\\":{\\\"code\\\":"
		       "\\\"WorkflowRunNotFound\\\",\\\"message\\\":\\\"The workflow run is gone.\\\"}}'\"}}",
		  ERR_NOT_FOUND, "AzureResourceManagerRequestFailed", "WorkflowRunNotFound",
		  "The workflow run is gone.", -1 },
		{ 502, "<html>Bad gateway</html>", ERR_UPSTREAM, "", "",
		  "the service's gateway failed", -1 },
		{ 504, "", ERR_UPSTREAM, "", "", "the service took too long", -1 },
		{ 403, "", ERR_FORBIDDEN, "", "", "the service does not allow this", -1 },
		{ 418, "[1,2]", ERR_INVALID_ARGUMENT, "", "", "the service refused the request", -1 },
		{ 500, "{\"error\":{\"code\":12,\"message\":null}}", ERR_UPSTREAM, "12", "",
		  "the service failed", -1 },
		{ 403, "{\"error\":{\"code\":\"ConnectionAuthorizationFailed\",\"message\":\"m\"}}",
		  ERR_NOT_OWNER, "ConnectionAuthorizationFailed", "", "m", -1 },
		{ 401, "{\"error\":{\"code\":\"InvalidAuthenticationAudience\",\"message\":\"m\"}}",
		  ERR_CONFIG, "InvalidAuthenticationAudience", "", "m", -1 },
		/* Hostile: braces that are no JSON, nesting that leads nowhere. */
		{ 400, "{\"error\":{\"code\":\"A\",\"message\":\"}{\"}}", ERR_INVALID_ARGUMENT, "A", "",
		  "}{", -1 },
		{ 400, "{\"error\":{\"code\":{\"a\":1},\"message\":\"{{{{\"}}", ERR_INVALID_ARGUMENT, "",
		  "", "{{{{", -1 },
		{ 429, "{\"message\":\"99999999999999999999999 seconds\"}", ERR_THROTTLED, "", "",
		  "99999999999999999999999 seconds", -1 },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct service_error e;

		rest_error_read(a, rows[i].status, str_from(rows[i].body), &e);
		if (e.err != rows[i].err || e.wait_s != rows[i].wait)
			fail_msg("row %zu: %s, wait %lld", i, err_name(e.err), (long long)e.wait_s);
		assert_string_equal(e.code, rows[i].code);
		assert_string_equal(e.inner_code, rows[i].inner);
		assert_string_equal(e.message, rows[i].message);
	}
}

static void test_recorded(void **state)
{
	static const struct {
		const char *file;
		int status;
		enum err err;
	} rows[] = {
		{ "tests/data/samples/error-403-admin-role.json", 403, ERR_FORBIDDEN },
		{ "tests/data/samples/error-connection-authorization-failed.json", 403, ERR_NOT_OWNER },
		{ "tests/data/samples/error-environment-access-denied.json", 403, ERR_FORBIDDEN },
		{ "tests/data/samples/error-flow-not-found.json", 404, ERR_NOT_FOUND },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct service_error e;

		rest_error_read(a, rows[i].status, unit_file(a, rows[i].file), &e);
		assert_int_equal(e.err, rows[i].err);
		assert_true(e.message[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_envelopes),
		UNIT(test_recorded),
	};

	return UNIT_RUN(tests);
}
