"""A page with a line for each of many children, saved all together or not at all.

Come here to change how such a page chooses its children, is paged and is saved. What a line asks
and makes is in `leavers` and `starting_register`.
"""

from flask import flash, redirect, request, url_for
from flask_admin import expose
from peewee import fn

import workflow
from admin_views import drafts, forms
from admin_views.account import views as account
from admin_views.paging import Paging
from admin_views.school import CHILDREN, SchoolPage
from audit import access
from models import YEARS, Placement, Pupil, class_sort_key
from records.numbers import say_count
from records.record import Clash

STAGE_OF_STATUS = {"K": "S2", "E": "E"}
FROM_IMPORT = "import"


# --- whom to show
def roll_of(user):
    return Pupil.visible_to(user).where(Pupil.left_on.is_null(), Pupil.erased_on.is_null())


def is_proposed():
    """The condition that the school's system names SEN and the child was never on the pathway."""
    placed = Placement.select(Placement.pupil).where(~Placement.void)
    return Pupil.sen_status.in_(list(STAGE_OF_STATUS)) & Pupil.id.not_in(placed)


def count_proposed(user):
    return roll_of(user).where(is_proposed()).count()


def whom_to_show(user):
    """What a page can show: {code: (words, how many)}; the import, then years, then classes."""
    years = {}
    classes = {}
    proposed = 0
    counts = (fn.COUNT(Pupil.id), fn.COUNT(Pupil.id).filter(is_proposed()))
    mine = roll_of(user).select(Pupil.year, Pupil.form, *counts).group_by(Pupil.year, Pupil.form)
    for year, name, pupils, of_import in mine.tuples():
        proposed += of_import
        years[year] = years.get(year, 0) + pupils
        if name:
            classes[name] = classes.get(name, 0) + pupils
    found = {}
    if proposed:
        found[FROM_IMPORT] = ("With SEN in the import", proposed)
    for code, label in YEARS:
        if code in years:
            found[f"year {code}"] = (label, years[code])
    for name in sorted(classes, key=class_sort_key):
        found[f"class {name}"] = (f"Class {name}", classes[name])
    return found


def pupils_shown(user, show):
    """The query of the pupils that a page shows."""
    kind, _, name = show.partition(" ")
    chosen = {"year": Pupil.year == name, "class": Pupil.form == name}
    condition = chosen.get(kind, is_proposed())
    return roll_of(user).where(condition).order_by(Pupil.sort_name, Pupil.id)


# --- the page
class PupilLinesView(SchoolPage):
    """A page with a line for each child of a year or a class."""

    template = ""
    page_size = 40  # lines
    box = ""  # where a fault of a move is shown
    done = ""  # what follows the number of children when they are saved

    def groups(self, user):
        """What can be shown, as `whom_to_show` gives it."""
        return whom_to_show(user)

    def lines_of(self, pupils, typed):
        """The lines of these pupils, with what was typed; each has its `pupil`."""
        raise NotImplementedError

    def moves_of(self, lines, user):
        """What the lines say, and what is wrong with them: ([(move, pupil, answers, number of the
        open placement that was seen), ...], [(box, sentence), ...]).
        """
        raise NotImplementedError

    @expose("/", methods=("GET", "POST"))
    def index(self):
        user = account.me()
        groups = self.groups(user)
        show = request.values.get("show", "")
        if show not in groups:
            show = next(iter(groups), "")
        if "press" in request.form:
            return self.receive(user, groups, show)
        if request.method == "POST":
            return redirect(url_for(".index", show=show))
        _, count = groups.get(show, ("", 0))
        at = Paging(count, self.page_size)
        pupils = list(pupils_shown(user, show).offset(at.first).limit(at.size))
        lines = self.lines_of(pupils, request.form)
        return self.show(lines, groups=groups, chosen=show, at=at)

    def receive(self, user, groups, show):
        address = url_for(".index", show=show)
        drafts.once(request.form["press"])
        keys = [forms.key_of(key) for key in request.form.getlist("pupil")[: self.page_size]]
        mine = roll_of(user).where(Pupil.id.in_(keys))
        pupils = list(mine.order_by(Pupil.sort_name, Pupil.id))
        lines = self.lines_of(pupils, request.form)
        moves, problems = self.moves_of(lines, user)
        problems = problems or self.perform(moves, user, address)
        if problems:
            return self.show(lines, groups=groups, chosen=show, problems=problems)
        flash(f"{say_count(len(moves), *CHILDREN)} {self.done}", "done")
        return redirect(address)

    def perform(self, moves, user, address):
        """Make the moves, all or none; what stops them."""
        name = ""
        try:
            with drafts.making(address):
                for move, pupil, answers, seen in moves:
                    name = pupil.name
                    workflow.perform(move, pupil, user, answers, seen)
        except workflow.Invalid as invalid:
            return [(self.box, f"{name}: {words}") for _, words in invalid.errors]
        except (workflow.Refused, Clash) as fault:
            return [("", f"{name}: {fault}")]
        return []

    def show(self, lines, groups, **more):
        access.log_access([line.pupil for line in lines], "listed")
        offered = [(code, f"{words} ({count})") for code, (words, count) in groups.items()]
        return self.render(self.template, lines=lines, groups=offered, **more)
