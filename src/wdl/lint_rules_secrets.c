/*
 * lint_rules_secrets.c - rules about secrets, who may see them, and where data goes.
 *
 * A finding never repeats the secret that it found.
 */
#include "wdl/functions.h"
#include "wdl/lint_strings.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

/* ---- secrets in the definition ---- */

static bool is_token_char(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= '0' && u <= '9') || ((u | 32) >= 'a' && (u | 32) <= 'z') ||
	       (u && strchr("+/=_.~-%", c));
}

/* What somebody writes who leaves the place for a secret. */
static bool is_placeholder(struct str s)
{
	static const char *const words[] = { "your",	"xxx",	  "example", "placeholder", "changeme",
					     "insert",	"here",	  "dummy",   "sample",	    "todo",
					     "replace", "secret", "password", "redact", "...", NULL };
	bool seen[256] = { false };
	size_t kinds = 0;

	for (size_t i = 0; words[i]; i++)
		if (str_contains_nocase(s, str_from(words[i])))
			return true;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (strchr("<>{}[]*$ ", c))
			return true;
		kinds += !seen[c];
		seen[c] = true;
	}
	return kinds < 5;
}

/* The run of characters of a token at the start; an expression ends it. */
static struct str token(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_token_char(s.p[n]))
		n++;
	return str_first(s, n);
}

/* Text that a secret follows, how long it is at least, and what else must be in the text. */
static const struct {
	const char *before, *also;
	size_t least;
	const char *what;
} marks[] = {
	{ "client_secret=", NULL, 12, "a client secret" },
	{ "AccountKey=", NULL, 40, "a storage key" },
	{ "SharedAccessKey=", NULL, 20, "a shared access key" },
	{ "InstrumentationKey=", NULL, 36, "an instrumentation key" },
	{ "sig=", "sv=", 16, "a signature that opens the address" },
	{ "sig=", "se=", 16, "a signature that opens the address" },
	{ "?code=", "azurewebsites.net/", 20, "the key of a function" },
	{ "&code=", "azurewebsites.net/", 20, "the key of a function" },
	{ "hooks.slack.com/services/", NULL, 30, "an address that is a secret" },
	{ "/webhookb2/", "webhook.office.com", 36, "an address that is a secret" },
	{ "-----BEGIN PRIVATE", NULL, 0, "a private key" },
	{ "-----BEGIN RSA PRIVATE", NULL, 0, "a private key" },
	{ "xoxb-", NULL, 20, "a token" },
	{ "xoxp-", NULL, 20, "a token" },
	{ "ghp_", NULL, 36, "a token" },
	{ "github_pat_", NULL, 36, "a token" },
	{ "AKIA", NULL, 16, "an access key" },
	{ "sk-", "api.openai.com", 20, "an API key" },
	{ "Password=", "Server=", 6, "the password of a connection string" },
	{ "Pwd=", "Server=", 6, "the password of a connection string" },
	{ "Password=", "Data Source=", 6, "the password of a connection string" },
};

static const char *marked(struct str s)
{
	bool equals = str_find_char(s, '=') >= 0;

	/* The shortest mark and its secret; most strings end here, most others have no =. */
	if (s.n < 20)
		return NULL;
	for (size_t i = 0; i < ROWS(marks); i++) {
		struct str before = str_from(marks[i].before), rest = s;
		ptrdiff_t at;

		if (before.p[before.n - 1] == '=' && !equals)
			continue;
		if (marks[i].also && str_find(s, str_from(marks[i].also)) < 0)
			continue;
		while ((at = str_find(rest, before)) >= 0) {
			rest = str_from_at(rest, (size_t)at + before.n);
			struct str t = token(rest);

			/* A passphrase may hold what a token does not. */
			if (t.n >= marks[i].least && (!marks[i].least || !is_placeholder(t)))
				return marks[i].what;
		}
	}
	return NULL;
}

/* header.payload.signature in base64url, the first two of them JSON objects */
static bool has_jwt(struct str s)
{
	ptrdiff_t at = str_find(s, S("eyJ"));
	struct str t = at < 0 ? str_from("") : token(str_from_at(s, (size_t)at));

	return t.n > 60 && str_find(t, S(".eyJ")) > 10;
}

static const char *header_secret(struct str s)
{
	static const char *const schemes[] = { "Bearer ", "Basic ", "SharedAccessSignature ", "ApiKey " };

	for (size_t i = 0; i < ROWS(schemes); i++)
		if (str_starts_nocase(s, str_from(schemes[i]))) {
			struct str t = token(str_trim(str_from_at(s, strlen(schemes[i]))));

			return t.n >= 16 && !is_placeholder(t) ? "a credential" : NULL;
		}
	return NULL;
}

static const char *const secret_names[] = {
	"password", "pwd", "passwd", "client_secret", "clientSecret", "api_key", "apikey", "api-key",
	"x-api-key", "ocp-apim-subscription-key", "subscription-key", "x-functions-key", "access_key",
	"accessKey", "secret", "access_token", "refresh_token", "private_key", "privateKey",
	"connectionString", "sharedAccessKey", "pfx", NULL,
};

static bool is_schema(const struct lint_string *s)
{
	for (const struct lint_trail *t = &s->at; t; t = t->up)
		if (!t->item && str_eq(t->name, S("schema")))
			return true;
	return false;
}

static const char *secret_of(const struct lint_string *s)
{
	const char *what;

	if (lint_is_expression(s->value))
		return NULL;
	what = str_eq_nocase(s->name, S("Authorization")) ? header_secret(s->text) : NULL;
	if (!what && s->text.n > 60 && has_jwt(s->text))
		what = "a token";
	if (!what)
		what = marked(s->text);
	if (!what && lint_among(s->name, secret_names) && s->text.n >= 8 && !is_schema(s) &&
	    !lint_is_dynamic(s->value) && token(s->text).n == s->text.n && !is_placeholder(s->text))
		what = "a secret";
	return what;
}

static void secret(struct lint *l, const struct lint_rule *r, const struct lint_string *s)
{
	const char *what = secret_of(s);

	if (what)
		lint_add(l, r, lint_string_pointer(l, s),
			 "%s stands in the definition, where all who may read the flow see it", what);
}

static void secrets(struct lint *l, const struct lint_rule *r)
{
	/* The shortest secret has eight characters. */
	for (struct lint_string *s = lint_strings(l); s; s = s->next)
		if (s->text.n >= 8)
			secret(l, r, s);
}

/* ---- what the run history shows ---- */

static bool hides(const struct lint_step *s, const char *side)
{
	JSON_EACH(v, json_at(s->value, "/runtimeConfiguration/secureData/properties"))
		if (str_eq_nocase(json_str(v), str_from(side)))
			return true;
	return false;
}

static bool asks_for_token(const struct lint_step *s)
{
	struct str uri = json_get_str(s->inputs, "uri");

	return lint_is(s, "Http") && (str_find(uri, S("/oauth2/")) > 0 ||
				      str_find(uri, S("login.microsoftonline.com")) > 0);
}

static bool reads_secret(const struct lint_step *s)
{
	return str_eq_nocase(s->api, S("shared_keyvault")) &&
	       (str_eq(s->operation, S("GetSecret")) ||
		str_eq(s->operation, S("GetSecretVersion")));
}

/* A credential that comes from an expression. */
static bool sends_secret(const struct lint_step *s)
{
	static const char *const where[] = { "/headers/Authorization", "/headers/authorization",
					     "/authentication/secret", "/authentication/password",
					     "/headers/x-api-key" };

	for (size_t i = 0; lint_is(s, "Http") && i < ROWS(where); i++)
		if (lint_is_dynamic(json_at(s->inputs, where[i])))
			return true;
	return false;
}

static void shown(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		bool out = asks_for_token(s) || reads_secret(s);
		bool in = sends_secret(s);

		if (out && !hides(s, "outputs"))
			lint_add(l, r, s->pointer,
				 "the history of runs shows the secret that it gets: secure its outputs");
		else if (in && !hides(s, "inputs"))
			lint_add(l, r, s->pointer,
				 "the history of runs shows the secret that it sends: secure its inputs");
	}
}

static void copied(struct lint *l, const struct lint_rule *r)
{
	static const char *const copies[] = { "Compose", "ParseJson", "SetVariable", "InitializeVariable",
					      "AppendToStringVariable", "AppendToArrayVariable",
					      "Select", "Query", "Response", NULL };

	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->target && ref->user && lint_among(ref->user->type, copies) &&
		    hides(ref->target, "outputs") && !hides(ref->user, "inputs"))
			lint_add_at(l, r, ref->place, ref->node->start,
				    "what %.*s hides is shown again here: secure the inputs of this action",
				    STR_ARG(ref->target->name));
}

/* ---- where requests go ---- */

static bool is_local_host(struct str host)
{
	return str_starts(host, S("localhost")) || str_starts(host, S("127."));
}

/* The part of an address that names the host comes from whoever started the flow. */
static bool host_of_trigger(const struct wdl_template *t)
{
	const struct wdl_part *p = t->first;

	if (p && !p->node && (str_eq_nocase(p->text, S("https://")) || str_eq_nocase(p->text, S("http://"))))
		p = p->next;
	if (!p || !p->node)
		return false;
	for (const struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
		if (wdl_is_call(n, "triggerBody") || wdl_is_call(n, "triggerOutputs"))
			return p->node->kind == WDL_MEMBER || t->shape == WDL_INTERPOLATED;
	return false;
}

static void addresses(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str uri = json_get_str(s->inputs, "uri");

		if (!lint_is(s, "Http") && !lint_is(s, "HttpWebhook"))
			continue;
		if (str_starts_nocase(uri, S("http://")) && !is_local_host(str_from_at(uri, 7)))
			lint_add(l, r, lint_in(l, s, "/inputs/uri"),
				 "what is sent over http:// can be read and changed on the way");
		for (struct lint_spot *spot = s->spots; spot; spot = spot->next_of_step)
			if (str_ends(spot->place->pointer, S("/inputs/uri")) &&
			    host_of_trigger(spot->place->template))
				lint_add(l, r, spot->place->pointer,
					 "whoever starts the flow chooses the host: it may be one inside")
					->severity = lint_is_anonymous(l->steps) ? LINT_WARNING
										 : LINT_INFO;
	}
}

static const char *const personal_apis[] = {
	"shared_gmail", "shared_dropbox", "shared_googledrive", "shared_onedrive", "shared_box",
	"shared_outlook", "shared_twitter", "shared_telegram", NULL,
};

static const char *const personal_hosts[] = {
	"@gmail.com", "@outlook.com", "@hotmail.com", "@yahoo.", "@icloud.com", "@proton.me",
	"@protonmail.com", "@gmx.", NULL,
};

static bool is_personal_address(struct str s)
{
	for (size_t i = 0; personal_hosts[i]; i++)
		if (str_contains_nocase(s, str_from(personal_hosts[i])))
			return true;
	return false;
}

static bool is_business(const struct lint_step *s)
{
	static const char *const apis[] = { "shared_sharepointonline", "shared_commondataserviceforapps",
					    "shared_office365", "shared_onedriveforbusiness", "shared_sql",
					    "shared_salesforce", NULL };

	return lint_among(s->api, apis);
}

/* A forward, or mail that starts the flow and goes on. */
static bool forwards(const struct lint *l, const struct lint_step *s)
{
	bool mail = l->triggers == 1 && str_starts(l->steps->operation, S("OnNewEmail"));

	return str_starts(s->operation, S("ForwardEmail")) ||
	       (mail && str_starts(s->operation, S("SendEmail")));
}

static void leaks(struct lint *l, const struct lint_rule *r)
{
	static const char *const to[] = { "emailMessage/To", "ForwardEmailRequest/To", "To",
					  "body/ToRecipients" };
	bool business = false;

	for (struct lint_step *s = l->steps; s; s = s->next)
		business = business || is_business(s);
	for (struct lint_step *s = l->steps; s && business; s = s->next) {
		for (size_t i = 0; i < ROWS(to) && !s->trigger && forwards(l, s); i++)
			if (is_personal_address(json_str(lint_argument(s, to[i]))))
				lint_add(l, r, s->pointer, "it passes mail on to a personal mailbox");
		if (!s->trigger && lint_among(s->api, personal_apis) && s->refs)
			lint_add(l, r, s->pointer,
				 "data of the organization and a personal service (%.*s) meet in one flow",
				 STR_ARG(s->api))
				->severity = LINT_INFO;
	}
}

/* ---- open doors ---- */

static bool is_effect(const struct lint_step *s)
{
	static const char *const verbs[] = { "Create", "Update", "Delete", "Post", "Patch", "Send",
					     "Add", "Remove", "Execute", "HttpRequest", "Perform" };

	if (lint_is(s, "Http"))
		return !str_eq_nocase(json_get_str(s->inputs, "method"), S("GET"));
	for (size_t i = 0; i < ROWS(verbs) && s->api.n; i++)
		if (str_starts_nocase(s->operation, str_from(verbs[i])))
			return true;
	return false;
}

static bool uses_body(const struct lint_step *s)
{
	for (const struct lint_spot *spot = s->spots; spot; spot = spot->next_of_step)
		for (const struct wdl_part *p = spot->place->template->first; p; p = p->next)
			for (const struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				if (wdl_is_call(n, "triggerBody") || wdl_is_call(n, "triggerOutputs"))
					return true;
	return false;
}

static void open_doors(struct lint *l, const struct lint_rule *r)
{
	if (l->triggers != 1 || !lint_is_anonymous(l->steps))
		return;
	for (struct lint_step *s = l->steps->next; s; s = s->next) {
		if (!is_effect(s) || !uses_body(s))
			continue;
		lint_add(l, r, s->pointer,
			 "anyone who has the address of the flow decides what this action gets");
		return;
	}
}

#define H(more) "`H`:{`type`:`Http`,`inputs`:{`method`:`POST`,`uri`:" more "}}"
#define HIDDEN(side) ",`runtimeConfiguration`:{`secureData`:{`properties`:[`" side "`]}}"
#define TOKEN(more) \
	"`H`:{`type`:`Http`,`inputs`:{`method`:`POST`,`uri`:`https://login.microsoftonline.com/t/oauth2/" \
	"v2.0/token`}" more "}"
#define COPY(more) \
	",`C`:{`type`:`Compose`,`inputs`:`@body('H')`,`runAfter`:{`H`:[`Succeeded`]}" more "}"
#define DOC(who, action) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{`type`:`Request`,`kind`:`Http`,`inputs`:{" \
	"`triggerAuthenticationType`:`" who "`}}},`actions`:{" action "}}"
#define MAIL(to) \
	"{" EXAMPLE_HEAD ",`parameters`:{`$connections`:{`type`:`Object`},`$authentication`:{`type`:" \
	"`SecureObject`}},`triggers`:{`t`:{`type`:`Request`,`kind`:`Button`}},`actions`:{`F`:{`type`:" \
	"`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`c`,`apiId`:`/providers/" \
	"Microsoft.PowerApps/apis/shared_office365`,`operationId`:`ForwardEmail_V2`},`parameters`:{" \
	"`ForwardEmailRequest/To`:`" to "`}}}}}"

const struct lint_rule lint_rules_secrets[] = {
	{ "SEC01", LINT_ERROR, "no secret stands in the definition", secrets,
	  H("`https://example.com/`,`headers`:{`Authorization`:`Bearer q7Zr0aVb3Lk9Xw2pTn5s`}"),
	  H("`https://example.com/`,`headers`:{`Authorization`:`Bearer @{triggerBody()}`}"),
	  .source = SOURCE_GUIDELINES },
	{ "SEC02", LINT_WARNING, "the history of runs shows no secret", shown, TOKEN(""),
	  TOKEN(HIDDEN("outputs")), .source = SOURCE_GUIDELINES },
	{ "SEC03", LINT_WARNING, "what one action hides no other shows", copied,
	  TOKEN(HIDDEN("outputs")) COPY(""), TOKEN(HIDDEN("outputs")) COPY(HIDDEN("inputs")),
	  .source = SOURCE_GUIDELINES },
	{ "SEC04", LINT_WARNING, "requests are encrypted and go where the maker meant", addresses,
	  H("`http://example.com/`"), H("`https://example.com/`"), .source = SOURCE_GUIDELINES },
	{ "SEC05", LINT_WARNING, "data of the organization does not go to personal accounts", leaks,
	  MAIL("someone@gmail.com"), MAIL("someone@contoso.com"), .source = SOURCE_GUIDELINES },
	{ "SEC06", LINT_WARNING, "strangers do not decide what is written or sent", open_doors,
	  DOC("All", H("`https://example.com/`,`body`:`@triggerBody()`")),
	  DOC("Tenant", H("`https://example.com/`,`body`:`@triggerBody()`")),
	  .source = SOURCE_GUIDELINES },
	{ 0 },
};
