"""Reddit: posts, comments, search.

In: an entry of Reddit's. Out: the post or comment, without what Reddit wrote around it; None for
the subreddits and users that a search puts before the posts.
A link post has no words of its own: its body is a thumbnail and "submitted by … [link] [comments]",
in the reader's language. Where it leads is kept: as a related link, and as a link in the body that
has no words.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.records import Reach
from scanner.sources.entry import Body, Entry
from scanner.sources.site import Site, but, related

_THING = re.compile(r"/?t(\d)_")
_CARDS = ("2", "5")
"""Kinds of "things" that are no posts: accounts and subreddits (reddit.com/dev/api, fullnames)."""
_ON = re.compile(r"\s{0,99}/u/\S{1,50} on ")
_OFF_MARK, _ON_MARK = "<!-- SC_OFF -->", "<!-- SC_ON -->"
"""Reddit's own marks around what an author wrote."""
_WORDS = '<div class="md">'
_END = re.compile(
    r"<a href=\"([^\"<>]{1,2000})\">\s?\[[^\[\]<>]{1,30}\]\s?</a>(?:\s|&#32;|</?span>){0,20}"
    r"<a href=\"([^\"<>]{1,2000})\">\s?\[(?:(\d{1,7}) )?[^\[\]<>]{1,30}\]\s?</a>"
)
_EDGE = 5_000
"""Characters at the end that hold both links, at their longest."""
_POSTER = re.compile(r"<a href=\"https?://(?:www\.)?reddit\.com/user/([\w-]{1,50})/?\">")


def _read(entry: Entry) -> Entry | None:
    thing = _THING.match(entry.id)
    kind = thing[1] if thing else ""
    if kind in _CARDS:
        return None
    on = _ON.match(entry.title)
    end = next(filter(None, map(_end, entry.bodies)), None)
    links, authors, reach = entry.links, entry.authors, entry.reach
    if end is not None:
        links = related(entry, end[1]) if _leads_away(end) else links
        reach = Reach(comments=int(end[3])) if end[3] else reach
        authors = authors or _poster(end.string)
    return but(
        entry,
        title=entry.title[on.end() :] if on else entry.title,
        links=links,
        bodies=[_own(body) for body in entry.bodies],
        authors=authors,
        kind="comment" if on or kind == "1" else "post",
        reach=reach,
    )


def _end(body: Body) -> re.Match[str] | None:
    return _END.search(body.markup, max(len(body.markup) - _EDGE, 0))


def _leads_away(end: re.Match[str]) -> bool:
    return end[1] != end[2]


def _own(body: Body) -> Body:
    """What the author wrote, without the table and the line below."""
    markup, end = body.markup, _end(body)
    start, stop = markup.find(_OFF_MARK) + len(_OFF_MARK), markup.rfind(_ON_MARK)
    if not len(_OFF_MARK) <= start <= stop:
        if end is None:
            return body
        start = markup.find(_WORDS, 0, end.start())
        stop = markup.rfind("</div>", 0, end.start()) if start >= 0 else start
    leads = f'<a href="{end[1]}"></a>' if end is not None and _leads_away(end) else ""
    return Body(markup[start:stop] + leads, body.html)


def _poster(markup: str) -> list[str]:
    """Who submitted a post, in the feeds of before 2016, which named nobody else."""
    found = _POSTER.search(markup, max(len(markup) - _EDGE, 0))
    return [f"u/{found[1]}"] if found else []


SITE = Site(
    name="Reddit",
    read=_read,
    hosts=("reddit.com",),
    ids=r"/?t[1-6]_\w",
    pages=r"(?:(?:www|old|new|np|sh)\.)?reddit\.com/r/[^/?#]{1,100}/comments/",
    titles=("/u/",),
)
