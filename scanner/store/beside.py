"""What lies at a database's path and beside it: a header, logs, backups.

In: a path. Out: what a person may be told about it. Nothing here changes a file.

Touches: the disk.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from scanner.store import schema

HEADER = 100
"""Bytes of SQLite's file header (https://sqlite.org/fileformat2.html#the_database_header)."""
_MAGIC = b"SQLite format 3\0"
_BACKUP = re.compile(r"\.v(\d+)\.bak$")


def header(path: Path) -> bytes:
    """The first bytes of the file. OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(HEADER)


def is_sqlite(head: bytes) -> bool:
    """Whether it is the header of a SQLite file."""
    return len(head) == HEADER and head.startswith(_MAGIC)


def is_ours(head: bytes) -> bool:
    """Whether it is the header of a scanner's database."""
    return is_sqlite(head) and int.from_bytes(head[68:72], "big") == schema.APPLICATION_ID


def version(head: bytes) -> int:
    """The format that it tells. The log may know a newer one."""
    return int.from_bytes(head[60:64], "big")


def logs(path: Path) -> list[Path]:
    """The write-ahead log or the journal, where there is one; with them the file is whole."""
    named = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
    return [log for log in named if log.exists()]


def backups(path: Path) -> list[Path]:
    """Copies beside the database, the newest format first, then by name.

    Those that migrations leave (`scanner.db.v2.bak`), and scanner databases whose name begins as
    this one's does, unless somebody works with them: then they are databases of their own.
    """
    found = []
    for other in path.parent.iterdir():
        made = _BACKUP.fullmatch(other.name.removeprefix(path.name))
        if made:
            found.append((-int(made[1]), other))
        elif other != path and other.name.startswith(path.stem) and _is_copy(other):
            found.append((1, other))
    return [other for _, other in sorted(found)]


def _is_copy(path: Path) -> bool:
    with suppress(OSError):
        return (
            path.suffix != ".new" and path.is_file() and is_ours(header(path)) and not _used(path)
        )
    return False


def _used(path: Path) -> bool:
    """Whether a scanner ever wrote to it: that leaves its locks there for good."""
    locks = [path.with_name(path.name + suffix) for suffix in (".lock", ".write.lock")]
    return any(lock.exists() for lock in locks) or bool(logs(path))
