"""What programs read: CSV, JSON, JSON Lines, Markdown, and the schema that describes them."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # comes with rich

from scanner import render
from scanner.records import Term
from scanner.render import jsons, markdown, spreadsheet
from scanner.render.record import MentionRecord, Record
from scanner.render.schema import schema
from scanner.render.style import Style
from scanner.text import inert
from tests.test_render import NOW, TEXT, ranked_post

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NASTY = st.text(
    st.one_of(
        st.sampled_from(
            "=+-@＝＋－＠﹣\t\r\n\x00\x1b\x9b\u202e\u200b\ufeff\ud800 \"',;|`*_[]<>&\\#!$"
        ),
        st.characters(),
    ),
    max_size=40,
)


def cells_of(text: str) -> list[list[str]]:
    """Read CSV as Python's own reader does."""
    return list(csv.reader(io.StringIO(text, newline="")))


# --- CSV ---------------------------------------------------------------------------------------


def test_csv_flattens_the_record():
    """The CSV has a header and one row a post, the record's names flattened."""
    post = ranked_post(terms=(Term("negativity", 47.0, "x"), Term("age", -8.1)), alike=1)
    post = replace(post, owner="Kim", tags=("refund", "vip"))
    header, row = cells_of(render.render([post], "csv", now=NOW))
    assert tuple(header) == spreadsheet.COLUMNS
    assert dict(zip(header, row, strict=True)) == {
        "id": post.judged.id,
        "url": "https://news.example/item?id=1",
        "title": "Charged twice, and nobody answers",
        "author": "jane_d",
        "feed": "HN",
        "published": "2026-11-22T08:00:00Z",
        "language": "en",
        "brand": "Acme",
        "brand_confidence": "0.97",
        "sentence": "We moved to Acme in May.",
        "negativity": "0.94",
        "polarity": "-0.4",
        "intent": "complaint",
        "intents": "complaint 0.912; question 0.2",
        "reasons": "billing",
        "reach_comments": "48",
        "reach_points": "120",
        "reach_views": "",
        "worth": "38.9",
        "terms": "negativity +47.0; age -8.1",
        "why": "billing complaint, first-hand, asks for help",
        "story_id": "story-1",
        "story_size": "2",
        "status": "new",
        "text": TEXT,
        "rating": "",
        "kind": "post",
        "signals": "first_hand",
        "truncated": "false",
        "schema_version": "1",
        "owner": "Kim",
        "tags": "refund;vip",
    }


def test_csv_quotes_text_and_not_numbers():
    """Text cells are quoted, numbers are bare, rows end in CRLF (RFC 4180, O06)."""
    text = render.render([ranked_post(title='5" nail, "Acme"')], "csv", now=NOW)
    assert '"5"" nail, ""Acme""","jane_d","HN"' in text
    assert ',0.94,-0.4,"complaint"' in text
    assert text.count("\r\n") == 2
    assert text.endswith("\r\n")


def test_csv_without_mention_has_an_empty_sentence():
    """A post that only its feed says is about the brand has no sentence."""
    header, row = cells_of(render.render([ranked_post(text="Broken", title="Hm")], "csv", now=NOW))
    assert row[header.index("sentence")] == ""


@pytest.mark.parametrize(
    ("told", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        (" =1", "' =1"),
        ("\u3000\u200b=1", "'\u3000=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\nx"),
        ("\nx", "'\nx"),
        ("\x00=1", "'=1"),
        ("a=1", "a=1"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b]52;c;x\x07\x9b2J\x7f", "]52;c;x2J"),
        ("a\u202eb\u2066c\u200bd\ufeff\uffff\u061ce", "abcde"),
        ("a\u2028b\x85c\x0bd", "a\nb\nc\nd"),
        ("\u200b=1", "'=1"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_csv_cells_are_defused(told: str, cell: str):
    """A cell that a spreadsheet would run starts with an apostrophe (O05); controls are gone."""
    assert cells_of(spreadsheet.sheet(["a"], [[told]], Style())) == [["a"], [cell]]


def test_csv_raw_leaves_formulas_alone():
    """With csv_raw only what no CSV may hold is changed."""
    sheet = spreadsheet.sheet(["a"], [["=1"], ["\x00-1"], [-1.5], [None]], Style(csv_raw=True))
    assert sheet == '"a"\r\n"=1"\r\n"-1"\r\n-1.5\r\n""\r\n'


def test_excel_gets_one_byte_order_mark():
    """The mark stands once, at the start, and only if asked for (O07)."""
    rows = [ranked_post(), ranked_post(guid="2", title="\ufeffAcme")]
    plain = render.render(rows, "csv", now=NOW)
    marked = render.render(rows, "csv", now=NOW, style=Style(excel=True))
    assert (marked[0], marked[1:]) == ("\ufeff", plain)


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), max_size=5))
@settings(max_examples=150, deadline=None)
def test_csv_round_trip(rows: list[list[str]]):
    """A CSV reader gets back the rows that went in, and no cell of them can run."""
    text = spreadsheet.sheet(["a", "b"], rows, Style())
    text.encode("utf-8")
    read = cells_of(text)[1:]
    assert len(read) == len(rows)
    for cell, told in zip(chain(*read), chain(*rows), strict=True):
        assert cell.removeprefix("'") == inert(told).removeprefix("'")
        assert not re.match(r"[\s\u200b\u202e\ufeff]*[=+\-@＝＋－＠﹣]|[\t\n]", cell)


# --- JSON --------------------------------------------------------------------------------------


def test_json_is_one_array_and_jsonl_a_record_a_line():
    """The array and the lines hold the same records, in the order given."""
    rows = [ranked_post(), ranked_post(guid="2", text="one\ntwo\u2028three Acme")]
    array = json.loads(render.render(rows, "json", now=NOW))
    lines = render.render(rows, "jsonl", now=NOW).splitlines()
    assert [json.loads(line) for line in lines] == array
    assert [row["id"] for row in array] == [row.judged.id for row in rows]
    assert array[1]["text"] == "one\ntwo\u2028three Acme"
    assert list(array[0]) == [field.name for field in fields(Record)]
    assert array[0]["terms"][0] == {
        "name": "negativity",
        "points": 47.0,
        "evidence": "charged me twice",
    }
    assert array[0]["reach"] == {"comments": 48, "points": 120, "views": None}


@given(NASTY)
@settings(max_examples=100, deadline=None)
def test_json_is_valid_and_harmless(text: str):
    """Any title comes back as it was, and no control character is in the bytes (O01, X14)."""
    printed = render.render([ranked_post(title=text)], "jsonl", now=NOW)
    printed.encode("utf-8")
    assert not CONTROL.search(printed)
    assert json.loads(printed)["title"] == re.sub("[\ud800-\udfff]", "\ufffd", text)


def test_json_escapes_what_a_terminal_would_obey():
    """DEL, C1 and bidi controls are escaped, letters are not."""
    printed = jsons.line({"a": "\x1b\x7f\x9b\u202e\u2028 ü"})
    assert printed == '{"a":"\\u001b\\u007f\\u009b\\u202e\\u2028 ü"}\n'


def test_json_line_of_other_things_survives_surrogates():
    """What is no record is not cleaned beforehand: a lone surrogate still becomes U+FFFD."""

    @dataclass(frozen=True)
    class Thing:
        name: str
        parts: tuple[int, ...]

    assert json.loads(jsons.line(Thing("\ud800", (1, 2)))) == {"name": "\ufffd", "parts": [1, 2]}


# --- the schema --------------------------------------------------------------------------------


def validator(name: str) -> Any:
    """Check against one of the schema's definitions."""
    whole = schema()
    return jsonschema.Draft202012Validator({**whole, "anyOf": [{"$ref": f"#/$defs/{name}"}]})


def test_schema_is_a_schema():
    """The schema itself is valid JSON Schema 2020-12 and can be printed."""
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


def test_schema_names_every_field():
    """Record and schema have the same fields in the same order, all required, all described."""
    told = schema()["$defs"]
    assert list(told["record"]["properties"]) == [field.name for field in fields(Record)]
    assert told["record"]["required"] == [field.name for field in fields(Record)]
    assert list(told["mention"]["properties"]) == [field.name for field in fields(MentionRecord)]
    properties = [
        (name, node)
        for name in ("record", "mention", "score", "score_input")
        for name, node in told[name]["properties"].items()
    ]
    assert [name for name, node in properties if not node.get("description")] == []


@pytest.mark.parametrize(
    "post",
    [
        ranked_post(alike=3),
        ranked_post(author=None, published=None, url="javascript:x", language=None, text=""),
        ranked_post(terms=(), rating=3.5, kind="review", status="snoozed"),
        ranked_post(title="\ud800\x1b", why=""),
    ],
    ids=["plain", "bare", "review", "hostile"],
)
def test_records_fit_the_schema(post: Any):
    """What is printed validates: a line as a record, the whole as an array (O08)."""
    line = json.loads(render.render([post], "jsonl", now=NOW))
    array = json.loads(render.render([post], "json", now=NOW))
    assert [error.message for error in validator("record").iter_errors(line)] == []
    assert [error.message for error in validator("records").iter_errors(array)] == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("worth", 101), ("worth", None), ("intent", "rage"), ("id", 3), ("status", "lost")],
)
def test_schema_refuses_what_is_wrong(name: str, wrong: object):
    """A record with a wrong value, or without a field, does not validate."""
    row = json.loads(render.render([ranked_post()], "jsonl", now=NOW))
    assert not validator("record").is_valid({**row, name: wrong})
    assert not validator("record").is_valid({key: row[key] for key in row if key != name})
    assert validator("record").is_valid({**row, "added_later": 1})


def test_schema_of_score_lines():
    """A judged line needs no brand; a line to be judged needs a text."""
    judged = {"negativity": 0.9, "intent": "complaint", "reasons": [], "language": "en"}
    assert validator("score").is_valid(judged)
    assert validator("score").is_valid({**judged, "id": "7", "polarity": None, "title": None})
    row = json.loads(render.render([ranked_post()], "jsonl", now=NOW))
    assert validator("score").is_valid({**row, "feed": None})
    assert not validator("score").is_valid({**judged, "negativity": 2})
    assert validator("score_input").is_valid({"text": "x", "brands": ["Acme"]})
    assert not validator("score_input").is_valid({"title": "x"})


# --- Markdown ----------------------------------------------------------------------------------


def html_of(text: str) -> str:
    """Render as GitHub would: CommonMark with tables, strikethrough and bare links."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(parser.render(text))


def test_markdown_is_a_numbered_list():
    """Each post is a list item: worth, link, facts, the author's words, why."""
    rows = [
        ranked_post(),
        ranked_post(guid="2", url=None, author=None, published=None, status="open", why=""),
    ]
    first, second = (row.judged.id[:6] for row in rows)
    assert render.render(rows, "markdown", now=NOW) == (
        "1. **55.1** [Charged twice, and nobody answers](<https://news.example/item?id=1>)"
        f" (HN, jane\\_d, 2 h, `{first}`)\n"
        "\n"
        "   > Last week Acme charged me twice.\n"
        "\n"
        "   billing complaint, first-hand, asks for help\n"
        "\n"
        f"2. **55.1** Charged twice, and nobody answers (HN, `{second}`, open)\n"
        "\n"
        "   > Last week Acme charged me twice.\n"
    )


def test_markdown_items_stay_items_from_the_tenth_on():
    """Paragraphs of "10." stand in one column more, or they would leave the list."""
    rows = [ranked_post(guid=str(at)) for at in range(11)]
    page = html_of(render.render(rows, "markdown", now=NOW))
    assert (page.count("<ol>"), page.count("<li>"), page.count("<blockquote>")) == (1, 11, 11)


def test_markdown_names_the_brand_where_there_are_several():
    """With two brands in the list, each item says its own."""
    rows = [ranked_post(), ranked_post(brand="Glo*bex", title="Glo*bex")]
    assert "(Glo\\*bex, HN, " in render.render(rows, "markdown", now=NOW)


def test_markdown_quotes_nothing_where_the_title_says_it_all():
    """A post that is only its title has no quote."""
    assert ">" not in render.render(
        [ranked_post(title="Acme broke", text="", url=None)], "markdown", now=NOW
    )


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "a | b",
        "`code` ``x``",
        "[bank](http://evil.example)",
        "](http://evil.example) x",
        "![img](http://evil.example/p.png)",
        "# head",
        "*bold* _it_ **b**",
        "- item",
        "1. item",
        "&lt;b&gt; &#60;",
        "back\\slash \\",
        "<http://evil.example>",
        "~~gone~~ $x$",
        "=====",
        "line\n\n# two\n---\n<b>",
    ],
)
def test_markdown_survives_any_title(title: str):
    """A hostile title, feed, sentence or why is shown as it reads: no tag, link or break-out."""
    post = ranked_post(title=title, feed=title, author=title, why=title, text=f"{title} Acme")
    page = html_of(render.render([post], "markdown", now=NOW))
    tags = re.findall(r"<(/?\w+)(?: href=\"https://news.example/item\?id=1\")?>", page)
    assert set(tags) <= {*("ol", "li", "p", "strong", "a", "blockquote", "code")} | {
        *("/ol", "/li", "/p", "/strong", "/a", "/blockquote", "/code")
    }
    assert len(tags) == page.count("<")
    assert (page.count("<a "), page.count("<strong>"), page.count("<code>")) == (1, 1, 1)
    shown = re.sub(r"<[^>]*>", "", page).replace("&lt;", "<").replace("&gt;", ">")
    shown = shown.replace("&quot;", '"').replace("&amp;", "&")
    assert shown.count(" ".join(title.split())) >= 4


@given(NASTY)
@settings(max_examples=150, deadline=None)
def test_markdown_text_means_itself(text: str):
    """Whatever is escaped renders as one paragraph of plain text."""
    page = html_of(markdown.escape(text))
    assert re.fullmatch(r"(<p>[^<]*</p>\n)?", page)


def test_markdown_links_cannot_be_broken_out_of():
    """In a link, blanks, brackets, quotes and HTML are percent-encoded; other schemes are text."""
    url = 'https://x.example/a (b)<i>"`|\\\n\u202e?c=1&lt;=2&d=%20'
    page = render.render([ranked_post(url=url)], "markdown", now=NOW)
    assert (
        "](<https://x.example/a%20%28b%29%3Ci%3E%22%60%7C%5C%0A%E2%80%AE?c=1&amp;lt;=2&amp;d=%20>)"
        in page
    )
    assert "&lt;" not in html_of(page).replace("&amp;lt;", "")
    assert "](" not in render.render([ranked_post(url="javascript:x")], "markdown", now=NOW)


def test_bare_addresses_do_not_become_links():
    """GitHub makes links of bare addresses; the escape keeps a title's from being one."""
    assert markdown.escape("see www.evil.example or HTTP://x") == (
        "see www\\.evil.example or HTTP\\://x"
    )


# --- speed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [" ", "\n", "=", "\u200b", "1"])
def test_no_text_is_slow_to_defuse(sign: str):
    """A megabyte of one character takes no more than seconds anywhere: every pattern is linear."""
    hostile = sign * 1_000_000 + "x"
    started = time.process_time()
    spreadsheet.sheet(["a"], [[hostile]], Style())
    jsons.line({"a": hostile})
    markdown.escape(hostile)
    assert time.process_time() - started < 30  # 0.1 to 4 s; quadratic: hours
