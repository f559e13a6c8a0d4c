/*
 * audit_file.c - the files of the usage log: names, the head's two slots, reading lines.
 *
 * Knows nothing of what the records mean or in which order they come.
 */
#include "work/audit_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX "usage-"
#define SUFFIX ".jsonl"

bool audit_file_path(const char *dir, const char *name, char out[4096])
{
	int n = snprintf(out, 4096, "%s/%s", dir, name);

	return n > 0 && n < 4096;
}

bool audit_segment_path(const char *dir, int64_t day, char out[4096])
{
	char name[64], date[11];

	audit_day_text(day, date);
	snprintf(name, sizeof(name), PREFIX "%s" SUFFIX, date);
	return audit_file_path(dir, name, out);
}

static int by_day(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int audit_segments_read(const char *dir, struct audit_segments *out)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int err = 0;

	out->count = 0;
	if (!d)
		return errno;
	while ((errno = 0, e = readdir(d)) != NULL) {
		struct str name = str_from(e->d_name);
		int64_t day;

		if (!str_starts(name, S(PREFIX)) || !str_ends(name, S(SUFFIX)) ||
		    !audit_day_parse(str_first(str_from_at(name, sizeof(PREFIX) - 1),
					       name.n - sizeof(PREFIX SUFFIX) + 1),
				     &day))
			continue;
		if (out->count == LIMIT_LOG_SEGMENTS) {
			err = EOVERFLOW;
			break;
		}
		out->days[out->count++] = day;
	}
	if (!err)
		err = errno;
	closedir(d);
	qsort(out->days, out->count, sizeof(*out->days), by_day);
	return err;
}

/* ---- the head ---- */

#define MAGIC "FLH1"

/* CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320), four bits at a time. */
static uint32_t crc32_of(const unsigned char *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc = table[(crc ^ p[i]) & 15] ^ (crc >> 4);
		crc = table[(crc ^ (p[i] >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}

static void put_le(unsigned char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (unsigned char)v;
}

static uint64_t get_le(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* Where the parts of a slot lie: magic, flags, then numbers of eight bytes, little-endian. */
enum {
	AT_FLAGS = 4,
	AT_COUNTER = 8,
	AT_DAY = 16,
	AT_SEQ = 24,
	AT_OFFSET = 32,
	AT_TIME = 40,
	AT_HOST = 48,
	AT_M = 56,
	AT_MAC = 88,
	AT_CRC = AUDIT_SLOT - 4,
};

static bool mac_of(const unsigned char *slot, struct audit_keys *k, unsigned char out[CRYPT_HASH])
{
	struct str parts[2] = { S("head"), { (const char *)slot, AT_MAC } };

	return audit_keys_mac(k, (int64_t)get_le(slot + AT_DAY, 8), parts, 2, out);
}

bool audit_head_pack(const struct audit_head *h, struct audit_keys *k,
		     unsigned char out[AUDIT_SLOT])
{
	memset(out, 0, AUDIT_SLOT);
	memcpy(out, MAGIC, 4);
	put_le(out + AT_FLAGS, h->sealed, 4);
	put_le(out + AT_COUNTER, h->counter, 8);
	put_le(out + AT_DAY, (uint64_t)h->day, 8);
	put_le(out + AT_SEQ, h->end.seq, 8);
	put_le(out + AT_OFFSET, h->offset, 8);
	put_le(out + AT_TIME, (uint64_t)h->t, 8);
	put_le(out + AT_HOST, h->host, 8);
	memcpy(out + AT_M, h->end.m, CRYPT_HASH);
	if (!mac_of(out, k, out + AT_MAC))
		return false;
	put_le(out + AT_CRC, crc32_of(out, AT_CRC), 4);
	return true;
}

enum audit_slot_state audit_head_unpack(const unsigned char slot[AUDIT_SLOT],
					struct audit_head *out)
{
	static const unsigned char nothing[AUDIT_SLOT];
	struct audit_head h = { 0 };

	if (!memcmp(slot, nothing, AUDIT_SLOT))
		return AUDIT_SLOT_EMPTY;
	if (memcmp(slot, MAGIC, 4) != 0 || get_le(slot + AT_CRC, 4) != crc32_of(slot, AT_CRC))
		return AUDIT_SLOT_DAMAGED;
	h.sealed = get_le(slot + AT_FLAGS, 4) & 1;
	h.counter = get_le(slot + AT_COUNTER, 8);
	h.day = (int64_t)get_le(slot + AT_DAY, 8);
	h.offset = get_le(slot + AT_OFFSET, 8);
	h.t = (int64_t)get_le(slot + AT_TIME, 8);
	h.host = get_le(slot + AT_HOST, 8);
	h.end.seq = get_le(slot + AT_SEQ, 8);
	memcpy(h.end.m, slot + AT_M, CRYPT_HASH);
	*out = h;
	return AUDIT_SLOT_WHOLE;
}

enum audit_proof audit_head_check(const unsigned char slot[AUDIT_SLOT], struct audit_keys *k)
{
	unsigned char mac[CRYPT_HASH];

	if (!mac_of(slot, k, mac))
		return AUDIT_NO_KEY;
	return crypt_equal(mac, slot + AT_MAC, CRYPT_HASH) ? AUDIT_PROVED : AUDIT_WRONG;
}

/* ---- lines ---- */

void audit_reader_init(struct audit_reader *r, int fd, uint64_t from)
{
	r->fd = fd;
	r->at = from;
	r->n = r->pos = 0;
	r->error = 0;
}

/* Moves what is left to the front and reads on.  False at the end of the file. */
static bool fill(struct audit_reader *r)
{
	ssize_t n;

	memmove(r->buf, r->buf + r->pos, r->n - r->pos);
	r->at += r->pos;
	r->n -= r->pos;
	r->pos = 0;
	if (r->n == sizeof(r->buf))
		return false;
	do
		n = pread(r->fd, r->buf + r->n, sizeof(r->buf) - r->n, (off_t)(r->at + r->n));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r->error = errno;
	if (n > 0)
		r->n += (size_t)n;
	return n > 0;
}

bool audit_reader_next(struct audit_reader *r, struct str *line, uint64_t *at, bool *whole)
{
	for (size_t looked = 0;;) {
		struct str left = str_n(r->buf + r->pos, r->n - r->pos);
		ptrdiff_t end = str_find_char(str_from_at(left, looked), '\n');

		*at = r->at + r->pos;
		if (end >= 0) {
			*line = str_first(left, looked + (size_t)end);
			r->pos += line->n + 1;
			*whole = true;
			return true;
		}
		looked = left.n;
		if (fill(r))
			continue;
		*line = str_n(r->buf + r->pos, r->n - r->pos);
		*whole = false;
		r->pos = r->n;
		return !r->error && line->n > 0;
	}
}
