/*
 * shared.c - small readers and common refusals of the tools.
 */
#include "tools/shared.h"

#include "base/os.h"

struct str at_str(const struct json *v, const char *pointer)
{
	return json_str(json_at(v, pointer));
}

const char *at_z(const struct json *v, const char *pointer)
{
	return json_z(json_at(v, pointer));
}

void put_found(struct call *c, struct json *out, const char *name, const struct json *v,
	       const char *pointer)
{
	const struct json *found = json_at(v, pointer);

	if (found)
		json_set(call_arena(c), out, name, json_copy(call_arena(c), found));
}

void put(struct call *c, struct json *out, const char *name, const struct json *v,
	 const char *pointer)
{
	const struct json *found = json_at(v, pointer);

	if (found)
		json_set(call_arena(c), out, name, json_copy(call_arena(c), found));
	else
		json_set_null(call_arena(c), out, name);
}

void put_str(struct call *c, struct json *out, const char *name, struct str s)
{
	if (s.n)
		json_set_str(call_arena(c), out, name, s);
	else
		json_set_null(call_arena(c), out, name);
}

struct str last_segment(struct str path)
{
	return str_after_last(path, '/');
}

bool found_in(struct str search, const struct str *texts, size_t count)
{
	if (!search.n)
		return true;
	for (size_t i = 0; i < count; i++)
		if (texts[i].n && str_contains_nocase(texts[i], search))
			return true;
	return false;
}

const char *utc_arg(struct call *c, const char *name)
{
	int64_t when;
	char text[25];

	/* The row's P_TIME has checked it already. */
	if (!os_parse_time(arg_str(c, name), &when))
		return "";
	os_format_time(when, text);
	return arena_printf(call_arena(c), "%s", text);
}

void filter_add(struct buf *b, const char *clause, const char *value, const char *quote)
{
	if (value[0])
		buf_addf(b, "%s%s%s%s%s", b->n ? " and " : "", clause, quote, value, quote);
}

bool wanted_status(const struct call *c, struct str status)
{
	return !arg_str(c, "status").n || str_eq_nocase(arg_str(c, "status"), status);
}

const char *odata_text(struct call *c, struct str s)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), 2 * s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		buf_addc(&b, s.p[i]);
		if (s.p[i] == '\'')
			buf_addc(&b, '\'');
	}
	return buf_c(&b);
}

void put_ids(struct call *c, struct json *out)
{
	static const char *const names[] = { "environmentName", "flowName", "runName" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (arg_str(c, names[i]).n)
			json_set_str(call_arena(c), out, names[i], arg_str(c, names[i]));
}

struct json *ids_of(struct call *c)
{
	struct json *v = json_new_object(call_arena(c));

	put_ids(c, v);
	return v;
}

/* Loops in loops: the engine allows eight levels of scopes. */
enum { MOST_LEVELS = 8 };

const char *repetition_arg(struct call *c)
{
	struct str s = str_trim(arg_str(c, "repetition"));
	struct buf b;
	unsigned levels = 0;

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_n(s.p + 1, s.n - 2);
	buf_init_in(&b, call_arena(c), 256);
	while (s.n) {
		size_t n = 0;
		uint64_t index;

		while (n < s.n && s.p[n] != '-' && s.p[n] != ',' && s.p[n] != '/')
			n++;
		if (!str_to_u64(str_trim(str_first(s, n)), &index) || index > 999999 ||
		    ++levels > MOST_LEVELS)
			return "";
		buf_addf(&b, "%s%06u", b.n ? "-" : "", (unsigned)index);
		s = str_from_at(s, n + 1);
	}
	return buf_c(&b);
}

struct json *listed(struct call *c, const char *name, struct json *list)
{
	struct json *out = json_new_object(call_arena(c));

	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(list));
	json_set(call_arena(c), out, name, list);
	return out;
}

/* ---- requests ---- */

struct fetch look_at(const struct url *u, unsigned flags)
{
	return (struct fetch){ .method = HTTP_GET, .url = u, .flags = FETCH_TOLERATE | flags };
}

struct fetch look_at_all(const struct url *u, const struct paging *p)
{
	return (struct fetch){ .url = u, .flags = FETCH_TOLERATE | FETCH_LARGE, .paging = p };
}

struct fetch look_at_flow(struct call *c)
{
	return look_at(url(c, HOST_FLOW, "/environments/%s/flows/%s", arg_z(c, "environmentName"),
			   arg_z(c, "flowName")),
		       FETCH_LARGE);
}

enum verdict look_at_flow_after(struct call *c, int64_t ms)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	*f = look_at_flow(c);
	return ms ? fetch_later(c, ms, f, 1) : fetch_each(c, f, 1);
}

const struct url *connections_url(struct call *c, const char *environment)
{
	return url(c, HOST_POWERAPPS, "/connections?$filter=environment%%20eq%%20'%s'",
		   environment);
}

bool came(const struct call *c, int stage, size_t i)
{
	return got(c, stage, i) != got(c, -1, 0);
}

/* ---- refusals ---- */

/* Recorded: a flow that is not shared with the caller answers as if it were a connection. */
bool is_not_owner(const struct answer *a)
{
	return a->err == ERR_NOT_OWNER ||
	       strcmp(a->service_code, "ConnectionAuthorizationFailed") == 0;
}

bool is_refused(const struct answer *a)
{
	return is_not_owner(a) || a->err == ERR_FORBIDDEN || a->err == ERR_CONNECTION_FORBIDDEN ||
	       a->status == 403;
}

enum verdict fail_not_owner(struct call *c, const struct answer *a)
{
	struct answer said = *a;

	said.err = ERR_NOT_OWNER;
	said.message = "the flow exists, but it is not shared with you";
	fail_answer(c, &said);
	hint(c,
	     "Its owner must add you as co-owner (Share, on the flow's page), or an administrator "
	     "of the environment must look (list_live_flows with mode admin shows such flows).");
	return FAIL;
}

enum verdict fail_read(struct call *c, const struct answer *a)
{
	if (is_not_owner(a))
		return fail_not_owner(c, a);
	fail_answer(c, a);
	if (a->err == ERR_NOT_FOUND && arg_str(c, "runName").n &&
	    strstr(a->service_code, "Flow") == NULL)
		hint(c, "Runs are kept 28 days. get_live_flow_runs lists the runs there are.");
	else if (a->err == ERR_NOT_FOUND)
		hint(c, "Check environment and id: list_live_flows lists the flows there are.");
	else if (strcmp(a->service_code, "EnvironmentAccessDenied") == 0)
		hint(c, "list_live_environments lists the environments that are open to you.");
	return FAIL;
}

/* ---- organisation ---- */

void organisation_fetches(struct call *c, struct fetch f[2])
{
	organisation_fetches_in(c, arg_z(c, "environmentName"), f);
}

void organisation_fetches_in(struct call *c, const char *environment, struct fetch f[2])
{
	f[0] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s", environment),
			       .flags = FETCH_OPTIONAL };
	f[1] = (struct fetch){ .url = url(c, HOST_BAP,
					  "/environments/%s?$select=name,"
					  "properties.linkedEnvironmentMetadata.instanceUrl,"
					  "properties.linkedEnvironmentMetadata.instanceApiUrl",
					  environment),
			       .flags = FETCH_OPTIONAL };
}

struct str organisation_of(const struct answer *flow, const struct answer *bap, bool *known)
{
	const struct answer *from[2] = { flow, bap };
	static const char *const where[] = {
		"/properties/linkedEnvironmentMetadata/instanceUrl",
		"/properties/linkedEnvironmentMetadata/instanceApiUrl",
	};

	*known = true;
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++)
			if (from[i]->err == ERR_OK && at_str(from[i]->json, where[k]).n)
				return at_str(from[i]->json, where[k]);
	/* The flow service may leave it out; only the other one surely has it. */
	*known = bap->err == ERR_OK;
	return S("");
}
