/*
 * route.c - from host and path to the function that answers.
 *
 * Knows host names and patterns; must not know what the answers hold.
 */
#include "tenant/route.h"

#include "tenant/emit.h"
#include "tenant/token.h"

static const struct route_table *const tables[] = {
	&control_routes,
	&content_routes,
	&entra_routes,
	&device_routes,
	&browser_routes,
	&flow_routes,
	&flow_write_routes,
	&flow_share_routes,
	&flow_check_routes,
	&practice_routes,
	&practice_show_routes,
	&run_routes,
	&repetition_routes,
	&trace_routes,
	&approval_routes,
	&trigger_routes,
	&invoke_routes,
	&connection_routes,
	&connector_routes,
	&picker_routes,
	&connection_write_routes,
	&bap_routes,
	&package_routes,
	&import_routes,
	&powerplatform_routes,
	&dataverse_routes,
	&dataverse_more_routes,
	&dataverse_variable_routes,
};

/* ---- faces ---- */

static const struct {
	const char *label; /* before ".practice.localhost" */
	enum face face;
} hosts[] = {
	{ "login", FACE_LOGIN },
	{ "flow", FACE_FLOW },
	{ "powerapps", FACE_POWERAPPS },
	{ "bap", FACE_BAP },
	{ "powerplatform", FACE_POWERPLATFORM },
	{ "content", FACE_CONTENT },
	{ "management", FACE_MANAGEMENT },
};

/* On plain "localhost" the path alone says which face is meant. */
static const struct {
	const char *prefix;
	enum face face;
} prefixes[] = {
	{ "/providers/Microsoft.ProcessSimple/", FACE_FLOW },
	{ "/providers/Microsoft.Flow/", FACE_FLOW },
	{ "/providers/Microsoft.PowerApps/", FACE_POWERAPPS },
	{ "/providers/Microsoft.BusinessAppPlatform/", FACE_BAP },
	{ "/providers/PowerPlatform.Governance/", FACE_BAP },
	{ "/connectivity/environments/", FACE_POWERPLATFORM },
	{ "/environmentmanagement/", FACE_POWERPLATFORM },
	{ "/powerautomate/environments/", FACE_POWERPLATFORM },
	{ "/powerautomate/automations/direct/", FACE_CONTENT },
	{ "/packages/", FACE_CONTENT },
	{ "/apim/", FACE_CONTENT },
	{ "/powerautomate/", FACE_ENVIRONMENT },
	{ "/connectivity/", FACE_ENVIRONMENT },
	{ "/api/data/", FACE_DATAVERSE },
	{ "/__practice/", FACE_CONTROL },
	{ "/", FACE_LOGIN },
};

static enum face face_of_path(struct str path)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (str_starts_nocase(path, str_from(prefixes[i].prefix)))
			return prefixes[i].face;
	return FACE_NONE;
}

void route_face(struct request *q)
{
	struct str rest = q->host;

	if (str_starts(q->path, S("/__practice/"))) {
		q->face = FACE_CONTROL;
		return;
	}
	if (!str_ends(q->host, S(".practice.localhost"))) {
		q->face = face_of_path(q->path);
		return;
	}
	rest.n -= sizeof(".practice.localhost") - 1;
	if (str_ends(rest, S(".environment"))) {
		q->face = FACE_ENVIRONMENT;
		return;
	}
	if (str_ends(rest, S(".crm"))) {
		q->face = FACE_DATAVERSE;
		return;
	}
	/* Regional sub-domains belong to the same face. */
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct str label = str_from(hosts[i].label);

		if (str_eq(rest, label) ||
		    (str_ends(rest, label) && rest.p[rest.n - label.n - 1] == '.'))
			q->face = hosts[i].face;
	}
}

/* ---- patterns ---- */

static bool match(struct request *q, const struct route *r, struct str path)
{
	struct str pattern = str_from(r->pattern), want, have;

	q->captures = 0;
	while (str_cut(&pattern, '/', &want)) {
		bool last = !pattern.p;

		if ((r->flags & ROUTE_REST) && last && path.p && q->captures < TENANT_CAPTURES) {
			q->capture[q->captures++] = str_unpercent(&q->mem, path, false);
			return true;
		}
		if (!str_cut(&path, '/', &have))
			return false;
		if (want.n && want.p[0] == '{') {
			/* {X} takes a segment; {X}(…) and the like end in literal text. */
			size_t close = (size_t)str_find_char(want, '}') + 1;
			struct str tail = str_from_at(want, close);

			if (!have.n || !str_ends_nocase(have, tail) ||
			    q->captures == TENANT_CAPTURES)
				return false;
			have.n -= tail.n;
			q->capture[q->captures++] = str_unpercent(&q->mem, have, false);
		} else if (want.n && str_find_char(want, '{') > 0) {
			/* name({X}) of OData */
			size_t open = (size_t)str_find_char(want, '{');
			struct str tail =
				str_from_at(want, (size_t)str_find_char(want, '}') + 1);

			if (have.n < open + tail.n ||
			    !str_eq_nocase(str_first(have, open), str_first(want, open)) ||
			    !str_ends_nocase(have, tail) || q->captures == TENANT_CAPTURES)
				return false;
			q->capture[q->captures++] = str_unpercent(
				&q->mem, str_n(have.p + open, have.n - open - tail.n), false);
		} else if (!str_eq_nocase(want, have)) {
			return false;
		}
	}
	return !path.p;
}

/* Takes "/scopes/admin" out of "/providers/X/scopes/admin/...". */
static struct str without_admin(struct request *q, bool *admin)
{
	ptrdiff_t at = str_find(q->path, S("/scopes/admin/"));

	*admin = at > 0 && str_starts(q->path, S("/providers/"));
	if (!*admin)
		return q->path;
	return str_fmt(&q->mem, "%.*s%s", (int)at, q->path.p,
		       str_c(&q->mem, str_from_at(q->path, (size_t)at + 13)));
}

static const struct route *find(struct request *q, bool *known_path)
{
	bool admin;
	struct str path = without_admin(q, &admin);

	*known_path = false;
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct route *r = &tables[t]->rows[i];

			if (r->face != q->face ||
			    (admin && !(r->flags & (ROUTE_ADMIN | ROUTE_ADMIN_ONLY))) ||
			    (!admin && (r->flags & ROUTE_ADMIN_ONLY)) || !match(q, r, path))
				continue;
			*known_path = true;
			if (!str_eq(q->method, str_from(r->method)))
				continue;
			q->admin = admin;
			return r;
		}
	return NULL;
}

const char *route_pattern(struct request *q)
{
	bool known;
	const struct route *r = find(q, &known);

	return r ? r->pattern : "";
}

static bool needs_version(const struct request *q, const struct route *r)
{
	if (r->flags & (ROUTE_ANY_VERSION | ROUTE_OPEN))
		return false;
	return q->face != FACE_DATAVERSE && q->face != FACE_CONTROL && q->face != FACE_LOGIN;
}

void route_request(struct request *q)
{
	bool known;
	const struct route *r = find(q, &known);
	bool writes = !str_eq(q->method, S("GET")) && !str_eq(q->method, S("HEAD"));

	if (!r) {
		answer_error(q, SE_ROUTE_NOT_FOUND, str_c(&q->mem, q->path), NULL, NULL);
		return;
	}
	if (!(r->flags & ROUTE_OPEN)) {
		if (!token_check(q))
			return;
		if (needs_version(q, r) && !request_query(q, "api-version").p) {
			answer_error(q, SE_MISSING_API_VERSION, NULL, NULL, NULL);
			return;
		}
		if (writes && !(r->flags & ROUTE_READ) && !token_may_write(q))
			return;
		if (q->admin && !q->caller.admin) {
			answer_error(q, SE_ADMIN_ROLE, NULL, NULL, NULL);
			return;
		}
	}
	r->handle(q);
}
