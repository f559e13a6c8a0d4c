/*
 * policy.h - limits that an administrator, and then a user, set for the gate.
 *
 * Two files in the form of flowlatch.conf: /etc/flowlatch/policy.conf, which must be root's,
 * and the user's own.  The administrator's values stand; the user's may only be stricter.
 * Without the administrator's file the user's stands alone; without both, the defaults do.
 * See flowlatch-policy(5).  Knows no call; a question about one comes as values.
 */
#ifndef WORK_POLICY_H
#define WORK_POLICY_H

#include <sys/types.h>

#include "work/gate.h"

#define POLICY_SYSTEM_FILE "/etc/flowlatch/policy.conf"

struct policy;

/* Where the files are and whose they must be. */
struct policy_files {
	const char *system; /* or NULL */
	uid_t system_owner; /* 0, but in tests */
	const char *user;   /* or NULL */
};
/* The system's file and ~/.config/flowlatch/policy.conf. */
struct policy_files policy_files(struct arena *a);

/* Reads both; a file that is not there says nothing.  The policy owns its memory.
 * NULL: *message (in `a`) says file, line and what would do. */
struct policy *policy_load(struct arena *a, const struct policy_files *f, const char **message);
void policy_free(struct policy *p);
/* True when one of the files is not the one that was read any more. */
bool policy_is_stale(const struct policy *p);
/* SHA-256 of what was read. */
const unsigned char *policy_digest(const struct policy *p);
/* The files that were read, NULL where there is none. */
const char *policy_file(const struct policy *p, bool system);

/* ---- what holds for every call ---- */

enum policy_key {
	POLICY_TRUST,           /* highest trust level: enum trust */
	POLICY_CHANNELS,        /* allowed ones: bits of enum channel */
	POLICY_HOST_PROMPT,     /* 1: the host's own prompt is trusted for Moderate calls */
	POLICY_SCOPES,          /* 1: grants may be made and used */
	POLICY_SCOPE_DANGEROUS, /* 1: a scope that names tool and flow covers Dangerous calls */
	POLICY_SCOPE_HOURS,
	POLICY_SCOPE_CALLS,
	POLICY_LOG_DAYS,
	POLICY_CREDENTIAL_DAYS, /* how old a sign-in may be; LIMIT_CREDENTIAL_DAYS: any */
	POLICY_AUDIT_REQUIRED,  /* 1: reads need a record too */
	POLICY_MASK_LIKELY,     /* 1: what is likely a secret is masked, too */
	POLICY_CACHE,           /* 1: definitions of connectors may be kept on disk */
	POLICY_SNAPSHOTS,       /* 1: what flows were like may be kept on disk */
	POLICY_SNAPSHOT_DAYS,
	POLICY_SNAPSHOT_COUNT,  /* of one flow */
	POLICY_CALLS_PER_MINUTE,
	POLICY_WRITES_PER_MINUTE,
	POLICY_TOOLSETS,        /* lists: see policy_lists */
	POLICY_PROFILES,
	POLICY__KEYS,
};
int64_t policy_value(const struct policy *p, enum policy_key k);
/* "file:line" that set it, or "default". */
const char *policy_where(const struct policy *p, enum policy_key k);
/* True when the lists of that key all have the word (an absent list has every word). */
bool policy_lists(const struct policy *p, enum policy_key k, struct str word, const char **where);
/* The trust level that a profile has which wishes for `wish` (NULL: the default).  Without a policy
 * that can be read, the lowest. */
extern const char *const policy_trusts[];
enum trust policy_trust(const struct policy *p, const char *wish);
/* The name of a key, its type and default for people; NULL beyond the last. */
const char *policy_key_name(enum policy_key k);
const char *policy_key_help(enum policy_key k);
/* The value as it would be written. */
const char *policy_value_text(struct arena *a, const struct policy *p, enum policy_key k);

/* ---- what holds for one call ---- */

struct policy_query {
	struct str tool;
	struct str environment;      /* its id; "" when not known yet */
	struct str environment_type; /* "Production" ...; "" when not known */
	bool environment_default;
	bool klass_known;
	enum klass klass;
	struct str host;             /* a host row's name, or "" */
};
struct policy_ruling {
	enum policy_action action;
	const char *action_where;    /* "file:line", or "default" */
	enum klass floor;            /* CLASS_READ_ONLY: none */
	const char *floor_where;
	unsigned channels;           /* allowed for this call */
	const char *channels_where;
	bool listed;                 /* a section names the environment */
};
/* Name and place of the i-th section about a tool, of both files; false beyond the last. */
bool policy_tool_section(const struct policy *p, size_t i, struct str *name, const char **where);
struct policy_ruling policy_rule(const struct policy *p, const struct policy_query *q);

#endif
