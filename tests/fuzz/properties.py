"""What is true of any input: the properties that all fuzzing here looks for a breach of.

In: bytes or text, however broken. Out: nothing; AssertionError where a property does not hold, and
whatever the code itself raises where it should not.

Touches: the clock.
"""

from __future__ import annotations

import dataclasses
import gc
import re
import socket
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any, get_args
from urllib.parse import urlsplit

from scanner import text as words
from scanner.fetch.addresses import refusal
from scanner.parse import parse, parse_date, read
from scanner.parse.links import base_of, clean_url
from scanner.records import Failed, Feed, FeedState, Fetched, Kind, Parsed, Post
from tests.fuzz.oracle import is_public

# --- posts ----------------------------------------------------------------------------------------

FEED = Feed("https://feed.example/list.xml?token=SEKRIT", "Feed")
CONTENT_TYPES = (
    None, "application/rss+xml", "text/xml; charset=utf-8", "text/xml; charset=iso-8859-1",
    "application/json", "application/atom+xml; charset=utf-16", "text/xml; charset=koi8-r",
    "text/html; charset=\"iso-2022-jp\"", "text/xml; charset=shift_jis", "; charset=hex", "\x00",
)  # fmt: skip

# Characters, as the contract has them: not read from `parse`, which could be wrong.
_CAPS = {"title": 1_000, "guid": 2_000, "author": 200, "text": 256_000, "quoted": 256_000}
_LINKS, _URL = 100, 2_000


def holds_for_bytes(body: bytes, content_type: str | None = None) -> Parsed | Failed:
    """Any bytes are a feed or a failure; its posts are within caps, clean, and each its own."""
    fetched = Fetched(FEED, body, content_type, FEED.url, FeedState(FEED.url))
    result = parse(fetched, apart=False)
    assert result == parse(fetched, apart=False), "the same bytes give the same posts"
    for said in _strings(result):
        said.encode()
    if isinstance(result, Failed):
        assert result.stage == "parse"
        assert len(result.why) <= 200
        assert not result.why.startswith("cannot be read"), result.why
        return result
    assert isinstance(result, Parsed)
    for warning in result.warnings:
        assert words.printable(warning) == warning
    identities = [post.id for post in result.posts]
    assert len(set(identities)) == len(identities), "ids are unique"
    for post in result.posts:
        _post_holds(post)
        _post_holds(read(post))
        assert read(post).id == post.id
    return result


def _post_holds(post: Post) -> None:
    for name, longest in _CAPS.items():
        assert len(getattr(post, name) or "") <= longest, name
    assert len(post.links) <= _LINKS
    for url in (post.url, post.thread_url, post.comments_feed, *post.links):
        if url is not None:
            _url_holds(url)
    for said in _strings(dataclasses.replace(post, body=None)):
        assert not _unspeakable(said), ascii(said)
    assert "\n" not in post.title
    assert "\n" not in (post.author or "")
    assert post.guid
    assert post.author != ""
    for moment in (post.published, post.updated):
        if moment is not None:
            assert moment.tzinfo is UTC
            assert 1990 <= moment.year <= 2100
    assert post.language is None or re.fullmatch("[a-z]{2}", post.language)
    assert post.rating is None or 1 <= post.rating <= 5
    assert post.kind in get_args(Kind)
    if post.body is not None:
        assert (post.text, post.quoted, post.links) == ("", "", ())
        assert len(post.body.markup) <= _CAPS["text"]
        _clean_holds(post.body.markup, html=post.body.html)


def _strings(found: Any) -> Iterator[str]:
    """Every string in a record."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, tuple | list):
        for part in found:
            yield from _strings(part)
    elif dataclasses.is_dataclass(found):
        for field in dataclasses.fields(found):
            yield from _strings(getattr(found, field.name))


def _unspeakable(said: str) -> set[str]:
    """Control characters but line breaks, and lone surrogates."""
    return {c for c in set(said) if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")}


# --- text -----------------------------------------------------------------------------------------

_READINGS: dict[str, Callable[[str], object]] = {
    "clean, HTML": words.clean,
    "clean, text": lambda said: words.clean(said, html=False),
    "sketch": words.sketch,
    "plain": words.plain,
    "sentences": words.sentences,
    "clauses": lambda said: words.clauses(said, words.Span(0, len(said))),
    "words": words.words,
    "repair": words.repair,
    "printable": words.printable,
    "printable, lines": lambda said: words.printable(said, newlines=True),
    "redact": words.redact,
    "fold": words.fold,
    "handle_of": words.handle_of,
    "untracked": words.untracked,
}
"""All that `text` does with a text."""


def holds_for_text(said: str) -> None:
    """Any text can be cleaned, cut up, repaired, shown and compared."""
    _clean_holds(said, html=True)
    _clean_holds(said, html=False)
    line = words.plain(said)
    assert line == " ".join(line.split()), "a title is one line"
    assert _unspeakable(line) <= _unspeakable(said)
    _spans_hold(said)
    mended = words.repair(said)
    assert len(mended) <= len(said)
    assert mended == said or not said.isascii() or "&" in said or "#" in said
    _shown_holds(said)
    hidden = words.redact(said)
    assert words.redact(hidden) == hidden
    folded = words.fold(said[:100])  # more is folded in pieces
    assert words.fold(folded) == folded
    name, host = words.handle_of(said[:100])
    assert (words.fold(name), words.fold(host)) == (name, host)
    kept = words.untracked(said)
    kept.encode()
    assert words.untracked(kept) == kept or not said.isascii()  # what is escaped sorts otherwise


def _clean_holds(said: str, *, html: bool) -> None:
    cleaned = words.clean(said, html=html)
    for found in (cleaned.text, cleaned.quoted):
        assert "\ufffc" not in found
        assert "\n\n\n" not in found
        assert found == found.strip()
        assert all(line == " ".join(line.split()) for line in found.split("\n"))
        assert _unspeakable(found) <= _unspeakable(said)
    assert len(set(cleaned.links)) == len(cleaned.links)
    for link in cleaned.links:
        assert link.lower().startswith(("http://", "https://", "mailto:")), ascii(link)


def _spans_hold(said: str) -> None:
    cut = words.sentences(said)
    _in_order(said, cut)
    assert "".join(said.split()) == "".join("".join(_of(said, span).split()) for span in cut)
    for sentence in cut:
        parts = words.clauses(said, sentence)
        _in_order(said, parts)
        whole = "".join(_of(said, sentence).split())
        assert whole == "".join("".join(_of(said, span).split()) for span in parts)
    found = words.words(said)
    _in_order(said, found)
    letters = sum(character.isalnum() for character in said)
    assert sum(character.isalnum() for span in found for character in _of(said, span)) == letters


def _in_order(said: str, spans: list[words.Span]) -> None:
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(said)
        assert _of(said, span) == _of(said, span).strip()
        end = span.end


def _of(said: str, span: words.Span) -> str:
    return said[span.start : span.end]


def _shown_holds(said: str) -> None:
    for newlines in (False, True):
        shown = words.printable(said, newlines=newlines)
        assert not _unspeakable(shown)
        assert not re.search("[\u2028-\u202e\u2066-\u2069]", shown)
        assert newlines or "\n" not in shown
        assert words.printable(shown, newlines=newlines) == shown


# --- time -----------------------------------------------------------------------------------------

_GROWTH = 2.6
"""How much longer twice the input may take: linear is 2, quadratic 4; the rest is noise."""
_NOTICED = 0.004
"""Seconds below which a measurement says nothing. Quadratic work on 16,000 characters, at one
nanosecond a step, takes 0.26."""


def holds_for_long(before: str, unit: str, after: str, *, length: int = 16_000) -> None:
    """A text that repeats one piece takes time in proportion to its length, whatever is read."""
    times = max(length // max(len(unit), 1), 1)
    once, twice, fourfold = (before + unit * (n * times) + after for n in (1, 2, 4))
    for name, reading in _READINGS.items():
        if (
            _seconds(reading, twice) > _NOTICED
            and _growth(reading, once, twice, rounds=1) > _GROWTH
            and _growth(reading, once, twice, rounds=5) > _GROWTH
        ):
            grown = _growth(reading, twice, fourfold, rounds=3)
            assert grown <= _GROWTH, f"{name}: x{grown:.1f} for {(before, unit, after)!a}"


def _growth(reading: Callable[[str], object], less: str, more: str, *, rounds: int) -> float:
    least = min(_seconds(reading, less) for _ in range(rounds))
    return min(_seconds(reading, more) for _ in range(rounds)) / max(least, 1e-6)


def _seconds(reading: Callable[[str], object], said: str) -> float:
    gc.collect(0)
    gc.disable()  # its pauses depend on what else there is
    started = time.process_time()
    reading(said)
    spent = time.process_time() - started
    gc.enable()
    return spent


# --- dates ----------------------------------------------------------------------------------------


def holds_for_date(written: str) -> None:
    """Any text is None or an aware moment from 1990 to 2100, which its own ISO form names again."""
    moment = parse_date(written)
    if moment is None:
        return
    assert moment.tzinfo is UTC
    assert 1990 <= moment.year <= 2100
    assert moment.utcoffset() == timedelta(0)
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(f"\n {written}\t") == moment


# --- addresses ------------------------------------------------------------------------------------


def holds_for_packed(packed: bytes) -> None:
    """What 4 or 16 bytes name is let through where the RFCs call it public, and only there."""
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    written = socket.inet_ntop(family, packed)
    assert (refusal(written) is None) == is_public(packed), written
    assert (refusal(written + "%eth0") is None) == (len(packed) == 16 and is_public(packed))


def holds_for_address(written: str) -> None:
    """A text is let through only where it is an address to a socket too, and a public one."""
    if refusal(written) is not None:
        return
    bare = written.partition("%")[0]
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    assert is_public(socket.inet_pton(family, bare)), ascii(written)


# --- links ----------------------------------------------------------------------------------------


def holds_for_link(href: str, *bases: str) -> None:
    """Any address becomes a link that is safe to follow, or None; such a link stays what it is."""
    url = clean_url(href, *map(base_of, bases))
    if url is None:
        return
    _url_holds(url)
    url.encode()
    assert clean_url(url) is not None


def _url_holds(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https"), ascii(url)
    assert parts.hostname
    assert parts.password is None
    assert len(url) <= _URL
    assert not _unspeakable(url), ascii(url)
    assert not re.search("[\\s\u200b-\u200f\u2028-\u202e\u2060-\u206f]", url), ascii(url)
