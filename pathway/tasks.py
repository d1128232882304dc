"""What needs somebody: the lines of the home page, kept in the table `home_task` and made anew in
the transaction that changed a child's record.

Come here to change what is a task, or from which day it is shown. The weeks and days are on the
Settings screen; which group a day belongs to, and who sees it, is in `admin_views/home.py`.
"""

import datetime
import hashlib
import pathlib

from peewee import chunked, fn, prefetch

import models
import workflow
from audit.log import before_commit, transaction
from models import (
    ASKABLE,
    CASE_OPEN,
    NO_DAY,
    Agency,
    CaseDecision,
    ConsultationAnswer,
    EducationalAdvice,
    EhcCase,
    Erasure,
    HomeTask,
    Letter,
    Meeting,
    MeetingAction,
    Note,
    Placement,
    Pupil,
    Recommendation,
    Review,
    ReviewYear,
    Setting,
    TaskBasis,
    WritingTask,
)
from pathway import clock
from privacy import erasure, retention
from records.dates import london, short_day, today

# the settings that a task follows from
SETTINGS = (
    "holidays",
    "last_year",
    "maintained",
    "advise_cycles",
    "advise_weeks",
    "head_confirms_ehcp",
    *Setting.names_under("clock"),
)
STATUTORY = (EducationalAdvice, ConsultationAnswer)
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
    is_open = Placement.is_on(workflow.OPEN)
    placements = list(Placement.select().where(is_open, Placement.pupil.in_(here)))
    papers = workflow.papers_of(placements, OF_FORM)
    Placement.fetch_planned(placements)
    cases = cases_under_way(here)
    unsent = unsent_papers(here)
    found = list(asked_tasks(here, papers, placements))
    # who was asked by name is told of the paper once
    asked = {(line.pupil_id, line.record) for line in found}
    for placement in placements:
        own = papers[placement.id]
        found += review_tasks(placement, own, settings)
        for line in paper_tasks(placement, own, settings):
            if line.screen == "child" or (line.pupil_id, line.record) not in asked:
                found.append(line)
    found += agency_tasks(here)
    found += recommendation_tasks(here, settings)
    found += case_tasks(cases, unsent, papers, placements, settings)
    found += statutory_tasks(unsent)
    found += move_on_tasks(placements, cases, settings)
    found += letter_tasks(here)
    found += action_tasks(here, settings)
    found += note_tasks(here, settings)
    found += raised_tasks(here, placements)
    found += head_tasks(placements, papers, settings)
    found += erasure_tasks(pupils)
    found += request_tasks(pupils, settings)
    if leavers:
        found += transfer_tasks(list(leavers), settings)
    return found


# what a line says without more words: it opens the child's page, from now on
USUAL = {
    "shows_from": datetime.date.min,
    "record": "Pupil",
    "record_id": None,
    "screen": "child",
    "person_id": None,
}


def task(pupil_id, group, what, due, **more):
    """A line of the home page."""
    return HomeTask(pupil=pupil_id, group=group, what=what, due=due or NO_DAY, **USUAL | more)


def to_open(record, screen="edit"):
    """What a line about a record opens."""
    return {"record": type(record).__name__, "record_id": record.id, "screen": screen}


def to_open_paper(form):
    if form.status == "sealed" or form.placement_id is None:
        return to_open(form, "child")
    return to_open(form, "edit" if form.status == "draft" else "page")


def to_open_or_start(paper, form):
    if form:
        return to_open_paper(form)
    return {"record": paper.form.__name__, "screen": "new"}


def before(day, settings):
    """The first day on which what is due is shown as due soon."""
    return day - datetime.timedelta(int(settings.due_soon_days))


def review_tasks(placement, papers, settings):
    """The review that is overdue or due soon, or agreed without the move that it leads to; one that
    is planned is due on that day.
    """
    when = workflow.clock_of(placement, settings=settings)
    if when is None:
        return []
    what = "Annual review"
    opens = {}
    plan_is_agreed = False
    for paper, form in papers:
        if paper.kind == "plan":
            plan_is_agreed = form is not None and form.status == "sealed"
        if paper.kind == "review":
            what = paper.form.kind_name()
            # until then the child's page says what comes first
            if form or plan_is_agreed:
                opens = to_open_or_start(paper, form)
            if form and form.status == "sealed":
                what = "Review agreed: make the move it leads to"
                return [task(placement.pupil_id, "agree", what, form.happened_on, **opens)]
    # the steps of an EHCP are those of its case; a review that was held has a line of its own
    if placement.stage == "E" or when.state == "held":
        return []
    due = when.closes
    planned = placement.planned_on
    if planned:
        due = planned
        what = f"{what} planned for {short_day(planned)}"
        if planned > when.closes:
            what = f"{what}; it was due by {short_day(when.closes)}"
    opens["shows_from"] = before(due, settings)
    return [task(placement.pupil_id, "dated", what, due, **opens)]


def paper_tasks(placement, papers, settings):
    """Papers to agree, plans to write, and forms to chase (T17: after 14 days)."""
    late = workflow.known_since(placement) + datetime.timedelta(int(settings.chase_days))
    side = []
    for paper, form in papers:
        name = paper.form.kind_name()
        missing = form is None or form.status == "draft"
        if paper.kind == "side":
            side += [paper.form] if missing else []
        elif not missing and form.status == "complete":
            what = f"{name} is complete"
            yield task(placement.pupil_id, "agree", what, form.happened_on, **to_open_paper(form))
        # the plan of Stage 3 follows from the five forms, which stand before it in PAPERS
        elif missing and paper.kind == "plan" and not side:
            what = f"{name}: still a draft" if form else f"{name}: not started"
            yield task(placement.pupil_id, "papers", what, late, **to_open_or_start(paper, form))
    if side:
        # told to those who may open the first of them
        names = ", ".join(form.kind_name() for form in side)
        what = f"{len(side)} of the five forms to come: {names}"
        yield task(placement.pupil_id, "papers", what, late, record=side[0].__name__)


def agency_tasks(pupils):
    """Agencies that were asked and have not reported yet."""
    asked = Agency.state.in_(("Referred", "Waiting", "Consulted")) & Agency.report_on.is_null()
    for agency in Agency.select().where(Agency.pupil.in_(pupils), asked).order_by(Agency.id):
        what = f"{agency}: {agency.state.lower()}"
        due = agency.next_contact or agency.asked_on
        yield task(agency.pupil_id, "others", what, due, **to_open(agency))


def recommendation_tasks(pupils, settings):
    """Recommendations that are not decided (T18), and those to be carried out by a day."""
    rows = Recommendation.select(Recommendation, Agency).join(Agency)
    for row in rows.where(Agency.pupil.in_(pupils)).order_by(Recommendation.id):
        opens = to_open(row.agency)
        pupil = row.agency.pupil_id
        if not row.decision:
            what = f"{row.agency}: decide on the recommendation “{row}”"
            yield task(pupil, "papers", what, row.agency.report_on, **opens)
        elif row.by and not row.done_on and row.decision != "Not now":
            opens["shows_from"] = before(row.by, settings)
            what = f"{row.agency}: carry out the recommendation “{row}”"
            yield task(pupil, "dated", what, row.by, **opens)


def cases_under_way(pupils):
    theirs = EhcCase.select().where(EhcCase.pupil.in_(pupils), EhcCase.state.in_(CASE_OPEN))
    # most children have none: then nothing more is asked
    if not list(theirs):
        return []
    return prefetch(
        theirs,
        CaseDecision.select().order_by(CaseDecision.id),
        ReviewYear.select().order_by(ReviewYear.id),
        Pupil.select(Pupil.id, Pupil.year),
    )


def case_tasks(cases, unsent, papers, placements, settings):
    """The dates of EHC cases that are near or past: the local authority's delay is not the
    school's (5.5), the school's own advice is. Of a review year the first open step of each.
    """
    ends = {}
    for placement in placements:
        # when the review is agreed the move is what waits
        if not review_is_agreed(papers[placement.id]):
            ends[placement.pupil_id] = workflow.year_end(placement)
    begun_papers = {(paper.pupil_id, paper.case_sent) for paper in unsent}
    for case in cases:
        begun = set()
        for line in clock.case_dates(case, ends.get(case.pupil_id), settings, today()):
            if line.done or line.owner == clock.FAMILY:
                continue
            if (case.pupil_id, line.name) in begun_papers:
                continue
            of_year = isinstance(line.record, ReviewYear)
            if of_year and line.owner in begun:
                continue
            if of_year:
                begun.add(line.owner)
            yield case_task(case, line, of_year, settings)


def unsent_papers(pupils):
    """What the local authority has asked the school for and has not got."""
    found = []
    for cls in STATUTORY:
        unsent = cls.select(cls.id, cls.pupil, cls.asked_on)
        unsent = unsent.where(
            cls.pupil.in_(pupils), cls.sent_on.is_null(), cls.asked_on.is_null(False)
        )
        found.extend(unsent.order_by(cls.id))
    return found


def statutory_tasks(unsent):
    """Papers for the local authority, from the day they are asked for until they went."""
    for paper in unsent:
        what = f"{paper.kind_name()} for the local authority"
        yield task(paper.pupil_id, "dated", what, paper.due(), **to_open(paper))


def move_on_tasks(placements, cases, settings):
    """Children who stay long on a stage, or make no progress there (A14)."""
    with_case = {case.pupil_id for case in cases}
    for placed in placements:
        if placed.stage not in workflow.ONWARD or workflow.is_on_paper(placed):
            continue
        if placed.stage == "S3" and placed.pupil_id in with_case:
            continue
        onward = workflow.ONWARD[placed.stage]
        due = placed.stage_since + datetime.timedelta(weeks=int(settings.advise_weeks or 999))
        if workflow.slow(placed, settings):
            due = placed.started_on
        what = f"Long on {onward.plan}, or little progress: {onward.words}"
        yield task(placed.pupil_id, "agree", what, due, shows_from=due)


def letter_tasks(pupils):
    """Letters that were written and not sent."""
    unsent = Letter.unsent(Letter.id, Letter.pupil, Letter.subject, Letter.dated)
    for letter in unsent.where(Letter.pupil.in_(pupils)):
        # the subject ends with the child's name, which stands beside it
        subject = (letter.subject or "").partition(":")[0]
        what = f"Letter to check and send: {subject}"
        opens = to_open(letter, "page")
        yield task(letter.pupil_id, "papers", what, letter.dated, **opens)


def action_tasks(pupils, settings):
    """What was agreed at a meeting and is not done."""
    about = (Meeting.id, Meeting.pupil, Meeting.on)
    open_ones = MeetingAction.select(MeetingAction, *about).join(Meeting)
    open_ones = open_ones.where(Meeting.pupil.in_(pupils), MeetingAction.done_on.is_null())
    for action in open_ones:
        due = action.by or action.meeting.on
        what = f"Agreed at a meeting: {action.what}"
        if action.who:
            what = f"{what} ({action.who})"
        opens = to_open(action.meeting)
        if due:
            opens["shows_from"] = before(due, settings)
        yield task(action.meeting.pupil_id, "dated", what, due, **opens)


def note_tasks(pupils, settings):
    """Notes that somebody wants to come back to."""
    theirs = Note.pupil.in_(pupils)
    open_ones = Note.select().where(
        theirs, Note.follow_up_by.is_null(False), Note.done_on.is_null()
    )
    for note in open_ones:
        opens = to_open(note)
        opens["shows_from"] = before(note.follow_up_by, settings)
        what = f"Follow up: {note}"
        yield task(note.pupil_id, "dated", what, note.follow_up_by, **opens)


def asked_tasks(pupils, papers, placements):
    """Papers that the SENCO has asked somebody to write, until they are complete."""
    newest = {}
    for placed in placements:
        for paper, form in papers[placed.id]:
            newest[placed.pupil_id, paper.form.__name__] = form
    theirs = WritingTask.pupil.in_(pupils)
    for asked in WritingTask.select().where(theirs, WritingTask.done_on.is_null()):
        key = (asked.pupil_id, asked.paper)
        form = newest.get(key)
        if asked.paper is None or (form and form.status != "draft"):
            continue
        # a plan can be begun before the child is placed, a review of a stage that is over cannot
        if key not in newest and issubclass(ASKABLE[asked.paper], Review):
            continue
        what = f"{asked.answer('paper')} to write ({asked.person})"
        opens = {"record": asked.paper, "screen": "new", "person_id": asked.user_id}
        if form and form.placement_id:
            opens |= to_open_paper(form)
        yield task(asked.pupil_id, "asked", what, asked.by, **opens)


def head_tasks(placements, papers, settings):
    """EHCP requests that the head is to agree to before they are begun."""
    if settings.head_confirms_ehcp != "Yes":
        return
    move = workflow.move_named(workflow.EHCP_REQUEST)
    for placed in placements:
        if placed.stage in move.from_ and review_is_agreed(papers[placed.id]):
            at = workflow.PupilContext(placed.pupil, None, school=settings)
            if workflow.waits_for_head(at):
                what = "EHCP request: do you agree?"
                review = at.review.happened_on
                opens = {"record": "HeadAgreement"}
                yield task(placed.pupil_id, "head", what, review, **opens)


def erasure_tasks(pupils):
    """Records that somebody has asked to erase."""
    open_ones = Erasure.select().where(Erasure.pupil.in_(pupils), erasure.ASKED_FOR)
    for asked in open_ones:
        what = f"{asked.asked_by} asks to erase the record"
        opens = to_open(asked, "page")
        yield task(asked.pupil_id, "head", what, london(asked.asked_at).date(), **opens)


def review_is_agreed(papers):
    return any(
        paper.kind == "review" and form and form.status == "sealed" for paper, form in papers
    )


def case_task(case, line, of_year, settings):
    """One date of an EHC case as a line of the home page."""
    group = "others"
    if line.owner == clock.SCHOOL:
        group = "dated"
    what = "EHC case"
    shows_from = before(line.due, settings)
    if of_year:
        what = "Annual review"
        shows_from = min(shows_from, line.due - clock.YEAR_WARNING)
    opens = to_open(case, "child")
    for paper in STATUTORY:
        if line.name == paper.case_sent:
            opens = {"record": paper.__name__, "screen": "new"}
    opens["shows_from"] = shows_from
    return task(case.pupil_id, group, f"{what}: {line.task}", line.due, **opens)


def raised_tasks(pupils, placements):
    """Records of Concern that somebody began outside a cycle, of a child who is on no stage yet, or
    whose cycle has its own.
    """
    placed = {placement.pupil_id for placement in placements}
    form_class = workflow.PAPERS[0].form
    loose = form_class.select().where(
        form_class.placement.is_null(),
        form_class.pupil.in_(pupils),
        form_class.status.in_(("draft", "complete")),
    )
    for form in loose:
        what = f"{form.kind_name()} written by {form.entered_by}: place on the list?"
        if form.pupil_id in placed:
            what = f"New concern of {form.entered_by}: read it, take it into the review"
        yield task(form.pupil_id, "agree", what, form.happened_on, **to_open_paper(form))


def request_tasks(pupils, settings):
    """Requests for information that must be answered."""
    for asked, due in retention.open_requests(settings, pupils):
        # without a day on which it was asked, its time would begin anew every day
        if due and asked.asked_on:
            opens = to_open(asked, "page")
            opens["shows_from"] = before(due, settings)
            yield task(asked.pupil_id, "dated", str(asked), due, **opens)


def transfer_tasks(leavers, settings):
    """Leavers whose record has not gone to the next school."""
    what = "Transfer pack for the next school"
    for pupil, due, _ in retention.to_send(settings, leavers):
        yield task(pupil.id, "dated", what, due, record="Disclosure")


# --- kept
@before_commit
def remake(rows):
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


def moved_by(settings):
    """How many children have something overdue that was not, and how many have it no longer, when
    these become the settings: (children, children).
    """
    if TaskBasis.select().where(TaskBasis.digest == digest_of_basis(settings)).exists():
        return 0, 0
    late = (HomeTask.group == "dated") & (HomeTask.due < today())
    counted = HomeTask.select(HomeTask.pupil_id, fn.COUNT(HomeTask.id)).where(late)
    before = dict(counted.group_by(HomeTask.pupil_id).tuples())
    after = dict.fromkeys(before, 0)
    for some in chunked(Pupil.select(Pupil.id).scalars(), BATCH):
        for made in tasks_of(some, settings):
            if made.group == "dated" and made.due < today():
                after[made.pupil_id] = after.get(made.pupil_id, 0) + 1
    more = [number for number, count in after.items() if count > before.get(number, 0)]
    fewer = [number for number, count in after.items() if count < before.get(number, 0)]
    return len(more), len(fewer)


def digest_of_basis(settings):
    """A hash of all that a task follows from besides the records themselves."""
    parts = [str([getattr(settings, name) for name in SETTINGS]), str(clock.holidays(settings))]
    for path in (__file__, clock.__file__, models.__file__, retention.__file__, workflow.__file__):
        parts.append(pathlib.Path(path).read_text("utf-8"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
