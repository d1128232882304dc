"""The measures of a child over time: the first, the last, and how far it is from one to the other.

Come here to teach the portal another way in which a value is written (`amount`).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from models import Measure
from records.dates import short_day

NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,4})?")
AGE, PLAIN = "age", "plain"


@dataclass(frozen=True)
class Course:
    """What one measure was at first and at last."""

    measure: str
    first: Measure
    last: Measure
    change: str


def courses(measures):
    """The course of each measure, by its name; a name counts once, however it is written."""
    by_name = {}
    told = [one for one in measures if one.measure and one.value and one.on]
    for one in sorted(told, key=lambda one: (one.on, one.id)):
        by_name.setdefault(one.measure.casefold().strip(), []).append(one)
    found = []
    for _, kept in sorted(by_name.items()):
        first, last = kept[0], kept[-1]
        change = ""
        if first is not last:
            change = say_change(first.value, last.value)
        found.append(Course(last.measure, first, last, change))
    return found


def amount(value):
    """The number in a value and its unit; an age in months. None for words: (Decimal, unit)."""
    numbers = [Decimal(digits) for digits in NUMBER.findall(value or "")]
    letters = (value or "").casefold()
    is_age = ":" in letters or re.search(r"\d ?y", letters)
    if is_age and len(numbers) in (1, 2):
        years, months = [*numbers, Decimal(0)][:2]
        return 12 * years + months, AGE
    if len(numbers) == 1:
        return numbers[0], PLAIN
    return None


def say_change(first, last):
    """From one value to another, in words; empty when they cannot be told apart as numbers."""
    begins, ends = amount(first), amount(last)
    if not begins or not ends or begins[1] != ends[1]:
        return ""
    change = ends[0] - begins[0]
    said = f"{change.normalize():+f}" if change else "0"
    if ends[1] == AGE:
        return f"{said} month" if abs(change) == 1 else f"{said} months"
    return said


def as_baseline(measure):
    """A measure as it is offered for a baseline."""
    source = f", {measure.source}" if measure.source else ""
    name = measure.measure
    if "%" in measure.value:
        name = name.rstrip("% ")
    return f"{name} {measure.value} ({short_day(measure.on)}{source})"


def measures_of(pupil):
    return list(Measure.select().where(Measure.pupil == pupil).order_by(Measure.on, Measure.id))


def latest_said(pupil):
    return [as_baseline(course.last) for course in courses(measures_of(pupil))]
