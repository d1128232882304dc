"""What is provided in a week, to whom, by whom and at what cost: worked out from agreed plans.

Come here to change how hours, costs and clashes are counted. The reports that show them are
in `reports/provision_map.py`.
"""

import bisect
import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from peewee import JOIN

from models import (
    BESIDES,
    GROUPS,
    PROVIDERS,
    EhcCase,
    MyPlan,
    MyPlanPlus,
    Placement,
    PlanOutcome,
    PlanProvision,
)
from pathway import clock
from records.dates import WEEKDAYS, read_slots, school_year
from records.unicode_text import sort_key

HOUR = 60
PENCE = Decimal("0.01")
DAYS_OF_A_WEEK = 5  # of school
DAY = datetime.timedelta(1)
PLANS = (MyPlan, MyPlanPlus)
SECTION_F = "EHC plan, F"
WHOLE_CLASS = GROUPS[-1]
NOBODY = {"", *(sort_key(role) for _, role in PROVIDERS)}  # a role is many adults
# £ a year and child that a school meets before any top-up: the threshold sum of the School and
# Early Years Finance (England) Regulations
NOTIONAL = 6000


@dataclass
class Given:
    """One line of provision of an agreed plan or of Section F, with the days on which it runs."""

    placement: Placement
    row: object
    begins: datetime.date
    ends: datetime.date  # None: until another plan is agreed
    plan: object = None  # the agreed plan; None of Section F
    age: int = None  # of its plan: 0 the newest, 1 the one before
    may_be_twice: bool = False  # nobody has said whether a line of the plan gives it
    is_named: bool = True  # whether who is told of a clash with it may see the child
    clashes: dict = field(default_factory=dict)  # in words: the number of the child they name

    @property
    def pupil(self):
        return self.placement.pupil

    @property
    def source(self):
        return self.plan.kind_name() if self.plan else SECTION_F

    @property
    def adult(self):
        """The name before the comma, behind which stands what the adult is."""
        return (self.row.who or "").partition(",")[0].strip()

    @property
    def hours(self):
        """Hours a week that the child is given; None while minutes or times are not known."""
        if not self.row.minutes or not self.row.times:
            return None
        return self.row.minutes * self.row.times / HOUR

    @property
    def adult_hours(self):
        """The child's share of the adult's hours a week; None while it is not known."""
        if self.hours is None or not self.row.size:
            return None
        return self.hours / self.row.size

    def runs_on(self, on):
        return self.begins <= on and (self.ends is None or on <= self.ends)

    def is_out_of_date(self, on):
        """Whether it ended with its plan, and no other plan took the place of that."""
        if self.age != 0 or self.ends is None or self.ends >= on:
            return False
        return self.plan.review_by is None or self.plan.review_by <= self.ends


class ProvisionCost:
    """What lines of provision cost, by the rates and holidays of the school."""

    def __init__(self, settings, given, on):
        self.settings = settings
        _, last = school_year(on)
        first = min([one.begins for one in given], default=last)
        # what has no end of its own is counted to the end of the year
        ends = [one.ends for one in given if one.ends]
        self.days = clock.school_days(first, max([last, *ends]), settings)

    def weeks(self, first, last):
        """School weeks from one day to another: school days by five."""
        count = bisect.bisect_right(self.days, last) - bisect.bisect_left(self.days, first)
        return Decimal(max(count, 0)) / DAYS_OF_A_WEEK

    def rate(self, given):
        return getattr(self.settings, f"rate_{given.row.role}", None)

    def between(self, given, first, last):
        """£ for one child from `first` to `last`; None while what it takes is not known.

        weeks x times a week x hours each x rate / children + resources / children
        """
        first = max(first, given.begins)
        if given.ends:
            last = min(last, given.ends)
        if last == datetime.date.max or self.rate(given) is None or given.adult_hours is None:
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


def all_given(placements, on):
    """Every line of the agreed plans up to a day, and of Section F, of the children of some
    placements (a query of them): [Given, ...].
    """
    if not placements:  # nothing is asked about nobody
        return []
    plans = agreed_plans(placements, on)
    sections = section_f(placements, on)
    found = []
    for placement in placements:
        mine = given_by(placement, plans[placement.pupil_id])
        found += mine
        if placement.stage == "E":
            now = [one.row for one in mine if one.runs_on(on)]
            found += [
                of_section_f(placement, row, now)
                for row in sections[placement.pupil_id]
                if not any(gives(line, row) for line in now)
            ]
    return found


def gives(line, row):
    """Whether a line of a plan is what a line of Section F names, by its key or its words."""
    if row.linked == BESIDES:
        return False
    same_key = row.line_key is not None and row.line_key == line.line_key
    return same_key or sort_key(row.words) == sort_key(line.words)


def of_section_f(placement, row, now):
    """A line of Section F of a child whom a plan gives some lines `now`."""
    begins = row.since or row.case.final_on or placement.started_on
    ends = row.until - DAY if row.until else None
    given = Given(placement, row, begins, ends)
    given.may_be_twice = bool(now) and not row.linked and given.hours is not None
    return given


def given_by(placement, plans):
    """The lines of a child's plans; a plan ends when the next one begins."""
    found = []
    followed_on = None
    for age, (plan, rows) in enumerate(reversed(plans)):
        for row in rows:
            ends = row.until or plan.review_by
            if followed_on:
                last = followed_on - DAY
                ends = min(ends or last, last)
            begins = row.since or plan.happened_on
            found.append(Given(placement, row, begins, ends, plan, age))
        followed_on = plan.happened_on
    return found


def agreed_plans(placements, on):
    """The agreed plans up to a day with their lines, oldest first, but not what was corrected
    since: {pupil: [(plan, [line, ...]), ...]}.
    """
    plans = {}
    for kind in PLANS:
        row, aim = kind.groups()["provision"], kind.groups()["outcomes"]
        columns = (kind.id, kind.pupil, kind.happened_on, kind.review_by, kind.supersedes)
        read = (
            kind.select(*columns, row, aim)
            .join(row, JOIN.LEFT_OUTER, attr="line")
            .join(aim, JOIN.LEFT_OUTER)
            .where(kind.pupil.in_(placements.select(Placement.pupil)))
            .where(kind.status == "sealed", kind.happened_on <= on)
        )
        for plan in read.order_by(kind.happened_on, kind.id, row.id):
            _, rows = plans.setdefault((kind, plan.id), (plan, []))
            if getattr(plan, "line", None):  # a plan may have none
                rows.append(plan.line)
    corrected = {(kind, plan.supersedes) for (kind, _), (plan, _) in plans.items()}
    found = defaultdict(list)
    for key, (plan, rows) in sorted(plans.items(), key=lambda item: item[1][0].happened_on):
        if key not in corrected:
            found[plan.pupil_id].append((plan, rows))
    return found


def section_f(placements, on):
    """What the EHC plans of a day name as provision: {pupil: [line, ...]}."""
    rows = (
        PlanProvision.select(PlanProvision, EhcCase, PlanOutcome)
        .join(EhcCase)
        .join_from(PlanProvision, PlanOutcome, JOIN.LEFT_OUTER)
        .where(
            EhcCase.pupil.in_(placements.select(Placement.pupil)),
            EhcCase.final_on.is_null() | (EhcCase.final_on <= on),
            EhcCase.closed_on.is_null() | (EhcCase.closed_on > on),
        )
    )
    found = defaultdict(list)
    for row in rows.order_by(PlanProvision.id):
        found[row.case.pupil_id].append(row)
    return found


def running(placements, on):
    """What is given on a day: [Given, ...]."""
    return [one for one in all_given(placements, on) if one.runs_on(on)]


def on_the_map(placements, on):
    """What is given on a day, and what is out of date: [Given, ...]."""
    given = all_given(placements, on)
    return [one for one in given if one.runs_on(on) or one.is_out_of_date(on)]


def note_clashes(given, find, unseen=()):
    """Say at each line where its adult or its child is somewhere else at the same time. What begins
    together, of one programme (as `find` knows them) or in the same words, is one group, until
    there are more children than its size; so is what a whole class is given. Of the lines of
    `unseen` only the time is told.
    """
    busy = defaultdict(list)
    for one in unseen:
        one.is_named = False
    for one in (*given, *unseen):
        kind = find(one.row.words) or sort_key(one.row.words)
        for weekday, start in read_slots(one.row.when_given):
            slot = (weekday, start, start + int(one.row.minutes or 1), kind, one)
            adult = sort_key(one.adult)
            if adult not in NOBODY:
                busy["adult", adult].append(slot)
            busy["child", one.pupil.id].append(slot)
    for slots in busy.values():
        slots.sort(key=lambda slot: slot[:3])
        compare_slots(slots)


def compare_slots(slots):
    """Tell the lines of slots that overlap, in order of their times, of each other."""
    for at, (weekday, start, end, kind, one) in enumerate(slots):
        together = {one.pupil.id}
        for other_day, other_start, _, other_kind, other in slots[at + 1 :]:
            if other_day != weekday or other_start >= end:
                break
            if other_start == start and is_one_group(one, other, kind == other_kind):
                together.add(other.pupil.id)
                if len(together) <= (one.row.size or len(slots)):
                    continue
            hour, minute = divmod(other_start, HOUR)
            when = f"{WEEKDAYS[weekday].capitalize()} {hour}:{minute:02}"
            tell(one, other, when)
            tell(other, one, when)


def is_one_group(one, other, is_same_kind):
    """Whether two lines that begin together are for one group."""
    groups = {getattr(given.row, "group", None) for given in (one, other)}
    if groups == {WHOLE_CLASS}:
        return one.pupil.form == other.pupil.form
    alone = 1 in (one.row.size, other.row.size)
    return is_same_kind and not alone and one.pupil.id != other.pupil.id


def tell(given, other, when):
    if not other.is_named:
        given.clashes[f"{when} with another child"] = None
        return
    words = f"{when} {other.row.words}"
    if other.pupil.id != given.pupil.id:
        words = f"{words} ({other.pupil.name})"
    given.clashes[words] = other.pupil.id


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
    """The minutes a week of all lines of a plan."""
    return sum((row.minutes or 0) * (row.times or 0) for row in plan.rows("provision"))


def bare_number(number):
    """A number without the two places with which it is kept."""
    return int(number) if number and number == int(number) else rounded(number)


def how_often(row):
    """How long and how often, in words; of Section F what the plan says while it is not known."""
    if row.minutes and row.times:
        return f"{bare_number(row.minutes)} min × {bare_number(row.times)} a week"
    return getattr(row, "hours", None)


def rounded(number):
    return None if number is None else round(Decimal(number), 2)


def taken_up(recommendation, given):
    """The lines of these that take a recommendation up, oldest first: by its key, or in its words
    while that is not known.
    """
    key, words = recommendation.line_key, sort_key(recommendation.linked)
    if key:
        found = [one for one in given if one.row.line_key == key]
    else:
        found = [one for one in given if words and sort_key(one.row.words) == words]
    return sorted(found, key=lambda one: one.begins)
