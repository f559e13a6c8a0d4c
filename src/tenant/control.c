/*
 * control.c - the control plane: POST and GET /__practice/...
 *
 * Guarded by a random token that is written to DIR/control (0600) and nowhere else.
 * Knows every knob; the faces read them from `knobs`.
 */
#include "tenant/control.h"

#include <stdio.h>

#include "base/os.h"
#include "tenant/approvals.h"
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra.h"
#include "tenant/fault.h"
#include "tenant/package.h"
#include "tenant/route.h"
#include "tenant/stats.h"
#include "tenant/token.h"
#include "text/crypt.h"

struct knobs knobs;
static int64_t start_latency;
static char control_token[64];

static const struct {
	const char *name;
	const char *audience; /* beginning of it */
} audiences[KA__MAX] = {
	[KA_FLOW] = { "flow", "https://service.flow.microsoft.com" },
	[KA_POWERAPPS] = { "powerapps", "https://service.powerapps.com" },
	[KA_BAP] = { "bap", "https://api.bap.microsoft.com" },
	[KA_POWERPLATFORM] = { "powerplatform", "https://api.powerplatform.com" },
	[KA_APIHUB] = { "apihub", "https://apihub.azure.com" },
	[KA_MANAGEMENT] = { "management", "https://management.azure.com" },
	[KA_DATAVERSE] = { "dataverse", "https://" },
};

enum knob_audience knob_audience_of(struct str audience)
{
	for (int i = 0; i < KA__MAX; i++)
		if (i != KA_DATAVERSE && str_starts(audience, str_from(audiences[i].audience)))
			return (enum knob_audience)i;
	return str_find(audience, S(".crm.")) >= 0 ? KA_DATAVERSE : KA__MAX;
}

const char *knob_audience_name(enum knob_audience a)
{
	return a < KA__MAX ? audiences[a].name : "other";
}

void knobs_reset(void)
{
	knobs = (struct knobs){
		.admin_runs = true,
		.latency_ms = start_latency,
		.token_seconds = 4474, /* as recorded */
		.device = DEVICE_AUTO,
		.device_polls = 1,
		.device_seconds = 900,
		.device_interval = 5,
		.regional_links = true,
		.package_polls = 1,
	};
}

int control_start(const char *dir, int64_t latency_ms)
{
	unsigned char bytes[24];
	char path[4096];
	struct buf text;
	int rc;

	start_latency = latency_ms;
	knobs_reset();
	crypt_random(bytes, sizeof(bytes));
	buf_init(&text, 128);
	crypt_b64url(&text, str_bytes(bytes, sizeof(bytes)));
	snprintf(control_token, sizeof(control_token), "%s", buf_c(&text));
	buf_addc(&text, '\n');
	snprintf(path, sizeof(path), "%s/control", dir);
	rc = os_write_atomic(path, buf_str(&text));
	buf_free_wiped(&text);
	return rc;
}

/* ---- answers ---- */

bool control_allowed(struct request *q)
{
	struct str given = request_header(q, "X-Practice-Token");

	if (given.n == strlen(control_token) && given.n &&
	    crypt_equal(given.p, control_token, given.n))
		return true;
	emit(answer_begin(q, 403), "{'error':{'code':'Forbidden','message':"
				   "'The control plane needs the token of the control file.'}}");
	return false;
}

void control_done(struct request *q)
{
	emit(answer_begin(q, 200), "{'ok':true}");
}

void control_refuse(struct request *q, const char *why)
{
	emit(answer_begin(q, 400), "{'error':{'code':'BadControl','message':'%s'}}", why);
}

/* ---- knobs ---- */

static bool set_audiences(bool out[KA__MAX], const struct json *v, bool value_means)
{
	JSON_EACH(m, v) {
		int i = 0;

		while (i < KA__MAX && !str_eq(json_name(m), str_from(audiences[i].name)))
			i++;
		if (i == KA__MAX)
			return false;
		out[i] = json_is_true(m) == value_means;
	}
	return true;
}

static bool set_word(const struct json *v, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(json_str(v), str_from(words[i]))) {
			*out = i;
			return true;
		}
	return false;
}

static bool set_language(const struct json *v)
{
	static const char *const words[] = { "auto", "en", "de", "nb", NULL };
	int at;

	if (!set_word(v, words, &at))
		return false;
	knobs.language = at ? words[at] : NULL;
	return true;
}

static bool set_faces(const struct json *v)
{
	JSON_EACH(m, v) {
		int i = 0;

		while (i < FACE__MAX && !str_eq(json_name(m), str_from(face_name((enum face)i))))
			i++;
		if (i == FACE__MAX)
			return false;
		knobs.face_latency_ms[i] = json_int(m, 0);
	}
	return true;
}

static bool set_mode(struct str name, const struct json *v)
{
	static const char *const rotations[] = { "keep", "reuse", "none", "used", NULL };
	static const char *const devices[] = { "auto", "manual", NULL };
	static const char *const issuers[] = { "none", "right", "otherTenant", "foreign", NULL };
	static const char *const granted[] = { "asked", "all", NULL };
	int at;

	if (str_eq(name, S("language")))
		return set_language(v);
	if (str_eq(name, S("faceLatencyMs")))
		return set_faces(v);
	if (str_eq(name, S("consent")))
		return set_audiences(knobs.no_consent, v, false);
	if (str_eq(name, S("mfa")))
		return set_audiences(knobs.needs_mfa, v, true);
	if (str_eq(name, S("rotation"))) {
		if (!set_word(v, rotations, &at))
			return false;
		knobs.rotation = (enum rotation)at;
		return true;
	}
	if (str_eq(name, S("device"))) {
		if (!set_word(v, devices, &at))
			return false;
		knobs.device = (enum device_mode)at;
		return true;
	}
	if (str_eq(name, S("browserIss"))) {
		if (!set_word(v, issuers, &at))
			return false;
		knobs.browser_iss = (enum browser_iss)at;
		return true;
	}
	if (str_eq(name, S("granted"))) {
		if (!set_word(v, granted, &at))
			return false;
		knobs.granted = (enum granted_more)at;
		return true;
	}
	if (str_eq(name, S("clockShiftSeconds"))) {
		clock_shift(json_int(v, 0) * TICKS_S);
		return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool *flag;
	int64_t *number;
} plain_knobs[] = {
	{ "admin", &knobs.admin, NULL },
	{ "adminRuns", &knobs.admin_runs, NULL },
	{ "deviceBlocked", &knobs.device_blocked, NULL },
	{ "browserAuto", &knobs.browser_auto, NULL },
	{ "regionalLinks", &knobs.regional_links, NULL },
	{ "solutionOnly", &knobs.solution_only, NULL },
	{ "createDropsReferences", &knobs.create_drops_references, NULL },
	{ "activationChangesId", &knobs.activation_changes_id, NULL },
	{ "dataverseReadOnly", &knobs.dataverse_read_only, NULL },
	{ "packagePolls", NULL, &knobs.package_polls },
	{ "createLag", NULL, &knobs.create_lag },
	{ "importLicenceLag", NULL, &knobs.import_licence_lag },
	{ "latencyMs", NULL, &knobs.latency_ms },
	{ "pageSize", NULL, &knobs.page_size },
	{ "tokenSeconds", NULL, &knobs.token_seconds },
	{ "refreshInSeconds", NULL, &knobs.refresh_in },
	{ "devicePolls", NULL, &knobs.device_polls },
	{ "deviceSeconds", NULL, &knobs.device_seconds },
	{ "deviceIntervalSeconds", NULL, &knobs.device_interval },
	{ "linkSeconds", NULL, &knobs.link_seconds },
	{ "outputBytes", NULL, &knobs.output_bytes },
};

static bool set_plain(struct str name, const struct json *v)
{
	for (size_t i = 0; i < sizeof(plain_knobs) / sizeof(*plain_knobs); i++) {
		if (!str_eq(name, str_from(plain_knobs[i].name)))
			continue;
		if (plain_knobs[i].flag && json_is(v, JSON_BOOL))
			*plain_knobs[i].flag = json_is_true(v);
		else if (plain_knobs[i].number && json_is(v, JSON_NUMBER))
			*plain_knobs[i].number = json_int(v, 0);
		else
			return false;
		return true;
	}
	return false;
}

static void set_knobs(struct request *q)
{
	const struct json *v = request_json(q);

	if (!control_allowed(q))
		return;
	JSON_EACH(m, v)
		if (!set_plain(json_name(m), m) && !set_mode(json_name(m), m)) {
			control_refuse(q, str_c(&q->mem, str_fmt(&q->mem, "cannot set '%.*s'",
							 STR_ARG(json_name(m)))));
			return;
		}
	control_done(q);
}

/* ---- the rest ---- */

static void add_faults(struct request *q)
{
	const struct json *v = request_json(q);
	const char *why = "no JSON";

	if (!control_allowed(q))
		return;
	if (json_is(v, JSON_ARRAY)) {
		JSON_EACH(rule, v)
			if (!fault_add(rule, &why)) {
				control_refuse(q, why);
				return;
			}
	} else if (!v || !fault_add(v, &why)) {
		control_refuse(q, why);
		return;
	}
	control_done(q);
}

static void clear_faults(struct request *q)
{
	if (!control_allowed(q))
		return;
	fault_clear();
	control_done(q);
}

static void list_faults(struct request *q)
{
	if (control_allowed(q))
		fault_list(answer_begin(q, 200));
}

static void show_stats(struct request *q)
{
	if (control_allowed(q))
		stats_print(answer_begin(q, 200));
}

static void reset_stats(struct request *q)
{
	if (!control_allowed(q))
		return;
	stats_reset();
	control_done(q);
}

static void reset(struct request *q)
{
	struct tenant *t = q->tenant;
	const char *seed = t->seed_name;

	if (!control_allowed(q))
		return;
	package_forget();
	approvals_forget();
	tenant_free(t);
	tenant_load(t, seed);
	knobs_reset();
	fault_clear();
	clock_shift(0);
	stats_reset();
	entra_reset(t);
	control_done(q);
}

static void revoke(struct request *q)
{
	if (!control_allowed(q))
		return;
	token_revoke_all();
	control_done(q);
}

static void show_grants(struct request *q)
{
	if (control_allowed(q))
		entra_print_grants(answer_begin(q, 200));
}

static void revoke_grants(struct request *q)
{
	if (!control_allowed(q))
		return;
	entra_revoke_all();
	control_done(q);
}

static void script_errors(struct request *q)
{
	const char *why = "no JSON";
	const struct json *v = request_json(q);

	if (!control_allowed(q))
		return;
	if (v && entra_script_error(v, &why))
		control_done(q);
	else
		control_refuse(q, why);
}

static void decide_device(struct request *q)
{
	const char *why = "no JSON";
	const struct json *v = request_json(q);

	if (!control_allowed(q))
		return;
	if (v && entra_decide_device(q->tenant, v, &why))
		control_done(q);
	else
		control_refuse(q, why);
}

/* A refresh token for a person, as if they had signed in just now. */
static void new_grant(struct request *q)
{
	const struct json *v = request_json(q);
	struct user *u = tenant_user(q->tenant, json_get_str(v, "user"));
	struct directory *d = tenant_directory(q->tenant, json_get_str(v, "tenant"));

	if (!control_allowed(q))
		return;
	if (!u) {
		control_refuse(q, "no such user");
		return;
	}
	emit(answer_begin(q, 200), "{'refresh_token':'%S'}",
	     entra_new_grant(q->tenant, u, d ? d : u->home,
			     json_is_true(json_get(v, "device"))));
}

static const struct route rows[] = {
	{ FACE_CONTROL, "POST", "/__practice/set", set_knobs, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/fault", add_faults, ROUTE_OPEN },
	{ FACE_CONTROL, "GET", "/__practice/fault", list_faults, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/fault/clear", clear_faults, ROUTE_OPEN },
	{ FACE_CONTROL, "GET", "/__practice/stats", show_stats, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/stats", show_stats, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/stats/reset", reset_stats, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/reset", reset, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/tokens/revoke", revoke, ROUTE_OPEN },
	{ FACE_CONTROL, "GET", "/__practice/grants", show_grants, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/grants", new_grant, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/grants/revoke", revoke_grants, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/aadsts", script_errors, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/device", decide_device, ROUTE_OPEN },
};

const struct route_table control_routes = { rows, sizeof(rows) / sizeof(*rows) };
