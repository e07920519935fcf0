"""X01 to X17: what feeds hold, by accident or on purpose."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from tests.cases.pages import (
    DATES,
    NOW,
    dated,
    document,
    fine,
    in_turn,
    json_feed,
    posts,
    with_doctype,
    with_items,
)
from tests.conftest import rss

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
JSON = {"Content_Type": "application/feed+json"}
SOON = 5
"""Seconds of a processor for what must not take long: X04's limit."""


def spent() -> float:
    """Seconds of a processor so far, in this process and those it has started and ended."""
    return sum(os.times()[:4])


def item(title: str, *, guid: str = "", link: str = "", text: str = "", more: str = "") -> str:
    """An item as it is written, escapes and all."""
    parts = {"guid": guid, "link": link, "description": text}
    inner = "".join(f"<{tag}>{value}</{tag}>" for tag, value in parts.items() if value)
    return f"<item><title>{title}</title>{inner}{more}</item>"


# --- XML that attacks its reader ------------------------------------------------------------------


@pytest.mark.case("X01")
@pytest.mark.case("X02")
@pytest.mark.parametrize("path", ["/laughs", "/blowup"])
def test_entities_are_refused_outright(world, path):
    """A DOCTYPE that declares entities is an error at once, whatever they would become."""
    world.watch(path, "/ok")

    began = spent()
    ran = world.scan()

    assert spent() - began < SOON
    assert (ran.code, len(world.posts)) == (3, 5)
    assert "DOCTYPE declares entities" in ran.err


@pytest.mark.case("X03")
@pytest.mark.parametrize(
    ("doctype", "used"),
    [
        ("<!DOCTYPE rss [<!ENTITY e SYSTEM 'file://{folder}/secret'>]>", "&e;"),
        ("<!DOCTYPE rss SYSTEM '{server}/dtd' [<!ENTITY e SYSTEM '{server}/entity'>]>", "&e;"),
        ("<!DOCTYPE rss [<!ENTITY % p SYSTEM '{server}/parameter'> %p;]>", ""),
        ("<!DOCTYPE rss SYSTEM '{server}/dtd'>", ""),
        ("<!DOCTYPE rss PUBLIC '-//x//y' '{server}/dtd'>", "&e;"),
    ],
)
def test_nothing_outside_a_document_is_read(world, doctype, used):
    """No file is opened and no host is asked for an entity or a DTD."""
    world.cli.write("secret", "canary")
    doctype = doctype.format(folder=world.cli.folder, server=world.server.url(""))
    world.server.pages["/feed"] = fine(with_doctype(doctype, used))
    world.watch("/feed")

    ran = world.scan("--all")

    assert world.server.paths == ["/feed"]
    assert "canary" not in ran.out + ran.err
    assert not any("canary" in post.title + post.text for post in world.posts)


@pytest.mark.case("X03")
def test_an_include_is_not_followed(world):
    """XInclude and stylesheets are words like any other."""
    include = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text"'
        f' href="{world.server.url("/include")}"/>'
    )
    sheet = f'?><?xml-stylesheet href="{world.server.url("/style")}"?>'
    body = with_items(item("Acme includes", guid="1", text=include)).decode()
    world.server.pages["/feed"] = fine(body.replace("?>", sheet, 1).encode())
    world.watch("/feed")

    assert world.scan().code == 0
    assert world.server.paths == ["/feed"]
    assert world.titles == ["Acme includes"]


@pytest.mark.case("X04")
@pytest.mark.parametrize(
    ("path", "kept"), [("/deep", None), ("/deep-html", 2), ("/deep-json", 0), ("/deep-names", None)]
)
def test_depth_is_survived(world, path, kept):
    """100,000 elements, 20,000 <div>, 100,000 `[`: an error of that feed at most, within 5 s."""
    depth = 20_000
    tags = "".join(f"<a{n}>" for n in range(depth)) + "".join(
        f"</a{n}>" for n in reversed(range(depth))
    )
    world.server.pages["/deep-names"] = fine(with_items(item("Acme", guid="1", more=tags)))
    world.watch(path, "/ok")

    began = spent()
    ran = world.scan()

    assert spent() - began < SOON
    assert ran.code in (0, 3)
    found = len(world.posts) - 5
    assert found == kept if kept is not None else found >= 0
    assert "Traceback" not in ran.err


# --- bytes ----------------------------------------------------------------------------------------


@pytest.mark.case("X05")
def test_a_control_character_costs_itself_at_most(world):
    """ESC and NUL in a title: all five posts are read, and neither gets out."""
    world.watch("/controls")

    ran = world.scan()

    assert len(world.posts) == 5
    assert len(ran.rows) == 5
    assert any("[2Jice number 1" in title for title in world.titles)
    assert not any(c < " " for title in world.titles for c in title)


@pytest.mark.case("X06")
@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("Acme café".encode("latin-1"), "Acme café"),
        (b"Acme caf\xc3\xa9 \xff\xfe", None),
        (b"Acme \xc3\x28", None),
        ("Acme Grüße 你好 🎉".encode(), "Acme Grüße 你好 🎉"),
        (b"Acme \x93quoted\x94", "Acme “quoted”"),
    ],
)
def test_any_bytes_become_text(world, body, title):
    """Invalid UTF-8 and a wrong declaration are decoded somehow, and the post is kept."""
    world.server.pages["/feed"] = fine(
        with_items(item("TITLE", guid="1")).replace(b"TITLE", body),
        Content_Type="application/rss+xml; charset=utf-8",
    )
    world.watch("/feed")

    assert world.scan("--all").code == 0
    (found,) = world.titles
    assert found == title if title else found.startswith("Acme ")
    found.encode("utf-8")


@pytest.mark.case("X06")
@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_byte_order_marks_are_obeyed(world, coding):
    """UTF-16 and UTF-32 in either order, with a mark or without; a mark before UTF-8."""
    text = rss(posts(2)).replace("utf-8", coding.replace("-sig", ""), 1)
    world.server.pages["/feed"] = fine(text.encode(coding))
    world.watch("/feed")

    assert world.scan().code == 0
    assert world.titles == ["Acme and invoice number 0", "Acme and invoice number 1"]


@pytest.mark.case("X06")
@pytest.mark.parametrize("declared", ["x-klingon", "utf-7", "base64", "rot13", "idna", "a" * 5000])
def test_an_encoding_nobody_knows_is_no_crash(world, declared):
    """A declared encoding that does not exist, or is none, is passed over."""
    body = document(2).replace(b'encoding="utf-8"', f'encoding="{declared}"'.encode(), 1)
    world.server.pages["/feed"] = fine(body)
    world.watch("/feed")

    assert world.scan().code == 0
    assert len(world.posts) == 2


@pytest.mark.case("X14")
@pytest.mark.parametrize("format_", ["json", "jsonl", "csv", "table", "markdown"])
def test_half_a_surrogate_is_a_replacement_character(world, format_):
    """`\\ud800` in JSON is stored as U+FFFD, and every output is UTF-8."""
    world.watch("/surrogates")

    ran = world.scan("--format", format_)

    (post,) = world.posts
    assert post.title == "Acme \ufffd x"
    assert "\ufffd" in post.text
    assert ran.code == 0
    ran.out.encode("utf-8")
    assert "Acme" in ran.out


# --- JSON and items that lack something -----------------------------------------------------------


@pytest.mark.case("X07")
def test_one_bad_item_costs_one_item(world):
    """Of four items the one without id and url is skipped, with a warning; `id: 2` is an id."""
    world.server.pages["/feed"] = fine(
        json_feed(
            {"id": "1", "title": "Acme one", "content_text": "x"},
            {"id": 2, "title": None, "content_html": "<b>Acme two</b>"},
            {"title": "Acme nameless", "content_text": "y"},
            "no item at all",
            {"id": "4", "title": "Acme four"},
        ),
        **JSON,
    )
    world.watch("/feed")

    ran = world.scan()

    assert ran.code == 0
    assert {post.guid for post in world.posts} == {"1", "2", "4"}
    assert len(ran.err.splitlines()) == 1
    assert "2 without id and url skipped" in ran.err


@pytest.mark.case("X07")
def test_what_stays_wrong_is_told_once(world):
    """The same warning in every run is for whoever looks on; after it was well it is news again."""
    one, two, nameless = ({"id": "1", "title": "Acme one"}, {"id": "2"}, {"title": "nameless"})
    pages = [(one, nameless), (one, two, nameless), (two, nameless), (one, two), (one, nameless)]
    world.server.pages["/feed"] = in_turn(*(fine(json_feed(*page), **JSON) for page in pages))
    world.watch("/feed")

    runs = [world.scan("--refetch", *options) for options in ((), (), ("-v",), (), ())]

    assert ["skipped" in ran.err for ran in runs] == [True, False, True, False, True]
    assert runs[1].err == ""


@pytest.mark.case("X08")
def test_posts_without_guid_and_link_stay_the_same_posts(world):
    """Two of them are both kept, and the next scan knows them again."""
    world.server.pages["/feed"] = lambda exchange: fine(
        with_items(
            item("Acme one", text="first words"),
            item("Acme two", text="other words"),
            *[item(f"Acme new {exchange.request.number}", text="news")] * exchange.request.number,
        )
    )
    world.watch("/feed")

    first, second = world.scans(2)

    assert len(first.rows) == 3
    assert [row["title"] for row in second.rows] == ["Acme new 2"]
    guids = [post.guid for post in world.posts]
    assert len(guids) == len(set(guids)) == 4


@pytest.mark.case("X09")
def test_a_guid_counts_once_in_a_feed_and_in_each_feed(world):
    """Twice in one feed it is one post, the first; in two feeds it is two."""
    first = item("Acme A", guid="same", link="https://a.example/1", text="the invoice is wrong")
    second = item("Acme B", guid="same", link="https://a.example/2", text="cannot log in today")
    third = item("Acme C", guid="own", link="https://a.example/3", text="where is my parcel")
    world.server.pages |= {
        "/a": fine(with_items(first, second, third)),
        "/b": fine(with_items(second)),
    }
    world.watch("/a", "/b")

    runs = world.scans(2)

    assert [ran.code for ran in runs] == [0, 0]
    by_feed = sorted((post.feed_url[-2:], post.guid, post.title) for post in world.posts)
    assert by_feed == [
        ("/a", "own", "Acme C"),
        ("/a", "same", "Acme A"),
        ("/b", "same", "Acme B"),
    ]
    assert runs[1].rows == []


# --- dates ----------------------------------------------------------------------------------------


@pytest.mark.case("X10")
@pytest.mark.parametrize("format_", ["jsonl", "csv", "table", "markdown"])
def test_impossible_dates_are_unknown_and_the_future_is_now(world, format_):
    """Years 9999 and 1, garbage and 100,000 digits are no date; ten years ahead counts as now."""
    world.watch("/dates")

    ran = world.scan("--format", format_, "--all", "--since", "5000w")

    assert ran.code == 0
    found = {post.guid: post.published for post in world.posts}
    assert len(found) == len(DATES)
    known = {guid: when for guid, when in found.items() if when is not None}
    assert all(when <= NOW for when in known.values())
    assert known.get("date-6") == NOW
    assert not {"date-2", "date-3", "date-4"} & known.keys()


@pytest.mark.case("X10")
def test_a_date_in_the_future_is_new_once(world):
    """A post of tomorrow is shown once, and not again when tomorrow comes."""
    world.server.pages["/feed"] = fine(dated("Sat, 21 Nov 2026 12:00:00 GMT"))
    world.watch("/feed")

    runs = world.scans(4, 12 * HOUR)

    assert [len(ran.rows) for ran in runs] == [1, 0, 0, 0]
    assert runs[0].rows[0]["published"] == "2026-11-20T12:00:00Z"


# --- feeds that change their mind -----------------------------------------------------------------


@pytest.mark.case("X11")
def test_new_guids_for_old_posts_are_not_new_posts(world):
    """All 50 guids change in one day: nothing is shown again, and nothing is there twice."""
    renamed = [post | {"guid": f"moved-{n}"} for n, post in enumerate(posts(50))]
    world.server.pages["/feed"] = in_turn(fine(document(50)), fine(rss(renamed).encode()))
    world.watch("/feed")

    first, second = world.scans(2)

    assert len(first.rows) == 50
    assert (second.code, second.rows) == (0, [])
    assert len(world.posts) == 50


@pytest.mark.case("X12")
def test_a_feed_that_empties_is_a_warning(world):
    """No entries after 50: a line on stderr, and all 50 are still there."""
    world.server.pages["/feed"] = in_turn(fine(document(50)), fine(document(0)))
    world.watch("/feed")

    _, second = world.scans(2)

    assert second.code == 0
    assert "emptied" in second.err
    assert len(world.posts) == 50
    assert len(world.scan("--all").rows) == 50


@pytest.mark.case("X17")
def test_an_edit_is_judged_once_and_not_shown_again(world):
    """Same guid, other words: judged anew, its status stays; unchanged bytes change nothing."""
    before, after = posts(2), posts(2)
    after[1] |= {"text": "<p>Acme lost all my data and nobody answers. I am leaving.</p>"}
    world.server.pages["/feed"] = in_turn(
        fine(rss(before).encode()), fine(rss(before).encode() + b" "), fine(rss(after).encode())
    )
    world.watch("/feed")

    runs = world.scans(30)

    assert [len(ran.rows) for ran in runs] == [2, *[0] * 29]
    rows = world.cli("list", "--format", "jsonl", "--since", "99w").rows
    edited = next(row for row in rows if row["title"].endswith("1"))
    assert "lost all my data" in edited["text"]
    assert edited["status"] == "open"
    assert len(world.posts) == 2


@pytest.mark.case("X17")
def test_scoring_twice_gives_the_same(world):
    """A second look at what is stored says of each post what the first said."""
    world.watch("/ok")
    first = world.scan().rows

    again = world.scan("--all", "--no-fetch").rows

    known = ("id", "negativity", "intent", "reasons", "worth", "terms")
    assert [{key: row[key] for key in known} for row in again] == [
        {key: row[key] for key in known} for row in first
    ]


# --- sizes and links ------------------------------------------------------------------------------


@pytest.mark.case("X13")
def test_fields_have_caps_and_say_when_they_were_cut(world):
    """A title of 5 MB, 10,000 authors, a guid of 1 MB, a body of 1 MB: cut, and marked so."""
    authors = "".join(f"<dc:creator>Author {n}</dc:creator>" for n in range(10_000))
    world.server.pages["/feed"] = fine(
        with_items(
            item("Acme " + "x" * 5_000_000, guid="title"),
            item("Acme authors", guid="authors", more=authors),
            item("Acme guid", guid="g" * 1_000_000),
            item("Acme body", guid="body", text="lost " * 200_000),
            item("Acme plain", guid="plain", text="short"),
        )
    )
    world.watch("/feed")

    began = spent()
    ran = world.scan()

    assert spent() - began < 30
    assert (ran.code, len(world.posts)) == (0, 5)
    for post in world.posts:
        assert len(post.title) <= 1_000
        assert len(post.guid) <= 2_000
        assert len(post.text) <= 256_000
        assert len(post.author or "") <= 200
    cut = {row["title"][:11].strip(): row["truncated"] for row in ran.rows}
    assert cut == {
        "Acme xxxxxx": True,
        "Acme author": False,
        "Acme guid": True,
        "Acme body": True,
        "Acme plain": False,
    }


@pytest.mark.case("X15")
@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java&#10;script:alert(1)",
        "data:text/html,&lt;script&gt;x&lt;/script&gt;",
        "file:///etc/passwd",
        "vbscript:x",
    ],
)
def test_a_link_that_is_no_web_address_is_no_link(world, link):
    """It is null in the record, and nothing to click on in any format, colours or not."""
    world.server.pages["/feed"] = fine(with_items(item("Acme bait", guid="1", link=link)))
    world.watch("/feed")

    (row,) = world.scan().rows

    assert row["url"] is None
    assert row["thread_url"] is None if "thread_url" in row else True
    for format_ in ("table", "markdown", "csv"):
        for color in ("--color", "--no-color"):
            ran = world.cli(color, "list", "--format", format_, "--since", "99w")
            told = ran.out.lower()
            assert ran.code == 0
            assert not {w for w in ("script:", "data:", "file:") if w in told}
            assert "\x1b]8" not in told
    assert world.cli("open", "--print", row["id"]).code != 0


@pytest.mark.case("X16")
@pytest.mark.parametrize("brand", ["(a+)+$", "a*a*a*a*a*b", "(.*)(.*)(.*)x", "((((((((((a"])
def test_a_brand_is_words_and_no_expression(world, brand):
    """What would be a slow pattern elsewhere is refused, or is words: 256 kB take a moment."""
    world.server.pages["/feed"] = fine(
        with_items(item("Acme long", guid="1", text="a" * 256_000), item("Acme", guid="2"))
    )
    path = world.watch("/feed")
    toml = path.read_text("utf-8")
    path.write_text(toml.replace("name = 'Acme'", f"name = 'Acme'\nmatch = '{brand}'"), "utf-8")

    began = spent()
    ran = world.scan()

    assert spent() - began < SOON
    assert ran.code in (0, 2)
    assert "match" in ran.err if ran.code == 2 else "Traceback" not in ran.err


@pytest.mark.case("X16")
def test_a_match_is_quick_on_hostile_words(world):
    """A query with every operator takes a moment on 256 kB of what it looks for."""
    near = '(acme NEAR data) AND ("acme lost" OR acme*) NOT "acme acme acme acme b"'
    world.server.pages["/feed"] = fine(
        with_items(item("Acme", guid="1", text="acme data lost " * 17_000))
    )
    path = world.watch("/feed")
    toml = path.read_text("utf-8")
    path.write_text(toml.replace("name = 'Acme'", f"name = 'Acme'\nmatch = '{near}'"), "utf-8")

    began = spent()
    ran = world.scan()

    assert spent() - began < 2 * SOON
    assert ran.code in (0, 2)
