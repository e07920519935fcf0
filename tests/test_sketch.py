"""What a sketch says cannot be in a body is not found in it, once the body has been read."""

from __future__ import annotations

import re
import time
import unicodedata
from functools import cache
from html.entities import html5

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from scanner import match
from scanner.match.tokens import folded_words
from scanner.parse import read
from scanner.records import Body, Brand, Post
from scanner.text import clean, letters, repair, sketch

FEED = "https://feeds.example/"


def a_post(markup: str, *, html: bool = True, title: str = "t", feed: str = FEED) -> Post:
    return Post(feed, "feed", "1", "https://posts.example/1", title, "", body=Body(markup, html))


def missed(markup: str, *, html: bool = True) -> list[str]:
    """The words of a body, once it is read, that its sketch does not have."""
    found = sketch(markup, html=html)
    words = folded_words(clean(markup, html=html).text)
    return [word for word in words if letters(word) not in found]


def _runs(text: str) -> set[tuple[str, ...]]:
    """One, two or three words in a row of one line, and in reach of each other as a name's are."""
    runs = set()
    for line in text.split("\n"):
        for piece in re.split(r"[^\w\s\u0300-\u036f-]+|\s*\d+\s*", line):
            words = folded_words(piece)
            runs |= {tuple(words[n : n + k]) for n in range(len(words)) for k in (1, 2, 3)}
    return runs


# --- every character ------------------------------------------------------------------------------


def _characters() -> list[str]:
    return [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def test_no_disguised_letter_is_overlooked() -> None:
    """Of all of Unicode, each letter that folds to plain letters or digits is known as one."""
    apart = "\x1f"
    folded = unicodedata.normalize("NFKC", apart.join(_characters())).casefold().split(apart)
    candidates = [
        character
        for character, plain in zip(
            (each for each in _characters() if each != apart),
            (each for each in folded if each != ""),
            strict=False,
        )
        if not character.isascii() and re.search("[a-z0-9]", plain)
    ]
    # A separator that a character folds to would shift the two lists against each other.
    assert ("ﬁ" in candidates, "ß" in candidates, "９" in candidates) == (True,) * 3
    seen = [each for each in candidates if re.match(r"\w", each) and letters(each)]
    assert len(seen) > 1_000
    assert [each for each in seen if letters(each) not in sketch(each)] == []


@pytest.mark.parametrize(
    "invisible",
    ["", *(each for each in ("\u00ad", "\u200d", "\ufe0f"))],
)
def test_no_accent_is_overlooked(invisible: str) -> None:
    """A letter and an accent, each mark of Unicode, are one letter wherever they stand."""
    marks = [each for each in _characters()[0x2FF:] if unicodedata.category(each)[0] == "M"]
    marks = marks[:400] if invisible else marks
    assert len(marks) >= 400
    # A blank between two: what follows a mark may not join it.
    for letter in "aeioucnszyg7":
        words = [f"x{letter}{invisible}{mark}y" for mark in marks]
        found = sketch(" ".join(words))
        assert [word for word in words if letters(word) not in found] == []


def _references(name: str) -> list[str]:
    return [f"x&{name}y", f"x&amp;{name}y"]


_NAMED = sorted(name for name in html5 if name.endswith(";"))
_FOLDS = [name for name in _NAMED if letters(html5[name])]
"""Names of characters that fold to plain letters: ligatures, fractions, mathematicians' letters."""


def test_no_reference_by_name_is_overlooked() -> None:
    """References to letters with accents, signs and spaces, once or twice escaped, leave no gap."""
    names = [name for name in _NAMED if name not in _FOLDS]
    assert len(names) > 1_800
    assert [one for name in names for one in _references(name) if missed(one)] == []


@pytest.mark.parametrize(
    "name",
    ["szlig;", "ordf;", "ordm;", "sup1;", "sup2;", "sup3;", "frac14;", "frac12;", "ffilig;",
     "filig;", "fjlig;"],
)  # fmt: skip
def test_references_to_disguised_letters_are_known(name: str) -> None:
    """&szlig; is "ss", &filig; is "fi"."""
    assert missed(f"x&{name}y") == []


def test_every_reference_to_a_disguised_letter_is_known() -> None:
    """&Idot; is "i", &IJlig; is "ij", &Aopf; is "a"."""
    assert [name for name in _FOLDS if missed(f"x&{name}y")] == []


@pytest.mark.parametrize("name", ["szlig;", "ordm;", "sup2;", "filig;"])
def test_references_to_disguised_letters_are_known_escaped_twice(name: str) -> None:
    """&amp;szlig; is "ss", too: what was escaped once too often is read twice."""
    assert missed(f"x&amp;{name}y") == []


def test_no_reference_by_number_is_overlooked() -> None:
    """References to plain letters, in all ways of writing them, are letters; others leave no gap.

    Without those that fold to plain letters, which the next test holds.
    """
    for code in [*range(32, 0x17F), *range(0x370, 0x600, 7), *range(0x2000, 0x2100, 3), 0x1F600]:
        written = (f"&#{code};", f"&#{code:07};", f"&#x{code:x};", f"&#X{code:06X};")
        for one in written:
            if chr(code).isascii() or not letters(chr(code)):
                assert missed(f"x{one}y") == [], one
                assert missed(f"x{one.replace('&', '&amp;')}y") == [], one


@pytest.mark.parametrize("code", [170, 178, 186, 189, 223, 304, 306, 64257, 65313])
def test_disguised_letters_by_number_are_known(code: int) -> None:
    """&#223; is "ss" as &szlig; and &#xDF; are."""
    assert missed(f"x&#x{code:x};y") == []
    assert missed(f"x&#{code};y") == []


# --- every word of a body -------------------------------------------------------------------------

WORDS = [
    "Acme", "ACME", "Müller", "Mu\u0308ller", "Straße", "STRASSE", "ﬁnd", "oﬀ", "Ｆｕｌｌ", "９９",
    "Nestlé", "Nestle\u0301", "Ёлка", "İstanbul", "I\u0307stanbul", "x²", "Nº5", "½", "ŉa", "ſo",
    "東京", "Ac\u00adme", "Ac\u200dme", "caf\u200de\u0301", "𝔸cme", "don't", "GitHub", "snake_case",
    "C++", "naïve", "AT", "T", "a", "I", "7", "🚀", "#AcmeAppDown", "@acme_hq", "acme.io",
]  # fmt: skip
TAGS = [
    "<b>", "</b>", "<p>", "</p>", "<br/>", "<BR>", "<i title='a b'>", ' <i title="a > b">', "</i>",
    '<a href="/x?a=1&amp;b=2">', "</a>", "<!-- note -->", "<!-- <b> -->", "<?php x ?>", "<!x>",
    "<blockquote>", "</blockquote>", "<li", "<", ">", "< b", "<3", "</1 x>", "<a <b>", "<wbr>",
    "<span class=x>", " <script>x</script> ", "<title>", "</title>", "<!--", "-->", '"', "'", "=",
    "<a title='<b'>", "<a title='x", "<o:p>", "<![CDATA[", "]]>",
]  # fmt: skip
REFERENCES = [
    "&amp;", "&lt;", "&gt;", "&lt;b&gt;", "&lt;/p&gt;", "&lt;/b&gt;", "&nbsp;", "&eacute;",
    "&uuml;", "&szlig;", "&amp;eacute;", "&#65;", "&#065;", "&#x41;", "&amp;#66;", "&amp;#x42;",
    "&#8217;", "&#228;", "&shy;", "&#173;", "&amp;amp;", "&sup2;", "&ordf;", "&frac12;",
    "&ffilig;", "&rsquo;", "&hellip;", "&quot;", "&#39;", "&AMP;", "&", "& ", "&#", "&#;", "&x",
]  # fmt: skip
MISREAD = ["Ã¼", "ÃŸ", "Ã©", "â€™", "â€œ", "Â ", "Ã", "ÃƒÂ¼", "\ufffd", "ï¿½", "Ð\x9fÑ\x80"]
GAPS = [" ", " ", "", "\n", "\n\n", "\t", "\xa0", "-", ".", "’", "\x00", "]]>"]


def _made_of(*kinds: list[str]) -> st.SearchStrategy[str]:
    pieces = st.one_of(*map(st.sampled_from, (WORDS, GAPS, *kinds)))
    return st.lists(pieces, max_size=14).map("".join)


_RISKY = re.compile(
    # Held by tests of their own, further below: what is no reference but looks like one, and
    # references without their semicolon (the module says so).
    r"&(?!(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{0,30});)(?=[#\w])"
)


@cache
def _is_known(name: str) -> bool:
    return name in html5


def _plain_sailing(markup: str) -> bool:
    """Whether every reference is one: what only looks like one is held further below.

    Nor is UTF-8 misread expected in one word with a letter's number or one escaped twice.
    """
    if _RISKY.search(markup) or ("Ã" in markup and re.search(r"#|&amp;\w", markup)):
        return False
    names = re.findall(r"&(?:amp;)*([A-Za-z]\w*;)", markup, re.IGNORECASE)
    return all(map(_is_known, names)) and not re.search(
        r"&amp;(?:amp;)*(?:szlig|sup2|ordf|frac12|ffilig|amp);|&amp;(?:amp;)+#", markup
    )


@settings(max_examples=400)
@example("&lt;p&gt;<i title='<b'>Ac<b>me", True)
@example("Stra\u00dfe &lt;/p&gt; ﬁ<b>n</b>d", True)
@example("<!-- <b> -->Ac<!-- x -->me", True)
@example("ÃƒÂ¼<b>Ã¼", True)
@example("x <![CDATA[Ac<b>me]]> y", True)
@example("<![CDATA[Acme]]>", True)
@given(_made_of(TAGS, REFERENCES, MISREAD), st.booleans())
def test_every_word_of_a_body_is_in_its_sketch(markup: str, html: bool) -> None:
    """Whatever stands between the letters of a word, or hides them."""
    assume(_plain_sailing(markup))
    assert missed(markup, html=html) == []


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.booleans())
def test_every_word_of_any_text_is_in_its_sketch(text: str, html: bool) -> None:
    """So it is with the rest of Unicode."""
    assume(_plain_sailing(text) and (repair(text) == text or "Ã" in text))
    assert missed(text, html=html) == []


@settings(max_examples=150)
@given(_made_of(["<b>", "</b>", "<br>", "<p>", "<wbr>", "&nbsp;", "&uuml;", "&amp;"]))
def test_words_in_a_row_are_in_a_row(markup: str) -> None:
    """Neighbours on a line are neighbours in the sketch: a name may be several words."""
    found = sketch(markup)
    said = clean(markup).text
    assert [run for run in _runs(said) if letters("".join(run)) not in found] == []


def test_a_sketch_is_small_plain_and_lower() -> None:
    """Letters and digits of the text, in lower case, without what stands between them."""
    assert sketch("<p>Ac<b>me</b>, 24/7 – it’s <i>BAD</i>!</p>") == b"acme247itsbad"
    assert b"acme247itsbad" in sketch("<p>Ac<b>me</b> 24/7 &ndash; it&#8217;s <i>BAD</i>!</p>")
    assert sketch("<p>Acme</p>", html=False) == b"pacmep"
    assert sketch("") == b""
    assert letters("Müller & Söhne 2") == b"mllershne2"
    assert letters("Ёлка") == b""


# --- what may be found ----------------------------------------------------------------------------

BRANDS = [
    Brand("Acme"), Brand("Acme App"), Brand("Acme", aliases=("Acme Cloud Sync", "Roadrunner")),
    Brand("acme.io"), Brand("Node.js"), Brand("Acme", domains=("acme.example", "acme.co.uk")),
    Brand("AT&T"), Brand("M&M's"), Brand("H&M", aliases=("Hennes & Mauritz",)), Brand("GitHub"),
    Brand("iPhone"), Brand("OpenStreetMap"), Brand("Müller"), Brand("Straßenblick"),
    Brand("Nestlé"), Brand("Rosé"), Brand("Find"), Brand("Istanbul"), Brand("Ёлка"),
    Brand("東京"), Brand("トヨタ Bank"), Brand("🚀"), Brand("X"), Brand("7"), Brand("C++"),
    Brand(".NET"), Brand("Yahoo!"), Brand("3M"), Brand("O'Neill"), Brand("Jack-Jones"),
    Brand("Zilch", accounts=("@acme_hq", "acme@social.example", "u/pia")),
    Brand("Zilch", match="acme AND (app OR cloud) NOT cartoon"), Brand("Zilch", match="mül*"),
    Brand("Zilch", match='"acme cloud" OR find'), Brand("Zilch", match="title:acme OR author:pia"),
    Brand("Zilch", match="author:pia"), Brand("Zilch", match="acme NEAR/3 app"),
    Brand("Zilch", match="NOT cartoon acme"), Brand("Acme", rivals=("Globex",), exclude=("x",)),
]  # fmt: skip

NAMED = [
    "Acme", "acme", "ACME", "Acmes", "Acme-App", "AcmeApp", "Acme App", "acme cloud", "cloud",
    "Sync", "acme[.]io", "acme dot io", "acme.io", "www.acme.io", "NodeJS", "Node.js", "AT&T",
    "AT & T", "AT&amp;T", "AT and T", "M&amp;Ms", "M&M’s", "H & M", "Hennes und Mauritz",
    "GitHub", "Git Hub", "iPhone", "Open Street Map", "Mueller", "Müllers", "Mu\u0308ller",
    "Mull\u00e9r", "Strassenblick", "Nestle", "rosé", "ﬁnd", "İstanbul", "Ёлка", "Ёлки", "東京都",
    "トヨタ", "Bank", "🚀", "X", "x", "7", "C++", ".NET", "Yahoo!", "Yahoo", "3M", "ONeill",
    "O’Neill", "Jack & Jones", "@acme_hq", "@acme", "u/pia", "#AcmeApp", "#acme", "Ａｃｍｅ",
    "Ac<b>me</b>", "A<b>cm</b>e", "M&uuml;ller", "M&#252;ller", "M&amp;uuml;ller", "MÃ¼ller",
    "Stra&szlig;enblick", "&#65;cme", "&#x41;cme", "Ac&shy;me", "acme.co.uk",
]  # fmt: skip
BETWEEN = [" ", " ", " ", "\n", "<br>", "</p><p>", "<b>", "</b>", "&nbsp;", ", ", ". ", "-", "",
           "&amp;", "&lt;/p&gt;", "“", "<a href='https://x.example/acme'>", "</a>"]  # fmt: skip


@cache
def _matcher(number: int) -> match.Matcher:
    return match.prepare([BRANDS[number]])


@settings(max_examples=500)
@given(
    st.lists(st.one_of(st.sampled_from(NAMED), st.sampled_from(BETWEEN)), max_size=8).map("".join),
    st.booleans(),
    st.sampled_from(["t", "t", "t", "On Acme", "Über Müller"]),
)
def test_what_may_not_be_found_is_not_found(markup: str, html: bool, title: str) -> None:
    """False is certain, for brands of every shape: a post left unread would have named nobody."""
    assume(_plain_sailing(markup) or "AT&T" in markup)
    post = a_post(markup, html=html, title=title)
    whole = read(post)
    for number, brand in enumerate(BRANDS):
        if not match.may_find(post, _matcher(number)):
            assert match.find(whole, _matcher(number)) == [], brand


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.match or brand.name)
def test_a_brand_named_plainly_may_be_found(brand: Brand) -> None:
    """Wherever `find` finds one of its names, `may_find` has said so; and it finds some."""
    matcher = match.prepare([brand])
    found = 0
    for name in [brand.name, *brand.aliases, *brand.domains, *NAMED, "acme cloud app"]:
        for words in (f"I left {name} today.", f"<p>It is <b>{name}</b></p>"):
            post = a_post(words)
            if match.find(read(post), matcher):
                found += 1
                assert match.may_find(post, matcher), words
    assert found or "author" in (brand.match or "")


def test_most_posts_need_not_be_read() -> None:
    """For brands in plain letters the answer is mostly no, or reading would be no rarer."""
    matcher = match.prepare([Brand("Inkwell"), Brand("Nestlé"), Brand("AT&T Mobility")])
    words = ["We walked along the river.", "Naïve cafés — señor Ünal &amp; Ёлка &#8217;", "東京"]
    assert not any(match.may_find(a_post(each), matcher) for each in words)
    assert match.may_find(a_post("x", title="Inkwell is slow"), matcher)


def test_a_feed_about_a_brand_is_always_read() -> None:
    """There a post needs no name."""
    matcher = match.prepare([Brand("Acme")], {"https://acme.example/feed": "Acme"})
    assert match.may_find(a_post("nothing", feed="https://acme.example/feed"), matcher)
    assert not match.may_find(a_post("nothing"), matcher)


@pytest.mark.parametrize(
    ("name", "markup"),
    [
        ("Acme", "<![CDATA[Acme never answers]]>"),
        ("H&M", "I left H&M; no answer"),
        ("Acme", "Globex&Acme; no answer"),
        ("Acme", "Acme <a href='/x' title='<b>'>never</a> answers <b"),
    ],
)
def test_what_only_looks_like_markup_is_words(name: str, markup: str) -> None:
    """CDATA, an ampersand and a semicolon later on, a tag in a tag."""
    post, matcher = a_post(markup), match.prepare([Brand(name)])
    assert match.find(read(post), matcher)
    assert match.may_find(post, matcher)


@pytest.mark.parametrize("query", ["author:pia", "site:posts.example", "lang:de", "x OR lang:de"])
def test_a_query_that_needs_no_word_is_always_read(query: str) -> None:
    """What asks for an author, a site or a language is not told by words."""
    assert match.may_find(a_post("nothing"), match.prepare([Brand("Acme", match=query)]))


@pytest.mark.parametrize("name", ["Ёлка", "東京", "🚀", "&"])
def test_a_name_in_another_script_is_always_read(name: str) -> None:
    """A name without plain letters leaves no trace in a sketch."""
    assert match.may_find(a_post("nothing"), match.prepare([Brand("Acme"), Brand(name)]))


def test_a_post_that_is_read_may_be_found() -> None:
    """There is nothing left to ask."""
    assert match.may_find(read(a_post("nothing")), match.prepare([Brand("Acme")]))


@pytest.mark.parametrize(
    ("name", "markup"),
    [
        ("Großmann", "Gro&#223;mann never answers"),
        ("Großmann", "Gro&amp;szlig;mann never answers"),
        ("Acme App", "Acme <img src='logo.png'> App never answers"),
        ("Acme", "Ac<img src='logo.png'>me never answers"),
        ("Acme App", "[Acme](https://acme.example) App never answers"),
        ("Acme App", "Acme (https://acme.example/x) App never answers"),
        ("Acme App", "Acme <code>foo bar</code> App never answers"),
        ("Acme App", "Acme `foo bar` App never answers"),
        ("Acme App", "Acme<svg><title>Logo</title></svg> App never answers"),
        ("Acme App", "Acme<span style='display:none'>x</span> App never answers"),
        ("Istanbul", "&Idot;stanbul never answers"),
        ("Acme", "&LT;b&GT;Ac&LT;/b&GT;me never answers &LT;/p&GT;"),
        ("Acme", "&lt;/p&gt;&amp;amp;#65;cme never answers"),
        ("Acme", 'Ac<i title="a > b">me</i> never answers'),
        ("Müller", "M&uumlller never answers"),
        ("Acme", "&#65cme never answers"),
        ("Big Sky", "the [Big](https://x.example/y) Sky never answers"),
        ("Big Sky", "Big&nbspSky never answers"),
        ("AT&T", "AT&ampT never answers"),
        ("Acme", "Ac<!-- a>b -->me never answers"),
    ],
)
def test_what_is_torn_apart_is_seen(name: str, markup: str) -> None:
    """What is found in a body that is read has to be seen before."""
    post, matcher = a_post(markup), match.prepare([Brand(name)])
    assert match.find(read(post), matcher)
    assert match.may_find(post, matcher)


# --- hostile bodies -------------------------------------------------------------------------------

DISGUISED = "".join(map(chr, range(0x1D400, 0x1D800)))
"""A thousand different mathematicians' letters."""


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<a ", "&", "&amp;", "&amp;#", "&#0", "&#x", "&#6", "<!--", "<![CDATA[", "Ã", "Ã¼",
     "ﬁ", "e\u0301", "\u0301", "&lt;/", "&szlig;", "a&", "<img ", "< ", "&amp;amp;", "🚀", "x",
     DISGUISED, "ﬁ" + "\u0301" * 50],
)  # fmt: skip
def test_a_megabyte_of_anything_is_sketched_in_time(unit: str) -> None:
    """No shape of 1 MB takes long, nor four times it 16 times as long."""
    quarter, whole = (unit * (size // len(unit)) for size in (1 << 18, 1 << 20))
    began = time.process_time()
    sketch(quarter)
    short = time.process_time() - began
    sketch(whole)
    long = time.process_time() - began - short
    assert long < 10
    assert long < 10 * short + 0.1


def test_a_reference_of_5000_digits_is_survived() -> None:
    """Nothing is raised, whatever the body."""
    assert sketch("&#" + "0" * 5000 + "65;")
