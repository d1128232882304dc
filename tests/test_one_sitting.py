"""A review in one sitting: at most three pages until the move is made, what stands beside each
outcome, and which of the chart's answers count.
"""

import datetime

import pytest
from conftest import (
    HELD,
    START,
    TODAY,
    add_row,
    agree_plan,
    agreed,
    chart_answers,
    fill,
    hold_review,
    home_tasks,
    press,
    take_to,
    write,
)
from printed import paper_of
from web import words

import models as m
import workflow as w
from audit.log import AuditEntry
from pathway import clock, planning
from records.dates import say_day, short_day
from reports.register import Register

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
    assert w.chart_answers(review) == {**all_yes, "barriers": None, "onward": None}
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


# --- planned before, told afterwards
def test_a_review_is_planned_with_its_people_and_invitations(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    add_row(school.wren, "contacts", **MOTHER, large_print="Yes")
    add_row(school.wren, "contacts", **FATHER)
    senco = browser("senco")
    page = senco.page(f"/review-week/{school.wren.id}/")
    offered = page.all("//input[@name='offered']/@value")
    assert offered and all(
        clock.is_school_day(datetime.date.fromisoformat(day), m.Setting.of_school())
        for day in offered
    )
    box = "//main//form[.//input[@name='offered']]"
    said = {"offered": offered[0], "at": "15:30", "place": "The library"}
    senco.submit(page, path=box, button=None, **said)
    meeting = m.Meeting.get(m.Meeting.pupil == school.wren.id)
    assert meeting.on.isoformat() == offered[0] and meeting.kind == "My Plan review"
    assert "Ms Ash (mother)" in [row.who for row in meeting.people]
    letters = list(meeting.letters)
    assert {(one.to_whom, one.large_print) for one in letters} == {
        ("Ms Ash", "Yes"),
        ("Mr Ash", None),
    }
    assert all("15:30" in one.body and "The library" in one.body for one in letters)
    told = [task for _, task in home_tasks(school.senco) if task.pupil_id == school.wren.id]
    (about,) = [task for task in told if task.what.startswith("My Plan Review planned for ")]
    assert about.due == meeting.on
    lines = Register(school.senco, m.Setting.of_school(), TODAY).lines()
    planned = next(line.cells["planned"] for line in lines if line.pupil == school.wren.id)
    assert planned == meeting.on
    said = " ".join(senco.page(f"/pupil/{school.wren.id}/").text.split())
    assert f"My Plan review, {short_day(meeting.on)}" in said
    assert f"{short_day(meeting.on)}, {short_day(meeting.on)}" not in said
    address = f"/review-week/{school.wren.id}/invitations.pdf"
    printed = paper_of(senco.get(address))
    begins = [number for number, words in enumerate(printed.pages) if "Page 1 of" in words]
    # two letters, each with two forms; one household's in large print: titles, words, prompts
    assert len(begins) == 6
    assert not any(number % 2 for number in begins)
    assert {14, 16, 18, 22} <= printed.sizes
    m.Letter.update(sent_on=TODAY).where(m.Letter.meeting == meeting).execute()
    assert "Every invitation" in senco.page(address, 422).text


@pytest.mark.parametrize(
    "stage, words", [("S2", "the review on"), ("E", "the annual review of the EHC plan on")]
)
def test_an_invitation_names_the_review_to_which_it_asks(robin, cast, stage, words):
    add_row(robin, "contacts", **MOTHER)
    take_to(robin, stage, cast.senco)
    meeting = planning.plan_review(w.PupilContext(robin, cast.senco), TODAY + 20 * DAY, ["Ms Ash"])
    (letter,) = meeting.letters
    assert f"Please come to {words} " in letter.body


def test_planned_anew_it_is_the_same_meeting_with_new_invitations(school):
    agree_plan(school.wren, school.senco, "S2")
    meetings = []
    for day in (TODAY, TODAY + DAY):
        ctx = w.PupilContext(school.wren, school.senco)
        meetings.append(planning.plan_review(ctx, day, ["Ms Ash"]))
    assert meetings[0] == meetings[1] and meetings[1].people.count() == 1
    assert [one.void for one in meetings[1].letters.order_by(m.Letter.id)] == [True, False]
    review, _ = w.start_form(m.MyPlanReview, school.wren, school.senco)
    assert review.present == "Ms Ash"


def test_a_day_outside_the_window_is_planned_with_a_reason_that_is_kept(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    senco = browser("senco")
    address = f"/review-week/{school.wren.id}/"
    box = "//main//form[.//input[@name='offered']]"
    ctx = w.PupilContext(school.wren, school.senco)
    _, last = planning.days_between(ctx)
    late = clock.school_days_after(last, 1, m.Setting.of_school())
    said = {"day": f"{late:%d/%m/%Y}"}
    due = say_day(ctx.clock.closes)
    assert (
        f"The review was due by {due}: these are the next school days." in senco.page(address).text
    )
    page = senco.submit(senco.page(address), 422, path=box, button=None, **said)
    (problem,) = page.problems
    assert problem[0] == "outside_why" and "or say why it is later" in problem[1]
    said["outside_why"] = "Mother works until then"
    senco.submit(page, path=box, button=None, **said)
    meeting = m.Meeting.get(PLANNED)
    assert (meeting.on, meeting.outside_why) == (late, "Mother works until then")
    assert "Mother works until then" in senco.page(f"/pupil/{school.wren.id}/").text
    told = f"; it was due by {short_day(ctx.clock.closes)}"
    assert m.HomeTask.select().where(m.HomeTask.what.endswith(told)).exists()
    planning.plan_review(ctx, late, [], place="The hall", outside_why="Mother works until then")
    assert m.Meeting.get(PLANNED).outside_why == "Mother works until then"
    # inside the window there is nothing to explain, and no reason makes a day of what is over
    said["day"] = f"{TODAY + DAY:%d/%m/%Y}"
    senco.submit(senco.page(address), path=box, button=None, **said)
    assert m.Meeting.get(PLANNED).outside_why is None
    said["day"] = f"{TODAY - DAY:%d/%m/%Y}"
    senco.submit(senco.page(address), 422, path=box, button=None, **said)


def test_a_review_planned_early_says_why_it_is_held_early(school):
    agree_plan(school.wren, school.senco, "S3")
    ctx = w.PupilContext(school.wren, school.senco)
    ctx.placement.clock_from = TODAY
    ctx.placement.save()
    planning.plan_review(ctx, TODAY + DAY, [], outside_why="The family moves")
    review, _ = w.start_form(m.MyPlanPlusReview, school.wren, school.senco)
    assert review.early_why == "The family moves"


def test_a_review_held_on_another_day_is_that_meeting_and_invites_nobody_more(school):
    agree_plan(school.wren, school.senco, "S2")
    ctx = w.PupilContext(school.wren, school.senco)
    meeting = planning.plan_review(ctx, TODAY + DAY, ["Ms Ash"])
    assert m.Letter.unsent().where(m.Letter.meeting == meeting).count() == 1
    review = hold_review(school.wren, school.senco, "1", TODAY)
    assert m.Meeting.get_by_id(meeting.id).on == review.happened_on == TODAY
    assert not m.Letter.unsent().where(m.Letter.meeting == meeting).exists()


def test_the_week_of_reviews_is_planned_together_or_not_at_all(school, browser):
    for pupil in (school.wren, school.robin):
        agree_plan(pupil, school.senco, "S2")
    senco = browser("senco")
    form = "//main//form[.//input[@name='press']]"
    days = {f"p{school.wren.id}-day": "25/11/2026", f"p{school.robin.id}-day": "28/11/2026"}
    page = senco.submit(senco.page("/review-week/"), 422, path=form, button=None, **days)
    assert "is not a school day" in page.text and not m.Meeting.select().where(PLANNED).exists()
    days[f"p{school.robin.id}-day"] = "26/11/2026"
    senco.submit(page, path=form, button=None, **days)
    assert m.Meeting.select().where(PLANNED).count() == 2
    # the same lines, to the work that prints letters
    page = senco.page("/review-week/")
    assert len(page.all("//tbody/tr[.//span='Planned']")) == 2
    (button,) = page.all("//button[@name='kind'][@value='letters']")
    ticked = {"pupil": [str(school.wren.id), str(school.robin.id)], "kind": button.get("value")}
    answer = senco.post(button.get("formaction"), ticked)
    assert m.Letter.select().where(m.Letter.meeting.is_null(False)).count()
    assert answer.location.startswith("/prints/")


def test_children_ticked_in_the_register_are_invited_together(school, browser):
    for pupil in (school.wren, school.robin):
        agree_plan(pupil, school.senco, "S2")
    senco = browser("senco")
    register = senco.page("/register/")
    (button,) = register.all("//form[@id='bulk']//button[.='Invite to reviews']")
    answer = senco.post(button.get("formaction"), {"pupil": [str(school.wren.id)], "kind": ""})
    page = senco.page(answer.location)
    assert len(page.all("//tbody/tr")) == 1
    form = "//main//form[.//input[@name='press']]"
    day = {f"p{school.wren.id}-day": "26/11/2026"}
    senco.submit(page, path=form, button=None, **day)
    (letter,) = m.Letter.select().where(m.Letter.meeting.is_null(False))
    assert letter.pupil == school.wren


def test_an_agency_is_asked_only_with_a_consent_to_invite_it(school):
    agree_plan(school.wren, school.senco, "S2")
    m.Agency(pupil=school.wren, agency="Speech", state="Consulted", question="What helps?").save()
    given = {"to_whom": "Speech", "answer_given": "Given", "given_on": START}
    for purpose, may_come in (("Referral", False), ("Invite to a meeting", True)):
        m.Consent(pupil=school.wren, purpose=purpose, **given).save()
        ctx = w.PupilContext(school.wren, school.senco)
        guest = planning.guests(ctx)[-1]
        assert guest.agency == "Speech"
        assert (planning.guest_fault(ctx, guest, TODAY) is None) is may_come


def test_the_recap_says_how_far_each_outcome_came_and_goes_with_the_move(school):
    agree_plan(school.wren, school.senco, "S2")
    said = {"next_steps": "Go on as before\nRead at home", **chart_answers("1", "S2")}
    agreed(m.MyPlanReview, school.wren, school.senco, HELD, **said)
    placed = press("New My Plan cycle", school.wren, school.senco, recap="Yes")
    letter = m.Letter.get(m.Letter.placement == placed)
    steps = "What we agreed: \nGo on as before\nRead at home"
    for words_said in ("Outcome number 2: Not yet", steps, "The next review is due by"):
        assert words_said in letter.body
    press("Entered in error", school.wren, school.senco, on=None)
    assert m.Letter.get_by_id(letter.id).void


DAY = datetime.timedelta(1)
PLANNED = m.Meeting.placement.is_null(False)
MOTHER = {"name": "Ms Ash", "relationship": "mother", "lives_with": "Yes", "address": "1 Oak Road"}
FATHER = {"name": "Mr Ash", "responsibility": "Yes", "address": "2 Elm Road"}


# --- same as last time
def test_a_review_is_filled_as_last_time_where_nothing_is_written(school, browser):
    agree_plan(school.wren, school.senco, "S2")
    new = f"/my-plan-review/new/?pupil={school.wren.id}"
    senco = browser("senco")
    assert not senco.page(new).all(LAST)
    last = agreed(m.MyPlanReview, school.wren, school.senco, HELD, **chart_answers("1", "S2"))
    press("New My Plan cycle", school.wren, school.senco, HELD)
    w.agree(fill(w.PupilContext(school.wren, school.senco).paper("plan")[1]), school.senco)
    page = senco.submit(senco.page(new), button=("last", "1"), led_by="Miss Elm")
    assert (page.said("led_by"), page.said("present")) == ("Miss Elm", last.present)
    assert page.said("progress_seen") == page.said("ratings-0-rating") == ""
    read = AuditEntry.select().where(
        AuditEntry.record == "MyPlanReview", AuditEntry.record_id == last.id
    )
    assert {(row.act, row.user_id) for row in read if row.act == "view"} == {
        ("view", school.senco.id)
    }
    refused = senco.submit(page, 422, happened_on="31 June")
    for shown in (page, refused, senco.page(new)):
        checked = shown.all("//*[contains(@class, 'hint')][contains(., 'please check')]/@id")
        assert checked == ["present-hint"]
        assert not shown.all(LAST)
    assert m.MyPlanReview.select().where(m.MyPlanReview.pupil == school.wren.id).count() == 1
    senco.submit(refused, happened_on="")
    review = w.PupilContext(school.wren, school.senco).review
    assert "please check" not in str(senco.page(f"/my-plan-review/{review.id}/edit/").text)


def test_lines_are_filled_as_last_time_but_for_what_is_consented(school, browser):
    take_to(school.wren, "S3", school.senco)
    last = write(m.ParentInformation, school.wren, school.senco, household="Wren and Ash")
    add_row(last, "known_services", service="Speech therapy", since="2023", may_contact="Yes")
    w.agree(last, school.senco)
    m.ParentInformation.update(placement=None).where(m.ParentInformation.id == last.id).execute()
    senco = browser("senco")
    page = senco.page(f"/parent-information/new/?pupil={school.wren.id}")
    page = senco.submit(page, button=("last", "1"))
    assert page.said("household") == "Wren and Ash"
    boxes = ("service", "since", "may_contact")
    line = [page.said(f"known_services-0-{name}") for name in boxes]
    assert line == ["Speech therapy", "2023", ""]
    assert page.said("told_by") == page.said("consent") == ""
    senco.submit(page)
    (service,) = w.unfinished(m.ParentInformation, school.wren, school.senco).known_services
    assert (service.service, service.may_contact) == ("Speech therapy", None)


LAST = "//button[@name='last']"
