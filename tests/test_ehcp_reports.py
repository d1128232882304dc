"""The agencies to chase, and the EHCPs of the year."""

import datetime

import pytest
from conftest import TODAY, add_row, agree_plan, take_to
from web import Page

import models as m
import workflow as w
from pathway import effects
from records.dates import short_day
from reports.agencies import AgenciesWaiting, RecommendationsTaken
from reports.class_sheet import ClassSheet
from reports.ehcps import EhcpYear
from reports.register import Register
from reports.report import chosen, say_cell

WEEK = datetime.timedelta(weeks=1)


def lines_of(report_class, user):
    return report_class(user, m.Setting.of_school(), TODAY).lines()


def asked(pupil, name, weeks, **given):
    made = m.Agency(pupil=pupil, agency=name, question="What helps?", state="Consulted")
    made.asked_on = TODAY - weeks * WEEK
    for question, answer in given.items():
        setattr(made, question, answer)
    made.save()
    return made


def test_who_was_asked_and_has_not_reported_is_to_be_chased(robin, cast):
    asked(robin, "Speech therapy", 13)
    asked(robin, "Paediatrics", 3)
    asked(robin, "Psychology", 9, report_on=TODAY)
    asked(robin, "Physiotherapy", 9, state="Discharged")
    lines = lines_of(AgenciesWaiting, cast.senco)
    said = sorted((line.cells["agency"], line.cells["weeks"], line.late) for line in lines)
    assert said == [("Paediatrics", 3, []), ("Speech therapy", 13, ["weeks"])]
    (only,) = chosen(lines, {"is": "long"})
    assert only.cells["agency"] == "Speech therapy"


def test_a_recommendation_is_taken_up_by_the_line_of_the_plan_that_was_picked(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    m.Provision.update(until=TODAY).execute()
    plan = m.MyPlan.get(m.MyPlan.pupil == school.wren)
    line, *others = plan.rows("provision")
    agency = asked(school.wren, "Speech therapy", 5, report_on=TODAY)
    said = (
        ("A", None, None, None),
        ("B", "Not now", None, None),
        ("C", "Do", line.words.upper(), None),
        ("D", "Do", "Something else", None),
        ("E", "Do", line.words, TODAY),
    )
    for words, decision, linked, done in said:
        more = {"decision": decision, "linked": linked, "done_on": done, "reason": "No room"}
        add_row(agency, "recommendations", words=words, **more)
    lines = lines_of(RecommendationsTaken, school.senco)
    mine = [one for one in lines if one.pupil == school.wren.id]
    taken = {one.cells["words"]: one.cells["taken"] for one in mine}
    outcomes = ("To decide", "Not now", "In the plan", "Not in a plan", "Done")
    assert taken == dict(zip("ABCDE", outcomes, strict=True))
    at = browser("senco")
    page = at.page(f"/agency/{agency.id}/edit/")
    picked = page.all("//select[@name='recommendations-0-linked']/option/@value")
    assert picked == ["", line.words, *(other.words for other in others), m.BESIDES]
    page = at.submit(page, **{"recommendations-0-linked": line.words})
    assert m.Recommendation.get(m.Recommendation.words == "A").line_key == line.line_key


def test_a_reworded_line_of_the_next_plan_still_takes_a_recommendation_up(robin, cast):
    agree_plan(robin, cast.senco, "S2")
    plan = m.MyPlan.get(m.MyPlan.pupil == robin)
    line = plan.rows("provision")[0]
    agency = asked(robin, "Speech therapy", 5, report_on=TODAY)
    for linked in (line.words, m.BESIDES):
        add_row(agency, "recommendations", words="Do it", decision="Do", linked=linked)
    fresh = effects.copy_form(plan, m.MyPlanPlus, plan.placement, "Somebody")
    copy = fresh.rows("provision")[0]
    copy.words = "In other words"
    copy.until = None
    copy.save()
    m.MyPlanPlus.update(status="sealed", happened_on=TODAY, review_by=None).execute()
    lines = lines_of(RecommendationsTaken, cast.senco)
    taken, besides = [one for one in lines if one.pupil == robin.id]
    assert (taken.cells["taken"], taken.cells["line"]) == ("In the plan", "In other words")
    assert (besides.cells["taken"], besides.late) == ("Not in a plan", [])
    # saved again with the words of before, it still knows its line
    row = agency.rows("recommendations")[0]
    row.save()
    assert row.line_key == copy.line_key


def test_one_press_writes_down_that_an_agency_was_chased(plain_senco, robin):
    agency = asked(robin, "Speech therapy", 5)
    page = Page(plain_senco.get("/agencies-waiting/"))
    form = page.one(f"//form[@action='/agency/{agency.id}/chased/']")
    assert "Chased today" in form.text_content()
    plain_senco.post(f"/agency/{agency.id}/chased/")
    assert m.Agency.get_by_id(agency.id).chased_on == TODAY


@pytest.mark.parametrize("year, phase", [("11", True), ("3", False)])
def test_each_ehcp_has_its_review_its_next_step_and_its_phase(robin, cast, year, phase):
    robin.year = year
    robin.save()
    placement = take_to(robin, "E", cast.senco, TODAY - 40 * WEEK)
    (line,) = lines_of(EhcpYear, cast.senco)
    due = w.year_end(placement)
    assert line.cells["due"] == due
    assert line.cells["step"] == "Plan the meeting"
    assert line.cells["step_by"] == due - 8 * WEEK
    assert line.facts["month"] == f"{due:%m}"
    assert bool(line.cells["phase_by"]) == phase
    assert bool(chosen([line], {"is": "phase"})) == phase
    # the local authority decides within four weeks of the meeting, and within the year
    coming = m.ReviewYear.create(case=m.EhcCase.current(robin), planned_on=due - 4 * WEEK)
    (line,) = lines_of(EhcpYear, cast.senco)
    assert "planned" not in line.late
    m.ReviewYear.update(planned_on=due - 3 * WEEK).where(m.ReviewYear.id == coming.id).execute()
    (line,) = lines_of(EhcpYear, cast.senco)
    assert "planned" in line.late and chosen([line], {"is": "late"})


def test_the_page_of_a_case_leads_to_its_dates_while_it_is_open(plain_senco, robin, cast):
    take_to(robin, "E", cast.senco, TODAY - 40 * WEEK)
    case = m.EhcCase.current(robin)
    for state, links in (("final", 1), ("ceased", 0)):
        m.EhcCase.update(state=state).execute()
        page = Page(plain_senco.get(f"/ehc-case/{case.id}/"))
        assert len(page.all(f"//a[@href='/pupil/{robin.id}/#case']")) == links


def test_a_review_that_was_held_says_so_on_every_page_until_its_move_is_made(robin, cast):
    take_to(robin, "E", cast.senco, TODAY - 40 * WEEK)
    m.Placement.update(reviewed_on=TODAY).execute()
    (line,) = lines_of(EhcpYear, cast.senco)
    assert (line.cells["step"], line.cells["held"]) == (
        "Make the move that the review leads to",
        TODAY,
    )
    for report_class in (Register, ClassSheet):
        lines = lines_of(report_class, cast.senco)
        line = next(line for line in lines if line.pupil == robin.id)
        assert say_cell(line.cells["review"], "day") == f"Held {short_day(TODAY)}"
