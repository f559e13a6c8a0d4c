/*
 * save_judge.c - what is to be said against a save, and what a person reads before it.
 *
 * Knows the linter, differences and what was seen of the surroundings; sends nothing.
 */
#include "tools/connector.h"
#include "tools/save_priv.h"

#include <stdarg.h>

#include "base/limits.h"
#include "wdl/index.h"

/* Lines of the card and of errors that are told: a person reads no more. */
enum { CARD_LINES = 200, TOLD_ERRORS = 20, TOLD_WARNINGS = 10 };

void save_say(struct save *s, struct json *list, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init_in(&b, s->a, LIMIT_RESULT);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	JSON_EACH (have, list)
		if (str_eq(json_str(have), buf_str(&b)))
			return;
	json_push(list, json_new_str(s->a, buf_str(&b)));
}

static struct json *document_of(struct save *s, const struct save_form *f)
{
	struct json *out = json_new_object(s->a), *p, *d;

	p = json_set(s->a, out, "properties", json_new_object(s->a));
	json_set_str(s->a, p, "displayName", f->name);
	if (f->definition) {
		d = json_copy(s->a, f->definition);
	} else {
		d = json_new_object(s->a);
		json_set(s->a, d, "triggers", json_new_object(s->a));
		json_set(s->a, d, "actions", json_new_object(s->a));
	}
	/* The service writes it anew with each save. */
	json_take(d, "metadata");
	json_set(s->a, p, "definition", d);
	json_set(s->a, p, "connectionReferences",
		 f->references ? json_copy(s->a, f->references) : json_new_object(s->a));
	return out;
}

/* ---- the linter ---- */

static struct str finding_key(struct save *s, const struct lint_finding *f)
{
	return str_fmt(s->a, "%s\n%.*s", f->rule->id, STR_ARG(f->message));
}

static struct json *finding_json(struct save *s, const struct lint_finding *f)
{
	struct json *out = json_new_object(s->a);

	json_set_z(s->a, out, "rule", f->rule->id);
	json_set_str(s->a, out, "pointer", f->pointer);
	json_set_str(s->a, out, "message", f->message);
	if (f->fix)
		json_set(s->a, out, "fix", json_copy(s->a, f->fix));
	return out;
}

static struct wdl_index known_findings(struct save *s)
{
	struct wdl_index known = { .object = json_new_object(s->a) };
	struct lint_report before;

	if (s->creating)
		return known;
	before = connector_lint(s->c, document_of(s, &s->before));
	for (const struct lint_finding *f = before.first; f; f = f->next)
		wdl_index_put(s->a, &known, finding_key(s, f), json_new_null(s->a));
	return known;
}

static bool refuse_errors(struct save *s, struct json *errors, const struct lint_finding *first)
{
	bool any = false;

	JSON_EACH (e, errors)
		any |= json_get(e, "fix") != NULL;
	fail(s->c, ERR_INVALID_DEFINITION, "%zu error%s of the new definition stop%s this: %.*s (%s, %.*s)",
	     s->new_errors, s->new_errors == 1 ? "" : "s", s->new_errors == 1 ? "s" : "",
	     STR_ARG(first->message), first->rule->id, STR_ARG(first->pointer));
	fail_data(s->c, "errors", errors);
	fail_data(s->c, "errorCount", json_new_int(s->a, (int64_t)s->new_errors));
	hint(s->c, "Nothing was sent.%s With force a person is asked to save it all the same.",
	     any ? " \"fix\" holds the operations that put an error right." : "");
	return false;
}

/* What was wrong before stops no repair of something else; what is new does. */
static bool lint(struct save *s)
{
	struct wdl_index known = known_findings(s);
	struct json *errors = json_new_array(s->a);
	const struct lint_finding *first = NULL;

	s->lint = connector_lint(s->c, document_of(s, &s->wanted));
	if (!s->lint.usable) {
		fail(s->c, ERR_INVALID_DEFINITION, "%s", s->lint.why);
		hint(s->c, "A definition is an object with triggers and actions. Nothing was sent.");
		return false;
	}
	for (const struct lint_finding *f = s->lint.first; f; f = f->next) {
		if (wdl_index_get(&known, finding_key(s, f)) || f->rule->mended)
			continue;
		if (f->severity == LINT_WARNING && !s->w->judge &&
		    json_count(s->warnings) < TOLD_WARNINGS)
			save_say(s, s->warnings, "%.*s (%s, %.*s)", STR_ARG(f->message),
				 f->rule->id, STR_ARG(f->pointer));
		if (f->severity != LINT_ERROR)
			continue;
		if (!s->new_errors++)
			first = f;
		if (json_count(errors) < TOLD_ERRORS)
			json_push(errors, finding_json(s, f));
	}
	if (s->new_errors && !s->w->judge && !s->w->force)
		return refuse_errors(s, errors, first);
	return true;
}

/* ---- differences ---- */

static void add_line(struct save *s, struct json *out, struct str words)
{
	char *line = str_c(s->a, words);

	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	json_push(out, json_new_z(s->a, line));
}

static void add_sources(struct save *s, struct json *out)
{
	JSON_EACH (r, s->wanted.references) {
		bool invoker = str_eq(json_get_str(r, "source"), S("Invoker"));

		if (!json_get_n(s->before.references, json_name(r)))
			add_line(s, out,
				 str_fmt(s->a, "connection reference %s: %s", str_c(s->a, json_name(r)),
					 invoker ? "Invoker, the connection of whoever runs the flow"
						 : "Embedded, the connection of the flow's owner"));
	}
}

struct json *save_lines(struct save *s, size_t most)
{
	struct json *out = json_new_array(s->a);
	size_t left = 0;

	add_sources(s, out);
	for (const struct diff_change *c = s->diff.first; c; c = c->next)
		if (json_count(out) < most)
			add_line(s, out, c->words);
		else
			left++;
	left += s->diff.dropped;
	if (left)
		add_line(s, out, str_fmt(s->a, "and %zu more", left));
	return out;
}

bool save_judge(struct save *s)
{
	const struct save_form *from = s->w->publish ? &s->before : &s->base;

	if (!lint(s))
		return false;
	s->diff = diff_documents(s->a, document_of(s, from), document_of(s, &s->wanted));
	save_preflight(s);
	return true;
}

enum verdict save_ask_service(struct save *s)
{
	static const char *const checks[] = { "checkFlowErrors", "checkFlowWarnings" };
	struct fetch *f = arena_array(s->a, 2, sizeof(*f));

	if (!s->w->ask_service || s->creating)
		return fetch_each(s->c, f, 0);
	for (int i = 0; i < 2; i++)
		f[i] = (struct fetch){
			.method = HTTP_POST,
			.url = url(s->c, HOST_FLOW, "/environments/%s/flows/%s/%s",
				   str_c(s->a, s->w->environment), str_c(s->a, s->id), checks[i]),
			.body = s->ways[WAY_FLOW].send.body,
			.flags = FETCH_TOLERATE | FETCH_LARGE | FETCH_READ,
		};
	return fetch_each(s->c, f, 2);
}

/* ---- the card ---- */

static const char *sentence_of(struct save *s)
{
	const char *name = quoted(s->c, s->creating ? s->wanted.name : s->before.name);
	struct buf b;

	if (s->w->sentence)
		return s->w->sentence;
	buf_init_in(&b, s->a, LIMIT_CARD);
	if (s->creating) {
		buf_addf(&b, "Creates flow %s, switched off, with %zu steps.", name,
			 wdl_design_count(s->wanted.definition));
		return buf_c(&b);
	}
	if (!s->w->publish && s->solution)
		buf_addf(&b, "Saves a draft of flow %s; what runs stays as it is.", name);
	else if (s->w->definition)
		buf_addf(&b, "Replaces the definition of flow %s.", name);
	else
		buf_addf(&b, "Changes flow %s.", name);
	if (!str_eq(s->before.name, s->wanted.name))
		buf_addf(&b, " Renames it to %s.", quoted(s->c, s->wanted.name));
	if (s->diff.count)
		buf_addf(&b, " %zu difference%s.", s->diff.count + s->diff.dropped,
			 s->diff.count + s->diff.dropped == 1 ? "" : "s");
	if (s->draft_there && s->w->publish && !s->same)
		buf_addf(&b, " The draft of %s is published with it.",
			 quoted(s->c, at_str(s->base.flow, "/properties/lastModifiedTime")));
	return buf_c(&b);
}

static const char *const *warnings_of(struct save *s, const struct target *t)
{
	size_t own = 0, n = 0;
	const char **out;

	while (s->w->warnings && s->w->warnings[own])
		own++;
	out = arena_array(s->a, own + json_count(s->warnings) + 4, sizeof(*out));
	if (s->new_errors)
		out[n++] = arena_printf(s->a,
					"The linter finds %zu error%s in it, and it is saved all the "
					"same.",
					s->new_errors, s->new_errors == 1 ? "" : "s");
	for (size_t i = 0; i < own; i++)
		out[n++] = s->w->warnings[i];
	if (t->dropped && !s->creating)
		out[n++] = arena_printf(s->a, "%u %% of its steps go.", t->dropped);
	if (t->rebinds)
		out[n++] = "Steps that are there already will use other connections.";
	return out;
}

const struct change *save_change(struct save *s)
{
	struct change *ch = arena_alloc(s->a, sizeof(*ch));
	struct fetch *writes = arena_array(s->a, 2 * WAY__COUNT + s->w->then_count,
					   sizeof(*writes));
	struct buf lines;
	size_t n = 0;

	buf_init_in(&lines, s->a, LIMIT_CALL_ARENA);
	JSON_EACH (line, save_lines(s, CARD_LINES))
		buf_addf(&lines, "%s- %s", lines.n ? "\n" : "", json_z(line));
	for (int w = 0; w < WAY__COUNT && !s->w->dry_run; w++) {
		if (!s->ways[w].open)
			continue;
		writes[n++] = s->ways[w].send;
		writes[n++] = s->ways[w].restore;
	}
	for (size_t i = 0; i < s->w->then_count && !s->w->dry_run; i++)
		writes[n++] = s->w->then[i];
	*ch = (struct change){
		.target = save_target(s),
		.sentence = sentence_of(s),
		.diff = buf_c(&lines),
		.writes = writes,
		.write_count = n,
	};
	ch->warnings = warnings_of(s, &ch->target);
	return ch;
}
