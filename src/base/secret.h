/*
 * secret.h - bytes that must not be printed, copied about or left behind.
 *
 * A secret owns pages of its own that are locked, kept out of dumps and wiped when freed.
 * There is no way to format one.  Only the owner of a wire (HTTP header, token body,
 * keyring pipe) looks inside, with secret_bytes.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/buf.h"

struct secret;

/* Copies the bytes; NULL when memory is out.  Wiping the source is the caller's business. */
struct secret *secret_new(struct str bytes);
struct secret *secret_copy(const struct secret *s);
void secret_free(struct secret *s);
struct str secret_bytes(const struct secret *s);
/* Constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Calls back for each living secret: redaction masks them all, in every encoding. */
void secret_each(void (*fn)(struct str bytes, void *arg), void *arg);

#endif
