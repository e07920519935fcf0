"""Retention: old posts that nobody decided on lose their words, and stay known.

In: a moment. Out: how many posts dated before it were emptied.
The row of an emptied post stays, so that a feed that still carries the post does not bring it back
as new: its keys, hashes and date are kept; title, text, body, author and judgements are not.
Where a person ever decided, noted, assigned or tagged a record of it, a post stays whole for good.
Decisions and histories are never touched. The file does not shrink; the room is used again.

Touches: the disk.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.records import Matched, Post
from scanner.store import codec, judgements
from scanner.store.batch import EMPTIED

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database

AT_ONCE = 500
"""Posts looked at in one transaction: 20 ms in which nobody else can write."""
IN_A_RUN = 20_000
"""Posts emptied in one run, in 0.8 s, or a batch more; what is left waits for the next."""


def prune(database: Database, older_than: datetime, most: int = IN_A_RUN) -> int:
    """Empty posts dated before that; returns how many."""
    bound = codec.stamp(older_than)
    with database.transaction() as connection:
        judgements.remember_brands(connection)
    (last,) = database.rows("SELECT coalesce(max(number), 0) FROM posts")[0]
    emptied = 0
    for numbers in _old(database, bound, most):
        with database.transaction() as connection:
            # asked in each transaction: who has decided since the last one, left names there
            brands = judgements.brands_ever(database)
            emptied += _empty(database, connection, numbers, brands)
        if emptied >= most:
            return emptied
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('pruned', ?)",
            (json.dumps([bound, last]),),
        )
    return emptied


def _old(database: Database, bound: str, most: int) -> Iterator[Sequence[int]]:
    """Whole posts dated before that: what has come of age since the last run, and what came late.

    A run that got through leaves word of how far it came, so that the next need not look at all
    that are empty.
    """
    told = database.rows("SELECT value FROM meta WHERE name = 'pruned'")
    done, last = json.loads(told[0][0]) if told else ("", 0)
    (decided,) = database.rows(
        """SELECT (SELECT count(*) FROM events WHERE what <> 'shown') + count(*) FROM work
        WHERE status IS NOT NULL OR owner IS NOT NULL OR tags IS NOT NULL"""
    )[0]
    rows = database.rows(
        # CROSS JOIN tells SQLite to go feed by feed along posts_by_date
        f"""SELECT posts.number FROM feeds CROSS JOIN posts ON posts.feed = feeds.number
        AND posts.dated >= :done AND posts.dated < :bound WHERE posts.content NOT {EMPTIED}
        UNION ALL SELECT number FROM posts
        WHERE number > :last AND dated < min(:done, :bound) AND content NOT {EMPTIED}
        LIMIT :most + :decided""",
        done=done,
        bound=bound,
        last=last,
        most=most,
        decided=decided,
    )
    numbers = [number for (number,) in rows]
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _empty(
    database: Database, connection: Connection, numbers: Sequence[int], brands: Collection[str]
) -> int:
    """Empty those of these posts that nobody decided on, in the caller's transaction."""
    posts = {
        number: database.load(Post, body)
        for number, body in database.rows(
            "SELECT number, body FROM posts WHERE number IN (SELECT value FROM json_each(?))",
            json.dumps(numbers),
        )
    }
    kept = _decided(database, posts, brands)
    emptied = [(_stub(post), number) for number, post in posts.items() if number not in kept]
    connection.executemany(
        "DELETE FROM judgements WHERE post = ?", ((number,) for _, number in emptied)
    )
    connection.executemany(
        "UPDATE posts SET content = '-' || content, author = NULL, body = ? WHERE number = ?",
        emptied,
    )
    return len(emptied)


def _decided(database: Database, posts: dict[int, Post], brands: Collection[str]) -> set[int]:
    """Which of the posts have a record that a person ever said something of."""
    records = {
        Matched(post, brand, ()).id: number for number, post in posts.items() for brand in brands
    }
    said = database.rows(
        """SELECT id FROM events WHERE what <> 'shown' AND id IN (SELECT value FROM json_each(:ids))
        UNION SELECT id FROM work WHERE id IN (SELECT value FROM json_each(:ids))
        AND (status IS NOT NULL OR owner IS NOT NULL OR tags IS NOT NULL)""",
        ids=codec.listed(records),
    )
    return {records[id_] for (id_,) in said}


def _stub(post: Post) -> bytes:
    """What tells a post that comes under another guid that it is this one."""
    return codec.dump(
        Post(
            post.feed_url, "", post.guid, None, "", "", published=post.published, origin=post.origin
        )
    )
