/*
 * host_table.h - the hosts and audiences of Microsoft's clouds as rows; for work/host*.c alone.
 */
#ifndef WORK_HOST_TABLE_H
#define WORK_HOST_TABLE_H

#include "work/host.h"

enum { CLOUD_SUFFIXES = 4 };

struct cloud {
	const char *name; /* as in the configuration */
	const char *login;
	const char *flow, *powerapps, *bap, *powerplatform;
	/* An environment's host is {id without its last n}.{last n}.{suffix}. */
	const char *environment;
	unsigned environment_tail;
	const char *flow_audience, *powerapps_audience, *powerplatform_audience;
	/* "{organization}." is in front, and a number may follow "crm" where numbered. */
	const char *dataverse_head, *dataverse_tail; /* "crm", "dynamics.com" */
	const char *dataverse_number;                /* "any", "" or the one */
	const char *apihub[CLOUD_SUFFIXES];
	const char *content[CLOUD_SUFFIXES];
	const char *trigger[CLOUD_SUFFIXES];
	const char *resource_manager; /* nextLinks may name it */
	const char *portal;
};

extern const struct cloud clouds[];
extern const size_t cloud_count;

/* Connector run-time hosts share one audience; other clouds' is not documented. */
#define APIHUB_AUDIENCE "https://apihub.azure.com"

/* What stands for the id in environment_url and dataverse_url. */
#define ENVIRONMENT_MARK S("{environment}")
#define DATAVERSE_MARK   S("{organization}")

struct origin {
	struct str text; /* "https://host" or "https://host:port" */
	struct str host; /* lower case, no brackets; may hold a placeholder */
	unsigned port;
};

struct hosts {
	const struct cloud *cloud; /* of custom and practice: the public one, for its audiences */
	bool configured;           /* custom or practice: hosts come from the configuration */
	struct origin rows[HOST__MAX];
	struct origin *content;
	size_t content_count;
};

/* One or more labels in front of `suffix`. */
bool host_below(struct str host, struct str suffix);
/* Does `host` fit a configured host with `mark` standing for one label?  *label is that one. */
bool host_fits(struct str host, struct str pattern, struct str mark, struct str *label);

#endif
