/*
 * trigger_kinds.c - how a run of each kind of trigger can be started from outside.
 *
 * Sources: the service's documentation of triggers and of OAuth for HTTP request triggers; the
 * workflow definition language's schema (type, kind, inputs of Request triggers); what published
 * clients call for button flows.
 */
#include "tools/trigger_kinds.h"

#include "tools/shared.h"

/* The first row that fits; a NULL kind fits every one. */
static const struct {
	const char *type, *kind;
	enum start_way way;
	const char *instead;
} kinds[] = {
	{ "Request", "Http", START_CALLBACK, NULL },
	{ "Request", "", START_CALLBACK, NULL },
	{ "Request", "TeamsWebhook", START_CALLBACK, NULL },
	{ "Request", "Button", START_RUN, NULL },
	{ "Request", "PowerApp", START_RUN, NULL },
	{ "Request", "PowerAppV2", START_RUN, NULL },
	{ "Request", "PowerPages", START_RUN, NULL },
	{ "Request", "Skills", START_RUN, NULL },
	{ "Request", "VirtualAgent", START_RUN, NULL },
	{ "Request", "ApiConnection", START_NONE,
	  "somebody selects an item in SharePoint, Excel or Teams" },
	{ "Request", NULL, START_RUN, NULL },
	{ "Recurrence", NULL, START_ALONE, NULL },
	{ "SlidingWindow", NULL, START_ALONE, NULL },
	{ "HttpWebhook", NULL, START_NONE, "the service that it is subscribed to calls back" },
	{ "Http", NULL, START_NONE, "the address that it looks at has something new" },
	{ NULL, NULL, START_NONE, "something happens at its connector" },
};

static enum http_method method_of(struct str name)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{ "GET", HTTP_GET }, { "PUT", HTTP_PUT }, { "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE }, { "HEAD", HTTP_HEAD },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (str_eq_nocase(name, str_from(methods[i].name)))
			return methods[i].method;
	return HTTP_POST;
}

static bool is_kind(const struct trigger_facts *f, const char *type, const char *kind)
{
	return str_eq_nocase(f->type, str_from(type)) &&
	       (!kind || str_eq_nocase(f->kind, str_from(kind)));
}

struct trigger_facts trigger_facts(struct arena *a, const struct json *flow)
{
	const struct json *t = json_first(json_at(flow, "/properties/definition/triggers"));
	struct str auth = at_str(t, "/inputs/triggerAuthenticationType");
	struct trigger_facts f = {
		.trigger = t,
		.name = str_c(a, json_name(t)),
		.type = json_get_str(t, "type"),
		.kind = json_get_str(t, "kind"),
		.auth = auth.n ? str_c(a, auth) : "All",
		.method = method_of(at_str(t, "/inputs/method")),
		.schema = json_at(t, "/inputs/schema"),
		.path = at_str(t, "/inputs/relativePath"),
	};
	size_t i = 0;

	while (kinds[i].type && !is_kind(&f, kinds[i].type, kinds[i].kind))
		i++;
	f.way = kinds[i].way;
	f.instead = kinds[i].instead;
	f.signed_in = f.way == START_CALLBACK && auth.n && !str_eq_nocase(auth, S("All"));
	if (str_starts(f.path, S("/")))
		f.path = str_from_at(f.path, 1);
	return f;
}

const char *trigger_missing(struct call *c, const struct trigger_facts *t, const struct json *body)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), 4096);
	JSON_EACH (v, json_get(t->schema, "required"))
		if (json_str(v).n && !json_get_n(body, json_str(v)))
			buf_addf(&b, "%s%s", b.n ? ", " : "", quoted(c, json_str(v)));
	return buf_ok(&b) ? buf_c(&b) : "too many to name";
}
