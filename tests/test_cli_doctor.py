"""`scanner doctor`: every part is looked at, whatever is wrong with another; nothing changes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner import doctor as room
from scanner import judgement, store
from scanner.config import load
from scanner.records import FeedState

HOUR = timedelta(hours=1)


@pytest.fixture
def well(cli):
    """A config with two feeds, both of which worked half an hour ago, and their database."""
    config = load(cli.config("https://a.example/feed", "https://b.example/feed"))
    path = cli.folder / "scanner.db"
    cli.environ["SCANNER_DB"] = str(path)
    now = datetime.now(UTC)
    with store.connect(path) as opened:
        for feed in config.feeds:
            state = FeedState(
                feed.url, checked_at=now - HOUR, ok_at=now - HOUR, next_check=now + HOUR, posts=3
            )
            opened.save_feed(state, (), (), rules=judgement.fingerprint(config), now=now)
    return cli


def findings(ran):
    """What JSON says, by part and name."""
    return {(one["part"], one["name"]): one for one in ran.json}


def wrong(ran):
    """What is wrong, as part and name."""
    return {key for key, one in findings(ran).items() if one["level"] == "wrong"}


def everything(folder):
    """Names, times and bytes of all files."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def save(cli, **state: Any):
    """Write down what is remembered of the first feed."""
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "checked_at": now,
        "ok_at": now,
        "next_check": now + HOUR,
        "posts": 3,
    } | state
    with store.connect(cli.folder / "scanner.db") as opened:
        opened.save_unchanged([FeedState("https://a.example/feed", **known)])


def test_where_nothing_is_wrong_it_says_so_and_ends_with_0(well):
    """Seven parts, in order, within 80 columns, and the sum."""
    before = everything(well.folder)
    ran = well("doctor")
    assert (ran.code, ran.err) == (0, "")
    headings = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert headings[:-1] == [part.capitalize() for part in room.PARTS]
    assert headings[-1].startswith("Nothing wrong, 1 to note, ")
    assert "no backup lies beside it" in ran.out
    assert "2 of 2 feeds work; all wait" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert everything(well.folder) == before


def test_json_is_an_array_with_stable_names(well):
    """Part, name, level, message, do, feeds; the table's findings, all of them."""
    ran = well("doctor", "--json")
    assert ran.code == 0
    for one in ran.json:
        assert list(one) == ["part", "name", "level", "message", "do", "feeds"]
        assert one["part"] in room.PARTS
        assert one["level"] in ("ok", "note", "wrong")
    assert len(findings(ran)) == len(ran.json)
    assert {name for part, name in findings(ran) if part == "database"} == {
        "usable", "integrity", "mode", "disk_space", "backup", "lock",
    }  # fmt: skip


def test_quick_looks_less_thoroughly(well):
    """And says so."""
    told = [findings(well("--json", "doctor", *more)) for more in ((), ("--quick",))]
    checks = [found["database", "integrity"]["message"] for found in told]
    assert ["integrity_check" in check for check in checks] == [True, False]
    assert "quick_check" in checks[1]


def test_a_broken_config_is_2_and_the_rest_is_looked_at(well):
    """Each complaint with its line; the database is found without the config."""
    well.write("scanner.toml", "[scanner\n")
    ran = well("--json", "doctor")
    assert ran.code == 2
    assert wrong(ran) == {("config", "valid")}
    assert "scanner.toml:1" in findings(ran)["config", "valid"]["message"]
    assert findings(ran)["database", "usable"]["level"] == "ok"


def test_no_config_is_2_and_says_how_to_get_one(cli):
    """Nothing is made, neither a config nor a database nor a folder."""
    ran = cli("doctor")
    assert ran.code == 2
    assert "scanner init" in ran.out
    assert "the first scan makes" in ran.out
    assert everything(cli.folder) == {}


def test_a_damaged_database_is_1_and_left_as_it_is(well):
    """What the store says of it, and what can be told without it."""
    path = well.folder / "scanner.db"
    path.write_bytes(b"no database" * 1000)
    before = everything(well.folder)
    ran = well("--json", "doctor")
    assert (ran.code, wrong(ran)) == (1, {("database", "usable")})
    assert "`scanner restore" in ran.out
    assert findings(ran)["database", "disk_space"]["level"] == "ok"
    assert everything(well.folder) == before


def altered(path, *statements):
    """Do what no program does to a database of ours; gives the last answer."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement, *parameters in statements:
            found = connection.execute(statement, parameters).fetchall()
        return found


def test_a_row_that_an_index_has_lost_is_found_by_the_whole_check_alone(well):
    """A post that the index on dates does not know: the reason why --quick is not the default."""
    path = well.folder / "scanner.db"
    index = "FROM sqlite_master WHERE name = 'posts_by_date'"
    (known,) = altered(path, (f"SELECT * {index}",))
    altered(path, (f"DELETE {index}",))
    row = "INSERT INTO posts VALUES (1, 1, 'id', 'i', 'c', '2026', '2026', '{}', NULL)"
    altered(path, (row,))
    altered(path, ("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", *known))

    assert well("doctor", "--quick").code == 0
    ran = well("--json", "doctor")
    assert (ran.code, wrong(ran)) == (1, {("database", "integrity")})
    assert "posts_by_date" in findings(ran)["database", "integrity"]["message"]


def test_feeds_that_do_not_work_are_3_and_none_that_works_is_1(well):
    """As a scan says it; names and errors are told, hostile words made harmless."""
    save(well, failures=2, failing_since=datetime.now(UTC) - 50 * HOUR, error="503 \x1b[31m")
    ran = well("doctor")
    assert ran.code == 3
    assert "a.example: fails for 2 d (2 times): 503" in ran.out
    assert "\x1b" not in ran.out
    assert findings(well("--json", "doctor"))["feeds", "failing"]["feeds"] == ["a.example"]
    well.config("https://a.example/feed")
    alone = well("--json", "doctor")
    assert (alone.code, ("feeds", "none_works") in wrong(alone)) == (1, True)


def test_secrets_in_what_is_quoted_are_hidden(well):
    """An error that names an address with a password in it; in the table and in JSON."""
    error = "https://me:canary-8@a.example/feed?token=canary-9 answered 500"
    save(well, failures=1, error=error)
    for ran in (well("doctor"), well("--json", "doctor")):
        assert "answered 500" in ran.out
        assert "canary" not in ran.out


def test_many_feeds_with_one_illness_are_cut_for_a_person(cli):
    """Five are told and a number; JSON has all of them."""
    config = load(cli.config(*(f"https://h{n}.example/feed" for n in range(9))))
    cli.environ["SCANNER_DB"] = str(cli.folder / "scanner.db")
    now = datetime.now(UTC)
    with store.connect(cli.folder / "scanner.db") as opened:
        opened.save_unchanged(
            FeedState(feed.url, checked_at=now, failures=1 if n else 0)
            for n, feed in enumerate(config.feeds)
        )
    ran = cli("doctor")
    assert ran.out.count(": fails") == 5
    assert "and 3 more like these" in ran.out
    assert sum(one["name"] == "failing" for one in cli("--json", "doctor").json) == 8


def test_a_clock_before_the_last_scan_is_wrong(well):
    """Ten years ahead, then back: said, with the promise that nobody starves (D15)."""
    save(well, checked_at=datetime.now(UTC) + timedelta(days=3700))
    ran = well("--json", "doctor")
    assert (ran.code, wrong(ran)) == (1, {("time", "clock")})
    assert "10 y later" in findings(ran)["time", "clock"]["message"]


def test_a_variable_that_is_not_set_is_named_by_its_place(well):
    """Neither its name nor a value is printed; a command is not run."""
    with (well.folder / "scanner.toml").open("a") as file:
        file.write('token_env = "FORUM_TOKEN"\n')
    (well.folder / "scanner.toml").chmod(0o600)
    ran = well("--json", "doctor")
    assert (ran.code, wrong(ran)) == (2, {("config", "secret")})
    assert "FORUM_TOKEN" not in ran.out
    assert well("doctor", FORUM_TOKEN="canary-7").code == 0
    assert "canary-7" not in well("doctor", FORUM_TOKEN="canary-7").out


def test_a_model_that_does_not_load_is_wrong(well):
    """With the file that SCANNER_MODEL names."""
    from scanner import model

    try:
        ran = well("--json", "doctor", SCANNER_MODEL=str(well.write("no.model", b"nothing")))
    finally:
        model.choose(None)
    assert ran.code == 1
    assert ("program", "model") in wrong(ran)


def test_what_falls_over_is_a_finding_of_its_part(well, monkeypatch):
    """A bug in one look does not keep the others from being taken; --debug shows it."""

    def fall(*arguments: object, **named: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("scanner.doctor.look.database", fall)
    ran = well("--json", "doctor")
    assert (ran.code, wrong(ran)) == (1, {("database", "looked_at")})
    assert "RuntimeError: out of order" in findings(ran)["database", "looked_at"]["message"]
    assert ("files", "leftover") in findings(ran)
    assert well("--debug", "doctor").code == 1


def test_without_a_home_it_works_all_the_same(cli):
    """HOME unset and nowhere to look: what can be told is told."""
    ran = cli("doctor", HOME="", XDG_CONFIG_HOME="", XDG_DATA_HOME="")
    assert ran.code in (1, 2)
    assert "Traceback" not in ran.err
    assert "Terminal" in ran.out


def test_the_pager_that_would_be_used_is_told(well):
    """SCANNER_PAGER, then PAGER; only where there is a terminal is it of use."""
    from scanner.cli.pager import pager_of

    assert pager_of({"SCANNER_PAGER": "most", "PAGER": "more"}) == "most"
    assert pager_of({"PAGER": "more -s"}) == "more -s"
    assert pager_of({"PAGER": ""}) == ""
    assert pager_of({"PATH": os.environ.get("PATH", "")}) in ("less", "")
