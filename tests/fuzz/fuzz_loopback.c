/*
 * fuzz_loopback.c - requests to the listener of a sign-in, and addresses that are pasted.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "work/browser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PORT = 4711 };

/* Every part must be readable, and hold nothing that ends a line or a string. */
static size_t touch(struct str s, bool lines)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!lines && (unsigned char)s.p[i] < ' ')
			abort();
		sum += (unsigned char)s.p[i];
	}
	if (!str_is_utf8(s))
		abort();
	return sum;
}

static size_t touch_all(const struct browser_answer *o)
{
	return touch(o->code, false) + touch(o->state, false) + touch(o->error, false) +
	       touch(o->error_description, true) + touch(o->iss, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct browser_answer out;
	enum browser_read whole;
	volatile size_t sum = 0;
	struct arena a;

	arena_init(&a, 16 * LIMIT_BROWSER_REQUEST + 16 * size);
	whole = browser_read(&a, in, PORT, &out);
	if (whole == BROWSER_ANSWER)
		sum += touch_all(&out);
	if (whole == BROWSER_MORE && size >= LIMIT_BROWSER_REQUEST)
		abort();
	/* What came first decides: more bytes after a whole request change nothing. */
	if (size > 1 && browser_read(&a, str_first(in, size - 1), PORT, &out) != BROWSER_MORE &&
	    browser_read(&a, str_first(in, size - 1), PORT, &out) != whole)
		abort();
	if (browser_read_url(&a, in, PORT, &out))
		sum += touch_all(&out);
	arena_release(&a);
	(void)sum;
	return 0;
}
