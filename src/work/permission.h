/*
 * permission.h - what flowlatch asks of each of Microsoft's APIs, and why.
 *
 * Facts for the app registration, the administrator's letter, and the scopes of token requests.
 * With read_only the named read scopes are asked for, never `.default`; where an API has no read
 * scope, flowlatch itself keeps from changing anything.
 * Sources: the permission lists of the Flow Service (CLI for Microsoft 365), Microsoft's "Power
 * Platform API permission reference", Microsoft's guide to apps on Azure API Connections.
 */
#ifndef WORK_PERMISSION_H
#define WORK_PERMISSION_H

#include "work/host.h"

struct permission {
	const char *scope;
	bool read;       /* Microsoft lets nothing be changed with it */
	const char *why; /* follows "so that flowlatch can" */
};

enum { PERMISSIONS_PER_API = 6 };

struct api {
	enum audience audience;
	const char *name;   /* as Entra shows it */
	const char *app_id; /* in the public cloud */
	bool required;      /* nothing works without it */
	bool for_changes;   /* of no use when nothing may be changed */
	const char *purpose; /* what stops working without it */
	struct permission permissions[PERMISSIONS_PER_API]; /* ends with scope NULL */
};

const struct api *permission_apis(size_t *count);
const struct api *permission_api(enum audience aud);
/* True when flowlatch asks for it: with read_only only what reads, or the only one there is. */
bool permission_wanted(const struct api *api, const struct permission *p, bool read_only);

/* The scope of a token request without the OpenID ones; p NULL as host_scope says. */
struct str permission_scope(const struct hosts *h, struct arena *a, enum audience aud,
			    struct str organisation, bool read_only);
/* The audience as it stands in a token: "https://service.flow.microsoft.com/". */
struct str permission_resource(const struct hosts *h, struct arena *a, enum audience aud,
			       struct str organisation);

/* Who sees to it that nothing is changed, with read_only: "microsoft" when the scopes that were
 * granted allow reading alone, else "flowlatch". */
const char *permission_enforcer(enum audience aud, struct str granted);

#endif
