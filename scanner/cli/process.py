"""What a process owes to whoever started it: whole descriptors, signals heeded, a quiet end.

In: the state the parent left us in. Out: descriptors 0 to 2 that are open, signals that unwind the
program like Ctrl-C does, and the ways out of it. Imported before anything else, so it is light.

Touches: the terminal, the clock, the disk (/dev/null).
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TextIO, cast

_CAUGHT = ("SIGINT", "SIGTERM", "SIGHUP")
_PATIENCE = 3.0
"""Seconds that cleaning up may take before one more signal ends us on the spot. It takes under one;
most people who press Ctrl-C twice do so within a second."""


class Stopped(KeyboardInterrupt):
    """A signal asked us to end; whatever heeds Ctrl-C heeds it."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.number = number

    @property
    def code(self) -> int:
        """The exit status that says so: 130, 143 or 129."""
        return 128 + self.number

    @property
    def word(self) -> str:
        """What happened, for a person."""
        return "interrupted" if self.number == signal.SIGINT else "terminated"


class Signals:
    """How this process takes what it is told from outside."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._first = 0.0

    def heed(self) -> None:
        """Unwind at Ctrl-C, SIGTERM and SIGHUP, so that temporary files and children go.

        What the parent had us ignore (nohup, `&` in a script) stays ignored.
        """
        for name in _CAUGHT:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._stop)

    def release(self) -> None:
        """The work is done and all is tidy: from now on a signal just ends us, without a word.

        Whoever was stopped ends with that signal's status, however many more come: Python itself
        gives up our handlers before it is through.
        """
        for name in _CAUGHT:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == self._stop:
                signal.signal(number, signal.SIG_IGN if self._first else signal.SIG_DFL)

    def _stop(self, number: int, _frame: object) -> None:
        """The first unwinds; the next are ignored while we clean up, unless that hangs."""
        if not self._first:
            self._first = time.monotonic()
            raise Stopped(number)
        if time.monotonic() - self._first > _PATIENCE:
            os._exit(128 + number)


class _Closed(io.TextIOBase):
    """stdout, where the parent had closed it: what is due cannot be printed, and that is told."""

    def write(self, text: str) -> int:
        """Fail."""
        raise OSError(errno.EBADF, "stdout is closed")


def fill_descriptors() -> None:
    """Open what was closed of 0, 1 and 2 on /dev/null.

    Otherwise the next file opened gets that number, and a message would be written into the
    database. Python has set the stream to None, and libraries take that for leave to be silent.
    """
    if sys.stdout is None:
        sys.stdout = cast("TextIO", _Closed())
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                opened = os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
                os.set_inheritable(opened, True)


def relax_encodings() -> None:
    """Let a character that the locale cannot show become a "?": no help text is worth a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def as_stopped(stop: BaseException) -> Stopped:
    """Which signal it was; a bare KeyboardInterrupt is Ctrl-C."""
    return stop if isinstance(stop, Stopped) else Stopped(signal.SIGINT)


def end_quietly() -> None:
    """End as a program does whose reader has gone: by SIGPIPE, status 141, without a word."""
    silence(sys.stdout)
    if os.name == "posix":
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    raise SystemExit(1)


def silence(stream: TextIO | None) -> None:
    """Point a stream at nothing: one that failed would complain at exit, a full pipe would hang."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
