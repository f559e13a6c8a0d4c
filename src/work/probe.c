/*
 * probe.c - one token request per audience, and what each refusal means.
 */
#include "work/probe.h"

#include "work/aadsts.h"
#include "work/conf.h"
#include "work/permission.h"

struct probe {
	struct probe_options o;
	struct probe_row *rows;
	size_t count;
	struct loop_timer timer;
	bool told;
};

static const char *const state_names[] = {
	[PROBE_WAITING] = "not asked",
	[PROBE_OK] = "ok",
	[PROBE_CONSENT] = "consent missing",
	[PROBE_SECOND_FACTOR] = "second factor needed",
	[PROBE_BLOCKED] = "blocked",
	[PROBE_NOT_SET_UP] = "not set up",
	[PROBE_SIGN_IN] = "sign in again",
	[PROBE_FAILED] = "no answer",
};

const char *probe_state_name(enum probe_state s)
{
	return state_names[s];
}

static const enum probe_state by_class[] = {
	[AADSTS_WAIT] = PROBE_FAILED,	   [AADSTS_LOGIN] = PROBE_SIGN_IN,
	[AADSTS_CLAIMS] = PROBE_SECOND_FACTOR, [AADSTS_ADMIN] = PROBE_BLOCKED,
	[AADSTS_SETUP] = PROBE_NOT_SET_UP, [AADSTS_POLICY] = PROBE_BLOCKED,
	[AADSTS_TRANSIENT] = PROBE_FAILED,
};

static enum probe_state state_of(const struct auth_failure *f, const struct aadsts *row)
{
	if (row)
		return row->consent ? PROBE_CONSENT : by_class[row->class];
	if (f->err == ERR_NOT_SIGNED_IN || f->err == ERR_REAUTH_REQUIRED)
		return PROBE_SIGN_IN;
	return f->err == ERR_CONFIG ? PROBE_NOT_SET_UP : PROBE_FAILED;
}

static const char *command_after(const struct probe *p, const struct probe_row *row)
{
	return auth_command_after(p->o.auth, p->o.arena, row->audience, row->organisation,
				  str_from(row->service_code));
}

static const char *next_of(const struct probe *p, const struct probe_row *row,
			   const struct aadsts *code)
{
	struct arena *a = p->o.arena;

	switch (row->state) {
	case PROBE_CONSENT:
		return arena_printf(a, "%s; or, for an administrator, %s --letter",
				    command_after(p, row), auth_command(p->o.auth, a));
	case PROBE_SECOND_FACTOR:
	case PROBE_SIGN_IN:
		return command_after(p, row);
	default:
		return code ? code->next : "Try again in a few minutes.";
	}
}

static void refused(struct probe *p, struct probe_row *row, const struct auth_failure *f)
{
	struct arena *a = p->o.arena;
	const struct aadsts *code = aadsts_find(aadsts_code(str_from(f->service_code)));

	row->state = state_of(f, code);
	row->sentence = code ? aadsts_sentence(a, code, str_from(f->message)) :
			       str_c(a, str_first_utf8(str_from(f->message), 300));
	row->service_code = str_c(a, str_from(f->service_code));
	row->correlation = str_c(a, str_from(f->correlation));
	row->next = next_of(p, row, code);
}

static void finish(void *arg)
{
	struct probe *p = arg;

	p->o.on_done(p->o.arg);
}

static void ask(void *arg)
{
	struct probe_row *row = arg;
	struct probe *p = row->probe;
	struct auth_failure failure;
	struct auth_token token;

	switch (auth_get(p->o.auth, row->audience, row->organisation, &row->waiter, &token,
			 &failure)) {
	case AUTH_READY:
		row->state = PROBE_OK;
		row->scope = auth_scope(p->o.auth, p->o.arena, row->audience, row->organisation);
		break;
	case AUTH_FAILED:
		refused(p, row, &failure);
		break;
	case AUTH_WAIT:
		return;
	}
	for (size_t i = 0; i < p->count; i++)
		if (p->rows[i].state == PROBE_WAITING)
			return;
	if (p->told)
		return;
	p->told = true;
	loop_timer_set(p->o.loop, &p->timer, 0, finish, p);
}

struct probe *probe_start(const struct probe_options *o, struct probe_row *rows, size_t count)
{
	struct probe *p = arena_alloc(o->arena, sizeof(*p));

	*p = (struct probe){ .o = *o, .rows = rows, .count = count };
	for (size_t i = 0; i < count; i++) {
		rows[i].state = PROBE_WAITING;
		rows[i].sentence = rows[i].next = rows[i].service_code = rows[i].correlation =
			rows[i].scope = "";
		rows[i].waiter = (struct auth_waiter){ .fn = ask, .arg = &rows[i] };
		rows[i].probe = p;
	}
	for (size_t i = 0; i < count; i++)
		ask(&rows[i]);
	if (!count) {
		p->told = true;
		loop_timer_set(o->loop, &p->timer, 0, finish, p);
	}
	return p;
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	loop_timer_clear(&p->timer);
	for (size_t i = 0; i < p->count; i++)
		auth_wait_clear(&p->rows[i].waiter);
}

static void set_given(struct arena *a, struct json *v, const char *name, const char *text)
{
	if (text && *text)
		json_set_z(a, v, name, text);
}

struct json *probe_describe(struct arena *a, const struct conf *conf, const struct probe_row *row)
{
	struct json *v = json_new_object(a);

	json_set_z(a, v, "audience", audience_name(row->audience));
	if (row->organisation.n)
		json_set_str(a, v, "organisation", row->organisation);
	json_set_z(a, v, "state", probe_state_name(row->state));
	set_given(a, v, "code", row->service_code);
	set_given(a, v, "correlationId", row->correlation);
	set_given(a, v, "message", row->sentence);
	set_given(a, v, "next", row->next);
	set_given(a, v, "scope", row->scope);
	if (conf->read_only && row->state == PROBE_OK)
		json_set_z(a, v, "readOnlyBy",
			   permission_enforcer(row->audience, str_from(row->scope)));
	return v;
}
