"""The spine: the only place that knows the order of the street, with `queue`, its second half.

In: a Config and an open Store. Out: a Report, and everything else in the store.
fetch -> parse -> (adopt known posts) -> match -> language -> score -> reasons -> store,
and then, in `queue`, from the store: cluster -> rank. A post is judged once, when it arrives or
changes; the queue is clustered and ranked anew each time, because ages change.

Touches: the network, the disk (through fetch and store).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from scanner import __version__
from scanner.errors import ExitCode
from scanner.records import (
    Config,
    Deferred,
    Failed,
    Feed,
    FeedState,
    Fetched,
    HostState,
    Judged,
    NotModified,
    Outcome,
    Parsed,
    Post,
    Report,
)

if TYPE_CHECKING:
    from scanner.hands import Hands
    from scanner.match import Explanation, Matcher
    from scanner.phrases import Phrases
    from scanner.store import Store

ALONE = 8
"""Documents that the spine parses itself before it takes others along: a process that starts costs
as much as ten."""
HEARTBEAT = timedelta(milliseconds=50)
"""How often the spine looks up from waiting for servers, to store what others have parsed."""
OFFLINE_PAUSE = timedelta(minutes=5)
"""Until the next try where no host at all could be reached: the fault is likely ours (N16)."""

Watch = Callable[[Outcome, int], None]


def scan(
    config: Config,
    store: Store,
    *,
    clock: datetime,
    feeds: Sequence[Feed] | None = None,
    refetch: bool = False,
    retry_gone: bool = False,
    watch: Watch = lambda outcome, new: None,
) -> Report:
    """Walk from the feeds (all, or these) to the store: fetch what is due, judge what is new.

    `clock` is the wall clock, which servers are asked by. `watch` sees each feed's outcome with the
    number of posts that were new in it. What is worth a reply is for `queue.pick` to say.
    """
    from scanner import fetch

    rejudge(config, store)
    walk = _Walk(config, store, clock, watch)
    outcomes = fetch.fetch(
        config.feeds if feeds is None else feeds,
        walk.before,
        store.host_states(clock),
        now=clock,
        workers=config.workers,
        contact=config.contact,
        refetch=refetch,
        retry_gone=retry_gone,
        heartbeat=HEARTBEAT,
    )
    with closing(outcomes), closing(walk):
        for outcome in outcomes:
            walk.take(outcome)
        walk.finish()
        return walk.report()


def judge(post: Post, matcher: Matcher, own: Phrases | None = None) -> list[Judged]:
    """Walk one post through match, language, score and reasons: one judgement per brand.

    `own` are the phrases of the config's [reasons]. A post that is still to be read names nobody.
    """
    from scanner import match

    if post.body is not None:
        return []

    found = match.find(post, matcher)
    if not found:
        return []
    from scanner import language, reasons, score

    told = language.identify(f"{post.title}\n{post.text}", post.language)
    post = replace(post, language=told)
    return [reasons.assign(score.score(replace(one, post=post)), own) for one in found]


def rejudge(config: Config, store: Store) -> bool:
    """Judge every stored post again if the brands or the program changed since the last time.

    Posts of feeds that are not in the config count too: they may come back.
    """
    rules = fingerprint(config)
    if store.rules() in (None, rules):
        return False
    from scanner.hands import opened

    matcher, own = _matcher(config), _own(config)
    posts = (opened(post, matcher) for post in store.posts())
    store.rejudge(rules, (one for post in posts for one in judge(post, matcher, own)))
    return True


def fingerprint(config: Config) -> str:
    """What judgements depend on: brands, which feeds are about which, [reasons], model, version.

    Not on [rank]: ranking is done on every look.
    """
    from scanner import model

    about = sorted((feed.url, feed.about) for feed in config.feeds if feed.about)
    rules = (__version__, model.digest(), config.brands, about, config.reasons)
    return sha256(repr(rules).encode()).hexdigest()[:16]


def explain(config: Config, store: Store, feed: Feed) -> Iterator[tuple[Post, list[Explanation]]]:
    """Say of each stored post of a feed why it matched or did not."""
    from scanner import match, parse

    matcher = _matcher(config)
    for post in map(parse.read, store.posts(feed_urls=[feed.url])):
        yield post, match.explain(post, matcher)


def health(
    feeds: Sequence[Feed], report: Report, states: Mapping[str, FeedState], clock: datetime
) -> tuple[ExitCode, list[Feed]]:
    """Tell which feeds do not work now, and the exit code that says so.

    A feed that rests after a failure or a refusal counts as long as it has not worked again.
    """
    failed = {one.feed.url for one in report.failed}
    ill = [f for f in feeds if f.url in failed or _is_ill(states.get(f.url), clock)]
    if not ill:
        return ExitCode.OK, ill
    return ExitCode.FAILED if len(ill) == len(feeds) else ExitCode.SOME_FEEDS, ill


def _is_ill(state: FeedState | None, clock: datetime) -> bool:
    return state is not None and bool(
        state.failures or state.gone or state.error or state.rests(clock)
    )


def refused(deferred: Deferred, clock: datetime) -> bool:
    """Whether the feed was asked in this run, and its server wants to be left alone."""
    return deferred.state is not None and deferred.state.checked_at == clock


# --- from feeds to the store ---------------------------------------------------------------------


def _matcher(config: Config) -> Matcher:
    from scanner import match  # 44 ms that a run in which no feed is due need not pay

    return match.prepare(config.brands, _about(config))


def _about(config: Config) -> dict[str, str]:
    return {feed.url: feed.about for feed in config.feeds if feed.about}


def _own(config: Config) -> Phrases | None:
    from scanner import phrases

    return phrases.compiled(config.reasons)


class _Walk:
    """One run from the feeds to the store: what it has seen so far."""

    def __init__(self, config: Config, store: Store, clock: datetime, watch: Watch) -> None:
        self.before = store.feed_states()
        self._store, self._clock, self._watch = store, clock, watch
        self._config, self._rules = config, fingerprint(config)
        self._fetched = self._unchanged = self._posts = self._matched = self._bodies = 0
        self._hands: Hands | None = None
        self._answered = False
        self._deferred: list[Deferred] = []
        self._failed: list[Failed] = []
        self._warnings: list[str] = []

    @cached_property
    def _matcher(self) -> Matcher:
        return _matcher(self._config)

    @cached_property
    def _own(self) -> Phrases | None:
        return _own(self._config)

    def take(self, outcome: Outcome | None) -> None:
        """Parse, judge and store what became of one feed; None: nothing new from the network."""
        if isinstance(outcome, Fetched):
            self._bodies += 1
            if not self._given_away(outcome):
                self._read(outcome)
        elif outcome is not None:
            self._keep(outcome, ())
        for done in self._hands.ready() if self._hands else ():
            self._understand(*done)

    def finish(self) -> None:
        """Wait for what others still parse."""
        for done in self._hands.rest() if self._hands else ():
            self._understand(*done)

    def close(self) -> None:
        """End whoever still works for this run."""
        if self._hands:
            self._hands.close()

    def _given_away(self, fetched: Fetched) -> bool:
        """Have a document parsed by others, once there are enough for that to be worth it."""
        if self._bodies <= ALONE:
            return False
        if self._hands is None:
            from scanner.hands import Hands

            self._hands = Hands(self._config.brands, _about(self._config))
        return self._hands.take(fetched)

    def _read(self, fetched: Fetched) -> None:
        from scanner.hands import parsed

        self._understand(fetched, parsed(fetched, self._matcher))

    def _understand(self, fetched: Fetched, parsed: Parsed | Failed) -> None:
        """What is no feed becomes a failure that keeps nothing."""
        before = self.before.get(fetched.feed.url) or FeedState(fetched.feed.url)
        if isinstance(parsed, Failed):
            self._keep(replace(parsed, state=self._failed_state(fetched, before, parsed)), ())
            return
        name = fetched.feed.name
        self._warnings += [f"{name}: {warning}" for warning in parsed.warnings]
        if not parsed.posts and before.posts:
            self._warnings.append(f"{name}: the feed has emptied; its posts are kept")
        state = _read_state(fetched.state, parsed)
        self._keep(replace(fetched, body=b"", state=state), parsed.posts)

    def _keep(self, outcome: Outcome, posts: tuple[Post, ...]) -> None:
        self._answered = self._answered or _has_answered(outcome, self._clock)
        new = self._remember(outcome, posts)
        if isinstance(outcome, Failed):
            self._failed.append(outcome)
        elif isinstance(outcome, Deferred):
            self._deferred.append(outcome)
        else:
            self._fetched += isinstance(outcome, Fetched)
            self._unchanged += isinstance(outcome, NotModified)
            self._greet(outcome.feed)
        self._watch(outcome, new)

    def report(self) -> Report:
        """Sum up; where no host could be reached, take back what was noted against the feeds."""
        unreached = [failed for failed in self._failed if failed.offline]
        offline = bool(unreached) and not self._answered
        for failed in unreached if offline else ():
            self._forgive(failed)
        return Report(
            fetched=self._fetched,
            unchanged=self._unchanged,
            deferred=tuple(self._deferred),
            failed=tuple(self._failed),
            offline=offline,
            posts=self._posts,
            matched=self._matched,
            warnings=tuple(self._warnings),
        )

    def _failed_state(self, fetched: Fetched, before: FeedState, failed: Failed) -> FeedState:
        from scanner.fetch.schedule import backoff

        failures = before.failures + 1
        rest = max(backoff(before.url, failures), fetched.feed.policy.every)
        return replace(
            _without_validators(fetched.state),
            ok_at=before.ok_at,
            next_check=self._clock + rest,
            failures=failures,
            failing_since=before.failing_since or self._clock,
            error=failed.why,
            posts=before.posts,
        )

    def _remember(self, outcome: Outcome, posts: Sequence[Post]) -> int:
        """Judge what is new, then store posts, judgements and validators in one transaction."""
        host: HostState | None = getattr(outcome, "host", None)
        if outcome.state is None:
            if host is not None:
                self._store.save_host(host)
            return 0
        judged: list[Judged] = []
        if posts:
            posts = self._store.adopt(_clamped(post, self._clock) for post in posts)
            unjudged = self._store.unjudged(posts)
            judged = [one for post in unjudged for one in judge(post, self._matcher, self._own)]
        new = self._store.save_feed(
            outcome.state, posts, judged, rules=self._rules, now=self._clock, host=host
        )
        self._posts += new
        self._matched += len({one.post.id for one in judged})
        return new

    def _greet(self, feed: Feed) -> None:
        before = self.before.get(feed.url)
        if before is not None and before.error is not None:
            self._warnings.append(f"{feed.name}: works again")

    def _forgive(self, failed: Failed) -> None:
        before = self.before.get(failed.feed.url) or FeedState(failed.feed.url)
        state = replace(
            before,
            checked_at=self._clock,
            next_check=self._clock + OFFLINE_PAUSE,
            error=failed.why,
        )
        self._store.save_feed(state, (), (), rules=self._rules, now=self._clock)


def _has_answered(outcome: Outcome, clock: datetime) -> bool:
    """Whether a host was reached, whatever it said; a file on this machine is none."""
    if outcome.feed.url.startswith("file:"):
        return False
    if isinstance(outcome, Failed):  # what we refused to ask has no new checked_at
        asked = outcome.state is not None and outcome.state.checked_at == clock
        return asked and not outcome.offline
    if isinstance(outcome, Deferred):
        return refused(outcome, clock)
    return True


def _read_state(state: FeedState, parsed: Parsed) -> FeedState:
    state = replace(state, posts=len(parsed.posts))
    # of a partial document the rest must come with the next answer: ask unconditionally (N08)
    return _without_validators(state) if parsed.partial else state


def _without_validators(state: FeedState) -> FeedState:
    return replace(state, etag=None, last_modified=None, body_hash=None, complete_at=None)


def _clamped(post: Post, clock: datetime) -> Post:
    """A post from the future counts as of now, or it would stay on top until then (X10)."""
    if post.published is not None and post.published > clock:
        return replace(post, published=clock)
    return post
