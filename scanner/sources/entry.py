"""An entry as its document wrote it, before anything is cleaned, judged or cut.

In: nothing. Out: the types that `parse` fills and that site readers rewrite.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scanner.records import Body as Body
from scanner.records import Kind, Reach, Rhythm

ENTRIES = 5_000
"""Entries read from one document. The largest of 374 real feeds has 1,046; to judge 10,000 that all
name the brand took 31 s."""


FACTS = frozenset(
    {
        "comments",  # RSS 2.0: the page where people answer
        "feedburner_origlink",
        "slash_comments",
        "thr_total",
        "wfw_commentrss",
        "re_rank",
        "im_rating",
        "im_votecount",
        "im_votesum",
        "im_name",
        "media_statistics.views",
        "media_starrating.average",
        "media_starrating.count",
        "source.title",
        "source.href",
    }
)
"""Names in `Entry.facts`."""


class NotAFeed(Exception):
    """The bytes are something else. Carries why, and what a person can do about it."""

    def __init__(self, why: str, hint: str | None = None) -> None:
        """Both end up in a Failed."""
        super().__init__(why)
        self.why = why
        self.hint = hint


class Link(NamedTuple):
    """A link that belongs to the entry itself, not to its body."""

    href: str
    rel: str = "alternate"
    type: str = ""


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
    """Extension elements, "prefix_name" in lower case, attributes after a dot: "slash_comments",
    "im_rating", "media_statistics.views", "source.title". `FACTS` has all that are kept."""

    # What a site reader makes of it; a document itself never fills these.
    kind: Kind = "post"
    reach: Reach = field(default_factory=Reach)
    rating: float | None = None
    """Stars, 1 to 5."""
    thread: str = ""
    """The page where people answer, as an address."""


@dataclass(slots=True)
class Document:
    """A whole document, read."""

    entries: list[Entry]
    link: str = ""
    """The site that the feed belongs to."""
    author: str = ""
    """Whoever wrote all of it, where the document says so (RFC 4287, 4.2.1)."""
    language: str = ""
    generator: str = ""
    """The program that wrote it, as it names itself ("Mastodon v4.3.0")."""
    links: list[Link] = field(default_factory=list)
    """Links of the document itself: rel "self", "next", "hub"."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    partial: bool = False
    warnings: list[str] = field(default_factory=list)
