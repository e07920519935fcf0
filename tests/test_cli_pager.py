"""Long output at a terminal goes through the pager that the person has chosen."""

import os
import shutil
import signal
import sys

import pytest

from scanner.cli.pager import page
from scanner.cli.shell import Shell

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
if os.name == "posix":
    from tests.terminal import Terminal

PROBE = """
import sys
from scanner.cli.pager import page
from scanner.cli.process import Signals
from scanner.cli.shell import Shell
Signals().heed()
text = "".join(f"\\x1b[1mline {number}\\x1b[0m\\n" for number in range(int(sys.argv[1])))
shell = Shell(paged="--no-pager" not in sys.argv)
if not page(shell, text):
    shell.data(text)
print("AFTER", flush=True)
"""
TAKE = '#!/bin/sh\ncat > "$0.got"; echo "$LESS|$*" > "$0.told"\n'


@pytest.fixture
def paging(tmp_path):
    """Make a pager from a shell script, and print so many lines at a terminal of 24 by it."""

    def script(text, name="pager"):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def start(count, *options, **environ):
        clear = {"SCANNER_PAGER": None, "PAGER": None, "LESS": None, "TERM": "xterm"}
        told = {name: value for name, value in (clear | environ).items() if value is not None}
        unset = [f"--unset={name}" for name in clear if name not in told]
        command = ["env", *unset, sys.executable, "-c", PROBE, str(count), *options]
        return Terminal(command, tmp_path, told | {"PYTHONPATH": os.getcwd(), "LINES": ""})

    return script, start


def through(start, count, *options, **environ):
    """The whole output of a run that ends by itself."""
    with start(count, *options, **environ) as terminal:
        assert terminal.end() == 0
        assert "AFTER" in terminal.raw
        return terminal.raw


def test_what_is_higher_than_the_terminal_is_paged(paging):
    """24 lines would push the first one off a terminal of 24; 23 leave room for the prompt."""
    script, start = paging
    pager = script(TAKE)

    assert "line 0" not in through(start, 24, PAGER=str(pager))
    assert pager.with_name("pager.got").read_text().splitlines()[-1] == "\x1b[1mline 23\x1b[0m"
    pager.with_name("pager.got").unlink()
    assert "line 22" in through(start, 23, PAGER=str(pager))
    assert not pager.with_name("pager.got").exists()


def test_which_pager(paging):
    """SCANNER_PAGER comes before PAGER; empty, and cat, mean none; words are its options."""
    script, start = paging
    pager, other = script(TAKE), script(TAKE, "other")

    through(start, 30, SCANNER_PAGER=f"{pager} -a 'b c'", PAGER=str(other))
    assert pager.with_name("pager.told").read_text() == "FRX|-a b c\n"
    assert not other.with_name("other.got").exists()
    for none in ("", "cat", " "):
        assert "line 29" in through(start, 30, SCANNER_PAGER=none, PAGER=str(other))
    assert "line 29" in through(start, 30, PAGER="")
    assert not other.with_name("other.got").exists()


def test_less_is_the_usual_one(paging):
    """Without a word about it less is taken, with colours; without less everything is printed."""
    script, start = paging
    less = script(TAKE, "less")
    path = f"{less.parent}:{os.environ['PATH']}"

    through(start, 30, PATH=path)
    assert less.with_name("less.told").read_text() == "FRX|-R\n"
    through(start, 30, PATH=path, LESS="-i")
    assert less.with_name("less.told").read_text() == "-i|-R\n"
    alone = less.parent / "alone"
    alone.mkdir()
    (alone / "env").symlink_to(shutil.which("env"))
    assert "line 29" in through(start, 30, PATH=str(alone))


def test_a_pager_in_the_language_of_the_shell(paging):
    """Pipes and variables are a shell's: it is asked where they occur, and only there."""
    script, start = paging
    pager = script(TAKE)

    through(start, 30, HERE=str(pager), PAGER="tail -n 2 | $HERE")
    assert pager.with_name("pager.got").read_text().count("line") == 2


def test_no_pager_where_none_is_wanted(paging):
    """--no-pager, and a terminal that cannot move its cursor, get everything at once."""
    script, start = paging
    pager = script(TAKE)

    assert "line 29" in through(start, 30, "--no-pager", PAGER=str(pager))
    assert "line 29" in through(start, 30, PAGER=str(pager), TERM="dumb")
    assert not pager.with_name("pager.got").exists()


@pytest.mark.parametrize(
    ("pager", "why"),
    [
        ("/nowhere/pager -x", "No such file"),
        ("false", "status 1"),
        ("nowhere-at-all | cat >&2; exit 127", "status 127"),
        ("'unclosed", "No closing quotation"),
        ("{folder}", "Permission denied"),
    ],
)
def test_a_pager_that_fails_costs_nothing(paging, tmp_path, pager, why):
    """What a broken pager did not show is printed whole, with one line that says so."""
    _, start = paging
    raw = through(start, 30, PAGER=pager.format(folder=tmp_path))

    assert raw.count("line 0\x1b") == raw.count("line 29\x1b") == 1
    assert raw.count("warning: the pager") == 1
    assert why in raw


def test_leaving_early_is_quiet(paging):
    """A pager that has seen enough after a line ends the output without a word."""
    script, start = paging
    pager = script("#!/bin/sh\nhead -n 1\n")
    raw = through(start, 200_000, PAGER=str(pager))

    assert raw.count("line") == 1
    assert "warning" not in raw


def test_ctrl_c_belongs_to_the_pager(paging):
    """Ctrl-C in the pager ends what it is doing there; the command goes on when it has ended."""
    script, start = paging
    pager = script(
        "#!/bin/sh\ntrap 'echo TRAPPED; exit 2' INT\necho READY\nwhile :; do sleep 0.1; done\n"
    )
    with start(30, PAGER=str(pager)) as terminal:
        terminal.until("READY")
        terminal.press("\x03")
        assert terminal.end() == 0
        assert "TRAPPED" in terminal.raw
        assert "AFTER" in terminal.raw
        assert "line 0" not in terminal.raw


def test_a_pager_ends_with_us(paging):
    """Told to end while somebody reads, we end the pager, which puts the terminal right."""
    script, start = paging
    pager = script(
        "#!/bin/sh\ntrap 'echo GONE; exit 0' TERM\necho READY\nwhile :; do sleep 0.1; done\n"
    )
    with start(30, PAGER=str(pager)) as terminal:
        terminal.until("READY")
        os.kill(terminal.run.pid, signal.SIGTERM)
        assert terminal.end() != 0
        assert "GONE" in terminal.raw
        assert "AFTER" not in terminal.raw


def test_less_itself(paging):
    """Real less shows the first screen in colour, and q leads back to the command."""
    if shutil.which("less") is None:
        pytest.skip("no less here")
    _, start = paging
    with start(100) as terminal:
        terminal.strict = False  # less writes sequences of its own
        terminal.until("line 0")
        terminal.press("q")
        assert terminal.end() == 0
        assert "\x1b[1mline 0" in terminal.raw
        assert "line 99" not in terminal.raw
        assert "AFTER" in terminal.raw


def test_without_a_terminal_nothing_is_paged():
    """In a pipe and a file there is nobody to turn pages."""
    assert not page(Shell(environ={"PAGER": "false", "TERM": "xterm"}), "line\n" * 1_000)


def test_list_is_paged(cli, paging):
    """`scanner list` goes through it, and what it has to say besides comes after."""
    from tests.conftest import rss

    script, _ = paging
    pager = script(TAKE)
    posts: list[dict[str, object]] = [
        {"title": f"Acme is down {n}", "text": f"Acme is down {n} times."} for n in range(30)
    ]
    cli.write("feed.xml", rss(posts))
    cli.config("feed.xml")
    cli("scan")
    command = [sys.executable, "-m", "scanner", "list"]
    with Terminal(command, cli.folder, cli.environ | {"PAGER": str(pager)}) as terminal:
        assert terminal.end() == 0
        assert "Worth" not in terminal.raw
    assert "Worth" in pager.with_name("pager.got").read_text()
