"""The home page: what needs you today, and how many pupils stand where.

Come here to change how tasks are grouped and shown. What is a task, and from which day on, is in
`pathway/tasks.py`; the weeks and days are on the Settings screen.
"""

import datetime
import itertools
from collections import Counter
from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user
from peewee import fn

import workflow
from admin_views.forms import key_of
from admin_views.paging import Paging
from audit import access, accounts
from models import (
    KINDS_OF_RECORD,
    Disclosure,
    Erasure,
    HomeTask,
    Placement,
    Pupil,
    PupilRecord,
    Setting,
    TeamMember,
    every,
    may,
)
from pathway import clock
from people import class_key
from records.dates import today
from records.query import by_id
from records.questions import HEAD, ROLES, SENCO, TA

PAGE = 30  # children on a page
# days that something may wait which has no day of its own, until it is told in the colours of
# what is due soon and of what is late
NOTICED = datetime.timedelta(14)
LONG = datetime.timedelta(42)


WRITERS = tuple(role for role in ROLES if role != HEAD)


@dataclass(frozen=True)
class Group:
    """A kind of task: by whom something can be done about it."""

    name: str
    label: str
    colour: str = ""
    by: tuple = ROLES


# the most pressing first
GROUPS = (
    Group("head", "For you to decide", "todo", by=(HEAD,)),
    Group("overdue", "Overdue", "late"),
    Group("soon", "Due soon", "soon"),
    Group("asked", "Papers to write", "soon", by=WRITERS),
    Group("agree", "Ready to be decided", "todo", by=(SENCO, HEAD)),
    Group("papers", "To write or send", "todo", by=WRITERS),
    Group("others", "Waiting for others", by=WRITERS),
)


class Home(AdminIndexView):
    """The first page after signing in."""

    def is_accessible(self):
        return current_user.is_authenticated

    @expose("/")
    def index(self):
        """What needs you today, by role, a line for each child; the technician sees no pupil."""
        user = current_user._get_current_object()
        desk = None
        if may(user, "r", Pupil):
            desk = Desk(user, request.args)
            access.log_access([line[0].pupil for line in desk.lines], "listed")
        return self.render(
            "home.html",
            desk=desk,
            groups=GROUPS,
            stages=stage_counts(user),
            before=last_term(user),
            notices=accounts.notices(user),
            on=today(),
            link=task_link,
            next_act=next_act,
            say_when=say_when,
            say_what=say_what,
            urgency=urgency,
            group_of=group_of,
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
    query = Placement.select(Placement.stage, fn.COUNT(Placement.id))
    query = query.where(Placement.is_on(workflow.OPEN), *in_scope(user, Placement.pupil))
    counts = dict(query.group_by(Placement.stage).tuples())
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
    query = Placement.select(Placement.stage, fn.COUNT(Placement.id))
    query = query.where(Placement.held_on(on)).group_by(Placement.stage)
    return on, dict(query.tuples())


# --- tasks
RIGHT_NEEDED = {Disclosure: "w"}  # those who answer requests are reminded of them


# of a pupil, what a line says and where it stands
OF_PUPIL = (Pupil.id, Pupil.surname, Pupil.forename, Pupil.known_as, Pupil.form)


def told(user):
    """The conditions of the tasks that a person is told today."""
    kinds = []
    usual = "w" if user.role == TA else "r"  # an assistant is told what an assistant can do
    for cls in (Pupil, *every(PupilRecord)):
        if may(user, RIGHT_NEEDED.get(cls, usual), cls):
            kinds.append(cls.__name__)
    not_theirs = [group.name for group in GROUPS if user.role not in group.by]
    conditions = [
        HomeTask.record.in_(kinds),
        HomeTask.shows_from <= today(),
        HomeTask.group.not_in(not_theirs),
        *in_scope(user, HomeTask.pupil),
    ]
    if user.role != SENCO:  # who sees what is waiting for whom
        conditions.append((HomeTask.group != "asked") | (HomeTask.person_id == user.id))
    return conditions


def by_urgency(*conditions):
    """The query of the tasks with their pupils."""
    query = HomeTask.select(HomeTask, *OF_PUPIL).join(Pupil).where(*conditions)
    return query.order_by(HomeTask.due, Pupil.sort_name, HomeTask.id)


def group_of(task):
    if task.group != "dated":
        return task.group
    return "overdue" if task.due < today() else "soon"


def urgency(task):
    """The colour in which it is told: `late`, `soon` or none; what waits long is never grey."""
    if task.group == "dated":
        return "late" if task.due < today() else "soon"
    if today() - task.due >= LONG:
        return "late"
    return "soon" if today() - task.due >= NOTICED else ""


RANKS = [group.name for group in GROUPS]


def rank(task):
    """What sorts tasks, the most pressing first: what waits for the head, what is late, then by
    group and day.
    """
    place = RANKS.index(group_of(task))
    return task.group != "head", urgency(task) != "late", place, task.due


class Desk:
    """What a person is told today: filtered, and a page of its children."""

    def __init__(self, user, wanted):
        columns = (HomeTask.id, HomeTask.pupil, HomeTask.group, HomeTask.due, HomeTask.record)
        columns += (HomeTask.person_id, Pupil.form, Pupil.year)
        query = HomeTask.select(*columns).join(Pupil)
        rows = list(query.where(*told(user)).order_by(Pupil.sort_name, HomeTask.id).namedtuples())
        self.wanted = {}
        self.choices = choices_of(rows)
        for name, _, options in self.choices:
            if wanted.get(name) in dict(options):
                self.wanted[name] = wanted[name]
        if "whose" in self.wanted:
            rows = those_of(user, rows)
        rows = [row for row in rows if self.is_wanted(row)]
        self.counts = Counter(map(group_of, rows))
        self.group = wanted.get("group")
        if self.group in RANKS:
            rows = [row for row in rows if group_of(row) == self.group]
        else:
            self.group = None
        rows.sort(key=rank)
        children = {}
        for row in rows:
            children.setdefault(row.pupil, []).append(row.id)
        self.at = Paging(len(children), PAGE)
        self.lines = tasks_in_order(self.at.part(list(children.values())))

    def is_wanted(self, row):
        """Whether a task fits the filters of class and year."""
        if self.wanted.get("form", class_key(row.form)) != class_key(row.form):
            return False
        return self.wanted.get("year", row.year or "") == (row.year or "")


DECIDED = ("head", "agree")  # told to nobody but who decides it


def those_of(user, rows):
    """The tasks that a person was asked, decides, or does in the team or as teacher of a child."""
    team = {row.pupil_id for row in TeamMember.pupils_of(user)}
    classes = set(map(class_key, user.class_names()))
    for row in rows:
        is_theirs = row.pupil in team or class_key(row.form) in classes
        is_asked = row.person_id == user.id or row.group in DECIDED
        if is_asked or is_theirs and row.person_id is None and row.group != "others":
            yield row


def choices_of(rows):
    """The filters of the home page: [(name, label, [(value, words), ...]), ...]."""
    forms = {class_key(row.form): row.form for row in rows if row.form}
    years = {row.year for row in rows if row.year}
    names = dict(Pupil.year.choices)
    return (
        ("whose", "Whose", [("mine", "For me")]),
        ("form", "Class", sorted(forms.items())),
        ("year", "Year", [(year, names[year]) for year in names if year in years]),
    )


def tasks_in_order(children):
    """The tasks of each child, whole: [[task, ...], ...] from lists of their numbers."""
    numbers = list(itertools.chain(*children))
    tasks = by_id(by_urgency(HomeTask.id.in_(numbers)))
    return [[tasks[number] for number in theirs] for theirs in children]


def screen_of(task):
    """The screen that a line leads to, as far as this person may open it."""
    if task.screen in ("edit", "new") and not may(current_user, "w", KINDS_OF_RECORD[task.record]):
        return {"edit": "page", "new": "child"}[task.screen]
    return task.screen


def task_link(task):
    """Where a line of the home page leads: one click from the work."""
    kind = KINDS_OF_RECORD[task.record]
    screen = screen_of(task)
    if kind is Erasure:
        return url_for("keeping.erase", number=task.pupil_id)
    if screen == "child":
        return url_for("pupil.page", key=task.pupil_id)
    if screen == "new":
        return url_for(f"{kind.slug()}.new", pupil=task.pupil_id)
    return url_for(f"{kind.slug()}.{screen}", key=task.record_id)


ACTS = {"new": "Start", "edit": "Go on", "page": "Open", "child": "Open"}


def next_act(task):
    """What the button of a line says."""
    if task.group == "agree" and current_user.role == SENCO:
        return "Decide"
    if task.record == "Letter":
        return "Send"
    return ACTS[screen_of(task)]


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


def say_when(task):
    """How late a task is, or how long it waits when no day is set for it."""
    said = say_due(task.when, today())
    if task.group != "dated":
        return f"for {said.removesuffix(' late')}" if task.when < today() else ""
    return said
