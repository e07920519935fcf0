"""Kills, crowds and full disks, a few times each; `python -m tests.crash.lab` tries hundreds.

Every scanner here is a process of its own, on a database of its own, with a server on this machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import crowd, full, kills, state
from tests.crash.kills import POINTS, Point
from tests.crash.trials import Scenario, Trial, killed, older, starved
from tests.crash.world import World, left_behind

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are watched in /proc"
)

NAMED = (
    Point("cold", "before", r"^rename .*\.new .*scanner\.db$"),
    Point("cold", "after", r"^sql INSERT INTO posts", 0),
    Point("warm", "after", r"^sql COMMIT", 0),
    Point("warm", "before", r"^close", -1),
)
PRINTED = (
    Point("cold", "after", r"^call print"),
    Point("cold", "after", r"^call mark_shown"),
)
UPGRADES = (
    Point("migration", "after", r"^sql VACUUM INTO"),
    Point("migration", "before", r"^sql CREATE (TABLE|INDEX)", -1),
    Point("migration", "after", r"^sql PRAGMA user_version = \d+$", -1),
)


def named(point: Point) -> str:
    """A name for a parameter."""
    return f"{point.scenario} {point.when} {point.pattern.strip('^$')}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Scenario]]]:
    """A small world, and what its kinds of run come to when nothing disturbs them."""
    world = World(tmp_path_factory.mktemp("crash"), feeds=6, posts=8)
    yield world, kills.scenarios(world, "cold", "warm", "migration", times=1)
    world.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which nothing has happened yet."""
    world = World(tmp_path, feeds=4, posts=8)
    world.data.mkdir()
    yield world
    world.close()


# --- kill -9 --------------------------------------------------------------------------------------


@pytest.mark.case("D03")
@pytest.mark.parametrize("point", NAMED, ids=named)
def test_a_kill_at_a_named_point_loses_nothing(made, point):
    """Each feed is there whole or not at all, and the next run ends as one that never failed."""
    world, scenarios = made
    assert kills.at_point(world, scenarios[point.scenario], point).faults == []


@pytest.mark.case("D03")
def test_kills_at_random_lose_nothing(made):
    """The same wherever the kill comes, four times."""
    world, scenarios = made
    chance = random.Random(7)
    trials = [kills.at_random(world, scenarios[name], chance) for name in ["cold", "warm"] * 2]
    assert [fault for trial in trials for fault in trial.faults] == []
    assert any(trial.ran.killed for trial in trials), "all came too late"


@pytest.mark.case("D04")
@pytest.mark.parametrize("point", PRINTED, ids=named)
def test_a_kill_between_printing_and_marking_repeats_posts_and_loses_none(made, point):
    """What was printed and not marked is printed once more; nothing is marked unprinted."""
    world, scenarios = made
    one = scenarios["cold"]

    trial = kills.at_point(world, one, point)

    assert trial.faults == []
    assert set(trial.ran.ids) == one.printed
    again = {True: one.printed, False: frozenset()}[not point.pattern.endswith("mark_shown")]
    assert trial.again is not None
    assert set(trial.again.ids) == again


@pytest.mark.case("D10")
@pytest.mark.parametrize("point", UPGRADES, ids=named)
def test_a_kill_within_an_upgrade_leaves_the_old_format_or_the_new(made, point):
    """With all content either way, and a backup of the old one before anything changes."""
    world, scenarios = made
    assert kills.at_point(world, scenarios["migration"], point).faults == []


def test_a_decision_that_was_reported_survives_a_kill(made):
    """kill -9 of decisions at random: on all their records or on none, and no report without it."""
    world, scenarios = made
    world.back_to(scenarios["cold"].kept)
    scenarios["cold"].prepare(world)
    tried = list(kills.decisions(world, 4, random.Random(3)))
    assert [fault for one in tried for fault in one.faults] == []
    assert any(one.ran.killed for one in tried), "all came too late"


# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.case("D01", "D02", "D13")
def test_a_crowd_loses_no_decision_and_fetches_nothing_twice(world):
    """Five processes at a time for two seconds: each ends with a documented code and a word."""
    made = crowd.crowd(world, processes=5, seconds=2)
    assert made.faults == []
    assert len(made.runs) >= 5


@pytest.mark.case("D11")
def test_five_processes_upgrade_an_older_database_once(world):
    """All of them do their work; the content is the same, and one backup holds the old format."""
    assert crowd.migrating(world, 2) == []


# --- no space -------------------------------------------------------------------------------------


@pytest.mark.case("D05")
@pytest.mark.parametrize("size", [0, 60_000], ids="{} bytes".format)
def test_without_space_a_run_says_so_and_the_next_one_goes_on(made, size):
    """Exit 1, the file and what to do; then everything is there as if nothing had happened."""
    world, scenarios = made
    ((_, trial),) = full.limited(world, scenarios["cold"], [size])
    assert trial.ran.code == 1
    assert trial.faults == []


@pytest.mark.case("D05", "D10")
@pytest.mark.skipif(not full.can_compile(), reason="a shim is compiled to let single writes fail")
@pytest.mark.parametrize("name", ["warm", "migration"])
def test_a_write_that_fails_in_the_middle_is_no_loss(made, name):
    """The disk is full from some write on: the run says so, the next one ends as it should."""
    world, scenarios = made
    library = full.shim(world.folder)
    calls = full.writes(world, scenarios[name], library)
    trial = full.at_write(world, scenarios[name], library, len(calls) // 2, "full")
    assert trial.ran.code == 1
    assert trial.faults == []


# --- the laboratory itself ------------------------------------------------------------------------


def test_the_lab_sees_a_loss(made):
    """Posts of a feed that are gone, decisions that are gone, a post that nobody saw: faults."""
    world, scenarios = made
    one = scenarios["warm"]

    def steal(*statements: str) -> Trial:
        def disturb():
            ran = world.run("list")
            world.sql(*statements)
            return ran

        return killed(world, one, disturb)

    lost = steal(
        "DELETE FROM judgements",
        "DELETE FROM posts WHERE number % 2",
        "DELETE FROM events",
        "INSERT INTO work (id, shown_at) VALUES ('f00', '2026')",
    )
    for fault in ("torn", "missing", "events", "count as shown"):
        assert any(fault in told for told in lost.faults), fault


def test_the_lab_sees_silence_about_a_full_disk(made):
    """A run that ends with 0 and has not stored everything is a fault."""
    world, scenarios = made
    trial = starved(world, scenarios["warm"], lambda: world.run("list"), free=lambda: None)
    assert any(fault.startswith("exit 0, but") for fault in trial.faults)


def test_the_lab_sees_what_is_left_running(world):
    """A process of a session whose first one has ended is found."""
    running = world.start("scan", "--wait", "5s")
    assert left_behind(running.process.pid, patience=0) == [running.process.pid]
    running.wait()
    assert left_behind(running.process.pid) == []


def test_older_formats_hold_what_the_newest_held(world):
    """The database that upgrades are tried on has all feeds, posts and decisions."""
    ids = world.scan().ids
    assert world.run("done", ids[0]).code == 0
    newest = world.state
    older(world.database, 1)
    old = state.read(world.database)
    assert old.version == 1
    assert old.feeds == newest.feeds
    assert old.statuses == newest.statuses
    assert {point.scenario for point in POINTS} >= {"cold", "warm", "migration", "rules", "output"}
