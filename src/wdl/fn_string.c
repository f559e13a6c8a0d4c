/*
 * fn_string.c - functions of text.
 *
 * Positions count UTF-16 units.  indexOf, lastIndexOf, nthIndexOf, startsWith and endsWith
 * ignore case; replace, split and contains do not.
 */
#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/text.h"

static struct str none(void)
{
	return str_from("");
}

static bool f_concat(struct wdl_call *c, struct wdl_value *out)
{
	struct buf b;

	buf_init_in(&b, c->a, (size_t)-1 / 2);
	for (unsigned i = 0; i < c->count; i++)
		buf_adds(&b, wdl_to_text(c->a, &c->args[i]));
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static bool f_substring(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;
	int64_t start, length, units;

	if (!wdl_arg_text(c, 0, &text) || !wdl_arg_int(c, 1, &start))
		return false;
	units = (int64_t)wdl_units(text);
	if (c->count == 3) {
		if (!wdl_arg_int(c, 2, &length))
			return false;
		if (start < 0 || start >= units || length < 0 || length > units - start)
			return wdl_fail0(c, WDL_M_SUBSTRING);
	} else {
		if (start < 0 || start >= units)
			return wdl_fail0(c, WDL_M_SUBSTRING_START);
		length = units - start;
	}
	*out = wdl_string(wdl_units_slice(c->a, text, (size_t)start, (size_t)length));
	return true;
}

static bool f_slice(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;
	int64_t start, end, units;

	if (!wdl_arg_text(c, 0, &text) || !wdl_arg_int(c, 1, &start))
		return false;
	units = (int64_t)wdl_units(text);
	end = units;
	if (c->count == 3 && !wdl_arg_int(c, 2, &end))
		return false;
	if (start < 0)
		start = start < -units ? 0 : start + units;
	if (end < 0)
		end = end < -units ? 0 : end + units;
	if (end > units)
		end = units;
	*out = wdl_string(start >= end ? none() : wdl_units_slice(c->a, text, (size_t)start,
								  (size_t)(end - start)));
	return true;
}

static bool named_text(struct wdl_call *c, unsigned i, const char *name, struct str *out)
{
	const struct wdl_value *v = &c->args[i];

	*out = v->s;
	return v->type == WDL_T_STRING ||
	       wdl_fail(c, WDL_M_NAMED_STRING, str_from(wdl_type_name(v->type)),
			str_from(wdl_ordinal(i)), str_from(name));
}

static bool f_replace(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, old, new;
	struct buf b;
	ptrdiff_t at;

	if (!named_text(c, 0, "string", &text) || !named_text(c, 1, "old string", &old) ||
	    !named_text(c, 2, "new string", &new))
		return false;
	if (old.n == 0)
		return wdl_fail0(c, WDL_M_OLD_EMPTY);
	buf_init_in(&b, c->a, (size_t)-1 / 2);
	while ((at = str_find(text, old)) >= 0) {
		buf_adds(&b, str_first(text, (size_t)at));
		buf_adds(&b, new);
		text = str_from_at(text, (size_t)at + old.n);
	}
	buf_adds(&b, text);
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static bool its_text(struct wdl_call *c, struct str *out)
{
	*out = c->args[0].s;
	return c->args[0].type == WDL_T_STRING || wdl_fail_type(c, WDL_M_ITS_STRING, &c->args[0]);
}

static bool f_lower(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!its_text(c, &text))
		return false;
	*out = wdl_string(wdl_lower(c->a, text));
	return true;
}

static bool f_upper(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!its_text(c, &text))
		return false;
	*out = wdl_string(wdl_upper(c->a, text));
	return true;
}

static bool f_trim(struct wdl_call *c, struct wdl_value *out)
{
	if (c->args[0].type != WDL_T_STRING)
		return wdl_fail0(c, WDL_M_NOT_VALID);
	*out = wdl_string(wdl_trim(c->args[0].s));
	return true;
}

static bool f_trim_bom(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!its_text(c, &text))
		return false;
	*out = wdl_string(str_starts(text, S("\xef\xbb\xbf")) ? str_from_at(text, 3) : text);
	return true;
}

static bool f_split(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, mark;
	struct json *list;
	ptrdiff_t at;

	if (!wdl_arg_text(c, 0, &text) || !wdl_arg_text(c, 1, &mark))
		return false;
	list = json_new_array(c->a);
	while (mark.n && (at = str_find(text, mark)) >= 0) {
		json_push(list, json_new_str(c->a, str_first(text, (size_t)at)));
		text = str_from_at(text, (size_t)at + mark.n);
	}
	json_push(list, json_new_str(c->a, text));
	*out = wdl_of_json(list);
	return true;
}

/* Both texts in upper case: units keep their places. */
static bool folded(struct wdl_call *c, struct str *text, struct str *part)
{
	if (!wdl_arg_text(c, 0, text) || !wdl_arg_text(c, 1, part))
		return false;
	*text = wdl_upper(c->a, *text);
	*part = wdl_upper(c->a, *part);
	return true;
}

static bool f_index_of(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, part;

	if (!folded(c, &text, &part))
		return false;
	*out = wdl_int(wdl_units_find(text, part));
	return true;
}

static bool f_last_index_of(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, part;

	if (!folded(c, &text, &part))
		return false;
	if (part.n == 0) /* the length minus one, but not below 0 where both are empty */
		*out = wdl_int(text.n ? (int64_t)wdl_units(text) - 1 : 0);
	else
		*out = wdl_int(wdl_units_find_last(text, part));
	return true;
}

static bool f_nth_index_of(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, part;
	int64_t n, found = 0;
	size_t *at, count = 0, from = 0;

	if (!folded(c, &text, &part) || !wdl_arg_int(c, 2, &n))
		return false;
	*out = wdl_int(-1);
	if (part.n == 0 || n == 0)
		return true;
	at = arena_array(c->a, n < 0 ? text.n + 1 : 1, sizeof(*at));
	for (;;) {
		ptrdiff_t i = str_find(str_from_at(text, from), part);

		if (i < 0)
			break;
		from += (size_t)i;
		at[n < 0 ? count : 0] = from;
		count++;
		if (n > 0 && ++found == n) {
			*out = wdl_int((int64_t)wdl_units(str_first(text, from)));
			return true;
		}
		from++;
	}
	if (n < 0 && n != INT64_MIN && (uint64_t)-n <= count)
		*out = wdl_int((int64_t)wdl_units(str_first(text, at[count - (size_t)-n])));
	return true;
}

static bool f_starts_with(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, part;

	if (!folded(c, &text, &part))
		return false;
	*out = wdl_bool(str_starts(text, part));
	return true;
}

static bool f_ends_with(struct wdl_call *c, struct wdl_value *out)
{
	struct str text, part;

	if (!folded(c, &text, &part))
		return false;
	*out = wdl_bool(str_ends(text, part));
	return true;
}

static bool f_length(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];

	if (v->type == WDL_T_STRING)
		*out = wdl_int((int64_t)wdl_units(v->s));
	else if (v->type == WDL_T_ARRAY)
		*out = wdl_int((int64_t)json_count(v->json));
	else
		return wdl_fail_type(c, WDL_M_ARRAY_OR_STRING, v);
	return true;
}

static struct json *chunks_of_array(struct arena *a, const struct json *array, int64_t size)
{
	struct json *list = json_new_array(a), *chunk = NULL;
	int64_t n = 0;

	JSON_EACH(item, array) {
		if (n == 0)
			chunk = json_push(list, json_new_array(a));
		json_push(chunk, json_copy(a, item));
		if (++n == size)
			n = 0;
	}
	return list;
}

static struct json *chunks_of_text(struct arena *a, struct str text, int64_t size)
{
	struct json *list = json_new_array(a);

	while (text.n) {
		size_t at = 0;
		int64_t units = 0;

		/* A character is not torn apart unless it is larger than a chunk. */
		while (at < text.n && units < size) {
			size_t length;

			wdl_point(text.p + at, text.n - at, &length);
			if (length == 4 && units + 2 > size && units > 0)
				break;
			at += length;
			units += length == 4 ? 2 : 1;
		}
		json_push(list, json_new_str(a, str_first(text, at)));
		text = str_from_at(text, at);
	}
	return list;
}

static bool f_chunk(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	int64_t size;

	if (v->type != WDL_T_ARRAY && v->type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_COLLECTION, v);
	if (!wdl_arg_int(c, 1, &size))
		return false;
	if (size < 1)
		return wdl_fail0(c, WDL_M_CHUNK);
	*out = wdl_of_json(v->type == WDL_T_ARRAY ? chunks_of_array(c->a, v->json, size)
						  : chunks_of_text(c->a, v->s, size));
	return true;
}

static struct str guid_text(struct arena *a, const unsigned char *g, char format)
{
	struct buf b;
	bool plain = format == 'N';

	if (format == 'X')
		return str_fmt(a, "{0x%02x%02x%02x%02x,0x%02x%02x,0x%02x%02x,{0x%02x,0x%02x,0x%02x,"
				  "0x%02x,0x%02x,0x%02x,0x%02x,0x%02x}}",
			       g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10],
			       g[11], g[12], g[13], g[14], g[15]);
	buf_init_in(&b, a, 64);
	buf_addz(&b, format == 'B' ? "{" : format == 'P' ? "(" : "");
	for (int i = 0; i < 16; i++) {
		if (!plain && (i == 4 || i == 6 || i == 8 || i == 10))
			buf_addc(&b, '-');
		buf_addf(&b, "%02x", g[i]);
	}
	buf_addz(&b, format == 'B' ? "}" : format == 'P' ? ")" : "");
	return buf_str(&b);
}

static bool f_guid(struct wdl_call *c, struct wdl_value *out)
{
	struct str format = S("D");
	unsigned char g[16];
	char letter;

	if (!wdl_arg_option(c, 0, &format))
		return false;
	if (format.n == 0)
		format = S("D");
	letter = (char)(format.p[0] & ~0x20);
	if (format.n != 1 || !strchr("NDBPX", letter))
		return wdl_fail(c, WDL_M_GUID_FORMAT, format, none(), none());
	for (int i = 0; i < 2; i++) {
		uint64_t bits = wdl_random(c->ev);

		for (int k = 0; k < 8; k++)
			g[i * 8 + k] = (unsigned char)(bits >> (56 - 8 * k));
	}
	g[6] = (unsigned char)((g[6] & 0x0f) | 0x40);
	g[8] = (unsigned char)((g[8] & 0x3f) | 0x80);
	*out = wdl_string(guid_text(c->a, g, letter));
	return true;
}

const struct wdl_body wdl_string_functions[] = {
	{ "concat", f_concat },
	{ "substring", f_substring },
	{ "slice", f_slice },
	{ "replace", f_replace },
	{ "toLower", f_lower },
	{ "toUpper", f_upper },
	{ "trim", f_trim },
	{ "trimByteOrderMark", f_trim_bom },
	{ "split", f_split },
	{ "indexOf", f_index_of },
	{ "lastIndexOf", f_last_index_of },
	{ "nthIndexOf", f_nth_index_of },
	{ "startsWith", f_starts_with },
	{ "endsWith", f_ends_with },
	{ "length", f_length },
	{ "chunk", f_chunk },
	{ "guid", f_guid },
	{ NULL, NULL },
};
