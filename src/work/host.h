/*
 * host.h - where a request may go, and with which credential.
 *
 * One table per cloud.  A URL out of an answer may choose a path in its own row, never a row.
 * Knows the hosts and audiences of Microsoft's clouds (sources: the service's documentation
 * and PowerShell modules); knows nothing of tokens or transfers.
 *
 * cloud = custom and practice: the origins come from the configuration, the audiences (scopes)
 * stay the public cloud's, "{environment}" stands for the id in lower case with its dashes,
 * regional sub-domains count as in the other clouds, nextLinks on management.azure.com are
 * swapped too, and content_hosts (exact host and port) serve for content, connector and
 * callback URLs; callback URLs may also be at an environment's host or flow_url.
 */
#ifndef WORK_HOST_H
#define WORK_HOST_H

#include "base/err.h"
#include "base/str.h"

struct conf;
struct hosts;

enum host_row {
	HOST_LOGIN,
	HOST_FLOW,          /* https://api.flow.microsoft.com */
	HOST_POWERAPPS,     /* https://api.powerapps.com */
	HOST_BAP,           /* https://api.bap.microsoft.com */
	HOST_POWERPLATFORM, /* https://api.powerplatform.com */
	HOST_ENVIRONMENT,   /* https://{id}.environment.api.powerplatform.com, by environment */
	HOST_DATAVERSE,     /* https://{organization}.crm.dynamics.com, by organisation */
	HOST_APIHUB,        /* connector run-time hosts */
	HOST_CONTENT,       /* run inputs and outputs: never a credential, GET only */
	HOST_TRIGGER,       /* callback URLs of this call */
	HOST__MAX,
};

enum audience {
	AUD_NONE,
	AUD_FLOW,
	AUD_POWERAPPS, /* and BAP */
	AUD_POWERPLATFORM,
	AUD_APIHUB,
	AUD_DATAVERSE, /* by organisation */
	AUD__MAX,
};

/* The table of the profile's cloud.  NULL and *message when the configuration does not fit. */
struct hosts *hosts_new(struct arena *a, const struct conf *conf, const char **message);

/* "flow", "powerapps", ... for logs and messages. */
const char *host_row_name(enum host_row row);
const char *audience_name(enum audience aud);
enum audience audience_from_name(struct str name); /* AUD__MAX when unknown */

/* The origin of a row: "https://api.flow.microsoft.com".  `of` is the environment id for
 * HOST_ENVIRONMENT and the organisation's host name or URL (as the environment reports it) for
 * HOST_DATAVERSE, else ignored.  p NULL when the row has none or `of` is not acceptable. */
struct str host_origin(const struct hosts *h, struct arena *a, enum host_row row, struct str of);
/* The audience of a path in a row (the environment host has two, by path). */
enum audience host_audience(const struct hosts *h, enum host_row row, struct str path);
/* The scope for a token request: "https://service.flow.microsoft.com//.default".
 * `organisation`: the origin of the Dataverse organisation for AUD_DATAVERSE, else ignored. */
struct str host_scope(const struct hosts *h, struct arena *a, enum audience aud,
		      struct str organisation);
/* The token endpoint's authority: "https://login.microsoftonline.com". */
struct str host_authority(const struct hosts *h);
/* The maker portal: "https://make.powerautomate.com"; p NULL for practice and custom. */
struct str host_portal(const struct hosts *h);
/* True when the private-address check applies to links of this row (not behind a proxy, not for
 * practice and custom). */
bool host_public_only(const struct hosts *h, enum host_row row);

/* A link (nextLink, Location, @odata.nextLink) out of an answer to a request for `request_url` in
 * `row`.
 * `link` may be a path ("/x?y") below the request's origin.  For HOST_APIHUB and HOST_TRIGGER
 * `request_url` may be empty: then the row's hosts decide; else it must be the same host.
 * On success *out is the URL to fetch (host swapped for management.azure.com as the design says,
 * default port left out, path and query as they stand).
 * ERR_FOREIGN_LINK: *why names the refused host only. */
enum err host_check_link(const struct hosts *h, struct arena *a, enum host_row row,
			 struct str request_url, struct str link, struct str *out,
			 const char **why);
/* A content link (run inputs and outputs) out of an answer of this call. */
enum err host_check_content(const struct hosts *h, struct arena *a, struct str link,
			    struct str *out, const char **why);
/* A callback URL that listCallbackUrl gave in this call. */
enum err host_check_trigger(const struct hosts *h, struct arena *a, struct str link,
			    struct str *out, const char **why);

#endif
