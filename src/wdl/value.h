/*
 * value.h - values of the language while an expression runs.
 *
 * JSON and the engine differ in numbers: the engine knows 64-bit integers, doubles and
 * decimals.  A value that came out of JSON remembers its node, so it goes back unchanged.
 */
#ifndef WDL_VALUE_H
#define WDL_VALUE_H

#include "text/json.h"
#include "wdl/decimal.h"

enum wdl_type {
	WDL_T_NULL,
	WDL_T_BOOL,
	WDL_T_INT,
	WDL_T_FLOAT,
	WDL_T_DECIMAL,
	WDL_T_STRING,
	WDL_T_ARRAY,
	WDL_T_OBJECT,
};

struct wdl_value {
	enum wdl_type type;
	const struct json *json; /* ARRAY, OBJECT: always; others: where it came from, or NULL */
	union {
		bool b;
		int64_t i;
		double f;
		struct wdl_decimal d;
		struct str s;
	};
};

struct wdl_value wdl_null(void);
struct wdl_value wdl_bool(bool b);
struct wdl_value wdl_int(int64_t i);
struct wdl_value wdl_float(double f);
struct wdl_value wdl_decimal(struct wdl_decimal d);
struct wdl_value wdl_string(struct str s);
/* Of a JSON node; NULL is null.  Integers beyond 64 bits are floats. */
struct wdl_value wdl_of_json(const struct json *j);
/* A node without a parent: a copy of the node it came from, or a new one. */
struct json *wdl_to_json(struct arena *a, const struct wdl_value *v);

static inline bool wdl_is_number(const struct wdl_value *v)
{
	return v->type == WDL_T_INT || v->type == WDL_T_FLOAT || v->type == WDL_T_DECIMAL;
}

/* The name in the engine's errors: "Null", "Boolean", "Integer", "Float", "String", ... */
const char *wdl_type_name(enum wdl_type t);
double wdl_number(const struct wdl_value *v);
/* False when the number does not fit (only from a float). */
bool wdl_number_decimal(const struct wdl_value *v, struct wdl_decimal *out);

/* As string(), concat(), join() and @{...} write it: null is empty, booleans are True and False,
 * objects and arrays are JSON, content is its text. */
struct str wdl_to_text(struct arena *a, const struct wdl_value *v);
/* Shortest text of a double that reads back the same, as .NET writes it; `out` has 40 bytes. */
void wdl_double_text(double f, char *out);

/* Content: {"$content-type": ..., "$content": base64}. */
bool wdl_is_content(const struct json *j);
struct wdl_value wdl_content(struct arena *a, struct str type, struct str bytes);
/* Content whose base64 text is known. */
struct wdl_value wdl_content_base64(struct arena *a, struct str type, struct str base64);
/* The bytes of content; false when its base64 is broken. */
bool wdl_content_bytes(struct arena *a, const struct json *j, struct str *bytes);
struct str wdl_content_type(const struct json *j);
/* Convert.FromBase64String: white space is skipped, groups of four, padded; false otherwise. */
bool wdl_unbase64(struct arena *a, struct str text, struct str *bytes);

/* As equals() compares: one type and value, numbers by value, objects in any order. */
bool wdl_equal(const struct wdl_value *x, const struct wdl_value *y);
/* The same for JSON nodes. */
bool wdl_json_equal(const struct json *x, const struct json *y);
/* Equal values have equal hashes. */
uint64_t wdl_json_hash(const struct json *j);

#endif
