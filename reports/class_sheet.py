"""The class sheet: what whoever teaches a class should know on one page, for supply too."""

from functools import cached_property

import workflow
from models import MyPlan, MyPlanPlus, Placement, PlusProvision, Provision, Pupil, Strategy
from records.questions import HEAD, OFFICE, SENCO, TA, TEACHER
from reports.report import Choice, Column, Line, Report

MOST_STRATEGIES = 3


class ClassSheet(Report):
    """The children of a class who have a stage, an alert line or strategies."""

    slug = "class-sheet"
    title = "Class sheet"
    lead = "For whoever teaches the class, for supply and for next year: choose a class, print it."
    roles = (OFFICE, SENCO, HEAD, TEACHER, TA)
    columns = (
        Column("pupil", "Child"),
        Column("form", "Class"),
        Column("stage", "Code"),
        Column("alert", "All staff should know", wraps=True),
        Column("strategies", "What helps", wraps=True),
        Column("provision", "Support, times a week", wraps=True),
        Column("review", "Next review", "day"),
    )

    @cached_property
    def choices(self):
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null(), Pupil.form != "")
        named = mine.select(Pupil.form).group_by(Pupil.sort_form, Pupil.form)
        names = named.order_by(Pupil.sort_form, Pupil.form).scalars()
        return (Choice("form", "Class", tuple((name, name) for name in names)),)

    def lines(self):
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null())
        numbers = mine.select(Pupil.id)
        placements = {}
        placed = Placement.select().where(
            Placement.pupil.in_(numbers),
            Placement.ended_on.is_null(),
            ~Placement.void,
            Placement.stage.in_(workflow.OPEN),
        )
        for placement in placed:
            placements[placement.pupil_id] = placement
        helps = strategies_of(numbers, self.on)
        given = provision_of(numbers)
        found = []
        for pupil in mine.order_by(Pupil.sort_name, Pupil.id):
            placement = placements.get(pupil.id)
            if placement or pupil.alert or pupil.id in helps:
                provision = given.get(pupil.id, []) if placement else []
                found.append(self._line(pupil, placement, helps.get(pupil.id, []), provision))
        return found

    def _line(self, pupil, placement, helps, provision):
        when = code = None
        if placement:
            when = workflow.clock_of(placement, self.on, self.settings)
            code = workflow.STAGES[placement.stage].local or placement.stage
        cells = {
            "pupil": pupil.name,
            "form": pupil.form,
            "stage": code,
            "alert": pupil.alert,
            "strategies": "; ".join(words.rstrip(".") for words in helps[:MOST_STRATEGIES]),
            "provision": "; ".join(provision),
            "review": when.closes if when else None,
        }
        facts = {
            "form": pupil.form,
            "sort:pupil": pupil.sort_name,
            "sort:form": pupil.sort_form,
        }
        late = ("review",) if when and when.state == "overdue" else ()
        return Line(cells, facts, pupil=pupil.id, late=late)


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


def provision_of(pupils):
    """What the newest agreed plan gives, with its times: {pupil: [words, ...]}."""
    newest = {}
    for plan, row_class in ((MyPlan, Provision), (MyPlanPlus, PlusProvision)):
        rows = row_class.select(row_class, plan.pupil, plan.happened_on).join(plan)
        agreed = rows.where(plan.pupil.in_(pupils), plan.status == "sealed")
        for row in agreed.order_by(row_class.id):
            key = (row.plan.happened_on, plan.__name__, row.plan_id)
            was = newest.get(row.plan.pupil_id)
            if was is None or was[0] < key:
                newest[row.plan.pupil_id] = (key, [said(row)])
            elif was[0] == key:
                was[1].append(said(row))
    return {pupil: words for pupil, (_, words) in newest.items()}


def said(row):
    """One line of provision: what, how long and how often, by whom."""
    words = f"{row.words} ({row.minutes:.0f} min × {row.times.normalize():f} a week"
    if row.who:
        words = f"{words}, {row.who}"
    return f"{words})"
