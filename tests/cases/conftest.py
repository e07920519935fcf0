"""A scanner in a folder of its own, a server it may ask, and a clock that a test can turn.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import functools
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from scanner import store
from scanner.records import FeedState, Post
from tests.cases.child import CAN_MEASURE, Measured, measured
from tests.cases.pages import NOW, PAGES
from tests.cases.server import Server
from tests.conftest import Cli, Ran

PUBLIC = "93.184.216.34"
"""An address that may be dialled."""


@dataclass
class World:
    """One person's scanner: its config, its database, and the time it thinks it is."""

    cli: Cli
    server: Server
    now: datetime = NOW

    def watch(self, *feeds: str | tuple[str, str], fetch: str = "allow_private = true") -> Path:
        """Write a config of these feeds: a path of the server or an address, perhaps with keys.

        Every post counts as about Acme, so that nothing is lost on the way to the store; hosts are
        asked without a pause.
        """
        rows = []
        for feed in feeds:
            url, keys = (feed, "") if isinstance(feed, str) else feed
            url = self.server.url(url) if url.startswith("/") else url
            rows.append(f"[[feeds]]\nurl = '{url}'\nabout = 'Acme'\n{keys}\n")
        if "host_delay" not in fetch:
            fetch += '\nhost_delay = "0s"'
        brand = "[[brands]]\nname = 'Acme'\n"
        written = self.cli.write("scanner.toml", f"[fetch]\n{fetch}\n{brand}{''.join(rows)}")
        written.chmod(0o600)  # some addresses hold a password
        return written

    def scan(self, *options: str, after: timedelta | None = None, **environ: str) -> Ran:
        """Turn the clock on by `after`, and scan."""
        self.now += after or timedelta(0)
        return self.cli("scan", "--format", "jsonl", "--limit", "0", *options, **environ)

    def scans(self, times: int, every: timedelta = timedelta(hours=2), *options: str) -> list[Ran]:
        """Scan now, and again each time `every` has passed."""
        return [self.scan(*options, after=every if n else None) for n in range(times)]

    def conditions(self, path: str) -> list[tuple[str | None, str | None]]:
        """The validators that each request of a page carried."""
        return [request.conditions for request in self.server.asked(path)]

    @property
    def database(self) -> Path:
        """Where the database is."""
        return Path(self.cli.environ["SCANNER_DB"])

    @property
    def posts(self) -> list[Post]:
        """What the database holds."""
        with store.connect(self.database, write=False) as opened:
            return list(opened.posts())

    @property
    def titles(self) -> list[str]:
        """Its titles, sorted."""
        return sorted(post.title for post in self.posts)

    def state(self, feed: str) -> FeedState:
        """What is remembered of a feed."""
        with store.connect(self.database, write=False) as opened:
            return opened.feed_states()[self.server.url(feed) if feed[0] == "/" else feed]

    @property
    def feeds(self) -> list[dict[str, Any]]:
        """What `scanner feeds list` says."""
        rows: list[dict[str, Any]] = self.cli("feeds", "list", "--format", "json").json
        return rows


_command = functools.cache(get_command)
"""Typer takes three times as long to build the command line as a scan takes that asks nobody."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Every page of the cases."""
    made = Server(dict(PAGES))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of whoever runs the tests would see their requests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def world(cli: Cli, server: Server, monkeypatch: pytest.MonkeyPatch) -> World:
    """A scanner whose clock stands at NOW until a test turns it."""
    cli.environ["SCANNER_DB"] = str(cli.folder / "scanner.db")
    made = World(cli, server)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return made.now

    monkeypatch.setattr("scanner.cli.shell.datetime", Clock)
    monkeypatch.setattr("typer.testing._get_command", _command)
    return made


@pytest.fixture(scope="session")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """What a scan of one small feed takes."""
    if not CAN_MEASURE:
        pytest.skip("memory is read from /proc")
    server = Server(dict(PAGES))
    world = World(Cli(tmp_path_factory.mktemp("idle")), server)
    world.cli.environ["SCANNER_DB"] = str(world.cli.folder / "scanner.db")
    world.watch("/ok")
    try:
        ran = measured(world.cli, "scan")
    finally:
        server.close()
    assert ran.code == 0
    return ran


# --- names, and what is dialled -------------------------------------------------------------------


@dataclass
class Internet:
    """Names and their addresses, and what was dialled; our server answers for everybody.

    A name that is missing has no address; what is an address in any spelling stays that one.
    """

    names: dict[str, list[str] | Callable[[], list[str]]] = field(default_factory=dict)
    dialled: list[str] = field(default_factory=list)


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The resolver and the wire, which are the world's."""
    made = Internet()
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        found = made.names.get(host)
        if found is None:
            return resolve(host, port, *args, **kwargs | {"flags": socket.AI_NUMERICHOST})
        addresses = found() if callable(found) else found
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    class Wire(socket.socket):
        def connect(self, address: Any) -> None:
            made.dialled.append(address[0])
            super().connect(("127.0.0.1", address[1]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "socket", Wire)
    return made


# --- TLS ------------------------------------------------------------------------------------------

_AUTHORITY = """\
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[ext]
basicConstraints = critical,CA:TRUE
subjectAltName = IP:127.0.0.1,DNS:feeds.example
"""


@dataclass
class Certificates:
    """Files of a key and a certificate for 127.0.0.1 and feeds.example, signed by itself."""

    good: Path
    expired: Path

    def context(self, file: Path) -> ssl.SSLContext:
        """A server's side of TLS."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(file)
        return made


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """One that is good for a century, and one that was good for a month of 2020."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command makes the certificates")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ca.cnf").write_text(_AUTHORITY)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"]
    _openssl(folder, "req", "-new", *key, "-subj", "/CN=feeds.example", "-out", "request.pem")
    spans = {"good": ("20200101", "21200101"), "expired": ("20200101", "20200201")}
    for name, (start, end) in spans.items():
        (folder / "index").write_text("")
        days = ["-startdate", f"{start}000000Z", "-enddate", f"{end}000000Z"]
        signed = ["-in", "request.pem", "-out", "signed.pem", "-extensions", "ext", "-notext"]
        own = ["-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", "key.pem"]
        _openssl(folder, "ca", *own, *signed, *days)
        both = (folder / "key.pem").read_text() + (folder / "signed.pem").read_text()
        (folder / f"{name}.pem").write_text(both)
    return Certificates(folder / "good.pem", folder / "expired.pem")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Server]:
    """The same pages over TLS, with the good certificate."""
    made = Server(dict(PAGES), tls=certificates.context(certificates.good))
    yield made
    made.close()
