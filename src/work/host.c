/*
 * host.c - the table of the profile's cloud: origins, audiences, scopes.
 *
 * Links out of answers are judged in host_link.c.
 */
#include "work/host.h"

#include "work/conf.h"
#include "work/host_table.h"

static const struct {
	const char *row;
	enum audience audience;
} rows[] = {
	[HOST_LOGIN] = { "login", AUD_NONE },
	[HOST_FLOW] = { "flow", AUD_FLOW },
	[HOST_POWERAPPS] = { "powerapps", AUD_POWERAPPS },
	[HOST_BAP] = { "bap", AUD_POWERAPPS },
	[HOST_POWERPLATFORM] = { "powerplatform", AUD_POWERPLATFORM },
	[HOST_ENVIRONMENT] = { "environment", AUD_POWERPLATFORM },
	[HOST_DATAVERSE] = { "dataverse", AUD_DATAVERSE },
	[HOST_APIHUB] = { "apihub", AUD_APIHUB },
	[HOST_CONTENT] = { "content", AUD_NONE },
	[HOST_TRIGGER] = { "trigger", AUD_NONE },
};

static const char *const audience_names[] = {
	[AUD_NONE] = "none",
	[AUD_FLOW] = "flow",
	[AUD_POWERAPPS] = "powerapps",
	[AUD_POWERPLATFORM] = "powerplatform",
	[AUD_APIHUB] = "apihub",
	[AUD_DATAVERSE] = "dataverse",
};

const char *host_row_name(enum host_row row)
{
	return row < HOST__MAX ? rows[row].row : "unknown";
}

const char *audience_name(enum audience aud)
{
	return aud < AUD__MAX ? audience_names[aud] : "unknown";
}

enum audience audience_from_name(struct str name)
{
	int i = 0;

	while (i < AUD__MAX && !str_eq(name, str_from(audience_names[i])))
		i++;
	return (enum audience)i;
}

/* ---- making the table ---- */

/* An origin of our own making or of the configuration, which has checked it. */
static bool origin_parse(struct str text, struct origin *out)
{
	struct str rest;
	uint64_t port = 443;
	ptrdiff_t at;

	if (!str_starts(text, S("https://")))
		return false;
	rest = str_from_at(text, 8);
	at = str_find_char(rest, ']');
	at = at < 0 ? 0 : at;
	if (str_find_char(str_from_at(rest, (size_t)at), ':') >= 0) {
		at += str_find_char(str_from_at(rest, (size_t)at), ':');
		if (!str_to_u64(str_from_at(rest, (size_t)at + 1), &port) || !port || port > 65535)
			return false;
		rest = str_first(rest, (size_t)at);
	}
	if (str_starts(rest, S("[")) && str_ends(rest, S("]")))
		rest = str_n(rest.p + 1, rest.n - 2);
	*out = (struct origin){ .text = text, .host = rest, .port = (unsigned)port };
	return rest.n > 0;
}

static struct origin origin_of(struct arena *a, const char *host)
{
	struct origin o = { 0 };

	origin_parse(str_fmt(a, "https://%s", host), &o);
	return o;
}

static struct hosts *built_in(struct arena *a, const struct cloud *c)
{
	struct hosts *h = arena_alloc(a, sizeof(*h));

	h->cloud = c;
	h->rows[HOST_LOGIN] = origin_of(a, c->login);
	h->rows[HOST_FLOW] = origin_of(a, c->flow);
	h->rows[HOST_POWERAPPS] = origin_of(a, c->powerapps);
	h->rows[HOST_BAP] = origin_of(a, c->bap);
	h->rows[HOST_POWERPLATFORM] = origin_of(a, c->powerplatform);
	return h;
}

static bool read_content_hosts(struct hosts *h, struct arena *a, const char *list)
{
	struct str rest = str_from(list), item;
	size_t most = 1;

	for (size_t i = 0; i < rest.n; i++)
		most += rest.p[i] == ',' || rest.p[i] == ' ';
	h->content = arena_array(a, most, sizeof(*h->content));
	while (str_cut(&rest, ',', &item)) {
		struct str word;

		while (str_cut(&item, ' ', &word)) {
			if (!word.n)
				continue;
			word = str_fmt(a, "https://%.*s", STR_ARG(word));
			if (!origin_parse(str_lower(a, word), &h->content[h->content_count++]))
				return false;
		}
	}
	return true;
}

static struct hosts *from_conf(struct arena *a, const struct conf *conf, const char **message)
{
	const struct {
		enum host_row row;
		const char *url;
	} given[] = {
		{ HOST_LOGIN, conf->login_url },
		{ HOST_FLOW, conf->flow_url },
		{ HOST_POWERAPPS, conf->powerapps_url },
		{ HOST_BAP, conf->bap_url },
		{ HOST_POWERPLATFORM, conf->powerplatform_url },
		{ HOST_ENVIRONMENT, conf->environment_url },
		{ HOST_DATAVERSE, conf->dataverse_url },
	};
	struct hosts *h = arena_alloc(a, sizeof(*h));

	h->cloud = &clouds[0];
	h->configured = true;
	if (!conf->login_url || !conf->flow_url) {
		*message = "cloud = custom needs at least login_url and flow_url";
		return NULL;
	}
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		struct str url = str_lower(a, str_from(given[i].url));

		if (given[i].url && !origin_parse(url, &h->rows[given[i].row])) {
			*message = "a URL of cloud = custom is not an https origin";
			return NULL;
		}
	}
	if (!read_content_hosts(h, a, conf->content_hosts)) {
		*message = "content_hosts must be a list of host or host:port";
		return NULL;
	}
	return h;
}

struct hosts *hosts_new(struct arena *a, const struct conf *conf, const char **message)
{
	struct str name = str_from(conf->cloud ? conf->cloud : "public");

	if (str_eq(name, S("custom")) || str_eq(name, S("practice")))
		return from_conf(a, conf, message);
	for (size_t i = 0; i < cloud_count; i++)
		if (str_eq(name, str_from(clouds[i].name)))
			return built_in(a, &clouds[i]);
	*message = "cloud must be public, gcc, gcchigh, dod, china, practice or custom";
	return NULL;
}

/* ---- names of hosts ---- */

bool host_below(struct str host, struct str suffix)
{
	return suffix.n && host.n > suffix.n + 1 && str_ends(host, suffix) &&
	       host.p[host.n - suffix.n - 1] == '.';
}

static bool is_label(struct str s)
{
	if (!s.n || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
		      s.p[i] == '-'))
			return false;
	return true;
}

bool host_fits(struct str host, struct str pattern, struct str mark, struct str *label)
{
	ptrdiff_t at = str_find(pattern, mark);
	struct str head, tail;

	if (at < 0)
		return str_eq(host, pattern);
	head = str_first(pattern, (size_t)at);
	tail = str_from_at(pattern, (size_t)at + mark.n);
	if (host.n <= head.n + tail.n || !str_starts(host, head) || !str_ends(host, tail))
		return false;
	*label = str_n(host.p + head.n, host.n - head.n - tail.n);
	return is_label(*label);
}

static struct str fill(struct arena *a, struct str text, struct str mark, struct str label)
{
	ptrdiff_t at = str_find(text, mark);

	if (at < 0)
		return text;
	return str_fmt(a, "%.*s%.*s%.*s", (int)at, text.p, STR_ARG(label),
		       STR_ARG(str_from_at(text, (size_t)at + mark.n)));
}

/* https://{id without its last n}.{last n}.{suffix}, the id in lower case without dashes; in a
 * configured cloud the id in lower case as it stands. */
static struct str environment_origin(const struct hosts *h, struct arena *a, struct str of)
{
	const struct origin *row = &h->rows[HOST_ENVIRONMENT];
	struct str id = str_lower(a, of);
	struct buf bare;
	size_t tail;

	if (!is_label(id) || (h->configured && !row->text.p))
		return (struct str){ 0 };
	if (h->configured)
		return fill(a, row->text, ENVIRONMENT_MARK, id);
	buf_init_in(&bare, a, 64);
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] != '-')
			buf_addc(&bare, id.p[i]);
	tail = h->cloud->environment_tail;
	if (bare.n <= tail)
		return (struct str){ 0 };
	return str_fmt(a, "https://%.*s.%.*s.%s", (int)(bare.n - tail), bare.p, (int)tail,
		       bare.p + bare.n - tail, h->cloud->environment);
}

/* "crm", "crm4": the number the cloud has. */
static bool crm_label(const struct cloud *c, struct str label)
{
	struct str number, wanted = str_from(c->dataverse_number);

	if (!str_starts(label, str_from(c->dataverse_head)))
		return false;
	number = str_from_at(label, strlen(c->dataverse_head));
	if (!str_eq(wanted, S("any")))
		return str_eq(number, wanted);
	for (size_t i = 0; i < number.n; i++)
		if (number.p[i] < '0' || number.p[i] > '9')
			return false;
	return number.n <= 2;
}

/* {organisation}[.api].crm4.dynamics.com; the API's own name is the same organisation. */
static struct str built_in_organisation(const struct cloud *c, struct arena *a, struct str host)
{
	struct str rest, organisation, label;

	if (!host_below(host, str_from(c->dataverse_tail)))
		return (struct str){ 0 };
	rest = str_first(host, host.n - strlen(c->dataverse_tail) - 1);
	if (!str_cut(&rest, '.', &organisation) || !is_label(organisation) || !rest.n)
		return (struct str){ 0 };
	if (str_starts(rest, S("api.")))
		rest = str_from_at(rest, 4);
	label = rest;
	if (!crm_label(c, label))
		return (struct str){ 0 };
	return str_fmt(a, "https://%.*s.%.*s.%s", STR_ARG(organisation), STR_ARG(label),
		       c->dataverse_tail);
}

static struct str dataverse_origin(const struct hosts *h, struct arena *a, struct str of)
{
	const struct origin *row = &h->rows[HOST_DATAVERSE];
	struct str text = str_lower(a, of), label = { 0 };
	struct origin o;
	ptrdiff_t slash;

	if (str_starts(text, S("https://")))
		text = str_from_at(text, 8);
	slash = str_find_char(text, '/');
	if (slash >= 0)
		text = str_first(text, (size_t)slash);
	if (!origin_parse(str_fmt(a, "https://%.*s", STR_ARG(text)), &o))
		return (struct str){ 0 };
	if (!h->configured)
		return o.port == 443 ? built_in_organisation(h->cloud, a, o.host)
				     : (struct str){ 0 };
	if (!row->text.p || o.port != row->port ||
	    !host_fits(o.host, row->host, DATAVERSE_MARK, &label))
		return (struct str){ 0 };
	return fill(a, row->text, DATAVERSE_MARK, label);
}

struct str host_origin(const struct hosts *h, struct arena *a, enum host_row row, struct str of)
{
	if (row == HOST_ENVIRONMENT)
		return environment_origin(h, a, of);
	if (row == HOST_DATAVERSE)
		return dataverse_origin(h, a, of);
	return row < HOST__MAX ? h->rows[row].text : (struct str){ 0 };
}

/* ---- credentials ---- */

enum audience host_audience(const struct hosts *h, enum host_row row, struct str path)
{
	(void)h;
	if (row >= HOST__MAX)
		return AUD_NONE;
	if (row != HOST_ENVIRONMENT)
		return rows[row].audience;
	if (str_starts(path, S("https://"))) {
		ptrdiff_t at = str_find_char(str_from_at(path, 8), '/');

		path = at < 0 ? S("/") : str_from_at(path, (size_t)at + 8);
	}
	return str_starts(path, S("/powerautomate/")) ? AUD_FLOW : AUD_POWERPLATFORM;
}

struct str host_scope(const struct hosts *h, struct arena *a, enum audience aud,
		      struct str organisation)
{
	const char *const audiences[AUD__MAX] = {
		[AUD_FLOW] = h->cloud->flow_audience,
		[AUD_POWERAPPS] = h->cloud->powerapps_audience,
		[AUD_POWERPLATFORM] = h->cloud->powerplatform_audience,
		[AUD_APIHUB] = APIHUB_AUDIENCE,
	};

	if (aud == AUD_DATAVERSE) {
		struct str origin = dataverse_origin(h, a, organisation);

		return origin.p ? str_fmt(a, "%.*s/.default", STR_ARG(origin)) : origin;
	}
	if (aud >= AUD__MAX || !audiences[aud])
		return (struct str){ 0 };
	/* Where the audience ends in a slash, two slashes are right: one is another audience. */
	return str_fmt(a, "%s/.default", audiences[aud]);
}

struct str host_authority(const struct hosts *h)
{
	return h->rows[HOST_LOGIN].text;
}

struct str host_portal(const struct hosts *h)
{
	return h->configured ? (struct str){ 0 } : str_from(h->cloud->portal);
}

bool host_public_only(const struct hosts *h, enum host_row row)
{
	return !h->configured && (row == HOST_CONTENT || row == HOST_TRIGGER);
}
