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

from cli import B, Home


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
