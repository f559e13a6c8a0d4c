#!/usr/bin/env python3
"""The runner of conversations itself: patterns fit what they should, and what is wrong is seen."""
import contextlib
import io
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ["TALK_PATIENCE"] = "3"

import pattern  # noqa: E402
import rules  # noqa: E402
import talk  # noqa: E402

# pattern, value, whether it fits
PATTERNS = [
    ("*", None, True), ("null", None, True), ("null", 0, False), ("1", 1, True), ("1", 1.0, True),
    ("1", True, False), ("true", 1, False), ('"a"', "a", True), ('"a"', "b", False),
    ("{}", {"a": 1}, True), ("={}", {"a": 1}, False), ('{"a":1}', {"a": 1, "b": 2}, True),
    ('={"a":1}', {"a": 1, "b": 2}, False), ('{"a":!}', {"b": 1}, True), ('{"a":!}', {"a": 1}, False),
    ('{"a":*}', {}, False), ("[]", [], True), ("[]", [1], False), ("[1,2]", [1, 2], True),
    ("[1,...]", [1], True), ("[1,...]", [2, 1], False), ("[...,1]", [2, 1], True),
    ("[...,1,...]", [3, 1, 2], True), ("[...,1,...]", [3, 2], False), ("[...]", [], True),
    ("/b+/", "abbc", True), ("/^b/", "abbc", False), ("/A/i", "xax", True), ("/a.c/", "a\nc", True),
    ("/1/", [1], False), (">5", 6, True), (">5", 5, False), (">=5", 5, True), ("<5", "4", False),
    ("string", "", True), ("string(2)", "ab", True), ("string(2)", "abc", False),
    ("array(2)", [1, 2], True), ("array(2)", [1], False), ("integer", 1.5, False),
    ("integer", True, False), ("(1|2)", 2, True), ("(1|2)", 3, False), ("$x:string", "a", True),
    ("$x:string", 1, False), ('{"a":(1|={"b":/c/})}', {"a": {"b": "c"}}, True),
]

UNREADABLE = ["", "{", '{"a":}', "[1", "unknown", "/abc", "1 2", "{a:1}", "(1|"]

# Conversations with something wrong in them, and what must be said about it.
WRONG = [
    ("> hello\n< result *", "nothing"),
    ("> tools/list {}\n< error -32602", "it is a result"),
    ("> tools/list {}\n< result {\"no\":*}", "/no is missing"),
    ("> call no_such_tool\n< result *", "it is an error"),
    ("> call no_such_tool\n< error -32601", "the code is -32602"),
    ("> call test_error_handling\n< ok *", "the tool failed"),
    ("> tools/list {}", "not expected"),
    ("> id=1 tools/list {}\n> id=2 prompts/list {}\n< id=2 result *\n< id=1 result *",
     "not the answer to 2"),
    ("~ eof\n~ exit 3", "exit status 0, not 3"),
    ("> call wait {\"ms\":9000}\n~ exit 0 within 0.3", "did not end"),
    ("> tools/list {}\n< nothing", "there is a message"),
    ("~ stderr /boo/", "does not match"),
    ("no such statement", "unknown statement"),
    ("> call ${never}", "never caught"),
    # What must hold without being asked: a token in the output, a request nobody sent.
    ("> prompts/get {\"name\":\"test_prompt_with_arguments\",\"arguments\":{\"arg1\":\"Bearer "
     "abcdefghijklmnopqrstuvwxyz\",\"arg2\":\"b\"}}\n< result *", "secret"),
]

# Lines that no server may write: era, method, result, and the rule they break.
BROKEN = [
    ("modern", "tools/list", {"tools": [], "ttlMs": 1, "cacheScope": "private"}, "resultType"),
    ("modern", "tools/list", {"tools": [], "resultType": "complete", "cacheScope": "private",
                              "_meta": {rules.META + "serverInfo": {"name": "a", "version": "1"}}},
     "ttlMs"),
    ("legacy", "tools/list", {"tools": [], "resultType": "complete"}, "resultType"),
    ("legacy", "tools/list", {"tools": [{"name": "Bad.Name", "description": "x",
                                         "inputSchema": {"type": "object"}}]}, "name"),
    ("legacy", "tools/call", {"content": [{"type": "text"}]}, "schema"),
    ("legacy", "tools/call", {"content": [{"type": "text", "text": "{}"}],
                              "structuredContent": {"a": 1}}, "structured"),
    ("legacy", "initialize", {"protocolVersion": "2025-06-18"}, "schema"),
]


def said_by(text):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "x.talk")
        with open(path, "w") as f:
            f.write("$ fixture\n" + text + "\n")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            _, failed = talk.play(path, 0)
        return failed, out.getvalue()


def main():
    results = []
    for text, value, fits in PATTERNS:
        why = pattern.differs(pattern.parse(text), value, {})
        results.append(("%s and %r" % (text, value), (why is None) == fits, why))
    for text in UNREADABLE:
        try:
            pattern.parse(text)
            results.append(("unreadable %r" % text, False, "it was read"))
        except pattern.Wrong:
            results.append(("unreadable %r" % text, True, ""))
    for era, method, result, rule in BROKEN:
        try:
            rules.check_result(era, method, result)
            results.append(("%s %s without %s" % (era, method, rule), False, "it passed"))
        except rules.Broken as e:
            results.append(("%s %s without %s" % (era, method, rule), rule in str(e), str(e)))
    for text, want in WRONG:
        failed, out = said_by(text)
        results.append((repr(text)[:70], failed == 1 and want in out, out))
    for i, (name, good, why) in enumerate(results):
        print("%s %d - %s" % ("ok" if good else "not ok", i + 1, name.replace("#", "")))
        if not good:
            print("# " + str(why).replace("\n", "\n# "))
    print("1..%d" % len(results))
    return not all(good for _, good, _ in results)


sys.exit(main())
