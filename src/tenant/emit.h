/*
 * emit.h - a small printf for JSON text.
 *
 * Knows JSON's quoting and the service's time format; knows nothing of the service's answers.
 * A format is JSON text in which ' stands for ", so that C literals stay readable:
 *
 *	emit(b, "{'name':'%s','when':'%t','size':%l,'more':%j}", name, ticks, size, value);
 *
 *	%s  const char *, escaped (no quotes are added)   %S  struct str, escaped
 *	%d  int                                           %l  int64_t
 *	%b  int as true or false                          %t  int64_t ticks as a time
 *	%j  const struct json *, printed; NULL is null    %r  const char *, raw
 *	%R  struct str, raw                               %%  a percent sign
 */
#ifndef TENANT_EMIT_H
#define TENANT_EMIT_H

#include <stdarg.h>

#include "text/json.h"

void emit(struct buf *b, const char *fmt, ...);
void emit_v(struct buf *b, const char *fmt, va_list ap);
/* The text of the format, in the arena. */
struct str emit_str(struct arena *a, const char *fmt, ...);
/* The same as a value; a format that is not JSON ends the process (it is a bug), so %j is not
 * for values that came from a client: they may be as deep as a reader allows. */
struct json *emit_json(struct arena *a, const char *fmt, ...);
/* Adds ',' unless the buffer ends with an opening bracket, brace or nothing. */
void emit_comma(struct buf *b);
/* Adds `s` escaped as the inside of a JSON string. */
void emit_escaped(struct buf *b, struct str s);

#endif
