"""The training: each part against a loop or a known answer, and a whole run on a toy corpus."""

from __future__ import annotations

import json
import random
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import model
from scanner.errors import UsageError
from scanner.evaluate import measures
from scanner.evaluate.sets import Label, Row
from scanner.model import file
from scanner.model.linear import Linear
from scanner.model.student import PLACES, Student, Weights, places
from scanner.model.whole import Model
from scanner.model.words import BRAND, RIVAL, Words
from scanner.model.words import tokens as cut
from scanner.reasons import REASONS
from scanner.records import INTENTS
from scanner.train import LANGUAGES, _text, hashed, network, pieces, teacher, train
from scanner.train.blend import FEW, blend, regress
from scanner.train.calibrate import FEW_RIGHT, calibrate
from scanner.train.corpus import HEADS, KEPT_OUT, Example, examples, key
from scanner.train.fragments import SET as FRAGMENTS
from scanner.train.fragments import fragments
from scanner.train.recipe import Recipe
from scanner.train.wanted import wanted, weigh

EN = frozenset({"en"})


@pytest.fixture
def another():
    """Leave to use another model, until the test is over."""
    yield
    model.choose(None)


# --- labelled rows -> examples -------------------------------------------------------------------


def made(*rows, known=EN):
    """Examples of some rows."""
    return list(examples(rows, known))


def test_a_plain_row_is_one_example():
    """A label for a text without a brand: one example, nothing marked, the verdict alone."""
    (one,) = made(Row("set", "It is broken.", (), "negative", lang="en"))

    assert one.text == "It is broken."
    assert one.labels == {"negative": 1.0, "positive": 0.0}
    assert (one.named, one.rich, one.set, one.language) == (False, False, "set", "en")


def test_not_negative_says_nothing_of_praise():
    """ "not" is all that is not negative: whether it is praise is not known."""
    (one,) = made(Row("set", "It is there.", (), "not", lang="en"))

    assert one.labels == {"negative": 0.0}


def test_a_title_is_the_first_line():
    """Title and text are read as the program reads them."""
    (one,) = made(Row("set", "It is broken.", (), "negative", title="Help", lang="en"))

    assert one.text == "Help\nIt is broken."


def test_an_account_is_marked_as_the_brand():
    """A text to an @account teaches as it stands and with every mention of it marked."""
    plain, marked = made(Row("set", "@acme why? @acme", (), "negative", lang="en"))

    assert (plain.text, plain.named) == ("@acme why? @acme", False)
    assert (marked.text, marked.named) == (f"{BRAND}     why? {BRAND}    ", True)
    assert plain.labels == marked.labels


def test_a_placeholder_is_an_account_too():
    """ "[NAME]" is what a data set puts in a name's place."""
    _, marked = made(Row("set", "Hey [NAME] hi", (), "not", lang="en"))

    assert marked.text == f"Hey {BRAND}      hi"


def test_a_brand_is_marked():
    """A post labelled for a brand, by others: marked alone."""
    (one,) = made(Row("set", "Acme is broken.", (("Acme", "negative"),), lang="en"))

    assert (one.text, one.named) == (f"{BRAND}    is broken.", True)


def test_a_post_of_our_own_teaches_without_the_brand_too():
    """With an intent it is one of ours: as it stands (names are blanks), then marked."""
    row = Row(
        "own",
        "Acme is broken.",
        (("Acme", "negative"),),
        lang="en",
        intent="complaint",
        reasons=("bug",),
        first_hand=True,
        resolved=False,
    )
    plain, marked = made(row)

    assert (plain.text, plain.named) == ("     is broken.", False)
    assert (marked.text, marked.named) == (f"{BRAND}    is broken.", True)
    assert plain.labels == marked.labels
    assert plain.rich
    assert {name for name, label in plain.labels.items() if label} == {
        "negative",
        "intent/complaint",
        "reason/bug",
        "first_hand",
    }
    assert set(plain.labels) == set(HEADS) - {"leaving"}


def test_without_reasons_none_is_known():
    """A row that tells no reasons says nothing of them."""
    first, _ = made(Row("own", "Acme is up.", (("Acme", "neutral"),), lang="en", intent="news"))

    assert not any(name.startswith("reason/") for name in first.labels)
    assert first.labels["intent/news"] == 1.0


def test_a_name_that_is_not_found_is_not_marked():
    """A label for a brand that the text does not name teaches of the text alone, once."""
    (one,) = made(
        Row("own", "It is broken.", (("Acme", "negative"),), lang="en", intent="complaint")
    )

    assert (one.text, one.named) == ("It is broken.", False)


def test_two_brands_of_one_row_are_rivals():
    """Each with its own label, the other marked as its rival; intents are the first one's."""
    row = Row(
        "own",
        "Acme is broken, Globex is fine.",
        (("Acme", "negative"), ("Globex", "positive")),
        lang="en",
        intent="comparison",
    )
    first, second = made(row)

    assert first.text == f"{BRAND}    is broken, {RIVAL}      is fine."
    assert second.text == f"{RIVAL}    is broken, {BRAND}      is fine."
    assert (first.labels["negative"], second.labels["negative"]) == (1.0, 0.0)
    assert "intent/comparison" in first.labels
    assert "intent/comparison" not in second.labels


def test_brands_of_several_rows_on_one_text_are_rivals():
    """With the other marked as its rival, and without."""
    text = "Acme is broken, Globex is fine."
    found = made(
        Row("set", text, (("Acme", "negative"),), lang="en"),
        Row("set", text, (("Globex", "positive"),), lang="en"),
    )

    assert [one.text for one in found] == [
        f"{BRAND}    is broken, Globex is fine.",
        f"{BRAND}    is broken, {RIVAL}      is fine.",
        f"Acme is broken, {BRAND}      is fine.",
        f"{RIVAL}    is broken, {BRAND}      is fine.",
    ]


def test_languages_that_are_not_known_are_left_out():
    """Told or guessed, a language that there is no model for teaches nothing."""
    rows = [
        Row("set", "Se ei toimi ollenkaan, en ole tyytyväinen.", (), "negative", lang="fi"),
        Row("set", "Se ei toimi ollenkaan, en ole tyytyväinen.", (), "negative"),
        Row("set", "It does not work at all and I am not happy.", (), "negative"),
        Row("set", "12", (), "negative"),
    ]

    assert [one.text[:2] for one in examples(rows, LANGUAGES)] == ["It"]


def test_the_same_tenth_is_kept_out_every_time():
    """About one text in ten, by the text alone: neither its place nor its label matters."""
    rows = [Row("set", f"It is broken, number {n}.", (), "negative", lang="en") for n in range(900)]
    out = {one.text for one in examples(rows, EN) if one.kept_out}
    again = [replace(row, label="positive", set="other") for row in reversed(rows)]

    assert 0.7 * 900 / KEPT_OUT < len(out) < 1.3 * 900 / KEPT_OUT
    assert {one.text for one in examples(again, EN) if one.kept_out} == out


def test_every_form_of_a_text_is_kept_out_with_it():
    """Marked or not, what is kept out teaches nothing."""
    for number in range(60):
        text = f"@acme is broken, number {number}."
        forms = made(
            Row("a", text, (), "negative", lang="en"),
            Row("b", text, (("acme", "negative"),), lang="en", intent="complaint"),
        )
        assert len(forms) > 3
        assert len({one.kept_out for one in forms}) == 1


def test_our_signs_in_a_text_are_blanks():
    """A labelled text cannot bring a mark along."""
    (one,) = made(Row("set", "\x01 is \x02 bad", (), "negative", lang="en"))

    assert one.text == "  is   bad"


# --- fragments -----------------------------------------------------------------------------------


def test_fragments_are_words_pairs_and_clauses():
    """The most used words first, then pairs, then clauses of several words; none has a label."""
    body = "The export is broken again today. Nobody answers my many mails, and I am leaving now."
    found = list(fragments([Example("set", body, "en", {"negative": 1.0})]))
    texts = [one.text for one in found]

    assert {"export", "nobody", "is broken", "mails and"} <= set(texts)
    assert "The export is broken again today." in texts or (
        "The export is broken again today" in texts
    )
    assert all(one.set == FRAGMENTS and one.labels == {} for one in found)
    assert all(one.language == "en" for one in found)
    assert len(texts) == len(set(texts))


def test_the_most_used_come_first():
    """A word of two sets goes before one of one; a set of our own counts twice."""
    learnt = [
        Example("a", "broken", "en", {}),
        Example("b", "broken", "en", {}),
        Example("c", "fine", "en", {}, rich=True),
        Example("d", "also", "en", {}),
    ]

    assert [one.text for one in fragments(learnt)] == ["broken", "fine", "also"]


def test_what_is_kept_out_or_marked_gives_no_fragments():
    """A teacher's word on them would teach what must not be learnt."""
    body = "The export is broken again today. It was fine."
    out = Example("set", body, "en", {}, kept_out=True)

    assert list(fragments([out, replace(out, kept_out=False, named=True)])) == []


# --- pieces --------------------------------------------------------------------------------------


def test_pieces_begin_with_letters_and_words_win_over_parts():
    """Single letters are always there; a word in use scores above each of its parts."""
    names, scores = pieces.learn({"broken": 50, "brokers": 5, "!": 9})
    score = dict(zip(names, scores, strict=True))

    assert set("▁broken!") <= set(names)
    assert score["▁broken"] > score["▁brok"]
    assert score["▁broken"] > score["▁brokers"]
    assert len(names) == len(set(names))
    assert all(odds <= 0 for odds in scores)
    known = Words(names, np.array(scores, np.float32), np.zeros(16, np.float32))
    rows = known.rows(["broken"])
    assert known.pieces(rows).tolist() == [names.index("▁broken") + 4]


def test_no_more_pieces_than_asked_for():
    """A quarter may be letters; the same words give the same pieces in any order."""
    many = {f"{a}{b}x": n for n, (a, b) in enumerate(zip("abcdefgh", "ijklmnop", strict=True), 1)}
    names, scores = pieces.learn(many, 12)

    assert len(names) == len(scores) == 12
    assert sum(len(name) == 1 for name in names) == 3
    assert pieces.learn(dict(reversed(many.items())), 12) == (names, scores)
    assert pieces.learn({}) == ([], [])


# --- what the student is told --------------------------------------------------------------------


def _labelled(name, sizes, **more):
    """Examples of a set: so many with each label."""
    return [
        Example(name, f"{name} {label} {n}", "en", {} if label is None else {"negative": label},
                **more)
        for label, many in sizes.items()
        for n in range(many)
    ]  # fmt: skip


def test_a_set_counts_as_the_root_of_its_size():
    """Nine hundred texts count as thirty, a hundred as ten, ours twice; each class half of it."""
    large = _labelled("large", {1.0: 90, 0.0: 810})
    small = _labelled("small", {1.0: 50, 0.0: 50})
    ours = _labelled("ours", {1.0: 4, 0.0: 12}, rich=True)
    base = weigh([*large, *small, *ours], Recipe(rich=2.0))

    assert base[:900].sum() == pytest.approx(30, rel=1e-4)
    assert base[:90].sum() == pytest.approx(15, rel=1e-4)
    assert base[900:1000].sum() == pytest.approx(10, rel=1e-4)
    assert base[1000:].sum() == pytest.approx(2 * 4, rel=1e-4)
    assert base[1000:1004].sum() == pytest.approx(4, rel=1e-4)


def test_languages_of_a_set_count_apart_and_fragments_together():
    """A set in two languages is two; pieces of texts are one, whatever their language."""
    several = [*_labelled("set", {1.0: 4}), *_labelled("set", {1.0: 4})]
    several[4:] = [replace(one, language="de") for one in several[4:]]
    bits = [replace(one, set=FRAGMENTS, labels={}) for one in several]

    assert weigh(several, Recipe()).sum() == pytest.approx(2 + 2)
    assert weigh(bits, Recipe(fragments=3.0)).sum() == pytest.approx(3 * 8**0.5)


def _teacher(odds=None, dim=4):
    """A teacher with three pieces."""
    return teacher.Teacher(
        "big",
        ("▁a", "a", "b"),
        np.array([-1, -2, -3], np.float32),
        np.ones((3, dim), np.float32),
        {
            teacher.key_of(text): np.full(len(HEADS), value, np.float32)
            for text, value in (odds or {}).items()
        },
    )


def test_without_a_teacher_labels_are_the_targets():
    """What is not known counts nothing; the first head counts most."""
    learnt = [
        Example("a", "x", "en", {"negative": 1.0, "positive": 0.0}),
        Example("a", "y", "en", {"negative": 0.0, "reason/bug": 1.0}),
    ]
    target, counts, taught = wanted(learnt, None, Recipe())
    bug = HEADS.index("reason/bug")

    assert taught == 0
    assert target[:, 0].tolist() == [1.0, 0.0]
    assert target[1, bug] == 1.0
    assert counts[0, bug] == 0
    assert 0 < counts[1, bug] < counts[0, 1] < counts[0, 0]
    assert np.count_nonzero(counts) == 4


def test_a_teacher_is_mixed_with_labels():
    """.7 of a teacher who says "even" and .3 of the label; alone the teacher says all heads."""
    learnt = [
        Example("a", "x", "en", {"negative": 1.0}),
        Example("a", "z", "en", {"negative": 1.0}, rich=True),
        Example("a", "y", "en", {"negative": 0.0}),
        Example(FRAGMENTS, "bit", "en", {}),
    ]
    recipe = Recipe(taught=0.7, taught_rich=0.5)
    target, counts, taught = wanted(learnt, _teacher({"x": 0, "z": 0, "bit": 2}), recipe)

    assert taught == 3
    assert target[0, 0] == pytest.approx(0.7 * 0.5 + 0.3)
    assert target[1, 0] == pytest.approx(0.75)
    assert target[2, 0] == 0
    assert target[3] == pytest.approx(1 / (1 + np.exp(-2)))
    assert (counts[3] > 0).all()
    assert counts[3, 0] > counts[3, 1]
    assert counts[0, 1] > 0 == counts[2, 1]


# --- the teacher's file --------------------------------------------------------------------------


def _told(path, **change):
    """Write a teacher's file."""
    arrays = {
        "name": np.frombuffer(b"big", np.uint8),
        "pieces": np.frombuffer("▁a\na\nb".encode(), np.uint8),
        "scores": np.array([-1, -2, -3], np.float16),
        "vectors": np.ones((3, 4), np.float16),
        "keys": np.frombuffer(teacher.key_of("x") + teacher.key_of("y"), np.uint8),
        "odds": np.full((2, len(HEADS)), 24, np.int8),
    } | change
    told: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
    np.savez(path, **told)
    return path


def test_a_teachers_file_is_read(tmp_path):
    """Its pieces with vectors, and its odds by the text's key: 24 steps are log-odds of 2."""
    told = teacher.read(_told(tmp_path / "t.npz"))

    assert told.name == "big"
    assert list(told.pieces) == ["▁a", "a", "b"]
    assert told.vectors.shape == (3, 4)
    assert told.of("y") == pytest.approx(np.full(len(HEADS), 2.0))
    assert told.of("z") is None


def test_an_answer_is_found_by_the_words_of_its_text():
    """A name is a sign and blanks, a capital is a small letter: the words tell texts apart."""
    told = _teacher({f"{BRAND}    is Broken.": 1})

    assert teacher.key_of("It is  broken.") == key("it is broken .")
    assert len(teacher.key_of("It is broken.")) == 8
    assert told.of(f"{BRAND} is  broken.") == pytest.approx(np.full(len(HEADS), 1.0))
    assert told.of(f"{RIVAL} is broken.") is None
    assert told.of("is broken.") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"odds": np.zeros((2, 3), np.int8)}, f"3 heads, expected {len(HEADS)}"),
        ({"odds": np.zeros(3, np.int8)}, "no teacher's file"),
        ({"keys": None}, "no teacher's file"),
        ({"name": np.frombuffer(b"\xff", np.uint8)}, "no teacher's file"),
        ({"pieces": np.array([{}], dtype=object)}, "no teacher's file"),
    ],
    ids=["heads", "flat", "no keys", "no UTF-8", "pickle"],
)
def test_a_wrong_teachers_file_is_told(tmp_path, change, said):
    """The file is named, and what is wrong with it."""
    with pytest.raises(UsageError, match=rf"t\.npz: .*{said}"):
        teacher.read(_told(tmp_path / "t.npz", **change))


@pytest.mark.parametrize(
    "body",
    [b"", b"nothing", b"PK\x03\x04"],
    ids=["empty", "text", "cut"],
)
def test_a_damaged_teachers_file_is_told(tmp_path, body):
    """What is no archive is no teacher's file; nor is one that is not there."""
    path = tmp_path / "t.npz"
    path.write_bytes(body)
    with pytest.raises(UsageError, match=r"t\.npz: no teacher's file"):
        teacher.read(path)
    with pytest.raises(UsageError, match=r"none\.npz: no such teacher file"):
        teacher.read(tmp_path / "none.npz")


def test_a_single_array_is_no_teachers_file(tmp_path):
    """A .npy under another name is told like any wrong file."""
    path = tmp_path / "t.npz"
    with path.open("wb") as out:
        np.save(out, np.zeros(3))

    with pytest.raises(UsageError, match=r"t\.npz: no teacher's file"):
        teacher.read(path)


@pytest.mark.parametrize(
    "claim",
    ["{'descr': ( ", "{'descr': '|u1', 'fortran_order': False, 'shape': (90000000000000,)}"],
    ids=["unfinished", "terabytes"],
)
def test_a_crafted_teachers_file_is_told(tmp_path, claim):
    """What an array's own header claims, too, ends with the file's name."""
    told = claim.encode().ljust(117) + b"\n"
    path = tmp_path / "t.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("keys.npy", b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told)

    with pytest.raises(UsageError, match=r"t\.npz: no teacher's file"):
        teacher.read(path)


# --- the linear half's fit -----------------------------------------------------------------------


def _toy(many, seed=1):
    """Texts of a few buckets out of twelve; those with more of the first six are negative."""
    chance = random.Random(seed)
    rows: list[tuple[file.Ints, file.Floats]] = []
    labels = []
    while len(rows) < many:
        at = chance.sample(range(12), 5)
        rows.append((np.array(at, np.int64), np.full(5, 0.4, np.float32)))
        labels.append(float(sum(n < 6 for n in at) > 2))
    return hashed.sparse(rows), np.array(labels, np.float32)


def test_the_linear_half_learns_what_can_be_separated():
    """Every text of a separable toy falls on its side; the first six buckets speak against."""
    texts, labels = _toy(300)
    counts = np.ones(300, np.float32)
    weights, bias = hashed.fit(texts, labels, counts, epochs=30, rate=0.3, seed=1)

    assert ((texts.times(weights) + bias > 0) == (labels > 0)).all()
    assert weights[:6].min() > 0 > weights[6:12].max()
    assert np.count_nonzero(weights) == 12
    again, bias_again = hashed.fit(texts, labels, counts, epochs=30, rate=0.3, seed=1)
    assert (again == weights).all()
    assert bias == bias_again


def test_what_counts_nothing_teaches_nothing():
    """Texts of wrong labels with a count of nought do no harm."""
    texts, labels = _toy(300)
    counts = np.ones(300, np.float32)
    wrong = labels.copy()
    wrong[200:], counts[200:] = 1 - labels[200:], 0

    weights, bias = hashed.fit(texts, wrong, counts, epochs=30, rate=0.3, seed=1)

    assert ((texts.times(weights) + bias > 0) == (labels > 0)).mean() > 0.95


def test_sure_texts_overflow_nothing():
    """Log-odds of thousands, far beyond what an exponential holds, still give numbers."""
    texts, labels = _toy(300)
    weights, bias = hashed.fit(
        texts, labels, np.ones(300, np.float32), epochs=6, rate=3_000, seed=1
    )

    assert np.abs(texts.times(weights) + bias).min() > 100
    assert np.isfinite(weights).all()
    assert np.isfinite(bias)


def test_rows_are_summed_and_taken_as_in_a_matrix():
    """Sums over rows by hand; an empty row weighs nothing."""
    nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
    two = np.array([1, 3]), np.array([0.5, 2.0], np.float32)
    one = np.array([2]), np.array([1.0], np.float32)
    texts = hashed.sparse([two, nothing, one])
    weights = np.array([9, 10, 100, 1000], np.float32)

    assert texts.times(weights).tolist() == [2005, 0, 100]
    assert texts.take(np.array([2, 0])).times(weights).tolist() == [100, 2005]


# --- the student's fit ---------------------------------------------------------------------------


def _student(width=3, dim=4, filters=3, heads=2, rows=9, seed=5):
    chance = np.random.default_rng(seed)

    def some(*shape):
        return chance.standard_normal(shape)

    table = some(rows, dim)
    table[0] = 0
    now = {
        "conv": some(width, dim + PLACES, filters),
        "conv_bias": some(filters),
        "out": some(2 * filters + dim, heads),
        "out_bias": some(heads),
    }
    return table, now


def _read(*ids):
    told = np.array(ids, np.int64)
    return network.Text(told, places(told) if 2 in ids else None)


TEXTS = [_read(4, 5, 6, 5), _read(7, 2, 8, 3, 1), _read(2), _read(4)]
WANTED = (
    np.array([[1, 0], [0, 1], [0.3, 0.5], [1, 1]]),
    np.array([[1, 0.5], [2, 0], [0.7, 1], [1, 1]]),
)


@pytest.fixture
def nothing_hidden(monkeypatch):
    """Slopes of the whole network: no piece and no feature is left out by chance."""
    monkeypatch.setattr(network, "DROP_PIECE", 0.0)
    monkeypatch.setattr(network, "DROP_FEATURE", 0.0)


def _loss_of(table, now, width):
    batch = network._lay(TEXTS, width // 2)
    return network._slopes(batch, (table, False), now, WANTED, np.random.default_rng(0))


@pytest.mark.parametrize("width", [1, 3, 5])
def test_slopes_are_differences_of_the_loss(nothing_hidden, width):
    """Every number of every array, moved a little both ways, changes the loss as its slope says."""
    table, now = _student(width)
    _, slopes, _ = _loss_of(table, now, width)
    seen, d_table = slopes["table"]
    whole = np.zeros_like(table)
    whole[seen] = d_table
    step = 1e-4
    for name, array, slope in [
        ("table", table, whole),
        *((name, now[name], slopes[name][1]) for name in now),
    ]:
        found = np.zeros(array.size)
        for n in range(array.size):
            if name == "table" and n < table.shape[1]:
                continue  # row 0 is what lies beyond a text: it stays nothing
            kept = array.flat[n]
            array.flat[n] = kept + step
            more = _loss_of(table, now, width)[0]
            array.flat[n] = kept - step
            less = _loss_of(table, now, width)[0]
            array.flat[n] = kept
            found[n] = (more - less) / (2 * step)
        assert slope.reshape(-1) == pytest.approx(found, abs=2e-3), name
        assert np.abs(slope).max() > 1e-2, name


def test_the_program_finds_the_features_of_the_training(nothing_hidden):
    """One text, with or without a brand: the runtime's features are those that were learnt from."""
    table, now = _student(5, rows=9)
    names = ("▁a", "b", "c", "▁d", "!")
    known = Words(names, -np.ones(5, np.float32), np.zeros(16, np.float32))
    w = Weights(
        table.astype(np.float32),
        now["conv"].astype(np.float32),
        now["conv_bias"].astype(np.float32),
        now["out"].astype(np.float32),
        now["out_bias"].astype(np.float32),
        np.zeros(10, np.float32),
    )
    for text in ("a d !", "abc", f"d {BRAND} a! {RIVAL} !", f"{RIVAL} abc", ""):
        example = Example("set", text, "en", {})
        batch = network._lay([_text(example, known)], 2)
        wanted_here = (np.ones((1, 2), np.float32), np.ones((1, 2), np.float32))
        _, _, features = network._slopes(
            batch, (w.table, False), now, wanted_here, np.random.default_rng(0)
        )
        tokens = cut(text)
        runtime = Student(w, known).find(tokens, known.rows(tokens))
        assert runtime.features == pytest.approx(features, abs=1e-4), text


def test_a_rounded_table_is_what_the_loss_sees(nothing_hidden):
    """In the last epochs the loss is that of the table as it will be kept."""
    table, now = _student()
    table = table.astype(np.float32)
    batch = network._lay(TEXTS, 1)
    kept = file.unpack_table(file.pack_table(table))
    chance = np.random.default_rng(0)

    rounded = network._slopes(batch, (table, True), now, WANTED, chance)[0]

    assert rounded == pytest.approx(
        network._slopes(batch, (kept, False), now, WANTED, chance)[0], rel=1e-4
    )
    assert rounded != network._slopes(batch, (table, False), now, WANTED, chance)[0]


def _piece_four():
    """Texts in every other of which piece 4 stands, as its label says; and a table of vectors."""
    chance = random.Random(2)
    texts, labels = [], []
    for n in range(640):
        ids = [chance.randrange(5, 12) for _ in range(chance.randrange(3, 9))]
        if n % 2:
            ids[chance.randrange(len(ids))] = 4
        texts.append(_read(*ids))
        labels.append([float(n % 2)])
    task = network.Task(texts, np.array(labels, np.float32), np.ones((640, 1), np.float32))
    return task, np.random.default_rng(1).standard_normal((12, 8)).astype(np.float32)


def test_the_student_learns_a_toy():
    """Whether piece 4 stands in a text: the loss falls below a third; row 0 stays as it was."""
    task, table = _piece_four()
    losses = []
    found = network.fit(
        task,
        network.begin(table, 8, 3, 1, 1),
        epochs=14,
        rate=0.05,
        seed=1,
        watch=lambda epoch, loss: losses.append(loss),
    )

    assert len(losses) == 14
    assert losses[-1] < losses[0] / 3
    assert (found.table[0] == table[0]).all()
    assert np.abs(found.usual).max() > 0


def test_a_short_training_is_soon_at_the_full_rate(monkeypatch):
    """However slow the start may be, it is over after a tenth of the steps: 3 of 33."""
    task, table = _piece_four()
    found = []
    for warm in (10**6, 3, 2):
        monkeypatch.setattr(network, "WARM", warm)
        found.append(
            network.fit(task, network.begin(table, 8, 3, 1, 1), epochs=3, rate=0.05, seed=1).out
        )

    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


def test_a_long_text_is_learnt_from_around_its_brand():
    """Two hundred pieces: the first, or those around the first mark."""
    known = Words(("▁a", "▁b"), -np.ones(2, np.float32), np.zeros(16, np.float32))

    def pieces_of(*words):
        return _text(Example("set", " ".join(words), "en", {}), known)

    plain = pieces_of(*["a"] * 50, *["b"] * 300)
    late = pieces_of(*["a"] * 300, BRAND, *["b"] * 20)
    assert plain.pieces.tolist() == [4] * 50 + [5] * 150
    assert plain.places is None
    assert late.pieces.tolist() == [4] * 179 + [2] + [5] * 20
    assert late.places is not None
    assert late.places[179, 5] == 1


# --- blend and calibration -----------------------------------------------------------------------


def _slope(inputs, labels, counts, prior, ridge, found):
    """Of the loss that `regress` makes least, at what it found."""
    x = np.column_stack([inputs, np.ones(len(inputs))])
    guess = 1 / (1 + np.exp(-(x @ found)))
    return x.T @ (counts / counts.sum() * (guess - labels)) + ridge * (found - prior)


def test_regression_finds_a_known_answer():
    """Three in four of one kind and one in four of the other: log-odds of 3, once each way."""
    inputs = np.array([[1.0]] * 4 + [[-1.0]] * 4, np.float32)
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 1], np.float32)

    found = regress(inputs, labels, np.ones(8, np.float32), np.array([1.0, 0.0]), 1e-9)

    assert found == pytest.approx([np.log(3), 0], abs=1e-4)


def test_a_heavy_ridge_stays_where_it_was():
    """With all said by the prior, the texts move nothing."""
    inputs = np.array([[1.0], [-1.0]], np.float32)
    labels = np.array([0, 1], np.float32)

    found = regress(inputs, labels, np.ones(2, np.float32), np.array([2.0, 1.0]), 1e6)

    assert found == pytest.approx([2, 1], abs=1e-4)


def _halves(seed, many, scale):
    """Log-odds of two halves that agree more or less with labels, and the labels."""
    chance = np.random.default_rng(seed)
    labels = (np.arange(many) % 2).astype(np.float32)
    both = chance.standard_normal(many)
    inputs = [
        scale * (0.6 * (2 * labels - 1) + both + 0.5 * chance.standard_normal(many))
        for _ in range(2)
    ]
    return np.column_stack(inputs).astype(np.float32), labels


@settings(max_examples=40)
@given(st.integers(0, 9_999), st.integers(FEW, 200), st.floats(0.2, 10.0))
def test_regression_ends_where_the_slope_is_nought(seed, many, scale):
    """However sure the halves are: what is found is the least loss there is."""
    inputs, labels = _halves(seed, many, scale)
    prior = np.array([0.5, 0.5, 0.0])

    found = regress(inputs, labels, np.ones(many, np.float32), prior, 0.01)

    slope = _slope(inputs, labels, np.ones(many), prior, 0.01, found)
    assert np.abs(slope).max() < 1e-5


@pytest.mark.parametrize("scale", [3.0, 5.0, 10.0])
def test_regression_ends_there_for_sure_halves_too(scale):
    """Halves that are surer than they should be are the ones that need it most."""
    inputs, labels = _halves(1, 200, scale)
    prior = np.array([0.5, 0.5, 0.0])

    found = regress(inputs, labels, np.ones(200, np.float32), prior, 0.003)

    assert np.abs(found).max() < 10
    slope = _slope(inputs, labels, np.ones(200), prior, 0.003, found)
    assert np.abs(slope).max() < 1e-4


def test_a_language_with_few_texts_has_no_numbers_of_its_own():
    """Sixty are enough; all together stand under "other"; without any, equal shares."""
    inputs, labels = _halves(3, 2 * FEW, 0.7)
    languages = ["en"] * FEW + ["de"] * (FEW - 1) + ["fr"]
    found = blend(inputs, labels, np.ones(2 * FEW, np.float32), languages)

    assert set(found) == {"en", "other"}
    assert all(len(numbers) == 3 for numbers in found.values())
    none = np.zeros(0, np.float32)
    assert blend(np.zeros((0, 2), np.float32), none, none, []) == {"other": [0.5, 0.5, 0.0]}


def test_heads_that_are_off_are_moved():
    """A head that says the same of every text is moved to its rate; one with few texts is not."""
    words = Words(("▁a", "▁b"), -np.ones(2, np.float32), np.zeros(16, np.float32))
    many = len(HEADS)
    w = Weights(
        np.zeros((6, 2), np.float32),
        np.zeros((3, 2 + PLACES, 2), np.float32),
        np.zeros(2, np.float32),
        np.zeros((6, many), np.float32),
        np.full(many, 2.0, np.float32),
        np.zeros(6, np.float32),
    )
    often, rarely = "intent/complaint", "intent/praise"
    out = [
        Example(
            "set",
            "a" if n % 2 else f"{BRAND} b",
            "en",
            {
                "negative": float(n % 2),
                often: float(n < 2 * FEW_RIGHT),
                rarely: float(n < FEW_RIGHT - 1),
            },
            named=not n % 2,
            rich=True,
        )
        for n in range(8 * FEW_RIGHT)
    ]
    found, moved, bias = calibrate(out, Linear(words, 0.0), Student(w, words), words, w)

    assert set(found) == {"text", "target"}
    assert bias[HEADS.index(often)] == pytest.approx(np.log(1 / 3), abs=0.05)
    assert bias[HEADS.index(rarely)] == 2.0
    assert bias[0] == 2.0
    assert (moved == 0).all()


# --- all of it -----------------------------------------------------------------------------------

BAD = ("is broken", "keeps crashing", "charged me twice", "never answers", "lost my files")
GOOD = ("works great", "is lovely", "saved my day", "answers at once", "made it easy")
WHO = ("The app", "Their support", "The export", "This update", "The editor", "My account")
WHEN = ("today", "again", "since Monday", "this week", "on my phone", "as always", "for us")


def _corpus(many=420, seed=4):
    """Rows by a small grammar: half on a brand, some of ours, one in six about a rival's doings."""
    chance = random.Random(seed)
    rows = []
    for n in range(many):
        negative = chance.random() < 0.5
        said, other = (BAD, GOOD) if negative else (GOOD, BAD)
        label: Label = "negative" if negative else "positive"
        body = f"{chance.choice(WHO)} {chance.choice(said)} {chance.choice(WHEN)}, number {n}."
        if n % 2:
            body = f"Acme {chance.choice(said)} {chance.choice(WHEN)}, as I said. {body}"
        if n % 6 == 3:
            body = f"{body} But Globex {chance.choice(other)}."
            rows.append(Row("pairs", body, (("Acme", label), ("Globex", "not")), lang="en"))
        elif n % 2:
            rows.append(
                Row(
                    "ours",
                    body,
                    (("Acme", label),),
                    lang="en",
                    intent="complaint" if negative else "praise",
                    reasons=("bug",) if negative else (),
                    first_hand=True,
                    title="A thought" if n % 5 else "",
                )
            )
        else:
            rows.append(Row("plain", body, (), label, lang="en"))
    return rows


RECIPE = Recipe(dim=8, filters=8, epochs=6, rate=0.02)


@pytest.fixture(scope="module")
def trained():
    """A whole run, and what was said meanwhile."""
    said: list[str] = []
    return train(_corpus(), None, RECIPE, fingerprint="f" * 64, watch=said.append), said


@pytest.fixture(scope="module")
def toy(trained, tmp_path_factory):
    """The model that came of it, in a file."""
    path = tmp_path_factory.mktemp("toy") / "model.npz"
    path.write_bytes(trained[0].body)
    return path


def test_what_was_kept_out_is_told_apart(trained, toy):
    """ROC-AUC above .9 on the kept-out part, with and without a brand; both kinds are there."""
    out = [one for one in examples(_corpus(), EN) if one.kept_out]
    known = Model(toy)
    for named in (False, True):
        odds, labels = [], []
        for one in out:
            if one.named == named:
                spans = {
                    sign: [(n, n + 1) for n, c in enumerate(one.text) if c == sign]
                    for sign in (BRAND, RIVAL)
                }
                reading = known.read(one.text, "en", (spans[BRAND], spans[RIVAL]))
                assert reading is not None
                odds.append(reading.odds)
                labels.append(bool(one.labels["negative"]))
        auc = measures.roc_auc(odds, labels)
        assert auc is not None
        assert auc > 0.9
    assert trained[0].kept_out == len(out)


def test_the_header_says_what_it_was_made_of(trained, toy):
    """Heads, languages, corpus and teacher; and the run told of its progress."""
    head, arrays = file.read(toy)
    run, said = trained

    assert head["heads"] == list(HEADS)
    assert head["languages"] == ["en"]
    assert head["corpus"] == "f" * 64
    assert head["teacher"] is None
    assert arrays["table"].shape[1] == RECIPE.dim // 2
    assert run.taught == 0
    assert run.texts + run.kept_out == len(list(examples(_corpus(), EN)))
    assert said[0].endswith("texts from 420 labels")
    assert sum("epoch" in one for one in said) == RECIPE.epochs


def test_the_same_input_gives_the_same_bytes(trained):
    """Trained twice: not a byte differs. Another seed gives another model."""
    assert train(_corpus(), None, RECIPE, fingerprint="f" * 64).body == trained[0].body
    other = replace(RECIPE, seed=2, epochs=1, linear_epochs=1)
    assert train(_corpus(), None, other, fingerprint="f" * 64).body != trained[0].body


def test_a_teacher_is_learnt_from(tmp_path):
    """Its pieces become the student's, its name stands in the header, its answers are counted."""
    rows = _corpus(300)
    texts = [one.text for one in examples(rows, EN) if not one.kept_out]
    bits = [one.text for one in fragments(list(examples(rows, EN)))][:20]
    told = _teacher(dict.fromkeys([*texts[:40], *bits], 1.0))
    found = train(rows, told, replace(RECIPE, epochs=1, linear_epochs=1))
    path = tmp_path / "m.npz"
    path.write_bytes(found.body)
    head, arrays = file.read(path)

    assert head["teacher"] == "big"
    assert arrays["pieces"].tobytes().decode().split("\n") == ["▁a", "a", "b"]
    assert found.taught == len(set(texts[:40])) + len(bits)
    assert found.texts == len(texts) + len(bits)


def test_a_text_of_half_a_letter_can_be_learnt_from():
    """A lone surrogate, as broken JSON has them, stops no training."""
    rows = [*_corpus(300), Row("plain", "It is \ud83d broken.", (), "negative", lang="en")]
    rows += [Row("plain", f"\ud83d \ud83d fine {n}", (), "positive", lang="en") for n in range(9)]

    assert train(rows, None, replace(RECIPE, epochs=1, linear_epochs=1)).body


@pytest.mark.parametrize(("many", "known"), [(1, {"en"}), (49, {"en"}), (50, {"en", "nl"})])
def test_a_language_of_few_texts_is_not_learnt(tmp_path, many, known):
    """Fewer than fifty Dutch texts teach no Dutch, so Dutch is not said to be known."""
    dutch = [Row("plain", f"Het werkt niet {n}.", (), "negative", lang="nl") for n in range(99)]
    learnt = [row for row in dutch if not next(examples([row], LANGUAGES)).kept_out]
    rows = [*_corpus(300), *learnt[:many]]
    path = tmp_path / "m.npz"
    path.write_bytes(train(rows, None, replace(RECIPE, epochs=1, linear_epochs=1)).body)

    assert Model(path).languages == known


def _negative_kept_out(row):
    """Whether an example of the row is negative and kept out."""
    return any(one.kept_out and one.labels["negative"] for one in examples([row], EN))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row for row in _corpus(1_000) if row.label == "positive"],
            "^the texts to learn from are all negative, or none is: add the other kind$",
        ),
        (
            [row for row in _corpus() if not _negative_kept_out(row)],
            "^the texts to calibrate on are all negative, or none is: add the other kind$",
        ),
        (_corpus(100), "^136 texts in de, en, .*, pt to learn from; 200 are needed$"),
        ([], "^0 texts in de, en, .*, pt to learn from; 200 are needed$"),
    ],
    ids=["one class", "one class to calibrate on", "too few", "none"],
)
def test_too_little_is_refused(rows, said):
    """Without both kinds, or with too few texts, there is nothing to learn."""
    with pytest.raises(UsageError, match=said):
        train(rows)


# --- the command ---------------------------------------------------------------------------------


def _lines(rows):
    """Labelled JSON Lines of rows."""
    told = []
    for row in rows:
        line = {"text": row.text, "lang": row.lang, "source": row.set, "title": row.title or None}
        if row.targets:
            line["targets"] = dict(row.targets)
        else:
            line["label"] = row.label
        if row.intent:
            line |= {"intent": row.intent, "reasons": list(row.reasons), "first_hand": True}
        told.append(json.dumps(line))
    return "\n".join(told)


def test_train_writes_a_model_that_score_can_use(cli, another):
    """`scanner train`, then SCANNER_MODEL: complaints and praise are told apart."""
    cli.write("labels.jsonl", _lines(_corpus(300)))

    ran = cli("-v", "train", "labels.jsonl", "-o", "model.npz")
    told = cli(
        "score",
        "--text",
        stdin="The app is broken again.\nThe app works great as always.\n",
        SCANNER_MODEL=str(cli.folder / "model.npz"),
    )

    assert (ran.code, ran.out) == (0, "")
    assert "model.npz: " in ran.err
    assert "calibrated on" in ran.err
    assert told.code == 0
    bad, good = told.rows
    assert bad["negativity"] > good["negativity"]


def test_train_reads_a_teachers_file(cli):
    """--teacher is read before the work begins: a wrong one ends with 2 and its name."""
    cli.write("labels.jsonl", _lines(_corpus(4)))
    cli.write("t.npz", b"nothing")

    ran = cli("train", "labels.jsonl", "-o", "model.npz", "--teacher", "t.npz")

    assert ran.code == 2
    assert "t.npz: no teacher's file" in ran.err


@pytest.mark.parametrize(
    ("rows", "output", "said"),
    [
        (
            [row for row in _corpus(1_000) if row.label == "negative"],
            "m.npz",
            "all negative, or none",
        ),
        (_corpus(100), "m.npz", "136 texts in de, en, es, fr, it, nl, pt to learn from; 200 are"),
        (_corpus(4), "none/m.npz", "there is no folder"),
        (_corpus(4), ".", "is a folder"),
        ([], "m.npz", "holds no labelled text"),
    ],
    ids=["one class", "too few", "no folder", "a folder", "empty"],
)
def test_train_refuses(cli, rows, output, said):
    """What cannot be done is told with exit 2, and no file is left."""
    cli.write("labels.jsonl", _lines(rows))

    ran = cli("train", "labels.jsonl", "-o", output)

    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert not (cli.folder / "m.npz").exists()


def test_train_refuses_scenarios_alone(cli):
    """A scenario measures the queue; there is nothing in it to learn from."""
    cli.write("case/scanner.toml", "")
    cli.write("case/labels.jsonl", "{}")

    ran = cli("train", "case", "-o", "m.npz")

    assert ran.code == 2
    assert "scenarios are for measuring" in ran.err


def test_heads_cover_every_intent_and_reason():
    """What the model tells is what the program knows names for."""
    assert [name.partition("/")[2] for name in HEADS if name.startswith("intent/")] == list(INTENTS)
    assert [name.partition("/")[2] for name in HEADS if name.startswith("reason/")] == list(REASONS)
