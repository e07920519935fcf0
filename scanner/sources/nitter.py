"""Nitter, through which X (Twitter) has feeds.

In: a post. Out: the same without a title, where that is only the whole text again after "RT by
@ann:", "R to @ann:" or "Pinned:". A reply is a comment.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but

_BEFORE = re.compile(r"\s{0,99}(?:Pinned: )?(?:RT by @\w{1,20}: |(R to @\w{1,20}: ))?")
_NITTER = re.compile(r"https?://[^/?#]{1,253}/\w{1,20}/status/\d{1,30}#m\Z")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_WORD = re.compile(r"[^\W_]")
_HEAD = 2_000


def _read(entry: Entry) -> Entry:
    before = _BEFORE.match(entry.title)
    end = before.end() if before else 0
    addresses = [entry.id, *(link.href for link in entry.links[:1])]
    if not end and not any(map(_NITTER.match, addresses)):
        return entry
    said = any(_WORD.search(_TAG.sub("", body.markup[:_HEAD])) for body in entry.bodies)
    return but(
        entry,
        title="" if said else entry.title[end:],
        kind="comment" if before and before[1] else entry.kind,
    )


SITE = Site(name="Nitter", read=_read, paths=r"\w{1,20}+/status/\d")
