"""The spine: the only place that knows the order of the street.

In: a Config, an open Store, and what is asked. Out: a Report.
fetch -> parse -> (adopt known posts) -> match -> language -> score -> reasons -> store,
and from the store: cluster -> rank. A post is judged once, when it arrives or changes; the
queue is clustered and ranked anew each time, because ages change.

Touches: the network, the disk (through fetch and store).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from scanner import __version__, match
from scanner.records import (
    Config,
    Deferred,
    Failed,
    Feed,
    FeedState,
    Fetched,
    HostState,
    Intent,
    Judged,
    NotModified,
    Outcome,
    Parsed,
    Post,
    Ranked,
    Report,
    Status,
    Story,
)

if TYPE_CHECKING:
    from scanner.match import Matcher
    from scanner.store import Store

UNDECIDED: tuple[Status, ...] = ("new", "open")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ranked posts a person wants to see."""

    since: timedelta
    limit: int = 0
    """0 = all."""
    min_worth: float = 0.0
    brands: tuple[str, ...] = ()
    """Empty = every brand."""
    intents: tuple[Intent, ...] = ()
    reasons: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names; empty = every feed of the config."""
    statuses: tuple[Status, ...] = UNDECIDED


def scan(
    config: Config,
    store: Store,
    wanted: Wanted,
    *,
    now: datetime,
    clock: datetime,
    refetch: bool = False,
    watch: Callable[[Outcome, int], None] = lambda outcome, new: None,
) -> Report:
    """Walk the whole street once: fetch what is due, judge what is new, rank what is wanted.

    `now` is the time that ages are judged by (--now); `clock` is the wall clock that servers are
    asked by. `watch` sees each feed's outcome with the number of posts that were new in it.
    """
    matcher = _matcher(config)
    rejudge(config, store, matcher)
    tally = _collect(config, store, matcher, clock, refetch, watch)
    ranked, hidden = queue(config, store, wanted, now=now)
    return replace(tally, ranked=ranked, now=now, hidden=hidden)


def queue(
    config: Config, store: Store, wanted: Wanted, *, now: datetime
) -> tuple[tuple[Ranked, ...], int]:
    """Rank what the store holds; return what is wanted, best first, and how many are left out."""
    from scanner import rank

    feeds = [f for f in config.feeds if not wanted.feeds or f.name in wanted.feeds]
    names = {brand.name for brand in config.brands}
    brands = names & set(wanted.brands) if wanted.brands else names
    judged = store.judged(now - wanted.since, brands=brands, feed_urls=[f.url for f in feeds])
    ranked = rank.rank(
        _stories(judged), now=now, weights={feed.url: feed.weight for feed in config.feeds}
    )
    ranked = _with_status(ranked, store, now)
    chosen = [one for one in ranked if _is_wanted(one, wanted)]
    shown = chosen[: wanted.limit] if wanted.limit else chosen
    return tuple(shown), len(ranked) - len(shown)


def judge(post: Post, matcher: Matcher) -> list[Judged]:
    """Walk one post through match, language, score and reasons: one judgement per brand."""
    found = match.find(post, matcher)
    if not found:
        return []
    from scanner import language, reasons, score

    told = language.identify(f"{post.title}\n{post.text}", post.language)
    post = replace(post, language=told)
    return [reasons.assign(score.score(replace(one, post=post))) for one in found]


def rejudge(config: Config, store: Store, matcher: Matcher | None = None) -> bool:
    """Judge every stored post again if the brands or the program changed since the last time."""
    rules = fingerprint(config)
    if store.rules() in (None, rules):
        return False
    matcher = matcher or _matcher(config)
    posts = store.posts(None, [feed.url for feed in config.feeds])
    store.rejudge(rules, (judged for post in posts for judged in judge(post, matcher)))
    return True


def fingerprint(config: Config) -> str:
    """What judgements depend on: brands, which feeds are about which, and this version."""
    about = sorted((feed.url, feed.about) for feed in config.feeds if feed.about)
    return sha256(repr((__version__, config.brands, about)).encode()).hexdigest()[:16]


# --- from feeds to the store ---------------------------------------------------------------------


def _matcher(config: Config) -> Matcher:
    return match.prepare(config.brands, {f.url: f.about for f in config.feeds if f.about})


def _collect(
    config: Config,
    store: Store,
    matcher: Matcher,
    clock: datetime,
    refetch: bool,
    watch: Callable[[Outcome, int], None],
) -> Report:
    from scanner import fetch

    states = store.feed_states()
    rules = fingerprint(config)
    fetched = unchanged = new_posts = matched = 0
    deferred: list[Deferred] = []
    failed: list[Failed] = []
    warnings: list[str] = []
    outcomes = fetch.fetch(
        config.feeds,
        states,
        store.host_states(clock),
        now=clock,
        workers=config.workers,
        contact=config.contact,
        refetch=refetch,
    )
    with closing(outcomes):
        for outcome in outcomes:
            outcome, posts, told = _read(outcome, clock, states.get(outcome.feed.url))
            warnings += told
            new, about = _remember(store, outcome, posts, matcher, rules, clock)
            new_posts, matched = new_posts + new, matched + about
            if isinstance(outcome, Failed):
                failed.append(outcome)
            elif isinstance(outcome, Deferred):
                deferred.append(outcome)
            else:
                fetched += isinstance(outcome, Fetched)
                unchanged += isinstance(outcome, NotModified)
            watch(outcome, new)
    return Report(
        ranked=(),
        now=clock,
        fetched=fetched,
        unchanged=unchanged,
        deferred=tuple(deferred),
        failed=tuple(failed),
        posts=new_posts,
        matched=matched,
        warnings=tuple(warnings),
    )


def _read(
    outcome: Outcome, clock: datetime, before: FeedState | None
) -> tuple[Outcome, tuple[Post, ...], list[str]]:
    """Parse what was fetched; what is no feed becomes a failure that keeps nothing."""
    if not isinstance(outcome, Fetched):
        return outcome, (), []
    from scanner import parse

    parsed = parse.parse(outcome)
    if isinstance(parsed, Failed):
        return replace(parsed, state=_failed_state(outcome.state, before, parsed, clock)), (), []
    warnings = [f"{outcome.feed.name}: {warning}" for warning in parsed.warnings]
    if not parsed.posts and before is not None and before.posts:
        warnings.append(f"{outcome.feed.name}: the feed has emptied; its posts are kept")
    return replace(outcome, state=_read_state(outcome.state, parsed)), parsed.posts, warnings


def _read_state(state: FeedState, parsed: Parsed) -> FeedState:
    state = replace(state, posts=len(parsed.posts))
    if parsed.partial:  # the rest must come with the next answer, so ask unconditionally (N08)
        state = replace(state, etag=None, last_modified=None, body_hash=None, complete_at=None)
    return state


def _failed_state(
    state: FeedState, before: FeedState | None, failed: Failed, clock: datetime
) -> FeedState:
    before = before or FeedState(state.url)
    return replace(
        state,
        etag=None,
        last_modified=None,
        body_hash=None,
        complete_at=None,
        ok_at=before.ok_at,
        failures=before.failures + 1,
        failing_since=before.failing_since or clock,
        error=failed.why,
        posts=before.posts,
    )


def _remember(
    store: Store,
    outcome: Outcome,
    posts: Sequence[Post],
    matcher: Matcher,
    rules: str,
    clock: datetime,
) -> tuple[int, int]:
    """Judge what is new, then store posts, judgements and validators in one transaction."""
    host: HostState | None = getattr(outcome, "host", None)
    state = outcome.state
    if state is None:
        if host is not None:
            store.save_host(host)
        return 0, 0
    posts = store.adopt(_clamped(post, clock) for post in posts)
    unjudged = store.unjudged(posts)
    judged = [one for post in unjudged for one in judge(post, matcher)]
    new = store.save_feed(state, posts, judged, rules=rules, now=clock, host=host)
    return new, len({one.post.id for one in judged})


def _clamped(post: Post, clock: datetime) -> Post:
    """A post from the future counts as of now, or it would stay on top until then (X10)."""
    if post.published is not None and post.published > clock:
        return replace(post, published=clock)
    return post


# --- from the store to the queue -----------------------------------------------------------------


def _stories(judged: Iterable[Judged]) -> list[Story]:
    from scanner import cluster

    return cluster.cluster(list(judged))


def _with_status(ranked: Sequence[Ranked], store: Store, now: datetime) -> list[Ranked]:
    """A story has the status of its members: a copy of what was handled is handled."""
    ids = [member.id for one in ranked for member in one.story.members]
    statuses = store.status(ids, now)
    return [
        replace(one, status=_joint(statuses.get(m.id, "new") for m in one.story.members))
        for one in ranked
    ]


def _joint(statuses: Iterable[Status]) -> Status:
    seen = Counter(statuses)
    order: tuple[Status, ...] = ("done", "ignored", "snoozed", "open")
    return next((status for status in order if seen[status]), "new")


def _is_wanted(one: Ranked, wanted: Wanted) -> bool:
    judged = one.judged
    return (
        one.worth >= wanted.min_worth
        and one.status in wanted.statuses
        and (not wanted.intents or judged.intent in wanted.intents)
        and (not wanted.reasons or bool(set(wanted.reasons) & set(judged.reasons)))
    )


def members(ranked: Iterable[Ranked]) -> Iterator[str]:
    """Every record ID that was shown when these were: the story's copies count as seen too."""
    return (member.id for one in ranked for member in one.story.members)


def failing(report: Report, states: Collection[FeedState]) -> list[Feed]:
    """Feeds that do not work now: they failed in this run, or wait after having failed."""
    broken = {state.url for state in states if state.failures or state.gone}
    waiting = [one.feed for one in report.deferred if one.feed.url in broken]
    return [*(one.feed for one in report.failed), *waiting]


def find(config: Config, store: Store, record: str, *, now: datetime) -> Ranked:
    """Rank the queue around one record and return the record's own entry in it.

    A record that is folded into another's story is shown as itself, with the same story.
    """
    from scanner import rank
    from scanner.errors import UsageError

    one = store.find(record)
    if one is None:
        raise UsageError(f"{record}: the rules have changed, and it is no longer a match")
    near = timedelta(days=30)  # copies of a story that are further apart are not looked for
    since = (one.post.published or now) - near
    others = store.judged(since, brands=[one.brand])
    weights = {feed.url: feed.weight for feed in config.feeds}
    story = next(
        (s for s in _stories(others) if any(m.id == record for m in s.members)),
        Story(record, (one,)),
    )
    alone = rank.rank([Story(story.id, (one,))], now=now, weights=weights)[0]
    return _with_status([replace(alone, story=story)], store, now)[0]


def explain(
    config: Config, store: Store, feed: Feed, *, now: datetime
) -> Iterator[tuple[Post, list[match.Explanation]]]:
    """Say of each stored post of a feed why it matched or did not."""
    matcher = _matcher(config)
    for post in store.posts(now - config.since, [feed.url]):
        yield post, match.explain(post, matcher)
