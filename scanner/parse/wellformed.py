"""Well-formed XML becomes raw entries, by the standard library's parser (expat).

In: the XML of a feed, from its root element on. Out: a Document, or None where this reader does
not vouch for what it read: a root or an encoding of content that feedparser knows better, or a
document too odd to be held in memory. RSS 0.90 to 2.0, RSS 1.0, Atom 0.3 and 1.0, with the
extension elements in `entry.FACTS`.

An entry is read when its element ends, and let go: memory does not grow with the document, and
one that ends early gives what is whole in it.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers.expat import ErrorString

from scanner.parse.fields import FeedFields, Unsure, based, read_entry
from scanner.parse.names import LANG, Names
from scanner.sources.entry import ENTRIES, Document

if TYPE_CHECKING:
    _Parser = XMLPullParser[Element]

_SLICE = 1 << 14
"""Characters given to expat at once. Larger ones are slower: elements leave the cache."""
_IDLE = 100_000
"""Tags without an entry's end among them; held as elements they take 20 MB. The largest entry of
374 real feeds has 4,100."""
_ROOTS = frozenset({"rss", "rdf_rdf", "feed"})
_FEEDS = frozenset({"channel", "feed"})
_ENTRIES = frozenset({"item", "entry"})


class Broken(NamedTuple):
    """What could be read of a document before its XML broke, and how it broke."""

    document: Document
    why: str


def read(xml: str) -> Document | Broken | None:
    """Read a feed."""
    try:
        return _Reader().read(xml)
    except Unsure:
        return None


class _Reader:
    """One walk through one document."""

    def __init__(self) -> None:
        self._document = Document(entries=[])
        self._names = Names()
        self._feed = FeedFields(self._document, self._names)
        self._begun = False
        self._path: list[tuple[str, str]] = []
        """Name and xml:base of the open elements above the entries."""
        self._depth = 0
        """Of the open entry's own elements; 0 while no entry is open."""
        self._atom = False
        self._idle = self._beside = 0

    def read(self, xml: str) -> Document | Broken:
        parser: _Parser = XMLPullParser(("start", "end"))
        broken = ""
        for start in range(0, len(xml), _SLICE):
            piece = xml[start : start + _SLICE]
            self._idle += piece.count("<")
            try:
                parser.feed(piece)
                self._take(parser)
            except ParseError as error:
                broken = ErrorString(error.code)
            if broken or self._full:
                break
            if self._idle > _IDLE or self._beside > _IDLE:
                raise Unsure
        if not broken and not self._full:
            broken = self._close(parser)
        self._finish()
        return Broken(self._document, broken) if broken else self._document

    def _close(self, parser: _Parser) -> str:
        """Have expat read what it has put off (2.6 and later wait for large tokens to be whole)."""
        try:
            parser.close()
        except ParseError as error:
            self._take_rest(parser)
            return ErrorString(error.code)
        self._take_rest(parser)
        return "no element found" if self._path or not self._begun else ""

    def _take_rest(self, parser: _Parser) -> None:
        with suppress(ParseError):  # told already
            self._take(parser)

    @property
    def _full(self) -> bool:
        return len(self._document.entries) > ENTRIES

    def _take(self, parser: _Parser) -> None:
        """Walk over what has started and ended since the last slice."""
        events: Iterator[Any] = parser.read_events()
        for kind, element in events:
            if kind == "start":
                if self._depth:
                    self._depth += 1
                else:
                    self._start(element)
            elif not self._depth:
                self._end(element)
            elif self._depth > 1:
                self._depth -= 1
            else:
                self._end_entry(element)

    def _start(self, element: Element) -> None:
        name = self._names[element.tag]
        base = based(self._path[-1][1] if self._path else "", element)
        if not self._path:
            self._begun = True
            if name not in _ROOTS:
                raise Unsure
            self._atom = name == "feed"
            self._document.language = element.get(LANG, "")
        self._path.append((name, base))
        if name in _ENTRIES:
            self._depth = 1

    def _end(self, element: Element) -> None:
        """Read what the feed says of itself, and let it go."""
        name, _ = self._path.pop()
        self._beside += 1
        if self._path and self._path[-1][0] in _FEEDS:
            self._feed.read(name, element, self._path[-1][1])
            element.clear()

    def _end_entry(self, element: Element) -> None:
        self._depth = self._idle = 0
        self._path.pop()
        around = self._path[-1][1] if self._path else ""
        entries = self._document.entries
        entries.append(read_entry(element, self._names, around, atom=self._atom))
        element.clear()

    def _finish(self) -> None:
        self._feed.done()
        document = self._document
        if not self._atom:
            document.author = ""  # in RSS it is the editor's, not each entry's
        if len(document.entries) > ENTRIES:
            del document.entries[ENTRIES:]
            document.warnings.append(f"more than {ENTRIES} entries; the rest is dropped")
