"""A body becomes the author's own words: what is quoted, pasted or stuck on goes aside.

In: a body or a title as a feed carries it. Out: a `Cleaned`, or one line of plain text.
An address in the prose is taken out (a brand named only inside an address is not named by the
author) and goes to the links. Inside a sentence it leaves LINK, alone it leaves nothing. A bare
domain that stands as a word stays.

Touches: nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.text import markup as hypertext
from scanner.text import stuck
from scanner.text.mend import repair, unescaped


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A body, taken apart."""

    text: str
    """The author's own words: plain text, paragraphs by a blank line, lines by a line break."""
    quoted: str
    """Quoted replies, code, signatures: words that are not the author's prose."""
    links: tuple[str, ...]
    """Where links in the body lead: http, https and mailto as written ("https://" put before an
    address without it), each once, in order."""


LINK = "[↗]"
"""What stands for an address inside a sentence. Without letters, so that it names no brand, is no
word of any language and weighs in no verdict; "[link]" would name a brand called Link."""

_TAGS = re.compile(r"<!--[^<>]*+>|<[/!?]?[A-Za-z](?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+>")
_ESCAPED = re.compile(r"&lt;/(?:p|div|blockquote|ul|ol|li|a|pre|span|h[1-6])&gt;", re.IGNORECASE)
_MARKUP = re.compile(r"<[A-Za-z/!]")

_TOP = "com|org|net|io|dev|app|co|ai|me|de|at|ch|fr|es|it|nl|be|pt|br|uk|eu|us|ly|gl|gg|tv|xyz|info"
_URL = re.compile(
    rf"{hypertext.ADDRESS}|(?:https?://|ftp://|mailto:|(?<![\w.@-])www\.)[^\s<>\"“”„«»]++"
    rf"|(?<![\w.@/-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_TOP})/[^\s<>\"“”„«»]*+",
    re.IGNORECASE,
)
_SIGNS = ("/", ":", hypertext.ADDRESS)
_SCHEMED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,300})\]\(\s?<?(https?://[^\s()<>]{1,2000})>?[^()\n]{0,200}\)"
)
_CODE = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
_TRAILING = ".,;:!?'’*_)]}…"
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)\]]{0,3}\s{0,3}\Z|[^\w\s.,;:'\"’”»)\]>/&%+*=~-]\s{0,3}\Z")
"""Before an address that is no part of a sentence: a sentence's end, or a picture."""
_ASIDE = re.compile(r"[(\[<]\s?\Z")
_SEPARATOR = re.compile(r"[\s,;|/&+*()\[\]<>-]*+")
_WORD = re.compile(r"[^\W_]")
_EMPTY_PAIR = re.compile(r"\(\s*\)|\[\s*\]|<\s*>|\"\s*\"")
_GAP = re.compile(r"[ \t]++(?=[.,;!?)](?:\s|\Z))")
_WRAPPED_AT = 58
"""Characters in a line from which a small letter on the next one means that a mailer wrapped it:
mailers wrap at 60 to 78 columns (RFC 3676, 4.2)."""


def clean(markup: str, *, html: bool = True) -> Cleaned:
    """Take a body apart into the author's words, others' words and links.

    `html` says that the field was declared as HTML; otherwise it is plain text or Markdown, and
    tags in it are words. Total: any text will do. Time is linear in its length.
    """
    if html and ("<" in markup or "&" in markup):
        flow = hypertext.read(_unwrapped(markup))
        text, quoted, links = flow.prose, flow.quoted, flow.links
    else:
        text, quoted, links = markup, "", []
    own, others = stuck.part(_lines(repair(text)), replies_below=bool(quoted))
    own = stuck.unframed([_prose(line, others, links) for line in own])
    return Cleaned(
        text=_joined(_rewrapped(own)),
        quoted=_joined([*_lines(repair(quoted)), *others]).replace(hypertext.ADDRESS, LINK),
        links=tuple(dict.fromkeys(links)),
    )


def plain(markup: str) -> str:
    """Return a title or a name as one line: no tags, entities decoded, white space folded.

    What was encoded twice is decoded twice.
    """
    if "<" in markup and ">" in markup:
        markup = _TAGS.sub(_tag_gap, markup)
    if "&" in markup:
        markup = unescaped(markup)
    return " ".join(repair(markup).split())


def _tag_gap(found: re.Match[str]) -> str:
    """Leave nothing for a tag inside a line ("<b>Ac</b>me"), a space for one that breaks it."""
    return " " if found.group()[:4].lower().startswith(("<br", "<p>", "</p", "<li", "<div")) else ""


def _unwrapped(markup: str) -> str:
    """Decode a body whose markup was escaped once too often: entities of tags, but no tag."""
    if _ESCAPED.search(markup) and not _MARKUP.search(markup):
        return unescaped(markup)
    return markup


def _lines(text: str) -> list[str]:
    """Return the lines with white space folded."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = text.replace("\u2029", "\n\n").replace("\x00", "")
    return [" ".join(line.split()) for line in text.split("\n")]


def _prose(line: str, others: list[str], links: list[str]) -> str:
    """Take code and addresses out of a line."""
    if "`" in line:
        line = " ".join(_CODE.sub(lambda found: _code(found[1], others), line).split())
    if "](" in line:
        line = _MARKDOWN_LINK.sub(lambda found: _target(found[1], found[2], links), line)
        line = " ".join(line.split())
    if not any(sign in line for sign in _SIGNS) and "www." not in line.lower():
        return line
    gaps = _gaps(line, links)
    if len(gaps) == 1:
        return line
    return " ".join(_GAP.sub("", _EMPTY_PAIR.sub("", _rejoined(gaps))).split())


def _code(code: str, others: list[str]) -> str:
    if len(code.split()) <= 1:
        return code
    others.append(code.strip())
    return " "


def _target(words: str, address: str, links: list[str]) -> str:
    links.append(address)
    return words


def _gaps(line: str, links: list[str]) -> list[str]:
    """Give what stands before, between and after the addresses of a line."""
    gaps, start, tail = [], 0, ""
    for found in _URL.finditer(line):
        gaps.append(tail + line[start : found.start()])
        tail, start = _address(found.group(), links), found.end()
    return [*gaps, tail + line[start:]]


def _rejoined(gaps: list[str]) -> str:
    """Put a line together again, LINK where an address was part of a sentence.

    Addresses with no words between them are one.
    """
    pieces, at, last = [gaps[0]], 1, len(gaps) - 1
    while at <= last:
        before = gaps[at - 1]
        while at < last and _SEPARATOR.fullmatch(gaps[at]):
            at += 1
        if _is_spoken(before, gaps[at]):
            apart = " " if before[-1:].isalnum() else "", " " if gaps[at][:1].isalnum() else ""
            pieces += [apart[0], LINK, apart[1], gaps[at]]
        else:
            pieces += [" ", gaps[at].lstrip(".…")]
        at += 1
    return "".join(pieces)


def _is_spoken(before: str, after: str) -> bool:
    """Tell whether a sentence runs through an address, and would be torn without it."""
    following = after.lstrip()[:1]
    if _ASIDE.search(before[-8:]) and following in (")", "]", ">"):
        return False
    if following in (",", ";") or not (_ENDED.search(before[-8:]) or not _WORD.search(before)):
        return True
    first = _WORD.search(after)
    return first is not None and not first.group().isupper()


def _address(found: str, links: list[str]) -> str:
    """Put an address to the links; give back the punctuation that ended the sentence."""
    if found == hypertext.ADDRESS:
        return ""
    address = found.rstrip(_TRAILING)
    open_pairs = max(address.count("(") - address.count(")"), 0)
    tail = found[len(address) :]
    address += tail[: min(open_pairs, len(tail) - len(tail.lstrip(")")))]
    if _SCHEMED.match(address):
        links.append(address)
    elif not address.lower().startswith("ftp"):
        links.append(f"https://{address}")
    return found[len(address) :]


def _rewrapped(lines: list[str]) -> list[str]:
    """Join lines that a mailer wrapped, so that sentences are whole again."""
    joined: list[str] = []
    length = 0
    for line in lines:
        if length >= _WRAPPED_AT and line[:1].islower() and joined[-1][-1:] not in ".!?:":
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
        length = len(line)
    return joined


def _joined(lines: list[str]) -> str:
    """Join lines; any number of blank ones make one paragraph break."""
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip()
