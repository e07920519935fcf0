"""Lobsters.

In: an entry of lobste.rs. Out: the story or comment, signed by its user alone: a story's author is
"domain via user", "domain by user" where the user wrote it, until 2019 a made-up mail address.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but

_VIA = re.compile(r"\S{1,253} (?:via|by) (\S{1,100})")
_COMMENT = re.compile(r"https?://lobste\.rs/c/")


def _read(entry: Entry) -> Entry:
    authors = [found[1] if (found := _VIA.fullmatch(name)) else name for name in entry.authors]
    comment = _COMMENT.match(entry.id) or _COMMENT.match(entry.thread)
    return but(entry, authors=authors, kind="comment" if comment else entry.kind)


SITE = Site(name="Lobsters", read=_read, hosts=("lobste.rs",), pages=r"lobste\.rs/[sc]/")
