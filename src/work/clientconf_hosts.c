/*
 * clientconf_hosts.c - which MCP hosts there are, where their files lie, what an entry looks like.
 *
 * Knows facts about other people's programs, as rows with their sources; edits nothing.
 */
#include "work/clientconf_int.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/conf.h"

const struct client_host client_hosts[] = {
	{ "claude-code", "Claude Code", CLIENTCONF_JSON, "mcpServers", CLIENT_SHAPE_STDIO, false, "start a new session of claude" },
	{ "claude-desktop", "Claude Desktop", CLIENTCONF_JSON, "mcpServers", CLIENT_SHAPE_PLAIN, true, "quit Claude Desktop and start it again" },
	{ "codex", "Codex", CLIENTCONF_TOML, "mcp_servers", CLIENT_SHAPE_PLAIN, false, "start a new session of codex" },
	{ "cursor", "Cursor", CLIENTCONF_JSONC, "mcpServers", CLIENT_SHAPE_STDIO, true, "switch the server on in Cursor's settings" },
	{ "vscode", "VS Code", CLIENTCONF_JSONC, "servers", CLIENT_SHAPE_STDIO, true, "run \"MCP: List Servers\" in VS Code and start it" },
	{ "gemini", "Gemini CLI", CLIENTCONF_JSONC, "mcpServers", CLIENT_SHAPE_PLAIN, false, "start a new session of gemini" },
	{ "opencode", "opencode", CLIENTCONF_JSONC, "mcp", CLIENT_SHAPE_LOCAL, false, "start a new session of opencode" },
};

const size_t client_host_count = sizeof(client_hosts) / sizeof(*client_hosts);

/* Where a file lies.  A path without a slash in front is below what `base` says; a "*" in one
 * part stands for the one directory that fits. */
enum base {
	BASE_HOME,
	BASE_CONFIG, /* $XDG_CONFIG_HOME, or .config in the home directory */
	BASE_VARIABLE, /* the directory that `variable` names; the row counts only when it is set */
	BASE_VARIABLE_FILE, /* the file itself */
	BASE_WINDOWS, /* the home directory on the Windows side */
	BASE_PROJECT, /* the working directory */
};

struct place {
	const char *host;
	enum base base;
	const char *variable;
	const char *path;
	bool must_exist; /* counts only where the file (or, with "*", its directory) is there */
};

/* The first row that fits counts.
 * Sources: code.claude.com/docs/en/mcp (user scope ~/.claude.json, project scope .mcp.json) and
 * settings (CLAUDE_CONFIG_DIR); modelcontextprotocol.io/quickstart/user and
 * support.claude.com (Claude Desktop; Linux builds of Anthropic since June 2026 use Electron's
 * ~/.config/Claude); anthropics/claude-code#26073 and neon-solutions/add-mcp#114 (the Windows
 * package reads its own copy of Roaming); developers.openai.com/codex/mcp and config-reference
 * (CODEX_HOME, .codex/config.toml of trusted projects); cursor.com/docs/mcp;
 * code.visualstudio.com/docs/agents/reference/mcp-configuration and docs/configure/settings (user
 * directory); geminicli.com/docs/reference/configuration; opencode.ai/docs/config. */
static const struct place places[] = {
	{ "claude-code", BASE_VARIABLE, "CLAUDE_CONFIG_DIR", ".claude.json", false },
	{ "claude-code", BASE_HOME, NULL, ".claude.json", false },
	{ "claude-code", BASE_PROJECT, NULL, ".mcp.json", false },
	{ "claude-desktop", BASE_WINDOWS, NULL, "AppData/Local/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json", true },
	{ "claude-desktop", BASE_WINDOWS, NULL, "AppData/Roaming/Claude/claude_desktop_config.json", false },
	{ "claude-desktop", BASE_CONFIG, NULL, "Claude/claude_desktop_config.json", false },
	{ "codex", BASE_VARIABLE, "CODEX_HOME", "config.toml", false },
	{ "codex", BASE_HOME, NULL, ".codex/config.toml", false },
	{ "codex", BASE_PROJECT, NULL, ".codex/config.toml", false },
	{ "cursor", BASE_WINDOWS, NULL, ".cursor/mcp.json", false },
	{ "cursor", BASE_HOME, NULL, ".cursor/mcp.json", false },
	{ "cursor", BASE_PROJECT, NULL, ".cursor/mcp.json", false },
	{ "vscode", BASE_WINDOWS, NULL, "AppData/Roaming/Code/User/mcp.json", false },
	{ "vscode", BASE_CONFIG, NULL, "Code/User/mcp.json", false },
	{ "vscode", BASE_PROJECT, NULL, ".vscode/mcp.json", false },
	{ "gemini", BASE_HOME, NULL, ".gemini/settings.json", false },
	{ "gemini", BASE_PROJECT, NULL, ".gemini/settings.json", false },
	{ "opencode", BASE_VARIABLE_FILE, "OPENCODE_CONFIG", "", false },
	{ "opencode", BASE_CONFIG, NULL, "opencode/opencode.jsonc", true },
	{ "opencode", BASE_CONFIG, NULL, "opencode/opencode.json", false },
	{ "opencode", BASE_PROJECT, NULL, "opencode.jsonc", true },
	{ "opencode", BASE_PROJECT, NULL, "opencode.json", false },
};

const struct client_host *client_host_find(struct str name)
{
	for (size_t i = 0; i < client_host_count; i++)
		if (str_eq(str_from(client_hosts[i].name), name))
			return &client_hosts[i];
	return NULL;
}

/* ---- the machine ---- */

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool under_wsl(void)
{
	struct buf b;
	bool wsl;

	if (getenv("WSL_DISTRO_NAME"))
		return true;
	buf_init(&b, 256);
	wsl = os_read_file("/proc/sys/kernel/osrelease", &b) == 0 &&
	      str_contains_nocase(buf_str(&b), S("microsoft"));
	buf_free(&b);
	return wsl;
}

/* Home directories of Windows that are ours to write; their number. */
static size_t windows_homes(struct arena *a, const char **one, struct buf *names)
{
	static const char users[] = "/mnt/c/Users";
	DIR *d = opendir(users);
	struct dirent *e;
	size_t n = 0;

	*one = NULL;
	while (d && (e = readdir(d)) != NULL) {
		const char *path;

		if (e->d_name[0] == '.')
			continue;
		path = arena_printf(a, "%s/%s", users, e->d_name);
		if (!is_directory(arena_printf(a, "%s/AppData/Roaming", path)) ||
		    access(path, W_OK))
			continue;
		buf_addf(names, "%s%s", n++ ? ", " : "", path);
		*one = path;
	}
	if (d)
		closedir(d);
	return n;
}

bool client_machine_look(struct arena *a, const char *windows_home, struct client_machine *out,
			 const char **message)
{
	const char *distribution = getenv("WSL_DISTRO_NAME");
	struct buf names;

	*out = (struct client_machine){ .home = os_home(a), .windows_home = windows_home,
					.distribution = distribution };
	if (windows_home && !is_directory(windows_home)) {
		*message = arena_printf(a, "%s is no directory", windows_home);
		return false;
	}
	if (windows_home || !under_wsl())
		return true;
	buf_init_in(&names, a, 4096);
	if (windows_homes(a, &out->windows_home, &names) <= 1)
		return true;
	out->windows_home = NULL;
	*message = arena_printf(a, "there are several Windows accounts: %s", buf_c(&names));
	return false;
}

/* ---- files ---- */

/* `path` with its one "*" replaced by the directory that fits; NULL when there is none. */
static const char *expand(struct arena *a, const char *path)
{
	const char *star = strchr(path, '*'), *head = star;
	struct str prefix;
	const char *hit = NULL;
	struct dirent *e;
	DIR *d;

	if (!star)
		return path;
	while (head > path && head[-1] != '/')
		head--;
	prefix = str_n(head, (size_t)(star - head));
	d = opendir(arena_printf(a, "%.*s", (int)(head - path), path));
	while (d && (e = readdir(d)) != NULL) {
		struct str name = str_from(e->d_name);
		bool plain = name.n > prefix.n && str_starts(name, prefix);

		for (size_t i = prefix.n; plain && i < name.n; i++)
			plain = isalnum((unsigned char)name.p[i]) != 0;
		if (plain)
			hit = arena_printf(a, "%.*s%s%s", (int)(head - path), path, e->d_name,
					   star + 1);
	}
	if (d)
		closedir(d);
	return hit;
}

static const char *base_of(struct arena *a, const struct place *p, const struct client_machine *m)
{
	const char *v;

	switch (p->base) {
	case BASE_HOME:
		return m->home;
	case BASE_CONFIG:
		v = getenv("XDG_CONFIG_HOME");
		return v && v[0] == '/' ? v :
		       m->home		? arena_printf(a, "%s/.config", m->home) :
					  NULL;
	case BASE_WINDOWS:
		return m->windows_home;
	case BASE_PROJECT:
		return ".";
	default:
		v = getenv(p->variable);
		return v && v[0] == '/' ? v : NULL;
	}
}

static const char *place_file(struct arena *a, const struct place *p,
			      const struct client_machine *m)
{
	const char *base = base_of(a, p, m), *path;
	char cwd[4096];
	struct stat st;

	if (!base)
		return NULL;
	if (p->base == BASE_VARIABLE_FILE)
		return base;
	if (p->base == BASE_PROJECT)
		base = getcwd(cwd, sizeof(cwd)) ? cwd : NULL;
	if (!base)
		return NULL;
	path = expand(a, arena_printf(a, "%s/%s", str_eq(str_from(base), S("/")) ? "" : base,
				      p->path));
	if (path && p->must_exist && stat(path, &st) != 0)
		return NULL;
	return path;
}

const char *client_file(struct arena *a, const struct client_host *h, enum client_scope scope,
			const struct client_machine *m)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct place *p = &places[i];
		const char *file;

		if (!str_eq(str_from(p->host), str_from(h->name)) ||
		    (p->base == BASE_PROJECT) != (scope == CLIENT_PROJECT))
			continue;
		file = place_file(a, p, m);
		if (file)
			return file;
	}
	return NULL;
}

/* ---- entries ---- */

static void push(struct arena *a, struct json *list, const char *z)
{
	json_push(list, json_new_z(a, z));
}

struct json *client_entry(struct arena *a, const struct client_host *h,
			  const struct client_machine *m, const char *const *argv, size_t argc)
{
	struct json *words = json_new_array(a), *v = json_new_object(a), *rest;

	if (h->windows && m->windows_home) {
		push(a, words, "wsl.exe");
		if (m->distribution && m->distribution[0]) {
			push(a, words, "--distribution");
			push(a, words, m->distribution);
		}
		push(a, words, "--exec");
	}
	for (size_t i = 0; i < argc; i++)
		push(a, words, argv[i]);
	if (h->shape == CLIENT_SHAPE_LOCAL) {
		json_set_z(a, v, "type", "local");
		json_set(a, v, "command", words);
		json_set_bool(a, v, "enabled", true);
		return v;
	}
	if (h->shape == CLIENT_SHAPE_STDIO)
		json_set_z(a, v, "type", "stdio");
	json_set(a, v, "command", json_copy(a, json_first(words)));
	rest = json_set(a, v, "args", json_new_array(a));
	for (struct json *w = json_next(json_first(words)); w; w = json_next(w))
		json_push(rest, json_copy(a, w));
	return v;
}

static bool is_wsl(struct str command)
{
	return str_eq_nocase(command, S("wsl")) || str_eq_nocase(command, S("wsl.exe")) ||
	       str_ends_nocase(command, S("\\wsl.exe")) || str_ends_nocase(command, S("/wsl.exe"));
}

struct json *client_argv(struct arena *a, const struct json *entry)
{
	const struct json *command = json_get(entry, "command"), *from;
	struct json *out = json_new_array(a);

	if (json_is(command, JSON_ARRAY)) {
		JSON_EACH(w, command)
			json_push(out, json_copy(a, w));
	} else if (json_is(command, JSON_STRING)) {
		json_push(out, json_copy(a, command));
		JSON_EACH(w, json_get(entry, "args"))
			json_push(out, json_copy(a, w));
	}
	if (!json_count(out))
		return NULL;
	if (!is_wsl(json_str(json_first(out))))
		return out;
	/* What follows --exec, -e or -- runs on this side. */
	for (from = json_first(out); from; from = json_next(from)) {
		struct str word = json_str(from);

		if (str_eq(word, S("--exec")) || str_eq(word, S("-e")) || str_eq(word, S("--")))
			break;
	}
	if (!json_next(from))
		return out;
	command = json_next(from);
	out = json_new_array(a);
	for (; command; command = json_next(command))
		json_push(out, json_copy(a, command));
	return out;
}

static bool is_below(const char *path, const char *home, const char *below)
{
	size_t n = home ? strlen(home) : 0;

	return home && strncmp(path, home, n) == 0 && path[n] == '/' &&
	       strcmp(path + n + 1, below) == 0;
}

size_t client_moved(struct arena *a, const struct conf *conf, const char *words[CLIENT_MOVED])
{
	const char *home = os_home(a);
	size_t n = 0;

	if (conf->file && !is_below(conf->file, home, ".config/flowlatch/flowlatch.conf") &&
	    access(conf->file, F_OK) == 0) {
		words[n++] = "--config";
		words[n++] = conf->file;
	}
	if (conf->state_dir && !is_below(conf->state_dir, home, ".local/state/flowlatch")) {
		words[n++] = "--state-dir";
		words[n++] = conf->state_dir;
	}
	if (conf->profile && !str_eq(str_from(conf->profile), S("default"))) {
		words[n++] = "--profile";
		words[n++] = conf->profile;
	}
	return n;
}
