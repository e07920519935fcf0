"""Work in a process of its own, which is ended when it takes too long.

In: messages for a function of ours, by name. Out: its answers; TooLate or Gone where none came.
Message and answer are bytes behind their length. What is in them is for the caller: to be decoded
into nouns, so that nothing a feed does to the other process can run in this one.

Touches: another process, the clock.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO

_MEMORY = 1 << 30
"""Bytes of address space that such a process may have, where the system can say no."""
_SERVE = "import sys; sys.path.append({path!r}); from scanner.apart import serve; serve({name!r})"


class TooLate(Exception):
    """No answer in time; the process was ended."""


class Gone(Exception):
    """The process ended itself: out of memory, or a bug in C code."""


class Apart:
    """A function of ours in another process, started when it is asked first. For one thread."""

    def __init__(self, name: str, deadline: float) -> None:
        """Take "module:function", of bytes to bytes, and the seconds that an answer may take."""
        self._name, self._deadline = name, deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    def ask(self, message: bytes) -> bytes:
        """Send a message and wait for the answer. Raises TooLate or Gone; then ask anew."""
        process = self._process or self._start()
        late = threading.Event()
        timer = threading.Timer(self._deadline, _end_late, (process, late))
        timer.start()
        try:
            answer = _asked(process, message)
        finally:
            timer.cancel()
        if answer is None:
            self.end()
            raise TooLate if late.is_set() else Gone
        self._asked = True
        return answer

    @property
    def knows(self) -> bool:
        """Whether the process that is there has been asked before, and may remember."""
        return self._asked

    def start(self) -> None:
        """Start it now, so that it is ready when it is asked."""
        if self._process is None:
            self._start()

    def end(self) -> None:
        """End the process, whatever it is at. May be called from any thread."""
        process, self._process, self._asked = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    if stream is not None:
                        stream.close()

    def _start(self) -> subprocess.Popen[bytes]:
        path = str(Path(__file__).parent.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE.format(path=path, name=self._name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process


def serve(name: str) -> None:
    """Answer until there is nobody to ask: what the other process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    _limit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    module, _, function = name.partition(":")
    answer: Callable[[bytes], bytes] = getattr(import_module(module), function)
    with suppress(BrokenPipeError):
        while (message := _receive(source)) is not None:
            _send(sink, answer(message))


def _end_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _asked(process: subprocess.Popen[bytes], message: bytes) -> bytes | None:
    if process.stdin is None or process.stdout is None:
        return None
    try:
        _send(process.stdin, message)
        return _receive(process.stdout)
    except (OSError, ValueError):  # ValueError: ended by another thread, its streams are closed
        return None


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "big"))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the other side is gone."""
    length = stream.read(8)
    if len(length) < 8:
        return None
    message = stream.read(int.from_bytes(length, "big"))
    return message if len(message) == int.from_bytes(length, "big") else None
