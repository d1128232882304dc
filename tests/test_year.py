"""A short school year by the real screens: no child is stuck, no day differs, nothing that is done
is asked for. The whole year is `make soak ONLY=year`.
"""

import datetime

import pytest
from conftest import (
    HELD,
    TODAY,
    agreed,
    chart_answers,
    do_papers,
    home_tasks,
    press,
    take_to,
    write,
)
from web import Browser
from year import duties
from year.__main__ import live

import models as m
import workflow as w

# (seed, pupils): the first is the ordinary one, the others found something once
SHORT = ((5, 9),)
DAYS = 130  # half term, Christmas and the end of summer time are within
PACE = 8  # one school day in so many is lived


@pytest.mark.parametrize(("seed", "pupils"), SHORT)
def test_a_short_year_holds_every_evening(tmp_path, seed, pupils):
    year = live(tmp_path, seed, DAYS, pupils, PACE)
    assert not year.faults, "\n".join(map(str, year.faults))
    pressed = [what for what in year.counts if what.startswith("move: ")]
    assert len(pressed) > 5
    assert duties.never_done(year) == ["send_off"], "all but that of the summer"


# --- what the lived years found, each as short as it can be shown
def test_a_review_that_leads_to_specialists_says_what_we_want_to_know(robin, cast):
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    said = {**chart_answers("4", "S2"), "agency_need": "Which book?"}
    review = write(m.MyPlanReview, robin, cast.senco, HELD, **said)
    review.agency_need = ""
    review.save()
    assert [name for name, _ in w.missing(review, cast.senco)] == ["agency_need"]


def test_a_review_whose_plan_is_not_agreed_leads_to_the_child(robin, cast):
    take_to(robin, "S2", cast.senco)
    (line,) = [task for _, task in home_tasks(cast.senco) if task.what == "My Plan Review"]
    assert (line.record, line.screen) == ("Pupil", "child")


def test_the_head_is_shown_no_button_of_a_case_that_others_press(robin, cast, portal):
    long_ago = TODAY - datetime.timedelta(weeks=46)
    answers = {"plan_on": long_ago, "reviewed_on": None}
    press("EHCP issued", robin, cast.senco, long_ago, **answers)
    agreed(m.MyPlanPlus, robin, cast.senco, long_ago)
    words = {}
    for user in (cast.senco, cast.head):
        page = Browser(portal, user).page(f"/pupil/{robin.id}/")
        words[user.role] = page.all("//section[@class='next']//a[@href='#case']")
    assert words["senco"]
    assert not words["head"]


LATE = "//*[@class='next' or @data-label='Next review']//*[contains(@class,'late')]"


@pytest.mark.parametrize(("days", "is_late"), ((-1, True), (0, False), (5, False)))
def test_a_review_that_is_planned_is_overdue_on_no_page(robin, cast, portal, days, is_late):
    take_to(robin, "S2", cast.senco)
    planned = TODAY + datetime.timedelta(days)
    m.Meeting(pupil=robin, placement=m.Placement.current(robin), on=planned).save()
    senco = Browser(portal, cast.senco)
    for to in (f"/pupil/{robin.id}/", "/sen-list/", "/register/", "/class-sheet/"):
        assert bool(senco.page(to).all(LATE)) == is_late, to
    found = senco.page("/register/?is=late").all("//main//table/tbody/tr")
    assert bool(found) == is_late


def test_what_stops_an_agreement_leads_to_its_box(robin, cast, portal):
    take_to(robin, "S2", cast.senco)
    plan = write(m.MyPlan, robin, cast.senco)
    plan.review_by = TODAY + datetime.timedelta(days=300)
    plan.save()
    senco = Browser(portal, cast.senco)
    refused = senco.read(senco.post(f"/my-plan/{plan.id}/act/", {"do": "agree"}), 422)
    (to,) = refused.all("//div[@aria-labelledby='problem']//a/@href")
    assert to == f"/my-plan/{plan.id}/edit/#review_by"
    assert "review_by" in senco.page(f"/my-plan/{plan.id}/edit/").ids
