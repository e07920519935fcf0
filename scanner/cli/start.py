"""The first five minutes: `demo` on sample feeds, `init` for one's own brand.

In: options, or answers on a terminal. Out: a ranked table; a commented TOML file.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from scanner.cli.completion import complete_kind
from scanner.cli.options import FORMAT, OUTPUT
from scanner.cli.output import FIELDS, TEMPLATE, Output
from scanner.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from scanner.cli.shell import Shell
    from scanner.records import Config, Ranked
    from scanner.starter import Answers
    from scanner.store import Store

T = TypeVar("T")

DEMO_NOW = "2026-11-20T12:00:00Z"
"""The sample feeds stop at this moment, so that the demo prints the same for everyone."""
ROWS = 10
FEWEST = 3
"""Posts shown in a small window, though the first then scrolls away: fewer show no ranking."""
BELOW = 4
"""Lines of a terminal that the table leaves free: two lines that are said, and the prompt."""


def register(app: typer.Typer) -> None:
    """Add the commands for the first five minutes."""
    app.command("demo", rich_help_panel="Setting up")(demo)
    app.command("init", rich_help_panel="Setting up")(init)


def demo(
    ctx: typer.Context,
    id_: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Show this post of the demo whole.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=0,
            help="Rows at most; 0 = all.",
            show_default=f"{ROWS}, or as many as the window is high",
        ),
    ] = None,
    format_: FORMAT = None,
    output: OUTPUT = None,
    fields: FIELDS = None,
    template: TEMPLATE = None,
) -> None:
    """Run the main job on sample feeds that ship inside the package: no config, no network."""
    from scanner import queue
    from scanner import scan as spine
    from scanner.sift import Wanted

    shell: Shell = ctx.obj
    now = shell.now(DEMO_NOW)
    if id_ is not None:
        _whole(shell, id_, format_, output, now)
        return
    out = Output.choose(shell, format_, output, fields=fields, template=template)
    with _samples() as (config, store):
        report = spine.scan(config, store, clock=now)
        wanted = Wanted(since=config.since, limit=ROWS if limit is None else limit)
        ranked, _ = queue.pick(config, store, wanted, now=now)
    shown = ranked if limit is not None else _fitting(out, ranked, now)
    out.ranked(shown, now=now)
    shell.say(
        f"{report.fetched} sample feeds, {report.posts} posts, {report.matched} name the brand"
        f" {config.brands[0].name}, as of {now:%d %B %Y}."
    )
    if ranked:
        first = ranked[0].judged.id[:8]
        shell.say(f"One post whole: scanner demo {first}    Your own brand: scanner init")


def _fitting(out: Output, ranked: Sequence[Ranked], now: datetime) -> Sequence[Ranked]:
    """As many as leave the best in sight on a terminal, with room for what is said below them."""
    from scanner import render

    height = out.shell.height
    if height is None or out.path is not None or out.format != "table":
        return ranked
    for count in range(len(ranked), FEWEST, -1):
        drawn = render.render(ranked[:count], out.format, now=now, style=out.style)
        if drawn.count("\n") <= height - BELOW:
            return ranked[:count]
    return ranked[:FEWEST]


def _whole(shell: Shell, id_: str, format_: str | None, output: Path | None, now: datetime) -> None:
    from scanner import queue, render
    from scanner import scan as spine
    from scanner.render import jsons
    from scanner.render.record import record as record_of

    if output is not None:
        raise UsageError("-o is for the table; one post is printed: scanner demo ID > FILE")
    if format_ not in (None, "text", "json"):
        raise UsageError(f'--format: one post comes as text or json, not as "{format_}"')
    with _samples() as (config, store):
        spine.scan(config, store, clock=now)
        try:
            record = store.resolve(id_)
        except UsageError as problem:
            said = str(problem).partition(" `scanner list`")[0]
            raise UsageError(
                f"{said}\nThe demo has its own IDs: `scanner demo` shows them in its table."
            ) from None
        ranked = queue.find(config, store, record, now=now)
    if format_ == "json" or (format_ is None and shell.json):
        shell.data(jsons.line(record_of(ranked)))
    else:
        shell.data(render.show(ranked, now=now, style=shell.style()))


@contextmanager
def _samples() -> Iterator[tuple[Config, Store]]:
    """The sample feeds with a database that is thrown away afterwards."""
    from importlib.resources import as_file, files
    from tempfile import TemporaryDirectory

    from scanner import config, store

    with (
        as_file(files("scanner") / "data" / "demo") as folder,
        TemporaryDirectory(prefix="scanner-") as scratch,
        store.connect(Path(scratch, "demo.db"), write=True) as opened,
    ):
        yield config.load(folder / "scanner.toml"), opened


def init(
    ctx: typer.Context,
    brand: Annotated[str | None, typer.Option("--brand", help="The brand's name.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="Its domain: acme.io.")] = None,
    rival: Annotated[
        list[str] | None, typer.Option("--rival", help="A rival, or several with commas.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="saas, devtool, app, shop, opensource or local.",
            autocompletion=complete_kind,
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="The language your customers write: en, de …")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented config for your brand, with feeds that fit; asks on a terminal."""
    from scanner import config as config_room
    from scanner import starter
    from scanner.cli.output import replace_file

    shell: Shell = ctx.obj
    path = shell.config_path or Path("scanner.toml")
    _check_place(path, force)
    told = _answers(brand, site, rival, kind, language)
    # for nobody else's eyes: feeds with a token in their address may be added to it
    replace_file(path, starter.write(told), mode=0o600)
    loaded = config_room.load(path)
    shell.say(f"wrote {path}: {told.brand}, {len(loaded.feeds)} feeds")
    if starter.is_everyday(told.brand):
        shell.warn(
            f'"{told.brand}" is also an everyday word: fill in `context` in {path}, words that '
            "stand near it where your brand is meant; they tell the two apart"
        )
    shell.say(f"next: scanner -c {path} scan" if shell.config_path else "next: scanner scan")


def _check_place(path: Path, force: bool) -> None:
    """Before anything is asked: where the file may not go, answers are wasted."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; --force overwrites it, -c names another file")


def _answers(
    brand: str | None,
    site: str | None,
    rivals: list[str] | None,
    kind: str | None,
    language: str | None,
) -> Answers:
    """What was told as options; on a terminal, with no --brand, the rest is asked for."""
    from scanner import starter

    asks = brand is None
    if asks and not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise UsageError("init: name your brand: scanner init --brand NAME [--site DOMAIN] …")

    def settle(
        question: str, option: str, told: str | None, default: str | None, read: Callable[[str], T]
    ) -> T:
        if asks and told is None:
            return _ask(question, default, read)
        try:
            return read(default or "" if told is None else told)
        except ValueError as problem:
            raise UsageError(f"{option}: {problem}") from None

    name = settle("Your brand's name", "--brand", brand, None, starter.brand)
    several = ",".join(rivals) if rivals else None
    return starter.Answers(
        brand=name,
        site=settle("Its domain", "--site", site, "", starter.site),
        kind=settle(
            f"What it is ({', '.join(starter.KINDS)})", "--kind", kind, "saas", starter.kind
        ),
        rivals=settle(
            "Rivals, with commas between them",
            "--rival",
            several,
            "",
            lambda words: starter.rivals(words, name),
        ),
        language=settle(
            "Language your customers write", "--language", language, "en", starter.language
        ),
    )


def _ask(question: str, default: str | None, read: Callable[[str], T]) -> T:
    """Ask until the answer is one; what was wrong with it is said at once."""
    from scanner.text import printable

    def checked(answer: str) -> T:
        try:
            return read(answer)
        except ValueError as problem:
            raise typer.BadParameter(printable(str(problem))) from None

    answer: T = typer.prompt(question, default=default, value_proc=checked, err=True)
    return answer
