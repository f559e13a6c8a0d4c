"""signing.py - a practice tenant, profiles for it, and a browser without a window."""
import html
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import urllib.parse

from cli import B, PROGRAM, Home, Result


class Here(http.client.HTTPSConnection):
    """Names below localhost are this machine (RFC 6761), also where no resolver says so."""

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


class Signing:
    """The tenant runs as long as this object's owner."""

    def __init__(self, *options):
        self.home = Home()
        self.dir = os.path.join(self.home.path, "tenant")
        self.process = subprocess.Popen(
            [B + "/flowlatch-tenant", "--dir", self.dir, "--with-parent", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.token = os.path.join(self.home.path, "token")
        self.context = ssl.create_default_context(cafile=self.ready["ca_file"])
        with open(self.ready["control_file"]) as f:
            self.key = f.read().strip()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)

    def control(self, verb, body=None):
        status, _, text = self.send(
            "%s/__practice/%s" % (self.ready["origin"], verb),
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-Practice-Token": self.key})
        assert status == 200, (verb, status, text)
        return json.loads(text or "null")

    def fresh(self, **knobs):
        """The tenant as at its start, with codes polled each second; nobody is signed in."""
        self.control("reset", {})
        self.control("set", dict({"deviceIntervalSeconds": 1}, **knobs))
        if os.path.exists(self.token):
            os.unlink(self.token)

    def profile(self, name, **changes):
        """The section of a profile for the tenant; None leaves a key out."""
        keys = {"cloud": "custom", "client_id": self.ready["client_id"],
                "ca_file": self.ready["ca_file"], "store": "refresh_token_file",
                "refresh_token_file": self.token, "content_hosts": self.ready["content_host"]}
        for key in ("login_url", "flow_url", "powerapps_url", "bap_url", "powerplatform_url",
                    "environment_url", "dataverse_url"):
            keys[key] = self.ready[key]
        keys.update(changes)
        return "[profile %s]\n%s\n" % (name, "".join(
            "%s = %s\n" % (k, v) for k, v in keys.items() if v is not None))

    def start(self, *args, name="t", env=None):
        """A sign-in with the browser whose address was shown."""
        return Login(self, *args, name=name, env=env)

    def login(self, *args, name="t", user=None):
        """A whole sign-in with the browser."""
        at = self.start(*args, name=name)
        if at.url:
            visit(at.drive(**({"user": user} if user else {})))
        at.finish()
        return Result(at.code, at.out, at.err)

    # -- the browser

    def send(self, url, body=None, headers=None):
        """(status, headers, text); a form when `body` is a dict.  Redirects are not followed."""
        u = urllib.parse.urlsplit(url)
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        c = Here(u.hostname, u.port, context=self.context, timeout=20)
        c.request("GET" if body is None else "POST", u.path + ("?" + u.query if u.query else ""), body,
                  headers)
        a = c.getresponse()
        result = a.status, a.headers, a.read().decode()
        c.close()
        return result

    def page(self, url, action="accept", **fields):
        """Drives the pages behind `url`: the address that the browser is sent to, or None and the
        page."""
        status, headers, text = self.send(url)
        if status == 302:
            return headers["Location"], text
        form = re.search(r'action="([^"]*)"', text)
        if not form:
            return None, text
        target = urllib.parse.urljoin(url, html.unescape(form.group(1)))
        status, headers, text = self.send(target, dict({"action": action}, **fields))
        return headers.get("Location"), text


class Login:
    """A sign-in that waits for the browser; drive() goes through the pages, finish() waits."""

    def __init__(self, tenant, *args, name="t", env=None):
        self.tenant = tenant
        self.p = subprocess.Popen([PROGRAM, "login", "--browser", "--profile", name, *args],
                                  env=tenant.home.env(**(env or {})), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.err = ""
        self.url = None
        for line in self.p.stderr:
            self.err += line
            if line.startswith("https://"):
                self.url = line.strip()
            if "press Enter" in line or "error:" in line:
                break
        self.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url or "").query))

    def drive(self, action="accept", **fields):
        """Where the browser is sent in the end."""
        return self.tenant.page(self.url, action, **fields)[0]

    def finish(self, type=None):
        out, err = self.p.communicate(type, timeout=60)
        self.out, self.code = out, self.p.returncode
        self.err += err
        return self

    def running(self):
        return self.p.poll() is None

    def __str__(self):
        return f"exit {self.p.returncode}\n{getattr(self, 'out', '')}\n{self.err}"


def visit(url, method="GET", host=None, address="127.0.0.1", headers=None):
    """One request to the listener of a sign-in: (status, headers, text)."""
    u = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(address, u.port, timeout=20)
    c.putrequest(method, (u.path or "/") + ("?" + u.query if u.query else ""), skip_host=True)
    c.putheader("Host", host or u.netloc)
    for name, value in (headers or {}).items():
        c.putheader(name, value)
    c.endheaders()
    a = c.getresponse()
    result = a.status, dict(a.getheaders()), a.read().decode()
    c.close()
    return result
