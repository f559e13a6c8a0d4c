/*
 * fuzz_card.c - cards from names and arguments of strangers.
 *
 * Whatever they are: a form has at most LIMIT_CARD characters, shows nothing hidden but line
 * ends of ours, is well-formed, names the plan, and begins with the class.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "work/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

/* The next piece of the input, up to a 0xff byte. */
static struct str piece(struct str *rest)
{
	struct str one;

	return str_cut(rest, (char)0xff, &one) ? one : S("");
}

static void look_at(struct arena *a, struct str out, bool full)
{
	struct str line;

	must(str_is_utf8(out));
	must(full || card_characters(out) <= LIMIT_CARD);
	must(str_starts(out, S("DANGEROUS")));
	must(str_find(out, S("Plan 5be1c0aa, valid 5 minutes.")) > 0);
	while (str_cut(&out, '\n', &line))
		must(card_is_plain(line));
	(void)a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_n((const char *)data, size), out, name, sentence;
	struct card_request request = { "POST", STR_INIT("host"), STR_INIT("/path") };
	struct card card = { .klass = CLASS_DANGEROUS, .rule = "delete", .tool = "t",
			     .server = "s", .requests = &request, .request_count = 1,
			     .plan = "5be1c0aa", .minutes = 5 };
	struct arena a;
	const char *why = NULL;

	arena_init(&a, 256u << 20);
	name = piece(&rest);
	sentence = card_quote(&a, name, 80);
	must(card_is_plain(sentence) && str_is_utf8(sentence));
	must(card_characters(sentence) <= 80 + 70);
	card.sentence = str_c(&a, sentence);
	card.target = name;
	card.target_id = piece(&rest);
	card.environment = piece(&rest);
	card.environment_type = piece(&rest);
	card.account = piece(&rest);
	card.arguments = json_parse(&a, rest, JSON_STRICT, NULL);
	for (int full = 0; full < 2; full++)
		if (card_build(&a, &card, full, &out, &why))
			look_at(&a, out, full);
		else
			must(why && why[0]);
	arena_release(&a);
	return 0;
}
