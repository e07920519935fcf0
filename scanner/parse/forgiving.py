"""What only feedparser can read becomes raw entries: broken XML, CDF, and habits of 2001.

In: XML from its root on, mended. Out: a Document. The only module that touches feedparser.

feedparser's own door is not used: `feedparser.parse(x)` opens a file or an address when x looks
like one, parses hostile dates, authors and categories in quadratic time (100 kB of author: more
than 8 s), and starts all over for a document that merely ends early. Its two parsers are driven
here instead, as its api.py does, with those parts taken out.

Touches: nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from scanner.parse import rhythm, wash
from scanner.sources.entry import ENTRIES, Body, Document, Entry, Link

_ATTRIBUTES = 100
"""Attributes kept on an element; feedparser looks each up in a list (100,000 take 8 s)."""


def read(xml: str) -> Document:
    """Read a feed: as XML, and where that breaks, as tag soup."""
    reader, why = _read_strictly(xml)
    warnings = []
    if why is not None:
        reader = _read_loosely(xml)
        warnings.append(f"the XML is broken ({why}); read as well as it could be")
    if reader.full:
        warnings.append(f"more than {ENTRIES} entries; the rest is dropped")
    return _document(reader, warnings)


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
        return _without_open_entry(reader), broken.getMessage()
    except Exception as bug:  # feedparser and xml.sax stumble over odd links and namespaces
        return _without_open_entry(reader), type(bug).__name__
    return reader, None


def _without_open_entry(reader: Any) -> Any:
    if reader.inentry and reader.entries:
        reader.entries.pop()
    return reader


def _read_loosely(xml: str) -> Any:
    """Read as tag soup."""
    reader = _parser("LooseFeedParser")()
    with suppress(Exception):  # _Full, and what feedparser stumbles over: what it has read counts
        reader.feed(xml)
    return reader


# --- what feedparser found, in our words ----------------------------------------------------------


def _document(reader: Any, warnings: list[str]) -> Document:
    feed: dict[str, Any] = dict(reader.feeddata)
    language = _text(feed.get("language"))
    # RFC 4287, 4.2.1: an Atom feed's author wrote every entry that names none; not so in RSS.
    names = _names(feed) if reader.version.startswith("atom") else []
    return Document(
        entries=[_entry(dict(found)) for found in reader.entries],
        link=_text(feed.get("link")),
        author=names[0] if names else "",
        language=language,
        generator=_text(feed.get("generator")),
        rhythm=rhythm.told(
            _text(feed.get("ttl")),
            period=_text(feed.get("sy_updateperiod")),
            frequency=_text(feed.get("sy_updatefrequency")),
        ),
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
