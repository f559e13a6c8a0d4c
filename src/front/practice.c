/*
 * practice.c - a practice tenant of one's own: started for one process, gone with it.
 *
 * Knows where the tenant's program and its directory are and what its addresses look like;
 * knows nothing of what it answers.
 */
#include "front/practice.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "text/json.h"
#include "wire/helper.h"
#include "work/call.h"

struct practice {
	struct arena *arena;
	struct work *work;
	struct helper *helper;
	char *dir;
	int lock;
	bool ready;
	const char *failure; /* why it will never be ready */
};

/* ---- its directory ---- */

/* Removes what is below `dir`; the tree is ours and shallow. */
static void empty_dir(int dir, unsigned depth)
{
	DIR *d = fdopendir(dir);
	const struct dirent *e;

	if (!d) {
		close(dir);
		return;
	}
	while ((e = readdir(d))) {
		int below;

		if (str_eq(str_from(e->d_name), S(".")) || str_eq(str_from(e->d_name), S("..")))
			continue;
		if (!unlinkat(dirfd(d), e->d_name, 0) || !depth)
			continue;
		below = openat(dirfd(d), e->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			continue;
		empty_dir(below, depth - 1);
		unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static void remove_tree(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return;
	empty_dir(dir, 8);
	rmdir(path);
}

/* Directories whose process was killed: old enough to have their lock, and nobody holds it. */
static void sweep(struct arena *a, const char *parent)
{
	DIR *d = opendir(parent);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		const char *path = arena_printf(a, "%s/%s", parent, e->d_name);
		struct stat st;
		int err, lock;

		if (e->d_name[0] == '.' || lstat(path, &st) || !S_ISDIR(st.st_mode) ||
		    time(NULL) - st.st_mtime < 60)
			continue;
		lock = os_try_lock(arena_printf(a, "%s/lock", path), &err);
		if (lock < 0)
			continue;
		remove_tree(path);
		os_unlock(lock);
	}
	if (d)
		closedir(d);
}

static char *make_dir_below(struct arena *a, const char *base)
{
	char *parent, *dir;

	if (!base)
		return NULL;
	parent = arena_printf(a, "%s/practice", base);
	if (os_mkdirs(parent))
		return NULL;
	sweep(a, parent);
	dir = arena_printf(a, "%s/XXXXXX", parent);
	return mkdtemp(dir);
}

static bool make_dir(struct practice *p, const char **message)
{
	int err = 0;

	p->dir = make_dir_below(p->arena, os_runtime_dir(p->arena));
	if (!p->dir)
		p->dir = make_dir_below(p->arena, os_state_dir(p->arena));
	/* A host's sandbox may have made the home directory read-only. */
	if (!p->dir)
		p->dir = mkdtemp(arena_printf(p->arena, "/tmp/flowlatch-practice-XXXXXX"));
	if (p->dir)
		p->lock = os_try_lock(arena_printf(p->arena, "%s/lock", p->dir), &err);
	if (p->dir && p->lock >= 0)
		return true;
	*message = arena_printf(p->arena, "cannot make a directory for the practice tenant: %s",
				strerror(err ? err : errno));
	return false;
}

/* ---- its program ---- */

static const char *find_tenant(struct arena *a)
{
	const char *self = os_self_dir(a);
	/* Beside us; above us, where a build has its examples; and where it was installed. */
	const char *dirs[] = { self, self ? arena_printf(a, "%s/..", self) : NULL,
			       FLOWLATCH_LIBEXECDIR };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		const char *path = dirs[i] ? arena_printf(a, "%s/flowlatch-tenant", dirs[i]) : "";

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* A listening socket on a free port of 127.0.0.1. */
static int listen_somewhere(unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&at, n) && !listen(fd, 128) &&
	    !getsockname(fd, (struct sockaddr *)&at, &n)) {
		*port = ntohs(at.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static void settle(struct practice *p, const char *failure)
{
	if (p->ready || p->failure)
		return;
	p->ready = !failure;
	p->failure = failure;
	if (p->work)
		work_go(p->work, failure);
}

static void on_line(void *arg, struct str line)
{
	struct practice *p = arg;
	struct json *v;

	if (p->ready || p->failure)
		return;
	v = json_parse(p->arena, line, JSON_STRICT, NULL);
	if (json_is_true(json_get(v, "ready")))
		settle(p, NULL);
	else
		settle(p, "the practice tenant did not say that it is ready");
}

static void on_end(void *arg, int status)
{
	struct practice *p = arg;

	if (p->ready)
		log_error("the practice tenant ended (status %d)", status);
	settle(p, status < 0 ? "the practice tenant did not start in time" :
			       arena_printf(p->arena, "the practice tenant ended (status %d)",
					    status));
}

static bool start_tenant(struct practice *p, struct loop *l, unsigned *port, const char **message)
{
	const char *path = find_tenant(p->arena);
	int fd = path ? listen_somewhere(port) : -1;

	if (fd >= 0)
		p->helper = helper_start(
			l, &(struct helper_request){
				   .path = path,
				   .argv = (const char *const[]){ path, "--with-parent", "--dir",
								  p->dir, "--listen-fd", "3", NULL },
				   .keep_stdin = true,
				   .pass_fd = fd,
				   .timeout_ms = LIMIT_PRACTICE_MS,
				   .on_line = on_line,
				   .on_end = on_end,
				   .arg = p,
			   });
	if (!path)
		*message = "there is no flowlatch-tenant beside flowlatch, nor in "
			   FLOWLATCH_LIBEXECDIR;
	else if (!p->helper)
		*message = arena_printf(p->arena, "cannot start the practice tenant: %s",
					strerror(errno));
	if (fd >= 0)
		close(fd);
	return p->helper != NULL;
}

/* ---- its addresses ---- */

/* The tenant has one port and tells its faces apart by name.  Names below "localhost" never leave
 * the machine (RFC 6761). */
static void fill_conf(struct practice *p, struct conf *conf, unsigned port)
{
	const struct {
		const char **to;
		const char *host;
	} faces[] = {
		{ &conf->login_url, "login" },
		{ &conf->flow_url, "flow" },
		{ &conf->powerapps_url, "powerapps" },
		{ &conf->bap_url, "bap" },
		{ &conf->powerplatform_url, "powerplatform" },
		{ &conf->environment_url, "{environment}.environment" },
		{ &conf->dataverse_url, "{organization}.crm" },
	};

	for (size_t i = 0; i < sizeof(faces) / sizeof(*faces); i++)
		*faces[i].to = arena_printf(p->arena, "https://%s.practice.localhost:%u",
					    faces[i].host, port);
	conf->content_hosts = arena_printf(p->arena, "content.practice.localhost:%u", port);
	conf->profile = "practice";
	conf->cloud = "practice";
	conf->tenant = "organizations";
	conf->account = NULL;
	conf->client_id = "5d1f3a86-7c42-4b0e-9f6d-0a2c9b7e4d11";
	conf->store = "refresh_token_file";
	conf->refresh_token_file = arena_printf(p->arena, "%s/refresh_token", p->dir);
	conf->key_file = NULL;
	conf->ca_file = arena_printf(p->arena, "%s/ca.pem", p->dir);
	conf->proxy = "";
	conf->state_dir = arena_printf(p->arena, "%s/state", p->dir);
	/* Everything of it, the cache too, goes when it goes. */
	conf->state_dir_chosen = true;
}

/* The newest directory below `parent` whose process lives: it holds the lock. */
static void find_below(struct arena *a, const char *parent, time_t *newest, const char **found)
{
	DIR *d = parent ? opendir(parent) : NULL;
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		const char *path = arena_printf(a, "%s/%s", parent, e->d_name), *lock;
		struct stat st, of_lock;
		int err, fd;

		lock = arena_printf(a, "%s/lock", path);
		if (e->d_name[0] == '.' || lstat(path, &st) || !S_ISDIR(st.st_mode) ||
		    st.st_uid != geteuid() || lstat(lock, &of_lock) || st.st_mtime < *newest)
			continue;
		fd = os_try_lock(lock, &err);
		if (fd >= 0) {
			os_unlock(fd);
			continue;
		}
		*newest = st.st_mtime;
		*found = path;
	}
	if (d)
		closedir(d);
}

bool practice_find(struct arena *a, struct conf *conf)
{
	const char *bases[] = { os_runtime_dir(a), os_state_dir(a) }, *found = NULL;
	time_t newest = 0;

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		if (bases[i])
			find_below(a, arena_printf(a, "%s/practice", bases[i]), &newest, &found);
	if (!found)
		return false;
	conf->profile = "practice";
	conf->cloud = "practice";
	conf->store = "refresh_token_file";
	conf->refresh_token_file = arena_printf(a, "%s/refresh_token", found);
	conf->state_dir = arena_printf(a, "%s/state", found);
	return true;
}

struct practice *practice_start(struct arena *a, struct loop *l, struct conf *conf,
				const char **message)
{
	struct practice *p = arena_alloc(a, sizeof(*p));
	unsigned port = 0;

	*p = (struct practice){ .arena = a, .lock = -1 };
	if (!make_dir(p, message) || !start_tenant(p, l, &port, message)) {
		practice_stop(p);
		return NULL;
	}
	fill_conf(p, conf, port);
	return p;
}

void practice_attach(struct practice *p, struct work *w)
{
	p->work = w;
	work_hold(w);
}

void practice_stop(struct practice *p)
{
	if (!p)
		return;
	helper_free(p->helper);
	if (p->dir)
		remove_tree(p->dir);
	os_unlock(p->lock);
}
