"""The end of a year: the hand-over sheet of each class, and who moves to the next phase."""

from functools import cached_property

import workflow
from models import (
    YEARS,
    MyPlan,
    MyPlanPlus,
    Placement,
    PlusProvision,
    Provision,
    RecordOfConcern,
    Strategy,
    StrategyAdded,
)
from records.questions import HEAD, OFFICE, SENCO
from reports.register import Register
from reports.report import Choice, Column

MOST_STRATEGIES = 3


class HandOver(Register):
    """Hand-over sheet: what the next teacher of a class needs to know."""

    slug = "hand-over"
    title = "Hand-over sheet"
    lead = "For the next teacher: choose the class, and print it."
    menu = "Reports"
    is_dated = False
    beside = ()
    columns = (
        Column("pupil", "Pupil"),
        Column("form", "Class"),
        Column("stage", "Stage"),
        Column("need_1", "Need"),
        Column("alert", "Alert", wraps=True),
        Column("strategies", "What helps", wraps=True),
        Column("provision", "Provision", wraps=True),
        Column("review", "Next review", "day"),
    )

    @cached_property
    def choices(self):
        return (Choice("form", "Class", self._classes()), Choice("year", "Year", YEARS))

    def lines(self):
        found = super().lines()
        strategies = strategies_now()
        provision = provision_now()
        for line in found:
            helps = strategies.get(line.pupil, [])[:MOST_STRATEGIES]
            line.cells["strategies"] = "; ".join(helps)
            line.cells["provision"] = "; ".join(provision.get(line.pupil, []))
        return found

    def adults(self):
        return {}

    def totals(self, lines):
        return []


class NextPhase(Register):
    """Next phase: the children of the last year group, for the schools they go to."""

    slug = "next-phase"
    title = "Moving to the next phase"
    lead = "Children with SEN or a concern in the last year of this school."
    roles = (OFFICE, SENCO, HEAD)
    menu = "Reports"
    is_dated = False
    beside = ()
    columns = (
        Column("pupil", "Pupil"),
        Column("form", "Class"),
        Column("stage", "Stage"),
        Column("local", "Code"),
        Column("need_1", "Need 1"),
        Column("need_2", "Need 2"),
        Column("review", "Next review", "day"),
        Column("adult", "Key adult"),
        Column("looked_after", "LAC", asked="looked_after"),
        Column("destination", "Goes on to"),
        Column("upn", "UPN", in_sheet_only=True),
        Column("dob", "Date of birth", "day", in_sheet_only=True),
    )

    def lines(self):
        found = super().lines()
        return [line for line in found if line.facts["year"] == self.settings.last_year]


def open_placements():
    held = Placement.ended_on.is_null() & ~Placement.void
    return Placement.select(Placement.id).where(held, Placement.stage.in_(workflow.OPEN))


def strategies_now():
    """What helps each child, the newest first: {pupil: [words, ...]}."""
    kept = Strategy.select(Strategy.pupil, Strategy.strategy).where(Strategy.until.is_null())
    tried = StrategyAdded.select(RecordOfConcern.pupil, StrategyAdded.strategy)
    tried = tried.join(RecordOfConcern).where(is_in_hand(RecordOfConcern))
    return by_pupil(kept.order_by(Strategy.id.desc()).tuples(), tried.tuples())


def provision_now():
    """What each child is given by the plan in hand: {pupil: [words, ...]}."""
    given = []
    for row, plan in ((Provision, MyPlan), (PlusProvision, MyPlanPlus)):
        rows = row.select(plan.pupil, row.words, row.times, row.minutes).join(plan)
        given.append(rows.where(is_in_hand(plan)))
    lines = []
    for pupil, words, times, minutes in given[0].union_all(given[1]).tuples():
        lines.append((pupil, f"{words} ({times:g} × {minutes:g} min)"))
    return by_pupil(lines)


def is_in_hand(form):
    return form.placement.in_(open_placements()) & (form.status != "declined")


def by_pupil(*lists):
    found = {}
    for lines in lists:
        for pupil, words in lines:
            known = found.setdefault(pupil, [])
            if words and words not in known:
                known.append(words)
    return found
