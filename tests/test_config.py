"""config: a TOML file becomes a Config, or every complaint about it at once."""

from __future__ import annotations

import os
import re
import time
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import config
from scanner.config.lines import where
from scanner.config.values import duration_text, quoted, shown, size_text
from scanner.errors import ConfigError, UsageError
from scanner.records import Brand, Config, FetchPolicy, Weights
from scanner.text import redact
from tests.conftest import where_modes_bind

ROOT = Path(__file__).parent.parent

BRAND = '[[brands]]\nname = "Acme"\n'
FEED = '[[feeds]]\nurl = "https://example.org/feed.xml"\n'
FILE = Path("/home/ana/scanner.toml")


def complaints(text: str, *, need_feeds: bool = True) -> list[str]:
    """The complaints about a file of this text, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        config.check(text, FILE, need_feeds=need_feeds)
    return [line.removeprefix(f"{FILE}:") for line in caught.value.complaints]


def of_brand(line: str) -> list[str]:
    """The complaints about one line in the first brand."""
    return complaints(BRAND + line + "\n" + FEED)


def of_fetch(line: str) -> list[str]:
    """The complaints about one line in [fetch]."""
    return complaints(f"[fetch]\n{line}\n" + BRAND + FEED)


def url_of(written: str, folder: str = "/home/ana") -> str:
    """What becomes of a feed's address."""
    text = f"{BRAND}[[feeds]]\nurl = {quoted(written)}\n"
    return config.check(text, Path(folder, "scanner.toml")).feeds[0].url


def names_of(*written: str) -> list[str]:
    """The names that feeds without one are given."""
    feeds = "".join(f"[[feeds]]\nurl = {quoted(url)}\n" for url in written)
    return [feed.name for feed in config.check(BRAND + feeds, FILE).feeds]


# --- what is right -----------------------------------------------------------------------------


def test_every_key_of_the_contract_is_read() -> None:
    """A file with every key gives a Config with every value."""
    read = config.check(
        """
[scanner]
since = "7d"
limit = 0
min_worth = 12.5
db = "my  data.db"
[fetch]
every = "2h"
workers = 8
per_host = 2
host_delay = 0
timeout = "1m"
max_bytes = "500kB"
allow_private = true
contact = "ana@example.org"
[[brands]]
name = "Acme"
aliases = ["AcmeApp", "acme.io"]
accounts = ["@acmehq"]
domains = ["https://www.Acme.io/"]
context = ["sync"]
exclude = ["acme  corporation"]
match = 'acme AND (app OR "cloud sync") NOT cartoon'
rivals = ["Globex"]
[[feeds]]
url = "https://example.org/feed.xml#top"
name = "Example"
about = "acme"
weight = 2
every = "1d"
timeout = "5s"
""",
        FILE,
    )
    brand = Brand(
        name="Acme",
        aliases=("AcmeApp", "acme.io"),
        accounts=("@acmehq",),
        domains=("acme.io",),
        context=("sync",),
        exclude=("acme corporation",),
        match='acme AND (app OR "cloud sync") NOT cartoon',
        rivals=("Globex",),
    )
    assert read.brands == (brand,)
    assert (read.since, read.limit, read.min_worth) == (timedelta(days=7), 0, 12.5)
    assert (read.db, read.workers, read.contact) == ("my  data.db", 8, "ana@example.org")
    (feed,) = read.feeds
    assert (feed.url, feed.name) == ("https://example.org/feed.xml", "Example")
    assert (feed.about, feed.weight) == ("Acme", 2.0)
    assert feed.policy == FetchPolicy(
        every=timedelta(days=1),
        per_host=2,
        host_delay=timedelta(0),
        timeout=timedelta(seconds=5),
        max_bytes=500_000,
        allow_private=True,
    )
    assert read.warnings == ()


def test_what_is_left_out_has_the_documented_default() -> None:
    """A brand and a feed are enough; the rest is what records says."""
    read = config.check(BRAND + FEED, FILE)
    assert read == Config(path=str(FILE), brands=read.brands, feeds=read.feeds)
    assert read.feeds[0].policy == FetchPolicy()


def test_the_example_works_as_it_stands_and_names_every_key() -> None:
    """The example file loads without a warning, and no key of the contract is missing in it."""
    path = ROOT / "config.example.toml"
    read = config.load(path)
    assert read.brands[0].name == "Ferrydesk"
    assert read.warnings == ()
    assert len(read.feeds) == 6
    told = path.read_text("utf-8")
    keys = (
        *("since", "limit", "min_worth", "keep", "db"),
        *("every", "workers", "per_host", "host_delay", "timeout", "max_bytes"),
        *("allow_private", "contact"),
        *("name", "aliases", "accounts", "domains", "context", "exclude", "match", "rivals"),
        *("url", "about", "weight", "user", "password", "token", "url_env", "#url_command"),
        *("#password_env", "#password_command", "#token_env", "#token_command"),
        *(field.name for field in fields(Weights)),
        *("complaint", "leaving", "5", "review"),
    )
    missing = [key for key in keys if not re.search(rf"^#?(\[rank\.)?{key}( = |\])", told, re.M)]
    assert missing == []


def test_the_example_is_right_also_where_it_is_commented_out() -> None:
    """Taking away the # of a commented key gives a file that loads."""
    path = ROOT / "config.example.toml"
    text = "".join(
        line[1:] if line.startswith("#") and not line.startswith(("# ", "#\n")) else line
        for line in path.read_text("utf-8").splitlines(keepends=True)
    )
    read = config.check(text, path)
    assert (read.db, read.contact) == ("scanner.db", "you@example.org")
    assert read.brands[0].match is not None
    assert read.keep == timedelta(days=365)
    assert len(read.feeds) == 10
    assert [feed.url for feed in read.feeds[-3:]] == [
        "https://forum.example/latest.rss",
        "https://api.example/feed",
        "secret:Alerts",
    ]


# --- what is wrong -----------------------------------------------------------------------------


def test_five_mistakes_give_five_lines_in_file_order() -> None:
    """Every mistake is reported at once, each with line, key, and what to write."""
    text = (
        '[scanner]\nsinc = "7d"\n'
        '[fetch]\nevery = "2m"\n'
        '[[brands]]\nname = "Acme"\nalias = ["AcmeApp"]\n'
        "match = 'acme AND \"clo'\n"
        '[[feeds]]\nurl = "ftp://example.org/feed.xml"\n'
    )
    assert complaints(text) == [
        '2: scanner.sinc: unknown key; did you mean "since"?',
        '4: fetch.every: expected at least 5m (no feed is asked more often), not "2m"',
        '7: brands[0].alias: unknown key; did you mean "aliases"?',
        "8: brands[0].match: this quote is never closed at column 10",
        "10: feeds[0].url: expected an address that begins with https:// or http://, "
        'a file path or a file:// address; "ftp:" is none of them',
    ]


def test_the_error_is_one_text_with_exit_code_2() -> None:
    """The exception itself prints all of it, and the shell is told 2."""
    with pytest.raises(ConfigError) as caught:
        config.check("[[brands]]\n[[feeds]]\n", Path("scanner.toml"))
    assert str(caught.value) == (
        "scanner.toml:1: brands[0].name: missing; every [[brands]] needs one\n"
        "scanner.toml:2: feeds[0].url: missing; every [[feeds]] needs one"
    )
    assert caught.value.exit_code == 2


def test_a_key_in_the_wrong_table_is_sent_home() -> None:
    """A known key that stands elsewhere is told where it belongs."""
    assert complaints("[scanner]\ntimeout = 3\n" + BRAND + FEED + "since = 3\n") == [
        "2: scanner.timeout: unknown key; it belongs in [fetch]",
        "7: feeds[0].since: unknown key; it belongs in [scanner]",
    ]


def test_an_unknown_table_is_a_mistake_and_the_known_ones_are_named() -> None:
    """A word that resembles nothing gets the list; quoted and hostile keys are spelt out."""
    assert complaints('[alerts]\n["a\\u001b[2J"]\n' + BRAND + FEED) == [
        "1: alerts: unknown key; known here: scanner, fetch, rank, reasons, brands, feeds",
        "2: a\\x1b[2J: unknown key; known here: scanner, fetch, rank, reasons, brands, feeds",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("workers = true", "workers: expected a whole number, from 1 to 256, not true"),
        ("workers = 257", "workers: expected a whole number, from 1 to 256, not 257"),
        ('workers = "8"', 'workers: expected a whole number, from 1 to 256, not "8"'),
        ("per_host = 0", "per_host: expected a whole number, from 1 to 64, not 0"),
        ("per_host = 1.0", "per_host: expected a whole number, from 1 to 64, not 1.0"),
        ("allow_private = 1", "allow_private: expected true or false (without quotes), not 1"),
        ('host_delay = "2h"', 'host_delay: expected at most 1h, not "2h"'),
        ('timeout = "0.5s"', 'timeout: expected at least 1s, not "0.5s"'),
        ('timeout = "11m"', 'timeout: expected at most 10m, not "11m"'),
        ('max_bytes = "1B"', 'max_bytes: expected a size from 1KiB to 1GiB, not "1B"'),
        ("max_bytes = 2000000000", "max_bytes: expected a size from 1KiB to 1GiB, not 2000000000"),
        ("contact = 'a(b)'", "contact: expected an e-mail or web address in plain ASCII, "
         'without ( ) \\ or "'),
        ('contact = "a\\u0000b"', 'contact: control characters have no place here: "a\\x00b"'),
    ],
)  # fmt: skip
def test_values_of_fetch_have_types_and_bounds(line: str, said: str) -> None:
    """A wrong type or a value out of bounds says what was expected, and what stands there."""
    assert of_fetch(line) == [f"2: fetch.{said}"]


@pytest.mark.parametrize("value", ["60", "true", "[1]", "{}", '"60"', '"1 month"', '""'])
def test_a_duration_without_a_unit_is_not_guessed(value: str) -> None:
    """Only text with a unit is a duration; 0 alone needs none."""
    (said,) = of_fetch(f"timeout = {value}")
    assert said.startswith('2: fetch.timeout: expected a duration such as "90s", "60m"')


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("min_worth = nan", "min_worth: expected a number from 0 to 100, not nan"),
        ("min_worth = 101", "min_worth: expected a number from 0 to 100, not 101"),
        ("min_worth = true", "min_worth: expected a number from 0 to 100, not true"),
        ("limit = -1", "limit: expected a whole number, 0 or more, not -1"),
        ('since = "0s"', 'since: expected at least 1s, not "0s"'),
        ('db = ""', "db: expected a string that is not empty"),
        (f"limit = -0x1{'0' * 300}", None),
    ],
)
def test_values_of_scanner_have_types_and_bounds(line: str, said: str | None) -> None:
    """A wrong value in [scanner] says what was expected; tomli's own refusals keep their place."""
    (found,) = complaints(f"[scanner]\n{line}\n" + BRAND + FEED)
    assert found.startswith(f"2: scanner.{said}" if said else "2: not valid TOML")


def test_an_integer_of_many_digits_neither_crashes_nor_fills_the_screen() -> None:
    """A number too long for str() is named, not printed."""
    (said,) = complaints(f"[scanner]\nmin_worth = 0x{'f' * 9000}\n" + BRAND + FEED)
    assert said == "2: scanner.min_worth: expected a number from 0 to 100, not a huge number"
    (said,) = complaints(f"[scanner]\nlimit = {'9' * 9000}\n" + BRAND + FEED)
    assert "not valid TOML" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('aliases = "App"', 'aliases: expected a list of strings, not "App"; write ["App"]'),
        ("aliases = 3", "aliases: expected a list of strings, not 3"),
        ('aliases = ["a", 3]', "aliases[1]: expected a string in quotes, not 3"),
        ('aliases = ["a", "?!"]', 'aliases[1]: expected a name, not only punctuation: "?!"'),
        ('context = [" "]', "context[0]: expected a string that is not empty"),
        ('accounts = ["our desk"]', 'accounts[0]: expected a handle such as "@acmehq", '
         'not "our desk"'),
        ('domains = ["github.com/acme"]', 'domains[0]: expected a bare host name such as '
         '"acme.io", not "github.com/acme"'),
        ('domains = ["acme"]', 'domains[0]: expected a bare host name such as "acme.io", '
         'not "acme"'),
        ('rivals = ["ACME"]', 'rivals: "ACME" is the brand itself'),
        ('aliases = ["X1"]\nrivals = ["x1"]', None),
        ("match = 3", "match: expected a query in quotes, such as "
         "'acme AND (app OR \"cloud sync\")'"),
        ('match = ""', "match: the query is empty at column 1"),
    ],
)  # fmt: skip
def test_values_of_a_brand_are_checked(line: str, said: str | None) -> None:
    """Every list and query of a brand says which of its items is wrong, and how."""
    expected = f"3: brands[0].{said}" if said else '4: brands[0].rivals: "x1" is the brand itself'
    assert of_brand(line) == [expected]


def test_a_long_value_is_cut_in_the_complaint() -> None:
    """A complaint stays one readable line, however long the value."""
    (said,) = of_brand(f'aliases = "{"x" * 5000}"')
    assert len(said) < 250


def test_two_brands_of_one_name_are_one_too_many() -> None:
    """Names are compared without regard to case and white space."""
    text = BRAND + '[[brands]]\nname = " aCME "\n' + FEED
    assert complaints(text) == ["4: brands[1].name: a brand of this name stands in line 2 already"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FEED, "brands: at least one [[brands]] table with a name is needed"),
        ("brands = []\n" + FEED, "1: brands: at least one [[brands]] table with a name is needed"),
        (BRAND, "feeds: no feed yet; `scanner feeds add ADDRESS` adds one"),
        ("feeds = []\n" + BRAND, "1: feeds: no feed yet; `scanner feeds add ADDRESS` adds one"),
        ('[brands]\nname = "A"\n' + FEED,
         "1: brands: expected a list of tables, each written [[brands]]"),
        ("feeds = 3\n" + BRAND, "1: feeds: expected a list of tables, each written [[feeds]]"),
        ('feeds = ["a.xml"]\n' + BRAND, "1: feeds[0]: expected a table, written [[feeds]]"),
        ("fetch = 3\n" + BRAND + FEED, "1: fetch: expected a table, written [fetch]"),
        ("[[fetch]]\n" + BRAND + FEED, "1: fetch: expected a table, written [fetch]"),
    ],
)  # fmt: skip
def test_tables_are_of_the_right_shape_and_there(text: str, said: str) -> None:
    """A table that is missing, empty or of another shape is one complaint."""
    assert [line.strip() for line in complaints(text)] == [said]


def test_a_file_without_feeds_is_right_where_one_is_being_added() -> None:
    """`need_feeds=False` lets `scanner feeds add` work on a fresh file."""
    assert config.check(BRAND, FILE, need_feeds=False).feeds == ()


def test_about_must_name_a_brand() -> None:
    """A misspelt brand gets a suggestion; a strange one the list."""
    assert complaints(BRAND + FEED + 'about = "Acmee"\n') == [
        '5: feeds[0].about: no brand is called "Acmee"; did you mean "Acme"?'
    ]
    assert complaints(BRAND + FEED + 'about = "Zzz"\n') == [
        '5: feeds[0].about: no brand is called "Zzz"; known: Acme'
    ]


def test_a_wrong_brand_does_not_drag_its_feeds_along() -> None:
    """Where no brand could be read, `about` is not complained of as well."""
    assert complaints("[[brands]]\nname = 3\n" + FEED + 'about = "Acme"\n') == [
        "2: brands[0].name: expected a string in quotes, not 3"
    ]


@pytest.mark.parametrize("weight", ["0", "-1", "100.5", "inf", '"1"', "true"])
def test_a_weight_is_above_0_and_at_most_100(weight: str) -> None:
    """A weight of nothing would hide a feed silently."""
    (said,) = complaints(BRAND + FEED + f"weight = {weight}\n")
    assert said.startswith("5: feeds[0].weight: expected a number above 0 and at most 100, not ")


@pytest.mark.parametrize(
    "second",
    [
        "https://example.org/feed.xml#two",
        "HTTPS://EXAMPLE.ORG/feed.xml",
        "https://example.org:443/feed.xml",
        "https://example.org./feed.xml",
    ],
)
def test_two_feeds_with_one_address_are_a_mistake(second: str) -> None:
    """Spellings that lead to one address are one address, and both lines are named (P24)."""
    text = BRAND + FEED + f'[[feeds]]\nurl = "{second}"\n'
    assert complaints(text) == ["6: feeds[1].url: the feed in line 4 has this address already"]


@pytest.mark.parametrize(
    "second",
    [
        "http://example.org/feed.xml",
        "https://example.org/Feed.xml",
        "https://example.org/feed.xml?a",
        "https://example.org:444/feed.xml",
        "https://ana@example.org/feed.xml",
    ],
)
def test_addresses_that_may_lead_elsewhere_are_two(second: str) -> None:
    """Scheme, path, query, port and user make another address."""
    assert len(config.check(BRAND + FEED + f'[[feeds]]\nurl = "{second}"\n', FILE).feeds) == 2


def test_two_paths_to_one_file_are_one_address() -> None:
    """`a/../x.xml` and `x.xml` are the same file."""
    text = BRAND + '[[feeds]]\nurl = "x.xml"\n[[feeds]]\nurl = "a/../x.xml"\n'
    assert complaints(text) == ["6: feeds[1].url: the feed in line 4 has this address already"]


def test_workers_on_a_feed_is_accepted_with_a_warning() -> None:
    """What counts for the whole run is not a mistake on a feed, but said, with its line."""
    read = config.check(BRAND + FEED + 'workers = 3\ncontact = "x"\n', FILE)
    assert read.workers == 32
    assert read.warnings == (
        f"{FILE}:5: feeds[0].workers: counts for the whole run, not for one feed: "
        "put it in [fetch]",
        f"{FILE}:6: feeds[0].contact: counts for the whole run, not for one feed: "
        "put it in [fetch]",
    )


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("https://example.org/a?q=%22x%22&$y=1#z", "https://example.org/a?q=%22x%22&$y=1"),
        ("http://ana:pa%40ss@example.org/#z", "http://***@example.org/#z"),
        ("HTTP://Example.org", "HTTP://Example.org"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://bücher.example/ä", "https://bücher.example/ä"),
        ("feeds/a.xml", "file:///home/ana/feeds/a.xml"),
        ("../50% #1.xml", "file:///home/50%25%20%231.xml"),
        ("/srv/a.xml", "file:///srv/a.xml"),
        ("file:///srv/a%20b.xml", "file:///srv/a%20b.xml"),
        ("file://localhost/srv/a.xml", "file:///srv/a.xml"),
        ("file:/srv/a.xml", "file:///srv/a.xml"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the paths are POSIX paths")
def test_addresses_that_are_right(written: str, becomes: str) -> None:
    """Web addresses lose the fragment only (K04); paths become file:// addresses."""
    assert url_of(written) == becomes


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is expanded; a home that does not exist is a mistake."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert url_of("~/a.xml") == (tmp_path / "a.xml").as_uri()
    if os.name == "posix":
        (said,) = complaints(BRAND + '[[feeds]]\nurl = "~no-such-user/a.xml"\n')
        assert said == '4: feeds[0].url: no such home folder: "~no-such-user/a.xml"'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("http://127.0.0.1:80\\@example.com/", "'\\\\' has no place in a web address"),
        ("http://example.org/a b", "' ' has no place in a web address"),
        ("http://example.org/ ", "' ' has no place in a web address"),
        ("http://example.org/\u3000", "'\\u3000' has no place in a web address"),
        ("http://exa\tmple.org/", "control character '\\t' in an address"),
        ("http://example.org/\x00", "control character '\\x00' in an address"),
        ("a\x9b.xml", "control character '\\x9b' in an address"),
        ("exec:ls", 'a file:// address; "exec:" is none of them'),
        ("gopher://example.org/", '"gopher:" is none of them'),
        ("javascript:alert(1)", '"javascript:" is none of them'),
        ("localhost:8080/feed", '"localhost:" is none of them'),
        ("//example.org/feed", "expected https:// or http:// before"),
        ("", "not empty"),
        ("http://", "it names no host"),
        ("http://./", "it names no host"),
        ("http:example.org", "it names no host"),
        ("http://a@b@example.org/", "more than one @"),
        ("http://exa<mple.org/", "the host has a character that no host has"),
        ("http://exa%6dple.org/", "the host has a character that no host has"),
        ("http://[::1/", "its host or port cannot be read"),
        ("http://example.org:99999/", "its host or port cannot be read"),
        ("http://example.org:x/", "its host or port cannot be read"),
        ("http://ana:s3/cret@example.org/", "what is special in a password as %XX"),
        ("http://example.org:0/", "port 0 cannot be asked"),
        ("file://server/share.xml", "expected a file on this machine"),
        ("file:a.xml", "expected a file on this machine"),
        ("file:////server/a.xml", "expected a file on this machine"),
        ("file:///a%00b", "control character '\\x00' in an address"),
    ],
)
def test_addresses_that_are_refused(written: str, said: str) -> None:
    """Other schemes, and what parsers read in two ways, are refused when the file loads (S07)."""
    (found,) = complaints(f"{BRAND}[[feeds]]\nurl = {quoted(written)}\n")
    assert found.startswith("4: feeds[0].url: ")
    assert said in found


def test_an_address_that_is_no_string_is_refused() -> None:
    """A number is no address."""
    assert complaints(BRAND + "[[feeds]]\nurl = 3\n") == [
        "4: feeds[0].url: expected an address or a file path in quotes"
    ]


def test_a_forgotten_https_is_noticed(tmp_path: Path) -> None:
    """A path that looks like a web address and is no file gets a warning; a real file none."""
    text = BRAND + '[[feeds]]\nurl = "example.org/feed.xml"\n'
    path = tmp_path / "scanner.toml"
    assert config.check(text, path).warnings == (
        f'{path}:4: feeds[0].url: no such file; did you mean "https://example.org/feed.xml"?',
    )
    (tmp_path / "example.org").mkdir()
    (tmp_path / "example.org" / "feed.xml").touch()
    assert config.check(text, path).warnings == ()


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://example.org/feed.xml", ""),
        ("feed.xml", "feed.xml"),
        ("p1/x/feed.xml", "p1/x/feed.xml"),
        ("./p2//x/feed.xml", "p2/x/feed.xml"),
        ("../50% ü.xml", "../50% ü.xml"),
        ("/home/ana/p1/feed.xml", "p1/feed.xml"),
        ("file:///home/ana/p%201/feed.xml", "p 1/feed.xml"),
        ("file:///home/ana/%FF.xml", "\\xff.xml"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the paths are POSIX paths")
def test_a_local_feeds_origin_is_its_path_from_the_toml(written: str, origin: str) -> None:
    """IDs are made of it: the same on every machine, and different for every file."""
    text = f"{BRAND}[[feeds]]\nurl = {quoted(written)}\n"
    assert config.check(text, FILE).feeds[0].origin == origin
    moved = config.check(text, Path("/srv/elsewhere/scanner.toml")).feeds[0].origin
    assert (moved == origin) == (not written.startswith(("/", "file:")))


# --- default names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (["https://www.example.org/feed.xml"], ["example.org"]),
        (
            ["https://hnrss.org/newest?q=%22a%22", "https://hnrss.org/newcomments?q=a"],
            ["hnrss.org/newest", "hnrss.org/newcomments"],
        ),
        (["https://a.org/x?q=%22b%22", "https://a.org/x?q=c"], ['a.org/x?q="b"', "a.org/x?q=c"]),
        (["https://a.org/", "https://a.org/x"], ["a.org", "a.org/x"]),
        (["https://a.org/x", "http://a.org/x"], ["a.org/x", "a.org/x (2)"]),
        (
            ["https://a.org/x?token=1", "https://a.org/x?token=2#b", "https://a.org/x?token=2#c"],
            ["a.org/x?token=***", "a.org/x?token=***#b", "a.org/x?token=***#c"],
        ),
        (["/srv/a.xml", "/srv/b.xml"], ["a", "b"]),
        (["/srv/a.xml", "/srv/a.atom"], ["a.xml", "a.atom"]),
        (["/srv/x/a.xml", "/srv/y/a.xml"], ["x/a.xml", "y/a.xml"]),
    ],
)
def test_a_feed_without_a_name_is_given_one_of_its_own(
    written: list[str], names: list[str]
) -> None:
    """The host, or the file's stem, and as much more as tells it from the others."""
    assert names_of(*written) == names


def test_a_given_name_is_not_given_again() -> None:
    """A default name keeps clear of the names people chose."""
    text = BRAND + (
        '[[feeds]]\nurl = "https://a.org/1"\nname = "B.org"\n[[feeds]]\nurl = "https://b.org/2"\n'
    )
    assert [feed.name for feed in config.check(text, FILE).feeds] == ["B.org", "b.org/2"]


def test_a_thousand_feeds_of_one_host_are_named_at_once() -> None:
    """Naming does not compare every feed with every other."""
    start = time.perf_counter()
    names = names_of(*(f"https://a.org/{number}/feed" for number in range(1000)))
    assert names[-1] == "a.org/999"
    assert time.perf_counter() - start < 5


# --- reading the file --------------------------------------------------------------------------


def test_crlf_and_a_byte_order_mark_are_no_hindrance(tmp_path: Path) -> None:
    """A file from a Windows editor loads, and its lines are counted alike (K05)."""
    path = tmp_path / "scanner.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (BRAND + FEED).replace("\n", "\r\n").encode())
    assert config.load(path).brands[0].name == "Acme"
    path.write_bytes(
        b"\xef\xbb\xbf" + (BRAND + FEED + "wight = 1\n").replace("\n", "\r\n").encode()
    )
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value) == f'{path}:5: feeds[0].wight: unknown key; did you mean "weight"?'


def test_a_byte_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    """A Latin-1 file is refused with line and column (K05)."""
    path = tmp_path / "scanner.toml"
    path.write_bytes('# ä\n[[brands]]\nname = "Ä'.encode() + "é".encode("latin-1") + b'"\n')
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    expected = f"{path}:3: byte 0xE9 at column 10 is not UTF-8; save the file as UTF-8"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = \n", "2: not valid TOML at column 5: Invalid value"),
        ("a = 1\na = 2\n", "2: not valid TOML at column 6: Cannot overwrite a value"),
        ("a = [1,\n2\n", "2: not valid TOML: Unclosed array"),
        ("a = " + "[" * 100_000, "1: not valid TOML"),
    ],
)
def test_a_syntax_error_has_its_line_and_column(text: str, said: str) -> None:
    """tomli's own place is told in the same form as every other complaint."""
    (found,) = complaints(text)
    assert found.strip().startswith(said) or found.strip().startswith("not valid TOML")


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    """Missing, a folder, a name no file can have: each has its own hint."""
    for path, hint in (
        (tmp_path / "none.toml", "no such file; `scanner init` writes one"),
        (tmp_path, "this is a folder; name the TOML file in it"),
        (tmp_path / "a\x00b", "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        with pytest.raises(ConfigError) as caught:
            config.load(path)
        assert hint in str(caught.value)
        assert "\x00" not in str(caught.value)


@where_modes_bind
def test_a_file_that_is_not_ours_says_what_to_do(tmp_path: Path) -> None:
    """A file without read permission is told as such."""
    path = tmp_path / "scanner.toml"
    path.write_text(BRAND + FEED)
    path.chmod(0)
    with pytest.raises(ConfigError, match="permission denied"):
        config.load(path)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A token in an address asks for chmod 600; without one, or with it, nothing is said."""
    path = tmp_path / "scanner.toml"
    path.write_text(BRAND + '[[feeds]]\nurl = "https://example.org/?token=s3cret"\n')
    path.chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value) == (
        f'{path}: the feed "example.org" has a secret in its address, and others can read the '
        f"file; chmod 600 {path}"
    )
    path.chmod(0o600)
    assert config.load(path).warnings == ()
    path.write_text(BRAND + FEED)
    path.chmod(0o644)
    assert config.load(path).warnings == ()


# --- where it is -------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of our own, so that the user's own folders are not looked at."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "cwd").mkdir()
    return tmp_path


def test_the_file_is_looked_for_from_the_nearest_to_the_furthest(folders: Path) -> None:
    """-c, SCANNER_CONFIG, ./scanner.toml, then the user's config folder."""
    from platformdirs import user_config_path

    cwd = folders / "cwd"
    with pytest.raises(UsageError) as caught:
        config.find(None, {}, cwd)
    assert "`scanner init`" in str(caught.value)
    assert str(cwd / "scanner.toml") in str(caught.value)
    users = user_config_path("scanner", appauthor=False) / "scanner.toml"
    assert str(users) in str(caught.value)
    users.parent.mkdir(parents=True)
    users.touch()
    assert config.find(None, {}, cwd) == users
    (cwd / "scanner.toml").touch()
    assert config.find(None, {"SCANNER_CONFIG": ""}, cwd) == cwd / "scanner.toml"
    assert config.find(None, {"SCANNER_CONFIG": "/e.toml"}, cwd) == Path("/e.toml")
    assert config.find(Path("c.toml"), {"SCANNER_CONFIG": "/e.toml"}, cwd) == Path("c.toml")


def test_the_database_is_where_the_nearest_word_says(folders: Path) -> None:
    """--db, SCANNER_DB, `db` beside the TOML, then the user's data folder."""
    told = Config(path=str(folders / "scanner.toml"), brands=(), feeds=(), db="data/s.db")
    assert config.database(Path("x.db"), {"SCANNER_DB": "/e.db"}, told) == Path("x.db")
    assert config.database(None, {"SCANNER_DB": "/e.db"}, told) == Path("/e.db")
    assert config.database(None, {}, told) == folders / "data" / "s.db"
    assert config.database(None, {"SCANNER_DB": "~/e.db"}, told) == folders / "home" / "e.db"
    assert config.database(None, {"SCANNER_DB": "~nobody-here/e.db"}, told).name == "e.db"
    no_file = Config(path=None, brands=(), feeds=(), db="s.db")
    assert config.database(None, {}, no_file) == Path("s.db")
    silent = Config(path=None, brands=(), feeds=())
    usual = config.database(None, {}, silent)
    assert (usual.name, usual.parent.name) == ("scanner.db", "scanner")
    assert config.database(None, {}, None) == usual
    assert usual.is_relative_to(folders)


# --- secrets -----------------------------------------------------------------------------------


def test_secrets_are_hidden_from_here_too() -> None:
    """`config.redact` is the text room's."""
    assert config.redact is redact


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("60m", timedelta(hours=1)),
        (" 14d ", timedelta(days=14)),
        ("2h", timedelta(hours=2)),
        ("1w", timedelta(weeks=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("0.5s", timedelta(milliseconds=500)),
        ("36500d", timedelta(days=36500)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    """A number and a unit, or several in falling order."""
    assert config.parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "s", "5x", "-5s", "30m1h", "1h1h", "5S", "٣s", "1e3s", "36501d", "9" * 39 + "w",
     "9" * 9999 + "s", "1.s"],
)  # fmt: skip
def test_what_is_no_duration(text: str) -> None:
    """Anything else says what was expected, in a short message."""
    with pytest.raises(ValueError, match=r"^expected") as caught:
        config.parse_duration(text)
    assert len(str(caught.value)) < 200


def test_a_number_without_a_unit_gets_a_suggestion() -> None:
    """The likeliest slip has its own hint."""
    with pytest.raises(ValueError, match=r'not "60"; did you mean "60s"\?$'):
        config.parse_duration("60")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1024", 1024), ("10MiB", 10 * 2**20), ("500kB", 500_000), ("1.5 KiB", 1536),
        ("2GB", 2 * 10**9), ("1gib", 2**30), ("7B", 7), ("3mb", 3_000_000),
    ],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    """Powers of 1000 and of 1024 by their own units; bytes without one."""
    assert config.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "10M", "MiB", "-1", "1 TiB", "1e3", "1" * 50])
def test_what_is_no_size(text: str) -> None:
    """Anything else says what was expected."""
    with pytest.raises(ValueError, match="expected a size"):
        config.parse_size(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T08:15:00Z", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20 08:15", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20T01:15:00+02:00", datetime(2026, 11, 19, 23, 15, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    """ISO 8601; UTC where no zone is named, and UTC in any case afterwards."""
    assert config.parse_time(text) == moment
    assert config.parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00+14:00", "9999-12-31", "1969-12-31"]
)
def test_what_is_no_time(text: str) -> None:
    """Anything else, and what date arithmetic cannot hold, says what was expected."""
    with pytest.raises(ValueError, match="expected a time"):
        config.parse_time(text)


@given(st.integers(min_value=1, max_value=10**7))
@settings(deadline=None, max_examples=50)
def test_durations_and_sizes_are_written_as_they_are_read(number: int) -> None:
    """Writing and reading again gives the same."""
    assert config.parse_duration(duration_text(timedelta(seconds=number))).total_seconds() == number
    assert config.parse_size(size_text(number)) == number


@given(st.text(st.characters(blacklist_categories=["Cs"])))
@settings(deadline=None, max_examples=200)
def test_any_text_can_be_quoted(text: str) -> None:
    """tomli reads back what `quoted` wrote."""
    assert tomli.loads(f"key = {quoted(text)}")["key"] == text


def test_half_a_surrogate_cannot_be_quoted() -> None:
    """A broken argument from the shell is refused, not written as a broken file."""
    with pytest.raises(ValueError, match="surrogate"):
        quoted("a\udcff")


def test_values_are_shown_as_the_toml_spells_them() -> None:
    """Complaints show values in TOML, not in Python."""
    found = [shown(value) for value in (True, False, "a", [1], {"a": 1}, 1.5)]
    assert found == ["true", "false", '"a"', "a list", "a table", "1.5"]


# --- lines -------------------------------------------------------------------------------------

HARD = (
    r'''# "not" = a key
title = """
[no] # header
key = "no key" \""" """""
'a.b' . "c\u0041" = { x1 = [ 1, # one ]
  { y2 = "}" , 'z 3' = '#' }, ], t4 = 1979-05-27 07:32:00 }
[ top . "in]ner" ]   # comment
lit = \'\'\'
]] '''.replace("\\'", "'")
    + r"""'''
empty = []
[[list]]
n5 = 'C:\'
[[list . sub]]
n6 = 1
[[list]]
[list.sub2]
n7.n8 = [[1],
[2]]
[top]
n9 = 1
"""
)


def test_the_hard_corners_of_toml_keep_their_lines() -> None:
    """Multi-line strings, quotes, dots, comments and nested arrays do not shift a line."""
    tomli.loads(HARD)
    lines = {path: spot.line for path, spot in where(HARD).items()}
    expected: dict[tuple[str | int, ...], int] = {
        ("title",): 2,
        ("a.b", "cA"): 5,
        ("a.b", "cA", "x1"): 5,
        ("a.b", "cA", "x1", 0): 5,
        ("a.b", "cA", "x1", 1): 6,
        ("a.b", "cA", "x1", 1, "y2"): 6,
        ("a.b", "cA", "x1", 1, "z 3"): 6,
        ("a.b", "cA", "t4"): 6,
        ("top", "in]ner"): 7,
        ("top", "in]ner", "lit"): 8,
        ("top", "in]ner", "empty"): 10,
        ("list",): 11,
        ("list", 0): 11,
        ("list", 0, "n5"): 12,
        ("list", 0, "sub", 0, "n6"): 14,
        ("list", 1): 15,
        ("list", 1, "sub2"): 16,
        ("list", 1, "sub2", "n7"): 17,
        ("list", 1, "sub2", "n7", "n8"): 17,
        ("list", 1, "sub2", "n7", "n8", 1): 18,
        ("top",): 19,
        ("top", "n9"): 20,
    }
    assert {path: lines.get(path) for path in expected} == expected


def paths(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every key path in what tomli gives."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return [path for key, item in items for path in ((*at, key), *paths(item, (*at, key)))]


class Writer:
    """Writes random TOML in random style; each key and each value carries its own number."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.count = 0

    def one_of(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def key(self) -> str:
        self.count += 1
        name = f"k{self.count}k"
        return self.one_of(name, f'"{name} #]="', f"'{name}.=\"'", f'"\\u0041{name}"')

    def gap(self) -> str:
        return self.one_of("", " ", "\n", "# ]}\n", " # '\n\n", "\r\n")

    def value(self, depth: int) -> str:
        self.count += 1
        mark = f"v{self.count}v"
        plain = [
            f"{self.count}", "true", "1979-05-27 07:32:00", "-1.5e3", f'"{mark}\\"#]"',
            f"'{mark}\\'", f'"""\n{mark}\n[[a]]\nb = 1\n\\""" "" """', f"'''{mark}\n''#]'''",
            f'"""{mark}"""""', f"'''{mark}'''''", '""', "''", '""""""',
        ]  # fmt: skip
        shape = self.one_of("plain", "array", "inline") if depth else "plain"
        if shape == "array":
            items = [self.value(depth - 1) for _ in range(self.draw(st.integers(0, 3)))]
            inner = "".join(f"{self.gap()}{item}{self.gap()}," for item in items)
            return f"[{inner}{self.gap()}]"
        if shape == "inline":
            pairs = [f"{self.key()} = {self.value(0)}" for _ in range(self.draw(st.integers(0, 3)))]
            return "{" + " , ".join(pairs) + "}"
        return self.one_of(*plain)

    def pairs(self) -> str:
        rows = []
        for _ in range(self.draw(st.integers(0, 3))):
            dotted = f"{self.key()} . {self.key()}" if self.draw(st.booleans()) else self.key()
            rows.append(
                f"{self.one_of('', '  ')}{dotted} ={self.value(2)}{self.one_of('', ' # x=1')}\n"
            )
        return "".join(rows)

    def document(self) -> str:
        text = self.pairs()
        heads: list[str] = []
        for _ in range(self.draw(st.integers(0, 5))):
            if heads and self.draw(st.booleans()):
                head = self.one_of(*heads)  # another entry of a list that is there already
            else:
                head = self.key()
                if heads and self.draw(st.booleans()):
                    head = f"{self.one_of(*heads)} . {head}"
                if self.draw(st.booleans()):
                    text += f"[ {head} ] # y\n{self.pairs()}"
                    continue
                heads.append(head)
            text += f"[[ {head}]]\n{self.gap()}\n{self.pairs()}"
        return text


@st.composite
def documents(draw: Any) -> str:
    """Valid TOML in many styles."""
    return Writer(draw).document()


@given(documents())
@settings(deadline=None, max_examples=150)
def test_every_key_has_a_line_on_which_it_stands(text: str) -> None:
    """For whatever TOML, each key path that tomli gives has a line, and the key is on it."""
    data = tomli.loads(text)
    spots = where(text)
    assert set(spots) == set(paths(data))
    rows = text.split("\n")
    for path, spot in spots.items():
        key = path[-1]
        if isinstance(key, str):
            assert key.removeprefix("A") in rows[spot.line - 1]
            assert text[: spot.start].count("\n") + 1 == spot.line
        assert spot.start <= spot.end <= len(text)


@pytest.mark.parametrize(
    "piece", ["[[a]]\n", "\n", "#\n", "a{} = 1\n", "a{} = [[[1], 2], 3]\n", "a{} = '''\n'''\n"]
)
def test_lines_of_a_large_file_are_found_quickly(piece: str) -> None:
    """The walk is linear: a file of 300 kB takes no more than moments."""
    text = "".join(piece.replace("{}", str(n)) for n in range(300_000 // len(piece)))
    start = time.perf_counter()
    where(text)
    assert time.perf_counter() - start < 10
