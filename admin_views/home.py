"""The home page: what needs you today, and how many pupils stand where. Everything here is computed
when the page is opened.

Come here to change what counts as needing somebody. The weeks and days are on the Settings screen.
"""

import datetime
from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user
from peewee import fn

import workflow
from admin_views.forms import key_of
from audit import access, accounts
from models import (
    CASE_DATED,
    AgencyInformation,
    Disclosure,
    EhcCase,
    Placement,
    Pupil,
    Setting,
    may,
)
from pathway import clock
from privacy import retention
from records.dates import today
from records.query import by_id


class Home(AdminIndexView):
    """The first page after signing in."""

    def is_accessible(self):
        return current_user.is_authenticated

    def inaccessible_callback(self, name, **kwargs):
        return redirect(url_for("account.sign_in"))

    @expose("/")
    def index(self):
        """What needs you today, by role; the technician sees no pupil."""
        found = []
        if may(current_user, "r", Pupil):
            found = tasks(current_user)
        access.log_access([task.pupil for task in found], "listed")
        groups = []
        for name, words in GROUPS:
            groups.append((name, words, [task for task in found if task.group == name]))
        return self.render(
            "home.html",
            groups=groups,
            stages=stage_counts(current_user),
            on=today(),
            link=task_link,
            say_due=say_due,
            notices=accounts.notices(current_user),
        )

    @expose("/notices/", methods=("POST",))
    def put_away(self):
        if current_user.role not in accounts.READERS:
            abort(403)
        up_to = request.form.get("up_to", 0, type=key_of)
        accounts.put_away(current_user._get_current_object(), up_to)
        return redirect(url_for(".index"))


def settings_now():
    if "settings" not in g:
        g.settings = Setting.of_school()
    return g.settings


def stage_counts(user):
    """How many pupils of this person stand on each stage: [(code, label, number)]."""
    if not may(user, "r", Pupil):
        return []
    open_ones = open_placements().where(
        Placement.pupil.in_(Pupil.visible_to(user).select(Pupil.id))
    )
    query = open_ones.select(Placement.stage, fn.COUNT(Placement.id)).group_by(Placement.stage)
    counts = dict(query.tuples())
    settings = settings_now()
    found = []
    for code in workflow.OPEN:
        label = workflow.stage_label(code, settings)
        found.append((code, label, counts.get(code, 0)))
    return found


def open_placements():
    return Placement.select().where(
        Placement.ended_on.is_null(), ~Placement.void, Placement.stage.in_(workflow.OPEN)
    )


def task_link(task):
    """Where a line of the home page leads: one click from the work."""
    child = url_for("pupil.page", key=task.pupil.id)
    if task.to is None:
        return child
    slug = task.to.slug()
    if isinstance(task.to, type):
        if may(current_user, "w", task.to):
            return url_for(f"{slug}.new", pupil=task.pupil.id)
        return child
    if isinstance(task.to, Disclosure):
        return url_for("disclosure.page", key=task.to.id)
    status = getattr(task.to, "status", "draft")
    if status == "sealed" or getattr(task.to, "placement_id", 0) is None:
        return child
    screen = "page"
    if status == "draft" and may(current_user, "w", task.to):
        screen = "edit"
    return url_for(f"{slug}.{screen}", key=task.to.id)


def say_due(when, on):
    """How far off a date is, in words: `4 days late`, `tomorrow`, `in 8 days`."""
    days = (when - on).days
    if days <= -14:
        return f"{-days // 7} weeks late"
    if days < -1:
        return f"{-days} days late"
    if days >= 21:
        return f"in {days // 7} weeks"
    return {-1: "1 day late", 0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


@dataclass(frozen=True)
class Task:
    """One line of the home page: what is to be done for whom, by when, and where."""

    group: str  # the name of one of GROUPS
    pupil: Pupil
    what: str
    when: datetime.date = None
    to: object = None  # a record to open, or a record class to start


GROUPS = (
    ("overdue", "Overdue"),
    ("soon", "Due soon"),
    ("agree", "Ready to be decided"),
    ("papers", "Papers missing"),
    ("others", "Waiting for others"),
)


def tasks(user, on=None):
    """Everything that needs this person, most pressing first: [Task, ...]."""
    on = on or today()
    settings = Setting.of_school()
    # invariant 9: no reminders for leavers
    pupils = by_id(Pupil.visible_to(user).where(Pupil.left_on.is_null()))
    placements = [placed for placed in open_placements() if placed.pupil_id in pupils]
    papers = workflow.papers_of(placements)
    found = []
    for placement in placements:
        pupil = pupils[placement.pupil_id]
        own = papers[placement.id]
        found += review_tasks(placement, pupil, own, on, settings)
        found += paper_tasks(placement, pupil, own, settings)
        found += agency_tasks(pupil, own)
        found += decision_tasks(placement, pupil)
    found += case_tasks(pupils, on, settings)
    found += raised_tasks(pupils)
    found += keeping_tasks(user, on, settings)
    readable = [task for task in found if task.to is None or may(user, "r", task.to)]
    return sorted(readable, key=in_group_order)


def in_group_order(task):
    order = list(dict(GROUPS))
    return order.index(task.group), task.when or datetime.date.max, task.pupil.name


def review_tasks(placement, pupil, papers, on, settings):
    """The review that is overdue or due soon, or agreed without the move that it leads to."""
    when = workflow.clock_of(placement, on, settings)
    if when is None:
        return []
    what = "Annual review"
    to = None
    for paper, form in papers:
        if paper.kind == "review":
            what = paper.form.kind_name()
            to = form or paper.form
            if form and form.status == "sealed":
                what = "Review agreed: make the move it leads to"
                return [Task("agree", pupil, what, when.closes, form)]
    group = {"overdue": "overdue", "due soon": "soon"}.get(when.state)
    if group:
        return [Task(group, pupil, what, when.closes, to)]
    return []


def paper_tasks(placement, pupil, papers, settings):
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
            found.append(Task("agree", pupil, f"{name} is complete", form.happened_on, form))
        elif missing and paper.kind == "plan":
            what = f"{name}: still a draft" if form else f"{name}: not started"
            found.append(Task("papers", pupil, what, late, form or paper.form))
    if side:
        what = f"{len(side)} of the five forms to come: {', '.join(side)}"
        found.append(Task("papers", pupil, what, late))
    return found


def decision_tasks(placement, pupil):
    """The authority's decision within four weeks of a review (SEND Regulations 2014, reg. 20)."""
    if placement.stage != "E" or placement.cycle <= 1 or placement.clock_from is not None:
        return []
    due = placement.started_on + datetime.timedelta(weeks=4)
    return [Task("others", pupil, "EHC plan: decision after the annual review", due)]


def raised_tasks(pupils):
    """Records of Concern that somebody began for a child who is on no list yet."""
    form_class = workflow.PAPERS[0].form
    loose = form_class.select().where(
        form_class.placement.is_null(),
        form_class.pupil.in_(list(pupils)),
        form_class.status.in_(("draft", "complete")),
    )
    found = []
    for form in loose:
        what = f"{form.kind_name()} written by {form.entered_by}: place on the list?"
        found.append(Task("agree", pupils[form.pupil_id], what, form.happened_on, form))
    return found


def keeping_tasks(user, on, settings):
    """Requests that are due, and leavers whose record has not gone: for who writes requests."""
    if not may(user, "w", Disclosure):
        return []
    soon = on + datetime.timedelta(int(settings.due_soon_days))
    found = []
    for asked, due in retention.open_requests(settings):
        if due and due <= soon:
            found.append(Task(urgency(due, on), asked.pupil, str(asked), due, asked))
    for pupil, due, _ in retention.to_send(settings):
        found.append(Task(urgency(due, on), pupil, "Transfer pack for the next school", due))
    return found


def urgency(due, on):
    return "overdue" if due < on else "soon"


def agency_tasks(pupil, papers):
    """Agencies that were asked and have not reported yet."""
    found = []
    for paper, form in papers:
        if paper.form is not AgencyInformation or form is None:
            continue
        for row in form.agencies:
            if row.state in ("Referred", "Waiting", "Consulted") and not row.report_on:
                what = f"{row.agency or 'Agency'}: {row.state.lower()}"
                found.append(Task("others", pupil, what, row.next_contact or row.asked_on, form))
    return found


def case_tasks(pupils, on, settings):
    """The dates of EHC cases that are near or past: the local authority's delay is not the
    school's (5.5), the school's own advice is.
    """
    theirs = EhcCase.pupil.in_(list(pupils))
    cases = EhcCase.select().where(theirs, EhcCase.state.in_(CASE_DATED))
    soon = on + datetime.timedelta(int(settings.due_soon_days))
    found = []
    for case in cases:
        for name, due, done in clock.case_dates(case):
            if done is not None or due > soon:
                continue
            what = f"EHC case: {EhcCase.label_of(name).lower()}"
            group = "others"
            if name in clock.FOR_THE_SCHOOL:
                group = urgency(due, on)
            elif due < on:
                what = f"{what} (local authority late)"
            found.append(Task(group, pupils[case.pupil_id], what, due, case))
    return found
