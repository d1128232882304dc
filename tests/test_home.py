"""The home page: each kind of task on the right days and for the right people, kept as the records
say, and a page that does not grow with the school.
"""

import datetime
import re

import pytest
import web
from conftest import (
    START,
    TODAY,
    add_row,
    assert_tasks_are_kept,
    do_papers,
    hold_review,
    home_tasks,
    press,
    ready,
    take_to,
    write,
)

import models as m
import workflow as w
from admin_views import home
from audit import log as audit_log
from pathway import tasks
from records.dates import say_day
from records.record import Clash

DAY = datetime.timedelta(1)
FAR = datetime.date(2026, 12, 24)  # in the future of every test, before any task is over


# --- each kind of task
def review(robin, cast):
    take_to(robin, "S1", cast.senco)


def annual_review(robin, cast):
    take_to(robin, "E", cast.senco)


def case(robin, cast):
    m.EhcCase.create(
        pupil=robin, requester="School", state="requested", received_on=START, advice_asked_on=START
    )


def request(robin, cast):
    m.Disclosure.create(pupil=robin, kind="access", asked_by="Mother", asked_on=START)


def second_year(robin, cast):
    ready(w.move_named("Annual review held"), robin, cast.senco)
    press("Annual review held", robin, cast.senco)


def paper_begun(robin, cast):
    take_to(robin, "S1", cast.senco)
    write(m.RecordOfConcern, robin, cast.teacher)


def paper_complete(robin, cast):
    take_to(robin, "S1", cast.senco)
    w.complete(write(m.RecordOfConcern, robin, cast.teacher), cast.teacher)


def review_agreed(robin, cast):
    take_to(robin, "S1", cast.senco)
    do_papers(robin, cast.senco)
    hold_review(robin, cast.senco, "progress")


def raised(robin, cast):
    write(m.RecordOfConcern, robin, cast.teacher)


def raised_again(robin, cast):
    review_agreed(robin, cast)
    m.RecordOfConcern.create(pupil=robin, happened_on=TODAY, entered_by=cast.teacher.name)


def agency(robin, cast):
    take_to(robin, "S1", cast.senco)
    m.Agency(pupil=robin, agency="Speech therapy", state="Waiting").save()
    reported = m.Agency(pupil=robin, agency="Has reported", state="Waiting", report_on=TODAY)
    reported.save()
    by = datetime.date(2026, 11, 24)
    add_row(reported, "recommendations", words="Coloured paper")
    add_row(reported, "recommendations", words="A slope", decision="Do", by=by)
    for said in ({"decision": "Not now"}, {"decision": "Do", "done_on": TODAY}):
        add_row(reported, "recommendations", words="No task", by=by, **said)


def five_forms(robin, cast):
    take_to(robin, "S3", cast.senco)


def letter(robin, cast):
    take_to(robin, "S2", cast.senco)


def action(robin, cast):
    meeting = m.Meeting.create(pupil=robin, kind="Team meeting", on=START)
    m.MeetingAction.create(meeting=meeting, what="Ring the nurse", who="Office", by=TODAY)
    m.MeetingAction.create(meeting=meeting, what="Done already", by=TODAY, done_on=TODAY)


def follow_up(robin, cast):
    said = {"kind": "Telephone", "words": "Ring again", "on": START}
    m.Note.create(pupil=robin, whom="Nurse", follow_up_by=TODAY, **said)
    m.Note.create(pupil=robin, whom="Nobody", **said)


def leaver(robin, cast):
    press("Has left the school", robin, cast.senco)


CONCERN = "Record of Concern"
# what makes it, the words it begins with, its day, and its groups: 15 days before the day it is
# due, 14 days before, on the day and after it; or its one group on all days
DATED = ("", "soon", "soon", "overdue")
AUTHORITY = ("", "others", "others", "others")
KINDS = (
    (review, "Record of Concern Review", datetime.date(2026, 11, 24), DATED),
    # the first warning comes ten weeks before the year ends, on 31 August
    (annual_review, "Annual review: plan the meeting", datetime.date(2027, 7, 6), DATED),
    (case, "EHC case: send the advice", datetime.date(2026, 10, 13), DATED),
    (case, "EHC case: the local authority decides", datetime.date(2026, 10, 13), AUTHORITY),
    (request, "Request: Everything held", datetime.date(2026, 10, 1), DATED),
    (leaver, "Transfer pack", datetime.date(2026, 11, 10), ("soon", "soon", "soon", "overdue")),
    (second_year, "Annual review: send the report", datetime.date(2026, 10, 27), DATED),
    (
        second_year,
        "Annual review: the local authority decides",
        datetime.date(2026, 11, 10),
        AUTHORITY,
    ),
    (review, f"{CONCERN}: not started", None, ("papers",)),
    (paper_begun, f"{CONCERN}: still a draft", None, ("papers",)),
    (paper_complete, f"{CONCERN} is complete", None, ("agree",)),
    (review_agreed, "Review agreed", None, ("agree",)),
    (raised, f"{CONCERN} written by", None, ("agree",)),
    (raised_again, "New concern of", None, ("agree",)),
    (five_forms, "5 of the five forms to come", None, ("papers",)),
    (agency, "Speech therapy: waiting", None, ("others",)),
    (letter, "Letter to check and send: SEN support begins", None, ("papers",)),
    (letter, "Long on My Plan", datetime.date(2027, 3, 2), ("", "", "agree", "agree")),
    (action, "Agreed at a meeting: Ring the nurse (Office)", TODAY, DATED),
    (follow_up, "Follow up: Telephone: Nurse", TODAY, DATED),
    (agency, "Has reported: decide on the recommendation “Coloured paper”", None, ("papers",)),
    (agency, "Has reported: carry out", datetime.date(2026, 11, 24), DATED),
)


@pytest.mark.parametrize("make, words, due, groups", KINDS, ids=lambda x: getattr(x, "__name__", x))
def test_each_kind_of_task_stands_where_it_belongs(robin, cast, the_day, make, words, due, groups):
    make(robin, cast)
    assert_tasks_are_kept()
    days = [FAR]
    if due:
        days = [due - 15 * DAY, due - 14 * DAY, due, due + DAY]
    for day, group in zip(days, groups, strict=True):
        the_day.move_to(datetime.datetime(day.year, day.month, day.day, 10, tzinfo=datetime.UTC))
        found = []
        for name, task in home_tasks(cast.senco):
            if task.what.startswith(words):
                found.append(name)
                assert task.record_id or task.screen in ("child", "new")
                assert due in (None, task.when)
                late = day == days[-1] and groups == AUTHORITY
                assert ("local authority late" in home.say_what(task)) == late
        assert found == [group] * bool(group), day


def test_an_agency_that_has_reported_is_waited_for_no_more(robin, cast):
    agency(robin, cast)
    said = str([task.what for _, task in home_tasks(cast.senco)])
    assert "Has reported: waiting" not in said and "No task" not in said


@pytest.mark.parametrize("make", [case, request, leaver, agency], ids=lambda make: make.__name__)
def test_a_teacher_is_told_of_nothing_that_a_teacher_may_not_read(robin, cast, make):
    make(robin, cast)
    found = {task.record for _, task in home_tasks(cast.teacher)}
    assert all(m.may(cast.teacher, "r", getattr(m, name)) for name in found)
    assert not found & {"EhcCase", "Disclosure", "Letter"}
    assert home_tasks(cast.stranger) == []
    assert home_tasks(cast.technician) == []


def test_who_may_read_requests_but_not_answer_them_is_not_reminded(robin, cast, monkeypatch):
    request(robin, cast)
    assert home_tasks(cast.office)
    monkeypatch.setitem(m.RIGHTS_TABLE["Disclosure"], "office", "r")
    assert home_tasks(cast.office) == []


# --- kept
def kept():
    return m.HomeTask.select().order_by(m.HomeTask.id)


def test_what_is_not_saved_leaves_the_tasks_as_they_were(robin, cast):
    take_to(robin, "S1", cast.senco)
    before = list(kept().tuples())
    form = write(m.RecordOfConcern, robin, cast.teacher)
    with pytest.raises(Clash), audit_log.transaction():
        w.complete(form, cast.teacher)
        raise Clash
    assert_tasks_are_kept()
    assert before


def test_reading_makes_no_task_anew(robin, cast):
    take_to(robin, "S1", cast.senco)
    before = list(kept().tuples())
    audit_log.audit_access("view", [robin])
    audit_log.audit_access("refused", [robin])
    assert list(kept().tuples()) == before


def test_little_is_asked_to_make_the_tasks_of_a_child_without_a_case(robin, cast, asked):
    """It is asked again at every save: nothing of what hangs on a case, and no table twice."""
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    settings = m.Setting.of_school()
    asked.clear()
    tasks.make([robin.id], settings)
    words = "\n".join(asked)
    assert [kind._meta.table_name in words for kind in (m.CaseDecision, m.ReviewYear)] == [
        False
    ] * 2
    for once in (m.EhcCase, m.EducationalAdvice, m.ConsultationAnswer):
        assert words.count(f'FROM "{once._meta.table_name}"') == 1


def test_a_setting_that_moves_dates_moves_the_tasks(robin, cast):
    settings = m.Setting.of_school()
    settings.save()
    take_to(robin, "S1", cast.senco)
    before = list(kept().tuples())
    settings.school_name = "Hill School"
    settings.save()
    assert list(kept().tuples()) == before
    for name, value in (("stage_1_closes", 20), ("due_soon_days", 3), ("chase_days", 1)):
        was = list(kept().tuples())
        setattr(settings, name, value)
        settings.save()
        assert_tasks_are_kept()
        assert list(kept().tuples()) != was, name


def test_tasks_follow_from_no_other_setting(robin, cast):
    """Whoever lets a task read one more setting writes it into SETTINGS."""

    class Watched:
        def __getattr__(self, name):
            assert name in tasks.SETTINGS, f"Write {name} into SETTINGS of pathway/tasks.py"
            return getattr(m.Setting(), name)

    for make in dict.fromkeys(kind[0] for kind in KINDS):
        with audit_log.db.atomic() as everything:
            make(m.Pupil.get_by_id(robin.id), cast)
            assert tasks.tasks_of([robin.id], Watched())
            everything.rollback()


def test_a_new_program_or_a_restored_backup_makes_the_tasks_anew_once(robin, cast):
    take_to(robin, "S1", cast.senco)
    tasks.refresh()
    m.HomeTask.delete().execute()
    tasks.refresh()
    assert not kept().exists()
    m.TaskBasis.update(digest="of another release").execute()
    tasks.refresh()
    assert kept().exists()
    assert_tasks_are_kept()


# --- the page
@audit_log.transaction()
def many(number, form="3B"):
    """More children who wait for their Record of Concern to be placed."""
    for place in range(number):
        pupil = m.Pupil.create(surname=f"Many{place:03}", forename="Kim", form=form)
        m.RecordOfConcern.create(pupil=pupil, happened_on=TODAY, entered_by="A teacher")


def names_on(page):
    return re.findall(r"Many\d{3}", page.text)


def test_a_child_has_one_line_and_the_rest_are_on_further_pages(school, browser):
    with audit_log.acting_as("The tests"):
        many(70)
    at = browser("senco")
    page = at.page("/?group=agree")
    assert len(page.all("//li[@class='child']")) == home.PAGE
    found = []
    for number in range(3):
        shown = at.page(f"/?group=agree&page={number}")
        found += [web.words(part) for part in shown.all("//li[@class='child']/span/a")]
    assert len(set(found)) == len(found)
    assert len([name for name in found if name.startswith("Many")]) == 70
    # a page that is not there is the last one, a wrong number the first
    assert names_on(at.page("/?group=agree&page=9")) == names_on(shown)
    assert names_on(at.page("/?group=agree&page=x")) == names_on(page)
    assert "What needs you" not in browser("technician").page("/?group=agree").text


def test_the_most_pressing_task_of_a_child_leads_and_the_others_are_behind_it(school, browser):
    page = browser("senco").page("/")
    lines = page.all("//li[@class='child']")
    keys = []
    for line in lines:
        keys.append("late" in line.xpath("string(div//span[2]/@class)"))
        assert len(line.xpath("div/a[contains(@class,'button')]")) == 1
    assert keys == sorted(keys, reverse=True)
    assert any(line.xpath("details") for line in lines)


@pytest.mark.parametrize("how", ("team", "class", "asked"))
def test_for_me_is_what_i_am_asked_and_the_children_of_my_team(school, browser, cast, how):
    office = cast.office
    with audit_log.acting_as("The tests"):
        many(3, "6Z")
        child = m.Pupil.get(m.Pupil.form == "6Z")
        if how == "team":
            part = "Key adult"
            m.TeamMember(pupil=child, person=office.name, part=part, since=TODAY).save()
        elif how == "class":
            office.classes = "6z"
            office.save()
    theirs = m.Pupil.select(m.Pupil.id).where(m.Pupil.form == "6Z")
    m.HomeTask.update(group="papers").where(m.HomeTask.pupil.in_(theirs)).execute()
    if how == "asked":
        asked = m.HomeTask.update(group="asked", person_id=office.id)
        asked.where(m.HomeTask.pupil == child).execute()
    page = browser("office").page("/?whose=mine")
    numbers = {"team": 1, "class": 3, "asked": 1}
    assert len(page.all("//li[@class='child']")) == numbers[how]
    assert not page.all("//div[@data-group='others']")
    assert len(browser("office").page("/").all("//li[@class='child']")) > numbers[how]


def test_the_filters_of_the_home_page_leave_what_they_say(school, browser):
    with audit_log.acting_as("The tests"):
        many(3, "6Z")
        m.Agency(pupil=school.mine, agency="Speech therapy", state="Waiting").save()
    at = browser("senco")
    page = at.page("/?form=6z")
    assert set(map(web.words, page.all("//li[@class='child']//span[@class='class']"))) == {"6Z"}
    everything = at.page("/")
    assert everything.all("//div[@data-group='others']")
    for group in home.GROUPS:
        shown = at.page(f"/?group={group.name}").all("//div/@data-group")
        assert set(shown) <= {group.name}
    assert at.page("/?year=none&form=none&group=none").all("//li[@class='child']")


@pytest.mark.parametrize("group", ["agree", "papers", "others"])
def test_nothing_that_waits_half_a_year_is_grey(group):
    half_a_year = m.HomeTask(group=group, due=TODAY - 182 * DAY)
    assert home.urgency(half_a_year) == "late"
    assert home.say_when(half_a_year) == "for 26 weeks"
    assert home.urgency(m.HomeTask(group=group, due=TODAY)) == ""


def test_only_the_children_on_the_page_are_written_down_as_seen(school, browser):
    with audit_log.acting_as("The tests"):
        many(30)
    shown = set(names_on(browser("senco").page("/")))
    rows = audit_log.AuditEntry.select(audit_log.AuditEntry.pupil_id).where(
        audit_log.AuditEntry.act == "listed", audit_log.AuditEntry.user_id == school.senco.id
    )
    listed = m.Pupil.select(m.Pupil.surname).where(
        m.Pupil.id.in_(rows), m.Pupil.surname.startswith("Many")
    )
    assert shown == set(listed.scalars())


@pytest.mark.parametrize("who", ["senco", "teacher", "technician"])
def test_the_home_page_asks_and_sends_no_more_in_a_large_school(school, browser, monkeypatch, who):
    asked = []
    real = audit_log.db.obj.execute_sql

    def note(sql, params=None, **more):
        asked.append(sql)
        return real(sql, params, **more)

    at = browser(who)
    monkeypatch.setattr(audit_log.db.obj, "execute_sql", note)

    def size():
        at.client.get("/")
        asked.clear()
        answer = at.client.get("/")
        return len(asked), len(answer.data)

    small = size()
    with audit_log.acting_as("The tests"):
        many(300)
    large = size()
    assert small[0] == large[0] <= 20, asked
    assert large[1] < 100_000


# --- a review that was held, and a worry that was written down
def test_a_review_that_was_held_is_nowhere_overdue(school, senco, acting):
    pupil = m.Pupil.create(
        surname="Elmby", forename="Sam", dob=datetime.date(2018, 5, 5), year="3", form="3B"
    )
    user = school.senco
    take_to(pupil, "S2", user)
    do_papers(pupil, user)
    of_child, of_list = f"/pupil/{pupil.id}/", "/sen-list/"
    assert "Overdue" in senco.page(of_child).text and "late" in senco.page(of_list).text
    hold_review(pupil, user, "1", TODAY)
    page = senco.page(of_child).text
    assert "The review was held on Tuesday 24 November 2026" in page and "Overdue" not in page
    said = senco.page(of_list).text
    assert "held 24 Nov 2026, to be decided" in said
    mine = [(group, task.due) for group, task in home_tasks(user) if task.pupil_id == pupil.id]
    assert ("agree", TODAY) in mine
    assert not {"soon", "overdue"} & {group for group, _ in mine}
    # what the page of the move says is what the move sets
    words = senco.page(f"{of_child}move/new-my-plan-cycle/").text
    placed = press("New My Plan cycle", pupil, user, on=TODAY)
    due = say_day(w.clock_of(placed).closes)
    assert f"Made today, the next review is due by {due}" in words


def test_a_worry_that_is_written_down_is_not_asked_for_again(school, browser, acting):
    pupil = m.Pupil.create(
        surname="Elmby", forename="Sam", dob=datetime.date(2018, 5, 5), year="3", form="3B"
    )
    teacher = school.teacher
    areas = m.AREAS[1]
    form = write(m.RecordOfConcern, pupil, teacher, raised_by="His grandmother", areas=areas)
    w.complete(form, teacher)
    of_child = f"/pupil/{pupil.id}/"
    page = browser("teacher").page(of_child).text
    assert "The Record of Concern is complete; the SENCO decides on it." in page
    assert "Write a Record of Concern" not in page and "Earlier papers" not in page
    senco = browser("senco")
    assert "Earlier papers" not in senco.page(of_child).text
    move = senco.page(f"{of_child}move/place-on-concerns-list/")
    assert "His grandmother" in move.text and areas in move.text
    senco.submit(move, path="//main//form[@data-draft]", button=None)
    placed = m.Placement.current(pupil)
    assert placed.stage == "S1" and "His grandmother" in placed.answers
