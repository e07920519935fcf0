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
    assert [acme["id"], globex["id"]] == [7, 7]
    assert acme["title"] is None
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
    """Files in their order; a missing one is exit 2."""
    cli.write("a.jsonl", lines({"id": "a", "text": "x"}))
    cli.write("b.jsonl", lines({"id": "b", "text": "y"}) + "oops\n")

    ran = cli("score", "a.jsonl", "b.jsonl")

    assert [row["id"] for row in ran.rows] == ["a", "b"]
    assert ran.err.startswith("b.jsonl:2: ")
    assert cli("score", "missing.jsonl").code == 2


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

    assert len(ran.rows) == 2
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for row in ran.rows for error in validator.iter_errors(row)] == []
    assert [error.message for error in validator.iter_errors({"id": []})] != []


def test_a_null_in_brands_does_not_hide_the_brand(cli):
    """`brands: null` is as good as none; both at once are refused."""
    row = {"text": "Acme is down", "brand": "Acme"}

    assert cli("score", stdin=lines(row | {"brands": None})).rows[0]["brand"] == "Acme"
    assert cli("score", stdin=lines(row | {"brands": ["B"]})).code == 3


def test_blank_lines_between_objects_are_passed_over(cli):
    """A blank line of JSON Lines is no text; numbers of lines count it."""
    ran = cli("score", stdin='\n{"text": "one"}\n \n\n{\n')

    assert len(ran.rows) == 1
    assert ran.err.startswith("line 5: ")


def test_every_line_of_text_gives_a_line(cli):
    """An empty line is an empty text, so that `paste` puts verdicts beside their texts."""
    ran = cli("score", "--text", stdin="\n \none\n")

    assert [row["intent"] for row in ran.rows] == ["other", "other", "other"]


def test_ids_keep_their_type(cli):
    """A number stays a number, with a brand and without; a string stays a string."""
    ids = [7, "7", 0, 10**30, None, ""]
    given = [{"id": id_, "text": "Acme is down"} for id_ in ids]

    assert [row["id"] for row in cli("score", stdin=lines(*given)).rows] == ids
    with_brand = [row["id"] for row in cli("score", "--brand", "Acme", stdin=lines(*given)).rows]
    assert with_brand[:4] == ids[:4]
    assert len(with_brand[4]) == 12  # none given: the record's own


def test_own_fields_come_out_again(cli):
    """What scanner does not read is passed through, unless the name is one that it prints."""
    row = {"text": "Acme is down", "mine": {"a": [1, None]}, "author": "Ana", "worth": "much"}

    alone = cli("score", stdin=lines(row)).rows[0]
    towards = cli("score", "--brand", "Acme", stdin=lines(row)).rows[0]

    assert (alone["mine"], alone["author"], alone["worth"]) == ({"a": [1, None]}, "Ana", "much")
    assert towards["mine"] == {"a": [1, None]}
    assert towards["author"] is None
    assert towards["worth"] > 0
    assert list(towards)[-1] == "mine"


def test_own_fields_may_be_odd(cli):
    """Numbers beyond 64 bits, NaN and lone surrogates come out as JSON; too deep is a bad line."""
    odd = (
        '{"text": "x", "big": 1e999, "nan": NaN, "half\\ud800": "\\ud800", '
        f'"long": {10**40}, "pi": 3.14}}'
    )
    deep = '{"text": "x", "deep": ' + "[" * 100_000 + "]" * 100_000 + "}"

    ran = cli("score", stdin=f"{odd}\n{deep}\n")

    assert ran.code == 3
    (row,) = ran.rows
    assert (row["nan"], row["big"], row["pi"]) == (None, None, 3.14)
    assert row["half\ufffd"] == "\ufffd"
    assert row["long"] == 10**40
    assert ran.err.startswith("line 2: ")


def test_no_depth_of_an_own_field_stops_the_rest(cli):
    """At every depth around the interpreter's limit a line is judged, or told to be too deep."""
    depths = range(980, 1000)
    deep = (f'{{"text": "x", "s": "\\ud800", "d": {"[" * d}{"]" * d}}}\n' for d in depths)

    ran = cli("score", stdin="".join(deep) + '{"text": "last", "id": "z"}\n')

    assert ran.code in (0, 3)  # where the limit lies is Python's business
    assert len(ran.rows) + len(ran.err.splitlines()) == len(depths) + 1
    assert ran.rows[-1]["id"] == "z"


@pytest.mark.parametrize(("title", "printed"), [({}, None), ({"title": "Acme!"}, "Acme!")])
@pytest.mark.parametrize("brand", [{}, {"brand": "Acme"}])
def test_a_title_that_is_not_given_is_null(cli, title, printed, brand):
    """What is unknown is null, with a brand and without."""
    row = {"text": "Acme is down"} | title | brand

    assert cli("score", stdin=lines(row)).rows[0]["title"] == printed
