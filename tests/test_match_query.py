"""The match language: what it reads, what it refuses and where, and that its logic is logic."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import QueryError
from scanner.match import find, prepare
from scanner.match.query import MAX_DEPTH, MAX_LENGTH, And, Meta, Near, Not, Or, Term, parse
from scanner.records import Brand, Matched, Post


def post(text: str, title: str = "", **more: str | None) -> Post:
    fields = {"url": None, "feed_url": "https://feeds.test/all", **more}
    return Post(feed="all", guid="1", title=title, text=text, **fields)  # type: ignore[arg-type]


def ask(query: str, text: str, title: str = "", **more: str | None) -> list[str] | None:
    """Return the words that matched, or None."""
    found = find(post(text, title, **more), prepare([Brand("Zorgflex", match=query)]))
    return [m.text for m in found[0].mentions] if found else None


@pytest.mark.parametrize(
    ("query", "root"),
    [
        ("a b", And((Term("a"), Term("b")))),
        ("a OR b c", Or((Term("a"), And((Term("b"), Term("c")))))),
        ("a AND NOT b OR c", Or((And((Term("a"), Not(Term("b")))), Term("c")))),
        ("a NOT b", And((Term("a"), Not(Term("b"))))),
        ("a NOT NOT b", And((Term("a"), Term("b")))),
        ("a and b", And((Term("a"), Term("and"), Term("b")))),
        ('(a OR "b c") d*', And((Or((Term("a"), Term("b c", True))), Term("d", prefix=True)))),
        ("a NEAR/3 b c", And((Near(Term("a"), Term("b"), 3), Term("c")))),
        ("NOT a NEAR/3 b c", And((Not(Near(Term("a"), Term("b"), 3)), Term("c")))),
        ("title:(a OR b)", Or((Term("a", title_only=True), Term("b", title_only=True)))),
        ("Title: a", Term("a", title_only=True)),
        ('a author:"jane doe"', And((Term("a"), Meta("author", "jane doe")))),
        ("“a b”", Term("a b", True)),
    ],
)
def test_precedence(query, root):
    """NEAR binds tighter than NOT, NOT than AND (also unwritten), AND than OR."""
    assert parse(query).root == root


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ('acme "cloud sync', 6, "never closed"),
        ('acme ""', 6, "no word"),
        ('acme "clo* sync"', 6, "single word"),
        ("(acme", 1, "never closed"),
        ("acme)", 5, "closes nothing"),
        (")", 1, "closes nothing"),
        ("acme ()", 7, "nothing between"),
        ("acme AND", 6, "needs something to its right"),
        ("acme AND OR app", 6, "needs something to its right"),
        ("OR acme", 1, "needs something to its left"),
        ("acme NOT", 6, "needs something to its right"),
        ("acme NEAR app", 6, "NEAR needs a number"),
        ("acme NEAR/x app", 6, "NEAR needs a number"),
        ("acme NEAR/0 app", 6, "NEAR needs a number"),
        ("acme NEAR/101 app", 6, "NEAR needs a number"),
        ("acme NEAR/5", 6, "needs something to its right"),
        ("NEAR/5 acme", 1, "needs something to its left"),
        ("a NEAR/2 b NEAR/2 c", 12, "joins two"),
        ("a NEAR/2 (b AND c)", 3, "joins words"),
        ("*", 1, "beginning of a word"),
        ("ac*me", 1, "beginning of a word"),
        ("acme !!", 6, "no word"),
        ("acme -cartoon", 6, "write NOT cartoon"),
        ("acme sites:x", 6, "is no field"),
        ("title:", 7, "needs a word"),
        ("title:AND x", 7, "needs a word"),
        ("NOT acme", 1, "nearly everything"),
        ("NOT a NOT b", 1, "nearly everything"),
        ("acme OR NOT b", 1, "nearly everything"),
        ("NOT (a AND NOT b)", 1, "nearly everything"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH + 1, "inside one another"),
        ("a " * MAX_LENGTH, MAX_LENGTH + 1, "longer than"),
    ],
)
def test_mistakes_are_told_with_their_column(query, column, says):
    """A query that does not parse says what is wrong, and at which column."""
    with pytest.raises(QueryError, match=says) as caught:
        parse(query)
    assert caught.value.column == column


def test_a_query_that_denies_a_denial_asks_for_something():
    """NOT (NOT a) needs a, so it is allowed, and found although no wanted word is looked for."""
    assert parse("NOT (NOT acme)").wordless
    assert ask("NOT (NOT acme)", "acme is down") == []
    assert ask("NOT (NOT acme OR NOT app)", "acme is down") is None


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("acme", "Acme is down", ["Acme"]),
        ("acme", "acmeist", None),
        ("outage", "Outages everywhere", None),
        ("sync*", "syncing, synced, async", ["syncing", "synced"]),
        ("SYNC*", "Syncing", ["Syncing"]),
        ('"cloud sync"', "my cloud-sync broke", ["cloud-sync"]),
        ('"cloud sync"', "a cloud, sync it", None),
        ("a b", "b then a", ["b", "a"]),
        ("a NOT b", "b then a", None),
        ("x", "the X key", ["X"]),
        ("C++", "C and C++", ["C++"]),
        ("a NEAR/1 b", "a b", ["a", "b"]),
        ("a NEAR/1 b", "b a", ["b", "a"]),
        ("a NEAR/1 b", "a c b", None),
        ("a NEAR/2 b", "a c b", ["a", "b"]),
        ("a NEAR/2 a", "a", None),
        ("a NEAR/2 a", "a c a", ["a", "a"]),
        ('(a OR c) NEAR/2 "d e"', "a b b d e c", ["d e", "c"]),
        ("東京", "東京で買った", ["東京"]),
        ("acme", "see https://x.test/acme or acme@x.test", None),
        ("acme*", "see https://x.test/acme", None),
    ],
)
def test_what_words_match(query, text, words):
    """Words are whole and caseless, phrases in a row, NEAR counts words; hits are mentions."""
    assert ask(query, text) == words


def test_title_author_site_and_language_are_asked_for():
    """Fields look where they say; they match without a place in the text."""
    assert ask("title:acme", "acme", "nothing") is None
    assert ask("title:acme", "acme", "Acme?") == ["Acme"]
    assert ask("acme author:doe", "acme", author="Jane Doe") == ["acme"]
    assert ask('acme author:"jane d"', "acme", author="Jane Doe") is None
    assert ask("acme author:ja*", "acme", author="Jane Doe") == ["acme"]
    assert ask("acme author:doe", "acme") is None
    assert ask("site:reddit.test", "x", url="https://www.reddit.test/r/a/1") == []
    assert ask("site:reddit.test/r/a", "x", url="https://www.reddit.test/r/a/1") == []
    assert ask("site:reddit.test/r/a", "x", url="https://www.reddit.test/r/ab/1") is None
    assert ask("site:it.test", "x", url="https://reddit.test/") is None
    assert ask("site:feeds.test", "x") == []
    assert ask("author:jane", "x", author="jane") == []


def test_language_is_asked_for():
    """`lang:` goes by the language identified from text and hint."""
    german = Post("f", "f", "1", None, "", "Das Programm von Acme ist sehr langsam.", language="de")
    matcher = prepare([Brand("Zorgflex", match="acme lang:DE")])
    assert len(find(german, matcher)) == 1
    assert find(german, prepare([Brand("Zorgflex", match="acme lang:fr")])) == []


def test_a_query_replaces_names_but_not_accounts_and_domains():
    """With `match`, the name alone decides nothing; account and domain still count."""
    brand = Brand("Acme", ("AcmeApp",), ("@acmehq",), ("acme.io",), match="acme AND outage")
    matcher = prepare([brand])

    def told(text: str) -> list[tuple[str, str]]:
        return [(m.text, m.how) for each in find(post(text), matcher) for m in each.mentions]

    assert told("Acme is fine") == []
    assert told("outage at Acme") == [("Acme", "match")]
    assert told("ask @acmehq or acme.io") == [("@acmehq", "account"), ("acme.io", "domain")]
    assert told("@acmehq has an outage, poor Acme") == [("@acmehq", "account"), ("Acme", "match")]


def test_a_query_hit_inside_a_longer_name_is_none():
    """What a query finds inside another brand's longer name does not count."""
    brands = [Brand("VS", match='"visual studio"'), Brand("Visual Studio Code")]
    found = find(post("Visual Studio Code is slow"), prepare(brands))
    assert [each.brand for each in found] == ["Visual Studio Code"]


def test_overlapping_hits_of_a_query_are_one_mention():
    """Of overlapping places the longest is the mention."""
    assert ask('"a b" OR "b c d"', "a b c d") == ["b c d"]
    assert ask('"a b c" OR "c d"', "a b c d") == ["a b c"]
    assert ask("acme* OR acme", "acme acmes") == ["acme", "acmes"]


# --- the laws of logic --------------------------------------------------------------------------

WORDS = ("aa", "bb", "cc")
NODES = st.recursive(
    st.sampled_from(WORDS).map(lambda w: ("word", w)),
    lambda inner: st.one_of(
        inner.map(lambda a: ("not", a)),
        st.tuples(st.sampled_from(("and", "or")), inner, inner),
    ),
    max_leaves=8,
)


def write(node):
    match node:
        case ("word", word):
            return word
        case ("not", part):
            return f"NOT ({write(part)})"
        case (op, left, right):
            return f"({write(left)}) {op.upper()} ({write(right)})"


def naive(node, words):
    match node:
        case ("word", word):
            return word in words
        case ("not", part):
            return not naive(part, words)
        case ("and", left, right):
            return naive(left, words) and naive(right, words)
        case (_, left, right):
            return naive(left, words) or naive(right, words)


@settings(max_examples=150, deadline=None)
@given(NODES, st.sets(st.sampled_from(WORDS)))
def test_logic_agrees_with_a_naive_evaluator(node, words):
    """AND, OR and NOT mean what they mean in logic; refused are only queries of absence."""
    try:
        matched = ask(write(node), " ".join(sorted(words)))
    except QueryError:
        assert naive(node, set()), "a query that matches an empty post is refused, no other"
        return
    assert (matched is not None) == naive(node, words)
    assert set(matched or ()) <= words


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab "()*:/-ANDORTE12\t“', max_size=40))
def test_any_text_parses_or_is_refused_with_a_column(text):
    """No input raises anything but QueryError, whose column is in the text or just after it."""
    try:
        column = 1 if parse(text).text == text else 0
    except QueryError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1


def test_matched_is_what_comes_out():
    """A query's match is a Matched with a reason that names the query."""
    (found,) = find(post("acme is down"), prepare([Brand("Acme", match="acme down")]))
    assert isinstance(found, Matched)
    assert "the match query holds" in found.why
