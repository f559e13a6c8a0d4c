/*
 * cmd_lint.c - `flowlatch lint`: what is wrong with the flows in files.
 *
 * Needs no account, no configuration and no network.  Reads with work/package.h, judges with
 * wdl/lint.h, prints with one of the forms of cmd_lint.h.
 */
#include "front/cmd_lint.h"

#include "base/limits.h"
#include "front/commands.h"

const struct cli_option cmd_lint_options[] = {
	{ "fail-on", "SEVERITY", "exit with 1 from this severity on: error (default), warning, info" },
	{ "show", "SEVERITY", "print findings from this severity on: info (default), warning, error" },
	{ "only", "RULES", "look only at these rules or groups, such as REF03 or REF,EXP" },
	{ "disable", "RULES", "leave these rules or groups out" },
	{ "sarif", NULL, "print the findings as SARIF 2.1.0" },
	{ "explain", "RULE", "print a rule with a wrong and a right example" },
	{ "rules", NULL, "print all rules" },
	{ NULL },
};

/* ---- rules ---- */

static bool *off; /* by index of the rule; NULL: all that can be checked are on */

static size_t index_of(const struct lint_rule *r)
{
	size_t i = 0;

	while (lint_rule_at(i) != r)
		i++;
	return i;
}

bool lint_rule_on(const struct lint_rule *r)
{
	return (r->check || r->together) && (!off || !off[index_of(r)]);
}

/* A word is the id of a rule, or the letters that those of its group begin with. */
static bool names(struct str word, const struct lint_rule *r)
{
	struct str id = str_from(r->id);

	return str_eq_nocase(word, id) ||
	       (word.n < id.n && str_starts_nocase(id, word) && id.p[word.n] >= '0' &&
		id.p[word.n] <= '9' && word.n && (word.p[word.n - 1] | 32) >= 'a');
}

/* Sets `value` for all rules of a list; the first word that is none, or "". */
static struct str mark(struct str list, bool value)
{
	const struct lint_rule *r;
	struct str word;

	while (str_cut(&list, ',', &word)) {
		bool found = false;

		word = str_trim(word);
		for (size_t i = 0; (r = lint_rule_at(i)) != NULL; i++) {
			if (!names(word, r))
				continue;
			off[i] = value;
			found = true;
		}
		if (!found)
			return word.n ? word : S(",");
	}
	return str_from("");
}

static int choose_rules(struct cli *cli)
{
	static const char *const options[] = { "only", "disable" };
	size_t count = 0;

	if (!cli_option(cli, "only") && !cli_option(cli, "disable"))
		return EXIT_FINE;
	while (lint_rule_at(count))
		count++;
	off = arena_array(cli->arena, count, sizeof(*off));
	for (size_t i = 0; i < count; i++)
		off[i] = cli_option(cli, "only") != NULL;
	for (size_t k = 0; k < 2; k++) {
		const char *list;

		for (size_t i = 0; (list = cli_option_at(cli, options[k], i)) != NULL; i++) {
			struct str wrong = mark(str_from(list), k == 1);

			if (wrong.n)
				return cli_fail(EXIT_USAGE,
						"a list such as REF03,TRG: ids of rules, or the "
						"letters of a group",
						"--%s: there is no rule %s", options[k],
						cli_safe(cli, wrong, 0));
		}
	}
	for (size_t i = 0; i < count; i++)
		if ((lint_rule_at(i)->check || lint_rule_at(i)->together) && !off[i])
			return EXIT_FINE;
	return cli_fail(EXIT_USAGE, "`flowlatch lint --rules` says what each rule needs",
			"no rule is left that a definition alone decides");
}

static int explain(struct cli *cli, const char *id)
{
	const struct lint_rule *r = lint_rule_find(str_from(id));

	if (!r)
		return cli_fail(EXIT_USAGE, "findings name their rule, such as REF03",
				"there is no rule %s", cli_safe(cli, str_from(id), 0));
	if (cli->json) {
		cli_out_json(cli, lint_rule_json(cli->arena, r));
		return EXIT_FINE;
	}
	cli_out("%.*s", STR_ARG(lint_rule_text(cli->arena, r)));
	return EXIT_FINE;
}

static int list_rules(struct cli *cli)
{
	static const char *const titles[] = { "rule", "severity", "what it asks for" };
	struct cli_table *table = cli_table_new(cli, 3, titles);
	struct json *all = json_new_array(cli->arena), *one;
	const struct lint_rule *r;

	for (size_t i = 0; (r = lint_rule_at(i)) != NULL; i++) {
		const char *severity = lint_severity_name(r->severity);

		cli_table_row(table, (const char *const[]){
					     r->id, severity,
					     r->check || r->together ? r->summary :
							arena_printf(cli->arena,
								     "%s (not checked here: %s)",
								     r->summary, r->needs) });
		one = json_push(all, json_new_object(cli->arena));
		json_set_z(cli->arena, one, "rule", r->id);
		json_set_z(cli->arena, one, "severity", severity);
		json_set_z(cli->arena, one, "summary", r->summary);
		if (!r->check && !r->together)
			json_set_z(cli->arena, one, "needs", r->needs);
		if (r->mended)
			json_set_bool(cli->arena, one, "mended", true);
	}
	if (cli->json)
		cli_out_json(cli, all);
	else
		cli_table_print(table);
	return EXIT_FINE;
}

/* ---- flows ---- */

struct run {
	struct cli *cli;
	const struct lint_form *form;
	enum lint_severity least, show;
	struct lint_sums sums;
	struct lint_set *set;
	struct str last_file;
	bool fails;
};

static void select_findings(struct lint_report *r)
{
	struct lint_finding **at = &r->first;

	while (*at) {
		struct lint_finding *f = *at;

		if (lint_rule_on(f->rule)) {
			at = &f->next;
			continue;
		}
		r->counts[f->severity]--;
		*at = f->next;
	}
}

/* What is hidden counts all the same. */
static void hide_below(struct lint_report *r, enum lint_severity show)
{
	struct lint_finding **at = &r->first;

	while (*at)
		if ((*at)->severity <= show)
			at = &(*at)->next;
		else
			*at = (*at)->next;
}

static struct package_spot *spots_of(struct arena *a, const struct package_flow *f,
				     const struct lint_report *r)
{
	struct package_spot *spots;
	size_t n = 0, i = 0;

	for (const struct lint_finding *x = r->first; x; x = x->next)
		n++;
	spots = arena_array(a, n + 1, sizeof(*spots));
	for (const struct lint_finding *x = r->first; x; x = x->next, i++) {
		spots[i].pointer = x->pointer;
		spots[i].has_offset = x->has_offset;
		spots[i].offset = x->offset;
	}
	if (n)
		package_locate(a, f, spots, n);
	return spots;
}

static void count(struct run *run, const struct package_flow *f, const struct lint_report *r)
{
	struct lint_sums *s = &run->sums;

	/* Flows of one file come one after the other. */
	if (!s->flows || !str_eq(run->last_file, f->file)) {
		s->files++;
		run->last_file = str_dup(run->cli->arena, f->file);
	}
	s->flows++;
	s->actions += r->actions;
	s->dropped += r->dropped;
	for (int i = 0; i < LINT__SEVERITIES; i++)
		s->findings[i] += r->counts[i];
	for (const struct lint_finding *x = r->first; x && !run->fails; x = x->next)
		run->fails = x->severity <= run->least && !x->rule->mended;
}

static void unusable(void *arg, struct str path, struct str why)
{
	struct run *run = arg;

	run->sums.unusable++;
	if (run->form->unusable)
		run->form->unusable(run->cli, path, why);
	cli_fail(EXIT_USAGE, NULL, "%s: %s", cli_safe(run->cli, path, 0),
		 cli_safe(run->cli, why, 0));
}

static void one(void *arg, struct arena *a, const struct package_flow *f)
{
	struct run *run = arg;
	struct lint_report report = lint_document(a, f->document);
	struct lint_result result = { .flow = f, .report = &report, .a = a };
	struct lint_identity who;

	if (!report.usable) {
		unusable(run, f->file, str_from(report.why));
		return;
	}
	who.name = f->name.n ? f->name : f->member.n ? f->member : f->file;
	memcpy(who.ids, f->ids, sizeof(who.ids));
	lint_set_add(run->set, a, &report, &who);
	select_findings(&report);
	count(run, f, &report);
	hide_below(&report, run->show);
	result.spots = spots_of(a, f, &report);
	run->form->flow(run->cli, &result);
}

static int lint_all(struct cli *cli, enum lint_severity least, enum lint_severity show)
{
	struct run run = { .cli = cli, .least = least, .show = show, .last_file = { "", 0 } };
	struct package_sink sink = { &run, one, unusable };

	run.set = lint_set_new(cli->arena);
	run.form = cli_option(cli, "sarif") ? &lint_form_sarif :
		   cli->json		    ? &lint_form_json :
					      &lint_form_text;
	if (run.form->begin)
		run.form->begin(cli);
	for (int i = 0; i < cli->argc; i++)
		package_read(cli->argv[i], &sink);
	run.form->end(cli, &run.sums);
	return run.sums.unusable ? EXIT_USAGE : run.fails ? EXIT_FOUND : EXIT_FINE;
}

/* The severity that an option names. */
static enum lint_severity severity_of(struct cli *cli, const char *option, const char *otherwise)
{
	const char *given = cli_option(cli, option);

	return lint_severity_from(str_from(given ? given : otherwise));
}

int cmd_lint(struct cli *cli)
{
	enum lint_severity least = severity_of(cli, "fail-on", "error");
	enum lint_severity show = severity_of(cli, "show", "info");
	const char *id = cli_option(cli, "explain");
	int code;

	if (least == LINT__SEVERITIES || show == LINT__SEVERITIES)
		return cli_fail(EXIT_USAGE, NULL, "--%s is error, warning or info",
				show == LINT__SEVERITIES ? "show" : "fail-on");
	if (id || cli_option(cli, "rules")) {
		code = cli_operands(cli, 0, 0);
		return code != EXIT_FINE ? code : id ? explain(cli, id) : list_rules(cli);
	}
	if (cli->json && cli_option(cli, "sarif"))
		return cli_fail(EXIT_USAGE, NULL, "--json and --sarif are two forms: give one");
	code = choose_rules(cli);
	if (code != EXIT_FINE)
		return code;
	if (!cli->argc)
		return cli_fail(EXIT_USAGE, "flowlatch lint FILE, FOLDER or ZIP, or - for "
					    "standard input",
				"no file is given");
	return lint_all(cli, least, show);
}
