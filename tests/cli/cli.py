"""cli.py - what the tests of the command line share: running the program, TAP, a terminal."""
import json
import os
import pty
import select
import struct
import subprocess
import sys
import fcntl
import tempfile
import termios
import time

B = os.environ.get("B", "build")
PROGRAM = os.path.abspath(os.path.join(B, "flowlatch"))
# Sanitizers and valgrind are slow; a hang is still found.
PATIENCE = 60

_count = 0
_failed = 0


def check(what, good, detail=""):
    """One line of TAP."""
    global _count, _failed
    _count += 1
    print(f"{'ok' if good else 'not ok'} {_count} - {what}")
    if not good:
        _failed += 1
        for line in str(detail).splitlines()[:40]:
            print(f"#   {line}")
    sys.stdout.flush()


def skip(what, why):
    global _count
    _count += 1
    print(f"ok {_count} - {what} # SKIP {why}")


def end():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


class Home:
    """An empty home directory, and the environment of a process in it."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="flowlatch-cli-")
        self.path = self.dir.name

    def env(self, **more):
        kept = {k: v for k, v in os.environ.items()
                if k in ("PATH", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR")}
        kept["HOME"] = self.path
        kept.update({k: v for k, v in more.items() if v is not None})
        return kept

    def conf(self, text, mode=0o600):
        path = os.path.join(self.path, ".config", "flowlatch", "flowlatch.conf")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def files(self):
        """Every file below the home directory, as {path: bytes}."""
        found = {}
        for root, _, names in os.walk(self.path):
            for name in names:
                path = os.path.join(root, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as f:
                        found[path] = f.read()
        return found


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\nstdout: {self.out[:2000]}\nstderr: {self.err[:2000]}"


def run(*args, home=None, input="", env=None, program=PROGRAM, cwd=None):
    """Runs flowlatch with `args`; streams are text."""
    own = home or Home()
    p = subprocess.run([program, *args], input=input, capture_output=True, text=True,
                       env=own.env(**(env or {})), timeout=PATIENCE, cwd=cwd)
    return Result(p.returncode, p.stdout, p.stderr)


def run_in_terminal(*args, columns=80, home=None, env=None):
    """The same with stdin, stdout and stderr on a terminal of so many columns."""
    own = home or Home()
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    terms = {"TERM": "xterm-256color"}
    terms.update(env or {})
    p = subprocess.Popen([PROGRAM, *args], stdin=follower, stdout=follower, stderr=follower,
                         env=own.env(**terms), start_new_session=True, close_fds=True)
    os.close(follower)
    out = b""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            out += piece
        elif p.poll() is not None:
            break
    os.close(leader)
    code = p.wait(timeout=PATIENCE)
    return Result(code, out.decode("utf-8").replace("\r\n", "\n"), "")
