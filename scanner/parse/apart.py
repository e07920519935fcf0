"""Reading in a process of its own, which is ended when it takes too long.

In: XML that only feedparser can read. Out: its Document, or NotAFeed where it took too long.
feedparser is old, pure Python, and has no bound on its time: on two cores a scan would stand still
with it. One process serves a whole run; without a broken feed there is none.

Both sides speak JSON behind its length in eight bytes. What comes back is decoded into nouns, so
nothing that a feed does to the other process can run here.

Touches: another process, the clock.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

from scanner.sources.entry import Document, NotAFeed

DEADLINE = 20.0
"""Seconds for one document. The slowest of 374 real feeds takes 0.4 s, of hostile ones within the
limits below 5 s."""
_LENGTH = 2_000_000
_TAGS = 20_000
"""Characters and tags that feedparser is given. It is slow on hostile input: 20,000 tags take up to
1 s, 200,000 5 s, 9 MB of references 8 s. Real feeds have up to 870 kB."""
_MEMORY = 1 << 30
"""Bytes of address space that the process may have, where the system can say no."""

_SERVE = "import sys; sys.path.append({path!r}); from scanner.parse.apart import serve; serve()"


def is_too_much(xml: str) -> bool:
    """Whether a document is larger than feedparser should be given."""
    return len(xml) > _LENGTH or xml.count("<") > _TAGS


def read(xml: str) -> Document:
    """Read a feed as feedparser does. Raises NotAFeed where that cannot be done."""
    if is_too_much(xml):
        raise NotAFeed("its XML is too odd and too large to be read", "tell its owner")
    return _worker.read(xml)


class _Worker:
    """The other process, started when it is needed first."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, xml: str) -> Document:
        with self._lock:
            process = self._process or self._start()
            late = threading.Event()
            timer = threading.Timer(DEADLINE, _end_late, (process, late))
            timer.start()
            try:
                answer = _asked(process, xml)
            finally:
                timer.cancel()
            if answer is None:
                self.end()
        if answer is None:
            what = f"took over {DEADLINE:g} s" if late.is_set() else "failed"
            raise NotAFeed(f"its XML is broken, and reading it as well as can be {what}")
        return _decoded(answer)

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        path = str(Path(__file__).parent.parent.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE.format(path=path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process


def _end_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _asked(process: subprocess.Popen[bytes], xml: str) -> bytes | None:
    if process.stdin is None or process.stdout is None:
        return None
    try:
        _send(process.stdin, xml.encode("utf-8", "replace"))
        return _receive(process.stdout)
    except OSError:
        return None


_worker = _Worker()
atexit.register(_worker.end)


def serve() -> None:
    """Answer documents until there are no more: what the other process runs."""
    import msgspec

    from scanner.parse import forgiving

    _limit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with suppress(KeyboardInterrupt, BrokenPipeError):
        while (xml := _receive(source)) is not None:
            _send(sink, msgspec.json.encode(forgiving.read(xml.decode())))


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


def _decoded(answer: bytes) -> Document:
    import msgspec

    return msgspec.json.decode(answer, type=Document)
