/*
 * cmd_lint_sarif.c - findings as SARIF 2.1.0 (OASIS), for what shows findings beside code.
 *
 * One run.  Results are printed as they come; the files and what could not be read stand behind
 * them, because the order of members is free.  Columns and characters are Unicode code points.
 * An entry of a zip is an artifact inside an artifact (3.24.3), its path beginning with "/".
 */
#include "front/cmd_lint.h"

static struct {
	struct json *artifacts, *notes;
	size_t count;
	size_t file, member; /* index of the last artifacts */
	struct str file_is, member_is;
	bool any;            /* a result was printed */
} S_;

static const char *const levels[] = {
	[LINT_ERROR] = "error",
	[LINT_WARNING] = "warning",
	[LINT_INFO] = "note",
};

/* ---- files ---- */

/* A path as a relative or file: reference; "/" in front of the entry of a zip. */
static struct str uri(struct arena *a, struct str path, bool member)
{
	struct str part;
	struct buf b;
	bool more = false;

	buf_init_in(&b, a, (size_t)-1 / 2);
	if (str_starts(path, S("./")))
		path = str_from_at(path, 2);
	if (str_starts(path, S("/")) && !member)
		buf_addz(&b, "file://");
	else if (member)
		buf_addc(&b, '/');
	for (; str_cut(&path, '/', &part); more = true) {
		if (more)
			buf_addc(&b, '/');
		buf_add_percent(&b, part);
	}
	return buf_str(&b);
}

static size_t add_artifact(struct cli *cli, struct str where, const char *mime, size_t parent,
			   bool has_parent)
{
	struct arena *a = cli->arena;
	struct json *v = json_push(S_.artifacts, json_new_object(a));

	json_set_str(a, json_set(a, v, "location", json_new_object(a)), "uri", where);
	json_set_z(a, v, "mimeType", mime);
	if (has_parent)
		json_set_int(a, v, "parentIndex", (int64_t)parent);
	return S_.count++;
}

/* The index of the file or entry; flows of one file come one after the other. */
static size_t artifact(struct cli *cli, const struct package_flow *f)
{
	bool zip = f->member.n > 0;

	if (!S_.count || !str_eq(S_.file_is, f->file)) {
		S_.file_is = str_dup(cli->arena, f->file);
		S_.file = add_artifact(cli, uri(cli->arena, f->file, false),
				       zip ? "application/zip" : "application/json", 0, false);
		S_.member_is = (struct str){ "", 0 };
	}
	if (zip && !str_eq(S_.member_is, f->member)) {
		S_.member_is = str_dup(cli->arena, f->member);
		S_.member = add_artifact(cli, uri(cli->arena, f->member, true), "application/json",
					 S_.file, true);
	}
	return zip ? S_.member : S_.file;
}

/* ---- rules ---- */

static struct json *text_of(struct arena *a, struct str text)
{
	struct json *v = json_new_object(a);

	json_set_str(a, v, "text", text);
	return v;
}

static struct json *rule(struct arena *a, const struct lint_rule *r)
{
	struct json *v = json_new_object(a), *level = json_new_object(a);

	json_set_z(a, v, "id", r->id);
	json_set(a, v, "shortDescription", text_of(a, str_fmt(a, "%s.", r->summary)));
	json_set(a, v, "help", text_of(a, lint_rule_text(a, r)));
	json_set_z(a, level, "level", levels[r->severity]);
	json_set(a, v, "defaultConfiguration", level);
	return v;
}

static void print(struct arena *a, const struct json *v)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)-1 / 2);
	json_print(&b, v);
	cli_out_str(buf_str(&b));
}

static void begin(struct cli *cli)
{
	const struct lint_rule *r;
	bool more = false;

	S_.artifacts = json_new_array(cli->arena);
	S_.notes = json_new_array(cli->arena);
	S_.count = 0;
	S_.any = false;
	cli_out("{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/"
		"schemas/sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\n"
		"\"tool\":{\"driver\":{\"name\":\"flowlatch\",\"version\":\"%s\",\"rules\":[",
		FLOWLATCH_VERSION);
	for (size_t i = 0; (r = lint_rule_at(i)) != NULL; i++) {
		if (!lint_rule_on(r))
			continue;
		cli_out(more ? ",\n" : "\n");
		print(cli->arena, rule(cli->arena, r));
		more = true;
	}
	cli_out("\n]}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":[");
}

/* The place of a rule among those that are on. */
static int64_t rule_index(const struct lint_rule *r)
{
	const struct lint_rule *x;
	int64_t n = 0;

	for (size_t i = 0; (x = lint_rule_at(i)) != NULL && x != r; i++)
		n += lint_rule_on(x);
	return n;
}

/* ---- results ---- */

static struct json *region(struct arena *a, const struct package_place *p)
{
	struct json *v = json_new_object(a);

	json_set_int(a, v, "startLine", (int64_t)p->line);
	json_set_int(a, v, "startColumn", (int64_t)p->column);
	json_set_int(a, v, "endLine", (int64_t)p->end_line);
	json_set_int(a, v, "endColumn", (int64_t)p->end_column);
	json_set_int(a, v, "charOffset", (int64_t)p->character);
	json_set_int(a, v, "charLength", (int64_t)p->characters);
	json_set_int(a, v, "byteOffset", (int64_t)p->byte);
	json_set_int(a, v, "byteLength", (int64_t)p->bytes);
	return v;
}

/* The last part of a pointer, without its escapes. */
static struct str last_name(struct arena *a, struct str pointer)
{
	struct str part = pointer;
	struct buf b;

	for (struct str rest = pointer; str_cut(&rest, '/', &part);)
		;
	buf_init_in(&b, a, part.n + 1);
	for (size_t i = 0; i < part.n; i++) {
		bool escaped = part.p[i] == '~' && i + 1 < part.n;

		if (escaped)
			i++;
		buf_addc(&b, !escaped ? part.p[i] : part.p[i] == '1' ? '/' : '~');
	}
	return buf_str(&b);
}

static const char *kind(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_NONE:
		return "property";
	default:
		return "value";
	}
}

static struct json *location(struct cli *cli, const struct lint_result *r,
			     const struct lint_finding *f, const struct package_place *p)
{
	size_t index = artifact(cli, r->flow);
	bool zip = r->flow->member.n > 0;
	struct json *out = json_new_object(r->a), *physical, *file, *logical;
	struct str pointer = str_fmt(r->a, "%.*s%.*s", STR_ARG(r->flow->within),
				     STR_ARG(f->pointer));

	physical = json_set(r->a, out, "physicalLocation", json_new_object(r->a));
	file = json_set(r->a, physical, "artifactLocation", json_new_object(r->a));
	json_set_str(r->a, file, "uri",
		     uri(r->a, zip ? r->flow->member : r->flow->file, zip));
	json_set_int(r->a, file, "index", (int64_t)index);
	if (p->found)
		json_set(r->a, physical, "region", region(r->a, p));
	logical = json_push(json_set(r->a, out, "logicalLocations", json_new_array(r->a)),
			    json_new_object(r->a));
	json_set_str(r->a, logical, "fullyQualifiedName", pointer);
	if (pointer.n)
		json_set_str(r->a, logical, "name", last_name(r->a, pointer));
	json_set_z(r->a, logical, "kind", kind(json_at_n(r->flow->document, f->pointer)));
	return out;
}

static void result(struct cli *cli, const struct lint_result *r, const struct lint_finding *f,
		   const struct package_place *p)
{
	struct json *v = json_new_object(r->a), *bag = json_new_object(r->a);

	json_set_z(r->a, v, "ruleId", f->rule->id);
	json_set_int(r->a, v, "ruleIndex", rule_index(f->rule));
	json_set_z(r->a, v, "level", levels[f->severity]);
	json_set(r->a, v, "message", text_of(r->a, f->message));
	json_push(json_set(r->a, v, "locations", json_new_array(r->a)), location(cli, r, f, p));
	if (r->flow->name.n)
		json_set_str(r->a, bag, "flow", r->flow->name);
	if (f->has_offset)
		json_set_int(r->a, bag, "offset", (int64_t)f->offset);
	if (f->fix)
		json_set(r->a, bag, "fix", json_copy(r->a, f->fix));
	if (json_first(bag))
		json_set(r->a, v, "properties", bag);
	cli_out(S_.any ? ",\n" : "\n");
	S_.any = true;
	print(r->a, v);
}

static void flow(struct cli *cli, const struct lint_result *r)
{
	size_t i = 0;

	artifact(cli, r->flow);
	for (const struct lint_finding *f = r->report->first; f; f = f->next, i++)
		result(cli, r, f, &r->spots[i].place);
}

static void unusable(struct cli *cli, struct str path, struct str why)
{
	struct arena *a = cli->arena;
	struct json *v = json_push(S_.notes, json_new_object(a));

	json_set_z(a, v, "level", "error");
	json_set(a, v, "message", text_of(a, str_fmt(a, "%.*s: %.*s", STR_ARG(path),
						     STR_ARG(why))));
}

static void end(struct cli *cli, const struct lint_sums *sums)
{
	struct arena *a = cli->arena;
	struct json *call = json_new_object(a), *calls = json_new_array(a);

	json_set_bool(a, call, "executionSuccessful", sums->unusable == 0);
	json_set(a, call, "toolExecutionNotifications", S_.notes);
	json_push(calls, call);
	cli_out("\n],\n\"artifacts\":");
	print(a, S_.artifacts);
	cli_out(",\n\"invocations\":");
	print(a, calls);
	cli_out("\n}]}\n");
}

const struct lint_form lint_form_sarif = {
	.begin = begin,
	.flow = flow,
	.unusable = unusable,
	.end = end,
};
