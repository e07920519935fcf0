"""Who may write, and when: one scan at a time, one writer at a time, readers always."""

from __future__ import annotations

import errno
import fcntl
import importlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.errors import StoreError
from scanner.records import FeedState, Judged, Matched, Post, Scored
from scanner.store import connect, database, locks, schema

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = "https://example.org/feed.xml"
POST = Post(FEED, "Example", "guid", None, "Post", "Acme lost it", published=NOW)
JUDGED = Judged(Scored(Matched(POST, "Acme", ()), (), 0.5), "other", ())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one record."""
    path = tmp_path / "scanner.db"
    with connect(path) as store:
        store.save_feed(FeedState(FEED), [POST], [JUDGED], rules="r", now=NOW)
    return path


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for the writer's lock."""
    monkeypatch.setattr(locks, "PATIENCE", 0.02)


@contextmanager
def somebody_else(lock: locks.Lock) -> Iterator[None]:
    """While somebody else has it. A lock counts for each open file, so this process will do."""
    with closing(lock), lock.held(0):
        yield


HOLD = """
import sys, time
from pathlib import Path
from scanner.store import connect
with connect(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def scanning(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """While another process scans."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as scan:
        assert scan.stdout
        assert scan.stdout.readline() == b"ready\n"
        yield scan
        scan.kill()


# --- a scan and a decision -----------------------------------------------------------------------


@pytest.mark.case("D01")
def test_a_second_scan_is_told_at_once_and_a_decision_goes_through(path):
    """The scan's lock keeps scans out, and nobody else."""
    with scanning(path):
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"Another scanner is scanning with .*scanner\.db\."):
            connect(path)
        with connect(path, alone=False) as store:
            store.note([JUDGED.id], "wrote to them", NOW)
        with connect(path, write=False) as store:
            assert [event.detail for event in store.history(JUDGED.id)] == ["wrote to them"]
        assert time.monotonic() - began < 1


def test_a_scan_and_a_decision_write_in_turn(path):
    """Both are open, and each saves between what the other saves."""
    with connect(path) as scan, connect(path, alone=False) as person:
        for number in range(3):
            scan.save_feed(FeedState(FEED, etag=str(number)), (), (), rules="r", now=NOW)
            person.note([JUDGED.id], str(number), NOW)
    with connect(path, write=False) as reader:
        assert reader.feed_states()[FEED].etag == "2"
        assert [event.detail for event in reader.history(JUDGED.id)] == ["0", "1", "2"]


def test_a_decision_goes_through_while_all_is_judged_anew(path, hurried):
    """Judging takes minutes where there is much; only what came of it is written at once."""

    def judging() -> Iterator[Judged]:
        with connect(path, alone=False) as person:
            person.decide([JUDGED.id], "done", now=NOW)
        yield JUDGED

    with connect(path) as scan:
        scan.rejudge("r2", judging())
        assert (scan.rules(), [one.id for one in scan.judged()]) == ("r2", [JUDGED.id])
        assert scan.work([JUDGED.id], NOW)[JUDGED.id].status == "done"


def test_a_decision_that_must_wait_too_long_says_so_and_saves_nothing(path, hurried):
    """It does not speak of `scan --wait`, which would not help; the next one goes through."""
    with connect(path, alone=False) as store:
        with (
            somebody_else(locks.for_writes(path)),
            pytest.raises(StoreError, match=r"scanner\.db: something else is being") as refused,
        ):
            store.note([JUDGED.id], "lost", NOW)
        assert "--wait" not in str(refused.value)
        store.note([JUDGED.id], "kept", NOW)
        assert [event.detail for event in store.history(JUDGED.id)] == ["kept"]


@pytest.mark.parametrize("alone", [True, False])
def test_nothing_is_opened_to_write_while_somebody_writes(path, hurried, alone):
    """Opening sets modes and may upgrade; it keeps no lock when it was refused."""
    with (
        somebody_else(locks.for_writes(path)),
        pytest.raises(StoreError, match="something else is being written"),
    ):
        connect(path, alone=alone)
    connect(path).close()


def test_a_decision_waits_for_a_transaction_to_end(path):
    """The lock is asked for again and again, not once."""
    lock = locks.for_writes(path)
    with connect(path, alone=False) as store, closing(lock):
        lock.acquire(0)
        pause = signal.signal(signal.SIGALRM, lambda *_: lock.release())
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            store.note([JUDGED.id], "after all", NOW)
        finally:
            signal.signal(signal.SIGALRM, pause)
        assert len(store.history(JUDGED.id)) == 1


def test_a_decision_upgrades_only_while_nobody_scans(path, monkeypatch, hurried):
    """A scan of an older release must not have its tables changed below it."""
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda connection: None))
    with (
        somebody_else(locks.for_scans(path)),
        pytest.raises(StoreError, match=r"first be brought up to date, but a scan .* is running"),
    ):
        connect(path, alone=False)
    assert list(path.parent.glob("*.bak")) == []
    with connect(path, alone=False), connect(path):  # the scan's lock is free again
        pass
    assert len(list(path.parent.glob("*.bak"))) == 1


def test_a_decision_on_a_database_that_is_not_there_makes_it(tmp_path):
    """As a scan does, and then lets scans go on."""
    path = tmp_path / "new" / "scanner.db"
    with connect(path, alone=False) as person, connect(path):
        person.note([JUDGED.id], "text", NOW)
        assert len(person.history(JUDGED.id)) == 1


# --- the WAL-reset fault -------------------------------------------------------------------------


@pytest.mark.case("D13")
def test_everything_that_writes_does_so_under_the_writers_lock(path):
    """At each BEGIN, write and COMMIT of a store the lock is taken; between them it is free."""
    probe, taken = locks.for_writes(path), []

    def free() -> bool:
        try:
            with probe.held(0):
                return True
        except StoreError:
            return False

    with closing(probe), connect(path) as store:
        store._database.connection.set_trace_callback(lambda sql: taken.append((sql, free())))
        assert free()
        store.save_feed(FeedState(FEED, etag="2"), (), (), rules="r", now=NOW)
        store.save_unchanged([FeedState(FEED, etag="3")])
        store.decide([JUDGED.id], "done", now=NOW)
        store.mark_shown([JUDGED.id], NOW)
        store.rejudge("r2", [JUDGED])
        store.prune(NOW)
        assert free()
        store._database.connection.set_trace_callback(None)
    writing = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE")
    wrote = [(sql, was_free) for sql, was_free in taken if sql.startswith(writing)]
    assert sum(sql == "COMMIT" for sql, _ in wrote) >= 6
    assert [sql for sql, was_free in wrote if was_free] == []


@pytest.mark.case("D13")
@pytest.mark.parametrize("interrupted", [False, True])
def test_closing_without_the_lock_leaves_the_log_alone(path, hurried, monkeypatch, interrupted):
    """The last connection's end is a checkpoint; who cannot have the lock leaves it to others."""
    log = path.with_name("scanner.db-wal")
    store = connect(path)
    store.save_feed(FeedState(FEED, etag="2"), (), (), rules="r", now=NOW)
    before = path.read_bytes(), log.read_bytes()
    with somebody_else(locks.for_writes(path)):
        if interrupted:
            monkeypatch.setattr(time, "sleep", lambda seconds: os.kill(os.getpid(), signal.SIGINT))
            with pytest.raises(KeyboardInterrupt):
                store.close()
        else:
            store.close()
    assert (path.read_bytes(), log.read_bytes()) == before
    monkeypatch.undo()
    with connect(path) as store:  # the scan's lock was given back all the same
        assert store.feed_states()[FEED].etag == "2"
    assert not log.exists()


def test_closing_after_the_file_was_moved_away_is_closing(path, hurried):
    """There is nothing left to be careful with."""
    store = connect(path)
    path.rename(path.with_name("elsewhere.db"))
    with somebody_else(locks.for_writes(path)):
        store.close()
    with closing(locks.for_scans(path)) as lock:
        lock.acquire(0)


MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from scanner.store import connect
for round_ in range(4):
    with connect(Path(sys.argv[1]), alone=False) as store:
        store._database.connection.execute("PRAGMA wal_autocheckpoint = 1")
        for number in range(5):
            store.note(["a" * 12], "x" * 3000, datetime(2026, 11, 20, tzinfo=UTC))
"""


@pytest.mark.case("D13")
def test_many_writers_lose_nothing(path):
    """Four processes write, checkpoint, open and close at once: every row is there, all whole."""
    writers = [subprocess.Popen([sys.executable, "-c", MANY, path]) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    with connect(path) as store:
        assert len(store.history("a" * 12)) == 4 * 4 * 5
        assert store._database.rows("PRAGMA integrity_check") == [("ok",)]


# --- readers -------------------------------------------------------------------------------------


@pytest.mark.case("D02")
def test_readers_take_no_lock_and_never_checkpoint(path):
    """They read while both locks are taken, make no lock file, and leave the log when they go."""
    log = path.with_name("scanner.db-wal")
    store = connect(path)
    store.save_feed(FeedState(FEED, etag="2"), (), (), rules="r", now=NOW)
    # what a killed scan leaves: the log is full, and nobody has the file open
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    copy.with_name("copy.db-wal").write_bytes(log.read_bytes())
    store.close()
    before = copy.read_bytes(), copy.with_name("copy.db-wal").read_bytes()
    with (
        somebody_else(locks.for_scans(path)),
        somebody_else(locks.for_writes(path)),
        connect(path, write=False) as reader,
    ):
        assert reader.feed_states()[FEED].etag == "2"
    with connect(copy, write=False) as reader:
        assert reader.feed_states()[FEED].etag == "2"
    assert (copy.read_bytes(), copy.with_name("copy.db-wal").read_bytes()) == before
    assert list(path.parent.glob("copy.db*lock")) == []


def test_looking_at_a_file_that_is_open_here_keeps_sqlites_locks(path):
    """Closing any handle on the file would drop this process's POSIX locks on it."""
    with connect(path, write=False) as reader:
        reader.feed_states()
        held = _posix_locks(path)
        assert held > 0
        connect(path, alone=False).close()
        with connect(path, write=False) as second:
            assert second.feed_states()
        assert _posix_locks(path) >= held
    assert not database.is_open(path)


def _posix_locks(path: Path) -> int:
    """How many of them this process has on the file, by the kernel's table."""
    table, inode = Path("/proc/locks"), path.stat().st_ino
    if not table.exists():
        pytest.skip("no /proc/locks")
    rows = [line.split() for line in table.read_text().splitlines()]
    return sum(
        row[1] == "POSIX" and row[4] == str(os.getpid()) and row[5].endswith(f":{inode}")
        for row in rows
    )


# --- the lock itself -----------------------------------------------------------------------------


@pytest.mark.case("D17")
@pytest.mark.parametrize("content", [b"", b"1", b"4194303 dead", b"\0" * 100])
def test_a_lock_file_that_lies_there_means_nothing(path, content):
    """Whatever some other program wrote into it, a pid for one: only the kernel's lock counts."""
    for suffix in (".lock", ".write.lock"):
        path.with_name(path.name + suffix).write_bytes(content)
    with connect(path) as store:
        store.note([JUDGED.id], "text", NOW)
    assert path.with_name("scanner.db.lock").read_bytes() == content


@pytest.mark.case("D17")
def test_a_killed_scan_leaves_no_lock(path):
    """The kernel frees it with the process."""
    with scanning(path) as scan:
        scan.kill()
        scan.wait()
        connect(path).close()


def test_a_lock_file_that_was_deleted_is_made_again(path):
    """The lock on a file without a name would guard nothing that others can see."""
    first, second = locks.for_writes(path), locks.for_writes(path)
    with closing(first), closing(second):
        with first.held(0):
            pass
        first.path.unlink()
        with first.held(0.5), pytest.raises(StoreError), second.held(0):
            pytest.fail("both have it")


def test_a_lock_file_that_leads_elsewhere_is_refused(path):
    """Somebody's symbolic link must not make us write into another file."""
    lock = path.with_name("scanner.db.write.lock")
    lock.unlink()
    lock.symlink_to(path.with_name("victim"))
    with pytest.raises(StoreError, match=r"cannot be written: .*scanner\.db\.write\.lock"):
        connect(path)
    assert not path.with_name("victim").exists()


@pytest.mark.case("D18")
def test_lock_files_are_private_under_any_umask(tmp_path):
    """0600, also under umask 000."""
    before = os.umask(0)
    try:
        connect(tmp_path / "scanner.db").close()
    finally:
        os.umask(before)
    modes = {lock.name: stat.S_IMODE(lock.stat().st_mode) for lock in tmp_path.glob("*.lock")}
    assert modes == {"scanner.db.lock": 0o600, "scanner.db.write.lock": 0o600}


def test_a_file_system_without_locks_is_named(path, monkeypatch):
    """Better no scan than two at once."""

    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match=r"scanner\.db\.lock cannot be locked: its file system"):
        connect(path)


def test_another_fault_of_the_lock_is_told_with_its_file(path, monkeypatch):
    """The disk's own word, and the path."""

    def fail(handle: int, operation: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(StoreError, match=r"scanner\.db cannot be written: Input/output error"):
        connect(path)


def test_without_flock_another_kind_of_lock_serves(path, monkeypatch):
    """Where the system has no such locks (Windows), filelock's are taken and given back."""
    importlib.import_module("filelock")  # with fcntl: without it, it would warn
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with connect(path) as store:
        with pytest.raises(StoreError, match="Another scanner"):
            connect(path)
        store.note([JUDGED.id], "text", NOW)
    with connect(path) as store:
        assert len(store.history(JUDGED.id)) == 1


def test_a_lock_in_sqlite_itself_is_waited_for_and_named(path, monkeypatch):
    """Somebody writes in the sqlite3 shell, which knows nothing of ours."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with connect(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has locked"):
            store.note([JUDGED.id], "text", NOW)
        shell.execute("ROLLBACK")
        store.note([JUDGED.id], "text", NOW)
