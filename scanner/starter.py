"""A few answers about a brand -> the text of a commented TOML file to start from.

In: the brand, its site, its rivals, what kind of thing it is, its customers' language.
Out: TOML that loads without a complaint, with feeds that fit. Nothing is written or fetched.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from scanner import config
from scanner.config.values import quoted
from scanner.errors import ConfigError, UsageError

Kind = Literal["saas", "devtool", "app", "shop", "opensource", "local"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What `scanner init` asks."""

    brand: str
    site: str | None = None
    """The brand's own domain: "acme.io"."""
    rivals: tuple[str, ...] = ()
    kind: Kind = "saas"
    language: str = "en"
    """ISO 639-1, of the people who write about the brand."""


class _Offer(NamedTuple):
    """A feed to propose."""

    kinds: frozenset[Kind]
    url: str
    name: str
    comment: str
    ready: bool = True
    """Not ready: something has to be filled in first, so it is commented out."""
    about: bool = False
    """Every post in it is about the brand."""


# Google News editions: hl, gl and the language half of ceid. A language without one gets the
# English edition, which carries most of the world's trade press.
_EDITIONS = {
    "cs": ("cs", "CZ", "cs"), "da": ("da", "DK", "da"), "de": ("de", "DE", "de"),
    "en": ("en-US", "US", "en"), "es": ("es", "ES", "es"), "fr": ("fr", "FR", "fr"),
    "it": ("it", "IT", "it"), "ja": ("ja", "JP", "ja"), "nl": ("nl", "NL", "nl"),
    "no": ("no", "NO", "no"), "pl": ("pl", "PL", "pl"), "pt": ("pt-BR", "BR", "pt-419"),
    "ru": ("ru", "RU", "ru"), "sv": ("sv", "SE", "sv"), "tr": ("tr", "TR", "tr"),
    "uk": ("uk", "UA", "uk"),
}  # fmt: skip

_EVERYONE: frozenset[Kind] = frozenset(("saas", "devtool", "app", "shop", "opensource", "local"))
_TECHNICAL: frozenset[Kind] = frozenset(("saas", "devtool", "opensource"))
_ONLINE: frozenset[Kind] = _TECHNICAL | {"app"}

_HEAD = """\
# What scanner looks for, and where it looks. Lines that begin with # are comments.
# Next: `scanner scan`. More feeds: `scanner feeds add ADDRESS`.

[scanner]
since = "14d"      # older posts are not considered
limit = 20         # rows printed; 0 = all
min_worth = 0      # 0 to 100: posts worth less are not printed

[fetch]
every = "60m"      # no feed is asked more often, however often scan runs; at least 5m
# contact = "you@example.org"   # told to every server, so that its owner can write to you
"""


def write(answers: Answers) -> str:
    """Write the TOML; it loads as it stands, and what needs filling in is commented out.

    Raises UsageError where an answer cannot stand in a config: no name, no host, a rival that
    is the brand itself.
    """
    try:
        tables = [_HEAD, _brand(answers), *_feeds(answers)]
    except ValueError as error:
        raise UsageError(f"no config can be made of this: {error}") from None
    text = "\n".join(tables)
    try:
        config.check(text, Path("scanner.toml"))
    except ConfigError as error:
        said = (line.partition(": ")[2] for line in error.complaints)
        raise UsageError(f"no config can be made of this: {'; '.join(said)}") from None
    return text


def _brand(answers: Answers) -> str:
    rivals = dict.fromkeys(answers.rivals)
    return "\n".join(
        (
            "[[brands]]",
            f"name = {quoted(answers.brand)}",
            "aliases = []       # other names and spellings people use for it",
            '# accounts = ["@you"]         # your own handles: posts by them are not listed',
            *_domains(answers.site),
            '# context = ["word"]          # if the name is also a common word: what makes it yours',
            '# exclude = ["other thing"]   # phrases around the name that mean something else',
            f"rivals = [{', '.join(map(quoted, rivals))}]   # what people compare it with",
            "",
        )
    )


def _domains(site: str | None) -> Iterator[str]:
    comment = "a link to one is evidence that the brand is meant"
    if site and site.strip():
        yield f"domains = [{quoted(site)}]   # {comment}"
    else:
        yield f'# domains = ["example.org"]   # {comment}'


def _feeds(answers: Answers) -> Iterator[str]:
    for offer in _offers(answers):
        if answers.kind in offer.kinds:
            yield _feed(offer, answers.brand)


def _feed(offer: _Offer, brand: str) -> str:
    rows = ["[[feeds]]", f"# {offer.comment}", f"url = {quoted(offer.url)}"]
    rows.append(f"name = {quoted(offer.name)}")
    if offer.about:
        rows.append(f"about = {quoted(brand)}   # every post in it is about the brand")
    if not offer.ready:
        rows = [f"# {row.removeprefix('# ')}" for row in rows]
    return "\n".join(rows) + "\n"


def _offers(answers: Answers) -> Iterator[_Offer]:
    """Propose feeds, the most telling first; address patterns as the sites document them."""
    name = " ".join(answers.brand.split())
    plain, phrase = quote(name, safe=""), quote(f'"{name}"', safe="")
    yield from _reviews()
    yield _Offer(
        _EVERYONE,
        f"https://www.reddit.com/search.rss?q={phrase}&sort=new&t=week",
        "Reddit",
        "Posts on Reddit that name the brand. Reddit answers about one request a minute.",
    )
    yield _Offer(
        _ONLINE,
        f"https://hnrss.org/newest?q={plain}&search_attrs=default",
        "Hacker News",
        "Submissions to Hacker News with the name in title, text or address.",
    )
    yield _Offer(
        _ONLINE,
        f"https://hnrss.org/newcomments?q={plain}",
        "Hacker News comments",
        "Comments on Hacker News; asides are found here.",
    )
    yield from _communities(name)
    yield _news(phrase, answers.language)
    yield _Offer(
        _EVERYONE,
        "https://www.google.com/alerts/feeds/USERID/ALERTID",
        "Google Alerts",
        'The open web. At google.com/alerts make an alert, choose "Deliver to: RSS feed", then\n'
        "# copy the feed's address here and take the # away. The address is a secret.",
        ready=False,
    )


def _reviews() -> Iterator[_Offer]:
    yield _Offer(
        frozenset(("app",)),
        "https://itunes.apple.com/us/rss/customerreviews/page=1/id=APPID/sortby=mostrecent/xml",
        "App Store",
        "Reviews in the App Store: put your app's number for APPID and your country's code for\n"
        "# us, then take the # away. One feed for each country.",
        ready=False,
        about=True,
    )
    for what, told in (("releases", "Releases"), ("discussions", "Discussions")):
        yield _Offer(
            frozenset(("opensource", "devtool")),
            f"https://github.com/OWNER/REPO/{what}.atom",
            f"GitHub {what}",
            f"{told} on GitHub: put your repository for OWNER/REPO, then take the # away.",
            ready=False,
            about=True,
        )


def _communities(name: str) -> Iterator[_Offer]:
    tag = name.lower().replace(" ", "-")
    is_tag = tag.isascii() and tag.replace("-", "").isalnum() and len(tag) <= 35
    yield _Offer(
        frozenset(("devtool",)),
        "https://stackoverflow.com/feeds/tag?tagnames="
        f"{quote(tag, safe='') if is_tag else 'TAG'}&sort=newest",
        "Stack Overflow",
        "Questions with your tag on Stack Overflow."
        if is_tag
        else "Questions on Stack Overflow: put your tag for TAG, then take the # away.",
        ready=is_tag,
    )
    yield _Offer(
        frozenset(("devtool", "opensource")),
        "https://lobste.rs/newest.rss",
        "Lobsters",
        "Everything new on Lobsters; scanner keeps what names the brand.",
    )
    hashtag = "".join(character for character in name if character.isalnum())
    yield _Offer(
        _ONLINE,
        f"https://mastodon.social/tags/{quote(hashtag, safe='')}.rss",
        "Mastodon",
        "Posts with the brand as a hashtag, as far as mastodon.social sees them.",
    )


def _news(phrase: str, language: str) -> _Offer:
    edition = _EDITIONS.get(language.strip().lower().partition("-")[0], _EDITIONS["en"])
    locale, country, half = edition
    return _Offer(
        _EVERYONE,
        f"https://news.google.com/rss/search?q={phrase}+when:7d"
        f"&hl={locale}&gl={country}&ceid={country}:{half}",
        "Google News",
        "Headlines of the last week. They have no text, so only titles are judged.",
    )
