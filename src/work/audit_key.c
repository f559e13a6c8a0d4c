/*
 * audit_key.c - the keys of the usage log: how they follow from each other and are kept.
 *
 * Knows nothing of files, lines or heads.
 */
#include "work/audit_key.h"

#include <stdlib.h>

#include "base/os.h"

#define ITEM     "log_key"
#define ITEM_TAG "flowlatch log key 1"
#define KEY_TAG  "flowlatch-log-key-1"

/* More days than this between two keys are no clock but a damaged number. */
#define MOST_DAYS 200000

struct dated_key {
	int64_t day;
	unsigned char key[CRYPT_KEY];
};

struct audit_keys {
	unsigned char id[CRYPT_KEY];
	struct dated_key today;
	struct dated_key first; /* the oldest kept; when `exported` the same as today's */
	struct dated_key last;  /* the one computed last, so that a walk costs one step a day */
	struct audit_end end;
	bool exported;
};

int64_t audit_day_of(int64_t wall_ms)
{
	int64_t day = wall_ms / AUDIT_DAY_MS;

	return wall_ms % AUDIT_DAY_MS < 0 ? day - 1 : day;
}

void audit_day_text(int64_t day, char out[11])
{
	char text[25];

	os_format_time(day * AUDIT_DAY_MS, text);
	memcpy(out, text, 10);
	out[10] = '\0';
}

bool audit_day_parse(struct str date, int64_t *day)
{
	char text[32], again[11];
	int64_t ms;

	if (date.n != 10)
		return false;
	memcpy(text, date.p, 10);
	memcpy(text + 10, "T00:00:00Z", 11);
	if (!os_parse_time(str_from(text), &ms))
		return false;
	/* 31 February reads as 2 or 3 March. */
	audit_day_text(audit_day_of(ms), again);
	if (memcmp(again, date.p, 10) != 0)
		return false;
	*day = audit_day_of(ms);
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool audit_unhex(struct str s, unsigned char out[32])
{
	if (s.n != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int hi = hex_digit(s.p[2 * i]), lo = hex_digit(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

void audit_hex(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

/* K(day + 1) = HMAC(K(day), "day" || date of day + 1). */
static void evolve(struct dated_key *k, int64_t day)
{
	char date[11];

	while (k->day < day) {
		struct str parts[2] = { S("day"), { date, 10 } };
		unsigned char next[CRYPT_HASH];

		k->day++;
		audit_day_text(k->day, date);
		crypt_hmac(str_bytes(k->key, CRYPT_KEY), parts, 2, next);
		memcpy(k->key, next, CRYPT_KEY);
		os_wipe(next, sizeof(next));
	}
}

struct audit_keys *audit_keys_new(int64_t day)
{
	struct audit_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	crypt_random(k->id, sizeof(k->id));
	k->today.day = day;
	crypt_random(k->today.key, sizeof(k->today.key));
	k->first = k->last = k->today;
	return k;
}

void audit_keys_free(struct audit_keys *k)
{
	if (!k)
		return;
	os_wipe(k, sizeof(*k));
	free(k);
}

int64_t audit_keys_day(const struct audit_keys *k)
{
	return k->today.day;
}

int64_t audit_keys_first_day(const struct audit_keys *k)
{
	return k->first.day;
}

bool audit_keys_mac(struct audit_keys *k, int64_t day, const struct str *parts, size_t count,
		    unsigned char out[CRYPT_HASH])
{
	if (day < k->first.day || day - k->first.day > MOST_DAYS)
		return false;
	if (day < k->last.day)
		k->last = k->first;
	evolve(&k->last, day);
	crypt_hmac(str_bytes(k->last.key, CRYPT_KEY), parts, count, out);
	return true;
}

void audit_keys_advance(struct audit_keys *k, int64_t day, int64_t oldest)
{
	evolve(&k->today, day);
	if (k->exported)
		k->first = k->today;
	else
		evolve(&k->first, oldest < k->today.day ? oldest : k->today.day);
	k->last = k->first;
}

struct audit_end audit_keys_end(const struct audit_keys *k)
{
	return k->end;
}

void audit_keys_set_end(struct audit_keys *k, struct audit_end end)
{
	k->end = end;
}

void audit_keys_pseudonym(const struct audit_keys *k, struct str kind, struct str value, size_t n,
			  char out[33])
{
	struct str parts[3] = { kind, S(":"), value };
	unsigned char mac[CRYPT_HASH];

	out[0] = '\0';
	if (!value.n)
		return;
	crypt_hmac(str_bytes(k->id, CRYPT_KEY), parts, 3, mac);
	audit_hex(mac, n < 16 ? n : 16, out);
}

/* ---- text ---- */

static void add_key(struct buf *b, const struct dated_key *k)
{
	char date[11];

	audit_day_text(k->day, date);
	buf_addf(b, "%s ", date);
	crypt_hex(b, str_bytes(k->key, CRYPT_KEY));
}

/* "2026-11-21 <64 hex digits>", with another separator in a verification key. */
static bool read_key(struct str s, char sep, struct dated_key *out)
{
	struct str date;

	return str_cut(&s, sep, &date) && audit_day_parse(date, &out->day) &&
	       audit_unhex(s, out->key);
}

enum store_result audit_keys_save(struct store *s, const struct audit_keys *k)
{
	enum store_result r = STORE_FAILED;
	struct secret *item;
	struct buf b;

	buf_init(&b, 1024);
	buf_room(&b, 1024);
	buf_addz(&b, ITEM_TAG "\nid ");
	crypt_hex(&b, str_bytes(k->id, CRYPT_KEY));
	buf_addz(&b, "\ntoday ");
	add_key(&b, &k->today);
	if (!k->exported) {
		buf_addz(&b, "\nfirst ");
		add_key(&b, &k->first);
	}
	buf_addf(&b, "\nend %llu ", (unsigned long long)k->end.seq);
	crypt_hex(&b, str_bytes(k->end.m, CRYPT_HASH));
	buf_addc(&b, '\n');
	item = buf_ok(&b) ? secret_new(buf_str(&b)) : NULL;
	if (item)
		r = store_put(s, ITEM, item);
	secret_free(item);
	buf_free_wiped(&b);
	return r;
}

static bool read_item(struct str text, struct audit_keys *k)
{
	struct str line, word;
	unsigned seen = 0;

	if (!str_cut(&text, '\n', &line) || !str_eq(line, S(ITEM_TAG)))
		return false;
	k->exported = true;
	while (str_cut(&text, '\n', &line)) {
		bool ok = line.n == 0;

		if (!ok && !str_cut(&line, ' ', &word))
			return false;
		if (str_eq(word, S("id")) && !ok) {
			ok = audit_unhex(line, k->id);
			seen |= 1;
		} else if (str_eq(word, S("today")) && !ok) {
			ok = read_key(line, ' ', &k->today);
			seen |= 2;
		} else if (str_eq(word, S("first")) && !ok) {
			ok = read_key(line, ' ', &k->first);
			k->exported = false;
		} else if (str_eq(word, S("end")) && !ok) {
			ok = str_cut(&line, ' ', &word) && str_to_u64(word, &k->end.seq) &&
			     audit_unhex(line, k->end.m);
			seen |= 4;
		}
		if (!ok)
			return false;
	}
	if (k->exported)
		k->first = k->today;
	k->last = k->first;
	return seen == 7 && k->first.day <= k->today.day;
}

enum store_result audit_keys_load(struct store *s, struct audit_keys **out, bool *damaged)
{
	struct secret *item = NULL;
	enum store_result r = store_get(s, ITEM, &item);
	struct audit_keys *k;

	*damaged = false;
	if (r != STORE_OK)
		return r;
	k = calloc(1, sizeof(*k));
	if (k && read_item(secret_bytes(item), k)) {
		*out = k;
	} else {
		*damaged = true;
		audit_keys_free(k);
		r = STORE_FAILED;
	}
	secret_free(item);
	return r;
}

bool audit_keys_export(struct audit_keys *k, struct buf *out)
{
	char date[11];

	if (k->exported)
		return false;
	audit_day_text(k->first.day, date);
	buf_addf(out, "%s:%s:", KEY_TAG, date);
	crypt_hex(out, str_bytes(k->first.key, CRYPT_KEY));
	k->exported = true;
	k->first = k->last = k->today;
	return true;
}

bool audit_keys_import(struct str text, struct audit_keys **out)
{
	struct audit_keys *k = calloc(1, sizeof(*k));
	struct str tag;

	text = str_trim(text);
	if (k && str_cut(&text, ':', &tag) && str_eq(tag, S(KEY_TAG)) &&
	    read_key(text, ':', &k->first)) {
		k->today = k->last = k->first;
		*out = k;
		return true;
	}
	audit_keys_free(k);
	return false;
}
