"""`scanner triage` at a real terminal: posts one by one, decided with single keys."""

import json
import os
import re
import shutil
import signal
import stat
import sys
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len

from scanner.cli import keys as cli_keys
from scanner.cli import screen
from scanner.render.style import Style
from scanner.render.triage import View, keys, page
from scanner.store import connect
from tests.conftest import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
if os.name == "posix":
    import termios

    from tests.terminal import Terminal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202ereversed [bold]not bold[/bold] d\x08\x08\r"
LONG = "".join(f"\n\nLine {number} of what Acme did to me." for number in range(40))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A folder with three scanned posts: a long one, a hostile one, and one in Chinese."""
    posts = [
        ("Acme lost my order", f"I am still waiting for an answer from Acme.{LONG}", 2),
        (f"Acme crashes all the time{HOSTILE}", f"Acme crashes and I am angry. {HOSTILE}", 150),
        ("Acme 太慢了", "Acme is slow. " + "每次打开都要等很久" * 20, 300),
    ]
    items = [
        {
            "id": str(hours),
            "title": title,
            "content_text": text,
            "date_published": (NOW - timedelta(hours=hours)).isoformat(),
            "url": f"https://posts.example/{hours}",
        }
        for title, text, hours in posts
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Forum", "items": items}
    cli = Cli(tmp_path_factory.mktemp("scanned"))
    cli.write("feed.json", json.dumps(feed))
    config = cli.config("feed.json")
    assert len(cli("-c", config, "scan", "--format", "jsonl", *AS_OF).rows) == 3
    return cli.folder


@pytest.fixture
def queued(cli, scanned):
    """A command line over a copy of these posts, and their IDs, best first."""
    database = cli.folder / "posts.db"
    shutil.copy(scanned / "home/.local/share/scanner/scanner.db", database)
    cli.environ |= {"SCANNER_CONFIG": str(scanned / "scanner.toml"), "SCANNER_DB": str(database)}
    return cli, [row["id"] for row in rows(cli)]


def walking(cli, *options, columns=80, lines=24, **environ):
    """`scanner triage` in a terminal of its own."""
    command = [sys.executable, "-m", "scanner", "triage", *AS_OF, *options]
    return Terminal(command, cli.folder, cli.environ | environ, columns=columns, lines=lines)


def rows(cli):
    """Every post, best first, as a script would ask for it."""
    return cli("list", "--status", "all", "--format", "jsonl", *AS_OF).rows


def statuses(cli):
    """What stands of every post, best first."""
    return [row["status"] for row in rows(cli)]


def last_words(terminal):
    """The lines that are left on the terminal after the walk."""
    return terminal.raw.rpartition("\x1b[?1049l")[2].strip().splitlines()


def test_a_walk_through_the_queue(queued):
    """Each key decides, is saved at once, and brings the next post; at the end stands the sum."""
    cli, ids = queued
    with walking(cli) as terminal:
        screen = terminal.until("1 of 3")
        assert screen[2] == "«Acme» *lost my order*"
        assert re.fullmatch(r"d done .* q quit  \? keys", screen[-1])
        terminal.press("d")
        terminal.until("2 of 3")
        assert statuses(cli) == ["done", "open", "open"]
        terminal.press("i")
        terminal.until("3 of 3")
        terminal.press("s")
        terminal.until("Snooze for:")
        terminal.press("3d\r")
        terminal.until("That was the last of 3: 1 done, 1 ignored, 1 snoozed, 0 left.")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.restored
        assert last_words(terminal) == ["1 done, 1 ignored, 1 snoozed, 0 left"]

    assert statuses(cli) == ["done", "ignored", "snoozed"]
    later = cli("list", "--format", "jsonl", "--now", "2026-11-23T12:00:01Z").rows
    assert [row["id"] for row in later] == [ids[2]]


def test_notes_owners_and_tags(queued):
    """What is written beside a post is on the screen at once, and in the database."""
    cli, ids = queued
    with walking(cli, "--search", "crashes", lines=60) as terminal:
        terminal.until("1 of 1")
        for key, question, answer, said in (
            ("n", "Note:", "they called, kürzlich", "noted: Acme crashes"),
            ("a", "Assign to:", "Ana", "assigned to Ana: Acme crashes"),
            ("t", "Tags:", "#VIP billing", "tagged: Acme crashes"),
        ):
            terminal.press(key)
            terminal.until(question)
            terminal.press(answer + "\r")
            terminal.until(said)
        screen = terminal.until("they called, kürzlich")
        assert re.fullmatch(r"1 of 1  open  worth [0-9.]+  for Ana  #billing  #vip", screen[0])
        terminal.press("t")
        terminal.until("Tags:")
        terminal.press("a/b\r")
        terminal.until("! tag: expected a word")
        terminal.press("q")
        assert terminal.end() == 0

    row = next(row for row in rows(cli) if row["id"] == ids[1])
    assert (row["owner"], row["tags"]) == ("Ana", ["billing", "vip"])
    assert "they called, kürzlich" in cli("show", ids[1], *AS_OF).out


def test_undo_leads_back(queued):
    """u takes the last decision back and shows its post again; before the first there is none."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.press("d")
        terminal.until("2 of 3")
        terminal.press("u")
        screen = terminal.until("taken back: done")
        assert screen[0].startswith("1 of 3  open")
        assert statuses(cli) == ["open", "open", "open"]
        terminal.press("u")
        terminal.until("scanner undo goes further back")
        terminal.press("q")
        terminal.end()
        assert last_words(terminal) == ["3 left"]


def test_undo_leaves_nothing_wrong_unsaid(queued):
    """Only what was decided here goes, also where somebody else decided last."""
    cli, ids = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.press("d")
        terminal.until("2 of 3")
        cli("ignore", ids[2])
        cli("note", ids[0], "they called")
        terminal.press("u")
        terminal.until("taken back: done")
        assert statuses(cli) == ["open", "open", "ignored"]
        assert "they called" in cli("show", ids[0], *AS_OF).out


def test_undo_leaves_what_others_built_on_it(queued):
    """Who decided otherwise on the same post since had the last word; it is said, and stays."""
    cli, ids = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.press("d")
        terminal.until("2 of 3")
        cli("ignore", ids[0])
        terminal.press("u")
        terminal.until("! not taken back: somebody has decided otherwise on it since")
        assert statuses(cli) == ["ignored", "open", "open"]


def test_what_others_decide_is_seen(queued):
    """A post is shown as it stands when one comes to it, whoever decided."""
    cli, ids = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        cli("done", ids[1])
        terminal.press("j")
        assert terminal.until("2 of 3")[0].startswith("2 of 3  done")
        terminal.press("d")
        terminal.until("it was so already: done")
        terminal.press("u")
        terminal.until("nothing was decided here yet")
        assert statuses(cli) == ["open", "done", "open"]


def test_a_story_stands_where_the_queue_says(cli):
    """By the last word on any of its copies, which may be that it is open again."""
    text = "Acme lost my order two weeks ago and I am still waiting for an answer."
    items = [
        {"id": name, "title": "Acme lost my order", "content_text": text, "date_published": when}
        for name, when in (("first", "2026-11-20T09:00:00Z"), ("copy", "2026-11-20T10:00:00Z"))
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Forum", "items": items}
    cli.write("feed.json", json.dumps(feed))
    config = cli.config("feed.json")
    cli.environ |= {"SCANNER_CONFIG": str(config), "SCANNER_DB": str(cli.folder / "posts.db")}
    assert len(cli("scan", "--format", "jsonl", *AS_OF).rows) == 1
    with connect(cli.folder / "posts.db") as store:
        copy, shown = sorted(one.id for one in store.judged())
        store.decide([copy, shown], "done", now=NOW)
        store.decide([shown], "open", now=NOW)
    assert statuses(cli) == ["open"]
    with walking(cli) as terminal:
        assert terminal.until("1 of 1")[0].startswith("1 of 1  open")


def test_a_long_post_is_paged(queued):
    """Space shows the rest before it goes on; nothing of the post is left out on the way."""
    cli, _ = queued
    seen = []
    with walking(cli, lines=20) as terminal:
        screen = terminal.until("1 of 3")
        while True:
            seen += screen[2:-2]
            more = re.search(r"(\d+) more lines: space", screen[-2])
            if more is None:
                break
            terminal.press(" ")
            screen = terminal.without(more[0])
        assert [f"Line {n} of" in "\n".join(seen) for n in range(40)] == [True] * 40
        terminal.press(" ")
        terminal.until("2 of 3")


def test_a_decision_hides_no_rest(queued):
    """The message of the last decision leaves room for how much of this post is still below."""
    cli, _ = queued
    with walking(cli, "--reverse", columns=120) as terminal:
        terminal.until("1 of 3")
        terminal.press("j")
        terminal.until("2 of 3")
        terminal.press("d")
        screen = terminal.until("3 of 3")
        assert re.search(r"^done: Acme crashes.* \d+ more lines: space ─*$", screen[-2])


def test_hostile_text_stays_text(queued):
    """A post writes words on the screen and nothing else; Terminal fails on other sequences."""
    cli, _ = queued
    with walking(cli, NO_COLOR="", lines=40) as terminal:
        terminal.until("1 of 3")
        terminal.press("d")
        screen = "\n".join(terminal.until("2 of 3"))
        assert "⟨U+202E⟩reversed [bold]not bold[/bold] d" in screen
        assert "owned" in screen
        assert "\x1b]" not in terminal.raw
        terminal.press("k")
        terminal.until("1 of 3")


@pytest.mark.parametrize(("columns", "lines"), [(40, 24), (20, 10), (140, 50), (80, 4), (80, 2)])
def test_it_fits_the_window(queued, columns, lines):
    """No line is wider than the terminal, and there are no more of them, on any screen."""
    cli, _ = queued
    with walking(cli, columns=columns, lines=lines) as terminal:
        shots = []
        for key, text in (
            ("", "quit"),
            ("j", "quit"),
            ("j", "quit"),
            ("?", "other"),
            ("n", "Note"),
        ):
            terminal.press(key)
            terminal.until(text if columns > 20 or text != "quit" else "q")
            terminal.press("\x0c")  # Ctrl-L
            shots.append(terminal.screen)
            if key == "?":
                terminal.press("x")
        terminal.press("x" * 200)
        shots.append(terminal.until("xxx"))

    assert max(cell_len(line) for shot in shots for line in shot) <= columns
    assert max(len(shot) for shot in shots) <= lines


def test_a_window_that_changes(queued):
    """A window of another size is drawn anew at once."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.resize(50, 30)
        screen = terminal.until("\n" + "─" * 50 + "\n")
        assert len(screen) == 30
        assert max(map(cell_len, screen)) == 50
        terminal.resize(130, 12)
        assert len(terminal.until("r reopen")) == 12
        cleared = terminal.raw.count("\x1b[2J")
        terminal.resize(100, 12)  # as many lines as before, but what stood there was reflowed
        terminal.until("\n" + "─" * 100 + "\n")
        assert terminal.raw.count("\x1b[2J") == cleared + 1


def test_colour_or_signs(queued):
    """Evidence is coloured where colour is wanted, and stands between signs where it is not."""
    cli, _ = queued
    with walking(cli, NO_COLOR="") as terminal:
        screen = terminal.until("1 of 3")
        assert screen[2] == "Acme lost my order"
        assert "\x1b[1;33m" in terminal.raw
    with walking(cli) as terminal:
        assert terminal.until("1 of 3")[2] == "«Acme» *lost my order*"
        assert not re.search(r"\x1b\[[1-9][0-9;]*m", terminal.raw)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_without_a_cursor_lines_follow_each_other(queued, term):
    """TERM=dumb gets no escape sequence at all, and everything else."""
    cli, _ = queued
    with walking(cli, TERM=term, NO_COLOR="" if term else "1") as terminal:
        terminal.until("? keys")
        terminal.press("d")
        terminal.until("done: Acme lost my order")
        terminal.press("n")
        terminal.until("Note:")
        terminal.press("ab")
        terminal.until("Note: ab")
        terminal.press("\x7fc\r")
        terminal.until("noted: ")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.restored
        assert ("\x1b" in terminal.raw) is False
        assert "1 done, 2 left" in terminal.raw

    assert statuses(cli) == ["done", "open", "open"]


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [("q", 0, ""), ("\x04", 0, ""), ("\x03", 130, "interrupted")],
    ids=["q", "Ctrl-D", "Ctrl-C"],
)
@pytest.mark.parametrize("before", ["", "?", "n"], ids=["post", "help", "question"])
def test_leaving_leaves_the_terminal_as_it_was(queued, key, code, said, before):
    """However one leaves, the screen, the echo and the cursor are back, and the sum is told."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.press("d")
        terminal.until("2 of 3")
        terminal.press(before)
        if before:
            terminal.until({"?": "any other key", "n": "Note:"}[before])
        if before and code == 0:  # there these are other keys
            terminal.press("\x1b[24~" if before == "?" else "\x1b")
            terminal.without({"?": "any other key", "n": "Note:"}[before])
        terminal.press(key)
        assert terminal.end() == code
        assert terminal.restored
        assert last_words(terminal) == ["1 done, 2 left", *([said] if said else [])]

    assert statuses(cli) == ["done", "open", "open"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_the_terminal_as_it_was(queued, number):
    """So it is when the program is told to end."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        os.kill(terminal.run.pid, number)
        assert terminal.end() == 128 + number
        assert terminal.restored


def test_a_signal_while_the_terminal_is_taken_gives_it_back(monkeypatch):
    """The change may wait until all that was written before is shown: long enough for Ctrl-C."""
    ours, theirs = os.openpty()
    before = termios.tcgetattr(theirs)
    taken = cli_keys.unbuffered

    def interrupted(terminal):
        taken(terminal)
        raise KeyboardInterrupt

    monkeypatch.setattr(screen, "unbuffered", interrupted)
    shell: Any = SimpleNamespace(environ={"TERM": "dumb"}, data=len, width=80, height=24)
    with os.fdopen(theirs) as stdin, os.fdopen(ours):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(KeyboardInterrupt), screen.screen(shell):
            pass
        assert termios.tcgetattr(theirs) == before
        monkeypatch.undo()


def test_a_window_that_was_closed(queued):
    """When nobody is there any more, the program is not, either."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        terminal.hang_up()
        assert terminal.run.wait(timeout=10) != 0


def test_a_stop_and_a_return(queued):
    """Ctrl-Z gives the terminal back; what comes back is drawn anew, and takes keys."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        entered = terminal.raw.count("\x1b[?1049h")
        terminal.press("\x1a")  # nobody here can stop it, so that it comes back by itself
        end = time.monotonic() + 10
        while terminal.raw.count("\x1b[?1049h") == entered and time.monotonic() < end:
            terminal.until("1 of 3")
            terminal._read(0.05)
        assert terminal.raw.count("\x1b[?1049l") == 1
        terminal.press("j")
        terminal.until("2 of 3")
        entered = terminal.raw.count("\x1b[?1049h")
        os.kill(terminal.run.pid, signal.SIGCONT)
        end = time.monotonic() + 10  # what is typed before it is back on the screen is dropped
        while terminal.raw.count("\x1b[?1049h") == entered and time.monotonic() < end:
            terminal._read(0.05)
        terminal.press("j")
        terminal.until("3 of 3")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.restored


def test_a_failing_decision_stays_on_the_post(queued):
    """What could not be saved is said under the post, which stays; later it can be."""
    cli, _ = queued
    database = cli.folder / "posts.db"
    whole = database.read_bytes()
    with walking(cli) as terminal:
        terminal.until("1 of 3")
        database.write_bytes(b"no database " * 100)
        terminal.press("d")
        screen = terminal.until("! posts.db: the database is damaged")
        assert screen[0].startswith("1 of 3")
        database.write_bytes(whole)
        terminal.press("d")
        terminal.until("2 of 3")

    assert statuses(cli) == ["done", "open", "open"]


def test_beside_a_running_scan(queued):
    """A scan that holds its lock does not keep a decision from being saved."""
    cli, _ = queued
    with walking(cli) as terminal, connect(cli.folder / "posts.db"):
        terminal.until("1 of 3")
        terminal.press("d")
        terminal.until("2 of 3")
        assert statuses(cli) == ["done", "open", "open"]


def test_what_was_typed_ahead_decides_nothing(queued):
    """A key that is held down decides on the post in sight, not on others unseen."""
    cli, _ = queued
    with walking(cli) as terminal:
        terminal.press("dd")  # before there was anything to see
        terminal.until("1 of 3")
        terminal.press("ddd")
        terminal.until("2 of 3")
        terminal.press("?")
        terminal.until("any other key")

    assert statuses(cli) == ["done", "open", "open"]


def test_open_in_the_browser(queued):
    """o hands the address to the browser, and the post stays; a failing browser is told."""
    cli, _ = queued
    browser = cli.write("browser", '#!/bin/sh\necho "$1" >> "$0.log"\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    with walking(cli, BROWSER=str(browser)) as terminal:
        terminal.until("1 of 3")
        terminal.press("o")
        screen = terminal.until("opened in the browser")
        assert screen[0].startswith("1 of 3")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.restored
    assert (cli.folder / "browser.log").read_text() == "https://posts.example/2\n"

    browser.write_text("#!/bin/sh\nexit 1\n")
    with walking(cli, BROWSER=str(browser), PATH="/nowhere") as terminal:
        terminal.until("1 of 3")
        terminal.press("o")
        terminal.until("! no browser could be started")


def test_filters_sort_and_limit(queued):
    """It walks what `list` would list, in the same order, and says how many more there are."""
    cli, ids = queued
    cli("done", ids[0])
    with walking(cli, "--limit", "1", "--sort", "oldest") as terminal:
        screen = terminal.until("1 of 1")
        assert "太慢了" in screen[2]
        terminal.press("q")
        assert terminal.end() == 0
        assert last_words(terminal) == ["1 left; 1 more fit (--limit 0 walks all)"]
    with walking(cli, "--status", "done") as terminal:
        terminal.until("1 of 1  done")
        terminal.press("r")
        terminal.until("end of 1")
    assert statuses(cli) == ["open", "open", "open"]


def test_an_empty_queue(queued):
    """Where there is nothing to go through, it says so and touches no screen."""
    cli, _ = queued
    with walking(cli, "--search", "zebra") as terminal:
        assert terminal.end() == 0
        assert "Nothing to go through" in terminal.raw
        assert "\x1b[?1049h" not in terminal.raw


def test_without_a_terminal_it_refuses(queued):
    """Off a terminal it is a wrong command, and the right ones are named."""
    cli, _ = queued
    ran = cli("triage", stdin="dddd")

    assert ran.code == 2
    assert ran.out == ""
    assert "scanner list" in ran.err
    assert "scanner done --all-matching" in ran.err
    assert statuses(cli) == ["open", "open", "open"]


# --- the drawing, without a terminal --------------------------------------------------------------


def drawn(lines=10, columns=40, *, color=False, ascii_only=False, **view):
    """A page of thirty lines of text."""
    body = [f"line {number}" for number in range(30)]
    told = {"place": "1 of 2", "facts": ("new",), "body": body, "keys": [("q", "quit")]}
    style = Style(width=columns, color=color, ascii_only=ascii_only)
    return page(View(**(told | view)), lines, style)


def test_a_page_is_as_high_as_the_terminal():
    """Head, as much of the post as fits, and a foot that says how much is below."""
    shown = drawn()

    assert shown.lines == (
        "1 of 2  new",
        *(f"line {number}" for number in range(7)),
        "───────── 23 more lines: space ─────────",
        "q quit",
    )  # fmt: skip
    assert shown.room == 7
    assert drawn(top=23).lines[-2] == "─" * 40
    assert len(drawn(lines=40).lines) == 40
    assert drawn(ascii_only=True).lines[-2] == "--------- 23 more lines: space ---------"


def test_a_message_takes_the_lines_it_needs():
    """A long message wraps, to a third of the screen at most. Bad news has a sign, or a colour."""
    said = drawn(lines=15, said="word " * 100)
    assert [line[:4] for line in said.lines[-7:]] == ["line", *["word"] * 5, "q qu"]
    assert said.room == 15 - 2 - 5 - 1
    assert drawn(said="no", wrong=True).lines[-2].startswith("! no")
    assert drawn(said="no", wrong=True, color=True).lines[-2].startswith("\x1b[1;31mno")
    assert drawn(said="a \x1b[2J b").lines[-2].startswith("a [2J b")
    assert (
        drawn(said="at https://x.example/?token=s3cret now", columns=100)
        .lines[-2]
        .startswith("at https://x.example/?token=*** now ─")
    )


def test_a_message_never_hides_that_there_is_more():
    """What is below is told beside any message, in fewer words where there is little room."""
    wide, narrow, tiny = (
        drawn(said=said, columns=columns).lines[-2]
        for said, columns in (
            ("done: it", 60),
            ("done: a post with a title so long", 40),
            ("done: it", 16),
        )
    )
    assert wide == "done: it " + " 23 more lines: space ".center(51, "─")
    assert narrow == "done: a post with a title s… ─ 23 more ─"
    assert tiny == "don… ─ 23 more ─"
    assert "more" not in drawn(said="done: it", top=23).lines[-2]


def test_a_question_keeps_its_end_in_sight():
    """What is typed last is seen, with the cursor behind it, also where signs are wide."""
    short = drawn(question="Note: ", typed="ab ")
    assert short.lines[-2] == "─" * 40  # space is a letter now
    assert (short.lines[-1], short.cursor) == ("Note: ab", (9, 9))
    long = drawn(question="Note: ", typed="x" * 100 + "end")
    assert long.lines[-1].endswith("xend")
    assert cell_len(long.lines[-1]) == 39
    assert long.cursor == (9, 39)
    wide = drawn(question="Note: ", typed="慢" * 100)
    assert cell_len(wide.lines[-1]) <= 40
    assert wide.cursor == (9, cell_len(wide.lines[-1]))


def test_keys_that_have_no_room_are_left_out():
    """The last two keys stay, those before them go from the right."""
    every = [(letter, "word") for letter in "abcdefgh"]
    assert drawn(keys=every).lines[-1] == "a word b word c word g word h word"
    assert drawn(keys=every, columns=16).lines[-1] == "g word h word"


def test_the_keys_are_told_in_two_columns():
    """What a key does stands beside it, also where it takes several lines."""
    lines = keys([("d", "done with it all"), ("", ""), ("page down", "further")], Style(width=24))

    assert lines == ["d         done with it", "          all", "", "page      further", "down"]
