"""What a person at a terminal gets: progress, colour, questions; in a real pseudo-terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import threading
import time

import pytest
from werkzeug import Response

from scanner.cli.shell import Shell
from tests.conftest import rss

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")


def at_terminal(cli, *arguments, typed=(), **environ):
    """Run `scanner` with a terminal for all three streams; answers each "what was typed" prompt."""
    leader, follower = pty.openpty()
    environ = {**os.environ, **cli.environ, "COLUMNS": "", "NO_COLOR": "", **environ}
    run = subprocess.Popen(
        [sys.executable, "-m", "scanner", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=cli.folder,
        env=environ,
    )
    os.close(follower)
    seen, answers, end = "", list(typed), time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.05)[0]:
            try:
                seen += os.read(leader, 65536).decode("utf-8", "replace")
            except OSError:  # Linux: the other side is closed
                break
        elif run.poll() is not None:
            break
        if answers and seen.rstrip(" ").endswith(":"):
            os.write(leader, (answers.pop(0) + "\n").encode())
            seen += "\n"
    os.close(leader)
    return run.wait(timeout=30), seen


def test_a_scan_shows_progress_and_counts(cli):
    """Feeds done, failed and posts found are on the screen while it works, and summed up after."""
    cli.write("feed.xml", rss([{"title": "Acme is down", "text": "Acme is down again."}]))
    cli.config("feed.xml", "missing.xml")

    code, seen = at_terminal(cli, "scan")

    assert code == 3
    assert "2/2" in seen
    assert "1 failed, 1 new posts" in seen
    assert "feeds: 1 read, 1 failed; 1 new post, 1 about you" in seen
    assert "is down" in seen


def test_colour_on_a_terminal_and_none_with_no_color(cli):
    """Colour is for terminals; NO_COLOR turns it off, --color overrules it."""
    escape = re.compile(r"\x1b\[[0-9;]*m")

    assert escape.search(at_terminal(cli, "demo", "--limit", "1")[1])
    assert not escape.search(at_terminal(cli, "demo", "--limit", "1", NO_COLOR="1")[1])
    assert escape.search(at_terminal(cli, "demo", "--limit", "1", "--color", NO_COLOR="1")[1])
    assert "\x1b" in cli("demo", "--limit", "1", FORCE_COLOR="1", NO_COLOR="").out
    assert "\x1b" not in cli("demo", "--limit", "1", FORCE_COLOR="0", NO_COLOR="").out


def test_the_demo_tells_what_to_do_next(cli):
    """At a terminal the demo ends in the next step."""
    _, seen = at_terminal(cli, "demo", "--limit", "1")

    assert "6 sample feeds, 80 posts" in seen
    assert "scanner init" in seen


def test_init_asks_at_a_terminal(cli):
    """Brand, domain, kind, rivals and language are asked for, and stand in the file."""
    code, seen = at_terminal(
        cli, "init", typed=["Acme", "acme.io", "devtool", "Globex, Initech", "de"]
    )

    written = (cli.folder / "scanner.toml").read_text("utf-8")
    assert code == 0
    assert "next: scanner scan" in seen
    assert '"Globex", "Initech"' in written
    assert '"acme.io"' in written


def test_a_wrong_answer_is_asked_again(cli):
    """Each answer is checked at once, and what was wrong is said; the others are not lost."""
    code, seen = at_terminal(
        cli, "init",
        typed=["?!", "Ember", "ember", "https://www.ember.test/pricing", "sass", "app",
               "Forge, ember", "Forge", "klingon", "german"],
    )  # fmt: skip

    assert code == 0
    for said in ("not only punctuation", "bare host name", 'did you mean "saas"?',
                 "is the brand itself", "expected one of cs, da, de"):  # fmt: skip
        assert said in " ".join(seen.split())
    written = (cli.folder / "scanner.toml").read_text("utf-8")
    assert 'domains = ["ember.test"]' in written
    assert 'rivals = ["Forge"]' in written
    assert "&hl=de&" in written
    assert '"Ember" is also an everyday word' in seen


def test_what_was_told_is_not_asked(cli):
    """Options are answers already; Enter takes what is offered."""
    code, seen = at_terminal(
        cli, "init", "--site", "zyxo.test", "--kind", "app", "--rival", "Forge",
        typed=["Zyxo", ""],
    )  # fmt: skip

    assert code == 0
    assert "Its domain" not in seen
    assert "Language your customers write [en]" in seen


def test_an_answer_that_does_not_come_writes_nothing(cli):
    """Ctrl-D at a question ends it."""
    code, _ = at_terminal(cli, "init", typed=["Zyxo", "\x04"])

    assert code == 1
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize(("lines", "least", "most"), [("24", 3, 3), ("50", 5, 8), ("200", 10, 10)])
def test_the_demo_fits_the_window(cli, lines, least, most):
    """The best post stays in sight: as many as the window is high, and three at least."""
    _, seen = at_terminal(cli, "demo", LINES=lines, NO_COLOR="1", COLUMNS="80")

    assert least <= len(re.findall(r"(?m)^ {1,2}\d{1,3}\.\d ", seen)) <= most
    if lines != "24":
        assert seen.count("\n") < int(lines)


def test_no_secret_reaches_stderr(cli, capsys):
    """Every message is shown without the secrets of addresses, also one in disguise."""
    Shell(verbose=1).say("https://ana:pa55@h.example/?to\u200bken=s3cret&page=2")

    assert capsys.readouterr().err == "https://***@h.example/?token=***&page=2\n"


def test_a_folder_that_was_deleted(cli, monkeypatch):
    """Told as what it is, and no hindrance where everything is named."""
    cli.write("feed.xml", rss([]))
    config = cli.config("feed.xml")
    gone = cli.folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    ran = cli("list")

    assert ran.code == 2
    assert "the folder you are in was deleted" in ran.err
    assert cli("-c", config, "list").code == 0
    assert cli("list", SCANNER_CONFIG=str(config)).code == 0


@pytest.mark.parametrize(("lines", "height"), [("", None), ("40", None)])
def test_height_without_a_terminal(lines, height):
    """Where nobody looks there is no window to fit."""
    assert Shell(environ={"LINES": lines}).height == height


def test_nothing_new_is_said_at_a_terminal_only(cli):
    """A person is told that there is nothing new; a pipe is not."""
    cli.write("feed.xml", rss([]))
    cli.config("feed.xml")

    assert "Nothing new worth a reply" in at_terminal(cli, "scan")[1]
    assert cli("scan").err == ""


@pytest.mark.parametrize(
    ("columns", "width"), [("40", 40), ("140", 140), ("0", None), ("wide", None), ("", None)]
)
def test_width(columns, width):
    """COLUMNS rules; without it, and without a terminal, there is no width to keep to."""
    assert Shell(environ={"COLUMNS": columns}).width == width


def test_a_bug_is_an_exit_code_and_one_line(cli, monkeypatch):
    """What nobody foresaw is told in a line, with --debug as a traceback."""
    monkeypatch.setattr("scanner.render.schema.schema", lambda: 1 / 0)

    ran = cli("schema")

    assert ran.code == 1
    assert ran.err.startswith("scanner: a bug: ZeroDivisionError")
    assert len(ran.err.splitlines()) == 2
    assert cli("--debug", "schema").code == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams(cli, closed):
    """A stream that was closed beforehand crashes nothing (C07)."""
    command = f"{sys.executable} -m scanner score --text {closed}"
    run = subprocess.run(
        ["bash", "-c", f"echo hello | {command}" if closed != "<&-" else command],
        env={**os.environ, **cli.environ},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "Traceback" not in run.stderr
    assert run.returncode == (0 if closed == "2>&-" else 1)


def test_killed_by_sigterm_ends_with_143(cli, httpserver):
    """SIGTERM unwinds: one line, no traceback, temporary files gone (C10)."""
    asked, killed = threading.Event(), threading.Event()

    def slow(request):
        asked.set()
        killed.wait(20)
        return Response("")

    httpserver.expect_request("/slow").respond_with_handler(slow)
    cli.config(httpserver.url_for("/slow"))
    scratch = cli.folder / "scratch"
    scratch.mkdir()
    run = subprocess.Popen(
        [sys.executable, "-m", "scanner", "scan", "--dry-run"],
        cwd=cli.folder,
        env={**os.environ, **cli.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
    )
    assert asked.wait(30)
    run.terminate()
    _, errors = run.communicate(timeout=20)
    killed.set()

    assert (run.returncode, errors) == (143, b"terminated; what was fetched before is kept\n")
    assert list(scratch.iterdir()) == []
