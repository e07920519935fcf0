"""What is true of text: markup, quotes, boilerplate, sentences, damage and display.

Touches: nothing.
"""

from __future__ import annotations

import re
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.text import (
    Span,
    clauses,
    clean,
    fold,
    plain,
    printable,
    redact,
    repair,
    sentences,
    sketch,
    untracked,
    words,
)

ANY = st.text(st.characters(), max_size=200)
TOKENS = """<p> </p> <div> <br> <blockquote> </blockquote> <pre> </pre> <code> </code> </a> <td>
    <a\xa0href='http://h.example/x'> <span\xa0class=invisible> </span> <script> </script> <!-- -->
    <![CDATA[ ]]> < > & &amp; &lt; &#147; word Acme acme.io http://acme.io/x > >> -- ``` ` " ' =
    <img\xa0alt=😀> </ <? <table> [quote] [/quote] wrote: 2020 On"""
HTMLISH = st.lists(
    st.sampled_from([*re.split("[ \n]+", TOKENS), "\n", "\n\n", "\x00", "\ud800", "\u2028"]),
    max_size=30,
).map(lambda tokens: " ".join(tokens).replace("\xa0", " "))


def cut(text, spans):
    return [text[span.start : span.end] for span in spans]


def seen(text):
    return [word.lower() for word in cut(text, words(text))]


# --- clean: HTML -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("<h2>Head</h2>Text", "Head\n\nText"),
        ("<table><tr><td>One</td><td>Two</td></tr></table>", "One\nTwo"),
        ("<p>a <b>bo</b>ld\n  word</p>", "a bold word"),
        ("no block\nbut lines &amp; more", "no block\nbut lines & more"),
        ("<script>x('<p>')</script>A<style>p{}</style>B<template><p>t</template>C", "ABC"),
        ("A<!-- hidden -->B", "AB"),
        ("<p><![CDATA[A & B]]></p>", "A & B"),
        ("<!doctype html><?xml x?><p>A", "A"),
        ("<svg><svg><desc>no</desc></svg>no</svg>A", "A"),
        ("I <3 Acme, 1 < 2", "I <3 Acme, 1 < 2"),
        ("if x <y then <b>z</b> or <w", "if x z or <w"),
        ('Down again <a href="https://acme.io/st', "Down again"),
        ("Down again <!-- cut", "Down again"),
        ("A<script>cut", "A"),
        ("&lt;p&gt;Twice &amp;amp; escaped&lt;/p&gt;", "Twice & escaped"),
        ("Ben &amp; Jerry&#8217;s &#147;ice&#148;", "Ben & Jerry’s “ice”"),
        ('<p>Sad <img class="emoji" alt=":sad:"> <img alt="😡"> <img alt="A long road"></p>',
         "Sad :sad: 😡"),
        ('<span style="display:none">hidden</span>seen', "seen"),
        ('<span class="a b">seen</span>', "seen"),
        ("<a x='>' y=\">\">in</a>", "in"),
    ],
)  # fmt: skip
def test_html_becomes_text(markup, text):
    """Blocks, lines and cells keep words apart; what nobody sees is dropped."""
    assert clean(markup).text == text


@pytest.mark.parametrize(
    ("markup", "text", "quoted"),
    [
        ("<p>Mine</p><blockquote><p>Theirs</p></blockquote><p>Mine too</p>",
         "Mine\n\nMine too", "Theirs"),
        ("<blockquote><blockquote>Inner</blockquote>Outer</blockquote>Mine",
         "Mine", "Inner\n\nOuter"),
        ("<p>Run</p><pre><code>make\n  all</code></pre>", "Run", "make\nall"),
        ("<p>Call <code>run()</code> or <code>npm i acme</code> now</p>",
         "Call run() or now", "npm i acme"),
        ('<aside class="quote"><div class="title">ada:</div>Theirs</aside><p>Mine</p>',
         "Mine", "ada:\n\nTheirs"),
        ('<p><a href="https://t.example/ada">ada</a>:</p><blockquote>Theirs</blockquote><p>Mine</p>',
         "Mine", "ada:\nTheirs"),
        ('Mine<div class="gmail_quote"><div>On 5 May Ada wrote:</div>Theirs</div>',
         "Mine", "On 5 May Ada wrote:\n\nTheirs"),
        ("<blockquote><code>Theirs</blockquote>Mine", "Mine", "Theirs"),
        ("<blockquote>To the end", "", "To the end"),
        ("<code>left open", "left open", ""),
    ],
)  # fmt: skip
def test_quotes_and_code_go_aside(markup, text, quoted):
    """Words in quotes and code are kept, but not as the author's."""
    cleaned = clean(markup)
    assert (cleaned.text, cleaned.quoted) == (text, quoted)


@pytest.mark.parametrize(
    "stuck",
    [
        '<!-- SC_ON --> &#32; submitted by &#32; <a href="https://r.example/u"> /u/ada </a> &#32; '
        'to &#32; <a href="https://r.example/r"> r/acme </a> <br/> <span><a href="https://r.example/1">'
        '[link]</a></span> &#32; <span><a href="https://r.example/2">[comments]</a></span>',
        '<p><small>74 posts - 43 participants</small></p><p><a href="x">Read full topic</a></p>',
        "<p><small>7 Beiträge - 3 Teilnehmer</small></p><p><a>Gesamtes Thema lesen</a></p>",
        "<p>The post <a href='x'>Title</a> appeared first on <a href='y'>Blog</a>.</p>",
        "<p>L'article Titre est apparu en premier sur Blog.</p>",
        "<p><a href='x'>Continue reading <span>Title</span> &rarr;</a></p>",
        "<p>[&hellip;]</p>",
        "<p>Article URL: <a href='https://a.example/b'>https://a.example/b</a></p><p>Comments URL: "
        "<a href='https://n.example/1'>https://n.example/1</a></p><p>Points: 9</p>"
        "<p># Comments: 3</p>",
        "<p><a href='x'>Discussion</a> | <a href='y'>Link</a></p>",
        "<p>[contains quote post or other embedded content]</p>",
    ],
)
def test_lines_of_a_site_are_dropped(stuck):
    """What a site adds below a post is nobody's words, alone or under a text."""
    assert clean(f"<div><p>It broke.</p></div>{stuck}").text == "It broke."
    assert clean(stuck).text == ""


def test_lines_of_a_site_at_the_start_and_alone():
    """Lemmy names the sender above the text; a feed of links has but "Comments"."""
    head = (
        'submitted by <a href="x">ada</a> to <a href="y">acme</a><br>180 points | 19 comments<br>'
    )
    assert clean(head + "It broke.").text == "It broke."
    assert clean('<a href="https://l.example/s">Comments</a>').text == ""
    assert clean("It broke and … Continue reading the story").text == "It broke and"
    assert clean("Submitted by mistake, help").text == "Submitted by mistake, help"


# --- clean: links ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text", "links"),
    [
        ('See <a href="https://a.example/x?a=1&amp;b=2">the docs</a>.', "See the docs.",
         ("https://a.example/x?a=1&b=2",)),
        ("See https://acme.io/x, now", "See [↗], now", ("https://acme.io/x",)),
        ("See (https://acme.io/x_(y)).", "See.", ("https://acme.io/x_(y)",)),
        ("<p><a href='https://acme.io/x'>https://acme.io/x</a> broke</p>", "[↗] broke",
         ("https://acme.io/x",)),
        ("<a href='https://acme.io'><span class='invisible'>https://</span>acme.io</a> broke",
         "[↗] broke", ("https://acme.io",)),
        ("<p><a href='https://acme.io/xyz'><span class='invisible'>https://</span><span class="
         "'ellipsis'>acme.io/x</span><span class='invisible'>yz</span></a> broke</p>",
         "[↗] broke", ("https://acme.io/xyz",)),
        ("<p><a href='https://acme.io'>acme.io</a> is down</p>", "acme.io is down",
         ("https://acme.io",)),
        ("acme.io is down, acme[.]com and acme dot com too",
         "acme.io is down, acme[.]com and acme dot com too", ()),
        ("found github.com/acme/tool and www.acme.io today", "found [↗] and [↗] today",
         ("https://github.com/acme/tool", "https://www.acme.io")),
        ("Node.js/Deno is fine", "Node.js/Deno is fine", ()),
        ("<a href='javascript:x'>a</a> <a href='mailto:a@b.example'>b</a> <a>c</a>", "a b c",
         ("mailto:a@b.example",)),
        ("<a href='https://x.example/'>a<a href='https://x.example/'>b", "ab",
         ("https://x.example/",)),
        ("[docs](https://a.example/x) ![shot](https://a.example/y.png)", "docs shot",
         ("https://a.example/x", "https://a.example/y.png")),
        ("ftp://acme.io/x gone", "[↗] gone", ()),
    ],
)  # fmt: skip
def test_addresses_leave_the_prose(markup, text, links):
    """An address is no word of the author's; a domain that stands as a word is."""
    cleaned = clean(markup)
    assert (cleaned.text, cleaned.links) == (text, links)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("How do I get it back? https://acme.io/x says nothing.",
         "How do I get it back? [↗] says nothing."),
        ("It broke. https://acme.io/x", "It broke."),
        ("It broke. https://acme.io/x. We left", "It broke. We left"),
        ("It broke 😡 https://acme.io/x", "It broke 😡"),
        ("https://acme.io/x We left", "We left"),
        ("Details: https://acme.io/x", "Details: [↗]"),
        ("(see https://acme.io/x), but", "(see [↗]), but"),
        ("https://acme.io/x, https://acme.io/y and acme.io/z fail", "[↗] and [↗] fail"),
        ("It broke.\nhttps://acme.io/x\nhttps://acme.io/y, https://acme.io/z.\nWe left",
         "It broke.\n\n\nWe left"),
    ],
)  # fmt: skip
def test_an_address_inside_a_sentence_leaves_a_mark(markup, text):
    """Without the mark a sentence is torn; alone, or after a whole sentence, none is needed."""
    assert clean(markup, html=False).text == text.replace("\n\n\n", "\n\n")


def test_the_mark_of_an_address_is_no_word():
    """No letter of it can name a brand, and sentences run through it."""
    cleaned = clean("Why is that? https://acme.io/x says nothing. I left.", html=False).text
    assert seen(cleaned) == ["why", "is", "that", "says", "nothing", "i", "left"]
    assert cut(cleaned, sentences(cleaned)) == ["Why is that?", "[↗] says nothing.", "I left."]


# --- clean: plain text -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text", "quoted"),
    [
        ("> theirs\n>> older\nmine", "mine", "theirs\nolder"),
        (">:( broken", ">:( broken", ""),
        ("mine\n```\ncode here\n```\nmine", "mine\n\nmine", "code here"),
        ("mine\n```\ncode here", "mine", "code here"),
        ("```one line```\nmine", "mine", "```one line```"),
        ("[quote=\"ada, post:1\"]\ntheirs\n[/quote]\nmine", "mine", "theirs"),
        ("use `x` or `npm i acme` now", "use x or now", "npm i acme"),
        ("mine\n\nOn Mon, 5 May 2026 at 10:00, Ada <a@b.example>\nwrote:\n> theirs\n\nmine too",
         "mine\n\nmine too", "On Mon, 5 May 2026 at 10:00, Ada <a@b.example>\nwrote:\ntheirs"),
        ("mine\n\nAm 5. Mai 2026 um 10:00 schrieb Ada:\n\ntheirs\nall of it",
         "mine", "Am 5. Mai 2026 um 10:00 schrieb Ada:\n\ntheirs\nall of it"),
        ("mine\nLe 5 mai 2026 à 10:00, Ada a écrit :\n> theirs", "mine",
         "Le 5 mai 2026 à 10:00, Ada a écrit :\ntheirs"),
        ("On Mondays people wrote:\nno date, no quote", "On Mondays people wrote:\n"
         "no date, no quote", ""),
        ("mine\n-- \nAda\nAcme Inc", "mine", "--\nAda\nAcme Inc"),
        ("a\n--\n" + "b\n" * 40, "a\n--\n" + "b\n" * 39 + "b", ""),
        ("mine\n\nSent from my iPhone", "mine", "Sent from my iPhone"),
        ("mine\nVon meinem iPhone gesendet", "mine", "Von meinem iPhone gesendet"),
        ("mine\n-----Original Message-----\nFrom: Ada\ntheirs", "mine",
         "-----Original Message-----\nFrom: Ada\ntheirs"),
        ("On top of that it broke", "On top of that it broke", ""),
        ("a line that a mailer wrapped at some seventy columns has its\nend here. Next",
         "a line that a mailer wrapped at some seventy columns has its end here. Next", ""),
    ],
)  # fmt: skip
def test_mail_and_markdown_in_plain_text(markup, text, quoted):
    """Quotes, fences, attributions and signatures of plain text go aside."""
    cleaned = clean(markup, html=False)
    assert (cleaned.text, cleaned.quoted) == (text, quoted)


def test_reply_below_a_quote_in_html_is_kept():
    """In HTML the quote is marked, so what follows the attribution is the answer."""
    markup = "<p>On 5 May 2026, Ada wrote:</p><blockquote>theirs</blockquote><p>mine</p>"
    cleaned = clean(markup)
    assert cleaned.text == "mine"
    assert "theirs" in cleaned.quoted


def test_tags_in_plain_text_are_words():
    """A field that is no HTML keeps what looks like a tag."""
    assert clean("close the <p> tag", html=False).text == "close the <p> tag"


@settings(max_examples=150, deadline=None)
@given(st.one_of(ANY, HTMLISH), st.booleans())
@example("\ud800<p>\udfff", True)
@example("a\x00b", False)
def test_clean_takes_any_text(markup, html):
    """Whatever comes in, clean returns strings without NUL and links as strings."""
    cleaned = clean(markup, html=html)
    assert "\x00" not in cleaned.text
    assert all(isinstance(link, str) for link in cleaned.links)


LINES = st.lists(
    st.lists(
        st.sampled_from(
            [
                "Acme",
                "broke",
                ">",
                ">>",
                "--",
                "<p>",
                "it",
                "wrote:",
                "acme.io",
                "`code`",
                "20",
                "…",
            ]
        ),
        min_size=1,
        max_size=6,
    ).map(" ".join),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_cleaning_again_loses_no_word(lines):
    """Text that was cleaned and is cleaned again as plain text has all its words."""
    first = clean("\n".join(lines), html=False)
    second = clean(first.text, html=False)
    assert sorted(seen(second.text + "\n" + second.quoted)) == sorted(seen(first.text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["Acme", "broke", "it", "was", "ok."]), min_size=1, max_size=20))
def test_plain_prose_is_left_alone(said):
    """Words without markup come out as they went in, as HTML and as text."""
    prose = " ".join(said)
    assert clean(prose).text == clean(prose, html=False).text == prose
    assert clean(f"<p>{prose}</p>").text == prose


BIG = 1 << 18


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 20_000 + "x",
        "<" * 1_000_000,
        "<!--" * 250_000,
        "<!--" * (BIG // 4) + ">",
        "<a href=\"x" * (BIG // 10) + ">",
        "<a " + "x=\"" * (BIG // 3) + ">",
        "<a " + " ".join(f"a{n}=1" for n in range(BIG // 8)) + ">",
        "<blockquote><pre>" * (BIG // 24) + "</aside>" * (BIG // 8),
        "<script></scrip" * (BIG // 15) + ">",
        "http://x" + ")" * BIG,
        "www." * (BIG // 4),
        "a-" * (BIG // 2),
        "[a](" * (BIG // 4),
        "`a b " * (BIG // 5),
        "--\n" * (BIG // 3),
        "\ufffc a " * (BIG // 4),
        ". https://a.b/c. X " * (BIG // 19),
        "On 2020 " + "wrote " * (BIG // 6),
        "# 147-" * (BIG // 6),
        "ÃƒÂ" * (BIG // 4),
        ".!\"" * (BIG // 3) + "x",
        ", but" * (BIG // 5),
        "a\x00" * (BIG // 2),
        "e" + "\u0301" * BIG,
        "<p>&#" + "1" * BIG + ";",
        "<p title='&#" + "1" * BIG + "'>&lt;/p&gt;<img alt='&#" + "1" * 5_000 + "'>",
        "a" + "\u0301" * (BIG // 2) + "\u0327" * (BIG // 2),
        "ªq" + "\u0301\u0327" * (BIG // 2),
        "a" * 5_000_000,
    ],
    ids=lambda hostile: ascii(hostile[:12]),
)  # fmt: skip
def test_hostile_text_takes_linear_time(hostile):
    """No input costs more than about a second per 256 kB a function (10 for all 9)."""
    allowed = 10 * max(len(hostile) / BIG, 1)
    started = time.process_time()
    clean(hostile)
    clean(hostile, html=False)
    plain(hostile)
    sentences(hostile)
    clauses(hostile, Span(0, len(hostile)))
    repair(hostile)
    printable(hostile)
    fold(hostile)
    sketch(hostile)
    assert time.process_time() - started < allowed


# --- secrets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://ana:pw@example.org/x", "https://***@example.org/x"),
        ("https://tok@example.org", "https://***@example.org"),
        ("https://a:b@c@example.org/x@y", "https://***@example.org/x@y"),
        ("https://x.org/?token=a&page=2", "https://x.org/?token=***&page=2"),
        ("https://x.org/?page=2&access_token=a%26b", "https://x.org/?page=2&access_token=***"),
        ("https://x.org/?API-Key=a;b", "https://x.org/?API-Key=***"),
        ("https://x.org/?%74oken=a", "https://x.org/?%74oken=***"),
        ("https://x.org/?X-Amz-Signature=a#access_token=b",
         "https://x.org/?X-Amz-Signature=***#access_token=***"),
        ("https://x.org/?password=a&secret=b&auth=c&sig=d&key=e&pwd=f",
         "https://x.org/?password=***&secret=***&auth=***&sig=***&key=***&pwd=***"),
        ("https://x.org/?rss_pw=a&jwt=b&passphrase=c&passcode=d&apikey2=e&my_pwd=f&bearer=g",
         "https://x.org/?rss_pw=***&jwt=***&passphrase=***&passcode=***&apikey2=***&my_pwd=***"
         "&bearer=***"),
        ("https://x.org/?code=a&page2=b&format=c", "https://x.org/?code=a&page2=b&format=c"),
        ("https://www.reddit.com/.rss?feed=abc&user=ana",
         "https://www.reddit.com/.rss?feed=***&user=***"),
        ("https://x.org/?feed=rss2&user=ana", "https://x.org/?feed=rss2&user=ana"),
        ("https://hnrss.org/newest?q=key", "https://hnrss.org/newest?q=key"),
        ("failed for url: /x?token=abc (Caused by //u:p@h/)",
         "failed for url: /x?token=*** (Caused by //***@h/)"),
        ("no address at all", "no address at all"),
    ],
)  # fmt: skip
def test_secrets_in_an_address_are_never_printed(url, safe):
    """User, password and the values of secret keys become ***; the rest stays readable (K03)."""
    assert redact(url) == safe
    assert redact(safe) == safe


@given(
    secret=st.text(
        st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters='/?#&"<>'),
        min_size=8,
    ),
    key=st.sampled_from(["token", "key", "auth", "sig", "apikey", "access_token", "password"]),
)
@settings(deadline=None, max_examples=100)
def test_no_canary_survives(secret, key):
    """Whatever the secret is made of, it is gone."""
    canary = f"CANARY{secret}"
    assert "CANARY" not in redact(f"https://u:{canary}@example.org/?{key}={canary}&a=1")


@pytest.mark.parametrize("piece", ["//", "?", "a=", "&token", "@", "//a", "=;", "//@?token=a"])
def test_redacting_a_megabyte_is_quick(piece):
    """Addresses reach us from servers as well: no input makes it slow."""
    start = time.process_time()
    redact(piece * (1_000_000 // len(piece)))
    assert time.process_time() - start < 8


def test_what_is_secret_in_a_known_address_is_hidden_anywhere():
    """Servers echo what they were asked, decoded or not; what is too short tells nothing."""
    known = "https://ana%40x:passw%2Frd@x.org/?token=a+bc&page=seven&key=abc"
    said = 'bad ana@x, ana%40x, passw/rd, "a bc" or a+bc; abc on page seven'
    assert redact(said, known) == 'bad ***, ***, ***, "***" or ***; abc on page seven'


# --- plain -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("Ben &amp;amp; Jerry&amp;#8217;s", "Ben & Jerry’s"),
        ("<b>Ac</b>me<br>is  down\n now", "Acme is down now"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("Acme <3 you", "Acme <3 you"),
        ("<!-- x -->a", "a"),
        ("lone &#143;", "lone"),
        ("&#" + "1" * 5000 + "; &#" + "0" * 5000 + "65", "\ufffd \ufffd"),
        ("", ""),
    ],
)
def test_plain_makes_one_line(markup, line):
    """A title is one line without tags, decoded as often as it was encoded."""
    assert plain(markup) == line


@settings(max_examples=150, deadline=None)
@given(st.one_of(ANY, HTMLISH))
def test_plain_takes_any_text(markup):
    """Whatever comes in, plain returns one folded line."""
    line = plain(markup)
    assert line == " ".join(line.split())


# --- sentences, clauses, words -----------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        ["It broke.", "I left."],
        ["it broke.", "again."],
        ["Dr. Smith left, e.g. on day 2.", "OK?", "Yes!"],
        ["Yahoo! is bad.", "I use Yahoo! Mail.", "Node.js and .NET and acme.io work."],
        ["It cost 3.50 €.", "Am 3. Mai war z. B. Ruhe, d.h. nichts, usw. und so.", "Ende."],
        ["Waiting... still waiting.", "So...", "Nothing?!", "No."],
        ["Acme Inc. is bad.", "Ask Acme Inc.", "They know."],
        ["J. Smith said No.", "So did I.", "Then it broke."],
        ["壊れた。", "直して！", "はい"],
        ["so angry 😡😡", "It broke"],
        ["I 😡 this"],
        ["1. one", "2. two"],
        ["He said “stop.”", "Then left."],
        ["See No. 5 there."],
        ["WOW!", "it broke"],
    ],
    ids=lambda parts: ascii(parts[0]),
)
def test_sentences_end_where_they_end(parts):
    """Abbreviations, numbers and names keep their dots; the rest ends a sentence."""
    joiner = "\n" if parts[0].startswith("1. ") else " "
    text = joiner.join(parts)
    assert cut(text, sentences(text)) == parts


def test_line_breaks_end_sentences():
    """A line is never joined with the next one; blank ones leave no sentence."""
    text = "\n one \n\n two"
    assert cut(text, sentences(text)) == ["one", "two"]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab AI.!?…\n\"') 1。😡\u0301-;,"), max_size=80) | ANY)
def test_spans_cover_all_and_never_overlap(text):
    """Sentences, and the clauses of each, are in order and hold every visible character."""
    found = sentences(text)
    assert _visible("".join(cut(text, found))) == _visible(text)
    assert all(one.end <= two.start for one, two in pairwise(found))
    for sentence in found:
        parts = clauses(text, sentence)
        assert _visible("".join(cut(text, parts))) == _visible(text[sentence.start : sentence.end])
        assert all(one.end <= two.start for one, two in pairwise(parts))


def _visible(text):
    return "".join(text.split())


@pytest.mark.parametrize(
    "parts",
    [
        ["Acme is fine", "but Globex broke"],
        ["Acme ist gut,", "aber Globex nicht"],
        ["Acme va bien", "mais Globex non"],
        ["Acme va bien", "pero Globex no"],
        ["Acme va bene,", "ma Globex no"],
        ["Acme é bom,", "mas Globex não"],
        ["Acme is goed", "maar Globex niet"],
        ["It works;", "it is slow"],
        ["It works -", "slowly"],
        ["It works —", "slowly"],
        ["Although Acme works,", "it is slow"],
        ["They do nothing but lie"],
        ["Wi-Fi is down"],
        ["But it broke, twice"],
    ],
    ids=lambda parts: parts[0],
)
def test_clauses_turn_at_contrast(parts):
    """A sentence is cut at contrast words, semicolons and dashes, in seven languages."""
    text = " ".join(parts)
    assert cut(text, clauses(text, Span(0, len(text)))) == parts


def test_clauses_stay_inside_their_sentence():
    """Offsets are those of the whole text."""
    text = "One. Acme works but Globex fails. Two but three."
    assert cut(text, clauses(text, sentences(text)[1])) == ["Acme works", "but Globex fails."]


def test_words_are_unicode():
    """Letters of any script, marks and inner apostrophes make words; punctuation parts them."""
    text = "It's d’accord: Wi-Fi _never_ 2nd नमस्ते e\u0301te\u0301 Привет!"
    expected = "It's d’accord Wi Fi never 2nd नमस्ते e\u0301te\u0301 Привет"
    assert " ".join(cut(text, words(text))) == expected


# --- repair ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [
        ("fÃ¼r Ã\x9cber KÃ¤lte", "für Über Kälte"),
        ("itâ€™s â€œfineâ€\x9d â€“ really â€œlostâ€ .", "it’s “fine” – really “lost” ."),
        ("ÃƒÂ¼ber", "über"),
        ("50 â‚¬, Acmeâ„¢ Â©", "50 €, Acme™ ©"),
        ("ðŸ˜€ ok", "😀 ok"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
        ("# 147-zu dick zu fliegen.# 148-", "“zu dick zu fliegen.”"),
        ("# 147-Das# 148- war# 133- it# 146-s", "“Das” war… it’s"),
        ("\x93smart\x94 \x96 it\x92s \x80 5", "“smart” – it’s € 5"),
        ("Fish &nbsp;&amp; chips &#8212; &#x27;", "Fish \xa0& chips — '"),
        ("lone\x81 control goes", "lone control goes"),
    ],
)
def test_damage_is_undone(damaged, meant):
    """What encodings and filters did is undone."""
    assert repair(damaged) == meant


@pytest.mark.parametrize(
    "good",
    [
        "„MENÜ“ CAFÉ» «À», café… „É…“ MAÇÃ” FORÇÃ… SÃO é…»",
        "AT&T & R&D; a && b; x &bogus; y",
        "# 147-page report\n# 148-page report",
        "issue #147-fix",
        "Ärger über Öl, señor, là-bas, Ångström, Đà Nẵng, Łódź, ÇÁÃ",
        "日本語 한국어 עברית नमस्ते 👩‍💻",
        "plain ascii # 1",
        "à€€à€€",
    ],
)
def test_good_text_is_never_damaged(good):
    """Text that was never broken comes back as it was."""
    assert repair(good) == good


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cc"]), max_size=60))
def test_mojibake_of_western_prose_comes_back(text):
    """UTF-8 read as Latin-1 and kept whole is undone, or at least nothing breaks."""
    letters = "".join(c for c in text if "\u00df" <= c <= "\u00ff" and c.isalpha())
    prose = " ".join(f"a{letter}b" for letter in letters)
    assert repair(prose.encode().decode("latin-1")) == prose
    assert isinstance(repair(text), str)


# --- sketch ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "sketched"),
    [
        ("<p>Ac<b>me</b> &amp; Söhne</p>", b"acmeshne"),
        ("<![CDATA[Acme broke]]>", b"acmebroke"),
        ("Ac<a title='<p>'>me</a>", b"acme"),
        ("i\u0307¹ q\u0300ʷ", b"i1qw"),
        ("AT&T; broke", b"attbroke"),
        ("AT&amp;T; broke", b"attbroke"),
    ],
)
def test_a_sketch_has_the_letters_of_every_word(markup, sketched):
    """A word of a body stands in its sketch whole, whatever tags are in it or around it."""
    assert sketched in sketch(markup).split()


# --- names and addresses -----------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(ANY)
@example("i\u0307\u0307")
def test_folding_twice_is_folding_once(text):
    """What was folded stays as it is, however many dots its letters have."""
    assert fold(fold(text)) == fold(text)


def test_a_query_may_hold_halves_of_characters():
    """A lone surrogate, which no address can hold, becomes a question mark."""
    assert untracked("b=\ud800&a=1&utm_source=x") == "a=1&b=%3F"


# --- printable ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;pwned\x07\x1b[31mred\x9b2J\x7f", "]0;pwned[31mred2J"),
        ("invoice\u202exe.fdp", "invoice⟨U+202E⟩xe.fdp"),
        ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("zero\u200bwidth\ufeff\u200e so\xadft", "zerowidth soft"),
        ("a\t\r\nb\u2028c\xa0d", "a b c d"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Ac\u200dme\u200d", "Acme"),
        ("Ac\u061c\u200d\u061cme", "Acme"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("\U000e0041x", "x"),
        ("plain", "plain"),
    ],
)
def test_printable_shows_or_drops_what_acts(text, shown):
    """Nothing that moves a cursor, reorders or hides gets through; emoji stay whole."""
    assert printable(text) == shown


def test_printable_can_keep_lines():
    """With newlines, line breaks stay and become one kind; tabs still fold."""
    assert printable("a\r\nb\tc\x85d\n\ne\xa0", newlines=True) == "a\nb c\nd\n\ne "


@settings(max_examples=200, deadline=None)
@given(ANY, st.booleans())
def test_printable_is_safe_for_any_text(text, newlines):
    """No control, no surrogate, no line break that was not asked for; twice is once."""
    shown = printable(text, newlines=newlines)
    kinds = {unicodedata.category(character) for character in shown if character != "\n"}
    assert kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert newlines or "\n" not in shown
    assert printable(shown, newlines=newlines) == shown
