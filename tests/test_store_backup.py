"""A whole copy of a database, in one step, and what it refuses to replace."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.errors import ScannerError, StoreError, UsageError
from scanner.records import FeedState, Judged, Matched, Post, Scored
from scanner.store import backup, connect, schema

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = "https://example.org/feed.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with twenty records and a decision."""
    folder = tmp_path / "data"
    folder.mkdir()
    with connect(folder / "scanner.db") as store:
        fill(store, 20)
    return folder / "scanner.db"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the copy is to be."""
    return tmp_path / "copy.db"


def fill(store, count: int) -> None:
    posts = [Post(FEED, "Example", f"guid {n}", None, "Post", "Acme " * 200) for n in range(count)]
    judged = [Judged(Scored(Matched(post, "Acme", ()), (), 0.5), "other", ()) for post in posts]
    store.save_feed(FeedState(FEED, etag=str(count)), posts, judged, rules="r", now=NOW)
    store.decide(["a" * 12], "done", now=NOW)


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: connection.execute(f"SELECT * FROM [{name}]").fetchall()
            for (name,) in tables.fetchall()
        }


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow larger, as a disk that fills up would."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.case("D16")
def test_a_backup_beside_a_running_scan_is_whole_and_works_when_put_back(path, target):
    """What was committed is in it, what is not is not; it passes a check and is private."""
    with connect(path) as scan:
        fill(scan, 40)
        with scan._database.transaction():
            scan._database.connection.execute("DELETE FROM judgements")
            scan._database.connection.execute("UPDATE feeds SET state = '{}'")
            backup.backup(path, target)
            scan._database.connection.execute("ROLLBACK")
            scan._database.connection.execute("BEGIN")
        assert len(list(scan.posts())) == 40, "the scan goes on"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert content(target) == content(path)
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    path.unlink()
    path.write_bytes(target.read_bytes())
    with connect(path) as store:
        assert len(store.judged()) == 40
        assert store.status(["a" * 12], NOW) == {"a" * 12: "done"}
        fill(store, 41)
    assert sorted(file.name for file in target.parent.iterdir()) == ["copy.db", "data"]


@pytest.mark.case("D16")
def test_a_copy_by_cp_misses_what_the_log_holds(path, target):
    """Why there is a command at all: the file alone is older than the database."""
    with connect(path) as scan:
        fill(scan, 40)
        target.write_bytes(path.read_bytes())
        assert len(content(target)["posts"]) == 20
        scan.backup(target)
        assert len(content(target)["posts"]) == 40


def test_an_older_backup_is_replaced_in_one_step(path, target):
    """Also an empty file that mktemp made."""
    target.touch()
    for count in (30, 40):
        with connect(path) as store:
            fill(store, count)
        with connect(path, write=False) as reader:
            reader.backup(target)
        assert len(content(target)["posts"]) == count


def test_a_backup_of_an_older_format_is_of_that_format(path, target, monkeypatch):
    """A backup changes nothing, neither the database nor what it copies."""
    old = len(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda connection: None))
    backup.backup(path, target)
    for file in (path, target):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (old,)


def test_a_link_to_a_backup_stays_a_link(path, target):
    """What it leads to is replaced."""
    link = target.with_name("link.db")
    link.symlink_to(target)
    backup.backup(path, link)
    assert link.is_symlink()
    assert content(target) == content(path)


@pytest.mark.parametrize("what", ["text", "sqlite", "folder", "pipe"])
def test_what_is_no_scanner_database_is_not_replaced(path, target, what):
    """A slip of the tab key must cost nobody a file."""
    if what == "text":
        target.write_text("my thesis")
    elif what == "sqlite":
        with closing(sqlite3.connect(target)) as other:
            other.execute("CREATE TABLE mine (thing)")
    elif what == "folder":
        target.mkdir()
    else:
        os.mkfifo(target)
    before = target.read_bytes() if target.is_file() else None
    with pytest.raises(UsageError, match=r"copy\.db is no (scanner database|file)"):
        backup.backup(path, target)
    assert (target.read_bytes() if target.is_file() else None) == before


@pytest.mark.parametrize("how", ["itself", "symlink", "hard link"])
def test_the_database_is_no_place_for_its_own_backup(path, target, how):
    """By whatever name it goes."""
    if how == "symlink":
        target.symlink_to(path)
    elif how == "hard link":
        target.hardlink_to(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is the database itself"):
        backup.backup(path, path if how == "itself" else target)
    assert path.read_bytes() == before


def test_a_database_in_use_is_not_replaced(path, target):
    """Its log would be read as the new file's, which no check would notice at once."""
    script = (
        "import os, sys; from pathlib import Path; from scanner.store import connect\n"
        "with connect(Path(sys.argv[1])) as store:\n"
        "    store.save_unchanged([]); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, target], check=True)
    with pytest.raises(UsageError, match=r"copy\.db is in use: copy\.db-wal lies beside it"):
        backup.backup(path, target)


def test_a_second_database_that_is_open_here_is_not_replaced(path, target):
    """Even before it has a log."""
    with connect(target), pytest.raises(UsageError, match=r"is the database itself|in use"):
        backup.backup(path, target)


def test_there_must_be_something_to_back_up(tmp_path, target):
    """A database that is not there is told, and no empty copy of it made."""
    with pytest.raises(StoreError, match=r"none\.db does not exist"):
        backup.backup(tmp_path / "none.db", target)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", [None, "older"])
def test_a_full_disk_leaves_the_older_copy_and_no_scrap(path, target, before):
    """The message names the copy, not the database, which is well."""
    with connect(path) as store:
        fill(store, 400)
    if before:
        with connect(target) as store:
            fill(store, 1)
    kept = target.read_bytes() if before else None
    left = sorted(target.parent.iterdir())
    with room_for(100_000), pytest.raises(StoreError, match=r"copy\.db: the disk"):
        backup.backup(path, target)
    assert sorted(target.parent.iterdir()) == left
    assert (target.read_bytes() if before else None) == kept


def test_a_damaged_database_is_named_and_the_older_copy_kept(path, target):
    """What cannot be read whole is not copied in part."""
    with connect(path) as store:
        fill(store, 400)
    backup.backup(path, target)
    kept = target.read_bytes()
    hurt = bytearray(path.read_bytes())
    hurt[8192:] = random.Random(1).randbytes(len(hurt) - 8192)
    path.write_bytes(hurt)
    with pytest.raises(StoreError, match=r"data/scanner\.db: the database is damaged"):
        backup.backup(path, target)
    assert target.read_bytes() == kept
    assert (
        sorted(file.name for file in target.parent.glob("copy*"))
        == [
            "copy.db",
            "copy.db.lock",
            "copy.db.write.lock",
        ][:1]
    )


def test_a_copy_that_comes_out_damaged_is_thrown_away(path, target, monkeypatch):
    """The disk took other bytes than it was given: the check finds out before the rename."""
    copied = backup._copy

    def badly(connection, path, target, made):
        copied(connection, path, target, made)
        hurt = bytearray(made.read_bytes())
        hurt[4096:8192] = random.Random(1).randbytes(4096)
        made.write_bytes(hurt)

    monkeypatch.setattr(backup, "_copy", badly)
    with pytest.raises(StoreError, match=r"copy\.db: the copy is damaged .* thrown away"):
        backup.backup(path, target)
    assert sorted(file.name for file in target.parent.iterdir()) == ["data"]


def test_a_folder_that_is_not_there_is_named(path, target):
    """With the cause."""
    with pytest.raises(ScannerError, match="cannot be written: No such file or directory"):
        backup.backup(path, target.parent / "none" / "copy.db")
