/*
 * redact.c - what looking for secrets costs, in units of parsing the same bytes with cJSON.
 *
 * CPU time, the least of all rounds; the automaton and the plain parse in turns, the whole
 * redactor afterwards, because it brings an allocator of its own for cJSON.
 * Exit status 1 when the automaton is less than 4 times as fast as the parse.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/os.h"
#include "work/call_priv.h"
#include "work/redact_scan.h"

enum { ROUNDS = 400, SIZE = 512 << 10 };

static const char *const files[] = {
	"tests/data/flows/Try-Catch-Finally.json",
	"tests/data/flows/teams-adaptive-card-reminders-from-lists.json",
	"tests/data/flows/new-employee-tip-of-the-day.json",
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void least(double *best, double began)
{
	double took = now() - began;

	if (*best == 0 || took < *best)
		*best = took;
}

int main(void)
{
	double automaton = 0, parse = 0, whole = 0, part = 0;
	struct buf b, one;
	static struct redact_hits found;
	size_t hits = 0;

	buf_init(&b, 4 * SIZE);
	buf_init(&one, SIZE);
	buf_addc(&b, '[');
	for (size_t i = 0; b.n < SIZE; i++) {
		buf_clear(&one);
		if (os_read_file(files[i % 3], &one))
			return 2;
		if (i)
			buf_addc(&b, ',');
		buf_adds(&b, buf_str(&one));
	}
	buf_addc(&b, ']');
	for (int i = 0; i < ROUNDS; i++) {
		double began = now();
		cJSON *v;

		hits = 0;
		for (size_t at = 0; redact_keywords(buf_str(&b), &at, &found);)
			for (unsigned k = 0; k < REDACT_STREAMS; k++)
				hits += found.count[k];
		least(&automaton, began);
		began = now();
		v = cJSON_ParseWithLength(b.p, b.n);
		least(&parse, began);
		if (!v)
			return 2;
		cJSON_Delete(v);
		began = now();
		cJSON_Delete(cJSON_ParseWithLength(one.p, one.n));
		least(&part, began);
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct redact_count count = { 0 };
		struct arena a;
		struct str out;
		double began = now();

		arena_init(&a, (size_t)1 << 30);
		if (!redact_text(&a, buf_str(&one), &out, &count) || count.masked)
			return 2;
		least(&whole, began);
		arena_release(&a);
	}
	printf("redaction: the automaton is %.1f times as fast as cJSON's parse of the same %zu KiB "
	       "(%.0f MB/s, %zu keywords); all of it costs %.1f parses of a definition of %zu KiB\n",
	       parse / automaton, b.n >> 10, (double)b.n / automaton / 1e3, hits, whole / part,
	       one.n >> 10);
	buf_free(&b);
	buf_free(&one);
	return parse < 4 * automaton;
}
