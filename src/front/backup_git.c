/*
 * backup_git.c - commits a folder with the git of this machine.
 *
 * git is started by its absolute path with an environment of our own, hooks of commits left out;
 * what it says goes to standard error.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/backup_dir.h"
#include "front/term.h"
#include "wire/helper.h"
#include "wire/loop.h"

enum { MOST_WORDS = 12, GIT_MS = 60000 };

struct git {
	struct cli *cli;
	const char *program, *dir;
	struct buf said; /* of the last one */
	int status;
	bool ended;
};

static void on_line(void *arg, struct str line)
{
	struct git *g = arg;

	buf_adds(&g->said, line);
	buf_addc(&g->said, '\n');
}

static void on_end(void *arg, int status)
{
	struct git *g = arg;

	g->status = status;
	g->ended = true;
}

/* Exit status of `git -C DIR WORDS...`, or -1. */
static int git(struct git *g, const char *const *words)
{
	const char *argv[MOST_WORDS + 4] = { "git", "-C", g->dir };
	char *home = os_home(g->cli->arena);
	const char *const env[] = {
		arena_printf(g->cli->arena, "HOME=%s", home ? home : "/"),
		"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", NULL,
	};
	struct loop *loop = loop_new();
	struct helper *h;

	for (size_t i = 0; i < MOST_WORDS && words[i]; i++)
		argv[i + 3] = words[i];
	buf_init_in(&g->said, g->cli->arena, LIMIT_LINE);
	g->ended = false;
	g->status = -1;
	h = loop ? helper_start(loop, &(struct helper_request){ .path = g->program,
								.argv = argv,
								.env = env,
								.timeout_ms = GIT_MS,
								.on_line = on_line,
								.on_end = on_end,
								.arg = g })
		 : NULL;
	while (h && !g->ended)
		loop_turn(loop, -1);
	helper_free(h);
	loop_free(loop);
	return g->status >= 0 && WIFEXITED(g->status) ? WEXITSTATUS(g->status) : -1;
}

#define GIT(g, ...) git(g, (const char *const[]){ __VA_ARGS__, NULL })

static const char *find_git(struct arena *a)
{
	static const char *const places[] = { "/usr/bin/git", "/usr/local/bin/git", "/bin/git" };
	const char *path = getenv("PATH");
	struct str rest = str_from(path ? path : ""), dir;
	struct stat st;

	while (str_cut(&rest, ':', &dir)) {
		const char *one = arena_printf(a, "%.*s/git", STR_ARG(dir));

		if (dir.n && dir.p[0] == '/' && !access(one, X_OK) && !stat(one, &st) &&
		    S_ISREG(st.st_mode))
			return one;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!access(places[i], X_OK))
			return places[i];
	return NULL;
}

static int git_failed(const char *what)
{
	return cli_fail(EXIT_FOUND, "the files are written; what git said stands above",
			"git %s did not succeed", what);
}

/* A commit needs somebody's name: a person's own, else the program's. */
static int commit(struct git *g, const char *message, const char *what)
{
	if (GIT(g, "config", "user.email") == 0)
		return GIT(g, "commit", "--quiet", "--no-verify", "-m", message, "--", what);
	return GIT(g, "-c", "user.name=flowlatch", "-c", "user.email=flowlatch@localhost", "commit",
		   "--quiet", "--no-verify", "-m", message, "--", what);
}

/* In a repository, of this folder or one above it: git itself would complain aloud. */
static bool is_in_repository(struct arena *a, const char *dir)
{
	char *real = realpath(dir, NULL);
	struct str at = str_dup(a, str_from(real));
	bool found = false;

	free(real);
	while (at.n && !found) {
		found = !access(arena_printf(a, "%.*s/.git", STR_ARG(at)), F_OK);
		while (at.n && at.p[at.n - 1] != '/')
			at.n--;
		at.n -= at.n > 0;
	}
	return found;
}

int backup_dir_commit(struct cli *cli, struct backup_dir *d)
{
	struct git g = { .cli = cli, .dir = d->path, .program = find_git(cli->arena) };
	const char *environment = str_c(cli->arena, d->environment);
	const char *message = arena_printf(cli->arena, "flows of %s", environment);

	d->no_git = !g.program;
	if (d->no_git)
		return EXIT_FINE;
	if (!is_in_repository(cli->arena, d->path) && GIT(&g, "init", "--quiet") != 0)
		return git_failed("init");
	if (GIT(&g, "add", "--all", "--", environment) != 0)
		return git_failed("add");
	d->nothing = GIT(&g, "diff", "--cached", "--quiet", "--", environment) == 0;
	if (d->nothing)
		return EXIT_FINE;
	if (commit(&g, message, environment) != 0)
		return git_failed("commit");
	if (GIT(&g, "rev-parse", "--short", "HEAD") == 0)
		d->commit = str_c(cli->arena, str_trim(buf_str(&g.said)));
	return EXIT_FINE;
}
