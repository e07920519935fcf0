"""The queue from feeds to ranked stories: what a person's config and our own answers change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import rss

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")
TOPIC = "https://forum.example/t/sync/7"


def post(number, title, text, *, days, author="ines", url=TOPIC):
    return {
        "title": title,
        "text": f"<p>{text}</p>",
        "when": NOW - timedelta(days=days),
        "author": author,
        "url": f"{url}/{number}",
        "guid": f"guid-{number}",
    }


LOST = post(1, "Acme lost my notes", "Acme lost all my notes, and nobody has answered.", days=5)
OURS = post(2, "Re: sync", "Sorry! Acme is on it, we have written to you.", days=4, author="acmehq")
BACK = post(3, "Still lost", "Acme has charged me twice now. No answer about the rest.", days=1)
READER = post(
    4,
    "Blind",
    "Acme does not work with my screen reader.",
    days=2,
    author="jo",
    url="https://b.example",
)


@pytest.fixture
def queue(cli):
    """A command line with four posts, one of which is our own answer to another."""
    cli.write("feed.xml", rss([LOST, OURS, BACK, READER]))
    cli.config("feed.xml", brand='name = "Acme"\naccounts = ["@acmehq"]')
    cli("-q", "scan", *AS_OF)
    return cli


def rows(cli, *options):
    """What `list` prints, by title."""
    return {row["title"]: row for row in cli("list", *options, "--format", "jsonl", *AS_OF).rows}


def terms(row):
    return {term["name"]: term for term in row["terms"]}


def test_what_we_answered_falls_and_who_came_back_rises(queue):
    """Our reply is not listed; it takes the first post down, and leaves the later one alone."""
    found = rows(queue)
    assert list(found) == ["Still lost", "Blind", "Acme lost my notes"]
    lost, back = found["Acme lost my notes"], found["Still lost"]
    assert terms(lost)["answered"] == {
        "name": "answered",
        "points": -40.0,
        "evidence": "by @acmehq on 16 Nov",
    }
    assert "answered" in lost["why"]
    assert "answered" not in terms(back)
    assert terms(back)["second strike"]["evidence"] == "2nd complaint since 15 Nov"
    assert "second complaint" in back["why"]
    for row in found.values():
        assert row["worth"] == round(sum(term["points"] for term in row["terms"]), 1)


def test_a_post_shows_the_worth_that_the_queue_gives_it(queue):
    """`show` knows of answers and of earlier complaints as `list` does."""
    for row in rows(queue).values():
        shown = queue("show", row["id"], "--format", "json", *AS_OF).json
        assert (shown["worth"], shown["terms"]) == (row["worth"], row["terms"])


def test_weights_of_the_config_rank_anew_without_judging_anew(queue):
    """[rank] counts on the next look, and nothing stored is touched."""
    before = rows(queue)
    stored = (queue.folder / "home").rglob("scanner.db")
    bytes_before = [path.read_bytes() for path in stored]
    brand = 'name = "Acme"\naccounts = ["@acmehq"]'
    queue.config(
        "feed.xml", brand=brand, more="[rank]\nanswered = 0\n[rank.half_life]\npost = '1h'"
    )
    found = rows(queue)
    assert "answered" not in terms(found["Acme lost my notes"])
    assert "answered" in found["Acme lost my notes"]["why"]
    assert terms(before["Blind"])["age"]["points"] > 0
    assert "age" not in terms(found["Blind"])
    assert [p.read_bytes() for p in (queue.folder / "home").rglob("scanner.db")] == bytes_before


def test_reasons_of_the_config_judge_anew(queue):
    """[reasons] is part of the rules: what is stored gets the reason, and --reason finds it."""
    assert queue("list", "--reason", "accessibility", *AS_OF).code == 2
    brand = 'name = "Acme"\naccounts = ["@acmehq"]'
    own = '[reasons]\naccessibility = ["screen reader"]'
    queue.config("feed.xml", brand=brand, more=own)
    found = rows(queue, "--reason", "Accessibility")
    assert list(found) == ["Blind"]
    assert "accessibility" in found["Blind"]["reasons"]
    ran = queue("scan", "--all", "--no-fetch", "--format", "jsonl", *AS_OF)
    assert [row["title"] for row in ran.rows if "accessibility" in row["reasons"]] == ["Blind"]
    queue.config("feed.xml", brand=brand)
    assert "accessibility" not in rows(queue)["Blind"]["reasons"]


def test_new_posts_get_reasons_of_the_config(cli):
    """The first scan judges by them as well."""
    cli.write("feed.xml", rss([READER]))
    cli.config("feed.xml", more='[reasons]\naccessibility = ["screen reader"]')
    (row,) = cli("scan", "--format", "jsonl", *AS_OF).rows
    assert "accessibility" in row["reasons"]


def test_a_wrong_weight_is_exit_2(queue):
    """File, line, key and what was meant, before anything is done."""
    queue.config("feed.xml", more="[rank]\nanswerd = -20")
    ran = queue("scan", *AS_OF)
    assert ran.code == 2
    assert 'scanner.toml:2: rank.answerd: unknown key; did you mean "answered"?' in ran.err
