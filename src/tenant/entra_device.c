/*
 * entra_device.c - the device authorization grant (RFC 8628, with Entra's error names).
 *
 * A code is approved by itself, by the control plane, or on the page of verification_uri.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra_parts.h"
#include "tenant/memory.h"
#include "tenant/route.h"
#include "text/crypt.h"

static struct list codes;

/* Codes that ended more than an hour ago are nobody's any more. */
static void forget_old(struct list *list)
{
	LIST_EACH_SAFE(node, list) {
		struct pending *p = LIST_ITEM(node, struct pending, node);

		if (p->expires && p->expires < clock_now() - TICKS_H) {
			list_remove(&p->node);
			free(p);
		}
	}
}

struct pending *entra_pending_new(struct list *list, struct request *q)
{
	struct pending *p = must_alloc(sizeof(*p));
	unsigned char bytes[33];
	struct buf b;

	if (!list->next)
		list_init(list);
	forget_old(list);
	crypt_random(bytes, sizeof(bytes));
	buf_init(&b, 64);
	crypt_b64url(&b, str_bytes(bytes, sizeof(bytes)));
	entra_copy(p->code, sizeof(p->code), buf_str(&b));
	buf_free(&b);
	entra_copy(p->tenant, sizeof(p->tenant), q->capture[0]);
	list_append(list, &p->node);
	return p;
}

static void user_code(char out[12])
{
	/* Without letters and digits that look alike. */
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ23456789";
	unsigned char bytes[9];

	crypt_random(bytes, sizeof(bytes));
	for (int i = 0; i < 9; i++)
		out[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	out[9] = 0;
}

static void device_code(struct request *q)
{
	struct str id = request_form(q, "client_id"), scope = request_form(q, "scope");
	const struct client *c = entra_client(id);
	struct str page, message, resource;
	struct pending *p;
	bool more;

	if (!entra_directory(q, NULL))
		return;
	if (!c) {
		entra_refuse(q, 700016, str_c(&q->mem, id));
		return;
	}
	resource = entra_resource(q, scope, &more);
	if (more || !resource.p || !entra_resource_known(q, resource)) {
		entra_refuse(q, more ? 28000 : resource.p ? 500011 : 70011, str_c(&q->mem, scope));
		return;
	}
	p = entra_pending_new(&codes, q);
	user_code(p->user_code);
	entra_copy(p->client, sizeof(p->client), id);
	entra_copy(p->scope, sizeof(p->scope), scope);
	p->expires = clock_now() + knobs.device_seconds * TICKS_S;
	p->interval = knobs.device_interval;
	p->strong = request_form(q, "claims").n > 0;
	page = str_fmt(&q->mem, "%.*s/device", STR_ARG(face_origin(q, FACE_LOGIN)));
	message = str_fmt(&q->mem,
			  "To sign in, use a web browser to open the page %.*s and enter the code "
			  "%s to authenticate.",
			  STR_ARG(page), p->user_code);
	emit(answer_begin(q, 200),
	     "{'user_code':'%s','device_code':'%s','verification_uri':'%S','expires_in':%l,"
	     "'interval':%l,'message':'%S'}",
	     p->user_code, p->code, page, knobs.device_seconds, knobs.device_interval, message);
}

static struct pending *find(struct str code, bool typed)
{
	if (codes.next)
		LIST_EACH(node, &codes) {
			struct pending *p = LIST_ITEM(node, struct pending, node);

			if (typed ? str_eq_nocase(code, str_from(p->user_code)) :
				    str_eq(code, str_from(p->code)))
				return p;
		}
	return NULL;
}

static void approve(struct tenant *t, struct pending *p, struct user *u)
{
	struct directory *d = tenant_directory(t, str_from(p->tenant));

	snprintf(p->user, sizeof(p->user), "%s", u->id);
	snprintf(p->directory, sizeof(p->directory), "%s", d ? d->id : u->home->id);
	p->state = PENDING_APPROVED;
}

static void redeem(struct request *q, struct pending *p)
{
	struct str scope = str_from(p->scope);
	struct grant *g;
	bool more;
	struct str resource = entra_resource(q, scope, &more);

	p->state = PENDING_SPENT;
	if (entra_policy(q, "device_code", resource, true, p->strong)) {
		stats_grant("device_code", knob_audience_of(resource), true);
		return;
	}
	g = entra_grant_new(p->user, p->directory, p->client, true);
	g->strong = p->strong;
	entra_give_tokens(q, g, scope, resource, "");
}

void entra_device_poll(struct request *q)
{
	struct pending *p = find(request_form(q, "device_code"), false);
	int64_t now = clock_now();
	bool early;

	if (!p || strcmp(p->client, str_c(&q->mem, request_form(q, "client_id")))) {
		entra_refuse(q, 70018, NULL);
		return;
	}
	/* Scripted polling errors come before the true state. */
	if (p->state == PENDING_WAITING && entra_scripted(q, "device_code", KA__MAX))
		return;
	early = p->last_poll && now - p->last_poll < p->interval * TICKS_S - TICKS_S / 4;
	p->last_poll = now;
	p->polls++;
	if (now >= p->expires) {
		entra_refuse(q, 70020, NULL);
	} else if (p->state == PENDING_SPENT) {
		entra_refuse(q, 70018, NULL);
	} else if (p->state == PENDING_DECLINED) {
		entra_refuse_plain(q, "authorization_declined", 0,
				   "The end user denied the authorization request.");
	} else if (p->state == PENDING_APPROVED) {
		redeem(q, p);
	} else if (early) {
		p->interval += 5;
		entra_refuse_plain(q, "slow_down", 0, "Polling is faster than the interval allows.");
	} else if (knobs.device == DEVICE_AUTO && p->polls > knobs.device_polls) {
		approve(q->tenant, p, &q->tenant->users[0]);
		redeem(q, p);
	} else {
		entra_refuse(q, 70016, NULL);
	}
}

static struct pending *newest(void)
{
	return codes.next && !list_empty(&codes) ? LIST_ITEM(codes.prev, struct pending, node) :
						   NULL;
}

bool entra_decide_device(struct tenant *t, const struct json *v, const char **why)
{
	struct str code = json_get_str(v, "userCode"), action = json_get_str(v, "action");
	struct pending *p = code.n ? find(code, true) : newest();
	struct user *u = json_get(v, "user") ? tenant_user(t, json_get_str(v, "user")) :
					       &t->users[0];

	*why = "no such code";
	if (!p)
		return false;
	*why = "no such user";
	if (!u)
		return false;
	*why = "action is approve, decline or expire";
	if (str_eq(action, S("approve")))
		approve(t, p, u);
	else if (str_eq(action, S("decline")))
		p->state = PENDING_DECLINED;
	else if (str_eq(action, S("expire")))
		p->expires = 0;
	else
		return false;
	return true;
}

/* ---- the page ---- */

static void html(struct request *q, unsigned status, const char *title, struct str inside)
{
	answer_text(q, status, "text/html; charset=utf-8",
		    str_fmt(&q->mem,
			    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s"
			    "</title></head><body><h1>%s</h1>%.*s</body></html>\n",
			    title, title, STR_ARG(inside)));
}

static void device_page(struct request *q)
{
	html(q, 200, "Practice sign-in: enter code",
	     S("<p>This is the practice tenant. No real account is involved. Continue only when you "
	       "started a sign-in yourself.</p><form method=\"post\" action=\"/device\"><input "
	       "name=\"user_code\" autocomplete=\"off\" placeholder=\"Code\"><button name=\"action\" "
	       "value=\"approve\">Continue</button><button name=\"action\" value=\"decline\">Cancel"
	       "</button></form>"));
}

static void device_decision(struct request *q)
{
	struct str name = request_form(q, "user");
	struct pending *p = find(request_form(q, "user_code"), true);
	struct user *u = name.n ? tenant_user(q->tenant, name) : &q->tenant->users[0];

	if (!p || !u || p->state != PENDING_WAITING || clock_now() >= p->expires) {
		html(q, 400, "That code did not work",
		     S("<p>Check the code and try again.</p>"));
		return;
	}
	if (str_eq(request_form(q, "action"), S("decline")))
		p->state = PENDING_DECLINED;
	else
		approve(q->tenant, p, u);
	html(q, 200, p->state == PENDING_DECLINED ? "Declined" : "You have signed in",
	     S("<p>You may close this window.</p>"));
}

void entra_device_free(void)
{
	while (codes.next && !list_empty(&codes)) {
		struct pending *p = LIST_ITEM(codes.next, struct pending, node);

		list_remove(&p->node);
		free(p);
	}
}

static const struct route rows[] = {
	{ FACE_LOGIN, "POST", "/{T}/oauth2/v2.0/devicecode", device_code, ROUTE_OPEN },
	{ FACE_LOGIN, "GET", "/device", device_page, ROUTE_OPEN },
	{ FACE_LOGIN, "POST", "/device", device_decision, ROUTE_OPEN },
};

const struct route_table device_routes = { rows, sizeof(rows) / sizeof(*rows) };
