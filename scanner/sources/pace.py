"""Hosts that want to be asked slowly, and hosts that are one under several names.

In: a host's name. Out: the pace it asks for, or None; and the name of the pool it belongs to.
A host is listed only where its operator named a number, or readers measured one. GitHub, Medium
and YouTube also answer 429, but nobody knows from when on: what they say in the answer counts.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a host wants to be asked."""

    name: str
    """The pool, as `pool_of` names it."""
    apart: timedelta
    """Least time between the starts of two requests to it."""


_PACES = {
    pace.name: pace
    for pace in (
        # https://github.com/Ranchero-Software/NetNewsWire/issues/5328 (June 2026). A token of one's
        # own lifted it for a month: https://github.com/Ranchero-Software/NetNewsWire/pull/5355
        Pace("reddit.com", timedelta(seconds=61)),
        # "The global rate limit is 6 requests per minute", and it refuses connections after that:
        # https://github.com/hnrss/hnrss/issues/71 and /74. A second more, for clocks.
        Pace("hnrss.org", timedelta(seconds=11)),
        # Crawl-delay in https://news.ycombinator.com/robots.txt
        Pace("news.ycombinator.com", timedelta(seconds=30)),
    )
}


def pace_of(host: str) -> Pace | None:
    """Give the pace a host asks for; None: no other than everybody's."""
    return _PACES.get(pool_of(host))


def pool_of(host: str) -> str:
    """Name what a host's limit is counted for: lower case; all names of Reddit are "reddit.com"."""
    name = host.lower().rstrip(".")
    return "reddit.com" if name.endswith(".reddit.com") else name
