"""The measures by hand-computed values, the labelled files, and the figures made of both."""

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ScannerError, UsageError
from scanner.evaluate import MEASURES, evaluate, floors, measures, sets
from scanner.evaluate.figures import figures, hard
from scanner.evaluate.judging import Outcome, outcomes
from scanner.evaluate.ranking import ranking
from scanner.evaluate.sets import Row
from tests.conftest import rss


def known(figure):
    """A figure that has to be there."""
    assert figure is not None
    return figure


# --- measures ------------------------------------------------------------------------------------

SCORES = [0.9, 0.8, 0.7, 0.7, 0.1]
TRUTHS = [True, False, True, False, False]

scored = st.lists(
    st.tuples(st.integers(0, 64).map(lambda n: n / 64), st.booleans()), min_size=2, max_size=40
).filter(lambda rows: len({truth for _, truth in rows}) == 2)
"""Scores with exact complements, and both classes."""


def test_auc_counts_pairs_with_ties_as_half():
    """.9 beats all three others; .7 loses to .8, ties with .7, beats .1: 4.5 of 6 pairs."""
    assert measures.roc_auc(SCORES, TRUTHS) == 0.75


@given(scored)
def test_auc_is_what_a_loop_over_pairs_gives(rows):
    """The definition itself, pair by pair."""
    positives = [score for score, truth in rows if truth]
    negatives = [score for score, truth in rows if not truth]
    won = sum((a > b) + (a == b) / 2 for a in positives for b in negatives)

    assert measures.roc_auc(*zip(*rows, strict=True)) == pytest.approx(
        won / (len(positives) * len(negatives))
    )


@given(scored)
def test_auc_looks_at_order_alone(rows):
    """A monotone map changes nothing; turning the scores round turns the figure round."""
    scores, truths = zip(*rows, strict=True)
    auc = known(measures.roc_auc(scores, truths))

    assert measures.roc_auc([math.exp(3 * s) - 7 for s in scores], truths) == auc
    assert measures.roc_auc([1 - s for s in scores], truths) == pytest.approx(1 - auc)


def test_what_one_class_alone_cannot_tell():
    """Without both classes there is no order to measure, without posts nothing at all."""
    assert measures.roc_auc([0.1, 0.2], [True, True]) is None
    assert measures.auc_interval([0.1], [False]) is None
    assert measures.part_auc([0.1], [False], [True]) is None
    assert measures.average_precision([0.5], [False]) is None
    assert measures.calibration_error([], []) is None
    assert measures.brier([], []) is None
    assert measures.mean([None, None]) is None
    assert measures.share(1, 0) is None


def test_a_part_is_held_against_all_others():
    """The part is .7 (true) and .1: .7 makes 0, .5 and 1 against all three, .9 beats .1: 2.5/4."""
    part = [False, False, True, False, True]

    assert measures.part_auc(SCORES, TRUTHS, part) == 0.625


@given(scored)
def test_all_posts_are_a_part_too(rows):
    """The AUC of everything against everything is the plain one."""
    scores, truths = zip(*rows, strict=True)

    assert measures.part_auc(scores, truths, [True] * len(rows)) == pytest.approx(
        measures.roc_auc(scores, truths)
    )


def test_average_precision_takes_ties_in_one_step():
    """1/1 at .9; both of .7 come together, 2 hits of 4: (1 + 2/4) / 2."""
    assert measures.average_precision(SCORES, TRUTHS) == 0.75


def test_the_interval_is_the_same_every_time_and_holds_the_figure():
    """Seeded; about ±.3 on 12 posts; no width where the classes are apart."""
    scores = [n / 12 for n in range(12)]
    truths = [n in (3, 6, 8, 9, 11) for n in range(12)]

    low, high = known(measures.auc_interval(scores, truths))

    assert (low, high) == measures.auc_interval(scores, truths)
    assert 0.3 < low < known(measures.roc_auc(scores, truths)) < high <= 1
    assert measures.auc_interval([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == (1, 1)


def test_calibration_error_by_hand():
    """Bin of .1: promises .2 of 2 and holds 1; bin of .9: .9 of 1 and holds 1: (.8 + .1) / 3."""
    assert measures.calibration_error([0.1, 0.1, 0.9], [False, True, True]) == pytest.approx(0.3)
    assert measures.calibration_error([1.0, 0.0], [True, False]) == 0
    assert measures.calibration_error([1.0, 0.0], [False, True]) == 1


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), min_size=1, max_size=6))
def test_a_probability_that_keeps_its_word_has_no_error(groups):
    """Groups of n posts that say k/n and hold k: nothing to complain about."""
    groups = [(n, min(k, n)) for n, k in groups]
    scores = [k / n for n, k in groups for _ in range(n)]
    truths = [at < k for n, k in groups for at in range(n)]

    assert measures.calibration_error(scores, truths) == pytest.approx(0, abs=1e-12)


def test_brier_by_hand():
    """(.1² + .9² + .1²) / 3."""
    assert measures.brier([0.1, 0.1, 0.9], [False, True, True]) == pytest.approx(0.83 / 3)


def test_f1_of_classes_by_hand():
    """a: 1 hit of 2 + 1; b: 1 of 1 + 3; c: never told."""
    found = measures.f1_by_class(["a", "a", "b", "c"], ["a", "b", "b", "b"])

    assert found == {"a": 2 / 3, "b": 0.5, "c": 0}
    assert measures.f1_by_class([], []) == {}


def test_f1_of_labels_by_hand():
    """One hit among 3 + 2 labels; a: 2/3, b: 0. A post without any adds nothing."""
    micro, macro = measures.f1_of_labels([("a", "b"), ("a",), ()], [("a",), ("b",), ()])

    assert micro == 0.4
    assert macro == pytest.approx(1 / 3)
    assert measures.f1_of_labels([], []) == (None, None)


def test_ndcg_by_hand():
    """(7 + 0 + 3/2) / (7 + 3/log2(3) + 1/2)."""
    best = 7 + 3 / math.log2(3) + 0.5

    assert measures.ndcg([3, 0, 2], [0, 1, 2, 3], 10) == pytest.approx(8.5 / best)
    assert measures.ndcg([3, 0, 2], [0, 1, 2, 3], 1) == 1
    assert measures.ndcg([0], [0, 0], 10) is None


@given(st.lists(st.sampled_from([0, 0.5, 1, 1.5, 2, 2.5, 3]), min_size=1, max_size=30), st.data())
def test_ndcg_is_a_share_of_the_best_order(gains, data):
    """Any order of any part of the posts lies between 0 and 1, and the best one is 1."""
    order = data.draw(st.permutations(gains))[: data.draw(st.integers(0, len(gains)))]
    best = sorted(gains, reverse=True)

    if any(gains):
        assert 0 <= known(measures.ndcg(order, gains, 10)) <= 1 + 1e-12
        assert measures.ndcg(best, gains, 20) == 1


def test_a_ranking_by_hand():
    """a, c, b stand at 1, 2, 3 once the unknown and the repeated are gone; d is not found."""
    gains = {"a": 3, "b": 2, "c": 0, "d": 2.5}

    found = measures.ranking(["a", "zzz", "c", "a", "b"], gains)

    assert found["p10"] == 0.2
    assert found["r3_20"] == 0.5
    assert found["rank_ap"] == pytest.approx((1 + 2 / 3) / 3)
    assert found["ndcg10"] == measures.ndcg([3, 0, 2], gains.values(), 10) == found["ndcg20"]


def test_a_ranking_without_anything_worth_it():
    """Recall of nothing is no figure; the first ten hold nothing, which is one."""
    found = measures.ranking(["a"], {"a": 0})

    assert found == {"ndcg10": None, "ndcg20": None, "p10": 0, "r3_20": None, "rank_ap": None}
    assert measures.ranking([], {})["p10"] is None


# --- labelled files ------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    """Write a labelled file."""

    def write(*rows, name="set.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        told = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(line + "\n" for line in told), "utf-8")
        return path

    return write


def test_a_row_of_the_corpus_is_read_whole(file):
    """The first target is the watched one; the state becomes resolved or not."""
    row = {
        "id": "1", "text": "Left Acme for Globex.", "title": "Moved", "lang": "en",
        "domain": "hosting", "shape": "tweet", "intent": "complaint", "reasons": ["price"],
        "targets": {"Acme": "neg", "Globex": "pos"}, "state": "resolved", "leaving": True,
        "hard": "switch",
    }  # fmt: skip

    (read,) = sets.read([file(row, "", name="en.jsonl")])

    assert read == Row(
        set="en",
        text="Left Acme for Globex.",
        targets=(("Acme", "negative"), ("Globex", "positive")),
        title="Moved",
        lang="en",
        intent="complaint",
        reasons=("price",),
        hard="switch",
        leaving=True,
        resolved=True,
    )


def test_plain_rows_are_read(file):
    """With a target and without, in every spelling of a label; a source is a set of its own."""
    rows = sets.read(
        [
            file(
                {"text": "a", "label": "complaint", "state": None},
                {"text": "b", "label": "NOT", "source": "other"},
                {"text": "c", "label": "pos", "target": "Acme"},
            )
        ]
    )

    assert [(row.set, row.label, row.targets) for row in rows] == [
        ("set", "negative", ()),
        ("other", "not", ()),
        ("set", None, (("Acme", "positive"),)),
    ]
    assert [row.resolved for row in rows] == [False, None, None]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ('{"label": "neg"}', '"text" is missing'),
        ('{"text": 1}', '"text" must be a string'),
        ('{"text": "x"}', "label null: expected one of negative, neg"),
        ('{"text": "x", "label": "bug report"}', 'label "bug report": expected one of'),
        ('{"text": "x", "targets": ["Acme"]}', '"targets" must be an object'),
        ('{"text": "x", "targets": {" ": "neg"}}', '"targets" must be an object'),
        ('{"text": "x", "targets": {"Acme": "bad"}}', 'label "bad"'),
        ('{"text": "x", "label": "neg", "intent": "rant"}', '"intent": "rant" is none of compl'),
        ('{"text": "x", "label": "neg", "reasons": ["bugs"]}', '"reasons": "bugs" is none of'),
        ('{"text": "x", "label": "neg", "reasons": "bug"}', '"reasons": "bug" is none of'),
        ('{"text": "x", "label": "neg", "leaving": 1}', '"leaving" must be true or false'),
    ],
    ids=lambda value: value[:30],
)
def test_a_bad_line_stops_the_run_with_its_place(file, line, said):
    """A set that quietly melts away would make a gate that always passes."""
    path = file({"text": "x", "label": "neg"}, "", line)

    with pytest.raises(UsageError) as stopped:
        sets.read([path])

    assert str(stopped.value).startswith(f"{path}:3: ")
    assert said in str(stopped.value)


def test_many_bad_lines_are_cut_short(file):
    """Ten are named, the others counted; a file without a row is a mistake as well."""
    with pytest.raises(UsageError) as stopped:
        sets.read([file(*["x"] * 12)])
    with pytest.raises(UsageError, match="holds no labelled text"):
        sets.read([file("", name="empty.jsonl")])

    assert str(stopped.value).endswith("\nand 2 more")
    assert len(str(stopped.value).splitlines()) == 11


def test_a_limit_spreads_over_the_file(file):
    """Files are often sorted by label: the first rows would be of one class."""
    path = file(*({"text": str(n), "label": "neg"} for n in range(10)))

    assert [row.text for row in sets.read([path], limit=3)] == ["0", "3", "6"]
    assert len(sets.read([path], limit=99)) == 10


def test_folders_are_searched(file, tmp_path):
    """Files and scenarios, in the order of their names, each once; hidden ones are left alone."""
    one = file("{}", name="all/en.jsonl")
    two = file("{}", name="all/deep/de.jsonl")
    file("{}", name="all/.hidden.jsonl")
    file("{}", name="all/notes.md")
    file("{}", name="all/ranks/acme/labels.jsonl")
    file("{}", name="all/ranks/acme/scanner.toml")

    found = sets.find([tmp_path / "all", one])

    assert found.files == (two, one)
    assert found.scenarios == (tmp_path / "all/ranks/acme",)


def test_what_is_not_there_is_named(tmp_path):
    """A missing path, and a folder with nothing in it to measure."""
    with pytest.raises(UsageError, match="no such file or folder"):
        sets.find([tmp_path / "missing"])
    with pytest.raises(UsageError, match="no scenario"):
        sets.find([tmp_path])


def test_the_fingerprint_is_of_names_and_bytes(file, tmp_path):
    """Another folder or order is the same set; one changed byte in any input is another one."""
    one, two = file("a", name="x/one.jsonl"), file("b", name="x/two.jsonl")
    again = file("a", name="y/one.jsonl")
    feed = file("<rss/>", name="s/feeds/a.xml")
    scenario = tmp_path / "s"

    def of(*files, scenarios=(scenario,)):
        return sets.fingerprint(sets.Sources(files, scenarios))

    before = of(one, two)
    assert before == of(two, one) == of(again, two)
    assert len({before, of(one), of(two), of(one, two, scenarios=())}) == 4
    feed.write_text("<rss />", "utf-8")
    assert of(one, two) != before


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """A folder in the place of a file is no bug."""
    with pytest.raises(ScannerError, match="could not read"):
        sets.read([tmp_path])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"grade": 1}', '"url" is missing'),
        ('{"url": "u"}', 'expected "gain" or "grade"'),
        ('{"url": "u", "gain": true}', 'expected "gain" or "grade"'),
        ('{"url": "u", "grade": 4}', 'expected "gain" or "grade"'),
        ("", "holds no labelled post"),
    ],
)
def test_labels_of_a_scenario_are_checked(file, line, said):
    """A line without an address, or without a grade from 0 to 3."""
    with pytest.raises(UsageError, match=said):
        sets.gains(file(line))


def test_a_gain_goes_before_a_grade(file):
    """The mean of two judges is finer than one."""
    path = file({"url": "u", "grade": 3, "gain": 2.5}, {"url": "v", "grade": 1})

    assert sets.gains(path) == {"u": 2.5, "v": 1.0}


# --- judging, and the figures --------------------------------------------------------------------

COMPLAINT = "They charged me twice and support has not answered in two weeks."
PRAISE = "I love it, works great, thank you!"


def test_a_text_without_a_target_is_judged_whole():
    """One outcome, with TextBlob's view turned round beside it."""
    (one,) = outcomes(Row("s", PRAISE, (), "positive", title="Thanks"))

    assert (one.language, one.named, one.signals) == ("en", None, None)
    assert known(one.negativity) < 0.5
    assert known(one.textblob) < 0.5
    assert one.intent == "praise"


def test_every_target_is_judged_with_the_others_as_rivals():
    """Who was left scores higher than who was joined; intent is told of the first alone."""
    row = Row(
        "s",
        "After two outages in a week I moved from Globex to Acme, and I love it.",
        (("Acme", "positive"), ("Globex", "negative")),
    )

    acme, globex = outcomes(row, textblob=False)

    assert known(acme.negativity) < known(globex.negativity)
    assert (acme.named, globex.named) == (True, True)
    assert acme.intent is not None
    assert globex.intent is None
    assert acme.textblob is None


def test_a_brand_that_is_not_named_is_judged_by_the_whole_text():
    """Reviews seldom name what they are about."""
    (one,) = outcomes(Row("s", COMPLAINT, (("Acme", "negative"),)))

    assert one.named is False
    assert known(one.negativity) > 0.5


def test_a_language_without_data_is_not_judged():
    """No figure, and no English word list on it."""
    (one,) = outcomes(Row("s", "Tuote hajosi heti, en suosittele.", (), "negative", lang="fi"))

    assert (one.negativity, one.textblob) == (None, None)


def made(label, negativity, *, row=None, **more):
    """An outcome of somebody's judge."""
    row = row or Row("s", "x", (), label)
    return Outcome(row, label, "en", negativity, **more)


def test_figures_by_hand():
    """Two of three negatives caught, one false alarm among four, one not judged."""
    told = figures(
        "s",
        [
            made("negative", 0.9, textblob=0.5),
            made("negative", 0.5, textblob=0.7),
            made("negative", 0.2),
            made("neutral", 0.6, textblob=0.5),
            made("positive", 0.1),
            made("not", 0.1),
            made("neutral", 0.1),
            made("negative", None, textblob=1.0),
        ],
    )

    assert (told.rows, told.not_judged, told.negative) == (8, 1, 3)
    assert told.measures["judged"] == 0.875
    assert told.measures["auc"] == (4 + 3 + 3) / 12
    assert told.measures["precision"] == told.measures["recall"] == told.measures["f1"] == 2 / 3
    assert told.measures["macro_f1"] == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert told.measures["brier"] == pytest.approx(
        (0.01 + 0.25 + 0.64 + 0.36 + 0.01 + 0.01 + 0.01) / 7
    )
    assert told.measures["textblob_auc"] == 0.75
    assert told.measures["textblob_ap"] == pytest.approx((1 + 2 / 3) / 2)
    assert told.measures["pairs"] is None
    assert told.confusion == {
        "negative": (2, 1),
        "neutral": (1, 1),
        "positive": (0, 1),
        "not": (0, 1),
    }
    assert told.auc_interval is not None


def test_nothing_judged_gives_no_figure():
    """Every measure is there, and none of them is 0."""
    told = figures("s", [made("negative", None)])

    assert told.measures == dict.fromkeys(told.measures) | {"judged": 0.0}
    assert told.auc_interval is None


def test_brands_confused_are_counted_within_a_text():
    """One pair right, one tied, one wrong; a text that says the same of both has no pair."""
    rows = [Row("s", str(n), (("A", "negative"), ("B", "neutral"))) for n in range(4)]
    told = []
    for row, (a, b) in zip(rows, [(0.8, 0.1), (0.5, 0.5), (0.1, 0.9), (0.9, 0.8)], strict=True):
        other = "negative" if row.text == "3" else "neutral"
        told += [made("negative", a, row=row), made(other, b, row=row)]

    assert figures("s", told).measures["pairs"] == 0.5


def test_wishes_are_measured_where_they_are_labelled():
    """Intent, reasons and signals of the first brand; what has no label is no mistake."""
    labelled = Row("s", "x", (), intent="complaint", reasons=("bug",), leaving=True, resolved=False)
    calm = Row("s", "x", (), intent="praise", reasons=(), leaving=True, resolved=False)
    told = figures(
        "s",
        [
            made("negative", 0.9, row=labelled, intent="complaint", reasons=("bug", "price"),
                 signals=frozenset({"leaving"})),
            made("positive", 0.1, row=calm, intent="complaint", signals=frozenset({"resolved"})),
            made("neutral", 0.1, intent="question", reasons=("bug",), signals=frozenset()),
            made("neutral", 0.1, row=labelled),
        ],
    ).measures  # fmt: skip

    assert told["intent_accuracy"] == 0.5
    assert told["intent_macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert told["reasons_micro_f1"] == pytest.approx(2 / 3)
    assert told["reasons_macro_f1"] == 0.5
    assert told["leaving_f1"] == pytest.approx(2 / 3)
    assert told["resolved_f1"] == 0


def test_hard_posts_are_held_against_the_others():
    """Gloom is never negative: its AUC is over the pairs with the negatives."""
    gloom = Row("s", "x", (), hard="gloom")
    told = hard(
        [
            made("negative", 0.7, textblob=0.4),
            made("positive", 0.2, textblob=0.1),
            made("neutral", 0.6, row=gloom, textblob=0.9),
            made("neutral", 0.8, row=gloom),
            made("neutral", None, row=gloom),
        ]
    )

    (one,) = told
    assert (one.name, one.rows, one.negative) == ("gloom", 2, 0)
    assert (one.auc, one.right, one.pairs, one.textblob_auc) == (0.5, 0.0, None, 0.0)


# --- scenarios -----------------------------------------------------------------------------------

POSTS = [
    {"title": "Acme", "text": "Acme works great, I love it.", "url": "https://p.example/praise",
     "when": datetime(2026, 11, 19, 8, tzinfo=UTC)},
    {"title": "Help", "text": f"Acme, please help: {COMPLAINT}", "url": "https://p.example/help",
     "when": datetime(2026, 11, 20, 8, tzinfo=UTC)},
    {"title": "Soup", "text": "A recipe for soup.", "url": "https://p.example/soup",
     "when": datetime(2026, 11, 18, 8, tzinfo=UTC)},
]  # fmt: skip


@pytest.fixture
def scenario(file):
    """A brand with one feed of three posts, of which two name it."""

    def write(posts=POSTS, feed="feed.xml", **grades):
        grades = grades or {"praise": 1, "help": 3, "soup": 0}
        file(rss(posts), name="acme/feed.xml")
        file(
            f'[[brands]]\nname = "Acme"\n[[feeds]]\nname = "f"\nurl = "{feed}"\n',
            name="acme/scanner.toml",
        )
        rows = [{"url": f"https://p.example/{k}", "grade": v} for k, v in grades.items()]
        return file(*rows, name="acme/labels.jsonl").parent

    return write


def test_a_scenario_is_ranked_two_hours_after_its_newest_post(scenario):
    """The call for help before the praise, which is the best order there is."""
    told = ranking(scenario())

    assert told.now == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (told.name, told.labelled, told.listed) == ("acme", 3, 2)
    assert told.measures["ndcg10"] == told.measures["rank_ap"] == 1
    assert (told.measures["p10"], told.measures["r3_20"]) == (0.1, 1)


def test_labels_decide_how_good_an_order_is(scenario):
    """The same queue, praise wanted first: (1/1 at rank 1, 7 at rank 2) of (7, 1)."""
    told = ranking(scenario(praise=3, help=1))

    second = 1 / math.log2(3)
    assert told.measures["ndcg10"] == pytest.approx((1 + 7 * second) / (7 + second))
    assert told.measures["rank_ap"] == 0.5


def test_a_scenario_can_be_looked_at_later(scenario):
    """Two weeks on, nothing is young enough to be listed."""
    later = datetime(2027, 1, 1, tzinfo=UTC)

    told = ranking(scenario(), now=later)

    assert (told.now, told.listed, told.measures["ndcg10"]) == (later, 0, 0)


def test_a_scenario_touches_no_network_and_fails_aloud(scenario):
    """Feeds are files, can be read, and have a date to judge ages by."""
    with pytest.raises(UsageError, match="must be files; f is not"):
        ranking(scenario(feed="https://acme.example/feed"))
    with pytest.raises(ScannerError, match="acme: f: "):
        ranking(scenario(feed="missing.xml"))
    undated = [{key: value for key, value in post.items() if key != "when"} for post in POSTS]
    with pytest.raises(UsageError, match="no post has a date; say --now"):
        ranking(scenario(undated))


# --- everything together -------------------------------------------------------------------------


def test_means_are_over_sets_however_large(file, scenario):
    """One set right, one upside down, one without negatives: the mean of the two that have one."""
    one = file({"text": COMPLAINT, "label": "neg"}, {"text": PRAISE, "label": "pos"})
    two = file(
        *[{"text": PRAISE, "label": "neg"}] * 3, {"text": COMPLAINT, "label": "pos"}, name="b.jsonl"
    )
    three = file({"text": PRAISE, "label": "pos", "lang": "en"}, name="c.jsonl")
    seen = []

    told = evaluate(
        sets.find([one, two, three, scenario()]),
        textblob=False,
        watch=lambda done, of: seen.append((done, of)),
    )

    assert [(one.name, one.measures["auc"]) for one in told.sets] == [
        ("set", 1),
        ("b", 0),
        ("c", None),
    ]
    assert told.means["auc"] == 0.5
    assert told.means["ndcg10"] == 1
    assert told.means["textblob_auc"] is None
    assert [one.name for one in told.languages] == ["en"]
    assert list(told.means) == list(MEASURES)
    assert seen == [(done, 7) for done in range(1, 8)]


# --- floors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "floor", "value", "ok"),
    [
        ("auc", 0.8, 0.8, True),
        ("auc", 0.8, 0.7996, True),
        ("auc", 0.8, 0.7994, False),
        ("auc", 0.8, 0.9, True),
        ("auc", 0.8, None, False),
        ("ece", 0.1, 0.1004, True),
        ("ece", 0.1, 0.1006, False),
        ("ece", 0.1, 0.01, True),
    ],
)
def test_a_floor_holds_to_half_a_thousandth(name, floor, value, ok):
    """Below is worse, but for errors, where above is; what is not measured has fallen through."""
    (check,) = floors.check({name: floor}, {name: value})

    assert check.ok is ok


def test_floors_are_said_in_words():
    """Which measure, how much, and what was expected."""
    said = [
        str(one)
        for one in floors.check({"auc": 0.8, "ece": 0.1, "ap": 0.5}, {"auc": 0.75, "ece": 0.2})
    ]

    assert said == [
        "auc: 0.7500 is below its floor 0.8000",
        "ece: 0.2000 is above its ceiling 0.1000",
        "ap: not measured any more; its floor is 0.5000",
    ]


def test_an_update_tolerates_no_loss():
    """A floor that sinks by less than the tolerance at every update would never stop sinking."""
    old = {"auc": 0.8, "ece": 0.1, "f1": 0.5}

    worse = floors.regressions(old, {"auc": 0.7999, "ece": 0.1, "f1": 0.6})

    assert [one.name for one in worse] == ["auc"]


@given(st.dictionaries(st.sampled_from(sorted(MEASURES)), st.floats(0, 1)))
def test_what_is_pinned_today_holds_today(means):
    """Whatever the figures, their own floors neither fail nor forbid the same update again."""
    pinned = floors.today({"recall": 0.1}, means)

    assert all(one.ok for one in floors.check(pinned, means))
    assert floors.regressions(pinned, floors.today(pinned, means)) == []
    assert pinned.keys() == means.keys() & {*floors.PINNED, "recall"}


def test_what_is_pinned_is_measured():
    """No pinned name is a slip of the pen."""
    assert set(floors.PINNED) | floors.LOWER_IS_BETTER <= MEASURES.keys()
