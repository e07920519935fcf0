"""Product Hunt.

In: a launch. Out: its name and tagline, without the "Discussion | Link" below.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, rewritten

_BELOW = re.compile(
    r"<p>\s{0,99}(?:<a [^<>]{1,2000}>\s{0,99}Discussion\s{0,99}</a>\s{0,99}\|\s{0,99})?"
    r"<a [^<>]{1,2000}>\s{0,99}Link\s{0,99}</a>\s{0,99}</p>\s{0,99}\Z"
)
_EDGE = 5_000


def _read(entry: Entry) -> Entry:
    return but(entry, bodies=rewritten(entry, _own))


def _own(markup: str) -> str:
    found = _BELOW.search(markup, max(len(markup) - _EDGE, 0))
    return markup[: found.start()] if found else markup


SITE = Site(
    name="Product Hunt",
    read=_read,
    hosts=("producthunt.com",),
    ids=r"tag:www\.producthunt\.com,2005:",
)
