"""Raw entries become posts: cleaned, dated, linked, and cut to size.

In: a Document and the feed that brought it. Out: posts, in the document's order, their bodies
unread where title and identity are known without: `read` reads one.
Of entries with the same guid the first is kept: feeds put the newest first, and an entry that
appears twice is usually one that was edited.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from scanner import sources
from scanner import text as words
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

_QUOTING = re.compile(r"<(?:blockquote|pre|aside)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*+>|&\w{1,31};")

_MADE_TITLE = 80
"""Characters of a title made from the text, as a status has none; a line of a terminal."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """What the entries of one document have in common."""

    url: str
    name: str
    origin: str
    bases: tuple[str, ...]
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
        language=document.language,
    )
    entries = sources.read(document, fetched.url)
    urls = [_best_url(entry, feed) for entry in entries]
    shared = _repeated(urls) | _repeated(entry.thread for entry in entries)
    posts: dict[str, Post] = {}
    for entry, url in zip(entries, urls, strict=True):
        post = _post(entry, url, feed, shared)
        posts.setdefault(post.guid, post)
    return list(posts.values())


def read(post: Post) -> Post:
    """Read a post's body: its author's own words, what is quoted, where it links."""
    body = post.body
    if body is None:
        return post
    cleaned = words.clean(body.markup, html=body.html)
    return replace(
        post,
        text=cleaned.text[:TEXT],
        quoted=cleaned.quoted[:TEXT],
        links=_body_links(cleaned.links, base_of(post.url or ""), base_of(post.feed_url)),
        body=None,
    )


def _post(entry: Entry, url: str | None, feed: _Feed, shared: set[str]) -> Post:
    body, cut = _longest(entry)
    title = words.plain(entry.title[: TITLE * 8])
    author = words.plain(entry.authors[0][: AUTHOR * 8]) if entry.authors else ""
    guid = _guid(entry, url, shared)
    updated = parse_date(entry.updated) if entry.updated else None
    thread = clean_url(entry.thread, *feed.bases) if entry.thread else None
    post = Post(
        feed_url=feed.url,
        feed=feed.name,
        guid=guid[:GUID],
        url=url,
        title=_clip(title, TITLE),
        text="",
        author=_clip(author, AUTHOR) or None,
        # Where there is only one date (GitHub, the App Store, RSS 1.0), it is both.
        published=parse_date(entry.published) or updated,
        updated=updated,
        language=_language(entry.language or feed.language),
        reach=entry.reach,
        rating=entry.rating,
        kind=entry.kind,
        thread_url=thread if thread != url else None,
        comments_feed=_comments_feed(entry, feed),
        truncated=cut
        or len(guid) > GUID
        or len(title) > TITLE
        or len(entry.title) > TITLE * 8
        or len(author) > AUTHOR,
        origin=feed.origin,
        body=body,
    )
    return post if post.title and post.guid else _told_by_its_words(post, entry)


def _told_by_its_words(post: Post, entry: Entry) -> Post:
    """Give a post without a title or an identity what its body says."""
    post = read(post)
    guid = post.guid
    if not guid:
        # No link and no id: the feed's words are all there is to know the entry by. A hash
        # changes with every edit, a link does not: so the hash comes last.
        said = "\x1f".join((entry.title, entry.published or entry.updated, post.text))
        guid = "sha256:" + hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
    return replace(post, guid=guid, title=post.title or _clip(_first_words(post.text), TITLE))


# --- identity -------------------------------------------------------------------------------------


def _repeated(addresses: Iterable[str | None]) -> set[str]:
    return {address for address, times in Counter(addresses).items() if address and times > 1}


def _guid(entry: Entry, url: str | None, shared: set[str]) -> str:
    """The feed's own id; else the thread or the link, where no other entry has it; else ""."""
    if own := " ".join(entry.id.split()):
        return own
    return next((each for each in (entry.thread, url) if each and each not in shared), "")


# --- links ----------------------------------------------------------------------------------------


def _best_url(entry: Entry, feed: _Feed) -> str | None:
    """The page a person would open: an alternate link, the guid, the thread, what is related."""
    for href in _candidates(entry):
        if href and (url := clean_url(href, *feed.bases)):
            return url
    return None


def _candidates(entry: Entry) -> Iterator[str]:
    yield entry.facts.get("feedburner_origlink", "")
    # feedparser takes an id for a link where there is none; "12345" is no page of the feed's site,
    # though "/articles/12345/" is.
    own = entry.id.strip()
    links = [link for link in entry.links[:_LINKS_TRIED] if "/" in own or link.href.strip() != own]
    for link in links:
        if link.rel == "alternate" and link.type in ("", "application/xhtml+xml"):
            yield link.href
    if own.startswith(("http://", "https://")):
        yield own
    yield entry.thread
    for rel in ("alternate", "related"):
        yield from (link.href for link in links if link.rel == rel)


def _comments_feed(entry: Entry, feed: _Feed) -> str | None:
    """Where the answers can be read as a feed (wfw:commentRss; RFC 4685, 4)."""
    told = entry.facts.get("wfw_commentrss")
    if not told:
        for link in entry.links:
            if link.rel == "replies" and "xml" in link.type:
                told = link.href
                break
    return clean_url(told, *feed.bases) if told else None


def _body_links(hrefs: tuple[str, ...], *bases: str) -> tuple[str, ...]:
    found = (clean_url(href, *bases) for href in hrefs[:LINKS])
    return tuple(dict.fromkeys(url for url in found if url))


# --- words ----------------------------------------------------------------------------------------


def _longest(entry: Entry) -> tuple[Body | None, bool]:
    """The telling with the most words, and whether it had to be cut."""
    best = _best_of(entry.bodies) if len(entry.bodies) > 1 else next(iter(entry.bodies), None)
    if best is None or not best.markup.strip():
        return None, False
    if len(best.markup) <= TEXT:
        return best, False
    return replace(best, markup=best.markup[:TEXT]), True


def _best_of(bodies: list[Body]) -> Body:
    told = {body.markup: body for body in reversed(bodies)}
    first, *others = sorted(told.values(), key=lambda body: len(body.markup), reverse=True)
    if not others:
        return first
    least = [_least(body) for body in (first, *others)]
    # Cleaning says it exactly and is dear: only where quotes leave it open.
    if least[0] < max(least[1:]) and _QUOTING.search(first.markup):
        least = [len(words.clean(b.markup[:TEXT], html=b.html).text) for b in (first, *others)]
    return (first, *others)[least.index(max(least))]


def _least(body: Body) -> int:
    """Characters that there are to read, more or less, outside of what may be quotes."""
    markup = body.markup[:TEXT]
    if not body.html:
        return len(markup)
    if quoting := _QUOTING.search(markup):
        markup = markup[: quoting.start()] + markup[markup.rfind("</") :]
    return len(_MARKUP.sub("", markup))


def _first_words(text: str) -> str:
    """A title for a post that has none: its first sentence, or as much as fits a line."""
    line = text.lstrip()[: _MADE_TITLE * 4].partition("\n")[0]
    found = words.sentences(line)
    first = line[found[0].start : found[0].end] if found else line
    if len(first) <= _MADE_TITLE:
        return first.strip()
    return first[:_MADE_TITLE].rpartition(" ")[0].strip() or first[:_MADE_TITLE]


def _clip(text: str, longest: int) -> str:
    return text[:longest].rstrip() if len(text) > longest else text


@lru_cache(maxsize=256)
def _language(declared: str) -> str | None:
    """ISO 639-1 out of "de-AT"; None for what is not a language tag of two letters."""
    found = re.match(r"\s*([A-Za-z]{2})(?![A-Za-z])", declared)
    return found[1].lower() if found else None
