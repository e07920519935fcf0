"""JSON becomes raw entries: JSON Feed 1.0 and 1.1, and the App Store's reviews.

In: text that `wash` decoded. Out: a Document; NotAFeed where the JSON is something else.
https://www.jsonfeed.org/version/1.1/ ; in the App Store's JSON every value is {"label": value}.

Touches: nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from scanner.parse import wash
from scanner.sources.entry import ENTRIES, Body, Document, Entry, Link, NotAFeed

_NAMED = 5
"""Bad items that a warning names; what breaks one often breaks all."""

_FACTS = (("im_rating", "im:rating"), ("im_votecount", "im:voteCount"), ("im_name", "im:name"))
_ITEMS = re.compile(r'"(?:items|entry)"\s{0,100}:\s{0,100}\[')


def read(text: str) -> Document:
    """Read a feed in JSON. Raises NotAFeed."""
    decoder = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
    partial = False
    try:
        found = decoder.decode(text)
    except ValueError as broken:
        found, partial = _beginning(text, decoder), True
        if found is None:
            raise NotAFeed(f"JSON that is broken or ends early ({broken})") from None
    document = _document(found)
    if partial:
        document.partial = True
        document.warnings.append("the JSON ends early or is broken; the last entries are missing")
    return document


def _beginning(text: str, decoder: json.JSONDecoder) -> dict[str, Any] | None:
    """The items of a document whose end is missing, as far as they are whole."""
    start = _ITEMS.search(text)
    if start is None:
        return None
    at = start.end()
    items: list[Any] = []
    while len(items) <= ENTRIES:
        at += len(text[at : at + 1000]) - len(text[at : at + 1000].lstrip(" \t\r\n,"))
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
    name = "feed" if "entry" in start[0] else ""
    return ({"feed": {"entry": items}} if name else {"items": items}) if items else None


def _document(found: Any) -> Document:
    if isinstance(found, dict):
        version, items, feed = found.get("version"), found.get("items"), found.get("feed")
        if isinstance(items, list):
            return _json_feed(found, items)
        if isinstance(version, str) and "jsonfeed.org" in version:
            return _json_feed(found, [])
        if isinstance(feed, dict) and ("entry" in feed or "author" in feed):
            return _app_store(feed)
        said = _string(found.get("message")) or _string(found.get("error"))
        if said:
            raise NotAFeed(f'not a feed but JSON that says "{said[:1000]}"')
    raise NotAFeed("JSON, but not a feed", "JSON Feed and the App Store's reviews are understood")


# --- JSON Feed ------------------------------------------------------------------------------------


def _json_feed(found: dict[str, Any], items: list[Any]) -> Document:
    document = Document(
        entries=[],
        link=_string(found.get("home_page_url")),
        author=next(iter(_authors(found)), ""),
        language=_string(found.get("language")),
    )
    skipped = []
    for number, item in enumerate(items[:ENTRIES], start=1):
        has = item if isinstance(item, dict) else {}
        # The format asks to ignore an item without an id, since nothing tells it from others; an
        # address does (InfluxData's feed has only those).
        if identity := _string(has.get("id")) or _string(has.get("url")):
            document.entries.append(_item(has, identity))
        else:
            skipped.append(str(number))
    if skipped:
        which = ", ".join(skipped[:_NAMED])
        document.warnings.append(f"{len(skipped)} without id and url skipped (item {which})")
    if len(items) > ENTRIES:
        document.warnings.append(f"more than {ENTRIES} entries; the rest is dropped")
    return document


def _item(item: dict[str, Any], identity: str) -> Entry:
    links = [Link(_string(item.get("url"))), Link(_string(item.get("external_url")), "related")]
    return Entry(
        id=identity,
        title=_string(item.get("title")),
        links=[link for link in links if link.href],
        bodies=[
            Body(_string(item.get("content_html"))),
            Body(_string(item.get("content_text")), html=False),
            Body(_string(item.get("summary")), html=False),
        ],
        authors=_authors(item),
        published=_string(item.get("date_published")),
        updated=_string(item.get("date_modified")),
        language=_string(item.get("language")),
    )


def _authors(found: dict[str, Any]) -> list[str]:
    """Names from "authors" (1.1) or "author" (1.0)."""
    several = found.get("authors")
    people = several if isinstance(several, list) else [found.get("author")]
    names = [_string(person.get("name")) for person in people if isinstance(person, dict)]
    return [name for name in names if name]


# --- the App Store --------------------------------------------------------------------------------


def _app_store(feed: dict[str, Any]) -> Document:
    found = feed.get("entry", [])
    entries = found if isinstance(found, list) else [found]
    document = Document(entries=[_review(e) for e in entries[:ENTRIES] if isinstance(e, dict)])
    if len(entries) > ENTRIES:
        document.warnings.append(f"more than {ENTRIES} entries; the rest is dropped")
    return document


def _review(entry: dict[str, Any]) -> Entry:
    return Entry(
        id=_label(entry, "id"),
        title=_label(entry, "title"),
        links=_store_links(entry.get("link")),
        bodies=[Body(_label(entry, "content"), html=False)],
        authors=[name for name in [_label(entry.get("author"), "name")] if name],
        updated=_label(entry, "updated"),
        facts={fact: value for fact, name in _FACTS if (value := _label(entry, name))},
    )


def _label(holder: Any, name: str) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    return _string(value.get("label")) if isinstance(value, dict) else ""


def _store_links(found: Any) -> list[Link]:
    links = found if isinstance(found, list) else [found]
    attributes = [link.get("attributes") for link in links if isinstance(link, dict)]
    return [
        Link(_string(has.get("href")), _string(has.get("rel")) or "alternate")
        for has in attributes
        if isinstance(has, dict)
    ]


def _string(value: Any) -> str:
    """A string, tidied: JSON can escape what UTF-8 cannot hold. "" for anything else."""
    return wash.settled(value) if isinstance(value, str) else ""
