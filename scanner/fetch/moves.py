"""Feeds that have moved for good: where to ask, and when a permanent redirect is believed.

In: what is remembered of a feed, an answer. Out: the address to ask, what to remember, a notice.
The TOML is never rewritten: what a server says for a week may still be a hotel's login page, or a
domain that was sold. So the move is kept beside the feed's state, and forgotten at the first fault.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scanner.records import FeedState

if TYPE_CHECKING:
    from scanner.fetch.answers import Answer

_ENOUGH = 10
_LONG = timedelta(days=7)
"""Answers in a row, and the time they span, before a move is believed (the design's P15): other
readers believe the first 301, and keep the captive portal's address for ever."""
_NOWHERE: dict[str, Any] = {"moved_to": None, "moved_since": None, "moves": 0}


def address(state: FeedState) -> str:
    """Say where the feed is asked: where it has moved to for good, else where the TOML says.

    As far as that is safe to print.
    """
    return state.moved_to if state.moved_to is not None and believed(state) else state.url


def believed(state: FeedState) -> bool:
    """Say whether enough answers over enough time came by permanent redirects to one address."""
    if state.moves < _ENOUGH or state.moved_since is None or state.ok_at is None:
        return False
    return state.moved_to is not None and state.ok_at - state.moved_since >= _LONG


def noted(state: FeedState, answer: Answer, now: datetime) -> dict[str, Any]:
    """Give what a good answer changes in the state: one more by the same way, or a new count.

    An address with a query is remembered without it, and never believed: the query may hold a
    secret, or last for one request. Nor is one that gives up TLS, or has a secret in its path.
    """
    if believed(state) and answer.url == state.moved_to:
        return {}
    where = answer.url.partition("?")[0]
    asked = answer.asked or state.url
    if not answer.moved or believed(state) or where == asked:
        return _NOWHERE
    counts = where == answer.url and "***" not in where and not _gives_up_tls(asked, where)
    since = state.moved_since
    if counts and state.moves and where == state.moved_to and since is not None and since <= now:
        return {"moves": state.moves + 1}
    return {"moved_to": where, "moved_since": now, "moves": int(counts)}


def forgotten(state: FeedState) -> FeedState:
    """Ask the TOML's address again. What came from the other one makes no condition for it."""
    if state.moved_to is None:
        return state
    return replace(state, **_NOWHERE, etag=None, last_modified=None)


def notice(before: FeedState | None, after: FeedState) -> str | None:
    """Say once, when it is believed, that a feed has moved."""
    if not believed(after) or (before is not None and believed(before)):
        return None
    return f"has moved to {after.moved_to} and is asked there now; put that into the config"


def _gives_up_tls(old: str, new: str) -> bool:
    return old[:6].lower() == "https:" and new[:6].lower() != "https:"
