"""The home page: what needs you today, and how many pupils stand where.

Come here to change how tasks are grouped and shown. What is a task, and from which day on, is in
`pathway/tasks.py`; the weeks and days are on the Settings screen.
"""

import datetime
import math
from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user
from peewee import Select, fn

import workflow
from admin_views.forms import key_of
from audit import access, accounts
from audit.log import db
from models import Disclosure, HomeTask, Placement, Pupil, PupilRecord, Setting, every, may
from pathway import clock
from records.dates import today
from records.questions import HEAD, ROLES, SENCO

FIRST = 20  # tasks of a group on the home page
PAGE = 50  # tasks on a page of one group


WRITERS = tuple(role for role in ROLES if role != HEAD)


@dataclass(frozen=True)
class Group:
    """A card of the home page: which tasks stand on it, with a hint how they are sorted."""

    name: str
    label: str
    hint: str
    colour: str = ""
    by: tuple = ROLES  # who can do something about it


GROUPS = (
    Group("head", "For you to decide", "EHCP requests, and records to erase", "todo", by=(HEAD,)),
    Group("overdue", "Overdue", "Oldest first", "late"),
    Group("soon", "Due soon", "The next {days:.0f} days", "soon"),
    Group("asked", "Papers to write", "Asked for by the SENCO", "soon", by=WRITERS),
    Group("agree", "Ready to be decided", "For the SENCO", "todo", by=(SENCO, HEAD)),
    Group("papers", "Papers missing", "To write or to chase", "todo", by=WRITERS),
    Group("others", "Waiting for others", "Nothing for you to do yet", by=WRITERS),
)


class Home(AdminIndexView):
    """The first page after signing in."""

    def is_accessible(self):
        return current_user.is_authenticated

    def inaccessible_callback(self, name, **kwargs):
        return redirect(url_for("account.sign_in"))

    @expose("/")
    def index(self):
        """What needs you today, by role; the technician sees no pupil."""
        user = current_user._get_current_object()
        if "group" in request.args:
            return self.one_group(user, request.args["group"])
        cards = []
        if may(user, "r", Pupil):
            groups = [group for group in GROUPS if user.role in group.by]
            told_of = [told(user, group) for group in groups]
            for group, conditions, count in zip(
                groups, told_of, group_counts(told_of), strict=True
            ):
                tasks = list(by_urgency(conditions).limit(FIRST))
                access.log_access([task.pupil for task in tasks], "listed")
                cards.append((group, count, tasks))
        return self.render(
            "home.html",
            cards=cards,
            stages=stage_counts(user),
            before=last_term(user),
            notices=accounts.notices(user),
            **shown_with(),
        )

    def one_group(self, user, name):
        """All tasks of one group, a page at a time."""
        group = next((one for one in GROUPS if one.name == name), None)
        if group is None or user.role not in group.by or not may(user, "r", Pupil):
            abort(404)
        conditions = told(user, group)
        count = group_counts([conditions])[0]
        pages = max(1, math.ceil(count / PAGE))
        page = min(max(1, request.args.get("page", 1, type=key_of)), pages)
        tasks = list(by_urgency(conditions).paginate(page, PAGE))
        access.log_access([task.pupil for task in tasks], "listed")
        return self.render(
            "home_group.html",
            group=group,
            count=count,
            rows=tasks,
            page=page,
            pages=pages,
            **shown_with(),
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


def in_school_words(words, settings=None):
    """A button or a sentence, with the two lists called as this school calls them."""
    settings = settings or settings_now()
    for name in workflow.LISTS.values():
        default = Setting._meta.fields[name].default
        words = words.replace(default, getattr(settings, name) or default)
    return words


def in_scope(user, column):
    """The condition that a person may know about the pupil in a column; none for who knows all."""
    if Pupil.all_visible_to(user):
        return ()
    return (column.in_(Pupil.visible_to(user).select(Pupil.id)),)


def stage_counts(user):
    """How many pupils of this person stand on each stage: [(code, label, number)]."""
    if not may(user, "r", Pupil):
        return []
    is_open = (Placement.ended_on.is_null(), ~Placement.void, Placement.stage.in_(workflow.OPEN))
    query = Placement.select(Placement.stage, fn.COUNT(Placement.id))
    query = query.where(*is_open, *in_scope(user, Placement.pupil)).group_by(Placement.stage)
    counts = dict(query.tuples())
    settings = settings_now()
    found = []
    for code in workflow.OPEN:
        label = workflow.stage_label(code, settings)
        found.append((code, label, counts.get(code, 0)))
    return found


def last_term(user):
    """For the head: the last day of the term before, and how many stood where, (day, {code:
    number}); None for others.
    """
    if user.role != HEAD:
        return None
    on = clock.term_began(today()) - datetime.timedelta(1)
    query = Placement.select(Placement.stage, fn.COUNT(Placement.id)).where(
        ~Placement.void,
        Placement.started_on <= on,
        Placement.ended_on.is_null() | (Placement.ended_on > on),
    )
    return on, dict(query.group_by(Placement.stage).tuples())


# --- tasks
KINDS = {cls.__name__: cls for cls in (Pupil, *every(PupilRecord))}
RIGHT_NEEDED = {Disclosure: "w"}  # those who answer requests are reminded of them


# of a pupil, what a line says and where it stands
OF_PUPIL = (Pupil.id, Pupil.surname, Pupil.forename, Pupil.known_as, Pupil.form)


def told(user, group):
    """The conditions of the tasks in a group that a person is told today."""
    kinds = []
    for cls in KINDS.values():
        if may(user, RIGHT_NEEDED.get(cls, "r"), cls):
            kinds.append(cls.__name__)
    column = HomeTask.group
    reach = in_scope(user, HomeTask.pupil)
    if reach:
        # else SQLite goes through the tasks of the whole school, not of these pupils
        column = fn.LOWER(column)
    conditions = (HomeTask.record.in_(kinds), HomeTask.shows_from <= today(), *reach)
    if group.name == "overdue":
        return (column == "dated", HomeTask.due < today(), *conditions)
    if group.name == "soon":
        return (column == "dated", HomeTask.due >= today(), *conditions)
    if group.name == "asked" and user.role != SENCO:
        conditions = (HomeTask.person_id == user.id, *conditions)
    return (column == group.name, *conditions)


def group_counts(told_of):
    """How many tasks there are for each of these conditions, in one statement."""
    asked = []
    for conditions in told_of:
        asked.append(HomeTask.select(fn.COUNT(HomeTask.id)).where(*conditions))
    return Select(columns=asked).bind(db).tuples()[0]


def by_urgency(conditions):
    """The query of the tasks, most pressing first."""
    query = HomeTask.select(HomeTask, *OF_PUPIL).join(Pupil).where(*conditions)
    return query.order_by(HomeTask.due, Pupil.sort_name, HomeTask.id)


def task_link(task):
    """Where a line of the home page leads: one click from the work."""
    kind = KINDS[task.record]
    screen = task.screen
    if screen in ("edit", "new") and not may(current_user, "w", kind):
        screen = {"edit": "page", "new": "child"}[screen]
    if screen == "child":
        return url_for("pupil.page", key=task.pupil_id)
    if screen == "new":
        return url_for(f"{kind.slug()}.new", pupil=task.pupil_id)
    return url_for(f"{kind.slug()}.{screen}", key=task.record_id)


def say_what(task):
    """What is to be done; the local authority's delay is no delay of the school's (5.5)."""
    if task.record == "EhcCase" and task.group == "others" and task.due < today():
        return f"{task.what} (local authority late)"
    return task.what


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


def shown_with():
    return {"on": today(), "link": task_link, "say_due": say_due, "say_what": say_what}
