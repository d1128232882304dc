"""The page for governors: numbers without children, small ones hidden."""

from collections import Counter
from functools import cached_property

import workflow
from models import (
    RATING,
    ListMembership,
    MyPlanPlusReview,
    MyPlanReview,
    OutcomeRating,
    Placement,
    PlusOutcomeRating,
)
from pathway import clock
from records.dates import say_day
from records.questions import HEAD, SENCO
from reports.report import Choice, Column, Line, Report
from reports.roll import children_on_roll, need_of, premium_of, sex_of, tally, year_of
from reports.small import hide_small

NONE = "none"
ALL = "all"
STAGES = (NONE, *workflow.OPEN)
SEN = ("S2", "S3", "E")  # the stages of the SEN List
GROUPINGS = (
    ("Year", year_of),
    ("Main need", need_of),
    ("Pupil premium", premium_of),
    ("Sex", sex_of),
)
RATINGS = ((OutcomeRating, MyPlanReview), (PlusOutcomeRating, MyPlanPlusReview))


class Governors(Report):
    """For governors: by year, need, stage, pupil premium and sex; this term's movement."""

    slug = "governors"
    title = "For governors"
    roles = (SENCO, HEAD)
    sort = "by"
    choices = (Choice("by", "By", tuple(dict(GROUPINGS))),)

    @property
    def lead(self):
        begins = say_day(clock.term_began(self.on))
        return (
            "Numbers under 6 are hidden, and others with them where they could be worked out."
            f" This term: since {begins}."
        )

    @cached_property
    def columns(self):
        names = []
        for code in workflow.OPEN:
            name = workflow.stage_label(code, self.settings).partition(" (")[0]
            names.append(Column(code, name, "number"))
        return (
            Column("by", "By"),
            Column("group", "Group"),
            Column(NONE, "No stage", "number"),
            *names,
            Column(ALL, "On roll", "number"),
            Column("share", "With SEN", "share"),
        )

    def lines(self):
        children = children_on_roll(self.user, self.on)
        counted = {("All", "All children"): Counter(map(stage_of, children))}
        counted |= tally(children, GROUPINGS, stage_of)
        told = hide_small(*counts_and_sums(counted))
        found = []
        for place, (by, group) in enumerate(counted):
            cells = {column: told[by, group, column] for column in (*STAGES, ALL)}
            cells |= {"by": by, "group": group, "share": share_of(cells)}
            found.append(Line(cells, {"sort:by": place}))
        return found

    def totals(self, lines):
        moved = self._on_and_off()
        came, went = moved
        counts = {**moved, **self._reviews(), **self._outcomes()}
        # beside this page of last term, who went follows from who came
        sums = [*PARTS.items(), ((went,), came)]
        return list(hide_small(counts, sums).items())

    def _on_and_off(self):
        begins = clock.term_began(self.on)
        name = workflow.list_label("SEN", self.settings)
        came, went = f"Came onto the {name} this term", f"Went off the {name} this term"
        found = {came: 0, went: 0}
        days = ListMembership.select(ListMembership.started_on, ListMembership.ended_on)
        for started, ended in days.where(
            ListMembership.list == "SEN", ~ListMembership.void
        ).tuples():
            found[came] += begins <= started <= self.on
            found[went] += ended is not None and begins <= ended <= self.on
        return found

    def _reviews(self):
        begins = clock.term_began(self.on)
        placements = Placement.select().where(
            ~Placement.void, Placement.reviewed_on.between(begins, self.on)
        )
        found = Counter(dict.fromkeys((REVIEWS, IN_TIME, LATE), 0))
        for placed in placements:
            when = workflow.clock_of(placed, self.on, self.settings)
            in_time = placed.reviewed_on <= when.closes
            found[IN_TIME if in_time else LATE] += 1
            found[REVIEWS] += 1
        return found

    def _outcomes(self):
        begins = clock.term_began(self.on)
        found = Counter(dict.fromkeys((RATED, *RATED_AS.values()), 0))
        rated = []
        for row, review in RATINGS:
            agreed = (review.status == "sealed") & review.happened_on.between(begins, self.on)
            rated.append(row.select(row.rating).join(review).where(agreed, row.rating.in_(RATING)))
        # every one, however many are alike
        for rating in rated[0].union_all(rated[1]).scalars():
            found[RATED_AS[rating]] += 1
            found[RATED] += 1
        return found


REVIEWS = "Reviews held this term"
IN_TIME = "Reviews in time"
LATE = "Reviews late"
RATED = "Outcomes rated this term"
RATED_AS = {rating: f"Outcomes: {rating.lower()}" for rating in RATING}
PARTS = {(IN_TIME, LATE): REVIEWS, tuple(RATED_AS.values()): RATED}


def stage_of(child):
    return child.stage if child.stage in workflow.OPEN else NONE


def counts_and_sums(counted):
    """The counts of a table with their sums, and what adds up to what, as `hide_small` has it."""
    counts = {}
    columns = {}
    sums = []
    for (by, group), stages in counted.items():
        for column in STAGES:
            counts[by, group, column] = stages[column]
        counts[by, group, ALL] = stages.total()
        sums.append(([(by, group, column) for column in STAGES], (by, group, ALL)))
        for column in (*STAGES, ALL):
            columns.setdefault((by, column), []).append((by, group, column))
    for (_, column), parts in columns.items():
        whole = ("All", "All children", column)
        if [whole] != parts:
            sums.append((parts, whole))
    return counts, sums


def share_of(cells):
    """The children with SEN of a hundred; empty when one of the numbers is hidden."""
    told = [cells[code] for code in (*SEN, ALL)]
    if not cells[ALL] or not all(isinstance(number, int) for number in told):
        return ""
    return round(100 * sum(told[:-1]) / told[-1])
