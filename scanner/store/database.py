"""One open connection, and plain words for everything that SQLite may say.

In: SQL. Out: rows, or StoreError with the path and what to do next.
Whoever writes, checkpoints or closes a connection that may write does it under the writer's lock;
`locks` says why.

Touches: the disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from scanner.errors import StoreError
from scanner.store import beside, codec

if TYPE_CHECKING:
    from scanner.store.locks import Lock

T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long SQLite waits for another program's lock. Our own writers never meet (see locks); this
is for a person in the sqlite3 shell, and for readers where there is no write-ahead log."""

LOG_BYTES = 16_000_000
"""The write-ahead log is emptied into the file when it has grown to that, and cut off there, unless
a reader is in the middle of its rows. At 4 MB saving 1,000 feeds took 3.8 s instead of 2.7."""

_OPEN: Counter[tuple[int, int]] = Counter()
"""Device and inode of each file that is open here -> how often. See is_open."""

_ADVICE = {
    "BUSY": "another program has locked the database. Close it and try again.",
    "LOCKED": "another program has locked the database. Close it and try again.",
    "FULL": "the disk is full. Free some space and run again; what was saved before is kept.",
    "IOERR_SHMSIZE": "the disk is full. Free some space and run again; what was saved before is "
    "kept.",
    "READONLY_ROLLBACK": "a write to it was broken off, and only who may write can take that back. "
    "The next scan does.",
    "READONLY_RECOVERY": "a write to it was broken off, and only who may write can take that back. "
    "The next scan does.",
    "READONLY": "the file or its folder cannot be written. "
    "Change its permissions, or name another with --db.",
    "PERM": "no permission. Change its permissions, or name another with --db.",
    "CANTOPEN": "it cannot be opened, or nothing can be laid beside it. Check its permissions, its "
    "folder's, and the free space.",
    "IOERR": "the disk failed to read or write. Check its health and its free space, then run "
    "again; what was saved before is kept.",
    "TOOBIG": "a record is larger than SQLite can keep.",
    "NOMEM": "there is not enough memory.",
}


class Database:
    """A connection without implicit transactions. One thread's own; see Store."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, writing: Lock | None = None
    ) -> None:
        """Take over the connection; with the writer's lock of a file that others may write."""
        self.connection = connection
        self.path = path
        self._writing = writing
        self._open = _inode(path)
        _OPEN.update(self._open)

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
        with self._alone(), plainly(self.path), self._synced() if durable else nullcontext():
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
        _OPEN.subtract(self._open)
        self._open = []
        with plainly(self.path):
            if self._writing is None:
                self.connection.close()
            else:
                writing, self._writing = self._writing, None
                self._close_under(writing)

    def _alone(self) -> AbstractContextManager[None]:
        return self._writing.held() if self._writing else nullcontext()

    def _close_under(self, writing: Lock) -> None:
        try:
            with writing.held():
                self._bound_log()
                self.connection.close()
        except BaseException as error:
            self._leave()
            if not isinstance(error, StoreError):
                raise
        finally:
            writing.close()

    def _leave(self) -> None:
        """Close without the lock, and so without a checkpoint.

        While a reader has the file open ours is not the last connection, and the reader's own end
        leaves the log alone. Whoever holds the lock, or writes next, will empty it.
        """
        with ExitStack() as stack:
            with suppress(sqlite3.Error):
                stack.enter_context(closing(reading(self.path)))
            self.connection.close()

    def _bound_log(self) -> None:
        """Cut a long log off, which readers who stay would keep long. What is in it is safe."""
        log = self.path.with_name(f"{self.path.name}-wal")
        with suppress(OSError, sqlite3.OperationalError):
            if log.stat().st_size > LOG_BYTES:
                self.connection.execute("PRAGMA busy_timeout = 0")
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def reading(path: Path, more: str = "") -> sqlite3.Connection:
    """A connection that can change nothing: it neither writes nor checkpoints, even as the last."""
    return connected(path, f"ro{more}")


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in SQLite's `mode` that has looked into the file; sqlite3.Error if it cannot."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def is_open(path: Path) -> bool:
    """Whether this process has the file open as a database.

    Then nobody may open and close it by other means: closing any handle drops all POSIX locks that
    the process has on the file, SQLite's too (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    return any(_OPEN[inode] > 0 for inode in _inode(path))


def _inode(path: Path) -> list[tuple[int, int]]:
    with suppress(OSError):
        found = os.stat(path)
        return [(found.st_dev, found.st_ino)]
    return []


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
    return (
        f"{path}: the database is damaged ({detail}). It was left as it is. "
        f"{way_back(path)} `scanner doctor` tells more."
    )


def way_back(path: Path) -> str:
    """Say how a backup is put back. A log of the old file would be read as the new one's."""
    old = " and ".join(file.name for file in (path, *beside.logs(path)) if file.exists())
    copies = [copy.name for copy in beside.backups(path)]
    away = f"move {old} away" if old else "nothing has to be moved away"
    if not copies:
        return (
            "`scanner restore FILE` puts a backup back, if you have one. "
            f"Without one, {away}, and the next scan starts afresh."
        )
    more = f" (or {', '.join(copies[1:3])})" if copies[1:] else ""
    return (
        f"`scanner restore {copies[0]}`{more} puts back what lies beside it. "
        f"Without that, {away}, and the next scan starts afresh."
    )


def _explained(path: Path, error: sqlite3.DatabaseError) -> str:
    # "SQLITE_IOERR_WRITE" and its many siblings differ for SQLite's authors, not for a person
    name = getattr(error, "sqlite_errorname", "SQLITE_").removeprefix("SQLITE_")
    if advice := _ADVICE.get(name) or _ADVICE.get(name.split("_")[0]):
        return f"{path}: {advice}"
    return damaged(path, str(error))
