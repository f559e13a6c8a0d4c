/*
 * approve.c - approvals on their way: authentication, single use, questions for a terminal.
 */
#include "work/approve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

/* ---- the value ---- */

void approval_new(struct approval *p, const unsigned char plan[CRYPT_HASH],
		  const unsigned char target[CRYPT_HASH], int64_t now)
{
	*p = (struct approval){ .expires = now + LIMIT_APPROVAL_MS };
	crypt_random(p->nonce, sizeof(p->nonce));
	memcpy(p->plan, plan, CRYPT_HASH);
	memcpy(p->target, target, CRYPT_HASH);
}

static void mac(const unsigned char key[CRYPT_KEY], const struct approval *p,
		unsigned char out[CRYPT_HASH])
{
	unsigned char tail[10];
	struct str parts[5] = { S("appr-v1"), str_bytes(p->nonce, sizeof(p->nonce)),
				str_bytes(p->plan, CRYPT_HASH), str_bytes(p->target, CRYPT_HASH),
				str_bytes(tail, sizeof(tail)) };

	for (int i = 0; i < 8; i++)
		tail[i] = (unsigned char)((uint64_t)p->expires >> (8 * i));
	tail[8] = p->changed;
	tail[9] = p->quarter;
	crypt_hmac(str_bytes(key, CRYPT_KEY), parts, 5, out);
}

static void set_hex(struct arena *a, struct json *v, const char *name, const unsigned char *p,
		    size_t n)
{
	struct buf b;

	buf_init_in(&b, a, 2 * n + 1);
	crypt_hex(&b, str_bytes(p, n));
	json_set_str(a, v, name, buf_str(&b));
}

struct json *approval_write(struct arena *a, const unsigned char key[CRYPT_KEY],
			    const struct approval *p)
{
	struct json *v = json_new_object(a);
	unsigned char m[CRYPT_HASH];

	mac(key, p, m);
	set_hex(a, v, "n", p->nonce, sizeof(p->nonce));
	set_hex(a, v, "p", p->plan, CRYPT_HASH);
	set_hex(a, v, "t", p->target, CRYPT_HASH);
	json_set_int(a, v, "e", p->expires);
	json_set_bool(a, v, "c", p->changed);
	json_set_bool(a, v, "q", p->quarter);
	set_hex(a, v, "m", m, CRYPT_HASH);
	return v;
}

static bool unhex(struct str hex, unsigned char *out, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		const char *d = hex.p[i] ? strchr(digits, hex.p[i]) : NULL;

		if (!d)
			return false;
		out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] | (d - digits) : (d - digits) << 4);
	}
	return true;
}

bool approval_read(const unsigned char key[CRYPT_KEY], const struct json *v, struct approval *out)
{
	unsigned char want[CRYPT_HASH], have[CRYPT_HASH];
	struct approval p = { .expires = json_int(json_get(v, "e"), 0),
			      .changed = json_is_true(json_get(v, "c")),
			      .quarter = json_is_true(json_get(v, "q")) };

	if (json_count(v) != 7 || !json_is(json_get(v, "c"), JSON_BOOL) ||
	    !json_is(json_get(v, "q"), JSON_BOOL))
		return false;
	if (!unhex(json_get_str(v, "n"), p.nonce, sizeof(p.nonce)) ||
	    !unhex(json_get_str(v, "p"), p.plan, CRYPT_HASH) ||
	    !unhex(json_get_str(v, "t"), p.target, CRYPT_HASH) ||
	    !unhex(json_get_str(v, "m"), have, CRYPT_HASH))
		return false;
	mac(key, &p, want);
	if (!crypt_equal(want, have, CRYPT_HASH))
		return false;
	*out = p;
	return true;
}

/* ---- once ---- */

static const char *path_of(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static bool fails(struct arena *a, const char *path, int err, const char **why)
{
	*why = arena_printf(a, "%s: %s", path, strerror(err));
	return false;
}

/* What is still of use of the list, and whether the nonce is in it.  Lines: "hex expires". */
static bool read_spent(struct str text, struct str nonce, int64_t now, struct buf *keep,
		       bool *found)
{
	struct str line;

	*found = false;
	while (str_cut(&text, '\n', &line)) {
		struct str rest = line, hex;
		int64_t until;

		if (!line.n)
			continue;
		if (!str_cut(&rest, ' ', &hex) || !str_to_i64(rest, &until))
			return false;
		*found |= str_eq(hex, nonce);
		if (until >= now) {
			buf_adds(keep, line);
			buf_addc(keep, '\n');
		}
	}
	return buf_ok(keep);
}

static enum approval_result spend_locked(struct arena *a, const char *path, struct str nonce,
					 const struct approval *p, int64_t now, const char **why)
{
	struct buf text, keep;
	bool found;
	int err;

	buf_init_in(&text, a, LIMIT_SPENT);
	buf_init_in(&keep, a, LIMIT_SPENT);
	err = os_read_file(path, &text);
	if (err && err != ENOENT) {
		fails(a, path, err, why);
		return APPROVAL_FAILED;
	}
	if (!read_spent(buf_str(&text), nonce, now, &keep, &found)) {
		*why = arena_printf(a, "%s is damaged; remove it when no call waits", path);
		return APPROVAL_FAILED;
	}
	if (found)
		return APPROVAL_BEFORE;
	/* Longer than the approval itself, so that a clock that is set back finds it here. */
	buf_addf(&keep, "%.*s %lld\n", STR_ARG(nonce), (long long)(p->expires + 86400000));
	err = buf_ok(&keep) ? os_write_atomic(path, buf_str(&keep)) : EFBIG;
	if (err) {
		fails(a, path, err, why);
		return APPROVAL_FAILED;
	}
	return APPROVAL_DONE;
}

enum approval_result approval_spend(struct arena *a, const char *dir, const struct approval *p,
				    int64_t now, const char **why)
{
	enum approval_result result;
	const char *path = path_of(a, dir, "lock");
	struct buf hex;
	int err = os_mkdirs(dir), fd;

	if (err) {
		fails(a, dir, err, why);
		return APPROVAL_FAILED;
	}
	fd = os_try_lock(path, &err);
	if (fd < 0) {
		fails(a, path, err, why);
		return err == EWOULDBLOCK ? APPROVAL_BUSY : APPROVAL_FAILED;
	}
	buf_init_in(&hex, a, 64);
	crypt_hex(&hex, str_bytes(p->nonce, sizeof(p->nonce)));
	result = spend_locked(a, path_of(a, dir, "spent"), buf_str(&hex), p, now, why);
	os_unlock(fd);
	return result;
}

bool approval_used_before(struct arena *a, const char *dir, struct str tool)
{
	struct buf text;
	struct str rest, line;

	buf_init_in(&text, a, LIMIT_SPENT);
	if (os_read_file(path_of(a, dir, "used"), &text))
		return false;
	rest = buf_str(&text);
	while (str_cut(&rest, '\n', &line))
		if (str_eq(line, tool))
			return true;
	return false;
}

void approval_mark_used(struct arena *a, const char *dir, struct str tool)
{
	const char *path = path_of(a, dir, "used");
	struct buf text;

	if (approval_used_before(a, dir, tool))
		return;
	buf_init_in(&text, a, LIMIT_SPENT);
	(void)os_read_file(path, &text);
	buf_adds(&text, tool);
	buf_addc(&text, '\n');
	/* When it cannot be written, the next use counts as the first again. */
	if (buf_ok(&text))
		(void)os_write_atomic(path, buf_str(&text));
}

/* ---- questions for a terminal ---- */

/* Crockford's base 32: no letter that looks like another. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void new_code(char out[APPROVAL_CODE])
{
	unsigned char r[8];
	size_t n = 0;

	crypt_random(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++) {
		if (i == 4)
			out[n++] = '-';
		out[n++] = alphabet[r[i] % 32];
	}
	out[n] = '\0';
}

/* As people read and type: O is 0, I and L are 1. */
static char meant(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool approval_code_is(const char *code, struct str typed)
{
	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == '-' || typed.p[i] == ' ')
			continue;
		if (*code == '-')
			code++;
		if (!*code || meant(typed.p[i]) != *code++)
			return false;
	}
	return !*code && typed.n;
}

static const char *plan_name(struct arena *a, const char *prefix, const unsigned char *plan)
{
	struct buf b;

	buf_init_in(&b, a, 96);
	buf_addz(&b, prefix);
	crypt_hex(&b, str_bytes(plan, 16));
	return buf_c(&b);
}

static bool write_sealed(struct arena *a, const char *dir, const char *name,
			 const unsigned char key[CRYPT_KEY], const struct json *v,
			 const char **why)
{
	struct buf b;
	int err = os_mkdirs(dir);

	buf_init_in(&b, a, LIMIT_CODE_FILE);
	crypt_seal(key, str_from(name), json_text(a, v), &b);
	if (!err)
		err = buf_ok(&b) ? os_write_atomic(path_of(a, dir, name), buf_str(&b)) : EFBIG;
	return !err || fails(a, path_of(a, dir, name), err, why);
}

static struct json *read_sealed(struct arena *a, const char *dir, const char *name,
				const unsigned char key[CRYPT_KEY])
{
	struct buf raw, plain;
	const char *why;
	int fd = os_open_private(path_of(a, dir, name), O_RDONLY, &why), err;

	if (fd < 0)
		return NULL;
	buf_init_in(&raw, a, LIMIT_CODE_FILE);
	buf_init_in(&plain, a, LIMIT_CODE_FILE);
	err = os_read_fd(fd, &raw);
	close(fd);
	if (err || !crypt_open(key, str_from(name), buf_str(&raw), &plain))
		return NULL;
	return json_parse(a, buf_str(&plain), JSON_STRICT, NULL);
}

static bool read_code(const unsigned char key[CRYPT_KEY], const struct json *v,
		      struct approval_code *out)
{
	struct str code = json_get_str(v, "code");

	if (code.n != APPROVAL_CODE - 1 || !approval_read(key, json_get(v, "approval"),
							   &out->approval))
		return false;
	memcpy(out->code, code.p, code.n);
	out->code[code.n] = '\0';
	out->tool = json_get_z(v, "tool");
	out->klass = json_get_z(v, "class");
	out->sentence = json_get_z(v, "sentence");
	out->card = json_get_z(v, "card");
	out->typed = json_get_z(v, "typed");
	out->arguments = json_get(v, "arguments");
	out->made = json_int(json_get(v, "made"), 0);
	out->expires = json_int(json_get(v, "expires"), 0);
	return true;
}

static bool by_age(const struct approval_code *x, const struct approval_code *y)
{
	return x->made < y->made || (x->made == y->made && strcmp(x->code, y->code) < 0);
}

static void sort(struct approval_code *c, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k && by_age(&c[k], &c[k - 1]); k--) {
			struct approval_code swap = c[k];

			c[k] = c[k - 1];
			c[k - 1] = swap;
		}
}

size_t approval_list(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     int64_t now, struct approval_code **out)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;
	/* The names first: reading may run out of memory, and leaves by longjmp. */
	char names[2 * LIMIT_CODES][64];
	size_t named = 0;

	*out = arena_array(a, 2 * LIMIT_CODES, sizeof(**out));
	while (d && (e = readdir(d)) && named < 2 * LIMIT_CODES) {
		size_t length = strlen(e->d_name);

		if ((str_starts(str_from(e->d_name), S("ask-")) ||
		     str_starts(str_from(e->d_name), S("said-"))) &&
		    length < sizeof(names[0]))
			memcpy(names[named++], e->d_name, length + 1);
	}
	if (d)
		closedir(d);
	for (size_t i = 0; i < named; i++) {
		struct json *v = read_sealed(a, dir, names[i], key);
		struct approval said;

		/* A decision that nobody fetched in time. */
		if (names[i][0] == 's') {
			if (approval_read(key, json_get(v, "approval"), &said) &&
			    said.expires < now)
				(void)unlink(path_of(a, dir, names[i]));
			continue;
		}
		if (v && read_code(key, v, &(*out)[n]) && (*out)[n].expires >= now)
			n++;
		else if (v)
			(void)unlink(path_of(a, dir, names[i]));
	}
	sort(*out, n);
	return n;
}

bool approval_put(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		  struct approval_code *c, int64_t now, const char **why)
{
	struct json *v = json_new_object(a);
	struct approval_code *waiting;
	size_t n = approval_list(a, dir, key, now, &waiting);

	for (size_t i = 0; i < n; i++)
		if (crypt_equal(waiting[i].approval.plan, c->approval.plan, CRYPT_HASH)) {
			*c = waiting[i];
			return true;
		}
	if (n >= LIMIT_CODES) {
		*why = "too many questions wait for a person already; see flowlatch approve";
		return false;
	}
	new_code(c->code);
	c->made = now;
	c->expires = now + LIMIT_CODE_MS;
	json_set_z(a, v, "code", c->code);
	json_set(a, v, "approval", approval_write(a, key, &c->approval));
	json_set_z(a, v, "tool", c->tool);
	json_set_z(a, v, "class", c->klass);
	json_set_z(a, v, "sentence", c->sentence);
	json_set_z(a, v, "card", c->card);
	json_set_z(a, v, "typed", c->typed);
	if (c->arguments)
		json_set(a, v, "arguments", json_copy(a, c->arguments));
	json_set_int(a, v, "made", c->made);
	json_set_int(a, v, "expires", c->expires);
	return write_sealed(a, dir, plan_name(a, "ask-", c->approval.plan), key, v, why);
}

bool approval_decide(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     const struct approval_code *c, bool yes, const struct json *edited,
		     int64_t now, const char **why)
{
	struct json *v = json_new_object(a);
	struct approval p = c->approval;

	p.expires = now + LIMIT_APPROVAL_MS;
	json_set_bool(a, v, "yes", yes);
	json_set(a, v, "approval", approval_write(a, key, &p));
	if (edited)
		json_set(a, v, "edited", json_copy(a, edited));
	if (!write_sealed(a, dir, plan_name(a, "said-", p.plan), key, v, why))
		return false;
	(void)unlink(path_of(a, dir, plan_name(a, "ask-", p.plan)));
	return true;
}

enum approval_found approval_find(struct arena *a, const char *dir,
				  const unsigned char key[CRYPT_KEY],
				  const unsigned char plan[CRYPT_HASH], int64_t now,
				  struct approval *out)
{
	struct json *v = read_sealed(a, dir, plan_name(a, "said-", plan), key);
	struct approval p;

	if (!v || !approval_read(key, json_get(v, "approval"), &p) ||
	    !crypt_equal(p.plan, plan, CRYPT_HASH))
		return APPROVAL_NONE;
	if (p.expires < now) {
		approval_forget(a, dir, plan);
		return APPROVAL_NONE;
	}
	*out = p;
	return json_is_true(json_get(v, "yes")) ? APPROVAL_YES : APPROVAL_NO;
}

struct json *approval_edited(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
			     const unsigned char plan[CRYPT_HASH])
{
	return json_get(read_sealed(a, dir, plan_name(a, "said-", plan), key), "edited");
}

void approval_forget(struct arena *a, const char *dir, const unsigned char plan[CRYPT_HASH])
{
	(void)unlink(path_of(a, dir, plan_name(a, "said-", plan)));
}
