/*
 * aadsts.c - the table of Entra's error codes: class, sentence, next step.
 */
#include "work/aadsts.h"

#define NEW_CODE  "Get a new code: run the sign-in again."
#define SIGN_IN   "Sign in again."
#define BROWSER                                                                                    \
	"Sign in with the browser, on a device that your organisation manages: flowlatch login "   \
	"--browser."
#define ASK_ADMIN "Ask your administrator; the correlation id finds the entry in the sign-in log."
#define LATER     "Try again in a few minutes."
#define OUR_BUG   "This is a fault of flowlatch: please report it with the correlation id."

static const struct aadsts rows[] = {
	{ 16000, AADSTS_LOGIN, "This account does not belong to that tenant.",
	  "Sign in with another account, or name the tenant with --tenant." },
	{ 28000, AADSTS_SETUP, "The scope mixes two services.", OUR_BUG },
	{ 28002, AADSTS_SETUP, "The scope is not valid.", OUR_BUG },
	{ 28003, AADSTS_SETUP, "The scope is empty.", OUR_BUG },
	{ 50001, AADSTS_SETUP, "This service does not exist in the tenant.",
	  "Check the profile's cloud and tenant; the tenant may lack the service." },
	{ 50002, AADSTS_POLICY, "Tenant restrictions forbid this sign-in.", ASK_ADMIN },
	{ 50005, AADSTS_POLICY, "Your organisation does not allow this platform.", BROWSER },
	{ 50011, AADSTS_SETUP, "The application is not registered for sign-in with a browser here.",
	  "Add the redirect address http://localhost (mobile and desktop applications)." },
	{ 50020, AADSTS_LOGIN, "This account does not belong to that tenant.",
	  "Sign in with another account, or name the tenant with --tenant." },
	{ 50033, AADSTS_TRANSIENT, "Microsoft's sign-in service is busy.", LATER },
	{ 50034, AADSTS_LOGIN, "This account does not exist in that tenant.",
	  "Check the account and the tenant." },
	{ 50049, AADSTS_SETUP, "The tenant or its cloud is not known.",
	  "Check the spelling of the tenant and the profile's cloud." },
	{ 50053, AADSTS_ADMIN, "The account is locked after too many wrong passwords.", ASK_ADMIN },
	{ 50055, AADSTS_LOGIN, "The password has expired.",
	  "Change the password first, then sign in again." },
	{ 50057, AADSTS_ADMIN, "The account is disabled.", ASK_ADMIN },
	{ 50059, AADSTS_SETUP, "No tenant was named.", "Name it: tenant = ... in the profile." },
	{ 50072, AADSTS_CLAIMS, "You must register a second factor first.",
	  "Register it in the browser (aka.ms/mfasetup), then sign in again." },
	{ 50074, AADSTS_CLAIMS, "A second factor is needed for this service.", SIGN_IN },
	{ 50076, AADSTS_CLAIMS, "A second factor is needed for this service.", SIGN_IN },
	{ 50078, AADSTS_CLAIMS, "The second factor has expired.", SIGN_IN },
	{ 50079, AADSTS_CLAIMS, "You must register a second factor first.",
	  "Register it in the browser (aka.ms/mfasetup), then sign in again." },
	{ 50087, AADSTS_TRANSIENT, "Microsoft's sign-in service is busy.", LATER },
	{ 50088, AADSTS_TRANSIENT, "Microsoft's second-factor service is busy.", LATER },
	{ 50089, AADSTS_LOGIN, "The sign-in has expired.", SIGN_IN },
	{ 50097, AADSTS_POLICY, "Your organisation asks for a known device.", BROWSER },
	{ 50105, AADSTS_ADMIN, "You are not assigned to this application.", ASK_ADMIN },
	{ 50128, AADSTS_SETUP, "The tenant could not be told from the account.",
	  "Name it: tenant = ... in the profile." },
	{ 50132, AADSTS_LOGIN, "The sign-in was revoked.", SIGN_IN },
	{ 50133, AADSTS_LOGIN, "The sign-in was revoked by a password change.", SIGN_IN },
	{ 50134, AADSTS_LOGIN, "The sign-in landed in another region.", NEW_CODE },
	{ 50144, AADSTS_LOGIN, "The password has expired.",
	  "Change the password first, then sign in again." },
	{ 50158, AADSTS_CLAIMS, "Your organisation asks for an outside security check.", SIGN_IN },
	{ 50161, AADSTS_CLAIMS, "The outside security check did not succeed.", SIGN_IN },
	{ 50173, AADSTS_LOGIN, "The sign-in was revoked (password change or administrator).", SIGN_IN },
	{ 50187, AADSTS_POLICY, "The device could not be checked.", BROWSER },
	{ 50194, AADSTS_SETUP, "The application is for one tenant only.",
	  "Name the tenant instead of \"organizations\" or \"common\"." },
	{ 50196, AADSTS_TRANSIENT, "Too many identical requests: a loop was detected.", LATER },
	{ 50199, AADSTS_LOGIN, "A confirmation page was not finished.", NEW_CODE },
	{ 51004, AADSTS_LOGIN, "This account does not exist in that tenant.",
	  "Check the account and the tenant." },
	{ 53000, AADSTS_POLICY, "Your organisation asks for a compliant device.", BROWSER },
	{ 53001, AADSTS_POLICY, "Your organisation asks for a domain-joined device.", BROWSER },
	{ 53002, AADSTS_POLICY, "Your organisation does not allow this application here.", ASK_ADMIN },
	{ 53003, AADSTS_POLICY, "Conditional Access blocks this sign-in.", ASK_ADMIN },
	{ 53004, AADSTS_ADMIN, "The account is considered at risk.", ASK_ADMIN },
	{ 53011, AADSTS_ADMIN, "The account is blocked because of risk.", ASK_ADMIN },
	{ 54005, AADSTS_LOGIN, "The browser's answer was used already.", SIGN_IN },
	{ 65001, AADSTS_CLAIMS, "Nobody has consented to this service for the application.",
	  "Sign in again and consent, or ask an administrator to grant it.", true },
	{ 65002, AADSTS_SETUP, "This Microsoft client id is not allowed for that service.",
	  "Use an application registration of your own." },
	{ 65004, AADSTS_LOGIN, "The consent page was declined.", SIGN_IN },
	{ 65005, AADSTS_SETUP, "The application does not ask for this service.",
	  "Add the service's permission to the application registration." },
	{ 70000, AADSTS_LOGIN, "The sign-in is no longer valid.", SIGN_IN },
	{ 70001, AADSTS_SETUP, "The application is not known in this tenant.",
	  "Check client_id and tenant." },
	{ 70005, AADSTS_SETUP, "The kind of answer asked for is not allowed.", OUR_BUG },
	{ 70008, AADSTS_LOGIN, "The sign-in has expired.", SIGN_IN },
	{ 70011, AADSTS_SETUP, "The scope is not valid.", OUR_BUG },
	{ 70016, AADSTS_WAIT, "Waiting for you to finish in the browser.", "" },
	{ 70018, AADSTS_LOGIN, "The code is wrong or was used already.", NEW_CODE },
	{ 70019, AADSTS_LOGIN, "The code has expired.", NEW_CODE },
	{ 70020, AADSTS_LOGIN, "The code has expired.", NEW_CODE },
	{ 70043, AADSTS_LOGIN,
	  "Your organisation limits how long a sign-in is good for, and that time is over.", SIGN_IN },
	{ 70044, AADSTS_LOGIN,
	  "Your organisation limits how long a sign-in is good for, and that time is over.", SIGN_IN },
	{ 90002, AADSTS_SETUP, "The tenant was not found.",
	  "Check the spelling of the tenant, and the profile's cloud." },
	{ 90006, AADSTS_TRANSIENT, "Microsoft's sign-in service is busy.", LATER },
	{ 90008, AADSTS_ADMIN, "An administrator has to consent.", ASK_ADMIN, true },
	{ 90012, AADSTS_TRANSIENT, "Microsoft's sign-in service took too long.", LATER },
	{ 90014, AADSTS_SETUP, "A field of the request is missing.", OUR_BUG },
	{ 90024, AADSTS_TRANSIENT, "Microsoft's sign-in service is busy.", LATER },
	{ 90033, AADSTS_TRANSIENT, "Microsoft's sign-in service is busy.", LATER },
	{ 90038, AADSTS_SETUP, "The tenant lives in another national cloud.",
	  "Set the profile's cloud." },
	{ 90055, AADSTS_TRANSIENT, "Too many requests to the sign-in service.", LATER },
	{ 90072, AADSTS_LOGIN, "This account is not in that tenant.",
	  "Sign in with another account, or have it invited as a guest." },
	{ 90094, AADSTS_ADMIN, "An administrator has to consent.", ASK_ADMIN, true },
	{ 90095, AADSTS_ADMIN, "An administrator has to consent.", ASK_ADMIN, true },
	{ 90119, AADSTS_LOGIN, "The code is malformed.", NEW_CODE },
	{ 90120, AADSTS_LOGIN, "The code was not found.", NEW_CODE },
	{ 90124, AADSTS_SETUP, "This application cannot use the common tenant.",
	  "Name the tenant in the profile." },
	{ 90130, AADSTS_SETUP, "This application cannot use the common tenant.",
	  "Name the tenant in the profile." },
	{ 500011, AADSTS_SETUP, "This service does not exist in the tenant.",
	  "Check the profile's cloud; the tenant may lack the service." },
	{ 500021, AADSTS_POLICY, "Tenant restrictions forbid this sign-in.", ASK_ADMIN },
	{ 500022, AADSTS_POLICY, "Tenant restrictions forbid this sign-in.", ASK_ADMIN },
	{ 500212, AADSTS_POLICY, "Your organisation forbids access to that tenant.", ASK_ADMIN },
	{ 500213, AADSTS_POLICY, "That tenant forbids access from your organisation.", ASK_ADMIN },
	{ 501481, AADSTS_LOGIN, "The browser's answer does not belong to this sign-in.", SIGN_IN },
	{ 530032, AADSTS_POLICY, "The tenant's security policy blocks this sign-in.", ASK_ADMIN },
	{ 530034, AADSTS_ADMIN, "The account is blocked because of risk.", ASK_ADMIN },
	{ 530035, AADSTS_POLICY, "The tenant's security defaults block this sign-in.", ASK_ADMIN },
	{ 530036, AADSTS_POLICY,
	  "This sign-in was made with a device code, which the tenant now forbids, also for renewal.",
	  "Sign in with the browser: flowlatch login --browser." },
	{ 650052, AADSTS_SETUP, "The tenant lacks this service, or is not subscribed to it.", ASK_ADMIN },
	{ 650056, AADSTS_SETUP, "The application's permissions are not complete.",
	  "Add the service's permission to the application registration." },
	{ 650057, AADSTS_SETUP, "The application does not ask for this service.",
	  "Add the service's permission to the application registration." },
	{ 700016, AADSTS_SETUP, "The application is not known in this tenant.",
	  "Check client_id and tenant." },
	{ 700022, AADSTS_SETUP, "The scope mixes two services.", OUR_BUG },
	{ 700025, AADSTS_SETUP, "The application is public and must not send a secret.", OUR_BUG },
	{ 700027, AADSTS_SETUP, "The application's assertion is not valid.", OUR_BUG },
	{ 700082, AADSTS_LOGIN, "The sign-in expired because it was not used for 90 days.", SIGN_IN },
	{ 900382, AADSTS_SETUP, "The tenant lives in another national cloud.",
	  "Set the profile's cloud." },
	{ 901002, AADSTS_SETUP, "A parameter is not allowed.", OUR_BUG },
	{ 1000104, AADSTS_SETUP, "The tenant lives in another national cloud.",
	  "Set the profile's cloud." },
	{ 7000112, AADSTS_SETUP, "The application is disabled.",
	  "Check the application registration." },
	{ 7000215, AADSTS_SETUP, "The application's secret is wrong.",
	  "flowlatch uses a public application: it needs no secret." },
	{ 7000218, AADSTS_SETUP, "The application is not registered as a public client.",
	  "Switch on \"Allow public client flows\" in the application registration." },
	{ 7000222, AADSTS_SETUP, "The application's secret has expired.",
	  "flowlatch uses a public application: it needs no secret." },
	{ 9001023, AADSTS_SETUP, "This way of signing in needs the tenant.",
	  "Name the tenant in the profile." },
	{ 9010010, AADSTS_SETUP, "A parameter is not allowed.", OUR_BUG },
};

const struct aadsts *aadsts_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(*rows);
	return rows;
}

const struct aadsts *aadsts_find(unsigned code)
{
	size_t lo = 0, hi = sizeof(rows) / sizeof(*rows);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (rows[mid].code == code)
			return &rows[mid];
		if (rows[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* "... the maximum allowed lifetime for this request is 43200." */
static uint64_t lifetime_s(struct str text)
{
	ptrdiff_t at = str_find(text, S("maximum allowed lifetime"));
	size_t n = 0;
	uint64_t v;

	if (at < 0)
		return 0;
	text = str_from_at(text, (size_t)at);
	while (text.n && (text.p[0] < '0' || text.p[0] > '9'))
		text = str_from_at(text, 1);
	while (n < text.n && n < 9 && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return str_to_u64(str_first(text, n), &v) ? v : 0;
}

const char *aadsts_sentence(struct arena *a, const struct aadsts *row, struct str description)
{
	uint64_t s = row->code == 70043 || row->code == 70044 ? lifetime_s(description) : 0;

	if (s < 60)
		return row->sentence;
	return s < 2 * 3600 ? arena_printf(a, "Your organisation lets a sign-in be good for %u minutes, "
					      "and that time is over.", (unsigned)(s / 60)) :
			      arena_printf(a, "Your organisation lets a sign-in be good for %u hours, "
					      "and that time is over.", (unsigned)(s / 3600));
}

unsigned aadsts_code(struct str text)
{
	ptrdiff_t at = str_find(text, S("AADSTS"));
	size_t n = 0;
	uint64_t v;

	if (at < 0)
		return 0;
	text = str_from_at(text, (size_t)at + 6);
	while (n < text.n && n < 8 && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return str_to_u64(str_first(text, n), &v) ? (unsigned)v : 0;
}
