/*
 * refactor.c - documents, what names are legal, and renaming.
 *
 * Where names stand is the matter of refactor_uses.c.
 */
#include "base/limits.h"
#include "wdl/print.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

/* ---- documents ---- */

static bool find_parts(struct arena *a, struct refactor_flow *f)
{
	static const char *const where[] = { "/properties", "" };

	for (size_t i = 0; i < 2; i++) {
		struct json *at = json_at(f->root, where[i]);
		struct json *definition = json_get(at, "definition");

		if (!json_is(definition, JSON_OBJECT))
			continue;
		f->definition = definition;
		f->prefix = str_fmt(a, "%s/definition", where[i]);
		f->references = json_get(at, "connectionReferences");
		f->references_at = str_fmt(a, "%s/connectionReferences", where[i]);
		f->values = json_get(at, "parameters");
		f->values_at = str_fmt(a, "%s/parameters", where[i]);
		return true;
	}
	f->prefix = str_from("");
	f->definition = f->root;
	return json_is(json_get(f->root, "actions"), JSON_OBJECT) ||
	       json_is(json_get(f->root, "triggers"), JSON_OBJECT);
}

bool refactor_open(struct arena *a, struct json *document, struct refactor_flow *out,
		   const char **why)
{
	struct json *inner = json_get(document, "clientdata");

	*out = (struct refactor_flow){ .document = document, .root = document };
	if (json_is(inner, JSON_STRING)) {
		out->packed = true;
		out->root = json_parse(a, json_str(inner), JSON_STRICT, NULL);
		if (!out->root) {
			*why = "clientdata does not hold JSON";
			return false;
		}
	}
	if (find_parts(a, out))
		return true;
	*why = "there is no definition in it: no triggers, no actions, no properties.definition";
	return false;
}

void refactor_close(struct arena *a, const struct refactor_flow *f)
{
	if (f->packed)
		json_set_str(a, f->document, "clientdata", json_text(a, f->root));
}

struct lint *refactor_model(struct arena *a, const struct refactor_flow *f)
{
	struct lint *l = arena_alloc(a, sizeof(*l));

	l->a = a;
	l->definition = f->definition;
	l->references = f->references;
	l->prefix = f->prefix;
	lint_model_build(l);
	return l;
}

/* ---- writing back ---- */

struct json *refactor_parent(struct json *root, struct str pointer, struct json **child)
{
	size_t n = pointer.n;

	while (n && pointer.p[n - 1] != '/')
		n--;
	*child = json_at_n(root, pointer);
	return n ? json_at_n(root, str_first(pointer, n - 1)) : NULL;
}

void refactor_set_text(struct arena *a, struct json *root, struct str pointer, struct str text)
{
	struct json *child, *parent = refactor_parent(root, pointer, &child);

	json_replace(parent, child, json_new_str(a, text));
}

static struct str new_name(struct arena *a, const struct wdl_place *const *places, size_t count,
			   const struct json *member)
{
	for (size_t i = 0; i < count; i++)
		if (places[i]->is_key && places[i]->value == member)
			return wdl_text(a, places[i]->template);
	return json_name(member);
}

bool refactor_keys_apart(struct arena *a, struct json *root, const struct wdl_place *const *places,
			 size_t count, struct refactor_result *out)
{
	for (size_t i = 0; i < count; i++) {
		struct json *child, *parent;
		struct str name;

		if (!places[i]->is_key)
			continue;
		parent = refactor_parent(root, places[i]->pointer, &child);
		name = wdl_text(a, places[i]->template);
		JSON_EACH(member, parent)
			if (member != child && str_eq(new_name(a, places, count, member), name))
				return refactor_refuse(a, out, "change these members by hand first",
						       "two members of one object would be called "
						       "\"%.*s\"", STR_ARG(str_first_utf8(name, 120)));
	}
	return true;
}

void refactor_write(struct arena *a, struct json *root, const struct wdl_place *const *places,
		    size_t count)
{
	/* Strings first, as long as all pointers hold; then names, the inner ones first: they come
	 * later in the order of the document. */
	for (size_t i = 0; i < count; i++)
		if (!places[i]->is_key)
			refactor_set_text(a, root, places[i]->pointer,
					  wdl_text(a, places[i]->template));
	for (size_t i = count; i-- > 0;)
		if (places[i]->is_key)
			json_rename(a, json_at_n(root, places[i]->pointer),
				    wdl_text(a, places[i]->template));
}

/* ---- legal names ---- */

bool refactor_refuse(struct arena *a, struct refactor_result *out, const char *hint,
		     const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, a, LIMIT_LINE);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	*out = (struct refactor_result){ .message = buf_str(&b), .hint = str_from(hint) };
	return false;
}

/* Documented: names of actions have at most 80 characters.  The characters are those that the
 * designer of the same engine refuses. */
static const struct {
	const char *characters, *hint;
	size_t most;
} rules[] = {
	[REFACTOR_ACTION] = { "<>%&\\?/", "control characters and any of < > % & \\ ? / are not "
					   "allowed, and at most 80 characters", 80 },
	[REFACTOR_VARIABLE] = { "", "control characters and a leading @ are not allowed", 256 },
	[REFACTOR_PARAMETER] = { "", "control characters, a leading @ and a leading $ are not "
				      "allowed", 256 },
	[REFACTOR_CONNECTION] = { " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~",
				  "only letters, digits, _ - and . are allowed", 256 },
};

static bool has_forbidden(struct str name, const char *forbidden)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < 0x20 || c == 0x7f || strchr(forbidden, c))
			return true;
	}
	return false;
}

bool refactor_legal(struct arena *a, enum refactor_kind kind, struct str wanted, struct str *name,
		    struct refactor_result *out)
{
	char *p = str_c(a, wanted);
	char first = wanted.n ? wanted.p[0] : 0;

	for (size_t i = 0; kind == REFACTOR_ACTION && i < wanted.n; i++)
		if (p[i] == ' ')
			p[i] = '_';
	*name = str_n(p, wanted.n);
	if (!str_trim(wanted).n)
		return refactor_refuse(a, out, "", "the new name is empty");
	if (has_forbidden(*name, rules[kind].characters) || wdl_units(*name) > rules[kind].most ||
	    !str_is_utf8(*name) || (kind != REFACTOR_ACTION && first == '@') ||
	    (kind == REFACTOR_PARAMETER && first == '$'))
		return refactor_refuse(a, out, rules[kind].hint,
				       "\"%.*s\" cannot be the name of %s %s",
				       STR_ARG(str_first_utf8(wanted, 120)),
				       kind == REFACTOR_ACTION ? "an" : "a",
				       refactor_kind_name(kind));
	return true;
}

static bool taken_key(const struct json *object, struct str name)
{
	JSON_EACH(member, object)
		if (wdl_same_nocase(json_name(member), name))
			return true;
	return false;
}

static const char *taken(const struct refactor_flow *f, const struct lint *l,
			 enum refactor_kind kind, struct str name)
{
	if (kind == REFACTOR_ACTION) {
		for (const struct lint_step *s = l->steps; s; s = s->next)
			if (wdl_same_nocase(s->name, name))
				return s->trigger ? "a trigger" : "another action";
	} else if (kind == REFACTOR_VARIABLE) {
		for (const struct lint_variable *v = l->variables; v; v = v->next)
			if (wdl_same_nocase(v->name, name))
				return "another variable";
	} else if (kind == REFACTOR_PARAMETER) {
		if (taken_key(json_get(f->definition, "parameters"), name))
			return "another parameter";
	} else if (taken_key(f->references, name)) {
		return "another connection reference";
	}
	return NULL;
}

bool refactor_free(struct arena *a, const struct refactor_flow *f, const struct lint *l,
		   enum refactor_kind kind, struct str name, struct refactor_result *out)
{
	const char *other = taken(f, l, kind, name);

	if (!other)
		return true;
	return refactor_refuse(a, out, "names fold case: choose one that nothing else has",
			       "%s is called \"%.*s\" already", other,
			       STR_ARG(str_first_utf8(name, 120)));
}

/* ---- renaming ---- */

struct renaming {
	struct arena *a;
	struct refactor_flow *f;
	enum refactor_kind kind;
	struct str from, to;
	const struct refactor_pair *pairs; /* several at once, or NULL */
	struct refactor_uses uses;
	struct refactor_result *out;
};

static bool nothing_called(struct renaming *r)
{
	struct lint *l = refactor_model(r->a, r->f);
	struct lint_step *s = r->kind == REFACTOR_ACTION ? lint_find(l, r->from) : NULL;

	if (s && s->trigger)
		return refactor_refuse(r->a, r->out, "a trigger's name is part of its address",
				       "\"%.*s\" is the trigger", STR_ARG(s->name));
	return refactor_refuse(r->a, r->out, "names are matched without regard to case",
			       "no %s is called \"%.*s\"", refactor_kind_name(r->kind),
			       STR_ARG(str_first_utf8(r->from, 120)));
}

static bool one_declared(struct renaming *r)
{
	bool reserved = r->kind == REFACTOR_PARAMETER &&
			(str_eq_nocase(r->from, S("$connections")) ||
			 str_eq_nocase(r->from, S("$authentication")));

	if (reserved)
		return refactor_refuse(r->a, r->out, "", "%.*s belongs to the service",
				       STR_ARG(r->from));
	/* Without connectionReferences in the document its keys are only used. */
	if (!r->uses.declared &&
	    (r->kind != REFACTOR_CONNECTION || r->f->references || !r->uses.count))
		return nothing_called(r);
	/* A variable initialized twice is one variable to the engine, which refuses it. */
	if (r->uses.declared > 1 && r->kind != REFACTOR_VARIABLE)
		return refactor_refuse(r->a, r->out, "give them different names first",
				       "%zu of them are called \"%.*s\"", r->uses.declared,
				       STR_ARG(r->uses.name));
	return true;
}

/* A container that has a member of the new name cannot take a second one. */
static bool keys_stay_apart(struct renaming *r)
{
	for (const struct refactor_use *u = r->uses.first; u; u = u->next) {
		struct json *child, *parent;

		if (!u->is_key || u->place || u->kind == REFACTOR_COMPUTED)
			continue;
		parent = refactor_parent(r->f->root, u->pointer, &child);
		JSON_EACH(member, parent)
			if (member != child && (wdl_same_nocase(json_name(member), r->to) ||
						wdl_same_nocase(json_name(member), r->from)))
				return refactor_refuse(r->a, r->out, "",
						       "%.*s has the name \"%.*s\" beside it already",
						       STR_ARG(u->pointer),
						       STR_ARG(json_name(member)));
	}
	return true;
}

static bool is_dotted(const struct refactor_use *u)
{
	return u->node->parent && u->node->parent->kind == WDL_MEMBER && u->node->parent->dot;
}

/* .name takes no name with a point in it. */
static bool dots_stay_readable(struct renaming *r)
{
	if (str_find_char(r->to, '.') < 0)
		return true;
	for (const struct refactor_use *u = r->uses.first; u; u = u->next)
		if (u->kind == REFACTOR_EXPRESSION && is_dotted(u))
			return refactor_refuse(r->a, r->out, "choose a name without a point",
					       "%.*s could not be written with this name",
					       STR_ARG(u->text));
	return true;
}

static struct str quoted(struct arena *a, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, 2 * name.n + 3);
	wdl_print_quoted(&b, name);
	return buf_str(&b);
}

static struct str to_of(const struct renaming *r, const struct refactor_use *u)
{
	return r->pairs ? r->pairs[u->which].to : r->to;
}

/* Rewrites the trees; returns the places to write, their number in *count. */
static const struct wdl_place **rewrite(struct renaming *r, size_t *count)
{
	const struct wdl_place **places =
		arena_array(r->a, r->uses.count + 1, sizeof(const struct wdl_place *));

	*count = 0;
	for (struct refactor_use *u = r->uses.first; u; u = u->next) {
		if (u->kind != REFACTOR_EXPRESSION)
			continue;
		wdl_rewrite(u->node, is_dotted(u) ? to_of(r, u) : quoted(r->a, to_of(r, u)));
		if (!*count || places[*count - 1] != u->place)
			places[(*count)++] = u->place;
	}
	return places;
}

static void apply(struct renaming *r, const struct wdl_place *const *places, size_t count)
{
	for (struct refactor_use *u = r->uses.first; u; u = u->next)
		if (!u->is_key && (u->kind == REFACTOR_FIELD || u->kind == REFACTOR_DECLARED))
			refactor_set_text(r->a, r->f->root, u->pointer, to_of(r, u));
	refactor_write(r->a, r->f->root, places, count);
	/* Members keep their node, whatever the names above them have become. */
	for (struct refactor_use *u = r->uses.first; u; u = u->next)
		if (u->is_key && !u->place)
			json_rename(r->a, u->value, to_of(r, u));
}

static struct str declared_at(struct arena *a, const struct refactor_flow *f,
			      enum refactor_kind kind, struct str name)
{
	struct refactor_uses now = refactor_find(a, f, kind, name);

	for (const struct refactor_use *u = now.first; u; u = u->next)
		if (u->kind == REFACTOR_DECLARED)
			return u->pointer;
	return S("");
}

struct refactor_result refactor_rename(struct arena *a, struct refactor_flow *f,
				       enum refactor_kind kind, struct str from, struct str to)
{
	struct refactor_result out = { 0 };
	struct renaming r = { .a = a, .f = f, .kind = kind, .from = from, .out = &out };
	const struct wdl_place **places;
	size_t count;

	if (!refactor_legal(a, kind, to, &r.to, &out))
		return out;
	r.uses = refactor_find(a, f, kind, from);
	if (!one_declared(&r))
		return out;
	/* Another spelling of its own name is no new name. */
	if (!wdl_same_nocase(from, r.to) &&
	    !refactor_free(a, f, refactor_model(a, f), kind, r.to, &out))
		return out;
	if (!keys_stay_apart(&r) || !dots_stay_readable(&r))
		return out;
	places = rewrite(&r, &count);
	if (!refactor_keys_apart(a, f->root, places, count, &out))
		return out;
	out.ok = true;
	out.old = r.uses.name;
	out.name = r.to;
	out.changed = r.uses.count;
	out.computed = r.uses.computed;
	apply(&r, places, count);
	out.pointer = declared_at(a, f, kind, r.to);
	return out;
}

void refactor_rename_all(struct arena *a, struct refactor_flow *f, enum refactor_kind kind,
			 struct refactor_pair *pairs, size_t count)
{
	struct refactor_result out = { 0 };
	struct renaming r = { .a = a, .f = f, .kind = kind, .pairs = pairs, .out = &out };
	const struct wdl_place **places;
	size_t n;

	r.uses = refactor_find_all(a, f, kind, pairs, count);
	places = rewrite(&r, &n);
	if (!refactor_keys_apart(a, f->root, places, n, &out))
		return;
	apply(&r, places, n);
	for (const struct refactor_use *u = r.uses.first; u; u = u->next)
		if (u->kind == REFACTOR_DECLARED)
			pairs[u->which].done = true;
}
