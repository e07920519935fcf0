"""Posts as their feeds tell them.

In: Posts. Out: Posts, each once, under one id for good.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
    """Posts that the store knows under another guid get the guid it knows.

    Also gives the id of each such post as the feed has it now -> the id that it keeps.
    """
    wanted = one_each(posts)
    ids = [post.id for post in wanted]
    aliases = _aliases(database, ids)
    stranger_ids = set(ids) - set(known(database, ids)) - set(aliases)
    strangers = [post for post in wanted if post.id in stranger_ids]
    aliases |= _reissued(database, strangers, taken={*ids, *aliases.values()})
    guids = _guids(database, aliases.values())
    return one_each(
        replace(post, guid=guids[aliases[post.id]]) if post.id in aliases else post
        for post in wanted
    ), {post.id: aliases[post.id] for post in strangers if post.id in aliases}


def one_each(posts: Iterable[Post]) -> list[Post]:
    """Every id once, in order of appearance: the newest, or else the first in the document."""
    best: dict[str, Post] = {}
    for post in map(codec.cleaned, posts):
        rival = best.setdefault(post.id, post)
        if _changed_at(post) > _changed_at(rival):
            best[post.id] = post
    return list(best.values())


def known(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """Of these ids, the stored ones, each with the hash of its content."""
    return dict(
        database.rows(
            "SELECT id, content FROM posts WHERE id IN (SELECT value FROM json_each(?))",
            codec.listed(ids),
        )
    )


def save(database: Database, connection: Connection, posts: Sequence[Post], now: str) -> Saved:
    """Insert new posts and update those that differ, in the caller's transaction."""
    before = known(database, (post.id for post in posts))
    connection.executemany(
        """INSERT INTO posts (id, feed_url, identity, content, seen_at, dated, body)
        VALUES (:id, :feed_url, :identity, :content, :now, min(:published, :now), :body)
        ON CONFLICT (id) DO UPDATE SET identity = excluded.identity, content = excluded.content,
            dated = min(:published, seen_at), body = excluded.body
        WHERE body <> excluded.body""",
        (
            {
                "id": post.id,
                "feed_url": post.feed_url,
                "identity": codec.identity_of(post),
                "content": codec.content_of(post),
                "now": now,
                # without a date min() takes the other: text sorts before "~"
                "published": codec.stamp(post.published) if post.published else "~",
                "body": codec.dump(post),
            }
            for post in posts
        ),
    )
    return Saved(
        new=frozenset(post.id for post in posts if post.id not in before),
        edited=frozenset(
            post.id
            for post in posts
            if before.get(post.id, codec.content_of(post)) != codec.content_of(post)
        ),
    )


def save_aliases(connection: Connection, aliases: dict[str, str]) -> None:
    """Remember new guids of old posts, in the caller's transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO aliases (id, post_id) VALUES (?, ?)", aliases.items()
    )


def since(
    database: Database, oldest: datetime | None, feed_urls: Collection[str] | None
) -> Iterator[Post]:
    """Stored posts in order of their dates."""
    for (body,) in database.stream(
        "SELECT body FROM posts WHERE dated >= ?"
        " AND (? IS NULL OR feed_url IN (SELECT value FROM json_each(?))) ORDER BY dated, id",
        codec.stamp(oldest) if oldest else "",
        *(2 * (None if feed_urls is None else codec.listed(feed_urls),)),
    ):
        yield database.load(Post, body)


def _changed_at(post: Post) -> datetime:
    return post.updated or post.published or _NEVER


def _aliases(database: Database, ids: Iterable[str]) -> dict[str, str]:
    return dict(
        database.rows(
            "SELECT id, post_id FROM aliases WHERE id IN (SELECT value FROM json_each(?))",
            codec.listed(ids),
        )
    )


def _reissued(database: Database, strangers: Sequence[Post], taken: set[str]) -> dict[str, str]:
    """Strangers that are an old post under a new guid -> the old post's id.

    A post in `taken` is in the feed under its own guid, or already somebody's old self.
    """
    rows = database.rows(
        "SELECT identity, body FROM posts"
        " WHERE identity IN (SELECT value FROM json_each(?)) ORDER BY seen_at, id",
        codec.listed(codec.identity_of(post) for post in strangers),
    )
    candidates: dict[str, list[Post]] = {}
    for identity, body in rows:
        candidates.setdefault(identity, []).append(database.load(Post, body))
    found: dict[str, str] = {}
    for post in strangers:
        for old in candidates.get(codec.identity_of(post), ()):
            if old.id not in taken and _is_same(old, post):
                found[post.id] = old.id
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


def _guids(database: Database, ids: Iterable[str]) -> dict[str, str]:
    rows = database.rows(
        "SELECT id, body FROM posts WHERE id IN (SELECT value FROM json_each(?))",
        codec.listed(ids),
    )
    return {id_: database.load(Post, body).guid for id_, body in rows}
