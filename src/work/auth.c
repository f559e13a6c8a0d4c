/*
 * auth.c - access tokens out of one refresh token: who has which, and what is known of them.
 *
 * How a token is refreshed is auth_refresh.c; what the token endpoint says, auth_answer.c.
 */
#include "work/auth_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/aadsts.h"
#include "work/permission.h"

enum { MOST_SLOTS = 64 }; /* audiences and Dataverse organisations */

/* ---- small things ---- */

void auth_set_text(char **field, struct str s)
{
	free(*field);
	*field = strndup(s.p ? s.p : "", s.n);
}

struct auth *auth_new(const struct auth_options *o)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->o = *o;
	a->lock = -1;
	list_init(&a->slots);
	return a;
}

static void free_slot(struct slot *s)
{
	LIST_EACH_SAFE(pos, &s->waiters)
	list_remove(pos);
	list_remove(&s->link);
	secret_free(s->token);
	free(s->organisation);
	free(s->scope_granted);
	free(s->claims);
	free(s->message);
	free(s->service_code);
	free(s->correlation);
	free(s);
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	loop_timer_clear(&a->timer);
	http_cancel(a->transfer);
	store_cancel(a->op);
	os_unlock(a->lock);
	LIST_EACH_SAFE(pos, &a->slots)
	free_slot(LIST_ITEM(pos, struct slot, link));
	secret_free(a->refresh_token);
	secret_free(a->unsaved);
	secret_free(a->access);
	free(a->refused_code);
	free(a->refused_message);
	free(a->advice);
	free(a->object_id);
	free(a->tenant_id);
	free(a->name);
	free(a->username);
	free(a);
}

void auth_wait_clear(struct auth_waiter *w)
{
	if (w->link.next)
		list_remove(&w->link);
}

static struct slot *find_slot(const struct auth *a, enum audience aud, struct str organisation)
{
	LIST_EACH(pos, &a->slots)
	{
		struct slot *s = LIST_ITEM(pos, struct slot, link);

		if (s->audience == aud && str_eq(str_from(s->organisation), organisation))
			return s;
	}
	return NULL;
}

static struct slot *make_slot(struct auth *a, enum audience aud, struct str organisation)
{
	struct slot *s = a->slot_count < MOST_SLOTS ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->audience = aud;
	auth_set_text(&s->organisation, organisation);
	list_init(&s->waiters);
	list_append(&a->slots, &s->link);
	a->slot_count++;
	return s;
}

const char *auth_command(const struct auth *a, struct arena *arena)
{
	const struct conf *conf = a->o.conf;

	if (a->locked)
		return "flowlatch unlock";
	if (conf->profile && strcmp(conf->profile, "default") != 0)
		return arena_printf(arena, "flowlatch login --profile %s", conf->profile);
	return "flowlatch login";
}

const char *auth_command_after(const struct auth *a, struct arena *arena, enum audience aud,
			       struct str organisation, struct str service_code)
{
	const struct aadsts *row = aadsts_find(aadsts_code(service_code));
	const char *command = auth_command(a, arena);

	if (!row || a->locked)
		return command;
	if (row->class == AADSTS_POLICY && strstr(row->next, "--browser"))
		return arena_printf(arena, "%s --browser", command);
	if (row->class != AADSTS_CLAIMS || aud == AUD_FLOW || aud == AUD_NONE)
		return command;
	if (aud == AUD_DATAVERSE)
		return arena_printf(arena, "%s --audience %.*s", command, STR_ARG(organisation));
	return arena_printf(arena, "%s --audience %s", command, audience_name(aud));
}

const char *auth_advice(const struct auth *a)
{
	return a->advice && a->advice[0] ? a->advice : NULL;
}

/* ---- asking for a token ---- */

static enum auth_state tell_failure(const struct slot *s, struct auth_failure *f)
{
	*f = (struct auth_failure){
		.err = s->err,
		.message = auth_text(s->message),
		.service_code = auth_text(s->service_code),
		.correlation = auth_text(s->correlation),
		.retry_after_s = s->retry_after_s,
	};
	return AUTH_FAILED;
}

enum auth_state auth_get(struct auth *a, enum audience aud, struct str organisation,
			 struct auth_waiter *w, struct auth_token *out,
			 struct auth_failure *failure)
{
	struct slot *s = find_slot(a, aud, organisation);
	int64_t now = os_now_ms();
	bool usable;

	if (!s)
		s = make_slot(a, aud, organisation);
	if (!s) {
		*failure = (struct auth_failure){ .err = ERR_TOO_LARGE,
						  .message = "too many organisations at once",
						  .service_code = "", .correlation = "" };
		return AUTH_FAILED;
	}
	auth_forget_former_account(a);
	usable = s->token && now < s->expires;
	/* Past its renewal time a token is still good while a renewal just failed. */
	if (usable && (now < s->renew || (s->err != ERR_OK && now < s->failed_until))) {
		*out = (struct auth_token){ s->token, s->serial };
		return AUTH_READY;
	}
	/* Those who waited for a refresh are told how it failed, remembered or not. */
	if (w->told || (!s->wanted && now < s->failed_until && s->err != ERR_REAUTH_REQUIRED)) {
		w->told = false;
		return tell_failure(s, failure);
	}
	if (!w->link.next)
		list_init(&w->link);
	list_remove(&w->link);
	list_append(&s->waiters, &w->link);
	if (!s->wanted) {
		s->wanted = true;
		if (!a->now)
			auth_next_refresh(a);
	}
	return AUTH_WAIT;
}

void auth_rejected(struct auth *a, enum audience aud, struct str organisation,
		   unsigned long serial, struct str claims)
{
	struct slot *s = find_slot(a, aud, organisation);

	if (!s || s->serial != serial || !s->token)
		return;
	secret_free(s->token);
	s->token = NULL;
	s->err = ERR_OK;
	auth_set_text(&s->claims, claims);
}

/* ---- what is known ---- */

struct auth_identity auth_identity(const struct auth *a)
{
	return (struct auth_identity){ auth_text(a->object_id), auth_text(a->tenant_id),
				       auth_text(a->name),
				       auth_text(a->username) };
}

struct json *auth_describe(const struct auth *a, struct arena *arena)
{
	struct json *list = json_new_array(arena);
	int64_t now = os_now_ms();

	LIST_EACH(pos, &a->slots)
	{
		const struct slot *s = LIST_ITEM(pos, struct slot, link);
		struct json *v = json_new_object(arena);

		json_set_z(arena, v, "audience", audience_name(s->audience));
		json_set_z(arena, v, "state", s->token && now < s->expires ? "ok"
					      : s->err != ERR_OK	   ? err_name(s->err)
									   : "none");
		json_set_z(arena, v, "scope", auth_text(s->scope_granted));
		if (a->o.conf->read_only)
			json_set_z(arena, v, "readOnlyBy",
				   permission_enforcer(s->audience,
						       str_from(auth_text(s->scope_granted))));
		json_set_int(arena, v, "expiresInSeconds",
			     s->token && s->expires > now ? (s->expires - now) / 1000 : 0);
		json_push(list, v);
	}
	return list;
}

const char *auth_scope(const struct auth *a, struct arena *arena, enum audience aud,
		       struct str organisation)
{
	const struct slot *s = find_slot(a, aud, organisation);

	return s ? str_c(arena, str_from(auth_text(s->scope_granted))) : "";
}

struct auth_stats auth_stats(const struct auth *a)
{
	return a->stats;
}
