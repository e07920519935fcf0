"""When and how a command runs by itself: a crontab line, or a systemd service with its timer.

In: the words of a command, and when it is to run. Out: text that cron and systemd read as meant.

Touches: nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

MINUTES = (5, 10, 15, 20, 30)
HOURS = (1, 2, 3, 4, 6, 8, 12)
"""Lengths after which both cron and systemd can repeat: those that divide an hour, or a day."""
MORNING = 7
"""The hour of a daily job, unless told."""
_SPREAD = "2min"
"""By how much systemd may come later: not everybody asks on the same second."""
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""What no line may hold: control characters, what hides or reorders, and bytes of a path that are
no UTF-8."""
_BARE = re.compile(r"[\w@+=:,./-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class When:
    """A time of day, or a length after which it is time again, on some days of the week."""

    hour: int | None
    """None: every hour, or as `every` says."""
    minute: int
    every: timedelta | None = None
    working_days: bool = False


def when(at: str | None, every: timedelta | None, *, working_days: bool, key: str) -> When:
    """Read what a person said. Raises ValueError.

    Without a time the minute comes from `key`: the same each time, another one for others, so that
    servers are not asked by everybody at once.
    """
    minute = int.from_bytes(sha256(key.encode("utf-8", "replace")).digest()[:4], "big") % 59 + 1
    if every is not None:
        if at is not None:
            raise ValueError("--at and --every contradict each other")
        _check(every)
        return When(None, minute, every, working_days)
    if at is None:
        return When(MORNING, minute, None, working_days)
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", at.strip(), re.ASCII)
    if found is None:
        raise ValueError(f'--at: expected a time of day such as 07:15, not "{at}"')
    return When(int(found[1]), int(found[2]), None, working_days)


def crontab(command: Sequence[str], time: When) -> str:
    """One line for crontab(5). Raises ValueError where a word cannot stand in one.

    A shell reads the command, and before it cron takes an unescaped % for the end of a line.
    """
    for word in command:
        # cron's variants disagree about backslashes that are not before a %
        if _CONTROL.search(word) or "\\" in word:
            raise ValueError(f"{word!r}: no control character or backslash may be in a crontab")
    days = "1-5" if time.working_days else "*"
    return f"{_cron_time(time)} * * {days} " + shlex.join(command).replace("%", r"\%")


def service(command: Sequence[str], config: str) -> str:
    """A unit that runs the command once: systemd.service(5)."""
    # the path of a program is no place for variables, so its $ stays as it is
    first = _unit_word(command[0])
    words = [first, *(_unit_word(word).replace("$", "$$") for word in command[1:])]
    return (
        "[Unit]\n"
        f"Description=scanner, {_unit_text(config)}\n\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart={' '.join(words)}\n"
        "# Some feeds do not work: the journal says which, and the unit has not failed.\n"
        "SuccessExitStatus=3\n"
    )


def timer(time: When) -> str:
    """A unit that runs the service of its name in time: systemd.timer(5), systemd.time(7)."""
    days = "Mon..Fri " if time.working_days else ""
    return (
        "[Unit]\n"
        "Description=When scanner runs\n\n"
        "[Timer]\n"
        f"OnCalendar={days}*-*-* {_systemd_time(time)}:00\n"
        f"RandomizedDelaySec={_SPREAD}\n"
        "# A run that was missed, because the machine slept, comes when it wakes.\n"
        "Persistent=true\n\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def _check(every: timedelta) -> None:
    minutes, rest = divmod(every.total_seconds(), 60)
    hours, over = divmod(minutes, 60)
    if rest or not (minutes in MINUTES or (not over and hours in (*HOURS, 24))):
        lengths = [f"{n}m" for n in MINUTES] + [f"{n}h" for n in (*HOURS, 24)]
        raise ValueError(f"--every: expected one of {', '.join(lengths)}")


def _steps(time: When) -> tuple[list[int], int | None]:
    """The minutes, and every how many hours; None: at one hour."""
    if time.every is None:
        return [time.minute], None
    minutes = int(time.every.total_seconds() // 60)
    if minutes < 60:
        return list(range(time.minute % minutes, 60, minutes)), 1
    return [time.minute], minutes // 60


def _cron_time(time: When) -> str:
    minutes, hours = _steps(time)
    hour = {None: str(time.hour), 1: "*", 24: str(MORNING)}.get(hours, f"*/{hours}")
    return f"{','.join(map(str, minutes))} {hour}"


def _systemd_time(time: When) -> str:
    minutes, hours = _steps(time)
    at = f"{MORNING:02}" if time.hour is None else f"{time.hour:02}"
    hour = {None: at, 1: "*", 24: at}.get(hours, f"0/{hours}")
    return f"{hour}:{','.join(f'{minute:02}' for minute in minutes)}"


def _unit_word(word: str) -> str:
    """A word of a command line: systemd.service(5), "Command lines", and %% for a percent sign."""
    if _CONTROL.search(word):
        raise ValueError(f"{word!r}: no control character may be in a unit")
    if _BARE.fullmatch(word):
        return word
    quoted = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{quoted}"'


def _unit_text(text: str) -> str:
    return _CONTROL.sub(" ", text).replace("%", "%%").rstrip("\\")
