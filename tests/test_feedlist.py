"""feedlist: one feed more or less in the TOML, and not a byte else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import config, feedlist
from scanner.errors import ConfigError, ScannerError, UsageError
from scanner.feedlist import Wanted

TEXT = """\
# Ours, by Ana
[[brands]]
name = "Acme"   # that is us

# --- forums ---
# the big one
[[feeds]]
url = "https://a.example/x"
name = "Forum"
# weight = 2

# --- reviews ---
[[feeds]]
url = "https://b.example/x"   # slow
# --- our own ---
[[feeds]]
name = "Blog"
url = "https://c.example/?token=s3cret"

# --- the end ---
[fetch]
every = "60m"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A TOML that a person has written, with three feeds."""
    file = tmp_path / "scanner.toml"
    file.write_text(TEXT, encoding="utf-8", newline="")
    file.chmod(0o600)  # there is a token in it
    return file


def text_of(path: Path) -> str:
    """The file as it is, line endings and all."""
    return path.read_bytes().decode("utf-8")


# --- add ---------------------------------------------------------------------------------------


def test_a_feed_is_written_behind_the_last_and_nothing_else_changes(path: Path) -> None:
    """Every other byte stays, comments and order included; the feed comes back as it will load."""
    feed = feedlist.add(path, "https://d.example/feed#top", name="D", about="acme", weight=2)
    added = (
        '\n[[feeds]]\nurl = "https://d.example/feed"\nname = "D"\nabout = "acme"\nweight = 2.0\n'
    )
    end = TEXT.index("\n# --- the end")
    assert text_of(path) == TEXT[:end] + added + TEXT[end:]
    assert (feed.url, feed.name, feed.about) == ("https://d.example/feed", "D", "Acme")
    assert feed == config.load(path).feeds[3]


def test_the_first_feed_goes_to_the_end_of_the_file(path: Path) -> None:
    """A file without feeds, also one without a last line break, gets one."""
    path.write_bytes(b'[[brands]]\nname = "Acme"')
    assert feedlist.add(path, "https://www.d.example/feed").name == "d.example"
    assert text_of(path) == (
        '[[brands]]\nname = "Acme"\n\n'
        '[[feeds]]\nurl = "https://www.d.example/feed"\nname = "d.example"\n'
    )


def test_an_empty_list_makes_room_for_the_first_feed(path: Path) -> None:
    """`feeds = []` and [[feeds]] cannot stand in one file, so the first goes."""
    path.write_text('feeds = []\n[[brands]]\nname = "Acme"\n\n')
    feedlist.add(path, "https://d.example/feed")
    assert text_of(path) == (
        '[[brands]]\nname = "Acme"\n\n'
        '[[feeds]]\nurl = "https://d.example/feed"\nname = "d.example"\n'
    )


def test_feeds_written_as_one_list_are_left_to_their_author(path: Path) -> None:
    """An inline list is refused with its line and what to do."""
    before = 'feeds = [{url = "https://a.example"}]\n[[brands]]\nname = "Acme"\n'
    path.write_text(before)
    for change in (feedlist.add, feedlist.remove):
        with pytest.raises(UsageError, match=r":1: feeds is written as one list"):
            change(path, "https://d.example/feed")
    assert text_of(path) == before


def test_a_table_right_behind_the_last_feed_keeps_its_distance(path: Path) -> None:
    """A blank line stands around what is added."""
    path.write_text('[[feeds]]\nurl = "a.xml"\n[[brands]]\nname = "Acme"\n')
    feedlist.add(path, "https://d.example/")
    assert text_of(path) == (
        '[[feeds]]\nurl = "a.xml"\n\n'
        '[[feeds]]\nurl = "https://d.example/"\nname = "d.example"\n\n'
        '[[brands]]\nname = "Acme"\n'
    )


def test_line_endings_and_the_byte_order_mark_stay(path: Path) -> None:
    """A file from a Windows editor stays one, throughout."""
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    feedlist.add(path, "https://d.example/feed", name="D")
    feedlist.remove(path, "Forum")
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf# Ours")
    assert body.count(b"\r\n") == body.count(b"\n")
    assert [feed.name for feed in config.load(path).feeds] == ["b.example", "Blog", "D"]


def test_several_feeds_are_added_all_or_none(path: Path) -> None:
    """An import is one change of the file: with a mistake in it nothing is written."""
    wrong = [Wanted("https://d.example/"), Wanted("https://D.example/#x")]
    with pytest.raises(UsageError, match="already"):
        feedlist.add_all(path, wrong)
    assert text_of(path) == TEXT
    feeds = feedlist.add_all(path, [Wanted("https://d.example/"), Wanted("https://e.example/")])
    assert [feed.name for feed in feeds] == ["d.example", "e.example"]


def test_no_feed_is_renamed_by_another(path: Path) -> None:
    """A second feed of a host gets a longer name; the first, whose name was made up, keeps its."""
    before = [feed.name for feed in config.load(path).feeds]
    feed = feedlist.add(path, "https://b.example/y")
    assert 'url = "https://b.example/y"\nname = "b.example/y"\n' in text_of(path)
    assert [feed.name for feed in config.load(path).feeds] == [*before, feed.name]


@pytest.mark.parametrize("name", ["Forum", "b.EXAMPLE", " blog "])
def test_a_name_that_is_taken_is_refused(path: Path, name: str) -> None:
    """Also a name that was made up: it would go to the new feed."""
    with pytest.raises(UsageError, match="already; choose another name"):
        feedlist.add(path, "https://d.example/", name=name)
    assert text_of(path) == TEXT


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:8099/de.xml", "http://127.0.0.1:8099/de.xml"),
        ("localhost:8099/x", "http://localhost:8099/x"),
        ("d.example:8080", "http://d.example:8080"),
        ("d.example:443/feed", "https://d.example:443/feed"),
        ("d.example/feed?token=s3cret", "https://d.example/feed?token=***"),
        ("d.xml", None),
        ("folder/d.xml", None),
        ("d:3cret@d.example/feed", None),
        ("https://ana:pa/ss3cret@d.example/x", None),
        ("https://ana:p?a#ss3cret@d.example/x", None),
        ("https:/ana:3cret@d.example/x", None),
        ("https:ana:3cret@d.example/x", None),
        ("htps://ana:pa/3cret@d.example/x", None),
        ("d:a/3cret@d.example/x", None),
        ("//ana:pa/3cret@d.example/x", None),
    ],
)
def test_whoever_forgets_the_scheme_is_told_it(path: Path, written: str, meant: str | None) -> None:
    """What looks like a host is not taken for a file that is missing; no secret is shown."""
    with pytest.raises(UsageError) as caught:
        feedlist.add(path, written)
    said = str(caught.value)
    assert (f"did you mean {meant}?" in said) if meant else ("did you mean" not in said)
    assert "3cret" not in said
    assert text_of(path) == TEXT


def test_a_file_may_be_called_like_a_host(path: Path) -> None:
    """What is there is added."""
    (path.parent / "d.example").mkdir()
    (path.parent / "d.example" / "feed").touch()
    assert feedlist.add(path, "d.example/feed").name == "feed"


def test_two_at_once_lose_nothing(path: Path) -> None:
    """Feeds that are added at the same time are all there afterwards, and no lock is left."""
    command = "import sys; from scanner.cli import main; sys.argv[0] = 'scanner'; main()"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", command, "-c", path, "feeds", "add", f"https://d.example/{n}"]
        )
        for n in range(4)
    ]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0, 0]
    added = {feed.url for feed in config.load(path).feeds[3:]}
    assert added == {f"https://d.example/{n}" for n in range(4)}
    assert list(path.parent.iterdir()) == [path]


def test_a_feed_that_is_there_already_is_named(path: Path) -> None:
    """Another spelling of an address is the same feed; its secret is not printed."""
    with pytest.raises(UsageError) as caught:
        feedlist.add(path, "https://C.example:443/?token=s3cret")
    expected = f'https://C.example:443/?token=*** is in {path} already, as "Blog"'
    assert str(caught.value) == expected
    assert text_of(path) == TEXT


@pytest.mark.parametrize(
    ("url", "rest", "said"),
    [
        ("ftp://d.example/", {}, '"ftp:" is none of them'),
        ("http://u:pw@d.example\\x/", {}, "has no place in a web address"),
        ("none.xml", {}, "no such file; a path counts from the folder of"),
        ("https://d.example/", {"about": "Acmee"}, 'did you mean "Acme"?'),
        ("https://d.example/", {"weight": -1.0}, "expected a number above 0"),
        ("https://d.example/", {"name": "\x1b[2J"}, "control characters have no place here"),
        ("https://d.example/", {"name": "a\udcff"}, "cannot be written as UTF-8"),
    ],
)
def test_what_would_not_load_is_not_written(
    path: Path, url: str, rest: dict[str, str], said: str
) -> None:
    """The new text is checked before it replaces the old; the reason says nothing secret."""
    with pytest.raises(UsageError) as caught:
        feedlist.add(path, url, **rest)  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert "pw" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert text_of(path) == TEXT
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_was_wrong_before_is_complained_of_as_such(path: Path) -> None:
    """A mistake elsewhere in the file is a ConfigError with its own line."""
    path.write_text(TEXT + "evry = 3\n")
    with pytest.raises(ConfigError, match=r":23: fetch\.evry: unknown key"):
        feedlist.add(path, "https://d.example/")


def test_a_path_is_written_as_it_was_given(path: Path) -> None:
    """Relative paths stay relative to the TOML, so that the folder can move."""
    (path.parent / "a #1.xml").touch()
    feed = feedlist.add(path, "a #1.xml")
    assert 'url = "a #1.xml"\n' in text_of(path)
    assert feed.name == "a #1"


@given(
    name=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).filter(
        lambda name: name.strip()
    )
)
@settings(deadline=None, max_examples=25)
def test_any_name_survives_the_file(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Quotes, backslashes and line breaks in a name cannot break out of the string."""
    path = tmp_path_factory.mktemp("any") / "scanner.toml"
    path.write_text(TEXT, encoding="utf-8")
    feed = feedlist.add(path, "https://d.example/", name=name)
    assert feed.name == " ".join(name.split())
    assert len(config.load(path).feeds) == 4
    feedlist.remove(path, "https://d.example/")
    assert path.read_text("utf-8") == TEXT


# --- remove ------------------------------------------------------------------------------------


def test_an_entry_goes_with_its_own_comments_and_no_others(path: Path) -> None:
    """Comments inside and right below the entry go; headings above it and what follows stay."""
    assert feedlist.remove(path, "forum") == "Forum (https://a.example/x)"
    gone = TEXT[TEXT.index("[[feeds]]") : TEXT.index("\n# --- reviews")]
    assert text_of(path) == TEXT.replace(gone, "", 1)


def test_a_comment_that_heads_the_next_table_stays(path: Path) -> None:
    """A comment between two feeds, right above the second, belongs to the second."""
    feedlist.remove(path, "2")
    gone = '[[feeds]]\nurl = "https://b.example/x"   # slow\n'
    assert text_of(path) == TEXT.replace(gone, "", 1)


def test_of_two_blank_lines_one_is_left(path: Path) -> None:
    """Removing a feed between blank lines leaves one of them."""
    path.write_text('[[brands]]\nname = "A"\n\n[[feeds]]\nurl = "x"\n\n[[feeds]]\nurl = "y"\n')
    feedlist.remove(path, "1")
    assert text_of(path) == '[[brands]]\nname = "A"\n\n[[feeds]]\nurl = "y"\n'
    feedlist.remove(path, "y")
    assert text_of(path) == '[[brands]]\nname = "A"\n'


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_was_added_leaves_nothing_behind(path: Path, ends: str) -> None:
    """Added and removed again, byte for byte the file of before."""
    before = f'[[brands]]{ends}name = "A"{ends}'.encode()
    path.write_bytes(before)
    feedlist.add(path, "https://a.example/x")
    feedlist.add(path, "https://b.example/x")
    feedlist.remove(path, "b.example")
    feedlist.remove(path, "1")
    assert path.read_bytes() == before


def test_feeds_between_other_tables_are_found(path: Path) -> None:
    """[[feeds]] and [[brands]] may take turns; the order stays."""
    path.write_text('[[feeds]]\nurl = "x"\n[[brands]]\nname = "A"\n[[feeds]]\nurl = "y"')
    feedlist.remove(path, "1")
    assert text_of(path) == '[[brands]]\nname = "A"\n[[feeds]]\nurl = "y"'


@pytest.mark.parametrize(
    "which", ["https://B.example:443/x#1", "b.example", "B.EXAMPLE", "2", " b.example "]
)
def test_a_feed_is_known_by_address_name_or_number(path: Path, which: str) -> None:
    """Any spelling of the address, the name in any case, the number from 1."""
    assert feedlist.remove(path, which) == "b.example (https://b.example/x)"
    assert len(config.load(path).feeds) == 2


def test_what_was_removed_is_told_without_its_secret(path: Path) -> None:
    """The answer is for people to see."""
    assert feedlist.remove(path, "3") == "Blog (https://c.example/?token=***)"


@pytest.mark.parametrize(
    "which",
    [
        "https://c.example/?token=s3cret",
        "https://C.example:443/?token=***",
        "https://c.example/?token=another",
        "https://c.example/?token=s3cret#word",
    ],
)
def test_a_feed_with_a_secret_is_known_by_its_address(path: Path, which: str) -> None:
    """The real one, the one that is shown, or one whose token has changed since."""
    assert feedlist.remove(path, which) == "Blog (https://c.example/?token=***)"


def test_of_two_feeds_that_a_secret_tells_apart_the_word_says_which(path: Path) -> None:
    """Added with a word behind #, which stays in the file and is never sent."""
    with pytest.raises(UsageError, match="with another secret; #second behind the address"):
        feedlist.add(path, "https://c.example/?token=another")
    added = feedlist.add(path, "https://c.example/?token=another#second")
    assert (added.url, added.name) == ("https://c.example/?token=***#second", "c.example")
    assert 'url = "https://c.example/?token=another#second"' in text_of(path)
    feeds = config.load(path).feeds
    found = [
        feedlist.named(feeds, which, path.parent)
        for which in (
            "https://c.example/?token=another",
            "https://c.example/?token=s3cret",
            "https://c.example/?token=***#second",
            "https://c.example/?token=***",
            "https://c.example/?token=third#second",
            "blog",
            "none",
        )
    ]
    assert found == [[3], [2], [3], [2], [3], [2], []]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize(
    ("url", "mode"),
    [("https://d.example/x", 0o644), ("https://u:p@d.example/x", 0o600)],
)
def test_a_file_with_a_secret_is_closed(tmp_path: Path, url: str, mode: int) -> None:
    """Others can read the file as before, unless what was added is a secret."""
    file = tmp_path / "open.toml"
    file.write_text('[[brands]]\nname = "A"\n')
    file.chmod(0o644)
    feedlist.add(file, url)
    assert file.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("which", ["0", "4", "٢", "Blok", "https://none.example/?token=x", ""])
def test_a_feed_that_is_not_there_is_not_guessed(path: Path, which: str) -> None:
    """Nothing is removed where nothing is meant for certain."""
    with pytest.raises(UsageError, match="no feed") as caught:
        feedlist.remove(path, which)
    assert ("did you mean" in str(caught.value)) == (which == "Blok")
    assert "token=x" not in str(caught.value)
    assert text_of(path) == TEXT


def test_where_two_are_meant_both_are_listed(path: Path) -> None:
    """A name that two feeds have is answered with their numbers and addresses."""
    path.write_text(TEXT.replace('"Blog"', '"forum"'))
    with pytest.raises(UsageError) as caught:
        feedlist.remove(path, "Forum")
    assert str(caught.value) == (
        '"Forum" may mean\n  1. Forum  https://a.example/x'
        "\n  3. forum  https://c.example/?token=***\nname one by its address"
    )


def test_a_name_that_is_also_a_number_is_ambiguous(path: Path) -> None:
    """A feed called "1" and the first feed are two."""
    path.write_text(TEXT.replace('"Blog"', '"1"'))
    with pytest.raises(UsageError, match="may mean"):
        feedlist.remove(path, "1")


# --- the file itself ---------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
def test_permissions_and_links_stay(path: Path) -> None:
    """A TOML that is a link to a private file elsewhere is both afterwards."""
    real = path.parent / "dotfiles" / "real.toml"
    real.parent.mkdir()
    path.rename(real)
    path.symlink_to(real)
    real.chmod(0o600)
    feedlist.add(path, "https://d.example/")
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert "d.example" in text_of(real)
    real.chmod(0o640)
    feedlist.remove(path, "d.example")
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(entry.name for entry in real.parent.iterdir()) == ["real.toml"]


def test_a_disk_that_refuses_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last step fails the file is as it was, and no scrap is left beside it."""

    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ScannerError, match=r"could not write: No space .*; the file is as it was$"):
        feedlist.add(path, "https://d.example/")
    assert text_of(path) == TEXT
    assert list(path.parent.iterdir()) == [path]


def test_a_read_only_file_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing needs the folder's leave only, so the file's own is asked for."""
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(ScannerError, match="the file is read-only"):
        feedlist.remove(path, "1")
    assert text_of(path) == TEXT
