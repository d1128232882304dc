"""No dead end: with every date that a person may truthfully give, a child has a lawful way on, and
taking it works.
"""

import contextlib
import datetime
from types import SimpleNamespace

import pytest
from conftest import START, add_row, assert_tasks_are_kept, chart_answers, do_papers, fill, press

import models as m
import workflow as w
from audit import log as audit_log

WEEK = datetime.timedelta(weeks=1)
DAY = datetime.timedelta(1)
LATER = datetime.date(2028, 7, 3)  # everything is typed in long after
STAGES = ("S1", "S2", "S3")
ENTRY = {
    "S1": "Place on Concerns List",
    "S2": "Start at Stage 2",
    "S3": "Start at Stage 3",
    "E": "EHCP issued",
}
# when the plan is written, given the day on which its review is due
PLANS = {
    "before the move": lambda due: START - WEEK,
    "on the day of the move": lambda due: START,
    "a week on": lambda due: START + WEEK,
    "the day before": lambda due: due - DAY,
    "on the due day": lambda due: due,
    "the day after": lambda due: due + DAY,
    "months late": lambda due: due + 30 * WEEK,
}
# when the review is held, given the plan's day and the clock
REVIEWS = {
    "the day after the plan": lambda plan, clock: max(plan, START) + DAY,
    "on the day it opens": lambda plan, clock: clock.opens,
    "on the due day": lambda plan, clock: clock.closes,
    "months late": lambda plan, clock: clock.closes + 20 * WEEK,
}
MOVES = {"that day": 0 * DAY, "weeks later": 9 * WEEK}


def context(child):
    return w.PupilContext(m.Pupil.get_by_id(child.pupil.id), child.senco, LATER)


def entered(stage, cast, the_day):
    """A child who was placed on a stage; somebody types all of it in much later."""
    the_day.move_to(datetime.datetime(LATER.year, LATER.month, LATER.day, 10, tzinfo=datetime.UTC))
    press(ENTRY[stage], cast.robin, cast.senco, START, today=LATER)
    return SimpleNamespace(pupil=cast.robin, senco=cast.senco)


@audit_log.transaction()
def agree(child, kind, on, **said):
    """Write and agree a paper of this day; what is missing is what the day asks for, and can be
    said.
    """
    at = context(child)
    paper, form = at.paper(kind)
    rows = {}
    if form is None:
        form, rows = w.start_form(paper.form, child.pupil, child.senco)
    form.happened_on = on
    form.save()
    for group, lines in rows.items():
        for line in lines:
            add_row(form, group, **line)
    # what goes on from the last plan gets a new day
    for outcome in getattr(form, "outcomes", ()):
        outcome.by = max(outcome.by or on, on)
        outcome.save()
    fill(form, **said)
    for name, _ in w.missing(form, child.senco):
        assert name in ("late_why", "early_why"), w.missing(form, child.senco)
        setattr(form, name, "Somebody was ill.")
    w.agree(form, child.senco)
    return form


def ways(child):
    """The moves of the chart that are open."""
    at = context(child)
    return [move for move, stops in w.moves_for(at) if move.rows and not stops]


@audit_log.transaction()
def agree_plan(child, on):
    """The plan of the stage, the five forms before it declined."""
    for paper, form in context(child).papers:
        if paper.kind == "side" and form is None:
            form, _ = w.start_form(paper.form, child.pupil, child.senco)
            w.decline(form, child.senco, "Does not apply.")
    return agree(child, "plan", on)


def assert_clock(child):
    clock = context(child).clock
    assert clock.start <= clock.opens <= clock.closes
    assert_tasks_are_kept()
    return clock


@contextlib.contextmanager
def tried(child):
    """The child, with whom one way is gone and taken back, so that the next begins where it did."""
    with audit_log.db.atomic() as everything:
        yield SimpleNamespace(pupil=m.Pupil.get_by_id(child.pupil.id), senco=child.senco)
        everything.rollback()


@pytest.mark.parametrize("plan_day", PLANS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_truthful_date_leaves_a_way_on(cast, acting, the_day, subtests, stage, plan_day):
    entrant = entered(stage, cast, the_day)
    plan = agree_plan(entrant, PLANS[plan_day](assert_clock(entrant).closes))
    clock = assert_clock(entrant)
    row = next(row for row in w.ROWS if stage in row.stages and row.name in ("1", "no progress"))
    said = {**chart_answers(row.name, stage), "achieved_why": "It shows in class."}
    for review_day, day_of_review in REVIEWS.items():
        with subtests.test(review_day), tried(entrant) as reviewed:
            held = day_of_review(plan.happened_on, clock)
            agree(reviewed, "review", held, **said)
            assert assert_clock(reviewed).state == "held"
            for move_later, wait in MOVES.items():
                with subtests.test(f"{review_day}, {move_later}"), tried(reviewed) as child:
                    go_round_again(child, stage, held + wait, said)


def go_round_again(child, stage, on, said):
    """A new plan of the same stage from the day of the move, and its review."""
    same = next(move for move in ways(child) if move.to == stage)
    press(same.name, child.pupil, child.senco, on, today=LATER)
    assert_clock(child)
    agree_plan(child, on)
    agree(child, "review", LATER, **said)
    assert ways(child)


@pytest.mark.parametrize("plan_day", PLANS)
def test_a_plan_under_an_ehcp_is_agreed_whenever_it_was_written(cast, acting, the_day, plan_day):
    child = entered("E", cast, the_day)
    clock = assert_clock(child)
    plan = agree_plan(child, PLANS[plan_day](min(clock.closes, LATER - 40 * WEEK)))
    assert plan.status == "sealed"
    assert assert_clock(child) == clock


# --- the window of a late plan, and of the first one (A6, T09)
@pytest.mark.parametrize("stage", STAGES)
def test_a_late_plan_says_why_and_opens_its_window_from_its_own_date(robin, cast, acting, stage):
    press(ENTRY[stage], robin, cast.senco, START - 10 * WEEK)
    placed = m.Placement.current(robin)
    late = w.clock_of(placed).closes + 3 * WEEK
    for paper, _ in w.PupilContext(robin, cast.senco).papers:
        if paper.kind == "side":
            w.decline(w.start_form(paper.form, robin, cast.senco)[0], cast.senco, "No.")
    form, _ = w.start_form(
        w.PupilContext(robin, cast.senco).paper("plan")[0].form, robin, cast.senco
    )
    form.happened_on = late
    fill(form)
    assert [name for name, _ in w.missing(form, cast.senco)] == ["late_why"]
    form.late_why = "The SENCO was ill."
    w.agree(form, cast.senco)
    clock = w.clock_of(m.Placement.current(robin))
    assert clock.start == late
    assert getattr(form, "review_by", clock.closes) == clock.closes
    # a new version moves no window
    fresh = w.new_version(form, cast.senco)
    fresh.happened_on = late + WEEK
    w.agree(fresh, cast.senco)
    assert w.clock_of(m.Placement.current(robin)) == clock


@pytest.mark.parametrize("wanted, days", [("Yes", 10), ("No", 0)])
@pytest.mark.parametrize("stage", STAGES)
def test_the_first_window_runs_from_the_agreed_plan_if_the_school_wants_it(
    robin, cast, acting, stage, wanted, days
):
    m.Setting(clock_from_plan=wanted).save()
    press(ENTRY[stage], robin, cast.senco, START)
    do_papers(robin, cast.senco, START + 10 * DAY)
    assert w.clock_of(m.Placement.current(robin)).start == START + days * DAY
