"""What a person reads: the table, one post whole, the feeds."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from scanner import render
from scanner.errors import UsageError
from scanner.records import Evidence, Mention, Reach
from scanner.render import terminal
from scanner.render.style import Style
from tests.test_render import NOW, ranked_post

CANARY = (
    "\x1b]52;c;YWJj\x07 \x1b[2J \x9b31m \x7f \x00 a\rb \u202eevil\u2066 \ud800 [/] [b]x[/b] :smile:"
)
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]"
)
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x07\x9b\r\n\t\u202e\u200b\u200d\ufeff\ud800[]/:\\漢字가👍🏽e\u0301 "),
        st.characters(),
    ),
    max_size=60,
)


def a_queue() -> list[Any]:
    """Three posts: a plain one, an aside by someone with a long name, one without a date."""
    return [
        ranked_post(alike=3),
        ranked_post(
            guid="2",
            title="How I run my bakery",
            text="We bake at four. I tried to move the ledger to Acme but the import stopped with "
            "a five digit error number and nothing else, so back to paper it went.",
            proofs=("five digit error number",),
            feed="The Flour Blog",
            why="bug, an aside in a long post, first-hand",
            published=NOW - timedelta(hours=53),
            status="open",
        ),
        ranked_post(guid="3", title="漢字 Acme", text="", published=None, feed="V2EX", why=""),
    ]


def table(rows: list[Any], **style: Any) -> str:
    """Render the table."""
    return render.render(rows, "table", now=NOW, style=Style(**style))


# --- the table


def test_table_at_80_columns():
    """At 80 columns a post has worth, age, title, its sentence, why, feed and short ID."""
    rows = a_queue()
    first, second, third = (row.judged.id[:6] for row in rows)
    assert table(rows, width=80) == (
        "Worth  Age  Post                                                  Feed, ID\n"
        " 55.1  2 h  Charged twice, and nobody answers                     HN\n"
        f"            “Last week Acme charged me twice.”                    {first}\n"
        "            → billing complaint, first-hand, asks for help        +3 alike\n"
        "\n"
        " 55.1  2 d  How I run my bakery                                   The Flour Blog\n"
        f"            “I tried to move the ledger to Acme but the import    {second}\n"
        "            stopped with a five digit error number and nothing    open\n"
        "            else, so back to paper it went.”\n"
        "            → bug, an aside in a long post, first-hand\n"
        "\n"
        " 55.1    ?  漢字 Acme                                             V2EX\n"
        f"                                                                  {third}\n"
    )


def test_table_at_140_columns_has_columns_of_its_own():
    """From 130 columns on, author, reasons and ID stand apart."""
    header, first, second, *_ = table(a_queue(), width=140).splitlines()
    assert header.split() == ["Worth", "Age", "Post", "Feed", "Author", "Reasons", "ID"]
    assert first.split("  ")[-1].strip() == a_queue()[0].judged.id[:6]
    assert re.findall(r"HN +jane_d +billing +\w{6}$", first)
    assert second.endswith("+3 alike")


def test_table_names_the_brand_where_there_are_several():
    """Each post of a list about two brands says which one it is about, at any width."""
    rows = [ranked_post(), ranked_post(brand="Globex", title="Globex is slow", text="It is.")]
    assert "Brand" in table(rows, width=140).splitlines()[0]
    assert re.search(r"Last week Acme charged me twice.” +Acme\n", table(rows, width=80))
    assert re.search(r"^55.1 2 h Globex HN ", table(rows, width=40), re.MULTILINE)
    assert "Brand" not in table(rows[:1], width=140)


def test_table_under_50_columns_is_a_list():
    """A narrow terminal gets one column: facts, then title, sentence and why."""
    short = ranked_post().judged.id[:6]
    assert table([ranked_post(), ranked_post(guid="2", why="")], width=40).startswith(
        f"55.1 2 h HN {short}\n"
        "Charged twice, and nobody answers\n"
        "“Last week Acme charged me twice.”\n"
        "→ billing complaint, first-hand, asks\n"
        "for help\n"
        "\n"
        "55.1 2 h HN "
    )


def test_table_emphasises_with_colour_only():
    """The brand's name stands out where colour is on; without it there is no escape sequence."""
    assert "\x1b[1;36mAcme\x1b[0m charged me twice" in table([ranked_post()], width=80, color=True)
    assert "\x1b" not in table([ranked_post()], width=80)


def test_table_in_ascii():
    """With ascii_only nothing but ASCII leaves, also of what the posts say."""
    rows = [
        *a_queue(),
        ranked_post(guid="4", title="Größe … “so” — naïve Łódź \u202e", status="done"),
    ]
    shown = table(rows, width=80, ascii_only=True)
    assert shown.isascii()
    assert 'Grosse ... "so" - naive Lodz <U+202E>' in shown
    assert "-> billing complaint" in shown


def test_a_terminal_gets_excerpts_and_a_pipe_gets_all():
    """Long titles, names and sentences are cut on a terminal and whole in a pipe (O13)."""
    long = ranked_post(
        title="title " * 60 + "end", text="Acme " + "broke " * 99 + "twice", feed="f" * 70
    )
    piped = " ".join(table([long]).split())
    assert ("end" in piped, "broke twice" in piped, "…" in piped) == (True, True, False)
    assert len(re.findall("f", table([long]))) >= 70
    shown = table([long], width=80)
    assert ("end" in shown, "twice”" in shown, shown.count("…")) == (False, False, 3)
    assert table([ranked_post()]) == table([ranked_post()], width=80)


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("width", [None, 10, 16, 20, 39, 49, 50, 60, 80, 129, 130, 200])
def test_no_line_is_wider_than_the_terminal(width: int | None, color: bool):
    """No line passes the width, whatever is in it; under 16 columns, lines have 16 (O13)."""
    rows = [*a_queue(), ranked_post(guid="4", title="漢" * 90, feed="字" * 40, author="w" * 99)]
    rows.append(
        ranked_post(guid="5", brand="B" * 50, title=CANARY, text="👩‍👩‍👧" * 300, why="x" * 300)
    )
    post = render.show(rows[-1], now=NOW, style=Style(width=width, color=color))
    for text in (table(rows, width=width, color=color), post):
        plain = re.sub("\x1b\\[[0-9;]*m", "", text)
        assert max(map(cell_len, plain.splitlines())) <= max(16, width or 80)


def test_table_shows_markup_as_it_is():
    """Rich's markup and emoji codes in a title are letters (O03)."""
    title = "oops [/] x [link=http://evil.example]bank[/link] :smile: Acme [beta]"
    assert title in table([ranked_post(title=title)], width=140)


@pytest.mark.parametrize("width", [None, 30, 80, 140])
def test_canary_reaches_no_terminal(width: int | None):
    """No byte that a terminal obeys comes through, from any field, in table or show (O01, O02)."""
    post = ranked_post(
        brand=CANARY,
        title=CANARY,
        text=f"{CANARY} and {CANARY}\n{CANARY}",
        author=CANARY,
        feed=CANARY,
        why=CANARY,
        url=f"https://x.example/{CANARY}",
        language=CANARY,
    )
    post = replace(post, terms=tuple(replace(term, evidence=CANARY) for term in post.terms))
    style = Style(width=width)
    shown = render.show(post, now=NOW, style=style, history=[CANARY], notes=[CANARY])
    for text in (table([post], width=width), shown):
        assert OBEYED.findall(text) == []
    assert render.show(post, now=NOW, style=Style(width=width, ascii_only=True)).isascii()


@given(HOSTILE, st.integers(16, 150))
@settings(max_examples=60, deadline=None)
def test_any_words_fit_and_are_harmless(words: str, width: int):
    """Whatever a post says, lines fit and nothing is obeyed."""
    post = ranked_post(title=words, text=f"{words} Acme {words}", feed=words, author=words)
    shown = table([post], width=width) + render.show(post, now=NOW, style=Style(width=width))
    assert OBEYED.findall(shown) == []
    assert max(map(cell_len, shown.split("\n"))) <= width


# --- one post whole


def test_show_is_the_post_and_its_receipt():
    """`show` has the words with their marks, the sum that the rank is, the story, the history."""
    post = ranked_post(alike=1, rating=4.0)
    other = post.story.members[1].id
    shown = render.show(
        post,
        now=NOW,
        style=Style(width=60),
        history=["2026-11-22 08:00 shown"],
        notes=["refund started"],
    )
    assert shown == (
        "Charged twice, and nobody answers\n"
        "HN, jane_d, 2026-11-22T08:00:00Z (2 h ago)\n"
        "https://news.example/item?id=1\n"
        f"{post.judged.id} new\n"
        "\n"
        "We moved to «Acme» in May. Last week «Acme» *charged me\n"
        "twice*. Can anyone help?\n"
        "\n"
        "Worth 55.1\n"
        "  +47.0  negativity: charged me twice\n"
        "   +8.1  age: 2 h old\n"
        "         billing complaint, first-hand, asks for help\n"
        "\n"
        "Judged\n"
        "  brand       Acme 0.97\n"
        "              the title names it\n"
        "  negativity  0.94 (TextBlob's polarity -0.40)\n"
        "  intent      complaint 0.91, question 0.20\n"
        "  reasons     billing\n"
        "  signals     first hand: me\n"
        "  reach       48 comments, 120 points\n"
        "  rating      4 of 5\n"
        "  language    en\n"
        "\n"
        "The same story\n"
        f"  {other}  Charged twice, and nobody answers (HN,\n"
        "                jane_d, 2 h)\n"
        "\n"
        "History\n"
        "  2026-11-22 08:00 shown\n"
        "\n"
        "Notes\n"
        "  refund started\n"
    )


def test_show_of_a_bare_post():
    """What is unknown is said, and empty sections are left out."""
    bare = ranked_post(
        title="", text="", url=None, published=None, author=None, language=None, why="", terms=()
    )
    scored = replace(bare.judged.scored, negativity=None, polarity=None)
    judged = replace(bare.judged, scored=scored, intents=(), reasons=(), signals=())
    judged = replace(
        judged,
        scored=replace(
            scored,
            matched=replace(scored.matched, why=(), post=replace(bare.judged.post, reach=Reach())),
        ),
    )
    shown = render.show(replace(bare, judged=judged), now=NOW)
    assert shown == (
        "(no title)\n"
        "HN, at an unknown time\n"
        "no link\n"
        f"{judged.id} new\n"
        "\n"
        "Judged\n"
        "  brand       Acme 0.97\n"
        "  negativity  unknown\n"
        "  intent      complaint\n"
    )


def test_show_says_when_an_address_is_none():
    """An address with another scheme is text, and said to be no web address (X15)."""
    shown = render.show(ranked_post(url="javascript:alert(1)"), now=NOW)
    assert "\njavascript:alert(1) (not a web address)\n" in shown


def test_show_keeps_the_text_whole():
    """Nothing of the text is left out, and only runs of empty lines shrink to one."""
    text = "one\n\n\n \n\ntwo\nthree " + "word " * 5000 + "end"
    shown = render.show(ranked_post(text=text), now=NOW)
    assert (shown.count("word"), "one\n\ntwo\nthree word" in shown, "end" in shown) == (
        5000,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("names", "proofs", "shown"),
    [
        ([(4, 8)], [(0, 14)], "*The «Acme» thing* broke"),
        ([(4, 8)], [(4, 8)], "The *«Acme»* thing broke"),
        ([(4, 8)], [(6, 14)], "The «Ac*me» thing* broke"),
        ([], [(0, 8), (4, 14)], "*The Acme thing* broke"),
        ([], [(0, 3), (4, 8)], "*The* *Acme* thing broke"),
        ([(4, 99), (-1, 3), (5, 5)], [(-1, -1)], "The Acme thing broke"),
    ],
)
def test_marks_nest_and_overlap(
    names: list[tuple[int, int]], proofs: list[tuple[int, int]], shown: str
):
    """Marks are set where the offsets say; overlapping evidence is one mark; wrong offsets none."""
    post = ranked_post(text="The Acme thing broke", proofs=())
    mentions = tuple(Mention("Acme", "x", "text", *span, "name") for span in names)
    evidence = tuple(Evidence("cue", "x", 1.0, "text", *span) for span in proofs)
    scored = post.judged.scored
    matched = replace(scored.matched, mentions=mentions)
    scored = replace(scored, matched=matched, evidence=evidence, verdicts=())
    changed = replace(post, judged=replace(post.judged, scored=scored))
    assert f"\n{shown}\n" in render.show(changed, now=NOW)


def test_marks_are_colours_where_there_is_colour():
    """With colour the brand and the evidence are coloured and nothing is added to the text."""
    shown = render.show(ranked_post(title="Acme"), now=NOW, style=Style(width=100, color=True))
    assert "Last week \x1b[1;36mAcme\x1b[0m \x1b[33mcharged me twice\x1b[0m. Can" in shown
    assert "«" not in shown
    assert "\x1b[1;36mAcme\x1b[0m\n" in shown


# --- building blocks


def test_a_name_is_marked_in_any_case_and_no_name_marks_nothing():
    """Names are found whatever their case; empty ones and no names mark nothing."""
    style = Style(color=True)
    text = terminal.mark(terminal.words("ACME and acme", style), ["Acme", ""], style)
    assert [(span.start, span.end) for span in text.spans] == [(0, 4), (9, 13)]
    assert terminal.mark(terminal.words("ACME", style), ["\x00"], style).spans == []


# --- feeds

FEEDS = [
    render.FeedRow(
        name="HN",
        url="https://news.example/rss?q=acme",
        about=None,
        status="ok",
        last_ok=NOW - timedelta(hours=1),
        next_check=NOW + timedelta(minutes=20),
        posts=30,
        error=None,
    ),
    render.FeedRow(
        name="=forum",
        url="https://forum.example/new.rss",
        about="Acme",
        status="failing",
        last_ok=None,
        next_check=NOW,
        posts=0,
        error="404 Not Found \x1b[2J",
    ),
]


def test_feeds_as_a_table():
    """A feed has its name, address, brand and failure, and how it has been."""
    assert render.feeds_table(FEEDS, now=NOW, style=Style(width=70)) == (
        "Feed                                Status   Last ok  Next       Posts\n"
        "HN                                  ok       1 h ago  in 20 min     30\n"
        "https://news.example/rss?q=acme\n"
        "\n"
        "=forum                              failing  never    due            0\n"
        "https://forum.example/new.rss\n"
        "about Acme\n"
        "404 Not Found [2J\n"
    )
    assert render.feeds_table([], now=NOW) == ""


@pytest.mark.parametrize("width", [10, 20, 40, 140])
def test_feeds_fit(width: int):
    """The table of feeds is never wider than the terminal."""
    shown = render.feeds_table(FEEDS, now=NOW, style=Style(width=width))
    assert max(map(cell_len, shown.splitlines())) <= max(16, width)


def test_feeds_for_programs():
    """CSV and JSON have the row's names, times in UTC, null where unknown."""
    header, first, second = csv.reader(
        io.StringIO(render.feeds_table(FEEDS, "csv", now=NOW), newline="")
    )
    assert header == [
        *("name", "url", "about", "status", "last_ok", "next_check", "posts", "error"),
        *("last_check", "waits_for", "failures", "failing_since", "moved_to", "gone"),
    ]
    assert first[4:8] == ["2026-11-22T09:00:00Z", "2026-11-22T10:20:00Z", "30", ""]
    assert first[8:] == ["", "", "0", "", "", "false"]
    assert second[0] == "'=forum"
    array = json.loads(render.feeds_table(FEEDS, "json", now=NOW))
    assert array[1]["last_ok"] is None
    lines = render.feeds_table(FEEDS, "jsonl", now=NOW).splitlines()
    assert [json.loads(line) for line in lines] == array


def test_feeds_have_no_other_format():
    """A format that feeds cannot have is refused with the list of those they can."""
    with pytest.raises(UsageError, match="'markdown': choose one of table, csv, json, jsonl"):
        render.feeds_table(FEEDS, "markdown", now=NOW)
