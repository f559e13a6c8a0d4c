/*
 * pattern.c - patterns of text: a compiler to a small program, and threads that walk it.
 *
 * Knows bytes only.
 */
#include "text/pattern.h"

enum op { OP_CLASS, OP_SPLIT, OP_JUMP, OP_SAVE, OP_START, OP_END, OP_WORD, OP_MATCH };

enum {
	MOST_CODE = 4096, /* instructions: {200,} of a class is 200 */
	MOST_DEPTH = 32,  /* groups in groups */
	MOST_REPEAT = 1000,
	NOTHING = -1,
};

/* Targets are relative, so that a piece of program can be copied and moved. */
struct code {
	unsigned char op, what; /* OP_SAVE: 0 or 1 */
	unsigned short set;     /* OP_CLASS: which of the sets */
	int first, second;      /* OP_SPLIT: in order of preference; OP_JUMP: first */
};

struct set {
	uint64_t bits[4];
};

struct pattern {
	struct code *code;
	int n;
	struct set *sets;
	unsigned set_count;
	bool captures;
};

/* ---- reading a pattern ---- */

struct reader {
	struct arena *arena;
	struct str s;
	size_t at;
	struct pattern *p;
	bool fold, bad;
	unsigned depth;
};

static void set_add(struct set *s, unsigned char c)
{
	s->bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

static bool set_has(const struct set *s, unsigned char c)
{
	return s->bits[c >> 6] >> (c & 63) & 1;
}

static void set_invert(struct set *s)
{
	for (int i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

static void set_fold(struct set *s)
{
	for (unsigned char c = 'a'; c <= 'z'; c++) {
		unsigned char upper = (unsigned char)(c - 'a' + 'A');

		if (set_has(s, c) || set_has(s, upper)) {
			set_add(s, c);
			set_add(s, upper);
		}
	}
}

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static int emit(struct reader *r, struct code c)
{
	enum { CHUNK = 64 };
	size_t n = (size_t)r->p->n;

	if (n == MOST_CODE) {
		r->bad = true;
		return 0;
	}
	if (n % CHUNK == 0)
		r->p->code = arena_grow(r->arena, r->p->code, n * sizeof(c),
					(n + CHUNK) * sizeof(c));
	r->p->code[n] = c;
	return r->p->n++;
}

/* Makes room for one instruction at `at`. */
static void insert(struct reader *r, int at, struct code c)
{
	emit(r, (struct code){ 0 });
	if (r->bad)
		return;
	memmove(&r->p->code[at + 1], &r->p->code[at],
		sizeof(struct code) * (size_t)(r->p->n - 1 - at));
	r->p->code[at] = c;
}

static bool peek(const struct reader *r, char c)
{
	return r->at < r->s.n && r->s.p[r->at] == c;
}

static bool take(struct reader *r, char c)
{
	if (!peek(r, c))
		return false;
	r->at++;
	return true;
}

static bool take_text(struct reader *r, struct str what)
{
	if (!str_starts(str_from_at(r->s, r->at), what))
		return false;
	r->at += what.n;
	return true;
}

static unsigned char next(struct reader *r)
{
	if (r->at == r->s.n) {
		r->bad = true;
		return 0;
	}
	return (unsigned char)r->s.p[r->at++];
}

/* What follows a backslash: a named class (true), or a byte for *c. */
static bool escaped(struct reader *r, struct set *s, unsigned char *c)
{
	unsigned char e = next(r);
	bool named = e && strchr("sSdDwW", e);

	*c = e == 'n' ? '\n' : e == 'r' ? '\r' : e == 't' ? '\t' : e;
	if (!named) {
		/* A letter that means something elsewhere is not silently a letter here. */
		r->bad |= is_word(e) && e != 'n' && e != 'r' && e != 't';
		return false;
	}
	*s = (struct set){ { 0 } };
	for (unsigned i = 0; i < 256; i++) {
		unsigned char b = (unsigned char)i;
		bool in = (e | 32) == 's' ? (b && strchr(" \t\n\r\f\v", b)) :
			  (e | 32) == 'd' ? (b >= '0' && b <= '9') :
					    is_word(b);

		if (in)
			set_add(s, b);
	}
	if (e < 'a')
		set_invert(s);
	return true;
}

static struct set bracket(struct reader *r)
{
	struct set all = { { 0 } }, named;
	bool negated = take(r, '^');
	unsigned char c = 0;
	bool first = true;

	while (!r->bad && (first || !peek(r, ']'))) {
		unsigned char to;

		first = false;
		c = next(r);
		if (c == '\\' && escaped(r, &named, &c)) {
			for (int i = 0; i < 4; i++)
				all.bits[i] |= named.bits[i];
			continue;
		}
		to = c;
		if (peek(r, '-') && r->at + 1 < r->s.n && r->s.p[r->at + 1] != ']') {
			r->at++;
			to = next(r);
			if (to == '\\' && escaped(r, &named, &to))
				r->bad = true;
		}
		for (unsigned i = c; i <= to; i++)
			set_add(&all, (unsigned char)i);
	}
	r->bad |= !take(r, ']');
	if (r->fold)
		set_fold(&all);
	if (negated)
		set_invert(&all);
	return all;
}

static void emit_set(struct reader *r, struct set s)
{
	struct pattern *p = r->p;
	unsigned i = 0;

	while (i < p->set_count && memcmp(&p->sets[i], &s, sizeof(s)) != 0)
		i++;
	if (i == p->set_count) {
		p->sets = arena_grow(r->arena, p->sets, i * sizeof(s), (i + 1) * sizeof(s));
		p->sets[p->set_count++] = s;
	}
	emit(r, (struct code){ .op = OP_CLASS, .set = (unsigned short)i });
}

static void either(struct reader *r);

static void group(struct reader *r)
{
	bool captures = !take_text(r, S("?:"));

	if (++r->depth > MOST_DEPTH || (captures && r->p->captures)) {
		r->bad = true; /* too deep, or a second capturing group */
		return;
	}
	if (captures) {
		r->p->captures = true;
		emit(r, (struct code){ .op = OP_SAVE, .what = 0 });
	}
	either(r);
	if (captures)
		emit(r, (struct code){ .op = OP_SAVE, .what = 1 });
	r->bad |= !take(r, ')');
	r->depth--;
}

static void atom(struct reader *r)
{
	unsigned char c = next(r);
	struct set s = { { 0 } };

	switch (c) {
	case '(':
		group(r);
		return;
	case '[':
		emit_set(r, bracket(r));
		return;
	case '^':
		emit(r, (struct code){ .op = OP_START });
		return;
	case '$':
		emit(r, (struct code){ .op = OP_END });
		return;
	case '.':
		set_add(&s, '\n');
		set_invert(&s);
		emit_set(r, s);
		return;
	case '*':
	case '+':
	case '?':
	case '{':
	case ')':
		r->bad = true;
		return;
	case '\\':
		if (take(r, 'b')) {
			emit(r, (struct code){ .op = OP_WORD });
			return;
		}
		if (escaped(r, &s, &c)) {
			emit_set(r, s);
			return;
		}
		break;
	default:
		break;
	}
	set_add(&s, c);
	if (r->fold)
		set_fold(&s);
	emit_set(r, s);
}

static unsigned number(struct reader *r)
{
	unsigned n = 0;

	r->bad |= r->at >= r->s.n || r->s.p[r->at] < '0' || r->s.p[r->at] > '9';
	while (!r->bad && r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9') {
		n = n * 10 + (unsigned)(next(r) - '0');
		r->bad |= n > MOST_REPEAT;
	}
	return n;
}

/* A copy of the `n` instructions at `at`, at the end. */
static void copy(struct reader *r, int at, int n)
{
	for (int i = 0; i < n && !r->bad; i++)
		emit(r, r->p->code[at + i]);
}

static struct code split(bool lazy, int enter, int leave)
{
	return (struct code){ .op = OP_SPLIT, .first = lazy ? leave : enter,
			      .second = lazy ? enter : leave };
}

/* The piece at `at` becomes piece{least,most}; most 0: without end. */
static void repeat(struct reader *r, int at, unsigned least, unsigned most, bool lazy)
{
	int n = r->p->n - at, begin = at;

	if (!n || r->bad)
		return;
	if (!least) {
		/* Optional: the piece itself is the first of the optional ones. */
		insert(r, at, split(lazy, 1, n + 1));
		if (!most) {
			emit(r, (struct code){ .op = OP_JUMP, .first = -(n + 1) });
			r->p->code[at] = split(lazy, 1, n + 2);
			return;
		}
		begin = at + 1;
		least = 1;
	}
	for (unsigned i = 1; i < least; i++)
		copy(r, begin, n);
	if (!most) {
		emit(r, split(lazy, -n, 1));
		return;
	}
	/* Each further one may leave to the end of all of them. */
	for (unsigned left = most - least; left && !r->bad; left--) {
		emit(r, split(lazy, 1, (int)left * (n + 1)));
		copy(r, begin, n);
	}
	if (begin != at)
		r->p->code[at] = split(lazy, 1, r->p->n - at);
}

static void piece(struct reader *r)
{
	int at = r->p->n;
	unsigned least = 1, most = 1;

	atom(r);
	if (take(r, '*')) {
		least = most = 0;
	} else if (take(r, '+')) {
		most = 0;
	} else if (take(r, '?')) {
		least = 0;
	} else if (take(r, '{')) {
		least = most = number(r);
		if (take(r, ','))
			most = peek(r, '}') ? 0 : number(r);
		r->bad |= !take(r, '}') || (most && most < least) || (!most && !least);
	} else {
		return;
	}
	repeat(r, at, least, most, take(r, '?'));
	/* A repeat of a repeat is nobody's intention. */
	r->bad |= peek(r, '*') || peek(r, '+') || peek(r, '?') || peek(r, '{');
}

static void either(struct reader *r)
{
	int at = r->p->n, leave;

	while (!r->bad && r->at < r->s.n && !peek(r, '|') && !peek(r, ')'))
		piece(r);
	if (r->bad || !take(r, '|'))
		return;
	insert(r, at, (struct code){ .op = OP_SPLIT, .first = 1, .second = r->p->n - at + 2 });
	leave = emit(r, (struct code){ .op = OP_JUMP });
	if (++r->depth > MOST_DEPTH * 4)
		r->bad = true;
	else
		either(r);
	r->depth--;
	r->p->code[leave].first = r->p->n - leave;
}

struct pattern *pattern_new(struct arena *a, struct str source)
{
	struct pattern *p = arena_alloc(a, sizeof(*p));
	struct reader r = { .arena = a, .s = source, .p = p };

	r.fold = take_text(&r, S("(?i)"));
	either(&r);
	r.bad |= r.at != source.n;
	emit(&r, (struct code){ .op = OP_MATCH });
	return r.bad ? NULL : p;
}

/* ---- matching ---- */

struct pattern_thread {
	int pc;
	size_t from, group_from, group_to;
};

struct threads {
	struct pattern_thread *at;
	int n;
};

struct match {
	const struct pattern *p;
	struct str text;
	unsigned *seen; /* per instruction: the step that last reached it */
	unsigned step;
	struct pattern_thread *stack;
};

static void make_room(struct pattern_room *room, size_t n)
{
	if (n > room->n) {
		*room = (struct pattern_room){ .arena = room->arena, .n = n };
		room->seen = arena_array(room->arena, n, sizeof(*room->seen));
		room->stack = arena_array(room->arena, 2 * n + 2, sizeof(*room->stack));
		room->now = arena_array(room->arena, n, sizeof(*room->now));
		room->then = arena_array(room->arena, n, sizeof(*room->then));
	} else if (room->step > UINT32_MAX / 2) {
		memset(room->seen, 0, room->n * sizeof(*room->seen));
		room->step = 0;
	}
}

static bool word_edge(struct str s, size_t at)
{
	bool before = at && is_word((unsigned char)s.p[at - 1]);
	bool after = at < s.n && is_word((unsigned char)s.p[at]);

	return before != after;
}

static bool holds(const struct match *m, unsigned op, size_t at)
{
	switch (op) {
	case OP_START:
		return at == 0;
	case OP_END: /* also before a last line end */
		return at == m->text.n || (at + 1 == m->text.n && m->text.p[at] == '\n');
	default:
		return word_edge(m->text, at);
	}
}

/* Adds a thread and all it reaches without reading a byte, in order of preference. */
static void add(struct match *m, struct threads *to, struct pattern_thread t, size_t at)
{
	int depth = 0;

	m->stack[depth++] = t;
	while (depth) {
		const struct code *c;

		t = m->stack[--depth];
		if (m->seen[t.pc] == m->step)
			continue;
		m->seen[t.pc] = m->step;
		c = &m->p->code[t.pc];
		switch (c->op) {
		case OP_JUMP:
			t.pc += c->first;
			m->stack[depth++] = t;
			break;
		case OP_SPLIT: {
			struct pattern_thread other = t;

			other.pc += c->second;
			t.pc += c->first;
			m->stack[depth++] = other;
			m->stack[depth++] = t;
			break;
		}
		case OP_SAVE:
			*(c->what ? &t.group_to : &t.group_from) = at;
			t.pc++;
			m->stack[depth++] = t;
			break;
		case OP_START:
		case OP_END:
		case OP_WORD:
			t.pc++;
			if (holds(m, c->op, at))
				m->stack[depth++] = t;
			break;
		default:
			to->at[to->n++] = t;
			break;
		}
	}
}

/* One byte further; true when a thread has matched: those behind it lose. */
static bool step(struct match *m, const struct threads *now, struct threads *then, size_t at,
		 bool more, struct pattern_match *out)
{
	unsigned char byte = more ? (unsigned char)m->text.p[at] : 0;

	m->step++;
	then->n = 0;
	for (int i = 0; i < now->n; i++) {
		struct pattern_thread t = now->at[i];
		const struct code *c = &m->p->code[t.pc];

		if (c->op == OP_MATCH) {
			*out = (struct pattern_match){ t.from, at, t.group_from, t.group_to };
			return true;
		}
		if (!more || !set_has(&m->p->sets[c->set], byte))
			continue;
		t.pc++;
		add(m, then, t, at + 1);
	}
	return false;
}

bool pattern_find(struct pattern_room *room, const struct pattern *p, struct str text, size_t from,
		  size_t until, size_t to, struct pattern_match *out)
{
	struct match m = { .p = p, .text = text };
	struct threads now, then;
	bool found = false;

	make_room(room, (size_t)p->n);
	m.seen = room->seen;
	m.stack = room->stack;
	m.step = ++room->step;
	now = (struct threads){ room->now, 0 };
	then = (struct threads){ room->then, 0 };
	for (size_t at = from; at <= to; at++) {
		struct threads swap;

		/* A new thread where none that began earlier has won; it is preferred least. */
		if (!found && at < until)
			add(&m, &now, (struct pattern_thread){ 0, at, at, at }, at);
		if (!now.n && (found || at >= until))
			break;
		found |= step(&m, &now, &then, at, at < to, out);
		swap = now;
		now = then;
		then = swap;
	}
	room->step = m.step;
	if (found && !p->captures) {
		out->group_from = out->from;
		out->group_to = out->to;
	}
	return found;
}
