"""Entered in error (T07): the last move is taken back, its rows stay marked, and what people wrote
since is never lost.
"""

import datetime

import pytest
from conftest import (
    HELD,
    ON,
    START,
    TODAY,
    add_row,
    agreed,
    assert_tasks_are_kept,
    do_papers,
    dump,
    press,
    ready,
    take_to,
    write,
)
from web import Browser

import models as m
import workflow as w
from audit import log as audit_log
from records.dates import say_day, say_moment
from records.record import Clash, document


def undo(pupil, user, **more):
    """Take the last move back."""
    back = w.perform(
        w.UNDO,
        m.Pupil.get_by_id(pupil.id),
        user,
        {"reason": "Wrong child"},
        on=more.pop("today", TODAY),
        **more,
    )
    assert_tasks_are_kept()
    return back


def plain(pupil):
    """What the school goes by: the records that are in force, without versions, stamps and what is
    marked as an error.
    """
    left_out = ("version", "entered_at", "effects")
    found = {}
    for cls in m.every():
        rows = [r.__data__ for r in cls.select().order_by(cls.id) if not getattr(r, "void", False)]
        found[cls.__name__] = [{k: v for k, v in row.items() if k not in left_out} for row in rows]
    return found


def paths():
    """Each move that makes a placement, from each of its stages."""
    return [
        pytest.param(mv, stage, id=f"{mv.name}-{stage}")
        for mv in w.MOVES
        if mv.to
        for stage in mv.from_
        if not mv.rows or any(r.name in mv.rows and stage in r.stages for r in w.ROWS)
    ]


@pytest.mark.parametrize("mv, stage", paths())
def test_each_move_is_taken_back_with_all_that_it_made(robin, cast, mv, stage):
    """What was entered in error is kept and marked."""
    was, before = ready(mv, robin, cast.senco, stage), plain(robin)
    fresh = press(mv.name, robin, cast.senco)
    rows = [r.id for r in m.ListMembership.select().where(m.ListMembership.placement == fresh)]
    letters = [r.id for r in m.Letter.select().where(m.Letter.placement == fresh)]
    back = undo(robin, cast.senco, seen=fresh.id)
    assert plain(robin) == before
    assert m.Placement.current(robin) == was and m.Placement.stage_of(robin) == stage
    assert back == (was or fresh)
    assert m.Placement.get_by_id(fresh.id).void
    assert all(m.ListMembership.get_by_id(key).void for key in rows) and all(
        m.Letter.get_by_id(key).void for key in letters
    )
    told = audit_log.AuditEntry.select().where(
        audit_log.AuditEntry.act == "entered in error",
        audit_log.AuditEntry.record == "Placement",
        audit_log.AuditEntry.record_id == fresh.id,
    )
    assert [r.reason for r in told] == ["Wrong child"]


def test_moves_can_be_taken_back_one_after_the_other(robin, cast):
    before = plain(robin)
    take_to(robin, "S1", cast.senco)
    press("EHCP issued", robin, cast.senco)
    press("EHCP ceased: back to My Plan", robin, cast.senco)
    for stage in ("E", "S1", "NONE"):
        undo(robin, cast.senco)
        assert m.Placement.stage_of(robin) == stage
    assert plain(robin) == before


def test_the_page_says_which_move_is_taken_back(robin, cast, portal):
    """A request for an EHC assessment is no move between stages: it is not what is taken back."""
    page = Browser(portal, cast.senco).page
    address = f"/pupil/{robin.id}/move/{w.UNDO.slug}/"
    entered = say_moment(press("Start at Stage 2", robin, cast.senco, START).entered_at)
    press("Record an EHC request", robin, cast.senco, START)
    said = f"Taken back is the move to Stage 2 (My Plan), entered on {entered}. Before it: "
    assert f"{said}Not on the pathway." in page(address).text
    press("Move to Stage 3 between reviews", robin, cast.senco)
    assert f"Before it: Stage 2 (My Plan), since {say_day(START)}." in page(address).text


def test_after_an_error_the_right_move_can_be_made(robin, cast):
    ready(w.move_named("Move to Stage 2"), robin, cast.senco)
    press("Move to Stage 2", robin, cast.senco)
    undo(robin, cast.senco)
    fresh = press("Watch for another cycle", robin, cast.senco)
    assert (fresh.stage, fresh.cycle) == ("S1", 2)
    assert [r.list for r in m.ListMembership.select().where(~m.ListMembership.void)] == ["CONCERNS"]


def test_a_draft_of_a_placement_entered_in_error_is_taken_up_by_the_right_one(robin, cast):
    take_to(robin, "S1", cast.senco)
    form, _ = w.start_form(m.RecordOfConcern, robin, cast.teacher)
    form.strengths = "Sings"
    form.save()
    undo(robin, cast.senco)
    take_to(robin, "S1", cast.senco, HELD)
    assert w.unfinished(m.RecordOfConcern, robin, cast.teacher) == form


def test_the_second_press_of_one_page_does_not_take_two_moves_back(robin, cast):
    take_to(robin, "S1", cast.senco)
    fresh = press("EHCP issued", robin, cast.senco)
    undo(robin, cast.senco, seen=fresh.id, token="one-use")
    before = dump()
    with pytest.raises(Clash):
        undo(robin, cast.senco, seen=fresh.id, token="one-use")
    assert dump() == before


@pytest.mark.parametrize("days, goes", [(0, True), (7, True), (8, False)])
def test_a_move_can_be_taken_back_for_seven_days(robin, cast, the_day, days, goes):
    take_to(robin, "S1", cast.senco)
    today = TODAY + datetime.timedelta(days)
    if goes:
        undo(robin, cast.senco, today=today)
    else:
        with pytest.raises(w.Refused, match="more than 7 days old"):
            undo(robin, cast.senco, today=today)


def test_the_days_are_counted_by_the_clock_of_the_school(robin, cast):
    press("Start at Stage 2", robin, cast.senco, START)
    after_midnight = datetime.datetime(2026, 6, 9, 23, 30)  # UTC: the tenth, in London
    m.Placement.update(entered_at=after_midnight).execute()
    undo(robin, cast.senco, today=datetime.date(2026, 6, 17))


def test_the_days_are_those_of_the_settings(robin, cast):
    take_to(robin, "S1", cast.senco)
    m.Setting(undo_days=1).save()
    with pytest.raises(w.Refused, match="more than 1 day old"):
        undo(robin, cast.senco, today=TODAY + datetime.timedelta(2))


@pytest.mark.parametrize("stage", ["S1", "S2", "S3", "E"])
def test_nothing_is_taken_back_once_a_paper_of_it_is_sealed(robin, cast, stage):
    take_to(robin, stage, cast.senco)
    do_papers(robin, cast.senco)
    with pytest.raises(w.Refused, match="was agreed since the last move"):
        undo(robin, cast.senco)


def test_a_newer_draft_does_not_hide_what_is_sealed(robin, cast):
    take_to(robin, "S1", cast.senco)
    w.new_version(agreed(m.RecordOfConcern, robin, cast.senco), cast.senco)
    with pytest.raises(w.Refused, match="was agreed since the last move"):
        undo(robin, cast.senco)


@pytest.mark.parametrize("name, row", [("Begin process for an EHCP", "3"), ("EHCP issued", None)])
def test_a_case_that_has_moved_on_stops_the_undo(robin, cast, name, row):
    ready(w.move_named(name), robin, cast.senco, stage="S3", row=row)
    press(name, robin, cast.senco)
    case = w.PupilContext(robin, cast.senco).case
    case.officer = "A. N. Officer"
    case.save()
    before = dump()
    with pytest.raises(w.Refused, match="The EHC case has moved on since"):
        undo(robin, cast.senco)
    assert dump() == before


# --- what people wrote since
def carried(robin, cast):
    """The draft that a new cycle of My Plan made."""
    ready(w.move_named("New My Plan cycle"), robin, cast.senco)
    press("New My Plan cycle", robin, cast.senco)
    return w.PupilContext(robin, cast.senco).paper("plan")[1]


def change_question(draft):
    draft.every_day = "A quiet corner"
    draft.save()


def change_row(draft):
    row = draft.outcomes.get()
    row.measure = "8 of 10 words"
    row.save()


def add_line(draft):
    add_row(draft, "needs", words="Wait for my turn")


def take_line_out(draft):
    draft.provision.get().remove()


@pytest.mark.parametrize("change", [change_question, change_row, add_line, take_line_out])
def test_a_draft_that_somebody_worked_on_is_not_taken_away(robin, cast, change):
    draft = carried(robin, cast)
    change(draft)
    kept = document(m.MyPlan.get_by_id(draft.id))
    undo(robin, cast.senco)
    assert document(m.MyPlan.get_by_id(draft.id)) == kept


def test_a_draft_that_nobody_touched_goes_with_the_move(robin, cast):
    draft = carried(robin, cast)
    undo(robin, cast.senco)
    assert not m.MyPlan.get_or_none(m.MyPlan.id == draft.id)


def test_a_paper_begun_since_is_kept(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = write(m.RecordOfConcern, robin, cast.teacher)
    undo(robin, cast.senco)
    assert m.RecordOfConcern.get_by_id(form.id).key_concerns.count() == 1


def test_an_answer_that_was_changed_since_is_kept(robin, cast):
    press("Has left the school", robin, cast.senco, destination="Another school")
    robin = m.Pupil.get_by_id(robin.id)
    robin.destination = "Hill School"
    robin.save()
    undo(robin, cast.senco)
    assert (m.Pupil.get_by_id(robin.id).destination, m.Pupil.get_by_id(robin.id).left_on) == (
        "Hill School",
        None,
    )


def test_what_was_sealed_by_the_move_stays_sealed(robin, cast):
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    review = write(m.MyPlanReview, robin, cast.senco, HELD, achieved="No", appropriate="Yes")
    w.complete(review, cast.senco)
    press("Move to Stage 3 between reviews", robin, cast.senco)
    undo(robin, cast.senco)
    assert m.MyPlanReview.get_by_id(review.id).status == "sealed"


def test_the_old_main_type_is_open_again(robin, cast):
    take_to(robin, "S2", cast.senco)
    press("EHCP issued", robin, cast.senco, sen_type="ASD")
    assert robin.primary_type() == "ASD"
    undo(robin, cast.senco)
    assert robin.primary_type() == "SPLD"


def test_the_review_clock_is_the_old_one_again(robin, cast):
    was = ready(w.move_named("New My Plan cycle"), robin, cast.senco)
    before = w.clock_of(was)
    press("New My Plan cycle", robin, cast.senco, on=ON)
    undo(robin, cast.senco)
    assert w.clock_of(m.Placement.current(robin)) == before
