"""Dates, numbers and times that cannot be: refused by the line of the question, on every record,
with a sentence that names it.
"""

import datetime
from decimal import Decimal

import pytest
from conftest import TODAY

import models as m
from records.dates import read_time
from records.record import Row

D = datetime.date
YEAR = datetime.timedelta(366)


def about(cls, pupil):
    """A record of a class about a pupil, with all it hangs on, not saved."""
    if cls is m.Pupil:
        return pupil
    if not issubclass(cls, Row):
        return cls(pupil=pupil)
    home = cls.parent_field()
    return cls(**{home.name: about(home.rel_model, pupil)})


def days():
    """Every day that the school's forms ask for."""
    for cls in (m.Pupil, *m.every(m.PupilRecord), *m.every(Row)):
        for name, asked in cls.questions():
            if isinstance(asked, m.DateField):
                yield cls, name


def faults(record, name, value):
    setattr(record, name, value)
    return [words for where, words in record.errors() if where == name]


@pytest.mark.parametrize("cls, name", [*days()])
def test_no_day_lies_before_the_child_was_born_or_too_far_ahead(cast, robin, cls, name):
    record = about(cls, robin)
    label = cls.label_of(name)
    if name != "dob":
        (words,) = faults(record, name, D(1926, 7, 3))
        assert words.startswith(f"“{label}” (3 Jul 1926) is before the child was born")
    ahead = cls._meta.fields[name].ask.ahead
    words = faults(record, name, TODAY + (ahead + 1) * YEAR)[0]
    assert label in words
    assert ("in the future" in words) is (ahead == 0)
    if name != "dob":
        assert not faults(record, name, TODAY)


def every_pair():
    """Every day that may not be later than another one of its record."""
    for cls, name in days():
        for later in cls._meta.fields[name].ask.before.split():
            yield cls, name, later


@pytest.mark.parametrize("cls, name, later", [*every_pair()])
def test_what_ends_before_it_begins_is_refused(cast, robin, cls, name, later):
    record = about(cls, robin)
    setattr(record, later, TODAY - datetime.timedelta(30))
    (words,) = faults(record, name, TODAY)
    assert cls.label_of(name) in words
    assert cls.label_of(later) in words
    assert not faults(record, name, TODAY - datetime.timedelta(30))


@pytest.mark.parametrize(
    "cls, name, wrong, right",
    [
        (m.Provision, "minutes", ("-30", "0", "9999"), "20"),
        (m.Provision, "times", ("-1", "0", "51"), "0.5"),
        (m.Provision, "cost", ("-1",), "6000"),
        (m.SenNeed, "rank", ("0", "-1"), "1"),
    ],
)
def test_numbers_that_cannot_be_are_refused(cast, robin, cls, name, wrong, right):
    record = about(cls, robin)
    for number in wrong:
        (words,) = faults(record, name, Decimal(number))
        assert words.startswith(f"“{cls.label_of(name)}”: give a number from")
    assert not faults(record, name, Decimal(right))


@pytest.mark.parametrize(
    "typed, read",
    [
        ("15:30", (15, 30)),
        ("3.30 pm", (15, 30)),
        ("3.30pm", (15, 30)),
        ("9am", (9, 0)),
        ("12am", (0, 0)),
        ("12 p.m.", (12, 0)),
        ("09:05", (9, 5)),
        ("25:99", None),
        ("24:00", None),
        ("13 pm", None),
        ("after school", None),
        ("1530", None),
    ],
)
def test_times_of_day(cast, robin, typed, read):
    assert read_time(typed) == read
    words = faults(m.Meeting(pupil=robin), "at", typed)
    assert bool(words) is (read is None)
    if words:
        assert typed in words[0]


@pytest.mark.parametrize(
    "dob, year, wrong",
    [
        (D(2019, 6, 5), "2", False),  # their own year, in November 2026
        (D(2018, 6, 5), "2", False),  # placed a year below
        (D(2026, 11, 25), "2", True),
        (D(2014, 6, 5), "2", True),
        (D(2014, 6, 5), "X", False),
        (D(2014, 6, 5), "R", True),
    ],
)
def test_a_year_group_that_does_not_fit_the_age_is_named(
    cast, robin, dob, year, wrong, monkeypatch
):
    monkeypatch.setattr(m, "today", lambda: D(2026, 11, 26))
    robin.dob = dob
    robin.year = year
    words = [words for name, words in robin.errors() if name == "year"]
    assert bool(words) is wrong
    if wrong:
        assert robin.answer("year") in words[0]
