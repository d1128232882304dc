"""Reports: what the register holds, who sees it, its filters and spreadsheet, one's own views."""

import datetime
import io

import pytest
import python_calamine
from conftest import START, take_to
from test_lists import more_pupils, questions
from web import MARKS, Page, values_of, words

import models as m
import workflow as w
from admin_views import reports as screens
from admin_views.register import REPORT_CLASSES
from people import SavedView
from records.dates import today
from reports.register import Register
from reports.report import BULK, chosen
from reports.year_end import NextPhase

MOST = 12  # questions to the database for one report
LOOKED_UP = 4  # by the test itself: the newest row, who is named, a row for each of two children


def asked_by(user):
    return user, m.Setting.of_school(), today()


def register(user):
    return Register(*asked_by(user))


def test_the_register_has_every_child_on_a_stage_once(school):
    lines = register(school.senco).lines()
    open_ones = m.Placement.select().where(m.Placement.ended_on.is_null(), ~m.Placement.void)
    expected = {row.pupil_id for row in open_ones if row.stage in w.OPEN}
    assert sorted(line.pupil for line in lines) == sorted(expected)


def test_each_filter_leaves_what_it_says(school):
    report = register(school.senco)
    lines = report.lines()
    for name, _, options in report.filters:
        for value, _ in options:
            for line in chosen(lines, {name: value}):
                fact = line.fact(name)
                assert value == fact or value in fact


def test_no_filter_puts_what_somebody_typed_of_a_child_into_the_address(school):
    """“With whom?” may be answered with a name of the family."""
    m.MyPlanPlus.update(status="sealed").where(m.MyPlanPlus.pupil == school.mine).execute()
    m.MyPlanPlus.groups()["provision"].update(until=None).execute()
    m.Agency.update(state="Waiting", report_on=None).where(m.Agency.pupil == school.mine).execute()
    said = []
    for report_class in REPORT_CLASSES:
        report = report_class(*asked_by(school.senco))
        for name, _, options in report.filters:
            assert not [value for value, _ in options if MARKS["mine"] in value], name
            theirs = [(value, words) for value, words in options if MARKS["mine"] in words]
            for value, name_typed in theirs:
                left = chosen(report.all_lines, {name: value})
                assert left and {line.cells[name] for line in left} == {name_typed}
            said += theirs
    assert len(said) >= 3  # an adult, and the agency in two reports


def test_a_teacher_has_the_register_of_their_own_classes(school, browser):
    lines = register(school.teacher).lines()
    names = {m.Pupil.get_by_id(line.pupil).form for line in lines}
    assert names == {school.mine.form}
    heads = [column.name for column in register(school.teacher).heads()]
    assert "looked_after" not in heads
    page = browser("teacher").page("/register/")
    assert not page.all("//button[@name='as']")
    assert browser("teacher").post("/register/spreadsheet/").status_code == 403


@pytest.mark.parametrize("report", REPORT_CLASSES, ids=str)
def test_a_report_is_exported_by_whoever_may_export_what_it_is_made_of(school, browser, report):
    for who in ("office", "senco", "head", "teacher"):
        user = getattr(school, who)
        is_theirs = user.role in report.roles
        may_export = is_theirs and all(m.may(user, "x", kind) for kind in report.made_of)
        answer = browser(who).post(f"/{report.slug}/spreadsheet/")
        assert answer.status_code == (200 if may_export else 403), who
        if is_theirs:
            page = browser(who).page(f"/{report.slug}/")
            assert bool(page.all("//button[@name='as']")) == may_export, who


def test_the_register_stands_in_the_menu_and_leads_to_the_two_lists(school, browser):
    page = browser("senco").page("/register/")
    menu = [words(link) for link in page.all("//nav[@aria-label='Main']//a")]
    assert menu.count("Register") == 1
    assert not {"Concerns List", "SEN List"} & set(menu)
    beside = [words(link) for link in page.all("//div[@class='page-head']//a")]
    assert beside == ["Concerns List", "SEN List"]


@pytest.mark.parametrize("report", REPORT_CLASSES, ids=str)
def test_a_report_asks_as_often_in_a_large_school_as_in_a_small_one(school, browser, report):
    at = browser("senco")
    address = f"/{report.slug}/"
    few = questions(at, address)
    more_pupils(school)
    assert few >= questions(at, address)
    assert few <= MOST + LOOKED_UP


def test_the_print_of_a_report_says_how_it_is_filtered(school, browser):
    senco = browser("senco")
    pages = [senco.page(f"/class-sheet/{query}") for query in ("", "?form=3B")]
    plain, filtered = [words(page.one("//main//p[@class='print-only']")) for page in pages]
    assert filtered == f"{plain}. Class: 3B"
    assert "confidential" in plain


def test_children_are_ticked_for_printing(school, browser):
    page = browser("senco").page("/register/?ticked=yes")
    ticked = [box.get("value") for box in page.all("//input[@name='pupil'][@checked]")]
    assert ticked == [str(line.pupil) for line in register(school.senco).lines()]
    assert [button.get("value") for button in page.all("//button[@name='kind']")] == [
        *[kind for kind, *_ in BULK],
        "",
    ]
    page = browser("teacher").page("/register/")
    assert "letters" not in [button.get("value") for button in page.all("//button[@name='kind']")]


def test_a_day_before_shows_who_was_on_a_stage_then(cast, browser):
    take_to(cast.robin, "S2", cast.senco, START)
    later = Register(cast.senco, m.Setting.of_school(), START)
    before = Register(cast.senco, m.Setting.of_school(), START - datetime.timedelta(1))
    assert cast.robin.id in [line.pupil for line in later.lines()]
    assert cast.robin.id not in [line.pupil for line in before.lines()]


@pytest.mark.parametrize("known_since", ["reviewed_on", "ended_on"])
def test_what_came_later_is_not_known_on_a_day_before(cast, known_since):
    take_to(cast.robin, "S2", cast.senco, START)
    first = w.clock_of(m.Placement.current(cast.robin)).closes
    later = {known_since: today()}
    m.Placement.update(later).where(
        m.Placement.pupil == cast.robin, m.Placement.stage == "S2"
    ).execute()
    before = Register(cast.senco, m.Setting.of_school(), today() - datetime.timedelta(1))
    (line,) = [line for line in before.lines() if line.pupil == cast.robin.id]
    assert line.cells["review"] == first
    assert "held" not in line.facts["is"]


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


def test_all_lines_of_a_report_of_several_pages_stand_on_one_to_print(school, browser, monkeypatch):
    monkeypatch.setattr(screens, "PAGE", 1)
    at = browser("senco")
    page = at.page("/register/")
    count = int(page.one("//p[@role='status']/b").text)
    assert count > 1 and f"children, page 1 of {count}" in page.text
    assert len(page.all("//main//tbody/tr")) == 1
    whole = at.page(page.one("//main//a[text()='Print all']").get("href"))
    assert len(whole.all("//main//tbody/tr")) == count
    assert not whole.all("//main//a[text()='Print all']")


# --- the end of the year
def test_only_the_last_year_moves_to_the_next_phase(school):
    user, settings, on = asked_by(school.senco)
    settings.last_year = school.mine.year
    expected = [p.id for p in m.Pupil.select().where(m.Pupil.year == school.mine.year)]
    lines = NextPhase(user, settings, on).lines()
    assert lines
    assert {line.pupil for line in lines} <= set(expected)
    settings.last_year = "14"
    assert not NextPhase(user, settings, on).lines()


def leave(at, **typed):
    page = at.page("/leavers/")
    form = page.one("//main//form[@novalidate]")
    sent = {name: value for name, value in values_of(form) if name not in typed}
    sent["pupil"] = typed.get("leaves", [])
    return at.post("/leavers/", {**sent, **typed})


def test_leavers_leave_together_each_with_where_they_go(cast, browser):
    robin, wren = cast.robin.id, cast.wren.id
    ticked = {"leaves": [str(robin), str(wren)], f"to-{wren}": "Elm College"}
    answer = leave(browser("office"), on="20/11/2026", where="Oak School", **ticked)
    assert answer.status_code == 302, Page(answer).problems()
    gone = {robin: "Oak School", wren: "Elm College"}
    for key, destination in gone.items():
        pupil = m.Pupil.get_by_id(key)
        assert pupil.left_on == datetime.date(2026, 11, 20)
        assert pupil.destination == destination
        assert m.Placement.stage_of(pupil) == "OFF"


def test_a_whole_year_is_ticked_at_once(school, browser):
    page = browser("office").page(f"/leavers/?show=year+{school.mine.year}&ticked=yes")
    keys = [box.get("value") for box in page.all("//input[@name='leaves']")]
    assert keys == page.all("//input[@name='leaves'][@checked]/@value") != []


def test_all_leave_or_none(cast, browser):
    take_to(cast.wren, "S2", cast.senco, START)
    ticked = {"leaves": [str(cast.robin.id), str(cast.wren.id)]}
    before_the_stage = (START - datetime.timedelta(1)).isoformat()
    for typed in ({"on": before_the_stage, **ticked}, {"on": "", **ticked}, {"on": "20/11/2026"}):
        assert leave(browser("senco"), **typed).status_code == 422
    assert not m.Pupil.select().where(m.Pupil.left_on.is_null(False)).exists()
