"""D: what disks, processes, clocks and people do to the database, by real runs of the program."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.records import FeedState, Judged, Matched, Post, Scored
from scanner.store import connect, database, file
from tests.cases.pages import NOW, fine
from tests.cases.server import Exchange, Server
from tests.conftest import Cli, Ran, rss

CONFIG = """
[[brands]]
name = "Acme"
[[feeds]]
url = "feed.xml"
"""
AT = ("--now", "2026-11-20T12:00:00Z")


@pytest.fixture
def home(cli: Cli) -> Cli:
    """A config with one local feed of twenty complaints; nothing was scanned yet."""
    cli.environ["SCANNER_DB"] = str(cli.folder / "scanner.db")
    cli.write("scanner.toml", CONFIG)
    feed(cli, 20)
    return cli


def feed(cli: Cli, count: int) -> None:
    """Write the feed: so many posts, no two alike, of which the first twenty are about us."""
    chance = random.Random(1)
    posts = []
    for n in range(count):
        letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz     ", k=1500))
        words = f"Acme lost my data. {letters[:60]}" if n < 20 else letters
        posts.append({"title": f"Post {n}", "when": NOW, "text": words})
    cli.write("feed.xml", rss(posts))


def apart(cli: Cli, *arguments: str, **more) -> Ran:
    """`scanner` as a process of its own."""
    ran = subprocess.run(
        _command(*arguments), **_about(cli), check=False, capture_output=True, text=True, **more
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def start(cli: Cli, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """The same, left running."""
    return beside_it(*_command(*arguments), **_about(cli), stderr=subprocess.PIPE)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "scanner", *arguments]


def _about(cli: Cli) -> dict[str, Any]:
    return {"cwd": cli.folder, "env": os.environ | cli.environ}


@contextmanager
def beside_it(*command: object, **more) -> Iterator[subprocess.Popen[str]]:
    """A process that runs until the block ends, however that does."""
    with subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **more,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def refused(ran: Ran) -> str:
    """The one line on stderr of a run that could not do it, and wrote nothing else."""
    assert (ran.code, ran.out) == (1, ""), ran.err
    assert "Traceback" not in ran.err
    assert ran.err.count("\n") == 1
    return ran.err


def beside(path: Path) -> dict[str, bytes]:
    """Every file of the folder but the locks, with its bytes."""
    return {
        other.name: other.read_bytes()
        for other in path.parent.iterdir()
        if other.is_file() and other.suffix != ".lock"
    }


def titles(cli: Cli) -> list[str]:
    """The titles in the database, sorted."""
    with connect(cli.folder / "scanner.db", write=False) as store:
        return sorted(post.title for post in store.posts())


# --- two at a time -------------------------------------------------------------------------------


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the server's page waits for before it answers."""
    opened = threading.Event()
    yield opened
    opened.set()


@pytest.fixture
def slow(home: Cli, gate: threading.Event) -> Iterator[Server]:
    """A server whose only page answers when the gate opens; the config asks it, too."""

    def page(exchange: Exchange) -> bytes:
        gate.wait(60)
        return fine()

    with closing(Server({"/slow": page})) as server:
        row = f"[[feeds]]\nurl = '{server.url('/slow')}'\nallow_private = true\n"
        home.write("scanner.toml", CONFIG + row)
        yield server


def is_asked(server: Server) -> None:
    """Wait until the scan hangs on the page."""
    while not server.asked("/slow"):
        time.sleep(0.01)


@pytest.mark.case("D01")
def test_a_second_scan_is_told_at_once_and_asks_nobody(
    home: Cli, slow: Server, gate: threading.Event
) -> None:
    """One line, exit 1, no request twice; with --wait it waits, and finds nothing due."""
    with start(home, "scan") as first:
        is_asked(slow)
        message = refused(home("scan"))
        assert f"Another scanner is scanning with {home.folder / 'scanner.db'}." in message
        assert "--wait" in message
        threading.Timer(0.3, gate.set).start()
        waiting = home("scan", "--wait", "60s")
        assert waiting.code == 0, waiting.err
        assert first.wait(60) == 0
    assert len(slow.asked("/slow")) == 1


@pytest.mark.case("D01")
def test_a_decision_does_not_wait_for_a_scan(home: Cli, slow: Server) -> None:
    """While a scan hangs on a server, `done` is saved."""
    with connect(home.folder / "scanner.db") as store:
        post = Post("https://example.org/f", "F", "1", None, "t", "Acme lost it", published=NOW)
        judged = Judged(Scored(Matched(post, "Acme", ()), (), 0.9), "other", ())
        store.save_feed(FeedState(post.feed_url), [post], [judged], rules="r", now=NOW)
    with start(home, "scan") as scan:
        is_asked(slow)
        done = home("done", judged.id)
        assert done.code == 0, done.err
        assert scan.poll() is None, "the scan is still at it"
    with connect(home.folder / "scanner.db", write=False) as store:
        assert store.status([judged.id], NOW) == {judged.id: "done"}


SAVING = """
import random, sys
from datetime import UTC, datetime
from pathlib import Path
from scanner.config import load
from scanner.judgement import fingerprint
from scanner.records import FeedState, Judged, Matched, Post, Scored
from scanner.store import connect
now = datetime(2026, 11, 20, 12, tzinfo=UTC)
rules = fingerprint(load(Path("scanner.toml"), need_feeds=False))
chance = random.Random(1)
with connect(Path("scanner.db")) as store:
    for round_ in range(10**6):
        feed = f"https://example.org/{round_ % 3}"
        posts = [
            Post(feed, "F", str(n), None, f"{round_}",
            "Acme lost my data and I cancel. " + " ".join(chance.choices("abcdefgh", k=99)),
            published=now) for n in range(30)]
        judged = [Judged(Scored(Matched(post, "Acme", ()), (), 0.9), "other", ()) for post in posts]
        store.save_feed(FeedState(feed, etag=str(round_)), posts, judged, rules=rules, now=now)
        if round_ == 3:
            print("ready", flush=True)
"""


@pytest.mark.case("D02")
def test_an_export_beside_a_writing_scan_shows_each_feed_from_one_moment(home: Cli) -> None:
    """Never a feed half from this commit and half from the one before."""
    feeds = "".join(f"[[feeds]]\nurl = 'https://example.org/{n}'\n" for n in range(3))
    home.write("scanner.toml", CONFIG + feeds)
    with beside_it(sys.executable, "-c", SAVING, **_about(home)) as scan:
        assert scan.stdout
        assert scan.stdout.readline() == "ready\n"
        rounds = set()
        for _ in range(4):
            ran = home("list", "--format", "jsonl", "--limit", "0", *AT)
            assert ran.code == 0, ran.err
            by_feed: dict[int, set[int]] = {}
            for row in ran.rows:
                by_feed.setdefault(int(row["title"]) % 3, set()).add(int(row["title"]))
            assert [len(found) for found in by_feed.values()] == [1, 1, 1]
            rounds |= set.union(*by_feed.values())
    assert len(rounds) > 3, "it did write meanwhile"


READING = """
import sys
from pathlib import Path
from scanner.store import connect
with connect(Path(sys.argv[1]), write=False) as store:
    rows = store.posts()
    next(rows)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(1 for _ in rows), flush=True)
    sys.stdin.readline()
"""


@pytest.mark.case("D14")
def test_a_reader_in_its_rows_holds_nobody_up_and_the_log_is_cut_afterwards(
    home: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans commit meanwhile; the next to close makes the log short, though the reader stays."""
    for module in (database, file):
        monkeypatch.setattr(module, "LOG_BYTES", 50_000)
    path = home.folder / "scanner.db"
    log = home.folder / "scanner.db-wal"
    assert home("scan", *AT).code == 0
    with beside_it(sys.executable, "-c", READING, path) as reader:
        assert reader.stdin
        assert reader.stdout
        assert reader.stdout.readline() == "ready\n"
        for count in (60, 90):
            feed(home, count)
            assert home("scan", "--refetch", *AT).code == 0
        assert len(titles(home)) == 90
        assert log.stat().st_size > 100_000, "nobody may take from the reader what it still reads"
        print(file=reader.stdin, flush=True)
        assert reader.stdout.readline() == "19\n", "it has seen one moment, the one it began at"
        feed(home, 91)
        assert home("scan", "--refetch", *AT).code == 0
        assert log.stat().st_size <= 50_000
        print(file=reader.stdin, flush=True)
    assert len(titles(home)) == 91


# --- the disk ------------------------------------------------------------------------------------


@pytest.mark.case("D05")
def test_a_disk_that_fills_up_mid_scan_loses_nothing_once_there_is_room(home: Cli) -> None:
    """Exit 1 with a message; then the same posts as a run that never failed, validators too."""
    home.write("other.xml", rss([{"title": "Acme first", "when": NOW}]))
    home.write(
        "scanner.toml", CONFIG.replace("[[feeds]]", '[[feeds]]\nurl = "other.xml"\n[[feeds]]')
    )
    assert home("scan", *AT).code == 0
    feed(home, 120)
    path = home.folder / "scanner.db"
    size = max(other.stat().st_size for other in home.folder.glob("scanner.db*"))

    def cramped() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40_000, resource.RLIM_INFINITY))

    ran = apart(home, "scan", "--refetch", *AT, preexec_fn=cramped)
    assert ran.code == 1
    assert f"{path}: the disk " in ran.err
    assert "Traceback" not in ran.err
    assert len(titles(home)) == 21
    assert home("scan", "--refetch", *AT).code == 0
    assert len(titles(home)) == 121


@pytest.fixture
def anybody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """A home that other users may enter; as nobody where we are root, who may write everywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        cli = Cli(folder)
        monkeypatch.chdir(folder)
        cli.environ["SCANNER_DB"] = str(folder / "data" / "scanner.db")
        (folder / "data").mkdir()
        cli.write("scanner.toml", CONFIG)
        feed(cli, 3)
        assert cli("scan", *AT).code == 0
        yield cli
        monkeypatch.undo()
        (folder / "data").chmod(0o755)


def as_nobody(cli: Cli, *arguments: str) -> Ran:
    """Run a command without the right to pass over modes."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        return cli(*arguments)
    finally:
        os.seteuid(user)


@pytest.mark.case("D06")
@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o444, 0o555), (0o444, 0o777), (0o644, 0o555)]
)
def test_what_may_not_be_written_can_be_listed_and_backed_up(
    anybody: Cli, file_mode: int, folder_mode: int
) -> None:
    """A scan and a decision name the path and leave all as it is; `list` and `backup` work."""
    path = anybody.folder / "data" / "scanner.db"
    for lock in path.parent.glob("*.lock"):
        lock.unlink()
    path.chmod(file_mode)
    path.parent.chmod(folder_mode)
    before = beside(path)
    listed = as_nobody(anybody, "list", "--format", "jsonl", *AT)
    assert listed.code == 0, listed.err
    id_ = listed.rows[0]["id"]
    left = beside(path)
    assert left[path.name] == before[path.name]
    for ran in (as_nobody(anybody, "scan", *AT), as_nobody(anybody, "done", id_)):
        assert f"{path} cannot be written: Permission denied" in refused(ran)
    assert beside(path) == left
    copied = as_nobody(anybody, "backup", str(anybody.folder / "copy.db"))
    assert copied.code == 0, copied.err
    with connect(anybody.folder / "copy.db", write=False) as store:
        assert len(list(store.posts())) == 3


@pytest.mark.case("D17")
def test_a_folder_without_room_for_a_lock_is_named(anybody: Cli) -> None:
    """The lock's own file is named, and what to do."""
    path = anybody.folder / "data" / "scanner.db"
    for lock in path.parent.glob("*.lock"):
        lock.unlink()
    path.chmod(0o666)
    path.parent.chmod(0o555)
    message = refused(as_nobody(anybody, "scan", *AT))
    assert f"({path}.lock)" in message
    assert "or name another file with --db" in message


@pytest.mark.case("D17")
def test_a_lock_file_of_a_process_long_dead_is_no_obstacle(home: Cli) -> None:
    """Whatever pid stands in it, ours or one that is another program's by now."""
    for content in (b"4194303\n", f"{os.getpid()}\n".encode()):
        for name in ("scanner.db.lock", "scanner.db.write.lock"):
            home.write(name, content)
        assert home("scan", *AT).code == 0


@pytest.mark.case("D18")
def test_every_file_is_private_under_umask_000(home: Cli) -> None:
    """Database, logs, locks and backups: 0600, also those that a reader makes."""
    home.environ["SCANNER_DB"] = str(home.folder / "new" / "scanner.db")
    for arguments in (("scan", *AT), ("backup", "new/copy.db"), ("list", *AT)):
        ran = apart(home, *arguments, umask=0)
        assert ran.code == 0, ran.err
    with connect(home.folder / "new" / "scanner.db") as store:
        store.save_unchanged([])
        modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (home.folder / "new").iterdir()}
    assert set(modes) >= {
        "scanner.db",
        "scanner.db-wal",
        "scanner.db-shm",
        "scanner.db.lock",
        "copy.db",
    }
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((home.folder / "new").stat().st_mode) == 0o700


# --- what is no database, or none of ours --------------------------------------------------------


def _garbage(data: bytes) -> bytes:
    return random.Random(1).randbytes(len(data))


def _page(data: bytes) -> bytes:
    return data[:4096] + random.Random(1).randbytes(4096) + data[8192:]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _cut_within_a_page(data: bytes) -> bytes:
    return data[: len(data) // 2 + 1234]


def _zeros(data: bytes) -> bytes:
    return data[: len(data) - 8192] + bytes(8192)


@pytest.mark.case("D07")
@pytest.mark.parametrize("hurt", [_garbage, _page, _cut, _cut_within_a_page, _zeros])
def test_a_damaged_database_is_named_with_its_backup_and_left_alone(home: Cli, hurt) -> None:
    """File, backup, `scanner doctor`; not a byte changes, and nothing new lies beside it."""
    assert home("scan", *AT).code == 0
    assert home("backup", "scanner-monday.db").code == 0
    path = home.folder / "scanner.db"
    path.write_bytes(hurt(path.read_bytes()))
    for log in home.folder.glob("scanner.db-*"):  # empty ones, of the command that read last
        log.unlink()
    before = beside(path)
    message = refused(home("scan", *AT))
    for word in (str(path), "is damaged", "scanner-monday.db", "`scanner doctor`"):
        assert word in message
    assert beside(path) == before
    assert "is damaged" in refused(home("backup", "scanner-monday.db"))
    assert beside(path)["scanner-monday.db"] == before["scanner-monday.db"]
    # what the message says, done
    for old in home.folder.glob("scanner.db*"):
        old.rename(home.folder / f"away-{old.name}")
    path.write_bytes((home.folder / "scanner-monday.db").read_bytes())
    assert home("scan", *AT).code == 0
    assert len(titles(home)) == 20


@pytest.mark.case("D07")
def test_a_decision_is_not_written_beside_a_damaged_page(home: Cli) -> None:
    """A page of the histories that the new note would not touch; posts are not looked through."""
    path, id_ = home.folder / "scanner.db", "a" * 12
    with connect(path) as store:
        store.decide([id_], "open", now=NOW)
        store.note([id_], "the first of many", NOW)
        for number in range(60):
            store.note([id_], f"{number} " * 100, NOW)
    data = bytearray(path.read_bytes())
    page = data.index(b"the first of many") // 4096
    data[page * 4096 : (page + 1) * 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(data)
    assert "is damaged" in refused(home("note", id_, "text"))
    assert path.read_bytes() == data


@pytest.mark.case("D08")
def test_a_truncated_database_is_not_taken_for_a_new_one(home: Cli) -> None:
    """Refused where a backup or a log says that it existed; never begun anew in silence."""
    assert home("scan", *AT).code == 0
    path = home.folder / "scanner.db"
    assert home("backup", "scanner-monday.db").code == 0
    path.write_bytes(b"")
    message = refused(home("scan", *AT))
    assert f"{path} is empty, but scanner" in message
    assert "`scanner restore scanner-monday.db` puts back what lies beside it" in message
    assert refused(home("list", *AT)) == message
    assert path.read_bytes() == b""
    (home.folder / "scanner-monday.db").unlink()
    assert "is empty, but scanner.db.lock beside it" in refused(home("scan", *AT))
    (home.folder / "scanner.db.lock").unlink()
    home.write("scanner.db-wal", b"")
    assert "is empty, but scanner.db-wal beside it" in refused(home("scan", *AT))
    assert path.read_bytes() == b""


@pytest.mark.case("D08")
def test_an_empty_file_that_was_never_ours_is_filled(home: Cli) -> None:
    """`mktemp` makes such files."""
    path = home.write("made by mktemp.db", b"")

    assert home("--db", path, "scan", *AT).code == 0
    assert path.read_bytes().startswith(b"SQLite format 3")


BROKEN_OFF = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE posts SET body = zeroblob(200000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.case("D03", "D12")
@pytest.mark.parametrize(
    "command", [("scan", *AT), ("note", "ID", "seen"), ("show", "ID")], ids=lambda c: c[0]
)
def test_a_write_broken_off_without_a_log_is_taken_back(home: Cli, command) -> None:
    """On a network drive there is a rollback journal: after a kill the next to come mends it."""
    assert home("scan", *AT).code == 0
    before = home("list", "--format", "jsonl", "--limit", "0", *AT)
    subprocess.run([sys.executable, "-c", BROKEN_OFF, str(home.folder / "scanner.db")], check=False)
    assert (home.folder / "scanner.db-journal").exists()

    ran = home(*(before.rows[0]["id"] if word == "ID" else word for word in command))
    assert (ran.code, ran.err) == (0, "")
    assert home("list", "--format", "jsonl", "--limit", "0", *AT).out == before.out
    assert not (home.folder / "scanner.db-journal").exists()


@pytest.mark.case("D09")
@pytest.mark.parametrize(
    ("pragma", "message"),
    [
        ("user_version = 99", "was written by a newer scanner (format 99; this one knows up to"),
        ("application_id = 42", "is another program's database"),
    ],
)
def test_newer_and_foreign_databases_are_left_alone(home: Cli, pragma: str, message: str) -> None:
    """Scan, list, decision and backup refuse it; nothing is modified or laid beside it."""
    assert home("scan", *AT).code == 0
    path = home.folder / "scanner.db"
    with closing(sqlite3.connect(path)) as connection:
        (id_,) = connection.execute("SELECT id FROM judgements LIMIT 1").fetchone()
        connection.execute(f"PRAGMA {pragma}")
    before = beside(path)
    for arguments in (("scan",), ("list",), ("done", id_), ("backup", "copy.db")):
        told = refused(home(*arguments))
        assert f"{path} {message}" in told
        assert "left as it is" in told
    assert beside(path) == before


# --- formats -------------------------------------------------------------------------------------


@contextmanager
def mounted(cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: str) -> Iterator[None]:
    """While the folder lies on another kind of file system, by the table of mounts."""
    table = cli.write("mounts", f"/dev/sda1 / ext4 rw 0 0\nnas:/home {cli.folder} {kind} rw 0 0\n")
    with monkeypatch.context() as there:
        there.setattr(file, "_MOUNTS", table)
        yield


@pytest.mark.case("D12")
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p"])
def test_on_a_network_there_is_no_log_and_one_warning(
    home: Cli, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A rollback journal; said once, not at every scan."""
    with mounted(home, monkeypatch, kind):
        told = [home("scan", "--refetch", *AT).err for _ in range(2)]
        assert home("list", *AT).code == 0
        assert [("is on a network file system" in err) for err in told] == [True, False]
    with closing(sqlite3.connect(home.folder / "scanner.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not (home.folder / "scanner.db-wal").exists()
    assert len(titles(home)) == 20


# --- backup --------------------------------------------------------------------------------------


@pytest.mark.case("D16")
def test_a_backup_beside_a_scan_is_checked_and_can_be_put_back(home: Cli) -> None:
    """Taken while a process writes as fast as it can; it passes quick_check and can be used."""
    with beside_it(sys.executable, "-c", SAVING, **_about(home)) as scan:
        assert scan.stdout
        assert scan.stdout.readline() == "ready\n"
        for _ in range(2):
            ran = home("backup", "copy.db")
            assert ran.code == 0, ran.err
    copy = home.folder / "copy.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        rows = connection.execute(
            "SELECT feed, count(DISTINCT body ->> '$.title') FROM posts GROUP BY feed"
        )
        assert [count for _, count in rows] == [1, 1, 1], "each feed is from one moment"
    for old in home.folder.glob("scanner.db*"):
        old.unlink()
    copy.rename(home.folder / "scanner.db")
    assert home("scan", *AT).code == 0
    assert len(titles(home)) == 110


@pytest.mark.case("D16")
def test_a_backup_does_not_replace_what_is_no_backup(home: Cli) -> None:
    """A text, and the database itself: exit 2, and both are as they were."""
    assert home("scan", *AT).code == 0
    before = beside(home.folder / "scanner.db")
    for target in ("scanner.toml", "scanner.db"):
        ran = home("backup", target)
        assert (ran.code, ran.out) == (2, "")
        assert target in ran.err
    assert beside(home.folder / "scanner.db") == before
