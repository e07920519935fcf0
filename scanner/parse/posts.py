"""Raw entries become posts: cleaned, dated, linked, and cut to size.

In: a Document and the feed that brought it. Out: posts, in the document's order.
Of entries with the same guid the first is kept: feeds put the newest first, and an entry that
appears twice is usually one that was edited.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scanner import text as words
from scanner.parse import sites
from scanner.parse.dates import parse_date
from scanner.parse.links import base_of, clean_url
from scanner.records import Fetched, Post
from scanner.sources.entry import Body, Document, Entry

TITLE = 1_000
GUID = 2_000
AUTHOR = 200
TEXT = 256_000
"""Caps, in characters; all far above what real feeds hold. A body is cut before it is cleaned, so
that cleaning stays cheap."""

LINKS = 100
"""Links kept of a body; what is matched against a brand's domains is in the first few."""

_LINKS_TRIED = 50
"""Links of an entry that are looked at; real entries have up to 20, with an enclosure each."""

_MADE_TITLE = 80
"""Characters of a title made from the text, as a status has none; a line of a terminal."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """What the entries of one document have in common."""

    url: str
    name: str
    origin: str
    bases: tuple[str, ...]
    author: str
    language: str


def build(document: Document, fetched: Fetched) -> list[Post]:
    """Make the posts of a document, leaving out cards and repetitions."""
    page = base_of(fetched.url)
    site = clean_url(document.link, page)
    feed = _Feed(
        url=fetched.feed.url,
        name=fetched.feed.name,
        origin=fetched.feed.origin,
        bases=(base_of(site), page) if site else (page,),
        author=document.author,
        language=document.language,
    )
    entries = [entry for entry in document.entries if not sites.is_card(entry)]
    urls = [_best_url(entry, feed) for entry in entries]
    shared = _repeated(urls) | _repeated(map(_thread, entries))
    posts: dict[str, Post] = {}
    for entry, url in zip(entries, urls, strict=True):
        post = _post(entry, url, feed, shared)
        posts.setdefault(post.guid, post)
    return list(posts.values())


def _post(entry: Entry, url: str | None, feed: _Feed, shared: set[str]) -> Post:
    body, markup, cut = _longest(entry)
    title = sites.title(entry, words.plain(entry.title[: TITLE * 8]))
    author = _author(entry, url, feed)
    guid = _guid(entry, url, body.text, shared)
    updated = parse_date(entry.updated)
    comments = clean_url(sites.thread(entry.facts), *feed.bases)
    return Post(
        feed_url=feed.url,
        feed=feed.name,
        guid=guid[:GUID],
        url=url,
        title=_clip(title or _first_words(body.text), TITLE),
        text=body.text[:TEXT],
        author=_clip(author, AUTHOR) if author else None,
        # Where there is only one date (GitHub, the App Store, RSS 1.0), it is both.
        published=parse_date(entry.published) or updated,
        updated=updated,
        quoted=body.quoted[:TEXT],
        links=_body_links(body.links, feed),
        language=_language(entry.language or feed.language),
        reach=sites.reach(entry, markup),
        rating=sites.rating(entry),
        kind=sites.kind(entry, url),
        thread_url=comments if comments != url else None,
        comments_feed=_comments_feed(entry, feed),
        truncated=cut
        or len(guid) > GUID
        or len(title) > TITLE
        or len(entry.title) > TITLE * 8
        or len(author or "") > AUTHOR,
        origin=feed.origin,
    )


# --- identity -------------------------------------------------------------------------------------


def _repeated(addresses: Iterable[str | None]) -> set[str]:
    return {address for address, times in Counter(addresses).items() if address and times > 1}


def _thread(entry: Entry) -> str:
    return sites.thread(entry.facts).strip()


def _guid(entry: Entry, url: str | None, text: str, shared: set[str]) -> str:
    """The feed's own id; else the thread or the link, where no other entry has it; else a hash.

    A hash changes with every edit, a link does not: so the hash comes last.
    """
    if own := entry.id.strip():
        return own
    for address in (_thread(entry), url):
        if address and address not in shared:
            return address
    # No link and no id: the feed's words are all there is to know the entry by.
    said = "\x1f".join((entry.title, entry.published or entry.updated, text))
    return "sha256:" + hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


# --- links ----------------------------------------------------------------------------------------


def _best_url(entry: Entry, feed: _Feed) -> str | None:
    """The page a person would open: an alternate link, the guid, the thread, what is related."""
    return next((url for href in _candidates(entry) if (url := clean_url(href, *feed.bases))), None)


def _candidates(entry: Entry) -> list[str]:
    # feedparser takes an id for a link where there is none; "12345" is no page of the feed's site,
    # though "/articles/12345/" is.
    own = entry.id.strip()
    page = own if own.startswith(("http://", "https://")) else ""
    links = [link for link in entry.links[:_LINKS_TRIED] if "/" in own or link.href.strip() != own]
    alternates = [link for link in links if link.rel == "alternate"]
    return [
        entry.facts.get("feedburner_origlink", ""),
        *(link.href for link in alternates if link.type in ("", "application/xhtml+xml")),
        page,
        sites.thread(entry.facts),
        *(link.href for link in alternates),
        *(link.href for link in links if link.rel == "related"),
    ]


def _comments_feed(entry: Entry, feed: _Feed) -> str | None:
    """Where the answers can be read as a feed (wfw:commentRss; RFC 4685, 4)."""
    replies = (link.href for link in entry.links if link.rel == "replies" and "xml" in link.type)
    return clean_url(entry.facts.get("wfw_commentrss") or next(replies, ""), *feed.bases)


def _body_links(hrefs: tuple[str, ...], feed: _Feed) -> tuple[str, ...]:
    found = (clean_url(href, *feed.bases) for href in hrefs[:LINKS])
    return tuple(dict.fromkeys(url for url in found if url))


# --- words ----------------------------------------------------------------------------------------


def _longest(entry: Entry) -> tuple[words.Cleaned, str, bool]:
    """The longest telling once cleaned, the markup it came from, and whether it was cut."""
    best, source, cut = words.Cleaned("", "", ()), "", False
    told = {body.markup: body for body in reversed(entry.bodies) if body.markup.strip()}
    for body in sorted(told.values(), key=lambda body: len(body.markup), reverse=True):
        # Cleaning never adds words, so a shorter source cannot win any more.
        if source and len(body.markup) <= len(best.text):
            break
        cleaned = _cleaned(entry, body)
        if not source or len(cleaned.text) > len(best.text):
            best, source = cleaned, body.markup
            cut = len(body.markup) > TEXT
    return best, source, cut


def _cleaned(entry: Entry, body: Body) -> words.Cleaned:
    if sites.is_news(entry):
        # Google News tells the headline again, or those of five other articles.
        return words.Cleaned("", "", ())
    return words.clean(body.markup[:TEXT], html=body.html)


def _first_words(text: str) -> str:
    """A title for a post that has none: its first sentence, or as much as fits a line."""
    line = text.lstrip()[: _MADE_TITLE * 4].partition("\n")[0]
    found = words.sentences(line)
    first = line[found[0].start : found[0].end] if found else line
    if len(first) <= _MADE_TITLE:
        return first.strip()
    return first[:_MADE_TITLE].rpartition(" ")[0].strip() or first[:_MADE_TITLE]


def _author(entry: Entry, url: str | None, feed: _Feed) -> str | None:
    names = (words.plain(name[: AUTHOR * 8]) for name in entry.authors)
    name = next((name for name in names if name), "") or words.plain(feed.author[: AUTHOR * 8])
    return sites.author(entry, name, url)


def _clip(text: str, longest: int) -> str:
    return text[:longest].rstrip() if len(text) > longest else text


def _language(declared: str) -> str | None:
    """ISO 639-1 out of "de-AT"; None for what is not a language tag of two letters."""
    found = re.match(r"\s*([A-Za-z]{2})(?![A-Za-z])", declared)
    return found[1].lower() if found else None
