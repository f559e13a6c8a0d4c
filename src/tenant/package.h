/*
 * package.h - exported and imported packages.
 */
#ifndef TENANT_PACKAGE_H
#define TENANT_PACKAGE_H

/* Drops what exports and imports left behind: the tenant begins anew, or ends. */
void package_forget(void);

#endif
