/*
 * work.c - what one process has: configuration, connections, tokens, log, the offered rows.
 *
 * Making it touches no file, network or keyring; all of that happens at first need.
 */
#include "work/call_priv.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/os.h"
#include "work/policy.h"

/* Names and ids that were resolved; small, and old entries are dropped when it is full. */
enum { CACHE_MS = 600 * 1000, MOST_CACHED = 256 };

struct cached {
	struct list link;
	int64_t until;
	char *value;
	char key[];
};

/* ---- rows ---- */

static bool word_in(const char *words, const char *word)
{
	struct str rest = str_from(words), one;

	while (rest.p && rest.n) {
		size_t n = 0;

		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != ',')
			n++;
		one = str_first(rest, n);
		if (str_eq(one, str_from(word)))
			return true;
		rest = str_from_at(rest, n + 1);
	}
	return false;
}

/* What it would do can be asked for without doing it; the gate lets nothing else through. */
static bool has_preview(const struct tool *t)
{
	for (const struct param *p = t->params; p && p->name; p++)
		if (strcmp(p->name, "dryRun") == 0)
			return t->effect != NULL;
	return false;
}

/* What no choice of toolsets brings back. */
static bool possible(const struct work *w, const struct tool *t)
{
	/* Only where policy takes a model's word for a person's. */
	if (strcmp(t->name, "apply_plan") == 0 &&
	    !(policy_value(w->policy, POLICY_CHANNELS) & CHANNEL_ATTESTED))
		return false;
	return !w->conf->read_only || t->klass == CLASS_READ_ONLY || has_preview(t);
}

bool work_is_standard(const struct work *w, const struct tool *t)
{
	/* Old names answer with a hint wherever their successors do. */
	if (!w->standard || t->unlisted || strcmp(t->toolset, "meta") == 0)
		return true;
	for (size_t i = 0; i < w->standard_count; i++)
		if (strcmp(w->standard[i], t->name) == 0)
			return true;
	return false;
}

static bool chosen(const struct work *w, const struct tool *t)
{
	const char *sets = w->conf->toolsets;

	if (!sets || !sets[0])
		return (w->front && strcmp(w->front, "cli") == 0) || work_is_standard(w, t);
	return word_in(sets, "all") || word_in(sets, t->toolset) ||
	       strcmp(t->toolset, "meta") == 0 ||
	       (word_in(sets, "default") && work_is_standard(w, t));
}

/* The first word of toolsets that names none, or p NULL. */
static struct str unknown_toolset(const struct work *w)
{
	struct str rest = str_from(w->conf->toolsets), word;

	while (str_cut(&rest, ',', &word)) {
		bool known = !word.n || str_eq(word, S("all")) || str_eq(word, S("default"));

		for (size_t i = 0; i < w->all_count && !known; i++)
			known = str_eq(word, str_from(w->all[i]->toolset));
		if (!known)
			return word;
	}
	return (struct str){ 0 };
}

static bool choose_rows(struct work *w, const char **message)
{
	struct str unknown = unknown_toolset(w);

	if (unknown.p) {
		*message = arena_printf(w->arena, "toolsets: there is no toolset '%.*s'",
					STR_ARG(unknown));
		return false;
	}
	w->offered = arena_array(w->arena, w->all_count + 1, sizeof(*w->offered));
	w->listed = arena_array(w->arena, w->all_count + 1, sizeof(*w->listed));
	w->findable = arena_array(w->arena, w->all_count + 1, sizeof(*w->findable));
	for (size_t i = 0; i < w->all_count; i++) {
		if (!possible(w, w->all[i]))
			continue;
		if (!w->all[i]->unlisted)
			w->findable[w->findable_count++] = w->all[i];
		if (!chosen(w, w->all[i]))
			continue;
		w->offered[w->offered_count++] = w->all[i];
		if (!w->all[i]->unlisted)
			w->listed[w->listed_count++] = w->all[i];
	}
	if (w->listed_count || !w->all_count)
		return true;
	*message = arena_printf(w->arena, "toolsets = %s offers no tool", w->conf->toolsets);
	return false;
}

const struct tool *work_tool(const struct work *w, struct str name)
{
	size_t lo = 0, hi = w->offered_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = str_cmp(name, str_from(w->offered[mid]->name));

		if (d == 0)
			return w->offered[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const char *work_tool_absent(const struct work *w, struct arena *a, struct str name)
{
	const char *sets = w->conf->toolsets;

	for (size_t i = 0; i < w->all_count; i++) {
		const struct tool *t = w->all[i];

		if (!str_eq(str_from(t->name), name))
			continue;
		if (!possible(w, t))
			return arena_printf(a, "%s is not offered: this profile is read-only or "
					       "its policy does not allow it", t->name);
		return arena_printf(a, "%s is in the toolset %s, which is not offered; a person can "
				       "add it: toolsets = %s,%s in flowlatch.conf, or flowlatch "
				       "serve --toolsets %s,%s",
				    t->name, t->toolset, sets && sets[0] ? sets : "default",
				    t->toolset, sets && sets[0] ? sets : "default", t->toolset);
	}
	return NULL;
}

size_t work_tools(const struct work *w, const struct tool *const **rows)
{
	*rows = (const struct tool *const *)w->listed;
	return w->listed_count;
}

const struct tool *const *all_tools(const struct call *c, size_t *count)
{
	*count = c->work->findable_count;
	return (const struct tool *const *)c->work->findable;
}

const char *tool_absent(const struct call *c, const struct tool *t)
{
	if (work_tool(c->work, str_from(t->name)))
		return NULL;
	return work_tool_absent(c->work, c->arena, str_from(t->name));
}

/* ---- the process ---- */

struct work *work_new(struct arena *a, const struct work_options *o, const char **message)
{
	struct work *w = arena_alloc(a, sizeof(*w));

	*w = (struct work){ .loop = o->loop, .conf = o->conf, .front = o->front, .arena = a,
			    .all = o->tools, .all_count = o->tool_count,
			    .standard = o->standard, .standard_count = o->standard_count };
	list_init(&w->calls);
	list_init(&w->cache);
	*message = "out of memory";
	if (gate_policy_ready(w, message) && choose_rows(w, message))
		w->hosts = hosts_new(a, o->conf, message);
	if (!w->hosts) {
		work_free(w);
		return NULL;
	}
	w->http = http_new(&(struct http_options){
		.loop = o->loop,
		.ca_file = o->conf->ca_file,
		.proxy = o->conf->proxy,
		.no_proxy = o->conf->no_proxy,
		.user_agent = "flowlatch/" FLOWLATCH_VERSION,
	});
	w->store = store_new(o->conf);
	if (w->http && w->store)
		w->auth = auth_new(&(struct auth_options){
			.conf = o->conf, .hosts = w->hosts, .http = w->http, .loop = o->loop,
			.store = w->store });
	if (!w->auth) {
		work_free(w);
		return NULL;
	}
	redact_install_log_filter();
	return w;
}

static void forget(struct cached *e)
{
	list_remove(&e->link);
	free(e->value);
	free(e);
}

void work_free(struct work *w)
{
	if (!w)
		return;
	LIST_EACH_SAFE(pos, &w->calls)
	call_cancel(LIST_ITEM(pos, struct call, link));
	/* What was cancelled ends from the loop; nothing of it may wait for the network now. */
	for (int turns = 0; w->busy && turns < 100; turns++)
		loop_turn(w->loop, 20);
	LIST_EACH_SAFE(pos, &w->cache)
	forget(LIST_ITEM(pos, struct cached, link));
	auth_free(w->auth);
	http_free(w->http);
	loop_timer_clear(&w->log_timer);
	audit_free(w->audit);
	journal_free(w->journal);
	store_free(w->store);
	policy_free(w->policy);
	os_wipe(w->seal_key, sizeof(w->seal_key));
	os_wipe(w->approval_key, sizeof(w->approval_key));
	os_wipe(w->journal_key, sizeof(w->journal_key));
	os_wipe(w->snapshot_key, sizeof(w->snapshot_key));
}

unsigned work_busy(const struct work *w)
{
	return w->busy;
}

void work_hold(struct work *w)
{
	w->held = true;
}

void work_go(struct work *w, const char *failure)
{
	w->held = false;
	w->hold_failure = failure ? arena_copy(w->arena, failure, strlen(failure)) : NULL;
	LIST_EACH(pos, &w->calls)
	{
		struct call *c = LIST_ITEM(pos, struct call, link);

		if (!c->args)
			call_wake(c);
	}
}

struct auth *work_auth(struct work *w)
{
	return w->auth;
}

void work_warm(struct work *w)
{
	struct arena a;

	arena_init(&a, 1u << 16);
	http_warm(w->http, host_origin(w->hosts, &a, HOST_FLOW, S("")));
	arena_release(&a);
}

static int log_days(const struct work *w)
{
	int64_t mine = w->conf->log_days, most = mine;

	if (w->policy)
		most = policy_value(w->policy, POLICY_LOG_DAYS);
	return (int)(mine < most ? mine : most);
}

/* The log of the state directory, opened at the first record. */
struct audit *work_audit(struct work *w)
{
	const char *dir;

	if (w->audit)
		return w->audit;
	dir = store_dir(w->store);
	if (!dir)
		return NULL;
	w->audit = audit_new(&(struct audit_options){
		.dir = arena_printf(w->arena, "%s/log", dir),
		.store = w->store,
		.days = log_days(w),
	});
	return w->audit;
}

bool work_needs_log(const struct work *w)
{
	return w->policy && policy_value(w->policy, POLICY_AUDIT_REQUIRED);
}

void work_log_failed(struct work *w)
{
	if (w->log_warned)
		return;
	w->log_warned = true;
	log_warn("the usage log cannot be written: %s",
		 w->audit ? audit_message(w->audit) : store_message(w->store));
}

static void flush_log(void *arg)
{
	struct work *w = arg;

	w->log_timer.fn = NULL;
	if (!audit_flush(w->audit))
		work_log_failed(w);
}

void work_log_written(struct work *w)
{
	if (!w->log_timer.fn)
		loop_timer_set(w->loop, &w->log_timer, LIMIT_LOG_FLUSH_MS, flush_log, w);
}

void work_late_answer(struct work *w)
{
	struct audit *audit = work_audit(w);
	struct audit_record r = { .event = AUDIT_DECIDE, .channel = S("elicit"),
				  .decision = S("late"), .status = S("ignored") };

	log_info("an answer came to a question that was over; it was ignored");
	if (audit && audit_append(audit, &r, NULL) == AUDIT_DONE)
		work_log_written(w);
}

/* ---- the memory of names ---- */

static struct cached *find_cached(struct work *w, const char *key)
{
	int64_t now = os_now_ms();

	LIST_EACH_SAFE(pos, &w->cache)
	{
		struct cached *e = LIST_ITEM(pos, struct cached, link);

		if (e->until < now)
			forget(e);
		else if (strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

const char *call_cache_get(struct call *c, const char *key)
{
	struct cached *e = find_cached(c->work, key);

	return e ? arena_copy(c->arena, e->value, strlen(e->value)) : NULL;
}

void call_cache_put(struct call *c, const char *key, const char *value)
{
	struct work *w = c->work;
	struct cached *e = find_cached(w, key);
	size_t n = strlen(key) + 1, count = 0;

	if (e)
		forget(e);
	LIST_EACH(pos, &w->cache)
	count++;
	if (count >= MOST_CACHED)
		forget(LIST_ITEM(w->cache.next, struct cached, link));
	e = malloc(sizeof(*e) + n);
	if (!e)
		return;
	memcpy(e->key, key, n);
	e->value = strdup(value);
	e->until = os_now_ms() + CACHE_MS;
	list_append(&w->cache, &e->link);
	if (!e->value)
		forget(e);
}

/* ---- who and what ---- */

struct json *about_identity(struct call *c)
{
	const struct conf *conf = c->work->conf;
	struct auth_identity who = auth_identity(c->work->auth);
	struct json *v = json_new_object(c->arena), *account = json_new_object(c->arena);

	json_set_z(c->arena, v, "profile", conf->profile);
	json_set_z(c->arena, v, "cloud", conf->cloud);
	json_set_z(c->arena, account, "objectId", who.object_id);
	json_set_z(c->arena, account, "tenantId", who.tenant_id);
	json_set_z(c->arena, account, "displayName", who.name);
	json_set_z(c->arena, account, "userPrincipalName", who.username);
	json_set(c->arena, v, "account", account);
	json_set(c->arena, v, "audiences", auth_describe(c->work->auth, c->arena));
	json_set_z(c->arena, v, "environmentName", conf->environment ? conf->environment : "");
	json_set_z(c->arena, v, "trustLevel", policy_trusts[gate_trust(c->work)]);
	if (c->work->policy && policy_value(c->work->policy, POLICY_HOST_PROMPT))
		json_set_z(c->arena, v, "hostPrompt", "trusted");
	json_set_bool(c->arena, v, "readOnly", conf->read_only);
	json_set_z(c->arena, v, "version", FLOWLATCH_VERSION);
	json_set_z(c->arena, v, "front", c->work->front);
	return v;
}
