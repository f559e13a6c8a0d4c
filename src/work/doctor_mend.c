/*
 * doctor_mend.c - the command lines that mend things, so that they work as they are printed.
 *
 * Knows how a setting gets into the configuration file, who may become the administrator of this
 * machine, and which flowlatch a shell would find.
 */
#include "work/doctor_int.h"

#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/conf_text.h"

const char *doctor_with_profile(const struct doctor *d, const char *command)
{
	const char *profile = d->conf->profile;

	if (!profile || str_eq(str_from(profile), S("default")))
		return command;
	return arena_printf(d->a, "%s --profile %s", command, profile);
}

static const char *conf_file(const struct doctor *d)
{
	const char *dir = d->conf->file ? NULL : os_config_dir(d->a);

	return d->conf->file ? d->conf->file :
	       dir	     ? arena_printf(d->a, "%s/flowlatch.conf", dir) :
			       NULL;
}

/* Where in the file the key stands: in the profile's section, in the global part, or nowhere. */
enum key_place { KEY_NOWHERE, KEY_GLOBAL, KEY_SECTION };

static enum key_place find_key(const struct doctor *d, const char *file, const char *key,
			       bool *section, bool *anything)
{
	enum key_place place = KEY_NOWHERE;
	const char *message;
	struct conf_text t;
	struct buf b;

	*section = *anything = false;
	buf_init_in(&b, d->a, LIMIT_CONF_FILE);
	if (os_read_file(file, &b) || !b.n)
		return place;
	*anything = true;
	if (!conf_text_read(d->a, file, buf_str(&b), &t, &message))
		return place;
	for (size_t i = 0; i < t.profile_count; i++)
		*section |= str_eq(str_from(t.profiles[i]), str_from(d->conf->profile));
	for (const struct conf_entry *e = t.first; e; e = e->next) {
		if (!str_eq(str_from(e->key->name), str_from(key)))
			continue;
		if (e->profile && str_eq(str_from(e->profile), str_from(d->conf->profile)))
			place = KEY_SECTION;
		else if (!e->profile && place == KEY_NOWHERE)
			place = KEY_GLOBAL;
	}
	return place;
}

const char *doctor_set_key(const struct doctor *d, const char *key, const char *value)
{
	const char *file = conf_file(d), *profile = d->conf->profile, *dir;
	bool section, anything;

	if (!file)
		return arena_printf(d->a, "set %s = %s in the configuration", key, value);
	switch (find_key(d, file, key, &section, &anything)) {
	case KEY_SECTION:
		return arena_printf(d->a,
				    "sed -i '/^\\[profile %s\\]/,/^\\[/s|^[ \\t]*%s[ \\t]*=.*|%s = %s|' '%s'",
				    profile, key, key, value, file);
	case KEY_GLOBAL:
		if (!section)
			return arena_printf(d->a, "sed -i '1,/^\\[/s|^[ \\t]*%s[ \\t]*=.*|%s = %s|' '%s'",
					    key, key, value, file);
		break;
	default:
		break;
	}
	if (section)
		return arena_printf(d->a, "sed -i '/^\\[profile %s\\]/a %s = %s' '%s'", profile, key,
				    value, file);
	if (anything)
		return arena_printf(d->a, "sed -i '1i %s = %s' '%s'", key, value, file);
	dir = arena_copy(d->a, file, (size_t)(strrchr(file, '/') - file));
	return arena_printf(d->a, "mkdir -p '%s' && echo '%s = %s' >>'%s'", dir, key, value, file);
}

const char *doctor_in_path(struct arena *a, const char *program)
{
	struct str rest = str_from(getenv("PATH")), dir;

	while (str_cut(&rest, ':', &dir)) {
		const char *path = arena_printf(a, "%.*s/%s", STR_ARG(dir), program);

		if (dir.n && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

bool doctor_same_file(const char *one, const char *other)
{
	char *a = realpath(one, NULL), *b = realpath(other, NULL);
	bool same = a && b && strcmp(a, b) == 0;

	free(a);
	free(b);
	return same;
}

/* A command of ours that also works where a shell would find another flowlatch, or none. */
const char *doctor_callable(const struct doctor *d, const char *command)
{
	if (!command || d->self_in_path || !str_starts(str_from(command), S("flowlatch ")))
		return command;
	return arena_printf(d->a, strpbrk(d->self, " \t'\"$\\") ? "'%s'%s" : "%s%s", d->self,
			    command + strlen("flowlatch"));
}

/* Members of these groups may use sudo on the usual distributions. */
static bool may_sudo(const struct doctor *d)
{
	static const char *const names[] = { "sudo", "wheel", "admin" };
	gid_t groups[256];
	int n = getgroups(256, groups);

	if (!doctor_in_path(d->a, "sudo"))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct group *g = getgrnam(names[i]);

		for (int k = 0; g && k < n; k++)
			if (groups[k] == g->gr_gid)
				return true;
	}
	return false;
}

const char *doctor_as_root(const struct doctor *d, const char *command)
{
	if (geteuid() == 0)
		return command;
	if (may_sudo(d))
		return arena_printf(d->a, "sudo %s", command);
	return arena_printf(d->a, "ask the administrator of this machine for: %s", command);
}

const char *doctor_proxy_shown(struct arena *a, const char *url)
{
	struct str rest = str_from(url);
	ptrdiff_t at = str_find(rest, S("://"));
	struct str scheme = at >= 0 ? str_first(rest, (size_t)at + 3) : S("http://");

	rest = str_from_at(rest, at >= 0 ? (size_t)at + 3 : 0);
	for (ptrdiff_t user; (user = str_find_char(rest, '@')) >= 0;)
		rest = str_from_at(rest, (size_t)user + 1);
	at = str_find_char(rest, '/');
	return arena_printf(a, "%.*s%s", STR_ARG(scheme),
			    conf_quote(a, at >= 0 ? str_first(rest, (size_t)at) : rest));
}
