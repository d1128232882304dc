"""Children who were on the school's register before the portal (T16a): one at a time, many on one
page, and from the file of the school's system.
"""

import datetime

import pytest
from conftest import TODAY, home_tasks, press

import models as m
import workflow as w
from admin_views import pupil as pupil_page

D = datetime.date
SINCE = D(2024, 9, 5)
BEFORE = {move.to: move.name for move in w.MOVES if move.on_paper}
LAST = TODAY - datetime.timedelta(weeks=3)
LONG_AGO = TODAY - datetime.timedelta(weeks=30)
PLANNED = TODAY + datetime.timedelta(days=10)


def enter(stage, pupil, user, **said):
    said = {"since": SINCE, "plan_on": LAST, "sen_type": "SLCN", **said}
    asked = w.move_named(BEFORE[stage]).asks
    said = {name: value for name, value in said.items() if name in asked}
    return press(BEFORE[stage], pupil, user, **said)


def closes(placement):
    return w.clock_of(placement, TODAY).closes


def full_window(stage, start):
    placed = m.Placement(stage=stage, started_on=start)
    return w.clock_of(placed, TODAY).closes


# --- one child
@pytest.mark.parametrize("stage", BEFORE)
def test_a_child_begins_where_the_register_has_them(robin, cast, stage):
    placed = enter(stage, robin, cast.senco, cycle=4)
    assert (placed.stage, placed.started_on, placed.stage_since) == (stage, SINCE, SINCE)
    assert placed.cycle == 4
    (row,) = m.ListMembership.select()
    assert (row.list, row.started_on, row.ended_on) == (w.STAGES[stage].list, SINCE, None)
    assert m.Letter.select().count() == 0


@pytest.mark.parametrize("stage", BEFORE)
@pytest.mark.parametrize(
    "said, start, planned",
    [
        ({}, TODAY, None),
        ({"last_review": LAST}, LAST, None),
        ({"last_review": LONG_AGO}, TODAY, None),
        ({"last_review": LONG_AGO, "next_review": PLANNED}, None, PLANNED),
        ({"next_review": TODAY}, None, TODAY),
    ],
)
def test_the_next_review_is_planned_or_one_window_away(robin, cast, stage, said, start, planned):
    if stage == "E":
        start = start and said.get("last_review", LAST)
    placed = enter(stage, robin, cast.senco, **said)
    assert closes(placed) == (planned or full_window(stage, start))
    assert w.clock_of(placed, TODAY).state != "overdue"


@pytest.mark.parametrize("stage", BEFORE)
def test_nothing_is_late_because_of_the_past(robin, cast, stage):
    enter(stage, robin, cast.senco, cycle=9)
    ctx = w.PupilContext(robin, cast.senco)
    assert w.advice(ctx) == []
    for _, task in home_tasks(cast.senco):
        assert task.due >= TODAY, task.what


@pytest.mark.parametrize("stage", BEFORE)
def test_it_is_taken_back_whole(robin, cast, stage):
    enter(stage, robin, cast.senco, second_type="MLD")
    press("Entered in error", robin, cast.senco)
    assert m.Placement.stage_of(robin) == "NONE"
    assert robin.open_types() == []
    assert all(row.void for row in m.ListMembership.select())
    assert m.EhcCase.select().count() == 0
    assert enter(stage, robin, cast.senco).stage == stage


@pytest.mark.parametrize(
    "said, asked",
    [
        ({"since": D(2014, 1, 1)}, "since"),
        ({"last_review": D(2024, 9, 4)}, "last_review"),
        ({"next_review": TODAY - datetime.timedelta(1)}, "next_review"),
        ({"next_review": TODAY + datetime.timedelta(weeks=60)}, "next_review"),
        ({"plan_on": D(2024, 9, 5)}, "next_review"),
        ({"last_review": D(2025, 9, 5)}, "next_review"),
        ({"second_type": "SLCN"}, "second_type"),
        ({"cycle": 1.5}, "cycle"),
    ],
)
def test_what_cannot_be_is_refused_where_it_was_said(robin, cast, said, asked):
    with pytest.raises(w.Refused) as refused:
        enter("E", robin, cast.senco, **said)
    assert [stop.to for stop in refused.value.stops] == [asked]
    assert m.Placement.select().count() == 0


def test_two_types_stand_with_their_rank_and_start(robin, cast):
    enter("S2", robin, cast.senco, second_type="MLD")
    found = [(need.code, need.rank, need.since) for need in robin.open_types()]
    assert found == [("SLCN", 1, SINCE), ("MLD", 2, SINCE)]


def test_the_page_of_the_move_promises_no_letter_and_no_other_day(robin, cast):
    at = w.PupilContext(robin, cast.senco)
    words = " ".join(pupil_page.will_do(w.move_named(BEFORE["S2"]), at))
    assert "No letter is written" in words and "Made today" not in words
