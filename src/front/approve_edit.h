/*
 * approve_edit.h - a person changes the arguments of a call that waits for approval.
 */
#ifndef FRONT_APPROVE_EDIT_H
#define FRONT_APPROVE_EDIT_H

#include "front/desk.h"
#include "work/approve.h"

/* Asks for changes, then has the engine look at the call as it would be: checked, classified and
 * hashed anew, with nothing sent.  True with the question about it; false after telling why there
 * is none. */
bool approve_edit(struct desk *d, const struct approval_code *c, struct approval_code *edited);

#endif
