"""What the parse room makes of JSON: JSON Feed, the App Store's reviews, and other JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scanner.parse import parse, read
from scanner.records import Failed, Feed, FeedState, Fetched, Parsed, Reach

FEEDS = Path(__file__).parent / "feeds"
ADDRESS = "https://feeds.example/feed.json"


def outcome(body: bytes | str | dict[str, Any] | list[Any]) -> Parsed | Failed:
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    return parse(Fetched(Feed(ADDRESS, "J"), data, "text/plain", ADDRESS, FeedState(ADDRESS)))


def parsed(body: bytes | str | dict[str, Any]) -> Parsed:
    result = outcome(body)
    assert isinstance(result, Parsed), result
    return replace(result, posts=tuple(map(read, result.posts)))


def feed(*items: Any) -> dict[str, Any]:
    return {"version": "https://jsonfeed.org/version/1.1", "items": list(items)}


def test_json_feed_is_read() -> None:
    """An item gives a post; the longest body counts, and the feed's author where it names none."""
    first, second = parsed((FEEDS / "parse_feed.json").read_bytes()).posts
    assert (first.title, first.text) == ("Acme en panne", "Rien ne marche depuis lundi.")
    assert (first.url, first.guid) == ("https://bench.example/1",) * 2
    assert (first.author, first.language) == ("Luc", "fr")
    assert first.published == datetime(2026, 11, 17, 9, tzinfo=UTC)
    assert first.updated == datetime(2026, 11, 17, 11, tzinfo=UTC)
    assert (second.guid, second.author, second.url) == ("2", "Zoé", "https://other.example/2")
    assert second.title == "Toujours pas de réponse."


def test_bad_items_are_skipped_with_a_warning() -> None:
    """An item without any identity, or that is no object, costs only itself (X07)."""
    result = parsed((FEEDS / "parse_feed.json").read_bytes())
    assert result.warnings == ("2 without id and url skipped (item 3, 4)",)
    assert not result.partial


def test_item_without_id_is_known_by_its_address() -> None:
    """Some feeds give no ids, but an address for each item."""
    (post,) = parsed(feed({"url": "https://h.example/1", "content_text": "x"})).posts
    assert (post.guid, post.url) == ("https://h.example/1", "https://h.example/1")


def test_app_store_reviews_are_read() -> None:
    """Every value is a label; the app itself, which may come first, is no review."""
    (post,) = parsed((FEEDS / "parse_reviews.json").read_bytes()).posts
    assert (post.kind, post.rating, post.reach) == ("review", 2.0, Reach(points=9))
    assert (post.author, post.title) == ("nell", "No sync")
    assert post.text == "It does not sync\nsince the update."
    assert post.url == "https://apps.example/review?id=7"
    assert post.published == datetime(2026, 11, 18, 11, 24, 23, tzinfo=UTC)


@pytest.mark.parametrize(("entry", "number"), [({"id": {"label": "1"}}, 1), ([], 0), (None, 0)])
def test_app_store_may_have_one_review_or_none(entry: Any, number: int) -> None:
    """A single review is an object, not a list; no review is no entry at all."""
    document = {"feed": {"author": {}, "entry": entry}}
    if entry is None:
        del document["feed"]["entry"]
    assert len(parsed(document).posts) == number


def test_lone_surrogates_become_replacement_characters() -> None:
    """JSON can escape half a character, which no output can hold (X14)."""
    body = (
        '{"version":"https://jsonfeed.org/version/1","items":[{"id":"\\ud800","title":"a\\udfff",'
    )
    (post,) = parsed(body + '"content_text":"b\\ud800c","author":{"name":"\\ud800"}}]}').posts
    assert (post.guid, post.title, post.text, post.author) == (
        "\ufffd",
        "a\ufffd",
        "b\ufffdc",
        "\ufffd",
    )
    assert post.id


def test_escape_sequences_are_dropped() -> None:
    """Control characters that JSON escapes do not reach a title."""
    (post,) = parsed(
        feed({"id": "1", "title": "\u001b]52;c;x\u0007 red", "url": "javascript:1"})
    ).posts
    assert (post.title, post.url) == ("]52;c;x red", None)


def test_document_that_ends_early_is_partial() -> None:
    """The items before the end are kept, for JSON Feed and for the App Store."""
    whole = json.dumps(feed({"id": "1", "content_text": "a"}, {"id": "2", "content_text": "b"}))
    result = parsed(whole[:-12])
    assert (result.partial, [post.guid for post in result.posts]) == (True, ["1"])
    assert result.warnings == ("the JSON ends early or is broken; the last entries are missing",)
    reviews = parsed('{"feed": {"entry": [{"id": {"label": "9"}}, {"id": ')
    assert (reviews.partial, len(reviews.posts)) == (True, 1)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"message": "Slow down", "error": 429}, 'not a feed but JSON that says "Slow down"'),
        ({"hello": 1}, "JSON, but not a feed"),
        ([1, 2], "JSON, but not a feed"),
        ({"feed": {"x": 1}}, "JSON, but not a feed"),
        ("{nope", "JSON that is broken or ends early (Expecting property name enclosed in "
                  "double quotes: line 1 column 2 (char 1))"),
        ('{"items": [', "JSON that is broken or ends early (Expecting value: "
                        "line 1 column 12 (char 11))"),
    ],
)  # fmt: skip
def test_other_json_is_refused(body: Any, why: str) -> None:
    """JSON that is no feed says so, with the server's own message where it has one."""
    result = outcome(body)
    assert isinstance(result, Failed)
    assert result.why == why


def test_json_feed_without_items_is_a_feed() -> None:
    """The version alone makes it a feed."""
    assert parsed({"version": "https://jsonfeed.org/version/1"}).posts == ()


@pytest.mark.parametrize("kind", ["json", "store"])
def test_entries_beyond_the_cap_are_dropped(kind: str) -> None:
    """5,001 items give 5,000 and a warning."""
    if kind == "json":
        document = feed(*({"id": str(number)} for number in range(5_001)))
    else:
        entries = [{"id": {"label": str(number)}} for number in range(5_001)]
        document = {"feed": {"entry": entries}}
    result = parsed(document)
    assert len(result.posts) == 5_000
    assert result.warnings == ("more than 5000 entries; the rest is dropped",)


def test_wrong_types_are_nothing() -> None:
    """A field of the wrong type counts as missing."""
    (post,) = parsed(
        feed({"id": "1", "title": ["x"], "content_html": {"a": 1}, "authors": ["x"], "url": [5]})
    ).posts
    assert (post.title, post.text, post.author, post.url) == ("", "", None, None)
