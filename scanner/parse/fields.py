"""Elements become fields: of an entry, or of the feed itself.

In: an ElementTree element that has ended. Out: what it says, as its document wrote it.
RSS 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0, RFC 4287 (Atom), RFC 4685 (threads),
Media RSS, and what iTunes, WordPress, FeedBurner and Stack Exchange add.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from scanner.parse import rhythm
from scanner.parse.names import ABOUT, BASE, LANG, Names
from scanner.parse.xhtml import inner
from scanner.sources.entry import FACTS, Body, Document, Entry, Link

_MARKED_UP = re.compile(r"</\w|&#?\w{1,32};")
"""A closing tag or an entity: fields that are plain text by their name often hold HTML all the
same, and this is how feedparser (mixin.py, looks_like_html) tells, too."""

_LONGEST = 2_000
"""Characters of a base; an address may have as many (`links`)."""


class Unsure(Exception):
    """Something here that feedparser knows better."""


# --- an entry -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """An entry while its elements are read."""

    names: Names
    base: str
    atom: bool
    entry: Entry = field(default_factory=Entry)
    facts: dict[str, str] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    signed: list[tuple[int, str]] = field(default_factory=list)
    """Authors that are mere text, the best first: 0 dc:creator, 1 <author>, 2 itunes:author."""
    mails: list[str] = field(default_factory=list)
    spare_title: str = ""
    captions: list[Body] = field(default_factory=list)
    """Descriptions of pictures: the words of an entry that has no others."""
    created: str = ""


def read_entry(element: Element, names: Names, base: str, *, atom: bool) -> Entry:
    """Read an <item> or <entry>; `base` is the xml:base around it. Raises Unsure."""
    draft = _Draft(names, based(base, element), atom)
    for child in element:
        if (read := _ENTRY.get(names[child.tag])) is not None:
            read(draft, child)
    entry = draft.entry
    entry.id = entry.id or element.get(ABOUT, "").strip()
    entry.title = entry.title or draft.spare_title
    entry.bodies = entry.bodies or draft.captions
    entry.published = entry.published or draft.created
    entry.authors = [
        *draft.people,
        *(name for _, name in sorted(draft.signed, key=itemgetter(0))),
        *draft.mails,
    ]
    entry.language = element.get(LANG, entry.language)
    entry.facts = draft.facts
    return entry


def based(base: str, element: Element) -> str:
    """The base of addresses inside an element (XML Base); "" while there is none."""
    own = element.get(BASE, "")
    # As long as an address may be: bases inside bases would grow with their depth.
    return _joined(base, own) if own and len(base) + len(own) <= _LONGEST else base


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if base else address
    except ValueError:
        return address


def _words(element: Element) -> str:
    if len(element):
        return "".join(element.itertext()).strip()
    return (element.text or "").strip()


def _title(draft: _Draft, element: Element) -> None:
    if not draft.entry.title:
        draft.entry.title = inner(element).strip() if len(element) else _words(element)
        draft.entry.language = element.get(LANG, draft.entry.language)


def _other_title(draft: _Draft, element: Element) -> None:
    draft.spare_title = draft.spare_title or _words(element)


def _id(draft: _Draft, element: Element) -> None:
    draft.entry.id = _words(element) or draft.entry.id


def _link(draft: _Draft, element: Element) -> None:
    has = element.attrib
    href = has.get("href") or has.get("url") or has.get("uri")
    if href is None:
        href = _words(element).replace("&amp;", "&")  # often escaped twice; feedparser undoes it
    if not href:
        return
    kind = has.get("type", "").lower()
    rel = has.get("rel", "alternate").lower()
    address = _joined(based(draft.base, element), href.strip())
    draft.entry.links.append(Link(address, rel, "" if kind == "text/html" else kind))
    if rel == "replies":
        count = next((n for key, n in has.items() if draft.names[key] == "thr_count"), "")
        if count:
            draft.facts.setdefault("thr_total", count)


def _enclosure(draft: _Draft, element: Element) -> None:
    href = element.get("url") or element.get("href") or ""
    if href:
        draft.entry.links.append(Link(href, "enclosure", element.get("type", "").lower()))


def _html(draft: _Draft, element: Element) -> None:
    """A body that is HTML unless it says otherwise."""
    if (body := _body(element, "html", draft.atom)) is not None:
        draft.entry.bodies.append(body)


def _plain(draft: _Draft, element: Element) -> None:
    """A body that is plain text by its name."""
    if (body := _body(element, "text", draft.atom)) is not None:
        draft.entry.bodies.append(body)


def _body(element: Element, default: str, atom: bool) -> Body | None:
    if len(element):
        return Body(inner(element).strip())
    text = (element.text or "").strip()
    if not text:
        return None
    if element.get("mode") == "base64":
        raise Unsure
    kind = element.get("type", default).strip().lower() or default
    if kind in ("html", "xhtml") or kind.endswith(("/html", "xml")):
        return Body(text)
    if kind not in ("text", "plain") and not kind.startswith("text/"):
        raise Unsure
    return Body(text, html=not atom and _MARKED_UP.search(text) is not None)


def _published(draft: _Draft, element: Element) -> None:
    draft.entry.published = _words(element) or draft.entry.published


def _updated(draft: _Draft, element: Element) -> None:
    draft.entry.updated = _words(element) or draft.entry.updated


def _created(draft: _Draft, element: Element) -> None:
    draft.created = _words(element)


def _author(draft: _Draft, element: Element, rank: int = 1) -> None:
    if not len(element):
        if name := _words(element):
            draft.signed.append((rank, name))
        return
    for part in element:
        name = draft.names[part.tag]
        if name in ("name", "itunes_name") and (words := _words(part)):
            draft.people.append(words)
        elif name in ("email", "itunes_email") and (words := _words(part)):
            draft.mails.append(words)


def _creator(draft: _Draft, element: Element) -> None:
    _author(draft, element, rank=0)


def _itunes_author(draft: _Draft, element: Element) -> None:
    _author(draft, element, rank=2)


def _language(draft: _Draft, element: Element) -> None:
    draft.entry.language = draft.entry.language or _words(element)


def _source(draft: _Draft, element: Element) -> None:
    """Where an entry was taken from: RSS names it, Atom copies the other feed's own elements."""
    title, href = ("" if len(element) else _words(element)), element.get("url", "")
    for part in element:
        name = draft.names[part.tag]
        if name == "title":
            title = title or _words(part)
        elif name == "link":
            href = href or part.get("href", "")
    draft.facts["source.title"], draft.facts["source.href"] = title, href


def _media(draft: _Draft, element: Element) -> None:
    """Media RSS: what YouTube says of a video, and what others say of their pictures."""
    own = set(element) if draft.names[element.tag] == "media_group" else set()
    for part in element.iter():
        name = draft.names[part.tag]
        if name == "media_description":
            if (body := _body(part, "text", draft.atom)) is not None:
                (draft.entry.bodies if part in own else draft.captions).append(body)
        elif name == "media_title":
            _other_title(draft, part)
        elif name == "media_statistics":
            draft.facts["media_statistics.views"] = part.get("views", "")
        elif name == "media_starrating":
            draft.facts["media_starrating.average"] = part.get("average", "")
            draft.facts["media_starrating.count"] = part.get("count", "")


def _fact(name: str) -> Callable[[_Draft, Element], None]:
    def read(draft: _Draft, element: Element) -> None:
        draft.facts[name] = _words(element)

    return read


_ENTRY: dict[str, Callable[[_Draft, Element], None]] = {
    "title": _title,
    "dc_title": _other_title,
    "media_title": _other_title,
    "itunes_title": _other_title,
    "guid": _id,
    "id": _id,
    "link": _link,
    "enclosure": _enclosure,
    "description": _html,
    "content_encoded": _html,
    "fullitem": _html,
    "xhtml_body": _html,
    "body": _html,
    "content": _plain,
    "summary": _plain,
    "abstract": _plain,
    "itunes_summary": _plain,
    "dc_description": _plain,
    "media_description": _plain,
    "published": _published,
    "pubdate": _published,
    "issued": _published,
    "dcterms_issued": _published,
    "updated": _updated,
    "modified": _updated,
    "lastbuilddate": _updated,
    "dc_date": _updated,
    "dcterms_modified": _updated,
    "created": _created,
    "dcterms_created": _created,
    "author": _author,
    "managingeditor": _author,
    "dc_creator": _creator,
    "dc_author": _creator,
    "itunes_author": _itunes_author,
    "language": _language,
    "dc_language": _language,
    "source": _source,
    "media_group": _media,
    "media_content": _media,
    "media_community": _media,
    **{name: _fact(name) for name in FACTS if "." not in name},
}


# --- the feed itself ------------------------------------------------------------------------------


class FeedFields:
    """What a feed says of itself, element by element."""

    def __init__(self, document: Document, names: Names) -> None:
        """Take the document to fill."""
        self._document, self._names = document, names
        self._rhythm: dict[str, str] = {}
        self._hours: list[str] = []
        self._days: list[str] = []

    def read(self, name: str, element: Element, base: str) -> None:
        """Take an element that has ended, right below <channel> or <feed>."""
        document = self._document
        if name == "link":
            self._link(element, base)
        elif name in ("language", "dc_language"):
            document.language = _words(element) or document.language
        elif name == "generator":
            document.generator = _words(element) or element.get("uri", "")
        elif name == "author" and not document.author:
            parts = {self._names[part.tag]: _words(part) for part in element}
            document.author = parts.get("name") or parts.get("email") or ""
        elif name in ("ttl", "sy_updateperiod", "sy_updatefrequency"):
            self._rhythm[name] = _words(element)
        elif name == "skiphours":
            self._hours += [_words(hour) for hour in element]
        elif name == "skipdays":
            self._days += [_words(day) for day in element]

    def done(self) -> None:
        """Put together what more than one element tells."""
        has = self._rhythm.get
        self._document.rhythm = rhythm.told(
            has("ttl", ""),
            self._hours,
            self._days,
            has("sy_updateperiod", ""),
            has("sy_updatefrequency", ""),
        )

    def _link(self, element: Element, base: str) -> None:
        href = element.get("href")
        rel = element.get("rel", "alternate").lower()
        if href is None:
            self._document.link = _words(element) or self._document.link
        elif rel == "alternate" and element.get("type", "text/html").lower() == "text/html":
            self._document.link = _joined(based(base, element), href.strip())
        elif rel in ("self", "next", "hub"):
            address = _joined(based(base, element), href.strip())
            self._document.links.append(Link(address, rel, element.get("type", "").lower()))
