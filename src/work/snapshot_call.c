/*
 * snapshot_call.c - the time machine as tools see it (see <flowlatch/tool.h>): policy, key and
 * retention around the files of snapshot.h.
 */
#include "work/gate_call.h"

#include "base/os.h"
#include "work/snapshot.h"

#define KEY_ITEM "snapshot_key"

const char *snapshot_off(const struct call *c)
{
	const struct policy *p = c->work->policy;

	return p && !policy_value(p, POLICY_SNAPSHOTS) ? policy_where(p, POLICY_SNAPSHOTS) : NULL;
}

/* False: c->failure says why. */
static bool open_files(struct call *c, struct snapshots *s)
{
	struct work *w = c->work;

	s->dir = gate_dir(c, "snapshots");
	if (s->dir && !w->snapshot_key_ready &&
	    store_own_key(w->store, KEY_ITEM, w->snapshot_key) == STORE_OK)
		w->snapshot_key_ready = true;
	if (s->dir && w->snapshot_key_ready) {
		memcpy(s->key, w->snapshot_key, sizeof(s->key));
		return true;
	}
	fail(c, ERR_LOG, "earlier versions of flows cannot be opened: %s",
	     store_message(w->store));
	if (store_next(w->store))
		hint(c, "%s", store_next(w->store));
	return false;
}

struct str snapshot_keep(struct call *c, struct str environment, struct str flow,
			 const struct json *definition, const struct json *references,
			 const struct json *about)
{
	struct snapshot_head h = { environment, flow, about, os_wall_ms() };
	struct json *content = json_new_object(c->arena);
	const struct policy *p = c->work->policy;
	char id[SNAPSHOT_ID + 1];
	struct snapshots s;
	const char *why;

	if (snapshot_off(c))
		return S("");
	if (!open_files(c, &s))
		return str_n(NULL, 0);
	json_set(c->arena, content, "definition", json_copy(c->arena, definition));
	json_set(c->arena, content, "connectionReferences",
		 references ? json_copy(c->arena, references) : NULL);
	if (!snapshot_write(&s, c->arena, &h, content, id, &why)) {
		fail(c, ERR_LOG, "the flow as it is could not be kept, so nothing was changed: %s",
		     why);
		hint(c, "Make room there, or let a person switch keeping off: snapshots = no in "
			"policy.conf (flowlatch-policy(5)).");
		return str_n(NULL, 0);
	}
	if (p)
		(void)snapshot_prune(&s, h.now, policy_value(p, POLICY_SNAPSHOT_DAYS),
				     policy_value(p, POLICY_SNAPSHOT_COUNT));
	return str_dup(c->arena, str_from(id));
}

struct json *snapshot_list(struct call *c, struct str environment, struct str flow)
{
	struct snapshots s = { .dir = gate_dir(c, "snapshots") };

	/* No key is asked for, or made, where there is nothing. */
	if (!s.dir || !snapshot_any(s.dir))
		return json_new_array(c->arena);
	return open_files(c, &s) ? snapshot_index(&s, c->arena, environment, flow,
						  LIMIT_SNAPSHOTS_SHOWN)
				 : NULL;
}

struct json *snapshot_get(struct call *c, struct str id)
{
	struct json *v = json_get_n(c->snapshots, id), *content;
	struct snapshots s = { .dir = gate_dir(c, "snapshots") };
	const char *why = "there is no such version";
	bool absent = true;

	if (v)
		return v;
	if (s.dir && snapshot_any(s.dir)) {
		if (!open_files(c, &s))
			return NULL;
		v = snapshot_read(&s, c->arena, id, &absent, &why);
	}
	if (!v) {
		fail(c, absent ? ERR_NOT_FOUND : ERR_LOG, "version %s cannot be had: %s",
		     quoted(c, id), why);
		hint(c, "list_live_flow_versions lists the versions of a flow.");
		return NULL;
	}
	content = json_take(v, "content");
	json_set(c->arena, v, "definition", json_take(content, "definition"));
	json_set(c->arena, v, "connectionReferences", json_take(content, "connectionReferences"));
	/* Keeping another one may remove it from the disk before the call is over. */
	if (!c->snapshots)
		c->snapshots = json_new_object(c->arena);
	return json_set_n(c->arena, c->snapshots, id, v);
}
