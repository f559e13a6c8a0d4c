/*
 * fuzz_wdl_eval.c - any string of a definition: a value that is JSON, or a fault with a message, twice
 * the same.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/eval.h"
#include "wdl/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static uint64_t chance(void *arg)
{
	(void)arg;
	return 0x0123456789abcdefu;
}

static const char tree[] =
	"{\"trigger\":{\"name\":\"t\",\"outputs\":{\"headers\":{\"Content-Type\":\"multipart/form-data\"},"
	"\"body\":{\"a\":1,\"b\":null,\"$multipart\":[{\"headers\":{\"Content-Disposition\":"
	"\"form-data; name=\\\"k\\\"\"},\"body\":\"v\"}]}}},"
	"\"actions\":{\"A\":{\"status\":\"Failed\",\"inputs\":{},\"outputs\":{\"statusCode\":200,"
	"\"body\":{\"value\":[1,2.5,\"x\",null,true,{\"k\":\"v\"}]}}}},"
	"\"variables\":{\"s\":\"text \\u00e5\\ud83d\\ude00\",\"n\":-7,\"f\":0.5,\"l\":[3,1,2],\"o\":{\"a\":{\"b\":1}},"
	"\"big\":9223372036854775807,\"x\":\"<r><a i=\\\"1\\\">t</a></r>\","
	"\"d\":\"2026-03-29T01:30:00Z\",\"u\":\"https://u@h:1/p?q#f\"},"
	"\"parameters\":{\"p\":{\"defaultValue\":1}},\"items\":{\"L\":1},\"item\":{\"z\":1},"
	"\"iterationIndexes\":{\"U\":1},\"workflow\":{\"run\":{\"name\":\"r\"}},\"results\":{\"S\":[]},"
	"\"action\":{\"name\":\"A\"}}";

static void check_fault(const struct wdl_fault *f, struct str source)
{
	must(f->message.n > 0 && f->code.n > 0);
	must(f->offset <= f->end && f->end <= source.n && f->column <= f->offset);
	must(str_is_utf8(f->message));
}

static void check(struct arena *a, struct str source)
{
	struct wdl_context c;
	struct wdl_result one, two;
	struct wdl_template *t = wdl_parse(a, source);
	size_t steps = 0;

	wdl_context_json(&c, json_parse(a, str_from(tree), JSON_STRICT, NULL));
	must(c.variable != NULL);
	c.random = chance;
	c.now = wdl_ticks_of_ms(1760000000000);
	c.steps = true;
	one = wdl_evaluate(a, t, &c);
	two = wdl_evaluate(a, wdl_parse(a, source), &c);
	must(one.ok == two.ok);
	for (const struct wdl_step *s = one.steps; s; s = s->next, steps++)
		must(s->text.n > 0 && (s->value || s->fault.n));
	must(steps <= LIMIT_WDL_STEPS);
	if (!one.ok) {
		check_fault(&one.fault, source);
		must(str_eq(one.fault.message, two.fault.message));
		return;
	}
	must(one.value && one.type);
	must(str_eq(json_text(a, one.value), json_text(a, two.value)));
	must(json_parse(a, json_text(a, one.value), JSON_STRICT, NULL) != NULL ||
	     json_text(a, one.value).n > LIMIT_JSON_DEPTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_n((const char *)data, size);
	struct arena a;
	jmp_buf out;

	/* Strings of a definition come out of JSON. */
	if (size > 4096 || !str_is_utf8(s))
		return -1;
	arena_init(&a, (size_t)128 << 20);
	if (!arena_guard(&a, &out))
		check(&a, s);
	arena_release(&a);
	return 0;
}
