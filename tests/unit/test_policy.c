/*
 * test_policy.c - policies: strict reading, whose files they are, only tightening merges.
 */
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/policy.h"

static char dir[] = "/tmp/test_policy.XXXXXX";
static char system_file[64], user_file[64];

static void put(const char *path, const char *text)
{
	char fresh[80];
	FILE *f;

	if (!text) {
		unlink(path);
		return;
	}
	/* A new file each time, so that a change within one tick of the clock is seen. */
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	f = fopen(fresh, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(fresh, 0600), 0);
	assert_int_equal(rename(fresh, path), 0);
}

static struct policy *load(struct arena *a, const char *system, const char *user,
			   const char **message)
{
	struct policy_files files = { system_file, geteuid(), user_file };

	put(system_file, system);
	put(user_file, user);
	return policy_load(a, &files, message);
}

static void test_defaults(void **state)
{
	struct arena *a = *state;
	const char *message = "", *where;
	struct policy *p = load(a, NULL, NULL, &message);
	struct policy_ruling r;

	assert_non_null(p);
	assert_int_equal(policy_value(p, POLICY_TRUST), TRUST_AUTONOMOUS);
	assert_int_equal(policy_value(p, POLICY_CHANNELS), CHANNEL_FORM | CHANNEL_TERMINAL);
	assert_int_equal(policy_value(p, POLICY_HOST_PROMPT), 0);
	assert_int_equal(policy_value(p, POLICY_SCOPE_DANGEROUS), 0);
	assert_true(policy_lists(p, POLICY_TOOLSETS, S("run"), &where));
	r = policy_rule(p, &(struct policy_query){ .tool = S("x") });
	assert_int_equal(r.action, POLICY_ALLOW);
	assert_int_equal(r.floor, CLASS_READ_ONLY);
	assert_false(r.listed);
	policy_free(p);
}

/* What one file says with another above it: the stricter value, and where it comes from. */
static void test_merge(void **state)
{
	static const struct {
		const char *system, *user;
		enum policy_key key;
		int64_t value;
		const char *where; /* the end of it */
	} rows[] = {
		{ "trust = manual\n", "trust = autonomous\n", POLICY_TRUST, 0, "system:1" },
		{ "trust = autonomous\n", "trust = manual\n", POLICY_TRUST, 0, "user:1" },
		{ "trust = supervised\n", NULL, POLICY_TRUST, 1, "system:1" },
		{ NULL, "\ntrust = supervised\n", POLICY_TRUST, 1, "user:2" },
		{ "# nothing\n", "host_prompt = trusted\n", POLICY_HOST_PROMPT, 0, "default" },
		{ "host_prompt = trusted\n", "", POLICY_HOST_PROMPT, 1, "system:1" },
		{ "host_prompt = trusted\n", "host_prompt = ask\n", POLICY_HOST_PROMPT, 0,
		  "user:1" },
		{ NULL, "host_prompt = trusted\n", POLICY_HOST_PROMPT, 1, "user:1" },
		{ "", "scope_dangerous = yes\n", POLICY_SCOPE_DANGEROUS, 0, "default" },
		{ "scope_dangerous = yes\n", "", POLICY_SCOPE_DANGEROUS, 1, "system:1" },
		{ "scopes = no\n", "scopes = yes\n", POLICY_SCOPES, 0, "system:1" },
		{ "log_days = 7\n", "log_days = 30\n", POLICY_LOG_DAYS, 7, "system:1" },
		{ "log_days = 7\n", "log_days = 3\n", POLICY_LOG_DAYS, 3, "user:1" },
		{ "", "", POLICY_CREDENTIAL_DAYS, LIMIT_CREDENTIAL_DAYS, "default" },
		{ "credential_days = 7\n", "credential_days = 30\n", POLICY_CREDENTIAL_DAYS, 7,
		  "system:1" },
		{ "mask_likely = no\n", "", POLICY_MASK_LIKELY, 0, "system:1" },
		{ "mask_likely = no\n", "mask_likely = yes\n", POLICY_MASK_LIKELY, 1, "user:1" },
		{ "audit_required = yes\n", "audit_required = no\n", POLICY_AUDIT_REQUIRED, 1,
		  "system:1" },
		{ "audit_required = no\n", "audit_required = yes\n", POLICY_AUDIT_REQUIRED, 1,
		  "user:1" },
		{ "channels = form, terminal\n", "channels = terminal attested\n", POLICY_CHANNELS,
		  CHANNEL_TERMINAL, "user:1" },
		{ "channels = none\n", "channels = form\n", POLICY_CHANNELS, 0, "system:1" },
		{ "", "channels = attested form\n", POLICY_CHANNELS, CHANNEL_FORM, "user:1" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *message = "";
		struct policy *p = load(a, rows[i].system, rows[i].user, &message);

		assert_non_null(p);
		assert_int_equal(policy_value(p, rows[i].key), rows[i].value);
		assert_true(str_ends(str_from(policy_where(p, rows[i].key)),
				     str_from(rows[i].where)));
		policy_free(p);
	}
}

/* A user's file can take away, and never give. */
static void test_never_looser(void **state)
{
	static const char *const systems[] = {
		"", "trust = manual\nscopes = no\n",
		"[tool a]\naction = ask\n[tool *]\naction = deny\n",
		"[environment type:Production]\nclass = dangerous\nchannels = terminal\n",
		"[class moderate]\naction = ask\n[class dangerous]\naction = deny\n",
	};
	static const char *const users[] = {
		"trust = autonomous\nscopes = yes\nscope_dangerous = yes\nhost_prompt = trusted\n"
		"channels = form terminal attested\n",
		"[tool a]\naction = allow\n[tool *]\naction = allow\n",
		"[environment type:Production]\naction = allow\nclass = read-only\n"
		"channels = form terminal attested\n",
		"[class moderate]\naction = allow\n[class dangerous]\naction = allow\n",
	};
	static const char *const tools[] = { "a", "b" };
	struct arena *a = *state;
	const char *message = "";

	for (size_t s = 0; s < COUNT(systems); s++)
		for (size_t u = 0; u < COUNT(users); u++) {
			struct policy *with = load(a, systems[s], users[u], &message);
			struct policy *without = load(a, systems[s], NULL, &message);

			assert_non_null(with);
			assert_non_null(without);
			assert_true(policy_value(with, POLICY_TRUST) <=
				    policy_value(without, POLICY_TRUST));
			assert_true(policy_value(with, POLICY_HOST_PROMPT) <=
				    policy_value(without, POLICY_HOST_PROMPT));
			for (size_t t = 0; t < COUNT(tools); t++)
				for (enum klass k = 0; k <= CLASS_UNKNOWN; k++) {
					struct policy_query q = {
						.tool = str_from(tools[t]), .klass = k,
						.klass_known = true,
						.environment_type = S("Production") };
					struct policy_ruling x = policy_rule(with, &q);
					struct policy_ruling y = policy_rule(without, &q);

					assert_true(x.action >= y.action);
					assert_true(x.floor >= y.floor);
					assert_int_equal(x.channels & ~y.channels, 0);
				}
			policy_free(with);
			policy_free(without);
		}
}

static void test_sections(void **state)
{
	static const char text[] = "[tool *]\naction = ask\n"
				   "[tool whoami]\naction = allow\n"
				   "[environment type:Production]\n"
				   "[environment E-1]\naction = allow\n"
				   "[environment default]\naction = deny\n"
				   "[host dataverse]\naction = deny\n";
	struct arena *a = *state;
	const char *message = "";
	struct policy *p = load(a, text, NULL, &message);
	struct policy_query q = { .tool = S("other") };

	assert_non_null(p);
	assert_int_equal(policy_rule(p, &q).action, POLICY_ASK);
	assert_true(str_ends(str_from(policy_rule(p, &q).action_where), S(":2")));
	q.tool = S("whoami");
	assert_int_equal(policy_rule(p, &q).action, POLICY_ALLOW);
	q.environment_type = S("production");
	assert_true(policy_rule(p, &q).listed);
	q.environment = S("e-1");
	assert_false(policy_rule(p, &q).listed);
	q.environment_default = true;
	assert_int_equal(policy_rule(p, &q).action, POLICY_ALLOW);
	q.environment = S("E-2");
	assert_int_equal(policy_rule(p, &q).action, POLICY_DENY);
	/* A change where the type is not known is in every type; a read is in none. */
	q = (struct policy_query){ .tool = S("whoami"), .environment = S("E-3"),
				   .klass_known = true, .klass = CLASS_MODERATE };
	assert_true(policy_rule(p, &q).listed);
	q.klass = CLASS_READ_ONLY;
	assert_false(policy_rule(p, &q).listed);
	q.environment = S("Default-f817");
	assert_int_equal(policy_rule(p, &q).action, POLICY_DENY);
	q = (struct policy_query){ .tool = S("whoami"), .host = S("dataverse") };
	assert_int_equal(policy_rule(p, &q).action, POLICY_DENY);
	policy_free(p);
}

static void test_strict(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "trust = full\n", ":1: trust must be one of" },
		{ "\n\nfoo = 1\n", ":3: unknown key 'foo'" },
		{ "trust = manual\ntrust = manual\n", ":2: trust is there twice" },
		{ "log_days = 90\n", ":1: log_days must be a number from 1 to 30" },
		{ "log_days = x\n", ":1: log_days must be" },
		{ "scopes = maybe\n", ":1: scopes must be yes or no" },
		{ "channels = pigeon\n", ":1: channels: 'pigeon'" },
		{ "toolsets =\n", ":1: toolsets must name" },
		{ "[tool x]\naction = perhaps\n", ":2: action must be allow, ask or deny" },
		{ "[tool x]\nclass = evil\n", ":2: class must be" },
		{ "[tool x]\ntrust = manual\n", ":2: unknown key 'trust' in a section" },
		{ "[tool x]\naction = ask\naction = ask\n", ":3: action is there twice" },
		{ "[tool x]\n[tool x]\n", ":2: [tool x] is there twice" },
		{ "[tool x\n", ":1: a section is written" },
		{ "[gadget x]\n", ":1: a section is written" },
		{ "[tool ]\n", ":1: a section is written" },
		{ "[class harmless]\n", ":1: there is no class" },
		{ "[class moderate]\nclass = dangerous\n", ":2: a class cannot be given a class" },
		{ "[host flow]\naction = ask\n", ":2: the action of a host" },
		{ "[host flow]\nchannels = form\n", ":2: a host has an action" },
		{ "no equals sign\n", ":1: expected key = value" },
		{ "trust = \"manual\"\n", ":1: values are written without quotes" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *message = "";
		struct policy *p = load(a, rows[i].text, NULL, &message);

		assert_null(p);
		if (str_find(str_from(message), str_from(rows[i].says)) < 0)
			fail_msg("row %zu says: %s", i, message);
	}
}

static void test_whose(void **state)
{
	struct arena *a = *state;
	struct policy_files files = { system_file, geteuid() + 1, user_file };
	const char *message = "";

	put(user_file, NULL);
	put(system_file, "trust = manual\n");
	assert_null(policy_load(a, &files, &message));
	assert_true(str_find(str_from(message), S("must belong to root")) > 0);
	files.system_owner = geteuid();
	assert_int_equal(chmod(system_file, 0666), 0);
	assert_null(policy_load(a, &files, &message));
	assert_true(str_find(str_from(message), S("written by others")) > 0);
	put(system_file, NULL);
	assert_int_equal(symlink(user_file, system_file), 0);
	put(user_file, "trust = manual\n");
	assert_null(policy_load(a, &files, &message));
	assert_int_equal(unlink(system_file), 0);
	assert_int_equal(mkdir(system_file, 0700), 0);
	assert_null(policy_load(a, &files, &message));
	assert_int_equal(rmdir(system_file), 0);
}

static void test_stale(void **state)
{
	struct arena *a = *state;
	const char *message = "";
	unsigned char before[32];
	struct policy *p = load(a, NULL, "trust = manual\n", &message);

	assert_non_null(p);
	assert_false(policy_is_stale(p));
	memcpy(before, policy_digest(p), sizeof(before));
	put(user_file, "trust = supervised\n");
	assert_true(policy_is_stale(p));
	policy_free(p);
	p = load(a, NULL, "trust = supervised\n", &message);
	assert_memory_not_equal(before, policy_digest(p), sizeof(before));
	put(system_file, "trust = manual\n");
	assert_true(policy_is_stale(p));
	put(system_file, NULL);
	assert_false(policy_is_stale(p));
	put(user_file, NULL);
	assert_true(policy_is_stale(p));
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_defaults), UNIT(test_merge),	UNIT(test_never_looser),
		UNIT(test_sections), UNIT(test_strict), UNIT(test_whose), UNIT(test_stale),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(system_file, sizeof(system_file), "%s/system", dir);
	snprintf(user_file, sizeof(user_file), "%s/user", dir);
	failed = UNIT_RUN(tests);
	unlink(system_file);
	unlink(user_file);
	rmdir(dir);
	return failed;
}
