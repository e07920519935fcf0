"""An entry as its document wrote it, before anything is cleaned, judged or cut.

In: nothing. Out: the types that the readers fill (`xmlfeed`, `jsonfeed`) and `posts` empties.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENTRIES = 10_000
"""Entries read from one document. The largest of 374 real feeds has 1,046; a body of 10 MB holds
about 18,000 of the smallest that say anything."""


class NotAFeed(Exception):
    """The bytes are something else. Carries why, and what a person can do about it."""

    def __init__(self, why: str, hint: str | None = None) -> None:
        """Both end up in a Failed."""
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Link:
    """A link that belongs to the entry itself, not to its body."""

    href: str
    rel: str = "alternate"
    type: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """One telling of an entry: its content, its summary, its media description."""

    markup: str
    html: bool = True


@dataclass(slots=True)
class Entry:
    """One raw entry. Strings are as in the document; "" and empty where it says nothing."""

    id: str = ""
    title: str = ""
    links: list[Link] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    published: str = ""
    updated: str = ""
    language: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Extension elements by the names in `sites`: "slash_comments", "im_rating", "source"."""


@dataclass(slots=True)
class Document:
    """A whole document, read."""

    entries: list[Entry]
    link: str = ""
    """The site that the feed belongs to."""
    author: str = ""
    """Whoever wrote all of it, where the document says so (RFC 4287, 4.2.1)."""
    language: str = ""
    partial: bool = False
    warnings: list[str] = field(default_factory=list)
