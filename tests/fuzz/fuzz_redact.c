/*
 * fuzz_redact.c - the redactor over any bytes: JSON stays JSON, and what is masked stays as it is.
 */
#include <stdlib.h>

#include "text/json.h"
#include "work/call_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_n((const char *)data, size), out, again, plain;
	struct redact_count count = { 0 }, more = { 0 };
	unsigned escaped = 0;
	struct arena a;
	bool json;

	if (size > 20000)
		return 0;
	arena_init(&a, (size_t)1 << 30);
	json = json_parse(&a, in, JSON_STRICT, NULL) != NULL;
	if (redact_text(&a, in, &out, &count)) {
		must((count.masked == 0) == str_eq(in, out));
		if (json) {
			plain = redact_steering(&a, out, &escaped);
			must(json_parse(&a, out, JSON_STRICT, NULL) != NULL);
			must(json_parse(&a, plain, JSON_STRICT, NULL) != NULL);
			must(redact_text(&a, out, &again, &more));
			must(str_eq(out, again));
		}
	}
	arena_release(&a);
	return 0;
}
