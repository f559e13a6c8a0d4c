/*
 * package_priv.h - shared by the files of work/package*.c.
 */
#ifndef WORK_PACKAGE_PRIV_H
#define WORK_PACKAGE_PRIV_H

#include "work/package.h"

/* One entry that was taken out of a zip. */
struct package_entry {
	struct package_entry *next;
	struct str path; /* with "/" between its parts, none in front */
	struct str bytes;
	bool used;
};

struct package_zip {
	struct package_entry *first, **tail;
	struct str nested; /* a zip in the zip, "" when there is none */
	size_t entries;    /* all that were seen */
};

/* Takes the entries that `wanted` names out of a zip.  False with *why, one clause. */
bool package_unzip(struct arena *a, struct str bytes, bool (*wanted)(struct str path),
		   struct package_zip *out, struct str *why);

/* True when the bytes begin as a zip does. */
bool package_is_zip(struct str bytes);

/* Names of a solution's flows: {"workflows/x.json": "Name"} in lower case. */
struct json *package_names_of_solution(struct arena *a, struct str customizations);
/* The name in the .data.xml beside an unpacked flow, or "". */
struct str package_name_of_data(struct arena *a, struct str xml);
/* "Workflows/My-flow-1B2C....json" as "My-flow". */
struct str package_name_of_path(struct str path);
/* "Workflows/My-flow-1B2C....json" and "flows/1B2C.../definition.json" as "1B2C...", else "". */
struct str package_id_of_path(struct str path);

/* Hands out one JSON text as a flow.  With `quiet`, what is no flow at all is passed over.
 * True when it was handed out or told. */
bool package_offer(const struct package_flow *f, bool quiet, const struct package_sink *sink);

/* Hands out what a zip holds; with `quiet`, one without flows is passed over. */
bool package_offer_zip(struct str file, struct str bytes, bool quiet,
		       const struct package_sink *sink);

/* Tells that `file` (and the entry `member`) is unusable. */
void package_tell(const struct package_sink *sink, struct arena *a, struct str file,
		  struct str member, struct str why);

/* A folder below `path`. */
void package_folder(const char *path, const struct package_sink *sink);

#endif
