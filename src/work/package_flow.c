/*
 * package_flow.c - which JSON is a flow, in what form, and what people call it.
 *
 * Knows the forms in which definitions are stored; opens no file.
 */
#include "base/limits.h"
#include "wdl/xml.h"
#include "work/package_priv.h"

/* ---- forms ---- */

static bool has_steps(const struct json *v)
{
	return json_is(v, JSON_OBJECT) && (json_get(v, "actions") || json_get(v, "triggers"));
}

/* A bare definition, a flow of the service, or what a clientdata holds. */
static bool is_flow(const struct json *v)
{
	return has_steps(json_at(v, "/properties/definition")) ||
	       has_steps(json_get(v, "definition")) || has_steps(v);
}

static struct json *parse_inner(struct arena *a, const struct json *text, const char **why)
{
	struct json *v = json_parse(a, json_str(text), JSON_ANSWER, NULL);

	if (!v)
		*why = "its clientdata does not hold JSON";
	return v;
}

static struct str name_of(const struct json *root, const struct json *flow)
{
	struct str name = json_str(json_at(flow, "/properties/displayName"));

	if (!name.n && root != flow)
		name = json_get_str(root, "name");
	return name;
}

/* Other flows run it by the id of its row, which is in the names of a solution's files, too. */
static void find_ids(struct package_flow *f, const struct json *root, const struct json *flow)
{
	const struct str all[] = {
		package_id_of_path(f->member.n ? f->member : f->file),
		json_get_str(root, "workflowid"),
		json_str(json_at(flow, "/properties/workflowEntityId")),
		json_get_str(root, "name"),
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		f->ids[i] = str_is_guid(all[i]) ? all[i] : str_from("");
}

bool package_recognise(struct arena *a, struct json *root, struct package_flow *out,
		       const char **why)
{
	struct json *inner = json_get(root, "clientdata"), *flow = root;
	struct str name;

	*why = "there is no definition in it: no triggers, no actions, no properties.definition";
	out->root = root;
	out->within = str_from("");
	out->embedded = false;
	if (json_is(inner, JSON_STRING) || json_is(inner, JSON_OBJECT)) {
		out->within = str_from("/clientdata");
		flow = inner;
	}
	if (json_is(flow, JSON_STRING)) {
		out->embedded = true;
		flow = parse_inner(a, flow, why);
	}
	if (!flow || !is_flow(flow))
		return false;
	out->document = flow;
	name = name_of(root, flow);
	if (name.n)
		out->name = name;
	find_ids(out, root, flow);
	return true;
}

/* Broken text that was meant to be a flow is worth telling, any other is not. */
static bool looks_like_flow(struct str text)
{
	return str_find(text, S("\"triggers\"")) >= 0 && str_find(text, S("\"actions\"")) >= 0;
}

static bool is_utf16(struct str text)
{
	return str_starts(text, S("\xff\xfe")) || str_starts(text, S("\xfe\xff"));
}

static struct str why_not_json(struct arena *a, struct str text, const struct json_error *e)
{
	if (!text.n)
		return S("it is empty");
	if (is_utf16(text))
		return S("it is UTF-16, as Windows PowerShell redirects: save it as UTF-8");
	return str_fmt(a, "not JSON at byte %zu: %s", e->offset, e->message);
}

/* JSON files by Windows programs may begin with a byte order mark: JSON_ANSWER skips it. */
static bool offer(struct arena *a, struct package_flow *f, bool quiet,
		  const struct package_sink *sink)
{
	struct json_error e = { 0 };
	struct json *root = json_parse(a, f->text, JSON_ANSWER, &e);
	const char *why;

	if (!root) {
		if (quiet && !looks_like_flow(f->text))
			return false;
		package_tell(sink, a, f->file, f->member, why_not_json(a, f->text, &e));
		return true;
	}
	if (!package_recognise(a, root, f, &why)) {
		if (quiet)
			return false;
		package_tell(sink, a, f->file, f->member, str_from(why));
		return true;
	}
	sink->flow(sink->arg, a, f);
	return true;
}

bool package_offer(const struct package_flow *given, bool quiet, const struct package_sink *sink)
{
	struct package_flow f = *given;
	struct arena a;
	jmp_buf out;
	bool told;

	arena_init(&a, LIMIT_CALL_ARENA);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		package_tell(sink, &a, given->file, given->member, S("too large"));
		arena_release(&a);
		return true;
	}
	told = offer(&a, &f, quiet, sink);
	arena_release(&a);
	return told;
}

void package_tell(const struct package_sink *sink, struct arena *a, struct str file,
		  struct str member, struct str why)
{
	sink->unusable(sink->arg,
		       member.n ? str_fmt(a, "%.*s!%.*s", STR_ARG(file), STR_ARG(member)) : file,
		       why);
}

/* ---- names ---- */

static struct json *xml_to_json(struct arena *a, struct str xml)
{
	struct str message;

	return wdl_xml_available() && xml.n ? wdl_xml_to_json(a, xml, &message) : NULL;
}

static void add_name(struct arena *a, struct json *names, const struct json *workflow)
{
	struct str file = json_get_str(workflow, "JsonFileName");
	struct str name = json_get_str(workflow, "@Name");

	if (!file.n || !name.n)
		return;
	if (str_starts(file, S("/")))
		file = str_from_at(file, 1);
	json_set_n(a, names, str_lower(a, file), json_new_str(a, name));
}

/* Only <Workflows> is read: the rest may have tens of megabytes of forms. */
struct json *package_names_of_solution(struct arena *a, struct str xml)
{
	struct json *names = json_new_object(a), *list;
	ptrdiff_t from = str_find(xml, S("<Workflows>")), to;

	if (from < 0)
		return names;
	xml = str_from_at(xml, (size_t)from);
	to = str_find(xml, S("</Workflows>"));
	if (to < 0)
		return names;
	list = xml_to_json(a, str_first(xml, (size_t)to + S("</Workflows>").n));
	list = json_at(list, "/Workflows/Workflow");
	if (json_is(list, JSON_OBJECT))
		add_name(a, names, list);
	else
		JSON_EACH(workflow, list)
			add_name(a, names, workflow);
	return names;
}

struct str package_name_of_data(struct arena *a, struct str xml)
{
	return json_str(json_at(xml_to_json(a, xml), "/Workflow/@Name"));
}

/* The last part of a path without ".json", and the GUID at its end. */
static struct str stem(struct str path, struct str *guid)
{
	struct str name = path, part;

	for (struct str rest = path; str_cut(&rest, '/', &part);)
		name = part;
	if (str_ends_nocase(name, S(".json")))
		name = str_first(name, name.n - 5);
	*guid = name.n >= 36 ? str_from_at(name, name.n - 36) : str_from("");
	if (!str_is_guid(*guid))
		*guid = str_from("");
	return name;
}

struct str package_name_of_path(struct str path)
{
	struct str guid, name = stem(path, &guid);

	if (guid.n && name.n > 37 && name.p[name.n - 37] == '-')
		name = str_first(name, name.n - 37);
	return name;
}

struct str package_id_of_path(struct str path)
{
	static const char definition[] = "/definition.json";
	struct str guid;

	/* Of a package the folder has it. */
	if (str_ends_nocase(path, str_from(definition)))
		path = str_first(path, path.n - strlen(definition));
	stem(path, &guid);
	return guid;
}
