/*
 * fn_xml.c - xml(), xpath(), and the escapes of XML names and values.
 */
#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/xml.h"
#include "wdl/xml_tree.h"

static struct str none(void)
{
	return str_from("");
}

static struct str xml_type(void)
{
	return S("application/xml;charset=utf-8");
}

static bool f_xml(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str text = none(), message = none();
	bool ok;

	if (v->type == WDL_T_OBJECT && wdl_is_content(v->json)) {
		/* The bytes as they are: whether they are XML shows when they are used. */
		*out = wdl_content_base64(c->a, xml_type(), json_get_str(v->json, "$content"));
		return true;
	}
	if (v->type == WDL_T_OBJECT) {
		ok = wdl_json_to_xml(c->a, v->json, &text, &message);
	} else if (v->type == WDL_T_STRING) {
		if (!wdl_xml_available())
			return wdl_fail0(c, WDL_M_NO_XML);
		ok = wdl_xml_normal(c->a, v->s, &text, &message);
	} else {
		return wdl_fail0(c, WDL_M_CONVERT);
	}
	if (!ok)
		return wdl_fail(c, v->type == WDL_T_STRING ? WDL_M_XML : WDL_M_XML_ROOT, message,
				none(), none());
	*out = wdl_content(c->a, xml_type(), text);
	return true;
}

static bool f_xpath(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	struct str path, text, message;
	struct json *found;
	bool bad_xml;

	if (v->type != WDL_T_OBJECT || !wdl_is_content(v->json) ||
	    !wdl_is_xml_type(wdl_content_type(v->json)))
		return wdl_fail_type(c, WDL_M_XPATH_XML, v);
	if (!wdl_arg_text(c, 1, &path))
		return false;
	if (!wdl_xml_available())
		return wdl_fail0(c, WDL_M_NO_XML);
	if (!wdl_content_bytes(c->a, v->json, &text))
		return wdl_fail0(c, WDL_M_BASE64);
	if (!str_is_utf8(text))
		text = json_str(json_new_str(c->a, text));
	found = wdl_xpath(c->a, text, path, &message, &bad_xml);
	if (!found && bad_xml)
		return wdl_fail(c, WDL_M_XML, message, none(), none());
	if (!found)
		return wdl_fail(c, WDL_M_XPATH, path, message, none());
	*out = wdl_of_json(found);
	return true;
}

static bool text_argument(struct wdl_call *c, struct str *out)
{
	*out = c->args[0].s;
	return c->args[0].type == WDL_T_STRING || wdl_fail_type(c, WDL_M_ITS_STRING, &c->args[0]);
}

static bool f_encode_name(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!text_argument(c, &text))
		return false;
	*out = wdl_string(wdl_xml_encode_name(c->a, text));
	return true;
}

static bool f_decode_name(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;

	if (!text_argument(c, &text))
		return false;
	*out = wdl_string(wdl_xml_decode_name(c->a, text));
	return true;
}

static bool f_encode_value(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;
	struct buf b;

	if (!text_argument(c, &text))
		return false;
	buf_init_in(&b, c->a, (size_t)-1 / 2);
	wdl_xml_escape(&b, text, false);
	*out = wdl_string(buf_str(&b));
	return wdl_check_length(c, out->s);
}

static const struct {
	struct str entity, text;
} entities[] = {
	{ STR_INIT("&amp;"), STR_INIT("&") },   { STR_INIT("&lt;"), STR_INIT("<") },
	{ STR_INIT("&gt;"), STR_INIT(">") },    { STR_INIT("&quot;"), STR_INIT("\"") },
	{ STR_INIT("&apos;"), STR_INIT("'") },
};

static bool f_decode_value(struct wdl_call *c, struct wdl_value *out)
{
	struct str text;
	struct buf b;

	if (!text_argument(c, &text))
		return false;
	buf_init_in(&b, c->a, text.n + 1);
	while (text.n) {
		size_t i = 0;

		while (i < 5 && !str_starts(text, entities[i].entity))
			i++;
		buf_adds(&b, i < 5 ? entities[i].text : str_first(text, 1));
		text = str_from_at(text, i < 5 ? entities[i].entity.n : 1);
	}
	*out = wdl_string(buf_str(&b));
	return true;
}

const struct wdl_body wdl_xml_functions[] = {
	{ "xml", f_xml },
	{ "xpath", f_xpath },
	{ "encodeXmlName", f_encode_name },
	{ "decodeXmlName", f_decode_name },
	{ "encodeXmlValue", f_encode_value },
	{ "decodeXmlValue", f_decode_value },
	{ NULL, NULL },
};
