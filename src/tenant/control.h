/*
 * control.h - what tests may change about the tenant while it runs.
 */
#ifndef TENANT_CONTROL_H
#define TENANT_CONTROL_H

#include "tenant/request.h"

enum knob_audience {
	KA_FLOW,
	KA_POWERAPPS,
	KA_BAP,
	KA_POWERPLATFORM,
	KA_DATAVERSE,
	KA_APIHUB,
	KA_MANAGEMENT,
	KA__MAX,
};

enum rotation {
	ROTATION_KEEP,   /* a new refresh token each time, the old one stays valid (like Entra) */
	ROTATION_REUSE,  /* the old one dies, and using it again revokes the whole family */
	ROTATION_NONE,   /* answers carry no new refresh token */
	ROTATION_USED,   /* the old one dies when a later one is used: an answer may get lost */
};

/* What a request for named scopes gets: Entra adds what was consented before. */
enum granted_more { GRANTED_ASKED, GRANTED_ALL };

enum device_mode {
	DEVICE_AUTO,    /* approved by the default user at the second poll */
	DEVICE_MANUAL,  /* waits for /__practice/device or the page */
};

enum browser_iss {
	ISS_NONE,         /* as Entra does */
	ISS_RIGHT,        /* RFC 9207 */
	ISS_OTHER_TENANT,
	ISS_FOREIGN,
};

struct knobs {
	const char *language;      /* "en", "de", "nb", or NULL: by Accept-Language */
	bool admin;                /* the default user holds the admin role */
	bool admin_runs;           /* run history is on the admin surface */
	int64_t latency_ms;
	int64_t face_latency_ms[FACE__MAX];
	int64_t page_size;         /* of every list, 0: each list's own */
	bool no_consent[KA__MAX];
	bool needs_mfa[KA__MAX];
	int64_t token_seconds;
	int64_t refresh_in;        /* seconds, 0: not sent */
	enum rotation rotation;
	enum device_mode device;
	int64_t device_polls;      /* pending answers before the automatic approval */
	int64_t device_seconds;    /* life of a device code */
	int64_t device_interval;
	bool device_blocked;       /* policy: tokens born by device code are refused */
	enum browser_iss browser_iss;
	enum granted_more granted;
	bool browser_auto;         /* /authorize answers at once, without a page */
	bool regional_links;       /* nextLinks point at regional hosts */
	int64_t link_seconds;      /* life of a content link, 0: the service's own */
	bool solution_only;        /* new flows of Dataverse environments live in a solution */
	bool create_drops_references; /* a new flow has lost its bindings */
	bool activation_changes_id;   /* switching a workflow row on gives another flow id */
	bool dataverse_read_only;  /* the caller has no role that writes to Dataverse */
	int64_t package_polls;     /* of exports and imports until they are done; 0: at once */
	int64_t create_lag;        /* reads that do not find a new flow yet */
	int64_t import_licence_lag;   /* starts refused after an import */
	int64_t output_bytes;      /* size of every action's outputs, 0: as they are */
};

extern struct knobs knobs;

void knobs_reset(void);
static inline const char *control_language(void)
{
	return knobs.language;
}
/* Makes the token for the control plane and writes DIR/control (0600).  0 or an errno. */
int control_start(const char *dir, int64_t latency_ms);
/* False with the answer set when the control token is missing or wrong. */
bool control_allowed(struct request *q);
/* {"ok":true} */
void control_done(struct request *q);
/* 400 with a reason. */
void control_refuse(struct request *q, const char *why);
enum knob_audience knob_audience_of(struct str audience);
const char *knob_audience_name(enum knob_audience a);

#endif
