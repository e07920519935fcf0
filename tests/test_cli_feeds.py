"""The feeds from the command line: list, add, remove, check."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import rss

RECENT = datetime.now(UTC) - timedelta(hours=3)


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


def test_check_then_scan_asks_the_server_once(cli, httpserver):
    """What check fetched is kept: one GET in total (P25), and scan still shows the post."""
    httpserver.expect_request("/feed").respond_with_data(
        rss([{"title": "Acme is slow", "when": RECENT}]), content_type="application/rss+xml"
    )
    cli.config(httpserver.url_for("/feed"))

    checked = cli("feeds", "check")
    scanned = cli("scan", "--format", "jsonl")

    assert (checked.code, scanned.code) == (0, 0)
    assert "read, 1 posts, 1 new" in checked.out
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
