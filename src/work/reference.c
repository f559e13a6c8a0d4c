/*
 * reference.c - reads ids, keys and pasted links.
 *
 * Knows the portals' hosts and the shape of their paths; must not know calls or requests.
 */
#include "work/reference.h"

#include "base/buf.h"

/* Hosts whose links name environments, flows and runs (a dot in front: also its sub-domains).
 * Source: the service's cloud table and the portals' own addresses. */
static const char *const portals[] = {
	"make.powerautomate.com",
	"make.powerapps.com",
	".flow.microsoft.com",
	"make.gov.powerautomate.us",
	"make.gov.powerapps.us",
	"make.high.powerautomate.us",
	"make.high.powerapps.us",
	".flow.microsoft.us",
	"make.powerautomate.appsplatform.us",
	"make.apps.appsplatform.us",
	".flow.appsplatform.us",
	"make.powerautomate.cn",
	"make.powerapps.cn",
	".api.powerautomate.cn",
	"make.preview.powerautomate.com",
	"make.preview.powerapps.com",
	"copilotstudio.microsoft.com",
	"copilotstudio.preview.microsoft.com",
	"admin.powerplatform.microsoft.com",
};

static bool is_alpha(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool is_word(char ch)
{
	return is_alpha(ch) || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-';
}

bool reference_is_environment_id(struct str s)
{
	if (str_eq_nocase(s, S("~default")))
		return true;
	if (s.n < 36 || s.n > 36 + 17 || !str_is_guid(str_from_at(s, s.n - 36)))
		return false;
	if (s.n == 36)
		return true;
	if (s.n == 37 || s.p[s.n - 37] != '-')
		return false;
	for (size_t i = 0; i < s.n - 37; i++)
		if (!is_alpha(s.p[i]))
			return false;
	return true;
}

bool reference_is_run_name(struct str s)
{
	if (s.n == 0 || s.n > 80)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_word(s.p[i]))
			return false;
	return true;
}

static bool is_portal(struct str host)
{
	for (size_t i = 0; i < sizeof(portals) / sizeof(portals[0]); i++) {
		struct str row = str_from(portals[i]);

		if (row.p[0] == '.'
			    ? str_ends_nocase(host, row) || str_eq_nocase(host, str_from_at(row, 1))
			    : str_eq_nocase(host, row))
			return true;
	}
	return false;
}

/* The host of a link and what comes after it; false when the text is no link at all. */
static bool split_link(struct str s, struct str *host, struct str *path)
{
	ptrdiff_t end;
	bool scheme = false;

	if (str_starts_nocase(s, S("/providers/Microsoft.")) ||
	    str_starts_nocase(s, S("/environments/"))) {
		*host = S("");
		*path = s;
		return true;
	}
	if (str_starts_nocase(s, S("https://")) || str_starts_nocase(s, S("http://"))) {
		s = str_from_at(s, s.p[4] == ':' ? 7 : 8);
		scheme = true;
	}
	end = str_find_char(s, '/');
	*host = end < 0 ? s : str_first(s, (size_t)end);
	*path = end < 0 ? S("") : str_from_at(s, (size_t)end);
	end = str_find_char(*host, ':');
	if (end >= 0)
		*host = str_first(*host, (size_t)end);
	/* Without a scheme only the known portals count: a name may hold slashes and dots. */
	return scheme || is_portal(*host);
}

/* Fills what the path names.  Both portals, the old one and the service's own ids have the
 * pairs environments/{E}, flows|cloudflows/{F}, runs/{R}, with words between them. */
static void read_path(struct arena *a, struct str path, struct reference *r)
{
	enum { NOTHING, ENVIRONMENT, FLOW, RUN } next = NOTHING;
	ptrdiff_t end = str_find_char(path, '#');
	struct str segment;

	if (end >= 0)
		path = str_first(path, (size_t)end);
	end = str_find_char(path, '?');
	if (end >= 0)
		path = str_first(path, (size_t)end);
	while (str_cut(&path, '/', &segment)) {
		segment = str_unpercent(a, segment, false);
		if (next == ENVIRONMENT && reference_is_environment_id(segment))
			r->environment = segment;
		else if (next == FLOW && str_is_guid(segment))
			r->flow = segment;
		else if (next == RUN && reference_is_run_name(segment))
			r->run = segment;
		if (str_eq_nocase(segment, S("environments")) ||
		    (next == ENVIRONMENT && str_eq_nocase(segment, S("environment"))))
			next = ENVIRONMENT;
		else if (str_eq_nocase(segment, S("flows")) ||
			 str_eq_nocase(segment, S("cloudflows")) ||
			 (next == FLOW && str_eq_nocase(segment, S("shared"))))
			next = FLOW;
		else
			next = str_eq_nocase(segment, S("runs")) ? RUN : NOTHING;
	}
}

static bool read_key(struct str s, struct reference *r)
{
	ptrdiff_t dot = str_find_char(s, '.');

	if (dot < 0 || !reference_is_environment_id(str_first(s, (size_t)dot)) ||
	    !str_is_guid(str_from_at(s, (size_t)dot + 1)))
		return false;
	r->kind = REFERENCE_KEY;
	r->environment = str_first(s, (size_t)dot);
	r->flow = str_from_at(s, (size_t)dot + 1);
	return true;
}

struct reference reference_read(struct arena *a, struct str text, enum reference_want want)
{
	struct reference r = { .kind = REFERENCE_NAME };
	struct str s = str_trim(text), path;

	if (split_link(s, &r.host, &path)) {
		read_path(a, path, &r);
		if (r.host.n && !is_portal(r.host))
			r.kind = REFERENCE_FOREIGN;
		else if (!(want == WANT_ENVIRONMENT ? r.environment
			   : want == WANT_FLOW      ? r.flow
						    : r.run)
				  .p)
			r.kind = REFERENCE_EMPTY;
		else
			r.kind = REFERENCE_LINK;
		return r;
	}
	/* A key is welcome in either of the two places that it names. */
	if (want != WANT_RUN && read_key(s, &r))
		return r;
	if (want == WANT_ENVIRONMENT && reference_is_environment_id(s)) {
		r.kind = REFERENCE_ID;
		r.environment = s;
	} else if (want == WANT_FLOW && str_is_guid(s)) {
		r.kind = REFERENCE_ID;
		r.flow = s;
	} else if (want == WANT_RUN && reference_is_run_name(s)) {
		r.kind = REFERENCE_ID;
		r.run = s;
	}
	return r;
}
