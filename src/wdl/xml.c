/*
 * xml.c - the only user of libxml2.
 *
 * libxml2 is opened at first use, because linking it costs every start.  While one of its
 * documents is held, running out of arena memory comes back here first, to free it.
 */
#include "wdl/xml.h"

#include <dlfcn.h>
#include <libxml/xmlreader.h>
#include <libxml/xpath.h>
#include <stdio.h>

#include "base/limits.h"
#include "wdl/lex.h"
#include "wdl/text.h"
#include "wdl/value.h"
#include "wdl/xml_tree.h"

/* The library that the headers belong to. */
#if LIBXML_VERSION >= 21400
#define SONAME "libxml2.so.16"
#else
#define SONAME "libxml2.so.2"
#endif

/* Every function that is used. */
static struct {
	xmlTextReaderPtr (*reader_for_memory)(const char *, int, const char *, const char *, int);
	int (*reader_read)(xmlTextReaderPtr);
	int (*reader_type)(xmlTextReaderPtr);
	int (*reader_is_empty)(xmlTextReaderPtr);
	int (*reader_next_attribute)(xmlTextReaderPtr);
	int (*reader_to_element)(xmlTextReaderPtr);
	const xmlChar *(*reader_name)(xmlTextReaderPtr);
	const xmlChar *(*reader_value)(xmlTextReaderPtr);
	void (*reader_free)(xmlTextReaderPtr);
	xmlDocPtr (*read_memory)(const char *, int, const char *, const char *, int);
	void (*doc_free)(xmlDocPtr);
	xmlNodePtr (*doc_root)(const xmlDoc *);
	void (*unlink)(xmlNodePtr);
	void (*node_free)(xmlNodePtr);
	xmlXPathContextPtr (*xpath_context)(xmlDocPtr);
	xmlXPathObjectPtr (*xpath_eval)(const xmlChar *, xmlXPathContextPtr);
	void (*xpath_free)(xmlXPathObjectPtr);
	void (*xpath_context_free)(xmlXPathContextPtr);
	const xmlError *(*last_error)(void);
	void (*reset_error)(void);
} X;

static const struct {
	const char *name;
	void *slot;
} symbols[] = {
	{ "xmlReaderForMemory", &X.reader_for_memory },
	{ "xmlTextReaderRead", &X.reader_read },
	{ "xmlTextReaderNodeType", &X.reader_type },
	{ "xmlTextReaderIsEmptyElement", &X.reader_is_empty },
	{ "xmlTextReaderMoveToNextAttribute", &X.reader_next_attribute },
	{ "xmlTextReaderMoveToElement", &X.reader_to_element },
	{ "xmlTextReaderConstName", &X.reader_name },
	{ "xmlTextReaderConstValue", &X.reader_value },
	{ "xmlFreeTextReader", &X.reader_free },
	{ "xmlReadMemory", &X.read_memory },
	{ "xmlFreeDoc", &X.doc_free },
	{ "xmlDocGetRootElement", &X.doc_root },
	{ "xmlUnlinkNode", &X.unlink },
	{ "xmlFreeNode", &X.node_free },
	{ "xmlXPathNewContext", &X.xpath_context },
	{ "xmlXPathEvalExpression", &X.xpath_eval },
	{ "xmlXPathFreeObject", &X.xpath_free },
	{ "xmlXPathFreeContext", &X.xpath_context_free },
	{ "xmlGetLastError", &X.last_error },
	{ "xmlResetLastError", &X.reset_error },
};

enum { OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING };

bool wdl_xml_available(void)
{
	static int state; /* 0 not tried, 1 there, -1 not there */
	void *so;

	if (state)
		return state > 0;
	state = -1;
	so = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *found = dlsym(so, symbols[i].name);

		if (!found)
			return false;
		memcpy(symbols[i].slot, &found, sizeof(found));
	}
	state = 1;
	return true;
}

bool wdl_is_xml_type(struct str type)
{
	struct str media = type;
	ptrdiff_t semicolon = str_find_char(type, ';');

	if (semicolon >= 0)
		media = str_first(type, (size_t)semicolon);
	media = str_trim(media);
	return str_eq_nocase(media, S("application/xml")) || str_eq_nocase(media, S("text/xml")) ||
	       str_ends_nocase(media, S("+xml"));
}

/* ---- holding libxml2's objects across arena_alloc ---- */

struct job {
	struct arena *a;
	struct str text, path;
	xmlTextReaderPtr reader;
	xmlDocPtr doc;
	xmlXPathContextPtr context;
	xmlXPathObjectPtr object;
	struct wdl_xml *tree;
	struct json *found;
	struct str message;
	bool bytes; /* encoded as the declaration says, not text */
	bool bad_xml;
	char note[200];
};

static void release(struct job *j)
{
	if (j->object)
		X.xpath_free(j->object);
	if (j->context)
		X.xpath_context_free(j->context);
	if (j->doc)
		X.doc_free(j->doc);
	if (j->reader)
		X.reader_free(j->reader);
	j->object = NULL;
	j->context = NULL;
	j->doc = NULL;
	j->reader = NULL;
}

static void run(struct job *j, void (*work)(struct job *))
{
	jmp_buf *outer = j->a->out, here;

	if (arena_guard(j->a, &here)) {
		j->a->out = outer;
		release(j);
		arena_alloc(j->a, (size_t)-1); /* on to the caller's way out */
	}
	work(j);
	j->a->out = outer;
	release(j);
}

/* ---- reading ---- */

static struct str from_xml(struct arena *a, const xmlChar *text)
{
	return str_dup(a, str_from((const char *)text));
}

static void parse_failed(struct job *j)
{
	const xmlError *e = X.last_error();
	struct str message = S("Data at the root level is invalid.");

	j->bad_xml = true;
	if (e && e->message && wdl_trim(j->text).n && str_find_char(j->text, '<') >= 0)
		message = str_trim(str_from(e->message));
	j->message = str_fmt(j->a, "%.*s Line %d, position %d.", STR_ARG(message),
			     e && e->line > 0 ? e->line : 1, e && e->int2 > 0 ? e->int2 : 1);
}

/* libxml2 forgives it, .NET does not. */
static bool undeclared_prefix(void)
{
	const xmlError *e = X.last_error();

	return e && e->domain == XML_FROM_NAMESPACE && e->code == XML_NS_ERR_UNDEFINED_NAMESPACE;
}

static struct wdl_xml *element(struct job *j)
{
	struct str name = from_xml(j->a, X.reader_name(j->reader));
	struct wdl_xml *e = wdl_xml_new(j->a, XML_ELEMENT_, name, str_from(""));

	e->empty = X.reader_is_empty(j->reader) == 1;
	while (X.reader_next_attribute(j->reader) == 1)
		wdl_xml_attribute(e, wdl_xml_new(j->a, XML_ATTRIBUTE_,
						 from_xml(j->a, X.reader_name(j->reader)),
						 from_xml(j->a, X.reader_value(j->reader))));
	X.reader_to_element(j->reader);
	return e;
}

static void leaf(struct job *j, struct wdl_xml *into, enum wdl_xml_kind kind)
{
	wdl_xml_append(into, wdl_xml_new(j->a, kind, from_xml(j->a, X.reader_name(j->reader)),
					 from_xml(j->a, X.reader_value(j->reader))));
}

static void read_nodes(struct job *j, struct wdl_xml *document)
{
	struct wdl_xml *at = document, *e;
	int more;

	while ((more = X.reader_read(j->reader)) == 1) {
		switch (X.reader_type(j->reader)) {
		case XML_READER_TYPE_ELEMENT:
			e = element(j);
			wdl_xml_append(at, e);
			if (!e->empty)
				at = e;
			break;
		case XML_READER_TYPE_END_ELEMENT:
			at = at->parent ? at->parent : document;
			break;
		case XML_READER_TYPE_TEXT:
			if (!wdl_xml_blank(str_from((const char *)X.reader_value(j->reader))))
				leaf(j, at, XML_TEXT_);
			break;
		case XML_READER_TYPE_CDATA:
			leaf(j, at, XML_CDATA_);
			break;
		case XML_READER_TYPE_COMMENT:
			leaf(j, at, XML_COMMENT_);
			break;
		case XML_READER_TYPE_PROCESSING_INSTRUCTION:
			leaf(j, at, XML_PI_);
			break;
		default:
			break;
		}
	}
	if (more < 0 || undeclared_prefix())
		parse_failed(j);
	else
		j->tree = document;
}

/* Size, declaration, document type: what is checked before libxml2 sees the text. */
static bool prepare(struct job *j, struct wdl_xml *document)
{
	j->bad_xml = true;
	if (j->text.n > LIMIT_WDL_XML) {
		j->message = str_fmt(j->a, "The document is larger than %u bytes.", LIMIT_WDL_XML);
		return false;
	}
	if (str_starts(j->text, S("\xef\xbb\xbf")))
		j->text = str_from_at(j->text, 3);
	if (!wdl_xml_prolog(j->a, &j->text, document, &j->message))
		return false;
	if (j->bytes && !wdl_xml_encoding_known(document)) {
		j->message = S("The declared encoding is not a supported encoding.");
		return false;
	}
	if (wdl_xml_blank(j->text)) {
		j->message = S("Root element is missing.");
		return false;
	}
	j->bad_xml = false;
	return true;
}

static void read_tree(struct job *j)
{
	struct wdl_xml *document = wdl_xml_new(j->a, XML_ELEMENT_, str_from(""), str_from(""));

	if (!prepare(j, document))
		return;
	X.reset_error();
	j->reader = X.reader_for_memory(j->text.p, (int)j->text.n, NULL, "UTF-8", OPTIONS);
	if (j->reader)
		read_nodes(j, document);
	else
		parse_failed(j);
}

bool wdl_xml_normal(struct arena *a, struct str text, struct str *out, struct str *message)
{
	struct job j = { .a = a, .text = text };
	struct buf b;

	run(&j, read_tree);
	*message = j.message;
	if (!j.tree)
		return false;
	buf_init_in(&b, a, (size_t)-1 / 2);
	wdl_xml_write(&b, j.tree);
	*out = buf_str(&b);
	return true;
}

struct json *wdl_xml_to_json(struct arena *a, struct str text, struct str *message)
{
	struct job j = { .a = a, .text = text, .bytes = true };

	run(&j, read_tree);
	*message = j.message;
	return j.tree ? wdl_xml_tree_to_json(a, j.tree) : NULL;
}

bool wdl_json_to_xml(struct arena *a, const struct json *v, struct str *out, struct str *message)
{
	struct wdl_xml *tree = wdl_json_to_xml_tree(a, v, message);
	struct buf b;

	if (!tree)
		return false;
	buf_init_in(&b, a, (size_t)-1 / 2);
	wdl_xml_write(&b, tree);
	*out = buf_str(&b);
	return true;
}

/* ---- XPath ---- */

/* XmlDocument has no white space between elements; XPath must not see it either. */
static void drop_blanks(xmlNodePtr root)
{
	xmlNodePtr n = root;

	while (n) {
		xmlNodePtr next;

		if (n->type == XML_TEXT_NODE && wdl_xml_blank(str_from((const char *)n->content))) {
			next = n->next ? n->next : n->parent;
			bool up = !n->next;

			X.unlink(n);
			X.node_free(n);
			n = next;
			if (!up)
				continue;
			/* Back at the parent, whose children are done. */
		} else if (n->type == XML_ELEMENT_NODE && n->children) {
			n = n->children;
			continue;
		}
		while (n && n != root && !n->next)
			n = n->parent;
		n = !n || n == root ? NULL : n->next;
	}
}

static struct str qualified(struct arena *a, const xmlNs *ns, const xmlChar *name)
{
	if (ns && ns->prefix)
		return str_fmt(a, "%s:%s", (const char *)ns->prefix, (const char *)name);
	return from_xml(a, name);
}

static void declare(struct arena *a, struct wdl_xml *e, const xmlNs *ns)
{
	struct str name = ns->prefix ? str_fmt(a, "xmlns:%s", (const char *)ns->prefix) : S("xmlns");

	for (const struct wdl_xml *at = e->attributes; at; at = at->next)
		if (str_eq(at->name, name))
			return;
	wdl_xml_attribute(e, wdl_xml_new(a, XML_ATTRIBUTE_, name, from_xml(a, ns->href)));
}

/* True when an element from `n` up to `top` declares that name space. */
static bool declared(const xmlNode *n, const xmlNode *top, const xmlNs *ns)
{
	for (; n; n = n->parent) {
		for (const xmlNs *d = n->nsDef; d; d = d->next)
			if (d == ns)
				return true;
		if (n == top)
			break;
	}
	return false;
}

static struct wdl_xml *copy_node(struct arena *a, const xmlNode *n, const xmlNode *top)
{
	struct wdl_xml *e;

	switch (n->type) {
	case XML_TEXT_NODE:
		return wdl_xml_new(a, XML_TEXT_, str_from(""), from_xml(a, n->content));
	case XML_CDATA_SECTION_NODE:
		return wdl_xml_new(a, XML_CDATA_, str_from(""), from_xml(a, n->content));
	case XML_COMMENT_NODE:
		return wdl_xml_new(a, XML_COMMENT_, str_from(""), from_xml(a, n->content));
	case XML_PI_NODE:
		return wdl_xml_new(a, XML_PI_, from_xml(a, n->name), from_xml(a, n->content));
	case XML_ELEMENT_NODE:
		break;
	default:
		return NULL;
	}
	e = wdl_xml_new(a, XML_ELEMENT_, qualified(a, n->ns, n->name), str_from(""));
	e->empty = true;
	for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
		declare(a, e, ns);
	if (n->ns && !declared(n, top, n->ns))
		declare(a, e, n->ns);
	for (const xmlAttr *at = n->properties; at; at = at->next) {
		/* One text: entities of one's own are refused before. */
		struct str text = at->children ? from_xml(a, at->children->content) : str_from("");
		struct str name = qualified(a, at->ns, at->name);

		if (at->ns && !declared(n, top, at->ns) &&
		    !str_eq(str_from((const char *)at->ns->prefix), S("xml")))
			declare(a, e, at->ns);
		wdl_xml_attribute(e, wdl_xml_new(a, XML_ATTRIBUTE_, name, text));
	}
	for (const xmlNode *c = n->children; c; c = c->next) {
		struct wdl_xml *child = copy_node(a, c, top);

		if (child)
			wdl_xml_append(e, child);
	}
	return e;
}

static struct json *node_json(struct job *j, const xmlNode *n)
{
	struct wdl_value content;
	struct wdl_xml *copy;
	struct buf b;

	if (n->type == XML_ATTRIBUTE_NODE)
		return json_new_str(j->a, n->children ? from_xml(j->a, n->children->content)
						      : str_from(""));
	if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE ||
	    n->type == XML_COMMENT_NODE || n->type == XML_PI_NODE)
		return json_new_str(j->a, from_xml(j->a, n->content));
	if (n->type == XML_NAMESPACE_DECL)
		return json_new_str(j->a, from_xml(j->a, ((const xmlNs *)(const void *)n)->href));
	if (n->type == XML_DOCUMENT_NODE)
		n = X.doc_root(j->doc);
	copy = n ? copy_node(j->a, n, n) : NULL;
	buf_init_in(&b, j->a, (size_t)-1 / 2);
	if (copy)
		wdl_xml_write_node(&b, copy);
	content = wdl_content(j->a, S("application/xml;charset=utf-8"), buf_str(&b));
	return wdl_to_json(j->a, &content);
}

static struct json *object_json(struct job *j)
{
	const xmlXPathObject *o = j->object;
	struct wdl_value v;
	struct json *list;

	switch (o->type) {
	case XPATH_NODESET:
	case XPATH_XSLT_TREE:
		list = json_new_array(j->a);
		for (int i = 0; o->nodesetval && i < o->nodesetval->nodeNr; i++)
			json_push(list, node_json(j, o->nodesetval->nodeTab[i]));
		return list;
	case XPATH_BOOLEAN:
		return json_new_bool(j->a, o->boolval != 0);
	case XPATH_NUMBER:
		v = wdl_float(o->floatval);
		return wdl_to_json(j->a, &v);
	case XPATH_STRING:
		return json_new_str(j->a, from_xml(j->a, o->stringval));
	default:
		return json_new_null(j->a);
	}
}

/* libxml2 reports here; the last error says it well enough. */
static void quiet(void *arg, const xmlError *e)
{
	struct job *j = arg;

	/* No arena here: running out of it would jump over libxml2. */
	if (e && e->message && !j->note[0])
		snprintf(j->note, sizeof(j->note), "%s", e->message);
}

static void evaluate(struct job *j)
{
	struct wdl_xml *scratch = wdl_xml_new(j->a, XML_ELEMENT_, str_from(""), str_from(""));
	const char *path = str_c(j->a, j->path);

	if (!prepare(j, scratch))
		return;
	X.reset_error();
	j->doc = X.read_memory(j->text.p, (int)j->text.n, NULL, "UTF-8", OPTIONS);
	if (!j->doc || undeclared_prefix()) {
		parse_failed(j);
		return;
	}
	drop_blanks(X.doc_root(j->doc));
	j->context = X.xpath_context(j->doc);
	if (!j->context)
		return;
	j->context->opLimit = LIMIT_WDL_XPATH_STEPS;
	j->context->userData = j;
	j->context->error = (xmlStructuredErrorFunc)(void (*)(void))quiet;
	j->object = X.xpath_eval((const xmlChar *)path, j->context);
	if (j->object)
		j->found = object_json(j);
	else
		j->message = str_dup(j->a, str_trim(j->note[0] ? str_from(j->note)
							       : S("Expression must evaluate to a node-set.")));
}

struct json *wdl_xpath(struct arena *a, struct str xml, struct str path, struct str *message,
		       bool *bad_xml)
{
	struct job j = { .a = a, .text = xml, .path = path, .bytes = true };

	run(&j, evaluate);
	*message = j.message;
	*bad_xml = j.bad_xml;
	return j.found;
}
