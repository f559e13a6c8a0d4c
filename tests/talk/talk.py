#!/usr/bin/env python3
"""talk.py FILE.talk... - plays conversations with an MCP server and says (TAP) how they went.

A conversation is a text a person can follow.  README.md beside this file explains it with
examples; this is the short form.  A statement is one line; lines that begin with a blank go on
with it.

  # comment
  == title                  a new test of the file begins (the same server goes on)
  era modern                2026-07-28; or a handshake revision: era 2025-06-18
  caps {"elicitation":{}}   what the client can do, from here on (modern) or at `> hello`
  set NAME value            ${NAME} stands for it from here on
  @ tenant [OPTIONS]        starts a practice tenant; `$ serve` then uses it
  @ POST fault {...}        its control plane: POST /__practice/fault; then `= PATTERN` if wanted
  @ FILE path text          writes a file (0600) below the home directory; \\n as for >>
  @ PTY [ARGS, [[P, A]...]] runs `flowlatch ARGS` on a terminal: after the text P types the line A;
                            then `= STATUS` and `| PATTERN` for what the screen showed
  $ serve [OPTIONS]         starts `flowlatch serve` in a fresh home (ends the one before)
  $ fixture                 starts the conformance fixture
  $ via=socket serve        the same on sockets; via=file: stdin is a file of the `>` lines
  % ARGUMENTS               runs `flowlatch ARGUMENTS` to its end; `= N`, `| PATTERN` check it

  > {...}                   sends the line as it is
  >> text\\n                 sends these bytes; \\n \\r \\xNN as in Python, no newline added
  >>*N text                 the same, N times
  times N STATEMENT         does the statement N times
  > hello                   opens as a host does (discover, or initialize and initialized)
  > METHOD {params}         a request of the current era; id=, progress= before METHOD set those
  > call TOOL {arguments}   tools/call
  > note METHOD {params}    a notification
  > cancel [ID]             notifications/cancelled for the last request, or that one
  > answer {result}         answers the server's last question (handshake revisions)
  > retry {key: result}     repeats the request that ended with questions, with these answers

  < {pattern}               the next message
  < result PATTERN          the next message is a result of the last request (or id=ID)
  < ok PATTERN              ... a tool's result, whose document (first text block) fits
  < tool-error CODE [PATTERN]    ... a tool's error with that error.code
  < error CODE [PATTERN]    ... a JSON-RPC error; PATTERN is for the error object
  < ask [PATTERN]           ... questions (resultType input_required), by key
  < note METHOD [PATTERN]   ... a notification; PATTERN is for params
  < request METHOD [PATTERN]    ... a question of the server (handshake revisions)
  <? ...                    the same, but it may come after other messages
  < nothing [SECONDS]       no message comes
  & PATTERN                 the second text block of the last tool result (JSON or /regex/)
  = PATTERN                 what the control plane answered; after %: the exit status
  | PATTERN                 what % printed (JSON or /regex/)

  ~ sleep SECONDS           ~ eof          ~ signal TERM        ~ close-output
  ~ stop                    ~ read         ~ exit STATUS [within SECONDS]
  ~ deaf                    what comes from here on is not looked at
  ~ stderr PATTERN          ~ stderr nothing  ~ memory MIB (never used more than that)

patterns are in pattern.py, what always must hold in rules.py.
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

import pattern
import rules
from client import PATIENCE, Client
from server import BUILD, PROGRAMS, Failure, Server


def statements(text):
    """(line number, statement) of a file."""
    at, parts = 0, []
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line.strip())
            continue
        if parts:
            yield at, " ".join(parts)
        at, parts = number, [line.rstrip()] if line.strip() and line[0] != "#" else []
    if parts:
        yield at, " ".join(parts)


class Talk(Client):
    def __init__(self):
        super().__init__()
        self.control = self.ran = None
        self.stderr_text = ""

    # ---- starting and ending ----

    def start(self, rest):
        self.end_server()
        words = rest.split()
        via = words.pop(0)[4:] if words and words[0].startswith("via=") else "pipe"
        self.begin(words[0], words[1:])
        if via == "file":
            self.script = tempfile.TemporaryFile(dir=self.home.dir)
        else:
            self.server = Server(self.home, words[0], words[1:], via)

    def running(self):
        if self.script:
            self.script.seek(0)
            self.server = Server(self.home, *self.started, via="file", script=self.script)
            self.script.close()
            self.script = None
        if not self.server:
            raise Failure("no server is running: `$ serve` starts one")
        return self.server

    def end_server(self):
        """A server that is still there ends when its input does."""
        if self.script:
            self.running()
        if self.server:
            self.server.eof()
            self.exit("0")

    def exit(self, rest):
        m = re.fullmatch(r"(\d+)(?: within ([\d.]+))?", rest.strip() or "0")
        server = self.running()
        status = server.wait(float(m.group(2) or PATIENCE))
        while True:
            line = server.next_line(5)
            if line is None:
                break
            if not self.deaf:
                self.unread.append(self.check(line))
        self.check_stderr(server)
        self.server = None
        if status != int(m.group(1)):
            raise Failure("exit status %d, not %s" % (status, m.group(1)))

    def check_stderr(self, server):
        text = server.stderr.decode("utf-8", "replace")
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "core dumped"):
            rules.need(word not in text, "stderr has: " + text[-2000:])
        rules.check_secrets(text, self.home.secrets())
        self.stderr_text = text

    # ---- the rest ----

    def fits(self, rest, text, what):
        """The pattern against JSON, or against the text when it is none."""
        try:
            v = json.loads(text) if isinstance(text, str) else text
        except ValueError:
            v = text
        if rest.startswith("/"):
            v = text if isinstance(text, str) else json.dumps(text)
        caught = {}
        why = pattern.differs(pattern.parse(rest), v, caught)
        if why:
            raise Failure("%s: %s" % (what, why))
        self.vars.update({k: v if isinstance(v, str) else json.dumps(v) for k, v in caught.items()})

    def second_block(self, rest):
        blocks = (self.result or {}).get("content", [])
        if len(blocks) < 2:
            raise Failure("there is no second text block")
        text = blocks[1]["text"]
        self.fits(rest, text if rest.startswith("/") else text.split("\n")[0], "second block")

    def at(self, rest):
        word, _, rest = rest.partition(" ")
        if word == "tenant":
            self.home.start_tenant(rest.split())
            return
        if word == "FILE":
            self.write_file(*rest.split(" ", 1))
            return
        if word == "PTY":
            self.run_on_terminal(*json.loads(rest))
            return
        path, _, body = rest.partition(" ")
        self.control = self.home.control(word, path, body)
        self.ran = None

    def run_program(self, rest):
        args = rest.split()
        if self.home.config and "--config" not in args and "--practice" not in args:
            args += ["--config", self.home.config]
        p = subprocess.run([PROGRAMS["flowlatch"][0]] + args, env=self.home.env, cwd=self.home.dir,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.ran = (p.returncode, p.stdout.decode("utf-8"), p.stderr.decode("utf-8"))
        rules.check_secrets(self.ran[1] + self.ran[2], self.home.secrets())

    def write_file(self, name, text):
        path = self.home.path(name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        # A new file each time: what is replaced in one tick of the clock is still another one.
        with open(path + ".new", "wb") as f:
            f.write(self.unescape(text))
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)

    def run_on_terminal(self, args, dialogue):
        """What a person does in another terminal: reads what stands there, and types."""
        args = args.split() + (["--config", self.home.config] if self.home.config
                               and "--practice" not in args else [])
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.home.dir)
            os.execve(PROGRAMS["flowlatch"][0], [PROGRAMS["flowlatch"][0]] + args, self.home.env)
        screen, seen, end = "", 0, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while dialogue and dialogue[0][0] in screen[seen:]:
                seen = len(screen)
                os.write(fd, dialogue.pop(0)[1].encode() + b"\n")
            if not select.select([fd], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(fd, 65536)
            except OSError:
                piece = b""
            if not piece:
                break
            screen += piece.decode("utf-8", "replace")
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(fd)
        status = os.waitpid(pid, 0)[1]
        if dialogue:
            raise Failure("the terminal never showed %r; it showed: %s" % (dialogue[0][0], screen))
        self.ran = (os.waitstatus_to_exitcode(status), screen.replace("\r\n", "\n"), screen)
        rules.check_secrets(screen, self.home.secrets())

    def equals(self, rest):
        if self.ran is None:
            self.fits(rest, self.control, "control plane")
        elif self.ran[0] != int(rest):
            raise Failure("exit status %d; stderr: %s" % (self.ran[0], self.ran[2][-500:]))

    def act(self, rest):
        word, _, rest = rest.partition(" ")
        if word == "sleep":
            time.sleep(float(rest))
        elif word == "eof":
            self.remember_lines([self.unsent])
            self.running().eof()
        elif word == "signal":
            self.running().signal(rest)
        elif word == "close-output":
            self.running().close_output()
        elif word == "stop":
            self.running().reading.clear()
        elif word == "deaf":
            self.deaf = True
        elif word == "read":
            self.running().reading.set()
        elif word == "exit":
            self.exit(rest)
        elif word == "stderr":
            text = self.server.stderr.decode() if self.server else self.stderr_text
            if rest == "nothing":
                if text:
                    raise Failure("stderr: " + text[:500])
            else:
                self.fits(rest, text, "stderr")
        elif word == "memory":
            used = self.running().memory()
            # Sanitizers and valgrind need memory of their own.
            if used > float(rest) and "san" not in BUILD:
                raise Failure("it used %.1f MiB" % used)
        else:
            raise pattern.Wrong("unknown act %s" % word)

    @staticmethod
    def unescape(text):
        """The bytes of a text with \\n, \\r, \\t, \\0 and \\xNN in it; "\\\\" is one backslash."""
        plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
        return re.sub(rb"\\(x[0-9a-fA-F]{2}|[nrt0\\])",
                      lambda m: plain.get(m.group(1)) or bytes([int(m.group(1)[1:], 16)]),
                      text.encode())

    def substitute(self, text):
        def value(m):
            if m.group(1) not in self.vars:
                raise pattern.Wrong("${%s} was never caught or set" % m.group(1))
            return self.vars[m.group(1)]

        return re.sub(r"\$\{(\w+)\}", value, text)

    def run(self, statement):
        word, _, rest = statement.partition(" ")
        rest = rest.strip() if word[:2] != ">>" else rest
        if word in (">", "<", "<?", "@", "&", "=", "|", "%", "$", "set", ">>"):
            rest = self.substitute(rest)
        if word == "times":
            count, _, rest = rest.partition(" ")
            for _ in range(int(count)):
                self.run(rest)
        elif word == ">":
            self.send(rest)
        elif word.startswith(">>"):
            self.write(self.unescape(rest) * int(word[3:] or 1))
        elif word in ("<", "<?"):
            self.running()
            self.receive(rest, word == "<?")
        elif word == "&":
            self.second_block(rest)
        elif word == "@":
            self.at(rest)
        elif word == "%":
            self.run_program(rest)
        elif word == "=":
            self.equals(rest)
        elif word == "|":
            self.fits(rest, self.ran[1], "output")
        elif word == "$":
            self.start(rest)
        elif word == "~":
            self.act(rest)
        elif word == "era":
            self.era = rest
        elif word == "caps":
            self.caps = json.loads(rest)
        elif word == "set":
            name, _, value = rest.partition(" ")
            self.vars[name] = value
        else:
            raise pattern.Wrong("unknown statement")

    def close(self):
        if self.server:
            self.server.kill()
        self.home.close()


def blocks(text):
    """(title, statements) of the tests of a file."""
    title, out = None, []
    for number, statement in statements(text):
        if statement.startswith("== "):
            if out:
                yield title, out
            title, out = statement[3:], []
        else:
            out.append((number, statement))
    yield title, out


def play(path, count):
    """Runs one file; returns how many tests were printed and how many failed."""
    with open(path, encoding="utf-8") as f:
        parts = list(blocks(f.read()))
    name = os.path.splitext(os.path.basename(path))[0]
    talk, failed, broken = Talk(), 0, False
    for i, (title, steps) in enumerate(parts):
        label = name if title is None else "%s: %s" % (name, title)
        if broken:
            print("not ok %d - %s # not reached" % (count + i + 1, label))
            failed += 1
            continue
        where = 0
        try:
            for where, statement in steps:
                talk.run(statement)
            if i == len(parts) - 1:
                talk.end_server()
                if talk.unread:
                    raise Failure("a message that was not expected: %s" %
                                  pattern.short(talk.unread[0]))
            print("ok %d - %s" % (count + i + 1, label))
        except (Failure, rules.Broken, pattern.Wrong, ValueError, KeyError, IndexError, TypeError,
                OSError, subprocess.SubprocessError) as e:
            print("not ok %d - %s" % (count + i + 1, label))
            print("# %s:%d: %s: %s" % (path, where, type(e).__name__, str(e).replace("\n", "\n# ")))
            if talk.server:
                err = talk.server.stderr.decode("utf-8", "replace")[-1500:]
                print("# stderr: " + err.replace("\n", "\n# "))
            failed, broken = failed + 1, True
    talk.close()
    return len(parts), failed


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: talk.py FILE.talk...")
    count = failed = 0
    for path in sys.argv[1:]:
        n, bad = play(path, count)
        count, failed = count + n, failed + bad
    print("1..%d" % count)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
