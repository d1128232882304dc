"""What is provided in a week, to whom, by whom and at what cost: worked out from agreed plans.

Come here to change how hours, costs and clashes are counted. The reports that show them are
in `reports/provision_map.py`.
"""

import bisect
import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from peewee import fn

import workflow
from models import MyPlan, MyPlanPlus, Placement, Pupil
from pathway import clock
from records.dates import WEEKDAYS, read_slots
from records.unicode_text import sort_key

HOUR = 60
PENCE = Decimal("0.01")
DAYS_OF_A_WEEK = 5  # of school
DAY = datetime.timedelta(1)
PLANS = (MyPlan, MyPlanPlus)
# £ a year and child that a school meets before any top-up: the threshold sum of the School and
# Early Years Finance (England) Regulations
NOTIONAL = 6000


@dataclass
class Given:
    """One line of provision of an agreed plan, with the days on which it runs."""

    pupil: Pupil
    stage: str
    row: object
    begins: datetime.date
    ends: datetime.date  # None: until another plan is agreed
    age: int  # of its plan: 0 the newest, 1 the one before
    clashes: list = field(default_factory=list)  # in words

    @property
    def adult(self):
        """The name before the comma, behind which stands what the adult is."""
        return (self.row.who or "").partition(",")[0].strip()

    @property
    def hours(self):
        """Hours a week that the child is given."""
        return self.row.week_minutes() / Decimal(HOUR)

    @property
    def adult_hours(self):
        """The child's share of the adult's hours a week; None while the size is not known."""
        return self.hours / self.row.size if self.row.size else None

    def runs_on(self, on):
        return self.begins <= on and (self.ends is None or on <= self.ends)


class ProvisionCost:
    """What lines of provision cost, by the rates and holidays of the school."""

    def __init__(self, settings, given):
        self.settings = settings
        days = [one.begins for one in given] + [one.ends for one in given if one.ends]
        self.days = clock.school_days(min(days), max(days), settings) if days else []

    def weeks(self, first, last):
        """School weeks from one day to another: school days by five."""
        count = bisect.bisect_right(self.days, last) - bisect.bisect_left(self.days, first)
        return Decimal(max(count, 0)) / DAYS_OF_A_WEEK

    def rate(self, given):
        return getattr(self.settings, f"rate_{given.row.role}", None)

    def between(self, given, first, last):
        """£ for one child from `first` to `last`; None while rate, size or last day is not known.

        weeks x times a week x hours each x rate / children + resources / children
        """
        first = max(first, given.begins)
        if given.ends:
            last = min(last, given.ends)
        if last == datetime.date.max or self.rate(given) is None or not given.row.size:
            return None
        if last < first:
            return Decimal(0)
        work = self.weeks(first, last) * given.hours * self.rate(given)
        resources = 0
        if first == given.begins:
            resources = given.row.cost or 0
        return ((work + resources) / given.row.size).quantize(PENCE)

    def weeks_run(self, given, on):
        """School weeks in which a line was given, up to a day."""
        return self.weeks(given.begins, min(given.ends or on, on))

    def to_date(self, given, on):
        return self.between(given, given.begins, on)

    def full_run(self, given):
        return self.between(given, given.begins, datetime.date.max)


def all_given(user, on):
    """Every line of the agreed plans up to a day, of the children who are on a stage then and whom
    this person may see: [Given, ...].
    """
    placed = {placement.pupil_id: placement for placement in placements_on(user, on)}
    return given_to(placed, on)


def given_to(placed, on):
    """Every line of the agreed plans of some children, {number: placement}; a plan ends when the
    child's next one begins.
    """
    stays = plan_stays(placed, on)
    found = []
    for kind in PLANS:
        row_class = kind.groups()["provision"]
        keys = [key for plan_class, key in stays if plan_class is kind]
        rows = row_class.select().where(row_class.plan.in_(keys))
        for row in rows.order_by(row_class.id):
            stay = stays[kind, row.__data__["plan"]]
            placement = placed[stay.plan.pupil_id]
            begins, ends = stay.days_of(row)
            found.append(Given(placement.pupil, placement.stage, row, begins, ends, stay.age))
    found.sort(key=lambda one: (one.pupil.sort_name or "", one.pupil.id))
    return found


def placements_on(user, on):
    """The placements that hold on a day, each with its child, whom this person may see."""
    mine = Pupil.visible_to(user).select(Pupil.id)
    return (
        Placement.select(Placement, Pupil)
        .join(Pupil)
        .where(
            Placement.pupil.in_(mine),
            Placement.stage.in_(workflow.OPEN),
            ~Placement.void,
            Placement.started_on <= on,
            Placement.ended_on.is_null() | (Placement.ended_on > on),
        )
    )


@dataclass(frozen=True)
class PlanStay:
    """An agreed plan, the day on which another one took its place, and how many did since."""

    plan: object
    followed_on: datetime.date
    age: int

    def days_of(self, row):
        """The first and the last day of a line; the last is None when nobody knows it."""
        ends = row.until or self.plan.review_by
        if self.followed_on:
            last = self.followed_on - DAY
            ends = min(ends or last, last)
        return row.since or self.plan.happened_on, ends


def plan_stays(pupils, on):
    """The agreed plans of these children up to a day, but not what was corrected since:
    {(class, number): PlanStay}.
    """
    of_pupil = defaultdict(list)
    for kind in PLANS:
        columns = (kind.id, kind.pupil, kind.happened_on, kind.review_by, kind.supersedes)
        sealed = kind.select(*columns).where(kind.status == "sealed", kind.happened_on <= on)
        plans = list(sealed.where(kind.pupil.in_(list(pupils))))
        corrected = {plan.supersedes for plan in plans}
        for plan in plans:
            if plan.id not in corrected:
                of_pupil[plan.pupil_id].append(plan)
    found = {}
    for plans in of_pupil.values():
        plans.sort(key=lambda plan: (plan.happened_on, PLANS.index(type(plan)), plan.id))
        followed_on = None
        for age, plan in enumerate(reversed(plans)):
            found[type(plan), plan.id] = PlanStay(plan, followed_on, age)
            followed_on = plan.happened_on
    return found


def running(user, on):
    """What is given on a day: [Given, ...], with its clashes of times."""
    found = [one for one in all_given(user, on) if one.runs_on(on)]
    note_clashes(found)
    return found


def note_clashes(given):
    """Say at each line where its adult or its child is somewhere else at the same time. Lines with
    the same adult, words and time are one group.
    """
    busy = defaultdict(list)
    for one in given:
        for weekday, start in read_slots(one.row.when_given):
            slot = (weekday, start, start + int(one.row.minutes or 0), one)
            busy["adult", sort_key(one.adult)].append(slot)
            busy["child", one.pupil.id].append(slot)
    for (_, who), slots in busy.items():
        slots.sort(key=lambda slot: slot[:3])
        if who != "":
            compare(slots)


def compare(slots):
    for at, (weekday, start, end, one) in enumerate(slots):
        for other_day, other_start, _, other in slots[at + 1 :]:
            if other_day != weekday or other_start >= end:
                break
            if other_start != start or not is_one_group(one, other):
                hour, minute = divmod(other_start, HOUR)
                when = f"{WEEKDAYS[weekday].capitalize()} {hour}:{minute:02}"
                tell(one, f"{when} {other.row.words}")
                tell(other, f"{when} {one.row.words}")


def is_one_group(one, other):
    same = sort_key(one.row.words) == sort_key(other.row.words)
    alone = 1 in (one.row.size, other.row.size)
    return same and not alone and one.pupil.id != other.pupil.id


def tell(given, words):
    if words not in given.clashes:
        given.clashes.append(words)


def say_hours(minutes):
    """Minutes as `3 h 20 min`."""
    hours, left = divmod(int(minutes), HOUR)
    if not hours:
        return f"{left} min"
    return f"{hours} h {left} min" if left else f"{hours} h"


def say_week(plan, plans):
    """The time a week that a plan gives, and how that differs from the agreed plan before it."""
    minutes = minutes_of(plan)
    words = f"Provision: {say_hours(minutes)} a week"
    last = plan_before(plan, plans)
    if last is None:
        return words
    more = minutes - minutes_of(last)
    if more == 0:
        return f"{words}, as in the last cycle"
    than = "more" if more > 0 else "less"
    return f"{words}, {say_hours(abs(more))} {than} than last cycle"


def plan_before(plan, plans):
    """The agreed plan that a plan follows; what a later one corrects is none."""
    corrected = {(type(one), one.supersedes) for one in plans}
    last = plan.happened_on or datetime.date.max
    found = []
    for one in plans:
        counts = one.status == "sealed" and (type(one), one.id) not in corrected
        if counts and one != plan and one.happened_on <= last:
            found.append(one)
    return max(found, key=lambda one: (one.happened_on, one.id), default=None)


def minutes_of(plan):
    """The minutes a week of all lines of a plan, added up in one query."""
    row_class = type(plan).groups()["provision"]
    week = fn.SUM(row_class.minutes * row_class.times)
    return row_class.select(week).where(row_class.plan == plan.id).scalar() or 0


def taken_up(recommendation, given):
    """The newest line of these that takes a recommendation up, as it was picked, or None."""
    words = sort_key(recommendation.linked)
    found = [one for one in given if words and sort_key(one.row.words) == words]
    return max(found, key=lambda one: one.begins, default=None)
