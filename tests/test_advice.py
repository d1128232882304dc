"""Educational advice and answers to consultations: begun from what is known, with their clock."""

import datetime
import re

import pytest
from conftest import HELD, START, TODAY, take_step
from printed import paper_of
from test_measures import measure
from test_request_pack import reviewed  # noqa: F401  (fixture)
from web import Page

import models as m
from pathway import advice, tasks
from records.dates import say_day, short_day

PAPERS = [(m.EducationalAdvice, 42), (m.ConsultationAnswer, 14)]
SAID = {
    "EducationalAdvice": {"needs": "A", "outcomes": "B", "provision": "C"},
    "ConsultationAnswer": {"answer_is": "Yes"},
}


def asked_for(cls, pupil, on=START, **given):
    said = {"authority": "Anyshire", "written_by": "The SENCO", "asked_on": on}
    made = cls(pupil=pupil, **{**said, **SAID[cls.__name__], **given})
    assert made.missing() + made.errors() == []
    made.save()
    return made


def due_now(pupil):
    return list(tasks.statutory_tasks(tasks.unsent_papers([pupil.id])))


@pytest.mark.parametrize("cls, days", PAPERS)
def test_it_is_due_by_the_law_and_on_the_home_page_until_it_went(robin, cls, days):
    paper = asked_for(cls, robin)
    assert paper.due() == START + datetime.timedelta(days)
    assert [line.due for line in due_now(robin)] == [paper.due()]
    assert any(cls.__name__ == one.record for one in m.HomeTask.select())
    paper.sent_on = HELD
    paper.save()
    assert due_now(robin) == []


def test_the_open_case_gets_both_dates_and_says_it_once(robin, cast):
    case = m.EhcCase(pupil=robin, requester="School")
    case.save()
    take_step("Request sent", case, cast.senco, START)
    paper = asked_for(m.EducationalAdvice, robin, START)
    case = m.EhcCase.get_by_id(case.id)
    assert case.advice_asked_on == START
    due = list(m.HomeTask.select().where(m.HomeTask.group == "dated"))
    assert [line.record for line in due] == ["EducationalAdvice"]
    paper.sent_on = HELD
    paper.save()
    assert m.EhcCase.get_by_id(case.id).advice_sent_on == HELD


def test_a_case_without_the_paper_leads_to_writing_it(robin, cast):
    case = m.EhcCase(pupil=robin, requester="School")
    case.save()
    take_step("Request sent", case, cast.senco, START)
    take_step("Advice asked for", m.EhcCase.get_by_id(case.id), cast.senco, START)
    line = m.HomeTask.get(m.HomeTask.record == "EducationalAdvice")
    assert (line.screen, line.record_id) == ("new", None)


def test_it_begins_with_what_is_known_of_the_child(plain_senco, reviewed):  # noqa: F811
    measure(reviewed, "6y 1m", START - datetime.timedelta(9))
    measure(reviewed, "7y 2m", START)
    plan = m.MyPlan.get()
    page = Page(plain_senco.get(f"/educational-advice/new/?pupil={reviewed.id}"))
    assert page.said("attainment").startswith("Reading age 7y 2m (")
    assert "; at first 6y 1m (" in page.said("attainment")
    for group, box in (("needs", "needs"), ("outcomes", "outcomes"), ("provision", "provision")):
        assert plan.rows(group)[0].words in page.said(box)
    assert short_day(plan.happened_on) in page.said("done_so_far")
    assert not re.search(r"\d/\d\d/|day \d", page.said("done_so_far") + page.said("outcomes"))
    page = Page(plain_senco.get(f"/consultation-answer/new/?pupil={reviewed.id}"))
    assert plan.rows("provision")[0].words in page.said("provision")


def test_on_paper_it_has_the_date_of_birth_and_no_empty_question(plain_senco, robin):
    given = {"attainment": "", "answer_is": "Yes", "sent_on": HELD, "grounds_why": None}
    paper = asked_for(m.ConsultationAnswer, robin, **given)
    assert short_day(paper.due()) in Page(plain_senco.get("/consultation-answer/")).text
    printed = paper_of(plain_senco.get(f"/consultation-answer/{paper.id}/print.pdf"))
    assert printed.lacks([f"born {short_day(robin.dob)}", "Can the school meet the needs?"]) == []
    for words in ("Not answered", "Sent on", "Unsuitable for the age", "One line each"):
        assert printed.lacks([words]) == [words]


def test_its_page_says_until_when_it_is_to_be_sent(plain_senco, robin):
    paper = asked_for(m.EducationalAdvice, robin)
    words = f"To be sent by {say_day(paper.due())}."
    address = f"/educational-advice/{paper.id}/"
    assert words in Page(plain_senco.get(address)).text
    m.EducationalAdvice.update(sent_on=HELD).execute()
    assert words not in Page(plain_senco.get(address)).text


def test_adult_life_is_asked_from_year_9(plain_senco, robin):
    for year, asked in (("8", False), ("9", True), ("13", True)):
        m.Pupil.update(year=year).where(m.Pupil.id == robin.id).execute()
        page = Page(plain_senco.get(f"/educational-advice/new/?pupil={robin.id}"))
        assert bool(page.all("//*[@name='adult_life']")) == asked


def test_an_outcome_whose_day_has_passed_says_so(reviewed):  # noqa: F811
    plan = m.MyPlan.get()
    (line,) = advice.outcome_lines(plan)
    assert "(by " in line or "(was to be reached by " in line
    m.Outcome.update(by=TODAY - datetime.timedelta(1)).execute()
    (line,) = advice.outcome_lines(m.MyPlan.get())
    assert "(was to be reached by " in line


def test_to_say_no_needs_a_ground_that_the_law_knows_and_why(robin):
    paper = m.ConsultationAnswer(pupil=robin, asked_on=TODAY, answer_is="No")
    lacking = {name for name, _ in paper.missing()}
    assert {"grounds", "grounds_why"} <= lacking
