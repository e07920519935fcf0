"""A scenario walked from feeds to queue, and how well its labelled posts are ranked.

In: a folder with `scanner.toml`, its feeds as files, and `labels.jsonl`. Out: a `Ranking`.
The database is thrown away; nothing that a scenario says can reach the network.

Touches: the disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import ScannerError, UsageError
from scanner.evaluate import measures, sets

if TYPE_CHECKING:
    from scanner.records import Config
    from scanner.store import Store

MEASURES = {
    "ndcg10": "nDCG of the first ten",
    "ndcg20": "nDCG of the first twenty",
    "p10": "of the first ten, those worth a reply (gain 1.5 and more)",
    "r3_20": "of the pressing posts (gain 2.5 and more), those in the first twenty",
    "rank_ap": "average precision of the ranking",
}
"""Every measure of a ranking, and what it is. All go from 0 to 1."""

_LATER = timedelta(hours=2)
"""How long after the newest post the queue is looked at: a person who comes by in the morning."""
_FAR = datetime(2200, 1, 1, tzinfo=UTC)
"""The clock while feeds are read without --now. A post from beyond the clock is taken for one of
now, so it must lie behind every post; which one is the newest is known only afterwards."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What came of one scenario."""

    name: str
    now: datetime
    labelled: int
    listed: int
    """Labelled posts that the queue holds."""
    measures: Mapping[str, float | None]
    """By the names in MEASURES."""


def ranking(folder: Path, *, now: datetime | None = None) -> Ranking:
    """Rank a scenario as `scanner scan` would at `now`, else two hours after its newest post.

    Raises UsageError for a scenario that is not made of files, ScannerError for a feed that
    cannot be read, ConfigError for a wrong TOML.
    """
    from scanner import config as config_room
    from scanner import queue, store
    from scanner.render.record import is_web
    from scanner.sift import Wanted

    gains = sets.gains(folder / "labels.jsonl")
    config = config_room.load(folder / "scanner.toml")
    afar = [feed.name for feed in config.feeds if not feed.url.startswith("file:")]
    if afar:
        raise UsageError(f"{folder}: the feeds of a scenario must be files; {afar[0]} is not")
    with (
        tempfile.TemporaryDirectory(prefix="scanner-") as scratch,
        store.connect(Path(scratch, "scenario.db"), write=True) as opened,
    ):
        moment = _collect(folder, config, opened, now)
        ranked, _ = queue.pick(config, opened, Wanted(since=config.since), now=moment)
    order = [url for one in ranked if (url := one.judged.post.url) is not None and is_web(url)]
    return Ranking(
        name=folder.resolve().name,
        now=moment,
        labelled=len(gains),
        listed=len(gains.keys() & set(order)),
        measures=measures.ranking(order, gains),
    )


def _collect(folder: Path, config: Config, store: Store, now: datetime | None) -> datetime:
    """Read the feeds into the store; return the moment to rank at."""
    from scanner import scan

    report = scan.scan(config, store, clock=now or _FAR)
    for failed in report.failed:
        raise ScannerError(f"{folder}: {failed.feed.name}: {failed.why}")
    if now is not None:
        return now
    posts = store.posts(None, [feed.url for feed in config.feeds])
    dates = [post.published for post in posts if post.published is not None]
    if not dates:
        raise UsageError(f"{folder}: no post has a date; say --now")
    return max(dates) + _LATER
