/*
 * fanout.c - many small reads at once through wire/http.c, as ratios to one read.
 *
 *	fanout CA URL READS ROUNDS
 *
 * Prints one line of JSON: the time of one warm read, the first fan-out (one connection is
 * warm), all further ones, failures, and connections.  The server ends a connection after some
 * thousand streams; a round that had to open one is not warm and is told apart.
 * A round that takes a minute counts as a hang.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/os.h"
#include "wire/http.h"
#include "wire/loop.h"

enum { MOST_READS = 4096, MOST_ROUNDS = 100000, ROUND_MS = 60000 };

static struct loop *loop;
static struct http *http;
static struct str url;
static unsigned pending, failures;

static void on_done(void *arg, const struct http_response *r)
{
	(void)arg;
	pending--;
	failures += r->outcome != HTTP_ANSWERED || r->status != 200;
}

static void start(void)
{
	struct http_request q = { .url = url, .on_done = on_done };

	if (http_start(http, &q))
		pending++;
	else
		failures++;
}

/* Milliseconds until all have ended, or -1 for a hang. */
static int64_t fan_out(unsigned n)
{
	int64_t began = os_now_ms();

	for (unsigned i = 0; i < n; i++)
		start();
	while (pending && os_now_ms() - began < ROUND_MS)
		loop_turn(loop, 1000);
	return pending ? -1 : os_now_ms() - began;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(int64_t one, int64_t first, int64_t *times, unsigned rounds, unsigned hangs,
		   int64_t warm_most, unsigned cold)
{
	struct http_stats s = http_stats(http);
	struct buf b;

	qsort(times, rounds, sizeof(*times), compare);
	buf_init(&b, 4096);
	buf_addf(&b,
		 "{\"one_ms\":%lld,\"first_ms\":%lld,\"median_ms\":%lld,\"p99_ms\":%lld,"
		 "\"most_ms\":%lld,\"warm_most_ms\":%lld,\"cold\":%u,\"rounds\":%u,\"failures\":%u,\"hangs\":%u,"
		 "\"requests\":%lu,\"connections\":%lu}\n",
		 (long long)one, (long long)first, (long long)times[rounds / 2],
		 (long long)times[rounds - 1 - rounds / 100], (long long)times[rounds - 1],
		 (long long)warm_most, cold, rounds, failures, hangs, s.requests, s.connections);
	(void)!write(STDOUT_FILENO, b.p, b.n);
	buf_free(&b);
}

int main(int argc, char **argv)
{
	struct http_options o = { .user_agent = "fanout" };
	uint64_t n = 0, rounds = 0;
	int64_t *times, one[5], first, warm_most = 0;
	unsigned hangs = 0, cold = 0;

	if (argc != 5 || !str_to_u64(str_from(argv[3]), &n) || n > MOST_READS ||
	    !str_to_u64(str_from(argv[4]), &rounds) || !rounds || rounds > MOST_ROUNDS)
		return 2;
	o.ca_file = argv[1];
	url = str_from(argv[2]);
	o.loop = loop = loop_new();
	http = http_new(&o);
	times = calloc(rounds, sizeof(*times));
	if (!loop || !http || !times)
		return 1;
	fan_out(1);
	for (int i = 0; i < 5; i++)
		one[i] = fan_out(1);
	qsort(one, 5, sizeof(*one), compare);
	first = fan_out((unsigned)n);
	for (uint64_t i = 0; i < rounds && !hangs; i++) {
		unsigned long opened = http_stats(http).connections;

		times[i] = fan_out((unsigned)n);
		hangs += times[i] < 0;
		if (http_stats(http).connections != opened)
			cold++;
		else if (times[i] > warm_most)
			warm_most = times[i];
	}
	report(one[2], first, times, (unsigned)rounds, hangs, warm_most, cold);
	http_free(http);
	loop_free(loop);
	free(times);
	return failures || hangs;
}
