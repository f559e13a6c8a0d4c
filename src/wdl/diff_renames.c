/*
 * diff_renames.c - what is only called otherwise.
 *
 * A renamed thing is one that is missing in the new document while another of an equal body is
 * new in it.  It is renamed in the copy of the old document, references included, so that what
 * follows from the new name is no difference any more; that may show further ones.
 */
#include "base/limits.h"
#include "wdl/diff_int.h"
#include "wdl/functions.h"
#include "wdl/print.h"
#include "wdl/value.h"
#include "wdl/text.h"

/* A body as small as this says too little to be known again in another place. */
enum { SMALL_BODY = 60 };

struct candidate {
	struct lint_step *step;
	struct json *body;
	struct str scope, id;
	uint64_t hash;
	bool taken;
};

struct candidates {
	struct candidate *at;
	size_t count;
};

/* ---- bodies ---- */

static struct json *names_of(struct arena *a, const struct json *actions)
{
	struct json *out = json_new_object(a);

	JSON_EACH(member, actions)
		json_set_n(a, out, str_lower(a, json_name(member)), json_new_null(a));
	return out;
}

static struct json *branch_of(struct arena *a, const struct json *branch)
{
	struct json *out = json_new_object(a);

	JSON_EACH(member, branch)
		json_add_n(a, out, json_name(member),
			   str_eq(json_name(member), S("actions")) ? names_of(a, member) :
								      json_copy(a, member));
	return out;
}

/* A step without what it waits for; of the steps in it only the names. */
static struct json *body_of(struct arena *a, const struct json *step)
{
	struct json *out = json_new_object(a);

	JSON_EACH(member, step) {
		struct str name = json_name(member);
		struct json *v;

		if (str_eq(name, S("runAfter")))
			continue;
		if (str_eq(name, S("actions"))) {
			v = names_of(a, member);
		} else if (str_eq(name, S("else")) || str_eq(name, S("default"))) {
			v = branch_of(a, member);
		} else if (str_eq(name, S("cases"))) {
			v = json_new_object(a);
			JSON_EACH(one, member)
				json_add_n(a, v, json_name(one), branch_of(a, one));
		} else {
			v = json_copy(a, member);
		}
		json_add_n(a, out, name, v);
	}
	return out;
}

/* ---- steps ---- */

static bool names_step(enum wdl_refers r)
{
	return r == WDL_REF_ACTION || r == WDL_REF_LOOP || r == WDL_REF_UNTIL ||
	       r == WDL_REF_SCOPE;
}

/* A copy in which references to steps that the other definition has not are empty: an action that
 * reads a renamed one differs from what it was in nothing else. */
static struct json *masked(struct diff_work *w, const struct refactor_flow *f,
			   const struct lint *in, const struct lint *other)
{
	struct json *copy = json_copy(w->a, f->root);
	const struct wdl_place *last = NULL;

	for (const struct lint_ref *r = in->refs; r; r = r->next)
		if (names_step(r->function->refers) && !lint_find(other, r->name))
			wdl_rewrite(r->node->first, S("''"));
	for (const struct lint_ref *r = in->refs; r; r = r->next) {
		if (r->place == last || r->place->is_key || !r->node->first->rewritten.p)
			continue;
		last = r->place;
		refactor_set_text(w->a, copy, last->pointer, wdl_text(w->a, last->template));
	}
	return copy;
}

static struct candidates unmatched(struct diff_work *w, const struct refactor_flow *f,
				   const struct lint *in, const struct lint *other)
{
	struct candidates x = { 0 };
	struct json *copy = NULL;

	x.at = arena_array(w->a, in->actions + in->triggers + 1, sizeof(*x.at));
	for (struct lint_step *s = in->steps; s; s = s->next) {
		struct candidate *c = &x.at[x.count];

		if (lint_find(other, s->name))
			continue;
		copy = copy ? copy : masked(w, f, in, other);
		c->step = s;
		c->body = body_of(w->a, json_at_n(copy, s->pointer));
		c->hash = wdl_json_hash(c->body);
		c->scope = diff_scope(w->a, s);
		c->id = json_str(json_at(s->value, "/metadata/operationMetadataId"));
		x.count++;
	}
	return x;
}

/* The designer gives every action an id that stays when it is renamed. */
static bool same_id(const struct candidate *x, const struct candidate *y)
{
	return x->id.n && str_eq(x->id, y->id) && str_eq_nocase(x->step->type, y->step->type);
}

static bool same_body(struct arena *a, const struct candidate *x, const struct candidate *y,
		      bool anywhere)
{
	if (x->hash != y->hash || x->step->trigger != y->step->trigger ||
	    !json_equal(x->body, y->body))
		return false;
	return anywhere ? json_text(a, x->body).n > SMALL_BODY : str_eq(x->scope, y->scope);
}

static struct candidate *partner(struct arena *a, const struct candidate *of, struct candidates *in)
{
	for (unsigned way = 0; way < 3; way++)
		for (size_t i = 0; i < in->count; i++) {
			struct candidate *c = &in->at[i];

			if (!c->taken && (way ? same_body(a, of, c, way == 2) : same_id(of, c)))
				return c;
		}
	return NULL;
}

/* ---- telling ---- */

static bool rename_old(struct diff_work *w, enum refactor_kind kind, struct str from, struct str to)
{
	return refactor_rename(w->a, &w->old, kind, from, to).ok;
}

static void tell(struct diff_work *w, enum diff_what what, struct str from, struct str to,
		 struct str pointer, struct str type)
{
	struct diff_change *c = diff_add(w, DIFF_RENAMED, what, to, pointer);

	c->old_name = from;
	c->type = type;
	w->renames++;
	diff_say(w->a, c);
}

/* What belongs together, before anything is renamed. */
struct pairs {
	struct refactor_pair *of;
	const struct lint_step **now;
	size_t count;
};

static struct pairs pairs_for(struct diff_work *w)
{
	size_t n = w->old_model->actions + w->old_model->triggers + 1;

	return (struct pairs){ .of = arena_array(w->a, n, sizeof(struct refactor_pair)),
			       .now = arena_array(w->a, n, sizeof(const struct lint_step *)) };
}

static void pair(struct diff_work *w, struct pairs *p, const struct lint_step *from,
		 const struct lint_step *to)
{
	if (from->trigger && to->trigger) {
		tell(w, DIFF_TRIGGER, from->name, to->name, to->pointer, to->type);
		json_rename(w->a, from->value, to->name);
	} else if (!from->trigger && !to->trigger) {
		p->of[p->count] = (struct refactor_pair){ .from = from->name, .to = to->name };
		p->now[p->count++] = to;
	}
}

/* True when something was renamed. */
static bool rename_pairs(struct diff_work *w, const struct pairs *p, size_t before)
{
	if (p->count)
		refactor_rename_all(w->a, &w->old, REFACTOR_ACTION, p->of, p->count);
	for (size_t i = 0; i < p->count; i++)
		if (p->of[i].done)
			tell(w, DIFF_ACTION, p->of[i].from, p->of[i].to, p->now[i]->pointer,
			     p->now[i]->type);
	return w->renames > before;
}

static bool steps(struct diff_work *w)
{
	struct candidates old = unmatched(w, &w->old, w->old_model, w->now_model);
	struct candidates now = unmatched(w, &w->now, w->now_model, w->old_model);
	struct pairs p = pairs_for(w);
	size_t before = w->renames;

	for (size_t i = 0; i < old.count && now.count; i++) {
		struct candidate *c = partner(w->a, &old.at[i], &now);

		if (!c)
			continue;
		c->taken = true;
		pair(w, &p, old.at[i].step, c->step);
	}
	return rename_pairs(w, &p, before);
}

/* Other case of letters is the same name to the engine, and a new one to a reader. */
static bool spellings(struct diff_work *w)
{
	struct pairs p = pairs_for(w);
	size_t before = w->renames;

	for (struct lint_step *s = w->old_model->steps; s; s = s->next) {
		const struct lint_step *now = lint_find(w->now_model, s->name);

		if (now && !str_eq(now->name, s->name))
			pair(w, &p, s, now);
	}
	return rename_pairs(w, &p, before);
}

/* ---- variables, parameters, connections ---- */

static const struct lint_variable *variable(const struct lint *l, struct str name)
{
	for (const struct lint_variable *v = l->variables; v; v = v->next)
		if (wdl_same_nocase(v->name, name))
			return v;
	return NULL;
}

static bool variables(struct diff_work *w)
{
	bool found = false;

	for (const struct lint_variable *v = w->old_model->variables; v; v = v->next) {
		const struct lint_step *step = lint_find(w->now_model, v->step->name);
		const struct json *row = json_first(json_at(step ? step->value : NULL,
							    "/inputs/variables"));
		struct str name = json_get_str(row, "name");
		const struct lint_variable *now = variable(w->now_model, name);

		/* Designers initialize one variable in an action. */
		if (!now || str_eq(name, v->name) || variable(w->now_model, v->name) ||
		    json_count(json_at(v->step->value, "/inputs/variables")) != 1)
			continue;
		if (!rename_old(w, REFACTOR_VARIABLE, v->name, name))
			continue;
		tell(w, DIFF_VARIABLE, v->name, name, now->pointer, now->type);
		found = true;
	}
	return found;
}

static bool has_key(const struct json *object, struct str name)
{
	if (json_get_n(object, name))
		return true;
	JSON_EACH(member, object)
		if (wdl_same_nocase(json_name(member), name))
			return true;
	return false;
}

static bool keys(struct diff_work *w, enum refactor_kind kind, enum diff_what what,
		 const struct json *old, const struct json *now, struct str at)
{
	JSON_EACH(x, old) {
		if (has_key(now, json_name(x)))
			continue;
		JSON_EACH(y, now) {
			struct str from = json_name(x);

			if (!json_count(x) || !json_equal(x, y) ||
			    has_key(old, json_name(y)) ||
			    !rename_old(w, kind, from, json_name(y)))
				continue;
			tell(w, what, from, json_name(y),
			     lint_at_n(w->now_model, at, json_name(y)), S(""));
			return true;
		}
	}
	return false;
}

static bool any(struct diff_work *w)
{
	const struct json *old = w->old.definition, *now = w->now.definition;

	return keys(w, REFACTOR_CONNECTION, DIFF_CONNECTION, w->old.references, w->now.references,
		    w->now.references_at) ||
	       keys(w, REFACTOR_PARAMETER, DIFF_PARAMETER, json_get(old, "parameters"),
		    json_get(now, "parameters"),
		    lint_at(w->now_model, w->now.prefix, "parameters")) ||
	       variables(w) || spellings(w) || steps(w);
}

void diff_renames(struct diff_work *w)
{
	for (unsigned round = 0; round < LIMIT_DIFF_ROUNDS && any(w); round++)
		w->old_model = refactor_model(w->a, &w->old);
	/* Looking for them has left marks in both models. */
	w->old_model = refactor_model(w->a, &w->old);
	w->now_model = refactor_model(w->a, &w->now);
}
