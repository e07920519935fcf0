"""Medium: people, publications, tags.

In: a story. Out: the same under the address that it has everywhere else, and without the line that
Medium writes below what appeared in a publication.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry, Link
from scanner.sources.site import Site, but, rewritten

_FROM_FEED = re.compile(r"\?source=rss[\w-]{0,200}\Z")
_BELOW = re.compile(
    r"(?:<hr ?/?>)?<p><a [^<>]{1,1000}>[^<>]{0,500}</a> was originally published in "
    r"<a [^<>]{1,1000}>[^<>]{1,200}</a> on Medium, where people are continuing"
)
_EDGE = 4_000
"""Characters at the end that hold this line, at its longest."""


def _read(entry: Entry) -> Entry:
    links = [
        Link(_FROM_FEED.sub("", link.href[:2_100]), link.rel, link.type) for link in entry.links
    ]
    return but(entry, links=links, bodies=rewritten(entry, _own))


def _own(markup: str) -> str:
    found = _BELOW.search(markup, max(len(markup) - _EDGE, 0))
    return markup[: found.start()] if found else markup


SITE = Site(
    name="Medium",
    read=_read,
    hosts=("medium.com",),
    generators=("medium",),
    pages=r"medium\.com/p/",
)
