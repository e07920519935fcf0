"""`scanner score`, a pipe that judges what it is given, and `scanner schema`.

In: JSON Lines (or plain lines with --text) on stdin or in files. Out: judged JSON Lines, in order.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from scanner.cli.options import NOW
from scanner.errors import ExitCode, ScannerError, UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell


_STDIN = Path("-")


def register(app: typer.Typer) -> None:
    """Add the commands for pipes."""
    app.command("score", rich_help_panel="For pipes")(score)
    app.command("schema", rich_help_panel="For pipes")(schema)


def score(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="JSON Lines; none, or -, reads stdin.")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Every line is one text, no JSON.")] = False,
    brand: Annotated[
        list[str] | None, typer.Option("--brand", help="Judge towards this brand; repeatable.")
    ] = None,
    polarity: Annotated[
        bool, typer.Option("--polarity", help="Also TextBlob's polarity (a millisecond a post).")
    ] = False,
    now: NOW = None,
) -> None:
    """Judge texts: JSON Lines in, judged JSON Lines out, in the order they came.

    A line is {"text": …, "id"?, "title"?, "lang"?, "url"?, "published"?, "brand"? or "brands"?};
    other fields come out again under their names, where those are free. A line that is not such
    an object becomes an error on stderr with its number, and the exit code is 3.
    """
    from scanner import pipe

    shell: Shell = ctx.obj
    asked = pipe.Asked(brands=tuple(brand or ()), polarity=polarity, now=shell.now(now))
    read = pipe.plain_line if text else pipe.json_line
    bad = 0
    for place, line in _lines(files or []):
        if not (text or line.strip()):
            continue  # between JSON objects; as a text it is one, and `paste` stays in step
        try:
            given = read(line)
        except ValueError as problem:
            bad += 1
            shell.fail(f"{place}: {problem}", kind="line")
        else:
            shell.data(pipe.judged(given, asked))
    if bad:
        raise typer.Exit(int(ExitCode.SOME_FEEDS))


def _lines(files: list[Path]) -> Iterator[tuple[str, str]]:
    """Each line with its place; bytes that are no UTF-8 become U+FFFD rather than an end."""
    for file in files or [_STDIN]:
        name = "line " if file == _STDIN else f"{file}:"
        try:
            with _opened(file) as stream:
                for number, line in enumerate(stream, 1):
                    yield f"{name}{number}", line.decode("utf-8", "replace")
        except FileNotFoundError as problem:
            raise UsageError(f"{file}: no such file") from problem
        except OSError as problem:
            raise ScannerError(
                f"{file}: could not read: {problem.strerror or problem}"
            ) from problem


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    if file != _STDIN:
        return file.open("rb")
    if sys.stdin is None:  # started with stdin closed (`<&-`)
        raise ScannerError("stdin is closed; name a file")
    return nullcontext(sys.stdin.buffer)


def schema(
    ctx: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="[WHAT]", help="records, or feeds: of `feeds list`.")
    ] = "records",
) -> None:
    """Print the JSON Schema of what `--format json`, `jsonl` and `score` print, or `feeds list`."""
    import json

    from scanner.render import schema as room

    shell: Shell = ctx.obj
    known = {"records": room.schema, "feeds": room.feeds}
    if what not in known:
        raise UsageError(f'no schema is called "{what}"; expected one of {", ".join(known)}')
    shell.data(json.dumps(known[what](), indent=2, ensure_ascii=False) + "\n")
