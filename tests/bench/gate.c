/*
 * gate.c - what the gate costs, against named peers in the same run.
 *
 * A decision (policy, class, verdict) against cJSON's parse of the same call's line; making and
 * checking an approval against four HMAC-SHA-256 of 1 KiB.  The median of 9 rounds.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "text/crypt.h"
#include "work/approve.h"
#include "work/policy.h"

enum { ROUNDS = 9, TURNS = 20000 };

static const char line[] =
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
	"\"set_live_flow_state\",\"arguments\":{\"environmentName\":"
	"\"feb2f57e-3905-439a-b683-1099cc4abc7f\",\"flowName\":"
	"\"246f6483-41f0-41c6-8353-461f7f264693\",\"state\":\"Stopped\"},\"_meta\":{"
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	"\"io.modelcontextprotocol/clientInfo\":{\"name\":\"host\",\"version\":\"1.0\"},"
	"\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}}";

static struct policy *policy;
static const unsigned char key[CRYPT_KEY] = "key", plan[CRYPT_HASH] = "plan";
static unsigned long sink;

static void decide(unsigned i)
{
	struct policy_ruling r = policy_rule(
		policy, &(struct policy_query){ .tool = S("set_live_flow_state"),
						.environment = S("feb2f57e"),
						.environment_type = S("Developer"),
						.klass_known = true,
						.klass = CLASS_MODERATE });
	struct gate_class k = gate_classify(CLASS_MODERATE, EFFECT_OFF, i & 2047, r.floor, "policy");
	struct gate_output g = gate_decide(&(struct gate_input){
		.klass = k.klass, .trust = TRUST_SUPERVISED, .policy = r.action,
		.channels = r.channels });

	sink += g.verdict;
}

static void parse(unsigned i)
{
	cJSON *v = cJSON_Parse(line);

	(void)i;
	sink += v != NULL;
	cJSON_Delete(v);
}

static void approve(unsigned i)
{
	struct approval p, q;
	struct arena a;

	arena_init(&a, 1u << 20);
	approval_new(&p, plan, plan, i);
	sink += approval_read(key, approval_write(&a, key, &p), &q);
	arena_release(&a);
}

static void hmac(unsigned i)
{
	static char kib[1024];
	struct str part = str_n(kib, sizeof(kib));
	unsigned char out[CRYPT_HASH];

	kib[0] = (char)i;
	for (int n = 0; n < 4; n++)
		crypt_hmac(str_n((const char *)key, CRYPT_KEY), &part, 1, out);
	sink += out[0];
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

/* Nanoseconds of one turn. */
static double measure(void (*fn)(unsigned i))
{
	double times[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		struct timespec t0, t1;

		clock_gettime(CLOCK_MONOTONIC, &t0);
		for (unsigned i = 0; i < TURNS; i++)
			fn(i);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		times[r] = ((double)(t1.tv_sec - t0.tv_sec) * 1e9 +
			    (double)(t1.tv_nsec - t0.tv_nsec)) / TURNS;
	}
	qsort(times, ROUNDS, sizeof(*times), by_value);
	return times[ROUNDS / 2];
}

int main(void)
{
	const char *message;
	struct arena a;
	double d, p, s, h;

	arena_init(&a, 1u << 20);
	policy = policy_load(&a, &(struct policy_files){ 0 }, &message);
	if (!policy)
		return 1;
	d = measure(decide);
	p = measure(parse);
	s = measure(approve);
	h = measure(hmac);
	dprintf(1, "gate: a decision %.0f ns, cJSON's parse of the call %.0f ns: %.1f %% (5 wanted)\n",
		d, p, 100 * d / p);
	dprintf(1, "gate: an approval made and checked %.0f ns, four HMACs of 1 KiB %.0f ns: "
		"%.2f times (1 wanted)\n", s, h, s / h);
	policy_free(policy);
	arena_release(&a);
	return sink == 0;
}
