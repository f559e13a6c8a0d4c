/*
 * term.c - what people and programs see: the one writer of stdout, safe text, times, progress.
 *
 * Knows terminals and nothing of tools or the service.
 */
#include "front/cli.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "front/term.h"

/* ---- stdout ---- */

enum { FLUSH_AT = 32 << 10 };

static struct {
	struct buf held;
	bool ready;
	int err; /* errno of the first write that failed */
} out;

static void out_write(void)
{
	struct str rest = buf_str(&out.held);

	while (rest.n && !out.err) {
		ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);

		if (n >= 0)
			rest = str_from_at(rest, (size_t)n);
		else if (errno != EINTR)
			out.err = errno;
	}
	buf_clear(&out.held);
}

static struct buf *out_buf(void)
{
	if (!out.ready)
		buf_init(&out.held, LIMIT_OUT_QUEUE);
	out.ready = true;
	if (out.held.n >= FLUSH_AT)
		out_write();
	return &out.held;
}

void cli_out(const char *fmt, ...)
{
	struct buf *b = out_buf();
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void cli_out_str(struct str s)
{
	buf_adds(out_buf(), s);
}

void cli_out_json(struct cli *cli, const struct json *v)
{
	struct buf *b = out_buf();

	if (cli->tty_out)
		json_print_pretty(b, v);
	else
		json_print(b, v);
	buf_addc(b, '\n');
}

bool cli_flush(void)
{
	bool whole = buf_ok(out_buf());

	out_write();
	buf_free(&out.held);
	out.ready = false;
	if (!whole && !out.err)
		out.err = ENOMEM;
	errno = out.err;
	return !out.err;
}

int cli_fail(int code, const char *hint, const char *fmt, ...)
{
	struct buf raw, line;
	va_list ap;

	cli_progress_end();
	buf_init(&raw, LIMIT_RESULT);
	buf_init(&line, 8 * LIMIT_RESULT);
	va_start(ap, fmt);
	buf_addv(&raw, fmt, ap);
	va_end(ap);
	buf_addz(&line, "error: ");
	log_escape(&line, buf_str(&raw));
	buf_addc(&line, '\n');
	if (hint && *hint) {
		buf_addz(&line, "hint: ");
		log_escape(&line, str_from(hint));
		buf_addc(&line, '\n');
	}
	cli_err_str(buf_str(&line));
	buf_free(&raw);
	buf_free(&line);
	return code;
}

void cli_err_str(struct str s)
{
	/* On a terminal both streams are one: a hint stands below what it is about. */
	if (out.ready)
		out_write();
	while (s.n) {
		ssize_t n = write(STDERR_FILENO, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			s = str_from_at(s, (size_t)n);
	}
}

/* ---- widths ---- */

/* One code point of well-formed UTF-8 off the front; an ill-formed byte counts as itself. */
static long next_point(struct str *s)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	long cp = n == 1 ? c : c & (0xff >> (n + 1));

	if (n > s->n || (c >= 0x80 && c < 0xc2) || c > 0xf4)
		n = 1;
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (s->p[i] & 0x3f);
	*s = str_from_at(*s, n);
	return cp;
}

/* East Asian Wide and emoji blocks of Unicode's EastAsianWidth.txt, coarse on purpose:
 * a column too many only widens a gap. */
static unsigned point_width(long cp)
{
	static const struct {
		long from, to;
		unsigned width;
	} rows[] = {
		{ 0x0300, 0x036f, 0 },   { 0x0483, 0x0489, 0 },   { 0x0591, 0x05bd, 0 },
		{ 0x0610, 0x061a, 0 },   { 0x064b, 0x065f, 0 },   { 0x1100, 0x115f, 2 },
		{ 0x1ab0, 0x1aff, 0 },   { 0x1dc0, 0x1dff, 0 },   { 0x20d0, 0x20ff, 0 },
		{ 0x231a, 0x231b, 2 },   { 0x23e9, 0x23ec, 2 },   { 0x2614, 0x2615, 2 },
		{ 0x26a1, 0x26a1, 2 },   { 0x2705, 0x2705, 2 },   { 0x274c, 0x274c, 2 },
		{ 0x2753, 0x2757, 2 },   { 0x2e80, 0x303e, 2 },   { 0x3041, 0x4dbf, 2 },
		{ 0x4e00, 0x9fff, 2 },   { 0xa000, 0xa4cf, 2 },   { 0xac00, 0xd7a3, 2 },
		{ 0xf900, 0xfaff, 2 },   { 0xfe00, 0xfe0f, 0 },   { 0xfe30, 0xfe6f, 2 },
		{ 0xff00, 0xff60, 2 },   { 0xffe0, 0xffe6, 2 },   { 0x1f300, 0x1f64f, 2 },
		{ 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (cp < rows[i].from)
			return 1;
		if (cp <= rows[i].to)
			return rows[i].width;
	}
	return 1;
}

size_t cli_width(struct str s)
{
	size_t width = 0;

	while (s.n)
		width += point_width(next_point(&s));
	return width;
}

const char *cli_cut(struct cli *cli, const char *text, size_t columns)
{
	struct str s = str_from(text), kept = s;
	size_t width = 0;

	if (!columns || cli_width(s) <= columns)
		return text;
	while (s.n) {
		size_t at = (size_t)(s.p - text);

		width += point_width(next_point(&s));
		if (width >= columns) {
			kept = str_first(kept, at);
			break;
		}
	}
	return arena_printf(cli->arena, "%.*s\xe2\x80\xa6", STR_ARG(kept));
}

const char *cli_safe(struct cli *cli, struct str s, size_t columns)
{
	char *flat = str_c(cli->arena, s);
	struct buf b;

	for (size_t i = 0; i < s.n; i++)
		if (flat[i] == '\n' || flat[i] == '\t' || flat[i] == '\r')
			flat[i] = ' ';
	buf_init_in(&b, cli->arena, LIMIT_OUT_QUEUE);
	log_escape(&b, str_n(flat, s.n));
	return cli_cut(cli, buf_c(&b), columns);
}

void cli_wrap(const struct cli *cli, size_t indent, const char *text)
{
	/* Longer lines than this are hard to read even where they fit. */
	size_t columns = cli->columns && cli->columns < 100 ? cli->columns : 100, at = 0;
	struct str rest = str_from(text), word;

	while (str_cut(&rest, ' ', &word)) {
		size_t width = cli_width(word);

		if (at && at + 1 + width > columns) {
			cli_out("\n");
			at = 0;
		}
		if (at)
			cli_out(" ");
		else
			cli_out("%*s", (int)indent, "");
		at += width + (at ? 1 : indent);
		cli_out_str(word);
	}
	cli_out("\n");
}

const char *cli_nearest(struct str word, const char *const *names, size_t count)
{
	unsigned most = word.n < 4 ? 1 : word.n < 9 ? 2 : 3, best = most + 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned d = str_distance(word, str_from(names[i]), most);

		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

/* ---- what was given ---- */

struct cli_given {
	struct cli_given *next;
	const char *name, *value;
};

void cli_give(struct cli *cli, const char *name, const char *value)
{
	struct cli_given *g;

	if (!value)
		return;
	g = arena_alloc(cli->arena, sizeof(*g));
	*g = (struct cli_given){ cli->given, name, value };
	cli->given = g;
}

const char *cli_option_at(const struct cli *cli, const char *name, size_t i)
{
	for (const struct cli_given *g = cli->given; g; g = g->next)
		if (str_eq(str_from(g->name), str_from(name)) && !i--)
			return g->value;
	return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	return cli_option_at(cli, name, 0);
}

/* ---- times and sizes ---- */

const char *cli_when(struct cli *cli, int64_t wall_ms)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const struct {
		int64_t below_s, unit_s;
		const char *name;
	} steps[] = { { 60, 1, "s" }, { 3600, 60, "min" }, { 86400, 3600, "h" },
		      { 7 * 86400, 86400, "d" } };
	int64_t now_ms = os_wall_ms(), ago = (now_ms - wall_ms) / 1000;
	int64_t apart = ago < 0 ? -ago : ago;
	time_t then = (time_t)(wall_ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm t, today;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		long long n = apart / steps[i].unit_s;

		if (apart < 2)
			return "now";
		if (apart < steps[i].below_s)
			return ago > 0 ? arena_printf(cli->arena, "%lld %s ago", n, steps[i].name) :
					 arena_printf(cli->arena, "in %lld %s", n, steps[i].name);
	}
	if (!localtime_r(&then, &t) || !localtime_r(&now, &today))
		return "?";
	if (t.tm_year != today.tm_year)
		return arena_printf(cli->arena, "%d %s %d", t.tm_mday, months[t.tm_mon],
				    t.tm_year + 1900);
	return arena_printf(cli->arena, "%d %s %02d:%02d", t.tm_mday, months[t.tm_mon], t.tm_hour,
			    t.tm_min);
}

const char *cli_size(struct cli *cli, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t i = 0;

	if (bytes < 1000)
		return arena_printf(cli->arena, "%u B", (unsigned)bytes);
	for (v /= 1000; v >= 999.5 && i < 3; i++)
		v /= 1000;
	return arena_printf(cli->arena, v < 9.95 ? "%.1f %s" : "%.0f %s", v, units[i]);
}

const char *cli_duration(struct cli *cli, int64_t ms)
{
	long long s = ms / 1000;

	if (ms < 1000)
		return arena_printf(cli->arena, "%lld ms", (long long)ms);
	if (s < 60)
		return arena_printf(cli->arena, "%lld.%lld s", s, (long long)ms % 1000 / 100);
	if (s < 3600)
		return arena_printf(cli->arena, "%lld min %lld s", s / 60, s % 60);
	if (s < 86400)
		return arena_printf(cli->arena, "%lld h %lld min", s / 3600, s / 60 % 60);
	return arena_printf(cli->arena, "%lld d %lld h", s / 86400, s / 3600 % 24);
}

/* ---- progress ---- */

static struct {
	int64_t started, drawn;
	bool shown;
} bar;

void cli_progress(const char *what, double done, double total)
{
	int64_t now = os_now_ms();
	struct buf line;

	if (!bar.started)
		bar.started = now;
	/* Nothing for quick work, and no more than a person can read. */
	if (now - bar.started < 1000 || now - bar.drawn < 100 || !isatty(STDERR_FILENO))
		return;
	buf_init(&line, LIMIT_CONF_LINE);
	buf_addz(&line, "\r");
	log_escape(&line, str_first_utf8(str_from(what), 60));
	if (total > 0)
		buf_addf(&line, "  %.0f of %.0f", done, total);
	else if (done > 0)
		buf_addf(&line, "  %.0f", done);
	buf_addz(&line, "\033[K");
	cli_err_str(buf_str(&line));
	buf_free(&line);
	bar.drawn = now;
	bar.shown = true;
}

void cli_progress_end(void)
{
	if (bar.shown)
		cli_err_str(S("\r\033[K"));
	bar.shown = false;
	bar.started = 0;
}
