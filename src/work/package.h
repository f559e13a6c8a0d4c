/*
 * package.h - flows in files: definitions, packages, solutions, folders.
 *
 * A file may be
 * - JSON: a bare definition, a flow as the service returns it (also the definition.json of an
 *   exported package), a Dataverse row with its `clientdata` (text or object), or what such a
 *   clientdata holds (a file below Workflows/ of a solution);
 * - a zip: an exported package (Microsoft.Flow/flows/ID/definition.json) or a solution
 *   (Workflows/NAME.json, with the names in customizations.xml).
 * A folder is walked for all of them, in order of name; links are not followed, and names that
 * begin with a dot and node_modules are passed over.  What is no flow there is passed over, too.
 *
 * Nothing is written to disk, and nothing in a package is more than data: paths in it name
 * entries and lead nowhere.
 */
#ifndef WORK_PACKAGE_H
#define WORK_PACKAGE_H

#include "text/json.h"

struct package_flow {
	struct str file;   /* the file, as it was given or found below a folder; "-" */
	struct str member; /* the entry of a zip, "" when there is none */
	struct str name;   /* what people call the flow, "" when nothing says it */
	struct str ids[4]; /* ids that the service may know it by, or "" */
	struct str text;   /* the JSON text of the file or entry */
	struct json *root; /* that text as a value */
	struct str within; /* pointer of the flow in `root`: "" or "/clientdata" */
	bool embedded;     /* what `within` points to is a string that holds JSON */
	struct json *document; /* what lint_document takes */
};

struct package_sink {
	void *arg;
	/* One flow.  It dies with its arena when this returns. */
	void (*flow)(void *arg, struct arena *a, const struct package_flow *f);
	/* Something that cannot be used: the file (and entry, "pack.zip!Workflows/x.json"), and
	 * why, one clause. */
	void (*unusable)(void *arg, struct str path, struct str why);
};

/* Reads a file, a folder or "-" (standard input, JSON or a zip) and hands out what it holds.
 * Every path ends in at least one call: no flow at all is unusable, too. */
void package_read(const char *path, const struct package_sink *sink);

/* The same for bytes that are already there; `file` is what they are called. */
void package_read_bytes(struct str file, struct str bytes, const struct package_sink *sink);

/* Finds the flow in a JSON value and fills root, within, embedded and document, and name where the
 * value has one.  False when there is none; *why then says what is wrong with it. */
bool package_recognise(struct arena *a, struct json *root, struct package_flow *out,
		       const char **why);

/* ---- where in the text ---- */

/* A piece of the JSON text: bytes and characters from 0, lines and columns (in characters)
 * from 1; the end is the place after the last character. */
struct package_place {
	bool found;
	size_t byte, bytes, character, characters;
	size_t line, column, end_line, end_column;
};

struct package_spot {
	struct str pointer; /* below the flow's `within` */
	bool has_offset;
	size_t offset;      /* in characters into the string there, or into the name */
	struct package_place place; /* filled in */
};

/* Finds what a person should look at for each pointer: a string, number or literal itself, for an
 * object or array its name, for what is missing the next thing around it.  With an offset, the
 * rest of that string.  In an embedded clientdata all spots are the string.  One pass. */
void package_locate(struct arena *a, const struct package_flow *f, struct package_spot *spots,
		    size_t count);

#endif
