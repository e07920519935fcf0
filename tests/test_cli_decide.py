"""What a person decides from the command line: on one post, many, or all that fit a filter."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from scanner.store import Store, connect
from tests.conftest import Cli, rss

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AS_OF = ("--now", "2026-11-20T12:00:00Z")
WHATS = (("lost my order", 2), ("crashes all the time", 150), ("is slow", 300))


def post(what, hours, **more):
    return {
        "title": f"Acme {what}",
        "text": f"<p>Acme {what} and I am still waiting for an answer.</p>",
        "when": NOW - timedelta(hours=hours),
        "url": f"https://posts.example/{hours}",
        "guid": f"guid-{hours}",
        **more,
    }


POSTS = [post(what, hours) for what, hours in WHATS]


class Queue:
    """`scanner` over a database of three posts; reads what it says, as a person would."""

    def __init__(self, cli: Cli, config, database):
        self.cli, self.config, self.database = cli, config, database
        self.globals = ("-v", "-c", config, "--db", database)

    def __call__(self, *words, **more):
        return self.cli(*self.globals, *words, *(() if "--now" in words else AS_OF), **more)

    def rows(self, *options):
        ran = self("list", "-n", "0", "--format", "jsonl", *options)
        assert ran.code == 0, ran.err
        return {row["title"].removeprefix("Acme "): row for row in ran.rows}

    def listed(self, *options):
        return sorted(self.rows(*options))

    @property
    def ids(self):
        rows = self.rows("--status", "all")
        return [rows[what]["id"] for what, _ in WHATS if what in rows]

    def work(self, *ids, now=NOW):
        with connect(self.database, write=False) as store:
            found = store.work(ids or self.ids, now)
            return [(one.status, one.owner, one.tags) for one in found.values()]

    def whats(self, id_):
        return [json.loads(line)["what"] for line in self.history(id_)]

    def history(self, id_):
        ran = self.cli(*self.globals, "history", id_, "--format", "jsonl")
        assert ran.code == 0, ran.err
        return ran.out.splitlines()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A folder with a config and a database that was scanned once."""
    cli = Cli(tmp_path_factory.mktemp("scanned"))
    cli.write("feed.xml", rss(POSTS))
    path = cli.config("feed.xml")
    ran = cli("-q", "--db", cli.folder / "scanner.db", "-c", path, "scan", *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    return cli.folder


@pytest.fixture
def queue(scanned, tmp_path, monkeypatch):
    """The queue in a database of this test's own, for what fetches nothing."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(scanned / "scanner.db", tmp_path)
    return Queue(Cli(tmp_path), scanned / "scanner.toml", tmp_path / "scanner.db")


class Fed(Queue):
    """A queue whose feeds may change."""

    def scan(self, *posts, other=None, now="2026-11-20T12:00:00Z", **config):
        """Scan what the feeds hold by now; gives the titles of what is shown."""
        self.cli.write("feed.xml", rss(posts))
        if other:
            self.cli.write("other.xml", rss(other, title="Other"))
        self.cli.config("feed.xml", *(["other.xml"] if other else []), **config)
        ran = self("scan", "--format", "jsonl", "--now", now)
        assert ran.code == 0, ran.err
        return [row["title"].removeprefix("Acme ") for row in ran.rows]


@pytest.fixture
def fed(cli):
    """A queue in a folder of its own, with nothing scanned yet."""
    return Fed(cli, cli.folder / "scanner.toml", cli.folder / "scanner.db")


LOST, CRASH, SLOW = (what for what, _ in WHATS)


# --- on IDs ---------------------------------------------------------------------------------------


def test_every_decision_takes_many_ids(queue):
    """Each on two posts at once, and the third left alone."""
    one, two, three = queue.ids
    for command in (
        ("done",),
        ("ignore",),
        ("snooze", "--for", "2h"),
        ("reopen",),
        ("assign", "--to", "  Ann   Lee "),
        ("tag", "--add", "#Refund", "--add", "b2b", "--add", "REFUND"),
    ):
        assert queue(command[0], one[:6], two, one, *command[1:]).code == 0
    assert queue("note", one, two, "called them").code == 0
    expected = ("open", "Ann Lee", ("b2b", "refund"))
    assert queue.work() == [expected, expected, ("open", None, ())]
    whats = ["shown", "done", "ignored", "snoozed", "open", "assigned", "tagged", "note"]
    assert queue.whats(one) == queue.whats(two) == whats
    assert queue.whats(three) == ["shown"]


def test_ids_come_from_stdin_in_every_shape_that_list_prints(queue):
    """First words of lines, JSON Lines, a JSON array; empty lines are none."""
    one, two, three = queue.ids
    assert queue("done", "-", stdin=f"{one[:8]}  Acme lost it\n\n  {two} x\n").code == 0
    assert queue.work() == [("done", None, ()), ("done", None, ()), ("open", None, ())]
    lines = queue("list", "--status", "done", "--format", "jsonl").out
    assert queue("reopen", "-", stdin=lines).code == 0
    assert {status for status, *_ in queue.work()} == {"open"}
    array = queue("list", "--format", "json", "--search", "slow").out
    assert queue("ignore", "-", stdin=array).code == 0
    assert [status for status, *_ in queue.work()] == ["open", "open", "ignored"]
    assert queue("tag", "-", "--add", "x", stdin=f"{one[:8]} {two}\n").code == 0
    assert [tags for _, _, tags in queue.work(one, two)] == [("x",), ("x",)]
    assert queue("assign", three, "-", "--to", "Ann", stdin=one).code == 0
    assert [owner for _, owner, _ in queue.work()] == ["Ann", None, "Ann"]


@pytest.mark.parametrize(
    "stdin",
    ["{nothing", '{"id": 7}', "[1, 2]", '["a"]', "[" * 100_000, '{"ids": "x"}', "zzzz", b"\xff"],
)
def test_what_is_no_id_on_stdin_changes_nothing(queue, stdin):
    """Exit 2, and not even the good IDs before it are decided on."""
    before = queue.work()
    ran = queue("done", queue.ids[0], "-", stdin=stdin)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert queue.work() == before


def test_an_empty_list_on_stdin_is_nothing_to_do(queue):
    """`scanner list … | scanner done -` with nothing listed has done all there was."""
    ran = queue("done", "-", stdin="\n")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing is changed" in ran.err
    assert queue("undo").code == 1


def test_a_typo_among_the_ids_changes_nothing(queue):
    """For each command: exit 2, the wrong ID named, no trace in any history."""
    one, two, _ = queue.ids
    for command in (
        ("done",), ("ignore",), ("snooze",), ("reopen",), ("assign", "--to", "x"),
        ("tag", "--add", "x"),
    ):  # fmt: skip
        ran = queue(command[0], one, "ffffffffffff", two, *command[1:])
        assert ran.code == 2
        assert "ffffffffffff" in ran.err
    assert queue("note", one, "ffffffffffff", "text").code == 2
    assert queue.whats(one) == queue.whats(two) == ["shown"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("done",), "give one or more IDs"),
        (("done", "--owner", "none"), "add --all-matching"),
        (("done", "ID", "--owner", "none"), "add --all-matching"),
        (("done", "--all-matching"), "--all-matching needs a filter"),
        (("done", "ID", "--all-matching", "--owner", "none"), "not both"),
        (("note", "only text"), "give IDs, and behind them the text"),
        (("note", "ID", " "), "the text is empty"),
        (("note", "ID", "no", "quotes"), "too short"),
        (("assign", "ID"), "--to NAME or --nobody"),
        (("assign", "ID", "--to", "x", "--nobody"), "--to NAME or --nobody"),
        (("assign", "ID", "--to", "None"), "use --nobody"),
        (("assign", "ID", "--to", " "), "expected a name"),
        (("assign", "ID", "--to", "x" * 61), "expected a name"),
        (("assign", "ID", "--to", "a\x1b[31m"), "expected a name"),
        (("tag", "ID"), "--add WORD or --remove WORD"),
        (("tag", "ID", "--add", "a", "--remove", "A"), "both added and removed"),
        (("tag", "ID", "--add", "two words"), "expected a word"),
        (("tag", "ID", "--add", "#"), "expected a word"),
        (("tag", "ID", "--add", "a,b"), "expected a word"),
        (("tag", "ID", "--add", "x" * 41), "expected a word"),
        (("tag", "ID", "--add", "x" * 1_000_000), "expected a word"),
        (("snooze", "ID", "--for", "0s"), "needs a length"),
        (("snooze", "ID", "--until", "2026-11-20T12:00"), "is over"),
        (("snooze", "ID", "--until", "2026-11-20"), "is over"),
        (("snooze", "ID", "--until", "soon"), "--until: expected a time"),
        (("snooze", "ID", "--until", "2027-01-01", "--for", "1d"), "not both"),
    ],
)
def test_what_makes_no_sense_is_refused(queue, words, said):
    """Exit 2, what was expected, and nothing changed."""
    id_ = queue.ids[0]
    ran = queue(*(id_ if word == "ID" else word for word in words))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert queue.whats(id_) == ["shown"]


@pytest.mark.parametrize(
    ("option", "last", "first"),
    [
        (("--until", "2026-12-01T09:00"), "2026-12-01T08:59:59Z", "2026-12-01T09:00:00Z"),
        (("--until", "2026-12-01"), "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
        (("--until", "2026-12-01T09:00+02:00"), "2026-12-01T06:59:59Z", "2026-12-01T07:00:00Z"),
        (("--for", "3d"), "2026-11-23T11:59:59Z", "2026-11-23T12:00:00Z"),
        ((), "2026-11-21T11:59:59Z", "2026-11-21T12:00:00Z"),
    ],
)
def test_a_snooze_ends_when_it_was_said_to(queue, option, last, first):
    """To the second; a time without a zone is UTC."""
    (id_, *_) = queue.ids
    assert queue("snooze", id_, *option).code == 0
    assert LOST not in queue.listed("--now", last)
    assert LOST in queue.listed("--now", first)


def test_what_was_done_is_told_at_a_terminal_and_to_nobody_else(queue):
    """One line on stderr, with the way back; cron mails nothing."""
    one, two, three = queue.ids
    quiet = queue.globals[1:]
    assert queue("done", one).err == f"done: {one}; scanner undo takes it back\n"
    assert "nothing to change" in queue("done", one).err
    told = queue("snooze", one, two, three, "--until", "2026-12-01").err
    expected = (
        f"snoozed until 2026-12-01 00:00 UTC: {one} {two} {three}; scanner undo takes it back\n"
    )
    assert told == expected
    ran = queue.cli(*quiet, "done", two)
    assert (ran.code, ran.out, ran.err) == (0, "", "")


# --- on all that fit ------------------------------------------------------------------------------


def test_filters_choose_what_is_decided_on(queue):
    """Off a terminal nothing is asked; what is left is the rest."""
    assert queue("tag", "--all-matching", "--older-than", "1d", "--add", "stale").code == 0
    assert queue.listed("--tag", "stale") == sorted([CRASH, SLOW])
    assert queue("done", "--all-matching", "--tag", "stale", "--search", "crash*").code == 0
    assert queue.listed() == sorted([LOST, SLOW])
    assert queue("reopen", "--all-matching", "--tag", "stale").code == 0
    assert queue.listed() == sorted([LOST, CRASH, SLOW])
    assert queue("note", "--all-matching", "--owner", "none", "for Monday").code == 0
    assert all(queue.whats(id_)[-1] == "note" for id_ in queue.ids)
    assert "no post fits" in queue("done", "--all-matching", "--tag", "none-has-it").err
    assert queue("undo").code == 0  # all notes at once
    assert all(queue.whats(id_)[-1] == "undone" for id_ in queue.ids)


def test_all_matching_takes_more_than_a_page(cli):
    """The limit of the list is none of what fits."""
    cli.write("feed.xml", rss([post(f"lost my {n}th parcel in {n} days", n) for n in range(30)]))
    cli.config("feed.xml", more="[scanner]\nlimit = 5\n")
    cli("-q", "scan", *AS_OF)
    assert len(cli("list", "--format", "jsonl", *AS_OF).rows) == 5
    assert cli("done", "--all-matching", "--brand", "Acme", *AS_OF).code == 0
    assert cli("list", "--format", "jsonl", *AS_OF).rows == []


def test_filters_need_the_config(queue):
    """With only a database nobody knows which brands and feeds are meant."""
    ran = queue.cli("--db", queue.database, "done", "--all-matching", "--owner", "none")
    assert ran.code == 2
    assert "need the config" in ran.err


def at_terminal(queue, *words, answer):
    """Run a command in a pseudo-terminal and answer its question; gives code and screen."""
    leader, follower = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "scanner", *map(str, queue.globals[1:]), *words, *AS_OF],
        stdin=follower, stdout=follower, stderr=follower, cwd=queue.cli.folder,
        env={**os.environ, **queue.cli.environ},
    )  # fmt: skip
    os.close(follower)
    seen, end = "", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.05)[0]:
            try:
                seen += os.read(leader, 65536).decode()
            except OSError:
                break
        elif run.poll() is not None:
            break
        if answer is not None and "[y/N]:" in seen:
            os.write(leader, f"{answer}\n".encode())
            answer = None
    code = run.wait(timeout=30)
    os.close(leader)
    return code, seen


def test_at_a_terminal_all_matching_asks_first(queue):
    """How many, which, and then: no is no, yes is yes, --yes asks nothing."""
    words = ("done", "--all-matching", "--owner", "none")
    code, seen = at_terminal(queue, *words, answer="n")
    assert code == 1
    assert "done: 3 posts" in seen
    assert f"{queue.ids[0]}  Acme lost my order" in seen
    assert "nothing is changed" in seen
    assert len(queue.listed()) == 3

    code, seen = at_terminal(queue, *words, answer="y")
    assert code == 0
    assert "scanner undo takes it back" in seen
    assert queue.listed() == []

    code, seen = at_terminal(
        queue, "reopen", "--all-matching", "--status", "all", "-y", answer=None
    )
    assert code == 0
    assert "[y/N]" not in seen
    assert len(queue.listed()) == 3


# --- undo -----------------------------------------------------------------------------------------


def test_undo_goes_back_one_command_at_a_time(queue):
    """Each with all its posts; it says what it took back, and when there is nothing more."""
    one, two, three = queue.ids
    queue("done", one, two)
    queue("assign", two, three, "--to", "Ann")
    queue("ignore", two)

    ran = queue("undo")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"taken back: ignored of 2026-11-20 12:00 on {two}\n"
    assert queue.work() == [("done", None, ()), ("done", "Ann", ()), ("open", "Ann", ())]
    assert queue("undo").err == f"taken back: assigned of 2026-11-20 12:00 on {two} and 1 more\n"
    assert queue("undo").code == 0
    assert queue.work() == [("open", None, ())] * 3
    ran = queue("undo")
    assert ran.code == 1
    assert "there is no decision to take back" in ran.err


def test_undo_without_a_database_makes_none(cli):
    """Exit 1, and no file."""
    cli.config("feed.xml")
    ran = cli("--db", "new.db", "undo")
    assert (ran.code, ran.out) == (1, "")
    assert not (cli.folder / "new.db").exists()


def test_history_and_show_keep_what_was_taken_back(queue):
    """Both lines stay; a note that was taken back is no note any more."""
    (id_, *_) = queue.ids
    queue("note", id_, "keep \x1b[31mthis")
    queue("note", id_, "not this")
    queue("undo")
    queue("assign", id_, "--to", "Ann")
    queue("assign", id_, "--nobody")
    queue("tag", id_, "--add", "vip")
    queue("snooze", id_, "--until", "2026-12-01T09:00")
    queue("reopen", id_)

    lines = [f"2026-11-20 12:00 {line}" for line in (
        "shown", "note: keep \\x1b[31mthis", "note: not this (taken back)", "took back: note",
        "assigned to Ann", "assigned to nobody", "tagged +vip", "snoozed until 2026-12-01 09:00",
        "reopened",
    )]  # fmt: skip
    told = queue.cli(*queue.globals, "history", id_).out.splitlines()
    assert [line for line in told if "keep" not in line] == lines[:1] + lines[2:]
    assert "\x1b" not in "".join(told)

    shown = queue("show", id_).out
    assert "#vip" in shown.split("History")[0]
    history, notes = shown.split("History")[1].split("Notes")
    assert "not this (taken back)" in history
    assert "keep" in notes
    assert "not this" not in notes

    record = json.loads(queue.history(id_)[2])
    assert record == {
        "at": "2026-11-20T12:00:00Z", "what": "note", "detail": "not this", "undone": True,
    }  # fmt: skip
    assert queue.cli(*queue.globals, "history", id_, "--format", "csv").code == 2


# --- what decisions survive -----------------------------------------------------------------------


def decided(fed):
    """Status, owner and tags of the one story in the queue, as `list` tells them."""
    (row,) = fed.rows("--status", "all").values()
    with connect(fed.database, write=False) as store:
        one = store.work([row["id"]], NOW)[row["id"]]
    return row["status"], one.owner, one.tags


DECIDED = ("ignored", "Ann", ("vip",))


@pytest.fixture
def one_decided(fed):
    """One post that somebody ignored, assigned and tagged."""
    fed.scan(POSTS[0])
    (id_,) = fed.ids
    fed("ignore", id_)
    fed("assign", id_, "--to", "Ann")
    fed("tag", id_, "--add", "vip")
    assert decided(fed) == DECIDED
    return fed


def test_decisions_survive_a_changed_config(one_decided):
    """Other rules judge everything anew; what a person said stays, for list and after a scan."""
    one_decided.cli.config("feed.xml", brand='name = "Acme"\naliases = ["Acmeware"]')
    assert decided(one_decided) == DECIDED
    assert one_decided("scan", "--no-fetch").out == ""
    assert decided(one_decided) == DECIDED


def test_a_decision_beside_changed_rules_rejudges_nothing(one_decided):
    """Only the decision is written: the file's judgements are those of the last scan."""
    with connect(one_decided.database, write=False) as store:
        before = store.rules()
    one_decided.cli.config("feed.xml", brand='name = "Acme"\naliases = ["Acmeware"]')
    (id_,) = one_decided.ids
    assert one_decided("done", id_).code == 0
    with connect(one_decided.database, write=False) as store:
        assert store.rules() == before
        assert store.work([id_], NOW)[id_].status == "done"


def test_decisions_survive_an_edit(one_decided):
    """The author rewrites the post: judged anew, decided as before, not shown again."""
    edited = POSTS[0] | {"text": "<p>Acme lost my order, and now the refund as well.</p>"}
    assert one_decided.scan(edited, now="2026-11-20T14:00:00Z") == []
    assert decided(one_decided) == DECIDED


def test_decisions_survive_a_new_guid(one_decided):
    """The feed gives the same post another guid: it is the same post."""
    assert one_decided.scan(POSTS[0] | {"guid": "other"}, now="2026-11-20T14:00:00Z") == []
    assert decided(one_decided) == DECIDED


COPY = post(LOST, 1, url="https://copies.example/1", guid="copy")


@pytest.mark.parametrize("command", [("done",), ("snooze", "--for", "20d"), ("ignore",)])
def test_a_copy_in_another_feed_follows_its_story(fed, command):
    """Not shown, not listed; owner and tags as well; also once the first feed is gone."""
    fed.scan(POSTS[0])
    (id_,) = fed.ids
    for words in (command, ("assign", "--to", "Ann"), ("tag", "--add", "vip")):
        fed(words[0], id_, *words[1:])
    assert fed.scan(POSTS[0], other=[COPY], now="2026-11-20T14:00:00Z") == []
    status, *rest = decided(fed)
    assert status == {"done": "done", "snooze": "snoozed", "ignore": "ignored"}[command[0]]

    fed.cli.config("other.xml")
    assert decided(fed) == (status, "Ann", ("vip",))
    assert fed("scan", "--no-fetch").out == ""
    assert rest == ["Ann", ("vip",)]


def test_undo_frees_the_copies_that_came_later(fed):
    """The copy was settled with its story, and goes back with it; settling was no step."""
    fed.scan(POSTS[0])
    (id_,) = fed.ids
    fed("done", id_)
    assert fed.scan(POSTS[0], other=[COPY], now="2026-11-20T14:00:00Z") == []
    fed("undo")
    assert fed.listed() == [LOST]
    fed.cli.config("other.xml")
    assert fed.listed() == [LOST]
    assert fed("undo").code == 1


def test_a_decision_on_a_story_is_one_step_for_all_copies(fed):
    """Told with their number; undone together; each copy keeps what it was before."""
    fed.scan(POSTS[0], other=[COPY])
    (row,) = fed.rows().values()
    assert row["story"]["size"] == 2
    ran = fed("assign", row["id"], "--to", "Ann")
    assert ran.err == f"assigned to Ann: {row['id']} and 1 copy; scanner undo takes it back\n"
    assert decided(fed)[1] == "Ann"
    assert "and 1 more" in fed("undo").err
    assert decided(fed) == ("open", None, ())


def test_a_decision_is_on_the_story_as_it_is_listed(fed):
    """Posts of feeds that are not in the config make no story with others: another team's feed."""
    other = post("charged me twice", 3)
    bridge = post("charged me twice", 1, url=POSTS[0]["url"], guid="bridge")
    fed.scan(POSTS[0], other, other=[bridge])
    assert len(fed.rows()) == 1
    fed.cli.config("feed.xml")
    rows = fed.rows()
    assert sorted(rows) == ["charged me twice", LOST]
    assert fed("done", rows[LOST]["id"]).err.startswith(f"done: {rows[LOST]['id']}; ")
    assert fed.listed() == ["charged me twice"]


def test_what_one_decides_with_a_config_of_ones_own_is_kept(fed):
    """Its brand was never scanned for; `keep` empties the others' posts all the same."""
    fed.scan(POSTS[0] | {"text": "<p>Acme and Globex have lost it.</p>"}, *POSTS[1:])
    fed.cli.config("feed.xml", brand='name = "Globex"')
    row = fed.rows()[LOST]
    assert row["brand"] == "Globex"
    assert fed("done", row["id"]).code == 0
    with connect(fed.database) as store:
        assert store.prune(NOW) == 2
        assert [one.title for one in store.posts()] == [f"Acme {LOST}"]


def test_whole_ids_are_decided_on_without_judging_anew(queue, monkeypatch):
    """A config that was edited since makes no decision wait until all is judged by it."""
    (id_, *_) = queue.ids
    path = queue.cli.config("feed.xml", brand='name = "Acme"\nexclude = ["bakery"]')
    words = (*queue.globals[:2], path, *queue.globals[3:])
    monkeypatch.setattr("scanner.judgement.rejudge", lambda config, store: pytest.fail("judged"))
    assert queue.cli(*words, "done", id_, *AS_OF).err.startswith(f"done: {id_}; ")
    assert queue.cli(*words, "history", id_.upper()).out.endswith(" done\n")
    assert queue.cli(*words, "open", "--print", id_).out == "https://posts.example/2\n"


def test_all_that_matches_goes_with_its_copies(fed):
    """The copies are those that `list` counts."""
    fed.scan(POSTS[0], other=[COPY])
    ran = fed("done", "--all-matching", "--brand", "Acme")
    assert ran.err.startswith("done: ")
    assert " and 1 copy; " in ran.err
    assert fed.listed() == []


def test_a_decision_meanwhile_is_not_written_over_by_a_scan(fed, monkeypatch):
    """What was undone after the scan has looked stays undone, also for the copies."""
    fed.scan(POSTS[0])
    (id_,) = fed.ids
    fed("done", id_)
    settle = Store.settle

    def undone_just_before(store, *told):
        with connect(fed.database, alone=False) as ann:
            assert ann.undo(NOW)
        settle(store, *told)

    monkeypatch.setattr(Store, "settle", undone_just_before)
    fed.scan(POSTS[0], other=[COPY], now="2026-11-20T14:00:00Z")
    assert fed.listed("--status", "done") == []
    assert len(fed.listed()) == 1


def test_who_was_woken_and_seen_does_not_fall_back_to_what_was_done_before(fed):
    """To put the story off was the last word on it; that its time is over changes no order."""
    late = COPY | {"when": NOW - timedelta(hours=1)}
    fed.scan(POSTS[0], other=[late])
    with connect(fed.database) as store:
        first, second = (one.id for one in store.judged())
        store.decide([first], "done", now=NOW)
        store.decide([second], "snoozed", until=NOW + timedelta(hours=1), now=NOW)
    later = "2026-11-20T14:00:00Z"
    assert len(fed.listed("--now", later)) == 1
    with connect(fed.database) as store:
        store.mark_shown([first, second], NOW + timedelta(hours=2))
    assert len(fed.listed("--now", later)) == 1


def test_the_last_word_on_a_storys_owner_counts(fed):
    """Two posts with two owners become one story: whoever was named last; tags add up."""
    other = post("charged me twice", 3, url=COPY["url"], guid="copy")
    fed.scan(POSTS[0], other=[other])
    rows = fed.rows()
    fed("assign", rows[LOST]["id"], "--to", "Ann")
    fed("assign", rows["charged me twice"]["id"], "--to", "Bob")
    fed("tag", rows[LOST]["id"], "--add", "a")
    fed("tag", rows["charged me twice"]["id"], "--add", "b")
    assert fed.listed("--owner", "ann") == [LOST]

    fed.scan(POSTS[0], other=[COPY | {"guid": "copy"}], now="2026-11-20T14:00:00Z")

    assert fed.listed("--owner", "ann") == []
    assert len(fed.listed("--owner", "bob", "--tag", "a")) == 1
    assert len(fed.listed("--owner", "bob", "--tag", "b")) == 1
    fed("assign", "--all-matching", "--owner", "bob", "--nobody")
    assert len(fed.listed("--owner", "none")) == 1


def test_the_last_word_on_a_storys_status_counts(fed):
    """A copy so late that the first post is none of its copies any more is reopened by itself."""
    first, late = post(LOST, 40 * 24), post(LOST, 2, url="https://copies.example/1", guid="late")
    fed.scan(first, more='[scanner]\nsince = "60d"\n')
    (id_,) = fed.ids
    fed("done", id_)
    assert fed.scan(first, other=[late], more='[scanner]\nsince = "60d"\n') == []
    ((row),) = fed.rows("--status", "done").values()
    assert row["story"]["size"] == 2
    with connect(fed.database, write=False) as store:
        newest = next(one for one in store.judged() if one.post.guid == "late")

    assert fed("reopen", newest.id).code == 0
    assert fed.listed() == [LOST]
    assert fed("undo").code == 0
    assert fed.listed() == []


def test_who_was_woken_is_back_however_old_the_post_is(fed):
    """A snooze longer than the queue reaches back does not lose the post (since is 14 d)."""
    fed.scan(*POSTS)
    (id_, *_) = fed.ids
    fed("snooze", id_, "--for", "30d")
    later, much_later = "2026-12-21T12:00:00Z", "2027-01-20T12:00:00Z"
    assert fed.listed("--now", "2026-12-19T12:00:00Z") == []
    assert fed.listed("--status", "snoozed", "--now", "2026-12-19T12:00:00Z") == [LOST]
    assert fed.listed("--now", later) == [LOST]
    assert fed.listed("--since", "20d", "--now", later) == []
    assert fed.scan(*POSTS, now=later) == [LOST]
    assert fed.scan(*POSTS, now=later) == []
    assert fed.listed("--now", later) == [LOST]
    assert fed.listed("--now", much_later) == []


def test_a_decision_goes_through_beside_a_running_scan(queue):
    """The scan's lock is its own; a decision, and its undo, wait for no more than a transaction."""
    (id_, *_) = queue.ids
    with connect(queue.database) as scanning:
        assert queue("done", id_).code == 0
        assert scanning.work([id_], NOW)[id_].status == "done"
        assert queue("undo").code == 0
        assert scanning.work([id_], NOW)[id_].status == "open"


def test_a_worth_that_nothing_can_have_is_a_mistake(queue):
    """An empty list would look like a quiet day."""
    ran = queue("list", "--min-worth", "50", "--max-worth", "20")

    assert (ran.code, ran.out) == (2, "")
    assert "nothing can be both" in ran.err
