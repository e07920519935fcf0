"""Posts as their feeds tell them.

In: Posts. Out: Posts, each once, under one id for good.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scanner.records import Judged, Post
from scanner.store import codec
from scanner.store.batch import EMPTIED, Batch, Row, Stored, one_each

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database


class Saved(NamedTuple):
    """What saving some posts came to, as ids."""

    new: list[str]
    edited: list[str]
    """Stored before, with another title, text or rating."""


Read = tuple[str, bytes]
"""The content and the body of a post as it was read."""


def adopt(database: Database, posts: Iterable[Post]) -> tuple[Batch, dict[str, str]]:
    """Posts of one feed; those that the store knows under another guid get the guid it knows.

    Also gives, for those whose guid is new, the id by the new guid -> the id that the post keeps.
    """
    rows = one_each(posts)
    feed = _feed_of(database, rows)
    stored = _stored(database, feed, rows)
    old = _aliased(database, rows)
    strangers = {id_: rows[id_] for id_ in rows if id_ not in stored and id_ not in old}
    reissued = _reissued(
        database, feed, strangers, taken={*rows, *(post.id for post in old.values())}
    )
    old |= reissued
    if old:
        rows = one_each(
            replace(row.post, guid=old[id_].guid) if id_ in old else row.post
            for id_, row in rows.items()
        )
        stored = _stored(database, feed, rows)
    return Batch(rows, stored), {id_: post.id for id_, post in reissued.items()}


def beside(database: Database, posts: Iterable[Post]) -> Batch:
    """Posts of one feed as they are, beside what is stored of them."""
    rows = one_each(posts)
    return Batch(rows, _stored(database, _feed_of(database, rows), rows))


def save(connection: Connection, feed: int, batch: Batch, now: str) -> Saved:
    """Insert new posts and update those that differ, in the caller's transaction."""
    new, edited, fresh, changed = [], [], [], []
    for id_, row in batch.rows.items():
        before = batch.stored.get(id_)
        if before is None:
            new.append(id_)
            fresh.append((*_columns(row, now), now, feed, id_))
        elif not before.emptied and (before.content != row.content or before.body != row.body):
            # without a date min() takes the other: every stamp sorts before "~"
            changed.append((*_columns(row, "~"), feed, id_))
            if before.content != row.content:
                edited.append(id_)
    connection.executemany(
        """INSERT INTO posts (identity, content, dated, author, body, seen_at, feed, id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        fresh,
    )
    connection.executemany(
        """UPDATE posts SET identity = ?, content = ?, dated = min(?, seen_at), author = ?, body = ?
        WHERE feed = ? AND id = ?""",
        changed,
    )
    return Saved(new, edited)


def noting_read(
    database: Database, judged: Iterable[Judged], noted: dict[int, Read]
) -> Iterator[Judged]:
    """Pass judgements on; note a stored post that was unread until its judgement, by its number.

    What a judgement points to, by offsets, are the words that were read.
    """
    for one in judged:
        read = one.post
        for number, body in database.rows(
            """SELECT posts.number, body FROM posts JOIN feeds ON feeds.number = posts.feed
            WHERE feeds.url = ? AND posts.id = ?""",
            read.feed_url,
            read.id,
        ):
            told = database.load(Post, body)
            if told.body is not None and read.body is None:
                # the language is the judgement's finding, not the feed's word
                post, body = codec.encoded(replace(read, language=told.language))
                noted[number] = codec.content_of(post), body
        yield one


def save_read(connection: Connection, noted: Mapping[int, Read]) -> None:
    """Keep posts as read that noting_read has noted, in the caller's transaction."""
    connection.executemany(
        "UPDATE posts SET content = ?, body = ? WHERE number = ?",
        ((*read, number) for number, read in noted.items()),
    )


def save_aliases(connection: Connection, feed: int, aliases: dict[str, str]) -> None:
    """Remember new guids of old posts, in the caller's transaction."""
    connection.executemany(
        """INSERT OR REPLACE INTO aliases (id, post)
        SELECT ?, number FROM posts WHERE feed = ? AND id = ?""",
        ((new, feed, old) for new, old in aliases.items()),
    )


def since(
    database: Database, oldest: datetime | None, feed_urls: Collection[str] | None
) -> Iterator[Post]:
    """Stored posts that are whole, feed by feed, each from the oldest on."""
    for (body,) in database.stream(
        # CROSS JOIN tells SQLite to go feed by feed along posts_by_date
        f"""SELECT body FROM feeds CROSS JOIN posts
        ON posts.feed = feeds.number AND posts.dated >= :oldest AND posts.content NOT {EMPTIED}
        WHERE :feeds IS NULL OR feeds.url IN (SELECT value FROM json_each(:feeds))
        ORDER BY feeds.number, posts.dated, posts.number""",
        oldest=codec.stamp(oldest) if oldest else "",
        feeds=None if feed_urls is None else codec.listed(feed_urls),
    ):
        yield database.load(Post, body)


def by(database: Database, handles: Collection[str], oldest: datetime) -> list[Post]:
    """Stored posts by authors of these folded handles, published (or first seen) since then."""
    rows = database.rows(
        """SELECT body FROM feeds CROSS JOIN posts
        ON posts.feed = feeds.number AND posts.dated >= :oldest
        AND posts.author IN (SELECT value FROM json_each(:handles))""",
        oldest=codec.stamp(oldest),
        handles=codec.listed(handles),
    )
    return [database.load(Post, body) for (body,) in rows]


def latest(database: Database, most: int) -> dict[str, list[datetime]]:
    """When the latest posts of each feed are from, newest first; `most` of each."""
    return {
        url: [
            codec.moment(dated)
            for (dated,) in database.rows(
                "SELECT dated FROM posts WHERE feed = ? ORDER BY dated DESC LIMIT ?", number, most
            )
        ]
        for number, url in database.rows("SELECT number, url FROM feeds")
    }


def _columns(row: Row, latest: str) -> tuple[str, str, str, str | None, bytes]:
    """Identity, content, dated, author, body; without a date the latest that there may be."""
    post = row.post
    dated = min(codec.stamp(post.published), latest) if post.published else latest
    return codec.identity_of(post), row.content, dated, codec.handle_of(post.author), row.body


def _feed_of(database: Database, rows: Mapping[str, Row]) -> int | None:
    """The number of their feed's row; None where the feed was never asked."""
    url = next((row.post.feed_url for row in rows.values()), None)
    found = database.rows("SELECT number FROM feeds WHERE url = ?", url)
    return found[0][0] if found else None


def _stored(database: Database, feed: int | None, ids: Iterable[str]) -> dict[str, Stored]:
    """What is stored of those that are."""
    if feed is None:
        return {}
    rows = database.rows(
        """SELECT id, content, body FROM posts
        WHERE feed = ? AND id IN (SELECT value FROM json_each(?))""",
        feed,
        codec.listed(ids),
    )
    return {id_: Stored(content, body) for id_, content, body in rows}


def _aliased(database: Database, ids: Iterable[str]) -> dict[str, Post]:
    """Those that came under a newer guid before -> the post as it is stored."""
    rows = database.rows(
        """SELECT aliases.id, body FROM aliases JOIN posts ON posts.number = aliases.post
        WHERE aliases.id IN (SELECT value FROM json_each(?))""",
        codec.listed(ids),
    )
    return {id_: database.load(Post, body) for id_, body in rows}


def _reissued(
    database: Database, feed: int | None, strangers: Mapping[str, Row], taken: set[str]
) -> dict[str, Post]:
    """Strangers that are an old post under a new guid -> the post as it is stored.

    A post in `taken` is in the feed under its own guid, or already somebody's old self.
    """
    if feed is None or not strangers:
        return {}
    identities = {id_: codec.identity_of(row.post) for id_, row in strangers.items()}
    candidates: dict[str, list[tuple[Post, str]]] = {}
    for identity, content, body in database.rows(
        """SELECT identity, content, body FROM posts
        WHERE feed = ? AND identity IN (SELECT value FROM json_each(?)) ORDER BY number""",
        feed,
        codec.listed(identities.values()),
    ):
        candidates.setdefault(identity, []).append((database.load(Post, body), content))
    found: dict[str, Post] = {}
    for id_, row in strangers.items():
        for old, content in candidates.get(identities[id_], ()):
            if old.id not in taken and _is_same(old, row.post, content.lstrip("-") == row.content):
                found[id_] = old
                taken.add(old.id)
                break
    return found


def _is_same(old: Post, post: Post, same_words: bool) -> bool:
    """Whether two posts of one feed, link and title are the same post.

    Taking two for one loses a complaint for good, taking one for two shows it twice. So the link
    and title are not enough: every review in an app's feed links to the app, and many are headed
    "Terrible". The words or the time of publishing must agree too; without a link, both.
    """
    if old.author and post.author and old.author != post.author:
        return False
    if post.url is None:
        return same_words and old.published == post.published
    return same_words or (old.published is not None and old.published == post.published)
