/*
 * call.c - what function bodies share: faults, arguments, chance.
 */
#include "wdl/call.h"

#include "base/limits.h"
#include "text/crypt.h"
#include "wdl/text.h"

/* ---- faults ---- */

static size_t column_of(struct str s, size_t offset)
{
	size_t n = 0;

	for (size_t i = 0; i < offset && i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

void wdl_set_fault_text(struct wdl_eval *ev, const struct wdl_node *n, struct str message,
			const char *source)
{
	struct wdl_fault *f = &ev->r->fault;

	f->code = S("InvalidTemplate");
	f->message = message;
	f->offset = n ? n->start : 0;
	f->end = n ? n->end : ev->t->source.n;
	f->column = column_of(ev->t->source, f->offset);
	f->verified = strcmp(source, "unverified") != 0 &&
		      !str_starts(str_from(source), S("own words"));
}

void wdl_set_fault(struct wdl_eval *ev, const struct wdl_node *n, enum wdl_message m,
		   const struct str *values)
{
	const struct wdl_message_row *row = wdl_message(m);

	wdl_set_fault_text(ev, n, wdl_message_fill(ev->a, row->text, values), row->source);
}

void wdl_set_failure(struct wdl_call *c, enum wdl_message m, struct str two, struct str three,
		     struct str four)
{
	struct str values[4] = { c->name, two, three, four };

	wdl_set_fault(c->ev, c->node, m, values);
}

/* ---- arguments ---- */

const char *wdl_ordinal(unsigned i)
{
	static const char *const names[] = { "first", "second", "third", "fourth" };

	return i < 4 ? names[i] : "last";
}

bool wdl_arg_text(struct wdl_call *c, unsigned i, struct str *out)
{
	static const enum wdl_message by_place[] = { WDL_M_FIRST_STRING, WDL_M_SECOND_STRING };
	const struct wdl_value *v = &c->args[i];

	if (v->type == WDL_T_STRING) {
		*out = v->s;
		return true;
	}
	return wdl_fail(c, i < 2 ? by_place[i] : WDL_M_NTH_STRING,
			str_from(wdl_type_name(v->type)), str_from(wdl_ordinal(i)), str_from(""));
}

bool wdl_arg_int(struct wdl_call *c, unsigned i, int64_t *out)
{
	const struct wdl_value *v = &c->args[i];

	if (v->type == WDL_T_INT) {
		*out = v->i;
		return true;
	}
	return wdl_fail(c, WDL_M_NTH_INTEGER, str_from(wdl_type_name(v->type)),
			str_from(wdl_ordinal(i)), str_from(""));
}

bool wdl_arg_option(struct wdl_call *c, unsigned i, struct str *out)
{
	if (i >= c->count || c->args[i].type == WDL_T_NULL)
		return true;
	return wdl_arg_text(c, i, out);
}

bool wdl_arg_locale(struct wdl_call *c, unsigned i, const struct wdl_culture **out)
{
	struct str name = str_from("en-US"), none = str_from("");

	if (!wdl_arg_option(c, i, &name))
		return false;
	*out = wdl_culture_find(name);
	return *out || wdl_fail(c, WDL_M_LOCALE, name, none, none);
}

bool wdl_check_length(struct wdl_call *c, struct str text)
{
	struct str none = str_from("");

	if (text.n <= LIMIT_WDL_TEXT || wdl_units(text) <= LIMIT_WDL_TEXT)
		return true;
	return wdl_fail(c, WDL_M_TOO_LONG, str_fmt(c->a, "%u", LIMIT_WDL_TEXT), none, none);
}

/* SplitMix64 (Steele, Lea, Flood 2014): enough to repeat a result, no more. */
static uint64_t seeded(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t wdl_random(struct wdl_eval *ev)
{
	uint64_t bits;

	if (ev->c->random)
		return ev->c->random(ev->c->arg);
	if (ev->c->seed)
		return seeded(&ev->chance);
	crypt_random(&bits, sizeof(bits));
	return bits;
}

