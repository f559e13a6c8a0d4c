/*
 * store_op.c - one operation on a store that does not wait.
 *
 * Kinds in files and in the kernel are done in the next turn of the loop; the keyring's are done
 * by a child program, whose answer is read line by line.
 */
#include "work/store_impl.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "wire/helper.h"
#include "wire/loop.h"

struct store_op {
	struct store *store;
	struct loop *loop;
	struct store_request r;
	struct secret *value; /* of a put, as given */
	struct loop_timer timer;
	struct helper *helper;
	struct buf text; /* the answer's lines; never grows, because the answer points into it */
	struct store_answer answer;
	bool waited_for; /* by store_wait: raw items, no memory of failures */
};

static void op_free(struct store_op *op)
{
	loop_timer_clear(&op->timer);
	helper_free(op->helper);
	secret_free(op->value);
	buf_free_wiped(&op->text);
	free(op);
}

static void finish(struct store_op *op, enum store_result r, struct secret *value)
{
	struct store_request done = op->r;

	op_free(op);
	done.on_done(done.arg, r, value);
}

/* ---- kinds that are done at once ---- */

static void do_now(void *arg)
{
	struct store_op *op = arg;
	struct secret *value = NULL;
	enum store_result r = STORE_OK;

	switch (op->r.verb) {
	case STORE_GET:
		r = store_get(op->store, op->r.name, &value);
		break;
	case STORE_PUT:
		r = store_put(op->store, op->r.name, op->value);
		break;
	case STORE_ERASE:
		r = store_erase(op->store, op->r.name);
		break;
	case STORE_UNLOCK:
		break;
	}
	finish(op, r, value);
}

/* ---- the helper ---- */

static void on_line(void *arg, struct str line)
{
	struct store_op *op = arg;
	size_t at = op->text.n;

	if (op->text.cap - op->text.n < line.n) {
		op->answer.bad = true;
		return;
	}
	buf_adds(&op->text, line);
	store_answer_line(&op->answer, line.n ? str_from_at(buf_str(&op->text), at) : S(""));
}

static void remember(struct store *s, enum store_result r)
{
	bool down = r >= STORE_LOCKED && r <= STORE_SLOW;

	s->rest_until = !down ? 0
			      : os_now_ms() + (r == STORE_SLOW ? LIMIT_KEYRING_REST_MS
							       : LIMIT_KEYRING_RETRY_MS);
	s->rest_result = r;
}

static void on_end(void *arg, int status)
{
	struct store_op *op = arg;
	struct store *s = op->store;
	struct secret *raw = NULL, *value = NULL;
	bool get = op->r.verb == STORE_GET;
	enum store_result r = store_helper_result(s, &op->answer, status, op->r.name,
						  get ? &raw : NULL);

	remember(s, r);
	if (op->waited_for) {
		value = raw;
		raw = NULL;
	} else if (get && r == STORE_OK) {
		r = store_unwrap(s, op->r.name, raw, &value);
	}
	secret_free(raw);
	finish(op, r, value);
}

static void not_started(void *arg)
{
	struct store_op *op = arg;

	finish(op, STORE_UNAVAILABLE, NULL);
}

/* Nothing but what leads to the bus: the helper finds it itself when these are not there. */
static const char *const *environment(struct arena *a)
{
	static const char *const names[] = { "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME",
					     "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	enum { NAMES = sizeof(names) / sizeof(*names) };
	const char **env = arena_array(a, NAMES + 1, sizeof(*env));
	size_t n = 0;

	for (size_t i = 0; i < NAMES; i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			env[n++] = arena_printf(a, "%s=%s", names[i], value);
	}
	return env;
}

static bool run_helper(struct store_op *op, struct arena *a, const struct secret *raw,
		       unsigned timeout_ms)
{
	static const char *const verbs[] = {
		[STORE_GET] = "get",
		[STORE_PUT] = "store",
		[STORE_ERASE] = "erase",
		[STORE_UNLOCK] = "unlock",
	};
	const char *argv[] = { "flowlatch-keyring", verbs[op->r.verb], NULL };
	const char *path = store_helper_path(a);
	struct store *s = op->store;
	struct buf request;
	bool ok;

	if (!path) {
		store_say(s, STORE_UNAVAILABLE, "flowlatch-keyring is not installed");
		store_advise(s, "Install flowlatch with its keyring helper, or choose another "
				"store: %s --store file", s->login_command);
		return false;
	}
	buf_init(&request, LIMIT_KEYRING_REQUEST);
	buf_room(&request, LIMIT_KEYRING_REQUEST);
	ok = s->dir && store_helper_request(s, &op->r, raw, &request);
	if (ok)
		op->helper = helper_start(op->loop, &(struct helper_request){
			.path = path,
			.argv = argv,
			.env = environment(a),
			.input = buf_str(&request),
			.pass_fd = op->r.lock,
			.timeout_ms = timeout_ms,
			.on_line = on_line,
			.on_end = on_end,
			.arg = op,
		});
	if (!op->helper)
		store_say(s, STORE_UNAVAILABLE, "%s: %s", path,
			  ok ? strerror(errno) : "the profile's directory cannot be named");
	buf_free_wiped(&request);
	return op->helper != NULL;
}

/* False when it cannot be started; the store says why. */
static bool start_helper(struct store_op *op, const struct secret *raw, unsigned timeout_ms)
{
	struct arena a;
	jmp_buf out;
	bool ok;

	arena_init(&a, 1u << 20);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		store_say(op->store, STORE_UNAVAILABLE, "memory is out");
		return false;
	}
	ok = run_helper(op, &a, raw, timeout_ms);
	arena_release(&a);
	return ok;
}

static struct store_op *begin(struct store *s, struct loop *l, const struct store_request *r,
			      const struct secret *raw, bool waited_for)
{
	struct store_op *op = calloc(1, sizeof(*op));
	unsigned limit = waited_for ? LIMIT_KEYRING_BLOCK_MS : LIMIT_KEYRING_MS;

	if (!op)
		return NULL;
	op->store = s;
	op->loop = l;
	op->r = *r;
	op->r.value = NULL;
	op->waited_for = waited_for;
	buf_init(&op->text, LIMIT_KEYRING_ANSWER);
	if (!buf_room(&op->text, LIMIT_KEYRING_ANSWER)) {
		op_free(op);
		return NULL;
	}
	s->written = 0;
	if (!start_helper(op, raw, r->verb == STORE_UNLOCK ? 0 : limit))
		loop_timer_set(l, &op->timer, 0, not_started, op);
	return op;
}

struct store_op *store_start(struct store *s, struct loop *l, const struct store_request *r)
{
	struct secret *raw = NULL;
	struct store_op *op;

	if (store_kind(s)->helper) {
		if (r->verb == STORE_PUT)
			raw = store_wrap(s, r->name, r->value);
		op = r->verb == STORE_PUT && !raw ? NULL : begin(s, l, r, raw, false);
		secret_free(raw);
		return op;
	}
	op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	op->store = s;
	op->loop = l;
	op->r = *r;
	op->value = r->value ? secret_copy(r->value) : NULL;
	op->r.value = NULL;
	if (r->value && !op->value) {
		op_free(op);
		return NULL;
	}
	loop_timer_set(l, &op->timer, 0, do_now, op);
	return op;
}

void store_cancel(struct store_op *op)
{
	if (op)
		op_free(op);
}

/* ---- waiting ---- */

struct waited {
	struct loop *loop;
	enum store_result result;
	struct secret *raw;
};

static void on_waited(void *arg, enum store_result r, struct secret *raw)
{
	struct waited *w = arg;

	w->result = r;
	w->raw = raw;
	loop_stop(w->loop);
}

enum store_result store_wait(struct store *s, const struct store_request *r, struct secret **out)
{
	struct store_request mine = *r;
	struct waited w = { .loop = NULL, .result = STORE_FAILED };
	struct store_op *op;

	/* What just failed would fail again, and everything else would wait for it. */
	if (os_now_ms() < s->rest_until)
		return store_helper_tell(s, store_result_name(s->rest_result));
	w.loop = loop_new();
	mine.on_done = on_waited;
	mine.arg = &w;
	op = w.loop ? begin(s, w.loop, &mine, r->value, true) : NULL;
	if (op)
		loop_run(w.loop);
	else
		store_say(s, STORE_FAILED, "memory is out");
	loop_free(w.loop);
	if (out && w.result == STORE_OK)
		*out = w.raw;
	else
		secret_free(w.raw);
	return w.result;
}
