"""TextBlob's polarity, kept beside our own verdict because people know it.

In: a text and its language. Out: -1 to 1, or None.

Touches: nothing.
"""

from __future__ import annotations

MAX_CHARS = 10_000
"""Characters TextBlob sees: 100,000 exclamation marks cost it 1.5 s."""


def polarity(text: str, language: str | None) -> float | None:
    """TextBlob's polarity; None where the language is known and is not English.

    Only `.sentiment`, once: `.sentences`, `.words` and `.tags` need downloads, and asking for
    two of its properties costs double.
    """
    if language not in (None, "en"):
        return None
    from textblob import TextBlob

    return round(float(TextBlob(text[:MAX_CHARS]).sentiment.polarity), 4)
