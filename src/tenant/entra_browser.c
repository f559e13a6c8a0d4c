/*
 * entra_browser.c - sign-in in a browser: authorization code with PKCE, and admin consent.
 *
 * The pages are plain forms, so that a headless client can drive them: GET the page, POST the
 * form with user= and action=accept or decline, follow the redirect.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra_parts.h"
#include "tenant/route.h"
#include "text/crypt.h"

enum { CODE_MINUTES = 10 };

static struct list codes;

static void add_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<')
			buf_addz(b, "&lt;");
		else if (s.p[i] == '&')
			buf_addz(b, "&amp;");
		else if (s.p[i] == '"')
			buf_addz(b, "&quot;");
		else
			buf_addc(b, s.p[i]);
	}
}

static void page(struct request *q, unsigned status, const char *title, struct str inside)
{
	answer_text(q, status, "text/html; charset=utf-8",
		    str_fmt(&q->mem,
			    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s"
			    "</title></head><body><h1>%s</h1>%.*s</body></html>\n",
			    title, title, STR_ARG(inside)));
}

static void failed(struct request *q, int code, const char *text)
{
	page(q, 400, "Sorry, but we're having trouble signing you in",
	     str_fmt(&q->mem, "<p>AADSTS%d: %s</p>", code, text));
}

static bool loopback(struct str uri)
{
	return str_starts(uri, S("http://localhost:")) || str_starts(uri, S("http://127.0.0.1:")) ||
	       str_eq(uri, S("http://localhost")) || str_starts(uri, S("http://localhost/")) ||
	       str_ends(uri, S("/common/oauth2/nativeclient"));
}

static void redirect(struct request *q, struct str uri, struct str pairs)
{
	bool more = str_find_char(uri, '?') >= 0;

	answer_empty(q, 302);
	answer_header(q, "Location", str_fmt(&q->mem, "%.*s%c%.*s", STR_ARG(uri), more ? '&' : '?',
					     STR_ARG(pairs)));
}

static void redirect_error(struct request *q, struct str uri, struct str state, const char *error,
			   const char *text)
{
	struct buf b;

	buf_init_in(&b, &q->mem, 8192);
	buf_addf(&b, "error=%s&error_description=", error);
	buf_add_percent(&b, str_from(text));
	buf_addz(&b, "&state=");
	buf_add_percent(&b, state);
	redirect(q, uri, buf_str(&b));
}

/* ---- authorize ---- */

static bool check_request(struct request *q)
{
	struct str redirect_uri = request_query(q, "redirect_uri");
	struct str scope = request_query(q, "scope"), state = request_query(q, "state");
	const struct client *c = entra_client(request_query(q, "client_id"));
	bool more;
	struct str resource = entra_resource(q, scope, &more);

	if (!c) {
		failed(q, 700016, "Application was not found in the directory.");
		return false;
	}
	if (!loopback(redirect_uri)) {
		failed(q, 50011, "The redirect URI specified in the request does not match the "
				 "redirect URIs configured for the application.");
		return false;
	}
	if (!str_eq(request_query(q, "response_type"), S("code"))) {
		redirect_error(q, redirect_uri, state, "unsupported_response_type",
			       "AADSTS70005: The app requested an unsupported response type.");
		return false;
	}
	if (more || (resource.p && !entra_resource_known(q, resource))) {
		redirect_error(q, redirect_uri, state, more ? "invalid_request" : "invalid_resource",
			       more ? "AADSTS28000: The scope names more than one resource." :
				      "AADSTS500011: The resource principal was not found.");
		return false;
	}
	if (!str_eq(request_query(q, "code_challenge_method"), S("S256"))) {
		redirect_error(q, redirect_uri, state, "invalid_request",
			       "AADSTS501491: Proof Key for Code Exchange is required.");
		return false;
	}
	return true;
}

/* RFC 9207; Entra itself does not send it yet. */
static struct str issuer(struct request *q, const struct directory *d)
{
	if (knobs.browser_iss == ISS_FOREIGN)
		return S("https://login.evil.example/common/v2.0");
	return str_fmt(&q->mem, "%.*s/%s/v2.0", STR_ARG(face_origin(q, FACE_LOGIN)),
		       knobs.browser_iss == ISS_OTHER_TENANT ?
			       "99999999-2222-4333-8444-555555555555" : d->id);
}

static void give_code(struct request *q, struct user *u)
{
	struct directory *d = entra_directory(q, u);
	struct str uri = request_query(q, "redirect_uri");
	struct pending *p;
	char session[37];
	struct buf b;

	if (!d)
		return;
	p = entra_pending_new(&codes, q);
	entra_copy(p->client, sizeof(p->client), request_query(q, "client_id"));
	entra_copy(p->scope, sizeof(p->scope), request_query(q, "scope"));
	entra_copy(p->nonce, sizeof(p->nonce), request_query(q, "nonce"));
	entra_copy(p->challenge, sizeof(p->challenge), request_query(q, "code_challenge"));
	entra_copy(p->redirect, sizeof(p->redirect), uri);
	snprintf(p->user, sizeof(p->user), "%s", u->id);
	snprintf(p->directory, sizeof(p->directory), "%s", d->id);
	p->strong = request_query(q, "claims").n > 0;
	p->expires = clock_now() + CODE_MINUTES * TICKS_MIN;
	crypt_uuid(session);
	buf_init_in(&b, &q->mem, 8192);
	buf_addf(&b, "code=%s&state=", p->code);
	buf_add_percent(&b, request_query(q, "state"));
	buf_addf(&b, "&session_state=%s", session);
	if (knobs.browser_iss != ISS_NONE) {
		buf_addz(&b, "&iss=");
		buf_add_percent(&b, issuer(q, d));
	}
	redirect(q, uri, buf_str(&b));
}

static void account_page(struct request *q)
{
	const struct tenant *t = q->tenant;
	struct buf b;

	buf_init_in(&b, &q->mem, 65536);
	buf_addz(&b, "<p>This is the practice tenant. No real account is involved.</p>"
		     "<form method=\"post\" action=\"");
	add_escaped(&b, q->uri);
	buf_addz(&b, "\"><select name=\"user\">");
	for (unsigned i = 0; i < t->user_count; i++) {
		if (strcmp(t->users[i].kind, "User") != 0)
			continue;
		buf_addz(&b, "<option value=\"");
		add_escaped(&b, str_from(t->users[i].upn));
		buf_addz(&b, "\">");
		add_escaped(&b, str_from(t->users[i].name));
		buf_addz(&b, "</option>");
	}
	buf_addz(&b, "</select><button name=\"action\" value=\"accept\">Accept</button>"
		     "<button name=\"action\" value=\"decline\">Cancel</button></form>");
	page(q, 200, "Practice sign-in: pick an account", buf_str(&b));
}

static void authorize(struct request *q)
{
	struct str hint = request_query(q, "login_hint");

	if (!entra_directory(q, NULL) || !check_request(q))
		return;
	if (knobs.browser_auto) {
		struct user *u = hint.n ? tenant_user(q->tenant, hint) : NULL;

		give_code(q, u ? u : &q->tenant->users[0]);
	} else {
		account_page(q);
	}
}

static void authorize_decision(struct request *q)
{
	struct str name = request_form(q, "user");
	struct user *u = name.n ? tenant_user(q->tenant, name) : &q->tenant->users[0];
	const char *error = NULL, *text = NULL;
	int code;

	if (!entra_directory(q, NULL) || !check_request(q))
		return;
	code = entra_scripted_page(q, &error, &text);
	if (code && error)
		redirect_error(q, request_query(q, "redirect_uri"), request_query(q, "state"), error,
			       arena_printf(&q->mem, "AADSTS%d: %s", code, text));
	else if (code)
		failed(q, code, text);
	else if (!str_eq(request_form(q, "action"), S("accept")))
		redirect_error(q, request_query(q, "redirect_uri"), request_query(q, "state"),
			       "access_denied",
			       "AADSTS65004: User declined to consent to access the app.");
	else if (!u)
		failed(q, 50034, "The user account does not exist in the directory.");
	else if (u->disabled)
		failed(q, 50057, "The user account is disabled.");
	else
		give_code(q, u);
}

/* ---- redeeming ---- */

static bool verifier_fits(struct request *q, const struct pending *p)
{
	unsigned char hash[CRYPT_HASH];
	struct buf b;

	crypt_sha256(request_form(q, "code_verifier"), hash);
	buf_init_in(&b, &q->mem, 128);
	crypt_b64url(&b, str_bytes(hash, sizeof(hash)));
	return str_eq(buf_str(&b), str_from(p->challenge));
}

void entra_redeem_code(struct request *q)
{
	struct str code = request_form(q, "code");
	struct pending *p = NULL;
	struct str resource;
	struct grant *g;
	bool more;

	if (codes.next)
		LIST_EACH(node, &codes) {
			struct pending *one = LIST_ITEM(node, struct pending, node);

			if (str_eq(code, str_from(one->code)))
				p = one;
		}
	if (!p || !str_eq(request_form(q, "client_id"), str_from(p->client)) ||
	    !str_eq(request_form(q, "redirect_uri"), str_from(p->redirect))) {
		entra_refuse(q, 70000, NULL);
		return;
	}
	if (p->state == PENDING_SPENT || clock_now() >= p->expires) {
		entra_refuse(q, p->state == PENDING_SPENT ? 54005 : 70008, NULL);
		return;
	}
	if (!verifier_fits(q, p)) {
		entra_refuse(q, 501481, NULL);
		return;
	}
	p->state = PENDING_SPENT;
	resource = entra_resource(q, str_from(p->scope), &more);
	if (entra_policy(q, "authorization_code", resource, false, p->strong)) {
		stats_grant("authorization_code", knob_audience_of(resource), true);
		return;
	}
	g = entra_grant_new(p->user, p->directory, p->client, false);
	g->strong = p->strong;
	entra_give_tokens(q, g, str_from(p->scope), resource, p->nonce);
}

/* ---- administrator's consent ---- */

static void consent_page(struct request *q)
{
	struct buf b;

	if (!entra_directory(q, NULL))
		return;
	if (!loopback(request_query(q, "redirect_uri"))) {
		failed(q, 50011, "The redirect URI does not match.");
		return;
	}
	buf_init_in(&b, &q->mem, 65536);
	buf_addz(&b, "<p>This is the practice tenant.</p><form method=\"post\" action=\"");
	add_escaped(&b, q->uri);
	buf_addz(&b, "\"><button name=\"action\" value=\"accept\">Accept</button><button "
		     "name=\"action\" value=\"decline\">Cancel</button></form>");
	page(q, 200, "Permissions requested: review for your organization", buf_str(&b));
}

static void consent_decision(struct request *q)
{
	struct directory *d = entra_directory(q, NULL);
	struct str uri = request_query(q, "redirect_uri"), state = request_query(q, "state");
	struct buf b;

	if (!d || !loopback(uri)) {
		failed(q, 50011, "The redirect URI does not match.");
		return;
	}
	if (!str_eq(request_form(q, "action"), S("accept"))) {
		redirect_error(q, uri, state, "access_denied",
			       "AADSTS65004: User declined to consent to access the app.");
		return;
	}
	memset(knobs.no_consent, 0, sizeof(knobs.no_consent));
	buf_init_in(&b, &q->mem, 8192);
	buf_addf(&b, "admin_consent=True&tenant=%s&state=", d->id);
	buf_add_percent(&b, state);
	redirect(q, uri, buf_str(&b));
}

void entra_pending_free(void)
{
	while (codes.next && !list_empty(&codes)) {
		struct pending *p = LIST_ITEM(codes.next, struct pending, node);

		list_remove(&p->node);
		free(p);
	}
	entra_device_free();
}

static const struct route rows[] = {
	{ FACE_LOGIN, "GET", "/{T}/oauth2/v2.0/authorize", authorize, ROUTE_OPEN },
	{ FACE_LOGIN, "POST", "/{T}/oauth2/v2.0/authorize", authorize_decision, ROUTE_OPEN },
	{ FACE_LOGIN, "GET", "/{T}/adminconsent", consent_page, ROUTE_OPEN },
	{ FACE_LOGIN, "POST", "/{T}/adminconsent", consent_decision, ROUTE_OPEN },
};

const struct route_table browser_routes = { rows, sizeof(rows) / sizeof(*rows) };
