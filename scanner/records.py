"""The nouns that walk down the street: frozen, slotted dataclasses, and nothing that acts.

In: nothing. Out: the types every room takes and gives.
Times are aware datetimes in UTC. What is unknown is None, never "" or 0.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NoReturn, get_args

from scanner.points import Weights as Weights

Intent = Literal[
    "complaint", "question", "request", "praise", "comparison", "news", "promotion", "other"
]
INTENTS: tuple[Intent, ...] = get_args(Intent)

Kind = Literal["post", "comment", "review", "question", "release", "news"]

Status = Literal["new", "open", "done", "ignored", "snoozed"]
"""new: never shown. open: shown, undecided. The rest is what a person said of it."""
STATUSES: tuple[Status, ...] = get_args(Status)


# --- what a person asks for ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How politely and how patiently one feed is asked. Set in [fetch], overridden on a feed."""

    every: timedelta = timedelta(hours=1)
    """Least time between two requests for the feed, however often scan runs; 5 min at least."""
    per_host: int = 1
    """Requests in flight to one host."""
    host_delay: timedelta = timedelta(seconds=1)
    """Least time between the starts of two requests to one host."""
    timeout: timedelta = timedelta(seconds=30)
    """Total deadline: connecting, headers, redirects and body together."""
    max_bytes: int = 10 * 1024 * 1024
    """Cap on the decoded body, in bytes."""
    allow_private: bool = False
    """Whether an address on this machine or on a private network may be dialled."""


class Secret:
    """A value that only a request may see: whatever prints it gets ***, nothing can encode it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Take the value."""
        self._value = value

    def reveal(self) -> str:
        """Give the value, to whom it was meant for."""
        return self._value

    def __repr__(self) -> str:
        """Three stars, in tracebacks and everywhere."""
        return "***"

    def __reduce__(self) -> NoReturn:
        """Neither pickle nor copy."""
        raise TypeError("a secret is not written down")

    def __eq__(self, other: object) -> bool:
        """Whether both hide the same."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """As of the value; never stored."""
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a secret is to be found when it is needed: a variable, or what a command prints."""

    key: str
    """The TOML's key, such as "password_env" or "token_command"."""
    words: tuple[str, ...] = field(repr=False)
    """The variable's name, or the command and its arguments."""
    place: str
    """File, line and key, as a complaint begins."""
    folder: str = "."
    """The TOML's; a command runs there."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a feed is asked that has a secret."""

    url: Secret | Lookup | None = None
    """The address itself, where it holds a secret or is one; None: the feed's `url` is it."""
    user: str | None = field(default=None, repr=False)
    password: Secret | Lookup | None = None
    token: Secret | Lookup | None = None
    """Goes as `Authorization: Bearer`."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One [[feeds]] entry: where posts come from."""

    url: str
    """What the feed is known by, safe to print and to keep: its http(s) address without fragment,
    or a file:// address (paths in the TOML become one). A secret in it is ***, perhaps with a word
    behind # that tells two such feeds apart; one that is secret as a whole is "secret:NAME"."""
    name: str
    about: str | None = None
    """Name of the brand that every post in the feed is about."""
    weight: float = 1.0
    """Multiplies what the feed's posts are worth; 1.0 leaves them alone."""
    policy: FetchPolicy = FetchPolicy()
    origin: str = ""
    """What IDs are made of, if not the address: a local file's path from the TOML's folder, so
    that a folder may move."""
    access: Access | None = field(default=None, repr=False, compare=False)
    """None: nothing about it is secret."""


@dataclass(frozen=True, slots=True)
class Brand:
    """One [[brands]] entry: what to look for, and how to tell it from its namesakes."""

    name: str
    aliases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """The brand's own handles, as written in the TOML ("@acmehq" or "acmehq")."""
    domains: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """Words that make an ambiguous name this brand's."""
    exclude: tuple[str, ...] = ()
    """A phrase around the name: that occurrence is no mention; another word speaks against."""
    match: str | None = None
    """A query in the match language; replaces name and aliases."""
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnReason:
    """One key of [reasons]: a reason and the words that it is read from."""

    name: str
    words: tuple[str, ...]
    """Words and phrases; found whole, whatever their case."""


@dataclass(frozen=True, slots=True)
class Config:
    """A whole TOML file, read and checked."""

    path: str | None
    brands: tuple[Brand, ...]
    feeds: tuple[Feed, ...]
    since: timedelta = timedelta(days=14)
    """Older posts are not considered."""
    limit: int = 20
    """Rows printed; 0 = all."""
    min_worth: float = 0.0
    keep: timedelta | None = None
    """Posts older than that lose their words, unless somebody decided on them; None: kept."""
    db: str | None = None
    workers: int = 32
    """Feeds fetched at the same time, over all hosts."""
    contact: str | None = None
    """Address or e-mail of whoever runs this; goes into the User-Agent."""
    rank: Weights = field(default_factory=Weights)
    reasons: tuple[OwnReason, ...] = ()
    """Beside the built-in ones, or with more words for one of those."""
    warnings: tuple[str, ...] = ()
    """What was accepted but is probably not meant."""


# --- fetch: a feed becomes bytes, or a reason why not --------------------------------------------


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a feed says that asking it makes sense."""

    ttl: timedelta | None = None
    """How long its content stays good: RSS 2.0 <ttl>, or a period of sy:updatePeriod (RSS 1.0)."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, UTC, in which it is not to be asked (RSS 2.0 <skipHours>), 0 to 23."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, UTC, Monday is 0 (RSS 2.0 <skipDays>)."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a feed between runs. Written together with the posts it brought."""

    url: str
    etag: str | None = None
    """Validators, byte for byte as the server sent them (RFC 9110, 8.8)."""
    last_modified: str | None = None
    checked_at: datetime | None = None
    """When it was last asked, whatever came of it."""
    ok_at: datetime | None = None
    """When it last answered with a feed or 304."""
    next_check: datetime | None = None
    """Not asked before then."""
    failures: int = 0
    """Failed checks in a row."""
    failing_since: datetime | None = None
    error: str | None = None
    """The last failure, in words; None once the feed works again."""
    gone: bool = False
    """The server said 410: not asked again."""
    body_hash: str | None = None
    """SHA-256 of the last complete body."""
    complete_at: datetime | None = None
    """When that body came; after 8 days of 304s only, the feed is asked without conditions."""
    rest_until: datetime | None = None
    """The server itself asked to be left alone until then (Retry-After)."""

    def rests(self, now: datetime) -> bool:
        """Whether the server still wants to be left alone."""
        return self.rest_until is not None and self.rest_until > now

    posts: int = 0
    """Posts in the last document that parsed."""
    rhythm: Rhythm = Rhythm()
    """As the last document that parsed told it."""
    moved_to: str | None = None
    """Where a permanent redirect led, without login and query; believed after a week of them."""
    moved_since: datetime | None = None
    """When that redirect was met first."""
    moves: int = 0
    """How many answers in a row came by it."""
    told_at: datetime | None = None
    """When a person was last told that it does not work; None while it works."""
    warned: str | None = None
    """A hash of what the last document was warned of: told once while it stays the same."""
    told_before: datetime | None = None
    """The same of a failure that is over: one that follows at once is no news."""


@dataclass(frozen=True, slots=True)
class HostState:
    """A host that asked to be left alone for a while (429)."""

    host: str
    not_before: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A complete body arrived."""

    feed: Feed
    body: bytes
    content_type: str | None
    url: str
    """The address that answered, after redirects; relative links resolve against it."""
    state: FeedState
    """To be stored together with the posts."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """304, or the same bytes as last time: nothing to parse."""

    feed: Feed
    state: FeedState


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not asked, on purpose."""

    feed: Feed
    until: datetime | None
    """None: until a person says so (410 Gone)."""
    why: str
    state: FeedState | None = None
    """Set where the deferral itself has to be remembered."""
    host: HostState | None = None
    host_rests: bool = False
    """Because its host asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A feed that could not be fetched or parsed; it walks on beside the others."""

    feed: Feed
    stage: Literal["fetch", "parse"]
    why: str
    """What happened, sanitised, at most 200 characters."""
    hint: str | None = None
    """What a person can do about it."""
    state: FeedState | None = None
    host: HostState | None = None
    offline: bool = False
    """No host was reached at all (DNS, refused, unreachable): perhaps it is our own network."""


Outcome = Fetched | NotModified | Deferred | Failed


# --- parse: bytes become posts -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """How many have seen or answered a post, where the feed tells it."""

    comments: int | None = None
    points: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """One telling of an entry, as its feed wrote it."""

    markup: str
    html: bool = True
    """False: plain text, in which a tag is a word."""


@dataclass(frozen=True, slots=True)
class Post:
    """One entry of a feed, in its author's own words."""

    feed_url: str
    feed: str
    """The feed's name."""
    guid: str
    """Identity within the feed; synthetic (a hash) where the feed gives none."""
    url: str | None
    """The best http(s) link to the post."""
    title: str
    text: str
    """The author's own words: plain text, paragraphs apart, without quotes, code, boilerplate."""
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    quoted: str = ""
    """Words that are not the author's: quoted replies, code blocks, signatures."""
    links: tuple[str, ...] = ()
    """Targets of the links in the body."""
    language: str | None = None
    """ISO 639-1; what the feed declares at first, what the text shows once identified."""
    reach: Reach = Reach()
    rating: float | None = None
    """Stars, 1 to 5, in a review."""
    kind: Kind = "post"
    thread_url: str | None = None
    """The page where people answer, if it is another than url."""
    comments_feed: str | None = None
    truncated: bool = False
    """A field was longer than its cap and was cut."""
    origin: str = ""
    """The feed's."""
    body: Body | None = None
    """What is still to be read: as long as it is there, text, quoted and links are empty. Reading
    costs ten times what parsing does, and most posts name no brand."""

    @property
    def id(self) -> str:
        """Identity across runs: the first 16 hex digits of a SHA-256 over origin and guid.

        The origin is the feed's address, or for a local file its path from the TOML's folder: so
        what was decided survives a folder that moves, and the demo's IDs are the same everywhere.
        """
        return _digest(self.origin or self.feed_url, self.guid)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that was a feed."""

    feed: Feed
    posts: tuple[Post, ...]
    partial: bool = False
    """The document ended early or broke in the middle: posts count, validators do not."""
    warnings: tuple[str, ...] = ()
    rhythm: Rhythm = Rhythm()


# --- match: posts become mentions ----------------------------------------------------------------

Where = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a brand or a rival is named by the author."""

    brand: str
    text: str
    where: Where
    start: int
    """Offsets, in characters, into the post's title or text."""
    end: int
    how: Literal["name", "alias", "account", "domain", "match"]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """A post and one brand that it is about."""

    post: Post
    brand: str
    mentions: tuple[Mention, ...]
    """In reading order, title first; empty where only the feed says what the post is about."""
    rivals: tuple[Mention, ...] = ()
    confidence: float = 1.0
    """Probability (0 to 1) that the name means this brand."""
    why: tuple[str, ...] = ()
    """What spoke for and against it, in words."""

    @property
    def id(self) -> str:
        """The record's ID: 12 hex digits over post and brand; stable, prefix-matched like git's."""
        return _digest(self.post.id, self.brand)[:12]


# --- score and reasons: mentions become a judgement ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that carried a verdict."""

    name: str
    """What they are evidence of: a cue ("broken promise"), a signal ("leaving"), a reason."""
    text: str
    weight: float = 0.0
    """How much they moved the verdict; positive speaks for it."""
    where: Where = "text"
    start: int = -1
    """Offsets into the post's title or text; -1 where there is no one place."""
    end: int = -1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one mention says about the brand."""

    mention: Mention
    negativity: float | None
    """Probability (0 to 1) of dissatisfaction with this brand; None: language without data."""
    polarity: float | None = None
    """TextBlob's, -1 to 1; None where it has no such language."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A matched post with a verdict for each mention and one for the whole."""

    matched: Matched
    verdicts: tuple[Verdict, ...]
    negativity: float | None
    polarity: float | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A scored post with its intent, reasons and the signals that ranking weighs."""

    scored: Scored
    intent: Intent
    intents: tuple[tuple[Intent, float], ...]
    """Every intent that was seen with its strength (0 to 1), strongest first."""
    reasons: tuple[str, ...] = ()
    signals: tuple[Evidence, ...] = ()
    """first_hand, asks_for_help, unresolved, resolved, leaving, headline, digest, reported …"""

    @property
    def id(self) -> str:
        """The record's ID."""
        return self.scored.matched.id

    @property
    def post(self) -> Post:
        """The post that was judged."""
        return self.scored.matched.post

    @property
    def brand(self) -> str:
        """The brand it was judged for."""
        return self.scored.matched.brand

    def signal(self, name: str) -> Evidence | None:
        """The evidence for a signal, or None where it was not seen."""
        return next((found for found in self.signals if found.name == name), None)


# --- cluster and rank: judgements become a queue -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """Posts that tell the same thing: copies, syndication, reposts. Never empty."""

    id: str
    members: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A post by one of the brand's own accounts."""

    account: str
    """As "@acmehq"."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """What happened around a post that it does not say itself."""

    complaints: tuple[datetime, ...] = ()
    """When its author complained of the brand before, in other stories; oldest first."""
    answer: Answer | None = None
    """The first one in the post's thread, after the post."""


@dataclass(frozen=True, slots=True)
class Term:
    """One named summand of what a post is worth."""

    name: str
    points: float
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A story's best representative with what it is worth, and why."""

    judged: Judged
    worth: float
    """0 to 100; equals the sum of the terms' points."""
    terms: tuple[Term, ...]
    why: str
    story: Story
    status: Status = "new"
    owner: str | None = None
    """Who is to answer; of a story, whoever was named last."""
    tags: tuple[str, ...] = ()
    """A person's own words for it, sorted."""


# --- the end of a walk ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """What one scan did and found."""

    fetched: int = 0
    unchanged: int = 0
    deferred: tuple[Deferred, ...] = ()
    failed: tuple[Failed, ...] = ()
    offline: bool = False
    """No host answered at all, though some were asked: perhaps it is our own network."""
    posts: int = 0
    """Posts read that were not known before."""
    matched: int = 0
    """Posts about a brand among those that were judged: new ones, and edited ones."""
    warnings: tuple[str, ...] = ()
    known_warnings: tuple[str, ...] = ()
    """Those that the run before had as well."""
    rejudged: bool = False
    """The rules had changed: everything stored was judged anew."""


@lru_cache(maxsize=4096)  # a queue asks for the same IDs ten times over
def _digest(*parts: str) -> str:
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:16]
