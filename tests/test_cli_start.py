"""The first five minutes: demo and init; and what every command owes its user."""

import io
import json
import os
import signal
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from scanner.cli import main
from scanner.cli.app import app, hoist
from scanner.cli.options import known_feeds, known_reasons, known_statuses, no_nan
from scanner.cli.process import Stopped
from scanner.cli.shell import Shell
from scanner.errors import UsageError
from scanner.records import STATUSES, Config, Feed
from tests.conftest import rss


def test_the_demo_needs_nothing_and_is_the_same_for_everyone(cli):
    """No config, no network, no traces; the same bytes each time."""
    first, second = cli("demo"), cli("demo")

    assert first.code == 0
    assert first.out == second.out
    assert "Ferrydesk" in first.out
    assert max(map(len, first.out.splitlines())) <= 80
    assert list(cli.folder.iterdir()) == []


def test_the_demo_ranks_what_a_person_would_answer_first(cli):
    """The silent double charge is near the top; what is no complaint of ours is far down."""
    rows = cli("demo", "--limit", "0", "--format", "jsonl").rows
    titles = [row["title"] for row in rows]
    top = titles[:12]

    assert "Ferrydesk charged my card twice and support has gone quiet" in top
    assert "Cancelled sailings and what they cost us" in top
    for low in ("Weekly digest", "A gloomy year for small ports", "Jobs on the coast, November"):
        assert low not in titles[:20]
    assert titles.count("Cancelled sailings and what they cost us") == 1
    assert "Meet us at the Coastal Travel Fair" not in titles


def test_the_demo_judges_german_too(cli):
    """The German complaint is judged, and the German praise is none."""
    rows = {r["title"]: r for r in cli("demo", "--limit", "0", "--format", "jsonl").rows}

    assert rows["Saisonabschluss auf der Schlei"]["language"] == "de"
    assert rows["Saisonabschluss auf der Schlei"]["negativity"] > 0.6
    assert rows["Lob muss auch mal sein"]["negativity"] < 0.4


def test_the_aside_is_judged_by_its_clause(cli):
    """A cheerful post with one bad sentence about the brand is a complaint (S1)."""
    rows = {r["title"]: r for r in cli("demo", "--limit", "0", "--format", "jsonl").rows}
    aside = rows["What we changed before the winter timetable"]

    assert aside["intent"] == "complaint"
    assert "Error 50312" in " ".join(m["sentence"] for m in aside["mentions"])


def test_one_post_of_the_demo_whole(cli):
    """An ID of the demo can be looked at."""
    id_ = cli("demo", "--format", "jsonl", "--limit", "1").rows[0]["id"]

    ran = cli("demo", id_[:8])

    assert ran.code == 0
    assert "negativity" in ran.out
    assert cli("demo", id_[:8], "--format", "json").json["id"] == id_


def test_an_id_that_the_demo_does_not_have(cli):
    """It is said where the demo's IDs are; a file or a table is not made of one post."""
    ran = cli("demo", "zzzz")

    assert ran.code == 2
    assert "`scanner demo` shows them in its table" in ran.err
    assert "scanner list" not in ran.err
    assert cli("demo", "zzzz", "-o", "x.csv").code == 2
    assert cli("demo", "zzzz", "--format", "csv").code == 2


def test_ten_posts_where_there_is_no_window(cli):
    """Without a terminal the demo prints ten, or what --limit says."""
    assert len(cli("demo", "--format", "jsonl").rows) == 10
    assert len(cli("demo", "--format", "jsonl", "--limit", "0").rows) > 20
    assert len(cli("demo", "--format", "jsonl", LINES="24").rows) == 10


def test_init_writes_a_config_that_loads(cli):
    """init, then list: the file is valid as it stands."""
    ran = cli("init", "--brand", "Acme", "--site", "acme.io", "--rival", "Globex", "--kind", "app")

    assert ran.code == 0
    told = tomllib.loads((cli.folder / "scanner.toml").read_text("utf-8"))
    assert told["brands"][0]["name"] == "Acme"
    assert told["brands"][0]["rivals"] == ["Globex"]
    assert cli("list").code == 0


def test_init_never_overwrites_unasked(cli):
    """An existing file stays; --force replaces it; -c names another place."""
    cli.write("scanner.toml", "precious")

    ran = cli("init", "--brand", "Acme")

    assert ran.code == 2
    assert (cli.folder / "scanner.toml").read_text("utf-8") == "precious"
    assert cli("init", "--brand", "Acme", "--force").code == 0
    if os.name == "posix":
        assert (cli.folder / "scanner.toml").stat().st_mode & 0o777 == 0o600
    assert cli("-c", "other.toml", "init", "--brand", "Acme").code == 0
    assert (cli.folder / "other.toml").exists()


def test_init_takes_what_people_type(cli):
    """A pasted address is its host, rivals may have commas, a language may be a name."""
    ran = cli(
        "init", "--brand", "Zyxo", "--site", "https://www.zyxo.test/pricing?x=1#top",
        "--rival", "Forge,Kindle", "--rival", "forge", "--kind", "DevTool", "--language", "German",
    )  # fmt: skip

    assert (ran.code, ran.err) == (0, "")
    path = cli.folder / "scanner.toml"
    (brand,) = tomllib.loads(path.read_text("utf-8"))["brands"]
    assert brand["domains"] == ["zyxo.test"]
    assert brand["rivals"] == ["Forge", "Kindle"]
    assert "&hl=de&" in path.read_text("utf-8")
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("option", "told", "said"),
    [
        ("--language", "xx", "expected one of cs, da, de, en"),
        ("--kind", "sass", 'did you mean "saas"?'),
        ("--kind", "?", "expected one of saas, devtool"),
        ("--site", "zyxo", "expected a bare host name"),
        ("--site", "https://github.com/zyxo", "all the world is on github.com"),
        ("--rival", "Forge,zyxo", '"zyxo" is the brand itself'),
        ("--brand", "?!", "not only punctuation"),
    ],
)
def test_init_says_which_option_is_wrong(cli, option, told, said):
    """The option is named, and nothing is written."""
    ran = cli("init", "--brand", "Zyxo", option, told)

    assert ran.code == 2
    assert f"{option}: " in ran.err
    assert said in ran.err
    assert list(cli.folder.iterdir()) == []


def test_init_warns_of_an_everyday_word(cli):
    """A name that is a word, too, is told apart by `context`: said, and ready in the file."""
    ran = cli("init", "--brand", "Ember")

    assert '"Ember" is also an everyday word' in ran.err
    assert "`context`" in ran.err
    assert "\ncontext = [] " in (cli.folder / "scanner.toml").read_text("utf-8")
    assert cli("-c", "o.toml", "init", "--brand", "Zyxo").err == ""


def test_init_refuses_a_place_before_it_asks(cli):
    """A folder, or a file in a folder that is not there, is told in plain words."""
    (cli.folder / "folder").mkdir()

    assert "is a folder" in cli("-c", "folder", "init", "--brand", "Zyxo", "--force").err
    assert "there is no folder none" in cli("-c", "none/x.toml", "init").err


def test_init_does_not_ask_where_nobody_answers(cli):
    """Without a terminal and without --brand it says what to give."""
    ran = cli("init", stdin="Acme\n")

    assert ran.code == 2
    assert "--brand" in ran.err
    assert cli("init", "--brand", "Acme", "--kind", "shoop").code == 2


@pytest.mark.parametrize(
    ("given", "hoisted"),
    [
        (["scan", "-q"], ["-q", "scan"]),
        (["scan", "-c", "x", "--all"], ["-c", "x", "scan", "--all"]),
        (["scan", "--db=x"], ["--db=x", "scan"]),
        (["note", "id", "--", "-q"], ["note", "id", "--", "-q"]),
        (["scan", "-cx"], ["-cx", "scan"]),
        (["scan", "-qv", "--all"], ["-qv", "scan", "--all"]),
        (["list", "-vv", "-n", "3"], ["-vv", "list", "-n", "3"]),
        (["scan", "-qc", "x"], ["-qc", "x", "scan"]),
        (["scan", "-vqcx"], ["-vqcx", "scan"]),
        (["score", "-"], ["score", "-"]),
        (["scan", "--color", "-o", "x.csv"], ["--color", "scan", "-o", "x.csv"]),
        (["help"], ["--help"]),
        (["help", "feeds", "add"], ["feeds", "add", "--help"]),
        (["-q", "help", "scan"], ["-q", "scan", "--help"]),
        (["note", "id", "help"], ["note", "id", "help"]),
    ],
    ids=" ".join,
)
def test_global_options_are_hoisted(given, hoisted):
    """Global options move to the front, joined or not; what follows -- stays."""
    assert hoist(given) == hoisted


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (["scan", "-c"], "-c"),
        (["scan", "-qc"], "-c"),
        (["-c", "--all", "scan"], "-c"),
        (["scan", "--config="], "--config"),
        (["scan", "--db"], "--db"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_an_option_without_its_file_is_told(cli, given, option):
    """What lacks is said; the next option or nothing is never taken for the file."""
    ran = cli(*given)

    assert ran.code == 2
    assert f"{option} needs a file" in ran.err


def test_help_is_a_word_too(cli):
    """`help` and `help scan` print what --help prints."""
    assert cli("help").out == cli("--help").out
    assert cli("help", "scan").out == cli("scan", "--help").out
    assert cli("help", "nothing").code == 2


def commands(group, path=()):
    """Every command with its path."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_has_help(path):
    """No command and no option without a word about it."""
    command = ALL[path]

    assert command.help
    assert [p.name for p in command.params if not getattr(p, "help", "x")] == []


def test_words_of_options_are_known_in_any_case():
    """As the contract or the config spells them, whatever was typed; "all" is every status."""
    config = Config(path=None, brands=(), feeds=(Feed("https://a.example/", "Forum"),))

    assert known_feeds(config, ["FORUM"]) == ("Forum",)
    assert known_reasons(config, ["Billing", "support silence"]) == ("billing", "support_silence")
    assert known_statuses(["All"]) == STATUSES
    assert known_statuses(["New", "done", "new"]) == ("new", "done")
    assert known_statuses(None) == ("new", "open")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (
            lambda: known_feeds(
                Config(path=None, brands=(), feeds=(Feed("u", "Forum"),)), ["Forom"]
            ),
            'mean "Forum"?',
        ),
        (
            lambda: known_reasons(Config(None, (), ()), ["bilings"]),
            '--reason: no such thing as "bilings"; did you mean',
        ),
        (lambda: known_statuses(["x"]), "expected one of new, open, done, ignored, snoozed, all"),
    ],
)
def test_words_that_are_not_known_are_told_with_those_that_are(known, said):
    """The nearest is suggested, and all are listed."""
    with pytest.raises(UsageError) as caught:
        known()
    assert said in str(caught.value)


def test_nan_is_no_bound(cli):
    """Nothing is more or less than nan, so it would pass for every bound."""
    cli.config("feed.xml")

    assert cli("list", "--min-worth", "nan").code == 2
    assert no_nan(float("inf")) == float("inf")
    with pytest.raises(typer.BadParameter):
        no_nan(float("nan"))


def test_the_commands_of_the_contract_are_there():
    """The contract's commands, as far as they are built."""
    assert {" ".join(path) for path in ALL} >= {
        "demo", "init", "scan", "list", "show", "open", "done", "ignore", "snooze", "reopen",
        "note", "feeds list", "feeds add", "feeds remove", "feeds check", "score", "schema",
    }  # fmt: skip


def test_version_and_help_work_with_a_broken_config(cli):
    """Neither needs a config, a database or a network (C17)."""
    cli.write("scanner.toml", "broken [")

    assert cli("--version").out.startswith("scanner 0.")
    assert cli("scan", "--help").code == 0
    assert cli("scan", "--no-such-option").code == 2
    assert cli("scan").code == 2


def completed(cli, line):
    """What the shell offers behind a line that ends where <Tab> is pressed."""
    return cli(
        _SCANNER_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line, _TYPER_COMPLETE_TESTING="1"
    )


@pytest.mark.parametrize(
    ("line", "offered", "other"),
    [
        ("scanner list --format c", "csv", "jsonl"),
        ("scanner list --intent comp", "complaint", "praise"),
        ("scanner list --status a", "all", "new"),
        ("scanner list --reason bi", "billing", "bug"),
        ("scanner list --reason a", "accessibility", "bug"),
        ("scanner list --feed F", "First", "Second"),
        ("scanner -c scanner.toml list --feed S", "Second", "First"),
        ("scanner list --brand A", "Acme", "First"),
        ("scanner init --kind d", "devtool", "saas"),
    ],
)
def test_values_are_completed(cli, line, offered, other):
    """Behind an option the shell offers the words that it knows, and names from the config."""
    feeds = "".join(
        f'[[feeds]]\nname = "{name}"\nurl = "{name}.xml"\n' for name in ("First", "Second")
    )
    own = '[reasons]\naccessibility = ["screen reader"]\n'
    cli.write("scanner.toml", f'{own}[[brands]]\nname = "Acme"\n{feeds}')

    out = completed(cli, line).out

    assert offered in out
    assert other not in out


def test_ids_are_completed(cli):
    """IDs come from the database, each with its title."""
    from scanner.cli.completion import complete_id

    cli.write("feed.xml", rss([{"title": "Acme is down", "when": datetime.now(UTC)}]))
    cli.config("feed.xml")
    (row,) = cli("scan", "--format", "jsonl").rows

    with pytest.MonkeyPatch.context() as patch:
        for name, value in cli.environ.items():
            patch.setenv(name, value)
        context = typer.Context(typer.main.get_command(app))
        assert complete_id(context, row["id"][:2]) == [(row["id"], "Acme is down")]
        assert complete_id(context, "zz") == []


@pytest.mark.parametrize("toml", ["broken [", None])
def test_completion_is_silent_about_what_is_wrong(cli, toml):
    """A broken config, or none, offers nothing and says nothing into the line being typed."""
    if toml is not None:
        cli.write("scanner.toml", toml)

    ran = completed(cli, "scanner list --feed x")

    assert (ran.out, ran.err) == ("_files\n", "")  # zsh: nothing of ours, so its own guess


# --- how a command ends ---------------------------------------------------------------------------


def raising(problem):
    """A function that raises this."""

    def broken(*_args, **_more):
        raise problem

    return broken


def at_a_question(cause):
    """What Typer makes of Ctrl-C, or of the end of input, at a question."""
    try:
        try:
            raise cause
        except BaseException:
            raise typer.Abort() from None
    except typer.Abort as abort:
        return abort


KEPT = "; what was fetched before is kept\n"


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted" + KEPT),
        (Stopped(signal.SIGTERM), 143, "terminated" + KEPT),
        (Stopped(signal.SIGHUP), 129, "terminated" + KEPT),
        (at_a_question(KeyboardInterrupt()), 130, "interrupted" + KEPT),
        (OSError(28, "No space left on device", "/x"), 1, "scanner: /x: No space left on device\n"),
        (OSError("no folder for temporary files"), 1, "scanner: no folder for temporary files\n"),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, BaseException) else "",
)
def test_how_a_scan_ends(cli, monkeypatch, problem, code, said):
    """Signals, Ctrl-C at a question, and what the system refuses: one line and a code each."""
    cli.write("feed.xml", rss([]))
    cli.config("feed.xml")
    monkeypatch.setattr("scanner.queue.pick", raising(problem))

    ran = cli("scan")

    assert (ran.code, ran.out, ran.err) == (code, "", said)
    if code > 100:
        assert cli("list").err == said.replace(KEPT, "\n")  # it had fetched nothing


def test_the_end_of_input_at_a_question(cli, monkeypatch):
    """No answer is no Ctrl-C: Typer's own word, and its code."""
    cli.config("feed.xml")
    monkeypatch.setattr("scanner.queue.pick", raising(at_a_question(EOFError())))

    ran = cli("list")

    assert (ran.code, ran.err.strip()) == (1, "Aborted.")


def test_a_wrong_call_whose_message_cannot_be_printed(cli, monkeypatch):
    """stderr is full: the exit code is that of the wrong call, or of what else went wrong."""
    wrong = typer.BadParameter("x")
    full = OSError(28, "No space left on device")
    full.__context__ = ValueError()
    full.__context__.__context__ = wrong
    monkeypatch.setattr("typer.core.TyperGroup.main", raising(full))
    assert cli("list").code == 2

    monkeypatch.setattr("typer.core.TyperGroup.main", raising(OSError(5, "I/O error")))
    assert cli("list").code == 1


@pytest.fixture
def _signals():
    """Give the signals back as they were."""
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in known.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scan"], "interrupted\n"),
        (["--json", "scan"], '{"level": "error", "message": "interrupted", "code": 130}\n'),
    ],
)
def test_ctrl_c_outside_of_a_command(monkeypatch, capfd, words, said):
    """While it starts or ends: the same word, also as JSON."""
    monkeypatch.setattr(sys, "argv", ["scanner", *words])
    monkeypatch.setattr("scanner.cli.app.app", raising(KeyboardInterrupt()))

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130
    assert capfd.readouterr().err == said


@pytest.mark.usefixtures("_signals")
def test_after_the_work_a_signal_just_ends_it(monkeypatch):
    """No handler of ours is left; what was ignored before is still."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    monkeypatch.setattr("scanner.cli.app.app", lambda **_more: None)

    main()

    assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_messages_fit_any_encoding(monkeypatch, encoding):
    """As JSON they are ASCII, one line each, without control characters and secrets."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    monkeypatch.setattr(sys, "stderr", stream)
    shell = Shell(json=True)

    assert shell.fail("größer\n\x1b[31m", kind="x", feed="日\u202e", code=1, nothing=None)
    assert shell.fail("https://me:canary@a.example/")

    first, second = map(json.loads, written.getvalue().decode().splitlines())
    assert first["message"].startswith("größer\n")
    assert (first["level"], first["kind"], first["code"]) == ("error", "x", 1)
    assert "\x1b" not in first["message"]
    assert "\u202e" not in first["feed"]
    assert "nothing" not in first
    assert "canary" not in second["message"]
    stream.close()
    assert not shell.fail("nobody hears this")
    monkeypatch.setattr(sys, "stderr", None)
    assert not shell.fail("nor this")


def test_a_path_from_anywhere(cli, monkeypatch):
    """Relative paths count from where we are, if that is still there."""
    shell = Shell()
    assert shell.absolute(Path("x/../y")) == cli.folder / "y"
    assert shell.absolute(Path("/x")) == Path("/x")

    monkeypatch.setattr(Path, "cwd", raising(FileNotFoundError()))
    with pytest.raises(UsageError, match="was deleted"):
        shell.absolute(Path("x"))
