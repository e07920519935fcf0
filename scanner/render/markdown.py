"""The queue as Markdown, to paste into an issue, a wiki or a chat.

In: ranked posts. Out: a numbered list in CommonMark that no title can break out of.
Escapes: https://spec.commonmark.org/0.31.2/#backslash-escapes

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote as percent_encode

from scanner.records import Ranked
from scanner.render.glance import QUOTE_ROOM, age, headline, quote, short_ids, workings
from scanner.render.record import is_web, valid
from scanner.text import printable


def markdown(ranked: Sequence[Ranked], now: datetime) -> str:
    """Write one list item a post: worth, link, where and when, the author's words, why."""
    ids = short_ids(one.judged.id for one in ranked)
    several = len({one.judged.brand for one in ranked}) > 1
    items = []
    for at, one in enumerate(ranked, 1):
        number = f"{at}. "
        # What belongs to a list item stands as far in as its first word does (CommonMark 5.2).
        inner = ("\n\n" + " " * len(number)).join(_item(one, ids, now, several=several))
        items.append(f"{number}{inner}\n")
    return "\n".join(items)


def _item(ranked: Ranked, ids: Mapping[str, str], now: datetime, *, several: bool) -> Iterator[str]:
    """Yield the paragraphs of one item, each of one line."""
    post = ranked.judged.post
    title = escape(headline(post))
    link = f"[{title}](<{_target(post.url)}>)" if post.url and is_web(post.url) else title
    facts = [
        escape(ranked.judged.brand) if several else "",
        escape(post.feed),
        escape(post.author or ""),
        age(post.published, now),
        f"`{ids[ranked.judged.id]}`",
        "" if ranked.status == "new" else ranked.status,
        *(escape(word) for word in workings(ranked)),
    ]
    yield f"**{ranked.worth:.1f}** {link} ({', '.join(fact for fact in facts if fact)})"
    if said := quote(ranked, QUOTE_ROOM):
        yield f"> {escape(said)}"
    if why := escape(ranked.why):
        yield why


_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&#!$]")
_AT_LINE_START = re.compile(r"([-+=]|\d{1,9}[.)])")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|www)([:.])")
"""GitHub makes links of these: https://github.github.com/gfm/#autolinks-extension-"""


def escape(text: str) -> str:
    """Make one line of anybody's words mean itself in Markdown, and nothing else."""
    line = " ".join(printable(valid(text)).split())
    line = _SPECIAL.sub(r"\\\g<0>", line)
    line = _AUTOLINK.sub(r"\1\\\2", line)
    starts = _AT_LINE_START.match(line)
    if starts is None:
        return line
    return line[: starts.end() - 1] + "\\" + line[starts.end() - 1 :]


def _target(url: str) -> str:
    """Percent-encode what could end a link or look like another: blanks, brackets, quotes, HTML.

    The rest of the address, its own percent signs too, stays as it is.
    """
    return percent_encode(valid(url), safe=":/?#[]@!$&'*+,;=%~-._").replace("&", "&amp;")
