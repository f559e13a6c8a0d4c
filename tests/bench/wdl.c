/*
 * wdl.c - what the language costs, in units of parsing the same bytes with cJSON.
 *
 * wdl [ROUNDS]     measures and prints; exit status 1 when linting 500 actions costs 20 times the
 *                  plain parse or more, or does not grow linearly to 5,000.
 * wdl write N      prints a definition with N actions.
 *
 * CPU time, the least of all rounds, ours and cJSON's in turns.  The plain parses run in a child,
 * because text/json.c gives cJSON an allocator of its own for the rest of the process.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wdl/eval.h"
#include "wdl/lint.h"
#include "wdl/parse.h"
#include "wdl/walk.h"
#include "wdl_input.h"

/* ---- the work ---- */

enum { EXPRESSIONS = 1000 };

struct work {
	struct str text;
	size_t result; /* so that nothing is left out */
	bool bad;
};

static void plain(struct work *w)
{
	cJSON *v = cJSON_ParseWithLength(w->text.p, w->text.n);

	w->bad = !v;
	cJSON_Delete(v);
}

static void lint(struct work *w)
{
	struct arena a;
	struct lint_report r;

	arena_init(&a, (size_t)1 << 30);
	r = lint_document(&a, json_parse(&a, w->text, JSON_ANSWER, NULL));
	/* What is measured is a sound definition, but for its size. */
	w->bad = !r.usable;
	for (const struct lint_finding *f = r.first; f; f = f->next) {
		if (f->severity != LINT_ERROR || str_eq(str_from(f->rule->id), S("LIM01")))
			continue;
		fprintf(stderr, "%s %.*s: %.*s\n", f->rule->id, STR_ARG(f->pointer),
			STR_ARG(f->message));
		w->bad = true;
	}
	w->result = r.actions;
	arena_release(&a);
}

static void parse(struct work *w)
{
	struct arena a;
	struct wdl_places p;

	arena_init(&a, (size_t)1 << 30);
	p = wdl_walk_definition(&a, json_parse(&a, w->text, JSON_ANSWER, NULL), S(""));
	w->bad = p.errors > 0;
	w->result = p.count;
	arena_release(&a);
}

static void evaluate(struct work *w)
{
	struct wdl_context c = { 0 };
	struct arena a;

	arena_init(&a, (size_t)1 << 30);
	wdl_context_json(&c, json_parse(&a, str_from(context), JSON_ANSWER, NULL));
	w->bad = false;
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		const char *e = expressions[i % KINDS];
		struct wdl_result r = wdl_evaluate(&a, wdl_parse(&a, str_from(e)), &c);

		if (!r.ok)
			fprintf(stderr, "%s: %.*s\n", e, STR_ARG(r.fault.message));
		w->bad |= !r.ok;
	}
	w->result = EXPRESSIONS;
	arena_release(&a);
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double least(void (*run)(struct work *), struct work *w, double best)
{
	double start = cpu_us(), took;

	run(w);
	took = cpu_us() - start;
	if (w->bad) {
		fprintf(stderr, "wdl: the measured work went wrong\n");
		exit(2);
	}
	return took < best ? took : best;
}

/* The least of a few in a row: the first ones warm the caches. */
static double burst(void (*run)(struct work *), struct work *w)
{
	double best = 1e12;

	for (int i = 0; i < 5; i++)
		best = least(run, w, best);
	return best;
}

/* One row of the result. */
struct row {
	const char *what;
	void (*run)(struct work *);
	long rounds;
	struct str text;
	double ours, theirs;
};

/* A process that has never called us parses row after row, as often as it is asked to. */
struct parser {
	int ask, answer;
	pid_t pid;
};

static void serve(const struct row *rows, int ask, int answer)
{
	size_t i;

	while (read(ask, &i, sizeof(i)) == sizeof(i)) {
		struct work w = { .text = rows[i].text };
		double took = burst(plain, &w);

		if (write(answer, &took, sizeof(took)) != sizeof(took))
			break;
	}
	_exit(0);
}

static struct parser parser_start(const struct row *rows)
{
	struct parser p;
	int there[2], back[2];

	if (pipe(there) || pipe(back) || (p.pid = fork()) < 0) {
		perror("wdl");
		exit(2);
	}
	if (p.pid == 0) {
		close(there[1]);
		serve(rows, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	p.ask = there[1];
	p.answer = back[0];
	return p;
}

static double parser_ask(const struct parser *p, size_t i)
{
	double took;

	if (write(p->ask, &i, sizeof(i)) != sizeof(i) ||
	    read(p->answer, &took, sizeof(took)) != sizeof(took)) {
		fprintf(stderr, "wdl: the plain parser is gone\n");
		exit(2);
	}
	return took;
}

static void measure(struct row *rows, size_t n)
{
	struct parser p = parser_start(rows);

	for (size_t i = 0; i < n; i++) {
		struct work w = { .text = rows[i].text };

		rows[i].ours = rows[i].theirs = 1e12;
		for (long k = 0; k < rows[i].rounds; k++) {
			double took = parser_ask(&p, i);

			rows[i].theirs = took < rows[i].theirs ? took : rows[i].theirs;
			took = burst(rows[i].run, &w);
			rows[i].ours = took < rows[i].ours ? took : rows[i].ours;
		}
		printf("%-26s %7zu bytes %8.2f ms  %5.1f times the plain parse (%.2f ms)\n",
		       rows[i].what, rows[i].text.n, rows[i].ours / 1e3,
		       rows[i].ours / rows[i].theirs, rows[i].theirs / 1e3);
	}
	close(p.ask);
	waitpid(p.pid, NULL, 0);
}

static struct str expression_list(struct arena *a)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		buf_addc(&b, i ? ',' : '[');
		json_print_str(&b, str_from(expressions[i % KINDS]));
	}
	buf_addc(&b, ']');
	return buf_str(&b);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 10;
	double ratio, more;
	struct arena a;
	struct str text;
	bool good;

	arena_init(&a, (size_t)1 << 30);
	if (argc > 2) {
		text = definition(&a, (size_t)atol(argv[2]), 0);
		fwrite(text.p, 1, text.n, stdout);
		return 0;
	}
	rounds = rounds > 0 ? rounds : 1;
	struct row rows[] = {
		{ "lint of 500 actions", lint, rounds, definition(&a, 500, 0) },
		{ "lint of 5,000 actions", lint, rounds / 5 + 1, definition(&a, 5000, 0) },
		{ "parse of all expressions", parse, rounds, definition(&a, 0, 84000) },
		{ "1,000 mixed expressions", evaluate, rounds, expression_list(&a) },
	};
	measure(rows, sizeof(rows) / sizeof(*rows));
	ratio = rows[0].ours / rows[0].theirs;
	more = rows[1].ours / rows[1].theirs;
	good = ratio < 20 && more < ratio * 1.5;
	printf("lint: goal under 20 times the plain parse, at 5,000 actions no more than half as much "
	       "again: %s\n",
	       good ? "met" : "MISSED");
	arena_release(&a);
	return good ? 0 : 1;
}
