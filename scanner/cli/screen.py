"""A whole terminal for as long as a block runs, and the terminal as it was afterwards.

In: lines to show. Out: what is typed, and the screen. On a terminal that cannot move its cursor
(TERM is "dumb", or not told) lines follow each other as they do in a log.

Touches: the terminal.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scanner.cli.keys import Key, Keys, single_keys, unbuffered
from scanner.errors import ScannerError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell

_ENTER = "\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[?25l\x1b[H\x1b[2J"
_LEAVE = "\x1b[0m\x1b[H\x1b[2J\x1b[?25h\x1b[?7h\x1b[?2004l\x1b[?1049l"
_ASIDE = "\x1b[0m\x1b[H\x1b[2J\x1b[?25h\x1b[?7h\x1b[?2004l"
"""The other screen, pastes told apart from keys, no wrapping (a sign may be wider than we think:
it must not push the rest down), no cursor; xterm's numbers, which others ignore or share."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines from the top of the screen on, none wider than it."""

    lines: tuple[str, ...]
    cursor: tuple[int, int] | None = None
    """Line and column from 0 where something is being typed."""


class Screen:
    """The terminal, ours for a while; made by `screen`."""

    def __init__(self, shell: Shell, keys: Keys, terminal: int) -> None:
        """Take what `screen` has prepared."""
        self._shell = shell
        self._keys = keys
        self._terminal = terminal
        self._before: list[Any] | None = None
        self._plain = shell.environ.get("TERM", "") in ("", "dumb")
        self._shown: Picture | None = None

    @property
    def plain(self) -> bool:
        """Whether the cursor cannot be moved."""
        return self._plain

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now; where the terminal tells none, as the shell does."""
        with suppress(OSError, ValueError):
            told = os.get_terminal_size(sys.stdout.fileno())
            if told.columns and told.lines:
                return told.columns, told.lines
        return self._shell.width or 80, self._shell.height or 24

    def enter(self) -> None:
        """Take the terminal; once more after a stop."""
        import termios

        # kept before anything is changed: a signal may end us while the change waits for output
        self._before = self._before or termios.tcgetattr(self._terminal)
        unbuffered(self._terminal)
        self._shown = None
        self._write("" if self._plain else _ENTER)

    def leave(self) -> None:
        """Give the terminal back as it was; where it is gone, there is nothing to give back."""
        with _uninterrupted():
            if self._before is not None:
                with suppress(ScannerError, BrokenPipeError):
                    self._write("\n" if self._plain else _LEAVE)
            self._give_back()
            self._before = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Stand aside for another program, which may be a browser in this very terminal."""
        self._give_back()
        self._write("" if self._plain else _ASIDE)
        try:
            yield
        finally:
            self.enter()

    def next(self) -> Key:
        """The next key. Ctrl-Z stops the program here; whatever happened to us is a "resize"."""
        key = self._keys.next()
        if key.name == "stop":
            self._stop()
        if key.name in ("stop", "again"):
            self.enter()
        if key.name in ("stop", "again", "resize"):
            self._shown = None
            return Key("resize")
        return key

    def forget(self) -> None:
        """Forget what was typed ahead."""
        self._keys.forget()

    def _stop(self) -> None:
        self.leave()
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, ours)  # here again after fg

    def show(self, picture: Picture) -> None:
        """Show a picture in place of the one before."""
        before, self._shown = self._shown, picture
        self._write(_after(before, picture) if self._plain else _drawn(before, picture))

    def _give_back(self) -> None:
        import termios

        if self._before is not None:
            with suppress(termios.error, OSError):
                termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)

    def _write(self, text: str) -> None:
        self._shell.data(text)


@contextmanager
def screen(shell: Shell) -> Iterator[Screen]:
    """Take the terminal; whatever happens in the block, it is given back as it was."""
    terminal = sys.stdin.fileno()
    with single_keys(terminal) as keys:
        ours = Screen(shell, keys, terminal)
        try:
            ours.enter()
            yield ours
        finally:
            ours.leave()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep a second Ctrl-C from leaving the terminal half restored."""
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def _drawn(before: Picture | None, picture: Picture) -> str:
    """Draw the lines that are new. Each is emptied first: behind its last column it is too late."""
    old = before.lines if before and len(before.lines) == len(picture.lines) else ()
    parts = ["\x1b[?25l", "" if old else "\x1b[0m\x1b[2J"]
    for number, line in enumerate(picture.lines):
        if not old or old[number] != line:
            parts.append(f"\x1b[{number + 1};1H\x1b[2K{line}")
    if picture.cursor:
        row, column = picture.cursor
        parts.append(f"\x1b[{row + 1};{column + 1}H\x1b[?25h")
    return "".join(parts)


def _after(before: Picture | None, picture: Picture) -> str:
    """Let lines follow each other: all of them, or the last one where only that has changed."""
    lines = picture.lines
    if before is None or before.lines[:-1] != lines[:-1]:
        return "\n" + "\n".join(lines)
    old, new = before.lines[-1], lines[-1]
    return new[len(old) :] if new.startswith(old) else "\n" + new
