/*
 * package_tools.c - export_live_flow: a flow as a package in a file of the person's.
 *
 * The service makes the package: it lists what belongs to the flow, is told to pack it, and gives
 * a link to the bytes when it is done.  None of that changes anything there, and the bytes go to
 * the folder that the person opened, never to the model.  Source: recorded answers and the
 * published command line client.
 */
#include "text/crypt.h"
#include "tools/table.h"
#include "tools/target.h"

/* From POLL on: looks at the operation until there is a link, then its bytes. */
enum { LOOK, PACK, POLL };
enum { LOOK_LIST = LOOK_OWN, LOOKS };
/* The portal asks every five seconds; most packages are done at once. */
enum { POLL_MS = 2000 };

#define BAP "/environments/%s"

static struct fetch post(struct call *c, const struct url *u, struct json *body)
{
	struct fetch *f = write_one(c, HTTP_POST, u, body);

	f->flags |= FETCH_READ | FETCH_LARGE;
	return *f;
}

static struct json *base_id(struct call *c)
{
	struct json *list = json_new_array(call_arena(c));

	json_push(list, json_new_str(call_arena(c),
				     str_fmt(call_arena(c), "/providers/Microsoft.Flow/flows/%s",
					     arg_z(c, "flowName"))));
	return list;
}

static enum verdict look(struct call *c)
{
	struct json *body = json_new_object(call_arena(c));
	struct fetch *f = requests(c, LOOKS);

	target_looks(c, f);
	json_set(call_arena(c), body, "baseResourceIds", base_id(c));
	f[LOOK_LIST] = post(c,
			    url(c, HOST_BAP, BAP "/listPackageResources?api-version=2016-11-01",
				arg_z(c, "environmentName")),
			    body);
	return fetch_each(c, f, LOOKS);
}

/* Flows are packed to be updated or made anew, everything else is chosen when it is imported. */
static struct json *resources(struct call *c)
{
	struct json *out = json_copy(call_arena(c),
				     json_get(got(c, LOOK, LOOK_LIST)->json, "resources"));

	JSON_EACH (r, out)
		json_set_z(call_arena(c), r, "suggestedCreationType",
			   str_eq(json_get_str(r, "type"), S("Microsoft.Flow/flows")) ? "Update"
										      : "Existing");
	return out;
}

static enum verdict pack(struct call *c)
{
	struct json *body = json_new_object(call_arena(c));
	struct json *details = json_new_object(call_arena(c));
	struct str name = at_str(got(c, LOOK, LOOK_FLOW)->json, "/properties/displayName");

	json_set(call_arena(c), body, "includedResourceIds", base_id(c));
	json_set_str(call_arena(c), details, "displayName", name);
	json_set_z(call_arena(c), details, "description", "");
	json_set_z(call_arena(c), details, "creator", "");
	json_set_str(call_arena(c), details, "sourceEnvironment",
		     at_str(got(c, LOOK, LOOK_ENVIRONMENT)->json, "/properties/displayName"));
	json_set(call_arena(c), body, "details", details);
	json_set(call_arena(c), body, "resources", resources(c));
	return fetch_one(c, post(c,
				 url(c, HOST_BAP, BAP "/exportPackage?api-version=2016-11-01",
				     arg_z(c, "environmentName")),
				 body));
}

/* What the service says when something cannot be packed: {status: "Failed", errors: [...]}. */
static enum verdict fail_packing(struct call *c, const struct json *said)
{
	const struct json *error = json_at(said, "/errors/0");
	struct str why = json_get_str(error, "message");

	fail(c, ERR_NOT_AVAILABLE, "the service does not export this flow: %s",
	     quoted(c, why.n ? why : S("it does not say why")));
	hint(c, "A flow of a solution is exported with its solution (in the portal). "
		"copy_live_flow copies one flow to another environment.");
	return FAIL;
}

static bool has_failed(const struct json *said)
{
	return str_eq_nocase(json_get_str(said, "status"), S("Failed"));
}

/* The operation's properties, or what was answered at once. */
static const struct json *operation(const struct answer *a)
{
	const struct json *p = json_get(a->json, "properties");

	return p ? p : a->json;
}

static const char *hex_digest(struct call *c, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[CRYPT_HASH];
	char *out = arena_alloc(call_arena(c), 2 * CRYPT_HASH + 1);
	struct crypt_hash *h = crypt_hash_new();

	crypt_hash_add(h, bytes);
	crypt_hash_end(h, sum);
	for (size_t i = 0; i < CRYPT_HASH; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	return out;
}

static enum verdict keep(struct call *c, struct str bytes)
{
	struct json *out;
	struct str path;

	if (!str_starts(bytes, S("PK"))) {
		fail(c, ERR_UPSTREAM, "what the service gave is no zip");
		return FAIL;
	}
	path = file_save(c, arg_str(c, "file"), bytes);
	if (!path.n)
		return FAIL;
	out = ids_of(c);
	put(c, out, "displayName", got(c, LOOK, LOOK_FLOW)->json, "/properties/displayName");
	json_set_str(call_arena(c), out, "file", arg_str(c, "file"));
	json_set_str(call_arena(c), out, "path", path);
	json_set_int(call_arena(c), out, "bytes", (int64_t)bytes.n);
	json_set_z(call_arena(c), out, "sha256", hex_digest(c, bytes));
	return done(c, out);
}

static enum verdict ask_again(struct call *c)
{
	struct fetch *f = requests(c, 1);
	const struct answer *first = got(c, PACK, 0);

	if (!first->location[0]) {
		fail(c, ERR_UPSTREAM, "the service gave neither a package nor a place to ask for it");
		return FAIL;
	}
	*f = look_at(url_link(c, HOST_BAP, str_from(first->location)), FETCH_LARGE);
	return fetch_later(c, POLL_MS, f, 1);
}

static enum verdict download(struct call *c, struct str link)
{
	return fetch_one(c, look_at(url_content(c, link), FETCH_ANY | FETCH_LARGE));
}

/* From the packing on, answer by answer. */
static enum verdict follow(struct call *c)
{
	for (int at = PACK; at < call_stage(c); at++) {
		const struct answer *a = got(c, at, 0);
		const struct json *said = operation(a);
		struct str link = at_str(said, "/packageLink/value");

		if (a->err != ERR_OK)
			return fail_answer(c, a);
		if (has_failed(said))
			return fail_packing(c, said);
		if (!link.n)
			continue;
		if (call_stage(c) == at + 1)
			return download(c, link);
		if (got(c, at + 1, 0)->err != ERR_OK)
			return fail_answer(c, got(c, at + 1, 0));
		return keep(c, got(c, at + 1, 0)->text);
	}
	return ask_again(c);
}

static enum verdict export_step(struct call *c)
{
	const struct answer *flow = got(c, LOOK, LOOK_FLOW), *list = got(c, LOOK, LOOK_LIST);

	/* Before the service works for nothing. */
	if (call_stage(c) == LOOK)
		return file_can_save(c, arg_str(c, "file")) ? look(c) : FAIL;
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (list->err != ERR_OK)
		return fail_answer(c, list);
	if (has_failed(list->json))
		return fail_packing(c, list->json);
	return call_stage(c) == PACK ? pack(c) : follow(c);
}

static const struct param export_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "file", JSON_STRING, P_REQUIRED,
	  "Name of the new file in the person's folder, such as orders.zip.", .max = 200 },
	{ 0 },
};

static const struct field export_fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "displayName", JSON_STRING, "Its name", .nullable = true },
	{ "file", JSON_STRING, "As given" },
	{ "path", JSON_STRING, "Where it is" },
	{ "bytes", JSON_NUMBER, "Size" },
	{ "sha256", JSON_STRING, "Of the file" },
	{ 0 },
};

const struct tool tool_export_live_flow = {
	.name = "export_live_flow",
	.title = "Export a flow",
	.description = "Has the service pack one flow and keeps the package as a new file in the "
		       "folder that the person opened (key files); changes nothing else. To read a "
		       "definition use get_live_flow.",
	.toolset = "lifecycle",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.open_world = true,
	.params = export_params,
	.result = export_fields,
	.step = export_step,
};
