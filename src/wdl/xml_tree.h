/*
 * xml_tree.h - a small XML tree in an arena, between libxml2, text and JSON.  Internal.
 */
#ifndef WDL_XML_TREE_H
#define WDL_XML_TREE_H

#include "text/json.h"

enum wdl_xml_kind {
	XML_ELEMENT_,
	XML_ATTRIBUTE_,
	XML_TEXT_,
	XML_CDATA_,
	XML_COMMENT_,
	XML_PI_,
	XML_DECLARATION_, /* attributes: version, encoding, standalone */
	XML_DOCTYPE_,     /* name; attributes: public, system */
};

struct wdl_xml {
	enum wdl_xml_kind kind;
	bool empty; /* ELEMENT: written <a/> and not <a></a> */
	struct str name, value;
	struct wdl_xml *attributes, *last_attribute;
	struct wdl_xml *first, *last, *next, *parent;
};

struct wdl_xml *wdl_xml_new(struct arena *a, enum wdl_xml_kind kind, struct str name,
			    struct str value);
void wdl_xml_append(struct wdl_xml *parent, struct wdl_xml *child);
void wdl_xml_attribute(struct wdl_xml *element, struct wdl_xml *attribute);
/* True when there is nothing but XML's white space. */
bool wdl_xml_blank(struct str s);
/* Takes the declaration off *text and appends it and the document type to `document`.  False
 * with *message when they are ill-formed or the document type has declarations of its own. */
bool wdl_xml_prolog(struct arena *a, struct str *text, struct wdl_xml *document,
		    struct str *message);
/* False when the document's declaration names an encoding that its text cannot have. */
bool wdl_xml_encoding_known(const struct wdl_xml *document);
/* As XmlDocument.OuterXml writes; `root` is a node without a name of its own (the document). */
void wdl_xml_write(struct buf *b, const struct wdl_xml *root);
void wdl_xml_write_node(struct buf *b, const struct wdl_xml *n);

/* Newtonsoft's conversions (JsonConvert.SerializeXmlNode and DeserializeXmlNode). */
struct json *wdl_xml_tree_to_json(struct arena *a, const struct wdl_xml *document);
struct wdl_xml *wdl_json_to_xml_tree(struct arena *a, const struct json *v, struct str *message);

/* XmlConvert.EncodeLocalName and DecodeName: _xHHHH_ for what a name may not hold. */
struct str wdl_xml_encode_name(struct arena *a, struct str name);
struct str wdl_xml_decode_name(struct arena *a, struct str name);
void wdl_xml_escape(struct buf *b, struct str text, bool attribute);

#endif
