"""What commands cost on a large store: 100,000 posts of 1,000 feeds over three years.

usage: python tests/benchmarks/large.py [--recent 1000] [--folder KEPT] [--rounds 5] [--code OTHER]

In: nothing; the database is made on the spot, through the store's own door, and posts about the
brand are really judged. Out: for each command the seconds of a whole process, and how many more
that is than `scanner --version` takes, which does nothing but start; `schema` reads its options
besides. All commands take turns, so
that a busy minute is everybody's. With --folder the database is kept, and used again; with --code,
another copy of the program (the folder that holds its `scanner`) is timed beside this one, on a
database that it made itself.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.records import Post

HOME = Path(__file__).resolve().parents[2]
WINDOW = timedelta(days=14)
"""What `list` reaches back to, where nobody says otherwise."""

COMMON = """the a to of and in that it is was for on with as this we you have not but at from
they what when there which one out all would so up if about who get which go me can
like time no just him know take people into year your good some could them see other
than then now look only come invoice export update support account billing release
version fix server upload customer refund screen button report delivery contract
meeting quarter budget café naïve façade Größe año since “quoted” didn’t — 2026 100 %
e.g. half-hour morning project team window colour printer garden"""
SOUNDS = """ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru"""
PARTS = SOUNDS.split()
FILLER = [
    *COMMON.split(),
    *(f"{a}{b}{c}" for a in PARTS for b in PARTS[:16] for c in PARTS[::3]),
]
"""Rare words as in any language: of the short ones alone, posts would be copies by chance."""
WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(FILLER) + 1)))  # Zipf's law
WHO = ("We", "My team", "My mother", "Our office", "I", "Everybody here", "A colleague")
WHAT = ("the invoice", "the last update", "the sync", "my account", "the upload", "the new editor")
DID = (
    "{who} lost {what} because of Acme again.",
    "Acme still has not answered about {what}, and it has been {n} days.",
    "{who} paid {n} dollars to Acme and {what} never worked.",
    "Does anybody know how Acme handles {what}?",
    "{who} moved to Acme {n} weeks ago and {what} is great.",
    "Acme announced that {what} will change in {n} days.",
    "It would help if Acme let us export {what}.",
    "{who} compared Acme with two others for {what}.",
    "Cancelled Acme after {n} days: {what} broke and support was rude.",
)


def main() -> None:
    """Make what is missing, time every command, print a line for each."""
    asked = _asked()
    if asked.make:
        _make(asked.make, asked)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = (asked.folder or Path(made)).resolve()
        codes = {"": HOME} | ({"other": asked.code.resolve()} if asked.code else {})
        worlds = {name: _World(code, folder / (name or "this")) for name, code in codes.items()}
        for world in worlds.values():
            world.prepare()
        took: dict[tuple[str, str], list[Took]] = {}
        for number in range(asked.rounds + 1):  # the first one fills the file cache
            for name, world in worlds.items():
                for command, seconds in world.round(number):
                    took.setdefault((name, command), []).append(seconds)
    print(f"{'':37}wall, beyond start-up   processor, beyond start-up")
    for (name, command), rounds in sorted(took.items(), key=lambda item: item[0][0]):
        print(f"{name:6}{command:31}", *_figures(rounds[1:], took[name, "--version"][1:]))


Took = tuple[float, float]
"""Seconds of wall time, and of processor time, which says more on a busy machine."""


def _figures(rounds: Sequence[Took], start_up: Sequence[Took]) -> Iterator[str]:
    for kind in range(2):
        beyond = median(t[kind] - s[kind] for t, s in zip(rounds, start_up, strict=True))
        yield f"{median(took[kind] for took in rounds):7.3f} s {beyond:+7.3f} s    "


def _asked() -> argparse.Namespace:
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--posts", type=int, default=100_000)
    told.add_argument("--feeds", type=int, default=1000)
    told.add_argument("--years", type=float, default=3)
    told.add_argument("--share", type=float, default=0.08, help="of posts about the brand (0.08)")
    told.add_argument("--recent", type=int, default=1000, help="of those, in the last 14 days")
    told.add_argument("--rounds", type=int, default=5)
    told.add_argument("--folder", type=Path, help="where the databases are kept")
    told.add_argument("--code", type=Path, help="another copy of the program, timed beside")
    told.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    return told.parse_args()


# --- whole processes ------------------------------------------------------------------------------


class _World:
    """One program with a database that it made."""

    def __init__(self, code: Path, folder: Path) -> None:
        self.folder = folder
        self._environ = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder),
            "PYTHONPATH": str(code),
            "SCANNER_CONFIG": str(folder / "scanner.toml"),
            "SCANNER_DB": str(folder / "scanner.db"),
            "COLUMNS": "100",
        }
        self._ids: list[str] = []

    def prepare(self) -> None:
        """Make the database, unless it was kept; look up what there is to show."""
        if not (self.folder / "made").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            arguments = [a for a in sys.argv[1:] if a != "--make"]
            self._run(str(Path(__file__).resolve()), *arguments, "--make", str(self.folder))
        listed = self._run("-m", "scanner", "list", "--limit", "0", "--format", "jsonl")
        self._ids = [json.loads(line)["id"] for line in listed.splitlines()]

    def round(self, number: int) -> Iterator[tuple[str, Took]]:
        """Every command once: what it took."""
        id_ = self._ids[number * 7 % len(self._ids)]
        commands = {
            "--version": ["--version"],
            "schema": ["schema"],  # starts, reads options, and prints what is in the program
            "list": ["list"],
            "list --limit 0 --format jsonl": ["list", "--limit", "0", "--format", "jsonl"],
            "list --status all --since 3y": ["list", "--status", "all", "--since", "1100d"],
            "show ID": ["show", id_],
            "done ID": ["done", id_],
            "feeds list": ["feeds", "list"],
            "scan --no-fetch": ["scan", "--no-fetch"],
            "scan (nothing due)": ["scan"],
        }
        for name, arguments in commands.items():
            yield name, self._timed("-m", "scanner", *arguments)
        line = {"COMP_WORDS": f"scanner show {id_[:2]}", "COMP_CWORD": "2"}
        yield "show <Tab>", self._timed("-m", "scanner", _SCANNER_COMPLETE="complete_bash", **line)

    def _timed(self, *arguments: str, **environ: str) -> Took:
        begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        self._run(*arguments, **environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.perf_counter() - begin, processor

    def _run(self, *arguments: str, **environ: str) -> str:
        ran = subprocess.run(
            [sys.executable, *arguments],
            env=self._environ | environ,
            cwd=self.folder,  # `-m` looks for a package where one is, before PYTHONPATH
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if ran.returncode not in (0, 3):
            sys.exit(f"{' '.join(arguments)} ended with {ran.returncode}")
        return ran.stdout


# --- the database ---------------------------------------------------------------------------------


def _make(folder: Path, asked: argparse.Namespace) -> None:
    """A config of so many feeds, and their posts as scans of years would have left them."""
    from scanner import judgement
    from scanner.config import load
    from scanner.records import FeedState
    from scanner.store import connect

    now = datetime.now(UTC)
    config_file = folder / "scanner.toml"
    config_file.write_text(_toml(asked.feeds), "utf-8")
    config = load(config_file)
    rules, matcher = judgement.fingerprint(config), judgement.matcher_of(config)
    chance = random.Random(5)
    per_feed: list[list[Post]] = [[] for _ in config.feeds]
    stories: list[Post] = []
    about = round(asked.posts * asked.share)
    for number in range(asked.posts):
        at = number % asked.feeds
        when = _when(number, about, asked, chance, now)
        post = _about(number, chance, stories) if number < about else _other(number, chance)
        feed = config.feeds[at]
        place = f"https://site-{at}.example/{number}"
        per_feed[at].append(
            replace(post, feed_url=feed.url, feed=feed.name, published=when, url=place)
        )
    with connect(folder / "scanner.db") as store:
        for feed, posts in zip(config.feeds, per_feed, strict=True):
            state = FeedState(
                feed.url, etag='"a"', checked_at=now, ok_at=now, posts=len(posts),
                next_check=now + timedelta(days=6), body_hash="0" * 64, complete_at=now,
            )  # fmt: skip
            adopted = store.adopt(posts)
            judged = [one for post in adopted for one in judgement.judge(post, matcher)]
            store.save_feed(state, adopted, judged, rules=rules, now=now)
    (folder / "made").touch()


def _toml(feeds: int) -> str:
    rows = "".join(
        f'[[feeds]]\nurl = "https://host-{n % 97}.example/feed/{n}.xml"\nname = "Feed {n}"\n'
        for n in range(feeds)
    )
    return f'[[brands]]\nname = "Acme"\naccounts = ["@acmehq"]\nrivals = ["Globex"]\n{rows}'


def _when(
    number: int, about: int, asked: argparse.Namespace, chance: random.Random, now: datetime
) -> datetime:
    """The first posts about the brand are the recent ones; all others are spread evenly."""
    span = timedelta(days=365 * asked.years)
    if number < asked.recent:
        return now - WINDOW * chance.random()
    if number < about:
        return now - WINDOW - (span - WINDOW) * chance.random()
    return now - span * chance.random()


def _about(number: int, chance: random.Random, stories: list[Post]) -> Post:
    """A post that names the brand; one of 20 is a copy of an earlier one."""
    from scanner.records import Post, Reach

    if stories and chance.random() < 0.05:
        told = chance.choice(stories[-200:])
        return replace(told, guid=f"g{number}", author=None)
    said = [_said(chance) for _ in range(chance.choice((1, 1, 2, 4)))]
    said += [_filler(chance, 14) for _ in range(chance.choice((0, 2, 6, 12)))]
    chance.shuffle(said)
    post = Post(
        feed_url="", feed="", guid=f"g{number}", url=None, title=_filler(chance, 7),
        text=" ".join(said), author=f"Author {chance.randrange(3000)}",
        links=(f"https://site.example/{number}/more",),
        reach=Reach(comments=chance.choice((None, 0, 3, 40))),
    )  # fmt: skip
    stories.append(post)
    return post


def _other(number: int, chance: random.Random) -> Post:
    """A post about something else, unread, as most are: three thousand letters of HTML."""
    from scanner.records import Body, Post

    paragraphs = (_filler(chance, 60) for _ in range(chance.choice((1, 4, 8, 16))))
    markup = "".join(f'<p class="post">{words}</p>\n' for words in paragraphs)
    return Post(
        feed_url="", feed="", guid=f"g{number}", url=None, title=_filler(chance, 8), text="",
        body=Body(markup), author=f"Author {chance.randrange(3000)}",
    )  # fmt: skip


def _said(chance: random.Random) -> str:
    pattern = chance.choice(DID)
    said = pattern.format(
        who=chance.choice(WHO), what=chance.choice(WHAT), n=chance.randrange(2, 90)
    )
    return f"{said} {_filler(chance, chance.randrange(3, 12))}"


def _filler(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(FILLER, cum_weights=WEIGHTS, k=words)).capitalize() + "."


if __name__ == "__main__":
    main()
