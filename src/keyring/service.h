/*
 * service.h - the Secret Service: items of one profile in one collection.
 *
 * The only face of libsecret.  Never opens a window unless the request is interactive.
 */
#ifndef KEYRING_SERVICE_H
#define KEYRING_SERVICE_H

#include "keyring/protocol.h"

/* Does what the request asks; secrets that were found are added to `out` as lines, what the
 * service said when it failed to `detail`. */
enum keyring_status service_serve(const struct keyring_request *r, struct buf *out,
				  struct buf *detail);

#endif
