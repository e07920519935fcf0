"""Stack Exchange: Stack Overflow and its sisters.

In: an entry of one of them. Out: a question, or a comment for an answer, with its votes; an answer
is titled by its question ("Answer by Ann for How do I …?").

Touches: nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, count

_ANSWER = re.compile(r"https?://[^/?#]{1,253}/a/\d|https?://[^#]{1,1000}#\d{1,12}\Z")
_TITLED = re.compile(r"\s{0,99}(?:Answer by .{1,100}? for|Comment by .{1,100}? on) ", re.S)


def _read(entry: Entry) -> Entry:
    reach = replace(entry.reach, points=count(entry.facts.get("re_rank")))
    titled = _titled(entry)
    if not titled and not _ANSWER.match(entry.id):
        return but(entry, reach=reach, kind="question")
    return but(entry, reach=reach, kind="comment", title=entry.title[titled:])


def _titled(entry: Entry) -> int:
    """How much of the title tells who answered: up to the author's name, where that is known."""
    for name in entry.authors[:1]:
        for opening in (f"Answer by {name} for ", f"Comment by {name} on "):
            if entry.title.startswith(opening):
                return len(opening)
    found = _TITLED.match(entry.title)
    return found.end() if found else 0


SITE = Site(
    name="Stack Exchange",
    read=_read,
    hosts=(
        "stackoverflow.com",
        "stackexchange.com",
        "serverfault.com",
        "superuser.com",
        "askubuntu.com",
        "stackapps.com",
        "mathoverflow.net",
    ),
    facts=("re_rank",),
)
