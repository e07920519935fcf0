"""What trust.py tries with every program: the cases, and how each is judged.

In: a program in a fresh home, beside a server. Out: a Cell: a verdict, and what was seen.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.trust_tools import Ended, Items, Process, Tool
from tests.cases.server import Server

FEEDS, ITEMS = 12, 40
QUICK = 3.0
"""Seconds within which a program ends that was told to; three times what is asked of scanner, for
the machine may be busy."""
MIB = 2**20


class Cell(NamedTuple):
    """A verdict, and what it rests on."""

    mark: str
    evidence: str


@dataclass
class Lab:
    """One program in a fresh home, with a server."""

    tool: Tool
    home: Path
    server: Server
    pause: float = 0.0

    def feeds(self, count: int = FEEDS, *more: str) -> Lab:
        """Set the program up with so many feeds that work, and other pages."""
        paths = [f"/{number}" for number in range(count)] + list(more)
        self.tool.prepare(self.home, [self.server.url(path) for path in paths])
        return self

    def start(self, *, bare: bool = False) -> Process:
        """Start to ask all feeds."""
        return Process(self.tool.fetch(self.home), self.home, bare=bare)

    def fetch(self, *, bare: bool = False) -> Ended:
        """Ask all feeds."""
        return self.start(bare=bare).wait()

    @property
    def held(self) -> Items:
        """What the program has stored."""
        return self.tool.held(self.home)

    def missing(self, count: int = FEEDS) -> int:
        """How many items of so many feeds it has not."""
        return len(wanted(count) - self.held.keys())

    @property
    def memory(self) -> Path:
        """The file that it could not do without."""
        return self.tool.memory(self.home)


def title(feed: int, item: int) -> str:
    """Each is one of its kind, and not ASCII."""
    return f"Größe {feed}-{item} of Acme"


def wanted(count: int) -> set[str]:
    """All titles of so many feeds."""
    return {title(feed, item) for feed in range(count) for item in range(ITEMS)}


# --- the cases ------------------------------------------------------------------------------------


def two_at_once(lab: Lab) -> Cell:
    """D01: nothing fetched twice, a word from whoever does not get its turn, no traceback."""
    lab.pause = 0.4
    lab.feeds()
    first = lab.start()
    time.sleep(0.6)
    both = [lab.start().wait(), first.wait()]
    asked = Counter(lab.server.paths)
    twice = sum(number > 1 for number in asked.values())
    codes = sorted(one.code for one in both)
    if missing := lab.missing():
        return Cell("✘", f"{missing} items missing; exits {codes}")
    if any(one.traceback for one in both):
        return Cell("✘", f"a traceback; exits {codes}; {both[0].last}")
    silent = any(one.code and not one.said.strip() for one in both)
    evidence = f"exits {codes}, {twice} of {FEEDS} feeds fetched twice" + ", silent" * silent
    return Cell("~" if silent or twice else "✔", evidence)


def killed(lab: Lab, times: int = 40) -> Cell:
    """D03: after kill -9 each feed is there whole or not at all; the next run gets the rest."""
    lab.pause = 0.05
    lab.feeds()
    fresh = lab.home.with_name("fresh")
    shutil.copytree(lab.home, fresh)
    length = lab.fetch().seconds
    chance = random.Random(40)
    lost = repeated = torn = failed = 0
    said = ""
    for _ in range(times):
        shutil.rmtree(lab.home)
        shutil.copytree(fresh, lab.home)
        running = lab.start()
        time.sleep(chance.uniform(0.1, 1.0) * length)
        running.signal(signal.SIGKILL)
        running.wait()
        torn += _is_torn(lab)
        again = lab.fetch()
        if again.code:
            failed, said = failed + 1, f"; {again.last}"
        held = lab.held
        lost += bool(wanted(FEEDS) - held.keys())
        repeated += any(number > 1 for number in held.values())
    evidence = f"of {times}: {lost} with items lost, {torn} with half a feed, "
    evidence += f"{repeated} with items twice, {failed} next runs failed{said}"
    return Cell("✘" if lost or failed else "~" if torn or repeated else "✔", evidence)


def _is_torn(lab: Lab) -> bool:
    feeds = Counter(name.split(" ")[1].split("-")[0] for name in lab.held)
    return any(number < ITEMS for number in feeds.values())


def no_space(lab: Lab) -> Cell:
    """D05: a full disk is told with a failure, and nothing is missing once there is space."""
    if os.geteuid() or not shutil.which("mount"):
        return Cell("–", "may not mount")
    data = lab.home / "data"
    lab.feeds()
    lab.fetch()
    needed = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    shutil.rmtree(data)
    data.mkdir()
    with _small(data):
        lab.feeds()
        _resize(data, _used(data) + max(65536, needed // 2))
        ran = lab.fetch()
        _resize(data, 64 * MIB)
        again = lab.fetch()
        missing = lab.missing()
    evidence = f"exit {ran.code}" + ", a traceback" * ran.traceback
    evidence += f", then exit {again.code} and {missing} of {FEEDS * ITEMS} items missing"
    if missing or again.code:
        return Cell("✘", evidence)
    return Cell("✔" if ran.code and not ran.traceback else "~", f"{evidence}; {ran.last}")


@contextmanager
def _small(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _resize(folder: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)


def _used(folder: Path) -> int:
    told = os.statvfs(folder)
    return (told.f_blocks - told.f_bfree) * told.f_frsize


def read_only(lab: Lab) -> Cell:
    """D06: a fetch that may not write fails and names the file; reading goes on."""
    lab.feeds(3)
    lab.fetch()
    for path in sorted((lab.home / "data").rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (lab.home / "data").chmod(0o555)
    weak = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] if not os.geteuid() else []
    ran = Process([*weak, *lab.tool.fetch(lab.home)], lab.home).wait()
    evidence = f"exit {ran.code}" + ", a traceback" * ran.traceback
    reads = True
    if lab.tool.show:
        shown = Process([*weak, *lab.tool.show(lab.home)], lab.home).wait()
        reads = shown.code == 0 and bool(shown.out)
        evidence += f"; reading: exit {shown.code}"
    named = lab.memory.name in ran.said or str(lab.home / "data") in ran.said
    if not ran.code:
        return Cell("✘", evidence)
    whole = named and reads and not ran.traceback
    return Cell("✔" if whole else "~", f"{evidence}; {ran.last}")


def damaged(lab: Lab) -> Cell:
    """D07: garbage, or one page of it, is refused by name and left as it is."""
    lab.feeds(3)
    lab.fetch()
    good = lab.memory.read_bytes()
    middle = len(good) // 2 // 4096 * 4096
    noise = random.Random(7).randbytes(4096)
    page = good[:middle] + noise + good[middle + 4096 :]
    marks, told = [], []
    for what, content in (("garbage", noise * 3), ("page", page)):
        lab.memory.write_bytes(content)
        ran = lab.fetch()
        kept = lab.memory.exists() and lab.memory.read_bytes() == content
        named = lab.memory.name in ran.said
        good_way = ran.code and named and kept and not ran.traceback
        marks.append("✔" if good_way else "~" if ran.code and kept else "✘")
        told.append(
            f"{what}: exit {ran.code}"
            + ", a traceback" * ran.traceback
            + ", unnamed" * (not named)
            + ", overwritten" * (not kept)
        )
    return Cell(_worst(marks), "; ".join(told))


def _worst(marks: list[str]) -> str:
    if "✘" in marks:
        return "✘" if len(set(marks)) == 1 else "~"
    return "~" if "~" in marks else "✔"


def emptied(lab: Lab) -> Cell:
    """D08: a memory of 0 bytes is not taken for a new one."""
    lab.feeds(3)
    lab.fetch()
    lab.memory.write_bytes(b"")
    ran = lab.fetch()
    again = any(number > 1 for number in lab.held.values())
    evidence = f"exit {ran.code}" + ", a traceback" * ran.traceback + ", items twice" * again
    if ran.code == 0 or lab.memory.stat().st_size:
        return Cell("✘", evidence + ", made anew" * (lab.memory.stat().st_size > 0))
    return Cell("~" if ran.traceback else "✔", f"{evidence}; {ran.last}")


def one_fails(lab: Lab) -> Cell:
    """C01: the others are stored, the exit code says so, and the feed is named."""
    ran = lab.feeds(2, "/broken").fetch()
    named = "broken" in ran.said or "f02" in ran.said or "f2" in ran.said
    evidence = f"exit {ran.code}, " + ("named" if named else "not named")
    if lab.missing(2):
        return Cell("✘", f"{evidence}, items missing")
    return Cell("✔" if ran.code and named else "✘" if not ran.code else "~", evidence)


def all_fail(lab: Lab) -> Cell:
    """C02: exit code 1, and each feed is named."""
    ran = lab.feeds(0, "/broken/1", "/broken/2", "/broken/3").fetch()
    lines = [line for line in ran.said.splitlines() if re.search(r"broken/\d|\bf0?\d\b", line)]
    evidence = f"exit {ran.code}, {len(lines)} lines that name a feed"
    return Cell("✘" if not ran.code else "✔" if len(lines) >= 3 else "~", evidence)


def nothing_new(lab: Lab) -> Cell:
    """C03: not a byte, so that cron sends no mail."""
    lab.feeds(3).fetch()
    ran = lab.fetch()
    evidence = f"exit {ran.code}, {len(ran.out)} B on stdout, {len(ran.err)} B on stderr"
    return Cell("✔" if not (ran.code or ran.out or ran.err) else "✘", evidence)


def interrupted(lab: Lab) -> Cell:
    """C09: Ctrl-C ends it at once, without a traceback, and keeps what was finished."""
    running = lab.feeds(2, "/hang").start()
    deadline = time.monotonic() + 30
    while len(lab.server.log) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(6)
    began = time.monotonic()
    running.signal(signal.SIGINT)
    ran = running.wait()
    took, missing = time.monotonic() - began, lab.missing(2)
    evidence = f"{took:.1f} s, exit {ran.code}, {missing} finished items missing"
    evidence += ", a traceback" * ran.traceback
    if took > QUICK or missing or ran.code == 0:
        return Cell("✘" if took > QUICK or missing else "~", evidence)
    clean = ran.code in (130, -signal.SIGINT) and not ran.traceback
    return Cell("✔" if clean else "~", evidence)


def bare(lab: Lab) -> Cell:
    """C11: without environment, HOME and locale it works, and its text stays what it was."""
    ran = lab.feeds(3).fetch(bare=True)
    missing = lab.missing(3)
    evidence = f"exit {ran.code}, {missing} items missing"
    if ran.code or missing:
        return Cell("✘", f"{evidence}; {ran.last}")
    if lab.tool.show:
        shown = Process(lab.tool.show(lab.home), lab.home, bare=True).wait()
        evidence += f"; printing: exit {shown.code}"
        if shown.code or shown.traceback:
            return Cell("~", f"{evidence}; {shown.last}")
    return Cell("✔", evidence)


def full_stdout(lab: Lab) -> Cell:
    """C08: data that could not be written is a failure with a message."""
    if lab.tool.show is None:
        return Cell("–", "prints no items")
    lab.feeds(3).fetch()
    ran = Process(lab.tool.show(lab.home), lab.home, stdout="/dev/full").wait()
    said = ran.err.decode("utf-8", "replace").strip()
    evidence = f"exit {ran.code}, {len(ran.err)} B on stderr" + ", a traceback" * ran.traceback
    clean = said and not ran.traceback and "Exception ignored" not in said
    return Cell("✘" if not ran.code else "✔" if clean else "~", evidence)


def hostile(lab: Lab) -> Cell:
    """O01: no control character of a title or guid reaches a terminal."""
    if lab.tool.show is None:
        return Cell("–", "prints no items")
    lab.feeds(0, "/hostile").fetch()
    shown = Process(lab.tool.show(lab.home), lab.home).wait()
    found = set(
        re.findall(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", shown.out.decode("utf-8", "replace"))
    )
    if not shown.out:
        return Cell("–", f"printed nothing: {shown.last}")
    seen = " ".join(f"U+{ord(each):04X}" for each in sorted(found))
    return Cell("✘" if found else "✔", f"printed {seen}" if found else "none printed")


CASES: dict[str, tuple[str, Callable[[Lab], Cell]]] = {
    "D01": ("two runs at once", two_at_once),
    "D03": ("40 × kill -9", killed),
    "D05": ("no space, then space", no_space),
    "D06": ("read-only memory", read_only),
    "D07": ("garbage; one page overwritten", damaged),
    "D08": ("truncated to 0 bytes", emptied),
    "C01": ("1 of 3 feeds fails", one_fails),
    "C02": ("all feeds fail", all_fail),
    "C03": ("nothing new", nothing_new),
    "C08": ("stdout is /dev/full", full_stdout),
    "C09": ("Ctrl-C during a slow feed", interrupted),
    "C11": ("env -i, LC_ALL=C, cwd=/", bare),
    "O01": ("control characters in titles", hostile),
}
