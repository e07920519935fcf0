"""Bytes from a terminal become keys, and nothing of a sequence becomes a letter."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.cli.keys import Decoder, Key

LETTERS = frozenset(string.ascii_letters + string.digits)

SEQUENCES = (
    b"\x1b[A", b"\x1bOB", b"\x1b[C", b"\x1bOD",  # arrows, both ways
    b"\x1b[a", b"\x1b[d", b"\x1b[5d", b"\x1bOd",  # rxvt: arrows with Shift and Ctrl
    b"\x1b[1;5D", b"\x1b[1;2d", b"\x1b[3~", b"\x1b[15~", b"\x1b[[A", b"\x1b[[d",  # function keys
    b"\x1b[<0;10;20m", b"\x1b[I", b"\x1b[O", b"\x1b[100u", b"\x1b[27;5;100~",  # mouse, focus, kitty
    b"\x1bd", b"\x1bi", b"\x1bq",  # Alt and a letter
)  # fmt: skip


def names(*chunks: bytes) -> list[str]:
    """The names of the keys that these reads bring, with a pause after the last one."""
    decoder = Decoder()
    keys = [key for chunk in chunks for key in decoder.feed(chunk)]
    return [key.name for key in keys + decoder.settle()]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (b"d", "d"), (b" ", " "), (b"?", "?"), ("ü".encode(), "ü"), ("😀".encode(), "😀"),
        (b"\r", "enter"), (b"\n", "enter"), (b"\x7f", "backspace"), (b"\x08", "backspace"),
        (b"\x04", "end"), (b"\x15", "clear"), (b"\x17", "rub"), (b"\x1b", "esc"),
        (b"\x1b[A", "up"), (b"\x1bOA", "up"), (b"\x1b[B", "down"), (b"\x1b[C", "right"),
        (b"\x1bOD", "left"), (b"\x1b[5~", "page up"), (b"\x1b[6~", "page down"),
        (b"\x1b[H", "first"), (b"\x1b[4~", "last"), (b"\x1b[3~", "other"), (b"\x1bd", "other"),
    ],
)  # fmt: skip
def test_a_key_has_a_name(typed, name):
    """Letters are themselves, whatever their bytes; the others have a word."""
    assert names(typed) == [name]


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_no_sequence_is_a_letter(sequence):
    """An arrow, a function key, Alt or a mouse is one key, and never decides anything."""
    assert len(names(sequence)) == 1
    assert not LETTERS & {*names(sequence)}
    assert names(sequence + b"k")[1:] == ["k"]


@pytest.mark.parametrize("sequence", [one for one in SEQUENCES if one[1:2] in (b"[", b"O")])
def test_a_torn_sequence_is_no_letter_either(sequence):
    """Over a slow line a sequence may come byte by byte, with a pause after each."""
    decoder, seen = Decoder(), []
    for at in range(len(sequence)):
        seen += decoder.feed(sequence[at : at + 1]) + decoder.settle()

    assert not LETTERS & {key.name for key in seen}
    assert decoder.feed(b"k") == [Key("k", "k")]


def test_esc_stands_alone():
    """Esc is a key once nothing follows it, also twice, and also right before an arrow."""
    decoder = Decoder()

    assert decoder.feed(b"\x1b") == []
    assert decoder.torn
    assert decoder.settle() == [Key("esc")]
    assert decoder.feed(b"d") == [Key("d", "d")]
    assert names(b"\x1b\x1b") == ["esc", "esc"]
    assert names(b"\x1b\x1b[A") == ["esc", "up"]


def test_what_is_pasted_is_one_key():
    """A paste is told apart from keys, however it is cut, and however long it is."""
    assert Decoder().feed(b"\x1b[200~did\x1b[Aq\r\x1b[201~j") == [
        Key("paste", "did\x1b[Aq\r"),
        Key("j", "j"),
    ]
    assert names(b"\x1b[200", b"~d", b"i\x1b[2", b"01~", b"k") == ["paste", "k"]
    decoder = Decoder()
    assert decoder.feed(b"\x1b[200~") == []
    for _ in range(200):  # a megabyte
        assert decoder.feed(b"d" * 5_000) == []
    paste, after = decoder.feed(b"\x1b[201~j")
    assert after == Key("j", "j")
    assert paste.text == "d" * 10_000


def test_broken_bytes_are_nothing():
    """What is no UTF-8, invisible or unknown is dropped, and what follows is read."""
    assert names(b"\xff\xc3d") == ["d"]
    assert names("\u200b\u202e".encode() + b"\x00\x02i") == ["i"]
    assert names(b"\xc2\x9bd")[-1] == "d"
    assert names(b"\x1b[1\x1b[A") == ["other", "up"]
    assert names(b"\x1b[" + b"1" * 200 + b"~")[0] == "other"


@given(st.lists(st.sampled_from([*SEQUENCES, b"\x1b[200~did\x1b[201~"])), st.randoms())
def test_sequences_cut_anywhere_give_no_letter(sequences, random):
    """However reads cut a stream of sequences, there is no letter in it."""
    stream, decoder, seen = b"".join(sequences), Decoder(), []
    while stream:
        size = random.randint(1, len(stream))
        seen += decoder.feed(stream[:size])
        stream = stream[size:]

    assert not LETTERS & {key.name for key in seen}
    assert len(seen) == len(sequences)


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    """No input makes the decoder fail or wait for ever: a letter and Ctrl-D get through."""
    decoder = Decoder()
    decoder.feed(data)
    decoder.settle()
    decoder.feed(b"\x1b[201~")

    assert "end" in [key.name for key in decoder.feed(b"mmm\x04\x04")]
