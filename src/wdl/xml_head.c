/*
 * xml_head.c - the declaration and the document type of an XML text.
 *
 * libxml2 does not hand them out as they were written, and a document type with declarations of
 * its own must not reach it: entities live there.
 */
#include "wdl/xml_tree.h"

bool wdl_xml_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(" \t\r\n", s.p[i]))
			return false;
	return true;
}

static void skip_blanks(struct str *s)
{
	while (s->n && wdl_xml_blank(str_first(*s, 1)))
		*s = str_from_at(*s, 1);
}

/* Takes a text in quotes of either kind. */
static bool quoted(struct str *s, struct str *out)
{
	ptrdiff_t end;

	skip_blanks(s);
	if (s->n == 0 || (s->p[0] != '"' && s->p[0] != '\''))
		return false;
	end = str_find_char(str_from_at(*s, 1), s->p[0]);
	if (end < 0)
		return false;
	*out = str_n(s->p + 1, (size_t)end);
	*s = str_from_at(*s, (size_t)end + 2);
	return true;
}

/* name = "value" */
static bool pseudo_attribute(struct str *s, struct str *name, struct str *value)
{
	size_t n = 0;

	skip_blanks(s);
	while (n < s->n && s->p[n] >= 'a' && s->p[n] <= 'z')
		n++;
	*name = str_first(*s, n);
	*s = str_from_at(*s, n);
	skip_blanks(s);
	if (n == 0 || !str_starts(*s, S("=")))
		return false;
	*s = str_from_at(*s, 1);
	return quoted(s, value);
}

/* Version first, then encoding, then standalone: anything else is refused, as .NET does. */
static bool pseudo_attributes(struct arena *a, struct str head, struct wdl_xml *d,
			      struct str *message)
{
	static const char *const order[] = { "version", "encoding", "standalone" };
	struct str name, value;
	size_t at = 0;

	*message = S("Syntax for an XML declaration is invalid. Line 1, position 7.");
	for (skip_blanks(&head); head.n; skip_blanks(&head)) {
		if (!pseudo_attribute(&head, &name, &value))
			return false;
		while (at < 3 && !str_eq(name, str_from(order[at])) && d->attributes)
			at++;
		if (at >= 3 || !str_eq(name, str_from(order[at])))
			return false;
		if (at == 0 && !str_eq(value, S("1.0"))) {
			*message = S("Version number is invalid. Line 1, position 16.");
			return false;
		}
		wdl_xml_attribute(d, wdl_xml_new(a, XML_ATTRIBUTE_, name, value));
	}
	return d->attributes != NULL;
}

static bool declaration(struct arena *a, struct str *text, struct wdl_xml *document,
			struct str *message)
{
	struct wdl_xml *d = wdl_xml_new(a, XML_DECLARATION_, S("xml"), str_from(""));
	ptrdiff_t end = str_find(*text, S("?>"));

	if (!str_starts(*text, S("<?xml")) || text->n < 6 || !wdl_xml_blank(str_n(text->p + 5, 1)))
		return true;
	if (!pseudo_attributes(a, str_n(text->p + 5, end < 5 ? 0 : (size_t)end - 5), d, message))
		return false;
	wdl_xml_append(document, d);
	*text = str_from_at(*text, (size_t)end + 2);
	return true;
}

/* Goes over comments and processing instructions to the document type, if there is one. */
static bool find_doctype(struct str *s)
{
	for (;;) {
		struct str close;
		ptrdiff_t end;

		skip_blanks(s);
		if (str_starts(*s, S("<!DOCTYPE")))
			return true;
		if (str_starts(*s, S("<!--")))
			close = S("-->");
		else if (str_starts(*s, S("<?")))
			close = S("?>");
		else
			return false;
		end = str_find(*s, close);
		if (end < 0)
			return false;
		*s = str_from_at(*s, (size_t)end + close.n);
	}
}

static struct str doctype_name(struct str *s)
{
	struct str name = *s;
	size_t n = 0;

	while (n < s->n && s->p[n] != '>' && s->p[n] != '[' && !wdl_xml_blank(str_n(s->p + n, 1)))
		n++;
	*s = str_from_at(*s, n);
	return str_first(name, n);
}

static bool doctype(struct arena *a, struct str s, struct wdl_xml *document, struct str *message)
{
	struct wdl_xml *d;
	struct str public = str_from(""), system = public;

	if (!find_doctype(&s))
		return true;
	s = str_from_at(s, 9);
	skip_blanks(&s);
	d = wdl_xml_new(a, XML_DOCTYPE_, doctype_name(&s), str_from(""));
	skip_blanks(&s);
	if (str_starts(s, S("PUBLIC"))) {
		s = str_from_at(s, 6);
		if (quoted(&s, &public))
			quoted(&s, &system);
	} else if (str_starts(s, S("SYSTEM"))) {
		s = str_from_at(s, 6);
		quoted(&s, &system);
	}
	skip_blanks(&s);
	if (str_starts(s, S("["))) {
		s = str_from_at(s, 1);
		skip_blanks(&s);
		s = str_starts(s, S("]")) ? str_from_at(s, 1) : str_from("");
		skip_blanks(&s);
	}
	if (!str_starts(s, S(">"))) {
		*message = S("For security reasons DTD is prohibited in this XML document.");
		return false;
	}
	if (public.n)
		wdl_xml_attribute(d, wdl_xml_new(a, XML_ATTRIBUTE_, S("public"), public));
	if (system.n)
		wdl_xml_attribute(d, wdl_xml_new(a, XML_ATTRIBUTE_, S("system"), system));
	wdl_xml_append(document, d);
	return true;
}

bool wdl_xml_prolog(struct arena *a, struct str *text, struct wdl_xml *document,
		    struct str *message)
{
	if (!declaration(a, text, document, message) || !doctype(a, *text, document, message))
		return false;
	*message = str_from("");
	return true;
}

bool wdl_xml_encoding_known(const struct wdl_xml *document)
{
	static const char *const known[] = { "utf-8", "us-ascii", "ascii", "iso-8859-1",
					     "windows-1252" };
	const struct wdl_xml *d = document->first;
	bool found = true;

	if (!d || d->kind != XML_DECLARATION_)
		return true;
	for (const struct wdl_xml *at = d->attributes; at; at = at->next) {
		if (!str_eq(at->name, S("encoding")))
			continue;
		found = false;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found = found || str_eq_nocase(at->value, str_from(known[i]));
	}
	return found;
}
