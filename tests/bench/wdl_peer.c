/*
 * wdl_peer.c - our side of measuring the language against another program in this machine's Node.
 *
 * wdl_peer list          prints {"parse": [...], "evaluate": [...], "values": [...], "context": ...}:
 *                        all expressions of a definition of 84 kB, and expressions of many kinds
 *                        with their values.
 * wdl_peer parse FILE    the time for reading every expression in a list, in microseconds,
 * wdl_peer evaluate FILE for reading and evaluating it: {"expressions": [...], "context": ...}.
 *
 * Wall time, the least of many rounds.
 */
#include <stdio.h>
#include <time.h>

#include "base/os.h"
#include "wdl/eval.h"
#include "wdl/parse.h"
#include "wdl/walk.h"
#include "wdl_input.h"

enum { ROUNDS = 300 };

/* The expression of a part, without @ or @{ }. */
static struct str inside(const struct wdl_template *t, const struct wdl_part *p)
{
	bool whole = t->shape == WDL_WHOLE;

	return str_n(t->source.p + p->start + (whole ? 1 : 2),
		     p->end - p->start - (whole ? 1 : 3));
}

static void add_parts(struct arena *a, struct json *list, const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		if (p->node)
			json_push(list, json_new_str(a, inside(t, p)));
}

static int list(struct arena *a)
{
	struct json *v = json_parse(a, definition(a, 0, 84000), JSON_ANSWER, NULL);
	struct json *given = json_parse(a, str_from(context), JSON_ANSWER, NULL);
	struct wdl_places places = wdl_walk_definition(a, v, S(""));
	struct json *out = json_new_object(a), *all = json_set(a, out, "parse", json_new_array(a));
	struct json *values;
	struct wdl_context c = { 0 };
	struct buf b;

	for (const struct wdl_place *p = places.first; p; p = p->next)
		add_parts(a, all, p->template);
	all = json_set(a, out, "evaluate", json_new_array(a));
	for (size_t i = 0; i < KINDS; i++)
		add_parts(a, all, wdl_parse(a, str_from(expressions[i])));
	values = json_set(a, out, "values", json_new_array(a));
	wdl_context_json(&c, given);
	JSON_EACH(e, all) {
		struct wdl_result r = wdl_evaluate(a, wdl_parse_expression(a, json_str(e)), &c);

		if (!r.ok) {
			fprintf(stderr, "wdl_peer: %.*s: %.*s\n", STR_ARG(json_str(e)),
				STR_ARG(r.fault.message));
			return 1;
		}
		json_push(values, r.value);
	}
	json_set(a, out, "context", given);
	buf_init_in(&b, a, 1 << 24);
	json_print(&b, out);
	fwrite(b.p, 1, b.n, stdout);
	return 0;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double round_us(const struct json *all, const struct wdl_context *c)
{
	double start = now_us();
	struct arena a;
	bool good = true;

	arena_init(&a, (size_t)1 << 30);
	JSON_EACH(e, all) {
		const struct wdl_template *t = wdl_parse_expression(&a, json_str(e));

		good = good && (c ? wdl_evaluate(&a, t, c).ok : !t->broken);
	}
	arena_release(&a);
	return good ? now_us() - start : -1;
}

static int measure(struct arena *a, const char *file, bool evaluate)
{
	struct wdl_context c = { 0 };
	double best = 1e12;
	struct json *v;
	struct buf b;

	buf_init_in(&b, a, 1 << 24);
	v = os_read_file(file, &b) ? NULL : json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	wdl_context_json(&c, json_get(v, "context"));
	for (int i = 0; i < ROUNDS; i++) {
		double took = round_us(json_get(v, "expressions"), evaluate ? &c : NULL);

		if (took < 0 || !json_count(json_get(v, "expressions"))) {
			fprintf(stderr, "wdl_peer: the measured work went wrong\n");
			return 1;
		}
		best = took < best ? took : best;
	}
	printf("%.1f\n", best);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena a;
	int status = 2;

	arena_init(&a, (size_t)1 << 30);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		status = list(&a);
	else if (argc == 3)
		status = measure(&a, argv[2], strcmp(argv[1], "evaluate") == 0);
	else
		fprintf(stderr, "wdl_peer list | parse FILE | evaluate FILE\n");
	arena_release(&a);
	return status;
}
