"""Starts flowlatch-tenant and talks to it, with the standard library alone.

Every connection goes to 127.0.0.1; the host name of the URL is used for TLS and the Host header,
so the machine needs no special name resolution.
"""
import atexit
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
PROGRAM = os.path.join(BUILD, "flowlatch-tenant")

FLOW = "https://service.flow.microsoft.com/"
POWERAPPS = "https://service.powerapps.com/"
POWERPLATFORM = "https://api.powerplatform.com"
API = "api-version=2016-11-01"
SIMPLE = "/providers/Microsoft.ProcessSimple"
APPS = "/providers/Microsoft.PowerApps"
BAP = "/providers/Microsoft.BusinessAppPlatform"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The error code, also of an error inside an error's message."""
        error = self.json.get("error")
        if isinstance(error, str):
            return error
        inner = error.get("message", "")
        if error["code"] == "AzureResourceManagerRequestFailed":
            return json.loads(inner[inner.index("{"):inner.rindex("}") + 1])["error"]["code"]
        return error["code"]


class Tenant:
    def __init__(self, *options, env=None, stdin=subprocess.DEVNULL):
        self.dir = tempfile.mkdtemp(prefix="practice-")
        atexit.register(shutil.rmtree, self.dir, True)
        self.process = subprocess.Popen([PROGRAM, "--dir", self.dir, *options], stdin=stdin,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        atexit.register(self.kill)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("no start: " + self.process.stderr.read().decode())
        self.ready = json.loads(line)
        self.port = self.ready["port"]
        self.context = ssl.create_default_context(cafile=self.ready["ca_file"])
        self.tokens = {}
        self.kept = threading.local()
        with open(self.ready["control_file"]) as f:
            self.control_token = f.read().strip()
        with open(self.ready["refresh_token_file"]) as f:
            self.refresh_token = f.read().strip()

    # -- the process

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=20):
        """Ends it as a parent does; returns (exit code, stderr)."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, err.decode()

    # -- HTTP

    def connect(self, host, timeout=20):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c = http.client.HTTPSConnection(host, self.port, context=self.context, timeout=timeout)
        c.sock = self.context.wrap_socket(raw, server_hostname=host)
        return c

    def send(self, method, url, body=None, headers=None, timeout=20, keep=True):
        """One request; `url` is absolute, or a path on localhost."""
        if url.startswith("/"):
            url = self.ready["origin"] + url
        u = urllib.parse.urlsplit(url)
        host = u.hostname
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        pool = self.kept.__dict__.setdefault("pool", {})
        c = pool.pop(host, None) if keep else None
        for attempt in (0, 1):
            fresh = c is None
            if fresh:
                c = self.connect(host, timeout)
            try:
                path = url[url.index(u.netloc) + len(u.netloc):] or "/"
                c.request(method, path, body, headers)
                r = c.getresponse()
                data = r.read()
                break
            except (ConnectionError, http.client.HTTPException):
                c.close()
                if fresh or method != "GET":
                    raise
                c = None
        if keep and not r.will_close:
            pool[host] = c
        else:
            c.close()
        if r.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        return Answer(r.status, r.headers, data)

    def post_form(self, url, fields, headers=None):
        h = {"Content-Type": "application/x-www-form-urlencoded"}
        h.update(headers or {})
        return self.send("POST", url, urllib.parse.urlencode(fields).encode(), h)

    # -- sign-in

    def token_url(self, tenant=None):
        return "%s/%s/oauth2/v2.0/token" % (self.ready["login_url"], tenant or self.ready["tenant"])

    def refresh(self, audience, **more):
        fields = {"grant_type": "refresh_token", "client_id": self.ready["client_id"],
                  "refresh_token": self.refresh_token,
                  "scope": audience + "/.default offline_access openid profile"}
        fields.update(more)
        return self.post_form(self.token_url(), fields)

    def token(self, audience):
        if audience not in self.tokens:
            a = self.refresh(audience)
            if a.status != 200:
                raise RuntimeError(a.body.decode())
            self.refresh_token = a.json.get("refresh_token", self.refresh_token)
            self.tokens[audience] = a.json["access_token"]
        return self.tokens[audience]

    def api(self, method, url, audience=FLOW, body=None, headers=None, **more):
        h = {"Authorization": "Bearer " + self.token(audience), "Accept": "application/json"}
        h.update(headers or {})
        return self.send(method, url, body, h, **more)

    def flow(self, path, method="GET", **more):
        return self.api(method, self.ready["flow_url"] + SIMPLE + path, FLOW, **more)

    def apps(self, path, method="GET", **more):
        return self.api(method, self.ready["powerapps_url"] + APPS + path, POWERAPPS, **more)

    def bap(self, path, method="GET", **more):
        return self.api(method, self.ready["bap_url"] + BAP + path, POWERAPPS, **more)

    def dataverse(self, path, method="GET", organization="org-fabrikam", **more):
        origin = self.ready["dataverse_url"].replace("{organization}", organization)
        return self.api(method, origin + "/api/data/v9.2" + path, origin, **more)

    def pages(self, url, audience=FLOW, key="nextLink", headers=None, fix=None):
        """All items of a list, following links verbatim; also the number of pages."""
        items, count = [], 0
        while url:
            a = self.api("GET", url, audience, headers=headers)
            assert a.status == 200, (url, a.status, a.body[:300])
            items += a.json["value"]
            url = a.json.get(key)
            if url and fix:
                url = fix(url)
            count += 1
        return items, count

    # -- control plane

    def control(self, path, body=None, method=None):
        return self.send(method or ("GET" if body is None else "POST"), "/__practice/" + path,
                         None if body is None else json.dumps(body).encode(),
                         {"X-Practice-Token": self.control_token}, keep=False)

    def set(self, **knobs):
        a = self.control("set", knobs)
        assert a.status == 200, a.body

    def stats(self):
        return self.control("stats").json

    # -- finding one's way

    def environment(self, part):
        for e in self.flow("/environments?" + API).json["value"]:
            if part in e["properties"]["displayName"]:
                return e["name"]
        raise KeyError(part)

    def flows(self, environment, search="personal"):
        return self.pages("%s%s/environments/%s/flows?%s&$filter=search('%s')"
                          "&include=includeSolutionCloudFlows"
                          % (self.ready["flow_url"], SIMPLE, environment, API, search))[0]

    def flow_named(self, environment, part):
        for s in ("personal", "team"):
            for f in self.flows(environment, s):
                if part in f["properties"]["displayName"]:
                    return f["name"]
        raise KeyError(part)


class Tap:
    """Prints TAP; end() gives the exit code."""

    def __init__(self):
        self.number = 0
        self.bad = 0

    def ok(self, good, name, detail=None):
        self.number += 1
        print("%sok %d - %s" % ("" if good else "not ", self.number, name))
        if not good:
            self.bad += 1
            if detail is not None:
                for line in str(detail)[:2000].splitlines():
                    print("# " + line)
        sys.stdout.flush()
        return good

    def eq(self, have, want, name):
        return self.ok(have == want, name, "have %r\nwant %r" % (have, want))

    def end(self):
        print("1..%d" % self.number)
        return 1 if self.bad else 0
