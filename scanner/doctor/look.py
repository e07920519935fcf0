"""What the disk says of a database: whether it is whole, who may read it, who works with it.

In: its path. Out: facts. Nothing is written, made or locked; what cannot be read is left out.

Touches: the disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.doctor.database import Backup, Database, Holder
from scanner.errors import StoreError

if TYPE_CHECKING:
    import sqlite3

    from scanner.store import Store

_LOCKS = Path("/proc/locks")
_MOUNTS = Path("/proc/self/mountinfo")
_FEW = 5
"""Damaged places that are listed: there are thousands, or one."""


def database(path: Path, *, quick: bool = False, rules: str | None = None) -> Database:
    """Look at the database at `path`, and through each page of it.

    `quick` leaves out that each index holds each row: on 417 MB, 0.27 s instead of 0.46.
    `rules` are those of the config (a fingerprint), if there is one.
    """
    path = path.absolute().resolve()
    folder = next(up for up in path.parents if up.exists())
    known = {
        "path": str(path),
        "folder": str(folder),
        "folder_writable": os.access(folder, os.W_OK | os.X_OK),
        "free": _free(folder),
        "network": _network(path),
        "exists": _exists(path),
    }
    if known["exists"]:
        known |= _file(path) | _inside(path, quick=quick, rules=rules)
    else:
        known |= _absent(path)
    made: Database = Database(**known)  # type: ignore[arg-type]
    return made


def leftovers(files: Sequence[Path], now: datetime) -> Iterator[Path]:
    """Temporary files beside these that nobody can still be writing: an hour old."""
    for file in files:
        for other in _near(file):
            with suppress(OSError):
                if now.timestamp() - other.stat().st_mtime > 3600:
                    yield other


def _near(file: Path) -> list[Path]:
    """What is named as our temporary files for this one are."""
    found: list[Path] = []
    with suppress(OSError):
        for other in file.parent.iterdir():
            name = other.name
            scrap = name.startswith(f".scanner-{file.name}-")
            if scrap or (name.startswith(f"{file.name}.") and name.endswith(".new")):
                found.append(other)
    return sorted(found)


def _exists(path: Path) -> bool:
    """Whether there is something in it."""
    try:
        return path.exists() and path.stat().st_size > 0
    except OSError:  # a folder on the way that may not be entered
        return True


def _file(path: Path) -> dict[str, object]:
    """What can be told without opening it as a database."""
    from scanner.store import beside

    found: dict[str, object] = {"writable": os.access(path, os.W_OK)}
    with suppress(OSError):
        status = path.stat()
        found["size"] = status.st_size
        if os.name == "posix":
            found["mode"] = status.st_mode & 0o777
    with suppress(OSError):
        found["log"] = sum(log.stat().st_size for log in beside.logs(path))
    with suppress(OSError):
        copies = [Backup(copy.name, _made(copy)) for copy in beside.backups(path)]
        found["backups"] = tuple(sorted(copies, key=lambda one: one.made, reverse=True))
    locks = [path.with_name(path.name + suffix) for suffix in (".lock", ".write.lock")]
    with suppress(OSError):
        found["holders"] = tuple(dict.fromkeys(one for lock in locks for one in _holders(lock)))
    return found


def _absent(path: Path) -> dict[str, object]:
    """A log without its database says that there was one: the store explains."""
    from scanner.store import connect

    try:
        connect(path, write=False).close()
    except StoreError as problem:
        return {"problem": _told(problem)}
    return {}


def _inside(path: Path, *, quick: bool, rules: str | None) -> dict[str, object]:
    from scanner.store import schema

    found: dict[str, object] = {"newest_version": len(schema.MIGRATIONS)}
    check = "quick_check" if quick else "integrity_check"
    try:
        damage = _damage(path, check)
        found |= {"checked": check, "damage": damage}
        with _reading(path) as connection:
            found["version"] = schema.version(connection)
            if not damage:
                ((found["posts"],),) = connection.execute("SELECT count(*) FROM posts")
        if rules is not None and not damage:
            with opened(path) as store:
                found["current"] = store.rules() in (None, rules)
    except StoreError as problem:
        found["problem"] = _told(problem)
    except OSError as problem:  # its folder may not be entered
        found["problem"] = f"{path} cannot be read: {problem.strerror or problem}."
    return found


def _told(problem: StoreError) -> str:
    return str(problem).removesuffix(" `scanner doctor` tells more.")


def _damage(path: Path, check: str) -> tuple[str, ...]:
    """What the check finds; asked again where somebody began to write in the middle of it."""
    from scanner.store import beside

    for _ in range(2):
        alone = not beside.logs(path)
        with _reading(path) as connection:
            rows = connection.execute(f"PRAGMA {check}({_FEW})").fetchall()
        damage = tuple(line for (row,) in rows if row != "ok" for line in row.splitlines()[-1:])
        if not damage or not alone or not beside.logs(path):
            break
    return damage


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """The database to read, with nothing laid beside it. StoreError where it cannot be read."""
    from scanner import store
    from scanner.store import beside, schema
    from scanner.store.database import Database as Connected

    path = path.absolute().resolve()
    if _exists(path) and not beside.logs(path):
        with _reading(path) as connection:
            if schema.version(connection) == len(schema.MIGRATIONS):
                yield store.Store(Connected(connection, path))
                return
    with store.connect(path, write=False) as made:
        yield made


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection; even one that only reads would lay a log beside the file, where there is none.

    Without a log nobody has the file open, and it is read as if it could not change.
    """
    from scanner.store import beside, file
    from scanner.store.database import plainly, reading

    with file.system(path, "read"), plainly(path):
        file.is_there(path)  # explains what is no database of ours
        with closing(reading(path, "" if beside.logs(path) else "&immutable=1")) as connection:
            yield connection


def _holders(lock: Path) -> Iterator[Holder]:
    """Who has a lock, by the table that Linux keeps; to try the lock would keep a scan out.

    Raises OSError where there is no such table, or where it knows the file by another device than
    we do, as in a subvolume of btrfs: then nobody can say.
    """
    table = _LOCKS.read_text()
    if not lock.exists():
        return
    status = lock.stat()
    major, minor = os.major(status.st_dev), os.minor(status.st_dev)
    if f"{major}:{minor}" not in (line.split()[2] for line in _MOUNTS.read_text().splitlines()):
        raise OSError(f"{lock}: its device is not among those of the mounts")
    for line in table.splitlines():
        with suppress(ValueError, IndexError):
            words = line.split()
            if words[1] == "FLOCK" and words[5] == f"{major:02x}:{minor:02x}:{status.st_ino}":
                yield Holder(int(words[4]), _command(int(words[4])))


def _command(pid: int) -> str:
    with suppress(OSError):
        told = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        return " ".join(told).strip()[:80]
    return ""


def _network(path: Path) -> bool:
    from scanner.store import file

    with suppress(OSError):
        return file.on_network(path)
    return False


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _made(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
