"""HTML in one pass, without a tree: what the author wrote, what is quoted, where links lead.

In: HTML as feeds carry it, broken or hostile. Out: a `Flow` of two texts and the links.
No parser library: lexbor and lxml take time quadratic in the attributes of a tag (100,000 of
them: over 20 s and 12 s), lexbor also in the depth of nesting (20,000: 0.8 s), lxml cuts off
below 256 levels, html.parser of Python 3.11.7 needs over 20 s for 1 MB of "<!--". One look at each
character is enough to read words.

Touches: nothing.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Literal

from scanner.text.mend import unescaped

_Mode = Literal["prose", "quoted", "skip", "hidden", "code"]

# Searched only up to the last ">", where the second branch always matches: no attempt can run to
# the end and fail, so the whole is linear.
_TOKEN = re.compile(
    r"<(?:(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)"
    r"(?P<attributes>(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')|=)*+)>"
    r"|!--|!\[CDATA\[|[!?/][^>]*+>)"
)
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(class|href|alt|style)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BLOCK_TAG = re.compile(r"<(?:p|div|br|li|tr|pre|blockquote|h[1-6])(?=[\s/>])", re.IGNORECASE)


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_RAW = _listed("script style title iframe noembed noframes xmp")
"""Elements whose content is no markup (HTML, 13.2.5), and nothing to read."""
_SKIPPED = _listed("template svg math object select button nav audio video")
_PARAGRAPHS = _listed(
    "p div h1 h2 h3 h4 h5 h6 ul ol dl table section article header footer main hr figure "
    "figcaption details summary form fieldset address blockquote pre aside"
)
_LINES = _listed("br li tr td th dt dd caption option center")
_VOID = _listed("br hr img input meta link wbr area base col embed source track")
_QUOTES = _listed("blockquote pre aside")
_CODE = _listed("code samp kbd")
_QUOTED_CLASSES = _listed(
    "quote gmail_quote gmail_signature gmail_attr yahoo_quoted moz-cite-prefix moz-signature "
    "email-quoted-reply email-signature-reply email-hidden-reply onebox quote-controls"
)
_TELLING = re.compile(r"quote|signature|gmail|moz-|email|onebox|invisible|none|hidden", re.I)
"""Attributes without any of these cannot change how an element is read."""
_HIDDEN_STYLE = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", re.IGNORECASE)
_PAUSES = dict.fromkeys(_PARAGRAPHS, "\x1d") | dict.fromkeys(_LINES, "\x1e")
"""Stand-ins for breaks until line breaks of the source are folded (ASCII separators)."""
ADDRESS = "\ufffc"
"""Stand-in for an anchor whose words are its address (Unicode's object replacement character)."""
_FRAMES_MAX = 48
"""Elements that change how words are read, one in another; deeper ones change nothing more."""
_ADDRESS = re.compile(
    r"(?:https?://|www\.|mailto:)\S++|(?:[\w-]{1,63}\.){1,5}[a-z]{2,12}/\S*+", re.IGNORECASE
)
_REBLOGGED = re.compile(
    r"\S{1,80}(?: (?:wrote|said|schrieb|a écrit|escribió|ha scritto|escreveu|schreef))? ?:"
)
_ALT_MAX = 12
"""Characters of an image's text that still read as an emoji; ":thumbsup:" has ten."""


@dataclass(slots=True)
class Flow:
    """What reading HTML gathers: two texts with line breaks, white space not yet folded."""

    prose: str
    quoted: str
    links: list[str]


def read(markup: str) -> Flow:
    """Read HTML from start to end; entities are decoded, unclosed elements reach to the end."""
    reader = _Reader(markup)
    reader.read()
    # Without a single block, line breaks are all the shape there is: plain text in a field
    # declared as HTML.
    folds = _BLOCK_TAG.search(markup) is not None
    return Flow(_text(reader.prose, folds), _text(reader.quoted, False), reader.links)


def _text(pieces: list[str], folds: bool) -> str:
    text = "".join(pieces)
    if folds:
        text = text.replace("\n", " ").replace("\r", " ")
    if "&" in text:
        text = unescaped(text)
    if "]]>" in text:
        text = text.replace("]]>", "")
    return text.replace("\x1d", "\n\n").replace("\x1e", "\n")


@dataclass(slots=True)
class _Frame:
    """An open element that changes how words are read."""

    name: str
    mode: _Mode
    mark: int
    depth: int = 1


@dataclass(slots=True)
class _Reader:
    markup: str
    prose: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    veiled: list[str] = field(default_factory=list)
    into: list[str] | None = None
    """Where words go now: prose, quoted, veiled, or nowhere."""
    anchor: int = -1

    def read(self) -> None:
        markup, at = self.markup, 0
        last = markup.rfind(">") + 1
        self.into = self.prose
        while found := _TOKEN.search(markup, at, last):
            if found.start() > at and self.into is not None:
                self.into.append(markup[at : found.start()])
            name = found["name"]
            at = found.end() if name else self._pass(found)
            if name:
                name = name.lower()
                if found["end"]:
                    self._end(name)
                elif name in _RAW:
                    at = self._after_raw(name, at)
                else:
                    self._start(name, found["attributes"])
        self._rest(markup[at:])
        self._close_anchor()

    def _rest(self, text: str) -> None:
        """Take what follows the last tag: text, unless it is a tag that was cut off."""
        cut = _OPENING.search(text)
        if cut and (text.startswith("!--", cut.end()) or "=" in text[cut.start() :]):
            text = text[: cut.start()]
        if self.into is not None:
            self.into.append(text)

    def _pass(self, found: re.Match[str]) -> int:
        """Return where text goes on after a comment, a declaration, or what opens CDATA."""
        if found.group() != "<!--":
            return found.end()
        end = self.markup.find("-->", found.end())
        return end + 3 if end >= 0 else len(self.markup)

    def _after_raw(self, name: str, at: int) -> int:
        close = re.compile(rf"</{name}(?=[\s/>])[^>]*+>", re.IGNORECASE)
        found = close.search(self.markup, at, self.markup.rfind(">") + 1)
        return found.end() if found else len(self.markup)

    def _pause(self, name: str) -> None:
        if name in _PAUSES and self.into is not None and self.into is not self.veiled:
            self.into.append(_PAUSES[name])

    def _start(self, name: str, attributes: str) -> None:
        self._pause(name)
        if self.frames and self.frames[-1].name == name:
            self.frames[-1].depth += 1
        elif name == "a":
            self._open_anchor(_values(attributes).get("href", ""))
        elif name == "img":
            self._image(_values(attributes))
        elif name not in _VOID and (mode := _mode_of(name, attributes)):
            self._open(name, mode)

    def _end(self, name: str) -> None:
        if name == "a":
            self._close_anchor()
        for index in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[index]
            if frame.name == name:
                frame.depth -= 1
                if not frame.depth:
                    self._close(frame, index)
                break
        if name not in _LINES:
            self._pause(name)

    def _open(self, name: str, mode: _Mode) -> None:
        if len(self.frames) >= _FRAMES_MAX or (self.frames and self.frames[-1].mode == "skip"):
            return
        if mode == "quoted":
            self._close_anchor()
            self._reblog()
        elif self.into is self.quoted and mode == "code":
            mode = "quoted"
        self.frames.append(_Frame(name, mode, len(self.prose)))
        self._turn()

    def _close(self, frame: _Frame, index: int) -> None:
        del self.frames[index:]
        self._turn()
        if self.into is not self.prose:
            return
        if frame.mode == "quoted":
            self.quoted.append("\x1e")
        elif frame.mode == "code":
            code = "".join(self.prose[frame.mark :])
            if len(code.split()) > 1:
                self.prose[frame.mark :] = [" "]
                self.quoted += [code, "\x1e"]

    def _turn(self) -> None:
        """Send words where the innermost frame says."""
        mode = self.frames[-1].mode if self.frames else "prose"
        if mode in ("prose", "code"):
            self.into = self.prose
        elif mode == "quoted":
            self.into = self.quoted
        else:
            self.into = self.veiled if mode == "hidden" and self.anchor >= 0 else None

    def _reblog(self) -> None:
        """Move "someone:" or "someone wrote:" before a quote to what it introduces."""
        line = "".join(self.prose[-8:]).rstrip("\x1d\x1e\n ")
        line = line[max(map(line.rfind, "\x1d\x1e\n")) + 1 :].strip()
        if len(line) < 120 and _REBLOGGED.fullmatch(line):
            tail = "".join(self.prose[-8:])
            self.prose[-8:] = [tail[: tail.rindex(line)]]
            self.quoted += [line, "\x1e"]

    def _open_anchor(self, address: str) -> None:
        self._close_anchor()
        if "&" in address:
            address = _ENTITY.sub(lambda found: html.unescape(found.group()), address)
        address = address.strip()
        if address[:8].lower().startswith(("http://", "https://", "mailto:")):
            self.links.append(address)
        if self.into is self.prose:
            self.anchor = len(self.prose)

    def _close_anchor(self) -> None:
        """Put ADDRESS in place of the anchor's words if they are but an address."""
        if self.anchor < 0:
            return
        seen = "".join(self.prose[self.anchor :]).strip()
        veiled = "".join(self.veiled).strip() if self.veiled else ""
        whole = veiled + seen if veiled.lower().startswith(("http", "www.")) else seen
        if seen and _ADDRESS.fullmatch(whole):
            self.prose[self.anchor :] = [ADDRESS]
        self.anchor = -1
        self.veiled.clear()

    def _image(self, values: dict[str, str]) -> None:
        """Keep an emoji that is an image; a picture's description is no prose."""
        alt = unescaped(values.get("alt", "")).strip()
        kind = values.get("class", "").lower()
        known = "emoji" in kind or "smiley" in kind
        picture = len(alt) <= _ALT_MAX and any(character >= "\u2190" for character in alt)
        if self.into is not None and (picture or (known and len(alt) <= 3 * _ALT_MAX)):
            self.into.append(html.escape(alt, quote=False))


def _values(attributes: str) -> dict[str, str]:
    """Return the attributes that matter; of two with one name the first counts (HTML, 13.2.5)."""
    values: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(attributes):
        values.setdefault(found[1].lower(), found[2] or found[3] or found[4] or "")
    return values


def _mode_of(name: str, attributes: str) -> _Mode | None:
    if name in _QUOTES:
        return "quoted"
    if name in _CODE:
        return "code"
    if name in _SKIPPED:
        return "skip"
    if not attributes or not _TELLING.search(attributes):
        return None
    values = _values(attributes)
    classes = values.get("class", "").lower().split()
    if "invisible" in classes or _HIDDEN_STYLE.search(values.get("style", "")):
        return "hidden"
    return None if _QUOTED_CLASSES.isdisjoint(classes) else "quoted"
