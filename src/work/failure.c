/*
 * failure.c - the files of failures, and the verb that keeps one.
 */
#include "work/failure.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "work/gate_call.h"

/* "20261122T033734123-PID.json": later ones sort later. */
static struct str name_of(struct arena *a, int64_t now)
{
	char text[25];
	struct buf b;

	os_format_time(now, text);
	buf_init_in(&b, a, 64);
	for (const char *p = text; *p; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'T')
			buf_addc(&b, *p);
	buf_addf(&b, "-%d.json", (int)getpid());
	return buf_str(&b);
}

static int newest_first(const void *x, const void *y)
{
	return -strcmp(*(const char *const *)x, *(const char *const *)y);
}

struct json *failure_names(struct arena *a, const char *dir)
{
	struct json *out = json_new_array(a);
	const char **names = arena_array(a, LIMIT_FAILURES_SEEN, sizeof(*names));
	DIR *d = opendir(dir);
	size_t n = 0;

	if (!d)
		return out;
	for (struct dirent *e; n < LIMIT_FAILURES_SEEN && (e = readdir(d));)
		if (str_ends(str_from(e->d_name), S(".json")))
			names[n++] = arena_printf(a, "%s", e->d_name);
	closedir(d);
	qsort(names, n, sizeof(*names), newest_first);
	for (size_t i = 0; i < n; i++)
		json_push(out, json_new_z(a, names[i]));
	return out;
}

static void drop_old(struct arena *a, const char *dir)
{
	size_t n = 0;

	JSON_EACH (name, failure_names(a, dir))
		if (++n > LIMIT_FAILURES)
			(void)unlink(arena_printf(a, "%s/%s", dir, json_z(name)));
}

bool failure_write(const char *dir, struct arena *a, struct str text, int64_t now,
		   struct str *name)
{
	struct str mine = name_of(a, now);

	if (os_mkdirs(dir) != 0 ||
	    os_write_atomic(arena_printf(a, "%s/%.*s", dir, STR_ARG(mine)), text) != 0)
		return false;
	drop_old(a, dir);
	*name = mine;
	return true;
}

struct str failure_keep(struct call *c, const struct json *what)
{
	const char *dir = gate_dir(c, "failures");
	struct str text, name = S("");
	struct buf b;

	buf_init_in(&b, c->arena, LIMIT_CALL_ARENA);
	json_print_pretty(&b, what);
	buf_addc(&b, '\n');
	if (dir && buf_ok(&b) && redact_text(c->arena, buf_str(&b), &text, &c->redacted))
		failure_write(dir, c->arena, text, os_wall_ms(), &name);
	return name;
}
