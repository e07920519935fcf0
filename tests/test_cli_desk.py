"""The state of `scanner triage`: keys in, the next state and what is to do out; no terminal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.cli.desk import Act, Desk, Sight, failed, happened, press, undone
from scanner.cli.keys import Key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHORT = Sight(NOW, lines=10, room=20)
LONG = Sight(NOW, lines=50, room=20)
WORDS = {
    "enter", "left", "right", "up", "down", "page up", "page down", "first", "last", "esc", "end",
    "backspace", "clear", "rub", "resize", "other", "redraw", "gone", "interrupt",
}  # fmt: skip


def key(name: str) -> Key:
    """A key by its name."""
    return Key(name) if name in WORDS else Key(name, name)


def typed(desk: Desk, *names: str, sight: Sight = SHORT) -> tuple[Desk, list[Act]]:
    """Press keys, with everything carried out that they ask for."""
    acts = []
    for name in names:
        desk, act = press(desk, key(name), sight)
        if act is not None:
            acts.append(act)
            if act.verb == "undo":
                desk = undone(desk)
            elif act.verb != "quit":
                desk = happened(desk, act, act.verb, changed=act.verb != "open")
    return desk, acts


def test_decisions_go_on_to_the_next_post():
    """d, i, s and r decide on the post in sight, and the next one comes."""
    desk, acts = typed(Desk(5), "d", "i", "s", "enter", "r")

    assert acts == [
        Act("decide", 0, "done"),
        Act("decide", 1, "ignored"),
        Act("decide", 2, "snoozed", NOW + timedelta(days=1)),
        Act("decide", 3, "open"),
    ]
    assert desk.at == 4
    assert desk.sum() == "1 done, 1 ignored, 1 snoozed, 2 left"


@pytest.mark.parametrize("forward", ["j", "right", "enter", " "])
@pytest.mark.parametrize("back", ["k", "left"])
def test_moving_decides_nothing(forward, back):
    """Forward and back through the posts: nothing is to be done."""
    desk, acts = typed(Desk(3), forward, forward, back)

    assert (desk.at, acts) == (1, [])
    assert desk.sum() == "3 left"


def test_behind_the_last_post_is_the_end():
    """There is an end, from which one may go back, undo, or leave; no key decides there."""
    desk, acts = typed(Desk(2), "j", "d", "d", "i", "s", "n", "o")

    assert desk.ended
    assert acts == [Act("decide", 1, "done")]
    assert typed(desk, "k")[0].at == 1
    assert typed(desk, "u")[0].at == 1
    for leave in ("enter", "j", " ", "right", "q", "end"):
        assert typed(desk, leave)[1] == [Act("quit", 2)]


def test_the_first_post_has_none_before_it():
    """Back from the first stays there, and says so."""
    desk, _ = typed(Desk(2), "k")

    assert desk.at == 0
    assert "first" in desk.said


def test_space_reads_on_before_it_goes_on():
    """A post higher than the screen is read to its end first; a line of it stays in sight."""
    tops = []
    desk = Desk(2)
    while desk.at == 0:
        tops.append(desk.top)
        desk, _ = press(desk, key(" "), LONG)

    assert tops == [0, 19, 30]
    assert desk.top == 0


def test_scrolling_stays_within_the_post():
    """Pages, lines, home and end; never above the first line nor behind the last."""

    def top(*names: str, sight: Sight = LONG) -> int:
        return typed(Desk(2), *names, sight=sight)[0].top

    assert top("f") == top("page down") == 19
    assert top("f", "b") == top("f", "page up") == top("up") == 0
    assert top("f", "f", "f") == top("last") == 30
    assert top("down", "down", "up") == 1
    assert top("last", "first") == 0
    assert top("f", "down", "last", sight=SHORT) == 0


def test_a_larger_window_scrolls_back():
    """After the window grew, no room is left empty under the post."""
    desk, _ = typed(Desk(1), "last", sight=LONG)
    desk, _ = press(desk, key("resize"), Sight(NOW, lines=50, room=45))

    assert desk.top == 5


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("", NOW + timedelta(days=1)),
        ("3d", NOW + timedelta(days=3)),
        ("1w", NOW + timedelta(weeks=1)),
        (" 4h ", NOW + timedelta(hours=4)),
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_snooze_has_a_length_or_a_day(text, until):
    """Enter alone is a day."""
    assert typed(Desk(1), "s", *text, "enter")[1] == [Act("decide", 0, "snoozed", until)]


@pytest.mark.parametrize("text", ["soon", "0d", "2026-11-20", "1999-01-01", "36501d", "9" * 300])
def test_a_wrong_length_is_asked_again(text):
    """What is no length, or over already, is said; the question stays, with what was typed."""
    desk, acts = typed(Desk(1), "s", *text, "enter")

    assert acts == []
    assert desk.asked == "snooze"
    assert desk.wrong
    assert text in desk.said
    assert typed(desk, "clear", "1", "d", "enter")[1][0].status == "snoozed"


def test_words_are_typed_and_edited():
    """Letters are letters while something is asked, backspace, Ctrl-W and Ctrl-U take them away."""
    desk, acts = typed(Desk(3), "n", *"dijq x", "backspace", "backspace", "rub", *"call us", "rub")
    assert (desk.typed, acts) == ("call", [])
    desk, acts = typed(desk, *" back", "enter")
    assert acts == [Act("note", 0, text="call back")]
    assert (desk.at, desk.asked) == (0, None)
    assert typed(Desk(1), "n", *"ab", "clear", *"c", "enter")[1] == [Act("note", 0, text="c")]


@pytest.mark.parametrize("leave", ["esc", "end", "interrupt"])
@pytest.mark.parametrize("question", ["s", "n", "a", "t"])
def test_a_question_can_be_left(question, leave):
    """Esc or Ctrl-D at a question changes nothing, and does not end the walk."""
    desk, acts = typed(Desk(3), question, *"x", leave)

    assert (acts, desk.asked, desk.at, desk.typed) == ([], None, 0, "")


def test_nothing_typed_is_nothing_done():
    """An empty note and an empty tag change nothing; an empty name is nobody."""
    assert typed(Desk(1), "n", " ", "enter")[1] == []
    assert typed(Desk(1), "t", "enter")[1] == []
    assert typed(Desk(1), "a", "enter")[1] == [Act("assign", 0, text="")]
    assert typed(Desk(1), "a", *"Ana  B", "enter")[1] == [Act("assign", 0, text="Ana B")]


def test_tags_are_added_and_taken_away():
    """Words, with or without #, commas or not; a minus takes away."""
    _, acts = typed(Desk(1), "t", *"#billing, +vip -old", "enter")

    assert acts == [Act("tag", 0, add=("billing", "vip"), remove=("old",))]


def test_a_paste_is_text_and_never_keys():
    """Pasted into a note it is one line; pasted elsewhere it decides nothing."""
    paste = Key("paste", "did\nqu\x1bit\u202e")
    desk, act = press(Desk(3), paste, SHORT)
    assert (act, desk.at, desk.wrong) == (None, 0, True)

    desk, _ = press(typed(Desk(3), "n")[0], paste, SHORT)
    assert desk.typed == "did quit⟨U+202E⟩"
    assert len(press(desk, Key("paste", "x" * 9_000), SHORT)[0].typed) == 2_000


def test_undo_goes_back_to_the_post():
    """The last step first, whatever it was, and then those before it; the sum follows."""
    desk, _ = typed(Desk(4), "d", "j", "n", *"hm", "enter", "i")
    assert desk.sum() == "1 done, 1 ignored, 2 left"

    desk, acts = typed(desk, "u")
    assert (desk.at, desk.said, acts) == (2, "taken back: ignored", [Act("undo", 2)])
    desk, _ = typed(desk, "j", "u")
    assert (desk.at, desk.said) == (2, "taken back: note")
    desk, _ = typed(desk, "u")
    assert (desk.at, desk.sum()) == (0, "4 left")
    desk, acts = typed(desk, "u")
    assert (acts, desk.wrong) == ([], True)
    assert "scanner undo" in desk.said


def test_what_is_decided_twice_counts_once():
    """The last word on a post counts; undo brings the one before back."""
    desk, _ = typed(Desk(2), "d", "k", "i")
    assert desk.sum() == "1 ignored, 1 left"
    assert typed(desk, "u")[0].sum() == "1 done, 1 left"
    assert typed(desk, "k", "r")[0].sum() == "2 left"


def test_what_changed_nothing_is_not_undone():
    """A decision that stood already is no step: undo would take back somebody else's."""
    desk = happened(Desk(2), Act("decide", 0, "done"), "so already", changed=False)

    assert (desk.at, desk.steps) == (1, ())


def test_a_failure_stays_on_the_post():
    """What could not be done is said under the post, until the next key."""
    desk = failed(Desk(3, at=1, top=4), "the disk is full")

    assert (desk.at, desk.top, desk.said, desk.wrong) == (1, 4, "the disk is full", True)
    assert typed(desk, "down", sight=LONG)[0].said == ""


def test_unknown_keys_do_nothing_but_say_so():
    """Capitals, digits and function keys are none; Esc is quiet."""
    for name in ("D", "x", "1", "ü", "other", "backspace"):
        desk, acts = typed(Desk(3), name)
        assert (desk.at, acts, desk.wrong) == (0, [], True)
        assert "?" in desk.said
    assert typed(Desk(3), "esc")[0] == Desk(3)


def test_help_comes_and_goes():
    """? shows the keys; what scrolls, scrolls them; any other key leads back, and does no more."""
    desk, _ = typed(Desk(3), "f", sight=LONG)
    helped, _ = typed(desk, "?", " ", sight=LONG)
    assert (helped.helping, helped.top) == (19, 19)
    back, acts = typed(helped, "d", sight=LONG)
    assert (back, acts) == (replace(desk, said=""), [])
    assert typed(helped, " ", sight=SHORT)[0].helping is None


@pytest.mark.parametrize("before", [[], ["s"], ["?"], ["j", "j"]])
def test_a_window_that_is_gone_ends_it(before):
    """Whatever is on the screen, a terminal that has gone ends the walk."""
    desk, _ = typed(Desk(2), *before)

    assert press(desk, key("gone"), SHORT)[1] == Act("quit", desk.at)


NAMES = [*"jkdisnatoru?bf xq1w", *WORDS - {"gone"}]


@given(st.lists(st.sampled_from(NAMES), max_size=60), st.integers(1, 4), st.integers(1, 60))
def test_no_keys_lead_astray(names, total, room):
    """Whatever is typed, one stands on a post or at the end, and every post is counted once."""
    desk, sight = Desk(total), Sight(NOW, lines=30, room=room)
    for name in names:
        desk, acts = typed(desk, name, sight=sight)
        assert 0 <= desk.at <= total
        assert 0 <= desk.top <= max(0, 30 - room)
        assert all(act.at < total for act in acts if act.verb != "quit")
        assert sum(int(count.split()[0]) for count in desk.sum().split(", ")) == total
