"""Discourse: topics and posts of any forum that runs it.

In: an entry of one. Out: a topic with the number of its replies, or a post, without the lines that
Discourse writes below a topic in the forum's language; signed "Ann Lee (@ann)" where the feed of
posts has "@ann Ann Lee" (app/views/posts/latest.rss.erb).

Touches: nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, page, rewritten

_BELOW = re.compile(
    r"<p>\s{0,99}<small>(\d{1,7})\D{1,40}\d{1,7}\D{0,40}</small>\s{0,99}</p>"
    r"(?:\s{0,99}<p>\s{0,99}<a [^<>]{1,2000}>[^<>]{1,200}</a>\s{0,99}</p>)?\s{0,99}\Z"
)
"""'74 posts - 43 participants', 'Read full topic'."""
_EDGE = 3_000
_SIGNED = re.compile(r"@(\S{1,60}) (.{1,200})", re.S)
_REPLY = re.compile(r"https?://[^/?#]{1,253}/(?:[^?#]{0,300}/)?t/[^/?#]{1,300}/\d{1,12}/(\d{1,7})")


def _read(entry: Entry) -> Entry:
    reach = entry.reach
    found = next(filter(None, (_below(body.markup) for body in entry.bodies)), None)
    if found is not None:
        # The first of the posts is the topic itself.
        reach = replace(reach, comments=max(int(found[1]) - 1, 0))
    reply = _REPLY.match(page(entry))
    return but(
        entry,
        authors=[_signed(name) for name in entry.authors],
        bodies=entry.bodies if found is None else rewritten(entry, _own),
        reach=reach,
        kind="comment" if reply and int(reply[1]) > 1 else entry.kind,
    )


def _signed(name: str) -> str:
    found = _SIGNED.fullmatch(name)
    return f"{found[2]} (@{found[1]})" if found else name


def _below(markup: str) -> re.Match[str] | None:
    return _BELOW.search(markup, max(len(markup) - _EDGE, 0))


def _own(markup: str) -> str:
    found = _below(markup)
    return markup[: found.start()] if found else markup


SITE = Site(name="Discourse", read=_read, ids=r"[\w.:-]{1,253}-(?:topic|post)-\d{1,12}\Z")
