"""K01 to K05: secrets of feeds, which nobody sees; and the file that they may stand in.

A canary goes out by every way that there is to give a secret, to a server that says it again
wherever it can; then everything is searched for it that a run has printed, written or started.
"""

from __future__ import annotations

import base64
import html
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from scanner.records import Feed
from tests.cases.conftest import PUBLIC, World
from tests.cases.pages import PAGES, fine
from tests.cases.server import Exchange, Server, reply
from tests.conftest import Cli, Ran

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
BRAND = "[[brands]]\nname = 'Acme'\n"


def config(world: World, text: str, mode: int = 0o600) -> Path:
    """Write a config whose feeds may reach the server."""
    head = "[fetch]\nallow_private = true\nhost_delay = '0s'\n"
    path = world.cli.write("scanner.toml", f"{head}{BRAND}{text}")
    path.chmod(mode)
    return path


# --- K01: a secret in a file that others can read -------------------------------------------------


@posix
@pytest.mark.case("K01")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620])
@pytest.mark.parametrize(
    ("login", "query", "keys"),
    [
        ("ana:s3cretword@", "", ""),
        ("s3cretword@", "", ""),
        ("", "?token=s3cretword", ""),
        ("", "", "user = 'ana'\npassword = 's3cretword'"),
        ("", "", "token = 's3cretword'"),
    ],
)
def test_a_secret_that_others_can_read_is_not_used(world, mode, login, query, keys):
    """Exit 2 with the command that mends it; nothing is sent, and the secret is not said."""
    url = world.server.url(f"/ok{query}", login=login)
    path = config(world, f"[[feeds]]\nname = 'Forum'\nurl = '{url}'\n{keys}\n", mode)

    ran = world.scan("-c", str(path))

    assert ran.code == 2
    assert f'the feed "Forum" has a secret in {"its address" if not keys else ""}' in ran.err
    assert f"chmod 600 {path}" in ran.err
    assert "s3cretword" not in ran.out + ran.err
    assert world.server.dialled == 0
    assert not world.database.exists()


@posix
@pytest.mark.case("K01")
@pytest.mark.parametrize(
    ("keys", "mode"),
    [("", 0o644), ("token_env = 'TOKEN'", 0o644), ("token = 's3cretword'", 0o600)],
)
def test_what_is_no_secret_may_be_read_by_all(world, keys, mode):
    """No secret, one that stands elsewhere, or a file for its owner alone: the feed is read."""
    config(world, f"[[feeds]]\nurl = '{world.server.url('/ok')}'\nabout = 'Acme'\n{keys}\n", mode)

    ran = world.scan(TOKEN="s3cretword")

    assert (ran.code, len(ran.rows)) == (0, 5)


@posix
@pytest.mark.case("K01", "K05")
@pytest.mark.parametrize(("mode", "code"), [(0o644, 2), (0o600, 0)])
def test_of_a_link_its_target_counts(world, mode, code):
    """A symbolic link to the config has a mode that says nothing."""
    url = world.server.url("/ok")
    path = config(world, f"[[feeds]]\nurl = '{url}'\ntoken = 's3cretword'\n", mode)
    link = world.cli.folder / "link.toml"
    link.symlink_to(path.rename(world.cli.folder / "real.toml"))

    ran = world.scan("-c", "link.toml")

    assert ran.code == code
    assert ("chmod 600" in ran.err) == (code == 2)


@posix
@pytest.mark.case("K01")
def test_adding_a_feed_with_a_secret_closes_the_file(world):
    """`feeds add` sets the mode and says so; without a secret the mode stays."""
    path = config(world, "", 0o644)
    world.server.pages["/ok?token=s3cretword"] = fine()

    plain = world.cli("feeds", "add", world.server.url("/cond"))
    between = stat.S_IMODE(path.stat().st_mode)
    secret = world.cli("feeds", "add", world.server.url("/ok?token=s3cretword"))

    assert (plain.code, between, "chmod" in plain.err) == (0, 0o644, False)
    assert (secret.code, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600)
    assert "only you can read it (chmod 600)" in secret.err
    assert "s3cretword" not in secret.out + secret.err
    assert world.scan().code == 0


@posix
@pytest.mark.case("K01")
def test_a_config_that_init_writes_is_closed(cli):
    """Whoever fills a token into it later has nothing to think of."""
    assert cli("init", "--brand", "Acme", "--site", "acme.io").code == 0

    assert stat.S_IMODE((cli.folder / "scanner.toml").stat().st_mode) == 0o600


# --- K02: a secret that is not to be had ----------------------------------------------------------

PRINTS = f"{sys.executable} -c"
WRONG = [
    ("_env = 'NOT_SET'", "the environment variable that it names is not set"),
    ("_env = 'EMPTY'", "the environment variable that it names is empty"),
    ("_env = 'BLANK'", "the environment variable that it names is empty"),
    ("_command = 'false'", "the command ended with exit code 1"),
    ("_command = 'true'", "the command printed nothing"),
    ("_command = 'echo'", "the command printed nothing"),
    ("_command = './no-such-command'", "the command could not be started: No such file"),
    ("_command = '/'", "the command could not be started: Permission denied"),
    (
        f"""_command = '''{PRINTS} "print('s3cretword'); raise SystemExit(3)"'''""",
        "the command ended with exit code 3",
    ),
    (
        f"""_command = '''{PRINTS} "import os; print('s3cretword', flush=True); os.abort()"'''""",
        "the command was ended by signal 6",
    ),
    (
        f"""_command = '''{PRINTS} "print('s3cretword' * 9000)"'''""",
        "the command printed more than 64 KiB",
    ),
    (
        f"""_command = '''{PRINTS} "print('s3cretword' + chr(10) + 'more')"'''""",
        "expected ",
    ),
    (
        rf"""_command = '''{PRINTS} "import sys; sys.stdout.buffer.write(bytes([255]))"'''""",
        "the command printed what is no text in UTF-8",
    ),
]


@posix
@pytest.mark.case("K02")
@pytest.mark.parametrize(("key", "why"), WRONG, ids=[str(n) for n in range(len(WRONG))])
@pytest.mark.parametrize("kind", ["url", "password", "token"])
def test_a_secret_that_is_not_to_be_had_ends_the_scan(world, kind, key, why):
    """Exit 2 with file, line, key and feed; not the value, nor the variable, nor the command."""
    rest = {"url": "", "token": f"url = '{world.server.url('/ok')}'\n"}
    rest["password"] = f"{rest['token']}user = 'ana'\n"
    feed = f"[[feeds]]\nname = 'Forum'\n{rest[kind]}{kind}{key}\n"
    path = config(world, f"[[feeds]]\nurl = '{world.server.url('/cond')}'\n{feed}")
    line = path.read_text().splitlines().index(f"{kind}{key}") + 1

    ran = world.scan("-c", str(path), EMPTY="", BLANK=" \n")

    where = f"scanner: {path}:{line}: feeds[1].{kind}{key.split(' ')[0]}: {why}"
    assert ran.code == 2
    assert ran.err.startswith(where)
    assert ran.err.endswith('(feed "Forum")\n')
    assert ran.err.count("\n") == 1
    for word in ("s3cretword", "NOT_SET", "EMPTY", "no-such-command", "print"):
        assert word not in ran.err.removeprefix(where)
    assert world.server.dialled == 0, "no other feed is asked either"


@posix
@pytest.mark.case("K02")
def test_every_secret_that_is_missing_is_told_at_once(world):
    """Two feeds, three keys, three complaints."""
    url = world.server.url("/ok")
    config(
        world,
        f"[[feeds]]\nname = 'A'\nurl = '{url}'\ntoken_env = 'NO'\n"
        "[[feeds]]\nname = 'B'\nurl_env = 'NO'\nuser = 'ana'\npassword_command = 'false'\n",
    )

    ran = world.scan()

    assert (ran.code, ran.err.count("\n")) == (2, 3)
    assert [word in ran.err for word in ("token_env", "url_env", "password_command")] == [True] * 3


@posix
@pytest.mark.case("K02")
@pytest.mark.parametrize(
    "command", ["sleep 60", "sh -c 'sleep 60 & echo s3cretword'", "sh -c 'cat; sleep 60'"]
)
def test_a_command_that_hangs_is_ended(world, monkeypatch, command):
    """At its deadline, also where a child of it keeps its stdout open; stdin is empty."""
    monkeypatch.setattr("scanner.config.secrets._SECONDS", 0.3)
    config(
        world,
        f"[[feeds]]\nname = 'A'\nurl = '{world.server.url('/ok')}'\n"
        f'token_command = "{command}"\n',
    )
    began = time.monotonic()

    ran = world.scan()

    assert time.monotonic() - began < 5
    assert ran.code == 2
    assert "the command took longer than 0.3 s" in ran.err
    assert world.server.dialled == 0


@posix
@pytest.mark.case("K02")
def test_a_secret_is_looked_for_only_when_a_feed_is_asked(world):
    """Once a scan however many feeds share it; not by list, show, help, nor for what rests."""
    counted = world.cli.folder / "counted"
    command = f"token_command = \"sh -c 'echo x >> {counted}; echo s3cretword'\"\n"
    urls = [world.server.url(path) for path in ("/ok", "/cond")]
    config(world, "".join(f"[[feeds]]\nurl = '{url}'\nabout = 'Acme'\n{command}" for url in urls))

    def times() -> int:
        return len(counted.read_text()) // 2 if counted.exists() else 0

    for quiet in (["list"], ["feeds", "list"], ["--help"], ["scan", "--no-fetch"], ["show", "x"]):
        world.cli(*quiet)
    before = times()
    assert world.scan().code == 0
    first = times()
    assert world.scan().code == 0
    resting = times()
    assert world.cli("feeds", "check").code == 0

    assert (before, first, resting, times()) == (0, 1, 1, 2)
    sent = {request.headers.get("authorization") for request in world.server.log}
    assert sent == {"Bearer s3cretword"}


@posix
@pytest.mark.case("K02")
def test_a_command_runs_beside_the_config_without_a_shell(world):
    """Quotes are read, `$` and `;` are not; a relative path counts from the file's folder."""
    script = world.cli.write("home/own/say.sh", '#!/bin/sh\necho "$1"\n')
    script.chmod(0o700)
    url = world.server.url("/ok")
    path = config(
        world,
        f"[[feeds]]\nurl = '{url}'\nabout = 'Acme'\ntoken_command = \"./say.sh 's3cret;$HOME'\"\n",
    ).rename(script.parent / "scanner.toml")

    assert world.scan("-c", str(path)).code == 0

    assert world.server.log[0].headers["authorization"] == "Bearer s3cret;$HOME"


@pytest.mark.case("K02")
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("url = 'https://a.org/'\nurl_env = 'X'", "url_env: there is url already"),
        ("url_env = 'X'\nurl_command = 'x'\nname='a'", "url_command: there is url_env already"),
        ("url_env = 'X'", "name: missing; a feed with url_env is known by its name alone"),
        ("", "url: missing"),
        ("url = 'https://a.org/'\ntoken = 'sekrit'\ntoken_env = 'X'", "token_env: there is token"),
        (
            "url = 'https://a.org/'\nuser='a'\npassword_env = 'X'\npassword_command = 'x'",
            "password_command: there is password_env already",
        ),
        ("url = 'https://a.org/'\npassword = 'sekrit'", "user: missing; a password goes with"),
        ("url = 'https://a.org/'\nuser = 'ana'", "password: missing; a user goes with"),
        ("url = 'https://a.org/'\nuser = 'a:b'\npassword = 'sekrit'", "user: expected a user wit"),
        (
            "url = 'https://a.org/'\nuser = 'a'\npassword = 'sekrit'\ntoken = 'sekrit'",
            "user: there is a token already",
        ),
        ("url = 'https://a:sekrit@a.org/'\ntoken = 'sekrit'", "url: it has a user of its own"),
        ("url = 'a.xml'\ntoken = 'sekrit'", "url: a file is read without user"),
        ("url = 'https://a.org/'\ntoken = ''", "token: expected a string in quotes, not empty"),
        ("url = 'https://a.org/'\ntoken = 5", "token: expected a string in quotes"),
        ("url = 'https://a.org/'\ntoken = ['sekrit']", "token: expected a string in quotes"),
        ("url = 'https://a.org/'\ntoken = 'sek rit'", "token: expected a token in plain ASCII"),
        ("url = 'https://a.org/'\ntoken = 'sekrït'", "token: expected a token in plain ASCII"),
        (
            "url = 'https://a.org/'\nuser = 'a'\npassword = \"sek\\u0000rit\"",
            "password: expected one line without control characters",
        ),
        ("url = 'https://a.org/'\ntoken_env = 'sek rit'", "token_env: expected the name of an env"),
        ("url = 'https://a.org/'\ntoken_env = ''", "token_env: expected the name of an env"),
        ("url = 'https://a.org/'\ntoken_command = \"sek 'rit\"", "token_command: expected a comm"),
        ("url = 'https://a.org/'\ntoken_command = ' '", "token_command: expected a command"),
        ("url = '//ana:sekrit@a.org/'", "url: expected https:// or http:// before"),
        ("url = 'ana:sekrit@a.org/'", "url: expected an address that begins with"),
        ("url = 'a.org/feed?token=sekrit'", 'did you mean "https://a.org/feed?token=***"?'),
    ],
)
def test_keys_that_contradict_each_other_are_told_apart(cli, keys, said):
    """A complaint names the key and never what it holds."""
    path = cli.write("scanner.toml", f"{BRAND}[[feeds]]\n{keys}\n")
    path.chmod(0o600)

    ran = cli("list")

    assert ran.code == 2
    assert said in ran.err
    assert "sek" not in ran.err


# --- K03: the canary ------------------------------------------------------------------------------

CANARY = "C4nary&Vogel'7<x>"
"""A password with what every escape changes; its first part is searched for in every case."""
TRACE = "c4nary"
LOGIN = base64.b64encode(f"ana:{CANARY}".encode()).decode()
TOKEN = "C4nary-Vogel-7.x"
INDEXED = quote(CANARY, safe="")


def traces(data: bytes) -> list[str]:
    """What is left of the canary in some bytes, in any encoding or escape."""
    low = data.lower()
    wanted = [TRACE.encode(form) for form in ("ascii", "utf-16-le", "utf-16-be")]
    wanted += [LOGIN[:12].lower().encode(), LOGIN[-12:].lower().encode(), TRACE[::-1].encode()]
    wanted += ["".join(f"&#{ord(c)};" for c in name).encode() for name in ("C4nary", "c4nary")]
    return [f"{low[max(0, at - 60) : at + 60]!r}" for each in wanted if (at := low.find(each)) >= 0]


def said_again(exchange: Exchange) -> list[str]:
    """Everything secret about a request, in every form that a server may write it in."""
    request = exchange.request
    words = [request.path, unquote(request.path), request.headers.get("authorization", "none")]
    if words[-1].startswith("Basic "):
        words.append(base64.b64decode(words[-1][6:]).decode())
        words.append(words[-1].partition(":")[2])
    if words[-1].startswith("Bearer "):
        words.append(words[-1][7:])
    words += [part for word in words[:2] for part in word.replace("?", "/").split("/") if part]
    return list(dict.fromkeys(words))


def echo(exchange: Exchange) -> bytes:
    """A feed that holds them everywhere."""
    items: list[str] = []
    for number, word in enumerate(said_again(exchange)):
        for form in (word, quote(word, safe=""), html.escape(word), json.dumps(word)[1:-1]):
            xml = html.escape(form)
            link = f"https://posts.example/{number}?was={html.escape(quote(word))}"
            items.append(
                f"<item><title>Acme is broken: {xml}</title><link>{link}</link>"
                f"<guid>{xml}-{len(items)}</guid><dc:creator>{xml}</dc:creator>"
                f"<comments>https://posts.example/c/{html.escape(quote(form, safe=''))}</comments>"
                f"<description>Acme fails: {html.escape(xml)} <![CDATA[<a href='https://h.example/"
                f"{form}'>{form}</a>]]></description></item>"
            )
    word = html.escape(exchange.request.path)
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{word}</title><link>https://posts.example/{word}</link>"
        f'<atom:link rel="self" href="http://127.0.0.1{word}"/>{"".join(items)}</channel></rss>'
    ).encode()


def headers(exchange: Exchange) -> dict[str, str]:
    """The same in headers, as far as they take it."""
    told = " ".join(quote(word, safe=" :&'<>~") for word in said_again(exchange))
    return {
        "ETag": f'"{told}"',
        "Last-Modified": told,
        "X-Echo": told,
        "Set-Cookie": f"session={told}",
        "Content-Type": f"application/rss+xml; charset={told}",
    }


def as_feed(exchange: Exchange) -> bytes:
    return reply(200, headers(exchange), echo(exchange))


def as_wide_feed(exchange: Exchange) -> bytes:
    text = '<?xml version="1.0" encoding="utf-16"?>' + echo(exchange).decode()
    return reply(200, {"Content-Type": "text/xml"}, text.encode("utf-16"))


def as_json(exchange: Exchange) -> bytes:
    items = [
        {"id": f"{word} {number}", "title": f"Acme {word}", "content_text": f"Acme fails: {word}",
         "url": f"https://posts.example/{quote(word, safe='')}", "authors": [{"name": word}]}
        for number, word in enumerate(said_again(exchange))
    ]  # fmt: skip
    made = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}
    return reply(200, headers(exchange), json.dumps(made).replace("/", "\\/").encode())


def as_error(status: int) -> Callable[[Exchange], bytes]:
    def page(exchange: Exchange) -> bytes:
        return reply(status, {**headers(exchange), "Retry-After": "7200"}, echo(exchange))

    return page


def as_page(exchange: Exchange) -> bytes:
    """No feed, but a page that links to one, with the secret in its words and its link."""
    told = "".join(f"<p>not allowed: {word}" for word in said_again(exchange))
    link = f'<link rel="alternate" type="application/rss+xml" href="{exchange.request.path}">'
    body = f"<!doctype html><html><head>{link}<title>{told[3:60]}</title></head>{told}"
    return reply(200, headers(exchange) | {"Content-Type": "text/html"}, body.encode())


def as_redirect(exchange: Exchange) -> bytes:
    """To a page of the same site that has it all in its address; that one is a feed."""
    if "/landed/" in exchange.request.path:
        return as_feed(exchange)
    told = "&".join(quote(word, safe="") for word in said_again(exchange))
    where = f"/landed/{told}?again={told}"
    return reply(301, headers(exchange) | {"Location": where})


def as_odd_redirect(exchange: Exchange) -> bytes:
    """To a scheme that is no scheme, made of the secret."""
    word = next(w for w in said_again(exchange)[::-1] if TRACE in w.lower())
    at = word.lower().index(TRACE)
    return reply(302, {"Location": f"{word[at : at + 6]}{word[at + 6 :].encode().hex()}:x"})


def as_other_host(exchange: Exchange) -> bytes:
    """To a host that is named for the secret: no resolver is asked for it."""
    told = any(TOKEN in word for word in said_again(exchange))
    return reply(302, {"Location": f"http://{TOKEN}.example/"}) if told else as_feed(exchange)


def as_malformed(exchange: Exchange) -> bytes:
    """Headers that urllib3 warns of in its log, and a body that ends early."""
    told = " ".join(said_again(exchange)).encode()
    return b"HTTP/1.1 200 " + told + b"\r\n broken " + told + b"\r\n\r\n<rss>" + told


KINDS: dict[str, Callable[[Exchange], bytes]] = {
    "feed": as_feed,
    "wide": as_wide_feed,
    "json": as_json,
    "e401": as_error(401),
    "e404": as_error(404),
    "e410": as_error(410),
    "e500": as_error(500),
    "e503": as_error(503),
    "page": as_page,
    "redirect": as_redirect,
    "scheme": as_odd_redirect,
    "host": as_other_host,
    "malformed": as_malformed,
}


class Echoes(dict[str, object]):
    """Pages by the word after the first slash, whatever comes behind it."""

    def get(self, path: str, default: object = None) -> object:
        kind = path.lstrip("/").partition("?")[0].partition("/")[0]
        return KINDS.get(kind, KINDS["redirect"] if kind == "landed" else default)


@dataclass
class Way:
    """One way to give a secret: what stands in the TOML, and in the environment."""

    feed: Callable[[str, str, Path], str]
    """From a base address, a page and a folder that nobody searches."""
    environ: Callable[[str, str], dict[str, str]] = lambda base, kind: {}
    open: bool = False
    """Nothing secret stands in the TOML."""


def kept(folder: Path, name: str, text: str) -> str:
    """A command that prints a text, which stands in no argument of it."""
    file = folder / name
    file.write_text(f"{text}\n")
    return f"cat {file}"


def signed(base: str, kind: str) -> str:
    return f"{base}/{kind}/{TOKEN}/x.xml?when=all&s={INDEXED}#part"


def login(base: str) -> str:
    return base.replace("//", f"//ana:{INDEXED}@")


WAYS = {
    "userinfo": Way(lambda base, kind, _: f"url = '{login(base)}/{kind}'"),
    "token in place of a user": Way(
        lambda base, kind, _: f"url = '{base.replace('//', f'//{TOKEN}@')}/{kind}'"
    ),
    "query": Way(
        lambda base, kind, _: f"url = '{base}/{kind}?page=1&access_token={INDEXED}&key={TOKEN}'"
    ),
    "password": Way(
        lambda base, kind, _: f'url = "{base}/{kind}"\nuser = "ana"\npassword = "{CANARY}"'
    ),
    "token": Way(lambda base, kind, _: f'url = "{base}/{kind}"\ntoken = "{TOKEN}"'),
    "url_env": Way(
        lambda base, kind, _: f'url_env = "SECRET_{kind.upper()}"',
        lambda base, kind: {f"SECRET_{kind.upper()}": signed(base, kind)},
        open=True,
    ),
    "url_env with a login": Way(
        lambda base, kind, _: f'url_env = "SECRET_{kind.upper()}"',
        lambda base, kind: {f"SECRET_{kind.upper()}": f"{login(base)}/{kind}"},
        open=True,
    ),
    "password_env": Way(
        lambda base, kind, _: f'url = "{base}/{kind}"\nuser = "ana"\npassword_env = "SECRET"',
        lambda base, kind: {"SECRET": CANARY},
        open=True,
    ),
    "token_env": Way(
        lambda base, kind, _: f'url = "{base}/{kind}"\ntoken_env = "SECRET"',
        lambda base, kind: {"SECRET": TOKEN},
        open=True,
    ),
    "url_command": Way(
        lambda base, kind, out: f'url_command = "{kept(out, kind, signed(base, kind))}"',
        open=True,
    ),
    "password_command": Way(
        lambda base, kind, out: (
            f'url = "{base}/{kind}"\nuser = "ana"\npassword_command = "{kept(out, kind, CANARY)}"'
        ),
        open=True,
    ),
    "token_command": Way(
        lambda base, kind, out: (
            f'url = "{base}/{kind}"\ntoken_command = "{kept(out, kind, TOKEN)}"'
        ),
        open=True,
    ),
}


@pytest.fixture
def echoes() -> Iterator[Server]:
    """A server that says everything again."""
    made = Server(Echoes())  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def aside(tmp_path_factory) -> Path:
    """A folder that is not searched: what commands print must stand somewhere."""
    made: Path = tmp_path_factory.mktemp("aside")
    return made


def feeds_of(way: Way, base: str, aside: Path, kinds: list[str]) -> tuple[str, dict[str, str]]:
    """The feeds of a config that has one for each page, and the variables that they need."""
    rows: list[str] = []
    environ: dict[str, str] = {}
    for kind in kinds:
        rows.append(f"[[feeds]]\nname = '{kind}'\nabout = 'Acme'\n{way.feed(base, kind, aside)}\n")
        environ |= way.environ(base, kind)
    return "".join(rows), environ


def assert_no_trace(world: World, *told: Ran | str) -> None:
    """Nothing was printed, and nothing stands in any file but the TOML itself."""
    for one in told:
        said = one if isinstance(one, str) else f"{one.out}\n{one.err}"
        assert traces(said.encode()) == []
    for file in world.cli.folder.rglob("*"):
        if file.is_file() and file.name != "scanner.toml":
            assert traces(file.read_bytes()) == [], file


@posix
@pytest.mark.case("K03")
@pytest.mark.parametrize("name", WAYS)
def test_a_secret_goes_to_its_server_and_nowhere_else(world, echoes, aside, name, capfd):
    """Whatever the server says and whatever is asked of scanner, nothing but *** is left of it."""
    way, base = WAYS[name], f"http://127.0.0.1:{echoes.port}"
    text, environ = feeds_of(way, base, aside, list(KINDS))
    path = config(world, text, 0o644 if way.open else 0o600)
    run = world.cli

    ran = [
        run("scan", "-v", "--format", "jsonl", "-n", "0", **environ),
        run("scan", "--refetch", "--all", "-v", "--debug", "-o", "queue.csv", **environ),
        *(run("list", "--format", form, "-n", "0") for form in ("table", "csv", "json", "jsonl")),
        run("list", "--format", "markdown", "-n", "0", "-o", "queue.md"),
        *(run("feeds", "list", "--format", form) for form in ("table", "csv", "json", "jsonl")),
        run("feeds", "check", "--explain", "-v", "--debug", **environ),
        run("feeds", "check", "no-such", "--debug", **environ),
        run("scan", "--no-fetch", "--all", "--format", "table", "-n", "0"),
    ]
    ids = [row["id"] for row in ran[0].rows[:3]]
    ran += [run("show", one) for one in ids] + [run("show", one, "-f", "json") for one in ids]

    assert [one.code for one in ran[:2]] == [3, 3]
    assert len(ids) == 3
    asked = {request.path.lstrip("/").partition("?")[0].partition("/")[0] for request in echoes.log}
    assert asked == {*KINDS, "landed"}
    sent = "".join(f"{request.line}{request.headers}" for request in echoes.log)
    assert traces(sent.encode()) != [], "the server itself must get it"
    assert "***" in ran[0].out
    assert_no_trace(world, *ran, *capfd.readouterr())
    assert (traces(path.read_bytes()) == []) == way.open


@posix
@pytest.mark.case("K03")
@pytest.mark.parametrize(
    ("name", "options"),
    [("query", ["--debug"]), ("token_env", ["-v"]), ("url_command", ["--debug"])],
)
def test_a_bug_shows_no_secret(world, echoes, aside, name, options):
    """A library that dies with the whole request in its message, under --debug, logging it all."""
    text, environ = feeds_of(WAYS[name], f"http://127.0.0.1:{echoes.port}", aside, ["feed"])
    config(world, text)
    world.cli.write(
        "site/sitecustomize.py",
        "import logging\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "from requests.adapters import HTTPAdapter\n"
        "sends = HTTPAdapter.send\n"
        "def send(self, request, **more):\n"
        "    sends(self, request, **more)\n"
        "    raise KeyError(f'{request.url} {request.headers}')\n"
        "HTTPAdapter.send = send\n",
    )
    environ |= {"PYTHONPATH": str(world.cli.folder / "site")}

    ran = alone(world.cli, ["scan", *options], environ)

    assert (ran.code, "KeyError" in ran.err) == (1, True)
    assert ("Traceback" in ran.err) == (options == ["--debug"])
    assert_no_trace(world, ran)
    assert traces("".join(str(one) for one in echoes.log).encode()) != []


def alone(cli: Cli, arguments: list[str], environ: dict[str, str]) -> Ran:
    """Run `scanner` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "scanner", *arguments],
        env=os.environ | cli.environ | environ,
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@posix
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
@pytest.mark.case("K03")
@pytest.mark.parametrize("name", ["token_env", "password_command"])
def test_what_scanner_starts_gets_no_secret(world, echoes, aside, name):
    """Neither arguments nor environment of its children, nor its own arguments, hold it."""
    seen: dict[str, bytes] = {}
    started: list[int] = []

    def look(exchange: Exchange) -> bytes:
        for pid in family(started[0]):
            with suppress(OSError):
                seen[f"cmdline {pid}"] = Path(f"/proc/{pid}/cmdline").read_bytes()
                if pid != started[0]:
                    seen[f"environ {pid}"] = Path(f"/proc/{pid}/environ").read_bytes()
        return fine()

    world.server.pages["/look"] = look
    text, environ = feeds_of(WAYS[name], f"http://127.0.0.1:{echoes.port}", aside, ["feed"])
    plain = (world.server.url("/look" if n == 40 else f"/ok?{n}") for n in range(41))
    world.server.pages |= {f"/ok?{n}": fine() for n in range(41)}
    config(world, text + "".join(f"[[feeds]]\nurl = '{url}'\n" for url in plain))

    with subprocess.Popen(
        [sys.executable, "-m", "scanner", "scan"],
        env=os.environ | world.cli.environ | environ,
        cwd=world.cli.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        started.append(run.pid)
        out, err = run.communicate(timeout=60)

    assert run.returncode == 0, err
    assert len(seen) >= 3, "scanner, and at least one child of it"
    for what, data in seen.items():
        assert traces(data) == [], what
    assert_no_trace(world, out.decode(), err.decode())


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


@pytest.mark.case("K03")
def test_a_token_of_reddits_is_as_secret(world, internet, echoes):
    """`?feed=TOKEN&user=NAME`, by the host that it is for; it is sent as it is written."""
    internet.names["www.reddit.com"] = [PUBLIC]
    url = f"http://www.reddit.com:{echoes.port}/feed?feed={TOKEN}&user={TOKEN}&limit=100"
    config(world, f"[[feeds]]\nurl = '{url}'\nabout = 'Acme'\n")

    ran = world.scan("-v", "--debug")
    shown = world.cli("feeds", "list", "-f", "json")

    assert ran.code == 0
    assert echoes.log[0].path == f"/feed?feed={TOKEN}&user={TOKEN}&limit=100"
    host = f"http://www.reddit.com:{echoes.port}/feed"
    assert shown.json[0]["url"] == f"{host}?feed=***&user=***&limit=100"
    assert_no_trace(world, ran, shown)


@pytest.mark.case("K03")
def test_a_token_that_changes_keeps_what_is_known(world):
    """The feed is known by its address without the secret: nothing is new the second time."""
    for path in ("/ok?token=first-one", "/ok?token=second-one"):
        world.server.pages[path] = fine()
    ids = []
    for token in ("first-one", "second-one"):
        world.watch(f"/ok?token={token}")
        world.scan("--refetch")
        ids.append([row["id"] for row in world.cli("list", "-f", "jsonl").rows])

    assert [request.path for request in world.server.log] == [
        "/ok?token=first-one",
        "/ok?token=second-one",
    ]
    assert ids[0] == ids[1]
    assert [row["url"] for row in world.feeds] == [world.server.url("/ok?token=***")]


@pytest.mark.case("K03")
def test_a_feed_without_a_secret_is_known_as_ever(world):
    """Its address is its identity, byte for byte, and nothing in its body is touched."""
    url = world.server.url("/ok?q=a%20b&page=2&$x=#part")
    world.server.pages["/ok?q=a%20b&page=2&$x="] = fine()
    path = world.watch(url)

    from scanner.config import load

    (feed,) = load(path).feeds
    assert feed == Feed(url.removesuffix("#part"), feed.name, "Acme", policy=feed.policy)
    assert feed.access is None
    assert world.scan().code == 0
    assert world.server.paths == ["/ok?q=a%20b&page=2&$x="]


# --- K04: nothing in an address is a variable -----------------------------------------------------


@pytest.mark.case("K04")
@pytest.mark.parametrize(
    "path",
    [
        "/$HOME/x?a=${HOME}&b=$$",
        "/100%25/%7Eana/%2F?q=%23hash%20and%2Bplus",
        "/a?q=%24HOME&r=%%",
        "/~ana/$(id)/`id`?x='y'",
    ],
)
def test_an_address_is_asked_as_it_is_written(world, path):
    """`$`, `%` and an escaped `#` mean nothing to us; what follows a bare `#` is never sent."""
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    sent = path.replace("{", "%7B").replace("}", "%7D").replace("`", "%60").replace("%%", "%25%25")
    world.server.pages[sent] = fine()
    url = f"http://127.0.0.1:{world.server.port}{quoted}"
    config(world, f'[[feeds]]\nurl = "{url}#$HOME" # a comment\nabout = "Acme"\n')

    ran = world.scan(HOME="/nowhere")

    assert world.server.paths == [sent]
    assert (ran.code, len(ran.rows)) == (0, 5)
    assert world.feeds[0]["url"] == url


@pytest.mark.case("K04")
def test_a_secret_is_used_as_it_is_written(world):
    """`$`, `%`, `#` and blanks of a password are its own; a variable's name is no value."""
    config(
        world,
        f"[[feeds]]\nurl = '{world.server.url('/ok')}'\nabout = 'Acme'\nuser = 'ana'\n"
        "password = '$HOME %20 #1'\n",
    )

    assert world.scan().code == 0

    sent = world.server.log[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"ana:$HOME %20 #1"


# --- K05: the file itself -------------------------------------------------------------------------


@pytest.mark.case("K05")
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_file_of_any_editor_is_read(world, mark, ends):
    """A byte order mark and CRLF change nothing, neither values nor the lines of complaints."""
    text = f"{BRAND}[fetch]\nallow_private = true\n[[feeds]]\nurl = '{world.server.url('/ok')}'\n"
    rows = text + "about = 'Acme'\n"
    world.cli.write("scanner.toml", mark + rows.replace("\n", ends).encode())
    good = world.scan()
    world.cli.write("scanner.toml", mark + (text + "abuot = 1\n").replace("\n", ends).encode())
    wrong = world.scan()

    assert (good.code, len(good.rows)) == (0, 5)
    assert wrong.code == 2
    assert "scanner.toml:7: feeds[0].abuot: unknown key" in wrong.err


@posix
@pytest.mark.case("K05")
def test_a_linked_file_counts_its_paths_from_where_the_link_is(world):
    """`-c` names a link: it is followed for reading, and `feeds add` writes through it."""
    world.cli.write("real/deep.toml", f"{BRAND}")
    link = world.cli.folder / "scanner.toml"
    link.symlink_to("real/deep.toml")

    added = world.cli("feeds", "add", world.server.url("/ok?token=s3cretword"))

    assert added.code == 0
    assert link.is_symlink()
    assert stat.S_IMODE((world.cli.folder / "real/deep.toml").stat().st_mode) == 0o600
    assert "token=s3cretword" in (world.cli.folder / "real/deep.toml").read_text()


@pytest.mark.case("K05")
def test_a_file_in_latin_1_is_refused_with_its_line(world):
    """Exit 2 with line and column; what stands around is not shown."""
    text = f"{BRAND}[[feeds]]\nurl = 'https://ana:s3cretword@a.org/'\nname = 'M\xfcnchen'\n"
    world.cli.write("scanner.toml", text.encode("latin-1"))

    ran = world.scan()

    assert ran.code == 2
    assert "scanner.toml:5: byte 0xFC at column 10 is not UTF-8" in ran.err
    assert "s3cretword" not in ran.err
    assert PAGES  # the server has pages, and nobody asked for them
    assert world.server.dialled == 0
