/*
 * loop.h - the one place to wait: descriptors, timers, signals.
 *
 * Single-threaded.  Callbacks run one after the other and may add or remove anything,
 * themselves included.
 */
#ifndef WIRE_LOOP_H
#define WIRE_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct loop;
struct loop_watch;

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Runs until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *l);
/* One turn: waits at most `max_ms` (-1: as long as it takes), then runs what is due. */
void loop_turn(struct loop *l, int max_ms);
void loop_stop(struct loop *l);
bool loop_stopped(const struct loop *l);

/* Calls fn(arg, revents) when one of `events` (POLLIN, POLLOUT) or an error is there.
 * events 0 keeps the watch but waits for nothing, not even for a hang-up.
 * NULL when memory is out or LIMIT_WATCHES are in use. */
struct loop_watch *loop_watch(struct loop *l, int fd, short events,
			      void (*fn)(void *arg, short revents), void *arg);
void loop_watch_events(struct loop_watch *w, short events);
/* It no longer keeps loop_run going. */
void loop_watch_background(struct loop_watch *w);
/* NULL is fine. */
void loop_unwatch(struct loop_watch *w);

/* A timer lives inside its owner; zero-initialise it. */
struct loop_timer {
	struct list link;
	int64_t due; /* CLOCK_BOOTTIME ms */
	void (*fn)(void *arg);
	void *arg;
};

/* (Re)arms: fn(arg) once, after `ms` milliseconds (0: in the next turn). */
void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t ms, void (*fn)(void *arg),
		    void *arg);
void loop_timer_clear(struct loop_timer *t);

/* Routes SIGINT, SIGTERM and SIGHUP here (a pipe written by the handler). */
bool loop_on_signal(struct loop *l, void (*fn)(void *arg, int signo), void *arg);

/* Lets a library wait in place of poll(2): http.c puts curl_multi_poll here once curl is loaded.
 * It gets our descriptors, fills revents, and returns after `timeout_ms` at the latest. */
void loop_set_poller(struct loop *l,
		     int (*poller)(void *arg, struct pollfd *fds, unsigned n, int timeout_ms),
		     void (*after)(void *arg), void *arg);

#endif
