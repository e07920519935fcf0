"""Feeds as they arrive: with too much in them, broken, in any encoding, and damaged on the way.

In: nothing. Out: Hypothesis strategies: `documents` is anything like a feed, `bodies` are the bytes
of one, `damaged` what is left of bytes on a bad day.

Touches: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import tokens
from tests.fuzz.feeds import ATOM, SPACES, Draw, written

# What no reader has to understand: extension elements, and what belongs elsewhere.
_EXTRAS = (
    "<slash:comments>3</slash:comments>", "<thr:total>x</thr:total>", "<category/>", "<source/>",
    "<wfw:commentRss>https://h.example/c?feed</wfw:commentRss>", "<comments>c#1</comments>",
    "<media:group><media:title>m</media:title><media:content url='v.mp4'/></media:group>",
    "<media:community><media:statistics views='12'/></media:community>", "<item/>", "<entry/>",
    "<enclosure url='a.mp3' length='x' type='audio/mpeg'/>", "<source url='x'>S</source>",
    "<itunes:author>I</itunes:author>", "<geo:lat>1</geo:lat>",
    "<textInput><title>t</title></textInput>", "<image><title>i</title><url>i.png</url></image>",
    "<author>a@h.example (A)</author>", "<dc:creator><b/>C</dc:creator>",
    "<author><name/><email>e</email></author>", "<x xml:base='http://[' xml:lang='de'/>", "<link/>",
    "<link href='#'/>", "<link rel='x'/>", "<guid isPermaLink='maybe'/>", "<id/>", "<title/>",
    "<title type='xhtml'><p/></title>", "<?pi x?>", "<content type='image/png'>AAAA</content>",
    "<content src='x'/>", "<!-- <item> -->", "<im:rating>9</im:rating>",
    "<re:rank scheme='x'>-2</re:rank>", "<pubDate/>", "<updated>now</updated>", "<a:b:c/>",
    "<summary type='html'>&lt;p&gt;</summary>", "<content:encoded><![CDATA[]]></content:encoded>",
    "<description>&amp;amp;lt;</description>", "<ttl>0</ttl>",
    "<skipHours><hour>25</hour></skipHours>", "<sy:updatePeriod>daily</sy:updatePeriod>",
    "<svg:svg/>",
)  # fmt: skip
# What makes a document ill-formed, or no document at all.
_BROKEN = (
    "<", "&", "&nbsp;", "&bogus;", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999;", "]]>",
    "<![CDATA[", "<!--", "--", "-->", "<?", "</item>", "</channel>", "</rss>", "</feed>", "<item>",
    "<rss>", "<a b>", "<a b=c>", "<a b='", "<a a='1' a='2'/>", "<:x/>", "<x:/>", "<xmlns:x/>",
    "<a xmlns:x=''/>", "<a xmlns='urn:x'>", "<!DOCTYPE rss [<!ENTITY e 'x'>]>", "<!DOCTYPE html>",
    "<html>", "\x00", "\x0b", "\ufffe", "\ud800", "\ufeff", "&e;", "<opml/>", "{", "[", '"items":[',
    "<́/>",
)  # fmt: skip

# --- documents ------------------------------------------------------------------------------------

_PIECES = st.sampled_from((*_EXTRAS, *_BROKEN, *tokens.TEXT, *tokens.DATES, *tokens.LINKS))


@st.composite
def _adorned(draw: Draw) -> str:
    """A sound document with extension elements, other text and broken pieces put in anywhere."""
    document: str = draw(written())[0]
    for piece in draw(st.lists(_PIECES, min_size=1, max_size=6)):
        at = draw(st.integers(0, len(document)))
        if draw(st.booleans()):  # where elements go, so that it may stay sound
            at = document.find(">", at) + 1
        document = document[:at] + piece + document[at:]
    return document


@st.composite
def _soup(draw: Draw) -> str:
    """An RSS or Atom document whose entries hold anything."""
    inside = ["".join(draw(st.lists(_PIECES, max_size=8))) for _ in range(draw(st.integers(0, 3)))]
    bound = " ".join(f'xmlns:{name}="{space}"' for name, space in SPACES.items())
    if draw(st.booleans()):
        items = "".join(f"<item>{piece}</item>" for piece in inside)
        return f"<rss {bound}><channel>{items}</channel></rss>"
    named = ("title", "id", "published", "updated", "content type='html'", "link", "author")
    items = ""
    for piece in inside:
        name = draw(st.sampled_from(named))
        items += f"<entry><{name}>{piece}</{name.split()[0]}></entry>"
    return f'<feed xmlns="{ATOM["1.0"]}" {bound}>{items}</feed>'


_KEYS = """version items id url title content_html content_text date_published authors author name
feed entry label attributes link rel href updated im:rating summary language"""
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(tokens.TEXT),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS.split()), inner, max_size=5)
    ),
    max_leaves=20,
)


def _json_soup() -> st.SearchStrategy[str]:
    items = st.lists(_JSON, max_size=4)
    feed = items.map(lambda found: {"version": "https://jsonfeed.org/version/1.1", "items": found})
    store = items.map(lambda found: {"feed": {"entry": found}})
    return st.one_of(feed, store, _JSON).map(json.dumps)


documents: st.SearchStrategy[str] = st.one_of(
    written().map(lambda made: made[0]), _adorned(), _soup(), _json_soup()
)
"""Anything like a feed, as text."""


# --- bytes ----------------------------------------------------------------------------------------

_ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "cp1252",
    "iso-8859-1", "koi8-r", "shift_jis", "iso-2022-jp", "gb18030", "utf-7", "ascii",
)  # fmt: skip


@st.composite
def bodies(draw: Draw) -> bytes:
    """A document in an encoding, declared, misdeclared or not declared."""
    document: str = draw(documents)
    encoding = draw(st.sampled_from(("utf-8", *_ENCODINGS)))
    said = draw(st.sampled_from((None, encoding, *_ENCODINGS, "hex", "nonsense")))
    if said and not document.lstrip().startswith(("<?xml", "{", "[")):
        document = f'<?xml version="1.0" encoding="{said}"?>{document}'
    return document.encode("utf-8", "replace").decode().encode(encoding, "xmlcharrefreplace")


@st.composite
def damaged(draw: Draw, sound: st.SearchStrategy[bytes]) -> bytes:
    """Bytes after one to four mishaps on their way."""
    data: bytes = draw(sound)
    for _ in range(draw(st.integers(1, 4))):
        mishap: Callable[[Draw, bytes, int, int], bytes] = draw(st.sampled_from(_MISHAPS))
        ends = draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data))))
        data = mishap(draw, data, *sorted(ends))
    return data


def _cut_off(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    return data[:end]


def _cut_out(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    return data[:start] + data[min(start + 40, end) :]


def _flipped(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    return data[:start] + bytes(byte ^ 1 << start % 8 for byte in data[start:end][:1]) + data[end:]


def _twice(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    times: int = draw(st.sampled_from((1, 2, 20)))
    return data[:end] + data[start:end] * times + data[end:]


def _spliced(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    other: bytes = draw(bodies())
    return data[:start] + other[end:]


def _put_in(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    piece: bytes = draw(_PIECES.map(_half_allowed) | st.binary(max_size=4))
    return data[:start] + piece + data[start:]


def _half_allowed(said: str) -> bytes:
    return said.encode("utf-8", "surrogatepass")


def _recoded(draw: Draw, data: bytes, start: int, end: int) -> bytes:
    """Read with one encoding and written with another: the source of most mojibake."""
    read, write = draw(st.tuples(st.sampled_from(_ENCODINGS), st.sampled_from(_ENCODINGS)))
    return data.decode(read, "replace").encode(write, "replace")


_MISHAPS = (_cut_off, _cut_out, _flipped, _twice, _spliced, _put_in, _recoded)
