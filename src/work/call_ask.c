/*
 * call_ask.c - questions in a call: put, waited for, answered.
 *
 * In the modern era a question ends the call, and the client repeats it with the sealed state;
 * in the legacy era the call waits on its timers.
 */
#include "work/call_life.h"

#include "base/os.h"

static struct json *state_of(struct call *c)
{
	struct json *state = json_new_object(c->arena), *keys = json_new_array(c->arena);

	unsigned char digest[CRYPT_HASH];
	struct buf hex;

	crypt_sha256(c->canonical, digest);
	buf_init_in(&hex, c->arena, 128);
	crypt_hex(&hex, str_bytes(digest, sizeof(digest)));
	for (size_t i = 0; i < c->question_count; i++)
		json_push(keys, json_new_z(c->arena, c->questions[i].key));
	json_set(c->arena, state, "q", keys);
	json_set(c->arena, state, "a", json_copy(c->arena, c->answers));
	json_set_int(c->arena, state, "r", c->rounds);
	json_set_str(c->arena, state, "d", buf_str(&hex));
	if (c->asked_before && gate_key(c->work))
		json_set(c->arena, state, "p",
			 approval_write(c->arena, gate_key(c->work), &c->asked));
	return state;
}

static void build_questions(struct call *c)
{
	c->reply = (struct reply){
		.kind = REPLY_QUESTIONS,
		.questions = c->questions,
		.question_count = c->question_count,
	};
	if (c->req.client.modern)
		c->reply.state = seal(c, "request-state", state_of(c));
	c->log_status = S("asked");
}

/* Questions to a person about a change: one at a time, and not for ever. */
static bool is_approval(const struct call *c)
{
	return c->question_count == 1 && strcmp(c->questions[0].key, "approve") == 0;
}

static void no_answer(void *arg)
{
	struct call *c = arg;

	fail(c, ERR_APPROVAL_REQUIRED, "the question was not answered in time");
	hint(c, "Nothing was changed. Call again to ask again.");
	gate_record(c, AUDIT_DECIDE, "unanswered", "elicit");
	c->waiting_for_answers = false;
	call_conclude_with(c, call_build_failure);
}

/* Hosts give up on calls that say nothing. */
static void heartbeat(void *arg)
{
	struct call *c = arg;

	progress(c, c->progress_last + 1, 0, "Waiting for a person's answer");
	loop_timer_set(c->work->loop, &c->timer, LIMIT_HEARTBEAT_MS, heartbeat, c);
}


static void ask_later(void *arg)
{
	call_asked(arg);
}

/* The one open question of this process; others wait for it in the call's own time. */
static bool take_prompt(struct call *c)
{
	struct work *w = c->work;

	if (w->prompt && w->prompt != c) {
		c->rounds--;
		loop_timer_set(w->loop, &c->timer, 50, ask_later, c);
		return false;
	}
	w->prompt = c;
	return true;
}

void call_asked(struct call *c)
{
	if (++c->rounds > LIMIT_ASK_ROUNDS || c->question_count == 0 || c->write_sent) {
		fail(c, ERR_INTERNAL, "%s asked at the wrong moment", c->tool->name);
		call_conclude_with(c, call_build_failure);
		return;
	}
	if (c->req.client.modern) {
		call_conclude_with(c, build_questions);
		return;
	}
	if (is_approval(c) && !take_prompt(c))
		return;
	build_questions(c);
	c->waiting_for_answers = true;
	loop_timer_clear(&c->deadline_timer);
	if (is_approval(c)) {
		/* Now, if it can be: the person may think for long.  Else it is written later. */
		(void)gate_write_records(c);
		loop_timer_set(c->work->loop, &c->deadline_timer, LIMIT_APPROVAL_MS, no_answer, c);
		loop_timer_set(c->work->loop, &c->timer, LIMIT_HEARTBEAT_MS, heartbeat, c);
	}
	c->req.on_reply(c->req.arg, &c->reply);
}

void call_restart(struct call *c)
{
	c->stage_count = 0;
	c->question_count = 0;
	c->waiting_for_answers = false;
	c->ticket = (struct ticket){ .klass = c->ticket.klass };
	if (c->work->prompt == c)
		c->work->prompt = NULL;
	c->deadline = os_now_ms() + LIMIT_CALL_MS;
	loop_timer_set(c->work->loop, &c->deadline_timer, LIMIT_CALL_MS, call_out_of_time, c);
	call_wake(c);
}

void call_answer(struct call *c, const char *key, const struct json *result)
{
	jmp_buf out;

	if (!c->waiting_for_answers || c->cancelled || json_get(c->answers, key))
		return;
	if (CALL_GUARD(c, &out)) {
		call_cancel(c);
		return;
	}
	json_set(c->arena, c->answers, key,
		 result ? json_copy(c->arena, result) : json_new_null(c->arena));
	c->arena->out = NULL;
	for (size_t i = 0; i < c->question_count; i++)
		if (!json_get(c->answers, c->questions[i].key))
			return;
	call_restart(c);
}

/* The answers of a modern retry: those that came before (sealed) and those to what was asked. */
bool call_open_state(struct call *c)
{
	struct json *state = unseal(c, "request-state", c->req.state);
	unsigned char digest[CRYPT_HASH];
	struct buf hex;

	crypt_sha256(c->canonical, digest);
	buf_init_in(&hex, c->arena, 128);
	crypt_hex(&hex, str_bytes(digest, sizeof(digest)));
	if (!state || !str_eq(json_get_str(state, "d"), buf_str(&hex)))
		return false;
	if (json_get(state, "p")) {
		if (!gate_key(c->work) ||
		    !approval_read(gate_key(c->work), json_get(state, "p"), &c->asked))
			return false;
		c->asked_before = true;
	}
	c->rounds = (unsigned)json_int(json_get(state, "r"), 0);
	JSON_EACH(v, json_get(state, "a"))
	json_set_n(c->arena, c->answers, json_name(v), json_copy(c->arena, v));
	JSON_EACH(key, json_get(state, "q"))
	{
		struct json *v = json_get_n(c->req.responses, json_str(key));

		if (json_type(v) == JSON_OBJECT)
			json_set_n(c->arena, c->answers, json_str(key), json_copy(c->arena, v));
	}
	return true;
}
