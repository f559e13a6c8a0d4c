/*
 * test_crypt.c - text/crypt.c against published vectors.
 */
#include "unit.h"

#include "base/limits.h"
#include "text/crypt.h"

/* Bytes of a hexadecimal literal. */
static struct str unhex(struct arena *a, const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < 2 * n; i++) {
		int d = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;

		p[i / 2] = (char)(p[i / 2] << 4 | d);
	}
	return str_n(p, n);
}

static struct str hex_of(struct arena *a, const void *p, size_t n)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	crypt_hex(&b, str_n(p, n));
	return buf_str(&b);
}

static struct str repeat(struct arena *a, char c, size_t n)
{
	return str_n(memset(arena_alloc(a, n + 1), c, n), n);
}

static void test_sha256(void **state)
{
	/* FIPS 180-4 examples, as published by NIST. */
	static const struct {
		const char *text, *hash;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct arena *a = *state;
	unsigned char out[CRYPT_HASH];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = str_from(rows[i].text);

		crypt_sha256(text, out);
		assert_str(hex_of(a, out, sizeof(out)), rows[i].hash);
		for (size_t cut = 0; cut <= text.n; cut++) {
			struct crypt_hash *h = crypt_hash_new();

			crypt_hash_add(h, str_first(text, cut));
			crypt_hash_add(h, str_from_at(text, cut));
			crypt_hash_end(h, out);
			assert_str(hex_of(a, out, sizeof(out)), rows[i].hash);
		}
	}
}

static void test_sha256_million(void **state)
{
	struct arena *a = *state;
	struct crypt_hash *h = crypt_hash_new();
	struct str piece = repeat(a, 'a', 1000);
	unsigned char out[CRYPT_HASH];

	for (int i = 0; i < 1000; i++)
		crypt_hash_add(h, piece);
	crypt_hash_end(h, out);
	assert_str(hex_of(a, out, sizeof(out)),
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_hmac(void **state)
{
	/* RFC 4231 section 4, test cases 1 to 4, 6 and 7. */
	static const struct {
		const char *key, *data, *mac;
	} rows[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
		  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
		  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	};
	/* Cases 6 and 7 have a key of 131 bytes, longer than a block. */
	static const struct {
		const char *text, *mac;
	} long_key[] = {
		{ "Test Using Larger Than Block-Size Key - Hash Key First",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ "This is a test using a larger than block-size key and a larger than block-size "
		  "data. The key needs to be hashed before being used by the HMAC algorithm.",
		  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};
	struct arena *a = *state;
	unsigned char out[CRYPT_HASH];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str key = unhex(a, rows[i].key), data = unhex(a, rows[i].data);

		crypt_hmac(key, &data, 1, out);
		assert_str(hex_of(a, out, sizeof(out)), rows[i].mac);
		for (size_t cut = 0; cut <= data.n; cut++) {
			struct str parts[] = { str_first(data, cut), str_from_at(data, cut) };

			crypt_hmac(key, parts, 2, out);
			assert_str(hex_of(a, out, sizeof(out)), rows[i].mac);
		}
	}
	for (size_t i = 0; i < COUNT(long_key); i++) {
		struct str data = str_from(long_key[i].text);

		crypt_hmac(repeat(a, '\xaa', 131), &data, 1, out);
		assert_str(hex_of(a, out, sizeof(out)), long_key[i].mac);
	}
	/* An empty key and no data, as Python's hmac computes it. */
	crypt_hmac(S(""), NULL, 0, out);
	assert_str(hex_of(a, out, sizeof(out)),
		   "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	/* Longer than PSA's own ceiling for keys. */
	crypt_hmac(repeat(a, 'k', 100000), NULL, 0, out);
}

static void test_derive(void **state)
{
	/* RFC 5869 A.3: no salt, no info; the first 32 bytes of its output. */
	struct arena *a = *state;
	unsigned char out[CRYPT_KEY], other[CRYPT_KEY];

	crypt_derive(repeat(a, 0x0b, 22), S(""), out);
	assert_str(hex_of(a, out, sizeof(out)),
		   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
	crypt_derive(repeat(a, 0x0b, 22), S("log"), other);
	assert_false(crypt_equal(out, other, sizeof(out)));
}

static void test_pbkdf2(void **state)
{
	/* RFC 7914 section 11 (the first 32 of 64 bytes), and inputs of RFC 6070 with SHA-256
	 * as Python's hashlib (OpenSSL) computes them. */
	static const struct {
		const char *password, *salt;
		unsigned rounds;
		const char *key;
	} rows[] = {
		{ "passwd", "salt", 1,
		  "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" },
		{ "Password", "NaCl", 80000,
		  "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" },
		{ "password", "salt", 2,
		  "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43" },
		{ "password", "salt", 4096,
		  "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a" },
	};
	struct arena *a = *state;
	unsigned char out[CRYPT_KEY];

	for (size_t i = 0; i < COUNT(rows); i++) {
		crypt_pbkdf2(str_from(rows[i].password), str_from(rows[i].salt), rows[i].rounds,
			     out);
		assert_str(hex_of(a, out, sizeof(out)), rows[i].key);
	}
}

static void test_open_vector(void **state)
{
	/* NIST GCM test cases for AES-256 (McGrew, Viega: The Galois/Counter Mode, appendix B),
	 * written as nonce || ciphertext || tag. */
	static const struct {
		const char *key, *nonce, *aad, *plain, *cipher, *tag;
	} rows[] = {
		{ "0000000000000000000000000000000000000000000000000000000000000000",
		  "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
		{ "0000000000000000000000000000000000000000000000000000000000000000",
		  "000000000000000000000000", "", "00000000000000000000000000000000",
		  "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
		{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
		  "76fc6ece0f4e1768cddf8853bb2d551b" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str key = unhex(a, rows[i].key);
		struct str sealed = unhex(a, str_fmt(a, "%s%s%s", rows[i].nonce, rows[i].cipher,
						     rows[i].tag).p);
		struct buf out;

		buf_init_in(&out, a, 4096);
		assert_true(crypt_open((const unsigned char *)key.p, unhex(a, rows[i].aad), sealed,
				       &out));
		assert_str(hex_of(a, out.p ? out.p : "", out.n), rows[i].plain);
	}
}

static void test_seal(void **state)
{
	struct arena *a = *state;
	const unsigned char key[CRYPT_KEY] = "0123456789abcdef0123456789abcde";
	struct str plain = S("the quick brown fox"), aad = S("profile:default");
	struct buf sealed, again, out;
	char *copy;

	buf_init_in(&sealed, a, 4096);
	buf_init_in(&again, a, 4096);
	buf_init_in(&out, a, 4096);
	crypt_seal(key, aad, plain, &sealed);
	crypt_seal(key, aad, plain, &again);
	assert_int_equal(sealed.n, CRYPT_NONCE + plain.n + CRYPT_TAG);
	assert_false(str_eq(buf_str(&sealed), buf_str(&again)));
	buf_addz(&out, "before:");
	assert_true(crypt_open(key, aad, buf_str(&sealed), &out));
	assert_str(buf_str(&out), "before:the quick brown fox");

	/* Every single bit counts: nonce, text and tag. */
	copy = arena_copy(a, sealed.p, sealed.n);
	for (size_t bit = 0; bit < sealed.n * 8; bit++) {
		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		assert_false(crypt_open(key, aad, str_n(copy, sealed.n), &out));
		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t n = 0; n < sealed.n; n++)
		assert_false(crypt_open(key, aad, str_n(copy, n), &out));
	assert_false(crypt_open(key, S("profile:defaulu"), buf_str(&sealed), &out));
	assert_false(crypt_open(key, S(""), buf_str(&sealed), &out));
	assert_false(crypt_open((const unsigned char *)"another key another key another ", aad,
				buf_str(&sealed), &out));
	assert_str(buf_str(&out), "before:the quick brown fox");

	/* Nothing to hide is fine, no room is not. */
	buf_clear(&sealed);
	crypt_seal(key, S(""), S(""), &sealed);
	assert_true(crypt_open(key, S(""), buf_str(&sealed), &out));
	buf_init_in(&out, a, CRYPT_NONCE + CRYPT_TAG - 1);
	crypt_seal(key, S(""), S(""), &out);
	assert_false(buf_ok(&out));
}

static void test_random(void **state)
{
	unsigned char x[5000] = { 0 }, y[5000] = { 0 };
	char u[37], w[37];
	unsigned zeroes = 0;

	(void)state;
	crypt_random(x, sizeof(x));
	crypt_random(y, sizeof(y));
	assert_memory_not_equal(x, y, 32);
	assert_memory_not_equal(x + sizeof(x) - 32, y + sizeof(y) - 32, 32);
	for (size_t i = 0; i < sizeof(x); i++)
		zeroes += x[i] == 0;
	/* 5,000 / 256 = 20 expected. */
	assert_in_range(zeroes, 1, 100);
	crypt_uuid(u);
	crypt_uuid(w);
	assert_string_not_equal(u, w);
	assert_int_equal(strlen(u), 36);
	assert_int_equal(strspn(u, "0123456789abcdef-"), 36);
	assert_true(u[8] == '-' && u[13] == '-' && u[18] == '-' && u[23] == '-' && u[14] == '4');
	assert_non_null(strchr("89ab", u[19]));
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(crypt_equal("abc", "abc", 3));
	assert_true(crypt_equal("abc", "abd", 2));
	assert_true(crypt_equal("", "", 0));
	for (size_t i = 0; i < 8; i++) {
		char x[8] = "sameold", y[8] = "sameold";

		y[i] ^= 1;
		assert_false(crypt_equal(x, y, 8));
	}
}

static void test_base64(void **state)
{
	/* RFC 4648 section 10, and the two digits that differ between the alphabets. */
	static const struct {
		const char *hex, *standard, *url;
	} rows[] = {
		{ "", "", "" },
		{ "66", "Zg==", "Zg" },
		{ "666f", "Zm8=", "Zm8" },
		{ "666f6f", "Zm9v", "Zm9v" },
		{ "666f6f62", "Zm9vYg==", "Zm9vYg" },
		{ "666f6f6261", "Zm9vYmE=", "Zm9vYmE" },
		{ "666f6f626172", "Zm9vYmFy", "Zm9vYmFy" },
		{ "fbfffe", "+//+", "-__-" },
		{ "00", "AA==", "AA" },
		{ "ff", "/w==", "_w" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str bytes = unhex(a, rows[i].hex);
		struct buf b;

		buf_init_in(&b, a, 100);
		crypt_b64(&b, bytes);
		assert_str(buf_str(&b), rows[i].standard);
		buf_clear(&b);
		crypt_b64url(&b, bytes);
		assert_str(buf_str(&b), rows[i].url);
		buf_clear(&b);
		buf_addz(&b, "x");
		assert_true(crypt_unb64(&b, str_from(rows[i].standard)));
		assert_true(crypt_unb64(&b, str_from(rows[i].url)));
		assert_int_equal(b.n, 1 + 2 * bytes.n);
		assert_memory_equal(b.p + 1, bytes.p, bytes.n);
		assert_memory_equal(b.p + 1 + bytes.n, bytes.p, bytes.n);
	}
}

static void test_base64_wrong(void **state)
{
	static const char *const rows[] = {
		"Z",	     "Zg=",   "Zg===", "=",	 "==",	  "====",   "Zm8==", "Zm9v=",
		"Zm9v====",  "Zh==",  "Zh",    "Zm9",	 "Zg==Zg==", "Z g=", "Zg\n",  " Zg==",
		"Zm9v\r\n",  "Zm9v ", "Z.==",  "Zm9vYmF", "+__+",   "Zm9\x80", "====Zm9v", "Zm=v",
	};
	struct arena *a = *state;
	struct buf b;

	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_init_in(&b, a, 100);
		buf_addz(&b, "kept");
		if (crypt_unb64(&b, str_from(rows[i])))
			fail_msg("accepted %s", rows[i]);
		assert_str(buf_str(&b), "kept");
	}
	assert_false(crypt_unb64(&b, str_n("Zg\0=", 4)));
	buf_init_in(&b, a, 2);
	assert_false(crypt_unb64(&b, S("Zm9v")));
	assert_false(buf_ok(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_sha256),	UNIT(test_sha256_million), UNIT(test_hmac),
		UNIT(test_derive),	UNIT(test_pbkdf2),	   UNIT(test_open_vector),
		UNIT(test_seal),	UNIT(test_random),	   UNIT(test_equal),
		UNIT(test_base64),	UNIT(test_base64_wrong),
	};

	return UNIT_RUN(tests);
}
