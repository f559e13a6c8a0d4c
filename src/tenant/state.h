/*
 * state.h - what the practice tenant holds: people, environments, flows, connections, runs.
 *
 * Everything comes from the seed (JSON embedded in the program) and lives until reset.
 * One thread owns it, so there are no locks.
 * Knows nothing of HTTP, tokens or shapes of answers.
 */
#ifndef TENANT_STATE_H
#define TENANT_STATE_H

#include "base/list.h"
#include "tenant/limits.h"
#include "text/json.h"

struct directory { /* one Entra tenant */
	const char *key, *name, *domain;
	char id[37];
};

struct user {
	const char *key, *name, *upn;
	const char *kind;        /* "User"; "Group" and "ServicePrincipal" own flows, but sign in nowhere */
	char id[37];             /* object id in the home tenant */
	struct directory *home;
	struct directory *guest; /* a second tenant, or NULL */
	bool disabled;
};

struct environment {
	const char *key, *name, *sku, *location, *region, *created;
	const char *description;  /* or NULL */
	const char *organization; /* "org-fabrikam", or NULL: no Dataverse */
	struct directory *tenant;
	char id[48];       /* a GUID, or "Default-" and the tenant's */
	char host_id[48];  /* lower case, without dashes: the name of its own host */
	char org_id[37];
	bool is_default;
};

struct solution {
	const char *unique, *friendly, *version, *publisher;
	char id[37];
	struct environment *env;
	bool managed;
};

struct connector {
	const char *name, *title, *tier, *color, *auth; /* "shared_office365"; auth: oauth, key, none */
	struct json *data;                              /* its entry in the seed */
	struct json *operations;                        /* use connector_operations */
};

struct connection {
	const char *key, *title;
	char name[37];            /* 32 hex digits, or a GUID-like name */
	struct connector *api;
	struct environment *env;
	struct user *owner;
	struct json *data;        /* its entry in the seed: parameters, shared */
	struct json *error;       /* {code, message}: it does not work; NULL: it is connected */
	int64_t bad_since;        /* runs fail from then on; 0: they do not look at it */
	int64_t bad_until;        /* until then; 0: they still do */
	bool deleted;
};

struct reference { /* connection reference of a solution */
	const char *logical, *title;
	char id[37];
	struct environment *env;
	struct connector *api;
	struct connection *connection; /* NULL: unbound */
	struct solution *solution;
};

enum flow_kind {
	FLOW_CLOUD,
	FLOW_AGENT,
	FLOW_DESKTOP, /* Dataverse only, as the next two */
	FLOW_BPF,
	FLOW_CLASSIC,
};

enum flow_state {
	FLOW_STARTED,
	FLOW_STOPPED,
	FLOW_SUSPENDED,
};

/* A definition as it was saved, with the references it was saved with.  Runs hold on to theirs. */
struct version {
	struct arena mem;
	struct json *definition;
	struct json *references; /* design form: {key: {connectionName?, id, source, ...}} */
	unsigned users;
	int64_t at;              /* when it was saved, and by whom */
	struct user *by;
	bool published;          /* it ran once, or does */
};

enum run_status {
	RUN_RUNNING,
	RUN_WAITING,
	RUN_SUCCEEDED,
	RUN_FAILED,
	RUN_CANCELLED,
	RUN_TIMED_OUT,
	RUN_SKIPPED,
	RUN_ABORTED,
};

struct run {
	char name[40];           /* "08584173836133456324137110841CU04" */
	int64_t start;           /* ticks */
	uint64_t seed;
	struct version *version;
	struct str variant;      /* name of the script's variant, or empty: the plain course */
	int64_t cancelled;       /* when it was cancelled, or 0 */
	struct json *trigger;    /* what the caller of the trigger sent, or NULL */
	struct arena *mem;       /* of `trigger` */
	char origin[40];         /* resubmitted from this run, or "" */
	bool live;               /* it started after the tenant did: people answer it */
	bool known;              /* it has ended, and the next ones were worked out (produce.h) */
	enum run_status outcome;
	int64_t end;
	struct brief *brief;     /* what a list of runs shows besides; in `mem`, or NULL */
};

struct share {
	struct user *user;
	const char *role; /* CanEdit, CanView */
};

enum { FLOW_SHARES = 16, FLOW_VERSIONS = 32 };

/* How the flow host takes a save of a solution flow's connector steps. */
enum solution_save {
	SOLUTION_REFUSED,  /* not in any form: only Dataverse takes it */
	SOLUTION_BY_KEY,   /* with host.connectionReferenceName, the key of the map */
	SOLUTION_ACCEPTED, /* as other flows */
};

/* Logical names that the platform put into references, of an app that has nothing to do with it. */
enum stamp {
	STAMP_NONE,
	STAMP_SENT,   /* a save that sends one back is refused */
	STAMP_STORED, /* every save is refused */
};

/* What tests made peculiar about a flow.  Counts: -1 is for ever. */
struct quirks {
	int64_t lost_saves;   /* so many saves are answered as if they had been kept */
	int64_t read_lag;     /* so many reads behind a write still show what was before */
	int64_t unseen;       /* so many reads of a new flow do not find it yet */
	int64_t licence_lag;  /* so many starts are refused because the licence is not known yet */
	bool empty_references; /* reading shows none */
	bool wipes;           /* a refused save takes the references away */
	bool suspend;         /* the next save makes it break a data policy */
	enum solution_save solution_save;
	enum stamp stamp;
};

/* What a reader sees of a flow that is not what it is now: before a write, or its draft. */
struct flow_view {
	struct version *version;
	char *name;
	enum flow_state state;
	int64_t modified, reads; /* reads that will see it; -1: all */
};

struct flow {
	struct list node;
	struct tenant *tenant;
	char id[37];          /* name on the flow host, Dataverse's resourceid */
	char workflow[37];    /* Dataverse's workflowid, "" outside solutions */
	char unique[37];
	char *name;           /* displayName; malloc */
	struct environment *env;
	struct user *owner;
	struct share shares[FLOW_SHARES];
	unsigned share_count;
	struct solution *solution;
	enum flow_kind kind;
	enum flow_state state;
	const char *suspended; /* "None", "CompanyDlpViolation", ... */
	struct json *data;     /* its entry in the seed, or NULL */
	struct version *version; /* use flow_current */
	struct version *draft;   /* saved after it and not published, or NULL */
	struct version *versions[FLOW_VERSIONS]; /* all saved ones, the oldest first */
	unsigned version_count;
	struct quirks quirks;
	struct flow_view past; /* version NULL: readers see the flow as it is */
	int64_t created, modified;
	struct user *modified_by;
	uint64_t seed, etag;
	bool draft_only;       /* a solution flow that was never published */
	bool deleted;          /* soft, for the admin list */
	bool runs_made;
	struct run *runs;      /* newest first; malloc */
	unsigned run_count, run_room;
};

struct variable; /* variables.h */

struct tenant {
	struct arena mem;
	const char *seed_name;
	struct json *patterns; /* file name to parsed file, filled when asked for */
	struct directory *directories;
	struct user *users;
	struct environment *environments;
	struct solution *solutions;
	struct connector *connectors;
	struct connection *connections;
	struct reference *references;
	unsigned directory_count, user_count, environment_count, solution_count, connector_count,
		connection_count, reference_count, connection_room, reference_room;
	struct variable *variables;
	unsigned variable_count;
	struct list flows;
	unsigned flow_count;
	struct str blocked[TENANT_BLOCKED]; /* connectors of the data policy's group Blocked */
	unsigned blocked_count;
	unsigned counter; /* of things made since the start: feeds their ids */
};

/* Loads a seed: "believable", "empty" or "large".  False when there is no such seed. */
bool tenant_load(struct tenant *t, const char *seed);
void tenant_free(struct tenant *t);

struct user *tenant_user(struct tenant *t, struct str key_upn_or_id);
struct directory *tenant_directory(struct tenant *t, struct str id_or_domain);
/* By id, or "~default" of the directory given. */
struct environment *tenant_environment(struct tenant *t, const struct directory *d, struct str id);
struct environment *tenant_environment_of_host(struct tenant *t, struct str host_id);
struct environment *tenant_organization(struct tenant *t, struct str name);
struct connector *tenant_connector(struct tenant *t, struct str name);
/* Its operations: of the seed, or made when the entry says so. */
const struct json *connector_operations(struct tenant *t, struct connector *c);
struct connection *tenant_connection(struct tenant *t, const struct environment *e,
				     struct str name);
struct solution *tenant_solution(struct tenant *t, const struct environment *e, struct str id);
/* The one data policy holds in one environment, and blocks some connectors there. */
bool policy_covers(const struct tenant *t, const struct environment *e);
bool tenant_blocks(const struct tenant *t, struct str connector);
/* A new one; NULL: no room, or the name is taken. */
struct reference *tenant_reference_new(struct tenant *t, struct environment *e,
				       struct connector *api, struct str logical);
/* The environment's reference to that connection, made if there is none; NULL: no room. */
struct reference *tenant_reference_to(struct tenant *t, struct environment *e,
				      struct connection *c, struct solution *s);

/* By name on the flow host or by workflow id; NULL when there is none. */
struct flow *tenant_flow(struct tenant *t, const struct environment *e, struct str id);
/* Room for one more flow, if need be in the place of a deleted one; false when there is none. */
bool tenant_make_room(struct tenant *t);
struct flow *flow_new(struct tenant *t, struct environment *e, struct user *owner,
		      struct str name);
/* Takes the flow off its list and frees it. */
void flow_free(struct tenant *t, struct flow *f);
void flow_rename(struct flow *f, struct str name);
/* The definition it has now. */
struct version *flow_current(struct flow *f);
/* How its runs go: a pattern of the seed, or NULL for flows that tests made. */
struct json *flow_script(struct flow *f);
/* Copies both values into a new version, which becomes the flow's; a draft goes.  NULL keeps. */
void flow_save(struct flow *f, struct user *by, const struct json *definition,
	       const struct json *references);
/* The same, as a draft beside what runs. */
void flow_save_draft(struct flow *f, struct user *by, const struct json *definition,
		     const struct json *references);
/* The draft becomes what runs. */
void flow_publish_draft(struct flow *f, struct user *by);
/* Before a write: what readers will see for a while when reads lag behind. */
void flow_remember(struct flow *f);
/* What this read sees when reads lag behind; NULL: the flow as it is. */
const struct flow_view *flow_past(struct flow *f);
/* Counts one of `*left` down; false when there is none.  -1 stays. */
bool quirk_take(int64_t *left);
bool flow_shared_with(const struct flow *f, const struct user *u);
const char *flow_state_name(enum flow_state s);

/* The flow's runs, made when first asked for. */
void flow_make_runs(struct flow *f);
struct run *flow_run(struct flow *f, struct str name);
/* A run that starts now.  `trigger` is copied (may be NULL); `origin` is the run it repeats. */
struct run *flow_start_run(struct tenant *t, struct flow *f, const struct json *trigger,
			   const struct run *origin);
const char *run_status_name(enum run_status s);
/* The parsed pattern of that name; NULL when there is none. */
struct json *tenant_pattern(struct tenant *t, const char *name);
/* The file of the seed with that name ("p-orders.json"), p NULL when there is none. */
struct str seed_file(const char *name);
/* The definition of the large seed's flow, which is made rather than stored. */
struct json *seed_large_definition(struct arena *a, unsigned actions);

#endif
