"""pattern.py - the pattern language of conversations: JSON with holes.

    *                 anything, but it must be there
    !                 (as the value of a member) the member must not be there
    string number integer bool object array null    anything of that type
    string(36) array(3) object(0)    ... of that length or count
    /regex/           a string (or the text of a number) in which the expression is found ("." is
                      any character, ends of lines too)
    >5 <5 >=5 <=5     a number so compared
    (a | b)           either
    $name             anything, remembered; later ${name} is replaced by it
    $name:PATTERN     the same, if PATTERN matches
    {"a": 1}          an object with at least these members
    ={"a": 1}         an object with exactly these members
    [1, 2]            an array of exactly these items
    [1, ...]  [..., 2, ...]    `...` stands for any number of items
    /regex/ may end in /i; a "/" inside is written \\/

Everything else is JSON and must be equal; 1 and 1.0 are equal, 1 and true are not.
"""
import json
import re

ANY, ABSENT, REST = object(), object(), object()
TYPES = {
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
}
TOKEN = re.compile(r"[A-Za-z_]+(\(\d+\))?")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
NAME = re.compile(r"\$([A-Za-z_]\w*)")


class Wrong(Exception):
    """The pattern cannot be read."""


class Type:
    def __init__(self, name, count):
        self.name, self.count = name, count

    def __repr__(self):
        return self.name + ("" if self.count is None else "(%d)" % self.count)


class Regex:
    def __init__(self, text, flags):
        self.text, self.re = text, re.compile(text, flags | re.S)

    def __repr__(self):
        return "/%s/" % self.text


class Compare:
    def __init__(self, op, value):
        self.op, self.value = op, value

    def __repr__(self):
        return "%s%s" % (self.op, self.value)


class Either:
    def __init__(self, choices):
        self.choices = choices

    def __repr__(self):
        return "(" + " | ".join(map(repr, self.choices)) + ")"


class Capture:
    def __init__(self, name, inner):
        self.name, self.inner = name, inner

    def __repr__(self):
        return "$" + self.name


class Exact(dict):
    pass


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    def fail(self, what):
        raise Wrong("%s at %r in %s" % (what, self.text[self.at : self.at + 20], self.text[:200]))

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def peek(self, word):
        self.skip()
        return self.text.startswith(word, self.at)

    def take(self, word):
        if not self.peek(word):
            return False
        self.at += len(word)
        return True

    def need(self, word):
        if not self.take(word):
            self.fail("expected %r" % word)

    def whole(self):
        v = self.value()
        self.skip()
        if self.at != len(self.text):
            self.fail("more than one pattern")
        return v

    def value(self):
        self.skip()
        for start, read in (
            ("...", lambda: REST), ("*", lambda: ANY), ("!", lambda: ABSENT),
            ("={", lambda: Exact(self.members())), ("{", self.members), ("[", self.items),
            ("(", self.either), ("/", self.regex), ('"', self.string),
        ):
            if self.take(start):
                return read()
        for op in (">=", "<=", ">", "<"):
            if self.take(op):
                return Compare(op, self.number())
        m = NAME.match(self.text, self.at)
        if m:
            self.at = m.end()
            return Capture(m.group(1), self.value() if self.take(":") else ANY)
        if NUMBER.match(self.text, self.at):
            return self.number()
        return self.word()

    def number(self):
        self.skip()
        m = NUMBER.match(self.text, self.at)
        if not m:
            self.fail("expected a number")
        self.at = m.end()
        return json.loads(m.group())

    def word(self):
        m = TOKEN.match(self.text, self.at)
        if not m:
            self.fail("not a pattern")
        self.at = m.end()
        name, _, count = m.group().rstrip(")").partition("(")
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        if name not in TYPES:
            self.fail("unknown word %s" % name)
        return Type(name, int(count) if count else None)

    def string(self):
        self.at -= 1
        try:
            v, self.at = json.decoder.scanstring(self.text, self.at + 1)
        except ValueError as e:
            self.fail(str(e))
        return v

    def regex(self):
        m = re.compile(r"((?:\\.|[^/\\])*)/(i?)").match(self.text, self.at)
        if not m:
            self.fail("unfinished /regex/")
        self.at = m.end()
        return Regex(m.group(1).replace("\\/", "/"), re.I if m.group(2) else 0)

    def either(self):
        choices = [self.value()]
        while self.take("|"):
            choices.append(self.value())
        self.need(")")
        return Either(choices)

    def members(self):
        out = {}
        if self.take("}"):
            return out
        while True:
            self.need('"')
            name = self.string()
            self.need(":")
            out[name] = self.value()
            if not self.take(","):
                break
        self.need("}")
        return out

    def items(self):
        out = []
        if self.take("]"):
            return out
        while True:
            out.append(self.value())
            if not self.take(","):
                break
        self.need("]")
        return out


def parse(text):
    return Parser(text).whole()


def short(v):
    text = json.dumps(v, ensure_ascii=False) if not isinstance(v, (type(ANY), Type)) else repr(v)
    return text if len(text) < 300 else text[:300] + " ..."


def differs(p, v, caught, at=""):
    """None when `v` fits the pattern, else where and why it does not."""
    where = at or "/"
    if p is ANY:
        return None
    if isinstance(p, Capture):
        why = differs(p.inner, v, caught, at)
        if why is None:
            caught[p.name] = v
        return why
    if isinstance(p, Either):
        for choice in p.choices:
            if differs(choice, v, caught, at) is None:
                return None
        return "%s is %s, not one of %r" % (where, short(v), p)
    if isinstance(p, Type):
        if not TYPES[p.name](v):
            return "%s is %s, not a value of type %s" % (where, short(v), p.name)
        if p.count is not None and len(v) != p.count:
            return "%s has length %d, not %d" % (where, len(v), p.count)
        return None
    if isinstance(p, Regex):
        text = v if isinstance(v, str) else json.dumps(v)
        if isinstance(v, (dict, list)) or not p.re.search(text):
            return "%s is %s, which does not match %r" % (where, short(v), p)
        return None
    if isinstance(p, Compare):
        fits = TYPES["number"](v) and {
            ">": v > p.value, "<": v < p.value, ">=": v >= p.value, "<=": v <= p.value}[p.op]
        return None if fits else "%s is %s, not %r" % (where, short(v), p)
    if isinstance(p, dict):
        return differs_object(p, v, caught, at)
    if isinstance(p, list):
        return differs_array(p, v, caught, at)
    same = p == v and isinstance(p, bool) == isinstance(v, bool)
    return None if same else "%s is %s, not %s" % (where, short(v), short(p))


def differs_object(p, v, caught, at):
    if not isinstance(v, dict):
        return "%s is %s, not an object" % (at or "/", short(v))
    for name, inner in p.items():
        here = "%s/%s" % (at, name)
        if inner is ABSENT:
            if name in v:
                return "%s should not be there, but is %s" % (here, short(v[name]))
        elif name not in v:
            return "%s is missing (there are: %s)" % (here, ", ".join(v) or "none")
        else:
            why = differs(inner, v[name], caught, here)
            if why:
                return why
    more = [n for n in v if n not in p] if isinstance(p, Exact) else []
    return "%s/%s should not be there" % (at, more[0]) if more else None


def differs_array(p, v, caught, at):
    if not isinstance(v, list):
        return "%s is %s, not an array" % (at or "/", short(v))
    if not any(x is REST for x in p):
        if len(p) != len(v):
            return "%s has %d items, not %d: %s" % (at or "/", len(v), len(p), short(v))
        for i, inner in enumerate(p):
            why = differs(inner, v[i], caught, "%s/%d" % (at, i))
            if why:
                return why
        return None
    return None if fits_rest(p, v, caught) else "%s is %s, which has no such items" % (
        at or "/", short(v))


def fits_rest(p, v, caught):
    if not p:
        return not v
    if p[0] is REST:
        return any(fits_rest(p[1:], v[i:], caught) for i in range(len(v) + 1))
    return bool(v) and differs(p[0], v[0], caught) is None and fits_rest(p[1:], v[1:], caught)
