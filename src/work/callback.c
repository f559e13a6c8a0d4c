/*
 * callback.c - callback URLs of triggers: agreed to by their trigger, sent with what
 * listCallbackUrl said in the same call, shown without what is secret.
 *
 * Sources: the service's documentation of HTTP request triggers (a signature, or a token and no
 * signature); recorded answers of listCallbackUrl.
 */
#include "work/call_priv.h"

/* Behind it stands the trigger's relative path. */
#define INVOKE "/paths/invoke"

static struct str trigger_path(struct call *c, const char *trigger)
{
	return url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers/%s",
		   json_get_z(c->args, "environmentName"), json_get_z(c->args, "flowName"), trigger)
		->text;
}

/* Without the query. */
static struct str path_part(struct str text)
{
	struct str path;

	str_cut(&text, '?', &path);
	return path;
}

const struct url *url_callback(struct call *c, const struct callback *cb)
{
	struct url *u = arena_alloc(c->arena, sizeof(*u));
	struct str path = path_part(trigger_path(c, cb->trigger));

	*u = (struct url){
		.row = HOST_TRIGGER,
		.kind = LINK_CALLBACK,
		.of = str_fmt(c->arena, "%.*s" INVOKE "%s%s%s%s", STR_ARG(path),
			      cb->path[0] ? "/" : "", cb->path, cb->query[0] ? "?" : "",
			      cb->query),
		.text = S(""),
		.bearer = cb->signed_in,
	};
	return u;
}

/* The answer is to the request that it should be of. */
static bool is_of(const struct call *c, const struct answer *a, struct str trigger)
{
	for (int i = 0; i < c->stage_count; i++)
		for (size_t k = 0; k < c->stages[i].count; k++) {
			const struct url *u = c->stages[i].fetches[k].url;
			struct str path = path_part(u->text);

			if (&c->stages[i].answers[k] == a)
				return u->kind == LINK_OWN && u->row == HOST_FLOW &&
				       str_starts(path, trigger) &&
				       str_eq(str_from_at(path, trigger.n), S("/listCallbackUrl"));
		}
	return false;
}

static bool is_signature(struct str parameter)
{
	return str_starts(parameter, S("sig=")) || str_starts(parameter, S("sp=")) ||
	       str_starts(parameter, S("sv=")) || str_starts(parameter, S("se="));
}

static void add_query(struct buf *b, struct str query, bool keep_signature)
{
	struct str one;

	while (query.n && str_cut(&query, '&', &one)) {
		if (!one.n || (!keep_signature && is_signature(one)))
			continue;
		buf_addc(b, str_find_char(buf_str(b), '?') < 0 ? '?' : '&');
		buf_adds(b, one);
	}
}

const struct url *callback_link(struct call *c, const struct url *declared, const struct answer *a)
{
	struct str link = json_str(json_at(a->json, "/response/value")), path, own, tail, trigger;
	ptrdiff_t at = str_find(declared->of, S(INVOKE)), end;
	struct url *u;
	struct buf b;

	/* Some answers have it at the top. */
	if (!link.n)
		link = json_get_str(a->json, "value");
	trigger = str_first(declared->of, at < 0 ? 0 : (size_t)at);
	if (a->err != ERR_OK || !link.n || declared->kind != LINK_CALLBACK || at < 0 ||
	    !is_of(c, a, trigger))
		return NULL;
	tail = str_from_at(declared->of, (size_t)at + sizeof(INVOKE) - 1);
	own = path_part(tail);
	path = path_part(link);
	/* The template of a relative path stands where what was made of it belongs. */
	end = str_find(path, S(INVOKE));
	buf_init_in(&b, c->arena, LIMIT_URL);
	buf_adds(&b, end < 0 ? path : str_first(path, (size_t)end + sizeof(INVOKE) - 1));
	buf_adds(&b, own);
	add_query(&b, str_from_at(link, path.n + 1), !declared->bearer);
	add_query(&b, str_from_at(tail, own.n + 1), true);
	if (!buf_ok(&b))
		return NULL;
	u = arena_alloc(c->arena, sizeof(*u));
	*u = *declared;
	u->text = buf_str(&b);
	return u;
}

const char *callback_shown(struct call *c, const struct url *u)
{
	struct str path = path_part(u->text);

	/* The redactor knows by the query that the rest may be shown. */
	return arena_printf(c->arena, "%.*s%s", STR_ARG(path), path.n < u->text.n ? "?***" : "");
}
