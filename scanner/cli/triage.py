"""`triage`: the queue, one post at a time, with single keys; every decision is saved at once.

In: the filters of `list`, and keys. Out: posts on the screen, decisions in the database. Between
two keys the database is not held open: a scan may write, another person may decide.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from scanner.cli import decide
from scanner.cli.filters import Filters, filtered
from scanner.cli.listing import judged_store
from scanner.cli.options import (
    LIMIT,
    NOW,
    REVERSE,
    SORT,
    known_order,
    owner_name,
    tag_word,
)
from scanner.cli.post import browse, line
from scanner.errors import ScannerError, UsageError

if TYPE_CHECKING:
    from scanner.cli.desk import Act, Desk, Sight
    from scanner.cli.screen import Picture, Screen
    from scanner.cli.shell import Shell
    from scanner.records import Config, Ranked
    from scanner.render.style import Style

KEYS = (
    ("d", "done"),
    ("i", "ignore"),
    ("s", "snooze"),
    ("o", "open"),
    ("j", "next"),
    ("k", "back"),
    ("u", "undo"),
    ("n", "note"),
    ("a", "assign"),
    ("t", "tag"),
    ("r", "reopen"),
    ("q", "quit"),
    ("?", "keys"),
)
"""The footer; the last two are always there."""
_AT_THE_END = (("u", "undo"), ("k", "back"), ("q", "quit"), ("?", "keys"))
_ANSWERING = (("Enter", "save"), ("Esc", "leave it"))

HELP = (
    ("d", "done: answered, or otherwise dealt with"),
    ("i", "ignore: not worth a reply"),
    ("s", "snooze: not now (Enter: one day; or 4h, 3d, 1w, 2026-12-01)"),
    ("r", "reopen: take back what was decided on it, whenever that was"),
    ("u", "undo the last thing done here, and go back to its post"),
    ("", ""),
    ("n", "note something beside it"),
    ("a", "assign it to somebody, or to nobody"),
    ("t", "tag it; -word takes a tag away"),
    ("o", "open it in the browser"),
    ("", ""),
    ("j Enter right", "the next post, with nothing decided"),
    ("k left", "the one before"),
    ("space", "a page further; at the end of the post, the next one"),
    ("f b PgDn PgUp", "a page further, a page back; the arrows a line, Home and End all the way"),
    ("q Ctrl-D", "quit: what was decided is saved already"),
    ("", ""),
    ("", "Copies of a post are decided with it."),
)

_QUESTIONS = {
    "snooze": ("Snooze for: ", "Enter alone: 1d. Or 4h, 3d, 1w, or a day such as 2026-12-01."),
    "note": ("Note: ", "One line; it is kept beside the post."),
    "assign": ("Assign to: ", "A name; Enter alone: nobody."),
    "tag": ("Tags: ", "Words to add; -word takes one away."),
}


def register(app: typer.Typer) -> None:
    """Add `triage`."""
    app.command("triage", rich_help_panel="The main job")(triage)


@filtered
def triage(
    ctx: typer.Context,
    filters: Filters,
    sort: SORT = "worth",
    reverse: REVERSE = False,
    limit: LIMIT = None,
    now: NOW = None,
) -> None:
    """Walk the queue post by post and decide with single keys; ? shows them."""
    from scanner import queue
    from scanner.cli.screen import screen

    shell: Shell = ctx.obj
    _need_terminal(shell)
    config = shell.config(need_feeds=False)
    wanted = replace(filters.wanted(config), order=known_order(sort), reverse=reverse)
    with judged_store(shell, config) as store:
        fitting, _ = queue.pick(config, store, wanted, now=shell.now(now))
    most = config.limit if limit is None else limit
    ranked = fitting[:most] if most else fitting
    if not ranked:
        shell.say("Nothing to go through. (scanner scan fetches; see --status, --since)")
        return
    walk = Walk(shell, config, ranked, lambda: shell.now(now))
    try:
        with screen(shell) as taken:
            walk.on(taken)
    finally:  # also after Ctrl-C: what was decided is saved
        more = len(fitting) - len(ranked)
        shell.say(walk.desk.sum() + (f"; {more} more fit (--limit 0 walks all)" if more else ""))


def _need_terminal(shell: Shell) -> None:
    try:
        import termios  # noqa: F401
    except ImportError:
        ready = False
    else:
        ready = sys.stdin is not None and sys.stdin.isatty() and shell.stdout_is_terminal
    if not ready:
        raise UsageError(
            "triage needs a terminal to show posts on and to read keys from.\n"
            "For scripts: scanner list prints the queue, scanner done --all-matching decides"
        )


class Walk:
    """One person's way through the posts."""

    def __init__(
        self, shell: Shell, config: Config, ranked: Sequence[Ranked], now: Callable[[], datetime]
    ) -> None:
        """Begin at the first post."""
        from scanner.cli.desk import Desk

        self.desk: Desk = Desk(len(ranked))
        self._shell = shell
        self._config = config
        self._ranked = list(ranked)
        self._now = now
        self._database = shell.database(config)
        self._actions: list[int] = []
        """Numbers of what was decided here, one for each of the desk's steps."""
        self._drawn: dict[tuple[int, Style], list[str]] = {}
        """The post on the screen; forgotten when something happened to it."""

    def on(self, screen: Screen) -> None:
        """Show, wait for a key, do what it says; until the person quits."""
        from scanner.cli.desk import press

        while True:
            picture, sight = self.look(*screen.size, plain=screen.plain)
            screen.show(picture)
            self.desk, act = press(self.desk, screen.next(), sight)
            if act is None:
                continue
            if act.verb == "quit":
                return
            self._carry_out(act, screen.aside)
            screen.forget()

    # --- what is seen ----------------------------------------------------------------------------

    def look(self, columns: int, lines: int, *, plain: bool = False) -> tuple[Picture, Sight]:
        """Draw what is on the desk for a terminal of this size."""
        from scanner.cli.desk import Sight
        from scanner.cli.screen import Picture
        from scanner.render.triage import View, page

        desk, style = self.desk, replace(self._shell.style(), width=columns)
        place, facts, body, offered = self._seen(style)
        question, hint = _QUESTIONS[desk.asked] if desk.asked else ("", "")
        view = View(
            place, facts, body, offered,
            top=desk.top,
            said=desk.said or hint,
            wrong=desk.wrong,
            question=question,
            typed=desk.typed,
        )  # fmt: skip
        drawn = page(view, lines, style, filled=not plain)
        sight = Sight(self._now(), len(body), drawn.room)
        return Picture(drawn.lines, drawn.cursor), sight

    def _seen(
        self, style: Style
    ) -> tuple[str, Sequence[str], Sequence[str], Sequence[tuple[str, str]]]:
        """Place, facts, body and keys of what is on the desk."""
        from scanner.render.terminal import draw, words
        from scanner.render.triage import keys

        desk = self.desk
        if desk.helping is not None:
            return "Keys", (), keys(HELP, style), (("any other key", "back to the post"),)
        if desk.ended:
            told = f"That was the last of {desk.total}: {desk.sum()}."
            body = draw([words(told, style)], style).split("\n")
            return f"end of {desk.total}", (), body, _AT_THE_END
        known = self._drawn.get((desk.at, style))
        if known is None:
            known = self._post(desk.at, style)
            self._drawn = {(desk.at, style): known}
        place = f"{desk.at + 1} of {desk.total}"
        return place, _facts(self._ranked[desk.at]), known, KEYS

    def _post(self, at: int, style: Style) -> list[str]:
        """The post as `show` draws it, with what has become of it until now."""
        from scanner import queue, render

        one, now = self._ranked[at], self._now()
        try:
            with self._shell.store(self._config, write=False) as store:
                one = self._ranked[at] = queue.again(one, store, now=now)
                events = store.history(one.judged.id)
        except ScannerError as problem:
            history, notes = [f"could not be read: {problem}"], []
        else:
            notes = [event for event in events if event.what == "note" and not event.undone]
            history = [line(event) for event in events if event not in notes]
        noted = [f"{event.at:%Y-%m-%d %H:%M} {event.detail}" for event in notes]
        text = render.show(one, now=now, style=style, history=history, notes=noted)
        return text.rstrip("\n").split("\n")

    # --- what is done ----------------------------------------------------------------------------

    def _carry_out(self, act: Act, aside: Callable[[], AbstractContextManager[None]]) -> None:
        from scanner.cli import desk

        self._drawn = {}
        try:
            if act.verb == "open":
                with aside():
                    _open(self._ranked[act.at])
                self.desk = desk.happened(self.desk, act, "opened in the browser", changed=False)
            elif act.verb == "undo":
                self._undo()
            else:
                said, changed = self._write(act)
                self.desk = desk.happened(self.desk, act, said, changed=changed)
        except ScannerError as problem:
            path = self._database  # there is little room, and its name is enough here
            self.desk = desk.failed(self.desk, str(problem).replace(str(path), path.name))

    def _undo(self) -> None:
        from scanner import store
        from scanner.cli import desk

        with store.connect(self._database, alone=False) as opened:
            undone = opened.undo(self._now(), only=self._actions[-1])
        if undone is None:
            raise ScannerError("not taken back: somebody has decided otherwise on it since")
        self._actions.pop()
        self.desk = desk.undone(self.desk)

    def _write(self, act: Act) -> tuple[str, bool]:
        """Save a decision on a post and its copies; what to say, and whether anything changed."""
        one = self._ranked[act.at]
        said, change = _change(act)
        ids = list(dict.fromkeys([one.judged.id, *(m.id for m in one.story.members)]))
        action = decide.write(self._shell, self._config, ids, change, self._now())
        told = f"{said}: {_called(one)}"
        if action is None:
            return f"it was so already: {told}", False
        self._actions.append(action)
        return told, True


def _change(act: Act) -> tuple[str, decide.Change]:
    """An act in words, and as what the store is to do. Raises UsageError for a wrong word."""
    if act.verb == "decide":
        until = f" until {act.until:%Y-%m-%d %H:%M} UTC" if act.until else ""
        told = "reopened" if act.status == "open" else act.status
        return told + until, lambda store, ids, now: store.decide(
            ids, act.status, until=act.until, now=now
        )
    if act.verb == "note":
        return "noted", lambda store, ids, now: store.note(ids, act.text, now)
    if act.verb == "assign":
        owner = owner_name(act.text, "assign") if act.text else None
        return f"assigned to {owner or 'nobody'}", lambda store, ids, now: store.assign(
            ids, owner, now
        )
    add, remove = ([tag_word(word, "tag") for word in words] for words in (act.add, act.remove))
    return "tagged", lambda store, ids, now: store.tag(ids, add, remove, now)


def _facts(one: Ranked) -> list[str]:
    facts = [one.status, f"worth {one.worth:.1f}"]
    if one.owner:
        facts.append(f"for {one.owner}")
    facts += [f"#{tag}" for tag in one.tags]
    return facts


def _called(one: Ranked) -> str:
    from scanner.render.glance import clip, headline

    return clip(headline(one.judged.post), 0, 40)


def _open(one: Ranked) -> None:
    url = one.judged.post.url
    if url is None or not re.match(r"https?://", url):
        raise ScannerError("the feed gives no web address for it")
    browse(url)
