"""The class sheet: what whoever teaches a class should know on one page, for supply too."""

from collections import defaultdict

import workflow
from models import EhcCase, MyPlan, Placement, Pupil, Strategy, class_sort_key
from pathway.provision import how_often, on_the_map
from records.questions import HEAD, OFFICE, SENCO, TA, TEACHER
from reports.report import FORM, Choice, Column, Line, Report
from reports.roll import placements_seen, review_cell

MOST_STRATEGIES = 3


class ClassSheet(Report):
    """The children of a class who have a stage, an alert line or strategies."""

    slug = "class-sheet"
    title = "Class sheet"
    made_of = (Strategy, MyPlan, EhcCase)
    counted = ("child", "children")
    lead = "For whoever teaches the class, for supply and for next year."
    roles = (OFFICE, SENCO, HEAD, TEACHER, TA)
    columns = (
        Column("pupil", "Child"),
        FORM,
        Column("stage", "Code"),
        Column("alert", "All staff should know", wraps=True),
        Column("strategies", "What helps", wraps=True),
        Column("provision", "Support, times a week", wraps=True),
        Column("review", "Next review", "day"),
    )

    choices = (Choice("form", "Class", order=class_sort_key),)

    def lines(self):
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null())
        helps = strategies_of(mine.select(Pupil.id), self.on)
        placed = placements_seen(self.user, self.on)
        placements = {placement.pupil_id: placement for placement in placed}
        Placement.fetch_planned(placements.values())
        given = defaultdict(list)
        for one in on_the_map(placed, self.on):
            given[one.pupil.id].append(say_given(one, self.on))
        found = []
        for pupil in mine.order_by(Pupil.sort_name, Pupil.id):
            placement = placements.get(pupil.id)
            if placement or pupil.alert or pupil.id in helps:
                helped = helps.get(pupil.id, [])
                found.append(self._line(pupil, placement, helped, given[pupil.id]))
        return found

    def _line(self, pupil, placement, helps, provision):
        when = code = None
        if placement:
            when = workflow.clock_of(placement, self.on, self.settings)
            code = workflow.STAGES[placement.stage].local or placement.stage
        cells = {
            "stage": code,
            "alert": pupil.alert,
            "strategies": "; ".join(words.rstrip(".") for words in helps[:MOST_STRATEGIES]),
            "provision": "; ".join(provision),
            "review": review_cell(placement, when),
        }
        late = ()
        if when and when.state == "overdue" and not placement.is_planned(self.on):
            late = ("review",)
        return Line.about(pupil, cells, late=late)


def strategies_of(pupils, on):
    """The everyday strategies that go on, oldest first: {pupil: [words, ...]}."""
    found = {}
    going_on = Strategy.until.is_null() | (Strategy.until >= on)
    kept = Strategy.select(Strategy.pupil, Strategy.strategy)
    kept = kept.where(Strategy.pupil.in_(pupils), going_on, Strategy.strategy != "")
    kept = kept.order_by(Strategy.id)
    for pupil, words in kept.tuples():
        found.setdefault(pupil, []).append(words)
    return found


def say_given(one, on):
    """One line of provision: what, how long and how often, by whom."""
    words = [how_often(one.row), one.row.who]
    if one.is_out_of_date(on):
        words.append("plan out of date")
    return f"{one.row.words} ({', '.join(filter(None, words))})"
