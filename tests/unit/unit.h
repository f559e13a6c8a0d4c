/*
 * unit.h - what every unit test needs: cmocka with TAP output, and an arena per test.
 *
 *	static void test_x(void **state)
 *	{
 *		struct arena *a = *state;
 *		...
 *	}
 *	int main(void)
 *	{
 *		const struct CMUnitTest tests[] = { UNIT(test_x), };
 *
 *		return UNIT_RUN(tests);
 *	}
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* cmocka's fail() would shadow the verb of <flowlatch/tool.h>. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include "base/buf.h"
#include "base/os.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static inline int unit_setup(void **state)
{
	struct arena *a = malloc(sizeof(*a));

	if (!a)
		return -1;
	arena_init(a, (size_t)1 << 30);
	*state = a;
	return 0;
}

static inline int unit_teardown(void **state)
{
	arena_release(*state);
	free(*state);
	return 0;
}

#define UNIT(fn) cmocka_unit_test_setup_teardown(fn, unit_setup, unit_teardown)
/* Runs an array of tests, prints TAP, returns the exit status. */
#define UNIT_RUN(tests)                                                                            \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL) != 0)

/* A struct str against a C string; a failure shows both. */
#define assert_str(have, want) unit_assert_str((have), (want), __FILE__, __LINE__)
static inline void unit_assert_str(struct str have, const char *want, const char *file, int line)
{
	if (str_eq(have, str_from(want)))
		return;
	print_error("have: %.*s\nwant: %s\n", STR_ARG(have), want);
	_fail(file, line);
}

/* A file of the repository (tests run in its root), NUL-terminated. */
static inline struct str unit_file(struct arena *a, const char *path)
{
	struct buf b;
	int err;

	buf_init_in(&b, a, (size_t)64 << 20);
	err = os_read_file(path, &b);
	if (err)
		fail_msg("%s: error %d", path, err);
	buf_c(&b);
	return buf_str(&b);
}

#endif
