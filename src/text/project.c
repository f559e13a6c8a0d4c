/*
 * project.c - a bounded tree out of unbounded JSON.
 *
 * Takes the scanner's events (or walks a tree) and keeps what fits a budget.
 * Every container that is kept is a level with an allowance of its own; everything that
 * is put into the result is charged with exactly the bytes it takes when printed.
 */
#include "text/scan.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "text/body64.h"
#include "text/names.h"

/* Members that did not fit before an object is given up: smaller ones may follow a large one. */
enum { PATIENCE = 16 };
/* Bytes below which not even a short member fits. */
enum { SCRAP = 8 };
enum { SMALLEST_BUDGET = 64 };
/* The most that {"bytes":N,"sha256":"..."} takes. */
enum { DIGEST_PRICE = 112 };

/* An open container whose children are looked at. */
struct level {
	struct json *node; /* in the result; NULL until something below a selection is kept */
	size_t left;       /* bytes its children may still take */
	size_t allowance;  /* bytes they could take at first */
	size_t seen, kept; /* children */
	size_t dropped;    /* children for which there was no room */
	struct project_cut *cut;
	uint64_t mask;     /* pointers that lead here */
	uint32_t mark;     /* of its names */
	struct str name;   /* of the current child, when it is a member that is kept */
	bool object;       /* in the input */
	bool selecting;    /* only what the pointers lead to is kept */
	bool full;         /* no further child is kept */
	bool starved;      /* something below was left out for want of room */
};

/* The value that comes next or is being read. */
struct child {
	bool keep;    /* else it is only looked through */
	bool whole;   /* else it may only lead to something selected */
	size_t price; /* of comma and name */
	uint64_t mask;
	void **slot; /* where its names entry keeps its node */
};

struct project {
	struct arena *arena;
	struct scan *scan;
	struct names names;
	bool any_duplicates;
	size_t budget, longest_string, longest_array;

	struct str *tokens[LIMIT_PROJECT_POINTERS];
	size_t token_count[LIMIT_PROJECT_POINTERS];
	uint64_t waiting; /* pointers whose value has not been seen to its end */
	bool selecting;

	struct level levels[LIMIT_JSON_DEPTH];
	size_t depth;
	unsigned long skipping; /* open containers that are only looked through */
	struct child child;

	struct buf text; /* of the string that is being read */
	bool in_string;
	size_t string_of, string_room, string_price;
	struct project_cut *string_cut;

	bool digest_files;
	bool in_file;      /* the string may become the digest of a file */
	bool file_short;   /* not all of its text was kept */
	struct body64 file;

	struct json *root;
	bool root_done;
	struct project_cut cuts[PROJECT_CUTS];
	size_t cut_count, cuts_not_listed;
	struct project_cut unlisted; /* stands for those that are not listed */
	uint64_t bytes;
	bool out_of_memory;
};

static struct level *top(struct project *p)
{
	return p->depth ? &p->levels[p->depth - 1] : NULL;
}

/* ---- prices: bytes when printed ---- */

static size_t price_of_char(char c)
{
	if (c == '"' || c == '\\')
		return 2;
	if ((unsigned char)c >= 0x20)
		return 1;
	return c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t' ? 2 : 6;
}

static size_t price_of_text(struct str s)
{
	size_t price = 2;

	for (size_t i = 0; i < s.n; i++)
		price += price_of_char(s.p[i]);
	return price;
}

/* The longest prefix, in whole characters, of at most `longest` bytes that costs at most
 * `room`; *price is what it costs; *starved is set when it was for the room. */
static struct str affordable(struct str s, size_t longest, size_t room, size_t *price,
			     bool *starved)
{
	size_t i = 0;

	*price = 0;
	if (longest > s.n)
		longest = s.n;
	for (; i < longest && *price + price_of_char(s.p[i]) <= room; i++)
		*price += price_of_char(s.p[i]);
	*starved = i < longest;
	s = str_first_utf8(s, i);
	/* Bytes of a character that was cut again cost one each. */
	*price -= i - s.n;
	return s;
}

/* ---- cuts ---- */

/* Of the current child of the level below which `depth` levels stand. */
static struct str path(struct project *p, size_t depth)
{
	struct buf b;

	buf_init_in(&b, p->arena, LIMIT_CALL_ARENA);
	for (size_t i = 0; i < depth; i++) {
		const struct level *l = &p->levels[i];

		if (l->object)
			json_pointer_add(&b, l->name);
		else
			buf_addf(&b, "/%zu", l->seen - 1);
	}
	return buf_str(&b);
}

/* A place in the list, or `unlisted` when there is none. */
static struct project_cut *new_cut(struct project *p, size_t depth, bool items)
{
	struct project_cut *cut = NULL;

	if (p->cut_count < PROJECT_CUTS) {
		cut = &p->cuts[p->cut_count++];
	} else {
		p->cuts_not_listed++;
		for (size_t i = PROJECT_CUTS; items && !cut && i--;)
			if (!p->cuts[i].items && &p->cuts[i] != p->string_cut)
				cut = &p->cuts[i];
	}
	if (!cut)
		return &p->unlisted;
	*cut = (struct project_cut){ .pointer = path(p, depth), .items = items };
	return cut;
}

static void note_dropped(struct project *p, struct level *l)
{
	if (!l->cut)
		l->cut = new_cut(p, (size_t)(l - p->levels), true);
}

/* The current child does not fit. */
static void drop(struct project *p, struct level *l)
{
	if (!l || l->selecting) {
		new_cut(p, p->depth, false);
		return;
	}
	l->dropped++;
	l->starved = true;
	/* An array must not have holes: its items are known by their place. */
	if (!l->object || l->dropped >= PATIENCE || l->left < SCRAP)
		l->full = true;
	note_dropped(p, l);
}

/* ---- selection ---- */

/* The pointers of `from` that go on with `token` as their token number `depth`; *ends when one
 * of them ends with it; *same is the token in memory that lasts. */
static uint64_t narrow(const struct project *p, uint64_t from, size_t depth, struct str token,
		       bool *ends, struct str *same)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < LIMIT_PROJECT_POINTERS; i++) {
		if (!(from >> i & 1) || p->token_count[i] <= depth ||
		    !str_eq(p->tokens[i][depth], token))
			continue;
		mask |= (uint64_t)1 << i;
		*same = p->tokens[i][depth];
		*ends = *ends || p->token_count[i] == depth + 1;
	}
	return mask;
}

/* Reads one RFC 6901 pointer; false when it is ill-formed. */
static bool read_pointer(struct project *p, size_t i, struct str pointer)
{
	struct str token;
	size_t n = 0;

	for (size_t k = 0; k < pointer.n; k++)
		n += pointer.p[k] == '/';
	p->tokens[i] = arena_array(p->arena, n + 1, sizeof(**p->tokens));
	if (!pointer.n)
		return true;
	if (!str_cut(&pointer, '/', &token) || token.n)
		return false;
	while (str_cut(&pointer, '/', &token)) {
		char *out = arena_alloc(p->arena, token.n + 1);
		size_t k = 0;

		for (size_t j = 0; j < token.n; j++, k++) {
			out[k] = token.p[j];
			if (token.p[j] != '~')
				continue;
			if (++j == token.n || (token.p[j] != '0' && token.p[j] != '1'))
				return false;
			out[k] = token.p[j] == '0' ? '~' : '/';
		}
		p->tokens[i][p->token_count[i]++] = str_n(out, k);
	}
	return true;
}

/* ---- children ---- */

static void root_child(struct project *p)
{
	p->child = (struct child){
		.keep = !p->selecting || p->waiting,
		.whole = !p->selecting,
		.mask = p->waiting,
	};
	for (size_t i = 0; i < LIMIT_PROJECT_POINTERS; i++)
		if (p->waiting >> i & 1 && !p->token_count[i])
			p->child.whole = true;
}

/* A name that the object has already is looked up, so that the later value replaces it. */
static bool remember_name(struct project *p, struct level *l, struct str name)
{
	if (!p->any_duplicates)
		return true;
	switch (names_add(&p->names, l->mark, name, &p->child.slot)) {
	case NAMES_NEW:
		return true;
	case NAMES_SEEN:
		l->seen--;
		return true;
	default:
		p->out_of_memory = true;
		return false;
	}
}

/* Decides about the next child of the innermost level. */
static void next_child(struct project *p, struct str name)
{
	struct level *l = top(p);
	struct child *c = &p->child;
	char number[24];
	struct str token = name;

	if (!l) {
		root_child(p);
		return;
	}
	*c = (struct child){ .keep = true, .whole = true };
	if (l->selecting) {
		if (!l->object) {
			snprintf(number, sizeof(number), "%zu", l->seen);
			token = str_from(number);
		}
		c->whole = false;
		c->mask = narrow(p, l->mask & p->waiting, p->depth - 1, token, &c->whole, &l->name);
		c->keep = c->mask != 0;
	}
	l->seen++;
	if (!c->keep)
		return;
	c->price = 1 + (l->object || l->selecting ? price_of_text(token) + 1 : 0);
	if (!l->object && !l->selecting && p->longest_array && l->kept == p->longest_array)
		l->full = true;
	c->keep = !l->full && c->price + 2 <= l->left;
	if (l->full)
		note_dropped(p, l);
	else if (!c->keep)
		drop(p, l);
	if (!c->keep || l->selecting || !l->object)
		return;
	c->keep = remember_name(p, l, name);
	l->name = str_dup(p->arena, name);
}

/* Pointers that lead to or through a value are settled when it ends. */
static void child_done(struct project *p, uint64_t mask)
{
	p->waiting &= ~mask;
	if (!p->depth)
		p->root_done = true;
}

/* What the current child may take, when its own price is paid. */
static size_t share(const struct project *p, const struct level *l, size_t price)
{
	size_t left = (l ? l->left : p->budget) - price;

	if (l && l->selecting) {
		size_t mine = (size_t)__builtin_popcountll(p->child.mask & p->waiting);
		size_t all = (size_t)__builtin_popcountll(l->mask & p->waiting);

		/* left * mine / all, without overflow. */
		return all ? left / all * mine + left % all * mine / all : left;
	}
	return l && l->object ? left - left / 8 : left;
}

/* After the cut at `gone` was removed. */
static struct project_cut *moved(struct project *p, struct project_cut *cut, size_t gone)
{
	return cut > &p->cuts[gone] && cut <= &p->cuts[p->cut_count] ? cut - 1 : cut;
}

/* Forgets the cuts of a value that is replaced by the current child, and of what was below it. */
static void forget_cuts(struct project *p)
{
	struct str pointer = path(p, p->depth);

	for (size_t i = p->cut_count; i--;) {
		struct str rest = str_from_at(p->cuts[i].pointer, pointer.n);

		if (!str_starts(p->cuts[i].pointer, pointer) || (rest.n && rest.p[0] != '/') ||
		    &p->cuts[i] == p->string_cut)
			continue;
		memmove(&p->cuts[i], &p->cuts[i + 1], (--p->cut_count - i) * sizeof(*p->cuts));
		p->string_cut = moved(p, p->string_cut, i);
		for (size_t k = 0; k < p->depth; k++)
			p->levels[k].cut = moved(p, p->levels[k].cut, i);
	}
}

/* Puts a value in the place of the current child of the level. */
static void put(struct project *p, size_t depth, struct json *v)
{
	struct level *l;

	if (!depth) {
		p->root = v;
		return;
	}
	l = &p->levels[depth - 1];
	if (!l->node) {
		l->node = json_new_object(p->arena);
		put(p, depth - 1, l->node);
	}
	if (p->child.slot && *p->child.slot && depth == p->depth) {
		json_replace(l->node, *p->child.slot, v);
		forget_cuts(p);
	} else if (l->object || l->selecting) {
		json_add_n(p->arena, l->node, l->name, v);
		l->kept++;
	} else {
		json_push(l->node, v);
		l->kept++;
	}
	if (p->child.slot && depth == p->depth)
		*p->child.slot = v;
}

static struct json *new_scalar(struct arena *a, enum scan_event ev, struct str text)
{
	if (ev == SCAN_NUMBER)
		return json_new_number(a, text);
	return ev == SCAN_NULL ? json_new_null(a) : json_new_bool(a, ev == SCAN_TRUE);
}

static void scalar(struct project *p, enum scan_event ev, struct str text)
{
	struct level *l = top(p);
	size_t price;

	if (p->skipping)
		return;
	if (!l || !l->object)
		next_child(p, S(""));
	price = p->child.price + (ev == SCAN_NUMBER ? text.n : ev == SCAN_FALSE ? 5 : 4);
	if (p->child.keep && p->child.whole) {
		if (price > (l ? l->left : p->budget)) {
			drop(p, l);
		} else {
			put(p, p->depth, new_scalar(p->arena, ev, text));
			if (l)
				l->left -= price;
		}
	}
	child_done(p, p->child.mask);
}

/* ---- containers ---- */

static void open_level(struct project *p, bool object)
{
	struct level *parent = top(p), *l = &p->levels[p->depth];
	size_t price = p->child.price + 2, allowance = share(p, parent, price);

	*l = (struct level){
		.left = allowance,
		.allowance = allowance,
		.mask = p->child.mask,
		.mark = names_open(&p->names),
		.object = object,
		.selecting = !p->child.whole,
	};
	if (parent)
		parent->left -= price;
	if (!l->selecting) {
		l->node = object ? json_new_object(p->arena) : json_new_array(p->arena);
		put(p, p->depth, l->node);
	}
	p->depth++;
}

static void begin(struct project *p, bool object)
{
	struct level *l = top(p);

	if (p->skipping) {
		p->skipping++;
		return;
	}
	if (!l || !l->object)
		next_child(p, S(""));
	if (p->child.keep && p->depth == LIMIT_JSON_DEPTH) {
		p->child.keep = false;
		drop(p, l);
	}
	if (p->child.keep)
		open_level(p, object);
	else
		p->skipping = 1;
}

/* `known`: the container was seen to its end. */
static void close_level(struct project *p, bool known)
{
	struct level *l = top(p), *parent;

	if (!known && !l->selecting)
		note_dropped(p, l);
	if (l->cut) {
		l->cut->kept = l->kept;
		l->cut->of = known ? l->seen : 0;
	}
	names_close(&p->names, l->mark);
	p->depth--;
	parent = top(p);
	if (parent) {
		parent->left -= l->allowance - l->left;
		parent->starved = parent->starved || l->starved;
		/* It had all the room there is: what follows would be fragments. */
		if (l->starved && !parent->object && !parent->selecting)
			parent->full = true;
	}
	child_done(p, l->mask);
}

static void end(struct project *p)
{
	if (!p->skipping)
		close_level(p, true);
	else if (!--p->skipping)
		child_done(p, p->child.mask);
}

/* ---- strings ---- */

static void begin_string(struct project *p)
{
	struct level *l = top(p);

	p->in_string = true;
	p->string_cut = NULL;
	p->string_of = p->string_price = p->string_room = 0;
	if (p->skipping)
		return;
	if (!l || !l->object)
		next_child(p, S(""));
	if (!p->child.keep || !p->child.whole)
		return;
	buf_init_in(&p->text, p->arena, p->longest_string);
	p->string_room = share(p, l, p->child.price + 2);
	p->file_short = false;
	p->in_file = p->digest_files && l && l->object && !l->selecting &&
		     str_eq(l->name, S("$content")) && p->string_room >= DIGEST_PRICE;
}

static void cut_string(struct project *p, bool starved)
{
	struct level *l = top(p);

	p->string_cut = new_cut(p, p->depth, false);
	if (!l || !starved)
		return;
	l->starved = true;
	if (!l->object && !l->selecting)
		l->full = true;
}

/* What stands for the file that the string was, or NULL when it was none. */
static struct json *digest(struct project *p, bool known)
{
	unsigned char sha256[CRYPT_HASH];
	struct json *v;
	uint64_t bytes;
	struct buf b;

	p->in_file = false;
	if (!body64_end(&p->file, &bytes, sha256) || !known || p->string_of <= DIGEST_PRICE)
		return NULL;
	buf_init_in(&b, p->arena, 2 * CRYPT_HASH);
	crypt_hex(&b, str_bytes(sha256, sizeof(sha256)));
	v = json_new_object(p->arena);
	json_set_int(p->arena, v, "bytes", (int64_t)bytes);
	json_set_str(p->arena, v, "sha256", buf_str(&b));
	return v;
}

static void end_string(struct project *p, bool known)
{
	struct level *l = top(p);
	struct json *file;

	p->in_string = false;
	if (p->skipping)
		return;
	file = p->in_file ? digest(p, known) : NULL;
	if (file) {
		put(p, p->depth, file);
		l->left -= p->child.price + DIGEST_PRICE;
		child_done(p, p->child.mask);
		return;
	}
	if (p->file_short)
		cut_string(p, p->text.n < p->longest_string);
	p->file_short = false;
	/* What is not kept was noted when it was dropped, and has no name here. */
	if (!known && p->child.keep && !p->string_cut)
		p->string_cut = new_cut(p, p->depth, false);
	if (p->string_cut) {
		p->string_cut->kept = p->text.n;
		p->string_cut->of = known ? p->string_of : 0;
	}
	if (p->child.keep && p->child.whole) {
		put(p, p->depth, json_new_str(p->arena, buf_str(&p->text)));
		if (l)
			l->left -= p->child.price + 2 + p->string_price;
	}
	p->string_cut = NULL;
	child_done(p, p->child.mask);
}

static void string_part(struct project *p, struct str text, bool last)
{
	if (!p->in_string)
		begin_string(p);
	p->string_of += text.n;
	if (!p->skipping && p->child.keep && p->child.whole && !p->string_cut && !p->file_short) {
		size_t price;
		bool starved;
		struct str kept = affordable(text, p->longest_string - p->text.n,
					     p->string_room - p->string_price, &price, &starved);

		buf_adds(&p->text, kept);
		p->string_price += price;
		if (kept.n < text.n && p->in_file)
			p->file_short = true;
		else if (kept.n < text.n)
			cut_string(p, starved);
	}
	if (p->in_file)
		body64_add(&p->file, text);
	if (last)
		end_string(p, true);
}

/* ---- events ---- */

static bool on_event(void *arg, enum scan_event ev, struct str text, bool last)
{
	struct project *p = arg;

	switch (ev) {
	case SCAN_OBJECT_BEGIN:
	case SCAN_ARRAY_BEGIN:
		begin(p, ev == SCAN_OBJECT_BEGIN);
		break;
	case SCAN_OBJECT_END:
	case SCAN_ARRAY_END:
		end(p);
		break;
	case SCAN_NAME:
		if (!p->skipping)
			next_child(p, text);
		break;
	case SCAN_STRING_PART:
		string_part(p, text, last);
		break;
	default:
		scalar(p, ev, text);
	}
	return !p->out_of_memory;
}

/* ---- the public face ---- */

static bool set_up(struct project *p, struct arena *a, const struct project_options *o)
{
	if (o->pointer_count > LIMIT_PROJECT_POINTERS)
		return false;
	p->arena = a;
	p->budget = o->budget < SMALLEST_BUDGET ? SMALLEST_BUDGET : o->budget;
	p->longest_string = o->longest_string ? o->longest_string : p->budget / 4;
	p->longest_array = o->longest_array;
	p->digest_files = o->digest_files;
	p->selecting = o->pointer_count > 0;
	for (size_t i = 0; i < o->pointer_count; i++)
		if (read_pointer(p, i, o->pointers[i]))
			p->waiting |= (uint64_t)1 << i;
	names_init(&p->names, LIMIT_JSON_NAMES);
	return true;
}

struct project *project_new(struct arena *a, const struct project_options *o)
{
	struct project *p = arena_alloc(a, sizeof(*p));

	if (!set_up(p, a, o))
		return NULL;
	p->any_duplicates = true;
	p->scan = scan_new(&(struct scan_options){
		.depth = LIMIT_CONTENT_DEPTH,
		.nodes = ULONG_MAX,
		.allow_nul = true,
		.allow_bom = true,
		.allow_duplicates = true,
		.on_event = on_event,
		.arg = p,
	});
	return p->scan ? p : NULL;
}

void project_free(struct project *p)
{
	if (!p)
		return;
	scan_free(p->scan);
	p->scan = NULL;
	body64_reset(&p->file);
	names_release(&p->names);
}

/* Nothing that comes can be kept. */
static bool is_full(const struct project *p)
{
	if (p->root_done || (p->selecting && !p->waiting))
		return true;
	if (!p->depth)
		return p->string_cut != NULL;
	for (size_t i = 0; i < p->depth; i++)
		if (!p->levels[i].full)
			return false;
	return !p->in_string || p->skipping || !p->child.keep || p->string_cut;
}

enum project_state project_feed(struct project *p, struct str bytes)
{
	p->bytes += bytes.n;
	if (!scan_feed(p->scan, bytes))
		return PROJECT_WRONG;
	return is_full(p) ? PROJECT_FULL : PROJECT_MORE;
}

struct json_error project_error(const struct project *p)
{
	struct json_error e = scan_error(p->scan);

	if (p->out_of_memory)
		e.message = "out of memory";
	return e;
}

static struct project_result result(struct project *p, bool complete)
{
	if (p->in_string)
		end_string(p, false);
	while (p->depth)
		close_level(p, false);
	return (struct project_result){
		.value = p->root,
		.cuts = p->cuts,
		.cut_count = p->cut_count,
		.cuts_not_listed = p->cuts_not_listed,
		.bytes = p->bytes,
		.complete = complete,
	};
}

struct project_result project_end(struct project *p)
{
	return result(p, scan_end(p->scan));
}

static void tree_scalar(struct project *p, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		string_part(p, json_str(v), true);
		break;
	case JSON_NUMBER:
		scalar(p, SCAN_NUMBER, json_number_text(v));
		break;
	case JSON_BOOL:
		scalar(p, json_is_true(v) ? SCAN_TRUE : SCAN_FALSE, S(""));
		break;
	default:
		scalar(p, SCAN_NULL, S(""));
	}
}

struct project_result project_tree(struct arena *a, const struct json *v,
				   const struct project_options *o)
{
	struct project *p = arena_alloc(a, sizeof(*p));
	const struct json *open[LIMIT_JSON_DEPTH];
	size_t depth = 0;

	if (!v || !set_up(p, a, o))
		return (struct project_result){ .complete = true };
	for (;;) {
		const struct json *next = NULL;

		if (depth && json_is(open[depth - 1], JSON_OBJECT) && !p->skipping)
			next_child(p, json_name(v));
		if (json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY)) {
			begin(p, json_is(v, JSON_OBJECT));
			/* What is not kept need not be looked through. */
			if (p->skipping || !json_first(v))
				end(p);
			else
				next = json_first(open[depth++] = v);
		} else {
			tree_scalar(p, v);
		}
		while (!next && depth) {
			next = json_next(v);
			if (next)
				break;
			v = open[--depth];
			end(p);
		}
		if (!next)
			break;
		v = next;
	}
	return result(p, true);
}
