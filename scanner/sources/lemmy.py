"""Lemmy: communities and people, on any host.

In: a post. Out: the same with points and comments, without the lines that hold them
(crates/routes/src/feeds.rs): "submitted by … to …", "180 points | 19 comments", and the address
of what the post links to, which is the entry's link already. In an inbox, a reply is a comment.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.records import Reach
from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, rewritten

_LINK = r"<a href=\"[^\"<>]{1,2000}\">[^<>]{1,2000}</a>"
_ABOVE = re.compile(
    rf"\s{{0,99}}submitted by {_LINK} to {_LINK}<br ?/?>(-?\d{{1,7}}) points? \| "
    rf"<a href=\"[^\"<>]{{1,2000}}\">(\d{{1,7}}) comments?</a>(?:<br ?/?>(?:{_LINK})?)?"
)
_REPLY = re.compile(r"\s{0,99}Reply from (\S{1,100})\s{0,99}")
_SIGNED = re.compile(r"/?u/(\S{1,100}) <a [^<>]{1,2000}>.{0,100}", re.S)


def _read(entry: Entry) -> Entry:
    found = next(filter(None, (_ABOVE.match(body.markup) for body in entry.bodies)), None)
    if found is not None:
        reach = Reach(comments=int(found[2]), points=int(found[1]))
        return but(entry, reach=reach, bodies=rewritten(entry, _own))
    if _REPLY.fullmatch(entry.title):
        authors = [told[1] if (told := _SIGNED.fullmatch(name)) else name for name in entry.authors]
        return but(entry, title="", kind="comment", authors=authors)
    return entry


def _own(markup: str) -> str:
    found = _ABOVE.match(markup)
    return markup[found.end() :] if found else markup


SITE = Site(name="Lemmy", read=_read, paths=r"(?:post|comment)/\d{1,15}\Z")
