"""What the quick reader reads of well-formed feeds, and that it reads what feedparser reads."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.parse import forgiving, parse, posts, read, rhythm, slowly, wash, wellformed, xmlfeed
from scanner.records import Failed, Feed, FeedState, Fetched, Parsed, Post, Rhythm
from scanner.sources.entry import ENTRIES, FACTS, Body, Document, Entry, Link

HERE = Path(__file__).parent
ADDRESS = "https://feeds.example/feed.xml"
SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_BOUND = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in SPACES.items())


def rss(items: str, *, channel: str = "", root: str = "") -> str:
    return (
        f'<rss version="2.0" {_BOUND} {root}><channel><title>x</title>{channel}{items}</channel>'
        "</rss>"
    )


def atom(entries: str, *, head: str = "", root: str = "") -> str:
    return f'<feed xmlns="{SPACES["atom"]}" {_BOUND} {root}><title>x</title>{head}{entries}</feed>'


def document(xml: str) -> Document:
    """What the quick reader alone makes of XML."""
    found = wellformed.read(xml)
    assert isinstance(found, Document), found
    return found


def entry(elements: str, attributes: str = "") -> Entry:
    (only,) = document(rss(f"<item {attributes}>{elements}</item>")).entries
    return only


def atom_entry(elements: str, attributes: str = "", root: str = "") -> Entry:
    (only,) = document(atom(f"<entry {attributes}>{elements}</entry>", root=root)).entries
    return only


def broken(xml: str) -> wellformed.Broken:
    found = wellformed.read(xml)
    assert isinstance(found, wellformed.Broken)
    return found


def of_file(name: str) -> Document:
    """What the parse room makes of a fixture, before posts are made of it."""
    found = xmlfeed.read(wash.decode((HERE / "feeds" / name).read_bytes(), None), ADDRESS)
    assert not found.partial
    assert found.warnings == []
    return found


def fetched(body: str | bytes) -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    return Fetched(Feed(ADDRESS, "Example"), data, None, ADDRESS, FeedState(ADDRESS))


def parsed(body: str | bytes) -> Parsed:
    found = parse(fetched(body))
    assert isinstance(found, Parsed), found
    return replace(found, posts=tuple(map(read, found.posts)))


# --- documents, whole -----------------------------------------------------------------------------


def test_rss_is_read_field_by_field() -> None:
    """RSS 2.0 with what WordPress, FeedBurner, iTunes and Slash add to it."""
    found = of_file("wellformed_rss.xml")
    assert found.entries[0] == Entry(
        id="https://bench.example/?p=7",
        title="The <i>Globex</i> kettle leaks",
        links=[
            Link("https://bench.example/kettle/"),
            Link("https://bench.example/drip.mp3", "enclosure", "audio/mpeg"),
        ],
        bodies=[
            Body("It leaks. [&hellip;]"),
            Body("<p>It leaks, and <b>nobody</b> answers.</p>"),
        ],
        authors=["Ida Poole", "ida@bench.example (Ida)"],
        published="Fri, 20 Nov 2026 08:30:00 +0000",
        updated="2026-11-21T09:00:00Z",
        facts={
            "comments": "https://bench.example/kettle/#comments",
            "feedburner_origlink": "https://bench.example/real/kettle/",
            "slash_comments": "12",
            "thr_total": "11",
            "wfw_commentrss": "https://bench.example/kettle/feed/",
            "source.title": "The Other Bench",
            "source.href": "https://other.example/feed",
        },
    )
    assert found.entries[1] == Entry(
        id="urn:3",
        title="Folge 3",
        bodies=[Body("Ein & alles.", html=False)],
        authors=["Uwe Kern"],
        language="de",
    )
    assert found.entries[2] == Entry(
        bodies=[Body("Somebody forgot to <b>escape<br>this</b> &amp; that")],
        authors=["ed@bench.example"],
    )


def test_rss_says_of_itself() -> None:
    """Site, language, program, rhythm and its own addresses; its editor wrote no entry."""
    found = of_file("wellformed_rss.xml")
    assert (found.link, found.language, found.author) == ("https://bench.example/", "en", "")
    assert found.generator == "https://wordpress.org/?v=6.4"
    assert found.links == [
        Link("https://bench.example/feed/", "self", "application/rss+xml"),
        Link("https://hub.example/", "hub"),
        Link("https://bench.example/feed/?page=2", "next"),
    ]
    # <ttl> counts before a period; hour 24 is midnight; Monday is 0.
    assert found.rhythm == Rhythm(timedelta(minutes=90), (0, 13), (0, 6))


def test_rss_091_is_read() -> None:
    """RSS 0.91 has neither guid nor date; its DOCTYPE is never seen by expat."""
    found = of_file("wellformed_rss091.xml")
    assert found.entries == [
        Entry(
            title="Zorbo closes its shop",
            links=[Link("http://slate.example/zorbo")],
            bodies=[Body("After nine years.")],
        ),
        Entry(title="Untold"),
    ]
    assert (found.link, found.language) == ("http://slate.example/", "en-us")
    assert found.rhythm == Rhythm(None, (0, 1))


def test_rss_1_is_read_field_by_field() -> None:
    """RSS 1.0 with its modules dc, content and sy, and Dublin Core's terms, under any prefix."""
    found = of_file("wellformed_rdf.xml")
    assert found.entries == [
        Entry(
            id="http://list.example/1",
            title="Plus de réponse",
            links=[Link("http://list.example/1")],
            bodies=[Body("Court."), Body("<p>Zorbo ne répond plus.</p>")],
            authors=["Léa Brun"],
            published="2026-11-20",
            updated="2026-11-21T18:00:00+01:00",
            language="fr-CA",
        ),
        Entry(
            id="http://list.example/2",
            title="Re: rien",
            bodies=[Body("Rien.", html=False)],
            published="2026-11-19",
            updated="2026-11-22",
        ),
    ]
    assert (found.link, found.language) == ("http://list.example/", "fr")
    assert found.rhythm == Rhythm(timedelta(hours=12))


def test_atom_is_read_field_by_field() -> None:
    """Atom 1.0 under a prefix and a namespace in odd case; xml:base at each level."""
    found = of_file("wellformed_atom.xml")
    assert found.entries == [
        Entry(
            id="tag:atom.example,2026:1",
            title="Zorbo <em>leckt</em>",
            links=[
                Link("https://atom.example/a/blog/eins"),
                Link("https://atom.example/a/blog/eins.html"),
                Link(
                    "https://atom.example/a/blog/eins/antworten", "replies", "application/atom+xml"
                ),
                Link("https://cdn.example/1.ogg", "enclosure", "audio/ogg"),
                Link("https://atom.example/a/blog/#up", "related"),
            ],
            bodies=[
                Body("Kurz <gesagt>.", html=False),
                Body(
                    '<p class="x">Seit gestern<br>leckt es &amp; tropft.</p>'
                    '<img src="a.png" alt="&quot;">'
                ),
            ],
            authors=["Guest", "two@atom.example"],
            published="2026-11-19T08:00:00+01:00",
            updated="2026-11-20T08:00:00+01:00",
            facts={
                "thr_total": "5",
                "re_rank": "17",
                "source.title": "Anderswo",
                "source.href": "https://else.example/",
            },
        ),
        Entry(
            id="tag:atom.example,2026:2",
            title="Ça <b>va</b>",
            bodies=[Body("Kettle, tested.", html=False)],
            language="en",
            facts={
                "im_rating": "1",
                "im_votecount": "4",
                "im_votesum": "3",
                "im_name": "Inkwell",
                "media_statistics.views": "12345",
                "media_starrating.average": "4.50",
                "media_starrating.count": "9",
            },
        ),
    ]
    assert (found.link, found.author) == ("https://atom.example/a/blog/", "Ada Huber")
    assert (found.language, found.generator) == ("de-AT", "Kiln")
    assert found.links == [
        Link("https://atom.example/a/feed.xml", "self", "application/atom+xml"),
        Link("https://hub.example/", "hub"),
    ]
    assert found.rhythm == Rhythm()


def test_atom_03_is_read_field_by_field() -> None:
    """Atom 0.3 names its dates otherwise, and says with `mode` how content is escaped."""
    found = of_file("wellformed_atom03.xml")
    assert found.entries == [
        Entry(
            id="tag:draft.example,2004:9",
            title="Zorbo <b>again</b>",
            links=[Link("http://draft.example/9")],
            bodies=[
                Body("They never called.", html=False),
                Body("<p>They never called back.</p>"),
            ],
            published="2004-05-01T10:00:00Z",
            updated="2004-05-02T10:00:00Z",
        ),
        Entry(
            id="tag:draft.example,2004:10",
            title="Inline",
            bodies=[Body("<p>All <b>well</b>.</p>")],
            published="2004-05-03T10:00:00Z",
        ),
    ]
    assert (found.link, found.generator) == ("http://draft.example/", "OldType")


def test_every_fact_is_read() -> None:
    """No name in FACTS is one that this reader never fills, and it fills no other."""
    files = ("wellformed_rss.xml", "wellformed_atom.xml")
    facts = {name for file in files for each in of_file(file).entries for name in each.facts}
    assert facts == FACTS


# --- an entry, field by field ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "thread"),
    [
        ('<link rel="replies" href="r" thr:count="5"/>', "5"),
        ('<link rel="replies" href="r" thr:count="5"/><thr:total>7</thr:total>', "7"),
        ('<thr:total>7</thr:total><link rel="replies" href="r" thr:count="5"/>', "7"),
        ('<link rel="replies" href="r"/>', None),
        ('<link rel="alternate" href="r" thr:count="5"/>', None),
        ('<link rel="replies" href="r" count="5"/>', None),
    ],
)
def test_answers_are_counted(elements: str, thread: str | None) -> None:
    """thr:count on a link to the answers counts where thr:total is not there (RFC 4685)."""
    assert atom_entry(elements).facts.get("thr_total") == thread


@pytest.mark.parametrize(
    ("elements", "bodies"),
    [
        ("<media:content><media:description>a cat</media:description></media:content>", ["a cat"]),
        ("<media:content><media:description>a cat</media:description></media:content>"
         "<description>words</description>", ["words"]),
        ("<description> </description>"
         "<media:content><media:description>a cat</media:description></media:content>", ["a cat"]),
        ("<media:description>of all</media:description><description>words</description>",
         ["of all", "words"]),
        ("<media:group><media:description>a film</media:description></media:group>"
         "<description>words</description>", ["a film", "words"]),
    ],
)  # fmt: skip
def test_captions_are_a_last_resort(elements: str, bodies: list[str]) -> None:
    """What is said of a picture is the entry's words only where there are no others."""
    assert [body.markup for body in entry(elements).bodies] == bodies


@pytest.mark.parametrize(
    ("elements", "title"),
    [
        ("<title>one</title><media:title>two</media:title>", "one"),
        ("<media:title>two</media:title><title>one</title>", "one"),
        ("<media:title>two</media:title><dc:title>three</dc:title>", "two"),
        ("<title></title><itunes:title>four</itunes:title>", "four"),
        ("<title>one</title><title>five</title>", "one"),
        ("<title> \n a  b\t</title>", "a  b"),
        ("<title><![CDATA[<b>x</b> & y]]></title>", "<b>x</b> & y"),
        ("<title>a<!-- c -->b<?pi?>c</title>", "abc"),
        ("<title>a <b>bold</b> &amp; <br/>move</title>", "a <b>bold</b> &amp; <br>move"),
    ],
)
def test_titles(elements: str, title: str) -> None:
    """The entry's own title counts before others'; markup in it stays."""
    assert entry(elements).title == title


_XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    ("element", "body"),
    [
        ("<content>a &lt;b> c</content>", Body("a <b> c", html=False)),
        ('<content type="text">a &lt;b>c&lt;/b></content>', Body("a <b>c</b>", html=False)),
        ('<content type="TEXT/PLAIN">a</content>', Body("a", html=False)),
        ('<content type=" html ">&lt;p>a&lt;/p></content>', Body("<p>a</p>")),
        ('<content type="text/html">&lt;p>a&lt;/p></content>', Body("<p>a</p>")),
        ('<content type="text/x-markdown">*a*</content>', Body("*a*", html=False)),
        ('<content type="application/xml">a</content>', Body("a")),
        ('<content type="image/svg+xml">a</content>', Body("a")),
        ('<content type="">a</content>', Body("a", html=False)),
        (f'<content type="xhtml">{_XHTML}<p>a &lt; b</p></div></content>', Body("<p>a &lt; b</p>")),
        (f'<content type="xhtml">{_XHTML}a</div>\n </content>', Body("a")),
        (f'<content type="xhtml"> {_XHTML}<x a="&quot;&lt;"/></div></content>',
         Body('<x a="&quot;&lt;"></x>')),
        (f'<content type="xhtml">{_XHTML}a</div>{_XHTML}b</div></content>',
         Body("<div>a</div><div>b</div>")),
        (f'<content type="xhtml">so {_XHTML}a</div></content>', Body("so <div>a</div>")),
        ('<content type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>a</h:p></h:div>'
         "</content>", Body("<p>a</p>")),
        ('<content type="text"><b>a</b></content>', Body("<b>a</b>")),
        ('<summary type="html">&lt;p>a&lt;/p></summary>', Body("<p>a</p>")),
        ("<summary>a &amp;amp; b</summary>", Body("a &amp; b", html=False)),
        ('<content mode="escaped" type="text/html">&lt;i>a&lt;/i></content>', Body("<i>a</i>")),
    ],
)  # fmt: skip
def test_content_of_atom(element: str, body: Body) -> None:
    """Content is what its `type` says (RFC 4287, 4.1.3), and markup where it is markup."""
    assert atom_entry(element).bodies == [body]


@pytest.mark.parametrize(
    ("element", "body"),
    [
        ("<description>&lt;p>a</description>", Body("<p>a")),
        ("<description>a &amp; b</description>", Body("a & b")),
        ("<description>a <b>c</b> d</description>", Body("a <b>c</b> d")),
        ("<description><p>a</p></description>", Body("<p>a</p>")),
        ('<description type="text">a &lt;b c</description>', Body("a <b c", html=False)),
        ('<description type="text/plain">a&lt;/b></description>', Body("a</b>")),
        ("<content:encoded><![CDATA[<p>a</p>]]></content:encoded>", Body("<p>a</p>")),
        ("<itunes:summary>a &amp;amp; b</itunes:summary>", Body("a &amp; b")),
        ("<dc:description>a b</dc:description>", Body("a b", html=False)),
        ('<body xmlns="http://www.w3.org/1999/xhtml"><p>a</p></body>', Body("<p>a</p>")),
        ("<fullitem>a</fullitem>", Body("a")),
    ],
)
def test_descriptions_of_rss(element: str, body: Body) -> None:
    """RSS is HTML unless it says otherwise, and even then where it plainly is."""
    assert entry(element).bodies == [body]


@pytest.mark.parametrize("element", ["<description/>", "<description> </description>", ""])
def test_no_words_no_body(element: str) -> None:
    """An element without words is no telling."""
    assert entry(element).bodies == []


@pytest.mark.parametrize(
    "element",
    [
        '<content mode="base64">WsO2cmJv</content>',
        '<content type="image/png">iVBO</content>',
        '<content type="application/octet-stream" mode="base64">WsO2cmJv</content>',
    ],
)
def test_what_is_encoded_is_left_to_feedparser(element: str) -> None:
    """Content in base64, or of a type that is no text, this reader does not vouch for."""
    xml = atom(f"<entry><id>1</id>{element}</entry>")
    assert wellformed.read(xml) is None


def test_base64_is_read_in_the_end() -> None:
    """Atom 0.3's mode="base64" is decoded by feedparser."""
    xml = '<feed xmlns="http://purl.org/atom/ns#" version="0.3"><entry><id>1</id><title>t</title>\
<content type="text/plain" mode="base64">WsO2cmJvIGxlYWtz</content></entry></feed>'
    (post,) = parsed(xml).posts
    assert post.text == "Zörbo leaks"


@pytest.mark.parametrize(
    ("elements", "authors"),
    [
        ("<author>Ann</author>", ["Ann"]),
        ("<author>Ann</author><dc:creator>Bo</dc:creator>", ["Bo", "Ann"]),
        ("<itunes:author>Cy</itunes:author><author>Ann</author>", ["Ann", "Cy"]),
        ("<dc:creator>Zoe</dc:creator><dc:creator>Al</dc:creator>", ["Zoe", "Al"]),
        ("<author><name>Ann</name><email>a@b.example</email></author><dc:creator>Bo</dc:creator>",
         ["Ann", "Bo", "a@b.example"]),
        ("<author><email>a@b.example</email></author>", ["a@b.example"]),
        ("<author><name> </name></author><author/>", []),
        ("<itunes:owner><itunes:name>Di</itunes:name></itunes:owner>", []),
        ("<itunes:author><itunes:name>Di</itunes:name></itunes:author>", ["Di"]),
    ],
)  # fmt: skip
def test_authors(elements: str, authors: list[str]) -> None:
    """People come first, then names as text, dc:creator's before others; addresses last."""
    assert entry(elements).authors == authors


@pytest.mark.parametrize(
    ("elements", "published", "updated"),
    [
        ("<pubDate>1</pubDate><dc:date>2</dc:date>", "1", "2"),
        ("<dcterms:issued>1</dcterms:issued><lastBuildDate>2</lastBuildDate>", "1", "2"),
        ("<dcterms:created>1</dcterms:created>", "1", ""),
        ("<dcterms:created>1</dcterms:created><pubDate>2</pubDate>", "2", ""),
        ("<pubDate>2</pubDate><dcterms:created>1</dcterms:created><pubDate/>", "2", ""),
        ("<atom:published>1</atom:published><atom:updated>2</atom:updated>", "1", "2"),
    ],
)
def test_dates(elements: str, published: str, updated: str) -> None:
    """When an entry was made counts only where nothing says when it was published."""
    found = entry(elements)
    assert (found.published, found.updated) == (published, updated)


@pytest.mark.parametrize(
    ("elements", "links"),
    [
        ("<link>https://h.example/a</link>", [Link("https://h.example/a")]),
        ("<link/>", []),
        ('<link href="https://h.example/a"/>', [Link("https://h.example/a")]),
        ('<atom:link href="x" rel="SELF" type="Text/HTML"/>', [Link("x", "self")]),
        ('<link rel="related" href=" x "/>', [Link("x", "related")]),
        ('<enclosure url="a.mp3" type="Audio/MP3"/><enclosure/>',
         [Link("a.mp3", "enclosure", "audio/mp3")]),
    ],
)  # fmt: skip
def test_links(elements: str, links: list[Link]) -> None:
    """Links are as written, with what they are; text/html goes without saying."""
    assert entry(elements).links == links


def test_bases_are_joined_from_the_root_down() -> None:
    """xml:base counts on the root, the channel, the entry and the link itself."""
    xml = (
        '<rss xml:base="https://h.example/"><channel xml:base="a/"><item xml:base="b/">'
        '<link xml:base="c/">d</link><link>e</link></item><item><link>f</link></item>'
        '<item xml:base="http://["><link>g</link></item></channel></rss>'
    )
    assert [[link.href for link in each.links] for each in document(xml).entries] == [
        ["https://h.example/a/b/c/d", "https://h.example/a/b/e"],
        ["https://h.example/a/f"],
        ["g"],
    ]


@pytest.mark.parametrize(
    ("root", "attributes", "elements", "language"),
    [
        ("", "", "<title>t</title>", ""),
        ('xml:lang="de"', "", "<title>t</title>", ""),  # the document's, for all to fall back on
        ("", 'xml:lang="fr"', "<title>t</title>", "fr"),
        ("", "", '<title xml:lang="es">t</title>', "es"),
        ("", 'xml:lang="fr"', '<title xml:lang="es">t</title>', "fr"),
        ("", "", "<dc:language>it</dc:language>", "it"),
        ("", "", '<content xml:lang="pt">x</content>', ""),
    ],
)
def test_languages(root: str, attributes: str, elements: str, language: str) -> None:
    """An entry's language is its own, its title's, or what it says it is."""
    assert atom_entry(elements, attributes, root).language == language
    assert document(atom("", root=root)).language == ("de" if root else "")


def test_source_of_a_copied_entry() -> None:
    """The other feed's own id, title and author do not become the entry's."""
    found = atom_entry(
        "<source><id>other</id><title>Other</title><author><name>Zed</name></author>"
        '<link href="https://o.example/"/></source><id>mine</id>'
    )
    assert (found.id, found.title, found.authors, found.links) == ("mine", "", [], [])
    assert found.facts == {"source.title": "Other", "source.href": "https://o.example/"}


# --- namespaces -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/elements/1.1",
        "https://purl.org/dc/elements/1.1/",
        "HTTP://PURL.ORG/DC/elements/1.1//",
    ],
)
def test_namespaces_as_they_are_written(address: str) -> None:
    """Scheme, case and a last slash do not matter, nor does the prefix."""
    xml = (
        f'<rss xmlns:q="{address}"><channel><item><q:CREATOR>Ann</q:CREATOR></item></channel></rss>'
    )
    assert document(xml).entries[0].authors == ["Ann"]


@pytest.mark.parametrize(
    "root",
    [
        "{p}feed xmlns{c}='http://www.w3.org/2005/Atom'",
        "{p}feed xmlns{c}='http://purl.org/atom/ns#'",
        "{p}rss xmlns{c}='http://backend.userland.com/rss2'",
        "{p}rss xmlns{c}='http://blogs.law.harvard.edu/tech/rss'",
    ],
)
@pytest.mark.parametrize("prefix", ["", "_a-1.x"])
def test_roots_in_a_namespace(root: str, prefix: str) -> None:
    """A feed may have its own namespace by default, or under any prefix."""
    p, c = (f"{prefix}:", f":{prefix}") if prefix else ("", "")
    opening = root.format(p=p, c=c)
    name = opening.split()[0]
    item = f"<{p}entry><{p}title>t</{p}title></{p}entry>"
    xml = f"<{opening}>{item}</{name}>"
    assert [each.title for each in document(xml).entries] == ["t"]
    assert [post.title for post in parsed(xml).posts] == ["t"]


def test_elements_of_other_namespaces_are_not_read() -> None:
    """A <title> of something else is no title."""
    found = entry('<o:title xmlns:o="urn:o">no</o:title><title>yes</title>')
    assert found.title == "yes"


@pytest.mark.parametrize("xml", ["<channel/>", "<opml/>", '<rss xmlns="urn:mine"/>', "<RDF/>"])
def test_other_roots_are_left_to_feedparser(xml: str) -> None:
    """CDF and namespaces that nobody knows are not vouched for."""
    assert wellformed.read(xml) is None


# --- the feed itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("<author><name>Ada</name><email>a@b.example</email></author>", "Ada"),
        ("<author><email>a@b.example</email></author>", "a@b.example"),
        ("<author/>", ""),
        ("<author><name>Ada</name></author><author><name>Bo</name></author>", "Ada"),
    ],
)
def test_author_of_a_feed(head: str, author: str) -> None:
    """In Atom a feed's author wrote what names none (RFC 4287, 4.2.1); in RSS it is the editor."""
    assert document(atom("", head=head)).author == author
    assert document(rss("", channel=head)).author == ""


@pytest.mark.parametrize(
    ("head", "generator"),
    [
        ("<generator>Kiln 2</generator>", "Kiln 2"),
        ('<generator uri="https://k.example/">Kiln</generator>', "Kiln"),
        ('<generator uri="https://k.example/"/>', "https://k.example/"),
        ("", ""),
    ],
)
def test_generators(head: str, generator: str) -> None:
    """The program that made a feed is its name, or its address."""
    assert document(atom("", head=head)).generator == generator
    assert document(rss("", channel=head)).generator == generator


@pytest.mark.parametrize(
    ("head", "link", "links"),
    [
        ("<link>https://h.example/</link>", "https://h.example/", []),
        ("<link>https://h.example/</link><link/>", "https://h.example/", []),
        ('<link href="https://h.example/"/>', "https://h.example/", []),
        ('<link href="j" type="application/json"/>', "", []),
        ('<link href="s" rel="self"/>', "", [Link("s", "self")]),
        ('<link href="n" rel="next"/><link href="e" rel="edit"/>', "", [Link("n", "next")]),
    ],
)
def test_links_of_a_feed(head: str, link: str, links: list[Link]) -> None:
    """Its site, its own address, its next page, its hub; nothing else."""
    for found in (document(atom("", head=head)), document(rss("", channel=head))):
        assert (found.link, found.links) == (link, links)


# --- rhythm ---------------------------------------------------------------------------------------

_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "lasting"),
    [
        ({"ttl": "60"}, _HOUR),
        ({"ttl": " 60.0\n"}, _HOUR),
        ({"ttl": "0"}, None),
        ({"ttl": "-60"}, None),
        ({"ttl": "an hour"}, None),
        ({"ttl": "٦٠"}, None),
        ({"ttl": "9999999"}, timedelta(days=365)),
        ({"ttl": "60", "period": "daily"}, _HOUR),
        ({"ttl": "0", "period": "daily"}, timedelta(days=1)),
        ({"period": "hourly"}, _HOUR),
        ({"period": " Hourly ", "frequency": "2"}, _HOUR / 2),
        ({"period": "hourly", "frequency": "0"}, _HOUR),
        ({"period": "hourly", "frequency": "often"}, _HOUR),
        ({"period": "weekly", "frequency": "7"}, timedelta(days=1)),
        ({"period": "monthly"}, timedelta(days=30)),
        ({"period": "yearly"}, timedelta(days=365)),
        ({"period": "often", "frequency": "2"}, None),
        ({"frequency": "2"}, None),
    ],
)
def test_how_long_a_feed_lasts(said: dict[str, str], lasting: timedelta | None) -> None:
    """<ttl> in minutes before a period of sy:, which `frequency` divides; a year at most."""
    assert rhythm.told(**said).ttl == lasting


def test_when_a_feed_is_to_be_left_alone() -> None:
    """Hours are 0 to 23, and 24 in the old way; days by their English names; the rest is noise."""
    told = rhythm.told(
        hours=["23", "24", " 7 ", "7", "25", "-1", "", "noon"], days=["Sunday", " MONDAY ", "Mon"]
    )
    assert told == Rhythm(None, (0, 7, 23), (0, 6))


_SAID = st.one_of(
    st.integers(-10, 10**9).map(str),
    st.text(max_size=60),
    st.sampled_from(["9" * 4400, "9" * 30, "1e9", "1.5", " 5 ", "daily", "hourly", "nan", "inf"]),
)


@settings(max_examples=200)
@example("", [], [], "hourly", "9" * 30)
@given(_SAID, st.lists(_SAID, max_size=9), st.lists(_SAID, max_size=9), _SAID, _SAID)
def test_any_rhythm_is_survived(
    ttl: str, hours: list[str], days: list[str], period: str, frequency: str
) -> None:
    """Whatever a feed says: a length above zero up to a year, hours and days that exist, sorted."""
    told = rhythm.told(ttl, hours, days, period, frequency)
    assert told.ttl is None or timedelta() <= told.ttl <= timedelta(days=365)
    assert list(told.skip_hours) == sorted(set(told.skip_hours))
    assert set(told.skip_hours) <= set(range(24))
    assert set(told.skip_days) <= set(range(7))


# --- documents that break -------------------------------------------------------------------------

_ONE = "<item><title>one</title><guid>1</guid></item>"
_TWO = "<item><title>two</title><guid>2</guid></item>"


def test_a_document_cut_anywhere_gives_what_is_whole() -> None:
    """At each character: no half entry, and no whole one is lost."""
    xml = rss(_ONE + _TWO)
    first, second = (xml.index(each) + len(each) for each in (_ONE, _TWO))
    for end in range(xml.index(">") + 1, len(xml)):
        found = broken(xml[:end])
        assert [each.title for each in found.document.entries] == [
            title for title, at in (("one", first), ("two", second)) if at <= end
        ]
        assert found.why.startswith(xmlfeed._ENDS_EARLY), (end, found.why)


@pytest.mark.parametrize("xml", ["<rss", "<rss ", '<rss version="2.0" xmlns:a="u"', "<rss><!--"])
def test_a_document_cut_in_its_root_ends_early(xml: str) -> None:
    """A root that is torn is no empty feed: nothing of it is to be believed."""
    assert broken(xml).document.entries == []
    assert parsed("<rss " + " " * 9).partial


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("</b>", "mismatched tag"),
        ("&bogus;", "undefined entity"),
        ("& ", "not well-formed (invalid token)"),
        ("<o:x/>", "unbound prefix"),
        ("<a a='1' a='2'/>", "duplicate attribute"),
        ("<a b=c/>", "not well-formed (invalid token)"),
    ],
)
def test_a_document_that_breaks_in_the_middle(fault: str, why: str) -> None:
    """What stands before the fault is there, and why the rest is not."""
    found = broken(rss(_ONE + f"<item>{fault}</item>" + _TWO))
    assert [each.title for each in found.document.entries] == ["one"]
    assert found.why == why


def test_what_a_feed_says_of_itself_is_kept_when_it_breaks() -> None:
    """A torn document has its site, its language and its rhythm still."""
    head = "<link>https://h.example/</link><language>de</language><ttl>60</ttl>"
    found = broken(rss(_ONE, channel=head)[:-5]).document
    assert (found.link, found.language, found.rhythm) == ("https://h.example/", "de", Rhythm(_HOUR))


def test_small_faults_are_mended_without_feedparser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities of HTML, bare ampersands and prefixes that nothing binds cost no slow reading."""
    monkeypatch.setattr(slowly, "_apart", None)
    xml = (
        "<rss><channel><item><title>Caf&eacute; &mdash; Q&A &#x1F; &bogus;</title><guid>1</guid>"
        "<dc:creator>Ann</dc:creator><content:encoded><![CDATA[a & b &eacute; <b>c</b>]]>"
        "</content:encoded><odd:x odd:y='1'/></item></channel></rss>"
    )
    found = parsed(xml)
    (post,) = found.posts
    assert (post.title, post.author) == ("Café — Q&A \ufffd &bogus;", "Ann")
    assert post.text == "a & b é c"
    assert (found.partial, found.warnings) == (False, ())


# --- documents that are too much ------------------------------------------------------------------


def test_many_entries_are_no_fault() -> None:
    """Of 30,000 entries some thousand are kept; the document is neither broken nor partial."""
    item = "<item><guid>{}</guid><title>a</title></item>"
    found = parsed(rss("".join(item.format(number) for number in range(30_000))))
    assert len(found.posts) == ENTRIES
    assert not found.partial
    assert found.warnings == (f"more than {ENTRIES} entries; the rest is dropped",)


_SHAPES: dict[str, tuple[str, bool]] = {
    # Whether the reader takes it.
    "tags beside entries": (rss("<x/>" * 200_000), False),
    "tags beside the channel": (f"<rss>{'<x/>' * 200_000}<channel/></rss>", False),
    "tags in an entry": (rss(f"<item>{'<x/>' * 200_000}</item>"), False),
    "fields of the feed": (rss("<ttl>1</ttl>" * 200_000), False),
    "deep beside entries": (rss("<x>" * 100_000 + "</x>" * 100_000), False),
    "deep in a body": (
        rss(f"<item><description>{'<x>' * 45_000}{'</x>' * 45_000}</description></item>"),
        True,
    ),
    "deep in a title": (
        rss(f"<item><title>{'<x>' * 45_000}{'</x>' * 45_000}</title></item>"),
        True,
    ),
    "channels": (f"<rss>{'<channel>' * 40_000}{'</channel>' * 40_000}</rss>", True),
    "entries in entries": (rss("<item>" * 40_000 + "</item>" * 40_000), True),
    "groups in groups": (
        rss(f"<item>{'<media:group>' * 9_000}<media:title/>{'</media:group>' * 9_000}</item>"),
        True,
    ),
    "attributes": (rss("<item " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>"), True),
    "references": (rss(f"<item><title>{'&amp;' * 500_000}</title></item>"), True),
    "a title": (rss(f"<item><title>{'x' * 5_000_000}</title></item>"), True),
    "CDATA": (rss(f"<item><description>{'<![CDATA[x]]>' * 90_000}</description></item>"), True),
    "comments": (rss("<!-- x -->" * 50_000 + _ONE), True),
    "namespaces": (rss("", root=" ".join(f'xmlns:a{n}="u{n}"' for n in range(2_000))), True),
    "entries": (atom("<entry/>" * ENTRIES), True),
    "hours": (rss(f"<skipHours>{'<hour>1</hour>' * 40_000}</skipHours>"), True),
}


@pytest.mark.parametrize(("xml", "is_read"), _SHAPES.values(), ids=_SHAPES)
def test_hostile_shapes_cost_little(xml: str, is_read: bool) -> None:
    """200,000 tags without an entry are not taken; whatever else, memory and time are bounded."""
    began = time.process_time()
    tracemalloc.start()
    try:
        found = wellformed.read(xml)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, Document) == is_read
    assert peak < 40e6  # bytes, for documents of up to 5 MB
    assert time.process_time() - began < 8


def test_memory_does_not_grow_with_the_entries() -> None:
    """Ten times the entries, without what is kept of them, take no more memory to read."""

    def _peak(count: int) -> int:
        xml = rss(("<item>" + "<x>words</x>" * 100 + "</item>") * count)
        tracemalloc.start()
        document(xml)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert _peak(2_000) < 3 * _peak(200) + 2_000_000


def test_nested_bases_cost_little() -> None:
    """A base inside a base inside a base grows no further than an address may."""
    tracemalloc.start()
    try:
        wellformed.read("<feed>" + "<x xml:base='a/'>" * 3_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5e6


# --- words ----------------------------------------------------------------------------------------


def _twice(text: str) -> str:
    return text.encode().decode("latin-1")


def test_utf8_encoded_twice_is_undone_where_it_is() -> None:
    """One field may be damaged where the next one is not: feeds are put together from many."""
    found = parsed(
        rss(
            f"<item><guid>1</guid><title>{_twice('Kälte – 5 €')}</title><author>Jörg</author>"
            f"<description>{_twice('für “Ёлка”')}</description></item>"
            f"<item><guid>2</guid><title>Kälte</title><author>{_twice('Jörg Ä')}</author></item>"
        )
    )
    first, second = found.posts
    assert (first.title, first.author, first.text) == ("Kälte – 5 €", "Jörg", "für “Ёлка”")
    assert (second.title, second.author) == ("Kälte", "Jörg Ä")


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("short", "the longer one", "the longer one"),
        ("the longer one", "short", "the longer one"),
        ("<p>" + "<b class='x'></b>" * 9 + "short</p>", "the longer one of the two",
         "the longer one of the two"),
        ("&nbsp;" * 60 + "short", "the longer one of the two",
                     "the longer one of the two"),
        ("<blockquote>what somebody else had said before, at length</blockquote><p>No.</p>",
         "Not so, I say.", "Not so, I say."),
        ("<p>What I said.</p><blockquote>somebody else</blockquote>", "What I said. somebody",
         "What I said. somebody"),
        ("<img src='a.png' alt='a very long description of it'>", "words", "words"),
        ("same", "same", "same"),
        ("", "words", "words"),
    ],
)  # fmt: skip
def test_of_two_tellings_the_longest_in_words_is_taken(first: str, second: str, text: str) -> None:
    """Tags and quotes do not count; which comes first does not matter."""
    for tellings in ((first, second), (second, first)):
        one, two = map(escape, tellings)
        item = f"<description>{one}</description><content:encoded>{two}</content:encoded>"
        (post,) = parsed(rss(f"<item><title>t</title><guid>1</guid>{item}</item>")).posts
        assert post.text == text


# --- agreement with feedparser --------------------------------------------------------------------


def _made(found: Document) -> list[Post]:
    return [read(post) for post in posts.build(found, fetched(""))]


def _both(text: str) -> tuple[list[Post], list[Post]] | None:
    """Posts of a document, read by us and by feedparser; None: it is not ours to read.

    Which of two equally long tellings comes first is left aside.
    """
    root = xmlfeed._find_root(text, ADDRESS)
    xml = wash.unescaped_controls(xmlfeed._cut(text, root)[0])
    quick = wellformed.read(xml)
    if isinstance(quick, wellformed.Broken):
        quick = wellformed.read(wash.mend(xml))
    slow = forgiving.read(wash.mend(xml))
    if quick is None:
        return None
    assert isinstance(quick, Document), quick
    if wash.needs_settling(xml):
        xmlfeed._settle(quick)
    for each in (*quick.entries, *slow.entries):
        each.bodies.sort(key=lambda body: body.markup)
    return _made(quick), _made(slow)


DIFFERENCES: dict[tuple[str, str], str] = {
    # Fixture and field, or "*": what feedparser makes of it, and why ours is right.
    ("wellformed_atom.xml", "*"): "feedparser does not know a namespace with https, in capitals",
    ("wellformed_rss.xml", "author"): "of dc:creator and author it takes the last",
    ("wellformed_rss.xml", "title"): "it does not know itunes:title",
    ("wellformed_rss.xml", "language"): "it forgets xml:lang on an entry without a title",
}
NOT_OURS = {"parse_cdf.xml": "a kind that nobody writes any more"}


@pytest.mark.parametrize(
    "path",
    [*sorted((HERE / "feeds").glob("*.xml")), *sorted((HERE / "sources").glob("*.xml"))],
    ids=lambda path: path.name,
)
def test_fixtures_are_read_as_feedparser_reads_them(path: Path) -> None:
    """The same posts, field by field, but for what is named above, which does differ."""
    both = _both(wash.decode(path.read_bytes(), None))
    assert (both is None) == (path.name in NOT_OURS)
    if both is None:
        return
    ours, theirs = both
    expected = {field for name, field in DIFFERENCES if name == path.name}
    if "*" in expected:
        assert ours
        assert theirs == []
        return
    assert len(ours) == len(theirs)
    differing = {
        name
        for mine, other in zip(ours, theirs, strict=True)
        for name in Post.__dataclass_fields__
        if getattr(mine, name) != getattr(other, name)
    }
    assert differing == expected


_PLAIN = [
    "Zorbo",
    "leaks",
    "again &amp; again",
    "für",
    "Ёлка",
    "5 &lt; 6",
    "🚀",
    "a\n b",
    "--",
    "x",
]
_ESCAPED = ["&lt;p>words&lt;/p>", "&lt;b>bold&lt;/b>", "&amp;eacute;", "&lt;br/>", "&amp;nbsp;",
            "&lt;a href='https://l.example/1'>link&lt;/a>", "<![CDATA[<i>it</i> &amp; that]]>",
            "&lt;blockquote>she said&lt;/blockquote>"]  # fmt: skip
_words = st.lists(st.sampled_from(_PLAIN), min_size=1, max_size=4).map(" ".join)
_markup = st.lists(st.sampled_from(_PLAIN + _ESCAPED), min_size=1, max_size=6).map(" ".join)
_xhtml = st.lists(
    st.sampled_from(["<p>words</p>", "<b>bold</b> ", "x &amp; y ", "<i>a<b>c</b></i>", "more "]),
    min_size=1,
    max_size=5,
).map(lambda parts: f"{_XHTML}{''.join(parts)}</div>")
_dates = st.sampled_from(["Fri, 20 Nov 2026 08:30:00 GMT", "2026-11-20T08:30:00Z", "2026-11-20"])
_paths = st.sampled_from(
    ["https://p.example/1", "/2", "three", "?a=1&amp;b=2", "#five", "//q.example/"]
)


def _element(name: str, content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return content.map(lambda text: f"<{name}>{text}</{name.split()[0]}>")


def _some_of(*elements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some of these elements, each once at most, in any order."""
    made = st.tuples(*(st.one_of(st.just(""), each) for each in elements))
    return made.flatmap(st.permutations).map("".join)


_ITEM = _some_of(
    _element("title", _markup),
    _element("link", _paths),
    _element('guid isPermaLink="false"', st.sampled_from(["1", "2", "urn:3", "/4"])),
    _element("description", _markup),
    _element("content:encoded", _markup),
    _element("pubDate", _dates),
    _element("dc:date", _dates),
    _element("dc:creator", _words),
    _element("comments", _paths),
    _element("category", _words),
    _element("slash:comments", st.sampled_from(["3", "many", " 4 "])),
    _element("wfw:commentRss", _paths),
    _element("feedburner:origLink", _paths),
    _element("source url='https://s.example/'", _words),
    st.just('<enclosure url="https://p.example/1.mp3" type="audio/mpeg" length="1"/>'),
    st.just("<unknown>words</unknown>"),
    st.just('<atom:link rel="related" href="https://r.example/"/>'),
)
_ENTRY = _some_of(
    _element("id", st.sampled_from(["tag:a,1", "https://p.example/id", "urn:3"])),
    _element("title", _words),
    st.tuples(_paths).map(lambda found: f'<link href="{found[0]}"/>'),
    st.tuples(_paths).map(
        lambda found: f'<link rel="replies" type="application/atom+xml" href="{found[0]}"/>'
    ),
    _element("published", _dates),
    _element("updated", _dates),
    _element("author", _element("name", _words)),
    _element('summary type="html"', _markup),
    st.one_of(
        _element("content", _words),
        _element('content type="html"', _markup),
        _element('content type="xhtml"', _xhtml),
    ),
    _element("thr:total", st.sampled_from(["3", "0"])),
    _element("category", _words),
)


@settings(max_examples=80)
@given(
    st.lists(_ITEM, max_size=3),
    st.sampled_from(["", "<link>https://site.example/</link>", "<language>de</language>"]),
)
def test_any_rss_is_read_as_feedparser_reads_it(items: list[str], channel: str) -> None:
    """The same posts, whatever stands in the entries, in whatever order."""
    _agree(rss("".join(f"<item>{each}</item>" for each in items), channel=channel))


@settings(max_examples=80)
@given(
    st.lists(_ENTRY, max_size=3),
    st.sampled_from(
        ["", '<link href="https://site.example/b/"/>', "<author><name>A</name></author>"]
    ),
    st.sampled_from(["", 'xml:lang="de"', 'xml:base="https://base.example/c/"']),
)
def test_any_atom_is_read_as_feedparser_reads_it(entries: list[str], head: str, root: str) -> None:
    """The same posts, whatever stands in the entries, in whatever order."""
    _agree(atom("".join(f"<entry>{each}</entry>" for each in entries), head=head, root=root))


def _agree(xml: str) -> None:
    both = _both(xml)
    assert both is not None
    ours, theirs = both
    assert ours == theirs


@pytest.mark.parametrize(
    ("xml", "of", "ours", "theirs"),
    [
        # feedparser reads attributes of links only by the names that it knows.
        (atom('<entry><id>1</id><link rel="replies" href="r" thr:count="5"/></entry>'),
         lambda post: post.reach.comments, 5, None),
        # It takes the last of the two; the one that RSS calls an address is the worse.
        (rss("<item><dc:creator>Ida</dc:creator><author>i@b.example</author></item>"),
         lambda post: post.author, "Ida", "i@b.example"),
        (rss("<item><itunes:title>Nine</itunes:title><description>d</description></item>"),
         lambda post: post.title, "Nine", "d"),
        (rss('<item xml:lang="de"><guid>1</guid></item>'),
         lambda post: post.language, "de", None),
        # It takes an element for the entry's own, however deep in another it stands.
        (rss("<item><guid>1</guid><unheard><title>other</title></unheard></item>"),
         lambda post: post.title, "", "other"),
        # It makes an address of an id that is none.
        (atom("<entry><id>3</id></entry>", root='xml:base="https://b.example/"'),
         lambda post: post.guid, "3", "https://b.example/3"),
    ],
    ids=["thr:count", "dc:creator", "itunes:title", "xml:lang", "nested", "id"],
)  # fmt: skip
def test_where_feedparser_knows_less(
    xml: str, of: Callable[[Post], object], ours: object, theirs: object
) -> None:
    """Each difference that is meant, and that it is still there."""
    both = _both(xml)
    assert both is not None
    (mine,), (other,) = both
    assert (of(mine), of(other)) == (ours, theirs)


def test_failures_are_failures() -> None:
    """A document too odd for both readers is refused with a reason."""
    found = parse(fetched(rss("<x/>" * 200_000)))
    assert isinstance(found, Failed)
    assert found.why == "its XML is too odd and too large to be read"
