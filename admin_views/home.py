"""The home page: what needs you today, and how many pupils stand where.

Come here to change how tasks are grouped and shown. What is a task, and from which day on, is in
`pathway/tasks.py`; the weeks and days are on the Settings screen.
"""

from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from flask_admin import AdminIndexView, expose
from flask_login import current_user
from peewee import fn

import workflow
from admin_views.forms import key_of
from audit import access, accounts
from models import Disclosure, HomeTask, Placement, Pupil, Setting, every, may
from records.dates import today

FIRST = 20  # tasks of a group on the home page
PAGE = 50  # tasks on a page of one group


@dataclass(frozen=True)
class Group:
    """A card of the home page: which tasks stand on it, with a hint how they are sorted."""

    name: str
    label: str
    hint: str
    colour: str = ""


GROUPS = (
    Group("overdue", "Overdue", "Oldest first", "late"),
    Group("soon", "Due soon", "The next {days:.0f} days", "soon"),
    Group("agree", "Ready to be decided", "For the SENCO", "todo"),
    Group("papers", "Papers missing", "To write or to chase", "todo"),
    Group("others", "Waiting for others", "Nothing for you to do yet"),
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
        if "group" in request.args:
            return self.one_group(request.args["group"])
        cards = []
        if may(current_user, "r", Pupil):
            for group in GROUPS:
                cards.append((group, count_of(current_user, group), first_of(current_user, group)))
        for _, _, tasks in cards:
            access.log_access([task.pupil for task in tasks], "listed")
        return self.render(
            "home.html",
            cards=cards,
            stages=stage_counts(current_user),
            notices=accounts.notices(current_user),
            **shown_with(),
        )

    def one_group(self, name):
        """All tasks of one group, a page at a time."""
        group = next((one for one in GROUPS if one.name == name), None)
        if group is None or not may(current_user, "r", Pupil):
            abort(404)
        count = count_of(current_user, group)
        pages = max(1, -(-count // PAGE))
        page = min(max(1, request.args.get("page", 1, type=key_of)), pages)
        tasks = tasks_of(current_user, group).paginate(page, PAGE)
        access.log_access([task.pupil for task in tasks], "listed")
        return self.render(
            "home_group.html",
            group=group,
            count=count,
            tasks=tasks,
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


def in_reach(user, column):
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
    query = query.where(*is_open, *in_reach(user, Placement.pupil)).group_by(Placement.stage)
    counts = dict(query.tuples())
    settings = settings_now()
    found = []
    for code in workflow.OPEN:
        label = workflow.stage_label(code, settings)
        found.append((code, label, counts.get(code, 0)))
    return found


# --- tasks
RIGHT_NEEDED = {Disclosure: "w"}  # those who answer requests are reminded of them


def told_of(user, group, on=None):
    """The conditions of the tasks in a group that are shown to a person on a day."""
    on = on or today()
    kinds = [cls.__name__ for cls in every() if may(user, RIGHT_NEEDED.get(cls, "r"), cls)]
    column = HomeTask.group
    reach = in_reach(user, HomeTask.pupil)
    if reach:
        # else SQLite goes through the tasks of the whole school, not of these pupils
        column = fn.LOWER(column)
    conditions = [HomeTask.record.in_(kinds), HomeTask.shows_from <= on, *reach]
    if group.name == "overdue":
        return [column == "dated", HomeTask.due < on, *conditions]
    if group.name == "soon":
        return [column == "dated", HomeTask.due >= on, *conditions]
    return [column == group.name, *conditions]


def count_of(user, group, on=None):
    return HomeTask.select(fn.COUNT(HomeTask.id)).where(*told_of(user, group, on)).scalar()


def tasks_of(user, group, on=None):
    """The query of a person's tasks in a group, most pressing first."""
    query = HomeTask.select(HomeTask, Pupil).join(Pupil).where(*told_of(user, group, on))
    return query.order_by(HomeTask.due, Pupil.surname, Pupil.forename, HomeTask.id)


def first_of(user, group):
    return list(tasks_of(user, group).limit(FIRST))


def task_link(task):
    """Where a line of the home page leads: one click from the work."""
    kind = next(cls for cls in every() if cls.__name__ == task.record)
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
