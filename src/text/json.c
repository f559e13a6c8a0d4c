/*
 * json.c - JSON values in an arena: cJSON's tree, read strictly.
 *
 * The only includer of cJSON.  Three rules hold for every tree here, and cJSON's own
 * functions are only used where they keep them:
 * - a number is a cJSON_Raw node that carries its text, for cJSON rounds numbers;
 * - valueint is the length of a string's or number's text, and the count of a container;
 * - `prev` is NULL exactly when a value has no parent.
 * Strings are well-formed UTF-8 without NUL.  What works on whole trees through the public
 * functions alone is in json_value.c and json_print.c.
 */
#include "text/json_priv.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/limits.h"
#include "text/scan.h"

/* cJSON copies a number into 64 bytes of its own before it looks at it. */
enum { LONGEST_CJSON_NUMBER = 62 };

/* cJSON's hooks know no context, so this is where its memory comes from.
 * Every function that calls into cJSON sets it first: a jump out of an arena leaves no trap. */
static struct arena *hook_arena;

static void *hook_malloc(size_t n)
{
	return arena_alloc(hook_arena, n);
}

static void hook_free(void *p)
{
	(void)p;
}

static void use_arena(struct arena *a)
{
	static bool hooked;

	hook_arena = a;
	if (!hooked)
		cJSON_InitHooks(&(cJSON_Hooks){ hook_malloc, hook_free });
	hooked = true;
}

static cJSON *node(const struct json *v)
{
	return (cJSON *)(uintptr_t)v;
}

static struct json *value(cJSON *n)
{
	return (struct json *)n;
}

static int type_of(const cJSON *n)
{
	return n ? n->type & 0xff : cJSON_Invalid;
}

static bool is_container(const cJSON *n)
{
	return type_of(n) == cJSON_Array || type_of(n) == cJSON_Object;
}

/* ---- reading ---- */

/* The place after the closing quote of the string whose first character is at p. */
static const char *skip_string(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;

	for (;; p++) {
		/* Eight bytes at a time, as long as none is a quote or a backslash; bytes of
		 * other characters (top bit set) may stop it, too. */
		for (uint64_t v; end - p >= 8; p += 8) {
			memcpy(&v, p, 8);
			if ((((v ^ ones * '"') - ones) | ((v ^ ones * '\\') - ones)) & tops)
				break;
		}
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
}

static size_t number_length(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == '.' ||
			   *p == 'e' || *p == 'E'))
		p++;
	return (size_t)(p - from);
}

/* Takes everything up to the next number off checked text and returns that number. */
static struct str next_number(struct str *text)
{
	const char *p = text->p, *end = p + text->n;
	struct str number = S("");

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p + 1, end);
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			number = str_n(p, number_length(p, end));
			p += number.n;
			break;
		} else {
			p++;
		}
	}
	*text = str_n(p, (size_t)(end - p));
	return number;
}

/* A copy of checked text in which cJSON finds nothing that it gets wrong: \u0000 (it would end
 * the string) becomes \ufffd, and a long number (it would be cut) a short one. */
static struct str harmless(struct arena *a, struct str text)
{
	char *p = arena_copy(a, text.p, text.n), *end = p + text.n;
	bool inside = false;

	text.p = p;
	for (; p < end; p++) {
		size_t n = inside ? 0 : number_length(p, end);

		if (*p == '"') {
			inside = !inside;
		} else if (inside && *p == '\\') {
			if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0)
				memcpy(p, "\\ufffd", 6);
			p++;
		} else if (n > LONGEST_CJSON_NUMBER) {
			memset(p, ' ', n);
			*p = '0';
		}
	}
	return text;
}

static void settle_node(struct arena *a, cJSON *n, struct str *numbers)
{
	n->valueint = 0;
	if (type_of(n) == cJSON_String) {
		n->valueint = (int)strlen(n->valuestring);
	} else if (type_of(n) == cJSON_Number) {
		struct str text = next_number(numbers);

		n->type = cJSON_Raw;
		n->valuestring = arena_copy(a, text.p, text.n);
		n->valueint = (int)text.n;
	}
}

/* Gives a tree fresh from cJSON the rules above.  The scanner has bounded its depth. */
static void settle(struct arena *a, cJSON *root, struct str text)
{
	NOT_ZEROED cJSON *open[LIMIT_JSON_DEPTH + 1];
	size_t depth = 0;
	cJSON *n = root;

	for (;;) {
		settle_node(a, n, &text);
		if (depth)
			open[depth - 1]->valueint++;
		if (n->child && depth < LIMIT_JSON_DEPTH) {
			open[depth++] = n;
			n = n->child;
			continue;
		}
		while (depth && !n->next)
			n = open[--depth];
		if (!depth)
			return;
		n = n->next;
	}
}

static bool check(struct str text, enum json_flags flags, struct scan_seen *seen,
		  struct json_error *e)
{
	bool answer = flags & JSON_ANSWER, good;
	struct scan *s = scan_new(&(struct scan_options){
		.nodes = answer ? LIMIT_JSON_NODES_ANSWER : LIMIT_JSON_NODES,
		.allow_nul = answer,
		.allow_bom = answer,
	});

	if (!s) {
		*e = (struct json_error){ 0, "out of memory" };
		return false;
	}
	good = scan_feed(s, text) && scan_end(s);
	*e = scan_error(s);
	*seen = scan_seen(s);
	scan_free(s);
	return good;
}

struct json *json_parse(struct arena *a, struct str text, enum json_flags flags,
			struct json_error *e)
{
	struct json_error ignored;
	struct scan_seen seen;
	struct str for_cjson;
	cJSON *root;

	if (!e)
		e = &ignored;
	if (text.n > INT_MAX) {
		*e = (struct json_error){ INT_MAX, "text is too long" };
		return NULL;
	}
	if (!check(text, flags, &seen, e))
		return NULL;
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from_at(text, 3);
	for_cjson = text;
	if (seen.nul || seen.longest_number > LONGEST_CJSON_NUMBER)
		for_cjson = harmless(a, text);
	use_arena(a);
	root = cJSON_ParseWithLength(for_cjson.p, for_cjson.n);
	if (!root) {
		*e = (struct json_error){ 0, "the parser disagrees with the scanner" };
		return NULL;
	}
	settle(a, root, text);
	return value(root);
}

enum json_type json_type(const struct json *v)
{
	switch (type_of(node(v))) {
	case cJSON_NULL:
		return JSON_NULL;
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Raw:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NONE;
	}
}

const char *json_type_name(enum json_type t)
{
	static const char *const names[] = {
		[JSON_NONE] = "nothing",  [JSON_NULL] = "null",     [JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "number", [JSON_STRING] = "string", [JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object",
	};

	return (unsigned)t <= JSON_OBJECT ? names[t] : names[JSON_NONE];
}

static bool has_name(const cJSON *n, struct str name)
{
	return n->string && strncmp(n->string, name.p, name.n) == 0 && !n->string[name.n];
}

struct json *json_get_n(const struct json *object, struct str name)
{
	if (!json_is(object, JSON_OBJECT) || (name.n && memchr(name.p, '\0', name.n)))
		return NULL;
	if (!name.n)
		name = S("");
	for (cJSON *n = node(object)->child; n; n = n->next)
		if (has_name(n, name))
			return value(n);
	return NULL;
}

struct json *json_get(const struct json *object, const char *name)
{
	return json_get_n(object, str_from(name));
}

struct json *json_get_nocase(const struct json *object, struct str name)
{
	struct json *folded = NULL;

	if (!json_is(object, JSON_OBJECT))
		return NULL;
	JSON_EACH(v, object) {
		struct str own = json_name(v);

		if (str_eq(own, name))
			return v;
		if (!folded && str_eq_nocase(own, name))
			folded = v;
	}
	return folded;
}

/* Compares a reference token, in which ~0 is "~" and ~1 is "/", with a name. */
static bool token_is(struct str token, struct str name)
{
	size_t k = 0;

	for (size_t i = 0; i < token.n; i++, k++) {
		char c = token.p[i];

		if (c == '~') {
			if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
				return false;
			c = token.p[i] == '0' ? '~' : '/';
		}
		if (k == name.n || name.p[k] != c)
			return false;
	}
	return k == name.n;
}

static struct json *step_into(const struct json *v, struct str token)
{
	uint64_t i;

	if (json_is(v, JSON_OBJECT)) {
		JSON_EACH(m, v)
		if (token_is(token, json_name(m)))
			return m;
		return NULL;
	}
	if (!json_is(v, JSON_ARRAY) || (token.n > 1 && token.p[0] == '0') ||
	    !str_to_u64(token, &i) || i >= json_count(v))
		return NULL;
	return json_item(v, (size_t)i);
}

struct json *json_at_n(const struct json *v, struct str pointer)
{
	struct str token;

	if (!pointer.n)
		return value(node(v));
	if (!str_cut(&pointer, '/', &token) || token.n)
		return NULL;
	while (v && str_cut(&pointer, '/', &token))
		v = step_into(v, token);
	return value(node(v));
}

struct json *json_at(const struct json *v, const char *pointer)
{
	return json_at_n(v, str_from(pointer));
}

struct json *json_item(const struct json *array, size_t i)
{
	struct json *v = json_is(array, JSON_ARRAY) ? json_first(array) : NULL;

	while (v && i--)
		v = json_next(v);
	return v;
}

struct json *json_first(const struct json *container)
{
	return is_container(node(container)) ? value(node(container)->child) : NULL;
}

struct json *json_next(const struct json *v)
{
	return v ? value(node(v)->next) : NULL;
}

struct str json_name(const struct json *member)
{
	return str_from(member ? node(member)->string : NULL);
}

size_t json_count(const struct json *container)
{
	return is_container(node(container)) ? (size_t)node(container)->valueint : 0;
}

static struct str text_of(const struct json *v, enum json_type t)
{
	return json_is(v, t) ? str_n(node(v)->valuestring, (size_t)node(v)->valueint) : S("");
}

struct str json_str(const struct json *v)
{
	return text_of(v, JSON_STRING);
}

const char *json_z(const struct json *v)
{
	return json_str(v).p;
}

struct str json_number_text(const struct json *v)
{
	return text_of(v, JSON_NUMBER);
}

bool json_bool(const struct json *v, bool otherwise)
{
	return json_is(v, JSON_BOOL) ? type_of(node(v)) == cJSON_True : otherwise;
}

bool json_is_true(const struct json *v)
{
	return json_bool(v, false);
}

struct str json_get_str(const struct json *object, const char *name)
{
	return json_str(json_get(object, name));
}

const char *json_get_z(const struct json *object, const char *name)
{
	return json_z(json_get(object, name));
}

/* ---- building ---- */

static cJSON *new_node(struct arena *a, int type)
{
	cJSON *n = arena_alloc(a, sizeof(*n));

	n->type = type;
	return n;
}

struct json *json_new_object(struct arena *a)
{
	return value(new_node(a, cJSON_Object));
}

struct json *json_new_array(struct arena *a)
{
	return value(new_node(a, cJSON_Array));
}

struct json *json_new_null(struct arena *a)
{
	return value(new_node(a, cJSON_NULL));
}

struct json *json_new_bool(struct arena *a, bool v)
{
	return value(new_node(a, v ? cJSON_True : cJSON_False));
}

static struct json *new_text(struct arena *a, int type, struct str s)
{
	cJSON *n = new_node(a, type);

	/* No arena holds 2 GiB: asking for it all is the way out that memory errors take. */
	n->valuestring = arena_copy(a, s.p, s.n > INT_MAX ? SIZE_MAX / 2 : s.n);
	n->valueint = (int)s.n;
	return value(n);
}

struct json *json_new_number(struct arena *a, struct str text)
{
	return scan_is_number(text) ? new_text(a, cJSON_Raw, text) : json_new_null(a);
}

/* `s` itself, or a copy with U+FFFD in place of NUL and of each byte that is not UTF-8. */
static struct str clean(struct arena *a, struct str s)
{
	struct buf b;

	if (!s.n || (!memchr(s.p, '\0', s.n) && str_is_utf8(s)))
		return s;
	buf_init_in(&b, a, s.n * 3);
	for (size_t i = 0; i < s.n;) {
		size_t n = 1;

		while (n <= 4 && i + n <= s.n && !str_is_utf8(str_n(s.p + i, n)))
			n++;
		if (n > 4 || i + n > s.n || !s.p[i]) {
			buf_addz(&b, "\xef\xbf\xbd");
			n = 1;
		} else {
			buf_add(&b, s.p + i, n);
		}
		i += n;
	}
	return buf_str(&b);
}

struct json *json_new_str(struct arena *a, struct str s)
{
	return new_text(a, cJSON_String, clean(a, s));
}

struct json *json_new_z(struct arena *a, const char *z)
{
	return json_new_str(a, str_from(z));
}

static void need_orphan(const cJSON *v)
{
	static const char msg[] = "flowlatch: bug: a JSON value was given a second parent\n";

	if (!v->prev)
		return;
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	abort();
}

static struct json *append(cJSON *parent, cJSON *v)
{
	need_orphan(v);
	cJSON_AddItemToArray(parent, v);
	parent->valueint++;
	return value(v);
}

struct json *json_add_n(struct arena *a, struct json *object, struct str name, struct json *v)
{
	if (!v || !json_is(object, JSON_OBJECT))
		return v;
	node(v)->string = str_c(a, clean(a, name));
	return append(node(object), node(v));
}

struct json *json_set_n(struct arena *a, struct json *object, struct str name, struct json *v)
{
	struct json *old;

	if (!v || !json_is(object, JSON_OBJECT))
		return v;
	name = clean(a, name);
	old = json_get_n(object, name);
	if (!old)
		return json_add_n(a, object, name, v);
	if (old != v)
		json_replace(object, old, v);
	return v;
}

struct json *json_set(struct arena *a, struct json *object, const char *name, struct json *v)
{
	return json_set_n(a, object, str_from(name), v);
}

void json_set_str(struct arena *a, struct json *object, const char *name, struct str s)
{
	json_set(a, object, name, json_new_str(a, s));
}

void json_set_z(struct arena *a, struct json *object, const char *name, const char *z)
{
	json_set(a, object, name, json_new_z(a, z));
}

void json_set_int(struct arena *a, struct json *object, const char *name, int64_t v)
{
	json_set(a, object, name, json_new_int(a, v));
}

void json_set_bool(struct arena *a, struct json *object, const char *name, bool v)
{
	json_set(a, object, name, json_new_bool(a, v));
}

void json_set_null(struct arena *a, struct json *object, const char *name)
{
	json_set(a, object, name, json_new_null(a));
}

struct json *json_push(struct json *array, struct json *v)
{
	if (!v || !json_is(array, JSON_ARRAY))
		return v;
	return append(node(array), node(v));
}

/* Puts an orphan in front of a child. */
static void link_before(cJSON *parent, cJSON *at, cJSON *v)
{
	need_orphan(v);
	v->next = at;
	v->prev = at->prev;
	at->prev = v;
	if (parent->child == at)
		parent->child = v;
	else
		v->prev->next = v;
	parent->valueint++;
}

struct json *json_insert(struct json *array, size_t i, struct json *v)
{
	struct json *at = json_item(array, i);

	if (!at || !v)
		return json_push(array, v);
	link_before(node(array), node(at), node(v));
	return v;
}

struct json *json_detach(struct json *parent, struct json *v)
{
	if (!v || !node(v)->prev || !is_container(node(parent)))
		return v;
	cJSON_DetachItemViaPointer(node(parent), node(v));
	node(parent)->valueint--;
	node(v)->string = NULL;
	return v;
}

struct json *json_take_n(struct json *object, struct str name)
{
	struct json *v = json_get_n(object, name);

	return v ? json_detach(object, v) : NULL;
}

struct json *json_take(struct json *object, const char *name)
{
	return json_take_n(object, str_from(name));
}

void json_replace(struct json *parent, struct json *old, struct json *v)
{
	if (!old || !v || old == v || !is_container(node(parent)))
		return;
	node(v)->string = node(old)->string;
	link_before(node(parent), node(old), node(v));
	json_detach(parent, old);
}

void json_rename(struct arena *a, struct json *member, struct str name)
{
	if (member)
		node(member)->string = str_c(a, clean(a, name));
}
