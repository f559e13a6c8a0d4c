/*
 * history.h - what the files of the run history share.
 */
#ifndef TENANT_HISTORY_H
#define TENANT_HISTORY_H

#include "tenant/faces.h"

/* The run of the path, played; NULL with the answer set. */
struct played *history_played(struct request *q);
/* The action of the path; NULL with the answer set. */
struct played_action *history_action(struct request *q, struct played *p);
/* $filter; false with the answer set. */
bool history_filter(struct request *q, struct filter **out);
/* For struct filter_row: fields of a run, as the flow host and as Dataverse name them. */
struct run_row {
	struct request *q;
	struct flow *f;
	struct run *r;
};

struct str history_run_field(void *run_row, struct str field);
/* For struct filter_row: fields of a struct outcome. */
struct str history_outcome_field(void *outcome, struct str field);

/* Parts of shapes. */
void history_times(struct arena *a, struct json *p, int64_t start, int64_t end);
void history_outcome(struct request *q, struct json *p, const struct outcome *o);
void history_retries(struct request *q, struct json *p, const struct outcome *o);
void history_tracking_id(const struct run *r, struct str name, uint64_t index, char out[37]);
void history_contents(struct request *q, struct json *out, struct played *p,
		      const struct played_action *x, struct str segment, const uint64_t *index);

#endif
