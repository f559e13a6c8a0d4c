/*
 * card.c - the card that a person reads before a decision.
 *
 * Knows how to show; must not know how it is asked or what decides.
 */
#include "work/card.h"

#include "base/limits.h"
#include "text/crypt.h"

/* ---- characters ---- */

/* Code points that do not show, or that change how others show: controls, marks of direction,
 * joiners and spaces without width, line separators, variation selectors, tags. */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
	{ 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (cp >= hidden[i].from && cp <= hidden[i].to)
			return true;
	return false;
}

/* Takes one code point off; ill-formed bytes count as U+0000 each. */
static uint32_t take(struct str *s, struct str *bytes)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t cp = n == 1 ? c : c & (0x7fu >> n);

	if (n > s->n || !str_is_utf8(str_first(*s, n))) {
		n = 1;
		cp = 0;
	}
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)s->p[i] & 0x3f);
	*bytes = str_first(*s, n);
	*s = str_from_at(*s, n);
	return cp;
}

bool card_is_plain(struct str text)
{
	struct str bytes;

	while (text.n)
		if (is_hidden(take(&text, &bytes)))
			return false;
	return true;
}

size_t card_characters(struct str text)
{
	size_t n = 0;
	struct str bytes;

	for (; text.n; n++)
		take(&text, &bytes);
	return n;
}

struct str card_plain(struct arena *a, struct str text)
{
	struct buf b;
	struct str bytes;

	buf_init_in(&b, a, text.n + 1);
	while (text.n)
		if (!is_hidden(take(&text, &bytes)))
			buf_adds(&b, bytes);
	return buf_str(&b);
}

/* The first `most` characters. */
static struct str first_characters(struct str text, size_t most)
{
	struct str rest = text, bytes;

	while (rest.n && most--)
		take(&rest, &bytes);
	return str_first(text, text.n - rest.n);
}

struct str card_quote(struct arena *a, struct str text, size_t most)
{
	struct str plain = str_trim(card_plain(a, text)), cut = first_characters(plain, most);
	size_t gone = card_characters(text) - card_characters(card_plain(a, text));
	struct buf b;

	/* Our quotes are the only ones: theirs become apostrophes, so that none can close ours. */
	buf_init_in(&b, a, 2 * cut.n + 64);
	buf_addc(&b, '"');
	for (size_t i = 0; i < cut.n; i++)
		buf_addc(&b, cut.p[i] == '"' ? '\'' : cut.p[i]);
	buf_addz(&b, cut.n < plain.n ? "...\"" : "\"");
	if (gone)
		buf_addf(&b, " (%zu hidden characters left out)", gone);
	return buf_str(&b);
}

/* JSON text with everything that does not show as an escape: still the same JSON. */
static struct str exact(struct arena *a, struct str json)
{
	struct buf b;
	struct str bytes;

	buf_init_in(&b, a, 12 * json.n + 1);
	while (json.n) {
		uint32_t cp = take(&json, &bytes);

		if (!is_hidden(cp))
			buf_adds(&b, bytes);
		else if (cp < 0x10000)
			buf_addf(&b, "\\u%04x", cp);
		else
			buf_addf(&b, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10),
				 0xdc00 + ((cp - 0x10000) & 0x3ff));
	}
	return buf_str(&b);
}

/* ---- arguments ---- */

/* Bytes of one value that are shown whole. */
enum { WHOLE_FORM = 160, WHOLE_FULL = 2000, EDGE_FORM = 40, EDGE_FULL = 400 };

/* A long value: its size, digest, beginning and end. */
static void add_long(struct arena *a, struct buf *b, struct str text, size_t edge)
{
	unsigned char hash[CRYPT_HASH];
	struct buf hex;

	crypt_sha256(text, hash);
	buf_init_in(&hex, a, 64);
	crypt_hex(&hex, str_bytes(hash, 8));
	buf_addf(b, "%zu bytes, SHA-256 %.*s..., begins ", text.n, STR_ARG(buf_str(&hex)));
	buf_adds(b, exact(a, str_first_utf8(text, edge)));
	buf_addz(b, " ... ends ");
	/* From a whole character on. */
	text = str_from_at(text, text.n - edge);
	while (text.n && ((unsigned char)text.p[0] & 0xc0) == 0x80)
		text = str_from_at(text, 1);
	buf_adds(b, exact(a, text));
}

static void add_arguments(struct arena *a, struct buf *b, const struct card *card, bool full)
{
	size_t whole = full ? WHOLE_FULL : WHOLE_FORM, edge = full ? EDGE_FULL : EDGE_FORM;

	buf_addz(b, "Arguments:");
	if (!json_count(card->arguments))
		buf_addz(b, " none");
	JSON_EACH (v, card->arguments) {
		struct str text = json_text(a, v);

		buf_addz(b, full ? "\n  " : " ");
		buf_adds(b, exact(a, json_name(v)));
		buf_addc(b, '=');
		if (text.n <= whole)
			buf_adds(b, exact(a, text));
		else
			add_long(a, b, text, edge);
		if (!full && json_next(v))
			buf_addc(b, ',');
	}
	buf_addc(b, '\n');
}

/* ---- the parts ---- */

static const char *const class_words[] = { "READ-ONLY", "MODERATE", "DANGEROUS",
					   "UNKNOWN, to be taken as DANGEROUS" };

/* Characters of a name in a form and in a terminal. */
enum { NAME_FORM = 80, NAME_FULL = 300 };

static void add_head(struct buf *b, const struct card *card)
{
	const char *const *w = card->warnings;

	buf_addz(b, class_words[card->klass]);
	for (; w && *w; w++)
		buf_addf(b, "%s%s", w == card->warnings ? ": " : " ", *w);
	buf_addf(b, "\n%s\n", card->sentence);
}

static void add_name(struct arena *a, struct buf *b, const char *label, struct str name,
		     struct str id, size_t most)
{
	if (!name.n && !id.n)
		return;
	buf_addf(b, "%s:", label);
	if (name.n)
		buf_addf(b, " %.*s", STR_ARG(card_quote(a, name, most)));
	if (id.n)
		buf_addf(b, name.n ? " (%.*s)" : " %.*s", STR_ARG(id));
}

static void add_target(struct arena *a, struct buf *b, const struct card *card, bool full)
{
	size_t most = full ? NAME_FULL : NAME_FORM;

	add_name(a, b, "Target", card->target, card->target_id, most);
	if (card->target.n || card->target_id.n)
		buf_addc(b, '\n');
	add_name(a, b, "Environment", card->environment, card->environment_id, most);
	if (card->environment.n || card->environment_id.n) {
		if (card->environment_type.n)
			buf_addf(b, ", type %.*s",
				 STR_ARG(card_quote(a, card->environment_type, 40)));
		buf_addc(b, '\n');
	}
}

static void add_requests(struct arena *a, struct buf *b, const struct card *card, bool full)
{
	size_t shown = full ? card->request_count : 1;

	for (size_t i = 0; i < shown && i < card->request_count; i++) {
		const struct card_request *r = &card->requests[i];

		buf_addf(b, "Request: %s %.*s%.*s\n", r->method, STR_ARG(r->host),
			 STR_ARG(full ? r->path : first_characters(r->path, 160)));
	}
	if (shown < card->request_count)
		buf_addf(b, "and %zu more requests\n", card->request_count - shown);
	(void)a;
}

static void add_foot(struct arena *a, struct buf *b, const struct card *card)
{
	buf_addf(b, "Signed in: %.*s, %.*s\n",
		 STR_ARG(card->account.n ? card_quote(a, card->account, 80) : S("not known")),
		 STR_ARG(card->credential));
	buf_addf(b, "Tool %s of %s. Class decided by %s. Plan %s, valid %d minutes.\n", card->tool,
		 card->server, card->rule, card->plan, card->minutes);
}

/* Ids, hosts and paths are ours to send: they must show as they are. */
static bool shows(const struct card *card, const char **why)
{
	*why = "the target's id cannot be shown as it is";
	if (!card_is_plain(card->target_id) || card->target_id.n > 400)
		return false;
	*why = "the environment's id cannot be shown as it is";
	if (!card_is_plain(card->environment_id) || card->environment_id.n > 200)
		return false;
	*why = "the request's address cannot be shown as it is";
	for (size_t i = 0; i < card->request_count; i++)
		if (!card_is_plain(card->requests[i].host) || card->requests[i].host.n > 255 ||
		    !card_is_plain(card->requests[i].path))
			return false;
	return true;
}

/* Names and values in it are a stranger's: what does not show is left out of each line. */
static void add_diff(struct arena *a, struct buf *b, struct str diff)
{
	struct str line;

	buf_addz(b, "Changes:\n");
	while (str_cut(&diff, '\n', &line)) {
		buf_adds(b, card_plain(a, line));
		buf_addc(b, '\n');
	}
}

/* What must be there whole, and between its halves what may be shortened. */
bool card_build(struct arena *a, const struct card *card, bool full, struct str *out,
		const char **why)
{
	struct buf head, foot, middle;
	size_t used, room;
	struct str rest;

	if (!shows(card, why))
		return false;
	buf_init_in(&head, a, LIMIT_CARD_FULL);
	buf_init_in(&middle, a, LIMIT_CALL_ARENA);
	buf_init_in(&foot, a, LIMIT_CARD_FULL);
	add_head(&head, card);
	add_target(a, &head, card, full);
	if (card->diff)
		add_diff(a, &middle, str_from(card->diff));
	add_arguments(a, &middle, card, full);
	add_requests(a, &foot, card, full);
	add_foot(a, &foot, card);
	*why = "the card would be too long";
	if (!buf_ok(&head) || !buf_ok(&foot) || !buf_ok(&middle))
		return false;
	used = card_characters(buf_str(&head)) + card_characters(buf_str(&foot));
	room = full ? LIMIT_CARD_FULL / 2 : LIMIT_CARD;
	if (used + 40 > room)
		return false;
	rest = first_characters(buf_str(&middle), room - used - 1);
	if (rest.n < middle.n)
		rest = first_characters(rest, room - used - 40);
	buf_adds(&head, rest);
	if (rest.n < middle.n)
		buf_addz(&head, full ? "\n... (shortened here)\n" : "... (all of it in the terminal)\n");
	buf_adds(&head, buf_str(&foot));
	*out = buf_str(&head);
	return buf_ok(&head);
}
