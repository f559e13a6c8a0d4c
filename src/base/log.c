/*
 * log.c - messages for the person, on stderr: one write(2) a line.
 */
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"

static enum log_level max_level = LOG_LEVEL_WARN;
static struct str (*line_filter)(struct str line, struct buf *scratch);

void log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level log_get_level(void)
{
	return max_level;
}

void log_set_filter(struct str (*filter)(struct str line, struct buf *scratch))
{
	line_filter = filter;
}

size_t log_code_point(struct str s, size_t i, long *cp)
{
	for (size_t n = 1; n <= 4 && i + n <= s.n; n++) {
		struct str one = str_n(s.p + i, n);
		unsigned char c = (unsigned char)one.p[0];

		if (!str_is_utf8(one))
			continue;
		*cp = n == 1 ? c : c & (0xff >> (n + 1));
		for (size_t k = 1; k < n; k++)
			*cp = *cp << 6 | (one.p[k] & 0x3f);
		return n;
	}
	*cp = -1;
	return 1;
}

bool log_steers(long cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe007f);
}

void log_escape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		long cp;
		size_t n = log_code_point(s, i, &cp);

		if (cp < 0)
			buf_addf(b, "\\x%02x", (unsigned char)s.p[i]);
		else if (log_steers(cp))
			buf_addf(b, "\\u{%lx}", (unsigned long)cp);
		else
			buf_add(b, s.p + i, n);
		i += n;
	}
}

static void log_line(enum log_level level, const char *word, const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 3, 0)));

static void log_line(enum log_level level, const char *word, const char *fmt, va_list ap)
{
	struct buf raw, line, scratch;
	struct str out;

	if (level > max_level)
		return;
	buf_init(&raw, LIMIT_CONF_LINE);
	/* One byte becomes at most six: \u{1b}. */
	buf_init(&line, 6 * LIMIT_CONF_LINE + 64);
	buf_init(&scratch, 12 * LIMIT_CONF_LINE);
	buf_addv(&raw, fmt, ap);
	buf_addf(&line, "flowlatch: %s", word);
	if (buf_ok(&raw))
		log_escape(&line, buf_str(&raw));
	else
		buf_addz(&line, "(message too long)");
	buf_addc(&line, '\n');
	out = buf_str(&line);
	if (line_filter)
		out = line_filter(out, &scratch);
	(void)!write(STDERR_FILENO, out.p, out.n);
	buf_free(&raw);
	buf_free(&line);
	buf_free(&scratch);
}

#define LOG_FUNCTION(name, level, word)                                                            \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		log_line(level, word, fmt, ap);                                                    \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, "error: ")
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN, "warning: ")
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, "")
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, "debug: ")
