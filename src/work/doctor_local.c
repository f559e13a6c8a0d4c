/*
 * doctor_local.c - what can be seen without the network: configuration, directories, authorities,
 * the store, the usage log.
 */
#include "work/doctor_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/audit.h"
#include "work/audit_verify.h"
#include "work/store.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

enum {
	LEAST_FREE = 1 << 20,    /* bytes: some thousand records of the usage log */
	VERIFY_BYTES = 32 << 20, /* of usage log: a few seconds of work */
};

/* ---- configuration ---- */

/* "FILE:LINE: what" -> a command that opens the place. */
static const char *editor(struct doctor *d, const char *message)
{
	struct str rest = str_from(message), file, line;
	uint64_t n;

	/* "environment variable NAME: what" */
	if (str_starts(rest, S("environment variable ")) && str_cut(&rest, ':', &file))
		return arena_printf(d->a, "unset %.*s",
				    STR_ARG(str_from_at(file, strlen("environment variable "))));
	if (message[0] != '/' || !str_cut(&rest, ':', &file))
		return NULL;
	if (str_cut(&rest, ':', &line) && str_to_u64(line, &n))
		return arena_printf(d->a, "${EDITOR:-vi} +%llu '%.*s'", (unsigned long long)n,
				    STR_ARG(file));
	return arena_printf(d->a, "${EDITOR:-vi} '%.*s'", STR_ARG(file));
}

void doctor_configuration(struct doctor *d)
{
	const struct conf *conf = d->conf;
	const char *message = "", *command;

	if (d->o.conf_error) {
		command = editor(d, d->o.conf_error);
		if (str_find(str_from(d->o.conf_error), S("chmod go-w")) >= 0)
			command = arena_printf(d->a, "chmod go-w '%.*s'",
					       (int)strcspn(d->o.conf_error, ":"), d->o.conf_error);
		doctor_say(d, DOCTOR_CONFIGURATION, DOCTOR_BAD, d->o.conf_error,
			   "nothing starts with a configuration that cannot be read",
			   command ? command : "man flowlatch.conf");
		return;
	}
	d->hosts = hosts_new(d->a, conf, &message);
	if (!d->hosts) {
		doctor_say(d, DOCTOR_CONFIGURATION, DOCTOR_BAD, message,
			   "no cloud is named that requests could go to",
			   getenv("FLOWLATCH_CLOUD") ? "unset FLOWLATCH_CLOUD" :
						       doctor_set_key(d, "cloud", "public"));
		return;
	}
	doctor_say(d, DOCTOR_CONFIGURATION, DOCTOR_FINE,
		   arena_printf(d->a, "profile %s, cloud %s, %s", conf->profile, conf->cloud,
				conf->file && access(conf->file, F_OK) == 0 ?
					conf->file :
					"no configuration file yet"),
		   NULL, NULL);
}

void doctor_client_id(struct doctor *d)
{
	if (d->conf->client_id && d->conf->client_id[0]) {
		doctor_say(d, DOCTOR_CLIENT_ID, DOCTOR_FINE,
			   arena_printf(d->a, "application %s", d->conf->client_id), NULL, NULL);
		return;
	}
	doctor_say(d, DOCTOR_CLIENT_ID, DOCTOR_BAD,
		   arena_printf(d->a, "the profile %s names no client_id", d->conf->profile),
		   "Entra signs nobody in without the id of a registered application",
		   doctor_with_profile(d, "flowlatch setup app"));
}

/* ---- directories ---- */

/* The nearest directory of a path that is there. */
static const char *existing(struct arena *a, const char *path)
{
	struct stat st;

	while (stat(path, &st) != 0) {
		const char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return "/";
		path = arena_copy(a, path, (size_t)(slash - path));
	}
	return path;
}

void doctor_state_dir(struct doctor *d)
{
	const char *dir = d->conf->state_dir, *there;
	struct statvfs fs;
	struct stat st;

	if (!dir) {
		doctor_say(d, DOCTOR_STATE, DOCTOR_BAD, "there is no home directory",
			   "locks and the usage log have no place", "export HOME=/home/$(id -un)");
		return;
	}
	there = existing(d->a, dir);
	if (stat(there, &st) == 0 && !S_ISDIR(st.st_mode)) {
		doctor_say(d, DOCTOR_STATE, DOCTOR_BAD,
			   arena_printf(d->a, "%s is no directory", there),
			   "locks and the usage log have no place",
			   arena_printf(d->a, "mv '%s' '%s.old'", there, there));
	} else if (access(there, W_OK | X_OK)) {
		bool ours = stat(there, &st) == 0 && st.st_uid == geteuid();

		doctor_say(d, DOCTOR_STATE, DOCTOR_BAD,
			   arena_printf(d->a, "%s cannot be written: %s", there, strerror(errno)),
			   "locks and the usage log have no place",
			   errno == EROFS ? "flowlatch doctor --state-dir /tmp/flowlatch" :
			   ours ? arena_printf(d->a, "chmod u+rwx '%s'", there) :
				  doctor_as_root(d, arena_printf(d->a, "chown $(id -un) '%s'",
								 there)));
	} else if (statvfs(there, &fs) == 0 && fs.f_blocks &&
		   fs.f_bavail * fs.f_frsize < LEAST_FREE) {
		doctor_say(d, DOCTOR_STATE, DOCTOR_BAD,
			   arena_printf(d->a, "there is no room left on the disk of %s", there),
			   "calls are refused when they cannot be logged",
			   arena_printf(d->a, "df -h '%s'", there));
	} else {
		doctor_say(d, DOCTOR_STATE, DOCTOR_FINE, dir, NULL, NULL);
	}
}

/* ---- authorities ---- */

static bool is_bundle(struct doctor *d, const char *path, const char **why)
{
	struct buf b;
	int err;

	/* The system's has a quarter of a megabyte. */
	buf_init(&b, 4u << 20);
	err = os_read_file(path, &b);
	*why = err ? strerror(err) :
	       str_find(buf_str(&b), S("-----BEGIN ")) < 0 ? "holds no certificate in PEM form" :
							      NULL;
	buf_free(&b);
	(void)d;
	return !*why;
}

void doctor_authorities(struct doctor *d)
{
	const char *file = d->conf->ca_file, *why;

	if (file && !is_bundle(d, file, &why)) {
		doctor_say(d, DOCTOR_AUTHORITIES, DOCTOR_BAD,
			   arena_printf(d->a, "ca_file = %s: %s", file, why),
			   "without authorities to trust no connection is safe",
			   doctor_set_key(d, "ca_file", SYSTEM_BUNDLE));
		return;
	}
	if (!file && !is_bundle(d, SYSTEM_BUNDLE, &why) && access("/etc/ssl/cert.pem", R_OK) &&
	    access("/etc/pki/tls/certs/ca-bundle.crt", R_OK)) {
		doctor_say(d, DOCTOR_AUTHORITIES, DOCTOR_BAD,
			   arena_printf(d->a, "%s: %s", SYSTEM_BUNDLE, why),
			   "this machine trusts no certificate authority",
			   doctor_as_root(d, "apt install ca-certificates"));
		return;
	}
	doctor_say(d, DOCTOR_AUTHORITIES, DOCTOR_FINE,
		   arena_printf(d->a, "certificates are checked against %s",
				file ? file : "the system's authorities"),
		   NULL, NULL);
}

/* ---- store ---- */

static const char *another_store(struct doctor *d)
{
	return doctor_with_profile(d, "flowlatch login --store file");
}

/* A desktop without a keyring can get one, where its person may install programs. */
static const char *make_service(struct doctor *d)
{
	const char *root = doctor_as_root(d, "apt install gnome-keyring");

	return (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")) && str_starts(str_from(root), S("sudo")) ?
		       root :
		       another_store(d);
}

/* What mends each way in which a store can fail. */
static const char *store_command(struct doctor *d, enum store_result r)
{
	const char *file = d->conf->refresh_token_file, *next;

	switch (r) {
	case STORE_UNSAFE:
		return file && str_eq(str_from(d->conf->store), S("refresh_token_file")) ?
			       arena_printf(d->a, "chmod 0600 '%s'", file) :
			       arena_printf(d->a, "chmod -R go-rwx '%s'", d->conf->state_dir);
	case STORE_LOCKED:
	case STORE_NO_COLLECTION:
		return "flowlatch unlock";
	case STORE_NO_SERVICE:
		return make_service(d);
	case STORE_NO_BUS:
	case STORE_SLOW:
	case STORE_UNAVAILABLE:
		return another_store(d);
	default:
		next = d->store ? store_next(d->store) : NULL;
		return next ? arena_copy(d->a, next, strlen(next)) : another_store(d);
	}
}

void doctor_store(struct doctor *d)
{
	struct secret *token = NULL;
	const char *why, *kind;
	enum store_result r;

	d->store = store_new(d->conf);
	kind = d->store ? store_name(d->store) : "";
	r = d->store ? store_get(d->store, "refresh_token", &token) : STORE_FAILED;
	secret_free(token);
	d->have_token = r == STORE_OK;
	if (r == STORE_OTHER_LOGIN)
		d->other_login = arena_copy(d->a, store_message(d->store),
					    strlen(store_message(d->store)));
	if (r == STORE_OK || r == STORE_ABSENT || r == STORE_OTHER_LOGIN) {
		doctor_say(d, DOCTOR_STORE, DOCTOR_FINE,
			   arena_printf(d->a, "store = %s can be read", kind), NULL, NULL);
		return;
	}
	why = d->store ? store_message(d->store) : "out of memory";
	doctor_say(d, DOCTOR_STORE, DOCTOR_BAD, arena_copy(d->a, why, strlen(why)),
		   arena_printf(d->a, "the sign-in and the keys are kept there (store = %s)", kind),
		   store_command(d, r));
}

/* ---- usage log ---- */

static uint64_t bytes_below(struct doctor *d, const char *dir)
{
	DIR *open = opendir(dir);
	struct dirent *e;
	uint64_t n = 0;
	struct stat st;

	while (open && (e = readdir(open)) != NULL)
		if (stat(arena_printf(d->a, "%s/%s", dir, e->d_name), &st) == 0 && S_ISREG(st.st_mode))
			n += (uint64_t)st.st_size;
	if (open)
		closedir(open);
	return n;
}

void doctor_log(struct doctor *d)
{
	struct audit_report *report = arena_alloc(d->a, sizeof(*report));
	const char *dir = arena_printf(d->a, "%s/profiles/%s/log", d->conf->state_dir,
				       d->conf->profile);
	const char *first = "the log as a whole";
	struct stat st;

	if (stat(dir, &st)) {
		doctor_say(d, DOCTOR_LOG, DOCTOR_FINE, "nothing has been logged yet", NULL, NULL);
		return;
	}
	if (access(dir, W_OK | X_OK)) {
		doctor_say(d, DOCTOR_LOG, DOCTOR_BAD,
			   arena_printf(d->a, "%s cannot be written: %s", dir, strerror(errno)),
			   "calls are refused when they cannot be logged",
			   st.st_uid == geteuid() ?
				   arena_printf(d->a, "chmod u+rwx '%s'", dir) :
				   doctor_as_root(d, arena_printf(d->a, "chown -R $(id -un) '%s'",
								  dir)));
		return;
	}
	if (bytes_below(d, dir) > VERIFY_BYTES) {
		doctor_say(d, DOCTOR_LOG, DOCTOR_NOTE, "the usage log is too long to check it here",
			   NULL, doctor_with_profile(d, "flowlatch log verify"));
		return;
	}
	audit_verify(&(struct audit_verify_options){ .dir = dir, .store = d->store }, report);
	for (size_t i = 0; i < report->count && i < LIMIT_LOG_FINDINGS; i++)
		if (report->findings[i].problem) {
			first = arena_printf(d->a, "%s line %llu: %s", report->findings[i].segment,
					     (unsigned long long)report->findings[i].line,
					     report->findings[i].text);
			break;
		}
	if (report->verdict == AUDIT_BROKEN)
		doctor_say(d, DOCTOR_LOG, DOCTOR_BAD,
			   arena_printf(d->a, "the usage log is not what was written: %s", first),
			   "somebody or something changed its files",
			   doctor_with_profile(d, "flowlatch log verify"));
	else
		doctor_say(d, DOCTOR_LOG,
			   report->verdict == AUDIT_UNKNOWN && report->message[0] ? DOCTOR_NOTE :
										   DOCTOR_FINE,
			   report->message[0] ?
				   arena_copy(d->a, report->message, strlen(report->message)) :
				   arena_printf(d->a, "%llu records of the usage log verify",
						(unsigned long long)report->records),
			   NULL, NULL);
}
