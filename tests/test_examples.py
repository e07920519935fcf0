"""The examples, run as a person would run them."""

import os
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

    def ran(name, **environ):
        return subprocess.run(
            [str(EXAMPLES / name), "scanner.toml"],
            cwd=cli.folder,
            env={**cli.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", **environ},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return ran


def test_daily_mails_what_is_new_and_nothing_otherwise(run):
    """CSV on the first day, not a byte on the second: cron sends no mail."""
    first, second = run("daily.sh"), run("daily.sh")

    assert first.stdout.startswith('"id","url","title"')
    assert first.stdout.count("https://posts.example/") == 4
    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_daily_hands_the_file_to_a_mailer(run, tmp_path):
    """With MAILER the CSV is an attachment, and the temporary file is gone afterwards."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    ran = run("daily.sh", MAILER="wc -l", TMPDIR=str(scratch))

    assert ran.stdout.split()[0] == "5"
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(shutil.which("jq") is None, reason="the example is a jq pipeline")
def test_reasons_are_counted(run):
    """Each reason with its number, most frequent first."""
    run("daily.sh")

    counted = dict(line.split()[::-1] for line in run("reasons.sh").stdout.splitlines())

    assert counted["billing"] == "1"
    assert {"bug", "outage"} <= counted.keys()


def test_the_top_three_are_opened(run, tmp_path):
    """Three addresses go to $BROWSER, best first."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n', "utf-8")
    browser.chmod(0o755)
    run("daily.sh")

    ran = run("open-top-three.sh", BROWSER=str(browser))

    assert (ran.returncode, ran.stderr) == (0, "")
    opened = (tmp_path / "opened").read_text("utf-8").splitlines()
    assert opened[0] == "https://posts.example/1"
    assert len(set(opened)) == 3


def test_every_example_is_run_here():
    """No example without a test."""
    tested = Path(__file__).read_text("utf-8")

    assert [path.name for path in EXAMPLES.glob("*.sh") if path.name not in tested] == []
