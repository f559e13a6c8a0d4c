/*
 * grant.c - files of standing permissions.
 *
 * A file is one line of JSON and one line with its HMAC-SHA-256.
 */
#include "work/grant.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

static const char *path_of(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static void mac_of(const unsigned char key[CRYPT_KEY], const char *id, struct str text,
		   unsigned char out[CRYPT_HASH])
{
	struct str parts[3] = { S("grant-v1"), str_from(id), text };

	crypt_hmac(str_bytes(key, CRYPT_KEY), parts, 3, out);
}

/* ---- writing ---- */

static bool save(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		 const struct grant *g, const char **why)
{
	struct json *v = json_new_object(a);
	const char *path = path_of(a, dir, g->id);
	unsigned char m[CRYPT_HASH];
	struct buf b;
	int err;

	json_set_z(a, v, "kind", g->prompt ? "prompt" : "scope");
	json_set_str(a, v, "tools", g->tools);
	json_set_str(a, v, "environments", g->environments);
	json_set_str(a, v, "flows", g->flows);
	json_set_int(a, v, "maxCalls", g->max_calls);
	json_set_int(a, v, "used", g->used);
	json_set_int(a, v, "made", g->made);
	json_set_int(a, v, "expires", g->expires);
	buf_init_in(&b, a, LIMIT_GRANT_FILE);
	json_print(&b, v);
	mac_of(key, g->id, buf_str(&b), m);
	buf_addc(&b, '\n');
	crypt_hex(&b, str_bytes(m, sizeof(m)));
	buf_addc(&b, '\n');
	err = buf_ok(&b) ? os_write_atomic(path, buf_str(&b)) : EFBIG;
	if (err)
		*why = arena_printf(a, "%s: %s", path, strerror(err));
	return !err;
}

bool grant_make(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		struct grant *g, int64_t now, const char **why)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char r[8];
	struct grant *all;
	int err = os_mkdirs(dir);

	if (err) {
		*why = arena_printf(a, "%s: %s", dir, strerror(err));
		return false;
	}
	if (grant_list(a, dir, key, now, &all) >= LIMIT_GRANTS) {
		*why = "there are too many grants already; see flowlatch grant list";
		return false;
	}
	crypt_random(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		g->id[i] = digits[r[i] % 16];
	g->id[8] = '\0';
	g->made = now;
	return save(a, dir, key, g, why);
}

/* ---- reading ---- */

static bool load(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		 const char *id, struct grant *out)
{
	const char *why;
	int fd = os_open_private(path_of(a, dir, id), O_RDONLY, &why), err;
	unsigned char m[CRYPT_HASH];
	struct buf b, hex;
	struct str rest, text, have;
	struct json *v;

	if (fd < 0)
		return false;
	buf_init_in(&b, a, LIMIT_GRANT_FILE);
	err = os_read_fd(fd, &b);
	close(fd);
	rest = buf_str(&b);
	if (err || !str_cut(&rest, '\n', &text) || !str_cut(&rest, '\n', &have))
		return false;
	mac_of(key, id, text, m);
	buf_init_in(&hex, a, 128);
	crypt_hex(&hex, str_bytes(m, sizeof(m)));
	if (have.n != hex.n || !crypt_equal(have.p, hex.p, hex.n))
		return false;
	v = json_parse(a, text, JSON_STRICT, NULL);
	*out = (struct grant){
		.prompt = str_eq(json_get_str(v, "kind"), S("prompt")),
		.tools = json_get_str(v, "tools"),
		.environments = json_get_str(v, "environments"),
		.flows = json_get_str(v, "flows"),
		.max_calls = json_int(json_get(v, "maxCalls"), 0),
		.used = json_int(json_get(v, "used"), INT64_MAX),
		.made = json_int(json_get(v, "made"), 0),
		.expires = json_int(json_get(v, "expires"), 0),
	};
	memcpy(out->id, id, 8);
	return v != NULL;
}

/* A name that grant_make gives. */
static bool is_id(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("0123456789abcdef", name.p[i]))
			return false;
	return name.n == 8;
}

size_t grant_list(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		  int64_t now, struct grant **out)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char names[2 * LIMIT_GRANTS][9];
	size_t named = 0, n = 0;

	*out = arena_array(a, 2 * LIMIT_GRANTS, sizeof(**out));
	while (d && (e = readdir(d)) && named < 2 * LIMIT_GRANTS)
		if (is_id(str_from(e->d_name)))
			memcpy(names[named++], e->d_name, 9);
	if (d)
		closedir(d);
	for (size_t i = 0; i < named; i++) {
		struct grant g;

		if (!load(a, dir, key, names[i], &g))
			continue;
		if (g.expires < now || g.used >= g.max_calls) {
			(void)unlink(path_of(a, dir, names[i]));
			continue;
		}
		(*out)[n++] = g;
		for (size_t k = n - 1; k && (*out)[k].made < (*out)[k - 1].made; k--) {
			struct grant swap = (*out)[k];

			(*out)[k] = (*out)[k - 1];
			(*out)[k - 1] = swap;
		}
	}
	return n;
}

size_t grant_revoke(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		    struct str id, int64_t now)
{
	struct grant *all;
	size_t n = grant_list(a, dir, key, now, &all), gone = 0;

	for (size_t i = 0; i < n; i++)
		if ((str_eq(id, S("all")) || str_eq(id, str_from(all[i].id))) &&
		    !unlink(path_of(a, dir, all[i].id)))
			gone++;
	return gone;
}

/* ---- use ---- */

static bool has(struct str list, struct str word)
{
	struct str one;

	while (str_cut(&list, ' ', &one))
		if (str_eq(one, S("*")) || (word.n && str_eq_nocase(one, word)))
			return true;
	return false;
}

/* The kind of a grant that covers the call, or 0. */
static unsigned covers(const struct grant *g, const struct grant_query *q)
{
	if (!has(g->tools, q->tool) || !has(g->environments, q->environment) ||
	    !has(g->flows, q->flow))
		return 0;
	if (g->prompt)
		return GRANT_PROMPT;
	return str_eq(g->flows, S("*")) || str_eq(g->tools, S("*")) ? GRANT_SCOPE
								    : GRANT_SCOPE | GRANT_NAMED;
}

unsigned grant_match(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     const struct grant_query *q)
{
	struct grant *all;
	size_t n = grant_list(a, dir, key, q->now, &all);
	unsigned kinds = 0;

	for (size_t i = 0; i < n; i++)
		kinds |= covers(&all[i], q);
	return kinds;
}

static enum approval_result use_locked(struct arena *a, const char *dir,
				       const unsigned char key[CRYPT_KEY],
				       const struct grant_query *q, unsigned kind,
				       const char **why)
{
	struct grant *all;
	size_t n = grant_list(a, dir, key, q->now, &all);

	for (size_t i = 0; i < n; i++) {
		if (!(covers(&all[i], q) & kind))
			continue;
		all[i].used++;
		return save(a, dir, key, &all[i], why) ? APPROVAL_DONE : APPROVAL_FAILED;
	}
	*why = "the grant is used up";
	return APPROVAL_BEFORE;
}

enum approval_result grant_use(struct arena *a, const char *dir,
			       const unsigned char key[CRYPT_KEY], const struct grant_query *q,
			       unsigned kind, const char **why)
{
	enum approval_result result;
	int err = os_mkdirs(dir), fd = err ? -1 : os_try_lock(path_of(a, dir, "lock"), &err);

	if (fd < 0) {
		*why = arena_printf(a, "%s: %s", dir, strerror(err));
		return err == EWOULDBLOCK ? APPROVAL_BUSY : APPROVAL_FAILED;
	}
	result = use_locked(a, dir, key, q, kind, why);
	os_unlock(fd);
	return result;
}
