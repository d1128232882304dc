"""“Leavers”: many children who leave the school on one day.

Come here to change this page. What leaving asks and makes is the row “Has left the school” of
`workflow.MOVES`.
"""

import math
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask_admin import expose

import workflow
from admin_views import drafts, forms
from admin_views.account import views as account
from admin_views.home import settings_now
from admin_views.school import SchoolPage
from admin_views.starting_register import FROM_IMPORT, pupils_shown, whom_to_show
from audit import access
from audit.log import transaction
from models import Placement, Pupil
from records.dates import read_day
from records.record import Clash

MOST_LEAVERS = 40  # at once, and on one page
MOVE = next(move for move in workflow.MOVES if "leave" in move.makes)
LAST_YEARS = ("6", "11", "13")  # the last of a phase


@dataclass
class Leaver:
    """One child of the page: the open placement, and what is typed."""

    pupil: Pupil
    seen: int
    stage: str
    is_ticked: bool = False
    destination: str = ""


def groups_of(user):
    """The years and classes of the page, the last of a phase first: {code: (words, count)}."""
    found = whom_to_show(user)
    found.pop(FROM_IMPORT, None)
    first = [f"year {year}" for year in (settings_now().last_year, *LAST_YEARS)]
    codes = [code for code in first if code in found]
    return {code: found[code] for code in dict.fromkeys((*codes, *found))}


def leavers_of(pupils, typed):
    """The lines of these pupils, with what was typed."""
    keys = [pupil.id for pupil in pupils]
    rows = Placement.select().where(Placement.pupil.in_(keys), ~Placement.void)
    open_ones = {row.pupil_id: row for row in rows.where(Placement.ended_on.is_null())}
    ticked = typed.getlist("leaves")
    found = []
    for pupil in pupils:
        placed = open_ones.get(pupil.id)
        known = placed.id if placed else 0
        seen = typed.get(f"seen-{pupil.id}", known, type=forms.key_of)
        where = (forms.clean_line(typed.get(f"to-{pupil.id}")) or "")[:255]
        stage = placed.stage if placed else "NONE"
        found.append(Leaver(pupil, seen, stage, str(pupil.id) in ticked, where))
    return found


def record(leavers, user, day, where, press, address):
    """Let them all leave, or none: [(box, sentence)] of what is wrong."""
    name = ""
    try:
        with transaction():
            drafts.once(press)
            for line in leavers:
                name = line.pupil.name
                answers = {"on": day, "destination": line.destination or where or None}
                workflow.perform(MOVE, line.pupil, user, answers, line.seen)
            drafts.saved(press, address)
    except workflow.Invalid as invalid:
        return [("on", f"{name}: {words}") for _, words in invalid.errors]
    except (workflow.Refused, Clash) as fault:
        return [("", f"{name}: {fault}")]
    return []


class LeaversView(SchoolPage):
    """Leavers."""

    def is_accessible(self):
        user = account.me()
        return user.is_authenticated and user.active and user.role in MOVE.by

    @expose("/", methods=("GET", "POST"))
    def index(self):
        user = account.me()
        groups = groups_of(user)
        show = request.values.get("show", "")
        if show not in groups:
            show = next(iter(groups), "")
        address = url_for(".index", show=show)
        if "press" in request.form:
            return self.receive(user, groups, show, address)
        if request.method == "POST":
            return redirect(address)
        _, count = groups.get(show, ("", 0))
        pages = max(1, math.ceil(count / MOST_LEAVERS))
        page = min(max(1, request.args.get("page", 1, type=forms.key_of)), pages)
        pupils = list(pupils_shown(user, show).paginate(page, MOST_LEAVERS)) if groups else []
        return self.show(leavers_of(pupils, request.form), groups, show, page=page, pages=pages)

    def receive(self, user, groups, show, address):
        press = request.form.get("press")
        pressed = drafts.press_of(press)
        if pressed:
            return redirect(pressed)
        keys = [forms.key_of(key) for key in request.form.getlist("pupil")[:MOST_LEAVERS]]
        mine = Pupil.visible_to(user).where(Pupil.id.in_(keys), Pupil.left_on.is_null())
        lines = leavers_of(list(mine.order_by(Pupil.sort_name, Pupil.id)), request.form)
        leavers = [line for line in lines if line.is_ticked]
        where = (forms.clean_line(request.form.get("where")) or "")[:255]
        problems = []
        try:
            day = read_day(request.form.get("on", "")[:60])
        except ValueError as fault:
            day = None
            problems.append(("on", f"Last day: {fault}"))
        if not day and not problems:
            problems.append(("on", "Last day: give the day on which they leave."))
        if not leavers:
            problems.append(("", "Nobody is ticked yet."))
        try:
            problems = problems or record(leavers, user, day, where, press, address)
        except drafts.Pressed as already:
            return redirect(already.led_to)
        if problems:
            return self.show(lines, groups, show, problems=problems), 422
        children = "1 child has" if len(leavers) == 1 else f"{len(leavers)} children have"
        flash(f"{children} left the school. Transfer packs are due in 15 school days.", "done")
        return redirect(address)

    def show(self, lines, groups, chosen, **more):
        access.log_access([line.pupil for line in lines], "listed")
        typed = {name: request.form.get(name, "") for name in ("on", "where")}
        return self.render(
            "leavers.html", lines=lines, groups=groups, chosen=chosen, typed=typed, **more
        )
