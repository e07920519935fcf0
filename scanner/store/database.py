"""One open connection, and plain words for everything that SQLite may say.

In: SQL. Out: rows, or StoreError with the path and what to do next.

Touches: the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from scanner.errors import StoreError
from scanner.store import codec

T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long SQLite waits for another program's lock. Our own writers never meet (filelock); this
is for a checkpoint, or a person in the sqlite3 shell."""

_ADVICE = {
    "BUSY": "another program has locked the database. Close it and try again.",
    "LOCKED": "another program has locked the database. Close it and try again.",
    "FULL": "the disk is full. Free some space and run again; what was saved before is kept.",
    "READONLY": "the file or its folder cannot be written. "
    "Change its permissions, or name another with --db.",
    "PERM": "no permission. Change its permissions, or name another with --db.",
    "CANTOPEN": "it cannot be opened. Check its permissions and its folder's.",
    "IOERR": "the disk failed to read or write. Check its health and its free space, then run "
    "again; what was saved before is kept.",
    "TOOBIG": "a record is larger than SQLite can keep.",
    "NOMEM": "there is not enough memory.",
}


class Database:
    """A connection without implicit transactions. One thread's own; see Store."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take over the connection."""
        self.connection = connection
        self.path = path

    def rows(self, sql: str, *parameters: object, **named: object) -> list[Any]:
        """Every row that the question has for an answer, as tuples."""
        with plainly(self.path):
            return self.connection.execute(sql, named or parameters).fetchall()

    def stream(self, sql: str, *parameters: object, **named: object) -> Iterator[Any]:
        """The rows one by one, for answers that may not fit into memory."""
        with plainly(self.path):
            yield from self.connection.execute(sql, named or parameters)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing of it.

        A kill never loses a committed block. `durable` ones survive a power cut as well, for the
        price of a sync: a person's decision cannot be fetched again, a feed can.
        """
        with plainly(self.path), self._synced() if durable else nullcontext():
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection
                self.connection.execute("COMMIT")
            finally:
                # SQLite may already have rolled back by itself, on a full disk for one
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def _synced(self) -> Iterator[None]:
        usual = self.connection.execute("PRAGMA synchronous").fetchone()[0]
        self.connection.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA synchronous = {usual:d}")

    def load(self, kind: type[T], body: bytes) -> T:
        """Decode a stored record; StoreError where it is none."""
        try:
            return codec.load(kind, body)
        except ValueError as error:
            raise StoreError(damaged(self.path, str(error))) from error

    def close(self) -> None:
        """Give the file back. The last connection empties the write-ahead log into the file."""
        with plainly(self.path):
            self.connection.close()


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system raise into StoreError; our own mistakes stay what they are.

    IntegrityError and ProgrammingError are mistakes of ours.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(_explained(path, error)) from error


def damaged(path: Path, detail: str) -> str:
    """Say that the file cannot be trusted, and what a person can do about it."""
    found = backups(path)
    way_out = (
        f"Put a backup back ({', '.join(backup.name for backup in found)} is beside it), "
        if found
        else "Put a backup back, "
    )
    return (
        f"{path}: the database is damaged ({detail}). It was left as it is. {way_out}"
        "or move the file away to start afresh."
    )


def backups(path: Path) -> list[Path]:
    """The copies that migrations left beside the database, oldest first."""
    return sorted(
        beside
        for beside in path.parent.iterdir()
        if beside.name.startswith(f"{path.name}.v") and beside.suffix == ".bak"
    )


def _explained(path: Path, error: sqlite3.DatabaseError) -> str:
    # "SQLITE_IOERR_WRITE" and its many siblings differ for SQLite's authors, not for a person
    family = getattr(error, "sqlite_errorname", "SQLITE_").split("_")[1]
    if advice := _ADVICE.get(family):
        return f"{path}: {advice}"
    return damaged(path, str(error))
