"""Single keys from a terminal: bytes become keys, and the terminal's own sequences no letters.

In: what a terminal sends. Out: Keys. Typer's getchar does not serve: it shows what is typed between
two calls, takes up to 32 bytes for one key, and is not woken when the window changes its size.

Touches: the terminal.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

ESC_SECONDS = 0.1
"""How long the rest of a sequence may take: a person's Esc stands alone. Terminals send a sequence
at once; a line far away may tear it, which the decoder bears as well."""

_LONGEST = 64
"""Bytes of a sequence, at most; what is longer is none."""
_PASTED = 10_000
"""Characters kept of what is pasted: many times a note."""
_PASTE_ENDS = b"\x1b[201~"

_CONTROLS = {
    0x03: "interrupt",
    0x04: "end",
    0x08: "backspace",
    0x09: "tab",
    0x0A: "enter",
    0x0C: "redraw",
    0x0D: "enter",
    0x15: "clear",
    0x17: "rub",
    0x1C: "interrupt",
    0x7F: "backspace",
}
_SEQUENCES = {
    b"[A": "up",
    b"[B": "down",
    b"[C": "right",
    b"[D": "left",
    b"[H": "first",
    b"[F": "last",
    b"[1~": "first",
    b"[4~": "last",
    b"[5~": "page up",
    b"[6~": "page down",
    b"[7~": "first",
    b"[8~": "last",
    b"[200~": "paste",
}
"""Without ESC, and with "[" for the "O" of application mode: xterm, VT220, rxvt, the Linux console
(https://invisible-island.net/xterm/ctlseqs/ctlseqs.html)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key, or one paste."""

    name: str
    """The character itself, or a word for what is none: "enter", "left", "page down", "esc", "end"
    (Ctrl-D), "paste", "other"; or what happened: "resize", "stop" (Ctrl-Z), "again" (after a
    stop), "gone" (nobody is there any more)."""
    text: str = ""
    """What it would write."""


@dataclass(slots=True)
class Decoder:
    """Bytes as they come -> keys. Nothing of a sequence is ever taken for a letter."""

    _bytes: bytearray = field(default_factory=bytearray)
    _letters: Any = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="ignore")
    )
    _late: bool = False
    """Whether an ESC was taken for the key just now: its sequence may come late all the same."""

    def feed(self, data: bytes) -> list[Key]:
        """The keys that are complete with these bytes."""
        self._bytes += data
        keys: list[Key] = []
        while self._bytes:
            size = self._size()
            if size is None:
                break
            taken = bytes(self._bytes[:size])
            del self._bytes[:size]
            if key := self._key(taken):
                keys.append(key)
        return keys

    @property
    def torn(self) -> bool:
        """Whether an ESC stands alone: the key of that name, or a sequence still to come."""
        return bytes(self._bytes) == b"\x1b"

    def settle(self) -> list[Key]:
        """Nothing more came in time: an ESC that stands alone is the key."""
        if not self.torn:
            return []
        self._bytes.clear()
        self._late = True
        return [Key("esc")]

    def _size(self) -> int | None:
        """Bytes of the next key; None where it is not complete."""
        data = self._bytes
        if self._late and data.startswith((b"[", b"O")):
            data[:0] = b"\x1b"
        self._late = False
        if data[0] != 0x1B:
            return 1
        if data.startswith(b"\x1b[200~"):
            end = data.find(_PASTE_ENDS)
            if end < 0 and len(data) > 4 * _PASTED:  # of so much, the beginning is enough
                del data[3 * _PASTED : -len(_PASTE_ENDS)]
            return None if end < 0 else end + len(_PASTE_ENDS)
        return _sequence(data)

    def _key(self, taken: bytes) -> Key | None:
        if taken[:1] == b"\x1b":
            return _named(taken)
        if name := _CONTROLS.get(taken[0]):
            return Key(name)
        letter = self._letters.decode(taken)
        return Key(letter, letter) if letter.isprintable() and letter else None


def _sequence(data: bytearray) -> int | None:
    """Length of the sequence that begins here (ECMA-48, 5.4); None where it is not complete."""
    if len(data) < 2:
        return None
    if data[1] == 0x1B:
        return 1  # Esc twice: the first is a key
    if data[1:2] == b"O":
        return 3 if len(data) > 2 else None
    if data[1:2] != b"[":
        return 2  # Alt and a letter
    if data[2:3] == b"[":  # function keys of the Linux console
        return 4 if len(data) > 3 else None
    ends = (at for at in range(2, min(len(data), _LONGEST)) if not 0x20 <= data[at] <= 0x3F)
    end = next(ends, None)
    if end is not None:
        return end + 1 if 0x40 <= data[end] <= 0x7E else end  # else it broke off
    return _LONGEST if len(data) >= _LONGEST else None


def _named(taken: bytes) -> Key:
    if taken == b"\x1b":
        return Key("esc")
    if taken.startswith(b"\x1b[200~"):
        inside = taken[6 : -len(_PASTE_ENDS)].decode("utf-8", "ignore")
        return Key("paste", inside[:_PASTED])
    return Key(_SEQUENCES.get(taken[1:].replace(b"O", b"[", 1), "other"))


class Keys:
    """The keys of one terminal, one at a time; made by `single_keys`."""

    def __init__(self, terminal: int, bell: int) -> None:
        """Take two file descriptors: the terminal, and where the numbers of signals arrive."""
        self._terminal = terminal
        self._bell = bell
        self._decoder = Decoder()
        self._ready: list[Key] = []

    def next(self) -> Key:
        """Wait for a key, or for what else there is to tell: "resize", "stop", "again", "gone"."""
        while not self._ready:
            wait = ESC_SECONDS if self._decoder.torn else None
            ready, _, _ = select.select([self._terminal, self._bell], [], [], wait)
            if self._bell in ready:
                rung = os.read(self._bell, 64)
                self._ready += [Key(_SIGNALS[number]) for number in set(rung) & set(_SIGNALS)]
            if self._terminal in ready:
                self._ready += self._typed()
            if not ready:
                self._ready += self._decoder.settle()
        return self._ready.pop(0)

    def forget(self) -> None:
        """Forget what was typed ahead, which was meant for what has gone from the screen."""
        import termios

        self._ready = [key for key in self._ready if key.name in _SIGNALS.values()]
        with suppress(termios.error):
            termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _typed(self) -> list[Key]:
        try:
            data = os.read(self._terminal, 4096)
        except OSError:  # Linux: the other side of a pseudo-terminal is closed
            data = b""
        return self._decoder.feed(data) if data else [Key("gone")]


_SIGNALS = {
    int(getattr(signal, name)): key
    for name, key in (("SIGWINCH", "resize"), ("SIGCONT", "again"), ("SIGTSTP", "stop"))
    if hasattr(signal, name)
}


@contextmanager
def single_keys(terminal: int) -> Iterator[Keys]:
    """Have signals told like keys while the block runs; `unbuffered` is what frees the keys."""
    ear, bell = os.pipe()
    os.set_blocking(ear, False)
    os.set_blocking(bell, False)
    usual = {number: signal.signal(number, _nothing) for number in _SIGNALS}
    before = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    try:
        yield Keys(terminal, ear)
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in usual.items():
            signal.signal(number, handler)
        os.close(ear)
        os.close(bell)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler there must be, or the signal is not heard."""


def unbuffered(terminal: int) -> None:
    """Give every key at once and show none.

    Ctrl-C and Ctrl-Z stay signals. What was typed before is dropped: it answered something else.
    """
    import termios

    mode = termios.tcgetattr(terminal)
    mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(terminal, termios.TCSAFLUSH, mode)
