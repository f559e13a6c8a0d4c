/*
 * cmd_lint_show.c - findings as text for people and as JSON.
 *
 * Each flow is printed when it is there, so that many need no more memory than one.
 */
#include "front/cmd_lint.h"

const char *lint_number(struct cli *cli, size_t n, const char *what)
{
	return arena_printf(cli->arena, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* ---- text ---- */

static const char *position(const struct lint_result *r, const struct package_spot *s)
{
	if (!s->place.found || r->flow->embedded)
		return "";
	return arena_printf(r->a, "%zu:%zu", s->place.line, s->place.column);
}

static void head(struct cli *cli, const struct package_flow *f)
{
	cli_out("%s", cli_safe(cli, f->file, 0));
	if (f->member.n)
		cli_out("!%s", cli_safe(cli, f->member, 0));
	if (f->name.n)
		cli_out(" (%s)", cli_safe(cli, f->name, 0));
	cli_out("\n");
}

static void text_flow(struct cli *cli, const struct lint_result *r)
{
	struct cli own = *cli; /* what is escaped dies with the flow */
	size_t i = 0, wide = 0;

	own.arena = r->a;
	if (!r->report->first)
		return;
	head(&own, r->flow);
	for (const struct lint_finding *f = r->report->first; f; f = f->next) {
		size_t n = strlen(position(r, &r->spots[i++]));

		wide = n > wide ? n : wide;
	}
	i = 0;
	for (const struct lint_finding *f = r->report->first; f; f = f->next) {
		cli_out("  %-*s %-7s %-5s %s: %s%s\n", (int)wide, position(r, &r->spots[i++]),
			lint_severity_name(f->severity), f->rule->id,
			f->pointer.n ? cli_safe(&own, f->pointer, 0) : "/",
			cli_safe(&own, f->message, 0),
			f->rule->mended ? " (saving puts it right)" : "");
	}
	if (r->report->dropped)
		cli_out("  and %zu more\n", r->report->dropped);
	cli_out("\n");
}

static void text_end(struct cli *cli, const struct lint_sums *s)
{
	if (!s->flows)
		return;
	cli_out("%s", lint_number(cli, s->flows, "flow"));
	if (s->files != s->flows)
		cli_out(" in %s", lint_number(cli, s->files, "file"));
	cli_out(", %s: %s, %s, %s", lint_number(cli, s->actions, "action"),
		lint_number(cli, s->findings[LINT_ERROR], "error"),
		lint_number(cli, s->findings[LINT_WARNING], "warning"),
		lint_number(cli, s->findings[LINT_INFO], "info"));
	if (s->dropped)
		cli_out(", %zu more", s->dropped);
	if (s->unusable)
		cli_out("; %zu unusable", s->unusable);
	cli_out("\n");
}

const struct lint_form lint_form_text = { .flow = text_flow, .end = text_end };

/* ---- JSON ---- */

static bool first;

static void json_begin(struct cli *cli)
{
	(void)cli;
	first = true;
	cli_out("[");
}

/* Adds line and column to the findings, which stand in their lists in the report's order. */
static void add_places(const struct lint_result *r, const struct json *out)
{
	struct json *at[LINT__SEVERITIES] = {
		json_first(json_get(out, "errors")),
		json_first(json_get(out, "warnings")),
		json_first(json_get(out, "infos")),
	};
	size_t i = 0;

	for (const struct lint_finding *f = r->report->first; f; f = f->next, i++) {
		const struct package_place *p = &r->spots[i].place;
		struct json *one = at[f->severity];

		at[f->severity] = json_next(one);
		if (!p->found || r->flow->embedded)
			continue;
		json_set_int(r->a, one, "line", (int64_t)p->line);
		json_set_int(r->a, one, "column", (int64_t)p->column);
	}
}

static void json_flow(struct cli *cli, const struct lint_result *r)
{
	struct json *out = lint_report_json(r->a, r->report);
	struct buf b;

	(void)cli;
	add_places(r, out);
	json_set_int(r->a, out, "actions", (int64_t)r->report->actions);
	if (r->flow->within.n)
		json_set_str(r->a, out, "within", r->flow->within);
	json_set_str(r->a, out, "file", r->flow->file);
	if (r->flow->member.n)
		json_set_str(r->a, out, "member", r->flow->member);
	if (r->flow->name.n)
		json_set_str(r->a, out, "name", r->flow->name);
	cli_out(first ? "\n" : ",\n");
	first = false;
	buf_init_in(&b, r->a, (size_t)-1 / 2);
	json_print(&b, out);
	cli_out_str(buf_str(&b));
}

static void json_end(struct cli *cli, const struct lint_sums *sums)
{
	(void)cli;
	(void)sums;
	cli_out(first ? "]\n" : "\n]\n");
}

const struct lint_form lint_form_json = { .begin = json_begin, .flow = json_flow,
					  .end = json_end };
