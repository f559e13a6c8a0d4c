/*
 * test_loop.c - timers, descriptors and signals of the one loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/str.h"
#include "wire/loop.h"

static struct loop *l;
static char trace[4096];
static size_t traced;

static void mark(char c)
{
	if (traced + 1 < sizeof(trace)) {
		trace[traced++] = c;
		trace[traced] = '\0';
	}
}

static int setup(void **state)
{
	(void)state;
	traced = 0;
	trace[0] = '\0';
	l = loop_new();
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

/* ---- timers ---- */

struct named {
	struct loop_timer timer;
	char name;
	unsigned again; /* sets itself so many times more */
	struct named *other; /* and clears this one */
};

static void on_named(void *arg)
{
	struct named *n = arg;

	mark(n->name);
	if (n->other)
		loop_timer_clear(&n->other->timer);
	if (n->again) {
		n->again--;
		loop_timer_set(l, &n->timer, 0, on_named, n);
	}
}

static void timers_run_in_the_order_they_are_due(void **state)
{
	struct named t[] = {
		{ .name = 'c' }, { .name = 'a' }, { .name = 'd' }, { .name = 'b' }, { .name = 'x' },
	};
	static const int64_t ms[] = { 20, 0, 30, 10, 15 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		loop_timer_set(l, &t[i].timer, ms[i], on_named, &t[i]);
	loop_timer_clear(&t[4].timer);
	loop_timer_clear(&t[4].timer);
	loop_run(l);
	assert_string_equal(trace, "abcd");
}

static void equal_timers_keep_their_order(void **state)
{
	struct named t[] = { { .name = 'a' }, { .name = 'b' }, { .name = 'c' } };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		loop_timer_set(l, &t[i].timer, 5, on_named, &t[i]);
	loop_run(l);
	assert_string_equal(trace, "abc");
}

static void a_timer_set_again_is_moved(void **state)
{
	struct named t[] = { { .name = 'a' }, { .name = 'b' } };

	(void)state;
	loop_timer_set(l, &t[0].timer, 1, on_named, &t[0]);
	loop_timer_set(l, &t[1].timer, 5, on_named, &t[1]);
	loop_timer_set(l, &t[0].timer, 10, on_named, &t[0]);
	/* Now it is the last of the list, and is set earlier, then alone. */
	loop_timer_set(l, &t[0].timer, 3, on_named, &t[0]);
	loop_run(l);
	assert_string_equal(trace, "ab");
	loop_timer_set(l, &t[0].timer, 1000, on_named, &t[0]);
	loop_timer_set(l, &t[0].timer, 0, on_named, &t[0]);
	loop_run(l);
	assert_string_equal(trace, "aba");
}

static void a_timer_set_by_a_timer_waits_for_the_next_turn(void **state)
{
	struct named t = { .name = 'a', .again = 2 };

	(void)state;
	loop_timer_set(l, &t.timer, 0, on_named, &t);
	loop_turn(l, 0);
	assert_string_equal(trace, "a");
	loop_turn(l, 0);
	assert_string_equal(trace, "aa");
	loop_run(l);
	assert_string_equal(trace, "aaa");
}

static void a_timer_may_clear_one_that_is_due_too(void **state)
{
	struct named victim = { .name = 'v' }, t = { .name = 'a', .other = &victim };

	(void)state;
	loop_timer_set(l, &t.timer, 0, on_named, &t);
	loop_timer_set(l, &victim.timer, 0, on_named, &victim);
	loop_run(l);
	assert_string_equal(trace, "a");
}

static void waiting_is_bounded_and_not_busy(void **state)
{
	struct named t = { .name = 'a' };
	int64_t before = os_now_ms();
	clock_t cpu;

	(void)state;
	loop_turn(l, 30);
	assert_true(os_now_ms() - before >= 29);
	loop_timer_set(l, &t.timer, 200, on_named, &t);
	before = os_now_ms();
	cpu = clock();
	loop_run(l);
	assert_in_range(os_now_ms() - before, 199, 2000);
	assert_true(clock() - cpu < CLOCKS_PER_SEC / 20);
	before = os_now_ms();
	loop_run(l);
	assert_true(os_now_ms() - before < 50);
}

static void thousands_of_timers(void **state)
{
	enum { MANY = 4000 };
	struct named *t = calloc(MANY, sizeof(*t));

	(void)state;
	assert_non_null(t);
	for (unsigned i = 0; i < MANY; i++) {
		t[i].name = '.';
		loop_timer_set(l, &t[i].timer, (i * 7919) % 20, on_named, &t[i]);
	}
	for (unsigned i = 0; i < MANY; i += 2)
		loop_timer_clear(&t[i].timer);
	loop_run(l);
	assert_int_equal(traced, MANY / 2);
	free(t);
}

/* ---- descriptors ---- */

struct end {
	int fd;
	struct loop_watch *watch, *victim;
	char name;
	bool unwatch;
	short got;
};

static void on_readable(void *arg, short revents)
{
	struct end *e = arg;
	char byte;

	e->got = revents;
	mark(e->name);
	if (e->victim)
		loop_unwatch(e->victim);
	if (read(e->fd, &byte, 1) <= 0 || e->unwatch)
		loop_unwatch(e->watch);
}

static void make_pipe(int fd[2])
{
	assert_int_equal(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
}

static void readable_until_the_end(void **state)
{
	struct end e = { .name = 'r' };
	int fd[2];

	(void)state;
	make_pipe(fd);
	e.fd = fd[0];
	e.watch = loop_watch(l, fd[0], POLLIN, on_readable, &e);
	assert_int_equal(write(fd[1], "xy", 2), 2);
	close(fd[1]);
	loop_run(l);
	assert_string_equal(trace, "rrr");
	assert_true(e.got & POLLHUP);
	close(fd[0]);
}

static void no_events_means_no_calls(void **state)
{
	struct end e = { .name = 'r' };
	int fd[2];

	(void)state;
	make_pipe(fd);
	e.fd = fd[0];
	e.watch = loop_watch(l, fd[0], 0, on_readable, &e);
	close(fd[1]); /* a hang-up, which poll(2) reports without being asked */
	loop_run(l);
	assert_string_equal(trace, "");
	loop_turn(l, 10);
	assert_string_equal(trace, "");
	loop_watch_events(e.watch, POLLIN);
	loop_run(l);
	assert_string_equal(trace, "r");
	close(fd[0]);
}

static void a_watch_may_remove_another_in_the_same_turn(void **state)
{
	struct end a = { .name = 'a', .unwatch = true }, b = { .name = 'b', .unwatch = true };
	int one[2], two[2];

	(void)state;
	make_pipe(one);
	make_pipe(two);
	assert_int_equal(write(one[1], "x", 1) + write(two[1], "x", 1), 2);
	a.fd = one[0];
	b.fd = two[0];
	a.watch = loop_watch(l, one[0], POLLIN, on_readable, &a);
	b.watch = loop_watch(l, two[0], POLLIN, on_readable, &b);
	a.victim = b.watch;
	loop_run(l);
	assert_string_equal(trace, "a");
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
}

static void background_does_not_keep_it_going(void **state)
{
	struct end e = { .name = 'r' };
	int fd[2];

	(void)state;
	make_pipe(fd);
	e.fd = fd[0];
	e.watch = loop_watch(l, fd[0], POLLIN, on_readable, &e);
	loop_watch_background(e.watch);
	loop_run(l);
	assert_string_equal(trace, "");
	close(fd[0]);
	close(fd[1]);
}

static void the_number_of_watches_has_a_ceiling(void **state)
{
	struct loop_watch *w[LIMIT_WATCHES];
	struct end e = { 0 };

	(void)state;
	for (unsigned i = 0; i < LIMIT_WATCHES; i++)
		assert_non_null(w[i] = loop_watch(l, 0, 0, on_readable, &e));
	assert_null(loop_watch(l, 0, 0, on_readable, &e));
	loop_unwatch(w[7]);
	assert_non_null(loop_watch(l, 0, 0, on_readable, &e));
}

static void on_stop(void *arg, short revents)
{
	(void)arg;
	(void)revents;
	mark('s');
	loop_stop(l);
}

static void stop_ends_a_run(void **state)
{
	int fd[2];

	(void)state;
	make_pipe(fd);
	assert_int_equal(write(fd[1], "x", 1), 1);
	loop_watch(l, fd[0], POLLIN, on_stop, NULL);
	assert_false(loop_stopped(l));
	loop_run(l);
	assert_true(loop_stopped(l));
	assert_string_equal(trace, "s");
	close(fd[0]);
	close(fd[1]);
}

/* A callback that waits for something itself: what it removes must not be used after it. */
static void on_nested(void *arg, short revents)
{
	struct end *e = arg;
	char byte;

	(void)revents;
	mark('n');
	(void)!read(e->fd, &byte, 1);
	loop_unwatch(e->victim);
	loop_turn(l, 0);
	loop_unwatch(e->watch);
}

static void a_turn_inside_a_turn(void **state)
{
	struct end a = { .name = 'a' }, b = { .name = 'b' };
	int one[2], two[2];

	(void)state;
	make_pipe(one);
	make_pipe(two);
	assert_int_equal(write(one[1], "x", 1) + write(two[1], "x", 1), 2);
	a.fd = one[0];
	b.fd = two[0];
	a.watch = loop_watch(l, one[0], POLLIN, on_nested, &a);
	b.watch = loop_watch(l, two[0], POLLIN, on_readable, &b);
	a.victim = b.watch;
	loop_run(l);
	assert_string_equal(trace, "n");
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
}

/* ---- a poller in place of poll(2) ---- */

static int polled_by(void *arg, struct pollfd *fds, unsigned n, int timeout_ms)
{
	mark('p');
	assert_ptr_equal(arg, trace);
	return poll(fds, n, timeout_ms);
}

static void after(void *arg)
{
	assert_ptr_equal(arg, trace);
	mark('q');
}

static void a_poller_takes_the_place_of_poll(void **state)
{
	struct named t = { .name = 't' };
	struct end e = { .name = 'r', .unwatch = true };
	int fd[2];

	(void)state;
	make_pipe(fd);
	e.fd = fd[0];
	assert_int_equal(write(fd[1], "x", 1), 1);
	e.watch = loop_watch(l, fd[0], POLLIN, on_readable, &e);
	loop_set_poller(l, polled_by, after, trace);
	loop_timer_set(l, &t.timer, 0, on_named, &t);
	loop_turn(l, -1);
	assert_string_equal(trace, "prqt");
	loop_set_poller(l, NULL, NULL, NULL);
	loop_turn(l, 0);
	assert_string_equal(trace, "prqt");
	close(fd[0]);
	close(fd[1]);
}

/* ---- signals ---- */

static int signals[8];
static unsigned signal_count;

static void on_signal(void *arg, int signo)
{
	(void)arg;
	if (signal_count < 8)
		signals[signal_count++] = signo;
	if (signo == SIGTERM)
		loop_stop(l);
}

static void signals_arrive_in_the_loop(void **state)
{
	struct named t = { .name = 't' };
	struct sigaction now;

	(void)state;
	signal_count = 0;
	assert_true(loop_on_signal(l, on_signal, NULL));
	assert_true(loop_on_signal(l, on_signal, NULL));
	loop_run(l); /* nothing to wait for: signals alone do not keep it going */
	raise(SIGHUP);
	raise(SIGINT);
	loop_timer_set(l, &t.timer, 60000, on_named, &t);
	assert_int_equal(signal_count, 0);
	loop_turn(l, 1000);
	raise(SIGTERM);
	loop_run(l);
	assert_int_equal(signal_count, 3);
	assert_int_equal(signals[0], SIGHUP);
	assert_int_equal(signals[1], SIGINT);
	assert_int_equal(signals[2], SIGTERM);
	loop_timer_clear(&t.timer);
	loop_free(l);
	assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
	l = loop_new();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_run_in_the_order_they_are_due, setup, teardown),
		cmocka_unit_test_setup_teardown(equal_timers_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_timer_set_again_is_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(a_timer_set_by_a_timer_waits_for_the_next_turn, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_timer_may_clear_one_that_is_due_too, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_is_bounded_and_not_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(thousands_of_timers, setup, teardown),
		cmocka_unit_test_setup_teardown(readable_until_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(no_events_means_no_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(a_watch_may_remove_another_in_the_same_turn, setup,
						teardown),
		cmocka_unit_test_setup_teardown(background_does_not_keep_it_going, setup, teardown),
		cmocka_unit_test_setup_teardown(the_number_of_watches_has_a_ceiling, setup, teardown),
		cmocka_unit_test_setup_teardown(stop_ends_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(a_turn_inside_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(a_poller_takes_the_place_of_poll, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_arrive_in_the_loop, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
