"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parse.dates import parse_date


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        # RFC 822 and what is made of it.
        ("Sun, 22 Nov 2026 10:00:00 +0000", utc(2026, 11, 22, 10)),
        (" Sun,  22  Nov 2026  10:00 +0000 ", utc(2026, 11, 22, 10)),
        ("14 Jan 2026 16:33 +0000", utc(2026, 1, 14, 16, 33)),
        ("Sun, 22 Nov 26 10:00:00 EST", utc(2026, 11, 22, 15)),
        ("Thu, 5 Feb 99 10:00 GMT", utc(1999, 2, 5, 10)),
        ("Sun, 22 Nov 2026 10:00:00 GMT+0200", utc(2026, 11, 22, 8)),
        ("Sun, 22 Nov 2026 10:00:00 CEST", utc(2026, 11, 22, 8)),
        ("Sun, 22 Nov 2026 10:00:00 +2", utc(2026, 11, 22, 8)),
        ("Sun, 22 Nov 2026 10:00:00 Nowhere", utc(2026, 11, 22, 10)),
        ("Sun, 22 Nov 2026 10:00:00 +3000", utc(2026, 11, 22, 10)),
        ("Sun, 22 Nov 2026", utc(2026, 11, 22)),
        ("22-Nov-26", utc(2026, 11, 22)),
        ("\n" + " " * 90 + "Sun, 22 Nov 2026 10:00:00 +0000", utc(2026, 11, 22, 10)),
        ("Thu, 31 Dec 2026 23:59:60 GMT", utc(2027, 1, 1)),
        ("Sat Nov 22 2026 10:00:00 GMT+0100 (CET)", utc(2026, 11, 22, 9)),
        ("Sun Nov 22 10:00:00 2026", utc(2026, 11, 22, 10)),
        ("November 5, 2026 3:05 PM", utc(2026, 11, 5, 15, 5)),
        ("November 5, 2026 12:05 AM", utc(2026, 11, 5, 0, 5)),
        # ISO 8601, RFC 3339, W3C-DTF.
        ("2026-01-10T10:11:12Z", utc(2026, 1, 10, 10, 11, 12)),
        ("2026-01-10T10:11:12.5-07:00", utc(2026, 1, 10, 17, 11, 12, 500_000)),
        ("2026-01-10T10:11:12\N{MINUS SIGN}07:00", utc(2026, 1, 10, 17, 11, 12)),
        ("20260110T101112Z", utc(2026, 1, 10, 10, 11, 12)),
        ("20260110101112", utc(2026, 1, 10, 10, 11, 12)),
        ("20260110", utc(2026, 1, 10)),
        ("2026-01-10", utc(2026, 1, 10)),
        ("2026-01", utc(2026, 1, 1)),
        ("2026", utc(2026, 1, 1)),
        ("2026-W02-6", utc(2026, 1, 10)),
        ("2026-01-10 10:00:00 UTC", utc(2026, 1, 10, 10)),
        ("2026-01-10 10:00:00 PST", utc(2026, 1, 10, 18)),
        ("2026-01-10T24:00:00Z", utc(2026, 1, 11)),
        # Numbers with slashes and dots.
        ("2026/1/10", utc(2026, 1, 10)),
        ("2026/1/10 14:33:00", utc(2026, 1, 10, 14, 33)),
        ("22.11.2026 10:00", utc(2026, 11, 22, 10)),
        ("1.2.2026", utc(2026, 2, 1)),
        ("22/11/2026", utc(2026, 11, 22)),
        ("11/22/2026 5:00", utc(2026, 11, 22, 5)),
        ("5/5/2026", utc(2026, 5, 5)),
        # Unix time.
        ("1767225600", utc(2026, 1, 1)),
        ("1767225600000", utc(2026, 1, 1)),
        # Months in other languages.
        ("Do, 22 Okt 2026 10:00:00 +0200", utc(2026, 10, 22, 8)),
        ("Donnerstag, 22. September 2026, 10:00 Uhr", utc(2026, 9, 22, 10)),
        ("jeu. 5 févr. 2026 10:00:00 +0100", utc(2026, 2, 5, 9)),
        ("22 de noviembre de 2026", utc(2026, 11, 22)),
        ("lun, 05 gen 2026 10:00:00 +0100", utc(2026, 1, 5, 9)),
        ("5 de março de 2026", utc(2026, 3, 5)),
        ("17 augustus 2026 12:00", utc(2026, 8, 17, 12)),
        ("2004년 05월 28일  01:31:15", utc(2004, 5, 27, 16, 31, 15)),
        ("2004-július-13T9:15-05:00", utc(2004, 7, 13, 14, 15)),
        ("2004-augusztus-13T9:15-05:00", utc(2004, 8, 13, 14, 15)),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", utc(2004, 7, 11, 17)),
    ],
)
def test_dates_are_read(written: str, moment: datetime) -> None:
    """A date in any known shape is that moment in UTC; without a zone it is taken for UTC."""
    assert parse_date(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "yesterday", "1", "0", "-1", "99999", "99999999999999999999", "12:00", "May 5",
        "10/11/2026", "Tue, 31 Feb 2026 10:00:00 GMT", "Mon, 32 Foo 2026 25:61:61 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359",
        "9999-12-31T23:59:59+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+12:00",
        "2999-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "1989-12-31",
        "2026-01-10 25:00", "2026-13-01", "22.13.2026", "星期日 2026年11月22日", "9" * 100_000,
        "1" * 5000 + ":" + "1" * 5000, "5 Mai",
        "Čtvrtek, 12 Úno 2026 10:00:00 +0100", "Κυρ, 12 Foo 2026 10:00:00 EET",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(written: str) -> None:
    """Garbage, ambiguity, and years before 1990 or after 2100 are no date (X10)."""
    assert parse_date(written) is None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789:-+/. TZ,JanFebMaiGMTµ年é", max_size=40) | st.text(max_size=120))
def test_any_text_is_survived(written: str) -> None:
    """Whatever the text, the answer is None or an aware moment between 1990 and 2100."""
    moment = parse_date(written)
    assert moment is None or (moment.tzinfo is UTC and 1990 <= moment.year <= 2100)
