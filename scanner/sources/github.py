"""GitHub: releases, tags, commits, discussions, and a person's own news.

In: an entry of GitHub's. Out: a release without the words that stand where it has no notes; a
commit whose message is text, not code; comments as such. The id tells which of them it is.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.records import Kind
from scanner.sources.entry import Body, Entry
from scanner.sources.site import Site, but, preformatted

_ID = re.compile(
    r"tag:github\.com,2008:(?:(?P<release>Repository/\d)|(?P<commit>Grit::Commit/)"
    r"|(?P<comment>\w{0,40}Comment\w{0,40}/\d))"
)
_NO_NOTES = "No content."


def _read(entry: Entry) -> Entry:
    found = _ID.match(entry.id)
    what = found.lastgroup if found else None
    if what == "commit":
        return but(entry, bodies=[preformatted(body) for body in entry.bodies])
    if what == "release":
        kind: Kind = "release"
        return but(entry, kind=kind, bodies=[body for body in entry.bodies if not _empty(body)])
    return but(entry, kind="comment") if what == "comment" else entry


def _empty(body: Body) -> bool:
    return len(body.markup) < 100 and body.markup.strip() == _NO_NOTES


SITE = Site(name="GitHub", read=_read, hosts=("github.com",), ids=r"tag:github\.com,2008:")
