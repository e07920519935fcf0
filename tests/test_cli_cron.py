"""Lines that make a scan run by itself: when, what, and how cron's shell and systemd read them."""

import os
import shlex
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner import timetable
from tests.conftest import rss

ODD = 'it\'s 100% "odd" $HOME & co; `id` #1 ~ é'
"""A name of a folder."""


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """Nothing in the environment that would be noted."""
    for name in list(os.environ):
        if name.lower().endswith(("_proxy", "_bundle", "_cert_file", "_cert_dir")):
            monkeypatch.delenv(name)


def parts(cli, *options, **environ):
    """The three parts, and the notes."""
    ran = cli("--json", "cron", *options, **environ)
    assert ran.code == 0, ran.err
    return ran.json


def line(crontab):
    """The job of a crontab: its five fields, and its command as cron hands it to the shell."""
    *fields, command = crontab.splitlines()[-1].split(" ", 5)
    return " ".join(fields), command.replace(r"\%", "%")


def words(service):
    """The words of ExecStart=, undone as systemd.service(5) says; after the first, $$ is one $."""
    (told,) = [row for row in service.splitlines() if row.startswith("ExecStart=")]
    first, *rest = shlex.split(told.removeprefix("ExecStart=").replace("%%", "%"), posix=True)
    return [first, *(word.replace("$$", "$") for word in rest)]


@pytest.mark.parametrize(
    ("options", "cron", "systemd"),
    [
        (("--at", "07:15"), "15 7 * * *", "*-*-* 07:15:00"),
        (("--at", "7:05", "--days", "mon-fri"), "5 7 * * 1-5", "Mon..Fri *-*-* 07:05:00"),
        (("--at", "00:00"), "0 0 * * *", "*-*-* 00:00:00"),
        ((), "M 7 * * *", "*-*-* 07:M:00"),
        (("--every", "1h"), "M * * * *", "*-*-* *:M:00"),
        (("--every", "6h", "--days", "mon-fri"), "M */6 * * 1-5", "Mon..Fri *-*-* 0/6:M:00"),
        (("--every", "1d"), "M 7 * * *", "*-*-* 07:M:00"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_when(cli, options, cron, systemd):
    """Times, days and lengths; where no minute is named it is the config's own, never :00."""
    cli.config("feed.xml")
    found = parts(cli, *options)
    minute = timetable.when(None, None, working_days=False, key=str(cli.folder / "scanner.toml"))

    assert line(found["crontab"])[0] == cron.replace("M", str(minute.minute))
    assert f"\nOnCalendar={systemd.replace(':M', f':{minute.minute:02}')}\n" in found["timer"]
    assert 1 <= minute.minute <= 59
    assert "RandomizedDelaySec" in found["timer"]


def test_every_few_minutes():
    """The minutes are written out: steps inside a range are not known to every cron."""
    time = timetable.when(None, timedelta(minutes=20), working_days=False, key="x")
    first = time.minute % 20

    assert timetable.crontab(["s"], time) == f"{first},{first + 20},{first + 40} * * * * s"
    assert f"*:{first:02},{first + 20:02},{first + 40:02}:00" in timetable.timer(time)


def test_minutes_are_spread():
    """Configs differ, so do their minutes; the same config keeps its own."""
    minutes = [
        timetable.when(None, None, working_days=False, key=f"/home/{n}/s.toml").minute
        for n in range(600)
    ]

    assert set(minutes) == set(range(1, 60))
    assert timetable.when(None, None, working_days=False, key="/home/0/s.toml").minute == minutes[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--at", "25:00"), "--at: expected a time of day such as 07:15"),
        (("--at", "٠٧:١٥"), "--at: expected a time of day"),
        (("--at", "07:15", "--every", "1h"), "contradict"),
        (("--every", "7m"), "--every: expected one of 5m, 10m"),
        (("--every", "36h"), "--every: expected one of"),
        (("--every", "x"), "--every"),
        (("--days", "weekend"), "--days: expected daily or mon-fri"),
        (("--mail", "a b"), "--mail"),
        (("--mail", "-x@y"), "--mail"),
        (("--mail", "a\x9b@y"), "--mail"),
        (("--mail", "a\u202e@y"), "--mail"),
        (("--mail", "a\n* * * * * id"), "--mail"),
        (("--format", "xml"), "--format"),
        (("-o", "none/x.csv"), "there is no folder"),
        (("everything",), "expected one of all, crontab, service, timer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_asked_wrongly(cli, options, said):
    """Exit 2, and nothing on stdout that could be piped into a crontab."""
    cli.config("feed.xml")

    ran = cli("cron", *options)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_config_that_does_not_load_is_told_now(cli):
    """Better than by a mail at seven."""
    cli.write("scanner.toml", "[scanner]\nlimits = 3\n")

    ran = cli("cron")

    assert (ran.code, ran.out) == (2, "")
    assert "limit" in ran.err


def test_paths_are_whole_and_the_database_is_the_same(cli):
    """cron starts in the home folder, and knows none of today's variables."""
    cli.config("feed.xml")
    home = cli.environ.pop("XDG_DATA_HOME")

    plain = words(parts(cli)["service"])
    named = words(parts(cli, "--db", "x.db")["service"])
    told = words(parts(cli, SCANNER_DB="y.db", SCANNER_CONFIG="scanner.toml")["service"])
    moved = words(parts(cli, XDG_DATA_HOME=home)["service"])

    toml = str(cli.folder / "scanner.toml")
    assert Path(plain[0]).is_absolute()
    assert plain[-4:] == ["-q", "-c", toml, "scan"]
    assert named[-6:] == ["-q", "-c", toml, "--db", str(cli.folder / "x.db"), "scan"]
    assert told[-3:-1] == ["--db", str(cli.folder / "y.db")]
    assert moved[-3:-1] == ["--db", str(Path(home, "scanner/scanner.db"))]


def test_format_output_and_mail(cli):
    """They are passed on; MAILTO stands above the job, and mail is UTF-8."""
    cli.config("feed.xml")

    found = parts(cli, "--format", "csv", "-o", "out.csv", "--mail", "you@my-host.example.org")

    assert words(found["service"])[-4:] == ["--format", "csv", "-o", str(cli.folder / "out.csv")]
    head = "MAILTO=you@my-host.example.org\nCONTENT_TYPE=text/plain; charset=utf-8\n"
    assert found["crontab"].startswith(head)
    assert found["notes"] == [
        "out.csv is replaced in every run, by an empty one where nothing is new."
    ]


def test_what_cron_will_not_know_is_told_by_name(cli):
    """Proxies, certificates, the config's own variables; never what is in them."""
    cli.config("feed.xml", more="[x]\n")
    cli.write("other.toml", 'a = 1\n[[b]]\nurl_env = "FEED_URL"\n[c]\npassword_env = "PASS"\n')
    from scanner.cli import cron

    environ = {"https_proxy": "http://me:canary@proxy.example", "HTTP_PROXY": "", "PASS": "canary"}
    notes = list(cron._notes(environ, cli.folder / "other.toml", None))

    # FEED_URL is no variable here: it may be the secret itself, written in the wrong place
    known = "https_proxy, PASS, 1 more that *_env keys of the config name."
    (note,) = notes
    assert note.partition(" What")[0] == f"cron and systemd do not know {known}"
    assert "canary" not in " ".join(notes)


@pytest.mark.parametrize("hidden", ["\n* * * * * id", "\x9b31m", "\u202egnp"])
def test_nothing_hides_in_what_is_printed(cli, hidden):
    """Not in the folder of the units, not in the path of the config."""
    cli.config("feed.xml")
    out = cli("cron", XDG_CONFIG_HOME=f"/home/you{hidden}").out
    assert out.count("\n* * * * * id") == 0
    assert hidden.strip() not in out.replace("* * * * * id", "")

    folder = cli.folder / f"a{hidden}"
    folder.mkdir()
    (cli.folder / "scanner.toml").rename(folder / "scanner.toml")
    ran = cli("-c", folder / "scanner.toml", "cron")
    assert (ran.code, ran.out) == (2, "")


def test_one_part_is_ready_to_be_put_in_place(cli):
    """`scanner cron crontab` is a crontab and no more; so are the units; notes go to stderr."""
    cli.config("feed.xml")
    found = parts(cli)

    for part in ("crontab", "service", "timer"):
        assert cli("cron", part).out == found[part]
    told = cli("cron", "timer", NO_PROXY="x")
    assert told.out == found["timer"]
    assert "cron and systemd do not know NO_PROXY." in told.err


@pytest.mark.parametrize("has", [True, False])
def test_everything_with_how_to_put_it_in(cli, monkeypatch, has):
    """All three parts, where they go, and which of the two this machine has."""
    cli.config("feed.xml")
    folder = cli.folder / "bin"
    folder.mkdir()
    (folder / "crontab").write_text("")
    (folder / "crontab").chmod(0o755)
    running = cli.folder / ("bin" if has else "none")
    monkeypatch.setattr("scanner.cli.cron._RUNNING", running)

    out = cli("cron", PATH=str(running), NO_PROXY="x").out

    found = parts(cli)
    assert all(found[part] in out for part in ("crontab", "service", "timer"))
    assert "# Note: cron and systemd do not know NO_PROXY." in out
    assert ("this machine has crontab" in out) == has
    assert ("this machine has systemd" in out) == has
    for said in ("crontab -e", "systemd/user/scanner.service", "systemctl --user enable --now"):
        assert said in out
    assert "loginctl enable-linger" in out
    without = {row for row in out.splitlines() if not row.startswith("#")}
    wanted = "\n".join(found[part] for part in ("crontab", "service", "timer"))
    assert without == {row for row in wanted.splitlines() if not row.startswith("#")} | {""}


# --- as cron and systemd read it ------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="a shell runs it")
def test_crons_shell_runs_it(cli):
    """From a folder with an odd name, in cron's environment: the scan prints the CSV."""
    cli.folder /= ODD
    cli.folder.mkdir()
    cli.write("feed.xml", rss([{"title": "Acme charged me twice", "text": "Acme, again."}]))
    cli.config("feed.xml")
    config = str(cli.folder / "scanner.toml")
    database = str(cli.folder / "x.db")
    made = parts(cli, "-c", config, "--db", database, "--format", "csv")
    _, command = line(made["crontab"])
    home = cli.folder / "home"
    home.mkdir()

    run = subprocess.run(
        ["env", "-i", f"HOME={home}", "SHELL=/bin/sh", "PATH=/usr/bin:/bin", "LOGNAME=you",
         "sh", "-c", command],
        cwd=home, capture_output=True, timeout=60,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.decode("utf-8").splitlines()[1].count("Acme charged me twice")
    assert Path(database).exists()
    assert words(made["service"]) == shlex.split(command)


WORDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\\"), min_size=1, max_size=20
)
TIME = timetable.When(7, 15)


@given(st.lists(WORDS, min_size=1, max_size=4))
@example([ODD])
@example(["%", "%%", r"'", '"', ";", "$$", "${HOME}", "-"])
def test_every_word_comes_through(command):
    """Whatever is in a path: the shell behind cron gets the same words, and so does systemd."""
    _, told = line(timetable.crontab(command, TIME))

    assert shlex.split(told) == command
    escaped = timetable.crontab(command, TIME).replace(r"\%", "")
    assert "%" not in escaped
    unit = timetable.service(["x", *command], "c")
    assert len(unit.split("\n")) == 9
    assert words(unit) == ["x", *command]


@pytest.mark.parametrize("word", ["a\nb", "a\0b", "back\\slash", "\udcff"])
def test_what_cannot_stand_in_a_line_is_refused(word):
    """A line break would be a job of its own."""
    with pytest.raises(ValueError, match="may be in a crontab"):
        timetable.crontab(["scanner", word], TIME)
    if "\\" not in word:
        with pytest.raises(ValueError, match="may be in a unit"):
            timetable.service(["scanner", word], "c")
    assert timetable.service(["x"], f"a{word}\\").splitlines()[1].endswith(("b", "h", "a", "a "))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd reads its units")
def test_systemd_finds_nothing_wrong(cli):
    """`systemd-analyze verify` and `calendar` take what is printed, odd paths included."""
    cli.folder /= ODD.replace("`id`", "")
    cli.folder.mkdir()
    cli.config("feed.xml")
    config = str(cli.folder / "scanner.toml")
    units = cli.folder.parent / "units"
    units.mkdir()
    environ = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning", "XDG_RUNTIME_DIR": str(units)}
    for options in ((), ("--every", "20m", "--days", "mon-fri")):
        made = parts(cli, "-c", config, *options)
        (units / "scanner.service").write_text(made["service"], "utf-8")
        (units / "scanner.timer").write_text(made["timer"], "utf-8")
        (moment,) = [r for r in made["timer"].splitlines() if r.startswith("OnCalendar=")]
        for command in (
            ["verify", "--user", "--man=no", str(units / "scanner.timer")],
            ["calendar", moment.partition("=")[2]],
        ):
            run = subprocess.run(
                ["systemd-analyze", *command], capture_output=True, text=True, env=environ
            )
            assert (run.returncode, run.stderr) == (0, "")


def test_how_it_is_started_again(monkeypatch, tmp_path):
    """The script that runs now, or the one beside this Python, or else `python -m scanner`."""
    from scanner.cli.cron import _program

    script = tmp_path / "scanner"
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert _program() == [str(script)]

    monkeypatch.setattr(sys, "argv", ["/somewhere/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert _program() == [str(script)]

    script.unlink()
    assert _program() == [str(tmp_path / "python"), "-m", "scanner"]
