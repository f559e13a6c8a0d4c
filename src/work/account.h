/*
 * account.h - who signed in with a profile, and how: what may be read without the store.
 *
 * A file of mode 0600 in the profile's directory, written at sign-in and removed at sign-out; no
 * secret is in it.
 */
#ifndef WORK_ACCOUNT_H
#define WORK_ACCOUNT_H

#include "base/str.h"

#define ACCOUNT_FILE "signin.json"

struct account {
	const char *username, *name, *object_id, *tenant_id, *home_tenant, *scope;
	const char *method;        /* "device" or "browser" */
	int64_t signed_in;         /* wall ms */
	/* What the sign-in wrote for itself, so that signing out can take it away again. */
	bool recorded_account, recorded_tenant, made_key_file;
};

/* Strings go to `a`, "" when not known.  False when nobody signed in, or the file is damaged. */
bool account_read(struct arena *a, const char *dir, struct account *out);
/* 0 or an errno. */
int account_write(struct arena *a, const char *dir, const struct account *account);

#endif
