"""Why a feed waits, and until when, for a person.

In: what is remembered of a feed and of its host, now. Out: one of the words of REASONS; times and
lengths of time as people write them.

Touches: nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scanner.records import FeedState, HostState, Rhythm

REASONS = {
    "every": "our own floor, `every` in the config",
    "max-age": "its server's Cache-Control or Expires",
    "ttl": "the <ttl> or update period in its document",
    "skipHours": "hours that its document leaves out",
    "skipDays": "days that its document leaves out",
    "Retry-After": "its server asked for a rest",
    "host rests": "its host asked for a rest",
    "backoff": "it failed",
    "gone": "its server says that it is no more (410)",
}
_INSTANT = timedelta(microseconds=1)
_MAX_TTL = timedelta(days=1)


def reason(state: FeedState, host: HostState | None, every: timedelta, now: datetime) -> str | None:
    """Say in one of REASONS' words what a feed waits for; None: it may be asked now.

    Nothing but times is remembered, so it is told by them: of two that agree, the stronger.
    """
    if state.gone:
        return "gone"
    due = state.next_check or now
    if host is not None and host.not_before > now and host.not_before >= due:
        return "host rests"
    if due <= now or state.checked_at is None:
        return None
    if state.rest_until is not None and state.rest_until >= due:
        return "Retry-After"
    if state.failures or state.error:
        return "backoff"
    if state.checked_at != state.ok_at:  # asked, and neither an answer nor a failure
        return "host rests"
    return _between_answers(state.checked_at, due, state.rhythm, every)


def left_out(when: datetime, rhythm: Rhythm) -> str | None:
    """Say by which of its two lists a feed is not to be asked then; a list of all is nonsense."""
    when = when.astimezone(UTC)
    if when.weekday() in rhythm.skip_days and len(set(rhythm.skip_days)) < 7:
        return "skipDays"
    if when.hour in rhythm.skip_hours and len(set(rhythm.skip_hours)) < 24:
        return "skipHours"
    return None


def clock(when: datetime, now: datetime) -> str:
    """Write a time for a person: "13:05 UTC", with the date where it is another day."""
    when, now = when.astimezone(UTC), now.astimezone(UTC)
    return f"{when:%H:%M} UTC" if when.date() == now.date() else f"{when:%Y-%m-%d %H:%M} UTC"


def duration(length: timedelta) -> str:
    """Write a length of time for a person: "45 s", "12 min", "3 h", "2 d"."""
    seconds = max(0, round(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _between_answers(asked: datetime, due: datetime, rhythm: Rhythm, every: timedelta) -> str:
    if due <= asked + every:
        return "every"
    skipped = left_out(due - _INSTANT, rhythm)
    if skipped is not None:
        return skipped
    return "ttl" if due == asked + min(rhythm.ttl or every, _MAX_TTL) else "max-age"
