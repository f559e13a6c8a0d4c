/*
 * test_helper.c - child programs: lines, ends, limits, what they see of us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "wire/helper.h"
#include "wire/loop.h"

static struct loop *l;
static struct helper *helper;
static struct buf lines;
static unsigned line_count, ends, free_at_line;
static int last_status;
static bool free_at_end;

static int setup(void **state)
{
	(void)state;
	l = loop_new();
	buf_init(&lines, 1 << 20);
	line_count = ends = free_at_line = 0;
	free_at_end = false;
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	helper_free(helper);
	helper = NULL;
	loop_free(l);
	buf_free(&lines);
	return 0;
}

static void on_line(void *arg, struct str line)
{
	assert_ptr_equal(arg, &lines);
	buf_adds(&lines, line);
	buf_addc(&lines, '|');
	if (++line_count == free_at_line) {
		helper_free(helper);
		helper = NULL;
	}
}

static void on_end(void *arg, int status)
{
	assert_ptr_equal(arg, &lines);
	ends++;
	last_status = status;
	if (free_at_end) {
		helper_free(helper);
		helper = NULL;
	}
}

static const char *const two_variables[] = { "ONE=1", "TWO=2", NULL };

static struct helper *run(const char *script, const char *input, bool keep, unsigned ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct helper_request r = {
		.path = "/bin/sh",
		.argv = argv,
		.env = two_variables,
		.input = str_from(input),
		.keep_stdin = keep,
		.timeout_ms = ms,
		.on_line = on_line,
		.on_end = on_end,
		.arg = &lines,
	};

	return helper = helper_start(l, &r);
}

static void lines_and_status(void **state)
{
	(void)state;
	assert_non_null(run("echo one; printf 'two\\n\\nthree\\nno newline'; exit 7", "", false, 10000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "one|two||three|");
	assert_int_equal(ends, 1);
	assert_true(WIFEXITED(last_status));
	assert_int_equal(WEXITSTATUS(last_status), 7);
}

static void input_is_written_and_closed(void **state)
{
	struct buf big;

	(void)state;
	buf_init(&big, 1 << 20);
	for (int i = 0; i < 30000; i++)
		buf_addz(&big, "0123456789");
	assert_non_null(run("wc -c", buf_c(&big), false, 10000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "300000|");
	buf_free(&big);
}

static void a_child_that_does_not_read_is_no_trouble(void **state)
{
	struct buf big;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	buf_init(&big, 1 << 20);
	for (int i = 0; i < 30000; i++)
		buf_addz(&big, "0123456789");
	assert_non_null(run("exit 3", buf_c(&big), false, 10000));
	loop_run(l);
	assert_int_equal(ends, 1);
	assert_int_equal(WEXITSTATUS(last_status), 3);
	buf_free(&big);
}

static void it_sees_three_descriptors_and_its_own_variables(void **state)
{
	int stray = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	(void)state;
	setenv("FLOWLATCH_TEST_SECRET", "x", 1);
	assert_true(stray > 2);
	/* The shell adds PWD and the like; no variable of ours. */
	assert_non_null(run("for f in /proc/self/fd/*; do n=${f##*/}; [ $n -lt 10 ] && "
			    "[ -e /proc/$$/fd/$n ] && printf '%s ' $n; done; "
			    "echo $ONE$TWO$FLOWLATCH_TEST_SECRET$HOME",
			    "", false, 10000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "0 1 2 12|");
	close(stray);
}

static void the_time_limit_kills(void **state)
{
	int64_t before = os_now_ms();

	(void)state;
	assert_non_null(run("trap '' TERM; echo up; while :; do sleep 1; done", "", false, 300));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "up|");
	assert_int_equal(ends, 1);
	assert_int_equal(last_status, -1);
	assert_in_range(os_now_ms() - before, 299, 5000);
}

static void the_limit_of_a_lasting_child_ends_with_its_first_line(void **state)
{
	int64_t before = os_now_ms();

	(void)state;
	assert_non_null(run("echo ready; cat >/dev/null; exit 0", "", true, 250));
	while (!line_count)
		loop_turn(l, 1000);
	/* It does not keep the loop going either. */
	loop_run(l);
	while (os_now_ms() - before < 500)
		loop_turn(l, 100);
	assert_int_equal(ends, 0);
	helper_free(helper);
	helper = NULL;
	loop_turn(l, 0);
	assert_int_equal(ends, 0);
}

static void a_lasting_child_without_a_line_is_killed(void **state)
{
	(void)state;
	assert_non_null(run("cat >/dev/null", "", true, 200));
	loop_run(l);
	assert_int_equal(ends, 1);
	assert_int_equal(last_status, -1);
}

static void a_line_has_a_ceiling(void **state)
{
	(void)state;
	assert_non_null(run("echo short; head -c 1000000 /dev/zero | tr '\\0' x; sleep 60", "", false,
			    20000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "short|");
	assert_int_equal(ends, 1);
	assert_int_equal(last_status, -1);
}

static void many_lines_in_one_piece(void **state)
{
	(void)state;
	assert_non_null(run("i=0; while [ $i -lt 5000 ]; do echo line$i; i=$((i+1)); done", "", false,
			    20000));
	loop_run(l);
	assert_int_equal(line_count, 5000);
	assert_int_equal(ends, 1);
}

static void it_may_be_freed_in_its_callbacks(void **state)
{
	(void)state;
	free_at_line = 2;
	assert_non_null(run("echo a; echo b; echo c; sleep 60", "", false, 20000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "a|b|");
	assert_int_equal(ends, 0);
	free_at_line = 0;
	free_at_end = true;
	assert_non_null(run("echo a", "", false, 20000));
	loop_run(l);
	assert_int_equal(ends, 1);
	assert_null(helper);
}

static void freeing_is_quick_and_leaves_no_zombie(void **state)
{
	int64_t before;

	(void)state;
	assert_non_null(run("echo up; trap '' TERM; while :; do sleep 1; done", "", true, 20000));
	while (!line_count)
		loop_turn(l, 1000);
	before = os_now_ms();
	helper_free(helper);
	helper = NULL;
	assert_in_range(os_now_ms() - before, 0, 4 * LIMIT_HELPER_GRACE_MS);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	helper_free(NULL);
}

static void what_cannot_be_started_says_so(void **state)
{
	const char *argv[] = { "nothing", NULL };
	struct helper_request r = { .path = "/nonexistent/helper", .argv = argv };

	(void)state;
	assert_null(helper_start(l, &r));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Whatever the child does with signals, it starts with the usual ones. */
static void signals_are_as_usual(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	/* The first 28 signals: the C library keeps 32 and 33 to itself. */
	assert_non_null(run("grep -E '^Sig(Blk|Ign)' /proc/self/status | sed 's/:.*\\(.......\\)$/ \\1/'",
			    "", false, 10000));
	loop_run(l);
	assert_string_equal(buf_c(&lines), "SigBlk 0000000|SigIgn 0000000|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_and_status, setup, teardown),
		cmocka_unit_test_setup_teardown(input_is_written_and_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_child_that_does_not_read_is_no_trouble, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_sees_three_descriptors_and_its_own_variables, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_time_limit_kills, setup, teardown),
		cmocka_unit_test_setup_teardown(the_limit_of_a_lasting_child_ends_with_its_first_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_lasting_child_without_a_line_is_killed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_line_has_a_ceiling, setup, teardown),
		cmocka_unit_test_setup_teardown(many_lines_in_one_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(it_may_be_freed_in_its_callbacks, setup, teardown),
		cmocka_unit_test_setup_teardown(freeing_is_quick_and_leaves_no_zombie, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_started_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_are_as_usual, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
