"""What a person says became of posts: done, ignore, snooze, reopen, note, assign, tag, undo.

In: IDs or filters. Out: decisions in the database, each of them one step that undo takes back.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli import decide
from scanner.cli.completion import complete_person, complete_tag
from scanner.cli.decide import ALL_MATCHING, IDS, YES, Change, config_of
from scanner.cli.filters import Filters, filtered
from scanner.cli.options import NOW, owner_name, span, tag_word
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scanner.cli.shell import Shell
    from scanner.records import Status

PANEL = "What becomes of a post"
DECIDED: tuple[Status, ...] = ("done", "ignored", "snoozed")


def register(app: typer.Typer) -> None:
    """Add the commands that decide."""
    for name, command in (
        ("done", done),
        ("ignore", ignore),
        ("snooze", snooze),
        ("reopen", reopen),
        ("note", note),
        ("assign", assign),
        ("tag", tag),
        ("undo", undo),
    ):
        app.command(name, rich_help_panel=PANEL)(command)


@filtered
def done(
    ctx: typer.Context,
    ids: IDS = None,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Answered, or otherwise dealt with: not listed again."""
    _Asked(ctx.obj, ids, filters, all_matching, yes, now).status("done")


@filtered
def ignore(
    ctx: typer.Context,
    ids: IDS = None,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Not worth a reply: not listed again."""
    _Asked(ctx.obj, ids, filters, all_matching, yes, now).status("ignored")


@filtered
def snooze(
    ctx: typer.Context,
    ids: IDS = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long: 4h, 3d, 1w; without it, 1d.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", help="Until when (UTC): 2026-12-01, 2026-12-01T09:00."),
    ] = None,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Not now: listed again once the time is over."""
    asked = _Asked(ctx.obj, ids, filters, all_matching, yes, now)
    asked.status("snoozed", _end(for_, until, asked.now))


def _end(for_: str | None, until: str | None, now: datetime) -> datetime:
    from scanner.config import parse_time

    if until is None:
        length = span(for_ or "1d", "--for")
        if not length:
            raise UsageError("--for: a snooze needs a length: 4h, 3d, 1w")
        return now + length
    if for_ is not None:
        raise UsageError("give --for or --until, but not both")
    try:
        end = parse_time(until)
    except ValueError as problem:
        raise UsageError(f"--until: {problem}") from problem
    if end <= now:
        raise UsageError(f"--until: {end:%Y-%m-%d %H:%M} UTC is over (it is {now:%Y-%m-%d %H:%M})")
    return end


@filtered
def reopen(
    ctx: typer.Context,
    ids: IDS = None,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Take back done, ignore or snooze; filters find what is one of these."""
    _Asked(ctx.obj, ids, filters, all_matching, yes, now, DECIDED).status("open")


@filtered
def note(
    ctx: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="ID… TEXT", help="IDs, and what to remember of them.")
    ],
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Write something down beside posts; `show` prints it."""
    *ids, text = words
    if not text.strip():
        raise UsageError("note: the text is empty")
    if not ids and not all_matching:
        raise UsageError("note: give IDs, and behind them the text in quotes")
    asked = _Asked(ctx.obj, ids, filters, all_matching, yes, now)
    asked.carry_out("noted", lambda store, on, at: store.note(on, text, at))


@filtered
def assign(
    ctx: typer.Context,
    ids: IDS = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Who is to answer.", autocompletion=complete_person),
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take the owner away.")] = False,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Say who is to answer."""
    if (to is None) is not nobody:
        raise UsageError("assign: give --to NAME or --nobody")
    owner = None if to is None else owner_name(to, "--to")
    asked = _Asked(ctx.obj, ids, filters, all_matching, yes, now)
    told = f"assigned to {owner or 'nobody'}"
    asked.carry_out(told, lambda store, on, at: store.assign(on, owner, at))


@filtered
def tag(
    ctx: typer.Context,
    ids: IDS = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", help="Repeatable.", autocompletion=complete_tag)
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="Repeatable.", autocompletion=complete_tag)
    ] = None,
    all_matching: ALL_MATCHING = False,
    yes: YES = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Give posts words of your own, to find them by with --tag."""
    added = sorted({tag_word(word, "--add") for word in add or ()})
    removed = sorted({tag_word(word, "--remove") for word in remove or ()})
    if both := sorted({*added} & {*removed}):
        raise UsageError(f'tag: "{both[0]}" cannot be both added and removed')
    if not added and not removed:
        raise UsageError("tag: give --add WORD or --remove WORD")
    told = " ".join([*(f"+{word}" for word in added), *(f"-{word}" for word in removed)])
    asked = _Asked(ctx.obj, ids, filters, all_matching, yes, now)
    asked.carry_out(f"tagged {told}", lambda store, on, at: store.tag(on, added, removed, at))


def undo(ctx: typer.Context, now: NOW = None) -> None:
    """Take back the latest decision; again, the one before it.

    Exit code 1 where there is none.
    """
    from scanner import store

    shell: Shell = ctx.obj
    moment, config = shell.now(now), config_of(shell)
    with shell.store(config, write=False) as reading:  # also where there is no file yet
        undone = None
        possible = reading.undoable()
    if possible:
        with store.connect(shell.database(config), alone=False) as writing:
            undone = writing.undo(moment)
    if undone is None:
        shell.fail("there is no decision to take back")
        raise typer.Exit(int(ExitCode.FAILED))
    others = f" and {len(undone.ids) - 1} more" if undone.ids[1:] else ""
    when = f"{undone.at:%Y-%m-%d %H:%M}"
    shell.say(f"taken back: {wording(undone.what)} of {when} on {undone.ids[0]}{others}")


def wording(what: str) -> str:
    """What an event or an action is called for a person."""
    return "reopened" if what == "open" else what


class _Asked:
    """A decision as it was asked for on the command line."""

    def __init__(
        self,
        shell: Shell,
        ids: Sequence[str] | None,
        filters: Filters,
        all_matching: bool,
        yes: bool,
        now: str | None,
        usual: tuple[Status, ...] = (),
    ) -> None:
        self.now = shell.now(now)
        self._shell, self._ids, self._filters = shell, ids or (), filters
        self._all_matching, self._yes, self._usual = all_matching, yes, usual

    def status(self, status: Status, until: datetime | None = None) -> None:
        """Give a status to all it is about."""
        later = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        self.carry_out(
            ("reopened" if status == "open" else status) + later,
            lambda store, ids, now: store.decide(ids, status, until=until, now=now),
        )

    def carry_out(self, what: str, change: Change) -> None:
        """Find what it is about, with all copies, and write it down; nothing where one is wrong."""
        shell = self._shell
        config = config_of(shell)
        with decide.store_with(shell, config, self._ids) as store:
            records, widened = decide.chosen(
                shell,
                config,
                store,
                self._ids,
                self._filters,
                now=self.now,
                all_matching=self._all_matching,
                yes=self._yes,
                what=what,
                usual=self._usual,
            )
        if not records:
            return
        told = decide.summary(records, widened)
        if decide.write(shell, config, widened, change, self.now):
            shell.say(f"{what}: {told}; scanner undo takes it back")
        else:
            shell.say(f"nothing to change: {told}")
