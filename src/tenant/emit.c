/*
 * emit.c - JSON text from formats.
 *
 * Knows quoting; must not know routes, flows or the network.
 */
#include "base/limits.h"
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/limits.h"
#include "tenant/memory.h"

void emit_escaped(struct buf *b, struct str s)
{
	size_t mark = b->n;

	json_print_str(b, s);
	if (!buf_ok(b) || b->n < mark + 2)
		return;
	/* json_print_str adds quotes; callers write their own. */
	memmove(b->p + mark, b->p + mark + 1, b->n - mark - 2);
	b->n -= 2;
}

void emit_comma(struct buf *b)
{
	char last = b->n ? b->p[b->n - 1] : '[';

	if (last != '[' && last != '{')
		buf_addc(b, ',');
}

static void emit_one(struct buf *b, char what, va_list *ap)
{
	char time[CLOCK_TEXT];

	switch (what) {
	case 's':
		emit_escaped(b, str_from(va_arg(*ap, const char *)));
		break;
	case 'S':
		emit_escaped(b, va_arg(*ap, struct str));
		break;
	case 'r':
		buf_addz(b, va_arg(*ap, const char *));
		break;
	case 'R':
		buf_adds(b, va_arg(*ap, struct str));
		break;
	case 'd':
		buf_addf(b, "%d", va_arg(*ap, int));
		break;
	case 'l':
		buf_addf(b, "%lld", (long long)va_arg(*ap, int64_t));
		break;
	case 'b':
		buf_addz(b, va_arg(*ap, int) ? "true" : "false");
		break;
	case 't':
		clock_text(va_arg(*ap, int64_t), time);
		buf_addz(b, time);
		break;
	case 'j': {
		const struct json *v = va_arg(*ap, const struct json *);

		if (v)
			json_print(b, v);
		else
			buf_addz(b, "null");
		break;
	}
	default:
		buf_addc(b, what);
	}
}

void emit_v(struct buf *b, const char *fmt, va_list ap)
{
	va_list copy;

	va_copy(copy, ap);
	for (const char *p = fmt; *p; p++) {
		size_t plain = strcspn(p, "'%");

		if (plain) {
			buf_add(b, p, plain);
			p += plain;
		}
		if (!*p)
			break;
		if (*p == '\'')
			buf_addc(b, '"');
		else
			emit_one(b, *++p, &copy);
	}
	va_end(copy);
}

void emit(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit_v(b, fmt, ap);
	va_end(ap);
}

struct str emit_str(struct arena *a, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, a, TENANT_ANSWER);
	va_start(ap, fmt);
	emit_v(&b, fmt, ap);
	va_end(ap);
	return buf_str(&b);
}

struct json *emit_json(struct arena *a, const char *fmt, ...)
{
	struct json_error e = { 0 };
	struct json *v;
	struct buf b;
	va_list ap;

	buf_init_in(&b, a, TENANT_ANSWER);
	va_start(ap, fmt);
	emit_v(&b, fmt, ap);
	va_end(ap);
	v = json_parse(a, buf_str(&b), JSON_ANSWER, &e);
	if (!v)
		must_not(arena_printf(a, "a format gives no JSON at %zu (%s): %s", e.offset, e.message,
				      fmt));
	return v;
}
