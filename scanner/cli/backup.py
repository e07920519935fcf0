"""`backup`: a whole copy of the database, also while a scan is writing to it.

In: where the copy is to be. Out: the copy, at its place in one step or not at all.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scanner.cli.shell import Shell

FILE = Annotated[
    Path, typer.Argument(metavar="FILE", help="The copy; an older copy there is replaced.")
]


def register(app: typer.Typer) -> None:
    """Add `backup`."""
    app.command("backup", rich_help_panel="Looking after it")(backup)


def backup(ctx: typer.Context, file: FILE) -> None:
    """Copy the database, with every decision in it, to a file.

    It is safe while a scan runs, which `cp` is not. To put it back: stop the scans, copy FILE over
    the database, and remove the -wal and -shm files beside it.
    """
    from scanner.store.backup import backup as copy

    shell: Shell = ctx.obj
    named = shell.db_path is not None or bool(shell.environ.get("SCANNER_DB"))
    # a broken config must not keep anybody from saving what there is
    config = None if named else shell.config_alone(need_feeds=False)
    database = shell.database(config)
    copy(database, file)
    shell.say(f"{database} is copied to {file.absolute()} ({_size(file.stat().st_size)})")


def _size(count: int) -> str:
    """Bytes as a person reads them: 12.3 MB."""
    size = float(count)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
