"""desktop.py - a session bus and a real gnome-keyring of one's own, without a screen."""
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""
MISSING = [p for p in ("dbus-daemon", "dbus-send", "gnome-keyring-daemon") if not shutil.which(p)]
try:
    pwd.getpwuid(os.getuid())
except KeyError:
    # A bus closes the connection of somebody without a name.
    MISSING.append("name of this user")
LOGIN = "/org/freedesktop/secrets/collection/login"


class Desktop:
    """A bus at DIR/bus, where $XDG_RUNTIME_DIR would have it, and on demand the keyring.

    Nothing is activated on this bus, so there is no service unless it was started.
    """

    def __init__(self, directory=None):
        self.temp = tempfile.mkdtemp(prefix="flowlatch-desk-")
        self.dir = directory or self.temp
        self.home = os.path.join(self.temp, "home")
        os.makedirs(self.home, mode=0o700)
        self.bus = os.path.join(self.dir, "bus")
        self.daemon = self.keyring = None
        config = os.path.join(self.temp, "bus.conf")
        with open(config, "w") as f:
            f.write(CONFIG % self.bus)
        self.bus_daemon = subprocess.Popen(["dbus-daemon", "--nofork", "--config-file", config],
                                           stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.bus))

    def variables(self):
        return {"XDG_RUNTIME_DIR": self.dir}

    def env(self):
        return {"PATH": os.environ["PATH"], "HOME": self.home, "XDG_RUNTIME_DIR": self.dir,
                "DBUS_SESSION_BUS_ADDRESS": "unix:path=" + self.bus}

    def send(self, *args):
        return subprocess.run(["dbus-send", "--session", "--print-reply", "--reply-timeout=5000",
                               *args], env=self.env(), capture_output=True, text=True, check=False)

    def has_service(self):
        return "true" in self.send(
            "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets").stdout

    def start_keyring(self, password="test-only"):
        """Starts the keyring; with a password its default collection is made or unlocked."""
        args = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self.keyring = subprocess.Popen(args + (["--unlock"] if password else []), env=self.env(),
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, text=True)
        self.keyring.stdin.write(password or "")
        self.keyring.stdin.close()
        wait_for(self.has_service)

    def stop_keyring(self):
        if self.keyring:
            self.keyring.send_signal(signal.SIGCONT)
            self.keyring.terminate()
            try:
                self.keyring.wait(5)
            except subprocess.TimeoutExpired:
                self.keyring.kill()
                self.keyring.wait()
            self.keyring = None
            wait_for(lambda: not self.has_service())

    def lock(self):
        r = self.send("--dest=org.freedesktop.secrets", "/org/freedesktop/secrets",
                      "org.freedesktop.Secret.Service.Lock", "array:objpath:" + LOGIN)
        assert LOGIN in r.stdout, r.stderr

    def unlock(self, password="test-only"):
        """As PAM does it: the password over the daemon's control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.dir, "keyring", "control"))
            # gkd-control-client.c: a byte for the credentials, then length, operation 1, string.
            text = password.encode()
            s.sendall(b"\0" + struct.pack(">III", 12 + len(text), 1, len(text)) + text)
            answer = s.recv(8)
        assert struct.unpack(">II", answer)[1] == 0, answer

    def freeze(self, frozen=True):
        """A service that does not answer."""
        self.keyring.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def items(self, *attributes):
        """How many items of flowlatch there are, locked or not."""
        pairs = ["service", "flowlatch", *attributes]
        text = ",".join("string:%s" % x for x in pairs)
        out = self.send("--dest=org.freedesktop.secrets", "/org/freedesktop/secrets",
                        "org.freedesktop.Secret.Service.SearchItems",
                        "dict:string:string:" + text.replace("string:", "")).stdout
        return out.count("object path")

    def stop(self):
        self.stop_keyring()
        self.bus_daemon.terminate()
        self.bus_daemon.wait()
        if os.path.exists(self.bus):
            os.unlink(self.bus)
        shutil.rmtree(self.temp, ignore_errors=True)


def user_bus(bus):
    """The command to put before another, so that it finds `bus` where systemd has the user's: in
    a view of the file system of its own.  None where that is not allowed."""
    wrap = ["unshare", "-m", "sh", "-c",
            "mkdir -p /run/user && mount -t tmpfs none /run/user && "
            "mkdir -m 0700 /run/user/$(id -u) && touch /run/user/$(id -u)/bus && "
            'mount --bind "$0" /run/user/$(id -u)/bus && exec "$@"', bus]
    if not shutil.which("unshare") or subprocess.run([*wrap, "true"], capture_output=True,
                                                     check=False).returncode:
        return None
    return wrap


def wait_for(what, seconds=20):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise TimeoutError("waited in vain")
        time.sleep(0.02)
