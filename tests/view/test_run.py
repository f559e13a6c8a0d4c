#!/usr/bin/env python3
"""The page of a run in a headless Chromium: drawn, opened, searched, with the keyboard, in the dark,
with hostile texts, and as a view of an MCP Apps host.  TAP; screenshots go to build/view."""
import json
import os
import subprocess
import sys
import traceback

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)),
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "talk")]
import browser
import csp
from server import BUILD, Home

SHOTS = os.path.join(BUILD, "view")
EVIL = "</script><script>window.pwned=1</script><img src=x onerror='window.pwned=2'>"
LINES = "a\u2028b\u2029c"
BIDI = "fee \u202edne\u202c\u200b"
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}


class Tenant(Home):
    """A practice tenant, and flowlatch as a command beside it."""

    def __init__(self):
        super().__init__()
        self.start_tenant(["--date", "2026-11-21T12:00:00Z"])

    def flowlatch(self, *words):
        return subprocess.run([os.path.join(BUILD, "flowlatch"), "--config", self.config,
                               *words], capture_output=True, text=True, env=self.env,
                              timeout=120, check=False)

    def call(self, tool, **arguments):
        done = self.flowlatch("--toolsets", "all", "call", tool, "--json", "--args",
                              json.dumps(arguments))
        if done.returncode:
            raise browser.Failure(done.stdout + done.stderr)
        return json.loads(done.stdout)

    def rpc(self, method, params):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                           "params": dict(params, _meta=META)}) + "\n"
        path = self.path("request")
        with open(path, "w", encoding="utf-8") as f:
            f.write(line)
        with open(path, encoding="utf-8") as f:
            done = subprocess.run([os.path.join(BUILD, "flowlatch"), "--config", self.config,
                                   "--toolsets", "all", "serve"], stdin=f, capture_output=True,
                                  text=True, env=self.env, timeout=120, check=False)
        return json.loads(done.stdout.splitlines()[0])["result"]

    def flow(self, environment, search):
        env = self.call("list_live_environments", search=environment)[0]["id"]
        flows = self.call("list_live_flows", environmentName=env, search=search)["flows"]
        return {"environmentName": env, "flowName": flows[0]["id"]}

    def run_of(self, environment, search, **wanted):
        at = self.flow(environment, search)
        return dict(at, runName=self.call("get_live_flow_runs", top=1, **at, **wanted)[0]["name"])

    def page(self, at, name):
        path = self.path(name + ".html")
        done = self.flowlatch("--environment", at["environmentName"], "report", "run",
                              at["runName"], "--flow", at["flowName"], "-o", path)
        if done.returncode:
            raise browser.Failure(done.stdout + done.stderr)
        return path


def expect(condition, what):
    if not condition:
        raise browser.Failure(what)


def clean(page):
    expect(page.complaints() == [], "the page complains: %s" % page.complaints())
    expect(page.requests() == [], "the page asks the network: %s" % page.requests())


COUNT = "document.querySelectorAll('#graph .step').length"
PANEL = "document.getElementById('panel')"


def test_drawn(tenant, page):
    """graph drawn, with states, times and arrows"""
    at = tenant.run_of("Operations", "Sensor readings", status="Failed")
    page.open(tenant.page(at, "sensors"))
    steps = tenant.call("get_live_flow_run_timeline", steps=True, **at)["steps"]
    expect(page.value(COUNT) == len(steps) + 1, "not every step is drawn")
    expect(page.value("document.querySelectorAll('#graph svg > path').length") >= 4, "no arrows")
    expect(page.value("document.querySelector('[data-step=\"3\"]').className") == "step bad",
           "the step that failed does not look so")
    expect("\u00d71200" in page.value("document.querySelector('[data-step=\"3\"]').textContent"),
           "no number of passes")
    expect(page.value("document.getElementById('status').textContent") == "Failed", "no status")
    inside = page.value(
        "(() => { const r = (i) => document.querySelector(`[data-step=\"${i}\"]`)"
        ".getBoundingClientRect(); const a = r(1), b = r(2);"
        " return b.left > a.left && b.right < a.right && b.top > a.bottom - 1; })()")
    expect(inside, "a step is not inside of its loop")
    page.screenshot(os.path.join(SHOTS, "graph.png"))
    clean(page)


def test_opened(tenant, page):
    """a step opened with the mouse shows inputs, outputs and passes"""
    page.click("[data-step='3']")
    page.until("!%s.hidden" % PANEL)
    text = page.value(PANEL + ".textContent")
    for part in ("Read", "GatewayTimeout", "Pass 0000", "SensorOffline", "\"id\": \"s-"):
        expect(part in text, "%r is not in the details" % part)
    page.screenshot(os.path.join(SHOTS, "details.png"))
    page.click("#panel button")
    expect(page.value(PANEL + ".hidden"), "the details do not close")
    clean(page)


def test_searched(tenant, page):
    """search finds steps by what they hold"""
    page.click("#search")
    page.type("sensoroffline")
    page.until("document.getElementById('hits').textContent === '1 of 7'")
    expect(page.value("document.querySelector('#graph .hit').dataset.step") == "3", "wrong hit")
    page.screenshot(os.path.join(SHOTS, "search.png"))
    page.key("Enter", 13, "\r")
    page.until("!%s.hidden" % PANEL)
    expect("Read" in page.value(PANEL + ".querySelector('h2').textContent"), "wrong step opened")
    page.key("Escape", 27)
    page.until("%s.hidden" % PANEL)
    page.value("document.getElementById('search').value = '', 0")
    page.value("document.getElementById('search').dispatchEvent(new Event('input')), 0")
    expect(page.value("document.querySelectorAll('#graph .hit').length") == 0, "hits remain")
    clean(page)


def test_keyboard(tenant, page):
    """all of it with the keyboard"""
    page.value("document.activeElement.blur(), 0")
    page.key("/", 191, "/")
    expect(page.value("document.activeElement.id") == "search", "/ does not search")
    page.value("document.querySelector('#graph .step[tabindex=\"0\"]').focus(), 0")
    page.key("Home", 36)
    expect(page.value("document.activeElement.dataset.step") == "-1", "Home")
    page.key("ArrowDown", 40)
    page.key("ArrowDown", 40)
    expect(page.value("document.activeElement.dataset.step") == "1", "arrow keys")
    expect(page.value("document.querySelectorAll('#graph .step[tabindex=\"0\"]').length") == 1,
           "more than one step can be tabbed to")
    page.key("Enter", 13, "\r")
    page.until("!%s.hidden" % PANEL)
    expect("For_each_sensor" in page.value(PANEL + ".textContent"), "Enter")
    page.key("Escape", 27)
    expect(page.value("document.activeElement.dataset.step") == "1", "the focus is lost")
    page.key("End", 35)
    expect(page.value("document.activeElement.dataset.step") == "5", "End")
    clean(page)


def test_times(tenant, page):
    """the timeline, and light and dark"""
    page.click("#show-times")
    expect(page.value("document.querySelectorAll('#times tbody tr').length") == 6, "not six rows")
    wide = page.value("[...document.querySelectorAll('.span')].map((e) =>"
                      " e.getBoundingClientRect().width)")
    expect(wide[0] < wide[1] and all(w > 0 for w in wide), "bars are not to scale: %s" % wide)
    light = page.value("getComputedStyle(document.body).backgroundColor")
    page.screenshot(os.path.join(SHOTS, "times.png"))
    page.ask("Emulation.setEmulatedMedia",
             features=[{"name": "prefers-color-scheme", "value": "dark"}])
    dark = page.value("getComputedStyle(document.body).backgroundColor")
    expect(light == "rgb(255, 255, 255)" and dark != light, "no dark colours: %s" % dark)
    page.click("#show-graph")
    page.screenshot(os.path.join(SHOTS, "dark.png"))
    page.ask("Emulation.setEmulatedMedia", features=[])
    clean(page)


def test_hostile(tenant, page):
    """hostile names and values stay text"""
    at = tenant.run_of("Operations", "Order intake: pick", status="Succeeded")
    inner = {"type": "Compose", "inputs": 1, "runAfter": {EVIL: ["Succeeded"]}}
    body = {"name": at["flowName"], "properties": {
        "displayName": EVIL + BIDI, "lastModifiedTime": "2026-01-01T00:00:00Z",
        "definition": {"triggers": {"t": {"type": "Request"}}, "actions": {
            EVIL: {"type": EVIL, "runAfter": {}}, LINES: inner, "__proto__": inner,
            BIDI: {"type": "If", "runAfter": {"constructor": []},
                   "actions": {"constructor": inner}}}}}}
    times = {"startTime": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T11:00:01Z"}
    link = {"uri": "https://" + tenant.about["content_host"] + "/x?sig=1", "contentSize": 10}
    actions = {"value": [{"name": n, "properties": dict(
        times, status="Succeeded", code=EVIL, outputsLink=link)} for n in (EVIL, LINES, BIDI)]}
    tenant.control("POST", "fault", json.dumps([
        {"path": "*/flows/%s?api-version*" % at["flowName"], "status": 200, "body": body, "count": -1},
        {"path": "*/actions?api-version*", "status": 200, "body": actions, "count": -1},
        {"face": "content", "path": "/x*", "status": 200, "count": -1,
         "body": {"body": EVIL + LINES + BIDI, EVIL: "<!--<script>"}}]))
    path = tenant.page(at, "hostile")
    tenant.control("POST", "fault/clear", "{}")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    expect(text.count("</script>") == 2, "data ends the script")
    expect("<!--<script" not in text and "\u2028" not in text, "raw separators in the page")
    page.open(path)
    expect(page.value(COUNT) == 6, "steps are missing: %s" % page.value(COUNT))
    expect(page.value("window.pwned === undefined && document.scripts.length === 2 &&"
                      " document.images.length === 0"), "a value became markup")
    page.click("[data-step='0']")
    page.until("!%s.hidden" % PANEL)
    shown = page.value(PANEL + ".textContent")
    expect("Succeeded" in shown and "<!--<script>" in shown, "its values are not shown")
    expect(EVIL in shown and "\u27e8U+202E\u27e9" in page.value("document.title"), "not shown")
    expect("\u202e" not in page.value("document.getElementById('graph').textContent +"
                                      " document.getElementById('panel').textContent"),
           "a bidi control reaches the eye")
    page.screenshot(os.path.join(SHOTS, "hostile.png"))
    clean(page)


HOST = """<!DOCTYPE html><meta charset="utf-8"><iframe id="view" src="view.html"
 style="width:100%%;height:600px"></iframe><script>
const stored = %s, log = window.log = [];
window.addEventListener("message", (e) => {
	const m = e.data, view = document.getElementById("view").contentWindow;
	if (e.source !== view)
		return;
	log.push(m.method || "answer");
	const say = (x) => view.postMessage(Object.assign({ jsonrpc: "2.0" }, x), "*");
	if (m.method === "ui/initialize")
		say({ id: m.id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "h", version: "1" },
			hostCapabilities: { serverTools: {} }, hostContext: { theme: "dark" } } });
	else if (m.method === "ui/notifications/initialized")
		say({ method: "ui/notifications/tool-result", params: stored.short });
	else if (m.method === "tools/call")
		say({ id: m.id, result: m.params.name === "get_live_flow_run_timeline" ? stored.long
			: stored.outputs });
});
window.teardown = () => document.getElementById("view").contentWindow.postMessage(
	{ jsonrpc: "2.0", id: 99, method: "ui/resource-teardown", params: {} }, "*");
</script>"""


def test_app(tenant, page):
    """as a view of an MCP Apps host"""
    at = tenant.run_of("Operations", "Purchase approval", status="Succeeded")
    listed = [r for r in tenant.rpc("resources/list", {})["resources"]
              if r["uri"] == "ui://flowlatch/run"]
    expect(listed and listed[0]["mimeType"] == "text/html;profile=mcp-app", "not listed")
    read = tenant.rpc("resources/read", {"uri": "ui://flowlatch/run"})["contents"][0]
    tool = [t for t in tenant.rpc("tools/list", {})["tools"]
            if t["name"] == "get_live_flow_run_timeline"][0]
    expect(tool["_meta"]["ui"]["resourceUri"] == read["uri"], "the tool names another view")
    stored = {
        "short": tenant.rpc("tools/call", {"name": tool["name"], "arguments": at}),
        "long": tenant.rpc("tools/call", {"name": tool["name"],
                                          "arguments": dict(at, steps=True)}),
        "outputs": tenant.rpc("tools/call", {
            "name": "get_live_flow_run_action_outputs",
            "arguments": dict(at, actionName="Start_and_wait_for_an_approval")})}
    with open(tenant.path("view.html"), "w", encoding="utf-8") as f:
        f.write(read["text"])
    with open(tenant.path("host.html"), "w", encoding="utf-8") as f:
        f.write(HOST % json.dumps(stored).replace("<", "\\u003c"))
    page.open(tenant.path("host.html"))
    frame = "document.getElementById('view').contentDocument"
    page.until("%s && %s.querySelectorAll('#graph .step').length === 6" % (frame, frame))
    expect(page.value(frame + ".documentElement.dataset.theme") == "dark", "not the host's theme")
    page.value("%s.querySelector('[data-step=\"0\"]').click(), 0" % frame)
    page.until("%s.getElementById('panel').textContent.includes('responseSummary')" % frame)
    page.value("window.teardown(), 0")
    page.until("log[log.length - 1] === 'answer' || log.includes('answer')")
    log = page.value("log")
    expect(log[:2] == ["ui/initialize", "ui/notifications/initialized"], "handshake: %s" % log)
    expect("ui/notifications/size-changed" in log, "it does not say how large it is")
    page.screenshot(os.path.join(SHOTS, "app.png"))
    clean(page)


TESTS = (test_drawn, test_opened, test_searched, test_keyboard, test_times, test_hostile, test_app)


def main():
    program = browser.find()
    if not program:
        print("1..0 # SKIP chromium is not installed: make view installs it")
        return 0
    print("1..%d" % (len(TESTS) + 1))
    bad = csp.main() != 0
    print("%sok 1 - the policy of the page names its own script and style" % ("not " * bad))
    tenant, page = Tenant(), browser.Browser(program)
    try:
        page.ask("Emulation.setDeviceMetricsOverride", width=1280, height=900,
                 deviceScaleFactor=1, mobile=False)
        for i, test in enumerate(TESTS, 2):
            try:
                test(tenant, page)
                print("ok %d - %s" % (i, test.__doc__), flush=True)
            except (browser.Failure, KeyError, IndexError) as e:
                bad = True
                print("not ok %d - %s" % (i, test.__doc__))
                print("# " + str(e).replace("\n", "\n# "))
                print("# " + traceback.format_exc().splitlines()[-3].strip(), flush=True)
    finally:
        page.close()
        tenant.close()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
