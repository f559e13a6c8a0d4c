/*
 * redact_probe.c - what the patterns of the redactor find, for comparison with another engine.
 *
 * Reads texts from stdin, one JSON string per line; prints for each "rule:from-to" of all hits
 * in order, separated by blanks, tier C left out, one line per text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "text/json.h"
#include "work/redact_scan.h"

static int by_place(const void *x, const void *y)
{
	const struct redact_span *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return strcmp(a->rule, b->rule);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((n = getline(&line, &room, stdin)) > 0) {
		struct arena a;
		struct json *v;
		struct redact_work w;

		arena_init(&a, 64u << 20);
		v = json_parse(&a, str_trim(str_n(line, (size_t)n)), JSON_STRICT, NULL);
		w = (struct redact_work){ .arena = &a, .original = json_str(v), .budget = 1 << 20 };
		w.patterns.arena = &a;
		redact_patterns(&w, (struct redact_view){ .text = json_str(v) });
		if (!v || w.broken)
			return 1;
		if (w.count)
			qsort(w.spans, w.count, sizeof(*w.spans), by_place);
		for (size_t i = 0; i < w.count; i++)
			printf("%s%s:%zu-%zu", i ? " " : "", w.spans[i].rule, w.spans[i].from,
			       w.spans[i].to);
		puts("");
		arena_release(&a);
	}
	free(line);
	return 0;
}
