/*
 * xml.h - XML for json(), xml() and xpath(): the only user of libxml2, opened when first needed.
 *
 * Follows .NET's XmlDocument (white space between elements is dropped) and Newtonsoft's
 * conversion between XML and JSON.  No network, no external entities, no entity declarations,
 * bounded size and bounded XPath steps.
 */
#ifndef WDL_XML_H
#define WDL_XML_H

#include "text/json.h"

/* False when libxml2 is not installed. */
bool wdl_xml_available(void);
/* True for application/xml, text/xml and anything that ends in +xml, with parameters. */
bool wdl_is_xml_type(struct str content_type);

/* The document written out again as .NET does: <a />, no blanks between elements.  False with
 * *message set when it is not well formed. */
bool wdl_xml_normal(struct arena *a, struct str text, struct str *out, struct str *message);
/* NULL with *message set when the text is not well formed. */
struct json *wdl_xml_to_json(struct arena *a, struct str text, struct str *message);
/* An object with one root member (and "?xml") as a document.  False with *message. */
bool wdl_json_to_xml(struct arena *a, const struct json *v, struct str *out, struct str *message);

/* A node-set as an array (elements as content of type application/xml, the rest as text), or a
 * number, text or boolean.  NULL with *message set; *bad_xml says whose fault it is. */
struct json *wdl_xpath(struct arena *a, struct str xml, struct str path, struct str *message,
		       bool *bad_xml);

#endif
