/*
 * lint_map.h - names to things by hash, so that no rule searches.  Internal to wdl.
 *
 * A key is a name, exact or without regard to case, as the engine folds names, and where it
 * belongs (any pointer, for names that count only within something).  The first thing put under a
 * key stays.
 */
#ifndef WDL_LINT_MAP_H
#define WDL_LINT_MAP_H

#include "base/str.h"

struct lint_slot {
	const void *within;
	struct str name;
	void *value; /* NULL: free */
};

struct lint_map {
	struct lint_slot *slots;
	size_t used, size;
	bool fold; /* set before the first use */
};

/* What was put under the key first, or NULL. */
void *lint_map_get(const struct lint_map *m, const void *within, struct str name);
/* Puts `value` (not NULL) there unless there is something; returns what is there then. */
void *lint_map_put(struct arena *a, struct lint_map *m, const void *within, struct str name,
		   void *value);

#endif
