/*
 * fault.c - the rules for answers that go wrong.
 *
 * Decides only; server.c carries it out.
 */
#include "tenant/fault.h"

#include <stdlib.h>

#include "tenant/emit.h"
#include "tenant/memory.h"

static struct list rules;
static unsigned rule_count;

static const char *const kind_names[] = {
	[FAULT_STATUS] = "status", [FAULT_DELAY] = "delay",       [FAULT_CLOSE] = "close",
	[FAULT_HANG] = "hang",     [FAULT_TRUNCATE] = "truncate", [FAULT_GARBAGE] = "garbage",
	[FAULT_SLOW] = "slow",     [FAULT_BOMB] = "bomb",         [FAULT_HEADERS] = "headers",
};

enum { KINDS = sizeof(kind_names) / sizeof(*kind_names) };

bool fault_glob(struct str p, struct str t)
{
	size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;

	while (j < t.n) {
		if (i < p.n && p.p[i] == '*') {
			star = i++;
			mark = j;
		} else if (i < p.n && (p.p[i] == '?' ||
				       str_eq_nocase(str_n(p.p + i, 1), str_n(t.p + j, 1)))) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			j = ++mark;
		} else {
			return false;
		}
	}
	while (i < p.n && p.p[i] == '*')
		i++;
	return i == p.n;
}

static bool applies(const struct fault *f, const struct request *q, struct str uri)
{
	if (*f->method && !str_eq_nocase(q->method, str_from(f->method)))
		return false;
	if (f->face >= 0 && (int)q->face != f->face)
		return false;
	return !*f->path || fault_glob(str_from(f->path), uri);
}

static void rule_free(struct fault *f)
{
	list_remove(&f->node);
	rule_count--;
	arena_release(&f->mem);
	free(f);
}

struct fault_hit fault_take(struct request *q)
{
	struct fault_hit hit = { .kind = -1 };
	struct str uri = str_unpercent(&q->mem, q->uri, false);

	if (!rules.next || q->face == FACE_CONTROL)
		return hit;
	LIST_EACH_SAFE(node, &rules) {
		struct fault *f = LIST_ITEM(node, struct fault, node);

		if (!applies(f, q, uri))
			continue;
		if (f->skip > 0) {
			f->skip--;
			continue;
		}
		hit = (struct fault_hit){
			.kind = (int)f->kind,
			.status = f->status,
			.delay_ms = f->delay_ms,
			.rate = f->rate,
			.bytes = f->bytes,
			.effect = f->effect,
			.headers = json_copy(&q->mem, f->headers),
			.body = str_dup(&q->mem, f->body),
		};
		f->struck++;
		if (f->count > 0 && !--f->count)
			rule_free(f);
		break;
	}
	return hit;
}

static void copy_text(char *out, size_t room, struct str s)
{
	s = str_first(s, room - 1);
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

static bool read_kind(const struct json *rule, struct fault *f, const char **why)
{
	struct str kind = json_get_str(rule, "kind"), face = json_get_str(rule, "face");
	unsigned i = 0;

	if (kind.n)
		while (i < KINDS && !str_eq(kind, str_from(kind_names[i])))
			i++;
	*why = "unknown kind";
	if (i == KINDS)
		return false;
	f->kind = (enum fault_kind)i;
	f->face = -1;
	*why = "unknown face";
	if (face.n) {
		for (int k = 0; k < FACE__MAX; k++)
			if (str_eq(face, str_from(face_name((enum face)k))))
				f->face = k;
		if (f->face < 0)
			return false;
	}
	return true;
}

bool fault_add(const struct json *rule, const char **why)
{
	const struct json *body = json_get(rule, "body");
	struct fault *f;

	if (!rules.next)
		list_init(&rules);
	*why = "too many rules";
	if (rule_count == TENANT_FAULTS)
		return false;
	f = must_alloc(sizeof(*f));
	if (!read_kind(rule, f, why)) {
		free(f);
		return false;
	}
	arena_init(&f->mem, TENANT_BODY);
	copy_text(f->method, sizeof(f->method), json_get_str(rule, "method"));
	copy_text(f->path, sizeof(f->path), json_get_str(rule, "path"));
	f->status = (unsigned)json_int(json_get(rule, "status"), 500);
	f->count = json_int(json_get(rule, "count"), 1);
	f->skip = json_int(json_get(rule, "skip"), 0);
	f->delay_ms = json_int(json_get(rule, "delayMs"), f->kind == FAULT_HANG ? 60000 : 0);
	f->rate = json_int(json_get(rule, "rate"), 1024);
	f->bytes = (uint64_t)json_int(json_get(rule, "bytes"), 64 << 20);
	f->effect = json_is_true(json_get(rule, "effect"));
	f->headers = json_copy(&f->mem, json_get(rule, "headers"));
	f->body = json_is(body, JSON_STRING) ? str_dup(&f->mem, json_str(body)) :
		  body			     ? json_text(&f->mem, body) :
					       S("");
	list_append(&rules, &f->node);
	rule_count++;
	return true;
}

void fault_clear(void)
{
	while (rules.next && !list_empty(&rules))
		rule_free(LIST_ITEM(rules.next, struct fault, node));
}

void fault_list(struct buf *b)
{
	buf_addc(b, '[');
	if (rules.next)
		LIST_EACH(node, &rules) {
			const struct fault *f = LIST_ITEM(node, struct fault, node);

			emit_comma(b);
			emit(b,
			     "{'kind':'%s','method':'%s','path':'%s','skip':%l,'count':%l,"
			     "'struck':%l}",
			     kind_names[f->kind], f->method, f->path, f->skip, f->count,
			     (int64_t)f->struck);
		}
	buf_addc(b, ']');
}
