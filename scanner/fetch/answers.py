"""What a server's answer means for a feed: an outcome, and the state to store with it.

In: a feed, its state, an Answer or a Trouble, now. Out: Fetched, NotModified, Deferred or Failed.
Nothing a server says is printed as it came: messages are our own words, a status and a host name,
so that no secret of an address can get into them.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scanner.fetch import moves, schedule, waits
from scanner.records import (
    Deferred,
    Failed,
    Feed,
    FeedState,
    Fetched,
    HostState,
    NotModified,
    Outcome,
)
from scanner.text import redact

_MAX_WHY = 200
_MAX_VALIDATOR = 4096
"""Characters. Longer is no entity tag that was meant to be sent back."""
_UNSENDABLE = re.compile("[\x00-\x1f\x7f]")
_HINTS = {
    401: "the feed wants a login: check its user and password, or its token",
    403: "the server does not want us: set `contact` under [fetch], or ask its owner",
    404: "check the address: the feed may have moved",
}
_SERVER_TROUBLE = "nothing to do: it is asked again, less and less often"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, redirects followed. The body is decoded, and read only for 200 and 203."""

    status: int
    headers: schedule.Headers
    """Names in lower case; values as sent (ISO 8859-1)."""
    body: bytes
    url: str
    """The address that answered, without user and password and what else is secret."""
    moved: bool = False
    """Redirects led there, and all of them were permanent (301, 308)."""
    asked: str = ""
    """The address that was asked first, as `url`."""


class Trouble(Exception):
    """No answer that can be used: what happened, and what a person can do about it."""

    def __init__(self, why: str, hint: str | None = None, *, offline: bool = False) -> None:
        """Take words; `offline` where no host was reached at all."""
        super().__init__(why)
        self.why, self.hint, self.offline = why, hint, offline


class Refused(Trouble):
    """We would not ask: the address is private, or none that can be asked."""


class HostRests(Exception):
    """A redirect led to a host that asked to be left alone."""

    def __init__(self, host: HostState) -> None:
        """Take the host."""
        super().__init__(host.host)
        self.host = host


def judge(feed: Feed, state: FeedState, answer: Answer, now: datetime) -> Outcome:
    """Turn an answer into an outcome with the state to store."""
    status, headers = answer.status, answer.headers
    if status == 304:
        return _unchanged(feed, state, answer, now)
    if status in (200, 203):
        return _complete(feed, state, answer, now)
    if headers.get("cf-mitigated", "").strip().lower() == "challenge":
        hint = "open it in a browser once, or ask the site's owner to let feed readers in"
        why = "blocked by Cloudflare's challenge"
        return failed(feed, state, Trouble(why, hint), now, least=schedule.DAY)
    if status == 429:
        return _rate_limited(feed, state, answer, now)
    wait = schedule.retry_after(headers, now)
    if status == 503 and wait is not None:
        return _unavailable(feed, state, wait, now)
    if status == 204:
        return failed(feed, state, Trouble("empty answer (HTTP 204)", _SERVER_TROUBLE), now)
    if status == 410 and not moves.believed(state):
        hint = "remove it from the config, or `scanner scan --retry-gone` asks once more"
        failure = failed(feed, state, Trouble("gone (HTTP 410)", hint), now)
        kept = failure.state or state
        return replace(failure, state=replace(kept, gone=True, next_check=None))
    hint = _HINTS.get(status, _SERVER_TROUBLE if status >= 500 else "check the address")
    return failed(feed, state, Trouble(f"HTTP {status}", hint), now)


def failed(
    feed: Feed, state: FeedState, trouble: Trouble, now: datetime, least: timedelta | None = None
) -> Failed:
    """Note one more failure; the feed rests for its backoff, and for `least` at least.

    Validators stay: they still belong to the last complete body. What we refused to ask is no
    attempt: the run after the config was mended asks at once. A feed that was asked where it has
    moved to is asked at its own address the next time.
    """
    why = plain(redact(trouble.why, feed.url))
    if moves.believed(state):
        state = moves.forgotten(state)
        why = plain(f"{redact(trouble.why, feed.url)} (where it has moved to)")
    if isinstance(trouble, Refused):
        kept = replace(state, next_check=None, error=why)
        return Failed(feed, "fetch", why, trouble.hint, state=kept)
    failures = state.failures + 1
    rest = max(schedule.backoff(feed.url, failures), feed.policy.every, least or timedelta(0))
    kept = replace(
        state,
        checked_at=now,
        next_check=now + rest,
        failures=failures,
        failing_since=state.failing_since or now,
        error=why,
    )
    return Failed(feed, "fetch", why, trouble.hint, state=kept, offline=trouble.offline)


def led_to_rest(feed: Feed, state: FeedState, host: HostState, now: datetime) -> Deferred:
    """Note that a feed's own host was asked, and sent us to one that wants to be left alone."""
    said = schedule.host_deferral(feed, host, now, feed.policy.every)
    return replace(said, state=replace(state, checked_at=now, next_check=said.until))


def plain(text: str) -> str:
    """Make words safe to print: no control or direction characters, at most 200 long."""
    return "".join(c for c in text[:1000] if unicodedata.category(c)[0] != "C")[:_MAX_WHY]


# --- what each kind of answer means -----------------------------------------------------------


def _complete(feed: Feed, state: FeedState, answer: Answer, now: datetime) -> Outcome:
    """Both validators are replaced together, by what came with this body, also by nothing."""
    if not answer.body.strip():
        return failed(feed, state, Trouble("empty answer", _SERVER_TROUBLE), now)
    digest = hashlib.sha256(answer.body).hexdigest()
    kept = _working(
        feed,
        state,
        answer,
        now,
        etag=_validator(answer, "etag"),
        last_modified=_validator(answer, "last-modified"),
        body_hash=digest,
        complete_at=now,
    )
    if digest == state.body_hash:
        return NotModified(feed, schedule.paced(kept, state.rhythm))
    return Fetched(feed, answer.body, answer.headers.get("content-type"), answer.url, kept)


def _unchanged(feed: Feed, state: FeedState, answer: Answer, now: datetime) -> Outcome:
    """Validators in a 304 replace the stored ones, each for itself (RFC 9111, 3.2 and 4.3.4).

    They belong to the address that gave them (RFC 9110, 8.8): where another one says 304, the next
    request has no conditions.
    """
    if state.body_hash is None and state.etag is None and state.last_modified is None:
        why = "HTTP 304 to a request without conditions: the server is broken"
        return failed(feed, state, Trouble(why, _SERVER_TROUBLE), now)
    kept = _working(feed, state, answer, now)
    if kept.moved_to == state.moved_to:
        etag = _validator(answer, "etag") or state.etag
        modified = _validator(answer, "last-modified") or state.last_modified
        if (etag, modified) != (kept.etag, kept.last_modified):
            kept = replace(kept, etag=etag, last_modified=modified)
    else:
        kept = replace(kept, etag=None, last_modified=None)
    return NotModified(feed, schedule.paced(kept, state.rhythm))


def _rate_limited(feed: Feed, state: FeedState, answer: Answer, now: datetime) -> Deferred:
    """429 is about us and the host, not about the feed: no failure, but the host rests."""
    key = schedule.host_key(answer.url)
    until = now + schedule.rate_limit(answer.headers, key, now)
    host = HostState(key, until, "HTTP 429")
    said = schedule.host_deferral(feed, host, now, feed.policy.every)
    kept = replace(state, checked_at=now, next_check=said.until, rest_until=until)
    return replace(said, state=kept, host=host)


def _unavailable(feed: Feed, state: FeedState, wait: timedelta, now: datetime) -> Deferred:
    """503 with Retry-After is about one feed: hosts that serve many may have one that is ill."""
    until = now + max(wait, feed.policy.every)
    why = f"HTTP 503: the server asked for {waits.duration(wait)} of rest"
    kept = replace(
        moves.forgotten(state) if moves.believed(state) else state,
        checked_at=now,
        next_check=until,
        rest_until=now + wait,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        error=why,
    )
    return Deferred(feed, until, f"{why}; next at {waits.clock(until, now)}", state=kept)


def _working(
    feed: Feed, state: FeedState, answer: Answer, now: datetime, **brought: Any
) -> FeedState:
    """Note that the feed answered, and what else the answer `brought`."""
    return replace(
        state,
        **moves.noted(state, answer, now),
        **brought,
        checked_at=now,
        ok_at=now,
        next_check=schedule.next_check(feed.policy.every, answer.headers, now),
        failures=0,
        failing_since=None,
        error=None,
        gone=False,
        rest_until=None,
    )


def _validator(answer: Answer, name: str) -> str | None:
    """Take a validator as it is, byte for byte; one that could break a header is none."""
    value = answer.headers.get(name)
    if not value or len(value) > _MAX_VALIDATOR:
        return None
    return None if _UNSENDABLE.search(value) else value
