/*
 * backup_dir.c - see backup_dir.h.
 */
#include "front/backup_dir.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/term.h"
#include "work/redact.h"

#define MANIFEST "flows.json"

static int failed(struct cli *cli, const char *path, int err)
{
	return cli_fail(EXIT_USAGE, NULL, "%s: %s", cli_safe(cli, str_from(path), 0),
			strerror(err));
}

/* ---- names ---- */

/* Letters and digits; what a person sees in a list of files. */
static const char *slug(struct arena *a, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, 64);
	for (size_t i = 0; i < name.n && b.n < 60; i++) {
		char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_addc(&b, c);
		else if (b.n && b.p[b.n - 1] != '-')
			buf_addc(&b, '-');
	}
	while (b.n && b.p[b.n - 1] == '-')
		b.n--;
	return b.n ? buf_c(&b) : "flow";
}

/* A name of a file of ours, as the manifest may say it. */
static bool is_ours(struct str file)
{
	for (size_t i = 0; i < file.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", file.p[i]) || !file.p[i])
			return false;
	return file.n > 5 && file.p[0] != '.' && str_ends(file, S(".json")) &&
	       !str_eq(file, S(MANIFEST));
}

static bool is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/' || (unsigned char)name.p[i] < ' ')
			return false;
	return name.n && name.p[0] != '.';
}

/* ---- files ---- */

/* A mask ends in a tag that is another in every process: without it the same flow gives the same
 * file. */
static struct str without_tags(struct arena *a, struct str text)
{
	static const char mask[] = "[REDACTED:";
	struct buf b;
	ptrdiff_t at;

	buf_init_in(&b, a, text.n + 1);
	while ((at = str_find(text, str_from(mask))) >= 0) {
		struct str rest = str_from_at(text, (size_t)at + sizeof(mask) - 1);
		ptrdiff_t tag = str_find_char(rest, ':'), end = str_find_char(rest, ']');

		buf_adds(&b, str_first(text, (size_t)at + sizeof(mask) - 1));
		if (tag >= 0 && end > tag) {
			buf_adds(&b, str_first(rest, (size_t)tag));
			rest = str_from_at(rest, (size_t)end);
		}
		text = rest;
	}
	buf_adds(&b, text);
	return buf_str(&b);
}

/* Sorted, indented, masked. */
static struct str text_of(struct arena *a, const struct json *v, unsigned *masked)
{
	struct redact_count count = { 0 };
	struct buf canonical, pretty;
	struct str out;

	buf_init_in(&canonical, a, LIMIT_ANSWER_FLOW);
	buf_init_in(&pretty, a, 2 * LIMIT_ANSWER_FLOW);
	json_print_canonical(&canonical, v);
	json_print_pretty(&pretty, json_parse(a, buf_str(&canonical), JSON_ANSWER, NULL));
	out = str_trim(buf_str(&pretty));
	if (!buf_ok(&pretty) || !redact_text(a, out, &out, &count))
		return S("");
	*masked = count.masked;
	out = *masked ? without_tags(a, out) : out;
	return str_fmt(a, "%.*s\n", STR_ARG(out));
}

/* Writes what is not there yet; *changed tells. */
static int write_if_new(struct cli *cli, const char *path, struct str text, int64_t *changed)
{
	struct buf b;
	int err;

	buf_init_in(&b, cli->arena, LIMIT_ANSWER_FLOW);
	if (!os_read_file(path, &b) && str_eq(buf_str(&b), text))
		return EXIT_FINE;
	err = text.n ? os_write_atomic(path, text) : EFBIG;
	*changed += !err;
	return err ? failed(cli, path, err) : EXIT_FINE;
}

static const char *folder(struct cli *cli, const struct backup_dir *d)
{
	return arena_printf(cli->arena, "%s/%.*s", d->path, STR_ARG(d->environment));
}

static struct json *read_manifest(struct cli *cli, const struct backup_dir *d)
{
	struct json *v;
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_ANSWER);
	if (os_read_file(arena_printf(cli->arena, "%s/" MANIFEST, folder(cli, d)), &b))
		return json_new_object(cli->arena);
	v = json_get(json_parse(cli->arena, buf_str(&b), JSON_ANSWER, NULL), "flows");
	return json_is(v, JSON_OBJECT) ? v : json_new_object(cli->arena);
}

static void remove_file(struct cli *cli, struct backup_dir *d, struct str file)
{
	if (is_ours(file) && !unlink(arena_printf(cli->arena, "%s/%.*s", folder(cli, d),
						  STR_ARG(file))))
		d->removed++;
}

/* One flow, in memory of its own. */
static int write_flow(struct kept *k, struct backup_dir *d, const struct json *flow,
		      const char *path)
{
	struct arena *own = k->cli->arena;
	unsigned masked = 0;
	struct json *v;
	struct arena a;
	jmp_buf out;
	int code;

	arena_init(&a, LIMIT_CALL_ARENA);
	if (arena_guard(&a, &out)) {
		k->cli->arena = own;
		arena_release(&a);
		return cli_fail(EXIT_USAGE, NULL, "a flow is too large");
	}
	k->cli->arena = &a;
	v = kept_read(k, json_get_z(flow, "version"), &code);
	if (v)
		code = write_if_new(k->cli, path, text_of(&a, kept_flow(&a, v), &masked),
				    &d->written);
	d->masked += masked;
	k->cli->arena = own;
	arena_release(&a);
	return code;
}

static int write_manifest(struct cli *cli, struct backup_dir *d, const struct json *all)
{
	struct json *v = json_new_object(cli->arena);
	unsigned masked;

	json_set_str(cli->arena, v, "environmentName", d->environment);
	json_set(cli->arena, v, "flows", json_copy(cli->arena, all));
	return write_if_new(cli, arena_printf(cli->arena, "%s/" MANIFEST, folder(cli, d)),
			    text_of(cli->arena, v, &masked), &(int64_t){ 0 });
}

int backup_dir_write(struct kept *k, struct backup_dir *d, const struct json *flows)
{
	struct cli *cli = k->cli;
	struct json *before, *now;
	int err, code = EXIT_FINE;

	if (!is_plain(d->environment))
		return cli_fail(EXIT_USAGE, NULL, "the environment's name can be no folder's");
	err = os_mkdirs(folder(cli, d));
	if (err)
		return failed(cli, folder(cli, d), err);
	before = read_manifest(cli, d);
	now = d->whole ? json_new_object(cli->arena) : json_copy(cli->arena, before);
	JSON_EACH(flow, flows) {
		struct str id = json_get_str(flow, "flowName");
		const char *file = arena_printf(
			cli->arena, "%s-%.*s.json",
			slug(cli->arena, json_get_str(flow, "displayName")),
			STR_ARG(str_first(str_lower(cli->arena, id), 8)));
		struct json *one = json_set_n(cli->arena, now, id, json_new_object(cli->arena));

		json_set_z(cli->arena, one, "file", file);
		json_set(cli->arena, one, "displayName",
			 json_copy(cli->arena, json_get(flow, "displayName")));
		code = write_flow(k, d, flow,
				  arena_printf(cli->arena, "%s/%s", folder(cli, d), file));
		if (code != EXIT_FINE)
			return code;
	}
	/* Of flows that are gone, and old names. */
	JSON_EACH(old, before)
		if (!str_eq(json_get_str(old, "file"),
			    json_get_str(json_get_n(now, json_name(old)), "file")))
			remove_file(cli, d, json_get_str(old, "file"));
	return write_manifest(cli, d, now);
}
