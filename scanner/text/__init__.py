"""Text of posts: markup becomes the author's own words, words become sentences, nothing bites.

In: any `str`, however broken; no function here raises. Out: plain text and offsets into it.
`clean` takes a body apart, `plain` a title; `sentences`, `clauses` and `words` cut text up;
`repair` undoes damage from encodings, `unescaped` decodes references;
`printable` makes text safe for a terminal, a log, a mail;
`redact` hides the secrets of addresses, `length` says how long something takes or took;
`fold` and `handle_of` make names and accounts comparable; `sketch` says which cannot be in a body.
Every pattern is linear on adversarial input: possessive, or bounded, or tried once per run.

Touches: nothing.
"""

from __future__ import annotations

from scanner.text.body import Cleaned, clean, plain
from scanner.text.handles import fold, handle_of
from scanner.text.lengths import length
from scanner.text.mend import repair, spoken, unescaped
from scanner.text.pages import untracked
from scanner.text.safe import printable
from scanner.text.secrets import redact
from scanner.text.sketch import letters, sketch
from scanner.text.split import Span, clauses, sentences, words

__all__ = [
    "Cleaned",
    "Span",
    "clauses",
    "clean",
    "fold",
    "handle_of",
    "length",
    "letters",
    "plain",
    "printable",
    "redact",
    "repair",
    "sentences",
    "sketch",
    "spoken",
    "unescaped",
    "untracked",
    "words",
]
