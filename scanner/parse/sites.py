"""What particular sites call things: their marks, their numbers, their habits.

In: a raw entry. Out: small facts about it. Each function is pure and says whose habit it reads.
Patterns look at a bounded piece of a body, so that their cost does not grow with it.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from scanner.records import Kind, Reach
from scanner.sources.entry import Entry

_EDGE = 1_500
"""Characters at either end of a body where sites put their own lines; hnrss takes 400 of them."""

# --- entries that are no posts --------------------------------------------------------------------


def is_card(entry: Entry) -> bool:
    """Whether an entry is no post: Reddit's search puts subreddits first, the App Store the app."""
    return entry.id.startswith("t5_") or (
        "im_name" in entry.facts and "im_rating" not in entry.facts
    )


# --- numbers --------------------------------------------------------------------------------------

_COMMENTS = ("slash_comments", "thr_total")
_POINTS = ("re_rank", "im_votecount")
_VIEWS = "media_statistics.views"

_HNRSS_COMMENTS = re.compile(r"# Comments: (\d{1,7})")
_HNRSS_POINTS = re.compile(r"(?<!\w)Points: (-?\d{1,7})")
_LEMMY = re.compile(r"(-?\d{1,7}) points? \| <a [^<>]{1,300}>(\d{1,7}) comments?</a>")
_DISCOURSE = re.compile(r"<small>(\d{1,7})\D{1,40}\d{1,7}\D{0,40}</small>")


def reach(entry: Entry, markup: str) -> Reach:
    """How many answered, voted or saw: from elements, and from lines that sites put in bodies."""
    facts = entry.facts
    comments = next((n for key in _COMMENTS if (n := _whole(facts.get(key))) is not None), None)
    points = next((n for key in _POINTS if (n := _whole(facts.get(key))) is not None), None)
    head, tail = markup[:_EDGE], markup[-_EDGE:]
    if found := _LEMMY.search(head):
        points, comments = int(found[1]), int(found[2])
    elif "Comments URL:" in tail:
        told, liked = _HNRSS_COMMENTS.search(tail), _HNRSS_POINTS.search(tail)
        comments = int(told[1]) if told else comments
        points = int(liked[1]) if liked else points
    elif is_topic(entry) and (found := _DISCOURSE.search(tail)):
        # "74 posts - 43 participants", in the forum's language; the first post is the topic's own.
        comments = max(int(found[1]) - 1, 0)
    return Reach(comments=comments, points=points, views=_whole(facts.get(_VIEWS)))


def rating(entry: Entry) -> float | None:
    """Stars from 1 to 5: an App Store review's, or a video's average where there are ratings."""
    for key in ("im_rating", "media_starrating.average"):
        try:
            stars = float(entry.facts.get(key, ""))
        except ValueError:
            continue
        if 1 <= stars <= 5:
            return stars
    return None


def _whole(value: str | None) -> int | None:
    """A count from 0 up (points may be negative); None for what is no number."""
    return int(value) if value and re.fullmatch(r"\s*-?\d{1,12}\s*", value, re.A) else None


# --- titles and authors ---------------------------------------------------------------------------

_ON_REDDIT = re.compile(r"/u/\S{1,50} on ")
_STATUS = re.compile(r"https?://[^/]{1,253}/(@[^/?#]{1,100})/\d")
_PROFILE = re.compile(r"https?://bsky\.app/profile/([^/?#]{1,253})")
_USER_PAGE = re.compile(r"https?://[^/]{1,253}/u/([^/?#]{1,200})/?")
_VIA = re.compile(r"\S{1,253} (?:via|by) (\S{1,100})")
_MAILBOX = re.compile(r"[^\s()<>@]{1,100}@[^\s()<>@]{1,253}\s{0,5}\((.{1,200})\)", re.S)
_NAMED = re.compile(r"(.{1,200}?)\s{0,5}[<(][^\s()<>@]{1,100}@[^\s()<>@]{1,253}[>)]", re.S)
_NOBODY = frozenset({"[deleted]", "/u/[deleted]", "u/[deleted]", "(author unknown)", "unknown"})


def title(entry: Entry, text: str) -> str:
    """A title without what the site put around it."""
    if entry.id.startswith("t1_"):
        return _ON_REDDIT.sub("", text, count=1) if text.startswith("/u/") else text
    publisher = entry.facts.get("source.title", "")
    if publisher and is_news(entry):
        return text.removesuffix(f" - {publisher}")
    return text


def author(entry: Entry, name: str, url: str | None) -> str | None:
    """A person's name as people write it; taken from the link where the feed names nobody."""
    if not name:
        handle = _STATUS.match(url or "") or _PROFILE.match(url or "")
        return "@" + handle[1].removeprefix("@") if handle else None
    if name.lower() in _NOBODY:
        return None
    if name.startswith("/u/"):
        return name[1:]
    if found := _MAILBOX.fullmatch(name) or _NAMED.fullmatch(name) or _USER_PAGE.fullmatch(name):
        return found[1].strip(" \"'") or name
    if host_of(entry.facts.get("comments")) == "lobste.rs" and (found := _VIA.fullmatch(name)):
        return found[1]
    return name


# --- kinds ----------------------------------------------------------------------------------------

_COMMENT_TITLE = re.compile(r"(?:Re: )?(?:Comment on .{1,1000} by|By:) ", re.S)
_COMMENT_LINK = re.compile(r"#comment-?\d")
_ANSWER = re.compile(r"https?://[^/]{1,253}/a/\d|#\d{1,12}$")
_RELEASE_ID = re.compile(r"tag:github\.com,2008:Repository/\d+/")
_TOPIC_ID = re.compile(r"[\w.:-]{1,253}-(?:topic|post)-\d{1,12}")
_HN_COMMENT = re.compile(r"New comment by \S{1,50} in ")
_NEWS = ("tag:google.com,2013:googlealerts/",)


def kind(entry: Entry, url: str | None) -> Kind:
    """What kind of writing an entry is."""
    if "im_rating" in entry.facts:
        return "review"
    if is_news(entry) or entry.id.startswith(_NEWS):
        return "news"
    if "re_rank" in entry.facts:
        answer = _ANSWER.search(entry.id) or entry.title.startswith("Answer by ")
        return "comment" if answer else "question"
    if _RELEASE_ID.match(entry.id):
        return "release"
    return "comment" if _is_comment(entry, url or "") else "post"


def _is_comment(entry: Entry, url: str) -> bool:
    written = entry.title.lstrip()[:1200]
    return bool(
        entry.id.startswith("t1_")
        or _COMMENT_TITLE.match(written)
        or _HN_COMMENT.match(written)
        or _ON_REDDIT.match(written)
        or _COMMENT_LINK.search(url[:2000])
    )


def is_news(entry: Entry) -> bool:
    """Google News, whose bodies are no article and whose titles end in the publisher's name."""
    return any(host_of(link.href) == "news.google.com" for link in entry.links[:3])


def is_topic(entry: Entry) -> bool:
    """Discourse, whose ids are host-topic-N and host-post-N."""
    return bool(_TOPIC_ID.fullmatch(entry.id))


def host_of(url: str | None) -> str:
    """The host of an address, or ""."""
    try:
        return urlsplit((url or "")[:2000].strip()).hostname or ""
    except ValueError:
        return ""


def thread(facts: Mapping[str, str]) -> str:
    """Where people answer (RSS 2.0 <comments>); HN, Lobsters, Lemmy and WordPress fill it."""
    return facts.get("comments", "")
