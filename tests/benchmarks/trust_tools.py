"""The programs that trust.py puts to the test, each in a fresh home with its best settings.

In: a folder and addresses of feeds. Out: command lines, and what the program holds afterwards.
All that a program remembers is below `data/` of its home, its settings below `etc/`.

Touches: the disk.
"""

from __future__ import annotations

import email.header
import email.parser
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

Items = Counter[str]
"""Titles, and how often each is there."""
PATIENCE = 90.0
"""Seconds until a program that does not end is killed."""
THREADS = 8


@dataclass(frozen=True)
class Tool:
    """One program."""

    name: str
    prepare: Callable[[Path, Sequence[str]], None]
    fetch: Callable[[Path], list[str]]
    """The command line that asks all feeds."""
    held: Callable[[Path], Items]
    """What it has stored, or handed over."""
    memory: Callable[[Path], Path]
    """The file that it could not do without."""
    show: Callable[[Path], list[str]] | None = None
    """The command line that prints titles, where there is one that is no screen."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: bytes
    err: bytes
    seconds: float

    @property
    def said(self) -> str:
        """Both streams, as text."""
        return (self.out + b"\n" + self.err).decode("utf-8", "replace")

    @property
    def traceback(self) -> bool:
        """Whether a person got to see the program's inside."""
        return "Traceback (most recent" in self.said

    @property
    def last(self) -> str:
        """The last line that says something."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        return lines[-1][:160] if lines else "nothing said"


class Process:
    """A program that was started in a session of its own."""

    def __init__(
        self, command: Sequence[str], home: Path, *, bare: bool = False, stdout: str | None = None
    ) -> None:
        """Start it; `bare`: without HOME and locale, from the root folder."""
        self._began = time.monotonic()
        self._out, self._err = home / "stdout", home / "stderr"
        environ = {"PATH": os.environ["PATH"]}
        environ |= {"LC_ALL": "C"} if bare else _places(home)
        with Path(stdout or self._out).open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd="/" if bare else home,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        """Send a signal to the program and all that it started, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def wait(self) -> Ended:
        """Give how it ended; after PATIENCE it is killed."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        took = time.monotonic() - self._began
        self.signal(signal.SIGKILL)
        code = self.process.wait()
        out = self._out.read_bytes() if self._out.exists() else b""
        return Ended(code, out, self._err.read_bytes(), took)


def _places(home: Path) -> dict[str, str]:
    return {"LANG": "C.UTF-8", "HOME": str(home), "XDG_CONFIG_HOME": str(home / "etc")}


def tools(scanner: Sequence[str], reader_python: str | None, only: str | None) -> list[Tool]:
    """Those that are installed, or asked for."""
    found = [_scanner(scanner)]
    if reader_python:
        found.append(_reader(reader_python))
    for made, program in ((_NEWSBOAT, "newsboat"), (_RSS2EMAIL, "r2e"), (_SFEED, "sfeed_update")):
        if shutil.which(program):
            found.append(made)
    wanted = only.split(",") if only else [tool.name for tool in found]
    return [tool for tool in found if tool.name in wanted]


# --- scanner --------------------------------------------------------------------------------------


def _scanner(command: Sequence[str]) -> Tool:
    def prepare(home: Path, urls: Sequence[str]) -> None:
        feeds = "".join(f"[[feeds]]\nurl = '{url}'\nabout = 'Acme'\n" for url in urls)
        (home / "etc/scanner.toml").write_text(
            "[scanner]\nlimit = 0\n[fetch]\nallow_private = true\n"
            f'per_host = {THREADS}\nhost_delay = "0s"\n[[brands]]\nname = "Acme"\n{feeds}'
        )

    def line(home: Path, *words: str) -> list[str]:
        places = ["-c", str(home / "etc/scanner.toml"), "--db", str(home / "data/scanner.db")]
        return [*command, *places, *words]

    return Tool(
        "scanner",
        prepare,
        fetch=lambda home: line(home, "scan", "--refetch"),
        held=lambda home: _rows(
            home / "data/scanner.db",
            "SELECT json_extract(CAST(body AS TEXT), '$.title') FROM posts",
        ),
        memory=lambda home: home / "data/scanner.db",
        show=lambda home: line(home, "list", "--format", "table"),
    )


def _rows(path: Path, sql: str) -> Items:
    if not path.exists() or not path.stat().st_size:
        return Counter()
    # not read-only: a log that a kill left is to be read as well
    with closing(sqlite3.connect(path)) as connection:
        return Counter(title for (title,) in connection.execute(sql))


# --- reader ---------------------------------------------------------------------------------------


def _reader(python: str) -> Tool:
    add = (
        "import reader, sys; made = reader.make_reader(sys.argv[1]);"
        "[made.add_feed(url) for url in sys.argv[2:]]"
    )

    def prepare(home: Path, urls: Sequence[str]) -> None:
        subprocess.run([python, "-c", add, str(home / "data/reader.db"), *urls], check=True)

    def line(home: Path, *words: str) -> list[str]:
        return [python, "-m", "reader", "--db", str(home / "data/reader.db"), *words]

    return Tool(
        "reader",
        prepare,
        fetch=lambda home: line(home, "update", "--no-scheduled", "--workers", str(THREADS)),
        held=lambda home: _rows(home / "data/reader.db", "SELECT title FROM entries"),
        memory=lambda home: home / "data/reader.db",
        show=lambda home: line(home, "--read-only", "list", "entries"),
    )


# --- newsboat -------------------------------------------------------------------------------------


def _newsboat(home: Path, urls: Sequence[str]) -> None:
    (home / "etc/urls").write_text("\n".join(urls) + "\n")
    (home / "etc/config").write_text(f"reload-threads {THREADS}\nauto-reload no\n")


def _newsboat_line(home: Path, *words: str) -> list[str]:
    places = ("-u", home / "etc/urls", "-C", home / "etc/config", "-c", home / "data/cache.db")
    return ["newsboat", "-q", *map(str, places), *words]


_NEWSBOAT = Tool(
    "newsboat",
    _newsboat,
    fetch=lambda home: _newsboat_line(home, "-x", "reload"),
    held=lambda home: _rows(home / "data/cache.db", "SELECT title FROM rss_item"),
    memory=lambda home: home / "data/cache.db",
)


# --- rss2email ------------------------------------------------------------------------------------


def _rss2email(home: Path, urls: Sequence[str]) -> None:
    feeds = "".join(f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls))
    (home / "data/Maildir").mkdir(exist_ok=True)
    (home / "etc/rss2email.cfg").write_text(
        "[DEFAULT]\nto = a@mail.example\nfrom = b@mail.example\nemail-protocol = maildir\n"
        "verbose = error\n"
        f"maildir-path = {home}/data/Maildir\nmaildir-mailbox = INBOX\n{feeds}"
    )


def _mails(home: Path) -> Items:
    found: Items = Counter()
    for path in (home / "data/Maildir").rglob("new/*"):
        head = email.parser.BytesHeaderParser().parsebytes(path.read_bytes())
        parts = email.header.decode_header(head["subject"] or "")
        found[str(email.header.make_header(parts)).replace("\n", "")] += 1
    return found


_RSS2EMAIL = Tool(
    "rss2email",
    _rss2email,
    fetch=lambda home: [
        *("r2e", "-c", str(home / "etc/rss2email.cfg"), "-d", str(home / "data/r2e.json")),
        "run",
    ],
    held=_mails,
    memory=lambda home: home / "data/r2e.json",
)


# --- sfeed ----------------------------------------------------------------------------------------


def _sfeed(home: Path, urls: Sequence[str]) -> None:
    feeds = "\n".join(f'feed "f{number:02}" "{url}"' for number, url in enumerate(urls))
    (home / "etc/sfeedrc").write_text(
        f'sfeedpath="{home}/data/feeds"\nmaxjobs={THREADS}\nfeeds() {{\n{feeds}\n}}\n'
    )


def _sfeed_held(home: Path) -> Items:
    lines = [
        line.split("\t")
        for path in sorted((home / "data/feeds").glob("*"))
        for line in path.read_text("utf-8", "replace").splitlines()
    ]
    return Counter(line[1] for line in lines if len(line) > 1)


_SFEED = Tool(
    "sfeed_update",
    _sfeed,
    fetch=lambda home: ["sfeed_update", str(home / "etc/sfeedrc")],
    held=_sfeed_held,
    memory=lambda home: home / "data/feeds/f00",
    show=lambda home: ["sh", "-c", f"cat '{home}'/data/feeds/* | sfeed_plain"],
)


def default_scanner() -> list[str]:
    """The command beside this Python."""
    return [str(Path(sys.executable).with_name("scanner"))]


def as_json(path: Path, results: object) -> None:
    """Keep what was found."""
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
