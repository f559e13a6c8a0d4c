/*
 * bus.h - where the session bus of this user is.
 *
 * Hosts start their servers without DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR; systemd's
 * place of the user bus is then looked at.  Knows nothing of D-Bus itself.
 */
#ifndef KEYRING_BUS_H
#define KEYRING_BUS_H

#include <stdbool.h>

/* Makes the environment name a bus; false when there is none to be found.  `again`: what the
 * environment names does not answer, so only systemd's place counts. */
bool bus_find(bool again);

#endif
