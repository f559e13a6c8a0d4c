/*
 * login_store.h - where a sign-in is kept: choosing it before, recording it after.
 */
#ifndef FRONT_LOGIN_STORE_H
#define FRONT_LOGIN_STORE_H

#include "front/cli.h"

struct signin_end;
struct store;

/* Makes sure that the profile's store works, before anybody is sent to a browser.  Where nobody
 * chose one and the keyring does not work, a person at a terminal is asked which to use; cli->conf
 * then says it.  An exit code; the error was told. */
int login_choose_store(struct cli *cli);

/* Signed in: writes account, tenant, application, cloud and store into the profile where the
 * files do not say them yet, and into cli->conf.  `method`: "device" or "browser". */
void login_record(struct cli *cli, const struct signin_end *account, const char *method);

/* The file that settings are written to; NULL when there is no home. */
const char *login_conf_file(struct cli *cli);

/* Asks the person to unlock the keyring; a window may open.  An exit code; the error was told. */
int login_unlock(struct store *store);

#endif
