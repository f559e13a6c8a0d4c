"""schema.py - JSON Schema draft-07, as much as schemas of formats use, for tests without packages."""
import json
import re

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
# What a validator may pass over without judging less.
SILENT = {"$schema", "$id", "$comment", "title", "description", "default", "definitions",
          "examples", "id"}


def of_type(v, name):
    if name == "integer":
        return isinstance(v, int) and not isinstance(v, bool)
    if name == "number":
        return isinstance(v, (int, float)) and not isinstance(v, bool)
    return isinstance(v, KINDS[name])


class Schema:
    def __init__(self, root):
        self.root = root

    def target(self, ref):
        v = self.root
        for part in ref.split("/")[1:]:
            v = v[part.replace("~1", "/").replace("~0", "~")]
        return v

    def errors(self, v, schema=None, at=""):
        """What is wrong with a value, as 'pointer: sentence'; an unknown keyword raises."""
        s = self.root if schema is None else schema
        if isinstance(s, bool):
            return [] if s else [f"{at}: not allowed"]
        if "$ref" in s:
            return self.errors(v, self.target(s["$ref"]), at)
        bad = []
        for key, want in s.items():
            if key not in SILENT:
                bad += getattr(self, "k_" + key)(v, want, s, at)
        return bad

    def k_type(self, v, want, _s, at):
        names = want if isinstance(want, list) else [want]
        return [] if any(of_type(v, n) for n in names) else [f"{at}: not of type {want}"]

    def k_enum(self, v, want, _s, at):
        return [] if v in want else [f"{at}: {v!r} is none of {want}"]

    def k_const(self, v, want, _s, at):
        return [] if v == want else [f"{at}: not {want!r}"]

    def k_required(self, v, want, _s, at):
        return [f"{at}: {n} is missing" for n in want if isinstance(v, dict) and n not in v]

    def k_properties(self, v, want, _s, at):
        if not isinstance(v, dict):
            return []
        return [e for n in v if n in want for e in self.errors(v[n], want[n], f"{at}/{n}")]

    def k_additionalProperties(self, v, want, s, at):
        if not isinstance(v, dict):
            return []
        return [e for n in v if n not in s.get("properties", {})
                for e in self.errors(v[n], want, f"{at}/{n}")]

    def k_items(self, v, want, _s, at):
        if not isinstance(v, list):
            return []
        return [e for i, x in enumerate(v) for e in self.errors(x, want, f"{at}/{i}")]

    def k_minItems(self, v, want, _s, at):
        return [f"{at}: too few items"] if isinstance(v, list) and len(v) < want else []

    def k_uniqueItems(self, v, want, _s, at):
        if not want or not isinstance(v, list):
            return []
        texts = [json.dumps(x, sort_keys=True) for x in v]
        return [f"{at}: items are not unique"] if len(set(texts)) < len(texts) else []

    def k_minimum(self, v, want, _s, at):
        return [f"{at}: {v} is less than {want}"] if of_type(v, "number") and v < want else []

    def k_maximum(self, v, want, _s, at):
        return [f"{at}: {v} is more than {want}"] if of_type(v, "number") and v > want else []

    def k_pattern(self, v, want, _s, at):
        good = not isinstance(v, str) or re.search(want, v)
        return [] if good else [f"{at}: {v!r} does not match {want}"]

    def k_format(self, v, want, _s, at):
        if not isinstance(v, str) or not want.startswith("uri"):
            return []
        good = re.fullmatch(r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", v)
        if want == "uri":
            good = good and re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", v)
        return [] if good else [f"{at}: {v!r} is no {want}"]

    def k_anyOf(self, v, want, _s, at):
        return [] if any(not self.errors(v, x, at) for x in want) else [f"{at}: fits none"]

    def k_oneOf(self, v, want, _s, at):
        return [] if sum(not self.errors(v, x, at) for x in want) == 1 else [f"{at}: not one"]

    def k_allOf(self, v, want, _s, at):
        return [e for x in want for e in self.errors(v, x, at)]

    def k_not(self, v, want, _s, at):
        return [f"{at}: fits what it must not"] if not self.errors(v, want, at) else []
