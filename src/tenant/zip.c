/*
 * zip.c - zip files in memory.
 *
 * Everything that is read was written by a stranger: each offset is checked against the file.
 */
#include "tenant/zip.h"

#include <zlib.h>

enum {
	LOCAL = 0x04034b50,
	CENTRAL = 0x02014b50,
	END = 0x06054b50,
	LOCAL_SIZE = 30,
	CENTRAL_SIZE = 46,
	END_SIZE = 22,
	UTF8_NAME = 0x800,
	STORED = 0,
	DEFLATED = 8,
};

/* ---- writing ---- */

static void put(struct buf *b, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_addc(b, (char)(v >> (8 * i)));
}

void zip_begin(struct zip *z, struct buf *out)
{
	*z = (struct zip){ .out = out };
}

/* What both headers share: version needed to the extra field's length. */
static void put_common(struct zip *z, unsigned i)
{
	put(z->out, 20, 2);
	put(z->out, UTF8_NAME, 2);
	put(z->out, STORED, 2);
	put(z->out, 0, 2);      /* time: midnight */
	put(z->out, 0x5b21, 2); /* 2025-09-01: the same bytes for the same flow */
	put(z->out, z->entry[i].crc, 4);
	put(z->out, z->entry[i].size, 4);
	put(z->out, z->entry[i].size, 4);
	put(z->out, (uint32_t)z->entry[i].name.n, 2);
	put(z->out, 0, 2);
}

void zip_add(struct zip *z, struct str name, struct str bytes)
{
	unsigned i = z->count;

	if (i == ZIP_ENTRIES)
		return;
	z->count++;
	z->entry[i].name = name;
	z->entry[i].at = (uint32_t)z->out->n;
	z->entry[i].size = (uint32_t)bytes.n;
	z->entry[i].crc = (uint32_t)crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n);
	put(z->out, LOCAL, 4);
	put_common(z, i);
	buf_adds(z->out, name);
	buf_adds(z->out, bytes);
}

void zip_end(struct zip *z)
{
	uint32_t at = (uint32_t)z->out->n, size;

	for (unsigned i = 0; i < z->count; i++) {
		put(z->out, CENTRAL, 4);
		put(z->out, 20, 2);
		put_common(z, i);
		put(z->out, 0, 2); /* comment */
		put(z->out, 0, 2); /* disk */
		put(z->out, 0, 2);
		put(z->out, 0, 4);
		put(z->out, z->entry[i].at, 4);
		buf_adds(z->out, z->entry[i].name);
	}
	size = (uint32_t)z->out->n - at;
	put(z->out, END, 4);
	put(z->out, 0, 4);
	put(z->out, z->count, 2);
	put(z->out, z->count, 2);
	put(z->out, size, 4);
	put(z->out, at, 4);
	put(z->out, 0, 2);
}

/* ---- reading ---- */

static uint32_t get(const char *p, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* The end record is the last thing but for a comment. */
static const char *find_end(struct str file)
{
	for (size_t i = file.n >= END_SIZE ? file.n - END_SIZE + 1 : 0; i-- > 0;)
		if (get(file.p + i, 4) == END)
			return file.p + i;
	return NULL;
}

static struct str inflated(struct arena *a, struct str packed, size_t size)
{
	char *out = arena_alloc(a, size + 1);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.n,
		       .next_out = (Bytef *)out, .avail_out = (uInt)size + 1 };
	int rc;

	if (inflateInit2(&z, -15) != Z_OK)
		return (struct str){ NULL, 0 };
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (rc != Z_STREAM_END || z.total_out != size)
		return (struct str){ NULL, 0 };
	return str_n(out, size);
}

/* The entry behind a central header. */
static struct str unpack(struct arena *a, struct str file, const char *central, size_t most)
{
	uint32_t method = get(central + 10, 2), crc = get(central + 16, 4);
	size_t packed = get(central + 20, 4), size = get(central + 24, 4);
	size_t at = get(central + 42, 4), from;
	struct str bytes;

	if (size > most || at > file.n || file.n - at < LOCAL_SIZE ||
	    get(file.p + at, 4) != LOCAL)
		return (struct str){ NULL, 0 };
	from = at + LOCAL_SIZE + get(file.p + at + 26, 2) + get(file.p + at + 28, 2);
	if (from > file.n || packed > file.n - from)
		return (struct str){ NULL, 0 };
	bytes = str_n(file.p + from, packed);
	if (method == DEFLATED)
		bytes = inflated(a, bytes, size);
	else if (method != STORED || packed != size)
		return (struct str){ NULL, 0 };
	if (bytes.p && crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n) != crc)
		return (struct str){ NULL, 0 };
	return bytes;
}

struct str zip_get(struct arena *a, struct str file, struct str name, bool tail, size_t most)
{
	const char *end = find_end(file);
	size_t at = end ? get(end + 16, 4) : 0, count = end ? get(end + 10, 2) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *p = file.p + at;
		size_t name_size;
		struct str have;

		if (at > file.n || file.n - at < CENTRAL_SIZE || get(p, 4) != CENTRAL)
			break;
		name_size = get(p + 28, 2);
		if (name_size > file.n - at - CENTRAL_SIZE)
			break;
		have = str_n(p + CENTRAL_SIZE, name_size);
		if (tail ? str_ends(have, name) : str_eq(have, name))
			return unpack(a, file, p, most);
		at += CENTRAL_SIZE + name_size + get(p + 30, 2) + get(p + 32, 2);
	}
	return (struct str){ NULL, 0 };
}
