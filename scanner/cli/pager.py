"""Long output through the pager that the person has chosen.

In: a text, and the shell it is for. Out: whether a pager took it; if not, print it.

A text is paged where stdout is a terminal that can move its cursor (TERM is not "dumb"), --no-pager
was not given, and the text is higher than the terminal. Which pager: SCANNER_PAGER, then PAGER,
then `less` where there is one; empty, or "cat", means none. LESS is set to FRX unless it is set
already (colours work, one screen is not paged, the text stays on the screen), and less is told to
pass colours on whatever LESS says. The command is run without a shell unless it has signs that only
a shell understands. Whoever leaves the pager early has seen enough, which is no failure; a pager
that is missing or fails costs nothing but a warning: the text is to be printed all the same.

Touches: the terminal.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.cli.shell import Shell

_FOR_A_SHELL = re.compile(r"[|&;<>()$`*?\[\]#~\n]|^\w+=")
"""Pipes, redirections, variables and patterns: what git hands to a shell in GIT_PAGER as well."""


def page(shell: Shell, text: str) -> bool:
    """Show a text in the pager; False where there is none, or it failed: print the text then."""
    command = _command(shell) if _wanted(shell, text) else None
    if command is None:
        return False
    if sys.stdout is not None:
        sys.stdout.flush()
    try:
        code, left = _run(_told(command, text), _environ(shell), text.encode("utf-8", "replace"))
    except OSError as problem:
        reason = problem.strerror or str(problem)
    else:
        if code <= 0 or left:  # below 0: ended by a signal, which was somebody's wish
            return True
        reason = f"it ended with status {code}"
    shell.warn(f"warning: the pager {shlex.join(command)} did not work: {reason}")
    return False


def _wanted(shell: Shell, text: str) -> bool:
    height = shell.height if shell.paged and shell.environ.get("TERM") != "dumb" else None
    return height is not None and text.count("\n") >= height  # a line is left for the prompt


def pager_of(environ: Mapping[str, str]) -> str:
    """The pager that these variables choose, as it was written; "" for none."""
    for name in ("SCANNER_PAGER", "PAGER"):
        if (told := environ.get(name)) is not None:
            return told.strip()
    return "less" if shutil.which("less", path=environ.get("PATH")) else ""


def _command(shell: Shell) -> list[str] | None:
    """The pager's words, or None for none."""
    return _split(shell, pager_of(shell.environ))


def _split(shell: Shell, told: str) -> list[str] | None:
    if told in ("", "cat"):
        return None
    if os.name == "posix" and _FOR_A_SHELL.search(told):
        return ["/bin/sh", "-c", told]
    try:
        return shlex.split(told, posix=os.name == "posix")
    except ValueError as problem:
        shell.warn(f"warning: the pager {told} cannot be read: {problem}")
        return None


def _told(command: list[str], text: str) -> list[str]:
    """Tell less to show colours, which it does not where LESS is set and says nothing of them."""
    is_less = Path(command[0]).stem == "less"
    return [*command, "-R"] if is_less and "\x1b" in text else command


def _environ(shell: Shell) -> dict[str, str]:
    return {"LESS": "FRX"} | dict(shell.environ)


def _run(command: list[str], environ: dict[str, str], text: bytes) -> tuple[int, bool]:
    """Run the pager to its end; its status, and whether the person left by Ctrl-C.

    Raises OSError where it cannot be started.
    """
    with _interrupts() as pressed:
        with _put_off() as told:
            pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environ)
        try:
            for number in told:
                signal.raise_signal(number)
            pager.communicate(text)  # leaving before all of it was read is no failure here
        except BaseException:  # we are to end; less puts the terminal right when it is told so
            pager.terminate()
            pager.wait()
            raise
        return pager.returncode, bool(pressed)


@contextmanager
def _put_off() -> Iterator[list[int]]:
    """Write down who tells us to end meanwhile: a pager that just started would be left behind."""
    told: list[int] = []
    usual = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and callable(signal.getsignal(number)):
                usual[number] = signal.signal(number, lambda number, _: told.append(number))
    try:
        yield told
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Leave Ctrl-C to the pager, which gets it as well: in less it ends a search, not the run."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    usual = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, usual)
