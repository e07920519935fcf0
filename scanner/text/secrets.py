"""Secrets in addresses, hidden from whoever reads a message, a log or a table.

In: an address, or any text with addresses in it. Out: the same, *** in place of what is secret.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

# Each `//` and each separator starts at most one scan, which ends at the next: linear.
_USERINFO = re.compile(r"//([^/?#\s]*)@")
_PARAMETER = re.compile(r'([?&;#])([^=&;#?\s]*)=([^&#\s"<>]*)')
_SECRET_ENDS = ("key", "token", "secret", "password", "passwd", "auth", "sig", "signature")
_SECRET_NAMES = ("pass", "pwd", "authorization", "credential", "credentials", "session", "sid")
_REDDIT_NAMES = ("feed", "user")  # the private-feed token and its owner, reddit.com/prefs/feeds
_TELLING = 4
"""Least characters of a secret that is looked for in other words: shorter ones are everywhere."""


def redact(text: str, *known: str) -> str:
    """Replace the secrets in an address, or in a text with addresses, by ***.

    User and password before the host, and the values of query keys that look secret. What is
    secret in the addresses `known` is hidden wherever `text` says it: servers echo what they
    were asked.
    """
    secrets = {secret for address in known for secret in _secrets(address)}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    hidden = _USERINFO.sub("//***@", text)
    on_reddit = "reddit.com" in hidden.lower()

    def hide(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}=***" if _is_secret(found[2], on_reddit) else found[0]

    return _PARAMETER.sub(hide, hidden)


def _is_secret(name: str, on_reddit: bool) -> bool:
    key = re.sub(r"[^a-z0-9]", "", unquote(name).lower())
    secret = key.endswith(_SECRET_ENDS) or key in _SECRET_NAMES
    return secret or (on_reddit and key in _REDDIT_NAMES)


def _secrets(address: str) -> Iterator[str]:
    """Give what is secret in an address, as it is written and decoded."""
    on_reddit = "reddit.com" in address.lower()
    found = [part for login in _USERINFO.findall(address) for part in login.split(":", 1)]
    for _, name, value in _PARAMETER.findall(address):
        if _is_secret(name, on_reddit):
            found.append(value)
    for secret in found:
        for form in (secret, unquote(secret), unquote_plus(secret)):
            if len(form) >= _TELLING:
                yield form
