/*
 * seal.c - state that travels through the model and comes back: cursors, continuation links,
 * request states.
 *
 * Encrypted and authenticated (AES-256-GCM) with a key of the profile's store, and bound to
 * kind, tool, environment and profile, so that it cannot be read, changed or used elsewhere.
 */
#include "work/call_priv.h"

#include "base/os.h"
#include "text/crypt.h"

/* A cursor lives as long as an agent's session may. */
enum { LIFE_MS = 24 * 3600 * 1000 };

const unsigned char *work_seal_key(struct work *w)
{
	if (!w->seal_key_ready) {
		/* Without a store the key is this process's own: cursors then die with it. */
		if (store_key(w->store, S("seal"), w->seal_key) != STORE_OK)
			crypt_random(w->seal_key, sizeof(w->seal_key));
		w->seal_key_ready = true;
	}
	return w->seal_key;
}

static struct str binding(struct call *c, const char *kind)
{
	/* A request state has the arguments' digest inside; names in them are resolved later.
	 * A plan has tool and arguments inside. */
	bool plan = strcmp(kind, "plan") == 0;
	const char *environment = plan || strcmp(kind, "request-state") == 0
					  ? ""
					  : json_get_z(c->args, "environmentName");

	return str_fmt(c->arena, "%s\n%s\n%s\n%s\n%s", kind, plan ? "" : c->tool->name,
		       environment,
		       c->work->conf->profile, c->work->conf->cloud);
}

struct str seal(struct call *c, const char *kind, struct json *state)
{
	struct json *box = json_new_object(c->arena);
	struct buf sealed, text;

	json_set_int(c->arena, box, "t", os_wall_ms() + LIFE_MS);
	json_set(c->arena, box, "s", state);
	buf_init_in(&sealed, c->arena, LIMIT_RESULT);
	buf_init_in(&text, c->arena, 2 * LIMIT_RESULT);
	crypt_seal(work_seal_key(c->work), binding(c, kind), json_text(c->arena, box), &sealed);
	crypt_b64url(&text, buf_str(&sealed));
	return buf_str(&text);
}

struct json *unseal(struct call *c, const char *kind, struct str sealed)
{
	struct buf raw, plain;
	struct json *box;

	buf_init_in(&raw, c->arena, LIMIT_RESULT);
	buf_init_in(&plain, c->arena, LIMIT_RESULT);
	if (!crypt_unb64(&raw, sealed) ||
	    !crypt_open(work_seal_key(c->work), binding(c, kind), buf_str(&raw), &plain))
		return NULL;
	box = json_parse(c->arena, buf_str(&plain), JSON_STRICT, NULL);
	if (json_int(json_get(box, "t"), 0) < os_wall_ms())
		return NULL;
	return json_get(box, "s");
}
