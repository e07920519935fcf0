"""One conditional GET with its redirects, over requests' adapters.

In: a job, conditions, an Exchange (the deadline). Out: an Answer or a Trouble, with nothing in it
of what is secret about the feed.
An adapter without a session: a session is what keeps cookies, reads ~/.netrc and follows
redirects. Of the environment only HTTP(S)_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE are read; behind
a proxy the proxy decides which targets may be reached.

Limits beside those of a feed's policy: 5 redirects, 64 KiB of headers.

Touches: the network.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.client import IncompleteRead
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import getproxies

import requests
from requests.utils import get_environ_proxies, requote_uri
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

import scanner
from scanner.fetch import dialling, schedule
from scanner.fetch.answers import Answer, HostRests, Refused, Trouble
from scanner.fetch.bodies import decode, too_large
from scanner.fetch.connections import Adapter
from scanner.fetch.room import Room
from scanner.fetch.ways import without_login
from scanner.records import Feed, HostState
from scanner.text import redact
from scanner.text.secrets import Veil, secrets_of

if TYPE_CHECKING:
    from scanner.fetch.hosts import Job

_MAX_REDIRECTS = 5
_PIECE = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SCHEMES = frozenset({"data", "feed", "file", "ftp", "gopher", "javascript", "mailto"})
_FOR_GOOD = frozenset({301, 308})
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
"""With */*: some servers answer 403 without (https://github.com/FreshRSS/FreshRSS/issues/8189)."""
_BROKEN = "the server breaks off or does not speak HTTP: it is asked again later"
_ERRORS = (requests.RequestException, HTTPError, OSError, ValueError)
"""ValueError: what the libraries raise on addresses and lengths that make no sense."""

Resting = Callable[[str], HostState | None]


class Transport:
    """The connections of one run, and how requests look. Used by many threads."""

    def __init__(self, contact: str | None, resting: Resting, pool: int = 32) -> None:
        """Take who runs this, and a look-up for hosts that must be left alone."""
        self._user_agent = user_agent(contact)
        self._resting = resting
        self._room = Room()
        # Two pools: a connection opened for a feed with allow_private must not serve another.
        self._guarded = Adapter(guarded=True, pool=pool)
        self._open = Adapter(guarded=False, pool=pool)
        self._proxied = any(scheme in getproxies() for scheme in ("http", "https", "all"))

    def get(self, job: Job, conditions: Mapping[str, str], exchange: dialling.Exchange) -> Answer:
        """Ask, follow at most 5 redirects, and read the answer. Raises Trouble or HostRests."""
        veil = job.way.veil
        try:
            return _veiled(self._asked(job, conditions, exchange), job)
        except Trouble as trouble:
            if veil:
                trouble.args = (veil.message(trouble.why),)
                trouble.why, trouble.hint = (
                    trouble.args[0],
                    trouble.hint and veil.message(trouble.hint),
                )
            raise

    def _asked(
        self, job: Job, conditions: Mapping[str, str], exchange: dialling.Exchange
    ) -> Answer:
        url, way = without_login(job.url), job.way
        headers = self._headers(conditions)
        if way.authorization and (url == way.url or _keeps_login(way.url, url)):
            headers["Authorization"] = way.authorization
        moved, for_good = False, True
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, headers, job.feed, exchange)
            exchange.asked = True
            if response.status not in _REDIRECTS:
                for_good = moved and for_good and not way.whole
                return _answer(response, url, job.feed, exchange, self._room, moved=for_good)
            moved, for_good = True, for_good and response.status in _FOR_GOOD
            following = _following(url, response.headers.get("location"))
            _leave(response, exchange)
            if not _keeps_login(url, following):
                headers.pop("Authorization", None)
            if schedule.host_key(following) != schedule.host_key(url):
                self._ask_leave(following, way.veil)
            url = following
        raise Trouble(f"more than {_MAX_REDIRECTS} redirects", "check the address")

    def close(self) -> None:
        """Close what is kept open."""
        self._guarded.close()
        self._open.close()

    def _headers(self, conditions: Mapping[str, str]) -> dict[str, str]:
        return {
            "User-Agent": self._user_agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip, deflate",
            **conditions,
        }

    def _ask_leave(self, url: str, veil: Veil) -> None:
        key = schedule.host_key(url)
        if veil.touches(key):  # resolvers would be told, and the host be remembered
            raise Trouble("a redirect to a host that is named for a secret", "check the address")
        host = self._resting(key)
        if host is not None:
            raise HostRests(host)

    def _send(
        self, url: str, headers: dict[str, str], feed: Feed, exchange: dialling.Exchange
    ) -> HTTPResponse:
        adapter = self._open if feed.policy.allow_private else self._guarded
        try:
            proxies = get_environ_proxies(url) if self._proxied else {}
            try:
                return adapter.ask(url, headers, exchange, proxies)
            except requests.ConnectionError:
                # A kept connection that the server closed just now: nobody saw the request.
                if exchange.fresh:
                    raise
                return adapter.ask(url, headers, exchange, proxies)
        except _ERRORS as error:
            raise _trouble(url, error, exchange) from None


def user_agent(contact: str | None) -> str:
    """Say who asks: name, version, and where to complain. What could break a header is quoted."""
    where = (contact or "").strip() or scanner.HOMEPAGE
    return f"scanner/{scanner.__version__} (+{quote(where[:200], safe=_SAFE)})"


_SAFE = "!#$%&'*+,-./:;<=>?@[]^_`{|}~ "


# --- the answer -------------------------------------------------------------------------------


def _answer(
    response: HTTPResponse,
    url: str,
    feed: Feed,
    exchange: dialling.Exchange,
    room: Room,
    *,
    moved: bool,
) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status
    try:
        if status not in (200, 203):
            return Answer(status, headers, b"", url, moved)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > feed.policy.max_bytes:
            raise too_large(feed.policy.max_bytes)
        with room.place(exchange) as swell:
            body = decode(
                _pieces(response), headers.get("content-encoding"), feed.policy.max_bytes, swell
            )
        exchange.remaining()  # a socket that was cut looks like a body that ended
        return Answer(status, headers, body, url, moved)
    except _ERRORS as error:
        raise _trouble(url, error, exchange) from None
    finally:
        _leave(response, exchange)


_VALIDATORS = ("etag", "last-modified")


def _veiled(answer: Answer, job: Job) -> Answer:
    """Take the feed's secrets out of an answer; a validator that has one would come back wrong."""
    veil = job.way.veil
    if not veil:
        return replace(answer, asked=job.url)
    if job.way.whole:  # what it leads to is as secret
        veil = Veil((*veil, *secrets_of(answer.url, whole=True)))
    kept = {
        name: veil.text(value)
        for name, value in answer.headers.items()
        if name not in _VALIDATORS or not veil.touches(value)
    }
    where = redact(veil.text(answer.url))
    return Answer(
        answer.status,
        kept,
        veil.body(answer.body),
        where,
        # a move that still shows a short secret would be kept, and told
        answer.moved and not veil.touches(where.partition("?")[0]),
        asked=redact(veil.text(without_login(job.url))),
    )


def _pieces(raw: HTTPResponse) -> Iterator[bytes]:
    while piece := raw.read(_PIECE, decode_content=False):
        yield piece
    if raw.length_remaining:
        raise Trouble("the body ends early", _BROKEN)


def _leave(raw: HTTPResponse, exchange: dialling.Exchange) -> None:
    """Give the connection back if its answer is read to the end; else close it, unread."""
    exchange.drop()
    if raw.length_remaining == 0:
        raw.read(1, decode_content=False)  # reads nothing; http.client needs it to see the end
    raw.close()


def _trouble(url: str, error: Exception, exchange: dialling.Exchange) -> Trouble:
    """Put a library's error into our words; none of its own, they carry addresses."""
    host = (urlsplit(url).hostname or "the address")[:100]
    try:
        exchange.remaining()
    except Trouble as late:
        return late
    if isinstance(error, requests.exceptions.SSLError):
        found = next(
            (e for e in _causes(error) if isinstance(e, ssl.SSLCertVerificationError)), None
        )
        what = f": {found.verify_message}" if found is not None else ""
        hint = "its certificate is not to be trusted, or the connection is tampered with"
        # Where no host at all has a good certificate, our clock or our network is wrong (N16).
        return Trouble(f"no safe connection to {host}{what}", hint, offline=not exchange.asked)
    if isinstance(error, requests.exceptions.ProxyError) or _is_the_proxys(url, error):
        hint = "check HTTP_PROXY and HTTPS_PROXY"
        return Trouble(f"the proxy did not let us through to {host}", hint, offline=True)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        why, hint = f"not an address that can be asked ({host})", "check the address"
        return Trouble(why, hint) if exchange.asked else Refused(why, hint)
    if any(isinstance(found, IncompleteRead) for found in _causes(error)):
        return Trouble("the body ends early", _BROKEN)
    return Trouble(f"{host} broke off or sent no valid answer", _BROKEN)


def _is_the_proxys(url: str, error: Exception) -> bool:
    """Whether it is not the address that cannot be read, but that of a proxy."""
    if not isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return False
    if not getproxies() or urlsplit(url).scheme not in ("http", "https"):
        return False
    try:
        requests.PreparedRequest().prepare_url(url, None)
    except requests.exceptions.RequestException:
        return False
    return True


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through what an error wraps: requests and urllib3 use arguments and `reason`."""
    seen = [error]
    for found in seen:
        yield found
        inner = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        seen += [e for e in inner if isinstance(e, BaseException) and e not in seen]


# --- redirects --------------------------------------------------------------------------------


def _following(url: str, location: str | None) -> str:
    """Give the address of the next hop: http(s) only, without login and fragment."""
    target = (location or "").strip()
    with contextlib.suppress(UnicodeError):
        # http.client reads headers as ISO 8859-1; addresses in them are mostly UTF-8.
        target = target.encode("latin-1").decode("utf-8")
    if not target or any(c < " " or c in "\\\x7f" for c in target):
        raise Trouble("a redirect to no valid address", "check the address")
    try:
        joined = urljoin(url, target)
        parts = urlsplit(joined)
        _ = parts.port
    except ValueError:
        raise Trouble("a redirect to no valid address", "check the address") from None
    if parts.scheme not in ("http", "https"):
        scheme = parts.scheme if parts.scheme in _SCHEMES else "another scheme"  # who knows what
        what = f"a redirect to {scheme}: only http and https are followed"
        raise Trouble(what, "check the address")
    if not parts.hostname:
        raise Trouble("a redirect to no valid address", "check the address")
    return requote_uri(without_login(joined))


def _keeps_login(old: str, new: str) -> bool:
    """Say whether user and password may go along: same place, or the same made safe."""
    before, after = urlsplit(old), urlsplit(new)
    if before.hostname != after.hostname:
        return False
    ports = [schedule.host_key(old).rpartition(":")[2], schedule.host_key(new).rpartition(":")[2]]
    if (before.scheme, after.scheme) == ("http", "https"):
        return ports == ["80", "443"]
    return before.scheme == after.scheme and ports[0] == ports[1]
