"""O01 to O13: what reaches a terminal, a pipe, a spreadsheet and a program, whoever wrote it."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len
from typer.main import get_command
from typer.testing import CliRunner

from scanner.cli.app import app
from scanner.render.schema import feeds as feeds_schema
from scanner.render.schema import schema
from tests.cases.server import Exchange, Server, reply
from tests.conftest import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")

HIDES = "\u202ec\u2066\u200bd\ufeff\uffff\U0001ffff"
"""What a config may hold: no control character, but what reorders and hides."""
HOSTILE = f"\x1b]52;c;YWJj\x07\x1b[2J\x1b[31m\x9b31m\x7f\x08a\rb{HIDES}\u2028e\ud800[/] :smile: =1"
ACTS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\uffff\U0001fffe\U0001ffff]|\r(?!\n)"
)
OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[hl]|2K|1A|K)")
"""What our own colours and the bar of progress send to a terminal."""
FORMATS = ("table", "csv", "json", "jsonl", "markdown")


def acting(data: bytes, *, terminal: bool = False) -> list[str]:
    """What of some output a terminal would obey, or would not show; it must be UTF-8."""
    text = data.decode("utf-8")
    if terminal:
        text = OURS.sub("", text).replace("\r\n", "\n").replace("\r", "")
    return ACTS.findall(text)


@functools.cache
def command() -> Any:
    """The command line; Typer takes longer to build it than most of it takes to run."""
    return get_command(app)


Line = tuple[list[str], dict[str, str]]
"""Words of a command line, and what of the environment is changed from there on."""
_END = b"\n~~~ the end of one ~~~\n"
_SEVERAL = f"""
import json, os, sys
from typer.main import get_command
from scanner.cli.app import app
command = get_command(app)
for words, environ in json.loads(sys.argv[1]):
    os.environ.update(environ)
    try:
        command.main(words, prog_name="scanner")
    except SystemExit:
        pass
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.write(1, {_END!r})
"""
"""Several command lines in one process: starting it takes most of the time that a list takes."""


class World:
    """A scanner that has read what is hostile in every field, by one run for all tests here."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        """Take where it lives."""
        self.folder = folder
        self.environ = environ | {
            "SCANNER_CONFIG": str(folder / "scanner.toml"),
            "SCANNER_DB": str(folder / "scanner.db"),
        }
        self.posts: list[str] = []
        self.scanned = (0, b"", b"")

    def __call__(
        self, *arguments: str, stdin: str = "", **environ: str
    ) -> tuple[int, bytes, bytes]:
        """Run a command line in this process: its code, stdout and stderr."""
        told = self.environ | environ
        ran = CliRunner().invoke(app, list(arguments), input=stdin, env=told, prog_name="scanner")
        return ran.exit_code, ran.stdout_bytes, ran.stderr_bytes

    def apart(self, *lines: Line, **environ: str) -> list[bytes]:
        """Run command lines in a process of their own, into a pipe: what each wrote to stdout."""
        ran = subprocess.run(
            [sys.executable, "-c", _SEVERAL, json.dumps(lines)],
            cwd=self.folder,
            env={**os.environ, **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=60,
        )
        return ran.stdout.split(_END)[:-1]

    def at_terminal(self, *lines: Line) -> list[bytes]:
        """Run them with a terminal for all three streams: all that each showed there."""
        leader, follower = pty.openpty()
        run = subprocess.Popen(
            [sys.executable, "-c", _SEVERAL, json.dumps(lines)],
            cwd=self.folder,
            env={**os.environ, **self.environ, "NO_COLOR": ""},
            stdin=follower,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        seen, end = b"", time.monotonic() + 60
        while time.monotonic() < end:
            if select.select([leader], [], [], 0.05)[0]:
                try:
                    piece = os.read(leader, 65536)
                except OSError:  # Linux: the other side is closed
                    break
                if not piece:
                    break
                seen += piece
            elif run.poll() is not None:
                break
        os.close(leader)
        run.wait(timeout=30)
        shown = seen.split(_END.replace(b"\n", b"\r\n"))[:-1]
        assert len(shown) == len(lines), seen.decode("utf-8", "replace")
        return shown

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The queue as programs read it."""
        _, out, _ = self("list", "--format", "jsonl", "--limit", "0", *arguments)
        return [json.loads(line) for line in out.decode().splitlines()]


def _rude(exchange: Exchange) -> bytes:
    """An error whose every word is hostile, as far as HTTP can carry it."""
    words = HOSTILE.replace("\r", "").encode("utf-8", "replace")
    return b"HTTP/1.1 503 " + words + b"\r\nRetry-After: " + words + b"\r\n\r\n" + words


def _broken(exchange: Exchange) -> bytes:
    """XML whose parser's complaint would repeat it."""
    body = f"<rss><channel><{HOSTILE}".encode("utf-8", "replace") + b"\xff\x9b"
    return reply(200, {"Content-Type": "application/rss+xml"}, body)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Feeds that are hostile in every field, read once."""
    folder = tmp_path_factory.mktemp("hostile")
    server = Server({"/rude": _rude, "/broken": _broken})
    when = datetime.now(UTC) - timedelta(hours=2)
    items = [
        {
            "id": f"{number}{HOSTILE}",
            "url": f"https://posts.example/{number}?{HOSTILE}",
            "title": f"{subject} {HOSTILE}",
            "content_text": f"{HOSTILE} {text} {HOSTILE}\n\nAcme, please help. {HOSTILE}",
            "authors": [{"name": f"{number}{HOSTILE}"}],
            "language": HOSTILE,
            "tags": [HOSTILE],
            "date_published": when.isoformat(),
        }
        for number, (subject, text) in enumerate(
            [
                ("Acme charged me twice", "I paid Acme twice and nobody answers my mail."),
                ("The export is broken", "Since Monday Acme loses my invoices, it is useless."),
            ]
        )
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": HOSTILE, "items": items}
    (folder / "feed.json").write_text(json.dumps(feed))
    quoted = json.dumps(HIDES.replace("\U0001ffff", ""))
    (folder / "scanner.toml").write_text(
        f"[fetch]\nallow_private = true\nhost_delay = '0s'\n"
        f"[[brands]]\nname = 'Acme'\n"
        f"[[feeds]]\nurl = '{folder / 'feed.json'}'\nname = {quoted}\nabout = 'Acme'\n"
        f"[[feeds]]\nurl = 'none.xml'\nname = {quoted[:-1]}2\"\n"
        + "".join(f"[[feeds]]\nurl = '{server.url(path)}'\n" for path in server.pages),
        "utf-8",
    )
    made = World(folder, Cli(folder).environ)
    made.scanned = made("scan", "-v", "--limit", "0")
    made.posts = [row["id"] for row in made.rows()]
    yield made
    server.close()


@pytest.fixture
def world(told: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same in a folder of one's own, to do with as one likes."""
    folder = tmp_path / "world"
    shutil.copytree(told.folder, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("typer.testing._get_command", lambda _: command())
    made = World(folder, told.environ)
    made.scanned, made.posts = told.scanned, told.posts
    return made


# --- every byte from outside ----------------------------------------------------------------------


@pytest.mark.case("O01", "O02", "O04")
def test_a_scan_of_hostile_feeds_shows_nothing_that_acts(world):
    """Names, titles, and the errors of a server and of a parser: harmless on both streams."""
    code, out, err = world.scanned

    assert code == 3
    assert len(world.posts) == 2
    assert acting(out) == acting(err) == []
    assert err.decode().count("failed: ") == 3
    assert all(len(line) < 400 for line in err.decode().splitlines())


@pytest.mark.case("O01", "O02")
@pytest.mark.parametrize("form", [
    *(("--format", name) for name in FORMATS),
    *(("--format", name, "--fields", "title,text,author,feed,url,mentions,id")
      for name in FORMATS[:4]),
    ("--format", "csv", "--csv-raw"),
    ("--template", "{{ title }}{{ text }}{{ author }}{{ feed }}{{ mentions }}\x1b[2J"),
    ("--json",),
], ids=lambda form: " ".join(form)[:30])  # fmt: skip
def test_no_form_of_the_queue_acts(world, form):
    """Every format, every field, chosen fields, raw CSV and templates; piped and in a file."""
    code, out, err = world("list", *form)

    assert (code, acting(out), acting(err)) == (0, [], [])
    assert out.decode().count("charged me twice") >= 1
    code, shown, err = world("list", *form, "-o", "queue.txt")
    assert (code, acting(shown + err)) == (0, [])
    assert acting(Path("queue.txt").read_bytes()) == []


@pytest.mark.case("O01", "O02", "O03")
def test_what_is_shown_of_one_post_or_feed_acts_on_nobody(world):
    """show, open --print, feeds list and check, notes, tags, owners, history, undo."""
    one = world.posts[0]
    said = HOSTILE.replace("\ud800", "")
    runs = [
        world("-v", "note", one, said),
        world("-v", "assign", one, "--to", HIDES),
        world("-v", "tag", one, "--add", HIDES),
        world("show", one),
        world("show", one, "--format", "json"),
        world("history", one),
        world("history", one, "--format", "json"),
        world("open", "--print", one),
        *(world("feeds", "list", "--format", name) for name in ("table", "csv", "json", "jsonl")),
        world("feeds", "check", "--explain"),
        world("-v", "undo"),
        world("list", "--format", "table"),
    ]

    assert [(acting(out), acting(err)) for _, out, err in runs] == [([], [])] * len(runs)
    assert "[/] :smile:" in runs[3][1].decode()


@pytest.mark.case("O01", "O03")
def test_nothing_acts_on_a_terminal(world):
    """With colours, a bar of progress and its width, a terminal gets no other sequence but ours."""
    lines = [
        ["list", "--color"],
        ["show", world.posts[0]],
        ["feeds", "list"],
        ["scan", "--refetch", "-v", "--all"],
        ["list", "--format", "json"],
        ["list", "--fields", "title,url,author"],
        ["list", "--template", "{{ title }}"],
    ]

    shown = world.at_terminal(*([["--no-pager", *line], {}] for line in lines))

    assert [acting(seen, terminal=True) for seen in shown] == [[]] * len(lines)
    assert all(len(seen) > 100 for seen in shown)
    assert [b"\x1b]" in seen for seen in shown] == [False] * len(lines)  # no link (OSC 8)
    assert b"[/] :smile:" in shown[0]


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    if not hasattr(node, "commands"):
        yield path, node
        return
    for name, inner in node.commands.items():
        yield from leaves(inner, (*path, name))


COMMANDS = dict(leaves(command()))


@pytest.mark.case("O01", "O04")
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_message_repeats_what_acts(world, path):
    """Whatever is given to a command, as argument, option or value: messages are words."""
    options = [
        option.opts[-1]
        for option in COMMANDS[path].params
        if option.param_type_name == "option" and not option.is_flag
    ]
    hostile = HOSTILE.replace("\ud800", "\udc9b")  # a byte that is no UTF-8, as Python hands it on
    lines = [[hostile], [f"--no{hostile}"], *([option, hostile] for option in options)]
    if path[0] not in ("open", "init", "demo", "train"):
        lines += [["-o", f"{hostile}/x.csv"], ["--config", hostile], ["--json", hostile]]
        lines += [["--db", hostile], ["--db", hostile, "--json"]]

    for line in lines:
        _, out, err = world(*path, *line)

        assert (line, acting(out), acting(err)) == (line, [], [])
        assert b"Traceback" not in err


@pytest.mark.case("O01", "O04")
def test_a_traceback_is_harmless_too(world):
    """--debug shows where, and none of what was given to it acts."""
    hostile = HOSTILE.replace("\ud800", "\udc9b")

    for line in (["list", "--brand", hostile], ["-c", hostile, "list"]):
        code, out, err = world("--debug", *line)
        assert code == 2
        assert err.startswith(b"Traceback")
        assert acting(out) == acting(err) == []
        code, out, err = world("--json", "--debug", *line)
        assert acting(out) == acting(err) == []
        assert json.loads(err)["traceback"].startswith("Traceback")


@pytest.mark.case("O01", "O04")
@pytest.mark.parametrize(
    "toml",
    [
        f"[[brands]]\nname = {json.dumps(HOSTILE.replace(chr(0xD800), ''))}",
        f"[[brands]]\nname = 'Acme'\n{json.dumps(HIDES)} = 3",
        f"[[brands]]\nname = 'Acme'\nmatch = {json.dumps('(' + HIDES)}",
        f"[[brands]]\nname = 'Ac{HOSTILE}".replace("\ud800", ""),
        f"[reasons]\n{json.dumps(HIDES)} = ['x']\n[[brands]]\nname = 'Acme'\n",
        f"[[feeds]]\nurl = {json.dumps('http://' + HIDES)}",
        f"[[feeds]]\nurl = 'a'\nname = {json.dumps(HIDES)}\nweight = 'x'",
    ],
    ids=["name", "key", "match", "syntax", "reason", "url", "feed"],
)  # fmt: skip
def test_a_hostile_config_is_told_in_words(world, toml):
    """What is wrong in a config is repeated without what acts."""
    (world.folder / "scanner.toml").write_bytes(toml.encode("utf-8", "replace"))

    for line in (["list"], ["--json", "list"], ["feeds", "check"]):
        _, out, err = world(*line)
        assert (acting(out), acting(err)) == ([], [])
        assert b"Traceback" not in err


@pytest.mark.case("O01")
@pytest.mark.parametrize("line", ["list --feed ", "feeds check ", "show ", "list --author ",
                                  "list --reason ", "list --fields "])  # fmt: skip
@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_completion_offers_no_harm(world, line, kind):
    """What stands behind <Tab> are words."""
    words = f"scanner {line}"
    asked = {"_SCANNER_COMPLETE": f"complete_{kind}", "COMP_WORDS": words,
             "COMP_CWORD": str(len(words.split())), "_TYPER_COMPLETE_ARGS": words,
             "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip

    code, out, err = world(**asked)

    assert (code, acting(out), err) == (0, [], b"")


@pytest.mark.case("O01", "O08")
def test_a_pipe_s_answer_is_harmless(world):
    """`score` prints what it was given, and its complaints repeat nothing that acts."""
    line = json.dumps({"text": f"Acme broke {HOSTILE}", "id": HOSTILE, f"own{HIDES}": HOSTILE})

    code, out, err = world("score", "--brand", "Acme", stdin=f"{line}\n{{{HIDES}\x1b[2J\n")

    assert (code, acting(out), acting(err)) == (3, [], [])
    assert json.loads(out)["text"].startswith("Acme broke \x1b]52")


# --- CSV ------------------------------------------------------------------------------------------


def sheet(data: bytes) -> list[dict[str, str]]:
    """CSV as a program reads it."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


@pytest.mark.case("O05", "O06")
@pytest.mark.parametrize("line", [("list",), ("feeds", "list")], ids=" ".join)
def test_no_cell_of_a_sheet_runs(cli, line):
    """A title, author, feed or error that would be a formula is text; numbers are numbers."""
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "－1", " =1", '"=1', 'a\r\n=1,"b']
    when = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    items = [
        {
            "id": str(at),
            "title": f"{text} Acme {letter * 9}",
            "content_text": text + "".join(f" Acme {letter * n} broke" for n in (3, 5, 7)),
            "authors": [{"name": text}],
            "date_published": when,
        }
        for at, (text, letter) in enumerate(zip(texts, "abcdefghij", strict=True))
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}
    cli.write("feed.json", json.dumps(feed))
    cli.write(
        "scanner.toml",
        "[[brands]]\nname = 'Acme'\n[[feeds]]\nurl = 'feed.json'\nname = '=cmd|1'\nabout = 'Acme'\n"
        "[[feeds]]\nurl = '@none.xml'\n",
    )
    cli("scan")

    out = cli(*line, "--format", "csv", *(["--limit", "0"] * (line == ("list",)))).out.encode()

    rows = sheet(out)
    assert len(rows) == (len(texts) if line == ("list",) else 2)
    for row in rows:
        for name, cell in row.items():
            number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
            assert number or not re.match(r"\s*[=+\-@＝－＋＠]|[\t\r\n]", cell), name
    assert any(row[("feed" if line == ("list",) else "name")] == "'=cmd|1" for row in rows)
    if line == ("list",):
        assert {row["worth"].replace(".", "", 1).isdigit() for row in rows} == {True}
        raw = sheet(cli("list", "-f", "csv", "--csv-raw").out.encode())
        assert raw[0]["feed"] == "=cmd|1"


@pytest.mark.case("O06")
def test_a_sheet_is_rfc_4180(world):
    """CRLF between rows, text quoted, no NUL, and the same rows by another reader."""
    _, out, _ = world("list", "--format", "csv")

    text = out.decode("utf-8")
    assert text.endswith("\r\n")
    assert "\0" not in text
    rows = sheet(out)
    assert [row["id"] for row in rows] == world.posts
    assert all(None not in row and None not in row.values() for row in rows)
    json_rows = world.rows()
    assert [float(row["worth"]) for row in rows] == [row["worth"] for row in json_rows]


@pytest.mark.case("O06")
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_the_same_rows(world):
    """An office program reads the rows that were written."""
    world("list", "-o", "queue.csv")
    told = ["soffice", "--headless", f"-env:UserInstallation=file://{world.folder}/office"]
    subprocess.run([*told, "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false",
                    "--outdir", "again", "queue.csv"], check=True, timeout=120)  # fmt: skip

    again = sheet((world.folder / "again/queue.csv").read_bytes())
    assert [row["id"] for row in again] == world.posts


@pytest.mark.case("O07")
def test_excel_is_told_the_encoding_once(world):
    """--excel puts one byte order mark before the first byte; without it there is none."""
    plain, marked = world("list", "-f", "csv")[1], world("list", "-f", "csv", "--excel")[1]

    assert marked == b"\xef\xbb\xbf" + plain
    assert b"\xef\xbb\xbf" not in plain


# --- JSON -----------------------------------------------------------------------------------------


def closed(node: Any) -> Any:
    """A schema that lets no field pass which it does not name."""
    if isinstance(node, list):
        return [closed(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    made = {name: closed(inner) for name, inner in node.items()}
    return made | {"additionalProperties": False} if "properties" in node else made


def checked(schema_: Any, name: str, thing: object) -> list[str]:
    """What is wrong with a thing by one of a schema's definitions, read strictly."""
    told = closed(schema_) | {"anyOf": [{"$ref": f"#/$defs/{name}"}]}
    validator = jsonschema.Draft202012Validator(
        told, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(thing)]


@pytest.mark.case("O08", "O09")
def test_every_record_fits_the_schema(cli):
    """Of the demo and of hostile feeds, by `scanner schema` read strictly: no field but its own."""
    told = json.loads(cli("schema").out)

    rows = cli("demo", "--limit", "0", "--format", "json").json
    lines = cli("demo", "--limit", "0", "--format", "jsonl").rows

    assert told == schema()
    assert len(rows) > 10
    assert rows == lines
    assert checked(told, "records", rows) == []
    assert checked(told, "record", {**rows[0], "more": 1}) != []
    assert {row["schema_version"] for row in rows} == {1}
    for row in rows:
        assert row["published"] is None or re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["published"]
        )
        assert row["worth"] == pytest.approx(sum(term["points"] for term in row["terms"]))


@pytest.mark.case("O08")
def test_hostile_records_fit_the_schema(world):
    """Nothing that a feed says makes a record of another shape, and its words are whole."""
    rows = world.rows()

    assert checked(schema(), "records", rows) == []
    assert all("\u202e" in row["title"] and "\x1b" not in row["feed"] for row in rows)


@pytest.mark.case("O08", "O09")
def test_every_feed_fits_its_schema(world):
    """`feeds list` has a schema of its own, and JSON and CSV the same names."""
    _, out, _ = world("feeds", "list", "--format", "json")
    _, table, _ = world("feeds", "list", "--format", "csv")
    _, said, _ = world("schema", "feeds")

    rows = json.loads(out)
    assert json.loads(said) == feeds_schema()
    assert len(rows) == 4
    assert checked(feeds_schema(), "feeds", rows) == []
    assert list(sheet(table)[0]) == list(rows[0])


@pytest.mark.case("O08")
def test_stdout_is_json_and_nothing_else(cli):
    """Warnings, counts and failures go to stderr, whatever the format."""
    cli.write("scanner.toml", "[[brands]]\nname = 'Acme'\n[[feeds]]\nurl = 'none.xml'\n")

    for name in ("json", "jsonl", "csv"):
        ran = cli("scan", "-v", "--refetch", "--format", name)
        assert ran.code == 1
        assert "no such file" in ran.err
        assert {"json": "[]\n", "jsonl": ""}.get(name, ran.out) == ran.out


@pytest.mark.case("O08")
@pytest.mark.parametrize("line", [("list",), ("scan", "--all", "--no-fetch"), ("feeds", "list")],
                         ids=" ".join)  # fmt: skip
def test_json_is_the_format_under_json(world, line):
    """--json is the format of all that names none; what is named stands, and so does a suffix."""
    assert isinstance(json.loads(world("--json", *line)[1]), list)
    if line != ("feeds", "list"):
        assert world("--json", *line, "--format", "csv")[1].startswith(b'"id"')
        world("--json", *line, "-o", "queue.csv")
        assert Path("queue.csv").read_bytes().startswith(b'"id"')


@pytest.mark.case("O08")
def test_show_is_json_under_json(world):
    """One post is a record."""
    assert json.loads(world("--json", "show", world.posts[0])[1])["id"] == world.posts[0]


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.case("O10")
def test_a_full_disk_leaves_the_old_file(world):
    """Half of it is written, then the disk is full: the old file stands, and that is said."""
    out = world.folder / "out.csv"
    out.write_bytes(b"old")
    code = (
        "import resource, sys; from scanner.cli import output\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))\n"
        "try: output.replace_file(output.Path(sys.argv[1]), 'new' * 999)\n"
        "except Exception as problem: sys.stderr.write(str(problem))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))"  # coverage writes a file, too
    )

    ran = subprocess.run([sys.executable, "-c", code, out], capture_output=True, timeout=60)

    assert b"File too large; the file is as it was" in ran.stderr
    assert out.read_bytes() == b"old"
    assert list(world.folder.glob(".scanner-*")) == []


@pytest.mark.case("O10")
def test_a_kill_half_way_leaves_the_old_file(world):
    """SIGKILL before the rename: the old file stands; the scrap goes with a later run."""
    out = world.folder / "out.csv"
    out.write_bytes(b"old")
    code = (
        "import os, signal, sys; from scanner import cli\n"
        "os.replace = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.argv = ['scanner', 'list', '-o', 'out.csv']; cli.main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=world.folder,
        env={**os.environ, **world.environ},
        timeout=60,
    )

    assert ran.returncode == -signal.SIGKILL
    assert out.read_bytes() == b"old"
    (scrap,) = world.folder.glob(".scanner-out.csv-*")
    os.utime(scrap, (1_000_000_000, 1_000_000_000))
    assert world("list", "-o", "out.csv")[0] == 0
    assert out.read_bytes().startswith(b'"id"')
    assert list(world.folder.glob(".scanner-*")) == []


@pytest.mark.case("O10")
def test_stdout_has_three_names(world):
    """`-o -` is stdout; /dev/stdout and a pipe are written to, and stay what they are."""
    line = ["list", "--format", "csv"]
    os.mkfifo(world.folder / "pipe.csv")
    reader = subprocess.Popen(["cat", world.folder / "pipe.csv"], stdout=subprocess.PIPE)

    plain, dash, device, none = world.apart(
        (line, {}),
        ([*line, "-o", "-"], {}),
        ([*line, "-o", "/dev/stdout"], {}),
        (["list", "-o", "pipe.csv"], {}),
    )

    assert plain.startswith(b'"id"')
    assert (dash, device, none) == (plain, plain, b"")
    assert reader.communicate(timeout=30)[0] == plain
    assert (world.folder / "pipe.csv").is_fifo()


@pytest.mark.case("O10")
def test_a_link_stays_a_link(world):
    """What a link leads to is replaced, in its own folder."""
    (world.folder / "real").mkdir()
    (world.folder / "real/queue.csv").write_bytes(b"old")
    (world.folder / "link.csv").symlink_to("real/queue.csv")

    world("list", "-o", "link.csv")

    assert (world.folder / "link.csv").is_symlink()
    assert (world.folder / "real/queue.csv").read_bytes().startswith(b'"id"')


# --- the same bytes -------------------------------------------------------------------------------


@pytest.mark.case("O09", "O11")
def test_one_database_gives_the_same_bytes(world):
    """Another hash seed, zone, locale and terminal: the same bytes, sorted and in one order."""
    lines = [["list", "--format", name, "--now", "2026-11-20T12:00:00Z"] for name in FORMATS]
    lines += [["show", world.posts[0], "--now", "2026-11-20T12:00:00Z"]]
    told: list[Line] = [(line, {}) for line in lines]
    first = world.apart(*told, PYTHONHASHSEED="1", LC_ALL="C.UTF-8", TERM="xterm", TZ="UTC")

    second = world.apart(*told, PYTHONHASHSEED="2", LC_ALL="C", TERM="dumb", TZ="Asia/Kathmandu")

    assert len(first) == len(lines)
    assert all(first)
    assert first == second


# --- colour, width, encoding ----------------------------------------------------------------------


COLOURS: list[tuple[dict[str, str], list[str], bool, bool]] = [
    ({}, [], False, True),
    ({"NO_COLOR": "1"}, [], False, False),
    ({"NO_COLOR": ""}, [], False, True),
    ({"FORCE_COLOR": "1"}, [], True, True),
    ({"FORCE_COLOR": "0"}, [], False, True),
    ({"FORCE_COLOR": "3"}, [], True, True),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False, False),
    ({"TERM": "dumb"}, [], False, False),
    ({"TERM": "dumb", "FORCE_COLOR": "1"}, [], True, True),
    ({"NO_COLOR": "1"}, ["--color"], True, True),
    ({"TERM": "dumb"}, ["--color"], True, True),
    ({"FORCE_COLOR": "1"}, ["--no-color"], False, False),
]
"""The environment, the flags, and whether a pipe and a terminal get colours."""


@pytest.mark.case("O12")
def test_who_decides_on_colour(world):
    """The flag, then NO_COLOR if it says anything, then FORCE_COLOR unless 0, then the terminal."""
    clean = {"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm"}
    lines = [(["--no-pager", "list", *flags], clean | environ) for environ, flags, *_ in COLOURS]

    piped = [world(*words, **environ)[1] for words, environ in lines]
    shown = world.at_terminal(*lines)

    assert [b"\x1b[" in out for out in piped] == [pipe for *_, pipe, _ in COLOURS]
    assert [b"\x1b[" in seen for seen in shown] == [terminal for *_, terminal in COLOURS]


@pytest.mark.case("O12")
def test_files_and_formats_for_programs_have_no_colour(world):
    """Whatever is forced, CSV, JSON, Markdown and files are plain."""
    for name in FORMATS[1:]:
        assert b"\x1b" not in world("list", "--color", "--format", name)[1]
    world("list", "--color", "-o", "queue.txt")
    assert b"\x1b" not in Path("queue.txt").read_bytes()


WIDE = "漢字👩\u200d💻é 한국어 👍🏽 " * 12


@pytest.fixture
def wide(cli):
    """A queue of long words in many scripts."""
    when = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    text = f"Acme broke. {WIDE} Acme failed."
    items = [{"id": "1", "title": f"Acme {WIDE}", "content_text": text, "date_published": when,
              "authors": [{"name": WIDE}], "url": f"https://a.example/{'x' * 300}"}]  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}
    cli.write("feed.json", json.dumps(feed))
    cli.write(
        "scanner.toml",
        f"[[brands]]\nname = 'Acme'\n[[feeds]]\nurl = 'feed.json'\nname = '{WIDE[:40]}'\n"
        "about = 'Acme'\n",
    )
    made = World(cli.folder, cli.environ | {"COLUMNS": ""})
    made("scan")
    made.posts = [row["id"] for row in made.rows()]
    return made


@pytest.mark.case("O13")
def test_no_line_is_wider_than_the_terminal(wide):
    """Table, chosen fields, one post, feeds: Chinese, emoji and joined ones are counted."""
    words = [
        ["list"],
        ["list", "--fields", "worth,title,url"],
        ["show", wide.posts[0]],
        ["feeds", "list"],
    ]
    for columns in (40, 200):
        lines = [(["--no-pager", *line], {"COLUMNS": str(columns)}) for line in words]
        for line, seen in zip(words, wide.at_terminal(*lines), strict=True):
            shown = OURS.sub("", seen.decode("utf-8")).replace("\r", "")
            assert 0 < max(map(cell_len, shown.split("\n"))) <= columns, line


@pytest.mark.case("O13")
@pytest.mark.parametrize("columns", ["", "40", "200"])
def test_a_pipe_gets_every_word(wide, columns):
    """Nothing is shortened in a pipe, also where COLUMNS is set: lines only wrap."""
    plain = re.sub(r"\s+", "", WIDE)

    for line in (["list"], ["show", wide.posts[0]]):
        _, out, _ = wide(*line, COLUMNS=columns)
        assert out.decode("utf-8").count("…") == 0
    _, out, _ = wide("list", "--fields", "title,url", COLUMNS=columns)
    assert out.decode("utf-8").count("\n") == 1
    assert plain in re.sub(r"\s+", "", out.decode("utf-8"))
    assert "x" * 300 in out.decode("utf-8")


@pytest.mark.case("O13")
def test_a_terminal_of_the_c_locale_gets_ascii(wide):
    """LC_ALL=C on a terminal means ASCII, JSON with escapes; a pipe gets UTF-8 all the same."""
    words = [["list"], ["show", wide.posts[0]], ["feeds", "list"], ["list", "--format", "jsonl"]]
    lines = [(["--no-pager", *line], {"LC_ALL": "C"}) for line in words]

    shown = wide.at_terminal(*lines, (["--no-pager", "list"], {"LC_ALL": "C.UTF-8"}))
    piped = wide.apart(*lines, LC_ALL="C")

    assert [seen.isascii() for seen in shown] == [True, True, True, True, False]
    assert ["漢字" in out.decode("utf-8") for out in piped] == [True] * 4
    assert json.loads(shown[3])["title"].startswith("Acme 漢字")


def test_what_is_higher_than_the_terminal_is_paged(world):
    """The queue, one post and the feeds go through the pager; --no-pager and a pipe print them."""
    small = {"LINES": "6", "SCANNER_PAGER": "sed s/^/P:/"}
    words = [["list"], ["show", world.posts[0]], ["feeds", "list"], ["--no-pager", "list"]]
    lines = [(line, small) for line in words]

    shown = world.at_terminal(*lines)

    assert [b"P:" in seen for seen in shown] == [True, True, True, False]
    assert [acting(seen, terminal=True) for seen in shown] == [[]] * 4
    assert b"P:" not in world("list", **small)[1]


# --- one's own form -------------------------------------------------------------------------------


def test_fields_and_templates_are_checked_before_any_work(world):
    """A name that is none, a template that cannot be read: exit 2, told what there is."""
    for line, said in (
        (["--fields", "worth,titel"], 'did you mean "title"?'),
        (["--fields", "worth", "--format", "markdown"], "--fields goes with table, csv, json"),
        (["--fields", "worth", "--template", "x"], "leave --format and --fields away"),
        (["--template", "{{ titel }}"], 'line 1: no such field "titel"; did you mean "title"?'),
        (["--template", "@none.j2"], "--template @none.j2: could not read: No such file"),
        (["--template", "{{ title"], "--template: line 1: unexpected end of template"),
    ):
        code, out, err = world("list", *line)
        assert (code, out) == (2, b"")
        assert said in " ".join(err.decode("utf-8").split())


def test_a_template_may_be_a_file(world):
    """@FILE is a template; a file may have any suffix then, and \\t is a tab on the line only."""
    (world.folder / "mine.j2").write_text("{{ id }}\n  {{ worth }}\n", "utf-8")
    world("list", "--template", "@mine.j2", "-o", "out.whatever")
    assert Path("out.whatever").read_text("utf-8").splitlines()[::2] == world.posts

    _, out, _ = world("list", "--template", r"{{ id }}\t{{ brand }}")
    assert out.decode("utf-8").splitlines() == [f"{one}\tAcme" for one in world.posts]
    (world.folder / "bad.j2").write_bytes(b"\xff{{ id }}")
    assert b"is not UTF-8" in world("list", "--template", "@bad.j2")[2]
    (world.folder / "bad.j2").write_text("a\nb {{ reach.what }}\n", "utf-8")
    assert b"bad.j2: line 2: " in world("list", "--template", "@bad.j2")[2]
