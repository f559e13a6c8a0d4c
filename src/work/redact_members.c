/*
 * redact_members.c - what the names of JSON members give away.
 *
 * Reads a view as JSON, tolerantly: text around it and a cut end do no harm.  Each string in it
 * that is written with escapes is a view of its own.  Knows names; nothing of patterns.
 */
#include "work/redact_scan.h"

/* One value.  Objects and arrays come before what is in them. */
struct node {
	char kind;             /* '{' '[' 's' string, 'n' anything else */
	int parent;            /* -1: none */
	int last;              /* of a container: the last node below it */
	struct str key;        /* as written; "" in arrays */
	size_t quote, content; /* of a member: where its name's quote and its name begin */
	size_t from, to;       /* the value; of strings without quotes */
};

struct reader {
	struct redact_work *w;
	struct redact_view v;
	struct node *nodes;
	int n, room;
	int open; /* the innermost container, or -1 */
	int depth;
	size_t at;
	struct str key;
	size_t key_quote, key_content;
	bool odd; /* not JSON from end to end */
	int done; /* the last node of the parameters that were looked at */
};

/* Lower case, without what names are joined with: Client-Secret, client_secret, clientSecret. */
enum { MOST_NAME = 40 };

static struct str plain_name(struct str name, char room[MOST_NAME])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c && strchr("-_. $@:", c))
			continue;
		if (n == MOST_NAME)
			return S("");
		room[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return str_n(room, n);
}

/* In order. */
static const char *const secret_names[] = {
	"accesskey", "accesstoken", "accountkey", "adminpassword", "apikey", "apisecret",
	"apitoken", "applicationsecret", "appsecret", "assertion", "authenticationkey", "authkey",
	"authtoken", "bearertoken", "callbackurl", "certificatepassword", "clientassertion",
	"clientsecret", "codeverifier", "connectionstring", "consumersecret", "credential",
	"credentials", "cvv", "dbpassword", "devicecode", "encryptionkey", "ftppassword",
	"functionkey", "hmacsecret", "hostkey", "idtoken", "licensekey", "masterkey", "otp", "pass",
	"passphrase", "passwd", "password", "pfx", "pin", "primaryconnectionstring", "primarykey",
	"privatekey", "pwd", "refreshtoken", "sastoken", "secondaryconnectionstring",
	"secondarykey", "secret", "secretkey", "secrettext", "secretvalue", "securitytoken",
	"sessiontoken", "sftppassword", "sharedaccesskey", "sharedaccesssignature", "sharedkey",
	"sharedsecret", "signingsecret", "smtppassword", "sqlpassword", "sshkey", "sshprivatekey",
	"storageconnectionstring", "storagekey", "subscriptionkey", "totp", "triggerurl",
	"userpassword", "webhooksecret", "webhookurl",
};

static const char *const header_names[] = {
	"authorization", "cookie", "ocpapimsubscriptionkey", "privatetoken", "proxyauthorization",
	"setcookie", "xaccesstoken", "xamzsecuritytoken", "xapikey", "xauthtoken", "xfunctionskey",
	"xgoogapikey", "xmsauthorizationauxiliary", "xshopifyaccesstoken", "xvaulttoken",
	"xzumoauth",
};

/* Members of an "authentication" object that are the credential; the others say what kind it is. */
static const char *const credential_names[] = { "clientsecret", "credential", "key", "password",
						"pfx", "secret", "token", "value" };

/* What of a connection's parameters is no secret. */
static const char *const harmless_names[] = { "authtype", "database", "encryptconnection",
					      "environment", "gateway", "name", "privacysetting",
					      "resourceuri", "server" };

#define LISTED(name, list) listed(name, list, sizeof(list) / sizeof(*(list)))

static bool listed(struct str name, const char *const *list, size_t n)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;
		int order = str_cmp(name, str_from(list[mid]));

		if (!order)
			return true;
		if (order < 0)
			n = mid;
		else
			low = mid + 1;
	}
	return false;
}

static bool named(struct str key, const char *name)
{
	return str_eq_nocase(key, str_from(name));
}

/* ---- reading ---- */

static int add(struct reader *r, char kind, size_t from, size_t to)
{
	if (r->n == r->room) {
		int room = r->room ? r->room * 2 : 64;

		r->nodes = arena_grow(r->w->arena, r->nodes, (size_t)r->room * sizeof(*r->nodes),
				      (size_t)room * sizeof(*r->nodes));
		r->room = room;
	}
	r->nodes[r->n] = (struct node){ .kind = kind, .parent = r->open, .last = r->n,
					.key = r->key, .quote = r->key_quote,
					.content = r->key_content, .from = from, .to = to };
	r->key = (struct str){ 0 };
	return r->n++;
}

static void look_into(struct reader *r, size_t from, size_t to)
{
	struct redact_view inner;

	if (r->v.depth < REDACT_DEPTH && redact_decode(r->w, r->v, from, to, &inner))
		redact_look(r->w, inner);
}

/* The view's text from a quote on: a name when a colon follows, else a value. */
static void string(struct reader *r)
{
	struct str s = r->v.text;
	size_t quote = r->at, from = quote + 1, to = from, after;
	bool object = r->open >= 0 && r->nodes[r->open].kind == '{';

	while (to < s.n && s.p[to] != '"')
		to += s.p[to] == '\\' && to + 1 < s.n ? 2 : 1;
	r->odd |= to >= s.n;
	if (to > s.n)
		to = s.n;
	look_into(r, from, to);
	after = to < s.n ? to + 1 : to;
	r->at = after;
	while (after < s.n && strchr(" \t\r\n", s.p[after]) && s.p[after])
		after++;
	if (after < s.n && s.p[after] == ':') {
		r->odd |= !object || r->key.p;
		r->key = str_n(s.p + from, to - from);
		r->key_quote = quote;
		r->key_content = from;
		r->at = after + 1;
		return;
	}
	r->odd |= object && !r->key.p;
	add(r, 's', from, to);
}

/* Deeper than any document that is read elsewhere: what is below counts as beside. */
enum { MOST_DEPTH = 128 };

static void open_container(struct reader *r, char kind)
{
	if (r->depth < MOST_DEPTH)
		r->open = add(r, kind, r->at, r->at + 1);
	r->depth++;
	r->at++;
}

static void close_container(struct reader *r, char kind)
{
	r->at++;
	if (r->depth > MOST_DEPTH) {
		r->depth--;
		r->odd = true;
		return;
	}
	if (r->open < 0 || r->nodes[r->open].kind != kind) {
		r->odd = true;
		return;
	}
	r->depth--;
	r->nodes[r->open].to = r->at;
	r->nodes[r->open].last = r->n - 1;
	r->open = r->nodes[r->open].parent;
}

bool redact_is_bare(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '+' || c == '.';
}

static void bare(struct reader *r)
{
	struct str s = r->v.text;
	size_t from = r->at;

	while (r->at < s.n && redact_is_bare(s.p[r->at]))
		r->at++;
	if (r->open >= 0)
		add(r, 'n', from, r->at);
	else
		r->odd = true;
}

static void read_all(struct reader *r)
{
	struct str s = r->v.text;

	while (r->at < s.n && !r->w->broken) {
		char c = s.p[r->at];

		if (c == '"')
			string(r);
		else if (c == '{' || c == '[')
			open_container(r, c);
		else if (c == '}' || c == ']')
			close_container(r, c == '}' ? '{' : '[');
		else if (redact_is_bare(c))
			bare(r);
		else
			r->at++, r->odd |= !strchr(" \t\r\n,", c) || !c;
	}
	r->odd |= r->open >= 0;
	/* A cut text ends all that is open. */
	for (; r->open >= 0; r->open = r->nodes[r->open].parent) {
		r->nodes[r->open].to = s.n;
		r->nodes[r->open].last = r->n - 1;
	}
}

/* ---- what gives a secret away ---- */

/* The next member of the same container; `i` itself has nothing below it that counts. */
static int next_of(const struct reader *r, int i)
{
	return r->nodes[i].last + 1;
}

static int member(const struct reader *r, int object, const char *name)
{
	if (object < 0 || r->nodes[object].kind != '{')
		return -1;
	for (int i = object + 1; i <= r->nodes[object].last; i = next_of(r, i))
		if (named(r->nodes[i].key, name))
			return i;
	return -1;
}

static struct str value(const struct reader *r, int i)
{
	return str_n(r->v.text.p + r->nodes[i].from, r->nodes[i].to - r->nodes[i].from);
}

/* The bytes that quote a name here, at every level of nesting. */
static struct str quote_of(const struct reader *r, const struct node *n)
{
	const uint32_t *map = r->v.map;
	size_t from = map ? map[n->quote] : n->quote, to = map ? map[n->content] : n->content;

	return n->content ? str_n(r->w->original.p + from, to - from) : S("\"");
}

/* Masks a value: a string that says something, a number, a list of such; or all of it. */
static void mask(struct reader *r, int i, const char *rule, bool whole)
{
	const struct node *n = &r->nodes[i];
	struct str v = value(r, i);

	switch (n->kind) {
	case 's':
		if (v.n && !redact_is_expression(v))
			redact_mark(r->w, r->v, n->from, n->to, rule, S(""));
		return;
	case 'n':
		redact_mark(r->w, r->v, n->from, n->to, rule, quote_of(r, n));
		return;
	default:
		if (whole && n->last > i)
			redact_mark(r->w, r->v, n->from, n->to, rule, quote_of(r, n));
		else if (!whole && n->kind == '[')
			for (int k = i + 1; k <= n->last; k = next_of(r, k))
				if (r->nodes[k].kind == 's')
					mask(r, k, rule, false);
		return;
	}
}

/* Signed URLs: what is called stays readable, what signs it does not. */
static bool mask_query(struct reader *r, int i, struct str name, const char *rule)
{
	struct str v = value(r, i);
	ptrdiff_t query = str_find_char(v, '?');

	if ((!str_eq(name, S("triggerurl")) && !str_eq(name, S("callbackurl"))) ||
	    r->nodes[i].kind != 's' || query < 0)
		return false;
	redact_mark(r->w, r->v, r->nodes[i].from + (size_t)query + 1, r->nodes[i].to, rule, S(""));
	return true;
}

static void by_name(struct reader *r, int i)
{
	char room[MOST_NAME];
	struct str name = plain_name(r->nodes[i].key, room);
	struct str v = value(r, i);

	if (!name.n)
		return;
	if (LISTED(name, header_names))
		mask(r, i, "json_header_authorization", false);
	if (!LISTED(name, secret_names) ||
	    (str_eq(name, S("primarykey")) && (r->nodes[i].kind != 's' || v.n < 16)))
		return;
	if (!mask_query(r, i, name, "json_secret_key"))
		mask(r, i, "json_secret_key", false);
}

static void members_of(struct reader *r, int object, const char *const *names, size_t count,
		       const char *rule)
{
	for (int i = object + 1; i <= r->nodes[object].last; i = next_of(r, i)) {
		char room[MOST_NAME];

		if (listed(plain_name(r->nodes[i].key, room), names, count))
			mask(r, i, rule, true);
	}
}

/* Every leaf of a connection's parameters but the harmless ones; "value" says as its parent says. */
static void connection_parameters(struct reader *r, int object)
{
	if (object <= r->done)
		return; /* within others */
	r->done = r->nodes[object].last;
	for (int i = object + 1; i <= r->nodes[object].last; i++) {
		char room[MOST_NAME];
		bool harmless = false;

		for (int k = i; k != object && !harmless; k = r->nodes[k].parent)
			harmless = LISTED(plain_name(r->nodes[k].key, room), harmless_names);
		if (!harmless && (r->nodes[i].kind == 's' || r->nodes[i].kind == 'n'))
			mask(r, i, "connection_parameter_values", false);
	}
}

/* A run's action whose maker hid its data.  In a definition, which has a type, it is the recipe. */
static void secured(struct reader *r, int object)
{
	static const char *const hidden[] = { "inputs", "inputslink", "outputs", "outputslink" };
	int options = member(r, object, "runtimeConfiguration");

	if (options < 0 || member(r, options, "secureData") < 0 ||
	    member(r, object, "runAfter") >= 0 || member(r, object, "type") >= 0)
		return;
	members_of(r, object, hidden, sizeof(hidden) / sizeof(*hidden), "secure_data_action");
}

static void objects(struct reader *r, int i)
{
	static const char *const values[] = { "defaultvalue", "value" };
	struct str key = r->nodes[i].key;
	int type = member(r, i, "type"), sig = member(r, i, "sig");

	if (type >= 0 && (named(value(r, type), "securestring") ||
			  named(value(r, type), "secureobject")))
		members_of(r, i, values, 2, "secure_parameter_value");
	if (named(key, "authentication"))
		members_of(r, i, credential_names,
			   sizeof(credential_names) / sizeof(*credential_names),
			   "http_action_authentication");
	if (named(key, "parameterValues") || named(key, "parameterValueSet") ||
	    named(key, "customParameterValues"))
		connection_parameters(r, i);
	if (sig >= 0 && (member(r, i, "sv") >= 0 || member(r, i, "sp") >= 0 ||
			 member(r, i, "se") >= 0 || member(r, i, "api-version") >= 0))
		mask(r, sig, "callback_queries_sig", false);
	secured(r, i);
}

bool redact_members(struct redact_work *w, struct redact_view v)
{
	struct reader r = { .w = w, .v = v, .open = -1, .done = -1 };

	read_all(&r);
	for (int i = 0; i < r.n && !w->broken; i++) {
		if (r.nodes[i].key.n)
			by_name(&r, i);
		if (r.nodes[i].kind == '{')
			objects(&r, i);
	}
	return !r.odd && r.n;
}
