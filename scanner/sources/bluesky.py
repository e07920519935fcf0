"""Bluesky: the feed of a profile.

In: an entry of bsky.app's. Out: the post, signed by the handle in its address; its body is plain
text, though RSS has no way to say so.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, as_text, but, page

_PROFILE = re.compile(r"https?://bsky\.app/profile/([^/?#]{1,253})")


def _read(entry: Entry) -> Entry:
    found = _PROFILE.match(page(entry))
    authors = entry.authors or ([f"@{found[1]}"] if found else [])
    return but(entry, authors=authors, bodies=as_text(entry))


SITE = Site(
    name="Bluesky",
    read=_read,
    hosts=("bsky.app",),
    ids=r"at://did:",
    pages=r"bsky\.app/profile/[^/?#]{1,253}/post/",
)
