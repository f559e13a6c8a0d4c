/*
 * conf.h - settings: options, environment, files and defaults, from one table.
 *
 * The table (conf_keys) also writes the key list of flowlatch.conf(5) and --help.
 * Precedence: option, environment variable, the profile's section, the global part of the
 * user's file, /etc/flowlatch/flowlatch.conf, default.
 * Strict: an unknown key, a bad value or a secret written into a file is an error with file
 * and line.
 */
#ifndef WORK_CONF_H
#define WORK_CONF_H

#include "base/buf.h"

enum conf_type {
	CONF_TEXT,   /* no control characters */
	CONF_NAME,   /* [A-Za-z0-9._-]{1,64} */
	CONF_UUID,
	CONF_TENANT, /* UUID, domain, "organizations" or "common" */
	CONF_BOOL,   /* yes no true false on off 1 0 */
	CONF_CHOICE, /* one of `choices` */
	CONF_PATH,   /* absolute, or ~/... */
	CONF_URL,    /* https origin without path, query or user info; `choices`: its placeholder */
	CONF_PROXY,  /* http(s)://host:port without user info, or none */
	CONF_LIST,   /* comma or blank separated; kept comma separated */
	CONF_HOSTS,  /* a list of host or host:port */
	CONF_INT,    /* `min` to `max` */
};

struct conf {
	struct arena *arena; /* owns every string below */
	const char *profile; /* "default" unless chosen */
	const char *file;    /* the user's configuration file that was read, or NULL */

	/* keys of a profile */
	const char *cloud; /* public gcc gcchigh dod china practice custom */
	const char *tenant;
	const char *client_id;
	const char *account;
	const char *environment;
	const char *store; /* keyring session file refresh_token_file */
	bool store_chosen; /* by somebody; else it is the default */
	const char *key_file;
	const char *refresh_token_file;
	const char *toolsets;
	const char *files; /* the folder of packages, or NULL */
	bool read_only;
	const char *trust; /* manual supervised autonomous */
	bool cache;
	const char *ca_file;
	const char *proxy; /* "": no proxy, also none from the environment */
	const char *no_proxy;
	/* cloud = custom (and filled in for practice) */
	const char *login_url;
	const char *flow_url;
	const char *powerapps_url;
	const char *bap_url;
	const char *powerplatform_url;
	const char *environment_url; /* "{environment}" is replaced */
	const char *dataverse_url;   /* "{organization}" is replaced; custom and practice only */
	const char *content_hosts;

	/* global keys */
	const char *state_dir;
	bool state_dir_chosen;
	const char *log_level; /* error warn info debug */
	int64_t log_days;      /* 1 to 30 */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	bool global;           /* not allowed inside [profile ...] */
	const char *choices;   /* CONF_CHOICE: blank separated; CONF_URL: placeholder */
	int64_t min, max;      /* CONF_INT */
	const char *otherwise; /* default as it would be written, or NULL */
	const char *variable;  /* environment variable, or NULL */
	const char *option;    /* command line option without dashes, or NULL */
	size_t offset;         /* into struct conf */
	const char *help;      /* one sentence */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

/* A setting given on the command line. */
struct conf_option {
	const char *key;   /* a conf_keys name */
	const char *value;
};

struct conf_request {
	const char *file;                  /* --config FILE, or NULL */
	const struct conf_option *options;
	size_t option_count;
	bool options_only; /* no file and no environment variable: practising depends on nothing */
	bool files_only;   /* no environment variable: what a server that a host starts will see */
	bool new_profile; /* a profile that no file names is fine: signing in is about to make it */
};

/* Reads everything.  The profiles "default" and "practice" need no section.
 * false: *message (in the arena) names file, line, key and what would do. */
bool conf_load(struct arena *a, const struct conf_request *r, struct conf *out,
	       const char **message);

/* The names of all profiles in the files, in order; for `flowlatch status` and completion. */
size_t conf_profiles(struct arena *a, const char *file, const char *const **names);

/* Sets one key of a profile in the user's file (of the global part when `profile` is NULL),
 * keeping comments, order and everything else; makes file and section when missing.
 * NULL `value` removes the key.  0 or an errno; EINVAL for what conf_load would refuse. */
int conf_write(struct arena *a, const char *file, const char *profile, const char *key,
	       const char *value);

#endif
