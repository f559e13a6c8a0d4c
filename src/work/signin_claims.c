/*
 * signin_claims.c - claims that the service asked for, kept until a person signs in with them.
 *
 * A Conditional Access policy may ask for more (a second factor) when a token for one service is
 * refreshed; only a sign-in that sends these claims back satisfies it.  They are no secret, but
 * nobody else's business: one file of mode 0600, {"resource": "claims"}.
 */
#include "work/signin.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/json.h"

enum { CLAIMS_BYTES = 4096, MOST_RESOURCES = 32 };

static struct json *read_all(struct arena *a, const char *path)
{
	struct json *v;
	struct buf b;

	buf_init_in(&b, a, LIMIT_CONF_FILE);
	if (os_read_file(path, &b))
		return NULL;
	v = json_parse(a, buf_str(&b), JSON_STRICT, NULL);
	return json_is(v, JSON_OBJECT) ? v : NULL;
}

static const char *path_of(struct arena *a, const char *dir)
{
	return arena_printf(a, "%s/claims.json", dir);
}

void signin_keep_claims(const char *dir, struct str resource, struct str claims)
{
	struct arena a;
	struct json *all;
	const char *path;
	jmp_buf out;

	if (!dir || claims.n > CLAIMS_BYTES)
		return;
	arena_init(&a, 4u << 20);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return;
	}
	path = path_of(&a, dir);
	all = read_all(&a, path);
	/* A file of somebody else's making is begun anew. */
	if (!all || json_count(all) >= MOST_RESOURCES)
		all = json_new_object(&a);
	/* JSON text is asked for; what is none would be refused when it is sent. */
	if (claims.n && json_is(json_parse(&a, claims, JSON_STRICT, NULL), JSON_OBJECT))
		json_set_n(&a, all, resource, json_new_str(&a, claims));
	else
		json_take_n(all, resource);
	if (json_count(all))
		os_write_atomic(path, json_text(&a, all));
	else
		unlink(path);
	arena_release(&a);
}

struct str signin_kept_claims(struct arena *a, const char *dir, struct str resource)
{
	struct json *all = dir ? read_all(a, path_of(a, dir)) : NULL;
	struct str claims = json_str(json_get_n(all, resource));

	return claims.n <= CLAIMS_BYTES ? claims : S("");
}
