"""Open the database file: make it, check it, lock it, bring it up to date.

In: a path. Out: a Database. A file that is not ours, damaged, or of a newer scanner is left as
it is, and a StoreError says so.

Touches: the disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import StoreError
from scanner.store import schema
from scanner.store.database import BUSY_SECONDS, Database, backups, damaged, plainly

if TYPE_CHECKING:
    from filelock import BaseFileLock

_HEADER = 100
"""Bytes of SQLite's file header (https://sqlite.org/fileformat2.html#the_database_header)."""
_MAGIC = b"SQLite format 3\0"

# Their locks and shared memory do not reach other machines, so no write-ahead log on them
# (https://sqlite.org/wal.html, "all processes must be on the same host").
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs"})
_MOUNTS = Path("/proc/self/mounts")


def open_to_write(path: Path, wait: float) -> tuple[Database, BaseFileLock]:
    """Take the lock within `wait` seconds, then open the file, creating or upgrading it."""
    with _system(path, "written"):
        _make_folder(path.parent)
        lock = _lock(path, wait)
    try:
        with _system(path, "written"), plainly(path):
            if not _is_there(path):
                _create(path)
            return Database(_writable(path), path), lock
    except BaseException:
        lock.release()
        raise


def open_to_read(path: Path) -> Database:
    """Open what is there, changing nothing; what is not there reads as empty."""
    with _system(path, "read"), plainly(path):
        connection = _readable(path)
        if schema.version(connection) < len(schema.MIGRATIONS):
            # read through a copy; the next scan upgrades the file
            connection = _upgraded_copy(connection)
        connection.execute("PRAGMA query_only = ON")
        return Database(connection, path)


def open_to_rehearse(path: Path) -> Database:
    """A copy in memory of what is there, to be written to and thrown away."""
    with _system(path, "read"), plainly(path):
        return Database(_upgraded_copy(_readable(path)), path)


def _make_folder(folder: Path) -> None:
    for missing in [up for up in (*reversed(folder.parents), folder) if not up.exists()]:
        # 0700 as the XDG base directory specification asks: what one reads is private
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)


def _lock(path: Path, wait: float) -> BaseFileLock:
    """One writer at a time. The kernel frees the lock when its holder dies: never a stale one."""
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise StoreError(
            f"Another scanner is writing to {path}. Try again later; `scan --wait 60s` waits."
        ) from None
    return lock


def _is_there(path: Path) -> bool:
    """Whether there is a database to open; raises StoreError where there is something else."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        header = None
    if header:
        _check_header(path, header)
        return True
    beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
    if header is None:
        # Whoever deletes the file means it; only unsaved pages in a log speak against it.
        lost = [log for log in beside if log.exists() and log.stat().st_size]
    else:
        # We never make an empty file under this name, so with company it is one that was emptied.
        lost = [*(log for log in beside if log.exists()), *backups(path)]
    if lost:
        raise StoreError(
            f"{path} is {'gone' if header is None else 'empty'}, but {lost[0].name} beside it "
            "says that it was a database. Put a backup back, or move "
            f"{' and '.join(log.name for log in lost)} away to start afresh."
        )
    return False


def _check_header(path: Path, header: bytes) -> None:
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise StoreError(damaged(path, "it does not begin like a SQLite file"))
    if int.from_bytes(header[68:72], "big") != schema.APPLICATION_ID:
        raise StoreError(
            f"{path} is another program's database. It was left as it is. "
            "Name another file with --db."
        )
    _check_version(path, int.from_bytes(header[60:64], "big"))


def _check_version(path: Path, version: int) -> None:
    newest = len(schema.MIGRATIONS)
    if version > newest:
        raise StoreError(
            f"{path} was written by a newer scanner (format {version}; this one knows up to "
            f"{newest}). It was left as it is. Upgrade scanner, or name another file with --db."
        )


def _create(path: Path) -> None:
    """Build the file under another name, so that no half-made one is ever found under its own."""
    fresh = _empty_file(path.with_name(f"{path.name}.new"))
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")
        schema.upgrade(connection)
    finally:
        connection.close()
    fresh.replace(path)


def _empty_file(path: Path) -> Path:
    """For our eyes only; SQLite gives its logs the mode of the file."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _writable(path: Path) -> sqlite3.Connection:
    version = _inspected(path)
    connection = _connected(path, "rw")
    try:
        # A file that cannot be written should say so now, not after a thousand requests.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {version:d}")
        connection.execute("ROLLBACK")
        if version < len(schema.MIGRATIONS):
            _back_up(connection, path, version)
            schema.upgrade(connection)
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _inspected(path: Path) -> int:
    """Look through every page, and give the version, before anything is written.

    A damaged page would else be met by chance, after others were written around it. Reading
    100,000 posts took 0.3 s (427 MB, in the file cache). Closing a connection that may not write
    leaves the log alone, so a database that is refused stays as it is.
    """
    connection = _connected(path, "ro")
    try:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreError(damaged(path, verdict.splitlines()[-1]))
        # The header may be older than the log; only SQLite knows both.
        version = schema.version(connection)
        _check_version(path, version)
    finally:
        connection.close()
    return version


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    wanted = "DELETE" if _on_network(path, mounts) else "WAL"
    mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    # With a log, NORMAL survives any kill, and a power cut loses the last feeds whole, to be
    # fetched again; without one, NORMAL risks the file (https://sqlite.org/pragma.html).
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
    # Empty the log at 16 MB, not at 4: saving 1,000 feeds took 2.7 s instead of 3.8.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA foreign_keys = ON")


def _on_network(path: Path, mounts: str) -> bool:
    """Whether the path lies on a network file system, by the table that Linux keeps."""
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        kinds[point.replace("\\040", " ")] = kind
    home = next((str(up) for up in path.parents if str(up) in kinds), None)
    return home is not None and kinds[home] in _NETWORK


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the database as it is, whole or not at all, before its format changes."""
    copy = _empty_file(path.with_name(f"{path.name}.v{version}.bak.new"))
    connection.execute("VACUUM INTO ?", (str(copy),))
    copy.replace(path.with_name(f"{path.name}.v{version}.bak"))


def _readable(path: Path) -> sqlite3.Connection:
    if not _is_there(path):
        return sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection = _connected(path, "ro")
    except sqlite3.OperationalError as error:
        log = path.with_name(path.name + "-wal")
        forbidden = error.sqlite_errorname in ("SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY")
        if not forbidden or (log.exists() and log.stat().st_size):
            raise
        # SQLite wants to lay a log beside the file, even to read. Where the folder forbids it
        # there is no writer either, and the file may be read as if it could not change.
        connection = _connected(path, "ro&immutable=1")
    try:
        _check_version(path, schema.version(connection))
    except StoreError:
        connection.close()
        raise
    return connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


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
def _system(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else path
        raise StoreError(
            f"{path} cannot be {what}: {error.strerror or error} ({place}). "
            "Check its permissions and its folder's, or name another file with --db."
        ) from error
