"""The tables, and the steps by which an older database becomes a current one.

In: an open connection. Out: the same database, in the current format.
A released step is never edited: a change is a new function at the end of MIGRATIONS. Each runs in
its own transaction together with its version number, so a crash leaves the step undone or done.
No executescript here: it commits the open transaction first.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from scanner.store import codec

if TYPE_CHECKING:
    from sqlite3 import Connection

APPLICATION_ID = 0x53434E52
"""Bytes 68 to 71 of the file, "SCNR": how `file` and we tell our databases from others'."""


def upgrade(connection: Connection) -> None:
    """Run the steps that the database has not seen. The caller holds the writer's lock."""
    for number, step in enumerate(MIGRATIONS[version(connection) :], version(connection) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            step(connection)
            connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def version(connection: Connection) -> int:
    """How many steps the database has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _first(connection: Connection) -> None:
    """Feeds, posts, judgements; and apart from them what a person decided (rule 7)."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID:d}",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # state: a FeedState as JSON
        """CREATE TABLE feeds (
            number INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, state BLOB NOT NULL)""",
        """CREATE TABLE hosts (
            host TEXT PRIMARY KEY, not_before TEXT NOT NULL, why TEXT NOT NULL) WITHOUT ROWID""",
        # id: Post.id. dated: when it was published, but never later than first seen, so that a
        # post "from 2099" is no news for 70 years. body: the Post as JSON, as the feed told it.
        # Keys begin with the feed: saving one touches neighbouring pages, not one for each hash.
        """CREATE TABLE posts (
            number INTEGER PRIMARY KEY, feed INTEGER NOT NULL REFERENCES feeds (number),
            id TEXT NOT NULL, identity TEXT NOT NULL, content TEXT NOT NULL,
            seen_at TEXT NOT NULL, dated TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (feed, id))""",
        "CREATE INDEX posts_by_identity ON posts (feed, identity)",
        "CREATE INDEX posts_by_date ON posts (feed, dated)",
        # id: the id that a post would have under a newer guid of its feed
        """CREATE TABLE aliases (
            id TEXT PRIMARY KEY, post INTEGER NOT NULL REFERENCES posts (number)) WITHOUT ROWID""",
        # id: Judged.id. body: the Judged as JSON, its post left out
        """CREATE TABLE judgements (
            id TEXT NOT NULL UNIQUE, post INTEGER NOT NULL REFERENCES posts (number),
            brand TEXT NOT NULL, body BLOB NOT NULL)""",
        "CREATE INDEX judgements_by_post ON judgements (post)",
        # id: Judged.id, but no reference: a decision outlives the judgement it was made on.
        # status: NULL while nobody has decided
        """CREATE TABLE work (
            id TEXT PRIMARY KEY, shown_at TEXT, status TEXT, until TEXT) WITHOUT ROWID""",
        # what: shown, note, or a status. Rows are added, never changed
        """CREATE TABLE events (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL,
            what TEXT NOT NULL, detail TEXT)""",
        "CREATE INDEX events_by_id ON events (id, number)",
    ):
        connection.execute(statement)


def _authors(connection: Connection) -> None:
    """Whose posts are ours: a brand's own accounts are looked up, to see what was answered."""
    # author: the folded handle, as codec.handle_of made it
    connection.execute("ALTER TABLE posts ADD COLUMN author TEXT")
    known = connection.execute(
        """SELECT json_extract(CAST(body AS TEXT), '$.author') AS told, number FROM posts
        WHERE json_valid(CAST(body AS TEXT)) AND told IS NOT NULL"""
    ).fetchall()
    connection.executemany(
        "UPDATE posts SET author = ? WHERE number = ?",
        ((codec.handle_of(author), number) for author, number in known),
    )
    # beginning with the feed, as the others
    connection.execute("CREATE INDEX posts_by_author ON posts (feed, author, dated)")


def _actions(connection: Connection) -> None:
    """Whose a record is, and in which words; and what each action changed, so that it can go."""
    for statement in (
        # One row for each time a person decided something: what one `undo` takes back.
        """CREATE TABLE actions (
            number INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, undone_at TEXT)""",
        # Which actions gave the record its status, its owner and its tags; NULL: none, or one
        # from before this step, which cannot be taken back
        "ALTER TABLE work ADD COLUMN decided INTEGER REFERENCES actions (number)",
        "ALTER TABLE work ADD COLUMN owner TEXT",
        "ALTER TABLE work ADD COLUMN assigned INTEGER REFERENCES actions (number)",
        # tags: a sorted JSON array
        "ALTER TABLE work ADD COLUMN tags TEXT",
        "ALTER TABLE work ADD COLUMN tagged INTEGER REFERENCES actions (number)",
        # before: what of the work row the event replaced, as JSON; NULL: nothing
        "ALTER TABLE events ADD COLUMN action INTEGER REFERENCES actions (number)",
        "ALTER TABLE events ADD COLUMN before TEXT",
        "CREATE INDEX events_by_action ON events (action, number) WHERE action IS NOT NULL",
        # whoever slept has to be woken, however old the post is by then
        "CREATE INDEX work_by_until ON work (until) WHERE until IS NOT NULL",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first, _authors, _actions)
"""In order; the number of a step is the version it makes."""
