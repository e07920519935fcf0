"""Tumblr.

In: a post. Out: the same, titled by its own words. Tumblr titles a post by its first line; of a
reblog that is somebody else's, so a reblogger who adds words gets no title (one is made of them).
What is reblogged stands in a quote after "name:"; `text` reads it as quoted.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but

_REBLOG = re.compile(r"<a [^<>]{0,1000}tumblr_blog[^<>]{0,1000}>([^<>]{1,100})</a ?>")
_HEAD = 3_000
"""Characters in which a reblog names its source; what comes before are pictures."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_WORD = re.compile(r"[^\W_]")


def _read(entry: Entry) -> Entry:
    for body in entry.bodies:
        if found := _REBLOG.search(body.markup, 0, _HEAD):
            added = body.markup[body.markup.rfind("</blockquote") + 1 :]
            own = bool(_WORD.search(_TAG.sub("", added.partition(">")[2])))
            return but(entry, title="" if own else _unsigned(entry.title, found[1].strip()))
    return entry


def _unsigned(title: str, name: str) -> str:
    """A title without the reblogged one's name: "ann:First line"."""
    return title.strip().removeprefix(f"{name}:").lstrip()


SITE = Site(
    name="Tumblr",
    read=_read,
    hosts=("tumblr.com",),
    generators=("tumblr",),
    pages=r"[\w-]{1,63}+\.tumblr\.com/(?:post/|[^/?#]{1,100}+/)\d",
)
