"""S01 to S13: which addresses are asked, and who gets to see what."""

from __future__ import annotations

import pytest

from tests.cases.conftest import PUBLIC
from tests.cases.pages import PAGES, document, fine
from tests.cases.server import Server, reply

GUARDED = ""
"""A [fetch] table that leaves `allow_private` alone."""


def lines(text: str, word: str) -> list[str]:
    """The lines that hold a word."""
    return [line for line in text.splitlines() if word in line]


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.case("S01")
def test_private_addresses_are_not_dialled(world, internet):
    """This machine, private networks, link-local and shared ones: refused before a connection."""
    hosts = [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fc00::1]", "[fd12::1]", "[fe80::1]",
    ]  # fmt: skip
    world.watch(*(world.server.url("/ok", host=host) for host in hosts), fetch=GUARDED)

    ran = world.scan()

    assert ran.code == 1
    assert internet.dialled == []
    assert world.server.dialled == 0
    assert len(lines(ran.err, "refused to ask")) == len(hosts)
    assert len(lines(ran.err, "allow_private = true")) == len(hosts)


@pytest.mark.case("S01")
def test_a_private_address_may_be_allowed_to_one_feed(world):
    """`allow_private` on a feed opens that feed and no other on the same host."""
    world.watch(("/ok", "allow_private = true"), "/cond", fetch=GUARDED)

    ran = world.scan()

    assert ran.code == 3
    assert world.server.paths == ["/ok"]


@pytest.mark.case("S02")
@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "①②⑦.⓪.⓪.①", "127.0.0.1.", "0"],
)
def test_no_spelling_of_this_machine_is_dialled(world, internet, host):
    """Numbers in other bases, fewer parts, circled digits: refused, or no address at all."""
    world.watch(world.server.url("/ok", host=host), fetch=GUARDED)

    ran = world.scan()

    assert ran.code in (1, 2)
    assert ran.err
    assert internet.dialled == []
    assert world.server.dialled == 0


@pytest.mark.case("S03")
@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "2001:0:7f00:1::",  # Teredo: the server is 127.0.0.1
        "2001:0:808:808:0:0:80ff:fffe",  # Teredo: the client is 127.0.0.1
    ],
)
def test_an_address_inside_an_address_is_unwrapped(world, internet, address):
    """IPv6 that carries a private IPv4 address is refused, written out or behind a name."""
    internet.names["inside.example"] = [address]
    urls = [world.server.url("/ok", host=host) for host in (f"[{address}]", "inside.example")]
    world.watch(*urls, fetch=GUARDED)

    ran = world.scan()

    assert ran.code == 1
    assert len(lines(ran.err, "refused to ask")) == 2
    assert internet.dialled == []


@pytest.mark.case("S04")
@pytest.mark.parametrize("hops", [1, 2, 5])
def test_a_redirect_into_a_private_network_is_refused(world, internet, hops):
    """Each hop's address is checked: the last public one is the last that is dialled."""
    internet.names |= {"out.example": [PUBLIC], "in.example": ["192.168.0.9"]}
    for hop in range(1, hops):
        world.server.pages[f"/{hop}"] = reply(302, {"Location": f"/{hop + 1}"})
    inside = world.server.url("/ok", host="in.example")
    world.server.pages[f"/{hops}"] = reply(302, {"Location": inside})
    world.watch(world.server.url("/1", host="out.example"), fetch=GUARDED)

    ran = world.scan()

    assert ran.code == 1
    assert "refused to ask in.example: it is a private network" in ran.err
    assert set(internet.dialled) == {PUBLIC}
    assert world.server.paths == [f"/{hop}" for hop in range(1, hops + 1)]


@pytest.mark.case("S05")
def test_the_address_that_was_checked_is_dialled(world, internet):
    """A name that turns private after the check gains nothing: it is not resolved again."""
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    internet.names["rebind.example"] = lambda: answers.pop(0)
    world.watch(world.server.url("/ok", host="rebind.example"), fetch=GUARDED)

    ran = world.scan()

    assert (ran.code, len(ran.rows)) == (0, 5)
    assert internet.dialled == [PUBLIC]
    assert len(answers) == 2
    assert world.server.log[0].headers["host"] == f"rebind.example:{world.server.port}"


@pytest.mark.case("S06")
@pytest.mark.parametrize("addresses", [["10.0.0.1", PUBLIC], [PUBLIC, "127.0.0.1", "::1"]])
def test_of_mixed_addresses_only_the_public_is_dialled(world, internet, addresses):
    """A name with a public and a private address never leads to the private one."""
    internet.names["mixed.example"] = addresses
    world.watch(world.server.url("/ok", host="mixed.example"), fetch=GUARDED)

    assert world.scan().code == 0
    assert internet.dialled == [PUBLIC]


# --- what is written as an address ----------------------------------------------------------------


@pytest.mark.case("S07")
@pytest.mark.parametrize(
    "url",
    [
        r"http://127.0.0.1:80\\@example.com/",
        r"http://example.com\\@127.0.0.1/",
        r"http://example.com/\u001b[2J",
        r"http://exam\nple.com/",
        r"http://example.com/\u009b",
        "http://example.com /",
        "http://a@b@example.com/",
        "http://exa%6dple.com/",
        "http://[::1",
        "http://example.com:99999/",
        "http:///feed",
        "//example.com/feed",
    ],
)
def test_an_address_that_reads_two_ways_is_a_mistake(world, url):
    """A backslash, control characters, two @: exit 2 with the line, and nobody is asked."""
    brand = "[[brands]]\nname = 'Acme'\n"
    world.cli.write("scanner.toml", f'{brand}[[feeds]]\nurl = "/ok"\n[[feeds]]\nurl = "{url}"\n')

    ran = world.scan()

    assert ran.code == 2
    assert "scanner.toml:6: feeds[1].url" in ran.err
    assert ran.err.isprintable() or ran.err.rstrip("\n").isprintable()


@pytest.mark.case("S07")
def test_a_login_that_looks_like_a_host_is_no_host(world, internet):
    """Of `http://example.com@127.0.0.1/` the host is 127.0.0.1: refused."""
    internet.names["example.com"] = [PUBLIC]
    world.watch(world.server.url("/ok", login="example.com@"), fetch=GUARDED)

    ran = world.scan()

    assert ran.code == 1
    assert "refused to ask 127.0.0.1" in ran.err
    assert internet.dialled == []


@pytest.mark.case("S08")
@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "data"])
def test_a_redirect_leads_to_http_only(world, scheme):
    """Other schemes end it: no file is read, nothing is stored."""
    world.watch(f"/to-{scheme}")

    ran = world.scan()

    assert (ran.code, world.posts) == (1, [])
    assert f"a redirect to {scheme}: only http and https are followed" in ran.err
    assert len(world.server.log) == 1


@pytest.mark.case("S09")
@pytest.mark.parametrize("url", ["exec:ls", "gopher://h/", "ftp://h/f", "data:text/xml,<rss/>"])
def test_other_schemes_are_a_mistake_in_the_config(world, url):
    """Only http, https, file: and paths are addresses; anything else is exit 2."""
    world.watch(url)

    ran = world.scan()

    assert ran.code == 2
    assert "expected an address that begins with https://" in ran.err


@pytest.mark.case("S09")
def test_a_file_counts_in_the_config(world):
    """A path or a file: address in the TOML is a feed."""
    path = world.cli.write("own.xml", document(3, "own"))
    other = world.cli.write("other.xml", document(2, "other"))
    world.watch("own.xml", other.as_uri(), fetch=GUARDED)

    assert world.scan().code == 0
    assert len(world.posts) == 5
    assert path.exists()


@pytest.mark.case("S09")
@pytest.mark.parametrize(
    "body", ["secret.xml", "{folder}/secret.xml", "file://{folder}/secret.xml"]
)
def test_a_body_that_names_a_file_is_words(world, body):
    """What a server sends is never taken for a place to read from."""
    world.cli.write("secret.xml", document(3, "secret"))
    world.server.pages["/feed"] = fine(body.format(folder=world.cli.folder).encode())
    world.watch("/feed")

    ran = world.scan()

    assert (ran.code, world.posts) == (1, [])
    assert "not a feed" in ran.err


OPML = """<opml version="2.0"><body>
<outline text="a" xmlUrl="https://a.example/feed"/>
<outline text="b" xmlUrl="file:///etc/passwd"/>
<outline text="c" xmlUrl="exec:ls"/>
<outline text="d" xmlUrl="feed.xml"/>
</body></opml>"""


@pytest.mark.xfail(strict=False, reason="there is no `feeds import` yet")
@pytest.mark.case("S09")
def test_a_list_of_feeds_brings_web_addresses_only(world):
    """Of an OPML file neither a path, nor file:, nor exec: gets into the TOML."""
    path = world.watch("/ok")
    world.cli.write("list.opml", OPML)

    world.cli("feeds", "import", "list.opml")

    toml = path.read_text("utf-8")
    assert "https://a.example/feed" in toml
    assert not {"file:", "exec:", "feed.xml"} & {word for word in toml.split('"') if word}
    assert "/etc/passwd" not in toml


@pytest.mark.case("S09")
def test_a_page_that_names_a_file_as_its_feed_is_not_followed(world):
    """A discovered link is shown at most, and never as a file."""
    page = (
        b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml"'
        b' href="file:///etc/passwd"></head></html>'
    )
    world.server.pages["/page"] = reply(200, {"Content-Type": "text/html"}, page)
    world.watch("/page")

    ran = world.scan()

    assert (ran.code, world.posts) == (1, [])
    assert "file:" not in ran.err


# --- who gets to see what -------------------------------------------------------------------------


@pytest.mark.case("S10")
def test_a_proxy_is_trusted_and_asked_for_everything(world, internet):
    """HTTP_PROXY may be on this machine; no name is resolved here, the targets are its affair."""
    world.server.pages["http://feeds.example/x"] = fine()
    world.watch("http://feeds.example/x", fetch=GUARDED)

    ran = world.scan(HTTP_PROXY=world.server.url(""))

    assert (ran.code, len(ran.rows)) == (0, 5)
    assert [each.line for each in world.server.log] == ["GET http://feeds.example/x HTTP/1.1"]
    assert set(internet.dialled) == {"127.0.0.1"}


@pytest.mark.case("S10")
def test_no_proxy_goes_straight(world):
    """NO_PROXY is obeyed, and then our own guard counts again."""
    world.watch("/ok", fetch=GUARDED)

    ran = world.scan(HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="127.0.0.1")

    assert "refused to ask 127.0.0.1" in ran.err
    assert world.server.dialled == 0


@pytest.mark.case("S11")
def test_a_login_stays_with_its_host(world, internet):
    """User and password go to their own host and port, and come back to no other."""
    internet.names |= {"a.example": [PUBLIC], "b.example": [PUBLIC]}
    away = world.server.url("/away", host="b.example")
    other_port = world.server.url("/ok", host="a.example", door=world.server.door())
    world.server.pages |= {
        "/feed": reply(302, {"Location": "/same"}),
        "/same": reply(302, {"Location": away}),
        "/away": reply(302, {"Location": other_port}),
    }
    world.watch(world.server.url("/feed", host="a.example", login="ada:s3cret@"), fetch=GUARDED)

    ran = world.scan("-v")

    assert ran.code == 0
    basic = "Basic YWRhOnMzY3JldA=="
    told = [request.headers.get("authorization") for request in world.server.log]
    assert told == [basic, basic, None, None]
    assert "s3cret" not in ran.out + ran.err


@pytest.mark.case("S11")
def test_a_login_never_goes_from_https_to_http(world, secure, certificates):
    """What was sent under TLS is not sent in the open, to the same host."""
    secure.pages["/feed"] = reply(302, {"Location": world.server.url("/ok")})
    world.watch(secure.url("/feed", login="ada:s3cret@"))

    ran = world.scan(REQUESTS_CA_BUNDLE=str(certificates.good))

    assert ran.code == 0
    assert secure.log[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in world.server.log[0].headers


@pytest.mark.case("S12")
def test_netrc_is_not_read(world):
    """A ~/.netrc with a login for the host adds nothing to a request."""
    netrc = world.cli.write("home/.netrc", "machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    world.watch("/ok")

    world.scan(NETRC=str(netrc))

    assert "authorization" not in world.server.log[0].headers


# --- TLS ------------------------------------------------------------------------------------------


@pytest.mark.case("S13")
def test_a_certificate_nobody_vouches_for_is_refused(world, secure):
    """TLS fails closed: exit 1, the reason in words, and no request was sent."""
    world.watch(secure.url("/ok"))

    ran = world.scan()

    assert ran.code == 1
    assert "no safe connection to 127.0.0.1: self-signed certificate" in ran.err
    assert (secure.log, secure.dialled) == ([], 1)


@pytest.mark.case("S13")
def test_an_authority_of_ones_own_can_be_trusted(world, secure, certificates, internet):
    """REQUESTS_CA_BUNDLE names one; the host's name is still checked."""
    internet.names |= {"feeds.example": [PUBLIC], "wrong.example": [PUBLIC]}
    feeds = [secure.url("/ok", host=f"{name}.example") for name in ("feeds", "wrong")]
    world.watch(*feeds, fetch=GUARDED)

    ran = world.scan(REQUESTS_CA_BUNDLE=str(certificates.good))

    assert (ran.code, len(ran.rows)) == (3, 5)
    assert "Hostname mismatch" in ran.err
    assert [request.headers["host"].partition(":")[0] for request in secure.log] == [
        "feeds.example"
    ]


@pytest.mark.case("S13")
def test_an_expired_certificate_is_refused_though_its_authority_is_trusted(world, certificates):
    """Its day has passed: no request is sent, and the other feed is read."""
    server = Server(dict(PAGES), tls=certificates.context(certificates.expired))
    try:
        world.watch(server.url("/ok"), "/cond")

        ran = world.scan(REQUESTS_CA_BUNDLE=str(certificates.expired))
    finally:
        server.close()

    assert (ran.code, len(world.posts)) == (3, 5)
    assert "certificate has expired" in ran.err
    assert server.log == []


@pytest.mark.case("S13")
@pytest.mark.parametrize("where", ["fetch", "feed"])
def test_nothing_in_the_config_switches_tls_off(world, secure, where):
    """There is no `insecure`: exit 2, and nobody is asked."""
    key = "insecure = true"
    fetch = "allow_private = true\n" + (key if where == "fetch" else "")
    world.watch((secure.url("/ok"), key if where == "feed" else ""), fetch=fetch)

    ran = world.scan()

    assert ran.code == 2
    assert "insecure: unknown key" in ran.err
    assert secure.dialled == 0
