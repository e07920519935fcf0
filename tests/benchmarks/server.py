"""A feed server for benchmarks, on this machine alone: /f/0.xml to /f/N-1.xml, made up.

usage: python tests/benchmarks/server.py PORT LATENCY_MS N

Five shapes of feed take turns: a blog with whole articles (RSS 2.0), headlines (RSS 2.0), a forum
(Atom, HTML), releases (Atom, XHTML), a news site (RSS 1.0). 25 to 45 entries each, no two alike.
Answers have ETag, Last-Modified and gzip where asked for; a conditional request gets 304; the
connection stays open. /stats tells as JSON what was answered since /reset. One post of 40 names
"Acme". Ends after two hours, if nobody ends it before.

Touches: the network, the terminal.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

MODIFIED = "Sat, 21 Nov 2026 08:00:00 GMT"
BEGIN = datetime(2026, 11, 21, 8, tzinfo=UTC)
LIFETIME = 2 * 3600.0

SAID = """the a to of and in that it is was for on with as this we you have not but at from they
what when there which one out all would so up if about who get which go me can like time no just
him know take people into year your good some could them see other than then now look only come
invoice export update support account billing release version fix server upload customer refund
screen button report delivery contract meeting quarter budget café naïve façade Größe año
“quoted” didn’t — 2026 100 % e.g. half-hour"""
WORDS = tuple(SAID.split())
PEOPLE = ("Ana", "Ben", "Cem", "Dora", "Eve", "Finn")


def document(number: int) -> bytes:
    """The feed of this number, whole."""
    chance = random.Random(number)
    make = (_blog, _headlines, _forum, _releases, _news)[number % 5]
    return make(number, chance).encode()


# --- shapes ---------------------------------------------------------------------------------------


def _blog(number: int, chance: random.Random) -> str:
    items = "".join(
        f"<item><title>{_sentence(chance)}</title><link>{_link(number, n)}</link>"
        f'<guid isPermaLink="false">blog-{number}-{n}</guid><pubDate>{_mail_date(n)}</pubDate>'
        f"<dc:creator><![CDATA[{_person(chance)}]]></dc:creator><category>news</category>"
        f"<description><![CDATA[<p>{_words(chance, 40)} […]</p>]]></description>"
        f"<content:encoded><![CDATA[{_html(chance, chance.randint(3, 9))}]]></content:encoded>"
        f"<slash:comments>{chance.randint(0, 40)}</slash:comments></item>\n"
        for n in range(chance.randint(25, 35))
    )
    return _rss(number, items)


def _headlines(number: int, chance: random.Random) -> str:
    items = "".join(
        f"<item><title>{_sentence(chance)}</title><link>{_link(number, n)}</link>"
        f"<guid>{_link(number, n)}</guid><pubDate>{_mail_date(n)}</pubDate>"
        f"<description>&lt;p&gt;{_words(chance, 35)}&lt;/p&gt; &lt;a href="
        f'"{_link(number, n)}"&gt;more&lt;/a&gt;</description></item>\n'
        for n in range(chance.randint(30, 45))
    )
    return _rss(number, items)


def _forum(number: int, chance: random.Random) -> str:
    entries = "".join(
        f"<entry><id>tag:forum-{number}.example,2026:{n}</id><title>{_sentence(chance)}</title>"
        f'<link rel="alternate" href="{_link(number, n)}"/><updated>{_date(n)}</updated>'
        f"<published>{_date(n)}</published><author><name>{_person(chance)}</name></author>"
        f'<content type="html">{_escaped(_html(chance, chance.randint(1, 4)))}</content></entry>\n'
        for n in range(chance.randint(25, 40))
    )
    return _atom(number, entries)


def _releases(number: int, chance: random.Random) -> str:
    entries = "".join(
        f"<entry><id>tag:code-{number}.example,2026:r/{n}</id><title>v1.{n}.0</title>"
        f'<link rel="alternate" type="text/html" href="{_link(number, n)}"/>'
        f"<updated>{_date(n)}</updated><author><name>{_person(chance)}</name></author>"
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        f"{_html(chance, 2)}</div></content></entry>\n"
        for n in range(25)
    )
    return _atom(number, entries)


def _news(number: int, chance: random.Random) -> str:
    count = chance.randint(25, 35)
    listed = "".join(f'<rdf:li rdf:resource="{_link(number, n)}"/>' for n in range(count))
    items = "".join(
        f'<item rdf:about="{_link(number, n)}"><title>{_sentence(chance)}</title>'
        f"<link>{_link(number, n)}</link><description>{_words(chance, 60)}</description>"
        f"<dc:date>{_date(n)}</dc:date><dc:creator>{_person(chance)}</dc:creator></item>\n"
        for n in range(count)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="https://site-{number}.example/"><title>News {number}</title>'
        f"<link>https://site-{number}.example/</link><description>d</description>"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n{items}</rdf:RDF>"
    )


def _rss(number: int, items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n'
        f"<channel><title>Site {number}</title><link>https://site-{number}.example/</link>"
        f"<description>d</description><language>en</language>\n{items}</channel></rss>"
    )


def _atom(number: int, entries: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:site-{number}.example,2026:feed</id><title>Site {number}</title>"
        f'<link rel="alternate" href="https://site-{number}.example/"/>'
        f"<updated>{_date(0)}</updated>\n{entries}</feed>"
    )


# --- words ----------------------------------------------------------------------------------------


def _html(chance: random.Random, paragraphs: int) -> str:
    parts = [f"<p>{_words(chance, chance.randint(30, 110))}.</p>" for _ in range(paragraphs)]
    parts.insert(1, f'<p><a href="https://other.example/{chance.random()}">{_words(chance, 3)}</a>')
    parts[1] += ' <img src="https://img.example/a.png" alt="a picture" width="640"/></p>'
    if paragraphs > 4:
        parts.append(f"<ul><li>{_words(chance, 9)}</li><li>{_words(chance, 9)}</li></ul>")
        parts.append(f"<blockquote><p>{_words(chance, 25)}</p></blockquote>")
    return "\n".join(parts)


def _words(chance: random.Random, count: int) -> str:
    said = chance.choices(WORDS, k=count)
    if chance.random() < 0.008:  # about three times in a post
        said[count // 2] = "Acme"
    return " ".join(said)


def _sentence(chance: random.Random) -> str:
    return _words(chance, chance.randint(4, 12)).capitalize()


def _person(chance: random.Random) -> str:
    return f"{chance.choice(PEOPLE)} {chance.randint(1, 400)}"


def _link(number: int, n: int) -> str:
    return f"https://site-{number}.example/2026/11/post-{n}"


def _mail_date(n: int) -> str:
    return format_datetime(BEGIN - timedelta(hours=7 * n))


def _date(n: int) -> str:
    return (BEGIN - timedelta(hours=7 * n)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _escaped(html: str) -> str:
    return html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- answering ------------------------------------------------------------------------------------


class Feeds:
    """The documents, packed and not, and what was answered."""

    def __init__(self, count: int) -> None:
        """Make so many feeds."""
        self.stats: Counter[str] = Counter()
        self._all = [self._made(number) for number in range(count)]

    def answer(self, path: str, headers: dict[str, str]) -> bytes:
        """The whole answer to a GET."""
        if path == "/stats":
            return _message("200 OK", {}, json.dumps(self.stats).encode())
        if path == "/reset":
            self.stats.clear()
            return _message("200 OK", {}, b"")
        name = path.removeprefix("/f/").removesuffix(".xml")
        if not (path.startswith("/f/") and name.isdecimal() and int(name) < len(self._all)):
            return _message("404 Not Found", {}, b"")
        body, packed, etag = self._all[int(name)]
        known = {"ETag": etag, "Last-Modified": MODIFIED}
        asked = headers.get("if-none-match")
        if etag in asked if asked else headers.get("if-modified-since") == MODIFIED:
            self.stats["r304"] += 1
            return _message("304 Not Modified", known, None)
        self.stats["r200"] += 1
        known |= {"Content-Type": "application/xml", "Vary": "Accept-Encoding"}
        if "gzip" not in headers.get("accept-encoding", ""):
            return _message("200 OK", known, body)
        return _message("200 OK", known | {"Content-Encoding": "gzip"}, packed)

    @staticmethod
    def _made(number: int) -> tuple[bytes, bytes, str]:
        body = document(number)
        return body, gzip.compress(body, 6, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _message(status: str, headers: dict[str, str], body: bytes | None) -> bytes:
    if body is not None:
        headers = headers | {"Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + (body or b"")


class Connection(asyncio.Protocol):
    """One client's connection; it may ask again as often as it likes."""

    def __init__(self, feeds: Feeds, latency: float) -> None:
        """Serve these feeds, each answer so many seconds late."""
        self._feeds, self._latency, self._asked = feeds, latency, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, self._asked = self._asked.split(b"\r\n\r\n", 1)
            request, *lines = head.decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            answer = self._feeds.answer(request.split(" ")[1], headers)
            last = headers.get("connection", "").lower() == "close" or request.endswith("/1.0")
            asyncio.get_running_loop().call_later(self._latency, self._send, answer, last)

    def _send(self, answer: bytes, last: bool) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(answer)
            if last:
                self._transport.close()


async def serve(port: int, latency: float, count: int) -> None:
    """Serve until the time is over."""
    feeds = Feeds(count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(feeds, latency), "127.0.0.1", port, backlog=2048
    )
    print(f"serving {count} feeds at {server.sockets[0].getsockname()}", flush=True)
    await asyncio.sleep(LIFETIME)


if __name__ == "__main__":
    if len(sys.argv) != 4 or not all(told.isdecimal() for told in sys.argv[1:]):
        sys.exit(__doc__)
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]) / 1000, int(sys.argv[3])))
