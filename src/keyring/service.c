/*
 * service.c - the Secret Service: items of one profile in one collection.
 *
 * Sources: the Secret Service specification, libsecret's reference, and what was measured with
 * gnome-keyring 42:
 * - a lookup in a locked keyring answers "nothing there" without an error, so items are searched
 *   for and their collection is looked at;
 * - a search by schema name does not see the items of a keyring that was never unlocked, so the
 *   name is not matched and an attribute says whose items they are;
 * - storing replaces any item whose attributes include the given ones, so all four are always
 *   given.
 */
#include "keyring/service.h"

#include <libsecret/secret.h>

#include "base/limits.h"
#include "keyring/bus.h"

#define SERVICE "flowlatch"
#define SESSION_ITEMS "/org/freedesktop/secrets/collection/session/"

/* None of these is a secret: attributes are stored in the clear. */
static const SecretSchema schema = {
	"org.flowlatch.Secret",
	SECRET_SCHEMA_DONT_MATCH_NAME,
	{
		{ "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "profile", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "place", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "item", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ NULL, 0 },
	},
	0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
};

struct work {
	const struct keyring_request *r;
	struct buf *out, *detail;
	SecretService *service;
	GError *error;
};

/* Texts are translated, so only domain and code decide. */
static enum keyring_status status_of(const GError *e)
{
	static const struct {
		int code;
		enum keyring_status status;
	} bus_errors[] = {
		{ G_DBUS_ERROR_SERVICE_UNKNOWN, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_NAME_HAS_NO_OWNER, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_EXEC_FAILED, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_FORK_FAILED, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_CHILD_EXITED, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_CHILD_SIGNALED, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_FAILED, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_SPAWN_FILE_INVALID, KEYRING_NO_SERVICE },
		{ G_DBUS_ERROR_NO_REPLY, KEYRING_SLOW },
		{ G_DBUS_ERROR_TIMEOUT, KEYRING_SLOW },
		{ G_DBUS_ERROR_TIMED_OUT, KEYRING_SLOW },
		{ G_DBUS_ERROR_UNKNOWN_OBJECT, KEYRING_NO_COLLECTION },
		{ G_DBUS_ERROR_UNKNOWN_METHOD, KEYRING_NO_COLLECTION },
	};

	if (e->domain == SECRET_ERROR && e->code == SECRET_ERROR_IS_LOCKED)
		return KEYRING_LOCKED;
	if (e->domain == SECRET_ERROR && e->code == SECRET_ERROR_NO_SUCH_OBJECT)
		return KEYRING_NO_COLLECTION;
	if (e->domain == G_IO_ERROR && e->code == G_IO_ERROR_TIMED_OUT)
		return KEYRING_SLOW;
	for (size_t i = 0; e->domain == G_DBUS_ERROR && i < G_N_ELEMENTS(bus_errors); i++)
		if (bus_errors[i].code == e->code)
			return bus_errors[i].status;
	return KEYRING_FAILED;
}

static enum keyring_status failed(struct work *w)
{
	enum keyring_status s = KEYRING_FAILED;

	buf_clear(w->detail);
	if (w->error) {
		s = status_of(w->error);
		buf_addf(w->detail, "%s/%d: %s", g_quark_to_string(w->error->domain),
			 w->error->code, w->error->message);
	}
	g_clear_error(&w->error);
	return s;
}

/* ---- the way there ---- */

static bool connect_bus(struct work *w)
{
	bool found = bus_find(false);

	for (int i = 0; found && i < 2; i++) {
		GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &w->error);

		if (bus) {
			g_dbus_connection_set_exit_on_close(bus, FALSE);
			g_object_unref(bus);
			return true;
		}
		(void)failed(w);
		found = i == 0 && bus_find(true);
	}
	return false;
}

static enum keyring_status connect_service(struct work *w)
{
	/* Opening a session also tells whether anybody is there. */
	SecretServiceFlags how = SECRET_SERVICE_LOAD_COLLECTIONS | SECRET_SERVICE_OPEN_SESSION;
	enum keyring_status s;

	if (!connect_bus(w))
		return KEYRING_NO_BUS;
	w->service = secret_service_get_sync(how, NULL, &w->error);
	if (w->service)
		return KEYRING_OK;
	s = failed(w);
	/* Right after the start of a session the service may not be there yet. */
	if (s == KEYRING_NO_SERVICE || s == KEYRING_SLOW) {
		g_usleep(LIMIT_KEYRING_RETRY_MS * 1000ul);
		w->service = secret_service_get_sync(how, NULL, &w->error);
		if (!w->service)
			return failed(w);
		buf_clear(w->detail);
		return KEYRING_OK;
	}
	return s;
}

/* ---- the collection ---- */

/* *out is the caller's when the status is OK or LOCKED. */
static enum keyring_status find_collection(struct work *w, SecretCollection **out)
{
	const char *alias = w->r->session ? SECRET_COLLECTION_SESSION : SECRET_COLLECTION_DEFAULT;

	*out = secret_collection_for_alias_sync(w->service, alias, SECRET_COLLECTION_NONE, NULL,
						&w->error);
	if (!*out) {
		enum keyring_status s = w->error ? failed(w) : KEYRING_NO_COLLECTION;

		return s;
	}
	return secret_collection_get_locked(*out) ? KEYRING_LOCKED : KEYRING_OK;
}

static enum keyring_status collection_state(struct work *w)
{
	SecretCollection *c = NULL;
	enum keyring_status s = find_collection(w, &c);

	g_clear_object(&c);
	return s;
}

/* The person is asked; the service opens the window. */
static enum keyring_status open_collection(struct work *w, SecretCollection **c,
					   enum keyring_status s)
{
	GList *list, *unlocked = NULL;
	gint n;

	if (s == KEYRING_NO_COLLECTION) {
		*c = secret_collection_create_sync(w->service, "Default keyring",
						   SECRET_COLLECTION_DEFAULT,
						   SECRET_COLLECTION_CREATE_NONE, NULL, &w->error);
		if (*c)
			return KEYRING_OK;
		/* Without an error the window was closed, or nothing could open one. */
		return w->error ? failed(w) : KEYRING_DISMISSED;
	}
	list = g_list_append(NULL, *c);
	n = secret_service_unlock_sync(w->service, list, NULL, &unlocked, &w->error);
	g_list_free(list);
	g_list_free_full(unlocked, g_object_unref);
	if (n > 0)
		return KEYRING_OK;
	g_clear_object(c);
	return w->error ? failed(w) : KEYRING_DISMISSED;
}

/* The collection, unlocked; with an interactive request the person may be asked. */
static enum keyring_status ready_collection(struct work *w, SecretCollection **c)
{
	enum keyring_status s = find_collection(w, c);

	if (w->r->interactive && (s == KEYRING_LOCKED || s == KEYRING_NO_COLLECTION))
		return open_collection(w, c, s);
	if (s != KEYRING_OK)
		g_clear_object(c);
	return s;
}

/* ---- items ---- */

static GHashTable *attributes_of(const struct keyring_request *r, struct str item)
{
	GHashTable *t = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

	g_hash_table_insert(t, (gpointer)"service", g_strdup(SERVICE));
	g_hash_table_insert(t, (gpointer)"profile", g_strndup(r->profile.p, r->profile.n));
	g_hash_table_insert(t, (gpointer)"place", g_strndup(r->place.p, r->place.n));
	if (item.n)
		g_hash_table_insert(t, (gpointer)"item", g_strndup(item.p, item.n));
	return t;
}

/* All items of the profile; NULL and no error when there are none. */
static GList *search(struct work *w, SecretSearchFlags how)
{
	GHashTable *attributes = attributes_of(w->r, S(""));
	GList *all = secret_service_search_sync(w->service, &schema, attributes,
						SECRET_SEARCH_ALL | how, NULL, &w->error);
	GList *ours = NULL;

	for (GList *i = all; i; i = i->next) {
		const char *path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(i->data));

		/* What was left in memory must not hide what is in the keyring, and vice versa. */
		if (g_str_has_prefix(path, SESSION_ITEMS) == w->r->session)
			ours = g_list_append(ours, g_object_ref(i->data));
	}
	g_list_free_full(all, g_object_unref);
	g_hash_table_unref(attributes);
	return ours;
}

static bool is_item(SecretItem *item, struct str name)
{
	GHashTable *t = secret_item_get_attributes(item);
	bool same = str_eq(str_from(g_hash_table_lookup(t, "item")), name);

	g_hash_table_unref(t);
	return same;
}

/* Adds the newest of the items of that name. */
static enum keyring_status add_item(struct work *w, GList *items, struct str name)
{
	SecretItem *newest = NULL;
	SecretValue *value;
	const char *text;
	bool ok = false;
	gsize n = 0;

	for (GList *i = items; i; i = i->next)
		if (is_item(i->data, name) && (!newest || secret_item_get_modified(i->data) >
							       secret_item_get_modified(newest)))
			newest = i->data;
	if (!newest)
		return KEYRING_ABSENT;
	if (secret_item_get_locked(newest))
		return KEYRING_LOCKED;
	value = secret_item_get_secret(newest);
	text = value ? secret_value_get(value, &n) : NULL;
	if (text)
		ok = keyring_answer_item(w->out, name, str_n(text, n));
	if (value)
		secret_value_unref(value);
	if (!ok)
		buf_addf(w->detail, "the item %.*s is damaged", STR_ARG(name));
	return ok ? KEYRING_OK : KEYRING_FAILED;
}

static enum keyring_status get(struct work *w)
{
	SecretSearchFlags how = SECRET_SEARCH_LOAD_SECRETS;
	enum keyring_status result = KEYRING_ABSENT, s;
	GList *items;

	if (w->r->interactive)
		how |= SECRET_SEARCH_UNLOCK;
	items = search(w, how);
	if (w->error)
		return failed(w);
	/* The first is the one that matters; others are fetched on the way. */
	for (size_t i = 0; i < w->r->item_count; i++) {
		s = add_item(w, items, w->r->items[i]);
		if (i == 0)
			result = s;
	}
	g_list_free_full(items, g_object_unref);
	if (result != KEYRING_ABSENT)
		return result;
	/* Nothing is found in a keyring that was never unlocked either. */
	s = collection_state(w);
	return s == KEYRING_OK ? KEYRING_ABSENT : s;
}

static enum keyring_status store(struct work *w)
{
	SecretCollection *c = NULL;
	enum keyring_status s = ready_collection(w, &c);
	GHashTable *attributes;
	SecretValue *value;
	SecretItem *item;
	char *label;

	if (s != KEYRING_OK)
		return s;
	attributes = attributes_of(w->r, w->r->items[0]);
	value = secret_value_new(w->r->secret.p, (gssize)w->r->secret.n, "text/plain");
	label = g_strdup_printf("flowlatch: %.*s of profile %.*s", STR_ARG(w->r->items[0]),
				STR_ARG(w->r->profile));
	item = secret_item_create_sync(c, &schema, attributes, label, value,
				       SECRET_ITEM_CREATE_REPLACE, NULL, &w->error);
	s = item ? KEYRING_OK : failed(w);
	g_clear_object(&item);
	g_free(label);
	secret_value_unref(value);
	g_hash_table_unref(attributes);
	g_object_unref(c);
	return s;
}

static bool wanted(const struct keyring_request *r, SecretItem *item)
{
	for (size_t i = 0; i < r->item_count; i++)
		if (is_item(item, r->items[i]))
			return true;
	return r->item_count == 0;
}

static enum keyring_status erase(struct work *w)
{
	enum keyring_status s = KEYRING_ABSENT;
	GList *items = search(w, SECRET_SEARCH_NONE);

	if (w->error)
		return failed(w);
	for (GList *i = items; i && (s == KEYRING_OK || s == KEYRING_ABSENT); i = i->next) {
		if (!wanted(w->r, i->data))
			continue;
		s = KEYRING_OK;
		/* Deleting a locked item would open a window. */
		if (secret_item_get_locked(i->data))
			s = KEYRING_LOCKED;
		else if (!secret_item_delete_sync(i->data, NULL, &w->error))
			s = failed(w);
	}
	g_list_free_full(items, g_object_unref);
	if (s != KEYRING_ABSENT)
		return s;
	s = collection_state(w);
	return s == KEYRING_LOCKED ? s : KEYRING_ABSENT;
}

static enum keyring_status unlock(struct work *w)
{
	SecretCollection *c = NULL;
	enum keyring_status s = ready_collection(w, &c);

	g_clear_object(&c);
	return s;
}

enum keyring_status service_serve(const struct keyring_request *r, struct buf *out,
				  struct buf *detail)
{
	static enum keyring_status (*const serve[])(struct work *w) = {
		[KEYRING_GET] = get,
		[KEYRING_STORE] = store,
		[KEYRING_ERASE] = erase,
		[KEYRING_CHECK] = collection_state,
		[KEYRING_UNLOCK] = unlock,
	};
	struct work w = { .r = r, .out = out, .detail = detail };
	enum keyring_status s = connect_service(&w);

	if (s == KEYRING_OK)
		s = serve[r->verb](&w);
	g_clear_object(&w.service);
	return s;
}
