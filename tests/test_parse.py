"""What the parse room makes of XML, of broken documents, and of what is no feed at all."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.parse import parse, read
from scanner.parse.links import clean_url
from scanner.records import Failed, Feed, FeedState, Fetched, Parsed, Post, Reach

FEEDS = Path(__file__).parent / "feeds"
ADDRESS = "https://feeds.example/feed.xml"


def outcome(
    body: bytes | str, content_type: str | None = None, address: str = ADDRESS
) -> Parsed | Failed:
    """Parse a body as if it had come from an address."""
    data = body.encode() if isinstance(body, str) else body
    feed = Feed(url=ADDRESS, name="Example")
    return parse(Fetched(feed, data, content_type, address, FeedState(ADDRESS)))


def parsed(body: bytes | str, content_type: str | None = None, address: str = ADDRESS) -> Parsed:
    result = outcome(body, content_type, address)
    assert isinstance(result, Parsed), result
    return replace(result, posts=tuple(map(read, result.posts)))


def posts(body: bytes | str, content_type: str | None = None) -> tuple[Post, ...]:
    return parsed(body, content_type).posts


def failed(body: bytes | str) -> Failed:
    result = outcome(body)
    assert isinstance(result, Failed), result
    assert result.stage == "parse"
    return result


def golden(name: str) -> tuple[Post, ...]:
    return posts((FEEDS / name).read_bytes())


def rss(items: str, *, root: str = 'version="2.0"', channel: str = "") -> str:
    return f"<rss {root}><channel><title>x</title>{channel}{items}</channel></rss>"


def atom(entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{entries}</feed>'


def only(body: bytes | str) -> Post:
    found = posts(body)
    assert len(found) == 1
    return found[0]


# --- formats --------------------------------------------------------------------------------------


def test_wordpress_post_is_read_whole() -> None:
    """An RSS 2.0 entry gives every field of a post, the longest body and resolved links."""
    assert golden("parse_wordpress.xml")[0] == Post(
        feed_url=ADDRESS,
        feed="Example",
        guid="https://shop.example/?p=71",
        url="https://shop.example/2026/11/leaving-acme/",
        title="Why we left Acme & Sons",
        text="The invoices were wrong three times. We asked for a refund and got none.\n\n"
        "See the first complaint.",
        author="Ines",
        published=datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
        links=("https://shop.example/2026/10/first-complaint/",),
        language="en",
        reach=Reach(comments=12),
        thread_url="https://shop.example/2026/11/leaving-acme/#comments",
        comments_feed="https://shop.example/2026/11/leaving-acme/feed/",
    )


def test_relative_link_resolves_against_the_feeds_site() -> None:
    """A relative link belongs to the feed's site, not to the host that delivers the feed."""
    assert golden("parse_wordpress.xml")[1].url == "https://shop.example/2026/11/hours/"


def test_netscape_dtd_is_harmless() -> None:
    """RSS 0.91 with its public DOCTYPE parses, its HTML entities too, in the encoding declared."""
    (post,) = golden("parse_netscape.xml")
    assert (post.title, post.url) == ("Café Acme closes — again", "http://old.example/1")


def test_rss_1_is_read() -> None:
    """In RSS 1.0 the entry's address is its id, and dc:date is its date, in UTC without a zone."""
    (post,) = golden("parse_rdf.xml")
    assert (post.guid, post.author) == ("http://list.example/77", "Tom Reed")
    assert post.published == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert post.text == "It drops one in ten here too."


def test_rss_090_is_read() -> None:
    """RSS 0.90 has items beside the channel and no guid: the link is the guid."""
    (post,) = golden("parse_netscape090.xml")
    assert (post.title, post.guid) == ("Acme is late", "http://slate.example/a")


def test_atom_is_read() -> None:
    """An Atom entry resolves against xml:base and takes the feed's author and language."""
    first, second = golden("parse_atom.xml")
    assert (first.title, first.url) == (
        "Acme schon wieder kaputt",
        "https://atom.example/blog/eins",
    )
    assert first.text == "Seit gestern lädt die App von Acme nicht mehr."
    assert (first.author, first.language, first.reach) == ("Ada Huber", "de", Reach(comments=3))
    assert first.comments_feed == "https://atom.example/blog/eins/antworten"
    assert first.updated == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert (second.author, second.language) == ("Guest", "en")
    assert second.text == "All <good> now."


def test_only_date_is_both() -> None:
    """Where a feed tells only when an entry was updated, it was published then."""
    second = golden("parse_atom.xml")[1]
    assert second.published == second.updated == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_atom_03_is_read() -> None:
    """Atom 0.3 has other names for the dates and escapes its content."""
    (post,) = golden("parse_atom03.xml")
    assert (post.text, post.url) == ("They never called back.", "http://draft.example/9")
    assert post.published == datetime(2004, 5, 1, 10, tzinfo=UTC)
    assert post.updated == datetime(2004, 5, 2, 10, tzinfo=UTC)


def test_cdf_is_read() -> None:
    """Microsoft's Channel Definition Format of 1997 is read as well."""
    (post,) = golden("parse_cdf.xml")
    assert (post.title, post.url) == ("Acme in the old days", "http://cdf.example/1")
    assert post.text == "It was no better then."


def test_type_declared_does_not_matter() -> None:
    """The root decides what a document is, not the content type."""
    assert len(posts(rss("<item><title>a</title></item>"), "application/json")) == 1


def test_feed_without_entries_is_a_feed() -> None:
    """A valid feed with no entries is Parsed, with no posts and no complaint."""
    result = parsed(rss(""))
    assert (result.posts, result.partial, result.warnings) == ((), False, ())


# --- what is no feed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "empty body"),
        ("  \r\n ", "empty body"),
        ("<!DOCTYPE html><html><body>rss item</body></html>", "not a feed but an HTML page"),
        ("<html><rss></rss></html>", "not a feed but an HTML page"),
        ("User-agent: *\nDisallow: /", "not a feed but plain text"),
        ("<urlset><url/></urlset>", "not a feed: its first element is <urlset>"),
        ("<opml><body/></opml>", "not a feed but a list of feeds (OPML)"),
        ("/etc/passwd", "not a feed but plain text"),
        ("http://127.0.0.1:9/feed", "not a feed but plain text"),
        (bytes(range(128, 256)) * 9, "not a feed but plain text"),
    ],
)
def test_other_documents_are_refused(body: bytes | str, why: str) -> None:
    """What is no feed says what it is instead."""
    assert failed(body).why == why


def test_body_that_names_a_file_is_not_obeyed(tmp_path: Path) -> None:
    """A body that is a path to a feed does not make the parser open it (feedparser would)."""
    secret = tmp_path / "secret.xml"
    secret.write_text(rss("<item><title>secret</title></item>"))
    assert failed(str(secret)).why == "not a feed but plain text"
    assert failed(secret.as_uri()).why == "not a feed but plain text"


def test_page_names_its_feed() -> None:
    """The hint for a page is the address of the feed that it announces, resolved."""
    page = (
        '<html><head><link rel="stylesheet" href="a.css"><link type="application/rss+xml"'
        ' rel=alternate href="/feed?a=1&amp;b=2"></head></html>'
    )
    hint = failed(page).hint
    assert hint is not None
    assert hint.endswith('type="application/rss+xml">: https://feeds.example/feed?a=1&b=2')


def test_page_without_feed_gets_a_general_hint() -> None:
    """A page that announces no feed gets the advice to look for one."""
    assert failed("<html></html>").hint == (
        "use the feed's own address; pages often link to it as RSS"
    )


# --- attacks --------------------------------------------------------------------------------------

_LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE rss [<!ENTITY l0 "lol">{_LAUGHS}]>',
        f'<!DOCTYPE rss [<!ENTITY a "{"A" * 100_000}">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://h.example/x.dtd" [<!ENTITY % p SYSTEM "http://h/"> %p;]>',
        '<!DOCTYPE rss [<!ENTITY a "<rss>">]>',
    ],
)
def test_entity_declarations_are_refused(doctype: str) -> None:
    """A DOCTYPE with entities of its own is refused at once (X01 to X03)."""
    began = time.process_time()
    result = failed(
        f'<?xml version="1.0"?>{doctype}{rss("<item><title>&l9;&a;&x;</title></item>")}'
    )
    assert result.why == "its DOCTYPE declares entities, which can be an attack"
    assert time.process_time() - began < 1


def test_entity_hidden_in_a_doctype_is_not_expanded() -> None:
    """A root in a comment of the DOCTYPE hides the declaration, but nobody obeys it."""
    body = '<!DOCTYPE rss [<!-- <rss> --><!ENTITY a "boom">]>' + rss(
        "<item><title>&a;</title></item>"
    )
    result = outcome(body)
    assert isinstance(result, Failed) or all("boom" not in post.title for post in result.posts)


def test_entity_in_a_post_is_text() -> None:
    """A post may write about <!ENTITY> without being refused."""
    post = only(
        rss(
            "<item><title>On XML</title><description>&lt;code>x&lt;/code> and "
            "<![CDATA[<!ENTITY a 'b'>]]> matter</description></item>"
        )
    )
    assert post.title == "On XML"


@pytest.mark.parametrize(
    "items",
    [
        "<item><author>" + "a" * 200_000 + "</author></item>",
        "<item>" + "".join(f"<category>{i}</category>" for i in range(20_000)) + "</item>",
        "<item " + " ".join(f'a{i}="1"' for i in range(50_000)) + "><title>t</title></item>",
        "<item><title>t</title><description>" + "<a>" * 30_000 + "x" + "</a>" * 30_000
        + "</description></item>",
        "<item><title>" + "x" * 5_000_000 + "</title></item>",
        "<item><pubDate>" + "1:" * 100_000 + "</pubDate></item>",
        "<b><item><title>x</title><description>" + "<a " * 60_000 + "</description></item>",
        "<b><item><title>x</title><description>" + "<a><" * 5_000 + "</description></item>",
        "<item><title>" + "<![CDATA[" * 100_000,
        "<item><title>" + "&" * 100_000 + "&#" + "9" * 100_000 + "</title></item>",
        "".join(f"<a{i}:x/>" for i in range(20_000)),
    ],
)  # fmt: skip
def test_hostile_shapes_are_read_in_time(items: str) -> None:
    """Shapes that take feedparser seconds or minutes take no more than five (X04, X13)."""
    began = time.process_time()
    outcome(rss(items))
    assert time.process_time() - began < 5


def test_thousands_of_namespaces_are_refused_where_the_xml_is_broken() -> None:
    """feedparser walks all namespaces for each element, so there may not be thousands."""
    names = " ".join(f'xmlns:a{i}="u{i}"' for i in range(300))
    items = "<item><title>a</title></item>"
    assert only(rss(items, root=names)).title == "a"
    assert failed(rss(items + "<b></i>", root=names)).why.startswith("it declares 300 XML names")


def test_caps_cut_and_say_so() -> None:
    """Fields longer than their caps are cut, and the post says so (X13)."""
    post = only(rss(
        f"<item><title>{'t' * 5000}</title><guid isPermaLink='false'>{'g' * 9000}</guid>"
        f"<author>{'n' * 900}</author><description>{'word ' * 100_000}</description></item>"
    ))  # fmt: skip
    assert (len(post.title), len(post.guid), len(post.author or "")) == (1000, 2000, 200)
    assert len(post.text) <= 256_000
    assert post.truncated


def test_entries_beyond_the_cap_are_dropped() -> None:
    """A document of 5,001 entries gives 5,000 and a warning."""
    result = parsed(rss("".join(f"<item><guid>{i}</guid></item>" for i in range(5_001))))
    assert len(result.posts) == 5_000
    assert result.warnings == ("more than 5000 entries; the rest is dropped",)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(body: bytes) -> None:
    """Whatever the bytes, the answer is Parsed or Failed."""
    assert isinstance(outcome(body), Parsed | Failed)


@settings(max_examples=150, deadline=None)
@example(["<item>", "<!--", "<![CDATA[", "-->", "&#xd800;"], "utf-8")
@given(
    st.lists(
        st.sampled_from(
            ["<item>", "</item>", "<title>", "</title>", "&#xd800;", "&bogus;", "<![CDATA[", "]]>",
             "<link>", "x:y", "\x00", "é", "<dc:creator>", "<guid>", "&", "<", "-->", "<!--",
             "<source url='u'>", "</source>", "<media:content>",
             "<content:encoded>", "&#99999999;"]
        ),
        max_size=30,
    ),
    st.sampled_from(["utf-8", "utf-16", "latin-1", "utf-32-be"]),
)  # fmt: skip
def test_any_markup_is_survived(parts: list[str], encoding: str) -> None:
    """Whatever stands in the channel, nothing is raised and no bug is reported."""
    result = outcome(rss("".join(parts)).encode(encoding))
    assert isinstance(result, Parsed) or "cannot be read" not in result.why


def test_nested_too_deeply_is_a_failure() -> None:
    """JSON of 100,000 brackets fails without a crash (X04)."""
    assert failed("[" * 100_000).why == "nested too deeply to be a feed"


def test_bug_in_a_library_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw ends one feed, not the scan."""

    def _break(value: str) -> None:
        raise KeyError("surprise\x1b[2J")

    monkeypatch.setattr("scanner.parse.posts.parse_date", _break)
    assert failed(rss("<item><title>a</title></item>")).why == (
        "cannot be read (KeyError: 'surprise\\x1b[2J')"
    )


# --- broken documents -----------------------------------------------------------------------------

_TWO = "<item><title>one</title><guid>1</guid></item><item><title>two</title><guid>2</guid></item>"


@pytest.mark.parametrize("missing", [1, 8, 20, 35, 50])
def test_document_that_ends_early_is_partial(missing: int) -> None:
    """Whatever was complete before the end counts; the document is marked as partial (N08)."""
    result = parsed(rss(_TWO)[:-missing])
    assert result.partial
    assert result.posts[0].title == "one"
    assert result.warnings == ("the document ends early; the last entry may be missing",)


def test_torn_entry_is_left_out() -> None:
    """An entry whose end is missing is not taken: half a text would look like a whole one."""
    assert [post.title for post in posts(rss(_TWO)[:-40])] == ["one"]


def test_end_in_a_cdata_section_is_no_end() -> None:
    """A closing tag quoted in a torn text does not count as the document's."""
    result = parsed("<rss><channel><item><title>a</title></item><item><description><![CDATA[</rss>")
    assert (result.partial, len(result.posts)) == (True, 1)


def test_control_characters_cost_nothing() -> None:
    """Characters that XML forbids are dropped before parsing, NUL too (X05)."""
    (post,) = posts(
        b"<rss><channel><item><title>a\x00b\x1bc&#27;&#157;</title></item></channel></rss>"
    )
    assert post.title == "abc\ufffd"


def test_mismatched_tags_cost_at_most_their_entry() -> None:
    """A document that is no XML is read as tag soup, with a warning."""
    body = rss("<item><title>one</title></item><item><title>t<b>wo</title></item>"
               "<item><title>three</title></item>")  # fmt: skip
    result = parsed(body)
    assert [post.title for post in result.posts][::2] == ["one", "three"]
    assert result.warnings == ("the XML is broken (mismatched tag); read as well as it could be",)


def test_broken_document_too_long_for_tag_soup_is_partial() -> None:
    """A long broken document gives what stands before the fault; the slow parser is spared."""
    body = rss("<item><title>one</title></item>" + "<b>" + "<i/>" * 30_000)
    result = parsed(body)
    assert (result.partial, [post.title for post in result.posts]) == (True, ["one"])
    assert result.warnings == ("the XML is broken (mismatched tag); what comes after is lost",)


def test_a_link_that_was_escaped_twice_is_the_one_that_was_meant() -> None:
    """An ampersand in a link's CDATA, escaped all the same, is an ampersand."""
    link = "<link><![CDATA[https://a.example/?x=1&amp;y=2]]></link>"
    assert only(rss(f"<item><title>t</title>{link}</item>")).url == "https://a.example/?x=1&y=2"


def test_guids_are_one_line() -> None:
    """A line break that came into an id by a reference does not stay in it (found by fuzzing)."""
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</rdf:RDF>'
    assert only(rdf % '<item rdf:about="a&#13;&#10;b"><title>t</title></item>').guid == "a b"


def test_an_encoding_that_is_none_is_ignored() -> None:
    """A codec of Python's, hex, is no encoding of text (found by fuzzing)."""
    body = b'<?xml version="1.0" encoding="hex"?><rss><channel><item><title>\xe9</title></item>'
    assert only(body + b"</channel></rss>").title == "é"


def test_tag_soup_stops_at_the_cap() -> None:
    """The cap on entries holds for broken documents too."""
    result = parsed(rss("<b>" + "<item>" * 5_001))
    assert "more than 5000 entries; the rest is dropped" in result.warnings


def test_html_entities_and_bare_ampersands_are_mended() -> None:
    """Entities that XML does not know become characters; what nobody knows stays as written."""
    post = only(rss(
        "<item><title>Fish &nbsp;& chips &mdash; caf&eacute; &bogus; &#8217 &LT;</title>"
        "<link>https://h.example/?a=1&b=2</link></item>"
    ))  # fmt: skip
    assert post.title == "Fish & chips — café &bogus; ’ <"
    assert post.url == "https://h.example/?a=1&b=2"


def test_undeclared_prefixes_are_declared() -> None:
    """A prefix that everybody knows works although the document does not declare it."""
    post = only(rss("<item><content:encoded>whole</content:encoded><dc:creator>Ann</dc:creator>"
                    "<odd:thing odd:a='1'>x</odd:thing></item>"))  # fmt: skip
    assert (post.text, post.author) == ("whole", "Ann")


def test_junk_before_the_document_is_passed_over() -> None:
    """White space and a server's warnings before the declaration do no harm."""
    junk = "\n <br />\nWarning: PHP notice on line 3\n<?xml version='1.0'?>"
    assert len(posts(junk + rss(_TWO))) == 2


def test_junk_after_the_document_is_passed_over() -> None:
    """What follows the root's end tag is not read."""
    assert len(posts(rss(_TWO) + "<script>track()</script> & more")) == 2


# --- encodings ------------------------------------------------------------------------------------

_UMLAUTS = rss("<item><title>Kälte – 5 €</title></item>")


@pytest.mark.parametrize(
    "body",
    [
        _UMLAUTS.encode("utf-8-sig"),
        b"\xef\xbb\xbf" * 2 + _UMLAUTS.encode(),
        _UMLAUTS.encode("utf-16"),
        _UMLAUTS.encode("utf-16-be"),
        _UMLAUTS.encode("utf-16-le"),
        b"\xff\xfe\0\0" + _UMLAUTS.encode("utf-32-le"),
        _UMLAUTS.encode("utf-32-be"),
        _UMLAUTS.encode("cp1252"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + _UMLAUTS.encode("cp1252"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + _UMLAUTS.encode(),
        b'<?xml version="1.0" encoding="utf-8"?>' + _UMLAUTS.encode("cp1252"),
        b'<?xml version="1.0" encoding="x-klingon"?>' + _UMLAUTS.encode(),
        b'<?xml version="1.0" encoding="hex"?>' + _UMLAUTS.encode(),
        _UMLAUTS.replace("Kälte", "Kälte".encode().decode("latin-1")).encode(),
    ],
)
def test_encodings_are_found(body: bytes) -> None:
    """A document is decoded whatever it says of itself, doubly encoded UTF-8 too (X06)."""
    assert only(body).title == "Kälte – 5 €"


def test_declared_encoding_is_believed_where_it_is_not_utf8() -> None:
    """Cyrillic in windows-1251 is told by the document or by the server."""
    title = rss("<item><title>Привет</title></item>")
    declared = b'<?xml version="1.0" encoding="windows-1251"?>' + title.encode("cp1251")
    assert only(declared).title == "Привет"
    served = posts(title.encode("cp1251"), "text/xml; charset=windows-1251")
    assert served[0].title == "Привет"


def test_seven_bit_encodings_are_believed() -> None:
    """ISO-2022-JP is all ASCII bytes, so only its declaration tells it."""
    body = '<?xml version="1.0" encoding="iso-2022-jp"?>' + rss("<item><title>日本</title></item>")
    assert only(body.encode("iso-2022-jp")).title == "日本"


def test_utf7_is_not_believed() -> None:
    """UTF-7 serves only to smuggle markup."""
    body = '<?xml version="1.0" encoding="utf-7"?>' + rss("<item><title>+ADw-b+AD4-</title></item>")
    assert only(body).title == "+ADw-b+AD4-"


# --- identity -------------------------------------------------------------------------------------


def test_entries_without_guid_and_link_get_stable_ids() -> None:
    """Where there is nothing else, the words are the identity, the same on each run (X08)."""
    body = rss("<item><title>a</title></item><item><title>b</title></item>")
    first, again = posts(body), posts(body)
    assert [post.guid for post in first] == [post.guid for post in again]
    assert len({post.guid for post in first}) == 2
    assert all(post.guid.startswith("sha256:") for post in first)


def test_link_shared_by_entries_is_no_identity() -> None:
    """Two entries without guid and with one link are two posts."""
    item = "<item><title>{}</title><link>https://h.example/log</link></item>"
    found = posts(rss(item.format("a") + item.format("b")))
    assert [post.title for post in found] == ["a", "b"]


def test_first_of_equal_guids_wins() -> None:
    """A guid counts once per document; the first entry with it is kept (X09)."""
    item = "<item><title>{}</title><guid>same</guid></item>"
    assert [post.title for post in posts(rss(item.format("a") + item.format("b")))] == ["a"]


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://h.example/a", "https://h.example/a"),
        ("  https://h.example/a\n b ", "https://h.example/a%20b"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("/a?b=1#c", "https://site.example/a?b=1#c"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("mailto:a@b.example", None),
        ("http://[::1", None),
        ("http://h.example:99999/", None),
        ("https://user:pw@h.example/", None),
        ("https://", None),
        ("", None),
        ("https://h.example/" + "a" * 3000, None),
        ("https://www.google.com/url?rct=j&url=https://n.example/x%3Fa%3D1&ct=ga",
         "https://n.example/x?a=1"),
        ("https://www.google.com/url?q=https://n.example/y", "https://n.example/y"),
        ("https://www.google.com/url?url=javascript:1",
         "https://www.google.com/url?url=javascript:1"),
        ("https://www.google.com/url?" + "a=1&" * 60, "https://www.google.com/url?" + "a=1&" * 60),
        ("https://www.google.com/url?url=https://n.example/%0d%0aHost:%20x%E2%80%AE%1b",
         "https://n.example/Host:%20x"),
        ("https://h.example/\u2066gpj.exe\u2069\ud800\xad", "https://h.example/gpj.exe"),
        ("https://h.example/" + "\t" * 500 + "a" * 1900, None),
        ("https://h.example/a\u3000b", "https://h.example/a%E3%80%80b"),
    ],
)  # fmt: skip
def test_links_are_cleaned(href: str, url: str | None) -> None:
    """Only http(s) with a host is a link; relative ones resolve, Google's redirects unwrap."""
    assert clean_url(href, "https://site.example/") == url


def at(address: str, body: str, feed: Feed) -> Parsed | Failed:
    """Parse a body that came from an address with secrets."""
    return parse(Fetched(feed, body.encode(), None, address, FeedState(feed.url)))


SECRET = "https://feeds.example/blog/page?token=SEKRIT1&q=SEKRIT2"


@pytest.mark.parametrize(
    "link", ["", "<link>#</link>", f"<link>{SECRET}#top</link>".replace("&", "&amp;")]
)
def test_links_do_not_carry_the_feeds_query_along(link: str) -> None:
    """A relative link resolves against the page, without its query and login."""
    feed = Feed("https://ana:SEKRIT3@feeds.example/blog/page?token=SEKRIT1", "x")
    items = "<item><link>#c1</link></item><item><link>?p=2</link></item><item><link>b</link></item>"
    result = at(SECRET.replace("//", "//ana:SEKRIT3@"), rss(items, channel=link), feed)
    assert isinstance(result, Parsed)
    assert [post.url for post in result.posts] == [
        "https://feeds.example/blog/page#c1",
        "https://feeds.example/blog/page?p=2",
        "https://feeds.example/blog/b",
    ]


@pytest.mark.parametrize(
    "body",
    [
        f'<html><head><link rel="alternate" type="application/rss+xml" href="{SECRET}">',
        '<html><head><link rel="alternate" type="application/rss+xml" href="#">',
        '{"error": "not authorised: SEKRIT1 is no token"}',
        '{"error": "no such feed /page?token=SEKRIT1"}',
        '{"error": "' + "x" * 92 + ' SEKRIT1 is no token"}',
    ],
)
def test_messages_do_not_echo_the_feeds_secrets(body: str) -> None:
    """Neither a page's link nor a server's words bring a token into a message."""
    result = at(SECRET, body, Feed(SECRET.replace("//", "//ana:SEKRIT3@"), "x"))
    assert isinstance(result, Failed)
    told = f"{result.why} {result.hint}"
    assert "SEKRIT1" not in told
    assert "SEK" not in told.replace("q=SEKRIT2", "")


def test_an_address_that_is_none_is_no_base() -> None:
    """Relative links have nothing to resolve against, and are no links."""
    result = at("http://[", rss("<item><title>a</title><link>/b</link></item>"), Feed(ADDRESS, "x"))
    assert isinstance(result, Parsed)
    assert result.posts[0].url is None


def test_posts_of_local_feeds_are_told_apart_by_their_path() -> None:
    """Two files of one name in folders of one name keep their own posts, wherever they lie."""
    body = rss("<item><guid>1</guid></item>")

    def id_of(folder: str, origin: str) -> str:
        feed = Feed(f"file:///{folder}/{origin}", "x", origin=origin)
        result = at(feed.url, body, feed)
        assert isinstance(result, Parsed)
        return result.posts[0].id

    assert id_of("home/a", "p1/x/feed.xml") != id_of("home/a", "p2/x/feed.xml")
    assert id_of("home/a", "p1/x/feed.xml") == id_of("srv/b", "p1/x/feed.xml")


def test_link_falls_back_to_guid_and_thread() -> None:
    """Without a usable link, a guid that is an address serves, then the thread."""
    guid = only(rss("<item><link>javascript:x</link><guid>https://h.example/g</guid></item>"))
    assert guid.url == "https://h.example/g"
    thread = only(rss("<item><comments>https://h.example/t</comments><guid>7</guid></item>"))
    assert (thread.url, thread.thread_url) == ("https://h.example/t", None)


def test_id_is_no_link() -> None:
    """A numeric Atom id is not taken for a page of the site."""
    assert only(atom("<entry><id>12345</id><title>x</title></entry>")).url is None


def test_relative_guid_that_is_also_the_link_is_one() -> None:
    """Some feeds write the same path as link and guid."""
    post = only(rss("<item><link>/a/1/</link><guid>/a/1/</guid></item>"))
    assert (post.guid, post.url) == ("/a/1/", "https://feeds.example/a/1/")


def test_original_link_beats_feedburners() -> None:
    """Feedburner keeps the real address in an element of its own."""
    post = only(
        '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><item>'
        "<link>http://proxy.example/~3/x</link>"
        "<feedburner:origLink>https://h.example/real</feedburner:origLink></item></channel></rss>"
    )
    assert post.url == "https://h.example/real"


# --- words ----------------------------------------------------------------------------------------


def test_title_is_made_from_the_text() -> None:
    """A post without a title gets the first sentence of its text, or what fits 80 characters."""
    short = only(rss("<item><description>It broke. Again and again.</description></item>"))
    assert short.title == "It broke."
    long = only(rss(f"<item><description>{'very ' * 60}long</description></item>"))
    assert long.title == ("very " * 16).strip()
    solid = only(rss(f"<item><description>{'x' * 300}</description></item>"))
    assert solid.title == "x" * 80


def test_longest_telling_is_the_text() -> None:
    """Of content, summary and media description the longest counts, not the first."""
    post = only(
        '<rss xmlns:media="http://search.yahoo.com/mrss/"><channel><item><content:encoded/>'
        "<description>short</description><media:group><media:description>the long one, by far"
        "</media:description></media:group></item></channel></rss>"
    )
    assert post.text == "the long one, by far"


@pytest.mark.parametrize(
    ("element", "author"),
    [
        ("<author>ann@h.example (Ann Lee)</author>", "Ann Lee"),
        ("<author>Ann Lee &lt;ann@h.example&gt;</author>", "Ann Lee"),
        ("<author>ann@h.example</author>", "ann@h.example"),
        ("<author> </author>", None),
        ("<dc:creator>https://lemmy.example/u/ann</dc:creator>", "ann"),
        ("<author>/u/[deleted]</author>", None),
        ("", None),
    ],
)
def test_authors_are_names(element: str, author: str | None) -> None:
    """An author is a name; an e-mail address only where there is nothing else."""
    assert only(rss(f"<item><title>t</title>{element}</item>")).author == author


def test_atom_author_without_a_name_is_nobody() -> None:
    """Google Alerts leaves the name empty: the author is unknown."""
    post = only(atom("<entry><id>a</id><author><name></name></author></entry>"))
    assert post.author is None


def test_language_is_two_letters() -> None:
    """A language tag is cut to ISO 639-1; what is no tag is nothing."""
    item = "<item><title>t</title></item>"
    assert only(rss(item, channel="<language>pt_BR</language>")).language == "pt"
    assert only(rss(item, channel="<language>German</language>")).language is None


# --- sites ----------------------------------------------------------------------------------------


def test_reddit_search_drops_subreddit_cards() -> None:
    """Reddit's search puts subreddits (t5_) before posts (t3_)."""
    found = posts(atom(
        "<entry><id>t5_1</id><title>r/acme</title></entry>"
        "<entry><id>t3_2</id><title>Acme down?</title><author><name>/u/pia</name></author></entry>"
    ))  # fmt: skip
    assert [(post.guid, post.author, post.kind) for post in found] == [("t3_2", "u/pia", "post")]


def test_reddit_comment_is_titled_by_its_thread() -> None:
    """A comment's title names its author first, which is not part of the title."""
    post = only(atom("<entry><id>t1_9</id><title>/u/max on Acme on fire</title></entry>"))
    assert (post.title, post.kind) == ("Acme on fire", "comment")


def test_hnrss_tells_points_and_comments() -> None:
    """hnrss writes its numbers into the body; the thread is not the article."""
    post = only(rss(
        "<item><title>Acme leak</title><link>https://news.example/leak</link>"
        "<comments>https://news.ycombinator.com/item?id=1</comments><description><![CDATA["
        "<p>Article URL: <a href='https://news.example/leak'>https://news.example/leak</a></p>"
        "<p>Comments URL: <a href='https://news.ycombinator.com/item?id=1'>x</a></p>"
        "<p>Points: 210</p><p># Comments: 98</p>]]></description></item>"
    ))  # fmt: skip
    assert post.reach == Reach(comments=98, points=210)
    assert (post.guid, post.thread_url) == ("https://news.ycombinator.com/item?id=1",) * 2
    assert post.text == ""


def test_lemmy_tells_points_and_comments() -> None:
    """Lemmy writes its numbers at the head of the body."""
    post = only(rss(
        "<item><title>t</title><guid>https://l.example/post/1</guid><description><![CDATA["
        'submitted by <a href="https://l.example/u/ann">ann</a> to <a href="https://l.example/c/x">'
        'x</a><br>180 points | <a href="https://l.example/post/1">19 comments</a><br>Own words.'
        "]]></description></item>"
    ))  # fmt: skip
    assert post.reach == Reach(comments=19, points=180)
    assert post.text.endswith("Own words.")


def test_discourse_tells_replies() -> None:
    """Discourse counts the topic's own post, in the forum's language."""
    post = only(rss(
        '<item><title>t</title><guid isPermaLink="false">meta.example-topic-4</guid><description>'
        "<![CDATA[<p>Own words.</p><p><small>74 Beiträge - 43 Teilnehmer</small></p>"
        '<p><a href="https://meta.example/t/4">Ganzes Thema lesen</a></p>]]></description></item>'
    ))  # fmt: skip
    assert (post.reach, post.text) == (Reach(comments=73), "Own words.")


def test_stack_exchange_tells_votes() -> None:
    """Votes stand in an element whose text feedparser drops; answers are comments."""
    rank = '<re:rank xmlns:re="http://purl.org/atompub/rank/1.0" scheme="s">{}</re:rank>'
    asked, answered = posts(atom(
        f"<entry><id>https://so.example/q/1</id>{rank.format(17)}<title>How?</title></entry>"
        f"<entry><id>https://so.example/q/1#2</id>{rank.format(-3)}<title>Re</title></entry>"
    ))  # fmt: skip
    assert (asked.kind, asked.reach) == ("question", Reach(points=17))
    assert (answered.kind, answered.reach) == ("comment", Reach(points=-3))


def test_youtube_tells_views() -> None:
    """A video has views and a rating, but is no review."""
    post = only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">'
        "<entry><id>yt:video:1</id><title>Acme test</title><media:group><media:community>"
        '<media:starRating count="9" average="4.50" min="1" max="5"/>'
        '<media:statistics views="12345"/></media:community></media:group></entry></feed>'
    )
    assert (post.reach, post.rating, post.kind) == (Reach(views=12345), 4.5, "post")


def test_app_store_reviews_are_read() -> None:
    """A review has stars and votes; the app that comes first is no review, the id no link."""
    (post,) = golden("parse_reviews.xml")
    assert (post.kind, post.rating, post.reach) == ("review", 1.0, Reach(points=4))
    assert post.text == "Two hours and the phone is dead. I want my money back."
    assert post.url == "https://apps.example/review?id=7&type=Software"
    assert post.author == "walker_77"
    assert post.published == datetime(2026, 11, 18, 18, 19, 38, tzinfo=UTC)


def test_unreadable_numbers_are_unknown() -> None:
    """A count or a rating that is no number is unknown, not zero."""
    post = only(
        '<rss xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:im="http://itunes.apple.com/rss">'
        "<channel><item><slash:comments>many</slash:comments><im:rating>eleven</im:rating>"
        "</item></channel></rss>"
    )
    assert (post.reach, post.rating) == (Reach(), None)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("<title>Comment on Acme by Jo</title>", "comment"),
        ("<title>t</title><link>https://h.example/p#comment-12</link>", "comment"),
        ('<title>New comment by ann in "Acme"</title>', "comment"),
        ("<title>t</title><link>https://news.google.com/rss/articles/CBM</link>", "news"),
        ("<guid>tag:google.com,2013:googlealerts/feed:1</guid>", "news"),
        ("<guid>tag:github.com,2008:Repository/1/v2</guid>", "release"),
        ("<title>t</title><link>http://[::1</link>", "post"),
    ],
)
def test_kinds_are_told(item: str, kind: str) -> None:
    """Comments, news and releases are known by their titles, links and ids."""
    assert only(rss(f"<item>{item}</item>")).kind == kind


def test_google_news_has_a_headline_only() -> None:
    """Google News repeats headlines in the body and the publisher in the title: both go."""
    post = only(rss(
        "<item><title>Acme sued - The Daily</title>"
        "<link>https://news.google.com/rss/articles/CBM</link>"
        "<description>&lt;ol>&lt;li>Another story&lt;/li>&lt;/ol></description>"
        '<source url="https://daily.example">The Daily</source></item>'
    ))  # fmt: skip
    assert (post.title, post.text, post.kind) == ("Acme sued", "", "news")


def test_mastodon_and_bluesky_authors_come_from_the_link() -> None:
    """Statuses name nobody: the author stands in their address."""
    toot = only(
        rss("<item><guid>https://m.example/@jon/1115</guid><description>Hm.</description></item>")
    )
    assert (toot.author, toot.title) == ("@jon", "Hm.")
    skeet = only(rss("<item><link>https://bsky.app/profile/kim.example/post/3m</link></item>"))
    assert skeet.author == "@kim.example"


@pytest.mark.parametrize("written", ["domain.example via pit", "pit@users.lobste.rs (pit)"])
def test_lobsters_author_is_the_user(written: str) -> None:
    """Lobsters puts a domain or a made-up address around the user's name."""
    post = only(
        rss(f"<item><author>{written}</author><comments>https://lobste.rs/s/1</comments></item>")
    )
    assert post.author == "pit"


# --- speed ----------------------------------------------------------------------------------------


def test_large_feed_is_read_in_time() -> None:
    """2,000 entries take well under the 30 s that the largest document may take (N17)."""
    item = (
        "<item><title>t{0}</title><link>https://h.example/{0}</link><guid>{0}</guid>"
        "<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate><description>&lt;p>Some words about "
        "it&lt;/p></description></item>"
    )
    began = time.process_time()
    found = posts(rss("".join(item.format(i) for i in range(2000))))
    assert len(found) == 2000
    assert timedelta(seconds=time.process_time() - began) < timedelta(seconds=15)
