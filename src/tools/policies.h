/*
 * policies.h - data loss prevention policies as the service gives them.
 */
#ifndef TOOLS_POLICIES_H
#define TOOLS_POLICIES_H

#include <flowlatch/tool.h>

/* Whether a policy holds in an environment. */
bool policy_applies(const struct json *policy, struct str environment);
/* "Confidential", "General" or "Blocked": the group of a connector such as "shared_sql". */
struct str policy_group_of(const struct json *policy, struct str connector);

#endif
