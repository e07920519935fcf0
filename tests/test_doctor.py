"""What a doctor says of facts: each check, by facts that were never gathered from anywhere."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanner import store
from scanner.doctor import PARTS, Finding, database, exit_code, look, plural, program, some
from scanner.doctor.feeds import feeds
from scanner.errors import ExitCode
from scanner.records import Feed, FeedState, HostState
from scanner.store import schema
from tests.conftest import where_modes_bind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def levels(findings):
    """What was found, by name."""
    return {found.name: found.level for found in findings}


def finding(findings, name):
    """The one with this name."""
    (found,) = [found for found in findings if found.name == name]
    return found


# --- the sum --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ((), ExitCode.OK),
        ((("config", "valid"),), ExitCode.USAGE),
        ((("feeds", "failing"),), ExitCode.SOME_FEEDS),
        ((("feeds", "failing"), ("feeds", "none_works")), ExitCode.FAILED),
        ((("database", "integrity"),), ExitCode.FAILED),
        ((("config", "secret"), ("feeds", "gone")), ExitCode.FAILED),
        ((("time", "clock"), ("config", "valid")), ExitCode.FAILED),
    ],
    ids=str,
)
def test_the_exit_code_says_which_part_is_wrong(wrong, code):
    """2 and 3 mean the config, or some feeds, and nothing else; notes count for nothing."""
    noted = [Finding(part, "x", "note", "…") for part in PARTS]
    assert exit_code([*noted, *(Finding(part, name, "wrong", "…") for part, name in wrong)]) == code


def test_many_names_are_cut_and_counted():
    """Three are named, the rest is a number."""
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(str(n) for n in range(1203)) == "0, 1, 2 and 1,200 more"
    assert (plural(1, "feeds"), plural(1000, "feeds")) == ("1 feed", "1,000 feeds")


# --- program, config, time, terminal --------------------------------------------------------------

PROGRAM = program.Program("1.2", "3.11.7", "Linux", (3, 51, 3), full_text=True, model=None)


def test_a_sound_program_is_ok():
    """Nothing to do for a person."""
    found = list(program.program(PROGRAM))
    assert set(levels(found).values()) == {"ok"}
    assert "WAL-reset" not in finding(found, "sqlite").message


def test_an_old_sqlite_is_ok_because_of_our_lock():
    """Before 3.51.3 the fault is named, and why it does no harm."""
    found = finding(program.program(replace(PROGRAM, sqlite=(3, 51, 2))), "sqlite")
    assert (found.level, "WAL-reset" in found.message) == ("ok", True)


def test_a_model_that_does_not_load_is_wrong_and_no_fts5_a_note():
    """Without a model nothing is judged; without FTS5 only --search is missing."""
    found = list(program.program(replace(PROGRAM, full_text=False, model="m: damaged")))
    assert levels(found) == {"version": "ok", "sqlite": "ok", "full_text": "note", "model": "wrong"}
    assert finding(found, "model").message == "m: damaged"


CONFIG = program.ConfigFile("/c.toml", brands=1, feeds=2, mode=0o644)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CONFIG, {"valid": "ok"}),
        (program.ConfigFile(None, problems=("none found",)), {"found": "wrong"}),
        (program.ConfigFile("/c.toml", problems=("line 1: bad",)), {"valid": "wrong"}),
        (replace(CONFIG, feeds=0), {"valid": "wrong"}),
        (replace(CONFIG, warnings=("odd",)), {"valid": "ok", "warning": "note"}),
        (replace(CONFIG, mode=0o664), {"valid": "ok", "mode": "note"}),
        (replace(CONFIG, mode=None), {"valid": "ok"}),
        (replace(CONFIG, unset=(("F", "/c.toml:3: x"),)), {"valid": "ok", "secret": "wrong"}),
    ],
    ids=str,
)
def test_a_config_is_looked_at(facts, expected):
    """Missing, broken, empty, doubtful, open to others, without its secrets."""
    assert levels(program.config(facts)) == expected


@pytest.mark.parametrize(
    ("now", "newest", "level"),
    [
        (NOW, None, "ok"),
        (NOW, NOW + program.SLACK, "ok"),
        (NOW, NOW + program.SLACK + timedelta(seconds=1), "wrong"),
        (program.MADE, None, "ok"),
        (program.MADE - timedelta(seconds=1), None, "wrong"),
    ],
    ids=str,
)
def test_a_clock_is_wrong_before_the_program_was_made_or_used(now, newest, level):
    """Five minutes are what clocks are set by now and then."""
    assert levels(program.clock(program.Clock(now, newest, "UTC"))) == {"clock": level}


def test_a_terminal_without_utf_8_is_a_note():
    """Accents get lost there, nowhere else."""
    facts = program.Terminal("utf-8", False, "C.UTF-8", True, 80, True, "less")
    assert levels(program.terminal(facts)) == {"encoding": "ok", "output": "ok"}
    assert "80 columns, colours, pager: less" in finding(program.terminal(facts), "output").message
    poor = replace(facts, encoding="ascii", ascii_only=True, locale="", is_terminal=False)
    assert levels(program.terminal(poor)) == {"encoding": "note", "output": "ok"}
    assert "locale not set" in finding(program.terminal(poor), "encoding").message


# --- the database ---------------------------------------------------------------------------------

SOUND = database.Database(
    path="/d/scanner.db",
    exists=True,
    version=3,
    newest_version=3,
    checked="integrity_check",
    mode=0o600,
    size=1_000_000,
    free=10**9,
    folder="/d",
    backups=(database.Backup("scanner.db.v2.bak", NOW - DAY),),
    holders=(),
    posts=10,
    current=True,
)


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({}, "usable", "ok"),
        ({"problem": "/d/scanner.db is another program's"}, "usable", "wrong"),
        ({"exists": False}, "usable", "ok"),
        ({"version": 2}, "format", "note"),
        ({"damage": ("row 3 missing from index x",)}, "integrity", "wrong"),
        ({}, "integrity", "ok"),
        ({"current": False}, "rules", "note"),
        ({"folder_writable": False}, "folder", "wrong"),
        ({"writable": False}, "folder", "wrong"),
        ({"mode": 0o600}, "mode", "ok"),
        ({"mode": 0o644}, "mode", "note"),
        ({"mode": 0o660}, "mode", "wrong"),
        ({"free": 10**9}, "disk_space", "ok"),
        ({"free": database.LITTLE_SPACE - 1}, "disk_space", "wrong"),
        ({"size": 10**9}, "disk_space", "note"),
        ({"log": database.LONG_LOG + 1}, "log", "note"),
        ({}, "backup", "ok"),
        ({"backups": ()}, "backup", "note"),
        ({"backups": (database.Backup("old.bak", NOW - 31 * DAY),)}, "backup", "note"),
        ({"network": True}, "network", "note"),
        ({}, "lock", "ok"),
    ],
    ids=str,
)
def test_a_database_is_looked_at(change, name, level):
    """Each thing that can be told of it, and nothing else is said for that."""
    found = levels(database.database(replace(SOUND, **change), NOW))
    assert found[name] == level
    others = {other for other, how in found.items() if how != "ok"} - {name}
    assert others == set()


def test_what_the_system_does_not_tell_is_left_out():
    """No mode, no free space: no word about them; a copy from the future is 0 minutes old."""
    bare = replace(SOUND, mode=None, free=None, backups=(database.Backup("b", NOW + DAY),))
    found = list(database.database(bare, NOW))
    assert {"mode", "disk_space"}.isdisjoint(levels(found))
    assert "0 min old" in finding(found, "backup").message
    empty = levels(database.database(replace(bare, exists=False), NOW))
    assert empty == {"usable": "ok"}


def test_who_works_with_it_is_named():
    """By the process and its command, where the system tells them."""
    who = (database.Holder(41, "scanner scan"), database.Holder(42, ""), database.Holder(-1, ""))
    told = [
        one.message
        for one in database.database(replace(SOUND, holders=who), NOW)
        if one.name == "lock"
    ]
    assert told == [
        "process 41 (scanner scan) is working with it now",
        "process 42 is working with it now",
        "a process outside of this box is working with it now",
    ]


@pytest.mark.parametrize(
    ("size", "told"),
    [(999, "999 bytes"), (1500, "1.5 kB"), (344_150_016, "344 MB"), (2 * 10**12, "2 TB")],
)
def test_sizes_are_told_as_disks_are_sold(size, told):
    """Thousands, three digits."""
    found = finding(database.database(replace(SOUND, size=size, free=10**13), NOW), "usable")
    assert f"10 posts, {told}, format 3" in found.message


# --- the feeds ------------------------------------------------------------------------------------

FEED = Feed("https://a.example/feed", "A")
WELL = FeedState(
    FEED.url, checked_at=NOW - HOUR / 2, ok_at=NOW - HOUR / 2, next_check=NOW + HOUR, posts=9
)
WELL_TOO = Feed("https://b.example/feed", "B")


def look_at(state, hosts=None, latest=()):
    """What is said of FEED in this state, beside a feed that is well."""
    states = {WELL_TOO.url: replace(WELL, url=WELL_TOO.url)}
    states |= {FEED.url: state} if state else {}
    return list(feeds([FEED, WELL_TOO], states, hosts or {}, {FEED.url: latest}, NOW))


@pytest.mark.parametrize(
    ("state", "name", "level"),
    [
        (None, "never_asked", "note"),
        (replace(WELL, gone=True, error="HTTP 410"), "gone", "wrong"),
        (replace(WELL, failures=3, failing_since=NOW - 9 * DAY), "failing", "wrong"),
        (replace(WELL, error="set `allow_private = true`"), "private", "wrong"),
        (replace(WELL, rest_until=NOW + HOUR), "resting", "note"),
        (replace(WELL, posts=0), "empty", "note"),
        (replace(WELL, next_check=NOW + 8 * DAY), "ahead", "note"),
        (
            replace(WELL, moved_to="https://c.example/", moved_since=NOW - 30 * DAY, moves=20),
            "moved",
            "note",
        ),
    ],
    ids=["never", "gone", "failing", "private", "resting", "empty", "ahead", "moved"],
)
def test_a_feed_that_is_not_well_is_named(state, name, level):
    """By what it has, once, and its name is there for scripts."""
    found = [one for one in look_at(state) if one.level != "ok"]
    assert levels(found) == {name: level}
    if name != "ahead":
        assert (found[0].feeds, "A" in found[0].message) == (("A",), True)


def test_feeds_that_are_well_are_one_line():
    """How many work, and when the next one is asked."""
    found = look_at(WELL)
    assert [one.message for one in found] == ["2 of 2 feeds work; all wait, the next for 1 h"]
    assert "1 due now" in look_at(replace(WELL, next_check=None))[0].message


def test_a_failure_says_for_how_long_and_how_often():
    """So that a person can tell a bad day from a feed that has died."""
    told = finding(
        look_at(replace(WELL, failures=7, failing_since=NOW - 9 * DAY, error="503")), "failing"
    )
    assert told.message == "A: fails for 9 d (7 times): 503"
    once = finding(look_at(replace(WELL, failures=1, failing_since=NOW + DAY)), "failing")
    assert once.message == "A: fails: no answer"


def test_a_host_that_rests_is_named_by_its_feed():
    """Also where the feed itself was told nothing."""
    host = HostState("a.example:443", NOW + HOUR, "HTTP 429")
    assert levels(look_at(WELL, {host.host: host})) == {"works": "ok", "resting": "note"}


def test_no_feed_that_works_is_said_once_more():
    """It may be the network and no feed at all."""
    ill = replace(WELL, failures=1, error="refused")
    found = list(feeds([FEED], {FEED.url: ill}, {}, {}, NOW))
    assert levels(found) == {"none_works": "wrong", "failing": "wrong"}


def test_feeds_never_asked_are_one_note():
    """Before the first scan nothing is wrong; without feeds there is nothing to say."""
    assert levels(feeds([FEED, WELL_TOO], {}, {}, {}, NOW)) == {"works": "note"}
    assert list(feeds([], {}, {}, {}, NOW)) == []


@pytest.mark.parametrize(
    ("silence", "gap", "count", "silent"),
    [
        (41 * DAY, 4 * DAY, 11, True),
        (39 * DAY, 4 * DAY, 11, False),
        (31 * DAY, HOUR, 11, True),
        (29 * DAY, HOUR, 11, False),
        (400 * DAY, HOUR, 5, False),
    ],
    ids=["10 gaps", "fewer", "a month", "a holiday", "too few posts"],
)
def test_silence_is_measured_by_a_feeds_own_rhythm(silence, gap, count, silent):
    """Ten times its usual gap, a month at least, told by six posts at least."""
    dates = [NOW - silence - gap * n for n in range(count)]
    assert ("silent" in levels(look_at(WELL, latest=dates))) is silent


# --- what the disk says ---------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    """A database that is well and closed."""
    with store.connect(tmp_path / "scanner.db"):
        pass
    return tmp_path / "scanner.db"


def everything(folder):
    """Names, times and bytes of all files."""
    return {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("quick", [True, False], ids=["quick", "whole"])
def test_a_look_leaves_no_trace(path, quick):
    """Nothing is made, changed or removed, not even beside a database that nobody has open."""
    before = everything(path.parent)
    facts = look.database(path, quick=quick, rules="r")
    with look.opened(path) as opened:
        opened.feed_states()
    assert everything(path.parent) == before
    assert (facts.exists, facts.problem, facts.damage, facts.current) == (True, None, (), True)
    assert facts.checked == ("quick_check" if quick else "integrity_check")
    assert facts.version == facts.newest_version


def test_what_is_not_there_is_not_made(tmp_path):
    """Neither the file nor the folders above it."""
    facts = look.database(tmp_path / "a" / "b" / "scanner.db")
    assert (facts.exists, facts.problem, facts.folder) == (False, None, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"hello" * 50, "is damaged"), (b"SQLite format 3\0" + b"\0" * 84, "another program's")],
    ids=["no database", "foreign"],
)
def test_what_is_no_database_is_a_problem(path, body, told):
    """In the store's own words, which name the doctor no more."""
    path.write_bytes(body)
    facts = look.database(path)
    assert facts.exists
    assert facts.problem is not None
    assert told in facts.problem
    assert "doctor" not in facts.problem


def test_an_empty_file_is_as_good_as_none(path):
    """A scan begins afresh there, unless something beside it says that it was a database."""
    path.write_bytes(b"")
    assert "scanner.db.lock beside it says" in (look.database(path).problem or "")
    fresh = path.with_name("fresh.db")
    fresh.touch()
    assert (look.database(fresh).exists, look.database(fresh).problem) == (False, None)


def test_damage_inside_is_found(path):
    """A page that was overwritten, somewhere behind the header."""
    body = bytearray(path.read_bytes())
    body[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    path.write_bytes(body)
    facts = look.database(path)
    assert facts.damage or facts.problem


def test_a_log_without_its_database_is_a_problem(path):
    """Whoever starts afresh there would lose what the log holds."""
    path.unlink()
    path.with_name("scanner.db-wal").write_bytes(b"x" * 5000)
    assert "gone" in (look.database(path).problem or "")


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux keeps such a table")
def test_who_has_the_lock_is_told_and_not_disturbed(path):
    """A scan that runs is this very process; afterwards nobody has it."""
    with store.connect(path):
        holders = look.database(path).holders or ()
        assert [holder.pid for holder in holders] == [os.getpid()]
        assert "pytest" in holders[0].command or "python" in holders[0].command
    assert look.database(path).holders == ()


def test_a_database_is_read_beside_a_scan(path):
    """What a scan has saved by then is seen."""
    with store.connect(path) as writing:
        writing.save_unchanged([FeedState("https://a.example/")])
        assert look.database(path).problem is None
        with look.opened(path) as opened:
            assert list(opened.feed_states()) == ["https://a.example/"]


@where_modes_bind
def test_a_folder_that_may_not_be_entered_is_a_problem(path):
    """It is told as what it is, and nothing falls over."""
    path.parent.chmod(0)
    try:
        facts = look.database(path)
    finally:
        path.parent.chmod(0o700)
    assert facts.problem or not facts.folder_writable


def test_leftovers_are_ours_and_an_hour_old(path):
    """What is newer may still be written; what is named otherwise is somebody else's."""
    old = [path.with_name(name) for name in (".scanner-scanner.db-x1", "scanner.db.v2.bak.new")]
    for file in [*old, path.with_name("other.new"), path.with_name("scanner.db.new")]:
        file.touch()
    for file in [*old, path.with_name("other.new")]:
        os.utime(file, (1, 1))
    found = list(look.leftovers([path, path.parent / "no" / "folder.toml"], datetime.now(UTC)))
    assert sorted(found) == sorted(old)
    assert levels(program.leftovers([str(old[0])])) == {"leftover": "note"}
    assert levels(program.leftovers([])) == {"leftover": "ok"}


def test_what_the_system_cannot_tell_is_left_out(path, monkeypatch):
    """No table of locks, no command of a process, no free space: the rest is told."""
    monkeypatch.setattr(look, "_LOCKS", path.with_name("no table"))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: path.with_name("nothing").stat())
    monkeypatch.setattr("scanner.store.file.on_network", lambda path: path.with_name("no").stat())
    facts = look.database(path)
    assert (facts.holders, facts.free, facts.network, facts.problem) == (None, None, False, None)
    assert "lock" not in levels(database.database(facts, NOW))


def test_a_lock_of_a_process_that_has_ended_since_is_told_without_its_command(path, monkeypatch):
    """Lines of other locks, and lines that nobody understands, are passed over."""
    lock = path.with_name("scanner.db.lock")
    lock.touch()
    status = lock.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    table = path.with_name("locks")
    table.write_text(
        f"1: POSIX  ADVISORY  WRITE 7 {device} 0 EOF\n"
        "2: FLOCK  ADVISORY  WRITE 8 00:00:1 0 EOF\n"
        f"3: FLOCK  ADVISORY  WRITE 999999999 {device} 0 EOF\n"
        f"3: -> FLOCK  ADVISORY  WRITE 9 {device} 0 EOF\n"
    )
    monkeypatch.setattr(look, "_LOCKS", table)
    assert look.database(path).holders == (database.Holder(999999999, ""),)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux keeps such a table")
def test_a_disk_that_the_table_of_locks_calls_otherwise_tells_nobody(path, monkeypatch):
    """A subvolume has a device of its own: that no lock is found does not say there is none."""
    mounts = path.with_name("mounts")
    mounts.write_text("1 0 251:251 / / rw - btrfs /dev/sda1 rw\n")
    monkeypatch.setattr(look, "_MOUNTS", mounts)
    with store.connect(path):
        facts = look.database(path)
    assert facts.holders is None
    assert "lock" not in levels(database.database(facts, NOW))


def test_another_database_whose_name_begins_alike_is_no_backup(path):
    """A scan leaves its locks beside what it has written; a copy has none."""
    with store.connect(path) as opened:
        opened.backup(path.with_name("scanner-monday.db"))
    store.connect(path.with_name("scanner-other.db")).close()
    assert [one.name for one in look.database(path).backups] == ["scanner-monday.db"]


def test_damage_seen_while_somebody_began_to_write_is_looked_at_again(path, monkeypatch):
    """Without a log the file is read as if it could not change; then it did, and is whole."""
    whole, real, times = path.read_bytes(), look._reading, []
    broken = bytearray(whole)
    broken[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    path.write_bytes(broken)

    @contextmanager
    def reading(where):
        times.append(where)
        with real(where) as connection:
            yield connection
        if len(times) == 1:
            path.write_bytes(whole)
            path.with_name("scanner.db-wal").touch()

    monkeypatch.setattr(look, "_reading", reading)
    assert look._damage(path, "quick_check") == ()
    assert len(times) == 2


def test_an_older_format_is_read_through_a_copy(tmp_path):
    """The file keeps its format; what it holds is told all the same."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in schema.MIGRATIONS[:2]:
            step(connection)
        connection.execute("PRAGMA user_version = 2")
    before = everything(tmp_path)
    with look.opened(path) as opened:
        assert opened.feed_states() == {}
    facts = look.database(path, rules="r")
    assert (facts.version, facts.current, facts.problem) == (2, True, None)
    assert everything(tmp_path) == before
