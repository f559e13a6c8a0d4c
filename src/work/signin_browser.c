/*
 * signin_browser.c - the authorization code grant with PKCE on loopback (RFC 8252, 7636, 9207).
 */
#include "work/signin_int.h"

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "work/browser.h"

/* A code lives ten minutes: a network that is away for a moment does not cost the sign-in. */
enum { RANDOM_BYTES = 32, MOST_TRIES = 5, FIRST_WAIT_MS = 1000 };

static void redeem(void *arg);

/* ---- redeeming the code ---- */

static void take_answer(struct signin *s, const struct http_response *r)
{
	struct json *doc;

	if (signin_not_well(r) && ++s->tries < MOST_TRIES) {
		loop_timer_set(s->o.loop, &s->timer, (int64_t)FIRST_WAIT_MS << s->tries, redeem, s);
		return;
	}
	if (signin_not_well(r)) {
		signin_fail(s, ERR_NETWORK,
			    r->message ? r->message : "The sign-in service did not answer.",
			    "Check the network, the proxy and ca_file.");
		return;
	}
	doc = json_parse(&s->arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "refresh_token").n)
		signin_take_tokens(s, doc);
	else if (r->status == 200)
		signin_fail(s, ERR_CONFIG, "The sign-in service sent no refresh token.",
			    "The application must be allowed to ask for offline_access.");
	else
		signin_refused(s, json_get_str(doc, "error"), json_get_str(doc, "error_description"),
			       json_get_str(doc, "correlation_id"));
}

static void on_token(void *arg, const struct http_response *r)
{
	signin_guarded(arg, take_answer, r);
}

static void redeem(void *arg)
{
	struct signin *s = arg;
	struct buf form;

	buf_init(&form, LIMIT_TOKEN_ANSWER);
	buf_add_field(&form, "grant_type", S("authorization_code"));
	buf_add_field(&form, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&form, "client_info", S("1"));
	buf_add_field(&form, "redirect_uri", s->redirect);
	buf_add_field(&form, "scope",
		      str_fmt(&s->arena, "%.*s openid profile offline_access", STR_ARG(s->scope)));
	buf_add_field(&form, "code", secret_bytes(s->code));
	buf_add_field(&form, "code_verifier", secret_bytes(s->verifier));
	if (!signin_post(s, "token", &form, on_token))
		signin_fail(s, ERR_INTERNAL, "The token request could not be started.", NULL);
}

/* ---- the browser ---- */

/* RFC 9207: an answer of another server is not for us.  Which tenant of ours it names is compared
 * with the id token later. */
static bool issuer_is_ours(struct signin *s, struct str iss)
{
	struct str authority = str_fmt(&s->arena, "%.*s/", STR_ARG(host_authority(s->hosts)));

	return !iss.n || str_starts(iss, authority);
}

static void on_answer(void *arg, const struct browser_answer *a)
{
	struct signin *s = arg;

	loop_timer_clear(&s->timer);
	loop_timer_clear(&s->tick);
	if (!issuer_is_ours(s, a->iss)) {
		signin_fail(s, ERR_FORBIDDEN, "The browser's answer names another sign-in service.",
			    "Nothing was stored.  Sign in again, and look at the address that the "
			    "browser shows.");
		return;
	}
	if (a->error.n || !a->code.n) {
		signin_refused(s, str_dup(&s->arena, a->error),
			       str_dup(&s->arena, a->error_description), S(""));
		return;
	}
	s->iss = str_dup(&s->arena, a->iss);
	s->code = secret_new(a->code);
	if (s->code)
		loop_timer_set(s->o.loop, &s->timer, 0, redeem, s);
	else
		signin_fail(s, ERR_INTERNAL, "Out of memory.", NULL);
}

static void on_late(void *arg)
{
	struct signin *s = arg;

	signin_tell(s, &(struct signin_end){
			       .err = ERR_TIMEOUT,
			       .message = "Nobody signed in with the browser in time.",
			       .next = "Run the sign-in again; without a browser on this machine, use "
				       "a code: flowlatch login",
			       .expired = true,
		       });
}

static struct str random_text(struct signin *s)
{
	unsigned char bytes[RANDOM_BYTES];
	struct buf b;

	crypt_random(bytes, sizeof(bytes));
	buf_init_in(&b, &s->arena, 64);
	crypt_b64url(&b, str_bytes(bytes, sizeof(bytes)));
	os_wipe(bytes, sizeof(bytes));
	return buf_str(&b);
}

static struct str challenge_of(struct signin *s)
{
	unsigned char hash[CRYPT_HASH];
	struct buf b;

	crypt_sha256(secret_bytes(s->verifier), hash);
	buf_init_in(&b, &s->arena, 64);
	crypt_b64url(&b, str_bytes(hash, sizeof(hash)));
	return buf_str(&b);
}

static struct str address(struct signin *s, struct str state)
{
	const char *tenant = s->o.conf->tenant, *account = s->o.conf->account;
	struct buf b;

	buf_init_in(&b, &s->arena, LIMIT_URL * 2);
	buf_add_field(&b, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&b, "response_type", S("code"));
	buf_add_field(&b, "redirect_uri", s->redirect);
	buf_add_field(&b, "response_mode", S("query"));
	buf_add_field(&b, "scope",
		      str_fmt(&s->arena, "%.*s openid profile offline_access", STR_ARG(s->scope)));
	buf_add_field(&b, "state", state);
	buf_add_field(&b, "nonce", s->nonce);
	buf_add_field(&b, "code_challenge", challenge_of(s));
	buf_add_field(&b, "code_challenge_method", S("S256"));
	if (s->claims.n)
		buf_add_field(&b, "claims", s->claims);
	/* The browser may be signed in already, with another account than the one that is meant. */
	if (account && account[0])
		buf_add_field(&b, "login_hint", str_from(account));
	else
		buf_add_field(&b, "prompt", S("select_account"));
	return str_fmt(&s->arena, "%.*s/%s/oauth2/v2.0/authorize?%.*s",
		       STR_ARG(host_authority(s->hosts)),
		       tenant && tenant[0] ? tenant : "organizations", STR_ARG(buf_str(&b)));
}

static void open_listener(struct signin *s)
{
	struct str state = random_text(s);

	s->nonce = random_text(s);
	s->verifier = secret_new(random_text(s));
	s->browser = browser_new(&(struct browser_options){
		.loop = s->o.loop,
		.state = state,
		.on_answer = on_answer,
		.arg = s,
	});
	if (!s->verifier || !s->browser) {
		signin_fail(s, ERR_INTERNAL, "No port of this machine could be opened.",
			    "Use a code instead: flowlatch login");
		return;
	}
	s->redirect = str_fmt(&s->arena, "http://localhost:%u", browser_port(s->browser));
	s->deadline = os_now_ms() + LIMIT_BROWSER_MS;
	loop_timer_set(s->o.loop, &s->timer, LIMIT_BROWSER_MS, on_late, s);
	signin_start_ticking(s);
	s->o.on_address(s->o.arg, address(s, state), browser_port(s->browser));
}

struct signin *signin_browser(const struct signin_options *o)
{
	return signin_new(o, open_listener);
}

bool signin_paste(struct signin *s, struct str url)
{
	return s->browser && browser_paste(s->browser, url);
}
