"""A pile of posts on a desk, for `scanner triage`: keys in, decisions out, and nothing else moved.

In: a Desk, a Key, and what is in sight. Out: the next Desk, and perhaps an Act, which somebody else
carries out and tells by `happened`, `undone` or `failed`. A Desk holds which post it is and how far
it is scrolled, what is being asked and typed, and every step that can be taken back.

Touches: nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from scanner.cli.keys import Key
from scanner.records import Status
from scanner.text import printable

Verb = Literal["decide", "note", "assign", "tag", "open", "undo", "quit"]
Asked = Literal["snooze", "note", "assign", "tag"]

SNOOZE = timedelta(days=1)
"""What Enter alone means, as in `scanner snooze`."""
_TYPED = 2_000
"""Characters of a note at most: a page."""
_TOLD: dict[Status, str] = {
    "done": "done",
    "ignored": "ignored",
    "snoozed": "snoozed",
    "open": "reopened",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What a person wants done with the post at a place."""

    verb: Verb
    at: int
    status: Status = "open"
    """Of "decide"."""
    until: datetime | None = None
    """The end of a snooze."""
    text: str = ""
    """A note; an owner, "" for nobody."""
    add: tuple[str, ...] = ()
    """Tags."""
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What the desk cannot know by itself."""

    now: datetime
    lines: int
    """Of the post as it is drawn."""
    room: int
    """Lines of it that the screen holds; one at least."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person stands in the pile."""

    total: int
    at: int = 0
    """The place of the post; `total` is behind the last one: the end."""
    top: int = 0
    """The first line of the post that is on the screen."""
    asked: Asked | None = None
    typed: str = ""
    helping: int | None = None
    """While the keys are explained: the first line of the post, to go back to."""
    said: str = ""
    """What there is to say of the last key."""
    wrong: bool = False
    """Whether that is bad news."""
    steps: tuple[Act, ...] = ()
    """What was carried out here, and can be taken back."""

    @property
    def ended(self) -> bool:
        """Whether the pile has been gone through."""
        return self.at >= self.total

    def sum(self) -> str:
        """Say what became of the pile: "5 done, 1 ignored, 1 snoozed, 10 left"."""
        last = {act.at: act.status for act in self.steps if act.verb == "decide"}
        counts = Counter(last.values())
        handled = [(name, counts[name]) for name in ("done", "ignored", "snoozed") if counts[name]]
        left = self.total - sum(count for _, count in handled)
        return ", ".join(f"{count} {name}" for name, count in [*handled, ("left", left)])


Step = tuple[Desk, Act | None]


def press(desk: Desk, key: Key, sight: Sight) -> Step:
    """What a key does."""
    if key.name == "gone":
        return desk, Act("quit", desk.at)
    if key.name == "resize":
        return replace(desk, top=_fitting(desk.top, sight)), None
    if desk.helping is not None:
        return _helped(desk, desk.helping, key, sight), None
    if desk.asked:
        return _answer(desk, desk.asked, key, sight)
    desk = replace(desk, said="", wrong=False)
    if key.name in _ANYWHERE:
        return _ANYWHERE[key.name](desk, sight)
    if desk.ended:
        return (desk, Act("quit", desk.at)) if key.name in _FORWARD else (desk, None)
    if key.name in _ON_A_POST:
        return _ON_A_POST[key.name](desk, sight)
    if key.name == "paste":
        return _wrong(desk, "what was pasted here was not taken for keys"), None
    strange = f"{key.text} is no key here" if key.text else "that is no key here"
    return _wrong(desk, f"{strange}; ? shows them all"), None


def happened(desk: Desk, act: Act, said: str, *, changed: bool) -> Desk:
    """An act was carried out: remember what it changed; after a decision go on to the next post."""
    steps = (*desk.steps, act) if changed else desk.steps
    desk = replace(desk, said=said, wrong=False, steps=steps)
    return _turn(desk, act.at + 1) if act.verb == "decide" else desk


def undone(desk: Desk) -> Desk:
    """The last step was taken back: go to its post."""
    *before, last = desk.steps
    told = _TOLD[last.status] if last.verb == "decide" else last.verb
    return replace(_turn(desk, last.at), steps=tuple(before), said=f"taken back: {told}")


def failed(desk: Desk, why: str) -> Desk:
    """An act could not be carried out: the post stays, with the reason under it."""
    return _wrong(desk, why)


# --- moving --------------------------------------------------------------------------------------


def _next(desk: Desk, _: Sight) -> Step:
    return _turn(desk, desk.at + 1), None


def _previous(desk: Desk, _: Sight) -> Step:
    if desk.at == 0:
        return replace(desk, said="this is the first post"), None
    return _turn(desk, desk.at - 1), None


def _turn(desk: Desk, at: int) -> Desk:
    return replace(desk, at=max(0, min(at, desk.total)), top=0)


def _space(desk: Desk, sight: Sight) -> Step:
    """A page further, and from the end of the post to the next one."""
    return _next(desk, sight) if desk.top == _fitting(sight.lines, sight) else _page(desk, sight)


def _page(desk: Desk, sight: Sight) -> Step:
    return _scrolled(desk, sight, max(1, sight.room - 1)), None  # a line stays, for the eye


def _page_back(desk: Desk, sight: Sight) -> Step:
    return _scrolled(desk, sight, -max(1, sight.room - 1)), None


def _scrolled(desk: Desk, sight: Sight, lines: int) -> Desk:
    return replace(desk, top=_fitting(desk.top + lines, sight))


def _fitting(top: int, sight: Sight) -> int:
    return max(0, min(top, sight.lines - sight.room))


# --- asking --------------------------------------------------------------------------------------


def _asking(asked: Asked) -> Callable[[Desk, Sight], Step]:
    return lambda desk, _: (replace(desk, asked=asked, typed=""), None)


def _answer(desk: Desk, asked: Asked, key: Key, sight: Sight) -> Step:
    """A key while something is asked: it is typed, unless it edits, ends or leaves."""
    if key.name in ("esc", "end", "interrupt"):
        return replace(desk, asked=None, typed="", said="nothing was changed", wrong=False), None
    if key.name == "enter":
        return _answered(desk, asked, sight)
    typed = desk.typed
    if key.name in _EDITS:
        typed = _EDITS[key.name](typed)
    elif key.text:
        typed += printable(key.text)
    return replace(desk, typed=typed[:_TYPED], said="", wrong=False), None


_EDITS: dict[str, Callable[[str], str]] = {
    "backspace": lambda typed: typed[:-1],
    "clear": lambda typed: "",
    "rub": lambda typed: typed.rstrip().rpartition(" ")[0],
}


def _answered(desk: Desk, asked: Asked, sight: Sight) -> Step:
    text = " ".join(desk.typed.split())
    put = replace(desk, asked=None, typed="", said="", wrong=False)
    if asked == "snooze":
        try:
            until = _until(text, sight.now)
        except ValueError as problem:
            return _wrong(desk, str(problem)), None
        return put, Act("decide", desk.at, "snoozed", until)
    if not text and asked != "assign":
        return replace(put, said="nothing was changed"), None
    if asked == "tag":
        words = [word.strip(",#") for word in text.replace(",", " ").split()]
        add = tuple(word.lstrip("+#") for word in words if not word.startswith("-"))
        remove = tuple(word.lstrip("-#") for word in words if word.startswith("-"))
        return put, Act("tag", desk.at, add=add, remove=remove)
    return put, Act(asked, desk.at, text=text)


def _until(text: str, now: datetime) -> datetime:
    """The end of a snooze, from a length or a day. Raises ValueError where it is neither."""
    from scanner.config import parse_duration, parse_time

    if not text:
        return now + SNOOZE
    try:
        end = now + parse_duration(text)
    except ValueError:
        try:
            end = parse_time(text)
        except ValueError:
            raise ValueError(
                f"{text}: expected a length (4h, 3d, 1w) or a day (2026-12-01)"
            ) from None
    if end <= now:
        raise ValueError(f"{text}: a snooze ends later than now")
    return end


# --- acting --------------------------------------------------------------------------------------


def _deciding(status: Status) -> Callable[[Desk, Sight], Step]:
    return lambda desk, _: (desk, Act("decide", desk.at, status))


def _open(desk: Desk, _: Sight) -> Step:
    return desk, Act("open", desk.at)


def _undo(desk: Desk, _: Sight) -> Step:
    if not desk.steps:
        return _wrong(desk, "nothing was decided here yet; scanner undo goes further back"), None
    return desk, Act("undo", desk.steps[-1].at)


def _quit(desk: Desk, _: Sight) -> Step:
    return desk, Act("quit", desk.at)


def _help(desk: Desk, _: Sight) -> Step:
    return replace(desk, helping=desk.top, top=0), None


def _helped(desk: Desk, top: int, key: Key, sight: Sight) -> Desk:
    """Scroll the help, if it is longer than the screen; any other key ends it."""
    scroll = _SCROLLS.get("f" if key.name == " " else key.name)
    if scroll and sight.lines > sight.room:
        return scroll(desk, sight)[0]
    return replace(desk, helping=None, top=top)


def _nothing(desk: Desk, _: Sight) -> Step:
    return desk, None


def _wrong(desk: Desk, why: str) -> Desk:
    return replace(desk, said=why, wrong=True)


_ANYWHERE: dict[str, Callable[[Desk, Sight], Step]] = {
    "k": _previous,
    "left": _previous,
    "u": _undo,
    "?": _help,
    "q": _quit,
    "end": _quit,
    "interrupt": _quit,
    "esc": _nothing,
    "redraw": _nothing,
}
_FORWARD = ("j", "right", "enter", " ")
_SCROLLS: dict[str, Callable[[Desk, Sight], Step]] = {
    "f": _page,
    "page down": _page,
    "b": _page_back,
    "page up": _page_back,
    "down": lambda desk, sight: (_scrolled(desk, sight, 1), None),
    "up": lambda desk, sight: (_scrolled(desk, sight, -1), None),
    "first": lambda desk, sight: (_scrolled(desk, sight, -sight.lines), None),
    "last": lambda desk, sight: (_scrolled(desk, sight, sight.lines), None),
}
_ON_A_POST: dict[str, Callable[[Desk, Sight], Step]] = {
    **_SCROLLS,
    "j": _next,
    "right": _next,
    "enter": _next,
    " ": _space,
    "o": _open,
    "d": _deciding("done"),
    "i": _deciding("ignored"),
    "r": _deciding("open"),
    "s": _asking("snooze"),
    "n": _asking("note"),
    "a": _asking("assign"),
    "t": _asking("tag"),
}
