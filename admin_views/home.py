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


class Home(AdminIndexView):
    """The first page after signing in."""

    def is_accessible(self):
        """Everybody who is signed in has a home page."""
        return current_user.is_authenticated

    def inaccessible_callback(self, name, **kwargs):
        """Strangers go to the sign-in page."""
        return redirect(url_for("account.sign_in"))

    @expose("/")
    def index(self):
        """What needs you today, by role; the technician sees no pupil."""
        found = tasks(current_user) if may(current_user, "r", Pupil) else []
        access.log_access([t.pupil for t in found], "listed")
        groups = [(name, words, [t for t in found if t.group == name]) for name, words in GROUPS]
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
        """Put away what was told about accounts, up to the one that was shown on top."""
        if current_user.role not in accounts.READERS:
            abort(403)
        up_to = request.form.get("up_to", 0, type=key_of)
        accounts.put_away(current_user._get_current_object(), up_to)
        return redirect(url_for(".index"))


def settings_now():
    """The school's settings, read once for each request."""
    if "settings" not in g:
        g.settings = Setting.of_school()
    return g.settings


def stage_counts(user):
    """How many of the pupils this person may see stand on each stage: [(code, label, number)]."""
    if not may(user, "r", Pupil):
        return []
    settings = Setting.of_school()
    query = Placement.select(Placement.stage, fn.COUNT(Placement.id)).where(
        Placement.ended_on.is_null(),
        ~Placement.void,
        Placement.pupil.in_(Pupil.visible_to(user).select(Pupil.id)),
    )
    counts = dict(query.group_by(Placement.stage).tuples())
    return [
        (code, workflow.stage_label(code, settings), counts.get(code, 0)) for code in workflow.OPEN
    ]


def task_link(task):
    """Where a line of the home page leads: one click from the work."""
    if isinstance(task.to, Disclosure):
        return url_for("disclosure.page", key=task.to.id)
    if task.to is None:
        return url_for("pupil.page", key=task.pupil.id)
    if isinstance(task.to, type):
        return (
            url_for(f"{task.to.slug()}.new", pupil=task.pupil.id)
            if may(current_user, "w", task.to)
            else url_for("pupil.page", key=task.pupil.id)
        )
    done = getattr(task.to, "status", "draft") != "draft" or not may(current_user, "w", task.to)
    if getattr(task.to, "status", "") == "sealed" or getattr(task.to, "placement_id", 0) is None:
        return url_for("pupil.page", key=task.pupil.id)
    return url_for(f"{task.to.slug()}.{'page' if done else 'edit'}", key=task.to.id)


def say_due(when, on):
    """How far off a date is, in words: `4 days late`, `tomorrow`, `in 8 days`."""
    days = (when - on).days
    if days < 0:
        return (
            "1 day late"
            if days == -1
            else f"{-days} days late"
            if days > -14
            else f"{-days // 7} weeks late"
        )
    return {0: "today", 1: "tomorrow"}.get(
        days, f"in {days} days" if days < 21 else f"in {days // 7} weeks"
    )


@dataclass(frozen=True)
class Task:
    """One line of the home page: what is to be done for whom, by when, and the paper or page to
    open. Computed, never kept.
    """

    group: str  # overdue, soon, papers, agree, others
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
    """Everything that needs somebody, for the pupils this person may see, most pressing first:
    [Task, ...].
    """
    on, settings = on or today(), Setting.of_school()
    # invariant 9: no reminders for leavers
    mine = Pupil.visible_to(user).where(Pupil.left_on.is_null())
    pupils = {p.id: p for p in mine}
    open_ones = [
        p
        for p in Placement.select().where(
            Placement.ended_on.is_null(), ~Placement.void, Placement.stage.in_(workflow.OPEN)
        )
        if p.pupil_id in pupils
    ]
    papers, found = workflow.papers_of(open_ones), []
    for placement in open_ones:
        pupil = pupils[placement.pupil_id]
        found += review_tasks(placement, pupil, papers[placement.id], on, settings)
        found += paper_tasks(placement, pupil, papers[placement.id], on, settings)
        found += agency_tasks(pupil, papers[placement.id]) + decision_tasks(placement, pupil)
    found += case_tasks(pupils, on, settings) + raised_tasks(pupils)
    found += keeping_tasks(user, on, settings)
    order = [name for name, _ in GROUPS]
    seen = [t for t in found if t.to is None or may(user, "r", t.to)]
    return sorted(
        seen, key=lambda t: (order.index(t.group), t.when or datetime.date.max, t.pupil.name)
    )


def review_tasks(placement, pupil, papers, on, settings):
    """The review that is overdue or due soon."""
    when = workflow.clock_of(placement, on, settings)
    review = next(((p, f) for p, f in papers if p.kind == "review"), (None, None))
    if when is None or (review[1] is not None and review[1].status == "sealed"):
        decided = review[1] is not None and review[1].status == "sealed"
        return (
            [
                Task(
                    "agree",
                    pupil,
                    "Review agreed: make the move it leads to",
                    when.closes,
                    review[1],
                )
            ]
            if decided and when
            else []
        )
    name = review[0].form.kind_name() if review[0] else "Annual review"
    group = {"overdue": "overdue", "due soon": "soon"}.get(when.state)
    return (
        [
            Task(
                group,
                pupil,
                name,
                when.closes,
                review[1] or (review[0].form if review[0] else None),
            )
        ]
        if group
        else []
    )


def paper_tasks(placement, pupil, papers, on, settings):
    """Papers to agree, plans to write, and forms to chase (T17: after 14 days)."""
    found = [
        Task("agree", pupil, f"{p.form.kind_name()} is complete", f.happened_on, f)
        for p, f in papers
        if f and f.status == "complete" and p.kind != "side"
    ]
    late = placement.started_on + datetime.timedelta(int(settings.chase_days))
    for paper, form in papers:
        missing = form is None or form.status == "draft"
        if missing and paper.kind == "plan":
            found.append(
                Task(
                    "papers",
                    pupil,
                    f"{paper.form.kind_name()}:"
                    f" {'not started' if form is None else 'still a draft'}",
                    late,
                    form or paper.form,
                )
            )
    side = [
        p.form.kind_name()
        for p, f in papers
        if p.kind == "side" and (f is None or f.status == "draft")
    ]
    if side:
        found.append(
            Task("papers", pupil, f"{len(side)} of the five forms to come: {', '.join(side)}", late)
        )
    return found


def decision_tasks(placement, pupil):
    """The local authority's decision after an annual review, due within four weeks (SEND
    Regulations 2014, reg. 20).
    """
    waits = placement.stage == "E" and placement.cycle > 1 and placement.clock_from is None
    due = placement.started_on + datetime.timedelta(weeks=4)
    return (
        [Task("others", pupil, "EHC plan: decision after the annual review", due)] if waits else []
    )


def raised_tasks(pupils):
    """Records of Concern that somebody began for a child who is on no list yet."""
    form_class = workflow.PAPERS[0].form
    loose = form_class.select().where(
        form_class.placement.is_null(),
        form_class.pupil.in_(list(pupils)),
        form_class.status.in_(("draft", "complete")),
    )
    return [
        Task(
            "agree",
            pupils[f.pupil_id],
            f"{f.kind_name()} written by {f.entered_by}: place on the list?",
            f.happened_on,
            f,
        )
        for f in loose
    ]


def keeping_tasks(user, on, settings):
    """Requests for information that are due, and leavers whose record has not gone to the next
    school: for who writes requests.
    """
    if not may(user, "w", Disclosure):
        return []
    soon = on + datetime.timedelta(int(settings.due_soon_days))
    found = [
        Task("overdue" if due < on else "soon", asked.pupil, str(asked), due, asked)
        for asked, due in retention.open_requests(settings)
        if due and due <= soon
    ]
    return found + [
        Task(
            "overdue" if due < on else "soon", pupil, "Transfer pack for the next school", due, None
        )
        for pupil, due, _ in retention.to_send(settings)
    ]


def agency_tasks(pupil, papers):
    """Agencies that were asked and have not reported yet."""
    form = next((f for p, f in papers if p.form is AgencyInformation and f), None)
    waiting = (
        [
            a
            for a in form.agencies
            if a.state in ("Referred", "Waiting", "Consulted") and not a.report_on
        ]
        if form
        else []
    )
    return [
        Task(
            "others",
            pupil,
            f"{a.agency or 'Agency'}: {a.state.lower()}",
            a.next_contact or a.asked_on,
            form,
        )
        for a in waiting
    ]


def case_tasks(pupils, on, settings):
    """The local authority's dates that are near or past: its delay, not the school's (5.5). The
    school's own advice is overdue.
    """
    found = []
    cases = EhcCase.select().where(EhcCase.pupil.in_(list(pupils)), EhcCase.state.in_(CASE_DATED))
    for case in cases:
        for name, due, done in clock.case_dates(case):
            ours = name in clock.FOR_THE_SCHOOL
            if done is None and due <= on + datetime.timedelta(int(settings.due_soon_days)):
                late = due < on
                words = f"EHC case: {EhcCase._meta.fields[name].verbose_name.lower()}"
                group = ("overdue" if late else "soon") if ours else "others"
                found.append(
                    Task(
                        group,
                        pupils[case.pupil_id],
                        words if ours or not late else f"{words} (local authority late)",
                        due,
                        case,
                    )
                )
    return found
