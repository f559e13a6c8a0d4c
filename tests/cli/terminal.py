"""terminal.py - flowlatch under a pseudo-terminal that a test looks at and types into."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from cli import PATIENCE, PROGRAM, Home

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A running program: expect() waits for text, type() presses keys, end() gives the exit code."""

    def __init__(self, *args, home=None, env=None, columns=100, program=PROGRAM):
        self.home = home or Home()
        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.before = termios.tcgetattr(follower)
        terms = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        terms.update(env or {})

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [program, *args], stdin=follower, stdout=follower, stderr=follower,
            env=self.home.env(**terms), preexec_fn=take_terminal, close_fds=True)
        self.follower = follower
        self.raw = b""

    @property
    def text(self):
        """What was shown, without cursor movements."""
        return CODES.sub("", self.raw.decode("utf-8", "replace")).replace("\r\n", "\n")

    def _read(self, seconds):
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self.leader, 65536)
        except OSError:
            return False
        self.raw += piece
        return bool(piece)

    def expect(self, pattern, seconds=PATIENCE):
        """Waits until `pattern` (a regular expression) is shown; the match, or None."""
        until = time.monotonic() + seconds
        while True:
            m = re.search(pattern, self.text)
            if m or time.monotonic() > until:
                return m
            if not self._read(0.1) and self.process.poll() is not None:
                while self._read(0):
                    pass
                return re.search(pattern, self.text)

    def type(self, text):
        os.write(self.leader, text.encode())

    def interrupt(self):
        """Ctrl-C, through the line discipline."""
        self.type("\x03")

    def end(self, seconds=PATIENCE):
        """Waits for its end; the exit code."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self._read(0.1)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        while self._read(0):
            pass
        self.code = self.process.wait()
        # As the shell that comes after would find it.
        self.after = termios.tcgetattr(self.follower)
        os.close(self.follower)
        os.close(self.leader)
        return self.code

    def put_back(self):
        """True when the terminal was left as it was found."""
        return self.after == self.before

    def __str__(self):
        return f"exit {self.process.returncode}\n{self.text[-3000:]}"
