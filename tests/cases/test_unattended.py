"""C01 to C17: nobody looks on; what cron, a pipe, a script and a signal get to see."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cases.conftest import World
from tests.cases.pages import fine, posts
from tests.cases.server import reply
from tests.conftest import rss

ROOT = Path(__file__).parent.parent.parent
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOON = 1.0
"""Seconds that a signal may take. On a machine at work it is measured in the processor's time."""


def silent(ran):
    """Whether cron would send no mail."""
    return (ran.out, ran.err) == ("", "")


# --- feeds that fail ------------------------------------------------------------------------------


@pytest.mark.case("C01")
def test_one_of_three_feeds_fails(world):
    """The other two are stored and printed; exit 3; one line on stderr, about the third."""
    world.watch("/ok", "/404", "/cond")

    ran = world.scan()

    assert (ran.code, len(world.posts)) == (3, 10)
    (line,) = ran.err.splitlines()
    assert "HTTP 404" in line


@pytest.mark.case("C02")
def test_all_feeds_fail(world):
    """Exit 1 and a line for each, nothing on stdout."""
    world.watch("/404", "/500", "/403")

    ran = world.scan()

    assert (ran.code, ran.out) == (1, "")
    assert re.findall(r": (HTTP \d+)", ran.err) == ["HTTP 404", "HTTP 500", "HTTP 403"]
    assert len(ran.err.splitlines()) == 3


@pytest.mark.case("C03")
@pytest.mark.parametrize("options", [(), ("-q",)])
def test_nothing_new_is_silence(world, options):
    """All is well and nothing is new: not a byte, so that cron sends no mail."""
    world.watch("/cond", "/ok")
    world.scan()

    early = world.cli("scan", *options)
    world.now += 2 * HOUR
    later = [early, world.cli("scan", *options), world.cli("scan", *options)]

    assert all(silent(ran) for ran in later)
    assert {ran.code for ran in later} == {0}
    assert len(world.server.asked("/cond")) == 2


@pytest.mark.case("C04")
@pytest.mark.parametrize(
    ("page", "alone", "options"),
    [
        (reply(500), True, ()),
        (reply(403), False, ("-q",)),
        (reply(429, {"Retry-After": "3600"}), False, ()),
        (reply(503, {"Retry-After": "3600"}), True, ("-q",)),
        (reply(200, body=b"<html>Log in"), False, ()),
    ],
    ids=["500", "403", "429", "503", "html"],
)
def test_a_feed_that_is_down_for_a_day(world, page, alone, options):
    """One line when it begins, one after 24 hours, one when it is over; the exit code in each."""
    world.server.pages["/down"] = fine()
    door = world.server.door()  # another site, which a 429 says nothing about
    world.watch("/down", *(() if alone else (world.server.url("/ok", door=door),)))
    world.scan()
    world.server.pages["/down"] = page

    runs = [world.scan(*options, after=2 * HOUR)]
    runs += [world.scan(*options, after=HOUR) for _ in range(27)]
    world.server.pages["/down"] = fine()
    better = world.scan(*options, "--refetch", after=HOUR)

    assert {ran.code for ran in runs} == {1 if alone else 3}
    assert [n for n, ran in enumerate(runs) if ran.err] == [0, 24]
    assert [len(runs[n].err.splitlines()) for n in (0, 24)] == [1, 1]
    assert "still failing since 2026-11-20 14:00 UTC (1 d): " in runs[24].err
    assert (better.code, len(better.err.splitlines())) == (0, 1)
    assert "works again after 28 h" in better.err


@pytest.mark.case("C04")
def test_a_feed_that_comes_and_goes(world):
    """Its failing and its recovery are told once; the exit code says the rest."""
    world.watch("/flips", "/ok")
    runs = []
    for page in (reply(500), fine(), reply(500), fine()):
        world.server.pages["/flips"] = page
        runs.append(world.scan("--refetch", after=HOUR))

    assert [ran.code for ran in runs] == [3, 0, 3, 0]
    assert [len(ran.err.splitlines()) for ran in runs] == [1, 1, 0, 0]


@pytest.mark.case("C04")
def test_what_is_gone_for_good_is_told_once(world):
    """410: one line, none in the weeks that follow, and the exit code all the time."""
    world.watch("/410", "/ok")

    first, *later = world.scans(9, DAY)

    assert len(first.err.splitlines()) == 1
    assert all(ran.err == "" for ran in later)
    assert {ran.code for ran in (first, *later)} == {3}


@pytest.mark.case("C04")
def test_whoever_looks_on_always_sees_the_state(world):
    """With -v a failing feed is named in every run, with what to do."""
    world.watch("/404", "/ok")
    world.scan()

    rests, asked = world.scan("-v"), world.scan("-v", "--refetch")

    assert "not working: " in rests.err
    assert "(scanner feeds list says why)" in rests.err
    assert "still failing since" in asked.err
    assert "check the address" in asked.err
    assert "1 resting" in rests.err


@pytest.mark.case("C04", "N16")
def test_an_outage_of_our_own_is_told_once_a_day(world):
    """No host can be reached for a day: one line for all feeds, and one more after 24 hours."""
    closed = "http://127.0.0.1:9"
    path = world.watch("/ok", "/cond")
    world.scan()
    config = path.read_text()
    path.write_text(config.replace(f"http://127.0.0.1:{world.server.port}", closed))
    away = world.scans(27, HOUR)

    assert [n for n, ran in enumerate(away) if ran.err] == [0, 24]
    assert all(len(ran.err.splitlines()) <= 1 for ran in away)
    assert "is the network down?" in away[0].err
    assert {ran.code for ran in away} == {1}


@pytest.mark.case("C04")
def test_what_could_not_be_printed_was_not_told(world):
    """stderr is full: the line comes again in the next run."""
    world.watch("/404", "/ok")

    assert shell(world, "$S scan >out 2>/dev/full")[0] == 3
    assert "HTTP 404" in world.scan().err
    assert world.scan().err == ""


# --- exit codes, and what is asked wrongly --------------------------------------------------------


@pytest.mark.case("C05")
def test_fail_above(world):
    """0: nothing above; 4: something is; 3 and 1 as ever, and 2 for what is no number."""
    world.watch("/ok")
    assert world.scan("--dry-run", "--fail-above", "99.9").code == 0
    assert world.scan("--dry-run", "--fail-above", "1").code == 4
    world.watch("/ok", "/404")
    assert world.scan("--dry-run", "--fail-above", "99.9").code == 3
    assert world.scan("--dry-run", "--fail-above", "1").code == 4
    world.watch("/404")
    assert world.scan("--dry-run", "--fail-above", "1").code == 1
    assert world.scan("--fail-above", "x").code == 2


@pytest.mark.case("C13")
@pytest.mark.parametrize(
    "words",
    [("scan", "--bad"), ("--bad",), ("nothing",), ("scan", "extra"), ("show",), ("scan", "-c")],
    ids=" ".join,
)
def test_a_wrong_word_is_exit_2(world, words):
    """Usage on stderr, nothing on stdout, nothing fetched."""
    world.watch("/ok")

    ran = world.cli(*words)

    assert (ran.code, ran.out) == (2, "")
    assert "Usage: scanner" in ran.err
    assert world.server.log == []


@pytest.mark.case("C14")
@pytest.mark.parametrize("option", ["-q", "", "-v", "-vv"])
def test_streams(world, option):
    """Data alone on stdout, whatever is said on stderr; no progress where nobody looks."""
    world.watch("/ok", "/404")

    ran = world.scan(*filter(None, [option]))

    assert len(ran.rows) == 5
    said = ran.err.splitlines()
    assert len(said) == (1 if option in ("-q", "") else 4)
    assert "\r" not in ran.err
    assert "\x1b" not in ran.err


def messages(text: str) -> list[dict[str, object]]:
    """stderr, which has one object a line."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.case("C15")
@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("scan", "--bad"), 2, "usage"),
        (("nothing",), 2, "usage"),
        ((), 2, "usage"),
        (("show",), 2, "usage"),
        (("scan", "--limit", "-1"), 2, "usage"),
        (("scan", "-c"), 2, "usage"),
        (("scan", "--now", "x"), 2, "usage"),
        (("-c", "none.toml", "scan"), 2, "config"),
        (("-c", "bad.toml", "scan"), 2, "config"),
        (("--db", "bad.toml", "scan"), 1, "store"),
        (("--db", "/dev/null/x", "scan"), 1, "store"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_errors_as_json(world, words, code, kind):
    """Every message is one object a line with what happened, how it ends and what kind it is."""
    world.watch("/ok")
    world.cli.write("bad.toml", "[scanner]\nsince = 1\nlimits = 3\n" + "#" * 9000)

    for line in ((*words, "--json"), ("--json", *words)):
        ran = world.cli(*line)

        assert (ran.code, ran.out) == (code, "")
        found = messages(ran.err)
        assert found
        for one in found:
            assert one["level"] == "error"
            assert re.match("(?!scanner: )[^ ]", str(one["message"]))
            assert (one["code"], one["kind"]) == (code, kind)
    if words[:2] == ("-c", "bad.toml"):
        assert len(found) >= 2  # each complaint by itself


@pytest.mark.case("C15")
def test_feeds_that_fail_as_json(world):
    """stdout is JSON, and each line of stderr says which feed it is about."""
    world.watch("/ok", "/404")

    ran = world.cli("--json", "-v", "scan", "--limit", "0")

    assert ran.code == 3
    assert len(ran.json) == 5
    found = messages(ran.err)
    (bad,) = [one for one in found if one["level"] == "error"]
    assert bad["kind"] == "failing"
    assert "404" in str(bad["feed"])
    assert {one["level"] for one in found} == {"error", "info"}


@pytest.mark.case("C15")
def test_a_bug_as_json(world, monkeypatch):
    """Also what should not be is an object; its traceback only where it was asked for."""
    world.watch("/ok")

    def broken(*_args: object, **_more: object) -> None:
        raise ValueError("an odd \x1b[31m day")

    monkeypatch.setattr("scanner.queue.pick", broken)

    plain, debug = world.cli("--json", "scan"), world.cli("--json", "--debug", "scan")

    assert (plain.code, debug.code) == (1, 1)
    (one,), (more,) = messages(plain.err), messages(debug.err)
    assert one["kind"] == more["kind"] == "bug"
    assert "an odd " in str(one["message"])
    assert "traceback" not in one
    assert "in broken" in str(more["traceback"])
    assert "\x1b" not in plain.out + plain.err + str(more)


# --- streams that are closed, full or slow --------------------------------------------------------


def environ(world: World) -> dict[str, str]:
    """What a process of its own is started with."""
    return {**os.environ, **world.cli.environ, "TMPDIR": str(world.cli.folder / "scratch")}


def process(world: World, *words: str, before: Callable[[], object] | None = None, **popen):
    """`scanner` in a process of its own, with a scratch folder of its own."""
    (world.cli.folder / "scratch").mkdir(exist_ok=True)
    popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}
    return subprocess.Popen(
        [sys.executable, "-m", "scanner", *words],
        env=environ(world), cwd=world.cli.folder, preexec_fn=before, **popen,
    )  # fmt: skip


def shell(world: World, line: str, **more: str) -> tuple[int, str]:
    """A line of sh, in which scanner is $S; its status, and what it printed."""
    (world.cli.folder / "scratch").mkdir(exist_ok=True)
    run = subprocess.run(
        ["bash", "-c", line],
        env={**environ(world), "S": f"{sys.executable} -m scanner", **more},
        cwd=world.cli.folder, capture_output=True, timeout=60,
    )  # fmt: skip
    return run.returncode, (run.stdout + run.stderr).decode("utf-8")


@pytest.mark.case("C06")
@pytest.mark.parametrize(
    "words", ["demo --limit 0 --format json", "--help", "scan --help", "--version"]
)
def test_a_reader_that_has_gone(world, words):
    """`| head -1`: not a word, and the status of a program that SIGPIPE ended."""
    read, write = os.pipe()
    os.close(read)
    run = process(world, *words.split(), stdout=write)
    os.close(write)
    _, err = run.communicate(timeout=30)

    assert (run.returncode, err) == (-signal.SIGPIPE, b"")


@pytest.mark.case("C07")
def test_descriptors_that_are_closed(world):
    """Only what was to be printed and could not be is a failure; no file takes their numbers."""
    world.watch("/ok")
    _, said = shell(
        world,
        'code() { printf "%s " $?; }\n'
        "$S demo -n 1 <&- >/dev/null; code\n"
        "$S demo -n 1 >&- 2>err; code; cat err\n"
        "$S --help >&- 2>/dev/null; code\n"
        "$S --bad 2>&-; code\n"
        "$S scan <&- >&- 2>&-; code\n"  # prints: fails, and keeps what it fetched
        "$S scan --all -o x.csv <&- >&- 2>&-; code\n"
        "$S score <&- 2>err; code; cat err\n",
    )

    assert said.replace("\n", "; ") == (
        "0 1 scanner: could not write to stdout: [Errno 9] stdout is closed; "
        "1 2 1 0 1 scanner: stdin is closed; name a file; "
    )
    assert len((world.cli.folder / "x.csv").read_text().splitlines()) == 6
    assert len(world.posts) == 5


@pytest.mark.case("C07")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_what_is_closed_is_filled(tmp_path, closed):
    """The next file that is opened gets 3 or more, never a number that somebody writes to."""
    code = (
        "import os, sys\nfrom scanner.cli.process import fill_descriptors\nfill_descriptors()\n"
        f"os._exit(os.open({str(tmp_path / 'x')!r}, os.O_CREAT | os.O_WRONLY))"
    )

    def close() -> None:
        for number in closed:
            os.close(number)

    run = subprocess.Popen([sys.executable, "-c", code], preexec_fn=close)

    assert run.wait(30) >= 3


@pytest.mark.case("C08")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
def test_a_full_disk_under_the_streams(world):
    """stdout: exit 1 with the reason; stderr: the exit code is what it would have been."""
    _, said = shell(
        world,
        'code() { printf "%s " $?; }\n'
        "for words in 'demo -n 1' --help --version\n"
        "do $S $words >/dev/full 2>err; code; cat err; done\n"
        "$S --bad 2>/dev/full; code\n"
        "$S -c none.toml scan 2>/dev/full; code\n",
    )

    lines = said.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["1", "1", "1"]
    assert all("No space left on device" in line for line in lines[:3])
    assert lines[3] == "2 2 "


# --- signals --------------------------------------------------------------------------------------

STOPS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"),
         (signal.SIGHUP, 129, "terminated")]  # fmt: skip
ENDED = pytest.mark.parametrize(
    ("number", "code", "word"), STOPS, ids=["SIGINT", "SIGTERM", "SIGHUP"]
)
KEPT = "{}; what was fetched before is kept\n"


def children(pid: int) -> list[int]:
    """The processes that one has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def lives(pid: int) -> bool:
    """Whether a process is there, and no mere entry that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def stopped(world: World, run, number: int, times: int = 1) -> tuple[int, str, float]:
    """Send a signal, perhaps several times; give exit code, what was said, and how long it took."""
    had = children(run.pid)
    begun = time.monotonic()
    for _ in range(times):
        run.send_signal(number)
        time.sleep(0.02)
    _, err = run.communicate(timeout=30)
    took = time.monotonic() - begun
    end = time.monotonic() + 2
    while any(map(lives, had)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not [pid for pid in had if lives(pid)]
    assert list((world.cli.folder / "scratch").iterdir()) == []
    return run.returncode, err.decode(), took


def slack() -> float:
    """How much longer than alone something may take here: the machine may have other work."""
    return max(1.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.mark.case("C09", "C10")
@ENDED
def test_stopped_while_a_server_hangs(world, number, code, word):
    """Out within a second, feeds that were finished are kept, one line, the signal's status."""
    asked = threading.Event()

    def slow(exchange):
        asked.set()
        exchange.hang()

    world.server.pages["/slow"] = slow
    world.cli.write("local.xml", rss(posts()))
    world.watch(("local.xml", ""), "/slow")

    run = process(world, "scan", "--dry-run" if number == signal.SIGHUP else "--all")
    assert asked.wait(20)
    ended = stopped(world, run, number, times=3)

    assert ended[:2] == (code, KEPT.format(word))
    assert ended[2] < SOON * slack()
    if number != signal.SIGHUP:
        assert len(world.posts) == 5


@pytest.mark.case("C09", "C10")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")
@ENDED
def test_stopped_while_others_parse_and_we_judge(world, number, code, word):
    """With processes that help: they are gone, and so are their files."""
    if (os.cpu_count() or 1) < 2:
        pytest.skip("one core: nobody helps")
    text = rss([one | {"text": str(one["text"]) * 9} for one in posts(120)])
    for n in range(45):
        world.cli.write(f"{n}.xml", text.replace("guid-", f"{n}-"))
    world.watch(*((f"{n}.xml", "") for n in range(45)))

    run = process(world, "scan", "-v")
    assert b": read, 120 posts" in run.stderr.readline()
    assert children(run.pid)
    ended = stopped(world, run, number)

    assert ended[0] == code
    assert ended[1].endswith(KEPT.format(word))
    assert ended[2] < SOON * slack()
    assert world.cli("list", "-n", "1", "--since", "99w").code == 0


@pytest.mark.case("C09")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")
def test_stopped_while_a_broken_feed_is_read_apart(world):
    """feedparser takes its time in a process of its own, which goes as well."""
    broken = (
        rss(posts(50))
        .replace("<channel>", "<channel><x y=z>")
        .replace("</channel>", "<b>" * 15_000 + "</channel>")
    )
    for n in range(6):
        world.cli.write(f"{n}.xml", broken)
    world.watch(*((f"{n}.xml", "") for n in range(6)))

    run = process(world, "scan")
    end = time.monotonic() + 20
    while not children(run.pid) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    ended = stopped(world, run, signal.SIGINT, times=2)

    assert ended[:2] == (130, KEPT.format("interrupted"))
    assert ended[2] < SOON * slack()


@pytest.mark.case("C09", "C10")
@pytest.mark.parametrize(
    ("words", "number", "code", "word"),
    [
        (("demo", "--limit", "0", "--format", "json"), *STOPS[0]),
        (("score", "--text", "lines.txt"), *STOPS[0]),
        (("score", "--text", "lines.txt"), *STOPS[1]),
    ],
    ids=["demo", "score", "score, SIGTERM"],
)
def test_stopped_while_nobody_reads_what_is_printed(world, words, number, code, word):
    """A pipe that is full holds up neither the end nor what Python does at its end."""
    world.cli.write("lines.txt", "Acme charged me twice and nobody answers.\n" * 1000)
    read, write = os.pipe()
    run = process(world, *words, stdout=write)
    os.close(write)
    end = time.monotonic() + 20
    while held(read) < 60_000 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)  # until it is full, and waits
    ended = stopped(world, run, number)
    os.close(read)

    assert ended[:2] == (code, f"{word}\n")
    assert ended[2] < SOON * slack()


def held(read: int) -> int:
    """How many bytes wait in a pipe."""
    import fcntl
    import termios

    count = fcntl.ioctl(read, termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(count, sys.byteorder)


@pytest.mark.case("C09")
def test_ctrl_c_while_it_starts(world):
    """Libraries are still being loaded: one word, no traceback."""
    slow = world.cli.write("slow/typer/__init__.py", "print(flush=True)\nwhile True: pass\n")
    world.cli.environ["PYTHONPATH"] = f"{slow.parent.parent}{os.pathsep}{ROOT}"

    run = process(world, "demo")
    run.stdout.readline()
    ended = stopped(world, run, signal.SIGINT, times=3)

    assert ended[:2] == (130, "interrupted\n")


@pytest.mark.case("C10")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_what_the_parent_ignores_stays_ignored(world, number):
    """nohup, and `&` in a script: the scan goes on and ends as ever."""
    asked, let_go = threading.Event(), threading.Event()

    def slow(_exchange):
        asked.set()
        let_go.wait(20)
        return fine()

    world.server.pages["/slow"] = slow
    world.watch("/slow")

    run = process(world, "scan", before=lambda: signal.signal(number, signal.SIG_IGN))
    assert asked.wait(20)
    run.send_signal(number)
    time.sleep(0.1)
    let_go.set()
    out, err = run.communicate(timeout=30)

    assert (run.returncode, err) == (0, b"")
    assert b"Acme" in out


@pytest.mark.case("C10")
def test_clean_up_that_hangs_can_be_ended():
    """One more signal after three seconds ends it on the spot; before that it is left to finish."""
    code = (
        "import os, signal, time\nfrom scanner.cli import process\nprocess._PATIENCE = 0.3\n"
        "process.Signals().heed()\n"
        "try:\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(9)\n"
        "finally:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(0.4)\n"
        "    print('here', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)

    assert (run.returncode, run.stdout, run.stderr) == (130, b"here\n", b"")


# --- odd environments -----------------------------------------------------------------------------


@pytest.mark.case("C11")
@pytest.mark.skipif(os.name != "posix", reason="env")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("env -i {home}", 0),
        ("env -i {home} LC_ALL=C", 0),
        ("env -i {home} LC_ALL=xx_YY.nothing PYTHONIOENCODING=ascii:strict", 0),
        ("env -u HOME -u TERM TMPDIR=/nonexistent", 0),
        ("env HOME=/dev/null XDG_DATA_HOME= SCANNER_DB=", 1),
        ("env -i HOME=/nonexistent/home SCANNER_DB={db}", 0),
        ("cd / && env", 0),
        ("mkdir gone && cd gone && rmdir ../gone && env", 0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_odd_environments(world, change, code):
    """It works, and prints UTF-8 whatever the locale; or it says in a line what is missing."""
    world.cli.write("feed.xml", rss([{"title": "Acme größer als 日本", "text": "Acme."}]))
    path = world.watch(("feed.xml", ""))
    db = world.cli.environ["SCANNER_DB"]
    where = change.format(home=f"HOME={world.cli.folder} SCANNER_DB={db}", db=db)

    status, said = shell(world, f"{where} PYTHONPATH={ROOT} $S -c {path} scan --format csv")

    assert status == code
    if code:
        (line,) = said.splitlines()
        assert line.startswith("scanner: /dev/null/")
    else:
        assert "Acme größer als 日本" in said
        assert said.count("\r\n") == 2


@pytest.mark.case("C11")
def test_help_and_usage_in_ascii(world):
    """What the locale cannot show becomes a question mark, not a traceback."""
    status, said = shell(
        world, "$S scan --help && $S --bräd; echo $?", PYTHONIOENCODING="ascii:strict"
    )

    assert said.endswith("No such option: --br?d") or "No such option" in said
    assert "bug" not in said
    assert (status, "\n2\n" in said) == (0, True)


@pytest.mark.case("C12")
def test_a_wrong_config_fetches_nothing(world):
    """Bad TOML, an unknown key, a wrong type, no feed: exit 2, file and line, and no request."""
    path = world.watch("/ok")
    right = path.read_text()
    for wrong, said in (
        (right + "\n[[", "scanner.toml:11: not valid TOML"),
        (right.replace("about", "abuot"), 'abuot: unknown key; did you mean "about"?'),
        (right.replace("about = 'Acme'", "weight = 'much'"), "scanner.toml:8: feeds[0].weight"),
        (right.partition("[[feeds]]")[0], "no feed yet"),
    ):  # fmt: skip
        path.write_text(wrong)

        ran = world.scan()

        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
    assert world.server.log == []


@pytest.mark.case("C17")
def test_help_and_version_need_nothing(world):
    """A broken config, a broken database, no network: they answer, within 0.3 s of a processor."""
    world.cli.write("scanner.toml", "broken [")
    world.cli.write("scanner.db", "broken")
    used = []
    for words in (["--version"], ["--help"], ["scan", "--help"]):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = process(world, *words)
        out, err = run.communicate(timeout=30)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

        assert (run.returncode, err) == (0, b"")
        assert out
    assert used[0] < 0.3 * slack()
    assert max(used) < 0.6 * slack()


# --- what CI runs ---------------------------------------------------------------------------------

WORKFLOW = ROOT / ".github/workflows/ci.yml"


@pytest.mark.case("C16")
def test_a_fresh_install_is_tried_every_night():
    """Pushes run what we run; each night the newest dependencies are installed, and used."""
    text = WORKFLOW.read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    (install,) = re.findall(r"<!-- main command -->\n```console\n\$ (.*)\n```", readme)

    assert re.search(r"^on:\n  push:\n  schedule:\n(    #.*\n)*    - cron: ", text, re.MULTILINE)
    assert "- run: .ci/run" in text
    for step in install.split(" && "):
        assert f"- run: {step}\n" in text
    assert "- run: .venv/bin/scanner --version\n" in text
    assert "cache" not in text  # newest, each night
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)
    assert "\npermissions:\n  contents: read\n" in text
