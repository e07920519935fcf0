"""The examples, run as a person would run them."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import rss

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def run(cli):
    """Run an example on a config with four complaints; `scanner` is the one under test."""
    now = datetime.now(UTC)
    texts = [
        "Acme charged me twice and support has not answered in two weeks.",
        "The Acme app crashes every time I open it, please help.",
        "Acme is down again since this morning.",
        "I use Acme and it is fine.",
    ]
    posts = [
        {
            "title": f"Number {n}",
            "text": text,
            "url": f"https://posts.example/{n}",
            "when": now - timedelta(hours=n),
        }
        for n, text in enumerate(texts, 1)
    ]
    cli.write("feed.xml", rss(posts))
    cli.config("feed.xml")
    tools = cli.folder / "bin"
    tools.mkdir()
    (tools / "scanner").symlink_to(Path(sys.executable).parent / "scanner")

    def ran(name, *options, **environ):
        return subprocess.run(
            [str(EXAMPLES / name), "scanner.toml", *options],
            cwd=cli.folder,
            env={**cli.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", **environ},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return ran


def test_daily_mails_what_is_new_and_nothing_otherwise(run):
    """The table on the first day, not a byte on the second: cron sends no mail."""
    first, second = run("daily.sh"), run("daily.sh")

    assert first.stdout.startswith("Worth")
    assert all(f"Number {n}" in first.stdout for n in (1, 2, 3, 4))
    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_daily_takes_options_of_scan(run):
    """CSV in the mail itself, for whoever wants that."""
    ran = run("daily.sh", "--format", "csv", "--limit", "2")

    assert ran.stdout.startswith('"id","url","title"')
    assert ran.stdout.count("https://posts.example/") == 2


def test_daily_hands_the_file_to_a_mailer(run, tmp_path):
    """With MAILER the CSV is an attachment with a name, gone afterwards; nothing new, no mail."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    mailer = 'echo "$1"; cat "$1"'

    first, second = (run("daily.sh", MAILER=mailer, TMPDIR=str(scratch)) for _ in (1, 2))

    name, _, table = first.stdout.partition("\n")
    assert name.endswith("/worth-a-reply.csv")
    assert table.startswith('"id","url","title"')
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert list(scratch.iterdir()) == []


def test_daily_loses_nothing_if_the_mailer_fails(run):
    """What could not be sent is printed, so that cron's own mail has it."""
    ran = run("daily.sh", MAILER="exit 9 #")

    assert ran.returncode == 9
    assert ran.stdout.count("https://posts.example/") == 4


@pytest.mark.parametrize("mailer", ["", 'cat "$1"'])
def test_daily_tells_what_failed(run, cli, mailer):
    """Exit 3, with the failure on stderr, also on a day with nothing new."""
    cli.config("feed.xml", "missing.xml")

    first = run("daily.sh", MAILER=mailer)
    second = run("daily.sh", MAILER=mailer)

    assert first.returncode == second.returncode == 3
    assert "missing" in first.stderr
    assert first.stdout
    assert second.stdout == ""


def test_daily_runs_as_its_crontab_lines_say(run, cli):
    """Whole paths alone are enough for cron: its PATH is small, and it starts in the home."""
    text = (EXAMPLES / "daily.sh").read_text("utf-8")
    lines = [line[4:] for line in text.splitlines() if line.startswith("#   ")]
    assert lines[0].startswith("MAILTO=")
    assert lines[2].startswith("SCANNER=/")
    assert re.fullmatch(r"15 7 \* \* 1-5  /\S+/daily.sh /\S+.toml", lines[3])

    ran = subprocess.run(
        [str(EXAMPLES / "daily.sh"), str(cli.folder / "scanner.toml")],
        cwd="/",
        env={
            "HOME": cli.environ["HOME"],
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            "SCANNER": str(Path(sys.executable).parent / "scanner"),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Worth")


@pytest.mark.skipif(shutil.which("jq") is None, reason="the example is a jq pipeline")
def test_reasons_are_counted(run):
    """Each reason with its number, most frequent first."""
    run("daily.sh")

    counted = dict(line.split()[::-1] for line in run("reasons.sh").stdout.splitlines())

    assert counted["billing"] == "1"
    assert {"bug", "outage"} <= counted.keys()


def test_the_top_three_are_opened(run, cli, tmp_path):
    """Three addresses go to $BROWSER, best first."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n', "utf-8")
    browser.chmod(0o755)
    run("daily.sh")

    ran = run("open-top-three.sh", BROWSER=str(browser))

    assert (ran.returncode, ran.stderr) == (0, "")
    opened = (tmp_path / "opened").read_text("utf-8").splitlines()
    best = [row["url"] for row in cli("list", "--limit", "3", "--format", "jsonl").rows]
    assert opened == best
    assert len(set(opened)) == 3
    assert "https://posts.example/4" not in opened


def test_every_example_is_run_here():
    """No example without a test."""
    tested = Path(__file__).read_text("utf-8")

    assert [path.name for path in EXAMPLES.glob("*.sh") if path.name not in tested] == []
