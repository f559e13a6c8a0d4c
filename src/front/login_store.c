/*
 * login_store.c - where a sign-in is kept: choosing it before, recording it after.
 *
 * Whatever is in effect because of an option, a variable or an answer is written into the profile:
 * a server that a host starts sees only the files.
 */
#include "front/login_store.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/term.h"
#include "wire/loop.h"
#include "work/account.h"
#include "work/signin.h"
#include "work/store.h"

static bool person_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* ---- unlocking ---- */

struct unlocking {
	struct loop *loop;
	enum store_result result;
	bool interrupted;
};

static void on_unlocked(void *arg, enum store_result r, struct secret *value)
{
	struct unlocking *u = arg;

	(void)value;
	u->result = r;
	loop_stop(u->loop);
}

static void on_signal(void *arg, int signo)
{
	struct unlocking *u = arg;

	(void)signo;
	u->interrupted = true;
	loop_stop(u->loop);
}

/* False when the person stopped it. */
static bool ask_to_unlock(struct store *store, enum store_result *r)
{
	struct unlocking u = { .loop = loop_new(), .result = STORE_FAILED };
	struct store_op *op;

	if (person_is_there())
		cli_err_str(S("A window may ask for the password of your keyring; Ctrl-C stops.\n"));
	if (!u.loop)
		return false;
	loop_on_signal(u.loop, on_signal, &u);
	op = store_start(store, u.loop, &(struct store_request){
		.verb = STORE_UNLOCK, .name = "refresh_token", .on_done = on_unlocked, .arg = &u });
	if (op)
		loop_run(u.loop);
	/* Ending the helper harms no keyring; taking the question back has. */
	if (u.interrupted)
		store_cancel(op);
	loop_free(u.loop);
	*r = u.result;
	return !u.interrupted;
}

int login_unlock(struct store *store)
{
	enum store_result r = STORE_FAILED;

	if (!ask_to_unlock(store, &r))
		return cli_fail(EXIT_SIGN_IN, NULL, "stopped; the keyring is as it was");
	if (r != STORE_OK)
		return cli_fail(EXIT_SIGN_IN, store_next(store), "%s", store_message(store));
	return EXIT_FINE;
}

/* ---- choosing ---- */

const char *login_conf_file(struct cli *cli)
{
	const char *dir = cli->conf.file ? NULL : os_config_dir(cli->arena);

	if (cli->conf.file)
		return cli->conf.file;
	return dir ? arena_printf(cli->arena, "%s/flowlatch.conf", dir) : NULL;
}

/* Beside the configuration, so that a copy of the state directory alone is worth nothing. */
static const char *default_key_file(struct cli *cli)
{
	struct str dir = str_from(login_conf_file(cli));
	size_t n = dir.n;

	while (n && dir.p[n - 1] != '/')
		n--;
	if (!n)
		return NULL;
	return arena_printf(cli->arena, "%.*s%s.key", (int)n, dir.p, cli->conf.profile);
}

static void use_defaults(struct cli *cli)
{
	struct conf *c = &cli->conf;

	if (!strcmp(c->store, "file") && !c->key_file && !getenv("CREDENTIALS_DIRECTORY"))
		c->key_file = default_key_file(cli);
	if (!strcmp(c->store, "refresh_token_file") && !c->refresh_token_file)
		c->refresh_token_file = arena_printf(cli->arena, "%s/profiles/%s/refresh_token",
						     c->state_dir, c->profile);
}

static bool can_be_unlocked(const struct cli *cli, enum store_result r)
{
	return !strcmp(cli->conf.store, "keyring") && person_is_there() &&
	       (r == STORE_LOCKED || r == STORE_NO_COLLECTION);
}

/* Tries the store that cli->conf names; *store is the caller's; *stopped: by the person. */
static enum store_result try_store(struct cli *cli, struct store **store, bool *stopped)
{
	enum store_result r = STORE_OK;

	use_defaults(cli);
	*store = store_new(&cli->conf);
	if (!*store)
		return STORE_FAILED;
	if (!strcmp(cli->conf.store, "file"))
		r = store_make_key_file(*store);
	/* The person's own file is tried by the sign-in itself, under the lock of its readers. */
	if (r != STORE_OK || !strcmp(cli->conf.store, "refresh_token_file"))
		return r;
	r = store_try(*store);
	if (!can_be_unlocked(cli, r))
		return r;
	*stopped = !ask_to_unlock(*store, &r);
	return !*stopped && r == STORE_OK ? store_try(*store) : r;
}

/* What a server will see: the files alone. */
static bool load_files(struct cli *cli, struct conf *out)
{
	struct conf_option profile = { "profile", cli->conf.profile };
	const char *message;

	return conf_load(cli->arena,
			 &(struct conf_request){ .file = cli->conf.file,
						 .options = &profile,
						 .option_count = 1,
						 .files_only = true,
						 .new_profile = true },
			 out, &message);
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* What an earlier sign-in wrote for itself does not bind this one: somebody else may sign in. */
static void forget_recorded(struct cli *cli)
{
	struct store *store = store_new(&cli->conf);
	struct account before;
	struct conf files;

	if (store && account_read(cli->arena, store_dir_name(store), &before) &&
	    load_files(cli, &files)) {
		if (before.recorded_account && same(files.account, cli->conf.account) &&
		    !cli_set(cli, "account"))
			cli->conf.account = NULL;
		if (before.recorded_tenant && same(files.tenant, cli->conf.tenant) &&
		    !cli_set(cli, "tenant"))
			cli->conf.tenant = "organizations";
	}
	store_free(store);
}

static const struct choice {
	const char *store, *what;
} choices[] = {
	{ "file", "in encrypted files; who can read both them and the key in %s can use them" },
	{ "session", "in memory; sign in again after a restart or the end of the session" },
	{ "refresh_token_file", "in a file of mode 0600 that is not encrypted: %s" },
	{ NULL, "nowhere: stop, and mend the keyring first" },
};

enum { CHOICES = sizeof(choices) / sizeof(*choices) };

static const char *place_of(struct cli *cli, const struct choice *c)
{
	if (c->store && !strcmp(c->store, "file"))
		return cli->conf.key_file ? cli->conf.key_file : default_key_file(cli);
	return arena_printf(cli->arena, "%s/profiles/%s/refresh_token", cli->conf.state_dir,
			    cli->conf.profile);
}

static void show_choices(struct cli *cli, const struct store *store)
{
	const char *next = store_next(store);
	struct buf b;

	buf_init_in(&b, cli->arena, 8192);
	buf_addf(&b, "The keyring cannot be used: %s.\n%s%s\n",
		 cli_safe(cli, str_from(store_message(store)), 0), next ? next : "",
		 next ? "\n" : "");
	buf_addf(&b, "Where should the sign-in of profile %s be kept?\n\n", cli->conf.profile);
	for (size_t i = 0; i < CHOICES; i++) {
		struct str text = str_from(choices[i].what), head;
		bool place = str_find(text, S("%s")) >= 0;

		buf_addf(&b, "  %zu  ", i + 1);
		str_cut(&text, '%', &head);
		buf_adds(&b, head);
		if (place) {
			buf_addz(&b, place_of(cli, &choices[i]));
			buf_adds(&b, str_from_at(text, 1));
		}
		buf_addc(&b, '\n');
	}
	buf_addf(&b, "\nNumber (1 to %d): ", (int)CHOICES);
	cli_err_str(buf_str(&b));
}

/* The row that the person chose, or NULL. */
static const struct choice *read_choice(void)
{
	for (int tries = 0; tries < 3; tries++) {
		char line[64];
		ssize_t n = read(STDIN_FILENO, line, sizeof(line));
		uint64_t number;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		if (str_to_u64(str_trim(str_n(line, (size_t)n)), &number) && number >= 1 &&
		    number <= CHOICES)
			return &choices[number - 1];
		cli_err_str(S("Please type one of the numbers and press Enter: "));
	}
	return NULL;
}

static int fail_store(struct store *store)
{
	int code = cli_fail(EXIT_USAGE, store ? store_next(store) : NULL, "%s",
			    store ? store_message(store) : "out of memory");

	store_free(store);
	return code;
}

int login_choose_store(struct cli *cli)
{
	const struct choice *c;
	struct store *store = NULL;
	enum store_result r;
	struct conf files;
	bool free_choice, stopped = false;

	if (cli->conf.cloud && !strcmp(cli->conf.cloud, "practice"))
		return EXIT_FINE;
	forget_recorded(cli);
	/* Who says --store wants that one and no other. */
	free_choice = !cli->conf.store_chosen ||
		      (!strcmp(cli->conf.store, "keyring") && load_files(cli, &files) &&
		       same(files.store, cli->conf.store));
	r = try_store(cli, &store, &stopped);
	if (stopped) {
		store_free(store);
		return cli_fail(EXIT_SIGN_IN, NULL, "stopped; nothing was changed");
	}
	if (r != STORE_OK && (!free_choice || !person_is_there() || !store))
		return fail_store(store);
	if (r != STORE_OK) {
		show_choices(cli, store);
		store_free(store);
		c = read_choice();
		if (!c || !c->store)
			return cli_fail(EXIT_SIGN_IN, "--store NAME chooses without asking",
					"stopped; nothing was changed");
		cli->conf.store = c->store;
		cli->conf.store_chosen = true;
		r = try_store(cli, &store, &stopped);
		if (r != STORE_OK)
			return fail_store(store);
	}
	store_free(store);
	return EXIT_FINE;
}

/* ---- recording ---- */

static const char *const recorded[] = {
	"cloud",      "tenant",	       "client_id",	  "account",	       "store",
	"key_file",   "read_only",     "refresh_token_file", "login_url",      "flow_url",
	"powerapps_url", "bap_url",    "powerplatform_url", "environment_url", "dataverse_url",
	"content_hosts", "ca_file",
};

static const struct conf_key *key_of(const char *name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (!strcmp(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}

static const char *value_of(const struct conf *c, const struct conf_key *k)
{
	const void *at = (const char *)c + k->offset;

	if (k->type == CONF_BOOL)
		return *(const bool *)at ? "yes" : "no";
	return *(const char *const *)at;
}

/* True when `key` has the value of cli->conf in the file afterwards. */
static bool record(struct cli *cli, const char *profile, const char *key, const char *value)
{
	const char *file = login_conf_file(cli), *slash = file ? strrchr(file, '/') : NULL;
	int err = ENOENT;

	if (slash)
		err = os_mkdirs(arena_printf(cli->arena, "%.*s", (int)(slash - file), file));
	if (!err)
		err = conf_write(cli->arena, file, profile, key, value);
	if (err)
		log_warn("%s: %s cannot be written (%s); a server will not know it",
			 file ? file : "flowlatch.conf", key, strerror(err));
	return !err;
}

/* A host passes no XDG_STATE_HOME, and its server would look elsewhere. */
static void record_state_dir(struct cli *cli)
{
	const char *home = os_home(cli->arena), *there;

	if (cli->conf.state_dir_chosen || !home)
		return;
	there = arena_printf(cli->arena, "%s/.local/state/flowlatch", home);
	if (strcmp(there, cli->conf.state_dir) != 0)
		record(cli, NULL, "state_dir", cli->conf.state_dir);
}

/* The keys go along to another store, and the old sign-in does not stay behind. */
static void leave_old_store(struct cli *cli, const struct conf *files)
{
	struct store *old = store_new(files), *now = store_new(&cli->conf);
	struct account before;

	if (old && now && !same(files->store, cli->conf.store) &&
	    (files->store_chosen || account_read(cli->arena, store_dir_name(old), &before))) {
		if (store_adopt(now, old) != STORE_OK)
			log_warn("the keys could not be taken along from store = %s: %s",
				 files->store, store_message(old));
		(void)store_erase(old, "refresh_token");
	} else if (now && store_take_keys(now) != STORE_OK) {
		log_warn("the key of the usage log stays in a file: %s", store_message(now));
	}
	store_free(old);
	store_free(now);
}

void login_record(struct cli *cli, const struct signin_end *e, const char *method)
{
	struct account account = {
		.username = e->username,
		.name = e->name,
		.object_id = e->object_id,
		.tenant_id = e->tenant_id,
		.home_tenant = e->home_tenant,
		.scope = e->scope,
		.method = method,
		.signed_in = os_wall_ms(),
	}, before = { 0 };
	struct conf *c = &cli->conf, was = *c, files;
	struct store *store;
	const char *dir;

	if (!load_files(cli, &files))
		files = was;
	/* A guest's and a member's tokens are the tenant's: no later token request guesses it. */
	if (e->tenant_id[0] && (!c->tenant || same(c->tenant, "organizations") ||
				same(c->tenant, "common")))
		c->tenant = arena_copy(cli->arena, e->tenant_id, strlen(e->tenant_id));
	if (e->username[0] && !c->account)
		c->account = arena_copy(cli->arena, e->username, strlen(e->username));
	for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++) {
		const struct conf_key *k = key_of(recorded[i]);
		const char *value = value_of(c, k);

		if (value && !same(value, value_of(&files, k)) &&
		    !record(cli, c->profile, k->name, value) && k->type != CONF_BOOL)
			/* The server will not know it, so the sign-in must not depend on it. */
			*(const char **)((char *)c + k->offset) = value_of(&was, k);
	}
	/* Said in so many words, so that the next sign-in and the server look in the same place. */
	if (!files.store_chosen && same(c->store, "keyring"))
		record(cli, c->profile, "store", c->store);
	record_state_dir(cli);
	leave_old_store(cli, &files);
	store = store_new(c);
	dir = store ? store_dir(store) : NULL;
	if (dir && account_read(cli->arena, dir, &before)) {
		account.recorded_account = before.recorded_account;
		account.recorded_tenant = before.recorded_tenant;
		account.made_key_file = before.made_key_file;
	}
	account.recorded_account |= !was.account && c->account;
	account.recorded_tenant |= !same(was.tenant, c->tenant);
	/* Chosen by the person, it stays until they choose another. */
	if (cli_set(cli, "account"))
		account.recorded_account = false;
	if (cli_set(cli, "tenant") && same(c->tenant, was.tenant))
		account.recorded_tenant = false;
	account.made_key_file |= !files.key_file && c->key_file &&
				 same(c->key_file, default_key_file(cli));
	if (dir && account_write(cli->arena, dir, &account))
		log_warn("%s/" ACCOUNT_FILE " cannot be written", dir);
	store_free(store);
}
