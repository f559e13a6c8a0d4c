/*
 * cmd_lint.h - shared by the files of `flowlatch lint`.
 */
#ifndef FRONT_CMD_LINT_H
#define FRONT_CMD_LINT_H

#include "front/cli.h"
#include "wdl/lint.h"
#include "work/package.h"

/* What was found in one flow. */
struct lint_result {
	const struct package_flow *flow;
	const struct lint_report *report;
	const struct package_spot *spots; /* of each finding, in their order */
	struct arena *a;                  /* dies with the flow */
};

/* The sums of a run. */
struct lint_sums {
	size_t files, flows, unusable, actions, findings[LINT__SEVERITIES], dropped;
};

/* A way to print: text for people, JSON or SARIF for programs. */
struct lint_form {
	void (*begin)(struct cli *cli);
	void (*flow)(struct cli *cli, const struct lint_result *r);
	void (*unusable)(struct cli *cli, struct str path, struct str why);
	void (*end)(struct cli *cli, const struct lint_sums *sums);
};

extern const struct lint_form lint_form_text, lint_form_json, lint_form_sarif;

/* False for a rule that --only or --disable leaves out. */
bool lint_rule_on(const struct lint_rule *r);

/* "1 error", "2 errors". */
const char *lint_number(struct cli *cli, size_t n, const char *what);

#endif
