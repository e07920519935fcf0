"""What only feedparser can read is read elsewhere: in a process that can be ended.

In: XML that broke our own reader. Out: its Document, or NotAFeed where that took too long.
feedparser is pure Python without a bound on its time. One process serves a whole run; without a
broken feed there is none.

Touches: another process.
"""

from __future__ import annotations

import atexit
import threading

from scanner.apart import Apart, Gone, TooLate
from scanner.sources.entry import Document, NotAFeed

DEADLINE = 20.0
"""Seconds for one document. The slowest of 374 real feeds takes 0.4 s, hostile ones within the
limits below 5 s."""
_LENGTH = 2_000_000
_TAGS = 20_000
"""Characters and tags that feedparser is given. It is slow on hostile input: 20,000 tags take up to
1 s, 200,000 5 s, 9 MB of references 8 s. Real feeds have up to 870 kB."""

_apart = Apart("scanner.parse.slowly:answer", DEADLINE)
_lock = threading.Lock()
atexit.register(_apart.end)


def is_too_much(xml: str) -> bool:
    """Whether a document is larger than feedparser should be given."""
    return len(xml) > _LENGTH or xml.count("<") > _TAGS


def read(xml: str, *, apart: bool = True) -> Document:
    """Read a feed as feedparser does; `apart` in its own process. Raises NotAFeed."""
    if is_too_much(xml):
        raise NotAFeed("its XML is too odd and too large to be read", "tell its owner")
    if not apart:
        from scanner.parse import forgiving

        return forgiving.read(xml)
    import msgspec

    try:
        with _lock:
            told = _apart.ask(xml.encode("utf-8", "replace"))
    except TooLate:
        raise NotAFeed(f"its XML is broken; reading it took over {DEADLINE:g} s") from None
    except Gone:
        raise NotAFeed("its XML is broken, and reading it failed", "tell its owner") from None
    return msgspec.json.decode(told, type=Document)


def answer(xml: bytes) -> bytes:
    """What the other process does with a message."""
    import msgspec

    from scanner.parse import forgiving

    return msgspec.json.encode(forgiving.read(xml.decode()))
