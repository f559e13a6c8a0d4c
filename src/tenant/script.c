/*
 * script.c - templates of the seed, and the path expressions of definitions.
 *
 * Must not know how actions end or what a link is.
 * The full expression language is not spoken here: only what is needed to show where a value
 * came from.
 */
#include "tenant/script.h"

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/prng.h"

enum { DEEPEST_LOOKUP = 6 };

/* ---- templates ---- */

static uint64_t text_seed(const struct script_scope *s, struct str text)
{
	uint64_t seed = prng_mix(s->played->run->seed, prng_hash(text));

	for (unsigned i = 0; s->index && i < s->loop_count; i++)
		seed = prng_mix(seed, s->index[i]);
	return seed;
}

static void add_pick(struct buf *b, uint64_t seed, struct str words)
{
	size_t count = 1;
	struct str head;
	uint64_t wanted;

	for (size_t i = 0; i < words.n; i++)
		count += words.p[i] == '|';
	wanted = prng_below(&seed, count);
	while (str_cut(&words, '|', &head))
		if (!wanted--) {
			buf_adds(b, head);
			return;
		}
}

static void add_int(struct buf *b, uint64_t seed, struct str range)
{
	struct str low;
	int64_t lo = 0, hi = 0;

	str_cut(&range, '-', &low);
	str_to_i64(low, &lo);
	str_to_i64(range, &hi);
	buf_addf(b, "%lld", (long long)(lo + (int64_t)prng_below(&seed, (uint64_t)(hi - lo + 1))));
}

static void add_time(struct buf *b, const struct script_scope *s, struct str offset, bool date)
{
	char text[CLOCK_TEXT];
	int64_t seconds = 0;

	str_to_i64(offset, &seconds);
	clock_text(s->played->run->start + seconds * TICKS_S, text);
	buf_adds(b, date ? str_first(str_from(text), 10) : str_from(text));
}

/* Adds the value of one {{template}}; true when it is a number. */
static bool add_template(struct buf *b, const struct script_scope *s, struct str text)
{
	struct str rest = text, name;
	char guid[37];

	str_cut(&rest, ':', &name);
	if (!rest.p)
		rest = S("");
	if (str_eq(name, S("int"))) {
		add_int(b, text_seed(s, text), rest);
		return true;
	}
	if (str_eq(name, S("i")) || str_eq(name, S("o"))) {
		unsigned at = str_eq(name, S("o")) || !s->loop_count ? 0 : s->loop_count - 1;

		buf_addf(b, "%llu", s->index ? (unsigned long long)s->index[at] : 0ull);
		return true;
	}
	if (str_eq(name, S("seq"))) {
		/* One number for every two minutes of the history. */
		buf_addf(b, "%lld", (long long)(s->played->run->start / (120 * TICKS_S) % 900000));
		return true;
	}
	if (str_eq(name, S("pick"))) {
		add_pick(b, text_seed(s, text), rest);
	} else if (str_eq(name, S("guid"))) {
		prng_guid(text_seed(s, text), guid);
		buf_addz(b, guid);
	} else if (str_eq(name, S("time")) || str_eq(name, S("date"))) {
		add_time(b, s, rest, str_eq(name, S("date")));
	} else {
		buf_addf(b, "{{%.*s}}", STR_ARG(text));
	}
	return false;
}

static struct json *expand_text(struct arena *a, const struct script_scope *s, struct str text)
{
	bool number = false;
	unsigned pieces = 0;
	struct buf b;

	if (str_find(text, S("{{")) < 0)
		return json_new_str(a, text);
	buf_init_in(&b, a, 1 << 20);
	while (text.n) {
		ptrdiff_t open = str_find(text, S("{{"));
		ptrdiff_t close = open < 0 ? -1 : str_find(str_from_at(text, (size_t)open), S("}}"));

		if (close < 0) {
			buf_adds(&b, text);
			pieces++;
			break;
		}
		if (open) {
			buf_adds(&b, str_first(text, (size_t)open));
			pieces++;
		}
		number = add_template(&b, s,
				      str_n(text.p + open + 2, (size_t)close - 2));
		pieces++;
		text = str_from_at(text, (size_t)(open + close) + 2);
	}
	if (number && pieces == 1)
		return json_new_number(a, buf_str(&b));
	return json_new_str(a, buf_str(&b));
}

/* {"{{repeat}}": 12, "of": {...}} stands for an array; {{i}} inside counts its items. */
static struct json *expand_repeat(struct arena *a, const struct script_scope *s,
				  const struct json *v)
{
	struct json *out = json_new_array(a);
	int64_t count = json_int(json_get(v, "{{repeat}}"), 0);
	uint64_t index[PLAYED_LOOPS + 1] = { 0 };
	struct script_scope inner = *s;

	for (unsigned i = 0; s->index && i < s->loop_count; i++)
		index[i] = s->index[i];
	inner.index = index;
	inner.loop_count = s->index ? s->loop_count + 1 : 1;
	for (int64_t i = 0; i < count; i++) {
		index[inner.loop_count - 1] = (uint64_t)i;
		json_push(out, script_expand(a, &inner, json_get(v, "of")));
	}
	return out;
}

struct json *script_expand(struct arena *a, const struct script_scope *s, const struct json *v)
{
	struct json *out;

	switch (json_type(v)) {
	case JSON_STRING:
		return expand_text(a, s, json_str(v));
	case JSON_ARRAY:
		out = json_new_array(a);
		JSON_EACH(item, v)
			json_push(out, script_expand(a, s, item));
		return out;
	case JSON_OBJECT:
		if (json_get(v, "{{repeat}}"))
			return expand_repeat(a, s, v);
		out = json_new_object(a);
		JSON_EACH(member, v)
			json_add_n(a, out, json_name(member), script_expand(a, s, member));
		return out;
	default:
		return json_copy(a, v);
	}
}

/* ---- path expressions ---- */

struct reader {
	struct arena *a;
	const struct script_scope *s;
	struct str rest;
	bool lost; /* something that is not a path */
};

static struct json *read_value(struct reader *r);

static void blanks(struct reader *r)
{
	while (r->rest.n && (*r->rest.p == ' ' || *r->rest.p == '\n' || *r->rest.p == '\t'))
		r->rest = str_from_at(r->rest, 1);
}

static bool take(struct reader *r, char c)
{
	blanks(r);
	if (!r->rest.n || *r->rest.p != c)
		return false;
	r->rest = str_from_at(r->rest, 1);
	return true;
}

static struct json *read_literal(struct reader *r)
{
	struct buf b;

	buf_init_in(&b, r->a, 1 << 20);
	while (r->rest.n) {
		char c = *r->rest.p;

		r->rest = str_from_at(r->rest, 1);
		if (c == '\'') {
			if (!r->rest.n || *r->rest.p != '\'')
				return json_new_str(r->a, buf_str(&b));
			r->rest = str_from_at(r->rest, 1);
		}
		buf_addc(&b, c);
	}
	r->lost = true;
	return NULL;
}

static struct json *item_of(struct reader *r, const struct played_action *loop)
{
	const struct script_scope *s = r->s;
	struct script_scope inner = *s;
	const struct json *each;

	if (!loop || !s->index || loop->loop_count >= s->loop_count || s->depth > DEEPEST_LOOKUP)
		return NULL;
	inner.depth++;
	inner.loop_count = loop->loop_count + 1;
	each = play_script(s->played, loop->name, "each");
	if (each)
		return script_expand(r->a, &inner, each);
	inner.loop_count--;
	return json_item(script_resolve(r->a, &inner, json_get(loop->def, "foreach")),
			 (size_t)s->index[loop->loop_count]);
}

static struct json *variable(struct reader *r, struct str name)
{
	struct played *p = r->s->played;
	struct script_scope inner = *r->s;

	inner.depth++;
	for (unsigned i = 0; i < p->count && inner.depth <= DEEPEST_LOOKUP; i++) {
		if (!str_eq(p->actions[i].type, S("InitializeVariable")))
			continue;
		JSON_EACH(v, json_at(p->actions[i].def, "/inputs/variables"))
			if (str_eq_nocase(json_get_str(v, "name"), name))
				return script_resolve(r->a, &inner, json_get(v, "value"));
	}
	return NULL;
}

static struct json *outputs_of(struct reader *r, struct str name)
{
	struct played *p = r->s->played;
	struct played_action *x = play_find(p, name);

	if (!x || x->loop_count > r->s->loop_count || r->s->depth > DEEPEST_LOOKUP)
		return NULL;
	return play_content(p, x, x->loop_count ? r->s->index : NULL, CONTENT_OUTPUTS);
}

static struct json *now_text(struct reader *r)
{
	char text[CLOCK_TEXT];

	clock_text(r->s->played->run->start, text);
	return json_new_z(r->a, text);
}

/* What parameters('$connections') holds while a flow runs. */
static struct json *connections_of(struct reader *r)
{
	struct json *out = json_new_object(r->a);

	JSON_EACH(c, r->s->played->run->version->references)
		json_set_n(r->a, out, json_name(c),
			   emit_json(r->a,
				     "{'connectionId':'%S/connections/%S','connectionName':'%S','id':'%S'}",
				     json_get_str(c, "id"), json_get_str(c, "connectionName"),
				     json_get_str(c, "connectionName"), json_get_str(c, "id")));
	return out;
}

static struct json *call(struct reader *r, struct str name, struct json *const *arg, unsigned count)
{
	struct str first = count ? json_str(arg[0]) : S("");
	struct played *p = r->s->played;
	const struct script_scope *s = r->s;

	if (str_eq_nocase(name, S("outputs")))
		return outputs_of(r, first);
	if (str_eq_nocase(name, S("body")))
		return json_get(outputs_of(r, first), "body");
	if (str_eq_nocase(name, S("triggerOutputs")))
		return play_trigger(p, CONTENT_OUTPUTS);
	if (str_eq_nocase(name, S("triggerBody")))
		return json_get(play_trigger(p, CONTENT_OUTPUTS), "body");
	if (str_eq_nocase(name, S("items")))
		return item_of(r, play_find(p, first));
	if (str_eq_nocase(name, S("variables")))
		return variable(r, first);
	if (str_eq_nocase(name, S("parameters")) && str_eq(first, S("$connections")))
		return connections_of(r);
	if (str_eq_nocase(name, S("parameters")))
		return json_get(json_get_n(json_get(p->definition, "parameters"), first),
				"defaultValue");
	if (str_eq_nocase(name, S("utcNow")))
		return now_text(r);
	if (str_eq_nocase(name, S("guid"))) {
		char guid[37];

		prng_guid(text_seed(s, r->rest), guid);
		return json_new_z(r->a, guid);
	}
	if (str_eq_nocase(name, S("concat"))) {
		struct buf b;

		buf_init_in(&b, r->a, 1 << 20);
		for (unsigned i = 0; i < count; i++)
			buf_adds(&b, json_is(arg[i], JSON_STRING) ? json_str(arg[i]) :
								    json_text(r->a, arg[i]));
		return json_new_str(r->a, buf_str(&b));
	}
	if (str_eq_nocase(name, S("length")))
		return json_new_int(r->a, json_is(arg[0], JSON_STRING) ?
						  (int64_t)first.n :
						  (int64_t)json_count(count ? arg[0] : NULL));
	r->lost = true;
	return NULL;
}

static struct json *read_call(struct reader *r, struct str name)
{
	struct json *arg[16] = { 0 };
	unsigned count = 0;

	if (!take(r, ')'))
		do {
			arg[count++] = read_value(r);
			if (r->lost || count == 16)
				return NULL;
		} while (take(r, ','));
	else
		return call(r, name, arg, 0);
	if (!take(r, ')'))
		r->lost = true;
	return r->lost ? NULL : call(r, name, arg, count);
}

static struct json *step_into(struct reader *r, struct json *v, const struct json *key)
{
	(void)r;
	if (json_is(key, JSON_NUMBER))
		return json_item(v, (size_t)json_int(key, 0));
	if (!json_get_n(v, json_str(key))) {
		/* 'body/Title' is one step through two levels. */
		struct str rest = json_str(key), head;

		while (v && str_cut(&rest, '/', &head))
			v = json_get_n(v, head);
		return v;
	}
	return json_get_n(v, json_str(key));
}

static struct json *read_value(struct reader *r)
{
	struct json *v = NULL;
	size_t n = 0;
	struct str name;

	blanks(r);
	if (take(r, '\''))
		return read_literal(r);
	while (n < r->rest.n && (r->rest.p[n] == '_' || r->rest.p[n] == '.' || r->rest.p[n] == '-' ||
				 (r->rest.p[n] >= '0' && r->rest.p[n] <= '9') ||
				 ((r->rest.p[n] | 32) >= 'a' && (r->rest.p[n] | 32) <= 'z')))
		n++;
	name = str_first(r->rest, n);
	r->rest = str_from_at(r->rest, n);
	if (!n) {
		r->lost = true;
		return NULL;
	}
	if (take(r, '('))
		v = read_call(r, name);
	else
		v = json_parse(r->a, name, JSON_ANSWER, NULL);
	while (!r->lost) {
		bool open = take(r, '?');

		if (take(r, '[')) {
			v = step_into(r, v, read_value(r));
			if (!take(r, ']'))
				r->lost = true;
		} else {
			r->lost |= open;
			break;
		}
	}
	return r->lost ? NULL : v;
}

/* The value of one expression without its @; NULL when it is not a path or leads nowhere. */
static struct json *evaluate(struct arena *a, const struct script_scope *s, struct str text)
{
	struct reader r = { .a = a, .s = s, .rest = text };
	struct json *v = read_value(&r);

	blanks(&r);
	return r.lost || r.rest.n ? NULL : v;
}

static struct json *resolve_text(struct arena *a, const struct script_scope *s, struct str text)
{
	struct json *v;
	struct buf b;

	if (str_starts(text, S("@@")))
		return json_new_str(a, str_from_at(text, 1));
	if (str_starts(text, S("@")) && !str_starts(text, S("@{"))) {
		v = evaluate(a, s, str_from_at(text, 1));
		return v ? json_copy(a, v) : json_new_null(a);
	}
	if (str_find(text, S("@{")) < 0)
		return json_new_str(a, text);
	buf_init_in(&b, a, 1 << 20);
	while (text.n) {
		ptrdiff_t open = str_find(text, S("@{")), close;

		if (open < 0)
			break;
		buf_adds(&b, str_first(text, (size_t)open));
		text = str_from_at(text, (size_t)open + 2);
		close = str_find_char(text, '}');
		if (close < 0)
			break;
		v = evaluate(a, s, str_first(text, (size_t)close));
		if (json_is(v, JSON_STRING))
			buf_adds(&b, json_str(v));
		else if (v && !json_is(v, JSON_NULL))
			json_print(&b, v);
		text = str_from_at(text, (size_t)close + 1);
	}
	buf_adds(&b, text);
	return json_new_str(a, buf_str(&b));
}

struct json *script_resolve(struct arena *a, const struct script_scope *s, const struct json *v)
{
	struct json *out;

	switch (json_type(v)) {
	case JSON_STRING:
		return resolve_text(a, s, json_str(v));
	case JSON_ARRAY:
		out = json_new_array(a);
		JSON_EACH(item, v)
			json_push(out, script_resolve(a, s, item));
		return out;
	case JSON_OBJECT:
		out = json_new_object(a);
		JSON_EACH(member, v)
			json_add_n(a, out, json_name(member), script_resolve(a, s, member));
		return out;
	case JSON_NONE:
		return json_new_null(a);
	default:
		return json_copy(a, v);
	}
}
