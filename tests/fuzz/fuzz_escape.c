/*
 * fuzz_escape.c - any bytes, made safe: for a terminal, for a JSON string, for a URL; and times.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/os.h"
#include "text/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static void check_terminal(struct arena *a, struct str in)
{
	struct buf once, twice;

	buf_init_in(&once, a, 1 << 24);
	buf_init_in(&twice, a, 1 << 24);
	log_escape(&once, in);
	must(str_is_utf8(buf_str(&once)));
	for (size_t i = 0; i < once.n; i++)
		must((unsigned char)once.p[i] >= 0x20 && once.p[i] != 0x7f);
	/* Nothing is left to escape. */
	log_escape(&twice, buf_str(&once));
	must(str_eq(buf_str(&once), buf_str(&twice)));
}

static void check_json(struct arena *a, struct str in)
{
	struct json *v = json_new_str(a, in), *back;
	struct buf b;

	must(str_is_utf8(json_str(v)));
	must(str_eq(json_str(v), in) == (str_is_utf8(in) && str_find_char(in, '\0') < 0));
	back = json_parse(a, json_text(a, v), JSON_STRICT, NULL);
	must(json_identical(v, back));
	buf_init_in(&b, a, 1 << 24);
	json_print_str(&b, in);
	back = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	must(str_eq(json_str(back), json_str(v)));
}

static void check_percent(struct arena *a, struct str in)
{
	struct buf b;
	size_t k = 0;

	buf_init_in(&b, a, 1 << 24);
	buf_add_percent(&b, in);
	for (size_t i = 0; i < b.n; i++, k++) {
		if (b.p[i] != '%') {
			must(k < in.n && b.p[i] == in.p[k] && (unsigned char)b.p[i] > ' ');
			continue;
		}
		must(i + 2 < b.n && k < in.n);
		for (int j = 1; j <= 2; j++) {
			unsigned char c = (unsigned char)b.p[i + (size_t)j];
			unsigned digit = c <= '9' ? c - (unsigned)'0' : c - 'A' + 10u;
			unsigned char byte = (unsigned char)in.p[k];

			must(digit == (j == 1 ? byte >> 4 : byte & 15u));
		}
		i += 2;
	}
	must(k == in.n);
}

static void check_time(struct str in)
{
	int64_t ms, again;
	char text[25];

	if (!os_parse_time(in, &ms))
		return;
	os_format_time(ms, text);
	/* An offset may lead out of the four-digit years. */
	if (ms >= -62135596800000 && ms <= 253402300799999)
		must(os_parse_time(str_from(text), &again) && again == ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_n((const char *)data, size);
	struct arena a;

	arena_init(&a, 256u << 20);
	check_terminal(&a, in);
	check_json(&a, in);
	check_percent(&a, in);
	check_time(in);
	arena_release(&a);
	return 0;
}
