"""Mastodon, and what else has addresses like its own: tags and profiles.

In: a status. Out: the same, signed: its feeds name nobody, the author stands in the address.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, page

_STATUS = re.compile(r"https?://[^/?#]{1,253}/(?:@|users/)([^/?#]{1,100})/(?:statuses/)?\d")


def _read(entry: Entry) -> Entry:
    found = None if entry.authors else _STATUS.match(page(entry))
    return but(entry, authors=["@" + found[1]]) if found else entry


SITE = Site(
    name="Mastodon",
    read=_read,
    generators=("mastodon",),
    paths=r"@[^/?#]{1,100}+/\d|users/[^/?#]{1,100}+/statuses/\d",
)
