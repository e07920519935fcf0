"""One disturbance, what it left, and what the next run made of it.

In: a World and a Scenario. Out: faults, in words; none is what everybody hopes for.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from scanner.store import schema
from tests.crash import state
from tests.crash.world import Ran, World, left_behind

OUTPUT = "out.jsonl"
"""Beside the database, where a run writes to a file."""
OLD = "what stood there before\n"
"""In that file, which is to be replaced."""


@dataclass(frozen=True)
class Scenario:
    """A run, where it starts from, and what comes of it when nothing disturbs it."""

    name: str
    kept: Path
    arguments: tuple[str, ...]
    before: state.State
    after: state.State
    printed: frozenset[str]
    seconds: float
    size: int
    """Bytes of the database afterwards."""
    events: tuple[str, ...]
    """What `child` saw."""
    prepare: Callable[[World], None] = lambda world: None
    """Turns the world to how it is in this scenario."""


@dataclass
class Trial:
    """What became of one disturbed run."""

    ran: Ran
    faults: list[str] = field(default_factory=list)
    stored: int = 0
    """Feeds that were as in the end already."""
    again: Ran | None = None
    """The next run."""

    @property
    def whole(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.faults


def scenario(
    world: World,
    name: str,
    *arguments: str,
    prepare: Callable[[World], None] = lambda world: None,
    times: int = 2,
) -> Scenario:
    """Run it undisturbed from where the world is now; both times it must come to the same."""
    kept = world.keep(name)
    prepare(world)
    before = world.state
    trace = world.folder / f"{name}.events"
    seconds, states, printed = [], [], []
    for point in ((), ("before", "1", "^nothing is called so$"))[-times:]:
        world.back_to(kept)
        ran = world.run(*arguments, point=point, CRASH_TRACE=str(trace))
        if ran.code or ran.rude:
            raise AssertionError(f"{name}, undisturbed: exit {ran.code}: {ran.err}")
        seconds.append(ran.seconds)
        states.append(world.state)
        printed.append(_printed(world, ran))
    if told := state.differences(states[0], states[-1]):
        raise AssertionError(f"{name}: two runs came to different ends: {told}")
    return Scenario(
        name=name,
        kept=kept,
        arguments=arguments,
        before=before,
        after=states[0],
        printed=frozenset(printed[0]),
        seconds=min(seconds),
        size=world.database.stat().st_size,
        events=tuple(trace.read_text("utf-8").splitlines()),
        prepare=prepare,
    )


def killed(world: World, one: Scenario, disturb: Callable[[], Ran]) -> Trial:
    """Begin where the scenario begins, let the run be killed, look, and run again."""
    world.back_to(one.kept)
    one.prepare(world)
    trial = Trial(disturb())
    first = _printed(world, trial.ran)
    _look(world, one, trial, first)
    _again(world, one, trial, first)
    if orphans := left_behind(trial.ran.pid):
        trial.faults.append(f"{len(orphans)} processes were left behind")
    return trial


def starved(
    world: World, one: Scenario, disturb: Callable[[], Ran], free: Callable[[], object]
) -> Trial:
    """The same with a run that finds no space: it must say so, and go on once there is some."""
    world.back_to(one.kept)
    one.prepare(world)
    trial = Trial(disturb())
    ran, first = trial.ran, _printed(world, trial.ran)
    if ran.rude:
        trial.faults.append(f"rude: {ran.err[-600:]}")
    if ran.code not in (0, 1):
        trial.faults.append(f"exit {ran.code}: {ran.err[-300:]}")
    if ran.code == 1 and not (str(world.data) in ran.err and "space" in ran.err):
        trial.faults.append(f"the message does not help: {ran.err[-300:]!r}")
    free()
    _look(world, one, trial, first)
    if not ran.code:
        trial.faults += [f"exit 0, but {what}" for what in _short_of(world, one, first)]
    _again(world, one, trial, first)
    if litter := sorted(beside.name for beside in world.data.glob(".scanner-*")):
        trial.faults.append(f"litter: {litter}")
    return trial


def _look(world: World, one: Scenario, trial: Trial, first: list[str]) -> None:
    """Each feed is as before or as after; what counts as shown was printed.

    Retention empties posts by their number, so there it is each post.
    """
    try:
        left = world.state
    except (state.Damage, sqlite3.Error) as damage:
        trial.faults.append(f"damaged: {damage}")
        return
    broken = state.strange if one.name == "prune" else state.torn
    trial.faults += [f"torn: {what}" for what in broken(left, one.before, one.after)]
    if unseen := left.shown - one.before.shown - set(first):
        trial.faults.append(f"{len(unseen)} posts count as shown and were not")
    if 0 < one.before.version < left.version:
        trial.faults += _backed_up(world, one)
    trial.stored = sum(one.after.feeds.get(url) == held for url, held in left.feeds.items())


def _backed_up(world: World, one: Scenario) -> list[str]:
    backup = world.database.with_name(f"scanner.db.v{one.before.version}.bak")
    return [f"the backup: {told}" for told in state.differences(state.read(backup), one.before)]


def _again(world: World, one: Scenario, trial: Trial, first: list[str]) -> None:
    trial.again = again = world.run(*one.arguments)
    if again.code or again.rude:
        trial.faults.append(f"the next run: exit {again.code}: {again.err[-600:]}")
    second = _printed(world, again)
    trial.faults += _short_of(world, one, first + second)
    if strange := set(first + second) - one.printed:
        trial.faults.append(f"{len(strange)} posts were printed that should not be")
    if len(set(second)) < len(second):
        trial.faults.append("one run printed a post twice")
    if scraps := world.scraps():
        trial.faults.append(f"scraps: {scraps}")


def _short_of(world: World, one: Scenario, printed: list[str]) -> list[str]:
    try:
        faults = state.differences(world.state, one.after)
    except (state.Damage, sqlite3.Error) as damage:
        return [f"damaged at the end: {damage}"]
    if lost := one.printed - set(printed):
        faults.append(f"{len(lost)} posts were never printed")
    return faults


def _printed(world: World, ran: Ran) -> list[str]:
    """IDs on stdout, or in the file, which is whole at any time."""
    if "-o" not in ran.arguments:
        return ran.ids if "--format" in ran.arguments else []
    text = (world.data / OUTPUT).read_text("utf-8")
    if text == OLD:
        return []
    try:
        return [json.loads(line)["id"] for line in text.splitlines()]
    except ValueError:
        return ["a file that is not whole"]


def older(path: Path, version: int, mode: str = "WAL") -> None:
    """Turn a database into what an earlier format would have held, by that format's own steps."""
    old = path.with_name("older.db")
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        for number, step in enumerate(schema.MIGRATIONS[:version], 1):
            connection.execute("BEGIN")
            step(connection)
            connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")
        connection.execute("ATTACH ? AS newer", (str(path),))
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            names = ", ".join(columns)
            connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM newer.{table}")
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    old.replace(path)
