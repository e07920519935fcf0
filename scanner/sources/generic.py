"""What any feed may say of an entry, in formats that many share: numbers, thread, author.

In: a raw entry, and whoever wrote the whole document. Out: the entry, with what was said filled in.
slash:comments (RSS 1.0 modules), thr:total (RFC 4685), RSS 2.0 <comments> and <author>, Media RSS.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from scanner.records import Reach
from scanner.sources.entry import Entry
from scanner.sources.site import but, count

_MAILBOX = re.compile(r"[^\s()<>@]{1,100}@[^\s()<>@]{1,253}\s{0,5}\((.{1,200})\)", re.S)
_NAMED = re.compile(r"(.{1,200}?)\s{0,5}[<(][^\s()<>@]{1,100}@[^\s()<>@]{1,253}[>)]", re.S)
_USER_PAGE = re.compile(r"https?://[^/]{1,253}/u/([^/?#]{1,200})/?")
_NOBODY = frozenset({"[deleted]", "/u/[deleted]", "u/[deleted]", "(author unknown)", "unknown"})
_AUTHOR = 1_600
"""Characters of a name that are read; the longest in real feeds, a list of people, has 400."""
_AUTHORS = 20
"""Names that are read; the first is used."""
_UNKNOWN = Reach()


def read(entry: Entry, owner: str) -> Entry:
    """Fill in what the entry says of itself; `owner` signs what nobody else has signed."""
    authors, facts = _authors(entry.authors), entry.facts
    if not authors and owner and not any(map(str.strip, entry.authors)):
        authors = [owner]
    if not facts:
        return entry if authors == entry.authors else but(entry, authors=authors)
    return but(
        entry,
        authors=authors,
        reach=_reach(facts),
        rating=stars(facts.get("media_starrating.average")),
        thread=facts.get("comments", "").strip(),
    )


def author(name: str) -> str:
    """A person's name as people write it; "" for a name that stands for nobody.

    RSS 2.0 has "ann@h.example (Ann Lee)", others "Ann Lee <ann@h.example>", "/u/ann", or the
    address of a profile.
    """
    return _author(name[:_AUTHOR])


@lru_cache(maxsize=256)
def _author(name: str) -> str:
    # In most feeds all entries have one author, or few.
    name = name.strip()
    if name.lower() in _NOBODY:
        return ""
    if "@" not in name and "/" not in name:
        return name
    if name.startswith("/u/"):
        return name[1:]
    found = _MAILBOX.fullmatch(name) or _NAMED.fullmatch(name) or _USER_PAGE.fullmatch(name)
    return found[1].strip(" \"'") or name if found else name


def stars(written: str | None) -> float | None:
    """A rating from 1 to 5; None for what is none."""
    if not written:
        return None
    try:
        found = float(written[:20])
    except ValueError:
        return None
    return found if 1 <= found <= 5 else None


def _authors(names: list[str]) -> list[str]:
    return [told for name in names[:_AUTHORS] if (told := author(name))]


def _reach(facts: Mapping[str, str]) -> Reach:
    comments = count(facts.get("slash_comments"))
    if comments is None:
        comments = count(facts.get("thr_total"))
    views = count(facts.get("media_statistics.views"))
    if comments is None and views is None:
        return _UNKNOWN
    return Reach(comments=_natural(comments), views=_natural(views))


def _natural(number: int | None) -> int | None:
    return number if number is None or number >= 0 else None
