/*
 * fuzz_package.c - any bytes as a package, entries of a well-formed zip, any JSON as a flow: each is
 * told or handed out, and every place that is found lies in the text and reads the same in bytes
 * and in characters.
 *
 * The first byte chooses: a zip as it is, a zip made of the entries that follow (path, content,
 * each up to a zero byte), or JSON.
 */
#include <stdlib.h>

#include "wdl/lint.h"
#include "work/package_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

/* ---- what is handed out ---- */

enum { SPOTS = 64 };

static void check_place(struct str text, const struct package_place *p)
{
	struct str piece;
	size_t characters = 0;

	must(p->found && p->byte <= text.n && p->bytes <= text.n - p->byte);
	must(p->line >= 1 && p->column >= 1 && p->end_line >= p->line && p->end_column >= 1);
	must(p->character <= p->byte && p->characters <= p->bytes);
	piece = str_n(text.p + p->byte, p->bytes);
	must(str_is_utf8(piece));
	for (size_t i = 0; i < piece.n; i++)
		characters += (piece.p[i] & 0xc0) != 0x80;
	must(characters == p->characters);
}

struct collect {
	struct arena *a;
	struct package_spot spots[SPOTS];
	size_t n;
	struct buf pointer;
};

static void collect(struct collect *c, const struct json *v)
{
	size_t had = c->pointer.n, i = 0;

	if (c->n == SPOTS)
		return;
	c->spots[c->n].pointer = str_dup(c->a, buf_str(&c->pointer));
	c->spots[c->n].has_offset = c->n & 1;
	c->spots[c->n].offset = c->n / 2;
	c->n++;
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY))
		return;
	JSON_EACH(child, v) {
		json_pointer_add(&c->pointer, json_is(v, JSON_OBJECT) ? json_name(child) :
								str_fmt(c->a, "%zu", i++));
		collect(c, child);
		c->pointer.n = had;
	}
}

static size_t told;

static void on_flow(void *arg, struct arena *a, const struct package_flow *f)
{
	struct collect *c = arena_alloc(a, sizeof(*c));
	struct lint_report r;

	(void)arg;
	told++;
	must(f->document && f->text.n && f->file.n);
	c->a = a;
	buf_init_in(&c->pointer, a, 1 << 20);
	collect(c, f->document);
	package_locate(a, f, c->spots, c->n);
	for (size_t i = 0; i < c->n; i++)
		check_place(f->text, &c->spots[i].place);
	r = lint_document(a, f->document);
	must(r.usable || r.why);
}

static void on_unusable(void *arg, struct str path, struct str why)
{
	(void)arg;
	told++;
	must(path.n && why.n);
}

/* ---- a zip of entries ---- */

static void put(struct buf *b, size_t bytes, uint32_t v)
{
	for (size_t i = 0; i < bytes; i++)
		buf_addc(b, (char)(i < 4 ? v >> (8 * i) : 0));
}

static uint32_t crc(struct str s)
{
	uint32_t c = 0xffffffffu;

	for (size_t i = 0; i < s.n; i++) {
		c ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

static void header(struct buf *b, bool central, struct str path, struct str content, size_t offset)
{
	put(b, 4, central ? 0x02014b50 : 0x04034b50);
	if (central)
		put(b, 2, 20);
	put(b, 2, 20);
	put(b, 8, 0);
	put(b, 4, crc(content));
	put(b, 4, (uint32_t)content.n);
	put(b, 4, (uint32_t)content.n);
	put(b, 2, (uint32_t)path.n);
	put(b, 2, 0);
	if (central) {
		put(b, 10, 0);
		put(b, 4, (uint32_t)offset);
	}
	buf_adds(b, path);
	if (!central)
		buf_adds(b, content);
}

static struct str zip(struct arena *a, struct str entries)
{
	struct str path = S(""), content = S("");
	struct buf b, directory;
	size_t start, count = 0;

	buf_init_in(&b, a, 1 << 22);
	buf_init_in(&directory, a, 1 << 22);
	while (str_cut(&entries, '\0', &path) && str_cut(&entries, '\0', &content) && path.n < 60000) {
		size_t at = b.n;

		header(&b, false, path, content, 0);
		header(&directory, true, path, content, at);
		count++;
	}
	start = b.n;
	buf_adds(&b, buf_str(&directory));
	put(&b, 4, 0x06054b50);
	put(&b, 4, 0);
	put(&b, 2, (uint32_t)count);
	put(&b, 2, (uint32_t)count);
	put(&b, 4, (uint32_t)directory.n);
	put(&b, 4, (uint32_t)start);
	put(&b, 2, 0);
	return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct package_sink sink = { NULL, on_flow, on_unusable };
	struct arena a;
	struct str s;

	if (size == 0)
		return 0;
	s = str_n((const char *)data + 1, size - 1);
	arena_init(&a, (size_t)64 << 20);
	told = 0;
	package_read_bytes(S("file"), data[0] % 3 == 1 ? zip(&a, s) : s, &sink);
	must(told > 0);
	arena_release(&a);
	return 0;
}
