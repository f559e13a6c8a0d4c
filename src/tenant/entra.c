/*
 * entra.c - the token endpoint: grants and their refresh tokens.
 *
 * A refresh token names its grant and generation under a MAC, so none is stored.
 * Knows OAuth 2.0 as Entra speaks it; must not know what the tokens are used for.
 */
#include "tenant/entra.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra_parts.h"
#include "tenant/memory.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/token.h"
#include "text/crypt.h"

enum { MAC = 20 };

static struct list grants;
static unsigned grant_count;
static unsigned char key[CRYPT_KEY];
static char latest[160];

/* The first is the practice client; the others are public ids that people borrow. */
static const struct client clients[] = {
	{ "5d1f3a86-7c42-4b0e-9f6d-0a2c9b7e4d11", "flowlatch (practice)", true, false },
	{ "8a6c2f90-13d7-4e5b-b2a4-6f0d8c1e7b33", "Web only (practice)", false, false },
	{ "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI", true, true },
	{ "1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell", true, true },
	{ "51f81489-12ee-4a9e-aaae-a2591f45987d", "Dynamics 365 development sample", true, true },
	{ "9cee029c-6210-4654-90bb-17e6e9d36617", "Power Platform CLI", true, false },
};

const char *entra_client_id(void)
{
	return clients[0].id;
}

const struct client *entra_client(struct str id)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
		if (str_eq_nocase(id, str_from(clients[i].id)))
			return &clients[i];
	return NULL;
}

void entra_copy(char *out, size_t room, struct str s)
{
	s = str_first(s, room - 1);
	/* A parameter that was not sent has no bytes to copy. */
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

/* ---- refresh tokens ---- */

static void mac_of(unsigned number, unsigned generation, unsigned char out[CRYPT_HASH])
{
	unsigned ids[2] = { number, generation };
	struct str part = str_bytes(ids, sizeof(ids));

	crypt_hmac(str_bytes(key, sizeof(key)), &part, 1, out);
}

static struct str refresh_token(const struct grant *g)
{
	unsigned char raw[8 + MAC], mac[CRYPT_HASH];
	unsigned ids[2] = { g->number, g->generation };
	struct buf b;

	mac_of(g->number, g->generation, mac);
	/* The numbers are masked with the MAC's tail, so that the token looks random. */
	memcpy(raw, ids, sizeof(ids));
	memcpy(raw + 8, mac, MAC);
	for (int i = 0; i < 8; i++)
		raw[i] ^= key[i];
	buf_init(&b, 128);
	buf_addz(&b, "0.PrAcT.");
	crypt_b64url(&b, str_bytes(raw, sizeof(raw)));
	snprintf(latest, sizeof(latest), "%s", buf_c(&b));
	buf_free_wiped(&b);
	return str_from(latest);
}

static struct grant *grant_of(struct str token, unsigned *generation)
{
	unsigned char mac[CRYPT_HASH];
	struct grant *found = NULL;
	unsigned ids[2];
	struct buf raw;

	buf_init(&raw, 256);
	if (!str_starts(token, S("0.PrAcT.")) || !crypt_unb64(&raw, str_from_at(token, 8)) ||
	    raw.n != 8 + MAC) {
		buf_free_wiped(&raw);
		return NULL;
	}
	for (int i = 0; i < 8; i++)
		raw.p[i] = (char)(raw.p[i] ^ (char)key[i]);
	memcpy(ids, raw.p, sizeof(ids));
	mac_of(ids[0], ids[1], mac);
	if (crypt_equal(mac, raw.p + 8, MAC) && grants.next)
		LIST_EACH(node, &grants) {
			struct grant *g = LIST_ITEM(node, struct grant, node);

			if (g->number == ids[0])
				found = g;
		}
	*generation = ids[1];
	buf_free_wiped(&raw);
	return found;
}

struct grant *entra_grant_new(const char *user, const char *directory, const char *client,
			      bool device)
{
	struct grant *g = must_alloc(sizeof(*g));

	if (!grants.next) {
		list_init(&grants);
		crypt_random(key, sizeof(key));
	}
	g->number = ++grant_count;
	snprintf(g->user, sizeof(g->user), "%s", user);
	snprintf(g->directory, sizeof(g->directory), "%s", directory);
	snprintf(g->client, sizeof(g->client), "%s", client);
	g->device = device;
	g->created = g->used = clock_now();
	list_append(&grants, &g->node);
	return g;
}

struct str entra_new_grant(struct tenant *t, struct user *u, struct directory *d, bool device)
{
	(void)t;
	return refresh_token(entra_grant_new(u->id, d->id, clients[0].id, device));
}

void entra_revoke_all(void)
{
	if (grants.next)
		LIST_EACH(node, &grants)
			LIST_ITEM(node, struct grant, node)->revoked = true;
}

void entra_reset(struct tenant *t)
{
	(void)t;
	token_free_all();
	entra_pending_free();
	entra_errors_free();
}

void entra_free(void)
{
	while (grants.next && !list_empty(&grants)) {
		struct grant *g = LIST_ITEM(grants.next, struct grant, node);

		list_remove(&g->node);
		free(g);
	}
	entra_pending_free();
	entra_errors_free();
	idtoken_free();
	os_wipe(key, sizeof(key));
	os_wipe(latest, sizeof(latest));
}

void entra_print_grants(struct buf *b)
{
	buf_addz(b, "{\"grants\":[");
	if (grants.next)
		LIST_EACH(node, &grants) {
			const struct grant *g = LIST_ITEM(node, struct grant, node);
			unsigned char hash[CRYPT_HASH];
			struct buf hex;

			buf_init(&hex, 128);
			crypt_sha256(refresh_token(g), hash);
			crypt_hex(&hex, str_bytes(hash, sizeof(hash)));
			emit_comma(b);
			/* The digest lets a test compare with a store without seeing the token. */
			emit(b,
			     "{'number':%d,'user':'%s','tenant':'%s','client':'%s','device':%b,"
			     "'revoked':%b,'generation':%d,'currentSha256':'%S'}",
			     (int)g->number, g->user, g->directory, g->client, (int)g->device,
			     (int)g->revoked, (int)g->generation, buf_str(&hex));
			buf_free(&hex);
		}
	buf_addz(b, "]}");
}

/* ---- tenants, scopes and resources ---- */

struct directory *entra_directory(struct request *q, const struct user *user)
{
	struct tenant *t = q->tenant;
	struct str name = q->captures ? q->capture[0] : S("");
	struct directory *d;

	if (str_eq_nocase(name, S("organizations")) || str_eq_nocase(name, S("common")))
		return user ? user->home : &t->directories[0];
	d = tenant_directory(t, name);
	if (!d)
		entra_refuse(q, 90002, str_c(&q->mem, name));
	return d;
}

static bool is_oidc(struct str s)
{
	return str_eq(s, S("openid")) || str_eq(s, S("profile")) || str_eq(s, S("email")) ||
	       str_eq(s, S("offline_access"));
}

struct str entra_resource(struct request *q, struct str scope, bool *more)
{
	struct str found = { NULL, 0 }, one;

	(void)q;
	*more = false;
	while (str_cut(&scope, ' ', &one)) {
		size_t n = one.n;

		if (!n || is_oidc(one))
			continue;
		while (n && one.p[n - 1] != '/')
			n--;
		if (n)
			n--;
		if (!found.p)
			found = str_first(one, n);
		else if (!str_eq(found, str_first(one, n)))
			*more = true;
	}
	return found;
}

bool entra_resource_known(struct request *q, struct str resource)
{
	enum knob_audience a = knob_audience_of(resource);
	struct str host;
	ptrdiff_t dot;

	if (a == KA__MAX)
		return false;
	if (a != KA_DATAVERSE)
		return true;
	host = str_from_at(resource, 8);
	dot = str_find_char(host, '.');
	return dot > 0 && tenant_organization(q->tenant, str_first(host, (size_t)dot));
}

/* What the token answer says was granted. */
static struct str granted_scope(struct request *q, struct str scope, struct str resource)
{
	bool all = str_find(scope, S("/.default")) >= 0 || knobs.granted == GRANTED_ALL;
	bool flow = knob_audience_of(resource) == KA_FLOW;
	static const char *const flow_scopes[] = { "User", "Flows.Read.All", "Flows.Manage.All",
						   "Activity.Read.All", "Approvals.Read.All" };
	struct str one;
	struct buf b;

	buf_init_in(&b, &q->mem, 4096);
	if (all && flow)
		for (size_t i = 0; i < sizeof(flow_scopes) / sizeof(*flow_scopes); i++)
			buf_addf(&b, "%.*s/%s ", STR_ARG(resource), flow_scopes[i]);
	if (all && !flow)
		buf_addf(&b, "%.*s/user_impersonation ", STR_ARG(resource));
	while (str_cut(&scope, ' ', &one))
		if (one.n && !is_oidc(one))
			buf_addf(&b, "%.*s ", STR_ARG(one));
	return str_trim(buf_str(&b));
}

bool entra_policy(struct request *q, const char *grant, struct str resource, bool device,
		  bool strong)
{
	enum knob_audience a = knob_audience_of(resource);

	if (entra_scripted(q, grant, a))
		return true;
	if (device && knobs.device_blocked) {
		entra_refuse(q, 530036, NULL);
		return true;
	}
	if (a < KA__MAX && knobs.no_consent[a]) {
		entra_refuse(q, 65001, entra_client_id());
		return true;
	}
	if (a < KA__MAX && knobs.needs_mfa[a] && !strong && !request_form(q, "claims").n) {
		entra_refuse(q, 50076, str_c(&q->mem, resource));
		return true;
	}
	return false;
}

/* ---- answers ---- */

void entra_give_tokens(struct request *q, struct grant *g, struct str scope, struct str resource,
		       const char *nonce)
{
	struct tenant *t = q->tenant;
	struct user *u = tenant_user(t, str_from(g->user));
	struct directory *d = tenant_directory(t, str_from(g->directory));
	struct str granted = granted_scope(q, scope, resource);
	struct buf access, *b;

	if (!u || !d) {
		entra_refuse(q, 50034, NULL);
		return;
	}
	if (knobs.rotation != ROTATION_NONE)
		g->generation++;
	g->used = clock_now();
	buf_init_in(&access, &q->mem, 4096);
	token_new(t, u, d, resource, granted, knobs.token_seconds * TICKS_S,
		  u == &t->users[0] && knobs.admin, &access);
	answer_header(q, "Pragma", S("no-cache"));
	b = answer_begin(q, 200);
	emit(b, "{'token_type':'Bearer','scope':'%S','expires_in':%l,'ext_expires_in':%l,", granted,
	     knobs.token_seconds, knobs.token_seconds);
	if (knobs.refresh_in)
		emit(b, "'refresh_in':%l,", knobs.refresh_in);
	emit(b, "'access_token':'%S'", buf_str(&access));
	/* Answers to a refresh without offline_access carry a refresh token too, as Entra's do. */
	if (knobs.rotation != ROTATION_NONE || !g->generation)
		emit(b, ",'refresh_token':'%S'", refresh_token(g));
	if (str_find(scope, S("openid")) >= 0)
		emit(b, ",'id_token':'%S'", idtoken_make(q, u, d, g->client, nonce));
	if (str_eq(request_form(q, "client_info"), S("1"))) {
		struct buf info;

		buf_init_in(&info, &q->mem, 1024);
		crypt_b64url(&info, emit_str(&q->mem, "{'uid':'%s','utid':'%s'}", u->id,
					     u->home->id));
		emit(b, ",'client_info':'%S'", buf_str(&info));
	}
	buf_addc(b, '}');
	stats_grant(str_c(&q->mem, request_form(q, "grant_type")), knob_audience_of(resource),
		    false);
}

/* ---- the refresh grant ---- */

static bool refresh_allowed(struct request *q, struct grant *g, unsigned generation,
			    const struct client *c)
{
	if (!g || strcmp(g->client, c->id)) {
		entra_refuse(q, 70000, NULL);
	} else if (g->revoked) {
		entra_refuse(q, 50173, NULL);
	} else if ((knobs.rotation == ROTATION_REUSE && generation != g->generation) ||
		   (knobs.rotation == ROTATION_USED && generation < g->redeemed)) {
		/* Somebody has a copy: the whole family ends. */
		g->revoked = true;
		entra_refuse(q, 70000, NULL);
	} else if (clock_now() - g->used > 90 * TICKS_DAY) {
		entra_refuse(q, 700082, NULL);
	} else {
		return true;
	}
	return false;
}

static void refresh_grant(struct request *q, const struct client *c)
{
	struct str scope = request_form(q, "scope");
	unsigned generation = 0;
	bool more;
	struct str resource = entra_resource(q, scope, &more);
	struct grant *g = grant_of(request_form(q, "refresh_token"), &generation);

	if (!resource.p || !entra_resource_known(q, resource)) {
		entra_refuse(q, resource.p ? 500011 : 70011, str_c(&q->mem, scope));
		return;
	}
	if (c->borrowed && knob_audience_of(resource) == KA_POWERPLATFORM) {
		entra_refuse(q, 65002, c->id);
		return;
	}
	if (entra_policy(q, "refresh_token", resource, g && g->device, g && g->strong) ||
	    !refresh_allowed(q, g, generation, c)) {
		stats_grant("refresh_token", knob_audience_of(resource), true);
		return;
	}
	g->redeemed = generation;
	entra_give_tokens(q, g, scope, resource, "");
}

static void token_endpoint(struct request *q)
{
	struct str grant = request_form(q, "grant_type");
	struct str id = request_form(q, "client_id");
	const struct client *c = entra_client(id);

	if (!entra_directory(q, NULL))
		return;
	if (!c)
		entra_refuse(q, 700016, str_c(&q->mem, id));
	else if (request_form(q, "resource").p)
		entra_refuse(q, 901002, NULL);
	else if (request_form(q, "client_secret").p && c->is_public)
		entra_refuse(q, 700025, c->id);
	else if (!c->is_public)
		entra_refuse(q, 7000218, NULL);
	else if (str_eq(grant, S("refresh_token")))
		refresh_grant(q, c);
	else if (str_eq(grant, S("urn:ietf:params:oauth:grant-type:device_code")))
		entra_device_poll(q);
	else if (str_eq(grant, S("authorization_code")))
		entra_redeem_code(q);
	else
		entra_refuse(q, 70003, str_c(&q->mem, grant));
}

/* ---- discovery ---- */

static void configuration(struct request *q)
{
	struct str origin = face_origin(q, FACE_LOGIN), name = q->capture[0];
	struct directory *d = entra_directory(q, NULL);
	bool many = str_eq_nocase(name, S("organizations")) || str_eq_nocase(name, S("common"));

	if (!d)
		return;
	if (!many)
		name = str_from(d->id);
	emit(answer_begin(q, 200),
	     "{'token_endpoint':'%S/%S/oauth2/v2.0/token',"
	     "'token_endpoint_auth_methods_supported':['client_secret_post','private_key_jwt',"
	     "'client_secret_basic','self_signed_tls_client_auth'],"
	     "'jwks_uri':'%S/%S/discovery/v2.0/keys',"
	     "'response_modes_supported':['query','fragment','form_post'],"
	     "'subject_types_supported':['pairwise'],"
	     "'id_token_signing_alg_values_supported':['ES256'],"
	     "'response_types_supported':['code','id_token','code id_token','id_token token'],"
	     "'scopes_supported':['openid','profile','email','offline_access'],"
	     "'issuer':'%S/%s/v2.0','request_uri_parameter_supported':false,"
	     "'userinfo_endpoint':'%S/oidc/userinfo',"
	     "'authorization_endpoint':'%S/%S/oauth2/v2.0/authorize',"
	     "'device_authorization_endpoint':'%S/%S/oauth2/v2.0/devicecode',"
	     "'http_logout_supported':true,'frontchannel_logout_supported':true,"
	     "'end_session_endpoint':'%S/%S/oauth2/v2.0/logout',"
	     "'claims_supported':['sub','iss','cloud_instance_name','cloud_instance_host_name',"
	     "'cloud_graph_host_name','msgraph_host','aud','exp','iat','auth_time','acr','nonce',"
	     "'preferred_username','name','tid','ver','at_hash','c_hash','email'],"
	     "'kerberos_endpoint':'%S/%S/kerberos',"
	     "'mtls_endpoint_aliases':{'token_endpoint':'%S/%S/oauth2/v2.0/token'},"
	     "'tls_client_certificate_bound_access_tokens':true,'tenant_region_scope':%r,"
	     "'cloud_instance_name':'practice.localhost','cloud_graph_host_name':'graph.practice.localhost',"
	     "'msgraph_host':'graph.practice.localhost','rbac_url':'https://pas.practice.localhost'}",
	     origin, name, origin, name, origin, many ? "{tenantid}" : d->id, origin, origin, name,
	     origin, name, origin, name, origin, name, origin, name, many ? "null" : "\"EU\"");
}

static void keys(struct request *q)
{
	idtoken_keys(answer_begin(q, 200));
}

static const struct route rows[] = {
	{ FACE_LOGIN, "GET", "/{T}/v2.0/.well-known/openid-configuration", configuration,
	  ROUTE_OPEN },
	{ FACE_LOGIN, "GET", "/{T}/discovery/v2.0/keys", keys, ROUTE_OPEN },
	{ FACE_LOGIN, "POST", "/{T}/oauth2/v2.0/token", token_endpoint, ROUTE_OPEN },
};

const struct route_table entra_routes = { rows, sizeof(rows) / sizeof(*rows) };
