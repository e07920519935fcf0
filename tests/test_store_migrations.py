"""Formats of the database: older ones are brought up to date, all others are left alone."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanner.errors import StoreError
from scanner.records import FeedState, Post
from scanner.store import Event, Work, codec, connect, schema

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = "https://example.org/feed.xml"
POST = Post(FEED, "Example", "guid", None, "Post", "Acme lost it", published=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of today's format with one post in it."""
    path = tmp_path / "scanner.db"
    with connect(path) as store:
        store.save_feed(FeedState(FEED, etag='"1"'), [POST], [], rules="r", now=NOW)
        store.decide("a" * 12, "done", now=NOW)
    return path


def raw(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """What another program would do to the file; the answer to the last statement."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def next_step(connection: sqlite3.Connection) -> None:
    """What the next release might do."""
    connection.execute("ALTER TABLE work ADD COLUMN assignee TEXT")
    connection.execute("UPDATE work SET assignee = 'ann'")


def broken_step(connection: sqlite3.Connection) -> None:
    next_step(connection)
    raise sqlite3.OperationalError("no such thing")


def release(monkeypatch: pytest.MonkeyPatch, *steps) -> None:
    """From here on this is the scanner of a later release."""
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *steps))


def test_a_new_database_has_the_newest_format_and_our_mark(path):
    """user_version counts the steps; application_id tells `file` and us whose database it is."""
    assert raw(path, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert raw(path, "PRAGMA application_id") == [(0x53434E52,)]
    assert path.read_bytes()[68:72] == b"SCNR"


def test_an_older_database_is_upgraded_with_a_backup_beside_it(path, monkeypatch):
    """Data and decisions are equal after; the copy holds the old format and opens by itself."""
    old = len(schema.MIGRATIONS)
    release(monkeypatch, next_step, lambda connection: None)
    with connect(path) as store:
        assert list(store.posts()) == [POST]
        assert store.feed_states() == {FEED: FeedState(FEED, etag='"1"')}
        assert store.status(["a" * 12], NOW) == {"a" * 12: "done"}
    assert raw(path, "PRAGMA user_version") == [(old + 2,)]
    assert raw(path, "SELECT assignee FROM work") == [("ann",)]
    backup = path.with_name(f"scanner.db.v{old}.bak")
    assert raw(backup, "PRAGMA user_version") == [(old,)]
    assert raw(backup, "SELECT id, status FROM work") == [("a" * 12, "done")]
    assert raw(backup, "PRAGMA quick_check") == [("ok",)]
    assert backup.stat().st_mode & 0o777 == 0o600
    left = {beside.name for beside in path.parent.iterdir()}
    assert left == {"scanner.db", "scanner.db.lock", "scanner.db.write.lock", backup.name}


def test_authors_of_posts_that_were_stored_before_are_found(tmp_path, monkeypatch):
    """Format 1 kept no handles; the step to 2 reads them out of the stored posts."""
    path = tmp_path / "scanner.db"
    with monkeypatch.context() as then:
        then.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        connect(path).close()
    body = codec.dump(replace(POST, author="Acme HQ (@AcmeHQ)"))
    nobody = codec.dump(POST)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO feeds VALUES (1, ?, ?)", (FEED, codec.dump(FeedState(FEED)))
        )
        for number, each in enumerate((body, nobody, b"{")):
            connection.execute(
                "INSERT INTO posts VALUES (?, 1, ?, 'i', 'c', ?, ?, ?)",
                (number, f"id {number}", codec.stamp(NOW), codec.stamp(NOW), each),
            )
    with connect(path) as store:
        assert [post.author for post in store.posts_by(["acmehq"], NOW)] == ["Acme HQ (@AcmeHQ)"]
    assert raw(path, "SELECT author FROM posts ORDER BY number") == [("acmehq",), (None,), (None,)]


def test_decisions_of_format_2_stay_and_can_be_followed_by_others(tmp_path, monkeypatch):
    """Statuses, snoozes and histories are as before; undo takes back what came since, no more."""
    path = tmp_path / "scanner.db"
    with monkeypatch.context() as then:
        then.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        connect(path).close()
    done, asleep, over, shown = ("d" * 12, "a" * 12, "0" * 12, "5" * 12)
    yesterday, at = codec.stamp(NOW - DAY), codec.stamp(NOW)
    rows = [
        (done, yesterday, "done", None),
        (asleep, yesterday, "snoozed", codec.stamp(NOW + DAY)),
        (over, yesterday, "snoozed", yesterday),
        (shown, yesterday, None, None),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany("INSERT INTO work VALUES (?, ?, ?, ?)", rows)
        connection.executemany(
            "INSERT INTO events (id, at, what, detail) VALUES (?, ?, ?, ?)",
            [(done, yesterday, "shown", None), (done, at, "done", None), (done, at, "note", "ok")],
        )
    with connect(path, write=False) as store:
        read = store.work([done, asleep, over, shown, "f" * 12], NOW)
    with connect(path) as store:
        assert store.work([done, asleep, over, shown, "f" * 12], NOW) == read
        assert read == {
            done: Work("done"),
            asleep: Work("snoozed", NOW + DAY),
            over: Work("new"),
            shown: Work("open"),
            "f" * 12: Work("new"),
        }
        before = [
            Event(NOW - DAY, "shown", None), Event(NOW, "done", None), Event(NOW, "note", "ok"),
        ]  # fmt: skip
        assert store.history(done) == before
        assert store.undo(NOW) is None
        store.decide([done], "open", now=NOW)
        store.undo(NOW)
        assert store.work([done], NOW) == {done: Work("done")}
        assert store.history(done)[:3] == before


def test_a_step_runs_once(path, monkeypatch):
    """Opening an upgraded database again neither upgrades nor copies it again."""
    release(monkeypatch, next_step)
    connect(path).close()
    raw(path, "UPDATE work SET assignee = 'bob'")
    (backup,) = path.parent.glob("*.bak")
    backup.unlink()
    connect(path).close()
    assert raw(path, "SELECT assignee FROM work") == [("bob",)]
    assert list(path.parent.glob("*.bak")) == []


def test_a_step_that_fails_is_undone_whole(path, monkeypatch):
    """The old format stays, complete, and the message names the file and its backup."""
    before = raw(path, "SELECT sql FROM sqlite_master")
    with monkeypatch.context() as later:
        release(later, broken_step)
        with pytest.raises(StoreError, match=r"scanner\.db: .*scanner\.db\.v\d\.bak"):
            connect(path)
    assert raw(path, "SELECT sql FROM sqlite_master") == before
    assert raw(path, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    with connect(path) as store:
        assert list(store.posts()) == [POST]


def test_a_step_that_ended_its_transaction_itself_still_fails_plainly(path, monkeypatch):
    """SQLite may roll back by itself, on a full disk for one; then there is nothing to undo."""

    def rolled_back(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("full")

    release(monkeypatch, rolled_back)
    with pytest.raises(StoreError, match="full"):
        connect(path)


KILLED = """
import os, signal, sys
from pathlib import Path
from scanner.store import connect, schema
def step(connection):
    connection.execute("ALTER TABLE work ADD COLUMN assignee TEXT")
    connection.execute("DELETE FROM posts")
    os.kill(os.getpid(), signal.SIGKILL)
schema.MIGRATIONS += (step,)
connect(Path(sys.argv[1]))
"""


@pytest.mark.case("D10")
def test_a_kill_within_a_step_leaves_the_old_format_and_a_backup(path, monkeypatch):
    """Nothing is half done, the copy is there, and the next run completes the upgrade."""
    old = len(schema.MIGRATIONS)
    killed = subprocess.run([sys.executable, "-c", KILLED, os.fspath(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert raw(path, "PRAGMA user_version") == [(old,)]
    backup = path.with_name(f"scanner.db.v{old}.bak")
    assert raw(backup, "SELECT count(*) FROM posts") == [(1,)]
    release(monkeypatch, next_step)
    with connect(path) as store:
        assert list(store.posts()) == [POST]
    assert raw(path, "PRAGMA user_version") == [(old + 1,)]


@pytest.mark.case("D10")
@pytest.mark.parametrize("room", [0.5, 1.1, 3])
def test_a_disk_that_fills_up_while_upgrading_leaves_the_old_format(path, monkeypatch, room):
    """In the backup or in a step: the old database is whole, no scrap is left, and later it works.

    `room` is how large a file may grow, in sizes of the database: too little for the backup,
    enough for it and no step, and for half of a step.
    """
    many = [replace(POST, guid=f"guid {n}", text=f"{n} " * 1500) for n in range(40)]
    with connect(path) as store:
        store.save_feed(FeedState(FEED), many, [], rules="r", now=NOW)
    size, old = path.stat().st_size, len(schema.MIGRATIONS)

    def heavy(connection: sqlite3.Connection) -> None:
        for _ in range(4):
            connection.execute(
                "INSERT INTO posts SELECT NULL, feed, id || random(), identity,"
                " content, seen_at, dated, body, author FROM posts"
            )

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with monkeypatch.context() as later:
        release(later, heavy)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(room * size), limits[1]))
        try:
            with pytest.raises(StoreError, match=r"scanner\.db\S*: the disk "):
                connect(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    left = {beside.name for beside in path.parent.iterdir()} - {f"scanner.db.v{old}.bak"}
    assert left == {"scanner.db", "scanner.db.lock", "scanner.db.write.lock"}
    assert raw(path, "PRAGMA user_version") == [(old,)]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    assert raw(path, "SELECT count(*) FROM posts") == [(41,)]
    release(monkeypatch, heavy)
    connect(path).close()
    assert raw(path, "SELECT count(*) FROM posts") == [(41 * 16,)]


@pytest.mark.case("D11")
@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_every_older_format_is_brought_up_to_date_with_all_that_is_in_it(
    tmp_path, monkeypatch, version
):
    """Each table's old columns hold what they held; foreign keys and pages are sound."""
    path = tmp_path / "scanner.db"
    with monkeypatch.context() as then:
        then.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        connect(path).close()
    at, body = codec.stamp(NOW), codec.dump(POST)
    raw(
        path,
        f"INSERT INTO feeds VALUES (1, '{FEED}', '{{}}')",
        f"INSERT INTO hosts VALUES ('example.org', '{at}', '429')",
        "INSERT INTO posts (number, feed, id, identity, content, seen_at, dated, body) VALUES"
        f" (1, 1, '{POST.id}', 'i', 'c', '{at}', '{at}', x'{body.hex()}')",
        "INSERT INTO aliases VALUES ('other', 1)",
        "INSERT INTO judgements (id, post, brand, body) VALUES ('j', 1, 'Acme', x'00')",
        f"INSERT INTO work (id, shown_at, status) VALUES ('w', '{at}', 'done')",
        f"INSERT INTO events (id, at, what, detail) VALUES ('w', '{at}', 'note', 'wrote')",
    )
    tables = [name for (name,) in raw(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    asked = {
        name: "SELECT {} FROM {}".format(
            ", ".join(str(row[1]) for row in raw(path, f"PRAGMA table_info({name})")), name
        )
        for name in tables
    }
    before = {name: raw(path, sql) for name, sql in asked.items()}
    assert all(before[name] for name in ("feeds", "hosts", "posts", "judgements", "work", "events"))
    with connect(path) as store:
        assert list(store.posts()) == [POST]
    assert {name: raw(path, sql) for name, sql in asked.items()} == before
    assert raw(path, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert raw(path, "PRAGMA foreign_key_check") == []
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


RACING = """
import sys
from pathlib import Path
from scanner.store import connect, schema
schema.MIGRATIONS += (lambda connection: connection.execute("INSERT INTO meta VALUES ('ran', 1)"),)
connect(Path(sys.argv[1]), wait=30, alone=bool(sys.argv[2])).close()
"""


@pytest.mark.case("D11")
def test_several_processes_upgrade_once(path):
    """Under the lock the step runs once; a second time it would break a key."""
    racers = [
        subprocess.Popen([sys.executable, "-c", RACING, path, alone])
        for alone in ("", "1") * 2 + ("",)
    ]
    assert [racer.wait(60) for racer in racers] == [0] * 5
    assert raw(path, "SELECT value FROM meta WHERE name = 'ran'") == [("1",)]


def test_a_reader_reads_an_older_database_without_changing_it(path, monkeypatch):
    """Reading needs no upgrade of the file: a copy in memory is upgraded instead."""
    before = path.read_bytes()
    release(monkeypatch, next_step)
    with connect(path, write=False) as store:
        assert list(store.posts()) == [POST]
        assert store._database.rows("SELECT assignee FROM work") == [("ann",)]
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.bak")) == []


def test_a_reader_that_cannot_upgrade_its_copy_says_so(path, monkeypatch):
    """A failing step is as plain an error for a reader."""
    release(monkeypatch, broken_step)
    with pytest.raises(StoreError, match="no such thing"):
        connect(path, write=False)


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("pragma", "message"),
    [
        ("user_version = 99", "written by a newer scanner .*format 99"),
        ("application_id = 42", "another program's database"),
        ("application_id = 0", "another program's database"),
    ],
)
def test_foreign_and_newer_databases_are_left_alone(path, pragma, message, write):
    """Refused with the file's name, and not a byte of it changed."""
    raw(path, f"PRAGMA {pragma}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=message) as refused:
        connect(path, write=write)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


NEWER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA user_version = 99")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("write", [True, False])
def test_a_newer_format_that_is_only_in_the_log_counts_too(path, write):
    """A newer scanner that was killed has its version in the log beside the file."""
    subprocess.run([sys.executable, "-c", NEWER, path], check=False)
    log = path.with_name("scanner.db-wal")
    before = path.read_bytes(), log.read_bytes()
    assert before[0][63] == len(schema.MIGRATIONS)
    with pytest.raises(StoreError, match="newer scanner"):
        connect(path, write=write)
    assert (path.read_bytes(), log.read_bytes()) == before
