/*
 * lint.c - the engine of the linter: finds the definition, runs the rows, orders what they say.
 *
 * Knows the three forms a definition comes in; knows no rule.
 */
#include "wdl/lint.h"

#include <stdlib.h>

#include "base/limits.h"
#include "wdl/lint_model.h"
#include "wdl/text.h"

static const struct lint_rule *const groups[] = {
	lint_rules_shape,      lint_rules_members,     lint_rules_graph,  lint_rules_paths,
	lint_rules_names,      lint_rules_uses,	       lint_rules_values, lint_rules_expressions,
	lint_rules_triggers,   lint_rules_starts,      lint_rules_limits, lint_rules_connections,
	lint_rules_parameters, lint_rules_speed,       lint_rules_quality, lint_rules_secrets,
};

#define GROUPS (sizeof(groups) / sizeof(*groups))

static const char *const severities[] = {
	[LINT_ERROR] = "error",
	[LINT_WARNING] = "warning",
	[LINT_INFO] = "info",
};

const char *lint_severity_name(enum lint_severity s)
{
	return severities[s];
}

enum lint_severity lint_severity_from(struct str name)
{
	unsigned i = 0;

	while (i < LINT__SEVERITIES && !str_eq(name, str_from(severities[i])))
		i++;
	return (enum lint_severity)i;
}

/* STR before GRF and so on, as a reader of a definition meets them. */
static size_t family(const char *id)
{
	static const char *const order[] = { "STR", "GRF", "REF", "EXP", "TRG",
					     "CON", "LIM", "PRF", "QUA", "SEC" };
	size_t i = 0;

	while (i < sizeof(order) / sizeof(*order) && strncmp(id, order[i], 3) != 0)
		i++;
	return i;
}

static int by_id(const void *x, const void *y)
{
	const char *a = (*(const struct lint_rule *const *)x)->id;
	const char *b = (*(const struct lint_rule *const *)y)->id;

	return family(a) != family(b) ? (family(a) < family(b) ? -1 : 1) : strcmp(a, b);
}

const struct lint_rule *lint_rule_at(size_t i)
{
	/* The same rows in order, made once. */
	static const struct lint_rule *sorted[LIMIT_LINT_RULES];
	static size_t count;

	if (!count) {
		for (size_t g = 0; g < GROUPS; g++)
			for (const struct lint_rule *r = groups[g]; r->id; r++)
				if (count < LIMIT_LINT_RULES)
					sorted[count++] = r;
		qsort(sorted, count, sizeof(struct lint_rule *), by_id);
	}
	return i < count ? sorted[i] : NULL;
}

const struct lint_rule *lint_rule_find(struct str id)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct lint_rule *r = groups[g]; r->id; r++)
			if (str_eq_nocase(id, str_from(r->id)))
				return r;
	return NULL;
}

/* ---- findings ---- */

static struct lint_finding *add(struct lint *l, const struct lint_rule *r, struct str pointer,
				const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 4, 0)));

static struct lint_finding *add(struct lint *l, const struct lint_rule *r, struct str pointer,
				const char *fmt, va_list ap)
{
	struct lint_finding *f = arena_alloc(l->a, sizeof(*f));
	struct buf b;

	f->rule = r;
	f->severity = r->severity;
	f->pointer = pointer;
	/* Those that are told are chosen at the end, when their severities are known. */
	if (l->count >= LIMIT_LINT_FINDINGS * 100) {
		l->dropped++;
		return f;
	}
	buf_init_in(&b, l->a, LIMIT_LINE);
	buf_addv(&b, fmt, ap);
	f->message = buf_str(&b);
	f->next = l->findings;
	l->findings = f;
	l->count++;
	return f;
}

struct lint_finding *lint_add(struct lint *l, const struct lint_rule *r, struct str pointer,
			      const char *fmt, ...)
{
	struct lint_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = add(l, r, pointer, fmt, ap);
	va_end(ap);
	return f;
}

static size_t characters(struct str s)
{
	size_t n = 0, step = 1;

	for (size_t i = 0; i < s.n; i += step, n++)
		wdl_point(s.p + i, s.n - i, &step);
	return n;
}

struct lint_finding *lint_add_at(struct lint *l, const struct lint_rule *r,
				 const struct wdl_place *p, size_t byte, const char *fmt, ...)
{
	struct lint_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = add(l, r, p->pointer, fmt, ap);
	va_end(ap);
	f->has_offset = true;
	f->offset = characters(str_first(p->template->source, byte));
	return f;
}

/* ---- fixes ---- */

/* The keys that lead from the definition to the place of a pointer, or NULL. */
static struct json *path_of(const struct lint *l, struct str pointer)
{
	struct json *path = json_new_array(l->a), *at = l->definition;
	struct str rest = str_from_at(pointer, l->prefix.n), token;

	if (!str_starts(pointer, l->prefix) || !rest.n)
		return NULL;
	rest = str_from_at(rest, 1);
	while (str_cut(&rest, '/', &token)) {
		struct buf b;
		int64_t i;

		buf_init_in(&b, l->a, token.n + 1);
		for (size_t k = 0; k < token.n; k++) {
			bool escape = token.p[k] == '~' && k + 1 < token.n;

			buf_addc(&b, !escape ? token.p[k] : token.p[++k] == '1' ? '/' : '~');
		}
		if (json_is(at, JSON_ARRAY) && str_to_i64(token, &i)) {
			json_push(path, json_new_int(l->a, i));
			at = i >= 0 ? json_item(at, (size_t)i) : NULL;
		} else {
			json_push(path, json_new_str(l->a, buf_str(&b)));
			at = json_get_n(at, buf_str(&b));
		}
	}
	return path;
}

static void operation(struct lint *l, struct lint_finding *f, const char *op, struct str pointer,
		      struct json *value)
{
	struct json *path = path_of(l, pointer), *o;

	if (!path)
		return;
	if (!f->fix)
		f->fix = json_new_array(l->a);
	o = json_push(f->fix, json_new_object(l->a));
	json_set_z(l->a, o, "op", op);
	json_set(l->a, o, "path", path);
	json_set(l->a, o, "value", value);
}

void lint_fix_set(struct lint *l, struct lint_finding *f, struct str pointer, struct json *value)
{
	operation(l, f, "set", pointer, value);
}

void lint_fix_add(struct lint *l, struct lint_finding *f, struct str pointer, struct json *value)
{
	operation(l, f, "add", pointer, value);
}

void lint_fix_remove(struct lint *l, struct lint_finding *f, struct str pointer)
{
	operation(l, f, "remove", pointer, NULL);
}

void lint_fix_move(struct lint *l, struct lint_finding *f, struct str from, struct str to,
		   struct json *value)
{
	operation(l, f, "add", to, json_copy(l->a, value));
	operation(l, f, "remove", from, NULL);
}

static int by_weight(const void *x, const void *y)
{
	const struct lint_finding *a = *(struct lint_finding *const *)x;
	const struct lint_finding *b = *(struct lint_finding *const *)y;
	int c;

	if (a->severity != b->severity)
		return a->severity < b->severity ? -1 : 1;
	c = str_cmp(a->pointer, b->pointer);
	if (c)
		return c;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return strcmp(a->rule->id, b->rule->id);
}

static void order(struct lint *l, struct lint_report *out)
{
	struct lint_finding **all = arena_array(l->a, l->count + 1, sizeof(struct lint_finding *));
	struct lint_finding **tail = &out->first;
	size_t n = 0;

	for (struct lint_finding *f = l->findings; f; f = f->next)
		all[n++] = f;
	qsort(all, n, sizeof(*all), by_weight);
	for (size_t i = 0; i < n; i++) {
		out->counts[all[i]->severity]++;
		if (i >= LIMIT_LINT_FINDINGS)
			continue;
		*tail = all[i];
		tail = &all[i]->next;
	}
	*tail = NULL;
	if (n > LIMIT_LINT_FINDINGS)
		l->dropped += n - LIMIT_LINT_FINDINGS;
}

/* ---- documents ---- */

static bool find_definition(struct lint *l, struct json *d)
{
	static const char *const where[] = { "/properties/definition", "/definition" };

	for (size_t i = 0; i < 2; i++) {
		struct json *v = json_at(d, where[i]);

		if (!json_is(v, JSON_OBJECT))
			continue;
		l->flow = i ? d : json_get(d, "properties");
		l->definition = v;
		l->prefix = str_from(where[i]);
		l->references = json_get(l->flow, "connectionReferences");
		return true;
	}
	l->prefix = str_from("");
	l->definition = d;
	return json_get(d, "actions") || json_get(d, "triggers");
}

static uint64_t mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)(s.p[i] | 32)) * 0x100000001b3ull;
	return (h ^ 0xff) * 0x100000001b3ull;
}

static uint64_t shape_of(const struct lint *l)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (const struct lint_step *s = l->steps; s; s = s->next) {
		h = mix(mix(mix(h, s->type), s->api), s->operation);
		h = (h ^ (s->trigger ? 255 : s->scope->depth)) * 0x100000001b3ull;
	}
	return h;
}

/* A step with options of its own may do something else than wait. */
static struct str called(const struct lint_step *s)
{
	if (!lint_is(s, "Workflow") || json_get(s->value, "operationOptions"))
		return str_from("");
	return json_str(json_at(s->inputs, "/host/workflowReferenceName"));
}

static bool is_borrowed(const struct json *reference)
{
	return str_eq_nocase(json_get_str(reference, "source"), S("Invoker")) ||
	       str_eq_nocase(json_get_str(reference, "runtimeSource"), S("invoker"));
}

static struct str borrowed(struct lint *l)
{
	struct str in = str_first(l->prefix, l->prefix.n - (l->prefix.n ? strlen("/definition") : 0));

	JSON_EACH(reference, l->references)
		if (is_borrowed(reference))
			return lint_at_n(l, lint_at(l, in, "connectionReferences"),
					 json_name(reference));
	return str_from("");
}

/* What lint_set_add asks of a flow. */
static void relations(struct lint *l, struct lint_report *out)
{
	struct lint_call **tail = &out->calls;

	out->start = str_from("");
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str flow = called(s);

		if (s->trigger && !out->start.n)
			out->start = s->pointer;
		out->answers = out->answers || (!s->trigger && lint_is(s, "Response"));
		if (!flow.n)
			continue;
		*tail = arena_alloc(l->a, sizeof(**tail));
		(*tail)->pointer = s->pointer;
		(*tail)->flow = flow;
		tail = &(*tail)->next;
	}
	out->borrowed = borrowed(l);
	lint_changes(l, out);
}

struct lint_report lint_document(struct arena *a, struct json *document)
{
	struct lint_report out = { .within = { "", 0 } };
	struct lint *l = arena_alloc(a, sizeof(*l));
	struct json *inner = json_get(document, "clientdata");

	l->a = a;
	if (json_is(inner, JSON_STRING)) {
		out.within = str_from("/clientdata");
		document = json_parse(a, json_str(inner), JSON_STRICT, NULL);
		if (!document) {
			out.why = "clientdata does not hold JSON";
			return out;
		}
	}
	if (!find_definition(l, document)) {
		out.why = "there is no definition in it: no triggers, no actions, no "
			  "properties.definition";
		return out;
	}
	lint_model_build(l);
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct lint_rule *r = groups[g]; r->id; r++)
			if (r->check)
				r->check(l, r);
	order(l, &out);
	out.usable = true;
	out.dropped = l->dropped;
	out.actions = l->actions;
	out.shape = shape_of(l);
	relations(l, &out);
	return out;
}

struct json *lint_report_json(struct arena *a, const struct lint_report *report)
{
	static const char *const lists[] = { "errors", "warnings", "infos" };
	struct json *out = json_new_object(a), *list[LINT__SEVERITIES];

	json_set_bool(a, out, "valid", report->usable && !report->counts[LINT_ERROR]);
	for (int i = 0; i < LINT__SEVERITIES; i++)
		list[i] = json_set(a, out, lists[i], json_new_array(a));
	for (const struct lint_finding *f = report->first; f; f = f->next) {
		struct json *one = json_push(list[f->severity], json_new_object(a));

		json_set_z(a, one, "rule", f->rule->id);
		json_set_str(a, one, "pointer", f->pointer);
		if (f->has_offset)
			json_set_int(a, one, "offset", (int64_t)f->offset);
		json_set_str(a, one, "message", f->message);
		if (f->fix)
			json_set(a, one, "fix", json_copy(a, f->fix));
	}
	if (report->within.n)
		json_set_str(a, out, "within", report->within);
	if (report->dropped)
		json_set_int(a, out, "more", (int64_t)report->dropped);
	return out;
}

struct json *lint_rule_json(struct arena *a, const struct lint_rule *r)
{
	struct json *out = json_new_object(a);

	json_set_z(a, out, "rule", r->id);
	json_set_z(a, out, "severity", lint_severity_name(r->severity));
	json_set_z(a, out, "summary", r->summary);
	json_set_z(a, out, "source", r->source);
	json_set_bool(a, out, "checked", r->check != NULL);
	if (r->mended)
		json_set_bool(a, out, "mendedBySaving", true);
	if (r->needs)
		json_set_z(a, out, "needs", r->needs);
	json_set(a, out, "wrong", r->wrong ? lint_example(a, r->wrong) : NULL);
	json_set(a, out, "right", r->right ? lint_example(a, r->right) : NULL);
	return out;
}

struct str lint_rule_text(struct arena *a, const struct lint_rule *r)
{
	const char *titles[] = { "wrong", "right" }, *examples[] = { r->wrong, r->right };
	struct buf b;

	buf_init_in(&b, a, LIMIT_LINE);
	buf_addf(&b, "%s (%s): %s.\nSource: %s.\n", r->id, lint_severity_name(r->severity),
		 r->summary, r->source);
	if (r->mended)
		buf_addz(&b, "Saving the flow puts it right.\n");
	if (!r->check)
		buf_addf(&b, "Not checked in a definition alone: %s.\n", r->needs);
	else if (r->needs)
		buf_addf(&b, "Not checked here: %s.\n", r->needs);
	for (size_t i = 0; i < 2 && r->check; i++) {
		buf_addf(&b, "\n%s:\n", titles[i]);
		json_print_pretty(&b, lint_example(a, examples[i]));
		buf_addc(&b, '\n');
	}
	return buf_str(&b);
}

struct json *lint_example(struct arena *a, const char *text)
{
	bool bare = *text != '{' && *text != '[';
	struct buf b;

	buf_init_in(&b, a, LIMIT_LINE);
	if (bare)
		buf_addz(&b, "{`$schema`:`https://schema.management.azure.com/providers/"
			     "Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#`,"
			     "`contentVersion`:`1.0.0.0`,`triggers`:{`manual`:{`type`:`Request`,"
			     "`kind`:`Button`,`inputs`:{`schema`:{}}}},`actions`:{");
	buf_addz(&b, text);
	if (bare)
		buf_addz(&b, "}}");
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '`')
			b.p[i] = '"';
	return json_parse(a, buf_str(&b), JSON_STRICT, NULL);
}
