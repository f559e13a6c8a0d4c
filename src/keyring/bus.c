/*
 * bus.c - where the session bus of this user is.
 *
 * Source: systemd's pam_systemd(8) ($XDG_RUNTIME_DIR is /run/user/UID), dbus.socket (its bus is
 * $XDG_RUNTIME_DIR/bus), and GLib, which looks there when no address is set.
 */
#include "keyring/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Somebody else's socket would be given our secrets. */
static bool own_socket(const char *dir)
{
	char path[4096];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/bus", dir);

	return n > 0 && (size_t)n < sizeof(path) && !lstat(path, &st) && S_ISSOCK(st.st_mode) &&
	       st.st_uid == geteuid();
}

bool bus_find(bool again)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char path[64];

	if (!again) {
		if (address && address[0])
			return true;
		if (dir && dir[0] == '/' && own_socket(dir))
			return true;
	} else if (!address || strncmp(address, "unix:", 5) != 0) {
		/* "disabled:" is somebody's wish. */
		return false;
	}
	snprintf(path, sizeof(path), "/run/user/%lu", (unsigned long)geteuid());
	if (!own_socket(path))
		return false;
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	return setenv("XDG_RUNTIME_DIR", path, 1) == 0;
}
