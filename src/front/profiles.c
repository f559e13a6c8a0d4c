/*
 * profiles.c - all profiles of a person.
 */
#include "front/profiles.h"

#include <dirent.h>

#include "base/limits.h"
#include "work/conf_text.h"

static bool known(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

size_t profiles_all(struct cli *cli, const char *const **names)
{
	enum { MOST = 4 * LIMIT_PROFILES };
	const char **all = arena_array(cli->arena, MOST, sizeof(*all));
	const char *const *listed = NULL;
	size_t count = conf_profiles(cli->arena, cli->conf.file, &listed), n = 0;
	struct dirent *e;
	DIR *d;

	all[n++] = cli->conf.profile;
	for (size_t i = 0; i < count && n < MOST; i++)
		if (!known(all, n, listed[i]))
			all[n++] = listed[i];
	d = opendir(arena_printf(cli->arena, "%s/profiles", cli->conf.state_dir));
	while (d && n < MOST && (e = readdir(d)) != NULL)
		if (conf_name_ok(str_from(e->d_name)) && !known(all, n, e->d_name))
			all[n++] = arena_copy(cli->arena, e->d_name, strlen(e->d_name));
	if (d)
		closedir(d);
	*names = all;
	return n;
}

bool profiles_conf(struct cli *cli, const char *name, struct conf *out, const char **message)
{
	struct conf_option options[2] = { { "profile", name },
					  { "state_dir", cli->conf.state_dir } };

	/* Options of the command line are for the profile that it names. */
	if (!strcmp(name, cli->conf.profile)) {
		*out = cli->conf;
		return true;
	}
	return conf_load(cli->arena, &(struct conf_request){ .file = cli->conf.file,
							     .options = options, .option_count = 2,
							     .new_profile = true },
			 out, message);
}
