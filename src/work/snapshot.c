/*
 * snapshot.c - contents and records as files.  See snapshot.h.
 */
#include "work/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/snapshot_files.h"

#define MAGIC "flowlatch-snapshot 1\n"
/* A flow that did not change has one record a day. */
#define SAME_MS INT64_C(86400000)

/* A keyed hash as hex, so that a name tells nothing about a content. */
static void tag(const struct snapshots *s, const char *what, struct str x, struct str y,
		char *out, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	struct str parts[] = { str_from(what), S("\n"), x, S("\n"), y };
	unsigned char mac[CRYPT_HASH];

	crypt_hmac(str_bytes(s->key, CRYPT_KEY), parts, 5, mac);
	for (size_t i = 0; i < digits; i++)
		out[i] = hex[mac[i / 2] >> (i % 2 ? 0 : 4) & 15];
	out[digits] = '\0';
}

void snapshot_flow_tag(const struct snapshots *s, struct arena *a, struct str environment,
		       struct str flow, char out[SNAPSHOT_FLOW + 1])
{
	tag(s, "flow", str_lower(a, environment), str_lower(a, flow), out, SNAPSHOT_FLOW);
}

/* ---- sealed files ---- */

/* The text of a file that is bound to its name. */
static struct str sealed(const struct snapshots *s, struct arena *a, const char *name,
			 struct str plain)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_SNAPSHOT + 128);
	buf_room(&b, plain.n + 128 < b.max ? plain.n + 128 : b.max);
	buf_addz(&b, MAGIC);
	crypt_seal(s->key, str_from(name), plain, &b);
	return buf_ok(&b) ? buf_str(&b) : str_n(NULL, 0);
}

static struct json *unsealed(const struct snapshots *s, struct arena *a, const char *path,
			     const char *name, const char **why)
{
	struct buf raw, plain;
	struct json *v = NULL;
	struct str rest;
	struct stat st = { .st_size = 0 };
	int fd, err;

	/* Room first: the arena's way out would leave the descriptor open. */
	if (!stat(path, &st) && st.st_size > LIMIT_SNAPSHOT + 128)
		st.st_size = 0;
	buf_init_in(&raw, a, (size_t)st.st_size);
	buf_init_in(&plain, a, (size_t)st.st_size);
	buf_room(&raw, (size_t)st.st_size);
	buf_room(&plain, (size_t)st.st_size);
	fd = os_open_private(path, O_RDONLY, why);
	if (fd < 0) {
		*why = *why ? arena_printf(a, "the file %s", *why) : strerror(errno);
		return NULL;
	}
	err = os_read_fd(fd, &raw);
	close(fd);
	*why = err ? strerror(err) : "it is damaged, or was made with another key";
	rest = str_from_at(buf_str(&raw), sizeof(MAGIC) - 1);
	if (!err && str_starts(buf_str(&raw), S(MAGIC)) &&
	    crypt_open(s->key, str_from(name), rest, &plain))
		v = json_parse(a, buf_str(&plain), JSON_ANSWER, NULL);
	return v;
}

static const char *object_path(const struct snapshots *s, struct arena *a, const char *content)
{
	return arena_printf(a, "%s/" SNAPSHOT_OBJECTS "/%s", s->dir, content);
}

/* ---- keeping ---- */

/* The lock that writers share; -1 with errno.  Removing is quick, so it is waited for. */
static int share_lock(const char *path)
{
	int64_t until = os_now_ms() + LIMIT_STORE_LOCK_MS;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	while (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB)) {
		if (errno != EWOULDBLOCK || os_now_ms() > until) {
			int err = errno;

			close(fd);
			errno = err;
			return -1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return fd;
}

struct writing {
	const char *lock, *object, *record;
	struct str content, head; /* sealed */
	bool have;                /* the object is there and can be opened */
};

/* Nothing here takes memory from an arena: the lock is held. */
static int write_both(const struct writing *w)
{
	int fd = share_lock(w->lock), err = 0;

	if (fd < 0)
		return errno;
	if (!w->have || access(w->object, F_OK))
		err = os_write_atomic(w->object, w->content);
	if (!err)
		err = os_write_atomic(w->record, w->head);
	close(fd);
	return err;
}

static struct json *head_of(struct arena *a, const struct snapshot_head *h, const char *id,
			    const char *content, size_t size)
{
	struct json *v = json_new_object(a);
	char kept[25];

	os_format_time(h->now, kept);
	json_set_z(a, v, "id", id);
	json_set_z(a, v, "kept", kept);
	json_set_str(a, v, "environmentName", h->environment);
	json_set_str(a, v, "flowName", h->flow);
	json_set_int(a, v, "bytes", (int64_t)size);
	json_set_z(a, v, "content", content);
	json_set(a, v, "about", h->about ? json_copy(a, h->about) : json_new_object(a));
	return v;
}

/* The newest record of the flow, when it has the same content and is not old. */
static bool is_kept(const struct snapshots *s, struct arena *a, const char *flow,
		    const char *content, int64_t now, char id[SNAPSHOT_ID + 1])
{
	struct snapshot_name *all;
	size_t n = snapshot_names_in(a, s->dir, &all), i = 0;
	const char *why;
	bool absent;

	while (i < n && strcmp(all[i].flow, flow) != 0)
		i++;
	if (i == n || strcmp(all[i].content, content) != 0 ||
	    snapshot_id_time(all[i].id) < now - SAME_MS || snapshot_id_time(all[i].id) > now)
		return false;
	memcpy(id, all[i].id, SNAPSHOT_ID + 1);
	return snapshot_read(s, a, str_from(id), &absent, &why) != NULL;
}

bool snapshot_write(const struct snapshots *s, struct arena *a, const struct snapshot_head *h,
		    const struct json *content, char id[SNAPSHOT_ID + 1], const char **why)
{
	char name[SNAPSHOT_NAME + 1], flow[SNAPSHOT_FLOW + 1], hash[SNAPSHOT_CONTENT + 1];
	struct str text = json_text(a, content);
	const char *objects = arena_printf(a, "%s/" SNAPSHOT_OBJECTS, s->dir);
	struct writing w = { 0 };
	const char *ignored;
	unsigned char chance[4];
	int err = os_mkdirs(objects);

	*why = arena_printf(a, "%s: %s", s->dir, strerror(err ? err : EFBIG));
	if (err || text.n > LIMIT_SNAPSHOT)
		return false;
	tag(s, "content", text, S(""), hash, SNAPSHOT_CONTENT);
	snapshot_flow_tag(s, a, h->environment, h->flow, flow);
	if (is_kept(s, a, flow, hash, h->now, id))
		return true;
	*why = "too many versions of flows are kept; flowlatch versions --purge makes room";
	if (snapshot_names(s->dir, NULL, LIMIT_SNAPSHOTS) == LIMIT_SNAPSHOTS)
		return false;
	crypt_random(chance, sizeof(chance));
	snprintf(id, SNAPSHOT_ID + 1, "%011llx%05x", (unsigned long long)h->now & 0xfffffffffffull,
		 (unsigned)(chance[0] | chance[1] << 8 | (chance[2] & 15) << 16));
	snprintf(name, sizeof(name), "%s.%s.%s", flow, id, hash);
	w.lock = arena_printf(a, "%s/lock", s->dir);
	w.object = object_path(s, a, hash);
	w.record = arena_printf(a, "%s/%s", s->dir, name);
	w.have = unsealed(s, a, w.object, hash, &ignored) != NULL;
	w.content = sealed(s, a, hash, text);
	w.head = sealed(s, a, name, json_text(a, head_of(a, h, id, hash, text.n)));
	*why = "it is too large to be kept";
	if (!w.content.p || !w.head.p)
		return false;
	err = write_both(&w);
	*why = arena_printf(a, "%s: %s", s->dir, strerror(err));
	return err == 0;
}

/* ---- reading ---- */

/* One record without its content; damaged ones say so. */
static struct json *read_head(const struct snapshots *s, struct arena *a,
			      const struct snapshot_name *n)
{
	char name[SNAPSHOT_NAME + 1], kept[25];
	const char *why = "";
	struct json *v;

	snprintf(name, sizeof(name), "%s.%s.%s", n->flow, n->id, n->content);
	v = unsealed(s, a, arena_printf(a, "%s/%s", s->dir, name), name, &why);
	if (v)
		return v;
	v = json_new_object(a);
	os_format_time(snapshot_id_time(n->id), kept);
	json_set_z(a, v, "id", n->id);
	json_set_z(a, v, "kept", kept);
	json_set_z(a, v, "damaged", why);
	return v;
}

struct json *snapshot_read(const struct snapshots *s, struct arena *a, struct str id, bool *absent,
			   const char **why)
{
	struct snapshot_name *all;
	size_t n = snapshot_names_in(a, s->dir, &all), i = 0;
	struct json *head, *content;

	while (i < n && !str_eq(str_from(all[i].id), id))
		i++;
	*absent = i == n;
	*why = "there is no such version";
	if (i == n)
		return NULL;
	head = read_head(s, a, &all[i]);
	*why = json_get_z(head, "damaged");
	if (**why)
		return NULL;
	content = unsealed(s, a, object_path(s, a, all[i].content), all[i].content, why);
	if (content)
		json_set(a, head, "content", content);
	return content ? head : NULL;
}

struct json *snapshot_index(const struct snapshots *s, struct arena *a, struct str environment,
			    struct str flow, size_t most)
{
	struct json *list = json_new_array(a);
	char mine[SNAPSHOT_FLOW + 1];
	struct snapshot_name *all;
	size_t n = snapshot_names_in(a, s->dir, &all);

	snapshot_flow_tag(s, a, environment, flow, mine);
	for (size_t i = 0; i < n && json_count(list) < most; i++) {
		struct json *v;
		size_t k = i + 1;

		if (flow.n && strcmp(all[i].flow, mine) != 0)
			continue;
		v = read_head(s, a, &all[i]);
		json_take(v, "content");
		while (k < n && strcmp(all[k].flow, all[i].flow) != 0)
			k++;
		json_set_bool(a, v, "same",
			      k < n && strcmp(all[k].content, all[i].content) == 0);
		json_push(list, v);
	}
	return list;
}
