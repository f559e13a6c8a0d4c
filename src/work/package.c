/*
 * package.c - the only user of libarchive: takes entries out of a zip.
 *
 * libarchive is opened at first use, because linking it costs every start.  Only the reader of
 * zips with a directory at their end is switched on: no other format, no filter.  Knows nothing
 * of flows, and trusts nothing that a zip says of itself: sizes are counted, not read.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

#include "base/limits.h"
#include "work/package_priv.h"

#define FUNCTIONS(X)                                                                               \
	X(read_new)                                                                                \
	X(read_support_format_zip_seekable)                                                        \
	X(read_open_memory)                                                                        \
	X(read_next_header)                                                                        \
	X(read_data)                                                                               \
	X(read_free)                                                                               \
	X(error_string)                                                                            \
	X(entry_pathname)                                                                          \
	X(entry_pathname_utf8)                                                                     \
	X(entry_filetype)                                                                          \
	X(entry_is_encrypted)

#define MEMBER(name) __typeof__(&archive_##name) name;
static struct {
	FUNCTIONS(MEMBER)
} A;
#undef MEMBER

static const char *load(void)
{
#define NAME(name) "archive_" #name,
	static const char *const names[] = { FUNCTIONS(NAME) };
#undef NAME
	static bool tried;
	static const char *trouble;
	void *so;

	if (tried)
		return trouble;
	tried = true;
	so = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return trouble = "zips need libarchive.so.13 (Debian: apt install libarchive13)";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		void *function = dlsym(so, names[i]);

		if (!function)
			return trouble = "this libarchive is too old; 3.2 or newer is needed";
		/* Object and function pointers have one size where there is dlsym (POSIX). */
		memcpy((char *)&A + i * sizeof(function), &function, sizeof(function));
	}
	return NULL;
}

bool package_is_zip(struct str bytes)
{
	return str_starts(bytes, S("PK\003\004")) || str_starts(bytes, S("PK\005\006"));
}

/* ---- one zip ---- */

struct job {
	struct arena *a;
	struct archive *zip;
	struct str bytes;
	bool (*wanted)(struct str path);
	struct package_zip *out;
	size_t total;
	struct str why; /* set: it went wrong */
};

static void damaged(struct job *j)
{
	const char *words = A.error_string(j->zip);

	j->why = str_fmt(j->a, "the zip is cut off or damaged%s%s%s", words ? " (" : "",
			 words ? words : "", words ? ")" : "");
}

/* A path that only names an entry: "/" between its parts, none of them "..". */
static bool plain_path(struct job *j, const char *given, struct str *out)
{
	char *p = arena_copy(j->a, given, strlen(given));
	struct str path = str_from(p), rest, part;

	for (size_t i = 0; i < path.n; i++)
		if (p[i] == '\\')
			p[i] = '/';
	*out = path;
	if (path.n == 0 || p[0] == '/' || (path.n > 1 && p[1] == ':'))
		return false;
	for (rest = path; str_cut(&rest, '/', &part);)
		if (str_eq(part, S("..")) || str_eq(part, S(".")))
			return false;
	return true;
}

static bool too_much(struct job *j, size_t entry)
{
	if (entry > LIMIT_ANSWER_FLOW)
		j->why = S("an entry of the zip is larger than 32 MB");
	else if (j->total > LIMIT_PACKAGE_TOTAL)
		j->why = S("the flows in the zip are larger than 96 MB together");
	else if (j->total > (1u << 20) && j->total / LIMIT_PACKAGE_RATIO > j->bytes.n)
		j->why = S("the zip grows more than 200 times when it is unpacked: it is a bomb");
	return j->why.n > 0;
}

static bool is_xml(struct str path)
{
	return str_ends_nocase(path, S(".xml"));
}

static void take(struct job *j, struct str path)
{
	struct package_entry *e;
	struct buf b;
	la_ssize_t n;

	for (e = j->out->first; e; e = e->next) {
		if (!str_eq(e->path, path))
			continue;
		j->why = str_fmt(j->a, "the zip has two entries named %.*s", STR_ARG(path));
		return;
	}
	buf_init_in(&b, j->a, LIMIT_PACKAGE_XML + 65536u);
	for (;;) {
		char *room = buf_room(&b, 65536);

		n = A.read_data(j->zip, room, 65536);
		if (n <= 0)
			break;
		b.n += (size_t)n;
		j->total += is_xml(path) ? 0 : (size_t)n;
		if (is_xml(path) && b.n > LIMIT_PACKAGE_XML)
			return;
		if (too_much(j, is_xml(path) ? 0 : b.n))
			return;
	}
	if (n < 0) {
		damaged(j);
		return;
	}
	e = arena_alloc(j->a, sizeof(*e));
	e->path = path;
	e->bytes = buf_str(&b);
	*j->out->tail = e;
	j->out->tail = &e->next;
}

static void entry(struct job *j, struct archive_entry *e)
{
	const char *given = A.entry_pathname_utf8(e);
	struct str path;

	if (!given)
		given = A.entry_pathname(e);
	if (!given) {
		j->why = S("an entry of the zip has no name");
	} else if (!plain_path(j, given, &path)) {
		j->why = str_fmt(j->a, "an entry of the zip has a path that leads out of it: %.*s",
				 STR_ARG(path));
	} else if (A.entry_filetype(e) == AE_IFLNK) {
		j->why = str_fmt(j->a, "an entry of the zip is a link: %.*s", STR_ARG(path));
	} else if (str_ends_nocase(path, S(".zip"))) {
		j->out->nested = path;
	} else if (A.entry_filetype(e) == AE_IFREG && j->wanted(path)) {
		if (A.entry_is_encrypted(e))
			j->why = S("the zip is encrypted");
		else
			take(j, path);
	}
}

static void all(struct job *j)
{
	struct archive_entry *e;
	int rc;

	while ((rc = A.read_next_header(j->zip, &e)) >= ARCHIVE_WARN && rc != ARCHIVE_EOF) {
		if (++j->out->entries > LIMIT_PACKAGE_ENTRIES)
			j->why = S("the zip has more than 20,000 entries");
		else
			entry(j, e);
		if (j->why.n)
			return;
	}
	if (rc != ARCHIVE_EOF)
		damaged(j);
}

static void open_and_read(struct job *j)
{
	jmp_buf *outer = j->a->out, here;

	if (arena_guard(j->a, &here)) {
		j->a->out = outer;
		A.read_free(j->zip);
		arena_alloc(j->a, (size_t)-1); /* on to the caller's way out */
	}
	j->zip = A.read_new();
	if (!j->zip)
		j->why = S("out of memory");
	else if (A.read_support_format_zip_seekable(j->zip) != ARCHIVE_OK ||
		 A.read_open_memory(j->zip, j->bytes.p, j->bytes.n) != ARCHIVE_OK)
		damaged(j);
	else
		all(j);
	j->a->out = outer;
	A.read_free(j->zip);
}

bool package_unzip(struct arena *a, struct str bytes, bool (*wanted)(struct str path),
		   struct package_zip *out, struct str *why)
{
	struct job j = { .a = a, .bytes = bytes, .wanted = wanted, .out = out };
	const char *trouble = load();

	*out = (struct package_zip){ .nested = S("") };
	out->tail = &out->first;
	if (trouble)
		j.why = str_from(trouble);
	else if (!str_starts(bytes, S("PK\005\006"))) /* else there is nothing in it */
		open_and_read(&j);
	*why = j.why;
	return j.why.n == 0;
}
