/*
 * conf.c - which setting wins, where the files lie, and what must go together.
 *
 * Knows the places and their order; how a line or a value is written is conf_text.c and
 * conf_value.c.
 */
#include "work/conf_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

#define SYSTEM_FILE "/etc/flowlatch/flowlatch.conf"

/* Most important last. */
enum rank {
	RANK_DEFAULT,
	RANK_SYSTEM,
	RANK_SYSTEM_PROFILE,
	RANK_FILE,
	RANK_FILE_PROFILE,
	RANK_VARIABLE,
	RANK_OPTION,
};

struct setting {
	const char *value;
	const char *where;
	enum rank rank;
};

struct load {
	struct arena *a;
	struct conf_text system, user;
	const char *file;
	const char *profile;
	struct setting *settings; /* one per row of conf_keys */
	const char **message;
};

__attribute__((__format__(__printf__, 3, 4))) static bool say(struct load *l, const char *where,
							      const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, l->a, LIMIT_CONF_FILE);
	if (where)
		buf_addf(&b, "%s: ", where);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	*l->message = buf_c(&b);
	return false;
}

/* What is wrong with the file behind `fd`, or NULL. */
static const char *unsafe(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return "cannot be examined";
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "belongs to somebody else";
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by others; take that right away with chmod go-w";
	return NULL;
}

/* Reads a file into `b`, whose memory is there already.  What is wrong, or NULL. */
static const char *read_safely(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;
	const char *why;

	if (fd < 0)
		return strerror(errno);
	why = unsafe(fd);
	err = why ? 0 : os_read_fd(fd, b);
	close(fd);
	return why ? why : err == EFBIG ? "changes while it is read" : err ? strerror(err) : NULL;
}

/* Reads and parses one file; one that is not there is empty unless it was asked for by name. */
static bool load_file(struct arena *a, const char *path, bool must_exist, struct conf_text *out,
		      const char **message)
{
	const char *why = NULL;
	struct buf b = { 0 };
	struct stat st;

	if (stat(path, &st)) {
		if (must_exist || (errno != ENOENT && errno != ENOTDIR))
			why = strerror(errno);
	} else if (st.st_size > LIMIT_CONF_FILE) {
		why = "is too large for a configuration";
	} else {
		/* The memory is taken before the file is opened: see arena.h. */
		buf_init_in(&b, a, (size_t)st.st_size);
		buf_room(&b, (size_t)st.st_size);
		why = read_safely(path, &b);
	}
	if (why) {
		*message = arena_printf(a, "%s: %s", path, why);
		return false;
	}
	return conf_text_read(a, path, buf_str(&b), out, message);
}

static const char *user_file(struct arena *a, const char *asked)
{
	const char *dir;

	if (asked)
		return asked;
	dir = os_config_dir(a);
	return dir ? arena_printf(a, "%s/flowlatch.conf", dir) : NULL;
}

static bool load_files(struct arena *a, const char *asked, struct conf_text *system,
		       struct conf_text *user, const char **file, const char **message)
{
	*file = user_file(a, asked);
	if (!load_file(a, SYSTEM_FILE, false, system, message))
		return false;
	if (!*file)
		return conf_text_read(a, "", S(""), user, message);
	return load_file(a, *file, asked != NULL, user, message);
}

static void put(struct load *l, const struct conf_key *k, const char *value, enum rank rank,
		const char *where)
{
	struct setting *s = &l->settings[k - conf_keys];

	if (value && rank >= s->rank)
		*s = (struct setting){ .value = value, .where = where, .rank = rank };
}

static void put_text(struct load *l, const struct conf_text *t, enum rank global, enum rank section)
{
	for (const struct conf_entry *e = t->first; e; e = e->next) {
		if (!e->profile)
			put(l, e->key, e->value, global, e->where);
		else if (l->profile && !strcmp(e->profile, l->profile))
			put(l, e->key, e->value, section, e->where);
	}
}

/* Checks a value that did not come from a file and puts it. */
static bool put_checked(struct load *l, const struct conf_key *k, const char *value, enum rank rank,
			const char *where)
{
	const char *normal = NULL, *why = conf_check(l->a, k, str_from(value), &normal);

	if (why)
		return say(l, where, "%s %s", k->name, why);
	put(l, k, normal, rank, where);
	return true;
}

static const struct conf_key *variable_find(struct str name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_keys[i].variable && str_eq(str_from(conf_keys[i].variable), name))
			return &conf_keys[i];
	return NULL;
}

static bool put_variables(struct load *l)
{
	for (char **e = environ; e && *e; e++) {
		struct str value = str_from(*e), name;
		const struct conf_key *k;
		const char *where;

		if (!str_starts(value, S("FLOWLATCH_")) || !str_cut(&value, '=', &name) || !value.n)
			continue;
		where = arena_printf(l->a, "environment variable %.*s", STR_ARG(name));
		k = variable_find(name);
		if (k && !put_checked(l, k, value.p, RANK_VARIABLE, where))
			return false;
		if (!k && conf_secret_name(name))
			return say(l, where,
				   "secrets are never taken from the environment; name a protected "
				   "file in refresh_token_file or key_file, or sign in");
		if (!k) {
			name = str_lower(l->a, str_from_at(name, strlen("FLOWLATCH_")));
			return say(l, where, "there is no such setting%s",
				   conf_did_you_mean(l->a, name));
		}
	}
	return true;
}

static bool put_options(struct load *l, const struct conf_request *r)
{
	for (size_t i = 0; i < r->option_count; i++) {
		const struct conf_option *o = &r->options[i];
		const struct conf_key *k = conf_key_find(str_from(o->key));

		if (!k)
			return say(l, NULL, "unknown setting '%s'%s", o->key,
				   conf_did_you_mean(l->a, str_from(o->key)));
		if (!put_checked(l, k, o->value, RANK_OPTION,
				 arena_printf(l->a, "--%s", k->option ? k->option : k->name)))
			return false;
	}
	return true;
}

/* Defaults that the table cannot hold, because they depend on the machine or on other rows. */
static bool put_defaults(struct load *l)
{
	const char *state;

	for (size_t i = 0; i < conf_key_count; i++)
		if (!l->settings[i].value && conf_keys[i].otherwise)
			put(l, &conf_keys[i], conf_keys[i].otherwise, RANK_DEFAULT, NULL);
	if (l->settings[conf_key_find(S("state_dir")) - conf_keys].value)
		return true;
	state = os_state_dir(l->a);
	if (!state)
		return say(l, NULL, "there is no home directory; set state_dir or HOME");
	put(l, conf_key_find(S("state_dir")), state, RANK_DEFAULT, NULL);
	return true;
}

static const struct setting *setting(const struct load *l, const char *key)
{
	return &l->settings[conf_key_find(str_from(key)) - conf_keys];
}

static bool has_profile(const struct conf_text *t, const char *name)
{
	for (size_t i = 0; i < t->profile_count; i++)
		if (!strcmp(t->profiles[i], name))
			return true;
	return false;
}

static bool check_profile(struct load *l, const struct conf_request *r)
{
	const struct setting *s = setting(l, "profile");
	struct buf known;

	if (r->new_profile || !strcmp(l->profile, "default") || !strcmp(l->profile, "practice") ||
	    has_profile(&l->user, l->profile) || has_profile(&l->system, l->profile))
		return true;
	buf_init_in(&known, l->a, LIMIT_PROFILES * 80 * 2);
	for (size_t i = 0; i < l->user.profile_count; i++)
		buf_addf(&known, ", %s", l->user.profiles[i]);
	for (size_t i = 0; i < l->system.profile_count; i++)
		if (!has_profile(&l->user, l->system.profiles[i]))
			buf_addf(&known, ", %s", l->system.profiles[i]);
	return say(l, s->where,
		   "there is no profile '%s' (known: default%s); a section [profile %s] in %s "
		   "makes it",
		   l->profile, buf_c(&known), l->profile, l->file ? l->file : SYSTEM_FILE);
}

/* A key that only has a meaning when another has one value; `needed` when it then must be there. */
static const struct {
	const char *key, *other, *value;
	bool needed, only;
} relations[] = {
	{ "refresh_token_file", "store", "refresh_token_file", true, false },
	{ "key_file", "store", "file", true, false },
	{ "login_url", "cloud", "custom", true, true },
	{ "flow_url", "cloud", "custom", true, true },
	{ "powerapps_url", "cloud", "custom", true, true },
	{ "bap_url", "cloud", "custom", true, true },
	{ "powerplatform_url", "cloud", "custom", true, true },
	{ "environment_url", "cloud", "custom", true, true },
	{ "dataverse_url", "cloud", "custom", false, true },
	{ "content_hosts", "cloud", "custom", false, true },
};

/* Signing in is about to say what is missing, and a unit of systemd brings its key along. */
static bool needed(const char *key, const struct conf_request *r)
{
	if (!strcmp(key, "key_file") && getenv("CREDENTIALS_DIRECTORY"))
		return false;
	return !r->new_profile || (strcmp(key, "key_file") && strcmp(key, "refresh_token_file"));
}

static bool check_relations(struct load *l, const struct conf_request *r)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++) {
		const struct setting *s = setting(l, relations[i].key);
		const struct setting *other = setting(l, relations[i].other);
		bool meant = !strcmp(other->value, relations[i].value);

		if (meant && relations[i].needed && !s->value && needed(relations[i].key, r))
			return say(l, other->where, "%s = %s needs %s", relations[i].other,
				   relations[i].value, relations[i].key);
		if (!meant && relations[i].only && s->value)
			return say(l, s->where, "%s is only for %s = %s, and %s is %s",
				   relations[i].key, relations[i].other, relations[i].value,
				   relations[i].other, other->value);
	}
	return true;
}

static void fill(const struct load *l, struct conf *out)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];
		const char *value = l->settings[i].value;
		void *at = (char *)out + k->offset;
		int64_t n = 0;

		if (k->type == CONF_BOOL) {
			*(bool *)at = value && !strcmp(value, "yes");
		} else if (k->type == CONF_INT) {
			str_to_i64(str_from(value), &n);
			*(int64_t *)at = n;
		} else {
			*(const char **)at = value;
		}
	}
}

bool conf_load(struct arena *a, const struct conf_request *r, struct conf *out,
	       const char **message)
{
	struct load l = { .a = a, .message = message };
	struct conf c = { .arena = a };

	l.settings = arena_array(a, conf_key_count, sizeof(*l.settings));
	if (r->options_only ? !conf_text_read(a, "", S(""), &l.system, message) ||
				      !conf_text_read(a, "", S(""), &l.user, message) :
			      !load_files(a, r->file, &l.system, &l.user, &l.file, message))
		return false;
	put_text(&l, &l.system, RANK_SYSTEM, RANK_SYSTEM_PROFILE);
	put_text(&l, &l.user, RANK_FILE, RANK_FILE_PROFILE);
	if ((!r->options_only && !r->files_only && !put_variables(&l)) || !put_options(&l, r) ||
	    !put_defaults(&l))
		return false;
	/* Now the profile is known, and its sections come in between. */
	l.profile = setting(&l, "profile")->value;
	put_text(&l, &l.system, RANK_SYSTEM, RANK_SYSTEM_PROFILE);
	put_text(&l, &l.user, RANK_FILE, RANK_FILE_PROFILE);
	if (setting(&l, "store")->rank == RANK_DEFAULT && setting(&l, "refresh_token_file")->value)
		put(&l, conf_key_find(S("store")), "refresh_token_file", RANK_DEFAULT, NULL);
	c.store_chosen = setting(&l, "store")->rank != RANK_DEFAULT ||
			 setting(&l, "refresh_token_file")->value;
	c.state_dir_chosen = setting(&l, "state_dir")->rank != RANK_DEFAULT;
	if (!check_profile(&l, r) || !check_relations(&l, r))
		return false;
	fill(&l, &c);
	c.file = l.file && access(l.file, F_OK) == 0 ? l.file : NULL;
	*out = c;
	return true;
}

size_t conf_profiles(struct arena *a, const char *file, const char *const **names)
{
	struct conf_text texts[2] = { { .first = NULL }, { .first = NULL } };
	const char **list = arena_array(a, (size_t)LIMIT_PROFILES * 2 + 1, sizeof(*list));
	const char *message, *path;
	size_t n = 0;

	(void)load_files(a, file, &texts[1], &texts[0], &path, &message);
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < texts[t].profile_count; i++)
			if (t == 0 || !has_profile(&texts[0], texts[t].profiles[i]))
				list[n++] = texts[t].profiles[i];
	*names = list;
	return n;
}
