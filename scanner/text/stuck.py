"""What is stuck to an author's words: quoted mail, code fences, signatures, a site's own lines.

In: the lines of a text, white space folded. Out: the author's lines, and someone else's.
Each rule says whose habit it answers; they hold for plain text and for HTML turned into text.

Touches: nothing.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r">(?:[\s>\"'“„«]|[^\W\d_]|\Z)")
"""A quoted line; ">:(", ">_<" and ">50 %" are an author's."""
_SPECIAL = re.compile(
    r"[>`~-]|\[quote|(?i:on|am|den|le|el|il|em|op|sent|get|von|gesendet|diese|envoyé|enviado"
    r"|inviato|verzonden|verstuurd)\b"
)
"""How every line starts that a rule here takes; few lines do."""
_FENCES = ("```", "~~~")
_ATTRIBUTION = re.compile(
    r"(?:On|Am|Den|Le|El|Il|Em|Op)\b.{4,400}?"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef)\b[^:]{0,120}:"
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\d:\d\d|@")
_FORWARDED = re.compile(
    r"-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht|originalnachricht"
    r"|weitergeleitete nachricht|message d['’]origine|message transféré|mensaje original"
    r"|messaggio originale|mensagem original|oorspronkelijk bericht)\b.{0,40}",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"(?:sent (?:from|via) (?:my|the|yahoo|outlook|proton)|get outlook for"
    r"|von meinem .{2,40} gesendet"
    r"|gesendet (?:von|mit) (?:meinem|mailbox|der)|diese nachricht wurde von meinem"
    r"|envoyé (?:de|depuis) (?:mon|ma)|enviado desde mi|enviado do meu"
    r"|inviato (?:da|dal) (?:mio )?i"
    r"|verzonden vanaf mijn|verstuurd vanaf mijn)\b.{0,80}",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 8
"""A signature has four lines at most by custom (RFC 3676, 4.3); twice that is still believed."""

_SITE = re.compile(
    # Reddit and Lemmy.
    r"submitted by (?:/?u/\S{1,60}.{0,200}|\S{1,200} to \S{1,200})"
    r"|\[link\](?: \[comments\])?|\[comments\]|-?\d{1,6} points? ?\| ?\d{1,6} comments?"
    # Discourse, its count of posts in any language that has this shape.
    r"|\d{1,6} [^\W\d_]{3,20} - \d{1,6} [^\W\d_]{3,20}(?: \([^()]{1,40}\))?"
    r"|(?:ganzes|gesamtes) thema lesen|lire le sujet (?:complet|en entier)"
    r"|leer (?:el )?tema completo|leggi (?:l['’])?argomento completo"
    r"|ler o tópico completo|volledig topic lezen"
    # Product Hunt; feeds of excerpts; Bluesky's stand-in for what it left out.
    r"|discussion ?\| ?link|read (?:the )?(?:full|whole|entire) (?:topic|article|story|post)\W{0,4}"
    r"|\W{0,4}continue reading\b.{0,300}|\((?:more|mehr|suite)[. …]{0,4}\)|\[(?:…|\.\.\.)\]"
    r"|\W{0,4}(?:read more|weiterlesen|lire la suite|seguir leyendo|leer más|continua a leggere"
    r"|leggi tutto|continuar lendo|leia mais|lees verder)\W{0,5}"
    r"|\[contains quote post or other embedded content\]",
    re.IGNORECASE,
)
_APPEARED = (
    # WordPress, wp-includes/feed.php and its translations.
    ("the post ", " appeared first on "),
    ("the post ", " first appeared on "),
    ("der beitrag ", " erschien zuerst auf "),
    ("l’article ", " est apparu en premier sur "),
    ("la entrada ", " aparece primero en "),
    ("la entrada ", " se publicó primero en "),
    ("o post ", " apareceu primeiro em "),
    ("l’articolo ", " proviene da "),
    ("het bericht ", " verscheen eerst op "),
)
_APPEARED_MAX = 600
"""Characters in such a line: two titles."""
_MORE = re.compile(
    r"(?:\[?(?:…|\.\.\.)\]?|→) ?(?:continue reading|read more|weiterlesen|lire la suite"
    r"|leer más|leggi tutto|leia mais|lees verder)\b.{0,300}\Z",
    re.IGNORECASE,
)
_HNRSS_OPENINGS = ("Article URL:", "Comments URL:", "Points:", "# Comments:")
_HNRSS = re.compile(r"(?:Article|Comments) URL:.{0,3000}|Points: -?\d{1,7}|# Comments: \d{1,7}")


def part(lines: list[str], *, replies_below: bool = False) -> tuple[list[str], list[str]]:
    """Part an author's lines from those that are quoted, pasted, signed or a site's own.

    `replies_below` says that quotes were marked as such (HTML), so that what follows
    "On Monday, Ada wrote:" is an answer; else it is what Ada wrote, unless quote marks follow.
    """
    return _Parting(replies_below).part(unframed(lines))


def unframed(lines: list[str]) -> list[str]:
    """Drop a site's own lines: at both ends, and the four that hnrss writes."""
    hnrss = {
        index
        for index, line in enumerate(lines)
        if line.startswith(_HNRSS_OPENINGS) and _HNRSS.fullmatch(line)
    }
    if len(hnrss) >= 2:
        lines = [line for index, line in enumerate(lines) if index not in hnrss]
    start, end = 0, len(lines)
    while end > start and (not lines[end - 1] or _is_site(lines[end - 1])):
        end -= 1
    while end > start and (not lines[start] or _is_site(lines[start])):
        start += 1
    lines = lines[start:end]
    if lines:
        lines[-1] = _MORE.sub("", lines[-1]).rstrip()
    return [] if [line.lower() for line in lines] == ["comments"] else lines


def _is_site(line: str) -> bool:
    if _SITE.fullmatch(line):
        return True
    lowered = line[:_APPEARED_MAX].lower().replace("'", "’")
    return len(line) < _APPEARED_MAX and any(
        lowered.startswith(opening) and middle in lowered for opening, middle in _APPEARED
    )


class _Parting:
    """One walk over the lines; a fence or a [quote] stays open until its end."""

    def __init__(self, replies_below: bool) -> None:
        self._replies_below = replies_below
        self._own: list[str] = []
        self._others: list[str] = []
        self._until: str | None = None

    def part(self, lines: list[str]) -> tuple[list[str], list[str]]:
        at = 0
        while at < len(lines):
            line = lines[at]
            if self._until is not None:
                taken = self._inside(line)
            elif _SPECIAL.match(line):
                taken = self._opens(line) or self._stuck(lines, at)
            else:
                taken = 0
            if not taken:
                self._own.append(line)
            at += taken or 1
        return self._own, self._others

    def _inside(self, line: str) -> int:
        if self._until and self._until in line:
            self._until = None
        else:
            self._others.append(line)
        return 1

    def _opens(self, line: str) -> int:
        """Take a line that opens a code fence (CommonMark, 4.5) or Discourse's [quote]."""
        if line.startswith(_FENCES):
            self._until = line[:3] if line.count(line[:3]) == 1 else None
        elif line.startswith("[quote") and "]" in line:
            self._until = "[/quote]" if "[/quote]" not in line else None
        else:
            return 0
        self._aside(line if self._until is None else "")
        return 1

    def _stuck(self, lines: list[str], at: int) -> int:
        """Return how many lines from `at` are someone else's, having put them aside."""
        line = lines[at]
        if _QUOTED.match(line):
            self._aside(line.lstrip("> "))
            return 1
        taken = self._attribution(lines, at)
        if not taken and (_FORWARDED.fullmatch(line) or _signs(lines, at)):
            taken = len(lines) - at
        elif not taken and len(line) < 120 and _SENT_FROM.fullmatch(line):
            taken = 1
        self._aside(*lines[at : at + taken])
        return taken

    def _attribution(self, lines: list[str], at: int) -> int:
        """Count the lines of "On 5 May 2026, Ada wrote:" with what it introduces."""
        for count in (1, 2):
            line = " ".join(lines[at : at + count])
            if line.endswith(":") and _ATTRIBUTION.fullmatch(line) and _DATED.search(line):
                following = next((line for line in lines[at + count : at + count + 4] if line), "")
                marked = self._replies_below or _QUOTED.match(following)
                return count if marked else len(lines) - at
        return 0

    def _aside(self, *lines: str) -> None:
        if lines:
            self._own.append("")
            self._others.extend(lines)


def _signs(lines: list[str], at: int) -> bool:
    """Tell whether the line is the mark of a mail's signature (RFC 3676, 4.3)."""
    below = len(lines) - at - 1
    if lines[at] != "--" or below > 4 * _SIGNATURE_LINES:
        return False
    return 0 < sum(map(bool, lines[at + 1 :])) <= _SIGNATURE_LINES
