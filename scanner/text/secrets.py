"""Secrets, hidden from whoever reads a message, a log, a table or the database.

In: an address, any text with addresses in it, or what a server sent. Out: the same, *** in place
of what is secret: of what looks so in an address (`redact`), of what is known to be (`Veil`).

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html.entities import codepoint2name
from urllib.parse import unquote, unquote_plus, urlsplit

# Each `//` and each separator starts at most one scan, which ends at the next: linear.
_USERINFO = re.compile(r"//([^/?#\s]*)@")
_PARAMETER = re.compile(r'([?&;#])([^=&;#?\s]*)=([^&#\s"<>]*)')
_SECRET_ENDS = (
    *("key", "token", "secret", "auth", "sig", "signature", "jwt", "bearer"),
    *("password", "passwd", "passphrase", "passcode", "pwd", "pw"),
)
"""As they end in practice, whatever stands before ("rss_pw") and whichever number behind."""
_SECRET_NAMES = ("pass", "authorization", "credential", "credentials", "session", "sid")
_REDDIT_NAMES = ("feed", "user")  # the private-feed token and its owner, reddit.com/prefs/feeds
_TELLING = 4
"""Least characters of a secret that is looked for in other words: shorter ones are everywhere."""
_SURE = 8
"""The same for what a server wrote: a shorter one is an everyday word too often."""
_RANDOM = 16
"""From here on a part of an address is taken for made by a machine, also without a digit in it."""

_PLAIN = re.compile(r"[A-Za-z0-9._~-]")
"""What neither an address nor HTML nor JSON needs to escape (RFC 3986, 2.3)."""
_WIDE = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
"""Encodings with more bytes than one for a plain letter, and how many."""
_LONG = 200
"""Characters; nobody escapes every one of a longer secret, and each such form takes time."""


def redact(text: str, *known: str) -> str:
    """Replace the secrets in an address, or in a text with addresses, by ***.

    User and password before the host, and the values of query keys that look secret. What is
    secret in the addresses `known` is hidden wherever `text` says it: servers echo what they
    were asked.
    """
    secrets = {secret for address in known for secret in secrets_of(address)}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    hidden = _USERINFO.sub("//***@", text)
    on_reddit = "reddit.com" in hidden.lower()

    def hide(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}=***" if _is_secret(found[2], on_reddit) else found[0]

    return _PARAMETER.sub(hide, hidden)


def secrets_of(address: str, *, whole: bool = False) -> set[str]:
    """Give what is secret in an address, as it is written and decoded.

    `whole`: the address is itself a secret, so that every part counts that a machine made.
    """
    on_reddit = "reddit.com" in address.lower()
    found = [part for login in _USERINFO.findall(address) for part in login.split(":", 1)]
    for _, name, value in _PARAMETER.findall(address):
        if _is_secret(name, on_reddit):
            found.append(value)
    if whole:
        found += _made_parts(address)
    forms = {form for each in found for form in (each, unquote(each), unquote_plus(each))}
    return {form for form in forms if len(form) >= _TELLING}


def _is_secret(name: str, on_reddit: bool) -> bool:
    key = re.sub(r"[^a-z0-9]", "", unquote(name).lower()).rstrip("0123456789")
    secret = key.endswith(_SECRET_ENDS) or key in _SECRET_NAMES
    return secret or (on_reddit and key in _REDDIT_NAMES)


def _made_parts(address: str) -> Iterator[str]:
    """Give the parts of path and query that nobody would choose.

    What a person chose ("customerreviews") stands in every link of the feed.
    """
    parts = urlsplit(address)
    for part in filter(machine_made, re.split(r"[/&;=?]", f"{parts.path}&{parts.query}")):
        yield part
        yield part.rpartition(".")[0]


def machine_made(word: str) -> bool:
    """Whether nobody would choose it: it is long, or has letters and digits."""
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return len(word) >= _RANDOM or (len(word) >= _SURE and mixed)


# --- what is known to be secret -------------------------------------------------------------------


class Veil:
    """Hides secrets that are known in what servers say, in every form that they say them in.

    Raw, percent-encoded, HTML-escaped (once or more), as JSON escapes; whatever the case.
    """

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        """Take them; what has fewer than 4 characters cannot be told from other words.

        `names` of users are hidden in messages alone: in a feed they may be an author's.
        """
        sure = {secret for secret in secrets if len(secret) >= _TELLING}
        told = sure | {name for name in names if len(name) >= _TELLING}
        self._told = sorted(told, key=len, reverse=True)
        self._sure = [each for each in self._told if each in sure and len(each) >= _SURE]
        self._all: re.Pattern[str] | None = None
        self._echoes: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        """Say nothing of what it hides."""
        return "Veil(***)"

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._told)

    def __iter__(self) -> Iterator[str]:
        """Give what is hidden, to whom has to hide more."""
        return iter(self._told)

    def message(self, said: str) -> str:
        """Hide every secret of 4 characters and more in words of our own."""
        if not self._told:
            return said
        self._all = self._all or _pattern(self._told)
        return redact(self._all.sub("***", said))

    def touches(self, said: str) -> bool:
        """Whether a text holds one of 4 characters and more."""
        if not _may_hold(said, self._told):
            return False
        self._all = self._all or _pattern(self._told)
        return self._all.search(said) is not None

    def text(self, said: str) -> str:
        """Hide every secret of 8 characters and more in a server's words."""
        if not _may_hold(said, self._sure):
            return said
        self._echoes = self._echoes or _pattern(self._sure)
        return self._echoes.sub("***", said)

    def body(self, said: bytes) -> bytes:
        """Hide every secret of 8 characters and more in a document, whatever its encoding."""
        if not self._sure:
            return said
        # Latin-1 gives each byte a character, so that nothing is lost on the way back.
        written = dict.fromkeys((*self._sure, *(_bytewise(each) for each in self._sure)))
        said = _pattern(written).sub("***", said.decode("latin-1")).encode("latin-1")
        return self._wide(said) if b"\0" in said[:400] else said

    def _wide(self, said: bytes) -> bytes:
        """The same for UTF-16 and UTF-32."""
        for coding, unit in _WIDE.items():
            whole = len(said) - len(said) % unit
            with suppress(UnicodeError):  # then it is another one
                text = said[:whole].decode(coding, "surrogatepass")
                said = self.text(text).encode(coding, "surrogatepass") + said[whole:]
        return said


def _may_hold(said: str, secrets: Iterable[str]) -> bool:
    """Whether a text may hold one of them: a pattern takes 2 ms to make, and a 304 needs none.

    Every form has an escape in it, or the letters and digits that stand together as they are.
    """
    if not said.isascii() or any(sign in said for sign in "%&\\"):
        return True
    small = said.lower()
    return any(_longest_plain(each) in small for each in secrets)


def _longest_plain(secret: str) -> str:
    return max(re.split(r"[^A-Za-z0-9._~-]", secret), key=len).lower()


def _bytewise(secret: str) -> str:
    return secret.encode("utf-8", "surrogatepass").decode("latin-1")


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """Make one alternation of all forms; each is tried once at a place, so that it is linear."""
    return re.compile("|".join(form for each in secrets for form in _forms(each)), re.IGNORECASE)


def _forms(secret: str) -> Iterator[str]:
    """Letters and digits as they are and all else in any escape; or every character escaped."""
    yield "".join(re.escape(c) if _PLAIN.match(c) else _escapes(c) for c in secret)
    if len(secret) > _LONG:
        return
    yield "".join(_percent(c) for c in secret)
    yield "".join(f"&(?:amp;)?#0{{0,6}}{ord(c)};" for c in secret)
    yield "".join(f"&(?:amp;)?#x0{{0,6}}{ord(c):x};" for c in secret)


_AMP = r"(?:&|%(?:25){0,3}26)(?:amp(?:;|%(?:25){0,3}3b)){0,3}"
_HASH, _END = r"(?:#|%(?:25){0,3}23)", r"(?:;|%(?:25){0,3}3b)?"


def _escapes(character: str) -> str:
    """Give every way to write a sign: raw, in an address, in HTML, in JSON; or one in the other."""
    code, raw = ord(character), re.escape(character)
    numbers = f"{_HASH}(?:0{{0,6}}{code}|x0{{0,6}}{code:x})"
    name = "apos" if character == "'" else codepoint2name.get(code)
    html = f"{_AMP}(?:{numbers}{f'|{name}' if name else ''}){_END}"
    blank = r"|\+" if character == " " else ""
    return rf"(?:\\{{0,3}}(?:{raw}|u{code:04x}|{html})|{_percent(character)}{blank})"


def _percent(character: str) -> str:
    raw = character.encode("utf-8", "surrogatepass")
    return "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in raw)
