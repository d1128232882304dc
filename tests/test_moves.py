"""Every row of MOVES: who may press it, what stops it, what it asks, what a second press does, and
that it is all or nothing.
"""

import contextlib
import datetime
import re
import shutil
import threading
from typing import NamedTuple

import pytest
from conftest import (
    HANGS,
    HELD,
    ON,
    ROOT,
    START,
    TO_STAGE,
    TODAY,
    Cast,
    agreed,
    answers_for,
    chart_answers,
    dump,
    press,
    ready,
    sqlite_file,
    take_to,
)
from peewee import DateField, IntegrityError

import models as m
import people
import workflow as w
from audit import log as audit_log
from pathway import effects, letters
from pathway import guards as g
from records import questions as q
from records.record import Clash

PEOPLE = (*q.ROLES, "stranger", "gone")
EACH = [pytest.param(mv, id=mv.name) for mv in w.MOVES]
ALL = [*EACH, pytest.param(w.UNDO, id=w.UNDO.name)]


# --- where a move is possible
class Place(NamedTuple):
    """Where a move is possible: the move, the stage, and for moves of the chart the row."""

    move: w.Move
    stage: str
    row: str = None


def places_of(mv):
    """Every place of a move: each of its stages, and for moves of the chart each row."""
    for stage in mv.from_:
        rows = [r.name for r in w.ROWS if r.name in mv.rows and stage in r.stages] or [None]
        yield from (Place(mv, stage, row) for row in rows)


def some(moves):
    """The first place of each of these moves, as cases."""
    return [pytest.param(next(places_of(mv)), id=mv.name) for mv in moves]


PLACES = [
    pytest.param(place, id=f"{mv.name}-{place.stage}-{place.row}")
    for mv in w.MOVES
    for place in places_of(mv)
]
OF_THE_CHART = [mv for mv in w.MOVES if mv.rows]


class Way:
    """Robin, brought to a place. The tests of one place follow one another (conftest.py): the way
    there is walked once for them all.
    """

    def __init__(self, database, people):
        self.database, self.people = database, people
        self.place, self.was, self.steps = None, None, contextlib.ExitStack()

    def bring(self, place):
        """Stand at this place, or nowhere; the placement that is open there."""
        if place != self.place:
            self.steps.close()
            self.place = place
            self.was = self.steps.enter_context(self.walked(place)) if place else None
        return self.was

    @contextlib.contextmanager
    def walked(self, place):
        """The open placement of a place; everything is rolled back afterwards."""
        with self.database.atomic() as everything:
            cast = Cast(self.people)
            with audit_log.acting_as("The tests"):
                was = ready(place.move, cast.robin, cast.senco, place.stage, place.row)
            yield was
            everything.rollback()


@pytest.fixture(scope="module")
def way(database, people):
    """The way to a place."""
    made = Way(database, people)
    yield made
    made.bring(None)


@pytest.fixture(autouse=True)
def was(request, way):
    """Robin is at the place that the test names; the open placement."""
    case = getattr(request.node, "callspec", None)
    return way.bring(case.params.get("place") if case else None)


def make(mv, pupil, user, **more):
    """Press a button with sample answers on the day after the review."""
    return press(mv.name, pupil, user, **more)


def refused(mv, pupil, user, kind=w.Refused, **more):
    """Press a button, show that it is refused and that nothing changed; the refusal."""
    before = dump()
    with pytest.raises(kind) as refusal:
        make(mv, pupil, user, **more)
    assert dump() == before, f"“{mv.name}” was refused, yet something changed"
    return refusal.value


# --- where it leads
@pytest.mark.parametrize("place", PLACES)
def test_each_move_leads_from_each_of_its_stages_to_where_its_row_says(robin, cast, was, place):
    mv, stage, _ = place
    assert w.blockers(mv, w.PupilContext(robin, cast.senco, TODAY)) == []
    make(mv, robin, cast.senco)
    now = m.Placement.current(robin)
    assert m.Placement.stage_of(robin) == (mv.to or stage)
    if mv.to:
        assert (now.move, now.decided_by, now.started_on, now.before) == (
            mv.name,
            cast.senco.name,
            ON,
            was,
        )
        assert was is None or m.Placement.get_by_id(was.id).ended_on == ON
    else:
        assert now == was


@pytest.mark.parametrize("place", PLACES)
def test_each_move_leaves_the_pupil_on_the_list_of_the_stage_and_on_no_other(robin, cast, place):
    make(place.move, robin, cast.senco)
    rows = m.ListMembership.select().where(
        m.ListMembership.pupil == robin, m.ListMembership.ended_on.is_null()
    )
    wanted = w.STAGES[m.Placement.stage_of(robin)].list
    assert [r.list for r in rows] == ([wanted] if wanted else [])


@pytest.mark.parametrize("place", some(w.MOVES))
def test_what_was_asked_is_kept_and_audited(robin, cast, place):
    mv = place.move
    last = (
        audit_log.AuditEntry.select(audit_log.AuditEntry.id)
        .order_by(audit_log.AuditEntry.id.desc())
        .first()
    )
    fresh = make(mv, robin, cast.senco, **({"note": "A word more"} if "note" in mv.asks else {}))
    rows = list(
        audit_log.AuditEntry.select().where(audit_log.AuditEntry.id > (last.id if last else 0))
    )
    assert rows and {r.who for r in rows} == {"The tests"}
    if mv.to:
        assert ("add", fresh.id) in {(r.act, r.record_id) for r in rows if r.record == "Placement"}
        for name, said in answers_for(mv).items():
            assert f"{w.ASKS[name].verbose_name}: {q.say(w.ASKS[name], said)}" in fresh.answers
        assert fresh.reason or not {"reason", "changes", "note"} & set(mv.asks)


# --- who may
@pytest.mark.parametrize("place", some([*w.MOVES, w.UNDO]))
def test_only_the_roles_of_the_row_may_press(robin, cast, place):
    mv = place.move
    for who in PEOPLE:
        if who not in mv.by:
            stop = refused(mv, robin, getattr(cast, who))
            assert str(stop) == f"“{mv.name}” is for: {', '.join(mv.by)}.", (
                f"{who} was stopped by something else"
            )


@pytest.mark.parametrize(
    "place, who",
    [
        pytest.param(next(places_of(mv)), who, id=f"{mv.name}-{who}")
        for mv in (*w.MOVES, w.UNDO)
        for who in mv.by
    ],
)
def test_the_roles_of_the_row_pass(robin, cast, place, who):
    make(place.move, robin, getattr(cast, who))


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_is_offered_only_their_moves(robin, cast, who):
    take_to(robin, "S2", cast.senco)
    person = getattr(cast, who)
    mine = {mv.name for mv in (*w.MOVES, w.UNDO) if "S2" in mv.from_ and person.role in mv.by}
    assert {mv.name for mv, _ in w.moves_for(w.PupilContext(robin, person))} == mine


def test_every_move_is_the_sencos():
    assert [mv.name for mv in (*w.MOVES, w.UNDO) if q.SENCO not in mv.by] == []


def test_what_the_office_may_do_is_named():
    mine = {mv.name for mv in (*w.MOVES, w.UNDO) if set(mv.by) != {q.SENCO}}
    assert mine == {"Record an EHC request", "Has left the school", "Has returned"}


# --- from the wrong stage
@pytest.mark.parametrize("stage", TO_STAGE)
def test_a_move_from_a_wrong_stage_is_refused(robin, cast, stage):
    take_to(robin, stage, cast.senco)
    wrong = [mv for mv in (*w.MOVES, w.UNDO) if stage not in mv.from_]
    for mv in wrong:
        assert (
            str(refused(mv, robin, cast.senco))
            == f"“{mv.name}” is not possible from {w.stage_label(stage)}."
        )
    assert wrong


# --- what it asks
@pytest.mark.parametrize("place", some([*w.MOVES, w.UNDO]))
def test_everything_that_is_missing_is_named_at_once(robin, cast, place):
    mv = place.move
    before = dump()
    with pytest.raises(w.Invalid) as refusal:
        w.perform(mv, robin, cast.senco, {}, on=TODAY)
    needed = [n for n in mv.asks if w.ASKS[n].ask.needed]
    assert (
        refusal.value.errors == [(n, f"Answer “{w.ASKS[n].verbose_name}”") for n in needed]
        and needed
    )
    assert dump() == before


@pytest.mark.parametrize(
    "mv, name",
    [
        pytest.param(mv, n, id=f"{mv.name}-{n}")
        for mv in (*w.MOVES, w.UNDO)
        for n in mv.asks
        if w.ASKS[n].ask.needed
    ],
)
@pytest.mark.parametrize("empty", [None, ""], ids=["none", "empty"])
def test_each_needed_answer_is_needed(robin, cast, mv, name, empty):
    take_to(robin, mv.from_[0], cast.senco)
    assert [n for n, _ in refused(mv, robin, cast.senco, w.Invalid, **{name: empty}).errors] == [
        name
    ]


@pytest.mark.parametrize(
    "mv, name",
    [
        pytest.param(mv, n, id=f"{mv.name}-{n}")
        for mv in w.MOVES
        for n in mv.asks
        if w.ASKS[n].choices
    ],
)
def test_an_answer_that_is_not_in_its_list_is_refused(robin, cast, mv, name):
    take_to(robin, mv.from_[0], cast.senco)
    assert [
        n for n, _ in refused(mv, robin, cast.senco, w.Invalid, **{name: "Made up"}).errors
    ] == [name]


def test_several_of_a_list_may_be_ticked(robin, cast):
    press("Place on Concerns List", robin, cast.senco, areas="\n".join(m.AREAS[:2]))
    assert f"{m.AREAS[0]}; {m.AREAS[1]}" in m.Placement.current(robin).answers


# --- the guards, one by one
def left_by_hand(mv, pupil, user):
    pupil.left_on = START
    pupil.save()


def review_reopened(mv, pupil, user):
    w.new_version(w.PupilContext(pupil, user).review, user)


def review_says_otherwise(mv, pupil, user):
    review = w.PupilContext(pupil, user).review
    stage = m.Placement.stage_of(pupil)
    other = next(r.name for r in w.ROWS if stage in r.stages and r.name not in mv.rows)
    type(review).update(
        {asked.name: chart_answers(other, stage).get(asked.name) for asked in w.QUESTIONS[stage]}
    ).where(
        # it is sealed: only so can it say otherwise
        type(review).id == review.id
    ).execute()


def setting(**values):
    def change(mv, pupil, user):
        school = m.Setting.of_school()
        for name, value in values.items():
            setattr(school, name, value)
        school.save()

    return change


def agency_need_taken_out(mv, pupil, user):
    review = w.PupilContext(pupil, user).review
    type(review).update(agency_need="").where(type(review).id == review.id).execute()


def case_opened(mv, pupil, user):
    press("Record an EHC request", pupil, user)


def case_withdrawn(mv, pupil, user):
    case = w.PupilContext(pupil, user).case
    w.perform_case_move(
        next(c for c in w.CASE_MOVES if c.to == "withdrawn"), case, user, ON, case.version
    )


def sealed_since(mv, pupil, user):
    agreed(m.RecordOfConcern, pupil, user)


SPOIL = {
    g.on_roll: left_by_hand,
    g.review_agreed: review_reopened,
    g.chart_leads_here: review_says_otherwise,
    g.watching_allowed: setting(watch_again="No"),
    g.agency_need_noted: agency_need_taken_out,
    g.no_open_case: case_opened,
    g.case_is_open: case_withdrawn,
    g.head_agrees: setting(head_confirms_ehcp="Yes"),
    g.nothing_sealed_since: sealed_since,
    g.real_type: {"sen_type": "NSA"},
    g.paper_dates_fit: {"next_review": TODAY - datetime.timedelta(1)},
    g.two_types: {"sen_type": "MLD", "second_type": "MLD"},
    g.whole_cycle: {"cycle": 1.5},
    g.recent_enough: {"today": TODAY + datetime.timedelta(8)},
}
# test_undo.py: it needs a case of its own; the dates have their own tests below
ELSEWHERE = {g.case_not_moved_on, g.date_fits}
GUARDED = [
    pytest.param(next(places_of(mv)), guard, id=f"{mv.name}-{guard.__name__}")
    for mv in (*w.MOVES, w.UNDO)
    for guard in mv.guards
    if guard not in ELSEWHERE
    # an annual review has one row, whatever it says
    if not (guard is g.chart_leads_here and mv.from_ == ("E",))
]


def test_every_guard_of_a_move_is_tested():
    untested = {guard.__name__ for mv in (*w.MOVES, w.UNDO) for guard in mv.guards} - {
        guard.__name__ for guard in {*SPOIL, *ELSEWHERE}
    }
    assert not untested, f"Add to SPOIL in this file how to make these guards fail: {untested}"


@pytest.mark.parametrize("place, guard", GUARDED)
def test_each_guard_stops_its_move_in_words_and_only_then(robin, cast, place, guard):
    mv = place.move
    at = w.PupilContext(robin, cast.senco, TODAY, answers_for(mv), move=mv)
    assert guard(at) is None, f"{guard.__name__} stops “{mv.name}” where it should hold"
    spoil = SPOIL[guard]
    more = spoil if isinstance(spoil, dict) else spoil(mv, robin, cast.senco) or {}
    at = w.PupilContext(
        robin, cast.senco, more.get("today", TODAY), {**answers_for(mv), **more}, move=mv
    )
    stop = guard(at)
    assert stop and stop.words.endswith("."), f"{guard.__name__} does not stop “{mv.name}”"
    assert stop in refused(mv, robin, cast.senco, **more).stops


@pytest.mark.parametrize("mv", OF_THE_CHART, ids=lambda mv: mv.name)
@pytest.mark.parametrize("state", ["not started", "draft", "complete"])
def test_a_move_of_the_chart_needs_an_agreed_review(robin, cast, mv, state):
    take_to(robin, mv.from_[0], cast.senco)
    form_class = next(p.form for p in w.PAPERS if p.stage == mv.from_[0] and p.kind == "review")
    if state != "not started":
        form, _ = w.start_form(form_class, robin, cast.senco)
        form.status = state
        form.save()
    words = "is not started." if state == "not started" else "is not agreed yet."
    assert refused(mv, robin, cast.senco).stops[0].words == f"The {form_class.kind_name()} {words}"


@pytest.mark.parametrize("mv", EACH)
@pytest.mark.parametrize(
    "on, words",
    [
        (TODAY + datetime.timedelta(1), "is in the future"),
        (START - datetime.timedelta(1), "is before this cycle"),
    ],
)
def test_a_move_is_dated_between_the_start_of_the_cycle_and_today(robin, cast, mv, on, words):
    was = take_to(robin, mv.from_[0], cast.senco)
    if on > TODAY:
        assert words in str(refused(mv, robin, cast.senco, w.Invalid, on=on))
    elif was:
        assert words in str(refused(mv, robin, cast.senco, on=on))


@pytest.mark.parametrize("place", some(OF_THE_CHART))
def test_a_move_is_not_dated_before_the_review_it_rests_on(robin, cast, place):
    mv = place.move
    stop = refused(mv, robin, cast.senco, on=HELD - datetime.timedelta(1))
    assert "is before the review was held (Tuesday 13 October 2026)." in str(stop)
    make(mv, robin, cast.senco, on=HELD)


@pytest.mark.parametrize(
    "place, name",
    [
        pytest.param(next(places_of(mv)), n, id=f"{mv.name}-{n}")
        for mv in w.MOVES
        for n in mv.asks
        if isinstance(w.ASKS[n], DateField) and not w.ASKS[n].ask.ahead
    ],
)
def test_no_date_of_a_move_lies_in_the_future(robin, cast, place, name):
    for day, words in (
        (TODAY + datetime.timedelta(1), "(25 Nov 2026) is in the future"),
        (datetime.date(1926, 7, 3), "(3 Jul 1926) is before the child was born"),
    ):
        refusal = refused(place.move, robin, cast.senco, w.Invalid, **{name: day})
        assert f"“{w.ASKS[name].verbose_name}” {words}" in str(refusal)


@pytest.mark.parametrize("most, goes", [(1, False), (2, True), (0, True), (None, True)])
def test_watching_ends_at_the_most_that_the_school_has_set(robin, cast, most, goes):
    mv = w.move_named("Watch for another cycle")
    ready(mv, robin, cast.senco)
    setting(watch_again_most=most)(mv, robin, cast.senco)
    if goes:
        assert make(mv, robin, cast.senco).cycle == 2
    else:
        assert "Stage 1 may run 1 times at most" in str(refused(mv, robin, cast.senco))


def test_the_head_is_asked_only_where_the_school_wants_it(robin, cast):
    mv = w.move_named("Begin process for an EHCP")
    ready(mv, robin, cast.senco)
    setting(head_confirms_ehcp="Yes")(mv, robin, cast.senco)
    assert "head's agreement" in str(refused(mv, robin, cast.senco))
    make(mv, robin, cast.senco, head_agreed=ON)


# --- pressed twice, or late
@pytest.mark.parametrize("place", some(mv for mv in w.MOVES if mv.to))
def test_the_second_press_of_one_page_changes_nothing_and_finds_the_first(robin, cast, was, place):
    mv = place.move
    seen = was.id if was else 0
    fresh = make(mv, robin, cast.senco, seen=seen, token="one-use")
    before = dump()
    assert make(mv, m.Pupil.get_by_id(robin.id), cast.senco, seen=seen, token="one-use") == fresh
    assert dump() == before


def test_the_second_press_of_a_request_changes_nothing(robin, cast):
    mv = w.move_named("Record an EHC request")
    make(mv, robin, cast.senco, seen=0, token="one-use")
    refused(mv, robin, cast.senco, seen=0, token="one-use")


@pytest.mark.parametrize("place", some([*w.MOVES, w.UNDO]))
def test_a_page_that_is_out_of_date_clashes_and_changes_nothing(robin, cast, was, place):
    mv = place.move
    stop = refused(mv, robin, cast.senco, Clash, seen=(was.id if was else 0) + 1)
    assert "Somebody has worked on this" in str(stop)


def test_a_pupil_who_has_no_placement_yet_is_seen_as_such(robin, cast):
    take_to(robin, "LEFT", cast.senco)
    refused(w.move_named("Place on Concerns List"), robin, cast.senco, Clash, seen=0)


# --- all or nothing
def steps():
    """Each step of each move: (place, step)."""
    for mv in (*w.MOVES, w.UNDO):
        named = (
            *(["sync_lists"] if mv.to else []),
            *mv.makes,
            *(["write"] if mv.letter else []),
            *(["text"] if mv.to else []),
        )
        place = next(places_of(mv))
        for step in named or ["undo"]:
            yield pytest.param(place, step, id=f"{mv.name}-{step}")


def break_after(monkeypatch, step):
    """Let one step do its work and then fail, as when the power goes."""
    homes = {"text": effects.MoveJournal, "undo": effects.MoveJournal, "write": letters}
    home = homes.get(step, effects)
    whole = getattr(home, step)

    def broken(*args, **more):
        whole(*args, **more)
        raise OSError("The power is gone")

    monkeypatch.setattr(home, step, broken)
    if step in effects.EFFECTS:
        monkeypatch.setitem(effects.EFFECTS, step, broken)


@pytest.mark.parametrize("place, step", list(steps()))
def test_a_move_that_fails_in_the_middle_leaves_everything_as_it_was(
    robin, cast, monkeypatch, place, step
):
    break_after(monkeypatch, step)
    refused(place.move, robin, cast.senco, OSError)


# --- two at once
@pytest.fixture(scope="module")
def two_at_home(database, tmp_path_factory):
    """A SQLite file with a SENCO and a pupil, to be copied: (its path, both)."""
    path = tmp_path_factory.mktemp("two") / "two.db"
    two = sqlite_file(path)
    audit_log.db.initialize(two)
    with two.connection_context(), audit_log.acting_as("The tests"):
        two.create_tables(m.every_table())
        senco = people.User.create(name="Sam", username="sam", role=q.SENCO, account="on")
        pupil = m.Pupil.create(
            surname="Ash", forename="Wren", dob=datetime.date(2017, 1, 1), year="4", form="4A"
        )
    audit_log.db.initialize(database)
    return path, senco, pupil


@pytest.fixture
def file_of_two(database, two_at_home, tmp_path):
    """A SQLite file of its own, with a SENCO and a pupil, that two threads can open."""
    path, senco, pupil = two_at_home
    two = sqlite_file(shutil.copy(path, tmp_path / "two.db"))
    audit_log.db.initialize(two)
    with two.connection_context():
        yield two, senco, pupil
    audit_log.db.initialize(database)


def at_once(two, presses):
    """Run each press in a thread of its own at the same moment: what each returned or raised."""
    gate, came = threading.Barrier(len(presses)), [None] * len(presses)

    def run(at, act):
        with audit_log.acting_as(f"Thread {at}"), two.connection_context():
            gate.wait()
            try:
                came[at] = act()
            except Exception as fault:
                came[at] = fault

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    return came


@pytest.mark.parametrize(
    "tokens",
    [("one-use", "one-use"), ("mine", "yours"), (None, None)],
    ids=["same page", "two pages", "no token"],
)
@pytest.mark.parametrize("seen", [0, None], ids=["seen", "not seen"])
@pytest.mark.parametrize("again", range(3))
def test_two_who_press_at_once_make_exactly_one_placement(file_of_two, tokens, seen, again):
    two, senco, pupil = file_of_two
    came = at_once(
        two,
        [
            lambda t=t: press(
                "Place on Concerns List", m.Pupil.get_by_id(pupil.id), senco, seen=seen, token=t
            )
            for t in tokens
        ],
    )
    made = [c for c in came if isinstance(c, m.Placement)]
    assert all(isinstance(c, m.Placement | w.Refused | Clash) for c in came), came
    assert (
        m.Placement.select().count()
        == m.ListMembership.select().count()
        == m.Letter.select().count()
        == 1
    )
    assert len({p.id for p in made}) == 1 and len(made) == (2 if tokens[0] == "one-use" else 1)


def test_two_different_moves_pressed_at_once_make_exactly_one_placement(file_of_two):
    two, senco, pupil = file_of_two
    with audit_log.acting_as("The tests"):
        first = ready(w.move_named("Move to Stage 2"), pupil, senco)
    names = ("Move to Stage 2", "Watch for another cycle", "Has left the school")
    came = at_once(
        two,
        [
            lambda n=n: press(n, m.Pupil.get_by_id(pupil.id), senco, seen=first.id, token=n)
            for n in names
        ],
    )
    assert (
        sum(isinstance(c, m.Placement) for c in came) == 1
        and sum(isinstance(c, Clash) for c in came) == 2
    ), came
    assert m.Placement.select().where(m.Placement.id > first.id).count() == 1


def test_the_database_itself_holds_one_open_placement_and_one_open_list_row(robin, cast, database):
    placed = take_to(robin, "S1", cast.senco)
    with pytest.raises(IntegrityError), database.atomic():
        m.Placement(pupil=robin, stage="S2", started_on=ON, before=placed).save()
    with pytest.raises(IntegrityError), database.atomic():
        m.ListMembership(pupil=robin, list="SEN", started_on=ON, placement=placed).save()


# --- nobody else writes
WRITERS = {"workflow.py", "effects.py"}
SOURCES = [
    p
    for p in ROOT.rglob("*.py")
    if not {".venv", "tests", "migrations"} & set(p.relative_to(ROOT).parts)
]
# tries at a password and places signed in are no answers, and are soon gone
EXEMPT = (
    "SignInAttempt.",
    "UserSession.",
    "Draft.",
    "ListSearch.",
    "Work.",  # who waits for a file, and how far it is
    "FormToken.",  # what is typed and not saved is no answer yet
    # User.keep: passwords and codes, which the trail must not tell
    "User.update(**columns).where(User.id == self.id",
    # pathway/tasks.py: what follows from records whose change the trail has told
    "HomeTask.delete().where(HomeTask.pupil.in_(some)).execute()",
    "HomeTask.insert_many([row.__data__ for row in rows]).execute()",
    "TaskBasis.delete().execute()",
    # PupilWord.keep: the words of the names that are in the pupil's own record
    "cls.delete().where(cls.word == word, cls.pupil == pupil_id).execute()",
    "cls.insert_many(some, fields=(cls.word, cls.pupil)).execute()",
    # Pupil.fill_sort_keys: what follows from the names of the same record
    "cls.update(pupil.sort_values()).where(cls.id == pupil.id).execute()",
)
MAKES_A_STAGE = re.compile(
    r"(?<!clock_of\()\b(?:Placement|ListMembership)"
    r"(?:\(|\.(?:create|insert|insert_many|update|delete|bulk_create|bulk_update|replace)\b)"
)
PAST_THE_AUDIT = re.compile(
    r"(?<![\w.])(?:[A-Z]\w*|type\(\w+\)|cls|model|self\.model)"
    r"\.(?:update|insert|insert_many|bulk_create|bulk_update|replace|replace_many|delete)\("
)


def found_in(pattern, allowed):
    """Every place in the program, outside the allowed files, that a pattern fits: `file:line`."""
    lines = (
        (p, at, line)
        for p in SOURCES
        if p.name not in allowed
        for at, line in enumerate(p.read_text().splitlines(), 1)
    )
    return [
        f"{p.relative_to(ROOT)}:{at}"
        for p, at, line in lines
        if pattern.search(line)
        and not line.lstrip().startswith("class ")
        and not any(words in line for words in EXEMPT)
    ]


def test_nothing_but_the_door_writes_a_placement_or_a_list():
    # erasing takes the placements of the child away
    found = found_in(MAKES_A_STAGE, {*WRITERS, "erasure.py"})
    assert not found, (
        "Make a move (workflow.perform) instead of writing Placement or ListMembership yourself:"
        f" {found}"
    )


def test_nothing_writes_past_the_audit_trail():
    # erasure.py and mistakes.py erase: the trail must not repeat the words; two_records.py writes
    # its own rows, past `save`, which refuses a sealed paper
    past = {"record.py", "log.py", "erasure.py", "mistakes.py", "two_records.py"}
    found = found_in(PAST_THE_AUDIT, past)
    assert not found, (
        f"Save the record (record.save()) instead, so that the audit trail tells of it: {found}"
    )


def test_the_search_for_writers_finds_one():
    assert all(
        MAKES_A_STAGE.search(line)
        for line in ("Placement(pupil=p)", "models.ListMembership.create(x)", "Placement.update(a)")
    )
    assert all(
        PAST_THE_AUDIT.search(line)
        for line in ("Pupil.update(a=1)", " type(self).insert(x)", "self.model.delete()")
    )
    assert not PAST_THE_AUDIT.search("words.update(more)")


# --- the tables themselves
def test_the_tables_have_no_faults():
    assert w.check_pathway() == []


def test_every_stage_of_the_pathway_can_be_reached_and_left():
    for stage in w.STAGES:
        assert stage == "NONE" or any(mv.to == stage for mv in w.MOVES)
        assert any(stage in mv.from_ for mv in w.MOVES)


@pytest.mark.parametrize(
    "stage, census",
    [("NONE", "N"), ("S1", "N"), ("S2", "K"), ("S3", "K"), ("E", "E"), ("LEFT", "N"), ("OFF", "")],
)
def test_the_census_code_is_that_of_the_stage(stage, census):
    assert w.STAGES[stage].census == census


@pytest.mark.parametrize(
    "guard",
    sorted({guard for mv in (*w.MOVES, w.UNDO) for guard in mv.guards}, key=lambda f: f.__name__),
)
def test_every_guard_says_what_it_checks(guard):
    assert guard.__doc__ and guard.__doc__.strip().endswith(".")


@pytest.mark.parametrize("mv", ALL)
def test_every_move_has_a_sentence_and_its_source(mv):
    assert mv.does.endswith("."), "The sentence of a move ends with a full stop"
    assert re.match(r"T\d\d", mv.ref), "A source begins with a number: T90 or higher for your own"


def test_a_record_of_concern_written_before_the_child_is_placed_belongs_to_stage_1(cast, acting):
    written, _ = w.start_form(m.RecordOfConcern, cast.robin, cast.teacher)
    written.save()
    assert written.placement_id is None
    placed = press("Place on Concerns List", cast.robin, cast.senco)
    assert m.RecordOfConcern.get_by_id(written.id).placement_id == placed.id
    w.perform(w.UNDO, cast.robin, cast.senco, {"reason": "The wrong child"})
    assert m.RecordOfConcern.get_by_id(written.id).placement_id is None, (
        "taking the move back must leave the teacher's paper alone"
    )
