"""XML becomes raw entries. The only module that touches feedparser.

In: text that `wash` decoded. Out: a Document; NotAFeed where the root is something else.
RSS 0.90 to 2.0, RSS 1.0, Atom 0.3 and 1.0, CDF.

feedparser's own door is not used: `feedparser.parse(x)` opens a file or an address when x looks
like one, parses hostile dates, authors and categories in quadratic time (100 kB of author: more
than 8 s), and starts all over for a document that merely ends early. Its two parsers are driven
here instead, as its api.py does, with those parts taken out.

Touches: nothing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from html import unescape
from typing import Any

from scanner.parse import wash
from scanner.parse.links import base_of, clean_url
from scanner.sources.entry import ENTRIES, Body, Document, Entry, Link, NotAFeed

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(rss|rdf|feed|channel)(?=[\s>/])", re.I)
_ANY_ROOT = re.compile(r"<(!doctype\s+html|[A-Za-z_][\w.:-]{0,40})", re.I)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)(?=[\s>/])", re.I)
_ALTERNATE = re.compile(r"<link\s[^<>]{0,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""(rel|type|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.I)
_ENDS_EARLY = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")
"""What expat says of a document whose end is missing (expat's errors.c)."""

_LOOSE_TAGS = 20_000
_LOOSE_LENGTH = 2_000_000
"""Tags and characters that feedparser's forgiving parser is given. It is slow on hostile input:
20,000 tags take up to 1 s, 200,000 5 s, 9 MB of references 8 s. Real feeds have up to 870 kB."""

_ATTRIBUTES = 100
"""Attributes kept on an element; feedparser looks each up in a list (100,000 take 8 s)."""


def read(text: str, address: str) -> Document:
    """Read a feed that was found at an address. Raises NotAFeed."""
    root = _find_root(text, address)
    _refuse_entities(text[: root.start()])
    xml, closed = _body(text, root)
    reader, why = _read_strictly(xml)
    warnings = []
    partial = not closed
    if why is not None and not (partial and why.startswith(_ENDS_EARLY)):
        if len(xml) <= _LOOSE_LENGTH and xml.count("<") <= _LOOSE_TAGS:
            reader = _read_loosely(xml)
            warnings.append(f"the XML is broken ({why}); read as well as it could be")
        else:
            partial = True
            warnings.append(f"the XML is broken ({why}); what comes after is lost")
    elif why is not None:
        warnings.append("the document ends early; the last entry may be missing")
    if reader.full:
        warnings.append(f"more than {ENTRIES} entries; the rest is dropped")
    return _document(reader, partial=partial, warnings=warnings)


# --- what kind of document ------------------------------------------------------------------------


def _find_root(text: str, address: str) -> re.Match[str]:
    """The feed's root element, past declarations, comments and what a broken server put before."""
    root = _ROOT.search(text)
    first = _ANY_ROOT.search(text)
    if first is None:
        raise NotAFeed("not a feed but plain text", "use the address of an RSS or Atom feed")
    name = first[1].lower()
    if name == "opml":
        raise NotAFeed(
            "not a feed but a list of feeds (OPML)", "add the feeds that it lists, one by one"
        )
    page = _HTML.search(text)
    if page and not (root and root.start() < page.start()):
        raise NotAFeed("not a feed but an HTML page", _feed_of_page(text, address))
    if root:
        return root
    raise NotAFeed(
        f"not a feed: its first element is <{name}>", "use the address of an RSS or Atom feed"
    )


def _feed_of_page(text: str, address: str) -> str:
    """Where a page says that its feed is (RSS autodiscovery, WHATWG HTML 4.6.6.1)."""
    for link in _ALTERNATE.finditer(text[:200_000]):
        has = {
            name.lower(): a or b or c
            for name, a, b, c in _ATTRIBUTE.findall(link[0])
            if a or b or c
        }
        kind = has.get("type", "").lower()
        if "alternate" in has.get("rel", "").lower() and ("rss" in kind or "atom" in kind):
            href = clean_url(unescape(has.get("href", "")), base_of(address))
            return f'use the address in its <link rel="alternate" type="{kind}">: {href}'
    return "use the feed's own address; pages often link to it as RSS"


def _refuse_entities(prolog: str) -> None:
    """No feed needs entities of its own; they serve to blow up the reader (CVE-2003-1564)."""
    if "<!ENTITY" in prolog.upper():
        raise NotAFeed(
            "its DOCTYPE declares entities, which can be an attack", "ask the site to remove them"
        )


def _body(text: str, root: re.Match[str]) -> tuple[str, bool]:
    """From the root to its end tag, mended, under a declaration of our own; and whether it ends.

    The DOCTYPE is cut off with the prolog, so that no parser ever sees one.
    """
    xml = text[root.start() :]
    name = root[0][1:]
    end = xml.rfind(f"</{name}")
    closed = end >= 0 and xml[end + len(name) + 2 :][:100].lstrip().startswith(">")
    if not closed or xml.rfind("<![CDATA[", 0, end) > xml.rfind("]]>", 0, end):
        return wash.mend(xml), False
    return wash.mend(xml[:end]) + f"</{name}>", True


# --- feedparser -----------------------------------------------------------------------------------


class _Full(Exception):
    """Enough entries have been read."""


class _Bounded:
    """What is taken out of feedparser's parsers, and the little that is put in."""

    full = False

    def __init__(self) -> None:
        super().__init__("", None, "utf-8")  # type: ignore[call-arg]
        self.resolve_relative_uris = False
        self.sanitize_html = False
        self._pieces: list[str] = []
        self.characters = self._pieces.append

    # Not needed here, and quadratic: each tag is compared with all before it, and e-mail addresses
    # are looked for from every letter of an author.

    def handle_charref(self, ref: str) -> None:
        """A reference that `wash` did not see: the forgiving parser finds some inside comments."""
        digits, radix = (ref[1:], 16) if ref[:1] in "xX" else (ref, 10)
        try:
            code = int(digits, radix) if len(digits) <= 8 else 0
        except ValueError:
            return
        legal = 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF
        super().handle_charref(ref if legal else "65533")  # type: ignore[misc]

    def _add_tag(self, term: object, scheme: object, label: object) -> None:
        self._get_context().setdefault("tags", [])  # type: ignore[attr-defined]

    def _sync_author_detail(self, key: str = "author") -> None:
        pass

    # Dates are read by `dates`.

    def _end_published(self) -> None:
        self.pop("published")  # type: ignore[attr-defined]

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self) -> None:
        self.pop("updated")  # type: ignore[attr-defined]

    _end_modified = _end_lastbuilddate = _end_updated

    # Stack Exchange's votes: without this the number is lost, since the element has an attribute.

    def _start_re_rank(self, attrs_d: dict[str, str]) -> None:
        self.push("re_rank", 1)  # type: ignore[attr-defined]

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        if len(self.entries) >= ENTRIES:  # type: ignore[attr-defined]
            self.full = True
            raise _Full
        super()._start_item(attrs_d)  # type: ignore[misc]

    _start_entry = _start_item

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
        """Open an element, without attributes where it has too many."""
        self._join()
        if len(attrs) > _ATTRIBUTES:
            attrs = type(attrs)({}, {})
        super().startElementNS(name, qname, attrs)  # type: ignore[misc]

    def endElementNS(self, name: Any, qname: Any) -> None:
        """Close an element."""
        self._join()
        super().endElementNS(name, qname)  # type: ignore[misc]

    def _join(self) -> None:
        # expat hands over text in pieces, one per entity and line, and feedparser takes 3 us for
        # each. Joined first, escaped HTML is read in a third of the time.
        if self._pieces:
            self.handle_data("".join(self._pieces))  # type: ignore[attr-defined]
            self._pieces.clear()


@cache
def _parser(name: str) -> Any:
    """One of feedparser's two parsers, bounded. Made late: feedparser takes 60 ms to load."""
    from feedparser import api

    return type(name, (_Bounded, getattr(api, name)), {})


def _read_strictly(xml: str) -> tuple[Any, str | None]:
    """Read as XML. Returns the reader and, where the XML broke, how."""
    from xml.sax import SAXException, make_parser
    from xml.sax.handler import feature_external_ges, feature_namespaces
    from xml.sax.xmlreader import InputSource

    reader = _parser("StrictFeedParser")()
    parser = make_parser()
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(reader)
    parser.setErrorHandler(reader)
    source = InputSource()
    source.setByteStream(io.BytesIO(xml.encode("utf-8", "replace")))
    source.setEncoding("utf-8")
    try:
        parser.parse(source)
    except _Full:
        return reader, None
    except SAXException as broken:
        if reader.inentry and reader.entries:
            reader.entries.pop()
        return reader, broken.getMessage()
    return reader, None


def _read_loosely(xml: str) -> Any:
    """Read as tag soup."""
    reader = _parser("LooseFeedParser")()
    with suppress(_Full):
        reader.feed(xml)
    return reader


# --- what feedparser found, in our words ----------------------------------------------------------


def _document(reader: Any, *, partial: bool, warnings: list[str]) -> Document:
    feed: dict[str, Any] = dict(reader.feeddata)
    language = _text(feed.get("language"))
    # RFC 4287, 4.2.1: an Atom feed's author wrote every entry that names none; not so in RSS.
    names = _names(feed) if reader.version.startswith("atom") else []
    return Document(
        entries=[_entry(dict(found)) for found in reader.entries],
        link=_text(feed.get("link")),
        author=names[0] if names else "",
        language=language,
        partial=partial,
        warnings=warnings,
    )


def _entry(found: dict[str, Any]) -> Entry:
    """Take over one of feedparser's entries (a plain dict: its own warns of old names)."""
    title = found.get("title_detail") or {}
    return Entry(
        id=_text(found.get("id")),
        title=_text(found.get("title")),
        links=list(_links(found)),
        bodies=_bodies(found),
        authors=_names(found),
        published=_text(found.get("published")) or _text(found.get("created")),
        updated=_text(found.get("updated")),
        language=_text(title.get("language")),
        facts=_facts(found),
    )


def _links(found: dict[str, Any]) -> Iterator[Link]:
    for link in found.get("links", ()):
        kind = "" if link.get("type") == "text/html" else _text(link.get("type"))
        yield Link(_text(link.get("href")), _text(link.get("rel")) or "alternate", kind)
    if found.get("link"):
        yield Link(_text(found["link"]))


def _bodies(found: dict[str, Any]) -> list[Body]:
    details = [*found.get("content", ()), found.get("summary_detail") or {}]
    bodies = [
        Body(_text(detail.get("value")), html=detail.get("type") != "text/plain")
        for detail in details
    ]
    # feedparser copies the content to a summary without detail where there is none.
    if found.get("summary") and not found.get("summary_detail") and not found.get("content"):
        bodies.append(Body(_text(found["summary"])))
    return bodies


def _names(found: dict[str, Any]) -> list[str]:
    """Authors' names, the best first; an e-mail address where there is no name."""
    people = [person for person in found.get("authors", ()) if person]
    names = [_text(person.get("name")) for person in people]
    names.append(_text(found.get("author")))
    names += [_text(person.get("email")) for person in people]
    return [name for name in names if name]


def _facts(found: dict[str, Any]) -> dict[str, str]:
    """Extension elements with text, and the attributes of those that have any, joined by "."."""
    facts = {}
    for name, value in found.items():
        if isinstance(value, str):
            facts[name] = _text(value)
        elif name in ("media_statistics", "media_starrating", "source"):
            facts |= {f"{name}.{key}": _text(part) for key, part in value.items()}
    return facts


def _text(value: object) -> str:
    return wash.tidy(value) if isinstance(value, str) else ""
