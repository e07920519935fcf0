"""What disks, kernels, other processes and people do to a database, and what is left after."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.errors import StoreError
from scanner.records import FeedState, HostState, Judged, Matched, Post, Scored
from scanner.store import connect, database, file

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = "https://example.org/feed.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scanner.db"


def some_posts(count: int = 20, text: str = "Acme lost it. " * 50) -> list[Post]:
    return [Post(FEED, "Example", f"guid {n}", None, f"Post {n}", text) for n in range(count)]


def judge(post: Post) -> Judged:
    return Judged(Scored(Matched(post, "Acme", ()), (), 0.5), "other", ())


def fill(path: Path, count: int = 20) -> None:
    posts = some_posts(count)
    with connect(path) as store:
        state = FeedState(FEED, etag="1")
        store.save_feed(state, posts, [judge(post) for post in posts], rules="r", now=NOW)


# --- two at a time ------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from scanner.store import connect
with connect(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_a_second_writer_is_told_at_once(path):
    """D01: another process writes, so this one says so within a moment and does nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, "60"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"ready\n"
        began = time.monotonic()
        with pytest.raises(
            StoreError, match=r"Another scanner is scanning with .*scanner\.db.*--wait"
        ):
            connect(path)
        assert time.monotonic() - began < 1
        with connect(path, write=False) as reader:
            assert reader.judged() == []
        holder.kill()
    # D17: the kernel freed the dead holder's lock, the file of it still lies there
    assert path.with_name("scanner.db.lock").exists()
    connect(path).close()


def test_a_patient_writer_gets_its_turn(path):
    """`wait` outlasts a writer that ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, "0.3"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        connect(path, wait=30).close()


def test_the_lock_is_free_again_after_an_open_that_failed(path):
    """A refused database does not stay locked for this process."""
    path.write_bytes(b"garbage")
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            connect(path)


def test_two_names_of_one_file_are_one_database(path):
    """A symbolic link leads to the same lock."""
    link = path.with_name("link.db")
    with connect(path):
        link.symlink_to(path)
        with pytest.raises(StoreError, match="Another scanner"):
            connect(link)


def test_a_foreign_lock_inside_sqlite_is_named(path, monkeypatch):
    """Someone in the sqlite3 shell holds the file: plain words, nothing lost."""
    fill(path)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has locked"):
            connect(path)


def test_a_reader_does_not_hold_up_the_writer(path):
    """D14: a scan commits while a reader is in the middle of its rows."""
    fill(path)
    with connect(path, write=False) as reader, connect(path) as writer:
        rows = reader.posts()
        next(rows)
        writer.save_feed(FeedState(FEED, etag="2"), (), (), rules="r", now=NOW)
        assert len(list(rows)) == 19
        assert reader.feed_states()[FEED].etag == "2"


# --- kill -9 ------------------------------------------------------------------------------------

# One feed of three at a time; everything in it tells the round. Kept apart from this module, whose
# import would cost each process pytest's.
SAVING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from scanner.records import FeedState, HostState, Judged, Matched, Post, Scored
from scanner.store import connect
now = datetime(2026, 11, 20, 12, tzinfo=UTC)
with connect(Path(sys.argv[1])) as store:
    for round_ in range(10**6):
        if round_ == 1:
            print("ready", flush=True)
        feed = f"https://example.org/{round_ % 3}"
        text = f"{round_} " * 400
        posts = [Post(feed, "Example", f"guid {n}", None, "Post", text) for n in range(8)]
        judged = [Judged(Scored(Matched(post, "Acme", ()), (), 0.5), "other", ()) for post in posts]
        state, host = FeedState(feed, etag=str(round_)), HostState(feed, now, str(round_))
        store.save_feed(state, posts, judged, rules="r", now=now, host=host)
"""


def test_a_kill_at_any_moment_leaves_each_feed_whole(path):
    """D03: after each of 20 kills a feed is there whole, with its validators, or not at all."""
    moments = random.Random(3)
    for turn in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", SAVING, path],
            stdout=subprocess.PIPE,
        ) as scan:
            assert scan.stdout
            if turn % 4:
                scan.stdout.readline()
                time.sleep(moments.uniform(0, 0.03))
            else:  # while it starts, and the first time creates the file
                time.sleep(moments.uniform(0.1, 0.25))
            scan.kill()
        with connect(path) as store:
            assert store._database.rows("PRAGMA quick_check") == [("ok",)]
            assert store._database.rows("PRAGMA foreign_key_check") == []
            rounds = {url: state.etag for url, state in store.feed_states().items()}
            posts = [(post.feed_url, post.text.split()[0]) for post in store.posts()]
            assert sorted(posts) == sorted(8 * list(rounds.items()))
            judged = [(one.post.feed_url, one.post.text.split()[0]) for one in store.judged()]
            assert sorted(judged) == sorted(posts)
            hosts = store._database.rows("SELECT host, why FROM hosts")
            assert dict(hosts) == rounds
    assert rounds, "not one feed was saved whole before a kill"


UNCHANGED = """
import sys
from pathlib import Path
from scanner.records import FeedState
from scanner.store import connect
with connect(Path(sys.argv[1])) as store:
    for round_ in range(10**6):
        feeds = (f"https://example.org/{n}" for n in range(300))
        store.save_unchanged(FeedState(feed, etag=str(round_)) for feed in feeds)
        print("saved", flush=True)
"""


def test_a_kill_leaves_the_states_of_unchanged_feeds_from_one_moment(path):
    """Saved together, they are there together: all as of one round, after each of 6 kills."""
    moments = random.Random(4)
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", UNCHANGED, path], stdout=subprocess.PIPE
        ) as scan:
            assert scan.stdout
            assert scan.stdout.readline() == b"saved\n"
            time.sleep(moments.uniform(0, 0.03))
            scan.kill()
        with connect(path) as store:
            states = store.feed_states()
            assert len(states) == 300
            assert len({state.etag for state in states.values()}) == 1


# --- the disk -----------------------------------------------------------------------------------


def test_a_full_disk_keeps_what_was_saved_and_goes_on_when_freed(path):
    """D05: of the feed that did not fit not even the validators are there; later it fits."""
    with connect(path) as store:
        store.save_feed(FeedState("https://a.example", etag="1"), (), (), rules="r", now=NOW)
        connection = store._database.connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match=r"scanner\.db: the disk is full.*kept"):
            store.save_feed(FeedState(FEED, etag="1"), some_posts(), (), rules="r", now=NOW)
        assert set(store.feed_states()) == {"https://a.example"}
        assert list(store.posts()) == []
        connection.execute("PRAGMA max_page_count = 100000")
        assert (
            store.save_feed(FeedState(FEED, etag="1"), some_posts(), (), rules="r", now=NOW) == 20
        )
        assert store.feed_states()[FEED].etag == "1"


CRAMPED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from scanner.errors import StoreError
from scanner.records import FeedState, Post
from scanner.store import connect
feed = "https://example.org/feed.xml"
posts = [Post(feed, "Example", f"guid {n}", None, "Post", "Acme " * 200) for n in range(500)]
with connect(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        store.save_feed(FeedState(feed, etag="2"), posts, (), rules="r", now=now)
    except StoreError as error:
        print(error)
"""


def test_a_disk_that_fails_to_write_is_told_in_plain_words(path):
    """The system refuses a write in the middle of a feed: a message, and the old state intact."""
    fill(path, 2)
    ran = subprocess.run(
        [sys.executable, "-c", CRAMPED, path],
        capture_output=True,
        check=True,
        text=True,
    )
    assert f"{path}: the disk " in ran.stdout
    with connect(path) as store:
        assert store.feed_states()[FEED].etag == "1"
        assert len(list(store.posts())) == 2


def test_creating_on_a_full_disk_leaves_no_half_made_file(tmp_path):
    """Nothing stands under the database's name until it is complete."""
    path = tmp_path / "scanner.db"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"scanner\.db: the disk"):
            connect(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not path.exists()
    connect(path).close()


@pytest.mark.case("D05")
def test_what_is_saved_can_be_read_on_a_full_disk(path):
    """There is no room even for the files by which readers agree; without a log none is needed."""
    fill(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with connect(path, write=False) as store:
            assert len(store.judged()) == 20
        for alone in (True, False):
            with pytest.raises(StoreError, match=r"scanner\.db: the disk is full"):
                connect(path, alone=alone)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    fill(path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter; pytest's own they may not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o700)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere, so be nobody for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_read_only_database_can_be_read_and_not_written(open_folder):
    """D06: reading works on a read-only file in a read-only folder; writing names the path."""
    path = open_folder / "scanner.db"
    fill(path)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with unprivileged():
        with connect(path, write=False) as store:
            assert len(store.judged()) == 20
        for refused in (path, open_folder / "new" / "scanner.db"):
            with pytest.raises(StoreError, match="cannot be written: Permission denied") as error:
                connect(refused)
            assert str(refused) in str(error.value)


def test_a_read_only_file_in_a_writable_folder_is_told_before_any_work(open_folder):
    """Not the first feed but the opening says that the file cannot be written."""
    path = open_folder / "scanner.db"
    fill(path)
    path.chmod(0o444)
    for lock in open_folder.glob("*.lock"):
        lock.unlink()
    open_folder.chmod(0o777)
    before = path.read_bytes()
    for alone in (True, False):
        denied = r"scanner\.db cannot be written: Permission denied \(\S+/scanner\.db\)"
        with unprivileged(), pytest.raises(StoreError, match=denied):
            connect(path, alone=alone)
    assert {beside.suffix for beside in open_folder.iterdir()} == {".db", ".lock"}
    assert path.read_bytes() == before


def test_a_database_in_use_is_readable_from_a_read_only_folder(open_folder):
    """A log that is not yet in the file counts for readers that may not write beside it."""
    path = open_folder / "scanner.db"
    with connect(path) as store:
        posts = some_posts(3)
        judged = [judge(post) for post in posts]
        store.save_feed(FeedState(FEED), posts, judged, rules="r", now=NOW)
        for beside in open_folder.iterdir():
            beside.chmod(0o644)
        with unprivileged(), connect(path, write=False) as reader:
            assert len(reader.judged()) == 3


def test_an_unreadable_log_is_no_reason_to_show_an_older_state(open_folder):
    """Without the right to read the log, a reader says so instead of leaving it out."""
    path = open_folder / "scanner.db"
    with connect(path) as store:
        store.save_feed(FeedState(FEED), some_posts(3), (), rules="r", now=NOW)
        path.chmod(0o644)
        with unprivileged(), pytest.raises(StoreError, match="cannot be opened"):
            connect(path, write=False)


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_files_are_private_whatever_the_umask(tmp_path, mask):
    """D18: database, log and lock 0600 and new folders 0700, under umask 000 too."""
    path = tmp_path / "a" / "b" / "scanner.db"
    before = os.umask(mask)
    try:
        with connect(path) as store:
            store.save_host(HostState("example.org", NOW, "429"))
            names = [path.name + end for end in ("", "-shm", "-wal", ".lock", ".write.lock")]
            assert sorted(beside.name for beside in path.parent.iterdir()) == sorted(names)
            for beside in path.parent.iterdir():
                assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_is_named(tmp_path):
    """A file where a folder should be, a folder where the file should be: path and cause."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"scanner\.db cannot be written: .*/file"):
        connect(tmp_path / "file" / "scanner.db")
    with pytest.raises(StoreError, match="Is a directory"):
        connect(tmp_path)
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        connect(tmp_path, write=False)


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0", b"\0" * 4096])
def test_garbage_is_refused_and_left_alone(path, content, write):
    """D07: the message names the file and what to do, the bytes stay."""
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"scanner\.db: the database is damaged.*scanner restore"):
        connect(path, write=write)
    assert path.read_bytes() == content


def test_an_overwritten_page_is_found_before_anything_is_written(path):
    """D07: whichever page of the tables it is, opening to write refuses and changes nothing."""
    fill(path)
    path.with_name("scanner.db.v0.bak").write_bytes(b"")
    whole = path.read_bytes()
    size = 4096
    refused = 0
    for page in range(1, len(whole) // size):
        hurt = bytearray(whole)
        hurt[page * size : (page + 1) * size] = random.Random(page).randbytes(size)
        path.write_bytes(hurt)
        with pytest.raises(StoreError, match=r"damaged.*scanner\.db\.v0\.bak.*`scanner doctor`"):
            connect(path)
        refused += 1
        assert path.read_bytes() == hurt
    assert refused > 10


def test_a_damaged_page_met_while_reading_is_told_in_plain_words(path):
    """A reader does not look through the whole file first; it meets the page, and says so."""
    fill(path, 200)
    hurt = bytearray(path.read_bytes())
    hurt[8 * 4096 :] = random.Random(1).randbytes(len(hurt) - 8 * 4096)
    path.write_bytes(hurt)
    with connect(path, write=False) as store, pytest.raises(StoreError, match="is damaged"):
        store.judged()


def test_a_record_that_is_none_is_damage(path):
    """A row whose JSON was tampered with is reported with the file, not as a traceback."""
    fill(path)
    with closing(sqlite3.connect(path)) as shell, shell:
        shell.execute("UPDATE posts SET body = '{\"feed_url\": 1}'")
    with connect(path) as store, pytest.raises(StoreError, match=r"is damaged \(no Post: "):
        list(store.posts())


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("witness", ["scanner.db-wal", "scanner.db-journal", "scanner.db.v1.bak"])
def test_an_emptied_database_is_not_taken_for_a_new_one(path, witness, write):
    """D08: zero bytes with a log or a backup beside them were a database once."""
    path.write_bytes(b"")
    path.with_name(witness).write_bytes(b"x")
    with pytest.raises(StoreError, match=rf"scanner\.db is empty, but {witness} beside it"):
        connect(path, write=write)
    assert path.read_bytes() == b""


def test_a_log_without_its_database_is_not_thrown_away(path):
    """Where the file is gone but unsaved pages are not, nothing is created over them."""
    log = path.with_name("scanner.db-wal")
    log.write_bytes(b"x")
    with pytest.raises(
        StoreError, match=r"is gone, but scanner\.db-wal .* move scanner\.db-wal away"
    ):
        connect(path)
    assert not path.exists()
    log.write_bytes(b"")
    connect(path).close()


def test_an_empty_file_with_no_past_becomes_a_database(path):
    """What mktemp or touch made may be used."""
    path.touch(0o644)
    fill(path)
    with connect(path, write=False) as store:
        assert len(store.judged()) == 20
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_remains_of_a_creation_that_was_killed_do_no_harm(path):
    """The half-made file under its other name is begun again."""
    path.with_name("scanner.db.new").write_bytes(b"half a databa")
    fill(path)
    assert not path.with_name("scanner.db.new").exists()


def test_a_reader_cannot_write(path):
    """Opened to read, nothing can be written by mistake, neither in a file nor in the void."""
    with (
        connect(path, write=False) as store,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        store.note("a" * 12, "text", NOW)
    fill(path)
    before = path.read_bytes()
    with (
        connect(path, write=False) as store,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        store.mark_shown(["a" * 12], NOW)
    assert path.read_bytes() == before


def test_a_judgement_without_its_post_is_a_bug_and_saves_nothing(path):
    """What a caller gets wrong is no fault of the disk's and is not dressed up as one."""
    with connect(path) as store:
        with pytest.raises(sqlite3.IntegrityError):
            store.save_feed(FeedState(FEED), [], [judge(some_posts(1)[0])], rules="r", now=NOW)
        assert store.feed_states() == {}


def test_a_closed_store_may_be_closed_again(path):
    """Closing twice is closing once."""
    store = connect(path)
    store.close()
    store.close()
    with connect(path) as again:  # the lock is free, too
        assert again.feed_states() == {}


# --- journals -----------------------------------------------------------------------------------

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
nas:/home /home nfs4 rw 0 0
/dev/sdb1 /home/ann/local ext4 rw 0 0
//nas/x /mnt/My\\040Share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("where", "remote"),
    [
        ("/var/scanner.db", False),
        ("/home/ann/scanner.db", True),
        ("/home/ann/local/scanner.db", False),
        ("/homestead/scanner.db", False),
        ("/mnt/My Share/scanner.db", True),
    ],
)
def test_network_file_systems_are_told_by_the_table_of_mounts(where, remote):
    """D12: the innermost mount above the file decides."""
    assert file._on_network(Path(where), MOUNTS) is remote
    assert file._on_network(Path(where), "") is False


def test_no_log_on_a_network_file_system(path, monkeypatch):
    """D12: there a rollback journal is used, synced in full; elsewhere the write-ahead log."""
    with connect(path) as store:
        assert store._database.rows("PRAGMA journal_mode") == [("wal",)]
        assert store._database.rows("PRAGMA synchronous") == [(1,)]
    table = path.with_name("mounts")
    table.write_text(f"nas:/ {path.parent} nfs rw 0 0\n")
    monkeypatch.setattr(file, "_MOUNTS", table)
    with connect(path) as store:
        store.note("a" * 12, "text", NOW)
        assert store._database.rows("PRAGMA journal_mode") == [("delete",)]
        assert store._database.rows("PRAGMA synchronous") == [(2,)]
    monkeypatch.setattr(file, "_MOUNTS", path.with_name("no such table"))
    with connect(path) as store:
        assert len(store.history("a" * 12)) == 1


def test_decisions_are_synced_feeds_are_not(path):
    """A power cut must not take a decision; a feed it may take whole, to be fetched again."""
    with connect(path) as store:
        asked: list[str] = []
        store._database.connection.set_trace_callback(asked.append)
        store.decide("a" * 12, "done", now=NOW)
        pragmas = [sql for sql in asked if "=" in sql and sql.startswith("PRAGMA")]
        assert pragmas == ["PRAGMA synchronous = FULL", "PRAGMA synchronous = 1"]
        asked.clear()
        store.save_feed(FeedState(FEED), (), (), rules="r", now=NOW)
        assert "PRAGMA synchronous = FULL" not in asked
