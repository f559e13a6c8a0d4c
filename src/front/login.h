/*
 * login.h - what `flowlatch login` shows: the code, the choices, the administrator's letter.
 */
#ifndef FRONT_LOGIN_H
#define FRONT_LOGIN_H

#include "front/cli.h"
#include "work/host.h"

/* The code in letters of five lines, or p NULL where they do not fit or the code has others. */
struct str login_big_code(struct cli *cli, struct str code);

/* With no client_id there are three ways to go on; an exit code. */
int login_choices(struct cli *cli);
/* What must be said about a client_id that is Microsoft's own; NULL for one's own. */
const char *login_borrowed(struct cli *cli);

/* Where an administrator consents for everybody. */
const char *login_consent_link(struct cli *cli, const struct hosts *hosts);
/* The letter to an administrator: the link, each permission and why, what it cannot do, how to take
 * it back. */
struct str login_letter(struct cli *cli, const struct hosts *hosts);

#endif
