"""The first five minutes: demo and init; and what every command owes its user."""

import tomllib

import pytest
import typer

from scanner.cli.app import app, hoist


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
    assert cli("-c", "other.toml", "init", "--brand", "Acme").code == 0
    assert (cli.folder / "other.toml").exists()


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
        (["scan", "-c"], ["-c", "scan"]),
    ],
    ids=" ".join,
)
def test_global_options_are_hoisted(given, hoisted):
    """Global options move to the front; what follows -- stays."""
    assert hoist(given) == hoisted


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
