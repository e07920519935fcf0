"""A few answers about a brand -> the text of a commented TOML file to start from.

In: the brand, its site, its rivals, what kind of thing it is, its customers' language.
Out: TOML that loads without a complaint, with feeds that fit. Nothing is written or
fetched; the text is checked as a file would be.

Touches: the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from urllib.parse import quote

from scanner import config
from scanner.config import sections, table
from scanner.config.values import quoted
from scanner.errors import ConfigError, UsageError

Kind = Literal["saas", "devtool", "app", "shop", "opensource", "local"]
KINDS: tuple[Kind, ...] = get_args(Kind)


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

# People write the language's name; in English and in itself.
_LANGUAGES = {
    "czech": "cs", "čeština": "cs", "danish": "da", "dansk": "da", "german": "de",
    "deutsch": "de", "english": "en", "spanish": "es", "español": "es", "french": "fr",
    "français": "fr", "italian": "it", "italiano": "it", "japanese": "ja", "日本語": "ja",
    "dutch": "nl", "nederlands": "nl", "norwegian": "no", "norsk": "no", "nb": "no", "nn": "no",
    "polish": "pl", "polski": "pl", "portuguese": "pt", "português": "pt", "russian": "ru",
    "русский": "ru", "swedish": "sv", "svenska": "sv", "turkish": "tr", "türkçe": "tr",
    "ukrainian": "uk", "українська": "uk",
}  # fmt: skip

# A link to one of these is no evidence of anybody in particular.
_SHARED_HOSTS = frozenset(
    ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sourceforge.net", "npmjs.com",
     "pypi.org", "apps.apple.com", "play.google.com", "facebook.com", "instagram.com",
     "linkedin.com", "twitter.com", "x.com", "youtube.com", "reddit.com", "medium.com",
     "etsy.com", "amazon.com", "ebay.com", "sites.google.com")
)  # fmt: skip

_EVERYONE: frozenset[Kind] = frozenset(KINDS)
_TECHNICAL: frozenset[Kind] = frozenset(("saas", "devtool", "opensource"))
_ONLINE: frozenset[Kind] = _TECHNICAL | {"app"}

_HEAD = """\
# What scanner looks for, and where it looks. Lines that begin with # are comments.
# Next: `scanner scan`. More feeds: `scanner feeds add ADDRESS`.

[scanner]
since = "14d"                   # older posts are not considered
limit = 20                      # rows printed; 0 = all
min_worth = 0                   # 0 to 100: posts worth less are not printed

[fetch]
every = "60m"                   # no feed is asked more often, however often scan runs
#contact = "you@example.org"    # told to every server, so that its owner can write to you
"""

_FEEDS = """\
# Where to look: an address (url) and a name to show it by. A block whose lines begin with #
# and no blank waits for something that only you know: fill it in, then take the # away.
"""


def write(answers: Answers) -> str:
    """Write the TOML; it loads as it stands, and what needs filling in is commented out.

    Raises UsageError where an answer cannot stand in a config: no name, no host, a rival that
    is the brand itself.
    """
    try:
        tables = [_HEAD, _brand(answers), _FEEDS, *_feeds(answers)]
    except ValueError as error:
        raise UsageError(f"no config can be made of this: {error}") from None
    text = "\n".join(tables)
    try:
        config.check(text, Path("scanner.toml"))
    except ConfigError as error:
        said = (line.partition(": ")[2] for line in error.complaints)
        raise UsageError(f"no config can be made of this: {'; '.join(said)}") from None
    return text


def brand(told: str) -> str:
    """Read the answer that names the brand; ValueError says what is wrong with it."""
    quoted(told)  # half a surrogate pair, from a terminal with another encoding
    return table.name(told)


def kind(told: str) -> Kind:
    """Read what the brand sells."""
    asked = told.strip().casefold()
    for known in KINDS:
        if known == asked:
            return known
    close = table.nearest(asked, KINDS)
    start = f'did you mean "{close}"? Expected' if close else "expected"
    raise ValueError(f'no such kind as "{told}"; {start} one of {", ".join(KINDS)}')


def site(told: str) -> str | None:
    """Read a domain, or an address that was pasted, for its host; nothing told is none."""
    address = "".join(told.split())
    if not address:
        return None
    host, slash, page = re.sub("(?i)^https?://", "", address).partition("/")
    host = sections.domain(host.partition("?")[0].partition("#")[0].partition(":")[0])
    if slash and page and host in _SHARED_HOSTS:
        raise ValueError(
            f'expected a bare host name of your own such as "acme.io": all the world is on {host}'
        )
    return host


def rivals(told: str, brand: str = "") -> tuple[str, ...]:
    """Read names with commas between them, each once; a rival is not the brand itself."""
    names: dict[str, str] = {}
    for name in filter(None, map(str.strip, told.split(","))):
        names.setdefault(name.casefold(), table.name(name))
        if name.casefold() == brand.casefold():
            raise ValueError(f'"{name}" is the brand itself')
    return tuple(names.values())


def language(told: str) -> str:
    """Read a language: its code, with or without a country ("de-AT"), or its name."""
    asked = told.strip().casefold()
    code = _LANGUAGES.get(asked, asked)
    half = code.replace("_", "-").partition("-")[0]
    if half not in _EDITIONS:
        known = ", ".join(_EDITIONS)
        raise ValueError(f'no such language as "{told}"; expected one of {known}; en, if none fits')
    return code


def is_everyday(name: str) -> bool:
    """Tell whether a brand's name is also an everyday word, so that `context` has to help."""
    from scanner.match.brands import is_common

    return is_common(name)


def _brand(answers: Answers) -> str:
    host = site(answers.site or "")
    domains = quoted(host) if host else '"example.org"'
    names = ", ".join(map(quoted, dict.fromkeys(answers.rivals)))
    rows = (
        ("name", quoted(answers.brand), "as people write it"),
        ("aliases", "[]", "other names and spellings people use for it"),
        ("#accounts", '["@you"]', "your own handles: posts by them are not listed"),
        ("domains" if host else "#domains", f"[{domains}]", "a link to one: the brand is meant"),
        *_apart(answers.brand),
        ("rivals", f"[{names}]", "what people compare it with"),
    )
    lines = (f"{f'{key} = {value}':<31} # {comment}" for key, value, comment in rows)
    return "\n".join(("[[brands]]", *lines, ""))


def _apart(name: str) -> tuple[tuple[str, str, str], ...]:
    """Give the keys that tell a name from a word; ready to be filled in where it is one."""
    if is_everyday(name):
        return (
            ("context", "[]", 'FILL IN: the name is a word, too; such as ["app", "invoice"]'),
            ("exclude", "[]", "phrases around the word that mean something else"),
        )
    return (
        ("#context", '["word"]', "is the name also a common word? these make it yours"),
        ("#exclude", '["other thing"]', "phrases around the name that mean something else"),
    )


def _feeds(answers: Answers) -> Iterator[str]:
    for offer in _offers(answers):
        if answers.kind in offer.kinds:
            yield _feed(offer, answers.brand)


def _feed(offer: _Offer, brand: str) -> str:
    comment = f"# {offer.comment}"
    rows = [f"url = {quoted(offer.url)}", f"name = {quoted(offer.name)}"]
    if offer.about:
        rows.append(f"about = {quoted(brand)}   # every post in it is about the brand")
    if offer.ready:
        rows = ["[[feeds]]", comment, *rows]  # inside, so that `feeds remove` takes it along
    else:
        rows = [comment, "#[[feeds]]", *(f"#{row}" for row in rows)]
    return "\n".join(rows) + "\n"


def _offers(answers: Answers) -> Iterator[_Offer]:
    """Propose feeds, the most telling first; address patterns as the sites document them."""
    name = " ".join(answers.brand.split())
    bare = name.replace('"', "")
    plain, phrase = quote(name, safe=""), quote(f'"{bare}"', safe="")
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
        'The open web. At google.com/alerts make an alert, choose "Deliver to: RSS feed", and\n'
        "# copy the feed's address here. It is a secret: keep this file to yourself, or keep the\n"
        '# address in an environment variable, and write: url_env = "ALERTS_URL"',
        ready=False,
    )


def _reviews() -> Iterator[_Offer]:
    yield _Offer(
        frozenset(("app",)),
        "https://itunes.apple.com/us/rss/customerreviews/page=1/id=APPID/sortby=mostrecent/xml",
        "App Store",
        "Reviews in the App Store: put your app's number for APPID, your country's code for us.\n"
        "# One feed for each country.",
        ready=False,
        about=True,
    )
    for what, told in (("releases", "Releases"), ("discussions", "Discussions")):
        yield _Offer(
            frozenset(("opensource", "devtool")),
            f"https://github.com/OWNER/REPO/{what}.atom",
            f"GitHub {what}",
            f"{told} on GitHub: put your repository for OWNER/REPO.",
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
        else "Questions on Stack Overflow: put your tag for TAG.",
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
