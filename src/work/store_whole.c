/*
 * store_whole.c - what is done with a store as a whole: trying it, emptying it, moving to another.
 */
#include "work/store_impl.h"

#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "text/crypt.h"

#define PROBE "probe"

/* The person's own file has no room for anything else: what is there is written again, and where
 * nothing is, something is written and erased.  The caller holds the token's lock. */
static enum store_result try_token_file(struct store *s)
{
	struct secret *now = NULL;
	enum store_result r = store_get(s, STORE_TOKEN, &now);

	if (r == STORE_OK) {
		r = store_put(s, STORE_TOKEN, now);
	} else if (r == STORE_ABSENT) {
		now = secret_new(S("-"));
		r = now ? store_put(s, STORE_TOKEN, now)
			: store_say(s, STORE_FAILED, "memory is out");
		if (r == STORE_OK)
			r = store_erase(s, STORE_TOKEN);
	}
	secret_free(now);
	return r;
}

enum store_result store_try(struct store *s)
{
	unsigned char bytes[CRYPT_KEY];
	struct secret *probe, *back = NULL;
	enum store_result r;

	if (store_kind(s) == &store_token_file)
		return try_token_file(s);
	crypt_random(bytes, sizeof(bytes));
	probe = secret_new(str_bytes(bytes, sizeof(bytes)));
	os_wipe(bytes, sizeof(bytes));
	r = probe ? store_put(s, PROBE, probe) : store_say(s, STORE_FAILED, "memory is out");
	if (r == STORE_OK)
		r = store_get(s, PROBE, &back);
	if (r == STORE_OK && !secret_equal(probe, back))
		r = store_say(s, STORE_FAILED, "what was stored reads back as something else");
	if (r == STORE_ABSENT)
		r = store_say(s, STORE_FAILED, "what was stored cannot be found again");
	if (r == STORE_OK)
		r = store_erase(s, PROBE);
	secret_free(probe);
	secret_free(back);
	return r;
}

/* The keys of log and snapshots go to files beside them, which are of no worth without. */
static enum store_result keep_key(struct store *s, const char *name)
{
	struct secret *key = NULL;
	char path[4096];
	enum store_result r;
	int n;

	if (store_kind(s)->bare || store_in_plain_file(s, name, path))
		return STORE_OK;
	r = store_get(s, name, &key);
	if (r == STORE_ABSENT)
		return STORE_OK;
	if (r == STORE_OK)
		r = store_need_dir(s);
	n = snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (r == STORE_OK && (n < 0 || (size_t)n >= sizeof(path)))
		r = store_say(s, STORE_FAILED, "the file's name is too long");
	if (r == STORE_OK)
		r = store_write_file(s, path, secret_bytes(key));
	secret_free(key);
	return r;
}

enum store_result store_clear(struct store *s)
{
	static const char *const names[] = { STORE_TOKEN, STORE_SEAL_KEY, STORE_PIN, PROBE,
					     STORE_LOG_KEY, STORE_SNAPSHOT_KEY };
	enum store_result all = STORE_ABSENT;

	/* The sign-in first: what comes later must not keep it alive by failing. */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		bool keep = !strcmp(names[i], STORE_LOG_KEY) ||
			    !strcmp(names[i], STORE_SNAPSHOT_KEY);
		enum store_result r = keep ? keep_key(s, names[i]) : STORE_OK;

		if (r == STORE_OK && !(keep && store_kind(s)->bare))
			r = store_erase(s, names[i]);
		if (r == STORE_OK && !keep)
			all = STORE_OK;
		if (r != STORE_OK && r != STORE_ABSENT)
			return r;
	}
	/* What a later version keeps there goes as well. */
	if (store_kind(s)->helper)
		(void)store_wait(s, &(struct store_request){ .verb = STORE_ERASE, .name = "" },
				 NULL);
	return all;
}

static const char *const keys[] = { STORE_LOG_KEY, STORE_SEAL_KEY, STORE_PIN,
				    STORE_SNAPSHOT_KEY };

enum { KEYS = sizeof(keys) / sizeof(*keys) };

enum store_result store_take_keys(struct store *s)
{
	enum store_result r = store_check_name(s, PROBE);
	char path[4096];

	for (size_t i = 0; r == STORE_OK && i < KEYS && !store_kind(s)->bare; i++) {
		struct secret *value = NULL;

		if (!store_in_plain_file(s, keys[i], path))
			continue;
		r = store_read_file(s, path, false, &value);
		if (r == STORE_OK)
			r = store_put_wrapped(s, keys[i], value);
		if (r == STORE_OK)
			r = store_remove_file(s, path);
		secret_free(value);
	}
	return r;
}

enum store_result store_adopt(struct store *s, struct store *from)
{
	enum store_result r = store_take_keys(s);

	for (size_t i = 0; r == STORE_OK && i < KEYS; i++) {
		struct secret *value = NULL;

		r = store_get(from, keys[i], &value);
		if (r == STORE_ABSENT) {
			r = STORE_OK;
			continue;
		}
		if (r == STORE_OK)
			r = store_put(s, keys[i], value);
		/* Two stores of plain files share the file. */
		if (r == STORE_OK && !(store_kind(s)->bare && store_kind(from)->bare))
			(void)store_erase(from, keys[i]);
		secret_free(value);
	}
	return r;
}
