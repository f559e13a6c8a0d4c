#!/usr/bin/env python3
"""Answers that go wrong on demand, slow answers that hold nobody up, and the control plane."""
import gzip
import http.client
import json
import os
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
PATH = "/environments?" + API
URL = t.ready["flow_url"] + SIMPLE + PATH


def broken(call):
    try:
        call()
    except (OSError, http.client.HTTPException) as e:
        return e
    return None


def kinds():
    t.flow(PATH)
    t.control("fault", {"status": 503, "count": 2, "path": "*environments*",
                        "body": "<html>Service Unavailable</html>"})
    seen = [t.flow(PATH) for _ in range(3)]
    tap.ok([a.status for a in seen] == [503, 503, 200] and
           seen[0].headers["Content-Type"] == "text/html", "a status, twice")
    t.control("fault", {"status": 500, "skip": 1, "count": 1})
    tap.eq([t.flow(PATH).status for _ in range(3)], [200, 500, 200], "not the first, the second")
    t.control("fault", {"status": 500, "face": "powerapps", "count": 1})
    t.control("fault", {"status": 502, "method": "POST", "count": 1})
    tap.eq(t.flow(PATH).status, 200, "only that face, only that method")
    t.control("fault/clear", {})
    t.control("fault", {"status": 404, "count": -1})
    tap.eq([t.flow(PATH).status for _ in range(4)], [404] * 4, "for ever")
    tap.eq(t.control("fault").json[0]["struck"], 4, "the rule counts")
    t.control("fault/clear", {})
    t.control("fault", {"kind": "close"})
    tap.ok(broken(lambda: t.send("GET", URL, headers={"Authorization": "Bearer x"}, keep=False)),
           "no answer at all")
    t.control("fault", {"kind": "truncate"})
    e = broken(lambda: t.flow(PATH, keep=False))
    tap.ok(isinstance(e, (http.client.IncompleteRead, OSError)), "half of what was announced",
           repr(e))
    t.control("fault", {"kind": "garbage"})
    a = t.flow(PATH, keep=False)
    try:
        json.loads(a.body)
        good = True
    except ValueError:
        good = False
    tap.ok(a.status == 200 and not good, "bytes that are not JSON")
    t.control("fault", {"kind": "headers", "headers": {"Retry-After": "9", "X-Odd": "yes"}})
    a = t.flow(PATH)
    tap.ok(a.headers["X-Odd"] == "yes" and a.json["value"], "more headers")
    t.control("fault", {"kind": "delay", "delayMs": 400})
    start = time.time()
    t.flow(PATH)
    tap.ok(0.4 <= time.time() - start < 5, "late")
    t.control("fault", {"kind": "slow", "rate": 20000})
    start = time.time()
    a = t.flow(PATH, keep=False)
    took = time.time() - start
    tap.ok(a.json["value"] and took > len(a.body) / 20000 * 0.5, "slow, and whole",
           "%.2f s for %d bytes" % (took, len(a.body)))
    t.control("fault", {"kind": "hang", "delayMs": 300})
    start = time.time()
    e = broken(lambda: t.flow(PATH, keep=False))
    tap.ok(e and time.time() - start >= 0.3, "hangs, then ends", repr(e))
    t.control("fault", {"kind": "hang", "delayMs": 60000})
    e = broken(lambda: t.flow(PATH, keep=False, timeout=0.5))
    tap.ok(isinstance(e, (socket.timeout, TimeoutError)), "hangs longer than a client waits",
           repr(e))
    t.control("fault", {"kind": "bomb", "bytes": 64 << 20})
    c = t.connect("flow.practice.localhost")
    c.request("GET", SIMPLE + PATH, headers={"Authorization": "Bearer " + t.token(FLOW),
                                             "Accept-Encoding": "gzip"})
    r = c.getresponse()
    raw = r.read()
    c.close()
    tap.ok(r.headers["Content-Encoding"] == "gzip" and len(raw) < 200000 and
           len(gzip.decompress(raw)) == 64 << 20, "a small answer that grows", len(raw))
    a = t.control("fault", {"kind": "nonsense"})
    tap.eq(a.status, 400, "an unknown kind is refused")


def compression():
    plain = t.flow(PATH)
    c = t.connect("flow.practice.localhost")
    c.request("GET", SIMPLE + PATH, headers={"Authorization": "Bearer " + t.token(FLOW),
                                             "Accept-Encoding": "gzip, deflate"})
    r = c.getresponse()
    raw = r.read()
    c.close()
    tap.ok(r.headers["Content-Encoding"] == "gzip" and gzip.decompress(raw) == plain.body and
           len(raw) < len(plain.body) / 2, "compressed when it may be")


def latency():
    t.set(latencyMs=150)
    tokens = t.token(FLOW)
    done = []

    def one():
        a = t.send("GET", URL, headers={"Authorization": "Bearer " + tokens}, keep=False)
        done.append(a.status)

    threads = [threading.Thread(target=one) for _ in range(24)]
    start = time.time()
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    took = time.time() - start
    tap.ok(done == [200] * 24, "24 at once")
    tap.ok(took < 24 * 0.15 / 2, "slow answers do not wait for each other", "%.2f s" % took)
    stats = t.stats()
    tap.ok(stats["mostRunning"] > 4 and stats["connections"]["mostOpen"] >= stats["mostRunning"],
           "the most at one time is counted", stats["connections"])
    t.set(latencyMs=0, faceLatencyMs={"flow": 120})
    start = time.time()
    t.flow(PATH)
    tap.ok(time.time() - start >= 0.12, "for one face alone")
    t.set(faceLatencyMs={"flow": 0})


def control():
    a = t.send("POST", "/__practice/set", b'{"admin":true}')
    tap.eq(a.status, 403, "no token, no control")
    a = t.send("GET", "/__practice/stats", headers={"X-Practice-Token": "wrong"})
    tap.eq(a.status, 403, "nor with a wrong one")
    tap.eq(t.control("set", {"nonsense": 1}).status, 400, "an unknown knob is refused")
    tap.eq(t.control("set", {"admin": "yes"}).status, 400, "a wrong type too")
    t.control("stats/reset", {})
    before = t.stats()["connections"]["opened"]
    t.kept = threading.local()
    for _ in range(5):
        t.flow(PATH)
    stats = t.stats()
    tap.ok(stats["connections"]["opened"] - before == 2, "a kept connection is one connection",
           stats["connections"])
    route = [r for r in stats["routes"] if r["path"].endswith("/environments")][0]
    tap.ok(route["count"] == 5 and route["face"] == "flow" and stats["faces"]["flow"] == 5,
           "requests by face and path")
    t.set(language="de", admin=True)
    t.control("reset", {})
    a = t.flow(PATH)
    tap.eq(a.status, 401, "reset: tokens are gone")
    t.tokens.clear()
    tap.ok("not" in t.flow("/environments/x/flows?" + API).json["error"]["message"],
           "and knobs are as they were")


def plain_port():
    p = Tenant("--plain-port", "0")
    c = http.client.HTTPConnection("127.0.0.1", p.ready["plain_port"], timeout=10)
    c.request("GET", SIMPLE + PATH, headers={"Host": "flow.practice.localhost:8443",
                                             "Authorization": "Bearer " + p.token(FLOW)})
    r = c.getresponse()
    v = json.loads(r.read())
    end = v["value"][0]["properties"]["runtimeEndpoints"]["microsoft.Flow"]
    tap.ok(r.status == 200 and end == "https://europe.flow.practice.localhost:8443",
           "a plain port for a front that ends TLS; links name the front", end)
    c.close()
    tap.eq(p.stop()[0], 0, "ends clean")


kinds()
compression()
latency()
control()
plain_port()
t.control("fault", {"kind": "hang", "delayMs": 60000})
threading.Thread(target=lambda: broken(lambda: t.flow(PATH, keep=False)), daemon=True).start()
time.sleep(0.3)
code, err = t.stop()
tap.ok(code == 0 and not err, "ends at once, also with an answer that hangs", err)
sys.exit(tap.end())
