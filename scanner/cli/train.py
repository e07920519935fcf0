"""`scanner train`: a model of one's own from labelled posts.

In: labelled files, a teacher's file if there is one. Out: a model file; what was done on stderr.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell


def register(app: typer.Typer) -> None:
    """Add `train`."""
    app.command("train", rich_help_panel="Measuring")(train)


def train(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER…", help="Labelled JSON Lines, as `eval` reads them."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where the model goes.")
    ],
    teacher: Annotated[
        Path | None,
        typer.Option("--teacher", help="What a larger model said of the same texts (.npz)."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another model.")] = 1,
) -> None:
    """Train the model that judges negativity, intents and reasons, on labelled posts.

    One text in ten is kept out of learning; blend and calibration are fitted on it. The same
    files, seed and numpy give the same model on one machine. Use it with SCANNER_MODEL=FILE,
    measure it with SCANNER_MODEL=FILE scanner eval. It judges the languages that it has learnt
    (50 texts or more), no others. How ours was made: scanner/data/model/CARD.md.
    Exit codes: 0 done, 1 could not write, 2 asked wrongly or a line cannot be read.
    """
    from scanner import files
    from scanner import train as room
    from scanner.cli.output import check_folder
    from scanner.evaluate import sets
    from scanner.train.recipe import Recipe
    from scanner.train.teacher import read

    shell: Shell = ctx.obj
    check_folder(output)
    if output.suffix != ".npz":  # a slip must not cost a config
        raise UsageError(f"-o {output}: a model's name must end in .npz")
    sources = sets.find(paths)
    if not sources.files:
        raise UsageError("no labelled files: scenarios are for measuring, not for learning")
    made = room.train(
        sets.read(sources.files),
        read(teacher) if teacher else None,
        Recipe(seed=seed),
        fingerprint=sets.fingerprint(sources),
        watch=shell.say,
    )
    files.replace(output, made.body)
    shell.say(
        f"{output}: {len(made.body):,} bytes from {made.texts:,} texts "
        f"({made.taught:,} with a teacher's answer), calibrated on {made.kept_out:,} others"
    )
