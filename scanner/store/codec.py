"""Turn records into what SQLite keeps, and back.

In: dataclasses and datetimes. Out: JSON bytes, ISO 8601 text, short hashes.
Times are kept as text, always UTC and of one width (`2026-11-20T08:15:00.000000Z`), so that they
sort as they pass and a person can read them in the sqlite3 shell.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from scanner import text
from scanner.records import Post

if TYPE_CHECKING:
    import msgspec

T = TypeVar("T")

# UTF-8, and so SQLite and JSON, cannot hold half of a surrogate pair. A JSON feed can send one.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def dump(record: object) -> bytes:
    """Encode a record as JSON; lone surrogates become U+FFFD, NaN and infinity null."""
    import msgspec

    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.json.encode(clean(record))


def load(kind: type[T], body: bytes) -> T:
    """Decode what dump made.

    Fields that the record has since lost are ignored, new ones take their default.
    Raises ValueError where the bytes are no such record.
    """
    import msgspec

    hashable: Any = kind
    try:
        found: T = _decoder(hashable).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"no {kind.__name__}: {error}") from error
    return found


def clean(value: T) -> T:
    """The same value, U+FFFD in place of every lone surrogate. Offsets into texts stay true."""
    made: Any = value
    if isinstance(value, str):
        made = _LONE_SURROGATE.sub("\ufffd", value)
    elif isinstance(value, tuple):
        made = tuple(clean(item) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        made = replace(value, **{f.name: clean(getattr(value, f.name)) for f in fields(value)})
    cleaned: T = made
    return cleaned


def encoded(post: Post) -> tuple[Post, bytes]:
    """The post as it can be kept, and as JSON. Cheap for the many that need no cleaning."""
    import msgspec

    try:
        return post, msgspec.json.encode(post)
    except UnicodeEncodeError:
        post = clean(post)
        return post, msgspec.json.encode(post)


def listed(values: Iterable[str]) -> str:
    """Encode texts as one JSON array for SQLite's json_each: one parameter, however many."""
    return dump(tuple(values)).decode()


def stamp(moment: datetime) -> str:
    """Write an aware datetime as sortable text."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat("T", "microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """Read what stamp wrote."""
    return datetime.fromisoformat(text)


def content_of(post: Post) -> str:
    """Hash what a judgement rests on (title, text, stars): 16 hex digits.

    Of a post that is still to be read, its markup stands for the text. Reach is left out: it grows
    by the hour, and changes what a post is worth, not what it says.
    """
    stars = "" if post.rating is None else repr(post.rating)
    if post.body is None:
        return _digest(post.title, post.text, stars)
    form = "unread html" if post.body.html else "unread text"
    return _digest(post.title, form, post.body.markup, stars)


def identity_of(post: Post) -> str:
    """Hash what stays when a feed gives its posts new guids: feed, link, title."""
    return _digest(post.feed_url, post.url or "", post.title)


@lru_cache(maxsize=1024)  # a feed's posts are by few people, and folding a name takes 2 µs
def handle_of(author: str | None) -> str | None:
    """Fold an author's account name the way a brand's own accounts are; None where there is none.

    Its host is left out: who asks compares that, where both name one.
    """
    return (author and text.handle_of(author)[0]) or None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    import msgspec

    return msgspec.json.Decoder(kind)
