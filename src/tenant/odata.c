/*
 * odata.c - the query options of lists.
 *
 * Knows the grammar the service takes; must not know what the rows are.
 */
#include "tenant/odata.h"

#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "text/crypt.h"

enum { DEEPEST_FILTER = 32 };

struct filter {
	enum { F_AND, F_OR, F_NOT, F_COMPARE, F_CALL } kind;
	struct filter *left, *right;
	struct str field, value; /* F_CALL: function and argument */
	char op[3];
	bool quoted;
};

struct reader {
	struct arena *a;
	struct str rest;
	unsigned depth;
	bool bad;
};

static struct filter *read_or(struct reader *r);

static void blanks(struct reader *r)
{
	while (r->rest.n && (*r->rest.p == ' ' || *r->rest.p == '\t'))
		r->rest = str_from_at(r->rest, 1);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '/' || c == '.' || c == '-' || c == ':' || c == '+' || c == '@';
}

static struct str word(struct reader *r)
{
	size_t n = 0;
	struct str w;

	blanks(r);
	while (n < r->rest.n && is_name(r->rest.p[n]))
		n++;
	w = str_first(r->rest, n);
	r->rest = str_from_at(r->rest, n);
	return w;
}

static bool take_char(struct reader *r, char c)
{
	blanks(r);
	if (!r->rest.n || *r->rest.p != c)
		return false;
	r->rest = str_from_at(r->rest, 1);
	return true;
}

static bool take_word(struct reader *r, const char *w)
{
	struct reader before = *r;

	if (str_eq_nocase(word(r), str_from(w)))
		return true;
	*r = before;
	return false;
}

static struct str value(struct reader *r, bool *quoted)
{
	struct buf b;

	*quoted = take_char(r, '\'');
	if (!*quoted)
		return word(r);
	buf_init_in(&b, r->a, 4096);
	while (r->rest.n) {
		char c = *r->rest.p;

		r->rest = str_from_at(r->rest, 1);
		if (c == '\'') {
			if (!r->rest.n || *r->rest.p != '\'')
				return buf_str(&b);
			r->rest = str_from_at(r->rest, 1);
		}
		buf_addc(&b, c);
	}
	r->bad = true;
	return buf_str(&b);
}

static struct filter *node(struct reader *r, int kind)
{
	struct filter *f = arena_alloc(r->a, sizeof(*f));

	f->kind = (unsigned)kind;
	return f;
}

static struct filter *read_compare(struct reader *r, struct str name)
{
	struct filter *f = node(r, F_COMPARE);
	struct str op = word(r);
	static const char *const ops[] = { "eq", "ne", "gt", "ge", "lt", "le", "in" };

	f->field = name;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (str_eq_nocase(op, str_from(ops[i])))
			memcpy(f->op, ops[i], 3);
	if (!*f->op || !name.n) {
		r->bad = true;
		return f;
	}
	if (f->op[0] == 'i') {
		bool open = take_char(r, '(');

		f->value = value(r, &f->quoted);
		r->bad |= !open || !take_char(r, ')');
		memcpy(f->op, "eq", 3);
		return f;
	}
	f->value = value(r, &f->quoted);
	r->bad |= !f->quoted && !f->value.n;
	return f;
}

static struct filter *read_call(struct reader *r, struct str name)
{
	struct filter *f = node(r, F_CALL);
	bool quoted;

	f->field = name;
	f->value = value(r, &quoted);
	if (take_char(r, ',')) {
		/* contains(field,'text') and its like: remember both. */
		struct filter *pair = node(r, F_COMPARE);

		pair->field = f->value;
		pair->value = value(r, &quoted);
		f->left = pair;
	}
	r->bad |= !take_char(r, ')');
	return f;
}

static struct filter *read_one(struct reader *r)
{
	struct filter *f;
	struct str name;

	if (++r->depth > DEEPEST_FILTER)
		r->bad = true;
	if (r->bad)
		return NULL;
	if (take_char(r, '(')) {
		f = read_or(r);
		r->bad |= !take_char(r, ')');
	} else if (take_word(r, "not")) {
		f = node(r, F_NOT);
		f->left = read_one(r);
	} else {
		name = word(r);
		f = take_char(r, '(') ? read_call(r, name) : read_compare(r, name);
	}
	r->depth--;
	return f;
}

static struct filter *read_and(struct reader *r)
{
	struct filter *left = read_one(r);

	while (!r->bad && take_word(r, "and")) {
		struct filter *f = node(r, F_AND);

		f->left = left;
		f->right = read_one(r);
		left = f;
	}
	return left;
}

static struct filter *read_or(struct reader *r)
{
	struct filter *left = read_and(r);

	while (!r->bad && take_word(r, "or")) {
		struct filter *f = node(r, F_OR);

		f->left = left;
		f->right = read_and(r);
		left = f;
	}
	return left;
}

struct filter *filter_parse(struct arena *a, struct str text, bool *ok)
{
	struct reader r = { .a = a, .rest = str_trim(text) };
	struct filter *f;

	*ok = true;
	if (!r.rest.n)
		return NULL;
	f = read_or(&r);
	blanks(&r);
	*ok = !r.bad && !r.rest.n;
	return *ok ? f : NULL;
}

static int compare(struct str a, struct str b)
{
	int64_t x, y;

	if ((clock_parse(a, &x) && clock_parse(b, &y)) || (str_to_i64(a, &x) && str_to_i64(b, &y)))
		return x < y ? -1 : x > y;
	if (str_eq_nocase(a, b))
		return 0;
	return str_cmp(a, b);
}

static bool compare_row(const struct filter *f, const struct filter_row *row)
{
	struct str have = row->get ? row->get(row->row, f->field) : (struct str){ NULL, 0 };
	int c;

	if (!f->quoted && str_eq_nocase(f->value, S("null")))
		return (f->op[0] == 'e') == !have.p;
	if (!have.p)
		return f->op[0] == 'n';
	c = compare(have, f->value);
	switch (f->op[0] << 8 | f->op[1]) {
	case 'e' << 8 | 'q':
		return c == 0;
	case 'n' << 8 | 'e':
		return c != 0;
	case 'g' << 8 | 't':
		return c > 0;
	case 'g' << 8 | 'e':
		return c >= 0;
	case 'l' << 8 | 't':
		return c < 0;
	default:
		return c <= 0;
	}
}

static bool call_row(const struct filter *f, const struct filter_row *row)
{
	struct str have;

	if (!f->left)
		return row->call && row->call(row->row, f->field, f->value);
	have = row->get ? row->get(row->row, f->left->field) : S("");
	if (str_eq_nocase(f->field, S("startswith")))
		return str_starts_nocase(have, f->left->value);
	if (str_eq_nocase(f->field, S("endswith")))
		return str_ends_nocase(have, f->left->value);
	return str_contains_nocase(have, f->left->value);
}

bool filter_matches(const struct filter *f, const struct filter_row *row)
{
	if (!f)
		return true;
	switch (f->kind) {
	case F_AND:
		return filter_matches(f->left, row) && filter_matches(f->right, row);
	case F_OR:
		return filter_matches(f->left, row) || filter_matches(f->right, row);
	case F_NOT:
		return !filter_matches(f->left, row);
	case F_CALL:
		return call_row(f, row);
	default:
		return compare_row(f, row);
	}
}

/* ---- paging ---- */

struct paging paging_of(struct request *q, uint64_t standard, uint64_t most)
{
	struct str top = request_query(q, "$top"), token = request_query(q, "$skiptoken"), digits;
	struct paging p = { .size = knobs.page_size ? (uint64_t)knobs.page_size : standard };
	uint64_t wanted;
	struct buf b;

	if (top.p && str_to_u64(top, &wanted) && wanted)
		p.size = wanted < most ? wanted : most;
	/* A test that wants small pages gets them whatever the client asks for. */
	if (knobs.page_size && p.size > (uint64_t)knobs.page_size)
		p.size = (uint64_t)knobs.page_size;
	if (!token.p)
		return p;
	/* A Dataverse token carries its cookie as XML around the base64. */
	if (str_find(token, S("pagingcookie=\"")) >= 0) {
		token = str_from_at(token, (size_t)str_find(token, S("pagingcookie=\"")) + 14);
		token = str_first(token, (size_t)str_find_char(token, '"'));
	}
	buf_init_in(&b, &q->mem, 1024);
	if (!crypt_unb64(&b, token))
		return p;
	digits = buf_str(&b);
	if (str_starts(digits, S("practice,")))
		str_to_u64(str_from_at(digits, 9), &p.from);
	return p;
}

/* The query as it was, without $skiptoken and its index. */
static void keep_query(struct request *q, struct buf *b)
{
	struct str rest = q->query, pair;

	while (str_cut(&rest, '&', &pair)) {
		struct str name = str_unpercent(&q->mem, pair, true);

		if (!pair.n || str_starts_nocase(name, S("$skiptoken=")) ||
		    str_starts_nocase(name, S("skiptokenSourceIndex=")))
			continue;
		buf_addf(b, "%s%.*s", str_find_char(buf_str(b), '?') < 0 ? "?" : "&",
			 STR_ARG(pair));
	}
}

struct str paging_link(struct request *q, enum link_style style, uint64_t from)
{
	struct str raw = str_fmt(&q->mem, "practice,%llu", (unsigned long long)from);
	struct str origin = str_fmt(&q->mem, "https://%.*s%.*s", STR_ARG(q->host), STR_ARG(q->port));
	struct buf b, token;

	/* A pad keeps a '=' at the end, whose escape must survive as it is. */
	if (raw.n % 3 == 0)
		raw = str_fmt(&q->mem, "practice,0%llu", (unsigned long long)from);
	buf_init_in(&token, &q->mem, 256);
	crypt_b64(&token, raw);
	buf_init_in(&b, &q->mem, 16384);
	/* The service was recorded to name the Resource Manager here; clients swap the host. */
	if (style == LINK_ARM && knobs.regional_links && str_ends(q->host, S(".practice.localhost")))
		origin = S("https://management.azure.com");
	else if (style == LINK_FLOW && knobs.regional_links && q->face == FACE_FLOW &&
		 str_eq(q->host, S("flow.practice.localhost")))
		origin = str_fmt(&q->mem, "https://europe.%.*s%.*s", STR_ARG(q->host),
				 STR_ARG(q->port));
	buf_addf(&b, "%.*s%.*s", STR_ARG(origin), STR_ARG(q->path));
	keep_query(q, &b);
	buf_addz(&b, str_find_char(buf_str(&b), '?') < 0 ? "?" : "&");
	if (style == LINK_DATAVERSE) {
		buf_addz(&b, "$skiptoken=");
		buf_add_percent(&b, str_fmt(&q->mem,
					    "<cookie pagenumber=\"2\" pagingcookie=\"%.*s\" "
					    "istracking=\"False\" />",
					    STR_ARG(buf_str(&token))));
		return buf_str(&b);
	}
	buf_addz(&b, "%24skiptoken=");
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '=')
			buf_addz(&b, "%3d");
		else
			buf_addc(&b, token.p[i]);
	}
	buf_addz(&b, "&skiptokenSourceIndex=0");
	return buf_str(&b);
}

void select_members(struct request *q, struct json *row)
{
	struct str wanted = request_query(q, "$select"), expanded = request_query(q, "$expand");
	struct json *next;

	if (!wanted.n)
		return;
	for (struct json *m = json_first(row); m; m = next) {
		struct str name = json_name(m), list = wanted, one;
		/* What is expanded comes beside what is selected. */
		bool keep = str_starts(name, S("@")) ||
			    (expanded.n && str_starts_nocase(expanded, name));
		ptrdiff_t at = str_find_char(name, '@');

		if (at > 0)
			name = str_first(name, (size_t)at);
		next = json_next(m);
		while (!keep && str_cut(&list, ',', &one))
			keep = str_eq_nocase(str_trim(one), name);
		if (!keep)
			json_detach(row, m);
	}
}
