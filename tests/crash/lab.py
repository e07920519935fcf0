"""The crash lab: what the tests try a few times, tried hundreds of times.

usage: python -m tests.crash.lab kills|events|decisions|crowd|migrations|full|writes [--help]

In: how much of it. Out: a table on stdout, what happens meanwhile on stderr; exit 1 if anything
was lost. Needs nothing beyond what the tests need; `full` and `writes` do more where this process
may mount and where there is gcc.

Touches: the network, the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from scanner.store import schema
from tests.crash import crowd, full, kills
from tests.crash.trials import Scenario, Trial
from tests.crash.world import World


class Table:
    """Rows that are counted while they come, and printed at the end."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self._cells: dict[str, Counter[str]] = {}

    def count(self, row: str, *columns: str, faults: Sequence[str] = ()) -> None:
        """Add one to these columns of a row."""
        self._cells.setdefault(row, Counter()).update(columns)
        for fault in faults:
            self._cells[row]["faults"] += 1
            self.faults[f"{row}: {fault}"] += 1
            print(f"FAULT {row}: {fault}", file=sys.stderr, flush=True)

    def print(self) -> int:
        """Print it; the exit code."""
        found = dict.fromkeys(name for cells in self._cells.values() for name in cells)
        columns = [*(name for name in found if name != "faults"), "faults"]
        print("| | " + " | ".join(columns) + " |\n|" + " --- |" * (len(columns) + 1))
        for row, cells in self._cells.items():
            print(f"| {row} | " + " | ".join(str(cells[column]) for column in columns) + " |")
        for fault, number in self.faults.items():
            print(f"{number} × {fault}")
        return 1 if self.faults else 0


@contextmanager
def _world(asked: argparse.Namespace, feeds: int, posts: int) -> Iterator[World]:
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="crash-") as name:
        world = World(Path(name), asked.feeds or feeds, asked.posts or posts)
        try:
            yield world
        finally:
            world.close()


def _wanted(asked: argparse.Namespace, world: World) -> list[Scenario]:
    return list(kills.scenarios(world, *(asked.only.split(",") if asked.only else ())).values())


def _told(table: Table, name: str, label: str, trial: Trial, feeds: int) -> None:
    if not trial.ran.killed:
        when = "ended before"
    elif trial.stored == 0:
        when = "nothing new stored"
    else:
        when = "all stored" if trial.stored == feeds else "some feeds stored"
    table.count(name, "kills", when, faults=[f"{label}: {fault}" for fault in trial.faults])


def _kills(asked: argparse.Namespace, table: Table) -> None:
    """kill -9 at random moments of five kinds of run, and at every point that has a name."""
    chance = random.Random(asked.seed)
    with _world(asked, 30, 40) as world:
        found = kills.scenarios(world)
        for one in found.values():
            print(f"{one.name}: {one.seconds:.2f} s, {len(one.events)} events", file=sys.stderr)
        feeds = len(world.urls)
        for point in kills.POINTS if asked.points else ():
            trial = kills.at_point(world, found[point.scenario], point)
            label = f"{point.when} {point.pattern}"
            _told(table, f"{point.scenario}, named points", label, trial, feeds)
        for number in range(asked.number):
            name = chance.choices(list(found), (40, 5, 40, 5, 5, 5, 5))[0]
            trial = kills.at_random(world, found[name], chance)
            _told(table, f"{name}, at random", f"kill {number}", trial, feeds)
            _tick(number, asked.number)


def _events(asked: argparse.Namespace, table: Table) -> None:
    """kill -9 before every statement, row and rename of small runs."""
    with _world(asked, 3, 6) as world:
        for one in _wanted(asked, world):
            for number, trial in enumerate(kills.at_events(world, one, asked.every)):
                event = one.events[number * asked.every]
                _told(table, one.name, f"before {event}", trial, len(world.urls))
                _tick(number, len(one.events) // asked.every)


def _decisions(asked: argparse.Namespace, table: Table) -> None:
    """kill -9 of people's decisions."""
    with _world(asked, 3, 10) as world:
        chance = random.Random(asked.seed)
        tried = kills.decisions(world, asked.number, chance)
        for number, (ran, there, faults) in enumerate(tried):
            when = ("there" if there else "not there") if ran.killed else "ended before"
            table.count(ran.arguments[1], "kills", when, faults=faults)
            _tick(number, asked.number)


def _crowd(asked: argparse.Namespace, table: Table) -> None:
    """Many processes at once."""
    with _world(asked, 12, 20) as world:
        made = crowd.crowd(world, asked.processes, asked.seconds, asked.seed)
    for ran in made.runs:
        table.count(ran.arguments[0], "processes", f"exit {ran.code}")
    table.count("all", faults=made.faults)


def _migrations(asked: argparse.Namespace, table: Table) -> None:
    """Five processes that find an older format at once, again and again."""
    for turn in range(asked.number):
        for version in range(1, len(schema.MIGRATIONS)):
            with _world(asked, 3, 20) as world:
                faults = crowd.migrating(world, version)
            table.count(f"from format {version}", "times", faults=faults)
        _tick(turn, asked.number)


def _full(asked: argparse.Namespace, table: Table) -> None:
    """No space: a limit on files, a small file system, and each write in turn."""
    with _world(asked, 12, 20) as world:
        found = _wanted(asked, world)
        for one in found:
            most = full.largest(world, one)
            sizes = sorted({*range(0, 48 * full.KIB, 4096), *range(0, most, most // 16)})
            for size, trial in full.limited(world, one, sizes):
                _starved(table, f"{one.name}, files limited", f"{size} bytes", trial)
            print(f"{one.name}: limits done, {most} bytes at most", file=sys.stderr)
        if full.can_mount():
            with full.small(world):
                for one in found:
                    for room in _rooms():
                        trial = full.cramped(world, one, room)
                        _starved(table, f"{one.name}, small disk", f"{room} bytes free", trial)
                        if not trial.ran.code:
                            break
        else:
            print("may not mount: the small disk is left out", file=sys.stderr)
    if asked.writes:
        _each_write(asked, table, ("full", "once"))


def _rooms() -> Iterator[int]:
    room = 0
    while True:
        yield room
        room = max(room + 4096, room * 9 // 8 // 4096 * 4096)


def _writes(asked: argparse.Namespace, table: Table) -> None:
    """Each write, sync and rename of small runs: fails, or is the last."""
    _each_write(asked, table, asked.how.split(","))


def _each_write(asked: argparse.Namespace, table: Table, hows: Sequence[str]) -> None:
    if not full.can_compile():
        print("no gcc: single writes are left out", file=sys.stderr)
        return
    with _world(asked, 3, 6) as world:
        library = full.shim(world.folder)
        for one in _wanted(asked, world):
            calls = full.writes(world, one, library)
            for how in hows:
                for number, call in list(enumerate(calls, 1))[:: asked.every]:
                    trial = full.at_write(world, one, library, number, how)
                    _starved(table, f"{one.name}, {how}", f"{number} {call}", trial)
                    _tick(number, len(calls))


def _starved(table: Table, row: str, label: str, trial: Trial) -> None:
    ended = "killed" if trial.ran.killed else f"exit {trial.ran.code}"
    table.count(row, "runs", ended, faults=[f"{label}: {fault}" for fault in trial.faults])


def _tick(number: int, of: int) -> None:
    if number % 25 == 24:
        print(f"{time.strftime('%H:%M:%S')} {number + 1} of {of}", file=sys.stderr, flush=True)


def main() -> int:
    """Read the command line."""
    told = argparse.ArgumentParser(
        prog="python -m tests.crash.lab", description=__doc__.partition("\n")[0]
    )
    told.add_argument("--folder", type=Path, help="where worlds are made; the usual place")
    told.add_argument("--feeds", type=int, help="instead of each command's own number")
    told.add_argument("--posts", type=int, help="in a feed")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--only", help="kinds of run, with commas between")
    told.add_argument("--every", type=int, default=1, help="only each so-manieth event or write")
    commands = told.add_subparsers(required=True)

    def command(
        do: Callable[[argparse.Namespace, Table], None], name: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=(do.__doc__ or "").strip())
        made.set_defaults(do=do)
        return made

    one = command(_kills, "kills")
    one.add_argument("--number", type=int, default=200, help="kills at random")
    one.add_argument("--points", action=argparse.BooleanOptionalAction, default=True)
    command(_events, "events")
    command(_decisions, "decisions").add_argument("--number", type=int, default=200)
    one = command(_crowd, "crowd")
    one.add_argument("--processes", type=int, default=20)
    one.add_argument("--seconds", type=float, default=20)
    command(_migrations, "migrations").add_argument("--number", type=int, default=5)
    one = command(_full, "full")
    one.add_argument("--writes", action=argparse.BooleanOptionalAction, default=True)
    one = command(_writes, "writes")
    one.add_argument("--how", default="kill,torn,full,once")
    asked = told.parse_args()
    table = Table()
    with suppress(KeyboardInterrupt):  # what was found until then is told
        asked.do(asked, table)
    return table.print()


if __name__ == "__main__":
    sys.exit(main())
