"""Connections under our rules, below requests' adapter: checked addresses, deadlines, TLS.

In: an address, headers and the exchange they belong to. Out: urllib3's response, its body unread.
A proxy named in the environment is trusted, and decides itself which targets may be reached.

Touches: the network.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import threading
from http.client import HTTPResponse as Answered
from typing import Any, ClassVar, cast

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import create_urllib3_context

from scanner.fetch import dialling
from scanner.fetch.answers import Trouble

MAX_HEADERS = 64 * 1024
"""Bytes of status line and headers; http.client alone would take 100 lines of 64 KiB."""
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
"""A percent sign that begins no escape; urllib3 would take all the others for none, either."""
_PREPARED = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?/[A-Za-z0-9_~=&;:@!$()*+,?/.%-]*", re.ASCII
)
"""Addresses that are sent as they are written; escapes too, which may be signed."""

logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)
"""It logs addresses, queries and all, at DEBUG, and above that where headers are malformed."""

_current = threading.local()
"""Whose exchange this thread serves: urllib3 has no other way to tell a connection."""


class _Counted:
    """A stream of header lines that ends at the cap."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, MAX_HEADERS
        self.close = stream.close

    def readline(self, limit: int) -> Any:
        line = self._stream.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise Trouble(
                f"the answer's headers are larger than {MAX_HEADERS // 1024} KiB",
                "this is the server's fault; tell its owner if it stays",
            )
        return line


class _Capped(Answered):
    def begin(self) -> None:
        """Read status and headers, and 1xx answers before them, within the cap."""
        stream: Any = self.fp
        self.fp = cast(Any, _Counted(stream))
        try:
            super().begin()
        finally:
            self.fp = stream if self.fp is not None else self.fp


class _Watched(HTTPConnection):
    """A connection that dials for the exchange and tells it which socket is waited for."""

    guarded: ClassVar[bool] = True
    response_class = _Capped

    def _new_conn(self) -> Any:
        exchange: dialling.Exchange = _current.exchange
        exchange.fresh = True
        return dialling.dial(exchange, self._dns_host, self.port or 0, guarded=self.guarded)

    def connect(self) -> None:
        """Tell the exchange the socket as it is after a TLS handshake."""
        super().connect()
        _current.exchange.hold(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _current.exchange.reached = True
            _current.exchange.hold(self.sock)
        super().request(*args, **kwargs)


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class _Trusted(_Watched):
    guarded = False


class _TrustedTLS(_WatchedTLS):
    guarded = False


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _GuardedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class _TrustedPool(HTTPConnectionPool):
    ConnectionCls = _Trusted


class _TrustedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TrustedTLS


_GUARDED: dict[str, Any] = {"http": _GuardedPool, "https": _GuardedTLSPool}
_TRUSTED: dict[str, Any] = {"http": _TrustedPool, "https": _TrustedTLSPool}


class Adapter(HTTPAdapter):
    """requests' adapter on connections of our own, with one TLS context for all of them.

    What it does for every request and we have no use for (preparing an address that needs none,
    cookies, a response of its own, a pool looked up by two dozen keys) is left out: a conditional
    GET costs 0.25 ms of processor time instead of 0.43.
    """

    def __init__(self, *, guarded: bool, pool: int) -> None:
        """Keep at most `pool` hosts and `pool` connections to each; `guarded` checks addresses."""
        super().__init__(pool_connections=pool, pool_maxsize=pool, max_retries=0)
        self.poolmanager.pool_classes_by_scheme = _GUARDED if guarded else _TRUSTED
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._pools: dict[str, Any] = {}

    def ask(
        self,
        url: str,
        headers: dict[str, str],
        exchange: dialling.Exchange,
        proxies: dict[str, str],
    ) -> HTTPResponse:
        """GET for the exchange; its time bounds connecting, the handshake, and each read."""
        _current.exchange, exchange.fresh = exchange, False
        left = exchange.remaining()
        request = requests.PreparedRequest()
        request.method, request.headers = "GET", headers  # type: ignore[assignment]
        url = _STRAY.sub("%25", url)
        if _PREPARED.fullmatch(url) and "/." not in url:
            request.url = url
        else:
            request.prepare_url(url, None)
        sent: Any = self.send(request, stream=True, timeout=(left, left), proxies=proxies)
        response: HTTPResponse = sent
        return response

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Keep the pool of a host at hand; one that was closed, to make room, is made anew."""
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        place = request.url[: request.url.index("/", 8)]
        pool = self._pools.get(place)
        if pool is None or pool.pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[place] = pool
        return pool

    def request_url(self, request: Any, proxies: Any) -> str:
        """Give the path for the request line; through a proxy requests knows what to write."""
        if proxies:
            return super().request_url(request, proxies)
        url: str = request.url
        return url[url.index("/", 8) :].partition("#")[0]

    def build_response(self, req: Any, resp: Any) -> Any:
        """Leave urllib3's response as it is."""
        return resp

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Trust the proxy's own address: a person put it into the environment."""
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _TRUSTED
        return manager

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Verify always, with one context: loading the certificates takes 20 ms a time."""
        host, _ = super().build_connection_pool_key_attributes(request, True, cert)
        if host["scheme"] != "https":
            return host, {}
        with self._lock:
            self._context = self._context or _tls_context()
        return host, {"ssl_context": self._context, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to do: the context has it all."""


def _tls_context() -> ssl.SSLContext:
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    context = create_urllib3_context()
    context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
    if os.path.isdir(bundle):
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cafile=bundle)
    return context
