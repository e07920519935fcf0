"""Many processes on one database: scans, decisions, readers, backups, as they come.

In: a World. Out: a Crowd: how everybody ended, and faults in words.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.crash import state
from tests.crash.trials import older
from tests.crash.world import Ran, World

STATUSES = {"done": "done", "ignore": "ignored"}
"""Command -> what the history says of it, the first time; what stands so already is not written."""
UNIQUE = ("note", "assign", "tag")
"""Commands that each time write something new."""
_LOCKED = ("nother scanner", "locked")
"""What a command says that does not get its turn."""


@dataclass
class Crowd:
    """What everybody did."""

    runs: list[Ran] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def ends(self) -> Counter[tuple[str, int]]:
        """How often each command ended with each code."""
        return Counter((ran.arguments[0], ran.code) for ran in self.runs)


def crowd(world: World, processes: int, seconds: float, seed: int = 1) -> Crowd:
    """Scan once, so that there is something to decide on; then let all of them at it.

    Feeds without news in the meantime are asked once for each scan that was let in with --refetch,
    and not at all by others, for their hour is not over.
    """
    made = Crowd()
    ids = world.scan().ids
    before, asked = world.state, Counter(world.server.paths)
    world.version = 2
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_busy, args=(world, made, ids, deadline, f"w{seed}.{number}"))
        for number in range(processes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.faults += _ended_well(made.runs)
    made.faults += _kept(world, made.runs, before)
    let_in = sum(ran.code == 0 and "--refetch" in ran.arguments for ran in made.runs)
    now = Counter(world.server.paths)
    for path in asked:
        if now[path] - asked[path] != let_in:
            made.faults.append(f"{path}: asked {now[path] - asked[path]} times by {let_in} scans")
    return made


def _busy(world: World, made: Crowd, ids: list[str], deadline: float, seed: str) -> None:
    chance, number = random.Random(seed), 0
    while time.monotonic() < deadline:
        number += 1
        ran = world.run(*_command(world, chance, ids, f"{seed}.{number}"))
        made.runs.append(ran)


def _command(world: World, chance: random.Random, ids: list[str], unique: str) -> tuple[str, ...]:
    some = chance.sample(ids, 2)
    backup = world.data / f"{unique}.backup"
    choices: list[tuple[str, ...]] = [
        ("scan",),
        ("scan", "--refetch"),
        ("scan", "--refetch", "--wait", "60s"),
        ("list", "--format", "json"),
        ("show", some[0]),
        ("feeds", "list"),
        ("done", *some),
        ("ignore", *some),
        ("backup", str(backup)),
        ("undo",),
        ("assign", "--to", unique, *some),
        ("tag", "--add", unique, *some),
        ("note", some[0], unique),
    ]
    return chance.choice(choices)


def _ended_well(runs: list[Ran]) -> list[str]:
    """0, or 1 with a word on who else is at it, which only scans without --wait may need."""
    faults = []
    for ran in runs:
        busy = ran.code == 1 and any(word in ran.err for word in _LOCKED)
        impatient = ran.arguments[0] == "scan" and "--wait" not in ran.arguments
        nothing = ran.arguments == ("undo",) and "no decision" in ran.err
        if ran.rude or not (ran.code == 0 or (busy and impatient) or nothing):
            faults.append(f"{' '.join(ran.arguments)}: exit {ran.code}: {ran.err[-400:]}")
    return faults


def _kept(world: World, runs: list[Ran], before: state.State) -> list[str]:
    """Every decision that was reported is in the history, once; no post is there twice."""
    try:
        after = world.state
        for backup in world.data.glob("*.backup"):
            state.read(backup)
    except (state.Damage, sqlite3.Error) as damage:
        return [f"damaged: {damage}"]
    faults = [f"{url} is gone" for url in before.feeds.keys() - after.feeds.keys()]
    events = after.others["events"]
    for ran in runs:
        command, *rest = ran.arguments
        if ran.code == 0 and command in UNIQUE:
            word = rest[1]
            number = sum(detail is not None and word in detail for _, _, detail, *_ in events)
            if number != (1 if command == "note" else 2):
                faults.append(f"{command} {word}: reported, and there {number} times")
        elif ran.code == 0 and command in STATUSES:
            there = {id_ for id_, what, *_ in events if what == STATUSES[command]}
            faults += [f"{command} {id_}: reported, not there" for id_ in set(rest) - there]
    return faults


# --- several upgrade at once ----------------------------------------------------------------------


def migrating(world: World, version: int, processes: int = 5) -> list[str]:
    """Let several processes find an older format at once; the faults."""
    ids = world.scan().ids
    world.run("done", *ids[:4])
    newest = world.state
    older(world.database, version)
    before = world.state
    commands = [
        ("scan", "--wait", "60s", "--no-fetch") if turn % 2 else ("note", ids[turn], f"by {turn}")
        for turn in range(processes)
    ]
    runs = [one.wait() for one in [world.start(*command) for command in commands]]
    faults = [
        f"{' '.join(ran.arguments)}: exit {ran.code}: {ran.err}"
        for ran in runs
        if ran.code or ran.rude
    ]
    backups = sorted(world.data.glob("*.bak"))
    if [backup.name for backup in backups] != [f"scanner.db.v{version}.bak"]:
        faults.append(f"backups: {backups}")
    else:
        faults += [f"backup: {told}" for told in state.differences(state.read(backups[0]), before)]
    after = world.state
    if after.feeds != newest.feeds or after.version != newest.version:
        faults += state.differences(after, newest)
    notes = Counter({ids[turn]: 1 for turn in range(0, processes, 2)})
    if (found := after.happened - before.happened) != notes:
        faults.append(f"{found}, not {notes}")
    return faults
