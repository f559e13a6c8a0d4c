/*
 * host_link.c - which links out of answers may be followed.
 *
 * The rule of every check: a link is taken apart by the parser that will send it, its host is
 * looked up in the rows of the profile's cloud, and what is returned is put together again
 * from the parts that were looked at.
 */
#include "base/limits.h"
#include "wire/http.h"
#include "work/host.h"
#include "work/host_table.h"

static bool below_any(struct str host, const char *const list[CLOUD_SUFFIXES])
{
	for (size_t i = 0; i < CLOUD_SUFFIXES && list[i]; i++)
		if (host_below(host, str_from(list[i])))
			return true;
	return false;
}

/* An address has no sub-domains. */
static bool is_address(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == ':')
			return true;
	return host.n && host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9';
}

static char unescaped(struct str s, size_t *i)
{
	static const char digits[] = "0123456789abcdef";
	const char *high, *low;

	if (s.p[*i] != '%' || *i + 2 >= s.n)
		return s.p[*i];
	high = strchr(digits, s.p[*i + 1] | 0x20);
	low = strchr(digits, s.p[*i + 2] | 0x20);
	if (!high || !low || !*high || !*low)
		return s.p[*i];
	*i += 2;
	return (char)((high - digits) * 16 + (low - digits));
}

/* "." and ".." as a segment, also escaped, also between escaped slashes: the service may undo
 * the escapes before it walks the path. */
static bool has_dot_segments(struct str path)
{
	size_t dots = 0, others = 0;

	for (size_t i = 0; i <= path.n; i++) {
		char c = i < path.n ? unescaped(path, &i) : '/';

		if (c == '/' || c == '\\') {
			if (!others && (dots == 1 || dots == 2))
				return true;
			dots = others = 0;
		} else if (c == '.') {
			dots++;
		} else {
			others++;
		}
	}
	return false;
}

static enum err foreign(const char **why, struct arena *a, const struct http_url *u)
{
	*why = u ? str_c(a, u->host) : "(not an acceptable URL)";
	return ERR_FOREIGN_LINK;
}

/* Takes a link apart; absolute, or a path below the origin of `request`. */
static bool take_apart(struct arena *a, const struct http_url *request, struct str link,
		       struct http_url *u)
{
	if (str_starts(link, S("/")) && !str_starts(link, S("//")) && request &&
	    link.n <= LIMIT_URL)
		link = str_fmt(a, "https://%.*s:%u%.*s", STR_ARG(request->host), request->port,
			       STR_ARG(link));
	return http_url_parse(a, link, u) && str_eq(u->scheme, S("https")) &&
	       !has_dot_segments(u->path);
}

static struct str put_together(struct arena *a, struct str host, unsigned port,
			       const struct http_url *u)
{
	bool bracket = str_find_char(host, ':') >= 0;
	struct str origin = str_fmt(a, bracket ? "https://[%.*s]" : "https://%.*s", STR_ARG(host));

	if (port != 443)
		origin = str_fmt(a, "%.*s:%u", STR_ARG(origin), port);
	return str_fmt(a, "%.*s%.*s%s%.*s", STR_ARG(origin), STR_ARG(u->path),
		       u->query.n ? "?" : "", STR_ARG(u->query));
}

static bool is_environment_host(const struct hosts *h, const struct http_url *u)
{
	const struct origin *row = &h->rows[HOST_ENVIRONMENT];
	struct str label;

	if (!h->configured)
		return u->port == 443 && host_below(u->host, str_from(h->cloud->environment));
	return row->text.p && u->port == row->port &&
	       host_fits(u->host, row->host, ENVIRONMENT_MARK, &label);
}

/* The row's origin or a regional sub-domain of it, but not an environment's host. */
static bool in_row(const struct hosts *h, enum host_row row, const struct http_url *u)
{
	const struct origin *o = &h->rows[row];

	if (!o->text.p || u->port != o->port)
		return false;
	if (str_eq(u->host, o->host))
		return true;
	return !is_address(o->host) && host_below(u->host, o->host) && !is_environment_host(h, u);
}

static bool in_content_hosts(const struct hosts *h, const struct http_url *u)
{
	for (size_t i = 0; i < h->content_count; i++)
		if (str_eq(u->host, h->content[i].host) && u->port == h->content[i].port)
			return true;
	return false;
}

static bool is_apihub_host(const struct hosts *h, const struct http_url *u)
{
	return h->configured ? in_content_hosts(h, u)
			     : u->port == 443 && below_any(u->host, h->cloud->apihub);
}

static bool is_trigger_host(const struct hosts *h, const struct http_url *u)
{
	if (h->configured)
		return in_content_hosts(h, u) || is_environment_host(h, u) ||
		       in_row(h, HOST_FLOW, u);
	return u->port == 443 && below_any(u->host, h->cloud->trigger);
}

static bool is_dataverse_host(const struct hosts *h, struct arena *a, const struct http_url *u)
{
	struct str of = str_fmt(a, "https://%.*s:%u", STR_ARG(u->host), u->port);

	return host_origin(h, a, HOST_DATAVERSE, of).p != NULL;
}

/* May a request of this row go to this host at all? */
static bool row_allows(const struct hosts *h, struct arena *a, enum host_row row,
		       const struct http_url *u)
{
	switch (row) {
	case HOST_FLOW:
	case HOST_POWERAPPS:
	case HOST_BAP:
	case HOST_POWERPLATFORM:
		return in_row(h, row, u);
	case HOST_ENVIRONMENT:
		return is_environment_host(h, u);
	case HOST_DATAVERSE:
		return is_dataverse_host(h, a, u);
	case HOST_APIHUB:
		return is_apihub_host(h, u);
	case HOST_TRIGGER:
		return is_trigger_host(h, u);
	default:
		/* Sign-in and content answers have no links that are followed. */
		return false;
	}
}

enum err host_check_link(const struct hosts *h, struct arena *a, enum host_row row,
			 struct str request_url, struct str link, struct str *out,
			 const char **why)
{
	struct http_url request, u;
	bool regional = row >= HOST_FLOW && row <= HOST_POWERPLATFORM;
	bool given = http_url_parse(a, request_url, &request) && row_allows(h, a, row, &request);

	if (!take_apart(a, given ? &request : NULL, link, &u))
		return foreign(why, a, NULL);
	/* The service's own list answers name the Resource Manager, which takes another token. */
	if (regional && given && u.port == 443 &&
	    str_eq(u.host, str_from(h->cloud->resource_manager))) {
		*out = put_together(a, request.host, request.port, &u);
		return ERR_OK;
	}
	if (!row_allows(h, a, row, &u))
		return foreign(why, a, &u);
	/* One environment, one organisation, one connector: no other of the same row. */
	if (given && !regional && (!str_eq(u.host, request.host) || u.port != request.port))
		return foreign(why, a, &u);
	if (!given && (row == HOST_ENVIRONMENT || row == HOST_DATAVERSE || regional))
		return foreign(why, a, &u);
	*out = put_together(a, u.host, u.port, &u);
	return ERR_OK;
}

enum err host_check_content(const struct hosts *h, struct arena *a, struct str link,
			    struct str *out, const char **why)
{
	struct http_url u;
	bool ok;

	if (!take_apart(a, NULL, link, &u))
		return foreign(why, a, NULL);
	ok = h->configured ? in_content_hosts(h, &u)
			   : u.port == 443 && below_any(u.host, h->cloud->content);
	if (!ok)
		return foreign(why, a, &u);
	*out = put_together(a, u.host, u.port, &u);
	return ERR_OK;
}

enum err host_check_trigger(const struct hosts *h, struct arena *a, struct str link,
			    struct str *out, const char **why)
{
	struct http_url u;

	if (!take_apart(a, NULL, link, &u))
		return foreign(why, a, NULL);
	if (!is_trigger_host(h, &u))
		return foreign(why, a, &u);
	*out = put_together(a, u.host, u.port, &u);
	return ERR_OK;
}
