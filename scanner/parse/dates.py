"""Dates as feeds write them become moments.

In: the text of a date element. Out: an aware datetime in UTC, or None.
A date without a zone is taken for UTC; one before 1990 or after 2100 is no date.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_LONGEST = 100
"""Characters; "Donnerstag, den 22. September 2026, 10:00:00 Uhr (MESZ) GMT+02:00" has 66."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            # English, German, French, Spanish, Italian, Portuguese, Dutch. A name is matched by its
            # first letters too ("Sept"), so only what tells the months apart has to stand here.
            "jan janv januar january janvier enero ene gennaio gen janeiro januari jänner jän",
            "feb fév fev févr februar february février fevrier febrero febbraio fevereiro februari",
            "mar mär mrz märz maerz march mars marzo março marco maart mrt",
            "apr abr avr april avril abril aprile",
            "may mai mayo maggio mag maio mei",
            "jun juni june juin junio giugno giu junho",
            "jul juli july juil juillet julio luglio lug julho",
            "aug ago aoû aou août aout august agosto augustus",
            "sep set sept september septembre septiembre settembre setembro",
            "oct okt out ott october oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec dez déc dic december dezember décembre decembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}

_MAIL_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}

_ZONES = {
    # What email.utils does not know: it has the names of RFC 822 only. Hours east of UTC.
    # IST and the like, which name several zones, are left out: they count as UTC.
    "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "met": 1, "cest": 2, "mesz": 2, "mest": 2,
    "eet": 2, "eest": 3, "msk": 3, "sast": 2, "jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "awst": 8,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "akst": -9, "akdt": -8, "hst": -10, "brt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip

_FARTHEST = timedelta(hours=14)
"""Kiribati's zone; "+3000" and "+99:99" are mistakes, so the time is taken for UTC."""

_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
_TAIL = rf"(?:[T\s,]+{_CLOCK}\s*(.*))?$"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?{_TAIL}", re.S)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([/.])(\d{{1,2}})\2(\d{{4}}){_TAIL}", re.S)
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) "
    r"(?:GMT|UTC|([+-])(0\d|1[0-4])([0-5]\d))",
    re.ASCII,
)
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$")
_NOT_MAIL = re.compile(r"(?<![\d+-])00\d\d(?!\d)|[+-]\d{1,2}$|[A-Za-z][+-]\d")
"""A year 00xx, "+2" and "GMT+0200", which email.utils misreads."""
_HUNGARIAN = re.compile(r"\d{4}-[a-z]{5,}")
_TIME = re.compile(_CLOCK)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")


def parse_date(value: str) -> datetime | None:
    """Read a date in any shape that feeds are known to use. Never raises."""
    value = value.strip().replace("\N{MINUS SIGN}", "-")
    if not value or len(value) > _LONGEST:
        return None
    for read in _READERS:
        try:
            moment = read(value)
        except (ValueError, OverflowError, TypeError, LookupError, AttributeError):
            continue
        if moment is not None:
            return _plausible(moment)
    return None


def _plausible(moment: datetime) -> datetime | None:
    """Aware, in UTC, and within a century of feeds; RSS itself is of 1999."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if 1990 <= moment.year <= 2100 else None


def _iso(value: str) -> datetime | None:
    """RFC 3339 and ISO 8601, extended and basic."""
    return datetime.fromisoformat(value) if len(value) >= 8 and value[:4].isdigit() else None


def _usual(value: str) -> datetime | None:
    """The date of RSS as most feeds write it: read in a tenth of the time that `_rfc822` takes."""
    if not (found := _USUAL.fullmatch(value)) or found[2] not in _MAIL_MONTHS:
        return None
    day, month, year, hours, minutes, seconds, sign, east, rest = found.groups()
    moment = datetime(
        int(year), _MAIL_MONTHS[month], int(day), int(hours), int(minutes), int(seconds), tzinfo=UTC
    )
    if sign is None:
        return moment
    away = timedelta(hours=int(east), minutes=int(rest))
    return moment + away if sign == "-" else moment - away


def _number(value: str) -> datetime | None:
    """Unix time in seconds or milliseconds; a bare year; a stamp of 14 digits."""
    if not re.fullmatch(r"\d{4,14}(?:\.\d{1,9})?", value, re.A):
        return None
    whole = value.partition(".")[0]
    if len(whole) == 4:
        return datetime(int(whole), 1, 1, tzinfo=UTC)
    if stamp := _STAMP.fullmatch(whole):
        year, month, day, *clock = stamp.groups()
        return _moment((int(year), int(month), int(day)), clock, None)
    if 9 <= len(whole) <= 10:
        return datetime.fromtimestamp(float(value), UTC)
    return datetime.fromtimestamp(float(value) / 1000, UTC) if 12 <= len(whole) <= 13 else None


def _year_first(value: str) -> datetime | None:
    """What fromisoformat is too strict for: 2026-01, 2026/1/10 14:33, 2026-01-10 10:00 UTC."""
    if not (found := _YEAR_FIRST.match(value)):
        return None
    year, month, day, *clock, zone = found.groups()
    return _moment((int(year), int(month), int(day or 1)), clock, zone)


def _year_last(value: str) -> datetime | None:
    """22.11.2026, 22/11/2026 and 11/22/2026; 10/11/2026 could be either, so it is no date."""
    if not (found := _YEAR_LAST.match(value)):
        return None
    first, mark, second, year, *clock, zone = found.groups()
    day, month = int(first), int(second)
    if mark == "/" and day != month:
        if day <= 12 and month <= 12:
            return None
        if month > 12:
            day, month = month, day
    return _moment((int(year), month, day), clock, zone)


def _rfc822(value: str) -> datetime | None:
    """The dates of RSS, RFC 822 and 5322, where email.utils knows every word and number."""
    if not _words(value) <= _WORDS_OF_MAIL or _NOT_MAIL.search(value):
        return None
    read = parsedate_tz(value)
    if read is None:
        return None
    zone = timezone(timedelta(seconds=read[9] or 0))
    return datetime(read[0], read[1], read[2], read[3], read[4], read[5], tzinfo=zone)


def _worded(value: str) -> datetime | None:
    """A month's name somewhere, in one of seven languages; day, year, time and zone around it."""
    words = _WORD.findall(value.lower())
    month = next((_MONTHS[word] for word in words if word in _MONTHS), None)
    if month is None:
        return None
    clock = _TIME.search(value)
    before, after = (value[: clock.start()], value[clock.end() :]) if clock else (value, "")
    # A year may follow the zone or the clock, as in asctime's "Nov 22 10:00:00 2026".
    numbers: list[str] = re.findall(r"(?<!\d)\d{1,4}(?!\d)", before + " " + _unzoned(after))
    year = next((n for n in numbers if len(n) == 4), None)
    small = [n for n in numbers if len(n) <= 2]
    if year is None:
        day, year = small[0], str(_century(int(small[1])))
    else:
        day = small[0]
    hours = _noon(clock.groups(), words) if clock else (None, None, None)
    return _moment((int(year), month, int(day)), hours, after)


def _elsewhere(value: str) -> datetime | None:
    """Korean, Hungarian and Greek dates. feedparser's other readers guess, some by the clock."""
    if value.isascii() and not _HUNGARIAN.match(value):
        return None
    from feedparser import datetimes

    for name in ("onblog", "nate", "hungarian", "greek"):
        if read := getattr(datetimes, f"_parse_date_{name}")(value):
            return datetime(read[0], read[1], read[2], read[3], read[4], read[5], tzinfo=UTC)
    return None


_READERS: tuple[Callable[[str], datetime | None], ...] = (
    _usual,
    _number,
    _iso,
    _year_first,
    _year_last,
    _rfc822,
    _worded,
    _elsewhere,
)

_MAIL = (
    "mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec gmt ut utc z "
    "est edt cst cdt mst mdt pst pdt"
)
_WORDS_OF_MAIL = frozenset(_MAIL.split())


def _words(value: str) -> set[str]:
    return set(_WORD.findall(value.lower()))


def _moment(
    date: tuple[int, int, int], clock: list[str | None] | tuple[str | None, ...], zone: str | None
) -> datetime:
    """Put together what was found; 24:00 and a leap second (:60) spill over as they should."""
    hours, minutes, seconds = (int(part or 0) for part in clock)
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError("no time of day")
    year, month, day = date
    midnight = datetime(year, month, day, tzinfo=timezone(_offset(zone or "")))
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _offset(zone: str) -> timedelta:
    """East of UTC: "+02:00", "GMT+2", "CEST"; zero for what is not known."""
    if found := _OFFSET.search(zone):
        sign, hours, minutes = found.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if east > _FARTHEST:
            return timedelta(0)
        return -east if sign == "-" else east
    known = next((_ZONES[word] for word in _WORD.findall(zone.lower()) if word in _ZONES), 0)
    return timedelta(hours=known)


def _unzoned(tail: str) -> str:
    return _OFFSET.sub(" ", tail)


def _century(year: int) -> int:
    """Two digits of a year, as RFC 5322 (4.3) reads them from its ancestors."""
    return year + (2000 if year < 69 else 1900)


def _noon(clock: tuple[str | None, ...], words: list[str]) -> tuple[str | None, ...]:
    """12-hour clocks: "3:05 PM"."""
    hours = int(clock[0] or 0)
    if "pm" in words and hours < 12:
        hours += 12
    elif "am" in words and hours == 12:
        hours = 0
    return (str(hours), *clock[1:])
