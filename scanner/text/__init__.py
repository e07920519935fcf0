"""Text of posts: markup becomes the author's own words, words become sentences, nothing bites.

In: any `str`, however broken; no function here raises. Out: plain text and offsets into it.
`clean` takes a body apart, `plain` a title; `sentences`, `clauses` and `words` cut text up;
`repair` undoes damage from encodings, `unescaped` decodes references;
`printable` makes text safe for a terminal, a log, a mail, `inert` for a file, `escaped` as JSON;
`redact` hides the secrets of addresses, `length` says how long something takes or took;
`fold` and `handle_of` make names and accounts comparable; `sketch` says which cannot be in a body.
Every pattern is linear on adversarial input: possessive, or bounded, or tried once per run.

Touches: nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.text.body import Cleaned, clean, plain
    from scanner.text.handles import fold, handle_of
    from scanner.text.lengths import length
    from scanner.text.mend import repair, spoken, unescaped
    from scanner.text.pages import untracked
    from scanner.text.safe import escaped, inert, printable
    from scanner.text.secrets import redact
    from scanner.text.sketch import letters, sketch
    from scanner.text.split import Span, clauses, sentences, words

__all__ = [
    "Cleaned",
    "Span",
    "clauses",
    "clean",
    "escaped",
    "fold",
    "handle_of",
    "inert",
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

_HOMES = {
    "body": ("Cleaned", "clean", "plain"),
    "handles": ("fold", "handle_of"),
    "lengths": ("length",),
    "mend": ("repair", "spoken", "unescaped"),
    "pages": ("untracked",),
    "safe": ("escaped", "inert", "printable"),
    "secrets": ("redact",),
    "sketch": ("letters", "sketch"),
    "split": ("Span", "clauses", "sentences", "words"),
}


def __getattr__(name: str) -> object:
    """Load a tool's module when the tool is first asked for (PEP 562).

    All their patterns take 20 ms to compile, and who only looks at the queue needs a third of them.
    """
    from importlib import import_module

    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{home}")
    # all of them, because loading a module named as a tool (`sketch`) has put itself in its place
    globals().update({tool: getattr(module, tool) for tool in _HOMES[home]})
    return globals()[name]
