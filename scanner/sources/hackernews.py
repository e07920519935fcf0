"""Hacker News: its own feeds, and hnrss.org, which searches it.

In: an entry of theirs. Out: the story or comment with points and comments, its thread, and its
title alone: hnrss calls a comment 'New comment by ann in "Story"'.
hnrss writes its numbers as lines of the body (github.com/hnrss/hnrss, algolia.go); `text` takes
the lines out. Its Atom and JSON have no element for the thread; there it is the id.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.records import Reach
from scanner.sources.entry import Entry
from scanner.sources.site import Site, but

_COMMENT = re.compile(r"\s{0,99}New comment by \S{1,50} in (.{0,1000})", re.S)
_ITEM = "https://news.ycombinator.com/item?id="
_COMMENTS = re.compile(r"# Comments: (\d{1,7})")
_POINTS = re.compile(r"(?<!\w)Points: (-?\d{1,7})")
_EDGE = 1_500
"""Characters at the end of a body where hnrss writes its lines; they take 400."""


def _read(entry: Entry) -> Entry:
    reach = next(filter(None, (_reach(body.markup[-_EDGE:]) for body in entry.bodies)), entry.reach)
    thread = entry.thread or (entry.id if entry.id.startswith(_ITEM) else "")
    comment = _COMMENT.match(entry.title)
    if comment is None:
        return but(entry, reach=reach, thread=thread, title=entry.title.strip())
    about = comment[1].strip().removeprefix('"').removesuffix('"')
    return but(entry, reach=reach, thread=thread, title=about, kind="comment")


def _reach(end: str) -> Reach | None:
    if "Comments URL:" not in end:
        return None
    told, liked = _COMMENTS.search(end), _POINTS.search(end)
    return Reach(int(told[1]) if told else None, int(liked[1]) if liked else None)


SITE = Site(
    name="Hacker News",
    read=_read,
    hosts=("news.ycombinator.com", "hnrss.org"),
    generators=("go-hnrss", "hnrss"),
    pages=r"news\.ycombinator\.com/item",
    titles=("New comment by ",),
)
