/*
 * xml_tree.c - writing XML as .NET does, and Newtonsoft's mapping between XML and JSON.
 *
 * Depth is bounded by libxml2 (256 levels) on one side and by the JSON reader on the other.
 */
#include "wdl/xml_tree.h"

#include "base/limits.h"
#include "wdl/index.h"
#include "wdl/text.h"

struct wdl_xml *wdl_xml_new(struct arena *a, enum wdl_xml_kind kind, struct str name,
			    struct str value)
{
	struct wdl_xml *n = arena_alloc(a, sizeof(*n));

	n->kind = kind;
	n->name = name;
	n->value = value;
	return n;
}

void wdl_xml_append(struct wdl_xml *parent, struct wdl_xml *child)
{
	child->parent = parent;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

void wdl_xml_attribute(struct wdl_xml *element, struct wdl_xml *attribute)
{
	if (element->last_attribute)
		element->last_attribute->next = attribute;
	else
		element->attributes = attribute;
	element->last_attribute = attribute;
}

/* ---- writing ---- */

void wdl_xml_escape(struct buf *b, struct str text, bool attribute)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '&')
			buf_addz(b, "&amp;");
		else if (c == '<')
			buf_addz(b, "&lt;");
		else if (c == '>')
			buf_addz(b, "&gt;");
		else if (attribute && c == '"')
			buf_addz(b, "&quot;");
		else if (c == '\r' || (attribute && (c == '\n' || c == '\t')))
			buf_addf(b, "&#x%X;", (unsigned)c);
		else
			buf_addc(b, c);
	}
}

static void attributes(struct buf *b, const struct wdl_xml *n)
{
	for (const struct wdl_xml *at = n->attributes; at; at = at->next) {
		buf_addf(b, " %.*s=\"", STR_ARG(at->name));
		wdl_xml_escape(b, at->value, true);
		buf_addc(b, '"');
	}
}

static void doctype(struct buf *b, const struct wdl_xml *n)
{
	const struct wdl_xml *first = n->attributes;

	buf_addf(b, "<!DOCTYPE %.*s", STR_ARG(n->name));
	if (first && str_eq(first->name, S("public")))
		buf_addf(b, " PUBLIC \"%.*s\"", STR_ARG(first->value));
	else if (first)
		buf_addf(b, " SYSTEM \"%.*s\"", STR_ARG(first->value));
	if (first && first->next)
		buf_addf(b, " \"%.*s\"", STR_ARG(first->next->value));
	buf_addc(b, '>');
}

void wdl_xml_write_node(struct buf *b, const struct wdl_xml *n)
{
	switch (n->kind) {
	case XML_TEXT_:
	case XML_ATTRIBUTE_:
		wdl_xml_escape(b, n->value, false);
		break;
	case XML_CDATA_:
		buf_addf(b, "<![CDATA[%.*s]]>", STR_ARG(n->value));
		break;
	case XML_COMMENT_:
		buf_addf(b, "<!--%.*s-->", STR_ARG(n->value));
		break;
	case XML_PI_:
		buf_addf(b, "<?%.*s%s%.*s?>", STR_ARG(n->name), n->value.n ? " " : "", STR_ARG(n->value));
		break;
	case XML_DECLARATION_:
		buf_addz(b, "<?xml");
		attributes(b, n);
		buf_addz(b, "?>");
		break;
	case XML_DOCTYPE_:
		doctype(b, n);
		break;
	case XML_ELEMENT_:
		buf_addc(b, '<');
		buf_adds(b, n->name);
		attributes(b, n);
		if (!n->first && n->empty) {
			buf_addz(b, " />");
			break;
		}
		buf_addc(b, '>');
		wdl_xml_write(b, n);
		buf_addf(b, "</%.*s>", STR_ARG(n->name));
		break;
	}
}

void wdl_xml_write(struct buf *b, const struct wdl_xml *root)
{
	for (const struct wdl_xml *n = root->first; n; n = n->next)
		wdl_xml_write_node(b, n);
}

/* ---- names ---- */

static bool name_char(unsigned c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80)
		return c != 0xd7 && c != 0xf7 && !(c >= 0x80 && c < 0xb7);
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

/* _xHHHH_ in the text would be decoded again: its first _ is escaped too. */
static bool looks_escaped(struct str s)
{
	if (s.n < 7 || s.p[0] != '_' || s.p[1] != 'x' || s.p[6] != '_')
		return false;
	for (size_t i = 2; i < 6; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]) || !s.p[i])
			return false;
	return true;
}

struct str wdl_xml_encode_name(struct arena *a, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, name.n * 14 + 16);
	for (size_t i = 0; i < name.n;) {
		size_t length;
		unsigned c = wdl_point(name.p + i, name.n - i, &length);

		if (!name_char(c, i == 0) || looks_escaped(str_from_at(name, i)))
			buf_addf(&b, c > 0xffff ? "_x%08X_" : "_x%04X_", c);
		else
			buf_add(&b, name.p + i, length);
		i += length;
	}
	return buf_str(&b);
}

struct str wdl_xml_decode_name(struct arena *a, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, name.n + 8);
	for (size_t i = 0; i < name.n; i++) {
		unsigned c = 0;

		if (!looks_escaped(str_from_at(name, i))) {
			buf_addc(&b, name.p[i]);
			continue;
		}
		for (size_t k = 2; k < 6; k++) {
			char h = name.p[i + k];

			c = c * 16 + (unsigned)(h <= '9' ? h - '0' : (h | 32) - 'a' + 10);
		}
		wdl_add_point(&b, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
		i += 6;
	}
	return buf_str(&b);
}

/* ---- XML to JSON ---- */

static struct str json_key(struct arena *a, const struct wdl_xml *n)
{
	switch (n->kind) {
	case XML_ATTRIBUTE_:
		return str_fmt(a, "@%.*s", STR_ARG(wdl_xml_decode_name(a, n->name)));
	case XML_TEXT_:
		return S("#text");
	case XML_CDATA_:
		return S("#cdata-section");
	case XML_COMMENT_:
		return S("#comment");
	case XML_PI_:
		return str_fmt(a, "?%.*s", STR_ARG(n->name));
	case XML_DECLARATION_:
		return S("?xml");
	case XML_DOCTYPE_:
		return S("!DOCTYPE");
	case XML_ELEMENT_:
		break;
	}
	return wdl_xml_decode_name(a, n->name);
}

static struct json *node_value(struct arena *a, const struct wdl_xml *n);

/* Children of one name become one member; several make an array.  A single comment is written as
 * a JSON comment by Newtonsoft, which is lost; several leave an empty array. */
static void add_child(struct arena *a, struct wdl_index *x, const struct wdl_xml *c)
{
	struct str key = json_key(a, c);
	struct json *old = wdl_index_get(x, key), *list;

	if (c->kind == XML_COMMENT_) {
		wdl_index_put(a, x, key, old ? json_new_array(a) : json_new_null(a));
	} else if (!old) {
		wdl_index_put(a, x, key, node_value(a, c));
	} else if (json_is(old, JSON_ARRAY)) {
		json_push(old, node_value(a, c));
	} else {
		list = json_new_array(a);
		wdl_index_put(a, x, key, list);
		json_push(list, old);
		json_push(list, node_value(a, c));
	}
}

static void add_children(struct arena *a, struct json *object, const struct wdl_xml *n)
{
	struct wdl_index x = { .object = object };

	for (const struct wdl_xml *at = n->attributes; at; at = at->next)
		wdl_index_put(a, &x, json_key(a, at), json_new_str(a, at->value));
	for (const struct wdl_xml *c = n->first; c; c = c->next)
		add_child(a, &x, c);
	if (json_is(json_get(object, "#comment"), JSON_NULL))
		json_take(object, "#comment");
}

static struct json *node_value(struct arena *a, const struct wdl_xml *n)
{
	struct json *object;

	if (n->kind == XML_TEXT_ || n->kind == XML_CDATA_ || n->kind == XML_PI_)
		return json_new_str(a, n->value);
	if (n->kind == XML_ELEMENT_ && !n->attributes) {
		if (!n->first)
			return n->empty ? json_new_null(a) : json_new_z(a, "");
		if (!n->first->next && n->first->kind == XML_TEXT_)
			return json_new_str(a, n->first->value);
	}
	object = json_new_object(a);
	if (n->kind == XML_DOCTYPE_)
		json_set_str(a, object, "@name", n->name);
	add_children(a, object, n);
	return object;
}

struct json *wdl_xml_tree_to_json(struct arena *a, const struct wdl_xml *document)
{
	struct json *object = json_new_object(a);

	add_children(a, object, document);
	return object;
}

/* ---- JSON to XML ---- */

struct builder {
	struct arena *a;
	struct str message;
	bool failed;
};

static struct str scalar_text(struct arena *a, const struct json *v)
{
	if (json_is(v, JSON_STRING))
		return json_str(v);
	return json_is(v, JSON_NULL) ? str_from("") : json_text(a, v);
}

/* A prefix that is not bound is dropped with its colon. */
static struct str element_name(struct arena *a, struct str key)
{
	ptrdiff_t colon = str_find_char(key, ':');

	if (colon > 0 && (size_t)colon + 1 < key.n)
		key = str_from_at(key, (size_t)colon + 1);
	return wdl_xml_encode_name(a, key);
}

static void add_json(struct builder *w, struct wdl_xml *parent, struct str key,
		     const struct json *v);

static void add_element(struct builder *w, struct wdl_xml *parent, struct str key,
			const struct json *v)
{
	struct wdl_xml *e = wdl_xml_new(w->a, XML_ELEMENT_, element_name(w->a, key), str_from(""));

	e->empty = true;
	wdl_xml_append(parent, e);
	if (json_is(v, JSON_OBJECT)) {
		JSON_EACH(member, v)
			add_json(w, e, json_name(member), member);
	} else if (!json_is(v, JSON_NULL)) {
		struct str text = scalar_text(w->a, v);

		if (text.n)
			wdl_xml_append(e, wdl_xml_new(w->a, XML_TEXT_, str_from(""), text));
		else
			e->empty = false;
	}
}

static void add_special(struct builder *w, struct wdl_xml *parent, struct str key,
			const struct json *v)
{
	struct str text = scalar_text(w->a, v);

	if (str_eq(key, S("#text"))) {
		wdl_xml_append(parent, wdl_xml_new(w->a, XML_TEXT_, key, text));
	} else if (str_find(text, S("]]>")) >= 0) {
		w->failed = true;
		w->message = S("Cannot have ']]>' inside an XML CDATA block.");
	} else {
		wdl_xml_append(parent, wdl_xml_new(w->a, XML_CDATA_, key, text));
	}
}

static void add_json(struct builder *w, struct wdl_xml *parent, struct str key,
		     const struct json *v)
{
	if (w->failed)
		return;
	if (json_is(v, JSON_ARRAY)) {
		JSON_EACH(item, v)
			add_json(w, parent, key, item);
	} else if (str_starts(key, S("@")) && key.n > 1 && parent->kind == XML_ELEMENT_ &&
		   parent->name.n &&
		   !json_is(v, JSON_OBJECT)) {
		struct str name = str_from_at(key, 1);

		if (!str_starts(name, S("xmlns:")))
			name = wdl_xml_encode_name(w->a, name);
		wdl_xml_attribute(parent, wdl_xml_new(w->a, XML_ATTRIBUTE_, name,
						      scalar_text(w->a, v)));
	} else if (str_eq(key, S("#text")) || str_eq(key, S("#cdata-section"))) {
		add_special(w, parent, key, v);
	} else {
		add_element(w, parent, key, v);
	}
}

static void add_declaration(struct builder *w, struct wdl_xml *document, const struct json *v)
{
	static const char *const names[] = { "version", "encoding", "standalone" };
	struct wdl_xml *d = wdl_xml_new(w->a, XML_DECLARATION_, S("xml"), str_from(""));

	for (size_t i = 0; i < 3; i++) {
		const struct json *at = json_get_n(v, str_fmt(w->a, "@%s", names[i]));

		if (json_is(at, JSON_STRING))
			wdl_xml_attribute(d, wdl_xml_new(w->a, XML_ATTRIBUTE_, str_from(names[i]),
							 json_str(at)));
	}
	wdl_xml_append(document, d);
}

struct wdl_xml *wdl_json_to_xml_tree(struct arena *a, const struct json *v, struct str *message)
{
	struct builder w = { .a = a };
	struct wdl_xml *document = wdl_xml_new(a, XML_ELEMENT_, str_from(""), str_from(""));
	unsigned roots = 0;

	JSON_EACH(member, v) {
		struct str key = json_name(member);

		if (str_eq(key, S("?xml")) && json_is(member, JSON_OBJECT)) {
			add_declaration(&w, document, member);
			continue;
		}
		roots += json_is(member, JSON_ARRAY) ? (unsigned)json_count(member) : 1;
		if (roots > 1) {
			*message = S("JSON root object has multiple properties. The root object must have a "
				     "single property in order to create a valid XML document. Consider "
				     "specifying a DeserializeRootElementName.");
			return NULL;
		}
		add_json(&w, document, key, member);
	}
	*message = w.message;
	return w.failed ? NULL : document;
}
