/*
 * fuzz_conf.c - the text of a configuration file.
 *
 * What is accepted is in its one form: checked again, it stays the same.  What is refused is
 * refused with file and line, and the message cannot steer a terminal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "work/conf_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

static void look_at(struct arena *a, const struct conf_entry *e)
{
	struct str value = str_from(e->value);
	const char *again;

	must(!e->profile || (!e->key->global && conf_name_ok(str_from(e->profile))));
	/* proxy = none */
	if (!value.n && e->key->type == CONF_PROXY)
		return;
	must(!conf_check(a, e->key, value, &again));
	must(str_eq(str_from(again), value));
	must(!conf_secret_value(value));
}

static void look_at_message(struct str m)
{
	must(str_starts(m, S("F:")) && m.n < 2000);
	for (size_t i = 0; i < m.n; i++)
		must((unsigned char)m.p[i] >= 0x20 && m.p[i] != 0x7f);
	must(str_is_utf8(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *message = NULL;
	struct conf_text t;
	struct arena a;

	arena_init(&a, 64u << 20);
	if (conf_text_read(&a, "F", str_n((const char *)data, size), &t, &message))
		for (const struct conf_entry *e = t.first; e; e = e->next)
			look_at(&a, e);
	else
		look_at_message(str_from(message));
	arena_release(&a);
	return 0;
}
