"""The database and its surroundings, as a doctor sees them.

In: facts, as `look` gathered them. Out: Findings.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanner.doctor import Finding, Level, plural
from scanner.text import length

LONG_LOG = 2 * 16_000_000
"""Bytes; a scan empties its log at half of that, unless a reader keeps it from doing so."""
LITTLE_SPACE = 50_000_000
"""Bytes; a first scan of 1,000 feeds writes more than that."""
OLD_BACKUP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy beside the database."""

    name: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has one of our locks."""

    pid: int
    command: str
    """As the system tells it; "" where it does not."""


@dataclass(frozen=True, slots=True)
class Database:
    """What the disk says of the database, whether or not it can be opened."""

    path: str
    exists: bool
    problem: str | None = None
    """Why it cannot be used, and what to do; from the store itself."""
    version: int = 0
    newest_version: int = 0
    """The format that this scanner writes."""
    checked: str | None = None
    """Which check looked through it; None: none did."""
    damage: tuple[str, ...] = ()
    """What that check found."""
    mode: int | None = None
    size: int = 0
    log: int = 0
    """Bytes of the write-ahead log."""
    free: int | None = None
    """Bytes free on its disk; None where the system does not say."""
    folder: str = ""
    """The folder it is in or, where that is still to be made, the nearest one above."""
    folder_writable: bool = True
    writable: bool = True
    backups: tuple[Backup, ...] = ()
    """Newest first."""
    network: bool = False
    """Whether it lies on another machine's disk."""
    holders: tuple[Holder, ...] | None = None
    """None: the system does not tell."""
    posts: int | None = None
    """None: they cannot be counted."""
    current: bool | None = None
    """Whether it was last judged by this config and version; None: not known."""


def database(facts: Database, now: datetime) -> Iterator[Finding]:
    """Look at the database."""
    if facts.problem:
        yield Finding("database", "usable", "wrong", facts.problem)
    elif not facts.exists:
        said = f"there is none yet; the first scan makes {facts.path}"
        yield Finding("database", "usable", "ok", said)
    else:
        yield from _inside(facts)
    yield from _permissions(facts)
    yield from _space(facts)
    if facts.exists:
        yield from _beside(facts, now)
    yield from _around(facts)


def _inside(facts: Database) -> Iterator[Finding]:
    posts = "" if facts.posts is None else f"{plural(facts.posts, 'posts')}, "
    holds = f"{facts.path}: {posts}{_bytes(facts.size)}, format {facts.version}"
    yield Finding("database", "usable", "ok", holds)
    if facts.version < facts.newest_version:
        said = f"its format is {facts.version}, and this scanner's is {facts.newest_version}."
        do = "Nothing: the next scan makes a copy and brings it up to date."
        yield Finding("database", "format", "note", said, do)
    if facts.damage:
        said = f"it is damaged: {'; '.join(facts.damage)}."
        do = (
            "Copy it and its -wal file away, then put a backup back. Without one, let "
            "`sqlite3 OLD .recover | sqlite3 NEW` save what can be saved."
        )
        yield Finding("database", "integrity", "wrong", said, do)
    elif facts.checked:
        yield Finding("database", "integrity", "ok", f"every page was read ({facts.checked})")
    if facts.current is False:
        said = "it was last judged by another config or version; each `list` judges it anew."
        yield Finding("database", "rules", "note", said, "`scanner scan --no-fetch` does it once.")


def _permissions(facts: Database) -> Iterator[Finding]:
    if not facts.folder_writable:
        said = f"{facts.folder} cannot be written, so nothing can be remembered."
        do = f"chmod u+rwx {facts.folder} if it is yours, or name another file with --db."
        yield Finding("database", "folder", "wrong", said, do)
    elif not facts.writable:
        said = f"{facts.path} cannot be written."
        yield Finding("database", "folder", "wrong", said, f"chmod u+rw {facts.path}")
    if facts.mode is None:
        return
    if facts.mode & 0o077:
        can = "change" if facts.mode & 0o022 else "read"
        said = f"others on this machine can {can} it (mode {facts.mode:03o})."
        level: Level = "wrong" if facts.mode & 0o022 else "note"
        yield Finding("database", "mode", level, said, f"chmod 600 {facts.path}")
    else:
        yield Finding("database", "mode", "ok", f"only you can read it (mode {facts.mode:03o})")


def _space(facts: Database) -> Iterator[Finding]:
    if facts.free is None:
        return
    free = f"{_bytes(facts.free)} free on its disk"
    if facts.free < LITTLE_SPACE:
        do = "Free some space, or name a database on another disk with --db."
        yield Finding("database", "disk_space", "wrong", f"only {free}.", do)
    elif facts.free < 2 * facts.size:
        said = f"{free}; a backup or a new format needs as much again as it has."
        yield Finding("database", "disk_space", "note", said)
    else:
        yield Finding("database", "disk_space", "ok", free)
    if facts.log > LONG_LOG:
        said = f"its write-ahead log has {_bytes(facts.log)}: a reader has had it open for long."
        do = "End programs that read it (sqlite3, a viewer); the next scan then empties the log."
        yield Finding("database", "log", "note", said, do)


def _beside(facts: Database, now: datetime) -> Iterator[Finding]:
    if not facts.backups:
        said = "no backup lies beside it; you may have one elsewhere."
        yield Finding("database", "backup", "note", said, "`scanner backup FILE` makes one.")
        return
    newest = facts.backups[0]
    age = max(timedelta(0), now - newest.made)
    said = f"the newest of {plural(len(facts.backups), 'backups')} beside it is {newest.name}, "
    said += f"{length(age)} old"
    if age > OLD_BACKUP:
        do = "`scanner backup FILE` makes a new one."
        yield Finding("database", "backup", "note", said + ".", do)
    else:
        yield Finding("database", "backup", "ok", said)


def _around(facts: Database) -> Iterator[Finding]:
    if facts.network:
        said = "it lies on a network drive: slower, and locks may not reach other machines."
        do = "Let only one machine scan with it, or name a database on a disk of its own."
        yield Finding("database", "network", "note", said, do)
    for holder in facts.holders or ():
        what = f" ({holder.command})" if holder.command else ""
        who = f"process {holder.pid}{what}" if holder.pid > 0 else "a process outside of this box"
        yield Finding("database", "lock", "ok", f"{who} is working with it now")
    if facts.holders == () and facts.exists:
        yield Finding("database", "lock", "ok", "nothing is writing to it now")


def _bytes(number: int) -> str:
    """ "344 MB"; thousands, as disks are sold."""
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (1000, "kB")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number} bytes"
