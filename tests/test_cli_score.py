"""`scanner score` and `scanner schema`, the commands for pipes."""

import json

import jsonschema
import pytest


def lines(*things):
    """JSON Lines."""
    return "".join(json.dumps(thing) + "\n" for thing in things)


def test_texts_come_out_in_their_order(cli):
    """Every line gives one line, with its id."""
    given = [{"id": str(number), "text": f"text number {number}"} for number in range(20)]

    ran = cli("score", stdin=lines(*given))

    assert ran.code == 0
    assert [row["id"] for row in ran.rows] == [str(number) for number in range(20)]


def test_a_complaint_without_a_sad_word_is_one(cli):
    """The text that familiar lexicons call neutral outranks plain praise."""
    ran = cli(
        "score",
        "--text",
        stdin="They charged me twice and support has not answered in two weeks\n"
        "I love it, works great, thank you\n",
    )

    complaint, praise = ran.rows
    assert complaint["intent"] == "complaint"
    assert complaint["negativity"] > 0.6 > 0.4 > praise["negativity"]
    assert {"billing", "support silence"} & set(complaint["reasons"])


def test_a_brand_is_found_and_judged(cli):
    """With brands there is a record for each, with mentions at their offsets."""
    text = "Globex lost my parcel. Acme brought it the next day, thank you!"

    ran = cli("score", stdin=lines({"id": 7, "text": text, "brands": ["Acme", "Globex"]}))

    acme, globex = ran.rows
    assert [acme["id"], globex["id"]] == ["7", "7"]
    assert [text[m["start"] : m["end"]] for m in acme["mentions"]] == ["Acme"]
    assert acme["negativity"] < globex["negativity"]
    assert acme["polarity"] is None


def test_a_brand_that_is_not_named_has_no_confidence(cli):
    """The text is judged all the same, so that a caller who knows better has a figure."""
    ran = cli("score", "--brand", "Acme", stdin=lines({"text": "It broke on the first day."}))

    assert ran.rows[0]["brand_confidence"] == 0
    assert ran.rows[0]["mentions"] == []
    assert ran.rows[0]["negativity"] is not None


def test_polarity_only_when_asked(cli):
    """TextBlob is paid for only with --polarity."""
    row = {"text": "This is a terrible, awful thing."}

    assert cli("score", stdin=lines(row)).rows[0]["polarity"] is None
    assert cli("score", "--polarity", stdin=lines(row)).rows[0]["polarity"] < -0.5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", '"text" is missing'),
        ('{"text": 3}', '"text" is missing or not a string'),
        ('{"text": "x", "id": true}', '"id" must be'),
        ('{"text": "x", "title": 1}', '"title" must be a string'),
        ('{"text": "x", "brand": 1}', '"brand" must be'),
        ('{"text": "x", "brands": ["a", " "]}', "a brand's name is empty"),
        ('{"text": "x", "published": "soon"}', "soon"),
        ("[" * 100_000, "not JSON"),
    ],
    ids=lambda value: value[:25],
)
def test_a_bad_line_is_named_and_the_rest_is_done(cli, line, said):
    """An error with the line's number on stderr, the others judged, exit 3."""
    ran = cli("score", stdin=lines({"id": "a", "text": "one"}) + line + "\n" + '{"text": "two"}\n')

    assert ran.code == 3
    assert [row["id"] for row in ran.rows] == ["a", None]
    assert ran.err.startswith("line 2: ")
    assert said in ran.err


def test_files_are_read_too(cli):
    """Files in their order; a missing one is exit 1."""
    cli.write("a.jsonl", lines({"id": "a", "text": "x"}))
    cli.write("b.jsonl", lines({"id": "b", "text": "y"}) + "oops\n")

    ran = cli("score", "a.jsonl", "b.jsonl")

    assert [row["id"] for row in ran.rows] == ["a", "b"]
    assert ran.err.startswith("b.jsonl:2: ")
    assert cli("score", "missing.jsonl").code == 1


def test_odd_texts_give_an_answer(cli):
    """Empty, one emoji, NULs, lone surrogates, a brand that is a regular expression."""
    ran = cli(
        "score",
        stdin='{"text": ""}\n{"text": "🙂"}\n{"text": "a\\u0000b \\ud800"}\n'
        + lines({"text": "x" * 100_000, "brand": "(a+)+$"}, {"text": "X", "brand": "X"}),
    )

    assert ran.code == 0
    assert len(ran.rows) == 5


def test_the_schema_describes_what_is_printed(cli):
    """Judged lines, with and without a brand, validate against the printed schema."""
    schema = cli("schema").json
    ran = cli("score", stdin=lines({"text": "Acme is down", "brand": "Acme"}, {"text": "hello"}))

    for row in ran.rows:
        jsonschema.validate(row, schema)


def test_empty_lines_are_passed_over(cli):
    """A blank line is no text."""
    assert cli("score", "--text", stdin="\n \none\n").rows[0]["intent"] == "other"
