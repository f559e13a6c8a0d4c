/*
 * json_value.c - numbers, copies and comparison of JSON values; places of pointers.
 *
 * Stands on the public functions of json.h.  Nothing here recurses.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "text/json_priv.h"

/* ---- numbers ---- */

/* 0.DIGITS times ten to the power `exp`; zero has no digits. */
struct decimal {
	bool minus;
	int64_t exp;
	size_t n;
	char digits[LIMIT_JSON_NUMBER];
};

/* Exponents beyond this are all alike: no number with digits comes near. */
#define EXPONENT_MAX 1000000000000

static int64_t exponent(struct str text)
{
	uint64_t v;
	bool minus = text.n && text.p[0] == '-';

	if (text.n && (minus || text.p[0] == '+'))
		text = str_from_at(text, 1);
	if (!text.n)
		return 0;
	if (!str_to_u64(text, &v) || v > EXPONENT_MAX)
		v = EXPONENT_MAX;
	return minus ? -(int64_t)v : (int64_t)v;
}

/* `text` is a checked JSON number. */
static void decimal_read(struct decimal *d, struct str text)
{
	bool fraction = false;

	d->minus = text.n && text.p[0] == '-';
	d->n = 0;
	d->exp = 0;
	for (size_t i = d->minus; i < text.n; i++) {
		char c = text.p[i];

		if (c == 'e' || c == 'E') {
			d->exp += exponent(str_from_at(text, i + 1));
			break;
		}
		if (c == '.') {
			fraction = true;
			continue;
		}
		if (c != '0' || d->n) {
			if (d->n < sizeof(d->digits))
				d->digits[d->n++] = c;
			d->exp += !fraction;
		} else if (fraction) {
			d->exp--;
		}
	}
	while (d->n && d->digits[d->n - 1] == '0')
		d->n--;
	if (!d->n) {
		d->minus = false;
		d->exp = 0;
	}
}

int64_t json_int(const struct json *v, int64_t otherwise)
{
	struct str text = json_number_text(v);
	char whole[20] = "-";
	NOT_ZEROED struct decimal d;
	int64_t out;

	if (!text.n || str_to_i64(text, &out))
		return text.n ? out : otherwise;
	decimal_read(&d, text);
	if (!d.n)
		return 0;
	/* More than 19 digits before the point, or one behind it. */
	if (d.exp > 19 || d.exp < (int64_t)d.n)
		return otherwise;
	memset(whole + d.minus, '0', (size_t)d.exp);
	memcpy(whole + d.minus, d.digits, d.n);
	return str_to_i64(str_n(whole, (size_t)d.exp + d.minus), &out) ? out : otherwise;
}

double json_double(const struct json *v, double otherwise)
{
	NOT_ZEROED char text[LIMIT_JSON_NUMBER + 1];
	struct str t = json_number_text(v);

	if (!t.n || t.n >= sizeof(text))
		return otherwise;
	memcpy(text, t.p, t.n);
	text[t.n] = '\0';
	/* The process never sets a locale, so the decimal point is a point. */
	return strtod(text, NULL);
}

struct json *json_new_int(struct arena *a, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, v);

	return json_new_number(a, str_n(text, (size_t)n));
}

struct json *json_new_double(struct arena *a, double v)
{
	char text[40];

	if (!isfinite(v))
		return json_new_null(a);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (memcmp(&(double){ strtod(text, NULL) }, &v, sizeof(v)) == 0)
			break;
	}
	return json_new_number(a, str_from(text));
}

static bool numbers_equal(const struct json *a, const struct json *b)
{
	NOT_ZEROED struct decimal x, y;

	if (str_eq(json_number_text(a), json_number_text(b)))
		return true;
	decimal_read(&x, json_number_text(a));
	decimal_read(&y, json_number_text(b));
	return x.minus == y.minus && x.exp == y.exp && x.n == y.n &&
	       memcmp(x.digits, y.digits, x.n) == 0;
}

/* ---- copies ---- */

static struct json *copy_one(struct arena *a, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_BOOL:
		return json_new_bool(a, json_is_true(v));
	case JSON_NUMBER:
		return json_new_number(a, json_number_text(v));
	case JSON_STRING:
		return json_new_str(a, json_str(v));
	case JSON_ARRAY:
		return json_new_array(a);
	case JSON_OBJECT:
		return json_new_object(a);
	default:
		return json_new_null(a);
	}
}

struct json *json_copy(struct arena *a, const struct json *v)
{
	enum { FIRST = 32 };
	struct level {
		const struct json *next; /* to copy */
		struct json *into;
	} first[FIRST], *open = first;
	size_t depth = 0, room = FIRST;
	struct json *copy = v ? copy_one(a, v) : NULL;

	open[depth++] = (struct level){ json_first(v), copy };
	while (depth) {
		struct level *l = &open[depth - 1];
		const struct json *from = l->next;
		struct json *to;

		if (!from) {
			depth--;
			continue;
		}
		l->next = json_next(from);
		to = copy_one(a, from);
		if (json_is(l->into, JSON_OBJECT))
			json_add_n(a, l->into, json_name(from), to);
		else
			json_push(l->into, to);
		if (!json_first(from))
			continue;
		if (depth == room) {
			struct level *more = arena_array(a, room * 2, sizeof(*more));

			open = memcpy(more, open, room * sizeof(*more));
			room *= 2;
		}
		open[depth++] = (struct level){ json_first(from), to };
	}
	return copy;
}

/* ---- comparing ---- */

static int by_name(const void *x, const void *y)
{
	const struct json *const *a = x, *const *b = y;

	return str_cmp(json_name(*a), json_name(*b));
}

const struct json **json_sorted(struct arena *a, const struct json *object)
{
	size_t n = json_count(object), i = 0;
	const struct json **list;

	if (!n)
		return NULL;
	list = a ? arena_array(a, n, sizeof(*list)) : calloc(n, sizeof(*list));
	if (!list)
		return NULL;
	JSON_EACH(v, object)
	list[i++] = v;
	qsort(list, n, sizeof(*list), by_name);
	return list;
}

/* A pair of containers that is being compared. */
struct pair {
	const struct json *x, *y;    /* the next children, when both are in the same order */
	const struct json **xs, **ys; /* else all of them, sorted */
	size_t i, n;
};

static bool same_order(const struct json *x, const struct json *y)
{
	const struct json *b = json_first(y);

	JSON_EACH(a, x) {
		if (!b || !str_eq(json_name(a), json_name(b)))
			return false;
		b = json_next(b);
	}
	return !b;
}

static bool pair_open(struct pair *p, const struct json *x, const struct json *y, bool any_order)
{
	*p = (struct pair){ .x = json_first(x), .y = json_first(y), .n = json_count(x) };
	if (p->n != json_count(y))
		return false;
	if (!json_is(x, JSON_OBJECT) || same_order(x, y))
		return true;
	if (!any_order)
		return false;
	p->xs = json_sorted(NULL, x);
	p->ys = json_sorted(NULL, y);
	return p->xs && p->ys;
}

static void pair_close(struct pair *p)
{
	free(p->xs);
	free(p->ys);
}

/* The next two children to compare; false when there are none left. */
static bool pair_next(struct pair *p, const struct json **x, const struct json **y)
{
	if (p->i == p->n)
		return false;
	*x = p->xs ? p->xs[p->i] : p->x;
	*y = p->ys ? p->ys[p->i] : p->y;
	p->x = json_next(p->x);
	p->y = json_next(p->y);
	p->i++;
	return true;
}

/* Everything but the children. */
static bool same_value(const struct json *x, const struct json *y, bool exact)
{
	if (json_type(x) != json_type(y))
		return false;
	switch (json_type(x)) {
	case JSON_BOOL:
		return json_is_true(x) == json_is_true(y);
	case JSON_STRING:
		return str_eq(json_str(x), json_str(y));
	case JSON_NUMBER:
		return exact ? str_eq(json_number_text(x), json_number_text(y)) :
			       numbers_equal(x, y);
	default:
		return true;
	}
}

static bool compare(const struct json *x, const struct json *y, bool exact)
{
	NOT_ZEROED struct pair open[LIMIT_JSON_TREE_DEPTH];
	size_t depth = 0;
	bool same = same_value(x, y, exact);

	if (same && json_first(x))
		same = pair_open(&open[depth++], x, y, !exact);
	else if (same)
		same = !json_first(y);
	while (depth) {
		struct pair *p = &open[depth - 1];

		if (!same || !pair_next(p, &x, &y)) {
			pair_close(p);
			depth--;
			continue;
		}
		same = str_eq(json_name(x), json_name(y)) && same_value(x, y, exact);
		if (same && (json_first(x) || json_first(y))) {
			same = depth < LIMIT_JSON_TREE_DEPTH &&
			       pair_open(&open[depth++], x, y, !exact);
		}
	}
	return same;
}

bool json_equal(const struct json *a, const struct json *b)
{
	return compare(a, b, false);
}

bool json_identical(const struct json *a, const struct json *b)
{
	return compare(a, b, true);
}

void json_set_copy(struct arena *a, struct json *object, const char *name, const struct json *v)
{
	if (v)
		json_set(a, object, name, json_copy(a, v));
}

/* ---- pointers ---- */

bool json_pointer_within(struct str pointer, struct str outer)
{
	return str_starts(pointer, outer) && (pointer.n == outer.n || pointer.p[outer.n] == '/');
}
