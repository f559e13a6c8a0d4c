/*
 * prefilter.c - writes the automaton that finds the keywords of all redaction rules in one pass.
 *
 * Runs at build time.  Aho and Corasick, "Efficient String Matching", CACM 18(6), 1975: a trie of
 * all keywords, completed to a table state x class of byte -> state.  Bytes no keyword has share
 * one class, so the table stays small enough for the first cache.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "work/redact_rules.h"

enum { MOST_STATES = 2048, BYTES = 256 };

static int next[MOST_STATES][BYTES];
static int fail[MOST_STATES], queue[MOST_STATES], place[MOST_STATES], order[MOST_STATES];
static uint64_t out[MOST_STATES];
static int states = 1;
static unsigned char class_of[BYTES];
static int class_count = 1;
static size_t longest;

static int add(const char *word, size_t n, uint64_t rule)
{
	int at = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)word[i];

		if (isupper(c) || states == MOST_STATES)
			return 0;
		if (!class_of[c])
			class_of[c] = (unsigned char)class_count++;
		if (!next[at][c])
			next[at][c] = states++;
		at = next[at][c];
	}
	out[at] |= rule;
	if (n > longest)
		longest = n;
	return n > 0;
}

static void complete(void)
{
	int head = 0, tail = 0;

	for (int c = 0; c < BYTES; c++)
		if (next[0][c])
			queue[tail++] = next[0][c];
	while (head < tail) {
		int s = queue[head++];

		out[s] |= out[fail[s]];
		for (int c = 0; c < BYTES; c++) {
			int t = next[s][c];

			if (!t) {
				next[s][c] = next[fail[s]][c];
				continue;
			}
			fail[t] = next[fail[s]][c];
			queue[tail++] = t;
		}
	}
}

/* States where a keyword ends come last, so that one comparison tells them. */
static int first_found;

static void number(void)
{
	int n = 0;

	for (int found = 0; found < 2; found++) {
		if (found)
			first_found = n;
		for (int s = 0; s < states; s++)
			if ((out[s] != 0) == found)
				place[s] = n++;
	}
	for (int s = 0; s < states; s++)
		order[place[s]] = s;
}

/* One byte of each class. */
static int sample(int class)
{
	for (int c = 0; c < BYTES; c++)
		if (class_of[c] == class)
			return c;
	return 0;
}

static void print(void)
{
	printf("/* Made from src/work/redact_rules.c by src/work/gen/prefilter.c. */\n"
	       "#include \"work/redact_scan.h\"\n\n"
	       "const unsigned redact_classes = %d;\nconst size_t redact_longest = %zu;\n"
	       "const unsigned char redact_class[256] = {", class_count, longest);
	for (int c = 0; c < BYTES; c++)
		printf("%s%d,", c % 32 ? "" : "\n\t", class_of[tolower(c)]);
	/* States are kept as offsets of their rows, which saves a multiplication per byte. */
	printf("\n};\nconst unsigned short redact_next[] = {");
	for (int s = 0; s < states; s++) {
		printf("\n\t");
		for (int k = 0; k < class_count; k++)
			printf("%d,", place[next[order[s]][sample(k)]] * class_count);
	}
	printf("\n};\nconst uint64_t redact_found[] = {");
	for (int s = first_found; s < states; s++)
		printf("%s0x%llx,", s % 8 ? "" : "\n\t", (unsigned long long)out[order[s]]);
	printf("\n};\nconst unsigned redact_first = %d;\n", first_found * class_count);
}

int main(void)
{
	if (redact_rule_count > 64)
		return 1;
	for (size_t r = 0; r < redact_rule_count; r++) {
		const char *k = redact_rules[r].keywords;

		while (*k) {
			size_t n = strcspn(k, "|");

			if (!add(k, n, UINT64_C(1) << r))
				return 1;
			k += n + (k[n] == '|');
		}
	}
	complete();
	number();
	if ((long)states * class_count > 65535)
		return 1;
	print();
	return 0;
}
