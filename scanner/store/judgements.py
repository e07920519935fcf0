"""What the machine thinks of posts: replaceable at any time.

In: Judged records. Out: the same, each joined with its post as the feed tells it by now.

Touches: the disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.records import Judged, Post
from scanner.store import codec

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database

Row = tuple[str, str, str, str, bytes]
"""ID, the feed's address, the post's id, brand, and the judgement without its post."""

_SHORTEST_PREFIX = 4
"""As in git: fewer digits are more often a slip than an ID."""
_CANDIDATES = 5
"""How many IDs a message about an ambiguous prefix lists."""


def rules(database: Database) -> str | None:
    """The fingerprint of the rules that every stored judgement was made by."""
    rows = database.rows("SELECT value FROM meta WHERE name = 'rules'")
    return rows[0][0] if rows else None


def adopt_rules(connection: Connection, fingerprint: str, *, replacing: bool) -> None:
    """Remember the rules, in the caller's transaction."""
    how = "REPLACE" if replacing else "IGNORE"
    connection.execute(
        f"INSERT OR {how} INTO meta (name, value) VALUES ('rules', ?)", (fingerprint,)
    )


def save(connection: Connection, judged: Iterable[Judged]) -> None:
    """Store judgements on stored posts, in the caller's transaction."""
    _save(connection, map(_row, judged))


def packed(judged: Iterable[Judged]) -> list[Row]:
    """Judgements to be stored later, all in memory: their JSON is 2 to 8 kB, packed 1 kB."""
    return [
        (id_, feed_url, post, brand, zlib.compress(body, 1))
        for id_, feed_url, post, brand, body in map(_row, judged)
    ]


def save_packed(connection: Connection, packed: Iterable[Row]) -> None:
    """Store them, in the caller's transaction."""
    _save(
        connection,
        (
            (id_, feed_url, post, brand, zlib.decompress(body))
            for id_, feed_url, post, brand, body in packed
        ),
    )


def _save(connection: Connection, rows: Iterable[Row]) -> None:
    connection.executemany(
        """INSERT OR REPLACE INTO judgements (id, post, brand, body) VALUES (?, (
            SELECT posts.number FROM posts JOIN feeds ON feeds.number = posts.feed
            WHERE feeds.url = ? AND posts.id = ?), ?, ?)""",
        rows,
    )


def forget(connection: Connection, feed: int, post_ids: Iterable[str]) -> None:
    """Forget the judgements on these posts, in the caller's transaction."""
    connection.executemany(
        """DELETE FROM judgements WHERE post = (
            SELECT number FROM posts WHERE feed = ? AND id = ?)""",
        ((feed, post_id) for post_id in post_ids),
    )


def forget_all(connection: Connection) -> None:
    """Forget every judgement, in the caller's transaction."""
    remember_brands(connection)
    connection.execute("DELETE FROM judgements")


def remember_brands(connection: Connection) -> None:
    """Keep the names of the brands judged for, in the caller's transaction.

    A decision knows only its record's ID; with the names `prune` can tell whose it is, also when
    a brand has left the config since.
    """
    connection.execute(
        """INSERT OR IGNORE INTO meta (name, value)
        SELECT 'brand ' || brand, '' FROM (SELECT DISTINCT brand FROM judgements)"""
    )


def remember(connection: Connection, brands: Iterable[str]) -> None:
    """Keep these names, too, in the caller's transaction."""
    connection.executemany(
        "INSERT OR IGNORE INTO meta (name, value) VALUES ('brand ' || ?, '')",
        ((brand,) for brand in brands),
    )


def brands_ever(database: Database) -> list[str]:
    """Every brand that was remembered so."""
    rows = database.rows("SELECT substr(name, 7) FROM meta WHERE name LIKE 'brand %'")
    return [brand for (brand,) in rows]


def since(
    database: Database,
    oldest: datetime | None,
    brands: Collection[str] | None,
    feed_urls: Collection[str] | None,
) -> list[Judged]:
    """Judgements on posts of that age, newest post first."""
    rows = database.rows(
        # CROSS JOIN tells SQLite to go feed by feed along posts_by_date
        """SELECT posts.body, judgements.body
        FROM feeds CROSS JOIN posts ON posts.feed = feeds.number AND posts.dated >= :oldest
        CROSS JOIN judgements ON judgements.post = posts.number
        WHERE (:brands IS NULL OR judgements.brand IN (SELECT value FROM json_each(:brands)))
        AND (:feeds IS NULL OR feeds.url IN (SELECT value FROM json_each(:feeds)))
        ORDER BY posts.dated DESC, posts.number DESC, judgements.id""",
        oldest=codec.stamp(oldest) if oldest else "",
        brands=None if brands is None else codec.listed(brands),
        feeds=None if feed_urls is None else codec.listed(feed_urls),
    )
    return [_joined(database, post, body) for post, body in rows]


def one(database: Database, id_: str) -> Judged | None:
    """The judgement with this full ID."""
    rows = database.rows(
        """SELECT posts.body, judgements.body FROM judgements
        JOIN posts ON posts.number = judgements.post WHERE judgements.id = ?""",
        id_,
    )
    return _joined(database, *rows[0]) if rows else None


def resolve(database: Database, prefix: str) -> str:
    """The one full ID that begins so, among records and decisions; else UsageError."""
    asked = prefix.strip().lower()
    if len(asked) < _SHORTEST_PREFIX:
        raise UsageError(f"ID {prefix!r} is too short: give at least {_SHORTEST_PREFIX} digits.")
    rows = database.rows(
        # g follows f, the last hex digit: everything that begins with the prefix lies between
        """SELECT id FROM judgements WHERE id >= :asked AND id < :asked || 'g'
        UNION SELECT id FROM work WHERE id >= :asked AND id < :asked || 'g'
        ORDER BY id LIMIT :most""",
        asked=codec.clean(asked),
        most=_CANDIDATES + 1,
    )
    found: list[str] = [id_ for (id_,) in rows]
    if not found:
        raise UsageError(f"No post has the ID {prefix!r}. `scanner list` shows the IDs.")
    if len(found) > 1:
        some = ", ".join(found[:_CANDIDATES]) + (", …" if len(found) > _CANDIDATES else "")
        raise UsageError(f"ID {prefix!r} fits several posts: {some}. Give more digits.")
    return found[0]


def _row(judged: Judged) -> Row:
    judged = judged if codec.encoded(judged.post)[0] is judged.post else codec.clean(judged)
    matched = judged.scored.matched
    # The post is stored once, whatever the number of brands. Only its language is the machine's
    # finding, made with the judgement.
    stub = Post("", "", "", None, "", "", language=matched.post.language)
    slim = replace(judged, scored=replace(judged.scored, matched=replace(matched, post=stub)))
    post, brand = matched.post, codec.clean(matched.brand)
    return judged.id, post.feed_url, post.id, brand, codec.dump(slim)


def _joined(database: Database, post: bytes, body: bytes) -> Judged:
    judged, whole = database.load(Judged, body), database.load(Post, post)
    matched = judged.scored.matched
    if whole.language != matched.post.language:
        whole = replace(whole, language=matched.post.language)
    # Nobody else has seen this record yet; to make it anew on each level cost more than to read it.
    object.__setattr__(matched, "post", whole)
    return judged
