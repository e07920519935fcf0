"""Secrets: hidden in what is said, carried where nothing prints them, found when needed."""

import base64
import copy
import html
import json
import logging
import os
import pickle
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import config
from scanner.config import resolve
from scanner.errors import ConfigError
from scanner.fetch import fetch
from scanner.fetch.ways import is_hidden, way_to
from scanner.records import (
    Access,
    Deferred,
    Feed,
    FeedState,
    Fetched,
    FetchPolicy,
    HostState,
    Lookup,
    Secret,
)
from scanner.text.secrets import Veil, machine_made, secrets_of
from tests.cases.pages import PAGES, fine
from tests.cases.server import Server, reply

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = FetchPolicy(allow_private=True, host_delay=timedelta(0))
BRAND = '[[brands]]\nname = "Acme"\n'
FILE = Path("/home/ana/scanner.toml")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX commands")


# --- the nouns ------------------------------------------------------------------------------------

FEED = Feed(
    "https://***@example.org/",
    "Forum",
    access=Access(
        Secret("https://ana:canary@example.org/"), "canary", Secret("canary"), Secret("canary")
    ),
)


def test_nothing_prints_a_secret() -> None:
    """repr, str, f-strings, a failed assert's words: three stars, or nothing at all."""
    secret = Secret("canary")
    fetched = Fetched(FEED, b"", None, FEED.url, FeedState(FEED.url))
    lookup = Lookup("token_command", ("echo", "canary"), "scanner.toml:3: feeds[0].token_command")
    told = f"{secret} {secret!r} {FEED} {FEED.access} {fetched} {lookup} {way_to(FEED)}"
    assert "canary" not in told + str(vars(way_to(FEED).veil).keys()) + repr(way_to(FEED).veil)
    assert repr(secret) == "***"
    assert secret.reveal() == "canary"


def test_nothing_writes_a_secret_down() -> None:
    """Neither pickle nor copy nor MessagePack nor JSON takes one; a feed's rest is no obstacle."""
    for encode in (
        pickle.dumps,
        copy.deepcopy,
        msgspec.msgpack.encode,
        msgspec.json.encode,
        json.dumps,
    ):
        with pytest.raises(TypeError) as caught:
            encode(FEED)
        assert "canary" not in str(caught.value)


def test_two_feeds_are_the_same_whatever_their_secrets() -> None:
    """A secret is no part of what a feed is; of two secrets it can be told whether they agree."""
    assert Feed(FEED.url, "Forum") == FEED
    assert hash(Feed(FEED.url, "Forum")) == hash(FEED)
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


# --- the veil -------------------------------------------------------------------------------------

ODD = "p&ss \"w'rd<>/x%#ü"


def in_every_form(secret: str) -> list[str]:
    """A secret as a server may write it."""
    escaped = html.escape(secret)
    return [
        secret, secret.swapcase() if secret.isascii() else secret,
        quote(secret), quote(secret, safe=""), quote(secret, safe="").lower(),
        quote(quote(secret, safe=""), safe=""), escaped, html.escape(escaped),
        quote(escaped, safe=""), json.dumps(secret)[1:-1],
        json.dumps(secret).replace("/", "\\/")[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(escaped)[1:-1],
        html.escape(json.dumps(secret, ensure_ascii=False)[1:-1]),
        "".join(f"&#{ord(c)};" for c in secret), "".join(f"&#x{ord(c):X};" for c in secret),
        "".join(f"&#{ord(c):05};" for c in secret),
        "".join(f"%{byte:02X}" for byte in secret.encode()),
    ]  # fmt: skip


@pytest.mark.parametrize("secret", ["hunter2hunter2", ODD, "a.b-c_d~e+f=g", "x" * 1000])
def test_every_form_of_a_secret_is_hidden(secret: str) -> None:
    """Raw, percent-encoded, HTML-escaped, once or twice, as JSON: in text and in bytes."""
    veil = Veil([secret])
    for form in in_every_form(secret):
        if len(secret) > 200 and "&#" in form + form.replace("%", "&#"):
            continue  # nobody escapes every letter of a long one
        assert veil.text(f"<a>{form}</a>") == "<a>***</a>", form
        assert veil.message(f"<a>{form}</a>") == "<a>***</a>", form
        assert veil.body(f"<a>{form}</a>".encode()) == b"<a>***</a>", form
        assert veil.touches(f"W/{form}")


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_hide_nothing_from_it(coding: str) -> None:
    """A document in UTF-16 or UTF-32 is searched as it is read; the rest of it stays."""
    body = f"<?xml?><ä>{ODD} {html.escape(ODD)} €</ä>".encode(coding)
    assert Veil([ODD]).body(body + b"\0").startswith(body[:12])
    assert Veil([ODD]).body(body).decode(coding) == "<?xml?><ä>*** *** €</ä>"


def test_a_document_in_latin_1_is_searched_too() -> None:
    """Letters beyond ASCII have another byte there."""
    assert Veil(["pässwörter"]).body("ä pässwörter ö".encode("latin-1")) == b"\xe4 *** \xf6"


def test_a_veil_that_has_nothing_to_hide_costs_next_to_nothing() -> None:
    """A 304 has a few headers: 500 feeds that each made their patterns for it took 2 s."""
    veils = [Veil([f"abcdefghijklmnop{n}", f"p&ss/{n}"]) for n in range(500)]
    began = time.process_time()
    assert not any(veil.touches('W/"5a1b"') or veil.text("x") != "x" for veil in veils)
    assert time.process_time() - began < 0.5


@given(st.binary(max_size=300))
def test_a_body_without_the_secret_stays_as_it_is(body: bytes) -> None:
    """Byte for byte, whatever is in it."""
    assert Veil(["never-in-there-1"]).body(body) == body


@given(st.text(min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_in_a_body(secret: str, before: str, after: str) -> None:
    """Whatever a secret is made of, its bytes are not in what is left."""
    secret = secret.encode("utf-8", "replace").decode()
    body = f"{before}{secret}{after}{quote(secret)}".encode("utf-8", "replace")
    left = Veil([secret]).body(body)
    assert secret.encode() not in left or secret.strip("*") == ""


@pytest.mark.parametrize(
    ("secret", "message", "body"),
    [("abc", "abc", b"abc"), ("abcd", "***", b"abcd"), ("abcdefg", "***", b"abcdefg"),
     ("abcdefgh", "***", b"***")],
)  # fmt: skip
def test_short_secrets_are_hidden_in_messages_alone(secret, message, body) -> None:
    """From 4 characters on in our words, from 8 on in a document: shorter ones are words."""
    assert Veil([secret]).message(secret) == message
    assert Veil([secret]).body(secret.encode()) == body


def test_a_users_name_is_hidden_in_messages_alone() -> None:
    """In a feed it may be an author's; a veil without secrets hides nothing."""
    veil = Veil(["hunter2hunter2"], ["ana.admin"])
    assert veil.message("ana.admin hunter2hunter2") == "*** ***"
    assert veil.body(b"ana.admin hunter2hunter2") == b"ana.admin ***"
    empty = Veil()
    assert (bool(empty), bool(veil), empty.touches("x")) == (False, True, False)
    assert (empty.message("x"), empty.text("x"), empty.body(b"x")) == ("x", "x", b"x")


@pytest.mark.parametrize("secret", ["hunter2hunter2", ODD, "&" * 20, "%" * 20])
@pytest.mark.parametrize("piece", ["a", "%", "%25", "&amp;", "&", "\\", "&#x0", "hunter2", "\0"])
def test_a_hostile_body_takes_no_longer(secret: str, piece: str) -> None:
    """A megabyte of what the patterns begin with: linear."""
    body = (piece * (1_000_000 // len(piece))).encode()
    began = time.perf_counter()
    Veil([secret]).body(body)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("address", "whole", "secrets"),
    [
        ("https://ana:pass%20word@a.org/", False, {"pass%20word", "pass word"}),
        ("https://a.org/?token=to+ken&page=2", False, {"to+ken", "to ken"}),
        ("https://a.org/feeds/1234567890123456/x?a=b", False, set()),
        ("https://a.org/feeds/1234567890123456/x?a=b", True, {"1234567890123456"}),
        ("https://a.org/customerreviews/app12345.xml", True, {"app12345.xml", "app12345"}),
        ("https://a.org/?q=correct-horse-battery", True, {"correct-horse-battery"}),
        ("https://www.reddit.com/.rss?feed=abcd1234&user=anna", False, {"abcd1234", "anna"}),
    ],
)
def test_what_of_an_address_is_secret(address: str, whole: bool, secrets: set[str]) -> None:
    """Logins and what is called secret; of an address that is a secret, what a machine made."""
    assert secrets_of(address, whole=whole) == secrets


def test_what_a_machine_made_is_told_from_words() -> None:
    """Letters with digits from 8 characters on, anything from 16 on."""
    made = {word for word in ("a1b2c3d4", "a1b2c3d", "discussions", "customer-reviews", "12345678")
            if machine_made(word)}  # fmt: skip
    assert made == {"a1b2c3d4", "customer-reviews"}


# --- the way to a feed ----------------------------------------------------------------------------


def feed(text: str) -> Feed:
    """The one feed of a config."""
    (found,) = config.check(f"{BRAND}[[feeds]]\n{text}\n", FILE).feeds
    return found


@pytest.mark.parametrize(
    ("text", "known", "asked", "sent"),
    [
        ("url = 'https://a.org/x?q=1#z'", "https://a.org/x?q=1", "https://a.org/x?q=1", None),
        (
            "url = 'https://ana:pa%40ss@a.org/x#z'",
            "https://***@a.org/x#z",
            "https://a.org/x",
            "ana:pa@ss",
        ),
        ("url = 'https://t0ken@a.org/'", "https://***@a.org/", "https://a.org/", "t0ken:"),
        ("url = 'https://@a.org/'", "https://***@a.org/", "https://a.org/", None),
        (
            "url = 'https://a.org/?token=abc&p=1#b'",
            "https://a.org/?token=***&p=1#b",
            "https://a.org/?token=abc&p=1",
            None,
        ),
        (
            "url = 'https://a.org/#b'\nuser = 'ana'\npassword = ' p:w '",
            "https://a.org/#b",
            "https://a.org/",
            "ana: p:w ",
        ),
        (
            "url = 'https://a.org/'\nuser = 'ána'\npassword = 'ü'",
            "https://a.org/",
            "https://a.org/",
            "ána:ü",
        ),
        (
            "url = 'https://a.org/#a/b'\nuser = 'a'\npassword = 'b'",
            "https://a.org/",
            "https://a.org/",
            "a:b",
        ),
    ],
)
def test_what_a_feed_is_known_by_and_how_it_is_asked(text, known, asked, sent) -> None:
    """*** in place of secrets, a word of one's own behind #; the real address and login go out."""
    found = feed(text)
    way = way_to(found)
    header = None if sent is None else f"Basic {base64.b64encode(sent.encode()).decode()}"
    assert (found.url, way.url, way.authorization) == (known, asked, header)
    assert not is_hidden(found)


def test_a_token_goes_as_bearer() -> None:
    """RFC 6750."""
    found = feed("url = 'https://a.org/'\ntoken = 'abc.d-e_f~g+h/i=='")
    assert way_to(found).authorization == "Bearer abc.d-e_f~g+h/i=="
    assert found.url == "https://a.org/"


def test_a_secret_address_is_known_by_its_name() -> None:
    """Nothing of the address is known before it is needed."""
    found = feed("url_env = 'ALERTS'\nname = 'My Alerts'")
    assert (found.url, found.origin, is_hidden(found)) == ("secret:My Alerts", "", True)
    with pytest.raises(TypeError, match="url_env was not resolved"):
        way_to(found)
    (opened,) = resolve([found], {"ALERTS": " https://ana:pw@a.org/x?y=1#z \n"})
    way = way_to(opened)
    assert (opened.url, way.url, way.whole) == ("secret:My Alerts", "https://a.org/x?y=1", True)
    assert way.authorization == "Basic YW5hOnB3"


@pytest.mark.parametrize("value", ["a.xml", "file:///etc/passwd", "ftp://a.org", "https://", "x y"])
def test_a_secret_address_is_one_of_the_web(value: str) -> None:
    """What a variable holds is no path; it is not said what it was."""
    found = feed("url_env = 'ALERTS'\nname = 'Alerts'")
    with pytest.raises(ConfigError) as caught:
        resolve([found], {"ALERTS": value})
    assert str(caught.value) == (
        f"{FILE}:4: feeds[0].url_env: expected an address that begins with https:// or http:// "
        '(feed "Alerts")'
    )


def test_a_feed_without_secrets_needs_nothing_to_be_found() -> None:
    """It comes back as it went in, and its way says no more than its address."""
    plain = Feed("https://a.org/x", "x")
    assert resolve([plain, FEED], {}) == [plain, FEED]
    way = way_to(plain)
    assert (way.url, way.authorization, bool(way.veil)) == ("https://a.org/x", None, False)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("url = 'https://a.org/?key=1'", "url = 'https://A.org:443/?key=1'", "has this address"),
        ("url = 'https://a.org/?key=1'", "url = 'https://a.org/?key=2'", "only its secret tells"),
        ("url = 'https://u:a@a.org/'", "url = 'https://u:b@a.org/'", "only its secret tells"),
        ("url = 'https://a.org/'", "url = 'https://a.org/'\ntoken = 't'", "only its secret tells"),
        (
            "url = 'https://a.org/'\ntoken_env = 'A'",
            "url = 'https://a.org/'\ntoken_env = 'B'",
            "only its secret tells",
        ),
        ("name = 'A'\nurl_env = 'A'", "name = 'a'\nurl_env = 'B'", "is known by this name already"),
    ],
)
def test_two_feeds_that_only_a_secret_tells_apart_need_a_word(first, second, said) -> None:
    """Both would be known by the same address; a word behind # makes them two."""
    with pytest.raises(ConfigError) as caught:
        config.check(f"{BRAND}[[feeds]]\n{first}\n[[feeds]]\n{second}\n", FILE)
    assert said in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_word_behind_an_address_tells_two_feeds_apart() -> None:
    """Neither depends on the other: taken alone, each is known by the same."""
    rows = [
        "url = 'https://a.org/?key=1'",
        "url = 'https://a.org/?key=2#two'",
        "url = 'https://a.org/?key=2#3'\ntoken_env = 'X'",
    ]
    text = BRAND + "".join(f"[[feeds]]\n{row}\n" for row in rows)
    found = [one.url for one in config.check(text, FILE).feeds]
    assert found == [f"https://a.org/?key=***{word}" for word in ("", "#two", "#3")]
    assert found == [feed(row).url for row in rows]


# --- on the wire ----------------------------------------------------------------------------------


@pytest.fixture
def server():
    """The pages of the cases."""
    made = Server(dict(PAGES))
    yield made
    made.close()


def asked(feed: Feed, state: FeedState | None = None, resolve=None, hosts=None, **options):
    """Ask one feed."""
    states = {} if state is None else {feed.url: state}
    told = {} if resolve is None else {"resolve": resolve}
    (outcome,) = fetch([feed], states, hosts or {}, now=NOW, **told, **options)
    return outcome


def hidden(url: str, **access: str) -> Feed:
    """A feed whose secrets have been found."""
    found: dict[str, Any] = {key: Secret(value) for key, value in access.items()}
    made = Access(**found)
    return Feed(url, "x", policy=OPEN, access=made)


def test_validators_with_a_secret_are_forgotten(server) -> None:
    """Neither kept nor sent back: what was hidden in them would be no validator any more."""
    for etag, kept in (('"abc"', '"abc"'), ('"se-cret-1-abc"', None)):
        server.pages["/feed"] = reply(
            200, {"ETag": etag, "Last-Modified": f"x{etag}"}, b"<rss>se-cret-1</rss>"
        )
        outcome = asked(hidden(server.url("/feed"), token="se-cret-1"))
        assert isinstance(outcome, Fetched)
        assert outcome.state.etag == kept
        assert outcome.state.last_modified == (f"x{etag}" if kept else None)
        assert outcome.body == b"<rss>***</rss>"


def test_a_host_that_is_named_for_a_secret_is_not_looked_up(server, monkeypatch) -> None:
    """A redirect there ends; no resolver hears of it."""
    heard: list[str] = []
    resolver = socket.getaddrinfo

    def listen(host, *rest, **more):
        heard.append(str(host).lower())
        return resolver(host, *rest, **more)

    monkeypatch.setattr("socket.getaddrinfo", listen)
    server.pages["/feed"] = reply(302, {"Location": "http://SE-cret-1.example/"})
    feed = hidden(server.url("/feed"), token="se-cret-1")
    outcome = asked(feed)
    assert outcome.why == "a redirect to a host that is named for a secret"
    assert "127.0.0.1" in heard
    assert "se-cret-1.example" not in heard


def test_a_move_of_a_secret_address_is_not_remembered(server) -> None:
    """Where it leads is as secret; a feed with a token may move as any other does."""
    server.pages["/old"] = reply(301, {"Location": "/new"})
    server.pages["/new"] = fine()
    whole = Feed("secret:x", "x", policy=OPEN, access=Access(Secret(server.url("/old"))))
    assert asked(whole).state.moved_to is None
    other = hidden(server.url("/old"), token="se-cret-1")
    assert asked(other).state.moved_to == server.url("/new")


def test_a_move_into_a_path_with_the_secret_is_never_believed(server) -> None:
    """It is kept without the secret, and so could not be asked."""
    server.pages["/old"] = reply(301, {"Location": "/new/se-cret-1/feed"})
    server.pages["/new/se-cret-1/feed"] = fine()
    state = asked(hidden(server.url("/old"), token="se-cret-1")).state
    assert (state.moved_to, state.moves) == (server.url("/new/***/feed"), 0)


def test_a_move_into_a_path_with_a_short_secret_is_not_remembered(server) -> None:
    """Fewer than 8 characters are not hidden in a server's words: what is kept would show them."""
    server.pages["/old"] = reply(301, {"Location": "/new/s3cret/feed"})
    server.pages["/new/s3cret/feed"] = fine()
    state = asked(hidden(server.url("/old"), token="s3cret")).state
    assert (state.moved_to, state.moves) == (None, 0)


def test_a_secret_address_keeps_tls_in_mind(server) -> None:
    """The scheme that counts is the real one's, not that of what the feed is known by."""
    from scanner.fetch import moves
    from scanner.fetch.answers import Answer

    answer = Answer(200, {}, b"x", "http://a.org/new", moved=True, asked="https://a.org/old")
    assert moves.noted(FeedState("https://***@a.org/old"), answer, NOW)["moves"] == 0


def test_a_moved_feed_is_asked_there_without_its_token(server) -> None:
    """A believed address of another port is another server."""
    door = server.door()
    there = server.url("/ok", door=door)
    state = FeedState(
        server.url("/old"), moved_to=there, moved_since=NOW - 9 * 24 * HOUR, moves=10,
        ok_at=NOW - HOUR,
    )  # fmt: skip
    outcome = asked(hidden(server.url("/old"), token="se-cret-1"), state)
    assert isinstance(outcome, Fetched)
    assert [(r.door, r.headers.get("authorization")) for r in server.log] == [(door, None)]


def test_secrets_are_found_for_feeds_that_are_asked_alone(server) -> None:
    """Not for one that rests, nor where its host does; and before anything else is yielded."""
    wanted: list[list[str]] = []
    lookup = Lookup("token_env", ("X",), "here")

    def found(feeds):
        wanted.append([feed.name for feed in feeds])
        return [hidden(feed.url, token="se-cret-1") for feed in feeds]

    def named(name: str) -> Feed:
        return Feed(server.url(f"/{name}"), name, policy=OPEN, access=Access(token=lookup))

    host = f"127.0.0.1:{server.port}"
    feeds = [named("ok"), named("cond")]
    states = {feeds[1].url: FeedState(feeds[1].url, checked_at=NOW, next_check=NOW + HOUR)}
    both = list(fetch(feeds, states, {}, now=NOW, resolve=found))
    resting = {host: HostState(host, NOW + HOUR, "HTTP 429")}
    none = list(fetch(feeds, {}, resting, now=NOW, resolve=found))
    assert wanted == [["ok"]]
    assert sorted(type(one).__name__ for one in both) == ["Deferred", "Fetched"]
    assert all(isinstance(one, Deferred) for one in none)
    accesses = [one.feed.access for one in both if one]
    assert {access.token for access in accesses if access} == {lookup}, (
        "outcomes carry what was given"
    )
    assert [r.headers["authorization"] for r in server.log] == ["Bearer se-cret-1"]


def test_the_host_of_a_secret_address_may_rest(server) -> None:
    """It is known once the address is: then it is not asked."""
    host = f"127.0.0.1:{server.port}"
    feed = Feed("secret:x", "x", policy=OPEN, access=Access(Lookup("url_env", ("X",), "here")))

    def found(feeds):
        return [Feed("secret:x", "x", access=Access(Secret(server.url("/ok"))))]

    outcome = asked(feed, resolve=found, hosts={host: HostState(host, NOW + HOUR, "HTTP 429")})
    assert isinstance(outcome, Deferred)
    assert server.log == []


def test_no_library_logs_an_address() -> None:
    """urllib3 writes every request's address to its log, and warns with it of odd headers."""
    import scanner.fetch.connections  # noqa: F401

    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.CRITICAL)


# --- commands -------------------------------------------------------------------------------------


def looked_up(*words: str, key: str = "token_command", folder: Path = Path()) -> Feed:
    """A feed whose token a command prints."""
    lookup = Lookup(key, words, f"scanner.toml:7: feeds[0].{key}", str(folder))
    return Feed("https://a.org/", "Forum", access=Access(token=lookup))


@posix
def test_a_command_gets_none_of_the_variables_that_hold_secrets() -> None:
    """The rest of the environment is there: password stores need it."""
    feeds = [
        looked_up("sh", "-c", "echo $HIDDEN-$SEEN"),
        Feed("b", "b", access=Access(token=Lookup("token_env", ("HIDDEN",), "x"))),
    ]
    first, second = resolve(feeds, {"HIDDEN": "h", "SEEN": "s", "PATH": os.environ["PATH"]})
    assert first.access is not None
    assert first.access.token == Secret("-s")
    assert second.access is not None
    assert second.access.token == Secret("h")
    (alone,) = resolve(feeds[:1], {"HIDDEN": "h", "PATH": os.environ["PATH"]}, feeds)
    assert alone.access is not None
    assert alone.access.token == Secret("-"), "nor of those that are not asked now"


@posix
def test_what_a_command_says_beside_its_answer_is_not_shown(capfd) -> None:
    """Its stderr may hold the secret as well."""
    (found,) = resolve([looked_up("sh", "-c", "echo canary >&2; echo ok")])
    assert found.access is not None
    assert found.access.token == Secret("ok")
    assert capfd.readouterr() == ("", "")


@posix
def test_a_command_that_fails_is_run_once(tmp_path: Path) -> None:
    """Two feeds with the same one: two complaints, one run."""
    one = looked_up("sh", "-c", "echo x >> ran; exit 1", folder=tmp_path)
    with pytest.raises(ConfigError) as caught:
        resolve([one, one])
    assert len(caught.value.complaints) == 2
    assert (tmp_path / "ran").read_text() == "x\n"


@posix
@pytest.mark.parametrize("wait", ["sleep 30", "exit 3", "echo ok"])
def test_what_a_command_has_started_ends_with_it(tmp_path: Path, monkeypatch, wait: str) -> None:
    """Too slow, failed or done: nothing of it stays behind (C10)."""
    monkeypatch.setattr("scanner.config.secrets._SECONDS", 0.5)
    script = f"sleep 30 >/dev/null & echo $! > child; {wait}"
    with suppress(ConfigError):
        resolve([looked_up("sh", "-c", script, folder=tmp_path)])
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def is_alive(child: int) -> bool:
    """Whether a process still runs; one that has ended may wait for its parent to see it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


# --- `keep` ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "kept"),
    [("", None), ("keep = '365d'", 365), ("keep = '14d'", 14), ("since = '1d'\nkeep = '1d'", 1)],
)
def test_how_long_posts_are_kept(keys: str, kept: int | None) -> None:
    """For ever, unless the config says otherwise; at least as long as they are looked at."""
    found = config.check(f"[scanner]\n{keys}\n{BRAND}", FILE, need_feeds=False).keep
    assert found == (None if kept is None else timedelta(days=kept))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("keep = '7d'", "scanner.keep: shorter than since (14d), which looks at posts so long"),
        ("since = '30d'\nkeep = '29d'", "scanner.keep: shorter than since (30d)"),
        ("since = '1h'\nkeep = '2h'", "scanner.keep: expected at least 1d"),
        ("keep = true", "scanner.keep: expected a duration"),
    ],
)
def test_posts_are_not_forgotten_while_they_are_looked_at(keys: str, said: str) -> None:
    """Shorter than `since`, or than a day, is a mistake."""
    with pytest.raises(ConfigError) as caught:
        config.check(f"[scanner]\n{keys}\n{BRAND}", FILE, need_feeds=False)
    assert said in str(caught.value)


def test_a_plain_word_in_an_address_spoils_no_post() -> None:
    """ "sortkey=published" looks like a key, but half of a feed's tags would become stars."""
    url = "https://feeds.example/?sortkey=published&token=s3cr3t-t0ken"
    feed = Feed("https://feeds.example/?sortkey=***", "x", access=Access(url=Secret(url)))
    way = way_to(feed)

    assert way.veil.body(b"<published>s3cr3t-t0ken</published>") == b"<published>***</published>"
    assert way.veil.message("at /?sortkey=published") == "at /?sortkey=***"
