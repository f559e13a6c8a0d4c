/*
 * practice.h - a practice tenant of one's own: started for one process, gone with it.
 *
 * We bind the port and hand the listening socket down, so every address is known before the
 * tenant has made its certificate: the server answers its host at once, and only calls wait.
 */
#ifndef FRONT_PRACTICE_H
#define FRONT_PRACTICE_H

#include "work/conf.h"

struct loop;
struct practice;
struct work;

/* Starts flowlatch-tenant in a directory of its own and fills `conf` with its addresses and
 * sign-in.  NULL and *message when that is not possible. */
struct practice *practice_start(struct arena *a, struct loop *l, struct conf *conf,
				const char **message);

/* Holds the calls of `w` back until the tenant is ready; if it never is, they end with an error.
 * Call it before the loop runs. */
void practice_attach(struct practice *p, struct work *w);

/* Ends the tenant and removes its directory.  NULL is fine. */
void practice_stop(struct practice *p);

/* The state of the newest practice tenant that runs here, for a person in another terminal: fills
 * in what its store needs.  False: none runs. */
bool practice_find(struct arena *a, struct conf *conf);

#endif
