/*
 * view.c - the pages, included by the assembler, and putting data into them.
 *
 * Knows where data goes in a page; must not know what the data is.
 */
#include "front/view.h"

__asm__(".pushsection .rodata\n"
	".global view_run_page\n.hidden view_run_page\nview_run_page:\n"
	".incbin \"src/front/view/run.html\"\n"
	".byte 0\n"
	".popsection\n");

/* Stands in the page where the data goes; no JSON, so a page without data knows that. */
static const char place[] = "FLOWLATCH-DATA";

/* "</script>" and "<!--" end or change a script element whatever stands around them, and the line
 * separators end lines of older readers.  Inside of JSON, these can stand in strings only. */
static void add_data(struct buf *b, struct str json)
{
	for (size_t i = 0; i < json.n; i++) {
		unsigned char c = (unsigned char)json.p[i];

		if (c == '<' || c == '>' || c == '&')
			buf_addf(b, "\\u%04x", c);
		else if (i + 2 < json.n && c == 0xe2 && (unsigned char)json.p[i + 1] == 0x80 &&
			 ((unsigned char)json.p[i + 2] | 1) == 0xa9) {
			buf_addf(b, "\\u%04x", 0x2028 + ((unsigned char)json.p[i + 2] & 1));
			i += 2;
		} else
			buf_addc(b, (char)c);
	}
}

void view_run_write(struct buf *b, struct str json)
{
	struct str page = str_from(view_run_page);
	ptrdiff_t at = str_find(page, str_from(place));

	if (at < 0)
		return;
	buf_adds(b, str_first(page, (size_t)at));
	add_data(b, json);
	buf_adds(b, str_from_at(page, (size_t)at + sizeof(place) - 1));
}
