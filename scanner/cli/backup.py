"""`backup`: a whole copy of the database, also beside a running scan; `restore`: back again.

In: where the copy is to be, or is. Out: the copy, at its place in one step or not at all.

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
    """Add `backup` and `restore`."""
    app.command("backup", rich_help_panel="Looking after it")(backup)
    app.command("restore", rich_help_panel="Looking after it")(restore)


def backup(ctx: typer.Context, file: FILE) -> None:
    """Copy the database, with every decision in it, to a file.

    It is safe while a scan runs, which `cp` is not. `scanner restore FILE` puts it back.
    """
    from scanner.store.backup import backup as copy

    shell: Shell = ctx.obj
    database = _database(shell)
    copy(database, file)
    shell.say(f"{database} is copied to {file.absolute()} ({_size(file.stat().st_size)})")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `scanner backup` made.")],
) -> None:
    """Put a backup in the database's place.

    What was there before stays beside it, under a name that begins with "replaced".
    """
    from scanner.store.restore import restore as put_back

    shell: Shell = ctx.obj
    database = _database(shell)
    old = put_back(database, file)
    kept = f"; what was there is now {old.name}" if old else ""
    shell.say(f"{file.absolute()} is now in the place of {database}{kept}")


def _database(shell: Shell) -> Path:
    named = shell.db_path is not None or bool(shell.environ.get("SCANNER_DB"))
    # a broken config must not keep anybody from saving what there is
    return shell.database(None if named else shell.config_alone(need_feeds=False))


def _size(count: int) -> str:
    """Bytes as a person reads them: 12.3 MB."""
    size = float(count)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
