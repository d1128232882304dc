"""The dates: when a review may and must be held, school days, and the local authority's clock.

Come here to change how weeks are counted. How many there are is on the Settings screen; which stage
has which window is in `workflow.STAGES`.
"""

import datetime
import functools
from dataclasses import dataclass

from records.dates import read_day, today


@dataclass(frozen=True)
class Clock:
    """When the next review may be and must be held, and how that stands on one day."""

    start: datetime.date
    opens: datetime.date
    closes: datetime.date
    state: str  # waiting, open, due soon, overdue; held when only the decision is to be made


def window(stage, start, settings, on, held=None):
    """The review clock of a stage that runs from `start`; None for some stages (5.6). `held` is the
    day of the review, once there was one.
    """
    opens = start
    if stage.opens:
        opens = add_weeks(start, getattr(settings, stage.opens), settings)
    if stage.months:
        closes = add_months(start, stage.months)
    elif stage.closes:
        closes = add_weeks(start, getattr(settings, stage.closes), settings)
        first = max(opens, start + datetime.timedelta(1))
        closes = last_school_day(first, closes, settings)
    else:
        return None
    if held:
        state = "held"
    elif on > closes:
        state = "overdue"
    elif on >= closes - datetime.timedelta(int(settings.due_soon_days)):
        state = "due soon"
    elif on >= opens:
        state = "open"
    else:
        state = "waiting"
    return Clock(start, opens, closes, state)


def add_weeks(start, weeks, settings):
    """`weeks` calendar weeks later, or weeks with a school day, as the school has set (A7)."""
    left = int(weeks)
    week = datetime.timedelta(weeks=1)
    if settings.school_weeks_only != "Yes":
        return start + left * week
    day = start
    last = start + (left + 60) * week
    while left and day < last:
        day += week
        monday = day - datetime.timedelta(day.weekday())
        week_days = [monday + datetime.timedelta(number) for number in range(5)]
        left -= any(is_school_day(one, settings) for one in week_days)
    return day


def add_months(start, months):
    """The same day `months` later, or the last day of a shorter month."""
    year, month = divmod(start.month - 1 + months, 12)
    for back in range(4):
        try:
            return datetime.date(start.year + year, month + 1, start.day - back)
        except ValueError:
            continue


def holidays(settings):
    """The school's holidays: [(first day, last day), ...]; unreadable lines are left out."""
    return _holidays(settings.holidays or "", today())


# kept for a day, for a line may say "today"
@functools.lru_cache(8)
def _holidays(words, _):
    spans = []
    for line in words.splitlines():
        try:
            spans.append(_holiday(line))
        except ValueError:
            continue
    return spans


def _holiday(line):
    first, _, last = line.partition(" to ")
    return read_day(first), read_day(last or first)


def check_holidays(typed):
    """A sentence about the first holiday line that cannot be read, or None."""
    for line in (typed or "").splitlines():
        try:
            begins, ends = _holiday(line)
        except ValueError as error:
            return f"School holidays, line “{line}”: {error}"
        if begins and ends and ends < begins:
            return f"School holidays, line “{line}”: it ends before it begins."
    return None


@functools.cache
def bank_holidays(year):
    """The bank holidays of England and Wales, as https://www.gov.uk/bank-holidays has them; a day
    that a government adds for once is written with the school's holidays.
    """
    easter = easter_sunday(year)
    found = {easter - datetime.timedelta(2), easter + datetime.timedelta(1)}
    for month, last in ((5, 7), (5, 31), (8, 31)):
        day = datetime.date(year, month, last)
        found.add(day - datetime.timedelta(day.weekday()))
    for month, number in ((1, 1), (12, 25), (12, 26)):
        day = datetime.date(year, month, number)
        # on a weekend, the next working day that is free stands for it
        while day.weekday() >= 5 or day in found:
            day += datetime.timedelta(1)
        found.add(day)
    return found


def easter_sunday(year):
    """By the anonymous Gregorian rule (Meeus, Jones, Butcher)."""
    golden = year % 19
    century, years = divmod(year, 100)
    skipped = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - skipped + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (years // 4) - moon - years % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)


def is_school_day(day, settings):
    if day.weekday() >= 5 or day in bank_holidays(day.year):
        return False
    for begins, ends in holidays(settings):
        if begins and ends and begins <= day <= ends:
            return False
    return True


def last_school_day(first, last, settings):
    """The last school day from `first` to `last` (A7); when all are holidays, the next one."""
    for earlier in range((last - first).days + 1):
        day = last - datetime.timedelta(earlier)
        if is_school_day(day, settings):
            return day
    return school_days_after(last, 1, settings)


def school_days_after(day, count, settings):
    """The date `count` school days after a day (within two years)."""
    for later in range(1, 732):
        count -= is_school_day(day + datetime.timedelta(later), settings)
        if not count:
            return day + datetime.timedelta(later)
    return day


def request_due(asked, settings):
    """The day by which a request for information must be answered; None while the clock is stopped.

    The record of a leaver, and at a maintained school the educational record: 15 school days
    (Education (Pupil Information) (England) Regulations 2005). All else: one calendar month from
    the day it came or identity was known, and two more when it is complex (UK GDPR, art. 12(3)); it
    stands still while clarification is awaited (Data (Use and Access) Act 2025).
    """
    came = asked.asked_on or today()
    if asked.kind == "transfer":
        return school_days_after(asked.pupil.left_on or came, 15, settings)
    if asked.kind == "record" and settings.maintained == "Yes":
        return school_days_after(came, 15, settings)
    if asked.paused_on and not asked.resumed_on:
        return None
    start = max(came, asked.identity_on or came)
    due = add_months(start, 3 if asked.more_time == "Yes" else 1)
    if asked.paused_on:
        due += max(asked.resumed_on - max(asked.paused_on, start), datetime.timedelta(0))
    return due


# --- the dates of an EHC case
@dataclass(frozen=True)
class CaseDate:
    """A date of an EHC case: so many days after which other date it is due, and for whom."""

    runs_from: str
    days: int
    owner: str = "authority"


# SEND Regulations 2014, reg. 5, 10, 13 (T23, 5.5). Never moved for holidays (5.6).
CASE_DATES = {
    "decided_assess_on": CaseDate("received_on", 6 * 7),
    "decided_issue_on": CaseDate("received_on", 16 * 7),
    "final_on": CaseDate("received_on", 20 * 7),
    "advice_sent_on": CaseDate("advice_asked_on", 6 * 7, owner="school"),
    "draft_answered_on": CaseDate("draft_served_on", 15),
    "consultation_answered_on": CaseDate("consulted_on", 15, owner="school"),
}
FOR_THE_SCHOOL = tuple(name for name, date in CASE_DATES.items() if date.owner == "school")
# after a refusal no later date of the request runs
REFUSED = {"refused_assess": 6 * 7, "refused_issue": 16 * 7}


def case_dates(case):
    """The due dates of a case: [(question, due date, done date or None), ...]."""
    if not case.received_on:
        return []
    rows = []
    last = REFUSED.get(case.state, 20 * 7)
    for name, date in CASE_DATES.items():
        start = getattr(case, date.runs_from)
        done = getattr(case, name)
        if start is None or (date.runs_from == "received_on" and date.days > last):
            continue
        # who serves a draft has decided to issue
        if name == "decided_issue_on":
            done = done or case.draft_served_on
        rows.append((name, start + datetime.timedelta(date.days), done))
    return rows
