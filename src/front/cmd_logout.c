/*
 * cmd_logout.c - `flowlatch logout`: forgets a sign-in here, and says what Microsoft still honours.
 *
 * Entra has no endpoint that revokes one refresh token (RFC 7009), so only a person can do that.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/login_store.h"
#include "front/profiles.h"
#include "front/term.h"
#include "wire/loop.h"
#include "work/account.h"
#include "work/audit.h"
#include "work/cache.h"
#include "work/journal.h"
#include "work/store.h"

enum { LOCK_RETRY_MS = 50 };

const struct cli_option cmd_logout_options[] = {
	{ "all", NULL, "of all profiles" },
	{ .name = NULL },
};

/* ---- the lock of the token ---- */

struct waiting {
	struct loop *loop;
	struct loop_timer timer;
	const char *path;
	int64_t until;
	int fd;
};

static void try_lock(void *arg)
{
	struct waiting *w = arg;
	int err = 0;

	w->fd = os_try_lock(w->path, &err);
	if (w->fd < 0 && err == EWOULDBLOCK && os_now_ms() < w->until)
		loop_timer_set(w->loop, &w->timer, LOCK_RETRY_MS, try_lock, w);
}

/* A refresh that is under way would put a new token into the store after us.  -1: go on without. */
static int lock_token(struct cli *cli, const char *dir)
{
	struct waiting w = { .fd = -1, .until = os_now_ms() + LIMIT_TOKEN_LOCK_MS };

	if (access(dir, F_OK))
		return -1;
	w.path = arena_printf(cli->arena, "%s/token.lock", dir);
	w.loop = loop_new();
	if (!w.loop)
		return -1;
	try_lock(&w);
	loop_run(w.loop);
	loop_free(w.loop);
	return w.fd;
}

/* ---- forgetting ---- */

static void log_logout(const struct conf *conf, struct store *store, struct cli *cli,
		       const struct account *account)
{
	const char *dir = audit_dir(cli->arena, store);
	struct audit *audit;

	/* Where nothing was ever logged, nothing is begun now. */
	if (!dir || access(dir, F_OK))
		return;
	audit = audit_new(&(struct audit_options){ .dir = dir, .store = store,
						   .days = (int)conf->log_days });
	if (audit)
		audit_append(audit,
			     &(struct audit_record){
				     .event = AUDIT_LOGIN,
				     .sync = AUDIT_SYNC,
				     .tool = S("logout"),
				     .api = S("login"),
				     .klass = 'M',
				     .trust = 'S',
				     .channel = S("terminal"),
				     .decision = S("approved"),
				     .who = str_from(account->object_id),
				     .tenant = str_from(account->tenant_id),
				     .status = S("ok"),
			     },
			     NULL);
	audit_free(audit);
}

/* Locks, remembered claims, what a store of another kind left: everything but the usage log, kept
 * versions of flows, and their keys. */
static bool remove_files(struct cli *cli, const char *dir)
{
	struct dirent *e;
	struct stat st;
	bool ok = true;
	DIR *d = opendir(dir);

	(void)cli;
	while (d && (e = readdir(d)) != NULL) {
		if (!strcmp(e->d_name, "log_key") || !strcmp(e->d_name, "snapshot_key") ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || S_ISDIR(st.st_mode))
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0)) {
			log_warn("%s/%s cannot be removed: %s", dir, e->d_name, strerror(errno));
			ok = false;
		}
	}
	if (d)
		closedir(d);
	/* Only when the log is not there either. */
	(void)rmdir(dir);
	return ok;
}

/* Connectors as this account has seen them. */
static void forget_cache(struct cli *cli, const struct conf *conf, const char *dir)
{
	const char *cache = cache_directory(cli->arena, conf, dir);

	if (cache)
		cache_clear(cache);
}

static void forget_settings(struct cli *cli, const struct conf *conf,
			    const struct account *account)
{
	struct conf_option profile = { "profile", conf->profile };
	const char *message;
	struct conf files;

	/* What a variable or an option says is not in the file. */
	if (!conf->file ||
	    !conf_load(cli->arena,
		       &(struct conf_request){ .file = conf->file,
					       .options = &profile,
					       .option_count = 1,
					       .files_only = true,
					       .new_profile = true },
		       &files, &message))
		return;
	if (account->recorded_account)
		(void)conf_write(cli->arena, conf->file, conf->profile, "account", NULL);
	if (account->recorded_tenant)
		(void)conf_write(cli->arena, conf->file, conf->profile, "tenant", NULL);
	if (!account->made_key_file || !files.key_file)
		return;
	(void)unlink(files.key_file);
	/* The one is wrong without the other. */
	if (!strcmp(files.store, "file"))
		(void)conf_write(cli->arena, conf->file, conf->profile, "store", NULL);
	(void)conf_write(cli->arena, conf->file, conf->profile, "key_file", NULL);
}

static bool is_locked(enum store_result r)
{
	return r == STORE_LOCKED && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* What was begun can only be finished with the key that goes now. */
static void warn_unfinished(struct cli *cli, const char *dir)
{
	JSON_EACH (e, journal_list(cli->arena, arena_printf(cli->arena, "%s/journal", dir)))
		log_warn("flow %s: %s of %s was not finished, and cannot be after this; earlier "
			 "versions of the flow are kept (flowlatch versions)",
			 json_get_z(e, "flowName"), json_get_z(e, "kind"), json_get_z(e, "opened"));
}

/* *had: there was a sign-in.  An exit code; the error was told. */
static int forget(struct cli *cli, const struct conf *conf, bool *had)
{
	struct account account = { .username = "", .object_id = "", .tenant_id = "" };
	struct store *store = store_new(conf);
	const char *dir = store ? store_dir_name(store) : NULL;
	int code = EXIT_FINE, lock;
	enum store_result r;

	if (!dir) {
		store_free(store);
		return cli_fail(EXIT_USAGE, NULL, "profile %s cannot have a sign-in",
				cli_safe(cli, str_from(conf->profile), 40));
	}
	*had = account_read(cli->arena, dir, &account);
	lock = lock_token(cli, dir);
	warn_unfinished(cli, dir);
	if (*had)
		log_logout(conf, store, cli, &account);
	r = store_clear(store);
	if (is_locked(r) && login_unlock(store) == EXIT_FINE)
		r = store_clear(store);
	*had = *had || r == STORE_OK;
	/* Where there is no keyring there is nothing in it, unless somebody signed in with one. */
	if (r != STORE_OK && r != STORE_ABSENT && (*had || r == STORE_LOCKED)) {
		code = cli_fail(EXIT_SIGN_IN, store_next(store),
				"profile %s: the sign-in may still be stored: %s", conf->profile,
				store_message(store));
	} else {
		forget_cache(cli, conf, dir);
		if (!remove_files(cli, dir))
			code = EXIT_FOUND;
		forget_settings(cli, conf, &account);
	}
	os_unlock(lock);
	store_free(store);
	return code;
}

/* ---- the truth ---- */

static const char truth[] =
	"What Microsoft still honours, because it offers no way to take one sign-in back from "
	"here: access tokens that were handed out, until they expire (60 to 90 minutes, in some "
	"organisations up to 28 hours); and any copy of the refresh token, until it is revoked or "
	"was not used for 90 days. To revoke it, choose \"Sign out everywhere\" at "
	"https://myaccount.microsoft.com (it holds for all your applications, after some minutes), "
	"or have an administrator revoke your sessions; guests ask their home organisation. To "
	"take the consent back, remove the application at https://myapps.microsoft.com.";

static void say(struct cli *cli, const char *const *profiles, size_t n)
{
	struct json *v, *list;

	if (cli->json) {
		v = json_new_object(cli->arena);
		list = json_set(cli->arena, v, "signedOut", json_new_array(cli->arena));
		for (size_t i = 0; i < n; i++)
			json_push(list, json_new_z(cli->arena, profiles[i]));
		json_set_z(cli->arena, v, "stillHonoured", n ? truth : "");
		cli_out_json(cli, v);
		return;
	}
	for (size_t i = 0; i < n; i++)
		cli_out("Signed out of profile %s. Running servers notice at their next call.\n",
			profiles[i]);
	if (!n)
		cli_out("Nobody was signed in%s%s.\n", cli_option(cli, "all") ? "" : " with profile ",
			cli_option(cli, "all") ? "" : cli->conf.profile);
	else
		cli_wrap(cli, 0, truth);
	if (n)
		cli_out("The usage log is kept; `flowlatch log purge` removes it. So are earlier "
			"versions of flows; `flowlatch versions --purge` removes them.\n");
}

int cmd_logout(struct cli *cli)
{
	bool all = cli_option(cli, "all") != NULL;
	int code = cli_operands(cli, 0, 0);
	const char *const *names = &cli->conf.profile;
	size_t count = 1, n = 0;
	const char **gone;

	if (code != EXIT_FINE)
		return code;
	if (all)
		count = profiles_all(cli, &names);
	gone = arena_array(cli->arena, count, sizeof(*gone));
	for (size_t i = 0; i < count; i++) {
		const char *message = "";
		struct conf conf;
		bool had = false;
		int this = EXIT_FINE;

		if (!profiles_conf(cli, names[i], &conf, &message))
			this = cli_fail(EXIT_USAGE, NULL, "%s", message);
		else
			this = forget(cli, &conf, &had);
		if (this != EXIT_FINE)
			code = this;
		else if (had)
			gone[n++] = names[i];
	}
	if (code == EXIT_FINE || n)
		say(cli, gone, n);
	return code;
}
