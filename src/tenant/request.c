/*
 * request.c - reading requests and building answers.
 *
 * Must not know routes, MHD or what the answers mean.
 */
#include "tenant/request.h"

#include "tenant/control.h"
#include "tenant/emit.h"

static struct str pair_value(struct request *q, struct str pairs, const char *name)
{
	struct str pair;

	while (str_cut(&pairs, '&', &pair)) {
		struct str value = pair, key;

		str_cut(&value, '=', &key);
		if (str_eq_nocase(str_unpercent(&q->mem, key, true), str_from(name)))
			return value.p ? str_unpercent(&q->mem, value, true) : S("");
	}
	return (struct str){ NULL, 0 };
}

struct str request_query(struct request *q, const char *name)
{
	return pair_value(q, q->query, name);
}

struct str request_form(struct request *q, const char *name)
{
	return pair_value(q, q->body, name);
}

struct json *request_json(struct request *q)
{
	if (!str_trim(q->body).n)
		return json_new_object(&q->mem);
	return json_parse(&q->mem, q->body, JSON_ANSWER, NULL);
}

const char *request_language(struct request *q)
{
	const char *fixed = control_language();
	struct str wanted = request_header(q, "Accept-Language");

	if (fixed)
		return fixed;
	if (str_starts_nocase(wanted, S("de")))
		return "de";
	if (str_starts_nocase(wanted, S("nb")) || str_starts_nocase(wanted, S("no")))
		return "nb";
	return "en";
}

static const struct {
	const char *name, *label;
} faces[FACE__MAX] = {
	[FACE_NONE] = { "none", "" },
	[FACE_LOGIN] = { "login", "login.practice." },
	[FACE_FLOW] = { "flow", "flow.practice." },
	[FACE_POWERAPPS] = { "powerapps", "powerapps.practice." },
	[FACE_BAP] = { "bap", "bap.practice." },
	[FACE_POWERPLATFORM] = { "powerplatform", "powerplatform.practice." },
	[FACE_ENVIRONMENT] = { "environment", "" },
	[FACE_DATAVERSE] = { "dataverse", "" },
	[FACE_CONTENT] = { "content", "content.practice." },
	[FACE_MANAGEMENT] = { "management", "management.practice." },
	[FACE_CONTROL] = { "control", "" },
};

const char *face_name(enum face f)
{
	return faces[f].name;
}

struct str face_origin(struct request *q, enum face f)
{
	return str_fmt(&q->mem, "https://%slocalhost%.*s", faces[f].label, STR_ARG(q->port));
}

struct str organization_origin(struct request *q, const struct environment *e)
{
	return str_fmt(&q->mem, "https://%s.crm.practice.localhost%.*s", e->organization,
		       STR_ARG(q->port));
}

struct str environment_origin(struct request *q, const struct environment *e)
{
	return str_fmt(&q->mem, "https://%s.environment.practice.localhost%.*s", e->host_id,
		       STR_ARG(q->port));
}

void answer_header(struct request *q, const char *name, struct str value)
{
	struct answer *an = &q->answer;

	if (an->header_count == sizeof(an->headers) / sizeof(*an->headers))
		return;
	an->headers[an->header_count++] =
		(struct header){ str_from(name), str_dup(&q->mem, value) };
}

void answer_empty(struct request *q, unsigned status)
{
	q->answer.status = status;
	buf_clear(&q->answer.body);
}

struct buf *answer_begin(struct request *q, unsigned status)
{
	answer_empty(q, status);
	answer_header(q, "Content-Type",
		      q->face == FACE_DATAVERSE ? S("application/json; odata.metadata=minimal") :
						  S("application/json; charset=utf-8"));
	return &q->answer.body;
}

void answer_json(struct request *q, unsigned status, const struct json *v)
{
	json_print(answer_begin(q, status), v);
}

void answer_text(struct request *q, unsigned status, const char *type, struct str text)
{
	answer_empty(q, status);
	answer_header(q, "Content-Type", str_from(type));
	buf_adds(&q->answer.body, text);
}
