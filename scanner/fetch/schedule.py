"""When a feed may next be asked, and with which conditions.

In: a feed, what is remembered of it and of its host, a server's headers (lower-case names), now.
Out: a Deferred or a time. The longest wait wins: our own floor (`every`), the server's hints, the
feed's own rhythm; what that rhythm leaves out (skipHours, skipDays) comes after all of them.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from scanner.fetch.waits import clock, duration, left_out, reason
from scanner.records import Deferred, Feed, FeedState, HostState, Rhythm
from scanner.sources.pace import pace_of, pool_of

Headers = Mapping[str, str]

_AT_ONCE = timedelta(0)
_NO_RHYTHM = Rhythm()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_WAIT = timedelta(days=7)
"""Longest wait a server can ask for; a longer one in the store means that a clock jumped."""
_MAX_HINT = DAY
"""Cache-Control and Expires are about caches: obeyed, but a day is enough."""
_ABSURD = timedelta(days=366)
"""A max-age of years is how "immutable" is written for images, and copied to feeds by mistake."""
_BACKOFF_TOP = timedelta(hours=20)
"""With up to a fifth of jitter: 24 h."""
UNCONDITIONAL_AFTER = timedelta(days=8)
"""Some servers answer 304 for ever; without a full answer for so long, ask for one."""
_SECONDS = re.compile(r"\d{1,18}(?:\.\d{0,9})?", re.ASCII)
_EPOCH = 1_000_000_000
"""X-RateLimit-Reset above this is a Unix time (GitHub), below it seconds to wait (Reddit)."""
_MAX_HEADER = 4096
"""Characters of Cache-Control that are read."""
_PORTS = {"http": 80, "https": 443}


# --- before asking ----------------------------------------------------------------------------


def deferral(
    feed: Feed,
    state: FeedState,
    host: HostState | None,
    now: datetime,
    *,
    refetch: bool = False,
    retry_gone: bool = False,
) -> Deferred | None:
    """Say why the feed must not be asked now; None: it is due.

    `refetch` skips our own floor, a cache's hints and the backoff of a feed that fails. It does
    not skip what a server asked for (429, Retry-After), nor a 410: `retry_gone` does.
    """
    if state.gone and not retry_gone:
        return Deferred(feed, None, "gone (410): the server says that this feed is no more")
    noted, state = state, righted(state, now)
    kept = state if state != noted else None
    if host is not None and host.not_before > now:
        rest = righted_host(host, noted, now)
        said = host_deferral(feed, rest, now)
        return replace(said, state=kept, host=said.host or (rest if rest != host else None))
    until = state.next_check
    if until is None or until <= now:
        return None
    if until <= now + _slack(state, feed) or (refetch and not state.rests(now)):
        return None
    why = _waiting(state, until, feed.policy.every, now)
    return Deferred(feed, until, why, state=kept)


def host_deferral(
    feed: Feed, host: HostState, now: datetime, least: timedelta = _AT_ONCE
) -> Deferred:
    """Say that the feed waits, for `least` at least, because a host asked to be left alone."""
    rest = min(host.not_before, now + MAX_WAIT)
    until = max(rest, now + least)
    name = host.host.rpartition(":")[0]
    why = f"{name} asked to be left alone ({host.why}); next at {clock(until, now)}"
    kept = None if rest == host.not_before else replace(host, not_before=rest)
    return Deferred(feed, until, why[:200], host=kept, host_rests=True)


def righted(state: FeedState, now: datetime) -> FeedState:
    """Put right what a wrong clock noted, or the feed would starve; to be remembered.

    A check that lies in the future: its waits are counted from now. None is longer than 7 days.
    """
    until, noted, rest = state.next_check, state.checked_at, state.rest_until
    if until is None or until <= now:
        return state
    if noted is not None and noted > now:
        return replace(
            state,
            checked_at=now,
            ok_at=None if state.ok_at is None else min(state.ok_at, now),
            next_check=_since(now, until - noted),
            rest_until=None if rest is None else _since(now, rest - noted),
        )
    return replace(state, next_check=now + MAX_WAIT) if until > now + MAX_WAIT else state


def righted_host(host: HostState, state: FeedState, now: datetime) -> HostState:
    """The same for a host's rest, as far as one of its feeds tells when that was noted."""
    noted = state.checked_at
    if noted is None or not now < noted <= host.not_before:
        return host
    return replace(host, not_before=_since(now, host.not_before - noted))


def _since(now: datetime, wait: timedelta) -> datetime:
    return now + min(max(wait, _AT_ONCE), MAX_WAIT)


def host_key(url: str) -> str:
    """Name the host a feed is queued, paced and deferred under: lower-case "host:port".

    Names that share one limit (all of Reddit's) are one host.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return f"{pool_of(parts.hostname or '')}:{port}"


def pace(key: str, host_delay: timedelta) -> timedelta:
    """Give the least time between two requests to a host: more where it is known to be strict."""
    strict = pace_of(key.rpartition(":")[0])
    return max(host_delay, strict.apart) if strict is not None else host_delay


def conditions(state: FeedState, now: datetime) -> dict[str, str]:
    """Give the request headers that make the request conditional (RFC 9110, 13.1), if any."""
    complete = state.complete_at
    if complete is not None and not now - UNCONDITIONAL_AFTER < complete:
        return {}
    pairs = (("If-None-Match", state.etag), ("If-Modified-Since", state.last_modified))
    return {name: value for name, value in pairs if value is not None}


# --- after asking -----------------------------------------------------------------------------


def next_check(every: timedelta, headers: Headers, now: datetime) -> datetime:
    """Say when a feed that answered is due: after `every`, or later where the server hints so.

    A valid max-age counts instead of Expires (RFC 9111, 5.3); no-cache and no-store cancel both.
    """
    directives = _directives(headers.get("cache-control", ""))
    hint: timedelta | None = None
    if not directives.keys() & {"no-cache", "no-store"}:
        age = _seconds(directives.get("max-age"))
        hint = age if age is not None else _expires(headers, now)
    if hint is None or hint > _ABSURD:
        hint = timedelta(0)
    return now + max(every, min(hint, _MAX_HINT))


def paced(state: FeedState, rhythm: Rhythm) -> FeedState:
    """Let a feed that just answered wait as its document asks, and remember its rhythm.

    `next_check` has our floor and the server's hint already; a <ttl> lengthens it, up to a day,
    and then it is moved out of skipHours and skipDays (RSS 2.0; UTC), but not beyond a week.
    A file, which never waits, keeps not waiting.
    """
    if rhythm == _NO_RHYTHM:
        return state if state.rhythm == rhythm else replace(state, rhythm=rhythm)
    if state.checked_at is None or state.next_check is None:
        return replace(state, rhythm=rhythm)
    wanted = state.checked_at + min(rhythm.ttl or _AT_ONCE, _MAX_HINT)
    due = _awake(max(state.next_check, wanted), rhythm)
    return replace(state, rhythm=rhythm, next_check=min(due, state.checked_at + MAX_WAIT))


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3), 7 days at most; None: absent, unreadable or past."""
    value = headers.get("retry-after")
    wait = _seconds(value)
    if wait is None and (when := _date(value)) is not None:
        wait = when - now
    return None if wait is None or wait <= timedelta(0) else min(wait, MAX_WAIT)


def rate_limit(headers: Headers, key: str, now: datetime) -> timedelta:
    """Say how long a host that answered 429 is left alone: what it says, else our own guess."""
    wait = retry_after(headers, now) or _reset(headers, now)
    strict = pace_of(key.rpartition(":")[0])
    return wait or (strict.apart if strict is not None else HOUR)


def backoff(url: str, failures: int) -> timedelta:
    """Say how long a feed rests after its n-th failure in a row: 1, 2, 4 … 24 hours.

    Up to a fifth is added, by a hash of address and count, so that feeds which failed together
    are not asked together again; the same input gives the same wait.
    """
    base = min(HOUR * (1 << min(failures - 1, 10)), _BACKOFF_TOP)
    digest = hashlib.sha256(f"{url}\x1f{failures}".encode("utf-8", "surrogatepass")).digest()
    share: float = int.from_bytes(digest[:2], "big") / 0xFFFF
    return base * (1 + 0.2 * share)


# --- helpers ----------------------------------------------------------------------------------


def _slack(state: FeedState, feed: Feed) -> timedelta:
    """How much earlier our own floor lets a feed be asked: a hundredth of it, 36 s of an hour.

    cron is not on the second: without it an hourly job met every other feed a second too early,
    and asked only every two hours (5 of 8 runs). What a server asked for holds to the second.
    """
    ours = state.checked_at is not None and state.next_check == state.checked_at + feed.policy.every
    return feed.policy.every / 100 if ours and not state.failures else _AT_ONCE


def _waiting(state: FeedState, until: datetime, every: timedelta, now: datetime) -> str:
    due = f"next at {clock(until, now)}"
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        return f"failed {times} ({state.error or 'no answer'}"[: 197 - len(due)] + f"); {due}"
    if state.checked_at is None:
        return due
    word = reason(state, None, every, now)
    return f"asked {duration(now - state.checked_at)} ago; {due}" + (f" ({word})" if word else "")


def _awake(when: datetime, rhythm: Rhythm) -> datetime:
    """Move a time to the start of the first hour in which the feed may be asked."""
    when = when.astimezone(UTC)
    while (list_ := left_out(when, rhythm)) is not None:
        hour, step = (0, DAY) if list_ == "skipDays" else (when.hour, HOUR)
        when = when.replace(hour=hour, minute=0, second=0, microsecond=0) + step
    return when


def _directives(value: str) -> dict[str, str]:
    """Split Cache-Control; where a directive stands twice, the first counts (RFC 9111, 4.2.1)."""
    found: dict[str, str] = {}
    for part in value[:_MAX_HEADER].split(","):
        name, _, argument = part.partition("=")
        found.setdefault(name.strip().lower(), argument.strip().strip('"'))
    return found


def _expires(headers: Headers, now: datetime) -> timedelta | None:
    """Give the length until Expires, by the server's own clock where it tells it."""
    expires = _date(headers.get("expires"))
    return None if expires is None else expires - (_date(headers.get("date")) or now)


def _reset(headers: Headers, now: datetime) -> timedelta | None:
    wait = _seconds(headers.get("x-ratelimit-reset"))
    if wait is None:
        return None
    if wait.total_seconds() > _EPOCH:
        wait = timedelta(seconds=wait.total_seconds() - now.timestamp())
    return min(wait, MAX_WAIT) if wait > timedelta(0) else None


def _seconds(value: str | None) -> timedelta | None:
    text = (value or "").strip()
    # A number too long to read is longer than any wait we allow.
    return timedelta(seconds=min(float(text), 1e11)) if _SECONDS.fullmatch(text) else None


def _date(value: str | None) -> datetime | None:
    """Read an HTTP date in any of its shapes; without a zone it is UTC. None: not a date."""
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # 8 ms that a run without answers need not pay

    try:
        found = parsedate_to_datetime(value[:100])
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
