"""What is told of feeds that do not work, and when: without a network, a clock or a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.notices import GOOD, is_ill, notices, told_lately, why_waits
from scanner.records import Deferred, Failed, Feed, FeedState, HostState, Report

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
A, B = Feed("https://a.example/feed", "A"), Feed("https://b.example/feed", "B")
WELL = FeedState(A.url, checked_at=NOON - HOUR, ok_at=NOON - HOUR)
ILL = replace(WELL, failures=1, failing_since=NOON, error="HTTP 500", checked_at=NOON)
"""Since noon."""


def failed(feed=A, why="HTTP 500", **more):
    """A feed that was asked in vain."""
    return Failed(feed, "fetch", why, "wait", **more)


def told(before, after, now=NOON, feeds=(A,), hosts=None, **report):
    """The notices that are due, and everything that is to be saved."""
    made, settled = notices(
        feeds, by_url(before), by_url(after), Report(**report), hosts or {}, now
    )
    due = [one for one in made if one.due]
    return [one.message for one in due], [s for one in due for s in one.states] + settled


def by_url(states):
    """States as the store gives them."""
    return {state.url: state for state in states}


def test_a_failure_is_told_once_with_what_to_do():
    """The first time with its hint; what is saved says when it was told."""
    said, saved = told([WELL], [ILL], failed=(failed(),))

    assert said == ["A: HTTP 500 (wait)"]
    assert saved == [replace(ILL, told_at=NOON)]


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(
    ("later", "said"),
    [
        (HOUR, []),
        (DAY - 10 * MINUTE, []),
        (DAY - MINUTE, ["A: still failing since 2026-11-20 12:00 UTC (23 h): HTTP 500"]),
        (26 * HOUR, ["A: still failing since 2026-11-20 12:00 UTC (26 h): HTTP 500"]),
        (50 * HOUR, ["A: still failing since 2026-11-20 12:00 UTC (2 d): HTTP 500"]),
    ],
    ids=str,
)
def test_a_day_later_it_is_told_again(later, said, asked):
    """Whether it was asked again or rests; cron may be a little early."""
    known = replace(ILL, told_at=NOON)
    outcome = (
        {"failed": (failed(),)}
        if asked
        else {"deferred": (Deferred(A, NOON + 9 * DAY, "failed once"),)}
    )

    found, saved = told([known], [known], NOON + later, **outcome)

    assert [one.removesuffix(" (wait)") for one in found] == said
    assert saved == [replace(known, told_at=NOON + later)] * len(said)


def test_who_looks_on_is_told_always():
    """What is not due stands there all the same, and saves nothing."""
    known = replace(ILL, told_at=NOON)
    now = NOON + HOUR
    rests = Report(deferred=(Deferred(A, now + HOUR, "failed once"),))

    ((asked,), _) = notices(
        [A], by_url([known]), by_url([known]), Report(failed=(failed(),)), {}, now
    )
    ((resting,), _) = notices([A], by_url([known]), by_url([known]), rests, {}, now)

    assert (asked.due, asked.states) == (False, ())
    assert asked.message == "A: still failing since 2026-11-20 12:00 UTC (1 h): HTTP 500 (wait)"
    assert (resting.due, resting.states) == (False, ())
    assert resting.message == "not working: A, next at 14:00 UTC (scanner feeds list says why)"


def test_it_works_again():
    """Told with the time it took if its failing was told, and then it is forgotten."""
    now = NOON + 26 * HOUR
    known, better = replace(ILL, told_at=NOON), replace(WELL, ok_at=now, checked_at=now)

    assert told([known], [replace(better, told_at=NOON)], now) == (
        ["A: works again after 26 h"],
        [better],
    )
    assert told([ILL], [better], now) == ([], [])  # nobody had heard of it
    assert told([WELL], [better], now) == ([], [])
    assert told([], [better], now) == ([], [])


def test_what_a_crash_left_untold_is_told_the_next_time():
    """Saved as ill or well, and then killed before it was printed: the next run says it."""
    now = NOON + HOUR
    rests = Deferred(A, now + HOUR, "failed once")
    assert told([ILL], [ILL], now, deferred=(rests,))[0] == [
        "A: still failing since 2026-11-20 12:00 UTC (1 h): HTTP 500"
    ]
    due = replace(ILL, next_check=now + HOUR)
    assert told([due], [due], now, deferred=(rests,))[0] == [
        "A: still failing since 2026-11-20 12:00 UTC (1 h): HTTP 500; next at 14:00 UTC"
    ]
    untold = replace(WELL, told_at=NOON)
    over = replace(WELL, told_before=NOON)
    assert told([untold], [untold], now) == (["A: works again"], [over])
    assert told([over], [over], now) == ([], [])


def flapping(down, hours, spoil):
    """Run every hour from noon on; give the hours at which something is told."""
    state, heard = {A.url: WELL, B.url: replace(WELL, url=B.url)}, []
    for hour in range(hours):
        now = NOON + hour * HOUR
        before, after, report = dict(state), {}, {}
        for url, was in before.items():
            since = was.failing_since or now
            good = replace(was, ok_at=now, failures=0, failing_since=None, error=None)
            after[url] = spoil(was, since) if down(hour) else good
        if down(hour):
            offline = after[A.url].failing_since is None
            lost = tuple(failed(f, "down", offline=offline) for f in (A, B))
            report = {"failed": lost, "offline": offline}
        said, saved = told(before.values(), after.values(), now, (A, B), **report)
        state = after | by_url(saved)
        heard += [hour] * len(said)
    return heard


def own_fault(was, since):
    """As the spine notes a failure of the feed's own."""
    return replace(was, failures=1, failing_since=since, error="HTTP 500")


def no_network(was, since):
    """As the spine notes an outage of ours."""
    return replace(was, error="no route", failing_since=None)


@pytest.mark.parametrize(
    ("down", "spoil", "heard"),
    [
        (lambda hour: hour % 2 == 0, own_fault, [0, 0, 1, 1, 24, 24, 25, 25]),
        (lambda hour: hour % 2 == 0, no_network, [0, 1, 24, 25]),
        (lambda hour: hour != 1, own_fault, [0, 0, 1, 1, 8, 8, 32, 32]),
        (lambda hour: hour in (0, 30), own_fault, [0, 0, 1, 1, 30, 30, 31, 31]),
    ],
    ids=["every other hour", "network", "then for good", "once more, a day later"],
)
def test_a_feed_that_comes_and_goes_is_told_once_a_day(down, spoil, heard):
    """Its failing and its recovery once; again within a day only where it lasts (C04)."""
    assert flapping(down, 40, spoil) == heard


def test_since_a_time_that_lies_ahead_is_not_said():
    """The clock has been put back: how long it fails is not known."""
    ahead = replace(ILL, failing_since=NOON + 400 * DAY)
    assert told([ahead], [ahead], failed=(failed(),))[0] == ["A: HTTP 500 (wait)"]
    known = replace(ahead, told_at=NOON - 2 * DAY)
    assert told([known], [known], failed=(failed(),))[0] == ["A: not working: HTTP 500 (wait)"]


def test_a_server_that_refuses_is_told_like_any_failure():
    """429 leaves no error; the rest it asked for is what is told."""
    refused = replace(WELL, checked_at=NOON, rest_until=NOON + HOUR, failing_since=NOON)
    why = "a.example asked to be left alone (HTTP 429); next at 13:00 UTC"
    outcome = Deferred(A, NOON + HOUR, why, state=refused)

    said, saved = told([WELL], [refused], deferred=(outcome,))

    assert (said, saved) == ([f"A: {why}"], [replace(refused, told_at=NOON)])
    later = NOON + 25 * HOUR
    rests = Deferred(A, later + HOUR, "asked 25 h ago")
    known = replace(refused, told_at=NOON)
    assert told([known], [known], later, deferred=(rests,))[0] == [
        "A: still failing since 2026-11-20 12:00 UTC (25 h): asked 25 h ago"
    ]


def test_what_is_gone_is_told_once():
    """A 410 does not change by itself: no reminder; and when it is back that is told."""
    gone = replace(ILL, gone=True, told_at=NOON, error="gone (HTTP 410)")
    now = NOON + 9 * DAY
    rests = Deferred(A, None, "gone (410)")

    assert told([WELL], [replace(gone, told_at=None)], failed=(failed(why="gone"),))[0]
    assert told([gone], [gone], now, deferred=(rests,)) == ([], [])
    assert told([gone], [replace(WELL, told_at=NOON)], now)[0] == ["A: works again after 9 d"]


def test_an_old_database_that_knows_nothing_of_telling():
    """Since when it fails may be unknown: told once all the same."""
    old = replace(WELL, rest_until=NOON + HOUR)
    rests = Deferred(A, NOON + HOUR, "asked 1 h ago")

    assert told([old], [old], deferred=(rests,)) == (
        ["A: not working: asked 1 h ago"],
        [replace(old, told_at=NOON)],
    )


@given(
    st.integers(0, 400).map(lambda n: NOON - 20 * DAY + n * HOUR),
    st.lists(st.integers(1, 900), max_size=60),
)
def test_reminders_are_a_day_apart_and_never_cease(start, steps):
    """However runs are spread, at most one in a day is told, and none waits for longer."""
    state, now, last = replace(ILL, failing_since=start), start, None
    for step in steps:
        now += step * MINUTE
        said, saved = told([state], [state], now, failed=(failed(),))
        if last is not None:
            assert bool(said) == (now - last >= DAY - 5 * MINUTE)
        last = now if said else last
        state = saved[0] if saved else state
    assert last is not None or not steps


@given(st.integers(-(10**6), 10**6).map(lambda n: n * MINUTE), st.integers(0, 40))
def test_a_clock_that_jumped_silences_nothing(jump, days):
    """Set back or on, by minutes or years: within 26 hours of the new clock it is told again."""
    state, now = replace(ILL, told_at=NOON + jump), NOON + days * DAY

    heard = [told([state], [state], now + n * HOUR, failed=(failed(),))[0] for n in range(27)]

    assert any(heard)


# --- our own outage -------------------------------------------------------------------------------

OFFLINE = {
    "offline": True,
    "failed": (failed(A, "no route", offline=True), failed(B, "no route", offline=True)),
}
AWAY = replace(WELL, error="no route", checked_at=NOON, next_check=NOON + 5 * MINUTE)


def both(state, **changes):
    """The same for A and B."""
    return [replace(state, **changes), replace(state, url=B.url, **changes)]


def outage(before, after, now=NOON, **report):
    """Two feeds."""
    return told(before, after, now, (A, B), **report or OFFLINE)


def test_an_outage_is_one_line_a_day():
    """One for all feeds when it begins, one a day while it lasts, one when it is over."""
    line = "no host could be reached: is the network down? (A: no route, and 1 more)"
    begins, saved = outage(both(WELL), both(AWAY))
    assert (begins, saved) == ([line], both(AWAY, told_at=NOON))

    assert outage(saved, saved, NOON + 6 * HOUR) == ([], [])
    rests = {"deferred": tuple(Deferred(f, NOON + DAY, "asked 5 min ago") for f in (A, B))}
    assert outage(saved, saved, NOON + 3 * DAY, **rests) == ([], [])
    assert outage(saved, saved, NOON + DAY)[0] == [line]

    now = NOON + 30 * HOUR
    one = {"deferred": rests["deferred"][1:]}
    back = [replace(WELL, ok_at=now, checked_at=now, told_at=NOON), saved[1]]
    said, kept = outage(saved, back, now, **one)
    assert said == ["hosts can be reached again"]
    assert [state.told_at for state in kept] == [None, None]
    assert outage(kept, kept, now + HOUR, **one) == ([], [])


def test_a_feed_that_joins_an_outage_is_not_told():
    """Asked an hour later, in the same outage: it is no news, and its end will be none."""
    first = [replace(AWAY, told_at=NOON), replace(WELL, url=B.url)]

    said, saved = outage(first, [first[0], replace(AWAY, url=B.url)], NOON + HOUR)

    assert (said, saved) == ([], [replace(AWAY, url=B.url, told_at=NOON)])


def test_what_failed_before_an_outage_hides_nothing():
    """A feed told an hour ago for its own fault: the outage is told all the same."""
    own = replace(ILL, told_at=NOON - HOUR)

    said, _ = outage([own, replace(WELL, url=B.url)], [own, replace(AWAY, url=B.url)])

    assert len(said) == 1
    assert said[0].startswith("no host could be reached")


def test_after_an_outage_a_feeds_own_fault_is_told_by_name():
    """One of two is still not there: that is about the feed, now."""
    before = both(AWAY, told_at=NOON)
    now = NOON + HOUR
    own = replace(ILL, url=B.url, failing_since=now, told_at=NOON)
    back = replace(WELL, told_at=NOON, ok_at=now)

    said, _ = outage(before, [back, own], now, failed=(failed(B),))

    assert said == ["B: HTTP 500 (wait)", "hosts can be reached again"]


# --- hosts that rest ------------------------------------------------------------------------------


def test_feeds_never_asked_because_their_host_rests_are_one_line():
    """They have no state yet: told once, remembered, and no news when they are read."""
    feeds = [Feed(f"https://h.example/{n}", f"F{n}") for n in range(5)]
    hosts = {"h.example:443": HostState("h.example:443", NOON + HOUR, "HTTP 429")}
    rest = tuple(Deferred(feed, NOON + HOUR, "h.example asked to be left alone") for feed in feeds)

    said, saved = told([], [], feeds=feeds, hosts=hosts, deferred=rest)

    assert said == ["not asked yet: F0, F1, F2 and 2 more: h.example asked to be left alone"]
    assert saved == [FeedState(feed.url, told_at=NOON) for feed in feeds]
    assert told(saved, saved, NOON + MINUTE, feeds, hosts, deferred=rest) == ([], [])
    read = [replace(state, checked_at=NOON, ok_at=NOON) for state in saved]
    assert told(saved, read, NOON + HOUR, feeds) == (
        [],
        [replace(state, told_at=None) for state in read],
    )
    assert told([], [], feeds=feeds, deferred=rest) == ([], [])  # it is only their turn later


@pytest.mark.parametrize(
    ("deferred", "state", "resting", "expected"),
    [
        (Deferred(A, None, ""), WELL, False, "gone"),
        (Deferred(A, NOON, "", state=ILL), WELL, True, "refused"),
        (Deferred(A, NOON, "", state=replace(WELL, checked_at=NOON)), WELL, True, "resting"),
        (Deferred(A, NOON, ""), WELL, True, "resting"),
        (Deferred(A, NOON, ""), None, True, "resting"),
        (Deferred(A, NOON, ""), ILL, False, "resting"),
        (Deferred(A, NOON, ""), None, False, "its turn"),
        (Deferred(A, NOON, "", host_rests=True), None, False, "resting"),
        (Deferred(A, NOON, ""), WELL, False, "its turn"),
        (Deferred(A, NOON, ""), replace(WELL, next_check=NOON + HOUR), False, "not due"),
    ],
)
def test_why_a_feed_waits(deferred, state, resting, expected):
    """A feed that a host's pace leaves for later is due; only what has time is not."""
    until = NOON + HOUR if resting else NOON - HOUR
    hosts = {"a.example:443": HostState("a.example:443", until, "HTTP 429")}

    assert why_waits(deferred, state, hosts, NOON) == expected


def test_words():
    """What is ill, what was told, what is good news."""
    assert not is_ill(None, NOON)
    assert not is_ill(WELL, NOON)
    assert is_ill(replace(WELL, failing_since=NOON), NOON)
    assert not told_lately(None, NOON)
    assert set(GOOD) == {"works-again", "outage-over"}
