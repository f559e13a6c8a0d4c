/*
 * token.c - the access tokens the tenant has given out, and the check on every face.
 *
 * Knows audiences; must not know grants or refresh tokens (entra.c).
 */
#include "tenant/token.h"

#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/memory.h"
#include "tenant/prng.h"
#include "tenant/stats.h"
#include "text/crypt.h"

enum { TOKEN_BYTES = 48, TOKEN_TEXT = 80, BUCKETS = 4096 };

struct token {
	struct token *next;  /* in its bucket */
	struct list age;     /* oldest first */
	char text[TOKEN_TEXT];
	char audience[160];
	char scope[600];
	struct user *user;
	struct directory *directory;
	int64_t expires;
	bool admin;
};

static struct {
	struct token *buckets[BUCKETS];
	struct list ages;
	unsigned count;
} store;

static struct token **bucket_of(struct str text)
{
	return &store.buckets[prng_hash(text) % BUCKETS];
}

static void forget(struct token *k)
{
	struct token **at = bucket_of(str_from(k->text));

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	list_remove(&k->age);
	store.count--;
	free(k);
}

static void copy_text(char *out, size_t room, struct str s)
{
	s = str_first(s, room - 1);
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

void token_new(struct tenant *t, struct user *u, struct directory *d, struct str audience,
	       struct str scope, int64_t lifetime, bool admin, struct buf *out)
{
	struct token *k = must_alloc(sizeof(*k)), **at;
	unsigned char bytes[TOKEN_BYTES];
	struct buf text;

	(void)t;
	if (!store.ages.next)
		list_init(&store.ages);
	if (store.count == TENANT_TOKENS)
		forget(LIST_ITEM(store.ages.next, struct token, age));
	crypt_random(bytes, sizeof(bytes));
	buf_init(&text, TOKEN_TEXT);
	buf_addz(&text, "PrAc.");
	crypt_b64url(&text, str_bytes(bytes, sizeof(bytes)));
	copy_text(k->text, sizeof(k->text), buf_str(&text));
	copy_text(k->audience, sizeof(k->audience), audience);
	copy_text(k->scope, sizeof(k->scope), scope);
	k->user = u;
	k->directory = d;
	k->expires = clock_now() + lifetime;
	k->admin = admin;
	at = bucket_of(buf_str(&text));
	k->next = *at;
	*at = k;
	list_append(&store.ages, &k->age);
	store.count++;
	buf_adds(out, buf_str(&text));
	buf_free_wiped(&text);
}

void token_revoke_all(void)
{
	if (store.ages.next)
		LIST_EACH(node, &store.ages)
			LIST_ITEM(node, struct token, age)->expires = 0;
}

void token_free_all(void)
{
	while (store.ages.next && !list_empty(&store.ages))
		forget(LIST_ITEM(store.ages.next, struct token, age));
}

static struct token *find(struct str text)
{
	struct token *k = *bucket_of(text);

	while (k && !(text.n == strlen(k->text) && crypt_equal(k->text, text.p, text.n)))
		k = k->next;
	return k;
}

/* The audiences each face takes, exactly as written. */
static const struct {
	enum face face;
	const char *path; /* beginning of the path, or NULL */
	const char *audiences[3];
} allowed[] = {
	{ FACE_FLOW, NULL, { "https://service.flow.microsoft.com/" } },
	{ FACE_POWERAPPS, NULL, { "https://service.powerapps.com/" } },
	{ FACE_BAP, NULL, { "https://service.powerapps.com/", "https://api.bap.microsoft.com/" } },
	{ FACE_POWERPLATFORM, NULL, { "https://api.powerplatform.com" } },
	{ FACE_ENVIRONMENT, "/connectivity", { "https://api.powerplatform.com" } },
	{ FACE_ENVIRONMENT, NULL, { "https://service.flow.microsoft.com/" } },
	{ FACE_CONTENT, "/apim/", { "https://apihub.azure.com" } },
	{ FACE_MANAGEMENT, NULL, { "https://management.azure.com/" } },
};

static bool dataverse_audience(struct request *q, struct str audience)
{
	struct str host = audience;

	/* https://org-x.crm.practice.localhost[:port][/] */
	if (!str_starts(host, S("https://")))
		return false;
	host = str_from_at(host, 8);
	if (str_ends(host, S("/")))
		host = str_first(host, host.n - 1);
	if (str_find_char(host, ':') >= 0)
		host = str_first(host, (size_t)str_find_char(host, ':'));
	return str_eq_nocase(host, q->host) || str_eq(q->host, S("localhost"));
}

static void challenge(struct request *q, const char *error)
{
	struct str login = face_origin(q, FACE_LOGIN);

	if (q->face == FACE_DATAVERSE) {
		answer_header(q, "WWW-Authenticate",
			      str_fmt(&q->mem,
				      "Bearer authorization_uri=%.*s/%s/oauth2/authorize, "
				      "resource_id=https://%.*s%.*s/",
				      STR_ARG(login), q->tenant->directories[0].id,
				      STR_ARG(q->host), STR_ARG(q->port)));
		return;
	}
	answer_header(q, "WWW-Authenticate",
		      str_fmt(&q->mem,
			      "Bearer authorization_uri=\"%.*s/%s\", error=\"invalid_token\", "
			      "error_description=\"%s\"",
			      STR_ARG(login), q->tenant->directories[0].id, error));
}

static bool right_audience(struct request *q, const struct token *k)
{
	struct buf list;

	if (q->face == FACE_DATAVERSE && dataverse_audience(q, str_from(k->audience)))
		return true;
	buf_init_in(&list, &q->mem, 1024);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		if (allowed[i].face != q->face ||
		    (allowed[i].path && !str_starts(q->path, str_from(allowed[i].path))))
			continue;
		for (size_t j = 0; j < 3 && allowed[i].audiences[j]; j++) {
			if (!strcmp(k->audience, allowed[i].audiences[j]))
				return true;
			buf_addf(&list, "%s%s", list.n ? "," : "", allowed[i].audiences[j]);
		}
		break;
	}
	answer_error(q, SE_INVALID_AUDIENCE, k->audience, buf_c(&list), NULL);
	challenge(q, "The audience is invalid.");
	return false;
}

bool token_check(struct request *q)
{
	struct str header = request_header(q, "Authorization");
	char expired[CLOCK_TEXT], now[CLOCK_TEXT];
	struct token *k;

	if (!header.p || !str_starts_nocase(header, S("Bearer "))) {
		/* Dataverse says it with the header alone. */
		if (q->face == FACE_DATAVERSE)
			answer_empty(q, 401);
		else
			answer_error(q, SE_AUTHENTICATION_MISSING, NULL, NULL, NULL);
		challenge(q, "The authentication failed because of missing 'Authorization' header.");
		return false;
	}
	k = find(str_trim(str_from_at(header, 7)));
	if (!k) {
		answer_error(q, SE_AUTHENTICATION_INVALID, NULL, NULL, NULL);
		challenge(q, "The access token is invalid.");
		return false;
	}
	if (k->expires <= clock_now()) {
		clock_text_s(k->expires, expired);
		clock_text_s(clock_now(), now);
		answer_error(q, SE_AUTHENTICATION_EXPIRED, expired, now, NULL);
		challenge(q, "The access token has expired.");
		return false;
	}
	if (!right_audience(q, k))
		return false;
	q->caller = (struct caller){
		.user = k->user,
		.directory = k->directory,
		.audience = str_from(k->audience),
		.scope = str_from(k->scope),
		.admin = k->admin,
	};
	return true;
}

bool token_may_write(struct request *q)
{
	if (q->face != FACE_FLOW && q->face != FACE_ENVIRONMENT)
		return true;
	if (str_find(q->caller.scope, S("Flows.Manage.All")) >= 0 ||
	    str_find(q->caller.scope, S("user_impersonation")) >= 0)
		return true;
	answer_error(q, SE_MISSING_SCOPE, "Flows.Manage.All", NULL, NULL);
	return false;
}
