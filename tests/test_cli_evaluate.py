"""`scanner eval`: figures in tables and JSON, and the gate that keeps them from falling."""

import io
import json
import sys

import pytest
import typer
from typer.testing import CliRunner

from scanner.cli import evaluate as command
from scanner.cli.app import Commands
from scanner.cli.shell import Shell
from scanner.evaluate import MEASURES
from tests.conftest import Ran

BAD = "They charged me twice and support has not answered in two weeks."
WORSE = "Broken again after the update, it crashes on every start. I want a refund."
GOOD = "I love it, works great, thank you!"
PLAIN = "The new version comes out on Monday."

ROWS = [
    {"text": BAD, "label": "negative"},
    {"text": WORSE, "label": "complaint"},
    {"text": GOOD, "label": "positive"},
    {"text": PLAIN, "label": "not"},
]
MIXED = [
    {"text": "Globex lost my parcel. Acme brought it the next day, thank you!", "lang": "en",
     "targets": {"Globex": "neg", "Acme": "pos"}, "intent": "complaint", "reasons": ["delivery"],
     "leaving": False, "state": "open", "hard": "contrast"},
    {"text": "Wszystko działa.", "lang": "pl", "label": "pos"},
]  # fmt: skip


class Eval:
    """`scanner eval …` in a folder of its own, with two labelled files."""

    def __init__(self, cli):
        self.cli = cli
        self.app = typer.Typer(cls=Commands)
        self.app.callback()(lambda: None)
        command.register(self.app)
        self.write("one.jsonl", *ROWS)
        self.write("two.jsonl", *MIXED)

    def __call__(self, *arguments):
        told = [str(argument) for argument in ("eval", *arguments)]
        ran = CliRunner().invoke(self.app, told, env=self.cli.environ, prog_name="scanner")
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    def write(self, name, *rows):
        """Write a labelled file."""
        self.cli.write(name, "".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def run(cli):
    """The command, ready to run."""
    return Eval(cli)


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self):
        return True


# --- what is printed -----------------------------------------------------------------------------


def test_figures_come_as_json(run):
    """Every key is there; the bad and the good are told apart, and Polish is not judged."""
    ran = run("one.jsonl", "two.jsonl", "--format", "json")

    told = ran.json
    one, two = told["sets"]
    assert ran.code == 0
    assert list(told) == [
        "schema_version", "fingerprint", "threshold", "mean", "sets", "languages", "hard",
        "rankings", "floors",
    ]  # fmt: skip
    assert (one["name"], one["rows"], one["negative"], one["auc"]) == ("one", 4, 2, 1.0)
    assert one["auc_low"] == one["auc_high"] == 1.0
    assert sum(one["confusion"]["negative"].values()) == 2
    assert (two["rows"], two["not_judged"], two["judged"]) == (3, 1, 0.666667)
    assert (two["pairs"], two["named"], two["intent_accuracy"]) == (1.0, 1.0, 1.0)
    assert list(told["mean"]) == list(MEASURES)
    assert told["mean"]["judged"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)
    assert [row["name"] for row in told["languages"]] == ["en", "pl"]
    assert [row["name"] for row in told["hard"]] == ["contrast"]


def test_textblob_stands_beside_unless_left_out(run):
    """Its column is empty with --no-textblob, and where nothing is English."""
    beside = run("one.jsonl", "-f", "json").json["mean"]
    without = run("one.jsonl", "-f", "json", "--no-textblob").json["mean"]

    assert beside["textblob_auc"] is not None
    assert without["textblob_auc"] is None
    assert without["auc"] == beside["auc"]


def test_tables_fit_eighty_columns_and_are_the_same_twice(run):
    """Long names wrap; no table without rows; figures without the leading zero."""
    run.write("hostile.jsonl", *({**row, "source": "\x1b[31mLong name " * 4} for row in ROWS))
    given = ("one.jsonl", "two.jsonl", "hostile.jsonl")

    ran = run(*given)

    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out == run(*given).out
    assert "\x1b" not in ran.out
    titles = ("Who is dissatisfied", "By language", "Judged negative", "Intents", "Hard posts")
    assert all(title in ran.out for title in titles)
    assert "Ranking" not in ran.out
    assert "Floors" not in ran.out
    assert "1.00–1.00" in ran.out
    assert "mean" in ran.out


def test_a_scenario_has_a_table_of_its_own(run, cli):
    """One labelled post, found at the top."""
    post = "<item><title>Acme help</title><link>https://p.example/1</link><description>"
    post += f"Acme: {BAD}</description><pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>"
    cli.write("acme/f.xml", f'<rss version="2.0"><channel>{post}</channel></rss>')
    cli.write("acme/scanner.toml", '[[brands]]\nname = "Acme"\n[[feeds]]\nurl = "f.xml"\n')
    run.write("acme/labels.jsonl", {"url": "https://p.example/1", "grade": 3})

    ran = run("acme", "--floor", "ndcg10=1")
    told = run("acme", "-f", "json", "--now", "2026-11-21T00:00:00Z").json

    assert ran.code == 0
    assert "nDCG@10" in ran.out
    assert "at least 1.0000" in ran.out
    assert "Set" not in ran.out
    assert told["rankings"][0]["now"] == "2026-11-21T00:00:00Z"
    assert told["mean"]["ndcg10"] == 1.0


def test_a_person_sees_it_count(monkeypatch):
    """On a terminal a counter, wiped at the end; nothing in a pipe, nor with --quiet."""
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    command._counter(Shell())(100, 100)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    count = command._counter(Shell())
    for done in (1, 100, 101, 150):
        count(done, 150)
    command._counter(Shell(quiet=True))(100, 100)

    assert pipe.getvalue() == ""
    assert terminal.getvalue() == "\r100 of 150 texts judged\r\x1b[K"


# --- the gate ------------------------------------------------------------------------------------


def test_a_floor_on_the_command_line(run):
    """Exit 1 with the measure's name below it, 0 on it; the figures are printed all the same."""
    low = run("one.jsonl", "--floor", "auc=0.9", "--floor", "brier=0.0")
    high = run("one.jsonl", "--floor", "auc=1")

    assert (low.code, high.code) == (1, 0)
    assert "brier: " in low.err
    assert "above its ceiling 0.0000" in low.err
    assert "auc: " not in low.err
    assert "FAILED" in low.out
    assert "FAILED" not in high.out


def test_floors_are_pinned_and_hold(run, cli):
    """Written once, they hold at the next run; the file is the same every time."""
    update = ("one.jsonl", "--floors", "floors.json", "--update-floors")
    assert run(*update).code == 0
    first = (cli.folder / "floors.json").read_bytes()

    assert run("one.jsonl", "--floors", "floors.json").code == 0
    assert run(*update).code == 0

    assert (cli.folder / "floors.json").read_bytes() == first
    pinned = json.loads(first)
    assert pinned["floors"]["auc"] == 1.0
    assert "recall" not in pinned["floors"]
    assert "ndcg10" not in pinned["floors"]


def test_a_changed_set_has_to_be_pinned_anew(run):
    """Also where every figure is as good as it was."""
    run("one.jsonl", "--floors", "floors.json", "--update-floors")
    run.write("one.jsonl", *ROWS, ROWS[0])

    ran = run("one.jsonl", "--floors", "floors.json")

    assert ran.code == 1
    assert "the labelled set changed; pin it anew with --update-floors" in ran.err


def test_a_floor_is_not_lowered_by_accident(run, cli):
    """An update that would lower one names it, exits 1 and writes nothing, unless told to.

    Praise called negative ties with praise and loses to plain news: 4.5 of 6 pairs.
    """
    run("one.jsonl", "--floors", "floors.json", "--update-floors")
    before = (cli.folder / "floors.json").read_bytes()
    run.write("one.jsonl", *ROWS, {"text": GOOD, "label": "neg"})
    update = ("one.jsonl", "--floors", "floors.json", "--update-floors")

    refused = run(*update)

    assert refused.code == 1
    assert "auc: 0.7500 is below its floor 1.0000" in refused.err
    assert "floors.json: left as it is; --allow-regression lowers floors" in refused.err
    assert (cli.folder / "floors.json").read_bytes() == before
    assert run(*update, "--allow-regression").code == 0
    assert run("one.jsonl", "--floors", "floors.json").code == 0


def test_a_measure_below_its_floor_is_named(run, cli):
    """The floors of the file, by their names; those that hold are not spoken of."""
    run("one.jsonl", "--floors", "floors.json", "--update-floors")
    told = json.loads((cli.folder / "floors.json").read_text())
    cli.write("floors.json", json.dumps(told | {"floors": {"brier": 0.0, "auc": 0.5}}))

    ran = run("one.jsonl", "--floors", "floors.json")

    assert ran.code == 1
    assert ran.err.startswith("brier: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--floor", "auk=1"], 'no such measure as "auk"; expected one of auc, ap'),
        (["--floor", "auc"], "expected NAME=VALUE"),
        (["--floor", "auc=much"], "expected NAME=VALUE"),
        (["--floor", "auc=nan"], "expected NAME=VALUE"),
        (["--floor", "auc=80"], "from 0 to 1"),
        (["--format", "csv"], 'no such format "csv"; expected table or json'),
        (["--update-floors"], "say which file with --floors FILE"),
        (["--allow-regression"], "goes with --update-floors"),
        (["--floors", "f.json", "--limit", "2"], "contradict each other"),
        (["--floors", "missing.json"], "no such file; --update-floors writes it"),
        (["--floors", "."], "could not read"),
        (["--floors", "one.jsonl"], "not JSON"),
        (["--floors", "list.json"], 'expected {"fingerprint"'),
        (["--floors", "odd.json"], "each floor from 0 to 1"),
        (["--floors", "name.json"], 'no such measure as "auk"'),
        (["missing.jsonl"], "no such file or folder"),
        (["bad.jsonl"], "bad.jsonl:2: not JSON"),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_what_is_asked_wrongly_exits_2_before_any_work(run, cli, arguments, said):
    """The message names the option or the place, and what was expected."""
    cli.write("list.json", "[]")
    cli.write("odd.json", '{"fingerprint": "x", "floors": {"auc": 7}}')
    cli.write("name.json", '{"fingerprint": "x", "floors": {"auk": 0.7}}')
    cli.write("bad.jsonl", '{"text": "x", "label": "neg"}\noops\n')

    ran = run("one.jsonl", *arguments)

    assert ran.code == 2
    assert said in ran.err.replace("\n", " ")
    assert ran.out == ""


def test_a_part_of_a_file_is_enough_for_a_look(run):
    """--limit takes so many rows of each file."""
    told = run("one.jsonl", "two.jsonl", "--limit", "1", "-f", "json").json

    assert [row["rows"] for row in told["sets"]] == [1, 2]
