/*
 * store_keyring.c - what flowlatch-keyring is asked, and what its answer means for a person.
 *
 * Knows the lines of flowlatch-keyring(8); must not know how the program is run.
 */
#include "work/store_impl.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

#define PROGRAM "flowlatch-keyring"

const struct store_kind store_keyring = { .name = "keyring", .helper = true };
const struct store_kind store_session_service = { .name = "session collection", .helper = true,
						  .in_memory = true };

/* Beside the program (a build), or where it is installed. */
const char *store_helper_path(struct arena *a)
{
	const char *self = os_self_dir(a), *path;
	static const char *const below[] = { "", "/../libexec/flowlatch" };

	for (size_t i = 0; self && i < sizeof(below) / sizeof(*below); i++) {
		path = arena_printf(a, "%s%s/" PROGRAM, self, below[i]);
		if (!access(path, X_OK))
			return path;
	}
	path = FLOWLATCH_LIBEXECDIR "/" PROGRAM;
	return access(path, X_OK) ? NULL : path;
}

/* ---- the request ---- */


/* A line break would end the line, and what follows would be another line. */
static bool add_line(struct buf *b, const char *key, struct str value)
{
	if (!value.n || str_find_char(value, '\n') >= 0)
		return false;
	buf_addf(b, "%s=", key);
	buf_adds(b, value);
	buf_addc(b, '\n');
	return true;
}

bool store_helper_request(struct store *s, const struct store_request *r,
			  const struct secret *raw, struct buf *out)
{
	bool ok;

	buf_addz(out, "version=1\n");
	ok = add_line(out, "profile", str_from(s->profile)) &&
	     add_line(out, "place", str_from(s->dir));
	if (store_kind(s)->in_memory)
		ok = ok && add_line(out, "collection", S("session"));
	if (r->verb == STORE_UNLOCK)
		ok = ok && add_line(out, "interactive", S("yes"));
	else if (r->name[0])
		ok = ok && add_line(out, "item", str_from(r->name));
	/* With the sign-in come the keys that the same call will want. */
	if (r->verb == STORE_GET && !strcmp(r->name, STORE_TOKEN))
		ok = ok && add_line(out, "item", S(STORE_LOG_KEY)) &&
		     add_line(out, "item", S(STORE_SEAL_KEY));
	if (r->verb == STORE_PUT)
		ok = ok && add_line(out, "secret", secret_bytes(raw));
	buf_addc(out, '\n');
	return ok && buf_ok(out);
}

/* ---- the answer ---- */

void store_answer_line(struct store_answer *a, struct str line)
{
	struct str key;

	if (a->ended || a->bad) {
		a->bad = true;
		return;
	}
	if (!line.n) {
		a->ended = true;
		a->bad = !a->status.n;
		return;
	}
	a->bad = true;
	if (!str_cut(&line, '=', &key) || !line.p)
		return;
	if (str_eq(key, S("item")) && a->count < STORE_ANSWER_ITEMS && line.n) {
		a->items[a->count++] = line;
	} else if (str_eq(key, S("secret")) && a->count && !a->secrets[a->count - 1].p && line.n) {
		a->secrets[a->count - 1] = line;
	} else if (str_eq(key, S("detail")) && !a->detail.p) {
		a->detail = line;
	} else if (str_eq(key, S("status")) && !a->status.p) {
		a->status = line;
	} else {
		return;
	}
	a->bad = false;
}

/* What each state of the keyring means, and what would do. %s: how to sign in. */
static const struct meaning {
	const char *status;
	enum store_result result;
	const char *message, *next;
} meanings[] = {
	{ "ok", STORE_OK, "", NULL },
	{ "absent", STORE_ABSENT, "the keyring has nothing for this profile", NULL },
	{ "locked", STORE_LOCKED, "the keyring is locked",
	  "Unlock it: run flowlatch unlock, or log in to the desktop; without a desktop: "
	  "gnome-keyring-daemon --unlock" },
	{ "dismissed", STORE_LOCKED,
	  "the keyring stayed locked: its window was closed, or there is no desktop to show it",
	  "Log in to the desktop, or run gnome-keyring-daemon --unlock; or choose another store: "
	  "%s --store file" },
	{ "no_bus", STORE_NO_BUS, "there is no session bus here, so no keyring can be reached",
	  "Log in to the desktop (ssh, containers and WSL often have none), or choose another "
	  "store: %s --store file" },
	{ "no_service", STORE_NO_SERVICE,
	  "no keyring service runs here (nobody owns org.freedesktop.secrets on the session bus)",
	  "Install and start one, such as gnome-keyring, or choose another store: "
	  "%s --store file" },
	{ "no_collection", STORE_NO_COLLECTION, "the keyring service has no default keyring",
	  "Make one: run flowlatch unlock, or log in to the desktop once; or choose another "
	  "store: %s --store file" },
	{ "slow", STORE_SLOW, "the keyring service did not answer in time",
	  "See whether one of its windows waits for you, and try again; or choose another store: "
	  "%s --store file" },
	{ "failed", STORE_FAILED, "the keyring failed", "Or choose another store: %s --store file" },
	{ "", STORE_FAILED, PROGRAM " answered with something unexpected",
	  "See that " PROGRAM " is of the same version as flowlatch." },
};

enum { MEANINGS = sizeof(meanings) / sizeof(*meanings) };

static enum store_result tell(struct store *s, const char *status, struct str detail)
{
	const struct meaning *m = meanings;
	struct buf b;

	while (m < meanings + MEANINGS - 1 && strcmp(m->status, status) != 0)
		m++;
	if (m->result == STORE_OK)
		return m->result;
	buf_init(&b, sizeof(s->message));
	buf_addz(&b, m->message);
	/* What the service said is for experts, and only when we do not know better. */
	if (m->result == STORE_FAILED && detail.n)
		buf_addf(&b, ": %.*s", STR_ARG(str_first_utf8(detail, 200)));
	store_say(s, m->result, "%s", buf_c(&b));
	buf_clear(&b);
	for (const char *p = m->next; p && *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			buf_addz(&b, s->login_command);
			p++;
		} else {
			buf_addc(&b, *p);
		}
	}
	store_advise(s, "%s", buf_c(&b));
	buf_free(&b);
	return m->result;
}

enum store_result store_helper_tell(struct store *s, const char *status)
{
	return tell(s, status, S(""));
}

enum store_result store_helper_result(struct store *s, const struct store_answer *a, int status,
				      const char *name, struct secret **raw)
{
	char word[32] = "";
	enum store_result r;

	/* It was ended for time, or ended itself (SIGALRM). */
	if (status == -1 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM))
		return tell(s, "slow", S(""));
	if (a->ended && !a->bad && a->status.n < sizeof(word)) {
		memcpy(word, a->status.p, a->status.n);
		word[a->status.n] = '\0';
	}
	r = tell(s, word, a->detail);
	for (size_t i = 0; !a->bad && i < a->count; i++) {
		if (str_eq(a->items[i], str_from(name)) && raw && r == STORE_OK && !*raw)
			*raw = secret_new(a->secrets[i]);
		else if (a->secrets[i].n && str_eq(a->items[i], S(STORE_LOG_KEY)))
			store_keep_ahead(s, STORE_LOG_KEY, a->secrets[i]);
		else if (a->secrets[i].n && str_eq(a->items[i], S(STORE_SEAL_KEY)))
			store_keep_ahead(s, STORE_SEAL_KEY, a->secrets[i]);
	}
	if (r == STORE_OK && raw && (!*raw || !secret_bytes(*raw).n)) {
		secret_free(*raw);
		*raw = NULL;
		return tell(s, "", S(""));
	}
	return r;
}

/* ---- what came along ---- */

void store_keep_ahead(struct store *s, const char *name, struct str raw)
{
	struct store_ahead *a = &s->ahead[!strcmp(name, STORE_LOG_KEY)];

	secret_free(a->raw);
	*a = (struct store_ahead){ name, secret_new(raw), os_now_ms() + LIMIT_KEYRING_AHEAD_MS };
}

struct secret *store_take_ahead(struct store *s, const char *name)
{
	for (size_t i = 0; i < sizeof(s->ahead) / sizeof(*s->ahead); i++) {
		struct store_ahead *a = &s->ahead[i];
		struct secret *raw = a->raw;

		if (!raw || strcmp(a->name, name) != 0)
			continue;
		a->raw = NULL;
		if (os_now_ms() < a->until)
			return raw;
		secret_free(raw);
	}
	return NULL;
}
