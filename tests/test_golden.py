"""Golden files: what is printed, byte by byte, for a queue and for feeds written by hand.

`python -m tests.test_golden` writes them anew; read the difference before you keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scanner import render
from scanner.records import Ranked, Reach, Term
from scanner.render import FeedRow, Style, Template, chosen
from tests.test_render import NOW, ranked_post

GOLDEN = Path(__file__).parent / "golden"


def queue() -> list[Ranked]:
    """Five posts: a complaint with copies, an aside, other scripts, a hostile one, a bare one."""
    return [
        replace(
            ranked_post(alike=2, status="open"), owner="Kim", tags=("refund", "vip")
        ),
        ranked_post(
            guid="2",
            title="How I run my bakery, and every tool that I have tried for its books so far",
            text="We bake at four. I tried to move the ledger to Acme, but the import stopped with "
            "a five digit error number and nothing else, so back to paper it went.\n\nBread since.",
            proofs=("five digit error number",),
            feed="The Flour Blog",
            author="Ana Flour",
            why="bug, an aside in a long post, first-hand, 53 h old",
            terms=(Term("negativity", 31.4, "five digit error number"), Term("aside", -6.0)),
            published=NOW - timedelta(hours=53),
            reach=Reach(),
        ),
        ranked_post(
            guid="3",
            title="漢字 Acme 請款兩次 👍🏽👩\u200d💻 e\u0301te\u0301",
            text="Acme 收了我兩次錢。誰能幫忙?",
            proofs=(),
            language="zh",
            author="山田",
            feed="V2EX",
            why="billing",
        ),
        ranked_post(
            guid="4",
            title='=HYPERLINK("http://x") \x1b]52;c;YWJj\x07\u202eAcme\u200b [b]x[/b] <b> | `'
            " \ud800",
            text="@SUM(1) Acme broke.\r\nIt said \x9b2J and \x1b[31mred.\u2028New line.",
            proofs=("broke",),
            author="\tjane\x00",
            feed="＝forum",
            url="javascript:alert(1)",
            why="bug",
            rating=2.0,
            kind="review",
            status="snoozed",
        ),
        ranked_post(
            guid="5",
            title="",
            text="So.",
            proofs=(),
            author=None,
            published=None,
            url=None,
            terms=(),
            why="",
            language=None,
            reach=Reach(),
        ),
    ]  # fmt: skip


def feeds() -> list[FeedRow]:
    """Four feeds: one works, one waits, one has moved and fails, one is gone."""
    hour = timedelta(hours=1)
    works = FeedRow(
        name="Hacker News",
        url="https://hnrss.example/newest?q=acme&count=100",
        about=None,
        status="ok",
        last_ok=NOW - hour,
        next_check=NOW,
        posts=30,
        error=None,
        last_check=NOW - hour,
    )
    return [
        works,
        replace(
            works,
            name="r/acme, everything new",
            url="https://reddit.example/r/acme/new.rss?feed=***&user=***&limit=100&sort=new",
            about="Acme",
            next_check=NOW + hour,
            waits_for="max-age",
        ),
        replace(
            works,
            name="=Forum",
            url="https://forum.example/new.rss",
            status="failing",
            last_ok=NOW - 50 * hour,
            next_check=NOW + 9 * hour,
            waits_for="backoff",
            error="the server says 503 Service Unavailable \x1b[2J (it is not you)",
            failures=6,
            failing_since=NOW - 40 * hour,
            moved_to="https://community.example/new.rss",
        ),
        replace(
            works, name="Old blog", status="gone", last_ok=None, posts=0, error="410", gone=True
        ),
    ]


def _table(**style: object) -> str:
    return render.render(queue(), "table", now=NOW, style=Style(**style))  # type: ignore[arg-type]


def _show(at: int, **style: object) -> str:
    history = ["2026-11-22 09:00 open", "2026-11-22 09:30 assigned to Kim"]
    notes = ["2026-11-22 09:31 asked for the invoice \x1b[2J"] if at == 0 else []
    return render.show(
        queue()[at], now=NOW, style=Style(**style), history=history, notes=notes  # type: ignore[arg-type]
    )  # fmt: skip


def _fields(format: str, **style: object) -> str:
    told = chosen("worth,status,owner,tags,reach.comments,title,url")
    return render.render(queue(), format, now=NOW, style=Style(**style), fields=told)  # type: ignore[arg-type]


def _line(source: str) -> str:
    return render.render(queue(), "template", now=NOW, template=Template(source))


MADE: dict[str, Callable[[], str]] = {
    "table-40.txt": lambda: _table(width=40),
    "table-80.txt": lambda: _table(width=80),
    "table-80-colour.txt": lambda: _table(width=80, color=True),
    "table-80-ascii.txt": lambda: _table(width=80, ascii_only=True),
    "table-140.txt": lambda: _table(width=140),
    "table-pipe.txt": lambda: _table(),
    "show-80.txt": lambda: _show(0, width=80),
    "show-80-colour.txt": lambda: _show(0, width=80, color=True),
    "show-40-hostile.txt": lambda: _show(3, width=40),
    "queue.csv": lambda: render.render(queue(), "csv", now=NOW),
    "queue-raw-excel.csv": lambda: render.render(
        queue(), "csv", now=NOW, style=Style(csv_raw=True, excel=True)
    ),
    "queue.json": lambda: render.render(queue(), "json", now=NOW),
    "queue.jsonl": lambda: render.render(queue(), "jsonl", now=NOW),
    "queue.md": lambda: render.render(queue(), "markdown", now=NOW),
    "fields-100.txt": lambda: _fields("table", width=100),
    "fields-pipe.txt": lambda: _fields("table"),
    "fields.csv": lambda: _fields("csv"),
    "fields.jsonl": lambda: _fields("jsonl"),
    "template.txt": lambda: _line(
        "{{ worth }} {{ title or '(no title)' }}{% if tags %} [{{ tags|join(' ') }}]{% endif %}"
    ),
    "feeds-80.txt": lambda: render.feeds_table(feeds(), now=NOW, style=Style(width=80)),
    "feeds-140.txt": lambda: render.feeds_table(feeds(), now=NOW, style=Style(width=140)),
    "feeds.csv": lambda: render.feeds_table(feeds(), "csv", now=NOW),
    "feeds.json": lambda: render.feeds_table(feeds(), "json", now=NOW),
}


@pytest.mark.case("O11")
@pytest.mark.parametrize("name", list(MADE))
def test_the_same_queue_gives_the_same_bytes(name: str) -> None:
    """What is printed is what a person has read and kept, to the last byte."""
    assert MADE[name]().encode("utf-8") == (GOLDEN / name).read_bytes()


def test_no_golden_file_is_left_over() -> None:
    """Each file is made by something."""
    kept = {path.name for path in GOLDEN.iterdir() if not path.name.startswith(".")}

    assert kept == MADE.keys()


if __name__ == "__main__":
    for name, make in MADE.items():
        (GOLDEN / name).write_bytes(make().encode("utf-8"))
