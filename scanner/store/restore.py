"""A backup put back in a database's place; what was there before stays beside it, whole.

In: the database's path, and a copy that `backup` made. Out: the copy in its place, and where the
old files are. `cp` does not do it: a log that was left beside the old file would be read as the
new one's, and tear it (tried: half of the old posts came back, and SQLite called it malformed).

Touches: the disk.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from itertools import count
from pathlib import Path

from scanner.errors import StoreError, UsageError
from scanner.store import backup, beside, locks, schema
from scanner.store.database import is_open, plainly, reading

_PARTS = ("", "-wal", "-journal", "-shm")


def restore(path: Path, source: Path) -> Path | None:
    """Put a copy in place; gives where the file that it replaced is now, None if there was none.

    Nobody may scan or write meanwhile. Raises UsageError where the copy is none of ours, and
    StoreError where it is damaged, of a newer scanner, or cannot be put in place.
    """
    from scanner.store import file

    path, source = path.absolute().resolve(), source.absolute().resolve()
    with file.system(source, "read"):
        _check(path, source)
    scanning, writing = locks.for_scans(path), locks.for_writes(path)
    with (
        file.system(path, "written"),
        closing(scanning),
        closing(writing),
        scanning.held(0.0),
        writing.held(),
    ):
        with backup.scratch(path.with_name(f"{path.name}.new")) as fresh:
            shutil.copyfile(source, fresh)
            backup.sync(fresh)
            old = _moved_aside(path)
            fresh.replace(path)
        backup.sync(path.parent)
    return old


def _check(path: Path, source: Path) -> None:
    if not source.is_file():
        raise UsageError(f"{source} is no file. Name a copy that `scanner backup` made.")
    if (path.exists() and source.samefile(path)) or is_open(source):
        raise UsageError(f"{source} is the database itself. Name a copy of it.")
    head = beside.header(source)
    if not beside.is_ours(head):
        raise UsageError(f"{source} is no scanner database. Name one that `scanner backup` made.")
    if any(log.stat().st_size for log in beside.logs(source)):
        raise UsageError(
            f"{source} is in use: {beside.logs(source)[0].name} lies beside it. Copy it with "
            "`scanner backup` first."
        )
    if beside.version(head) > len(schema.MIGRATIONS):
        raise StoreError(f"{source} was written by a newer scanner. Upgrade scanner first.")
    with plainly(source), closing(reading(source, "&immutable=1")) as copy:
        verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"{source} is damaged ({verdict.splitlines()[-1]}). Name another copy.")


def _moved_aside(path: Path) -> Path | None:
    """Rename the database and what lies beside it, the file itself first: it names the others."""
    if not path.exists():
        return None
    names = (path.with_name(f"replaced-{number}-{path.name}") for number in count(1))
    old = next(name for name in names if not name.exists())
    for part in _PARTS:
        if (lies := path.with_name(path.name + part)).exists():
            lies.replace(old.with_name(old.name + part))
    return old
