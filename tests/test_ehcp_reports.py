"""The agencies to chase, and the EHCPs of the year."""

import datetime

import pytest
from conftest import TODAY, take_to
from web import Page

import models as m
import workflow as w
from reports.agencies import AgenciesWaiting
from reports.ehcps import EhcpYear
from reports.report import chosen

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
    assert said == [("Paediatrics", 3, ()), ("Speech therapy", 13, ("weeks",))]
    (only,) = chosen(lines, {"is": "long"})
    assert only.cells["agency"] == "Speech therapy"


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
    assert line.cells["step"] == "plan the meeting"
    assert line.cells["step_by"] == due - 8 * WEEK
    assert line.facts["month"] == f"{due:%m}"
    assert bool(line.cells["phase_by"]) == phase
    assert bool(chosen([line], {"is": "phase"})) == phase
