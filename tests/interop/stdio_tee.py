#!/usr/bin/env python3
"""stdio_tee.py LOG COMMAND... - runs an MCP server and keeps what goes in (C>) and comes out (S>)."""
import signal
import subprocess
import sys
import threading
import time

started = time.time()
log = open(sys.argv[1], "ab", buffering=0)
server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def note(text):
    log.write(b"%.3f " % (time.time() - started) + text.rstrip(b"\n")[:2000] + b"\n")


def on_signal(number, _):
    note(b"signal %d" % number)
    server.send_signal(number)


def feed():
    for line in sys.stdin.buffer:
        note(b"C> " + line)
        try:
            server.stdin.write(line)
            server.stdin.flush()
        except BrokenPipeError:
            break
    note(b"end of input")
    try:
        server.stdin.close()
    except OSError:
        pass


for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, on_signal)
threading.Thread(target=feed, daemon=True).start()
for line in server.stdout:
    note(b"S> " + line)
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        break
note(b"exit %d" % server.wait())
