"""`scanner eval`: how good judging and ranking are on labelled posts, and a gate for both.

In: labelled files and scenario folders, floors. Out: tables or JSON; exit 1 below a floor.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.options import NOW
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.evaluate import Evaluation
    from scanner.evaluate.floors import Check, Floors

_TELL_EVERY = 100
"""Texts between two signs of progress: about ten a second."""


def register(app: typer.Typer) -> None:
    """Add `eval`."""
    app.command("eval", rich_help_panel="Measuring")(evaluate)


def evaluate(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER…", help="Labelled JSON Lines, or a scenario's folder."),
    ],
    format_: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    floor: Annotated[
        list[str] | None,
        typer.Option("--floor", metavar="NAME=VALUE", help="Fail below this mean; repeatable."),
    ] = None,
    floors: Annotated[
        Path | None, typer.Option("--floors", help="Fail below any floor in this file.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update-floors", help="Write today's figures into that file.")
    ] = False,
    allow_regression: Annotated[
        bool, typer.Option("--allow-regression", help="… also where one is worse than before.")
    ] = False,
    no_textblob: Annotated[
        bool, typer.Option("--no-textblob", help="Without TextBlob beside it (a ms a post).")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Rows of each file, spread evenly; 0 = all.")
    ] = 0,
    now: NOW = None,
) -> None:
    """Measure judging and ranking on labelled posts; fail where they got worse.

    A line of a file is {"text": …, "label": "negative"}, with "target": "Acme" where the label is
    for a brand, or {"text": …, "targets": {"Acme": "neg", "Rival": "pos"}, "intent"?, "reasons"?}.
    A folder with scanner.toml and labels.jsonl ({"url": …, "grade": 0 to 3}) is ranked as a whole.
    Exit codes: 0 done, 1 below a floor or the set has changed, 2 asked wrongly.
    """
    from scanner import evaluate as room
    from scanner.evaluate import document, sets, tables
    from scanner.evaluate import floors as pins

    shell: Shell = ctx.obj
    _check_options(format_, floors, update, allow_regression, limit)
    asked = dict(pins.option(one, room.MEASURES) for one in floor or ())
    pinned = _pinned(floors, update)
    told = room.evaluate(
        sets.find(paths),
        limit=limit,
        textblob=not no_textblob,
        now=shell.now(now) if now else None,
        watch=_counter(shell),
    )
    held = {} if update or pinned is None else pinned.floors
    checks = pins.check({**held, **asked}, told.means)
    if format_ == "json":
        shell.data(document.document(told, checks))
    else:
        shell.data(tables.tables(told, checks, shell.style()))
    failed = _fallen(shell, [one for one in checks if not one.ok])
    if update and floors is not None:
        failed += _pin(shell, floors, told, pinned, allow_regression)
    elif pinned is not None and pinned.fingerprint != told.fingerprint:
        shell.fail("the labelled set changed; pin it anew with --update-floors")
        failed += 1
    if failed:
        raise typer.Exit(int(ExitCode.FAILED))


def _check_options(
    format_: str, floors: Path | None, update: bool, allow_regression: bool, limit: int
) -> None:
    if format_ not in ("table", "json"):
        raise UsageError(f'--format: no such format "{format_}"; expected table or json')
    if update and floors is None:
        raise UsageError("--update-floors: say which file with --floors FILE")
    if allow_regression and not update:
        raise UsageError("--allow-regression goes with --update-floors")
    if floors is not None and limit:
        raise UsageError("--floors and --limit contradict each other: floors are for whole files")


def _pinned(path: Path | None, update: bool) -> Floors | None:
    """What the floors file holds; a file that is about to be written may be missing."""
    from scanner.evaluate import MEASURES, floors

    if path is None or (update and not path.exists()):
        return None
    return floors.read(path, MEASURES)


def _fallen(shell: Shell, bad: list[Check]) -> int:
    """Name what is below its floor; return how many there are."""
    for one in bad:
        shell.fail(str(one))
    return len(bad)


def _pin(
    shell: Shell, path: Path, told: Evaluation, pinned: Floors | None, allow_regression: bool
) -> int:
    """Write the floors file anew, unless that would lower a floor; return how many it would."""
    from scanner.cli.output import replace_file
    from scanner.evaluate import floors as pins

    old = {} if pinned is None else pinned.floors
    new = pins.today(old, told.means)
    worse = 0 if allow_regression else _fallen(shell, pins.regressions(old, new))
    if worse:
        shell.fail(f"{path}: left as it is; --allow-regression lowers floors")
    else:
        replace_file(path, pins.as_json(pins.Floors(told.fingerprint, new)))
        shell.say(f"{path}: {len(new)} floors written")
    return worse


def _counter(shell: Shell) -> Callable[[int, int], None]:
    """A counter on stderr, for a person who waits."""
    if shell.quiet or not shell.stderr_is_terminal:
        return lambda done, of: None

    def count(done: int, of: int) -> None:
        if done % _TELL_EVERY == 0 or done == of:
            sys.stderr.write(f"\r{done} of {of} texts judged" if done < of else "\r\x1b[K")
            sys.stderr.flush()

    return count
