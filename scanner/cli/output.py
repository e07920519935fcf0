"""Where a command's data goes: stdout, or a file that is replaced in one step; and in which form.

In: ranked posts and the options of the command. Out: bytes written, whole or not at all.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Ranked
    from scanner.render import Style, Template

STDOUT = Path("-")
"""-o - is stdout, as for most tools."""


def complete_fields(incomplete: str) -> list[str]:
    """What may stand behind the last comma of --fields."""
    from scanner.render.fields import NAMES

    before, comma, _ = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in NAMES]


FIELDS = Annotated[
    str | None,
    typer.Option(
        "--fields",
        help="Only these of each post, in this order: worth,title,url.",
        autocompletion=complete_fields,
    ),
]
TEMPLATE = Annotated[
    str | None,
    typer.Option(
        "--template",
        help="A line format of your own, in Jinja2: '{{ worth }} {{ title }}', or @FILE.",
    ),
]
"""A command that lists posts takes both and hands them to `Output.choose`."""


@dataclass(frozen=True, slots=True)
class Output:
    """A chosen format and place."""

    shell: Shell
    format: str
    path: Path | None
    style: Style
    fields: tuple[str, ...] = ()
    template: Template | None = None

    @classmethod
    def choose(
        cls,
        shell: Shell,
        format_: str | None,
        path: Path | None,
        *,
        csv_raw: bool = False,
        excel: bool = False,
        fields: str | None = None,
        template: str | None = None,
    ) -> Output:
        """Decide before any work is done, so that what cannot be fails at once."""
        path = None if path == STDOUT else path
        if path is not None:
            check_folder(path)
        if template is not None and (format_ is not None or fields is not None):
            raise UsageError("--template says it all: leave --format and --fields away")
        if template is None:
            format_ = _format(shell, format_, path)
        return cls(
            shell,
            format_ or "template",
            path,
            _style(shell.style(csv_raw=csv_raw, excel=excel), path),
            _fields(fields, format_),
            None if template is None else _template(template),
        )

    def ranked(self, ranked: Sequence[Ranked], *, now: datetime) -> None:
        """Write ranked posts; where there are none, nothing that would make cron send a mail."""
        from scanner import render

        if self.path is None and not ranked and (self.shell.quiet or self.format == "table"):
            return
        self.text(
            render.render(
                ranked,
                self.format,
                now=now,
                style=self.style,
                fields=self.fields,
                template=self.template,
            )
        )

    def text(self, text: str) -> None:
        """Write a text."""
        from scanner.cli.pager import page

        if self.path is not None:
            replace_file(self.path, text)
        elif not page(self.shell, text):
            self.shell.data(text)


def replace_file(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file in one step: a crash or a full disk leaves the old one whole (O10)."""
    from scanner import files

    files.replace(path, text.encode("utf-8", "replace"), mode=mode)


def check_folder(path: Path) -> None:
    """Say that a file cannot be written there before the work for it is done."""
    if path.is_dir():
        raise UsageError(f"-o {path}: is a folder; name a file in it")
    folder = Path(os.path.realpath(path)).parent  # resolve() breaks on links that go in a circle
    if not folder.is_dir():
        raise UsageError(f"-o {path}: there is no folder {folder}")


def defuse(problem: Exception) -> None:
    """Make the parser's own complaint safe to show: it repeats what was typed."""
    from scanner.text import printable, redact

    for name, value in vars(problem).items():
        if isinstance(value, str):
            setattr(problem, name, redact(printable(value)))


def _format(shell: Shell, told: str | None, path: Path | None) -> str:
    """The one that was named; else the file's; else JSON under --json; else a table."""
    from scanner import render

    if told is not None and told not in render.FORMATS:
        known = ", ".join(render.FORMATS)
        raise UsageError(f'--format: no such format "{told}"; expected one of {known}')
    if told is not None:
        return told
    if path is not None:
        return render.format_for(path)
    return "json" if shell.json else "table"


def _style(style: Style, path: Path | None) -> Style:
    """A file gets UTF-8 and every word, whatever the terminal is like."""
    if path is None:
        return style
    return replace(style, width=None, color=False, ascii_only=False)


def _fields(told: str | None, format_: str | None) -> tuple[str, ...]:
    from scanner.render import chosen
    from scanner.render.fields import FORMATS

    if told is None:
        return ()
    if format_ not in FORMATS:
        raise UsageError(f"--fields goes with {', '.join(FORMATS)}, not with {format_}")
    return chosen(told)


def _template(told: str) -> Template:
    """Read it where it stands, or from @FILE; on the line, \\t and \\n are a tab and a line end."""
    from scanner.render import Template

    if not told.startswith("@"):
        return Template(told.replace("\\t", "\t").replace("\\n", "\n"))
    path = Path(told[1:])
    try:
        source = path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UsageError(f"--template {told}: is not UTF-8") from problem
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise UsageError(f"--template {told}: could not read: {why}") from problem
    return Template(source.removesuffix("\n"), str(path))
