/*
 * test_account.c - the file that says who signed in.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "work/account.h"

static char dir[64];
static const char *file;

static void make(struct arena *a)
{
	snprintf(dir, sizeof(dir), "/tmp/flowlatch-account-XXXXXX");
	assert_non_null(mkdtemp(dir));
	file = arena_printf(a, "%s/" ACCOUNT_FILE, dir);
}

static void clean(void)
{
	unlink(file);
	if (rmdir(dir))
		fail_msg("something was left behind in %s", dir);
}

static void test_round(void **state)
{
	struct account in = {
		.username = "ada@contoso.example",
		.name = "Ada \"A\" L\xc3\xb8vlace",
		.object_id = "o",
		.tenant_id = "t",
		.scope = "a b",
		.method = "browser",
		.signed_in = 1764000000123,
		.recorded_tenant = true,
	}, out;
	struct stat st;

	make(*state);
	assert_false(account_read(*state, dir, &out));
	assert_int_equal(account_write(*state, dir, &in), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(account_read(*state, dir, &out));
	assert_string_equal(out.username, in.username);
	assert_string_equal(out.name, in.name);
	assert_string_equal(out.object_id, "o");
	assert_string_equal(out.tenant_id, "t");
	assert_string_equal(out.home_tenant, "");
	assert_string_equal(out.scope, "a b");
	assert_string_equal(out.method, "browser");
	assert_int_equal(out.signed_in, in.signed_in);
	assert_true(out.recorded_tenant && !out.recorded_account && !out.made_key_file);
	assert_false(account_read(*state, NULL, &out));
	clean();
}

/* What others could have written, or what is of a later version, is nobody's sign-in. */
static void test_damaged(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"v\":2}", "{\"v\":\"1\"}",
					     "{\"v\":1,\"v\":1}" };
	struct account in = { .username = "a" }, out = { .username = "untouched" };

	make(*state);
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(os_write_atomic(file, str_from(texts[i])), 0);
		assert_false(account_read(*state, dir, &out));
	}
	assert_int_equal(account_write(*state, dir, &in), 0);
	assert_int_equal(chmod(file, 0644), 0);
	assert_false(account_read(*state, dir, &out));
	assert_string_equal(out.username, "untouched");
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_false(account_read(*state, dir, &out));
	clean();
	assert_int_not_equal(account_write(*state, dir, &in), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_round),
		UNIT(test_damaged),
	};

	return UNIT_RUN(tests);
}
