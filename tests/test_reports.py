"""Reports: what the register holds, who sees it, its filters and spreadsheet, one's own views."""

import io

import pytest
import python_calamine

import models as m
import workflow as w
from people import SavedView
from records.dates import today
from reports.register import Register
from reports.report import chosen


def register(user):
    return Register(user, m.Setting.of_school(), today())


def test_the_register_has_every_child_on_a_stage_once(school):
    lines = register(school.senco).lines()
    open_ones = m.Placement.select().where(m.Placement.ended_on.is_null(), ~m.Placement.void)
    expected = {row.pupil_id for row in open_ones if row.stage in w.OPEN}
    assert sorted(line.pupil for line in lines) == sorted(expected)


def test_each_filter_leaves_what_it_says(school):
    report = register(school.senco)
    lines = report.lines()
    for choice in report.filters():
        for value, _ in choice.options:
            for line in chosen(lines, {choice.name: value}):
                fact = line.facts[choice.name]
                assert value == fact or value in fact


@pytest.mark.parametrize("role, status", [("senco", 200), ("head", 200), ("technician", 403)])
def test_who_may_open_the_register(school, browser, role, status):
    assert browser(role).get("/register/").status_code == status


def test_the_spreadsheet_of_a_report_has_all_columns_typed(school, browser):
    data = browser("senco").post("/register/spreadsheet/", {"as": "xlsx"}).data
    book = python_calamine.load_workbook(io.BytesIO(data))
    heads, *rows = book.get_sheet_by_index(0).to_python()
    assert heads[0] == "Pupil"
    assert "UPN" in heads
    assert len(rows) == len(register(school.senco).lines())


def test_a_view_is_kept_for_its_owner_and_taken_away_by_them(cast, browser):
    senco = browser("senco")
    senco.post("/register/views/", {"name": "On My Plan", "stage": "S2"})
    view = SavedView.get()
    assert (view.name, view.query, view.user_id) == ("On My Plan", "stage=S2", cast.senco.id)
    assert "On My Plan" in senco.get("/register/").get_data(as_text=True)
    head = browser("head")
    assert "On My Plan" not in head.get("/register/").get_data(as_text=True)
    head.post("/register/views/", {"remove": str(view.id)})
    assert SavedView.get_or_none(id=view.id)
    senco.post("/register/views/", {"remove": str(view.id)})
    assert not SavedView.get_or_none(id=view.id)
