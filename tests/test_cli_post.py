"""One post at a time from the command line: show, open, and what a person decides."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import rss

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")


@pytest.fixture
def queued(cli):
    """Three scanned posts; gives the command line and the posts' IDs, best first."""
    posts = [
        {
            "title": f"Acme {what}",
            "text": f"<p>Acme {what} and I am still waiting for an answer.</p>",
            "when": NOW - timedelta(hours=hours),
            "url": f"https://posts.example/{hours}",
        }
        for what, hours in (
            ("lost my order", 2),
            ("crashes all the time", 150),
            ("is slow", 300),
        )
    ]
    cli.write("feed.xml", rss(posts))
    cli.config("feed.xml")
    ids = [row["id"] for row in cli("scan", "--format", "jsonl", *AS_OF).rows]
    assert len(ids) == 3
    return cli, ids


def listed(cli, *options):
    """The IDs that `list` prints."""
    return [row["id"] for row in cli("list", "--format", "jsonl", *AS_OF, *options).rows]


@pytest.mark.parametrize(
    ("command", "status"), [("done", "done"), ("ignore", "ignored"), ("snooze", "snoozed")]
)
def test_a_decision_takes_posts_out_of_the_queue(queued, command, status):
    """What was decided is no longer listed, but is found under its status; reopen undoes it."""
    cli, ids = queued

    assert cli(command, ids[0][:6], ids[2], *AS_OF).code == 0
    assert listed(cli) == [ids[1]]
    assert sorted(listed(cli, "--status", status)) == sorted([ids[0], ids[2]])

    assert cli("reopen", ids[0], *AS_OF).code == 0
    assert listed(cli) == ids[:2]


def test_a_snooze_ends(queued):
    """A snoozed post is new again once its time is over: the next scan shows it, once."""
    cli, ids = queued
    cli("snooze", ids[0], "--for", "2h", *AS_OF)
    later = ("--format", "jsonl", "--now", "2026-11-20T14:00:01Z")

    assert ids[0] not in listed(cli)
    assert [row["id"] for row in cli("scan", *later).rows] == [ids[0]]
    assert cli("scan", *later).rows == []
    assert ids[0] in [row["id"] for row in cli("list", *later).rows]


def test_a_typo_among_ids_changes_nothing(queued):
    """All IDs are understood before the first decision is written."""
    cli, ids = queued

    ran = cli("done", ids[0], "ffffffffffff")

    assert ran.code == 2
    assert "ffffffffffff" in ran.err
    assert listed(cli) == ids


def test_a_beginning_that_fits_several_is_refused(queued):
    """Too short a beginning is an error, as in git."""
    cli, _ = queued

    assert cli("done", "").code == 2


def test_show_prints_the_post_whole(queued):
    """The words, the receipt with its sum, the history and the notes."""
    cli, ids = queued
    cli("note", ids[0], "wrote to her on Friday", *AS_OF)
    cli("done", ids[0], *AS_OF)

    ran = cli("show", ids[0][:8], *AS_OF)

    assert ran.code == 0
    for words in (
        "lost my order",
        "https://posts.example/2",
        "negativity",
        "wrote to her on Friday",
        "2026-11-20 12:00 done\n",
    ):
        assert words in ran.out


def test_show_as_json_is_the_record(queued):
    """`show --format json` prints the same record as `list`."""
    cli, ids = queued

    shown = cli("show", ids[1], "--format", "json", *AS_OF).json

    assert shown == next(
        row for row in cli("list", "--format", "jsonl", *AS_OF).rows if row["id"] == ids[1]
    )


def test_a_copy_in_another_feed_is_one_story(queued):
    """The same text elsewhere is folded, and a decision on the story covers the copy."""
    cli, ids = queued
    text = "<p>Acme lost my order and I am still waiting for an answer.</p>"
    copy = {"title": "Acme lost my order", "text": text, "when": NOW - timedelta(hours=1)}
    cli.write("copy.xml", rss([copy | {"url": "https://copies.example/1"}], title="Copies"))
    cli.config("feed.xml", "copy.xml")
    cli("done", ids[0], *AS_OF)

    assert cli("scan", *AS_OF).out == ""

    story = cli("list", "--status", "done", "--format", "jsonl", *AS_OF).rows
    assert [row["story"]["size"] for row in story] == [2]
    assert listed(cli, "--feed", "copy") == []

    cli("done", ids[0], *AS_OF)  # now that the copy is known, the decision is the copy's too
    cli.config("copy.xml")
    assert listed(cli) == []
    cli("reopen", story[0]["id"], *AS_OF)
    assert len(listed(cli)) == 1


def test_a_decision_holds_for_copies_that_come_later(queued):
    """A copy that a later scan brings is decided with its story, and stays so on its own."""
    cli, ids = queued
    cli("done", ids[0], *AS_OF)
    text = "<p>Acme lost my order and I am still waiting for an answer.</p>"
    copy = {"title": "Acme lost my order", "text": text, "when": NOW - timedelta(hours=1)}
    cli.write("copy.xml", rss([copy | {"url": "https://copies.example/1"}], title="Copies"))
    cli.config("feed.xml", "copy.xml")
    assert cli("scan", *AS_OF).out == ""

    cli.config("copy.xml")

    assert cli("scan", *AS_OF).out == ""
    assert listed(cli) == []
    assert len(listed(cli, "--status", "done")) == 1


def test_a_snooze_has_a_length(queued):
    """Snoozing for no time is a mistake."""
    cli, ids = queued

    assert cli("snooze", ids[0], "--for", "0").code == 2


def test_show_is_the_receipt_of_the_list(queued):
    """A story of two has the same worth, story and status in show, in list, and under a filter."""
    cli, ids = queued
    text = "<p>Acme lost my order and I am still waiting for an answer.</p>"
    copy = {"title": "Acme lost my order", "text": text, "when": NOW - timedelta(hours=1)}
    cli.write("copy.xml", rss([copy | {"url": "https://copies.example/1"}], title="Copies"))
    cli.config("feed.xml", "copy.xml")
    cli("scan", *AS_OF)

    rows = cli("list", "--format", "jsonl", *AS_OF).rows
    story = next(row for row in rows if row["story"]["size"] == 2)
    filtered = cli("list", "--feed", "Feed", "--format", "jsonl", *AS_OF).rows
    shown = cli("show", story["id"], "--format", "json", *AS_OF).json
    folded = cli("show", ids[0], "--format", "json", *AS_OF).json

    assert shown == story
    assert story in filtered
    assert folded["story"] == story["story"]
    assert "story" in [term["name"] for term in folded["terms"]]


def test_open_prints_or_opens(queued, monkeypatch):
    """`open` starts the browser; --print only tells the address."""
    cli, ids = queued
    opened: list[str] = []

    def browser(url):
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", browser)

    assert cli("open", ids[0], ids[1]).code == 0
    assert opened == ["https://posts.example/2", "https://posts.example/150"]
    assert cli("open", "--print", ids[0]).out == "https://posts.example/2\n"
    assert len(opened) == 2


def test_open_without_a_browser_tells_the_address(queued, monkeypatch):
    """Where no browser starts, the address is in the message and the exit code is 1."""
    cli, ids = queued
    monkeypatch.setattr("webbrowser.open", lambda url: False)

    ran = cli("open", ids[0])

    assert ran.code == 1
    assert "https://posts.example/2" in ran.err


def test_a_dangerous_link_is_never_opened(cli, monkeypatch):
    """A post whose only link is javascript: has no address (X15)."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    post = {"title": "Acme is down", "url": "javascript:alert(1)", "when": NOW}
    cli.write("feed.xml", rss([post]))
    cli.config("feed.xml")
    row = cli("scan", "--format", "jsonl", *AS_OF).rows[0]

    ran = cli("open", row["id"])

    assert row["url"] is None
    assert ran.code == 1
    assert opened == []


def test_an_empty_note_is_refused(queued):
    """A note has words in it."""
    cli, ids = queued

    assert cli("note", ids[0], "  ").code == 2


def test_decisions_need_no_config_where_the_database_is_named(queued):
    """--db is enough for done."""
    cli, ids = queued
    database = next((cli.folder / "home").rglob("scanner.db"))
    (cli.folder / "scanner.toml").rename(cli.folder / "elsewhere.toml")

    assert cli("--db", database, "done", ids[0]).code == 0
    assert ids[0] not in listed(cli, "-c", "elsewhere.toml")


def test_unknown_show_format(queued):
    """show knows text and json."""
    cli, ids = queued

    assert cli("show", ids[0], "--format", "csv").code == 2
