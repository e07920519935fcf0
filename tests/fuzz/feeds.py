"""Sound feeds by the thousand: a grammar of what servers mean to send.

In: nothing. Out: Hypothesis strategies. `written` gives a sound document in any format together
with what it tells, so that a reader can be held to it.

Touches: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Told:
    """What an entry says, whatever the format it is written in."""

    id: str
    title: str
    link: str
    when: datetime
    text: str


SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "media": "http://search.yahoo.com/mrss/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "atom": "http://www.w3.org/2005/Atom",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
ATOM = {"1.0": "http://www.w3.org/2005/Atom", "0.3": "http://purl.org/atom/ns#"}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_XHTML = "http://www.w3.org/1999/xhtml"
_WORDS = (
    "Acme", "broke", "it", "so", "again", "&", "3 > 2", "100 %", "it's", "“quoted”", "é", "壊れた",
    "😀", "ß", "R&D",
)  # fmt: skip

SAID = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=8).map(" ".join).map("So {}".format)
"""Words that come out as they went in, in a title and in a body."""


@st.composite
def entries(draw: Draw) -> list[Told]:
    """Up to four entries, each with an id and a link of its own."""
    numbers = draw(st.lists(st.integers(1, 10**6), max_size=4, unique=True))
    return [
        Told(
            id=f"tag:h.example,2026:{number}",
            title=draw(SAID),
            link=f"https://h.example/{number}?a=1&b={number}",
            when=draw(st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30))).replace(
                microsecond=0, tzinfo=UTC
            ),
            text=draw(SAID),
        )
        for number in numbers
    ]


# --- how text and dates may be written ------------------------------------------------------------


def _text(draw: Draw, said: str) -> str:
    """XML text: entities, references, CDATA in one piece or two; all mean the same."""
    how = draw(st.sampled_from(("entities", "decimal", "hexadecimal", "cdata", "halves")))
    if how == "decimal":
        return "".join(f"&#{ord(character)};" for character in said)
    if how == "hexadecimal":
        return "".join(f"&#x{ord(character):X};" for character in said)
    if how == "cdata":
        return f"<![CDATA[{said}]]>"
    if how == "halves":
        half = len(said) // 2
        return f"<![CDATA[{said[:half]}]]>{escape(said[half:])}"
    return escape(said)


def _markup(said: str) -> str:
    return f"<p>{escape(said)}</p>"


def _mail_date(draw: Draw, when: datetime) -> str:
    zone = timezone(timedelta(hours=draw(st.sampled_from((0, -5, 2)))))
    around: str = draw(st.sampled_from(("{}", " {}\n")))
    return around.format(format_datetime(when.astimezone(zone)))


def _iso_date(draw: Draw, when: datetime) -> str:
    zone = timezone(timedelta(hours=draw(st.sampled_from((0, -8, 13)))))
    plain = when.replace(tzinfo=None).isoformat()
    shapes = (f"{plain}Z", f"{plain}.000Z", when.astimezone(zone).isoformat())
    shape: str = draw(st.sampled_from(shapes))
    return shape


def _spaces(draw: Draw, *names: str) -> tuple[dict[str, str], str]:
    """Prefixes for namespaces, usual or odd, and the attributes that bind them."""
    chosen = {name: draw(st.sampled_from((name, "x" + name, "ñ_-." + name))) for name in names}
    bound = " ".join(f"xmlns:{chosen[name]}={quoteattr(SPACES[name])}" for name in names)
    return chosen, bound


# --- sound documents ------------------------------------------------------------------------------


def _rss(draw: Draw, told: list[Told]) -> str:
    prefix, bound = _spaces(draw, "dc", "content")
    on_item = draw(st.booleans())
    items = []
    for entry in told:
        full = prefix["content"] + ":encoded"
        date, when = draw(
            st.sampled_from(
                [
                    ("pubDate", _mail_date(draw, entry.when)),
                    (prefix["dc"] + ":date", _iso_date(draw, entry.when)),
                ]
            )
        )
        parts = [
            f"<title>{_text(draw, entry.title)}</title>",
            f"<link>{_text(draw, entry.link)}</link>",
            f'<guid isPermaLink="false">{_text(draw, entry.id)}</guid>',
            f"<{date}>{when}</{date}>",
            f"<{draw(st.sampled_from(('description', full)))}>",
        ]
        body = parts.pop()
        parts.append(f"{body}{_text(draw, _markup(entry.text))}</{body[1:]}")
        attributes = f" {bound}" if on_item else ""
        items.append(f"<item{attributes}>{''.join(draw(st.permutations(parts)))}</item>")
    version = draw(st.sampled_from(("0.91", "0.92", "2.0", "2.0.11", "")))
    root = f'<rss version="{version}"' + ("" if on_item else f" {bound}")
    return f"{root}><channel><title>F</title>{''.join(items)}</channel></rss>"


def _rdf(draw: Draw, told: list[Told]) -> str:
    prefix, bound = _spaces(draw, "dc", "content")
    dc, full = prefix["dc"] + ":date", prefix["content"] + ":encoded"
    space = draw(st.sampled_from(_RSS_1))
    items = [
        f"<item r:about={quoteattr(entry.link)}><title>{_text(draw, entry.title)}</title>"
        f"<link>{_text(draw, entry.link)}</link><{dc}>{_iso_date(draw, entry.when)}</{dc}>"
        f"<{full}>{_text(draw, _markup(entry.text))}</{full}></item>"
        for entry in told
    ]
    return (
        f'<r:RDF xmlns:r="{_RDF}" xmlns="{space}" {bound}><channel><title>F</title></channel>'
        f"{''.join(items)}</r:RDF>"
    )


def _atom(draw: Draw, told: list[Told]) -> str:
    version = draw(st.sampled_from(("1.0", "0.3")))
    p = draw(st.sampled_from(("", "a:")))
    bound = f'xmlns{":a" if p else ""}="{ATOM[version]}"'
    dated = "published" if version == "1.0" else "issued"
    html = 'type="html"' if version == "1.0" else 'type="text/html" mode="escaped"'
    written = []
    for entry in told:
        body = f"<{p}content {html}>{_text(draw, _markup(entry.text))}</{p}content>"
        if version == "1.0" and draw(st.booleans()):
            x = draw(st.sampled_from(("", "h:")))
            body = (
                f'<{p}content type="xhtml"><{x}div xmlns{x and ":h"}="{_XHTML}"><{x}p>'
                f"{_text(draw, entry.text)}</{x}p></{x}div></{p}content>"
            )
        parts = [
            f"<{p}id>{_text(draw, entry.id)}</{p}id>",
            f"<{p}title>{_text(draw, entry.title)}</{p}title>",
            f'<{p}link rel="alternate" type="text/html" href={quoteattr(entry.link)}/>',
            f"<{p}{dated}>{_iso_date(draw, entry.when)}</{p}{dated}>",
            body,
        ]
        written.append(f"<{p}entry>{''.join(draw(st.permutations(parts)))}</{p}entry>")
    return f"<{p}feed {bound}><{p}title>F</{p}title>{''.join(written)}</{p}feed>"


def _cdf(draw: Draw, told: list[Told]) -> str:
    items = "".join(
        f"<item href={quoteattr(entry.link)} lastmod={quoteattr(_iso_date(draw, entry.when))}>"
        f"<title>{_text(draw, entry.title)}</title><abstract>{_text(draw, entry.text)}</abstract>"
        "</item>"
        for entry in told
    )
    return f'<channel href="https://h.example/"><title>F</title>{items}</channel>'


def _json_feed(draw: Draw, told: list[Told]) -> str:
    items = []
    for entry in told:
        body = draw(
            st.sampled_from([{"content_html": _markup(entry.text)}, {"content_text": entry.text}])
        )
        when = _iso_date(draw, entry.when)
        own = {"id": entry.id, "title": entry.title, "url": entry.link, "date_published": when}
        items.append(own | body)
    version = "https://jsonfeed.org/version/" + draw(st.sampled_from(("1", "1.1")))
    feed = {"version": version, "title": "F", "items": items}
    ascii_only, indent = draw(st.booleans()), draw(st.sampled_from((None, 1)))
    return json.dumps(feed, ensure_ascii=ascii_only, indent=indent)


def _app_store(draw: Draw, told: list[Told]) -> str:
    reviews = [
        {
            "id": {"label": entry.id},
            "title": {"label": entry.title},
            "updated": {"label": _iso_date(draw, entry.when)},
            "content": {"label": entry.text, "attributes": {"type": "text"}},
            "im:rating": {"label": draw(st.sampled_from("12345"))},
            "link": {"attributes": {"rel": "related", "href": entry.link}},
            "author": {"name": {"label": "Ada"}},
        }
        for entry in told
    ]
    found: Any = reviews[0] if len(reviews) == 1 and draw(st.booleans()) else reviews
    return json.dumps({"feed": {"author": {}, "entry": found}})


_FORMATS: dict[str, Callable[[Draw, list[Told]], str]] = {
    "RSS": _rss,
    "RDF": _rdf,
    "Atom": _atom,
    "CDF": _cdf,
    "JSON Feed": _json_feed,
    "App Store": _app_store,
}
_PROLOGS = ("", '<?xml version="1.0"?>', '\n<?xml version="1.0" encoding="UTF-8"?><!-- <x> -->\n')


@st.composite
def written(draw: Draw) -> tuple[str, list[Told], str]:
    """A sound document, what it tells, and the name of its format."""
    kind = draw(st.sampled_from(tuple(_FORMATS)))
    told = draw(entries())
    document = _FORMATS[kind](draw, told)
    if not document.startswith("{"):
        document = draw(st.sampled_from(_PROLOGS)) + document
    return document, told, kind
