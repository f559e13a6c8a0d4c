/*
 * fuzz_keyring.c - both sides of flowlatch-keyring's lines, and the text of a stored item.
 *
 * The first byte chooses: a request as the helper reads it, an answer as the store reads it, or
 * an item as it was stored.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "keyring/protocol.h"
#include "work/conf.h"
#include "work/store_impl.h"

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

static struct store *store;

static void check_within(struct str part, struct str whole)
{
	CHECK(!part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
	CHECK(str_find_char(part, '\n') < 0);
}

static void fuzz_request(struct str text)
{
	static const char *const verbs[] = { "get", "store", "erase", "check", "unlock" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		struct keyring_request r;
		const char *why = NULL;

		if (!keyring_request_read(verbs[i], text, &r, &why)) {
			CHECK(why);
			continue;
		}
		CHECK(r.profile.n && r.place.n && r.item_count <= KEYRING_ITEMS);
		CHECK((r.verb == KEYRING_STORE) == (r.secret.n > 0));
		check_within(r.profile, text);
		check_within(r.place, text);
		check_within(r.secret, text);
		for (size_t k = 0; k < r.item_count; k++)
			check_within(r.items[k], text);
	}
}

static void fuzz_answer(struct str text)
{
	struct store_answer a = { 0 };
	struct secret *raw = NULL;
	struct str rest = text, line;
	enum store_result r;

	while (str_cut(&rest, '\n', &line) && rest.p)
		store_answer_line(&a, line);
	CHECK(a.count <= STORE_ANSWER_ITEMS);
	r = store_helper_result(store, &a, 0, "refresh_token", &raw);
	CHECK((r == STORE_OK) == (raw != NULL));
	CHECK(r == STORE_OK || store_message(store)[0]);
	CHECK(!raw || (a.ended && !a.bad));
	secret_free(raw);
	secret_free(store_take_ahead(store, "log_key"));
	secret_free(store_take_ahead(store, "seal_key"));
}

/* What reads as an item is written the same way again. */
static void fuzz_item(struct str text)
{
	struct secret *raw = secret_new(text), *value = NULL, *again = NULL, *wrapped;

	CHECK(raw);
	if (store_unwrap(store, "log_key", raw, &value) == STORE_OK) {
		CHECK(value && secret_bytes(value).n);
		wrapped = store_wrap(store, "log_key", value);
		CHECK(wrapped && str_find_char(secret_bytes(wrapped), '\n') < 0);
		CHECK(store_unwrap(store, "log_key", wrapped, &again) == STORE_OK);
		CHECK(secret_equal(value, again));
		secret_free(wrapped);
	} else {
		CHECK(!value && store_message(store)[0]);
	}
	secret_free(raw);
	secret_free(value);
	secret_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(struct str text) = { fuzz_request, fuzz_answer, fuzz_item };
	struct conf conf = { .profile = "work", .state_dir = "/nonexistent", .cloud = "public",
			     .store = "keyring" };

	if (!store)
		store = store_new(&conf);
	if (!size || size > LIMIT_KEYRING_REQUEST)
		return 0;
	parts[data[0] % 3](str_n((const char *)data + 1, size - 1));
	return 0;
}
