"""A review in one sitting, in a browser: three pages with and without JavaScript, keys 1 to 4, and
the chart's questions as they apply.
"""

import pytest
from conftest import ON, START, agree_plan

import models as m
import people
from audit import log as audit_log


@pytest.fixture
def wren(school, go_to):
    """A child of the served school with an agreed My Plan of four outcomes."""
    go_to(ON)
    with school.database.connection_context(), audit_log.acting_as("The tests"):
        pupil = m.Pupil(
            surname="Ash", forename="Wren", dob=START.replace(year=2018), year="3", form="3B"
        )
        pupil.save()
        agree_plan(pupil, people.User.get(username="senco"), "S2")
        yield pupil


TYPED = {
    "Who led the review?": "Miss Elm",
    "Was the parent or carer part of it?": "Yes",
    "Was the child part of it?": "Yes",
    "Has the child achieved outcomes?": "No",
    "Is a My Plan still appropriate?": "Yes",
}


def test_a_review_of_four_outcomes_takes_three_pages(school, chromium, script, wren):
    senco = school.screen(chromium, "senco", script).sign_in()
    loads = []
    senco.page.on("domcontentloaded", lambda page: loads.append(page.url))
    senco.open(f"/my-plan-review/new/?pupil={wren.id}")
    assert senco.page.locator("details:has(input[name=barriers])").is_visible() is not script
    lines = [] if script else [{"How far?": "Mostly"}] * 4
    senco.fill_in({**TYPED, "Outcomes": lines}, ON)
    if script:
        for place in range(4):
            senco.page.locator(f"input[name=ratings-{place}-rating]").first.press("3")
        assert senco.page.locator("input[value=Mostly]:checked").count() == 4
    senco.press("Agree, and make the move")
    assert senco.each("h1") == ["New My Plan cycle"]
    senco.press("New My Plan cycle")
    senco.says("New My Plan cycle: done for Wren Ash.")
    assert len(loads) == 3


def test_the_questions_come_and_go_with_the_answers(school, chromium, wren):
    senco = school.screen(chromium, "senco").sign_in()
    senco.open(f"/my-plan-review/new/?pupil={wren.id}")
    page = senco.page
    outcome = page.locator("legend", has_text="Outcome number 2").bounding_box()
    assert outcome["width"] > 50 and outcome["height"] > 10
    seen = []
    for name, answer in (("achieved", "Yes"), ("appropriate", "No"), ("barriers", "No")):
        page.locator(f"input[name={name}][value={answer}]").check()
        seen.append([page.locator(f"input[name={one}]").first.is_visible() for one in LATER])
    assert seen == [[False, False], [True, False], [True, True]]
    page.locator("input[name=appropriate][value=Yes]").check()
    assert not page.locator("input[name=onward]").first.is_visible()
    page.locator("input[name=ratings-0-rating][value=Achieved]").check()
    assert page.locator("select[name=ratings-0-then]").input_value() == "Close"


LATER = ("barriers", "onward")
PASTE = """box => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', 'Lunch\\tHappy\\tSoup');
  box.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true}));
}"""


def test_a_list_is_filled_with_keys_and_from_a_spreadsheet(school, chromium, wren):
    senco = school.screen(chromium, "senco").sign_in()
    senco.open(f"/pupil-views/new/?pupil={wren.id}")
    page = senco.page
    page.locator("input[name=gathered]").first.press("2")
    assert page.locator("input[name=gathered]:checked").input_value() == "Drew"
    page.locator("[name=lessons-0-part]").fill("Reading")
    second = page.locator("[name=lessons-1-part]")
    second.press("Control+'")
    assert second.input_value() == "Reading"
    second.evaluate(PASTE)
    line = [page.locator(f"[name=lessons-1-{name}]").input_value() for name in LINE]
    assert line == ["Lunch", "Happy", "Soup"]
    for name, then in (("lessons-2-part", "hard"), ("lessons-1-why", "lessons-6-part")):
        page.locator(f"[name={name}]").press("Control+Enter")
        assert page.evaluate("document.activeElement.name") == then


def test_what_is_no_answer_of_a_list_leaves_it_open(school, chromium):
    """A spreadsheet has other words than “Yes” and “No”: the lines can be saved all the same."""
    office = school.screen(chromium, "office").sign_in()
    office.open("/pupil/new/")
    page = office.page
    page.locator("[name=contacts-0-name]").evaluate(PASTE)
    said = page.locator("select[name=contacts-0-responsibility]")
    assert said.evaluate("list => [list.selectedIndex, list.value]") == [0, ""]
    assert page.locator("[name=contacts-0-relationship]").input_value() == "Happy"


LINE = ("part", "feeling", "why")
