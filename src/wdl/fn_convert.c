/*
 * fn_convert.c - conversions between types, base64, data: URIs, numbers as text.
 */
#include <math.h>

#include "base/limits.h"
#include "text/crypt.h"
#include "wdl/call.h"
#include "wdl/newton.h"
#include "wdl/numfmt.h"
#include "wdl/percent.h"
#include "wdl/text.h"
#include "wdl/xml.h"

static struct str none(void)
{
	return str_from("");
}

static bool f_string(struct wdl_call *c, struct wdl_value *out)
{
	*out = wdl_string(wdl_to_text(c->a, &c->args[0]));
	return true;
}

static bool f_create_array(struct wdl_call *c, struct wdl_value *out)
{
	struct json *list = json_new_array(c->a);

	for (unsigned i = 0; i < c->count; i++)
		json_push(list, wdl_to_json(c->a, &c->args[i]));
	*out = wdl_of_json(list);
	return true;
}

static bool f_bool(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str text;

	if (v->type == WDL_T_BOOL || wdl_is_number(v)) {
		*out = wdl_bool(v->type == WDL_T_BOOL ? v->b : wdl_number(v) != 0);
		return true;
	}
	text = v->type == WDL_T_STRING ? wdl_trim(v->s) : none();
	*out = wdl_bool(str_eq_nocase(text, S("true")));
	return out->b || str_eq_nocase(text, S("false")) || wdl_fail0(c, WDL_M_CONVERT);
}

/* ---- numbers ---- */

/* Digits with an optional sign, spaces around. */
static bool plain_integer(struct str text, int64_t *out)
{
	struct str s = wdl_trim(text);

	if (s.n > 1 && s.p[0] == '+' && s.p[1] != '-')
		s = str_from_at(s, 1);
	while (s.n > 1 && s.p[0] == '0')
		s = str_from_at(s, 1);
	return str_to_i64(s, out);
}

/* The service reads what is no plain integer as a double and takes whole ones: "1.0", "+1,000". */
static bool whole_double(double f, int64_t *out)
{
	if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0))
		return false;
	*out = (int64_t)f;
	return (double)*out == f;
}

static bool f_int(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str text = v->type == WDL_T_STRING ? wdl_trim(v->s) : none();
	int64_t i = 0;
	double f = 0;
	bool ok = false;

	if (v->type == WDL_T_INT || v->type == WDL_T_BOOL) {
		i = v->type == WDL_T_INT ? v->i : v->b;
		ok = true;
	} else if (wdl_is_number(v)) {
		ok = whole_double(wdl_number(v), &i);
	} else if (v->type == WDL_T_STRING) {
		ok = plain_integer(v->s, &i);
		/* A sign at the end is fine for float(), not for int(). */
		if (!ok && text.n && !strchr("+-", text.p[text.n - 1]))
			ok = wdl_parse_float(text, &wdl_invariant, &f) && whole_double(f, &i);
	}
	*out = wdl_int(i);
	return ok || wdl_fail0(c, WDL_M_CONVERT);
}

static bool f_float(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	const struct wdl_culture *culture = &wdl_invariant;
	double f = 0;

	if (c->count == 2 && c->args[1].type != WDL_T_NULL && !wdl_arg_locale(c, 1, &culture))
		return false;
	if (wdl_is_number(v)) {
		*out = wdl_float(wdl_number(v));
		return true;
	}
	if (v->type != WDL_T_STRING || !wdl_parse_float(v->s, culture, &f) ||
	    (c->count == 1 && isinf(f) && strpbrk(str_c(c->a, v->s), "nN")))
		return wdl_fail0(c, WDL_M_CONVERT);
	*out = wdl_float(f);
	return true;
}

static bool f_decimal(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct wdl_decimal d;
	bool ok = v->type == WDL_T_STRING ? wdl_decimal_parse(v->s, &d) : wdl_number_decimal(v, &d);

	if (!ok)
		return wdl_fail0(c, WDL_M_CONVERT);
	*out = wdl_decimal(d);
	return true;
}

static bool f_is_int(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;
	int64_t i;

	if (!wdl_arg_text(c, 0, &text))
		return false;
	*out = wdl_bool(plain_integer(text, &i));
	return true;
}

static bool f_is_float(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_culture *culture = &wdl_invariant;
	struct str text;
	double f;

	if (!wdl_arg_text(c, 0, &text) ||
	    (c->count == 2 && c->args[1].type != WDL_T_NULL && !wdl_arg_locale(c, 1, &culture)))
		return false;
	*out = wdl_bool(wdl_parse_float(text, culture, &f));
	return true;
}

static bool f_format_number(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_culture *culture;
	struct str format, text;

	if (!wdl_is_number(&c->args[0]))
		return wdl_fail(c, WDL_M_NUMBER, str_from(wdl_type_name(c->args[0].type)),
				str_from("first"), none());
	if (!wdl_arg_text(c, 1, &format) || !wdl_arg_locale(c, 2, &culture))
		return false;
	if (!wdl_format_number(c->a, &c->args[0], format, culture, &text))
		return wdl_fail(c, WDL_M_NUMBER_FORMAT, format, none(), none());
	*out = wdl_string(text);
	return true;
}

/* ---- base64 and content ---- */

/* A text, or the bytes of content; anything else fails. */
static bool bytes_of(struct wdl_call *c, struct str *out)
{
	const struct wdl_value *v = &c->args[0];

	if (v->type == WDL_T_STRING) {
		*out = v->s;
		return true;
	}
	if (v->type == WDL_T_OBJECT && wdl_is_content(v->json))
		return wdl_content_bytes(c->a, v->json, out) || wdl_fail0(c, WDL_M_BASE64);
	return wdl_fail_type(c, WDL_M_ITS_STRING_TYPE, v);
}

static bool f_base64(struct wdl_call *c, struct wdl_value *out)
{
	struct str bytes;
	struct buf b;

	if (!bytes_of(c, &bytes))
		return false;
	buf_init_in(&b, c->a, bytes.n / 3 * 4 + 8);
	crypt_b64(&b, bytes);
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static bool unbase64(struct wdl_call *c, struct str *bytes)
{
	const struct wdl_value *v = &c->args[0];

	if (v->type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_ITS_STRING, v);
	return wdl_unbase64(c->a, v->s, bytes) || wdl_fail0(c, WDL_M_BASE64_STRING);
}

static struct str as_utf8(struct arena *a, struct str bytes)
{
	return str_is_utf8(bytes) ? bytes : json_str(json_new_str(a, bytes));
}

static bool f_base64_to_string(struct wdl_call *c, struct wdl_value *out)
{
	struct str bytes;

	if (!unbase64(c, &bytes))
		return false;
	*out = wdl_string(as_utf8(c->a, bytes));
	return true;
}

static bool parse_json(struct wdl_call *c, struct str text, struct wdl_value *out)
{
	struct str message;
	struct json *v = wdl_read_json(c->a, text, &message);

	*out = wdl_of_json(v);
	if (v)
		return true;
	if (message.n == 0)
		message = S("Unexpected end when reading token. Path ''.");
	return wdl_fail(c, WDL_M_JSON, text, message, none());
}

static bool f_base64_to_json(struct wdl_call *c, struct wdl_value *out)
{
	struct str bytes;

	return unbase64(c, &bytes) && parse_json(c, as_utf8(c->a, bytes), out);
}

static bool f_base64_to_binary(struct wdl_call *c, struct wdl_value *out)
{
	struct str bytes;

	if (c->args[0].type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_ITS_STRING, &c->args[0]);
	if (!wdl_unbase64(c->a, c->args[0].s, &bytes))
		return wdl_fail0(c, WDL_M_BASE64);
	*out = wdl_content_base64(c->a, S("application/octet-stream"), c->args[0].s);
	return true;
}

/* Bytes of any value but null: content is not turned into text first. */
static bool any_bytes(struct wdl_call *c, struct str *out)
{
	const struct wdl_value *v = &c->args[0];

	if (v->type == WDL_T_NULL)
		return wdl_fail0(c, WDL_M_CONVERT);
	if (v->type == WDL_T_OBJECT && wdl_is_content(v->json))
		return wdl_content_bytes(c->a, v->json, out) || wdl_fail0(c, WDL_M_BASE64);
	*out = wdl_to_text(c->a, v);
	return true;
}

static bool f_binary(struct wdl_call *c, struct wdl_value *out)
{
	struct str bytes;

	if (!any_bytes(c, &bytes))
		return false;
	*out = wdl_content(c->a, S("application/octet-stream"), bytes);
	return true;
}

static bool f_json(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str bytes, message;

	if (v->type == WDL_T_NULL) {
		*out = wdl_of_json(json_new_object(c->a));
		return true;
	}
	if (v->type == WDL_T_STRING)
		return parse_json(c, v->s, out);
	*out = *v;
	if (v->type != WDL_T_OBJECT || !wdl_is_content(v->json))
		return true;
	if (!wdl_content_bytes(c->a, v->json, &bytes))
		return wdl_fail0(c, WDL_M_BASE64);
	if (!wdl_is_xml_type(wdl_content_type(v->json)))
		return parse_json(c, as_utf8(c->a, bytes), out);
	if (!wdl_xml_available())
		return wdl_fail0(c, WDL_M_NO_XML);
	*out = wdl_of_json(wdl_xml_to_json(c->a, as_utf8(c->a, bytes), &message));
	return out->json || wdl_fail(c, WDL_M_XML, message, none(), none());
}

/* ---- data: URIs ---- */

static bool f_data_uri(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str type = S("application/json;charset=utf-8"), bytes;
	struct buf b;

	if (!any_bytes(c, &bytes))
		return false;
	if (v->type == WDL_T_STRING)
		type = S("text/plain;charset=utf-8");
	else if (v->type == WDL_T_OBJECT && wdl_is_content(v->json))
		type = wdl_content_type(v->json);
	buf_init_in(&b, c->a, bytes.n / 3 * 4 + type.n + 64);
	buf_addf(&b, "data:%.*s;base64,", STR_ARG(type));
	crypt_b64(&b, bytes);
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

struct data_uri {
	struct str type, data;
	bool base64;
};

/* data:[type][;base64],data */
static bool read_data_uri(struct wdl_call *c, struct data_uri *u)
{
	struct str text, head;
	ptrdiff_t comma;

	if (c->args[0].type != WDL_T_STRING)
		return wdl_fail_type(c, WDL_M_ITS_STRING, &c->args[0]);
	text = c->args[0].s;
	comma = str_find_char(text, ',');
	if (!str_starts_nocase(text, S("data:")) || comma < 0)
		return wdl_fail(c, WDL_M_DATA_URI, text, none(), none());
	head = str_n(text.p + 5, (size_t)comma - 5);
	u->data = str_from_at(text, (size_t)comma + 1);
	u->base64 = str_ends_nocase(head, S(";base64")) || str_eq_nocase(head, S("base64"));
	if (u->base64)
		head = str_first(head, head.n > 6 ? head.n - 7 : 0);
	/* A lonely semicolon is no media type. */
	if (str_starts(head, S(";")) && (head.n == 1 || head.p[1] == ';'))
		return wdl_fail(c, WDL_M_DATA_URI, text, none(), none());
	u->type = head.n ? head : S("text/plain");
	return true;
}

static bool data_bytes(struct wdl_call *c, const struct data_uri *u, struct str *out)
{
	if (!u->base64) {
		*out = wdl_unpercent(c->a, u->data, true);
		return true;
	}
	return wdl_unbase64(c->a, u->data, out) ||
	       wdl_fail(c, WDL_M_DATA_URI, c->args[0].s, none(), none());
}

static bool f_data_uri_to_string(struct wdl_call *c, struct wdl_value *out)
{
	struct data_uri u;
	struct str bytes;

	if (!read_data_uri(c, &u) || !data_bytes(c, &u, &bytes))
		return false;
	*out = wdl_string(as_utf8(c->a, bytes));
	return true;
}

static bool f_data_uri_to_binary(struct wdl_call *c, struct wdl_value *out)
{
	struct data_uri u;
	struct str bytes;

	if (!read_data_uri(c, &u))
		return false;
	if (u.base64) {
		*out = wdl_content_base64(c->a, u.type, u.data);
		return true;
	}
	if (!data_bytes(c, &u, &bytes))
		return false;
	*out = wdl_content(c->a, u.type, bytes);
	return true;
}

/* Content by its media type: text as text, JSON as its value, the rest as bytes. */
static bool f_decode_data_uri(struct wdl_call *c, struct wdl_value *out)
{
	struct data_uri u;
	struct str bytes, message, kind;
	struct json *v;

	if (!read_data_uri(c, &u) || !data_bytes(c, &u, &bytes))
		return false;
	kind = str_trim(str_first(u.type, strcspn(str_c(c->a, u.type), ";")));
	if (str_starts_nocase(kind, S("text/"))) {
		*out = wdl_string(as_utf8(c->a, bytes));
		return true;
	}
	if (str_eq_nocase(kind, S("application/json")) || str_ends_nocase(kind, S("+json"))) {
		v = wdl_read_json(c->a, as_utf8(c->a, bytes), &message);
		*out = v ? wdl_of_json(v) : wdl_string(as_utf8(c->a, bytes));
		return true;
	}
	if (str_find(str_lower(c->a, u.type), S("charset=")) < 0)
		u.type = str_fmt(c->a, "%.*s;charset=us-ascii", STR_ARG(u.type));
	*out = wdl_content(c->a, u.type, bytes);
	return true;
}

const struct wdl_body wdl_convert_functions[] = {
	{ "string", f_string },
	{ "array", f_create_array },
	{ "createArray", f_create_array },
	{ "bool", f_bool },
	{ "int", f_int },
	{ "float", f_float },
	{ "decimal", f_decimal },
	{ "isInt", f_is_int },
	{ "isFloat", f_is_float },
	{ "formatNumber", f_format_number },
	{ "base64", f_base64 },
	{ "encodeBase64", f_base64 },
	{ "base64ToString", f_base64_to_string },
	{ "decodeBase64", f_base64_to_string },
	{ "base64ToJson", f_base64_to_json },
	{ "base64ToBinary", f_base64_to_binary },
	{ "binary", f_binary },
	{ "json", f_json },
	{ "parse", f_json },
	{ "dataUri", f_data_uri },
	{ "dataUriToString", f_data_uri_to_string },
	{ "dataUriToBinary", f_data_uri_to_binary },
	{ "decodeDataUri", f_decode_data_uri },
	{ NULL, NULL },
};
