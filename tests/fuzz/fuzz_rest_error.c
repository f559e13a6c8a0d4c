/*
 * fuzz_rest_error.c - error bodies of the service, and the redaction of any bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "work/call_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 400, 401, 403, 404, 429, 500, 503 };
	struct str in = { (const char *)data, size }, out, more;
	struct service_error e;
	struct redact_count count = { 0 }, again = { 0 };
	struct arena a;

	arena_init(&a, 256u << 20);
	rest_error_read(&a, statuses[size % 7], in, &e);
	if (e.err == ERR_OK || !e.message || !e.code || !e.inner_code)
		abort();
	if (!str_is_utf8(str_from(e.message)) || strlen(e.message) > 2000)
		abort();
	/* Redaction is complete in one pass: little is left for a second (see fuzz_redact.c). */
	if (redact_text(&a, in, &out, &count) && redact_text(&a, out, &more, &again) &&
	    again.masked > count.masked)
		abort();
	arena_release(&a);
	return 0;
}
