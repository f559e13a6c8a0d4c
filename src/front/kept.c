/*
 * kept.c - see kept.h.
 */
#include "front/kept.h"

#include "base/limits.h"
#include "base/os.h"
#include "front/practice.h"
#include "front/term.h"
#include "work/store.h"

static int open_key(struct kept *k)
{
	enum store_result r = store_own_key(k->store, "snapshot_key", k->files.key);

	if (r == STORE_OK)
		return EXIT_FINE;
	return cli_fail(EXIT_FOUND, store_next(k->store), "earlier versions cannot be opened: %s",
			store_message(k->store));
}

int kept_open(struct cli *cli, struct kept *k)
{
	const char *dir;

	*k = (struct kept){ .cli = cli };
	if (cli->practice && !practice_find(cli->arena, &cli->conf))
		return cli_fail(EXIT_FOUND, NULL, "no practice tenant runs on this machine");
	k->store = store_new(&cli->conf);
	dir = k->store ? store_dir_name(k->store) : NULL;
	if (!dir)
		return cli_fail(EXIT_USAGE, NULL, "profile %s can keep nothing",
				cli_safe(cli, str_from(cli->conf.profile), 40));
	k->files.dir = arena_printf(cli->arena, "%s/snapshots", dir);
	k->any = snapshot_any(k->files.dir);
	return k->any ? open_key(k) : EXIT_FINE;
}

void kept_close(struct kept *k)
{
	store_free(k->store);
	os_wipe(k->files.key, sizeof(k->files.key));
}

bool kept_is_id(const char *word)
{
	return strlen(word) == SNAPSHOT_ID && strspn(word, "0123456789abcdef") == SNAPSHOT_ID;
}

struct json *kept_read(struct kept *k, const char *id, int *code)
{
	const char *why = "there is no such version";
	struct json *v = NULL;
	bool absent = true;

	*code = EXIT_FINE;
	if (k->any)
		v = snapshot_read(&k->files, k->cli->arena, str_from(id), &absent, &why);
	if (!v)
		*code = cli_fail(EXIT_FOUND, absent ? "flowlatch versions lists them" : NULL,
				 "version %s: %s", id, why);
	return v;
}

struct json *kept_flow(struct arena *a, const struct json *version)
{
	struct json *out = json_new_object(a), *p;
	const struct json *content = json_get(version, "content");

	json_set_str(a, out, "name", json_get_str(version, "flowName"));
	p = json_set(a, out, "properties", json_new_object(a));
	json_set(a, p, "displayName", json_copy(a, json_at(version, "/about/displayName")));
	json_set(a, p, "definition", json_copy(a, json_get(content, "definition")));
	json_set(a, p, "connectionReferences",
		 json_copy(a, json_get(content, "connectionReferences")));
	return out;
}

void kept_tell_foreign(struct kept *k)
{
	JSON_EACH(v, snapshot_foreign(&k->files, k->cli->arena))
		cli_err_str(str_fmt(k->cli->arena, "note: %s: %s\n",
				    cli_safe(k->cli, json_get_str(v, "file"), 0),
				    json_get_z(v, "why")));
}
