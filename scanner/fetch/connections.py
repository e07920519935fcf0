"""Connections under our rules, below requests' adapter: checked addresses, deadlines, TLS.

In: a prepared request and the exchange it belongs to. Out: requests' response, its body unread.
A proxy named in the environment is trusted, and decides itself which targets may be reached.

Touches: the network.
"""

from __future__ import annotations

import os
import ssl
import threading
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import create_urllib3_context

from scanner.fetch import dialling

_current = threading.local()
"""Whose exchange this thread serves: urllib3 has no other way to tell a connection."""


class _Watched(HTTPConnection):
    """A connection that dials for the exchange and tells it which socket is waited for."""

    guarded: ClassVar[bool] = True

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
    """requests' adapter on connections of our own, with one TLS context for all of them."""

    def __init__(self, *, guarded: bool, pool: int) -> None:
        """Keep at most `pool` hosts and `pool` connections to each; `guarded` checks addresses."""
        super().__init__(pool_connections=pool, pool_maxsize=pool, max_retries=0)
        self.poolmanager.pool_classes_by_scheme = _GUARDED if guarded else _TRUSTED
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def ask(
        self,
        request: requests.PreparedRequest,
        exchange: dialling.Exchange,
        proxies: dict[str, str],
    ) -> requests.Response:
        """Send for the exchange; its time bounds connecting, the handshake, and each read."""
        _current.exchange, exchange.fresh = exchange, False
        left = exchange.remaining()
        return self.send(request, stream=True, timeout=(left, left), proxies=proxies)

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
