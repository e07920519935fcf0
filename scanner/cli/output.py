"""Where a command's data goes: stdout, or a file that is replaced in one step.

In: ranked posts and the options of the command. Out: bytes written, whole or not at all.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Ranked
    from scanner.render import Style


@dataclass(frozen=True, slots=True)
class Output:
    """A chosen format and place."""

    shell: Shell
    format: str
    path: Path | None
    style: Style

    @classmethod
    def choose(
        cls,
        shell: Shell,
        format_: str | None,
        path: Path | None,
        *,
        csv_raw: bool = False,
        excel: bool = False,
    ) -> Output:
        """Decide before any work is done, so that a wrong format fails at once."""
        from scanner import render

        if path is not None:
            check_folder(path)
        if format_ is None:
            format_ = "table" if path is None else render.format_for(path)
        elif format_ not in render.FORMATS:
            known = ", ".join(render.FORMATS)
            raise UsageError(f'--format: no such format "{format_}"; expected one of {known}')
        style = shell.style(csv_raw=csv_raw, excel=excel)
        if path is not None:
            style = replace(style, width=None, color=False, ascii_only=False)
        return cls(shell, format_, path, style)

    def ranked(self, ranked: Sequence[Ranked], *, now: datetime) -> None:
        """Write ranked posts; where there are none, nothing that would make cron send a mail."""
        from scanner import render

        if self.path is None and not ranked and (self.shell.quiet or self.format == "table"):
            return
        self.text(render.render(ranked, self.format, now=now, style=self.style))

    def text(self, text: str) -> None:
        """Write a text."""
        if self.path is None:
            self.shell.data(text)
        else:
            replace_file(self.path, text)


def replace_file(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file in one step: a crash or a full disk leaves the old one whole (O10)."""
    from scanner import files

    files.replace(path, text.encode("utf-8", "replace"), mode=mode)


def check_folder(path: Path) -> None:
    """Say that a file cannot be written there before the work for it is done."""
    if path.is_dir():
        raise UsageError(f"-o {path}: is a folder; name a file in it")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.resolve().parent}")
