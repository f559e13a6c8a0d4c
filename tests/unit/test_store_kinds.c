/*
 * test_store_kinds.c - what is particular to sealed files, the kernel's keyring and the helper.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "unit.h"
#include "work/conf.h"
#include "work/store_impl.h"

static char base[64];

static struct conf conf_of(struct arena *a, const char *kind)
{
	snprintf(base, sizeof(base), "/tmp/flowlatch-kinds-XXXXXX");
	assert_non_null(mkdtemp(base));
	return (struct conf){
		.arena = a,
		.profile = "work",
		.cloud = "public",
		.tenant = "contoso.example",
		.client_id = "11111111-2222-3333-4444-555555555555",
		.account = "ada@contoso.example",
		.store = kind,
		.key_file = arena_printf(a, "%s/key", base),
		.state_dir = arena_printf(a, "%s/state", base),
	};
}

static void clean(struct arena *a)
{
	static const char *const names[] = {
		"state/profiles/work/refresh_token.sealed", "state/profiles/work/log_key.sealed",
		"state/profiles/work/seal_key.sealed",	    "state/profiles/work/seal_key.lock",
		"state/profiles/work/snapshot_key.sealed",  "state/profiles/work/snapshot_key.lock",
		"state/profiles/work/log_key",		    "state/profiles/work",
		"state/profiles",			    "state",
		"key",					    "flowlatch.key",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		remove(arena_printf(a, "%s/%s", base, names[i]));
	if (rmdir(base))
		fail_msg("something was left behind in %s", base);
}

static enum store_result put(struct store *s, const char *name, const char *value)
{
	struct secret *v = secret_new(str_from(value));
	enum store_result r = store_put(s, name, v);

	secret_free(v);
	return r;
}

static void check_value(struct store *s, const char *name, const char *want)
{
	struct secret *got = NULL;

	assert_int_equal(store_get(s, name, &got), STORE_OK);
	assert_str(secret_bytes(got), want);
	secret_free(got);
}

static void check_result(struct store *s, const char *name, enum store_result want)
{
	struct secret *got = NULL;

	assert_string_equal(store_result_name(store_get(s, name, &got)), store_result_name(want));
	assert_null(got);
}

static void write_file(const char *path, struct str text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* What every kind does, whatever it is made of. */
static void check_kind(struct conf *conf)
{
	struct store *s = store_new(conf), *again = store_new(conf);
	unsigned char key[32], same[32];
	char big[20001];

	check_result(s, "refresh_token", STORE_ABSENT);
	assert_int_equal(store_try(s), STORE_OK);
	assert_int_equal(put(s, "refresh_token", "token-1"), STORE_OK);
	check_value(again, "refresh_token", "token-1");
	assert_true(store_written(again) > 1600000000000);
	assert_int_equal(put(again, "refresh_token", "token-2"), STORE_OK);
	check_value(s, "refresh_token", "token-2");
	/* Anything is an item. */
	assert_int_equal(put(s, "log_key", "line 1\nline \"2\"\\\t\xff\xfe\n"), STORE_OK);
	check_value(again, "log_key", "line 1\nline \"2\"\\\t\xff\xfe\n");
	if (strcmp(conf->store, "session") != 0) {
		memset(big, 'x', sizeof(big) - 1);
		big[sizeof(big) - 1] = '\0';
		assert_int_equal(put(s, "refresh_token", big), STORE_OK);
		check_value(again, "refresh_token", big);
	}
	/* A key that is an item of its own is made once. */
	assert_int_equal(store_own_key(s, "snapshot_key", key), STORE_OK);
	assert_int_equal(store_own_key(again, "snapshot_key", same), STORE_OK);
	assert_memory_equal(key, same, sizeof(key));
	/* A profile that names somebody else never sees it. */
	for (int i = 0; i < 4; i++) {
		struct conf other = *conf;
		struct store *o;

		other.tenant = i == 0 ? "fabrikam.example" : conf->tenant;
		other.client_id = i == 1 ? "other" : conf->client_id;
		other.account = i == 2 ? NULL : conf->account;
		other.cloud = i == 3 ? "china" : conf->cloud;
		o = store_new(&other);
		check_result(o, "refresh_token", STORE_OTHER_LOGIN);
		assert_null(strstr(store_message(o), "token-"));
		assert_non_null(strstr(store_next(o), "flowlatch login --profile work"));
		/* The keys are the profile's, whoever is signed in. */
		check_value(o, "log_key", "line 1\nline \"2\"\\\t\xff\xfe\n");
		store_free(o);
	}
	/* A sign-out leaves the log's key beside the log, and the next sign-in takes it from there. */
	assert_int_equal(store_clear(s), STORE_OK);
	check_result(again, "refresh_token", STORE_ABSENT);
	assert_int_equal(access(arena_printf(conf->arena, "%s/log_key", store_dir(s)), F_OK), 0);
	check_value(again, "log_key", "line 1\nline \"2\"\\\t\xff\xfe\n");
	assert_int_equal(store_own_key(again, "snapshot_key", same), STORE_OK);
	assert_memory_equal(key, same, sizeof(key));
	assert_int_equal(put(s, "log_key", "next day"), STORE_OK);
	assert_int_equal(store_clear(s), STORE_ABSENT);
	check_value(again, "log_key", "next day");
	assert_int_equal(store_take_keys(again), STORE_OK);
	assert_int_equal(access(arena_printf(conf->arena, "%s/log_key", store_dir(s)), F_OK), -1);
	assert_int_equal(access(arena_printf(conf->arena, "%s/snapshot_key", store_dir(s)), F_OK),
			 -1);
	assert_int_equal(store_own_key(s, "snapshot_key", same), STORE_OK);
	assert_memory_equal(key, same, sizeof(key));
	assert_int_equal(store_erase(s, "snapshot_key"), STORE_OK);
	assert_int_equal(put(s, "snapshot_key", "short"), STORE_OK);
	assert_int_equal(store_own_key(s, "snapshot_key", same), STORE_FAILED);
	assert_non_null(strstr(store_message(s), "snapshot_key is damaged"));
	assert_int_equal(store_erase(s, "snapshot_key"), STORE_OK);
	check_value(s, "log_key", "next day");
	assert_int_equal(store_erase(s, "log_key"), STORE_OK);
	store_free(s);
	store_free(again);
}

static void test_sealed(void **state)
{
	struct conf conf = conf_of(*state, "file");
	struct store *s = store_new(&conf);
	struct stat st;

	/* The key is made by the sign-in, never by a server. */
	check_result(s, "refresh_token", STORE_UNAVAILABLE);
	assert_int_equal(put(s, "refresh_token", "x"), STORE_UNAVAILABLE);
	assert_non_null(strstr(store_message(s), conf.key_file));
	assert_non_null(strstr(store_next(s), "flowlatch login --profile work --store file"));
	assert_int_equal(store_make_key_file(s), STORE_OK);
	assert_int_equal(stat(conf.key_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	store_free(s);
	check_kind(&conf);
	clean(*state);
}

static void test_sealed_damage(void **state)
{
	struct conf conf = conf_of(*state, "file");
	struct store *s = store_new(&conf);
	const char *file, *other;
	struct str sealed;
	char copy[4096];

	assert_int_equal(store_make_key_file(s), STORE_OK);
	assert_int_equal(put(s, "refresh_token", "canary-token"), STORE_OK);
	file = arena_printf(*state, "%s/refresh_token.sealed", store_dir(s));
	other = arena_printf(*state, "%s/log_key.sealed", store_dir(s));
	sealed = unit_file(*state, file);
	assert_int_equal(str_find(sealed, S("canary")), -1);
	/* One item is no other. */
	write_file(other, sealed, 0600);
	check_result(s, "log_key", STORE_FAILED);
	/* Any changed byte is found. */
	for (size_t i = 0; i < sealed.n; i++) {
		memcpy(copy, sealed.p, sealed.n);
		copy[i] ^= 1;
		write_file(file, str_n(copy, sealed.n), 0600);
		check_result(s, "refresh_token", STORE_FAILED);
		write_file(file, str_first(sealed, i), 0600);
		check_result(s, "refresh_token", i ? STORE_FAILED : STORE_ABSENT);
	}
	write_file(file, sealed, 0600);
	check_value(s, "refresh_token", "canary-token");
	/* Another key. */
	write_file(conf.key_file, S("another key of thirty-two bytes."), 0600);
	check_result(s, "refresh_token", STORE_FAILED);
	assert_non_null(strstr(store_message(s), "another key"));
	write_file(conf.key_file, S("too short"), 0600);
	check_result(s, "refresh_token", STORE_FAILED);
	write_file(conf.key_file, S("another key of thirty-two bytes."), 0640);
	check_result(s, "refresh_token", STORE_UNSAFE);
	write_file(file, sealed, 0644);
	assert_int_equal(chmod(conf.key_file, 0600), 0);
	check_result(s, "refresh_token", STORE_UNSAFE);
	store_free(s);
	clean(*state);
}

/* systemd.exec(5): the key of a unit. */
static void test_credential(void **state)
{
	struct conf conf = conf_of(*state, "file");
	const char *file = arena_printf(*state, "%s/flowlatch.key", base);
	struct store *s;

	conf.key_file = NULL;
	s = store_new(&conf);
	assert_int_equal(put(s, "refresh_token", "x"), STORE_UNAVAILABLE);
	assert_non_null(strstr(store_message(s), "flowlatch.key"));
	setenv("CREDENTIALS_DIRECTORY", base, 1);
	assert_int_equal(put(s, "refresh_token", "x"), STORE_UNAVAILABLE);
	assert_int_equal(store_make_key_file(s), STORE_UNAVAILABLE);
	write_file(file, S("a key of systemd, 32 bytes of it"), 0400);
	assert_int_equal(put(s, "refresh_token", "x"), STORE_OK);
	check_value(s, "refresh_token", "x");
	/* An access list shows as the group's right to read. */
	assert_int_equal(chmod(file, 0440), 0);
	check_value(s, "refresh_token", "x");
	assert_int_equal(chmod(file, 0444), 0);
	check_result(s, "refresh_token", STORE_UNSAFE);
	store_free(s);
	unsetenv("CREDENTIALS_DIRECTORY");
	clean(*state);
}

static void test_kernel(void **state)
{
	struct conf conf = conf_of(*state, "session");

	if (!store_kernel_works()) {
		clean(*state);
		print_message("the kernel's keyring is forbidden here\n");
		skip();
	}
	check_kind(&conf);
	clean(*state);
}

static void test_adopt(void **state)
{
	struct conf conf = conf_of(*state, "file"), plain = conf;
	struct store *s, *from;

	plain.store = "refresh_token_file";
	plain.refresh_token_file = arena_printf(*state, "%s/token", base);
	s = store_new(&conf);
	from = store_new(&plain);
	assert_int_equal(store_make_key_file(s), STORE_OK);
	assert_int_equal(put(from, "log_key", "key of the log"), STORE_OK);
	assert_int_equal(store_adopt(s, from), STORE_OK);
	check_value(s, "log_key", "key of the log");
	check_result(from, "log_key", STORE_ABSENT);
	/* And back. */
	assert_int_equal(store_adopt(from, s), STORE_OK);
	check_value(from, "log_key", "key of the log");
	/* A store of the same kind. */
	assert_int_equal(store_adopt(from, from), STORE_OK);
	check_value(from, "log_key", "key of the log");
	store_free(s);
	store_free(from);
	clean(*state);
}

/* ---- the helper's lines ---- */

static void answer(struct store_answer *a, const char *text)
{
	struct str all = str_from(text), line;

	while (str_cut(&all, '\n', &line) && all.p)
		store_answer_line(a, line);
}

static void test_answers(void **state)
{
	static const struct {
		const char *text;
		int status;
		enum store_result result;
	} rows[] = {
		{ "item=refresh_token\nsecret={}\nstatus=ok\n\n", 0, STORE_OK },
		{ "status=absent\n\n", 0, STORE_ABSENT },
		{ "status=locked\n\n", 0, STORE_LOCKED },
		{ "status=dismissed\n\n", 0, STORE_LOCKED },
		{ "detail=x\nstatus=no_bus\n\n", 0, STORE_NO_BUS },
		{ "detail=x\nstatus=no_service\n\n", 0, STORE_NO_SERVICE },
		{ "status=no_collection\n\n", 0, STORE_NO_COLLECTION },
		{ "status=slow\n\n", 0, STORE_SLOW },
		{ "detail=x\nstatus=failed\n\n", 0, STORE_FAILED },
		{ "detail=x\nstatus=bad_request\n\n", 0, STORE_FAILED },
		/* Ended for time, by us or by itself, or broken. */
		{ "", -1, STORE_SLOW },
		{ "item=refresh_token\nsecret={}\n", -1, STORE_SLOW },
		{ "", SIGALRM, STORE_SLOW },
		{ "", SIGSEGV, STORE_FAILED },
		{ "", 0, STORE_FAILED },
		{ "status=ok\n\n", 0, STORE_FAILED },
		{ "item=refresh_token\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "item=log_key\nsecret={}\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "item=refresh_token\nsecret={}\nstatus=ok\n", 0, STORE_FAILED },
		{ "item=refresh_token\nsecret={}\n\n", 0, STORE_FAILED },
		{ "item=refresh_token\nsecret={}\nstatus=ok\n\nmore=x\n", 0, STORE_FAILED },
		{ "item=refresh_token\nsecret={}\nsecret={}\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "secret={}\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "status=ok\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "what\nstatus=ok\n\n", 0, STORE_FAILED },
		{ "status=a word that is longer than any of ours is\n\n", 0, STORE_FAILED },
	};
	struct conf conf = conf_of(*state, "keyring");
	struct store *s = store_new(&conf);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store_answer a = { 0 };
		struct secret *raw = NULL;
		enum store_result r;

		answer(&a, rows[i].text);
		r = store_helper_result(s, &a, rows[i].status, "refresh_token", &raw);
		if (r != rows[i].result)
			fail_msg("%s: %s", rows[i].text, store_result_name(r));
		assert_int_equal(raw != NULL, r == STORE_OK);
		if (r != STORE_OK) {
			assert_true(store_message(s)[0]);
			assert_int_equal(store_next(s) != NULL, r != STORE_ABSENT);
		}
		secret_free(raw);
		secret_free(store_take_ahead(s, "log_key"));
	}
	store_free(s);
	clean(*state);
}

static void test_requests(void **state)
{
	struct conf conf = conf_of(*state, "keyring");
	struct secret *token = secret_new(S("{\"v\":1}")), *lines = secret_new(S("a\nb=c"));
	struct store *s = store_new(&conf);
	struct buf b;

	buf_init_in(&b, *state, LIMIT_KEYRING_REQUEST);
	assert_true(store_helper_request(
		s, &(struct store_request){ .verb = STORE_PUT, .name = "refresh_token" }, token,
		&b));
	assert_str(buf_str(&b),
		   arena_printf(*state,
				"version=1\nprofile=work\nplace=%s/state/profiles/work\n"
				"item=refresh_token\nsecret={\"v\":1}\n\n",
				base));
	/* A line break must not make another line. */
	buf_clear(&b);
	assert_false(store_helper_request(
		s, &(struct store_request){ .verb = STORE_PUT, .name = "refresh_token" }, lines,
		&b));
	secret_free(token);
	secret_free(lines);
	store_free(s);
	clean(*state);
}

/* Items that came along are used once, each by its name. */
static void test_ahead(void **state)
{
	struct conf conf = conf_of(*state, "keyring");
	struct store *s = store_new(&conf);
	struct secret *raw;

	store_keep_ahead(s, "log_key", S("l1"));
	store_keep_ahead(s, "seal_key", S("s"));
	store_keep_ahead(s, "log_key", S("l2"));
	raw = store_take_ahead(s, "log_key");
	assert_str(secret_bytes(raw), "l2");
	secret_free(raw);
	assert_null(store_take_ahead(s, "log_key"));
	raw = store_take_ahead(s, "seal_key");
	assert_str(secret_bytes(raw), "s");
	secret_free(raw);
	assert_null(store_take_ahead(s, "seal_key"));
	store_free(s);
	clean(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_sealed), UNIT(test_sealed_damage), UNIT(test_credential),
		UNIT(test_kernel), UNIT(test_adopt),	     UNIT(test_answers),
		UNIT(test_requests), UNIT(test_ahead),
	};

	return UNIT_RUN(tests);
}
