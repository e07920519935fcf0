"""kill -9: at random moments, at named points, at every event, while a person decides.

In: a World. Out: rows of a table, and faults.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from tests.crash import state
from tests.crash.trials import OLD, OUTPUT, Scenario, Trial, killed, older, scenario
from tests.crash.world import Ran, World

SCAN = ("scan", "--format", "jsonl", "--limit", "0")


class Point(NamedTuple):
    """A moment that has a name: the nth event with these words."""

    scenario: str
    when: str
    pattern: str
    nth: int = 1
    """Counted from the end where negative; 0: the one in the middle."""


def _both(scenario: str, pattern: str, nth: int = 1) -> tuple[Point, Point]:
    return Point(scenario, "before", pattern, nth), Point(scenario, "after", pattern, nth)


POINTS = (
    # the file is made
    Point("cold", "after", r"^sql PRAGMA user_version = 1$"),
    *_both("cold", r"^rename .*\.new .*scanner\.db$"),
    # a feed is saved
    *_both("cold", r"^sql BEGIN", 0),
    Point("cold", "before", r"^row INSERT INTO posts", 0),
    Point("cold", "after", r"^sql INSERT INTO feeds", 0),
    Point("cold", "after", r"^sql INSERT INTO posts", 0),
    Point("cold", "after", r"^sql INSERT OR REPLACE INTO judgements", 0),
    *_both("cold", r"^sql COMMIT", 0),
    # a feed that was known is saved
    *_both("warm", r"^sql BEGIN", 0),
    Point("warm", "after", r"^sql UPDATE posts SET identity", 0),
    Point("warm", "after", r"^sql DELETE FROM judgements WHERE post", 0),
    *_both("warm", r"^sql COMMIT", 0),
    # what was printed is marked
    *_both("cold", r"^call print"),
    *_both("cold", r"^call mark_shown"),
    Point("cold", "before", r"^sql INSERT INTO work", 0),
    Point("cold", "before", r"^sql COMMIT", -1),
    Point("cold", "after", r"^sql COMMIT", -1),
    # the end
    *_both("cold", r"^close", -1),
    *_both("warm", r"^close", -1),
    # an output file is replaced
    *_both("output", r"^rename .*out\.jsonl$"),
    # other rules
    Point("rules", "after", r"^sql DELETE FROM judgements$"),
    Point("rules", "before", r"^row INSERT OR REPLACE INTO judgements", 0),
    *_both("rules", r"^sql COMMIT", 0),
    # retention
    *_both("prune", r"^sql BEGIN", -2),
    Point("prune", "after", r"^sql DELETE FROM judgements WHERE post"),
    Point("prune", "after", r"^sql UPDATE posts SET content"),
    *_both("prune", r"^sql COMMIT", -2),
    # an older format
    *_both("migration", r"^sql VACUUM INTO"),
    *_both("migration", r"^rename .*\.bak$"),
    Point("migration", "after", r"^sql ALTER TABLE posts"),
    Point("migration", "after", r"^sql CREATE (TABLE|INDEX)"),
    Point("migration", "before", r"^sql CREATE (TABLE|INDEX)", -1),
    *_both("migration", r"^sql PRAGMA user_version = \d+$", -1),
    *_both("journal", r"^sql PRAGMA user_version = \d+$", -1),
)


def scenarios(world: World, *names: str, times: int = 2) -> dict[str, Scenario]:
    """From nothing, to a file too; new posts; other rules; retention; an older format.

    "journal" is the older format in a file that has a rollback journal, no write-ahead log.
    Without names all of them. `times` is how often each is run to see that it ends the same.
    """
    _plain(world)
    empty = world.keep("empty")
    ids = world.scan().ids
    for command in (("done", ids[0]), ("ignore", ids[1]), ("note", ids[2], "ask Ann")):
        assert world.run(*command).code == 0
    scanned = world.keep("scanned")
    found = {}
    for name, (arguments, prepare) in RUNS.items():
        if names and name not in names:
            continue
        world.back_to(empty if name in ("cold", "output") else scanned)
        if name == "output":
            (world.data / OUTPUT).write_text(OLD)
        if name in ("migration", "journal"):
            older(world.database, 1, "WAL" if name == "migration" else "DELETE")
        found[name] = scenario(world, name, *arguments, prepare=prepare, times=times)
    _plain(world)
    return found


def _plain(world: World) -> None:
    world.version = 1
    world.configure()


def _second(world: World) -> None:
    world.version = 2
    world.configure()


def _other_rules(world: World) -> None:
    world.version = 1
    world.configure('aliases = ["My neighbour"]')


def _short_memory(world: World) -> None:
    world.version = 1
    world.configure(head='since = "1d"\nkeep = "1d"')


RUNS: dict[str, tuple[tuple[str, ...], Callable[[World], None]]] = {
    "cold": (SCAN, _plain),
    "output": (("scan", "--limit", "0", "-o", f"data/{OUTPUT}"), _plain),
    "warm": ((*SCAN, "--refetch"), _second),
    "rules": ((*SCAN, "--no-fetch"), _other_rules),
    "prune": ((*SCAN, "--refetch"), _short_memory),
    "migration": ((*SCAN, "--no-fetch"), _plain),
    "journal": ((*SCAN, "--no-fetch"), _plain),
}
"""Command lines, and what the world is like before them."""


# --- at named points, and at every event ----------------------------------------------------------


def at_point(world: World, one: Scenario, point: Point) -> Trial:
    """Kill there; a point that the run does not come to is a fault."""
    there = sum(bool(re.search(point.pattern, event)) for event in one.events)
    nth = point.nth if point.nth > 0 else there + 1 + point.nth if point.nth else (there + 1) // 2
    trial = killed(
        world,
        one,
        lambda: world.run(*one.arguments, point=(point.when, str(nth), point.pattern)),
    )
    if not trial.ran.killed:
        trial.faults.append(f"never came to {point.pattern} ({there} such events)")
    return trial


def at_events(world: World, one: Scenario, every: int = 1) -> Iterator[Trial]:
    """Kill before each event of the run (or each so-manieth) in turn."""
    for number in range(1, len(one.events) + 1, every):
        yield killed(
            world,
            one,
            partial(world.run, *one.arguments, point=("before", str(number), "")),
        )


# --- at random ------------------------------------------------------------------------------------


def at_random(world: World, one: Scenario, chance: random.Random) -> Trial:
    """Spread over the length of the run, over the server's answers, and over the log's growth."""
    feeds = len(world.urls)
    if chance.random() < 0.5:
        return killed(world, one, lambda: _killed_at_size(world, one, chance.random() * one.size))
    if one.name in ("cold", "warm") and chance.random() < 0.5:
        answers, delay = chance.randint(1, feeds), chance.uniform(0, 0.05)
    else:
        answers, delay = 0, chance.uniform(0.02, 1.05) * one.seconds
    return killed(world, one, lambda: _killed_after(world, one, answers, delay))


def _killed_after(world: World, one: Scenario, answers: int, delay: float) -> Ran:
    wanted = len(world.server.log) + answers
    running = world.start(*one.arguments)
    while len(world.server.log) < wanted and running.process.poll() is None:
        time.sleep(0.001)
    time.sleep(delay)
    running.kill()
    return running.wait()


def _killed_at_size(world: World, one: Scenario, size: float) -> Ran:
    log = world.database.with_name(f"{world.database.name}-wal")
    running = world.start(*one.arguments)
    # it may wait for us to read what it prints, and write no more
    end = time.monotonic() + 2 * one.seconds
    while running.process.poll() is None and time.monotonic() < end:
        with suppress(FileNotFoundError):
            if log.stat().st_size > size:
                break
        time.sleep(0.0005)
    running.kill()
    return running.wait()


# --- while a person decides -----------------------------------------------------------------------


class Decided(NamedTuple):
    """What became of one decision."""

    ran: Ran
    there: bool
    faults: list[str]


def decisions(world: World, number: int, chance: random.Random) -> Iterator[Decided]:
    """Kill one decision after another.

    What was reported is there; what was not is there whole, for all IDs, or not at all.
    """
    ids = world.scan().ids
    seconds = world.run("done", *ids[:3]).seconds
    for turn in range(number):
        chosen = chance.sample(ids, 3)
        command = _news(world.state, chosen, turn)
        yield _decided(world, command, chosen, chance.uniform(0.3, 1.1) * seconds)


def _news(held: state.State, ids: list[str], turn: int) -> tuple[str, ...]:
    """A command that changes each of these: what stands so already need not be written."""
    if turn % 4 == 0:
        return "assign", "--to", f"person{turn}", *ids
    if turn % 4 == 1:
        return "tag", "--add", f"tag{turn}", *ids
    now = {held.statuses.get(id_) for id_ in ids}
    if "done" not in now:
        return "done", *ids
    if "ignored" not in now:
        return "ignore", *ids
    return "snooze", "--for", f"{turn + 1}d", *ids


def _decided(world: World, command: tuple[str, ...], ids: list[str], delay: float) -> Decided:
    before = world.state.happened
    running = world.start("-v", *command)
    time.sleep(delay)
    running.kill()
    ran = running.wait()
    try:
        after = world.state.happened
    except state.Damage as damage:
        return Decided(ran, False, [f"damaged: {damage}"])
    more = {id_: after[id_] - before[id_] for id_ in ids}
    there, faults = all(more.values()), []
    if set(more.values()) not in ({0}, {1}):
        faults.append(f"{command[0]}: half done: {more}")
    if not there and (ran.code == 0 or any(id_ in ran.err for id_ in ids)):
        faults.append(f"{command[0]}: was reported and is not there: {ran.err}")
    if not ran.killed and (ran.code or ran.rude):
        faults.append(f"{command[0]}: exit {ran.code}: {ran.err}")
    return Decided(ran, there, faults)
