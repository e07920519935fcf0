"""The main job from the command line: what is printed, where, and with which exit code."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import rss, where_modes_bind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")

ANGRY = {
    "title": "Acme charged me twice",
    "text": "<p>Acme charged me twice and support has not answered in two weeks.</p>",
    "when": NOW - timedelta(hours=2),
    "author": "ines",
    "comments": 48,
}
CALM = {
    "title": "A quiet week",
    "text": "<p>Nothing happened. We use Acme for invoices.</p>",
    "when": NOW - timedelta(days=3),
}
OTHER = {"title": "Bread", "text": "<p>Flour and water.</p>", "when": NOW - timedelta(days=1)}


@pytest.fixture
def watched(cli):
    """A config with one local feed of three posts, two of which name the brand."""
    cli.write("feed.xml", rss([CALM, OTHER, ANGRY]))
    cli.config("feed.xml")
    return cli


def test_scan_prints_the_complaint_first(watched):
    """The post that is worth a reply leads; the one about bread is not there."""
    ran = watched("scan", "--format", "jsonl", *AS_OF)

    assert ran.code == 0
    assert [row["title"] for row in ran.rows] == ["Acme charged me twice", "A quiet week"]
    assert ran.rows[0]["intent"] == "complaint"
    assert "billing" in ran.rows[0]["reasons"]
    assert ran.rows[0]["reach"] == {"comments": 48, "points": None, "views": None}
    assert ran.err == ""


def test_worth_is_the_sum_of_its_terms(watched):
    """Every rank is a receipt that adds up."""
    for row in watched("scan", "--format", "jsonl", *AS_OF).rows:
        assert row["worth"] == round(sum(term["points"] for term in row["terms"]), 1)
        assert 0 <= row["worth"] <= 100


def test_a_second_scan_shows_nothing_and_says_nothing(watched):
    """Shown once is shown; cron gets neither a byte on stdout nor one on stderr."""
    watched("scan", *AS_OF)

    ran = watched("scan", *AS_OF)

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_all_shows_what_was_shown_before(watched):
    """--all also lists what is undecided, with its status."""
    watched("scan", *AS_OF)

    ran = watched("scan", "--all", "--format", "jsonl", *AS_OF)

    assert [row["status"] for row in ran.rows] == ["open", "open"]


def test_what_limit_hides_comes_next_time(watched):
    """A row that was cut off by --limit has not been shown."""
    first = watched("scan", "--limit", "1", "--format", "jsonl", *AS_OF)
    second = watched("scan", "--limit", "1", "--format", "jsonl", *AS_OF)

    assert [row["title"] for row in first.rows + second.rows] == [ANGRY["title"], CALM["title"]]


def test_dry_run_remembers_nothing(watched):
    """After --dry-run everything is still new, and no database was made."""
    ran = watched("scan", "--dry-run", "--format", "jsonl", *AS_OF)

    assert len(ran.rows) == 2
    assert not list((watched.folder / "home").rglob("scanner.db"))
    assert len(watched("scan", "--format", "jsonl", *AS_OF).rows) == 2


def test_no_fetch_ranks_what_is_stored(watched):
    """--no-fetch reads no feed: before the first scan there is nothing."""
    assert watched("scan", "--no-fetch", "--format", "jsonl", *AS_OF).rows == []

    watched("scan", "--limit", "1", *AS_OF)
    (watched.folder / "feed.xml").unlink()
    ran = watched("scan", "--no-fetch", "--format", "jsonl", *AS_OF)

    assert (ran.code, [row["title"] for row in ran.rows]) == (0, ["A quiet week"])


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (("--since", "1d"), ["Acme charged me twice"]),
        (("--intent", "complaint"), ["Acme charged me twice"]),
        (("--brand", "acme"), ["Acme charged me twice", "A quiet week"]),
        (("--min-worth", "99.9"), []),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else "",
)
def test_filters(watched, options, titles):
    """Each filter leaves what it says."""
    ran = watched("scan", "--format", "jsonl", *options, *AS_OF)

    assert [row["title"] for row in ran.rows] == titles


def test_links_that_go_in_a_circle_are_no_bug(watched):
    """-o follows links, but not for ever."""
    (watched.folder / "loop.csv").symlink_to("loop.csv")

    ran = watched("scan", "-o", "loop.csv")

    assert ran.code in (1, 2)
    assert "a bug" not in ran.err
    assert "loop.csv" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--brand", "Acmee"), 'did you mean "Acme"?'),
        (("--intent", "rage"), "Expected one of complaint, question"),
        (("--format", "xml"), "expected one of table, csv, json, jsonl, markdown"),
        (("--since", "soon"), "--since"),
        (("--now", "yesterday"), "--now"),
        (("--refetch", "--no-fetch"), "contradict"),
        (("-o", "nowhere/out.csv"), "there is no folder"),
        (("-o", "."), "is a folder"),
        (("-o", "out.doc"), ".csv"),
        (("--limit", "-1"), "--limit"),
        (("--wait", "x"), "--wait"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_asked_wrongly_is_exit_2(watched, options, said):
    """A wrong option names itself and what was expected; nothing is fetched or written."""
    ran = watched("scan", *options)

    assert ran.code == 2
    assert said in " ".join(ran.err.split()).replace("│ ", "")
    assert ran.out == ""
    assert not list((watched.folder / "home").rglob("scanner.db"))


def test_fail_above_is_exit_4(watched):
    """--fail-above tells a monitor that something is above its line."""
    assert watched("scan", "--fail-above", "99.9", "--dry-run", *AS_OF).code == 0
    assert watched("scan", "--fail-above", "5", "--dry-run", *AS_OF).code == 4


def test_output_file_is_replaced_and_stdout_stays_empty(watched):
    """-o picks the format from the suffix, keeps the mode of the old file, leaves no other file."""
    target = watched.write("out.csv", "old")
    target.chmod(0o640)

    ran = watched("scan", "-o", "out.csv", *AS_OF)

    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"), newline="")))
    assert [row["title"] for row in rows] == ["Acme charged me twice", "A quiet week"]
    assert (ran.code, ran.out) == (0, "")
    assert target.stat().st_mode & 0o777 == 0o640
    assert {p.name for p in watched.folder.iterdir()} == {
        "feed.xml", "scanner.toml", "out.csv", "home"
    }  # fmt: skip


def test_what_could_not_be_written_has_not_been_shown(watched):
    """A disk that is full: exit 1, and the posts are still new the next time."""
    ran = watched("scan", "--format", "csv", "-o", "/dev/full", *AS_OF)

    assert ran.code == 1
    assert "/dev/full: could not write: No space left on device" in ran.err
    assert len(watched("scan", "--format", "jsonl", *AS_OF).rows) == 2


def test_a_crash_while_writing_leaves_the_old_file(watched, monkeypatch):
    """The old file is whole until the new one is, and no scrap is left beside it (O10)."""
    target = watched.write("out.json", "old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ran = watched("--db", "/tmp/none/x.db", "demo", "-o", "out.json")
    monkeypatch.undo()

    assert ran.code == 1
    assert target.read_text("utf-8") == "old"
    assert [p.name for p in watched.folder.iterdir() if "out.json" in p.name] == ["out.json"]


def test_machine_formats_with_nothing_new(watched):
    """An empty JSON array is still JSON; with -q not a byte is printed."""
    watched("scan", *AS_OF)

    assert watched("scan", "--format", "json", *AS_OF).json == []
    assert watched("scan", "-q", "--format", "json", *AS_OF).out == ""


def test_one_feed_of_two_fails(watched):
    """The other feed's posts are there, one line on stderr names the dead one, exit 3 (C01)."""
    watched.config("feed.xml", "missing.xml")

    ran = watched("scan", "--format", "jsonl", *AS_OF)

    assert ran.code == 3
    assert len(ran.rows) == 2
    assert len(ran.err.splitlines()) == 1
    assert "missing" in ran.err


def test_every_feed_fails(watched):
    """No feed worked: exit 1 and a line for each, so that silence never means good news (C02)."""
    watched.config("gone.xml", "away.xml")

    ran = watched("scan", *AS_OF)

    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 2


@pytest.mark.case("N16")
def test_a_host_that_cannot_be_reached(cli):
    """Nobody listens there: exit 1, the host and the reason named."""
    cli.config("http://127.0.0.1:9/feed.xml")

    ran = cli("scan")

    assert ran.code == 1
    assert "127.0.0.1" in ran.err
    assert "is the network down?" in ran.err


@pytest.mark.case("N13", "N15")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><html><title>Log in</title><body>Please log in", "HTML"),
        (b"", "empty"),
        (b"hello, this is no feed", "not a feed"),
    ],
    ids=["html", "empty", "text"],
)
def test_what_is_not_a_feed_is_a_failure(watched, body, said):
    """A login page or nothing at all is an error, never 'nothing new' (N13, N15)."""
    watched.write("odd.xml", body)
    watched.config("feed.xml", "odd.xml")

    ran = watched("scan", "--format", "jsonl", *AS_OF)

    assert (ran.code, len(ran.rows)) == (3, 2)
    assert said in ran.err


@pytest.mark.case("N08")
def test_a_feed_that_dies_in_the_middle_gives_what_it_had(watched):
    """The posts before the end are listed, and the next scan reads the whole document (N08)."""
    whole = rss([ANGRY, CALM])
    watched.write("feed.xml", whole[: whole.index("A quiet week")])

    first = watched("scan", "--format", "jsonl", *AS_OF)
    watched.write("feed.xml", whole)
    second = watched("scan", "--format", "jsonl", *AS_OF)

    assert [row["title"] for row in first.rows + second.rows] == [ANGRY["title"], CALM["title"]]


@pytest.mark.case("X12")
def test_a_feed_that_empties_is_a_warning(watched):
    """Nothing is deleted when a feed has no entries all of a sudden (X12)."""
    watched("scan", *AS_OF)
    watched.write("feed.xml", rss([]))

    ran = watched("scan", "--all", "--format", "jsonl", *AS_OF)

    assert len(ran.rows) == 2
    assert "emptied" in ran.err


@pytest.mark.parametrize("format_", ["table", "csv", "json", "jsonl", "markdown"])
def test_a_hostile_title_reaches_no_terminal(watched, format_):
    """No control character of a title gets out, whatever the format; `[/]` is just text (O01-3)."""
    title = "Acme [/] down \x1b]52;c;ZXZpbA==\x07\x9b2J [link=http://evil.example]x[/link] \u202e"
    watched.write("feed.xml", rss([ANGRY | {"title": title.replace("\x1b", "&#27;")}]))

    ran = watched("scan", "--format", format_, *AS_OF)

    assert ran.code == 0
    assert "Acme" in ran.out
    assert not {c for c in ran.out if (ord(c) < 32 and c not in "\r\n") or 127 <= ord(c) < 160}
    assert "\u202e" not in ran.out


def test_a_config_with_five_mistakes(cli):
    """All five are told at once, each with its line, and nothing is fetched (C12)."""
    cli.write(
        "scanner.toml",
        '[scanner]\nsince = "soon"\nlimits = 3\n\n[[brands]]\nname = "Acme"\nmatch = \'"acme\'\n'
        '\n[[feeds]]\nurl = "ftp://example.org/feed"\n'
        '\n[[feeds]]\nurl = "a.xml"\nweight = "heavy"\n',
    )

    ran = cli("scan")

    assert ran.code == 2
    lines = ran.err.splitlines()
    assert len(lines) == 5
    for line, (place, words) in zip(
        lines,
        [(2, "since"), (3, '"limit"'), (7, "quote"), (10, "ftp"), (14, "weight")],
        strict=True,
    ):
        assert f"scanner.toml:{place}:" in line
        assert words in line


def test_no_config_says_what_to_do(cli):
    """Without a config the first step is named."""
    ran = cli("scan")

    assert ran.code == 2
    assert "scanner init" in ran.err


def test_options_may_stand_anywhere(watched):
    """-c and --db before or after the command mean the same."""
    before = watched("--db", "a.db", "-c", "scanner.toml", "scan", "--format", "json", *AS_OF)
    after = watched("scan", "--format", "json", *AS_OF, "--db=b.db", "--config", "scanner.toml")

    assert before.out == after.out
    assert (watched.folder / "a.db").exists()
    assert (watched.folder / "b.db").exists()


def test_rules_that_change_are_applied_to_what_is_stored(watched):
    """A new alias finds old posts; decisions stay (rule 7)."""
    watched("scan", *AS_OF)
    ids = [row["id"] for row in watched("list", "--format", "jsonl", *AS_OF).rows]
    watched("done", ids[0])
    watched.config("feed.xml", brand='name = "Acme"\naliases = ["Flour"]')

    ran = watched("scan", "--format", "jsonl", *AS_OF)

    assert [row["title"] for row in ran.rows] == ["Bread"]
    done = watched("list", "--status", "done", "--format", "jsonl", *AS_OF).rows
    assert [row["id"] for row in done] == ids[:1]


@pytest.mark.case("X17")
def test_an_edited_post_is_judged_anew_but_not_shown_again(watched):
    """Same guid, other words: the record changes, its status does not (X17)."""
    watched("scan", *AS_OF)
    edited = CALM | {"text": "<p>Acme lost all my data and nobody answers.</p>"}
    watched.write("feed.xml", rss([edited, OTHER, ANGRY]))

    assert watched("scan", *AS_OF).out == ""
    rows = watched("list", "--format", "jsonl", *AS_OF).rows
    assert "lost all my data" in next(r["text"] for r in rows if r["title"] == "A quiet week")


def database(cli):
    """Where the database of a command line is."""
    return next((cli.folder / "home").rglob("scanner.db"))


def test_two_configs_may_share_a_database(watched):
    """Each sees its own queue, whichever of them scanned last; decisions are kept for both."""
    watched("scan", *AS_OF)
    mine = watched("list", "--format", "jsonl", *AS_OF).rows
    other = watched.config("feed.xml", brand='name = "Bread"')
    other.rename(watched.folder / "other.toml")
    watched.config("feed.xml")

    theirs = watched("-c", "other.toml", "scan", "--format", "jsonl", *AS_OF).rows

    assert [row["title"] for row in theirs] == ["Bread"]
    assert watched("list", "--format", "jsonl", *AS_OF).rows == mine
    assert watched("show", mine[0]["id"], *AS_OF).code == 0
    watched("-c", "other.toml", "scan", *AS_OF)
    assert watched("open", "--print", mine[0]["id"]).out == "https://posts.example/3\n"
    watched("-c", "other.toml", "scan", *AS_OF)
    assert watched("note", mine[0]["id"], "hello", *AS_OF).code == 0
    watched("-c", "other.toml", "scan", *AS_OF)
    assert watched("done", mine[0]["id"], *AS_OF, SCANNER_DB=str(database(watched))).code == 0
    watched("-c", "other.toml", "scan", *AS_OF)
    left = watched("list", "--format", "jsonl", *AS_OF).rows
    assert [row["id"] for row in left] == [row["id"] for row in mine[1:]]


def test_checking_one_feed_after_a_change_of_rules_keeps_the_other(watched):
    """A partial look never costs the posts of the feeds that were not looked at."""
    watched.write(
        "other.xml",
        rss(
            [
                {
                    "title": "Acme again",
                    "text": "Acme?",
                    "url": "https://other.example/1",
                    "when": NOW,
                }
            ]
        ),
    )
    watched.config("feed.xml", "other.xml")
    watched("scan", *AS_OF)
    watched.config("feed.xml", "other.xml", brand='name = "Acme"\naliases = ["Flour"]')

    watched("feeds", "check", "other")

    titles = {row["title"] for row in watched("scan", "--all", "--format", "jsonl", *AS_OF).rows}
    assert titles == {"Acme charged me twice", "A quiet week", "Bread", "Acme again"}


def test_a_feed_that_comes_back_is_judged_by_the_rules_of_today(watched):
    """Removed, rules changed, added again: its posts match by the new rules."""
    watched.write("other.xml", rss([]))
    watched("scan", *AS_OF)
    brand = 'name = "Acme"\naliases = ["Flour"]'
    watched.config("other.xml", brand=brand)
    watched("scan", *AS_OF)
    watched.config("feed.xml", "other.xml", brand=brand)

    titles = {row["title"] for row in watched("scan", "--all", "--format", "jsonl", *AS_OF).rows}

    assert titles == {"Acme charged me twice", "A quiet week", "Bread"}


def answering(httpserver, path, *answers):
    """Give these answers in turn, then the last one for ever."""
    from werkzeug import Response

    waiting = list(answers)

    def answer(_request):
        status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return Response(body, status, headers)

    httpserver.expect_request(path).respond_with_handler(answer)
    return httpserver.url_for(path)


@pytest.mark.case("P09")
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_its_rest_is_no_good_news(watched, httpserver, status):
    """The only feed is refused: exit 1 and a line; so it is while it rests, unasked (P09)."""
    url = answering(httpserver, "/feed", (status, {"Retry-After": "7200"}, ""))
    watched.config(url)

    first, second, seen = watched("scan"), watched("scan", "--refetch"), watched("-v", "scan")

    assert (first.code, second.code, seen.code) == (1, 1, 1)
    assert str(status) in first.err
    assert len(first.err.splitlines()) == 1
    assert second.err == ""  # told once, not in every run
    assert "not working" in seen.err
    row = watched("feeds", "list", "--format", "json").json[0]
    assert row["status"] in ("resting", "failing")
    assert row["error"]
    assert watched("feeds", "check").code == 1
    assert [request.path for request, _ in httpserver.log].count("/feed") == 1


def told(ran, feed):
    """What -v said of a feed, T in place of times."""
    (line,) = [
        row for row in ran.err.splitlines() if re.match(f"{feed}: (?!HTTP|gone|still failing)", row)
    ]
    times = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d UTC|\d+ s(?= ago)"
    return re.sub(times, "T", line.partition(": ")[2])


def test_verbose_says_why_and_what_came_and_when_next(watched, httpserver):
    """With -v each feed has a line: first time, due, asked anew, unchanged, refused, failed."""
    fine = {"Content-Type": "application/rss+xml", "ETag": '"a"'}
    url = answering(httpserver, "/a", (200, fine, rss([ANGRY])), (304, {}, ""))
    same = answering(httpserver, "/b", (200, {}, rss([CALM])))
    busy = answering(httpserver, "/c", (503, {"Retry-After": "7200"}, ""))
    dead = answering(httpserver, "/d", (404, {}, ""))
    gone = answering(httpserver, "/e", (410, {}, ""))
    path = watched.config("feed.xml", url, same, busy, dead, gone)
    text = "[fetch]\nhost_delay = '0s'\n" + path.read_text("utf-8")
    path.write_text(text, "utf-8")

    runs = [watched("-v", "scan", *more) for more in ((), (), ("--refetch", "--retry-gone"))]

    host = f"{httpserver.host}/"
    same_file = ["unchanged; a file"] * 2
    assert [told(ran, "feed") for ran in runs] == ["read, 3 posts, 3 new; a file", *same_file]
    assert [told(ran, host + "a") for ran in runs] == [
        "read, 1 post, 1 new; asked for the first time; next at T (every)",
        "not asked: asked T ago; next at T (every)",
        "not modified; --refetch; next at T (every)",
    ]
    assert told(runs[2], host + "b") == "read, the same as before; --refetch; next at T (every)"
    assert [told(ran, host + "c") for ran in runs[:2]] == [
        "deferred: HTTP 503: the server asked for 2 h of rest; next at T; asked for the first time",
        "not asked: failed once (HTTP 503: the server asked for 2 h of rest); next at T",
    ]
    assert [told(ran, host + "d") for ran in runs] == [
        "failed: HTTP 404; asked for the first time; next at T (backoff)",
        "not asked: failed once (HTTP 404); next at T",
        "failed: HTTP 404; --refetch; next at T (backoff)",
    ]
    assert [told(ran, host + "e") for ran in runs] == [
        "failed: gone (HTTP 410); asked for the first time",
        "not asked: gone (410): the server says that this feed is no more",
        "failed: gone (HTTP 410); asked once more (--retry-gone)",
    ]


def test_why_a_feed_was_asked():
    """A feed whose time has come says since when; one that was refused before is simply due."""
    from scanner.cli.progress import why_asked
    from scanner.records import Feed, FeedState

    feed, hour = Feed("https://a.example/", "a"), timedelta(hours=1)
    known = FeedState(feed.url, checked_at=NOW - 3 * hour, next_check=NOW - 2 * hour)
    assert why_asked(feed, known, NOW, refetch=True) == "due since 10:00 UTC"
    refused = FeedState(feed.url, checked_at=NOW - 3 * hour)
    assert why_asked(feed, refused, NOW, refetch=False) == "due"
    assert why_asked(feed, None, NOW, refetch=False) == "asked for the first time"


def test_a_feed_that_works_again_is_told_once(watched, httpserver):
    """One line when it fails, one when it is back (C04)."""
    fine = (200, {"Content-Type": "application/rss+xml"}, rss([ANGRY]))
    url = answering(httpserver, "/feed", (500, {}, ""), fine)
    watched.config("feed.xml", url)

    codes = [watched("scan", *AS_OF), watched("scan", *AS_OF), watched("scan", "--refetch", *AS_OF)]

    assert [ran.code for ran in codes] == [3, 3, 0]
    assert [len(ran.err.splitlines()) for ran in codes] == [1, 0, 1]
    assert "500" in codes[0].err
    assert "works again" in codes[2].err


@pytest.mark.case("N16")
def test_our_own_outage_is_not_held_against_the_feeds(cli):
    """No host reached: no failure is counted, and the next try is minutes away (N16)."""
    cli.config("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")

    first = cli("scan")

    assert first.code == 1
    assert "is the network down?" in first.err
    rows = cli("feeds", "list", "--format", "json").json
    assert {row["status"] for row in rows} == {"failing"}
    assert all("failed" not in ran for ran in cli("-v", "scan").out.splitlines())
    again = cli("-v", "scan", "--refetch")
    assert "times" not in again.err


@pytest.mark.case("N16")
@pytest.mark.parametrize("also", ["", '[[feeds]]\nurl = "http://10.0.0.1/feed"\n'])
def test_a_local_file_is_no_proof_of_a_network(watched, also):
    """Neither a file nor a feed we refuse to ask makes our own outage the servers' fault."""
    path = watched.config("feed.xml", "http://127.0.0.1:9/a")
    path.write_text(path.read_text("utf-8") + also, "utf-8")

    ran = watched("scan", *AS_OF)

    assert ran.code == 3
    assert "is the network down?" in ran.err
    row = watched("feeds", "list", "--format", "json").json[1]
    assert datetime.fromisoformat(row["next_check"]) < datetime.now(UTC) + timedelta(minutes=6)


@pytest.mark.case("P17")
def test_a_feed_that_is_gone_can_be_asked_again(watched, httpserver):
    """After a 410 nobody asks, until a person says so (P17)."""
    fine = (200, {"Content-Type": "application/rss+xml"}, rss([ANGRY]))
    url = answering(httpserver, "/feed", (410, {}, ""), fine)
    watched.config("feed.xml", url)

    assert watched("scan", *AS_OF).code == 3
    assert watched("scan", "--refetch", *AS_OF).code == 3
    assert [request.path for request, _ in httpserver.log].count("/feed") == 1
    assert watched("scan", "--retry-gone", *AS_OF).code == 0
    assert [request.path for request, _ in httpserver.log].count("/feed") == 2


@pytest.mark.case("N13", "P18")
def test_what_is_no_feed_is_asked_less_and_less(watched, httpserver):
    """A login page in place of a feed rests like any failure: longer each time."""
    httpserver.expect_request("/feed").respond_with_data("<html>Log in", content_type="text/html")
    watched.config(httpserver.url_for("/feed"))

    waits = []
    for _ in range(3):
        watched("feeds", "check")
        row = watched("feeds", "list", "--format", "json").json[0]
        waits.append(datetime.fromisoformat(row["next_check"]) - datetime.now(UTC))

    assert waits[0] < waits[1] < waits[2]
    assert waits[2] > timedelta(hours=3)


def test_a_second_writer_is_told_at_once(watched):
    """Two scans at the same time: the second ends with one line and exit 1 (D01)."""
    from scanner import store

    with store.connect(watched.folder / "x.db", write=True):
        ran = watched("--db", "x.db", "scan", *AS_OF)

    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_a_damaged_database_is_left_alone(watched):
    """A file that is no database: exit 1, its name, and not a byte of it changed (D07)."""
    path = watched.write("x.db", b"this is not a database" * 100)

    ran = watched("--db", "x.db", "scan", *AS_OF)

    assert ran.code == 1
    assert "x.db" in ran.err
    assert path.read_bytes() == b"this is not a database" * 100


@where_modes_bind
def test_a_read_only_database(watched):
    """A database that may not be written: exit 1 with its path; list still works (D06)."""
    watched("--db", "x.db", "scan", *AS_OF)
    (watched.folder / "x.db").chmod(0o444)

    ran = watched("--db", "x.db", "scan", *AS_OF)

    assert ran.code == 1
    assert "x.db" in ran.err
    assert watched("--db", "x.db", "list", *AS_OF).code == 0


def test_verbose_says_of_each_feed_what_became_of_it(watched):
    """-v gives a line per feed and the counts, on stderr."""
    ran = watched("-v", "scan", "--format", "json", *AS_OF)

    assert "read, 3 posts, 3 new" in ran.err
    assert "feeds: 1 read; 3 new posts, 2 about you" in ran.err
    assert "unchanged" in watched("-v", "scan", *AS_OF).err


def process(cli, *arguments, **popen):
    """`scanner` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "scanner", *arguments],
        env={**os.environ, **cli.environ},
        cwd=cli.folder,
        **popen,
    )


def test_a_closed_pipe_ends_it_quietly(watched):
    """`scanner … | head -1` leaves no traceback and ends by SIGPIPE (C06)."""
    read, write = os.pipe()
    os.close(read)

    run = process(watched, "demo", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, errors = run.communicate(timeout=60)

    assert errors == b""
    assert run.returncode == -signal.SIGPIPE


def test_a_full_disk_under_stdout_is_an_error(watched):
    """What could not be printed is not lost in silence (C08)."""
    with open("/dev/full", "wb") as full:
        run = process(watched, "scan", *AS_OF, stdout=full, stderr=subprocess.PIPE)
        _, errors = run.communicate(timeout=60)

    assert run.returncode == 1
    assert b"could not write to stdout" in errors


def test_interrupted_keeps_what_was_fetched(watched, httpserver):
    """Ctrl-C while a server hangs: out at once, 130, finished feeds are kept (C09)."""
    asked, let_go = threading.Event(), threading.Event()

    def hang(_request):
        asked.set()
        let_go.wait(30)

    httpserver.expect_request("/slow").respond_with_handler(hang)
    watched.config("feed.xml", httpserver.url_for("/slow"))

    run = process(watched, "-v", "scan", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stderr.readline() == b"feed: read, 3 posts, 3 new; a file\n"
    assert asked.wait(20)
    begun = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    took = time.monotonic() - begun
    let_go.set()

    assert (run.returncode, errors) == (130, b"interrupted; what was fetched before is kept\n")
    assert took < 10  # the server would have kept it for 30 s
    assert len(watched("list", "--format", "jsonl", "--since", "99w").rows) == 2


# --- what is said beside the table ----------------------------------------------------------------


def test_rows_from_earlier_runs_do_not_contradict_the_counts(watched):
    """No new posts, and yet rows: it is said where they come from."""
    watched("scan", "--limit", "1", *AS_OF)
    left = watched("-v", "scan", *AS_OF)
    watched.config("feed.xml", brand='name = "Acme"\naliases = ["Flour"]')
    found = watched("-v", "scan", *AS_OF)
    nothing = watched("-v", "scan", *AS_OF)

    earlier = "Some of these came in earlier runs and had not been shown yet."
    for ran in (left, found):
        assert "feeds: 1 unchanged; no new posts" in ran.err
        assert earlier in ran.err
    assert "the rules have changed: everything stored was judged anew" in found.err
    assert earlier not in nothing.err
    assert "rules" not in nothing.err


def test_counts_say_why_feeds_were_not_asked():
    """Of five that were not asked one is simply not due; one is left for a later run."""
    from scanner.cli.walk import _counts
    from scanner.records import Deferred, Feed, FeedState, HostState, Report

    hour = timedelta(hours=1)
    names = ("due", "pace", "host", "refused", "gone")
    feeds = {name: Feed(f"https://{name}.example/", name) for name in names}
    known = [
        FeedState(feeds["due"].url, checked_at=NOW, next_check=NOW + hour),
        FeedState(feeds["pace"].url, checked_at=NOW - 3 * hour, next_check=NOW - hour),
        FeedState(feeds["refused"].url, checked_at=NOW, failing_since=NOW),
    ]
    states = {state.url: state for state in known}
    hosts = {"host.example:443": HostState("host.example:443", NOW + hour, "HTTP 429")}
    deferred = [
        Deferred(feed, None if name == "gone" else NOW + hour, "", states.get(feed.url))
        if name == "refused"
        else Deferred(feed, None if name == "gone" else NOW + hour, "")
        for name, feed in feeds.items()
    ]

    said = _counts(
        Report(fetched=1, deferred=tuple(deferred), posts=1, matched=0), states, hosts, NOW
    )

    assert said == (
        "feeds: 1 read, 1 not due yet, 1 left for a later run, 1 resting, 1 refused, 1 gone;"
        " 1 new post, 0 about you"
    )
    assert _counts(Report(), {}, {}, NOW) == "feeds: none asked; no new posts"


def test_a_clock_that_was_put_right_is_no_refusal(watched, httpserver, monkeypatch):
    """The run before was a minute ahead: the feed is not due, and nothing is wrong with it."""
    url = answering(httpserver, "/feed", (200, {}, rss([ANGRY])))
    watched.config(url)
    ahead = datetime.now(UTC) + timedelta(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr("scanner.cli.shell.Shell.now", lambda _shell, _told=None: ahead)
        assert watched("scan").code == 0

    ran = watched("-v", "scan")

    assert ran.code == 0
    assert "1 not due yet" in ran.err
    assert "failing" not in ran.err
    assert watched("scan").err == ""


def test_a_feed_that_waits_for_its_turn_is_no_failure(cli):
    """A host that is asked once a minute: its third feed comes in a later run, and that is no 3."""
    from scanner import scan as spine
    from scanner.records import Deferred, Feed, Report

    feed = Feed("https://www.reddit.com/r/a/.rss", "a")
    other = Feed("https://www.reddit.com/r/b/.rss", "b")
    left = Report(fetched=1, deferred=(Deferred(feed, NOW, "its turn comes"),))

    assert spine.health([feed, other], left, {}, {}, NOW) == 0


def test_it_is_named_whom_a_run_waits_for(monkeypatch):
    """After some seconds without news: the first host, and how many more there are."""
    from scanner.cli import progress
    from scanner.cli.shell import Shell
    from scanner.records import Deferred, Feed

    feeds = [Feed(f"https://{name}.example/x", name) for name in ("a", "slow", "third")]
    feeds.append(Feed("file:///x/y.xml", "A file"))
    waiting = progress.Waiting(feeds, 0.0)
    assert waiting.said(1.0) == ""
    assert waiting.said(4.0) == "waiting for a.example, 3 more"
    waiting.over(feeds[0], 4.0)
    assert waiting.said(6.0) == ""
    waiting.over(feeds[2], 6.0)
    assert waiting.said(9.5) == "waiting for slow.example, 1 more"
    waiting.over(feeds[1], 9.5)
    assert waiting.said(99.0) == "waiting for A file"
    waiting.over(feeds[3], 99.0)
    assert waiting.said(999.0) == ""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(progress, "_LONG", 0.05)
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.progress(Shell(environ={}), feeds, lambda outcome, new: "") as watch:
        watch(Deferred(feeds[0], None, ""), 0)
        time.sleep(0.3)
    assert "waiting for slow.example, 2 more" in screen.getvalue()
    for quiet in (Shell(quiet=True), Shell(json=True)):
        screen.truncate(0)
        with progress.progress(quiet, feeds, lambda outcome, new: "") as watch:
            watch(Deferred(feeds[0], None, ""), 0)
        assert screen.getvalue() == ""


def test_old_posts_lose_their_words(watched):
    """`keep` is carried out at the end of a scan, by the real clock, and not under --dry-run."""
    from scanner import store

    aged = ANGRY | {"when": datetime.now(UTC) - timedelta(days=400)}
    watched.write("feed.xml", rss([aged, CALM | {"when": datetime.now(UTC)}]))

    def kept():
        with store.connect(database(watched), write=False) as opened:
            return sorted(post.title for post in opened.posts())

    watched("scan", "--since", "1d")
    watched.config("feed.xml", more='[scanner]\nkeep = "365d"')
    watched("scan", "--dry-run")
    assert kept() == ["A quiet week", "Acme charged me twice"]
    watched("scan", "--now", "2036-01-01T00:00:00Z")
    assert kept() == ["A quiet week"]
