"""What needs somebody: the lines of the home page, kept in the table `home_task` and made anew in
the transaction that changed a child's record.

Come here to change what is a task, or from which day it is shown. The weeks and days are on the
Settings screen; which group a day belongs to, and who sees it, is in `admin_views/home.py`.
"""

import datetime
import hashlib
import pathlib

from peewee import chunked

import models
import workflow
from audit.log import before_commit, transaction
from models import (
    CASE_DATED,
    NO_DAY,
    Agency,
    AgencyInformation,
    EhcCase,
    HomeTask,
    Placement,
    Pupil,
    Setting,
    TaskBasis,
)
from pathway import clock
from privacy import retention

# the settings that a task follows from
SETTINGS = ("holidays", "maintained", *Setting.names_under("clock"))
OF_FORM = ("id", "pupil", "placement", "status", "happened_on")  # what a task says of a form
BATCH = 500  # pupils whose tasks are made together


# --- what is a task
def tasks_of(pupils, settings):
    """What is to be done for the pupils of these numbers, now or later: [HomeTask, ...], not
    saved.
    """
    # invariant 9: no reminders for leavers
    left = Pupil.select(Pupil.id).where(Pupil.id.in_(pupils), Pupil.left_on.is_null(False))
    leavers = set(left.scalars())
    here = [number for number in pupils if number not in leavers]
    placements = list(open_placements().where(Placement.pupil.in_(here)))
    papers = workflow.papers_of(placements, OF_FORM)
    found = []
    for placement in placements:
        own = papers[placement.id]
        found += review_tasks(placement, own, settings)
        found += paper_tasks(placement, own, settings)
        found += decision_tasks(placement)
    found += agency_tasks(papers)
    found += case_tasks(here, settings)
    found += raised_tasks(here)
    found += request_tasks(pupils, settings)
    if leavers:
        found += transfer_tasks(list(leavers), settings)
    return found


def open_placements():
    return Placement.select().where(
        Placement.ended_on.is_null(), ~Placement.void, Placement.stage.in_(workflow.OPEN)
    )


def task(
    pupil_id,
    group,
    what,
    due,
    shows_from=datetime.date.min,
    record="Pupil",
    record_id=None,
    screen="child",
):
    """A line of the home page; without more words it opens the child's page, from now on."""
    return HomeTask(
        pupil=pupil_id,
        group=group,
        what=what,
        due=due or NO_DAY,
        shows_from=shows_from,
        record=record,
        record_id=record_id,
        screen=screen,
    )


def to_open(form):
    """What a line about a paper opens."""
    screen = "page"
    if form.status == "draft":
        screen = "edit"
    if form.status == "sealed" or form.placement_id is None:
        screen = "child"
    return {"record": type(form).__name__, "record_id": form.id, "screen": screen}


def to_open_or_start(paper, form):
    if form:
        return to_open(form)
    return {"record": paper.form.__name__, "screen": "new"}


def before(day, settings):
    """The first day on which what is due is shown as due soon."""
    return day - datetime.timedelta(int(settings.due_soon_days))


def review_tasks(placement, papers, settings):
    """The review that is overdue or due soon, or agreed without the move that it leads to."""
    when = workflow.clock_of(placement, settings=settings)
    if when is None:
        return []
    what = "Annual review"
    opens = {}
    for paper, form in papers:
        if paper.kind == "review":
            what = paper.form.kind_name()
            opens = to_open_or_start(paper, form)
            if form and form.status == "sealed":
                what = "Review agreed: make the move it leads to"
                return [task(placement.pupil_id, "agree", what, form.happened_on, **opens)]
    # it was held, and is complete or opened again: its own line says so
    if when.state == "held":
        return []
    opens["shows_from"] = before(when.closes, settings)
    return [task(placement.pupil_id, "dated", what, when.closes, **opens)]


def paper_tasks(placement, papers, settings):
    """Papers to agree, plans to write, and forms to chase (T17: after 14 days)."""
    late = placement.started_on + datetime.timedelta(int(settings.chase_days))
    found = []
    side = []
    for paper, form in papers:
        name = paper.form.kind_name()
        missing = form is None or form.status == "draft"
        if paper.kind == "side":
            side += [name] if missing else []
        elif not missing and form.status == "complete":
            what = f"{name} is complete"
            found.append(task(placement.pupil_id, "agree", what, form.happened_on, **to_open(form)))
        elif missing and paper.kind == "plan":
            what = f"{name}: still a draft" if form else f"{name}: not started"
            found.append(
                task(placement.pupil_id, "papers", what, late, **to_open_or_start(paper, form))
            )
    if side:
        what = f"{len(side)} of the five forms to come: {', '.join(side)}"
        found.append(task(placement.pupil_id, "papers", what, late))
    return found


def decision_tasks(placement):
    """The authority's decision within four weeks of a review (SEND Regulations 2014, reg. 20)."""
    if placement.stage != "E" or placement.cycle <= 1 or placement.clock_from is not None:
        return []
    due = placement.started_on + datetime.timedelta(weeks=4)
    return [task(placement.pupil_id, "others", "EHC plan: decision after the annual review", due)]


def agency_tasks(papers):
    """Agencies that were asked and have not reported yet."""
    forms = {}
    for own in papers.values():
        for paper, form in own:
            if form and paper.form is AgencyInformation:
                forms[form.id] = form
    if not forms:
        return []
    asked = Agency.state.in_(("Referred", "Waiting", "Consulted"))
    rows = Agency.select().where(Agency.form.in_(list(forms)), asked, Agency.report_on.is_null())
    found = []
    for row in rows.order_by(Agency.id):
        form = forms[row.form_id]
        what = f"{row.agency or 'Agency'}: {row.state.lower()}"
        due = row.next_contact or row.asked_on
        found.append(task(form.pupil_id, "others", what, due, **to_open(form)))
    return found


def case_tasks(pupils, settings):
    """The dates of EHC cases that are near or past: the local authority's delay is not the
    school's (5.5), the school's own advice is.
    """
    theirs = EhcCase.pupil.in_(pupils)
    found = []
    for case in EhcCase.select().where(theirs, EhcCase.state.in_(CASE_DATED)):
        opens = {"record": "EhcCase", "record_id": case.id, "screen": "edit"}
        for name, due, done in clock.case_dates(case):
            if done is not None:
                continue
            group = "others"
            if name in clock.FOR_THE_SCHOOL:
                group = "dated"
            what = f"EHC case: {EhcCase.label_of(name).lower()}"
            opens["shows_from"] = before(due, settings)
            found.append(task(case.pupil_id, group, what, due, **opens))
    return found


def raised_tasks(pupils):
    """Records of Concern that somebody began for a child who is on no list yet."""
    form_class = workflow.PAPERS[0].form
    loose = form_class.select().where(
        form_class.placement.is_null(),
        form_class.pupil.in_(pupils),
        form_class.status.in_(("draft", "complete")),
    )
    found = []
    for form in loose:
        what = f"{form.kind_name()} written by {form.entered_by}: place on the list?"
        found.append(task(form.pupil_id, "agree", what, form.happened_on, **to_open(form)))
    return found


def request_tasks(pupils, settings):
    """Requests for information that must be answered."""
    found = []
    for asked, due in retention.open_requests(settings, pupils):
        # without a day on which it was asked, its time would begin anew every day
        if due and asked.asked_on:
            opens = {"record": "Disclosure", "record_id": asked.id, "screen": "page"}
            opens["shows_from"] = before(due, settings)
            found.append(task(asked.pupil_id, "dated", str(asked), due, **opens))
    return found


def transfer_tasks(leavers, settings):
    """Leavers whose record has not gone to the next school."""
    what = "Transfer pack for the next school"
    found = []
    for pupil, due, _ in retention.to_send(settings, leavers):
        found.append(task(pupil.id, "dated", what, due, record="Disclosure"))
    return found


# --- kept
@before_commit
def keep(rows):
    """Make the tasks anew that follow from what was changed; `rows` of the audit log tell it."""
    pupils = {row["pupil_id"] for row in rows} - {None}
    if pupils:
        make(pupils, Setting.of_school())
    if any(row["record"] == "Setting" and row["question"] in SETTINGS for row in rows):
        refresh()


def make(pupils, settings):
    for some in chunked(sorted(pupils), BATCH):
        HomeTask.delete().where(HomeTask.pupil.in_(some)).execute()
        found = tasks_of(some, settings)
        for rows in chunked(found, 100):
            HomeTask.insert_many([row.__data__ for row in rows]).execute()


def refresh():
    """Make all tasks anew when the settings or the program that they follow from have changed."""
    settings = Setting.of_school()
    digest = digest_of_basis(settings)
    if TaskBasis.select().where(TaskBasis.digest == digest).exists():
        return
    with transaction():
        TaskBasis.delete().execute()
        TaskBasis.create(digest=digest)
        make(Pupil.select(Pupil.id).scalars(), settings)


def digest_of_basis(settings):
    """A hash of all that a task follows from besides the records themselves."""
    parts = [str([getattr(settings, name) for name in SETTINGS]), str(clock.holidays(settings))]
    for path in (__file__, clock.__file__, models.__file__, retention.__file__, workflow.__file__):
        parts.append(pathlib.Path(path).read_text("utf-8"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
