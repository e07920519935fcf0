"""A terminal to test with: a real pseudo-terminal, and what would stand on its screen.

It understands the few sequences that `scanner triage` writes, and fails on any other, so that no
sequence of a post's can pass unseen.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LAUNCH = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"  # Ctrl-C and the window's size are told to its owner
    "os.execvpe(sys.argv[1], sys.argv[1:], os.environ)\n"
)
_PIECE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|\r\n|\n|\r|[^\x1b\r\n]+|.", re.DOTALL)


class Terminal:
    """A program at a terminal of its own."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        *,
        columns: int = 80,
        lines: int = 24,
    ):
        self._leader, self._follower = pty.openpty()
        self.size = (columns, lines)
        self.strict = True
        """Whether a sequence that is not ours is a failure."""
        self.modes_before = termios.tcgetattr(self._follower)
        self.modes: set[str] = set()
        self.raw = ""
        self._rows: dict[int, str] = {}
        self._row = self._column = 0
        self._half = ""
        self.resize(columns, lines)
        self.run = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *arguments],
            stdin=self._follower,
            stdout=self._follower,
            stderr=self._follower,
            cwd=folder,
            env={**os.environ, **environ},
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_: object):
        if self.run.poll() is None:
            self.run.kill()
        self.run.wait()
        for descriptor in (self._leader, self._follower):
            if descriptor >= 0:
                os.close(descriptor)

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size, as a window manager does."""
        self.size = (columns, lines)
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._leader, keys.encode() if isinstance(keys, str) else keys)

    def until(self, text: str, seconds: float = 30.0) -> list[str]:
        """Wait until the screen shows a text; the screen."""
        return self._wait(lambda: text in "\n".join(self.screen), f"no {text!r}", seconds)

    def without(self, text: str, seconds: float = 30.0) -> list[str]:
        """Wait until the screen shows a text no more; the screen."""
        return self._wait(lambda: text not in "\n".join(self.screen), f"still {text!r}", seconds)

    def end(self, seconds: float = 30.0) -> int:
        """Wait for the program's end; its exit status."""
        self._wait(lambda: self.run.poll() is not None, "has not ended", seconds)
        while self._read(0):
            pass
        return self.run.wait()

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._follower)
        os.close(self._leader)
        self._follower = self._leader = -1

    @property
    def screen(self) -> list[str]:
        """What stands on the screen, line by line."""
        return [self._rows.get(row, "").rstrip() for row in range(max(self._rows, default=0) + 1)]

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was before the program."""
        now = termios.tcgetattr(self._follower)
        return now == self.modes_before and self.modes <= {"?7", "?25"}

    def _wait(self, done: Any, otherwise: str, seconds: float) -> list[str]:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end or (not self._read(0.05) and self.run.poll() is not None):
                if done():
                    break
                raise AssertionError(f"{otherwise} on the screen:\n" + "\n".join(self.screen))
        return self.screen

    def _read(self, seconds: float) -> bool:
        if not select.select([self._leader], [], [], seconds)[0]:
            return False
        try:
            text = os.read(self._leader, 65536).decode("utf-8", "surrogateescape")
        except OSError:
            return False
        self.raw += text
        self._take(text)
        return True

    def _take(self, text: str) -> None:
        text = self._half + text
        cut = re.search(r"\x1b(\[[\d;?]*)?\Z|[\udc80-\udcff]{1,3}\Z", text)  # the rest is to come
        self._half = text[cut.start() :] if cut else ""
        text = (text[: cut.start()] if cut else text).encode("utf-8", "surrogateescape").decode()
        for piece in _PIECE.finditer(text):
            if piece[2]:
                self._obey(piece[1], piece[2])
            elif piece[0] in ("\r\n", "\n", "\r"):
                self._row += "\n" in piece[0]
                self._column = 0
            else:
                odd = re.search(r"[\x00-\x1f\x7f-\x9f]", piece[0].replace("\t", ""))
                assert not (self.strict and odd), piece[0]
                row = self._rows.get(self._row, "").ljust(self._column)
                self._rows[self._row] = row[: self._column] + piece[0]
                self._column += len(piece[0])

    def _obey(self, numbers: str, letter: str) -> None:
        if letter == "H":
            row, column = (int(number) for number in (numbers or "1;1").split(";"))
            self._row, self._column = row - 1, column - 1
        elif letter == "J":
            self._rows.clear()
        elif letter == "K":
            self._rows[self._row] = ""
        elif letter == "h":
            self.modes.add(numbers)
        elif letter == "l":
            self.modes.discard(numbers)
        else:
            assert letter == "m" or not self.strict, f"ESC [ {numbers} {letter}"
