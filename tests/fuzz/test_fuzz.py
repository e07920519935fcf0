"""Properties that hold for any feed, text, date, address and link, and for seeds of trouble.

A short look by default. For a long one, say how many examples each property gets:

    FUZZ_EXAMPLES=20000 pytest tests/fuzz -n 2 -p no:cacheprovider

20,000 take about an hour of one core. What fails is kept in .hypothesis/ and tried first the next
time. `guided.py` beside this file looks where coverage leads.

Touches: the disk, the environment, the clock.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scanner.parse import parse_date, read
from scanner.records import Parsed, Post
from tests.fuzz import feeds, mishaps, properties, tokens
from tests.fuzz.targets import TARGETS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SEEDS = sorted(path for path in (Path(__file__).parent / "seeds").rglob("*") if path.is_file())


def looks(few: int) -> settings:
    """A few examples, or as many as are asked for."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=EXAMPLES or few, deadline=None, suppress_health_check=slow)


def pieces(alphabet: tuple[str, ...], most: int = 20) -> st.SearchStrategy[str]:
    """Text of pieces that matter and of any other characters."""
    other = st.text(st.characters(), max_size=4)
    return st.lists(st.sampled_from(alphabet) | other, max_size=most).map("".join)


# --- feeds ----------------------------------------------------------------------------------------


@looks(150)
@given(
    mishaps.bodies() | mishaps.damaged(mishaps.bodies()), st.sampled_from(properties.CONTENT_TYPES)
)
@example(b"", None)
def test_any_bytes_are_a_feed_or_a_failure(body, content_type):
    """Sound, odd or damaged: nothing raises, and what comes out is within caps and clean."""
    properties.holds_for_bytes(body, content_type)


@looks(40)
@given(feeds.written())
def test_a_sound_feed_is_read_as_it_was_written(made):
    """However namespaces are bound, text is escaped and dates are told, the posts are the same."""
    document, told, kind = made
    result = properties.holds_for_bytes(document.encode())
    assert isinstance(result, Parsed)
    assert (result.partial, result.warnings) == (False, ())
    assert list(map(read_as, result.posts)) == [told_as(entry, kind) for entry in told]


def read_as(post: Post) -> tuple[object, ...]:
    return (post.title, read(post).text, post.published, post.guid, post.url)


def told_as(entry: feeds.Told, kind: str) -> tuple[object, ...]:
    without_id = kind in ("RDF", "CDF")
    return (entry.title, entry.text, entry.when, entry.link if without_id else entry.id, entry.link)


# --- text -----------------------------------------------------------------------------------------


@looks(100)
@given(pieces(tokens.TEXT))
def test_any_text_is_read(said):
    """Cleaned, cut up, repaired and shown, a text raises nothing and brings nothing new."""
    properties.holds_for_text(said)


@looks(10)
@given(pieces(tokens.TEXT, 2), pieces(tokens.TEXT, 3), pieces(tokens.TEXT, 2))
@example("On 2026 ", "wrote ", ":")
@example("<a ", 'x="', ">")
def test_a_long_text_takes_linear_time(before, unit, after):
    """Twice as much of the same takes twice as long, whatever it is."""
    properties.holds_for_long(before, unit or "a", after)


# --- dates ----------------------------------------------------------------------------------------


@looks(400)
@given(
    st.lists(st.sampled_from(tokens.DATES) | st.text(max_size=3), max_size=9).map(" ".join)
    | pieces(tokens.DATES)
)
def test_any_date_is_a_moment_or_none(written):
    """Whatever stands in a date, the answer is None or an aware moment from 1990 to 2100."""
    properties.holds_for_date(written)


SHAPES = (
    "%a, %d %b %Y %H:%M:%S +0000", "%A, %d-%b-%y %H:%M:%S GMT", "%d %B %Y %H:%M:%S UTC",
    "%a %b %d %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y%m%dT%H%M%SZ",
    "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p",
    "%G-W%V-%uT%H:%M:%S+00:00",
)  # fmt: skip


@looks(60)
@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2068, 12, 31)),
    st.sampled_from(SHAPES),
)
def test_a_moment_in_any_shape_comes_back(moment, shape):
    """A date in a shape that feeds use is read as the moment that was written."""
    assert parse_date(moment.strftime(shape)) == moment.replace(microsecond=0, tzinfo=UTC)


# --- addresses and links --------------------------------------------------------------------------

BYTES = st.sampled_from(
    [b"\0", b"\0\0", b"\xff\xff", b"\x0a", b"\x7f", b"\xc0\xa8", b"\xa9\xfe", b"\x08", b"\x20\x01",
     b"\x20\x02", b"\0\x64\xff\x9b", b"\x5e\xfe", b"\x02\0", b"\x0d\xb8", b"\xfe\x80", b"\x3f\xff",
     b"\x26\x06\x47\0", b"\xac\x10", b"\x64\x40", bytes(4), bytes(8)]
)  # fmt: skip


@looks(150)
@given(st.lists(BYTES | st.binary(min_size=1, max_size=2), max_size=16).map(b"".join))
def test_an_address_is_public_where_the_rfcs_say_so(data):
    """No private IPv4 address gets through in any disguise, and no public address is refused."""
    properties.holds_for_packed(data[:4].ljust(4, b"\0"))
    properties.holds_for_packed(data[:16].ljust(16, b"\0"))


@looks(100)
@given(pieces(tokens.ADDRESSES, 8))
def test_no_spelling_gets_a_private_address_through(written):
    """What is let through is an address to a socket too, and a public one."""
    properties.holds_for_address(written)


@looks(100)
@given(
    pieces(tokens.LINKS, 10), st.sampled_from(["", "https://h.example/a/", "http://[::1]:80/?q"])
)
def test_any_address_is_a_safe_link_or_none(href, base):
    """A link is http(s) with a host, short, and free of what a reader cannot see."""
    properties.holds_for_link(href, base, "https://feed.example/")


# --- what broke before ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_seed_holds(seed):
    """Inputs that were hard to find, or once broke a property, hold."""
    TARGETS[seed.parent.name].holds(seed.read_bytes())
