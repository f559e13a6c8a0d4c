#!/usr/bin/env python3
"""signed_in.py LAB - a terminal signs in with a keyring, the official SDK starts the server.

The SDK passes on HOME, LOGNAME, PATH, SHELL, TERM and USER, so the server has to find the bus of
the user by itself.  LAB holds node_modules and what Node needs is in PATH.
signed_in.py can: says on stderr why this cannot be tried here, and ends with 1.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cli"))
import desktop  # noqa: E402
from cli import PROGRAM, run  # noqa: E402
from signing import Signing  # noqa: E402


def main():
    if desktop.MISSING:
        sys.exit("no " + " and no ".join(desktop.MISSING))
    desk = desktop.Desktop()
    signing = None
    try:
        wrap = desktop.user_bus(desk.bus)
        if not wrap:
            sys.exit("no mount namespace here")
        if sys.argv[1] == "can":
            return 0
        desk.start_keyring()
        signing = Signing()
        signing.home.conf(signing.profile("t", store=None, refresh_token_file=None))
        signing.fresh(devicePolls=0)
        r = run("login", "--quick", "--profile", "t", home=signing.home, env=desk.variables())
        if r.code:
            sys.exit("login: %s" % r)
        env = {"HOME": signing.home.path, "PATH": os.environ["PATH"], "TERM": "xterm",
               "SHELL": "/bin/sh", "USER": "somebody", "LOGNAME": "somebody",
               # The SDK hides what leads to the keyring, and this shows that it does.
               "XDG_RUNTIME_DIR": "/nonexistent", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
        return subprocess.run([*wrap, "node", os.path.join(HERE, "sdk_legacy.mjs"), sys.argv[1], PROGRAM,
                               "serve", "--profile", "t"], env=env, timeout=120, check=False).returncode
    finally:
        if signing:
            signing.stop()
        desk.stop()


if __name__ == "__main__":
    sys.exit(main())
