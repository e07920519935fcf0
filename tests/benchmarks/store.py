"""What the store costs: processor time for each new post, each known post, each unchanged feed.

usage: python tests/benchmarks/store.py [--feeds 1000] [--posts 35] [--rounds 3] [--unread]

In: nothing; posts are made on the spot, with bodies of a feed's usual size. Out: microseconds a
post for `adopt`, `unjudged` and `save_feed` of a first scan (one transaction for each feed), the
same for a second scan that brings nothing new, and milliseconds a feed for one that answered 304.
The best of the rounds, each in a file of its own.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scanner.records import FeedState, Judged, Matched, Post, Scored
from scanner.store import Store, connect

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAID = """the invoice export broke again after the update and support says nothing about when it
will be fixed so we look for another tool — naïve, “quoted”, 100 % of it"""
ABOUT = 50
"""One post of so many is about the brand, and so has a judgement to be saved."""


def main() -> None:
    """Run the rounds and print the best of each figure."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--feeds", type=int, default=1000)
    told.add_argument("--posts", type=int, default=35, help="posts of a feed (35)")
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--unread", action="store_true", help="posts with an unread body of HTML")
    told.add_argument("--folder", type=Path, help="where the files are made (the usual place)")
    asked = told.parse_args()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            for name, took in _round(Path(folder) / "scanner.db", asked).items():
                best[name] = min(best.get(name, took), took)
    posts = asked.feeds * asked.posts
    for name, (processor, wall) in best.items():
        per, unit, factor = (
            (posts, "µs a post", 1e6) if "scan" in name else (asked.feeds, "ms", 1e3)
        )
        print(
            f"{name:28} {factor * processor / per:8.2f} {unit} of processor time,"
            f" {factor * wall / per:8.2f} of wall time, {wall:6.2f} s in all"
        )


def _posts(url: str, count: int, *, unread: bool) -> list[Post]:
    chance = random.Random(url)
    return [_post(url, number, chance, unread) for number in range(count)]


def _post(url: str, number: int, chance: random.Random, unread: bool) -> Post:
    said = " ".join(chance.choices(SAID.split(), k=chance.choice((12, 60, 150, 400))))
    body: dict[str, Any] = {"text": said, "links": (f"{url}/{number}/more", "https://a.example/b")}
    if unread:
        from scanner.records import Body

        body = {"text": "", "body": Body(f'<p>{said}</p>\n<a href="{url}/{number}/more">more</a>')}
    return Post(
        feed_url=url,
        feed="A feed",
        guid=f"tag:{url},2026:{number}",
        url=f"{url}/{number}",
        title=" ".join(chance.choices(SAID.split(), k=8)),
        author=f"Author {chance.randrange(500)}",
        published=NOW - timedelta(minutes=chance.randrange(20_000)),
        **body,
    )


def _round(path: Path, asked: argparse.Namespace) -> dict[str, tuple[float, float]]:
    clock, scans = _Clock(), ("first scan", "second scan")
    urls = [f"https://host-{n % 97}.example/feed/{n}.xml" for n in range(asked.feeds)]
    with connect(path) as store:
        for scan in scans:
            for url in urls:
                # made anew, so that no more of them are alive at a time than in a scan
                _save(store, clock, scan, url, _posts(url, asked.posts, unread=asked.unread))
        _unchanged(store, clock, urls)
    totals = clock.totals
    for scan in scans:
        parts = [took for name, took in totals.items() if name.startswith(f"{scan}: ")]
        totals[scan] = (sum(p for p, _ in parts), sum(w for _, w in parts))
    return dict(sorted(totals.items()))


def _save(store: Store, clock: _Clock, scan: str, url: str, posts: list[Post]) -> None:
    """What the spine does with a feed that has answered."""
    state = FeedState(url, etag=f'"{scan}"', checked_at=NOW, posts=len(posts))
    adopted = clock.time(f"{scan}: adopt", store.adopt, posts)
    unjudged = clock.time(f"{scan}: unjudged", store.unjudged, adopted)
    judged = [_judged(post) for post in unjudged[::ABOUT]]
    given = {"rules": "r", "now": NOW}
    clock.time(f"{scan}: save_feed", store.save_feed, state, adopted, judged, **given)


def _unchanged(store: Store, clock: _Clock, urls: list[str]) -> None:
    states = [FeedState(url, etag='"304"', checked_at=NOW, ok_at=NOW, posts=35) for url in urls]
    for state in states:
        clock.time("304, one by one", store.save_feed, state, (), (), rules="r", now=NOW)
    together: Any = getattr(store, "save_unchanged", None)
    if together:
        clock.time("304, all together", together, states)


def _judged(post: Post) -> Judged:
    return Judged(Scored(Matched(post, "Acme", ()), (), 0.5), "other", ())


class _Clock:
    """Adds up processor and wall seconds by name."""

    def __init__(self) -> None:
        self.totals: dict[str, tuple[float, float]] = {}

    def time(self, name: str, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        processor, wall = time.process_time(), time.perf_counter()
        made = call(*given, **named)
        done = self.totals.get(name, (0.0, 0.0))
        self.totals[name] = (
            done[0] + time.process_time() - processor,
            done[1] + time.perf_counter() - wall,
        )
        return made


if __name__ == "__main__":
    main()
