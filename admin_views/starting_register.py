"""“Register at the start”: many children who were on the school's register before the portal.

Come here to change this page. What is asked, what must hold and what it makes are the rows of
`workflow.MOVES` that say `on_paper`; what the school's system says of a child fills the lines in.
"""

import math
from dataclasses import dataclass, field

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import DateField, fn
from wtforms import Form, HiddenField, SelectField, StringField
from wtforms.validators import Length

import workflow
from admin_views import drafts, forms
from admin_views.account import views as account
from admin_views.home import settings_now
from admin_views.school import SchoolPage
from audit import access
from audit.log import transaction
from models import YEARS, Placement, Pupil, class_sort_key
from records.dates import short_day
from records.questions import SENCO
from records.record import Clash

LINES_OF_A_PAGE = 40
MOVES = {move.to: move for move in workflow.MOVES if move.on_paper}
COLUMNS = (
    "since",
    "last_review",
    "next_review",
    "sen_type",
    "second_type",
    "plan_on",
    "authority",
)
STAGE_OF_STATUS = {"K": "S2", "E": "E"}
FROM_IMPORT = "import"


# --- what the school's system says
def proposal(pupil):
    """What the school's system says of a child, as the answers of a line; empty when nothing."""
    stage = STAGE_OF_STATUS.get(pupil.sen_status)
    if stage is None:
        return {}
    types = [*(pupil.sen_types or "").splitlines(), "", ""]
    return {
        "stage": stage,
        "since": pupil.sen_start,
        "sen_type": types[0],
        "second_type": types[1],
    }


def proposal_words(pupil, stage):
    """What becomes of an imported SEN status, for the preview; empty when nothing."""
    proposed = proposal(pupil)
    if not proposed:
        return ""
    settings = settings_now()
    if stage in workflow.OPEN:
        return f"On {workflow.stage_label(stage, settings)} already; the stage stays."
    said = [f"For the register: {workflow.stage_label(proposed['stage'], settings)}"]
    if pupil.sen_start:
        said.append(f"since {short_day(pupil.sen_start)}")
    said += filter(None, (proposed["sen_type"], proposed["second_type"]))
    words = f"{', '.join(said)}. The SENCO confirms it"
    if proposed["stage"] == "E":
        return f"{words} and adds the date of the plan."
    return f"{words}."


def is_proposed():
    """The condition that the school's system names SEN and the child was never on the pathway."""
    placed = Placement.select(Placement.pupil).where(~Placement.void)
    return Pupil.sen_status.in_(list(STAGE_OF_STATUS)) & Pupil.id.not_in(placed)


def count_proposed(user):
    return on_roll(user).where(is_proposed()).count()


def on_roll(user):
    return Pupil.visible_to(user).where(Pupil.left_on.is_null(), Pupil.erased_on.is_null())


# --- the lines
def line_form(settings):
    """The form of one line; the boxes bear no hints, the heads of the columns do."""
    stages = [(code, workflow.stage_label(code, settings)) for code in MOVES]
    boxes = {
        "seen": HiddenField(),
        "stage": SelectField("Stage", choices=forms.offered([("", ""), *stages])),
    }
    for name in COLUMNS:
        asked = workflow.ASKS[name]
        if isinstance(asked, DateField):
            boxes[name] = forms.DayField(asked.verbose_name)
        elif asked.choices:
            codes = [(code, code) for code, _ in asked.choices]
            boxes[name] = SelectField(asked.verbose_name, choices=forms.offered([("", ""), *codes]))
        else:
            boxes[name] = StringField(
                asked.verbose_name, filters=[forms.clean_line], validators=[Length(max=255)]
            )
    return type("LineForm", (Form,), boxes)


@dataclass
class Line:
    """One child of the page: the open placement, the boxes, and [(box, sentence)] of what is
    wrong.
    """

    pupil: Pupil
    placement: Placement
    form: Form
    problems: list = field(default_factory=list)

    @property
    def stage(self):
        return self.placement.stage if self.placement else "NONE"

    @property
    def is_open(self):
        """Whether the child may be entered here: on no stage now."""
        return self.stage in workflow.AWAY

    @property
    def move(self):
        return MOVES.get(self.form["stage"].data)

    def is_filled(self):
        """Whether anything is said besides what the school's system says; the stage alone is
        enough.
        """
        proposed = proposal(self.pupil)
        for name in COLUMNS:
            said = forms.answer_of(self.form[name])
            if said and said != proposed.get(name):
                return True
        return bool(self.move)

    def answers(self):
        found = {}
        for name in self.move.asks:
            if name in self.form:
                found[name] = forms.answer_of(self.form[name])
        if "authority" in found:
            found["authority"] = found["authority"] or settings_now().local_authority
        return found

    def check(self, user):
        """Note what stops this line."""
        self.form.validate()
        for box in self.form:
            for words in box.errors:
                self.note(f"{box.label.text}: {words}", box.short_name)
        if self.problems:
            return
        if not self.is_open:
            label = workflow.stage_label(self.stage, settings_now())
            self.note(f"is on {label} already. This line is left out when you save again.")
        elif self.move is None:
            self.note("choose the stage, or empty the line.", "stage")
        else:
            self.check_move(user)

    def check_move(self, user):
        ctx = workflow.PupilContext(self.pupil, user, answers=self.answers(), school=settings_now())
        try:
            workflow.check_move(self.move, ctx, forms.key_of(self.form["seen"].data))
        except workflow.Invalid as invalid:
            for asked, words in invalid.errors:
                self.note(words, asked)
        except workflow.Refused as refused:
            for stop in refused.stops:
                self.note(stop.words, stop.to)
        except Clash as clash:
            self.note(str(clash))

    def note(self, words, column=None):
        box = ""
        if self.is_open:
            box = self.form[column if column in self.form else "stage"].id
        self.problems.append((box, f"{self.pupil.name}: {words}"))


def register_lines(pupils, typed=None):
    """The lines of these pupils, with what was typed, or else what the school's system says."""
    keys = [pupil.id for pupil in pupils]
    rows = Placement.select().where(Placement.pupil.in_(keys), ~Placement.void)
    placements = {}
    placed = set()
    for row in rows:
        placed.add(row.pupil_id)
        if row.ended_on is None:
            placements[row.pupil_id] = row
    boxes = line_form(settings_now())
    found = []
    for pupil in pupils:
        placement = placements.get(pupil.id)
        known = {"seen": placement.id if placement else 0}
        if pupil.id not in placed:
            known |= proposal(pupil)
        form = boxes(typed, prefix=f"p{pupil.id}", data=known)
        found.append(Line(pupil, placement, form))
    return found


def enter_lines(lines, user, press, address):
    """Enter the children of the lines that are filled in, all or none: (how many, problems)."""
    wanted = [line for line in lines if line.is_filled()]
    problems = []
    for line in wanted:
        line.check(user)
        problems += line.problems
    if not wanted:
        problems = [("", "No line is filled in yet.")]
    if problems:
        return 0, problems
    try:
        with transaction():
            drafts.once(press)
            for line in wanted:
                seen = forms.key_of(line.form["seen"].data)
                workflow.perform(line.move, line.pupil, user, line.answers(), seen)
            drafts.saved(press, address)
    except (workflow.Refused, workflow.Invalid, Clash) as fault:
        return 0, [("", str(fault))]
    return len(wanted), []


# --- the page
def whom_to_show(user):
    """What the page can show: {code: (words, how many)}; the import, then years, then classes."""
    years = {}
    classes = {}
    proposed = 0
    counts = (fn.COUNT(Pupil.id), fn.COUNT(Pupil.id).filter(is_proposed()))
    mine = on_roll(user).select(Pupil.year, Pupil.form, *counts).group_by(Pupil.year, Pupil.form)
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
    """The query of the pupils that the page shows."""
    kind, _, name = show.partition(" ")
    chosen = {"year": Pupil.year == name, "class": Pupil.form == name}
    condition = chosen.get(kind, is_proposed())
    return on_roll(user).where(condition).order_by(Pupil.sort_name, Pupil.id)


class StartingRegisterView(SchoolPage):
    """Register at the start."""

    def is_accessible(self):
        return current_user.is_authenticated and current_user.role == SENCO

    @expose("/", methods=("GET", "POST"))
    def index(self):
        user = account.me()
        shown = whom_to_show(user)
        show = request.values.get("show", "")
        if show not in shown:
            show = next(iter(shown), "")
        address = url_for(".index", show=show)
        if "press" in request.form:
            return self.receive(user, shown, show, address)
        if request.method == "POST":
            return redirect(address)
        query = pupils_shown(user, show)
        _, count = shown.get(show, ("", 0))
        pages = max(1, math.ceil(count / LINES_OF_A_PAGE))
        page = min(max(1, request.args.get("page", 1, type=forms.key_of)), pages)
        lines = register_lines(list(query.paginate(page, LINES_OF_A_PAGE)))
        return self.show(lines, groups=shown, chosen=show, page=page, pages=pages)

    def receive(self, user, shown, show, address):
        press = request.form.get("press")
        pressed = drafts.press_of(press)
        if pressed:
            return redirect(pressed)
        keys = [forms.key_of(key) for key in request.form.getlist("pupil")[:LINES_OF_A_PAGE]]
        mine = on_roll(user).where(Pupil.id.in_(keys))
        pupils = list(mine.order_by(Pupil.sort_name, Pupil.id))
        lines = register_lines(pupils, request.form)
        try:
            done, problems = enter_lines(lines, user, press, address)
        except drafts.Pressed as already:
            return redirect(already.led_to)
        if problems:
            page = self.show(lines, groups=shown, chosen=show, problems=problems)
            return page, 422
        children = "1 child is" if done == 1 else f"{done} children are"
        flash(f"{children} on the register now. No letter was written.", "done")
        return redirect(address)

    def show(self, lines, **more):
        access.log_access([line.pupil for line in lines], "listed")
        return self.render("starting_register.html", lines=lines, columns=COLUMNS, **more)
