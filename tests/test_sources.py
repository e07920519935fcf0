"""What sites call things: each site's own words become ours, and nobody else's are touched."""

from __future__ import annotations

import copy
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner import sources
from scanner import text as words
from scanner.parse import jsonfeed, wash, xmlfeed
from scanner.records import Reach
from scanner.sources import site, which
from scanner.sources.entry import FACTS, Body, Document, Entry, Link
from scanner.sources.pace import pace_of, pool_of

FIXTURES = Path(__file__).parent / "sources"
ANYWHERE = "https://feeds.example/feed.xml"
HN = "https://news.ycombinator.com/item?id="


def document(name: str) -> Document:
    """A fixture as the documents' reader gives it."""
    written = wash.decode((FIXTURES / name).read_bytes(), None)
    return jsonfeed.read(written) if name.endswith(".json") else xmlfeed.read(written, ANYWHERE)


def text_of(entry: Entry) -> str:
    """What is left to read of an entry's bodies, the longest of them."""
    told = (words.clean(body.markup, html=body.html).text for body in entry.bodies)
    return max(told, key=len, default="")


def seen(entry: Entry) -> dict[str, Any]:
    """An entry as the rows below write it: without what is as it would be in any post."""
    found = {
        "title": words.plain(entry.title),
        "by": entry.authors[0] if entry.authors else None,
        "text": text_of(entry),
        "kind": entry.kind,
        "reach": entry.reach,
        "rating": entry.rating,
        "thread": entry.thread,
        "related": [link.href for link in entry.links if link.rel == "related"],
    }
    usual = {"kind": "post", "reach": Reach(), "rating": None, "thread": "", "related": []}
    return {key: value for key, value in found.items() if key not in usual or value != usual[key]}


def only(*entries: Entry, address: str = ANYWHERE, **about: Any) -> Entry:
    (entry,) = sources.read(Document(list(entries), **about), address)
    return entry


# --- one row for each site ------------------------------------------------------------------------

SITES: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "reddit.xml",
        "https://www.reddit.com/search.rss?q=inkwell",
        [
            {
                "title": "Inkwell charged twice",
                "by": "u/pia_w",
                "text": "Inkwell charged me twice and support is silent.",
            },
            {
                "title": "Inkwell recall",
                "by": "u/tobi",
                "text": "",
                "related": ["https://daily.example/recall?a=1&b=2"],
            },
            {"title": "Inkwell recall", "by": None, "text": "Mine leaks too.", "kind": "comment"},
        ],
    ),
    (
        "reddit_2015.xml",
        "https://old.reddit.com/r/printers/.rss",
        [
            {
                "title": "Look what came out",
                "by": "u/inkfan",
                "text": "",
                "reach": Reach(comments=275),
                "related": ["https://pics.example/1.png"],
            }
        ],
    ),
    (
        "hackernews.xml",
        "https://news.ycombinator.com/rss",
        [{"title": "Inkwell opens its firmware", "by": None, "text": "", "thread": f"{HN}4501"}],
    ),
    (
        "hnrss.xml",
        "https://hnrss.org/newest?q=inkwell",
        [
            {
                "title": "Ask HN: Has anyone left Inkwell?",
                "by": "annlee",
                "text": "Two invoices were wrong.",
                "reach": Reach(comments=7, points=12),
                "thread": f"{HN}4502",
            },
            {
                "title": "Inkwell opens its firmware",
                "by": "bo",
                "text": "Too late for me.",
                "kind": "comment",
                "thread": f"{HN}4503",
            },
        ],
    ),
    (
        "hnrss.json",
        "https://hnrss.org/newest.jsonfeed?q=inkwell",
        [
            {
                "title": "Inkwell raises prices",
                "by": "cy",
                "text": "",
                "reach": Reach(comments=0, points=3),
                "thread": f"{HN}4504",
                "related": [f"{HN}4504"],
            }
        ],
    ),
    (
        "lobsters.xml",
        "https://lobste.rs/newest.rss",
        [
            {
                "title": "Printing without drivers",
                "by": "dana",
                "text": "",
                "thread": "https://lobste.rs/s/ab1cde/printing_without_drivers",
            },
            {
                "title": "Printing without drivers",
                "by": "emil",
                "text": "Inkwell still needs one.",
                "kind": "comment",
                "thread": "https://lobste.rs/c/zz9yyy",
            },
        ],
    ),
    (
        "mastodon.xml",
        "https://toot.example/tags/inkwell.rss",
        [{"title": "", "by": "@jon", "text": "My #inkwell is jammed again."}],
    ),
    (
        "bluesky.xml",
        "https://bsky.app/profile/kim.example/rss",
        [{"title": "", "by": "@kim.example", "text": "Inkwell <3 paper jams."}],
    ),
    (
        "youtube.xml",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCx",
        [
            {
                "title": "Inkwell after a year",
                "by": "Desk Tests",
                "text": "It jams.\nPrices: <b> means basic.",
                "reach": Reach(points=69, views=7461),
            },
            {
                "title": "Unboxing",
                "by": "Desk Tests",
                "text": "A box.",
                "reach": Reach(views=50),
                "rating": 4.41,
            },
        ],
    ),
    (
        "googlealerts.xml",
        "https://www.google.com/alerts/feeds/1/2",
        [
            {
                "title": "Inkwell printers recalled",
                "by": None,
                "text": "The maker Inkwell has recalled 4,000 printers ...",
                "kind": "news",
            }
        ],
    ),
    (
        "googlenews.xml",
        "https://news.google.com/rss/search?q=inkwell",
        [{"title": "Inkwell - a printer - is recalled", "by": None, "text": "", "kind": "news"}],
    ),
    (
        "stackexchange.xml",
        "https://print.stackexchange.com/feeds/question/12",
        [
            {
                "title": "Why does Inkwell lose pages?",
                "by": "Fay",
                "text": "Every tenth page is missing.",
                "kind": "question",
                "reach": Reach(points=3),
            },
            {
                "title": "Why does Inkwell lose pages?",
                "by": "Gus for gold",
                "text": "Change the roller.",
                "kind": "comment",
                "reach": Reach(points=-1),
            },
            {
                "title": "Why does Inkwell lose pages?",
                "by": "hal",
                "text": "Or the tray.",
                "kind": "comment",
                "reach": Reach(points=0),
            },
        ],
    ),
    (
        "github.xml",
        "https://github.com/inkwell.private.atom",
        [
            {"title": "v2.0.0", "by": "ines", "text": "", "kind": "release"},
            {"title": "Paper trays", "by": "ines", "text": "Trays work.", "kind": "release"},
            {
                "title": "Fix the roller",
                "by": "jo",
                "text": "Fix the roller\n\nIt lost every tenth page & jammed.",
            },
            {
                "title": "kay commented on inkwell/driver#7",
                "by": "kay",
                "text": "Still broken.",
                "kind": "comment",
            },
            {"title": "Roadmap & wishes", "by": "lou", "text": "More trays."},
        ],
    ),
    (
        "discourse.xml",
        "https://forum.example/c/support/6.rss",
        [
            {
                "title": "Rechnung doppelt",
                "by": "mia",
                "text": "Inkwell bucht doppelt ab.",
                "reach": Reach(comments=73),
            },
            {
                "title": "Rechnung doppelt",
                "by": "Noah Berg (@noah)",
                "text": "Bei mir auch.",
                "kind": "comment",
            },
            {"title": "Neues Thema", "by": "@mia", "text": "Hallo."},
        ],
    ),
    (
        "appstore.xml",
        "https://itunes.apple.com/us/rss/customerreviews/id=1/xml",
        [
            {
                "title": "Battery",
                "by": "walker",
                "text": "Two hours <3 and it is dead.",
                "kind": "review",
                "reach": Reach(points=4),
                "rating": 1.0,
                "related": ["https://itunes.apple.com/us/review?id=1&type=Purple%20Software"],
            }
        ],
    ),
    (
        "appstore.json",
        "https://itunes.apple.com/us/rss/customerreviews/id=1/json",
        [
            {
                "title": "Finally",
                "by": "runner",
                "text": "It prints.",
                "kind": "review",
                "reach": Reach(points=2),
                "rating": 5.0,
                "related": ["https://itunes.apple.com/us/review?id=1&type=Purple%20Software"],
            }
        ],
    ),
    (
        "wordpress.xml",
        "https://paper.example/feed/",
        [
            {
                "title": "Why we left Inkwell",
                "by": "Olga",
                "text": "The invoices.",
                "reach": Reach(comments=12),
                "thread": "https://paper.example/2026/left/#comments",
            }
        ],
    ),
    (
        "wordpress_comments.xml",
        "https://paper.example/comments/feed/",
        [
            {"title": "Stand by Inkwell", "by": "Piet", "text": "No.", "kind": "comment"},
            {"title": "", "by": "Quin", "text": "Us too. They owe us money.", "kind": "comment"},
            {
                "title": "Warum wir Inkwell verließen",
                "by": "Rosa",
                "text": "Gut so.",
                "kind": "comment",
            },
        ],
    ),
    (
        "medium.xml",
        "https://medium.com/feed/@sam",
        [{"title": "My year with Inkwell", "by": "Sam Poe", "text": "It was a long one."}],
    ),
    (
        "devto.xml",
        "https://dev.to/feed/tag/inkwell",
        [{"title": "Driving Inkwell from Go", "by": "Tess", "text": "The API lacks pages."}],
    ),
    (
        "producthunt.xml",
        "https://www.producthunt.com/feed",
        [{"title": "Inkwell Cloud", "by": "Uma", "text": "Print from anywhere"}],
    ),
    (
        "lemmy.xml",
        "https://lemmy.example/feeds/c/printers.xml?sort=New",
        [
            {
                "title": "Inkwell again",
                "by": "vic",
                "text": "It jams on page one.",
                "reach": Reach(comments=19, points=-3),
                "thread": "https://lemmy.example/post/920",
            },
            {
                "title": "",
                "by": "wanda",
                "text": "Same here.",
                "kind": "comment",
                "thread": "https://lemmy.example/comment/77",
            },
        ],
    ),
    (
        "tumblr.xml",
        "https://inknotes.tumblr.com/rss",
        [
            {"title": "I hate my Inkwell and...", "by": None, "text": ""},
            {"title": "", "by": None, "text": "Mine is fine."},
            {"title": "A letter", "by": None, "text": "Dear Inkwell."},
        ],
    ),
    (
        "nitter.xml",
        "https://nitter.example/search/rss?q=inkwell",
        [
            {"title": "", "by": "@yara", "text": "Inkwell ate my paper. Day three."},
            {"title": "", "by": "@zed", "text": "Still waiting.", "kind": "comment"},
            {"title": "Image", "by": "@yara", "text": ""},
        ],
    ),
    (
        "maillist.xml",
        "https://lists.example/archives/list/users@inkwell.example/feed/",
        [
            {
                "title": "[bug] Trays jam",
                "by": "Abe Ho",
                "text": "Not with <tray 2>, it does not.",
                "kind": "comment",
            }
        ],
    ),
    (
        "maillist_gmane.xml",
        "http://rss.gmane.org/messages/complete/gmane.comp.inkwell",
        [
            {
                "title": "New driver",
                "by": "Bea",
                "text": "I split the driver.\n\nIt is <b>faster</b> now, see [↗]",
            }
        ],
    ),
    (
        "podcast.xml",
        "https://cast.example/feed",
        [{"title": "214: Inkwell's bad year", "by": "Cyd", "text": "Trays, invoices, jams."}],
    ),
    (
        "planet.xml",
        "https://planet.example/atom.xml",
        [
            {"title": "From Reddit", "by": "u/eli", "text": "Hm."},
            {"title": "v1", "by": "Dee", "text": "", "kind": "release"},
            {"title": "My link of the day", "by": "Dee", "text": "Read this [link]."},
        ],
    ),
]
NAMES = [name for name, _, _ in SITES]


@pytest.mark.parametrize(("name", "address", "expected"), SITES, ids=NAMES)
def test_site_is_read_in_our_terms(name: str, address: str, expected: list[dict[str, Any]]) -> None:
    """Each site's entries say what they are, and carry no words but their author's."""
    assert [seen(entry) for entry in sources.read(document(name), address)] == expected


@pytest.mark.parametrize(("name", "address", "expected"), SITES, ids=NAMES)
def test_site_is_known_wherever_its_document_lies(
    name: str, address: str, expected: list[dict[str, Any]]
) -> None:
    """A mirror's address and a lost generator leave the entries to speak for themselves."""
    found = document(name)
    found.generator = ""
    assert [seen(entry) for entry in sources.read(found, "file:///tmp/copy.xml")] == expected


def test_every_site_has_a_fixture() -> None:
    """No site is read without a document that shows how it writes, and none lies unused."""
    assert sorted(NAMES) == sorted(path.name for path in FIXTURES.iterdir())
    homes = [found.read.__module__.rpartition(".")[2] for found in which.SITES]
    assert [home for home in homes if not any(name.startswith(home) for name in NAMES)] == []


# --- whose entry it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "generator", "name"),
    [
        ("https://www.reddit.com/r/a/.rss", "", "Reddit"),
        ("https://OLD.Reddit.com./r/a/.rss", "", "Reddit"),
        ("https://sam.medium.com/feed", "", "Medium"),
        ("https://notreddit.com/feed", "", None),
        ("https://blog.google.com/feed", "", None),
        ("https://x.example/feed", " Mastodon v4.5.0", "Mastodon"),
        ("https://x.example/feed", "https://wordpress.org/?v=6.9", "WordPress"),
        ("https://x.example/feed", "Hugo -- gohugo.io", None),
        ("https://[::1/feed", "", None),
        ("", "", None),
    ],
)
def test_document_is_known_by_host_or_generator(
    address: str, generator: str, name: str | None
) -> None:
    """The host that serves a document says whose it is, else the program that wrote it."""
    found = which.of_document(Document([], generator=generator), address)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (Entry(id="t3_a"), "Reddit"),
        (Entry(id="https://a.example/1", links=[Link("https://a.example/1")]), None),
        (Entry(id="https://so.example/q/1", facts={"re_rank": "3"}), "Stack Exchange"),
        (Entry(id="u", facts={"comments": f"{HN}1"}), "Hacker News"),
        (Entry(links=[Link("https://t.example/@jon/12")]), "Mastodon"),
        (Entry(links=[Link("x.mp3", "enclosure"), Link("https://t.example/@j/1")]), "Mastodon"),
        (Entry(id="https://lobste.rs/s/1", links=[Link("https://t.example/@j/1")]), "Lobsters"),
        (Entry(id="https://lemmy.example/post/12"), "Lemmy"),
        (Entry(id="https://lemmy.example/post/12-reasons"), None),
        (Entry(id="forum.example-topic-12"), "Discourse"),
        (Entry(id="https://forum.example/x-topic-12"), None),
        (Entry(id="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"), None),
        (Entry(title="By: Ann"), "WordPress"),
        (Entry(title="By the way"), None),
        (Entry(title=" /u/max on Fire"), "Reddit"),
    ],
)
def test_entry_speaks_for_itself(entry: Entry, name: str | None) -> None:
    """Facts, id, thread, link and title tell whose an entry is; most entries are nobody's."""
    found = which.of_entry(entry)
    assert (found.name if found else None) == name


def test_patterns_have_no_groups_of_their_own() -> None:
    """A group within a site's pattern would shift the numbers by which sites are told apart."""
    patterns = [
        pattern for found in which.SITES for pattern in (found.ids, found.pages, found.paths)
    ]
    assert {re.compile(pattern).groups for pattern in patterns} == {0}


def test_facts_are_those_that_documents_give() -> None:
    """A fact by which a site is known is one that the readers of documents keep."""
    assert {fact for found in which.SITES for fact in found.facts} <= FACTS


# --- what all sites share -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("Ann Lee", "Ann Lee"),
        (" ann@h.example (Ann Lee) ", "Ann Lee"),
        ('"Ann Lee" <ann@h.example>', "Ann Lee"),
        ("ann@h.example", "ann@h.example"),
        ("@ann", "@ann"),
        ("/u/ann", "u/ann"),
        ("https://l.example/u/ann/", "ann"),
        ("Ann / Bo", "Ann / Bo"),
        ("(' ') <a@b>", "('\u0020')"),
        ("Unknown", None),
        ("u/[deleted]", None),
        (" ", None),
    ],
)
def test_authors_are_names(name: str, author: str | None) -> None:
    """An author is a name as people write it; nobody is nobody."""
    found = only(Entry(authors=[name])).authors
    assert (found[0] if found else None) == author


def test_owner_signs_what_nobody_signed() -> None:
    """A document's author wrote the entries that name none, but not those of "[deleted]"."""
    entries = [Entry(authors=["Bo"]), Entry(), Entry(authors=[""]), Entry(authors=["[deleted]"])]
    told = sources.read(Document(entries, author="Dee <d@h.example>"), ANYWHERE)
    assert [entry.authors for entry in told] == [["Bo"], ["Dee"], ["Dee"], []]


@pytest.mark.parametrize(
    ("facts", "reach", "rating"),
    [
        ({"slash_comments": " 3 ", "thr_total": "9"}, Reach(comments=3), None),
        ({"slash_comments": "many", "thr_total": "9"}, Reach(comments=9), None),
        ({"slash_comments": "-1"}, Reach(), None),
        ({"slash_comments": "٣"}, Reach(), None),
        ({"slash_comments": "9" * 5000}, Reach(), None),
        ({"media_statistics.views": "8"}, Reach(views=8), None),
        ({"media_starrating.average": "4.5"}, Reach(), 4.5),
        ({"media_starrating.average": "0.00"}, Reach(), None),
        ({"media_starrating.average": "nan"}, Reach(), None),
        ({"media_starrating.average": "9" * 5000}, Reach(), None),
    ],
)
def test_numbers_are_known_or_unknown(
    facts: dict[str, str], reach: Reach, rating: float | None
) -> None:
    """A count or a rating that is no number, or none that can be, is unknown."""
    found = only(Entry(id="https://a.example/1", facts=facts))
    assert (found.reach, found.rating) == (reach, rating)


def test_plain_entry_is_left_alone() -> None:
    """A blog's entry that says nothing special comes back as the same object."""
    entry = Entry(id="https://a.example/1", title="A day", authors=["Ann"], bodies=[Body("<p>")])
    assert only(entry) is entry


# --- what single sites do -------------------------------------------------------------------------


def test_accounts_and_subreddits_are_no_posts() -> None:
    """Of what Reddit's search finds only posts and comments stay, in any document."""
    entries = [Entry(id=f"t{kind}_a") for kind in (1, 2, 3, 5)]
    assert [entry.id for entry in sources.read(Document(entries), ANYWHERE)] == ["t1_a", "t3_a"]


def test_one_sign_alone_drops_no_post() -> None:
    """An id that looks like a subreddit's may be a blog's own: nothing else here is of Reddit."""
    entries = [Entry(id="t5_1001", title="Acme is down"), Entry(id="1002", title="Acme is up")]
    assert [entry.id for entry in sources.read(Document(entries), ANYWHERE)] == ["t5_1001", "1002"]


def test_reddit_post_keeps_its_words_without_the_marks() -> None:
    """Where somebody cut Reddit's comments out of the markup, the words are found all the same."""
    markup = (
        '<div class="md"><p>Own.</p></div> submitted by <a href="https://www.reddit.com/user/a">'
        ' /u/a </a> <a href="https://r.example/1">[link]</a> <a href="https://r.example/1">[x]</a>'
    )
    found = only(Entry(id="t3_a", bodies=[Body(markup)]))
    assert (found.bodies[0].markup, found.authors) == (
        '<div class="md"><p>Own.</p>',
        ["u/a"],
    )
    nameless = only(Entry(id="t3_a", bodies=[Body(markup.replace("user", "people"))]))
    assert nameless.authors == []


def test_link_post_keeps_where_it_leads() -> None:
    """A link post's target stays a link of the body, without any words."""
    (_, post, _) = sources.read(document("reddit.xml"), ANYWHERE)
    cleaned = words.clean(post.bodies[0].markup)
    assert (cleaned.text, cleaned.links) == ("", ("https://daily.example/recall?a=1&b=2",))


def test_shared_link_to_reddit_is_its_sharers_post() -> None:
    """A blog's post that links to Reddit keeps its own words."""
    markup = "<p>See [link] [comments]</p>"
    link = Link("https://www.reddit.com/r/a/comments/1/x/")
    assert only(Entry(links=[link], bodies=[Body(markup)])).bodies[0].markup == markup


def test_video_without_votes_has_no_points() -> None:
    """Where only likes are counted and no count is told, points are unknown."""
    found = only(Entry(id="yt:video:a", facts={"media_starrating.average": "5.00"}))
    assert (found.rating, found.reach) == (None, Reach())


def test_app_store_html_counts_where_there_is_no_text() -> None:
    """A review of which only the HTML came is read from that; an app without stars is no review."""
    found = only(
        Entry(facts={"im_rating": "6"}, bodies=[Body("", html=False), Body("<p>No.</p>")]),
        Entry(facts={"im_name": "Inkwell"}),
    )
    assert (found.kind, found.rating, text_of(found)) == ("review", None, "No.")


def test_headline_is_no_wordpress_comment() -> None:
    """Without a comment's address, "Comment on … by …" keeps its title."""
    found = only(Entry(id="https://a.example/1", title="Comment on prices by Ann"))
    assert (found.kind, found.title) == ("comment", "Comment on prices by Ann")
    other = only(Entry(id="https://a.example/1", title="Comment on prices"))
    assert (other.kind, other.title) == ("post", "Comment on prices")
    titled = only(Entry(id="https://a.example/1#comment-2", title="Prices"))
    assert (titled.kind, titled.title) == ("comment", "Prices")


def test_medium_address_is_the_same_everywhere() -> None:
    """What tells that a reader came from a feed is cut off the address; other queries stay."""
    hrefs = ["https://medium.com/p/1?source=rss----a1-b---5", "https://medium.com/p/1?a=1"]
    found = only(Entry(links=list(map(Link, hrefs))), generator="Medium")
    assert [link.href for link in found.links] == ["https://medium.com/p/1", hrefs[1]]


def test_status_elsewhere_keeps_its_title() -> None:
    """A post on X that no Nitter wrote is left alone, and so is a title that only looks alike."""
    entry = Entry(id="https://x.com/ann/status/12", title="RT once more", bodies=[Body("RT")])
    assert only(entry).title == "RT once more"


def test_question_is_known_without_votes() -> None:
    """In a feed of Stack Exchange's, what is no answer and no comment is a question."""
    address = "https://stackoverflow.com/feeds/user/1"
    titles = ["How?", "Comment by bo on How?", "Answer by bo for How?"]
    entries = [Entry(title=title, authors=["bo"]) for title in titles]
    told = sources.read(Document(entries), address)
    assert [(entry.kind, entry.title) for entry in told] == [
        ("question", "How?"),
        ("comment", "How?"),
        ("comment", "How?"),
    ]


@pytest.mark.parametrize(
    ("markup", "html", "text"),
    [
        ("<pre>a &lt; b</pre>", True, "a < b"),
        ('<div class="x"><pre style="y">a <a href="b">c</a></pre></div>\n', True, "a c"),
        ("<pre>a</pre>", False, None),
        ("<pre>code</pre><p>words</p>", True, None),
        ("<pre>never closed", True, None),
        ("<p>words</p>", True, None),
    ],
)
def test_preformatted_body_is_text(markup: str, html: bool, text: str | None) -> None:
    """A body that is all one <pre> is plain text; any other stays as it is."""
    body = Body(markup, html)
    expected = body if text is None else Body(text, html=False)
    assert site.preformatted(body) == expected


@pytest.mark.parametrize(
    ("subject", "title", "kind"),
    [
        ("Re: Re: [ink-users] Fwd: AW: Jam", "Jam", "comment"),
        ("[Ink] Jam", "Jam", "post"),
        ("[PATCH] Jam", "[PATCH] Jam", "post"),
        ("Fwd: Jam", "Jam", "post"),
        ("Retro: Jam", "Retro: Jam", "post"),
        ("Re: " * 20, "Re: " * 9 + "Re:", "comment"),
    ],
)
def test_subject_is_parted_from_its_prefixes(subject: str, title: str, kind: str) -> None:
    """ "Re:" and the list's own name are no part of a subject; what the author put is."""
    entry = Entry(title=subject, links=[Link("https://marc.info/?l=ink&m=1")])
    found = only(entry)
    assert (found.title, found.kind) == (title, kind)


def test_mail_in_html_stays_html() -> None:
    """A mail that has tags is not read as plain text."""
    found = only(Entry(id="https://marc.info/?m=1", bodies=[Body("<p>Hi</p>")]))
    assert found.bodies == [Body("<p>Hi</p>")]


# --- hosts that want to be asked slowly -----------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "pool"),
    [
        ("www.reddit.com", "reddit.com"),
        ("OLD.Reddit.com.", "reddit.com"),
        ("reddit.com", "reddit.com"),
        ("xreddit.com", "xreddit.com"),
        ("hnrss.org", "hnrss.org"),
        ("", ""),
    ],
)
def test_names_of_one_host_share_a_pool(host: str, pool: str) -> None:
    """All names of Reddit are one host, because its limit is one for all of them."""
    assert pool_of(host) == pool


def test_paces_are_those_that_hosts_name() -> None:
    """Reddit, hnrss and Hacker News are asked slowly; others have no pace of their own."""
    reddit, hnrss, official = map(pace_of, ("np.reddit.com", "hnrss.org", "news.ycombinator.com"))
    assert reddit is not None
    assert hnrss is not None
    assert official is not None
    assert (reddit.name, reddit.apart) == ("reddit.com", timedelta(seconds=61))
    assert hnrss.apart == timedelta(seconds=11)
    assert official.apart == timedelta(seconds=30)
    assert pace_of("a.example") is None


# --- hostile input --------------------------------------------------------------------------------

_SHAPES = st.sampled_from(
    [
        "t3_a", "t1_b", "/u/x on y", "New comment by a in ", '"', "Comment on a by b", "By: ",
        "https://h.example/@a/1", "https://www.reddit.com/r/a/comments/1/", f"{HN}1", "[link]",
        "yt:video:a", "at://did:plc:a", "tag:github.com,2008:Grit::Commit/1", "<pre>", "</pre>",
        "forum.example-post-1", "https://h.example/post/1", "submitted by ", "<a href=\"x\">",
        "</a>", "Comments URL:", "Points: 9", "# Comments: ", "https://h.example/a/status/1#m",
        "RT by @a: ", "R to @b: ", "#comment-1", "Re: ", "[a-b]", "Answer by a for ", "tumblr_blog",
        "<blockquote>", "</blockquote>", "<p><small>1 a - 2 b</small></p>", "5", "-1", "²",
        "\ud800",
        "https://lists.example/archives/list/a@b/message/1/", "https://[::1", "<!-- SC_OFF -->",
        "<!-- SC_ON -->", "\n", " ", "",
    ]
)  # fmt: skip
_WRITTEN = st.one_of(st.lists(_SHAPES, max_size=5).map("".join), st.text(max_size=20))
_LINKS = st.builds(Link, _WRITTEN, st.sampled_from(["alternate", "related", "self"]))
_ENTRIES = st.builds(
    Entry,
    id=_WRITTEN,
    title=_WRITTEN,
    links=st.lists(_LINKS, max_size=3),
    bodies=st.lists(st.builds(Body, _WRITTEN, st.booleans()), max_size=3),
    authors=st.lists(_WRITTEN, max_size=3),
    facts=st.dictionaries(st.sampled_from(sorted(FACTS)), _WRITTEN, max_size=4),
)
_ADDRESSES = st.sampled_from([ANYWHERE, "https://[", *sorted(address for _, address, _ in SITES)])


@settings(max_examples=150, deadline=None)
@example([Entry(id="t5_a"), Entry(id="t3_a")], "Mastodon", "https://[")
@given(st.lists(_ENTRIES, max_size=4), st.sampled_from(["", "Tumblr", "Medium"]), _ADDRESSES)
def test_any_entry_is_survived(entries: list[Entry], generator: str, address: str) -> None:
    """Whatever entries say, none raises, none changes what came in, and the order stays."""
    for number, entry in enumerate(entries):
        entry.updated = str(number)
    before = copy.deepcopy(entries)
    told = sources.read(Document(entries, generator=generator), address)
    assert entries == before
    order = [entry.updated for entry in told]
    assert order == sorted(order)
    assert set(order) <= {entry.updated for entry in entries}


_MILLION = 1_000_000
_LONG = [
    piece * (_MILLION // len(piece))
    for piece in (
        "a", " ", "9", "[", "<", ">", "<a ", '<a href="', "<p><small>1 ", "@", "(", "Re: ",
        "[a-b] ", "/u/a on ", "submitted by ", "<pre>", "</pre>", "<!-- SC_OFF -->", "tumblr_blog",
        "By: a ", "Comment on a by ", "https://", "a-topic-1", "[link]</a>", "# Comments: 1",
        "&#32;", "-",
    )
]  # fmt: skip


@pytest.mark.parametrize("written", _LONG, ids=[long[:16] for long in _LONG])
def test_long_fields_take_linear_time(written: str) -> None:
    """A megabyte in every field, for every site, is read in a second."""
    entry = Entry(
        id=written,
        title=written,
        links=[Link(written)],
        bodies=[Body(written)],
        authors=[written],
        facts=dict.fromkeys(FACTS, written),
    )
    began = time.process_time()
    sources.read(Document([entry], author=written, generator=written), written)
    for known in which.SITES:
        known.read(entry)
    assert time.process_time() - began < 1


def test_plain_entries_cost_little() -> None:
    """10,000 entries of a blog are read in a quarter of a second; reading them takes 100 ms."""
    entries = [
        Entry(
            id=f"https://a.example/?p={number}",
            title="A day at the press",
            links=[Link(f"https://a.example/2026/11/{number}/a-day-at-the-press/")],
            bodies=[Body("<p>Words.</p>" * 50)],
            authors=["Ann"],
        )
        for number in range(10_000)
    ]
    began = time.process_time()
    sources.read(Document(entries), ANYWHERE)
    assert time.process_time() - began < 0.25
