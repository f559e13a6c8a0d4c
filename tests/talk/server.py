"""server.py - the process under test: its home, its pipes, its practice tenant, its end."""
import collections
import json
import os
import queue
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
# What hosts leave of the environment, and what sanitizers and coverage need.
KEPT = ("PATH", "TERM", "LANG", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
PROGRAMS = {"serve": (os.path.join(BUILD, "flowlatch"), "serve"),
            "fixture": (os.path.join(BUILD, "tests", "interop", "fixture_server"),),
            "flowlatch": (os.path.join(BUILD, "flowlatch"),)}


class Failure(Exception):
    """An expectation of the conversation was not met."""


class Home:
    """A fresh home directory, the environment that goes with it, and the practice tenant."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="talk.")
        os.chmod(self.dir, 0o700)
        self.run = os.path.join(self.dir, "run")
        os.mkdir(self.run, 0o700)
        self.env = {k: os.environ[k] for k in KEPT if k in os.environ}
        self.env.update(HOME=self.dir, USER="talk", LOGNAME="talk", SHELL="/bin/sh",
                        XDG_RUNTIME_DIR=self.run)
        self.tenant = self.about = self.config = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def start_tenant(self, args):
        state = self.path("tenant")
        os.makedirs(state, mode=0o700, exist_ok=True)
        self.tenant = subprocess.Popen(
            [os.path.join(BUILD, "flowlatch-tenant"), "--with-parent", "--dir", state] + args,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env)
        line = self.tenant.stdout.readline()
        if not line:
            raise Failure("the practice tenant did not start")
        self.about = json.loads(line)
        keys = {"cloud": "custom", "tenant": self.about["tenant"],
                "client_id": self.about["client_id"], "store": "refresh_token_file",
                "refresh_token_file": self.about["refresh_token_file"],
                "ca_file": self.about["ca_file"], "content_hosts": self.about["content_host"]}
        keys.update({k: v for k, v in self.about.items() if k.endswith("_url")})
        self.config = self.path("flowlatch.conf")
        with open(self.config, "w") as f:
            f.write("[profile default]\n" + "".join("%s = %s\n" % kv for kv in keys.items()))
        os.chmod(self.config, 0o600)

    def control(self, method, path, body):
        """Calls the control plane of the tenant; returns its answer."""
        if not self.about:
            raise Failure("there is no tenant: start one with `@ tenant`")
        with open(self.about["control_file"]) as f:
            token = f.read().strip()
        context = ssl.create_default_context(cafile=self.about["ca_file"])
        request = urllib.request.Request(
            self.about["origin"] + "/__practice/" + path.lstrip("/"), method=method,
            data=body.encode() if body else None,
            headers={"X-Practice-Token": token, "Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=10) as answer:
                return json.loads(answer.read() or b"null")
        except OSError as e:
            raise Failure("control plane: %s" % e)

    def secrets(self):
        """What must be seen nowhere: the tenant's refresh token and its control token."""
        found = []
        for base, _, names in os.walk(self.dir):
            for name in names:
                if name in ("refresh_token", "control"):
                    with open(os.path.join(base, name), errors="replace") as f:
                        found.append(f.read().strip())
        return [s for s in found if len(s) > 12]

    def close(self):
        if self.tenant:
            self.tenant.stdin.close()
            try:
                self.tenant.wait(5)
            except subprocess.TimeoutExpired:
                self.tenant.kill()
            self.tenant.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def members_of(session):
    """Living processes of a session: what a server left behind."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            left.append(int(pid))
    return left


class Server:
    def __init__(self, home, name, args, via="pipe", script=None):
        if name not in PROGRAMS:
            raise Failure("unknown program %s" % name)
        argv = list(PROGRAMS[name]) + args
        if name == "serve" and home.config and not {"--practice", "--config"} & set(args):
            argv += ["--config", home.config]
        self.home, self.via = home, via
        self.lines, self.raw, self.stderr = queue.Queue(), b"", b""
        self.closing = False
        self.reading = threading.Event()
        self.reading.set()
        stdin = stdout = subprocess.PIPE
        if via == "socket":
            (self.ours_in, stdin), (self.ours_out, stdout) = socket.socketpair(), socket.socketpair()
        elif via == "file":
            stdin = script
        self.p = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                                  env=home.env, cwd=home.dir, start_new_session=True)
        if via == "socket":
            stdin.close()
            stdout.close()
            self.inn, self.out = self.ours_in.makefile("wb", 0), self.ours_out.makefile("rb", 0)
        else:
            self.inn, self.out = self.p.stdin, self.p.stdout
        self.threads = [threading.Thread(target=t, daemon=True)
                        for t in (self.read_out, self.read_err)]
        for t in self.threads:
            t.start()

    def read_out(self):
        rest = b""
        while True:
            self.reading.wait()
            # A thread inside read(2) would keep the pipe open whatever the others do.
            if self.closing:
                self.out.close()
                break
            if not select.select([self.out], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.out.fileno(), 65536)
            except OSError:
                data = b""
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.lines.put(line)
        if rest:
            self.lines.put(rest + b"<no end of line>")
        self.lines.put(None)

    def read_err(self):
        for line in self.p.stderr:
            self.stderr += line

    def send(self, data):
        try:
            self.inn.write(data)
            self.inn.flush()
        except (BrokenPipeError, ConnectionError, ValueError):
            raise Failure("the server no longer reads")

    def eof(self):
        try:
            if self.via == "socket":
                self.ours_in.shutdown(socket.SHUT_WR)
            elif self.inn:
                self.inn.close()
        except OSError:
            pass

    def close_output(self):
        """Nobody reads the answers any more."""
        if self.via == "socket":
            self.ours_out.shutdown(socket.SHUT_RDWR)
            self.ours_out.close()
        self.closing = True

    def signal(self, name):
        self.p.send_signal(getattr(signal, "SIG" + name))

    def next_line(self, seconds):
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError()

    def memory(self):
        """The most memory it ever held, in MiB."""
        with open("/proc/%d/status" % self.p.pid) as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        raise Failure("the server is gone")

    def wait(self, seconds):
        """The exit status; nothing may be left of it."""
        try:
            status = self.p.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure("the server did not end within %g s" % seconds)
        self.reading.set()
        for t in self.threads:
            t.join(5)
        until = time.monotonic() + 5
        while members_of(self.p.pid):
            if time.monotonic() > until:
                left = members_of(self.p.pid)
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                raise Failure("the server left %d processes behind" % len(left))
            time.sleep(0.02)
        return status

    def kill(self):
        for pid in [self.p.pid] + members_of(self.p.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.p.wait()
        self.reading.set()
