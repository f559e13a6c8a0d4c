/*
 * approve_pin.c - the PIN that proves a person at `flowlatch approve`.
 *
 * Kept in the profile's store as salt and PBKDF2 hash with the count of wrong tries.  A try is
 * counted before it is judged, so that a killed process has used it up.
 */
#include <errno.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/approve.h"
#include "work/store.h"

#define ITEM "approve_pin"

enum { SALT = 16, TRIES = 5, SHORTEST = 4, LONGEST = 64 };

struct pin {
	int64_t rounds, failed, until;
	unsigned char salt[SALT], hash[CRYPT_KEY];
};

static bool get_bytes(struct arena *a, const struct json *v, const char *name, unsigned char *out,
		      size_t n)
{
	struct buf b;

	buf_init_in(&b, a, 256);
	if (!crypt_unb64(&b, json_get_str(v, name)) || b.n != n)
		return false;
	memcpy(out, b.p, n);
	return true;
}

static enum pin_result load(struct arena *a, struct store *s, struct pin *out)
{
	struct secret *item = NULL;
	enum store_result r = store_get(s, ITEM, &item);
	struct json *v;

	if (r == STORE_ABSENT)
		return PIN_ABSENT;
	if (r != STORE_OK)
		return PIN_FAILED;
	v = json_parse(a, secret_bytes(item), JSON_STRICT, NULL);
	*out = (struct pin){ .rounds = json_int(json_get(v, "rounds"), 0),
			     .failed = json_int(json_get(v, "failed"), 0),
			     .until = json_int(json_get(v, "until"), 0) };
	if (!get_bytes(a, v, "salt", out->salt, SALT) ||
	    !get_bytes(a, v, "hash", out->hash, CRYPT_KEY) ||
	    out->rounds < 1 || out->rounds > 100 * LIMIT_PIN_ROUNDS || out->failed < 0)
		v = NULL;
	secret_free(item);
	return v ? PIN_RIGHT : PIN_FAILED;
}

static bool save(struct arena *a, struct store *s, const struct pin *p)
{
	struct json *v = json_new_object(a);
	struct secret *item;
	struct buf b;
	bool fine;

	json_set_int(a, v, "v", 1);
	json_set_int(a, v, "rounds", p->rounds);
	json_set_int(a, v, "failed", p->failed);
	json_set_int(a, v, "until", p->until);
	buf_init_in(&b, a, 256);
	crypt_b64url(&b, str_bytes(p->salt, SALT));
	json_set_str(a, v, "salt", buf_str(&b));
	buf_init_in(&b, a, 256);
	crypt_b64url(&b, str_bytes(p->hash, CRYPT_KEY));
	json_set_str(a, v, "hash", buf_str(&b));
	item = secret_new(json_text(a, v));
	fine = item && store_put(s, ITEM, item) == STORE_OK;
	secret_free(item);
	return fine;
}

/* Seconds after the n-th wrong try in a row; after five, a quarter of an hour and more. */
static int64_t delay_ms(int64_t failed)
{
	if (failed <= 0)
		return 0;
	if (failed < TRIES)
		return 1000 << failed;
	failed -= TRIES;
	return (int64_t)900000 << (failed < 6 ? failed : 6);
}

static enum pin_result check_locked(struct arena *a, struct store *s, struct str pin, int64_t now,
				    int64_t *wait_ms)
{
	unsigned char hash[CRYPT_KEY];
	struct pin p;
	enum pin_result r = load(a, s, &p);
	bool right;

	if (r != PIN_RIGHT)
		return r;
	if (p.until > now) {
		*wait_ms = p.until - now;
		return PIN_LOCKED;
	}
	p.failed++;
	p.until = now + delay_ms(p.failed);
	if (!save(a, s, &p))
		return PIN_FAILED;
	crypt_pbkdf2(pin, str_bytes(p.salt, SALT), (unsigned)p.rounds, hash);
	right = crypt_equal(hash, p.hash, CRYPT_KEY);
	os_wipe(hash, sizeof(hash));
	if (!right) {
		*wait_ms = delay_ms(p.failed);
		return PIN_WRONG;
	}
	p.failed = p.until = 0;
	return save(a, s, &p) ? PIN_RIGHT : PIN_FAILED;
}

enum pin_result pin_check(struct arena *a, struct store *s, const char *dir, struct str pin,
			  int64_t now, int64_t *wait_ms)
{
	enum pin_result r;
	int err = os_mkdirs(dir), fd;

	*wait_ms = 0;
	if (err)
		return PIN_FAILED;
	fd = os_try_lock(arena_printf(a, "%s/pin.lock", dir), &err);
	if (fd < 0) {
		/* Another terminal is judging one: this try did not count. */
		*wait_ms = 1000;
		return err == EWOULDBLOCK ? PIN_LOCKED : PIN_FAILED;
	}
	r = check_locked(a, s, pin, now, wait_ms);
	os_unlock(fd);
	return r;
}

const char *pin_fault(struct str pin)
{
	bool same = true;

	for (size_t i = 1; i < pin.n; i++)
		same &= pin.p[i] == pin.p[0];
	if (pin.n < SHORTEST || pin.n > LONGEST)
		return "a PIN has 4 to 64 characters";
	return same ? "all characters of it are the same" : NULL;
}

enum pin_result pin_set(struct arena *a, struct store *s, struct str pin)
{
	struct pin p = { .rounds = LIMIT_PIN_ROUNDS };

	crypt_random(p.salt, sizeof(p.salt));
	crypt_pbkdf2(pin, str_bytes(p.salt, SALT), (unsigned)p.rounds, p.hash);
	return save(a, s, &p) ? PIN_RIGHT : PIN_FAILED;
}

bool pin_is_set(struct store *s)
{
	struct secret *item = NULL;
	bool there = store_get(s, ITEM, &item) == STORE_OK;

	secret_free(item);
	return there;
}
