"""What people make of the queue themselves: chosen fields, and line formats of their own."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from scanner import render
from scanner.errors import UsageError
from scanner.records import Reach
from scanner.render import Template, chosen, spreadsheet
from scanner.render.fields import NAMES
from scanner.render.style import Style
from tests.test_render import NOW, ranked_post
from tests.test_render_terminal import CANARY, HOSTILE, OBEYED

WIDE = Style(width=100)


def made(told: str, format: str, *rows: Any, style: Style | None = None) -> str:
    """Render chosen fields of posts, or of one plain post."""
    return render.render(rows or [ranked_post()], format, now=NOW, style=style, fields=chosen(told))


def lines(source: str, *rows: Any) -> str:
    """Render posts, or one plain post, by a template."""
    queue = rows or [ranked_post()]
    return render.render(queue, "template", now=NOW, template=Template(source))


def refused(source: str) -> str:
    """What is said of a template that does not do."""
    with pytest.raises(UsageError) as caught:
        lines(source)
    return str(caught.value)


# --- chosen fields --------------------------------------------------------------------------------


def test_fields_come_in_the_order_they_were_asked_for():
    """CSV, JSON and JSON Lines hold the fields that were named, in that order, each once."""
    told = "worth, url,title,worth"
    assert made(told, "csv") == (
        '"worth","url","title"\r\n'
        '55.1,"https://news.example/item?id=1","Charged twice, and nobody answers"\r\n'
    )
    line = made(told, "jsonl")
    assert line == (
        '{"worth":55.1,"url":"https://news.example/item?id=1",'
        '"title":"Charged twice, and nobody answers"}\n'
    )
    assert json.loads(made(told, "json")) == [json.loads(line)]


def test_fields_may_be_inside_others_or_flattened():
    """`reach.comments` and the CSV's `reach_comments` are the same number."""
    told = "reach.comments,reach_comments,story.size,intents.complaint,intents.news,sentence"
    assert json.loads(made(told, "jsonl")) == {
        "reach.comments": 48,
        "reach_comments": 48,
        "story.size": 1,
        "intents.complaint": 0.912,
        "intents.news": None,
        "sentence": "We moved to Acme in May.",
    }


def test_json_keeps_shapes_and_csv_flattens_them():
    """A list stays a list in JSON; a cell has it as the CSV always had, or as JSON."""
    post = replace(ranked_post(), tags=("refund", "vip"))
    told = "reasons,tags,story"
    assert json.loads(made(told, "jsonl", post)) == {
        "reasons": ["billing"],
        "tags": ["refund", "vip"],
        "story": {"id": "story-1", "size": 1},
    }
    _, row = csv.reader(io.StringIO(made(told, "csv", post), newline=""))
    assert row == ["billing", "refund;vip", '{"id":"story-1","size":1}']


def test_what_nothing_is_known_of_is_an_empty_cell():
    """Three nulls are no news to a person; JSON keeps them."""
    unknown = ranked_post(reach=Reach())
    assert made("id,reach", "csv", unknown).splitlines()[1].endswith(',""')
    assert made("id,reach", "table", unknown).endswith("\t\n")
    assert json.loads(made("reach", "jsonl", unknown))["reach"]["views"] is None


def test_every_name_can_be_asked_for():
    """All names of the record and of the CSV are fields, and all of them can be written."""
    assert set(spreadsheet.COLUMNS) < set(NAMES)
    told = ",".join(NAMES)
    assert list(json.loads(made(told, "jsonl"))) == list(NAMES)
    assert len(made(told, "table").rstrip("\n").split("\t")) == len(NAMES)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("worth,titel", '--fields: no such field "titel"; did you mean "title"? There are id, url'),
        ("reach-views", 'did you mean "reach_views"?'),
        ("Title", 'did you mean "title"?'),
        ("xyzzy", '--fields: no such field "xyzzy"; there are id, url, title'),
        ("mentions.text", 'no such field "mentions.text"'),
        (" , ", "--fields: no field is named; expected some as in worth,title,url"),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest(told: str, said: str):
    """A name that no record has is a mistake, and the nearest is named."""
    with pytest.raises(UsageError) as caught:
        chosen(told)
    assert said in str(caught.value)


def test_a_format_without_fields_is_refused():
    """Markdown has an order of its own."""
    with pytest.raises(UsageError, match="--fields goes with table, csv, json, jsonl; markdown"):
        made("worth", "markdown")


def test_fields_on_a_terminal_are_columns_under_a_header():
    """A person gets aligned columns, numbers to the right, long ones cut."""
    rows = [ranked_post(), ranked_post(guid="2", title="x" * 300)]
    shown = made("worth,title", "table", *rows, style=Style(width=60))
    head, first, *more = shown.splitlines()
    assert head == "worth  title"
    assert first == " 55.1  Charged twice, and nobody answers"
    assert more[0] == " 55.1  " + "x" * 53
    assert shown.count("x") == 240
    assert more[-1].endswith("…")


def test_fields_in_a_pipe_are_a_line_a_post_with_tabs():
    """What `cut` reads has no header, no padding, and nothing is cut; also where COLUMNS is set."""
    post = ranked_post(title="a\tb\nc" + "x" * 300, author=None)
    line = "55.1\ta b c" + "x" * 300 + "\t\tHN\n"
    for style in (Style(), Style(width=40, piped=True)):
        assert made("worth,title,author,feed", "table", post, style=style) == line


def test_many_fields_on_a_small_terminal_are_lines():
    """Where columns would be too narrow, each field has a line, and posts an empty one between."""
    shown = made("id,title,url,why", "table", *[ranked_post()] * 2, style=Style(width=40))
    assert shown.splitlines()[:2] == [
        "id: b4deee8a0aea",
        "title: Charged twice, and nobody answers",
    ]
    assert "\n\nid: " in shown


def test_no_posts_no_fields():
    """Without posts a table of fields is empty, CSV has its header, JSON an empty array."""
    empty = {f: render.render([], f, now=NOW, fields=("worth", "id")) for f in render.FORMATS if
             f != "markdown"}  # fmt: skip
    assert empty == {"table": "", "csv": '"worth","id"\r\n', "json": "[]\n", "jsonl": ""}


@given(HOSTILE, st.integers(16, 150), st.lists(st.sampled_from(NAMES), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_fields_fit_and_are_harmless(words: str, width: int, names: list[str]):
    """Whatever a post says and whatever is asked for, lines fit and nothing is obeyed."""
    post = ranked_post(title=words, text=f"{words} Acme {words}", feed=words, author=words)
    told = ",".join(names)
    shown = made(told, "table", post, style=Style(width=width))
    assert OBEYED.findall(shown) == []
    assert max(map(cell_len, shown.split("\n"))) <= width
    assert OBEYED.sub("", made(told, "table", post)).count("\n") == 1


# --- templates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("{{ worth }}\t{{ title }} {{ url }}", "55.1\tCharged twice, and nobody answers https://news.example/item?id=1"),
        ("{{ reach.comments }} {{ reach.views }}|{{ author }}", "48 |jane_d"),
        ("{{ terms[0].name }} {{ terms|length }}", "negativity 2"),
        ("{{ reasons|join(', ') }} {{ published[:10] }}", "billing 2026-11-22"),
        ("{{ title|tojson }}", '"Charged twice, and nobody answers"'),
        ("{{ reach|tojson }}", '{"comments":48,"points":120,"views":null}'),
        ("{% if worth > 50 %}!{% endif %}{{ worth|round|int }}", "!55"),
        ("{# a remark #}{{ '%.0f' % worth }}", "55"),
        ("two\n{{ status }}", "two\nnew"),
        ("{% for term in terms %}{{ term.points }} {% endfor %}", "47.0 8.1 "),
    ],
)  # fmt: skip
def test_a_template_is_a_line_for_each_post(source: str, line: str):
    """Fields under their names, what is unknown empty, and a line end behind each post."""
    assert lines(source, ranked_post(), ranked_post()) == f"{line}\n" * 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a\n{{ titel }}", '--template: line 2: no such field "titel"; did you mean "title"?'),
        ("a\n\n{{ reach.coments }}", "line 3: 'dict object' has no attribute 'coments'"),
        ("{{ worth", "--template: line 1: unexpected end of template"),
        ("{% if %}", "--template: line 1: Expected an expression"),
        ("{{ title|shout }}", "--template: line 1: No filter named 'shout'"),
        ("{{ 1 / 0 }}", "--template: line 1: division by zero (post b4deee8a0aea)"),
        ("{{ worth + title }}", "--template: line 1: unsupported operand"),
        ("{% include '/etc/passwd' %}", "--template: line 1: no loader"),
        ("{{ title.__class__.__mro__ }}", "unsafe"),
        ("{{ ''['__class__'] }}", "unsafe"),
        ("{{ '{0.__class__}'.format(title) }}", "unsafe"),
        ("{{ cycler.__init__.__globals__ }}", "unsafe"),
        ("{{ reasons.append('x') }}", "unsafe"),
        ("{% for n in range(10**9) %}x{% endfor %}", "Range too big"),
        ("{{ 'x' * 10**10 }}", "* makes too much of it"),
        ("{{ 10**10 * [1] }}", "* makes too much of it"),
        ("{{ 2**100000000 }}", "** makes too much of it"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{{" + "(" * 5000, "--template: nested too deeply"),
        ("{{ lipsum() }}", 'no such field "lipsum"'),
    ],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_a_template_that_fails_is_told_with_its_line(source: str, said: str):
    """Names, syntax, arithmetic, ways out of the sandbox and endless work: all are mistakes."""
    assert said in refused(source)


def test_a_template_s_values_are_one_line_each():
    """No title can add a line or a column to a format; only `text` keeps its lines."""
    post = ranked_post(title="a\nb\tc", text="one\n\nAcme two")
    assert lines("{{ title }}|{{ text }}", post) == "a b c|one\n\nAcme two\n"


def test_nothing_of_a_template_acts_on_a_terminal():
    """What posts say is harmless in a template, and so is what the template itself says."""
    post = ranked_post(title=CANARY, text=f"Acme {CANARY}", author=CANARY, feed=CANARY)
    post = replace(post, owner=CANARY, tags=(CANARY,))
    names = ("title", "text", "author", "feed", "owner", "tags", "mentions", "terms")
    source = "\x1b[2J\u202e" + "".join(f"{{{{ {name} }}}}" for name in names)
    assert OBEYED.findall(lines(source, post).replace("\n", "")) == []
    assert lines("{{ title|tojson }}{{ '\\x9b' }}", ranked_post(title="é")) == '"é"\n'


def test_numbers_multiply_in_a_template():
    """What is no repetition is left alone."""
    assert (
        lines("{{ worth * 2 }} {{ 2**8 }} {{ 'ab' * 2 }} {{ 0.5 * 3 }}") == "110.2 256 abab 1.5\n"
    )
