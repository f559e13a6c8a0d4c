/*
 * store_value.c - the text in which an item is kept: one line of versioned JSON.
 *
 * {"v":1,"item":NAME,"written":MS,"text":...} or "base64" for what is not plain text.
 * A refresh token carries what it belongs to, so that a profile that was changed to another
 * tenant, application or account never uses it.
 */
#include "work/store_impl.h"

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "text/json.h"

enum { VERSION = 1 };

/* Printable, and the same inside a JSON string. */
static bool plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return true;
}

static const struct {
	const char *member, *what;
	size_t offset;
} bound[] = {
	{ "authority", "another cloud", offsetof(struct store_login, authority) },
	{ "tenant", "another tenant", offsetof(struct store_login, tenant) },
	{ "client", "another application (client_id)", offsetof(struct store_login, client_id) },
	{ "account", "another account", offsetof(struct store_login, account) },
};

enum { BOUND = sizeof(bound) / sizeof(*bound) };

static const char *field(const struct store_login *l, size_t i)
{
	return *(char *const *)((const char *)l + bound[i].offset);
}

struct secret *store_wrap(struct store *s, const char *name, const struct secret *value)
{
	struct str bytes = secret_bytes(value);
	struct secret *raw;
	struct arena a;
	struct json *doc;
	jmp_buf out;

	arena_init(&a, 4u << 20);
	a.wipe = true;
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return NULL;
	}
	doc = json_new_object(&a);
	json_set_int(&a, doc, "v", VERSION);
	json_set_z(&a, doc, "item", name);
	json_set_int(&a, doc, "written", os_wall_ms());
	for (size_t i = 0; i < BOUND && !strcmp(name, STORE_TOKEN); i++)
		json_set_z(&a, doc, bound[i].member, field(&s->login, i));
	if (plain(bytes)) {
		json_set_str(&a, doc, "text", bytes);
	} else {
		struct buf b;

		buf_init_in(&b, &a, 2 * LIMIT_STORE_ITEM);
		crypt_b64(&b, bytes);
		json_set_str(&a, doc, "base64", buf_str(&b));
	}
	raw = secret_new(json_text(&a, doc));
	arena_release(&a);
	return raw;
}

/* The member that tells another sign-in, or BOUND. */
static size_t first_difference(const struct store_login *l, const struct json *doc)
{
	for (size_t i = 0; i < BOUND; i++)
		if (!str_eq_nocase(json_get_str(doc, bound[i].member), str_from(field(l, i))))
			return i;
	return BOUND;
}

static enum store_result read_doc(struct store *s, struct arena *a, const char *name,
				  const struct json *doc, struct secret **out)
{
	struct str text = json_get_str(doc, "text"), base64 = json_get_str(doc, "base64");
	bool token = !strcmp(name, STORE_TOKEN);
	size_t other = token ? first_difference(&s->login, doc) : (size_t)BOUND;
	struct buf b;

	if (json_int(json_get(doc, "v"), 0) > VERSION) {
		store_say(s, STORE_FAILED, "%s was written by a later version of flowlatch", name);
		store_advise(s, "Update flowlatch, or sign in again with: %s", s->login_command);
		return STORE_FAILED;
	}
	buf_init_in(&b, a, LIMIT_STORE_ITEM);
	if (json_int(json_get(doc, "v"), 0) != VERSION ||
	    !str_eq(json_get_str(doc, "item"), str_from(name)) || !(text.n || base64.n) ||
	    (base64.n && !crypt_unb64(&b, base64))) {
		store_say(s, STORE_FAILED, "the stored %s is damaged", name);
		store_advise(s, "Sign in again with: %s", s->login_command);
		return STORE_FAILED;
	}
	if (other < BOUND) {
		store_say(s, STORE_OTHER_LOGIN,
			  "the stored sign-in is for %s than this profile names (%s)",
			  bound[other].what, json_get_z(doc, bound[other].member));
		store_advise(s, "Sign in again with: %s", s->login_command);
		return STORE_OTHER_LOGIN;
	}
	s->written = json_int(json_get(doc, "written"), 0);
	*out = secret_new(text.n ? text : buf_str(&b));
	return *out ? STORE_OK : store_say(s, STORE_FAILED, "memory is out");
}

enum store_result store_unwrap(struct store *s, const char *name, const struct secret *raw,
			       struct secret **out)
{
	enum store_result r;
	struct arena a;
	struct json *doc;
	jmp_buf way_out;

	arena_init(&a, 8u << 20);
	a.wipe = true;
	if (arena_guard(&a, &way_out)) {
		arena_release(&a);
		return store_say(s, STORE_FAILED, "memory is out");
	}
	doc = json_parse(&a, secret_bytes(raw), JSON_STRICT, NULL);
	r = read_doc(s, &a, name, doc, out);
	arena_release(&a);
	return r;
}
