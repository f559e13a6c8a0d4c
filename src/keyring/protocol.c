/*
 * protocol.c - the lines of flowlatch-keyring.
 */
#include "keyring/protocol.h"

#include "base/limits.h"

static const char *const status_words[KEYRING__STATUSES] = {
	[KEYRING_OK] = "ok",
	[KEYRING_ABSENT] = "absent",
	[KEYRING_LOCKED] = "locked",
	[KEYRING_DISMISSED] = "dismissed",
	[KEYRING_NO_BUS] = "no_bus",
	[KEYRING_NO_SERVICE] = "no_service",
	[KEYRING_NO_COLLECTION] = "no_collection",
	[KEYRING_SLOW] = "slow",
	[KEYRING_FAILED] = "failed",
	[KEYRING_BAD_REQUEST] = "bad_request",
};

static const struct {
	const char *word;
	size_t least, most; /* items */
	bool secret;
} verbs[] = {
	[KEYRING_GET] = { "get", 1, KEYRING_ITEMS, false },
	[KEYRING_STORE] = { "store", 1, 1, true },
	[KEYRING_ERASE] = { "erase", 0, KEYRING_ITEMS, false },
	[KEYRING_CHECK] = { "check", 0, 0, false },
	[KEYRING_UNLOCK] = { "unlock", 0, 0, false },
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

const char *keyring_status_word(enum keyring_status s)
{
	return status_words[s];
}

bool keyring_request_ends(struct str text)
{
	return str_eq(text, S("\n")) || str_ends(text, S("\n\n"));
}

static bool one_of(struct str value, const char *yes, const char *no, bool *out)
{
	*out = str_eq(value, str_from(yes));
	return *out || str_eq(value, str_from(no));
}

/* Set once, not empty, and short enough to be an attribute. */
static bool take(struct str *field, struct str value, size_t most)
{
	if (field->p || !value.n || value.n > most)
		return false;
	*field = value;
	return true;
}

static bool take_line(struct keyring_request *r, struct str key, struct str value, bool *version)
{
	if (str_eq(key, S("version"))) {
		*version = str_eq(value, S("1"));
		return *version;
	}
	if (str_eq(key, S("collection")))
		return one_of(value, "session", "default", &r->session);
	if (str_eq(key, S("interactive")))
		return one_of(value, "yes", "no", &r->interactive);
	if (str_eq(key, S("profile")))
		return take(&r->profile, value, LIMIT_KEYRING_ATTRIBUTE);
	if (str_eq(key, S("place")))
		return take(&r->place, value, LIMIT_KEYRING_ATTRIBUTE);
	if (str_eq(key, S("secret")))
		return take(&r->secret, value, LIMIT_HELPER_LINE);
	return str_eq(key, S("item")) && r->item_count < KEYRING_ITEMS &&
	       take(&r->items[r->item_count++], value, LIMIT_KEYRING_ATTRIBUTE);
}

bool keyring_request_read(const char *verb, struct str text, struct keyring_request *out,
			  const char **why)
{
	struct keyring_request r = { 0 };
	struct str line = S(""), key;
	bool version = false;
	size_t v = 0;

	*why = "there is no such operation";
	while (v < VERBS && strcmp(verb, verbs[v].word) != 0)
		v++;
	if (v == VERBS)
		return false;
	r.verb = (enum keyring_verb)v;
	*why = "the request does not end";
	if (!keyring_request_ends(text))
		return false;
	*why = "the request is not UTF-8 text";
	if (!str_is_utf8(text) || str_find_char(text, '\0') >= 0)
		return false;
	*why = "a line of the request cannot be understood";
	while (str_cut(&text, '\n', &line) && line.n)
		if (!str_cut(&line, '=', &key) || !line.p || !take_line(&r, key, line, &version))
			return false;
	*why = "the request goes on after its end";
	if (text.n)
		return false;
	*why = "something is missing in the request, or there is too much";
	if (!version || !r.profile.n || !r.place.n || r.item_count < verbs[v].least ||
	    r.item_count > verbs[v].most || (r.secret.n != 0) != verbs[v].secret)
		return false;
	*out = r;
	return true;
}

bool keyring_answer_item(struct buf *b, struct str item, struct str secret)
{
	if (!secret.n || secret.n > LIMIT_HELPER_LINE - 64 || !str_is_utf8(secret) ||
	    str_find_char(secret, '\n') >= 0 || str_find_char(secret, '\0') >= 0)
		return false;
	buf_addz(b, "item=");
	buf_adds(b, item);
	buf_addz(b, "\nsecret=");
	buf_adds(b, secret);
	buf_addc(b, '\n');
	return true;
}

void keyring_answer_end(struct buf *b, enum keyring_status s, struct str detail)
{
	detail = str_first_utf8(detail, 300);
	if (detail.n)
		buf_addz(b, "detail=");
	for (size_t i = 0; i < detail.n; i++)
		buf_addc(b, (unsigned char)detail.p[i] < 0x20 || detail.p[i] == 0x7f ? ' '
										    : detail.p[i]);
	if (detail.n)
		buf_addc(b, '\n');
	buf_addf(b, "status=%s\n\n", status_words[s]);
}
