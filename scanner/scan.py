"""The spine: the only place that knows the order of the street, with `queue`, its second half.

In: a Config and an open Store. Out: a Report, and everything else in the store.
fetch -> parse (in `hands`) -> adopt known posts -> judge (in `judgement`) -> store, and then, in
`queue`, from the store: cluster -> rank. The queue is clustered and ranked anew each time, because
ages change.

Touches: the network, the disk (through fetch and store).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from typing import TYPE_CHECKING

from scanner import judgement
from scanner.errors import ExitCode, StoreError
from scanner.judgement import explain, fingerprint, rejudge
from scanner.notices import is_ill, was_refused, why_waits
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
    from scanner.match import Matcher
    from scanner.phrases import Phrases
    from scanner.store import Store

__all__ = ["explain", "fingerprint", "health", "rejudge", "scan"]

ALONE = 8
"""Documents that the spine parses itself before it takes others along: a process that starts costs
as much as ten."""
MANY = 40
"""Feeds never read before, from which others are called before the first has answered."""
TOGETHER = 200
"""Feeds without news that are saved in one transaction; killed before that, they are asked again,
with the same conditions."""
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
    from scanner.config import resolve

    rejudged = rejudge(config, store)
    walk = _Walk(config, store, clock, watch)
    walk.expect(config.feeds if feeds is None else feeds)
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
        resolve=partial(resolve, others=config.feeds),
    )
    with closing(outcomes), closing(walk):
        for outcome in outcomes:
            walk.take(outcome)
        walk.finish()
        return replace(walk.report(), rejudged=rejudged)


def health(
    feeds: Sequence[Feed],
    report: Report,
    states: Mapping[str, FeedState],
    hosts: Mapping[str, HostState],
    clock: datetime,
) -> ExitCode:
    """Give the exit code that says how many feeds do not work now.

    A feed that failed or was refused counts as long as it has not worked again, also while it
    rests; one that was never asked counts while its host rests, not while it waits for its turn.
    """
    failed = {one.feed.url for one in report.failed}
    for one in report.deferred:
        state = states.get(one.feed.url)
        if state is None or state.checked_at is None:
            failed |= {one.feed.url} if why_waits(one, state, hosts, clock) == "resting" else set()
    ill = sum(feed.url in failed or is_ill(states.get(feed.url), clock) for feed in feeds)
    if not ill:
        return ExitCode.OK
    return ExitCode.FAILED if ill == len(feeds) else ExitCode.SOME_FEEDS


# --- from feeds to the store ---------------------------------------------------------------------


class _Walk:
    """One run from the feeds to the store: what it has seen so far."""

    def __init__(self, config: Config, store: Store, clock: datetime, watch: Watch) -> None:
        self.before = store.feed_states()
        self._store, self._clock, self._watch = store, clock, watch
        self._config, self._rules = config, fingerprint(config)
        self._fetched = self._unchanged = self._posts = self._matched = self._bodies = 0
        self._hands: Hands | None = None
        self._unchanged_states: list[FeedState] = []
        self._answered = False
        self._deferred: list[Deferred] = []
        self._failed: list[Failed] = []
        self._warnings: list[str] = []
        self._known_warnings: list[str] = []

    @cached_property
    def _matcher(self) -> Matcher:
        return judgement.matcher_of(self._config)

    @cached_property
    def _own(self) -> Phrases | None:
        return judgement.own_of(self._config)

    def expect(self, feeds: Sequence[Feed]) -> None:
        """Call others at once where many feeds were never read: there will be much to parse."""
        unread = sum(feed.url not in self.before for feed in feeds)
        if unread >= MANY:
            self._call()

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
        self._save_unchanged()

    def close(self) -> None:
        """End whoever still works for this run, and keep what is known."""
        if self._hands:
            self._hands.close()
        with suppress(StoreError):  # whoever could not save before has said so
            self._save_unchanged()

    def _save_unchanged(self) -> None:
        states, self._unchanged_states = self._unchanged_states, []
        if states:
            self._store.save_unchanged(states)

    def _given_away(self, fetched: Fetched) -> bool:
        """Have a document parsed by others, once there are enough for that to be worth it."""
        if self._hands is None and self._bodies > ALONE:
            self._call()
        return self._hands is not None and self._hands.take(fetched)

    def _call(self) -> None:
        from scanner.hands import Hands

        self._hands = Hands(self._config.brands, judgement.about(self._config))

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
        state = _read_state(fetched.state, parsed)
        known = state.warned == before.warned
        told = self._known_warnings if known else self._warnings
        told += [f"{name}: {warning}" for warning in parsed.warnings]
        if not parsed.posts and before.posts:
            self._warnings.append(f"{name}: the feed has emptied; its posts are kept")
        from scanner.fetch.schedule import paced

        state = paced(state, parsed.rhythm)
        self._keep(replace(fetched, body=b"", state=state), parsed.posts)

    def _keep(self, outcome: Outcome, posts: tuple[Post, ...]) -> None:
        outcome = self._noted(outcome)
        self._answered = self._answered or _has_answered(outcome, self._clock)
        new = self._remember(outcome, posts)
        if isinstance(outcome, Failed):
            self._failed.append(outcome)
        elif isinstance(outcome, Deferred):
            self._deferred.append(outcome)
        else:
            self._fetched += isinstance(outcome, Fetched)
            self._unchanged += isinstance(outcome, NotModified)
            self._greet(outcome)
        self._watch(outcome, new)

    def _noted(self, outcome: Outcome) -> Outcome:
        """Note since when a feed does not work; whether that was told is for who tells it."""
        state, before = outcome.state, self.before.get(outcome.feed.url)
        if state is None:
            return outcome
        told, since = before.told_at if before else None, state.failing_since
        if isinstance(outcome, Failed) or self._has_refused(outcome, before):
            since = (before.failing_since if before else None) or self._clock
        if (state.told_at, state.failing_since) == (told, since):
            return outcome
        return replace(outcome, state=replace(state, told_at=told, failing_since=since))

    def _has_refused(self, outcome: Outcome, before: FeedState | None) -> bool:
        """Whether a server that was asked wants a rest; not so where a clock was put right."""
        if not isinstance(outcome, Deferred) or outcome.state is None:
            return False
        known = before.checked_at if before else None
        ahead = known is not None and known > self._clock
        return outcome.state.checked_at == self._clock and not ahead

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
            known_warnings=tuple(self._known_warnings),
        )

    def _failed_state(self, fetched: Fetched, before: FeedState, failed: Failed) -> FeedState:
        from scanner.fetch.moves import forgotten
        from scanner.fetch.schedule import backoff

        failures = before.failures + 1
        rest = max(backoff(before.url, failures), fetched.feed.policy.every)
        return replace(
            forgotten(_without_validators(fetched.state)),
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
        if isinstance(outcome, NotModified):
            self._unchanged_states.append(outcome.state)
            if len(self._unchanged_states) >= TOGETHER:
                self._save_unchanged()
            return 0
        judged: list[Judged] = []
        if posts:
            posts = self._store.adopt(_clamped(post, self._clock) for post in posts)
            unjudged = self._store.unjudged(posts)
            judged = [one for post in unjudged for one in self._judged(post)]
        new = self._store.save_feed(
            outcome.state, posts, judged, rules=self._rules, now=self._clock, host=host
        )
        self._posts += new
        self._matched += len({one.post.id for one in judged})
        return new

    def _judged(self, post: Post) -> list[Judged]:
        return judgement.judge(post, self._matcher, self._own)

    def _greet(self, outcome: Fetched | NotModified) -> None:
        """Say what has changed for good."""
        from scanner.fetch import moves
        from scanner.text import redact

        feed, before = outcome.feed, self.before.get(outcome.feed.url)
        if moved := moves.notice(before, outcome.state):
            self._warnings.append(f"{feed.name}: {redact(moved, feed.url)}")

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
        return was_refused(outcome, clock)
    return True


def _read_state(state: FeedState, parsed: Parsed) -> FeedState:
    state = replace(state, posts=len(parsed.posts), warned=_hash(parsed.warnings))
    # of a partial document the rest must come with the next answer: ask unconditionally (N08)
    return _without_validators(state) if parsed.partial else state


def _hash(warnings: Sequence[str]) -> str | None:
    """Tell warnings apart but for their numbers: with each new post "item 7" becomes "item 8"."""
    said = re.sub("[0-9]+", "", "\n".join(warnings))
    return sha256(said.encode("utf-8", "replace")).hexdigest()[:16] if said else None


def _without_validators(state: FeedState) -> FeedState:
    return replace(state, etag=None, last_modified=None, body_hash=None, complete_at=None)


def _clamped(post: Post, clock: datetime) -> Post:
    """A post from the future counts as of now, or it would stay on top until then (X10)."""
    if post.published is not None and post.published > clock:
        return replace(post, published=clock)
    return post
