"""A review in one sitting: at most three pages until the move is made, what stands beside each
outcome, and which of the chart's answers count.
"""

import pytest
from conftest import HELD, agree_plan, agreed, chart_answers, fill, press
from web import words

import models as m
import workflow as w

STAGES = ("S1", "S2", "S3", "E")


class Counted:
    """A browser that counts the pages which somebody waits for."""

    def __init__(self, browser):
        self.browser = browser
        self.loads = 0

    def open(self, url):
        self.loads += 1
        return self.browser.page(url)

    def submit(self, page, **more):
        self.loads += 1
        return self.browser.submit(page, **more)


def boxes_of(page):
    """The names of the boxes of the big form, each once."""
    return list(dict.fromkeys(page.all("//main//form[@data-draft]//@name")))


def typed_into(page, stage, **chart):
    """What somebody types into the open review: all that is needed, and the chart's answers."""
    cls = next(p.form for p in w.PAPERS if p.stage == stage and p.kind == "review")
    found = {"happened_on": "20/10/2026", **chart}
    for name, asked in cls.questions():
        if asked.ask.needed is True and name not in ("pupil", "happened_on"):
            found[name] = asked.choices[0][0] if asked.choices else f"Words for {name}"
    rated = "effect" if stage == "S1" else "rating"
    answer = "1" if stage == "S1" else "Mostly"
    lines = [name for name in boxes_of(page) if name.endswith(f"-{rated}")]
    assert len(lines) == 4
    return {**found, **dict.fromkeys(lines, answer)}


# the chart's answers, the move that is chosen, and what else its page asks
WAYS = {
    "S1": ({"achieved": "No"}, "Watch for another cycle"),
    "S2": ({"achieved": "No", "appropriate": "Yes"}, "New My Plan cycle"),
    "S3": ({"achieved": "No", "appropriate": "Yes"}, "New My Plan+ cycle"),
    "E": ({}, "Annual review held"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_review_of_four_outcomes_takes_three_pages(school, browser, stage):
    agree_plan(school.wren, school.senco, stage)
    chart, name = WAYS[stage]
    senco = Counted(browser("senco"))
    slug = w.PupilContext(school.wren, school.senco).paper("review")[0].form.slug()
    page = senco.open(f"/{slug}/new/?pupil={school.wren.id}")
    typed = typed_into(page, stage, **chart)
    if stage == "S1":
        typed |= {"achieved_why": "Not yet.", "way": w.move_named(name).slug}
    move = senco.submit(page, button=("do", "move"), **typed)
    assert name in move.title
    done = senco.submit(move, button=None)
    assert senco.loads == 3
    assert m.Placement.current(school.wren).move == name
    assert "done for" in done.text


def test_each_outcome_stands_beside_its_plan_and_its_last_rating(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    review = agreed(m.MyPlanReview, school.wren, school.senco, HELD, **chart_answers("1", "S2"))
    press("New My Plan cycle", school.wren, school.senco, HELD)
    plan = w.PupilContext(school.wren, school.senco).paper("plan")[1]
    w.agree(fill(plan), school.senco)
    page = browser("senco").page(f"/my-plan-review/new/?pupil={school.wren.id}")
    line = page.one("//fieldset[legend='Outcome number 2']")
    said = dict(zip(map(words, line.xpath(".//dt")), map(words, line.xpath(".//dd"))))
    assert said["Where will they be? (target)"] == "8 of 10"
    assert said["For which need?"] == plan.rows("needs")[0].words
    assert said["Provision"].startswith("Group number 2, ")
    assert said["Last time"] == review.ratings.get().rating
    assert line.xpath("count(.//input[@type='radio'])") == len(m.RATING)
    assert page.said("ratings-0-then") == "Keep"


def test_the_server_decides_which_answers_count(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    senco = browser("senco")
    page = senco.page(f"/my-plan-review/new/?pupil={school.wren.id}")
    assert "Answer this if “Has the child achieved outcomes?” is Yes" in page.text
    all_yes = {"achieved": "Yes", "appropriate": "Yes", "barriers": "Yes", "onward": "Yes"}
    senco.submit(page, **all_yes, barriers_why="Nobody asks.")
    review = m.MyPlanReview.get(m.MyPlanReview.pupil == school.wren.id)
    assert w.answers_of(review) == {**all_yes, "barriers": None, "onward": None}
    assert review.barriers_why is None


def test_what_is_missing_leads_to_its_box_and_nothing_is_lost(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    senco = browser("senco")
    page = senco.page(f"/my-plan-review/new/?pupil={school.wren.id}")
    page = senco.submit(page, 422, button=("do", "move"), next_steps="Go on", achieved="No")
    assert {"appropriate", "led_by", "ratings-0-rating"} <= {where for where, _ in page.problems}
    assert page.said("next_steps") == "Go on"


def test_a_teacher_writes_all_of_it_and_does_not_agree(school, browser):
    school.wren.form = "3B"
    school.wren.save()
    agree_plan(school.wren, school.senco, "S2")
    page = browser("teacher").page(f"/my-plan-review/new/?pupil={school.wren.id}")
    buttons = {button.get("value") for button in page.buttons(page.form())}
    assert "complete" in buttons and not {"agree", "move"} & buttons
