"""Settings: a page for each section, and what is refused at once, in a sentence at the box."""

import datetime
from decimal import Decimal

import pytest
from conftest import take_to

import models as m
from pathway import clock, tasks
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


def test_holidays_are_pasted_from_a_spreadsheet_and_overlaps_are_said(school, browser):
    senco = browser("senco")
    cells = "19/12/2026\t3/1/2027\tChristmas\r\n15/2/2027\t19/2/2027\tHalf term"
    senco.submit(senco.page("/setting/school/"), holidays=cells)
    spans = clock.holidays(m.Setting.get())
    assert [last.isoformat() for _, last in spans] == ["2027-01-03", "2027-02-19"]
    twice = f"{cells}\r\n19/2/2027 to 20/2/2027"
    said = senco.submit(senco.page("/setting/school/"), 422, holidays=twice)
    assert "has days that “15/2/2027" in str(said.problems)


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
    senco.submit(said, moves="y")
    assert m.Setting.get().stage_1_closes == 5
    said = senco.submit(senco.page("/setting/clock/"), 422, stage_1_closes="12")
    assert "less is overdue for 1 child." in str(said.problems)


def test_a_folder_for_backups_that_cannot_be_used_is_refused_at_its_box(school, browser, tmp_path):
    address = f"/setting/{m.Setting.get().id}/edit/"
    person = browser("technician")
    stick = tmp_path / "stick"
    stick.mkdir()
    for line, words in (
        ("relative/folder", "write the whole path of the folder"),
        (f"{tmp_path}/gone", "the folder is not there"),
    ):
        said = person.submit(person.page(address), 422, backup_places=f"{stick}\n{line}")
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
