"""The feeds from the command line: list, add, remove, check."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.records import FeedState, HostState, Rhythm
from tests.conftest import rss

RECENT = datetime.now(UTC) - timedelta(hours=3)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def one(cli):
    """A config with one good feed."""
    posts = [
        {"title": "Acme is slow", "text": "<p>Acme is slow today.</p>", "when": RECENT},
        {"title": "Bread", "text": "<p>Not about it: acmeology.</p>", "when": RECENT},
    ]
    cli.write("feed.xml", rss(posts))
    cli.config("feed.xml")
    return cli


def test_list_knows_how_each_feed_is(one):
    """A feed goes from never asked to ok, or to failing with the reason."""
    one.config("feed.xml", "missing.xml")
    before = one("feeds", "list", "--format", "json").json
    one("scan")
    after = one("feeds", "list", "--format", "json").json

    assert [row["status"] for row in before] == ["never asked", "never asked"]
    assert [row["status"] for row in after] == ["ok", "failing"]
    assert after[0]["posts"] == 2
    assert after[1]["error"]


def test_list_as_a_table_names_every_feed(one):
    """The table names the feed and fits 80 columns."""
    ran = one("feeds", "list")

    assert "feed" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.fixture
def states():
    """Nine feeds in nine states, as the store would have them, at 2026-11-20 12:00."""
    hour = timedelta(hours=1)
    ok: dict[str, Any] = {"checked_at": NOON - hour / 4, "ok_at": NOON - hour / 4, "posts": 30}
    ill: dict[str, Any] = {
        "checked_at": NOON - hour,
        "error": "HTTP 500",
        "failing_since": NOON - 50 * hour,
    }
    site = "https://{}.example/feed"
    known: dict[str, dict[str, Any] | None] = {
        "fresh": None,
        "fine": ok | {"next_check": NOON + 0.75 * hour},
        "cached": ok | {"next_check": NOON + 5 * hour},
        "slow": ok | {"next_check": NOON + 23.75 * hour, "rhythm": Rhythm(ttl=24 * hour)},
        "night": ok | {"next_check": NOON + 12 * hour, "rhythm": Rhythm(skip_days=(4,))},
        "down": ill | {"next_check": NOON + 9 * hour, "failures": 4, "ok_at": NOON - 60 * hour},
        "busy": ok | {"next_check": NOON + 2 * hour, "rest_until": NOON + 2 * hour},
        "gone": ill | {"failures": 1, "gone": True},
        "moved": ok
        | {
            "next_check": NOON + 0.75 * hour,
            "moved_to": "https://new.example/feed",
            "moved_since": NOON - 200 * hour,
            "moves": 10,
        },
    }
    return {
        site.format(name): FeedState(site.format(name), **given) if given else None
        for name, given in known.items()
    }


@pytest.fixture
def many(cli, states):
    """A config with those feeds, and a database that remembers them and two resting hosts."""
    from scanner import store

    cli.config(*states)
    with store.connect(cli.folder / "x.db", write=True) as opened:
        for state in states.values():
            if state is not None:
                opened.save_feed(state, (), (), rules="x", now=NOON)
        for host in ("fresh.example:443", "new.example:443"):
            until = NOON + timedelta(hours=3)
            opened.save_host(HostState(host, until, "HTTP 429"))
    return cli


AS_OF = ("--now", "2026-11-20T12:00:00Z")


def test_list_says_what_each_feed_waits_for(many):
    """Every wait has its reason, and a resting host is that of whoever is asked there."""
    rows = many("--db", "x.db", "feeds", "list", "--format", "json", *AS_OF).json

    assert {row["name"].split(".")[0]: row["waits_for"] for row in rows} == {
        "fresh": "host rests",
        "fine": "every",
        "cached": "max-age",
        "slow": "ttl",
        "night": "skipDays",
        "down": "backoff",
        "busy": "Retry-After",
        "gone": "gone",
        "moved": "host rests",
    }
    down = rows[5]
    assert (down["failures"], down["failing_since"]) == (4, "2026-11-18T10:00:00Z")
    assert (down["last_check"], down["last_ok"]) == ("2026-11-20T11:00:00Z", "2026-11-18T00:00:00Z")
    assert (rows[7]["status"], rows[7]["gone"], rows[7]["next_check"]) == ("gone", True, None)
    assert rows[8]["moved_to"] == "https://new.example/feed"
    assert rows[8]["next_check"] == "2026-11-20T15:00:00Z"
    assert [row["moved_to"] for row in rows[:8]] == [None] * 8


def test_list_says_when_a_feed_is_asked_that_a_wrong_clock_noted(cli):
    """As the next scan will see it: its wait counts from now."""
    from scanner import store

    url, ahead = "https://a.example/feed", NOON + timedelta(days=2)
    hour = timedelta(hours=1)
    cli.config(url)
    with store.connect(cli.folder / "x.db", write=True) as opened:
        state = FeedState(url, checked_at=ahead, ok_at=ahead, next_check=ahead + hour)
        opened.save_feed(state, (), (), rules="x", now=NOON)

    (row,) = cli("--db", "x.db", "feeds", "list", "--format", "json", *AS_OF).json

    assert (row["next_check"], row["waits_for"]) == ("2026-11-20T13:00:00Z", "every")


@pytest.mark.parametrize("columns", ["80", "140"])
def test_list_as_a_table_says_the_same(many, columns):
    """When a feed is next and why stand in one cell; what is wrong stands below its address."""
    shown = many("--db", "x.db", "feeds", "list", *AS_OF, COLUMNS=columns).out

    assert max(map(len, shown.splitlines())) <= int(columns)
    for word in ("every", "max-age", "ttl", "skipDays", "backoff", "Retry-After", "host rests"):
        beside = rf", {word}  " if columns == "140" else rf" {word}$"
        assert re.search(beside, shown, re.MULTILINE), word
    assert "in 9 h" in shown
    words = " ".join(shown.split())
    assert "HTTP 500 failed 4 times in a row since 2026-11-18, asked 1 h ago" in words
    assert "has moved to https://new.example/feed" in words
    assert "--retry-gone" in words


def test_add_and_remove_keep_the_rest(one):
    """A comment in the TOML survives both, byte for byte."""
    path = one.folder / "scanner.toml"
    path.write_text("# mine\n" + path.read_text("utf-8"), "utf-8")
    before = path.read_text("utf-8")

    added = one("feeds", "add", "https://example.org/feed.xml", "--name", "News", "--about", "Acme")
    assert added.code == 0
    assert 'url = "https://example.org/feed.xml"' in path.read_text("utf-8")
    assert path.read_text("utf-8").startswith("# mine\n")

    assert one("feeds", "remove", "News").code == 0
    assert path.read_text("utf-8").strip() == before.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "ftp://example.org/feed"),
        ("add", "feed.xml"),
        ("add", "https://example.org/", "--about", "Nobody"),
        ("add", "https://example.org/", "--weight", "-1"),
        ("remove", "nothing like that"),
        ("check", "nothing like that"),
        ("list", "--format", "markdown"),
    ],
    ids=" ".join,
)
def test_a_wrong_edit_is_refused(one, arguments):
    """Exit 2, and the TOML is what it was."""
    before = (one.folder / "scanner.toml").read_bytes()

    assert one("feeds", *arguments).code == 2
    assert (one.folder / "scanner.toml").read_bytes() == before


@pytest.mark.case("P25")
def test_check_then_scan_asks_the_server_once(cli, httpserver):
    """What check fetched is kept: one GET in total (P25), and scan still shows the post."""
    httpserver.expect_request("/feed").respond_with_data(
        rss([{"title": "Acme is slow", "when": RECENT}]), content_type="application/rss+xml"
    )
    cli.config(httpserver.url_for("/feed"))

    checked = cli("feeds", "check")
    scanned = cli("scan", "--format", "jsonl")

    assert (checked.code, scanned.code) == (0, 0)
    assert "read, 1 post, 1 new" in checked.out
    assert [row["title"] for row in scanned.rows] == ["Acme is slow"]
    assert [request.path for request, _ in httpserver.log].count("/feed") == 1


def test_check_explains_each_post(one):
    """--explain says of each post why it matched or did not."""
    ran = one("feeds", "check", "--explain")

    assert ran.code == 0
    assert "Acme is slow" in ran.out
    assert "Acme: matches" in ran.out
    assert "Acme: does not match" in ran.out


def test_check_tells_by_its_exit_code(one):
    """0 all work, 3 some do not, 1 none does."""
    assert one("feeds", "check").code == 0
    one.config("feed.xml", "missing.xml")
    assert one("feeds", "check").code == 3
    assert one("feeds", "check", "missing").code == 1


# --- feeds with a secret --------------------------------------------------------------------------


@pytest.fixture
def closed(cli):
    """Two feeds with secrets, in a file of one's own; nobody answers at these addresses."""
    feeds = [
        "url = 'http://127.0.0.1:9/feed?token=s3cretword'\nname = 'Forum'",
        "url_env = 'ALERTS'\nname = 'Alerts'",
    ]
    rows = "".join(f"[[feeds]]\n{feed}\n" for feed in feeds)
    path = cli.write("scanner.toml", f"[[brands]]\nname = 'Acme'\n{rows}")
    path.chmod(0o600)
    return cli


def test_list_shows_what_a_feed_is_known_by(closed):
    """Nothing is looked up for it: neither variable nor command is needed."""
    rows = closed("feeds", "list", "--format", "json").json

    assert [row["url"] for row in rows] == ["http://127.0.0.1:9/feed?token=***", "secret:Alerts"]


@pytest.mark.parametrize(
    "which",
    ["http://127.0.0.1:9/feed?token=s3cretword", "http://127.0.0.1:9/feed?token=***", "FORUM"],
)
def test_check_knows_a_feed_by_its_address_or_name(closed, which):
    """The real address, the one that is shown, the name in any case; each says what came of it."""
    ran = closed("feeds", "check", which)

    assert ran.code == 1
    assert ran.out.startswith("Forum: failed: refused to ask 127.0.0.1")
    assert "s3cretword" not in ran.out + ran.err


def test_check_of_a_feed_that_is_not_there_says_no_secret(closed):
    """What was typed is shown without its token; nothing is looked up."""
    ran = closed("feeds", "check", "https://a.org/?token=s3cretword")

    assert ran.code == 2
    assert 'no feed is called "https://a.org/?token=***"; there are: Forum, Alerts' in ran.err


@pytest.mark.parametrize("which", ["secret:Alerts", "alerts", "2"])
def test_a_feed_with_a_secret_address_is_removed_by_name(closed, which):
    """There is no address to name it by."""
    ran = closed("feeds", "remove", which, "-v")

    assert ran.code == 0
    assert "removed Alerts (secret:Alerts)" in ran.err
    assert "url_env" not in (closed.folder / "scanner.toml").read_text()


def test_what_check_has_shown_the_next_run_need_not_say(one):
    """That a feed fails, and that it works again: told by `check`, and not told anew by `scan`."""
    good = (one.folder / "feed.xml").read_text()
    one.write("feed.xml", "no feed")
    failing, then = one("feeds", "check"), one("scan")
    one.write("feed.xml", good)
    works, after = one("feeds", "check"), one("scan")

    assert (failing.code, works.code) == (1, 0)
    assert failing.err
    assert (then.code, then.err) == (1, "")
    assert (after.code, after.err) == (0, "")
