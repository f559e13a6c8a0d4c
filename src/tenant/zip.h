/*
 * zip.h - zip files in memory: written stored, read stored or deflated.
 *
 * Source: PKWARE's APPNOTE 6.3, without zip64, encryption and spanning.
 */
#ifndef TENANT_ZIP_H
#define TENANT_ZIP_H

#include "base/buf.h"

enum { ZIP_ENTRIES = 64 };

struct zip {
	struct buf *out;
	struct {
		struct str name;
		uint32_t at, size, crc;
	} entry[ZIP_ENTRIES];
	unsigned count;
};

/* Entries go to the end of `out`, which must be empty; names are borrowed until zip_end. */
void zip_begin(struct zip *z, struct buf *out);
void zip_add(struct zip *z, struct str name, struct str bytes);
void zip_end(struct zip *z);

/* The bytes of the entry with that name (or, with `tail`, the first whose name ends so), in the
 * arena; p NULL when there is none, it is broken or larger than `most`. */
struct str zip_get(struct arena *a, struct str file, struct str name, bool tail, size_t most);

#endif
