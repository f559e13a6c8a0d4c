/*
 * script.c - templates of the seed, and the expressions of definitions.
 *
 * Must not know how actions end or what a link is; the language itself is wdl's.
 */
#include "tenant/script.h"

#include "tenant/clock.h"
#include "tenant/prng.h"
#include "tenant/produce_parts.h"
#include "wdl/eval.h"
#include "wdl/parse.h"

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

/* ---- expressions ---- */

/* What an expression of the run may see: what was recorded. */
struct view {
	struct arena *a;
	const struct script_scope *s;
};

static bool give(const struct json **out, const struct json *v)
{
	*out = v;
	return v != NULL;
}

static bool view_action(void *arg, struct str name, const struct json **out)
{
	struct view *w = arg;
	struct played *p = w->s->played;
	struct played_action *x = play_find_nocase(p, name);
	struct json *record, *outputs;

	if (!x || x->loop_count > w->s->loop_count)
		return false;
	record = json_new_object(w->a);
	json_set_str(w->a, record, "name", x->name);
	json_set_z(w->a, record, "status", run_status_name(x->sum.status));
	if (x->sum.code)
		json_set_z(w->a, record, "code", x->sum.code);
	outputs = play_content(p, x, x->loop_count ? w->s->index : NULL, CONTENT_OUTPUTS);
	if (outputs)
		json_set(w->a, record, "outputs", json_copy(w->a, outputs));
	return give(out, record);
}

static bool view_trigger(void *arg, const struct json **out)
{
	struct view *w = arg;
	struct played *p = w->s->played;
	struct json *record = json_new_object(w->a);
	struct json *outputs = play_trigger(p, CONTENT_OUTPUTS);

	json_set_str(w->a, record, "name", p->trigger);
	if (outputs)
		json_set(w->a, record, "outputs", json_copy(w->a, outputs));
	return give(out, record);
}

static bool view_parameter(void *arg, struct str name, const struct json **out)
{
	struct view *w = arg;
	const struct json *v = json_get_n(play_parameters(w->s->played), name);

	if (!v)
		v = json_get(json_get_n(json_get(w->s->played->definition, "parameters"), name),
			     "defaultValue");
	return give(out, v);
}

/* Of the innermost loop it was recorded; of one around it, it is worked out again. */
static bool view_items(void *arg, struct str name, const struct json **out)
{
	struct view *w = arg;
	const struct script_scope *s = w->s;
	const struct played_action *loop = play_find_nocase(s->played, name);
	struct script_scope inner = *s;
	struct json *list;

	if (!loop || !s->index || loop->loop_count >= s->loop_count || s->depth > DEEPEST_LOOKUP)
		return false;
	if (s->action && loop->loop_count + 1 == s->loop_count)
		return give(out, play_item(s->played, s->action, s->index));
	inner.depth++;
	inner.loop_count = loop->loop_count;
	list = script_resolve(w->a, &inner, json_get(loop->def, "foreach"));
	return give(out, json_item(list, (size_t)s->index[loop->loop_count]));
}

static bool view_workflow(void *arg, const struct json **out)
{
	struct view *w = arg;

	return give(out, play_workflow(w->s->played));
}

static uint64_t view_random(void *arg)
{
	struct view *w = arg;

	return text_seed(w->s, S("random"));
}

static struct json *evaluate(struct arena *a, const struct script_scope *s, struct str text)
{
	struct view view = { a, s };
	struct wdl_context c = {
		.arg = &view,
		.action = view_action,
		.trigger = view_trigger,
		.parameter = view_parameter,
		.items = view_items,
		.workflow = view_workflow,
		.random = view_random,
		.now = s->played->run->start + TICKS_UNIX,
	};
	struct wdl_result r = wdl_evaluate(a, wdl_parse(a, text), &c);

	return r.ok ? r.value : json_new_null(a);
}

struct json *script_resolve(struct arena *a, const struct script_scope *s, const struct json *v)
{
	struct json *out;

	switch (json_type(v)) {
	case JSON_STRING:
		return wdl_is_template(json_str(v)) ? evaluate(a, s, json_str(v)) :
						      json_copy(a, v);
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
