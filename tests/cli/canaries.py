"""canaries.py - looks for secrets, in every form in which they could slip out."""
import base64
import os
import urllib.parse


def forms(secret):
    """{name: bytes}: as it is, in hexadecimal, percent-encoded, as JSON, and in both alphabets of
    base64 at each of the three places where it could begin."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(),
             "percent": urllib.parse.quote(raw, safe="").encode(),
             "json": "".join("\\u%04x" % b for b in raw).encode()}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # What depends on the neighbours is cut off at both ends.
        middle = text[4 if shift else 0:len(text) - 4]
        found["base64+%d" % shift] = middle
        found["base64url+%d" % shift] = middle.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def search(secrets, places):
    """["NAME in PLACE as FORM"] for secrets {name: str or bytes} and places {name: bytes}."""
    hits = []
    for name, secret in secrets.items():
        for form, text in forms(secret).items():
            hits += ["%s in %s as %s" % (name, place, form) for place, data in places.items()
                     if text in data]
    return hits


def files(root, skip=()):
    found = {}
    for top, _, names in os.walk(root):
        for name in names:
            path = os.path.join(top, name)
            if os.path.isfile(path) and not any(path.startswith(s) for s in skip):
                with open(path, "rb") as f:
                    found[path] = f.read()
    return found


def process(pid):
    """{place: bytes} of what other programs can see of a process; empty when it is gone."""
    found = {}
    for name in ("cmdline", "environ", "comm", "status", "limits"):
        try:
            with open("/proc/%d/%s" % (pid, name), "rb") as f:
                found["/proc/%s" % name] = f.read()
        except OSError:
            continue
    return found


def memory(pid):
    """What the process can write to, as {range: bytes}; empty when that is not for us."""
    found = {}
    try:
        with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
            for line in maps:
                span, rights = line.split()[:2]
                if not rights.startswith("rw"):
                    continue
                start, stop = (int(x, 16) for x in span.split("-"))
                # What a sanitizer reserves is larger than any memory of ours.
                if stop - start > 1 << 30:
                    continue
                try:
                    mem.seek(start)
                    found["memory of %d at %s" % (pid, span)] = mem.read(stop - start)
                except OSError:
                    continue
    except OSError:
        return {}
    return found
