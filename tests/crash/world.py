"""A folder, a server with feeds in two versions, and scanners that run beside each other.

In: how many feeds and posts. Out: finished processes, and what the database holds.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cases.server import Exchange, Server, reply
from tests.conftest import rss
from tests.crash import state

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120.0
"""Seconds until a scanner that does not end counts as hanging."""
_SAID = (
    "invoice export sync refund upload login crash timeout support billing report screen "
    "button delivery contract quarter budget folder calendar backup update release "
    "customer meeting printer keyboard archive account password widget filter banner "
    "search column header footer chart ticket garden bridge window marble saddle lantern "
    "thistle harbour pepper cobalt walnut "
)
_WORDS = _SAID.split()


@dataclass(frozen=True)
class Ran:
    """How a process ended."""

    arguments: tuple[str, ...]
    code: int
    """Negative: the signal that ended it."""
    out: str
    err: str
    seconds: float
    pid: int

    @property
    def ids(self) -> list[str]:
        """The IDs on whole lines of JSON Lines."""
        whole = self.out.rpartition("\n")[0].splitlines()
        return [json.loads(line)["id"] for line in whole]

    @property
    def killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL

    @property
    def rude(self) -> bool:
        """Whether it said what no person should see."""
        return "Traceback" in self.err or "a bug" in self.err or "Exception ignored" in self.err


class World:
    """Feeds with entity tags on a server of its own, and one database that scanners share."""

    def __init__(self, folder: Path, feeds: int = 30, posts: int = 40, *, more: str = "") -> None:
        self.folder, self.version, self.pause = folder, 1, 0.0
        self.began = datetime.now(UTC)
        self._posts = posts
        self.server = Server({f"/{n}": self._page(n) for n in range(feeds)})
        self.urls = [self.server.url(f"/{n}") for n in range(feeds)]
        self.configure(more)

    def close(self) -> None:
        """End the server."""
        self.server.close()

    def configure(self, more: str = "", head: str = "") -> None:
        """Write the config; `more` are further lines of the brand, `head` of [scanner]."""
        rows = "".join(
            f"[[feeds]]\nurl = '{url}'\nname = '{n}'\n" for n, url in enumerate(self.urls)
        )
        (self.folder / "scanner.toml").write_text(
            f"[scanner]\nlimit = 0\n{head}\n[fetch]\nallow_private = true\nper_host = 32\n"
            f'host_delay = "0s"\n[[brands]]\nname = "Acme"\n{more}\n{rows}'
        )

    # --- the server -------------------------------------------------------------------------------

    def _page(self, n: int) -> Callable[[Exchange], bytes]:
        documents: dict[int, bytes] = {}

        def page(exchange: Exchange) -> bytes:
            # every third feed stays as it was
            version = 1 if n % 3 == 1 else self.version
            tag = f'"{n}-{version}"'
            if self.pause:
                exchange.pause(self.pause)
            if exchange.request.headers.get("if-none-match") == tag:
                return reply(304, {"ETag": tag})
            if version not in documents:
                documents[version] = self._document(n, version)
            kind = {"ETag": tag, "Content-Type": "application/rss+xml"}
            return reply(200, kind, documents[version])

        return page

    def _document(self, n: int, version: int) -> bytes:
        """The second version has an edited post, a quarter more, and one less."""
        first, last = (0, self._posts) if version == 1 else (1, self._posts * 5 // 4 + 1)
        return rss([self._post(n, number, version) for number in range(first, last)]).encode()

    def _post(self, n: int, number: int, version: int) -> dict[str, Any]:
        chance = random.Random(f"{n}/{number}")
        words = chance.sample(_WORDS, 12)
        subject = "Acme" if chance.random() < 0.5 else "My neighbour"
        edited = " Edited: still broken." if number == 2 and version == 2 else ""
        return {
            "title": f"{subject} lost my {words[0]} and {words[1]} {n}-{number}",
            "text": f"<p>{subject} charged me twice for the {' '.join(words[2:7])}. I am angry: "
            f"the {' '.join(words[7:])} {chance.random()} is gone.{edited}</p>",
            "url": f"https://posts.example/{n}/{number}",
            "guid": f"{n}-{number}",
            "author": f"Person {n}-{number}",
            "when": self.began.replace(microsecond=0) - timedelta(hours=1 + 6 * number),
        }

    # --- processes --------------------------------------------------------------------------------

    @property
    def data(self) -> Path:
        """The folder of the database."""
        return self.folder / "data"

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.data / "scanner.db"

    def start(
        self,
        *arguments: str,
        point: Sequence[str] = (),
        limit: int | None = None,
        **environ: str,
    ) -> Running:
        """Start a scanner; `point` as `child` takes it, `limit` in bytes for each of its files."""
        entry = ["tests.crash.child", *point] if point else ["scanner"]
        command = [sys.executable, "-m", *entry, *arguments]
        places = {"HOME": self.folder, "PYTHONPATH": ROOT, "SCANNER_DB": self.database}
        known = {name: value for name, value in os.environ.items() if not _is_ours(name)}
        return Running(
            arguments,
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=known | {name: str(place) for name, place in places.items()} | environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=None if limit is None else lambda: _limit_files(limit),
            ),
        )

    def run(self, *arguments: str, **how: Any) -> Ran:
        """Start a scanner and wait for its end."""
        return self.start(*arguments, **how).wait()

    def scan(self, *options: str, **how: Any) -> Ran:
        """Scan, and print what is new as JSON Lines."""
        return self.run("scan", "--format", "jsonl", "--limit", "0", *options, **how)

    # --- the database -----------------------------------------------------------------------------

    @property
    def state(self) -> state.State:
        """What the database holds; raises Damage where it is not sound."""
        return state.read(self.database)

    def sql(self, *statements: str) -> None:
        """Change the database behind everybody's back."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def keep(self, name: str) -> Path:
        """Copy the database and all beside it, to come back to."""
        kept = self.folder / "kept" / name
        self.data.mkdir(exist_ok=True)
        shutil.copytree(self.data, kept, dirs_exist_ok=True)
        return kept

    def back_to(self, kept: Path) -> None:
        """Put a copy back; the folder itself stays, for it may be a mount."""
        for beside in self.data.iterdir():
            beside.unlink()
        shutil.copytree(kept, self.data, dirs_exist_ok=True)

    def scraps(self) -> list[str]:
        """Files beside the database that only a work in progress needs.

        A kill between writing an output file and its rename leaves a ".scanner-": nobody can know
        later whether somebody still writes to it.
        """
        return sorted(beside.name for beside in self.data.iterdir() if beside.name.endswith(".new"))


class Running:
    """A process that was started, and what it says until its end."""

    def __init__(self, arguments: tuple[str, ...], process: subprocess.Popen[bytes]) -> None:
        self.arguments, self.process = arguments, process
        self._began = time.monotonic()

    def kill(self) -> None:
        """Send SIGKILL to the process alone, as the kernel does where memory is short."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)

    def wait(self) -> Ran:
        """Give how it ended; one that hangs is killed, and says so."""
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            out, err = self.process.communicate()
            err += b"\nTraceback of the lab: it hung"
        seconds = time.monotonic() - self._began
        code = self.process.returncode
        told = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
        return Ran(self.arguments, code, *told, seconds, self.process.pid)


def left_behind(session: int, patience: float = 5.0) -> list[int]:
    """Processes of a session whose first one has ended: none, once they had a moment to notice."""
    deadline = time.monotonic() + patience
    while found := _session(session):
        if time.monotonic() > deadline:
            return found
        time.sleep(0.02)
    return []


def _session(session: int) -> list[int]:
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state_, _, _, its_session, *_ = each.read_text().rpartition(")")[2].split()
            if int(its_session) == session and state_ != "Z":
                found.append(int(each.parent.name))
    return found


def _limit_files(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def _is_ours(name: str) -> bool:
    """What would lead a scanner elsewhere: to another database, or through a proxy."""
    return name.startswith(("SCANNER_", "XDG_", "COLUMNS")) or name.lower().endswith("_proxy")
