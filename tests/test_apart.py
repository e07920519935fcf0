"""A function in another process: what it answers, how it ends, and that nothing is left behind.

Most tests ask `eval`, a function of bytes to bytes that needs no module of its own: a message says
what the other process is to do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scanner.apart import Apart, Gone, TooLate
from scanner.parse import parse, slowly
from scanner.records import Failed, Feed, FeedState, Fetched, Parsed

LONG = 30.0
"""Seconds: a deadline that nothing here should meet, on however busy a machine."""
SLEEP = b"__import__('time').sleep(60)"

on_posix = pytest.mark.skipif(os.name != "posix", reason="signals and groups of POSIX")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Every process that is started meanwhile; what a test leaves is ended."""
    seen: list[subprocess.Popen[bytes]] = []

    class _Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            seen.append(self)

    monkeypatch.setattr("scanner.apart.subprocess.Popen", _Noted)
    yield seen
    for process in seen:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()


@pytest.fixture
def evaluates(started: list[subprocess.Popen[bytes]]) -> Iterator[Apart]:
    """Somebody else who evaluates expressions."""
    apart = Apart("builtins:eval", LONG)
    yield apart
    apart.end()


def running(started: list[subprocess.Popen[bytes]]) -> int:
    """How many run still; one that was killed just now is given a moment to go."""
    ends = time.monotonic() + 0.3
    while (count := sum(process.poll() is None for process in started)) and ends > time.monotonic():
        time.sleep(0.01)
    return count


# --- answers --------------------------------------------------------------------------------------


def test_answers_come_back_in_order(evaluates: Apart, started: list[Any]) -> None:
    """Each message has its own answer, an empty one too, all from one process."""
    assert [evaluates.ask(b"b'%d'" % number) for number in range(5)] == [
        b"0", b"1", b"2", b"3", b"4"
    ]  # fmt: skip
    assert evaluates.ask(b"b''") == b""
    assert len(started) == 1


def test_long_messages_and_answers_pass_whole(evaluates: Apart) -> None:
    """Neither side waits for the other where both are longer than a pipe holds (64 kB)."""
    letters = bytes(range(97, 123)) * 100_000
    assert evaluates.ask(b"b'" + letters + b"'") == letters


def test_nothing_is_started_before_it_is_asked(evaluates: Apart, started: list[Any]) -> None:
    """Making one costs nothing; `start` has it ready, once, and only an answer makes it know."""
    assert started == []
    evaluates.start()
    evaluates.start()
    assert (len(started), evaluates.knows) == (1, False)
    evaluates.ask(b"b'1'")
    assert (len(started), evaluates.knows) == (1, True)


def test_the_other_process_is_another_process(evaluates: Apart) -> None:
    """What is asked is done elsewhere, in one process as long as it lives."""
    whom = b"str(__import__('os').getpid()).encode()"
    first = evaluates.ask(whom)
    assert int(first) != os.getpid()
    assert evaluates.ask(whom) == first


def test_functions_of_this_project_are_found(tmp_path: Path, monkeypatch: Any) -> None:
    """A module is found beside the package `scanner`, from whatever folder we run in."""
    monkeypatch.chdir(tmp_path)
    apart = Apart("scanner.parse.slowly:answer", LONG)
    told = apart.ask(b"<rss><channel><item><title>a</title></b></item></channel></rss>")
    apart.end()
    assert b'"title":"a"' in told


def test_modules_in_the_folder_are_not_run(tmp_path: Path, monkeypatch: Any) -> None:
    """A scanner.py in the folder where somebody works is not ours, and is not run."""
    tmp_path.joinpath("scanner.py").write_text("open('was_run', 'w').close()")
    monkeypatch.chdir(tmp_path)
    apart = Apart("builtins:eval", LONG)
    with suppress(Gone):
        apart.ask(b"b'1'")
    apart.end()
    assert not tmp_path.joinpath("was_run").exists()


# --- ends -----------------------------------------------------------------------------------------


def test_a_slow_answer_is_ended_at_its_deadline(started: list[Any]) -> None:
    """Who takes too long is ended, and what comes next is asked of somebody else."""
    apart = Apart("builtins:eval", 0.5)
    began = time.monotonic()
    with pytest.raises(TooLate):
        apart.ask(SLEEP)
    assert 0.4 < time.monotonic() - began < 20
    assert (running(started), apart.knows) == (0, False)
    apart._deadline = LONG
    assert apart.ask(b"b'well'") == b"well"
    assert (len(started), running(started)) == (2, 1)
    apart.end()


def test_each_message_has_a_deadline_of_its_own(started: list[Any]) -> None:
    """Time that one answer took is not taken from the next."""
    apart = Apart("builtins:eval", LONG)
    apart.ask(b"b'it is there'")
    apart._deadline = 1.5
    for _ in range(3):
        assert apart.ask(b"__import__('time').sleep(.6) or b'done'") == b"done"
    apart.end()
    assert len(started) == 1


@pytest.mark.parametrize(
    "message",
    [
        b"__import__('os')._exit(0)",
        b"__import__('os').kill(__import__('os').getpid(), 9)",
        b"1 / 0",
        b"no code",
        b"'not bytes'",
    ],
)
def test_who_dies_is_gone(evaluates: Apart, started: list[Any], message: bytes) -> None:
    """A process that ends, however it ends, is told from one that is slow; the next answers."""
    evaluates.ask(b"b'fine'")
    with pytest.raises(Gone):
        evaluates.ask(message)
    assert (running(started), evaluates.knows) == (0, False)
    assert evaluates.ask(b"b'well'") == b"well"


@pytest.mark.parametrize("name", ["scanner.nowhere:answer", "builtins:nobody"])
def test_a_function_that_is_not_there_is_gone(started: list[Any], name: str) -> None:
    """A wrong name is no reason to wait."""
    apart = Apart(name, LONG)
    with pytest.raises(Gone):
        apart.ask(b"")
    assert running(started) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS holds on Linux")
def test_who_takes_too_much_memory_is_gone(evaluates: Apart) -> None:
    """2 GB are more than the other process may have; half of one is not."""
    assert evaluates.ask(b"bytes(1 << 29) and b'there is room'") == b"there is room"
    with pytest.raises(Gone):
        evaluates.ask(b"bytes(1 << 31) and b'it was given'")


def test_who_prints_is_gone_at_worst(evaluates: Apart) -> None:
    """What a library prints does no harm to the process that asks."""
    with suppress(Gone):
        assert evaluates.ask(b"print('hello, world', flush=True) or b'answer'") == b"answer"


def test_end_leaves_nothing(evaluates: Apart, started: list[Any]) -> None:
    """After `end` no process runs and no pipe is open; a second time it does nothing."""
    evaluates.ask(b"b'1'")
    evaluates.end()
    evaluates.end()
    (process,) = started
    assert process.returncode is not None
    assert process.stdin.closed
    assert process.stdout.closed
    assert not evaluates.knows


def test_end_from_another_thread(evaluates: Apart, started: list[Any]) -> None:
    """Who waits for an answer is told at once that there is none."""
    evaluates.ask(b"b'1'")
    threading.Timer(0.3, evaluates.end).start()
    began = time.monotonic()
    with pytest.raises(Gone):
        evaluates.ask(SLEEP)
    assert time.monotonic() - began < 10
    assert running(started) == 0


def test_the_other_process_ends_with_us() -> None:
    """Who is killed leaves nobody behind: the other process ends when its pipe does."""
    ours = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os; from scanner.apart import Apart; apart = Apart('builtins:eval', 30);"
            "print(apart.ask(b\"str(__import__('os').getpid()).encode()\").decode(), flush=True);"
            "os._exit(0)",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    other, ends = int(ours.stdout), time.monotonic() + 10
    while _is_there(other) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not _is_there(other)


def _is_there(number: int) -> bool:
    """Whether a process runs; one that has ended may wait to be collected, where init is slow."""
    try:
        os.kill(number, 0)
    except OSError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


# --- Ctrl-C ---------------------------------------------------------------------------------------


@on_posix
def test_ctrl_c_is_not_for_the_other_process() -> None:
    """A terminal sends Ctrl-C to the whole group: we hear it, the other process goes on."""
    code = (
        "import os, signal, time\n"
        "from scanner.apart import Apart\n"
        "apart = Apart('builtins:eval', 30)\n"
        "apart.ask(b\"b'1'\")\n"
        "try:\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "    time.sleep(9)\n"
        "except KeyboardInterrupt:\n"
        "    knew = apart.knows\n"
        "    print(apart.ask(b\"b'still here'\"), apart.knows and knew)\n"
        "    apart.end()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        cwd=Path(__file__).parent.parent,
    )
    assert ran.stdout == "b'still here' True\n"


@on_posix
def test_an_interrupted_answer_is_not_the_next_one(evaluates: Apart) -> None:
    """Who is interrupted while waiting does not get the old answer to a new question."""

    def _interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    evaluates.ask(b"b'1'")
    before = signal.signal(signal.SIGALRM, _interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            evaluates.ask(b"__import__('time').sleep(.5) or b'old'")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert evaluates.ask(b"b'new'") == b"new"


# --- a feed on which feedparser hangs -------------------------------------------------------------


def stumbling(xml: bytes) -> bytes:
    """What the other process does here: hang or die where the document says so."""
    if b"HANG" in xml:
        time.sleep(60)
    if b"DIE" in xml:
        os._exit(1)
    return slowly.answer(xml)


@pytest.fixture
def stumbles(
    monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]]
) -> Iterator[Apart]:
    """The parse room, with somebody else who may hang."""
    apart = Apart("tests.test_apart:stumbling", LONG)
    monkeypatch.setattr(slowly, "_apart", apart)
    yield apart
    apart.end()


def broken(title: str) -> Parsed | Failed:
    body = f"<rss><channel><item><title>{title}</b></title></item></channel></rss>"
    address = "https://feeds.example/"
    return parse(Fetched(Feed(address, "x"), body.encode(), None, address, FeedState(address)))


def _titles(found: Parsed | Failed) -> list[str]:
    assert isinstance(found, Parsed), found
    return [post.title for post in found.posts]


def test_a_feed_on_which_feedparser_hangs_fails(
    stumbles: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes a Failed that says why, and the next broken feed is read."""
    monkeypatch.setattr(stumbles, "_deadline", 0.5)
    found = broken("HANG")
    assert isinstance(found, Failed)
    assert (found.stage, found.why) == ("parse", "its XML is broken; reading it took over 20 s")
    monkeypatch.setattr(stumbles, "_deadline", LONG)
    assert _titles(broken("fine")) == ["fine"]


def test_a_feed_on_which_feedparser_dies_fails(stumbles: Apart) -> None:
    """So does one that takes the other process with it, with a hint."""
    found = broken("DIE")
    assert isinstance(found, Failed)
    assert (found.why, found.hint) == ("its XML is broken, and reading it failed", "tell its owner")
    assert _titles(broken("fine")) == ["fine"]


def test_one_process_reads_all_broken_feeds(stumbles: Apart, started: list[Any]) -> None:
    """However many threads ask, they take turns, and each gets its own answer."""
    found: dict[str, list[str]] = {}

    def _ask(title: str) -> Callable[[], None]:
        return lambda: found.update({title: _titles(broken(title))})

    threads = [threading.Thread(target=_ask(f"t{number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"t{number}": [f"t{number}"] for number in range(8)}
    assert len(started) == 1


def test_a_caller_that_can_be_ended_itself_needs_no_other(started: list[Any]) -> None:
    """`apart=False` reads a broken feed where it is asked."""
    address = "https://feeds.example/"
    body = b"<rss><channel><item><title>a</b></title></item></channel></rss>"
    fetched = Fetched(Feed(address, "x"), body, None, address, FeedState(address))
    assert _titles(parse(fetched, apart=False)) == ["a"]
    assert started == []


def surroundings(message: bytes) -> bytes:
    """What the other process finds in its environment, a name in each line."""
    return "\n".join(sorted(os.environ)).encode()


def test_the_other_process_gets_no_variables_that_an_interpreter_does_not_need(monkeypatch):
    """Tokens and logins are not for a process that reads what strangers wrote."""
    monkeypatch.setenv("FORUM_PASSWORD", "canary")
    monkeypatch.setenv("PYTHONUTF8", "1")
    apart = Apart("tests.test_apart:surroundings", 20)
    try:
        found = apart.ask(b"").decode().split("\n")
    finally:
        apart.end()
    assert "PYTHONUTF8" in found
    assert "FORUM_PASSWORD" not in found
