/*
 * save_apply.c - what is meant: the wish, applied to what is there, in the form that is sent.
 *
 * Knows definitions, references and the bodies of requests; not answers of the service.
 */
#include "tools/save_priv.h"

#include "base/limits.h"
#include "wdl/edit.h"
#include "wdl/index.h"

#define FLOW "/environments/%s/flows/%s"

/* ---- the definition ---- */

static bool edit_failed(struct save *s, const struct wdl_edit_error *e)
{
	fail(s->c, ERR_INVALID_ARGUMENT, "operation %zu cannot be done: %.*s", e->index,
	     STR_ARG(e->message));
	fail_data(s->c, "operation", json_new_int(s->a, (int64_t)e->index));
	if (e->pointer.n)
		fail_data(s->c, "pointer", json_new_str(s->a, e->pointer));
	hint(s->c, "%.*s%sNothing was changed.", STR_ARG(e->hint), e->hint.n ? ". " : "");
	return false;
}

const struct json *save_inner(const struct json *given, const struct json **references)
{
	const struct json *p = json_is(json_at(given, "/properties/definition"), JSON_OBJECT)
				       ? json_get(given, "properties")
				       : given;
	const struct json *inner = json_get(p, "definition");

	if (!json_is(inner, JSON_OBJECT))
		return given;
	if (references && !*references)
		*references = json_get(p, "connectionReferences");
	return inner;
}

static bool only_renames(const struct save_wish *w)
{
	return !w->definition && !w->operations && !w->references && !w->has_description;
}

static bool apply_definition(struct save *s)
{
	const struct save_wish *w = s->w;
	struct wdl_edit_error e = { 0 };
	struct json *d;

	if (w->definition)
		d = json_copy(s->a, save_inner(w->definition, NULL));
	else if (w->operations)
		d = wdl_edit(s->a, s->base.definition, w->operations, &e);
	else
		d = json_copy(s->a, only_renames(w) ? s->before.definition : s->base.definition);
	if (!d)
		return edit_failed(s, &e);
	if (w->has_description && w->description.n)
		json_set_str(s->a, d, "description", w->description);
	else if (w->has_description)
		json_take(d, "description");
	/* A definition that says nothing of its description means the one there is. */
	else if (w->definition && !json_get(d, "description") &&
		 json_get(s->base.definition, "description"))
		json_set(s->a, d, "description",
			 json_copy(s->a, json_get(s->base.definition, "description")));
	s->wanted.definition = wdl_design_form(s->a, d);
	return true;
}

/* ---- references ---- */

struct uses {
	struct arena *a;
	struct wdl_index keys; /* of references that steps name: the apiId there */
};

static void see_use(void *arg, struct json *step, bool trigger)
{
	struct uses *u = arg;
	struct str key = wdl_design_host_key(step);
	struct str api = json_str(json_at(step, "/inputs/host/apiId"));

	(void)trigger;
	if (wdl_design_is_connector(step) && key.n && !wdl_index_get(&u->keys, key))
		wdl_index_put(u->a, &u->keys, key, json_new_str(u->a, api));
}

static struct uses uses_of(struct save *s, const struct json *definition)
{
	struct uses u = { s->a, { .object = json_new_object(s->a) } };

	wdl_design_each(definition, see_use, &u);
	return u;
}

/* People who may run the flow and not change it bring their own connections. */
static bool has_run_only_users(struct save *s)
{
	JSON_EACH (p, json_get(save_got(s, SAVE_LOOK, SEE_PEOPLE)->json, "value"))
		if (!s->creating && str_starts(at_str(p, "/properties/roleName"), S("CanView")))
			return true;
	return false;
}

static bool same_binding(const struct json *x, const struct json *y)
{
	return x && y &&
	       str_eq_nocase(json_get_str(x, "connectionName"), json_get_str(y, "connectionName")) &&
	       str_eq_nocase(json_get_str(x, "connectionReferenceLogicalName"),
			     json_get_str(y, "connectionReferenceLogicalName"));
}

/* Whose connection a run uses.  What is not touched stays as it is; of what is new, Invoker is
 * right only where somebody starts the flow who brings a connection. */
static void choose_source(struct save *s, struct json *r, const struct json *old, bool said)
{
	bool may = wdl_design_start(s->wanted.definition) == WDL_START_INSTANT &&
		   has_run_only_users(s);
	const struct json *from = said || !old ? r : old;
	bool invoker = str_eq(json_get_str(from, "source"), S("Invoker"));
	bool same = old && same_binding(r, old);

	if (same && (!said || !may))
		json_set_str(s->a, r, "source", json_get_str(old, "source"));
	else
		json_set_z(s->a, r, "source", invoker && may ? "Invoker" : "Embedded");
	if (invoker && !str_eq(json_get_str(r, "source"), S("Invoker")))
		save_say(s, s->adjusted,
			 "connection reference %s is Embedded, not Invoker: runs of this flow use the "
			 "connection of its owner",
			 quoted(s->c, json_name(r)));
}

static bool complete(struct save *s, struct json *r, const struct uses *used)
{
	const struct json *api = wdl_index_get(&used->keys, json_name(r));

	if (!json_get(r, "id") && json_str(api).n)
		json_set_str(s->a, r, "id", json_str(api));
	if (json_get(r, "id") && (json_get(r, "connectionName") ||
				  json_get(r, "connectionReferenceLogicalName")))
		return true;
	fail(s->c, ERR_INVALID_ARGUMENT, "connection reference %s names no %s",
	     quoted(s->c, json_name(r)), json_get(r, "id") ? "connection" : "connector (id)");
	hint(s->c, "list_live_connections with search gives connectionReferenceTemplate, the value of "
		   "a reference. Nothing was changed.");
	return false;
}

/* A flow of a solution is bound through a connection reference of Dataverse: the one that stands
 * for this connection. */
static bool find_logical(struct save *s, struct json *r)
{
	const struct answer *list = save_got(s, SAVE_MORE, MORE_REFERENCES);
	struct str name = json_get_str(r, "connectionName");

	if (!s->solution || !name.n || json_get(r, "connectionReferenceLogicalName") ||
	    list->err != ERR_OK)
		return true;
	JSON_EACH (row, list->json)
		if (str_eq_nocase(json_get_str(row, "connectionid"), name)) {
			json_set_str(s->a, r, "connectionReferenceLogicalName",
				     json_get_str(row, "connectionreferencelogicalname"));
			return true;
		}
	fail(s->c, ERR_NOT_AVAILABLE,
	     "the flow is in a solution, and no connection reference there stands for the "
	     "connection of %s",
	     quoted(s->c, json_name(r)));
	hint(s->c, "list_live_connection_references shows those there are: give the logical name as "
		   "connectionReferenceLogicalName, or bind one with bind_live_connection_reference. "
		   "Nothing was changed.");
	return false;
}

static const struct json *references_as_given(struct save *s)
{
	const struct json *given = s->w->references;

	if (s->w->definition)
		save_inner(s->w->definition, &given);
	return given;
}

static struct json *given_references(struct save *s)
{
	struct json *out = wdl_design_references(s->a, references_as_given(s));

	save_drop_stamps(s, out);
	return out;
}

static bool merge_references(struct save *s, const struct uses *used)
{
	bool keep = s->base.references && !s->w->only_references;
	struct json *out = keep ? json_copy(s->a, s->base.references) : json_new_object(s->a);

	JSON_EACH (r, given_references(s)) {
		const struct json *old = json_get_n(s->base.references, json_name(r));
		const struct json *raw = json_get_n(references_as_given(s), json_name(r));
		struct json *one;

		/* As it is there, bound or not. */
		if (old && wdl_design_reference_equal(old, r)) {
			json_set_n(s->a, out, json_name(r), json_copy(s->a, old));
			continue;
		}
		one = json_set_n(s->a, out, json_name(r), json_copy(s->a, r));
		/* The same connection under its other name is no change. */
		if (old && json_get(old, "connectionReferenceLogicalName") &&
		    !json_get(one, "connectionReferenceLogicalName") &&
		    str_eq_nocase(json_get_str(old, "connectionName"),
				  json_get_str(one, "connectionName")))
			json_set(s->a, one, "connectionReferenceLogicalName",
				 json_copy(s->a, json_get(old, "connectionReferenceLogicalName")));
		if (!complete(s, one, used) || !find_logical(s, one))
			return false;
		if (!s->w->only_references)
			choose_source(s, one, old, json_get(raw, "source") ||
							   json_get(raw, "runtimeSource"));
	}
	s->wanted.references = out;
	return true;
}

/* What no step needs any more goes; what none needed before stays. */
static void drop_unused(struct save *s, const struct uses *used)
{
	struct uses before = uses_of(s, s->base.definition);
	struct json *given = given_references(s), *kept = json_new_object(s->a);

	JSON_EACH (r, s->wanted.references)
		if (wdl_index_get(&used->keys, json_name(r)) || json_get_n(given, json_name(r)) ||
		    !wdl_index_get(&before.keys, json_name(r)))
			json_set_n(s->a, kept, json_name(r), json_copy(s->a, r));
	s->wanted.references = kept;
}

static bool apply_references(struct save *s)
{
	struct uses used;

	if (!s->creating && !s->base.known && !s->w->only_references) {
		used = uses_of(s, s->wanted.definition);
		JSON_EACH (key, used.keys.object)
			if (!json_get_n(given_references(s), json_name(key))) {
				fail(s->c, ERR_NOT_AVAILABLE,
				     "the service does not show the flow's connection references; a "
				     "save would lose them");
				hint(s->c,
				     "Give connectionReferences for every key that steps name. "
				     "Nothing was changed.");
				return false;
			}
	}
	used = uses_of(s, s->wanted.definition);
	if (!merge_references(s, &used))
		return false;
	if (!s->creating)
		drop_unused(s, &used);
	return true;
}

/* New steps name their connection the way the flow's own steps do. */
static void apply_hosts(struct save *s)
{
	enum wdl_host_form form = wdl_design_host_form(s->base.definition);
	struct json *test;

	if (form == WDL_HOST_MIXED)
		return;
	if (form == WDL_HOST_NONE)
		form = WDL_HOST_CONNECTION;
	test = json_copy(s->a, s->base.definition);
	wdl_design_set_hosts(s->a, test, s->base.references, form);
	if (s->creating || json_identical(test, s->base.definition))
		wdl_design_set_hosts(s->a, s->wanted.definition, s->wanted.references, form);
}

/* ---- what differs ---- */

bool save_is(struct save *s, const struct save_form *have, const struct save_form *want,
	     struct str *where)
{
	if (wdl_design_differs(s->a, have->definition, want->definition, where))
		return false;
	*where = S("/connectionReferences");
	if (!wdl_design_references_equal(have->references, want->references))
		return false;
	*where = S("/displayName");
	return str_eq(have->name, want->name);
}

struct bindings {
	struct save *s;
	struct wdl_index before; /* step: what it is bound to */
	const struct json *references;
	bool differ;
};

static struct str binding(struct save *s, const struct json *references, const struct json *step)
{
	const struct json *r = json_get_n(references, wdl_design_host_key(step));
	struct str logical = json_get_str(r, "connectionReferenceLogicalName");

	return !r ? S("")
		  : str_fmt(s->a, "%.*s %.*s", STR_ARG(json_get_str(r, "source")),
			    STR_ARG(logical.n ? logical : json_get_str(r, "connectionName")));
}

static void see_binding(void *arg, struct json *step, bool trigger)
{
	struct bindings *b = arg;
	struct str name = str_lower(b->s->a, json_name(step));
	struct str mine = binding(b->s, b->references, step);
	const struct json *old = wdl_index_get(&b->before, name);

	(void)trigger;
	if (!wdl_design_is_connector(step))
		return;
	if (b->references == b->s->base.references)
		wdl_index_put(b->s->a, &b->before, name, json_new_str(b->s->a, mine));
	else
		b->differ |= json_str(old).n && !str_eq_nocase(json_str(old), mine);
}

static bool rebinds(struct save *s)
{
	struct bindings b = { s, { .object = json_new_object(s->a) }, s->base.references, false };

	wdl_design_each(s->base.definition, see_binding, &b);
	b.references = s->wanted.references;
	wdl_design_each(s->wanted.definition, see_binding, &b);
	return b.differ;
}

static void note_updated(struct save *s)
{
	const struct save_wish *w = s->w;
	struct json *plain[2] = { json_copy(s->a, s->before.definition),
				  json_copy(s->a, s->wanted.definition) };
	struct str at;

	if (!str_eq(s->before.name, s->wanted.name))
		json_push(s->updated, json_new_z(s->a, "displayName"));
	if (!json_equal(json_get(plain[0], "description"), json_get(plain[1], "description")))
		json_push(s->updated, json_new_z(s->a, "description"));
	json_take(plain[0], "description");
	json_take(plain[1], "description");
	if (wdl_design_differs(s->a, plain[0], plain[1], &at))
		json_push(s->updated, json_new_z(s->a, "definition"));
	if (!wdl_design_references_equal(s->before.references, s->wanted.references))
		json_push(s->updated, json_new_z(s->a, "connectionReferences"));
	s->same = !json_count(s->updated) && !(s->draft_there && w->publish && !only_renames(w));
	if (!w->publish && s->draft_there)
		s->same = save_is(s, &s->base, &s->wanted, &at);
}

bool save_apply(struct save *s)
{
	if (!s->creating && !s->base.definition)
		return false;
	s->wanted.known = true;
	s->wanted.name = s->w->display_name.n ? s->w->display_name : s->before.name;
	if (!apply_definition(s) || !apply_references(s))
		return false;
	apply_hosts(s);
	s->rebinds = !s->creating && rebinds(s);
	if (s->creating) {
		json_push(s->updated, json_new_z(s->a, "displayName"));
		json_push(s->updated, json_new_z(s->a, "definition"));
		if (json_count(s->wanted.references))
			json_push(s->updated, json_new_z(s->a, "connectionReferences"));
	} else {
		note_updated(s);
	}
	return true;
}

/* ---- requests ---- */

static struct json *body_of(struct save *s, const struct save_form *f, bool by_key, bool name)
{
	struct json *body = json_new_object(s->a), *d = f->definition;
	struct json *p = json_set(s->a, body, "properties", json_new_object(s->a));

	if (by_key) {
		d = json_copy(s->a, d);
		wdl_design_set_hosts(s->a, d, f->references, WDL_HOST_REFERENCE);
	}
	if (name)
		json_set_str(s->a, p, "displayName", f->name);
	json_set(s->a, p, "definition", json_copy(s->a, d));
	json_set(s->a, p, "connectionReferences", json_copy(s->a, f->references));
	return body;
}

static struct fetch save_request(struct save *s, enum http_method m, bool draft, struct json *body)
{
	const char *environment = str_c(s->a, s->w->environment), *id = str_c(s->a, s->id);

	return (struct fetch){
		.method = m,
		.url = draft ? url(s->c, HOST_FLOW, FLOW "?draftFlow=true", environment, id)
			     : url(s->c, HOST_FLOW, FLOW, environment, id),
		.body = body,
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
}

static void write_create(struct save *s)
{
	struct json *body = body_of(s, &s->wanted, false, true), *p = json_get(body, "properties");
	struct json *e;

	json_set_z(s->a, p, "state", "Stopped");
	e = json_set(s->a, p, "environment", json_new_object(s->a));
	json_set_str(s->a, e, "name", s->w->environment);
	/* Creates may lose the references: then all of it is sent once more. */
	s->ways[WAY_FLOW] = (struct save_way){
		.open = true,
		.send = save_request(s, HTTP_PUT, false, body),
		.restore = save_request(s, HTTP_PATCH, false, body_of(s, &s->wanted, false, true)),
	};
}

static struct json *row_body(struct save *s, const struct json *data, const struct save_form *f,
			     bool name)
{
	struct json *body = json_new_object(s->a), *copy = json_copy(s->a, data), *p;

	p = json_get(copy, "properties");
	json_set(s->a, p, "connectionReferences",
		 wdl_design_clientdata_references(s->a, f->references,
						  json_get(p, "connectionReferences")));
	json_set(s->a, p, "definition", json_copy(s->a, f->definition));
	json_set_str(s->a, body, "clientdata", json_text(s->a, copy));
	if (name)
		json_set_str(s->a, body, "name", f->name);
	return body;
}

static void write_row(struct save *s, bool name)
{
	const struct json *data = json_parse(s->a, json_get_str(s->row, "clientdata"), JSON_ANSWER,
					     NULL);
	struct json *old = json_new_object(s->a), *body;
	struct fetch f = {
		.method = HTTP_PATCH,
		.url = url_of(s->c, HOST_DATAVERSE, s->organisation, "/workflows(%s)",
			      str_c(s->a, s->workflow)),
		.flags = FETCH_TOLERATE,
	};

	if (!json_is(json_get(data, "properties"), JSON_OBJECT))
		return;
	/* A draft stays what it is: only the name is sent. */
	if (s->draft_there && only_renames(s->w)) {
		body = json_new_object(s->a);
		json_set_str(s->a, body, "name", s->wanted.name);
	} else {
		body = row_body(s, data, &s->wanted, name);
		json_set(s->a, old, "clientdata", json_copy(s->a, json_get(s->row, "clientdata")));
	}
	if (name)
		json_set_str(s->a, old, "name", s->before.name);
	s->ways[WAY_DATAVERSE] = (struct save_way){ .open = true, .send = f, .restore = f };
	s->ways[WAY_DATAVERSE].send.body = body;
	s->ways[WAY_DATAVERSE].send.match = json_get_z(s->row, "@odata.etag")[0]
						    ? json_get_z(s->row, "@odata.etag")
						    : NULL;
	s->ways[WAY_DATAVERSE].restore.body = old;
}

void save_write(struct save *s)
{
	bool name = !str_eq(s->wanted.name, s->before.name), draft = !s->w->publish && s->solution;
	const struct save_form *old = draft && s->draft_there ? &s->base : &s->before;

	if (s->creating) {
		write_create(s);
		return;
	}
	for (enum way w = WAY_FLOW; w <= WAY_KEYS; w++)
		s->ways[w] = (struct save_way){
			.open = true,
			.send = save_request(s, HTTP_PATCH, draft,
					     body_of(s, &s->wanted, w == WAY_KEYS, name)),
			.restore = save_request(s, HTTP_PATCH, draft,
						body_of(s, old, w == WAY_KEYS, name)),
		};
	s->ways[WAY_KEYS].open = !json_identical(s->ways[WAY_FLOW].send.body,
						 s->ways[WAY_KEYS].send.body);
	if (s->row && s->organisation.n && !draft)
		write_row(s, name);
	if (s->draft_there && only_renames(s->w))
		s->ways[WAY_FLOW].open = s->ways[WAY_KEYS].open = !s->ways[WAY_DATAVERSE].open;
}
