"""When a feed may next be asked: floors, hints, Retry-After, backoff, clocks that jump."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.fetch import schedule, waits
from scanner.records import Feed, FeedState, HostState, Rhythm

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = Feed("https://example.org/feed", "Example")
DATE = "Sun, 22 Nov 2026 {} GMT"


def state(**known):
    return FeedState(FEED.url, **known)


def wait(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return schedule.next_check(HOUR, named, NOW) - NOW


# --- before asking ----------------------------------------------------------------------------


def test_a_new_feed_is_due():
    """A feed that was never asked is not deferred."""
    assert schedule.deferral(FEED, state(), None, NOW) is None


def test_a_feed_is_left_alone_until_its_time():
    """Before next_check a feed waits, and is told when; at next_check it is due."""
    asked = NOW - timedelta(minutes=12)
    known = state(checked_at=asked, ok_at=asked, next_check=NOW + timedelta(minutes=65))
    held = schedule.deferral(FEED, known, None, NOW)
    assert held is not None
    assert held.why == "asked 12 min ago; next at 13:05 UTC (max-age)"
    assert held.until == known.next_check
    assert held.state is None
    assert schedule.deferral(FEED, known, None, NOW + timedelta(minutes=65)) is None


@pytest.mark.case("P09")
def test_refetch_skips_what_is_ours_and_nothing_else():
    """--refetch asks again despite our floor or backoff, but not where a server wants its rest."""
    soon = NOW + HOUR
    host = HostState("example.org:443", soon, "HTTP 429")
    works, fails = state(next_check=soon), state(next_check=soon, failures=2, error="HTTP 500")
    assert schedule.deferral(FEED, works, None, NOW, refetch=True) is None
    assert schedule.deferral(FEED, fails, None, NOW, refetch=True) is None
    assert schedule.deferral(FEED, works, host, NOW, refetch=True) is not None
    assert schedule.deferral(FEED, state(gone=True), None, NOW, refetch=True) is not None
    rests = state(next_check=soon, rest_until=soon, failures=2, error="HTTP 503")
    resting = schedule.deferral(FEED, rests, None, NOW, refetch=True)
    assert resting is not None
    assert resting.why == "failed 2 times in a row (HTTP 503); next at 13:00 UTC"


def test_a_feed_that_is_gone_waits_for_a_person():
    """After a 410 there is no next time."""
    held = schedule.deferral(FEED, state(gone=True), None, NOW)
    assert held is not None
    assert held.until is None
    assert held.why.startswith("gone (410)")
    assert schedule.deferral(FEED, state(gone=True), None, NOW, retry_gone=True) is None
    host = HostState("example.org:443", NOW + HOUR, "HTTP 429")
    rests = schedule.deferral(FEED, state(gone=True), host, NOW, retry_gone=True)
    assert rests is not None
    assert rests.until == NOW + HOUR


def test_a_resting_host_defers_its_feeds():
    """A host's not_before defers every feed of it, and says why."""
    host = HostState("example.org:443", NOW + 2 * HOUR, "HTTP 429")
    held = schedule.deferral(FEED, state(), host, NOW)
    assert held is not None
    assert held.why == "example.org asked to be left alone (HTTP 429); next at 14:00 UTC"
    assert held.host is None
    assert schedule.deferral(FEED, state(), host, NOW + 2 * HOUR) is None


def test_a_clock_that_was_years_ahead_does_not_starve_a_feed():
    """A check noted in the future is rebased: its own wait counts from now, and is stored."""
    ahead = NOW + timedelta(days=3650)
    held = schedule.deferral(FEED, state(checked_at=ahead, next_check=ahead + HOUR), None, NOW)
    assert held is not None
    assert held.until == NOW + HOUR
    assert held.state is not None
    assert (held.state.checked_at, held.state.next_check) == (NOW, NOW + HOUR)


def test_a_rest_that_a_wrong_clock_noted_is_as_long_as_it_was():
    """A 429 of 30 minutes, noted two days ahead: half an hour from now, for feed and host."""
    ahead, half = NOW + 2 * DAY, HOUR / 2
    host = HostState("example.org:443", ahead + half, "HTTP 429")
    known = state(checked_at=ahead, next_check=ahead + HOUR, rest_until=ahead + half)

    held = schedule.deferral(FEED, known, host, NOW)

    assert held is not None
    assert (held.until, held.host_rests) == (NOW + half, True)
    assert held.host == HostState("example.org:443", NOW + half, "HTTP 429")
    right = state(checked_at=NOW, next_check=NOW + HOUR, rest_until=NOW + half)
    assert held.state == right
    later = schedule.deferral(FEED, right, held.host, NOW + HOUR / 4)
    assert later is not None
    assert (later.until, later.state, later.host) == (NOW + half, None, None)
    assert schedule.deferral(FEED, right, held.host, NOW + HOUR) is None


def test_a_rest_that_no_feed_dates_is_kept():
    """Asked before, or after the clock was put right: a server's wish counts."""
    host = HostState("example.org:443", NOW + 2 * DAY, "HTTP 429")
    for noted in (None, NOW - HOUR, NOW + 3 * DAY):
        held = schedule.deferral(FEED, state(checked_at=noted), host, NOW)
        assert held is not None
        assert (held.until, held.host) == (host.not_before, None)


def test_a_clock_set_back_an_hour_keeps_a_long_retry_after():
    """A week's Retry-After survives daylight saving done wrong."""
    known = state(checked_at=NOW, next_check=NOW + 7 * DAY)
    held = schedule.deferral(FEED, known, None, NOW - HOUR)
    assert held is not None
    assert held.until == NOW - HOUR + 7 * DAY


def test_no_wait_is_longer_than_a_week():
    """Stored times further ahead than 7 days are clamped, and the clamp is to be stored."""
    far = NOW + timedelta(days=400)
    held = schedule.deferral(FEED, state(checked_at=NOW, next_check=far), None, NOW)
    assert held is not None
    assert held.until == NOW + 7 * DAY
    assert held.state is not None
    assert held.state.next_check == NOW + 7 * DAY
    rests = schedule.deferral(FEED, state(), HostState("example.org:443", far, "HTTP 429"), NOW)
    assert rests is not None
    assert rests.host is not None
    assert rests.host.not_before == NOW + 7 * DAY


def test_a_long_error_does_not_hide_when_the_feed_is_next():
    """The reason is cut, the time is not; 200 characters in all."""
    known = state(next_check=NOW + HOUR, failures=1, error="x" * 200)
    held = schedule.deferral(FEED, known, None, NOW)
    assert held is not None
    assert held.why.startswith("failed once (xxx")
    assert held.why.endswith("); next at 13:00 UTC")
    assert len(held.why) == 200


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Example.ORG/feed", "example.org:443"),
        ("http://example.org./feed", "example.org:80"),
        ("http://example.org:8080/", "example.org:8080"),
        ("http://[::1]:81/", "::1:81"),
        ("https://old.reddit.com/r/x/.rss", "reddit.com:443"),
        ("https://www.reddit.com/r/x/.rss", "reddit.com:443"),
        ("https://notreddit.com/", "notreddit.com:443"),
        ("http://example.org:99999/", "example.org:0"),
    ],
)
def test_hosts_have_one_name_each(url, key):
    """Case, a final dot and Reddit's many names make no second host; a port does."""
    assert schedule.host_key(url) == key


@pytest.mark.case("P22")
def test_strict_hosts_are_paced():
    """Those of the table from the first request on; others keep their delay."""
    second = timedelta(seconds=1)
    assert schedule.pace("reddit.com:443", second) == timedelta(seconds=61)
    assert schedule.pace("hnrss.org:443", second) == timedelta(seconds=11)
    assert schedule.pace("hnrss.org:443", 60 * second) == timedelta(minutes=1)
    assert schedule.pace("example.org:443", second) == second


# --- conditions -------------------------------------------------------------------------------


@pytest.mark.case("P02")
def test_validators_go_back_as_they_came():
    """Both stored validators are sent byte for byte; what is unknown is not sent."""
    odd = state(etag='W/"ü 1"', last_modified="Tue, 3 Nov 2026 10:00:00 +0000")
    assert schedule.conditions(odd, NOW) == {
        "If-None-Match": 'W/"ü 1"',
        "If-Modified-Since": "Tue, 3 Nov 2026 10:00:00 +0000",
    }
    assert schedule.conditions(state(etag='"a"'), NOW) == {"If-None-Match": '"a"'}
    assert schedule.conditions(state(), NOW) == {}


@pytest.mark.parametrize(("age", "conditional"), [(DAY, True), (8 * DAY, False), (9 * DAY, False)])
def test_after_eight_days_without_a_body_one_is_asked_for(age, conditional):
    """Validators of a body that came 8 days ago are not sent."""
    known = state(etag='"a"', body_hash="0" * 64, complete_at=NOW - age)
    assert bool(schedule.conditions(known, NOW)) is conditional


# --- after an answer --------------------------------------------------------------------------


@pytest.mark.case("P11")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, HOUR),
        ({"cache_control": "max-age=60"}, HOUR),
        ({"cache_control": "public, MAX-AGE=7200"}, 2 * HOUR),
        ({"cache_control": 'max-age="7200"'}, 2 * HOUR),
        ({"cache_control": "max-age=7200, max-age=60"}, 2 * HOUR),
        ({"cache_control": "max-age=172800"}, DAY),
        ({"cache_control": "max-age=31622401"}, HOUR),
        ({"cache_control": "max-age=" + "9" * 18}, HOUR),
        ({"cache_control": "max-age=" + "9" * 5000}, HOUR),
        ({"cache_control": "max-age=-5"}, HOUR),
        ({"cache_control": "no-cache, max-age=7200"}, HOUR),
        ({"cache_control": "no-store", "expires": DATE.format("18:00:00")}, HOUR),
        ({"expires": DATE.format("18:00:00")}, 6 * HOUR),
        ({"expires": DATE.format("09:00:00")}, HOUR),
        ({"expires": "0"}, HOUR),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, HOUR),
        ({"expires": DATE.format("18:00:00"), "cache_control": "max-age=7200"}, 2 * HOUR),
        ({"expires": DATE.format("18:00:00"), "date": DATE.format("15:00:00")}, 3 * HOUR),
        ({"expires": DATE.format("18:00:00"), "date": "soon"}, 6 * HOUR),
    ],
)
def test_hints_lengthen_the_wait_within_a_day(headers, expected):
    """max-age, else Expires, is obeyed above our floor and up to 24 h; absurd ones are not."""
    assert wait(**headers) == expected


def after_answer(rhythm, hint=HOUR, at=NOW):
    """The wait of a feed that answered at noon on a Sunday, in hours."""
    known = state(checked_at=at, next_check=at + hint)
    told = schedule.paced(known, rhythm)
    assert told.rhythm == rhythm
    assert told.next_check is not None
    return (told.next_check - at) / HOUR


@pytest.mark.case("P12")
@pytest.mark.parametrize(
    ("ttl", "hint", "hours"),
    [
        (None, HOUR, 1),
        (timedelta(minutes=5), HOUR, 1),
        (6 * HOUR, HOUR, 6),
        (6 * HOUR, 8 * HOUR, 8),
        (timedelta(days=400), HOUR, 24),
        (timedelta(days=-1), HOUR, 1),
    ],
)
def test_the_longest_of_floor_hint_and_ttl_counts(ttl, hint, hours):
    """A ttl only lengthens the wait, and by a day at most."""
    assert after_answer(Rhythm(ttl=ttl), hint) == hours


@pytest.mark.case("P12")
@pytest.mark.parametrize(
    ("rhythm", "hours"),
    [
        (Rhythm(skip_hours=(12,)), 1),
        (Rhythm(skip_hours=(13,)), 2),
        (Rhythm(skip_hours=(13, 14, 15)), 4),
        (Rhythm(skip_hours=tuple(range(13, 24))), 12),
        (Rhythm(skip_hours=tuple(range(1, 24))), 12),
        (Rhythm(skip_hours=tuple(range(24))), 1),
        (Rhythm(skip_hours=(13, 13, 14)), 3),
        (Rhythm(skip_days=(6,)), 12),
        (Rhythm(skip_days=(5, 6, 0)), 36),
        (Rhythm(skip_days=(6,), skip_hours=(0, 1)), 14),
        (Rhythm(skip_days=tuple(range(7))), 1),
        (Rhythm(skip_days=tuple(range(7)), skip_hours=(13,)), 2),
        (Rhythm(ttl=6 * HOUR, skip_hours=(18,)), 7),
        (Rhythm(skip_days=(6, 0, 1, 2, 3, 4), skip_hours=tuple(range(23))), 155),
        (Rhythm(skip_days=(6, 0, 1, 2, 3, 4), skip_hours=tuple(range(1, 24))), 132),
    ],
)
def test_left_out_hours_and_days_are_left_out(rhythm, hours):
    """The next check moves to the first hour that is allowed; all of them left out is nonsense."""
    assert after_answer(rhythm) == hours


def test_a_rhythm_leaves_no_feed_for_longer_than_a_week():
    """A day, six days left out, and 23 hours of the last: the check is a week from now."""
    early = NOW - timedelta(hours=11, minutes=30)
    skips = Rhythm(ttl=DAY, skip_days=(0, 1, 2, 3, 4, 5), skip_hours=tuple(range(23)))
    assert after_answer(skips, at=early) == 7 * 24


def test_a_file_has_a_rhythm_and_no_wait():
    """What never waits does not begin to; what it says of itself is kept."""
    rhythm = Rhythm(ttl=HOUR, skip_days=(6,))
    assert schedule.paced(state(checked_at=NOW), rhythm) == state(checked_at=NOW, rhythm=rhythm)


@settings(max_examples=100, deadline=None)
@given(
    st.frozensets(st.integers(0, 23), max_size=23),
    st.frozensets(st.integers(0, 6), max_size=6),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_no_check_falls_into_a_left_out_hour(hours, days, at):
    """Unless that would be more than a week away, and never earlier than the floor."""
    at = at.replace(tzinfo=UTC)
    rhythm = Rhythm(skip_hours=tuple(hours), skip_days=tuple(days))
    due = at + timedelta(hours=after_answer(rhythm, at=at))
    assert at + HOUR <= due + timedelta(seconds=1)
    if due < at + 7 * DAY:
        assert due.hour not in hours
        assert due.weekday() not in days


@pytest.mark.case("P10")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7200", 2 * HOUR),
        (" 90 ", timedelta(seconds=90)),
        ("120.5", timedelta(seconds=120.5)),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        ("99999999999", 7 * DAY),
        ("9" * 18, 7 * DAY),
        (DATE.format("14:00:00"), 2 * HOUR),
        ("Sun, 22 Nov 2026 14:00:00", 2 * HOUR),
        ("Sun, 22 Nov 2026 15:00:00 +0100", 2 * HOUR),
        ("Sunday, 22-Nov-26 14:00:00 GMT", 2 * HOUR),
        ("Sun Nov 22 14:00:00 2026", 2 * HOUR),
        (DATE.format("11:00:00"), None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * DAY),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 7 * DAY),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_every_shape(value, expected):
    """Seconds and dates, 7 days at most; what is past or unreadable counts as absent."""
    assert schedule.retry_after({"retry-after": value}, NOW) == expected


@pytest.mark.case("P09", "P22")
@pytest.mark.parametrize(
    ("headers", "key", "expected"),
    [
        ({"retry-after": "120"}, "example.org:443", timedelta(seconds=120)),
        ({"retry-after": "120", "x-ratelimit-reset": "9"}, "reddit.com:443", 2 * HOUR / 60),
        ({"x-ratelimit-reset": "347"}, "reddit.com:443", timedelta(seconds=347)),
        ({"x-ratelimit-reset": "347.0"}, "reddit.com:443", timedelta(seconds=347)),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, "api:443", timedelta(seconds=90)),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 90)}, "api:443", HOUR),
        ({"x-ratelimit-reset": "999999999"}, "api:443", 7 * DAY),
        ({"retry-after": "0"}, "reddit.com:443", timedelta(seconds=61)),
        ({}, "reddit.com:443", timedelta(seconds=61)),
        ({}, "example.org:443", HOUR),
    ],
)
def test_how_long_a_host_rests_after_429(headers, key, expected):
    """Retry-After, else X-RateLimit-Reset (seconds or a Unix time), else our own guess."""
    assert schedule.rate_limit(headers, key, NOW) == expected


@pytest.mark.case("P18")
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.integers(1, 10_000))
def test_backoff_grows_to_a_day_and_is_the_same_each_time(url, failures):
    """1, 2, 4 … hours with at most a fifth more; 24 h at most; no randomness."""
    rest = schedule.backoff(url, failures)
    base = min(HOUR * 2 ** min(failures - 1, 10), 20 * HOUR)
    assert base <= rest <= base * 1.2 <= DAY
    assert rest == schedule.backoff(url, failures)


@pytest.mark.case("P18")
def test_feeds_that_failed_together_are_not_asked_together_again():
    """The jitter differs from feed to feed."""
    assert len({schedule.backoff(f"https://example.org/{n}", 3) for n in range(50)}) > 40


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_can_break_the_schedule(caching, expires, after):
    """Whatever a server writes, the next check is within the floor and a day."""
    assert HOUR <= wait(cache_control=caching, expires=expires, date=after) <= DAY
    rest = schedule.rate_limit({"retry-after": after, "x-ratelimit-reset": expires}, "h:1", NOW)
    assert timedelta(0) < rest <= 7 * DAY


def test_hostile_headers_take_no_time():
    """A megabyte of commas or digits is read in linear time."""
    import time

    start = time.perf_counter()
    wait(cache_control="," * 1_000_000, expires="1" * 1_000_000)
    schedule.retry_after({"retry-after": "1" * 1_000_000}, NOW)
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=61), "61 s"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=7), "7 d"),
    ],
)
def test_lengths_are_written_for_people(length, text):
    """The largest unit of which there are two, or exactly one."""
    assert waits.duration(length) == text


def test_times_of_another_day_carry_their_date():
    """A clock time alone would be today."""
    assert waits.clock(NOW + HOUR, NOW) == "13:00 UTC"
    assert waits.clock(NOW + DAY, NOW) == "2026-11-23 12:00 UTC"


# --- why a feed waits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "word"),
    [
        ({}, None),
        ({"next_check": NOW}, None),
        ({"next_check": NOW + HOUR}, "every"),
        ({"next_check": NOW + HOUR / 2}, "every"),
        ({"next_check": NOW + 2 * HOUR}, "max-age"),
        ({"next_check": NOW + 2 * HOUR, "rhythm": Rhythm(ttl=2 * HOUR)}, "ttl"),
        ({"next_check": NOW + DAY, "rhythm": Rhythm(ttl=7 * DAY)}, "ttl"),
        ({"next_check": NOW + 3 * HOUR, "rhythm": Rhythm(ttl=2 * HOUR)}, "max-age"),
        ({"next_check": NOW + 2 * HOUR, "rhythm": Rhythm(skip_hours=(13,))}, "skipHours"),
        ({"next_check": NOW + 12 * HOUR, "rhythm": Rhythm(skip_days=(6,))}, "skipDays"),
        ({"next_check": NOW + HOUR, "failures": 1}, "backoff"),
        ({"next_check": NOW + HOUR / 12, "error": "offline"}, "backoff"),
        ({"next_check": NOW + HOUR, "failures": 1, "rest_until": NOW + HOUR}, "Retry-After"),
        ({"next_check": NOW + HOUR, "failures": 1, "rest_until": NOW + HOUR / 2}, "backoff"),
        ({"next_check": NOW + HOUR, "ok_at": NOW - DAY}, "host rests"),
        ({"gone": True}, "gone"),
    ],
)
def test_what_a_feed_waits_for_has_a_name(known, word):
    """What set the next check is told by the times alone; nothing but times is remembered."""
    given = state(**({"checked_at": NOW, "ok_at": NOW} | known))
    assert waits.reason(given, None, HOUR, NOW) == word
    assert word is None or word in waits.REASONS


def test_a_host_that_rests_longer_than_its_feed_is_the_reason():
    """Of two waits the longer one counts, as it does for the feed."""
    host = HostState("example.org:443", NOW + 2 * HOUR, "HTTP 429")
    due = state(checked_at=NOW, ok_at=NOW, next_check=NOW + HOUR)
    long = state(checked_at=NOW, ok_at=NOW, next_check=NOW + 3 * HOUR)
    assert waits.reason(due, host, HOUR, NOW) == "host rests"
    assert waits.reason(state(), host, HOUR, NOW) == "host rests"
    assert waits.reason(long, host, HOUR, NOW) == "max-age"
    assert waits.reason(due, host, HOUR, NOW + 2 * HOUR) is None


@pytest.mark.case("P12")
@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=3))),
    st.frozensets(st.integers(0, 23), max_size=24),
)
def test_the_reason_agrees_with_the_schedule(ttl, hours):
    """Whatever the rhythm, the word is one that could have set the time."""
    rhythm = Rhythm(ttl=ttl, skip_hours=tuple(hours))
    told = schedule.paced(state(checked_at=NOW, ok_at=NOW, next_check=NOW + HOUR), rhythm)
    word = waits.reason(told, None, HOUR, NOW)
    long = ttl is not None and ttl > HOUR
    assert word in {"every", "skipHours"} | ({"ttl"} if long else set())
