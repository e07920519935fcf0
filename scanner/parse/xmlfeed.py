"""A feed in XML becomes raw entries: the quick way where it is well-formed, the slow one where not.

In: text that `wash` decoded. Out: a Document; NotAFeed where the root is something else.
First expat reads it as it is (`wellformed`); then again, with its small faults mended; what is
still broken, or of a kind that nobody writes any more, feedparser reads in a process of its own
(`forgiving`, `slowly`), which is ended when it takes too long.

Touches: another process.
"""

from __future__ import annotations

import re

from scanner.parse import slowly, wash, wellformed
from scanner.parse.links import base_of, clean_url
from scanner.sources.entry import Body, Document, NotAFeed
from scanner.text import unescaped

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(rss|rdf|feed|channel)(?=[\s>/])", re.I)
_ANY_ROOT = re.compile(r"<(!doctype\s+html|[A-Za-z_][\w.:-]{0,40})", re.I)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)(?=[\s>/])", re.I)
_ALTERNATE = re.compile(r"<link\s[^<>]{0,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""(rel|type|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.I)
_ENDS_EARLY = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")
"""What expat says of a document whose end is missing (expat's errors.c)."""


def read(text: str, address: str, *, apart: bool = True) -> Document:
    """Read a feed that was found at an address; `apart` as for `slowly`. Raises NotAFeed."""
    root = _find_root(text, address)
    _refuse_entities(text[: root.start()])
    xml, closed = _cut(text, root)
    document = _well_formed(wash.unescaped_controls(xml), closed)
    if document is None:
        document = slowly.read(wash.mend(xml), apart=apart)
        if not document.entries and document.warnings:
            raise NotAFeed(f"{document.warnings[0].partition(';')[0]}; no entry could be read")
        return document
    if wash.needs_settling(xml):
        _settle(document)
    return document


def _well_formed(xml: str, closed: bool) -> Document | None:
    """Read a document as it is, and once more, mended, if it breaks; None: let feedparser try."""
    found = wellformed.read(xml)
    if isinstance(found, wellformed.Broken):
        found = wellformed.read(mended := wash.mend(xml))
        if isinstance(found, wellformed.Broken):
            return _of_broken(mended, closed, found)
    return found


def _settle(document: Document) -> None:
    for entry in document.entries:
        entry.id, entry.title = wash.settled(entry.id), wash.settled(entry.title)
        entry.authors = [wash.settled(name) for name in entry.authors]
        entry.bodies = [Body(wash.settled(body.markup), html=body.html) for body in entry.bodies]
        entry.facts = {name: wash.settled(fact) for name, fact in entry.facts.items()}
    document.author = wash.settled(document.author)


def _of_broken(xml: str, closed: bool, found: wellformed.Broken) -> Document | None:
    """What is to be believed of a document whose XML is broken; None: let feedparser try."""
    document = found.document
    if not closed and found.why.startswith(_ENDS_EARLY):
        document.warnings.append("the document ends early; the last entry may be missing")
    elif slowly.is_too_much(xml):
        document.warnings.append(f"the XML is broken ({found.why}); what comes after is lost")
    else:
        return None
    document.partial = True
    return document


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
    if _HTML.search(text, 0, root.start() if root else len(text)):
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
            href = clean_url(unescaped(has.get("href", "")), base_of(address))
            return f'use the address in its <link rel="alternate" type="{kind}">: {href}'
    return "use the feed's own address; pages often link to it as RSS"


def _refuse_entities(prolog: str) -> None:
    """No feed needs entities of its own; they serve to blow up the reader (CVE-2003-1564)."""
    if "<!ENTITY" in prolog.upper():
        raise NotAFeed(
            "its DOCTYPE declares entities, which can be an attack", "ask the site to remove them"
        )


def _cut(text: str, root: re.Match[str]) -> tuple[str, bool]:
    """From the root to its end tag, and whether it has one.

    The DOCTYPE is cut off with the prolog, so that no parser ever sees one.
    """
    start, name = root.start(), root[0][1:]
    end = text.rfind(f"</{name}", start)
    closed = end >= 0 and text[end + len(name) + 2 : end + len(name) + 102].lstrip().startswith(">")
    if not closed or text.rfind("<![CDATA[", start, end) > text.rfind("]]>", start, end):
        return text[start:], False
    return text[start : text.index(">", end) + 1], True
