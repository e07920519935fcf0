"""Bytes become text that an XML parser can read.

In: a body and its declared type. Out: decoded text; XML with its prolog cut and its small faults
mended. Nothing here knows what a feed says.

Touches: nothing.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from html.entities import html5

from scanner.sources.entry import NotAFeed
from scanner.text import spoken

_BOMS = (
    # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    # The first "<" or "{" of a document without a mark (XML 1.0, appendix F; RFC 4627, 3).
    (re.compile(rb"\0\0\0[<{\[]"), "utf-32-be"),
    (re.compile(rb"[<{\[]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0[<{\[]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"[<{\[]\0[^\0]\0"), "utf-16-le"),
)
_WIDER = {
    # What is declared, and the superset that is meant (WHATWG Encoding, 4.2).
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_SEVEN_BIT = ("iso2022", "hz")
"""Encodings whose bytes are all ASCII, so that a trial as UTF-8 proves nothing. UTF-7 is one too
and is left out on purpose: it has only ever been used to smuggle markup past filters."""

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML document may hold (XML 1.0, 2.2), and DEL."""

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
"""C0 controls but tab and line breaks, DEL, and the C1 controls that windows-1252 has no letter
for (`text` reads the others as windows-1252). They get in through escapes: &#157; and \\u001b."""
_SURROGATES = re.compile("[\ud800-\udfff]")

_C0 = bytes(code for code in range(0x20) if code not in (9, 10, 13)) + b"\x7f"
_ASCII = bytes(range(128))
_HZ = re.compile(rb"encoding\s*=\s*[\"']hz", re.I)
"""HZ-GB-2312 has no escape character: "~{" begins its letters."""
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_DOUBLED = re.compile("[\xc2-\xf4][\x80-\xbf]|[\x80-\x9f]")
"""UTF-8 that was read as ISO 8859-1 and encoded again, or what else is not to be spoken."""
_REFERENCES = re.compile(
    r"&#(?:0{0,5}(?:127|129|141|143|144|157)|[xX]0{0,5}(?:7[fF]|8[1dDfF]|9[0dD]));"
)
"""References to what is in _UNSPEAKABLE and XML allows."""

_AMPERSAND = re.compile(
    r"&(?!(?:lt|gt|amp|quot|apos);)"
    r"(?:#(?:(\d+)|[xX]([0-9a-fA-F]+));?|([A-Za-z][A-Za-z0-9]{0,31});)?"
)
_PREFIX = re.compile(r"<([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+=[\"']")
_BOUND = re.compile(r"xmlns:([\w.-]+)")
_MEANT = {
    # Prefixes that everybody uses for one namespace, where a document forgot to say so.
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "thr": "http://purl.org/syndication/thread/1.0",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
_NAMESPACES = 200
"""Prefixes in one document. Real feeds bind up to 30; feedparser walks all of them per element."""


def decode(body: bytes, content_type: str | None) -> str:
    """Decode a document, whatever it says it is, without characters that XML forbids.

    A byte-order mark settles it. Then UTF-8 is tried before what is declared, since other
    encodings hardly ever pass for it (wrong declarations are common); a stray byte in UTF-8
    becomes the windows-1252 character that it most likely was.
    """
    if (text := _clean_utf8(body)) is not None:
        return text
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(encoding, "replace")
            break
    else:
        text = _decode_unmarked(body, content_type)
    return _FORBIDDEN.sub("", text.lstrip("\ufeff"))


def _clean_utf8(body: bytes) -> str | None:
    """Decode what most bodies are: UTF-8 without a mark, and with nothing to take out.

    Looked for in bytes, fifteen times faster than in text. A NUL, which UTF-16 is full of, and an
    escape, by which ISO 2022 turns ASCII into other letters, are among what is looked for.
    """
    if len(body.translate(None, _C0)) != len(body) or any(x in body for x in _NONCHARACTERS):
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if text[:1] == "\ufeff" or _HZ.search(body[:1000]) else text


def _decode_unmarked(body: bytes, content_type: str | None) -> str:
    start = body[:200].lstrip(b" \t\r\n")
    for shape, encoding in _UNMARKED:
        if shape.match(start):
            return body.decode(encoding, "replace")
    declared = [name for name in _declared(body, content_type) if name]
    if declared and declared[0].startswith(_SEVEN_BIT):
        return body.decode(declared[0], "replace")
    for encoding in ("utf-8", *declared):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, ValueError):
            continue
    return body.decode("utf-8", "scanner.windows")


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """The encodings that the document and its server name, widened, and known to Python."""
    names = [match[1].decode("ascii") for match in [_DECLARED.search(body[:1000])] if match]
    names += [match[1] for match in [_CHARSET.search(content_type or "")] if match]
    found = []
    for name in names:
        try:
            codec = codecs.lookup(name)
            b"a".decode(codec.name)  # "hex" and "zlib" are codecs, but not of text
        except (LookupError, UnicodeError):
            continue
        if not codec.name.startswith(("utf", "idna", "puny", "unicode", "raw_unicode", "undef")):
            found.append(_WIDER.get(codec.name, codec.name))
    return found


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 are read as windows-1252, the usual stowaway."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", "replace"), error.end


codecs.register_error("scanner.windows", _windows)


def unescaped_controls(xml: str) -> str:
    """Drop references to control characters that XML allows and nobody can want."""
    return _REFERENCES.sub("", xml) if "&#" in xml else xml


def mend(xml: str) -> str:
    """Mend what makes a document ill-formed although its meaning is plain.

    Entities that only HTML knows, bare ampersands, references to characters that XML forbids,
    and prefixes that nothing declares. CDATA sections stay as they are.
    """
    first, *sections = xml.split("<![CDATA[")
    pieces = [_AMPERSAND.sub(_reference, first)]
    for section in sections:
        data, end, markup = section.partition("]]>")
        pieces += ["<![CDATA[", data, end, _AMPERSAND.sub(_reference, markup)]
    return _bind_prefixes("".join(pieces))


def needs_settling(text: str) -> bool:
    """Whether something in a document may have to be settled; most need nothing."""
    if text.isascii():
        return False
    others = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return _DOUBLED.search(others.decode("utf-8", "surrogatepass")) is not None


def settled(text: str) -> str:
    """Undo UTF-8 that was encoded twice, where all of a text was; then tidy it.

    As feedparser does it (mixin.py, pop), field by field, since feeds put together what comes from
    many. `text.repair` mends what was damaged in part.
    """
    if not text.isascii():
        with suppress(UnicodeError):
            text = text.encode("iso-8859-1").decode("utf-8")
    return tidy(text)


def tidy(text: str) -> str:
    """Drop control characters, or take them for the windows-1252 letters that were meant.

    A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    return spoken(_SURROGATES.sub("\ufffd", _UNSPEAKABLE.sub("", text)))


def _reference(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        known = html5.get(f"{name};")
        return "&amp;" + name + ";" if known is None else _escape(known)
    digits = decimal or hexadecimal
    if not digits:
        return "&amp;"
    # Eight digits are more than any character has; int() refuses thousands of them.
    code = int(digits, 10 if decimal else 16) if len(digits) <= 8 else 0
    legal = code <= 0x10FFFF and not _FORBIDDEN.match(chr(code))
    return f"&#{code};" if legal else "\ufffd"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bind_prefixes(xml: str) -> str:
    """Declare, on the root, the prefixes that the document uses without declaring them."""
    bound = set(_BOUND.findall(xml))
    if len(bound) > _NAMESPACES:
        raise NotAFeed(f"it declares {len(bound)} XML namespaces; no feed needs {_NAMESPACES}")
    used = {prefix or other for prefix, other in _PREFIX.findall(xml)}
    unbound = sorted(used - bound - {"xml", "xmlns"})[:_NAMESPACES]
    if not unbound:
        return xml
    names = "".join(
        f' xmlns:{name}="{_MEANT.get(name, "urn:unbound:" + name)}"' for name in unbound
    )
    root = re.match(r"<[^\s/>]+", xml)
    return xml[: root.end()] + names + xml[root.end() :] if root else xml
