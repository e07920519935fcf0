"""A whole copy of a database, in one step, while others read and write it.

In: the database, and where the copy is to be. Out: the copy, checked and on the disk, or nothing.
Copying the file with `cp` misses what is still in the log, or tears it in two where a checkpoint
comes in between.

Touches: the disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from scanner.errors import StoreError, UsageError
from scanner.store import beside
from scanner.store.database import is_open, plainly, reading


def backup(path: Path, target: Path) -> None:
    """Copy the database to `target`, which only another scanner's database may be before.

    Raises UsageError where the target is something else, and StoreError where the database cannot
    be read or the copy cannot be written; then the target is as it was.
    """
    from scanner.store import file

    path, target = path.absolute().resolve(), target.absolute().resolve()
    with file.system(target, "written"):
        _check_target(path, target)
    with file.system(path, "read"), plainly(path):
        if not file.is_there(path):
            raise StoreError(f"{path} does not exist, so there is nothing to back up.")
        source = file.readable(path)
    with closing(source), file.system(target, "written"):
        copy_whole(source, path, target)


def before_upgrade(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the database as it is beside itself, before its format changes."""
    copy_whole(connection, path, path.with_name(f"{path.name}.v{version}.bak"))


def copy_whole(connection: sqlite3.Connection, path: Path, target: Path) -> None:
    """Copy the database at `path` as it is now; it is at `target` whole, or not at all."""
    with scratch(target.with_name(f"{target.name}.new")) as made:
        _copy(connection, path, target, made)
        with plainly(target), closing(reading(made, "&immutable=1")) as copy:
            verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise StoreError(
                    f"{target}: the copy is damaged ({verdict.splitlines()[-1]}) and was thrown "
                    "away. Check the disk's health and try again."
                )
        sync(made)
        made.replace(target)
        sync(target.parent)


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """An empty file for our eyes only, gone afterwards unless it was renamed.

    SQLite gives a database's logs the mode of the file.
    """
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink()


def _copy(connection: sqlite3.Connection, path: Path, target: Path, made: Path) -> None:
    try:
        connection.execute("VACUUM INTO ?", (str(made),))
    except sqlite3.DatabaseError as error:
        # SQLite does not tell which of the two files it means
        damage = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOT"))
        with plainly(path if damage else target):
            raise


def _check_target(path: Path, target: Path) -> None:
    if not target.exists():
        return
    if target.samefile(path) or is_open(target):
        raise UsageError(f"{target} is the database itself. Name another file for the backup.")
    if not target.is_file():
        raise UsageError(f"{target} is no file. Name a file for the backup.")
    head = beside.header(target)
    if head and not beside.is_ours(head):
        raise UsageError(
            f"{target} is no scanner database, so it was not replaced. Name another file for the "
            "backup, or remove that one first."
        )
    if logs := beside.logs(target):
        # a log of the old file would be read as the new one's
        raise UsageError(
            f"{target} is in use: {logs[0].name} lies beside it. Name another file for the backup."
        )


def sync(path: Path) -> None:
    """Have it on the disk, so that a power cut after the rename does not leave an empty copy."""
    with suppress(OSError):  # not every file system syncs folders
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
