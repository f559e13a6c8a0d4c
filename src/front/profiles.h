/*
 * profiles.h - all profiles of a person, for the commands that look at more than one.
 */
#ifndef FRONT_PROFILES_H
#define FRONT_PROFILES_H

#include "front/cli.h"

/* The names of the profiles: those of the files, the one in use, and those that left something in
 * the state directory. */
size_t profiles_all(struct cli *cli, const char *const **names);
/* The settings of one of them as this command sees them; false when they cannot be read, with a
 * message. */
bool profiles_conf(struct cli *cli, const char *name, struct conf *out, const char **message);

#endif
