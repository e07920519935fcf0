"""The one sanitiser: what acts on a reader or hides from him, shown, dropped or escaped."""

from __future__ import annotations

import json
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.text import escaped, inert, printable

HOSTILE = st.text(
    st.one_of(
        st.sampled_from(
            "\x00\x07\x08\t\n\v\f\r\x1b\x1c\x7f\x85\x9b\xad\u034f\u061c\u115f\u180e\u200b\u200c\u200d"
            "\u200e\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u3164\ud800\udfff\ufdd0\ufeff\ufff9\uffff"
            "\U0001bca0\U0001d173\U0001ffff\U000e0041\U0010fffea=\u0646👩é"
        ),
        st.characters(),
    ),
    max_size=40,
)
DROPPED = (
    "\x00\x1b\x7f\x9b\xad\u034f\u061c\u115f\u180e\u200b\u200e\u202e\u2060\u2066\u3164\ufdd0\ufeff"
    "\uffa0\ufff9\uffff\U0001bca0\U0001d173\U0001fffe\U0005ffff\U000e0041\U0010ffff"
)


@pytest.mark.parametrize("character", DROPPED, ids=ascii)
def test_what_acts_or_hides_is_in_no_sink(character: str) -> None:
    """Controls, bidi, zero width, fillers, non-characters: shown or gone, gone, or escaped."""
    assert character not in printable(f"a{character}b")
    assert inert(f"a{character}b") == "ab"
    told = escaped(json.dumps(f"a{character}b", ensure_ascii=False))
    assert character not in told
    assert json.loads(told) == f"a{character}b"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc\x85d\u2028e\u2029f\vg\fh\x1ei", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("👩\u200d💻 \u0646\u200c\u0647 ❤\ufe0f", "👩\u200d💻 \u0646\u200c\u0647 ❤\ufe0f"),
        ("pass\u200dword\u200c", "password"),
        ("é\u00a0ü 漢字", "é\u00a0ü 漢字"),
    ],
)
def test_inert_keeps_the_words(text: str, kept: str) -> None:
    """Lines, tabs, joiners that join and spaces stay; lone surrogates are U+FFFD."""
    assert inert(text) == kept


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_inert_is_safe_for_any_text(text: str) -> None:
    """No control but tab and line feed, no surrogate, no separator; twice is once; UTF-8."""
    once = inert(text)
    kinds = {unicodedata.category(character) for character in once if character not in "\t\n"}
    assert kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert inert(once) == once
    once.encode("utf-8")


@given(HOSTILE, st.booleans())
@settings(max_examples=200, deadline=None)
def test_escaped_json_is_the_same_string(text: str, ascii_only: bool) -> None:
    """What is read is what was written, and nothing in between acts; ASCII where asked for."""
    told = escaped(json.dumps([text], ensure_ascii=False), ascii_only=ascii_only)
    assert json.loads(told) == [text]
    assert inert(told) == told.replace("\u200c", "").replace("\u200d", "")
    assert told.isascii() or not ascii_only


def test_lines_of_json_stay_lines() -> None:
    """A line feed between the elements of an array is no part of a string."""
    assert escaped('[\n"é"\n]\n') == '[\n"é"\n]\n'
    assert escaped('[\n"é👩"\n]\n', ascii_only=True) == '[\n"\\u00e9\\ud83d\\udc69"\n]\n'


@pytest.mark.parametrize("sign", ["\u202e", "\u200d", "\r", "👩", "e\u0301", "\U000e0041"])
def test_no_text_is_slow_to_defuse(sign: str) -> None:
    """The time grows with the text, not with its square: 200,000 of anything take a moment."""
    text = sign * 200_000
    for defuse in (printable, inert, escaped):
        begun = time.process_time()
        defuse(text)
        assert time.process_time() - begun < 2
