/*
 * fuzz_b64.c - base64 and base64url: what decodes is the encoding of something, in one of its
 * four spellings; what is encoded decodes; sealed text opens only unchanged.
 */
#include <stdlib.h>

#include "text/crypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

/* Both spellings of the same alphabet: with and without padding. */
static bool is_spelling(struct str text, struct str encoded)
{
	size_t n = encoded.n;

	while (n && encoded.p[n - 1] == '=')
		n--;
	if (!str_eq(str_first(text, n), str_first(encoded, n)))
		return false;
	for (size_t i = n; i < text.n; i++)
		if (text.p[i] != '=')
			return false;
	return text.n == n || text.n == (n + 3) / 4 * 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[CRYPT_KEY] = "a key of exactly thirty-two byte";
	struct str in = str_n((const char *)data, size);
	struct buf bytes, standard, url;

	buf_init(&bytes, 1 << 20);
	buf_init(&standard, 2 << 20);
	buf_init(&url, 2 << 20);
	if (crypt_unb64(&bytes, in)) {
		crypt_b64(&standard, buf_str(&bytes));
		crypt_b64url(&url, buf_str(&bytes));
		must(is_spelling(in, buf_str(&standard)) || is_spelling(in, buf_str(&url)));
	} else {
		must(bytes.n == 0);
	}
	buf_clear(&bytes);
	buf_clear(&standard);
	buf_clear(&url);
	crypt_b64(&standard, in);
	crypt_b64url(&url, in);
	must(crypt_unb64(&bytes, buf_str(&standard)) && str_eq(buf_str(&bytes), in));
	buf_clear(&bytes);
	must(crypt_unb64(&bytes, buf_str(&url)) && str_eq(buf_str(&bytes), in));
	buf_clear(&bytes);
	must(!crypt_open(key, S(""), in, &bytes) && bytes.n == 0);
	buf_free(&bytes);
	buf_free(&standard);
	buf_free(&url);
	return 0;
}
