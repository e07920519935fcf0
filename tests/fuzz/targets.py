"""What bytes are tried on: a property for each target of guided fuzzing, and for its seeds.

In: bytes. Out: nothing, or what the property raises.

Touches: the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scanner.parse.links import clean_url
from tests.fuzz import properties, tokens


@dataclass(frozen=True)
class Target:
    """One way to try bytes."""

    holds: Callable[[bytes], object]
    words: tuple[str, ...]
    """Pieces to make inputs of."""


def _parse(data: bytes) -> None:
    # The declared type follows from the length, so that a seed is a document and nothing else.
    kinds = properties.CONTENT_TYPES
    properties.holds_for_bytes(data, kinds[len(data) % len(kinds)])


def _text(data: bytes) -> None:
    properties.holds_for_text(_decoded(data))


def _growth(data: bytes) -> None:
    """A long text: what stands before the first line break, what stands before the second over and
    over, and the rest. ("¶" is a line break.)"""
    before, unit, after, *_ = *_decoded(data).split("\n", 2), "", ""
    pieces = [piece.replace("¶", "\n") for piece in (before, unit, after)]
    properties.holds_for_long(*pieces, length=8_000)


def _decoded(data: bytes) -> str:
    """Halves of characters included: JSON and references in XML can make them."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _dates(data: bytes) -> None:
    properties.holds_for_date(data.decode("utf-8", "replace"))


def _addresses(data: bytes) -> None:
    """An address as a text, and two as numbers; the text also as a link, and what it relates to."""
    said = data.decode("utf-8", "replace")
    properties.holds_for_address(said)
    properties.holds_for_packed(data[:4].ljust(4, b"\0"))
    properties.holds_for_packed(data[:16].ljust(16, b"\0"))
    site, _, href = said.rpartition("\n")
    properties.holds_for_link(href, clean_url(site) or "", "https://h.example/feed/")


TARGETS = {
    "parse": Target(_parse, tokens.TEXT + tokens.DATES + tokens.LINKS),
    "text": Target(_text, tokens.TEXT),
    "growth": Target(_growth, (*tokens.TEXT, "¶")),
    "dates": Target(_dates, tokens.DATES),
    "addresses": Target(_addresses, tokens.ADDRESSES + tokens.LINKS),
}
"""By name."""
