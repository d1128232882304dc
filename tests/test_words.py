"""The words on the screens: plurals, one button for one meaning, lists called as the school calls
them, nothing called late that is not.
"""

import datetime

from conftest import START, take_to

import models as m
import workflow as w
from records.dates import say_weeks, today


def test_names_of_lists_are_english():
    for cls in m.every():
        name = cls.plural()
        assert not name.endswith(("+s", ")s", "Fars", "Thinks", "Concerns Review")), name
    assert m.MyPlanPlus.plural() == "My Plan+ plans"


def test_one_week_is_no_weeks():
    assert [say_weeks(number) for number in (0, 1, 2)] == ["0 weeks", "1 week", "2 weeks"]


def test_no_two_buttons_mean_the_same():
    """Words that differ in “the” alone are one button."""
    plain = [move.name.lower().replace(" the ", " ") for move in (*w.MOVES, w.UNDO)]
    assert len(set(plain)) == len(plain)


def test_buttons_and_sentences_follow_the_schools_names_of_the_lists(school, browser):
    settings = m.Setting.of_school()
    settings.concerns_list = "Monitoring Register"
    settings.sen_list = "Support Register"
    settings.save()
    take_to(school.wren, "S2", school.senco)
    at = browser("senco")
    for url in (f"/pupil/{school.wren.id}/", "/pupil/", "/help/"):
        text = at.page(url).text
        assert "Concerns List" not in text, url
        assert "SEN List" not in text, url
    page = at.page(f"/pupil/{school.wren.id}/move/remove-from-sen-list/")
    assert "Remove from Support Register" in page.text


def test_who_is_searched_by_the_name_in_use_is_found_by_it(school, browser):
    m.Pupil.update(forename="Alexander", known_as="Sandy").where(
        m.Pupil.id == school.wren.id
    ).execute()
    assert "Alexander (Sandy)" in browser("senco").page("/pupil/").text


def test_later_is_not_late(school, browser):
    plan = school.records["mine"]["MyPlan"]
    row = plan.provision.get()
    row.words = "Ten key facts, a week later"
    m.Provision.update(words=row.words).where(m.Provision.id == row.id).execute()
    page = browser("senco").page("/provision/")
    assert "a week later" in page.text
    assert not page.all("//td//span[contains(@class, 'late')]")


def test_an_overdue_review_is_marked_in_its_list(school, browser):
    take_to(school.wren, "S2", school.senco, START)
    m.Placement.update(started_on=today() - datetime.timedelta(90)).where(
        m.Placement.pupil == school.wren
    ).execute()
    page = browser("senco").page("/sen-list/")
    assert page.all("//td[@data-label='Next review']/span[contains(@class, 'late')]")


def test_a_list_is_filtered_by_its_own_stages_in_words(school, browser):
    options = {option.text for option in browser("senco").page("/sen-list/").all("//option")}
    assert {"Stage 2", "Stage 3", "EHCP"} <= options
    assert not options & {"S2", "LEFT", "OFF", "Pathway closed", "Left the school", "Stage 1"}


def test_a_list_of_lines_and_its_spreadsheet_say_whose_each_line_is(school, browser):
    """Contacts hang on the pupil, provision on a paper, ratings on a review."""
    at = browser("senco")
    m.Pupil.update(upn="H801200001001").where(m.Pupil.id == school.mine.id).execute()
    mine = m.Pupil.get_by_id(school.mine.id)
    for slug in ("contact", "sen-need", "provision", "outcome-rating", "recommendation"):
        page = at.page(f"/{slug}/")
        heads = [head.text_content().strip() for head in page.all("//table//th[@scope='col']")]
        assert heads[0] == "Pupil", slug
        assert str(mine) in page.text, slug
        sheet = at.post(f"/{slug}/spreadsheet/").get_data(as_text=True)
        assert '"Number","Pupil","Class","UPN"' in sheet.splitlines()[0], slug
        assert f'"{mine.name}","{mine.form}","{mine.upn}"' in sheet, slug


def test_signs_that_print_otherwise_are_told_when_they_are_saved(school, browser):
    at = browser("senco")
    strategy = school.records["mine"]["Strategy"]
    address = f"/strategy/{strategy.id}/edit/"
    page = at.submit(at.page(address), strategy="Praise 👍")
    assert "On paper a word in brackets will stand for these signs: 👍 (symbols)." in page.text
