"""HTML in one pass, without a tree: what the author wrote, what is quoted, where links lead.

In: HTML as feeds carry it, broken or hostile. Out: a `Flow` of two texts and the links.
No parser library: lexbor and lxml take time quadratic in the attributes of a tag (20 s and 12 s
for 1 MB), lexbor also in the depth of nesting, lxml cuts off below 256 levels, and html.parser
is quadratic in unclosed comments. One look at each character is enough to read words.

Touches: nothing.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Literal

_Mode = Literal["prose", "quoted", "skip", "hidden", "code"]

_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)"
    r"(?P<attributes>(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')|=)*+)>"
)
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(class|href|alt|style|hidden)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_SPACE = re.compile(r"[ \t\n\r\f]++")
_BLOCK_TAG = re.compile(r"<(?:p|div|br|li|tr|pre|blockquote|h[1-6])(?=[\s/>])", re.IGNORECASE)

_RAW = frozenset({"script", "style", "title", "iframe", "noembed", "noframes", "xmp"})
"""Elements whose content is no markup (HTML, 13.2.5), and nothing to read."""
_SKIPPED = frozenset(
    {"template", "svg", "math", "object", "select", "button", "nav", "audio", "video"}
)
_PARAGRAPHS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 ul ol dl table section article header footer main hr figure "
    "figcaption details summary form fieldset address blockquote pre aside".split()
)
_LINES = frozenset("br li tr td th dt dd caption option center".split())
_VOID = frozenset("br hr img input meta link wbr area base col embed source track".split())
_QUOTED_CLASSES = frozenset(
    "quote gmail_quote gmail_signature gmail_attr yahoo_quoted moz-cite-prefix moz-signature "
    "email-quoted-reply email-signature-reply email-hidden-reply onebox quote-controls "
    "quote-inline".split()
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FRAMES_MAX = 48
"""Elements that change how words are read, one in another; deeper ones change nothing more."""
_ADDRESS = re.compile(
    r"(?:https?://|www\.|mailto:)\S++|(?:[\w-]{1,63}\.){1,5}[a-z]{2,12}/\S*+", re.IGNORECASE
)
_REBLOGGED = re.compile(r"[^\s:]{1,80}(?: (?:wrote|said|schrieb|écrit|escribió|scrisse|schreef))?:")
_ALT_MAX = 12
"""Characters of an image's text that still read as an emoji; ":thumbsup:" has ten."""


@dataclass(slots=True)
class Flow:
    """What reading HTML gathers. Text has lines and paragraphs, but white space is not tidied."""

    prose: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def read(markup: str) -> Flow:
    """Read HTML from start to end; entities are decoded, unclosed elements reach to the end."""
    return _Reader(markup).read()


@dataclass(slots=True)
class _Frame:
    """An open element that changes how words are read."""

    name: str
    mode: _Mode
    mark: int
    depth: int = 1


class _Reader:
    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._flow = Flow()
        self._frames: list[_Frame] = []
        self._mode: _Mode = "prose"
        self._anchor = -1
        self._veiled: list[str] = []
        # Without a single block, line breaks are all the shape there is (plain text in a field
        # declared as HTML).
        self._folds = _BLOCK_TAG.search(markup) is not None

    def read(self) -> Flow:
        markup, last = self._markup, self._markup.rfind(">")
        at = 0
        while found := _OPENING.search(markup, at, last + 1):
            if found.start() > at:
                self._text(markup[at : found.start()])
            at = self._tag(found.start())
        if at < len(markup):
            self._rest(markup[at:])
        self._close_anchor()
        return self._flow

    def _rest(self, text: str) -> None:
        """Take what follows the last tag: text, unless it is a tag that was cut off."""
        cut = _OPENING.search(text)
        if cut and (text.startswith("!--", cut.end()) or "=" in text[cut.start() :]):
            text = text[: cut.start()]
        self._text(text)

    def _tag(self, at: int) -> int:
        """Handle the tag at `at`; return where the text after it starts."""
        markup = self._markup
        if markup.startswith("<!--", at):
            end = markup.find("-->", at + 4)
            return end + 3 if end >= 0 else len(markup)
        if markup.startswith("<![CDATA[", at):
            return at + 9
        found = _TAG.match(markup, at)
        if found is None:
            return self._no_tag(at)
        name = found["name"].lower()
        if found["end"]:
            self._end(name)
        elif name in _RAW:
            return self._after_raw(name, found.end())
        else:
            self._start(name, found["attributes"])
        return found.end()

    def _no_tag(self, at: int) -> int:
        """Pass over a declaration or a stray end; an unclosed tag swallows the rest."""
        if self._markup[at + 1].isalpha():
            self._rest(self._markup[at:])
            return len(self._markup)
        return self._markup.find(">", at) + 1

    def _after_raw(self, name: str, at: int) -> int:
        close = re.compile(rf"</{name}(?=[\s/>])[^>]*+>", re.IGNORECASE).search(self._markup, at)
        return close.end() if close else len(self._markup)

    def _text(self, text: str) -> None:
        if self._mode == "skip":
            return
        if self._mode == "hidden":
            if self._anchor >= 0:
                self._veiled.append(text)
            return
        if "&" in text:
            text = html.unescape(text)
        if "]]>" in text:
            text = text.replace("]]>", "")
        if self._mode == "quoted":
            self._flow.quoted.append(text)
        else:
            self._flow.prose.append(_SPACE.sub(" ", text) if self._folds else text)

    def _start(self, name: str, attributes: str) -> None:
        self._break(name)
        if self._frames and self._frames[-1].name == name:
            self._frames[-1].depth += name not in _VOID
            return
        values = _values(attributes) if attributes and "=" in attributes else {}
        if name == "a":
            self._open_anchor(values.get("href", ""))
        elif name == "img":
            self._image(values)
        if name not in _VOID and (mode := _mode_of(name, values)):
            self._open(name, mode)

    def _end(self, name: str) -> None:
        if name == "a":
            self._close_anchor()
        for index in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[index]
            if frame.name == name:
                frame.depth -= 1
                if not frame.depth:
                    self._close(frame, index)
                break
        self._break(name)

    def _break(self, name: str) -> None:
        if name in _PARAGRAPHS or name in _LINES:
            pause = "\n" if name in _LINES else "\n\n"
            (self._flow.quoted if self._mode == "quoted" else self._flow.prose).append(pause)

    def _open(self, name: str, mode: _Mode) -> None:
        if len(self._frames) >= _FRAMES_MAX or self._mode == "skip":
            return
        if mode == "quoted":
            self._close_anchor()
            if self._mode in ("prose", "code"):
                self._reblog()
        elif self._mode == "quoted" and mode == "code":
            mode = "quoted"
        self._frames.append(_Frame(name, mode, len(self._flow.prose)))
        self._mode = mode

    def _close(self, frame: _Frame, index: int) -> None:
        del self._frames[index:]
        self._mode = self._frames[-1].mode if self._frames else "prose"
        if frame.mode == "quoted" and self._mode != "quoted":
            self._flow.quoted.append("\n")
        elif frame.mode == "code" and self._mode != "quoted":
            code = "".join(self._flow.prose[frame.mark :])
            if len(code.split()) > 1:
                del self._flow.prose[frame.mark :]
                self._flow.quoted += [code, "\n"]

    def _reblog(self) -> None:
        """Move "someone:" or "someone wrote:" before a quote to what it introduces."""
        prose = self._flow.prose
        at = len(prose)
        while (
            at
            and len(prose) - at < 8
            and not ("\n" in prose[at - 1] and prose[at:][0:1] and "".join(prose[at:]).strip())
        ):
            at -= 1
        if _REBLOGGED.fullmatch("".join(prose[at:]).strip()):
            self._flow.quoted += ["".join(prose[at:]).strip(), "\n"]
            del prose[at:]

    def _open_anchor(self, address: str) -> None:
        self._close_anchor()
        address = _ENTITY.sub(lambda found: html.unescape(found.group()), address).strip()
        if address[:8].lower().startswith(("http://", "https://", "mailto:")):
            self._flow.links.append(address)
        if self._mode in ("prose", "code"):
            self._anchor = len(self._flow.prose)

    def _close_anchor(self) -> None:
        """Drop the anchor's words if they are but an address."""
        if self._anchor >= 0:
            prose = self._flow.prose
            seen = "".join(prose[self._anchor :]).strip()
            veiled = "".join(self._veiled).strip()
            whole = veiled + seen if veiled.lower().startswith(("http", "www.")) else seen
            if seen and _ADDRESS.fullmatch(whole):
                prose[self._anchor :] = [" "]
        self._anchor = -1
        self._veiled.clear()

    def _image(self, values: dict[str, str]) -> None:
        alt = html.unescape(values.get("alt", "")).strip()
        picture = any(ord(character) >= 0x2190 for character in alt)
        known = "emoji" in values.get("class", "").lower() or "smiley" in values.get("class", "")
        if alt and len(alt) <= (3 * _ALT_MAX if known else _ALT_MAX) and (picture or known):
            self._text(html.escape(alt, quote=False))


def _values(attributes: str) -> dict[str, str]:
    """Return the attributes that matter; of two with one name the first counts (HTML, 13.2.5)."""
    values: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(attributes):
        values.setdefault(found[1].lower(), found[2] or found[3] or found[4] or "")
    return values


def _mode_of(name: str, values: dict[str, str]) -> _Mode | None:
    if name in _SKIPPED:
        return "skip"
    if name in ("blockquote", "pre", "aside"):
        return "quoted"
    if name in ("code", "samp", "kbd"):
        return "code"
    if not values:
        return None
    classes = values.get("class", "").lower().split()
    if "invisible" in classes or _HIDDEN_STYLE.search(values.get("style", "")):
        return "hidden"
    return None if _QUOTED_CLASSES.isdisjoint(classes) else "quoted"
