#!/usr/bin/env python3
"""Prints what bench_stdio.py measured, as ratios of a peer to flowlatch.  usage: compare.py DIR"""
import json
import os
import sys

ROWS = [
    # title, path in the result, peer/ours (True: how many times less we need)
    ("exec to first answer", ("cold_start", "median"), True),
    ("RSS after initialize", ("mem_after_init", "rss"), True),
    ("PSS after initialize", ("mem_after_init", "pss"), True),
    ("tools/list", ("tools_list", "median"), True),
    ("ping", ("ping", "median"), True),
    ("tools/call", ("tools_call", "median"), True),
    ("pipelined calls per s", ("pipelined_tools_call", "per_s"), False),
    ("pipelined lists per s", ("pipelined_tools_list", "per_s"), False),
]


def load(directory, name):
    try:
        with open(os.path.join(directory, name + ".json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def find(value, path):
    for key in path:
        if not isinstance(value, dict):
            return None
        for have, inner in value.items():
            if have == key or have.startswith(key + "_"):
                value = inner
                break
        else:
            return None
    return value if isinstance(value, (int, float)) else None


def main():
    directory = sys.argv[1]
    ours, peer = load(directory, "flowlatch"), load(directory, "server-filesystem")
    modern, again = load(directory, "flowlatch-modern"), load(directory, "flowlatch-again")
    print("%-24s %12s %12s %12s %18s %8s" % ("", "flowlatch", "(modern)", "(again)",
                                             "server-filesystem", "ratio"))
    for title, path, less in ROWS:
        row = [find(x, path) for x in (ours, modern, again, peer)]
        ratio = ""
        if row[0] and row[3]:
            ratio = "%.1fx" % (row[3] / row[0] if less else row[0] / row[3])
        print("%-24s %12s %12s %12s %18s %8s" % (
            (title,) + tuple("-" if v is None else "%.4g" % v for v in row) + (ratio,)))
    tools = ours.get("tools", {})
    print("our tools/list: %s tools, %s bytes (about %s tokens)" % (
        tools.get("count"), tools.get("list_bytes"), round((tools.get("list_bytes") or 0) / 3.5)))


if __name__ == "__main__":
    main()
