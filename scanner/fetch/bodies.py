"""Bytes off the wire become a body: content coding undone, never larger than the cap.

In: pieces as they arrive, the Content-Encoding, the cap. Out: the decoded body, or a Trouble.
Memory stays within the cap and one step: a gzip bomb is left the moment it passes it.

Touches: nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

from scanner.fetch.answers import Trouble

_STEP = 256 * 1024
"""Bytes inflated at once: what may be held above the cap."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""zlib's window bits for each wrapping."""
_MAX_MEMBERS = 4096
"""Gzip members in one body. bgzip writes one for each 64 KiB; millions of empty ones are an
attack on the processor."""


def decode(
    pieces: Iterable[bytes],
    coding: str | None,
    cap: int,
    swell: Callable[[int], None] = lambda size: None,
) -> bytes:
    """Undo the content coding and stop above `cap` bytes, encoded or decoded.

    Known codings are identity, gzip, x-gzip and deflate (with or without its zlib header), one at
    a time (RFC 9110, 8.4.1): we ask for no other, and nesting is how bombs are built. `swell` is
    told the size that the body has reached, before it grows.
    """
    name = (coding or "").strip().lower()
    encoded = _capped(pieces, cap)
    if name in ("", "identity"):
        decoded = encoded
    elif name in ("gzip", "x-gzip"):
        decoded = _capped(_inflate(encoded, name, _GZIP), cap)
    elif name == "deflate":
        decoded = _capped(_inflate(encoded, name, None), cap)
    else:
        raise Trouble(f"the body is packed in a way we did not ask for ({name[:40]})", _THEIRS)
    body = BytesIO()  # not a list to join: that would hold a body twice
    for piece in decoded:
        swell(body.tell() + len(piece))
        body.write(piece)
    return body.getvalue()


def too_large(cap: int) -> Trouble:
    """Say that a body is larger than the cap."""
    return Trouble(
        f"the body is larger than {cap / 2**20:.3g} MiB",
        "if the feed really is so large, raise `max_bytes` on it",
    )


_THEIRS = "this is the server's fault; tell its owner if it stays"


def _capped(pieces: Iterable[bytes], cap: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > cap:
            raise too_large(cap)
        yield piece


def _inflate(pieces: Iterable[bytes], name: str, wrapping: int | None) -> Iterator[bytes]:
    stream = None
    members = 0
    for piece in pieces:
        rest = piece
        while rest:
            if stream is None or stream.eof:
                rest = rest.lstrip(b"\0") if members else rest  # tape padding between members
                if not rest or _is_garbage(rest, members, wrapping):
                    break
                stream, members = zlib.decompressobj(wrapping or _wrapping(rest)), members + 1
            try:
                yield stream.decompress(rest, _STEP)
            except zlib.error:
                raise Trouble(f"the {name} stream is broken", _THEIRS) from None
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    if stream is not None:
        yield stream.flush()
        if not stream.eof:
            raise Trouble(f"the {name} stream ends early", _THEIRS)


def _is_garbage(rest: bytes, members: int, wrapping: int | None) -> bool:
    """Say whether what follows a whole stream is no further member: ignored, as browsers do."""
    if not members:
        return False
    if members >= _MAX_MEMBERS:
        raise Trouble(f"more than {_MAX_MEMBERS} gzip members in one body", _THEIRS)
    return wrapping is None or not b"\x1f\x8b".startswith(rest[:2])


def _wrapping(start: bytes) -> int:
    """Tell deflate with a zlib header (RFC 1950, 2.2) from the bare stream that some send."""
    header = int.from_bytes(start[:2], "big")
    return _ZLIB if start[0] & 0x0F == 8 and header % 31 == 0 else _RAW
