"""Archives of mailing lists: Mailman 3 (HyperKitty), public-inbox, Gmane, and others.

In: a mail. Out: the same as plain text, titled by its subject without "Re:" and the list's name in
brackets; an answer is a comment. Quotes and signatures are `text`'s to find.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources import generic
from scanner.sources.entry import Body, Entry
from scanner.sources.site import Site, but, page, preformatted

_PREFIX = re.compile(
    r"\s{0,20}(?:(?P<answer>(?:re|aw|sv|vs|antw|odp|rif|res|ref|ynt)(?:\[\d{1,3}\])? ?:)"
    r"|(?:fwd?|wg|tr|rv|enc) ?:|\[(?P<list>[^\[\]\s]{1,60})\])",
    re.IGNORECASE,
)
_PREFIXES = 10
"""Prefixes that are taken off a subject; threads where every program adds its own have five."""
_MARKED_UP = re.compile(r"</\w")


def _read(entry: Entry) -> Entry:
    title, answer = _subject(entry.title, page(entry)[:2_000].lower())
    return but(
        entry,
        title=title,
        kind="comment" if answer else entry.kind,
        authors=[generic.author(name.replace("＠", "@")) for name in entry.authors],
        bodies=[_text(body) for body in entry.bodies],
    )


def _subject(written: str, address: str) -> tuple[str, bool]:
    """The subject alone, and whether it answers another mail."""
    at, answer = 0, False
    for _ in range(_PREFIXES):
        found = _PREFIX.match(written, at)
        if found is None or (found["list"] and not _is_list(found["list"].lower(), address)):
            break
        at, answer = found.end(), answer or bool(found["answer"])
    return written[at:].strip(), answer


def _is_list(name: str, address: str) -> bool:
    """Whether brackets hold a list's name; "[bug]" and "[PATCH]" are the author's."""
    return name in address or "-" in name or "@" in name


def _text(body: Body) -> Body:
    # HyperKitty puts the mail into the feed as it is, but for the "@" (hyperkitty/feed.py).
    read = preformatted(body)
    return read if _MARKED_UP.search(read.markup) else Body(read.markup, html=False)


SITE = Site(
    name="mailing list",
    read=_read,
    pages=(
        r"(?:permalink|article|comments|thread|news)\.gmane\.org/"
        r"|(?:lore\.kernel|public-inbox)\.org/"
        r"|(?:www\.)?mail-archive\.com/|marc\.info/"
    ),
    paths=(
        r"(?:archives/|hyperkitty/|mailman3/){0,2}list/[^/?#]{1,300}/(?:message|thread)/"
        r"|(?:mailman/)?pipermail/"
    ),
)
