/*
 * doctor_clients.c - what the hosts on this machine are told to start.
 *
 * Looks for entries that start a program called flowlatch, and whether it is this one, with a
 * profile that there is; and for the one that a shell finds.
 */
#include "work/doctor_int.h"

#include <unistd.h>

#include "work/clientconf.h"

struct found {
	struct doctor *d;
	const struct client_host *host;
	enum client_scope scope;
	const char *path; /* of the file */
	struct str name;  /* of the entry */
	const char *program, *profile;
	bool practice, serves;
	const char *unnamed; /* an option that it should have: things have been moved */
	const char *const *profiles;
	size_t profile_count;
};

/* The command that writes the entry as it should be. */
static const char *rewrite(const struct found *f, bool profile)
{
	struct buf b;

	buf_init_in(&b, f->d->a, 4096);
	buf_addf(&b, "flowlatch setup client %s --write", f->host->name);
	if (f->scope == CLIENT_PROJECT)
		buf_addz(&b, " --scope project");
	if (!str_eq(f->name, S("flowlatch")))
		buf_addf(&b, " --name %.*s", STR_ARG(f->name));
	if (f->practice)
		buf_addz(&b, " --practice");
	else if (profile && f->profile)
		buf_addf(&b, " --profile %s", f->profile);
	return buf_c(&b);
}

static struct str base_name(struct str path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
			return str_from_at(path, i);
	return path;
}

static bool is_flowlatch(struct str word)
{
	return str_eq(base_name(word), S("flowlatch"));
}

static bool has_profile(const struct found *f)
{
	if (!f->profile || str_eq(str_from(f->profile), S("default")) ||
	    str_eq(str_from(f->profile), S("practice")))
		return true;
	for (size_t i = 0; i < f->profile_count; i++)
		if (str_eq(str_from(f->profile), str_from(f->profiles[i])))
			return true;
	return false;
}

static void judge(const struct found *f)
{
	struct doctor *d = f->d;
	const char *program = f->program, *who;

	/* A program without a slash is looked for as a host does. */
	if (!strchr(program, '/'))
		program = doctor_in_path(d->a, program);
	who = arena_printf(d->a, "%s (%s)", f->host->title, f->path);
	if (!program || access(program, F_OK))
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts %s, which is not there", who, f->program),
			   NULL, rewrite(f, has_profile(f)));
	else if (access(program, X_OK))
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts %s, which cannot be executed", who, program),
			   NULL, rewrite(f, has_profile(f)));
	else if (!doctor_same_file(program, d->self))
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts another flowlatch than this one: %s", who,
					program),
			   arena_printf(d->a, "this one is %s, version " FLOWLATCH_VERSION, d->self),
			   rewrite(f, has_profile(f)));
	else if (!f->serves)
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts flowlatch without serve", who),
			   "then it talks to a person instead of to a host", rewrite(f, true));
	else if (f->unnamed)
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts flowlatch without %s", who, f->unnamed),
			   "a variable of this terminal has moved it, and hosts do not pass that on",
			   rewrite(f, true));
	else if (!d->o.conf_error && !has_profile(f))
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_BAD,
			   arena_printf(d->a, "%s starts flowlatch with the profile %s, which is not "
					      "there", who, f->profile),
			   "no section of the configuration has that name", rewrite(f, false));
	else
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_FINE,
			   arena_printf(d->a, "%s starts this program, %s%s", who,
					f->practice ? "with the practice tenant" : "profile ",
					f->practice ? "" : f->profile ? f->profile : "default"),
			   NULL, NULL);
}

/* "--name VALUE" or "--name=VALUE" behind the program. */
static bool has_option(const struct json *program, const char *name)
{
	for (const struct json *w = json_next(program); w; w = json_next(w)) {
		struct str word = json_str(w);

		if (str_starts(word, str_from(name)) &&
		    (word.n == strlen(name) || word.p[strlen(name)] == '='))
			return true;
	}
	return false;
}

static void look_at_entry(struct found *f, const struct json *entry)
{
	const char *moved[CLIENT_MOVED];
	struct doctor *d = f->d;
	size_t count;
	struct json *words = client_argv(f->d->a, entry), *program = json_first(words);

	/* Something may stand in front of it, such as env. */
	while (program && !is_flowlatch(json_str(program)))
		program = json_next(program);
	if (!program)
		return;
	f->program = json_z(program);
	f->profile = f->unnamed = NULL;
	f->practice = f->serves = false;
	count = d->o.conf_error ? 0 : client_moved(d->a, d->conf, moved);
	for (size_t i = 0; i < count; i += 2)
		if (!str_eq(str_from(moved[i]), S("--profile")) && !has_option(program, moved[i]))
			f->unnamed = moved[i];
	for (const struct json *w = json_next(program); w; w = json_next(w)) {
		struct str word = json_str(w);

		f->serves |= str_eq(word, S("serve"));
		f->practice |= str_eq(word, S("--practice"));
		if (str_eq(word, S("--profile")) && json_next(w))
			f->profile = json_z(json_next(w));
		else if (str_starts(word, S("--profile=")))
			f->profile = str_c(f->d->a, str_from_at(word, strlen("--profile=")));
	}
	if (f->practice)
		f->unnamed = NULL;
	judge(f);
}

static void look_at_file(struct found *f)
{
	struct clientconf_spot spot = { f->host->format, f->host->container, "flowlatch" };
	struct clientconf_error e;
	struct clientconf_file file;
	const char *message = "";
	struct json *servers;

	if (clientconf_load(f->d->a, f->path, "flowlatch", &file, &message) != CLIENTCONF_SAME) {
		doctor_say(f->d, DOCTOR_CLIENTS, DOCTOR_NOTE, message, NULL, NULL);
		return;
	}
	if (!file.exists)
		return;
	servers = clientconf_servers(f->d->a, &spot, file.text, &e);
	if (!servers)
		doctor_say(f->d, DOCTOR_CLIENTS,
			   str_find(file.text, S("flowlatch")) >= 0 ? DOCTOR_BAD : DOCTOR_NOTE,
			   arena_printf(f->d->a, "%s: %s:%u: %s", f->host->title, file.path, e.line,
					e.message),
			   "the host cannot read it either",
			   arena_printf(f->d->a, "${EDITOR:-vi} +%u '%s'", e.line, file.path));
	JSON_EACH(entry, servers)
	{
		f->name = json_name(entry);
		look_at_entry(f, entry);
	}
}

void doctor_clients(struct doctor *d)
{
	struct client_machine m;
	const char *message = "";
	struct found f = { .d = d };

	if (!d->o.conf_error)
		f.profile_count = conf_profiles(d->a, d->conf->file, &f.profiles);
	(void)client_machine_look(d->a, NULL, &m, &message);
	for (size_t i = 0; i < client_host_count; i++)
		for (int scope = CLIENT_USER; scope <= CLIENT_PROJECT; scope++) {
			f.host = &client_hosts[i];
			f.scope = (enum client_scope)scope;
			f.path = client_file(d->a, f.host, f.scope, &m);
			if (f.path)
				look_at_file(&f);
		}
	if (!d->first[DOCTOR_CLIENTS])
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_NOTE, "no host starts flowlatch yet", NULL,
			   doctor_with_profile(d, "flowlatch setup client claude-code --write"));
}

void doctor_version(struct doctor *d)
{
	const char *found = doctor_in_path(d->a, "flowlatch");

	doctor_say(d, DOCTOR_VERSION, found && !d->self_in_path ? DOCTOR_NOTE : DOCTOR_FINE,
		   arena_printf(d->a, "flowlatch " FLOWLATCH_VERSION ", %s%s%s", d->self,
				found && !d->self_in_path ? "; the one in PATH is " : "",
				found && !d->self_in_path ? found : ""),
		   NULL, NULL);
}
