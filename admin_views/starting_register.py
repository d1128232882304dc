"""“Register at the start”: many children who were on the school's register before the portal.

Come here to change this page. What is asked, what must hold and what it makes are the rows of
`workflow.MOVES` that say `on_paper`; what the school's system says of a child fills the lines in.
"""

from dataclasses import dataclass, field

from peewee import DateField
from wtforms import Form, HiddenField, SelectField, StringField
from wtforms.validators import Length

import workflow
from admin_views import forms
from admin_views.home import settings_now
from admin_views.pupil_lines import STAGE_OF_STATUS, PupilLinesView
from models import Placement, Pupil
from records.dates import short_day
from records.questions import SENCO
from records.record import Clash

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
class RegisterLine:
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
                self.note(forms.after_label(box.label.text, words), box.short_name)
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


# --- the page
class StartingRegisterView(PupilLinesView):
    """Register at the start."""

    template = "starting_register.html"
    page_size = 32  # a class, of nine boxes each, so that the page stays under 100 KB
    done = "put on the register. No letter was written."
    roles = (SENCO,)

    def lines_of(self, pupils, typed):
        """The lines, with what was typed, or else what the school's system says."""
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
            form = boxes(typed or None, prefix=f"p{pupil.id}", data=known)
            found.append(RegisterLine(pupil, placement, form))
        return found

    def moves_of(self, lines, user):
        wanted = [line for line in lines if line.is_filled()]
        problems = []
        for line in wanted:
            line.check(user)
            problems += line.problems
        if not wanted:
            problems = [("", "No line is filled in yet.")]
        if problems:
            return [], problems
        moves = []
        for line in wanted:
            seen = forms.key_of(line.form["seen"].data)
            moves.append((line.move, line.pupil, line.answers(), seen))
        return moves, []
