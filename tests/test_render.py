"""The door of the render room, the record, and what a person sees at a glance."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import render
from scanner.errors import UsageError
from scanner.records import (
    Evidence,
    Judged,
    Matched,
    Mention,
    Post,
    Ranked,
    Reach,
    Scored,
    Story,
    Term,
    Verdict,
)
from scanner.render import glance
from scanner.render.record import instant, is_web, record
from scanner.render.style import Style

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TERMS = (Term("negativity", 47.0, "charged me twice"), Term("age", 8.1, "2 h old"))
TEXT = "We moved to Acme in May. Last week Acme charged me twice. Can anyone help?"


def mentions_of(brand: str, title: str, text: str) -> tuple[Mention, ...]:
    """Find a name the simplest way; a sentence ends at a full stop."""
    found = []
    for where, whole in (("title", title), ("text", text)):
        at = whole.find(brand)
        while at >= 0:
            begin = whole.rfind(". ", 0, at) + 2 if ". " in whole[:at] else 0
            end = whole.find(". ", at) + 1 or len(whole)
            spot = Mention(brand, brand, "title", at, at + len(brand), "name", whole[begin:end])
            found.append(spot if where == "title" else replace(spot, where="text"))
            at = whole.find(brand, at + 1)
    return tuple(found)


def a_post(**changed: object) -> Post:
    """Build a post that is like any other, but for what is changed."""
    plain = Post(
        feed_url="https://feeds.example/acme",
        feed="HN",
        guid="1",
        url="https://news.example/item?id=1",
        title="Charged twice, and nobody answers",
        text=TEXT,
        author="jane_d",
        published=NOW - timedelta(hours=2),
        language="en",
        reach=Reach(48, 120, None),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def ranked_post(
    *,
    brand: str = "Acme",
    proofs: tuple[str, ...] = ("charged me twice",),
    terms: tuple[Term, ...] = TERMS,
    why: str = "billing complaint, first-hand, asks for help",
    status: str = "new",
    alike: int = 0,
    **changed: object,
) -> Ranked:
    """Walk a post down the street by hand: matched, scored, judged, ranked."""
    post = a_post(**changed)
    mentions = mentions_of(brand, post.title, post.text)
    proven = tuple(
        Evidence(
            "cue", words, 1.0, "text", post.text.find(words), post.text.find(words) + len(words)
        )
        for words in proofs
        if words in post.text
    )
    scored = Scored(
        Matched(post, brand, mentions, confidence=0.97, why=("the title names it",)),
        tuple(Verdict(mention, 0.94, -0.4) for mention in mentions),
        0.94,
        -0.4,
        proven,
    )
    judged = Judged(
        scored,
        "complaint",
        (("complaint", 0.9123), ("question", 0.2)),
        ("billing",),
        (Evidence("first_hand", "me"),),
    )
    copies = tuple(
        replace(
            judged,
            scored=replace(
                scored, matched=replace(scored.matched, post=replace(post, guid=f"copy {at}"))
            ),
        )
        for at in range(alike)
    )
    worth = sum(term.points for term in terms)
    return Ranked(judged, worth, terms, why, Story("story-1", (judged, *copies)), status)  # type: ignore[arg-type]


# --- the record ---------------------------------------------------------------------------------


def test_record_has_the_contracts_names_in_its_order():
    """A record has every field of the contract in its order; what was added follows."""
    assert [field.name for field in fields(record(ranked_post()))] == [
        *("id", "url", "title", "author", "feed", "published", "language", "brand"),
        *("brand_confidence", "mentions", "negativity", "polarity", "intent", "intents"),
        *("reasons", "reach", "worth", "terms", "why", "story", "status", "text"),
        *("rating", "kind", "signals", "truncated", "schema_version", "owner", "tags"),
    ]


def test_record_says_what_was_judged():
    """A record holds the post, the verdict and the receipt, rounded."""
    row = record(ranked_post(alike=3, rating=4.0, kind="review"))
    assert (row.id, row.published) == (ranked_post().judged.id, "2026-11-22T08:00:00Z")
    assert (row.brand, row.brand_confidence, row.negativity, row.polarity) == (
        "Acme",
        0.97,
        0.94,
        -0.4,
    )
    assert row.intents == {"complaint": 0.912, "question": 0.2}
    assert (row.reach, row.story.size, row.status) == (Reach(48, 120, None), 4, "new")
    assert (row.worth, row.terms) == (55.1, TERMS)
    assert (row.rating, row.kind, row.signals) == (4.0, "review", ("first_hand",))
    first = row.mentions[0]
    assert (first.where, first.start, first.end, first.negativity) == ("text", 12, 16, 0.94)
    assert first.sentence == "We moved to Acme in May."


def test_unknown_is_null():
    """What is not known of a post is None in its record, never "" or 0."""
    bare = ranked_post(author="", published=None, language=None, reach=Reach(), url=None)
    scored = replace(bare.judged.scored, negativity=None, polarity=None, verdicts=())
    row = record(replace(bare, judged=replace(bare.judged, scored=scored)))
    assert (row.author, row.published, row.language, row.url, row.rating) == (None,) * 5
    assert (row.negativity, row.polarity, row.reach) == (None, None, Reach(None, None, None))
    assert (row.mentions[0].negativity, row.mentions[0].polarity) == (None, None)


@given(st.lists(st.floats(-30, 60, allow_nan=False), max_size=12))
@settings(max_examples=60, deadline=None)
def test_worth_is_the_sum_of_the_rounded_terms(points: list[float]):
    """However terms are rounded, they add up to the worth, which is the rounded true sum."""
    row = record(ranked_post(terms=tuple(Term("any", point) for point in points)))
    assert round(sum(term.points for term in row.terms), 1) == row.worth
    assert row.worth == pytest.approx(sum(points), abs=0.0500001)
    assert all(
        abs(term.points - point) < 0.1000001 for term, point in zip(row.terms, points, strict=True)
    )


def test_worth_of_many_small_terms_does_not_pass_100():
    """Terms that would each round up do not make 100.8 of 100."""
    row = record(ranked_post(terms=tuple(Term("any", 6.25) for _ in range(16))))
    assert row.worth == 100.0


def test_no_minus_zero():
    """A number that rounds to nothing is 0.0 and not -0.0."""
    tiny = ranked_post(terms=(Term("any", -0.001),))
    row = record(
        replace(
            tiny, judged=replace(tiny.judged, scored=replace(tiny.judged.scored, polarity=-0.001))
        )
    )
    assert (str(row.polarity), str(row.worth), str(row.terms[0].points)) == ("0.0", "0.0", "0.0")


def test_lone_surrogates_are_replaced_in_place():
    """A lone surrogate becomes U+FFFD, and offsets behind it still hold (X14)."""
    row = record(ranked_post(text="\ud800 Acme broke", title="\udfff", why="\ud8ff"))
    spot = row.mentions[0]
    assert (row.text, row.title, row.why) == ("\ufffd Acme broke", "\ufffd", "\ufffd")
    assert row.text[spot.start : spot.end] == "Acme"


@pytest.mark.parametrize(
    ("url", "web"),
    [
        ("https://example.org/a", True),
        ("HTTP://example.org", True),
        ("http://[::1]/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        (" https://example.org", False),
        ("https:///nohost", False),
        ("https://\\example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_http_addresses_are_links(url: str | None, web: bool):
    """A link is http or https with a host; anything else is null in the record (X15)."""
    assert is_web(url) is web
    assert record(ranked_post(url=url)).url == (url if web else None)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (None, None),
        (datetime(2026, 11, 20, 8, 15, 0, 987654, tzinfo=UTC), "2026-11-20T08:15:00Z"),
        (
            datetime(2026, 11, 20, 9, 15, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-20T08:15:00Z",
        ),
        (datetime(2026, 11, 20, 8, 15), "2026-11-20T08:15:00Z"),
        (datetime(33, 4, 3, 15, 0, tzinfo=UTC), "0033-04-03T15:00:00Z"),
    ],
)
def test_times_are_utc_to_the_second(when: datetime | None, told: str | None):
    """Times are RFC 3339 in UTC with a Z, and null where unknown (O09)."""
    assert instant(when) == told


# --- at a glance ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47, minutes=59), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=60), "60 d"),
        (timedelta(days=61), "2 mo"),
        (timedelta(days=729), "23 mo"),
        (timedelta(days=800), "2 y"),
        (timedelta(days=-3), "0 min"),
    ],
)
def test_age_is_one_number_and_one_unit(ago: timedelta, told: str):
    """An age is told in the unit that suits it; the future is now (D15)."""
    assert glance.age(NOW - ago, NOW) == told


def test_unknown_age_is_empty():
    """A post without a date has no age."""
    assert glance.age(None, NOW) == ""


def test_short_ids_are_as_short_as_they_can_be():
    """IDs get six digits, and one more than they share with a neighbour."""
    ids = ["aaaaaaaa1111", "aaaaaaaa2222", "bbbbbbbbbbbb", "bbbbbb0bbbbb"]
    assert glance.short_ids(ids) == {
        "aaaaaaaa1111": "aaaaaaaa1",
        "aaaaaaaa2222": "aaaaaaaa2",
        "bbbbbbbbbbbb": "bbbbbbb",
        "bbbbbb0bbbbb": "bbbbbb0",
    }
    assert glance.short_ids([]) == {}


@given(st.lists(st.text("ab", min_size=12, max_size=12), max_size=30))
@settings(max_examples=50, deadline=None)
def test_every_short_id_names_one_post(ids: list[str]):
    """No short ID is the beginning of another post's ID."""
    for one, short in glance.short_ids(ids).items():
        assert [other for other in set(ids) if other.startswith(short)] == [one]


def test_quote_is_the_sentence_that_carries_the_verdict():
    """Of two mentions the one is quoted whose verdict is the post's; among equals, the proven."""
    plain = ranked_post()
    assert glance.quote(plain, None) == "Last week Acme charged me twice."
    first, second = plain.judged.scored.verdicts
    scored = replace(
        plain.judged.scored, verdicts=(first, replace(second, negativity=0.1)), evidence=()
    )
    calm = replace(plain, judged=replace(plain.judged, scored=scored))
    assert glance.quote(calm, None) == "We moved to Acme in May."


def test_quote_without_verdicts_is_the_first_mention():
    """Where the language has no data, the first sentence that names the brand is quoted."""
    plain = ranked_post()
    scored = replace(plain.judged.scored, verdicts=(), negativity=None)
    unknown = replace(plain, judged=replace(plain.judged, scored=scored))
    assert glance.quote(unknown, None) == "We moved to Acme in May."


def test_quote_holds_what_the_why_line_names():
    """The sentences with the evidence, joined by " … " where they are apart, within the room."""
    text = (
        "We moved to Acme in May. The team liked it. Then it charged us twice. "
        "It rained for a week. Nobody has answered my mail since."
    )
    proofs = ("charged us twice", "Nobody has answered")
    both = ranked_post(text=text, proofs=proofs)
    first, second = "Then it charged us twice.", "Nobody has answered my mail since."
    assert glance.quote(both, None) == f"{first} … {second}"
    assert glance.quote(ranked_post(text=text, proofs=proofs[:1]), None) == first
    assert len(glance.quote(both, 50)) <= 52
    close = text.replace("It rained for a week. ", "")
    assert glance.quote(ranked_post(text=close, proofs=proofs), None) == f"{first} {second}"
    named = tuple(
        replace(one, name="billing", weight=0.0) for one in both.judged.scored.evidence[:1]
    )
    scored = replace(both.judged.scored, evidence=named)
    assert glance.quote(replace(both, judged=replace(both.judged, scored=scored)), None) == first


def test_quote_does_not_repeat_the_headline():
    """Where the title is the mention, the quote shows the evidence in the text, or its start."""
    text = "So it goes. " * 60 + "The page is blank since noon."
    loud = ranked_post(title="Acme is down", text=text, proofs=("blank since noon",))
    assert "blank since noon" in glance.quote(loud, 100)
    assert glance.quote(ranked_post(title="Acme is down", text="Third time."), 100) == "Third time."
    assert glance.quote(ranked_post(title="Acme is down", text=""), 100) == ""
    assert glance.quote(ranked_post(title="Acme is down", text="Acme is down."), 100) == ""


def test_a_post_without_title_is_called_by_its_first_words():
    """A toot has no title: its first words stand in, and are not quoted again."""
    toot = ranked_post(title=" ", text="How do I export from Acme?\nThanks")
    assert glance.headline(toot.judged.post) == "How do I export from Acme? Thanks"
    assert glance.quote(toot, 100) == ""
    assert glance.headline(a_post(title="", text="word " * 90)).endswith("word…")
    assert glance.headline(a_post(title="", text="")) == "(no title)"


@given(st.text("ab ", min_size=1, max_size=300), st.integers(0, 299), st.integers(30, 120))
@settings(max_examples=80, deadline=None)
def test_clip_keeps_the_place_it_was_told(text: str, at: int, room: int):
    """A clipped text is short, comes from the text, and holds the place that mattered."""
    at %= len(text)
    cut = glance.clip(text, at, room)
    inner = cut.strip("…")
    begin = (
        0
        if not cut.startswith("…")
        else max(place for place in range(at + 1) if text.startswith(inner, place))
    )
    assert len(inner) <= room
    assert inner in text
    assert begin <= at <= begin + len(inner)


# --- the door -------------------------------------------------------------------------------------


def test_formats_are_the_contracts():
    """There is a table, CSV, JSON, JSON Lines and Markdown, each with a word of what it is for."""
    assert list(render.FORMATS) == ["table", "csv", "json", "jsonl", "markdown"]
    assert all(format.about and format.suffixes for format in render.FORMATS.values())


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"),
        ("a.JSON", "json"),
        ("a.jsonl", "jsonl"),
        ("a.b.ndjson", "jsonl"),
        ("a.md", "markdown"),
        ("a.txt", "table"),
    ],
)
def test_suffix_says_the_format(name: str, format: str):
    """A file's suffix picks the format."""
    assert render.format_for(Path(name)) == format


@pytest.mark.parametrize("name", ["a.xlsx", "csv", ".json"])
def test_a_suffix_that_says_nothing_is_refused(name: str):
    """A suffix without a format is refused with the list of those that have one."""
    with pytest.raises(UsageError, match=r"\.csv, \.json, \.jsonl, \.ndjson, \.md, \.markdown"):
        render.format_for(Path(name))


def test_an_unknown_format_is_refused():
    """A format that does not exist is refused with the list of those that do."""
    with pytest.raises(UsageError, match="no format 'xml': choose one of table, csv, json, jsonl"):
        render.render([], "xml", now=NOW)


def test_nothing_is_rendered_as_nothing():
    """Without posts a person gets nothing, and a program what it can parse."""
    empty = {name: render.render([], name, now=NOW) for name in render.FORMATS}
    assert empty.pop("csv").startswith('"id","url","title"')
    assert empty == {"table": "", "json": "[]\n", "jsonl": "", "markdown": ""}


@pytest.mark.parametrize("format", list(render.FORMATS))
def test_same_posts_same_bytes(format: str, monkeypatch: pytest.MonkeyPatch):
    """Output depends on the posts, now and the style; not on the environment (O11)."""
    rows = [ranked_post(alike=2), ranked_post(guid="2", title="Acme <b>|`*"), ranked_post(guid="3")]
    style = Style(width=90, color=True)
    before = render.render(rows, format, now=NOW, style=style)
    for name, told in (("NO_COLOR", "1"), ("COLUMNS", "33"), ("TERM", "dumb")):
        monkeypatch.setenv(name, told)
    assert render.render(rows, format, now=NOW, style=style) == before
    assert before.endswith("\n")


def test_importing_the_room_is_cheap():
    """rich and msgspec are imported when they are needed, so that --help need not wait."""
    asked = "import scanner.render, sys; print(sorted({'rich', 'msgspec'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
