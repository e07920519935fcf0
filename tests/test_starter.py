"""starter: a few answers become a TOML that loads and reads well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import config, starter
from scanner.errors import UsageError
from scanner.records import Config
from scanner.starter import Answers, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
ACME = Answers(brand="Acme", site="acme.io", rivals=("Globex",))


def loaded(answers: Answers) -> Config:
    """What the written text is loaded as."""
    return config.check(starter.write(answers), Path("scanner.toml"))


def uncommented(text: str) -> str:
    """The text with the # taken away where a person is told to."""
    return "".join(
        line[1:] if line[:1] == "#" and line[1:2] not in (" ", "\n") else line
        for line in text.splitlines(keepends=True)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gets_a_file_that_loads_with_feeds_that_fit(kind: Kind) -> None:
    """No complaint, no warning, at least two feeds, the answers in their place."""
    read = loaded(replace(ACME, kind=kind))
    assert read.warnings == ()
    assert len(read.feeds) >= 2
    (brand,) = read.brands
    assert (brand.name, brand.domains, brand.rivals) == ("Acme", ("acme.io",), ("Globex",))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_commented_out_is_right_once_it_is_not(kind: Kind) -> None:
    """Taking the # away, as the file says, gives a file that loads, with more feeds."""
    text = starter.write(replace(ACME, kind=kind))
    more = config.check(uncommented(text), Path("scanner.toml"))
    assert len(more.feeds) > len(loaded(replace(ACME, kind=kind)).feeds)
    assert more.contact == "you@example.org"
    assert "Google Alerts" in [feed.name for feed in more.feeds]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("saas", ["Reddit", "Hacker News", "Hacker News comments", "Mastodon", "Google News"]),
        ("devtool", ["Reddit", "Hacker News", "Hacker News comments", "Stack Overflow", "Lobsters",
                     "Mastodon", "Google News"]),
        ("app", ["Reddit", "Hacker News", "Hacker News comments", "Mastodon", "Google News"]),
        ("shop", ["Reddit", "Google News"]),
        ("opensource", ["Reddit", "Hacker News", "Hacker News comments", "Lobsters", "Mastodon",
                        "Google News"]),
        ("local", ["Reddit", "Google News"]),
    ],
)  # fmt: skip
def test_each_kind_is_looked_for_where_its_people_are(kind: Kind, names: list[str]) -> None:
    """A café is not searched for on Lobsters."""
    assert [feed.name for feed in loaded(replace(ACME, kind=kind)).feeds] == names


def test_reviews_and_releases_wait_for_their_number() -> None:
    """What only the person knows is commented out, with the place to fill in."""
    assert "id=APPID/" in starter.write(replace(ACME, kind="app"))
    assert '#url = "https://github.com/OWNER/REPO/discussions.atom"' in starter.write(
        replace(ACME, kind="opensource")
    )


def test_every_key_says_what_it_is_for() -> None:
    """Each key outside the feeds has a comment on its line; feeds have one above."""
    head, _, feeds = starter.write(ACME).partition("# Where to look")
    keys = [line for line in head.splitlines() if " = " in line]
    assert len(keys) == 12
    assert [line for line in keys if " # " not in line] == []
    blocks = [block for block in feeds.split("\n\n") if "url" in block]
    assert [block for block in blocks if "\n# " not in f"\n{block}"] == []
    assert max(map(len, head.splitlines())) <= 100


def test_the_address_names_the_brand_as_the_sites_want_it() -> None:
    """The name is percent-encoded, as a phrase where the site takes one."""
    read = loaded(replace(ACME, brand="Acme & Söhne", kind="devtool", language="de-AT"))
    urls = {feed.name: feed.url for feed in read.feeds}
    asked = {name: parse_qs(urlsplit(url).query).get("q") for name, url in urls.items()}
    assert asked["Hacker News"] == ["Acme & Söhne"]
    assert asked["Reddit"] == ['"Acme & Söhne"']
    assert asked["Google News"] == ['"Acme & Söhne" when:7d']
    assert urls["Google News"].endswith("&hl=de&gl=DE&ceid=DE:de")
    assert urls["Mastodon"] == "https://mastodon.social/tags/AcmeS%C3%B6hne.rss"
    assert "Stack Overflow" not in urls  # such a tag cannot be: it waits for the right one


def test_a_tag_is_made_of_a_plain_name() -> None:
    """Stack Overflow tags are small letters with hyphens."""
    read = loaded(replace(ACME, brand="Acme Kit", kind="devtool"))
    urls = {feed.name: feed.url for feed in read.feeds}
    expected = "https://stackoverflow.com/feeds/tag?tagnames=acme-kit&sort=newest"
    assert urls["Stack Overflow"] == expected


def test_a_language_without_an_edition_gets_the_english_one() -> None:
    """Google News has editions; where there is none, the largest."""
    assert "&hl=en-US&gl=US&ceid=US:en" in starter.write(replace(ACME, language="eo"))


@pytest.mark.parametrize("site", [None, "", "  "])
def test_without_a_site_the_key_waits(site: str | None) -> None:
    """No site, no domain; the key is there, commented out."""
    text = starter.write(replace(ACME, site=site))
    assert '\n#domains = ["example.org"]' in text
    assert config.check(text, Path("scanner.toml")).brands[0].domains == ()


def test_an_address_is_taken_for_its_host() -> None:
    """People paste the address of their site."""
    assert loaded(replace(ACME, site="https://www.Acme.io/")).brands[0].domains == ("acme.io",)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers(""), "expected a string that is not empty"),
        (Answers("?!"), "not only punctuation"),
        (Answers("Acme\x1b[2J"), "control characters have no place here"),
        (Answers("Acme\udcff"), "cannot be written as UTF-8"),
        (Answers("Acme", site="github.com/acme"), "expected a bare host name"),
        (Answers("Acme", rivals=("acme",)), '"acme" is the brand itself'),
        (Answers("Acme", rivals=("!",)), "not only punctuation"),
    ],
)
def test_answers_that_cannot_stand_in_a_config_are_refused(answers: Answers, said: str) -> None:
    """The reason is told; no terminal is obeyed on the way."""
    with pytest.raises(UsageError) as caught:
        starter.write(answers)
    assert str(caught.value).startswith("no config can be made of this: ")
    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ("", None),
        (" \t", None),
        ("acme.io", "acme.io"),
        ("https://www.Ember.test/pricing", "ember.test"),
        ("ember.test/pricing?a=b#c", "ember.test"),
        ("HTTP://ember.test:8080", "ember.test"),
        ("https://ember.test?x=/y", "ember.test"),
        ("https://github.com/", "github.com"),
    ],
)
def test_a_site_is_its_host(told: str, host: str | None) -> None:
    """Whatever is pasted, the host is kept."""
    assert starter.site(told) == host


@pytest.mark.parametrize("told", ["acme", "https://", "a b", "github.com/acme", "user@acme.io"])
def test_what_has_no_host_of_its_own_is_no_site(told: str) -> None:
    """A page on a site of many says nothing about whom a link means."""
    with pytest.raises(ValueError, match="expected a"):
        starter.site(told)


@pytest.mark.parametrize(
    ("told", "code"),
    [("de", "de"), ("German", "de"), (" DEUTSCH ", "de"), ("de-AT", "de-at"), ("pt_BR", "pt_br"),
     ("日本語", "ja"), ("nb", "no")],
)  # fmt: skip
def test_a_language_is_a_code_or_a_name(told: str, code: str) -> None:
    """In any case, in English or in the language itself."""
    assert starter.language(told) == code


@pytest.mark.parametrize("told", ["", "xx", "klingon", "d"])
def test_a_language_that_is_not_known_is_refused_with_those_that_are(told: str) -> None:
    """All codes are listed."""
    with pytest.raises(ValueError, match=r"expected one of cs, da, de, .*, uk; en, if none fits"):
        starter.language(told)


def test_every_name_of_a_language_is_one_that_is_known() -> None:
    """No name leads to a code that would be refused."""
    assert {starter.language(name) for name in starter._LANGUAGES} <= set(starter._EDITIONS)


def test_rivals_are_split_at_commas() -> None:
    """Each once, blanks apart; the brand itself and mere punctuation are refused."""
    assert starter.rivals(" Forge, Kindle Fire ,,forge") == ("Forge", "Kindle Fire")
    assert starter.rivals("") == ()
    for told, said in (("Forge,ACME", "is the brand itself"), ("!", "only punctuation")):
        with pytest.raises(ValueError, match=said):
            starter.rivals(told, "Acme")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_known_in_any_case(kind: Kind) -> None:
    """As people type it."""
    assert starter.kind(f" {kind.title()} ") == kind


def test_an_everyday_word_gets_keys_to_fill_in() -> None:
    """`context` and `exclude` stand ready, empty, with a word on what they are for."""
    text = starter.write(replace(ACME, brand="Ember"))
    assert starter.is_everyday("Ember")
    assert not starter.is_everyday("Zyxo")
    assert "\ncontext = []                    # FILL IN: the name is a word, too" in text
    assert "\nexclude = []" in text
    assert config.check(text, Path("scanner.toml")).brands[0].context == ()


# Anything people could type: quotes, backslashes, line breaks, emoji, right-to-left letters.
NAMES = st.text(
    st.one_of(
        st.characters(blacklist_categories=["Cs", "Cc"]), st.sampled_from("\"'\\\n\r\t#[]={}%&")
    ),
    max_size=30,
).map(lambda rest: f"a{rest}")


@given(NAMES, st.lists(NAMES.map("rival {}".format), max_size=3), st.sampled_from(KINDS))
@settings(deadline=None, max_examples=60)
def test_hostile_names_stay_inside_their_strings(brand: str, rivals: list[str], kind: Kind) -> None:
    """tomli reads back the very names, and the file loads with them."""
    text = starter.write(Answers(brand, "acme.io", tuple(rivals), kind))
    (table,) = tomli.loads(text)["brands"]
    assert table["name"] == brand
    assert table["rivals"] == list(dict.fromkeys(rivals))
    read = config.check(text, Path("scanner.toml"))
    assert read.brands[0].name == " ".join(brand.split())
    assert all(feed.url.isascii() for feed in read.feeds)
    config.check(uncommented(text), Path("scanner.toml"))
