"""Open the database file: make it, check it, lock it, bring it up to date.

In: a path. Out: a Database. A file that is not ours, damaged, or of a newer scanner is left as
it is, and a StoreError says so.

Touches: the disk.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from scanner.errors import StoreError
from scanner.store import backup, beside, locks, schema
from scanner.store.database import (
    LOG_BYTES,
    Database,
    connected,
    damaged,
    is_open,
    plainly,
    reading,
    way_back,
)
from scanner.store.locks import Lock

# Their locks and shared memory do not reach other machines, so no write-ahead log on them
# (https://sqlite.org/wal.html, "all processes must be on the same host").
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs"})
_MOUNTS = Path("/proc/self/mounts")

_NO_LOG_HERE = frozenset(
    {"SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}
)
"""What SQLite says where it cannot lay its files beside a database."""

_SCANS_ONLY = frozenset({"feeds", "hosts", "posts", "aliases", "judgements"})
"""Tables that a decision does not write."""


class Opened(NamedTuple):
    """A database to write to."""

    database: Database
    scanning: Lock | None
    """The scan's lock, to be given back after the database."""
    notices: tuple[str, ...]
    """What a person should be told once about where the file is."""


def open_to_write(path: Path, wait: float, *, alone: bool = True) -> Opened:
    """Open the file, creating or upgrading it.

    `alone` takes the scan's lock first, within `wait` seconds, and looks through the whole file.
    Otherwise a scan may run beside, and only the tables that a decision writes are looked through.
    """
    with system(path, "written"):
        _make_folder(path.parent)
        _refuse_emptied(path)
        scanning = locks.for_scans(path)
        try:
            if alone:
                scanning.acquire(wait)
            elif not _is_current(path):
                _upgraded(path)
            database, notices = _opened(path, whole=alone)
        except BaseException:
            scanning.close()
            raise
    return Opened(database, scanning if alone else None, notices)


def open_to_read(path: Path) -> Database:
    """Open what is there, changing nothing; what is not there reads as empty."""
    with system(path, "read"), plainly(path):
        connection = readable(path)
        if schema.version(connection) < len(schema.MIGRATIONS):
            # read through a copy; the next scan upgrades the file
            connection = _upgraded_copy(connection)
        connection.execute("PRAGMA query_only = ON")
        return Database(connection, path)


def open_to_rehearse(path: Path) -> Database:
    """A copy in memory of what is there, to be written to and thrown away."""
    with system(path, "read"), plainly(path):
        return Database(_upgraded_copy(readable(path)), path)


def is_there(path: Path) -> bool:
    """Whether there is a database to open; raises StoreError where there is something else."""
    if is_open(path):
        return True
    try:
        head = beside.header(path)
    except FileNotFoundError:
        head = None
    if head:
        _check_header(path, head)
        return True
    if head is None:
        # Whoever deletes the file means it; only unsaved pages in a log speak against it.
        lost = [log for log in beside.logs(path) if log.stat().st_size]
    else:
        # We never make an empty file under this name, so with company it is one that was emptied.
        lost = [*beside.logs(path), *beside.backups(path)]
    if lost:
        raise StoreError(
            f"{path} is {'gone' if head is None else 'empty'}, but {lost[0].name} beside it "
            f"says that it was a database. {way_back(path)}"
        )
    return False


def _refuse_emptied(path: Path) -> None:
    """An empty file beside a scan's lock was a database; to be asked before a lock is made."""
    lock = locks.for_scans(path).path
    if not is_open(path) and lock.exists() and path.exists() and not path.stat().st_size:
        raise StoreError(
            f"{path} is empty, but {lock.name} beside it says that it was a database. "
            f"{way_back(path)}"
        )


# --- to write ------------------------------------------------------------------------------------


def _make_folder(folder: Path) -> None:
    for missing in [up for up in (*reversed(folder.parents), folder) if not up.exists()]:
        # 0700 as the XDG base directory specification asks: what one reads is private
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)


def _is_current(path: Path) -> bool:
    with plainly(path):
        if is_open(path):
            return True
        if not is_there(path):
            return False
        if not beside.logs(path):  # whoever may not write the file is to find nothing new beside it
            return beside.version(beside.header(path)) == len(schema.MIGRATIONS)
        with closing(_mended(path)) as connection:
            return schema.version(connection) == len(schema.MIGRATIONS)


def _upgraded(path: Path) -> None:
    """Make the file, or bring it up to date, while nobody scans."""
    scanning = locks.for_upgrades(path)
    try:
        with scanning.held():
            database, _ = _opened(path, whole=True)
            database.close()
    finally:
        scanning.close()


def _opened(path: Path, *, whole: bool) -> tuple[Database, tuple[str, ...]]:
    writing = locks.for_writes(path)
    try:
        with writing.held(), plainly(path):
            if not is_there(path):
                _create(path)
            connection, notices = _writable(path, whole=whole)
            return Database(connection, path, writing), notices
    except BaseException:
        writing.close()
        raise


def _check_header(path: Path, head: bytes) -> None:
    if not beside.is_sqlite(head):
        raise StoreError(damaged(path, "it does not begin like a SQLite file"))
    if not beside.is_ours(head):
        raise StoreError(
            f"{path} is another program's database. It was left as it is. "
            "Name another file with --db."
        )
    _check_version(path, beside.version(head))


def _check_version(path: Path, version: int) -> None:
    newest = len(schema.MIGRATIONS)
    if version > newest:
        raise StoreError(
            f"{path} was written by a newer scanner (format {version}; this one knows up to "
            f"{newest}). It was left as it is. Upgrade scanner, or name another file with --db."
        )


def _create(path: Path) -> None:
    """Build the file under another name, so that no half-made one is ever found under its own."""
    with backup.scratch(path.with_name(f"{path.name}.new")) as fresh:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = MEMORY")
            schema.upgrade(connection)
        fresh.replace(path)


def _writable(path: Path, *, whole: bool) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        # SQLite would lay a log beside the file before it says so
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    version = _inspected(path, whole=whole)
    connection = connected(path, "rw")
    try:
        # A file that cannot be written should say so now, not after a thousand requests.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {version:d}")
        connection.execute("ROLLBACK")
        if version < len(schema.MIGRATIONS):
            backup.before_upgrade(connection, path, version)
            schema.upgrade(connection)
        _set_up(connection, path)
        return connection, _notices(connection, path)
    except BaseException:
        connection.close()
        raise


def _inspected(path: Path, *, whole: bool) -> int:
    """Look through the pages, and give the version, before anything is written.

    A damaged page would else be met by chance, after others were written around it. Reading
    100,000 posts took 0.3 s (427 MB, in the file cache), a decision's tables 1 ms. Where no log
    lies beside the file nobody else has it open, nor may open it now, and so it is read as it is:
    a database that is refused stays as it was, with nothing new beside it.
    """
    if path.with_name(f"{path.name}-journal").exists():
        # A write was broken off; whoever may write takes it back by reading. We hold the lock.
        connected(path, "rw").close()
    with closing(reading(path, "" if beside.logs(path) else "&immutable=1")) as connection:
        for check in _checks(connection, whole=whole):
            verdict = connection.execute(check).fetchone()[0]
            if verdict != "ok":
                raise StoreError(damaged(path, verdict.splitlines()[-1]))
        # The header may be older than the log; only SQLite knows both.
        version = schema.version(connection)
        _check_version(path, version)
    return version


def _checks(connection: sqlite3.Connection, *, whole: bool) -> list[str]:
    if whole:
        return ["PRAGMA quick_check(1)"]
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [f"PRAGMA quick_check([{name}])" for (name,) in tables if name not in _SCANS_ONLY]


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    wanted = "DELETE" if on_network(path) else "WAL"
    mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    # With a log, NORMAL survives any kill, and a power cut loses the last feeds whole, to be
    # fetched again; without one, NORMAL risks the file (https://sqlite.org/pragma.html).
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_BYTES // page:d}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES:d}")
    connection.execute("PRAGMA foreign_keys = ON")


def _notices(connection: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """What must be known of a file on a network, once: cron would mail it each hour."""
    if not on_network(path):
        return ()
    told = connection.execute("INSERT OR IGNORE INTO meta VALUES ('told of the network', 'yes')")
    if not told.rowcount:
        return ()
    return (
        f"{path} is on a network file system: scan with it from one machine only. It works without "
        "a write-ahead log there, so a scan and a list may wait for each other.",
    )


def on_network(path: Path) -> bool:
    """Whether the path lies on another machine's disk, as far as the system tells."""
    return _on_network(path, _mounts())


def _mounts() -> str:
    return _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""


def _on_network(path: Path, mounts: str) -> bool:
    """Whether the path lies on a network file system, by the table that Linux keeps."""
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        kinds[point.replace("\\040", " ")] = kind
    home = next((str(up) for up in path.parents if str(up) in kinds), None)
    return home is not None and kinds[home] in _NETWORK


# --- to read -------------------------------------------------------------------------------------


def readable(path: Path) -> sqlite3.Connection:
    """A connection that can change nothing, in whatever format; an empty one without a file."""
    _refuse_emptied(path)
    if not is_there(path):
        return sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection = _mended(path)
    except sqlite3.OperationalError as error:
        log = path.with_name(path.name + "-wal")
        if error.sqlite_errorname not in _NO_LOG_HERE or (log.exists() and log.stat().st_size):
            raise
        # SQLite wants to lay a log beside the file, even to read. Where the folder forbids it, or
        # the disk is full, there is no writer either: the file is read as if it could not change.
        connection = reading(path, "&immutable=1")
    try:
        _check_version(path, schema.version(connection))
    except StoreError:
        connection.close()
        raise
    return connection


def _mended(path: Path) -> sqlite3.Connection:
    """A reading connection; a write that was broken off without a log is taken back before that.

    Where there is a rollback journal (on a network drive), only who may write can undo it.
    """
    try:
        return reading(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK" or not os.access(path, os.W_OK):
            raise
    with closing(locks.for_writes(path)) as writing, writing.held():
        connected(path, "rw").close()
    return reading(path)


def _upgraded_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Move the content into memory, in the current format."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.backup(copy)
        schema.upgrade(copy)
        copy.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        copy.close()
        raise
    finally:
        connection.close()
    return copy


@contextmanager
def system(path: Path, what: str) -> Iterator[None]:
    """Turn what the system refuses into StoreError; `what` was to be done: read, written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "Free some space and run again; what was saved before is kept."
        else:
            advice = "Check its permissions and its folder's, or name another file with --db."
        place = error.filename if isinstance(error.filename, str) else path
        raise StoreError(
            f"{path} cannot be {what}: {error.strerror or error} ({place}). {advice}"
        ) from error
