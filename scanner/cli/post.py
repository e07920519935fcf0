"""One post at a time: look at it, open it, and say what became of it.

In: IDs, or prefixes of them as git takes them. Out: the post whole; decisions in the database.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.completion import complete_id
from scanner.cli.listing import judged_store
from scanner.cli.options import NOW, span
from scanner.errors import ScannerError, UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Config, Status
    from scanner.store import Event, Store

IDS = Annotated[
    list[str],
    typer.Argument(
        metavar="ID…", help="IDs or unique beginnings of them.", autocompletion=complete_id
    ),
]
ID = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The post's ID, or its beginning.", autocompletion=complete_id
    ),
]
PANEL = "What becomes of a post"
WAIT = 10.0
"""Seconds a decision waits for a scan that is writing: its transactions take milliseconds."""


def register(app: typer.Typer) -> None:
    """Add the commands for single posts."""
    app.command("show", rich_help_panel="The main job")(show)
    app.command("open", rich_help_panel="The main job")(open_)
    app.command("done", rich_help_panel=PANEL)(done)
    app.command("ignore", rich_help_panel=PANEL)(ignore)
    app.command("snooze", rich_help_panel=PANEL)(snooze)
    app.command("reopen", rich_help_panel=PANEL)(reopen)
    app.command("note", rich_help_panel=PANEL)(note)


def show(
    ctx: typer.Context,
    id_: ID,
    format_: Annotated[str | None, typer.Option("--format", "-f", help="text or json.")] = None,
    now: NOW = None,
) -> None:
    """Print one post whole: what it says, why it ranks where it does, its story, its history."""
    from scanner import queue, render
    from scanner.render import jsons
    from scanner.render.record import record as record_of

    shell: Shell = ctx.obj
    if format_ not in (None, "text", "json"):
        raise UsageError(f'--format: show knows text and json, not "{format_}"')
    config = shell.config(need_feeds=False)
    moment = shell.now(now)
    with judged_store(shell, config) as store:
        record = store.resolve(id_)
        ranked = queue.find(config, store, record, now=moment)
        if format_ == "json":
            shell.data(jsons.line(record_of(ranked)))
            return
        events = store.history(record)
    lines = [(f"{event.at:%Y-%m-%d %H:%M}", event) for event in events]
    text = render.show(
        ranked,
        now=moment,
        style=shell.style(),
        history=[f"{at} {_event(event)}" for at, event in lines if event.what != "note"],
        notes=[f"{at} {event.detail}" for at, event in lines if event.what == "note"],
    )
    shell.data(text)


def _event(event: Event) -> str:
    if event.what == "snoozed" and event.detail:
        return f"snoozed until {event.detail[:16].replace('T', ' ')}"
    return f"{event.what} {event.detail or ''}".strip()


def open_(
    ctx: typer.Context,
    ids: IDS,
    print_: Annotated[
        bool, typer.Option("--print", help="Print the addresses, open no browser.")
    ] = False,
) -> None:
    """Open posts in the browser."""
    shell: Shell = ctx.obj
    config = _config(shell)
    with judged_store(shell, config) as store:
        urls = [_url(store, word) for word in ids]  # all are found before the first is opened
    for url in urls:
        if print_:
            shell.data(url + "\n")
        else:
            _browse(url)
            shell.say(f"opened {url}")


def _url(store: Store, word: str) -> str:
    found = store.find(store.resolve(word))
    if found is None:
        raise ScannerError(f"{word}: by the rules as they are now, this post names no brand")
    if found.post.url is None or not re.match(r"https?://", found.post.url):
        raise ScannerError(f"{word}: the feed gives no address for it; see scanner show {word}")
    return found.post.url


def _browse(url: str) -> None:
    import webbrowser

    try:
        opened = webbrowser.open(url)
    except webbrowser.Error:
        opened = False
    if not opened:
        raise ScannerError(f"no browser could be started; the address is {url}")


def done(ctx: typer.Context, ids: IDS, now: NOW = None) -> None:
    """Answered, or otherwise dealt with: not listed again."""
    _decide(ctx.obj, ids, "done", now)


def ignore(ctx: typer.Context, ids: IDS, now: NOW = None) -> None:
    """Not worth a reply: not listed again."""
    _decide(ctx.obj, ids, "ignored", now)


def snooze(
    ctx: typer.Context,
    ids: IDS,
    for_: Annotated[str, typer.Option("--for", help="How long: 4h, 3d, 1w.")] = "1d",
    now: NOW = None,
) -> None:
    """Not now: listed again once the time is over."""
    shell: Shell = ctx.obj
    length = span(for_, "--for")
    if not length:
        raise UsageError("--for: a snooze needs a length: 4h, 3d, 1w")
    _decide(shell, ids, "snoozed", now, until=shell.now(now) + length)


def reopen(ctx: typer.Context, ids: IDS, now: NOW = None) -> None:
    """Take back done, ignore or snooze."""
    _decide(ctx.obj, ids, "open", now)


def note(
    ctx: typer.Context,
    id_: ID,
    text: Annotated[str, typer.Argument(help="What to remember of it.")],
    now: NOW = None,
) -> None:
    """Write something down beside a post; `show` prints it."""
    shell: Shell = ctx.obj
    if not text.strip():
        raise UsageError("note: the text is empty")
    with _judged_for_work(shell) as store:
        record = store.resolve(id_)
        store.note(record, text, shell.now(now))
    shell.say(f"noted on {record}")


def _decide(
    shell: Shell, ids: list[str], status: Status, now: str | None, until: datetime | None = None
) -> None:
    """Decide on posts with all their copies; a typo among the IDs changes nothing."""
    from scanner import queue

    moment = shell.now(now)
    with _judged_for_work(shell) as store:
        records = list(dict.fromkeys(store.resolve(word) for word in ids))
        for record in dict.fromkeys(id_ for one in records for id_ in queue.copies(store, one)):
            store.decide(record, status, until=until, now=moment)
    later = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    shell.say(f"{status}{later}: {' '.join(records)}")


@contextmanager
def _judged_for_work(shell: Shell) -> Iterator[Store]:
    """The database to write decisions into, judged by the rules of the config, if there is one."""
    from scanner import scan as spine

    config = _config(shell)
    with shell.store(config, write=True, wait=WAIT) as store:
        if config is not None:
            spine.rejudge(config, store)
        yield store


def _config(shell: Shell) -> Config | None:
    """The config, which may be missing where --db or SCANNER_DB say where the database is."""
    named = shell.db_path is not None or bool(shell.environ.get("SCANNER_DB"))
    try:
        return shell.config(need_feeds=False)
    except UsageError:
        if named and shell.config_path is None:
            return None
        raise
