/*
 * log.h - messages for the person, on stderr.
 *
 * Never a token, a body or a signed URL.  What comes from outside is printed through
 * log_escape, so that nothing steers a terminal.  stdout belongs to the protocol.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Messages above this level are dropped; LOG_LEVEL_WARN at start. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* A filter over every finished line (redaction), or NULL. */
void log_set_filter(struct str (*filter)(struct str line, struct buf *scratch));

void log_error(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Adds `s` with control, bidi, zero-width and ill-formed bytes written as \xNN or \u{NNNN}. */
void log_escape(struct buf *b, struct str s);
/* Decodes one code point at s.p[i]; returns its length, 1 and *cp = -1 for an ill-formed byte. */
size_t log_code_point(struct str s, size_t i, long *cp);
/* Controls, and what reorders or hides text: zero width, bidi, line separators, BOM, tags. */
bool log_steers(long cp);

#endif
