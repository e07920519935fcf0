"""Work in a process of its own, which is ended when it takes too long.

In: messages for a function of ours, by name. Out: its answers; TooLate or Gone where none came.
Message and answer are bytes behind their length. What is in them is for the caller: to be decoded
into nouns, so that nothing a feed does to the other process can run in this one.

Touches: another process, the environment, the clock.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import IO

_MEMORY = 1 << 30
"""Bytes of address space that such a process may have, where the system can say no."""
_LONGEST = 1 << 28
"""Bytes of a message; 25 times the largest body that is fetched by default."""
_SERVE = """import sys
sys.path[:] = {path!r}
from scanner.apart import serve
serve({name!r}, {seconds})
"""


class TooLate(Exception):
    """No answer in time; the process was ended."""


class Gone(Exception):
    """No process, or one that ended itself: out of memory, or a bug in C code."""


class Apart:
    """A function of ours in another process, started when it is asked first.

    To be asked by one thread at a time; `end` may be called by any.
    """

    def __init__(self, name: str, deadline: float) -> None:
        """Take "module:function", of bytes to bytes, and the seconds that an answer may take."""
        self._name, self._deadline = name, deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._remembers = self._ended = False
        self._lock = threading.Lock()

    def ask(self, message: bytes) -> bytes:
        """Send a message and wait for the answer. Raises TooLate or Gone; then ask anew."""
        process = self._started()
        late = threading.Event()
        timer = threading.Timer(self._deadline, _end_late, (process, late))
        timer.start()
        try:
            answer = _asked(process, message)
        except BaseException:  # an answer that nobody took would be taken for the next one
            self._drop()
            raise
        finally:
            timer.cancel()
        if answer is None or late.is_set():
            self._drop()
        if answer is None:
            raise TooLate if late.is_set() else Gone
        self._remembers = not late.is_set()
        return answer

    @property
    def knows(self) -> bool:
        """Whether the process that is there has been asked before, and may remember."""
        return self._remembers

    def start(self) -> None:
        """Start it now, so that it is ready when it is asked. Raises Gone."""
        self._started()

    def end(self) -> None:
        """End the process, whatever it is at, for good. May be called from any thread."""
        with self._lock:
            self._ended = True
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            process, self._process, self._remembers = self._process, None, False
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise Gone
            if self._process is None:
                # -P: what lies in the current folder is no module of ours.
                serve = _SERVE.format(
                    path=sys.path, name=self._name, seconds=int(self._deadline) + 5
                )
                try:
                    self._process = subprocess.Popen(
                        [sys.executable, "-P", "-c", serve],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        env=_environment(),
                    )
                except OSError as error:
                    raise Gone from error
            return self._process


_NEEDED = re.compile(
    r"PYTHON|LD_|DYLD_|LANG$|LC_|TZ$|TMPDIR$|TEMP$|TMP$|SYSTEMROOT$|COV_|COVERAGE_", re.IGNORECASE
)
"""What an interpreter itself reads of its environment, and what measures it in tests."""


def _environment() -> dict[str, str]:
    """Keep everything else from a process that reads what strangers wrote: tokens, logins."""
    return {name: value for name, value in os.environ.items() if _NEEDED.match(name)}


def serve(name: str, seconds: int) -> None:
    """Answer until there is nobody to ask: what the other process runs.

    Who asks ends it at its deadline; should they be dead, it ends itself a little later.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    _limit()
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    module, _, function = name.partition(":")
    answer: Callable[[bytes], bytes] = getattr(import_module(module), function)
    with suppress(BrokenPipeError):
        while (message := _receive(source)) is not None:
            _alarm(seconds)
            _send(sink, answer(message))
            _alarm(0)


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


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
    start = stream.read(8)
    length = int.from_bytes(start, "big")
    if len(start) < 8 or length > _LONGEST:
        return None
    message = stream.read(length)
    return message if len(message) == length else None
