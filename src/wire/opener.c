/*
 * opener.c - starts the program that opens an address: wslview, the desktop portal, xdg-open.
 */
#include "wire/opener.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "wire/loop.h"

/* xdg-open may live as long as the browser: one that lasts so long has opened it. */
enum { LOOK_MS = 50, LONG_ENOUGH_MS = 3000, MOST_WORDS = 14 };

#define PORTAL "org.freedesktop.portal"

static bool has(const char *variable)
{
	const char *v = getenv(variable);

	return v && *v;
}

static bool on_wsl(void)
{
	return has("WSL_DISTRO_NAME") || has("WSL_INTEROP");
}

static bool on_desktop(void)
{
	return has("DISPLAY") || has("WAYLAND_DISPLAY");
}

/* The portal starts the browser in the desktop's own session: it is not bound by what this process
 * gave up for itself (no new privileges), which sandboxes of packaged browsers need. */
static bool on_portal(void)
{
	return on_desktop() && (has("DBUS_SESSION_BUS_ADDRESS") || has("XDG_RUNTIME_DIR"));
}

/* NULL stands for the address. */
static const struct {
	const char *program;
	bool (*fits)(void);
	const char *words[MOST_WORDS];
	size_t count;
} ways[] = {
	{ "wslview", on_wsl, { NULL }, 1 },
	{ "gdbus", on_portal,
	  { "call", "--session", "--timeout", "3", "--dest", PORTAL ".Desktop", "--object-path",
	    "/org/freedesktop/portal/desktop", "--method", PORTAL ".OpenURI.OpenURI", "", NULL, "{}" },
	  13 },
	{ "xdg-open", on_desktop, { NULL }, 1 },
};

struct opener {
	struct loop *loop;
	struct loop_timer timer;
	struct arena *arena;
	const char *url;
	void (*on_done)(void *arg, bool opened);
	void *arg;
	size_t next;
	pid_t child;
	int64_t started;
};

static void try_next(void *arg);

static pid_t start(struct opener *o, size_t way)
{
	extern char **environ;
	const char *argv[MOST_WORDS + 2] = { ways[way].program };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	pid_t child = 0;

	for (size_t i = 0; i < ways[way].count; i++)
		argv[i + 1] = ways[way].words[i] ? ways[way].words[i] : o->url;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	/* Browsers write to what they inherit, and must not die of our Ctrl-C. */
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, 0, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF);
	if (posix_spawnp(&child, argv[0], &files, &how, (char *const *)(uintptr_t)argv, environ))
		child = 0;
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return child;
}

static void look(void *arg)
{
	struct opener *o = arg;
	int status = 0;
	pid_t ended = waitpid(o->child, &status, WNOHANG);
	bool good = ended == o->child && WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (good || (!ended && os_now_ms() - o->started > LONG_ENOUGH_MS)) {
		o->child = 0;
		o->on_done(o->arg, true);
	} else if (!ended) {
		loop_timer_set(o->loop, &o->timer, LOOK_MS, look, o);
	} else {
		try_next(o);
	}
}

static void try_next(void *arg)
{
	struct opener *o = arg;

	o->child = 0;
	while (!o->child && o->next < sizeof(ways) / sizeof(*ways)) {
		if (ways[o->next].fits())
			o->child = start(o, o->next);
		o->next++;
	}
	o->started = os_now_ms();
	if (o->child)
		loop_timer_set(o->loop, &o->timer, LOOK_MS, look, o);
	else
		o->on_done(o->arg, false);
}

struct opener *opener_start(struct loop *l, struct arena *a, const char *url,
			    void (*on_done)(void *arg, bool opened), void *arg)
{
	struct opener *o = arena_alloc(a, sizeof(*o));

	*o = (struct opener){ .loop = l, .arena = a, .url = url, .on_done = on_done, .arg = arg };
	loop_timer_set(l, &o->timer, 0, try_next, o);
	return o;
}

void opener_free(struct opener *o)
{
	if (o)
		loop_timer_clear(&o->timer);
}
