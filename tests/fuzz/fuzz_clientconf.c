/*
 * fuzz_clientconf.c - the editors of hosts' configuration files.
 *
 * The first byte chooses the format.  What is taken must read back with our entry and with
 * everything else as it was, a second time must change nothing, and undo must bring back what
 * was there before.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "work/clientconf.h"

static const struct clientconf_spot spots[] = {
	{ CLIENTCONF_JSON, "mcpServers", "flowlatch" },
	{ CLIENTCONF_JSONC, "servers", "flowlatch" },
	{ CLIENTCONF_TOML, "mcp_servers", "flowlatch" },
};

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

/* `part` is `whole` with something taken out: nothing that was there may go. */
static bool contains(struct str whole, struct str part)
{
	size_t at = 0;

	for (size_t i = 0; i < whole.n && at < part.n; i++)
		at += whole.p[i] == part.p[at];
	return at == part.n;
}

/* All servers but ours. */
static struct json *others(struct arena *a, const struct clientconf_spot *s, struct str text)
{
	struct clientconf_error e;
	struct json *v = clientconf_servers(a, s, text, &e), *copy;

	must(v != NULL);
	copy = json_copy(a, v);
	(void)json_take(copy, s->name);
	return copy;
}

static void change(struct arena *a, const struct clientconf_spot *s, struct str text,
		   const struct json *before)
{
	const char *argv[] = { "/opt/a \"b\"\\flowlatch", "serve", "--profile", "x\x7f" };
	const struct json *entry = client_entry(a, client_host_find(S("gemini")),
						&(struct client_machine){ 0 }, argv, 4);
	const struct json *old = json_get(before, s->name), *now;
	struct clientconf_error e;
	struct buf once, twice, back;
	bool nothing = false;

	buf_init_in(&once, a, LIMIT_CLIENT_FILE);
	buf_init_in(&twice, a, LIMIT_CLIENT_FILE);
	buf_init_in(&back, a, LIMIT_CLIENT_FILE);
	if (!clientconf_set(a, s, text, entry, &once, &e)) {
		must(!once.n && e.message && str_find(str_from(e.message), S("cannot be made")) < 0);
		return;
	}
	/* A text without anything in it is made anew. */
	if (!old && str_find_char(text, '{') + str_find_char(text, '=') > -2)
		must(contains(buf_str(&once), text));
	must(json_equal(others(a, s, text), others(a, s, buf_str(&once))));
	must(clientconf_set(a, s, buf_str(&once), entry, &twice, &e));
	must(str_eq(buf_str(&once), buf_str(&twice)));
	must(clientconf_restore(a, s, buf_str(&once), text, &back, &nothing, &e));
	if (nothing)
		return;
	must(json_equal(others(a, s, text), others(a, s, buf_str(&back))));
	now = json_get(clientconf_servers(a, s, buf_str(&back), &e), s->name);
	must(old ? now != NULL : !now);
	if (s->format != CLIENTCONF_TOML)
		must(json_equal(old, now) || !old);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct clientconf_spot *s;
	struct clientconf_error e;
	struct json *servers;
	struct arena a;
	struct str text;

	if (!size)
		return 0;
	s = &spots[data[0] % 3];
	text = str_n((const char *)data + 1, size - 1);
	arena_init(&a, 256u << 20);
	servers = clientconf_servers(&a, s, text, &e);
	if (servers)
		change(&a, s, text, servers);
	else
		must(e.message && e.line >= 1 && e.offset <= text.n);
	arena_release(&a);
	return 0;
}
