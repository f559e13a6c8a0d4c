/*
 * package_files.c - files, zips and folders: finds what may be a flow and hands it out.
 *
 * Knows how packages and solutions are laid out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/package_priv.h"

/* ---- zips ---- */

static struct str last_part(struct str path)
{
	struct str part = path;

	for (struct str rest = path; str_cut(&rest, '/', &part);)
		;
	return part;
}

static bool in_folder(struct str path, struct str folder)
{
	struct str part;

	for (struct str rest = path; str_cut(&rest, '/', &part) && rest.p;)
		if (str_eq_nocase(part, folder))
			return true;
	return false;
}

static bool is_definition(struct str path)
{
	return in_folder(path, S("Microsoft.Flow")) &&
	       str_eq_nocase(last_part(path), S("definition.json"));
}

static bool is_workflow(struct str path)
{
	return in_folder(path, S("Workflows")) && str_ends_nocase(path, S(".json"));
}

static bool is_manifest(struct str path)
{
	return str_eq_nocase(last_part(path), S("manifest.json"));
}

static bool is_customizations(struct str path)
{
	return str_eq_nocase(path, S("customizations.xml"));
}

/* What packages and solutions consist of. */
static bool known(struct str path)
{
	return is_definition(path) || is_workflow(path) || is_manifest(path) ||
	       is_customizations(path) || str_ends_nocase(path, S(".json.data.xml"));
}

static bool any_json(struct str path)
{
	return str_ends_nocase(path, S(".json"));
}

static const struct package_entry *find(const struct package_zip *z, struct str path)
{
	const struct package_entry *e = z->first;

	while (e && !str_eq_nocase(e->path, path))
		e = e->next;
	return e;
}

/* The display name that the root manifest of an export gives the flow of a folder. */
static struct str name_of_export(struct arena *a, const struct package_zip *z, struct str path)
{
	const struct package_entry *manifest = find(z, S("manifest.json"));
	struct json *resources, *row;
	struct str folder = S(""), part;

	if (!manifest || !is_definition(path))
		return str_from("");
	for (struct str rest = path; str_cut(&rest, '/', &part) && rest.p;)
		folder = part;
	resources = json_get(json_parse(a, manifest->bytes, JSON_ANSWER, NULL), "resources");
	row = json_get_n(resources, folder);
	return json_str(json_at(row, "/details/displayName"));
}

static struct str name_of_entry(struct arena *a, const struct package_zip *z,
				const struct json *names, struct str path)
{
	struct str name = json_str(json_get_n(names, str_lower(a, path)));
	const struct package_entry *data;

	if (!name.n)
		name = name_of_export(a, z, path);
	if (!name.n && (data = find(z, str_fmt(a, "%.*s.data.xml", STR_ARG(path)))) != NULL)
		name = package_name_of_data(a, data->bytes);
	return name.n || !is_workflow(path) ? name : package_name_of_path(path);
}

/* Flows that an export names and does not hold.  Solutions are not asked: their list names
 * desktop flows and business rules, too. */
static size_t tell_missing(struct arena *a, struct str file, const struct package_zip *z,
			   const struct package_sink *sink)
{
	size_t told = 0;

	for (const struct package_entry *e = z->first; e; e = e->next) {
		struct str folder = str_first(e->path, e->path.n - last_part(e->path).n);
		struct json *paths;

		if (!is_manifest(e->path) || !in_folder(e->path, S("Microsoft.Flow")))
			continue;
		paths = json_at(json_parse(a, e->bytes, JSON_ANSWER, NULL), "/flowAssets/assetPaths");
		JSON_EACH(id, paths) {
			struct str want = str_fmt(a, "%.*s%.*s/definition.json", STR_ARG(folder),
						  STR_ARG(json_str(id)));

			if (find(z, want))
				continue;
			package_tell(sink, a, file, want,
				     S("the package names it and does not hold it"));
			told++;
		}
	}
	return told;
}

static size_t offer_entries(struct arena *a, struct str file, const struct package_zip *z,
			    const struct package_sink *sink)
{
	const struct package_entry *custom = find(z, S("customizations.xml"));
	struct json *names = custom ? package_names_of_solution(a, custom->bytes) : NULL;
	size_t told = 0;

	for (const struct package_entry *e = z->first; e; e = e->next) {
		struct package_flow f = { .file = file, .member = e->path, .text = e->bytes };

		if (!str_ends_nocase(e->path, S(".json")) || is_manifest(e->path))
			continue;
		f.name = name_of_entry(a, z, names, e->path);
		/* Workflows/ of a solution also holds what is no cloud flow. */
		told += package_offer(&f, !is_definition(e->path), sink);
	}
	return told;
}

static bool offer_zip(struct arena *a, struct str file, struct str bytes, bool quiet,
		      const struct package_sink *sink)
{
	bool (*const wanted[])(struct str) = { known, any_json };
	struct package_zip z;
	struct str why;

	for (size_t i = 0; i < 2; i++) {
		size_t told;

		if (!package_unzip(a, bytes, wanted[i], &z, &why)) {
			package_tell(sink, a, file, str_from(""), why);
			return true;
		}
		told = offer_entries(a, file, &z, sink) + tell_missing(a, file, &z, sink);
		if (told)
			return true;
	}
	if (quiet)
		return false;
	package_tell(sink, a, file, str_from(""),
		     z.nested.n ? str_fmt(a, "the zip holds no flow but another zip, %.*s: take it "
					     "out first",
					  STR_ARG(z.nested)) :
				  S("the zip holds no flow"));
	return true;
}

bool package_offer_zip(struct str file, struct str bytes, bool quiet,
		       const struct package_sink *sink)
{
	struct arena a;
	jmp_buf out;
	bool told;

	arena_init(&a, LIMIT_CALL_ARENA);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		package_tell(sink, &a, file, str_from(""), S("too large"));
		return true;
	}
	told = offer_zip(&a, file, bytes, quiet, sink);
	arena_release(&a);
	return told;
}

/* ---- files ---- */

static void offer_bytes(struct str file, struct str bytes, struct str name, bool quiet,
			const struct package_sink *sink)
{
	struct package_flow f = { .file = file, .member = str_from(""), .name = name,
				  .text = bytes };

	if (package_is_zip(bytes))
		package_offer_zip(file, bytes, quiet, sink);
	else if (bytes.n > LIMIT_ANSWER_FLOW)
		package_tell(sink, NULL, file, str_from(""), S("larger than 32 MB"));
	else
		package_offer(&f, quiet, sink);
}

void package_read_bytes(struct str file, struct str bytes, const struct package_sink *sink)
{
	offer_bytes(file, bytes, str_from(""), false, sink);
}

static void cannot_read(const char *path, int err, const struct package_sink *sink)
{
	sink->unusable(sink->arg, str_from(path),
		       err == EFBIG ? S("larger than 128 MB") : str_from(strerror(err)));
}

static void offer_file(const char *path, struct str name, bool quiet,
		       const struct package_sink *sink)
{
	struct buf b;
	int err;

	buf_init(&b, LIMIT_PACKAGE_FILE);
	err = str_eq(str_from(path), S("-")) ? os_read_fd(STDIN_FILENO, &b) :
					       os_read_file(path, &b);
	if (err)
		cannot_read(path, err, sink);
	else
		offer_bytes(str_from(path), buf_str(&b), name, quiet, sink);
	buf_free(&b);
}

void package_read(const char *path, const struct package_sink *sink)
{
	struct stat st;

	if (!str_eq(str_from(path), S("-")) && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		package_folder(path, sink);
	else
		offer_file(path, str_from(""), false, sink);
}

/* ---- folders ---- */

struct walk {
	struct arena *a;
	const char **files;
	size_t count, room, seen;
	int err;           /* of `failed` */
	const char *failed;
	const char *why;   /* set: a ceiling was met */
};

static bool passed_over(const char *name)
{
	return name[0] == '.' || str_eq(str_from(name), S("node_modules"));
}

static void keep(struct walk *w, const char *path)
{
	struct str s = str_from(path);

	if (!str_ends_nocase(s, S(".json")) && !str_ends_nocase(s, S(".zip")))
		return;
	if (w->count == w->room) {
		size_t room = w->room ? w->room * 2 : 64;

		w->files = arena_grow(w->a, w->files, w->room * sizeof(*w->files),
				      room * sizeof(*w->files));
		w->room = room;
	}
	w->files[w->count++] = path;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The names in a folder, sorted; nothing is held while memory is taken but the stream, which
 * an arena that runs out would leak: so it is read into the heap first. */
static char *read_names(const char *path, size_t *bytes, size_t *left, int *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct buf b;

	buf_init(&b, (size_t)LIMIT_FOLDER_ENTRIES * 256);
	*err = dir ? 0 : errno;
	if (!dir && fd >= 0)
		close(fd);
	for (struct dirent *d; dir && *left && (errno = 0, d = readdir(dir)) != NULL;) {
		if (passed_over(d->d_name))
			continue;
		buf_add(&b, d->d_name, strlen(d->d_name) + 1);
		--*left;
	}
	if (dir)
		closedir(dir);
	*bytes = b.n;
	return b.p;
}

static void walk_folder(struct walk *w, const char *path, unsigned depth);

static void walk_entry(struct walk *w, const char *path, unsigned depth)
{
	struct stat st;

	/* What went away in the meantime is not there. */
	if (lstat(path, &st))
		return;
	if (S_ISDIR(st.st_mode))
		walk_folder(w, path, depth + 1);
	else if (S_ISREG(st.st_mode))
		keep(w, path);
}

static void walk_folder(struct walk *w, const char *path, unsigned depth)
{
	size_t bytes, left = LIMIT_FOLDER_ENTRIES - w->seen, count = 0;
	const char **names;
	struct str all;
	char *raw;
	int err;

	if (depth > LIMIT_FOLDER_DEPTH)
		w->why = "folders in it are more than 32 levels deep";
	if (w->why)
		return;
	raw = read_names(path, &bytes, &left, &err);
	all = (struct str){ raw ? arena_copy(w->a, raw, bytes) : "", bytes };
	free(raw);
	if (err && !w->err) {
		w->err = err;
		w->failed = path;
	}
	w->seen = LIMIT_FOLDER_ENTRIES - left;
	if (!left) {
		w->why = "more than 100,000 files and folders in it";
		return;
	}
	names = arena_array(w->a, bytes + 1, sizeof(*names));
	for (size_t at = 0; at < all.n; at += strlen(all.p + at) + 1)
		names[count++] = arena_printf(w->a, "%s/%s", path, all.p + at);
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		walk_entry(w, names[i], depth);
}

/* What `sink` got of a folder. */
struct tally {
	const struct package_sink *sink;
	size_t calls;
};

static void count_flow(void *arg, struct arena *a, const struct package_flow *f)
{
	struct tally *t = arg;

	t->calls++;
	t->sink->flow(t->sink->arg, a, f);
}

static void count_unusable(void *arg, struct str path, struct str why)
{
	struct tally *t = arg;

	t->calls++;
	t->sink->unusable(t->sink->arg, path, why);
}

/* The name beside an unpacked flow of a solution. */
static struct str name_beside(struct arena *a, const char *path)
{
	struct str name = str_from("");
	struct buf b;

	if (!is_workflow(str_from(path)))
		return name;
	buf_init_in(&b, a, LIMIT_CONF_FILE);
	if (os_read_file(arena_printf(a, "%s.data.xml", path), &b) == 0)
		name = package_name_of_data(a, buf_str(&b));
	return name.n ? name : package_name_of_path(str_from(path));
}

static void walk(struct arena *a, const char *path, const struct package_sink *sink)
{
	struct walk w = { .a = a };

	walk_folder(&w, path, 0);
	if (w.why) {
		sink->unusable(sink->arg, str_from(path), str_from(w.why));
		return;
	}
	if (w.err)
		sink->unusable(sink->arg, str_from(w.failed), str_from(strerror(w.err)));
	for (size_t i = 0; i < w.count; i++) {
		struct arena one;
		jmp_buf out;

		arena_init(&one, LIMIT_CALL_ARENA);
		if (!arena_guard(&one, &out))
			offer_file(w.files[i], name_beside(&one, w.files[i]), true, sink);
		arena_release(&one);
	}
}

void package_folder(const char *path, const struct package_sink *sink)
{
	struct tally t = { .sink = sink };
	struct package_sink counted = { &t, count_flow, count_unusable };
	struct arena a;
	jmp_buf out;

	arena_init(&a, LIMIT_CALL_ARENA);
	if (!arena_guard(&a, &out))
		walk(&a, path, &counted);
	else
		count_unusable(&t, str_from(path), S("too many files in it"));
	if (!t.calls)
		sink->unusable(sink->arg, str_from(path), S("the folder holds no flow"));
	arena_release(&a);
}
