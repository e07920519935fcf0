"""One post at a time: look at it, at what became of it, and open it.

In: IDs, or prefixes of them as git takes them. Out: the post whole; its history; a browser.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli import decide, work
from scanner.cli.completion import complete_id
from scanner.cli.listing import judged_store
from scanner.cli.options import NOW
from scanner.errors import ScannerError, UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
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


def register(app: typer.Typer) -> None:
    """Add the commands for single posts."""
    app.command("show", rich_help_panel="The main job")(show)
    app.command("open", rich_help_panel="The main job")(open_)
    app.command("history", rich_help_panel=work.PANEL)(history)
    work.register(app)


def show(
    ctx: typer.Context,
    id_: ID,
    format_: Annotated[str | None, typer.Option("--format", "-f", help="text or json.")] = None,
    now: NOW = None,
) -> None:
    """Print one post whole: what it says, why it ranks where it does, its story, its history."""
    from scanner import queue, render
    from scanner.cli.pager import page
    from scanner.render import jsons
    from scanner.render.record import record as record_of

    shell: Shell = ctx.obj
    format_ = format_ or ("json" if shell.json else "text")
    if format_ not in ("text", "json"):
        raise UsageError(f'--format: show knows text and json, not "{format_}"')
    config = shell.config(need_feeds=False)
    moment = shell.now(now)
    with judged_store(shell, config) as store:
        record = store.resolve(id_)
        ranked = queue.find(config, store, record, now=moment)
        if format_ == "json":
            shell.data(jsons.line(record_of(ranked), ascii_only=shell.style().ascii_only))
            return
        events = store.history(record)
    standing = [event for event in events if event.what == "note" and not event.undone]
    text = render.show(
        ranked,
        now=moment,
        style=shell.style(),
        history=[line(event) for event in events if event not in standing],
        notes=[f"{event.at:%Y-%m-%d %H:%M} {event.detail}" for event in standing],
    )
    if not page(shell, text):
        shell.data(text)


def history(
    ctx: typer.Context,
    id_: ID,
    format_: Annotated[str | None, typer.Option("--format", "-f", help="text or jsonl.")] = None,
) -> None:
    """Print what became of a post, oldest first; what was taken back says so."""
    from scanner.render import jsons
    from scanner.text import printable

    shell: Shell = ctx.obj
    format_ = format_ or ("jsonl" if shell.json else "text")
    if format_ not in ("text", "jsonl"):
        raise UsageError(f'--format: history knows text and jsonl, not "{format_}"')
    with decide.store_with(shell, decide.config_of(shell), [id_]) as store:
        events = store.history(store.resolve(id_))
    if format_ == "jsonl":
        shell.data(jsons.lines(events))
    else:
        shell.data("".join(printable(line(event)) + "\n" for event in events))


def line(event: Event) -> str:
    """An event in words, with its minute: "2026-11-20 12:00 done (taken back)"."""
    detail = event.detail or ""
    told = {
        "snoozed": f"snoozed until {detail[:16].replace('T', ' ')}",
        "assigned": f"assigned to {detail or 'nobody'}",
        "note": f"note: {detail}",
        "undone": f"took back: {work.wording(detail)}",
    }.get(event.what, f"{work.wording(event.what)} {detail}".rstrip())
    return f"{event.at:%Y-%m-%d %H:%M} {told}{' (taken back)' if event.undone else ''}"


def open_(
    ctx: typer.Context,
    ids: IDS,
    print_: Annotated[
        bool, typer.Option("--print", help="Print the addresses, open no browser.")
    ] = False,
) -> None:
    """Open posts in the browser."""
    from scanner.text import printable

    shell: Shell = ctx.obj
    config = decide.config_of(shell)
    with decide.store_with(shell, config, ids) as store:
        urls = [_url(store, word) for word in ids]  # all are found before the first is opened
    for url in urls:
        if print_:
            shell.data(printable(url) + "\n")
        else:
            browse(url)
            shell.say(f"opened {url}")


def _url(store: Store, word: str) -> str:
    found = store.find(store.resolve(word))
    if found is None:
        raise ScannerError(f"{word}: by the rules as they are now, this post names no brand")
    if found.post.url is None or not re.match(r"https?://", found.post.url):
        raise ScannerError(f"{word}: the feed gives no address for it; see scanner show {word}")
    return found.post.url


def browse(url: str) -> None:
    """Open an address in the browser; ScannerError, which names it, where none can be started."""
    import webbrowser

    try:
        opened = webbrowser.open(url)
    except webbrowser.Error:
        opened = False
    if not opened:
        raise ScannerError(f"no browser could be started; the address is {url}")
