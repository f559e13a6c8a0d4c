/*
 * loop.c - the one place to wait: descriptors, timers, signals.
 *
 * Knows poll(2) and whatever library was put in its place (loop_set_poller).
 * Must not know what the descriptors and timers are for.
 */
#include "wire/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

struct loop_watch {
	struct list link;
	struct loop *loop;
	int fd;
	short events;
	bool background, dead;
	void (*fn)(void *arg, short revents);
	void *arg;
};

struct loop {
	struct list watches, timers;
	unsigned watch_count;
	bool stopped;
	unsigned depth; /* of turns: a callback may run a turn of its own */
	int (*poller)(void *arg, struct pollfd *fds, unsigned n, int timeout_ms);
	void (*after)(void *arg);
	void *poller_arg;
	struct loop_watch *signals;
	void (*on_signal)(void *arg, int signo);
	void *signal_arg;
};

static const int signal_numbers[] = { SIGINT, SIGTERM, SIGHUP };
#define SIGNAL_COUNT (sizeof(signal_numbers) / sizeof(*signal_numbers))

/* A signal handler has no argument, so the pipe is the program's only one. */
static int signal_pipe[2] = { -1, -1 };
static struct sigaction signal_before[SIGNAL_COUNT];

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	list_init(&l->watches);
	list_init(&l->timers);
	return l;
}

static void signals_release(struct loop *l)
{
	if (!l->signals)
		return;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signal_numbers[i], &signal_before[i], NULL);
	loop_unwatch(l->signals);
	l->signals = NULL;
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	signal_pipe[0] = signal_pipe[1] = -1;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	signals_release(l);
	LIST_EACH_SAFE(pos, &l->watches)
	free(LIST_ITEM(pos, struct loop_watch, link));
	/* Timers live in their owners: leave none of them linked into freed memory. */
	while (!list_empty(&l->timers))
		list_remove(l->timers.next);
	free(l);
}

struct loop_watch *loop_watch(struct loop *l, int fd, short events,
			      void (*fn)(void *arg, short revents), void *arg)
{
	struct loop_watch *w;

	if (l->watch_count >= LIMIT_WATCHES)
		return NULL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->loop = l;
	w->fd = fd;
	w->events = events;
	w->fn = fn;
	w->arg = arg;
	list_append(&l->watches, &w->link);
	l->watch_count++;
	return w;
}

void loop_watch_events(struct loop_watch *w, short events)
{
	w->events = events;
}

void loop_watch_background(struct loop_watch *w)
{
	w->background = true;
}

void loop_unwatch(struct loop_watch *w)
{
	if (!w || w->dead)
		return;
	w->loop->watch_count--;
	w->dead = true;
	/* A turn holds pointers to its watches until it ends. */
	if (w->loop->depth)
		return;
	list_remove(&w->link);
	free(w);
}

static void bury_watches(struct loop *l)
{
	LIST_EACH_SAFE(pos, &l->watches)
	{
		struct loop_watch *w = LIST_ITEM(pos, struct loop_watch, link);

		if (!w->dead)
			continue;
		list_remove(&w->link);
		free(w);
	}
}

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t ms, void (*fn)(void *arg),
		    void *arg)
{
	struct list *at;

	/* First, for the timer may be the last of the list itself. */
	loop_timer_clear(t);
	at = l->timers.prev;
	t->due = os_now_ms() + (ms > 0 ? ms : 0);
	t->fn = fn;
	t->arg = arg;
	/* From the end, because most new timers are due after the ones that wait. */
	while (at != &l->timers && LIST_ITEM(at, struct loop_timer, link)->due > t->due)
		at = at->prev;
	list_insert(at->next, &t->link);
}

void loop_timer_clear(struct loop_timer *t)
{
	if (t->link.next)
		list_remove(&t->link);
	else
		list_init(&t->link);
}

static void run_timers(struct loop *l)
{
	int64_t now = os_now_ms();
	struct list due;

	/* Taken off first, so that a timer set by a timer waits for the next turn. */
	list_init(&due);
	while (!list_empty(&l->timers)) {
		struct list *first = l->timers.next;

		if (LIST_ITEM(first, struct loop_timer, link)->due > now)
			break;
		list_remove(first);
		list_append(&due, first);
	}
	while (!list_empty(&due)) {
		struct loop_timer *t = LIST_ITEM(due.next, struct loop_timer, link);

		list_remove(&t->link);
		t->fn(t->arg);
	}
}

static int wait_ms(const struct loop *l, int max_ms)
{
	int64_t ms;

	if (list_empty(&l->timers))
		return max_ms;
	ms = LIST_ITEM(l->timers.next, struct loop_timer, link)->due - os_now_ms();
	if (ms < 0)
		ms = 0;
	/* poll(2) does not count the time of a suspend, the timers do. */
	if (ms > LIMIT_LOOP_WAIT_MS)
		ms = LIMIT_LOOP_WAIT_MS;
	return max_ms >= 0 && max_ms < ms ? max_ms : (int)ms;
}

void loop_turn(struct loop *l, int max_ms)
{
	struct pollfd fds[LIMIT_WATCHES];
	struct loop_watch *watches[LIMIT_WATCHES];
	unsigned n = 0;
	int found;

	LIST_EACH(pos, &l->watches)
	{
		struct loop_watch *w = LIST_ITEM(pos, struct loop_watch, link);

		/* Asking for nothing would still wake up for every hang-up. */
		if (!w->events || n == LIMIT_WATCHES)
			continue;
		fds[n] = (struct pollfd){ .fd = w->fd, .events = w->events };
		watches[n++] = w;
	}
	max_ms = wait_ms(l, max_ms);
	l->depth++;
	found = l->poller ? l->poller(l->poller_arg, fds, n, max_ms) : poll(fds, n, max_ms);
	for (unsigned i = 0; found > 0 && i < n; i++) {
		struct loop_watch *w = watches[i];
		short back = (short)(fds[i].revents & (w->events | POLLERR | POLLHUP | POLLNVAL));

		if (!w->dead && w->events && back)
			w->fn(w->arg, back);
	}
	if (l->after)
		l->after(l->poller_arg);
	run_timers(l);
	if (--l->depth == 0)
		bury_watches(l);
}

static bool anything_left(const struct loop *l)
{
	if (!list_empty(&l->timers))
		return true;
	LIST_EACH(pos, &l->watches)
	{
		const struct loop_watch *w = LIST_ITEM(pos, const struct loop_watch, link);

		if (w->events && !w->background)
			return true;
	}
	return false;
}

void loop_run(struct loop *l)
{
	while (!l->stopped && anything_left(l))
		loop_turn(l, -1);
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}

bool loop_stopped(const struct loop *l)
{
	return l->stopped;
}

void loop_set_poller(struct loop *l,
		     int (*poller)(void *arg, struct pollfd *fds, unsigned n, int timeout_ms),
		     void (*after)(void *arg), void *arg)
{
	l->poller = poller;
	l->after = after;
	l->poller_arg = arg;
}

static void handle_signal(int signo)
{
	int before = errno;
	char byte = (char)signo;

	/* A full pipe already holds a signal. */
	(void)!write(signal_pipe[1], &byte, 1);
	errno = before;
}

static void read_signals(void *arg, short revents)
{
	struct loop *l = arg;
	char bytes[64];
	ssize_t n = read(signal_pipe[0], bytes, sizeof(bytes));

	(void)revents;
	for (ssize_t i = 0; i < n; i++)
		l->on_signal(l->signal_arg, bytes[i]);
}

bool loop_on_signal(struct loop *l, void (*fn)(void *arg, int signo), void *arg)
{
	struct sigaction action = { .sa_handler = handle_signal, .sa_flags = SA_RESTART };

	l->on_signal = fn;
	l->signal_arg = arg;
	if (l->signals)
		return true;
	if (signal_pipe[0] >= 0 || pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK))
		return false;
	l->signals = loop_watch(l, signal_pipe[0], POLLIN, read_signals, l);
	if (!l->signals) {
		close(signal_pipe[0]);
		close(signal_pipe[1]);
		signal_pipe[0] = signal_pipe[1] = -1;
		return false;
	}
	loop_watch_background(l->signals);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signal_numbers[i], &action, &signal_before[i]);
	return true;
}
