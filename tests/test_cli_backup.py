"""`scanner backup`: a whole copy of the database, whatever else goes on."""

import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from scanner.cli.backup import _size
from scanner.store import connect
from tests.conftest import rss, where_modes_bind


@pytest.fixture
def decided(cli):
    """A scanned post with a decision on it."""
    cli.write("feed.xml", rss([{"title": "Acme is down", "text": "Acme is down again."}]))
    cli.config("feed.xml", more='[scanner]\ndb = "posts.db"\n')
    (row,) = cli("scan", "--format", "jsonl").rows
    assert cli("done", row["id"]).code == 0
    return cli


def listed(cli, database):
    """ID and status of every post in a database."""
    rows = cli("--db", database, "list", "--status", "all", "--format", "jsonl").rows
    return [(row["id"], row["status"]) for row in rows]


@pytest.mark.case("D16")
def test_a_backup_can_be_put_back(decided):
    """The copy is whole, ours alone to read, and holds what was decided."""
    before = listed(decided, "posts.db")
    ran = decided("backup", "copy.db")
    copy = decided.folder / "copy.db"

    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    connection.close()
    assert [status for _, status in before] == ["done"]
    assert listed(decided, "copy.db") == before


def test_an_older_backup_is_replaced(decided):
    """The same name every night is what cron will use."""
    assert decided("backup", "copy.db").code == 0
    ((record, _),) = listed(decided, "posts.db")
    decided("reopen", record)
    assert decided("backup", "copy.db").code == 0

    assert listed(decided, "copy.db") == [(record, "open")]


@pytest.mark.case("D16")
def test_beside_a_running_scan(decided):
    """A scan that holds its lock, in the midst of writing, does not hinder it."""
    before = listed(decided, "posts.db")
    with connect(decided.folder / "posts.db") as scan, scan._database.transaction() as writing:
        writing.execute("DELETE FROM work")
        assert decided("backup", "copy.db").code == 0

    assert listed(decided, "copy.db") == before
    assert listed(decided, "posts.db") != before


def test_a_broken_config_does_not_hinder(decided):
    """Where --db or SCANNER_DB say where the database is, the config is not even read."""
    decided.write("scanner.toml", "[[[")

    assert decided("backup", "copy.db").code == 2
    assert decided("--db", "posts.db", "backup", "copy.db").code == 0
    assert decided("backup", "other.db", SCANNER_DB="posts.db").code == 0
    assert (decided.folder / "copy.db").stat().st_size > 0


def test_a_person_is_told_where_it_is(decided):
    """With somebody looking: from where, to where, and how large."""
    told = decided("-v", "backup", "copy.db").err

    assert told.startswith(f"{decided.folder / 'posts.db'} is copied to {decided.folder}/copy.db (")
    assert told.endswith(" KB)\n")


def test_nothing_to_back_up(decided):
    """Without a database there is no copy, and it says so."""
    ran = decided("--db", "missing.db", "backup", "copy.db")

    assert ran.code == 1
    assert "missing.db does not exist" in ran.err
    assert not (decided.folder / "copy.db").exists()


@pytest.mark.parametrize("target", ["posts.db", "scanner.toml", ".", "no/folder/copy.db"])
def test_what_is_no_backup_stays(decided, target):
    """The database itself, another file, a folder, and what is not there are left alone."""
    path = decided.folder / target
    before = path.read_bytes() if path.is_file() else None
    ran = decided("backup", target)

    assert ran.code in (1, 2)
    assert target.rpartition("/")[2] in ran.err or str(path) in ran.err
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_a_device_is_no_place(decided):
    """A device is no file to put a copy in; nothing is lost by asking."""
    ran = decided("backup", "/dev/full")

    assert ran.code == 2
    assert "/dev/full" in ran.err


@where_modes_bind
def test_a_folder_that_cannot_be_written(decided):
    """Exit 1 with the place and the reason."""
    shut = decided.folder / "shut"
    shut.mkdir(mode=0o500)
    ran = decided("backup", "shut/copy.db")

    assert ran.code == 1
    assert "shut" in ran.err


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 KB"), (12_345_678, "12.3 MB"),
     (4_000_000_000, "4.0 GB"), (4_000_000_000_000, "4000.0 GB")],
)  # fmt: skip
def test_sizes(count, said):
    """As disks are sold: thousands."""
    assert _size(count) == said


# --- and back again -------------------------------------------------------------------------------


@pytest.mark.case("D16")
def test_a_backup_is_put_back_beside_the_logs_of_a_killed_scan(decided):
    """The old log is not read as the new file's; the old database stays whole beside it."""
    assert decided("backup", "copy.db").code == 0
    ((record, _),) = before = listed(decided, "posts.db")
    child = (
        "import os, signal, sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from scanner.store import connect\n"
        "with connect(Path(sys.argv[1]), alone=False) as store:\n"
        "    store.note([sys.argv[2]], 'later', datetime.now(UTC))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = decided.folder / "posts.db"
    subprocess.run([sys.executable, "-c", child, str(path), record], check=False)
    assert path.with_name("posts.db-wal").stat().st_size > 0

    ran = decided("-v", "restore", "copy.db")
    assert (ran.code, ran.out) == (0, "")
    assert "what was there is now replaced-1-posts.db" in ran.err
    assert listed(decided, "posts.db") == before
    assert "later" not in decided("--db", "posts.db", "history", record).out
    assert "later" in decided("--db", "replaced-1-posts.db", "history", record).out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lost_database_is_put_back(decided):
    """Where there is nothing any more, nothing is kept."""
    before = listed(decided, "posts.db")
    assert decided("backup", "copy.db").code == 0
    for file in decided.folder.glob("posts.db*"):
        file.unlink()

    ran = decided("-v", "restore", "copy.db")
    assert ran.code == 0
    assert "what was there" not in ran.err
    assert listed(decided, "posts.db") == before


def test_only_a_whole_backup_of_ours_is_put_back(decided):
    """Not another program's file, a damaged or a newer one, the database itself, or one in use."""
    assert decided("backup", "copy.db").code == 0
    copy = (decided.folder / "copy.db").read_bytes()
    decided.write("text.db", b"hello" * 100)
    decided.write("torn.db", copy[: len(copy) // 2])
    decided.write("newer.db", copy[:60] + (99).to_bytes(4, "big") + copy[64:])
    decided.write("used.db", copy)
    decided.write("used.db-wal", b"x")
    before = (decided.folder / "posts.db").read_bytes()

    said = {
        "none.db": (2, "is no file"),
        "text.db": (2, "is no scanner database"),
        "torn.db": (1, "damaged"),
        "newer.db": (1, "newer scanner"),
        "posts.db": (2, "is the database itself"),
        "used.db": (2, "is in use"),
    }
    for name, (code, message) in said.items():
        ran = decided("restore", name)
        assert (ran.code, ran.out) == (code, "")
        assert message in ran.err
    assert (decided.folder / "posts.db").read_bytes() == before
    assert not list(decided.folder.glob("replaced*"))


def test_nothing_is_put_back_under_a_running_scan(decided):
    """It would go on writing into a file that has another name."""
    assert decided("backup", "copy.db").code == 0
    with connect(decided.folder / "posts.db"):
        ran = decided("restore", "copy.db")

    assert (ran.code, ran.out) == (1, "")
    assert "Another scanner is scanning" in ran.err
