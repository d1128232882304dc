"""Settings: a page for each section, and what is refused at once, in a sentence at the box."""

import datetime
from decimal import Decimal

import pytest
from conftest import START, TODAY, take_to
from web import values_of

import models as m
from audit import log as audit_log
from pathway import tasks
from records import dates

SECTIONS = [section.key for section, _ in m.Setting.layout()]


@pytest.mark.parametrize("key", SECTIONS)
def test_each_section_has_a_page_with_its_questions_and_no_others(school, browser, key):
    page = browser("senco").page(f"/setting/{key}/")
    boxes = {box.get("name") for box in page.all("//main//form//*[@name]")}
    asked = {name for name, _ in m.Setting.questions()}
    assert boxes & asked == set(m.Setting.names_under(key))


def test_the_index_leads_to_each_section_for_writers_and_to_its_answers_for_the_head(
    school, browser
):
    for role, place in (("technician", "/edit/?part="), ("head", "/#s")):
        index = browser(role).page("/setting/")
        links = [link.get("href") for link in index.all("//main//ul//a")]
        assert len(links) == len(SECTIONS)
        assert all(place in link for link in links)
    assert browser("teacher").get("/setting/").status_code == 403
    assert browser("senco").get("/setting/nothing/").status_code == 404
    assert browser("head").get(f"/setting/{m.Setting.get().id}/edit/").status_code == 403


def test_a_section_is_saved_alone_and_its_form_stays_open(school, browser):
    m.Setting.update(letter_concern="Dear {nobody}").execute()
    senco = browser("senco")
    page = senco.submit(senco.page("/setting/clock/"), chase_days="21")
    assert page.said("chase_days") == "21"
    kept = m.Setting.get()
    assert (kept.chase_days, kept.letter_concern) == (21, "Dear {nobody}")
    said = senco.submit(senco.page("/setting/clock/"), 422, stage_1_opens="20")
    assert "due before it opens" in str(said.problems)


def test_holidays_are_lines_of_a_table_with_empty_ones_under_it(school, browser):
    senco = browser("senco")
    page = senco.page("/setting/school/")
    assert values_of(page.form()).count(("holidays", "")) == 9
    line = ["4/5/2027", "", "Closed to all"]
    typed = ["", "", "", "19/12/2026", "3/1/2027", "Christmas", *line]
    page = senco.submit(page, holidays=typed)
    assert m.Setting.get().holidays == "19/12/2026\t3/1/2027\tChristmas\n4/5/2027\t\tClosed to all"
    said = [value for name, value in values_of(page.form()) if name == "holidays"]
    assert said == [*typed[3:], *[""] * 9]
    # as it was typed in versions before, and as one box takes a copied line
    for words in ("19/12/2026 to 3/1/2027", "19/12/2026\t3/1/2027"):
        page = senco.submit(page, holidays=[words, "", "", *line])
        said = [value for name, value in values_of(page.form()) if name == "holidays"]
        assert said[:4] == ["19/12/2026", "3/1/2027", "", "4/5/2027"]


def test_a_holiday_counted_from_today_is_kept_as_its_dates(school, browser):
    senco = browser("senco")
    typed = ["+60w", "+61w", "Closed", "4 May 2027", "", "May Day"]
    senco.submit(senco.page("/setting/school/"), holidays=typed)
    days = [dates.short_day(TODAY + datetime.timedelta(number)) for number in (420, 427)]
    kept = m.Setting.get().holidays
    assert kept == "\t".join([*days, "Closed"]) + "\n4 May 2027\t\tMay Day"


def test_a_wrong_holiday_is_said_at_its_line_and_only_there(school, browser):
    senco = browser("senco")
    typed = ["19/12/2026", "3/1/2027", "", "1/1/2027", "", "", "", "4/5/2027", "May Day"]
    page = senco.submit(senco.page("/setting/school/"), 422, holidays=typed)
    assert dict(page.problems) == {
        "holidays-1-0": "School holidays, line 2: it has days that line 1 has too.",
        "holidays-2-0": "School holidays, line 3: write its first day.",
    }
    m.Setting.update(holidays="never").execute()
    senco.submit(senco.page("/setting/clock/"), chase_days="22")


def test_one_more_line_is_no_saving(school, browser):
    senco = browser("senco")
    page = senco.page("/setting/school/")
    typed = ["19/12/2026", "3/1/2027", ""]
    page = senco.submit(page, holidays=typed, button=("more", "holidays"))
    assert len([name for name, _ in values_of(page.form()) if name == "holidays"]) == 12
    assert not m.Setting.get().holidays


def test_weeks_that_move_due_dates_say_so_before_they_are_saved(robin, cast, browser):
    m.Setting.of_school().save()
    take_to(robin, "S1", cast.senco, dates.today() - datetime.timedelta(weeks=8))
    tasks.refresh()
    senco = browser("senco")
    # what moves nothing is saved at once
    senco.submit(senco.page("/setting/clock/"), due_soon_days="15")
    typed = {"stage_1_opens": "4", "stage_1_closes": "5"}
    said = senco.submit(senco.page("/setting/clock/"), 422, **typed)
    assert "something becomes overdue for 1 child." in str(said.problems)
    assert m.Setting.get().stage_1_closes == 12
    senco.submit(said, confirmed="moves")
    assert m.Setting.get().stage_1_closes == 5
    said = senco.submit(senco.page("/setting/clock/"), 422, stage_1_closes="12")
    assert "less is overdue for 1 child." in str(said.problems)


def test_many_cases_are_counted_with_as_many_questions_as_one(robin, cast, monkeypatch):
    """How often the database is asked does not grow with the children of the school."""
    asked = []
    run = audit_log.db.obj.execute_sql
    monkeypatch.setattr(
        audit_log.db.obj, "execute_sql", lambda *words: asked.append(words) or run(*words)
    )
    counts = []
    settings = m.Setting.of_school()
    settings.chase_days = 99
    for pupil in (robin, cast.wren):
        take_to(pupil, "E", cast.senco, START)
        case = m.EhcCase.current(pupil)
        m.CaseDecision(case=case, what="No assessment", on=START).save()
        m.ReviewYear(case=case, planned_on=START).save()
        asked.clear()
        tasks.moved_by(settings)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


def test_a_folder_for_backups_that_cannot_be_used_is_refused_at_its_box(school, browser, tmp_path):
    address = f"/setting/{m.Setting.get().id}/edit/"
    person = browser("technician")
    stick = tmp_path / "stick"
    stick.mkdir()
    wrong = {
        "relative/folder": "write the whole path of the folder",
        f"{tmp_path}/gone": "the folder is not there",
    }
    said = person.submit(person.page(address), 422, backup_places="\n".join([str(stick), *wrong]))
    for line, words in wrong.items():
        assert f"{line}: {words}" in str(said.problems)
    person.submit(person.page(address), backup_places=str(stick))
    stick.rmdir()
    # the disk is out: other settings can be saved
    person.submit(person.page(address), school_phone="01632 960000")
    kept = m.Setting.get()
    assert (kept.school_phone, kept.backup_places) == ("01632 960000", str(stick))


def test_a_folder_that_takes_no_files_is_refused(monkeypatch, tmp_path):
    from ops import backup

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backup.tempfile, "TemporaryFile", refuse)
    assert (
        backup.destination_fault(tmp_path)
        == "nothing can be written (Permission denied). Let the portal's own user write there."
    )


@pytest.mark.parametrize(
    "hours, good", [("0", False), ("0.5", False), ("1", True), ("168", True), ("169", False)]
)
def test_there_is_an_hour_at_least_between_two_backups(hours, good):
    found = dict(m.Setting(backup_hours=Decimal(hours)).errors())
    assert ("backup_hours" not in found) == good
