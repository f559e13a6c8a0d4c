/*
 * cache_call.c - the cache as tools see it: values of a kind and key, bound to whose they are.
 *
 * Keys hold cloud, tenant, account and environment, so that nobody is shown what another
 * sign-in read.  Nothing is kept that the redactor would have masked.  Within one call a value
 * that was found once stays, because tools are run again from the top.
 */
#include "work/call_priv.h"

#include "base/os.h"
#include "work/account.h"
#include "work/cache.h"
#include "work/policy.h"

struct remembered {
	struct remembered *next;
	struct str key;
	struct json *value;
};

static bool is_on(const struct call *c)
{
	const struct work *w = c->work;

	return w->conf->cache && (!w->policy || policy_value(w->policy, POLICY_CACHE));
}

const char *cache_directory(struct arena *a, const struct conf *conf, const char *store)
{
	const char *base = conf->state_dir_chosen ? NULL : os_cache_dir(a);

	if (base)
		return arena_printf(a, "%s/%s", base, conf->profile);
	return store ? arena_printf(a, "%s/cache", store) : NULL;
}

static bool place(struct call *c, struct cache *k)
{
	const char *dir = is_on(c) ? cache_directory(c->arena, c->work->conf,
						     store_dir(c->work->store))
				   : NULL;

	*k = (struct cache){ .dir = dir, .total = LIMIT_CACHE_TOTAL, .entry = LIMIT_CACHE_ENTRY,
			     .files = LIMIT_CACHE_FILES };
	return dir != NULL;
}

static struct str whole_key(struct call *c, const char *kind, struct str key)
{
	const struct conf *conf = c->work->conf;
	const char *dir = store_dir(c->work->store);
	struct account who = { .tenant_id = conf->tenant, .object_id = conf->account };
	struct str parts[8];

	if (!c->cache_owner) {
		/* Known before the first token, and the same before and after it. */
		if (dir)
			(void)account_read(c->arena, dir, &who);
		c->cache_owner = arena_printf(c->arena, "%s\n%s",
					      who.tenant_id ? who.tenant_id : "",
					      who.object_id ? who.object_id : "");
	}
	parts[0] = str_from(FLOWLATCH_VERSION);
	parts[1] = str_from(conf->cloud);
	parts[2] = str_from(conf->flow_url);
	parts[3] = str_from(conf->client_id);
	parts[4] = str_from(c->cache_owner);
	parts[5] = str_lower(c->arena, json_get_str(c->args, "environmentName"));
	parts[6] = str_from(kind);
	parts[7] = key;
	return cache_key(c->arena, parts, 8);
}

static struct remembered *recall(struct call *c, struct str key)
{
	for (struct remembered *r = c->cached; r; r = r->next)
		if (str_eq(r->key, key))
			return r;
	return NULL;
}

static void remember(struct call *c, struct str key, struct json *value)
{
	struct remembered *r = recall(c, key);

	if (!r) {
		r = arena_alloc(c->arena, sizeof(*r));
		r->key = key;
		r->next = c->cached;
		c->cached = r;
	}
	r->value = value;
}

struct json *cache_get(struct call *c, const char *kind, struct str key)
{
	struct str whole = whole_key(c, kind, key);
	const struct remembered *r = recall(c, whole);
	struct json *value = NULL;
	struct buf text;
	struct cache k;

	if (r)
		return r->value;
	buf_init_in(&text, c->arena, LIMIT_CACHE_ENTRY);
	if (place(c, &k) && cache_read(&k, c->arena, whole, &text))
		value = json_parse(c->arena, buf_str(&text), JSON_ANSWER, NULL);
	if (value)
		remember(c, whole, value);
	return value;
}

void cache_put(struct call *c, const char *kind, struct str key, const struct json *value,
	       int64_t ttl_s)
{
	struct str whole = whole_key(c, kind, key), text = json_text(c->arena, value);
	struct redact_count masked = { 0 };
	struct cache k;

	remember(c, whole, json_copy(c->arena, value));
	if (!place(c, &k) || !redact_text(c->arena, text, &text, &masked))
		return;
	(void)cache_write(&k, c->arena, whole, text, ttl_s * 1000);
}
