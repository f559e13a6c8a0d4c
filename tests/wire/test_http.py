#!/usr/bin/env python3
"""Tests of wire/http.c over real TLS: tests/wire/http_probe.c against servers that count.

Prints TAP.  B names the build directory.
"""

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import servers  # noqa: E402

# VALGRIND=1 runs the probe under it.
UNDER = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
         "--errors-for-leak-kinds=definite"] * bool(os.environ.get("VALGRIND"))
PROBE = os.path.join(os.environ.get("B", "build"), "tests/wire/http_probe")
WHERE = tempfile.mkdtemp(prefix="flowlatch-wire-")
CA = os.path.join(WHERE, "ca.pem")
TESTS = []
TRACES = []  # what `traces` found in the last run


class Skip(Exception):
    pass


def test(fn):
    TESTS.append(fn)
    return fn


def run(*lines, ca=CA, args=(), env=None, before=()):
    """The answers of the probe, in the order of their requests; then its statistics."""
    command = [*(before or UNDER), PROBE, *(("--ca", ca) if ca else ()), *args]
    clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(command, input="\n".join(lines) + "\nwait\nstats\n", text=True,
                          capture_output=True, timeout=60, env={**clean, **(env or {})},
                          check=False)
    assert done.returncode == 0, f"probe ended with {done.returncode}: {done.stderr[-2000:]}"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    stats = rows.pop()
    TRACES[:] = [r["traces"] for r in rows if "traces" in r]
    rows = [r for r in rows if "id" in r]
    assert stats["in_flight"] == 0, stats
    rows.sort(key=lambda r: r["id"])
    return rows, stats


def one(line, **how):
    rows, _ = run(line, **how)
    assert len(rows) == 1, rows
    return rows[0]


def expect(row, **want):
    for name, value in want.items():
        assert row[name] == value, f"{name} is {row[name]!r}, not {value!r}: {row}"


# ---- what is sent ----

@test
def requests_carry_what_was_asked():
    s = servers.Http1(WHERE)
    rows, _ = run(
        f"get {s.url('/echo')} bearer=tok-1 header=X-A:\\sb",
        f"get {s.url('/echo')} method=POST body={{}} type=application/json fresh=1",
        f"get {s.url('/echo')} method=POST fresh=1",
        f"get {s.url('/echo')} method=DELETE fresh=1",
        f"get {s.url('/echo')} method=PATCH body=x fresh=1",
        f"get {s.url('/echo')} method=PUT body=x fresh=1",
        f"get {s.url('/echo')} method=POST secret=grant type=application/x-www-form-urlencoded",
    )
    sent = [json.loads(r["body"]) for r in rows]
    heads = [dict(s[1]) for s in sent]
    assert [s[0] for s in sent] == ["GET", "POST", "POST", "DELETE", "PATCH", "PUT", "POST"], sent
    assert heads[0]["authorization"] == "Bearer tok-1" and heads[0]["x-a"] == "b", heads[0]
    assert "content-type" not in heads[0] and "content-length" not in heads[0], heads[0]
    assert heads[1]["content-type"] == "application/json" and sent[1][2] == "{}", sent[1]
    assert heads[2]["content-length"] == "0" and "content-type" not in heads[2], heads[2]
    assert "content-type" not in heads[3], heads[3]
    assert sent[4][2] == "x" and sent[6][2] == "grant", sent
    for h in heads:
        assert "expect" not in h and "cookie" not in h and "gzip" in h["accept-encoding"], h
        assert h is heads[0] or "authorization" not in h, h


@test
def header_lines_that_are_not_lines_are_refused():
    s = servers.Http1(WHERE)
    bad = ["X:\\r\\nY:z", "X:a\\rb", "X:a\\nb", "X:a\\0b", "no-colon", ":empty", "X\\s:a",
           "X:" + "a" * 17000]
    for line in bad:
        row = one(f"get {s.url('/ok')} header={line}")
        expect(row, outcome="failed", status=0, sent=False)
    expect(one(f"get {s.url('/ok')} bearer=a\\r\\nX:b"), outcome="failed", sent=False)
    expect(one(f"get {s.url('/ok')} method=POST body=x type=a\\nX:b"), outcome="failed")
    assert not s.requests and not s.connections.total, s.requests


@test
def only_https_urls():
    s = servers.Http1(WHERE)
    for url in ["http://localhost:%d/ok", "ftp://localhost:%d/ok", "https://u:p@localhost:%d/ok",
                "file:///etc/passwd", "localhost:%d/ok", "https://localhost:%d/ok#x"]:
        expect(one("get " + (url % s.port if "%d" in url else url)), outcome="failed", sent=False)
    assert not s.connections.total


@test
def answers_and_their_headers():
    s = servers.Http1(WHERE)
    expect(one(f"get {s.url('/status?c=429')} show=retry-after"), outcome="answered", status=429,
           header="7", body="xxxx", received=4, sent=True, reused=False, message="")
    expect(one(f"get {s.url('/status?c=404')} show=X-TWO"), status=404, header="a")
    expect(one(f"get {s.url('/ok')} show=missing"), header="")
    expect(one(f"get {s.url('/packed')}"), body="unpacked", received=8)
    expect(one(f"get {s.url('/ok')} method=HEAD"), status=200, received=0)


@test
def redirects_are_not_followed():
    s = servers.Http1(WHERE)
    for status in (301, 302, 303, 307, 308):
        expect(one(f"get {s.url(f'/status?c={status}')} bearer=t show=location"),
               outcome="answered", status=status, header="https://elsewhere.example/x")
    assert len(s.requests) == 5, s.requests


# ---- ceilings and limits of time ----

@test
def sizes_are_counted_after_decompression():
    s = servers.Http1(WHERE)
    # The default ceiling is 8 MiB; 64 MiB of zeros are 64 KiB on the wire.
    row = one(f"get {s.url('/gzip?mb=64')}")
    expect(row, outcome="too_large", status=200)
    assert 8 << 20 < row["received"] < 9 << 20, row
    expect(one(f"get {s.url('/gzip?mb=7')}"), outcome="answered", received=7 << 20)
    row = one(f"get {s.url('/chunks?n=100')} max=40960")
    expect(row, outcome="too_large")
    assert row["received"] <= 40960 + 65536, row
    expect(one(f"get {s.url('/chunks?n=10')} max=40960"), outcome="answered", received=40960)
    expect(one(f"get {s.url('/chunks?n=10')} max=40959"), outcome="too_large")
    expect(one(f"get {s.url('/damaged')}"), outcome="failed")


@test
def headers_have_a_ceiling():
    s = servers.Http1(WHERE)
    expect(one(f"get {s.url('/headers?n=60')}"), outcome="answered", body="ok")
    expect(one(f"get {s.url('/headers?n=70')}"), outcome="too_large")


@test
def a_stream_can_be_stopped():
    s = servers.Http1(WHERE)
    row = one(f"get {s.url('/chunks?n=2000')} stop=100000")
    expect(row, outcome="stopped", status=200, body="")
    assert 100000 <= row["seen"] < 200000, row
    # The text of an error is collected, not streamed.
    expect(one(f"get {s.url('/status?c=404&n=10')} stop=100"), outcome="answered", body="x" * 10,
           seen=0)


@test
def time_limits():
    if UNDER:
        raise Skip("too slow under valgrind")
    s = servers.Http1(WHERE)
    silent = socket.create_server(("127.0.0.1", 0))
    row = one(f"get {s.url('/ok?ms=5000')} timeout=300")
    expect(row, outcome="timeout", sent=True, status=0)
    assert 290 <= row["ms"] < 2500, row
    expect(one(f"get {s.url('/stall')} timeout=300"), outcome="timeout", sent=True, status=200)
    row = one(f"get https://localhost:{silent.getsockname()[1]}/ timeout=300 method=POST fresh=1")
    expect(row, outcome="timeout", sent=False)
    # Also what still waits in the queue: 16 connections are taken.
    rows, _ = run(f"get {s.url('/ok')}", "wait", f"get {s.url('/ok?ms=4000')} timeout=600 count=40")
    assert [r["outcome"] for r in rows] == ["answered"] + ["timeout"] * 40, rows
    assert sum(r["sent"] for r in rows) <= 1 + 16, rows


@test
def waiting_is_not_busy():
    if UNDER:
        raise Skip("too slow under valgrind")
    s = servers.Http1(WHERE)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    expect(one(f"get {s.url('/ok?ms=2000')}"), outcome="answered")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Loading libcurl and one handshake are in it; with a sanitizer they take longer.
    assert cpu < 0.8, f"{cpu} s of processor for 2 s of waiting"


# ---- connections that break ----

@test
def broken_connections_are_told_apart():
    s = servers.Http1(WHERE)
    for path in ("/reset", "/hang-up", "/cut", "/garbage"):
        row = one(f"get {s.url(path)} method=POST body=x fresh=1")
        want = "failed" if path == "/garbage" else "broken"
        expect(row, outcome=want, sent=True, reused=False)
        assert len(s.seen(path)) == 1, s.requests
    gone = socket.create_server(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    expect(one(f"get https://localhost:{port}/"), outcome="connect", sent=False)


@test
def a_name_that_is_not_there():
    row = one("get https://nobody.invalid/ timeout=5000")
    if row["outcome"] == "timeout":
        raise Skip("no answer from the resolver")
    expect(row, outcome="resolve", sent=False)


@test
def a_write_is_sent_at_most_once():
    s = servers.Http1(WHERE)
    rounds = 40
    for path in ("/reset", "/hang-up", "/cut", "/second-dies", "/then-close"):
        lines = []
        for _ in range(rounds):
            # A connection that was good is there, and is dead or dies when it is used again.
            lines += [f"get {s.url(path)}", "wait", f"get {s.url(path)} method=PATCH body=x fresh=1",
                      "wait"]
        rows, _ = run(*lines)
        writes = [r for r in s.seen(path) if r[0] == "PATCH"]
        assert len(writes) == rounds, f"{path}: {len(writes)} of {rounds}"
        told = [r for i, r in enumerate(rows) if i % 2]
        assert all(r["sent"] and not r["reused"] for r in told), (path, told)
        if path in ("/second-dies", "/then-close"):
            assert all(r["status"] == 200 for r in told), (path, told)


@test
def a_write_over_http2_is_sent_at_most_once():
    for mode in ("refuse", "goaway", "reset"):
        s = servers.Http2(WHERE, mode=mode)
        for _ in range(5):
            row = one(f"get {s.url()} method=POST body=x fresh=1")
            assert row["outcome"] in ("broken", "failed"), row
            expect(row, sent=True, status=0)
        assert s.streams.total == 5, f"{mode}: {s.streams.total} streams for 5 writes"


@test
def a_read_on_a_dead_connection_can_be_repeated():
    s = servers.Http1(WHERE)
    # One that is seen to be closed is not used.
    rows, _ = run(f"get {s.url('/then-close')}", "wait", "sleep 50", f"get {s.url('/then-close')}")
    assert [r["status"] for r in rows] == [200] * 2, rows
    # One that dies under the request: a GET is sent again, anything else is told about.
    rows, _ = run(f"get {s.url('/second-dies')}", "wait", f"get {s.url('/second-dies')}")
    expect(rows[1], outcome="answered", status=200)
    assert len(s.seen("/second-dies")) == 3, s.requests
    rows, _ = run(f"get {s.url('/second-dies')}", "wait",
                  f"get {s.url('/second-dies')} method=POST body=x")
    expect(rows[1], outcome="broken", status=0, sent=True, reused=True)
    assert [r[0] for r in s.seen("/second-dies")].count("POST") == 1, s.requests
    # Not without end, and not when an answer had begun.
    s = servers.Http2(WHERE, mode="mortal", life=1, ms=300)
    rows, _ = run(f"get {s.url()}", "wait", f"get {s.url()} count=2")
    assert all(r["outcome"] in ("answered", "broken") for r in rows), rows
    s = servers.Http1(WHERE)
    rows, _ = run(f"get {s.url('/ok')}", "wait", f"get {s.url('/cut')}")
    expect(rows[1], outcome="broken", status=200, reused=True)
    assert len(s.seen("/cut")) == 1, s.requests


@test
def a_connection_that_dies_with_32_streams():
    s = servers.Http2(WHERE, ms=30, mode="mortal", life=150)
    rows, stats = run(f"get {s.url()} count=1000")
    assert [r["status"] for r in rows] == [200] * 1000, [r for r in rows if r["status"] != 200]
    assert stats["requests"] > 1032, stats
    assert s.most_per_connection <= 32, s.most_per_connection
    assert s.connections.most <= 5, s.connections.most


@test
def cancelling():
    s = servers.Http1(WHERE)
    rows, stats = run(f"get {s.url('/ok?ms=3000')} count=30", "sleep 100", "cancel",
                      f"get {s.url('/ok')}", "wait", f"get {s.url('/ok')} count=3", "cancel")
    assert len(rows) == 1 and rows[0]["status"] == 200, rows
    started = time.monotonic()
    run("get https://nobody.invalid/", "sleep 20", "cancel")
    assert time.monotonic() - started < 3, "a name that is looked up held up the cancel"


# ---- connections ----

@test
def dependent_reads_share_one_connection():
    s = servers.Http1(WHERE)
    lines = []
    for _ in range(10):
        lines += [f"get {s.url('/ok')}", "wait"]
    rows, stats = run(*lines)
    assert [r["reused"] for r in rows] == [False] + [True] * 9, rows
    assert s.handshakes == 1, s.handshakes
    assert (stats["requests"], stats["connections"], stats["reused"]) == (10, 1, 9), stats


@test
def http1_takes_sixteen_connections():
    s = servers.Http1(WHERE)
    rows, _ = run(f"get {s.url('/ok?ms=30')} count=200")
    assert [r["status"] for r in rows] == [200] * 200, rows
    assert 8 <= s.connections.most <= 16, s.connections.most
    assert s.connections.total <= 16, s.connections.total
    rows, _ = run(f"get {s.url('/ok?ms=30')} count=100",
                  f"get {s.url('/ok?ms=30')} method=POST body=x fresh=1 count=40")
    assert [r["status"] for r in rows] == [200] * 140, rows
    # A write closes its connection, which the server hears of a little later.
    assert s.at_work.most <= 16, s.at_work.most


@test
def http2_takes_four_connections_of_32_streams():
    s = servers.Http2(WHERE, ms=60)
    rows, _ = run(f"get {s.url()} count=600")
    assert [r["status"] for r in rows] == [200] * 600, [r for r in rows if r["status"] != 200][:5]
    assert s.connections.most <= 4, s.connections.most
    assert s.most_per_connection <= 32, f"{s.most_per_connection} on one connection"
    # A slow client does not fill them, but uses more than one.
    assert s.streams.most > 40 or UNDER, f"{s.streams.most} at once"


@test
def http2_opens_no_more_connections_than_needed():
    s = servers.Http2(WHERE, ms=40)
    rows, _ = run(f"get {s.url()} count=32", "wait", f"get {s.url()} count=32", "wait",
                  f"get {s.url()} count=20")
    assert all(r["status"] == 200 for r in rows), rows
    assert s.connections.total == 1, s.connections.total


@test
def http2_with_fewer_streams_than_we_would_take():
    s = servers.Http2(WHERE, ms=20, streams=8)
    rows, _ = run(f"get {s.url()}", "wait", f"get {s.url()} count=200")
    assert [r["status"] for r in rows] == [200] * 201, [r for r in rows if r["status"] != 200][:5]
    assert s.most_per_connection <= 8, s.most_per_connection
    assert s.connections.total <= 4, s.connections.total
    assert s.streams.most > 16, s.streams.most


@test
def http2_after_idle_connections_died():
    s = servers.Http2(WHERE, ms=20)
    gate = servers.Forwarder(s.port)
    url = f"https://localhost:{gate.port}/"
    rows, _ = run(f"get {url} count=100", "wait", f"get {url} count=100", "wait",
                  f"get {url} count=100")
    assert [r["status"] for r in rows] == [200] * 300, rows
    assert gate.connections.total <= 4, gate.connections.total
    assert s.most_per_connection <= 32, s.most_per_connection


@test
def http2_behind_nghttpx():
    if not shutil.which("nghttpx"):
        raise Skip("nghttpx is not installed")
    s = servers.Http1(WHERE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    front = subprocess.Popen(
        ["nghttpx", "--conf=/dev/null", "--no-ocsp", "--errorlog-file=/dev/null", "--workers=1",
         f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{s.port};;tls;proto=http/1.1",
         "--insecure", os.path.join(WHERE, "good.key"), os.path.join(WHERE, "good.pem")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        gate = servers.Forwarder(port)
        url = f"https://localhost:{gate.port}"
        rows, _ = run(f"get {url}/ok", "wait", f"get {url}/ok?ms=20 count=150", "wait",
                      f"get {url}/echo method=POST body=x fresh=1", f"get {url}/packed",
                      f"get {url}/gzip?mb=20 max=1000000")
        assert [r["status"] for r in rows] == [200] * 154, [r for r in rows if r["status"] != 200]
        assert [r["outcome"] for r in rows[:-1]] == ["answered"] * 153, rows
        expect(rows[-2], body="unpacked")
        expect(rows[-1], outcome="too_large")
        assert gate.connections.most <= 5, gate.connections.most
    finally:
        front.terminate()
        front.wait()


@test
def warming_opens_the_connection_without_credentials():
    s = servers.Http1(WHERE)
    # Its own connection, and the first read finds it open.
    rows, stats = run(f"warm https://localhost:{s.port}", "sleep 300", f"get {s.url('/ok')} bearer=t",
                      "wait", f"warm https://localhost:{s.port}", "sleep 100")
    expect(rows[0], status=200, reused=True)
    assert s.handshakes == 1, s.handshakes
    assert [(r[0], r[1], "authorization" in r[2]) for r in s.requests] == [
        ("HEAD", "/", False), ("GET", "/ok", True)], s.requests


@test
def tokens_leave_no_traces():
    if UNDER:
        raise Skip("valgrind's own memory is not ours to judge")

    def masked(text):
        return bytes(b ^ 0x55 for b in text.encode()).hex()

    token = "Canary-" + "q7Zx" * 8
    s = servers.Http1(WHERE)
    run(f"get {s.url('/ok')} masked-bearer={masked(token)}", f"traces {masked(token)}", "wait",
        f"get {s.url('/ok?ms=5')} masked-bearer={masked(token)} count=50",
        f"get {s.url('/ok')} method=PATCH body=x fresh=1 masked-bearer={masked(token)}", "wait",
        f"traces {masked(token)}")
    if TRACES[0] < 0:
        raise Skip("a sanitizer's memory is not ours to judge")
    assert TRACES[0] >= 1, "the search finds nothing"
    assert TRACES[1] == 0, TRACES
    # A token request, and the token in its answer.
    rows, _ = run(f"get {s.url('/reversed')} method=POST masked-secret={masked(token)} quiet=1",
                  "wait", f"get {s.url('/ok')}", "wait", f"traces {masked(token)}",
                  f"traces {masked(token[::-1])}")
    assert rows[0]["received"] == 19 + len(token), rows
    assert TRACES == [0, 0], TRACES
    # Over HTTP/2 the header compression of an open connection remembers one.
    s = servers.Http2(WHERE, ms=5)
    run(f"get {s.url()} masked-bearer={masked(token)} count=20", "wait", f"traces {masked(token)}")
    assert TRACES[0] <= 1, TRACES


# ---- whom to trust ----

@test
def bad_certificates_are_refused():
    said = {}
    for name in ("expired", "other", "unknown"):
        s = servers.Http1(WHERE, certificate=name)
        row = one(f"get {s.url('/ok')} bearer=t")
        expect(row, outcome="tls", sent=False, status=0)
        assert not s.requests, s.requests
        said[name] = row["message"]
    assert "expired" in said["expired"], said
    assert "another host name" in said["other"], said
    assert "not trusted" in said["unknown"], said
    s = servers.Http1(WHERE)
    # Not signed by any authority of the system.
    expect(one(f"get {s.url('/ok')}", ca=None), outcome="tls", sent=False)
    row = one(f"get {s.url('/ok')}", ca=os.path.join(WHERE, "missing.pem"))
    expect(row, outcome="tls")
    assert "ca_file" in row["message"], row


@test
def tls_before_1_2_is_refused():
    import ssl
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        s = servers.Http1(WHERE, newest=ssl.TLSVersion.TLSv1_1)
    expect(one(f"get {s.url('/ok')}"), outcome="tls", sent=False)
    assert not s.requests
    s = servers.Http1(WHERE, newest=ssl.TLSVersion.TLSv1_2)
    expect(one(f"get {s.url('/ok')}"), outcome="answered")


def opened_authorities(script, pattern, **how):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    log = os.path.join(WHERE, "strace.log")
    # The leak check of a sanitizer build does not work under strace.
    run(*script, before=["strace", "-f", "-qq", "-e", "trace=openat,open", "-o", log],
        env={"ASAN_OPTIONS": "detect_leaks=0"}, **how)
    with open(log, encoding="utf-8", errors="replace") as f:
        return [line for line in f if re.search(pattern, line) and "ENOENT" not in line]


@test
def authorities_are_read_once():
    s = servers.Http1(WHERE)
    script = [f"get {s.url('/ok?ms=30')} count=40", "wait",
              f"get {s.url('/ok')} method=POST fresh=1 count=5"]
    opened = opened_authorities(script, r"ca\.pem")
    assert s.handshakes > 10, s.handshakes
    assert len(opened) == 1, opened
    # The system's own: one bundle, once, and no directory.
    opened = opened_authorities(script, r"/etc/ssl/certs|/etc/pki|ca-bundle|ca-certificates", ca=None)
    assert len(opened) <= 1, opened


@test
def private_addresses_are_refused_where_asked():
    s = servers.Http1(WHERE)
    for host in ("localhost", "127.0.0.1"):
        row = one(f"get {s.url('/ok', host)} public=1")
        expect(row, outcome="refused", sent=False, status=0)
    expect(one(f"get https://[::1]:{s.port}/ok public=1"), outcome="refused", sent=False)
    assert not s.connections.total, s.connections.total
    # Nor over a connection that another request has opened.
    rows, _ = run(f"get {s.url('/ok')}", "wait", f"get {s.url('/ok')} public=1")
    assert [r["outcome"] for r in rows] == ["answered", "refused"], rows
    assert len(s.requests) == 1, s.requests


# ---- proxies ----

@test
def proxies_see_no_headers_of_ours():
    s = servers.Http1(WHERE)
    p = servers.Proxy()
    proxy = f"http://127.0.0.1:{p.port}"
    lines = [f"get {s.url('/ok')} bearer=tok-secret header=X-Mine:1"]
    for how in ({"args": ("--proxy", proxy)}, {"env": {"https_proxy": proxy}},
                {"env": {"ALL_PROXY": proxy}}):
        before = len(p.heads)
        expect(run(*lines, **how)[0][0], outcome="answered")
        assert len(p.heads) == before + 1, p.heads
    for head in p.heads:
        assert head.startswith(f"CONNECT localhost:{s.port} HTTP/1.1\r\n"), head
        for word in ("tok-secret", "authorization", "x-mine"):
            assert word not in head.lower(), head
    # Behind a proxy the peer is the proxy, so its address is no reason to refuse.
    expect(one(f"get {s.url('/ok')} public=1", args=("--proxy", proxy)), outcome="answered")
    for how in ({"args": ("--proxy", proxy, "--no-proxy", "localhost")},
                {"args": ("--proxy", ""), "env": {"https_proxy": proxy}},
                {"env": {"https_proxy": proxy, "no_proxy": "localhost"}}):
        before = len(p.heads)
        expect(run(*lines, **how)[0][0], outcome="answered")
        assert len(p.heads) == before, how


@test
def a_proxy_that_refuses():
    for refusal in ("407 Who are you", "403 No", "502 Bad"):
        p = servers.Proxy(refuse=refusal)
        row = one("get https://localhost:1/x method=POST body=x fresh=1",
                  args=("--proxy", f"http://127.0.0.1:{p.port}"))
        expect(row, outcome="connect", sent=False)
        assert refusal[:3] in row["message"], row
    row = one("get https://localhost:1/x", args=("--proxy", "http://127.0.0.1:1"))
    expect(row, outcome="connect", sent=False)


@test
def without_the_library():
    where = os.path.join(WHERE, "none")
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, "libcurl.so.4"), "wb") as f:
        f.write(b"not a library")
    rows, _ = run("get https://localhost:1/x count=2", env={"LD_LIBRARY_PATH": where})
    for row in rows:
        expect(row, outcome="no_library", sent=False)
        assert "libcurl" in row["message"], row


def main():
    servers.certificates(WHERE)
    print(f"1..{len(TESTS)}", flush=True)
    failed = False
    only = sys.argv[1:]
    for i, fn in enumerate(TESTS, 1):
        name = fn.__name__
        if only and name not in only:
            print(f"ok {i} - {name} # SKIP not asked for")
            continue
        start = time.monotonic()
        try:
            fn()
            print(f"ok {i} - {name}")
        except Skip as e:
            print(f"ok {i} - {name} # SKIP {e}")
        except (AssertionError, subprocess.SubprocessError, ValueError, KeyError, OSError) as e:
            failed = True
            print(f"not ok {i} - {name}")
            print("# " + str(e)[:1500].replace("\n", "\n# "))
        if os.environ.get("TIMES"):
            print(f"# {time.monotonic() - start:.2f} s")
        sys.stdout.flush()
    shutil.rmtree(WHERE, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
