"""Posts as their feeds tell them.

In: Posts. Out: Posts, each once, under one id for good.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from scanner.records import Post
from scanner.store import codec

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database

_NEVER = datetime.min.replace(tzinfo=UTC)


class Saved(NamedTuple):
    """What saving some posts came to, as ids."""

    new: frozenset[str]
    edited: frozenset[str]
    """Stored before, with another title, text or rating."""


def adopt(database: Database, posts: Iterable[Post]) -> tuple[list[Post], dict[str, str]]:
    """Posts of one feed; those that the store knows under another guid get the guid it knows.

    Also gives, for those whose guid is new, the id by the new guid -> the id that the post keeps.
    """
    wanted = one_each(posts)
    old = _aliased(database, wanted)
    strangers = wanted.keys() - known(database, wanted).keys() - old.keys()
    reissued = _reissued(
        database,
        {id_: post for id_, post in wanted.items() if id_ in strangers},
        taken={*wanted, *(post.id for post in old.values())},
    )
    old |= reissued
    if old:
        wanted = one_each(
            replace(post, guid=old[id_].guid) if id_ in old else post
            for id_, post in wanted.items()
        )
    return list(wanted.values()), {id_: post.id for id_, post in reissued.items()}


def one_each(posts: Iterable[Post]) -> dict[str, Post]:
    """Posts by id, in order of appearance: the newest of each, or else the first.

    Raises ValueError where they are not all of one feed.
    """
    best: dict[str, Post] = {}
    for post in map(codec.cleaned, posts):
        id_ = post.id
        if id_ not in best or _changed_at(post) > _changed_at(best[id_]):
            best[id_] = post
    if len({post.feed_url for post in best.values()}) > 1:
        raise ValueError("posts of several feeds at once")
    return best


def known(database: Database, posts: dict[str, Post]) -> dict[str, str]:
    """The ids of those that are stored, each with the hash of its stored content."""
    return dict(
        database.rows(
            """SELECT id, content FROM posts WHERE feed = (SELECT number FROM feeds WHERE url = ?)
            AND id IN (SELECT value FROM json_each(?))""",
            _feed_of(posts),
            codec.listed(posts),
        )
    )


def save(
    database: Database, connection: Connection, feed: int, posts: dict[str, Post], now: str
) -> Saved:
    """Insert new posts and update those that differ, in the caller's transaction."""
    before = known(database, posts)
    content = {id_: codec.content_of(post) for id_, post in posts.items()}
    connection.executemany(
        """INSERT INTO posts (feed, id, identity, content, seen_at, dated, author, body)
        VALUES (:feed, :id, :identity, :content, :now, min(:dated, :now), :author, :body)
        ON CONFLICT (feed, id) DO UPDATE SET identity = excluded.identity,
            content = excluded.content, dated = min(:dated, seen_at),
            author = excluded.author, body = excluded.body
        WHERE body <> excluded.body""",
        (
            {
                "feed": feed,
                "id": id_,
                "identity": codec.identity_of(post),
                "content": content[id_],
                "now": now,
                # without a date min() takes the other: every stamp sorts before "~"
                "dated": codec.stamp(post.published) if post.published else "~",
                "author": codec.handle_of(post.author),
                "body": codec.dump(post),
            }
            for id_, post in posts.items()
        ),
    )
    return Saved(
        new=frozenset(content.keys() - before.keys()),
        edited=frozenset(id_ for id_ in before if before[id_] != content[id_]),
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
    """Stored posts, feed by feed, each from the oldest on."""
    for (body,) in database.stream(
        # CROSS JOIN tells SQLite to go feed by feed along posts_by_date
        """SELECT body FROM feeds CROSS JOIN posts
        ON posts.feed = feeds.number AND posts.dated >= :oldest
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


def _changed_at(post: Post) -> datetime:
    return post.updated or post.published or _NEVER


def _feed_of(posts: dict[str, Post]) -> str | None:
    return next((post.feed_url for post in posts.values()), None)


def _aliased(database: Database, posts: dict[str, Post]) -> dict[str, Post]:
    """Those that came under a newer guid before -> the post as it is stored."""
    rows = database.rows(
        """SELECT aliases.id, body FROM aliases JOIN posts ON posts.number = aliases.post
        WHERE aliases.id IN (SELECT value FROM json_each(?))""",
        codec.listed(posts),
    )
    return {id_: database.load(Post, body) for id_, body in rows}


def _reissued(database: Database, strangers: dict[str, Post], taken: set[str]) -> dict[str, Post]:
    """Strangers that are an old post under a new guid -> the post as it is stored.

    A post in `taken` is in the feed under its own guid, or already somebody's old self.
    """
    identities = {id_: codec.identity_of(post) for id_, post in strangers.items()}
    candidates: dict[str, list[Post]] = {}
    for identity, body in database.rows(
        """SELECT identity, body FROM posts WHERE feed = (SELECT number FROM feeds WHERE url = ?)
        AND identity IN (SELECT value FROM json_each(?)) ORDER BY number""",
        _feed_of(strangers),
        codec.listed(identities.values()),
    ):
        candidates.setdefault(identity, []).append(database.load(Post, body))
    found: dict[str, Post] = {}
    for id_, post in strangers.items():
        for old in candidates.get(identities[id_], ()):
            if old.id not in taken and _is_same(old, post):
                found[id_] = old
                taken.add(old.id)
                break
    return found


def _is_same(old: Post, post: Post) -> bool:
    """Whether two posts of one feed, link and title are the same post.

    Taking two for one loses a complaint for good, taking one for two shows it twice. So the link
    and title are not enough: every review in an app's feed links to the app, and many are headed
    "Terrible". The words or the time of publishing must agree too; without a link, both.
    """
    if old.author and post.author and old.author != post.author:
        return False
    same_words = codec.content_of(old) == codec.content_of(post)
    if post.url is None:
        return same_words and old.published == post.published
    return same_words or (old.published is not None and old.published == post.published)
