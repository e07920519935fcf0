"""What a person decided: actions that are saved whole, taken back whole, and never forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import StoreError
from scanner.store import Event, Store, Undone, Work, connect

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C = "a" * 12, "b" * 12, "c" * 12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scanner.db"


@pytest.fixture
def store(path: Path):
    with connect(path) as opened:
        yield opened


def stands(store: Store, *ids: str, now: datetime = NOW) -> dict[str, Work]:
    """How records stand, without the numbers of the actions that brought them there."""
    found = store.work(ids or (A, B, C), now)
    return {
        id_: replace(one, decided=None, assigned=None, tagged=None) for id_, one in found.items()
    }


def whats(store: Store, id_: str = A) -> list[str]:
    return [event.what + " undone" * event.undone for event in store.history(id_)]


# --- one action, one step of undo -----------------------------------------------------------------


def test_every_kind_of_decision_stands_beside_the_others(store):
    """Status, owner and tags are kept apart: one changes nothing of the other two."""
    store.decide([A], "snoozed", until=NOW + DAY, now=NOW)
    store.assign([A], "Ann", NOW)
    store.tag([A], ["refund", "vip"], [], NOW)
    store.tag([A], ["b2b"], ["vip", "never there"], NOW)
    assert stands(store, A)[A] == Work("snoozed", NOW + DAY, "Ann", ("b2b", "refund"))
    store.assign([A], None, NOW)
    store.decide([A], "open", now=NOW)
    assert stands(store, A)[A] == Work("open", None, None, ("b2b", "refund"))
    assert [(e.what, e.detail) for e in store.history(A)] == [
        ("snoozed", "2026-11-21T12:00:00.000000Z"),
        ("assigned", "Ann"),
        ("tagged", "+refund +vip"),
        ("tagged", "+b2b -vip"),
        ("assigned", None),
        ("open", None),
    ]


def test_undo_takes_back_all_records_of_an_action_and_then_the_one_before(store):
    """Each comes back to what it was, not to one common state; a third undo has nothing to do."""
    store.decide([A], "ignored", now=NOW)
    store.decide([A, B], "done", now=NOW + DAY)
    assert store.undo(NOW + 2 * DAY) == Undone("done", (A, B), NOW + DAY)
    assert stands(store, A, B) == {A: Work("ignored"), B: Work("new")}
    assert store.undo(NOW + 3 * DAY) == Undone("ignored", (A,), NOW)
    assert stands(store, A, B) == {A: Work("new"), B: Work("new")}
    assert store.undo(NOW) is None
    assert not store.undoable()


def test_a_decision_after_an_undo_is_the_next_to_go(store):
    """Undo goes by what still stands: the new one first, then what was left of the old."""
    store.decide([A], "done", now=NOW)
    store.decide([A], "ignored", now=NOW)
    store.undo(NOW)
    store.decide([A], "snoozed", until=NOW + DAY, now=NOW)
    assert [undone.what for undone in iter(lambda: store.undo(NOW), None)] == ["snoozed", "done"]
    assert stands(store, A)[A] == Work("new")


def test_a_note_that_was_taken_back_stays_in_the_history(store):
    """Nothing is taken out: the note, marked, and the line that took it back."""
    store.note([A, B], "refunded \ud800", NOW)
    store.undo(NOW + DAY)
    assert store.history(A) == [
        Event(NOW, "note", "refunded \ufffd", undone=True),
        Event(NOW + DAY, "undone", "note"),
    ]
    assert whats(store, B) == ["note undone", "undone"]


def test_what_was_shown_is_no_action(store):
    """Undo passes over it, and leaves it."""
    store.decide([A], "done", now=NOW)
    store.mark_shown([A, B], NOW + DAY)
    assert store.undo(NOW + 2 * DAY) == Undone("done", (A,), NOW)
    assert stands(store, A, B) == {A: Work("open"), B: Work("open")}
    assert store.undo(NOW) is None


def test_an_undone_decision_leaves_a_record_as_new_as_it_was(store):
    """Never shown, then decided, then taken back: the next scan shows it."""
    store.tag([A], ["vip"], [], NOW)
    assert stands(store, A)[A] == Work("new", tags=("vip",))
    store.undo(NOW)
    assert stands(store, A)[A] == Work("new")


def test_deciding_what_stands_already_is_no_action(store):
    """A script that runs twice does not make undo a step that nobody sees."""
    assert store.decide([A], "done", now=NOW) == 1
    assert store.assign([A], "Ann", NOW) == 2
    assert store.tag([A], ["vip"], [], NOW) == 3
    assert store.decide([A], "done", now=NOW + DAY) is None
    assert store.assign([A], "Ann", NOW) is None
    assert store.tag([A], ["vip"], ["gone"], NOW) is None
    assert store.decide([], "done", now=NOW) is None
    assert whats(store) == ["done", "assigned", "tagged"]
    undone = [store.undo(NOW), store.undo(NOW), store.undo(NOW), store.undo(NOW)]
    assert [one and one.what for one in undone] == ["tagged", "assigned", "done", None]


def test_an_action_is_taken_back_beside_others(store):
    """By its number: it alone goes, with whatever others said since of other things or records."""
    mine = store.decide([A, B], "done", now=NOW)
    store.note([A], "called", NOW)
    store.tag([A], ["vip"], [], NOW)
    store.decide([C], "ignored", now=NOW)
    assert store.undo(NOW, only=mine) == Undone("done", (A, B), NOW)
    assert stands(store) == {A: Work(tags=("vip",)), B: Work(), C: Work("ignored")}
    assert whats(store) == ["done undone", "note", "tagged", "undone"]
    assert store.undo(NOW, only=mine) is None
    assert store.undo(NOW) == Undone("ignored", (C,), NOW)


def test_an_action_that_others_built_on_stays(store):
    """Its number does not take back what somebody decided later on one of its records."""
    mine = store.decide([A, B], "done", now=NOW)
    theirs = store.decide([B], "ignored", now=NOW)
    assert store.undo(NOW, only=mine) is None
    assert stands(store, A, B) == {A: Work("done"), B: Work("ignored")}
    assert store.undo(NOW, only=theirs) == Undone("ignored", (B,), NOW)
    assert store.undo(NOW, only=mine) == Undone("done", (A, B), NOW)
    assert stands(store, A, B) == {A: Work(), B: Work()}


def test_one_id_is_one_record(store):
    """A text is a sequence of its letters; it is taken as the one ID that it is."""
    store.decide(A, "done", now=NOW)
    store.note(A, "text", NOW)
    assert whats(store) == ["done", "note"]
    assert store._database.rows("SELECT DISTINCT id FROM events") == [(A,)]


ACTIONS = st.tuples(
    st.sampled_from(["done", "ignored", "open", "snoozed", "note", "Ann", "Bob", None, "+", "-"]),
    st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3),
)


def act(store: Store, what: Any, ids: list[str], now: datetime) -> int | None:
    """Carry out one of ACTIONS."""
    if what == "snoozed":
        return store.decide(ids, "snoozed", until=now + DAY, now=now)
    if what in ("done", "ignored", "open"):
        return store.decide(ids, what, now=now)
    if what == "note":
        return store.note(ids, "text", now)
    if what in ("+", "-"):
        words = (["vip"], []) if what == "+" else ([], ["vip"])
        return store.tag(ids, *words, now)
    return store.assign(ids, what, now)


@settings(max_examples=25, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=8))
def test_undo_restores_every_state_in_turn(tmp_path_factory, actions):
    """Whatever was done, each undo brings back exactly what stood before that action."""
    with connect(tmp_path_factory.mktemp("undo") / "scanner.db") as store:
        before = []
        for what, ids in actions:
            state = store.work((A, B, C), NOW)
            if act(store, what, ids, NOW):
                before.append(state)
        events = store._database.rows("SELECT count(*) FROM events")[0][0]
        while before:
            assert store.undo(NOW) is not None
            assert store.work((A, B, C), NOW) == before.pop()
        assert store.undo(NOW) is None
        assert store._database.rows("SELECT count(*) FROM events")[0][0] >= events


def test_an_action_that_fails_midway_has_not_happened(path):
    """All records of one command, or none; and no step of undo for it."""
    with connect(path) as store:
        store.decide([A], "done", now=NOW)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            f"""CREATE TRIGGER full BEFORE INSERT ON events WHEN new.id = '{C}'
            BEGIN SELECT CAST(zeroblob(2000000000) AS TEXT) || zeroblob(2000000000); END"""
        )
    with connect(path) as store:
        with pytest.raises(StoreError):
            store.decide([A, B, C], "ignored", now=NOW)
        assert stands(store) == {A: Work("done"), B: Work("new"), C: Work("new")}
        assert store.undo(NOW) == Undone("done", (A,), NOW)


def test_two_people_decide_beside_a_scan(path):
    """A decision needs no lock of the scan's, and reads what another has just written."""
    with (
        connect(path) as scanning,
        connect(path, alone=False) as ann,
        connect(path, alone=False) as bob,
    ):
        ann.decide([A], "done", now=NOW)
        bob.decide([A], "ignored", now=NOW)
        scanning.mark_shown([A], NOW)
        assert ann.undo(NOW) == Undone("ignored", (A,), NOW)
        assert stands(bob, A)[A] == Work("done")
    assert path.exists()


# --- copies that follow their story ---------------------------------------------------------------


def test_what_was_settled_for_a_copy_goes_with_its_action(store):
    """The copy follows; undo of the decision frees it as well; settling itself is no step."""
    store.decide([A], "done", now=NOW)
    store.assign([A], "Ann", NOW)
    store.tag([A], ["vip"], [], NOW)
    story = store.work([A], NOW)[A]
    store.settle([[A, B]], lambda _: {B: story}, NOW + DAY)
    assert stands(store, A, B) == dict.fromkeys((A, B), Work("done", None, "Ann", ("vip",)))
    assert store.undo(NOW) == Undone("tagged", (A, B), NOW)
    assert store.undo(NOW) == Undone("assigned", (A, B), NOW)
    assert stands(store, B)[B] == Work("done")
    assert store.undo(NOW) == Undone("done", (A, B), NOW)
    assert stands(store, A, B) == dict.fromkeys((A, B), Work())
    assert whats(store, B)[:3] == ["done undone", "assigned undone", "tagged undone"]


def test_settling_in_the_midst_of_other_actions_leaves_those_alone(store):
    """Undo gives back single fields: a later tag on the copy neither goes early nor stays."""
    store.decide([A], "done", now=NOW)
    store.tag([B], ["vip"], [], NOW)
    settled = replace(store.work([B], NOW)[B], status="done", decided=1)
    store.settle([[A, B]], lambda _: {B: settled}, NOW)
    assert stands(store, B)[B] == Work("done", tags=("vip",))
    assert store.undo(NOW) == Undone("tagged", (B,), NOW)
    assert stands(store, B)[B] == Work("done")
    assert store.undo(NOW) == Undone("done", (A, B), NOW)
    assert stands(store, B)[B] == Work()


def test_settling_what_is_settled_writes_nothing(store):
    """Run again, it leaves no line."""
    store.decide([A], "snoozed", until=NOW + DAY, now=NOW)
    story = store.work([A], NOW)[A]
    store.settle([[A, B]], lambda _: {B: story}, NOW)
    store.settle([[A, B]], lambda _: {B: story}, NOW)
    assert whats(store, B) == ["snoozed"]
    assert stands(store, B)[B] == Work("snoozed", NOW + DAY)


def test_what_is_settled_is_told_by_how_it_stands_when_it_is_written(store):
    """Not by what the caller has read before: a person may have decided since."""
    store.decide([A], "done", now=NOW)
    seen: list[Mapping[str, Work]] = []

    def following(found: Mapping[str, Work]) -> Mapping[str, Work]:
        seen.append(found)
        return {}

    store.settle([[A, B], [C]], following, NOW)
    assert seen == [store.work([A, B], NOW), store.work([C], NOW)]
    assert whats(store, B) == []


def test_who_was_woken_and_seen_was_put_off_all_the_same(store):
    """The number of that action stays with the record, and so does its place among others."""
    store.decide([B], "done", now=NOW)
    number = store.decide([A], "snoozed", until=NOW + DAY, now=NOW)
    store.mark_shown([A], NOW + 2 * DAY)
    assert store.work([A], NOW + 2 * DAY)[A] == Work("open", decided=number)


# --- what is asked of it --------------------------------------------------------------------------


def test_what_sleeps_is_known_until_it_is_decided(store):
    """Asleep, awake, and seen since: all come back; what was decided afterwards does not."""
    for id_ in (A, B, C):
        store.decide([id_], "snoozed", until=NOW + DAY, now=NOW)
    store.mark_shown([B], NOW + 2 * DAY)
    store.decide([C], "done", now=NOW + 2 * DAY)
    assert store.snoozed(NOW) == [A, B]
    assert store.snoozed(NOW + DAY) == []
    later = {A: Work("new"), B: Work("open"), C: Work("done")}
    assert stands(store, now=NOW + 2 * DAY) == later


def test_owners_and_tags_that_are_in_use(store):
    """Everyone once, in order; what nobody has any more is not among them."""
    store.assign([A, B], "Zoe", NOW)
    store.assign([C], "Ann", NOW)
    store.tag([A, B], ["vip", "b2b"], [], NOW)
    store.tag([B], [], ["b2b", "vip"], NOW)
    assert (store.owners(), store.tags()) == (["Ann", "Zoe"], ["b2b", "vip"])
    store.assign([A, B, C], None, NOW)
    store.tag([A], [], ["b2b", "vip"], NOW)
    assert (store.owners(), store.tags()) == ([], [])
