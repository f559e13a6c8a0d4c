/*
 * redact.h - masking secrets in text that leaves this process.
 */
#ifndef WORK_REDACT_H
#define WORK_REDACT_H

#include "base/str.h"

/* Of one text or several: it is added to. */
struct redact_count {
	unsigned masked;
	unsigned left; /* what may be a secret and is shown all the same */
};

/* One pass over final bytes: masks our own secrets in every encoding, and what looks like one of
 * the tenant's (redact_rules.c, redact_members.c).  *out is `text` itself when nothing was masked;
 * JSON stays JSON; what is masked already stays as it is.  False: the text could not be looked
 * through within its bounds, and none of it may be used. */
bool redact_text(struct arena *a, struct str text, struct str *out, struct redact_count *count);
/* Whether what is likely a secret (tier B) is masked, or only counted; policy says. */
void redact_mask_likely(bool mask);

#endif
