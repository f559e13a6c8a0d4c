/*
 * diagnosis_loop.c - which iterations failed, grouped by what failed in them.
 */
#include "base/limits.h"
#include "tools/diagnosis_int.h"

enum { MOST_NAMES = 5, MOST_FIELDS = 4, LONGEST_FIELD = 80 };

/* Names that tell a person which thing is meant. */
static const char *const telling[] = {
	"ID", "Id", "id", "key", "Key", "name", "Name", "Title", "title", "subject", "Subject",
	"displayName", "DisplayName", "email", "Email", "number", "Number", "code", "Code",
};

static bool is_plain(const struct json *v)
{
	return json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER) || json_is(v, JSON_BOOL);
}

static void put_field(struct diag *d, struct json *out, const struct json *v)
{
	if (!is_plain(v) || json_count(out) >= MOST_FIELDS || json_get_n(out, json_name(v)))
		return;
	if (json_is(v, JSON_STRING))
		json_set_n(d->a, out, json_name(v),
			   json_new_str(d->a, str_first_utf8(json_str(v), LONGEST_FIELD)));
	else
		json_set_n(d->a, out, json_name(v), json_copy(d->a, v));
}

static bool ends_in_id(struct str name)
{
	return str_ends(name, S("id")) || str_ends(name, S("Id")) || str_ends(name, S("ID")) ||
	       str_ends(name, S("name")) || str_ends(name, S("Name"));
}

static struct json *key_fields(struct diag *d, const struct json *item)
{
	struct json *out = json_new_object(d->a);

	if (is_plain(item))
		return json_is(item, JSON_STRING) ?
			       json_new_str(d->a, str_first_utf8(json_str(item), LONGEST_FIELD)) :
			       json_copy(d->a, item);
	for (size_t i = 0; i < sizeof(telling) / sizeof(*telling); i++)
		put_field(d, out, json_get(item, telling[i]));
	JSON_EACH(v, item)
		if (ends_in_id(json_name(v)))
			put_field(d, out, v);
	JSON_EACH(v, item)
		if (str_find_char(json_name(v), '@') < 0)
			put_field(d, out, v);
	return json_count(out) ? out : NULL;
}

/* ---- grouping ---- */

/* Numbers and identifiers differ from one iteration to the next: the shape of the text counts. */
static struct str shape(struct arena *a, struct str message)
{
	struct buf b;
	bool number = false;

	message = str_first_utf8(message, 300);
	buf_init_in(&b, a, message.n + 1);
	for (size_t i = 0; i < message.n; i++) {
		bool digit = message.p[i] >= '0' && message.p[i] <= '9';

		if (digit && !number)
			buf_addc(&b, '#');
		else if (!digit)
			buf_addc(&b, message.p[i]);
		number = digit;
	}
	return buf_str(&b);
}

static bool same_kind(struct arena *a, const struct failure_group *g, const struct reason *r,
		      const struct cause_found *c)
{
	return g->found.cause == c->cause && str_eq(g->found.code, c->code) &&
	       str_eq(shape(a, g->reason.message), shape(a, r->message));
}

static struct failure_group *group_for(struct diag *d, const struct json *repetition,
				       const struct reason *r, const struct cause_found *c)
{
	struct finding *f = d->f;
	struct failure_group *g;

	for (size_t i = 0; i < f->group_count; i++)
		if (same_kind(d->a, &f->groups[i], r, c))
			return &f->groups[i];
	if (f->group_count == DIAGNOSIS_GROUPS)
		return &f->groups[DIAGNOSIS_GROUPS - 1];
	g = &f->groups[f->group_count++];
	*g = (struct failure_group){ .first = repetition, .reason = *r, .found = *c,
				     .names = json_new_array(d->a), .items = json_new_array(d->a) };
	return g;
}

static void add_member(struct diag *d, struct failure_group *g, struct str name)
{
	struct json *fields;

	g->count++;
	if (json_count(g->names) >= MOST_NAMES)
		return;
	json_push(g->names, json_new_str(d->a, name));
	fields = key_fields(d, diag_item(d, d->f->action, name));
	if (fields)
		json_push(g->items, fields);
}

static void look_at(struct diag *d, const struct json *repetition, bool with_content)
{
	struct str name = json_get_str(repetition, "name");
	const struct json *error = json_get(repetition, "error"), *outputs = NULL;
	struct reason r, out;
	struct cause_found c;
	bool cut;

	/* Iterations have no error of their own. */
	if (!error && diag_is_container(d->f->type))
		error = json_get(d->f->record, "error");
	r = reason_of_error(d->a, error);

	if (with_content && reason_is_generic(&r))
		outputs = diag_content(d, repetition, diag_where(d->a, d->f->action, name), false,
				       &cut);
	out = reason_of_outputs(d->a, outputs);
	if (out.message.n)
		r = out;
	c = cause_of(d->a, json_get_str(repetition, "status"), json_get_str(repetition, "code"), error,
		     outputs);
	add_member(d, group_for(d, repetition, &r, &c), name);
}

static void sort_groups(struct finding *f)
{
	for (size_t i = 1; i < f->group_count; i++)
		for (size_t k = i; k > 0 && f->groups[k].count > f->groups[k - 1].count; k--) {
			struct failure_group g = f->groups[k];

			f->groups[k] = f->groups[k - 1];
			f->groups[k - 1] = g;
		}
}

/* Conditions and scopes have repetitions of another name.  A loop has iterations in their place:
 * which one of the loop around it failed is told by that one. */
static struct want repetitions_of(struct diag *d)
{
	struct want w = { .kind = WANT_REPETITIONS, .action = d->f->action, .key = d->f->action };
	struct str type = d->f->type, up = d->f->action;

	w.scope = diag_is_container(type);
	while (diag_is_loop(type)) {
		up = json_get_str(json_get_n(d->index, up), "container");
		if (!diag_is_loop(json_get_str(json_get_n(d->index, up), "type")) && up.n)
			continue;
		w.action = up;
		w.scope = true;
		break;
	}
	return w;
}

bool diag_loop(struct diag *d)
{
	struct want w = repetitions_of(d);
	const struct json *all = diag_entry(d, &w);
	size_t n = 0;

	if (!all)
		return false;
	if (json_get(all, "error")) {
		diag_missing(d, "the repetitions of %.*s could not be read: %.*s",
			     STR_ARG(str_first_utf8(d->f->action, 80)),
			     STR_ARG(str_first_utf8(json_get_str(all, "error"), 120)));
		return true;
	}
	d->f->failed = (uint64_t)json_count(json_get(all, "items"));
	d->f->more_failed = json_is_true(json_get(all, "more"));
	d->f->iterations = (uint64_t)json_int(json_get(d->f->record, "repetitionCount"), 0);
	JSON_EACH(v, json_get(all, "items"))
		look_at(d, v, n++ < DIAGNOSIS_ITEMS);
	if (n > DIAGNOSIS_ITEMS)
		diag_missing(d, "of %zu failed iterations the outputs of %d were read", n,
			     DIAGNOSIS_ITEMS);
	sort_groups(d->f);
	return true;
}
