"""browser.py - a headless Chromium on two pipes: the DevTools protocol, as far as the tests need it.

Messages are JSON ended by a NUL byte; Chromium reads them from descriptor 3 and writes to 4.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE = 60


def find():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Failure(Exception):
    """The page did not do what it should."""


class Browser:
    """One page; what it asked the network for, and what it complained about."""

    def __init__(self, program):
        self.home = tempfile.mkdtemp(prefix="view.")
        to_child, self.write_fd = os.pipe()
        self.read_fd, from_child = os.pipe()
        # Chromium expects them as 3 and 4.
        script = 'exec "$@" 3<&%d 4>&%d' % (to_child, from_child)
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-extensions", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
             "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--user-data-dir=" + os.path.join(self.home, "profile"), "--remote-debugging-pipe",
             "about:blank"],
            pass_fds=(to_child, from_child), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"HOME": self.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
        os.close(to_child)
        os.close(from_child)
        self.rest, self.next_id, self.events, self.session = b"", 1, [], None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"],
                                flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(domain + ".enable")

    # ---- the protocol ----

    def read(self, deadline):
        while b"\0" not in self.rest:
            if not select.select([self.read_fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failure("the browser does not answer")
            more = os.read(self.read_fd, 1 << 20)
            if not more:
                raise Failure("the browser has ended")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\0")
        return json.loads(line)

    def ask(self, method, **params):
        number, self.next_id = self.next_id, self.next_id + 1
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.read(deadline)
            if answer.get("id") != number:
                self.events.append(answer)
            elif "error" in answer:
                raise Failure("%s: %s" % (method, answer["error"]))
            else:
                return answer.get("result", {})

    # ---- pages ----

    def open(self, path):
        self.events = []
        self.ask("Page.navigate", url="file://" + path)
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def value(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failure("%s: %s" % (expression, answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, expression):
        """Waits until it is true of the page."""
        deadline = time.monotonic() + PATIENCE
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise Failure("never true: " + expression)
            time.sleep(0.02)

    def click(self, selector):
        box = self.value(
            "(() => { const e = document.querySelector(%s); e.scrollIntoView({behavior: 'instant',"
            " block: 'center', inline: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + Math.min(r.height / 2, 15)]; })()"
            % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left",
                     clickCount=1)

    def key(self, name, code=0, text=None):
        down = {"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": code}
        if text:
            down["text"] = text
        self.ask("Input.dispatchKeyEvent", **down)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name, code=name,
                 windowsVirtualKeyCode=code)

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def screenshot(self, path):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def complaints(self):
        """Errors and warnings of the console, and what the script threw."""
        found = []
        for e in self.events:
            p = e.get("params", {})
            if e.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(p["exceptionDetails"])[:300])
            elif e.get("method") == "Runtime.consoleAPICalled" and p["type"] != "log":
                found.append(json.dumps(p["args"])[:300])
            elif e.get("method") == "Log.entryAdded" and p["entry"]["level"] != "verbose":
                found.append(p["entry"]["text"][:300])
        return found

    def requests(self):
        """Addresses that were asked for, but for files on this machine."""
        return [e["params"]["request"]["url"] for e in self.events
                if e.get("method") == "Network.requestWillBeSent"
                and not e["params"]["request"]["url"].startswith("file:///")]

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
        except (Failure, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.write_fd)
        os.close(self.read_fd)
        shutil.rmtree(self.home, ignore_errors=True)
