/*
 * helper.c - a child program spoken to over pipes.
 *
 * Knows processes and pipes; must not know what is said over them.
 * Both directions may carry secrets, so every buffer is wiped.
 */
#include "wire/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "wire/loop.h"

enum { CHUNK = 4096 };

/* The first descriptor after the three that every child has. */
enum { PASSED_FD = STDERR_FILENO + 1 };

struct helper {
	struct loop *loop;
	struct helper_request r;
	pid_t pid;
	int pidfd, in, out; /* in: the child's stdin; -1 when closed */
	struct loop_watch *watch_in, *watch_out, *watch_end;
	struct loop_timer limit;
	struct buf input, line;
	size_t written;
	bool busy;  /* inside a callback of the owner */
	bool freed; /* by that callback */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_in(struct helper *h)
{
	loop_unwatch(h->watch_in);
	h->watch_in = NULL;
	close_fd(&h->in);
	buf_free_wiped(&h->input);
}

static void release(struct helper *h)
{
	close_in(h);
	loop_unwatch(h->watch_out);
	loop_unwatch(h->watch_end);
	loop_timer_clear(&h->limit);
	close_fd(&h->out);
	close_fd(&h->pidfd);
	buf_free_wiped(&h->line);
	free(h);
}

/* Waits for the end of a child that was told to end, and takes its status. */
static void reap(struct helper *h)
{
	struct pollfd p = { .fd = h->pidfd, .events = POLLIN };

	close_in(h);
	/* kill(2) takes 0 for all of our own process group. */
	if (h->pid <= 0)
		return;
	kill(h->pid, SIGTERM);
	if (poll(&p, 1, LIMIT_HELPER_GRACE_MS) <= 0)
		kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	h->pid = 0;
}

/* Calls the owner; false when it freed the helper, which is gone then. */
static bool told_line(struct helper *h, struct str line)
{
	h->busy = true;
	if (h->r.on_line)
		h->r.on_line(h->r.arg, line);
	h->busy = false;
	if (!h->freed)
		return true;
	release(h);
	return false;
}

static void tell_end(struct helper *h, int status)
{
	loop_timer_clear(&h->limit);
	loop_unwatch(h->watch_end);
	loop_unwatch(h->watch_out);
	h->watch_end = h->watch_out = NULL;
	close_in(h);
	h->busy = true;
	if (h->r.on_end)
		h->r.on_end(h->r.arg, status);
	h->busy = false;
	if (h->freed)
		release(h);
}

static void end_by_force(struct helper *h)
{
	if (h->pid > 0)
		kill(h->pid, SIGKILL);
	reap(h);
	tell_end(h, -1);
}

static void on_limit(void *arg)
{
	end_by_force(arg);
}

/* What became of the helper: more may come, its output has ended, or it was ended and freed. */
enum reading { MORE, ENDED, GONE };

static enum reading hand_lines(struct helper *h)
{
	struct str rest = buf_str(&h->line), line;
	ptrdiff_t at;

	while ((at = str_find_char(rest, '\n')) >= 0) {
		line = str_first(rest, (size_t)at);
		rest = str_from_at(rest, (size_t)at + 1);
		if (h->r.keep_stdin)
			loop_timer_clear(&h->limit);
		if (!told_line(h, line))
			return GONE;
	}
	buf_drop(&h->line, h->line.n - rest.n);
	return MORE;
}

static enum reading read_some(struct helper *h)
{
	char chunk[CHUNK];
	ssize_t n = read(h->out, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return MORE;
	if (n <= 0) {
		loop_unwatch(h->watch_out);
		h->watch_out = NULL;
		close_fd(&h->out);
		return ENDED;
	}
	buf_add(&h->line, chunk, (size_t)n);
	os_wipe(chunk, sizeof(chunk));
	if (buf_ok(&h->line))
		return hand_lines(h);
	end_by_force(h);
	return GONE;
}

static void on_output(void *arg, short revents)
{
	(void)revents;
	read_some(arg);
}

static void on_input_room(void *arg, short revents)
{
	struct helper *h = arg;
	struct str left = str_from_at(buf_str(&h->input), h->written);
	ssize_t n = (revents & POLLOUT) ? write(h->in, left.p, left.n) : -1;

	if (n > 0)
		h->written += (size_t)n;
	else if (n < 0 && (revents & POLLOUT) && (errno == EAGAIN || errno == EINTR))
		return;
	/* A child that does not read to the end says why in its status. */
	if (n < 0 || (h->written == h->input.n && !h->r.keep_stdin)) {
		close_in(h);
	} else if (h->written == h->input.n) {
		loop_unwatch(h->watch_in);
		h->watch_in = NULL;
		buf_free_wiped(&h->input);
	}
}

static void on_child_end(void *arg, short revents)
{
	struct helper *h = arg;
	enum reading reading = MORE;
	int status = -1;

	(void)revents;
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	h->pid = 0;
	/* What it wrote before its end: at most a full pipe, because a grandchild may write on. */
	for (int i = 0; reading == MORE && h->out >= 0 && i <= 65536 / CHUNK; i++) {
		struct pollfd p = { .fd = h->out, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			break;
		reading = read_some(h);
	}
	if (reading == GONE)
		return;
	tell_end(h, status);
}

static bool spawn(struct helper *h, int in, int out)
{
	static char *const none[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t all, empty;
	int err;

	sigfillset(&all);
	sigemptyset(&empty);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (h->r.pass_fd)
		posix_spawn_file_actions_adddup2(&files, h->r.pass_fd, PASSED_FD);
	posix_spawn_file_actions_addclosefrom_np(&files,
						 h->r.pass_fd ? PASSED_FD + 1 : PASSED_FD);
	posix_spawnattr_setsigmask(&how, &empty);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(&h->pid, h->r.path, &files, &how, (char *const *)(uintptr_t)h->r.argv,
			  h->r.env ? (char *const *)(uintptr_t)h->r.env : none);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	errno = err;
	return err == 0;
}

/* The child and its pipes; errno when it fails. */
static bool start(struct helper *h)
{
	int in[2], out[2];
	bool ok;

	if (pipe2(in, O_CLOEXEC))
		return false;
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	h->in = in[1];
	h->out = out[0];
	fcntl(h->in, F_SETFL, O_NONBLOCK);
	fcntl(h->out, F_SETFL, O_NONBLOCK);
	ok = spawn(h, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (!ok)
		return false;
	h->pidfd = pidfd_open(h->pid, 0);
	return h->pidfd >= 0;
}

static bool watch(struct helper *h)
{
	h->watch_out = loop_watch(h->loop, h->out, POLLIN, on_output, h);
	h->watch_end = loop_watch(h->loop, h->pidfd, POLLIN, on_child_end, h);
	if (!h->input.n && !h->r.keep_stdin)
		close_fd(&h->in);
	else if (h->input.n)
		h->watch_in = loop_watch(h->loop, h->in, POLLOUT, on_input_room, h);
	/* One that lives until we close it is no reason to go on. */
	if (h->r.keep_stdin && h->watch_out && h->watch_end) {
		loop_watch_background(h->watch_out);
		loop_watch_background(h->watch_end);
	}
	errno = ENOMEM;
	return h->watch_out && h->watch_end && (!h->input.n || h->watch_in) && buf_ok(&h->input) &&
	       buf_ok(&h->line);
}

struct helper *helper_start(struct loop *l, const struct helper_request *r)
{
	struct helper *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return NULL;
	h->loop = l;
	h->r = *r;
	h->r.input = (struct str){ 0 };
	h->pidfd = h->in = h->out = -1;
	buf_init(&h->line, LIMIT_HELPER_LINE);
	/* At once, so that growing leaves no copies of secrets behind. */
	buf_room(&h->line, LIMIT_HELPER_LINE);
	buf_init(&h->input, r->input.n + 1);
	buf_adds(&h->input, r->input);
	if (start(h) && watch(h)) {
		if (r->timeout_ms)
			loop_timer_set(l, &h->limit, r->timeout_ms, on_limit, h);
		return h;
	}
	err = errno;
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	release(h);
	errno = err;
	return NULL;
}

void helper_free(struct helper *h)
{
	if (!h || h->freed)
		return;
	h->freed = true;
	if (h->pid > 0) {
		/* A child that is done with its input often just ends. */
		close_in(h);
		reap(h);
	}
	if (!h->busy)
		release(h);
}
