"""The first five minutes: `demo` on sample feeds, `init` for one's own brand.

In: options, or answers on a terminal. Out: a ranked table; a commented TOML file.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.options import FORMAT, LIMIT, OUTPUT, known_kind
from scanner.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from scanner.cli.shell import Shell
    from scanner.records import Config
    from scanner.starter import Answers
    from scanner.store import Store

DEMO_NOW = "2026-11-20T12:00:00Z"
"""The sample feeds stop at this moment, so that the demo prints the same for everyone."""


def register(app: typer.Typer) -> None:
    """Add the commands for the first five minutes."""
    app.command("demo", rich_help_panel="Setting up")(demo)
    app.command("init", rich_help_panel="Setting up")(init)


def demo(
    ctx: typer.Context,
    id_: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Show this post of the demo whole.")
    ] = None,
    limit: LIMIT = 10,
    format_: FORMAT = None,
    output: OUTPUT = None,
) -> None:
    """Run the main job on sample feeds that ship inside the package: no config, no network."""
    from scanner import scan as spine
    from scanner.cli.output import Output

    shell: Shell = ctx.obj
    out = Output.choose(shell, format_, output)
    now = shell.now(DEMO_NOW)
    with _samples(now) as (config, store):
        wanted = spine.Wanted(since=config.since, limit=limit or 0)
        report = spine.scan(config, store, wanted, now=now, clock=now)
        if id_ is not None:
            _whole(shell, config, store, id_, now)
            return
        out.ranked(report.ranked, now=now)
    shell.say(
        f"{report.fetched} sample feeds, {report.posts} posts, {report.matched} name the brand"
        f" {config.brands[0].name}, as of {now:%d %B %Y}."
    )
    if report.ranked:
        first = report.ranked[0].judged.id[:8]
        shell.say(f"One post whole: scanner demo {first}    Your own brand: scanner init")


def _whole(shell: Shell, config: Config, store: Store, id_: str, now: datetime) -> None:
    from scanner import render
    from scanner import scan as spine

    ranked = spine.find(config, store, store.resolve(id_), now=now)
    shell.data(render.show(ranked, now=now, style=shell.style()))


@contextmanager
def _samples(now: datetime) -> Iterator[tuple[Config, Store]]:
    """The sample feeds with a database that is thrown away afterwards."""
    from scanner import config, store

    with (
        as_file(files("scanner") / "data" / "demo") as folder,
        tempfile.TemporaryDirectory(prefix="scanner-") as scratch,
        store.connect(Path(scratch, "demo.db"), write=True) as opened,
    ):
        yield config.load(folder / "scanner.toml"), opened


def init(
    ctx: typer.Context,
    brand: Annotated[str | None, typer.Option("--brand", help="The brand's name.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="Its domain: acme.io.")] = None,
    rival: Annotated[list[str] | None, typer.Option("--rival", help="A rival; repeatable.")] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="saas, devtool, app, shop, opensource or local."),
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
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; --force overwrites it, -c names another file")
    told = _answers(brand, site, rival, kind, language)
    replace_file(path, starter.write(told))
    loaded = config_room.load(path)
    shell.say(f"wrote {path}: {told.brand}, {len(loaded.feeds)} feeds")
    shell.say(f"next: scanner -c {path} scan" if shell.config_path else "next: scanner scan")


def _answers(
    brand: str | None,
    site: str | None,
    rivals: list[str] | None,
    kind: str | None,
    language: str | None,
) -> Answers:
    """What was told as options; on a terminal, with no --brand, the rest is asked for."""
    from scanner.starter import Answers

    told = Answers(
        brand=brand or "",
        site=site,
        rivals=tuple(rivals or ()),
        kind=known_kind(kind or "saas"),
        language=language or "en",
    )
    if brand is not None:
        return told
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise UsageError("init: name your brand: scanner init --brand NAME [--site DOMAIN] …")
    told = replace(told, brand=typer.prompt("Your brand's name", err=True))
    if site is None:
        told = replace(told, site=typer.prompt("Its domain", default="", err=True) or None)
    if kind is None:
        question = "What it is (saas, devtool, app, shop, opensource, local)"
        told = replace(told, kind=known_kind(typer.prompt(question, default="saas", err=True)))
    if not rivals:
        names = typer.prompt("Rivals, with commas between them", default="", err=True)
        told = replace(told, rivals=tuple(n.strip() for n in names.split(",") if n.strip()))
    if language is None:
        told = replace(told, language=typer.prompt("Language", default="en", err=True))
    return told
