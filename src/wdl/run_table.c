/*
 * run_table.c - tables as text, as tomdam/flowforger measured them: cells as string() writes
 * them, CSV with CRLF after every line, HTML encoded like .NET's WebUtility.HtmlEncode.
 *
 * Rows are arrays of cells; the first one has the headers.
 */
#include "base/limits.h"
#include "wdl/run_priv.h"
#include "wdl/text.h"
#include "wdl/value.h"

static struct str cell(struct arena *a, const struct json *v)
{
	struct wdl_value value = wdl_of_json(v);

	return wdl_to_text(a, &value);
}

static void add_csv(struct buf *b, struct str text)
{
	bool quote = false;

	for (size_t i = 0; i < text.n; i++)
		quote = quote || strchr("\",\r\n", text.p[i]);
	if (!quote) {
		buf_adds(b, text);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, text.p[i]);
	}
	buf_addc(b, '"');
}

struct str wrun_csv(struct arena *a, const struct json *rows)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_WDL_TEXT);
	if (!json_first(json_first(rows)))
		return S("");
	JSON_EACH(row, rows) {
		JSON_EACH(v, row) {
			if (v != json_first(row))
				buf_addc(&b, ',');
			add_csv(&b, cell(a, v));
		}
		buf_addz(&b, "\r\n");
	}
	return buf_str(&b);
}

static void add_html(struct buf *b, struct str text)
{
	static const struct {
		unsigned point;
		const char *entity;
	} entities[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" },
			 { '\'', "&#39;" } };

	for (size_t i = 0, n; i < text.n; i += n) {
		unsigned point = wdl_point(text.p + i, text.n - i, &n);
		size_t k = 0;

		while (k < sizeof(entities) / sizeof(*entities) && entities[k].point != point)
			k++;
		if (k < sizeof(entities) / sizeof(*entities))
			buf_addz(b, entities[k].entity);
		else if ((point >= 0xa0 && point <= 0xff) || point > 0xffff)
			buf_addf(b, "&#%u;", point);
		else
			buf_add(b, text.p + i, n);
	}
}

static void add_row(struct arena *a, struct buf *b, const struct json *row, const char *tag)
{
	buf_addz(b, "<tr>");
	JSON_EACH(v, row) {
		buf_addf(b, "<%s>", tag);
		add_html(b, cell(a, v));
		buf_addf(b, "</%s>", tag);
	}
	buf_addz(b, "</tr>");
}

struct str wrun_html(struct arena *a, const struct json *rows)
{
	const struct json *head = json_first(rows);
	struct buf b;

	buf_init_in(&b, a, LIMIT_WDL_TEXT);
	if (!json_first(head))
		return S("<table><tbody></tbody></table>");
	buf_addz(&b, "<table><thead>");
	add_row(a, &b, head, "th");
	buf_addz(&b, "</thead><tbody>");
	for (const struct json *row = json_next(head); row; row = json_next(row))
		add_row(a, &b, row, "td");
	buf_addz(&b, "</tbody></table>");
	return buf_str(&b);
}
