"""What the server of the cases serves: feeds that work, feeds that do not, and documents that harm.

In: nothing. Out: `PAGES`, by path; `BROKEN` are those of which nothing can be kept, `ODD` those of
which something can. And what pages are made of, for a test that needs another one.

Touches: nothing.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cases.server import Exchange, Page, reply
from tests.conftest import rss

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""A Friday, noon: when the tests begin."""
MODIFIED = "Tue, 03 Nov 2026 10:00:00 GMT"
ODD_DATE = "Tue, 3 Nov 2026 10:00:00 +0000"
_SYNDICATION = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
_MIB = 2**20
_DEEP = 100_000
"""Elements inside each other; the loudest example of X04."""


# --- feeds ----------------------------------------------------------------------------------------


def posts(count: int = 5, word: str = "invoice") -> list[dict[str, Any]]:
    """Posts about Acme that differ enough to be no copies of each other."""
    return [
        {
            "title": f"Acme and {word} number {n}",
            "text": f"<p>Acme lost {word} {n} of mine, {n * 7919 % 997} days after {n}.</p>",
            "url": f"https://posts.example/{word}/{n}",
            "guid": f"{word}-{n}",
            "when": NOW - timedelta(hours=1 + n),
        }
        for n in range(count)
    ]


def document(count: int = 5, word: str = "invoice", channel: str = "") -> bytes:
    """An RSS document; `channel` is put into its head."""
    text = rss(posts(count, word)).replace("<rss ", f"<rss {_SYNDICATION} ", 1)
    return text.replace("</description>", f"</description>{channel}", 1).encode()


def fine(body: bytes | None = None, **headers: str) -> bytes:
    """An answer that is a feed; header names with _ for -."""
    named = {"Content-Type": "application/rss+xml"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return reply(200, named, document() if body is None else body)


def with_items(*items: str) -> bytes:
    """An RSS document of these items, as they are."""
    return document(0).replace(b"</channel>", "".join(items).encode() + b"</channel>")


def json_feed(*items: object) -> bytes:
    """A JSON Feed of these items; what UTF-8 cannot hold is escaped."""
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "j", "items": items}).encode()


def with_doctype(doctype: str, used: str) -> bytes:
    """A document with this DOCTYPE, and a title that uses what it declares."""
    text = document(1).decode().replace("?>", f"?>{doctype}", 1)
    return text.replace("Acme and invoice number 0", f"Acme {used}").encode()


def small_posts(count: int) -> bytes:
    """A document of so many small posts, 600 bytes each."""
    filler = f"<x>{'y' * 400}</x>"
    return with_items(
        *(
            f"<item><title>Acme {n}</title><guid>small-{n}</guid>"
            f"<link>https://small.example/{n}</link><description>short {n}</description>"
            f"{filler}</item>"
            for n in range(count)
        )
    )


# --- how pages behave -----------------------------------------------------------------------------


def in_turn(*pages: Page) -> Page:
    """The first answer to the first request, and so on; the last one for ever."""

    def page(exchange: Exchange) -> bytes | None:
        chosen = pages[min(exchange.request.number, len(pages)) - 1]
        return chosen(exchange) if callable(chosen) else chosen

    return page


def conditional(full: bytes, etag: str | None = None, date: str | None = None) -> Page:
    """A bare 304 to a request that carries exactly this validator, else the full answer."""

    def page(exchange: Exchange) -> bytes:
        tag, since = exchange.request.conditions
        known = tag == etag if tag is not None else since is not None and since == date
        return reply(304, length=False) if known else full

    return page


def late(seconds: float, answer: bytes) -> Page:
    """The answer after a while."""

    def page(exchange: Exchange) -> bytes:
        exchange.pause(seconds)
        return answer

    return page


def for_ever(start: bytes, piece: bytes, pause: float = 0) -> Page:
    """A start, and then the same piece until somebody has had enough."""

    def page(exchange: Exchange) -> None:
        exchange.send(start)
        while True:
            exchange.send(piece)
            exchange.pause(pause)

    return page


def _hang(exchange: Exchange) -> None:
    exchange.hang()


def _reset(exchange: Exchange) -> None:
    exchange.send(fine()[:300])
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _touched(exchange: Exchange) -> bytes:
    n = exchange.request.number
    return fine(ETag=f'"t{n}"', Last_Modified=MODIFIED.replace("10:00:00", f"10:00:{n:02}"))


def _short(exchange: Exchange) -> bytes | None:
    """Half of what its Content-Length promises, the first time; then true to its validators."""
    named = {"ETag": '"tr"', "Last-Modified": MODIFIED}
    whole = document(50)
    if exchange.request.number > 1:
        page = conditional(reply(200, named, whole), '"tr"', MODIFIED)
        return page(exchange) if callable(page) else page
    promised = {**named, "Content-Length": str(len(whole))}
    return reply(200, promised, whole[: len(whole) // 2], length=False)


def _half(exchange: Exchange) -> bytes:
    """Half a document with the length of the half, the first time; then true to its validator."""
    if exchange.request.conditions[0] == '"half"':
        return reply(304)
    whole = document(50)
    return fine(whole[: len(whole) // 2] if exchange.request.number == 1 else whole, ETag='"half"')


# --- what harms -----------------------------------------------------------------------------------


def bomb(mib: int) -> bytes:
    """A description of so many MiB in a thousandth of it, as gzip.

    A full flush lets each stretch of a deflate stream stand alone: one is packed and repeated.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head, tail = document(1).split(b"Acme lost", 1)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    stretch = packer.compress(b"A" * _MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + stretch * mib + packer.compress(tail) + packer.flush()


def _laughs() -> bytes:
    entities = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 11))
    return with_doctype(f"<!DOCTYPE rss [<!ENTITY a0 'ha'>{entities}]>", "&a10;")


def _blowup() -> bytes:
    return with_doctype(f"<!DOCTYPE rss [<!ENTITY a '{'A' * 200_000}'>]>", "&a;" * 3000)


def dated(*dates: str) -> bytes:
    """A document with a post for each date, as it is written."""
    return with_items(
        *(
            f"<item><title>Acme date {n}</title><guid>date-{n}</guid><pubDate>{date}</pubDate>"
            f"<description>Acme on day {n}</description></item>"
            for n, date in enumerate(dates)
        )
    )


DATES = (
    "Fri, 31 Dec 9999 23:59:59 +1400",
    "Mon, 01 Jan 0001 00:00:00 -1200",
    "Mon, 01 Jan 99999 00:00:00 GMT",
    "garbage",
    "9" * 100_000,
    "Sat, 29 Feb 2025 25:61:61 GMT",
    "Thu, 20 Nov 2036 11:00:00 GMT",
)


# --- by path --------------------------------------------------------------------------------------

GOOD: dict[str, Page] = {
    "/ok": fine(),
    "/cookie": fine(Set_Cookie="sid=1; Path=/"),
    "/cond": conditional(fine(ETag='"abc-1"', Last_Modified=MODIFIED), '"abc-1"', MODIFIED),
    "/weak": conditional(fine(ETag='W/"w1"'), 'W/"w1"'),
    "/odd-date": conditional(fine(Last_Modified=ODD_DATE), None, ODD_DATE),
    "/touch": _touched,
    "/etag-only": in_turn(
        fine(ETag='"e1"', Last_Modified=MODIFIED), fine(ETag='"e2"', Last_Modified=MODIFIED)
    ),
    "/304-new": in_turn(
        fine(ETag='"n1"', Last_Modified=MODIFIED),
        reply(304, {"ETag": '"n2"', "Last-Modified": MODIFIED}, length=False),
    ),
    "/date-gone": in_turn(
        fine(ETag='"l1"', Last_Modified=MODIFIED), fine(document(6), ETag='"l2"')
    ),
    "/max-age": fine(Cache_Control="max-age=86400"),
    "/moved": fine(),
    "/301": reply(301, {"Location": "/moved"}),
    "/302": reply(302, {"Location": "/moved"}),
}
BROKEN: dict[str, Page] = {
    # no answer, or no end of it
    "/hang": _hang,
    "/drip": for_ever(reply(200, {"Content-Length": "9999"}, length=False), b"<", 0.2),
    "/header-drip": for_ever(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n", 0.2),
    "/one-header": for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.2),
    "/continue": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.2),
    "/headers": for_ever(b"HTTP/1.1 200 OK\r\n", b"X: " + b"a" * 8000 + b"\r\n"),
    "/endless": for_ever(reply(200, length=False) + document()[:300], b" " * 65536),
    "/reset": _reset,
    # bodies that are not what they say
    "/short": _short,
    "/gzip-bad": fine(gzip.compress(document())[:-40], Content_Encoding="gzip"),
    "/no-gzip": fine(Content_Encoding="gzip"),
    "/br": fine(Content_Encoding="br"),
    "/zstd": fine(b"\x28\xb5\x2f\xfd" + bytes(999), Content_Encoding="zstd"),
    "/twice": fine(gzip.compress(gzip.compress(document())), Content_Encoding="gzip, gzip"),
    "/bomb": lambda _: fine(bomb(1024), Content_Encoding="gzip"),
    "/empty": fine(b" "),
    "/nothing": reply(204, length=False),
    "/html": reply(200, {"Content-Type": "text/html"}, b"<!doctype html><html><h1>Log in</h1>"),
    "/no-http": b"\x16\x03\x01\x00\xee no HTTP at all\r\n\r\n",
    # statuses
    "/304": reply(304, length=False),
    "/403": reply(403),
    "/404": reply(404),
    "/410": reply(410),
    "/429": reply(429, {"Retry-After": "7200"}),
    "/500": reply(500, body=b"boom"),
    "/503": reply(503, {"Retry-After": "7200"}),
    "/cloudflare": reply(403, {"cf-mitigated": "challenge"}, b"<html>Just a moment...</html>"),
    # redirects
    "/loop": reply(302, {"Location": "/loop"}),
    "/to-file": reply(302, {"Location": "file:///etc/passwd"}),
    "/to-ftp": reply(302, {"Location": "ftp://127.0.0.1/x"}),
    "/to-gopher": reply(302, {"Location": "gopher://127.0.0.1/x"}),
    "/to-data": reply(302, {"Location": "data:text/xml,<rss/>"}),
    "/to-nothing": reply(302, {"Location": "http://["}),
    # documents that are meant to harm
    "/laughs": fine(_laughs()),
    "/blowup": fine(_blowup()),
    "/external": fine(
        with_doctype("<!DOCTYPE rss [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>", "&e;")
    ),
    "/deep-json": fine(json_feed()[:-2] + b"[" * _DEEP, Content_Type="application/feed+json"),
    "/huge": lambda _: fine(small_posts(45_000)),
}
ODD: dict[str, Page] = {
    "/half": _half,
    "/deep": fine(
        document(2).replace(b"</item>", b"<a>" * _DEEP + b"</a>" * _DEEP + b"</item>", 1)
    ),
    "/deep-html": fine(document(2).replace(b"&lt;p&gt;", b"&lt;div&gt;" * 20_000, 1)),
    "/controls": fine(document().replace(b"invoice number 1", b"in\x00vo\x1b[2Jice number 1")),
    "/latin": fine(document().replace(b"invoice number 1", b"caf\xe9 \xff\xfe number 1")),
    "/utf-16": fine(rss(posts()).replace("utf-8", "utf-16", 1).encode("utf-16")),
    "/long": fine(document(2).replace(b"Acme and", b"Acme " + b"x" * 3_000_000 + b" and", 1)),
    "/surrogates": fine(
        json_feed({"id": "1", "title": "Acme \ud800 x", "content_text": "Acme \udfff is down"}),
        Content_Type="application/feed+json",
    ),
    "/dates": fine(dated(*DATES)),
}
PAGES = GOOD | BROKEN | ODD
