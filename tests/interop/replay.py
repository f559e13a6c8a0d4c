"""replay.py - a service made of recorded answers; shares no code with the program.

Method, path and query choose a file of tests/data/samples.  The server answers token requests,
rewrites the hosts in the recordings to its own, splits lists into pages of one item with any of
the three spellings of nextLink, and serves each answer also with unknown members added or with
optional ones removed.  Signed content lives on a host of its own that refuses an Authorization
header; every other request must carry the token of its own audience.

    replay = Replay(folder)          # makes a certificate, listens on two ports
    replay.spelling = "nextLink"     # or "@odata.nextLink", "@odata.nextlink", None
    replay.change = "add"            # or "remove", None
    replay.close()
"""

import copy
import http.server
import json
import os
import re
import ssl
import subprocess
import threading
import urllib.parse

SAMPLES = "tests/data/samples"
ONES = "00000000-0000-0000-0000-000000001111"
ORGANISATION = "orgmocktenant"

# Members that an answer cannot do without, by the kind of sample; the rest is optional.
KEEP = {
    "flow-environments-list": ["name", "displayName"],
    "flow-list": ["name", "displayName"],
    "flow-admin-v2-list": ["name", "displayName"],
    "flow-get": ["name", "displayName"],
    "connections-list": ["name", "apiId", "statuses", "status", "createdBy"],
    "runs-list": ["name", "status", "startTime"],
    "run-get": ["name", "status", "trigger", "outputsLink", "uri"],
    "run-actions-list": ["name", "status", "outputsLink", "uri"],
    "logic-action-repetitions-list": ["name", "status", "outputsLink", "uri"],
    "logic-trigger-histories-list": ["name", "status", "fired"],
    "triggers-list": ["name"],
}


def sample(name):
    with open(os.path.join(SAMPLES, name + ".json"), encoding="utf-8") as f:
        return json.load(f)


def with_unknown(v):
    """The same value with members that no documentation names."""
    if isinstance(v, list):
        return [with_unknown(x) for x in v]
    if not isinstance(v, dict):
        return v
    out = {"aNewMember": {"nested": [1, None, "text"]}}
    out.update({k: with_unknown(x) for k, x in v.items()})
    out["zLast@odata.type"] = "#New"
    return out


def without_optional(v, keep):
    if isinstance(v, list):
        return [without_optional(x, keep) for x in v]
    if not isinstance(v, dict):
        return v
    return {k: without_optional(x, keep) for k, x in v.items()
            if k in keep or k in ("value", "properties")}


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(status)
        self.status, self.body = status, body


class Replay:
    def __init__(self, folder):
        self.spelling = self.change = None
        self.requests = []      # (method, path with query) since the last reset
        self.wrong = []         # what a client must not do
        self.refresh_token = "replay-refresh-0"
        self.tokens = {}        # access token -> scope
        self.lock = threading.Lock()
        self.certificate(folder)
        self.api = self.listen(folder, content=False)
        self.content = self.listen(folder, content=True)
        self.origin = "https://127.0.0.1:%d" % self.api.server_port
        self.content_host = "localhost:%d" % self.content.server_port
        self.dataverse = "https://%s.localhost:%d" % (ORGANISATION, self.api.server_port)

    # ---- the two servers ----

    def certificate(self, folder):
        self.ca_file = os.path.join(folder, "replay.pem")
        self.key_file = os.path.join(folder, "replay.key")
        names = "IP:127.0.0.1,DNS:localhost,DNS:%s.localhost" % ORGANISATION
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=replay", "-addext", "subjectAltName=" + names,
             "-keyout", self.key_file, "-out", self.ca_file],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listen(self, folder, content):
        replay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def handle_any(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size) if size else b""
                with replay.lock:
                    status, answer = replay.answer(self, content, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("x-ms-correlation-request-id", "replay-correlation")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # a client that goes away is no failure of the test

        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self.key_file)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self):
        self.api.shutdown()
        self.content.shutdown()

    # ---- answering ----

    def answer(self, request, content, body):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        path = urllib.parse.unquote(url.path)
        token = request.headers.get("Authorization")
        self.requests.append((request.command, request.path))
        try:
            if content:
                return 200, self.content_answer(path, token)
            if path.endswith("/oauth2/v2.0/token"):
                return 200, self.token(dict(urllib.parse.parse_qsl(body.decode())))
            self.check_token(path, token, request.headers.get("Host", ""))
            return 200, self.api_answer(request.command, path, query, url)
        except Refused as r:
            return r.status, r.body

    def token(self, form):
        if form.get("grant_type") != "refresh_token":
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "replay"})
        if form.get("refresh_token") != self.refresh_token:
            self.wrong.append("an old refresh token was used")
            raise Refused(400, {"error": "invalid_grant", "error_description": "AADSTS50173: old",
                                "error_codes": [50173]})
        scope = [s for s in form.get("scope", "").split() if s.startswith("https://")]
        answer = sample("entra-token-response-flow-scope")
        self.refresh_token = "replay-refresh-%d" % (len(self.tokens) + 1)
        access = "replay-access-%d" % (len(self.tokens) + 1)
        self.tokens[access] = scope[0] if scope else ""
        answer.update(access_token=access, refresh_token=self.refresh_token,
                      scope=" ".join(scope))
        return answer

    AUDIENCES = [
        ("/providers/Microsoft.ProcessSimple/", "service.flow."),
        ("/providers/Microsoft.PowerApps/", "service.powerapps."),
        ("/providers/Microsoft.BusinessAppPlatform/", "service.powerapps."),
        ("/api/data/", ORGANISATION + ".localhost"),
    ]

    def check_token(self, path, token, host):
        scope = self.tokens.get((token or "").removeprefix("Bearer "), "")
        for prefix, audience in self.AUDIENCES:
            if path.startswith(prefix) and audience in scope:
                return
        self.wrong.append("%s with a token for %r" % (path, scope))
        raise Refused(401, {"error": {"code": "InvalidAuthenticationAudience",
                                      "message": "wrong audience"}})

    def content_answer(self, path, token):
        if token:
            self.wrong.append("a token was sent to the content host")
            raise Refused(401, {"error": {"code": "DirectApiAuthorizationRequired",
                                          "message": "no Authorization here"}})
        if path.endswith("Inputs"):
            return sample("run-action-inputs-content")
        return sample("run-action-outputs-content-2026")

    # ---- recorded answers ----

    def own(self, v):
        """The recording with its hosts replaced by this server's."""
        text = json.dumps(v)
        text = re.sub(r"https://[a-z0-9.-]*(?:logic\.azure\.com|powerplatformusercontent\.com)"
                      r"(?::443)?", "https://" + self.content_host, text)
        text = text.replace("https://%s.api.crm.dynamics.com" % ORGANISATION, self.dataverse)
        text = text.replace("https://%s.crm.dynamics.com/" % ORGANISATION, self.dataverse + "/")
        return json.loads(text)

    def changed(self, name, v):
        v = self.own(copy.deepcopy(v))
        if self.change == "add":
            return with_unknown(v)
        if self.change == "remove":
            keep = next((KEEP[k] for k in KEEP if name.startswith(k)), None)
            return without_optional(v, keep) if keep else v
        return v

    def recorded(self, name):
        kind = "connections-list" if name.endswith("connections-list") else name
        return self.changed(kind, sample(name))

    def paged(self, document, url, query):
        """One item a page, when paging is on; the link is absolute, as in the recordings."""
        if not self.spelling or not isinstance(document.get("value"), list):
            return document
        at = int(query.get("$skiptoken", "0"))
        page = {k: v for k, v in document.items() if k != "value"}
        page["value"] = document["value"][at:at + 1]
        if at + 1 < len(document["value"]):
            pairs = [(k, v) for k, v in urllib.parse.parse_qsl(url.query) if k != "$skiptoken"]
            pairs.append(("$skiptoken", str(at + 1)))
            origin = self.dataverse if url.path.startswith("/api/data/") else self.origin
            page[self.spelling] = origin + url.path + "?" + urllib.parse.urlencode(pairs)
        return page

    # Path, what the query's $filter must contain, sample.
    ROUTES = [
        (r"P/environments", "", "flow-environments-list"),
        (r"P/environments/[^/]+", "", "flow-environment-get"),
        (r"P/environments/[^/]+/flows", "personal", "flow-list-personal"),
        (r"P/environments/[^/]+/flows", "team", "flow-list-team"),
        (r"P/scopes/admin/environments/0[^/]+/v2/flows", "", "flow-admin-v2-list-2026"),
        (r"P/scopes/admin/environments/D[^/]+/v2/flows", "", "flow-admin-v2-list"),
        (r"P/environments/[^/]+/flows/(f2|0|edf7)[^/]+", "", "flow-get-minimal"),
        (r"P/environments/[^/]+/flows/0[^/]+/runs", "", "runs-list-2026-single"),
        (r"P/environments/[^/]+/flows/f2[^/]+/runs", "", "runs-list"),
        (r"P/environments/[^/]+/flows/0[^/]+/runs/08584173836133456324137110841CU04", "",
         "run-get-2026"),
        (r"P/environments/[^/]+/flows/edf7[^/]+/runs/[^/]+", "", "run-get-running"),
        (r"P/environments/[^/]+/flows/[^/]+/runs/085[^/]+/actions", "", "run-actions-list-2026"),
        (r"P/environments/[^/]+/flows/[^/]+/runs/[^/]+/actions/testAction/repetitions", "",
         "logic-action-repetitions-list"),
        (r"P/environments/[^/]+/flows/[^/]+/triggers", "", "triggers-list"),
        (r"P/environments/[^/]+/flows/[^/]+/triggers/manual/histories", "",
         "logic-trigger-histories-list"),
        (r"/providers/Microsoft.PowerApps/connections", "environment eq '",
         "powerplatform-connectivity-connections-list"),
        (r"/providers/Microsoft.BusinessAppPlatform/environments/[^/]+", "",
         "bap-admin-environment-get-2026"),
    ]

    def api_answer(self, method, path, query, url):
        if "api-version" not in query and not path.startswith("/api/data/"):
            self.wrong.append("no api-version: " + path)
        if method != "GET":
            raise Refused(405, {"error": {"code": "MethodNotAllowed", "message": method}})
        if "-00000000dead" in path:
            raise Refused(403, sample("error-environment-access-denied"))
        if "396d5ec9" in path:
            raise Refused(404, sample("error-flow-not-found"))
        if "0f64d9dd" in path and "/triggers" not in path:
            raise Refused(403, sample("error-403-admin-role" if "/scopes/admin/" in path
                                      else "error-connection-authorization-failed"))
        if path.startswith("/api/data/v9.2/workflows"):
            return self.paged(self.workflows(), url, query)
        for pattern, wanted, name in self.ROUTES:
            pattern = pattern.replace("P/", "/providers/Microsoft.ProcessSimple/", 1)
            if re.fullmatch(pattern, path) and wanted in query.get("$filter", ""):
                return self.paged(self.recorded(name), url, query)
        return self.one_of_a_list(path)

    def workflows(self):
        """The recorded row as it would come in a list, and the same as a desktop flow."""
        row = sample("dataverse-workflow-create-201")
        row.pop("@odata.context", None)
        desktop = dict(row, workflowid="00000000-0000-0000-0000-000000002222", category=6,
                       name="desktop probe")
        return {"@odata.context": "$metadata#workflows", "value": [row, desktop]}

    def one_of_a_list(self, path):
        """A single action or repetition is the item of its recorded list."""
        m = re.search(r"/actions/([^/]+)(?:/(repetitions|scopeRepetitions)(?:/([^/]+))?)?$", path)
        if m and m.group(2) and not m.group(3):
            return {"value": []}
        if m and m.group(1) == "testAction" and not m.group(2):
            return {"name": "testAction", "properties": {"status": "Succeeded",
                                                         "repetitionCount": 2}}
        name = "logic-action-repetitions-list" if m and m.group(2) else "run-actions-list-2026"
        wanted = (m.group(3) or m.group(1)) if m else None
        for item in self.recorded(name)["value"]:
            if item["name"] == wanted and (name[0] == "r" or m.group(1) == "testAction"):
                return item
        inner = {"error": {"code": "WorkflowRunActionNotFound" if m else "WorkflowRunNotFound",
                           "message": "The item '%s' could not be found." % wanted}}
        raise Refused(404, {"error": {
            "code": "AzureResourceManagerRequestFailed",
            "message": "Request to Azure Resource Manager failed with error: '%s'"
                       % json.dumps(inner)}})
