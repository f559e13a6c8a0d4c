/*
 * describe.c - CPU time of cJSON's plain parse of a file, the least of so many rounds, in
 * microseconds.
 *
 * describe FILE ROUNDS
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/os.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	double best = 1e12;
	struct buf text;
	uint64_t rounds;

	buf_init(&text, 64u << 20);
	if (argc != 3 || !str_to_u64(str_from(argv[2]), &rounds) || os_read_file(argv[1], &text))
		return 2;
	while (rounds--) {
		double start = now();
		cJSON *v = cJSON_ParseWithLength(text.p, text.n);

		if (!v)
			return 1;
		if (now() - start < best)
			best = now() - start;
		cJSON_Delete(v);
	}
	printf("%zu %.1f\n", text.n, best);
	buf_free(&text);
	return 0;
}
