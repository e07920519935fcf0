"""`list`: filters, search and order from the command line, and what it says of what is missing."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Cli, rss

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")

POSTS = [
    {
        "title": "Acme lost my order",
        "text": "Acme lost my order and I am still waiting for an answer.",
        "author": "Ines (@ines)",
        "when": NOW - timedelta(hours=2),
        "comments": 3,
    },
    {
        "title": "Acme crashes",
        "text": "The Acme app crashes on every start. Café wifi or not.",
        "author": "joe",
        "when": NOW - timedelta(days=5),
        "comments": 40,
    },
    {
        "title": "Charged twice",
        "text": "Acme charged me twice and will not refund the second invoice.",
        "author": "ann",
        "when": NOW - timedelta(days=9),
    },
    {
        "title": "An old one",
        "text": "Acme ruined my birthday. Terrible support, nobody answers.",
        "author": "old",
        "when": NOW - timedelta(days=40),
    },
]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A folder with a config and a database that was scanned once."""
    cli = Cli(tmp_path_factory.mktemp("scanned"))
    cli.write("feed.xml", rss(POSTS))
    path = cli.config("feed.xml", more='[scanner]\nsince = "14d"\nlimit = 2\n')
    ran = cli("-q", "--db", cli.folder / "scanner.db", "-c", path, "scan", *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    return cli.folder


@pytest.fixture
def run(scanned, tmp_path, monkeypatch):
    """Run a command over a copy of that database."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(scanned / "scanner.db", tmp_path)
    cli = Cli(tmp_path)
    return lambda *words, **more: cli(
        "-c", scanned / "scanner.toml", "--db", tmp_path / "scanner.db", *words, **more
    )


def titles(run, *options):
    ran = run("list", "-n", "0", "--format", "jsonl", *AS_OF, *options)
    assert ran.code == 0, ran.err
    return [row["title"].removeprefix("Acme ") for row in ran.rows]


LOST, CRASH, TWICE, OLD = "lost my order", "crashes", "Charged twice", "An old one"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [LOST, CRASH, TWICE]),
        (("--since", "7d"), [LOST, CRASH]),
        (("--since", "60d"), [LOST, CRASH, TWICE, OLD]),
        (("--older-than", "3d"), [CRASH, TWICE]),
        (("--older-than", "30d"), [OLD]),
        (("--older-than", "3d", "--since", "7d"), [CRASH]),
        (("--author", "INES"), [LOST]),
        (("--author", "joe", "--author", "ann"), [CRASH, TWICE]),
        (("--reason", "billing"), [TWICE]),
        (("--search", "crash*"), [CRASH]),
        (("--search", '"charged me" OR cafe'), [CRASH, TWICE]),
        (("--search", "order NOT waiting"), []),
        (("--search", "joe"), [CRASH]),
        (("--status", "done"), []),
        (("--status", "all", "--feed", "FEED"), [LOST, CRASH, TWICE]),
        (("--brand", "acme", "--intent", "praise"), []),
        (("--owner", "none"), [LOST, CRASH, TWICE]),
        (("--owner", "ann"), []),
        (("--tag", "vip"), []),
    ],
)
def test_filters(run, options, expected):
    """Each leaves what it says, together they leave what fits all; sorted by age to compare."""
    assert titles(run, "--sort", "newest", *options) == expected


def test_worth_is_a_filter_with_two_ends(run):
    """--min-worth and --max-worth divide the queue."""
    rows = run("list", "-n", "0", "--format", "jsonl", *AS_OF).rows
    middle = rows[1]["worth"]
    above = titles(run, "--min-worth", middle)
    below = titles(run, "--max-worth", middle)
    assert above + below[1:] == [row["title"].removeprefix("Acme ") for row in rows]
    assert above[-1] == below[0]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", [LOST, CRASH, TWICE]),
        ("oldest", [TWICE, CRASH, LOST]),
        ("author", [TWICE, LOST, CRASH]),
        ("comments", [CRASH, LOST, TWICE]),
        ("Reach", [CRASH, LOST, TWICE]),
    ],
)
def test_sort(run, sort, expected):
    """The order that was asked for; --reverse turns it, and leaves the unknown at the end."""
    assert titles(run, "--sort", sort) == expected
    known = [
        title for title in expected if title != TWICE or sort in ("newest", "oldest", "author")
    ]
    unknown = [title for title in expected if title not in known]
    assert titles(run, "--sort", sort, "--reverse") == known[::-1] + unknown


@pytest.mark.parametrize(
    ("option", "word", "meant"),
    [
        ("--status", "don", "done"),
        ("--reason", "biling", "billing"),
        ("--brand", "Acne", "Acme"),
        ("--feed", "fed", "feed"),
        ("--intent", "complain", "complaint"),
        ("--sort", "newst", "newest"),
    ],
)
def test_a_word_that_is_none_is_a_mistake_with_a_guess(run, option, word, meant):
    """Exit 2, and what was probably meant; also on a command that decides."""
    ran = run("list", option, word)
    assert (ran.code, ran.out) == (2, "")
    assert f'did you mean "{meant}"?' in ran.err
    if option != "--sort":
        assert f'did you mean "{meant}"?' in run("done", "--all-matching", option, word).err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--search", "  "), "no word"),
        (("--search", "NOT x"), "a NOT b"),
        (("--search", "\ud800?"), "no word"),
        (("--search", "(" * 1001), "1000 characters"),
        (("--since", "soon"), "--since: expected a duration"),
        (("--older-than", "-1d"), "--older-than: expected a duration"),
        (("--tag", "two words"), "--tag: expected a word"),
        (("--min-worth", "nan"), "--min-worth"),
        (("--max-worth", "101"), "--max-worth"),
    ],
)
def test_what_makes_no_sense_is_refused(run, options, said):
    """Exit 2 and what was expected; no traceback."""
    ran = run("list", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_what_the_limit_cuts_is_said(run, tmp_path):
    """At a terminal (here -v) always; of a file also without one; nothing where all is written."""
    told = run("-v", "list", *AS_OF)
    assert "1 more fit and are not listed (--limit 0 lists all)" in told.err
    assert run("list", *AS_OF).err == ""

    cut = run("list", "-o", tmp_path / "queue.csv", *AS_OF)
    assert "queue.csv: only the first 2 of 3 (--limit 0 writes all)" in cut.err
    assert (tmp_path / "queue.csv").read_text("utf-8-sig").count("https://posts.example") == 2
    assert run("list", "-n", "0", "-o", tmp_path / "queue.csv", *AS_OF).err == ""
    assert run("-q", "list", "-o", tmp_path / "queue.csv", *AS_OF).err == ""


def test_what_the_filters_leave_out_is_said(run):
    """How many there are besides; and where there is nothing at all, what to do."""
    assert "2 posts do not fit the filters" in run("-v", "list", "--author", "joe", *AS_OF).err
    cut = run("-v", "list", "-n", "1", "--max-worth", "100", "--author", "joe", "--author", "ann")
    assert "The queue is empty" in run("-v", "list", "--since", "1h", *AS_OF).err
    assert cut.code == 0


def test_output_is_the_same_twice(run):
    """Byte for byte, whatever it is sorted by."""
    for sort in ("worth", "brand", "status", "owner"):
        ran = [run("list", "--sort", sort, "-n", "0", "--format", "json", *AS_OF).out for _ in "ab"]
        assert ran[0] == ran[1] != ""


def test_completion_offers_what_is_in_the_database(scanned, run, tmp_path):
    """Owners, tags, authors, orders; and nothing, without a word, where there is no database."""
    (first, *_) = run("list", "--format", "jsonl", *AS_OF).rows
    run("assign", first["id"], "--to", "Zoe", *AS_OF)
    run("tag", first["id"], "--add", "vip", *AS_OF)
    toml = scanned / "scanner.toml"

    def completed(*words, database="scanner.db"):
        ran = Cli(tmp_path)(
            _SCANNER_COMPLETE="complete_zsh",
            _TYPER_COMPLETE_ARGS=f"scanner -c {toml} --db {tmp_path / database} {' '.join(words)} ",
            _TYPER_COMPLETE_TESTING="1",
        )
        assert ran.err == ""
        return ran.out

    assert "Zoe" in completed("list", "--owner")
    assert "none" in completed("list", "--owner")
    assert "Zoe" in completed("assign", "--to")
    assert "none" not in completed("assign", "--to")
    assert "vip" in completed("tag", "--remove")
    assert "vip" in completed("list", "--tag")
    assert "oldest" in completed("list", "--sort")
    assert "vip" not in completed("list", "--tag", database="nowhere.db")
    assert "Zoe" not in completed("list", "--owner", database=".")


def test_authors_are_completed(cli):
    """Those of posts as old as the queue reaches."""
    cli.write(
        "feed.xml", rss([{"title": "Acme is down", "author": "joe", "when": datetime.now(UTC)}])
    )
    cli.config("feed.xml")
    cli("-q", "scan")
    ran = cli(
        _SCANNER_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS="scanner list --author ",
        _TYPER_COMPLETE_TESTING="1",
    )
    assert "joe" in ran.out


def test_fields_shape_the_list(run):
    """Only some columns, in the order that was asked for."""
    table = run("list", "--sort", "oldest", "--format", "csv", "--fields", "title,author", *AS_OF)
    rows = list(csv.reader(table.out.splitlines()))
    assert rows == [["title", "author"], ["Charged twice", "ann"], ["Acme crashes", "joe"]]


def test_a_template_writes_each_post(run):
    """A line format of a person's own."""
    pytest.importorskip("jinja2")
    lines = run("list", "--author", "joe", "--template", "{{ author }}: {{ title }}", *AS_OF)
    assert lines.out == "joe: Acme crashes\n"


def test_words_of_an_option_may_stand_behind_commas(run):
    """As for other tools; a comma too many is a mistake that is told."""
    both = run("list", "--status", "new", "--status", "open", "--format", "jsonl", *AS_OF)
    assert run("list", "--status", "new, open", "--format", "jsonl", *AS_OF).out == both.out != ""
    assert run("list", "--intent", "complaint,praise", *AS_OF).code == 0
    assert run("list", "--intent", "complaint,", *AS_OF).code == 2
