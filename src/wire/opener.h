/*
 * opener.h - opens an address in the person's browser.
 *
 * Tries what this desktop has, one after the other.  The address stands in the argument list of
 * other programs: it must not hold a secret.
 */
#ifndef WIRE_OPENER_H
#define WIRE_OPENER_H

#include "base/str.h"

struct loop;
struct opener;

/* on_done(arg, opened) comes once, from the loop; not after opener_free. */
struct opener *opener_start(struct loop *l, struct arena *a, const char *url,
			    void (*on_done)(void *arg, bool opened), void *arg);
/* A browser that was started goes on. */
void opener_free(struct opener *o);

#endif
