/*
 * account.c - who signed in with a profile, and how.
 */
#include "work/account.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/json.h"

static const struct {
	const char *member;
	size_t offset;
} texts[] = {
	{ "userPrincipalName", offsetof(struct account, username) },
	{ "displayName", offsetof(struct account, name) },
	{ "objectId", offsetof(struct account, object_id) },
	{ "tenantId", offsetof(struct account, tenant_id) },
	{ "homeTenantId", offsetof(struct account, home_tenant) },
	{ "scope", offsetof(struct account, scope) },
	{ "method", offsetof(struct account, method) },
};

static const struct {
	const char *member;
	size_t offset;
} flags[] = {
	{ "recordedAccount", offsetof(struct account, recorded_account) },
	{ "recordedTenant", offsetof(struct account, recorded_tenant) },
	{ "madeKeyFile", offsetof(struct account, made_key_file) },
};

bool account_read(struct arena *a, const char *dir, struct account *out)
{
	struct account account = { 0 };
	struct json *doc;
	struct buf b;
	const char *why;
	int fd;

	if (!dir)
		return false;
	buf_init_in(&b, a, LIMIT_CONF_FILE);
	buf_room(&b, LIMIT_CONF_LINE);
	fd = os_open_private(arena_printf(a, "%s/" ACCOUNT_FILE, dir), O_RDONLY, &why);
	if (fd < 0)
		return false;
	if (os_read_fd(fd, &b))
		buf_clear(&b);
	close(fd);
	doc = json_parse(a, buf_str(&b), JSON_STRICT, NULL);
	if (json_int(json_get(doc, "v"), 0) != 1)
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*(const char **)((char *)&account + texts[i].offset) =
			json_get_z(doc, texts[i].member);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		*(bool *)((char *)&account + flags[i].offset) =
			json_is_true(json_get(doc, flags[i].member));
	if (!os_parse_time(json_get_str(doc, "signedInAt"), &account.signed_in))
		account.signed_in = 0;
	*out = account;
	return true;
}

int account_write(struct arena *a, const char *dir, const struct account *account)
{
	struct json *doc = json_new_object(a);
	char when[25];

	os_format_time(account->signed_in, when);
	json_set_int(a, doc, "v", 1);
	json_set_z(a, doc, "signedInAt", when);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *text = *(const char *const *)((const char *)account + texts[i].offset);

		if (text && text[0])
			json_set_z(a, doc, texts[i].member, text);
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (*(const bool *)((const char *)account + flags[i].offset))
			json_set_bool(a, doc, flags[i].member, true);
	return os_write_atomic(arena_printf(a, "%s/" ACCOUNT_FILE, dir), json_text(a, doc));
}
