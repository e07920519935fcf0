"""A feed server on this machine: behaviour by path, and a log of what it was asked.

In: requests on loopback, each door a port and so a site of its own. Out: what the page says.
A page is bytes, or a function of the exchange that returns bytes, or sends them itself and returns
None. Every answer ends its connection, so that a request in the log is one that was really sent.

Touches: the network, the clock.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_PATIENCE = 20
"""Seconds until a connection is given up that nobody needs any more."""


@dataclass
class Request:
    """One request, as it came."""

    door: int
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    line: str
    at: float
    """Seconds, monotonic."""
    number: int
    """1 for the first request of this path."""
    sent: int = 0
    """Bytes of the answer that the other side's socket took."""

    @property
    def conditions(self) -> tuple[str | None, str | None]:
        """The entity tag and the date it carries."""
        return self.headers.get("if-none-match"), self.headers.get("if-modified-since")


@dataclass
class Exchange:
    """A request, and the connection it came on."""

    request: Request
    connection: socket.socket
    over: threading.Event

    def send(self, data: bytes) -> None:
        """Send, and count; raises OSError when the other side has gone."""
        for start in range(0, len(data), 65536):
            piece = data[start : start + 65536]
            self.connection.sendall(piece)
            self.request.sent += len(piece)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while; raises OSError when the server closes."""
        if self.over.wait(seconds):
            raise OSError("the server is closed")

    def hang(self) -> None:
        """Say nothing until the other side leaves."""
        self.connection.recv(1)


Page = bytes | Callable[[Exchange], bytes | None]


def reply(
    status: int, headers: Mapping[str, str] | None = None, body: bytes = b"", *, length: bool = True
) -> bytes:
    """Write a whole answer; without `length` the body ends where the connection does."""
    lines = [f"HTTP/1.1 {status} Words", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Server:
    """Pages by path, on one or more doors."""

    pages: dict[str, Page]
    tls: ssl.SSLContext | None = None
    log: list[Request] = field(default_factory=list)
    dialled: int = 0
    """Connections taken, also those without a request."""
    most: dict[int, int] = field(default_factory=dict)
    """The most requests in flight at once, for each door."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._active: dict[int, int] = {}
        self._open: set[socket.socket] = set()
        self._doors: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self.port = self.door()
        self._threads = [self._hire(self._accept)]

    def door(self) -> int:
        """Open another port: another site."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=600)
        self._doors.append(listening)
        self._selector.register(listening, selectors.EVENT_READ, listening)
        self._waker.send(b"!")
        return int(listening.getsockname()[1])

    def url(self, path: str, *, door: int = 0, host: str = "127.0.0.1", login: str = "") -> str:
        """Give the address of a page."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{login}{host}:{door or self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.log]

    def asked(self, path: str) -> list[Request]:
        """Give the requests of one page."""
        return [request for request in self.log if request.path == path]

    def close(self) -> None:
        """End every connection and thread."""
        self._over.set()
        self._waker.send(b"!")
        self._threads[0].join(_PATIENCE)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(_PATIENCE)
        self._selector.close()
        for each in (*self._doors, self._waker, self._woken):
            each.close()

    def _hire(self, duty: Callable[..., None], *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=duty, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select():
                listening = key.data
                if listening is None:
                    self._woken.recv(99)
                    continue
                connection, _ = listening.accept()
                self.dialled += 1
                door = listening.getsockname()[1]
                self._threads.append(self._hire(self._serve, connection, door))

    def _serve(self, plain: socket.socket, door: int) -> None:
        # what can go wrong here is that the other side leaves, which many a case is about
        with contextlib.suppress(OSError), plain:
            plain.settimeout(_PATIENCE)
            with self._kept(plain):
                if self.tls is None:
                    self._converse(plain, door)
                    return
                with self.tls.wrap_socket(plain, server_side=True) as safe, self._kept(safe):
                    self._converse(safe, door)

    @contextlib.contextmanager
    def _kept(self, connection: socket.socket) -> Any:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    def _converse(self, connection: socket.socket, door: int) -> None:
        request = self._request(connection, door)
        if request is None:
            return
        try:
            page = self.pages.get(request.path, reply(404))
            made = page(Exchange(request, connection, self._over)) if callable(page) else page
            if made:
                Exchange(request, connection, self._over).send(made)
        finally:
            with self._lock:
                self._active[door] -= 1

    def _request(self, connection: socket.socket, door: int) -> Request | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return None
            data += piece
        line, *rest = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in rest)}
        path = line.split(" ")[1]
        with self._lock:
            number = len(self.asked(path)) + 1
            request = Request(door, path, headers, line, time.monotonic(), number)
            self.log.append(request)
            self._active[door] = self._active.get(door, 0) + 1
            self.most[door] = max(self.most.get(door, 0), self._active[door])
        return request
