/*
 * service_codes.h - what the service's own error codes mean to us.
 *
 * Codes decide; texts never do, because the service answers in the person's language.
 */
#ifndef WORK_SERVICE_CODES_H
#define WORK_SERVICE_CODES_H

#include "base/err.h"

struct service_code {
	const char *code;
	enum err err;
	const char *hint; /* what to do next, or NULL */
};

/* The row of a code (exact), or NULL. */
const struct service_code *service_code_find(struct str code);

#endif
