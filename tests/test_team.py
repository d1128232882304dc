"""Teachers, assistants and the head: a concern in five questions, notes, the head's agreement,
what somebody is asked to write, and a child's team.
"""

import datetime
import importlib

import pytest
from conftest import (
    ON,
    START,
    TODAY,
    assert_tasks_are_kept,
    do_papers,
    home_tasks,
    press,
    ready,
    take_to,
    write,
)

import models as m
import workflow as w
from admin_views.home import last_term
from audit.log import acting_as, db
from pathway import clock
from people import User
from records import questions as q
from reports.class_sheet import ClassSheet

DAY = datetime.timedelta(1)
ADDRESS = "/record-of-concern/raise/"
SAID = {
    "areas": ["Cognition and learning", "Communication and interaction"],
    "what": "Loses the thread after one sentence.",
    "tried": "Picture cards\n\nA seat in front",
    "told_on": "yesterday",
}


def newest(pupil):
    mine = m.RecordOfConcern.select().where(m.RecordOfConcern.pupil == pupil.id)
    return mine.order_by(m.RecordOfConcern.id.desc()).first()


# --- a concern in five questions
def test_five_questions_make_a_draft_that_the_senco_sees(school, browser):
    at = browser("teacher")
    page = at.submit(at.page(ADDRESS), pupil=str(school.mine), **SAID)
    assert "Thank you" in page.text
    paper = newest(school.mine)
    assert (paper.status, paper.raised_by, paper.raised_on) == ("draft", school.teacher.name, TODAY)
    assert paper.answer("areas") == "Communication and interaction; Cognition and learning"
    assert [row.strategy for row in paper.used] == ["Picture cards", "A seat in front"]
    assert [row.what for row in paper.key_concerns] == [SAID["what"]]
    assert paper.told_on == TODAY - DAY
    assert f"New concern of {school.teacher.name}" in browser("senco").page("/?group=agree").text


def test_a_worry_beside_the_record_of_the_cycle_stands_with_the_papers_of_the_stage(
    school, browser
):
    take_to(school.robin, "S1", school.senco)
    do_papers(school.robin, school.senco)
    at = browser("teacher")
    at.submit(at.page(f"{ADDRESS}?pupil={school.robin.id}"), **SAID)
    paper = newest(school.robin)
    page = browser("senco").page(f"/pupil/{school.robin.id}/")
    path = "//section[@aria-labelledby='papers']//a/@href"
    assert any(f"/record-of-concern/{paper.id}/" in to for to in page.all(path))


@pytest.mark.parametrize("where, first", [("", "pupil"), ("?pupil={}", "areas")])
def test_the_first_of_the_five_questions_has_the_focus(school, browser, where, first):
    page = browser("teacher").page(ADDRESS + where.format(school.mine.id))
    assert page.one("//*[@autofocus]").get("name") == first


def test_a_second_worry_joins_the_record_that_is_begun(school, browser):
    for who, when in (("teacher", "yesterday"), ("senco", "today")):
        at = browser(who)
        form = at.page(f"{ADDRESS}?pupil={school.mine.id}")
        page = at.submit(form, **(SAID | {"areas": ["Cognition and learning"], "told_on": when}))
    paper = newest(school.mine)
    assert f"that {school.teacher.name} has begun" in page.text
    assert len(paper.key_concerns) == 2 and paper.told_on == TODAY - DAY
    assert f"{school.senco.name} talked to the family" in paper.family_said


@pytest.mark.parametrize(
    "typed",
    [{"areas": []}, {"what": " "}, {"pupil": ""}, {"told_on": "tomorrow"}, {"tried": "x" * 256}],
    ids=str,
)
def test_what_cannot_be_kept_is_named_and_stays_in_the_boxes(school, browser, typed):
    before = m.RecordOfConcern.select().count(), m.KeyConcern.select().count()
    at = browser("teacher")
    said = {"pupil": str(school.mine), **SAID, **typed}
    page = at.submit(at.page(ADDRESS), status=422, **said)
    assert page.all("//*[@role='alert']//li")
    if "what" not in typed:
        assert SAID["what"] in page.text
        assert SAID["what"] in at.page(ADDRESS).text  # as a draft
    assert (m.RecordOfConcern.select().count(), m.KeyConcern.select().count()) == before


def test_one_press_makes_one_concern(school, browser):
    at = browser("teacher")
    form = at.page(f"{ADDRESS}?pupil={school.mine.id}")
    at.submit(form, **SAID)
    at.submit(form, **SAID)
    assert len(newest(school.mine).key_concerns) == 1
    page = at.submit(at.page(f"{ADDRESS}?pupil={school.mine.id}"), **SAID | {"what": "It goes on."})
    assert "that you have begun" in page.text


def test_nobody_raises_a_concern_out_of_reach(school, browser):
    assert browser("teacher").get(f"{ADDRESS}?pupil={school.other.id}").status_code == 404
    at = browser("teacher")
    at.submit(at.page(ADDRESS), status=422, pupil=str(school.other), **SAID)


def test_an_agreed_record_is_not_written_into(school, browser):
    robin = school.robin
    take_to(robin, "S1", school.senco)
    do_papers(robin, school.senco)
    sealed = newest(robin)
    at = browser("teacher")
    at.submit(at.page(f"{ADDRESS}?pupil={robin.id}"), **SAID)
    assert sealed.status == "sealed" and newest(robin).id != sealed.id
    assert w.PupilContext(robin, school.senco).form_of(m.RecordOfConcern) == sealed


# --- notes
def test_a_note_is_written_on_the_page_of_the_child(school, browser):
    at = browser("teacher")
    page = at.page(f"/pupil/{school.mine.id}/")
    said = {
        "kind": "Meeting with the family",
        "whom": "Grandmother",
        "words": "Bedtime is late.",
        "follow_up_by": "tomorrow",
    }
    box = "//form[contains(@action, '/note/new/')]"
    before = m.family_meetings([], m.Note.select(), [], TODAY)
    page = at.submit(page, path=box, **said)
    assert page.response.request.path == f"/pupil/{school.mine.id}/"
    note = m.Note.select().order_by(m.Note.id.desc()).first()
    assert (note.on, note.whom, note.pupil_id) == (TODAY, "Grandmother", school.mine.id)
    assert "Bedtime is late." in page.text  # on the timeline
    assert m.family_meetings([], m.Note.select(), [], TODAY) == before + 1
    assert "Follow up: Meeting with the family: Grandmother" in at.page("/").text
    note.done_on = TODAY
    note.save()
    assert "Follow up: Meeting with the family: Grandmother" not in at.page("/").text


def test_a_note_that_lacks_something_comes_back_with_what_was_typed(school, browser):
    at = browser("teacher")
    page = at.page(f"/pupil/{school.mine.id}/")
    box = "//form[contains(@action, '/note/new/')]"
    page = at.submit(page, status=422, path=box, words="Bedtime is late.")
    assert "Answer “With whom?”" in page.text and "Bedtime is late." in page.text


def test_meetings_with_the_family_are_counted_by_the_day_and_the_school_year():
    def note(on, kind=m.MET_FAMILY):
        return m.Note(on=on, kind=kind)

    def meeting(on, kind="My Plan review"):
        return m.Meeting(on=on, kind=kind)

    autumn = datetime.date(2026, 9, 1)
    meetings = [meeting(autumn), meeting(TODAY + DAY), meeting(TODAY, "Team meeting")]
    notes = [note(autumn), note(autumn - DAY), note(TODAY), note(TODAY - DAY, "Telephone")]
    said = {"status": "sealed", "happened_on": TODAY - 2 * DAY}
    papers = [m.MyPlan(**said)]
    for involved, status in (("Yes", "sealed"), ("Yes", "draft"), ("No", "sealed")):
        papers.append(m.MyPlanReview(**said | {"status": status, "parent_involved": involved}))
        said["happened_on"] -= DAY
    assert m.family_meetings(meetings, notes, papers, TODAY) == 3


# --- the head agrees
@pytest.fixture
def wanted(school):
    """Robin's review says that an EHCP is to be considered; this school's head is asked first."""
    robin = school.robin
    with acting_as("The tests"):
        ready(w.move_named(w.EHCP_REQUEST), robin, school.senco)
        settings = m.Setting.of_school()
        settings.head_confirms_ehcp = "Yes"
        settings.save()
    return robin


WAITS = "EHCP request: do you agree?"
BUTTON = "//form[contains(@action, '/agree-request/')]"


def test_the_head_agrees_by_a_button_and_the_move_is_free(wanted, school, browser):
    head = browser("head")
    assert WAITS in head.page("/").text
    assert WAITS not in browser("senco").page("/").text
    assert not browser("senco").page(f"/pupil/{wanted.id}/").all(BUTTON)
    page = head.submit(head.page(f"/pupil/{wanted.id}/"), path=BUTTON, button=None)
    assert "You have agreed" in page.text and WAITS not in page.text
    agreed = m.HeadAgreement.get(m.HeadAgreement.pupil == wanted)
    assert (agreed.agreed_by, agreed.how, agreed.on) == (school.head.name, "Pressed here", TODAY)
    press(w.EHCP_REQUEST, wanted, school.senco, head_agreed=None)
    assert m.EhcCase.current(wanted)


def test_it_is_agreed_once_and_only_by_the_head(wanted, school, browser):
    w.agree_request(wanted, school.head)
    for who in ("head", "senco"):
        with pytest.raises(w.Refused):
            w.agree_request(wanted, getattr(school, who))
    mine = m.HeadAgreement.select().where(m.HeadAgreement.pupil == wanted)
    assert mine.count() == 1


def test_what_was_agreed_on_paper_is_typed_with_the_move(wanted, school):
    with pytest.raises(w.Refused, match="on the home page"):
        press(w.EHCP_REQUEST, wanted, school.senco, head_agreed=None)
    press(w.EHCP_REQUEST, wanted, school.senco, head_agreed=ON)
    agreed = m.HeadAgreement.get(m.HeadAgreement.pupil == wanted)
    assert (agreed.how, agreed.on) == ("On paper", ON)
    assert not w.waits_for_head(w.PupilContext(wanted, school.head))


def test_a_request_to_erase_waits_for_the_head(school, browser):
    said = {"reason": "Asked for", "asked_by": "The SENCO", "asked_id": school.senco.id}
    m.Erasure(pupil=school.robin, **said).save()
    page = browser("head").page("/")
    assert "The SENCO asks to erase the record" in page.text
    # it leads to the page on which it is done, before all that others have to do
    first = page.all("//li[@class='child']/div/a")[0]
    assert first.get("href") == f"/keeping/{school.robin.id}/erase/"


def test_only_who_decides_is_told_to_decide(school, browser):
    take_to(school.robin, "S1", school.senco)
    w.complete(write(m.RecordOfConcern, school.robin, school.teacher), school.teacher)
    for who, words in (("senco", "Decide"), ("head", "Open")):
        lines = browser(who).page("/?group=agree").all("//div[@class='desk']/a")
        assert {line.text.strip() for line in lines} == {words}


def test_the_head_sees_the_numbers_of_last_term_beside_those_of_today(school, browser):
    assert clock.term_began(datetime.date(2027, 1, 1)) == datetime.date(2027, 1, 1)
    assert clock.term_began(datetime.date(2027, 3, 29)) == datetime.date(2027, 3, 29)
    assert clock.term_began(datetime.date(2027, 3, 28)) == datetime.date(2027, 1, 1)
    take_to(school.robin, "S1", school.senco)
    m.Placement.update(started_on=datetime.date(2026, 8, 31)).where(
        m.Placement.pupil == school.robin
    ).execute()
    day, counts = last_term(school.head)
    assert day == datetime.date(2026, 8, 31) and counts["S1"] == 1
    assert last_term(school.senco) is None
    assert "before this term, on 31 Aug" in browser("head").page("/").text


# --- the team
def member(pupil, user, **more):
    with acting_as("The tests"):
        made = m.TeamMember(pupil=pupil, person=user.name, part="Key adult", **more)
        made.save()
    return made


@pytest.mark.parametrize("who", ["stranger", "ta"])
def test_who_is_in_the_team_sees_the_child_and_nobody_else(school, browser, who):
    user = getattr(school, who)
    address = f"/pupil/{school.other.id}/"
    assert browser(who).get(address).status_code == 404
    made = member(school.other, user)
    assert browser(who).page(address)
    assert school.other in m.Pupil.visible_to(user)
    made.until = TODAY - DAY
    made.save()
    assert browser(who).get(address).status_code == 404


def test_a_name_that_two_people_have_opens_nothing(school):
    twin = User.create(name=school.stranger.name, username="twin", role=q.TEACHER)
    assert member(school.other, twin).user is None
    assert school.other not in m.Pupil.visible_to(school.stranger)
    assert (
        not m.TeamMember(person="Nobody at all", part="Key adult").note().startswith("Key adult ")
    )


def test_an_assistant_reads_plans_and_writes_notes_and_concerns(school):
    can = {name for name, row in m.RIGHTS_TABLE.items() if "w" in row[q.TA]}
    assert can == {"Strategy", "RecordOfConcern", "Note", "ProvisionWeek"}
    assert not {"Letter", "Document", "EhcCase", "Consent"} & {
        name for name, row in m.RIGHTS_TABLE.items() if "r" in row[q.TA]
    }
    assert all("x" not in row[q.TA] for row in m.RIGHTS_TABLE.values())


# --- what somebody is asked to write
def test_who_is_asked_to_write_is_told_until_the_paper_is_complete(school, browser):
    robin = school.robin
    take_to(robin, "S2", school.senco)
    at = browser("senco")
    form = at.page(f"/writing-task/new/?pupil={robin.id}")
    said = {"person": school.teacher.name, "paper": "MyPlan", "by": "27/11/2026"}
    at.submit(form, **said)
    words = f"My Plan to write ({school.teacher.name})"
    page = browser("teacher").page("/")
    assert words in page.text
    assert page.all(f"//a[@href='/my-plan/new/?pupil={robin.id}']")
    assert words in browser("senco").page("/").text  # what waits for whom
    member(robin, school.stranger)
    assert words not in browser("stranger").page("/").text
    w.complete(write(m.MyPlan, robin, school.teacher), school.teacher)
    assert words not in browser("teacher").page("/").text


@pytest.mark.parametrize(
    "who, why", [("ta", "may not write"), ("stranger", "add them to the team")]
)
def test_nobody_is_asked_who_cannot_write_it(school, browser, who, why):
    at = browser("senco")
    form = at.page(f"/writing-task/new/?pupil={school.mine.id}")
    person = getattr(school, who).name
    page = at.submit(form, status=422, person=person, paper="MyPlan", by="27/11/2026")
    assert why in page.text


def test_a_paper_that_is_asked_for_is_told_once(robin, cast):
    def told(who):
        mine = [line for line in home_tasks(who) if line[1].record == "MyPlan"]
        return [(group, task.screen, task.record_id) for group, task in mine]

    take_to(robin, "S2", cast.senco)
    assert told(cast.teacher) == [("papers", "new", None)]
    said = {"person": cast.teacher.name, "paper": "MyPlan", "by": TODAY + DAY}
    m.WritingTask(pupil=robin, **said).save()
    assert told(cast.teacher) == told(cast.senco) == [("asked", "new", None)]
    plan = write(m.MyPlan, robin, cast.teacher)
    assert told(cast.teacher) == [("asked", "edit", plan.id)]
    assert_tasks_are_kept()


def test_a_review_of_a_stage_that_is_over_is_no_longer_asked_for(robin, cast):
    take_to(robin, "S1", cast.senco)
    said = {"person": cast.teacher.name, "paper": "ConcernReview", "by": TODAY + DAY}
    m.WritingTask(pupil=robin, **said).save()
    told = [task.what for group, task in home_tasks(cast.teacher) if group == "asked"]
    assert told == [f"Record of Concern Review to write ({cast.teacher.name})"]
    press("Entered in error", robin, cast.senco, reason="The wrong child.")
    assert "asked" not in dict(home_tasks(cast.teacher))


def test_no_review_is_asked_for_of_another_stage(school, browser):
    """Nor is it begun: the page of the child says why."""
    held = {paper.form.__name__: paper.stage for paper in w.PAPERS if paper.kind == "review"}
    assert held == m.REVIEW_STAGES
    stage = m.Placement.current(school.mine).stage
    said = {"pupil": school.mine, "person": school.teacher.name, "by": TODAY}
    assert stage == held["MyPlanPlusReview"]
    for paper in held:
        task = m.WritingTask(paper=paper, **said)
        assert ("paper" in dict(task.errors())) == (held[paper] != stage)
    at = browser("senco")
    began = at.get(f"/my-plan-review/new/?pupil={school.mine.id}")
    assert "is not on the stage of a My Plan Review" in at.page(began.location).text


def test_an_assistant_is_told_only_what_an_assistant_can_write(robin, cast):
    take_to(robin, "S2", cast.senco)
    write(m.MyPlan, robin, cast.senco)
    assert "papers" in dict(home_tasks(cast.teacher))
    assert home_tasks(cast.ta) == []


def test_the_next_step_of_a_teacher_passes_by_the_papers_of_the_family(school, browser):
    """They are not shown to a teacher; what comes after them is."""
    take_to(school.robin, "S3", school.senco)
    page = browser("teacher").page(f"/pupil/{school.robin.id}/")
    step = page.one("//h2[@id='next']/following-sibling::a[1]").text
    assert step == "Start Pupil Views"


# --- the class sheet
def test_the_class_sheet_has_what_a_supply_teacher_should_know(school, browser):
    robin = school.robin
    take_to(robin, "S2", school.senco)
    do_papers(robin, school.senco)
    with acting_as("The tests"):
        for number in range(4):
            m.Strategy(pupil=robin, strategy=f"Help {number}").save()
        m.Strategy(pupil=robin, strategy="No longer", until=TODAY - DAY).save()
        robin.alert = "Sits near the front"
        robin.save()
    page = browser("teacher").get("/class-sheet/?form=3B").get_data(as_text=True)
    for words in ("Sits near the front", "Help 0; Help 1; Help 2", "1 min × 1 a week", "Oakley"):
        assert words in page
    for words in ("Help 3", "No longer", "Yakother"):
        assert words not in page
    assert "Oakley" not in browser("stranger").get("/class-sheet/").get_data(as_text=True)


def test_the_class_sheet_asks_no_more_for_more_children(school, monkeypatch):
    sent = []
    run = type(db.obj).execute_sql
    monkeypatch.setattr(type(db.obj), "execute_sql", lambda *a, **k: sent.append(a) or run(*a, **k))

    def asked():
        sent.clear()
        ClassSheet(school.senco, m.Setting.of_school(), TODAY).lines()
        return len(sent)

    before = asked()
    for number in range(5):
        child = m.Pupil(surname=f"Child{number}", forename="A", form="3B", year="3")
        child.dob = START
        child.save()
        m.Strategy.create(pupil=child, strategy="Help")
        take_to(child, "S1", school.senco)
    assert asked() == before


def test_assistants_of_a_school_that_upgrades_need_a_second_step_as_teachers_do(cast):
    update = importlib.import_module("migrations.0022_assistants_second_step")
    for before, after in (("senco\nteacher", "senco\nteacher\nta"), ("senco", "senco")):
        m.Setting.update(second_step=before).execute()
        update.up(None, db.obj)
        assert m.Setting.get().second_step == after
