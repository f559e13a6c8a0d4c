/*
 * policy_text.c - the files of the policies: whose they must be, and what their lines say.
 *
 * Strict: an unknown section, key or value is an error with file and line, because a limit
 * that is overlooked is none.  Knows nothing of how layers merge.
 */
#include "work/policy_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "work/conf_text.h"

/* ---- lines ---- */

struct reader {
	struct arena *a;
	const char *where; /* "file:line" */
	struct policy_layer *out;
	struct policy_section *section, **last;
	const char **message;
};

/* What is wrong with the line that a reader is at. */
#define say(r, ...) conf_say((r)->a, (r)->where, (r)->message, __VA_ARGS__)

static const char *const kinds[SECTION_KINDS] = {
	[SECTION_TOOL] = "tool",
	[SECTION_ENVIRONMENT] = "environment",
	[SECTION_CLASS] = "class",
	[SECTION_HOST] = "host",
};

static int word_number(const char *const *words, struct str word)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(word, str_from(words[i])))
			return i;
	return -1;
}

static int number_in(const char *words, struct str word)
{
	struct str rest = str_from(words), one;

	for (int i = 0; str_cut(&rest, ' ', &one); i++)
		if (str_eq(one, word))
			return i;
	return -1;
}

/* Blanks and commas separate; the result has single blanks. */
static struct str words_of(struct arena *a, struct str value)
{
	struct buf b;
	bool gap = false;

	buf_init_in(&b, a, LIMIT_CONF_LINE + 1);
	for (size_t i = 0; i < value.n; i++) {
		bool blank = value.p[i] == ' ' || value.p[i] == ',' || value.p[i] == '\t';

		if (!blank) {
			if (gap && b.n)
				buf_addc(&b, ' ');
			buf_addc(&b, value.p[i]);
		}
		gap = blank;
	}
	return buf_str(&b);
}

static bool read_set(struct reader *r, const char *name, const char *words, struct str value,
		     int64_t *out)
{
	struct str rest = words_of(r->a, value), one;

	*out = 0;
	if (str_eq(rest, S("none")))
		return true;
	while (str_cut(&rest, ' ', &one)) {
		int i = number_in(words, one);

		if (i < 0)
			return say(r, "%s: '%s' is none of %s, none", name, conf_quote(r->a, one),
				   words);
		*out |= 1 << i;
	}
	return true;
}

static bool read_bool(struct reader *r, const char *name, struct str value, int64_t *out)
{
	*out = str_eq(value, S("yes"));
	if (*out || str_eq(value, S("no")))
		return true;
	return say(r, "%s must be yes or no", name);
}

static bool read_value(struct reader *r, const struct policy_key_row *k, struct str value,
		       struct policy_value *out)
{
	int i;

	out->where = r->where;
	switch (k->type) {
	case KEY_WORD:
		i = number_in(k->words, value);
		out->number = i;
		return i >= 0 || say(r, "%s must be one of: %s", k->name, k->words);
	case KEY_SET:
		return read_set(r, k->name, k->words, value, &out->number);
	case KEY_BOOL:
		return read_bool(r, k->name, value, &out->number);
	case KEY_INT:
		if (str_to_i64(value, &out->number) && out->number >= k->min &&
		    out->number <= k->max)
			return true;
		return say(r, "%s must be a number from %lld to %lld", k->name, (long long)k->min,
			   (long long)k->max);
	case KEY_LIST:
		out->text = words_of(r->a, value);
		return out->text.n || say(r, "%s must name at least one", k->name);
	}
	return false;
}

static bool global_key(struct reader *r, struct str name, struct str value)
{
	for (size_t i = 0; i < POLICY__KEYS; i++) {
		if (!str_eq(name, str_from(policy_keys[i].name)))
			continue;
		if (r->out->values[i].where)
			return say(r, "%s is there twice", policy_keys[i].name);
		return read_value(r, &policy_keys[i], value, &r->out->values[i]);
	}
	return say(r, "unknown key '%s'; see flowlatch-policy(5)", conf_quote(r->a, name));
}

static bool section_key(struct reader *r, struct str name, struct str value)
{
	static const char *const names[] = { "action", "class", "channels", NULL };
	struct policy_section *s = r->section;
	int k = word_number(names, name);
	int64_t set;

	if (k < 0)
		return say(r, "unknown key '%s' in a section; action, class and channels are known",
			   conf_quote(r->a, name));
	if (s->where[k])
		return say(r, "%s is there twice", names[k]);
	if (s->kind == SECTION_HOST && k != SECTION_ACTION)
		return say(r, "a host has an action and nothing else");
	if (s->kind == SECTION_CLASS && k == SECTION_FLOOR)
		return say(r, "a class cannot be given a class");
	s->where[k] = r->where;
	if (k == SECTION_CHANNELS) {
		if (!read_set(r, "channels", policy_keys[POLICY_CHANNELS].words, value, &set))
			return false;
		s->value[k] = (int)set;
		return true;
	}
	s->value[k] = word_number(k == SECTION_ACTION ? policy_actions : policy_classes, value);
	if (s->value[k] < 0)
		return say(r, k == SECTION_ACTION ? "action must be allow, ask or deny"
						  : "class must be read-only, moderate, dangerous "
						    "or unknown");
	/* A host is asked for in the middle of a call, where nobody can be asked any more. */
	if (s->kind == SECTION_HOST && s->value[k] == POLICY_ASK)
		return say(r, "the action of a host must be allow or deny");
	return true;
}

static bool open_section(struct reader *r, struct str line)
{
	struct str kind, name = str_n(line.p + 1, line.n - 2);
	int k;

	if (!str_ends(line, S("]")) || !str_cut(&name, ' ', &kind))
		return say(r, "a section is written [tool NAME], [environment NAME], [class NAME] "
			      "or [host NAME]");
	for (k = 0; k < SECTION_KINDS; k++)
		if (str_eq(kind, str_from(kinds[k])))
			break;
	name = str_trim(name);
	if (k == SECTION_KINDS || !name.n)
		return say(r, "a section is written [tool NAME], [environment NAME], [class NAME] "
			      "or [host NAME]");
	if (k == SECTION_CLASS && word_number(policy_classes, name) < 0)
		return say(r, "there is no class '%s'", conf_quote(r->a, name));
	for (struct policy_section *s = r->out->sections; s; s = s->next)
		if (s->kind == (enum section_kind)k && str_eq(s->name, name))
			return say(r, "[%s %s] is there twice", kinds[k], conf_quote(r->a, name));
	r->section = arena_alloc(r->a, sizeof(*r->section));
	*r->section = (struct policy_section){ .kind = (enum section_kind)k, .name = name,
					       .begins = r->where };
	*r->last = r->section;
	r->last = &r->section->next;
	return true;
}

static bool read_line(struct reader *r, struct str line)
{
	struct conf_line l;

	line = str_trim(line);
	if (line.n > 1 && line.p[0] == '[')
		return line.n <= LIMIT_CONF_LINE && str_is_utf8(line)
			       ? open_section(r, line)
			       : say(r, "the line is too long, or not UTF-8");
	l = conf_line_read(line);
	switch (l.kind) {
	case CONF_LINE_KEY:
		return r->section ? section_key(r, l.name, l.value)
				  : global_key(r, l.name, l.value);
	case CONF_LINE_NOTHING:
		return true;
	default:
		return say(r, "%s", l.why ? l.why : "expected key = value, a section or a comment");
	}
}

bool policy_text_read(struct arena *a, const char *file, struct str text, struct policy_layer *out,
		      const char **message)
{
	struct reader r = { .a = a, .out = out, .message = message, .last = &out->sections };
	struct str line;

	*out = (struct policy_layer){ .present = true };
	r.last = &out->sections;
	for (unsigned n = 1; str_cut(&text, '\n', &line); n++) {
		r.where = arena_printf(a, "%s:%u", file, n);
		if (!read_line(&r, line))
			return false;
	}
	return true;
}

/* ---- files ---- */

struct policy_files policy_files(struct arena *a)
{
	const char *dir = os_config_dir(a);

	return (struct policy_files){ .system = POLICY_SYSTEM_FILE,
				      .user = dir ? arena_printf(a, "%s/policy.conf", dir) :
						    NULL };
}

static struct policy_stamp stamp_of(const struct stat *st)
{
	return (struct policy_stamp){ .there = true,
				      .dev = st->st_dev,
				      .ino = st->st_ino,
				      .size = st->st_size,
				      .changed = st->st_ctim };
}

static bool same_stamp(const struct policy_stamp *a, const struct policy_stamp *b)
{
	return a->there == b->there &&
	       (!a->there || (a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
			      a->changed.tv_sec == b->changed.tv_sec &&
			      a->changed.tv_nsec == b->changed.tv_nsec));
}

/* What is wrong with an open file, or NULL. */
static const char *unsafe(const struct stat *st, uid_t owner, bool system)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != owner && (system || st->st_uid != 0))
		return system ? "must belong to root" : "belongs to somebody else";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by others; take that right away with chmod go-w";
	if (st->st_size > LIMIT_CONF_FILE)
		return "is too large for a policy";
	return NULL;
}

/* What is wrong, or NULL; a file that is not there leaves *there false. */
static const char *read_file(const char *path, uid_t owner, bool system, struct buf *text,
			     struct policy_stamp *stamp)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW), err;
	const char *why;
	struct stat st;

	*stamp = (struct policy_stamp){ 0 };
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? NULL : strerror(errno);
	if (fstat(fd, &st)) {
		err = errno;
		close(fd);
		return strerror(err);
	}
	why = unsafe(&st, owner, system);
	/* Most machines have no policy, and every start comes by here. */
	buf_room(text, LIMIT_CONF_FILE);
	err = why ? 0 : os_read_fd(fd, text);
	close(fd);
	*stamp = stamp_of(&st);
	return why ? why : err ? strerror(err) : NULL;
}

static bool load_layer(struct policy *p, struct arena *a, size_t i, uid_t owner,
		       struct crypt_hash *h, const char **message)
{
	struct buf text;
	const char *why;

	if (!p->paths[i])
		return true;
	buf_init_in(&text, &p->arena, LIMIT_CONF_FILE + 1);
	why = read_file(p->paths[i], owner, i == LAYER_SYSTEM, &text, &p->stamps[i]);
	if (why) {
		*message = arena_printf(a, "%s: %s", p->paths[i], why);
		return false;
	}
	crypt_hash_add(h, i == LAYER_SYSTEM ? S("system\n") : S("user\n"));
	if (!p->stamps[i].there)
		return true;
	crypt_hash_add(h, buf_str(&text));
	if (policy_text_read(&p->arena, p->paths[i], buf_str(&text), &p->layers[i], message))
		return true;
	*message = arena_printf(a, "%s", *message);
	return false;
}

static bool load_both(struct policy *p, struct arena *a, const struct policy_files *f,
		      const char **message)
{
	struct crypt_hash *h;
	jmp_buf out;
	bool fine;

	if (arena_guard(&p->arena, &out)) {
		*message = "the policy is too large";
		return false;
	}
	p->paths[LAYER_SYSTEM] = f->system ? arena_printf(&p->arena, "%s", f->system) : NULL;
	p->paths[LAYER_USER] = f->user ? arena_printf(&p->arena, "%s", f->user) : NULL;
	h = crypt_hash_new();
	fine = load_layer(p, a, LAYER_SYSTEM, f->system_owner, h, message) &&
	       load_layer(p, a, LAYER_USER, geteuid(), h, message);
	crypt_hash_end(h, p->digest);
	p->arena.out = NULL;
	return fine;
}

struct policy *policy_load(struct arena *a, const struct policy_files *f, const char **message)
{
	struct policy *p = calloc(1, sizeof(*p));

	*message = "out of memory";
	if (!p)
		return NULL;
	arena_init(&p->arena, 8 * LIMIT_CONF_FILE);
	if (load_both(p, a, f, message))
		return p;
	policy_free(p);
	return NULL;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p);
}

bool policy_is_stale(const struct policy *p)
{
	for (size_t i = 0; i < LAYERS; i++) {
		struct policy_stamp now = { 0 };
		struct stat st;

		if (!p->paths[i])
			continue;
		if (!lstat(p->paths[i], &st))
			now = stamp_of(&st);
		else if (errno != ENOENT && errno != ENOTDIR)
			return true;
		if (!same_stamp(&now, &p->stamps[i]))
			return true;
	}
	return false;
}

const unsigned char *policy_digest(const struct policy *p)
{
	return p->digest;
}

const char *policy_file(const struct policy *p, bool system)
{
	size_t i = system ? LAYER_SYSTEM : LAYER_USER;

	return p->stamps[i].there ? p->paths[i] : NULL;
}
